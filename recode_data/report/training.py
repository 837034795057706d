"""Figures of a training run, from the ``trainer_state.json`` that the trainer saves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile
from recode_data.report.figures import Figure

CURVES = {
    "reward": "Mean reward of the sampled completions (the paper's Figure 2).",
    "heldout_reward": "Mean reward on held-out prompts.",
    "eval_reward": "Mean reward on held-out prompts.",
    "frac_reward_zero_std": "Share of groups whose rewards are all equal: they teach nothing.",
    "completions/mean_length": "Mean completion length in tokens (the paper's Figure 5).",
    "loss": "Loss.",
}


def training_figures(runs: list[Path]) -> list[Figure]:
    """Return a figure for each known metric that one of the run folders logged."""
    histories = {folder.name: _history(folder) for folder in runs}
    figures = []
    for metric, about in CURVES.items():
        rows = [
            {"run": run, "step": line["step"], "value": round(line[metric], 5)}
            for run, lines in histories.items()
            for line in lines
            if isinstance(line.get(metric), int | float)
        ]
        if rows:
            figures.append(Figure(f"Training: {metric}", about, rows, "line", _curve()))
    return figures


def _curve() -> dict[str, Any]:
    return {
        "x": {"field": "step", "type": "quantitative"},
        "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": False}},
        "color": {"field": "run", "type": "nominal", "legend": {"orient": "bottom"}},
    }


def _history(folder: Path) -> list[dict[str, Any]]:
    """Read the log of the newest state in ``folder`` or its checkpoints."""
    files = [*folder.glob("trainer_state.json"), *folder.glob("checkpoint-*/trainer_state.json")]
    if not files:
        raise BadFile(
            f"{folder} holds no trainer_state.json", "name the output folder of recode-data train"
        )
    try:
        states = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        newest = max(states, key=lambda state: int(state["global_step"]))
        return list(newest["log_history"])
    except (ValueError, KeyError, OSError) as error:
        raise BadFile(f"cannot read the training log in {folder}: {error}") from error
