"""Generate what is owed, score what is owed, say what it comes to."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from recode_data.evaluate.problem import Benchmark
from recode_data.evaluate.sampling import Sampling, Source, owed
from recode_data.evaluate.store import RunFolder
from recode_data.evaluate.summary import summarise
from recode_data.progress import Progress


def configuration(
    benchmark: Benchmark, source: str, sampling: Sampling, options: dict[str, Any]
) -> dict[str, Any]:
    """Return what identifies a run; another one may not go on in its folder."""
    from recode_data.records import content_id

    problems = content_id([[problem.id, problem.messages] for problem in benchmark.problems])
    known = {"benchmark": benchmark.name, "problems": problems, "model": source}
    return known | asdict(sampling) | options


def generate(
    run: RunFolder, benchmark: Benchmark, source: Source, sampling: Sampling, progress: Progress
) -> int:
    """Ask for every completion that is owed and keep each as it arrives."""
    asked = [(problem.id, problem.messages) for problem in benchmark.problems]
    requests = owed(asked, run.completions(), sampling)
    with progress.task("generate", len(requests)) as task:
        for completion in source.complete(requests, sampling):
            run.add(completion)
            task.advance()
    return task.done


def score(run: RunFolder, benchmark: Benchmark, jobs: int, progress: Progress) -> float:
    """Score every completion that has no final score of this scorer; returns seconds."""
    started = time.monotonic()
    final = {
        s.completion for s in run.scores() if s.scorer == benchmark.scorer and s.status != "error"
    }
    known = {problem.id for problem in benchmark.problems}
    waiting = [c for c in run.completions() if c.id not in final and c.problem in known]
    passed = 0
    with progress.task("score", len(waiting)) as task:
        for found in benchmark.score(waiting, jobs) if waiting else ():
            run.add(found)
            passed += found.passed
            task.advance(passed=passed)
    return time.monotonic() - started


def conclude(run: RunFolder, benchmark: Benchmark, samples: int) -> dict[str, Any]:
    """Write and return the summary of a run."""
    summary = summarise(benchmark, run.scores(), samples)
    summary |= {"model": run.config["model"], "seed": run.config["seed"], "run": str(run.folder)}
    run.summarise(summary)
    return summary
