"""What vanished and no note mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from recode_data.api.diff import removed_names
from recode_data.api.history import History, release
from recode_data.records import Change, ReleaseNote

EMPTY = (
    "id",
    "old_keyword",
    "old_value",
    "new_keyword",
    "new_value",
    "text",
    "section",
    "location",
)


def unannounced(
    history: History, notes: list[ReleaseNote], changes: list[Change]
) -> Iterator[dict[str, Any]]:
    """Yield, in the form of a change, each public name that is gone in the next version and
    that neither a change nor the text of a note of the versions between names."""
    stated = {
        change.old_symbol
        for change in changes
        if change.source not in ("package", "surface", "snapshot")
    }
    for i in range(len(history.snapshots) - 1):
        low, high = history.versions[i], history.versions[i + 1]
        texts = [n.text for n in notes if low < release(n.version) <= high]
        said = set(re.findall(r"\w+", "\n".join(texts)))
        for gone in sorted(removed_names(history, i), key=lambda each: each.path):
            if gone.paths & stated or gone.path.rsplit(".", 1)[-1] in said:
                continue
            yield {
                **dict.fromkeys(EMPTY, ""),
                "library": notes[0].library if notes else "",
                "version": str(high),
                "kind": "removed",
                "old_symbol": gone.path,
                "new_symbol": min(gone.instead, key=len) if gone.instead else "",
                "source": "surface",
                "grounded": True,
                "flip_version": str(high),
                "reason": f"there in {low}, gone in {high}, in no note",
            }
