"""The records that flow through the stages, one way:

    ReleaseNote → Change → Entry → Run → Verdict → published row

Every record is immutable and its identity is a hash of its content, so neither the
order in which records arrive nor a second run can change what a workspace holds.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

ChangeKind: TypeAlias = Literal[
    "removed",
    "renamed",
    "moved",
    "deprecated",
    "keyword_renamed",
    "keyword_removed",
    "keyword_only",
    "value_renamed",
    "default_changed",
    "behaviour",
    "added",
]
DecisionKind: TypeAlias = Literal["accept", "reject", "edit", "skip"]
CallState: TypeAlias = Literal["asked", "answered"]
SourceKind: TypeAlias = Literal[
    "sdist", "web", "github", "package", "surface", "snapshot", "example", "import"
]
Origin: TypeAlias = Literal["real", "derived", "written"]
RunStatus: TypeAlias = Literal["clean", "raised", "timeout", "killed", "error"]
UpdateKind: TypeAlias = Literal["", "breaking", "deprecated", "additive", "behavioural"]
VerdictStatus: TypeAlias = Literal["valid", "invalid", "error", "timeout"]
Json: TypeAlias = Any

ENTRY_FIELDS = (
    "dependency",
    "new_version",
    "description",
    "update_info",
    "old_code",
    "new_code",
)
"""The six fields of a ReCode row (arXiv 2506.20495), in its order."""


def content_id(*parts: Json) -> str:
    """Return the 16 hex digits that identify ``parts`` (SHA-256 over their JSON)."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Half a surrogate pair becomes a question mark, as it does where the text is stored:
    # a record has one id before it is stored and after it is read again.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ReleaseNote:
    """One note document about one version of one library, as it was published."""

    table: ClassVar[str] = "notes"

    library: str
    version: str
    """PEP 440 version the note announces, for example ``1.25.0``."""
    source: SourceKind
    location: str
    """Where the text came from: a path inside an sdist, or an address."""
    format: Literal["rst", "md", "html", "txt"]
    text: str

    @property
    def id(self) -> str:
        return content_id(self.library, self.version, self.source, self.text)


@dataclass(frozen=True, slots=True)
class Change:
    """One item of a note: what changed, in the library's words and as symbols.

    Symbols are full import paths (``numpy.in1d``, ``pandas.Series.append``); an empty
    string means that the text does not tell. A keyword belongs to ``old_symbol``. What replaces
    a name may be a builtin (``builtins.int``) or another library's (``inspect.getsource``).
    """

    table: ClassVar[str] = "changes"

    library: str
    version: str
    kind: ChangeKind
    text: str
    """The item as clean Markdown."""
    section: str
    source: SourceKind
    location: str
    note_id: str = ""
    old_symbol: str = ""
    old_keyword: str = ""
    old_value: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    new_value: str = ""

    @property
    def id(self) -> str:
        return content_id(
            self.library,
            self.version,
            self.kind,
            self.text,
            [self.old_symbol, self.old_keyword, self.old_value],
            [self.new_symbol, self.new_keyword, self.new_value],
        )


@dataclass(frozen=True, slots=True)
class Grounding:
    """What the real libraries say of a change: was it there before, is it gone after?"""

    table: ClassVar[str] = "groundings"

    change_id: str
    grounded: bool | None
    """True: the libraries agree; False: they contradict the note; None: cannot tell."""
    flip_version: str
    """First version in which the change is seen, empty when it is seen in none."""
    reason: str

    @property
    def id(self) -> str:
        return self.change_id


@dataclass(frozen=True, slots=True)
class Entry:
    """A migration example: ReCode's six fields, and where each part came from.

    ``new_version`` is written as in ReCode, ``==2.0.0``; ``old_version`` likewise, or
    empty when the writer leaves it to the judge to find the last version that is clean.
    """

    table: ClassVar[str] = "entries"

    dependency: str
    new_version: str
    description: str
    update_info: str
    old_code: str
    new_code: str
    old_version: str = ""
    change_id: str = ""
    change_kind: str = ""
    """Kind of the change (a `ChangeKind`), empty when unknown, as for imported rows."""
    engine: Literal["rules", "llm", "import"] = "import"
    author: str = ""
    """The rule, or the model with its prompt version, or the imported file's name."""
    parameters: dict[str, Json] = field(default_factory=dict)
    """Everything needed to write the entry again: seed, temperature, rule options."""
    old_symbol: str = ""
    old_keyword: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    old_origin: Origin = "written"
    """``real``: usage code found in a library; ``derived``: made from the other code by a
    codemod; ``written``: by a model or a person."""
    new_origin: Origin = "written"
    location: str = ""
    """Where the real code was found, for example ``numpy-2.0.0:numpy/lib/tests/…::test_x``."""
    requirements: tuple[str, ...] = ()
    """Packages that the codes need besides the library, as `read_requirements` spells them:
    ``pydantic-settings>=2``. They do not make another entry of it."""

    @property
    def id(self) -> str:
        return content_id(*(getattr(self, name) for name in ENTRY_FIELDS))


@dataclass(frozen=True, slots=True)
class Environment:
    """A library version, a Python and what goes with them.

    ``requirements`` are extra pins (``numpy<1.24``); ``until`` is an RFC 3339 date for
    uv's ``--exclude-newer``, or empty.
    """

    library: str
    version: str
    python: str
    """``3.9``: major and minor of the interpreter."""
    requirements: tuple[str, ...] = ()
    until: str = ""

    @property
    def id(self) -> str:
        return content_id(
            self.library, self.version, self.python, list(self.requirements), self.until
        )

    def __str__(self) -> str:
        return f"{self.library} {self.version} on Python {self.python}"


@dataclass(frozen=True, slots=True)
class Caught:
    """A warning that a run issued: its category's name, its text, the user's line."""

    category: str
    message: str
    line: int
    span: tuple[int, ...] = ()
    """First line, column, last line and last column of the call that led to it; the line
    alone where the interpreter knows no more (before Python 3.11)."""


@dataclass(frozen=True, slots=True)
class Use:
    """Where a program reached an object of the library: line and column as `ast` counts
    them, and its public path, with ``=`` at the end where the name was assigned."""

    line: int
    column: int
    path: str


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of one code in one environment."""

    table: ClassVar[str] = "runs"

    code_id: str
    """`content_id` of the code."""
    environment_id: str
    library: str
    version: str
    python: str
    runner: str
    """Version of the runner that made this run."""
    status: RunStatus
    exception: str = ""
    """Type name of what the code raised; of the failure, where the run could not be made."""
    message: str = ""
    line: int = 0
    warnings: tuple[Caught, ...] = ()
    stdout: str = ""
    values: dict[str, Json] = field(default_factory=dict)
    """Final values of the program's names, as `recode_data.execute.encode` writes them."""
    calls: tuple[str, ...] = ()
    """Qualified names of the library's objects that the code resolved, observed at run
    time, each ``name`` or ``name(keyword=)``."""
    seconds: float = 0.0
    tier: str = ""
    """The sandbox tier: ``bwrap``, ``landlock`` or ``rlimits``."""
    span: tuple[int, ...] = ()
    """Where the code raised, as in `Caught.span`."""
    uses: tuple[Use, ...] = ()
    """The same objects as ``calls``, with the places where the code reached them."""
    files: int = 0
    """How many files it left in its folder. Only answers are held against it, whose runs are
    made anew; of what was run before this was counted, nothing is known."""

    @property
    def id(self) -> str:
        return content_id(self.code_id, self.environment_id, self.runner)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the runs of an entry prove. ``valid`` and ``invalid`` are final; an entry with
    ``error`` or ``timeout`` is owed again."""

    table: ClassVar[str] = "verdicts"

    entry_id: str
    judge: str
    """Version of the judge."""
    status: VerdictStatus
    reason: str
    """``ok``, or why not: ``inert``, ``old_fails``, ``new_fails``, ``differs``, …"""
    kind: UpdateKind = ""
    old_version: str = ""
    new_version: str = ""
    """The measured pair: last version where old_code is clean, first where it is not."""
    detail: str = ""
    """One line for people: which run, which exception, which difference."""
    evidence: dict[str, Json] = field(default_factory=dict)
    """The four runs (ids and short forms) and what was compared."""

    @property
    def id(self) -> str:
        return content_id(self.entry_id, self.judge)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A stage looked at a subject and this came of it. What is dropped is written here
    with its reason, and what has an attempt of the stage's version is not owed again."""

    table: ClassVar[str] = "attempts"

    stage: str
    subject_id: str
    version: str
    produced: int
    reason: str = ""
    detail: str = ""

    @property
    def id(self) -> str:
        return content_id(self.stage, self.subject_id, self.version)


@dataclass(frozen=True, slots=True)
class Symbol:
    """What one name is in one real version of a library, as a prompt tells it."""

    table: ClassVar[str] = "symbols"

    library: str
    version: str
    name: str
    """Full path: ``numpy.in1d``."""
    exists: bool
    kind: str = ""
    """``function``, ``class``, ``module``, … : the name of the object's type."""
    signature: str = ""
    doc: str = ""

    @property
    def id(self) -> str:
        return content_id(self.library, self.version, self.name)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model and its answer: paid once, read from here ever after."""

    table: ClassVar[str] = "llm_calls"

    request: dict[str, Json]
    """Everything that decides the answer: model, messages, sampling; nothing secret."""
    model: str
    prompt: str
    """Version and template that made the request, ``1/renamed``."""
    change_id: str
    change_kind: str
    sample: int
    """Which of the several entries asked of the change."""
    round: int
    """0 for the first answer, then the number of the repair."""
    state: CallState = "asked"
    answer: str = ""
    finish: str = ""
    """Why the model stopped, in the endpoint's words: ``stop``, ``length``, …"""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cost: float | None = None
    """What it cost, in the currency of the price file; None when no price is known."""
    seconds: float = 0.0

    @property
    def id(self) -> str:
        return content_id(self.request)


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A batch of calls handed to an endpoint's batch API, or to a command."""

    table: ClassVar[str] = "llm_batches"

    name: str
    """Of the file with its requests, in the workspace's folder ``batches``."""
    endpoint: str
    """The endpoint's address, or the command."""
    model: str
    calls: tuple[str, ...]
    """Ids of the calls in it."""
    file: str = ""
    """What the endpoint calls the uploaded file; empty until it has it."""
    batch: str = ""
    """What the endpoint calls the batch; empty until it was made."""
    state: Literal["open", "done"] = "open"

    @property
    def id(self) -> str:
        return content_id(self.name)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person decided about one entry; a later decision takes its place."""

    table: ClassVar[str] = "decisions"

    entry_id: str
    reviewer: str
    decision: DecisionKind
    reason: str = ""
    """Why it was rejected, one of the review's reasons."""
    note: str = ""
    edited_as: str = ""
    """The entry that an edit made of it."""
    decided: str = ""
    """RFC 3339 time, UTC."""

    @property
    def id(self) -> str:
        return content_id(self.entry_id, self.reviewer)


Record: TypeAlias = (
    ReleaseNote
    | Change
    | Grounding
    | Entry
    | Run
    | Verdict
    | Attempt
    | Symbol
    | Call
    | BatchJob
    | Decision
)
