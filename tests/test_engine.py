"""Engines: opened by name, closed once, and a pool of a cluster that loses its workers."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from recode_data.errors import UsageError
from recode_data.execute import Executor, Job, open_engine, ray_pool
from recode_data.execute.ray_pool import LOSSES, RayPool
from recode_data.records import Environment, Run, content_id
from recode_data.rewards.examiner import Examiner

PLACE = Environment("toy", "1", "3.12")


class RayError(Exception):
    pass


class Reference:
    """What a call of an actor gives, made at once."""

    def __init__(self, actor: Actor, jobs: list[Job]) -> None:
        self.error: RayError | None = None
        self.runs: list[Run] = []
        actor.seen.append([job.code for job in jobs])
        if any("kill" in job.code for job in jobs):
            self.error = RayError("the actor died\nunexpectedly")
        else:
            self.runs = [
                Run(content_id(j.code), PLACE.id, "toy", "1", "3.12", "1", "clean", stdout=j.code)
                for j in jobs
            ]

    def future(self) -> Future[list[Run]]:
        made: Future[list[Run]] = Future()
        made.set_exception(self.error) if self.error else made.set_result(self.runs)
        return made


class Actor:
    def __init__(self) -> None:
        self.seen: list[list[str]] = []
        self.run = SimpleNamespace(remote=lambda jobs: Reference(self, jobs))


class Cluster:
    """As much of Ray as the pool uses."""

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self, running: bool) -> None:
        self.running = running
        self.started: dict[str, Any] = {}
        self.killed: list[Actor] = []
        self.shut_down = 0

    def is_initialized(self) -> bool:
        return self.running

    def init(self, **options: Any) -> None:
        self.running, self.started = True, options

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 3.0}

    def remote(self, kind: type) -> Any:
        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=Actor))

    def wait(self, references: list[Reference], num_returns: int) -> Any:
        return references[:num_returns], references[num_returns:]

    def get(self, reference: Reference) -> list[Run]:
        if reference.error:
            raise reference.error
        return reference.runs

    def kill(self, actor: Actor) -> None:
        self.killed.append(actor)

    def shutdown(self) -> None:
        self.running = False
        self.shut_down += 1


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster(running=False)
    monkeypatch.setattr(ray_pool, "_ray", lambda: made)
    return made


def jobs(*codes: str) -> list[Job]:
    return [Job(code, PLACE) for code in codes]


def test_engines_are_opened_by_name(cluster: Cluster) -> None:
    with open_engine("ray", 2) as engine:
        assert engine.workers == 2
        assert cluster.started["_node_ip_address"] == "127.0.0.1"
    with open_engine("ray", 2, "10.0.0.1:6379") as engine:
        assert engine.workers == 3, "a worker for each processor of a cluster that runs already"
        assert cluster.started["address"] == "10.0.0.1:6379"
    for name, address in (("slurm", ""), ("local", "10.0.0.1:6379")):
        with pytest.raises(UsageError):
            open_engine(name, 2, address)


def test_the_executor_is_the_engine_of_this_machine() -> None:
    with open_engine("local", 3) as engine:
        assert isinstance(engine, Executor)
        assert engine.workers == 3


def test_the_rewards_open_the_engine_that_the_environment_names(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECODE_DATA_ENGINE", "ray")
    monkeypatch.setenv("RECODE_DATA_JOBS", "2")
    engine = Examiner().engine
    assert isinstance(engine, RayPool)
    assert engine.workers == 2
    engine.close()
    monkeypatch.setenv("RECODE_DATA_ENGINE", "slurm")
    with pytest.raises(UsageError, match="RECODE_DATA_ENGINE is 'slurm'"):
        _ = Examiner().engine


def test_a_cluster_that_was_started_here_ends_once(cluster: Cluster) -> None:
    with RayPool(jobs=2) as pool:
        pass
    pool.close()
    assert (len(cluster.killed), cluster.shut_down) == (2, 1)


def test_the_cluster_of_a_trainer_goes_on(cluster: Cluster) -> None:
    cluster.running = True
    pool = RayPool(jobs=2)
    pool.close()
    assert (cluster.started, len(cluster.killed), cluster.shut_down) == ({}, 2, 0)


def test_single_jobs_go_round_and_a_lost_one_is_an_error(cluster: Cluster) -> None:
    pool = RayPool(jobs=2)
    runs = [pool.submit(job).result() for job in jobs("1", "2", "kill", "4")]
    assert [run.status for run in runs] == ["clean", "clean", "error", "clean"]
    assert runs[2].exception == "WorkerLost"
    assert runs[2].message == "a worker was lost with it: the actor died"
    assert [actor.seen for actor in pool.actors] == [[["1"], ["kill"]], [["2"], ["4"]]]


def test_the_neighbours_of_a_job_that_kills_its_worker_are_run(cluster: Cluster) -> None:
    pool = RayPool(jobs=2)
    runs = {job.code: run for job, run in pool.run(jobs("1", "2", "kill", "4"))}
    assert {code: run.status for code, run in runs.items()} == {
        "1": "clean", "2": "clean", "kill": "error", "4": "clean",
    }  # fmt: skip
    assert runs["kill"].message.startswith(f"{LOSSES} workers were lost with it")
    tried = [codes for actor in pool.actors for codes in actor.seen if "kill" in codes]
    assert len(tried) == LOSSES
