"""Calls that go to another callable: keywords of other names, and defaults that differ."""

from __future__ import annotations

import pytest

from recode_data.api.snapshot import ApiSymbol, Parameter
from recode_data.api.symbols import Symbols
from recode_data.codemods.arguments import AS_THEY_ARE, Arguments, arguments_between
from recode_data.codemods.program import Use
from recode_data.codemods.shapes.member import rename_member
from recode_data.codemods.shapes.rename import rename


def fact(path: str, *parameters: str) -> ApiSymbol:
    """A callable whose parameters are written ``name``, ``name=default`` or ``**name``."""
    listed = []
    for one in parameters:
        name, _, default = one.lstrip("*").partition("=")
        kind = "VAR_KEYWORD" if one.startswith("**") else "POSITIONAL_OR_KEYWORD"
        listed.append(Parameter(name, kind, default))
    return ApiSymbol(path, "callable", False, tuple(listed), True, (), "frames", "", "")


def told(*facts: ApiSymbol) -> Symbols:
    return {one.path: one for one in facts}


LABELS = {
    "1": told(fact("frames.set_labels", "self", "labels", "inplace=False")),
    "2": told(
        fact("frames.set_labels", "self", "labels", "inplace=False"),
        fact("frames.set_codes", "self", "codes", "inplace=False"),
    ),
    "3": told(fact("frames.set_codes", "self", "codes")),
}
TABLES = {
    "1": told(
        fact("frames.read_table", "path", "sep='\\t'", "low=True"),
        fact("frames.read_csv", "path", "sep=','", "low=True"),
    ),
    "2": told(
        fact("frames.read_table", "path", "sep=False", "low=True"),
        fact("frames.read_csv", "path", "sep=','", "low=True"),
    ),
    "3": told(fact("frames.read_table", "path", "sep="), fact("frames.read_csv", "path", "sep=")),
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x.set_labels(labels=[1])", "x.set_codes(codes=[1])"),
        ("x.set_labels([1])", "x.set_codes([1])"),
        ("x.set_labels([1], inplace=True)", "x.set_codes([1], inplace=True)"),
        ("x.set_labels([1], depth=1)", None),
    ],
)
def test_a_keyword_is_called_as_the_new_method_calls_it(before: str, after: str | None) -> None:
    there = arguments_between("frames.set_labels", "frames.set_codes", LABELS)
    use = Use("frames.Index.set_labels", frozenset({(1, len("x.set_labels"))}))
    expected = after and f"{after}\n"
    assert rename_member(f"{before}\n", use, "set_codes", arguments=there) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("read_table(p)", "read_csv(p, sep='\\t')"),
        ("read_table(p, low=False)", "read_csv(p, low=False, sep='\\t')"),
        ("read_table(p, sep=';')", "read_csv(p, sep=';')"),
        ("read_table(p, ';')", "read_csv(p, ';')"),
        ("read_table(p, sep=',')", "read_csv(p)"),
        ("read_table(p, **options)", None),
    ],
)
def test_a_default_that_differs_is_written_out(before: str, after: str | None) -> None:
    there = arguments_between("frames.read_table", "frames.read_csv", TABLES)
    code = f"from frames import read_table\n\n{before}\n"
    expected = after and f"from frames import read_csv\n\n{after}\n"
    assert rename(code, Use("frames.read_table"), "frames.read_csv", there) == expected


def test_an_example_of_the_new_function_is_turned_back_with_the_default_of_its_own() -> None:
    back = arguments_between("frames.read_csv", "frames.read_table", TABLES)
    code = "from frames import read_csv\n\nread_csv(p)\nread_csv(q, sep='\\t')\n"
    assert rename(code, Use("frames.read_csv"), "frames.read_table", back) == (
        "from frames import read_table\n\nread_table(p, sep=',')\nread_table(q)\n"
    )


def test_what_takes_any_keyword_is_given_every_one() -> None:
    facts = {"1": told(fact("frames.f", "a", "b=1"), fact("frames.g", "a", "**rest"))}
    assert arguments_between("frames.f", "frames.g", facts).taken is None
    assert arguments_between("frames.f", "frames.unknown", facts) == AS_THEY_ARE == Arguments()


def test_the_same_value_written_in_another_way_is_no_other_default() -> None:
    facts = {"1": told(fact("frames.f", "tol=1e-3"), fact("frames.g", "tol=0.001"))}
    assert arguments_between("frames.f", "frames.g", facts).defaults == {}


def test_a_default_whose_source_is_no_literal_is_not_compared() -> None:
    for source in ("(Kernel(),)", "nan"):
        facts = {"1": told(fact("frames.f", f"a={source}"), fact("frames.g", "a=1"))}
        assert arguments_between("frames.f", "frames.g", facts).defaults == {}
