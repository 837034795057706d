"""Descriptions that a model writes anew, and the check that keeps the wrong ones out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from llm_server import Body, Server, serve

from recode_data.library import Library
from recode_data.llm import Endpoint, Options, rewrite_descriptions
from recode_data.llm.batch import API, write_batch
from recode_data.llm.descriptions import MOST, Rewriting, flaw_of
from recode_data.progress import Progress
from recode_data.reasons import Reason
from recode_data.records import Call, Decision, Entry, Verdict
from recode_data.workspace import Workspace

LIBRARY = Library(name="demo", matrix=["1.0", "2.0"])
OLD = (
    "import demo\n\nrows = [3, 1, 4, 1, 5]\nwide = demo.spread(rows, step=2)\n"
    "print(demo.largest(wide, keepdims=True))"
)
NEW = OLD.replace("largest", "amax_of").replace("step", "stride")
GOOD = "Spread five numbers by a step of 2 and find the largest."


def entry(number: int = 0, **told: object) -> Entry:
    code = f"\nprint({number})"
    given = {"description": "Find the largest of the rows.", "engine": "rules", **told}
    return Entry("demo", "==2.0", update_info="`largest` is `amax_of` now.", old_code=OLD + code,
                 new_code=NEW + code, change_id=f"c{number}", **given)  # type: ignore[arg-type] # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD, None),
        ("Spread the 5 rows, then tell the largest of `wide`.", None),
        ("Spread the numbers by 2 strides.", None),  # no name: a word of English
        ("x" * MOST, Reason.DESCRIPTION_LENGTH),
        ("Spread rows " * 30, Reason.DESCRIPTION_LENGTH),
        ("Find it", Reason.DESCRIPTION_LENGTH),
        ("Find the largest of the rows with amax_of.", Reason.DESCRIPTION_LEAKS),
        ("Find the `largest` of the rows.", Reason.DESCRIPTION_LEAKS),
        ("Spread the rows with stride=2.", Reason.DESCRIPTION_LEAKS),
        ("Spread rows with the new API of demo.", Reason.DESCRIPTION_LEAKS),
        ("Spread rows as version 2 has it.", Reason.DESCRIPTION_LEAKS),
        ("Find the smallest of the spread rows.", Reason.DESCRIPTION_FALSE),
        ("Spread the rows in 7 steps and find the largest.", Reason.DESCRIPTION_FALSE),
        ("Find the largest of `columns`, spread.", Reason.DESCRIPTION_FALSE),
        ("Train a classifier on flowers.", Reason.DESCRIPTION_FALSE),
    ],
)
def test_a_description_gives_nothing_away_and_is_not_contradicted(
    text: str, reason: Reason | None
) -> None:
    flaw = flaw_of(text, entry())
    assert (flaw.reason if flaw else None) == reason


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    with Workspace.open(tmp_path / "ws") as opened:
        yield opened  # type: ignore[misc]


def fill(workspace: Workspace, many: int, **told: object) -> list[Entry]:
    made = [entry(number, **told) for number in range(many)]
    workspace.add(made)
    workspace.add(Verdict(one.id, "1", "valid", "ok", "1.0", "2.0") for one in made)
    return made


def go(workspace: Workspace, server: Server | None, **how: object) -> Rewriting:
    options = Options(model="tiny", repair_rounds=1, concurrency=4)
    endpoint = Endpoint(server.url, "sk-1", first_wait=0.01, timeout=20) if server else None
    return rewrite_descriptions(
        workspace, [LIBRARY], options, endpoint, progress=Progress(quiet=True), **how  # type: ignore[arg-type]
    )  # fmt: skip


def author(body: Body) -> str:
    """Write a good description but for the third entry, and mend it for the second."""
    asked, last = body["messages"][1]["content"], body["messages"][-1]["content"]
    assert list(body["response_format"]["json_schema"]["schema"]["properties"]) == ["description"]
    assert "amax_of" in asked and "stride" in asked, "the names that it must not write"
    assert "new_code" not in asked, "a description is of the old code alone"
    leaky = "print(2)" in asked or ("print(1)" in asked and "must not name" not in last)
    return json.dumps({"description": "Find it with amax_of quickly." if leaky else GOOD})


@pytest.mark.parametrize("batch", ["", API])
def test_good_descriptions_take_the_place_and_codes_stay(workspace: Workspace, batch: str) -> None:
    before = fill(workspace, 4)
    judged: list[Entry] = []
    with serve(author) as server:
        done = go(workspace, server, batch=batch, judge=judged.extend)
    after = {one.change_id: one for one in workspace.all(Entry)}
    assert [after[f"c{n}"].description for n in range(4)] == [
        GOOD,
        GOOD,
        before[2].description,
        GOOD,
    ]
    for one in before:
        new = after[one.change_id]
        assert (new.old_code, new.new_code, new.update_info) == (
            one.old_code, one.new_code, one.update_info)  # fmt: skip
        assert (new.id == one.id) == (one is before[2])
    assert after["c1"].parameters["description"] == {
        "model": "tiny",
        "call": workspace.all(Call, "change_id = 'c1' AND \"round\" = 1")[0].id,
    }
    assert {one.id for one in judged} == {one.id for one in after.values()} - {before[2].id}
    assert (done.summary.came_in, done.summary.went_out) == (4, 3)
    assert done.summary.dropped == {Reason.DESCRIPTION_LEAKS: 1}
    assert len(workspace.all(Call)) == 6  # four, and two repairs


def test_what_is_paid_is_not_asked_again(workspace: Workspace) -> None:
    before = fill(workspace, 3)
    with serve(author) as server:
        go(workspace, server)
        asked = len(server.asked)
        go(workspace, server)
        assert len(server.asked) == asked
        workspace.execute("DELETE FROM entries")
        workspace.add(before)  # as the rules would write them again
        done = go(workspace, server)
        assert len(server.asked) == asked
    assert done.summary.went_out == 2


def test_by_files_of_a_batch(workspace: Workspace, tmp_path: Path) -> None:
    fill(workspace, 2)
    waiting = go(workspace, None)
    assert waiting.summary.owed == 2
    written, _ = write_batch(waiting.asker, waiting.missing, tmp_path / "in.jsonl")
    lines = []
    for line in map(json.loads, (tmp_path / "in.jsonl").read_text().splitlines()):
        message = {"role": "assistant", "content": json.dumps({"description": GOOD})}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"choices": [choice], "usage": usage}
        assert line["body"]["response_format"]["json_schema"]["name"] == "description"
        lines.append(json.dumps({"custom_id": line["custom_id"],
                                 "response": {"status_code": 200, "body": body}}))  # fmt: skip
    (tmp_path / "out.jsonl").write_text("\n".join(lines))
    done = go(workspace, None, results=tmp_path / "out.jsonl")
    assert (len(written), done.summary.went_out, done.summary.owed) == (2, 2, 0)
    assert [one.description for one in workspace.all(Entry)] == [GOOD, GOOD]


def test_only_valid_entries_of_rules_that_nobody_decided_on_are_asked(workspace: Workspace) -> None:
    fill(workspace, 1, engine="llm")
    wanted = fill(workspace, 3)[2]
    workspace.add([Decision(entry(1).id, "ada", "accept")])
    workspace.execute("UPDATE verdicts SET status = 'invalid' WHERE entry_id = ?", [entry(0).id])
    with serve(lambda _: json.dumps({"description": GOOD})) as server:
        go(workspace, server)
        assert len(server.asked) == 1
        assert f"print({2})" in server.asked[0].prompt
    assert wanted.id not in {one.id for one in workspace.all(Entry)}
