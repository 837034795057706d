"""A row with all that grading an answer to it needs, wherever that happens.

The formats that trainers plug in carry a `Task` for each row: the entry, the environment of
its new version, and what the row's own two codes do there, measured when the data set was
exported. Whoever grades an answer runs the answer and the judge's checks of it, and neither
asks the index nor runs the row's own codes again.
"""

from __future__ import annotations

import asyncio
import math
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from recode_data.answers import Completion, program_of
from recode_data.errors import BadFile, RecodeError
from recode_data.execute import Job
from recode_data.judge import Judgement
from recode_data.reasons import Reason
from recode_data.records import Entry, Environment, Run
from recode_data.rewards.examiner import BUDGET, Answer, Examiner, entry_of

LARGEST = 1 << 20
"""Bytes of an answer's file."""
SHOWN = 4_000
"""Characters of a program's output that a model is shown."""
TOGETHER = 64
"""Rows whose own codes are graded together."""
PATIENCE = 600.0
"""Seconds for a batch of those, environments aside that have to be made first."""

NO_PROGRAM = Judgement(False, "unparsable", "no program in the answer")
"""What becomes of an answer that hands in none."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """A row of a data set, ready to grade answers to it."""

    entry: Entry
    packages: tuple[str, ...]
    """The library's top packages."""
    environment: Environment
    """Where answers run."""
    reference: Run
    """What the row's new code does there."""
    old: Run
    """What its old code does there."""

    def to_json(self) -> str:
        """Return the task as one line of JSON, the same for the same data set."""
        text: str = _adapter().dump_json(self).decode()
        return text

    @classmethod
    def from_json(cls, text: str | bytes) -> Task:
        """Return what `to_json` wrote; raises `BadFile` for anything else."""
        from pydantic import ValidationError

        try:
            task: Task = _adapter().validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadFile(
                f"not a task: {where}: {first['msg']}", "recode-data export writes tasks"
            ) from error
        return task


@lru_cache(maxsize=1)
def _adapter() -> Any:
    from pydantic import BeforeValidator, TypeAdapter

    return TypeAdapter(Annotated[Task, BeforeValidator(_of_today)])


def _of_today(told: Any) -> Any:
    """Return a task as it is written now; until 0.1 it named one package."""
    if isinstance(told, dict) and "package" in told:
        return {key: value for key, value in told.items() if key != "package"} | {
            "packages": [told["package"]]
        }
    return told


@lru_cache(maxsize=1)
def grader() -> Examiner:
    """Return the examiner of this process that grades answers to tasks."""
    return Examiner()


def grade(
    task: Task, code: str, examiner: Examiner | None = None, seconds: float = BUDGET
) -> Judgement:
    """Judge ``code`` as an answer to ``task`` within ``seconds``; ``passed`` is None where that
    failed for a reason of ours."""
    examiner = examiner or grader()
    examiner.expect(task.entry, task.packages, task.environment, (task.reference, task.old))
    [judgement] = examiner.judge([Answer(task.entry, code)], seconds)
    return judgement


def run_program(
    task: Task, code: str, examiner: Examiner | None = None, seconds: float = BUDGET
) -> str:
    """Return what a program prints in the new version of ``task``, its warnings and the
    exception that ends it, as a model is shown them.

    Raises `RecodeError` where it could not be run within ``seconds``.
    """
    examiner = examiner or grader()
    job = Job(code, task.environment, timeout=min(examiner.timeout, seconds))
    future = examiner.engine.submit(job)
    try:
        run = future.result(seconds)
    except TimeoutError as error:
        future.cancel()
        raise RecodeError("the program could not be run in time", "run it again") from error
    said = [run.stdout, *(f"{caught.category}: {caught.message}" for caught in run.warnings)]
    if run.status != "clean":
        said.append(f"{run.exception or run.status}: {run.message}")
    return "\n".join(part for part in said if part)[-SHOWN:] or "(no output)"


def grade_completion(task: Task, completion: Completion) -> Judgement:
    """Judge the program in what a model said."""
    code = program_of(completion)
    if code is None or not code.strip():
        return NO_PROGRAM
    return grade(task, code)


def grade_all(
    tasks: Sequence[Task], completions: Sequence[Completion], seconds: float = BUDGET
) -> list[Judgement]:
    """Judge the programs in what a model said to each of ``tasks``, all at once.

    The same programs for the same row, as a group of samples has them, are judged once.
    """
    examiner = grader()
    for task in {id(task): task for task in tasks}.values():
        examiner.expect(task.entry, task.packages, task.environment, (task.reference, task.old))
    codes = [program_of(completion) for completion in completions]
    answers = [
        Answer(task.entry, code) if code is not None and code.strip() else None
        for task, code in zip(tasks, codes, strict=True)
    ]
    judged = iter(examiner.judge([one for one in answers if one is not None], seconds))
    return [NO_PROGRAM if one is None else next(judged) for one in answers]


async def reward(task: Task, completion: Completion) -> float:
    """Return 1 for a completion that migrates the row's code and 0 for any other, without
    blocking the event loop.

    Raises `RecodeError` where that cannot be said, which is not the same as 0.
    """
    return paid(await asyncio.to_thread(grade_completion, task, completion))


def paid(judgement: Judgement) -> float:
    """Return what a judgement is worth; raises `RecodeError` where there is none."""
    if judgement.passed is None:
        raise RecodeError(
            f"the answer could not be graded: {judgement.detail or judgement.reason}",
            "recode-data doctor says what this machine lacks",
        )
    return float(judgement.passed)


def read_answer(file: Path) -> str | None:
    """Return the program in a file that somebody else may have made, None where there is none.

    A link is not followed, for it may lead to what its maker could not read.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as opened:
            content = opened.read(LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


@dataclass(frozen=True)
class Prepared:
    """The tasks of a data set's rows by id, and why the other rows have none."""

    tasks: dict[str, Task]
    dropped: dict[str, str]
    """Row → why it is no task: a `Reason` of the export."""

    def add(self, other: Prepared) -> None:
        """Take in what was prepared of other rows."""
        self.tasks.update(other.tasks)
        self.dropped.update(other.dropped)


def prepare(
    rows: Iterable[Row], examiner: Examiner | None = None, told: Callable[[int], None] | None = None
) -> Prepared:
    """Run the codes of ``rows`` where answers will run, and make a task of each row whose own
    new code is paid, and whose old code is not, nor a program that prints what is expected.

    ``told`` is called with the number of rows that are done each time some are.
    """
    examiner = examiner or grader()
    prepared = Prepared({}, {})
    entries = []
    for row in rows:
        try:
            entries.append((row["id"], entry_of(row)))
        except ValueError:  # what it requires is no package with a version
            prepared.dropped[row["id"]] = Reason.UNGRADABLE
    # rows of one environment together: a server that is warm stays so
    entries.sort(key=lambda pair: (pair[1].dependency, pair[1].new_version, pair[1].old_version))
    for start in range(0, len(entries), TOGETHER):
        part = entries[start : start + TOGETHER]
        prepared.add(_prepared(dict(part), examiner))
        if told:
            told(len(part))
    return prepared


def _prepared(entries: Mapping[str, Entry], examiner: Examiner) -> Prepared:
    own = [Answer(one, code) for one in entries.values() for code in (one.new_code, one.old_code)]
    judged = judged_together(own, examiner)
    found = Prepared({}, {})
    for id, oracle, old in zip(entries, judged[::2], judged[1::2], strict=True):
        if oracle.passed is None or old.passed is None:
            found.dropped[id] = Reason.UNGRADABLE
        elif not oracle.passed or old.passed:
            found.dropped[id] = Reason.OLD_PASSES if oracle.passed else Reason.ORACLE_FAILS
        else:
            found.tasks[id] = _task(examiner, entries[id])
    printed = [
        Answer(task.entry, f"print({task.reference.stdout!r}, end='')\n")
        for task in found.tasks.values()
    ]
    for id, cheat in zip(list(found.tasks), judged_together(printed, examiner), strict=True):
        if cheat.passed is not False:
            del found.tasks[id]
            found.dropped[id] = Reason.PRINT_PASSES if cheat.passed else Reason.UNGRADABLE
    return found


def judged_together(answers: list[Answer], examiner: Examiner) -> list[Judgement]:
    """Judge answers together, and once more, alone, those of which a busy machine says nothing."""
    judged = examiner.judge(answers, PATIENCE)
    return [
        found if found.passed is not None else examiner.judge([answer], PATIENCE)[0]
        for answer, found in zip(answers, judged, strict=True)
    ]


def _task(examiner: Examiner, entry: Entry) -> Task:
    packages, environment = examiner.packages(entry), examiner.environment(entry)
    assert isinstance(environment, Environment)  # answers to it were judged
    reference, old = (
        _measured(examiner.run(code, environment, packages).result())
        for code in (entry.new_code, entry.old_code)
    )
    return Task(entry, packages, environment, reference, old)


def _measured(run: Run) -> Run:
    """Return what of a run does not depend on the machine's load: its time only says how long
    an answer may take, so whole powers of two of a second are enough."""
    seconds = 2.0 ** max(0, math.ceil(math.log2(max(run.seconds, 1e-3))))
    return replace(run, seconds=seconds, tier="")
