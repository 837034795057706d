"""Of what class the results of a library's callables are, as each version says by annotation or
documentation: what a codemod can know of a receiver without running anybody's program."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from recode_data.api.introspection import LIMITS, PATIENCE, TARGET
from recode_data.api.schema import Name
from recode_data.api.snapshot import Snapshot
from recode_data.cache import cache_folder, written_whole
from recode_data.execute import Executor, Probe
from recode_data.records import Environment, content_id

_SOURCE = TARGET / "returns.py"
_PROBE = """
import io, os, sys, types, warnings
warnings.simplefilter("ignore")
os.dup2(2, 1)
module = types.ModuleType("returns")
exec(compile(%r, "returns.py", "exec"), vars(module))
answer = module.main(%r)
"""
_ANSWER = TypeAdapter(dict[Name, Name])


def returns_of(
    executor: Executor, environment: Environment, snapshot: Snapshot
) -> Mapping[str, str]:
    """Return the public path of the class of each callable's result, by the callable's path.

    Methods and properties stand under every class that has them, ``pandas.DataFrame.copy``;
    a class under its own path. A result that is a class itself is ``type[path]``. What is not told
    as one class is left out. An environment that
    gives no valid answer tells nothing.
    """
    told = _asked(executor, environment, sorted(snapshot.modules))
    classes = {
        identity: path
        for identity, path in snapshot.home.items()
        if snapshot.objects.get(identity, {}).get("kind") == "class"
    }
    leaves: dict[str, set[str]] = {}
    for path in classes.values():
        leaves.setdefault(path.rpartition(".")[2], set()).add(path)

    def meant(result: str, own: str) -> str:
        if result.startswith("type:"):
            of = meant(result.removeprefix("type:"), own)
            return f"type[{of}]" if of else ""
        if result == "Self":
            return own
        if result.startswith("?"):
            named = leaves.get(result[1:], set())
            return next(iter(named)) if len(named) == 1 else ""
        return classes.get(result, "")

    found = {
        path: result
        for path, identity, _ in snapshot.names()
        if (result := meant(told.get(identity) or told.get(f"={path}", ""), ""))
    }
    for identity, path in classes.items():
        found[path] = path
        for name, member in snapshot.members(identity).items():
            said = told.get(member) or told.get(f"{identity}.{name}", "")
            if result := meant(said, path):
                found[f"{path}.{name}"] = result
    for mark, result in told.items():  # what operators give
        owner, _, name = mark.rpartition(".")
        if name.startswith("__") and owner in classes and (of := meant(result, classes[owner])):
            found[f"{classes[owner]}.{name}"] = of
    return found


def _asked(executor: Executor, environment: Environment, modules: list[str]) -> dict[str, str]:
    source = _SOURCE.read_text("utf-8")
    mark = hashlib.sha256(source.encode()).hexdigest()
    file = cache_folder("returns") / f"{content_id(environment.id, mark)}.json.gz"
    if (known := _kept(file)) is not None:
        return known
    reply = executor.ask(Probe(_PROBE % (source, modules), environment, PATIENCE, LIMITS))
    if reply.status != "clean":
        return {}
    try:
        told = _ANSWER.validate_json(reply.answer, strict=True)
    except ValidationError:
        return {}
    with written_whole(file) as part:
        part.write_bytes(gzip.compress(json.dumps(told).encode(), mtime=0))
    return told


def _kept(file: Path) -> dict[str, str] | None:
    try:
        told: dict[str, str] = json.loads(gzip.decompress(file.read_bytes()))
    except (OSError, ValueError, EOFError):
        return None
    return told
