"""Makes the tasks of entries: runs both codes in the new version, asks the library for its
words, and keeps what came of it in the cache."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from recode_data.cache import cache_folder, written_whole
from recode_data.errors import EnvironmentFailed, EnvironmentUnusable
from recode_data.evaluate.dated import DatedExaminer
from recode_data.evaluate.documentation import documentation
from recode_data.evaluate.heldout import PATIENCE, not_here
from recode_data.evaluate.task import (
    Refusal,
    Sketch,
    Task,
    rewritten,
    sketch,
    task_of,
    with_other_packages,
)
from recode_data.execute import Executor, runner
from recode_data.execute.environments import made_of
from recode_data.library import Library
from recode_data.progress import Progress
from recode_data.records import Entry, Environment, Run, content_id
from recode_data.rewards.examiner import Answer, Examiner

TASKS = "3"
"""Version of how tasks are made: those of another one are made again."""
NOWHERE = "this machine has no environment for it"
_KEPT = TypeAdapter(Task)
_REFUSED = "refused: "


@dataclass
class Prepared:
    """The tasks of entries by their ids, and why the others have none."""

    tasks: dict[str, Task] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def prepare(
    entries: Iterable[Entry], jobs: int = 1, progress: Progress | None = None, before: str = ""
) -> Prepared:
    """Return the task of each entry, or why it has none; ``before`` is the instant before which
    all packages in its environment were released.

    Raises `EnvironmentFailed` where an entry could not be tried for a reason of ours: which
    tasks there are must not depend on it.
    """
    progress = progress or Progress(quiet=True)
    made, waiting = Prepared(), list(entries)
    with Executor(jobs) as executor, progress.task("prepare tasks", len(waiting)) as task:
        examiner = DatedExaminer(executor, before)
        groups: dict[str, tuple[Environment, list[Entry]]] = {}
        for entry in waiting:
            place = examiner.environment(entry)
            if isinstance(place, str):
                made.refused[entry.id] = _nowhere(examiner, entry, place)
                task.advance()
            else:
                groups.setdefault(place.id, (place, []))[1].append(entry)
        for place, group in groups.values():
            for entry, found in _of_place(examiner, executor, place, group):
                if isinstance(found, Task):
                    made.tasks[entry.id] = found
                else:
                    made.refused[entry.id] = found
                task.advance()
    return made


def _nowhere(examiner: Examiner, entry: Entry, reason: str) -> str:
    """Return why an entry can never be run here; raises what may be otherwise next time."""
    if Library.matching(entry.dependency) is None or not_here(examiner.resolver, entry):
        return f"{NOWHERE}: {reason}"
    raise EnvironmentFailed(
        f"no task can be made of {entry.id}: {reason}", "check the network, then run it again"
    )


def _of_place(
    examiner: Examiner, executor: Executor, place: Environment, entries: list[Entry]
) -> list[tuple[Entry, Task | str]]:
    """Make the tasks of entries whose new code runs in one environment."""
    found: list[tuple[Entry, Task | str]] = []
    new: list[Entry] = []
    for entry in entries:
        known = _known(entry, place)
        if known is None:
            new.append(entry)
        else:
            found.append((entry, known))
    if not new:
        return found
    library = Library.matching(new[0].dependency)
    assert library is not None
    runs = [
        [
            examiner.run(code, place, with_other_packages(library, entry))
            for code in (entry.new_code, entry.old_code)
        ]
        for entry in new
    ]
    sketches: list[tuple[Entry, Sketch | Refusal]] = []
    for entry, (reference, old) in zip(new, runs, strict=True):
        pair = reference.result(), old.result()
        if unusable := _unusable(*pair):
            found.append((entry, f"{NOWHERE}: {unusable}"))
        else:
            sketches.append((entry, sketch(entry, *pair)))
    names = {path for _, made in sketches if isinstance(made, Sketch) for path in made.paths}
    told = documentation(executor, place, names)
    tasks = [
        (entry, task_of(made, told) if isinstance(made, Sketch) else made)
        for entry, made in sketches
    ]
    unfair = _unfair(examiner, [entry for entry, task in tasks if isinstance(task, Task)])
    for entry, tried in tasks:
        task = Refusal.UNFAIR if entry.id in unfair else tried
        _keep(entry, place, task)
        found.append((entry, task if isinstance(task, Task) else str(task)))
    return found


def _unfair(examiner: Examiner, entries: list[Entry]) -> set[str]:
    """Return the entries whose own reference is refused where it is written otherwise, so that
    no answer could be sure to pass."""
    answers = [Answer(entry, rewritten(entry.new_code)) for entry in entries]
    refused = set()
    for answer, judgement in zip(answers, examiner.judge(answers, PATIENCE), strict=True):
        if judgement.passed is None:
            raise EnvironmentFailed(
                f"no task can be made of {answer.entry.id}: {judgement.detail}",
                "the same command tries again",
            )
        if not judgement.passed:
            refused.add(answer.entry.id)
    return refused


def _unusable(reference: Run, old: Run) -> str:
    """Return why there can never be these runs here; raises where there may be next time."""
    for run in (reference, old):
        if run.status == "error" and run.exception == EnvironmentUnusable.__name__:
            return run.message
        if run.status == "error":
            raise EnvironmentFailed(
                f"no task can be made: {run.message}", "the same command tries again"
            )
    return ""


def _file(entry: Entry, place: Environment) -> Path:
    """Return where the task of an entry is kept: under what it was made of."""
    told = [entry.old_symbol, entry.old_keyword, entry.new_symbol, entry.new_keyword]
    key = content_id(TASKS, runner(), entry.id, told, made_of(place))
    return cache_folder("tasks", key[:2]) / f"{key}.json"


def _known(entry: Entry, place: Environment) -> Task | str | None:
    if not made_of(place):
        return None
    try:
        text = _file(entry, place).read_text(encoding="utf-8")
        return text.removeprefix(_REFUSED) if text.startswith(_REFUSED) else task_from(text)
    except (OSError, ValueError):
        return None


def _keep(entry: Entry, place: Environment, task: Task | Refusal) -> None:
    text = task_text(task) if isinstance(task, Task) else f"{_REFUSED}{task}"
    with written_whole(_file(entry, place)) as part:
        part.write_text(text, encoding="utf-8")


def task_text(task: Task) -> str:
    """Return a task as JSON."""
    return _KEPT.dump_json(task).decode()


def task_from(text: str) -> Task:
    """Return the task that `task_text` wrote; raises `ValueError` for anything else."""
    return _KEPT.validate_json(text)
