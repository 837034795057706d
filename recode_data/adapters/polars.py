"""polars: frames and series. Expressions and lazy frames are opaque: their text is the plan of
one version, and says nothing of what they compute."""

import hashlib
import math
import sys

MODULE = "polars"
MOST_ELEMENTS = 2000


def encode(value, inner):
    """Return the encoding of a frame, series, dtype, expression or lazy frame, or None."""
    polars = sys.modules["polars"]
    if not hasattr(polars, "DataFrame"):  # its import failed half way
        return None
    if isinstance(value, polars.DataFrame):
        columns = value.get_columns()
        return {
            "type": "dataframe",
            "shape": list(value.shape),
            "columns": inner(list(value.columns)),
            "dtypes": [dtype_name(column.dtype) for column in columns],
            "data": [elements(column, inner) for column in columns[:200]],
        }
    if isinstance(value, polars.Series):
        return {
            "type": "series",
            "name": inner(value.name),
            "dtype": dtype_name(value.dtype),
            "data": elements(value, inner),
        }
    if isinstance(value, (polars.LazyFrame, polars.Expr)):
        return {"type": "opaque", "class": type(value).__name__}
    if isinstance(value, polars.DataType):
        return {"type": "dtype", "value": dtype_name(value)}
    return None


def dtype_name(dtype):
    """Return a dtype's name of today, with what it holds; what a category orders by is no part
    of it."""
    text = getattr(dtype, "__name__", None) or str(dtype)
    base = text.partition("(")[0]
    if base == "Struct" and hasattr(dtype, "fields"):
        parts = ["{}: {}".format(part.name, dtype_name(part.dtype)) for part in dtype.fields]
        return "Struct({})".format(", ".join(parts))
    if base in ("List", "Array") and getattr(dtype, "inner", None) is not None:
        return "{}({})".format(base, dtype_name(dtype.inner))
    if base == "Categorical":
        return base
    return "String" if base == "Utf8" else text


def elements(series, inner):
    """Encode the values in their order; of a large series evenly spaced ones and a hash."""
    values = series.to_list()
    kind = dtype_name(series.dtype)
    made = {"type": "ndarray", "dtype": kind.partition("(")[0].lower(), "shape": [len(values)]}
    if len(values) > MOST_ELEMENTS:
        made["step"] = step = math.ceil(len(values) / float(MOST_ELEMENTS))
        if "Float" not in kind and "Object" not in kind:
            made["hash"] = hashlib.sha256(repr(values).encode("utf-8")).hexdigest()[:16]
        values = values[::step]
    made["data"] = [element(value, inner) for value in values]
    return made


def element(value, inner):
    """Return one value as JSON: what is neither number nor text as ``inner`` encodes it."""
    if type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    return inner(value)
