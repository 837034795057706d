"""What is asked for: which changes, on which premise, and why others are not.

A request costs money whether a program can show its change or not. What has no symbol, no
argument and no program that could show it is left out with its reason; what is left is ordered
by how much of it the versions show, spread over libraries and kinds.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recode_data.api.history import History
from recode_data.api.snapshots import stored_history
from recode_data.library import Library
from recode_data.llm.context import (
    Premise,
    documentation,
    known_names,
    names_of,
    parameter_above,
    premise_of,
    with_parameter,
)
from recode_data.llm.options import Options
from recode_data.llm.prompts import Material, Shown
from recode_data.llm.symbols import look_up
from recode_data.progress import Progress
from recode_data.reasons import Reason
from recode_data.records import Change, Symbol
from recode_data.workspace import Workspace
from recode_data.workspace.changes import changes_of, contradicted_changes
from recode_data.workspace.llm import changes_dropped_for, changes_with_rules_entry, symbols_of

MOST_SHOWN = 3
"""Names of one change whose signatures and docstrings a prompt shows."""
_TITLE = re.compile(
    r"\A:|\A#?\d+: |\bfollowing \d+ merges\b|\bPull [Rr]equests?\b.*\bmerged\b"
    r"|\A(?:DEP|MAINT|DOC|ENH|BUG|API|TST|CI|STY|REL|BLD|PERF|TYP)\b[^:`]{0,20}:"
    r"|\A(?:[Ii]mproved?|Clean ?up|Refactor|Minor|Typo|Update|Tests?|Remove unused|Rework"
    r"|Simplify)\b.{0,110}\Z",
    re.DOTALL,
)
"""A line of a list of pull requests: it says too little, and much of it is of no API."""
_FIX = re.compile(
    r"\A(?:\W*(?:fix(?:ed|es|ing)?|bug|regression|(?:the|an?) (?:issue|bug|fault))\b"
    r"|.{0,20}\b(?:fixed|fixes|bug) )"
    r"|\bnow correctly\b",
    re.IGNORECASE,
)
_FIX_HEADING = re.compile(
    r"\bbug ?fix|\b(?:issues?|bugs?) fixed\b|\bfixe[ds]\b|\bregressions\b", re.IGNORECASE
)
_TITLES_HEADING = re.compile(
    r"\b(?:issues|pull requests) (?:closed |merged )?for \d|\bmerged (?:PRs|pull requests)\b"
    r"|\bGitHub stat",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"\b(?:use|instead|in favou?r|replaced?|renamed)\b", re.IGNORECASE)
_THANKS = re.compile(r"\bcontributors\b")
_OF_ANOTHER = re.compile(r"\W*([\w.]+)(?:\(\))?\W* (?:is|has been|was) (?:deprecated|removed)\b")
"""A message that names what it is about."""
_LABEL = re.compile(r"\A`([\w.]+)`: ")
_UNCLEAR = re.compile(
    r"\{\w*\}|%\(\w+\)|%[sdr]\b|\buse\W*\Z"
    r"|\A`? ?(?:is|was|are|keyword is|has been|will be) (?:deprecated|removed)"
)
"""A message with a gap in it, or one that has lost its beginning or its end."""
_NO_PROGRAM_HEADING = re.compile(
    r"\bC[- ]?API\b|\bABI\b|\bbuild|\bcontinuous integration\b|\bpackaging\b|\bwheels?\b"
    r"|\bdocumentation\b|\bcontribut|\bauthors\b|\btyping\b|\bdependenc|\binstall"
    r"|\bdropped support\b|\bperformance\b|\bmaintenance\b|\bdistutils\b|\bnew contributors\b",
    re.IGNORECASE,
)
_NO_PROGRAM = re.compile(
    r"\bCython\b|\bFortran\b|\bsubroutines?\b|\bcompil(?:er|ed|ation|ing|e)\b|\bC[- ]API\b"
    r"|\bABI\b|\bheader files?\b"
    r"|\bstatic type|\btype[- ]check|\btype (?:annotation|hint|stub|specification)|\bmypy\b"
    r"|\btyping\b|\A[📝👷💚✅🔖🎨⬆🔧]|\bbadges?\b"
    r"|\benvironment variable|\bcommand[- ]line\b|\bwheels?\b|\bpip\b|\bsetup\.py\b|\bpyproject"
    r"|\bSIMD\b|\bAVX|\bGPU\b|\bOpenMP\b|\bthread(?:s|ing|-safe)?\b|\bfree-threaded\b"
    r"|\AEfficiency\b|\bmore efficiently\b|\binstructions?\b|\bbenchmarks?\b|\brecursive"
    r"|\berror messages?\b|\bHTML\b|\bcontributors?\b|\bsecurity\b"
    r"|\bdocstrings? (?:was|were|has|have|is)\b|\bnotebooks?\b|\b__init__\.py\b"
    r"|\btest (?:director|suite|file|case)|\A.{0,110}\b(?:docs|examples)\W*\Z",
    re.IGNORECASE,
)
"""What only a compiler, a type checker, another machine or a reader of documents sees, and, of
gitmoji.dev, the pictures of documents, builds and tests."""
_NEVER_RUN = re.compile(
    r"\btype alias(?:es)?\b|\binternal (?:function|class|helper)\b"
    r"|\b(?:[Ii]mprove[sd]?|[Bb]etter|[Cc]learer|[Hh]elpful) (?:the )?(?:error|warning)s?"
    r"(?: messages?)?\b|\bno longer imported by default\b"
)
"""What no program shows, or none should use, even where its name is seen to go."""
_INTERNAL_HEADING = re.compile(r"\binternal\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\bdownload(?:s|ed|ing|er)?\b|\bremote\b|\binternet\b|\bURLs?\b|\bbrowsers?\b"
    r"|\bCPU\b|\bhardware\b|\bin the [`\w-]+ (?:library|package)\b"
    r"|\bArray API (?:compliant|inputs?|support)\b|\bsupports? (?:the )?Array API\b",
    re.IGNORECASE,
)
_FETCHES = re.compile(r"(?:^|_)(?:fetch|download)_")
"""What needs a network, a person who looks, or arrays of other packages."""
_BLOCK = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
"""Code in a text."""
_GOES = re.compile(r"deprecat|remov|expired|discourag|obsolete", re.IGNORECASE)
ABOUT = 240
"""Characters in which a text says what it is about; what comes later may be an aside."""
_WORDS = re.compile(r"[^\W\d_]{2,}")
_SPEED = re.compile(
    r"\b(?:faster|speed(?:ed|s|-)? ?up|speedups?|speed improvements?|performance"
    r"|memory (?:usage|footprint)|optimi[sz]ed|efficien(?:t|cy))\b",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"\b(?:argument|keyword|parameter|option|deprecat|remov|rais|return|error"
    r"|default(?! (?:case|method|mode|setting)s?\b)|instead"
    r"|previously|no longer|renamed|now(?! (?:uses?|runs?|is|are|much|more|faster)\b))",
    re.IGNORECASE,
)
"""What a text says of something that a program sees."""


@dataclass(frozen=True)
class Wanted:
    """A change that is worth asking for, and on which premise."""

    library: Library
    change: Change
    premise: Premise

    @property
    def group(self) -> tuple[str, str]:
        return self.library.name, self.premise.kind

    @property
    def promise(self) -> int:
        """How likely an entry is: what the versions show, what the text names and says."""
        premise, text = self.premise, self.change.text
        points = 4 * premise.measured + 2 * bool(premise.shown) + 2 * bool(premise.old_keyword)
        points += bool(premise.new_symbol or premise.new_keyword) + bool(premise.old_symbol)
        points += bool(re.search(r"\binstead\b|\buse\b|\bpreviously\b|\bnow\b", text))
        return points - (len(text) > 1_500) - (premise.kind == "expired")


def changes_to_write(
    workspace: Workspace, libraries: Sequence[Library], options: Options
) -> tuple[list[Wanted], Counter[str]]:
    """Return the changes to write entries for, the most promising first and spread over
    libraries and kinds, and how many were left out for which reason."""
    left_out: Counter[str] = Counter()
    false = contradicted_changes(workspace)
    served = changes_with_rules_entry(workspace) if options.gaps_only else set()
    dropped = changes_dropped_for(workspace, options.reasons) if options.reasons else None
    found: list[Wanted] = []
    asked: set[object] = set()
    for library in libraries:
        history = stored_history(workspace, library)
        for change in changes_of(workspace, library.name):
            if dropped is not None and change.id not in dropped:
                left_out[Reason.OTHER_REASON] += 1
                continue
            if change.id in false or change.id in served:
                why = Reason.UNGROUNDED if change.id in false else Reason.HAS_RULES_ENTRY
                left_out[why] += 1
                continue
            one = Wanted(library, change, premise_of(library, change, history))
            if why_not := _not_worth(one, history, options):
                left_out[why_not] += 1
                continue
            same = (library.name, " ".join(change.text.split()), one.premise)
            if same in asked:
                left_out[Reason.SAME_REQUEST] += 1
                continue
            asked.add(same)
            found.append(one)
    found = list(_spread(found))
    if options.limit and len(found) > options.limit:
        left_out[Reason.BEYOND_LIMIT] = len(found) - options.limit
    return found[: options.limit], left_out


def _not_worth(wanted: Wanted, history: History, options: Options) -> Reason | None:
    """Return why no entry could show a change, should that be plain before it is paid for."""
    change, premise = wanted.change, wanted.premise
    if options.kinds and change.kind not in options.kinds and premise.kind not in options.kinds:
        return Reason.OTHER_KIND
    if why_not := _without_subject(wanted, history) or _says_too_little(change, premise):
        return why_not
    if _comes_without_before(change, premise, history):
        return Reason.ONLY_AFTER
    plain = not premise.shown and not change.old_keyword
    about = change.text[:ABOUT]
    if _NEVER_RUN.search(change.text) or _INTERNAL_HEADING.search(change.section):
        return Reason.NO_PROGRAM
    if _FETCHES.search(premise.old_symbol.rpartition(".")[2]):
        return Reason.NO_PROGRAM
    if plain and (_NO_PROGRAM_HEADING.search(change.section) or _NO_PROGRAM.search(about)):
        return Reason.NO_PROGRAM
    if plain and _ELSEWHERE.search(about):
        return Reason.NO_PROGRAM
    if plain and _SPEED.search(change.text) and not _SEEN.search(change.text):
        return Reason.NO_PROGRAM
    if premise.new_version not in wanted.library.matrix:
        return Reason.AFTER_MATRIX
    return None if premise.old_version else Reason.BEFORE_MATRIX


def _without_subject(wanted: Wanted, history: History) -> Reason | None:
    """Return why nothing is known of what a change is about."""
    change, premise = wanted.change, wanted.premise
    if not names_of(wanted.library, change):
        return Reason.NAMES_NO_API
    symbols = [one for one in (premise.old_symbol, premise.new_symbol) if one]
    if not symbols or not known_names(wanted.library, change, history):
        return Reason.IN_NO_VERSION
    label = _LABEL.match(change.text)
    leaves = {one.rpartition(".")[2] for one in symbols}
    said = label[1] if label else ""
    unknown = said and history and not history.ever(said)
    # What a text names besides is not its subject.
    return Reason.IN_NO_VERSION if unknown and said.rpartition(".")[2] not in leaves else None


def _comes_without_before(change: Change, premise: Premise, history: History) -> bool:
    """Tell whether the older version lacks what goes, or says already that it is going."""
    came = {one.path for one in premise.shown if one.what == "came"}
    if premise.old_symbol in came and premise.kind != "added":
        return True
    if change.kind != "deprecated" or premise.shown or premise.old_keyword:
        return False
    known = [one for one in history.snapshots if one.version == premise.old_version]
    binding = known[0].find(premise.old_symbol) if known else None
    return binding is not None and known[0].is_deprecated(binding)


def _says_too_little(change: Change, premise: Premise) -> Reason | None:
    """Return what is wrong with a text from which nobody could write an example."""
    said = _LABEL.sub("", change.text).strip()
    if _UNCLEAR.search(said) or len(_WORDS.findall(said)) < 2 or _is_of_another(change, premise):
        return Reason.UNCLEAR_TEXT
    if _BLOCK.search(said) and not _is_told(f"{change.section} {_BLOCK.sub(' ', said)}", premise):
        return Reason.UNCLEAR_TEXT
    titled = _TITLE.search(change.text.strip()) and not premise.measured
    listed = _TITLES_HEADING.search(change.section) and not _INSTEAD.search(said)
    if titled or listed or _THANKS.search(change.text):
        return Reason.ONLY_A_TITLE
    fixed = _FIX.search(said) or _FIX_HEADING.search(change.section)
    going = _GOES.search(f"{change.section} {change.text}")
    if fixed and not going and change.kind in ("behaviour", "deprecated", "added"):
        return None if premise.measured and not _FIX.search(said) else Reason.BUG_FIX
    return None


def _is_told(prose: str, premise: Premise) -> bool:
    """Tell whether a text without its code names what the example would be about: code shows
    much besides."""
    named = (premise.old_symbol, premise.new_symbol, premise.old_keyword, premise.new_keyword)
    leaves = {one.rpartition(".")[2] for one in named} - {""}
    return not leaves.isdisjoint(re.findall(r"\w+", prose))


def _is_of_another(change: Change, premise: Premise) -> bool:
    """Tell whether a message that was found at one name says that another is going."""
    label = _LABEL.match(change.text)
    said = _OF_ANOTHER.match(change.text, label.end()) if label else None
    if not (label and said) or change.kind not in ("deprecated", "removed"):
        return False
    leaf = said[1].rpartition(".")[2]
    return leaf not in (*label[1].split("."), premise.old_keyword, "This", "It", "this", "it")


def _spread(found: list[Wanted]) -> Iterator[Wanted]:
    """Yield the most promising of every library and kind in turn."""
    groups: dict[tuple[str, str], list[Wanted]] = defaultdict(list)
    for one in sorted(found, key=lambda each: (-each.promise, each.change.id)):
        groups[one.group].append(one)
    queues = [groups[group] for group in sorted(groups)]
    for turn in range(max(map(len, queues), default=0)):
        yield from (queue[turn] for queue in queues if turn < len(queue))


def materials(
    workspace: Workspace, chosen: Sequence[Wanted], jobs: int, progress: Progress
) -> list[Material]:
    """Return what prompts tell of each change; looks up the names not known yet."""
    for library in {one.library.name: one.library for one in chosen}.values():
        wanted: dict[str, set[str]] = {}
        for one in chosen:
            if one.library.name == library.name:
                for version in (one.premise.old_version, one.premise.new_version):
                    wanted.setdefault(version, set()).update(_to_show(one))
        look_up(workspace, library, wanted, jobs, progress)
    names = {one.library.name for one in chosen}
    seen = {
        (symbol.library, symbol.version, symbol.name): symbol
        for symbol in symbols_of(workspace, names)
    }
    return [_material(one, seen) for one in chosen]


def _to_show(wanted: Wanted) -> list[str]:
    """Return the names that a prompt shows: what the example is about, and what differs."""
    premise = wanted.premise
    names = [premise.old_symbol, premise.new_symbol, *(one.path for one in premise.shown)]
    if not any(names):
        names = names_of(wanted.library, wanted.change)
    return [name for name in dict.fromkeys(names) if name][:MOST_SHOWN]


def _material(wanted: Wanted, seen: dict[tuple[str, str, str], Symbol]) -> Material:
    change, premise = wanted.change, wanted.premise
    shown: list[Shown] = []
    for name in _to_show(wanted):
        before, after = (
            seen.get((wanted.library.name, version, name))
            for version in (premise.old_version, premise.new_version)
        )
        if before is None or after is None:
            continue
        if name == premise.old_symbol:
            above = parameter_above(after.doc, change.text)
            going = premise.kind in ("removed", "deprecated")
            premise = with_parameter(premise, above, going, change.text)
        words = [word for word in (premise.old_keyword, premise.new_keyword) if word]
        text = documentation(before.doc, after.doc, words)
        shown.append(Shown(name, before, after, text))
    return Material(wanted.library, change, premise, tuple(shown))
