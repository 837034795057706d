"""Changes that are regular but no rename, as pairs of patterns with holes; and replacements
that notes leave out. Both are data: ``pipeline/codemods/<library>.toml``.

    { old = "numpy.asscalar(_a)", new = "_a.item()", replacement = "numpy.ndarray.item" }

A name ``_a`` stands for any expression, the same wherever it comes again, and ``*__rest``
for all remaining arguments. Dotted names are full paths; a program's own imports decide
how they are written. A pattern may be a statement: ``_a.itemset(_i, _v)`` → ``_a[_i] = _v``.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import libcst as cst
from libcst import matchers
from pydantic import Field, ValidationError

from recode_data.codemods.program import Program, Use
from recode_data.errors import BadFile, nearest
from recode_data.files import read_text
from recode_data.library import Strict, declarations, explain
from recode_data.records import content_id

TIP = "the files in pipeline/codemods are examples, recode_data/codemods/README.md explains them"
_HOLE = re.compile(r"_[a-z]\w*$")
_HOLES = re.compile(r"(?<![\w.])__?[a-z]\w*")
_PATH = re.compile(r"(?<![\w.\"'])[a-z]\w*(?:\.\w+)+")
_PLACE = re.compile(r"\{(\w+)(?:\.(\w+))?\}")
_LOOSE = (
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.Comparison,
    cst.BooleanOperation,
    cst.IfExp,
    cst.Lambda,
    cst.Await,
    cst.GeneratorExp,
)
_TRIVIA = (cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Comma)

Match = dict[str, "cst.CSTNode | Sequence[cst.Arg]"]


class Row(Strict):
    """A pattern as a file has it; ``{name}`` in a text stands for each member of a set."""

    old: str
    new: str
    symbol: str = ""
    """The old symbol, as a change names it, where it is not the first full path of ``old``: a
    method (``numpy.ndarray.ptp``) or a keyword (``pandas.Series.fillna(method=)``)."""
    replacement: str | None = None
    """The symbol that examples of the new way use, where it is not the first full path of
    ``new``; empty when it cannot be searched for."""


class PatternFile(Strict):
    """One library's file."""

    patterns: list[dict[str, Any]] = Field(default_factory=list)
    replacements: dict[str, str] = Field(default_factory=dict)
    """New symbol by old symbol, new keyword by ``symbol(keyword=)``; empty where nothing that
    notes name takes its place."""
    sets: dict[str, list[str] | list[dict[str, str]]] = Field(default_factory=dict)


@dataclass(frozen=True)
class Pattern:
    """The use of one symbol as a pattern, and what stands in its place."""

    symbol: str
    """Old symbol, as a change names it: ``numpy.asscalar``, ``pandas.Series.fillna(method=)``."""
    old: str
    new: str
    replacement: str = ""
    """The symbol that examples of the new way use; empty when it cannot be searched for."""


@dataclass(frozen=True)
class Patterns:
    """What the pattern files hold."""

    by_symbol: Mapping[str, Sequence[Pattern]]
    replacements: Mapping[str, str]
    own: str = ""
    """Stands for the content of files that are not shipped; empty without any."""


def read_patterns() -> Patterns:
    """Return the patterns of all libraries: the shipped ones, and those of the user's folder
    ``./pipeline/codemods``, whose files take the place of shipped ones of the same name.

    Raises `BadFile` with the file and the pattern that cannot be used.
    """
    folders = (declarations() / "pipeline" / "codemods", Path("pipeline/codemods"))
    files = {file.stem: file for folder in folders for file in sorted(folder.glob("*.toml"))}
    by_symbol: dict[str, list[Pattern]] = {}
    replacements: dict[str, str] = {}
    own: list[str] = []
    for name, file in sorted(files.items()):
        text = read_text(file, TIP)
        if file.resolve().parent != folders[0].resolve():
            own += [name, text]
        patterns, known = read_file(file, text)
        for pattern in patterns:
            by_symbol.setdefault(pattern.symbol, []).append(pattern)
        replacements |= known
    return Patterns(by_symbol, replacements, content_id(*own) if own else "")


def read_file(file: Path, text: str) -> tuple[list[Pattern], dict[str, str]]:
    """Return the patterns and the replacements of one file, every set written out.

    Raises `BadFile` for what is no pattern file, with the name of a pattern that is wrong.
    """
    try:
        held = PatternFile.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile(f"cannot read {file}: {error}", TIP) from error
    except ValidationError as error:
        raise BadFile(*explain(str(file), PatternFile, error)) from error
    patterns: list[Pattern] = []
    for number, table in enumerate(held.patterns, 1):
        where = f"{file}: pattern {table.get('symbol') or table.get('old') or number!r}"
        try:
            row = Row.model_validate(table)
        except ValidationError as error:
            raise BadFile(*explain(where, Row, error)) from error
        patterns += [_checked(one, where) for one in _rows(row, held.sets, where)]
    replacements: dict[str, str] = {}
    for old, new in held.replacements.items():
        for symbol, instead in _written_out((old, new), held.sets, f"{file}: replacement {old}"):
            if symbol in replacements:
                raise BadFile(f"{file}: two replacements of {symbol}", "leave one of them out")
            for name in (symbol, *filter(None, [instead])):
                if not _SYMBOL.fullmatch(name):
                    raise BadFile(f"{file}: replacement {old!r}: {name!r} is no symbol", TIP)
            replacements[symbol] = instead
    return patterns, replacements


_SYMBOL = re.compile(r"(?!\d)\w+(?:\.(?!\d)\w+)*(?:\((?!\d)\w+=\))?")
"""A path, ``a.b.f``, or a parameter, ``a.b.f(key=)``."""


def _rows(row: Row, sets: Mapping[str, Sequence[Any]], where: str) -> Iterator[Pattern]:
    texts = (row.symbol, row.old, row.new, row.replacement or "")
    for symbol, old, new, given in _written_out(texts, sets, where):
        replacement = _first_path(new) if row.replacement is None else given
        yield Pattern(symbol or _first_path(old), old, new, replacement)


def _first_path(pattern: str) -> str:
    found = _PATH.search(pattern)
    return found[0] if found else ""


def _written_out(
    texts: tuple[str, ...], sets: Mapping[str, Sequence[Any]], where: str
) -> Iterator[tuple[str, ...]]:
    """Yield the texts for every choice of members of the sets that they name."""
    names = list(dict.fromkeys(place[1] for text in texts for place in _PLACE.finditer(text)))
    for name in names:
        if name not in sets:
            raise BadFile(f"{where}: no set is called {name!r}", nearest(name, sets) or TIP)
    for members in itertools.product(*(sets[name] for name in names)):
        chosen = dict(zip(names, members, strict=True))

        def value(place: re.Match[str], chosen: Mapping[str, Any] = chosen) -> str:
            member = chosen[place[1]]
            found = member.get(place[2]) if isinstance(member, dict) and place[2] else member
            if not isinstance(found, str) or (place[2] and isinstance(member, str)):
                raise BadFile(f"{where}: no member of the set has {place[0]}", TIP)
            return found

        yield tuple(_PLACE.sub(value, text) for text in texts)


def _checked(pattern: Pattern, where: str) -> Pattern:
    """Return a pattern that can be used; raises `BadFile` for another."""
    if not pattern.symbol:
        raise BadFile(f"{where}: no symbol, and no full path in {pattern.old!r}", TIP)
    holes: list[set[str]] = []
    for text in (pattern.old, pattern.new):
        try:
            names = matchers.findall(parsed(text), matchers.Name())
        except (cst.ParserSyntaxError, ValueError) as error:
            raise BadFile(f"{where}: {text!r} is no expression or statement", TIP) from error
        holes.append({cst.ensure_type(name, cst.Name).value for name in names})
    unknown = {name for name in holes[1] - holes[0] if _HOLES.fullmatch(name)}
    if unknown:
        raise BadFile(f"{where}: {min(unknown)} stands in new and not in old", TIP)
    return pattern


@lru_cache(maxsize=10_000)
def parsed(pattern: str) -> cst.CSTNode:
    """Return the expression or the one small statement that a pattern is; raises `ValueError`
    or `libcst.ParserSyntaxError` for what is neither."""
    try:
        return cst.parse_expression(pattern)
    except cst.ParserSyntaxError:
        [line] = cst.parse_module(pattern).body
        [statement] = cst.ensure_type(line, cst.SimpleStatementLine).body
        return statement


def apply_pattern(code: str, source: str, target: str, use: Use) -> str | None:
    """Write what fits the pattern ``source`` as ``target``; None when nothing fits.

    When ``use`` has sites, only the attribute of the pattern that stands at one of them is
    taken.
    """
    program = Program(code, use)
    transformer = _Apply(program, source, target, use)
    changed = program.module.visit(transformer).code
    return program.tidied(changed, sorted(transformer.imports)) if transformer.done else None


class _Apply(cst.CSTTransformer):
    def __init__(self, program: Program, source: str, target: str, use: Use) -> None:
        self.program = program
        self.pattern = parsed(source)
        self.target = target
        self.use = use
        self.target_holes = Counter(_HOLES.findall(target))
        self.imports: set[str] = set()
        self.done = 0
        self.statement = isinstance(parsed(target), cst.BaseSmallStatement) or isinstance(
            self.pattern, cst.BaseSmallStatement
        )

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        updated: Any = super().on_leave(original_node, updated_node)
        if self.statement:
            if isinstance(original_node, cst.Expr) and not isinstance(
                self.pattern, cst.BaseSmallStatement
            ):
                return self._replaced(original_node.value, updated)
            if isinstance(original_node, cst.BaseSmallStatement):
                return self._replaced(original_node, updated)
            return updated
        if isinstance(original_node, cst.BaseExpression):
            return self._replaced(original_node, updated)
        return updated

    def _replaced(self, node: cst.CSTNode, otherwise: cst.CSTNode) -> cst.CSTNode:
        found: Match = {}
        if not self._fits(self.pattern, node, found) or not self._plain(found):
            return otherwise
        self.done += 1
        text = self._filled(found)
        if self.statement:
            line = cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)
            return line.body[0]
        return self._enclosed(node, cst.parse_expression(text))

    def _enclosed(self, node: cst.CSTNode, result: cst.BaseExpression) -> cst.BaseExpression:
        """Return what takes the place of ``node``, in parentheses where it would fall apart:
        ``2 * a.ptp()`` is ``2 * (a.max() - a.min())``."""
        if not isinstance(result, _LOOSE) or result.lpar:
            return result
        holder = self.program.holder(node)
        tight = isinstance(holder, (*_LOOSE, cst.Attribute, cst.ComparisonTarget))
        tight = tight or (isinstance(holder, cst.Subscript) and holder.value is node)
        tight = tight or (isinstance(holder, cst.Call) and holder.func is node)
        if not tight:
            return result
        return result.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def _plain(self, found: Match) -> bool:
        """Tell whether what the target writes more than once is only a name or a number: nobody
        writes the same call twice."""
        return all(
            isinstance(value, cst.Name | cst.Integer) or self.target_holes[hole] < 2
            for hole, value in found.items()
        )

    def _fits(self, pattern: cst.CSTNode, node: cst.CSTNode, found: Match) -> bool:
        if isinstance(pattern, cst.Name) and _HOLE.match(pattern.value):
            known = found.setdefault(pattern.value, node)
            return isinstance(known, cst.CSTNode) and known.deep_equals(node)
        path = _dotted(pattern)
        if path and not isinstance(pattern, cst.BaseNumber):
            return self.program.path(node) == path
        if type(pattern) is not type(node):
            return False
        if isinstance(pattern, cst.Attribute) and isinstance(node, cst.Attribute):
            if pattern.attr.value != node.attr.value:
                return False
            if self.use.sites is not None and pattern.attr.value == self.use.leaf:
                return self.program.is_use(node, self.use) and self._fits(
                    pattern.value, node.value, found
                )
            return self._fits(pattern.value, node.value, found)
        if isinstance(pattern, cst.Call) and isinstance(node, cst.Call):
            return self._fits(pattern.func, node.func, found) and self._arguments(
                pattern.args, node.args, found
            )
        if isinstance(pattern, cst.Name | cst.BaseNumber | cst.SimpleString):
            return pattern.deep_equals(node)
        ours = [child for child in pattern.children if not isinstance(child, _TRIVIA)]
        theirs = [child for child in node.children if not isinstance(child, _TRIVIA)]
        return len(ours) == len(theirs) and all(
            self._fits(mine, other, found) for mine, other in zip(ours, theirs, strict=True)
        )

    def _arguments(self, pattern: Sequence[cst.Arg], args: Sequence[cst.Arg], found: Match) -> bool:
        left = list(args)
        for wanted in sorted(pattern, key=lambda arg: arg.star):  # the rest is what is left
            if wanted.star == "*":
                found[cst.ensure_type(wanted.value, cst.Name).value] = left
                return all(not arg.star for arg in left)
            arg = _take(left, wanted)
            if arg is None or arg.star or not self._fits(wanted.value, arg.value, found):
                return False
        return not left

    def _filled(self, found: Match) -> str:
        """Return the target with its holes filled and its paths written as imports allow."""

        def path(match: re.Match[str]) -> str:
            text, line = self.program.spelling(match[0])
            self.imports.update([line] if line else [])
            return text

        def hole(match: re.Match[str]) -> str:
            value = found.get(match[0].removeprefix("*"))
            if value is None:
                return match[0]
            alone = re.search(r"[(,\[=]\s*$", text[: match.start()]) and re.match(
                r"\s*([),\]]|$)", text[match.end() :]
            )
            return self._source(value, bool(alone), text[match.end() :].startswith("."))

        module = self.target.isidentifier() and not _HOLES.fullmatch(self.target)
        text = re.sub(r".+", path, self.target) if module else _PATH.sub(path, self.target)
        return re.sub(r",\s*(?=[,)])", "", re.sub(r"\*?(?<![\w.])__?[a-z]\w*", hole, text))

    def _source(self, value: cst.CSTNode | Sequence[cst.Arg], alone: bool, dotted: bool) -> str:
        code = self.program.module.code_for_node
        if not isinstance(value, cst.CSTNode):
            plain = cst.MaybeSentinel.DEFAULT
            return ", ".join(code(arg.with_changes(comma=plain)).strip() for arg in value)
        loose = isinstance(value, _LOOSE) and not getattr(value, "lpar", ())
        loose = loose or (dotted and isinstance(value, cst.Integer))
        return f"({code(value)})" if loose and not alone else code(value)


def _take(left: list[cst.Arg], wanted: cst.Arg) -> cst.Arg | None:
    """Take the argument that ``wanted`` asks for, by name or as the next position."""
    for position, arg in enumerate(left):
        if wanted.keyword is None and arg.keyword is None and position == 0:
            return left.pop(0)
        if wanted.keyword and arg.keyword and wanted.keyword.value == arg.keyword.value:
            return left.pop(position)
    return None


def _dotted(node: cst.CSTNode) -> str:
    """Return the full path that a pattern's name stands for; empty when holes are in it."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name) or node.value.startswith("_"):
        return ""
    return ".".join([node.value, *reversed(parts)])
