"""What evaluations of changes since a cut-off found, month by month of release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recode_data.errors import BadFile, RecodeError
from recode_data.files import read_json
from recode_data.report.figures import Figure

TIP = "name a folder that recode-data eval since wrote"
CURVES = (
    ("pass@1", "Answers that are right and use the new API, by the month of release of the update"),
    ("old_api", "Answers whose run uses the old API, by the month of release of the update"),
)
MONTHS = "by_arm_and_month"


def evaluation_figures(runs: list[Path]) -> list[Figure]:
    """Return the curves over months of evaluation ``runs``, a line for each run and arm, and
    their staleness dates.

    Raises `BadFile` for a folder without such a run and `RecodeError` for one that is not final.
    """
    found = {folder: _summary(folder) for folder in runs}
    figures = []
    for metric, about in CURVES:
        rows = [
            {
                "run": f"{summary['model']}, {arm}",
                "month": month,
                "value": part[metric],
                "low": part[f"{metric} 95%"][0],
                "high": part[f"{metric} 95%"][1],
                "tasks": part["problems"],
            }
            for summary in found.values()
            for key, part in summary[MONTHS].items()
            if metric in part
            for arm, _, month in [key.rpartition(", ")]
        ]
        rows = [row | {"run": row["run"].removesuffix(",")} for row in rows]
        rows.sort(key=lambda row: (row["month"], row["run"]))
        if rows:
            title = f"Since the cut-off: {metric.replace('_', ' ')}"
            figures.append(Figure(title, f"{about}.", rows, "month", "value", "run", curve=True))
    return figures + _dates(list(found.values()))


def _dates(summaries: list[dict[str, Any]]) -> list[Figure]:
    rows = [
        {
            "model": f"{summary['model']}, {arm}",
            "stale from": told["date"] or "not stale",
            "interval": " to ".join(month or "never" for month in told.get("interval", [])),
            "old API": told.get("old_after") or 0.0,
        }
        for summary in summaries
        for arm, told in summary.get("staleness", {}).items()
    ]
    about = (
        "The month of release from which answers fall to the old API, with a 95 % interval; the "
        "bar is the share of answers that use it from then on."
    )
    return [Figure("Staleness dates", about, rows, "model", "old API")] if rows else []


def _summary(folder: Path) -> dict[str, Any]:
    summary = read_json(folder / "summary.json", TIP)
    if not isinstance(summary, dict) or "final" not in summary:
        raise BadFile(f"{folder} holds no evaluation", TIP)
    if not summary["final"]:
        raise RecodeError(f"the run {folder} is not final", "run recode-data eval again first")
    if MONTHS not in summary:
        raise BadFile(f"the run {folder} tells no months", TIP)
    return summary
