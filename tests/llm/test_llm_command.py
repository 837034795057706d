"""The command line of the LLM engine: what it asks for, shows, keeps secret and replays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from llm_server import Body, Reply, Server, error, serve
from test_llm_faults import KEY, answer, fill

from recode_data.records import Call, Change, Entry, Verdict
from recode_data.workspace import Workspace

ROOT = Path(__file__).parents[2]
DEMO = 'name = "demo"\nmatrix = ["1.0", "2.0"]\nsources = []\n[usage]\n'
PRICES = '[models."ti*"]\ninput = 10.0\noutput = 20.0\nbatch = 0.5\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "demo.toml").write_text(DEMO)
    (tmp_path / "prices.toml").write_text(PRICES)
    with Workspace.open(tmp_path / "workspace") as workspace:
        fill(workspace, 6)
        workspace.add(
            [Change("demo", "2.0", "renamed", "`demo.g` has a new name.", "R", "sdist", "x")]
        )
    return tmp_path


def run(
    folder: Path, *more: str, key: str = "", debug: bool = False
) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if "OPENAI" not in k and "API_KEY" not in k}
    extra = {"RECODE_DATA_API_KEY": key} if key else {}
    extra |= {"OPENAI_LOG": "debug", "RECODE_DATA_DEBUG": "1"} if debug else {}
    return subprocess.run(
        [sys.executable, "-m", "recode_data", "synthesize", "demo.toml", "--engine", "llm",
         "--no-judge", *more],
        cwd=folder, capture_output=True, text=True, check=False, timeout=100,
        env={**clean, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "140", **extra},
    )  # fmt: skip


def ask(folder: Path, server: Server, *more: str, **how: Any) -> subprocess.CompletedProcess[str]:
    return run(folder, "--model", "tiny", "--base-url", server.url, *more, **how)


def entries(folder: Path) -> list[Entry]:
    with Workspace.open(folder / "workspace", read_only=True) as workspace:
        return workspace.all(Entry)


def test_without_key_and_address_one_line_says_what_to_set(folder: Path) -> None:
    done = run(folder, "--model", "tiny")
    assert done.returncode == 2
    first, tip = done.stderr.splitlines()
    assert "OPENAI_API_KEY" in first and "--base-url" in first
    assert "--engine rules" in tip


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--base-url", "http://127.0.0.1:9/v1"), "--model"),
        (("--model", "m", "--base-url", "localhost:8000"), "not an http address"),
        (("--model", "m", "--base-url", "http://me:pw1@x/v1"), "must not hold a password"),
        (("--model", "m", "--base-url", "http://x/v1?key=pw1"), "must not hold a password"),
        (("--model", "m", "--base-url", "http://x", "--max-cost", "1"), "price of 'm'"),
        (("--model", "m", "--engine", "both", "--descriptions"), "--engine both would"),
    ],
)
def test_wrong_usage_is_one_line(folder: Path, flags: tuple[str, ...], said: str) -> None:
    done = run(folder, *flags)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr and "pw1" not in done.stderr.split("tip:")[0]
    assert len(done.stderr.splitlines()) <= 2


def test_a_key_that_is_no_key_is_not_shown(folder: Path) -> None:
    done = run(folder, "--model", "m", key="sk-ünsäglich")
    assert done.returncode == 2 and "nsäglich" not in done.stderr


@pytest.mark.parametrize("debug", [False, True])
def test_the_key_reaches_the_server_and_nothing_else(folder: Path, debug: bool) -> None:
    def author(body: Body) -> Reply | str:
        turn = len(server.asked)
        if turn == 1:
            return error(500, f"the key {KEY} broke me")
        if turn == 4:
            return error(401, f"Incorrect key: {KEY}")
        return answer(body, description=f"Print {KEY}.", old_code=f"x = '{KEY}'")

    with serve(author) as server:
        done = ask(folder, server, "--concurrency", "1", key=KEY, debug=debug)
    assert done.returncode == 2 and "refused the key" in done.stderr
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in done.stdout + done.stderr
    kept = b"".join(f.read_bytes() for f in folder.rglob("*") if f.is_file())
    assert KEY.encode() not in kept
    assert entries(folder) and KEY not in str(entries(folder))


def test_summary_tells_yield_and_cost_of_each_kind_and_model(folder: Path) -> None:
    def author(body: Body) -> str:
        return "no" if "number 0" in body["messages"][1]["content"] else answer(body)

    with serve(author) as server:
        done = ask(folder, server, "--prices", "prices.toml", "--repair-rounds", "1", "--json")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        again = ask(folder, server, "--prices", "prices.toml", "--repair-rounds", "1", "--json")
        table = ask(folder, server, "--repair-rounds", "1", "--model", "tiny").stdout
    assert done.returncode == 0, done.stderr
    assert "7 in, 6 out, dropped 1 (1 no_json)" in done.stderr
    by_kind = {line["kind"]: line for line in lines}
    removed, renamed = by_kind["removed"], by_kind["renamed"]
    assert (removed["calls"], removed["repairs"], removed["entries"]) == (7, 1, 5)
    assert (renamed["calls"], renamed["entries"], renamed["valid"]) == (1, 1, 0)
    with Workspace.open(folder / "workspace") as workspace:
        calls = workspace.all(Call)
    tokens = sum(call.prompt_tokens for call in calls), sum(call.answer_tokens for call in calls)
    cost = (tokens[0] * 10 + tokens[1] * 20) / 1_000_000
    assert removed["cost"] + renamed["cost"] == pytest.approx(cost)
    assert [json.loads(line) for line in again.stdout.splitlines()] == lines
    assert len(server.asked) == 8, "the second and third run cost nothing"
    assert "removed" in table and "7" in table


def test_cost_of_a_valid_entry(folder: Path) -> None:
    with serve(answer) as server:
        ask(folder, server, "--prices", "prices.toml", "--kind", "renamed")
        [entry] = entries(folder)
        with Workspace.open(folder / "workspace") as workspace:
            workspace.add([Verdict(entry.id, "1", "invalid", "inert"),
                           Verdict(entry.id, "10", "valid", "ok")])  # fmt: skip
        done = ask(folder, server, "--prices", "prices.toml", "--kind", "renamed", "--json")
    line = json.loads(done.stdout)
    assert line["valid"] == 1 and line["cost_of_valid"] == line["cost"] > 0


def test_a_build_is_replayed_without_the_endpoint(folder: Path) -> None:
    with serve(answer) as server:
        ask(folder, server, "--per-change", "2")
    before = entries(folder)
    with Workspace.open(folder / "workspace") as workspace:
        workspace.execute("DELETE FROM entries")
        workspace.execute("DELETE FROM attempts")
    done = run(folder, "--model", "tiny", "--replay", "--per-change", "2")
    assert done.returncode == 0, done.stderr
    assert entries(folder) == before and len(before) == 14
    more = run(folder, "--model", "tiny", "--replay", "--per-change", "3")
    assert more.returncode == 1 and "14 out, 7 still owed" in more.stdout


def test_dry_run_prints_prompts_counts_and_an_estimate(folder: Path) -> None:
    with serve(answer) as server:
        ask(folder, server, "--limit", "2")
    flags = ("--model", "tiny", "--dry-run", "--prices", "prices.toml", "--per-change", "2")
    done = run(folder, *flags)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("[system]") == 3
    assert "The release note says:" in done.stdout
    assert "changes: 7\n" in done.stdout
    assert "requests: 12 to send, 2 in the cache" in done.stdout, "more entries, same prompts"
    assert "in answers, before repairs" in done.stdout
    assert "cost: at most $0." in done.stdout
    assert "cost: unknown" in run(folder, "--model", "tiny", "--dry-run").stdout
    assert len(server.asked) == 2


def test_a_budget_stops_cleanly_and_says_so(folder: Path) -> None:
    with serve(answer) as server:
        done = ask(folder, server, "--max-requests", "3", "--concurrency", "2")
        assert done.returncode == 1
        assert "stopped at --max-requests 3" in done.stderr
        assert "3 out" in done.stdout and "4 still owed" in done.stdout
        assert ask(folder, server, "--max-requests", "7").returncode == 0
    assert len(server.asked) == 7


def _results(requests: Path, results: Path) -> list[dict[str, Any]]:
    """Answer a batch file as the Batch endpoint does: in any order, some failed."""
    lines = [json.loads(line) for line in requests.read_text().splitlines()]
    out = []
    for number, line in enumerate(reversed(lines)):
        text = "garbage" if number == 1 else answer(line["body"])
        body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}  # fmt: skip
        response = {"status_code": 200, "request_id": "r", "body": body}
        if number == 2:
            response = {"status_code": 500, "request_id": "r", "body": {"error": {}}}
        out.append({"id": "b", "custom_id": line["custom_id"], "response": response, "error": None})
    results.write_text("\n".join(map(json.dumps, out)) + '\nnot json\n{"custom_id": "other"}\n')
    return lines


def test_a_batch_goes_out_and_comes_back(folder: Path) -> None:
    flags = ("--model", "tiny", "--prices", "prices.toml", "--repair-rounds", "1")
    out = run(folder, *flags, "--batch-out", "one.jsonl")
    assert out.returncode == 0 and "one.jsonl: 7 requests" in out.stderr, out.stderr
    lines = _results(folder / "one.jsonl", folder / "done.jsonl")
    assert lines[0]["method"] == "POST" and lines[0]["url"] == "/v1/chat/completions"
    assert lines[0]["body"]["response_format"]["type"] == "json_schema"
    back = run(folder, *flags, "--batch-in", "done.jsonl", "--batch-out", "two.jsonl")
    assert "6 answered" in back.stderr and "1 failed" in back.stderr
    assert "1 unknown" in back.stderr and "1 unreadable" in back.stderr
    assert len(entries(folder)) == 5
    second = [json.loads(line) for line in (folder / "two.jsonl").read_text().splitlines()]
    assert len(second) == 2, "the failed one, and the repair of the garbage"
    assert sorted(len(line["body"]["messages"]) for line in second) == [2, 4]
    again = run(folder, *flags, "--batch-in", "done.jsonl")
    assert "6 known" in again.stderr and again.returncode == 1
    with Workspace.open(folder / "workspace") as workspace:
        paid = workspace.all(Call, "state = 'answered'")
    assert all(call.cost == pytest.approx((1000 * 10 + 100 * 20) / 2e6) for call in paid)
    with serve(answer) as server:  # the rest may be asked at once instead
        assert ask(folder, server, "--repair-rounds", "1").returncode == 0
    assert len(server.asked) == 2 and len(entries(folder)) == 7


def test_a_batch_file_is_whole_or_not_there(folder: Path) -> None:
    done = run(folder, "--model", "tiny", "--batch-out", "no/such/folder/x.jsonl")
    assert done.returncode == 2 and "cannot write" in done.stderr


def test_the_rest_of_what_rules_could_not_do(folder: Path) -> None:
    from recode_data.library import Library
    from recode_data.llm import Options
    from recode_data.llm.plan import changes_to_write

    with Workspace.open(folder / "workspace") as workspace:
        first, second, third, *rest = workspace.all(Change)
        made = [
            Entry("demo", "==2.0", "d", "u", "a", str(n), change_id=c.id, engine="rules")
            for n, c in enumerate((first, second, third))
        ]
        workspace.add([*made, Verdict(made[0].id, "1", "invalid", "inert"),
                       Verdict(made[1].id, "1", "valid", "ok")])  # fmt: skip
        options = Options("tiny", gaps_only=True)
        chosen, left_out = changes_to_write(
            workspace, [Library(name="demo", matrix=["1.0", "2.0"])], options
        )
    assert {one.change.id for one in chosen} == {first.id, *(change.id for change in rest)}
    assert left_out == {"has_rules_entry": 2}


def test_descriptions_are_written_by_the_command(folder: Path) -> None:
    code = "import demo\nprint(demo.{}([3, 1]))"
    told = {"update_info": "`f` is `g`.", "engine": "rules", "description": "Print a value."}
    one = Entry("demo", "==2.0", old_code=code.format("f"), new_code=code.format("g"), **told)
    with Workspace.open(folder / "workspace") as workspace:
        workspace.add([one, Verdict(one.id, "1", "valid", "ok", "1.0", "2.0")])
    with serve(lambda _: json.dumps({"description": "Print what demo makes of [3, 1]."})) as server:
        shown = ask(folder, server, "--descriptions", "--dry-run")
        assert shown.returncode == 0, shown.stderr
        assert (
            "entries: 1" in shown.stdout and "Do not write any of these names: f, g" in shown.stdout
        )
        assert not server.asked
        done = ask(folder, server, "--descriptions")
    assert done.returncode == 0, done.stderr
    assert "describe: 1 in, 1 out" in done.stdout
    assert [each.description for each in entries(folder)] == ["Print what demo makes of [3, 1]."]
