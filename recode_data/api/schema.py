"""What the introspector may answer. It is written in the package's own process, so the package
can make it say anything: nothing goes on before its shape and its sizes are checked."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from recode_data.execute.report import whole_json

STRICT = ConfigDict(strict=True, extra="forbid")
MOST_MEMBERS = 2_000_000
"""Members of all classes, those of their bases counted anew for each; SymPy has 201,000."""

Name = Annotated[str, Field(max_length=400)]
"""Of a module, an object or a parameter, and references; the longest seen has 125 characters."""
Text = Annotated[str, Field(max_length=1000)]
Docstring = Annotated[str, Field(max_length=40_000)]
Signature = Annotated[str, Field(max_length=2_000)]


Row = tuple[Name, Literal["/", "p", "*", "k", "**"], Name | None, bool, Name]
"""A parameter: name, kind, source of its default, whether it is going, documented type."""


@with_config(STRICT)
class Module(TypedDict):
    listed: list[Name] | None
    names: dict[Name, Name]
    warns: dict[Name, Text]
    hidden: list[Name]


@with_config(STRICT)
class Object(TypedDict, total=False):
    kind: Literal["function", "class", "property"]
    doc: bool
    says: list[tuple[Name, Text, list[Name]]]
    summary: Name
    params: list[Row]
    var: bool
    read: Literal["signature", "doc", "both"]
    bases: list[Name]
    members: dict[Name, Name]


@with_config(STRICT)
class Answer(TypedDict):
    modules: Annotated[dict[Name, Module], Field(min_length=1)]
    objects: dict[Name, Object]


@with_config(STRICT)
class Details(TypedDict):
    """What is told of one name that was looked up."""

    kind: Literal["module", "class", "callable", "property", "constant"]
    type: Name
    member: bool
    home: Name
    name: Name
    same: list[Name]
    summary: Name
    params: list[Row] | None
    read: Literal["", "signature", "doc", "both"]
    signature: Signature
    text: Docstring


_ANSWER = TypeAdapter(Answer)
_LOOK_UP = TypeAdapter(dict[Name, Details | None])


def checked_details(answer: bytes, asked: Collection[str]) -> dict[str, Details | None]:
    """Return what ``answer`` tells of the names that were ``asked`` for.

    Raises `ValueError` when it is anything else.
    """
    try:
        told = _LOOK_UP.validate_json(whole_json(answer))
    except ValueError as error:
        raise ValueError(_first(error)) from None
    return {path: told.get(path) for path in asked}


def checked(answer: bytes, package: str) -> dict[str, Any]:
    """Return the snapshot of ``package`` that ``answer`` holds as JSON.

    Raises `ValueError` when it is anything else: a field that is missing, unknown, of another
    type or too long, a module of another package, classes whose members multiply.
    """
    whole = whole_json(answer)
    try:
        _ANSWER.validate_json(whole)
    except ValueError as error:
        raise ValueError(_first(error)) from None
    snapshot: dict[str, Any] = json.loads(whole)
    strange = [name for name in snapshot["modules"] if f"{name}.".partition(".")[0] != package]
    if strange:
        raise ValueError(f"it tells of another package's module {strange[0]}")
    objects = snapshot["objects"]
    sizes = {reference: len(found.get("members", ())) for reference, found in objects.items()}
    bases = (base for found in objects.values() for base in found.get("bases", ()))
    if sum(sizes.values()) + sum(sizes.get(base, 0) for base in bases) > MOST_MEMBERS:
        raise ValueError("its classes have too many members")
    return snapshot


def _first(error: ValueError) -> str:
    """Return the first complaint of a validation and where it is."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
