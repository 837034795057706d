"""Validation on a real local Ray cluster, with workers killed in the middle."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_scheduler import entries

from recode_data.execute import Job, resolve
from recode_data.execute.ray_pool import RayPool
from recode_data.judge import validate
from recode_data.library import load_library
from recode_data.records import Verdict
from recode_data.workspace import Workspace

pytestmark = [pytest.mark.index, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def engine() -> Iterator[RayPool]:
    pytest.importorskip("ray")
    with RayPool(jobs=2) as engine:
        yield engine


def test_a_killed_worker_costs_a_retry_and_no_result(engine: RayPool, tmp_path: Path) -> None:
    """The verdicts of a cluster that loses a worker are those of this machine alone."""
    ray: Any = engine.ray
    pids = ray.get([actor.pid.remote() for actor in engine.actors])
    killed = threading.Timer(6.0, os.kill, (pids[0], signal.SIGKILL))
    with Workspace.open(tmp_path / "ray") as workspace:
        workspace.add(entries(24))
        killed.start()
        summary = validate(workspace, timeout=60.0, engine=engine)
        killed.join()
        ours = workspace.all(Verdict)
    assert (summary.went_out, summary.owed) == (24, 0)
    with Workspace.open(tmp_path / "local") as workspace:
        workspace.add(entries(24))
        validate(workspace, timeout=60.0)
        assert workspace.all(Verdict) == ours
    again = ray.get([actor.pid.remote() for actor in engine.actors])
    assert again[0] != pids[0]


def test_every_job_comes_back_once_when_workers_die_all_the_time(engine: RayPool) -> None:
    environment = resolve(load_library("numpy"), "2.0.2")
    jobs = [Job(f"print({number})", environment, timeout=60.0) for number in range(80)]
    runs = {}
    for number, (job, run) in enumerate(engine.run(jobs)):
        assert job.code not in runs
        runs[job.code] = run
        if number in (5, 30):
            actor = engine.actors[number % 2]
            os.kill(engine.ray.get(actor.pid.remote(), timeout=120), signal.SIGKILL)
    assert {code: run.stdout for code, run in runs.items()} == {
        job.code: f"{number}\n" for number, job in enumerate(jobs)
    }
