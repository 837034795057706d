"""Whether a text names what changed and what to use, and the sentence that completes it."""

from __future__ import annotations

import pytest

from recode_data.update_text import Update, completed, names_in, untold

RENAME = Update("numpy.int0", "", "numpy.intp", "")
OLD, NEW = "import numpy as np\nx = np.int0(3)", "import numpy as np\nx = np.intp(3)"


@pytest.mark.parametrize(
    ("text", "changed", "use"),
    [
        ("`np.int0` is a deprecated alias for `np.intp`.", (), ()),
        ("`np.int0` is deprecated, use", (), ("intp",)),
        ("`np.str0` and similar are deprecated.", ("int0",), ("intp",)),
        ("Use `intp` for new code.", ("int0",), ()),
        ("`np.int0_` and `np.intp2` are others.", ("int0",), ("intp",)),
    ],
)
def test_names_that_a_text_lacks(text: str, changed: tuple[str, ...], use: tuple[str, ...]) -> None:
    lacks = untold(text, OLD, NEW, RENAME)
    assert (lacks.changed, lacks.use) == (changed, use)
    assert bool(lacks) == bool(changed or use)


@pytest.mark.parametrize(
    ("old", "new", "update", "text", "sentence"),
    [
        (OLD, NEW, RENAME, "Gone.", "Use `numpy.intp` in place of `numpy.int0`."),
        (
            "np.alen(a)", "len(a)", Update("numpy.alen", "", "builtins.len"),
            "`alen` was removed.", "Use `len` in place of `numpy.alen`.",
        ),
        (
            "np.int(a)", "int(a)", Update("numpy.int", "", "builtins.int"),
            "The aliases `np.int` and `np.float` are expired.",
            "Use `int` in place of `numpy.int`.",
        ),
        (
            "from lib.misc import f\nf(3)", "from lib import special\nspecial.f(3)",
            Update("lib.misc.f", "", "lib.special.f"), "The aliases in `lib.misc`, such as `f`, "
            "are gone.", "Use `lib.special.f` in place of `lib.misc.f`.",
        ),
        (
            "f(x, loud=0)", "f(x)", Update("lib.f", "loud"), "The argument `loud` of `f` is "
            "deprecated. A warning will always be raised.", "Leave the argument `loud` of `lib.f` "
            "out.",
        ),
        (
            "f(x, dims=3)", "f(x, shape=3)", Update("lib.f", "dims", "lib.f", "shape"),
            "The argument `dims` was renamed.", "Use the argument `shape` of `lib.f` in place of "
            "`dims`.",
        ),
        (
            "f(x, normed=True)", "f(x)", Update("lib.f", "normed"),
            "`normed` of `f` is deprecated.", "Leave the argument `normed` of `lib.f` out.",
        ),
        (
            "f(x, neighbors=4)", "f(x, connectivity=1)", Update("lib.f", "neighbors"),
            "`neighbors` is deprecated in favour of `connectivity`.",
            "Use `connectivity=1` in place of the argument `neighbors` of `lib.f`.",
        ),
        (
            "f(x, loss='mse')", "f(x, loss='squared_error')", Update("lib.f", "loss"),
            "The loss 'mse' is deprecated.",
            "Pass `loss='squared_error'` to `lib.f`.",
        ),
        (
            "f(1, 2)", "f(a=1, b=2)", Update("lib.f", by_name=("a", "b")),
            "Arguments of `f` are keyword-only.", "Pass `a` and `b` of `lib.f` by name.",
        ),
        (
            "f(t)", "f(t, how='left')", Update("lib.f"), "The default of `f` changed.",
            "Pass `how='left'` to `lib.f`.",
        ),
        (
            "[a == b for a in t]", "f(t, b, nan=True)", Update(new_symbol="lib.f"),
            "`f` can do more.", "Pass `nan=True` to `lib.f`.",
        ),
        (
            "g(t)", "t.reduce()", Update(), "`g` was removed.", "Use `reduce`.",
        ),
        (
            "lib.f(t)[0]", "lib.f(t).value", Update("lib.f"), "`f` returns an object.",
            "Use `value` with `lib.f`.",
        ),
        (
            "lib.f(x, how='a')", "lib.f(x, how='b')", Update("lib.f", "how"), "`f` is stricter.",
            "Pass `how='b'` to `lib.f`.",
        ),
        (
            "lib.f(x, how=[1, 2])", "lib.f(x, how=(1, 2))", Update("lib.f", "how"),
            "`f` takes tuples only.", "This is about the argument `how` of `lib.f`.",
        ),
        (
            "info = lib.info(t)\nprint(info)", "info = str(t)\nprint(info)", Update("lib.info"),
            "`lib.info` is gone.", "Use `str` in place of `lib.info`.",
        ),
        (
            "lib.ix(t)", "lib.where(t)", Update("lib.ix", "", "lib.where"),
            "`lib.ix` is gone, even where it was right.", "Use `lib.where` in place of `lib.ix`.",
        ),
        (
            "lib.f(t)", "lib.g(t)", Update("lib.f", "", "lib.g"), "`f` entfällt, siehe oben.",
            "Use `lib.g` in place of `lib.f`.",
        ),
    ],
)  # fmt: skip
def test_a_sentence_completes_a_text(
    old: str, new: str, update: Update, text: str, sentence: str
) -> None:
    assert untold(text, old, new, update)
    whole = completed(text, old, new, update)
    assert whole == f"{text}\n\n{sentence}"
    assert completed(whole, old, new, update) == whole, "once is enough"


@pytest.mark.parametrize(
    ("text", "old", "new", "update"),
    [
        ("`normed` has no effect and is deprecated.", "f(normed=1)", "f()", Update("f", "normed")),
        ("`dims` is deprecated, use `shape`.", "f(dims=3)", "f(3)", Update("f", "dims", "f",
                                                                           "shape")),
        ("`stack` is new.", "x = [np.concatenate(a)]", "x = np.stack(a)", Update(
            new_symbol="np.stack")),
        ("`f` takes `how='left'`.", "f(a)", "f(a, how='left')", Update("lib.f")),
        ("| old | new |\n|---|---|\n| f | g |", "lib.f(a)", "lib.g(a)", Update("lib.f", "",
                                                                              "lib.g")),
        ("`f`: use where(…) instead.", "lib.f(a)", "lib.where(a)", Update("lib.f")),
        ("`f` now prints more.", "f(a)\nprint(1)", "total = f(a)\nprint(1)", Update("lib.f")),
    ],
)  # fmt: skip
def test_a_text_that_is_enough_is_left_as_it_is(
    text: str, old: str, new: str, update: Update
) -> None:
    assert completed(text, old, new, update) == text


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("`.get_value` is deprecated in favor of `.iat[]` or `.at[]`.", True),
        ("Use the .at[] accessor for `get_value`.", True),
        ("`get_value` is slow at large.", False),
    ],
)
def test_a_short_name_counts_where_it_is_marked_as_code(text: str, enough: bool) -> None:
    update = Update("lib.Table.get_value")
    lacks = untold(text, "x = t.get_value(3, 'a')", "x = t.at[3, 'a']", update)
    assert bool(lacks) != enough


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("`tight` of `Box` behaves as if it was always True, so it is deprecated.", True),
        ("`tight` of `Box` is deprecated; it has no effect.", True),
        ("`tight` of `Box` is deprecated, and always was odd.", False),
    ],
)
def test_whether_a_text_says_to_leave_an_argument_out(text: str, enough: bool) -> None:
    update = Update("lib.Box", "tight")
    lacks = untold(text, "Box(3, tight=True)", "Box(3)", update)
    assert bool(lacks) != enough


def test_a_program_of_another_update_is_completed_by_nothing() -> None:
    new = "import lib\nlib.one().two(three=3).four.five(six=lib.seven)"
    assert completed("`f` was removed.", "import lib\nlib.f()", new, Update("lib.f")) == ""


def test_a_programs_own_names_are_no_names_of_an_api() -> None:
    code = "import numpy as np\ndef mean(rows):\n    return np.mean(rows)\nprint(mean([1]))"
    names = names_in(code)
    assert names.api == {"numpy", "mean"} and names.builtin == {"print"}
    code = (
        "import lib\nclass Box:\n    def open(self):\n        self.rows = lib.rows(1)\n"
        "def show(box, how=1):\n    print(box.rows)\nshow(Box(), how=2)\nBox().open()"
    )
    assert names_in(code).api == {"lib", "rows"}
    derived = "import lib\nclass Box(lib.Base):\n    pass\nBox(how=2).open()"
    assert names_in(derived).api == {"lib", "Base", "how", "open"}
