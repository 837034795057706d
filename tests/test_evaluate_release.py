"""A release of one month: the same bytes, nothing from later, and a benchmark to be loaded."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from execution import toy_environment
from test_evaluate_command import run as command
from test_evaluate_since import METHOD, ROW, SOURCES, judged
from typer.testing import CliRunner

from recode_data.cache import cache_folder
from recode_data.cli import app
from recode_data.errors import BadFile, EnvironmentFailed, NoSuchVersion, RecodeError, UsageError
from recode_data.evaluate import heldout, preparation, release, since
from recode_data.evaluate.contamination import marks, read_benchmark, shingles, solution_lines
from recode_data.evaluate.heldout import entry_of
from recode_data.judge import resolver
from recode_data.library import Library
from recode_data.publish import releases
from recode_data.records import Change, Entry, Environment, Verdict
from recode_data.rewards import examiner
from recode_data.workspace import Workspace

DAYS = {"1": "2025-01-02", "2": "2025-07-01", "3": "2025-09-10"}
UNTIL = "2025-07-03T00:00:00Z"


@pytest.fixture(autouse=True)
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of our own, whose environments say of when their packages are."""
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    library = Library(name="toy")

    def pair(_: Library, old: str, new: str) -> tuple[Environment, Environment]:
        if new not in SOURCES:
            raise NoSuchVersion(f"the package index has no toy {new}", "")
        return dated(old), dated(new)

    monkeypatch.setattr(Library, "matching", staticmethod({"toy": library}.get))
    monkeypatch.setattr(resolver, "resolve_pair", pair)
    heldout._place.cache_clear()
    monkeypatch.setattr(releases, "from_index", lambda name: DAYS)


def dated(version: str, solved: str = UNTIL) -> Environment:
    """Return an environment whose packages were looked for up to a day."""
    plain = toy_environment(version, SOURCES[version])
    place = replace(plain, until=UNTIL)
    folder = cache_folder("environments") / place.id
    if not folder.exists():
        shutil.copytree(cache_folder("environments") / plain.id, folder, symlinks=True)
        told = {"library": "toy", "solved": solved, "packages": [f"toy=={version}"]}
        (folder / "recode.json").write_text(json.dumps(told), encoding="utf-8")
    return place


def data(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_two_releases_from_empty_caches_have_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = release.release(data(tmp_path, ROW, METHOD), "2025-07", tmp_path / "one")
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "other"))
    again = release.release(data(tmp_path, METHOD, ROW), "2025-07", tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert set(contents(tmp_path / "one")) == {*release.FILES, release.SUMS}
    assert first.checksum == again.checksum
    assert (first.tasks, first.questions, first.libraries) == (2, 6, 1)
    third = release.release(data(tmp_path, ROW), "2025-07", tmp_path / "two")
    assert third.checksum != first.checksum


def test_questions_hold_no_answer_and_checks_do(tmp_path: Path) -> None:
    release.release(data(tmp_path, ROW), "2025-07", tmp_path / "r")
    questions = (tmp_path / "r" / release.QUESTIONS).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in questions.splitlines()]
    assert [row["arm"] for row in rows] == ["alone", "update", "docs"]
    alone = rows[0]["messages"][1]["content"]
    assert "twice" not in alone
    assert "doubled" not in alone
    [check] = (tmp_path / "r" / release.CHECKS).read_text(encoding="utf-8").splitlines()
    assert json.loads(check)["entry"]["new_code"] == ROW["new_code"]


def test_a_release_is_loaded_as_it_was_made(tmp_path: Path) -> None:
    release.release(data(tmp_path, ROW, METHOD), "2025-07", tmp_path / "r")
    bench = release.load_release(tmp_path / "r")
    made = since.load([ROW, METHOD], "2025-06")
    assert {p.id: p.messages for p in bench.problems} == {p.id: p.messages for p in made.problems}
    assert bench.tasks == made.tasks
    assert bench.name == "since-2025-07"
    entry = bench.entries[bench.problems[0].id]
    [passed, failed] = judged(bench, entry.new_code, entry.old_code)
    assert (passed[0], failed[0]) == ("passed", "failed")


def test_a_release_holds_the_guides_that_it_shows(tmp_path: Path) -> None:
    where, text = data(tmp_path, ROW), "## toy 1 → 2\n\n| `toy.twice` | `toy.doubled` |"
    done = release.release(
        where, "2025-07", tmp_path / "r", guides=lambda wanted: dict.fromkeys(wanted, text)
    )
    assert (done.tasks, done.questions) == (1, 4)
    bench = release.load_release(tmp_path / "r")
    [shown] = [p for p in bench.problems if p.labels["arm"] == "guide"]
    assert text in shown.messages[1]["content"]
    rows = (tmp_path / "r" / "questions.jsonl").read_text().splitlines()
    assert shown.messages in [json.loads(row)["messages"] for row in rows]
    assert "`guide` (with the index of the library's generated guide: 1)" in (
        tmp_path / "r" / "README.md"
    ).read_text().replace("\n", " ")


def test_a_release_tells_what_was_derived_of_its_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {"name": "toy", "aliases": {"t": "toy"}, "matrix": ["1", "2"], "import_name": "toy"}
    monkeypatch.setattr(release, "derived_definitions", lambda: {"toy": table})
    release.release(data(tmp_path, ROW), "2025-07", tmp_path / "r")
    learned: list[tuple[str, Any]] = []
    monkeypatch.setattr(release, "know_derived", lambda *told: learned.append(told))
    release.load_release(tmp_path / "r")
    assert learned == []  # what is known here stays
    monkeypatch.setattr(Library, "matching", staticmethod(lambda name: None))
    release.load_release(tmp_path / "r")
    told = {key: value for key, value in table.items() if key != "matrix"}
    assert learned == [("toy", told)]
    Library.model_validate(told)


@pytest.mark.parametrize("name", [*release.FILES, release.SUMS])
def test_a_file_that_is_not_what_was_released_is_refused(name: str, tmp_path: Path) -> None:
    release.release(data(tmp_path, ROW), "2025-07", tmp_path / "r")
    file = tmp_path / "r" / name
    file.write_bytes(file.read_bytes()[:-1] + b" ")
    with pytest.raises(BadFile, match="checksum differs"):
        release.load_release(tmp_path / "r")
    file.unlink()
    with pytest.raises(BadFile, match="cannot read"):
        release.load_release(tmp_path / "r")


LATER = {
    release.OTHER_MONTH: ROW | {"new_version": "==3"},
    release.NO_DAY: ROW | {"new_version": "==8"},
    release.LATER_CODE: ROW | {"description": "Later.", "location": "toy-3:toy.py::f"},
    release.NO_SOURCE: ROW | {"description": "Nowhere.", "location": "toy-7:toy.py::f"},
}


@pytest.mark.parametrize("reason", LATER)
def test_what_is_from_later_is_left_out(reason: str, tmp_path: Path) -> None:
    known = METHOD | {"location": "toy-2:toy.py::f"}
    done = release.release(data(tmp_path, known, LATER[reason]), "2025-07", tmp_path / "r")
    assert (done.tasks, done.refused) == (1, {reason: 1})
    assert f"| {reason} | 1 |" in (tmp_path / "r" / release.CARD).read_text(encoding="utf-8")
    assert f"1 × {reason}" in str(done)


def test_an_entry_whose_note_is_of_a_later_release_is_left_out(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "w") as workspace:
        for row, version in ((ROW, "3"), (METHOD, "2")):
            change = Change("toy", version, "removed", row["update_info"], "", "sdist", "notes")
            fields = {key: row[key] for key in row if key in Entry.__dataclass_fields__}
            entry = Entry(**fields | {"change_id": change.id})
            runs = {"new_on_new": {"python": "3.11"}}
            verdict = Verdict(
                entry.id, "4", "valid", "ok", "breaking", "1", "2", "", {"runs": runs}
            )
            workspace.add([change, entry, verdict])
    done = release.release(tmp_path / "w", "2025-07", tmp_path / "r")
    assert (done.tasks, done.refused) == (1, {release.LATER_NOTE: 1})


def test_an_environment_with_later_packages_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dated("2", "2026-01-01T00:00:00Z")  # found only half a year later
    with pytest.raises(UsageError, match=f"1 × {release.LATER_PACKAGES}"):
        release.release(data(tmp_path, ROW), "2025-07", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_package_that_is_from_later_whatever_uv_says_is_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = {"toy": DAYS, "extra": {"1": "2025-07-31", "2": "2025-08-01"}}
    monkeypatch.setattr(releases, "from_index", days.__getitem__)
    for version, refused in (("1", False), ("2", True)):
        place = [{"packages": ["toy==2", f"extra=={version}"]}]
        if refused:
            with pytest.raises(RecodeError, match=r"extra==2 was uploaded on 2025-08-01"):
                release._refuse_later(place, release.before_of("2025-07"))
        else:
            release._refuse_later(place, release.before_of("2025-07"))


def test_packages_are_looked_for_up_to_the_end_of_the_month() -> None:
    place = examiner.Examiner().environment(entry_of(ROW))
    bounded = preparation.DatedExaminer(before="2025-07-02T00:00:00Z").environment(entry_of(ROW))
    wider = preparation.DatedExaminer(before="2025-08-01T00:00:00Z").environment(entry_of(ROW))
    assert isinstance(bounded, Environment)
    assert bounded.until == "2025-07-02T00:00:00Z"
    assert wider == place


def test_a_failure_of_ours_releases_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise EnvironmentFailed("cannot make toy 2: no route", "")

    monkeypatch.setattr(release, "made", broken)
    with pytest.raises(EnvironmentFailed, match="no route"):
        release.release(data(tmp_path, ROW), "2025-07", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"holds mine\.txt"):
        release.release(data(tmp_path, ROW), "2025-07", tmp_path / "r")
    assert contents(tmp_path / "r") == {"mine.txt": b"mine"}


def test_a_month_ends_where_the_next_begins() -> None:
    assert release.before_of("2026-11") == "2026-12-01T00:00:00Z"
    assert release.before_of("2025-12") == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("month", ["2026-13", "banana", "2026", "2026-11-01", ""])
def test_a_month_that_is_none_is_an_error(month: str, tmp_path: Path) -> None:
    done = command("bench-release", "r", "--month", month, "--data", "nowhere", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "of the calendar" in done.stderr or "--month" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_solution_that_stands_in_the_documentation_is_marked() -> None:
    entry = entry_of(ROW)
    assert solution_lines(entry) == "toy.doubled(values)[0]"
    assert marks(entry, "Double.\n\n>>> toy.doubled(values)[0]\n6\n", {}) == ["documentation"]
    assert marks(entry, "Double every number of a list.", {}) == []
    assert marks(entry, "", {}) == []


def test_a_program_that_is_nearly_in_a_benchmark_is_marked(tmp_path: Path) -> None:
    near = ROW["old_code"].replace("[3, 1, 2]", "[3, 1, 7]") + "# as published\n"
    row = {"id": 1, "prompt": "Double.", "code": [near]}
    public = read_benchmark(data(tmp_path, row))
    assert marks(entry_of(ROW), "", {"public": public}) == ["public"]
    assert marks(entry_of(METHOD), "", {"public": public}) == []
    done = release.release(
        data(tmp_path, ROW, METHOD), "2025-07", tmp_path / "r", benchmarks={"public": public}
    )
    bench = release.load_release(tmp_path / "r")
    assert done.questions == 6
    assert (
        sorted(problem.labels["seen"] for problem in bench.problems)
        == ["none"] * 3 + ["public"] * 3
    )
    with pytest.raises(BadFile, match="holds no programs"):
        read_benchmark(data(tmp_path, {"id": 1}))
    assert shingles("") == frozenset()


def test_a_folder_of_something_else_is_refused_before_a_month_is_built(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    asked = ["--month", "2026-05", "--library", "no library of this name"]
    with pytest.raises(UsageError, match=r"holds notes\.txt"):
        CliRunner().invoke(
            app, ["bench-release", str(tmp_path / "mine"), *asked], catch_exceptions=False
        )
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
