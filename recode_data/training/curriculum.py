"""What a model from scratch learns before it meets real entries: copying, then invented updates.

A new decoder that is shown entries alone learns their wording and never to copy a name out of its
prompt. So it first repeats random text, then migrates entries whose symbols bear invented names,
then the entries themselves, every other one of them still with invented names so that it goes on
reading its prompt. All of it is made from training entries; a held-out symbol is in none.
"""

from __future__ import annotations

import builtins
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from keyword import iskeyword

from recode_data.prompts import Style, messages
from recode_data.training.data import Row, answer_rows, prompt_rows
from recode_data.training.recipe import Curriculum

COPIED = (4, 100)
"""Fewest and most pieces of a text to repeat."""
KINDS = (6, 12, 24, 1000)
"""How many different pieces such a text has. Among few, what followed one or two of them is no
one thing, as in programs, and more of what stood before must be compared."""
WINDOW = 50
"""Batches within which rows of like length are put together, so that few tokens are padding."""
OTHERS = (0.0, 0.3, 0.8)
"""Shares of the names beside those of the update that a row's programs may get anew."""
CONSONANTS, VOWELS = "bcdfghjklmnprstvwxz", "aeiouy"
NAMES = ("old_symbol", "new_symbol", "old_keyword", "new_keyword")
TEXTS = ("dependency", "description", "update_info", "old_code", "new_code")
NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
WORD = re.compile(r"\w+")
PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
KNOWN = frozenset(dir(builtins)) | {"self", "cls", "__name__", "python"}
"""Names that mean the same everywhere, or begin a block of code, and are never invented anew."""
PUT_BACK = "names"
"""Column with what the names of an answer stand for, as JSON; empty where they are real ones."""


def lesson_rows(
    rows: Sequence[Row],
    curriculum: Curriculum,
    style: Style,
    description: bool,
    *,
    pieces: Sequence[str],
    batch: int,
    steps: int,
    seed: int,
) -> list[Row]:
    """Return ``steps`` batches of ``batch`` conversations, in the order they are to be learned.

    ``pieces`` are the texts of the tokens that random text is made of. The same arguments give
    the same rows. Raises nothing: where no entry can be renamed, entries stand as they are.
    """
    generator = random.Random(seed)
    invention = Invention(rows, generator)
    rest = steps - curriculum.copying - curriculum.invented
    copied = list(islice(_copies(pieces, generator), curriculum.copying * batch))
    phases = (
        islice(invention.rows(), curriculum.invented * batch),
        islice(_every_other(_shuffled(rows, generator), invention.rows()), rest * batch),
    )
    lessons = [copied, *(answer_rows(phase, style, description) for phase in phases)]
    return [row for lesson in lessons for row in _by_length(lesson, batch, generator)]


def invented_prompts(
    rows: Sequence[Row],
    count: int,
    style: Style,
    description: bool,
    *,
    fits: Callable[[Row], bool],
    seed: int,
) -> list[Row]:
    """Return ``count`` prompts with invented names, of rows that ``fits`` accepts, for a policy.

    All other columns are those of the real entry: `put_back` turns an answer into one to it. So
    what was made up is judged by execution like any other. Fewer prompts come back where hardly
    any row fits.
    """
    pairs = islice(Invention(rows, random.Random(seed)).pairs(), 2 * count)
    return [
        prompt_rows([row], style, description)[0]
        | {"prompt": messages(told, style, description), PUT_BACK: told.get(PUT_BACK, "")}
        for row, told in pairs
        if fits(told)
    ][:count]


def put_back(text: str, names: str) -> str:
    """Return ``text`` with the names that `PUT_BACK` holds in the places of those invented."""
    if not names:
        return text
    table: dict[str, str] = json.loads(names)
    return _pattern(table).sub(lambda found: table[found[0]], text)


@dataclass
class Invention:
    """Makes updates that never were out of those that were."""

    source: Sequence[Row]
    generator: random.Random
    words: list[str] = field(init=False)
    """What the names of the source are made of; new names are made of the same."""
    swaps: dict[bool, list[tuple[Row, str, str]]] = field(init=False)
    """Rows whose programs differ by one name, with both names; of keywords and of others."""

    def __post_init__(self) -> None:
        self.words = sorted(
            {
                part.lower()
                for row in self.source
                for name in NAME.findall(row["old_code"] + row["new_code"])
                for part in PART.findall(name)
                if len(part) > 1
            }
        )
        self.swaps = defaultdict(list)
        for row in self.source:
            if pair := swapped(row):
                self.swaps[bool(row.get("old_keyword"))].append((row, *pair))

    def rows(self) -> Iterator[Row]:
        """Yield rows without an end; half of those that can be have the note of another row."""
        return (told for _, told in self.pairs())

    def pairs(self) -> Iterator[tuple[Row, Row]]:
        """Yield the same, each after the row that it was made of."""
        told = [row for row in self.source if tells(row)] or self.source
        for row in _shuffled(told, self.generator):
            other = self._told_otherwise(row) if self.generator.random() < 0.5 else row
            yield row, self.renamed(other) or other

    def renamed(self, row: Row) -> Row | None:
        """Return ``row`` with invented names for what its update changes, and for some others.

        What they stand for is in `PUT_BACK`. None where the update and the programs do not show
        what becomes of which name.
        """
        if not tells(row):
            return None
        old, new = (set(NAME.findall(row[name])) for name in ("old_code", "new_code"))
        leaves = {str(row.get(name) or "").rpartition(".")[2] for name in NAMES}
        used = {name for name in old | new if not (iskeyword(name) or name in KNOWN)}
        changed = sorted((old ^ new | leaves) & used)
        if not changed:
            return None
        share = self.generator.choice(OTHERS)
        others = [n for n in sorted(used - set(changed)) if self.generator.random() < share]
        taken = set(WORD.findall(" ".join(row[name] for name in TEXTS)))
        names = self._names([*changed, *others], taken)
        if self.generator.random() < 0.5:
            names |= self._numbers(row)
        pattern = _pattern(names)
        texts = {name: pattern.sub(lambda found: names[found[0]], row[name]) for name in TEXTS}
        return row | texts | {PUT_BACK: json.dumps(_inverse(names))}

    def _told_otherwise(self, row: Row) -> Row:
        """Return ``row`` with the note of another of its sort, which then names what it names."""
        pair = swapped(row)
        if not pair:
            return row
        other, old, new = self.generator.choice(self.swaps[bool(row.get("old_keyword"))])
        text = other["update_info"]
        if other.get("old_symbol") and row.get("old_symbol"):
            text = text.replace(other["old_symbol"], row["old_symbol"])
        names = {old: pair[0], new: pair[1]}
        text = WORD.sub(lambda found: names.get(found[0], found[0]), text)
        return row | {"update_info": text}

    def _names(self, names: Sequence[str], taken: set[str]) -> dict[str, str]:
        """Return an invented name for each; in half of all rows what they shared they share."""
        if self.generator.random() < 0.5:
            return {name: self._invent(taken) for name in names}
        parts: dict[str, str] = {}
        found = {}
        for name in names:
            other = PART.sub(lambda part: self._part(part[0], parts), name)
            if other in taken or iskeyword(other) or not NAME.fullmatch(other):
                other = self._invent(taken)
            taken.add(other)
            found[name] = other
        return found

    def _part(self, part: str, parts: dict[str, str]) -> str:
        if part.isdigit():
            return part
        new = parts.setdefault(part.lower(), self._word())
        return new.upper() if part.isupper() else new.title() if part[0].isupper() else new

    def _numbers(self, row: Row) -> dict[str, str]:
        """Return another number, as long, for each of the old program; no two become one."""
        by_length = defaultdict(list)
        for number in sorted(set(re.findall(r"\b[1-9]\d*\b", row["old_code"]))):
            by_length[len(number)].append(number)
        found: dict[str, str] = {}
        for length, numbers in by_length.items():
            others: set[int] = set()
            while len(others) < len(numbers):
                others.add(self.generator.randint(10 ** (length - 1), 10**length - 1))
            shuffled = self.generator.sample(sorted(others), len(others))
            found |= dict(zip(numbers, map(str, shuffled), strict=True))
        return found

    def _invent(self, taken: set[str]) -> str:
        """Return an identifier that is in none of ``taken``, and add it there."""
        while True:
            parts = [self._word() for _ in range(self.generator.randint(1, 3))]
            style = self.generator.choice(("snake", "snake", "joined", "class", "digit"))
            name = "_".join(parts) if style == "snake" else "".join(parts[:2])
            if style == "class":
                name = "".join(part.title() for part in parts)
            elif style == "digit":
                name += str(self.generator.randint(0, 99))
            if name not in taken and not iskeyword(name) and name not in KNOWN:
                taken.add(name)
                return name

    def _word(self) -> str:
        if self.words and self.generator.random() < 0.6:
            return self.generator.choice(self.words)
        count = self.generator.randint(1, 3)
        choice = self.generator.choice
        return "".join(choice(CONSONANTS) + choice(VOWELS) for _ in range(count))


def tells(row: Mapping[str, str]) -> bool:
    """Return whether the update and the old program hold every word of the new one."""
    given = set(WORD.findall(row["update_info"])) | set(WORD.findall(row["old_code"]))
    return given.issuperset(WORD.findall(row["new_code"]))


def swapped(row: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the name that the programs differ by and what takes its place, both in the update.

    None where more than that differs.
    """
    old, new = (set(WORD.findall(row[name])) for name in ("old_code", "new_code"))
    told = set(WORD.findall(row["update_info"]))
    if len(old - new) != 1 or len(new - old) != 1 or not old ^ new <= told:
        return None
    (before,), (after,) = old - new, new - old
    same = re.sub(rf"\b{re.escape(before)}\b", after, row["old_code"]) == row["new_code"]
    return (before, after) if same else None


def _pattern(names: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")


def _inverse(names: Mapping[str, str]) -> dict[str, str]:
    """Return what leads back; a real name, which an answer cannot know, to one that is invented."""
    back = {new: old for old, new in names.items()}
    for old in names.keys() - back.keys():
        new = names[old]
        while new in names:
            new = names[new]
        back[old] = new
    return back


def _copies(pieces: Sequence[str], generator: random.Random) -> Iterator[Row]:
    """Yield texts to repeat, every other one with a part of it replaced as it is told before."""
    while True:
        known = generator.sample(pieces, min(len(pieces), generator.choice(KINDS)))
        text = _text(known, generator)
        asked, said = "".join(text), "".join(text)
        if generator.random() < 0.5:
            start = generator.randrange(len(text))
            old = "".join(text[start : start + generator.randint(1, 3)])
            new = "".join(generator.choices(pieces, k=generator.randint(1, 4)))
            asked, said = f"{old}`{new}\n{asked}", said.replace(old, new)
        turns = [{"role": "user", "content": asked}], [{"role": "assistant", "content": said}]
        yield {"prompt": turns[0], "completion": turns[1]}


def _text(pieces: Sequence[str], generator: random.Random) -> list[str]:
    """Return random pieces, among them some of those before again, as lines of programs are."""
    count = generator.randint(*COPIED)
    text: list[str] = []
    while len(text) < count:
        start = generator.randrange(len(text) + 1)
        again = text[start : start + generator.randint(2, 12)] if generator.random() < 0.2 else []
        text += again or generator.choices(pieces, k=generator.randint(1, 4))
    return text[:count]


def _every_other(first: Iterator[Row], second: Iterator[Row]) -> Iterator[Row]:
    for pair in zip(first, second, strict=False):
        yield from pair


def _by_length(rows: Sequence[Row], batch: int, generator: random.Random) -> Iterator[Row]:
    """Yield the rows so that each batch is of like length, the batches in no order."""
    for start in range(0, len(rows), batch * WINDOW):
        window = sorted(rows[start : start + batch * WINDOW], key=_length)
        batches = [window[n : n + batch] for n in range(0, len(window), batch)]
        for rows_of in generator.sample(batches, len(batches)):
            yield from rows_of


def _length(row: Row) -> int:
    return sum(len(turn["content"]) for part in ("prompt", "completion") for turn in row[part])


def _shuffled(rows: Sequence[Row], generator: random.Random) -> Iterator[Row]:
    """Yield all rows, each time in another order, without an end."""
    while True:
        yield from generator.sample(rows, len(rows))
