"""Whether runs are evidence: more runs of the same entry, each able to say no.

A weak judge passes an entry whose output would be the same with a wrong replacement: all
zeros hide a swapped order, an assertion hides another shape, floats hide a lost
conversion. So both codes are run again with the assertions opened, with other inputs,
with a deliberately wrong result in the changed place, and in another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isnan

from recode_data.records import Json, Run
from recode_data.validate.compare import difference
from recode_data.validate.findings import Finding
from recode_data.validate.mutants import RESULTS, SEEN
from recode_data.validate.vary import UNEVEN


@dataclass(frozen=True, slots=True)
class Pair:
    """Both codes, altered in the same way: the old one on old, the new one on new."""

    label: str
    old: Run
    new: Run

    @property
    def usable(self) -> bool:
        """An altered input that the old code itself refuses says nothing."""
        return self.old.status == "clean" and self.new.status not in ("error", "timeout")


@dataclass(frozen=True, slots=True)
class Proof:
    """The runs beside the four; what could not be made is `None` or missing."""

    unmasked: Pair
    varied: tuple[Pair, ...] = ()
    wrong: Run | None = None
    twins: bool = False
    """The changed call has equal arguments."""
    repeated: tuple[Pair, ...] = ()
    first: Pair | None = None
    """The diagonal of the four runs, which the repeated ones must equal."""
    spelled: frozenset[str] = frozenset()
    """Names that the update puts in place of one another; see `Subject`."""

    def brief(self) -> dict[str, Json]:
        """Return what stands in a verdict's evidence about these runs."""
        return {
            "varied": [pair.label for pair in self.varied if pair.usable],
            "wrong_result": _changed_word(self.wrong, self.unmasked.new),
            "repeated": [pair.label for pair in self.repeated],
        }


def weigh(proof: Proof) -> Finding | None:
    """Return what the proof has against a valid entry, `None` when it stands."""
    for check in (_hidden, _empty, _insensitive, _varies, _symmetric, _repeats):
        if finding := check(proof):
            return finding
    return None


def _hidden(proof: Proof) -> Finding | None:
    pair = proof.unmasked
    if not pair.usable:
        return None
    other = _disagreement(pair, proof.spelled)
    return Finding("differs", f"behind what the code checks: {other}") if other else None


def _empty(proof: Proof) -> Finding | None:
    old, new = proof.unmasked.old, proof.unmasked.new
    shared = (old.values.keys() & new.values.keys()) - {RESULTS, SEEN}
    checked = not blank(old.values.get(SEEN)) or not blank(new.values.get(SEEN))
    if not (old.stdout + new.stdout).strip() and not shared and not checked:
        return Finding("degenerate", "the codes print nothing and have no name in common")
    results = new.values.get(RESULTS)
    if results is not None and blank(results) and not _nothing_to_see(results):
        return Finding("degenerate", "the changed call only returns zeros or nothing")
    return None


def _nothing_to_see(results: Json) -> bool:
    """No result was kept, a constant NaN, which is what it should be, or the None of a
    function that works in place: leaving it out shows whether it did anything."""
    kept = results.get("items", []) if isinstance(results, dict) else []
    plain = ({"type": "float", "value": "nan"}, {"type": "none"})
    return all(item in plain for item in kept) or not any(True for _ in leaves(results))


def _insensitive(proof: Proof) -> Finding | None:
    if _changed_word(proof.wrong, proof.unmasked.new) == "unseen":
        return Finding(
            "degenerate", "a wrong result of the changed call leaves the output as it is"
        )
    return None


def _varies(proof: Proof) -> Finding | None:
    for pair in proof.varied:
        if pair.usable and (other := _disagreement(pair, proof.spelled)):
            return Finding("differs", f"with {pair.label}: {other}")
    return None


def _symmetric(proof: Proof) -> Finding | None:
    """Equal arguments, and no other input that tells their orders apart."""
    if proof.twins and not any(pair.usable for pair in proof.varied if pair.label != UNEVEN):
        return Finding("degenerate", "equal arguments can be swapped unseen")
    return None


def _repeats(proof: Proof) -> Finding | None:
    if proof.first is None:
        return None
    for pair in proof.repeated:
        for first, again in ((proof.first.old, pair.old), (proof.first.new, pair.new)):
            if again.status in ("error", "timeout"):
                return Finding(again.status, f"{pair.label}: {again.message}")
            if again.status != first.status:
                return Finding("flaky", f"{pair.label}: {first.status}, then {again.status}")
            if other := difference(first, again):
                return Finding("flaky", f"{pair.label}: {other}")
    return None


def _disagreement(pair: Pair, spelled: frozenset[str]) -> str:
    if pair.new.status != "clean":
        return f"the new code fails, {pair.new.exception}: {pair.new.message}"
    ours, theirs = _without_results(pair.old), _without_results(pair.new)
    return difference(ours, theirs, spelled)


def _without_results(run: Run) -> Run:
    """The result of the changed call may differ when the code around it makes up for it."""
    return replace(run, values={k: v for k, v in run.values.items() if k != RESULTS})


def _changed_word(mutant: Run | None, base: Run) -> str:
    if mutant is None or mutant.status in ("error", "timeout"):
        return "not measured"
    if mutant.status != base.status:
        return "seen"
    return "seen" if difference(_without_results(base), _without_results(mutant)) else "unseen"


def blank(value: Json) -> bool:
    """Return whether an encoded value holds nothing but zeros, emptiness and false."""
    return all(_is_blank(leaf) for leaf in leaves(value))


_DESCRIBING = {
    *("type", "dtype", "dtypes", "shape", "name", "names", "class", "frequency", "format"),
    *("index", "columns", "row", "column", "step", "hash", "length", "exception"),
}
"""Keys of an encoded value that say what it is, not what was computed."""


def leaves(value: Json) -> Iterator[Json]:
    """Yield the scalars of an encoded value, leaving out what only describes it."""
    if isinstance(value, dict):
        if value.get("type") == "definition":  # a class or a function is its name
            yield value["name"]
        for key, part in value.items():
            if key not in _DESCRIBING:
                yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def _is_blank(leaf: Json) -> bool:
    if isinstance(leaf, str):
        return leaf in ("", "0", "0.0", "nan", "False", "None")
    return leaf is None or leaf is False or leaf == 0 or (isinstance(leaf, float) and isnan(leaf))
