"""A Harbor tree: a folder a task, an image an environment (format 1.4, Harbor 0.26).

The agent works in an image that has the new version of the library, and leaves its program in
``/app/answer.py``. Only that file travels to a second container of the same image, into which
Harbor puts ``tests/`` once the agent is gone (``environment_mode = "separate"``), so the
expected results are never where the agent is. What the check could not do for a reason of its
own leaves no reward file, which Harbor reports as an error and not as 0.

Texts of rows stand in Markdown, Python and JSON files only; scripts and Dockerfiles are made of
names that are checked, versions and hashes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from recode_data.files import read_text, write_text
from recode_data.prompts import FORMAT, messages
from recode_data.publish.packages.item import Item
from recode_data.records import Environment

SPLITS = ("train", "test")
NAMES: tuple[str, ...] = (*SPLITS, "images")
ANSWER = "/app/answer.py"

TOML = """schema_version = "1.4"
artifacts = ["{answer}"]

[task]
name = "recode-data/{id}"
description = {description}
keywords = ["python", "api-migration", {library}]

[metadata]
library = {library}
old_version = {old_version}
new_version = {new_version}
kind = {kind}

[agent]
timeout_sec = 900.0

[verifier]
timeout_sec = 600.0
environment_mode = "separate"

[environment]
docker_image = {image}
workdir = "/app"
build_timeout_sec = 1800.0
"""
ASKED = """{asked}

The new version is installed here, and `python` runs it. Write the whole migrated program to
`{answer}`.
"""
SOLVE = """#!/bin/sh
set -eu
cp "$(dirname "$0")/answer.py" {answer}
"""
TEST = """#!/bin/sh
# Without a reward file the answer could not be graded, which is not the same as wrong.
exec recode-data grade /tests/task.json {answer} --reward /logs/verifier/reward.json
"""
DOCKERFILE = """# {environment}: programs run on its Python, the judge on its own.
FROM python:3.12-slim AS tools
RUN pip install --no-cache-dir uv

FROM python:{python}-slim
COPY --from=tools /usr/local/bin/uv /usr/local/bin/uv
ENV UV_NO_CACHE=1 UV_PYTHON_INSTALL_DIR=/opt/python UV_TOOL_DIR=/opt/tools \\
    UV_TOOL_BIN_DIR=/usr/local/bin RECODE_DATA_CACHE=/opt/recode-data
# environment.json, and the wheel of recode-data where one lies beside it
COPY environment.json *.whl /opt/recode-data/
ARG RECODE_DATA=recode-data
RUN uv tool install --python 3.12 "$RECODE_DATA"
RUN recode-data environments make --description /opt/recode-data/environment.json
ENV PATH=/opt/recode-data/environments/{id}/bin:$PATH
WORKDIR /app
"""
PUSH = """#!/bin/sh
# Build the image of every environment and push it; the tasks name it from then on.
#
#   ./push.sh registry.example/me                    recode-data from the package index
#   RECODE_DATA=dist/recode_data-0.1.0-py3-none-any.whl ./push.sh registry.example/me
set -eu
prefix=${{1:?the registry and the account, as in registry.example/me}}
wanted=${{RECODE_DATA:-recode-data}}
if [ -f "$wanted" ]; then wheel=$(realpath "$wanted"); fi
cd "$(dirname "$0")"
for folder in */; do
    image=$prefix/$(cat "$folder/name")
    given=$wanted
    if [ -n "${{wheel:-}}" ]; then
        cp "$wheel" "$folder"
        given=/opt/recode-data/$(basename "$wheel")
    fi
    docker build --build-arg "RECODE_DATA=$given" --tag "$image" "$folder"
    docker push "$image"
done
find ../train ../test -name task.toml -exec sed -i \\
    "s|^docker_image = \\".*recode-data-|docker_image = \\"$prefix/recode-data-|" {{}} +
"""
FRONT = ""
USE = """## Use it with Harbor

```console
images/push.sh registry.example/me   # once: builds, pushes and names the images
harbor run -p train -a oracle        # every task is solved by its own solution
harbor run -p train -a nop           # and by doing nothing none is
harbor run -p train -a claude-code -m anthropic/NAME
```

The check needs a sandbox in its container: Landlock (Linux 6.2 or newer, as Docker and Podman
have it) or bubblewrap. Where there is neither it grades nothing and says so.
"""


def write(folder: Path, items: Sequence[Item]) -> str:
    """Write a tree of tasks for each split, and the images that they run in."""
    for environment in {item.environment.id: item.environment for item in items}.values():
        place = folder / "images" / image_name(environment).replace(":", "-")
        _image(place, environment)
        write_text(place / "name", image_name(environment) + "\n")
    _script(folder / "images" / "push.sh", PUSH.format())
    for item in items:
        _task(folder / item.split / item.row["id"], item)
    return USE


def tasks(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and the grading task of every row of a tree."""
    for split in SPLITS:
        for file in sorted((folder / split).glob("*/tests/task.json")):
            yield file.parent.parent.name, read_text(file, "export the package again")


def image_name(environment: Environment) -> str:
    """Return the name of an environment's image, without a registry: one a library, one tag
    an environment."""
    library = re.sub(r"[^a-z0-9]+", "-", environment.library.lower()).strip("-")
    version = re.sub(r"[^A-Za-z0-9_.-]+", "-", environment.version)
    return f"recode-data-{library}:{version}-py{environment.python}-{environment.id}"


def _task(folder: Path, item: Item) -> None:
    row, environment = item.row, item.environment
    asked = messages(row)[-1]["content"].removesuffix(FORMAT["reasoning"]).rstrip()
    write_text(folder / "instruction.md", ASKED.format(asked=asked, answer=ANSWER))
    described = f"{row['library']} {environment.version}: {row['old_symbol'] or 'an update'}"
    values = {name: _toml(row[name]) for name in ("library", "old_version", "new_version", "kind")}
    write_text(
        folder / "task.toml",
        TOML.format(
            id=row["id"],
            answer=ANSWER,
            description=_toml(described),
            image=_toml(image_name(environment)),
            **values,
        ),
    )
    _image(folder / "environment", environment)
    _script(folder / "tests" / "test.sh", TEST.format(answer=ANSWER))
    write_text(folder / "tests" / "task.json", item.task + "\n")
    _script(folder / "solution" / "solve.sh", SOLVE.format(answer=ANSWER))
    write_text(folder / "solution" / "answer.py", row["new_code"])


def _image(folder: Path, environment: Environment) -> None:
    write_text(
        folder / "Dockerfile",
        DOCKERFILE.format(
            environment=image_name(environment), python=environment.python, id=environment.id
        ),
    )
    write_text(folder / "environment.json", json.dumps(asdict(environment), indent=1) + "\n")


def _script(file: Path, text: str) -> None:
    write_text(file, text)
    file.chmod(0o755)


def _toml(text: str) -> str:
    """Return a TOML basic string: JSON's escapes, and DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
