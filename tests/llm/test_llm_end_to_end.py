"""From changes to an exported data set, with a scripted author behind a loopback endpoint."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from llm_server import Body, serve

from recode_data.records import Attempt, Call, Change, Entry, Symbol, Verdict
from recode_data.workspace import Workspace

pytestmark = [pytest.mark.index, pytest.mark.timeout(280)]

ROOT = Path(__file__).parents[2]
PRICES = "[models.scripted]\ninput = 1.0\noutput = 4.0\n"
NAMES = {"product": "prod", "cumproduct": "cumprod", "alltrue": "all", "sometrue": "any"}


def change(old: str, new: str) -> Change:
    text = f"`np.{old}` is deprecated. Use `np.{new}` instead."
    return Change("numpy", "1.25.0", "deprecated", text, "Deprecations", "sdist", "1.25.0-notes",
                  old_symbol=f"numpy.{old}", new_symbol=f"numpy.{new}")  # fmt: skip


def author(body: Body) -> str:
    """Answer from the prompt alone: what is asked, and what came back of it."""
    asked, last = body["messages"][1]["content"], body["messages"][-1]["content"]
    symbols = re.search(r"old_code uses numpy\.(\w+) .* new_code uses numpy\.(\w+)", asked)
    assert symbols, asked
    old, new = symbols.groups()
    assert f"numpy.{old}(" in asked and f"numpy.{new}(" in asked, "signatures of real versions"
    if old == "sometrue":
        return "I would rather write a poem about arrays."
    if old == "cumproduct" and "must print the same lines" not in last:
        new = "cumsum"  # wrong, until the evidence says that the results differ
    if old == "alltrue":
        new = "any"  # wrong whatever is said
    return json.dumps(
        {
            "possible": True,
            "why_not": "",
            "description": f"Reduce two rows of readings with {old}.",
            "old_code": program(old),
            "new_code": program(new),
        }
    )


def program(name: str) -> str:
    return (
        "import numpy as np\n\n"
        "rows = np.array([[3, 1, 4], [1, 0, 9]])\n"
        f"result = np.{name}(rows, axis=1)\n"
        "print(result.tolist())"
    )


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if "API_KEY" not in k and "OPENAI" not in k}
    return subprocess.run(
        [sys.executable, "-m", "recode_data", *words], cwd=folder, capture_output=True, text=True,
        check=False, timeout=500,
        env={**clean, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "140"},
    )  # fmt: skip


def test_from_synthesize_through_validate_to_export(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add([change(old, new) for old, new in NAMES.items()])
    with serve(author) as server:
        command = ("synthesize", "numpy", "--engine", "llm", "--model", "scripted",
                   "--base-url", server.url, "--prices", "prices.toml", "--json")  # fmt: skip
        done = run(tmp_path, *command)
        assert done.returncode == 0, done.stderr
        asked = len(server.asked)
        again = run(tmp_path, *command)
        assert len(server.asked) == asked, "the second run is answered by the cache"
    validated = run(tmp_path, "validate")
    assert validated.returncode == 0, validated.stderr
    exported = run(tmp_path, "export", "dataset")
    assert exported.returncode == 0, exported.stderr

    with Workspace.open(tmp_path / "workspace") as workspace:
        entries = {entry.id: entry for entry in workspace.all(Entry)}
        verdicts = {v.entry_id: v for v in workspace.all(Verdict)}
        calls = workspace.all(Call)
        symbols = workspace.all(Symbol)
        drops = [attempt.reason for attempt in workspace.all(Attempt, "produced = 0")]
    # 1 right; 1 wrong and mended: 2; never right: 3; garbage: 3.
    assert len(calls) == asked == 1 + 2 + 3 + 3
    valid = [entries[id] for id, verdict in verdicts.items() if verdict.status == "valid"]
    assert {entry.old_symbol for entry in valid} == {"numpy.product", "numpy.cumproduct"}
    rounds = {entry.old_symbol: entry.parameters["round"] for entry in valid}
    assert rounds == {"numpy.product": 0, "numpy.cumproduct": 1}
    wrong = [verdict.reason for verdict in verdicts.values() if verdict.status == "invalid"]
    assert wrong and set(wrong) == {"differs"}
    assert drops.count("no_json") == 3
    assert {s.exists for s in symbols} == {True} and all(s.doc for s in symbols)

    [line] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (line["calls"], line["repairs"], line["valid"], line["mended"]) == (asked, 5, 2, 1)
    assert line["entries"] == len(entries) == 4
    spent = sum((call.prompt_tokens + 4 * call.answer_tokens) / 1e6 for call in calls)
    assert line["cost"] == pytest.approx(spent)
    assert line["cost_of_valid"] == pytest.approx(spent / 2)
    assert json.loads(again.stdout) == line
    assert "4 in, 4 out, dropped 2 (1 differs, 1 no_json)" in done.stderr.replace(
        "(1 no_json, 1 differs)", "(1 differs, 1 no_json)"
    )
    rows = [
        json.loads(row)
        for file in (tmp_path / "dataset").rglob("*.jsonl")
        for row in file.read_text().splitlines()
    ]
    assert sorted(row["update_info"] for row in rows) == sorted(
        change(old, NAMES[old]).text for old in ("product", "cumproduct")
    )
    assert {row["engine"] for row in rows} == {"llm"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_model_does_what_the_rules_could_not(tmp_path: Path) -> None:
    """Rules first, judged; the model is asked for the one change that they left."""
    left = Change("numpy", "1.25.0", "behaviour", "`np.alltrue` is deprecated. Use `np.all`.",
                  "Deprecations", "sdist", "1.25.0-notes")  # fmt: skip
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add([change("product", "prod"), left])
    codes = {"old_code": program("alltrue"), "new_code": program("all")}
    with serve(lambda body: json.dumps({"description": "Look for zeros.", **codes})) as server:
        done = run(tmp_path, "synthesize", "numpy", "--engine", "both", "--model", "scripted",
                   "--base-url", server.url, "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(server.asked) == 1
    assert [json.loads(line)["valid"] for line in done.stdout.splitlines()] == [1]
    with Workspace.open(tmp_path / "workspace") as workspace:
        engines = {entry.change_id: entry.engine for entry in workspace.all(Entry)}
    assert engines == {change("product", "prod").id: "rules", left.id: "llm"}
