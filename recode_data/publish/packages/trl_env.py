"""Rows for TRL (1.16), for its ``environment_factory`` and for plain reward functions.

`recode_data.training.environments.Spec` reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recode_data.prompts import FORMAT, SYSTEM, messages
from recode_data.publish.files import write_file
from recode_data.publish.formats import CHAT, KEPT, TEXT
from recode_data.publish.packages.item import Item, by_split

NAMES: tuple[str, ...] = ("train.parquet", "test.parquet")
SCHEMA = pa.schema([
    ("prompt", CHAT), ("tool_prompt", CHAT), ("target", TEXT), ("task", TEXT),
    *((name, TEXT) for name in KEPT),
])  # fmt: skip
TOOLS = (
    "`run_python` runs a program on the new version. Give the whole migrated program to `submit`."
)
FRONT = ""
USE = """## Use it with TRL

```python
from trl import GRPOTrainer

from recode_data.training.environments import Spec

spec = Spec(".")  # tools to run code and to submit; Spec(".", tools=False) answers in one turn
trainer = GRPOTrainer(
    "Qwen/Qwen3-0.6B",
    train_dataset=spec.train_dataset,
    environment_factory=spec.environment_factory,
    reward_funcs=spec.reward_funcs,
)
trainer.train()
```
"""


def write(folder: Path, items: Sequence[Item]) -> str:
    """Write a Parquet file for each split that has rows."""
    for split, part in by_split(items).items():
        if part:
            rows = [_row(item) for item in part]
            write_file(folder, Path(f"{split}.parquet"), split, rows, SCHEMA, library="")
    return USE


def tasks(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and the grading task of every row."""
    for name in NAMES:
        if (folder / name).is_file() and {"id", "task"} <= set(pq.read_schema(folder / name).names):
            for row in pq.read_table(folder / name, columns=["id", "task"]).to_pylist():
                yield row["id"], row["task"]


def _row(item: Item) -> dict[str, Any]:
    row = item.row
    asked = messages(row)
    with_tools = asked[-1]["content"].removesuffix(FORMAT["reasoning"]) + TOOLS
    return {
        "prompt": asked,
        "tool_prompt": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": with_tools},
        ],
        "target": row["new_code"],
        "task": item.task,
    } | {name: row[name] for name in KEPT}
