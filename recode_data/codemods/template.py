"""A change that is regular but no rename, told as a pair of patterns with holes.

    Template("numpy.asscalar", "numpy.asscalar(_a)", "_a.item()")

A name ``_a`` stands for any expression, the same wherever it comes again, and ``*__rest``
for all remaining arguments. Dotted names are full paths; a program's own imports decide
how they are written. A pattern may be a statement: ``_a.itemset(_i, _v)`` → ``_a[_i] = _v``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from recode_data.codemods.source import Program, Use, spelling, tidy

_HOLE = re.compile(r"_[a-z]\w*$")
_REST = re.compile(r"__\w+$")
_PATH = re.compile(r"(?<![\w.\"'])[a-z]\w*(?:\.\w+)+")
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


@dataclass(frozen=True)
class Template:
    """The use of one symbol as a pattern, and what stands in its place."""

    symbol: str
    """Old symbol, as a change names it: ``numpy.asscalar``, ``numpy.ndarray.ptp``."""
    old: str
    new: str
    replacement: str = ""
    """The symbol that examples of the new way use; empty when it cannot be searched for."""


def template(old: str, new: str, symbol: str = "", replacement: str | None = None) -> Template:
    """Return a template; symbols that are not given are the first full paths in the patterns."""
    first = _PATH.search(new)
    found = first[0] if first else ""
    return Template(
        symbol or (_PATH.search(old) or [""])[0],
        old,
        new,
        found if replacement is None else replacement,
    )


def apply_template(code: str, source: str, target: str, use: Use) -> str | None:
    """Write what fits the pattern ``source`` as ``target``; None when nothing fits.

    When ``use`` has sites, only the attribute of the pattern that stands at one of them is
    taken.
    """
    program = Program(code)
    transformer = _Apply(program, source, target, use)
    changed = program.module.visit(transformer).code
    return tidy(changed, sorted(transformer.imports)) if transformer.done else None


def _parsed(pattern: str) -> cst.CSTNode:
    try:
        return cst.parse_expression(pattern)
    except cst.ParserSyntaxError:
        statement = cst.ensure_type(cst.parse_statement(pattern), cst.SimpleStatementLine)
        return statement.body[0]


class _Apply(cst.CSTTransformer):
    def __init__(self, program: Program, source: str, target: str, use: Use) -> None:
        self.program = program
        self.pattern = _parsed(source)
        self.target = target
        self.use = use
        self.target_holes = Counter(re.findall(r"(?<![\w.])__?[a-z]\w*", target))
        self.imports: set[str] = set()
        self.done = 0
        self.statement = isinstance(_parsed(target), cst.BaseSmallStatement) or isinstance(
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
        return cst.parse_expression(text)

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
            text, line = spelling(match[0])
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

        text = _PATH.sub(path, self.target)
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
