"""The guide: what is measured, within its size, and what a person wrote around it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from shelf import updates

from recode_data.errors import RecodeError, UsageError
from recode_data.maintain.check import check_files
from recode_data.maintain.guide import BEGIN, END, FORMATS, INDEX_BYTES, guide, merged, write_guide


@pytest.mark.parametrize("kind", FORMATS)
def test_every_line_of_a_guide_passes_the_check(kind: str, tmp_path: Path) -> None:
    made = guide(updates(), "1.0", kind)  # type: ignore[arg-type]
    files = write_guide(made, tmp_path)
    text = files[0].read_text()
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
