"""Matplotlib's templates, and the replacements that its notes leave out."""

from __future__ import annotations

from recode_data.codemods.template import template

_TURNED = ("boxplot", "bxp", "violinplot", "violin")
_CORNERS = ("is_first_row", "is_last_row", "is_first_col", "is_last_col")

KNOWN = {
    # The path of a line is not what `arrow` was; and a list of handles is no handle.
    "matplotlib.text.Annotation.arrow": "",
}

TEMPLATES = (
    *(
        template(
            f"_a.{name}(*__rest, vert={upright})",
            f"_a.{name}(*__rest, orientation='{orientation}')",
            f"matplotlib.axes.Axes.{name}(vert=)",
            f"matplotlib.axes.Axes.{name}",
        )
        for name in _TURNED
        for upright, orientation in ((False, "horizontal"), (True, "vertical"))
    ),
    *(
        template(
            f"_a.{name}()",
            f"_a.get_subplotspec().{name}()",
            f"matplotlib.axes.SubplotBase.{name}",
            f"matplotlib.gridspec.SubplotSpec.{name}",
        )
        for name in _CORNERS
    ),
    template("_a.plot_date(_x, _y)", "_a.plot(_x, _y, 'o')", "matplotlib.axes.Axes.plot_date", ""),
    template(
        "_a.plot_date(_x, _y, _f)", "_a.plot(_x, _y, _f)", "matplotlib.axes.Axes.plot_date", ""
    ),
    template("matplotlib.cbook.is_numlike(_a)", "isinstance(_a, numbers.Number)", replacement=""),
)
