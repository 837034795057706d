"""What came, went and changed between two versions of a data set, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recode_data.errors import BadFile
from recode_data.files import read_jsonl
from recode_data.publish.rows import Row, published_rows
from recode_data.reasons import Reason, sentence_of
from recode_data.workspace import Workspace
from recode_data.workspace.copying import FILE
from recode_data.workspace.dataset import duplicate_of
from recode_data.workspace.reviews import withheld
from recode_data.workspace.verdicts import latest_verdict

TOLD = ("kind", "description", "update_info", "old_version", "new_version")
"""Columns whose change is told of a row; the others follow from these or from the machine."""
SHOWN = 20
"""Rows of a kind that are shown one by one; the others are counted."""


@dataclass(frozen=True)
class Difference:
    """One row that is in one of two sets, or not the same in both."""

    what: str
    """``added``, ``removed``, ``re-dated`` or ``changed``."""
    id: str
    """Of the row in the newer set, or in the older one where it was removed."""
    library: str
    symbol: str
    reason: str = ""
    """Code of what keeps a removed row out; the columns that changed."""
    detail: str = ""


@dataclass(frozen=True)
class Differences:
    """All differences between two sets."""

    before: int
    after: int
    rows: list[Difference] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """How many rows there are and what became of them, in one line."""
        counts = Counter(one.what for one in self.rows)
        told = ", ".join(f"{counts[what]:,} {what}" for what in ORDER if counts[what])
        return f"{self.before:,} rows → {self.after:,}: {told or 'the same rows'}"

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def differences(old: Path, new: Path) -> Differences:
    """Return what differs between two sets, each a workspace or the folder of an export.

    A row is the same where its id is; one whose codes are the same and that names another
    version was re-dated. Why a row is gone is known where ``new`` is a workspace. Raises
    `BadFile` where a folder holds neither.
    """
    after = rows_of(new)
    if not (new / FILE).exists():
        return compare(rows_of(old), after)
    with Workspace.open_to_look(new) as workspace:
        return compare(rows_of(old), after, workspace)


def compare(
    before: Mapping[str, Row], after: Mapping[str, Row], workspace: Workspace | None = None
) -> Differences:
    """Return what differs between rows by their ids; the workspace that the later ones are of
    tells why others are gone."""
    came = [row for row in after.values() if row["id"] not in before]
    gone = {id: row for id, row in before.items() if id not in after}
    by_codes: dict[tuple[str, ...], list[str]] = {}
    for id, row in gone.items():
        by_codes.setdefault(_codes(row), []).append(id)
    found: list[Difference] = []
    for row in came:
        same = by_codes.get(_codes(row))
        found.append(_changed(gone.pop(same.pop()), row) if same else _difference("added", row))
    both = [(before[id], row) for id, row in after.items() if id in before]
    found += [_changed(*pair) for pair in both if _columns(*pair)]
    reasons = _reasons(workspace, list(gone)) if workspace else {}
    found += [_difference("removed", row, *reasons.get(id, ("", ""))) for id, row in gone.items()]
    return Differences(len(before), len(after), sorted(found, key=_order))


def rows_of(folder: Path) -> dict[str, Row]:
    """Return the published rows of a workspace or of an export by their ids; raises `BadFile`
    where a folder holds neither."""
    if (folder / FILE).exists():
        with Workspace.open_to_look(folder) as workspace:
            return {row["id"]: row for row in published_rows(workspace)}
    files = sorted((folder / "jsonl").glob("*.jsonl"))
    if not files:
        raise BadFile(
            f"{folder} is neither a workspace nor the folder of an export",
            "name a workspace, or what recode-data export has written",
        )
    return {row["id"]: row for file in files for row in _read(file)}


def _read(file: Path) -> Iterator[Row]:
    needed = {"id", "library", "old_code", "new_code", *TOLD}
    tip = "rows of --format full have all that is compared"
    for number, row in read_jsonl(file, tip):
        if not isinstance(row, dict) or not needed <= row.keys():
            raise BadFile(f"{file}, line {number} is no row of a data set", tip)
        yield row


def _codes(row: Row) -> tuple[str, str, str]:
    return row["library"], row["old_code"], row["new_code"]


def _columns(old: Row, new: Row) -> list[str]:
    return [name for name in TOLD if old[name] != new[name]]


def _changed(old: Row, new: Row) -> Difference:
    names = _columns(old, new)
    dated = [name for name in names if name.endswith("version")]
    told = [f"{name} {_brief(old[name])} → {_brief(new[name])}" for name in dated or names[:1]]
    return _difference("re-dated" if dated else "changed", new, ", ".join(names), ", ".join(told))


def _difference(what: str, row: Row, reason: str = "", detail: str = "") -> Difference:
    symbol = row.get("old_symbol") or row.get("new_symbol") or ""
    keyword = row.get("old_keyword") or row.get("new_keyword") or ""
    name = f"{symbol}({keyword}=)" if keyword else symbol
    return Difference(what, row["id"], row["library"], name, reason, detail)


def _reasons(workspace: Workspace, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Return why a workspace does not publish these entries: a code and a detail."""
    unwanted = {entry: why for why, entries in withheld(workspace).items() for entry in entries}
    return {entry: _reason(workspace, entry, unwanted) for entry in ids}


def _reason(workspace: Workspace, entry: str, unwanted: dict[str, str]) -> tuple[str, str]:
    verdict = latest_verdict(workspace, entry)
    if verdict is None:
        return Reason.UNWRITTEN, ""
    if verdict.status != "valid":
        return verdict.reason, verdict.detail
    if entry in unwanted:
        return unwanted[entry], ""
    if same := duplicate_of(workspace, entry):
        return same[1], f"{same[0]} is kept"
    return Reason.IN_BENCHMARK, ""


def _brief(text: str) -> str:
    return text.removeprefix("==") if len(text) <= 30 else f"{text[:29]}…"


ORDER = ("removed", "re-dated", "changed", "added")


def _order(one: Difference) -> tuple[int, str, str, str]:
    return ORDER.index(one.what), one.library, one.symbol, one.id


def _lines(found: Differences) -> Iterator[str]:
    yield found.summary
    for what in ORDER:
        rows = [one for one in found.rows if one.what == what]
        if not rows:
            continue
        yield f"\n{what.capitalize()} ({len(rows):,})\n"
        why = Counter(one.reason or "not known" for one in rows if what != "added")
        for reason, count in sorted(why.items(), key=lambda item: (-item[1], item[0])):
            sentence = sentence_of(reason) if what == "removed" else ""
            yield f"- {reason}: {count:,}" + (f" ({sentence})" if sentence else "")
        libraries = Counter(one.library for one in rows)
        if len(libraries) > 1 or what == "added":
            yield "- " + ", ".join(f"{name} {n:,}" for name, n in sorted(libraries.items()))
        yield ""
        for one in rows[:SHOWN]:
            yield "  ".join(filter(None, (f"  {one.id}", one.symbol, one.reason, one.detail)))
        if len(rows) > SHOWN:
            yield f"  … and {len(rows) - SHOWN:,} more; --json tells all"
