"""Reasons of all stages: one code and one sentence each, whatever a workspace has them spelt."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from recode_data.publish import Configuration, export
from recode_data.reasons import TITLES, Reason, code_of, merged, page, sentence_of
from recode_data.records import Attempt, Decision, Entry, Verdict
from recode_data.report.figures import workspace_figures
from recode_data.workspace import Workspace
from recode_data.workspace.funnel import funnel

ROOT = Path(__file__).parent.parent


def test_each_has_a_plain_code_a_sentence_of_its_own_and_a_stage() -> None:
    assert len({reason.sentence for reason in Reason}) == len(Reason)
    for reason in Reason:
        assert reason.isidentifier()
        assert reason.islower()
        assert reason.sentence
        assert not reason.sentence.endswith(".")
    assert {reason.stage for reason in Reason} == set(TITLES)


def test_the_page_of_reasons_is_up_to_date() -> None:
    """``python -m recode_data.reasons > REASONS.md`` writes it anew."""
    assert (ROOT / "REASONS.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("reason", list(Reason))
def test_earlier_spellings_are_understood(reason: Reason) -> None:
    for spelling in (str(reason), *reason.earlier):
        assert code_of(spelling) == reason


def test_a_reason_of_another_program_is_left_as_it_is() -> None:
    assert code_of("as yet unknown (to us)") == "as yet unknown (to us)"
    assert sentence_of("as yet unknown") == ""


def test_spellings_of_one_reason_are_counted_together() -> None:
    assert merged({"too slow": 2, "too_slow": 3, "damaged (ValueError)": 1}) == {
        "too_slow": 5,
        "damaged": 1,
    }


def test_a_workspace_of_an_earlier_version_is_told_in_codes(tmp_path: Path) -> None:
    entry = Entry("numpy", "==2.0", "d", "u", "old = 1", "new = 1", change_id="c")
    with Workspace.open(tmp_path / "w") as workspace:
        workspace.add(
            [
                Attempt("scrape", "n1", "8", 0, "damaged (ValueError)"),
                Attempt("scrape", "n2", "9", 0, "damaged", "ValueError"),
                Attempt("synthesize-rules", "c1", "1", 0, "no replacement told"),
                entry,
                Verdict(entry.id, "3", "valid", "ok", "breaking"),
                Decision(entry.id, "ada", "reject", "wrong", "", "", "2026"),
            ]
        )
        notes, changes, _, _, valid, _ = funnel(workspace)
        [told] = [f for f in workspace_figures(workspace) if f.title.startswith("What was dropped")]
    assert notes.dropped == {"damaged": 2}
    assert changes.dropped == {"no_replacement": 1}
    assert valid.dropped == {"rejected": 1}
    assert told.rows == [
        {"stage": "scrape", "reason": "damaged", "dropped": 2,
         "meaning": "the note's markup could not be read"},
        {"stage": "synthesize-rules", "reason": "no_replacement", "dropped": 1,
         "meaning": "no note says what replaces the symbol"},
    ]  # fmt: skip


def test_the_card_says_what_its_reasons_mean(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "w") as workspace:
        entries = [Entry("numpy", "==2.0", "d", "u", f"old = {n}", f"new = {n}") for n in range(2)]
        workspace.add(entries)
        workspace.add([Verdict(entries[0].id, "3", "valid", "ok", "breaking")])
        workspace.add([Verdict(entries[1].id, "3", "invalid", "degenerate")])
        export(workspace, tmp_path / "out", Configuration())
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert f"- `degenerate`: {Reason.DEGENERATE.sentence}" in card


def test_what_stages_write_down_is_a_member() -> None:
    """No call that keeps or counts a reason is given a text of its own."""
    found = []
    for file in sorted((ROOT / "recode_data").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                given = {"Attempt": node.args[4:5], "BadRow": node.args[:1],
                         "Unusable": node.args[:1]}.get(name, [])  # fmt: skip
            elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
                given = [node.slice] if node.value.attr == "dropped" else []
            found += [
                f"{file.name}:{each.lineno}" for each in given if isinstance(each, ast.Constant)
            ]
    assert found == []
