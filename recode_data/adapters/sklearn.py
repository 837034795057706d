"""scikit-learn: estimators."""

import sys

MODULE = "sklearn.base"
FITTING = ("fit", "partial_fit", "fit_transform", "fit_predict")


def encode(value, inner):
    """Return parameters and what fitting left, the attributes whose names end in ``_``; None
    for what is no estimator."""
    if not isinstance(value, sys.modules["sklearn.base"].BaseEstimator):
        return None
    names = sorted(vars(value))
    fitted = [n for n in names if n.endswith("_") and not n.startswith("_")]
    return {
        "type": "estimator",
        "class": type(value).__name__,
        "parameters": {k: inner(v) for k, v in sorted(value.get_params(deep=False).items())},
        "fitted": {name: inner(vars(value)[name]) for name in fitted},
    }
