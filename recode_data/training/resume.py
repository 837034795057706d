"""What a run leaves so that it can go on: its configuration and its checkpoints."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from recode_data.errors import BadFile, UsageError
from recode_data.files import read_text, write_text
from recode_data.training.data import Data
from recode_data.training.recipe import Supervised
from recode_data.training.settings import differing

ANEW = "name another folder with --output, or begin anew without --resume"
RUN = "run.yaml"


def configuration(recipe: Supervised, data: Data, processes: int) -> dict[str, Any]:
    """Return all that decides the curve of a run: recipe, data, number of processes."""
    facts = {
        "data": data.where,
        "data_fingerprint": data.fingerprint,
        "train_entries": len(data.train),
        "processes": processes,
    }
    return recipe.model_dump(mode="json") | facts


def versions() -> dict[str, str]:
    """Return the versions of what trains."""
    names = ("recode-data", "torch", "trl", "transformers", "peft", "accelerate")
    return {"python": platform.python_version()} | {name: _version(name) for name in names}


def save_configuration(folder: Path, values: Mapping[str, Any]) -> None:
    """Write ``run.yaml``, whole or not at all."""
    text = yaml.safe_dump({**values, "versions": versions()}, sort_keys=False)
    write_text(folder / RUN, text)


def checkpoint_to_resume(folder: Path, values: Mapping[str, Any], resume: bool) -> Path | None:
    """Return the newest whole checkpoint in ``folder``, or None to start at step 0.

    Raises `UsageError` when the folder holds a run and ``resume`` was not said, when it
    holds none and it was, or when that run had another configuration, naming the keys.
    """
    if not (folder / RUN).exists():
        if resume:
            raise UsageError(f"no run to resume in {folder}", "leave --resume away to start one")
        return None
    if not resume:
        raise UsageError(
            f"{folder} holds a run already", "add --resume to go on, or name another --output"
        )
    try:
        old = yaml.safe_load(read_text(folder / RUN, ANEW))
        old.pop("versions", None)
    except (yaml.YAMLError, AttributeError) as error:
        raise BadFile(
            f"cannot read {folder / RUN}",
            ANEW,
        ) from error
    # Where the data lies is for people: what it is, is in its fingerprint.
    changed = differing({**old, "data": ""}, {**values, "data": ""})
    if changed:
        raise UsageError(
            f"{folder} was made with another configuration: {'; '.join(changed)}",
            "resume with the old values, or start anew in another --output",
        )
    return newest_checkpoint(folder)


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the checkpoint of the highest step that was written to its end.

    The trainer's state is the last file of a checkpoint, so a kill leaves it out or cut.
    """
    numbered = [
        (int(path.name.rpartition("-")[2]), path)
        for path in folder.glob("checkpoint-*")
        if path.name.rpartition("-")[2].isdigit()
    ]
    for step, path in sorted(numbered, reverse=True):
        try:
            state = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if state.get("global_step") == step:
            return path
    return None


def _version(name: str) -> str:
    try:
        return version(name)
    except Exception:  # a checkout that is run without being installed
        return ""
