"""Encodes NumPy arrays and scalars, pandas objects and SciPy sparse arrays."""

import hashlib
import math
import sys

MOST_ELEMENTS = 2000


def encode(value, inner):
    """Return the encoding of an array-like value, or None when it is none."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.ndarray):
        return array(value, inner, numpy)
    if isinstance(value, numpy.generic):
        return scalar(value, inner)
    if isinstance(value, numpy.dtype):
        return {"type": "dtype", "value": dtype_name(value)}
    pandas = sys.modules.get("pandas")
    if pandas is not None and hasattr(pandas, "DataFrame"):
        found = labelled(value, inner, pandas)
        if found is not None:
            return found
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(value):
        return matrix(value, inner)
    return None


def dtype_name(dtype):
    return str(dtype.descr) if dtype.names else dtype.str if dtype.kind in "SUVmM" else dtype.name


def scalar(value, inner):
    item = value.item()
    made = {"type": "scalar", "dtype": dtype_name(value.dtype)}
    if value.dtype.kind in "mM" or type(item) is type(value):
        made["value"] = str(value)
    elif value.dtype.kind == "V":
        made["value"] = [inner(field) for field in (item if isinstance(item, tuple) else [item])]
    else:
        made["value"] = inner(item).get("value")
    return made


def array(value, inner, numpy):
    """Encode dtype, shape and elements in C order; a large one by evenly spaced elements
    and the hash of all."""
    plain = numpy.asarray(value).view(numpy.ndarray)
    made = {"type": "ndarray", "dtype": dtype_name(plain.dtype), "shape": list(plain.shape)}
    if type(value) is not numpy.ndarray:
        made["class"] = "{}.{}".format(type(value).__module__, type(value).__qualname__)
    masked = sys.modules.get("numpy.ma")  # newer versions load it only on demand
    if masked is not None and isinstance(value, masked.MaskedArray):
        mask = masked.getmaskarray(value)
        made["mask"] = elements(mask.ravel(), inner)
        plain = masked.getdata(value.filled(numpy.zeros((), value.dtype)[()]))
        plain = numpy.asarray(plain)
    flat = plain.ravel()
    if flat.size > MOST_ELEMENTS:
        step = math.ceil(flat.size / float(MOST_ELEMENTS))
        made["step"] = step
        if not plain.dtype.hasobject:
            made["hash"] = hashlib.sha256(numpy.ascontiguousarray(plain).data).hexdigest()[:16]
        flat = flat[::step]
    made["data"] = elements(flat, inner)
    return made


def elements(flat, inner):
    """Return the elements of a flat array as JSON values."""
    kind = flat.dtype.kind
    if kind in "biu":
        return flat.tolist()
    if kind == "f" and flat.dtype.itemsize <= 8:
        return [odd(x) if x != x or x in (INFINITY, -INFINITY) else x for x in flat.tolist()]
    if kind == "c" and flat.dtype.itemsize <= 16:
        return [[real(x.real), real(x.imag)] for x in flat.tolist()]
    if kind in "fc":
        return [str(x) for x in flat]  # repr names the type since NumPy 2
    if kind == "U":
        return flat.tolist()
    if kind in "mM":
        return flat.astype(str).tolist()
    if kind == "S":
        return [item.decode("latin-1") for item in flat.tolist()]
    return [inner(item) for item in flat.tolist()]


INFINITY = float("inf")


def odd(x):
    return "nan" if x != x else "inf" if x > 0 else "-inf"


def real(x):
    return odd(x) if x != x or x in (INFINITY, -INFINITY) else x


def labelled(value, inner, pandas):
    """Encode a DataFrame, Series, Index or extension array with labels and dtypes."""
    if isinstance(value, pandas.DataFrame):
        columns = [value.iloc[:, i] for i in range(min(value.shape[1], 200))]
        return {
            "type": "dataframe",
            "shape": list(value.shape),
            "columns": index(value.columns, inner),
            "index": index(value.index, inner),
            "dtypes": [str(column.dtype) for column in columns],
            "data": [inner(plain(column)) for column in columns],
        }
    if isinstance(value, pandas.Series):
        return {
            "type": "series",
            "name": inner(value.name),
            "dtype": str(value.dtype),
            "index": index(value.index, inner),
            "data": inner(plain(value)),
        }
    if isinstance(value, pandas.Index):
        return index(value, inner)
    if isinstance(value, (pandas.Timestamp, pandas.Timedelta, type(pandas.NaT))):
        return {"type": "time", "class": type(value).__name__, "value": repr(value)}
    extension = getattr(getattr(pandas, "api", None), "extensions", None)
    kinds = (getattr(extension, "ExtensionArray", pandas.Categorical), pandas.Categorical)
    if isinstance(value, kinds):
        return {
            "type": "extension",
            "dtype": str(value.dtype),
            "data": inner(value.astype(object)),
        }
    return None


def plain(value):
    """Return the values as NumPy has them; pandas before 0.24 has no ``to_numpy``."""
    if hasattr(value, "to_numpy"):
        return value.to_numpy()
    found = value.values
    if type(found).__module__ == "numpy" and "," not in str(value.dtype):
        return found
    return value.astype(object).values  # categories, and times with a zone


def index(value, inner):
    return {
        "type": "index",
        "class": type(value).__name__,
        "dtype": str(value.dtype),
        "names": [inner(name) for name in value.names],
        "frequency": str(getattr(value, "freqstr", "") or ""),
        "data": inner(plain(value)),
    }


def matrix(value, inner):
    """Encode a sparse array by its sorted coordinates."""
    entries = value.tocoo().copy()
    entries.sum_duplicates()
    order = sys.modules["numpy"].lexsort((entries.col, entries.row))
    return {
        "type": "sparse",
        "format": value.format,
        "dtype": dtype_name(entries.dtype),
        "shape": [int(n) for n in value.shape],
        "row": inner(entries.row[order]),
        "column": inner(entries.col[order]),
        "data": inner(entries.data[order]),
    }
