"""What a training run logged: as a table, and as figures of the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recode_data.errors import BadFile
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
            if isinstance(line.get(metric), int | float)
        ]
        if rows:
            title = f"Training: {metric}"
            figures.append(Figure(title, about, rows, "step", "value", "run", curve=True))
    return figures


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
