"""Does reading survive what no one wrote? Thousands of damaged notes, one by one.

    python benchmarks/damage.py 10000

Real notes are cut, spliced, mis-encoded, repeated, nested and stretched; each must be read
within the time that a document has, without an exception and without growing the process.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator

from recode_data.library import load_library
from recode_data.notes.extract.grammar import read_item
from recode_data.notes.markup.reading import read_safely
from recode_data.notes.sources.sdist import notes_from_sdist
from recode_data.records import ReleaseNote

RST = """
Version 2.0
===========

.. currentmodule:: tiny

Removals
--------

* :func:`~tiny.a` and ``tiny.{b,c}`` have been removed, use `tiny.d(x=1)` instead (:issue:`12`).

  - nested ``x``

========  =====
old       new
========  =====
``p``     ``q``
========  =====

.. deprecated:: 1.0
   |API| The *foo* keyword of `bar`.
"""
MD = """# 2.0

## Removed

- `a.b` removed, use `c`
  - [x](y)

| a | b |
|---|---|
| `c` | d |
"""
HTML = (
    "<main><h1>2.0</h1><ul><li><p>Removed <code>a.b</code></p><ul><li>x</li></ul></li></ul>"
    "<dl><dt>t</dt><dd>d</dd></dl><table><tr><th>a</th></tr><tr><td>b</td></tr></table></main>"
)
SEEDS = {"rst": [RST], "md": [MD], "html": [HTML]}


def monsters() -> Iterator[tuple[str, str]]:
    """Documents that are large, long or deep, one of each kind."""
    yield "rst", "x" * 50_000_000
    yield "rst", "`" * 1_000_000
    yield "rst", "".join("  " * i + "* a\n\n" for i in range(1500))
    yield "rst", "*" * 100_000 + " :a:`" * 20_000
    yield "rst", "[" * 50_000 + "_" * 50_000 + "|" * 50_000
    yield "rst", "".join(f".. {'a' * 50}{i}::\n\n" for i in range(5000))
    yield "md", "> " * 100_000 + "x"
    yield "md", "[" * 200_000
    yield "md", "*_" * 200_000
    yield "md", "".join("  " * i + "- a\n" for i in range(2000))
    yield "html", "<div>" * 100_000 + "x"
    yield "html", "<b>" * 100_000 + "x" + "</b>" * 100_000
    yield "html", "<table><tr><td>" * 20_000
    yield "html", "<" * 2_000_000
    yield "html", "&" * 2_000_000
    yield "rst", "⟦1⟧ removed ⟦99999⟧ use ⟦x⟧ `⟦0⟧`"
    yield "rst", "``a``, " * 20_000 + "have been removed."
    yield "rst", ("the old deprecated " * 10_000) + "``a`` is removed"


def damaged(random_: random.Random, count: int) -> Iterator[tuple[str, str]]:
    for _ in range(count):
        form = random_.choice(list(SEEDS))
        text = random_.choice(SEEDS[form])
        text = text[: random_.randint(200, 20_000)] if random_.random() < 0.5 else text
        for _ in range(random_.randint(1, 4)):
            text = random_.choice(WAYS)(random_, text)
        yield form, text


def cut(r: random.Random, text: str) -> str:
    a = r.randrange(len(text) + 1)
    return text[a : a + r.randrange(1, 5000)]


def splice(r: random.Random, text: str) -> str:
    other = r.choice(SEEDS[r.choice(list(SEEDS))])
    a, b = r.randrange(len(text) + 1), r.randrange(len(other))
    return text[:a] + other[b : b + 2000] + text[a:]


def mis_encode(r: random.Random, text: str) -> str:
    wrong = r.choice(["latin-1", "utf-16", "cp1252"])
    return text.encode("utf-8", "replace").decode(wrong, "replace")


def scramble(r: random.Random, text: str) -> str:
    chars = list(text)
    for _ in range(len(chars) // 20 + 1):
        chars.insert(
            r.randrange(len(chars) + 1), r.choice("`*_|:.\\<>&[](){}\n\t #=-\x00\ufeff\ud800")
        )
    return "".join(chars)


def repeat(r: random.Random, text: str) -> str:
    a = r.randrange(len(text) + 1)
    return text[:a] + text[a : a + r.randrange(1, 30)] * r.randrange(1, 200) + text[a:]


WAYS = (cut, splice, mis_encode, scramble, repeat)


def read(form: str, text: str) -> str:
    """Read one document as the stage does; return why it gave nothing."""
    note = ReleaseNote("tiny", "2.0", "sdist", "x", form, text)  # type: ignore[arg-type]
    items, flaw = read_safely(note)
    for item in items:
        read_item(item)
    return flaw[0] if flaw else "read"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600.0, help="stop when they are over")
    parser.add_argument("--library", default="", help="damage the real notes of this library too")
    options = parser.parse_args()
    if options.library:
        from recode_data.progress import Progress

        library = load_library(options.library)
        for source in (s for s in library.sources if s.kind == "sdist"):
            for note in notes_from_sdist(library, source, Progress(quiet=True)):
                SEEDS[note.format].append(note.text)
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    began = time.monotonic()
    for source_of in (monsters(), damaged(random.Random(options.seed), options.count)):
        for form, text in source_of:
            start = time.monotonic()
            if start - began > options.seconds:
                break
            outcomes[read(form, text)] += 1
            slowest = max(slowest, time.monotonic() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sum(outcomes.values()):,} documents in {time.monotonic() - began:.0f} s: {outcomes}")
    print(f"slowest {slowest:.1f} s, most memory {memory:.0f} MiB")


if __name__ == "__main__":
    main()
