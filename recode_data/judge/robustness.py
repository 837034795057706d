"""Whether two programs do the same for a reason: more runs, each able to say no.

A judge that only compares outputs passes a wrong replacement whose output is right by
accident: all zeros hide a swapped order, a sum hides another shape, full data hide another
way of filling gaps. So both programs are run again opened (what flows out of the changed
places is compared), with other inputs, with a wrong result in the place of the replacement,
and in another process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

from recode_data.judge.comparison import difference
from recode_data.judge.finding import Finding
from recode_data.judge.instrument import REPLACED, RESULTS, SEEN, WITNESS, Failed
from recode_data.judge.likeness import OPAQUE, held, same, unlike, unlike_rows
from recode_data.judge.variation import UNEVEN
from recode_data.records import Json, Run

OWN = frozenset((SEEN, RESULTS, REPLACED))
DECISIVE = frozenset(("opened", "other data", "other arguments", "other variables"))
"""Inputs of the same form: a replacement that refuses them is wrong. One that refuses gaps,
unordered or repeated values may only be stricter than what it replaces."""

_LOOKUPS = ("KeyError", "IndexError")
"""What a replacement that looks something up may raise where the replaced call gives nothing."""
_NAN = re.compile(r"\bnan\b")
_MISSING = re.compile(r"<NA>|\bNaT\b|\bNone\b|\bNaN\b")
_WHOLE = re.compile(r"\b(\d+)\.0?(?!\d)")
GAP = "a gap"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two programs changed in the same way and run: the one that decides, and the other."""

    label: str
    old: Run
    new: Run
    failed: Failed = ""
    """Where the new program failed, if anywhere: behind its replacement, which took the input, or
    before it came to that."""

    @property
    def usable(self) -> bool:
        """An altered input that the first program itself refuses says nothing."""
        return self.old.status == "clean" and self.new.status not in ("error", "timeout")

    @property
    def alike(self) -> bool:
        """Whether the inputs have the form of the original ones."""
        return self.label in DECISIVE

    @property
    def told(self) -> bool:
        """Whether the pair shows that the programs agree or do not."""
        refused = self.alike and self.new.exception not in _LOOKUPS
        if self.failed == "before":
            return False
        return self.usable and (self.new.status == "clean" or refused or self.failed == "behind")


@dataclass(frozen=True, slots=True)
class Proof:
    """The runs beside the four; what could not be made is `None` or missing."""

    opened: Pair
    varied: tuple[Pair, ...] = ()
    wrong: tuple[Run, ...] = ()
    """The new program with a wrong result in every place of the replacement, and in the last."""
    wrong_before: tuple[Run, ...] = ()
    """The program that decides, with a wrong result in the places of what was replaced."""
    equal_arguments: bool = False
    """The replaced call has equal arguments."""
    repeated: tuple[Pair, ...] = ()
    first: Pair | None = None
    """The diagonal of the four runs, which the repeated ones must equal."""
    spelled: frozenset[str] = frozenset()
    """Names that the update puts in place of one another."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """What the new program calls the variables of the old one."""
    places: frozenset[int] = frozenset()
    """Numbers of the changed places among the values that were kept."""
    unstable: frozenset[int] = frozenset()
    """Numbers of the kept values that the old program itself has otherwise in a second run."""
    additive: bool = False
    """The old program did by other means what the new call does: they need not agree on
    inputs of another form."""
    computed: frozenset[str] = frozenset()
    """Names that both programs give to values where they differ, or behind it."""
    one_version: bool = False
    """Both programs of the pairs ran on the new version: the library itself computes otherwise
    there than before."""
    left_out: str = ""
    """A keyword of the old call that the update does not speak of, and that the new one has not
    or has with another constant."""
    restored: Run | None = None
    """The new program with that keyword."""
    moved: bool = False
    """Only imports differ: the same calls are made, of things from another place."""

    def brief(self) -> dict[str, Json]:
        """Return what stands in a verdict's evidence about these runs."""
        held = [pair.label for pair in self.varied if pair.told]
        return {
            "varied": held,
            "wrong_result": sensitivity(self.wrong, self.opened.new, self.opened.old),
            "repeated": [pair.label for pair in self.repeated],
            **({"compared_on": "the new version"} if self.one_version else {}),
        }


def weigh(proof: Proof) -> Finding | None:
    """Return what the proof has against a valid entry, `None` when it stands."""
    for check in (_hidden, _empty, _insensitive, _ignored, _varies, _dropped, _symmetric, _repeats):
        if finding := check(proof):
            return finding
    return None


def disagreement(
    left: Run, right: Run, spelled: frozenset[str], but: frozenset[str] = frozenset()
) -> str:
    """Return how what two programs compute and show differs, empty when it does not.

    Their output must be the same text but for the tolerance of floats. Where neither prints
    anything their variables must be alike, all ``but`` those.
    """
    if left.stdout.strip() or right.stdout.strip():
        return difference(replace(left, values={}), replace(right, values={}), spelled)
    for name in sorted((left.values.keys() & right.values.keys()) - OWN - but):
        if other := unlike(left.values[name], right.values[name], spelled, objects=True):
            return f"{name}: {other}"
    return ""


def _hidden(proof: Proof) -> Finding | None:
    pair = proof.opened
    if not pair.usable:
        return None
    other = _apart(pair, proof)
    return Finding("differs", f"behind what the code shows: {other}") if other else None


def _apart(pair: Pair, proof: Proof) -> str:
    """Return how two opened programs differ in what they show, check, and compute around the
    changed places."""
    if pair.new.status != "clean":
        return f"the new code fails, {pair.new.exception}: {pair.new.message}"
    names = {new: old for old, new in proof.renamed.items()}
    values = {names.get(name, name): value for name, value in pair.new.values.items()}
    new = replace(pair.new, values=values)
    if other := disagreement(pair.old, new, proof.spelled, _own_texts(proof, names)):
        return other
    ours, theirs = pair.old.values, pair.new.values
    checks = [len(values.get(SEEN, {}).get("items", ())) for values in (ours, theirs)]
    both = checks[0] == checks[1] > 0  # one program may check more than the other
    if both and (other := unlike(ours[SEEN], theirs[SEEN], proof.spelled)):
        return other
    kept = _numbered(ours.get(RESULTS))
    stable = {number: held for number, held in kept.items() if int(number) not in proof.unstable}
    others = _numbered(theirs.get(RESULTS))
    told = {
        number: held
        for number, held in stable.items()
        if int(number) not in proof.places or not _shown_otherwise(held, others.get(number))
    }
    return _flowing(told, others, proof.spelled)


def _own_texts(proof: Proof, names: Mapping[str, str]) -> frozenset[str]:
    """Return the variables that hold another text in either program, where what they print is
    the same all the same: a program in a text, or a name of something."""
    old, new = proof.opened.old, proof.opened.new
    if not old.stdout.strip():
        return frozenset()
    values = {names.get(name, name): value for name, value in new.values.items()}
    both = {name: (old.values[name], values[name]) for name in old.values.keys() & values.keys()}
    return frozenset(
        name for name, (one, other) in both.items()
        if one.get("type") == other.get("type") == "str" and unlike(one, other)
    )  # fmt: skip


def _flowing(ours: dict[str, Json], theirs: dict[str, Json], spelled: frozenset[str]) -> str:
    """Return how what flows out of the changed places differs, from the innermost out."""
    for number in sorted(ours.keys() & theirs.keys(), key=int, reverse=True):
        left, right = ours[number]["items"], theirs[number]["items"]
        if len(left) != len(right) or int(number) >= WITNESS:
            continue
        for one, other in zip(left, right, strict=True):
            if told := unlike(one, other, spelled) or unlike_rows(one, other):
                return told
    return ""


def _shown_otherwise(ours: Json, theirs: Json) -> bool:
    """Return whether one program has made a text of what the other has as a value: that they
    are the same is then seen in what they print."""
    kinds = [
        {item.get("type") for item in kept["items"]} if kept else set() for kept in (ours, theirs)
    ]
    return ({"str"} == kinds[0]) != ({"str"} == kinds[1])


def unstable(first: Run, again: Run) -> frozenset[int]:
    """Return the numbers of the values around the changed places that two runs of one program
    have otherwise: addresses, times, what is drawn at random."""
    ours, theirs = (_numbered(run.values.get(RESULTS)) for run in (first, again))
    return frozenset(
        int(number)
        for number, kept in ours.items()
        if _flowing({number: kept}, theirs, frozenset())
    )


def _witnessed(proof: Proof) -> bool:
    """Return whether what came out of a changed place itself was compared and is the same, so
    that it need not show in the output whether it is right."""
    ours = _numbered(proof.opened.old.values.get(RESULTS))
    theirs = _numbered(proof.opened.new.values.get(RESULTS))
    if _same_given(proof.opened):
        return True
    for number in proof.places:
        left = ours.get(str(number), {}).get("items", [])
        right = theirs.get(str(number), {}).get("items", [])
        if left and len(left) == len(right) and all(map(_same_and_told, left, right)):
            return True
    return False


def _same_and_told(left: Json, right: Json) -> bool:
    one, other = held(left), held(right)
    told = one is not OPAQUE and other is not OPAQUE and not blank(left) and not blank(right)
    return told and same(one, other)


def _numbered(results: Json) -> dict[str, Json]:
    if not isinstance(results, dict) or results.get("type") != "dict":
        return {}
    return {str(key.get("value")): held for key, held in results["items"] if "items" in held}


def _empty(proof: Proof) -> Finding | None:
    old, new = proof.opened.old, proof.opened.new
    shared = (old.values.keys() & new.values.keys()) - OWN
    checked = not blank(old.values.get(SEEN)) or not blank(new.values.get(SEEN))
    if not (old.stdout + new.stdout).strip() and not shared and not checked:
        return Finding("degenerate", "the codes print nothing and have no name in common")
    if proof.additive and not (old.stdout + new.stdout).strip() and not checked:
        told = [old.values[name] for name in sorted(shared & proof.computed)]
        if all(held(value) is OPAQUE for value in told):
            return Finding("degenerate", "the codes compute nothing in common that can be compared")
    results = new.values.get(REPLACED)
    if results is not None and blank(results) and not _nothing_to_see(results):
        return Finding("degenerate", "the replaced call only returns zeros or nothing")
    return None


def _nothing_to_see(results: Json) -> bool:
    """No result was kept, a constant NaN, which is what it should be, or the None of a
    function that works in place: leaving it out shows whether it did anything."""
    kept = results.get("items", []) if isinstance(results, dict) else []
    plain = ({"type": "float", "value": "nan"}, {"type": "none"})
    return all(item in plain for item in kept) or not any(True for _ in leaves(results))


def differs(proof: Proof) -> bool:
    """Return whether the programs differ behind what they show, or with other inputs."""
    return (_hidden(proof) or _varies(proof)) is not None


def _insensitive(proof: Proof) -> Finding | None:
    if proof.moved or _witnessed(proof):
        return None
    if sensitivity(proof.wrong, proof.opened.new, proof.opened.old) == "unseen":
        return Finding(
            "degenerate", "a wrong result of the replaced call leaves the output as it is"
        )
    return None


def unmoved(proof: Proof) -> bool:
    """Return whether no wrong result of the replacement changes what the new program shows,
    or it has no place where one could be put."""
    if proof.moved:
        return False
    seen = sensitivity(proof.wrong, proof.opened.new, proof.opened.old)
    return seen == "unseen" or not proof.wrong


def _ignored(proof: Proof) -> Finding | None:
    """A program that shows the same whatever the replacement gives, where the other one shows
    what the replaced call gives, has its result from elsewhere."""
    clean = [run for run in proof.wrong_before if run.status == "clean"]
    if not clean or not unmoved(proof):
        return None
    if sensitivity(clean, proof.opened.old, proof.opened.new) == "seen":
        return Finding(
            "not_exercised", "what it shows does not depend on what stands in place of the old call"
        )
    return None


def _varies(proof: Proof) -> Finding | None:
    for pair in proof.varied:
        asked = (pair.alike or not proof.additive) and not _outside(pair, proof.opened)
        if not asked or not pair.told:
            continue
        if other := _apart(_with_one_gap(pair), proof) or _given_otherwise(pair, proof.opened):
            return Finding("differs", f"with {pair.label}: {other}")
    return None


def _given_otherwise(pair: Pair, first: Pair) -> str:
    """Return how what the replaced call and its replacement give differs, where it was the same
    with the inputs of the entry: what is made of it may hide that."""
    if not _same_given(first) or _same_given(pair) or pair.new.status != "clean":
        return ""
    ours, theirs = _given(pair.old), _given(pair.new)
    told = (unlike(one, other) for one, other in zip(ours, theirs, strict=False))
    return next(filter(None, told), "")


def _given(run: Run) -> list[Json]:
    """Return what was kept of the results of the replaced call, or of its replacement."""
    kept: list[Json] = run.values.get(REPLACED, {}).get("items", [])
    return kept


def _same_given(pair: Pair) -> bool:
    ours, theirs = _given(pair.old), _given(pair.new)
    return bool(ours) and len(ours) == len(theirs) and all(map(_same_and_told, ours, theirs))


def _with_one_gap(pair: Pair) -> Pair:
    """Return a pair in whose outputs a missing value is written in one way, and whole numbers
    beside it, which a gap makes floats in some types of data, are too."""
    if pair.label != GAP:
        return pair
    told = [replace(run, stdout=_one_gap(run.stdout)) for run in (pair.old, pair.new)]
    return replace(pair, old=told[0], new=told[1])


def _one_gap(text: str) -> str:
    return _WHOLE.sub(r"\1", _MISSING.sub("nan", text))


def _dropped(proof: Proof) -> Finding | None:
    """A keyword that the new call takes as well, and gives the same with, was left out, or
    given another constant: that it may be shows in no output."""
    run, plain = proof.restored, proof.opened.new
    if run is None or run.status != "clean" or len(run.warnings) > len(plain.warnings):
        return None
    if disagreement(plain, run, proof.spelled):
        return None
    return Finding(
        "differs", f"the new code changes {proof.left_out}, which its call takes as it was"
    )


def _outside(pair: Pair, first: Pair) -> bool:
    """Return whether an input is outside of what the first program computes anything for: it
    shows NaN where it did not, and none was put in."""
    shown, before = _NAN.search(pair.old.stdout), _NAN.search(first.old.stdout)
    return pair.label != GAP and shown is not None and before is None


def _symmetric(proof: Proof) -> Finding | None:
    """Equal arguments, and no other input that tells their orders apart."""
    told = [
        pair
        for pair in proof.varied
        if pair.told and pair.label != UNEVEN and not _all_zeros(pair.new.values.get(REPLACED))
    ]
    if proof.equal_arguments and not proof.moved and not told:
        return Finding("degenerate", "equal arguments can be swapped unseen")
    return None


def _all_zeros(results: Json) -> bool:
    """Return whether a replaced call gave nothing but zeros, in which every order agrees."""
    return results is not None and blank(results)


def _repeats(proof: Proof) -> Finding | None:
    if proof.first is None:
        return None
    for pair in proof.repeated:
        for first, again in ((proof.first.old, pair.old), (proof.first.new, pair.new)):
            if again.status in ("error", "timeout"):
                return Finding(again.status, f"{pair.label}: {again.message}")
            if again.status != first.status:
                return Finding("flaky", f"{pair.label}: {first.status}, then {again.status}")
            if other := _other_output(first, again):
                return Finding("flaky", f"{pair.label}: {other}")
    return None


def _other_output(first: Run, again: Run) -> str:
    """Return how the output of two runs of one program differs: what is printed, or the
    variables where nothing is. A time or an address in a variable is not shown to anyone."""
    if first.stdout.strip():
        first, again = (replace(run, values={}) for run in (first, again))
    return difference(first, again)


def sensitivity(mutants: Sequence[Run], base: Run, other: Run | None = None) -> str:
    """Return whether a wrong result in the place of the replacement was ``seen`` in what a
    program shows, ``unseen``, or ``not measured``. Of a program that prints nothing only the
    variables count that the ``other`` one has too.

    A program that a wrong result ends shows that it needs a result; whether it shows what the
    last of them was is asked then.
    """
    told = [run for run in mutants if run.status not in ("error", "timeout")]
    if not told:
        return "not measured"
    alike = [run for run in told if run.status == base.status]
    if not alike:
        return "seen"
    return "seen" if any(_shows_otherwise(base, mutant, other) for mutant in alike) else "unseen"


def _shows_otherwise(base: Run, mutant: Run, other: Run | None) -> bool:
    """Return whether what a program shows is something else in its mutant."""
    ours, theirs = (replace(run, values=_without(run, RESULTS, REPLACED)) for run in (base, mutant))
    if ours.stdout.strip():  # what is shown has to change, not what is only computed
        seen = (SEEN,) if SEEN in ours.values else ()
        ours, theirs = (
            replace(run, values={name: run.values[name] for name in seen if name in run.values})
            for run in (ours, theirs)
        )
    elif other is not None and other.status == "clean":
        ours, theirs = (
            replace(run, values={k: v for k, v in run.values.items() if k in other.values})
            for run in (ours, theirs)
        )
    return bool(difference(ours, theirs))


def _without(run: Run, *names: str) -> dict[str, Json]:
    return {name: value for name, value in run.values.items() if name not in names}


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
