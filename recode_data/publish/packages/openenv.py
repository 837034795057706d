"""An OpenEnv environment (core 0.3): ``reset``, ``step``, ``state``, and a Space that serves it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from recode_data.files import write_text
from recode_data.prompts import FORMAT, messages
from recode_data.publish.files import write_jsonl
from recode_data.publish.packages.item import Item, copy_files, json_rows

NAMES: tuple[str, ...] = (
    "openenv.yaml", "pyproject.toml", "__init__.py", "client.py", "models.py", "server",
)  # fmt: skip
OLDEST = (3, 8)
"""Of the Pythons that uv installs, which is how the one image gets all of them."""
FRONT = """---
title: Library API updates
emoji: 🔧
colorFrom: blue
colorTo: green
sdk: docker
pinned: false
app_port: 8000
base_path: /web
tags:
  - openenv
---

"""
USE = """## Use it with OpenEnv

```console
docker build -t recode-updates-env -f server/Dockerfile .
docker run -p 8000:8000 recode-updates-env
```

```python
from recode_updates_env import UpdateAction, UpdatesEnv

with UpdatesEnv(base_url="http://localhost:8000").sync() as env:
    task = env.reset(seed=0).observation.text
    ran = env.step(UpdateAction(code="import sys; print(sys.version)", kind="run"))
    print(ran.observation.text)
    print(env.step(UpdateAction(code="…the migrated program…")).reward)
```

`reset(row=ID)` begins with one row, `reset(seed=N, split="test")` with one that the seed draws.
"""
OLD = """
{count:,} rows on Python 3.6 and 3.7 are left out: one image holds all Pythons, and uv installs
none as old as these.
"""


def write(folder: Path, items: Sequence[Item]) -> str:
    """Write the environment with its rows, and what its image has to hold for them."""
    copy_files("openenv", folder)
    kept = [item for item in items if _number(item) >= OLDEST]
    server = folder / "server"
    write_jsonl(server / "rows.jsonl", [_row(item) for item in kept])
    for environment in {item.environment.id: item.environment for item in kept}.values():
        described = json.dumps(asdict(environment), indent=1) + "\n"
        write_text(server / "environments" / f"{environment.id}.json", described)
    pythons = sorted({(_number(item), item.environment.python) for item in kept})
    write_text(server / "pythons.txt", " ".join(python for _, python in pythons) + "\n")
    return USE + (OLD.format(count=len(items) - len(kept)) if len(kept) < len(items) else "")


def tasks(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and the grading task of every row of the environment."""
    for row in json_rows([folder / "server" / "rows.jsonl"]):
        yield row["id"], row["task"]


def _number(item: Item) -> tuple[int, ...]:
    return tuple(int(part) for part in item.environment.python.split("."))


def _row(item: Item) -> dict[str, str]:
    asked = messages(item.row)[-1]["content"].removesuffix(FORMAT["reasoning"])
    text = f"{asked}Run programs on the new version, then submit the whole migrated program."
    return {"id": item.row["id"], "split": item.split, "text": text, "task": item.task}
