"""What a program does, in a sentence: from the library's own words about what it uses."""

from __future__ import annotations

import ast
import re

from recode_data.api.snapshot import ApiSymbol
from recode_data.usage.documented import summary
from recode_data.usage.example import Snippet

_RULE = re.compile(r"([*=~^#+_.-])\1{3,}")
_FILE = re.compile(r"['\"`][\w./]+\.[a-z]{2,4}['\"`]")
_NOTES = re.compile(r"release notes|what's new|changelog", re.IGNORECASE)
_DOES = re.compile(r"(?:Create|Construct|Return|Compute|Build|Generate|Fit|Draw|Find)s?\b")
_DULL = re.compile(
    r"\d{3,}|^(?:basic|simple|regression|ticket)|\b(?:raises?|errors?|invalid|wrong|bad|fail\w*"
    r"|dep|deprecat\w*|warn\w*|bug|issue|gh)\b|[a-z]\d$"
)
"""Names of tests that say nothing of a program that runs through."""
_ROLE = re.compile(r":[\w:]+:`~?([^`<]+)(?:<[^`]*>)?`")


def description(
    code: str, snippet: Snippet, changed: tuple[str, ...], *facts: ApiSymbol | None
) -> str:
    """Return a sentence about ``code``; ``changed`` names are what it must not give away."""
    sentence = _about(code, facts) or _documented(code, snippet)
    inputs = _inputs(code, changed)
    where = _case(snippet)
    if not sentence:
        used = _used(code, changed)
        sentence, where = (f"Show what `{used}` returns" if used else "Show a value"), ""
    if inputs:
        sentence += f", with {inputs}"
    if where and not any(re.search(rf"\b{re.escape(name)}\b", where) for name in changed):
        sentence += f" ({where})"
    return f"{sentence}, and print the result." if "print(" in code else f"{sentence}."


def _about(code: str, facts: tuple[ApiSymbol | None, ...]) -> str:
    """Return what the changed callable does, in the library's words."""
    for fact in facts:
        if fact is not None and fact.kind in ("callable", "property", "class"):
            text = _clean(summary(fact.summary))
            leaf = fact.path.rpartition(".")[2]
            made = _DOES.match(text) and re.search(rf"\b{re.escape(leaf)}\(", code)
            if fact.kind == "class" and not made:
                continue  # it says what the class is, not what a program does
            if text and "deprecated" not in text.lower() and not text.startswith("Alias"):
                return _imperative(text)
    return ""


def _documented(code: str, snippet: Snippet) -> str:
    """Return what the documented object does, where the program really uses it: the inputs of
    one function's example are no example of it."""
    leaf = snippet.title.rpartition(".")[2]
    if snippet.place != "docstring" or not re.search(rf"\b{re.escape(leaf)}\(", code):
        return ""
    return _imperative(_clean(snippet.summary))


def _used(code: str, changed: tuple[str, ...]) -> str:
    """Return the name of the call whose value is printed, when it is none that changed."""
    body = ast.parse(code).body
    bound = {
        ast.unparse(target): node.value
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    for node in _printed(body):
        value = bound.get(ast.unparse(node), node)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute | ast.Name):
            name = ast.unparse(value.func)
            leaf = name.rpartition(".")[2]
            whole = re.fullmatch(r"[\w.]+", name) and not set(name.split(".")) & set(changed)
            return name if whole else "" if leaf in changed else leaf
    return ""


def _printed(body: list[ast.stmt]) -> list[ast.expr]:
    return [
        argument
        for node in body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "print"
        for argument in node.value.args
    ]


def _imperative(text: str) -> str:
    """Write ``Returns the mean`` as ``Return the mean``."""
    first, _, rest = text.partition(" ")
    if first in ("A", "An", "The"):
        return f"Show {first.lower()} {rest}"
    if re.fullmatch(r"[A-Z][a-z]{3,}s", first) and not first.endswith(("ss", "ous", "is", "us")):
        first = first[:-1] if not first.endswith(("ches", "shes", "sses")) else first[:-2]
    return f"{first} {rest}".strip()


def _case(snippet: Snippet) -> str:
    if snippet.place == "test":
        words = re.sub(r"^(test|check)_?", "", snippet.title)
        words = re.sub(r"_+", " ", words).strip()
        plain = len(words) > 3 and not _DULL.search(words)
        return f"the case of {words}" if plain else ""
    prose = "" if _FILE.search(snippet.prose) else _clean(snippet.prose)
    return prose[:1].lower() + prose[1:] if 0 < len(prose) < 120 else ""


def _inputs(code: str, changed: tuple[str, ...]) -> str:
    """Return how the program's inputs are made, as far as that names nothing that changed."""
    found = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            source = ast.unparse(node)
            if any(re.search(rf"\b{re.escape(name)}\b", source) for name in changed):
                break
            if len(source) <= 60:
                found.append(f"`{source}`")
    return " and ".join(found[:2])


def _clean(text: str) -> str:
    text = _ROLE.sub(r"`\1`", _RULE.sub("", text)).replace("``", "`").strip()
    if _NOTES.search(text):  # the heading of a note says nothing about the program
        return ""
    return text.rstrip(".:").strip() if len(text) < 220 else ""
