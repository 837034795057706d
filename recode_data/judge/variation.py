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
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from recode_data.adapters import constant_arrays
from recode_data.judge.places import Places, with_prelude
from recode_data.judge.scalars import (
    NUMBER_TYPES,
    STRUCTURAL,
    TEXTS,
    WORDS,
    Arguments,
    Edit,
    Numbers,
    Programs,
    Texts,
    Variables,
    in_each,
    in_larger,
    in_number_types,
    in_numbers,
    in_ranges,
    in_repeated,
    in_text_arguments,
    in_texts,
    in_words,
    is_ours,
    other_number,
    other_text,
    plain_number,
    shared_texts,
)

Data: TypeAlias = Any
"""What a list display holds: numbers, texts, truths, `None`, `Fixed` and lists of these."""

MOST = 6
"""Variations of two programs that differ in what the update says and nothing else, each of
which costs two runs."""
MOST_OF_OTHERS = 10
"""Variations of two programs that differ in more."""
UNEVEN = "uneven arrays"


ODD_TEXTS, ODD_ARGUMENTS = "odd texts", "odd arguments"
"""Asked where the library itself does not name the replacement: what is escaped and how is
among the first things that are mended."""
USUAL = (
    *("other data", "other arguments", "a gap", "other order", "longer lists", UNEVEN),
    *(ODD_ARGUMENTS, "order of others", "other variables", "whole numbers", "other pairs"),
    *("numbers in texts", "number types", "number types of others", "repeated numbers"),
    "other signs",
    *("other numbers", "other spaces", "longer texts", ODD_TEXTS, "other texts"),
    "a longer list",
)
"""What a replacement that the update names agrees on. It may be stricter, or more exact, with
inputs of another form, such as a number for an integer."""
ELSEWHERE = "another time zone"
"""Asked where the programs speak of times."""
_TIMES = re.compile(
    r"\b(?:dates?|times?|utc|tz|zone|today|now)\b|datetime|timestamp|str[fp]time", re.IGNORECASE
)
TWO_ROWS = "two rows"
"""Asked where the programs name an axis."""
EVERY = (
    *("other data", "other arguments", "repeated inputs", TWO_ROWS, "a gap", "other order"),
    *("longer lists", UNEVEN),
    *(ODD_ARGUMENTS, "order of others", "other variables", "more data", "less data"),
    *("texts twice", *WORDS, "longer loops", "numbers for words", "other types"),
    *("other pairs", "numbers in texts"),
    *(
        "each number",
        "larger numbers",
        "number types",
        "number types of others",
        "repeated numbers",
    ),
    *(ELSEWHERE, "other case", "other signs", "other numbers", "other spaces", "longer texts"),
    ODD_TEXTS,
    *("other texts", "a longer list"),
)


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands for a missing number in varied data."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """An element that is no literal, such as ``np.nan`` or ``box(0, 0, 1, 1)``: it is moved
    and repeated as it is."""

    node: ast.expr
    name: str

    def __repr__(self) -> str:
        return self.name


class Labels(list[Data]):
    """What is passed as ``index``: the names of the rows of other data."""


Change: TypeAlias = Callable[[Data, int, int], Data]
"""Returns other data for a display, given its number among those of the program and how many
of them were the same before it."""


def variations(
    old: str,
    new: str,
    names: Collection[str] = (),
    most: int = MOST,
    labels: Iterable[str] = USUAL,
) -> dict[str, tuple[str, str]]:
    """Return up to ``most`` pairs of both programs with the same inputs changed, by what was
    changed.

    ``names`` are the functions that the migration replaced: their own arguments are varied
    too. ``labels`` are the changes to make, in their order. A pair is left out where the
    programs have no such input in common.
    """
    trees = ast.parse(old), ast.parse(new)
    inputs = Inputs(trees, _shared_displays(trees), shared_texts(trees), names)
    found: dict[str, tuple[str, str]] = {}
    for label in labels:
        whole = _OF_TEXTS.get(label)
        codes = whole(old, new) if whole else _edited(trees, _edits(label, inputs))
        if codes and codes not in found.values():
            found[label] = codes
        if len(found) == most:
            break
    return found


def _edits(label: str, inputs: Inputs) -> list[Edit]:
    """Return the edits of both programs that make a change."""
    if label in _CHANGES:
        return _in_lists(inputs.displays, _CHANGES[label])
    if label in TEXTS:
        return in_texts(inputs.texts, TEXTS[label])
    if label in WORDS:
        return in_words(inputs.trees, inputs.texts, inputs.names, label)
    if label in NUMBER_TYPES:
        return in_number_types(inputs.trees, NUMBER_TYPES[label])
    return _OF_PROGRAMS[label](inputs)


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
    """Other numbers in the same order; equal ones, and equal lists, become different, and
    what was symmetric about its middle is no longer."""
    seen: Counter[str] = Counter()
    numbers: list[float] = []
    _leaves(data, lambda value: numbers.append(value) if plain_number(value) else None)
    ranks = {number: rank for rank, number in enumerate(sorted(set(numbers)))}

    def change(value: Data) -> Data:
        key = repr(value)
        seen[key] += 1
        rank = ranks[value] if plain_number(value) else 0
        further = rank // 2 if isinstance(value, int) else rank * (rank + 1) // 2
        return other_number(value, seen[key] - 1 + 3 * repeated + further)

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
    return _leaves(data, lambda value: other_text(value) if isinstance(value, str) else value)


def _longer(data: Data, _number: int, _repeated: int) -> Data:
    """One element more: the first one once again, so that keys repeat."""
    if isinstance(data, Labels):
        return [*data, *_other_labels(data[:1])]
    return [*data, copy.deepcopy(data[0])] if isinstance(data, list) and data else data


def _other_labels(labels: Data) -> Data:
    """Labels that none of the others is: rows of one name are another kind of data."""
    return [f"q{label}" if isinstance(label, str) else label for label in labels]


def _more(data: Data, number: int, repeated: int) -> Data:
    """As many elements again, with other values."""
    if isinstance(data, Labels):
        return [*data, *_other_labels(data)]
    return [*data, *_other_values(data, number, repeated)] if isinstance(data, list) else data


def _fewer(data: Data, _number: int, _repeated: int) -> Data:
    """Without the first element of a list, or the last name of a dict."""
    if isinstance(data, dict):
        return dict(list(data.items())[:-1])
    return data[1:] if isinstance(data, list) and len(data) > 1 else data


def _two_rows(data: Data, number: int, repeated: int) -> Data:
    """Two rows in place of a row of numbers: the order of axes shows."""
    if not isinstance(data, list) or len(data) < 2 or not all(map(plain_number, data)):
        return data
    return [data, _moved(_other_values(data, number, repeated))]


def _longer_last(data: Data, number: int, repeated: int) -> Data:
    """One element more in every second list, so that lengths differ."""
    return _longer(data, number, repeated) if number % 2 == 1 else data


def _other_sign(data: Data, _number: int, _repeated: int) -> Data:
    """Every other number with the other sign."""
    count = 0

    def change(value: Data) -> Data:
        nonlocal count
        if not plain_number(value):
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


def _whole_numbers(data: Data, _number: int, _repeated: int) -> Data:
    """Whole numbers in place of those with a point, which whatever takes those takes."""

    def change(value: Data) -> Data:
        return math.ceil(value) if isinstance(value, float) and math.isfinite(value) else value

    return _leaves(data, change)


def _other_type(data: Data, _number: int, _repeated: int) -> Data:
    """Whole numbers in place of those with a point, and the other way round; as text where
    they stand under a name."""
    named = isinstance(data, dict)

    def change(value: Data) -> Data:
        if isinstance(value, float) and math.isfinite(value):
            return math.ceil(value)
        if not plain_number(value):
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
    "whole numbers": _whole_numbers,
    "other types": _other_type,
    "other pairs": _other_pairs,
    "longer texts": _longer_texts,
    "more data": _more,
    "less data": _fewer,
    TWO_ROWS: _two_rows,
}
_LABELS = "recode_labels"
Display: TypeAlias = ast.List | ast.Dict
Displays: TypeAlias = tuple[list[tuple[Display, str]], list[tuple[Display, str]]]
"""Displays of both programs, each with its data as text."""


def _shared_displays(trees: Programs, repeated: bool = False) -> Displays:
    """Return the displays of data that stand in both programs equally often; or those that
    the old one has once and the new one ``repeated``."""
    found = [[(node, repr(_data(node))) for node in _displays(tree)] for tree in trees]
    counts = [Counter(key for _, key in nodes) for nodes in found]
    if repeated:
        shared = {key for key in counts[0] if counts[0][key] == 1 < counts[1][key]}
    else:
        shared = {key for key in counts[0] if counts[0][key] == counts[1][key]}
    old, new = ([item for item in nodes if item[1] in shared] for nodes in found)
    return old, new


def _in_repeated(trees: Programs) -> list[Edit]:
    """Return the edits that give an input of the old program other values wherever the new one
    repeats it: a second copy keeps no input from being varied."""
    return [
        (node, field, [_literal(item) for item in other])
        for nodes in _shared_displays(trees, repeated=True)
        for node, _ in nodes
        for field, data in [_fields(node)]
        if repr(other := _other_values(data, 0, 0)) != repr(data)
    ]


def _fields(node: Display) -> tuple[str, list[Data]]:
    """Return the name of the field that holds what a display shows, and its data."""
    data = _data(node)
    return ("values", list(data.values())) if isinstance(node, ast.Dict) else ("elts", data)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What two programs have in common that can be changed."""

    trees: Programs
    displays: Displays
    texts: Texts
    names: Collection[str]
    """The functions that the migration replaced."""


_OF_PROGRAMS: dict[str, Callable[[Inputs], list[Edit]]] = {
    "other arguments": lambda inputs: in_numbers(inputs.trees, Arguments(inputs.names)),
    ODD_ARGUMENTS: lambda inputs: in_text_arguments(inputs.trees, inputs.names),
    "other numbers": lambda inputs: in_numbers(inputs.trees, Numbers()),
    "other variables": lambda inputs: in_numbers(inputs.trees, Variables()),
    "each number": lambda inputs: in_each(inputs.trees),
    "repeated numbers": lambda inputs: in_repeated(inputs.trees),
    "repeated inputs": lambda inputs: _in_repeated(inputs.trees),
    "longer loops": lambda inputs: in_ranges(inputs.trees),
    "larger numbers": lambda inputs: in_larger(inputs.trees),
}


def _in_lists(lists: Displays, change: Change) -> list[Edit]:
    """Return the edits that change the displays that both programs have."""
    edits: list[Edit] = []
    # The same data has the same number in both, whichever comes first in the program.
    numbers = {key: number for number, key in enumerate(dict.fromkeys(key for _, key in lists[0]))}
    for nodes in lists:
        seen: Counter[str] = Counter()
        for node, key in nodes:
            data = Labels(_data(node)) if hasattr(node, _LABELS) else _data(node)
            made = change(data, numbers[key] + seen[key], seen[key])
            seen[key] += 1
            if repr(made) == repr(data):
                continue
            if isinstance(node, ast.Dict):
                edits.append((node, "values", [_literal(item) for item in made.values()]))
            else:
                edits.append((node, "elts", [_literal(item) for item in made]))
    return edits


def _displays(tree: ast.Module) -> Iterator[ast.List | ast.Dict]:
    """Yield the outermost displays of lists, and of dicts of single values, that hold data
    and nothing else, in their order."""
    waiting: list[ast.AST] = [part for part in reversed(tree.body) if not is_ours(part)]
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
        if isinstance(node, ast.keyword) and node.arg == "index":
            setattr(node.value, _LABELS, True)
        waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_data(node: ast.expr) -> bool:
    return _data(node) is not _NO_DATA


_NO_DATA = object()


def _data(node: ast.expr) -> Data:
    """Return what a display holds, `_NO_DATA` where that is not only data."""
    if isinstance(node, ast.List | ast.Tuple):
        items = [_data(item) for item in node.elts]
        if any(item is _NO_DATA for item in items):
            return _NO_DATA
        return items if isinstance(node, ast.List) else tuple(items)
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        values = [_data(value) for value in node.values]
        if not all(isinstance(key, str) for key in keys) or _NO_DATA in values:
            return _NO_DATA
        return dict(zip(keys, values, strict=True))
    if isinstance(node, ast.Attribute) and _is_path(node):
        return Fixed(node, node.attr.lower())  # a constant of a module may have two names
    if isinstance(node, ast.Call) and (isinstance(node.func, ast.Name) or _is_path(node.func)):
        return Fixed(node, ast.dump(node))
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NO_DATA
    plain = value is None or isinstance(value, bool | int | float | str)
    return value if plain else _NO_DATA


def _is_path(node: ast.expr) -> bool:
    """Return whether an expression is a name of something in a module, ``np.nan``."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)


def _literal(value: Data) -> ast.expr:
    if isinstance(value, Fixed):
        return value.node
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


def elsewhere(old: str, new: str) -> tuple[str, str] | None:
    """Return both programs as a clock five and a half hours ahead would have them; `None` where
    neither speaks of times."""
    if not _TIMES.search(old + new):
        return None
    codes = [with_prelude(ast.parse(code), _ELSEWHERE) for code in (old, new)]
    return codes[0], codes[1]


_ELSEWHERE = """
import os as recode_os, time as recode_time
recode_os.environ['TZ'] = 'XST-5:30'
recode_time.tzset()
"""


_OF_TEXTS = {UNEVEN: uneven, ELSEWHERE: elsewhere}
"""Changes of both programs that are no edits of their inputs."""
