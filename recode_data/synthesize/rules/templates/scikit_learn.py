"""scikit-learn's templates."""

from __future__ import annotations

from recode_data.synthesize.rules.template import template

_ERRORS = {
    "mean_squared_error": "root_mean_squared_error",
    "mean_squared_log_error": "root_mean_squared_log_error",
}

TEMPLATES = (
    *(
        template(
            f"sklearn.metrics.{old}(_a, _b, squared=False)",
            f"sklearn.metrics.{new}(_a, _b)",
            f"sklearn.metrics.{old}(squared=)",
        )
        for old, new in _ERRORS.items()
    ),
    template(
        "sklearn.metrics.jaccard_similarity_score(_a, _b)", "sklearn.metrics.accuracy_score(_a, _b)"
    ),
)
