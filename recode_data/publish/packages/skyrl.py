"""Rows and an environment for SkyRL (skyrl-gym 0.4): ``init``, ``step``, one class of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recode_data.prompts import FORMAT, SYSTEM, messages
from recode_data.publish.files import write_file
from recode_data.publish.formats import CHAT, TEXT
from recode_data.publish.packages.item import Item, by_split, copy_files

SPLITS = {"train": "train", "test": "validation"}
"""Ours → SkyRL's."""
NAMES: tuple[str, ...] = ("train.parquet", "validation.parquet", "recode_updates_env.py")
SCHEMA = pa.schema([
    ("prompt", CHAT), ("data_source", TEXT), ("env_class", TEXT),
    ("reward_spec", pa.struct([("method", TEXT), ("ground_truth", TEXT)])),
    ("extra_info", pa.struct([("id", TEXT), ("split", TEXT)])),
])  # fmt: skip
TURNS = (
    "You may first run programs on the new version: answer with one Python block alone, and you are"
    " shown what it prints. Give the whole migrated program as one Python block in <answer> tags."
)
FRONT = ""
USE = """## Use it with SkyRL

```python
import recode_updates_env  # registers the environment, in the process of the trainer's entry point
import skyrl_gym

env = skyrl_gym.make("recode-updates", extras={"reward_spec": row["reward_spec"]})
env.init(row["prompt"])
print(env.step("<answer>...</answer>")["reward"])
```

The trainer takes `data.train_data="['train.parquet']"` and
`data.val_data="['validation.parquet']"`; the rows name their environment themselves. An episode has
4 turns unless `max_turns` says otherwise. What cannot be graded is an error and never the reward 0.
"""


def write(folder: Path, items: Sequence[Item]) -> str:
    """Write the rows of each split, and the environment."""
    copy_files("skyrl", folder)
    for split, part in by_split(items).items():
        if part:
            name = SPLITS[split]
            rows = [_row(item, name) for item in part]
            write_file(folder, Path(f"{name}.parquet"), split, rows, SCHEMA, library="")
    return USE


def tasks(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and the grading task of every row."""
    for name in SPLITS.values():
        file = folder / f"{name}.parquet"
        if file.is_file() and "reward_spec" in pq.read_schema(file).names:
            for row in pq.read_table(file, columns=["extra_info", "reward_spec"]).to_pylist():
                yield row["extra_info"]["id"], row["reward_spec"]["ground_truth"]


def _row(item: Item, split: str) -> dict[str, Any]:
    asked = messages(item.row)[-1]["content"].removesuffix(FORMAT["reasoning"])
    return {
        "prompt": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": asked + TURNS},
        ],
        "data_source": "recode-updates",
        "env_class": "recode-updates",
        "reward_spec": {"method": "rule", "ground_truth": item.task},
        "extra_info": {"id": item.row["id"], "split": split},
    }
