"""The same change of inputs in two programs.

A replacement that agrees on one input may not agree on others: `equal` and `in1d` do on
equal lists, filling gaps in any way does where there are none, two argument orders do on
equal arguments. The literal inputs that both programs have are changed alike, so two
programs that do the same must still do the same as each other.
"""

from __future__ import annotations

import ast
import copy
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from recode_data.adapters import constant_arrays
from recode_data.judge.places import Places, callee, with_prelude
from recode_data.judge.trees import walk

Data: TypeAlias = Any
"""What a list display holds: numbers, texts, truths, `None` and lists of these."""

MOST = 6
"""Variations of one pair of programs, each of which costs two runs."""
STRUCTURAL = frozenset(
    ("axis", "axes", "dtype", "dtypes", "shape", "ndmin", "order", "size", "names", "columns")
)
"""Keywords whose value describes data and is none."""
UNEVEN = "uneven arrays"


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands for a missing number in varied data."""


Change: TypeAlias = Callable[[Data, int, int], Data]
"""Returns other data for a display, given its number among those of the program and how many
of them were the same before it."""


Edit: TypeAlias = tuple[ast.AST, str, Any]
"""A node, the name of its field, and what is to stand there."""
Programs: TypeAlias = tuple[ast.Module, ast.Module]


def variations(
    old: str, new: str, names: Collection[str] = (), most: int = MOST
) -> dict[str, tuple[str, str]]:
    """Return up to ``most`` pairs of both programs with the same inputs changed, by what was
    changed.

    ``names`` are the functions that the migration replaced: their own arguments are varied
    too. A pair is left out where the programs have no such input in common.
    """
    trees = ast.parse(old), ast.parse(new)
    lists = _shared_displays(trees)
    texts = _texts(trees)
    found: dict[str, tuple[str, str]] = {}
    for label in _ORDER:
        if label in _CHANGES:
            codes = _edited(trees, _in_lists(lists, _CHANGES[label])) if lists[0] else None
        elif label == "other arguments":
            codes = _edited(trees, _in_numbers(trees, _Arguments(names)))
        elif label == "other numbers":
            codes = _edited(trees, _in_numbers(trees, _Numbers()))
        elif label == "other variables":
            codes = _edited(trees, _in_numbers(trees, _Variables()))
        elif label == "repeated numbers":
            codes = _edited(trees, _repeated(trees))
        elif label in _NUMBER_TYPES:
            codes = _edited(trees, _in_number_types(trees, _NUMBER_TYPES[label]))
        elif label == UNEVEN:
            codes = uneven(old, new)
        else:
            codes = _edited(trees, _in_texts(texts, _TEXTS[label]))
        if codes and codes not in found.values():
            found[label] = codes
        if len(found) == most:
            break
    return found


def _edited(trees: Programs, edits: list[Edit]) -> tuple[str, str] | None:
    """Return both programs with the edits, which are undone again; `None` without any."""
    if not edits:
        return None
    before = [(node, name, getattr(node, name)) for node, name, _ in edits]
    for node, name, value in edits:
        setattr(node, name, value)
    codes = ast.unparse(trees[0]), ast.unparse(trees[1])
    for node, name, value in before:
        setattr(node, name, value)
    return codes


# Lists


def _other_values(data: Data, _number: int, repeated: int) -> Data:
    """Other numbers in the same order; equal ones, and equal lists, become different."""
    seen: Counter[str] = Counter()

    def change(value: Data) -> Data:
        key = repr(value)
        seen[key] += 1
        return _other(value, seen[key] - 1 + 3 * repeated)

    return _leaves(data, change)


def _other_order(data: Data, number: int, _repeated: int) -> Data:
    """The elements moved on by one, in every other list only: pairs come apart."""
    return _moved(data) if number % 2 == 0 else data


def _other_order_of_others(data: Data, number: int, _repeated: int) -> Data:
    """The same in the lists between them."""
    return _moved(data) if number % 2 == 1 else data


def _moved(data: Data) -> Data:
    return [*data[1:], *data[:1]] if isinstance(data, list) else data


def _other_pairs(data: Data, _number: int, _repeated: int) -> Data:
    """The texts within a list of lists moved on by one, the first one twice: what was equal,
    such as both ends of an edge, comes apart, and what was not becomes equal."""
    if not isinstance(data, list) or not any(isinstance(item, list | tuple) for item in data):
        return data
    texts: list[str] = []
    _leaves(data, lambda value: texts.append(value) if isinstance(value, str) else None)
    following = iter([*texts[:1], *texts])
    return _leaves(data, lambda value: next(following) if isinstance(value, str) else value)


def _longer_texts(data: Data, _number: int, _repeated: int) -> Data:
    """Something in front of each text of the data, and of the data only."""
    return _leaves(data, lambda value: _other_text(value) if isinstance(value, str) else value)


def _longer(data: Data, _number: int, _repeated: int) -> Data:
    """One element more: the first one once again, so that keys repeat."""
    return [*data, copy.deepcopy(data[0])] if isinstance(data, list) and data else data


def _longer_last(data: Data, number: int, repeated: int) -> Data:
    """One element more in every second list, so that lengths differ."""
    return _longer(data, number, repeated) if number % 2 == 1 else data


def _other_sign(data: Data, _number: int, _repeated: int) -> Data:
    """Every other number with the other sign."""
    count = 0

    def change(value: Data) -> Data:
        nonlocal count
        if not _plain_number(value):
            return value
        count += 1
        return -value if count % 2 else value

    return _leaves(data, change)


def _gap(data: Data, _number: int, _repeated: int) -> Data:
    """The second number with a point, or the second text, is missing."""
    count = 0

    def change(value: Data) -> Data:
        nonlocal count
        if isinstance(value, float | str):
            count += 1
            if count == 2:
                return Missing() if isinstance(value, float) else None
        return value

    return _leaves(data, change)


def _other_type(data: Data, _number: int, _repeated: int) -> Data:
    """Whole numbers in place of those with a point, and the other way round; as text where
    they stand under a name."""
    named = isinstance(data, dict)

    def change(value: Data) -> Data:
        if isinstance(value, float) and math.isfinite(value):
            return math.ceil(value)
        if not _plain_number(value):
            return value
        return str(value) if named else value + 0.5

    return _leaves(data, change)


_CHANGES: dict[str, Change] = {
    "other data": _other_values,
    "other order": _other_order,
    "order of others": _other_order_of_others,
    "longer lists": _longer,
    "a longer list": _longer_last,
    "a gap": _gap,
    "other signs": _other_sign,
    "other types": _other_type,
    "other pairs": _other_pairs,
    "longer texts": _longer_texts,
}
_ORDER = (
    *("other data", "other arguments", "a gap", "other order", "longer lists", UNEVEN),
    *("order of others", "other variables", "other types", "other pairs", "numbers in texts"),
    *("number types", "number types of others", "repeated numbers", "other signs"),
    *("other numbers", "other spaces", "longer texts", "odd texts", "other texts"),
    "a longer list",
)


Display: TypeAlias = ast.List | ast.Dict
Displays: TypeAlias = tuple[list[tuple[Display, str]], list[tuple[Display, str]]]
"""Displays of both programs, each with its dump."""


def _shared_displays(trees: Programs) -> Displays:
    """Return the displays of data that stand in both programs equally often."""
    found = [[(node, ast.dump(node)) for node in _displays(tree)] for tree in trees]
    counts = [Counter(key for _, key in nodes) for nodes in found]
    shared = {key for key in counts[0] if counts[0][key] == counts[1][key]}
    old, new = ([item for item in nodes if item[1] in shared] for nodes in found)
    return old, new


def _in_lists(lists: Displays, change: Change) -> list[Edit]:
    """Return the edits that change the displays that both programs have."""
    edits: list[Edit] = []
    # The same data has the same number in both, whichever comes first in the program.
    numbers = {key: number for number, key in enumerate(dict.fromkeys(key for _, key in lists[0]))}
    for nodes in lists:
        seen: Counter[str] = Counter()
        for node, key in nodes:
            data = ast.literal_eval(node)
            made = change(data, numbers[key] + seen[key], seen[key])
            seen[key] += 1
            if repr(made) == repr(data):
                continue
            if isinstance(node, ast.Dict):
                edits.append((node, "values", [_literal(item) for item in made.values()]))
            else:
                edits.append((node, "elts", [_literal(item) for item in made]))
    return edits


def _displays(tree: ast.AST) -> Iterator[ast.List | ast.Dict]:
    """Yield the outermost displays of lists, and of dicts of single values, that hold data
    and nothing else, in their order."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.List) and node.elts and _is_data(node):
            yield node
            continue
        single = isinstance(node, ast.Dict) and all(
            isinstance(v, ast.Constant) for v in node.values
        )
        if isinstance(node, ast.Dict) and single and node.values and _is_data(node):
            yield node
            continue
        if isinstance(node, ast.Subscript):  # an index is no data
            waiting.append(node.value)
            continue
        if isinstance(node, ast.keyword) and node.arg in STRUCTURAL:
            continue
        waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_data(node: ast.expr) -> bool:
    try:
        return _plain(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False


def _plain(value: Data) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_plain, value.values()))
    return value is None or isinstance(value, bool | int | float | str)


def _literal(value: Data) -> ast.expr:
    if isinstance(value, Missing):
        return ast.Call(ast.Name("float", ast.Load()), [ast.Constant("nan")], [])
    if isinstance(value, list):
        return ast.List([_literal(item) for item in value], ast.Load())
    if isinstance(value, tuple):
        return ast.Tuple([_literal(item) for item in value], ast.Load())
    return ast.Constant(value)


def _leaves(data: Data, change: Callable[[Data], Data]) -> Data:
    if isinstance(data, list):
        return [_leaves(item, change) for item in data]
    if isinstance(data, tuple):
        return tuple(_leaves(item, change) for item in data)
    if isinstance(data, dict):
        return {key: _leaves(item, change) for key, item in data.items()}
    return change(data)


def _plain_number(value: Data) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _other(value: Data, index: int) -> Data:
    """Another number of the same type, in the same order; every second truth turned around;
    the others stay."""
    if isinstance(value, bool):
        return value if index % 2 == 0 else not value
    if not _plain_number(value):
        return value
    if isinstance(value, int):
        return value + 1 + index
    if 0 < value < 1:  # a probability or a fraction stays one
        return value + (1 - value) * 0.1 * (1 + index % 5)
    return value + 0.375 * (1 + index)


# Single numbers and texts


class _Numbers(ast.NodeVisitor):
    """Collects the numbers that are passed to any function by position, each with a tag:
    equal numbers of other tags become different."""

    step = 0
    """How much further than the next number a varied one is."""

    def __init__(self) -> None:
        self.found: list[tuple[ast.Constant, str]] = []
        self.depth = 0
        self.tag = ""

    def numbers(self, tree: ast.AST) -> list[tuple[ast.Constant, str]]:
        """Return the numbers of a program that are varied, with their tags."""
        self.found = []
        self.visit(tree)
        return self.found

    def visit_Call(self, node: ast.Call) -> None:
        own = callee(node) == "recode_keep"  # the first argument is the number of a place
        self.visit(node.func)
        self.depth += not own
        for part in node.args[own:]:
            self.visit(part)
        self.depth -= not own

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_List(self, node: ast.List) -> None:
        """Lists are varied as a whole."""

    def visit_Constant(self, node: ast.Constant) -> None:
        if self.depth and _plain_number(node.value):
            self.found.append((node, self.tag))


class _Arguments(_Numbers):
    """Collects the numbers that are arguments of the replaced call itself; their tags are
    their places among the arguments, so that the order of equal ones shows."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self.names = names

    def visit_Call(self, node: ast.Call) -> None:
        inside = callee(node) in self.names
        self.visit(node.func)
        before = self.tag
        for place, part in enumerate([*node.args, *node.keywords]):
            self.tag = f"{place:03d}" if inside else before
            self.depth += inside
            self.visit(part)
            self.depth -= inside
        self.tag = before


class _Variables(_Numbers):
    """Collects the numbers that a name is given by a plain assignment, ``a = 0``; their tags
    are the names."""

    step = 2

    def visit_Call(self, node: ast.Call) -> None:
        """What is passed is another variation."""

    def visit_Assign(self, node: ast.Assign) -> None:
        target, value = node.targets[0], node.value
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=False))
        for name, part in pairs:
            plain = isinstance(part, ast.Constant | ast.UnaryOp)
            self.depth += plain
            self.tag = getattr(name, "id", "")
            self.visit(part)
            self.depth -= plain


class _AllNumbers(_Numbers):
    """Collects the numbers of a program wherever they stand, but for indices and what
    describes data."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 1

    def visit_Call(self, node: ast.Call) -> None:
        super().visit_Call(node)
        for keyword in node.keywords:
            self.visit(keyword)

    def visit_List(self, node: ast.List) -> None:
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if not node.name.startswith("recode_"):
            self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in STRUCTURAL:
            self.visit(node.value)


def _repeated(trees: Programs) -> list[Edit]:
    """Return the edits that put the number before it in the old program in the place of every
    number that both have equally often: the first two become equal."""
    found = [[node for node, _ in _AllNumbers().numbers(tree)] for tree in trees]
    counts = [Counter(repr(node.value) for node in nodes) for nodes in found]
    shared = [node for node in found[0] if len({count[repr(node.value)] for count in counts}) == 1]
    edits: list[Edit] = []
    for kind in (int, float):
        values = list(dict.fromkeys(node.value for node in shared if isinstance(node.value, kind)))
        before = {
            repr(value): other
            for other, value in pairwise(values)
            if abs(other) <= max(abs(value), MOST_REPEATED)
        }
        edits += [
            (node, "value", before[repr(node.value)])
            for nodes in found
            for node in nodes
            if before.get(repr(node.value), node.value) != node.value
        ]
    return edits


MOST_REPEATED = 100
"""A larger number does not take the place of a smaller one: a seed would become a size."""
_NUMBER_TYPE = re.compile(r"(?:[fF]loat|[iI]nt|[uU][iI]nt|complex)(?:8|16|32|64|128)")
"""How libraries name a type of numbers by the bits it takes."""
_NUMBER_TYPES = {"number types": 0, "number types of others": 1}
"""Which of the names of number types in a program is another one, counted in pairs."""


def _in_number_types(trees: Programs, which: int) -> list[Edit]:
    """Return the edits that make every second name of a number type, ``np.float64`` or
    ``"int32"``, that of another width; the programs must name them in the same order."""
    found = [list(_number_types(tree)) for tree in trees]
    told = [[getattr(node, name) for node, name in nodes] for nodes in found]
    if told[0] != told[1]:
        return []
    return [
        (node, name, _other_width(getattr(node, name)))
        for nodes in found
        for place, (node, name) in enumerate(nodes)
        if place % 2 == which
    ]


def _number_types(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node in walk(tree):
        if isinstance(node, ast.Attribute) and _NUMBER_TYPE.fullmatch(node.attr):
            yield node, "attr"
        elif isinstance(node, ast.Constant) and _NUMBER_TYPE.fullmatch(str(node.value)):
            yield node, "value"


def _other_width(name: str) -> str:
    kind = name.rstrip("0123456789")
    bits = int(name[len(kind) :])
    return f"{kind}{bits // 2 if bits > (64 if kind == 'complex' else 32) else bits * 2}"


def _in_numbers(trees: Programs, chosen: _Numbers) -> list[Edit]:
    """Return the edits that change the collected numbers that both have equally often."""
    found = [list(chosen.numbers(tree)) for tree in trees]
    tags = [_tags(nodes) for nodes in found]
    edits: list[Edit] = []
    for nodes in found:
        for node, tag in nodes:
            ours, theirs = (known.get(repr(node.value), []) for known in tags)
            if len(ours) != len(theirs):
                continue  # it has another role in one of them
            told = sorted(set(ours))
            index = told.index(tag) if ours == theirs else 0
            edits.append((node, "value", _other(node.value, index + chosen.step)))
    return edits


def _tags(nodes: list[tuple[ast.Constant, str]]) -> dict[str, list[str]]:
    """Return the tags of each number, in their order."""
    found: dict[str, list[str]] = {}
    for node, tag in nodes:
        found.setdefault(repr(node.value), []).append(tag)
    return {number: sorted(tags) for number, tags in found.items()}


def _wider(text: str) -> str:
    return text.replace(" ", "  ") if " " in text.strip() else text


def _other_text(text: str) -> str:
    """Return a longer text; what looks like a name of a way or an option stays."""
    return text if text.islower() and text.isidentifier() else f"q{text}"


def _odd_text(text: str) -> str:
    """Return a text with what is escaped, quoted or encoded somewhere."""
    return text if text.isidentifier() or len(text) < 2 else f"{text} <\u00e9'/~\"&+%"


def _other_digits(text: str) -> str:
    """Return a text with other numbers in it, of as many digits and in another order."""
    if text.isidentifier() or re.search(r"[%{]", text):  # a way to write numbers
        return text
    return re.sub(r"\d(?!\d)", lambda digit: str(9 - int(digit[0])), text)


_TEXTS: dict[str, Callable[[str], str]] = {
    "numbers in texts": _other_digits,
    "other spaces": _wider,
    "odd texts": _odd_text,
    "other texts": _other_text,
}


Texts: TypeAlias = list[tuple[ast.Constant, str]]


def _texts(trees: Programs) -> Texts:
    """Return the text literals that stand in both programs equally often."""
    found = [
        [
            (node, node.value)
            for node in walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        for tree in trees
    ]
    counts = [Counter(text for _, text in nodes) for nodes in found]
    return [item for nodes in found for item in nodes if counts[0][item[1]] == counts[1][item[1]]]


def _in_texts(texts: Texts, change: Callable[[str], str]) -> list[Edit]:
    return [(node, "value", made) for node, text in texts if (made := change(text)) != text]


# Arrays of one value


def uneven(old: str, new: str) -> tuple[str, str] | None:
    """Return both programs with other values in the arrays that they make of one value, such
    as ``ones((3, 4))``; `None` when they make none, or not as many as each other."""
    counts, codes = [], []
    for code in (old, new):
        wrap = Places(constant_arrays(), "", _uneven)
        tree = wrap.visit(ast.parse(code))
        counts.append(wrap.found)
        codes.append(with_prelude(tree, _UNEVEN))
    return (codes[0], codes[1]) if counts[0] and counts[0] == counts[1] else None


def _uneven(node: ast.expr) -> ast.expr:
    if not isinstance(node, ast.Call):
        return node
    return ast.Call(ast.Name("recode_uneven", ast.Load()), [node], [])


_UNEVEN = """
def recode_uneven(array):
    try:
        array.flat = [1 + place * 3 % 7 for place in range(array.size)]
    except Exception:
        pass
    return array
"""
