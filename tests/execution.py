"""What the tests of execution share: an environment with no library, made without an index."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from uv import find_uv_bin

from recode_data.cache import cache_folder
from recode_data.execute.interpreters import interpreters
from recode_data.execute.sandbox import Limits, Start, Tier
from recode_data.execute.warm import Answer, WarmServer
from recode_data.records import Environment


def bare_environment(python: str | None = None) -> Environment:
    """Put an environment that holds a Python and nothing else into the cache."""
    python = python or list(interpreters())[-1]
    environment = Environment("json", "0", python)
    folder = cache_folder("environments") / environment.id
    if not (folder / "recode.json").exists():
        command = [find_uv_bin(), "venv", "-q", "-p", str(interpreters()[python].path), str(folder)]
        subprocess.run(command, check=True)
        (folder / "recode.json").write_text(json.dumps({"library": "json"}), encoding="utf-8")
    return environment


def toy_environment(
    version: str, source: str | Mapping[str, str], python: str | None = None
) -> Environment:
    """Put an environment into the cache whose library ``toy`` is one module of ``source``, or a
    package of several modules by their names."""
    python = python or list(interpreters())[-1]
    environment = Environment("toy", version, python)
    folder = cache_folder("environments") / environment.id
    if not (folder / "recode.json").exists():
        command = [find_uv_bin(), "venv", "-q", "-p", str(interpreters()[python].path), str(folder)]
        subprocess.run(command, check=True)
        place = next(folder.glob("lib/python*/site-packages"))
        files = {"toy.py": source} if isinstance(source, str) else source
        for name, text in files.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text, encoding="utf-8")
        (folder / "recode.json").write_text(json.dumps({"library": "toy"}), encoding="utf-8")
    return environment


def server(
    tier: Tier,
    limits: Limits | None = None,
    python: str = "",
    environment: Path | None = None,
    preload: tuple[str, ...] = (),
) -> WarmServer:
    """Start a fork server on a bare interpreter, this one unless another is asked for."""
    if python:
        found = interpreters()[python]
        path, prefix = found.path, found.prefix
    else:
        path, prefix = Path(sys.executable).resolve(), Path(sys.base_prefix)
    return WarmServer(Start(path, prefix, environment, tier, limits or Limits(), preload))


def told(answer: Answer) -> dict[str, object]:
    """Return the report of a run."""
    report = json.loads(answer.report or b"{}")
    assert isinstance(report, dict)
    return report
