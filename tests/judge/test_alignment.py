"""Where two programs differ, and what they have in common around it."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recode_data.judge.alignment import Site, align, covers, local_names, only_moved

Shown = tuple[str, str]


def text(node: ast.AST | None) -> str:
    return ast.unparse(node) if node is not None else ""


def sites(old: str, new: str) -> list[Shown]:
    return [(text(site.old), text(site.new)) for site in align(old, new).sites]


def only(old: str, new: str) -> Site:
    (site,) = align(old, new).sites
    return site


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("f(a)", "g(a)", [("f(a)", "g(a)")]),
        ("m.f(a)", "m.g(a)", [("m.f(a)", "m.g(a)")]),
        ("print(m.f(a))", "print(m.g(a))", [("m.f(a)", "m.g(a)")]),
        ("f(a, mode='x')", "f(a, mode='y')", [("'x'", "'y'")]),
        ("f(a, old=1)", "f(a, new=1)", [("f(a, old=1)", "f(a, new=1)")]),
        ("f(a)", "f(a, new=1)", [("f(a)", "f(a, new=1)")]),
        ("f(a=1, b=2)", "f(b=2, a=1)", []),
        ("x = m.NaN", "x = m.nan", [("m.NaN", "m.nan")]),
        ("a.f().h()", "a.g().h()", [("a.f()", "a.g()")]),
        ("f(*a)", "g(*a)", [("f(*a)", "g(*a)")]),
        ("x[0]", "x.iloc[0]", [("x", "x.iloc")]),
        ("f(1)\nf(2)", "g(1)\ng(2)", [("f(1)", "g(1)"), ("f(2)", "g(2)")]),
        ("f(a)", "f(a)  # a comment", []),
        ("'a' 'b'", "'ab'", []),
    ],
)
def test_place_is_as_small_as_it_can_be(old: str, new: str, expected: list[Shown]) -> None:
    assert sites(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("a = 1\nprint(a)", "b = 1\nprint(b)", True),
        ("for i in x:\n    print(i)", "for n in x:\n    print(n)", True),
        ("def f(a):\n    return a\nprint(f(1))", "def g(b):\n    return b\nprint(g(1))", True),
        ("a, b = 1, 2\nprint(a - b)", "b, a = 1, 2\nprint(b - a)", True),
        ("a, b = 1, 2\nprint(a - b)", "a, b = 1, 2\nprint(b - a)", False),
        ("print(len)", "print(max)", False),
        ("x = 1\nprint(x)", "x = 1\nprint(y)", False),
        (
            "try:\n    f()\nexcept E as e:\n    g(e)",
            "try:\n    f()\nexcept E as x:\n    g(x)",
            True,
        ),
    ],
)
def test_local_names_may_differ_if_one_always_stands_for_the_other(
    old: str, new: str, same: bool
) -> None:
    assert (sites(old, new) == []) is same


def test_expressions_around_a_place_are_told_from_the_outermost_in() -> None:
    site = only("print(sum(m.f(a)))", "print(sum(m.g(a)))")
    assert [(text(old), text(new)) for old, new in site.levels] == [
        ("print(sum(m.f(a)))", "print(sum(m.g(a)))"),
        ("sum(m.f(a))", "sum(m.g(a))"),
        ("m.f(a)", "m.g(a)"),
    ]
    assert text(site.old_statement) == "print(sum(m.f(a)))"
    assert text(site.new_statement) == "print(sum(m.g(a)))"


def test_name_of_a_method_is_no_value_but_what_it_is_called_on_is() -> None:
    site = only("print(a.f(1).h())", "print(a.g(1).h())")
    assert [text(old) for old, _ in site.levels] == [
        "print(a.f(1).h())",
        "a.f(1).h()",
        "a.f(1)",
    ]


def test_statement_that_one_program_has_alone_is_a_place_without_the_other_side() -> None:
    old, new = "import m\nm.f(1)", "import m\nfrom m import n\nm.f(1)"
    assert sites(old, new) == [("", "from m import n")]
    assert sites(new, old) == [("from m import n", "")]
    assert only(old, new).levels == []


def test_name_of_one_module_may_differ() -> None:
    assert sites("import m as a\nprint(a.f(1))", "import m as b\nprint(b.f(1))") == [
        ("m as a", "m as b")
    ]
    other = sites("import m as a\nprint(a.f(1))", "import n as b\nprint(b.f(1))")
    assert ("a.f(1)", "b.f(1)") in other


def test_import_that_moves_is_one_place() -> None:
    moved = "from m import f\nprint(f(1))", "from m.parts import f\nprint(f(1))"
    assert sites(*moved) == [("from m import f", "from m.parts import f")]


def test_programs_that_differ_in_imports_alone_are_told() -> None:
    moved = align("from m import f\nprint(f(1))", "from m.parts import f\nprint(f(1))")
    assert only_moved(moved)
    assert not only_moved(align("from m import f\nf(1)", "from m import g\ng(1)"))
    assert only_moved(align("import m\nm.f(1)", "import m, n\nm.f(1)"))


def test_block_that_was_put_around_the_old_code_is_looked_into() -> None:
    found = sites("r = m.f(1)", "with warnings.catch_warnings():\n    r = m.g(1)")
    assert ("m.f(1)", "m.g(1)") in found
    assert any(not old and new.startswith("with") for old, new in found)
    found = sites("r = m.f(1)", "try:\n    r = m.g(1)\nexcept AttributeError:\n    r = m.f(1)")
    assert ("m.f(1)", "m.g(1)") in found


def test_place_in_a_function_is_found_as_one_at_the_top_is() -> None:
    old = "def use(a):\n    if a:\n        return m.f(a)\n    return 0\nprint(use(1))"
    assert sites(old, old.replace("m.f", "m.g")) == [("m.f(a)", "m.g(a)")]


def test_local_names_are_what_a_program_binds_itself() -> None:
    code = "import m\na = 1\ndef f(b):\n    pass\nclass C: pass\nfor d in a: pass"
    assert local_names(ast.parse(code)) == {"a", "f", "b", "C", "d"}


def test_position_is_covered_from_its_first_to_before_its_last_column() -> None:
    node = ast.parse("x = f(1)").body[0].value  # type: ignore[attr-defined]
    assert [covers(node, 1, column) for column in (3, 4, 7, 8)] == [False, True, True, False]
    assert not covers(node, 2, 4)


def test_what_is_not_python_raises_as_the_parser_does() -> None:
    with pytest.raises(SyntaxError):
        align("x = 1", "print 1")


LINES = ["f(1)", "x = [1, 2]", "print(x)", "if x:\n    g(x)", "y = x", "import m", "m.f(y)"]


@given(st.lists(st.sampled_from(LINES)), st.lists(st.sampled_from(LINES)))
def test_any_two_programs_are_aligned_and_a_program_with_itself_differs_nowhere(
    old: list[str], new: list[str]
) -> None:
    codes = "\n".join(old), "\n".join(new)
    assert align(codes[0], codes[0]).sites == []
    there, back = align(*codes).sites, align(codes[1], codes[0]).sites
    assert bool(there) == bool(back)
    for site in there:
        assert site.old is not None or site.new is not None
