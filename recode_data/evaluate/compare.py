"""Runs side by side: scores, what differs from the first run, and whether by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recode_data.errors import UsageError
from recode_data.evaluate.paper import NOTE, ROWS
from recode_data.evaluate.statistics import paired
from recode_data.evaluate.store import RunFolder, Score, open_run, read_object
from recode_data.evaluate.summary import per_problem


def compared(folders: list[Path], k: int = 1, differing: int = 5) -> dict[str, Any]:
    """Return the runs' scores, and each later run against the first.

    Raises `BadFile` for a folder without a run, `UsageError` for runs of different
    benchmarks or without a common problem.
    """
    runs = [open_run(folder) for folder in folders]
    names = {run.config["benchmark"] for run in runs}
    if len(names) > 1:
        raise UsageError(f"the runs are of {', '.join(sorted(names))}", "compare one benchmark")
    values = [_values(run, k) for run in runs]
    benchmark = names.pop()
    return {
        "benchmark": benchmark,
        "k": k,
        "runs": [_row(run) for run in runs],
        "against": str(folders[0]),
        "differences": [
            {"run": str(run.folder)} | _difference(run.scores(), values[0], other, k, differing)
            for run, other in zip(runs[1:], values[1:], strict=True)
        ],
        "paper": ROWS.get(benchmark, {}),
        "note": NOTE if benchmark in ROWS else "",
    }


def _row(run: RunFolder) -> dict[str, Any]:
    file = run.folder / "summary.json"
    summary = read_object(file) if file.exists() else {}
    update = run.config.get("update", True)
    kept = {key: summary.get(key) for key in ("problems", "completions", "owed", "scores")}
    return {"run": str(run.folder), "model": run.config["model"], "update": update, **kept}


def _values(run: RunFolder, k: int) -> dict[str, float]:
    scores = run.scores()
    problems = dict.fromkeys(score.problem for score in scores)
    return per_problem(problems, scores, k, lambda score: score.passed)


def _difference(
    scores: list[Score],
    before: dict[str, float],
    after: dict[str, float],
    k: int,
    differing: int,
) -> dict[str, Any]:
    shared = sorted(before.keys() & after.keys())
    if not shared:
        raise UsageError(
            f"two runs have no problem in common that has {k} scored completions or more",
            "evaluate both runs on the same problems, with as many samples",
        )
    mean, p = paired(before, after)
    moved = sorted(shared, key=lambda name: (-abs(after[name] - before[name]), name))
    moved = [name for name in moved if after[name] != before[name]]
    return {
        "problems": len(shared),
        f"pass@{k}": round(mean, 4),
        "p": round(p, 4),
        "better": sum(after[name] > before[name] for name in shared),
        "worse": sum(after[name] < before[name] for name in shared),
        "where": [_example(name, before, after, scores) for name in moved[:differing]],
    }


def _example(
    name: str, before: dict[str, float], after: dict[str, float], scores: list[Score]
) -> dict[str, Any]:
    reason = next((s.reason for s in scores if s.problem == name and s.reason), "")
    return {"problem": name, "before": before[name], "after": after[name], "reason": reason}


def lines(found: dict[str, Any]) -> str:
    """Return the comparison as lines for people."""
    keys = ("pass@1", "pass@5", "UPass@1", "UPass@5", "es_star", "em_star")
    shown = [key for key in keys if any(key in (row["scores"] or {}) for row in found["runs"])]
    text = [f"{found['benchmark']:40} " + " ".join(f"{key:>8}" for key in shown)]
    for row in found["runs"]:
        name = row["model"] + ("" if row["update"] else " (no update)")
        text.append(f"{name[-40:]:40} " + _cells(row["scores"] or {}, shown))
    for name, scores in found["paper"].items():
        text.append(f"{name:40} " + _cells(scores, shown))
    if found["note"]:
        text.append(f"({found['note']})")
    for part in found["differences"]:
        change = part[f"pass@{found['k']}"]
        text.append(
            f"{part['run']} against {found['against']}: pass@{found['k']} {change:+.1%} over "
            f"{part['problems']} problems, p = {part['p']:.3g} (paired sign flips), "
            f"{part['better']} better, {part['worse']} worse"
        )
        for where in part["where"]:
            reason = f"  {where['reason']}" if where["reason"] else ""
            text.append(
                f"  {where['before']:.2f} → {where['after']:.2f}  {where['problem']}{reason}"
            )
    return "\n".join(text)


def _cells(scores: dict[str, Any], shown: list[str]) -> str:
    cells = []
    for key in shown:
        value = scores.get(key)
        style = "8.2f" if key.endswith("_star") else "8.1%"
        cells.append(" " * 8 if value is None else format(value, style))
    return " ".join(cells)
