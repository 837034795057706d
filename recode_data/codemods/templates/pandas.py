"""pandas' templates; those of both `Series` and `DataFrame` are made for each."""

from __future__ import annotations

from recode_data.codemods.template import Template, template


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
_SENTINELS = {"None": "False", "-1": "True"}
_RAISE = "astype(raise_on_error=)"
_ISO = ("week", "weekofyear")

KNOWN = {
    "pandas.datetime": "datetime.datetime",
    "pandas.tools.merge.concat": "pandas.concat",
    "pandas.Timedelta.delta": "pandas.Timedelta.value",
    "pandas.Timestamp.to_datetime": "pandas.Timestamp.to_pydatetime",
    "pandas.MultiIndex.labels": "pandas.MultiIndex.codes",
    "pandas.api.types.is_any_int_dtype": "pandas.api.types.is_integer_dtype",
    "pandas.api.types.is_floating_dtype": "pandas.api.types.is_float_dtype",
    "pandas.Series.searchsorted(v=)": "value",
    "pandas.Index.searchsorted(key=)": "value",
    "pandas.DataFrame.resample(loffset=)": "",  # is added to the result's index now
    "pandas.Series.resample(loffset=)": "",
    "pandas.DataFrame.resample(base=)": "",  # a number of units; an offset now
    "pandas.Series.resample(base=)": "",
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
    *_both("_a.ix[_i]", "_a.loc[_i]", "ix", ".loc"),
    *_both("_a.clip_lower(_t)", "_a.clip(lower=_t)", "clip_lower", ".clip"),
    *_both("_a.clip_upper(_t)", "_a.clip(upper=_t)", "clip_upper", ".clip"),
    *_both("_a.sortlevel()", "_a.sort_index(level=0)", "sortlevel"),
    *_both("_a.sortlevel(_l)", "_a.sort_index(level=_l)", "sortlevel"),
    *_both("_a.sortlevel(level=_l)", "_a.sort_index(level=_l)", "sortlevel", ".sort_index"),
    *_both("_a.tshift(_n)", "_a.shift(_n, freq='infer')", "tshift"),
    *_both("_a.tshift(_n, freq=_f)", "_a.shift(_n, freq=_f)", "tshift", ".shift"),
    *_both("_a.compound()", "(1 + _a).prod() - 1", "compound"),
    *_both("_a.reindex_axis(_l, axis=_x)", "_a.reindex(_l, axis=_x)", "reindex_axis", ".reindex"),
    *_both("_a.pad()", "_a.ffill()", "pad", ".ffill"),
    *_both("_a.backfill()", "_a.bfill()", "backfill", ".bfill"),
    *_both("_a.select(_f)", "_a.loc[_a.index.map(_f)]", "select"),
    *_both("_a.astype(_t, raise_on_error=False)", "_a.astype(_t, errors='ignore')", _RAISE),
    *_both(
        "_a.astype(_t, raise_on_error=True)", "_a.astype(_t, errors='raise')", _RAISE, ".astype"
    ),
    *(
        template(
            f"pandas.factorize(_a, na_sentinel={old}, *__rest)",
            f"pandas.factorize(_a, *__rest, use_na_sentinel={new})",
            "pandas.factorize(na_sentinel=)",
        )
        for old, new in _SENTINELS.items()
    ),
    *(
        template(
            f"_a.factorize(na_sentinel={old}, *__rest)",
            f"_a.factorize(*__rest, use_na_sentinel={new})",
            f"{owner}.factorize(na_sentinel=)",
            f"{owner}.factorize",
        )
        for old, new in _SENTINELS.items()
        for owner in ("pandas.Series", "pandas.Index")
    ),
    template("_a.nonzero()", "_a.to_numpy().nonzero()", "pandas.Series.nonzero"),
    template("_a.compress(_c)", "_a[_c]", "pandas.Series.compress"),
    template("_a.argmax()", "_a.idxmax()", "pandas.Series.argmax", "pandas.Series.idxmax"),
    template("_a.argmin()", "_a.idxmin()", "pandas.Series.argmin", "pandas.Series.idxmin"),
    template("_a.get_duplicates()", "_a[_a.duplicated()].unique()", "pandas.Index.get_duplicates"),
    template("_a.contains(_k)", "_k in _a", "pandas.Index.contains"),
    template(
        "_a.is_all_dates", "isinstance(_a, pandas.DatetimeIndex)", "pandas.Index.is_all_dates"
    ),
    template("_a.asi8", "_a.view('int64')", "pandas.Index.asi8"),
    template("_a.to_dense()", "numpy.asarray(_a)", "pandas.Categorical.to_dense"),
    template("_a.get_values()", "numpy.array(_a)", "pandas.Categorical.get_values"),
    template("_a.to_native_types()", "_a.astype(str)", "pandas.Index.to_native_types"),
    template("_a.asobject", "_a.astype(object)", "pandas.DatetimeIndex.asobject"),
    template(
        "_a.weekday_name",
        "_a.day_name()",
        "pandas.Timestamp.weekday_name",
        "pandas.Timestamp.day_name",
    ),
    template(
        "_a.weekday_name",
        "_a.day_name()",
        "pandas.DatetimeIndex.weekday_name",
        "pandas.DatetimeIndex.day_name",
    ),
    template(
        "_a.dt.weekday_name",
        "_a.dt.day_name()",
        "pandas.Series.dt.weekday_name",
        "pandas.Series.dt.day_name",
    ),
    *(
        template(f"_a.{old}", "_a.isocalendar().week", f"pandas.DatetimeIndex.{old}")
        for old in _ISO
    ),
    *(
        template(f"_a.dt.{old}", "_a.dt.isocalendar().week", f"pandas.Series.dt.{old}")
        for old in _ISO
    ),
    template("pandas.np", "numpy", replacement="numpy.array"),
    template("pandas.Timestamp.utcnow()", "pandas.Timestamp.now('UTC')", replacement=""),
    template("pandas.TimeGrouper(_f)", "pandas.Grouper(freq=_f)"),
    template("pandas.TimeGrouper(freq=_f)", "pandas.Grouper(freq=_f)"),
    template(
        "pandas.DatetimeIndex(start=_s, end=_e, freq=_f)",
        "pandas.date_range(start=_s, end=_e, freq=_f)",
        "pandas.DatetimeIndex(start=)",
    ),
    template(
        "pandas.PeriodIndex(start=_s, end=_e, freq=_f)",
        "pandas.period_range(start=_s, end=_e, freq=_f)",
        "pandas.PeriodIndex(start=)",
    ),
    template(
        "pandas.TimedeltaIndex(start=_s, end=_e, freq=_f)",
        "pandas.timedelta_range(start=_s, end=_e, freq=_f)",
        "pandas.TimedeltaIndex(start=)",
    ),
    template(
        "pandas.date_range(closed=_c, *__rest)",
        "pandas.date_range(*__rest, inclusive=_c)",
        "pandas.date_range(closed=)",
    ),
    template(
        "_a.resample(how='mean', *__rest)",
        "_a.resample(*__rest).mean()",
        "pandas.Series.resample(how=)",
    ),
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
