"""The examiner's queue, on an engine that only sleeps: deadlines, turns, memory, workers."""

from __future__ import annotations

import re
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from recode_data.execute import Job
from recode_data.judge import Judgement
from recode_data.records import Entry, Environment, Run, content_id
from recode_data.rewards import deadlines as timing
from recode_data.rewards import examiner as examining
from recode_data.rewards.deadlines import deadlines, workers
from recode_data.rewards.examiner import Answer, Examiner

SHAPE = examining.shape
ENTRY = Entry("numpy", "==2.0.2", "", "", "print(0)", "print(1)", "==1.26.4")
PLACE = Environment("numpy", "2.0.2", "3.11")


class Engine:
    """Runs programs of the form ``N # seconds``: it prints N after so many seconds."""

    def __init__(self, jobs: int = 2) -> None:
        self.pool = ThreadPoolExecutor(jobs)
        self.jobs: list[Job] = []

    def submit(self, job: Job) -> Future[Run]:
        self.jobs.append(job)
        return self.pool.submit(self.run, job)

    def run(self, job: Job) -> Run:
        wanted = float(
            re.sub(r"[^\d.].*", "", job.code.partition("#")[2].strip(), flags=re.DOTALL) or 0.01
        )
        time.sleep(min(wanted, job.timeout))
        names = (content_id(job.code), PLACE.id, "numpy", "2.0.2", "3.11", "1")
        status = "timeout" if wanted > job.timeout else "clean"
        stdout = job.code.partition("(")[2].partition(")")[0]
        return Run(*names, status=status, stdout=stdout, seconds=min(wanted, job.timeout))  # type: ignore[arg-type]

    @property
    def codes(self) -> list[str]:
        return [job.code for job in self.jobs]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(examining.CachedResolver, "of_new", lambda *names: PLACE)
    monkeypatch.setattr(timing, "SHORTEST", 0.1)
    monkeypatch.setattr(timing, "crowding", lambda: 1.0)
    monkeypatch.setattr(examining, "shape", lambda code: code)  # comments say how long it takes
    return Engine()


def answers(*codes: str) -> list[Answer]:
    return [Answer(ENTRY, code) for code in codes]


def test_a_judgement_that_is_forgotten_meanwhile_is_still_given(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "KEPT", 10)
    examiner = Examiner(engine)
    first = answers("print(1)", "print(2)")
    assert [j.passed for j in examiner.judge(first)] == [True, False]
    many = answers(*(f"print(1) # {n / 10_000}" for n in range(1, 30)))
    judged = examiner.judge([*first, *many, *first])
    assert [j.passed for j in judged] == [True, False, *[True] * 29, True, False]


def test_endless_answers_hold_the_good_ones_up_for_a_turn_only(engine: Engine) -> None:
    endless = answers(*(f"print(1) # {3600 + n}" for n in range(16)))
    good = answers(*(f"print(1) # {n / 10_000}" for n in range(1, 49)))
    examiner = Examiner(engine)
    started = time.monotonic()
    judged = examiner.judge([*endless, *good], budget=60)
    assert time.monotonic() - started < 5
    assert [(j.passed, j.reason) for j in judged[:16]] == [(False, "timeout")] * 16
    assert all(j.passed for j in judged[16:])
    started = time.monotonic()
    assert examiner.judge(answers("print(1) # 0.02"))[0].passed
    assert time.monotonic() - started < 1


def test_a_slow_answer_gets_a_second_longer_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (0.5, 0.5, 0.5))
    assert deadlines(0.01) == (1.0, 1.0)
    assert deadlines(0.5) == (1.5, 5.0)
    assert deadlines(4.0) == (10.0, 10.0)
    assert deadlines(4.0, most=120) == (12.0, 40.0)
    monkeypatch.setattr("os.getloadavg", lambda: (8.0, 8.0, 8.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(timing, "SCHEDSTAT", Path("/proc/self/stat"))
    assert deadlines(0.01) == (1.0, 1.0)
    monkeypatch.setattr(timing, "SCHEDSTAT", Path("/proc/self/nothing"))
    assert deadlines(0.01) == (4.0, 4.0)


def test_an_answer_slower_than_its_first_turn_passes_in_its_second(engine: Engine) -> None:
    entry = Entry("numpy", "==2.0.2", "", "", "print(0)", "print(1) # 0.08", "==1.26.4")
    [judgement] = Examiner(engine).judge([Answer(entry, "print(1) # 0.5")])
    assert judgement.passed
    assert [round(job.timeout, 1) for job in engine.jobs[:3]] == [10.0, 0.2, 0.8]


def test_equal_answers_of_a_group_run_once(engine: Engine) -> None:
    judged = Examiner(engine).judge(answers(*["print(1) # 0.02", "print(2)"] * 4))
    assert [j.passed for j in judged] == [True, False] * 4
    assert {"print(1)", "print(1) # 0.02", "print(2)"} <= set(engine.codes)
    assert len(set(engine.codes)) == len(engine.codes)


def test_answers_that_differ_in_comments_and_layout_run_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "shape", SHAPE)
    group = answers(
        "print(2 + 0)", "print(2+0)\n", "# 0.01\nprint( 2 + 0 )", "print(0 + 2)",
        "print('#0')", "print( '#0' )", "print('# 0')",
    )  # fmt: skip
    judged = Examiner(engine).judge(group)
    assert [j.passed for j in judged] == [False] * 7
    answered = [code for code in engine.codes if code not in (ENTRY.new_code, ENTRY.old_code)]
    assert len(answered) == 4
    assert len({answer.id for answer in group}) == 4


def test_an_answer_that_is_the_entrys_own_code_is_not_run_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "shape", SHAPE)
    judged = Examiner(engine).judge(answers("print(1)  # 0.01", "print( 0 )"))
    assert [j.passed for j in judged] == [True, False]
    assert set(engine.codes) == {ENTRY.new_code, ENTRY.old_code}


@pytest.mark.parametrize(
    "code",
    ["x =", "\0", "(" * 5000, "x = " + "9" * 5000, "-" * 5000 + "1", "x = 1\n" * 4000, "\ud800"],
)
def test_a_program_that_cannot_be_compared_is_itself(code: str) -> None:
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)  # a judge in another thread may have raised it
    try:
        assert examining.shape(code) == code
    finally:
        sys.setrecursionlimit(usual)


def test_what_has_not_begun_when_time_is_up_does_not_wait_before_the_next_batch(
    engine: Engine,
) -> None:
    examiner = Examiner(engine)
    examiner.judge(answers("print(1)"))
    slow = answers(*(f"print(1) # 0.09{n:03}" for n in range(100)))
    judged = examiner.judge(slow, budget=0.3)
    assert {(j.passed, j.reason) for j in judged} == {(True, "ok"), (None, "timeout")}
    started = time.monotonic()
    assert examiner.judge(answers("print(1) # 0.01"))[0].passed
    assert time.monotonic() - started < 0.5
    assert all(j.passed for j in examiner.judge(slow, budget=60))


def test_batches_of_several_threads_share_runs(engine: Engine) -> None:
    examiner = Examiner(engine)
    group = answers(*(f"print(1) # 0.0{n}" for n in range(1, 9)))
    found: list[list[bool | None]] = []

    def judge(budget: float) -> None:
        found.append([j.passed for j in examiner.judge(group, budget)])

    threads = [threading.Thread(target=judge, args=(budget,)) for budget in (0.05, 60, 60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=lambda row: row.count(True))[1:] == [[True] * 8] * 2


def test_a_reference_that_fails_says_nothing_of_any_answer(engine: Engine) -> None:
    entry = Entry("numpy", "==2.0.2", "", "", "print(0)", "print(1) # 99", "==1.26.4")
    judged = Examiner(engine, timeout=0.2).judge([Answer(entry, "print(1)")])
    assert [(j.passed, j.reason) for j in judged] == [(None, "error")]
    assert engine.codes == ["print(1) # 99"]


def test_each_rank_takes_its_share_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_cores", lambda: 8)
    monkeypatch.delenv("RECODE_DATA_JOBS", raising=False)
    for ranks, share in (("", 8), ("1", 8), ("4", 2), ("16", 1)):
        monkeypatch.setenv("LOCAL_WORLD_SIZE", ranks or "1")
        assert workers() == share
    monkeypatch.setenv("RECODE_DATA_JOBS", "3")
    assert workers() == 3


def test_a_step_of_a_grading_that_has_no_runs_ends_at_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def graded(entry: Entry, code: str, job: object) -> object:
        runs = yield [job(code)]  # type: ignore[operator]
        assert [run.stdout for run in runs] == ["1"]
        assert (yield []) == []
        return Judgement(True, "ok")

    monkeypatch.setattr(examining, "grading", graded)
    began = time.monotonic()
    [judged] = Examiner(engine).judge(answers("print(1)"), budget=30)
    assert judged.passed and time.monotonic() - began < 20


def test_an_endless_answer_to_a_task_is_given_up_once_its_reference_is_timed(
    engine: Engine,
) -> None:
    examiner = Examiner(engine)
    known = Run(content_id(ENTRY.new_code), PLACE.id, "numpy", "2.0.2", "3.11", "1",
                status="clean", stdout="1", seconds=1.0)  # fmt: skip
    slow = Entry("numpy", "==2.0.2", "", "", "print(0)", "print(1) # 0.3", "==1.26.4")
    for entry in (ENTRY, slow):
        run = replace(known, code_id=content_id(entry.new_code))
        examiner.expect(entry, ("numpy",), PLACE, [run])
    endless, late = "print(1) # 3600", "print(1) # 0.4"
    judged = examiner.judge([Answer(ENTRY, endless), Answer(slow, late)], budget=60)
    assert [(j.passed, j.reason) for j in judged] == [(False, "timeout"), (True, "ok")]
    given = {job.code: [] for job in engine.jobs}  # type: ignore[var-annotated]
    for job in engine.jobs:
        given[job.code].append(round(job.timeout, 1))
    assert given[endless] == [0.1]
    assert given[late][0] == 0.1 and 3.0 <= given[late][1] <= 4.0
    assert given[ENTRY.new_code] == [10.0] and given[slow.new_code] == [10.0]
    examiner.judge([Answer(slow, "print(1) # 3601")], budget=60)
    assert engine.codes.count(slow.new_code) == 1
