"""Descriptions of entries that are there, written anew by a model; their codes stay as they are.

The requests go the way of all others, live or as a batch, and are paid once. What comes back has
to pass `flaw_of`, a check without a model: it must not give the answer away, and must not say
what the programs contradict. An entry whose new description does not pass keeps its own.
"""

from __future__ import annotations

import ast
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from recode_data.library import Library
from recode_data.llm.answer import Unusable, read_description
from recode_data.llm.ask import Asker
from recode_data.llm.batch import asker_of, read_batch
from recode_data.llm.dialect import DESCRIPTION_SCHEMA
from recode_data.llm.options import Endpoint, Options
from recode_data.llm.prompts import FOLDER, Prompts
from recode_data.progress import Progress, Summary
from recode_data.reasons import Reason
from recode_data.records import Call, Entry, Json
from recode_data.update_text import marked, only_in_one, told
from recode_data.workspace import Workspace
from recode_data.workspace.entries import entries_to_describe, put_in_place_of

KIND = "description"
MOST = 240
"""Characters of a description."""
MAX_ECHO = 2_000
_ABOUT_CHANGE = re.compile(
    r"\bdeprecat|\brenamed\b|\bno longer\b|\b(?:old|new|newer|older|latest) (?:api|name|version)"
    r"|\bversions? \d|\breplac(?:es|ed|ement) (?:for|of) the\b|\bmigrat|\bupgrad",
    re.IGNORECASE,
)
_OPPOSITES = (
    ("max maximum maximal largest greatest highest", "min minimum minimal smallest least lowest"),
    ("sum sums summed add total", "prod product multiply multiplied"),
    ("mean average averaged", "median"),
    ("ascending increasing", "descending decreasing reverse reversed"),
    ("first leading leftmost start lstrip", "last trailing rightmost end rstrip"),
    ("union", "intersection intersect"),
    ("upper above uppercase triu", "lower below lowercase tril"),
    ("sin sine", "cos cosine"),
    ("horizontal horizontally hstack", "vertical vertically vstack"),
    ("row rows", "column columns col cols"),
    ("floor down", "ceil ceiling up"),
    ("encode encoded", "decode decoded"),
)
"""Words of which a program that has one side says the opposite of the other."""


@dataclass(frozen=True)
class Described:
    """An entry whose description is asked for, and the call that asks."""

    entry: Entry
    messages: tuple[dict[str, str], ...]
    call: Call


@dataclass
class Rewriting:
    """What a run did: its summary, the asker with the account, and what is unanswered."""

    summary: Summary
    asker: Asker
    missing: list[Call] = field(default_factory=list)


def flaw_of(text: str, entry: Entry) -> Unusable | None:
    """Return what is wrong with ``text`` as the description of an entry, or None."""
    if len(text) > MOST or len(text.split()) < 3:
        what = f"It has {len(text)} characters; write one sentence of at most {MOST}."
        return Unusable(Reason.DESCRIPTION_LENGTH, what)
    leaked = [name for name in leaks(entry) if _names(name, text)]
    if leaked or _ABOUT_CHANGE.search(text):
        what = f"It must not name {', '.join(leaked)}" if leaked else "It speaks of the change"
        return Unusable(Reason.DESCRIPTION_LEAKS, f"{what}: only say what the program computes.")
    if wrong := _contradicted(text, entry):
        return Unusable(Reason.DESCRIPTION_FALSE, f"The program has nothing of {wrong}.")
    return None


def leaks(entry: Entry) -> list[str]:
    """Return the names that give the answer away: those that only one of the codes has."""
    return sorted(only_in_one(entry.old_code, entry.new_code))


def _names(name: str, text: str) -> bool:
    """Tell whether a text names an API; a plain word of a few letters counts where it is marked
    as code, or is not in a sentence of English for its underscore, digit or capital."""
    odd = not name.isalpha() or name != name.lower() or len(name) > 7
    return told(name, text) and (marked(name, text) or odd)


def _contradicted(text: str, entry: Entry) -> str:
    """Return what a description says that the programs do not have; empty where all fits."""
    program = f"{entry.old_code}\n{entry.new_code}"
    known = set(re.findall(r"[a-z]+|\d+", _split(f"{program} {entry.description}")))
    for span in re.findall(r"`+([^`]+)`+", text):
        for name in re.findall(r"[A-Za-z_]\w{2,}", span):
            if name not in program and name not in entry.description:
                return f"`{name}`"
    sizes = known | _sizes(entry.old_code)
    for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])", text):
        if number not in program and number not in sizes:
            return f"the number {number}"
    said = set(re.findall(r"[a-z]+", _split(text)))
    for one, other in _OPPOSITES:
        for mine, theirs in ((set(one.split()), other.split()), (set(other.split()), one.split())):
            if mine & said and not mine & known and known & set(theirs):
                return sorted(mine & said)[0]
    stems = {word[:4] for word in known if len(word) > 2}
    if not any(word[:4] in stems for word in said if len(word) > 3):
        return "what it tells"
    return ""


def _split(text: str) -> str:
    """Write ``cumSum_of`` as ``cum sum of``."""
    return re.sub(
        r"(?<=[a-z])(?=[A-Z])|_|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", text
    ).lower()


def _sizes(code: str) -> set[str]:
    """Return the lengths of the literals in a program."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            found.add(str(len(node.elts)))
        elif isinstance(node, ast.Dict):
            found.add(str(len(node.keys)))
    return found


def rewrite_descriptions(
    workspace: Workspace,
    libraries: Sequence[Library],
    options: Options,
    endpoint: Endpoint | None,
    *,
    progress: Progress,
    judge: Callable[[list[Entry]], None] | None = None,
    batch: str = "",
    results: Path | None = None,
) -> Rewriting:
    """Have a model write the descriptions of the valid entries of ``libraries`` anew.

    An entry with a new description is another entry, in the place of the one before, which
    ``judge`` finds valid from the runs that are there. Arguments and failures are those of
    `recode_data.llm.stage.synthesize_llm`.
    """
    began = time.monotonic()
    asker = asker_of(workspace, endpoint, options, batch)
    reader = _Reader(Prompts(options.prompts or FOLDER), options)
    waiting = to_describe(workspace, libraries, options, reader.prompts)
    if results:
        progress.say(f"{results}: {read_batch(asker, results)}")
    came, went = len(waiting), 0
    missing: list[Call] = []
    with progress.task("describe", came) as task:
        while waiting:
            answers = asker.ask([one.call for one in waiting], task)
            missing += [one.call for one in waiting if one.call.id not in answers]
            done, waiting = reader.read([one for one in waiting if one.call.id in answers], answers)
            put_in_place_of(workspace, done)
            if judge and done:
                judge(list(done.values()))
            went += len(done)
            task.extend(len(waiting))
    asker.tell_end(progress)
    summary = Summary("describe", came_in=came, went_out=went, dropped=reader.dropped,
                      owed=asker.owed, seconds=time.monotonic() - began)  # fmt: skip
    return Rewriting(summary, asker, missing)


def to_describe(
    workspace: Workspace, libraries: Sequence[Library], options: Options, prompts: Prompts
) -> list[Described]:
    """Return the entries whose descriptions are to be written, with their requests."""
    names = [library.dependency for library in libraries]
    found = entries_to_describe(workspace, names)[: options.limit]
    return [
        _described(entry, prompts.description(entry, leaks(entry), MOST), options, prompts.version)
        for entry in found
    ]


def _described(
    entry: Entry,
    messages: Sequence[dict[str, str]],
    options: Options,
    version: str,
    turn: int = 0,
) -> Described:
    request = {
        "model": options.model,
        "messages": list(messages),
        **options.sampling(0, turn),
        "response_format": DESCRIPTION_SCHEMA,
    }
    call = Call(request, options.model, f"{version}/{KIND}", entry.change_id, KIND, 0, turn)
    return Described(entry, tuple(messages), call)


class _Reader:
    """Takes descriptions out of answers, and has those with a flaw asked for again."""

    def __init__(self, prompts: Prompts, options: Options) -> None:
        self.prompts = prompts
        self.options = options
        self.dropped: Counter[str] = Counter()

    def read(
        self, asked: Sequence[Described], answers: Mapping[str, Call]
    ) -> tuple[dict[str, Entry], list[Described]]:
        """Return the entries with new descriptions by the ids of those before, and what is to
        be asked again."""
        done: dict[str, Entry] = {}
        again: list[Described] = []
        for one in asked:
            answered = answers[one.call.id]
            try:
                text = read_description(answered.answer, answered.finish)
                if flaw := flaw_of(text, one.entry):
                    raise flaw
            except Unusable as flaw:
                again += self._again(one, answered, flaw)
            else:
                by: Json = {"model": self.options.model, "call": answered.id}
                parameters = {**one.entry.parameters, KIND: by}
                done[one.entry.id] = replace(one.entry, description=text, parameters=parameters)
        return done, again

    def _again(self, one: Described, answered: Call, flaw: Unusable) -> list[Described]:
        if not flaw.mendable or one.call.round >= self.options.repair_rounds:
            self.dropped[flaw.reason] += 1
            return []
        echo = {"role": "assistant", "content": answered.answer[:MAX_ECHO] or "(nothing)"}
        said = self.prompts.repair(flaw.reason, flaw.text, unusable=True)
        messages = (*one.messages[:2], echo, {"role": "user", "content": said})
        turn = one.call.round + 1
        return [_described(one.entry, messages, self.options, self.prompts.version, turn)]
