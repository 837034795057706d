"""What the scores of a run come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from recode_data.evaluate.problem import Benchmark, Problem
from recode_data.evaluate.staleness import staleness, told
from recode_data.evaluate.statistics import interval, pass_at_k
from recode_data.evaluate.store import UNSCORABLE, Score

KS = (1, 5)
CROSSED = (("arm", "library"), ("arm", "month"))
"""Labels that scores are also broken down by together, where problems have both."""
REASON = 200
"""Characters of a reason by which what is not judged is counted."""
UNTOLD = "no reason is known"
WAITING = "not scored yet"
MISSING = "not generated yet"


def summarise(
    benchmark: Benchmark,
    scores: list[Score],
    wanted: Mapping[str, int],
    stale: str = "",
    drawn: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Return counts and scores: pass@k with 95 % intervals, UPass@k where the update can be
    taken away, ES* and EM* where there is a target, and all of it by label.

    ``wanted`` says how many completions of each problem there have to be, ``drawn`` how many
    there are, and ``stale`` why none of them counts. What could not be judged is in no score:
    it is counted in ``not_judged`` by its reason, and in ``owed``; problems that cannot be run
    on this machine are in ``unscorable`` by theirs. As long as anything is owed
    ``final`` is false, ``scores`` is empty, and what is known of the rest is in ``so_far``.
    """
    hopeless = {score.problem: score.reason for score in scores if score.status == UNSCORABLE}
    problems = [problem for problem in benchmark.problems if problem.id not in hopeless]
    known = {problem.id for problem in problems}
    found = [score for score in scores if score.problem in known]
    scores = [score for score in found if score.judged]
    statuses = Counter(score.status for score in scores)
    owed = {name: max(0, wanted.get(name, 0)) for name in known}
    for score in scores:
        owed[score.problem] = max(0, owed[score.problem] - 1)
    reasons = _not_judged(found, owed, stale, drawn or {})
    skipped = benchmark.skipped | {"no environment can be made": len(hopeless)}
    final = bool(known) and not sum(owed.values()) and len(found) == len(scores)
    summary: dict[str, Any] = {
        "benchmark": benchmark.name,
        "problems": len(known),
        "skipped": {reason: count for reason, count in skipped.items() if count},
        "completions": len(scores),
        "passed": statuses["passed"],
        "failed": statuses["failed"],
        "timeout": statuses["timeout"],
        "memory": statuses["memory"],
        "owed": sum(reasons.values()),
        "not_judged": dict(reasons.most_common()),
        "unscorable": dict(Counter(map(_reason, hopeless.values())).most_common()),
        "final": final,
        "scores": {},
    }
    if any(score.without for score in scores):
        summary["passed_without_update"] = sum(score.without == "passed" for score in scores)
    summary["scores" if final else "so_far"] = _scores(sorted(known), scores)
    if not final:
        return summary
    labels = {name for problem in problems for name in problem.labels}
    for name in sorted(labels - {"entry_point"}):
        summary[f"by_{name}"] = _by_label(problems, scores, name)
    for first, second in CROSSED:
        if {first, second} <= labels:
            summary[f"by_{first}_and_{second}"] = _by_label(problems, scores, first, second)
    if any(score.api for score in scores):
        summary["staleness"] = _staleness(problems, scores)
    return summary


def _staleness(problems: list[Problem], scores: list[Score]) -> dict[str, Any]:
    """Return from when on answers fall to the old API, for each arm; that an argument is left
    out tells nothing of it, for hardly anybody gives it who has not seen old code."""
    found = {}
    problems = [problem for problem in problems if problem.labels.get("asks") != "argument"]
    for arm in dict.fromkeys(problem.labels.get("arm", "") for problem in problems):
        months = {p.id: p.labels["month"] for p in problems if p.labels.get("arm", "") == arm}
        uses = _old_uses(scores)
        found[arm] = staleness(
            [(months[id], sum(uses[id]), len(uses[id])) for id in months if id in uses]
        )
    return found


def old_shares(scores: Iterable[Score]) -> dict[str, float]:
    """Return the share of each problem's answers, of those that ran, that use the old API."""
    return {problem: sum(used) / len(used) for problem, used in _old_uses(scores).items()}


def _old_uses(scores: Iterable[Score]) -> dict[str, list[bool]]:
    """Return of each problem's answers, of those that ran, whether they use the old API."""
    uses: dict[str, list[bool]] = {}
    for score in scores:
        if score.api:
            uses.setdefault(score.problem, []).append(score.old_api)
    return uses


def _not_judged(
    found: list[Score], owed: Mapping[str, int], stale: str, drawn: Mapping[str, int]
) -> Counter[str]:
    """Return how many completions are owed a judgement, by the reason."""
    reasons: Counter[str] = Counter()
    if stale:
        reasons[stale] = sum(owed.values())
        return +reasons
    failed = [score for score in found if not score.judged]
    reasons.update(_reason(score.reason) for score in failed)
    scored = Counter(score.problem for score in found)
    lost = Counter(score.problem for score in failed)
    for name, count in owed.items():
        waiting = max(0, drawn.get(name, 0) - scored[name])
        reasons[WAITING] += min(waiting, count)
        reasons[MISSING] += max(0, count - waiting - lost[name])
    return +reasons


def _reason(text: str) -> str:
    return " ".join(text.split())[:REASON] or UNTOLD


def _by_label(problems: list[Problem], scores: list[Score], *names: str) -> dict[str, Any]:
    groups: dict[str, list[str]] = {}
    for problem in problems:
        value = ", ".join(problem.labels.get(name, "") for name in names)
        groups.setdefault(value, []).append(problem.id)
    found = {}
    for value, group in sorted(groups.items()):
        chosen = set(group)
        part = _scores(group, [score for score in scores if score.problem in chosen])
        found[value] = {"problems": len(group), **part}
    return found


def _scores(problems: list[str], scores: list[Score]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for k in KS:
        found.update(_pass(f"pass@{k}", problems, scores, k, lambda score: score.passed))
    if any(score.without for score in scores):
        for k in KS:
            found.update(_pass(f"UPass@{k}", problems, scores, k, lambda score: score.follows))
    if shares := list(old_shares(scores).values()):
        found |= _mean("old_api", shares)
    for name in ("es_star", "em_star"):
        rewards = [v for score in scores if (v := getattr(score, name)) is not None]
        if rewards:
            found[name] = round(sum(rewards) / len(rewards), 4)
    return found


def _pass(
    name: str, problems: list[str], scores: list[Score], k: int, good: Callable[[Score], bool]
) -> dict[str, Any]:
    """Return pass@k; nothing where a problem has fewer answers: those who choose which problems
    to answer ``k`` times would choose their score."""
    values = list(per_problem(problems, scores, k, good).values())
    return _mean(name, values) if values and len(values) == len(problems) else {}


def _mean(name: str, values: list[float]) -> dict[str, Any]:
    """Return a mean over problems and its interval."""
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
    owed = f", {summary['owed']} not judged" if summary["owed"] else ""
    full = f", {summary['memory']} out of memory" if summary["memory"] else ""
    lines = [
        f"{summary['benchmark']}: {summary['problems']} problems{skipped}, "
        f"{summary['completions']} completions: {summary['passed']} passed, "
        f"{summary['failed']} failed, {summary['timeout']} timed out{full}{owed}"
    ]
    if "passed_without_update" in summary:
        lines.append(f"without the update {summary['passed_without_update']} pass")
    lines += [f"  skipped: {n} × {why}" for why, n in summary["unscorable"].items()]
    lines += [f"  not judged: {n} × {why}" for why, n in summary["not_judged"].items()]
    if not summary["final"]:
        if summary["so_far"]:
            lines.append(_line("so far, of what was judged; no result", summary["so_far"]))
        return "\n".join(lines)
    lines.append(_line("all", summary["scores"]))
    for key, groups in summary.items():
        if key.startswith("by_"):
            lines.append(key.replace("_", " "))
            lines += [_named(value, part) for value, part in groups.items()]
    for arm, found in summary.get("staleness", {}).items():
        lines.append(f"{f'staleness, {arm}' if arm else 'staleness'}: {told(found)}")
    return "\n".join(lines)


def _named(value: str, part: dict[str, Any]) -> str:
    return _line(f"  {' '.join(value.split()) or 'unknown'} ({part['problems']})", part)


def _line(name: str, scores: dict[str, Any]) -> str:
    parts = []
    for key, value in scores.items():
        if key.startswith(("pass@", "UPass@")) and not key.endswith("95%"):
            low, high = scores[f"{key} 95%"]
            parts.append(f"{key} {value:.1%} [{low:.1%}, {high:.1%}]")
        elif key == "old_api":
            low, high = scores[f"{key} 95%"]
            parts.append(f"old API {value:.1%} [{low:.1%}, {high:.1%}]")
        elif key in ("es_star", "em_star"):
            parts.append(f"{key[:2].upper()}* {value:.2f}")
    return f"{name:38} " + "  ".join(parts)
