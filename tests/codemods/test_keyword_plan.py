"""Plans for changes of a keyword, and the values that it gets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from frames import NARROW, change, fact, plan_of

from recode_data.api.snapshot import ApiSymbol, Parameter
from recode_data.api.symbols import Symbols
from recode_data.codemods.notes import stated_value
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import Plan
from recode_data.codemods.values import values_for, values_to_leave_out
from recode_data.reasons import Reason


def test_a_keyword_that_a_warning_puts_in_quotes() -> None:
    now = fact("frames.f", "a", "order", member=False)
    before = fact("frames.f", "a", "moment", member=False)
    facts: dict[str, Symbols] = {"1": {now.path: before}, "2": {}, "3": {now.path: now}}
    text = "`frames.f`: Keyword 'moment' is deprecated in favour of 'order'."
    planned = plan_of(change(text, "frames.f"), facts)
    assert isinstance(planned, Plan)
    assert (planned.old_keyword, planned.new_keyword) == ("moment", "order")
    text = "`frames.f`: 'moment' is deprecated and only functional with 'order'."
    planned = plan_of(change(text, "frames.f"), facts)
    assert isinstance(planned, Plan)
    assert (planned.old_keyword, planned.new_keyword) == ("moment", "")


def test_a_keyword_that_takes_another_type_is_no_rename() -> None:
    def f(name: str, default: str) -> ApiSymbol:
        return replace(NARROW, path="frames.f", member=False, parameters=(
            Parameter(name, "KEYWORD_ONLY", default),
        ))  # fmt: skip

    text = "`frames.f`: use `use_sentinel` instead of `sentinel`, which is deprecated."
    for default, told in (("True", Reason.OTHER_VALUES), ("-2", None)):
        facts: dict[str, Symbols] = {
            "1": {"frames.f": f("sentinel", "-1")},
            "2": {"frames.f": f("sentinel", "")},  # a private object, while it is deprecated
            "3": {"frames.f": f("use_sentinel", default)},
        }
        planned = plan_of(change(text, "frames.f"), facts)
        assert planned == told if told else isinstance(planned, Plan)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "The loss 'ls' was deprecated in v1.0. Use `loss='squared_error'` which is the same.",
            ("loss", "'ls'", "'squared_error'"),
        ),
        (
            'String option `"none"` is deprecated for `penalty` and will go. Use `None` instead.',
            ("penalty", '"none"', "None"),
        ),
        ("`criterion='mae'` is deprecated. The right way is to use `loss='lad'` instead.", None),
        ("The option 'mean' is deprecated.", None),
    ],
)
def test_a_value_that_a_text_says_is_another_now(
    text: str, told: tuple[str, str, str] | None
) -> None:
    assert stated_value(text) == told


def test_a_value_that_is_another_now_is_put_in_where_no_example_gives_it() -> None:
    known = fact("frames.fit", "x", "loss", member=False)
    facts: dict[str, Symbols] = {"1": {known.path: known}, "2": {known.path: known}, "3": {}}
    text = "The loss 'ls' was deprecated. Use `loss='squared_error'` instead."
    planned = plan_of(change(text, "frames.fit"), facts)
    assert isinstance(planned, Plan)
    code = "from frames import fit\n\nprint(fit(3))\n"
    pairs = planned.recipes[-1].rewrite(code, Use("frames.fit"))
    assert pairs == [
        (
            "from frames import fit\n\nprint(fit(3, loss='ls'))\n",
            "from frames import fit\n\nprint(fit(3, loss='squared_error'))\n",
        )
    ]


def test_placeholders_are_no_values() -> None:
    with_warning = Parameter("jobs", "KEYWORD_ONLY", "'deprecated'", documented="{'warn', 3}")
    known = replace(NARROW, parameters=(with_warning,))
    assert values_for(known, "jobs") == ["3"]


def test_a_keyword_is_left_out_only_with_a_value_that_does_nothing() -> None:
    given = Parameter("normed", "KEYWORD_ONLY", "False")
    known = replace(NARROW, parameters=(given,))
    assert values_to_leave_out(known, "normed", "`normed` is deprecated.") == ["False"]
    assert "True" in values_to_leave_out(known, "normed", "`normed` has no effect.")
    silent = replace(given, default="None", documented="bool")
    unknown = replace(NARROW, parameters=(silent,))
    assert values_to_leave_out(unknown, "normed", "`normed` is deprecated.") == ["False"]


def test_a_keyword_whose_replacement_takes_an_object_is_no_rename() -> None:
    before = fact("frames.read", "path", "use_calendar", "times", member=False)
    now = fact("frames.read", "path", "times", member=False)
    facts: dict[str, Symbols] = {
        "1": {now.path: before},
        "2": {now.path: before},
        "3": {now.path: now},
    }
    text = "`use_calendar` is deprecated. Use `times={}` in `frames.read`."
    for value, told in (("Coder(use_calendar=True)", True), ("True", False)):
        planned = plan_of(
            replace(
                change(text.format(value), "frames.read"),
                old_keyword="use_calendar",
                new_keyword="times",
                new_symbol="frames.read",
            ),
            facts,
        )
        assert (planned == Reason.OTHER_VALUES) is told


@pytest.mark.parametrize(("documented", "told"), [("bool, optional", True), ("str", False)])
def test_a_flag_whose_replacement_takes_a_string_is_no_rename(documented: str, told: bool) -> None:
    spread = Parameter("spread", "POSITIONAL_OR_KEYWORD", "None", documented=documented)
    before = replace(fact("frames.apply", "table", member=False), parameters=(spread,))
    now = fact("frames.apply", "table", "kind", member=False)
    facts: dict[str, Symbols] = {
        "1": {now.path: before},
        "2": {now.path: before},
        "3": {now.path: now},
    }
    noted = change("`frames.apply`: `spread` is replaced by `kind='wide'`.", "frames.apply")
    noted = replace(noted, old_keyword="spread", new_keyword="kind", new_symbol="frames.apply")
    planned = plan_of(noted, facts)
    assert (planned == Reason.OTHER_VALUES) is told


def test_a_parameter_that_is_named_with_its_function() -> None:
    before = fact("frames.update", "table", "condition", member=False)
    now = fact("frames.update", "table", member=False)
    facts: dict[str, Symbols] = {
        "1": {now.path: before},
        "2": {now.path: before},
        "3": {now.path: now},
    }
    text = "`frames.update`: The `_all.update.condition` parameter is deprecated."
    planned = plan_of(change(text, "frames.update"), facts)
    assert isinstance(planned, Plan)
    assert planned.old_keyword == "condition"


def test_a_value_of_another_keyword_is_no_new_name_of_the_old_one() -> None:
    both = fact("frames.read", "path", "load", "opened", member=False)
    now = fact("frames.read", "path", "opened", member=False)
    facts: dict[str, Symbols] = {"1": {now.path: both}, "2": {now.path: both}, "3": {now.path: now}}
    for use, renames in (("`read(..., opened=False)`", False), ("`opened`", True)):
        text = f"The `load` parameter of `read` is deprecated. Use {use} instead."
        told = replace(
            change(text, now.path),
            old_keyword="load",
            new_keyword="opened",
            new_symbol=now.path,
        )
        planned = plan_of(told, facts)
        assert isinstance(planned, Plan) is renames


def reader(*flags: Parameter) -> dict[str, Symbols]:
    """A reader with flags that ``sep``, which always stood beside them, makes superfluous."""
    sep = Parameter("sep", "POSITIONAL_OR_KEYWORD", "None")
    path = Parameter("path", "POSITIONAL_OR_KEYWORD", None)
    old = replace(NARROW, path="frames.read", member=False, parameters=(path, sep, *flags))
    new = replace(old, parameters=(path, sep))
    return {"1": {old.path: old}, "2": {old.path: old}, "3": {new.path: new}}


@pytest.mark.parametrize(
    ("flag", "text", "old", "new"),
    [
        (("False", ""), r"`blanks` is deprecated. Use ``sep='\s+'`` instead.", "True", r"'\\s+'"),
        (("True", ""), "The parameter `blanks` is deprecated. Use `sep=None`.", "False", "None"),
        (("", "bool, default False"), 'Use ``sep=" "`` in place of `blanks`.', "True", "' '"),
        (("", "boolean, optional (default=True)"), "Use sep=-1 for `blanks`.", "False", "-1"),
    ],
)
def test_a_flag_that_is_a_value_of_another_keyword_now(
    flag: tuple[str, str], text: str, old: str, new: str
) -> None:
    blanks = Parameter("blanks", "KEYWORD_ONLY", flag[0], documented=flag[1])
    noted = replace(
        change(f"`frames.read`: {text}", "frames.read"), kind="deprecated", old_keyword="blanks",
        new_symbol="frames.read", new_keyword="sep",
    )  # fmt: skip
    planned = plan_of(noted, reader(blanks))
    assert isinstance(planned, Plan)
    assert {recipe.rule for recipe in planned.recipes} == {"keyword_flag", "keyword_put_in"}
    code = "import frames\n\nprint(frames.read('a'{}))\n"
    before, after = code.format(f", blanks={old}"), code.format(f", sep={new}")
    assert planned.recipes[0].rewrite(before, Use("frames.read")) == [(before, after)]
    assert planned.recipes[1].rewrite(after, Use("frames.read")) == [(before, after)]
    assert planned.recipes[2].rewrite(code.format(""), Use("frames.read")) == [(before, after)]
    other = code.format(f", blanks={'True' if old == 'False' else 'False'}")
    assert planned.recipes[0].rewrite(other, Use("frames.read")) == []
    assert planned.recipes[0].rewrite(before.replace("'a'", "'a', sep=1"), Use("frames.read")) == []


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        (("None", ""), "`blanks` is deprecated. Use `sep=' '` instead."),
        (("False", ""), "`blanks` is deprecated. Use `sep=' '` or `sep=','` instead."),
        (("False", ""), "`blanks` is deprecated. Use `sep=blank()` instead."),
    ],
)
def test_no_value_of_another_keyword_is_guessed(flag: tuple[str, str], text: str) -> None:
    blanks = Parameter("blanks", "KEYWORD_ONLY", flag[0], documented=flag[1])
    noted = replace(
        change(f"`frames.read`: {text}", "frames.read"), kind="deprecated", old_keyword="blanks",
        new_symbol="frames.read", new_keyword="sep",
    )  # fmt: skip
    planned = plan_of(noted, reader(blanks))
    assert not isinstance(planned, Plan) or planned.recipes[0].rule != "keyword_flag"
