"""What a run is going to do, known before anything is downloaded or written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recode_data.training.data import Data, fitting, load
from recode_data.training.duration import Duration, duration
from recode_data.training.machine import Estimate, estimate
from recode_data.training.recipe import Supervised


@dataclass(frozen=True)
class Plan:
    """A recipe, the data it meets, the folder of the run, and what it will need."""

    recipe: Supervised
    data: Data
    folder: Path
    estimate: Estimate
    counted: bool
    """Whether ``data`` was measured in the model's tokens; only where its tokenizer is."""
    lacking: tuple[str, ...] = ()
    """What this machine lacks for the run, a line each; only a dry run asks."""

    def __str__(self) -> str:
        """Return the resolved configuration as YAML, data and memory as comments in it."""
        length = "" if self.counted else " (lengths not counted: the tokenizer is not here yet)"
        lacking = "".join(f"\n# not on this machine: {line}" for line in self.lacking)
        return (
            f"{yaml.safe_dump(self.recipe.model_dump(mode='json'), sort_keys=False)}"
            f"# output: {self.folder}\n# data: {self.data}{length}\n# memory: {self.estimate}\n"
            f"# time: {self._time()}{lacking}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the same as one JSON object; sizes in bytes."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "output": str(self.folder),
            "train": len(self.data.train),
            "test": len(self.data.test),
            "too_long": self.data.too_long if self.counted else None,
            "memory": {
                "needed": self.estimate.needed,
                "available": self.estimate.available,
                "parts": self.estimate.parts,
                "parameters": self.estimate.parameters,
                "trained": self.estimate.trained,
            },
            "model_checked": not self.estimate.guessed,
            "lacking": list(self.lacking),
            "hours": None if self.recipe.use_cpu else round(self._duration().hours, 2),
        }

    def _duration(self) -> Duration:
        return duration(self.recipe, self.estimate)

    def _time(self) -> str:
        return "not estimated on a CPU" if self.recipe.use_cpu else str(self._duration())


def plan(recipe: Supervised, data: str | Path, folder: Path) -> Plan:
    """Return the plan of a run, counting what is too long if the tokenizer is at hand."""
    loaded = load(data)
    here = recipe.model == "scratch" or Path(recipe.model).exists()
    if here and recipe.model != "scratch":
        from recode_data.training.model import limit_check, load_tokenizer

        loaded = fitting(loaded, limit_check(recipe, load_tokenizer(recipe, recipe.model)))
    counted = here and recipe.model != "scratch"
    return Plan(recipe, loaded, folder, estimate(recipe), counted)


def default_folder(recipe: Supervised, name: str) -> Path:
    """Return where a run goes that is not told where: ``models/<recipe>-<model>``."""
    return Path("models") / f"{Path(name).stem}-{Path(recipe.model).name.lower()}"
