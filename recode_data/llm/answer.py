"""What a model's answer holds: tolerant in finding it, strict in believing it.

Models put their JSON in fences, after thoughts, between sentences, or forget to close it.
`read_answer` finds the object, checks it against `Answer`, and checks that its codes are
Python; what is wrong becomes an `Unusable` whose text can go back to the model.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recode_data.reasons import Reason

MAX_CODE = 12_000
"""Characters of one code; a migration example is a short program."""
MAX_ANSWER = 200_000
"""Characters of an answer that are looked at."""
MAX_OBJECTS = 200
"""Opening braces that are tried; a hostile answer is made of nothing else."""

MAX_WRAPPED = 3
"""Objects around an answer."""

_OPENING = re.compile(r'"?\{')
_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```[\w+-]*[ \t]*\n(.*?)\n?```\s*\Z", re.DOTALL)


class Answer(BaseModel):
    """What the model is asked for. ``possible`` is false when the change cannot be shown
    by a short program, with the reason in ``why_not``; ``new_version`` names another version
    than the one that was asked for, where that was wrong."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    possible: bool = True
    why_not: str = Field(default="", max_length=2_000)
    description: str = Field(default="", max_length=2_000)
    old_code: str = Field(default="", max_length=MAX_CODE)
    new_code: str = Field(default="", max_length=MAX_CODE)
    new_version: str = Field(default="", max_length=40)


class Unusable(Exception):
    """An answer without an entry in it: ``reason`` for the counts, the text for the model."""

    def __init__(self, reason: Reason, text: str, mendable: bool = True) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.mendable = mendable


def read_answer(text: str, finish: str = "stop") -> Answer:
    """Return the entry in ``text``; raises `Unusable` with the reason why there is none."""
    if finish in ("refusal", "content_filter"):
        raise Unusable(Reason.REFUSED, "The request was refused.", mendable=False)
    if finish == "too_long" or len(text) > MAX_ANSWER:
        raise Unusable(
            Reason.TOO_LONG, "The answer was far too long. Answer with the JSON object only."
        )
    answer = _find(text, finish)
    if not answer.possible:
        raise Unusable(Reason.DECLINED, answer.why_not or "no reason given", mendable=False)
    old, new = _code(answer.old_code), _code(answer.new_code)
    description = " ".join(answer.description.split())
    _check(description, old, new)
    return Answer(
        description=description, old_code=old, new_code=new, new_version=answer.new_version
    )


def read_description(text: str, finish: str = "stop") -> str:
    """Return the description in ``text``, where nothing else was asked for; raises `Unusable`."""
    if finish in ("refusal", "content_filter"):
        raise Unusable(Reason.REFUSED, "The request was refused.", mendable=False)
    description = " ".join(_find(text[:MAX_ANSWER], finish).description.split())
    if not description:
        raise Unusable(Reason.WRONG_SCHEMA, "The field description is missing or empty.")
    return description


def is_cut(text: str, finish: str) -> bool:
    """Tell whether an answer reached its length limit before it said anything of use."""
    return finish == "length" and not holds_answer(text)


def holds_answer(text: str) -> bool:
    """Tell whether a whole object that looks like an answer stands in a text."""
    return any(_objects(_THOUGHTS.sub("", text)))


def _find(text: str, finish: str) -> Answer:
    complaint = ""
    objects = list(_objects(_THOUGHTS.sub("", text)))
    if not objects and finish != "length":  # some think to the end, the answer included
        objects = list(_objects(text))
    for found in objects:
        try:
            return Answer.model_validate(found)
        except ValidationError as error:
            first = error.errors()[0]
            complaint = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if finish == "length":
        raise Unusable(
            Reason.TRUNCATED,
            "The answer was cut off at the length limit. Be shorter.",
            mendable=bool(text.strip()),  # one that was reasoning only is no shorter next time
        )
    if not text.strip():
        raise Unusable(Reason.EMPTY, "The answer was empty.")
    if complaint:
        raise Unusable(
            Reason.WRONG_SCHEMA, f"The JSON object does not fit the schema: {complaint}."
        )
    raise Unusable(Reason.NO_JSON, "There is no complete JSON object in the answer.")


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in ``text`` that look like an answer, the last one first.

    Models that think aloud show a draft before the final object, so the last counts.
    """
    decoder = json.JSONDecoder(strict=False)  # models write raw newlines into strings
    found: list[dict[str, Any]] = []
    start, tried = _OPENING.search(text), 0
    while start and tried < MAX_OBJECTS:
        tried += 1
        end = start.start() + 1
        try:
            value, after = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            pass
        else:
            inside = list(_answers(value))
            found += inside
            # A text that holds none may be a quotation mark before an object.
            end = after if inside or isinstance(value, dict) else end
        start = _OPENING.search(text, end)
    yield from reversed(found)


def _answers(value: Any, depth: int = MAX_WRAPPED) -> Iterator[dict[str, Any]]:
    """Yield what looks like an answer in a value: itself, or what it wraps, such as the
    arguments of a tool call that is written as text."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value, strict=False)
        except (ValueError, RecursionError):
            return
    if not isinstance(value, dict):
        return
    if value.keys() & Answer.model_fields.keys():
        # Without a schema, what is not filled in is often null.
        yield {name: given for name, given in value.items() if given is not None}
    elif depth:
        for inner in value.values():
            yield from _answers(inner, depth - 1)


def _code(text: str) -> str:
    fenced = _FENCE.match(text)
    lines = (fenced[1] if fenced else text).replace("\r\n", "\n").strip("\n").split("\n")
    return "\n".join(line.rstrip() for line in lines)


def _check(description: str, old: str, new: str) -> None:
    for name, value in (("description", description), ("old_code", old), ("new_code", new)):
        if not value:
            raise Unusable(Reason.WRONG_SCHEMA, f"The field {name} is missing or empty.")
    for name, code in (("old_code", old), ("new_code", new)):
        complaint = not_python(code)
        if complaint:
            raise Unusable(Reason.NOT_PYTHON, f"{name} is not Python: {complaint}.")
    if ast.dump(ast.parse(old)) == ast.dump(ast.parse(new)):
        raise Unusable(Reason.IDENTICAL, "old_code and new_code are the same program.")


def not_python(code: str) -> str:
    """Return why ``code`` does not parse, or an empty string. Never runs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as an invalid escape, which is still Python
        try:
            ast.dump(ast.parse(code))
        except SyntaxError as error:
            return f"line {error.lineno}: {error.msg}"
        except (ValueError, RecursionError, MemoryError) as error:
            return type(error).__name__ + (f": {error}" if str(error) else "")
    return ""
