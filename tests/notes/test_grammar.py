"""Sentences to claims: who is old, who is new, and whose it is."""

from __future__ import annotations

import pytest

from recode_data.notes.extract.grammar import read_item
from recode_data.notes.markup.items import Item


def said(text: str, lead: str = "", section: str = "neutral") -> list[tuple[str, ...]]:
    """What a sentence claims, as ``verb, old, new, owners…``; keywords end in ``=``."""
    item = Item(section, ("1.0",), "", [text], [text], lead)  # type: ignore[arg-type]
    return [
        (
            claim.verb,
            (claim.old.keyword or claim.old.path if claim.old else "")
            + ("=" if claim.is_keyword else ""),
            (claim.new.keyword or claim.new.path) if claim.new else "",
            *dict.fromkeys(owner.path for owner in claim.owners),
        )
        for claim in read_item(item)
    ]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        (
            "Deprecate `a` and `b` parameters and `c_`, `d_` attributes of `m.Cls`.",
            [
                ("deprecated", "a=", "", "c_", "d_", "m.Cls"),
                ("deprecated", "b=", "", "c_", "d_", "m.Cls"),
                ("deprecated", "c_", "", "m.Cls"),
                ("deprecated", "d_", "", "m.Cls"),
            ],
        ),
        (
            "`m.One` and `m.Two` attributes, `a_` and `b_`, are now deprecated.",
            [
                ("deprecated", "a_", "", "m.One", "m.Two"),
                ("deprecated", "b_", "", "m.One", "m.Two"),
            ],
        ),
        (
            "For `m.One` and `m.Two`, the `a_` and `b_` attributes were deprecated.",
            [
                ("deprecated", "a_", "", "m.One", "m.Two"),
                ("deprecated", "b_", "", "m.One", "m.Two"),
            ],
        ),
        (
            "Deprecates `a_` in favor of `b_` and `c_` in favor of `d_` in `m.Cls`.",
            [("deprecated", "a_", "b_", "c_", "m.Cls"), ("deprecated", "c_", "d_", "a_", "m.Cls")],
        ),
        (
            "Rename parameter `base` to `core` in `m.Cls` to be clearer.",
            [("renamed", "base=", "core", "m.Cls")],
        ),
        (
            "Calling `a` and `b` with `f(x, y=out)` is deprecated, it should be `f(x, out=out)`.",
            [("deprecated", "y=", "out", "a", "b")],
        ),
        (
            "The following keywords have been removed in `m`: `x` from `f`, and `y` from `g`.",
            [("removed", "x=", "", "f", "m", "y", "g"), ("removed", "y=", "", "f", "g", "m", "x")],
        ),
        (
            "Remove deprecated maxsize parameter from cut_edges",
            [("removed", "maxsize=", "", "cut_edges")],
        ),
        (
            "`Show` has two class methods `Show.one` and `Show.two`. `plot_it` is deprecated in"
            " favor of these two class methods.",
            [("deprecated", "plot_it", "Show.one")],
        ),
        (
            "Add `Cfg.from_file`. `Cfg.from_json` is deprecated in favor of this.",
            [("deprecated", "Cfg.from_json", "Cfg.from_file")],
        ),
        (
            "Added `walk` and `v_parts` and deprecated `find_v_parts`.",
            [("deprecated", "find_v_parts", "v_parts", "walk", "v_parts")],
        ),
        (
            "The `x` parameter of `f` is deprecated. Same for `g` and `h`.",
            [("deprecated", "x=", "", "f"), ("deprecated", "x=", "", "g", "h")],
        ),
        (
            "The function `f` no longer acts upon the parameter `x`. The parameter will be"
            " removed.",
            [("deprecated", "x=", "")],
        ),
        (
            "The class methods `f` and `g` no longer allow the use of the `x` parameter.",
            [("removed", "x=", "", "f", "g")],
        ),
        (
            "`G.nodes` now returns a view while `G.nodes_iter()` has been removed.",
            [
                ("removed", "G.nodes", "", "G.nodes_iter"),
                ("removed", "G.nodes_iter", "", "G.nodes"),
            ],
        ),
        (
            "[`Tiny`] [BUG]: Remove `old_x`, use `x` instead",
            [("removed", "old_x", "x")],
        ),
        (
            "The `a()` and `b()` aliases (since 2.0) of `new_a()` and `new_b()` are deprecated.",
            [("deprecated", "a", "new_a"), ("deprecated", "b", "new_b")],
        ),
        (
            "`a` and `b` are deprecated in favor of what they're aliases for: `new_a` and `new_b`.",
            [("deprecated", "a", "new_a"), ("deprecated", "b", "new_b")],
        ),
        ("`m.Cls` has moved from `n` to `m`.", [("moved", "m.Cls", "m", "n")]),
        (
            "The arguments of `m.f` have been renamed from `firstOne, otherOne`, to "
            "`first_one, other_one`.",
            [
                ("renamed", "firstOne=", "first_one", "m.f"),
                ("renamed", "otherOne=", "other_one", "m.f"),
            ],
        ),
        (
            "`Cls.old` was undocumented and has been renamed to `new`.",
            [("renamed", "Cls.old", "new")],
        ),
        (
            "Simulation (`A.plot`/`draw`, and the `B.run` family): `seed` -> `rng`.",
            [("renamed", "seed=", "rng", "A.plot", "draw", "B.run")],
        ),
        (
            "Styles for `m.step` must be passed using the `drawstyle` (or `ds`) keyword argument,"
            " instead of the `linestyle` (or `ls`) keyword argument.",
            [
                ("replaced", "linestyle=", "drawstyle", "m.step"),
                ("replaced", "ls=", "ds", "m.step"),
            ],
        ),
        (
            "The `A.black` and `A.b_black` attributes are deprecated. Use `white` instead of"
            " `A.black`, and `b_white` instead of `A.b_black`.",
            [("deprecated", "A.black", "white"), ("deprecated", "A.b_black", "b_white")],
        ),
        (
            "Implemented an all-new `New` object that replaces the previous `Old` object.",
            [("replaced", "Old", "New")],
        ),
        (
            "Deprecated `Index.raw` for subclasses other than `DateIndex`.",
            [("deprecated", "Index.raw", "", "DateIndex")],
        ),
        (
            "The `press` method of `Cls`, which did nothing when using `tools`, is deprecated.",
            [("deprecated", "press", "", "Cls", "tools")],
        ),
        ("`Cls.cnt` has been privatized and deprecated.", [("deprecated", "Cls.cnt", "")]),
        ("Expire cursor-related deprecations", []),
        (
            "Deprecated positional arguments to `Text.split` except for `pat`.",
            [("positional", "Text.split", "", "pat"), ("positional", "pat", "", "Text.split")],
        ),
        ("`regress` has deprecated support for one argument.", [("deprecated", "regress", "")]),
        ("Previously, `nulls` were inadvertently removed.", []),
        (
            "`fetch` reads the cache of `old_lib`. This behavior is set to be deprecated.",
            [],
        ),
    ],
)
def test_names_are_told_apart(text: str, claims: list[tuple[str, ...]]) -> None:
    assert said(text) == claims


def test_a_pronoun_stands_for_the_subject_before_it() -> None:
    text = (
        "The property `family` of `m.One` is not checked any more. Instead, this property is "
        "deprecated in `m.One` and `m.Two`."
    )
    assert said(text) == [("deprecated", "family", "", "m.One", "m.Two")]


def test_what_a_lead_says_of_a_keyword_counts_for_each_callable_below() -> None:
    lead = "The `interpolation` parameter has been removed from the following functions:"
    assert said("`m.percentile`", lead, "removed") == [
        ("removed", "interpolation=", "", "m.percentile")
    ]
    lead = "The following arguments have been removed:"
    assert said("*return_all* from `grid.get_position()`", lead) == [
        ("removed", "return_all=", "", "grid.get_position")
    ]


def test_a_lead_may_say_no_longer_receives() -> None:
    lead = "The `__init__` method of these handlers no longer receives a `settings` parameter:"
    assert ("removed", "settings=", "", "m.Handler") in said("`m.Handler`", lead)


def test_below_a_title_of_removals_a_name_may_stand_before_a_dash_and_words() -> None:
    assert said("`m.safe` - Unused since Tiny 2.0.", section="removed") == [
        ("removed", "m.safe", "")
    ]
    lead = "The old set has been merged into a new one, which includes:"
    assert said("avg() - Return the avg of the items", lead) == []


def test_a_table_may_name_what_went_in_plain_words() -> None:
    lead = "A few methods of `m.Array` have been removed:"
    item = Item("neutral", ("1.0",), "", ["ptp | Use `m.ptp`"], ["…"], lead)
    item.cells = ("ptp", "Use `m.ptp`")
    claims = read_item(item)
    assert [(c.verb, c.old and c.old.path, c.new and c.new.path) for c in claims] == [
        ("removed", "ptp", "m.ptp")
    ]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("`A` and `B`, which were deprecated in 6.2, are no longer deprecated.", []),
        ("`A.write` is *not* deprecated.", []),
        ("`A.write` is *now* deprecated.", [("deprecated", "A.write", "")]),
        ("The *axis* parameter of `f` is deprecated.", [("deprecated", "axis=", "", "f")]),
    ],
)
def test_below_a_title_of_deprecations_what_is_not_deprecated_stays(
    text: str, claims: list[tuple[str, ...]]
) -> None:
    assert said(text, section="deprecated") == claims
