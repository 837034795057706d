"""What a model from scratch learns before it meets real entries: copying, then invented updates.

A new decoder that is shown entries alone learns their wording and never to copy a name out of its
prompt. So it first repeats random text, then migrates entries whose symbols bear invented names,
then the entries themselves. All of it is made from training entries; a held-out symbol is in none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from keyword import iskeyword

from recode_data.prompts import Style
from recode_data.training.data import Row, answer_rows
from recode_data.training.recipe import Curriculum

COPIED = (4, 40)
"""Fewest and most pieces of a text to repeat."""
CONSONANTS, VOWELS = "bcdfghjklmnprstvwxz", "aeiouy"
NAMES = ("old_symbol", "new_symbol", "old_keyword", "new_keyword")
TEXTS = ("description", "update_info", "old_code", "new_code")


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
    copied = islice(_copies(pieces, generator), curriculum.copying * batch)
    invented = islice(_renamed(rows, generator), curriculum.invented * batch)
    rest = steps - curriculum.copying - curriculum.invented
    real = islice(_shuffled(rows, generator), rest * batch)
    entries = answer_rows([*invented, *real], style, description)
    return [*copied, *entries]


def renamed(row: Row, generator: random.Random) -> Row | None:
    """Return ``row`` with invented names for the symbols and keywords that its update names.

    None where the update and the programs do not show what becomes of which name.
    """
    leaves = dict.fromkeys(
        leaf for name in NAMES if (leaf := str(row.get(name) or "").rpartition(".")[2])
    )
    shown = [leaf for leaf in leaves if _finds(leaf, row["update_info"])]
    used = [leaf for leaf in shown if _finds(leaf, row["old_code"] + row["new_code"])]
    if not used:
        return None
    taken = set(re.findall(r"\w+", " ".join(row[name] for name in TEXTS)))
    names = {leaf: _invent(generator, taken) for leaf in used}
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
    texts = {name: pattern.sub(lambda found: names[found[0]], row[name]) for name in TEXTS}
    return row | texts


def _finds(leaf: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(leaf)}\b", text) is not None


def _invent(generator: random.Random, taken: set[str]) -> str:
    """Return an identifier that is in none of ``taken``, and add it there."""
    while True:
        parts = [_word(generator) for _ in range(generator.randint(1, 2))]
        style = generator.choice(("snake", "joined", "class", "digit"))
        name = "_".join(parts) if style == "snake" else "".join(parts)
        if style == "class":
            name = "".join(part.title() for part in parts)
        elif style == "digit":
            name += str(generator.randint(0, 99))
        if name not in taken and not iskeyword(name):
            taken.add(name)
            return name


def _word(generator: random.Random) -> str:
    count = generator.randint(1, 3)
    return "".join(generator.choice(CONSONANTS) + generator.choice(VOWELS) for _ in range(count))


def _copies(pieces: Sequence[str], generator: random.Random) -> Iterator[Row]:
    while True:
        text = "".join(generator.choices(pieces, k=generator.randint(*COPIED)))
        turns = [{"role": "user", "content": text}], [{"role": "assistant", "content": text}]
        yield {"prompt": turns[0], "completion": turns[1]}


def _renamed(rows: Sequence[Row], generator: random.Random) -> Iterator[Row]:
    for row in _shuffled(rows, generator):
        yield renamed(row, generator) or row


def _shuffled(rows: Sequence[Row], generator: random.Random) -> Iterator[Row]:
    """Yield all rows, each time in another order, without an end."""
    while True:
        yield from generator.sample(rows, len(rows))
