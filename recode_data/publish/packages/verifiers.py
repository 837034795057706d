"""A package for verifiers (0.4, v1 tasksets): ``recode_updates`` with rows and expected results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from recode_data.prompts import messages
from recode_data.publish.files import write_jsonl
from recode_data.publish.packages.item import Item, by_split, copy_files, json_rows

NAMES: tuple[str, ...] = ("pyproject.toml", "recode_updates")
FRONT = ""
USE = """## Use it with verifiers

```console
pip install verifiers recode-data .
vf-validate recode-updates --runtime.type subprocess
vf-eval recode-updates --model NAME -n 20
```

`vf-validate` grades each row's own new code, which has to be paid, and its old code, which must not
be. `execution` is the reward; `format` and `migration` are recorded beside it with weight 0. An
answer runs in recode-data's sandbox on the machine that scores, whatever the runtime of the agent.
"""


def write(folder: Path, items: Sequence[Item]) -> str:
    """Write the package, with a file of rows and one of expected results for each split."""
    copy_files("verifiers", folder)
    package = folder / "recode_updates"
    for split, part in by_split(items).items():
        write_jsonl(package / f"{split}.jsonl", [_row(item) for item in part])
        tasks = [{"id": item.row["id"], "task": item.task} for item in part]
        write_jsonl(package / f"{split}.expected.jsonl", tasks)
    return USE


def tasks(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and the grading task of every row of a package."""
    for row in json_rows(sorted((folder / "recode_updates").glob("*.expected.jsonl"))):
        yield row["id"], row["task"]


def _row(item: Item) -> dict[str, str]:
    system, asked = messages(item.row)
    return {
        "name": item.row["id"],
        "system_prompt": system["content"],
        "prompt": asked["content"],
        "split": item.split,
        "library": item.row["library"],
        "kind": item.row["kind"],
    }
