"""What training runs and evaluations since a cut-off found: a table, and curves of the report."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recode_data.errors import BadFile, RecodeError
from recode_data.files import read_json, read_jsonl
from recode_data.report.figures import Figure

if TYPE_CHECKING:
    import pandas as pd

WHOLE = "give the folder that recode-data train wrote, whole"
CURVES = {
    "reward": "Mean reward of the sampled completions (the paper's Figure 2).",
    "heldout_reward": "Mean reward on held-out prompts.",
    "eval_reward": "Mean reward on held-out prompts.",
    "frac_reward_zero_std": "Share of groups whose rewards are all equal: they teach nothing.",
    "completions/mean_length": "Mean completion length in tokens (the paper's Figure 5).",
    "loss": "Loss.",
}


def training_curves(run: str | Path) -> pd.DataFrame:
    """Return what a run of ``recode-data train`` logged: a row a step, a column a metric.

    ``run`` is the folder that ``--output`` named. The index is ``step``; a metric that was
    not logged at a step is NaN there. Rewards are on the scale of the recipe's functions,
    ``frac_reward_zero_std`` is a share, ``completions/mean_length`` counts tokens, ``loss``
    is TRL's. Raises `BadFile` where no run has logged.

        curves = training_curves("runs/grpo")
        curves["reward"].rolling(20).mean().plot()
    """
    import pandas as pd

    lines = [line for line in history(Path(run)) if "step" in line]
    return pd.DataFrame(lines).groupby("step").first()


def training_figures(runs: list[Path]) -> list[Figure]:
    """Return a figure for each known metric that one of the run folders logged."""
    histories = {folder.name: history(folder) for folder in runs}
    figures = []
    for metric, about in CURVES.items():
        rows = [
            {"run": run, "step": line["step"], "value": round(line[metric], 5)}
            for run, lines in histories.items()
            for line in lines
            if _finite(line.get(metric)) and _finite(line.get("step"))
        ]
        if rows:
            title = f"Training: {metric}"
            figures.append(Figure(title, about, rows, "step", "value", "run", curve=True))
    return figures


def _finite(value: Any) -> bool:
    """Tell whether ``value`` can be drawn: a loss that diverged is NaN, which JSON cannot tell."""
    return isinstance(value, int | float) and math.isfinite(value)


def history(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of ``curve.jsonl``, or of the newest ``trainer_state.json`` of a run
    that another program trained; raises `BadFile`."""
    own = folder / "curve.jsonl"
    states = [*folder.glob("trainer_state.json"), *folder.glob("checkpoint-*/trainer_state.json")]
    if not own.exists() and not states:
        raise BadFile(
            f"{folder} holds no curve.jsonl or trainer_state.json",
            "name the output folder of recode-data train",
        )
    try:
        if own.exists():
            lines = [line for _, line in read_jsonl(own, WHOLE)]
        else:
            read = [read_json(file, WHOLE) for file in states]
            lines = list(max(read, key=lambda state: int(state["global_step"]))["log_history"])
        if not all(isinstance(line, dict) for line in lines):
            raise ValueError("a line of it is no object")
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(f"cannot read the training log in {folder}: {error}", WHOLE) from error
    return lines


TIP = "name a folder that recode-data eval since wrote"
METRICS = (
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
    for metric, about in METRICS:
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
