"""SymPy: expressions by the text that they print as, numbers and truths as what they are."""

import sys

MODULE = "sympy"
MOST_TEXT = 20000


def encode(value, inner):
    """Return the encoding of an expression, another symbolic object or a matrix, or None."""
    sympy = sys.modules["sympy"]
    matrix = getattr(sympy, "MatrixBase", ())
    if isinstance(value, matrix):
        data = [inner(entry) for entry in value]
        return {"type": "ndarray", "dtype": "object", "shape": list(value.shape), "data": data}
    if not isinstance(value, getattr(sympy, "Basic", ())):
        return None
    if isinstance(value, (sympy.FiniteSet, sympy.Tuple)):  # versions print a set in two ways
        many = isinstance(value, sympy.FiniteSet)
        parts = sorted(value.args, key=str) if many else value.args
        return {"type": "set" if many else "tuple", "items": [inner(part) for part in parts]}
    if value is sympy.true or value is sympy.false:
        return {"type": "scalar", "dtype": "bool", "value": bool(value)}
    if getattr(value, "is_Integer", False) and abs(int(value)).bit_length() <= 2000:
        return {"type": "scalar", "dtype": "int", "value": int(value)}
    if getattr(value, "is_Float", False):
        number = inner(float(value))["value"]
        return {"type": "scalar", "dtype": "float", "value": number}
    return {"type": "scalar", "dtype": "expression", "value": str(value)[:MOST_TEXT]}
