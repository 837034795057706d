"""A resources server for NeMo Gym (0.4): ``verify``, rows, configuration, its own tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recode_data.prompts import messages
from recode_data.publish.files import write_jsonl
from recode_data.publish.packages.item import Item, by_split, copy_files, json_rows

NAMES: tuple[str, ...] = ("resources_servers",)
DATA = Path("resources_servers", "recode_updates", "data")
EXAMPLES = 5
"""Rows of ``example.jsonl``, as NeMo Gym's validation wants them."""
SPLITS = {"train": "train", "test": "validation"}
"""Ours → NeMo Gym's."""
FRONT = ""
USE = """## Use it with NeMo Gym

NeMo Gym wants Python 3.12 or newer. In this folder, or with `resources_servers/recode_updates`
copied into a checkout of it:

```console
pip install nemo-gym recode-data
gym env test +entrypoint=resources_servers/recode_updates
gym env start "+config_paths=[resources_servers/recode_updates/configs/recode_updates.yaml]"
```

The row's `verifier_metadata` holds the expected results; models are shown
`responses_create_params` only. `POST /verify` answers 422 to what is malformed, and 503 where an
answer could not be graded.
"""


def write(folder: Path, items: Sequence[Item]) -> str:
    """Write the server, and its rows as training, validation and example data."""
    copy_files("nemo-gym", folder)
    data = folder / DATA
    for split, part in by_split(items).items():
        write_jsonl(data / f"{SPLITS[split]}.jsonl", [_row(item) for item in part])
    write_jsonl(data / "example.jsonl", [_row(item) for item in items[:EXAMPLES]])
    return USE


def tasks(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and the grading task of every row of the server."""
    for row in json_rows(folder / DATA / f"{split}.jsonl" for split in SPLITS.values()):
        yield row["verifier_metadata"]["id"], row["verifier_metadata"]["task"]


def _row(item: Item) -> dict[str, Any]:
    kept = {name: item.row[name] for name in ("id", "library", "kind")}
    return {
        "responses_create_params": {"input": messages(item.row)},
        "verifier_metadata": kept | {"task": item.task},
    }
