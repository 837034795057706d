"""What the rules engine makes of a change, from its note and from what versions say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from frames import FACTS, LIBRARY, WIDE, change, fact, plan_of

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods.candidates import Base, Candidate, rewritten
from recode_data.codemods.notes import (
    filled,
    left_to_a_writer,
    successor,
    unfit,
)
from recode_data.codemods.plan import pairs_to_try
from recode_data.codemods.recipes import Plan
from recode_data.codemods.screening import Trial, objection
from recode_data.codemods.search import ROUND, Work
from recode_data.codemods.shapes.rename import recipes
from recode_data.codemods.subject import resolved
from recode_data.library import Library
from recode_data.reasons import Reason
from recode_data.records import Caught, Run
from recode_data.usage import Snippet

LIST = "Deprecated passing arguments as positional for: `Table.drop` (other than `labels`)."


@pytest.mark.parametrize("kind", ["deprecated", "keyword_only", "behaviour", "removed"])
def test_arguments_by_name_whatever_the_kind_is_called(kind: str) -> None:
    planned = plan_of(change(LIST, kind=kind), FACTS)
    assert isinstance(planned, Plan)
    assert {recipe.rule for recipe in planned.recipes} == {"keyword_only", "keyword_only_put_in"}
    assert planned.old_keyword == ""
    assert pairs_to_try(planned, list(FACTS), FACTS) == [("1", "2"), ("2", "3")]


def test_what_goes_later_is_no_proof_of_a_removal() -> None:
    recipe = recipes("frames.old", "frames.new", {})[0]
    known = fact("frames.old", member=False)
    facts: dict[str, Symbols] = {"1": {known.path: known}, "2": {known.path: known}, "3": {}}
    text = "`old` no longer accepts text."
    removed = Plan(change(text, "frames.old", "removed"), (recipe,), "frames.old")
    assert pairs_to_try(removed, list(facts), facts) == [("1", "2")]
    announced = Plan(change(text, "frames.old", "deprecated"), (recipe,), "frames.old")
    assert pairs_to_try(announced, list(facts), facts)[:2] == [("1", "2"), ("2", "3")]


def test_what_always_took_its_arguments_by_position_is_no_such_change() -> None:
    same = {version: {WIDE.path: WIDE} for version in FACTS}
    assert plan_of(change(LIST), same) == Reason.NO_REPLACEMENT
    assert plan_of(change(LIST, kind="behaviour"), same) == Reason.BEHAVIOUR
    assert left_to_a_writer(change("It rounds now.", kind="behaviour"))


@pytest.mark.parametrize(
    ("text", "old", "why"),
    [
        ("`Table.drop` is gone.", "frames.Table.drop", None),
        (
            "Changed the default of `drop`.",
            "frames.Table.drop",
            Reason.DEFAULT_CHANGED,
        ),
        (": DEP: table: remove drop", "frames.Table.drop", Reason.TITLE_ONLY),
        (
            "It contained the following 3 merges:\n\n- MAINT: no drop (#3)",
            "frames.Table.drop",
            Reason.TITLE_ONLY,
        ),
        (
            "`frames.misc.comb`: `arrayrange` is deprecated, use `arange`.",
            "frames.misc.comb",
            Reason.NOT_NAMED,
        ),
        ("`frames.hann`: from 'frames' is deprecated. Use 'frames.windows'.", "frames.hann", None),
        (
            "`frames.fromtext`: Without an argument `fromtext` falls back on `frombytes`.",
            "frames.fromtext",
            Reason.NO_OUTCOME,
        ),
        ("`frames.Table.valid`: this method will be removed.", "frames.Table.valid", None),
    ],
)
def test_a_note_that_speaks_of_something_else(text: str, old: str, why: Reason | None) -> None:
    assert unfit(change(text, old)) == why


def run(stdout: str = "3\n", warned: str = "") -> Run:
    warnings = (Caught("DeprecationWarning", warned, 1),) if warned else ()
    return Run("x", "y", "frames", "1", "3.11", "1", "clean", warnings=warnings, stdout=stdout)


def test_old_code_that_is_warned_of_at_once_is_no_example() -> None:
    recipe = recipes("frames.old", "frames.new", {})[0]
    snippet = Snippet("x", "here", "docs", "", "", "", "x")
    candidate = Candidate(Base(recipe, snippet), "x", "y")
    planned = Plan(change("`old` is gone", "frames.old"), (recipe,), "frames.old")
    late = Trial(run(), run(warned="old is deprecated"), run())
    early = replace(late, old_on_old=run(warned="old is deprecated"))
    assert objection(candidate, planned, late) is None
    assert objection(candidate, planned, early) == Reason.PROGRAM_WARNS
    other = replace(late, new_on_new=run(warned="`more` is deprecated"))
    assert objection(candidate, planned, other) == Reason.REWRITTEN_WARNS
    written_out = replace(candidate, new_code="y(old=3)")  # it warned too, of itself
    same = replace(late, new_on_new=late.old_on_new)
    assert objection(written_out, replace(planned, new_symbol=planned.old_symbol), same) == (
        Reason.REWRITTEN_WARNS
    )


def test_a_change_whose_first_programs_all_fail_is_given_up() -> None:
    work = Work(Plan(change("x"), (), "frames.old"), [("1", "2")])
    work.tried = {str(number) for number in range(ROUND)}
    work.reasons.update({Reason.PROGRAM_FAILS: ROUND})
    assert work.hopeless
    work.reasons.update({Reason.PRINTS_OTHER: 1})
    assert not work.hopeless


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
    recipe = recipes("numpy.f", "numpy.g", {})[0]
    snippet = Snippet(code, "here", "test", "", "", "", "")
    assert len(list(rewritten(Base(recipe, snippet), None))) == kept


def test_a_note_that_begins_like_a_title_but_is_a_sentence() -> None:
    assert unfit(change("API: remove the argument `a` of f (#12)", "frames.f")) is not None
    assert unfit(change("API: The argument `a` of `f` is deprecated. Leave it out.", "f.f")) is None
    assert unfit(change("API Rename `f` to `g` in the classes: `A` and `B`.", "f.f")) is None


def test_an_attribute_whose_warning_was_found_at_its_class() -> None:
    old = replace(fact("frames.Tree.size_", member=True), kind="property")
    facts: dict[str, Symbols] = {"1": {}, "2": {old.path: old}, "3": {}}
    text = "`frames.Tree`: Attribute `size_` is deprecated. Use `n_in_` instead."
    about = resolved([change(text, "frames.Tree")], LIBRARY, facts)
    planned = plan_of(next(iter(about.values())), facts)
    assert isinstance(planned, Plan)
    assert (planned.old_symbol, planned.new_symbol) == ("frames.Tree.size_", "frames.Tree.n_in_")


def test_what_only_shows_how_it_was_made_is_no_evidence() -> None:
    recipe = recipes("frames.old", "frames.new", {})[0]
    for code, printed, told in (
        ("print(Tree(jobs=2))", "Tree(jobs=3)", Reason.PRINTS_SETTINGS),
        ("print(Tree(jobs=2).fit)", "<bound method f of g>", Reason.PRINTS_ADDRESS),
        ("print(f(2))", "Result(statistic=3)", None),
    ):
        candidate = Candidate(Base(recipe, Snippet("x", "", "docs", "", "", "", "x")), code, "y")
        planned = Plan(change("`old` is gone", "frames.old"), (recipe,), "frames.old")
        warned = run(printed, "old is deprecated")
        told_by = objection(candidate, planned, Trial(run(printed), warned, run(printed)))
        assert told_by == told


@pytest.mark.parametrize(
    ("code", "unset"),
    [
        ("print(np.empty((2,), dtype=np.clongdouble))", True),
        ("d = np.empty_like([1, 2])\nprint(d, 'and more')", True),
        ("print(numpy.ndarray(shape=(2, 2), dtype=float))", True),
        ("d = np.empty(2)\nd[:] = 1\nprint(d)", False),
        ("d = np.empty(2)\nd.fill(3)\nprint(d)", False),
        ("d = np.empty(2)\nnp.add(1, [2, 3], out=d)\nprint(d)", False),
        ("d = np.empty(2)\nprint(d.shape)", False),
        ("print(np.empty((0, 2)), np.ndarray((1,), '<i2', b'ab'))", False),
        ("print(frame.empty(1))", False),
    ],
)
def test_memory_that_nobody_has_set_is_no_result(code: str, unset: bool) -> None:
    recipe = recipes("frames.old", "frames.new", {})[0]
    candidate = Candidate(Base(recipe, Snippet("x", "", "docs", "", "", "", "x")), "y", code)
    planned = Plan(change("`old` is gone", "frames.old"), (recipe,), "frames.old")
    runs = Trial(run("5.0"), run("5.0", "old is deprecated"), run("5.0"))
    told = Reason.PRINTS_UNINITIALISED if unset else None
    assert objection(candidate, planned, runs) == told


def test_a_bare_item_after_the_text_of_another_item() -> None:
    other = "The `depth` of `Tree` was renamed and will be removed. by"
    assert unfit(change(f"{other}\n\n- `utils.norm`", "frames.utils.norm")) is not None
    intro = "The following are deprecated, as `Tree` is."
    assert unfit(change(f"{intro}\n\n- `utils.norm`", "frames.utils.norm")) is None
    assert unfit(change("Now deprecated:\n\n- `utils.norm`", "frames.utils.norm")) is None


def test_an_update_is_looked_for_where_its_replacement_came() -> None:
    old, new = fact("frames.old", member=False), fact("frames.new", member=False)
    facts: dict[str, Symbols] = {v: {old.path: old} for v in ("1", "2")}
    facts |= {v: {old.path: old, new.path: new} for v in ("3", "4", "5")}
    late = replace(change("`frames.old`: use `new`.", "frames.old"), version="5")
    recipe = recipes("frames.old", "frames.new", {})[0]
    planned = Plan(late, (recipe,), "frames.old", "", "frames.new")
    assert pairs_to_try(planned, list(facts), facts) == [("4", "5"), ("1", "5"), ("2", "3")]


TEMPLATE = (
    "`frames.Table.drop`: Passing the %(name)s %(obj_type)s positionally is deprecated since \
Frames %(since)s; the parameter will become keyword-only in %(removal)s."
)


def test_the_template_of_a_warning_is_filled_with_what_must_be_given_by_name() -> None:
    planned = plan_of(change(TEMPLATE), FACTS)
    assert isinstance(planned, Plan)
    assert planned.by_name == ("axis", "inplace")
    assert filled(TEMPLATE, planned.by_name) == (
        "`frames.Table.drop`: Passing the parameters `axis`, `inplace` positionally is deprecated; "
        "the parameter will become keyword-only."
    )
    left = "`frames.Table.drop`: %(alternative)s is deprecated."
    assert unfit(change(left)) == Reason.MESSAGE_TEMPLATE
    nameless = "`frames.Table.drop`: Call to deprecated function %s."
    assert unfit(change(nameless)) == Reason.MESSAGE_TEMPLATE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "Start changing the default of `axis`; deprecated.",
            Reason.DEFAULT_CHANGED,
        ),
        ("Pull Requests (224):\n\n- : Deprecate `drop`.", Reason.TITLE_ONLY),
        ("`drop` is deprecated; `select` has another default.", None),
    ],
)
def test_notes_that_tell_something_else_than_a_rewrite(text: str, why: Reason | None) -> None:
    assert unfit(change(text)) == why


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("frames.Table.Table.drop", "frames.Table.drop"),
        ("frames.core.inner.Table.drop", "frames.Table.drop"),
        ("frames.Table.fr.Table.drop", "frames.Table.drop"),
        ("frames.Table.lost", "frames.Table.lost"),
        ("builtins.int", "int"),
    ],
)
def test_a_path_that_repeats_a_part_or_names_modules_between(written: str, meant: str) -> None:
    one = change("`drop` is gone.", written)
    library = Library(name="frames", matrix=["1", "2", "3"], aliases={"fr": "frames"})
    assert resolved([one], library, FACTS)[one.id].old_symbol == meant


def test_the_new_name_that_a_text_gives_what_it_was_found_at() -> None:
    text = "`frames.Table.groupby`: This method has been renamed to:func:`Table.group_by`."
    old, new = (fact(f"frames.Table.{name}", "by") for name in ("groupby", "group_by"))
    facts: dict[str, Symbols] = {"1": {old.path: old}, "2": {new.path: new}, "3": {new.path: new}}
    one = change(text, old.path)
    assert successor(one) == new.path
    meant = resolved([one], LIBRARY, facts)[one.id]
    planned = plan_of(meant, facts)
    assert isinstance(planned, Plan)
    assert planned.new_symbol == new.path
    assert filled(text).endswith("This method has been renamed to `Table.group_by`.")
    assert successor(change(text, "frames.Table.other")) == ""
    assert unfit(change("`frames.Table.groupby`: ` is deprecated.", old.path)) == Reason.CUT_OFF


def test_a_name_that_went_and_came_back_is_meant_as_it_was_before_the_change() -> None:
    """`frames.flag` was the builtin bool, went in version 3, and is a class of frames since 4."""
    alias = ApiSymbol("frames.flag", "class", False, (), True, (), "builtins", "bool", "")
    own = ApiSymbol("frames.flag", "class", False, (), True, ("flag_",), "frames", "flag", "")
    other = replace(own, path="frames.flag_")
    versions: list[Symbols] = [{alias.path: alias}, {alias.path: alias}, {},
                               {own.path: own, other.path: other}]  # fmt: skip
    facts = {str(number): told for number, told in enumerate(versions, 1)}
    text = "`frames.flag` is a deprecated alias for the builtin `bool`; use `bool`."
    gone = replace(change(text, "frames.flag"), new_symbol="builtins.bool")
    planned = plan_of(gone, facts)
    assert isinstance(planned, Plan) and planned.new_symbol == "bool"
    late = replace(gone, version="5")  # the class that came back goes as well
    assert plan_of(late, facts) == Reason.ANOTHER_CLASS


@pytest.mark.parametrize(
    ("said", "new", "why"),
    [
        ("Use :func:`concat` instead.", "frames.concat", None),
        ("Use:func:`concat` instead, with `how='tall'`", "frames.concat", None),
        ("Deprecated in favor of ``isinstance(x, list)``", "isinstance", None),
        ("This method goes in 3. Use `frames.api.concat`.", "frames.api.concat", None),
        ("Please use `np.unique` / `np.unique_counts` instead.", "numpy.unique", None),
        ("Use :attr:`Table.dt.day` instead.", "frames.Table.dt.day", None),
        ("Use `label` instead.", "frames.Group.label", Reason.NOT_NAMED),
        ("Use ``date_format`` instead.", "frames.Writer.date_format", Reason.NOT_NAMED),
        ("`arrayrange` is deprecated, use `arange` instead!", "numpy.arange", Reason.NOT_NAMED),
        ("Use :func:`concat` for the default.", "frames.concat", Reason.NOT_NAMED),
        ("A future version returns a :class:`Offset`.", "frames.Offset", Reason.NOT_NAMED),
        ("Use :func:`concat` instead.", "", Reason.NOT_NAMED),
    ],
)
def test_a_text_at_its_subject_that_tells_what_to_use_somewhere_else(
    said: str, new: str, why: Reason | None
) -> None:
    noted = change(f"`frames.Table.drop`: {said}")
    assert unfit(replace(noted, new_symbol=new)) is why
