"""What the calls of a workspace brought and cost, for each kind of change and model."""

from __future__ import annotations

from dataclasses import dataclass

from recode_data.workspace import Workspace

_QUERY = """
WITH latest AS (
    SELECT entry_id, status FROM verdicts
    QUALIFY row_number() OVER (
        PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1),
written AS (
    SELECT json_extract_string(parameters, '$.call') AS call, status
    FROM entries LEFT JOIN latest ON latest.entry_id = entries.id WHERE engine = 'llm')
SELECT change_kind AS kind, model, count(*) AS calls,
    count(*) FILTER ("round" > 0) AS repairs,
    count(written.call) AS entries,
    count(*) FILTER (status = 'valid') AS valid,
    count(*) FILTER (status = 'valid' AND "round" > 0) AS mended,
    sum(prompt_tokens)::BIGINT AS prompt_tokens, sum(answer_tokens)::BIGINT AS answer_tokens,
    coalesce(sum(cost), 0)::DOUBLE AS cost, count(cost) = count(*) AS priced
FROM llm_calls LEFT JOIN written ON written.call = llm_calls.id
WHERE state = 'answered' GROUP BY change_kind, model ORDER BY model, change_kind
"""


@dataclass(frozen=True)
class Line:
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


def account(workspace: Workspace) -> list[Line]:
    """Return a line for each kind of change and model, by model."""
    return [Line(**row) for row in workspace.sql(_QUERY).to_pylist()]
