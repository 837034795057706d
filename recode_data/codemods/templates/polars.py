"""Polars' templates: what is renamed together with its arguments."""

from __future__ import annotations

from recode_data.codemods.template import template

_FRAMES = ("DataFrame", "LazyFrame")

KNOWN: dict[str, str] = {}

TEMPLATES = (
    *(
        template(old, new, f"polars.{owner}.melt", f"polars.{owner}.unpivot")
        for owner in _FRAMES
        for old, new in (
            ("_a.melt(id_vars=_i, value_vars=_v)", "_a.unpivot(_v, index=_i)"),
            ("_a.melt(id_vars=_i)", "_a.unpivot(index=_i)"),
            ("_a.melt(value_vars=_v)", "_a.unpivot(_v)"),
            ("_a.melt(_i, _v)", "_a.unpivot(_v, index=_i)"),
        )
    ),
    # It reads that many rows of every source, and then works on them.
    template(
        "_a.fetch(_n)", "_a.head(_n).collect()", "polars.LazyFrame.fetch", "polars.LazyFrame.head"
    ),
)
