"""The normal form of every valid entry, made once and kept in the workspace.

``normal_forms`` says which code an entry is; ``documents`` holds the words of each
distinct code once, the old code's, a mark, then the new code's.
"""

from __future__ import annotations

import pyarrow as pa

from recode_data.duplicates import near
from recode_data.duplicates.normalise import MARK, VERSION, code_words, normalise
from recode_data.progress import Progress
from recode_data.records import content_id
from recode_data.workspace import Workspace

BATCH = 2_000


def forget_other_versions(workspace: Workspace) -> None:
    """Start anew when what is stored was made by other rules than those of today."""
    today = f"normal form {VERSION}, {near.fingerprint(workspace)}"
    stored = workspace.sql("SELECT fingerprint FROM dedup_state").to_pylist()
    if stored == [{"fingerprint": today}]:
        return
    workspace.execute("BEGIN")
    for table in ("normal_forms", "documents", "signatures", "near_pairs", "dedup_state"):
        workspace.execute(f"DELETE FROM {table}")
    workspace.execute("INSERT INTO dedup_state VALUES (?)", [today])
    workspace.execute("COMMIT")


def normalise_new(workspace: Workspace, progress: Progress) -> None:
    """Store the normal form of the entries in table ``valid`` that have none yet."""
    owed = workspace.sql("SELECT entry_id FROM valid ANTI JOIN normal_forms USING (entry_id)")
    with progress.task("normalise", owed.num_rows) as task:
        for start in range(0, owed.num_rows, BATCH):
            batch = owed.slice(start, BATCH)
            _store(workspace, batch)
            task.advance(batch.num_rows)


def _store(workspace: Workspace, batch: pa.Table) -> None:
    workspace.connection.register("batch", batch)
    codes = workspace.sql(
        "SELECT id, old_code, new_code FROM entries SEMI JOIN batch ON id = entry_id"
    ).to_pylist()
    forms = [(normalise(entry["old_code"]), normalise(entry["new_code"])) for entry in codes]
    incoming = pa.table(
        {
            "entry_id": pa.array([entry["id"] for entry in codes], pa.string()),
            "code": pa.array([int(content_id(*form), 16) for form in forms], pa.uint64()),
            "words": pa.array([pair_words(*form) for form in forms], pa.string()),
        }
    )
    workspace.connection.register("incoming_forms", incoming)
    workspace.execute("BEGIN")
    workspace.execute(
        "INSERT INTO normal_forms SELECT entry_id, ?, code FROM incoming_forms", [VERSION]
    )
    workspace.execute(
        f"""INSERT INTO documents SELECT code, {near.numbers("words")} FROM (
                SELECT DISTINCT ON (code) code, words FROM incoming_forms
                ANTI JOIN documents USING (code))"""
    )
    workspace.execute("COMMIT")
    workspace.connection.unregister("incoming_forms")
    workspace.connection.unregister("batch")


def pair_words(old_normal: str, new_normal: str) -> str:
    """Return the words of both codes, with a mark between, each at least three long."""
    return f"{document(old_normal)} {MARK} {document(new_normal)}"


def document(normal: str) -> str:
    """Return the words of one code, padded to the three that a shingle needs."""
    words = code_words(normal)
    return " ".join(words + ["."] * (3 - len(words)))
