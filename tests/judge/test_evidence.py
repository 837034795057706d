"""What four runs show of an update: the call decides, a message only supports."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made import HEAD, caught, four, raised, ran, row, scene

from recode_data.judge.evidence import (
    FourRuns,
    announced,
    cured_warnings,
    failure,
    fresh_warnings,
    observe,
    obsolescence,
    warning_key,
)
from recode_data.records import Caught, Entry, Run

SAID = "`toy.old` is deprecated, use `toy.new`."
ENTRY = row("print(toy.old([1, 2]))", "print(toy.new([1, 2]))", SAID)


def seen(entry: Entry, runs: FourRuns, kind: str = "") -> str:
    found = observe(scene(entry, runs), kind)
    return f"{found.kind} {found.reason}".strip()


def warned(entry: Entry, at: str, message: str, *paths: str) -> FourRuns:
    after = ran(entry.old_code, "2.0", *paths)
    return four(
        entry, paths, old_on_new=replace(after, warnings=(caught(entry.old_code, at, message),))
    )


def broken(entry: Entry, at: str, error: str, *paths: str) -> FourRuns:
    return four(entry, paths, old_on_new=raised(entry.old_code, "2.0", at, error, *paths))


# Deprecations


@pytest.mark.parametrize(
    ("old", "new", "text", "at", "message"),
    [
        (
            "print(toy.grid('M'))", "print(toy.grid('ME'))",
            "The alias 'M' of `grid` is deprecated, use 'ME'.",
            "toy.grid('M')", "'M' will be removed, please use 'ME'",
        ),
        (
            "print(toy.triu(x))", "print(toy.upper(x))",
            "`toy.triu` is deprecated, use `toy.upper`.",
            "toy.triu(x)", "this function is deprecated",
        ),
        (
            "print(toy.cross([1, 2], [3, 4]))", "print(1 * 4 - 2 * 3)",
            "`toy.cross` of vectors with two components is deprecated. Compute it yourself.",
            "toy.cross([1, 2], [3, 4])", "arrays of 2-dimensional vectors are deprecated",
        ),
        (
            "print(a.flat[[1.0]])", "print(a.flat[[1]])",
            "Indexing `flat` with floats is deprecated, use integers.",
            "a.flat[[1.0]]", "non-integer indexing is deprecated",
        ),
    ],
)  # fmt: skip
def test_warning_is_recognised_by_the_call_and_not_by_a_name_in_its_text(
    old: str, new: str, text: str, at: str, message: str
) -> None:
    entry = row(old, new, text)
    name = at.partition("(")[0].partition("[")[0].rpartition(".")[2]
    assert seen(entry, warned(entry, at, message, f"toy.{name}")) == "deprecated ok"


def test_warning_that_the_new_code_has_too_is_not_cured() -> None:
    runs = warned(ENTRY, "toy.old", "deprecated", "toy.old")
    left = replace(runs.new_on_new, warnings=runs.old_on_new.warnings)
    assert cured_warnings(runs) and not cured_warnings(replace(runs, new_on_new=left))
    assert seen(ENTRY, replace(runs, new_on_new=left)) == "new_warns"


def test_warning_that_the_old_version_gives_already_is_no_update_there() -> None:
    runs = warned(ENTRY, "toy.old", "deprecated", "toy.old")
    early = replace(runs, old_on_old=replace(runs.old_on_old, warnings=runs.old_on_new.warnings))
    assert not fresh_warnings(early)
    assert seen(ENTRY, early) == "old_warns"


def test_numbers_and_links_make_no_other_warning() -> None:
    told = [
        f"removed in {version}, see https://toy.org/{version}/x" for version in ("1.2", "2.0.1")
    ]
    keys = {
        warning_key(Caught("DeprecationWarning", text.replace(".0.1", ".0"), 1)) for text in told
    }
    assert len(keys) == 1
    assert warning_key(Caught("FutureWarning", told[0], 1)) not in keys


@pytest.mark.parametrize(
    ("category", "message", "announces"),
    [
        ("DeprecationWarning", "x", True),
        ("PendingDeprecationWarning", "x", True),
        ("ToyDeprecatedSince20", "x", True),
        ("FutureWarning", "x", True),
        ("UserWarning", "`old` will be removed", True),
        ("UserWarning", "use `new` instead", True),
        ("UserWarning", "the matrix is singular", False),
        ("RuntimeWarning", "overflow; will be removed", False),
    ],
)
def test_announcement_is_told_from_a_numerical_accident(
    category: str, message: str, announces: bool
) -> None:
    assert obsolescence(Caught(category, message, 1)) is announces


# Removals


@pytest.mark.parametrize(
    ("old", "new", "text", "at", "error"),
    [
        (
            "e = toy.Engine()\nprint(e.execute('x'))",
            "e = toy.Engine()\nprint(e.connect().execute('x'))",
            "`Engine.execute` was removed. Open a connection.",
            "e.execute", "AttributeError: 'Engine' object has no attribute 'execute'",
        ),
        (
            "c = toy.connect()\nprint(c.execute('x'))",
            "c = toy.connect()\nprint(c.execute(toy.text('x')))",
            "`Connection.execute` takes no plain strings. Wrap them in `text()`.",
            "c.execute('x')", "ObjectNotExecutableError: Not an executable object: 'x'",
        ),
        (
            "t = toy.table()\nt[0] = 1\nprint(t)",
            "t = toy.table(kind='object')\nt[0] = 1\nprint(t)",
            "Columns of `table` hold text now: setting a number raises. Pass `kind='object'`.",
            "t[0]", "TypeError: Invalid value '1' for dtype 'str'",
        ),
        (
            "from toy.parts import old\nprint(old(1))", "from toy import old\nprint(old(1))",
            "The module `toy.parts` was removed: import `old` from `toy`.",
            "from toy.parts import old", "ModuleNotFoundError: No module named 'toy.parts'",
        ),
        (
            "print(toy.array(x, copy=False))", "print(toy.asarray(x))",
            "`toy.array(..., copy=False)` raises where a copy is needed. Use `toy.asarray`.",
            "toy.array(x, copy=False)", "ValueError: Unable to avoid copy",
        ),
    ],
)  # fmt: skip
def test_failure_is_recognised_by_the_call_and_not_by_a_name_in_its_text(
    old: str, new: str, text: str, at: str, error: str
) -> None:
    entry = row(old, new, text)
    assert seen(entry, broken(entry, at, error, "toy.table", "toy.old")) == "breaking ok"


def test_removal_after_its_announcement_says_that_the_old_version_warns() -> None:
    runs = broken(ENTRY, "toy.old", "AttributeError: no old", "toy.old")
    warning = caught(ENTRY.old_code, "toy.old", "old is deprecated")
    early = replace(runs, old_on_old=replace(runs.old_on_old, warnings=(warning,)))
    assert announced(early) == warning and announced(runs) is None
    found = observe(scene(ENTRY, early), "removed")
    assert (found.reason, found.kind) == ("ok", "breaking")
    assert "the old version warns of it already: DeprecationWarning" in found.detail


def test_missing_package_of_somebody_else_is_no_update() -> None:
    error = "ModuleNotFoundError: No module named 'six'"
    runs = broken(ENTRY, "toy.old", error, "toy.old")
    assert seen(ENTRY, runs) == "fails_other"
    moved = replace(ENTRY, update_info="`toy.old` moved to `six`.")
    assert seen(moved, runs) == "breaking ok"


@pytest.mark.parametrize("status", ["killed", "timeout"])
def test_run_that_was_ended_shows_no_update(status: str) -> None:
    ended: Run = replace(ran(ENTRY.old_code, "2.0"), status=status)  # type: ignore[arg-type]
    assert seen(ENTRY, four(ENTRY, old_on_new=ended)) == "fails_other"


# What the text is about


def test_text_that_names_another_function_is_off_topic() -> None:
    entry = row(
        "print(toy.NaN)", "print(toy.nan)", "`toy.in1d` is deprecated since 2.0. Use `toy.isin`."
    )
    runs = broken(entry, "toy.NaN", "AttributeError: `toy.NaN` was removed", "toy.NaN")
    assert seen(entry, runs) == "breaking off_topic"
    assert seen(entry, warned(entry, "toy.NaN", "deprecated", "toy.NaN")) == "deprecated off_topic"


def test_failure_of_another_name_on_the_same_line_is_off_topic() -> None:
    entry = row(
        "print(toy.sum([toy.Inf]))", "print(toy.add(toy.inf, 1))",
        "`toy.sum` was removed. Use `toy.add`.",
    )  # fmt: skip
    paths = ("toy.sum", "toy.Inf")
    gone = "AttributeError: module 'toy' has no attribute 'Inf'"
    runs = broken(entry, "toy.Inf", gone, *paths)
    assert seen(entry, runs) == "breaking off_topic"
    assert seen(entry, broken(entry, "toy.sum", "AttributeError: no sum", *paths)) == "breaking ok"
    assert seen(entry, warned(entry, "toy.Inf", "going", *paths)) == "deprecated off_topic"
    assert seen(entry, warned(entry, "toy.sum([toy.Inf])", "going", *paths)) == "deprecated ok"
    named = replace(entry, update_info="`toy.sum` and `toy.Inf` were removed.")
    assert seen(named, runs) == "breaking ok"


def test_failure_behind_the_replaced_call_is_about_it() -> None:
    entry = row("r = toy.old(1)\nprint(r.total)", "r = toy.new(1)\nprint(r.total)", SAID)
    later = broken(entry, "r.total", "AttributeError: no total", "toy.old", "toy.Row.total")
    assert seen(entry, later) == "breaking ok"


def test_change_of_another_library_is_off_topic() -> None:
    entry = row(
        "import other\nx = toy.load()\nprint(other.zscore(x))",
        "import other\nx = toy.load()\nprint(other.score(x))",
        "`toy.stats.zscore` refuses NaN. Use `score`.",
    )
    runs = broken(entry, "other.zscore", "AttributeError: no zscore", "toy.load")
    found = observe(scene(entry, runs), "")
    assert (found.reason, "other" in found.detail) == ("off_topic", True)


# Additions, defaults and behaviour


@pytest.mark.parametrize(
    ("old", "new", "text", "at", "error"),
    [
        (
            "print(toy.vectorize(f))", "print(toy.vectorize(f, signature='()'))",
            "`toy.vectorize` has the new keyword `signature`.", "toy.vectorize(f, signature='()')",
            "TypeError: vectorize() got an unexpected keyword argument 'signature'",
        ),
        (
            "print(toy.loadtxt(x))", "print(toy.loadtxt(x, converters=float))",
            "`converters` of `toy.loadtxt` may be a function.", "toy.loadtxt(x, converters=float)",
            "AttributeError: 'type' object has no attribute 'items'",
        ),
        (
            "print(toy.gradient(f))", "print(toy.gradient(f, x))",
            "`toy.gradient` takes positions as its second argument.", "toy.gradient(f, x)",
            "ValueError: distances must be scalars",
        ),
        (
            "print(toy.unwrap(p))", "print(toy.unwrap(p, period=4))",
            "`unwrap` has a `period`.", "toy.unwrap(p, period=4)",
            "TypeError: _dispatcher() got an unexpected keyword argument 'period'",
        ),
    ],
)  # fmt: skip
def test_new_keyword_or_argument_of_an_old_function_is_additive(
    old: str, new: str, text: str, at: str, error: str
) -> None:
    entry = row(old, new, text)
    missing = raised(entry.new_code, "1.0", at, error)
    assert seen(entry, four(entry, new_on_old=missing)) == "additive ok"
    assert seen(entry, four(entry, new_on_old=missing), "added") == "additive ok"


def test_addition_that_the_text_does_not_name_is_off_topic() -> None:
    entry = row("print(toy.f(x))", "print(toy.f(x, depth=2))", "`toy.measure` is faster now.")
    missing = raised(entry.new_code, "1.0", "toy.f(x, depth=2)", "TypeError: depth")
    assert seen(entry, four(entry, new_on_old=missing)) == "additive off_topic"


def test_failure_of_the_new_code_beside_the_changed_places_is_no_addition() -> None:
    entry = row("toy.read()\nprint(toy.old(1))", "toy.read()\nprint(toy.new(1))", SAID)
    elsewhere = raised(entry.new_code, "1.0", "toy.read()", "OSError: no file")
    assert seen(entry, four(entry, new_on_old=elsewhere)) == "inert"


def test_changed_default_is_behavioural_when_the_new_code_passes_the_old_value() -> None:
    entry = row(
        "print(toy.mean(x))", "print(toy.mean(x, axis=0))",
        "The default of `axis` in `toy.mean` changed from 0 to None.",
    )  # fmt: skip
    other = ran(entry.old_code, "2.0", "toy.mean", stdout="1.5\n")
    runs = four(entry, ("toy.mean",), ("toy.mean", "toy.mean(axis=)"), old_on_new=other)
    for kind in ("", "default_changed", "behaviour"):
        assert seen(entry, runs, kind) == "behavioural ok"
    assert seen(entry, runs, "removed") == "inert"


def test_behaviour_that_the_new_code_does_not_bring_back_is_no_claimless_update() -> None:
    drifted = ran(ENTRY.old_code, "2.0", "toy.old", stdout="1.5\n")
    new = ran(ENTRY.new_code, "2.0", "toy.new", stdout="1.5\n")
    runs = four(ENTRY, old_on_new=drifted, new_on_new=new)
    assert seen(ENTRY, runs) == "inert"
    assert seen(ENTRY, runs, "behaviour") == "behavioural ok"  # not_restored comes after


def test_nothing_that_changed_is_inert() -> None:
    assert seen(ENTRY, four(ENTRY)) == "inert"


def test_failure_is_told_in_one_line() -> None:
    run = raised(
        HEAD + "print(toy.old)", "2.0", "toy.old", "AttributeError: no\nold at 0x7f0012345"
    )
    assert failure(run) == "AttributeError: no old at 0x… (line 2, toy 2.0)"
    assert failure(replace(run, status="killed")) == "killed on toy 2.0"


def test_method_of_a_value_belongs_to_no_package_that_an_argument_names() -> None:
    code = "import other\ns = toy.make()\nprint(s.{}(other.dumps(1)))"
    entry = row(code.format("old"), code.format("new"))
    assert scene(entry, four(entry, ("toy.make",), ("toy.make",))).foreign == ""
    code = "import other\ns = toy.make()\nprint(s, other.{}(1))"
    entry = row(code.format("old"), code.format("new"))
    assert scene(entry, four(entry, ("toy.make",), ("toy.make",))).foreign == "other"
