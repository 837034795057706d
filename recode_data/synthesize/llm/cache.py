"""The calls that a workspace has paid for, and what they used."""

from __future__ import annotations

from collections.abc import Sequence

from recode_data.records import Call
from recode_data.synthesize.llm.budget import Amount
from recode_data.workspace import Workspace

BYTES_PER_TOKEN = 3
"""Lower than any tokenizer's mean on English and code, so an estimate is not too small."""


def tokens_in(text: str) -> int:
    """Return an upper estimate of the tokens in one message."""
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN + 8


def answered(workspace: Workspace, ids: Sequence[str]) -> dict[str, Call]:
    """Return those of ``ids`` that have an answer."""
    where = "state = 'answered' AND list_contains(?::VARCHAR[], id)"
    return {call.id: call for call in workspace.all(Call, where, [list(ids)])} if ids else {}


def spent(workspace: Workspace, model: str) -> Amount:
    """Return what all answers of ``model`` in this workspace have used."""
    row = workspace.sql(
        "SELECT count(*) AS requests, coalesce(sum(prompt_tokens + answer_tokens), 0)::BIGINT"
        " AS tokens, coalesce(sum(cost), 0) AS cost"
        " FROM llm_calls WHERE state = 'answered' AND model = ?",
        [model],
    ).to_pylist()[0]
    return Amount(int(row["requests"]), int(row["tokens"]), float(row["cost"]))
