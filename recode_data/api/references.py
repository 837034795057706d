"""What stands in a code span: a symbol, a call, a keyword, a value, or just some code."""

from __future__ import annotations

import ast
import itertools
import re
import warnings
from dataclasses import dataclass
from typing import Literal, TypeAlias

ReferenceKind: TypeAlias = Literal["symbol", "call", "keyword", "value", "expression"]

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_STAR = re.compile(r"[A-Za-z_][\w.]*\*[\w]*")
LONGEST_CODE = 300


@dataclass(frozen=True, slots=True)
class Reference:
    """One name in a text. ``path`` is a dotted name as written; ``keyword`` and ``value``
    are set for ``normed=True``, and for ``histogram(normed=True)`` beside its path."""

    kind: ReferenceKind
    raw: str
    path: str = ""
    keyword: str = ""
    value: str = ""
    emphasised: bool = False

    @property
    def leaf(self) -> str:
        return self.path.rsplit(".", 1)[-1]


def read_code(code: str, emphasised: bool = False) -> list[Reference]:
    """Return what the text of a code span names; several for ``signal.{lsim2,step2}``."""
    text = code.strip().strip("\"'") if code.count('"') == 1 else code.strip()
    text = re.sub(r"^[~!.]+(?=\w)", "", text).strip()
    if not text or len(text) > LONGEST_CODE:
        return [Reference("expression", code)]
    if "{" in text and re.fullmatch(r"[\w.]*\{[\w., ]+\}[\w.()]*", text):
        return [one for each in _braces(text) for one in read_code(each)]
    imported = re.fullmatch(r"from ([\w.]+) import ([\w, ]+)", text)
    if imported:
        names = [name.strip() for name in imported[2].split(",")]
        return [Reference("symbol", code, f"{imported[1]}.{name}") for name in names if name]
    text = re.sub(r"^import ", "", text)
    if _DOTTED.fullmatch(text):
        return [_word(code, text, emphasised)]
    if re.fullmatch(r"[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_][\w.]*)+", text):
        return [one for name in text.split(",")[:20] for one in read_code(name)]
    if _STAR.fullmatch(text):
        return [Reference("symbol", code, text)]
    keyword = re.fullmatch(r"\*{0,2}([A-Za-z_]\w*)\s*=\s*([^=].*)?", text, re.S)
    if keyword and not text.startswith("**"):
        return [Reference("keyword", code, "", keyword[1], (keyword[2] or "").strip())]
    return [_parsed(code, text)]


def _word(code: str, text: str, emphasised: bool) -> Reference:
    if text in ("None", "True", "False"):
        return Reference("value", code, value=text)
    return Reference("symbol", code, text, emphasised=emphasised)


def _braces(text: str) -> list[str]:
    head, rest = text.split("{", 1)
    inner, tail = rest.split("}", 1)
    return [head + name.strip() + tail for name in inner.split(",")[:50] if name.strip()]


def _parsed(code: str, text: str) -> Reference:
    """Read an expression: the callee of a call, the object of a subscript, a literal."""
    simple = re.match(r"([A-Za-z_][\w.]*)\(\)?$", text)
    if simple:
        return Reference("call", code, simple[1].rstrip("."))
    tree = _expression(re.sub(r"\.\.\.|…", "_", text))
    if isinstance(tree, ast.Constant):
        return Reference("value", code, value=text)
    if isinstance(tree, ast.Call):
        path = _path(tree.func)
        named = [word for word in tree.keywords if word.arg]
        if path and named:
            return Reference("call", code, path, named[0].arg or "", ast.unparse(named[0].value))
        if path:
            return Reference("call", code, path)
    base = re.match(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*[\[(]", text)
    return Reference("expression", code, base[1] if base else "")


def _expression(text: str) -> ast.expr | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _path(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


_SPAN = re.compile(
    r"(`+)(?!`)(.+?)(?<!`)\1(?!`)|(?<![\w*])\*{1,2}([A-Za-z_][\w.]*=?)\*{1,2}(?![\w*])"
)
_BARE = re.compile(
    r"(?<![\w/.@:=\"'⟦-])(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:\(\))?|[A-Za-z_]\w*\(\)"
    r"|[a-z]\w*_\w+|[a-z]+[A-Z]\w*[a-z]\w*)(?![\w/⟧-])"
)
_QUOTED = re.compile(r"(?<![\w=(⟧])(?:\"([A-Za-z_]\w*)\"|'([A-Za-z_]\w*)')(?![\w(⟦])")
_STRESSED = {"not", "only", "never", "always", "must", "all", "any", "no", "very", "now", "both"}
"""English words that texts emphasise: no names."""
_NOT_NAMES = re.compile(
    r"(?i)e\.g|i\.e|a\.k\.a|.*\.(py|rst|txt|com|org|io|md|html|c|h|cfg|toml|json|ya?ml|so|dll|pyx)"
)


def mark(text: str) -> tuple[str, list[list[Reference]]]:
    """Replace every name in ``text`` by ``⟦n⟧``; return the text and the names by n.

    Names outside code spans count where their form gives them away: a dotted name, a name
    with brackets, snake case or camel case.
    """
    found: list[list[Reference]] = []

    def put(references: list[Reference]) -> str:
        found.append(references)
        return f"⟦{len(found) - 1}⟧"

    def span(match: re.Match[str]) -> str:
        if match[3] and match[3].lower() in _STRESSED:
            return match[3]
        if match[3]:
            return put(read_code(match[3], emphasised=True))
        return put(read_code(match[2].strip()))

    def bare(match: re.Match[str]) -> str:
        if _NOT_NAMES.fullmatch(match[0]):
            return match[0]
        return put(read_code(match[0]))

    text = text.replace("⟦", "[").replace("⟧", "]")
    marked = _SPAN.sub(span, text)
    marked = _QUOTED.sub(
        lambda match: put(read_code(match[1] or match[2], emphasised=True)), marked
    )
    return _BARE.sub(bare, marked), found


def flat(groups: list[list[Reference]]) -> list[Reference]:
    return list(itertools.chain.from_iterable(groups))
