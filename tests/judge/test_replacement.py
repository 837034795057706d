"""Whether the new code exercises a replacement, and does without the old API."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from made import caught, four, raised, ran, row, scene

from recode_data.judge.alignment import static_paths
from recode_data.judge.evidence import FourRuns, Scene
from recode_data.judge.old_api import keeps_old, lost_paths, observed_names
from recode_data.judge.replacement import (
    Replacement,
    find_replacement,
    prints_result,
    still_missing,
)
from recode_data.records import Entry

SAID = "`toy.old` was removed, use `toy.new`."
OLD = "print(toy.old([1, 2]))"
ENTRY = row(OLD, "print(toy.new([1, 2]))", SAID)


def gone(entry: Entry, *new: str, at: str = "toy.old", **more: FourRuns) -> FourRuns:
    """Return runs in which the old code does not find what it reaches for at ``at``."""
    leaf = at.rpartition(".")[2]
    error = f"AttributeError: module 'toy' has no attribute '{leaf}'"
    return four(entry, ("toy.old",), new, old_on_new=raised(entry.old_code, "2.0", at, error, at))


def warns(entry: Entry, *new: str, at: str = "toy.old([1, 2])") -> FourRuns:
    warning = caught(entry.old_code, at, "`old` is deprecated")
    after = ran(entry.old_code, "2.0", "toy.old", warnings=(warning,))
    return four(entry, ("toy.old",), new, old_on_new=after)


def found(new: str, *paths: str, old: str = OLD, text: str = SAID, **more: str) -> Replacement:
    entry = row(old, new, text, **more)
    return find_replacement(scene(entry, four(entry, ("toy.old",), paths)))


def shown(replacement: Replacement) -> list[str]:
    return [ast.unparse(node) for node in replacement.expressions]


# What stands in place of the old call


def test_library_object_that_only_the_new_code_reaches_is_the_replacement() -> None:
    assert found("print(toy.new([1, 2]))", "toy.new").names == {"new"}


def test_call_beside_the_changed_place_is_none() -> None:
    old, new = "toy.setup()\nprint(toy.old(1))", "toy.setup()\nprint(7)"
    assert not found(new, "toy.setup", old=old)


def test_new_keyword_of_an_old_function_is_the_replacement() -> None:
    old, new = "print(toy.f(x, a=1))", "print(toy.f(x, b=1))"
    entry = row(old, new, "The keyword `a` of `toy.f` became `b`.")
    runs = four(entry, ("toy.f", "toy.f(a=)"), ("toy.f", "toy.f(b=)"))
    assert find_replacement(scene(entry, runs)).keywords == {("f", "b")}


def test_symbol_that_the_change_names_decides_where_it_was_reached() -> None:
    known = {"old_symbol": "toy.old", "new_symbol": "toy.new"}
    both = found("print(toy.extra(toy.new([1, 2])))", "toy.new", "toy.extra", **known)
    assert both.names == {"new"}
    other = found("print(toy.extra([1, 2]))", "toy.extra", **known)
    assert other.names == {"extra"}
    keyword = known | {"new_symbol": "toy.old", "old_keyword": "a", "new_keyword": "b"}
    assert found("print(toy.old([1, 2], b=3))", "toy.old(b=)", **keyword).keywords == {("old", "b")}


@pytest.mark.parametrize(
    "new",
    [
        "print([1, 2])",
        "print([n for n in range(1, 3)])",
        "print(sorted({1, 2}))",
        "x = [1]\nx.append(2)\nprint(x)",
    ],
)
def test_result_that_is_printed_or_computed_by_hand_is_none(new: str) -> None:
    assert not found(new)


def test_literal_that_is_printed_in_place_of_a_result_is_told() -> None:
    def literal(old: str, new: str) -> str:
        entry = row(old, new)
        return prints_result(scene(entry, four(entry)))

    assert literal(OLD, "print('[1, 2]')") == "[1, 2]"
    assert literal(OLD, "toy.new([1, 2])\nprint([1, 2])") == "[1, 2]"
    assert literal(OLD, "atexit.register(print, [1, 2], end='')")
    assert literal(OLD, "Thread(target=print, args=([1, 2],)).start()")
    assert literal(OLD, "partial(sys.stdout.write, '[1, 2]')()") == "[1, 2]"
    assert not literal(OLD, "atexit.register(print, toy.new([1, 2]))")
    assert not literal(OLD, "print(toy.new([1, 2]))\nprint('')")
    assert not literal("print(f'[1, 2] {toy.old(1)}')", "print('[1, 2]', toy.new(1))")
    assert not literal(OLD, "print('another label', toy.new([1, 2]))")  # it is not shown


@pytest.mark.parametrize(
    ("old", "new", "text", "stands"),
    [
        (
            "import toy\nt = toy.TAGS + ['b']",
            "import toy\nt = {'a', 'b'}",
            "`toy.TAGS` is a set.",
            0,
        ),
        ("import toy\nt = toy.TAGS + ['b']", "import toy\nt = ['a', 'b']", "It is `a`, `b`.", 1),
        ("import toy\ns = toy.MONTH", "import toy\ns = 'ME'", "Use 'ME' for `toy.MONTH`.", 1),
        ("import toy\ns = toy.MONTH", "import toy\ns = 'ME'", "`toy.MONTH` was removed.", 0),
        ("import toy\ns = toy.f('M')", "import toy\ns = toy.f('ME')", "Months changed.", 1),
    ],
)
def test_literal_stands_for_what_the_library_holds_only_where_the_text_tells_it(
    old: str, new: str, text: str, stands: int
) -> None:
    assert bool(found(new, old=old, text=text)) == bool(stands)


@pytest.mark.parametrize(
    ("new", "message", "missing"),
    [
        ("print(toy.old(1, b=2))", 'You must pass "keys" to it', "keys"),
        ("print(toy.old(1, b=2))", "old() missing 1 required argument: 'keys'", "keys"),
        ("print(toy.old(1, keys=2))", 'You must pass "keys" to it', ""),
        ("print(toy.old(1, 2))", "missing a required argument: 'keys'", ""),
        ("print(toy.old(1, **rest))", 'You must pass "keys" to it', ""),
        ("print(toy.new(1))", "missing a required argument: 'keys'", ""),
        ("print(toy.old(1, b=2))", "it has no attribute 'keys'", ""),
        ("print(toy.old(1, b=2))", 'You must pass "others" to it', ""),
    ],
)
def test_argument_that_the_new_version_misses_has_to_be_given(
    new: str, message: str, missing: str
) -> None:
    old = "print(toy.old(1, a=1))" if "b=" in new else "print(toy.old(1))"
    entry = row(old, new, "`toy.old` requires the argument `keys`.")
    after = raised(entry.old_code, "2.0", "toy.old", f"TypeError: {message}", "toy.old")
    runs = four(entry, ("toy.old",), ("toy.old",), old_on_new=after)
    assert still_missing(scene(entry, runs)) == missing


def test_name_that_is_imported_and_not_used_is_none() -> None:
    old = "from toy import old\nprint(old(1))"
    assert not found("from toy import new\nprint(7)", "toy.new", old=old)
    assert found("from toy import new\nprint(new(1))", "toy.new", old=old)


def test_plain_python_is_one_where_the_text_names_nothing_to_use() -> None:
    text = "`toy.old` of two vectors is deprecated. Compute the result yourself."
    assert shown(found("a = [1, 2]\nprint([a[0], a[1]])", text=text))
    assert not found("print([1, 2])", text=text)


def test_builtin_is_one_where_the_text_names_it() -> None:
    old = "print(toy.truth(1))"
    assert found("print(bool(1))", old=old, text="Use `bool` for `toy.truth`.").names == {"bool"}
    alias = "print(toy.bool(1))"
    assert found("print(bool(1))", old=alias, text="`toy.bool` is `bool`.").names == {"bool"}
    assert not found("print(int(1))", old=old, text="Use `toy.true` for `toy.truth`.")


def test_function_of_another_package_is_one() -> None:
    new = "import pickle\nprint(pickle.loads(data))"
    assert "loads" in found(new, text="`toy.old` is gone. Use `pickle.loads`.").names


def test_value_that_the_text_names_is_seen_in_the_call_around_it() -> None:
    text = "The value 'M' of `toy.grid` is deprecated, use 'ME'."
    old, new = "print(toy.grid('M'))", "print(toy.grid('ME'))"
    entry = row(old, new, text)
    made = find_replacement(scene(entry, four(entry, ("toy.grid",), ("toy.grid",))))
    assert made  # what the call gives is what a wrong value would change


def test_dropped_keyword_leaves_the_call_as_the_place_to_look() -> None:
    old, new = "print(toy.f(x, a=1))", "print(toy.f(x))"
    entry = row(old, new, "The keyword `a` of `toy.f` has no effect and is removed.")
    made = find_replacement(scene(entry, four(entry, ("toy.f", "toy.f(a=)"), ("toy.f",))))
    assert shown(made) == ["toy.f(x)"]


# The old API


def kept(new: str, *paths: str, text: str = SAID, old: str = OLD) -> list[bool]:
    """Return whether new code is refused where the old call fails, and where it warns."""
    entry = row(old, new, text)
    return [bool(keeps_old(scene(entry, runs(entry, *paths)))) for runs in (gone, warns)]


def test_new_code_that_uses_the_replacement_keeps_nothing() -> None:
    assert kept("print(toy.new([1, 2]))", "toy.new") == [False, False]
    assert kept("from toy import new as old\nprint(old([1, 2]))", "toy.new") == [False, False]
    assert kept("def old(x):\n    return toy.new(x)\nprint(old([1, 2]))", "toy.new") == [
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("new", "paths"),
    [
        ("toy.old = toy.new\nprint(toy.old([1, 2]))", ("toy.old=", "toy.new", "toy.old")),
        ("toy.old = sorted\nprint(toy.old([1, 2]))", ("toy.old=", "toy.old")),
        ("setattr(toy, 'old', toy.new)\nprint(toy.old([1, 2]))", ("toy.old=", "toy.new")),
        ("toy.__dict__['old'] = toy.new\nprint(toy.new([1, 2]))", ("toy.__dict__", "toy.new")),
        ("print(vars(toy)['new']([1, 2]))", ("toy.__dict__", "toy.new")),
        ("print(toy.new.__globals__['old']([1, 2]))", ("toy.new",)),
    ],
)
def test_old_api_that_is_put_back_is_refused(new: str, paths: tuple[str, ...]) -> None:
    assert kept(new, *paths) == [True, True]


@pytest.mark.parametrize(
    ("new", "paths"),
    [
        (
            "try:\n    f = toy.old\nexcept AttributeError:\n    f = toy.new\nprint(f([1, 2]))",
            ("toy.old", "toy.new"),
        ),
        ("print(getattr(toy, 'old', toy.new)([1, 2]))", ("toy.old", "toy.new")),
        (
            "if toy.version < 2:\n    print(toy.old([1, 2]))\nelse:\n    print(toy.new([1, 2]))",
            ("toy.version", "toy.new"),
        ),
        (
            "f = toy.new if hasattr(toy, 'new') else toy.old\nprint(f([1, 2]))",
            ("toy.new",),
        ),
        ("from toy import old\nprint(toy.new([1, 2]))", ("toy.new",)),
    ],
)
def test_attempt_at_the_old_api_is_refused_where_it_is_gone(
    new: str, paths: tuple[str, ...]
) -> None:
    assert kept(new, *paths)[0]


def test_function_that_stays_with_another_keyword_is_not_kept() -> None:
    entry = row("print(toy.f(x, a=1))", "print(toy.f(x, b=1))", "Use `b` for `a` of `toy.f`.")
    warning = caught(entry.old_code, "toy.f(x, a=1)", "`a` of `f` is deprecated")
    after = ran(entry.old_code, "2.0", "toy.f", "toy.f(a=)", warnings=(warning,))
    runs = four(entry, ("toy.f", "toy.f(a=)"), ("toy.f", "toy.f(b=)"), old_on_new=after)
    assert keeps_old(scene(entry, runs)) == ""


def test_old_name_in_a_class_of_its_own_is_refused() -> None:
    for body in ("old = staticmethod(toy.new)", "def old(x):\n        return toy.new(x)"):
        assert kept(f"class shim:\n    {body}\nprint(shim.old([1, 2]))", "toy.new") == [True, True]


def test_old_name_taken_of_a_variable_that_was_a_module_is_refused() -> None:
    new = "import types\ntoy = types.SimpleNamespace(old=sorted)\nprint(toy.old([1, 2]))"
    assert kept(new)[0]


def test_old_function_from_another_place_than_the_text_names_is_refused() -> None:
    new = "from toy._parts import old\nprint(old([1, 2]))"
    assert kept(new, "toy._parts.old") == [True, True]
    assert kept("from toy import new\n" + new, "toy.new", "toy._parts.old") == [True, True]
    moved = new.replace("_parts", "parts")
    text = "`toy.old` is gone since 2.0, import it from `toy.parts` instead."
    assert kept(moved, "toy.parts.old", text="`toy.old` has moved to `toy.parts.old`.") == [
        False,
        False,
    ]
    assert kept(moved, "toy.parts.old", text=text) == [False, False]


def test_attribute_of_the_same_name_on_another_object_is_not_the_old_api() -> None:
    old = "e = toy.Engine()\nprint(e.execute('x'))"
    new = "e = toy.Engine()\nprint(e.connect().execute('x'))"
    for text in (
        "`Engine.execute` was removed.",
        "`Engine.execute` was removed. Use `connect` and `Connection.execute`.",
        "`Engine.execute` was removed. Use `Engine.connect`.",
    ):
        entry = row(old, new, text)
        runs = four(
            entry, ("toy.Engine.execute",), ("toy.Engine.connect", "toy.Connection.execute"),
            old_on_new=raised(entry.old_code, "2.0", "e.execute",
                              "AttributeError: 'Engine' object has no attribute 'execute'",
                              "toy.Engine.execute"),
        )  # fmt: skip
        assert keeps_old(scene(entry, runs)) == ""


# What was lost


def test_paths_that_failed_are_those_of_the_failing_line() -> None:
    entry = row("print(toy.fine)\nprint(toy.old)", "print(toy.fine)\nprint(toy.new)", SAID)
    run = raised(entry.old_code, "2.0", "toy.old", "AttributeError: no attribute 'old'",
                 "toy.fine", "toy.old")  # fmt: skip
    lost: Scene = scene(entry, four(entry, old_on_new=run))
    assert lost_paths(lost) == {"toy.old"} and observed_names(lost) == {"old"}
    clean = scene(entry, four(entry))
    assert lost_paths(clean) == set() and observed_names(clean) == set()


def test_import_that_fails_loses_what_it_names() -> None:
    entry = row("from toy.parts import old", "from toy import old", "`toy.parts` is gone.")
    run = raised(entry.old_code, "2.0", "from toy.parts import old",
                 "ModuleNotFoundError: No module named 'toy.parts'")  # fmt: skip
    assert lost_paths(scene(entry, four(entry, old_on_new=run))) == {"toy.parts"}
    named = replace(run, exception="ImportError", message="cannot import name 'old' from 'toy'")
    assert lost_paths(scene(entry, four(entry, old_on_new=named))) == {"toy.parts.old"}


def test_paths_that_stand_in_a_program_are_found_whether_it_comes_to_them_or_not() -> None:
    code = "import toy as t\nfrom toy.parts import f\nif 0:\n    t.old.deep(1)\nx.y"
    assert static_paths(ast.parse(code)) >= {"toy.old", "toy.old.deep", "toy.parts.f"}
    assert not any(path.endswith(".y") for path in static_paths(ast.parse(code)))


def test_method_that_fails_is_not_defined_again_in_a_class_of_its_own() -> None:
    old = "from toy import List\nx = List([1])\nx.append(2)\nprint(x)"
    new = (
        "from toy import List as Base\nclass List(Base):\n    def append(self, value):\n"
        "        self.add(value)\nx = List([1])\nx.append(2)\nprint(x)"
    )
    entry = row(old, new, "`List.append` is not implemented any more. Use `add`.")
    paths = ("toy.List", "toy.List.append")
    after = raised(old, "2.0", "x.append(2)", "NotImplementedError: use `x.add`", *paths)
    runs = four(entry, paths, ("toy.List", "toy.List.add"), old_on_new=after)
    assert keeps_old(scene(entry, runs)) == "it defines append again"


def test_attribute_that_both_take_is_no_replacement_under_another_path() -> None:
    old, new = "print(toy.case([toy.t.size]))", "print(toy.case(toy.t.size))"
    entry = row(old, new, "`toy.case` takes its conditions one by one.")
    runs = four(entry, ("toy.case", "toy.t.size"), ("toy.case", "toy.t.columns.size"))
    replacement = find_replacement(scene(entry, runs))
    assert not replacement.names and shown(replacement)
    old, new = "print(toy.g.loops())", "print(toy.loops(toy.g))"
    entry = row(old, new, "`loops` moved from graphs to functions.")
    runs = four(entry, ("toy.g", "toy.Graph.loops"), ("toy.g", "toy.loops"))
    assert find_replacement(scene(entry, runs)).names == {"loops"}


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("`toy.old` was removed. Use `toy.new`.", False),
        ("`toy.old` was removed. The module `json` has it.", True),
        ("`toy.old` was removed. Use `dumps` or `toy.new`.", True),
    ],
)
def test_another_package_is_one_only_where_something_names_it(text: str, stands: bool) -> None:
    for new in (
        "import json\nprint(json.dumps([1, 2]))",
        "from json import dumps\nprint(dumps(1))",
    ):
        old = "import toy\nprint(toy.old([1, 2]))"
        entry = row(old, new, text)
        assert bool(find_replacement(scene(entry, gone(entry)))) is stands
