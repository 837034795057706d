"""What a run would send and cost, without sending anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recode_data.library import Library
from recode_data.llm.budget import tokens_in
from recode_data.llm.descriptions import to_describe
from recode_data.llm.options import Options
from recode_data.llm.plan import changes_to_write, materials
from recode_data.llm.stage import Writer
from recode_data.progress import Progress
from recode_data.records import Call
from recode_data.workspace import Workspace
from recode_data.workspace.llm import answered

SHOWN = 3
"""Prompts that are printed in full; the others would differ in their change only."""


def preview(
    workspace: Workspace,
    libraries: Sequence[Library],
    options: Options,
    progress: Progress,
    descriptions: bool = False,
) -> Iterator[str]:
    """Yield lines for people: some prompts, the counts, and an estimate of the cost; with
    ``descriptions`` of those that would be written anew."""
    writer = Writer(workspace, options, None, None)
    if descriptions:
        described = to_describe(workspace, libraries, options, writer.prompts)
        calls = [one.call for one in described]
        counted = f"entries: {len(described):,}"
    else:
        chosen, left_out = changes_to_write(workspace, libraries, options)
        found = materials(workspace, chosen, options.jobs, progress)
        calls = [draft.call for draft in writer.drafts(found)]
        reasons = "".join(f", {count:,} {reason}" for reason, count in left_out.items())
        counted = f"changes: {len(chosen):,}{reasons}"
    have = answered(workspace, [call.id for call in calls])
    owed = [call for call in calls if call.id not in have]
    for call in owed[:SHOWN]:
        yield f"--- {call.prompt}, entry {call.sample + 1} of change {call.change_id}"
        for message in call.request["messages"]:
            yield f"[{message['role']}]\n{message['content']}"
    if len(owed) > SHOWN:
        yield f"--- and {len(owed) - SHOWN:,} more prompts"
    yield counted
    yield f"requests: {len(owed):,} to send, {len(have):,} in the cache"
    yield from _estimate(owed, options, writer)


def _estimate(owed: list[Call], options: Options, writer: Writer) -> Iterator[str]:
    prompt = sum(tokens_in(m["content"]) for call in owed for m in call.request["messages"])
    answer = len(owed) * options.answer_tokens
    yield f"tokens: about {prompt:,} in prompts, at most {answer:,} in answers, before repairs"
    cost = writer.asker.budget.cost(prompt, answer)
    money = options.prices.currency
    if cost is None:
        yield f"cost: unknown, for no price of {options.model} is given with --prices"
    else:
        rounds = 1 + options.repair_rounds
        yield f"cost: at most {money}{cost:.4f}, and {rounds} times that if all need every repair"
