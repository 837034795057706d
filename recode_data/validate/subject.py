"""What an entry claims has changed, and whether a run speaks about it.

A failure or a warning counts as the update only if it is about the changed symbol: a
snippet that breaks on the new version for another reason proves nothing about the claim.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from recode_data.records import Caught, Entry, Run
from recode_data.validate.topic import same_topic, topic_of

KEYWORD_KINDS = ("keyword_renamed", "keyword_removed", "keyword_only", "default_changed")

_NO_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")
_NO_NAME = re.compile(r"cannot import name '?(\w+)'?")
_NO_MODULE = re.compile(r"No module named '?([\w.]+)'?")
_NO_KEYWORD = re.compile(r"(?:unexpected|invalid) keyword argument:? ['\"]?(\w+)")
_ARITY = re.compile(r"positional argument|required .*argument|takes (?:no|at most|exactly) ")
_OBSOLESCENCE = re.compile(
    r"deprecat|obsolete|remov|renam|replac|instead|no longer|will (?:change|be|raise|default)"
    r"|future|legacy|favou?r of|expired",
    re.IGNORECASE,
)
_PLAIN_TYPES = {"int", "float", "bool", "str", "object", "complex", "long", "list", "dict", "tuple"}
_SLIPS = ("NameError", "SyntaxError", "IndentationError", "ModuleNotFoundError")
"""Failures of a snippet itself, whatever their text shares with a note."""
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Subject:
    """The changed names of an entry: leaves of symbols, keywords, and modules on the way."""

    old_symbol: str
    old_keyword: str
    new_symbol: str
    new_keyword: str
    old_names: frozenset[str]
    """Any of these in a failure of ``old_code`` makes it the update."""
    new_names: frozenset[str]
    """Any of these in a failure of ``new_code`` on the old version makes it additive."""

    topic: frozenset[str] = frozenset()
    """What the note speaks of, where no symbol is known; see `topic_of`."""

    @property
    def spelled(self) -> frozenset[str]:
        """The names that the update puts in place of one another, as the codes write them."""
        words = (self.old_symbol, self.old_keyword, self.new_symbol, self.new_keyword)
        return frozenset(word.rpartition(".")[2] for word in words if word)

    def explains(self, run: Run) -> bool:
        """Return whether the exception of ``run`` is about the old symbol or keyword."""
        if _about(run.exception, run.message, self.old_names, self.old_keyword):
            return True
        return run.exception not in _SLIPS and same_topic(self.topic, run.message)

    def explains_addition(self, run: Run) -> bool:
        """Return whether the exception of ``run`` says that the new symbol is not there."""
        return _about(run.exception, run.message, self.new_names, self.new_keyword)

    def warning(self, run: Run) -> Caught | None:
        """Return the first warning of ``run`` that says the update is coming, if any."""
        names = {self.old_keyword} if self.old_keyword else self.old_names
        for caught in run.warnings:
            if not obsolescence(caught):
                continue
            if any(mentions(caught.message, name) for name in names):
                return caught
            if same_topic(self.topic, caught.message):
                return caught
        return None


def subject_of(entry: Entry) -> Subject:
    """Return what ``entry`` is about: its symbols, or what its two codes do not share."""
    old_names = _names(entry.old_symbol, entry.old_keyword)
    new_names = _names(entry.new_symbol, entry.new_keyword)
    if not old_names or not new_names:
        gone, come = differing_names(entry.old_code, entry.new_code)
        told = set(_NAME.findall(entry.update_info))
        old_names = old_names or gone | (told & identifiers(entry.old_code) & _unusual(told))
        new_names = new_names or come
    return Subject(
        entry.old_symbol,
        entry.old_keyword,
        entry.new_symbol,
        entry.new_keyword,
        frozenset(old_names),
        frozenset(new_names),
        frozenset() if entry.old_symbol or entry.old_keyword else topic_of(entry.update_info),
    )


def obsolescence(caught: Caught) -> bool:
    """Return whether a warning announces an update rather than a numerical accident."""
    kind = caught.category
    return (
        "Deprecat" in kind or kind == "FutureWarning" or bool(_OBSOLESCENCE.search(caught.message))
    )


def mentions(text: str, name: str) -> bool:
    """Return whether ``text`` holds ``name`` as a word of its own."""
    return bool(name) and re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", text) is not None


def identifiers(code: str) -> set[str]:
    """Return every name, attribute, keyword and imported name that ``code`` uses."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.update(node.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(node.module.split("."))
    return found


def differing_names(old_code: str, new_code: str) -> tuple[set[str], set[str]]:
    """Return the identifiers only in ``old_code`` and those only in ``new_code``."""
    old, new = identifiers(old_code), identifiers(new_code)
    return old - new, new - old


def _names(symbol: str, keyword: str) -> set[str]:
    if keyword:
        return {keyword, symbol.rpartition(".")[2]} - {""}
    return {symbol.rpartition(".")[2]} - {""}


def _unusual(words: set[str]) -> set[str]:
    """Names that are not English: a word of a sentence is no evidence that it changed."""
    return {
        word for word in words if "_" in word or not word.islower() or any(map(str.isdigit, word))
    }


def _about(exception: str, message: str, names: frozenset[str], keyword: str) -> bool:
    for pattern in (_NO_ATTRIBUTE, _NO_NAME):
        if exact := pattern.search(message):
            return exact[1] in names or _sentence_about(message, exact[0], names)
    if module := _NO_MODULE.search(message):
        return not names.isdisjoint(module[1].split("."))
    if refused := _NO_KEYWORD.search(message):
        return refused[1] == keyword if keyword else refused[1] in names
    if keyword and not _ARITY.search(message):
        return mentions(message, keyword) or _calls(message, names)
    if exception in _SLIPS:
        return False
    return any(_speaks_of(message, name) for name in names)


def _sentence_about(message: str, clause: str, names: frozenset[str]) -> bool:
    """A library's own AttributeError may say more than Python's: judge the rest of it."""
    rest = message.replace(clause, "")
    return any(f"`{prefix}{name}`" in rest for name in names for prefix in ("", "np.", "pd."))


def _speaks_of(message: str, name: str) -> bool:
    if name in _PLAIN_TYPES:  # "'int' object is not iterable" is not about numpy.int
        return re.search(rf"[.`]{name}\b", message) is not None
    return mentions(message, name)


def _calls(message: str, names: frozenset[str]) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\(\)", message) for name in names)
