"""Runs side by side: scores, what differs from the first run, and whether by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recode_data.errors import UsageError
from recode_data.evaluate.paper import NOTE, ROWS
from recode_data.evaluate.statistics import holm, interval, paired
from recode_data.evaluate.store import RunFolder, Score, concluded, open_run
from recode_data.evaluate.summary import old_shares, per_problem


def compared(folders: list[Path], k: int = 1, differing: int = 5) -> dict[str, Any]:
    """Return the runs' scores, and each later run against the first.

    A problem that two runs scored by different tests, versions or judges is left out of
    their comparison. Raises `BadFile` for a folder without a run, `RecodeError` for a run that
    is not final, `UsageError` for runs of different benchmarks or without a common problem.
    """
    runs = [open_run(folder) for folder in folders]
    names = {run.config["benchmark"] for run in runs}
    if len(names) > 1:
        raise UsageError(f"the runs are of {', '.join(sorted(names))}", "compare one benchmark")
    summaries = [concluded(run) for run in runs]
    values = [_values(run, k) for run in runs]
    bases = [{score.problem: score.basis for score in run.scores()} for run in runs]
    benchmark = names.pop()
    differences = [
        {"run": str(run.folder)}
        | _difference(run, _alike(values[0], bases[0], basis), other, k, differing)
        | {"left_out": len(values[0]) - len(_alike(values[0], bases[0], basis))}
        for run, other, basis in zip(runs[1:], values[1:], bases[1:], strict=True)
    ]
    adjusted = holm([part["p"] for part in differences])
    return {
        "benchmark": benchmark,
        "k": k,
        "runs": [_row(*pair) for pair in zip(runs, summaries, strict=True)],
        "against": str(folders[0]),
        "differences": [
            part | {"p_holm": round(p, 4)} for part, p in zip(differences, adjusted, strict=True)
        ],
        **_in_arms(runs, values, bases, k),
        "paper": ROWS.get(benchmark, {}),
        "note": NOTE if benchmark in ROWS else "",
    }


def _row(run: RunFolder, summary: dict[str, Any]) -> dict[str, Any]:
    update = run.config.get("update", True)
    kept = {key: summary.get(key) for key in ("problems", "completions", "owed", "scores")}
    return {"run": str(run.folder), "model": run.config["model"], "update": update, **kept}


def _in_arms(
    runs: list[RunFolder], values: list[dict[str, float]], bases: list[dict[str, str]], k: int
) -> dict[str, Any]:
    """Return each run's scores by arm, and the tests between runs within an arm and between arms
    within a run, their p-values adjusted together; nothing for a benchmark without arms."""
    if not str(runs[0].config["benchmark"]).startswith("since"):
        return {}
    arms = list(dict.fromkeys(arm for own in values for name in own if (arm := _arm(name))))
    if len(arms) < 2:
        return {}
    shares = [old_shares([score for score in run.scores() if score.judged]) for run in runs]
    cells = [
        {"run": str(run.folder), "model": run.config["model"], "arm": arm}
        | _cell(_of_arm(own, arm), _of_arm(old, arm), k)
        for run, own, old in zip(runs, values, shares, strict=True)
        for arm in arms
    ]
    tests = [
        _tested(arm, str(run.folder), str(runs[0].folder), _of_arm(before, arm), _of_arm(own, arm))
        for run, own, basis in zip(runs[1:], values[1:], bases[1:], strict=True)
        for before in [_alike(values[0], bases[0], basis)]
        for arm in arms
    ]
    tests += [
        _tested(f"{arm} against {arms[0]}", str(run.folder), "", _of_arm(own, arms[0]),
                _of_arm(own, arm))
        for run, own in zip(runs, values, strict=True)
        for arm in arms[1:]
    ]  # fmt: skip
    tests = [test for test in tests if test["problems"]]
    adjusted = holm([test["p"] for test in tests])
    for test, p in zip(tests, adjusted, strict=True):
        test["p_holm"] = round(p, 4)
        test["p"] = round(test["p"], 4)
    return {"arms": cells, "tests": tests}


def _arm(problem: str) -> str:
    """Return the arm that a problem is asked in, as the end of its id names it."""
    return problem.partition(" ")[2]


def _of_arm(values: dict[str, float], arm: str) -> dict[str, float]:
    """Return the values of one arm by the id of the task."""
    return {name.partition(" ")[0]: v for name, v in values.items() if _arm(name) == arm}


def _cell(values: dict[str, float], old: dict[str, float], k: int) -> dict[str, Any]:
    found: dict[str, Any] = {"problems": len(values)}
    for name, own in ((f"pass@{k}", values), ("old_api", old)):
        if own:
            low, high = interval(list(own.values()))
            found[name] = round(sum(own.values()) / len(own), 4)
            found[f"{name} 95%"] = [round(low, 4), round(high, 4)]
    return found


def _tested(
    what: str, run: str, against: str, before: dict[str, float], after: dict[str, float]
) -> dict[str, Any]:
    mean, p = paired(before, after)
    shared = before.keys() & after.keys()
    found = {"what": what, "run": run, "difference": round(mean, 4), "p": p}
    return found | {"problems": len(shared)} | ({"against": against} if against else {})


def _alike(
    values: dict[str, float], bases: dict[str, str], others: dict[str, str]
) -> dict[str, float]:
    """Return the problems that another run lacks, or scored on the same basis."""
    return {
        name: value
        for name, value in values.items()
        if others.get(name, bases[name]) == bases[name]
    }


def _values(run: RunFolder, k: int) -> dict[str, float]:
    scores = [score for score in run.scores() if score.judged]
    problems = dict.fromkeys(score.problem for score in scores)
    return per_problem(problems, scores, k, lambda score: score.passed)


def _difference(
    run: RunFolder,
    before: dict[str, float],
    after: dict[str, float],
    k: int,
    differing: int,
) -> dict[str, Any]:
    shared = sorted(before.keys() & after.keys())
    if not shared:
        raise UsageError(
            f"{run.folder} and the first run have no problem in common that both scored in the "
            f"same way and that has {k} scored completions or more",
            "evaluate both on the same problems, with as many samples and the same version",
        )
    scores = run.scores()
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
    text += _arm_lines(found) if "arms" in found else []
    for part in found["differences"]:
        change = part[f"pass@{found['k']}"]
        text.append(
            f"{part['run']} against {found['against']}: pass@{found['k']} {change:+.1%} over "
            f"{part['problems']} problems, p = {part['p']:.3g} (paired sign flips), "
            f"{part['p_holm']:.3g} by Holm, "
            f"{part['better']} better, {part['worse']} worse"
            + (f"; {part['left_out']} left out, scored otherwise" if part["left_out"] else "")
        )
        for where in part["where"]:
            reason = f"  {where['reason']}" if where["reason"] else ""
            text.append(
                f"  {where['before']:.2f} → {where['after']:.2f}  {where['problem']}{reason}"
            )
    return "\n".join(text)


def _arm_lines(found: dict[str, Any]) -> list[str]:
    """Return a table of arms by models, and the tests between them."""
    arms = list(dict.fromkeys(cell["arm"] for cell in found["arms"]))
    text = [f"{'pass@' + str(found['k']) + ' (old API)':40} " + " ".join(f"{a:>17}" for a in arms)]
    for run in found["runs"]:
        own = {cell["arm"]: cell for cell in found["arms"] if cell["run"] == run["run"]}
        cells = [_arm_cell(own[arm], found["k"]) for arm in arms]
        text.append(f"{run['model'][-40:]:40} " + " ".join(f"{cell:>17}" for cell in cells))
    for test in found["tests"]:
        against = f" against {test['against']}" if "against" in test else ""
        text.append(
            f"  {test['what']}: {test['run']}{against} {test['difference']:+.1%} over "
            f"{test['problems']} tasks, p = {test['p']:.3g}, {test['p_holm']:.3g} by Holm"
        )
    return text


def _arm_cell(cell: dict[str, Any], k: int) -> str:
    told = f"{cell[f'pass@{k}']:.1%}" if f"pass@{k}" in cell else ""
    return told + (f" ({cell['old_api']:.1%})" if "old_api" in cell else "")


def _cells(scores: dict[str, Any], shown: list[str]) -> str:
    cells = []
    for key in shown:
        value = scores.get(key)
        style = "8.2f" if key.endswith("_star") else "8.1%"
        cells.append(" " * 8 if value is None else format(value, style))
    return " ".join(cells)
