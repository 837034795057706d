"""Generate what is owed, score what is owed, say what it comes to."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, replace
from typing import Any

from recode_data import __version__
from recode_data.evaluate.problem import Benchmark
from recode_data.evaluate.sampling import Sampling, Source, owed
from recode_data.evaluate.store import RunFolder, Score
from recode_data.evaluate.summary import summarise
from recode_data.execute import runner
from recode_data.progress import Progress
from recode_data.records import content_id

STALE = "the predictions have changed since they were read"


def configuration(
    benchmark: Benchmark, source: str, sampling: Sampling, options: dict[str, Any]
) -> dict[str, Any]:
    """Return what identifies a run; another one may not go on in its folder."""
    problems = content_id([[problem.id, problem.messages] for problem in benchmark.problems])
    known = {"benchmark": benchmark.name, "problems": problems, "model": source}
    return known | asdict(sampling) | options


def generate(
    run: RunFolder, benchmark: Benchmark, source: Source, sampling: Sampling, progress: Progress
) -> int:
    """Ask for every completion that is owed and keep each as it arrives; what a file holds
    takes the place of what it held before."""
    asked = [(problem.id, problem.messages) for problem in benchmark.problems]
    if "predictions" in run.config:
        found = list(source.complete(owed(asked, (), sampling), sampling))
        run.replace(found)
        return len(found)
    requests = owed(asked, run.completions(), sampling)
    if requests:
        run.reopen()
    with progress.task("generate", len(requests)) as task:
        for completion in source.complete(requests, sampling):
            run.add(completion)
            task.advance()
    return task.done


def score(run: RunFolder, benchmark: Benchmark, jobs: int, progress: Progress) -> float:
    """Score every completion that was not judged on what the benchmark is made of now;
    returns seconds. Completions that a changed file no longer holds are not scored."""
    started = time.monotonic()
    judged = {score.completion for score in current(run, benchmark) if score.judged}
    problems = {problem.id: problem for problem in benchmark.problems}
    waiting = [c for c in run.completions() if c.id not in judged and c.problem in problems]
    if run.stale or not waiting:
        return time.monotonic() - started
    run.reopen()
    passed = 0
    with progress.task("score", len(waiting)) as task:
        for found in benchmark.score(waiting, jobs):
            problem = problems[found.problem]
            place = benchmark.place(problem)
            run.add(replace(found, basis=benchmark.basis(problem), place=place))
            passed += found.passed
            task.advance(passed=passed)
    return time.monotonic() - started


def current(run: RunFolder, benchmark: Benchmark) -> list[Score]:
    """Return the scores that are made of what the benchmark is made of now: the same scorer,
    the same tests or entry, and the same environment as far as that can be told."""
    problems = {problem.id: problem for problem in benchmark.problems}
    found = []
    for score in run.scores():
        problem = problems.get(score.problem)
        if problem is None or score.basis != benchmark.basis(problem):
            continue
        if score.place == (benchmark.place(problem) or score.place):
            found.append(score)
    return found


def conclude(run: RunFolder, benchmark: Benchmark, samples: int) -> dict[str, Any]:
    """Write and return the summary of a run: its scores only where each completion that is
    wanted was judged."""
    completions = run.completions()
    wanted = Counter({problem.id: samples for problem in benchmark.problems})
    if "predictions" in run.config:  # no second run could find more of them than the file has
        wanted = Counter(completion.problem for completion in completions)
    scores = [] if run.stale else current(run, benchmark)
    drawn = Counter(completion.problem for completion in completions)
    summary = summarise(benchmark, scores, wanted, STALE if run.stale else "", drawn)
    summary |= {"model": run.config["model"], "seed": run.config["seed"], "run": str(run.folder)}
    summary |= {"made_of": _made_of(run, benchmark), "state": run.state()}
    run.summarise(summary)
    return summary


def _made_of(run: RunFolder, benchmark: Benchmark) -> dict[str, str]:
    """Return what tells this summary from one of other data, answers or versions."""
    data = [(problem.id, benchmark.basis(problem)) for problem in benchmark.problems]
    return {
        "data": content_id(sorted(data)),
        "completions": content_id(sorted(completion.id for completion in run.completions())),
        "scorer": benchmark.scorer,
        "runner": runner(),
        "places": content_id(sorted({benchmark.place(problem) for problem in benchmark.problems})),
        "recode_data": __version__,
    }
