"""One entry in the making: what was asked for it, what came back, what is asked next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import get_args

from recode_data.llm.answer import Answer, Unusable, read_answer
from recode_data.llm.context import Premise
from recode_data.llm.options import Options
from recode_data.llm.prompts import MAX_NOTE, Material, Prompts, quotable
from recode_data.reasons import Reason
from recode_data.records import (
    Attempt,
    Call,
    ChangeKind,
    Entry,
    Json,
    Run,
    Verdict,
    content_id,
)
from recode_data.update_text import Names, Update, completed, names_in, untold

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
        prompt=f"{prompts.version}/{material.premise.kind}",
        change_id=material.change.id,
        change_kind=material.change.kind,
        sample=sample,
        round=0,
    )
    return Draft(material, sample, messages, call)


def mended(
    prompts: Prompts,
    options: Options,
    draft: Draft,
    answered: Call,
    flaw: Unusable | Verdict,
    *,
    judged: Judged | None = None,
) -> Draft:
    """Return the draft that sends ``answered`` back with what is wrong with it, for a verdict
    with the entry and runs that it is about.

    Only the last answer and its flaw go along, so a conversation does not grow by rounds.
    """
    if isinstance(flaw, Unusable):
        matrix = draft.material.library.matrix if flaw.reason == Reason.DECLINED else ()
        text = prompts.repair(flaw.reason, flaw.text, unusable=True, versions=matrix)
    else:
        text = prompts.repair(flaw.reason, evidence_text(flaw, judged), unusable=False)
    echo = {"role": "assistant", "content": answered.answer[:MAX_ECHO] or "(nothing)"}
    messages = (*draft.messages, echo, {"role": "user", "content": text})
    turn = draft.round + 1
    request = _request(options, draft.sample, turn, messages)
    return replace(draft, call=replace(draft.call, request=request, round=turn))


def mendable(draft: Draft, flaw: Unusable | Verdict) -> bool:
    """Tell whether an answer is worth sending back.

    A model that declines may do so because of what it was told: that is not final, unless the
    versions show what was told, or it was asked twice.
    """
    if isinstance(flaw, Verdict):
        return flaw.reason not in HOPELESS
    if flaw.reason == Reason.DECLINED:
        return draft.round == 0 and not draft.material.premise.measured
    return flaw.mendable


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


@dataclass(frozen=True)
class Judged:
    """What a verdict was about: the entry, and its runs by name, such as ``old_on_new``."""

    entry: Entry
    runs: Mapping[str, Run]


def evidence_text(verdict: Verdict, judged: Judged | None = None) -> str:
    """Return the judge's evidence as lines for the model: what is amiss, which run shows it
    and what would have been right, then each run with its output, trace and line."""
    lines = [verdict.detail] if verdict.detail else []
    short = verdict.evidence.get("runs", {})
    short = short if isinstance(short, dict) else {}
    amiss, right = AMISS.get(verdict.reason, ((), ""))
    if right and short:
        where = " and ".join(RUNS[name] for name in amiss)
        lines.append(f"Look at {where}: {right}")
    for name, what in RUNS.items():
        if name in short:
            mark = " <- here" if name in amiss else ""
            told = judged.runs.get(name) if judged else None
            code = (judged.entry.new_code if name.startswith("new") else judged.entry.old_code) if (
                judged
            ) else ""  # fmt: skip
            lines += [f"{what}{mark}", *_told(short[name], told, code)]
    return "\n".join(lines) or verdict.reason


RUNS = {
    "old_on_old": "old_code on the older version",
    "old_on_new": "old_code on the newer version",
    "new_on_new": "new_code on the newer version",
    "new_on_old": "new_code on the older version",
}
AMISS: dict[str, tuple[tuple[str, ...], str]] = {
    Reason.OLD_FAILS: (("old_on_old",), "it must run there without an error."),
    Reason.OLD_WARNS: (("old_on_old",), "it must run there without that warning."),
    Reason.NEW_FAILS: (("new_on_new",), "it must run there without an error."),
    Reason.NEW_WARNS: (("new_on_new",), "it must run there without that warning."),
    Reason.INERT: (
        ("old_on_new", "new_on_old"),
        "old_code must fail, warn or print something else there; for something new, new_code "
        "must fail on the older version.",
    ),
    Reason.FAILS_OTHER: (("old_on_new",), "it may fail only because of the change."),
    Reason.WARNS_OTHER: (("old_on_new",), "it has to warn of the change itself."),
    Reason.OFF_TOPIC: (("old_on_new",), "it has to show the change that the note is about."),
    Reason.DIFFERS: (
        ("old_on_old", "new_on_new"),
        "both must print the same and end with equal variables.",
    ),
    Reason.NOT_RESTORED: (
        ("old_on_old", "new_on_new"),
        "new_code must print on the newer version what old_code printed on the older one.",
    ),
    Reason.DEGENERATE: (
        ("new_on_new",),
        "its output must depend on what the new call returns, with any data.",
    ),
    Reason.NOT_EXERCISED: (("new_on_new",), "it must call what the update is about, by its name."),
    Reason.KEEPS_OLD: (("new_on_new",), "it must not use the old API any more."),
    Reason.FLAKY: (("new_on_new",), "it must print the same each time."),
    Reason.TIMEOUT: (("new_on_new",), "it must end within seconds."),
}
"""Which of the four runs a reason is about, and what would have been right."""
MAX_OUTPUT = 400


def _told(short: Mapping[str, object], run: Run | None, code: str) -> list[str]:
    """Return what one run did: how it ended, with the line of the code, and what it printed."""
    version = f"  {short.get('version', '')}: "
    failed = f"{short.get('exception', '')}: {short.get('message', '')}".strip(": ")
    lines = [f"{version}{failed or short.get('status', '')}"]
    at = short.get("line")
    source = code.split("\n")
    if failed and isinstance(at, int) and 0 < at <= len(source):
        lines.append(f"    line {at}: {source[at - 1].strip()}")
    warned = short.get("warnings")
    lines += [f"    {str(text)[:240]}" for text in warned[:2]] if isinstance(warned, list) else []
    lines += [
        f"    line {caught.line}: {source[caught.line - 1].strip()}"
        for caught in (run.warnings[:2] if run else ())
        if 0 < caught.line <= len(source)
    ]
    if run and run.stdout:
        lines.append("    prints: " + " | ".join(run.stdout[:MAX_OUTPUT].splitlines()))
    return lines


def _request(
    options: Options, sample: int, turn: int, messages: tuple[dict[str, str], ...]
) -> dict[str, Json]:
    return {"model": options.model, "messages": list(messages), **options.sampling(sample, turn)}


def _entry(options: Options, draft: Draft, answered: Call, answer: Answer) -> Entry:
    change, library, premise = draft.material.change, draft.material.library, draft.material.premise
    used = _used(premise, answer)
    note = quotable(change.text, MAX_NOTE)
    text = completed(note, answer.old_code, answer.new_code, used)
    if not text:
        lacks = untold(note, answer.old_code, answer.new_code, used)
        raise Unusable(
            Reason.UNTOLD_NAMES,
            "a reader of the note could not write new_code, which uses "
            f"{', '.join(lacks.use) or 'none of its names'}. Use what the note names, and leave "
            "the other lines of both programs alike.",
        )
    version = answer.new_version.removeprefix("==").strip()
    return Entry(
        dependency=library.dependency,
        new_version=f"=={version if version in library.matrix else premise.new_version}",
        description=answer.description,
        update_info=text,
        old_code=answer.old_code,
        new_code=answer.new_code,
        change_id=change.id,
        change_kind=premise.kind if premise.kind in get_args(ChangeKind) else change.kind,
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
        old_symbol=used.old_symbol,
        old_keyword=used.old_keyword,
        new_symbol=used.new_symbol,
        new_keyword=used.new_keyword,
    )


def _used(premise: Premise, answer: Answer) -> Update:
    """Return the symbols of the premise that the codes really use: one that was misread from
    the note is none of the entry's."""
    old, new = names_in(answer.old_code), names_in(answer.new_code)

    def used(path: str, code: Names) -> str:
        leaf = path.rpartition(".")[2]
        return path if leaf in code.api | code.builtin else ""

    old_symbol = used(premise.old_symbol, old)
    new_symbol = used(premise.new_symbol, new)
    if premise.kind == "added":  # what the note names is what came
        old_symbol, new_symbol = "", new_symbol or used(premise.old_symbol, new)
    return Update(
        old_symbol,
        premise.old_keyword if premise.old_keyword in old.api else "",
        new_symbol,
        premise.new_keyword if premise.new_keyword in new.api else "",
    )
