"""What the rules engine makes of a change, from its note and from what versions say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recode_data.library import Library
from recode_data.records import Caught, Change, Run
from recode_data.synthesize.rules.candidates import Base, Candidate, rewritten
from recode_data.synthesize.rules.describe import description
from recode_data.synthesize.rules.facts import Fact, Facts, Parameter
from recode_data.synthesize.rules.notes import (
    filled,
    left_to_a_writer,
    stated_value,
    successor,
    unfit,
)
from recode_data.synthesize.rules.plan import plan
from recode_data.synthesize.rules.planned import Plan
from recode_data.synthesize.rules.recipes import renamed
from recode_data.synthesize.rules.search import ROUND, Work
from recode_data.synthesize.rules.source import Use
from recode_data.synthesize.rules.spellings import resolved
from recode_data.synthesize.rules.trial import Runs, pairs_to_try, verdict
from recode_data.synthesize.rules.values import values_for, values_to_leave_out
from recode_data.synthesize.usage import Snippet

LIBRARY = Library(name="frames", matrix=["1", "2", "3"])


def change(text: str, old: str = "frames.Table.drop", kind: str = "deprecated") -> Change:
    return Change("frames", "2", kind, text, "", "sdist", "x", "", old)  # type: ignore[arg-type]


def fact(path: str, *names: str, member: bool = True, by_name: tuple[str, ...] = ()) -> Fact:
    given = [Parameter("self", "POSITIONAL_OR_KEYWORD", "")] if member else []
    given += [Parameter(name, "POSITIONAL_OR_KEYWORD", "None") for name in names]
    given += [Parameter(name, "KEYWORD_ONLY", "None") for name in by_name]
    return Fact(path, "callable", member, tuple(given), True, (), "frames", "", "")


WIDE = fact("frames.Table.drop", "labels", "axis", "inplace")
NARROW = fact("frames.Table.drop", "labels", by_name=("axis", "inplace"))
FACTS: dict[str, Facts] = {"1": {WIDE.path: WIDE}, "2": {WIDE.path: WIDE}, "3": {WIDE.path: NARROW}}
LIST = "Deprecated passing arguments as positional for: `Table.drop` (other than `labels`)."


@pytest.mark.parametrize("kind", ["deprecated", "keyword_only", "behaviour", "removed"])
def test_arguments_by_name_whatever_the_kind_is_called(kind: str) -> None:
    planned = plan(change(LIST, kind=kind), LIBRARY, FACTS, {})
    assert isinstance(planned, Plan)
    assert {recipe.rule for recipe in planned.recipes} == {"keyword_only"}
    assert planned.old_keyword == ""
    assert pairs_to_try(planned, list(FACTS), FACTS) == [("1", "2"), ("2", "3")]


def test_what_goes_later_is_no_proof_of_a_removal() -> None:
    recipe = renamed("frames.old", "frames.new", {})[0]
    known = fact("frames.old", member=False)
    facts: dict[str, Facts] = {"1": {known.path: known}, "2": {known.path: known}, "3": {}}
    text = "`old` no longer accepts text."
    removed = Plan(change(text, "frames.old", "removed"), (recipe,), "frames.old")
    assert pairs_to_try(removed, list(facts), facts) == [("1", "2")]
    announced = Plan(change(text, "frames.old", "deprecated"), (recipe,), "frames.old")
    assert pairs_to_try(announced, list(facts), facts)[:2] == [("1", "2"), ("2", "3")]


def test_what_always_took_its_arguments_by_position_is_no_such_change() -> None:
    same = {version: {WIDE.path: WIDE} for version in FACTS}
    assert plan(change(LIST), LIBRARY, same, {}) == "no replacement told"
    assert plan(change(LIST, kind="behaviour"), LIBRARY, same, {}).startswith("behaviour")  # type: ignore[union-attr]
    assert left_to_a_writer(change("It rounds now.", kind="behaviour"))


@pytest.mark.parametrize(
    ("text", "old", "why"),
    [
        ("`Table.drop` is gone.", "frames.Table.drop", ""),
        (
            "Changed the default of `drop`.",
            "frames.Table.drop",
            "a changed default: left to a writer",
        ),
        (": DEP: table: remove drop", "frames.Table.drop", "the title of a pull request"),
        (
            "It contained the following 3 merges:\n\n- MAINT: no drop (#3)",
            "frames.Table.drop",
            "the title of a pull request",
        ),
        (
            "`frames.misc.comb`: `arrayrange` is deprecated, use `arange`.",
            "frames.misc.comb",
            "the note does not name it",
        ),
        ("`frames.hann`: from 'frames' is deprecated. Use 'frames.windows'.", "frames.hann", ""),
        (
            "`frames.fromtext`: Without an argument `fromtext` falls back on `frombytes`.",
            "frames.fromtext",
            "the note does not say what becomes of it",
        ),
        ("`frames.Table.valid`: this method will be removed.", "frames.Table.valid", ""),
    ],
)
def test_a_note_that_speaks_of_something_else(text: str, old: str, why: str) -> None:
    assert unfit(change(text, old)) == why


def run(stdout: str = "3\n", warned: str = "") -> Run:
    warnings = (Caught("DeprecationWarning", warned, 1),) if warned else ()
    return Run("x", "y", "frames", "1", "3.11", "1", "clean", warnings=warnings, stdout=stdout)


def test_old_code_that_is_warned_of_at_once_is_no_example() -> None:
    recipe = renamed("frames.old", "frames.new", {})[0]
    snippet = Snippet("x", "here", "docs", "", "", "", "x")
    candidate = Candidate(Base(recipe, snippet), "x", "y")
    planned = Plan(change("`old` is gone", "frames.old"), (recipe,), "frames.old")
    late = Runs(run(), run(warned="old is deprecated"), run())
    early = replace(late, old_on_old=run(warned="old is deprecated"))
    assert verdict(candidate, planned, late) == "ok"
    assert verdict(candidate, planned, early) == "old code is warned of at once"
    other = replace(late, new_on_new=run(warned="`more` is deprecated"))
    assert verdict(candidate, planned, other) == "new code is warned of"
    written_out = replace(candidate, new_code="y(old=3)")  # it warned too, of itself
    same = replace(late, new_on_new=late.old_on_new)
    assert verdict(written_out, replace(planned, new_symbol=planned.old_symbol), same) == (
        "new code is warned of"
    )


def test_a_change_whose_first_programs_all_fail_is_given_up() -> None:
    work = Work(Plan(change("x"), (), "frames.old"), [("1", "2")])
    work.tried = {str(number) for number in range(ROUND)}
    work.reasons.update({"old code fails": ROUND})
    assert work.hopeless
    work.reasons.update({"prints something else": 1})
    assert not work.hopeless


@pytest.mark.parametrize(
    ("title", "doc", "kind", "code", "told"),
    [
        ("test_raises", "", "class", "print(f(3))", "Show a value, and"),
        ("test_raises", "", "class", "x = g(f(3))\nprint(x)", "Show what `g` returns, and"),
        ("test_raises", "A byte string.", "class", "print(g.h(f))", "Show what `g.h` returns,"),
        ("test_x_1", "Create a void scalar.", "class", "print(drop(3))", "Create a void scalar,"),
        ("test_x_1", "Create a void scalar.", "class", "print(g(drop))", "Show what `g` returns,"),
        ("test_x_1", "An array with ones.", "callable", "f", "Show an array with ones."),
        ("test_masked", "", "class", "print(f)", "Show a value, and"),
        ("test_h", "", "class", "print(f.det(np.eye(3)))", "Show what `det` returns,"),
        ("test_h", "", "class", "print(g(3).f)", "Show a value,"),
        ("test_h", "", "class", "print(f(np.eye(3)))", "Show a value,"),
        ("test_h", "", "class", "b = g(3)\nprint((b * b.f).toarray())", "Show what `toarray` ret"),
    ],
)
def test_a_description_says_what_the_program_does(
    title: str, doc: str, kind: str, code: str, told: str
) -> None:
    snippet = Snippet("x", "here", "test", title, "Mask where equal.", "", "x")
    known = replace(WIDE, kind=kind, doc=doc)
    assert description(code, snippet, ("f",), known).startswith(told)


def test_the_inputs_of_a_documented_function_are_no_example_of_it() -> None:
    snippet = Snippet("x", "here", "docstring", "ma.masked_object", "Mask the array.", "", "x")
    code = "x = np.array(['ham'], dtype=np.object0)\nprint(x)\n"
    told = "Show what `np.array` returns, and print the result."
    assert description(code, snippet, ("object0", "object_")) == told
    used = "print(masked_object([3], 3))\n"
    assert description(used, snippet, ()) == "Mask the array, and print the result."


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("import numpy as np\n\nprint(np.f(3))\n", 1),
        ("import numpy as np\nimport numpy.core.umath as ncu\n\nprint(ncu.f(np.f(3)))\n", 0),
        ("import numpy as np\n\nx = 3\nx = x\nprint(np.f(x))\n", 0),
        ("from scipy._lib.util import g\nimport numpy as np\n\nprint(g(np.f(3)))\n", 0),
    ],
)
def test_programs_that_need_the_inside_of_a_library_are_left(code: str, kept: int) -> None:
    recipe = renamed("numpy.f", "numpy.g", {})[0]
    snippet = Snippet(code, "here", "test", "", "", "", "")
    assert len(list(rewritten(Base(recipe, snippet), None))) == kept


def test_a_keyword_that_a_warning_puts_in_quotes() -> None:
    now = fact("frames.f", "a", "order", member=False)
    before = fact("frames.f", "a", "moment", member=False)
    facts: dict[str, Facts] = {"1": {now.path: before}, "2": {}, "3": {now.path: now}}
    text = "`frames.f`: Keyword 'moment' is deprecated in favour of 'order'."
    planned = plan(change(text, "frames.f"), LIBRARY, facts, {})
    assert isinstance(planned, Plan)
    assert (planned.old_keyword, planned.new_keyword) == ("moment", "order")
    text = "`frames.f`: 'moment' is deprecated and only functional with 'order'."
    planned = plan(change(text, "frames.f"), LIBRARY, facts, {})
    assert isinstance(planned, Plan)
    assert (planned.old_keyword, planned.new_keyword) == ("moment", "")


def test_a_keyword_that_takes_another_type_is_no_rename() -> None:
    def f(name: str, default: str) -> Fact:
        return replace(NARROW, path="frames.f", member=False, parameters=(
            Parameter(name, "KEYWORD_ONLY", default),
        ))  # fmt: skip

    text = "`frames.f`: use `use_sentinel` instead of `sentinel`, which is deprecated."
    for default, told in (("True", "the new keyword takes something else"), ("-2", "")):
        facts: dict[str, Facts] = {
            "1": {"frames.f": f("sentinel", "-1")},
            "2": {"frames.f": f("sentinel", "")},  # a private object, while it is deprecated
            "3": {"frames.f": f("use_sentinel", default)},
        }
        planned = plan(change(text, "frames.f"), LIBRARY, facts, {})
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
    facts: dict[str, Facts] = {"1": {known.path: known}, "2": {known.path: known}, "3": {}}
    text = "The loss 'ls' was deprecated. Use `loss='squared_error'` instead."
    planned = plan(change(text, "frames.fit"), LIBRARY, facts, {})
    assert isinstance(planned, Plan)
    code = "from frames import fit\n\nprint(fit(3))\n"
    pairs = planned.recipes[-1].rewrite(code, Use("frames.fit"))
    assert pairs == [
        (
            "from frames import fit\n\nprint(fit(3, loss='ls'))\n",
            "from frames import fit\n\nprint(fit(3, loss='squared_error'))\n",
        )
    ]


def test_a_note_that_begins_like_a_title_but_is_a_sentence() -> None:
    assert unfit(change("API: remove the argument `a` of f (#12)", "frames.f")) != ""
    assert unfit(change("API: The argument `a` of `f` is deprecated. Leave it out.", "f.f")) == ""
    assert unfit(change("API Rename `f` to `g` in the classes: `A` and `B`.", "f.f")) == ""


def test_an_attribute_whose_warning_was_found_at_its_class() -> None:
    old = replace(fact("frames.Tree.size_", member=True), kind="property")
    facts: dict[str, Facts] = {"1": {}, "2": {old.path: old}, "3": {}}
    text = "`frames.Tree`: Attribute `size_` is deprecated. Use `n_in_` instead."
    about = resolved([change(text, "frames.Tree")], LIBRARY, facts)
    planned = plan(next(iter(about.values())), LIBRARY, facts, {})
    assert isinstance(planned, Plan)
    assert (planned.old_symbol, planned.new_symbol) == ("frames.Tree.size_", "frames.Tree.n_in_")


def test_placeholders_are_no_values() -> None:
    with_warning = Parameter("jobs", "KEYWORD_ONLY", "'deprecated'")
    known = replace(NARROW, parameters=(with_warning,), doc="jobs : {'warn', 3}")
    assert values_for(known, "jobs") == ["3"]


def test_what_only_shows_how_it_was_made_is_no_evidence() -> None:
    recipe = renamed("frames.old", "frames.new", {})[0]
    for code, printed, told in (
        ("print(Tree(jobs=2))", "Tree(jobs=3)", "prints only its settings"),
        ("print(Tree(jobs=2).fit)", "<bound method f of g>", "prints an address or too much"),
        ("print(f(2))", "Result(statistic=3)", "ok"),
    ):
        candidate = Candidate(Base(recipe, Snippet("x", "", "docs", "", "", "", "x")), code, "y")
        planned = Plan(change("`old` is gone", "frames.old"), (recipe,), "frames.old")
        warned = run(printed, "old is deprecated")
        told_by = verdict(candidate, planned, Runs(run(printed), warned, run(printed)))
        assert told_by == told


def test_a_bare_item_after_the_text_of_another_item() -> None:
    other = "The `depth` of `Tree` was renamed and will be removed. by"
    assert unfit(change(f"{other}\n\n- `utils.norm`", "frames.utils.norm")) != ""
    intro = "The following are deprecated, as `Tree` is."
    assert unfit(change(f"{intro}\n\n- `utils.norm`", "frames.utils.norm")) == ""
    assert unfit(change("Now deprecated:\n\n- `utils.norm`", "frames.utils.norm")) == ""


def test_a_keyword_is_left_out_only_with_a_value_that_does_nothing() -> None:
    given = Parameter("normed", "KEYWORD_ONLY", "False")
    known = replace(NARROW, parameters=(given,))
    assert values_to_leave_out(known, "normed", "`normed` is deprecated.") == ["False"]
    assert "True" in values_to_leave_out(known, "normed", "`normed` has no effect.")
    unknown = replace(NARROW, parameters=(replace(given, default="None"),), doc="normed : bool")
    assert values_to_leave_out(unknown, "normed", "`normed` is deprecated.") == ["False"]


def test_an_update_is_looked_for_where_its_replacement_came() -> None:
    old, new = fact("frames.old", member=False), fact("frames.new", member=False)
    facts: dict[str, Facts] = {v: {old.path: old} for v in ("1", "2")}
    facts |= {v: {old.path: old, new.path: new} for v in ("3", "4", "5")}
    late = replace(change("`frames.old`: use `new`.", "frames.old"), version="5")
    recipe = renamed("frames.old", "frames.new", {})[0]
    planned = Plan(late, (recipe,), "frames.old", "", "frames.new")
    assert pairs_to_try(planned, list(facts), facts) == [("4", "5"), ("1", "5"), ("2", "3")]


TEMPLATE = (
    "`frames.Table.drop`: Passing the %(name)s %(obj_type)s positionally is deprecated since \
Frames %(since)s; the parameter will become keyword-only in %(removal)s."
)


def test_the_template_of_a_warning_is_filled_with_what_must_be_given_by_name() -> None:
    planned = plan(change(TEMPLATE), LIBRARY, FACTS, {})
    assert isinstance(planned, Plan)
    assert planned.by_name == ("axis", "inplace")
    assert filled(TEMPLATE, planned.by_name) == (
        "`frames.Table.drop`: Passing the parameters `axis`, `inplace` positionally is deprecated; "
        "the parameter will become keyword-only."
    )
    left = "`frames.Table.drop`: %(alternative)s is deprecated."
    assert unfit(change(left)) == "the template of a warning"
    nameless = "`frames.Table.drop`: Call to deprecated function %s."
    assert unfit(change(nameless)) == "the template of a warning"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "Start changing the default of `axis`; deprecated.",
            "a changed default: left to a writer",
        ),
        ("Pull Requests (224):\n\n- : Deprecate `drop`.", "the title of a pull request"),
        ("`drop` is deprecated; `select` has another default.", ""),
    ],
)
def test_notes_that_tell_something_else_than_a_rewrite(text: str, why: str) -> None:
    assert unfit(change(text)) == why


def test_a_keyword_whose_replacement_takes_an_object_is_no_rename() -> None:
    before = fact("frames.read", "path", "use_calendar", "times", member=False)
    now = fact("frames.read", "path", "times", member=False)
    facts: dict[str, Facts] = {
        "1": {now.path: before},
        "2": {now.path: before},
        "3": {now.path: now},
    }
    text = "`use_calendar` is deprecated. Use `times={}` in `frames.read`."
    for value, told in (("Coder(use_calendar=True)", True), ("True", False)):
        planned = plan(
            replace(
                change(text.format(value), "frames.read"),
                old_keyword="use_calendar",
                new_keyword="times",
                new_symbol="frames.read",
            ),
            LIBRARY,
            facts,
            {},
        )
        assert (planned == "the new keyword takes something else") is told


@pytest.mark.parametrize(("documented", "told"), [("bool, optional", True), ("str", False)])
def test_a_flag_whose_replacement_takes_a_string_is_no_rename(documented: str, told: bool) -> None:
    doc = f"Apply.\n\nParameters\n----------\nspread : {documented}\n    To spread."
    before = replace(fact("frames.apply", "table", "spread", member=False), doc=doc)
    now = fact("frames.apply", "table", "kind", member=False)
    facts: dict[str, Facts] = {
        "1": {now.path: before},
        "2": {now.path: before},
        "3": {now.path: now},
    }
    noted = change("`frames.apply`: `spread` is replaced by `kind='wide'`.", "frames.apply")
    noted = replace(noted, old_keyword="spread", new_keyword="kind", new_symbol="frames.apply")
    planned = plan(noted, LIBRARY, facts, {})
    assert (planned == "the new keyword takes something else") is told


def test_a_parameter_that_is_named_with_its_function() -> None:
    before = fact("frames.update", "table", "condition", member=False)
    now = fact("frames.update", "table", member=False)
    facts: dict[str, Facts] = {
        "1": {now.path: before},
        "2": {now.path: before},
        "3": {now.path: now},
    }
    text = "`frames.update`: The `_all.update.condition` parameter is deprecated."
    planned = plan(change(text, "frames.update"), LIBRARY, facts, {})
    assert isinstance(planned, Plan)
    assert planned.old_keyword == "condition"


def test_a_module_that_repeats_another_is_not_written() -> None:
    facts: dict[str, Facts] = {
        "1": {
            p: fact(p, "x", member=False) for p in ("matplotlib.pylab.psd", "matplotlib.pyplot.psd")
        }
    }
    one = change("`psd` is gone.", "matplotlib.pylab.psd")
    library = Library(name="matplotlib", matrix=["1"])
    assert resolved([one], library, facts)[one.id].old_symbol == "matplotlib.pyplot.psd"


def test_the_new_name_that_a_text_gives_what_it_was_found_at() -> None:
    text = "`frames.Table.groupby`: This method has been renamed to:func:`Table.group_by`."
    old, new = (fact(f"frames.Table.{name}", "by") for name in ("groupby", "group_by"))
    facts: dict[str, Facts] = {"1": {old.path: old}, "2": {new.path: new}, "3": {new.path: new}}
    one = change(text, old.path)
    assert successor(one) == new.path
    meant = resolved([one], LIBRARY, facts)[one.id]
    planned = plan(meant, LIBRARY, facts, {})
    assert isinstance(planned, Plan)
    assert planned.new_symbol == new.path
    assert filled(text).endswith("This method has been renamed to `Table.group_by`.")
    assert successor(change(text, "frames.Table.other")) == ""
    assert (
        unfit(change("`frames.Table.groupby`: ` is deprecated.", old.path)) == "the note is cut off"
    )


def test_a_value_of_another_keyword_is_no_new_name_of_the_old_one() -> None:
    both = fact("frames.read", "path", "load", "opened", member=False)
    now = fact("frames.read", "path", "opened", member=False)
    facts: dict[str, Facts] = {"1": {now.path: both}, "2": {now.path: both}, "3": {now.path: now}}
    for use, renames in (("`read(..., opened=False)`", False), ("`opened`", True)):
        text = f"The `load` parameter of `read` is deprecated. Use {use} instead."
        told = replace(
            change(text, now.path),
            old_keyword="load",
            new_keyword="opened",
            new_symbol=now.path,
        )
        planned = plan(told, LIBRARY, facts, {})
        assert isinstance(planned, Plan) is renames
