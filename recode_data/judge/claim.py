"""What an entry says has changed: its symbols where they are known, and its text.

The text does not decide whether there was an update; the runs do. It decides whether the
update that they show is the one that the entry is about.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from recode_data.judge.topic import same_topic, topic_of
from recode_data.judge.trees import walk
from recode_data.records import Entry

_SPAN = re.compile(r"``(.+?)``|`([^`]+)`")
_FENCE = re.compile(r"```+[^\n`]*\n(.*?)```+", re.DOTALL)
"""A block of code: the backticks around it are none of a span."""
_WORD = re.compile(r"[A-Za-z_]\w*")
_QUOTED = re.compile(r"(?<!\w)'([\w.+-]{1,30})'|\"([\w.+-]{1,30})\"")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CALLED = re.compile(r"([A-Za-z_]\w*)\(")
_INSTEAD = re.compile(
    r"\b(?:use|instead|favou?r|replaced|renamed|moved|migrate|(?:alias|name) (?:for|of))\b",
    re.IGNORECASE,
)
_PASSED = re.compile(r"([A-Za-z_]\w*)\s?=(?!=)")
_ENGLISH = frozenset(
    """
    about added after also and any are argument arguments array arrays been before being both but
    call called can change changed class code data default deprecated does each error example
    false first from function functions future given have import index instead into its keyword
    kind last length list longer make method methods mode module more must name names need new
    none not now number object objects old one only option order other output parameter
    parameters pass passed passing path please previous print python raise raised raises release
    remove removed rename renamed replace replaced result return returned returns same series
    set should show since size some still string strings support text than that the their them
    then there these they this time to true type types use used user uses using value values
    version versions warning was were when where which will with without would you your
    """.split()  # noqa: SIM905
)
"""Words of any note: as names of an API they count only where the text marks them as code."""


@dataclass(frozen=True)
class Claim:
    """What an entry says of an update."""

    text: str
    old_symbol: str = ""
    old_keyword: str = ""
    new_symbol: str = ""
    new_keyword: str = ""

    @classmethod
    def of(cls, entry: Entry) -> Claim:
        """Return the claim of an entry."""
        return cls(
            entry.update_info,
            entry.old_symbol,
            entry.old_keyword,
            entry.new_symbol,
            entry.new_keyword,
        )

    @cached_property
    def symbols(self) -> frozenset[str]:
        """The last parts of the symbols and the keywords that the entry's change names."""
        words = (self.old_symbol, self.old_keyword, self.new_symbol, self.new_keyword)
        return frozenset(word.rpartition(".")[2] for word in words if word)

    @cached_property
    def code(self) -> frozenset[str]:
        """The names that the text marks as code: in a code span, dotted, called, or passed."""
        return _code_in(self.text)

    @cached_property
    def _before(self) -> str:
        """Each sentence up to where it says what to use instead, without blocks of code."""
        sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z`*-])|\n\s*\n", _FENCE.sub(" ", self.text))
        return " ".join(_INSTEAD.split(sentence, maxsplit=1)[0] for sentence in sentences)

    @cached_property
    def subject(self) -> frozenset[str]:
        """The dotted names that the text speaks of before it says what to use instead."""
        spans = " ".join(_spans(self._before))
        names = {part for path in _DOTTED.findall(spans) for part in path.split(".")[1:]}
        return frozenset(name for name in names if not name.isdigit())

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the text that could be a name."""
        return frozenset(_WORD.findall(self.text))

    @cached_property
    def topic(self) -> frozenset[str]:
        """The telling words of the text."""
        return topic_of(self.text)

    def names(self, name: str) -> bool:
        """Return whether the entry names ``name``: as a symbol, as code, or as a word that
        is no English."""
        if name in self.symbols or name in self.code:
            return True
        return name in self.words and (
            unusual(name) or (name.lower() not in _ENGLISH and len(name) > 3)
        )

    def about(self, changed: Collection[str], around: Collection[str], message: str) -> bool:
        """Return whether the entry speaks of an update that the runs show.

        ``changed`` are the names that only one of the codes has at the places where they
        differ, ``around`` those that both have there, ``message`` is what the library said.
        A text that names no part of an API cannot speak of another one.
        """
        spoken = {name.lower() for name in (*changed, *around, *_WORD.findall(message))}
        if self.symbols and not spoken.isdisjoint(name.lower() for name in self.symbols):
            return True
        if not self.symbols and self.subject:
            before = _code_in(self._before) | self.subject
            if spoken.isdisjoint(map(str.lower, before)):
                return False
        if not self.code or not spoken.isdisjoint(map(str.lower, self.code)):
            return True
        if any(self.names(name) for name in (*changed, *around)):
            return True
        return same_topic(self.topic, message)

    def proposals(self, known: Collection[str]) -> frozenset[str]:
        """Return the names marked as code that the old program, whose names are ``known``, has
        not: what the text says to use."""
        return frozenset(name for name in self.code if name not in known)

    @cached_property
    def instead(self) -> frozenset[str]:
        """The names marked as code in the part of the text that says what to use."""
        after = _INSTEAD.split(self.text, maxsplit=1)[1:]
        dotted = {part for path in _DOTTED.findall(" ".join(after)) for part in path.split(".")}
        return _code_in(" ".join(after)) | dotted

    @cached_property
    def shows_syntax(self) -> bool:
        """Whether the text shows plain Python to write: an index, an operator, an assignment."""
        return any(
            re.search(r"\w\[|[+*/@%] | = ", span) for span in _spans(_FENCE.sub(" ", self.text))
        )


def _spans(text: str) -> list[str]:
    """Return the code spans of a text that has no blocks of code."""
    return [first or second for first, second in _SPAN.findall(text)]


def _blocks(text: str) -> list[str]:
    """Return the blocks of code of a text, without their comments."""
    return [re.sub(r"#.*", "", block) for block in _FENCE.findall(text)]


def _code_in(text: str) -> frozenset[str]:
    """Return the names that a text marks as code: in a span, dotted, called, passed, quoted."""
    found: set[str] = set()
    for span in [*_spans(_FENCE.sub(" ", text)), *_blocks(text)]:
        found |= _names_in(span)
    for dotted in _DOTTED.findall(text):
        found.add(dotted.rpartition(".")[2])
    found |= set(_CALLED.findall(text)) | set(_PASSED.findall(text))
    found |= {next(filter(None, pair)) for pair in _QUOTED.findall(text)}
    return frozenset(name for name in found if not name.isdigit())


def unusual(name: str) -> bool:
    """Return whether a word cannot be English: it has an underscore, a digit, or an upper
    case letter behind its first."""
    return "_" in name or any(map(str.isdigit, name)) or name[1:] != name[1:].lower()


def _names_in(span: str) -> set[str]:
    """Return what a code span names: the last part of each path, keywords, quoted values."""
    found = {path.rpartition(".")[2] for path in _DOTTED.findall(span)}
    rest = _DOTTED.sub(" ", span)
    found |= {next(filter(None, pair)) for pair in _QUOTED.findall(rest)}
    found |= set(_WORD.findall(_QUOTED.sub(" ", rest)))
    return found - {"True", "False", "None", "import", "from", "as", "and", "or", "not", "in"}


def identifiers(nodes: Iterable[ast.AST | None], skipped: Collection[str] = ()) -> set[str]:
    """Return the names of an API in ``nodes``: attributes, keywords, imported and global names
    and short text values; without those in ``skipped``, such as the program's own."""
    found: set[str] = set()
    for root in nodes:
        for node in walk(root) if root is not None else ():
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
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                short = node.value if len(node.value) <= 30 else ""
                found.update([short, *re.findall(r"[A-Za-z_]+", short)])  # the unit of "6H" too
    return found - set(skipped) - {""}
