"""xarray: arrays and sets of arrays with named dimensions."""

import sys

MODULE = "xarray"
SIZE = r" \d+(?:\.\d+)?[kMGT]?B\b"
MASKS = (
    # Since 2024.5 the number of bytes stands beside what is shown.
    (r"(<xarray\.\w+[^>\n]*>) Size:" + SIZE, r"\1"),
    (r"(?m)^(  [ *] \S+ +(?:\([^)\n]*\) )?\S+)" + SIZE, r"\1"),
)


def encode(value, inner):
    """Return the encoding of a DataArray, Variable, Dataset or DataTree, or None."""
    xarray = sys.modules["xarray"]
    if not hasattr(xarray, "DataArray"):  # its import failed half way
        return None
    if isinstance(value, xarray.DataArray):
        made = variable(value, inner)
        made["name"] = inner(value.name)
        made["index"] = named({name: held.variable for name, held in value.coords.items()}, inner)
        return made
    if isinstance(value, xarray.Variable):
        return variable(value, inner)
    if isinstance(value, xarray.Dataset):
        return {
            "type": "dict",
            "class": "Dataset",
            "items": named(value.variables, inner),
            "index": sorted(str(name) for name in value.coords),
            "attributes": inner(dict(value.attrs)),
        }
    if isinstance(value, getattr(xarray, "DataTree", ())):
        return {"type": "dict", "class": "DataTree", "items": named(value.to_dict(), inner)}
    return None


def variable(value, inner):
    """Encode dimensions, attributes and values; ``values`` computes what is lazy."""
    return {
        "type": "series",
        "class": "DataArray" if hasattr(value, "coords") else "Variable",
        "names": [inner(name) for name in value.dims],
        "dtype": str(value.dtype),
        "attributes": inner(dict(value.attrs)),
        "data": inner(value.values),
    }


def named(values, inner):
    """Return pairs of encoded names and values, by name."""
    return [[inner(name), inner(values[name])] for name in sorted(values, key=str)]
