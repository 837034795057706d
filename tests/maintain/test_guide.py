"""The guide: what is measured, within its size, and what a person wrote around it stays."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest
import yaml
from shelf import CHANGES, LIBRARY, change, described, function, updates

from recode_data.api.snapshot import Snapshot
from recode_data.errors import RecodeError, UsageError
from recode_data.library import Library
from recode_data.maintain import guide as guides
from recode_data.maintain.check import check_files
from recode_data.maintain.guide import (
    BEGIN,
    END,
    FORMATS,
    INDEX_BYTES,
    Item,
    guide,
    merged,
    prompts,
    write_guide,
)
from recode_data.maintain.updates import Updates
from recode_data.progress import Progress
from recode_data.records import Change
from recode_data.workspace import Workspace


@pytest.fixture(autouse=True)
def _no_usage_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """No index is asked for a library that is made up."""

    def absent(name: str, version: str) -> tuple[str, Path]:
        raise UsageError(f"no {name} {version}", "it is made up")

    monkeypatch.setattr(guides, "sdist", absent)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_line_of_a_guide_passes_the_check(kind: str, tmp_path: Path) -> None:
    made = guide(updates(), "1.0", kind)  # type: ignore[arg-type]
    files = write_guide(made, tmp_path)
    text = re.sub(r"\[(`[^`]+`)\]\(#[^)]+\)", r"\1", files[0].read_text())
    assert "`shelf.old` | `shelf.new` | fails since 2.0" in text
    assert "`shelf.f(key=)` | `order=` | fails since 2.0" in text
    assert "`shelf.bare` | – | fails since 2.0" in text
    assert len(text.encode()) <= INDEX_BYTES
    problems: list[RecodeError] = []
    checked = list(check_files([tmp_path], updates(), problems, run=False))
    assert len(checked) == len(files)
    assert [f for one in checked for f in one.findings] == []
    assert problems == []


def test_a_skill_has_the_open_layout(tmp_path: Path) -> None:
    write_guide(guide(updates(), "1.0", "skill"), tmp_path / "shelf-migration")
    text = (tmp_path / "shelf-migration" / "SKILL.md").read_text()
    matter = yaml.safe_load(text.split("---\n")[1])
    assert matter["name"] == "shelf-migration"
    assert "shelf 2.0" in matter["description"]
    assert (tmp_path / "shelf-migration" / "references" / "details.md").exists()


def test_what_a_person_wrote_stays(tmp_path: Path) -> None:
    file = tmp_path / "AGENTS.md"
    file.write_text("# Mine\n\nBe kind.\n")
    made = guide(updates(), "1.0", "agents")
    write_guide(made, tmp_path)
    first = file.read_text()
    assert first.startswith("# Mine\n\nBe kind.\n\n" + BEGIN.format("guide of shelf"))
    file.write_text(first.replace("`shelf.new`", "`shelf.gone`") + "\nAlso mine.\n")
    write_guide(made, tmp_path)
    assert file.read_text() == first + "\nAlso mine.\n"
    write_guide(made, tmp_path)
    assert file.read_text() == first + "\nAlso mine.\n"


@pytest.mark.parametrize("text", [BEGIN + "\n", END + "\n" + BEGIN + "\n", (BEGIN + END) * 2])
def test_marks_that_do_not_match_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"marks|end of the generated"):
        merged(text.replace("{}", "x"), "new\n", "x")


def test_a_version_that_is_not_earlier_is_refused() -> None:
    with pytest.raises(UsageError, match="no earlier version"):
        guide(updates(), "2.0", "md")


def known(before: dict[str, str], after: dict[str, str], *changes: Change) -> Updates:
    """Return what is known, without any proof, of a library whose module has the functions of two
    versions, each with its one parameter."""
    told = [
        Snapshot(version, described({n: function(p) for n, p in names.items()}, {}))
        for version, names in (("1.0", before), ("2.0", after))
    ]
    return updates(False, told, changes)


def items(found: Updates) -> dict[str, Item]:
    return {item.name: item for item in guide(found, "1.0", "md").items}


@pytest.mark.parametrize("kind", FORMATS)
def test_an_index_with_all_that_stands_in_its_file_has_its_size(kind: str, tmp_path: Path) -> None:
    names = [f"name_{number}" for number in range(400)]
    gone = [change(f"`{name}` is removed.", f"shelf.{name}") for name in names]
    made = guide(known(dict.fromkeys(names, "a"), {"f": "a"}, *gone), "1.0", kind)  # type: ignore[arg-type]
    file, *_ = write_guide(made, tmp_path)
    assert kind == "md" or INDEX_BYTES - 500 < file.stat().st_size <= INDEX_BYTES


def test_what_a_note_says_stands_in_the_guide_where_the_version_has_it() -> None:
    found = items(
        known(
            {"a": "x", "b": "x", "c": "x", "f": "x"},
            {"new": "x", "f": "y"},
            change("`a` is removed, use `new`.", "shelf.a", "shelf.new"),
            change("`b` is removed, use `never`.", "shelf.b", "shelf.never"),
            change("`c` is better now, as is `new`.", "shelf.c", "shelf.new", "behaviour"),
            change(
                "`x` of `f` is now `y`.",
                "shelf.f",
                "shelf.f",
                "keyword_renamed",
                old_keyword="x",
                new_keyword="y",
            ),
        )
    )
    said = {name: item.instead for name, item in found.items()}
    assert said == {"shelf.a": "shelf.new", "shelf.b": "", "shelf.c": "", "shelf.f(x=)": "y="}
    assert not any(item.pair for item in found.values())


def test_a_note_of_something_else_is_not_quoted() -> None:
    noted = change("`c` is faster.", "shelf.c", kind="behaviour")
    [text] = guide(known({"c": "x"}, {"f": "x"}, noted), "1.0", "md").files.values()
    assert "`shelf.c`" in text
    assert "faster" not in text


def test_another_name_of_the_same_object_takes_its_place() -> None:
    before, after = (described({"f": function("a")}, {}) for _ in range(2))
    for told in (before, after):
        told["objects"]["shelf.errors:Err"] = {"kind": "class", "bases": [], "members": {}}
    before["modules"]["shelf"]["names"]["Err"] = "shelf.errors:Err"
    after["modules"]["shelf"]["names"]["errors"] = "module:shelf.errors"
    after["modules"]["shelf.errors"] = {
        "listed": None,
        "names": {"Err": "shelf.errors:Err"},
        "warns": {},
        "hidden": [],
    }
    snapshots = [Snapshot("1.0", before), Snapshot("2.0", after)]
    found = items(updates(False, snapshots, [change("`Err` is moved.", "shelf.Err")]))
    assert found["shelf.Err"].instead == "shelf.errors.Err"


def test_what_another_module_has_imported_is_no_place_for_it() -> None:
    before, after = (described({"f": function("a")}, {}) for _ in range(2))
    before["modules"]["shelf"]["names"]["nan"] = "shelf._missing:nan"
    before["objects"]["shelf._missing:nan"] = function("a")
    after["objects"]["shelf._missing:nan"] = function("a")
    after["modules"]["shelf"]["names"]["pairs"] = "module:shelf.pairs"
    after["modules"]["shelf.pairs"] = {
        "listed": None,
        "names": {"nan": "shelf._missing:nan"},
        "warns": {},
        "hidden": [],
    }
    notes = [change("`nan` is gone.", "shelf.nan")]
    found = items(updates(False, [Snapshot("1.0", before), Snapshot("2.0", after)], notes))
    assert found["shelf.nan"].instead == ""


OF_A_PARAMETER = [
    "`shelf.a`: The `x` parameter is deprecated, use `new`.",
    "Parameter `x` of `a` is deprecated, use `new`.",
    "The keyword argument `x` is gone, use `new`.",
    "`a`: passing the `x` argument is deprecated, use `new`.",
]


@pytest.mark.parametrize("text", OF_A_PARAMETER)
def test_a_note_of_a_parameter_is_none_of_the_function(text: str) -> None:
    noted = change(text, "shelf.a", "shelf.new")
    made = guide(known({"a": "x"}, {"new": "x"}, noted), "1.0", "md")
    assert [(item.name, item.instead) for item in made.items] == [("shelf.a", "")]
    assert "use `new`" not in made.files["guide.md"]


def test_a_value_does_not_take_the_place_of_a_function() -> None:
    found = known(
        {"a": "x"}, {"f": "x"}, change("`a` is gone, use `size`.", "shelf.a", "shelf.size")
    )
    found.target.modules["shelf"]["names"]["size"] = "=int"
    assert items(found)["shelf.a"].instead == ""


def test_what_only_instances_had_is_not_told_to_be_gone() -> None:
    before, after = (described({"f": function("a")}, {}) for _ in range(2))
    before["objects"]["shelf:Box"]["members"]["size"] = "=instance"
    before["objects"]["shelf:Box"]["members"] |= {"push": "=property", "held": "=property"}
    before["modules"]["shelf"]["names"]["LIMIT"] = "=int"
    noted = change("`Box.push` is removed.", "shelf.Box.push")
    found = updates(False, [Snapshot("1.0", before), Snapshot("2.0", after)], [noted])
    assert not found.gone_since("shelf.Box.size")
    assert not found.gone_since("shelf.Box.held")  # it may be given to each instance now
    assert found.gone_since("shelf.Box.push") == "2.0"
    assert found.gone_since("shelf.LIMIT") == "2.0"


def test_a_parameter_that_only_documentation_named_is_not_told_to_be_gone() -> None:
    noted = change("`f` has no `x`.", "shelf.f", kind="keyword_removed", old_keyword="x")
    for read, since in (("doc", ""), ("signature", "2.0")):
        before, after = (described({"f": function(name)}, {}) for name in "xy")
        before["objects"]["shelf:f"]["read"] = read
        found = updates(False, [Snapshot("1.0", before), Snapshot("2.0", after)], [noted])
        assert found.keyword_gone_since("shelf.f", "x") == since


def test_members_of_a_class_that_is_gone_go_with_it() -> None:
    before, after = described({}, {"pull": function("self")}), described({"f": function("a")}, {})
    after["modules"]["shelf"]["names"].pop("Box")
    notes = [change("`Box` is gone.", "shelf.Box"), change("`pull` is gone.", "shelf.Box.pull")]
    found = items(updates(False, [Snapshot("1.0", before), Snapshot("2.0", after)], notes))
    assert list(found) == ["shelf.Box"]


def test_an_object_stands_once_however_many_paths_it_has() -> None:
    before, after = described({"a": function("x")}, {}), described({"f": function("a")}, {})
    names = before["modules"]["shelf"]["names"]
    names |= {"b": "shelf:a", "inner": "module:shelf.inner"}
    before["modules"]["shelf.inner"] = {**before["modules"]["shelf"], "names": {"a": "shelf:a"}}
    notes = [change(f"`{n}` is gone.", f"shelf.{n}") for n in ("inner.a", "a", "b")]
    found = items(updates(False, [Snapshot("1.0", before), Snapshot("2.0", after)], notes))
    assert found.keys() == {"shelf.a", "shelf.b"}  # another name is another thing to look for


def test_names_that_differ_in_a_letter_have_places_of_their_own() -> None:
    names = ["Nan", "nan", "nan_", "nan__"]
    notes = [change(f"`{name}` is gone.", f"shelf.{name}") for name in names]
    found = items(known(dict.fromkeys(names, "a"), {"f": "a"}, *notes))
    assert len({item.anchor for item in found.values()}) == len(names)


def test_what_the_usage_code_of_the_first_version_uses_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "shelf-1.0.tar.gz"
    test = tmp_path / "test_shelf.py"
    test.write_text(
        "import shelf\nimport other\n\n\n"
        "def test_both():\n    other.a(1)\n    other.a(2)\n    assert shelf.z(1) == 2\n"
    )
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(test, "shelf-1.0/shelf/tests/test_shelf.py")
    monkeypatch.setattr(guides, "sdist", lambda name, version: (version, archive))
    notes = [change(f"`{name}` is gone.", f"shelf.{name}") for name in ("a", "z")]
    found = items(known({"a": "x", "z": "x"}, {"f": "a"}, *notes))
    assert [(item.name, item.met) for item in found.values()] == [("shelf.z", 1), ("shelf.a", 0)]


def test_a_prompt_is_the_index_of_the_very_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = {"shelf": LIBRARY, "bare": Library(name="bare")}
    monkeypatch.setattr(Library, "matching", staticmethod(libraries.get))
    monkeypatch.setattr(guides, "updates_of", lambda *_, **__: updates())
    with Workspace.open(tmp_path / "ws") as workspace:
        workspace.add(CHANGES)
    wanted = [("shelf", "2.0"), ("shelf", "1.0"), ("shelf", "9"), ("bare", "1"), ("none", "1")]
    found = prompts(tmp_path / "ws", wanted, Progress(quiet=True))
    assert list(found) == [("shelf", "2.0")]
    text = found["shelf", "2.0"]
    assert text.startswith("## shelf 1.0 → 2.0\n\nWhat code for shelf 1.0 has to change for 2.0")
    assert "| `shelf.old` | `shelf.new` | fails since 2.0 |" in text
    assert "```" not in text
    assert "](" not in text
    assert len(text.encode()) <= INDEX_BYTES
