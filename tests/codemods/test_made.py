"""Programs that are made where no example uses a symbol: which calls are found, and what entries
come of a library that has no examples at all."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wheels import make_sdist, make_wheel, write_index

from recode_data import index
from recode_data.codemods.candidates import Usage
from recode_data.codemods.made import Made, bindings, written
from recode_data.codemods.stage import synthesize_by_rules
from recode_data.codemods.target import calls
from recode_data.definition_files import known
from recode_data.execute import listing, wheels
from recode_data.judge import validate
from recode_data.library import Library, know_derived
from recode_data.progress import Progress
from recode_data.records import Attempt, Change, Entry, Verdict
from recode_data.usage.example import Wanted
from recode_data.usage.tested import from_tests
from recode_data.workspace import Workspace

QUIET = Progress(quiet=True)

OLD = '''
import enum
import sys


class Shape(enum.Enum):
    ROUND = 1
    SQUARE = 2


class Mark:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "<Mark %s>" % self.name


class Page:
    """A page of text."""

    def __init__(self, text: str, *, columns: int):
        self.text = text
        self.columns = columns
        self.marks = []

    def word_list(self):
        return self.text.split()

    def add_mark(self, name):
        self.marks.append(name)

    @property
    def letters(self):
        return len(self.text)


def join_up(items, separator="-"):
    return separator.join(map(str, items))


def repeated(text, times=2):
    return text * times


def title_of(page: Page):
    return page.text.title()


def padded(text, both=None):
    return text + " " * (2 if both else 1) + "|"


def boxed(text, width=3, fill="*"):
    return fill * width + text


def framed(text, fill="*"):
    return fill + text + fill


def say(message):
    print("said", message)


def names():
    yield from ("ann", "bob")


def by_shape(shape: Shape):
    return shape.name


class Bag:
    def __init__(self, items=None):
        self.items = list(items or ())

    def biggest(self):
        return max(self.items)


def run_by(handler: "Handler"):
    return str(handler)


def spread_of(pages):
    return [page.columns for page in pages]


def painted(way: "Literal['thin', 'thick']"):
    return {"thin": 1, "thick": 2}[way]


def stop(code):
    sys.exit(code)


def nothing(value):
    return None


def odd(value):
    return object()


def _inside(value):
    return value
'''


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A library of one module, importable in this process."""
    module = types.ModuleType("paper")
    exec(OLD, vars(module))
    for value in vars(module).values():
        if getattr(value, "__module__", "") == "builtins":
            value.__module__ = "paper"
    monkeypatch.setitem(sys.modules, "paper", module)
    return module


def proposals(path: str, **more: Any) -> list[dict[str, Any]]:
    [found] = calls.main([{"path": path, **more}])
    return found


def code_of(path: str, **more: Any) -> list[str]:
    made = (Made.model_validate(each) for each in proposals(path, **more))
    return [code for each in made if (code := written(each))]


@pytest.mark.parametrize(
    ("path", "more", "wanted"),
    [
        ("paper.join_up", {}, "print(join_up(['b', 'a', 'c']))"),
        ("paper.repeated", {"keyword": "times"}, "times=3))"),
        ("paper.title_of", {}, "print(title_of(Page('Hello, see https"),
        ("paper.say", {}, "say('Hello, see https"),
        ("paper.names", {}, "print(list(names()))"),
        ("paper.by_shape", {}, "print(by_shape(Shape.ROUND))"),
        ("paper.painted", {}, "print(painted('thin'))"),
        ("paper.Page.word_list", {}, "print(page.word_list())"),
        ("paper.Page.letters", {}, "print(page.letters)"),
        ("paper.Page.add_mark", {}, "page.add_mark('name')\nprint(page.marks)"),
        ("paper.Bag.biggest", {}, "print(bag.biggest())"),
        ("paper.Mark", {}, "result = Mark('name')\nprint(result.name)"),
        ("paper.Page", {}, "result = Page('Hello, see https"),
    ],
)
def test_a_call_that_runs_and_shows_something_becomes_a_program(
    paper: types.ModuleType, path: str, more: dict[str, Any], wanted: str
) -> None:
    found = code_of(path, **more)
    assert any(wanted in code for code in found), found
    for code in found:
        ast.parse(code)
        assert "from paper import" in code


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("paper.stop", {}),
        ("paper.nothing", {}),
        ("paper.odd", {}),
        ("paper.absent", {}),
        ("nowhere.absent", {}),
        ("paper.join_up", {"keyword": "absent"}),
        ("paper.spread_of", {}),
        ("paper.Shape", {}),
    ],
)
def test_a_call_that_ends_or_shows_nothing_is_none(
    paper: types.ModuleType, path: str, more: dict[str, Any]
) -> None:
    assert proposals(path, **more) == []


def test_a_receiver_that_an_example_makes_comes_before_one_of_the_constructor(
    paper: types.ModuleType,
) -> None:
    setup = "from paper import Page\n\nsheet = Page('ninety nine', columns=4)\nother = 3\n"
    first = code_of("paper.Page.word_list", setups=["raise OSError", setup])[0]
    assert first == (
        "from paper import Page\n\nsheet = Page('ninety nine', columns=4)\n"
        "print(sheet.word_list())\n"
    )


def test_what_an_example_calls_like_a_parameter_is_given_for_it(paper: types.ModuleType) -> None:
    setup = "from paper import Page\n\nother = 3\npages = [Page('one', columns=4)]\n"
    [code] = code_of("paper.spread_of", setups=[setup])
    assert code == (
        "from paper import Page, spread_of\n\npages = [Page('one', columns=4)]\n"
        "print(spread_of(pages))\n"
    )


@pytest.mark.parametrize(
    ("path", "keyword", "like", "given"),
    [
        ("paper.padded", "both", "False", {"True"}),
        ("paper.boxed", "width", "", {"4", "5"}),
        ("paper.boxed", "fill", "", {"'name'"}),
    ],
)
def test_a_keyword_gets_a_value_of_the_type_of_its_default(
    paper: types.ModuleType, path: str, keyword: str, like: str, given: set[str]
) -> None:
    found = [one["call"] for one in proposals(path, keyword=keyword, like=like)]
    assert found
    for call in found:
        assert call.rpartition("=")[2].rstrip(")") in given


def test_an_example_tells_what_is_called_like_a_parameter() -> None:
    text = TESTED + "\n\ndef test_sum():\n    unused = 3\n    page = 5\n    assert page == 5\n"
    examples = list(from_tests(text, "paper-1.0:tests/t.py", "tests.t", Wanted(["page"])))
    assert list(bindings(Usage(examples), ["page", "absent"])) == [
        "page = 5\n",
        'from paper import Page\n\npage = Page("one two three", columns=2)\n',
    ]


def test_an_annotation_that_nothing_fits_is_no_text(paper: types.ModuleType) -> None:
    assert not any("Hello" in code for code in code_of("paper.run_by"))


def test_a_default_that_changes_is_shown_where_it_makes_a_difference(
    paper: types.ModuleType,
) -> None:
    assert code_of("paper.boxed", other="width=5")
    assert not code_of("paper.boxed", other="width=3")


RENAMED = {
    "def join_up(items, separator": "def joined(items, separator",
    "times=2": "number=2",
    "text * times": "text * number",
    "def boxed(text, width=3": "def boxed(text, width=5",
    "def framed(text, fill": "def framed(text, *, fill",
    "def word_list(self": "def words(self",
}


TESTED = """from paper import Page


def test_words():
    page = Page("one two three", columns=2)
    assert page.word_list() == ["one", "two", "three"]
"""


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Two releases of the library, without any example; the older one has a test, and only the
    newer one is to be read for usage."""
    new = OLD
    for old, other in RENAMED.items():
        assert old in new
        new = new.replace(old, other)
    files = {
        make_wheel(tmp_path, "paper", {"paper/__init__.py": text}, version=version): "2025-11-01"
        for version, text in {"1.0": OLD, "2.0": new}.items()
    }
    tests = {"1.0": {"tests/test_paper.py": TESTED}, "2.0": {"README.rst": "Paper"}}
    for version, texts in tests.items():
        files[make_sdist(tmp_path, "paper", version, texts)] = "2025-11-01"
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", write_index(tmp_path / "simple", files))
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    known.forget()
    forget()
    usage = {"versions": ["2.0"], "tests": ["tests/*.py"]}
    table = {"name": "paper", "matrix": ["1.0", "2.0"], "usage": usage}
    know_derived("paper", table)
    yield Library.model_validate(table)
    forget()


def forget() -> None:
    index.forget()
    listing.forget()
    wheels._wheels.cache_clear()


def told(kind: str, text: str, old: str, **more: str) -> Change:
    return Change(
        "paper", "2.0", kind, text, "", "snapshot", f"paper-2.0:{old}", "", old, **more  # type: ignore[arg-type]
    )  # fmt: skip


CHANGES = [
    told(
        "renamed", "`paper.join_up` has been renamed to `paper.joined`.", "paper.join_up",
        new_symbol="paper.joined",
    ),
    told(
        "keyword_renamed",
        "The parameter `times` of `paper.repeated` has been renamed to `number`.",
        "paper.repeated", old_keyword="times", new_symbol="paper.repeated", new_keyword="number",
    ),
    told(
        "keyword_only", "The parameter `fill` of `paper.framed` must be given by keyword now.",
        "paper.framed", old_keyword="fill",
    ),
    told(
        "default_changed",
        "The default of the parameter `width` of `paper.boxed` has changed from `3` to `5`.",
        "paper.boxed", old_keyword="width", old_value="3", new_symbol="paper.boxed",
        new_keyword="width", new_value="5",
    ),
    told(
        "renamed", "`paper.Page.word_list` has been renamed to `paper.Page.words`.",
        "paper.Page.word_list", new_symbol="paper.Page.words",
    ),
]  # fmt: skip


def test_changes_of_a_library_without_examples_become_valid_entries(
    tmp_path: Path, bare: Library
) -> None:
    with Workspace.open(tmp_path / "w") as workspace:
        workspace.add(CHANGES)
        synthesize_by_rules(workspace, [bare], QUIET)
        validate(workspace, ["paper"])
        entries = workspace.all(Entry)
        verdicts = {v.entry_id: v for v in workspace.all(Verdict)}
        attempts = {attempt.subject_id: attempt for attempt in workspace.all(Attempt)}
    by_change = {one.id: [e for e in entries if e.change_id == one.id] for one in CHANGES}
    for change in CHANGES:
        written = by_change[change.id]
        assert written, attempts[change.id]
        assert [verdicts[e.id].reason for e in written] == ["ok"] * len(written), change
    tested = by_change.pop(CHANGES[-1].id)
    assert {e.location for e in tested} == {"paper-1.0:tests/test_paper.py::test_words"}
    assert {(e.old_origin, e.new_origin) for e in tested} == {("real", "derived")}
    made = [entry for found in by_change.values() for entry in found]
    assert {(e.old_origin, e.new_origin, e.location) for e in made} == {("derived", "derived", "")}
    assert "number=" in by_change[CHANGES[1].id][0].new_code
    assert "fill=" in by_change[CHANGES[2].id][0].new_code
    assert "width=3" in by_change[CHANGES[3].id][0].new_code


def test_calls_that_differ_only_in_a_text_or_a_number_are_one(paper: types.ModuleType) -> None:
    found = [one["call"] for one in proposals("paper.repeated")]
    assert len(found) > 1
    assert len({calls.shape(call) for call in found}) == len(found)
