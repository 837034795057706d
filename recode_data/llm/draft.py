"""One entry in the making: what was asked for it, what came back, what is asked next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recode_data.llm.answer import Answer, Unusable, read_answer
from recode_data.llm.options import Options
from recode_data.llm.prompts import MAX_NOTE, Material, Prompts, quotable
from recode_data.reasons import Reason
from recode_data.records import Attempt, Call, Entry, Json, Verdict, content_id

STAGE = "synthesize llm"
HOPELESS = frozenset({Reason.NO_DEFINITION, Reason.NO_SUCH_VERSION, Reason.ERROR})
"""Reasons of the judge that no other code would change."""
MAX_ECHO = 8_000
"""Characters of its own answer that a model sees again when it is to mend it."""


@dataclass(frozen=True)
class Draft:
    """A conversation about one entry, with the call that comes next."""

    material: Material
    sample: int
    messages: tuple[dict[str, str], ...]
    """The messages that asked for the first answer; repairs are added to these."""
    call: Call

    @property
    def round(self) -> int:
        return self.call.round


def first_draft(prompts: Prompts, options: Options, material: Material, sample: int) -> Draft:
    """Return the draft that asks for entry ``sample`` of a change."""
    messages = tuple(prompts.first(material, sample))
    call = Call(
        request=_request(options, sample, 0, messages),
        model=options.model,
        prompt=f"{prompts.version}/{material.change.kind}",
        change_id=material.change.id,
        change_kind=material.change.kind,
        sample=sample,
        round=0,
    )
    return Draft(material, sample, messages, call)


def mended(
    prompts: Prompts, options: Options, draft: Draft, answered: Call, flaw: Unusable | Verdict
) -> Draft:
    """Return the draft that sends ``answered`` back with what is wrong with it.

    Only the last answer and its flaw go along, so a conversation does not grow by rounds.
    """
    if isinstance(flaw, Unusable):
        text = prompts.repair(flaw.reason, flaw.text, unusable=True)
    else:
        text = prompts.repair(flaw.reason, evidence_text(flaw), unusable=False)
    echo = {"role": "assistant", "content": answered.answer[:MAX_ECHO] or "(nothing)"}
    messages = (*draft.messages, echo, {"role": "user", "content": text})
    turn = draft.round + 1
    request = _request(options, draft.sample, turn, messages)
    return replace(draft, call=replace(draft.call, request=request, round=turn))


def read_entry(options: Options, draft: Draft, answered: Call) -> Entry:
    """Return the entry in an answer; raises `Unusable`.

    What the entry is about comes from the change: a model writes the description and the
    two codes, and no answer can claim another library, version or update text.
    """
    text = answered.answer
    for message in answered.request["messages"]:
        # Some servers send the prompt along, and in it stands an example of an answer.
        if message["role"] != "assistant":
            text = text.replace(message["content"].strip(), "")
    answer = read_answer(text, answered.finish)
    return _entry(options, draft, answered, answer)


def attempt(draft: Draft, produced: int, reason: str = "", detail: str = "") -> Attempt:
    """Return the note that says what came of a draft."""
    change = draft.material.change.id
    subject = content_id(change, draft.call.model, draft.call.prompt, draft.sample)
    return Attempt(STAGE, subject, f"{draft.call.prompt} {draft.round}", produced, reason, detail)


def evidence_text(verdict: Verdict) -> str:
    """Return the judge's evidence as lines for the model: reason, then each run."""
    lines = [verdict.detail] if verdict.detail else []
    runs = verdict.evidence.get("runs", {})
    for name, run in runs.items() if isinstance(runs, dict) else ():
        told = [f"{key}: {value}" for key, value in run.items() if _tells(key, value)]
        status = run.get("status", "")
        lines.append(f"{name.replace('_', ' ')}: {status} ({', '.join(told)})")
    return "\n".join(lines) or verdict.reason


def _tells(key: str, value: object) -> bool:
    return bool(value) and key not in ("run", "status")


def _request(
    options: Options, sample: int, turn: int, messages: tuple[dict[str, str], ...]
) -> dict[str, Json]:
    return {"model": options.model, "messages": list(messages), **options.sampling(sample, turn)}


def _entry(options: Options, draft: Draft, answered: Call, answer: Answer) -> Entry:
    change, library = draft.material.change, draft.material.library
    return Entry(
        dependency=library.dependency,
        new_version=f"=={draft.material.new_version}",
        description=answer.description,
        update_info=quotable(change.text, MAX_NOTE),
        old_code=answer.old_code,
        new_code=answer.new_code,
        change_id=change.id,
        change_kind=change.kind,
        engine="llm",
        author=f"{options.model}, prompt {answered.prompt}",
        parameters={
            "model": options.model,
            "prompt": answered.prompt,
            "call": answered.id,
            "sample": draft.sample,
            "round": draft.round,
            **options.sampling(draft.sample, draft.round),
        },
        old_symbol=change.old_symbol,
        old_keyword=change.old_keyword,
        new_symbol=change.new_symbol,
        new_keyword=change.new_keyword,
    )
