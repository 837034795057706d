"""What a version of a library says of its names: signature and docstring, asked in the sandbox."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ConfigDict, TypeAdapter

from recode_data.errors import EnvironmentFailed
from recode_data.execute import Executor, Probe
from recode_data.execute.report import whole_json
from recode_data.records import Environment

MOST_DOC = 6000
"""Characters of a docstring that are kept: those of NumPy's functions have 3,000 on average."""
_ANSWER = TypeAdapter(dict[str, tuple[str, str, str, list[str]]], config=ConfigDict(strict=True))

_PROBE = """
import importlib, inspect, warnings
warnings.simplefilter("ignore")
def find(name):
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except BaseException:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise AttributeError(name)
def aliases(name, found):
    owner, _, leaf = name.rpartition(".")
    if not (inspect.isclass(found) or inspect.isroutine(found)):
        return []
    same = []
    for place in sorted(set([owner, name.partition(".")[0]])):
        module = find(place)
        for other in sorted(vars(module)):
            if vars(module)[other] is found and not other.startswith("_"):
                same.append(place + "." + other)
    return [other for other in same if other != name]
def tell(name):
    try:
        found = find(name)
        documented = callable(found) or inspect.ismodule(found) or isinstance(found, property)
        doc = (inspect.getdoc(found) or "") if documented else ""
    except BaseException:
        return ["", "", "", []]
    try:
        same = aliases(name, found)
    except BaseException:
        same = []
    try:
        signature = str(inspect.signature(found))
    except BaseException:
        signature = ""
    return [type(found).__name__, str(signature)[:600], str(doc)[:%d], same]
answer = dict((name, tell(name)) for name in %r)
"""


@dataclass(frozen=True, slots=True)
class Documented:
    """A name as its library documents it."""

    path: str
    kind: str
    """The name of its type; empty where the library has no such name."""
    signature: str
    """As `inspect` tells it, ``(a, b=1)``; empty where it cannot."""
    doc: str
    """The docstring; empty for plain values, which have none of their own."""
    aliases: tuple[str, ...] = ()
    """Other public paths of the very same function or class."""


def documentation(
    executor: Executor, environment: Environment, paths: Iterable[str]
) -> dict[str, Documented]:
    """Return what the library in ``environment`` says of each of ``paths``.

    Raises `EnvironmentFailed` where it cannot be asked.
    """
    wanted = sorted(set(paths))
    if not wanted:
        return {}
    reply = executor.ask(Probe(_PROBE % (MOST_DOC, wanted), environment))
    if reply.status != "clean":
        raise EnvironmentFailed(
            f"{environment} cannot be asked for docstrings: {reply.message[:300]}",
            "recode-data doctor says what is missing; the same command tries again",
        )
    try:
        told = _ANSWER.validate_json(whole_json(reply.answer))
    except ValueError as error:
        raise EnvironmentFailed(
            f"{environment} gives no valid docstrings", "leave the library away"
        ) from error
    found = {}
    for path in wanted:
        kind, signature, doc, aliases = told.get(path, ("", "", "", []))
        found[path] = Documented(path, _plain(kind), _plain(signature), _plain(doc), tuple(aliases))
    return found


def _plain(text: str) -> str:
    """Return a text without addresses, which differ from run to run, and control characters."""
    masked = re.sub(r"0x[0-9a-f]{6,}", "0x…", text)
    return "".join(sign for sign in masked if sign.isprintable() or sign in "\n\t")


def parameter_text(doc: str, name: str) -> str:
    """Return what a docstring says of one parameter, as one line: NumPy's form (``axis : int``
    and an indented text), Google's (``axis: The axis.``) or Sphinx's (``:param axis:``).

    >>> parameter_text("Add.\\n\\nParameters\\n----------\\na : int\\n    The first.\\n", "a")
    'The first.'
    >>> parameter_text("Add.\\n\\nArgs:\\n    a (int): The first\\n        of two.\\n", "a")
    'The first of two.'
    """
    lines = doc.split("\n")
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        head = re.match(
            rf"\s*(?::param (?:[\w.]+ )?)?\*{{0,2}}(?:\w+\*?, )*`?{re.escape(name)}`?(?:, \w+)*"
            rf"(?P<type>\s+\([^)]*\))?\s*(?::(?P<rest>.*))?$",
            line,
        )
        if not head or (head["rest"] is None and not _deeper(lines, number, indent)):
            continue
        below = []
        for other in lines[number + 1 :]:
            if other.strip() and len(other) - len(other.lstrip()) <= indent:
                break
            below.append(other)
        paragraph = textwrap.dedent("\n".join(below)).strip().split("\n\n")[0]
        rest = (head["rest"] or "").strip()
        typed = line.rstrip().endswith(":") or re.match(r"\s*[\w, ]+ : ", line)
        text = paragraph if typed and paragraph else f"{rest} {paragraph}"
        if text.strip():
            return " ".join(text.split())
    return ""


def _deeper(lines: list[str], number: int, indent: int) -> bool:
    following = lines[number + 1] if number + 1 < len(lines) else ""
    return bool(following.strip()) and len(following) - len(following.lstrip()) > indent
