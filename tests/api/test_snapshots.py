"""Snapshots as workspaces keep them, those of earlier introspectors among them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from recode_data.api.snapshots import stored_history
from recode_data.library import Library
from recode_data.workspace import Workspace
from recode_data.workspace.libraries import keep_snapshot, snapshots_of

TINY = Library(name="tiny", matrix=["1.0", "2.0"])
EARLIER = {
    "modules": {
        "tiny": {"listed": None, "names": {"f": "tiny:f"}, "warns": {}, "hidden": []},
    },
    "objects": {
        "tiny:f": {
            "kind": "function", "doc": False, "says": [], "var": False,
            "params": [["a", "p", False, False], ["old", "k", True, True]],
        }
    },
}  # fmt: skip
"""As it was written before the sources of defaults were kept."""


def packed(described: object) -> bytes:
    return gzip.compress(json.dumps(described).encode())


def test_a_snapshot_of_an_earlier_workspace_is_read(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        keep_snapshot(workspace, "a", "tiny", "1.0", packed(EARLIER))
        history = stored_history(workspace, TINY)
    snapshot = history.snapshots[0]
    binding = snapshot.find("tiny.f")
    assert binding
    found = snapshot.parameters(binding) or []
    assert [(p.name, p.kind, p.optional, p.deprecated) for p in found] == [
        ("a", "POSITIONAL_OR_KEYWORD", False, False),
        ("old", "KEYWORD_ONLY", True, True),
    ]


def test_a_new_snapshot_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        keep_snapshot(workspace, "a", "tiny", "1.0", b"earlier")
        keep_snapshot(workspace, "b", "tiny", "2.0", b"another version")
        keep_snapshot(workspace, "c", "tiny", "1.0", b"newer")
        keep_snapshot(workspace, "c", "tiny", "1.0", b"again")
        assert snapshots_of(workspace, "tiny") == {"1.0": b"newer", "2.0": b"another version"}
