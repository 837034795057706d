"""What symbols are in each version: the introspector, what it is asked besides, and its answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wheels import environment_of, make_wheel, only_wheels_of

from recode_data.api.history import History
from recode_data.api.introspection import TARGET, introspect, look_up
from recode_data.api.schema import checked_details
from recode_data.api.snapshot import ApiSymbol, Parameter, Snapshot, parameter_of
from recode_data.api.symbols import details_of, symbols_of
from recode_data.execute import Executor

MODULE = '''
"""Web."""
import collections, math
from functools import partial

__all__ = ["f", "g", "Table", "current", "made", "half", "HALF", "whole", "bound", "listed"]
half = HALF = 0.5
whole = 0.25

class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("working outside of a context")

current = Proxy()

def f(a, b=3, *rest, mode="near", **more):
    """f(a, b=3)

    Add two things.  In
    two lines.

    Parameters
    ----------
    a : int
    mode : {'near',
            'far'}
    """

g = f

def listed(*args, **kwargs):
    "listed(x, y=1)"

class Deep:
    def inside(self): "Be inside."

class Table:
    """A table."""
    count: int
    other = collections.OrderedDict

    def __init__(self, rows=()): self.rows = rows

    @property
    def size(self):
        """How many rows there are."""

made = Deep()
bound = partial(f, 1)
'''
ODD = """
class Awkward(Exception):
    def __str__(self): raise ValueError("no text")
    __repr__ = __str__

class Word(str):
    def __repr__(self): raise TypeError("no source")

def takes(a=Word("x"), b=Awkward()): "Take."

def __getattr__(name):
    raise RuntimeError("nothing here, not even " + name)

class Meta(type):
    def __dir__(self): return [1, "fine", None]

class Metal(metaclass=Meta):
    def fine(self): pass
    def __init_subclass__(cls): raise SystemExit(3)
"""
LEAVES = "raise SystemExit(3)\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("web")
    (found / "web").mkdir()
    (found / "web" / "__init__.py").write_text(MODULE)
    (found / "web" / "odd.py").write_text(ODD)
    (found / "web" / "leaves.py").write_text(LEAVES)
    return found


def target(folder: Path, code: str) -> Any:
    """Run the introspector's own code beside a package, without a sandbox."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json, sys; sys.path.insert(0, {str(TARGET)!r})\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def snapshot(folder: Path) -> Snapshot:
    told = target(folder, "import introspect; print(json.dumps(introspect.main('web')))")
    return Snapshot("1.0", told)


def test_a_signature_has_kinds_defaults_and_documented_types(snapshot: Snapshot) -> None:
    f = snapshot.symbol("web.f")
    assert f == ApiSymbol(
        "web.f",
        "callable",
        member=False,
        parameters=(
            Parameter("a", "POSITIONAL_OR_KEYWORD", documented="int"),
            Parameter("b", "POSITIONAL_OR_KEYWORD", "3", optional=True),
            Parameter("rest", "VAR_POSITIONAL"),
            Parameter("mode", "KEYWORD_ONLY", "'near'", True, documented="{'near', 'far'}"),
            Parameter("more", "VAR_KEYWORD"),
        ),
        known_signature=True,
        same=("f", "g"),
        home="web",
        name="f",
        summary="Add two things. In two lines.",
    )
    assert f.positional == ("a", "b")
    binding = snapshot.find("web.f")
    assert binding
    assert [each.name for each in snapshot.parameters(binding) or ()] == ["a", "b", "mode"]
    assert snapshot.takes_any(binding)


def test_parameters_that_only_documentation_tells_are_no_signature(snapshot: Snapshot) -> None:
    binding, symbol = snapshot.find("web.listed"), snapshot.symbol("web.listed")
    assert binding and symbol
    assert [each.name for each in snapshot.parameters(binding) or ()] == ["x", "y"]
    assert [each.name for each in symbol.parameters] == ["args", "kwargs"]


@pytest.mark.parametrize(
    ("path", "kind", "member"),
    [
        ("web", "module", False),
        ("web.odd", "module", False),
        ("web.Table", "class", False),
        ("web.Table.size", "property", True),
        ("web.made", "constant", False),
        ("web.half", "constant", False),
    ],
)
def test_what_a_path_leads_to(snapshot: Snapshot, path: str, kind: str, member: bool) -> None:
    found = snapshot.symbol(path)
    assert found
    assert (found.kind, found.member) == (kind, member)


def test_names_of_one_number_are_the_same_object(snapshot: Snapshot) -> None:
    found = snapshot.symbol("web.half")
    assert found
    assert found.same == ("HALF", "half")


@pytest.mark.parametrize(
    "path", ["web.Table.rows", "web.Table.count", "web.Table.other", "web.bound", "web.nowhere"]
)
def test_what_a_snapshot_cannot_tell_is_no_symbol(snapshot: Snapshot, path: str) -> None:
    assert snapshot.symbol(path) is None


def test_what_a_module_raises_costs_no_other_name(snapshot: Snapshot) -> None:
    assert set(snapshot.modules) == {"web", "web.odd"}, "web.leaves cannot be imported"
    takes = snapshot.symbol("web.odd.takes")
    assert takes
    assert [(each.default, each.optional) for each in takes.parameters] == [("", True)] * 2
    assert snapshot.find("web.odd.Metal.fine")
    assert snapshot.find("web.current"), "a proxy that answers nothing is a name still"


def test_snapshots_of_older_workspaces_are_read() -> None:
    assert parameter_of(["a", "p", False, False]) == Parameter("a", "POSITIONAL_OR_KEYWORD")
    assert parameter_of(["a", "k", True, True]) == Parameter("a", "KEYWORD_ONLY", "", True, True)


def test_a_name_that_fails_when_it_is_looked_up_costs_no_other_one(folder: Path) -> None:
    asked = ["web.current", "web.leaves.g", "web.f", "web.none", "web.made.inside", "web.bound"]
    asked += ["web.odd.takes", "web.odd.nothing", "os.path.join"]
    told = target(folder, f"import look_up; print(json.dumps(look_up.main({asked!r})))")
    there = {path for path, answer in told.items() if answer}
    assert there == {"web.f", "web.made.inside", "web.bound", "web.odd.takes", "os.path.join"}
    found = checked_details(json.dumps(told).encode(), asked)
    inside, f = found["web.made.inside"], found["web.f"]
    assert inside and f
    assert (inside["kind"], inside["member"], inside["text"]) == ("callable", False, "Be inside.")
    assert f["signature"] == "(a, b=3, *rest, mode='near', **more)"
    assert f["same"] == ["f", "g"]


TOLD = {
    "kind": "callable", "type": "function", "member": False, "home": "web", "name": "f",
    "same": [], "summary": "", "params": [["a", "k", "1", False, ""]], "read": "signature",
    "signature": "(*, a=1)", "text": "",
}  # fmt: skip


def test_an_answer_is_read_field_by_field() -> None:
    answer = json.dumps({"web.f": TOLD | {"text": "\ud800"}, "web.g": None, "os.system": TOLD})
    found = checked_details(answer.encode(), ["web.f", "web.g", "web.h"])
    assert set(found) == {"web.f", "web.g", "web.h"}, "what was not asked for is not told"
    assert found["web.f"]
    assert found["web.f"]["text"] == "?"
    assert found["web.g"] is None


@pytest.mark.parametrize(
    "answer",
    [
        b"no json",
        b"[" * 100_000,
        json.dumps([]).encode(),
        json.dumps({"web.f": TOLD | {"params": [["a", "b"]]}}).encode(),
        json.dumps({"web.f": TOLD | {"text": 1}}).encode(),
        json.dumps({"web.f": TOLD | {"text": "x" * 100_000}}).encode(),
        json.dumps({"web.f": TOLD | {"more": 1}}).encode(),
        json.dumps({"web.f": {"kind": "class"}}).encode(),
    ],
)
def test_a_library_that_lies_in_an_answer_has_no_symbols(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        checked_details(answer, ["web.f"])


FATAL = MODULE + "\ndef __getattr__(name):\n    import os\n    os._exit(3)\n"


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor]:
    make_wheel(tmp_path, "web", {"web/__init__.py": FATAL, "web/odd.py": ODD})
    only_wheels_of(tmp_path, tmp_path / "cache", monkeypatch)
    with Executor(jobs=1) as opened:
        yield opened


def test_symbols_come_from_the_snapshot_and_the_rest_is_looked_up_once(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = environment_of("web")
    whole = Snapshot(place.version, json.loads(introspect(executor, place, "web")))
    asked = ["web.f", "web.made.inside", "web.nowhere", "web.gone"]
    found = symbols_of(History([whole]), executor, {place.version: place}, asked)
    symbols = found[place.version]
    assert symbols["web.f"] == whole.symbol("web.f")
    assert symbols["web.made.inside"].kind == "callable"
    assert "web.nowhere" not in symbols, "it ends the process that asks"
    monkeypatch.setattr("recode_data.api.symbols.look_up", None)
    again = details_of(executor, {place: ["web.made.inside", "web.gone"]})
    assert set(again[place.version]) == {"web.made.inside", "web.gone"}


def test_a_name_that_ends_the_process_costs_no_other_one(executor: Executor) -> None:
    found = look_up(executor, environment_of("web"), ["web.f", "web.fatal", "web.Table"])
    assert {path for path, told in found.items() if told} == {"web.f", "web.Table"}
