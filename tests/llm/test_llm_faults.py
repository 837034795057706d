"""Every way in which an endpoint misbehaves, against one that does so on purpose."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from llm_server import Author, Body, Reply, Server, error, serve

from recode_data.errors import NetworkError, RecodeError, UsageError
from recode_data.library import Library
from recode_data.llm import Endpoint, Options, Outcome, synthesize_llm
from recode_data.llm.prices import Price, Prices
from recode_data.progress import Progress
from recode_data.records import Attempt, Call, Change, Entry
from recode_data.workspace import Workspace

LIBRARY = Library(name="demo", matrix=["1.0", "2.0"])
KEY = "sk-very-secret-0123456789"


def answer(body: Body, **changes: object) -> str:
    """A right answer that differs from request to request."""
    mark = abs(hash(json.dumps(body["messages"]) + str(body.get("seed")))) % 10**9
    good = {"possible": True, "why_not": "", "description": f"Task {mark}.",
            "old_code": f"x = {mark}", "new_code": f"x = {mark} + 0"}  # fmt: skip
    return json.dumps({**good, **changes})


def fill(workspace: Workspace, changes: int = 1, text: str = "It is gone") -> None:
    workspace.add(
        Change(
            "demo", "2.0", "removed", f"`demo.f{i}`: {text}, number {i}.", "Removed", "sdist", "x"
        )
        for i in range(changes)
    )


def go(workspace: Workspace, server: Server | str, **settings: object) -> Outcome:
    url = server if isinstance(server, str) else server.url
    quick = {"timeout": settings.pop("timeout", 20.0), "first_wait": 0.01}
    options = Options(**{"model": "tiny", "repair_rounds": 0, **settings})  # type: ignore[arg-type]
    endpoint = Endpoint(url, KEY, **quick)  # type: ignore[arg-type]
    return synthesize_llm(workspace, [LIBRARY], options, endpoint, progress=Progress(quiet=True))


def first(*replies: Reply) -> Author:
    """Give these replies one after another, then right answers."""
    queue = iter(replies)
    return lambda body: next(queue, None) or answer(body)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    with Workspace.open(tmp_path / "ws") as opened:
        yield opened  # type: ignore[misc]


@pytest.mark.parametrize(
    "fault",
    [
        error(429, "slow down"),
        error(429, "slow down", retry_after="0.05"),
        error(429, "slow down", retry_after_ms="30"),
        error(500, "oops"),
        error(502, "oops"),
        error(503, "oops", retry_after="0"),
        error(503, "oops", retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
        error(503, "oops", retry_after="soon"),
        error(529, "overloaded"),
        error(408, "too slow"),
        error(409, "conflict"),
        Reply("never read", drop="before"),
        Reply("never read to its end" * 9_000, drop="middle"),
        Reply(raw=b"<html>gateway</html>"),
        Reply(raw=b'{"choices": []}'),
        Reply(raw=b'{"choices": null}'),
        Reply(raw=b"[]"),
        Reply(raw=b'{"choices": [{"message": null}]}'),
        Reply(raw=b'{"id": '),
        Reply(raw=b"data: [DONE]\n\n"),
        Reply(raw=b"data: {broken\n\n"),
        Reply(raw=b""),
        Reply(raw=b"not gzip", headers={"content-encoding": "gzip"}),
        Reply(status=500, raw=b"\xff\xfe no text"),
    ],
    ids=lambda r: f"{r.status}-{r.drop or (r.raw or b'')[:12]!r}-{len(r.headers)}",
)
def test_a_passing_failure_is_tried_again(workspace: Workspace, fault: Reply) -> None:
    fill(workspace)
    with serve(first(fault)) as server:
        outcome = go(workspace, server)
    assert outcome.summary.went_out == 1
    assert len(server.asked) == 2
    paid = 2 if _may_be_paid(fault) else 1
    assert outcome.asker.budget.spent.requests == paid, "what was not answered is not paid"
    assert outcome.asker.budget.held.requests == 0


def _may_be_paid(fault: Reply) -> bool:
    return fault.status == 200 and not fault.drop and "content-encoding" not in fault.headers


def test_a_stream_that_nobody_asked_for_is_read(workspace: Workspace) -> None:
    fill(workspace)

    def author(body: Body) -> Reply:
        text = answer(body)
        parts = [{"choices": [{"delta": {"content": text[at : at + 9]}}]}
                 for at in range(0, len(text), 9)]  # fmt: skip
        parts.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        parts.append({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}})
        lines = [f"data: {json.dumps(part)}\n\n" for part in parts]
        return Reply(raw="".join([*lines, "data: [DONE]\n\n"]).encode())

    with serve(author) as server:
        assert go(workspace, server).summary.went_out == 1
    [call] = workspace.all(Call)
    assert (call.finish, call.prompt_tokens, call.answer_tokens) == ("stop", 7, 5)


def test_a_timeout_is_tried_again(workspace: Workspace) -> None:
    fill(workspace)
    with serve(first(Reply("late", delay=3.0))) as server:
        assert go(workspace, server, timeout=1.0).summary.went_out == 1


def test_a_server_that_drips_is_not_waited_for(workspace: Workspace) -> None:
    fill(workspace)
    began = time.monotonic()
    with serve(first(Reply("x" * 400, drip=0.05))) as server:
        assert go(workspace, server, timeout=1.0).summary.went_out == 1
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(None), "empty"),
        (Reply(""), "empty"),
        (Reply(None, refusal="I must not."), "refused"),
        (Reply("", finish="content_filter"), "refused"),
        (Reply('{"description": "cut', finish="length"), "truncated"),
        (Reply('{"description": 7}'), "wrong_schema"),
        (Reply("As a large model, I think that …"), "no_json"),
        (Reply("x" * 1_000_000), "too_long"),
        (Reply("{" * 1_000_000), "too_long"),
        (
            Reply(json.dumps({"description": "d", "old_code": "fn x", "new_code": "y"})),
            "not_python",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_paid_answer_of_no_use_is_kept_with_its_reason(
    workspace: Workspace, reply: Reply, reason: str
) -> None:
    fill(workspace)
    with serve(lambda body: reply) as server:
        outcome = go(workspace, server)
        again = go(workspace, server)
    assert outcome.summary.dropped == again.summary.dropped == {reason: 1}
    assert len(server.asked) == 1, "an answer is paid once, of use or not"
    assert workspace.all(Attempt)[0].reason == reason
    assert workspace.count(Entry) == 0
    assert outcome.summary.owed == 0


def test_a_megabyte_is_not_kept(workspace: Workspace) -> None:
    fill(workspace)
    with serve(lambda body: Reply("y" * 1_000_000)) as server:
        go(workspace, server)
    assert len(workspace.all(Call)[0].answer) < 1_000


@pytest.mark.parametrize("finish", ["length", "stop"])
def test_what_is_of_no_use_goes_back_with_the_reason(workspace: Workspace, finish: str) -> None:
    fill(workspace)
    with serve(first(Reply('{"description": "cut', finish=finish))) as server:
        outcome = go(workspace, server, repair_rounds=1)
    assert outcome.summary.went_out == 1
    complaint = server.asked[1].body["messages"][-1]["content"]
    assert ("cut off" if finish == "length" else "no complete JSON") in complaint
    assert workspace.all(Entry)[0].parameters["round"] == 1


def test_repairs_are_bounded(workspace: Workspace) -> None:
    fill(workspace)
    with serve(lambda body: "no") as server:
        outcome = go(workspace, server, repair_rounds=3)
    assert len(server.asked) == 4
    assert outcome.summary.dropped == {"no_json": 1}
    assert max(len(asked.body["messages"]) for asked in server.asked) == 4


def test_long_waits_stop_the_run_at_once(workspace: Workspace) -> None:
    fill(workspace, 20)
    with (
        serve(lambda body: error(429, "tomorrow", retry_after="3600")) as server,
        pytest.raises(NetworkError, match="3,600 s"),
    ):
        go(workspace, server, concurrency=1)
    assert len(server.asked) == 1


def test_a_pause_holds_for_all(workspace: Workspace) -> None:
    fill(workspace, 4)
    with serve(first(error(429, "slow down", retry_after="1"))) as server:
        assert go(workspace, server, concurrency=1).summary.went_out == 4
    times = [asked.at for asked in server.asked]
    assert times[1] - times[0] >= 0.99


def test_an_endpoint_that_is_down_stops_the_run(workspace: Workspace) -> None:
    fill(workspace, 100)
    with (
        serve(lambda body: error(503, "down")) as server,
        pytest.raises(NetworkError, match=r"3 requests in a row.*down"),
    ):
        go(workspace, server, concurrency=2)
    assert len(server.asked) <= 15


def test_nobody_listens(workspace: Workspace) -> None:
    fill(workspace, 20)
    with pytest.raises(NetworkError, match="in a row"):
        go(workspace, "http://127.0.0.1:9/v1", concurrency=8)


def test_what_came_before_the_end_is_kept(workspace: Workspace) -> None:
    fill(workspace, 30)
    turns = count()
    with (
        serve(lambda b: answer(b) if next(turns) < 10 else error(401, "no")) as server,
        pytest.raises(UsageError, match="refused the key"),
    ):
        go(workspace, server, concurrency=1)
    assert workspace.count(Call, "state = 'answered'") == 10
    assert workspace.count(Entry) == 10
    assert len(server.asked) == 11


def test_an_unknown_model_names_the_nearest(workspace: Workspace) -> None:
    fill(workspace)
    with (
        serve(lambda body: error(404, "no such model"), models=("small", "tiny-2")) as server,
        pytest.raises(UsageError, match="no model 'tiny'") as raised,
    ):
        go(workspace, server)
    assert "tiny-2" in raised.value.tip


@pytest.mark.parametrize(
    ("refused", "absent"),
    [
        ("response_format json_schema is not supported", "response_format"),
        ("Unsupported parameter: 'max_tokens', use 'max_completion_tokens'", "max_tokens"),
        ("temperature does not support 0.7, only 1", "temperature"),
        ("extra field: seed", "seed"),
    ],
)
def test_a_server_is_asked_in_its_dialect(workspace: Workspace, refused: str, absent: str) -> None:
    fill(workspace, 5)

    def author(body: Body) -> Reply | str:
        return error(400, refused) if absent in body else answer(body)

    with serve(author) as server:
        assert go(workspace, server, concurrency=1).summary.went_out == 5
    assert len(server.asked) == 6, "learnt once"
    if absent == "max_tokens":
        assert server.asked[-1].body["max_completion_tokens"] == 2_048


def test_a_prompt_that_comes_back_is_no_answer(workspace: Workspace) -> None:
    """transformers serve sent the prompt, with the example of an answer in it, along."""
    fill(workspace)

    def author(body: Body) -> str:
        text = "".join(f"<{m['role']}>{m['content']}\n" for m in body["messages"])
        return text + ("noise" if len(server.asked) == 1 else answer(body))

    with serve(author) as server:
        outcome = go(workspace, server, repair_rounds=1)
    assert [attempt.reason for attempt in workspace.all(Attempt, "produced = 0")] == ["no_json"]
    assert outcome.summary.went_out == 1


def test_the_same_answer_again_is_read_again(workspace: Workspace) -> None:
    fill(workspace)
    with serve(lambda body: "no entry, whatever you say") as server:
        go(workspace, server, repair_rounds=2)
    reasons = [attempt.reason for attempt in workspace.all(Attempt)]
    assert reasons == ["no_json"] * 3 and len(server.asked) == 3


def test_one_request_that_is_refused_is_owed(workspace: Workspace) -> None:
    fill(workspace, 5)
    with serve(first(error(400, "maximum context length exceeded by max_tokens"))) as server:
        outcome = go(workspace, server, concurrency=1)
        assert outcome.summary.went_out == 4
        assert outcome.summary.owed == 1
        assert go(workspace, server).summary.went_out == 5
    assert len(server.asked) == 6


def test_a_server_without_usage_is_estimated(workspace: Workspace) -> None:
    fill(workspace)
    with serve(lambda body: Reply(answer(body), usage=False)) as server:
        go(workspace, server)
    call = workspace.all(Call)[0]
    assert call.prompt_tokens > 500 and call.answer_tokens > 20


def _echo(body: Body) -> Reply:
    return Reply(answer(body, description=f"The key is {KEY}."))


@pytest.mark.parametrize(
    "author",
    [_echo, lambda b: error(400, f"bad {KEY}"), lambda b: error(401, f"Incorrect key: {KEY}"),
     lambda b: error(429, KEY, retry_after="900"), lambda b: error(404, KEY)],
)  # fmt: skip
def test_an_echoed_key_goes_nowhere(
    workspace: Workspace, author: Callable[[Body], Reply], caplog: pytest.LogCaptureFixture
) -> None:
    fill(workspace)
    caplog.set_level("DEBUG")
    told = ""
    with serve(author, models=(KEY,)) as server:
        try:
            told = str(go(workspace, server).asker.last_failure)
        except RecodeError as failure:
            told = failure.message + failure.tip + str(failure.__cause__)
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    workspace.execute("CHECKPOINT")
    kept = b"".join(file.read_bytes() for file in workspace.folder.rglob("*") if file.is_file())
    assert KEY.encode() not in kept
    assert KEY not in told + caplog.text
    assert KEY not in str(workspace.all(Entry)) + str(workspace.all(Call))
    assert KEY not in repr(Endpoint("http://x/v1", KEY))


def test_money_is_counted_and_never_passed(workspace: Workspace) -> None:
    fill(workspace, 40)
    prices = Prices(models={"ti*": Price(input=10.0, output=20.0)})
    with serve(lambda body: Reply(answer(body), delay=0.01)) as server:
        outcome = go(workspace, server, prices=prices, max_cost=0.2, concurrency=16,
                     answer_tokens=200)  # fmt: skip
    spent = outcome.asker.budget.spent
    assert 0.1 < spent.cost <= 0.2
    calls = workspace.all(Call)
    assert sum(call.cost or 0 for call in calls) == pytest.approx(spent.cost)
    assert outcome.summary.owed == 40 - len(calls) > 0
    with serve(answer) as server:
        go(workspace, server, prices=prices, max_cost=0.2, answer_tokens=200)
    assert not server.asked, "a second run has the same budget, not a new one"


@pytest.mark.parametrize(("limit", "most"), [("max_requests", 7), ("max_tokens", 20_000)])
def test_requests_and_tokens_are_limited(workspace: Workspace, limit: str, most: int) -> None:
    fill(workspace, 40)
    with serve(answer) as server:
        outcome = go(workspace, server, answer_tokens=200, **{limit: most})
    spent = outcome.asker.budget.spent
    assert (spent.requests if limit == "max_requests" else spent.tokens) <= most
    assert 0 < len(server.asked) < 40
    assert outcome.summary.owed == 40 - len(server.asked)


def test_max_cost_without_a_price_is_refused() -> None:
    with pytest.raises(UsageError, match="price of 'tiny'"):
        Options("tiny", max_cost=1.0)
