"""What a program does, in a sentence: from the library's own words about what it uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from recode_data.api.snapshot import ApiSymbol, Snapshot
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


_WRAPPERS = {
    "str": "Turn {} into text",
    "repr": "Turn {} into text",
    "len": "Count the elements of {}",
    "list": "List the elements of {}",
    "tuple": "List the elements of {}",
    "sorted": "Sort {}",
    "sum": "Add up {}",
    "max": "Find the largest of {}",
    "min": "Find the smallest of {}",
    "type": "Look up the type of {}",
    "isinstance": "Check the type of {}",
    "issubclass": "Check whether {} is a subtype of another type",
    "float": "Turn {} into a plain number",
    "int": "Turn {} into a plain number",
    "round": "Round {}",
    "bool": "Check whether {} is true",
}
"""What a builtin does with the value that it is given."""
_PLAIN = re.compile(r"to_?(?:list|array|dense|dict|[a-z]+py)|item|copy|all|flatten")
"""Methods that only bring a result into another form."""
_NOT_TOLD = re.compile(
    r"\A[\w.]+\(|\bdeprecated\b|\b(?:identical|equivalent|same as|refer to|see)\b", re.IGNORECASE
)
"""A text that does not say what its function does: a signature, or a reference to another."""


class Summaries:
    """What a library's documentation says that its functions and methods do."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def of(self, path: str) -> str:
        """Return the sentence about a path, or about a method of that name, ``.astype``; empty
        where there is none that says what it does."""
        paths = self._methods.get(path[1:], ()) if path.startswith(".") else (path,)
        for each in paths:
            symbol = self.snapshot.symbol(each)
            told = summary(symbol.summary) if symbol and symbol.kind == "callable" else ""
            text = _clean(told)
            if text and not _NOT_TOLD.search(text):
                return _imperative(text)
        return ""

    @cached_property
    def _methods(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.snapshot.paths, key=lambda path: (path.count("."), path)):
            owner, _, leaf = path.rpartition(".")
            if owner and owner not in self.snapshot.modules:
                found.setdefault(leaf, []).append(path)
        return found


def description(
    code: str,
    snippet: Snippet,
    changed: tuple[str, ...],
    *facts: ApiSymbol | None,
    summaries: Summaries | None = None,
) -> str:
    """Return a sentence about ``code``; ``changed`` names are what it must not give away.

    What the program prints is described by the library's own words about the call that makes
    it, with ``summaries``; the changed callable's count where it is that call.
    """
    computed = _computed(code, changed, summaries) if summaries else ""
    sentence = computed or _about(code, facts) or _documented(code, snippet)
    inputs = _inputs(code, changed)
    where = "" if computed else _case(snippet)
    if not sentence:
        used = _used(code, changed)
        sentence, where = (f"Show what `{used}` returns" if used else "Show a value"), ""
    if inputs:
        sentence += f", with {inputs}"
    if where and not any(re.search(rf"\b{re.escape(name)}\b", where) for name in changed):
        sentence += f" ({where})"
    return f"{sentence}, and print the result." if "print(" in code else f"{sentence}."


def _computed(code: str, changed: tuple[str, ...], summaries: Summaries) -> str:
    """Return what the call does that makes what the program prints first; empty where it is a
    changed one, or nothing is known of it."""
    tree = ast.parse(code)
    imported = dict(_imported(tree))
    bound = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for printed in _printed(tree.body):
        node: ast.expr = printed
        wrapper = ""
        for _ in range(12):  # of a name that is bound to itself
            inner = _inside(node, bound)
            if inner is None:
                break
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                wrapper = wrapper or node.func.id
            node = inner
        told = _of_call(node, changed, imported, summaries)
        if told:
            return told
        if wrapper in _WRAPPERS and isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            known = bool(re.fullmatch(r"\w+", name)) and name not in changed
            return _WRAPPERS[wrapper].format(f"what `{name}` returns") if known else ""
    return ""


def _inside(node: ast.expr, bound: dict[str, ast.expr]) -> ast.expr | None:
    """Return the value that an expression only brings into another form."""
    if isinstance(node, ast.Name):
        return bound.get(node.id)
    if isinstance(node, ast.Subscript | ast.Attribute):
        return node.value if isinstance(node.value, ast.Call | ast.Name | ast.Subscript) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.args[0] if node.func.id in _WRAPPERS and node.args else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.value if _PLAIN.fullmatch(node.func.attr) and not node.args else None
    return None


def _of_call(
    node: ast.expr, changed: tuple[str, ...], imported: dict[str, str], summaries: Summaries
) -> str:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
        return ""
    written = ast.unparse(node.func)
    leaf = written.rpartition(".")[2]
    if leaf in changed or not re.fullmatch(r"\w+", leaf):
        return ""
    root, _, rest = written.partition(".")
    if re.fullmatch(r"[\w.]+", written) and root in imported:
        return summaries.of(".".join(filter(None, (imported[root], rest))))
    return summaries.of(f".{leaf}") if isinstance(node.func, ast.Attribute) else ""


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that a program imports, with the paths that they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (
                    alias.asname or alias.name.partition(".")[0],
                    (alias.name if alias.asname else alias.name.partition(".")[0]),
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


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
    if "-" in first:
        return f"Compute the {first.lower()} {rest}"
    if first in ("A", "An", "The"):
        return f"Show {first.lower()} {rest}"
    if re.fullmatch(r"[A-Z][a-z]{2,}s", first) and not first.endswith(("ss", "ous", "is", "us")):
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
