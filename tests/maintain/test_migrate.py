"""A person's own code is changed where that is certain, and nothing else in it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from shelf import change, described, entry_of, function, updates

from recode_data.api.snapshot import Snapshot
from recode_data.errors import RecodeError
from recode_data.maintain.migrate import migrate, migrate_files
from recode_data.maintain.sources import LARGEST, as_source
from recode_data.maintain.updates import Updates
from recode_data.maintain.uses import uses_in
from recode_data.records import Change, Verdict


def migrated(code: str) -> str:
    """Return what becomes of a program, and that a second run changes nothing."""
    code = dedent(code)
    after = migrate(code, updates()).after
    assert migrate(after, updates()).after == after
    return after


CASES = {
    "an alias": ("import shelf as s\ns.old(1)\n", "import shelf as s\ns.new(1)\n"),
    "a name": (
        "from shelf import old, Box\nold(1)\n",
        "from shelf import new, Box\nnew(1)\n",
    ),
    "another name": (
        "from shelf import old as o  # mine\no(1)\n",
        "from shelf import new as o  # mine\no(1)\n",
    ),
    "a name in a list of names": (
        "from shelf import (\n    old,  # why\n    Box,\n)\nold(1)\n",
        "from shelf import (\n    new,  # why\n    Box,\n)\nnew(1)\n",
    ),
    "the old and the new name": (
        "from shelf import Box, new, old\nold(new(1))\n",
        "from shelf import Box, new\nnew(new(1))\n",
    ),
    "a module of the same name beside it": (
        "from .shelf import old\nimport shelf\nshelf.old(1)\n",
        "from .shelf import old\nimport shelf\nshelf.new(1)\n",
    ),
    "layout and comments": (
        "import shelf\n\nx = shelf.old( [1,\n    2],  # why\n)  ; y = 2\n",
        "import shelf\n\nx = shelf.new( [1,\n    2],  # why\n)  ; y = 2\n",
    ),
    "a keyword": ("import shelf\nshelf.f(1, key = 2)\n", "import shelf\nshelf.f(1, order = 2)\n"),
    "a method of what a constructor made": (
        "import shelf\nb = shelf.Box([1])\nb.pull()\n",
        "import shelf\nb = shelf.Box([1])\nb.take()\n",
    ),
    "a method of a method's result": (
        "import shelf\nshelf.ask().copy().pull()\n",
        "import shelf\nshelf.ask().copy().take()\n",
    ),
    "an annotated parameter": (
        "import shelf\ndef f(b: 'shelf.Box', c):\n    b.pull()\n    c.pull()\n",
        "import shelf\ndef f(b: 'shelf.Box', c):\n    b.take()\n    c.pull()\n",
    ),
    "a class that is derived": (
        "import shelf\nclass B(shelf.Box):\n    def f(self):\n        return self.pull()\n"
        "B([1]).pull()\n",
        "import shelf\nclass B(shelf.Box):\n    def f(self):\n        return self.take()\n"
        "B([1]).take()\n",
    ),
    "a method that is called on a class of the program's own": (
        "import shelf\nclass B(shelf.Box): ...\nB.make([1])\nshelf.Box.make([1])\n",
        "import shelf\nclass B(shelf.Box): ...\nB.build([1])\nshelf.Box.build([1])\n",
    ),
    "a method of the class": (
        "import shelf\nprint(shelf.Box.pull)\n",
        "import shelf\nprint(shelf.Box.take)\n",
    ),
    "parentheses where an operator stands beside it": (
        "import shelf\nb = shelf.Box([1])\nprint(2 * b.span(), b.span())\n",
        "import shelf\nb = shelf.Box([1])\nprint(2 * (max(b) - min(b)), max(b) - min(b))\n",
    ),
    "a class that is caught": (
        "import shelf\ntry:\n    pass\nexcept (shelf.old, ValueError):\n    pass\n",
        "import shelf\ntry:\n    pass\nexcept (shelf.new, ValueError):\n    pass\n",
    ),
    "what is matched": (
        "import shelf\nmatch x:\n    case shelf.old | shelf.old():\n        pass\n",
        "import shelf\nmatch x:\n    case shelf.new | shelf.new():\n        pass\n",
    ),
    "a lambda": (
        "import shelf\nb = shelf.Box()\nf = lambda x=shelf.old(1): b.pull()\n",
        "import shelf\nb = shelf.Box()\nf = lambda x=shelf.new(1): b.take()\n",
    ),
    "one class or None": (
        "import shelf\nb = None\nif x:\n    b = shelf.Box()\nif b is not None:\n    b.pull()\n",
        "import shelf\nb = None\nif x:\n    b = shelf.Box()\nif b is not None:\n    b.take()\n",
    ),
    "an import that may be missing": (
        "try:\n    import shelf\nexcept ImportError:\n    HAVE = False\nshelf.old(1)\n",
        "try:\n    import shelf\nexcept ImportError:\n    HAVE = False\nshelf.new(1)\n",
    ),
    "a class out of all names": (
        "from shelf import *\nBox([1]).pull()\n",
        "from shelf import *\nBox([1]).take()\n",
    ),
    "a class that is generic": (
        "import shelf\nfrom typing import Generic, TypeVar\nT = TypeVar('T')\n"
        "class B(shelf.Box, Generic[T]): ...\nB[int]([1]).pull()\nB[int].make([1])\n",
        "import shelf\nfrom typing import Generic, TypeVar\nT = TypeVar('T')\n"
        "class B(shelf.Box, Generic[T]): ...\nB[int]([1]).take()\nB[int].build([1])\n",
    ),
    "a class that is abstract": (
        "import shelf, abc\nclass B(abc.ABC, shelf.Box): ...\nB([1]).pull()\n",
        "import shelf, abc\nclass B(abc.ABC, shelf.Box): ...\nB([1]).take()\n",
    ),
    "a class that a function makes": (
        "import shelf\nB = shelf.kind_of(1)\nb = B([1])\nb.pull()\nB.make([1])\n"
        "class C(B): ...\nC([1]).pull()\n",
        "import shelf\nB = shelf.kind_of(1)\nb = B([1])\nb.take()\nB.build([1])\n"
        "class C(B): ...\nC([1]).take()\n",
    ),
    "annotations of one class or None": (
        "import shelf\nfrom typing import Annotated, Optional\n"
        "def f(a: Optional[shelf.Box], b: shelf.Box | None, c: None | shelf.Box = None,\n"
        "      d: Annotated[shelf.Box, 1] = 0, e: 'shelf.Box | None' = None):\n"
        "    a.pull(), b.pull(), c.pull(), d.pull(), e.pull()\n",
        "import shelf\nfrom typing import Annotated, Optional\n"
        "def f(a: Optional[shelf.Box], b: shelf.Box | None, c: None | shelf.Box = None,\n"
        "      d: Annotated[shelf.Box, 1] = 0, e: 'shelf.Box | None' = None):\n"
        "    a.take(), b.take(), c.take(), d.take(), e.take()\n",
    ),
    "columns after other letters": (
        "import shelf\nb = shelf.Box(['ä€'], 'ä'); b.pull()\n",
        "import shelf\nb = shelf.Box(['ä€'], 'ä'); b.take()\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_what_is_certain_is_written(before: str, after: str) -> None:
    assert migrated(before) == after


STAYS = {
    "a list's method": "import shelf\nb = []\nb.pull()\n",
    "an element of a list of them": (
        "import shelf\ndef f(a: list[shelf.Box], b: shelf.Box | list, c: dict[str, shelf.Box]):\n"
        "    a.pull(), b.pull(), c.pull()\n"
    ),
    "an attribute of a class that a function makes": "import shelf\nshelf.kind_of(1).x.pull()\n",
    "a generic class of another library": (
        "import shelf\nfrom other import Box\nclass B(Box[int], shelf.Box): ...\nB().pull()\n"
    ),
    "a function of a generic name": (
        "import shelf\nfrom other import Generic\nclass B(shelf.Box, Generic[int]): ...\n"
        "B().pull()\n"
    ),
    "a method that a derived class has itself": (
        "import shelf\nclass B(shelf.Box):\n    def pull(self):\n        pass\nB([1]).pull()\n"
    ),
    "a class with a base that is not known": (
        "import shelf\nclass B(Other, shelf.Box):\n    pass\nB([1]).pull()\n"
    ),
    "two classes by two ways": "import shelf\nb = shelf.Box() if x else []\nb.pull()\n",
    "a branch": "import shelf\nb = shelf.Box()\nif x:\n    b = []\nb.pull()\n",
    "a loop that changes it": (
        "import shelf\nb = shelf.Box()\nfor i in x:\n    b.pull()\n    b = i\n"
    ),
    "bound anew": "import shelf\nb = shelf.Box()\nb = other()\nb.pull()\n",
    "another's parameter": "import shelf\ndef f(shelf):\n    shelf.old(1)\n",
    "another library": "import shelf\nimport other\nother.old(1)\n",
    "a global that a function changes": (
        "import shelf\nb = shelf.Box()\ndef f():\n    global b\n    b = 1\ndef g():\n    b.pull()\n"
    ),
    "a global that a function changes further down": (
        "import shelf\nb = shelf.Box()\ndef g():\n    b.pull()\ndef f():\n    global b\n    b = 1\n"
        "f()\nb.pull()\n"
    ),
    "an outer function's name that an inner one changes": (
        "import shelf\ndef o():\n    b = shelf.Box()\n    def g():\n        nonlocal b\n"
        "        b = 1\n    g()\n    b.pull()\n"
    ),
    "an assignment expression in a comprehension": (
        "import shelf\nb = shelf.Box()\n[b := i for i in y]\nb.pull()\n"
    ),
    "an assignment expression that may be left out": (
        "import shelf\nb = []\nx and (b := shelf.Box())\nb.pull()\n"
    ),
    "a loop's condition": "import shelf\nb = shelf.Box()\nwhile b.pull():\n    b = other()\n",
    "a loop that is left": (
        "import shelf\nb = shelf.Box()\nfor i in x:\n    b = []\n    if i:\n        break\n"
        "    b = shelf.Box()\nb.pull()\n"
    ),
    "a failure between two assignments": (
        "import shelf\nb = shelf.Box()\ntry:\n    b = []\n    f()\n    b = shelf.Box()\n"
        "except KeyError:\n    b.pull()\nb.pull()\n"
    ),
    "a failure before what is done at last": (
        "import shelf\nb = shelf.Box()\ntry:\n    b = []\n    f()\n    b = shelf.Box()\n"
        "finally:\n    b.pull()\n"
    ),
    "a failure that is suppressed": (
        "import shelf\nb = shelf.Box()\nwith suppress(KeyError):\n    b = []\n    f()\n"
        "    b = shelf.Box()\nb.pull()\n"
    ),
    "a lambda that is called later": (
        "import shelf\nb = shelf.Box()\nf = lambda: b.pull()\nb = []\nf()\n"
    ),
    "a name that a pattern binds": (
        "import shelf\nb = shelf.Box()\ndef f(x):\n    match x:\n        case [b]:\n"
        "            pass\n    b.pull()\n"
    ),
    "a parameter that is called like the new name": (
        "from shelf import old\ndef f(new):\n    return old(new)\n"
    ),
    "a parameter that is called like a builtin": (
        "import shelf\ndef f(max):\n    return shelf.Box([1]).span()\n"
    ),
    "a name that is exported": "from shelf import old\n__all__ = ['old']\nold(1)\n",
    "a name that is imported as itself": "from shelf import old as old\nold(1)\n",
    "a call that has the new keyword too": "import shelf\nshelf.f(1, key=2, order=3)\n",
    "a symbol that the program sets itself": (
        "import shelf\nshelf.old = lambda x: x\nshelf.old(1)\n"
    ),
    "a name that is assigned besides": (
        "from shelf import old\nfor i in x:\n    old(1)\n    old = other\n"
    ),
    "a class that has the new name already": (
        "import shelf\nclass B(shelf.Box):\n    def take(self): ...\n"
        "    def f(self):\n        self.pull()\n"
    ),
    "a class from which one with the old name is derived": (
        "import shelf\nclass B(shelf.Box):\n    def f(self):\n        self.pull()\n"
        "class C(B):\n    def pull(self): ...\n"
    ),
    "all names of two modules": "from shelf import *\nfrom mine import *\nBox([1]).pull()\n",
    "what follows a version that was left": (
        "import shelf\ndef f():\n    if shelf.__version__ >= '2':\n        return shelf.new(1)\n"
        "    return shelf.old(1)\n"
    ),
    "a call that is to fail": (
        "import shelf, pytest\npytest.raises(AttributeError, shelf.old, 1)\n"
        "pytest.warns(FutureWarning, lambda: shelf.old(1))\n"
    ),
    "both APIs on two lines": (
        "import shelf\ntry:\n    (shelf\n     .old(1))\nexcept AttributeError:\n    shelf.new(1)\n"
        "shelf.old\n"
    ).removesuffix("shelf.old\n"),
    "both APIs": (
        "import shelf\ntry:\n    f = shelf.new\nexcept AttributeError:\n    f = shelf.old\n"
    ),
    "a version check": "import shelf\nif shelf.__version__ < '2':\n    shelf.old(1)\n",
    "a test of the old API": (
        "import shelf, pytest\nwith pytest.raises(AttributeError):\n    shelf.old(1)\n"
    ),
    "a name that others may import": "from shelf import old\n",
    "either import": (
        "try:\n    from shelf import new\nexcept ImportError:\n    from shelf import old as new\n"
        "new(1)\n"
    ),
}


@pytest.mark.parametrize("code", STAYS.values(), ids=STAYS)
def test_what_is_not_certain_stays(code: str) -> None:
    assert migrated(code) == code


def moved(notes: Sequence[Change], proven: Sequence[int] = ()) -> Updates:
    """Return what is known of a library whose class `Box` lies in another module in each version;
    its class `Lid` is derived from it."""
    told = []
    for version, module in (("1.0", "shelf"), ("2.0", "shelf.boxes"), ("3.0", "shelf.all")):
        held = described({"f": function("a")}, {"take": function("self")})
        members = held["objects"]["shelf:Box"]["members"]
        if version == "1.0":
            held["objects"]["shelf:Box.pull"] = function("self")
            members["pull"] = "shelf:Box.pull"
        held["objects"]["shelf:Lid"] = {
            "kind": "class",
            "bases": ["shelf:Box"],
            "members": {},
            "params": [["items", "p", "", False, ""]],
        }
        names = held["modules"]["shelf"]["names"]
        places = {module: dict(names)} if module != "shelf" else {}
        for place in ("shelf.core", *places):
            held["modules"][place] = {"listed": None, "names": {}, "warns": {}, "hidden": []}
            held["modules"][place]["names"] = {"Box": "shelf:Box", "Lid": "shelf:Lid"}
        names |= {"core": "module:shelf.core"} | {p.split(".")[1]: f"module:{p}" for p in places}
        if module != "shelf":
            names.pop("Box")
        else:
            names["Lid"] = "shelf:Lid"
        told.append(Snapshot(version, held))
    found = updates(False, told, notes)
    entry, verdict = entry_of(notes[0]), Verdict("x", "4", "valid", "ok", "breaking", "1.0", "2.0")
    found.updates = [
        replace(one, proof=entry, verdict=verdict) if number in proven else one
        for number, one in enumerate(found.updates)
    ]
    homes = ("shelf.Box", "shelf.boxes.Box", "shelf.all.Box", "shelf.core.Box")
    found.returns = {home: home for home in homes} | {"shelf.Lid": "shelf.Lid"}
    return found


USED = {
    "where it was at first": "import shelf\nshelf.Box([1]).pull()\n",
    "by another of its paths": "from shelf.core import Box\nBox([1]).pull()\n",
    "where it is now": "import shelf.all\nb = shelf.all.Box([1])\nb.pull()\n",
    "annotated": "import shelf.boxes\ndef f(b: shelf.boxes.Box):\n    b.pull()\n",
    "derived by the library": "import shelf\nshelf.Lid([1]).pull()\n",
    "derived here": "from shelf.all import Box\nclass B(Box): ...\nB([1]).pull()\n",
}


@pytest.mark.parametrize("code", USED.values(), ids=USED)
@pytest.mark.parametrize("home", ["shelf", "shelf.core", "shelf.boxes", "shelf.all"])
def test_a_class_that_moved_is_one_class(code: str, home: str) -> None:
    noted = change("`pull` is now `take`.", f"{home}.Box.pull", f"{home}.Box.take", "renamed")
    found = moved([noted], proven=[0])
    if found.codemods:  # a path that no version has a `pull` under has no codemod
        done = migrate(code, found)
        assert done.after == code.replace("pull", "take")
        assert not [left for left in done.left if "take" in left.name]
    assert found.codemods or home in ("shelf.boxes", "shelf.all")


def test_what_is_proven_of_a_class_is_so_of_those_derived_from_it() -> None:
    notes = [
        change("`pull` is now `take`.", f"shelf.{name}.pull", f"shelf.{name}.take", "renamed")
        for name in ("Box", "Lid")
    ]
    code = "import shelf\nshelf.Lid([1]).pull()\n"
    assert migrate(code, moved(notes, proven=[0])).after == code.replace("pull", "take")
    assert migrate(code, moved(notes)).after == code


def test_a_keyword_that_has_another_name_is_not_left_out() -> None:
    notes = [
        change("`key` is gone.", "shelf.f", kind="keyword_removed", old_keyword="key"),
        change(
            "`key` is now `order`.",
            "shelf.f",
            "shelf.f",
            "keyword_renamed",
            old_keyword="key",
            new_keyword="order",
        ),
    ]
    for several in (notes, notes[::-1]):
        code = "import shelf\nshelf.f(1, key=None)\n"
        after = migrate(code, updates(changes=several)).after
        assert after == code.replace("key", "order")


def valued(*, told: bool) -> Updates:
    """Return what is known of two values of one keyword that are spelled otherwise now; only their
    texts say so where the changes are not ``told`` as values."""
    notes = [
        change(
            f"`key={old!r}` is deprecated, use `key={new!r}` instead.",
            "shelf.f",
            "",
            "value_renamed" if told else "deprecated",
            old_keyword="key",
            old_value=repr(old) if told else "",
            new_value=repr(new) if told else "",
        )
        for old, new in (("mae", "absolute"), ("mse", "squared"))
    ]
    return updates(changes=notes)


@pytest.mark.parametrize("told", [True, False])
def test_each_value_of_a_keyword_is_changed(told: bool) -> None:
    code = "import shelf\nshelf.f(1, key='mae')\nshelf.f(1, key='mse')\nshelf.f(1, key='gini')\n"
    done = migrate(code, valued(told=told))
    assert done.after == code.replace("mae", "absolute").replace("mse", "squared")
    assert {one.name for one in done.written} == {"shelf.f(key='mae')", "shelf.f(key='mse')"}
    assert done.left == []  # the third is not said to change
    assert migrate(done.after, valued(told=told)).left == []


def test_what_is_left_is_told_with_its_line_and_reason() -> None:
    code = "import shelf\n\n\ndef f(b):\n    b.pull()\n    shelf.bare()\n    shelf.old(b)\n"
    done = migrate(code, updates())
    assert [(left.line, left.name) for left in done.left] == [
        (5, "shelf.Box.pull"),
        (6, "shelf.bare"),
    ]
    assert "cannot be told" in done.left[0].why
    assert "gone since 2.0" in done.left[1].why
    assert [(w.line, w.name, w.instead) for w in done.written] == [(7, "shelf.old", "shelf.new")]


TOLD = {
    "a string": "import shelf\nmock.patch('shelf.old')\n",
    "an annotation in a string": "import shelf\ndef f(x: 'list[shelf.old]'): ...\n",
    "getattr": "import shelf\ngetattr(shelf, 'old')(1)\n",
    "all names": "from shelf import *\nold(1)\n",
    "an import or None": (
        "try:\n    import shelf\nexcept ImportError:\n    shelf = None\nshelf.old(1)\n"
    ),
}


@pytest.mark.parametrize("code", TOLD.values(), ids=TOLD)
def test_what_cannot_be_written_is_told(code: str) -> None:
    done = migrate(code, updates())
    assert done.after == code
    assert [left.line for left in done.left] == [code.count("\n")]


@pytest.mark.parametrize("code", [old for old, _ in CASES.values()] + list(TOLD.values()))
def test_a_file_that_has_a_use_is_not_passed_over(code: str) -> None:
    assert updates().wanted.may_be_in(code.encode())


def test_what_is_used_as_it_may_be_needs_no_look() -> None:
    wanted = updates().wanted
    assert not wanted.may_be_in(b"import shelf\nshelf.f(1)\n")
    assert not updates().wanted_gone.may_be_in(b"import shelf\nshelf.new(1)\n")
    assert not uses_in("import shelf\nshelf.f(1, order=2)\n", wanted)
    assert uses_in("import shelf\nshelf.f(1, key=2)\n", wanted)


def test_what_no_example_has_proven_is_left_unless_it_is_asked_for() -> None:
    code = "import shelf\nshelf.old(1)\n"
    assert migrate(code, updates(proven=False)).after == code
    assert migrate(code, updates(proven=False), unproven=True).after != code


def test_a_name_that_is_taken_is_no_place_for_an_import() -> None:
    code = "from shelf import old\nnew = 3\nold(new)\n"
    assert migrated(code) == code


ODD = {
    "crlf": b"import shelf\r\nshelf.old(1)\r\n",
    "cr": b"import shelf\rshelf.old(1)\r",
    "mark": b"\xef\xbb\xbfimport shelf\nshelf.old(1)\n",
    "latin": b"# coding: latin-1\nimport shelf\nshelf.old('\xe9')\n",
    "no_end": b"import shelf\nshelf.old(1)",
}


@pytest.mark.parametrize("name", ODD)
def test_encoding_mark_ends_and_mode_of_a_file_stay(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.py"
    file.write_bytes(ODD[name])
    file.chmod(0o755)
    [one] = migrate_files([tmp_path], updates(), [])
    one.source.write(one.migration.after)
    assert file.read_bytes() == ODD[name].replace(b"old", b"new")
    assert file.stat().st_mode & 0o777 == 0o755
    assert [f.name for f in tmp_path.iterdir()] == [file.name]


def test_a_file_that_cannot_be_done_costs_itself_only(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    use = b"import shelf\nshelf.old(1)\n"
    (tmp_path / "outside.py").write_bytes(use)
    for name, content in {
        "broken.py": use + b"(\n",
        "latin.py": use + b"# \xe9\n",
        "large.py": use + b"#" * LARGEST,
        "mixed.py": use + b"x = 1\r\n",
        "binary.py": use + b"'\0'\n",
        "deep.py": use + b"x = " + b"-" * 30_000 + b"1\n",
        "good.py": use,
    }.items():
        (folder / name).write_bytes(content)
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    problems: list[RecodeError] = []
    done = list(migrate_files([folder], updates(), problems))
    assert [one.source.path.name for one in done if one.changed] == ["good.py"]
    assert all("\n" not in problem.message for problem in problems)
    told = " ".join(problem.message for problem in problems)
    for name in (
        "broken.py:3",
        "latin.py:3",
        "large.py",
        "mixed.py",
        "binary.py",
        "deep.py",
        "link",
    ):
        assert name in told


def test_a_file_that_is_read_only_or_has_changed_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("import shelf\nshelf.old(1)\n")
    source = as_source(file, file.read_bytes())
    file.chmod(0o444)
    with pytest.raises(RecodeError, match="read-only"):
        source.write("x")
    file.chmod(0o644)
    file.write_text("changed\n")
    with pytest.raises(RecodeError, match="changed"):
        source.write("x")
    assert file.read_text() == "changed\n"


def test_many_files_are_looked_at_by_several_processes(tmp_path: Path) -> None:
    for number in range(450):
        text = "import shelf\nshelf.old(1)\n" if number == 7 else "import shelf\n"
        (tmp_path / f"{number}.py").write_text(text)
    done = list(migrate_files([tmp_path], updates(), [], jobs=2))
    assert [one.source.path.name for one in done] == ["7.py"]
