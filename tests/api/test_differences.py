"""What two versions of a made-up library differ in, told once and as what it is."""

from __future__ import annotations

from typing import Any

import pytest

from recode_data.api.differences import Difference, differences
from recode_data.api.history import History
from recode_data.api.snapshot import Snapshot

Names = dict[str, str]


def function(*names: str, summary: str = "", default: str | None = None) -> dict[str, Any]:
    rows = [[name, "p", default, False, ""] for name in names]
    return {"kind": "function", "doc": False, "summary": summary, "params": rows,
            "read": "signature"}  # fmt: skip


def made(bases: list[str], members: Names, *names: str) -> dict[str, Any]:
    return {**function(*names), "kind": "class", "bases": bases, "members": members}


def snapshot(version: str, modules: dict[str, Names], objects: dict[str, Any]) -> Snapshot:
    described = {
        name: {"listed": None, "names": names, "warns": {}, "hidden": []}
        for name, names in modules.items()
    }
    return Snapshot(version, {"modules": described, "objects": objects})


def found(*snapshots: Snapshot, **options: Any) -> set[tuple[str, ...]]:
    return {told(one) for one in differences(History(list(snapshots)), **options)}


def told(one: Difference) -> tuple[str, ...]:
    parts = one.old_symbol, one.old_keyword, one.new_symbol, one.new_keyword
    return (one.kind, *parts)


def family(keyword: str) -> Snapshot:
    """Return a base class and three others whose constructors take and keep one argument."""
    names = {leaf: f"lib:{leaf}" for leaf in ("Base", "One", "Two", "Three")}
    objects = {"lib:Base": made([], {keyword: "=attribute"}, keyword)}
    for leaf in ("One", "Two", "Three"):
        objects[f"lib:{leaf}"] = made(["lib:Base"], {}, keyword)
    return snapshot("1" if keyword == "colour" else "2", {"lib": names}, objects)


def test_what_all_classes_inherit_is_told_once_and_as_the_keyword_that_it_is() -> None:
    assert found(family("colour"), family("color")) == {
        ("keyword_renamed", "lib.Base", "colour", "lib.Base", "color")
    }


def test_methods_that_override_one_that_is_told_of_are_not_told() -> None:
    def version(number: str, keyword: str) -> Snapshot:
        names = {leaf: f"lib:{leaf}" for leaf in ("base", "One", "Two", "Other")}
        objects = {}
        for leaf in names:
            bases = ["lib:base"] if leaf in ("One", "Two") else []
            objects[f"lib:{leaf}"] = made(bases, {"draw": f"lib:{leaf}.draw"}, keyword)
            objects[f"lib:{leaf}.draw"] = function("self", keyword)
        return snapshot(number, {"lib": names}, objects)

    assert {one[1] for one in found(version("1", "colour"), version("2", "color"))} == {
        "lib.base", "lib.base.draw", "lib.Other", "lib.Other.draw"
    }  # fmt: skip


def test_a_keyword_that_any_keywords_stood_for_is_gone_with_them() -> None:
    def version(number: str, *rows: list[Any]) -> Snapshot:
        told = function() | {"params": [["a", "p", None, False, ""], *rows]}
        return snapshot(number, {"lib": {"f": "lib:f"}}, {"lib:f": told})

    tries, retries, wait = ([name, "p", "1", False, ""] for name in ("tries", "retries", "wait"))
    anything = ["kwargs", "**", None, False, ""]
    gone = {("keyword_removed", "lib.f", "wait", "", "")}
    one, two = version("1", wait), version("2", anything)
    assert found(one, two) == set()
    assert found(one, two, version("3")) == gone
    assert found(one, two, version("3", anything), version("4")) == gone
    renamed = ("keyword_renamed", "lib.f", "retries", "lib.f", "tries")
    three = version("3", tries)
    assert found(version("1", retries), two, three) == {renamed}
    # One that was told to take its place at once is not told again.
    told = found(version("1", retries), version("2", tries, anything), three)
    assert told == {renamed}


def test_another_name_of_an_object_takes_the_place_of_one_that_went() -> None:
    add = {"lib:add": function("a", "b")}
    old = snapshot("1", {"lib": {"add": "lib:add", "plus": "lib:add"}}, add)
    new = snapshot("2", {"lib": {"add": "lib:add"}}, add)
    assert found(old, new) == {("renamed", "lib.plus", "", "lib.add", "")}


def test_a_constant_is_found_in_the_class_that_has_it_now() -> None:
    cubic: Names = {"CUBIC": "=int"}
    old = snapshot("1", {"lib": {}, "lib.pics": cubic}, {})
    moved = ("moved", "lib.pics.CUBIC", "", "lib.pics.Way.CUBIC", "")
    for kind in ("=Way", "=property", "=int"):  # as the Python shows the members
        way = {"lib.pics:Way": made([], {"CUBIC": kind})}
        new = snapshot("2", {"lib": {}, "lib.pics": {"Way": "lib.pics:Way"}}, way)
        assert moved in found(old, new)
    way = {"lib.pics:Way": made([], {"CUBIC": "=str"})}
    other = snapshot("2", {"lib": {}, "lib.pics": {"Way": "lib.pics:Way"}}, way)
    assert moved not in found(old, other)


def test_names_of_a_module_that_went_are_found_where_they_are() -> None:
    kept = function("text", summary="Return it.")
    old = snapshot("1", {"lib": {}, "lib.a": {"trim": "lib.a:trim"}}, {"lib.a:trim": kept})
    new = snapshot("2", {"lib": {}, "lib.b": {"trim": "lib.b:trim"}}, {"lib.b:trim": kept})
    assert ("moved", "lib.a.trim", "", "lib.b.trim", "") in found(old, new)
    other = {"lib.b:trim": function("lines", "width", summary="Return less.")}
    unlike = snapshot("2", {"lib": {}, "lib.b": {"trim": "lib.b:trim"}}, other)
    assert not any(one[0] == "moved" for one in found(old, unlike))


def test_a_module_that_cannot_be_imported_is_not_gone() -> None:
    old = snapshot("1", {"lib": {}, "lib.a": {"trim": "lib.a:trim"}}, {"lib.a:trim": function("x")})
    new = snapshot("2", {"lib": {}}, {})
    assert ("removed", "lib.a", "", "", "") in found(old, new)
    assert (
        found(old, new, installed=lambda version, name: (version, name) == ("2", "lib.a")) == set()
    )


def test_what_comes_back_was_not_removed() -> None:
    there = snapshot("1", {"lib": {"f": "lib:f"}}, {"lib:f": function("x")})
    without = snapshot("2", {"lib": {}}, {})
    again = snapshot("3", {"lib": {"f": "lib:f"}}, {"lib:f": function("x")})
    assert found(there, without, again) == set()


def test_what_a_module_imports_from_the_standard_library_is_none_of_its_own() -> None:
    names = {"annotations": "=_Feature", "TYPE_CHECKING": "=bool", "LIMIT": "=int"}
    old, new = snapshot("1", {"lib": names}, {}), snapshot("2", {"lib": {}}, {})
    assert found(old, new) == {("removed", "lib.LIMIT", "", "", "")}


def test_an_object_of_another_package_is_where_it_comes_from() -> None:
    escape = {"markup:escape": function("text")}
    old = snapshot("1", {"lib": {"escape": "markup:escape"}}, escape)
    old.modules["lib"]["listed"] = ["escape"]
    new = snapshot("2", {"lib": {}}, {})
    assert found(old, new) == {("moved", "lib.escape", "", "markup.escape", "")}


@pytest.mark.parametrize(
    ("defined", "name", "imported"),
    [
        ("posix", "fspath", "os"),
        ("posixpath", "join", "os.path"),
        ("genericpath", "exists", "os.path"),
        ("_bisect", "insort_right", "bisect"),
        ("_io", "StringIO", "io"),
        ("asyncio.tasks", "wait_for", "asyncio"),
        ("json.decoder", "JSONDecoder", "json"),
        ("math", "sqrt", "math"),
        ("collections.abc", "Mapping", "collections.abc"),
    ],
)
def test_an_object_of_the_standard_library_is_where_programs_import_it_from(
    defined: str, name: str, imported: str
) -> None:
    identity = f"{defined}:{name}"
    old = snapshot("1", {"lib": {name: identity}}, {identity: function("path")})
    old.modules["lib"]["listed"] = [name]
    new = snapshot("2", {"lib": {}}, {})
    assert found(old, new) == {("moved", f"lib.{name}", "", f"{imported}.{name}", "")}


def test_a_keyword_that_stood_beside_the_one_that_took_its_place_is_renamed() -> None:
    def version(number: str, *names: str) -> Snapshot:
        return snapshot(number, {"lib": {"f": "lib:f"}}, {"lib:f": function(*names, default="0")})

    seen = found(version("1", "old_way"), version("2", "old_way", "way"), version("3", "way"))
    assert ("keyword_renamed", "lib.f", "old_way", "lib.f", "way") in seen


@pytest.mark.parametrize(
    ("before", "after", "default", "documented", "says", "renamed"),
    [
        ("mix_streams", "catch_errors", "True", "", "", False),
        ("encoding", "strict", "None", "", "", False),
        ("level", "retries", "0", "", "", False),
        ("prefix", "hook", "''", "", "", False),
        ("verbose", "lazy", "False", "bool", "", False),
        ("size", "text", "None", "str or None", "", False),
        ("colour_map", "map", "None", "", "", True),
        ("metric", "affinity", "None", "callable or array_like", "", True),
        ("flag", "shown", "True", "", "`flag` is deprecated, use `shown`", True),
        ("kind", "shape", "'round'", "", "", True),
        ("a", "ground", None, "", "", True),
    ],
)
def test_a_parameter_at_the_place_of_another_is_the_same_where_something_tells(  # noqa: PLR0917
    before: str, after: str, default: str | None, documented: str, says: str, renamed: bool
) -> None:
    def version(number: str, name: str) -> Snapshot:
        rows = [["path", "p", None, False, ""], [name, "p", default, False, documented]]
        told = [["warning", says, []]] if says and number == "2" else []
        one = {**function(), "params": rows, "says": told}
        return snapshot(number, {"lib": {"f": "lib:f"}}, {"lib:f": one})

    seen = found(version("1", before), version("2", after))
    assert (("keyword_renamed", "lib.f", before, "lib.f", after) in seen) == renamed
    assert (("keyword_removed", "lib.f", before, "", "") in seen) != renamed
