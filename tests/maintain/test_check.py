"""Documentation: code that no longer runs, warns or prints something else, and false claims."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from shelf import updates
from wheels import make_wheel, only_wheels_of

from recode_data.errors import RecodeError
from recode_data.execute import Executor, ensure
from recode_data.execute.interpreters import interpreters
from recode_data.maintain.check import (
    Finding,
    check_files,
    fixed,
    formatted,
    read_baseline,
    run_findings,
    write_baseline,
)
from recode_data.maintain.documents import Document, read_document
from recode_data.maintain.sources import as_source
from recode_data.records import Environment


def document(text: str, name: str = "page.md") -> Document:
    return read_document(as_source(Path(name), dedent(text).encode()))


def found(folder: Path, text: str, name: str = "page.md") -> list[tuple[int, str]]:
    file = folder / name
    file.write_text(dedent(text))
    [one] = check_files([file], updates(), [], run=False)
    return [(finding.line, finding.kind) for finding in one.findings]


CLAIMS = {
    "`shelf.old` was removed in 2.0, use `shelf.new`.": "",
    "`shelf.old` was removed in 1.0.": "",  # nothing older is known to hold it against
    "`shelf.ask` was removed in 2.0.": "false",
    "`shelf.never` was removed in 2.0.": "false",
    "`shelf.old` is deprecated.": "stale",
    "`shelf.old` was renamed to `shelf.never`.": "false",
    "`shelf.old` was removed, use `shelf.ask` instead.": "false",
    "`shelf.ask` was renamed to `shelf.old`.": "stale",
    "`shelf.old` → `shelf.new`": "",
    "`shelf.old` -> `shelf.bare`": "stale",
    "The `key` argument of `shelf.f` was renamed to `order`.": "",
    "The `key` argument of `shelf.f` was renamed to `sort`.": "false",
    "The `other` argument of `shelf.f` was renamed to `order`.": "false",
    "`Box.pull` was removed in 2.0. Use `Box.take`.": "",
    "> `shelf.old` is deprecated.": "",
    "`other.thing` was removed in 2.0.": "",
    "`shelf.old` was removed, use `str`.": "",  # Python's own, not the one that shelf had
    "`str` was removed in 3.0.": "",
}


@pytest.mark.parametrize(("said", "kind"), CLAIMS.items())
def test_a_claim_is_held_against_the_versions(said: str, kind: str, tmp_path: Path) -> None:
    assert found(tmp_path, f"# shelf\n\n{said}\n") == ([(3, kind)] if kind else [])


def test_the_rows_of_a_table_are_claims(tmp_path: Path) -> None:
    page = """\
        # shelf

        | old | now | measured |
        |---|---|---|
        | `shelf.old` | `shelf.new` | fails since 2.0 |
        | `shelf.old` | `shelf.bare` | fails since 2.0 |
        | `shelf.ask` | – | fails since 2.0 |
        | `shelf.f(key=)` | `order=` | fails since 2.0 |
        """
    assert found(tmp_path, page) == [(6, "stale"), (7, "false")]


def test_code_that_uses_what_is_gone_is_found_without_running(tmp_path: Path) -> None:
    page = """\
        # shelf

        ```python
        import shelf
        ```

        Before:

        ```python
        shelf.old([1])
        ```

        Now it reads

        ```python
        x = 1
        shelf.old([1])
        ```
        """
    assert found(tmp_path, page) == [(17, "fails")]


def test_blocks_of_every_kind_of_document_are_found_with_their_lines() -> None:
    rst = """\
        Title

        .. code-block:: python
           :linenos:

           import shelf
           shelf.new(1)

        .. code-block:: console

           $ pip install shelf

        So:

            >>> shelf.new(2)
            2
            >>> for x in []:
            ...     pass
        """
    blocks = document(rst, "page.rst").blocks
    assert [(b.line, b.code, b.shown) for b in blocks] == [
        (6, "import shelf\nshelf.new(1)", None),
        (15, "shelf.new(2)", "2\n"),
        (17, "for x in []:\n    pass", None),
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# shelf\n", "`shelf.old` is deprecated."]},
        {
            "cell_type": "code",
            "source": "import shelf\nshelf.old(1)",
            "metadata": {},
            "outputs": [],
        },
    ]
    notebook = document(json.dumps({"cells": cells}, indent=1), "a.ipynb")
    assert [block.code for block in notebook.blocks] == ["import shelf\nshelf.old(1)"]
    assert json.loads(fixed(notebook, updates()))["cells"][1]["source"] == [
        "import shelf\n",
        "shelf.new(1)",
    ]


def test_code_is_fixed_where_it_stands() -> None:
    page = dedent("""\
        # shelf

        >>> import shelf
        >>> shelf.f(
        ...     1, key=2)
        3

        Text stays.

           ```python
           shelf.old(1)  # why
           ```
        """)
    after = fixed(document(page), updates())
    assert after == page.replace("key=", "order=").replace("old(", "new(")
    assert fixed(document(after), updates()) == after


def test_what_cannot_be_read_costs_one_line_and_itself_only(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text('{"cells": [\n"shelf')
    (tmp_path / "b.md").write_bytes(b"shelf \xe9\n")
    (tmp_path / "c.md").write_text("`shelf.old` is deprecated.\n")
    problems: list[RecodeError] = []
    done = list(check_files([tmp_path], updates(), problems, run=False))
    assert [f.kind for one in done for f in one.findings] == ["stale"]
    assert ["a.ipynb:2" in problems[0].message, "b.md:1" in problems[1].message] == [True, True]


def test_findings_for_programs(tmp_path: Path) -> None:
    finding = Finding("docs/a.md", 3, "fails", "it is gone")
    assert formatted([finding], "text") == "docs/a.md:3: fails: it is gone\n"
    assert json.loads(formatted([finding], "json"))["line"] == 3
    assert formatted([finding], "github").startswith("::error file=docs/a.md,line=3,")
    [run] = json.loads(formatted([finding], "sarif"))["runs"]
    [place] = run["results"][0]["locations"]
    assert place["physicalLocation"]["region"]["startLine"] == 3
    write_baseline(tmp_path / "known.json", [finding])
    moved = Finding("docs/a.md", 9, "fails", "it is gone")
    assert moved.mark in read_baseline(tmp_path / "known.json")


OLD = "def new(a):\n    return a\n\nold = f = new\n"
NEW = """\
import warnings
def new(a):
    return [a]
def f(a):
    warnings.warn("f is going", DeprecationWarning, stacklevel=2)
    return a
"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Environment, Environment]]:
    folder = tmp_path_factory.mktemp("wheels")
    make_wheel(folder, "shelf", {"shelf.py": OLD}, version="1.0")
    make_wheel(folder, "shelf", {"shelf.py": NEW}, version="2.0")
    with pytest.MonkeyPatch.context() as patch:
        only_wheels_of(folder, folder / "cache", patch)
        python = list(interpreters())[-1]
        pair = Environment("shelf", "1.0", python), Environment("shelf", "2.0", python)
        for place in pair:
            ensure(place)
        yield pair


def test_code_is_run_on_both_versions(places: tuple[Environment, Environment]) -> None:
    page = """\
        >>> import shelf
        >>> shelf.old(1)
        1
        >>> shelf.f(2)
        2
        >>> shelf.new(3)
        3
        >>> missing
        >>> print(shelf.new(4)); print(5.00001)
        [4]
        5.0
        >>> shelf.old(6)  # doctest: +SKIP
        """
    problems: list[RecodeError] = []
    with Executor(jobs=1) as executor:
        made = list(run_findings(document(page), executor, places, problems))
    assert [(f.line, f.kind) for f in made] == [(2, "fails"), (4, "warns"), (6, "prints")]
    assert problems == []


def test_a_page_that_ends_the_process_is_told(places: tuple[Environment, Environment]) -> None:
    problems: list[RecodeError] = []
    page = document("```python\nimport os, shelf\nos._exit(3)\n```\n")
    with Executor(jobs=1) as executor:
        assert list(run_findings(page, executor, places, problems)) == []
    assert "not run to its end" in problems[0].message
