"""A model from scratch learns to copy, then invented updates, then entries, in that order."""

from __future__ import annotations

import ast
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from recode_data.errors import BadFile
from recode_data.training import resolve
from recode_data.training.curriculum import lesson_rows, renamed
from recode_data.training.data import Row, load
from recode_data.training.recipe import Curriculum

ENTRY: Row = {
    "dependency": "acme",
    "new_version": "==2.0",
    "description": "Count parts.",
    "update_info": "`acme.count_up` is deprecated, use `acme.tally.run(size=...)` for `length`.",
    "old_code": "import acme\n\nprint(acme.count_up([1, 2], length=2))\n",
    "new_code": "import acme\n\nprint(acme.tally.run([1, 2], size=2))\n",
    "old_symbol": "acme.count_up",
    "new_symbol": "acme.tally.run",
    "old_keyword": "length",
    "new_keyword": "size",
}
LEAVES = ("count_up", "run", "length", "size")
PIECES = ["ab", "c", " d", "(", "_e"]


def lessons(seed: int = 1) -> list[Row]:
    return lesson_rows(
        [ENTRY], Curriculum(copying=2, invented=3), "answer", False,
        pieces=PIECES, batch=4, steps=7, seed=seed,
    )  # fmt: skip


def test_every_name_of_the_update_is_invented_anew_in_text_and_programs() -> None:
    row = renamed(ENTRY, random.Random(0))
    assert row is not None
    for text in (row["update_info"], row["old_code"], row["new_code"]):
        assert not any(leaf in text.replace("print", "") for leaf in LEAVES)
    for code in (row["old_code"], row["new_code"]):
        names = {node.attr for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
        assert all(name in row["update_info"] for name in names)
    assert "import acme" in row["old_code"]


@pytest.mark.parametrize("seed", range(20))
def test_different_names_stay_different(seed: int) -> None:
    row = renamed(ENTRY, random.Random(seed))
    assert row is not None
    assert row["old_code"] != row["new_code"]
    old = {
        node.arg for node in ast.walk(ast.parse(row["old_code"])) if isinstance(node, ast.keyword)
    }
    new = {
        node.arg for node in ast.walk(ast.parse(row["new_code"])) if isinstance(node, ast.keyword)
    }
    assert not old & new


def test_a_name_that_the_update_does_not_tell_is_not_renamed() -> None:
    assert renamed(ENTRY | {"update_info": "Gone."}, random.Random(0)) is None


def test_lessons_come_in_their_order_and_fill_whole_batches() -> None:
    rows = lessons()
    assert len(rows) == 7 * 4
    copied, invented, real = rows[:8], rows[8:20], rows[20:]
    assert all(row["prompt"][-1]["content"] == row["completion"][0]["content"] for row in copied)
    assert all("acme" in row["prompt"][-1]["content"] for row in invented)
    assert not any("count_up" in row["prompt"][-1]["content"] for row in invented)
    assert all("count_up" in row["prompt"][-1]["content"] for row in real)
    assert len({row["prompt"][-1]["content"] for row in invented}) == len(invented)


def test_the_same_seed_gives_the_same_lessons() -> None:
    assert lessons(1) == lessons(1) != lessons(2)


@pytest.mark.parametrize(
    ("algo", "settings", "line"),
    [
        ("sft", ["max_steps=3", "curriculum.copying=4"], "curriculum takes 4 steps"),
        ("sft", ["curriculum.copying=-1"], "curriculum.copying: Input should be greater"),
        ("sft", ["curriculum.copyng=1"], "unknown key 'curriculum.copyng'"),
        ("grpo", ["curriculum.invented=1"], "a curriculum belongs to algo: sft, not grpo"),
    ],
)
def test_a_wrong_curriculum_is_one_line_with_a_tip(
    algo: str, settings: list[str], line: str
) -> None:
    with pytest.raises(BadFile) as caught:
        resolve(algo, settings=settings)
    assert line in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.tip


@pytest.mark.training
@pytest.mark.filterwarnings("default")
def test_a_run_cut_within_the_curriculum_resumes_to_the_same_weights(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from recode_data.progress import Progress
    from recode_data.training import plan, train

    file = tmp_path / "train.jsonl"
    file.write_text("".join(json.dumps(ENTRY) + "\n" for _ in range(4)), encoding="utf-8")
    assert load(file).train[0]["old_symbol"] == "acme.count_up"

    def run(resume: bool = False) -> dict[str, Any]:
        settings = ["scratch.layers=1", "scratch.width=32", "scratch.heads=2",
                    "scratch.vocabulary=300", "curriculum.copying=3", "curriculum.invented=3",
                    "max_steps=8", "save_steps=2", "held_out=0", "warmup_steps=1",
                    "per_device_train_batch_size=2"]  # fmt: skip
        chosen = resolve(recipe="from-scratch", settings=settings)
        return train(plan(chosen, file, tmp_path / "run"), resume, progress=Progress(quiet=True))

    whole = run()
    for step in (4, 6, 8):  # what a run killed after step 2 leaves
        shutil.rmtree(tmp_path / "run" / f"checkpoint-{step}")
    (tmp_path / "run" / "result.json").unlink()
    shutil.rmtree(tmp_path / "run" / "model")
    assert run(resume=True)["weights"] == whole["weights"]
