"""What is owed follows from what things were made of: a definition, a Python, an adapter, a
pattern that changed; and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from wheels import make_sdist, make_wheel, write_index

from recode_data import index, redo
from recode_data.codemods import stage as rules
from recode_data.codemods.examples import pair_examples
from recode_data.codemods.patterns import Pattern, Patterns
from recode_data.codemods.stage import synthesize_by_rules
from recode_data.definition_files import known
from recode_data.execute import interpreters, listing, wheels
from recode_data.judge import validate
from recode_data.library import Library, load_library
from recode_data.notes.stage import scrape
from recode_data.progress import Progress
from recode_data.records import Change, Entry, Verdict
from recode_data.redo import changes, generation, suffix
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import Inputs, inputs_of
from recode_data.workspace.schema import MIGRATIONS

QUIET = Progress(quiet=True)
KEYS = ("matrix", "usage", "pins", "requires")


class Told(Progress):
    """Keeps what a person would read."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def define(folder: Path, *lines: str) -> Library:
    file = folder / "tiny.toml"
    file.write_text("\n".join(['name = "tiny"', 'matrix = ["1.0", "2.0"]', *lines]))
    return load_library(str(file))


@pytest.fixture
def pythons(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    here: dict[str, object] = {"3.11": None}
    monkeypatch.setattr(redo, "interpreters", lambda: here)
    return here


def test_each_input_that_changes_is_another_generation_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pythons: dict[str, object]
) -> None:
    told = Told()

    def now(library: Library, patterns: str = "a") -> Inputs:
        with Workspace.open(tmp_path / "w") as workspace:
            more = {"patterns": patterns} if patterns else {}
            return generation(workspace, "stage", library, KEYS, told, "all again", more)

    library = define(tmp_path)
    assert suffix(now(library)) == suffix(now(library)) == "" and told.lines == []

    library = define(tmp_path, "[usage]", 'docstrings = ["tiny"]')
    found = now(library)
    assert (found.generation, found.broad, suffix(found)) == (1, 1, "#1")
    assert told.lines == ["tiny: [usage] changed: all again"]
    assert now(library) == found

    pythons["3.9"] = None
    found = now(library)
    assert (found.generation, found.broad) == (2, 1), "it matters for what was missing only"
    assert told.lines[1:] == ["tiny: Python 3.9 changed: all again"]
    del pythons["3.9"]
    assert now(library).generation == 2, "what was made with it stays"

    assert now(library, "b").generation == 3
    assert now(library, "").generation == 3
    assert now(library, "b").generation == 3
    monkeypatch.setattr(redo, "added", lambda: "somebody's")
    assert now(library, "b").generation == 4
    assert told.lines[2:] == [
        f"tiny: {name} changed: all again" for name in ("patterns", "adapters")
    ]


def test_a_new_release_is_no_change_and_another_history_is() -> None:
    def made(*matrix: str) -> dict[str, object]:
        return {"definition": {"matrix": list(matrix)}, "Pythons": []}

    assert changes(made("1.0", "2.0"), made("1.0", "2.0", "3.0")) == []
    assert changes(made("1.0", "2.0"), made("1.0", "1.5", "2.0")) == ["matrix"]
    assert changes(made("1.0", "2.0"), made("2.0", "3.0")) == ["matrix"]
    assert changes(made("1.0"), {"definition": {}, "Pythons": []}) == ["matrix"]


def test_a_workspace_of_before_counts_as_made_of_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    [made] = [n for n, text in enumerate(MIGRATIONS) if "CREATE TABLE inputs" in text]
    with Workspace.open(folder) as workspace:
        workspace.execute("DROP TABLE inputs")
        workspace.execute("DELETE FROM schema_version WHERE version > ?", [made])
        workspace.execute("INSERT INTO schema_version VALUES (?)", [made])
    with Workspace.open(folder) as workspace:
        assert inputs_of(workspace, "stage", "tiny") is None
        found = generation(workspace, "stage", define(tmp_path), KEYS, QUIET, "")
        assert found.generation == 0
        assert inputs_of(workspace, "stage", "tiny") == found


OLD = '''
def add_up(values):
    """Add up.

    >>> import tiny
    >>> tiny.total([1, 2])
    3
    """
    return sum(values)

total = add_up
'''
NEW = OLD.replace("add_up", "total").replace("total = total\n", "")
PAGE = "Guide\n=====\n\n>>> import tiny\n>>> tiny.total([4, 5])\n9\n"
NOTES = "2.0\n===\n\n* ``tiny.add_up`` is removed, use ``tiny.total``.\n\n1.0\n===\n\n* First.\n"
MORE = NOTES.replace("* ``tiny", "* Faster.\n* ``tiny")


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two releases of a library in an index of its own, with notes and a page of examples."""
    files = {}
    for version, code in (("1.0", OLD), ("2.0", NEW)):
        package = {"tiny/__init__.py": code.replace(">>>", ">>")}
        files[make_wheel(tmp_path, "tiny", package, version=version)] = "2025-11-01"
        parts = {"docs/guide.rst": PAGE, "CHANGES.rst": NOTES, "NEWS.rst": MORE}
        files[make_sdist(tmp_path, "tiny", version, parts)] = "2025-11-01"
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", write_index(tmp_path / "simple", files))
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    known.forget()
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    index.forget()
    listing.forget()
    wheels._wheels.cache_clear()


SOURCE = '[[sources]]\nkind = "sdist"\npaths = ["{}"]'
ALIASES = '[aliases]\ntiny = "tiny"'
USAGE = '[usage]\nversions = ["2.0"]\ndocs = ["{}"]'


def build(folder: Path, library: Library) -> tuple[list[str], list[str], Told]:
    """Run the stages; return what came in at each, what lines a person reads, and entries."""
    told = Told()
    with Workspace.open(folder) as workspace:
        summaries = [
            scrape(workspace, [library], told),
            pair_examples(workspace, [library], told),
            synthesize_by_rules(workspace, [library], told),
            validate(workspace, ["tiny"], progress=told),
        ]
        entries = sorted(entry.new_code for entry in workspace.all(Entry))
    return [f"{s.stage} {s.came_in}" for s in summaries], entries, told


def test_a_corrected_usage_finds_what_it_would_have_found_at_first(released: Path) -> None:
    folder = released / "w"
    rest = (SOURCE.format("CHANGES.rst"), ALIASES)
    wrong = define(released, USAGE.format("nowhere/*.rst"), *rest)
    _, made, _ = build(folder, wrong)
    assert made and not any("[4, 5]" in code for code in made), "no example: programs are made"
    counts, _, _ = build(folder, wrong)
    assert counts[2] == "synthesize-rules 0"

    right = define(released, USAGE.format("docs/*.rst"), *rest)
    counts, entries, told = build(folder, right)
    assert len(entries) == 1 and "tiny.total([4, 5])" in entries[0]
    assert counts[3] == "validate 1"
    again = [line for line in told.lines if "changed" in line]
    assert again == [
        "tiny: [usage] changed: its examples are paired again",
        "tiny: [usage] changed: what the rules wrote of it is written again",
    ], "the notes are not read again: they do not depend on it"
    assert build(released / "fresh", right)[1] == entries

    counts, same, told = build(folder, right)
    assert (same, [line for line in told.lines if "changed" in line]) == (entries, [])
    assert counts[2:] == ["synthesize-rules 0", "validate 0"]


def test_notes_of_a_source_that_was_corrected_are_no_more(released: Path) -> None:
    folder = released / "w"
    rest = (USAGE.format("docs/*.rst"), ALIASES)
    build(folder, define(released, SOURCE.format("NEWS.rst"), *rest))
    _, _, told = build(folder, define(released, SOURCE.format("CHANGES.rst"), *rest))
    assert "tiny: sources changed: its notes are read again" in told.lines
    with Workspace.open(folder) as workspace:
        texts = [change.text for change in workspace.all(Change) if change.source == "sdist"]
    assert texts and not any("Faster" in text for text in texts)


def test_a_pattern_that_changed_has_the_rules_look_again(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = released / "w"
    library = define(released, SOURCE.format("CHANGES.rst"), USAGE.format("docs/*.rst"), ALIASES)
    _, entries, _ = build(folder, library)
    pattern = Pattern("tiny.add_up", "tiny.add_up(_a)", "tiny.total(_a)", "tiny.total")
    found = Patterns({"tiny.add_up": [pattern]}, {})
    monkeypatch.setattr(rules, "read_patterns", lambda: found)
    counts, after, told = build(folder, library)
    assert "tiny: patterns changed: what the rules wrote of it is written again" in told.lines
    assert after == entries and counts[2] != "synthesize-rules 0"
    assert counts[3] == "validate 0", "it is the same entry"


def test_an_interpreter_that_appeared_has_entries_judged_again(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = released / "w"
    library = define(released, SOURCE.format("CHANGES.rst"), USAGE.format("docs/*.rst"), ALIASES)
    monkeypatch.setattr(redo, "interpreters", lambda: {"3.0": None})
    build(folder, library)
    with Workspace.open(folder) as workspace:
        [verdict] = workspace.all(Verdict)
        assert verdict.status == "valid"
        missing = replace(verdict, status="invalid", reason="no_such_version")
        workspace.replace([missing])
    monkeypatch.setattr(redo, "interpreters", interpreters.interpreters)
    counts, _, told = build(folder, library)
    assert counts[3] == "validate 1"
    assert any("Python" in line and "judged again" in line for line in told.lines)
    with Workspace.open(folder) as workspace:
        assert workspace.all(Verdict)[0].status == "valid"
    assert build(folder, library)[0][3] == "validate 0"


def test_an_adapter_that_changed_has_all_judged_again(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = released / "w"
    library = define(released, SOURCE.format("CHANGES.rst"), USAGE.format("docs/*.rst"), ALIASES)
    build(folder, library)
    monkeypatch.setattr(redo, "added", lambda: "somebody's")
    assert build(folder, library)[0][3] == "validate 1"
    assert build(folder, library)[0][3] == "validate 0"
