"""SciPy: sparse arrays."""

import sys

MODULE = "scipy.sparse"


def encode(value, inner):
    """Return the encoding of a sparse array by its sorted coordinates; None for what is none."""
    if not sys.modules["scipy.sparse"].issparse(value):
        return None
    entries = value.tocoo().copy()
    entries.sum_duplicates()
    order = sys.modules["numpy"].lexsort((entries.col, entries.row))
    return {
        "type": "sparse",
        "format": value.format,
        "dtype": inner(entries.dtype)["value"],
        "shape": [int(n) for n in value.shape],
        "row": inner(entries.row[order]),
        "column": inner(entries.col[order]),
        "data": inner(entries.data[order]),
    }
