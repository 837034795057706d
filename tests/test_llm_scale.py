"""Many requests at once: limits kept, nothing lost to a kill, nothing asked twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from llm_server import Body, Reply, Server, serve
from test_llm_faults import answer, fill, go

from recode_data.records import Attempt, Call, Entry
from recode_data.synthesize.llm.pace import Pace
from recode_data.workspace import Workspace

ROOT = Path(__file__).parent.parent
CHANGES, EACH, TOGETHER = 500, 4, 64
DEMO = 'name = "demo"\nmatrix = ["1.0", "2.0"]\n'


def start(folder: Path, server: Server, *more: str) -> subprocess.Popen[str]:
    """Run the command line as a user does, in a process of its own."""
    command = [
        sys.executable, "-m", "recode_data", "synthesize", "demo.toml", "--engine", "llm",
        "--model", "tiny", "--base-url", server.url, "--concurrency", str(TOGETHER),
        "--per-change", str(EACH), "--repair-rounds", "0", "--no-judge", *more,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, out + err
    return out


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
