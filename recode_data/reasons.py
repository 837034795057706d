"""Why a stage drops something: one code and one sentence for each reason.

Stages write the code, people read the sentence beside it: in the report, on the card and in
``REASONS.md``, which ``python -m recode_data.reasons`` prints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum, unique


@unique
class Reason(StrEnum):
    """The reasons of all stages.

    A member is its code. ``sentence`` says it to people, ``stage`` names the stage that gives
    it, and ``earlier`` are spellings in the workspaces of earlier versions.

    >>> Reason.NO_USAGE == "no_usage", Reason.NO_USAGE.stage
    (True, 'synthesize-rules')
    """

    sentence: str
    stage: str
    earlier: tuple[str, ...]

    def __new__(cls, code: str, stage: str, sentence: str, *earlier: str) -> Reason:
        made = str.__new__(cls, code)
        made._value_ = code
        made.stage, made.sentence, made.earlier = stage, sentence, earlier
        return made

    # scrape: of a source, and of a note
    SOURCE_NOT_REACHED = (
        "source_not_reached", "scrape", "a source of release notes did not answer",
        "source not reached",
    )  # fmt: skip
    NO_CHANGE = "no_change", "scrape", "the note states no change", "note without a change"
    TOO_SLOW = "too_slow", "scrape", "the note took too long to read", "too slow"
    TOO_DEEP = "too_deep", "scrape", "the note's markup is nested too deeply", "too deep"
    TOO_LARGE = "too_large", "scrape", "reading the note took too much memory", "too large"
    DAMAGED = "damaged", "scrape", "the note's markup could not be read"

    # import: of a row
    NOT_UTF8 = "not_utf8", "import", "the row is not in UTF-8"
    NOT_JSON = "not_json", "import", "the row is no JSON"
    NOT_AN_OBJECT = "not_an_object", "import", "the row is JSON, but no object"
    MISSING_FIELD = "missing_field", "import", "the row lacks one of the six fields"
    NOT_TEXT = "not_text", "import", "a field of the row is no text"
    EMPTY_FIELD = "empty_field", "import", "a field of the row is empty"
    NO_VERSION = "no_version", "import", "the row's new version is no version"
    BAD_REQUIREMENT = (
        "bad_requirement", "import", "the row's requirements are no packages with versions",
    )  # fmt: skip
    DUPLICATE = "duplicate", "import", "the same row stands above"

    # synthesize-rules: of a change
    BEHAVIOUR = (
        "behaviour", "synthesize-rules", "a changed behaviour is no change that a rule rewrites",
        "behaviour: left to a writer",
    )  # fmt: skip
    ADDED = (
        "added", "synthesize-rules", "an addition has no old code that a rule could rewrite",
        "added: left to a writer",
    )  # fmt: skip
    DEFAULT_CHANGED = (
        "default_changed", "synthesize-rules",
        "no version tells what the default was that has changed",
        "default_changed: left to a writer", "a changed default: left to a writer",
    )  # fmt: skip
    NO_SYMBOL = "no_symbol", "synthesize-rules", "the change names no symbol", "no symbol told"
    PRIVATE = "private", "synthesize-rules", "the changed symbol is private"
    OLD_IN_NO_VERSION = (
        "old_in_no_version", "synthesize-rules", "no version has the old symbol",
        "old symbol in no version",
    )  # fmt: skip
    OLD_IN_NO_USABLE_VERSION = (
        "old_in_no_usable_version", "synthesize-rules",
        "no version that is installed before the change has the old symbol",
        "old symbol in no usable version",
    )  # fmt: skip
    NO_REPLACEMENT = (
        "no_replacement", "synthesize-rules", "no note says what replaces the symbol",
        "no replacement told",
    )  # fmt: skip
    NO_KEYWORD_REPLACEMENT = (
        "no_keyword_replacement", "synthesize-rules", "no note says what replaces the keyword",
        "no replacement told for the keyword",
    )  # fmt: skip
    NEW_IN_NO_VERSION = (
        "new_in_no_version", "synthesize-rules", "no version has the replacement",
        "replacement in no version",
    )  # fmt: skip
    ANOTHER_CLASS = (
        "another_class", "synthesize-rules", "the replacement is a class of another kind",
        "replacement is another class",
    )  # fmt: skip
    NOT_CALLED = (
        "not_called", "synthesize-rules", "the keyword belongs to something that is not called",
        "keyword of something that is not called",
    )  # fmt: skip
    OTHER_VALUES = (
        "other_values", "synthesize-rules",
        "the new keyword takes other values than the old one",
        "the new keyword takes something else",
    )  # fmt: skip
    NO_CODEMOD = (
        "no_codemod", "synthesize-rules", "no codemod has the shape of the change",
        "no codemod for this shape",
    )  # fmt: skip
    TITLE_ONLY = (
        "title_only", "synthesize-rules", "the note is only the title of a pull request",
        "the title of a pull request",
    )  # fmt: skip
    MESSAGE_TEMPLATE = (
        "message_template", "synthesize-rules", "the text is the template of a warning's message",
        "the template of a warning",
    )  # fmt: skip
    CUT_OFF = "cut_off", "synthesize-rules", "the note is cut off", "the note is cut off"
    NO_OUTCOME = (
        "no_outcome", "synthesize-rules", "the note does not say what happens to the symbol",
        "the note does not say what becomes of it",
    )  # fmt: skip
    NOT_NAMED = (
        "not_named", "synthesize-rules", "the note does not name the changed symbol",
        "the note does not name it",
    )  # fmt: skip
    UNTOLD = (
        "untold", "synthesize-rules",
        "the note does not say what to use, and the change does not complete it",
    )  # fmt: skip
    NO_USAGE = (
        "no_usage", "synthesize-rules", "no program that uses the symbol was found",
        "no usage found",
    )  # fmt: skip
    NO_REWRITE = (
        "no_rewrite", "synthesize-rules", "the codemod fits none of the programs that were found",
        "no rewrite fits",
    )  # fmt: skip
    ALIKE = (
        "alike", "synthesize-rules", "the program is like one that is there already",
        "alike to what is there",
    )  # fmt: skip
    PROGRAM_FAILS = (
        "program_fails", "synthesize-rules", "the program that was found fails on the old version",
        "old code fails",
    )  # fmt: skip
    PROGRAM_WARNS = (
        "program_warns", "synthesize-rules",
        "the program that was found warns of the change on the old version already",
        "old code is warned of at once",
    )  # fmt: skip
    REWRITTEN_FAILS = (
        "rewritten_fails", "synthesize-rules", "the rewritten program fails on the new version",
        "new code fails",
    )  # fmt: skip
    REWRITTEN_WARNS = (
        "rewritten_warns", "synthesize-rules", "the rewritten program warns on the new version",
        "new code is warned of",
    )  # fmt: skip
    NO_TRANSITION = (
        "no_transition", "synthesize-rules",
        "the program that was found runs on the new version without a warning",
        "no update seen",
    )  # fmt: skip
    PRINTS_OTHER = (
        "prints_other", "synthesize-rules", "the rewritten program prints something else",
        "prints something else",
    )  # fmt: skip
    PRINTS_NOTHING = (
        "prints_nothing", "synthesize-rules", "the program prints nothing and draws nothing",
        "prints nothing",
    )  # fmt: skip
    PRINTS_ADDRESS = (
        "prints_address", "synthesize-rules", "the program prints an address, or too much",
        "prints an address or too much",
    )  # fmt: skip
    PRINTS_UNINITIALISED = (
        "prints_uninitialised", "synthesize-rules", "the program prints uninitialised memory",
        "prints memory that nobody has set",
    )  # fmt: skip
    READS_CLOCK = (
        "reads_clock", "synthesize-rules", "what the program prints depends on the time of the run",
        "depends on the time",
    )  # fmt: skip
    PRINTS_SETTINGS = (
        "prints_settings", "synthesize-rules",
        "the program prints only the arguments that an object was made with",
        "prints only its settings",
    )  # fmt: skip
    PRINTS_ZEROS = (
        "prints_zeros", "synthesize-rules", "the program prints only zeros or empty values",
        "prints only zeros or nothing",
    )  # fmt: skip
    DRAWS_OTHER = (
        "draws_other", "synthesize-rules", "the rewritten program draws something else",
        "draws something else",
    )  # fmt: skip

    # synthesize llm: of a change, and of an answer
    OTHER_KIND = "other_kind", "synthesize llm", "the change is of a kind that was not asked for"
    UNGROUNDED = (
        "ungrounded", "synthesize llm", "the library's versions do not show what the note states",
    )  # fmt: skip
    HAS_RULES_ENTRY = "has_rules_entry", "synthesize llm", "the rules wrote an entry for the change"
    NAMES_NO_API = "names_no_api", "synthesize llm", "the change names nothing of the library"
    OTHER_REASON = (
        "other_reason", "synthesize llm",
        "the rules left the change for a reason that was not asked for",
    )  # fmt: skip
    IN_NO_VERSION = (
        "in_no_version", "synthesize llm", "no version has any of the names in the text",
    )  # fmt: skip
    ONLY_A_TITLE = (
        "only_a_title", "synthesize llm", "the text is only the title of a pull request",
    )  # fmt: skip
    BUG_FIX = (
        "bug_fix", "synthesize llm", "a fault was repaired that no code should rely on",
    )  # fmt: skip
    UNCLEAR_TEXT = (
        "unclear_text", "synthesize llm", "the text is cut off, or the template of a message",
    )  # fmt: skip
    ONLY_AFTER = (
        "only_after", "synthesize llm",
        "no version before the change has what it is about",
    )  # fmt: skip
    NO_PROGRAM = (
        "no_program", "synthesize llm",
        "the change is one of builds, types, speed or documents that no short program shows",
    )  # fmt: skip
    SAME_REQUEST = (
        "same_request", "synthesize llm", "another change of the same text is asked for already",
    )  # fmt: skip
    BEFORE_MATRIX = (
        "before_matrix", "synthesize llm", "no version before the change is installed here",
    )  # fmt: skip
    AFTER_MATRIX = (
        "after_matrix", "synthesize llm", "no version with the change is installed here",
    )  # fmt: skip
    BEYOND_LIMIT = "beyond_limit", "synthesize llm", "more changes than --limit allows"
    REFUSED = "refused", "synthesize llm", "the model refused the request"
    EMPTY = "empty", "synthesize llm", "the answer was empty"
    TRUNCATED = "truncated", "synthesize llm", "the answer was cut off at its length limit"
    TOO_LONG = "too_long", "synthesize llm", "the answer was far too long"
    NO_JSON = "no_json", "synthesize llm", "the answer holds no complete JSON object"
    WRONG_SCHEMA = "wrong_schema", "synthesize llm", "the answer's object does not fit the schema"
    DECLINED = "declined", "synthesize llm", "the model says that no program can show the change"
    DESCRIPTION_LENGTH = (
        "description_length",
        "describe",
        "the description is too long or too short",
    )
    DESCRIPTION_LEAKS = (
        "description_leaks",
        "describe",
        "the description names what only one of the codes has",
    )
    DESCRIPTION_FALSE = (
        "description_false",
        "describe",
        "the description says what the program does not have",
    )
    UNTOLD_NAMES = (
        "untold_names", "synthesize llm",
        "the new code uses what the update's text does not name",
    )  # fmt: skip
    NOT_PYTHON = "not_python", "synthesize llm", "a code of the answer is not Python"

    # validate: of an entry; `recode_data.judge`
    OK = "ok", "validate", "the update is real and the new code does what the old code did"
    UNPARSABLE = "unparsable", "validate", "one of the codes is not Python"
    IDENTICAL = "identical", "validate", "both codes are the same program"
    NO_DEFINITION = "no_definition", "validate", "no library definition matches the dependency"
    NO_SUCH_VERSION = (
        "no_such_version", "validate", "a version of the pair cannot be installed on this machine",
    )  # fmt: skip
    OLD_FAILS = "old_fails", "validate", "the old code fails on every old version"
    OLD_WARNS = (
        "old_warns", "validate", "the old code warns of the update on the old version already",
    )  # fmt: skip
    NEW_FAILS = "new_fails", "validate", "the new code fails on the new version"
    NEW_WARNS = (
        "new_warns", "validate", "the new code issues the update's own warning on the new version",
    )  # fmt: skip
    KEEPS_OLD = (
        "keeps_old", "validate", "the new code still reaches for the old API, or puts it back",
    )  # fmt: skip
    INERT = (
        "inert", "validate",
        "the old code does the same on both versions, and so does the new code",
    )  # fmt: skip
    OFF_TOPIC = (
        "off_topic", "validate",
        "the update that the runs show is not the one that the text names",
    )  # fmt: skip
    FAILS_OTHER = (
        "fails_other", "validate", "the old code fails on the new version for another reason",
    )  # fmt: skip
    WARNS_OTHER = (
        "warns_other", "validate",
        "the old code only warns of something else on the new version",
    )  # fmt: skip
    DIFFERS = "differs", "validate", "the two codes do different things"
    NOT_RESTORED = (
        "not_restored", "validate",
        "the behaviour changed and the new code does not bring it back",
    )  # fmt: skip
    NOT_EXERCISED = (
        "not_exercised", "validate",
        "the new code uses nothing in place of the old call that the update supports",
    )  # fmt: skip
    DEGENERATE = (
        "degenerate", "validate", "the output would be the same if the replacement were wrong",
    )  # fmt: skip
    FLAKY = "flaky", "validate", "the same code gave different results in another process"
    TIMEOUT = "timeout", "validate", "a run took longer than the limit"
    ERROR = "error", "validate", "a run could not be made, or the judge itself failed"
    JUDGE_FAILS = (
        "judge_fails", "validate",
        "the judge itself failed on this entry, twice in the same way",
    )  # fmt: skip

    # dedup, and what else keeps a valid entry from being published
    KEPT = "kept", "dedup", "the entry stands for its duplicates"
    EXACT = "exact", "dedup", "the codes are those of another entry"
    NEAR = "near", "dedup", "the codes are nearly those of another entry"
    IN_BENCHMARK = "in_benchmark", "dedup", "a benchmark contains the codes", "in a benchmark"
    REJECTED = "rejected", "review", "a reviewer rejected the entry", "rejected in review"
    EDITED = (
        "edited", "review", "a reviewer's edit took the entry's place", "edited in review",
    )  # fmt: skip
    UNWRITTEN = "unwritten", "export", "no stage writes the entry any more"
    WOULD_LEAK = "would_leak", "export", "the row would be on both sides of the split"
    UNGRADABLE = "ungradable", "export", "the row's own codes could not be graded here"
    ORACLE_FAILS = "oracle_fails", "export", "the row's own new code would not be paid"
    OLD_PASSES = "old_passes", "export", "the row's old code would be paid"
    PRINT_PASSES = (
        "print_passes", "export", "a program that prints the expected text would be paid",
    )  # fmt: skip

    # review: why a reviewer rejects an entry
    WRONG = "wrong", "reject", "the new code does not do what the old code did"
    UNRELATED = "unrelated", "reject", "the codes do not show the change that the text tells"
    TEXT = "text", "reject", "the update text is wrong, cut, or says nothing"
    DESCRIPTION = "description", "reject", "the description does not fit the codes"
    TRIVIAL = "trivial", "reject", "nothing can be learnt from it"
    STYLE = "style", "reject", "nobody would write code like this"
    OTHER = "other", "reject", "another reason, told in the note"

    @classmethod
    def of_stage(cls, stage: str) -> dict[str, str]:
        """Return code → sentence of the reasons of one stage; ``reject`` are a reviewer's."""
        return {str(reason): reason.sentence for reason in cls if reason.stage == stage}


_KNOWN = {spelling: one for one in Reason for spelling in (str(one), *one.earlier)}


def code_of(text: str) -> str:
    """Return the code of a stored reason; one that no version has written is left as it is.

    >>> code_of("no replacement told"), code_of("too slow"), code_of("damaged (ValueError)")
    ('no_replacement', 'too_slow', 'damaged')
    """
    return _KNOWN.get(text) or _KNOWN.get(text.partition(" (")[0]) or text


def merged(counts: Mapping[str, int]) -> Counter[str]:
    """Return reason → count by code, whatever spelling each is stored in."""
    found: Counter[str] = Counter()
    for reason, count in counts.items():
        found[code_of(reason)] += count
    return found


def sentence_of(code: str) -> str:
    """Return what a code says to people; nothing for one that is not known."""
    return _KNOWN[code].sentence if code in _KNOWN else ""


TITLES = {
    "scrape": "`scrape`: a source, or a note",
    "import": "`import`: a row of a file",
    "synthesize-rules": "`synthesize`: a change for which the rules wrote nothing",
    "synthesize llm": "`synthesize --engine llm`: a change or an answer",
    "describe": "`synthesize --engine llm --descriptions`: a description",
    "validate": "`validate`: an entry",
    "dedup": "`dedup`: a valid entry",
    "review": "`review`: a valid entry that is not published",
    "reject": "`review`: what a reviewer says of an entry that they reject",
    "export": "`export`: a row",
}


def page() -> str:
    """Return all reasons as a page in Markdown."""
    parts = [
        "# Reasons\n\nNothing vanishes: what a stage drops is kept in the workspace with one of "
        "these codes.\n`recode-data status` and `recode-data report` count them.\n"
    ]
    for stage, title in TITLES.items():
        rows = [f"| `{code}` | {says} |" for code, says in Reason.of_stage(stage).items()]
        parts.append("\n".join([f"\n## {title}\n\n| reason | meaning |", "|---|---|", *rows, ""]))
    return "".join(parts)


if __name__ == "__main__":
    print(page(), end="")
