"""What a note's text tells the rules engine beside the symbols that were read from it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recode_data.reasons import Reason
from recode_data.records import Change

WRITTEN_BY_OTHERS = {
    "behaviour": Reason.BEHAVIOUR,
    "default_changed": Reason.DEFAULT_CHANGED,
    "added": Reason.ADDED,
}
"""Kinds that need someone to write code: a language model, or a person."""
_BY_POSITION = re.compile(
    r"\b(?:as positional|positional arguments?\b|positional use|non-keyword arg"
    r"|(?:is|are|now|made|become) keyword[- ]only)",
    re.IGNORECASE,
)
_PULL_REQUEST = re.compile(
    r"\A:|\A#?\d+: |\.\.\.\Z|\bfollowing \d+ merges\b"
    r"|\A(?:Pull Requests|Issues) \(\d+\):|\bPull Requests were merged\b"
    # A note may begin with the same word, but it is a sentence and ends like one.
    r"|\A(?:DEP|MAINT|DOC|ENH|BUG|API|TST|CI|STY)\b[^:`]{0,20}:(?!.*\.\s*\Z)",
    re.DOTALL,
)
_TELLS = re.compile(
    r"deprecat|remov|renam|replac|instead|\buse\b|favou?r of|no longer|obsolete|moved?\b|alias"
    r"|\bgone\b|dropp|expire|disallow|must|keyword|positional|private|changed?\b|supersed"
    r"|supported|future|prefer|now\b|will\b",
    re.IGNORECASE,
)
"""What a note says of something that is not as it was."""
_OTHER_DEFAULT = re.compile(
    r"\Achanged? the default|\b(?:change|changing) (?:of )?the default\b", re.IGNORECASE
)
"""A keyword whose default changes stays: leaving it out is not what such a note tells."""
_CUT = re.compile(r"[`'\"]\s")
"""A text whose beginning was not plain text in its source."""
_OF_A_PARAMETER = re.compile(
    r"\b(?:param|arg|keyword|option|pass|input|value|default|set)", re.IGNORECASE
)
_RENAMED_TO = re.compile(
    r"This (?:class )?(?:method|function|class|attribute|property) (?:has been|was|is) renamed to"
    r"\s*(?::\w+:)?\s*`+~?\.?(?:[\w.]*\.)?(\w+)(?:\(\))?`+"
)
_OF_ITSELF = re.compile(
    r"(?:this|the) (?:function|method|class|attribute|property|module|alias|name)\b"
    r"|(?:this )?(?:(?:is|was|has been) )?deprecated\b|(?:please )?use\b",
    re.IGNORECASE,
)
"""How a text begins that stands at what it speaks of and need not name it."""
_ROLE = re.compile(r"\s*:[a-z]+:(?=`)")
_LABEL = re.compile(r"^`(?P<symbol>[\w.]+)`: (?P<rest>.*)", re.DOTALL)
_BARE_ITEM = re.compile(r"\n\n- `+[\w.()]+`+\.?\s*\Z")
_LISTS = re.compile(r"\b(?:following|these|those|below|listed|all|several|many)\b", re.IGNORECASE)
_REPLACED = re.compile(
    r"\b(?:replac|renam(?!ing of \d)|instead\b|in favou?r of|please (?:use|refer)\b)", re.IGNORECASE
)
_TAKES_PLACE = re.compile(rf"{_REPLACED.pattern}|\b(?:use|alias)\b", re.IGNORECASE)
_QUOTED = re.compile(r"`+~?([A-Za-z_][\w.]*)[=(]?[^`]*`+|'([A-Za-z_][\w.]*)'")


_OLD_VALUE = re.compile(
    r"\b(?!option|value|string)(?P<keyword>[A-Za-z]\w*)(?:\s*=\s*|\s+`*)(?P<old>['\"][\w.-]+['\"])`*\s+"
    r"(?:is|was|has been)\s+(?:now\s+)?(?:deprecated|renamed)"
    r"|(?P<alone>['\"][\w.-]+['\"])`*\s+(?:is|was)\s+deprecated for `+(?P<of>\w+)`+",
    re.IGNORECASE,
)
_NEW_VALUE = re.compile(
    r"\b[Uu]se\s+`*(?:(?P<keyword>\w+)\s*=\s*)?(?P<new>['\"][\w.-]+['\"]|None|True|False)`*"
    r"(?:\s+(?:instead|which|as)\b|\s*[.;,]|\s*\Z)"
)


def stated_value(text: str) -> tuple[str, str, str] | None:
    """Return the keyword and the old and new value of a text that says that a value is called
    otherwise now: ``Criterion 'mse' was deprecated. Use `criterion='squared_error'`…``."""
    old = _OLD_VALUE.search(text)
    new = _NEW_VALUE.search(text, old.end()) if old else None
    if old is None or new is None:
        return None
    keyword = (old["keyword"] or old["of"]).lower()
    if (new["keyword"] or keyword) != keyword or (old["old"] or old["alone"]) == new["new"]:
        return None
    return keyword, old["old"] or old["alone"], new["new"]


def labelled_members(change: Change) -> list[tuple[str, str]]:
    """Return the members that a text may be about which was found at their class:
    ``(class, name)`` of the names that it quotes, in their order."""
    label = _LABEL.match(change.text)
    if label is None or label["symbol"] != change.old_symbol or change.old_keyword:
        return []
    names = [a or b for a, b in _QUOTED.findall(label["rest"])]
    own = change.old_symbol.rpartition(".")[2]
    plain = [name for name in names if "." not in name and name != own]
    return [(change.old_symbol, name) for name in dict.fromkeys(plain)][:3]


def by_position(change: Change) -> bool:
    """Tell whether the change is that arguments must be given by name, whatever its kind is:
    ``Deprecated passing arguments as positional for `DataFrame.drop` ``."""
    return change.kind == "keyword_only" or bool(_BY_POSITION.search(change.text))


_SUBJECT = re.compile(r"the %\(name\)s %\(obj_type\)s")
_VERSION = re.compile(r" (?:since|in)(?: [A-Z][a-z]+)? %\(\w+\)s| %\(removal\)s")
"""What a library's own template of a warning leaves open."""


def filled(text: str, names: Sequence[str] = ()) -> str:
    """Return a note's text without roles of markup and without the placeholders of a warning's
    template; ``names`` are the parameters that it is about."""
    text = _ROLE.sub(" ", text)
    if names:
        listed = ", ".join(f"`{name}`" for name in names)
        text = _SUBJECT.sub(f"the parameter{'s' if len(names) > 1 else ''} {listed}", text)
    return _VERSION.sub("", text)


def tells_a_replacement(change: Change) -> bool:
    """Tell whether a text says that something takes a keyword's place, so that leaving it out
    is not the answer."""
    return bool(_REPLACED.search(change.text))


def takes_the_place(change: Change) -> bool:
    """Tell whether a text may name what takes a keyword's place."""
    return bool(_TAKES_PLACE.search(change.text))


def left_to_a_writer(change: Change) -> Reason | None:
    """Return why codemods cannot do a change of this kind; None when they may."""
    if change.kind == "behaviour" and by_position(change):
        return None
    if change.kind == "default_changed" and change.old_keyword and change.old_value:
        return None
    return WRITTEN_BY_OTHERS.get(change.kind)


def said_of(change: Change) -> str:
    """Return a note's text without the label of the place where it was found."""
    label = _LABEL.match(change.text)
    return (label["rest"] if label else change.text).strip()


def _another_items_text(text: str) -> bool:
    """Tell whether a list's bare item was read together with a text that does not introduce
    the list, but is an item of its own."""
    item = _BARE_ITEM.search(text)
    intro = text[: item.start()].rstrip() if item else ""
    return bool(_QUOTED.search(intro)) and not intro.endswith(":") and not _LISTS.search(intro)


def successor(change: Change) -> str:
    """Return the symbol that a text found at its subject names as its new name, in full:
    ``This method has been renamed to `Table.group_by`.``; empty when it names none."""
    label = _LABEL.match(change.text)
    told = _RENAMED_TO.match(said_of(change)) if label else None
    if told is None or label is None or label["symbol"] != change.old_symbol:
        return ""
    return f"{change.old_symbol.rpartition('.')[0]}.{told[1]}"


def _sibling(change: Change, parent: str, own: str) -> str:
    """Return the name of the replacement, where it stands beside what it replaces."""
    beside, _, name = change.new_symbol.rpartition(".")
    plain = not change.old_keyword and not change.old_value
    return name if plain and beside == parent and name != own else ""


def _told_elsewhere(change: Change, said: str) -> bool:
    """Tell whether a text found at its subject says what takes its place somewhere else, by a
    path or as what is called: ``Use :func:`concat` instead.``; a bare name may be a parameter."""
    leaf = re.escape(change.new_symbol.rpartition(".")[2])
    if not leaf or change.old_keyword or change.old_value or not _OF_ITSELF.match(said):
        return False
    written = rf":(?:func|class|meth|attr):`+~?\.?(?:\w+\.)*{leaf}\b|`(?:\w+\.)+{leaf}\b|`{leaf}\("
    return bool(re.search(written, said))


def unfit(change: Change) -> Reason | None:
    """Return why a text is no description of its change; None when it is one.

    A list of pull requests says too little. What stands in a docstring or a warning is
    labelled with the symbol that it was found at, though it may speak of another.
    """
    if _PULL_REQUEST.search(change.text.strip()):
        return Reason.TITLE_ONLY
    if _OTHER_DEFAULT.search(said_of(change)) and change.kind != "default_changed":
        return Reason.DEFAULT_CHANGED
    if re.search(r"%(?:\(|[sdr]\b)", filled(change.text, ["x"])):
        return Reason.MESSAGE_TEMPLATE
    if _CUT.match(said_of(change)):
        return Reason.CUT_OFF
    if not _TELLS.search(change.text):
        return Reason.NO_OUTCOME
    if _another_items_text(change.text):
        return Reason.NOT_NAMED
    names = [change.old_symbol.rpartition(".")[2], change.old_keyword]
    label = _LABEL.match(change.text)
    said = said_of(change)
    if any(name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in names):
        return None
    others = {(a or b) for a, b in _QUOTED.findall(said)}
    parent, _, own = change.old_symbol.rpartition(".")
    leaves = {name.rpartition(".")[2] for name in others}
    prose = re.sub(r"`+[^`]*`+", "", said)
    told = _sibling(change, parent, own) in leaves or _told_elsewhere(change, said)
    if label and told and not _OF_A_PARAMETER.search(prose):
        return None
    if label and all(name in change.old_symbol or name.startswith(parent) for name in others):
        return None
    return Reason.NOT_NAMED
