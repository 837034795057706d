"""Nothing is lost and nothing is paid twice, whatever form an endpoint answers in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from llm_server import Body, FaultyAuthor, Reply, error, serve
from test_llm_faults import answer, fill, go

from recode_data.errors import NetworkError
from recode_data.llm.completion import Unread, Usage, read_completion
from recode_data.records import Attempt, Call, Entry
from recode_data.workspace import Workspace

DEMO = 'name = "demo"\nmatrix = ["1.0", "2.0"]\nsources = []\n[usage]\n'
ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    with Workspace.open(tmp_path / "ws") as opened:
        yield opened  # type: ignore[misc]


class Always(FaultyAuthor):
    """Answers in one form, without a failure."""

    def __init__(self, form: str) -> None:
        super().__init__(answer)
        self.form = form

    def __call__(self, body: Body) -> Reply:
        return self._answer(self.form, body)


@pytest.mark.parametrize("form", [form for form in FaultyAuthor.FORMS if form != "cut"])
def test_an_answer_in_any_form_is_read_at_once_and_accounted(
    workspace: Workspace, form: str
) -> None:
    fill(workspace, 3)
    author = Always(form)
    with serve(author) as server:
        outcome = go(workspace, server)
    assert outcome.summary.went_out == len(server.asked) == 3
    calls = workspace.all(Call)
    assert [sum(c.prompt_tokens for c in calls), sum(c.answer_tokens for c in calls)] == (
        author.tokens
    )
    assert outcome.asker.budget.spent.tokens == sum(author.tokens)


def chunk(*deltas: dict[str, Any], **more: Any) -> str:
    """One object of a stream, a delta a choice."""
    choices = [{"index": at, "delta": delta, **more} for at, delta in enumerate(deltas)]
    return json.dumps({"choices": choices})


def called(at: int | None, arguments: str) -> dict[str, Any]:
    """A piece of a tool call, with the index of the call or without one."""
    which = {} if at is None else {"index": at}
    return {"tool_calls": [{**which, "function": {"arguments": arguments}}]}


FOUND = '{"description": "d"}'
END = chunk({}, finish_reason="stop")


@pytest.mark.parametrize(
    "pieces",
    [
        (chunk({"content": FOUND[:9]}), chunk({"content": FOUND[9:]}), END),
        (chunk(called(0, FOUND[:9])), chunk(called(0, FOUND[9:])), END),
        (chunk(called(None, FOUND[:9])), chunk(called(None, FOUND[9:])), END),
        (chunk(called(0, "{}")), chunk(called(1, FOUND[:9])), chunk(called(0, "")),
         chunk(called(1, FOUND[9:])), END),
        (chunk({"function_call": {"name": "a", "arguments": FOUND[:9]}}),
         chunk({"function_call": {"arguments": FOUND[9:]}}), END),
        (chunk({"content": "I call it."}, called(0, FOUND[:9])),
         chunk({}, called(0, FOUND[9:])), chunk({}, {}, finish_reason="tool_calls")),
        (chunk({"content": ""}, {"content": FOUND[:9]}), chunk({}, {"content": FOUND[9:]}),
         chunk({}, {}, finish_reason="stop")),
        (chunk({"reasoning_content": FOUND[:9]}), chunk({"reasoning": FOUND[9:]}),
         chunk({}, finish_reason="STOP")),
        (chunk({"reasoning_content": "Let me think."}), chunk({"content": FOUND}), END),
        (chunk({"content": FOUND}),),
        (chunk({"content": FOUND}), json.dumps({"error": {"message": "lost"}})),
    ],
    ids=["content", "call", "call without index", "two calls", "old call", "text and call",
         "second choice", "reasoning only", "reasoned", "without end", "late error"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["events", "crlf", "lines", "spaces"])
def test_an_answer_is_read_of_its_pieces(pieces: tuple[str, ...], form: str) -> None:
    if form in ("events", "crlf"):
        end = "\n\n" if form == "events" else "\r\n\r\n"
        text = "".join(f"data: {piece}{end}" for piece in pieces)
    else:  # one object a line, or after what keeps a connection alive
        text = {"lines": "", "spaces": " \n" * 5_000}[form] + "\n".join(pieces)
    completion = read_completion(text.encode())
    assert is_answer(completion.text) and completion.finish != "length"


def is_answer(text: str) -> bool:
    """Whether the last object of a text is the answer."""
    return bool(json.loads(text[text.rindex("{") :]) == json.loads(FOUND))


@pytest.mark.parametrize(
    ("finish", "means"),
    [("length", "length"), ("max_tokens", "length"), ("MAX_TOKENS", "length"), (None, "stop"),
     ("SAFETY", "content_filter"), ("tool_calls", "tool_calls"), (7, "7")],
)  # fmt: skip
def test_why_an_answer_ended_is_told_in_one_set_of_words(finish: Any, means: str) -> None:
    body = {"choices": [{"message": {"content": "x"}, "finish_reason": finish}]}
    assert read_completion(body).finish == means


def test_thoughts_that_were_cut_are_no_answer() -> None:
    body = {"choices": [{"message": {"reasoning": FOUND}, "finish_reason": "length"}]}
    assert read_completion(body).text == ""


@pytest.mark.parametrize(
    "usages",
    [
        [None, {"prompt_tokens": 11, "completion_tokens": 4}],
        [{"prompt_tokens": 11, "completion_tokens": 1}, {"completion_tokens": 4}],
        [{"prompt_tokens": 11}, {"completion_tokens": 4}],
        [{"prompt_tokens": 11, "completion_tokens": 4}, {"completion_tokens": 0}],
    ],
)  # fmt: skip
def test_the_usage_of_a_stream_is_counted_once(usages: list[Any]) -> None:
    text = "".join(f"data: {json.dumps({'choices': [], 'usage': one})}\n\n" for one in usages)
    completion = read_completion(
        f"data: {chunk({'content': 'x'})}\n\ndata: {END}\n\n{text}".encode()
    )
    assert completion.usage == Usage(11, 4)


def test_a_stream_that_broke_before_an_answer_is_asked_again_and_its_cost_kept() -> None:
    usage = json.dumps({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 2}})
    broken = f"data: {chunk({'content': FOUND[:9]})}\n\ndata: {usage}\n\n"
    with pytest.raises(Unread, match="ended before the answer did") as raised:
        read_completion(broken.encode())
    assert raised.value.usage == Usage(11, 2)
    with pytest.raises(Unread, match="overloaded"):
        read_completion(f'{broken}data: {{"error": "overloaded"}}\n\ndata: [DONE]\n\n'.encode())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><head><title>Sign\n in</title></head></html>", "HTML page titled 'Sign in'"),
        (b"\xef\xbb\xbf  <!doctype html>", "HTML page"),
        (b'{"error": {"message": "no such route"}}', "no such route"),
        (b'data: {"error": {"message": "overloaded"}}\n\ndata: [DONE]\n\n', "overloaded"),
        (b": keep-alive\n\n", "not a chat completion"),
        (b"event: ping\n\n", "not a chat completion"),
        (b"[]", "not a chat completion"),
        (b"\xff\xfe{", "not a chat completion"),
        (b"[" * 100_000, "not a chat completion"),
    ],
)
def test_what_is_no_completion_is_named(body: bytes, said: str) -> None:
    with pytest.raises(Unread, match=said):
        read_completion(body)


def test_a_response_without_a_completion_may_have_been_paid() -> None:
    body = {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 3}}
    with pytest.raises(Unread) as raised:
        read_completion(body)
    assert raised.value.usage == Usage(10, 3)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (None, (50, 7)),
        ({"prompt_tokens": None, "completion_tokens": None}, (50, 7)),
        ({"prompt_tokens": 11, "completion_tokens": None}, (11, 7)),
        ({"prompt_tokens": "11", "completion_tokens": True}, (50, 7)),
        ({"prompt_tokens": 11, "completion_tokens": None, "total_tokens": 15}, (11, 4)),
        ({"prompt_tokens": None, "completion_tokens": 4, "total_tokens": 15}, (11, 4)),
        ({"total_tokens": 60}, (50, 10)),
        ({"total_tokens": 20}, (20, 0)),
        ({"input_tokens": 11, "output_tokens": 4}, (11, 4)),
        ({"prompt_tokens": 11.0, "completion_tokens": 4.0}, (11, 4)),
    ],
)
def test_a_usage_with_gaps_is_completed(usage: Any, tokens: tuple[int, int]) -> None:
    body = {"choices": [{"message": {"content": "x"}}], "usage": usage}
    assert read_completion(body).usage.filled(50, 7) == tokens


@pytest.mark.parametrize("concurrency", [1, 16])
def test_a_page_with_status_200_stops_the_run_after_three(
    workspace: Workspace, concurrency: int
) -> None:
    fill(workspace, 10)
    page = Reply(raw=b"<html><title>Sign in</title></html>")
    with (
        serve(lambda body: page) as server,
        pytest.raises(NetworkError, match=r"3 responses in a row.*HTML page titled 'Sign in'"),
    ):
        go(workspace, server, concurrency=concurrency)
    assert len(server.asked) == 3


@pytest.mark.parametrize("rounds", [0, 2])
def test_answers_cut_by_reasoning_stop_the_run_after_three(
    workspace: Workspace, rounds: int
) -> None:
    fill(workspace, 10)
    author = Always("cut")
    with serve(author) as server:
        for _ in range(3):  # the same command again pays nothing more
            with pytest.raises(NetworkError, match=r"cut off at the length limit") as raised:
                go(workspace, server, concurrency=16, repair_rounds=rounds)
    assert "--answer-tokens" in raised.value.tip
    assert len(server.asked) == workspace.count(Call, "state = 'answered'") == 3
    with serve(answer) as server:
        assert go(workspace, server, answer_tokens=4_096).summary.went_out == 10


def test_some_cut_answers_stop_nothing(workspace: Workspace) -> None:
    fill(workspace, 30)
    author = Always("plain")

    def sometimes(body: Body) -> Reply:
        author.form = "plain" if len(server.asked) % 3 else "cut"
        return author(body)

    with serve(sometimes) as server:
        outcome = go(workspace, server, concurrency=1, repair_rounds=2)
    assert outcome.summary.went_out == 20 and outcome.summary.dropped == {"truncated": 10}
    assert len(server.asked) == 30, "reasoning is not shorter when it is asked again"


def test_what_a_lost_response_cost_is_part_of_its_call(workspace: Workspace) -> None:
    fill(workspace)
    lost = {"choices": [], "usage": {"prompt_tokens": 900, "completion_tokens": 70}}
    replies = [Reply(raw=json.dumps(lost).encode())] * 2
    with serve(lambda body: replies.pop() if replies else answer(body)) as server:
        assert go(workspace, server).summary.owed == 1
        [owed] = workspace.all(Call)
        assert (owed.state, owed.prompt_tokens, owed.answer_tokens) == ("asked", 1800, 140)
        outcome = go(workspace, server)
    [call] = workspace.all(Call)
    assert call.state == "answered" and call.prompt_tokens > 1800
    assert outcome.asker.budget.spent.tokens == call.prompt_tokens + call.answer_tokens
    assert len(server.asked) == 3


def test_a_dead_endpoint_is_said_to_be_dead(workspace: Workspace) -> None:
    fill(workspace, 20)
    with pytest.raises(NetworkError, match="3 requests in a row: APIConnectionError"):
        go(workspace, "http://127.0.0.1:9/v1", max_requests=10, concurrency=8)
    with (
        serve(lambda body: error(500, "no model is loaded")) as server,
        pytest.raises(NetworkError, match="no model is loaded"),
    ):
        go(workspace, server, max_requests=2, concurrency=8)


@pytest.mark.parametrize("concurrency", [64])
def test_every_fault_at_once_loses_and_repeats_nothing(
    workspace: Workspace, concurrency: int
) -> None:
    """Three hundred requests, of which every third fails first; benchmarks/llm_faults.py sends
    2,000."""
    fill(workspace, 100)
    author = FaultyAuthor(answer, delay=0.05)
    with serve(author) as server:
        for _ in range(3):  # what had no answer at first is owed to the next run
            outcome = go(workspace, server, concurrency=concurrency, per_change=3)
    assert outcome.summary.owed == 0
    calls = workspace.all(Call, "state = 'answered'")
    assert len(calls) == len(author.paid) == 300
    assert set(author.paid.values()) == {1}
    told = [sum(c.prompt_tokens for c in calls), sum(c.answer_tokens for c in calls)]
    assert told == author.tokens
    assert outcome.asker.budget.spent.tokens == sum(author.tokens)
    cut = workspace.count(Attempt, "reason = 'truncated'")
    assert cut > 0 and workspace.count(Entry) == 300 - cut
    assert 8 <= server.most_at_once <= concurrency


# -- batch files ------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "demo.toml").write_text(DEMO)
    (tmp_path / "prices.toml").write_text('[models."ti*"]\ninput = 10.0\noutput = 20.0\n')
    with Workspace.open(tmp_path / "workspace") as workspace:
        fill(workspace, 10)
    return tmp_path


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if "OPENAI" not in k and "API_KEY" not in k}
    return subprocess.run(
        [sys.executable, "-m", "recode_data", "synthesize", "demo.toml", "--engine", "llm",
         "--model", "tiny", "--no-judge", "--repair-rounds", "0", *more],
        cwd=folder, capture_output=True, text=True, check=False, timeout=100,
        env={**clean, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "140"},
    )  # fmt: skip


def requests_in(file: Path) -> list[Body]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def results(file: Path, *bodies: Any) -> None:
    """Write results; a body is a response's, or a whole line's where it has no choices."""
    lines = []
    for request, body in bodies:
        whole = {"id": "b", "custom_id": request["custom_id"], "error": None,
                 "response": {"status_code": 200, "request_id": "r", "body": body}}  # fmt: skip
        lines.append(json.dumps(whole if isinstance(body, dict) and "choices" in body else
                                {"custom_id": request["custom_id"], **body}))  # fmt: skip
    file.write_text("\n".join(lines) + "\n")


def test_one_odd_line_spoils_no_other(folder: Path) -> None:
    assert run(folder, "--batch-out", "out.jsonl").returncode == 0
    requests = requests_in(folder / "out.jsonl")
    text = [answer(request["body"]) for request in requests]
    usage = {"prompt_tokens": 20, "completion_tokens": 5}
    message = [{"content": text[0]}, {"content": [{"type": "text", "text": text[1]}]},
               {"content": text[2]}, {"tool_calls": [{"function": {"arguments": text[3]}}]},
               None, {"content": {"x": 1}}]  # fmt: skip
    bodies: list[Any] = [
        {"choices": [{"message": each, "finish_reason": "stop"}], "usage": usage}
        for each in message
    ]
    bodies[2]["usage"] = {"prompt_tokens": None, "completion_tokens": None}
    bodies += [{"response": None}, {"response": 7}, {"response": {"status_code": 200, "body": 3}},
               {"choices": []}]  # fmt: skip
    results(folder / "in.jsonl", *zip(requests, bodies, strict=True))
    with (folder / "in.jsonl").open("ab") as file:
        file.write(b"\xff\xfe\n[1]\nnull\n" + b"[" * 100_000 + b"\n")
    done = run(folder, "--batch-in", "in.jsonl")
    assert done.returncode == 1, done.stderr
    assert "5 answered" in done.stderr and "5 failed" in done.stderr
    assert "4 unreadable" in done.stderr and "Traceback" not in done.stderr
    with Workspace.open(folder / "workspace", read_only=True) as workspace:
        assert workspace.count(Entry) == 4
    again = run(folder, "--batch-in", "in.jsonl")
    assert "5 known" in again.stderr


def test_a_refused_batch_says_why_and_the_next_file_is_in_other_words(folder: Path) -> None:
    run(folder, "--batch-out", "out.jsonl")
    refused = {"error": {"message": "Unsupported parameter: 'max_tokens' …", "code": None}}
    requests = requests_in(folder / "out.jsonl")
    body = {"response": {"status_code": 400, "body": refused}, "error": None}
    results(folder / "in.jsonl", *((request, body) for request in requests))
    done = run(folder, "--batch-in", "in.jsonl", "--batch-out", "two.jsonl")
    assert "10 failed (10 × status 400: Unsupported parameter: 'max_tokens'" in done.stderr
    assert "from now on asked without max_tokens" in done.stderr
    second = requests_in(folder / "two.jsonl")
    assert {request["custom_id"] for request in second} == {r["custom_id"] for r in requests}
    assert all("max_tokens" not in request["body"] for request in second)
    assert all(request["body"]["max_completion_tokens"] == 2_048 for request in second)
    with serve(answer) as server:  # and so is a live request
        assert run(folder, "--base-url", server.url).returncode == 0
    assert all("max_tokens" not in asked.body for asked in server.asked)


@pytest.mark.parametrize(
    ("limit", "most"), [(("--max-requests", "4"), 4), (("--max-cost", "0.08"), 3)]
)
def test_a_batch_file_keeps_the_limits(folder: Path, limit: tuple[str, str], most: int) -> None:
    flags = ("--prices", "prices.toml", *limit)
    done = run(folder, *flags, "--batch-out", "out.jsonl")
    requests = requests_in(folder / "out.jsonl")
    assert 0 < len(requests) <= most + 1 and f"stopped at {' '.join(limit)}" in done.stderr
    usage = {"prompt_tokens": 2_000, "completion_tokens": 1_900}
    bodies = [{"choices": [{"message": {"content": answer(r["body"])}}], "usage": usage}
              for r in requests]  # fmt: skip
    results(folder / "in.jsonl", *zip(requests, bodies, strict=True))
    again = run(folder, *flags, "--batch-in", "in.jsonl", "--batch-out", "two.jsonl")
    assert not (folder / "two.jsonl").read_text(), "what the first file cost counts"
    assert again.returncode == 0, again.stderr


def test_a_dry_run_leaves_the_workspace_as_it_is(folder: Path) -> None:
    def kept() -> dict[str, bytes]:
        files = (folder / "workspace").rglob("*")
        return {str(file): file.read_bytes() for file in files if file.is_file()}

    before = kept()
    done = run(folder, "--dry-run")
    assert done.returncode == 0 and "requests: 10 to send" in done.stdout, done.stderr
    assert kept() == before


# -- a server's batch API ----------------------------------------------------------------------


def batch_run(folder: Path, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "--base-url", url, "--batch", "api", *more)


def test_one_command_uploads_polls_and_downloads(folder: Path) -> None:
    with serve(answer) as server:
        done = batch_run(folder, server.url, "--repair-rounds", "1")
    assert done.returncode == 0, done.stderr
    assert "10 in, 10 out" in done.stdout and "10 answered" in done.stderr
    assert not server.asked and len(server.batches) == 1
    assert server.batches[0]["polls"] >= 2
    assert not list((folder / "workspace" / "batches").iterdir())


def test_repairs_go_out_as_a_second_batch(folder: Path) -> None:
    def author(body: Body) -> str:
        return answer(body) if len(body["messages"]) > 2 else "garbage"

    with serve(author) as server:
        done = batch_run(folder, server.url, "--repair-rounds", "1")
    assert done.returncode == 0, done.stderr
    assert [len(batch["lines"]) for batch in server.batches] == [10, 10]


def test_a_batch_in_a_dialect_the_server_refuses_is_sent_again_in_another(folder: Path) -> None:
    def author(body: Body) -> Reply | str:
        return error(400, "extra field: seed") if "seed" in body else answer(body)

    with serve(author) as server:
        done = batch_run(folder, server.url)
    assert done.returncode == 0, done.stderr
    assert [len(batch["lines"]) for batch in server.batches] == [10, 10]


@pytest.mark.parametrize("moment", ["uploaded", "created", "polled"])
def test_a_killed_batch_is_taken_up_again_and_sent_once(folder: Path, moment: str) -> None:
    clean = {k: v for k, v in os.environ.items() if "API_KEY" not in k}
    with serve(answer) as server:
        server.batch_polls = 10_000
        server.stall = moment
        process = subprocess.Popen(
            [sys.executable, "-m", "recode_data", "synthesize", "demo.toml", "--engine", "llm",
             "--model", "tiny", "--no-judge", "--base-url", server.url, "--batch", "api"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**clean, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        )  # fmt: skip
        while moment not in server.moments:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.kill()
        process.communicate()
        server.batch_polls, server.stall = 2, ""
        done = batch_run(folder, server.url)
    assert done.returncode == 0, done.stderr
    assert len(server.batches) == 1, "a batch that was made is found again"
    with Workspace.open(folder / "workspace", read_only=True) as workspace:
        assert workspace.count(Call, "state = 'answered'") == 10


def test_a_failed_batch_gives_its_reason_and_is_owed(folder: Path) -> None:
    with serve(answer) as server:
        server.batch_failure = "the token limit of the queue is reached"
        done = batch_run(folder, server.url)
        assert done.returncode == 1 and "the token limit of the queue" in done.stderr
        server.batch_failure = ""
        assert batch_run(folder, server.url).returncode == 0


def test_a_server_without_a_batch_api_says_so(folder: Path) -> None:
    with serve(answer) as server:
        server.has_batches = False
        done = batch_run(folder, server.url)
    assert done.returncode == 2 and "does not take a batch" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_a_batch_keeps_the_limits(folder: Path) -> None:
    with serve(answer) as server:
        done = batch_run(folder, server.url, "--max-requests", "4")
        assert done.returncode == 1 and "stopped at --max-requests 4" in done.stderr, done.stderr
        assert batch_run(folder, server.url, "--max-requests", "10").returncode == 0
    assert [len(batch["lines"]) for batch in server.batches] == [4, 6]


RUN_BATCH = """\
import json, sys
given, out = sys.argv[2], sys.argv[4]
lines = []
for line in map(json.loads, open(given)):
    text = json.dumps({"possible": True, "why_not": "", "description": "d",
                       "old_code": "x = " + repr(line["custom_id"]), "new_code": "y = 1"})
    body = {"choices": [{"message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 5, "total_tokens": 9, "completion_tokens": 4}}
    lines.append(json.dumps({"id": "vllm-1", "custom_id": line["custom_id"], "error": None,
                             "response": {"status_code": 200, "request_id": "v", "body": body}}))
open(out, "w").write("\\n".join(lines))
"""
"""What ``vllm run-batch -i IN -o OUT`` reads and writes."""


def test_a_command_answers_a_batch(folder: Path) -> None:
    (folder / "run_batch.py").write_text(RUN_BATCH)
    command = f"{sys.executable} run_batch.py -i {{input}} -o {{output}}"
    done = run(folder, "--batch", command)
    assert done.returncode == 0, done.stderr
    assert "10 in, 10 out" in done.stdout
    wrong = run(folder, "--per-change", "2",
                "--batch", f"{sys.executable} nothing.py -i {{input}} -o {{output}}")  # fmt: skip
    assert wrong.returncode == 1 and "ended with code 2" in wrong.stderr
    useless = run(folder, "--per-change", "2", "--batch", "vllm")
    assert useless.returncode == 2 and "{input}" in useless.stderr
