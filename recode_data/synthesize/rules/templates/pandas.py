"""pandas' templates; those of both `Series` and `DataFrame` are made for each."""

from __future__ import annotations

from recode_data.synthesize.rules.template import Template, template


def _both(old: str, new: str, member: str, replacement: str = "") -> list[Template]:
    """Return the template for ``Series`` and for ``DataFrame``; ``replacement`` may be a
    member of the same class."""
    found = []
    for owner in ("pandas.Series", "pandas.DataFrame"):
        target = f"{owner}{replacement}" if replacement.startswith(".") else replacement
        found.append(template(old, new, f"{owner}.{member}", target))
    return found


_DTYPES = {
    "is_integer": "is_integer_dtype",
    "is_floating": "is_float_dtype",
    "is_boolean": "is_bool_dtype",
    "is_object": "is_object_dtype",
    "is_numeric": "is_any_real_numeric_dtype",
}

TEMPLATES = (
    *_both("_a.append(_b, *__rest)", "pandas.concat([_a, _b], *__rest)", "append", "pandas.concat"),
    *_both("_a.mad()", "(_a - _a.mean()).abs().mean()", "mad"),
    *_both("_a.fillna(method='ffill')", "_a.ffill()", "fillna(method=)", ".ffill"),
    *_both("_a.fillna(method='pad')", "_a.ffill()", "fillna(method=)"),
    *_both("_a.fillna(method='bfill')", "_a.bfill()", "fillna(method=)", ".bfill"),
    *_both("_a.as_matrix()", "_a.values", "as_matrix", ".values"),
    *_both("_a.get_values()", "_a.to_numpy()", "get_values", ".to_numpy"),
    *_both("_a.swapaxes(0, 1)", "_a.transpose()", "swapaxes", ".transpose"),
    template("_a.asobject", "_a.astype(object)", "pandas.Series.asobject"),
    template("_a.get_value(_i)", "_a.at[_i]", "pandas.Series.get_value", "pandas.Series.at"),
    template(
        "_a.get_value(_i, _c)", "_a.at[_i, _c]", "pandas.DataFrame.get_value", "pandas.DataFrame.at"
    ),
    template("_a.set_value(_i, _v)", "_a.at[_i] = _v", "pandas.Series.set_value"),
    template("_a.set_value(_i, _c, _v)", "_a.at[_i, _c] = _v", "pandas.DataFrame.set_value"),
    template("_a.ptp()", "_a.max() - _a.min()", "pandas.Series.ptp"),
    template("_a.ravel()", "_a.to_numpy()", "pandas.Series.ravel", "pandas.Series.to_numpy"),
    template("_a.view(_t)", "_a.astype(_t)", "pandas.Series.view", "pandas.Series.astype"),
    template("_a.bool()", "bool(_a.item())", "pandas.Series.bool"),
    template("pandas.DataFrame.from_items(_a)", "pandas.DataFrame.from_dict(dict(_a))"),
    template("pandas.TimeGrouper(_a)", "pandas.Grouper(freq=_a)"),
    template("pandas.value_counts(_a)", "pandas.Series(_a).value_counts()", replacement=""),
    template("pandas.Timestamp.utcfromtimestamp(_a)", "pandas.Timestamp.fromtimestamp(_a, 'UTC')"),
    template("pandas.Int64Index(_a)", "pandas.Index(_a, dtype='int64')"),
    template("pandas.UInt64Index(_a)", "pandas.Index(_a, dtype='uint64')"),
    template("pandas.Float64Index(_a)", "pandas.Index(_a, dtype='float64')"),
    template(
        "pandas.api.types.is_categorical_dtype(_a)",
        "isinstance(_a.dtype, pandas.CategoricalDtype)",
        replacement="",
    ),
    template(
        "pandas.api.types.is_datetime64tz_dtype(_a)",
        "isinstance(_a.dtype, pandas.DatetimeTZDtype)",
        replacement="",
    ),
    template(
        "pandas.api.types.is_period_dtype(_a)",
        "isinstance(_a.dtype, pandas.PeriodDtype)",
        replacement="",
    ),
    template(
        "pandas.api.types.is_interval_dtype(_a)",
        "isinstance(_a.dtype, pandas.IntervalDtype)",
        replacement="",
    ),
    *(
        template(f"_a.{old}()", f"pandas.api.types.{new}(_a)", f"pandas.Index.{old}")
        for old, new in _DTYPES.items()
    ),
)
