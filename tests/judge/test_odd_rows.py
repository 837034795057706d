"""The validation stage on odd rows: each comes to an end, and none takes another with it."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from execution import toy_environment

from recode_data.errors import NetworkError
from recode_data.execute import Job
from recode_data.judge import resolver, scheduler, validate
from recode_data.judge.context import Context
from recode_data.judge.importing import import_file
from recode_data.judge.judging import Judging
from recode_data.judge.recursion import deep_trees
from recode_data.library import Library
from recode_data.records import Attempt, Entry, Environment, Run, Verdict, content_id
from recode_data.workspace import Workspace
from recode_data.workspace.funnel import funnel

OLD = """
class Chain:
    def __init__(self, count=0):
        self.count = count
    def step(self):
        return Chain(self.count + 1)
    add = step
    def old(self):
        return self.count
    new = old
def start():
    return Chain()
def old(value):
    return value
new = old
"""
NEW = OLD.replace("    def old(self)", "    def new(self)").replace("    new = old\n", "")
NEW = NEW.replace("def old(value)", "def new(value)").replace("new = old\n", "")


class Shelf:
    """Version 1 of the library has ``old`` and ``new``, version 2 only ``new``."""

    def one(self, library: Library, version: str) -> Environment:
        return toy_environment(version, OLD if version == "1" else NEW)

    def pair(self, library: Library, old: str, new: str) -> tuple[Environment, Environment]:
        return self.one(library, old), self.one(library, new)

    def optional(self, environment: Environment) -> frozenset[str]:
        return frozenset()

    def versions(self, library: Library) -> list[str]:
        return ["1", "2"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace that knows the library, and asks no index for its versions."""
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scheduler, "CachedResolver", Shelf)
    (tmp_path / "libraries").mkdir()
    toy = 'name = "toy"\nmatrix = ["1", "2"]\n'
    (tmp_path / "libraries" / "toy.toml").write_text(toy, encoding="utf-8")
    with Workspace.open(tmp_path) as opened:
        yield opened


def row(old: str, new: str = "", **more: object) -> dict[str, object]:
    told = "`old` is gone, use `new`."
    fields = {"dependency": "toy", "new_version": "==2", "description": "", "update_info": told,
              "old_code": old, "new_code": new or old.replace("old", "new")}  # fmt: skip
    return fields | more


PLAIN = "import toy\nprint(toy.old(5))"
CHAIN = "import toy\nprint(toy.start(){}.old())"
SUM = "import toy\nprint({})"
ROWS = {
    "plain": (row(PLAIN), "ok"),
    "chain of 165": (row(CHAIN.format(".step()" * 165)), "ok"),
    "chain of 400": (row(CHAIN.format(".step()" * 400)), "ok"),
    "sum of 330": (row(SUM.format(" + ".join(f"toy.old({n})" for n in range(330)))), "ok"),
    "sum of 2000": (row(SUM.format(" + ".join(f"toy.old({n})" for n in range(2000)))), "ok"),
    "lists in 150 lists": (row(f"{PLAIN}\nx = {'[' * 150}{']' * 150}"), "ok"),
    "500 elif": (row(f"{PLAIN}\nif 1: pass\n" + "elif 1: pass\n" * 500), "ok"),
    "too many parentheses": (row(f"{PLAIN}\nx = {'(' * 250}1{')' * 250}"), "unparsable"),
    "20,000 terms": (row(f"{PLAIN}\nx = {' + '.join('1' * 20000)}"), "unparsable"),
    "null character": (row(f"{PLAIN}\n# \0"), "unparsable"),
    "lone carriage returns": (row(PLAIN.replace("\n", "\r")), "ok"),
    "line separator": (row(f"{PLAIN}\nx = 'a\u2028b'"), "ok"),
    "form feed": (row(PLAIN.replace("\n", "\n\f")), "ok"),
    "byte order mark inside": (row(PLAIN.replace("\n", "\n\ufeff")), "unparsable"),
    "line of 5 MB": (row(f"{PLAIN}\nx = '{'a' * (5 << 20)}'"), "ok"),
    "10,000 lines": (row(f"{PLAIN}\n" + "x = 1\n" * 10_000), "ok"),
    "huge power": (row(f"{PLAIN}\nx = 9**9**9 if 0 else 1"), "ok"),
    "huge literal": (row(f"{PLAIN}\nx = {'9' * 5000}"), "unparsable"),
    "huge hexadecimal": (row(f"{PLAIN}\nx = 0x{'f' * 5000}"), "unparsable"),
    "huge float": (row(f"{PLAIN}\nx = 1e999"), "ok"),
}  # fmt: skip


def judged(workspace: Workspace) -> dict[str, Verdict]:
    return {verdict.entry_id: verdict for verdict in workspace.all(Verdict)}


LARGE = ("sum of 2000", "20,000 terms", "line of 5 MB", "10,000 lines")


def check(workspace: Workspace, file: Path, names: list[str]) -> None:
    rows = [ROWS[name][0] | {"description": name} for name in names]
    file.write_text("".join(json.dumps(fields) + "\n" for fields in rows), encoding="utf-8")
    for _ in range(2):
        assert import_file(workspace, file).went_out == len(names)
    entries = workspace.all(Entry)
    assert sorted(entry.description for entry in entries) == sorted(names)
    assert validate(workspace, timeout=60.0).came_in == len(names)
    verdicts = judged(workspace)
    reasons = {entry.description: verdicts[entry.id].reason for entry in entries}
    assert reasons == {name: ROWS[name][1] for name in names}
    assert validate(workspace, timeout=60.0).came_in == 0


def test_every_odd_row_comes_to_an_end_and_stays_there(
    workspace: Workspace, tmp_path: Path
) -> None:
    check(workspace, tmp_path / "rows.jsonl", [name for name in ROWS if name not in LARGE])


@pytest.mark.slow
def test_every_large_row_comes_to_an_end_too(workspace: Workspace, tmp_path: Path) -> None:
    check(workspace, tmp_path / "rows.jsonl", list(LARGE))


def test_half_a_surrogate_pair_is_refused_where_a_row_is_imported(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [row(PLAIN), row(f"{PLAIN}\nx = '\ud800'"), row(PLAIN, update_info="\udfff")]
    rows += [row(PLAIN, description=None), row(PLAIN, new_version=None)]
    file.write_text("".join(json.dumps(fields) + "\n" for fields in rows), encoding="utf-8")
    for _ in range(2):
        summary = import_file(workspace, file)
        assert (summary.went_out, summary.dropped) == (1, {"not_text": 4})
        assert workspace.count(Attempt) == 4
    assert validate(workspace).came_in == 1
    assert validate(workspace).came_in == 0


def test_an_entry_with_half_a_surrogate_pair_is_judged_once(workspace: Workspace) -> None:
    fields = {name: str(value) for name, value in row(f"{PLAIN}\nx = '\ud800'").items()}
    entry = Entry(**fields)
    for _ in range(2):
        workspace.add([entry])
    (stored,) = workspace.all(Entry)
    assert stored.id == entry.id
    assert validate(workspace).came_in == 1
    assert list(judged(workspace)) == [entry.id]
    assert validate(workspace).came_in == 0


def test_a_failure_of_the_judge_is_about_one_row_and_ends_after_two_tries(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad, other = (
        Entry(**{name: str(value) for name, value in row(PLAIN.replace("5", number)).items()})
        for number in "567"
    )
    usual = scheduler.judging

    def failing(entry: Entry, library: Library, context: Context) -> Judging:
        if entry.id != good.id:
            raise RecursionError("too deep\nfor the test")
        return (yield from usual(entry, library, context))

    monkeypatch.setattr(scheduler, "judging", failing)
    workspace.add([good, bad, other])
    first = validate(workspace)
    assert (first.came_in, first.went_out, first.owed) == (3, 1, 2)
    verdict = judged(workspace)[bad.id]
    assert (verdict.status, verdict.reason) == ("error", "error")
    assert verdict.detail == "RecursionError: too deep for the test (scheduler.py, _step)"
    assert len([record for record in caplog.records if "too deep" in record.message]) == 1
    again = validate(workspace)
    assert (again.came_in, again.owed, again.dropped) == (2, 0, {"judge_fails": 2})
    assert judged(workspace)[bad.id].status == "error"
    assert validate(workspace).came_in == 0
    judged_line = funnel(workspace)[3]
    assert (judged_line.owed, judged_line.dropped) == (0, {"judge_fails": 2})
    monkeypatch.undo()


def test_an_index_that_does_not_answer_is_asked_once_and_again_in_the_next_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def down(name: str, wheels: bool) -> list[str]:
        asked.append(name)
        raise NetworkError("the index does not answer", "check the network")

    monkeypatch.setattr(resolver, "versions", down)
    monkeypatch.setattr(scheduler, "CachedResolver", resolver.CachedResolver)
    for number in "567":
        fields = row(PLAIN.replace("5", number))
        workspace.add([Entry(**{name: str(value) for name, value in fields.items()})])
    for rounds in (1, 2, 3):
        assert validate(workspace).owed == 3
        assert asked == ["toy"] * rounds
    assert {verdict.reason for verdict in judged(workspace).values()} == {"error"}


class Longer(Shelf):
    """The same library, of which version 2 is like version 1 and version 3 lacks ``old``."""

    def one(self, library: Library, version: str) -> Environment:
        return toy_environment(version, NEW if version == "3" else OLD)

    def versions(self, library: Library) -> list[str]:
        return ["1", "2", "3"]


def test_rows_that_claim_a_wrong_version_are_redated_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = 'name = "toy"\nmatrix = ["1", "2", "3"]\n'
    (workspace.folder / "libraries" / "toy.toml").write_text(toy, encoding="utf-8")
    monkeypatch.setattr(scheduler, "CachedResolver", Longer)
    never = row("import toy\nprint(toy.new(5))", "import toy\nvalue = toy.new(5)\nprint(value)")
    moved, never_moved = (
        Entry(**{name: str(value) for name, value in fields.items()})
        for fields in (row(PLAIN), never)
    )
    workspace.add([moved, never_moved])
    assert validate(workspace).dropped == {"inert": 2}
    assert validate(workspace).came_in == 0
    found = validate(workspace, redate=True)
    assert (found.came_in, found.went_out, found.dropped) == (2, 1, {"inert": 1})
    verdict = judged(workspace)[moved.id]
    assert (verdict.status, verdict.old_version, verdict.new_version) == ("valid", "2", "3")
    assert (verdict.evidence["claimed"], verdict.evidence["measured"]) == ("2", "3")
    assert judged(workspace)[never_moved.id].evidence["measured"] == ""
    assert validate(workspace, redate=True).came_in == 0


class Machine:
    """An engine on which a program is late when others run beside it, or always."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.made: list[tuple[Job, int]] = []

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        together = list(jobs)
        for job in together:
            self.made.append((job, len(together)))
            busy = self.workers > 1 and len(together) > 1
            late = "endless" in job.code or ("slow" in job.code and busy and job.timeout < 8)
            place = job.environment
            run = Run(content_id(job.code), place.id, "toy", place.version, "3.12", "1", "clean")
            yield job, replace(run, status="timeout") if late else replace(run, stdout="5")

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_a_timeout_is_believed_only_of_a_run_that_had_the_machine_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "CachedResolver", Paper)
    told: list[list[Verdict]] = []
    for workers in (1, 8):
        folder = tmp_path / str(workers)
        (folder / "libraries").mkdir(parents=True)
        (folder / "libraries" / "toy.toml").write_text('name = "toy"\nmatrix = ["1", "2"]\n')
        machine = Machine(workers)
        with Workspace.open(folder) as workspace:
            for name in ("fast", "slow", "endless"):
                fields = row(f"{PLAIN}\n{name} = 1")
                workspace.add([Entry(**{key: str(value) for key, value in fields.items()})])
            summary = validate(workspace, timeout=5.0, engine=machine)
            told.append(workspace.all(Verdict))
        assert (summary.came_in, summary.owed, summary.dropped["timeout"]) == (3, 1, 1)
        again = [(job, beside) for job, beside in machine.made if job.timeout != 5.0]
        assert {(job.timeout, beside) for job, beside in again} == {(10.0, 1)}
        late = ("slow", "endless") if workers > 1 else ("endless",)
        assert len(again) == 4 * len(late)
        assert all(any(name in job.code for name in late) for job, _ in again)
    assert told[0] == told[1]


class Paper(Shelf):
    """The same versions, of which nothing is ever made."""

    def one(self, library: Library, version: str) -> Environment:
        return Environment("toy", version, "3.12")


def test_the_recursion_limit_is_raised_where_trees_are_walked_and_nowhere_else() -> None:
    usual = sys.getrecursionlimit()
    deep = ast.parse(" + ".join("1" * 2000))
    with pytest.raises(RecursionError):
        ast.unparse(deep)
    with deep_trees():
        assert ast.unparse(deep).count("1") == 2000
    assert sys.getrecursionlimit() == usual
