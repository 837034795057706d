"""Of what class a callable's result is, read from annotations and documentation."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from recode_data.api.introspection import TARGET

MADE = '''
from __future__ import annotations

from typing import Optional, Type, TypeVar

Made = TypeVar("Made", bound="Box")
Any_ = TypeVar("Any_")


class Box:
    def copy(self) -> Box: ...


def one() -> Box: ...
def maybe() -> Optional[Box]: ...
def kind() -> type[Box]: ...
def old_kind() -> Type["Box"]: ...
def bounded() -> type[Made]: ...
def an_object_of_it() -> Made: ...
def unbounded() -> type[Any_]: ...
def several() -> type[Box] | type[int]: ...
def many() -> list[Box]: ...


def documented():
    """Make one.

    Returns
    -------
    b : Box
        A box.
    """


def documented_with_the_package():
    """Make one.

    Returns
    -------
    b: %s Box
        A box.
    """


def documented_with_more():
    """Make one.

    Returns
    -------
    b : %s Box or list
        A box.
    """
'''


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    (tmp_path / "parcels.py").write_text(MADE.replace("%s", "PARCELS"))
    monkeypatch.syspath_prepend(str(tmp_path))
    answer: dict[str, str] = runpy.run_path(str(TARGET / "returns.py"))["main"](["parcels"])
    return {name.removeprefix("parcels:"): said for name, said in answer.items()}


ONE, ITSELF = "parcels:Box", "type:parcels:Box"


def test_one_class_is_told_and_the_class_itself_beside_its_objects(told: dict[str, str]) -> None:
    names = ("one", "maybe", "Box.copy", "an_object_of_it", "documented")
    assert {name: told.get(name) for name in names} == dict.fromkeys(names, ONE)
    assert told["documented_with_the_package"] == ONE
    kinds = ("kind", "old_kind", "bounded")
    assert {name: told.get(name) for name in kinds} == dict.fromkeys(kinds, ITSELF)


def test_what_is_not_one_class_is_not_told(told: dict[str, str]) -> None:
    assert told.keys().isdisjoint({"unbounded", "several", "many", "documented_with_more"})
