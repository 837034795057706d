"""The grader behind HTTP: what it answers, what it refuses, and that nothing gets lost in it."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from graded import NEW, OLD, ROW, SLOW, toy_item, toy_task

from recode_data.errors import BadFile, UsageError
from recode_data.execute import Executor, Job
from recode_data.grading import server as serving
from recode_data.grading.server import serve
from recode_data.grading.service import Limits, Service
from recode_data.publish.packages import PACKAGES, read_tasks
from recode_data.records import Run
from recode_data.rewards.tasks import Task

TOKEN = "0123456789abcdef"
ALLOWED = {"Authorization": f"Bearer {TOKEN}"}
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECODE_DATA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def task() -> Task:
    return toy_task()


class Counting:
    """The real engine, which notes what it is asked to run."""

    def __init__(self) -> None:
        self.executor = Executor(jobs=2)
        self.codes: list[str] = []

    def submit(self, job: Job) -> Future[Run]:
        self.codes.append(job.code)
        return self.executor.submit(job)

    def close(self) -> None:
        self.executor.close()


@dataclass
class Served:
    """A server that runs, and what a client of it does."""

    host: str
    port: int
    stop: Callable[[], None]
    service: Service
    engine: Counting
    thread: threading.Thread

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, ALLOWED if headers is None else headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def grade(self, code: str) -> tuple[int, float | None]:
        status, text = self.ask("POST", "/grade", {"row": ROW["id"], "answer": code})
        return status, json.loads(text).get("reward")

    def wait_until(self, met: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not met():
            assert time.monotonic() < end
            time.sleep(0.01)


@contextmanager
def started(task: Task, limits: Limits | None = None, grace: float = 60.0) -> Iterator[Served]:
    engine = Counting()
    service = Service({ROW["id"]: task}, limits, engine)  # type: ignore[arg-type]
    known: list[tuple[str, Callable[[], None]]] = []
    ready = threading.Event()

    def told(address: str, stop: Callable[[], None]) -> None:
        known.append((address, stop))
        ready.set()

    def run() -> None:
        serve(service, TOKEN, grace=grace, ready=told)

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(60)
    address, stop = known[0]
    host, _, port = address.removeprefix("http://").partition(":")
    try:
        yield Served(host, int(port), stop, service, engine, thread)
    finally:
        stop()
        stop()
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def served(task: Task) -> Iterator[Served]:
    with started(task) as one:
        yield one


def test_an_answer_is_graded_as_the_judge_grades_it(served: Served) -> None:
    assert served.grade(NEW) == (200, 1.0)
    assert served.grade(NEW.replace("values", "numbers")) == (200, 1.0)
    assert served.grade(OLD) == (200, 0.0)
    assert served.grade("print(6)") == (200, 0.0)
    assert served.grade("") == (200, 0.0)
    said = [{"role": "assistant", "content": f"<answer>\n```python\n{NEW}```\n</answer>"}]
    status, text = served.ask("POST", "/grade", {"row": ROW["id"], "completion": said})
    assert (status, json.loads(text)["reward"]) == (200, 1.0)
    status, text = served.ask("POST", "/grade", {"row": ROW["id"], "completion": "I can not."})
    assert (status, json.loads(text)["reason"]) == (200, "unparsable")


def test_a_model_may_run_a_program_before_it_answers(served: Served) -> None:
    status, text = served.ask("POST", "/run", {"row": ROW["id"], "code": OLD})
    output = "6\n\nDeprecationWarning: add is deprecated, use total"
    assert (status, json.loads(text)["output"]) == (200, output)


def test_sandbox_fusions_form_of_a_submission_is_taken(served: Served) -> None:
    for code, accepted in ((NEW.strip(), True), (OLD.strip(), False)):
        form = {"dataset": "updates", "id": ROW["id"], "completion": f"```python\n{code}\n```",
                "config": {"language": "python"}}  # fmt: skip
        status, text = served.ask("POST", "/submit", form)
        told = json.loads(text)
        assert status == 200
        assert (told["id"], told["accepted"], told["extracted_code"]) == (ROW["id"], accepted, code)
        assert told["tests"][0]["passed"] is accepted
        assert told["tests"][0]["exec_info"]["status"] in ("Success", "Failed")


def test_only_health_is_told_without_the_token(served: Served) -> None:
    assert served.ask("GET", "/health", headers={}) == (200, '{"status":"ok","rows":1}')
    asked = {"row": ROW["id"], "answer": NEW}
    wrong = (
        {}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Bearer \xff"},
    )  # fmt: skip
    for headers in wrong:
        assert served.ask("POST", "/grade", asked, headers)[0] == 401
        assert served.ask("GET", "/metrics", headers=headers)[0] == 401
    assert served.engine.codes == []


def test_metrics_are_prometheus_text(served: Served) -> None:
    served.grade(NEW)
    served.grade("print(6)")
    served.ask("GET", "/nowhere")
    status, text = served.ask("GET", "/metrics")
    assert status == 200
    lines = text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert values['recode_data_grader_answers_total{outcome="passed"}'] == "1"
    assert values['recode_data_grader_answers_total{outcome="failed"}'] == "1"
    assert values['recode_data_grader_requests_total{path="other",status="404"}'] == "1"
    assert values['recode_data_grader_grade_seconds_bucket{le="+Inf"}'] == "2"
    assert values["recode_data_grader_running"] == "0"
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert {name.partition("{")[0].removesuffix("_bucket") for name in values} <= typed | {
        "recode_data_grader_grade_seconds_sum", "recode_data_grader_grade_seconds_count",
    }  # fmt: skip


def head(path: str, body: bytes, **more: str) -> bytes:
    """Return a request to post ``body``."""
    headers = {"Host": "x", "Content-Length": str(len(body)), **ALLOWED} | more
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def malformed() -> list[bytes]:
    """Return 200 requests that nobody should send."""
    dice = random.Random(0)
    right = json.dumps({"row": ROW["id"], "answer": NEW}).encode()
    bodies = [
        b"", b"{", b"[]", b"null", b"1e999", b'"row"', b"\xff\xfe", b"{}", b'{"row": 1}',
        b'{"row": "x", "answer": 1}', b'{"row": "x", "answer": null, "completion": null}',
        b'{"row": "x", "answer": "", "completion": ""}', b'{"row": "x", "answer": "", "z": 1}',
        b'{"row": "x", "answer": "\\ud800"}', b"[" * 100_000, b'{"row":' * 50_000,
        b'{"row": "' + b"x" * 10_000 + b'", "answer": ""}', b"9" * 100_000,
        b'{"row": "x", "completion": [1]}', b'{"row": "x", "completion": [{"role": {}}]}',
        json.dumps({"row": ROW["id"], "completion": [{"role": "assistant"}]}).encode(),
        json.dumps({"row": ROW["id"], "completion": [{"content": [{"type": 3}]}]}).encode(),
        json.dumps({"row": ROW["id"], "answer": "x" * (serving.MAX_BODY + 1)}).encode(),
        json.dumps({"row": ROW["id"], "answer": "(" * 5_000}).encode(),
        json.dumps({"row": ROW["id"], "answer": "\0"}).encode(),
        json.dumps({"row": ROW["id"], "answer": "x = " + "-" * 100_000 + "1"}).encode(),
    ]  # fmt: skip
    paths = ("/grade", "/run", "/submit")
    found = [head(path, body) for body in bodies for path in paths]
    found += [
        head("/grade", right, **{"Content-Length": str(length)})
        for length in (-1, 1, len(right) - 1, len(right) + 1, 10**9, 10**30)
    ]
    found += [
        head("/grade", right, **{"Transfer-Encoding": "chunked"}),
        head("/grade", right, **{"Content-Length": "1, 2"}),
        head("/grade", right, **{"Expect": "100-continue", "Content-Length": "10000"}),
        head("/grade", right, Upgrade="websocket", Connection="upgrade"),
        head("/grade", right, **{"Authorization": "Bearer " + "x" * 100_000}),
        b"\r\n\r\n", b"\0" * 1000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
        b"POST /grade HTTP/1.1",
        b"GET /health HTTP/1.1\r\n\r\n", b"DELETE /grade HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00%ff/../.. HTTP/1.1\r\nHost: x\r\n\r\n", b"",
    ]  # fmt: skip
    whole = head("/grade", right)
    while len(found) < 200:  # a right request with some of its bytes changed, or cut
        bent = bytearray(whole)
        for _ in range(dice.randrange(1, 9)):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        found.append(bytes(bent[: dice.randrange(1, len(bent))] if dice.random() < 0.5 else bent))
    return found


def test_of_200_malformed_requests_none_is_a_failure_of_ours_and_none_hangs(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "ARRIVAL", 1.0)

    def answered(request: bytes) -> int:
        """Return the status that is answered, 0 where the connection is closed without one."""
        with socket.create_connection((served.host, served.port), timeout=60) as connection:
            said = b""
            try:
                connection.sendall(request)
                while b"\r\n" not in said and (part := connection.recv(65536)):
                    said += part
            except (ConnectionResetError, BrokenPipeError):
                return 0
        return int(said.split(b" ", 2)[1]) if said else 0

    requests = malformed()
    assert len(requests) >= 200
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(answered, requests))
    assert {400, 401, 404, 405, 408, 413, 422} <= set(statuses)
    assert [status for status in statuses if status >= 500] == []
    served.wait_until(lambda: served.service.accepted == 0)
    assert served.grade(NEW) == (200, 1.0)


def test_a_client_that_drops_loses_nothing(served: Served) -> None:
    slow = SLOW.format(0.8)
    body = json.dumps({"row": ROW["id"], "answer": slow}).encode()
    with socket.create_connection((served.host, served.port)) as connection:
        connection.sendall(head("/grade", body))
        served.wait_until(lambda: slow in served.engine.codes)
    assert served.grade(slow + "\n# of another client\n") == (200, 1.0)
    assert served.grade(slow) == (200, 1.0)
    assert served.engine.codes.count(slow) == 1
    served.wait_until(lambda: served.service.accepted == 0)


def test_a_fork_server_that_is_killed_loses_no_answer(served: Served) -> None:
    codes = [SLOW.format(0.3) + f"n = {number}\n" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        graded = [pool.submit(served.grade, code) for code in codes]
        busy = served.engine.executor._servers._busy
        served.wait_until(lambda: bool(busy))
        for one in list(busy.values()):
            one.process.kill()
        assert [one.result() for one in graded] == [(200, 1.0)] * 6


def test_a_server_that_is_stopped_finishes_what_it_accepted(task: Task) -> None:
    with started(task) as served, ThreadPoolExecutor(4) as pool:
        codes = [SLOW.format(0.5) + f"n = {number}\n" for number in range(4)]
        graded = [pool.submit(served.grade, code) for code in codes]
        served.wait_until(lambda: served.service.accepted == 4)
        served.stop()
        assert served.grade(NEW)[0] == 503
        assert served.ask("GET", "/health")[0] == 503
        assert [one.result() for one in graded] == [(200, 1.0)] * 4
        served.thread.join(30)
        assert not served.thread.is_alive()


def test_a_second_signal_ends_what_is_under_way(task: Task) -> None:
    with started(task) as served, ThreadPoolExecutor(2) as pool:
        graded = [pool.submit(served.grade, SLOW.format(60 + number)) for number in range(2)]
        served.wait_until(lambda: len(served.engine.codes) == 2)
        served.stop()
        served.stop()
        assert [one.result() for one in graded] == [(503, None)] * 2
        served.thread.join(30)
        assert not served.thread.is_alive()


def test_more_requests_than_may_wait_are_refused(task: Task) -> None:
    with started(task, Limits(concurrency=1, waiting=1)) as served, ThreadPoolExecutor(2) as pool:
        codes = [SLOW.format(0.5), SLOW.format(0.6)]
        graded = [pool.submit(served.grade, code) for code in codes]
        served.wait_until(lambda: served.service.accepted == 2)
        assert served.grade(NEW) == (429, None)
        assert [one.result() for one in graded] == [(200, 1.0)] * 2


def test_an_answer_that_is_not_judged_in_time_has_no_reward(task: Task) -> None:
    with started(task, Limits(concurrency=1, seconds=0.5)) as served, ThreadPoolExecutor(2) as pool:
        graded = [pool.submit(served.grade, SLOW.format(seconds)) for seconds in (5, 6)]
        assert {one.result() for one in graded} <= {(503, None), (504, None)}


@pytest.mark.parametrize("name", PACKAGES)
def test_the_tasks_of_a_package_are_read_whatever_its_format(tmp_path: Path, name: str) -> None:
    first = toy_item("train")
    items = [first, replace(first, row=ROW | {"id": "00000000000000bb"}, split="test")]
    PACKAGES[name].write(tmp_path, items)  # type: ignore[index]
    tasks = {row: task.strip() for row, task in read_tasks(tmp_path).items()}
    assert tasks == {item.row["id"]: item.task for item in items}


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no package"):
        read_tasks(tmp_path)
    (tmp_path / "server").mkdir()
    for text in ('{"id": "x"}', "[1]", "{"):
        (tmp_path / "server" / "rows.jsonl").write_text(text)
        with pytest.raises(BadFile):
            read_tasks(tmp_path)


def command(*words: str, token: str = TOKEN) -> subprocess.Popen[str]:
    variables = os.environ | {"PYTHONPATH": str(ROOT), "RECODE_DATA_GRADER_TOKEN": token}
    return subprocess.Popen(
        [sys.executable, "-m", "recode_data", "serve-grader", *words], env=variables, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    PACKAGES["harbor"].write(tmp_path, [toy_item()])
    process = command(str(tmp_path), "--port", "0", "--quiet")
    assert process.stdout
    address = process.stdout.readline().strip()
    asked = json.dumps({"row": ROW["id"], "answer": SLOW.format(0.5)})
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request("POST", "/grade", asked, ALLOWED)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert json.loads(connection.getresponse().read())["reward"] == 1.0
    connection.close()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert "Traceback" not in told and TOKEN not in told


def test_without_a_token_or_a_free_port_nothing_is_served(tmp_path: Path) -> None:
    for token in ("", "short", "0123456789abcdé0"):
        _, told = (process := command(str(tmp_path), token=token)).communicate(timeout=60)
        assert process.returncode == 2 and "RECODE_DATA_GRADER_TOKEN" in told
    PACKAGES["harbor"].write(tmp_path, [toy_item()])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = command(str(tmp_path), "--port", str(taken.getsockname()[1]), "--quiet")
        _, told = process.communicate(timeout=60)
    assert process.returncode == 2 and told.startswith("error: 127.0.0.1 port")
