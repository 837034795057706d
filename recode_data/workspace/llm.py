"""Calls of the LLM engine: what was asked and answered, what it used, and what it brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recode_data.reasons import code_of
from recode_data.records import BatchJob, Call, Symbol
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import LATEST


@dataclass(frozen=True)
class Yield:
    """The calls of one model for one kind of change."""

    kind: str
    model: str
    calls: int
    repairs: int
    entries: int
    valid: int
    mended: int
    """Valid entries that came out of a repair."""
    prompt_tokens: int
    answer_tokens: int
    cost: float
    priced: bool
    """False when the price of some of the calls was not known."""

    @property
    def cost_of_valid(self) -> float | None:
        """Money for each valid entry, repairs and failures included."""
        return self.cost / self.valid if self.valid and self.priced else None


def yields(workspace: Workspace) -> list[Yield]:
    """Return what the calls brought and cost, for each kind of change and model, by model."""
    rows = workspace.sql(
        f"""WITH written AS (
                SELECT json_extract_string(parameters, '$.call') AS call, status
                FROM entries LEFT JOIN ({LATEST}) v ON v.entry_id = entries.id
                WHERE engine = 'llm')
            SELECT change_kind AS kind, model, count(*) AS calls,
                count(*) FILTER ("round" > 0) AS repairs,
                count(written.call) AS entries,
                count(*) FILTER (status = 'valid') AS valid,
                count(*) FILTER (status = 'valid' AND "round" > 0) AS mended,
                sum(prompt_tokens)::BIGINT AS prompt_tokens,
                sum(answer_tokens)::BIGINT AS answer_tokens,
                coalesce(sum(cost), 0)::DOUBLE AS cost, count(cost) = count(*) AS priced
            FROM llm_calls LEFT JOIN written ON written.call = llm_calls.id
            WHERE state = 'answered' GROUP BY change_kind, model ORDER BY model, change_kind"""
    )
    return [Yield(**row) for row in rows.to_pylist()]


def answered(workspace: Workspace, ids: Sequence[str]) -> dict[str, Call]:
    """Return those of ``ids`` that have an answer."""
    where = "state = 'answered' AND list_contains(?::VARCHAR[], id)"
    return {call.id: call for call in workspace.all(Call, where, [list(ids)])} if ids else {}


def used_by(workspace: Workspace, model: str) -> tuple[int, int, float]:
    """Return how many requests to ``model`` were paid, their tokens, and their price."""
    [row] = workspace.sql(
        """SELECT count(*) AS requests,
                  coalesce(sum(prompt_tokens + answer_tokens), 0)::BIGINT AS tokens,
                  coalesce(sum(cost), 0) AS cost
           FROM llm_calls
           WHERE (state = 'answered' OR prompt_tokens + answer_tokens > 0) AND model = ?""",
        [model],
    ).to_pylist()
    return int(row["requests"]), int(row["tokens"]), float(row["cost"])


def wasted_tokens(workspace: Workspace, model: str) -> dict[str, tuple[int, int]]:
    """Return the tokens of prompt and answer that responses without a completion cost, for each
    call that is still to be answered."""
    where = "state = 'asked' AND prompt_tokens + answer_tokens > 0 AND model = ?"
    found = workspace.all(Call, where, [model])
    return {call.id: (call.prompt_tokens, call.answer_tokens) for call in found}


def open_jobs(workspace: Workspace, endpoint: str, model: str) -> list[BatchJob]:
    """Return the batches that were handed out and whose results are not read yet."""
    where = "state = 'open' AND endpoint = ? AND model = ?"
    return workspace.all(BatchJob, where, [endpoint, model])


def refused_parameters(workspace: Workspace, model: str) -> set[str]:
    """Return the parameters that the server of ``model`` is known to refuse."""
    rows = workspace.sql("SELECT parameter FROM llm_dialects WHERE model = ?", [model])
    return {str(name) for name in rows["parameter"].to_pylist()}


def learn_dialect(workspace: Workspace, model: str, refused: Iterable[str]) -> None:
    """Note parameters that the server of ``model`` refuses."""
    for name in sorted(refused):
        workspace.execute(
            "INSERT INTO llm_dialects SELECT ?, ? WHERE NOT EXISTS "
            "(SELECT 1 FROM llm_dialects WHERE model = ? AND parameter = ?)",
            [model, name, model, name],
        )


def changes_with_rules_entry(workspace: Workspace) -> set[str]:
    """Return the changes for which the rules wrote an entry that is not judged invalid."""
    rows = workspace.sql(
        """SELECT DISTINCT change_id FROM entries
           WHERE engine = 'rules' AND id NOT IN
               (SELECT entry_id FROM verdicts WHERE status = 'invalid')"""
    )
    return set(rows["change_id"].to_pylist())


def changes_dropped_for(workspace: Workspace, reasons: Sequence[str]) -> set[str]:
    """Return the changes for which the rules wrote nothing for one of ``reasons``, by their
    latest look at each."""
    rows = workspace.sql(
        """SELECT subject_id, arg_max(reason, version) AS reason FROM attempts
           WHERE stage = 'synthesize-rules' GROUP BY subject_id"""
    ).to_pylist()
    return {row["subject_id"] for row in rows if code_of(row["reason"]) in reasons}


def symbols_of(workspace: Workspace, libraries: Iterable[str]) -> list[Symbol]:
    """Return the symbols of ``libraries`` that were looked up."""
    return workspace.all(Symbol, "list_contains(?::VARCHAR[], library)", [list(libraries)])


def known_symbols(
    workspace: Workspace, library: str, version: str, names: Iterable[str]
) -> dict[str, Symbol]:
    """Return what was looked up of ``names`` in a version of a library."""
    where = "library = ? AND version = ? AND list_contains(?::VARCHAR[], name)"
    found = workspace.all(Symbol, where, [library, version, sorted(names)])
    return {symbol.name: symbol for symbol in found}
