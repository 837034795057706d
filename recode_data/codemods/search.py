"""The search for good candidates of a batch of changes, in rounds.

A round takes the next few programs of every change that still lacks entries, rewrites
them and runs them; so only as much is rewritten and run as is needed, and the changes of
a batch share the warm servers of their versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from recode_data.codemods.candidates import (
    Base,
    Candidate,
    Chosen,
    receiver_job,
    rewritten,
)
from recode_data.codemods.figures import shows_artists, undressed
from recode_data.codemods.recipes import Plan
from recode_data.codemods.screening import Trial, objection
from recode_data.execute import Executor, Job
from recode_data.reasons import Reason
from recode_data.records import Environment, Run

PER_CHANGE = 5
"""Good candidates after which the search for a change ends."""
ROUND = 6
"""Programs of one change in one round."""
TRIES = 30
"""Candidates of one change that are run at most."""

LONGEST = 5.0
"""Seconds for one program; one that takes longer is no good example."""
ELSEWHERE = (Reason.PROGRAM_FAILS, Reason.PROGRAM_WARNS, Reason.NO_TRANSITION)
"""What may be otherwise on another pair of versions."""
MIN_TRIES = 3
"""Candidates before which no change is given up."""
HOPELESS = (
    *(Reason.PROGRAM_FAILS, Reason.PROGRAM_WARNS, Reason.REWRITTEN_FAILS, Reason.NO_TRANSITION),
    Reason.REWRITTEN_WARNS,
)
"""A change whose first programs all end like this is given up."""

Pair: TypeAlias = "tuple[str, str]"
Runs: TypeAlias = "Mapping[tuple[str, str], Run]"
"""Runs by code and environment."""


@dataclass
class Work:
    """A change on its way: its plan, the programs still to try, and what came of it."""

    plan: Plan
    pairs: list[Pair]
    bases: Iterator[Base] = field(default_factory=lambda: iter(()))
    taken: int = 0
    tried: set[str] = field(default_factory=set)
    good: list[Candidate] = field(default_factory=list)
    reasons: Counter[Reason] = field(default_factory=Counter)
    over: bool = False
    most: int = PER_CHANGE
    """Good candidates after which the search ends."""

    def joined(self, other: Work) -> None:
        """Take over what another search for the same change came to."""
        self.taken += other.taken
        self.tried |= other.tried
        self.good += other.good
        self.reasons += other.reasons

    @property
    def hopeless(self) -> bool:
        """Whether nothing that was tried so far came near: another round would cost as much
        and bring as little."""
        if self.good or len(self.tried) < MIN_TRIES:
            return False
        return all(reason in HOPELESS for reason in self.reasons)


class Search:
    """Runs the rounds of a batch."""

    def __init__(
        self,
        executor: Executor,
        environments: Mapping[str, Environment],
        chosen: Chosen,
        timeout: float,
        figures: bool = False,
    ) -> None:
        self.executor = executor
        self.environments = environments
        self.chosen = chosen
        self.timeout = min(timeout, LONGEST)
        self.figures = figures
        """Programs that print artists are tried again without; their figures are compared."""

    def settle(self, batch: list[Work]) -> None:
        """Search until every change of the batch has its candidates or no programs left."""
        while open_works := [work for work in batch if not work.over]:
            drawn = {id(work): self._draw(work) for work in open_works}
            seen = self._receivers(open_works, drawn)
            fresh = {id(work): self._rewrite(work, drawn[id(work)], seen) for work in open_works}
            self._judge(open_works, fresh)
            for work in open_works:
                enough = len(work.good) >= work.most or len(work.tried) >= TRIES
                work.over = enough or not drawn[id(work)] or work.hopeless

    def _draw(self, work: Work) -> list[Base]:
        drawn = list(islice(work.bases, ROUND))
        work.taken += len(drawn)
        return drawn

    def _receivers(
        self, works: list[Work], drawn: Mapping[int, list[Base]]
    ) -> dict[tuple[str, str], Run]:
        jobs = []
        for work in works:
            for base in drawn[id(work)]:
                job = receiver_job(base, self._environment_of(work, base))
                jobs += [job] if job else []
        return self._runs(jobs)

    def _environment_of(self, work: Work, base: Base) -> Environment:
        """Return where a program that was found can run: old usage on the old version."""
        old, new = work.pairs[-1]
        return self.environments[new if base.recipe.side == "new" else old]

    def _rewrite(self, work: Work, bases: list[Base], seen: Runs) -> list[Candidate]:
        found: list[Candidate] = []
        for number, base in enumerate(bases):
            job = receiver_job(base, self._environment_of(work, base))
            run = seen.get((job.code, job.environment.id)) if job else None
            pairs = list(rewritten(base, run))
            turn = number % len(pairs) if pairs else 0
            for candidate in (pairs[turn:] + pairs[:turn])[:2]:
                if candidate.old_code not in work.tried and not self._taken(work, candidate):
                    work.tried.add(candidate.old_code)
                    found.append(candidate)
        return found

    def _taken(self, work: Work, candidate: Candidate) -> bool:
        keys = work.plan.old_symbol, candidate.base.snippet.location
        if self.chosen.has_alike(keys, candidate.old_code, candidate.new_code):
            work.reasons[Reason.ALIKE] += 1
            return True
        return False

    def _judge(self, works: list[Work], fresh: Mapping[int, list[Candidate]]) -> None:
        """Try the fresh candidates on the first pair of versions, the rest on the next."""
        left = [(work, candidate) for work in works for candidate in fresh[id(work)]]
        for turn in range(max((len(work.pairs) for work in works), default=0)):
            now = [(work, c) for work, c in left if turn < len(work.pairs)]
            left = self._tried(now, turn)

    def _tried(self, now: list[tuple[Work, Candidate]], turn: int) -> list[tuple[Work, Candidate]]:
        """Take what is good on one pair of versions; return what may be so on another."""
        runs = self._trial_runs(now, turn)
        left: list[tuple[Work, Candidate]] = []
        again: list[tuple[Work, Candidate]] = []
        for work, candidate in now:
            ran = runs(work, candidate)
            bare = self.figures and shows_artists(ran.old_on_old)
            if bare and (plain := undressed(candidate)):
                again.append((work, plain))
                continue
            reason = objection(candidate, work.plan, ran)
            if reason is not None:
                left += [(work, candidate)] if reason in ELSEWHERE else []
                work.reasons[reason] += turn == 0
            elif len(work.good) < work.most and not self._taken(work, candidate):
                work.good.append(candidate)
                keys = work.plan.old_symbol, candidate.base.snippet.location
                self.chosen.add(keys, candidate.old_code, candidate.new_code)
        return left + (self._tried(again, turn) if again else [])

    def _trial_runs(
        self, now: list[tuple[Work, Candidate]], turn: int
    ) -> Callable[[Work, Candidate], Trial]:
        """Run old codes on old versions, then both codes of those that ran on new ones."""
        first = self._runs(
            self._job(candidate.old_code, work.pairs[turn][0]) for work, candidate in now
        )

        def run(found: Runs, code: str, version: str) -> Run | None:
            return found.get((code, self.environments[version].id))

        def alive(work: Work, candidate: Candidate) -> bool:
            old = run(first, candidate.old_code, work.pairs[turn][0])
            return old is not None and old.status == "clean"

        second = self._runs(
            self._job(code, work.pairs[turn][1])
            for work, candidate in now
            if alive(work, candidate)
            for code in (candidate.old_code, candidate.new_code)
        )

        def of(work: Work, candidate: Candidate) -> Trial:
            old, new = work.pairs[turn]
            return Trial(
                run(first, candidate.old_code, old),
                run(second, candidate.old_code, new),
                run(second, candidate.new_code, new),
            )

        return of

    def _job(self, code: str, version: str) -> Job:
        return Job(code, self.environments[version], timeout=self.timeout)

    def _runs(self, jobs: Iterable[Job]) -> dict[tuple[str, str], Run]:
        unique = {(job.code, job.environment.id): job for job in jobs}
        ordered = sorted(unique.values(), key=lambda job: (job.environment.id, job.code))
        return {(job.code, job.environment.id): run for job, run in self.executor.run(ordered)}
