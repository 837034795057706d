"""What a change asks of the codemods: where to look for usage, and how to rewrite it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods import keyword as kw
from recode_data.codemods.arguments import arguments_between
from recode_data.codemods.member import Form, rename_member
from recode_data.codemods.rename import rename
from recode_data.codemods.source import Use
from recode_data.codemods.template import Template, apply_template
from recode_data.codemods.values import values_for, values_to_leave_out
from recode_data.usage.example import Import
from recode_data.usage.imports import public, qualified

Pair: TypeAlias = "tuple[str, str]"
"""``(old_code, new_code)``."""
Rewrite: TypeAlias = Callable[[str, Use], "list[Pair]"]


@dataclass(frozen=True)
class Recipe:
    """One way to make entries for a change."""

    rule: str
    symbol: str
    """Usage of this symbol is looked for."""
    side: Literal["old", "new", "both"]
    """Which code the found one is; ``both``: neither, both are derived from it."""
    rewrite: Rewrite
    member: bool = False
    keyword: str = ""
    """Only calls that give this keyword."""
    last: bool = False
    """Only when the others made too little."""

    @property
    def leaf(self) -> str:
        return self.symbol.rpartition(".")[2]

    def hit(self, node: ast.AST, imports: dict[str, Import]) -> bool:
        """Tell whether a node of an example uses the symbol (a member: may use it)."""
        if self.keyword or self.rule.startswith("keyword"):
            if not isinstance(node, ast.Call):
                return False
            given = {word.arg for word in node.keywords}
            return (not self.keyword or self.keyword in given) and self._names(node.func, imports)
        return self._names(node, imports)

    def _names(self, node: ast.AST, imports: dict[str, Import]) -> bool:
        if not isinstance(node, ast.Attribute | ast.Name) or not isinstance(node.ctx, ast.Load):
            return False
        path = qualified(node, imports)
        if self.member:
            return isinstance(node, ast.Attribute) and node.attr == self.leaf and not path
        if "." not in self.symbol:
            return isinstance(node, ast.Name) and node.id == self.symbol and not path
        if path == self.symbol:
            return True
        parent, _, leaf = path.rpartition(".")
        return (
            bool(parent) and leaf == self.leaf and public(Import(parent, leaf)).path == self.symbol
        )


def renamed(old: str, new: str, facts: Mapping[str, Symbols]) -> list[Recipe]:
    """Recipes for another name or place at module level."""
    there, back = arguments_between(old, new, facts), arguments_between(new, old, facts)

    def forward(code: str, use: Use) -> list[Pair]:
        return _pairs((code, rename(code, old, new, there)))

    def backward(code: str, use: Use) -> list[Pair]:
        return _pairs((rename(code, new, old, back), code))

    return [
        Recipe("rename", old, "old", forward),
        Recipe("rename", new, "new", backward),
    ]


def renamed_member(old: ApiSymbol, new: ApiSymbol, facts: Mapping[str, Symbols]) -> list[Recipe]:
    """Recipes for another name of a method or attribute, called or not as the facts say."""
    form: Form = "same"
    back: Form = "same"
    if old.kind == "property" and new.kind == "callable":
        form, back = "to_call", "to_attribute"
    elif old.kind == "callable" and new.kind == "property":
        form, back = "to_attribute", "to_call"
    there = arguments_between(old.path, new.path, facts)
    returning = arguments_between(new.path, old.path, facts)
    old_leaf, new_leaf = old.path.rpartition(".")[2], new.path.rpartition(".")[2]

    def forward(code: str, use: Use) -> list[Pair]:
        return _pairs((code, rename_member(code, use, new_leaf, form, there)))

    def backward(code: str, use: Use) -> list[Pair]:
        return _pairs((rename_member(code, use, old_leaf, back, returning), code))

    return [
        Recipe("member", old.path, "old", forward, member=True),
        Recipe("member", new.path, "new", backward, member=True),
    ]


def templated(template: Template, symbol: str, old_member: bool, new_member: bool) -> list[Recipe]:
    """Recipes for a pair of patterns about ``symbol``."""

    def forward(code: str, use: Use) -> list[Pair]:
        return _pairs((code, apply_template(code, template.old, template.new, use)))

    def backward(code: str, use: Use) -> list[Pair]:
        return _pairs((apply_template(code, template.new, template.old, use), code))

    found = [Recipe("template", symbol, "old", forward, member=old_member)]
    if template.replacement:
        found.append(Recipe("template", template.replacement, "new", backward, member=new_member))
    return found


def renamed_keyword(
    old: ApiSymbol, new: ApiSymbol, old_kw: str, new_kw: str, member: bool
) -> list[Recipe]:
    """Recipes for a keyword with another name: where it is given, and where it is put in."""
    names, position = old.positional, {new_kw: old_kw}

    def forward(code: str, use: Use) -> list[Pair]:
        return _pairs((code, kw.rename_keyword(code, use, old_kw, new_kw)))

    def backward(code: str, use: Use) -> list[Pair]:
        return _pairs((kw.rename_keyword(code, use, new_kw, old_kw), code))

    def by_position(code: str, use: Use) -> list[Pair]:
        known = names or new.positional
        first = next((i for i, name in enumerate(known) if name in (old_kw, new_kw)), None)
        if first is None:
            return []
        before = kw.name_argument(code, use, known, first, position)
        after = kw.name_argument(code, use, known, first, {old_kw: new_kw})
        return _pairs((before, after))

    def put_in(code: str, use: Use) -> list[Pair]:
        values = values_for(old, old_kw, new, new_kw)
        return _pairs(
            *(
                (kw.put_keyword(code, use, old_kw, v), kw.put_keyword(code, use, new_kw, v))
                for v in values
            )
        )

    return [
        Recipe("keyword", old.path, "old", forward, member, old_kw),
        Recipe("keyword", new.path, "new", backward, member, new_kw),
        Recipe("keyword_by_position", old.path, "both", by_position, member),
        Recipe("keyword_put_in", old.path, "both", put_in, member),
    ]


def removed_keyword(old: ApiSymbol, old_kw: str, member: bool, text: str) -> list[Recipe]:
    """Recipes for a keyword that is gone, or that nothing takes the place of."""

    def forward(code: str, use: Use) -> list[Pair]:
        return _pairs((code, kw.remove_keyword(code, use, old_kw)))

    def put_in(code: str, use: Use) -> list[Pair]:
        values = values_to_leave_out(old, old_kw, text)
        return _pairs(*((kw.put_keyword(code, use, old_kw, value), code) for value in values))

    return [
        Recipe("keyword", old.path, "old", forward, member, old_kw),
        Recipe("keyword_put_in", old.path, "new", put_in, member),
    ]


def keyword_only(old: ApiSymbol, new: ApiSymbol, member: bool) -> list[Recipe]:
    """Recipes for arguments that must be given by name now."""
    allowed = len(new.positional)

    def forward(code: str, use: Use) -> list[Pair]:
        return _pairs((code, kw.name_argument(code, use, old.positional, allowed)))

    beyond = old.positional[allowed:]

    def backward(code: str, use: Use) -> list[Pair]:
        return _pairs(
            *((kw.unname_argument(code, use, old.positional, name), code) for name in beyond)
        )

    def filled(code: str, use: Use) -> list[Pair]:
        known = {p.name: p.default for p in old.parameters if p.default}
        return _pairs(
            *((kw.unname_argument(code, use, old.positional, n, known), code) for n in beyond)
        )

    return [
        Recipe("keyword_only", old.path, "old", forward, member),
        Recipe("keyword_only", old.path, "new", backward, member),
        Recipe("keyword_only", old.path, "new", filled, member, last=True),
    ]


def changed_value(symbol: str, keyword: str, old: str, new: str, member: bool) -> list[Recipe]:
    """Recipes for a value with another spelling."""

    def forward(code: str, use: Use) -> list[Pair]:
        return _pairs((code, kw.change_value(code, use, keyword, old, new)))

    def backward(code: str, use: Use) -> list[Pair]:
        return _pairs((kw.change_value(code, use, keyword, new, old), code))

    def put_in(code: str, use: Use) -> list[Pair]:
        return _pairs(
            (kw.put_keyword(code, use, keyword, old), kw.put_keyword(code, use, keyword, new))
        )

    found = [
        Recipe("keyword_value", symbol, "old", forward, member, keyword),
        Recipe("keyword_value", symbol, "new", backward, member, keyword),
    ]
    return [*found, Recipe("keyword_put_in", symbol, "both", put_in, member)] if keyword else found


def _pairs(*found: tuple[str | None, str | None]) -> list[Pair]:
    """Keep the pairs of which both codes are there and differ."""
    return list(_complete(found))


def _complete(found: tuple[tuple[str | None, str | None], ...]) -> Iterator[Pair]:
    for old, new in found:
        if old and new and old != new:
            yield old, new
