"""The folds of benchmarks/effect.py: nothing of a held-out symbol is trained on."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from effect import (
    CONTINUED,
    SHARED,
    after,
    by_entry,
    by_symbol,
    cheats,
    common,
    divide,
    names_of,
    policy,
    report,
)

COMMON = "import acme as ac\n\n"


def row(number: int, old: str, new: str, program: str = "", **keys: str) -> dict[str, Any]:
    return {
        "id": f"{number:016x}", "dependency": "acme", "new_version": "==2", "description": "",
        "update_info": f"`{old}` was renamed to `{new}`.",
        "old_code": f"{COMMON}print(ac.{old}({number}))\n{program}",
        "new_code": f"{COMMON}print(ac.{new}({number}))\n{program}",
        "old_symbol": f"acme.{old}", "new_symbol": f"acme.{new}",
        "old_keyword": "", "new_keyword": "", **keys,
    }  # fmt: skip


ROWS = [row(n, f"old{n // 2}", f"new{n // 2}") for n in range(200)]


@pytest.mark.parametrize("fold", range(5))
def test_no_word_of_a_held_out_name_is_trained_on(fold: int) -> None:
    mentions = [row(1000 + n, f"other{n}", f"next{n}", f"ac.old{n}()\n") for n in range(100)]
    train, test = divide(ROWS + mentions, 5, fold)
    hidden = {name for held in test for name in names_of(held)}
    assert train
    assert test
    for kept in train:
        text = " ".join(kept[name] for name in ("update_info", "old_code", "new_code"))
        assert not hidden & set(re.findall(r"\w+", text))


def test_each_entry_is_held_out_once_and_its_symbol_as_a_whole() -> None:
    folds = [divide(ROWS, 5, fold)[1] for fold in range(5)]
    assert sorted(one["id"] for fold in folds for one in fold) == [one["id"] for one in ROWS]
    for name in (names_of(one)[0] for one in ROWS):
        assert sum(any(names_of(one)[0] == name for one in fold) for fold in folds) == 1


def test_a_name_that_much_else_uses_is_not_held_out() -> None:
    rows = [*ROWS, row(5000, "ac", "bc")]
    assert not any(
        one["id"] == rows[-1]["id"] for fold in range(5) for one in divide(rows, 5, fold)[1]
    )


def test_of_a_keyword_it_is_the_keyword_that_is_held_out() -> None:
    assert names_of(row(1, "f", "f", old_keyword="length", new_keyword="size")) == (
        "length",
        "size",
    )


def test_the_checkpoint_after_a_phase_is_the_nearest(tmp_path: Path) -> None:
    for step in (100, 200, 300):
        (tmp_path / f"checkpoint-{step}").mkdir()
    found = after(tmp_path, {"copying": 120, "invented": 160})
    assert [path.name for path in found.values()] == ["checkpoint-100", "checkpoint-300", "model"]
    assert list(found) == ["copying", "invented", "sft"]


def test_the_recipes_of_the_policies_are_recipes(tmp_path: Path) -> None:
    from recode_data.training import resolve

    shared = {"cpu": "true", "steps": 20, "seed": 3, "rate": 1e-4, "answers": 64, "decay": 5}
    given = argparse.Namespace(beta=0.001, invented=30, iterations=2, temperature=0.6)
    file = tmp_path / "mine.yaml"
    for algo in ("grpo", "dapo"):
        file.write_text(policy(algo, "execution", shared, given), encoding="utf-8")
        recipe = resolve(recipe=str(file)).model_dump()
        assert recipe["algo"] == algo
        assert recipe["rewards"] == {"execution": 1.0}
        assert recipe["dynamic_sampling"] is (algo == "dapo")
        assert recipe["invented"] == 30
    file.write_text((SHARED + CONTINUED).format(algo="sft", **shared), encoding="utf-8")
    assert resolve(recipe=str(file)).curriculum.invented == 1


def test_a_policy_learns_in_the_environments_that_most_rows_run_in(tmp_path: Path) -> None:
    rows = [one | {"new_version": f"=={number % 3 + 2}"} for number, one in enumerate(ROWS[:20])]
    rows += [row(99, "far", "near", "#" * 400, new_version="==2")]
    (tmp_path / "data").mkdir()
    text = "".join(json.dumps(one) + "\n" for one in rows)
    (tmp_path / "data" / "train.jsonl").write_text(text, encoding="utf-8")
    from recode_data.training.data import load

    kept = load(common(tmp_path / "data", 2, 350)).train
    assert {one["new_version"] for one in kept} == {"==2", "==3"}
    assert len(kept) == 14


def test_the_table_counts_what_was_judged_by_symbol_and_by_entry(tmp_path: Path) -> None:
    folder = tmp_path / "fold-0-seed-0"
    rows = [row(0, "a", "b"), row(1, "a", "b"), row(2, "c", "d"), row(3, "e", "f")]
    for name in ("train", "test"):
        (folder / "data").mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(one) + "\n" for one in rows)
        (folder / "data" / f"{name}.jsonl").write_text(text, encoding="utf-8")
    from recode_data.training.data import load

    ids = [one["id"] for one in load(folder / "data").test]
    states = {
        ("sft", "told-0"): "ppff", ("sft continued", "told-0"): "pfff",
        ("sft continued", "told-1"): "ppff", ("grpo execution", "told-0"): "ppp-",
        ("grpo es_star", "told-0"): "pppf",
        ("sft", "sampled-0"): "pfff",
    }  # fmt: skip
    kinds = {"p": "passed", "f": "failed", "-": "no environment"}
    for (phase, asked), states_of in states.items():
        scores = folder / "answers" / phase / asked
        scores.mkdir(parents=True)
        lines = {"scores": "", "completions": ""}
        for number, (one, state) in enumerate(zip(ids, states_of, strict=True)):
            value = 1.7 if number == 3 else 0.1
            score = {"problem": one, "status": kinds[state], "es_star": value}
            said = f"```python\n{rows[number]['old_code' if number == 2 else 'new_code']}```"
            lines["scores"] += json.dumps(score) + "\n"
            lines["completions"] += json.dumps({"problem": one, "text": said}) + "\n"
        for name, text in lines.items():
            (scores / f"{name}.jsonl").write_text(text, encoding="utf-8")
    assert by_symbol(tmp_path, "sft") == {"a": 1.0, "c": 0.0, "e": 0.0}
    assert by_entry(tmp_path, "sft continued") == dict(zip(ids, (1, 0.5, 0, 0), strict=True))
    assert len(by_entry(tmp_path, "grpo execution")) == 3
    paid, old = cheats(tmp_path, "sft")
    assert paid == dict(zip(ids, (0, 0, 0, 1), strict=True))
    assert old == dict(zip(ids, (0, 0, 1, 0), strict=True))
    assert sum(cheats(tmp_path, "grpo execution")[0].values()) == 0
    table = report(tmp_path, list(dict.fromkeys(phase for phase, _ in states)))
    assert "| sft | 1 | 50.0% | 33.3%" in table
    assert "| sft continued | 2 | 37.5% |" in table
    assert "| grpo execution | 1 | 100.0% | 100.0% (100.0% to 100.0%) | 0.0% |" in table
    assert "+50.0%, p = 0.500; symbols +62.5%" in table
    assert "at temperature 1: 25.0%; entries of which a sample passes: 25.0%" in table
    assert "grpo, es_star against execution: wrong, paid by es_star +0.0%, p = 1.000;" in table
    assert "3 held-out symbols, 4 entries; the notes of 100% tell" in table
