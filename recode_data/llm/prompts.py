"""Prompts from versioned template files, ``prompts/v3/<kind of change>.j2``.

A library's text is hostile until shown otherwise: it is stripped of characters that hide
or steer, and quoted between marks that hold its own hash, so no text can close its quote.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from recode_data.errors import BadFile
from recode_data.files import read_text
from recode_data.library import Library
from recode_data.llm.context import Premise
from recode_data.reasons import sentence_of
from recode_data.records import Change, Entry, Symbol, content_id

VERSION = "3"
TEMPLATES = "--prompts names a folder of Jinja templates, files that end in .j2"
FOLDER = Path(__file__).parent / "prompts" / f"v{VERSION}"
MAX_NOTE = 4_000
"""Characters of a note's item that a prompt quotes."""
MAX_COMPLAINT = 2_400
"""Characters of evidence that a repair quotes."""
MAX_CODE = 6_000
"""Characters of a program that a prompt quotes."""
MAX_SIGNATURE = 300
MAX_DOC = 1_400
MAX_FACTS = 6

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
class Shown:
    """One name as both versions have it, and what a prompt tells of its documentation."""

    name: str
    before: Symbol
    after: Symbol
    text: str = ""

    @property
    def signatures(self) -> list[tuple[str, str]]:
        """The signatures with the sign of a diff: one where both versions have the same."""
        was, now = self.before, self.after
        if was.exists and now.exists and was.signature == now.signature:
            return [("", was.signature[:MAX_SIGNATURE])]
        signs = [("- ", was)] * was.exists + [("+ ", now)] * now.exists
        return [(sign, symbol.signature[:MAX_SIGNATURE]) for sign, symbol in signs]


@dataclass(frozen=True)
class Material:
    """What is known of a change when its prompt is written."""

    library: Library
    change: Change
    premise: Premise
    shown: tuple[Shown, ...] = ()

    @property
    def old_version(self) -> str:
        return self.premise.old_version

    @property
    def new_version(self) -> str:
        return self.premise.new_version

    @property
    def facts(self) -> list[str]:
        """What the versions show of the names, in sentences."""
        named = re.compile(r"[\w.]{1,200}")
        told = [
            str(one)
            for one in self.premise.shown
            if named.fullmatch(one.path) and named.fullmatch(one.keyword or "_")
        ]
        known = {one.path for one in self.premise.shown}
        for one in self.shown:
            if one.name in known or not named.fullmatch(one.name):
                continue
            if one.before.exists != one.after.exists:
                there = self.new_version if one.after.exists else self.old_version
                told.append(f"{one.name} is only in {there}")
        return told[:MAX_FACTS]


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
        user = self._render(material.premise.kind, _names(material, sample))
        return [
            {"role": "system", "content": self._render("system", {})},
            {"role": "user", "content": user},
        ]

    def description(self, entry: Entry, names: Sequence[str], most: int) -> list[dict[str, str]]:
        """Return the messages that ask for the description of an entry, in at most ``most``
        characters and without ``names``."""
        code = quotable(entry.old_code, MAX_CODE)
        told = {
            "library": _name(entry.dependency.replace("-", "_")) or "a library",
            "code": code,
            "description": quotable(entry.description, most),
            "names": [name for name in names if re.fullmatch(r"[\w.+-]{1,40}", name)],
            "most": most,
            "boundary": _boundary(code),
        }
        return [
            {"role": role, "content": self._render("description", {**told, "system": system})}
            for role, system in (("system", True), ("user", False))
        ]

    def repair(
        self, reason: str, complaint: str, unusable: bool, versions: Sequence[str] = ()
    ) -> str:
        """Return the message that sends an answer back with what is wrong with it; with
        ``versions`` one that declined because of what it was told."""
        complaint = quotable(complaint, MAX_COMPLAINT)
        return self._render(
            "repair",
            {
                "unusable": unusable,
                "declined": bool(versions),
                "versions": list(versions),
                "reason": reason,
                "sentence": sentence_of(reason) or reason,
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
    change, premise = material.change, material.premise
    text = quotable(change.text, MAX_NOTE)
    section = quotable(change.section, 120)
    turn = int(change.id, 16) + sample
    shown = [
        {"name": one.name, "signatures": one.signatures, "text": quotable(one.text, MAX_DOC)}
        for one in material.shown
    ]
    return {
        "library": material.library,
        "old_version": material.old_version,
        "new_version": material.new_version,
        "section": section if section not in text else "",
        "text": text,
        "parameter": _parameter(premise),
        "facts": material.facts,
        "old": _name(premise.old_symbol),
        "new": _name(premise.new_symbol),
        "old_keyword": _name(premise.old_keyword),
        "new_keyword": _name(premise.new_keyword),
        "old_value": _value(change.old_value),
        "new_value": _value(change.new_value),
        "before": [one.before for one in material.shown if one.before.exists],
        "after": [one.after for one in material.shown if one.after.exists],
        "shown": shown,
        "boundary": content_id(text, section, shown),
        "sample": sample,
        "domain": DOMAINS[turn % len(DOMAINS)],
        "difficulty": DIFFICULTIES[sample % len(DIFFICULTIES)],
    }


def _parameter(premise: Premise) -> str:
    """Return the argument whose documentation a note stands in, where that is all that is
    known of it."""
    shown = {one.keyword for one in premise.shown}
    keyword = premise.new_keyword
    return _name(keyword) if keyword and keyword not in shown else ""


def _name(text: str) -> str:
    """Return a dotted name, or nothing: outside the quote stands no free text of a note."""
    return text if re.fullmatch(r"[\w.]{1,200}", text) else ""


def _value(text: str) -> str:
    return text if re.fullmatch(r"[\w.'\"+-]{1,40}", text) else ""


def _boundary(text: str) -> str:
    """Return a mark that the quoted text cannot hold, for it is made of it."""
    return content_id(text)
