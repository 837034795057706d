"""The runs that show whether the four are evidence: see `recode_data.judge.robustness`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from recode_data.execute import Job
from recode_data.judge.alignment import Alignment, bound_from_sites_on, only_moved
from recode_data.judge.context import Context
from recode_data.judge.evidence import FourRuns, Scene
from recode_data.judge.instrument import (
    equal_arguments,
    left_out,
    opened,
    places,
    text_put_back,
    where_failed,
    wrong,
    wrong_before,
)
from recode_data.judge.own_imports import own_imports
from recode_data.judge.replacement import (
    Replacement,
    find_replacement,
    library_names,
    moved_names,
    of_any_form,
    renamed_as_told,
    replaced_names,
    said_of_old,
)
from recode_data.judge.robustness import Pair, Proof, differs, unmoved, unstable, weigh
from recode_data.judge.variation import (
    MOST,
    MOST_OF_OTHERS,
    ODD_ARGUMENTS,
    ODD_TEXTS,
    USUAL,
    variations,
)
from recode_data.judge.verdict import scene_of
from recode_data.library import Library
from recode_data.records import Entry, Environment, Run, UpdateKind

OTHER_SEED = 20
"""Hash seed of the repetition; the usual one is 0."""


def prove(
    entry: Entry,
    library: Library,
    context: Context,
    environments: tuple[Environment, Environment],
    four: FourRuns,
    *,
    kind: UpdateKind,
) -> Generator[list[Job], list[Run], Proof]:
    """Make the runs that show whether the four are evidence of an update of that kind."""
    scene = scene_of(entry, four)
    replacement = find_replacement(scene)

    def job(code: str, side: int) -> Job:
        return context.job(code, environments[side], library)

    pairs = _pairs(scene, replacement, kind)

    def spoken_of(name: str) -> bool:
        return _is_spoken_of(name, scene)

    left = left_out(scene.alignment, spoken_of)
    if not left[0]:
        left = text_put_back(scene.alignment, spoken_of)
    proof = yield from compare(scene.alignment, replacement, pairs, left, job)
    proof = replace(
        proof,
        equal_arguments=equal_arguments(scene.alignment, replacement),
        spelled=scene.spelled,
        computed=bound_from_sites_on(scene.alignment),
        additive=kind == "additive",
    )
    replaced = replaced_names(scene) | moved_names(scene.alignment)
    proof = yield from break_before(proof, scene.alignment, replaced, job)
    if weigh(proof) is None:
        return proof
    # What differs may be an address or a draw: the old program is asked once more for itself.
    [again] = yield [replace(job(pairs["opened"][0], 0), fresh=True, seed=OTHER_SEED)]
    proof = replace(proof, unstable=unstable(proof.opened.old, again))
    if kind != "deprecated" or not differs(proof):
        return proof
    # The library itself may compute otherwise in the new version. Where the old code still
    # runs there, both are compared in it: a replacement has to agree with what it replaces.
    again_old = yield [job(codes[0], 1) for codes in pairs.values()]
    made = (proof.opened, *proof.varied)
    beside = [replace(pair, old=old) for pair, old in zip(made, again_old, strict=True)]
    same = replace(proof, opened=beside[0], varied=tuple(beside[1:]), one_version=True)
    return proof if differs(same) else same


def compare(
    alignment: Alignment,
    replacement: Replacement,
    pairs: dict[str, tuple[str, str]],
    left: tuple[str, str],
    job: Callable[[str, int], Job],
) -> Generator[list[Job], list[Run], Proof]:
    """Run both programs of each pair, the new one with a wrong result in the place of the
    replacement, and with the keyword that it leaves out (``left``, see `left_out`); ``job``
    makes the job that runs a program as the old or the new one, 0 or 1."""
    keyword, restored = left
    broken = wrong(alignment, replacement)
    jobs = [job(code, side) for codes in pairs.values() for side, code in enumerate(codes)]
    jobs += [job(code, 1) for code in (*broken, *([restored] if keyword else ()))]
    runs = iter((yield jobs))
    made = [
        Pair(
            label,
            next(runs),
            new := next(runs),
            where_failed(codes[1], new),
        )
        for label, codes in pairs.items()
    ]
    return Proof(
        made[0],
        tuple(made[1:]),
        tuple(next(runs) for _ in broken),
        places=places(alignment),
        renamed=alignment.renamed,
        moved=only_moved(alignment),
        left_out=keyword,
        restored=next(runs, None),
    )


def break_before(
    proof: Proof,
    alignment: Alignment,
    replaced: frozenset[str],
    job: Callable[[str, int], Job],
) -> Generator[list[Job], list[Run], Proof]:
    """Where a wrong result of the replacement changes nothing, run the old program with one in
    the place of what was ``replaced``."""
    if weigh(proof) is not None or not unmoved(proof):
        return proof
    jobs = [job(code, 0) for code in wrong_before(alignment, replaced)]
    return replace(proof, wrong_before=tuple((yield jobs) if jobs else ()))


def _pairs(scene: Scene, replacement: Replacement, kind: UpdateKind) -> dict[str, tuple[str, str]]:
    """Return both programs opened, and opened with other inputs, by what was changed."""
    base = opened(scene.alignment, replacement, replaced_names(scene))
    names = replacement.names | {name for name, _ in replacement.keywords} | scene.around
    return {"opened": base} | variations(*base, names, *_asked(scene, kind))


def _asked(scene: Scene, kind: UpdateKind) -> tuple[int, Sequence[str]]:
    """Return how many variations of the inputs are asked, and which. What changed its
    behaviour, and what the update itself tells to write, need only do the same on inputs of
    the same form."""
    if kind == "behavioural" or renamed_as_told(scene):
        waived = (ODD_TEXTS, ODD_ARGUMENTS) if library_names(scene) else ()
        return MOST, [label for label in USUAL if label not in waived]
    return MOST_OF_OTHERS, of_any_form(scene)


def _is_spoken_of(name: str, scene: Scene) -> bool:
    """Return whether the entry or what the library said names a keyword."""
    return scene.claim.names(name) or any(name in text for text in said_of_old(scene))


def repeat(
    entry: Entry,
    library: Library,
    context: Context,
    environments: tuple[Environment, Environment],
    four: FourRuns,
) -> Generator[list[Job], list[Run], tuple[Pair, Pair]]:
    """Run the diagonal again, the new code first: each in a child of another process than
    before, which was started with another hash seed and has imported what the program's
    own first lines import and nothing else, and in another working directory."""
    modules = (library.package, *library.preload)
    jobs = []
    for code, environment in zip(
        (entry.new_code, entry.old_code), reversed(environments), strict=True
    ):
        job = context.job(code, environment, library)
        imports = own_imports(code, modules)
        jobs.append(replace(job, fresh=True, seed=OTHER_SEED, imports=imports))
    new, old = yield jobs
    first = Pair("first", four.old_on_old, four.new_on_new)
    return first, Pair("in a second process", old, new)
