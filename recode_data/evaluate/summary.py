"""What the scores of a run come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from recode_data.evaluate.problem import Benchmark, Problem
from recode_data.evaluate.statistics import interval, pass_at_k
from recode_data.evaluate.store import Score

KS = (1, 5)


def summarise(benchmark: Benchmark, scores: list[Score], samples: int) -> dict[str, Any]:
    """Return counts and scores: pass@k with 95 % intervals, UPass@k where the update can be
    taken away, ES* and EM* where there is a target, and all of it by label.

    A completion that could not be scored counts as not passed, and is counted as owed.
    """
    hopeless = {score.problem for score in scores if score.status == "unscorable"}
    problems = [problem for problem in benchmark.problems if problem.id not in hopeless]
    known = {problem.id for problem in problems}
    scores = [score for score in scores if score.problem in known]
    statuses = Counter(score.status for score in scores)
    skipped = benchmark.skipped | {"no environment can be made": len(hopeless)}
    summary: dict[str, Any] = {
        "benchmark": benchmark.name,
        "problems": len(known),
        "skipped": {reason: count for reason, count in skipped.items() if count},
        "completions": len(scores),
        "passed": statuses["passed"],
        "failed": statuses["failed"],
        "timeout": statuses["timeout"],
        "memory": statuses["memory"],
        "owed": statuses["error"] + max(0, len(known) * samples - len(scores)),
    }
    if any(score.without for score in scores):
        summary["passed_without_update"] = sum(score.without == "passed" for score in scores)
    summary["scores"] = _scores(sorted(known), scores)
    labels = {name for problem in problems for name in problem.labels}
    for name in sorted(labels - {"entry_point"}):
        summary[f"by_{name}"] = _by_label(problems, scores, name)
    return summary


def _by_label(problems: list[Problem], scores: list[Score], name: str) -> dict[str, Any]:
    groups: dict[str, list[str]] = {}
    for problem in problems:
        groups.setdefault(problem.labels.get(name, ""), []).append(problem.id)
    found = {}
    for value, names in sorted(groups.items()):
        chosen = set(names)
        part = _scores(names, [score for score in scores if score.problem in chosen])
        found[value] = {"problems": len(names), **part}
    return found


def _scores(problems: list[str], scores: list[Score]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for k in KS:
        found.update(_pass(f"pass@{k}", problems, scores, k, lambda score: score.passed))
    if any(score.without for score in scores):
        for k in KS:
            found.update(_pass(f"UPass@{k}", problems, scores, k, lambda score: score.follows))
    for name in ("es_star", "em_star"):
        values = [v for score in scores if (v := getattr(score, name)) is not None]
        if values:
            found[name] = round(sum(values) / len(values), 4)
    return found


def _pass(
    name: str, problems: list[str], scores: list[Score], k: int, good: Callable[[Score], bool]
) -> dict[str, Any]:
    values = list(per_problem(problems, scores, k, good).values())
    if not values:
        return {}
    low, high = interval(values)
    return {
        name: round(sum(values) / len(values), 4),
        f"{name} 95%": [round(low, 4), round(high, 4)],
    }


def per_problem(
    problems: Iterable[str], scores: list[Score], k: int, good: Callable[[Score], bool]
) -> dict[str, float]:
    """Return pass@k of each problem that has ``k`` scored completions."""
    drawn = Counter(score.problem for score in scores)
    passed = Counter(score.problem for score in scores if good(score))
    values = {problem: pass_at_k(drawn[problem], passed[problem], k) for problem in problems}
    return {problem: value for problem, value in values.items() if value is not None}


def table(summary: dict[str, Any]) -> str:
    """Return the summary as lines for people."""
    skipped = "".join(f", {count} skipped ({why})" for why, count in summary["skipped"].items())
    owed = f", {summary['owed']} still owed" if summary["owed"] else ""
    full = f", {summary['memory']} out of memory" if summary["memory"] else ""
    lines = [
        f"{summary['benchmark']}: {summary['problems']} problems{skipped}, "
        f"{summary['completions']} completions: {summary['passed']} passed, "
        f"{summary['failed']} failed, {summary['timeout']} timed out{full}{owed}"
    ]
    if "passed_without_update" in summary:
        lines.append(f"without the update {summary['passed_without_update']} pass")
    lines.append(_line("all", summary["scores"]))
    for key, groups in summary.items():
        if key.startswith("by_"):
            lines.append(key.replace("_", " "))
            lines += [_named(value, part) for value, part in groups.items()]
    return "\n".join(lines)


def _named(value: str, part: dict[str, Any]) -> str:
    return _line(f"  {' '.join(value.split()) or 'unknown'} ({part['problems']})", part)


def _line(name: str, scores: dict[str, Any]) -> str:
    parts = []
    for key, value in scores.items():
        if key.startswith(("pass@", "UPass@")) and not key.endswith("95%"):
            low, high = scores[f"{key} 95%"]
            parts.append(f"{key} {value:.1%} [{low:.1%}, {high:.1%}]")
        elif key in ("es_star", "em_star"):
            parts.append(f"{key[:2].upper()}* {value:.2f}")
    return f"{name:38} " + "  ".join(parts)
