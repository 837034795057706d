"""Other numbers, types of numbers and texts in the places where two programs have them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from typing import Any, TypeAlias

from recode_data.judge.places import callee
from recode_data.judge.trees import walk

Scalar: TypeAlias = Any
"""A number, a text, a truth or `None`."""
Edit: TypeAlias = tuple[ast.AST, str, Any]
"""A node, the name of its field, and what is to stand there."""
Programs: TypeAlias = tuple[ast.Module, ast.Module]

STRUCTURAL = frozenset(
    ("axis", "axes", "dtype", "dtypes", "shape", "ndmin", "order", "size", "names", "columns")
)
"""Keywords whose value describes data and is none."""


def plain_number(value: Scalar) -> bool:
    """Return whether a value is a number and no truth."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def other_number(value: Scalar, index: int) -> Scalar:
    """Another number of the same type, in the same order; every second truth turned around;
    the others stay."""
    if isinstance(value, bool):
        return value if index % 2 == 0 else not value
    if not plain_number(value):
        return value
    if isinstance(value, int):
        return value + 1 + index
    if 0 < value < 1:  # a probability or a fraction stays one
        return value + (1 - value) * 0.1 * (1 + min(index, 6))
    return value + 0.375 * (1 + index)


def is_ours(node: ast.stmt) -> bool:
    """Return whether a statement defines a function that stands before opened programs."""
    return isinstance(node, ast.FunctionDef) and node.name.startswith("recode_")


class Numbers(ast.NodeVisitor):
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

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if not is_ours(node):
            self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_List(self, node: ast.List) -> None:
        """Lists are varied as a whole."""

    def visit_Constant(self, node: ast.Constant) -> None:
        if self.depth and plain_number(node.value):
            self.found.append((node, self.tag))


class Arguments(Numbers):
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


class _TextArguments(ast.NodeVisitor):
    """Collects the texts that the replaced call itself takes by position."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names
        self.found: list[tuple[ast.Constant, str]] = []

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        for part in node.args if callee(node) in self.names else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                self.found.append((part, part.value))


def in_text_arguments(trees: Programs, names: Collection[str]) -> list[Edit]:
    """Return the edits that put odd signs behind the texts which the replaced calls take, even
    where they look like the name of an option; both programs must pass the same ones."""
    found = []
    for tree in trees:
        collector = _TextArguments(names)
        collector.visit(tree)
        found.append(collector.found)
    if [text for _, text in found[0]] != [text for _, text in found[1]]:
        return []
    return [(node, "value", text + _ODD) for nodes in found for node, text in nodes]


class Variables(Numbers):
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


class AllNumbers(Numbers):
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

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in STRUCTURAL:
            self.visit(node.value)


def in_repeated(trees: Programs) -> list[Edit]:
    """Return the edits that put the number before it in the old program in the place of every
    number that both have equally often: the first two become equal."""
    found = [[node for node, _ in AllNumbers().numbers(tree)] for tree in trees]
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


class _ByCall(AllNumbers):
    """The same, each number with the name of the function that it is passed to."""

    def visit_Call(self, node: ast.Call) -> None:
        before, name = self.tag, callee(node)
        self.tag = before if name.startswith("recode_") else name
        super().visit_Call(node)
        self.tag = before


def in_each(trees: Programs) -> list[Edit]:
    """Return the edits that make every number another one by its place, of those that both
    programs pass to a function in the same order."""
    found = [_ByCall().numbers(tree) for tree in trees]
    passed = [
        {tag: [node for node, other in nodes if other == tag] for _, tag in nodes}
        for nodes in found
    ]
    return [
        (node, "value", other_number(node.value, place * 2 % 7))
        for tag in passed[0].keys() & passed[1].keys()
        if [n.value for n in passed[0][tag]] == [n.value for n in passed[1][tag]]
        for nodes in passed
        for place, node in enumerate(nodes[tag])
    ]


def in_larger(trees: Programs) -> list[Edit]:
    """Return the edits that make the small whole numbers which both programs have equally often
    four times as large: what there was no room for may be there then."""
    found = [[node for node, _ in AllNumbers().numbers(tree)] for tree in trees]
    counts = [Counter(repr(node.value) for node in nodes) for nodes in found]
    return [
        (node, "value", node.value * 4)
        for nodes in found
        for node in nodes
        if len({count[repr(node.value)] for count in counts}) == 1
        and isinstance(node.value, int)
        and 1 < node.value <= MOST_REPEATED
    ]


MOST_REPEATED = 100
"""A larger number does not take the place of a smaller one: a seed would become a size."""
_NUMBER_TYPE = re.compile(r"(?:[fF]loat|[iI]nt|[uU][iI]nt|complex)(?:8|16|32|64|128)")
"""How libraries name a type of numbers by the bits it takes."""
NUMBER_TYPES = {"number types": 0, "number types of others": 1}
"""Which of the names of number types in a program is another one, counted in pairs."""


def in_number_types(trees: Programs, which: int) -> list[Edit]:
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


def in_numbers(trees: Programs, chosen: Numbers) -> list[Edit]:
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
            edits.append((node, "value", other_number(node.value, index + chosen.step)))
    return edits + _repeated_elsewhere(trees[1], trees[0], edits)


def _repeated_elsewhere(new: ast.Module, old: ast.Module, edits: list[Edit]) -> list[Edit]:
    """Return the edits of the numbers that the new program repeats outside of the places which
    ``edits`` change, and the old one has only there: they are the same input."""
    edited = {id(node) for node, _, _ in edits}
    made: dict[str, set[str]] = {}
    for node, _, value in edits:
        made.setdefault(repr(getattr(node, "value", None)), set()).add(repr(value))
    values = {repr(getattr(node, "value", None)): value for node, _, value in edits}
    outside = [
        [node for node, _ in AllNumbers().numbers(tree) if id(node) not in edited]
        for tree in (old, new)
    ]
    known = {repr(node.value) for node in outside[0]}
    return [
        (node, "value", values[key])
        for node in outside[1]
        if (key := repr(node.value)) in values and key not in known and len(made[key]) == 1
        if node.value not in COMMON
    ]


COMMON = (-1, 0, 1, 2)
"""Numbers that are written for many reasons: two of them need not be one input."""


def _tags(nodes: list[tuple[ast.Constant, str]]) -> dict[str, list[str]]:
    """Return the tags of each number, in their order."""
    found: dict[str, list[str]] = {}
    for node, tag in nodes:
        found.setdefault(repr(node.value), []).append(tag)
    return {number: sorted(tags) for number, tags in found.items()}


def _wider(text: str) -> str:
    return text.replace(" ", "  ") if " " in text.strip() else text


def other_text(text: str) -> str:
    """Return a longer text; what looks like a name of a way or an option stays."""
    return text if text.islower() and text.isidentifier() else f"q{text}"


_ODD = " <\u00e9'/~\"&+%"


def _odd_text(text: str) -> str:
    """Return a text with what is escaped, quoted or encoded somewhere."""
    return text if text.isidentifier() or len(text) < 2 else text + _ODD


def _other_digits(text: str) -> str:
    """Return a text with other numbers in it, of as many digits and in another order."""
    if text.isidentifier() or re.search(r"[%{]", text):  # a way to write numbers
        return text
    return re.sub(r"\d(?!\d)", lambda digit: str(9 - int(digit[0])), text)


def _twice(text: str) -> str:
    """Return a text twice, one behind the other, if it has signs or spaces in it."""
    if len(text) < 6 or re.fullmatch(r"[\w.%-]*", text):
        return text
    return text + text


def _numbers_for_words(text: str) -> str:
    """Return a text whose words at the ends of its lines, behind a sign, are numbers."""
    return re.sub(r"(?<=[:=,;|>] )[A-Za-z]+(?=\s*$)", "7", text, flags=re.MULTILINE)


def _alike(words: list[str]) -> dict[str, str]:
    """Return every word with a beginning that all of them have."""
    return {word: f"r\u00e9{word}" for word in words}


def _near(words: list[str]) -> dict[str, str]:
    """Return, for every word, the first long one with two letters that stand side by side
    exchanged, in another place each time."""
    first = next((word for word in words if len(word) > 2), "")
    made = [
        first[:at] + first[at + 1] + first[at] + first[at + 2 :] for at in range(len(first) - 1)
    ]
    others = [word for word in dict.fromkeys(made) if word != first]
    chosen = [first, *others[1:], *others[:1]]
    return dict(zip(words, chosen, strict=False)) if first else {}


WORDS: dict[str, Callable[[list[str]], dict[str, str]]] = {
    "words alike": _alike,
    "near words": _near,
}


def in_words(trees: Programs, texts: Texts, names: Collection[str], label: str) -> list[Edit]:
    """Return the edits that change words, wherever they stand in both programs, of which one is
    an element of a collection or is passed to the replaced call."""
    words: set[str] = set()
    for tree in trees:
        passed = _TextArguments(names)
        passed.visit(tree)
        words |= {text for _, text in passed.found}
        for node in walk(tree):
            if isinstance(node, ast.List | ast.Tuple | ast.Set):
                words |= {getattr(part, "value", "") for part in node.elts}
    found = [(node, text) for node, text in texts if text in words and text.isalpha()]
    others = WORDS[label](list(dict.fromkeys(text for _, text in found)))
    return in_texts(found, lambda text: others.get(text, text))


def in_ranges(trees: Programs) -> list[Edit]:
    """Return the edits that make every ``range`` of a number three times as long."""
    found = [
        [
            node.args[-1 if len(node.args) < 2 else 1]
            for node in walk(tree)
            if isinstance(node, ast.Call) and callee(node) == "range" and node.args
        ]
        for tree in trees
    ]
    ends = [
        [part for part in side if isinstance(part, ast.Constant) and plain_number(part.value)]
        for side in found
    ]
    told = [[part.value for part in side] for side in ends]
    if told[0] != told[1]:
        return []
    return [
        (part, "value", part.value * 3)
        for side in ends
        for part in side
        if isinstance(part.value, int) and 1 < part.value <= MOST_REPEATED
    ]


def _other_case(text: str) -> str:
    """Return a text that is more than a word with its capitals and small letters exchanged."""
    return text if text.isidentifier() or re.search(r"[%{\\]", text) else text.swapcase()


TEXTS: dict[str, Callable[[str], str]] = {
    "texts twice": _twice,
    "numbers for words": _numbers_for_words,
    "numbers in texts": _other_digits,
    "other case": _other_case,
    "other spaces": _wider,
    "odd texts": _odd_text,
    "other texts": other_text,
}


Texts: TypeAlias = list[tuple[ast.Constant, str]]


def shared_texts(trees: Programs) -> Texts:
    """Return the text literals that stand in both programs equally often, or once in the old
    one and more often in the new one."""
    found = [
        [
            (node, node.value)
            for part in tree.body
            if not is_ours(part)
            for node in walk(part)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        for tree in trees
    ]
    counts = [Counter(text for _, text in nodes) for nodes in found]
    shared = {
        text
        for text in counts[0]
        if counts[0][text] == counts[1][text] or counts[0][text] == 1 < counts[1][text]
    }
    return [item for nodes in found for item in nodes if item[1] in shared]


def in_texts(texts: Texts, change: Callable[[str], str]) -> list[Edit]:
    """Return the edits that change texts; those that stay as they are need none."""
    return [(node, "value", made) for node, text in texts if (made := change(text)) != text]
