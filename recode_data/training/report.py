"""What a run shows while it goes: progress, a curve as JSON lines, samples one can read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from recode_data.files import write_text
from recode_data.progress import Task

CURVE = "curve.jsonl"
SAMPLES = "samples"
SHOWN = ("reward", "eval_reward", "loss", "eval_loss", "dynamic_sampling/rounds")
"""Metrics that stand beside the progress bar, by their last part."""


class Report(TrainerCallback):  # type: ignore[misc]
    """Feeds the progress of one process, the first, and writes the curve and samples.

    ``curve.jsonl`` has one line for every log of the run, from its very start even when it
    was resumed; ``samples/step-000100.md`` the best and the worst completions of a step.
    """

    def __init__(self, task: Task, folder: Path, logs: Mapping[str, Any] | None = None) -> None:
        self.task = task
        self.folder = folder
        self.logs = logs
        """TRL's record of the last generation: prompt, completion, rewards, advantages."""
        self.notes: dict[str, str] = {}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Count what an earlier run has done already."""
        if state.is_world_process_zero and state.global_step:
            self.task.advance(state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Advance the bar."""
        if state.is_world_process_zero:
            self.task.advance(1, **self.notes)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the curve anew, and the samples of this step."""
        if not state.is_world_process_zero:
            return
        for key in SHOWN:
            if logs and isinstance(logs.get(key), int | float):
                self.notes[key.rpartition("/")[2]] = f"{logs[key]:.3g}"
        lines = [json.dumps(entry, default=str) for entry in state.log_history]
        write_text(self.folder / CURVE, "".join(f"{line}\n" for line in lines))
        if self.logs and self.logs.get("completion") and logs and "reward" in logs:
            path = self.folder / SAMPLES / f"step-{state.global_step:06d}.md"
            write_text(path, sample_page(self.logs, state.global_step))


def sample_page(logs: Mapping[str, Any], step: int, shown: int = 2) -> str:
    """Return Markdown with the ``shown`` best and worst completions by advantage."""
    advantages = list(logs["advantages"])
    order = sorted(range(len(advantages)), key=lambda row: -advantages[row])
    chosen = list(dict.fromkeys(order[:shown] + order[-shown:]))
    parts = [f"# Step {step}: {len(chosen)} of {len(order)} completions"]
    for row in chosen:
        rewards = ", ".join(f"{name} {_number(of[row])}" for name, of in logs["rewards"].items())
        parts += [
            f"## advantage {advantages[row]:+.2f}: {rewards}",
            f"~~~~text\n{_text(logs['prompt'][row])}\n~~~~",
            f"~~~~text\n{_text(logs['completion'][row])}\n~~~~",
        ]
    return "\n\n".join(parts) + "\n"


def _number(value: float | None) -> str:
    return "not judged" if value is None or math.isnan(value) else f"{value:.2f}"


def _text(messages: Any) -> str:
    if isinstance(messages, str):
        return messages
    return "\n".join(str(message["content"]) for message in messages if message["role"] != "system")


def summary(result: Mapping[str, Any]) -> str:
    """Return one line for people about a finished run."""
    before, after = result.get("before") or {}, result.get("after") or {}
    parts = [f"train: {result['algo']}, {result['steps']:,} steps"]
    parts.append(f"{result['train_entries']:,} entries")
    if result["too_long"]:
        parts.append(f"{result['too_long']:,} too long")
    for key, name in (("eval_reward", "reward"), ("eval_loss", "loss")):
        if key in before and key in after and not (name == "loss" and "eval_reward" in after):
            change = f"held-out {name} {before[key]:.4f} → {after[key]:.4f}"
            parts.append(f"{change} on {result['held_out']} prompts")
    parts.append(str(result["model"]))
    if result.get("pushed"):
        parts.append(str(result["pushed"]))
    return ", ".join(parts)
