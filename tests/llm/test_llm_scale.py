"""Many requests at once: limits kept, nothing lost to a kill, nothing asked twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from llm_server import Body, Reply, Server, serve
from test_llm_faults import LIBRARY, answer, fill, go

from recode_data.llm import Endpoint, Options, synthesize_llm
from recode_data.llm.pace import Pace, Reservation
from recode_data.llm.prices import Price, Prices
from recode_data.progress import Progress, Task
from recode_data.records import Attempt, Call, Entry, Verdict
from recode_data.workspace import Workspace

ROOT = Path(__file__).parents[2]
CHANGES, EACH, TOGETHER = 500, 4, 64
DEMO = 'name = "demo"\nmatrix = ["1.0", "2.0"]\n'


STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _end_what_was_started() -> Iterator[None]:
    yield
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.kill()
        process.communicate()


def start(folder: Path, server: Server, *more: str) -> subprocess.Popen[str]:
    """Run the command line as a user does, in a process of its own."""
    command = [
        sys.executable, "-m", "recode_data", "synthesize", "demo.toml", "--engine", "llm",
        "--model", "tiny", "--base-url", server.url, "--concurrency", str(TOGETHER),
        "--per-change", str(EACH), "--repair-rounds", "0", "--no-judge", *more,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    STARTED.append(process)
    return process


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, out + err
    return out


@pytest.mark.timeout(400)
def test_two_thousand_requests_survive_kills_and_are_paid_once(tmp_path: Path) -> None:
    total = CHANGES * EACH
    (tmp_path / "demo.toml").write_text(DEMO)
    with Workspace.open(tmp_path / "workspace") as workspace:
        fill(workspace, CHANGES)
    with serve(lambda body: Reply(answer(body), delay=0.05)) as server:
        for share in (0.2, 0.5, 0.75):
            process = start(tmp_path, server)
            while len(server.asked) < total * share:
                assert process.poll() is None, process.communicate()
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            time.sleep(0.2)  # the server's threads see that the client is gone
            with Workspace.open(tmp_path / "workspace") as workspace:
                kept = {call.id: call for call in workspace.all(Call, "state = 'answered'")}
            seen = len(server.asked)
            # What was sent and is not kept was under way; no more than that is lost.
            lost = len({asked.key for asked in server.asked}) - len(kept)
            assert 0 <= lost <= TOGETHER
        out = finish(start(tmp_path, server))
        later = [asked.key for asked in server.asked[seen:]]
        have = {_key(call) for call in kept.values()}
        assert not have & set(later), "asked again for what it had"
        assert len(later) == len(set(later)) == total - len(kept)
        asked = len(server.asked)
        assert finish(start(tmp_path, server)), "all from the cache"
        assert len(server.asked) == asked
    times = Counter(asked.key for asked in server.asked)
    assert len(times) == total
    assert sum(times.values()) - total <= 3 * TOGETHER
    assert server.most_at_once == TOGETHER
    with Workspace.open(tmp_path / "workspace") as workspace:
        assert workspace.count(Call, "state = 'answered'") == total
        assert workspace.count(Entry) == total
        assert workspace.count(Attempt, "produced = 1") == total
    assert f"{total:,} out" in out


def _key(call: Call) -> str:
    from llm_server import Asked

    return Asked(call.request, {}, 0.0).key


def test_limits_a_minute_hold_in_every_window(tmp_path: Path) -> None:
    """The window is a second here, so that a test sees many of them."""
    sent: list[tuple[float, int]] = []

    async def one(pace: Pace, tokens: int, used: int) -> None:
        place = await pace.enter(tokens)
        sent.append((time.monotonic(), used))
        await asyncio.sleep(0.01)
        pace.settle(place, used)

    async def all_of_them() -> None:
        pace = Pace(requests=40, tokens=6_000, window=0.5)
        await asyncio.gather(*(one(pace, 300, 100 + 10 * (i % 10)) for i in range(200)))

    asyncio.run(all_of_them())
    assert len(sent) == 200
    for at, _ in sent:
        within = [used for time_, used in sent if at <= time_ < at + 0.499]
        assert len(within) <= 40
        assert sum(within) <= 6_000
    assert sent[-1][0] - sent[0][0] >= 1.9, "200 requests at 40 in half a second"


def test_requests_a_minute_hold_at_the_server(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        fill(workspace, 12)
        began = time.monotonic()

        def author(body: Body) -> Reply | str:
            return answer(body)

        with serve(author) as server:
            outcome = go(workspace, server, rpm=12, concurrency=12)
        assert outcome.summary.went_out == 12
        assert time.monotonic() - began < 30, "12 a minute may go at once"
        assert outcome.asker.pace._wait(1) > 30, "the 13th has to wait"


def test_an_interrupt_stops_cleanly_and_keeps_what_came(tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_text(DEMO)
    with Workspace.open(tmp_path / "workspace") as workspace:
        fill(workspace, 100)
    with serve(lambda body: Reply(answer(body), delay=0.05)) as server:
        process = start(tmp_path, server, "--concurrency", "4")
        while len(server.asked) < 60:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "error: stopped" in err and "run the same command again" in err
        assert "Traceback" not in err
        with Workspace.open(tmp_path / "workspace") as workspace:
            assert workspace.count(Call, "state = 'answered'") >= len(server.asked) - 4


class Seen(Progress):
    """Keeps what a task was told to show."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.notes: list[dict[str, object]] = []

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Task]:
        notes = self.notes

        class Told(Task):
            def advance(self, steps: int = 1, **more: object) -> None:
                notes.append(more)
                super().advance(steps, **more)

        yield Told(name, total, shown=float("inf"))


def test_progress_shows_spend_valid_rate_and_time_left(tmp_path: Path) -> None:
    seen = Seen()
    prices = Prices(models={"tiny": Price(input=1.0, output=2.0)})
    options = Options("tiny", concurrency=2, repair_rounds=1, prices=prices)
    with Workspace.open(tmp_path) as workspace, serve(answer) as server:
        fill(workspace, 300)  # two waves: the second knows what became of the first

        def judge(entries: list[Entry]) -> None:
            workspace.add(
                Verdict(e.id, "1", "valid" if n % 4 else "invalid", "ok" if n % 4 else "inert")
                for n, e in enumerate(entries)
            )

        outcome = synthesize_llm(
            workspace, [LIBRARY], options, Endpoint(server.url, "k"), progress=seen, judge=judge
        )
    last = seen.notes[-1]
    assert last["spent"] == f"${outcome.asker.budget.spent.cost:.4f}"
    assert str(last["valid"]).split("/")[0].isdigit() and "left" in seen.notes[-2]
    assert outcome.summary.dropped["inert"] > 0


@pytest.mark.timeout(400)
def test_two_thousand_requests_keep_every_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests and tokens in every window, requests under way, and money, all at once.

    A minute lasts a second here; the money ends before the requests do.
    """
    kept: list[Recorded] = []

    class Recorded(Pace):
        def __init__(self, requests: int, tokens: int) -> None:
            super().__init__(requests, tokens, window=1.0)
            self.sent: list[tuple[float, Reservation]] = []
            kept.append(self)

        async def enter(self, tokens: int) -> Reservation:
            place = await super().enter(tokens)
            self.sent.append((place.at, place))
            return place

    monkeypatch.setattr("recode_data.llm.ask.Pace", Recorded)
    prices = Prices(models={"tiny": Price(input=1.0, output=1.0)})
    with Workspace.open(tmp_path) as workspace, serve(answer) as server:
        fill(workspace, 500)
        outcome = go(
            workspace, server, per_change=4, concurrency=64, rpm=300, tpm=500_000,
            answer_tokens=256, prices=prices, max_cost=1.0,
        )  # fmt: skip
        answered = workspace.count(Call, "state = 'answered'")
        spent = sum(call.cost or 0.0 for call in workspace.all(Call))
    [pace] = kept
    times = [at for at, _ in pace.sent]
    for first, (at, _) in enumerate(pace.sent):
        end = bisect_left(times, at + 0.999)
        assert end - first <= 300
        assert sum(place.tokens for _, place in pace.sent[first:end]) <= 500_000
    assert server.most_at_once <= 64
    assert 0.99 < spent <= 1.0 and spent == pytest.approx(outcome.asker.budget.spent.cost)
    assert len(server.asked) == answered > 1_300
    assert answered + outcome.summary.owed == 2_000
