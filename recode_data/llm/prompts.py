"""Prompts from versioned template files, ``prompts/v1/<kind of change>.j2``.

A library's text is hostile until shown otherwise: it is stripped of characters that hide
or steer, and quoted between marks that hold its own hash, so no text can close its quote.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from recode_data.errors import BadFile
from recode_data.files import read_text
from recode_data.library import Library
from recode_data.records import Change, Symbol, content_id

VERSION = "1"
TEMPLATES = "--prompts names a folder of Jinja templates, files that end in .j2"
FOLDER = Path(__file__).parent / "prompts" / f"v{VERSION}"
MAX_NOTE = 6_000
"""Characters of a note's item that a prompt quotes."""

DOMAINS = (
    "sensor readings",
    "a shop's orders",
    "exam results",
    "a small image",
    "river levels",
    "survey answers",
    "a game's board",
    "bus arrivals",
    "words of a text",
    "a chemical experiment",
    "a household budget",
    "animal counts",
)
DIFFICULTIES = (
    "a direct use of the API",
    "the API inside a function that a program calls twice",
    "the API as one step of a longer computation",
    "a less usual argument or input of the API",
)

HINTS = {
    "old_fails": "old_code must run without an error on the older version.",
    "old_warns": "old_code must run without that warning on the older version. Use the API as "
    "it was written before anything was deprecated.",
    "new_fails": "new_code must run without an error on the newer version.",
    "new_warns": "new_code must run without that warning on the newer version. Use what the "
    "warning recommends.",
    "inert": "old_code did the same on both versions, so it does not show the change. Use the "
    "changed API itself, in the way that the note describes.",
    "fails_other": "old_code fails on the newer version for a reason that is not the change. "
    "Use nothing else that differs between the versions.",
    "warns_other": "The warning on the newer version is not about the change. Use the changed "
    "API by its own name.",
    "differs": "Both programs must print the same lines and end with equal variables.",
    "not_restored": "new_code must print on the newer version what old_code printed on the "
    "older one.",
    "not_exercised": "The changed API was not seen at run time. Use it by its own name.",
    "degenerate": "The result would be the same with a wrong replacement, or with nothing at "
    "all. Choose richer data: no symmetry, no zeros only, nothing empty, no bare asserts.",
    "flaky": "The result differs from run to run. Seed random numbers; print nothing that varies.",
    "timeout": "The program took too long. Use less data.",
}
"""What a model can do about each of the judge's reasons."""


@dataclass(frozen=True)
class Material:
    """What is known of a change when its prompt is written."""

    library: Library
    change: Change
    old_version: str
    new_version: str
    before: tuple[Symbol, ...] = ()
    """The names of the change as the older version has them."""
    after: tuple[Symbol, ...] = ()


@dataclass(frozen=True)
class Prompts:
    """The templates in one folder."""

    folder: Path = FOLDER

    @cached_property
    def version(self) -> str:
        """``1``, or the folder's name and the hash of its templates for the user's own."""
        if self.folder == FOLDER:
            return VERSION
        texts = [read_text(file, TEMPLATES) for file in sorted(self.folder.glob("*.j2"))]
        return f"{self.folder.name}-{content_id(texts)[:8]}"

    @cached_property
    def _environment(self) -> jinja2.Environment:
        return jinja2.Environment(
            loader=jinja2.FileSystemLoader([self.folder, FOLDER], encoding="utf-8-sig"),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )

    def first(self, material: Material, sample: int) -> list[dict[str, str]]:
        """Return the messages that ask for one entry; ``sample`` varies the setting.

        How many entries are asked for is not told: asking for more later must not change
        the prompts of those that are paid.
        """
        user = self._render(material.change.kind, _names(material, sample))
        return [
            {"role": "system", "content": self._render("system", {})},
            {"role": "user", "content": user},
        ]

    def repair(self, reason: str, complaint: str, unusable: bool) -> str:
        """Return the message that sends an answer back with what is wrong with it."""
        complaint = quotable(complaint, 2_000)
        return self._render(
            "repair",
            {
                "unusable": unusable,
                "reason": reason,
                "complaint": complaint,
                "hint": HINTS.get(reason, "Correct what the evidence shows."),
                "boundary": _boundary(complaint),
            },
        )

    def _render(self, name: str, names: dict[str, Any]) -> str:
        try:
            text = self._environment.get_template(f"{name}.j2").render(names)
        except jinja2.TemplateError as error:
            raise BadFile(
                f"prompt template {name}.j2: {error}",
                "the templates beside recode_data/llm/prompts.py show the variables",
            ) from error
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def quotable(text: str, most: int) -> str:
    """Return ``text`` without control, format and private characters, cut to ``most``."""
    kept = [
        char for char in text if char in "\n\t" or unicodedata.category(char) not in _UNQUOTABLE
    ]
    return "".join(kept)[:most].strip()


_UNQUOTABLE = {"Cc", "Cf", "Co", "Cs", "Cn"}


def _names(material: Material, sample: int) -> dict[str, Any]:
    change, text = material.change, quotable(material.change.text, MAX_NOTE)
    before = {symbol.name for symbol in material.before if symbol.exists}
    after = {symbol.name for symbol in material.after if symbol.exists}
    # What is absent can be told only of names that were looked up in both versions.
    both = {s.name for s in material.before} & {s.name for s in material.after}
    turn = int(change.id, 16) + sample
    return {
        "library": material.library,
        "old_version": material.old_version,
        "new_version": material.new_version,
        "text": text,
        "old": _name(change.old_symbol),
        "new": _name(change.new_symbol),
        "old_keyword": _name(change.old_keyword),
        "new_keyword": _name(change.new_keyword),
        "old_value": _value(change.old_value),
        "new_value": _value(change.new_value),
        "before": [symbol for symbol in material.before if symbol.exists],
        "after": [symbol for symbol in material.after if symbol.exists],
        "gone": sorted(both & before - after),
        "born": sorted(both & after - before),
        "nowhere": sorted(both - before - after),
        "boundary": _boundary(text, material.before, material.after),
        "sample": sample,
        "domain": DOMAINS[turn % len(DOMAINS)],
        "difficulty": DIFFICULTIES[sample % len(DIFFICULTIES)],
    }


def _name(text: str) -> str:
    """Return a dotted name, or nothing: outside the quote stands no free text of a note."""
    return text if re.fullmatch(r"[\w.]{1,200}", text) else ""


def _value(text: str) -> str:
    return text if re.fullmatch(r"[\w.'\"+-]{1,40}", text) else ""


def _boundary(text: str, *symbols: tuple[Symbol, ...]) -> str:
    """Return a mark that the quoted texts cannot hold, for it is made of all of them."""
    return content_id(text, [[symbol.doc for symbol in group] for group in symbols])
