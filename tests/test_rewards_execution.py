"""The execution reward, in real environments."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from dataclasses import replace

import pytest

from recode_data.errors import UsageError
from recode_data.execute import Executor, Job
from recode_data.records import Entry, Environment, Run
from recode_data.rewards import examiner, execution
from recode_data.rewards.examiner import Answer, Examiner

OLD = "import numpy as np\nprint(np.in1d(np.array([1, 2, 3]), [2, 5]))"
NEW = OLD.replace("in1d", "isin")
ENTRY = Entry("numpy", "==2.0.2", "", "`in1d` is deprecated, use `isin`", OLD, NEW, "==1.26.4",
              old_symbol="numpy.in1d", new_symbol="numpy.isin")  # fmt: skip
COLUMNS = {
    "dependency": ENTRY.dependency, "new_version": ENTRY.new_version, "old_code": OLD,
    "old_version": ENTRY.old_version, "old_symbol": "numpy.in1d", "new_symbol": "numpy.isin",
}  # fmt: skip


def reward(codes: list[str], **changed: str) -> list[float | None]:
    columns = {name: [value] * len(codes) for name, value in (COLUMNS | changed).items()}
    completions = [f"```python\n{code}\n```" for code in codes]
    return asyncio.run(execution(completions, [NEW] * len(codes), **columns))


@pytest.mark.index
def test_only_code_that_migrates_is_paid() -> None:
    renamed = "from numpy import array, isin as found\nvalues = array([1, 2, 3])\n"
    codes = {
        NEW: 1.0,
        renamed + "print(found(values, [2, 5]))": 1.0,
        OLD: 0.0,
        NEW.replace("5", "3"): 0.0,
        NEW.replace("isin", "is_in"): 0.0,
        "print('[False  True False]')": 0.0,
        "import os\nprint('[False  True False]', flush=True)\nos._exit(0)": 0.0,
        "print((": 0.0,
    }
    assert reward(list(codes)) == list(codes.values())


def test_what_cannot_be_judged_is_none() -> None:
    assert reward([NEW], dependency="no such library") == [None]
    assert reward([NEW], new_version="") == [None]
    assert reward([NEW], requirements="--index-url=https://example.org") == [None]
    with pytest.raises(UsageError, match="dependency"):
        asyncio.run(execution([NEW], [NEW]))


def test_an_answer_is_run_with_the_packages_that_its_row_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Environment("numpy", "2.0.2", "3.12", ("pinned<2",))
    monkeypatch.setattr(examiner.CachedResolver, "of_new", lambda *names: place)
    judge = Examiner()
    assert judge.environment(ENTRY) == place
    found = judge.environment(replace(ENTRY, requirements=("six>=1",)))
    assert found == replace(place, requirements=("pinned<2", "six>=1"))


class Counting:
    """An engine that counts what it is asked to run."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.codes: list[str] = []

    def submit(self, job: Job) -> Future[Run]:
        self.codes.append(job.code)
        return self.executor.submit(job)


@pytest.mark.index
def test_a_slow_answer_holds_nothing_up_and_nothing_runs_twice() -> None:
    slow = NEW + "\nimport time\ntime.sleep(0.7)"
    with Executor(jobs=2) as executor:
        engine = Counting(executor)
        examiner = Examiner(engine, timeout=120)
        assert examiner.judge([Answer(ENTRY, NEW)], budget=120)[0].passed
        started = time.monotonic()
        judged = examiner.judge([Answer(ENTRY, slow), Answer(ENTRY, NEW)], budget=0.3)
        assert time.monotonic() - started < 5
        assert [(j.passed, j.reason) for j in judged] == [(None, "timeout"), (True, "ok")]
        assert examiner.judge([Answer(ENTRY, slow)], budget=120)[0].passed
        assert {NEW, slow} <= set(engine.codes)
        assert len(engine.codes) == len(set(engine.codes))


@pytest.mark.index
def test_a_silent_program_is_known_by_its_values() -> None:
    old = "import numpy as np\nfound = np.in1d(np.array([1, 2, 3]), [2, 5])\ncount = found.sum()"
    new = old.replace("in1d", "isin")
    entry = Entry(
        "numpy", "==2.0.2", "", "", old, new, "==1.26.4",
        old_symbol="numpy.in1d", new_symbol="numpy.isin",
    )  # fmt: skip
    renamed = new.replace("found", "mask").replace("count", "found")
    codes = {
        renamed: True,
        renamed.replace("5", "3"): False,
        new.replace("\ncount = found.sum()", ""): False,
    }
    with Executor(jobs=2) as executor:
        judged = Examiner(executor).judge([Answer(entry, code) for code in codes], budget=120)
    assert [j.passed for j in judged] == list(codes.values())


@pytest.mark.index
@pytest.mark.filterwarnings("ignore")
def test_a_ray_cluster_judges_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("RECODE_DATA_ENGINE", "ray")
    monkeypatch.setenv("RECODE_DATA_JOBS", "1")
    examiner = Examiner()
    try:
        judged = examiner.judge([Answer(ENTRY, NEW), Answer(ENTRY, OLD)], budget=240)
    finally:
        examiner.engine.close()
    assert [(j.passed, j.reason) for j in judged] == [(True, "ok"), (False, "new_warns")]
