"""xarray's templates, and the renames that its notes leave out."""

from __future__ import annotations

from recode_data.codemods.template import template

_WEEKS = ("week", "weekofyear")
_OWNERS = ("DataArray", "Dataset")

KNOWN = {
    **{f"xarray.{owner}.drop": f"xarray.{owner}.drop_vars" for owner in _OWNERS},
    **{f"xarray.{owner}.stack(dimensions=)": "dim" for owner in (*_OWNERS, "Variable")},
    "xarray.dot(dims=)": "dim",
    "xarray.DataArray.dot(dims=)": "dim",
    # A number of units; an offset or a point in time now.
    **{
        f"xarray.{owner}.resample({name}=)": "" for owner in _OWNERS for name in ("base", "loffset")
    },
    # True or False was given; a coder is wanted now.
    **{
        f"xarray.{f}(use_cftime=)": ""
        for f in ("open_dataset", "open_zarr", "open_dataarray", "decode_cf")
    },
}

TEMPLATES = (
    template("xarray.cftime_range(*__rest)", "xarray.date_range(*__rest, use_cftime=True)"),
    *(
        template(
            f"_a.{old}",
            "_a.isocalendar().week",
            f"xarray.core.accessor_dt.DatetimeAccessor.{old}",
        )
        for old in _WEEKS
    ),
)
