"""Whether a run really used the changed API, by the trace of what it resolved."""

from __future__ import annotations

from recode_data.records import Run, UpdateKind
from recode_data.validate.subject import Subject


def exercised(subject: Subject, kind: UpdateKind, old: Run, new: Run) -> str:
    """Return which changed name was never resolved, empty when all were.

    A failure or a warning about the old name is itself the proof that it was used, so
    the old side is looked at only where neither was seen.
    """
    if (
        subject.old_symbol
        and kind in ("behavioural", "additive")
        and not _resolved(subject.old_symbol, subject.old_keyword, old)
    ):
        return _label(subject.old_symbol, subject.old_keyword)
    if subject.new_symbol:
        if _external(subject):
            return ""
        resolved = _resolved(subject.new_symbol, subject.new_keyword, new)
        return "" if resolved else _label(subject.new_symbol, subject.new_keyword)
    if kind == "additive" and not any(_resolved(name, "", new) for name in subject.new_names):
        return " or ".join(sorted(subject.new_names)[:3]) or "any new name"
    return ""


def _resolved(symbol: str, keyword: str, run: Run) -> bool:
    leaf = symbol.rpartition(".")[2]
    if keyword:
        return any(_leaf(call) == leaf and call.endswith(f"({keyword}=)") for call in run.calls)
    return any(leaf in call.partition("(")[0].split(".") for call in run.calls)


def _external(subject: Subject) -> bool:
    """A replacement outside the library (``int`` for ``numpy.int``) leaves no trace in it."""
    old, new = (symbol.partition(".") for symbol in (subject.old_symbol, subject.new_symbol))
    return not new[1] or bool(old[0] and old[0] != new[0])


def _leaf(call: str) -> str:
    return call.partition("(")[0].rpartition(".")[2]


def _label(symbol: str, keyword: str) -> str:
    return f"{symbol}({keyword}=)" if keyword else symbol
