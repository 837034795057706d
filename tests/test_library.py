"""A library's definition: found by name, read strictly, wrong in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from recode_data.build import read_build
from recode_data.errors import BadFile, UnknownLibrary
from recode_data.library import load_library
from recode_data.workspace import Workspace


def test_an_unknown_library_names_the_nearest() -> None:
    with pytest.raises(UnknownLibrary) as caught:
        load_library("numpi")
    assert caught.value.tip == "did you mean 'numpy'?"
    assert caught.value.exit_code == 2


def test_a_users_own_definition_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pipeline" / "libraries"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text('name = "mine-dist"\nimport_name = "mine"')
    monkeypatch.chdir(tmp_path)
    assert load_library("mine").package == "mine"
    assert load_library(str(folder / "mine.toml")).name == "mine-dist"


@pytest.mark.parametrize(
    ("text", "line", "tip"),
    [
        ('name = "x"\nmatrx = []', "unknown key 'matrx'", "did you mean 'matrix'?"),
        ('name = "x"\n[[sources]]\nkind = "sdist"\npath = []', "sources.0.path", "'paths'"),
        ('name = "x"\n[usage]\nkind = "sdist"', "unknown key 'usage.kind'", "pipeline/"),
        ('name = "x"\n[[sources]]\nkind = "ftp"', "sources.0.kind", ""),
        ("name = ", "cannot read", ""),
        ("matrix = []", "name: Field required", ""),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str, line: str, tip: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(text)
    with pytest.raises(BadFile) as caught:
        load_library(str(file))
    assert line in caught.value.message
    assert tip in caught.value.tip


def test_a_key_of_another_kind_of_file_is_not_proposed(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('name = "mine"\nlibrarys = ["numpy"]\n')
    with pytest.raises(BadFile, match="unknown key 'name'") as caught:
        read_build(str(file))
    assert "did you mean" not in caught.value.tip


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot read"):
        load_library(str(tmp_path / "none.toml"))


def test_a_workspace_keeps_what_was_given_as_a_path(tmp_path: Path) -> None:
    """Another process that opens the workspace knows the library too."""
    file = tmp_path / "anywhere.toml"
    file.write_text('name = "kept-dist"\nimport_name = "kept"')
    given = "from recode_data.library import load_library; load_library({!r})\n"
    opened = "from recode_data.workspace import Workspace; Workspace.open({!r}).close()\n"
    known = "from recode_data.library import load_library; print(load_library('kept-dist').package)"
    folder = str(tmp_path / "workspace")
    run = [sys.executable, "-c"]
    subprocess.run([*run, given.format(str(file)) + opened.format(folder)], check=True)
    file.unlink()
    told = subprocess.run(
        [*run, opened.format(folder) + known], check=True, capture_output=True, text=True
    )
    assert told.stdout == "kept\n"


def kept_in(folder: Path, name: str) -> None:
    (folder / "libraries").mkdir(parents=True)
    file = folder / "libraries" / f"{name}.toml"
    file.write_text(f'name = "{name}"\ntitle = "{folder.name}"')


def test_what_a_workspace_keeps_is_known_also_after_it_is_closed(tmp_path: Path) -> None:
    kept_in(tmp_path / "first", "kept-dist")
    with pytest.raises(UnknownLibrary):
        load_library("kept-dist")
    Workspace.open(tmp_path / "first").close()
    assert load_library("kept-dist").title == "first"


def test_one_workspace_does_not_get_what_another_one_keeps(tmp_path: Path) -> None:
    kept_in(tmp_path / "first", "kept-dist")
    Workspace.open(tmp_path / "first").close()
    Workspace.open(tmp_path / "second").close()
    assert not (tmp_path / "second" / "libraries").exists()


def test_what_was_given_by_its_path_wins_over_what_workspaces_keep(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        kept_in(tmp_path / folder, "kept-dist")
        Workspace.open(tmp_path / folder).close()
    assert load_library("kept-dist").title == "first"
    file = tmp_path / "mine.toml"
    file.write_text('name = "kept-dist"\ntitle = "given"')
    load_library(str(file))
    assert load_library("kept-dist").title == "given"


def test_a_workspace_that_is_only_read_gets_no_definition(tmp_path: Path) -> None:
    Workspace.open(tmp_path / "w").close()
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"')
    load_library(str(file))
    Workspace.open(tmp_path / "w", read_only=True).close()
    assert not (tmp_path / "w" / "libraries").exists()


def test_opening_a_workspace_does_not_load_what_reads_definitions(tmp_path: Path) -> None:
    kept_in(tmp_path / "w", "kept-dist")
    code = (
        "import sys; from recode_data.workspace import Workspace\n"
        f"Workspace.open({str(tmp_path / 'w')!r}).close()\n"
        "print({'recode_data.library', 'pydantic'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "none\n"
