"""A model from scratch learns to copy, then invented updates, then entries, in that order."""

from __future__ import annotations

import ast
import asyncio
import json
import random
import re
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from recode_data.errors import BadFile
from recode_data.training import resolve
from recode_data.training.curriculum import (
    PUT_BACK,
    WINDOW,
    Invention,
    invented_prompts,
    lesson_rows,
    put_back,
    swapped,
    tells,
)
from recode_data.training.data import Row, load
from recode_data.training.recipe import Curriculum
from recode_data.training.rewards import RealNames

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


def invention(*rows: Row, seed: int = 0) -> Invention:
    return Invention(rows or (ENTRY,), random.Random(seed))


def names_in(code: str) -> set[str]:
    return {
        name
        for node in ast.walk(ast.parse(code))
        for name in (getattr(node, "attr", None), getattr(node, "arg", None))
        if name
    }


@pytest.mark.parametrize("seed", range(20))
def test_every_name_of_the_update_is_invented_anew_in_text_and_programs(seed: int) -> None:
    row = invention(seed=seed).renamed(ENTRY)
    assert row is not None
    for text in (row["update_info"], row["old_code"], row["new_code"]):
        assert not any(re.search(rf"\b{leaf}\b", text) for leaf in LEAVES)
    for code in (row["old_code"], row["new_code"]):
        assert all(name in row["update_info"] for name in names_in(code))
    assert names_in(row["old_code"]) != names_in(row["new_code"])
    assert row["old_code"].startswith("import ")
    assert "print(" in row["old_code"]


@pytest.mark.parametrize("seed", range(20))
def test_different_names_stay_different(seed: int) -> None:
    row = invention(seed=seed).renamed(ENTRY)
    assert row is not None
    old, new = (names_in(row[name]) for name in ("old_code", "new_code"))
    assert len(old & new) <= len(names_in(ENTRY["old_code"]) & names_in(ENTRY["new_code"]))
    assert len(old | new) == len(names_in(ENTRY["old_code"]) | names_in(ENTRY["new_code"]))


def test_in_half_of_the_rows_names_that_share_a_word_go_on_sharing_it() -> None:
    entry = ENTRY | {
        "update_info": "`acme.take_every` is now `acme.gather_every`.",
        "old_code": "import acme\n\nprint(acme.take_every(2))\n",
        "new_code": "import acme\n\nprint(acme.gather_every(2))\n",
        "old_symbol": "acme.take_every", "new_symbol": "acme.gather_every",
        "old_keyword": "", "new_keyword": "",
    }  # fmt: skip
    shared = 0
    for seed in range(60):
        row = invention(entry, seed=seed).renamed(entry)
        assert row is not None
        pair = swapped(row)
        assert pair is not None
        shared += pair[0].rpartition("_")[2] == pair[1].rpartition("_")[2]
    assert 15 <= shared <= 45


def test_what_the_update_does_not_tell_is_not_made_into_a_lesson() -> None:
    untold = ENTRY | {"update_info": "Gone."}
    assert tells(ENTRY)
    assert not tells(untold)
    assert invention().renamed(untold) is None
    made = list(islice(invention(ENTRY, untold).rows(), 20))
    assert all(tells(row) for row in made)


def test_a_row_can_be_told_in_the_words_of_another_with_its_own_names() -> None:
    row, other = (
        ENTRY | {
            "update_info": f"`pkg.{old}` {words} `{new}`.",
            "old_code": f"print(pkg.{old}({number}))\n",
            "new_code": f"print(pkg.{new}({number}))\n",
            "old_symbol": f"pkg.{old}", "new_symbol": f"pkg.{new}",
            "old_keyword": "", "new_keyword": "",
        }
        for old, new, words, number in (
            ("alpha", "beta", "was renamed to", 1), ("gamma", "delta", "makes room for", 2),
        )
    )  # fmt: skip
    assert swapped(row) == ("alpha", "beta")
    assert swapped(ENTRY) is None  # a symbol and a keyword: more than one name differs
    texts = set()
    for made in islice(invention(row, other, seed=3).rows(), 60):
        pair = swapped(made)
        assert pair is not None
        assert tells(made)
        number = re.findall(r"\((\d+)\)", made["old_code"])
        assert number == re.findall(r"\((\d+)\)", made["new_code"])
        texts.add("renamed" in made["update_info"])
    assert texts == {True, False}


def test_numbers_change_alike_in_both_programs() -> None:
    entry = ENTRY | {
        "old_code": "import acme\n\nprint(acme.count_up([37, 42], length=2))\n",
        "new_code": "import acme\n\nprint(acme.tally.run([37, 42], size=2))\n",
    }
    seen = set()
    for seed in range(20):
        row = invention(entry, seed=seed).renamed(entry)
        assert row is not None
        old, new = (re.findall(r"\b\d+\b", row[name]) for name in ("old_code", "new_code"))
        assert old == new
        seen.add(tuple(old))
    assert ("37", "42", "2") in seen
    assert len(seen) > 5


@pytest.mark.parametrize("seed", range(20))
def test_an_answer_with_invented_names_is_put_back_to_the_real_ones(seed: int) -> None:
    entry = ENTRY | {
        "old_code": "import acme\n\nprint(acme.count_up([3, 5, 42], length=2))\n",
        "new_code": "import acme\n\nprint(acme.tally.run([3, 5, 42], size=2))\n",
    }
    row = invention(seed=seed).renamed(entry)
    assert row is not None
    names = row[PUT_BACK]
    assert put_back(row["new_code"], names) == entry["new_code"]
    assert put_back(row["old_code"], names) == entry["old_code"]
    table = json.loads(names)
    assert len(set(table.values())) == len(table)
    for real in LEAVES:  # an answer that knows by heart what it was not told has nothing of it
        assert put_back(real, names) not in {*LEAVES, "tally", "acme"}
    assert put_back(entry["new_code"], "") == entry["new_code"]


def test_a_policy_is_asked_with_invented_names_and_rewarded_by_the_entry_itself() -> None:
    asked = invented_prompts([ENTRY], 5, "answer", False, fits=lambda row: True, seed=1)
    assert len(asked) == 5
    for row in asked:
        text = row["prompt"][-1]["content"]
        assert not any(re.search(rf"\b{leaf}\b", text) for leaf in LEAVES)
        assert (row["target"], row["old_code"]) == (ENTRY["new_code"], ENTRY["old_code"])
        old = re.findall(r"```python\n(.*?)\n```", text, re.DOTALL)[0]
        assert put_back(old, row[PUT_BACK]) == ENTRY["old_code"].strip()
    assert not invented_prompts([ENTRY], 5, "answer", False, fits=lambda row: False, seed=1)


def test_every_reward_reads_the_real_names() -> None:
    names = json.dumps({"zap": "run", "run": "zap"})
    given = [[{"role": "assistant", "content": "zap()"}], "zap()", "zap()"]
    seen = []

    def plain(completions: Any, **columns: Any) -> list[float]:
        seen.append((completions, columns))
        return [1.0] * len(completions)

    async def waiting(completions: Any, **columns: Any) -> list[float]:
        return plain(completions, **columns)

    for function in (plain, waiting):
        reward = RealNames(function)
        assert reward.__name__ == function.__name__
        paid = asyncio.run(reward(given, [names, names, ""], target=["a", "b", "c"]))
        assert paid == [1.0, 1.0, 1.0]
    assert seen[0] == seen[1]
    completions, columns = seen[0]
    assert completions == [[{"role": "assistant", "content": "run()"}], "run()", "zap()"]
    assert columns == {"target": ["a", "b", "c"]}


def test_some_texts_to_repeat_have_few_pieces_again_and_again() -> None:
    rows = lesson_rows([ENTRY], Curriculum(copying=20), "answer", False,
                       pieces=list("abcdefghijklmnopqrstuvwxyz0123456789"), batch=4, steps=20,
                       seed=1)  # fmt: skip
    texts = [row["prompt"][0]["content"].rpartition("\n")[2] for row in rows]
    kinds = [len(set(text)) for text in texts]
    assert min(kinds) <= 6
    assert any(text[n : n + 5] in text[n + 5 :] for text in texts if len(set(text)) > 12
               for n in range(len(text)))  # fmt: skip
    assert sum(count <= 12 for count in kinds) > len(kinds) / 3
    assert max(kinds) > 24


def test_lessons_come_in_their_order_and_fill_whole_batches() -> None:
    rows = lessons()
    assert len(rows) == 7 * 4
    copied, invented, real = rows[:8], rows[8:20], rows[20:]
    for row in copied:
        asked, said = row["prompt"][-1]["content"], row["completion"][0]["content"]
        told, line, text = asked.rpartition("\n")
        old, _, new = told.partition("`")
        assert said == (text.replace(old, new) if line else text)
    assert {"\n" in row["prompt"][-1]["content"] for row in copied} == {True, False}
    assert not any("count_up" in row["prompt"][-1]["content"] for row in invented)
    assert len({row["prompt"][-1]["content"] for row in invented}) == len(invented)
    assert sum("count_up" in row["prompt"][-1]["content"] for row in real) == len(real) // 2


def test_a_batch_is_of_like_length() -> None:
    rows = lesson_rows([ENTRY], Curriculum(copying=WINDOW), "answer", False, pieces=PIECES,
                       batch=4, steps=WINDOW, seed=1)  # fmt: skip
    spans = []
    for start in range(0, len(rows), 4):
        sizes = [
            len(row["prompt"][-1]["content"]) + len(row["completion"][0]["content"])
            for row in rows[start : start + 4]
        ]
        spans.append(max(sizes) - min(sizes))
    assert sorted(spans)[len(spans) * 9 // 10] < 20
    assert sorted(spans) != spans


def test_the_same_seed_gives_the_same_lessons() -> None:
    assert lessons(1) == lessons(1) != lessons(2)


@pytest.mark.parametrize(
    ("algo", "settings", "line"),
    [
        ("sft", ["max_steps=3", "curriculum.copying=4"], "curriculum takes 4 steps"),
        ("sft", ["curriculum.copying=-1"], "curriculum.copying: Input should be greater"),
        ("sft", ["curriculum.copyng=1"], "unknown key 'curriculum.copyng'"),
        ("grpo", ["curriculum.invented=1"], "a curriculum belongs to algo: sft, not grpo"),
        ("sft", ["scratch.architecture=lfm2", "scratch.layers=1"], "two layers and more"),
        ("sft", ["scratch.architecture=lfm2", "scratch.heads=3"], "whole 8 × heads"),
        ("sft", ["scratch.architecture=lfm2", "scratch.context=3"], "scratch.context"),
        ("grpo", ["invented=-1"], "invented: Input should be greater"),
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
        settings = ["scratch.layers=2", "scratch.width=32", "scratch.heads=2",
                    "scratch.vocabulary=300", "curriculum.copying=3", "curriculum.invented=3",
                    "max_steps=8", "save_steps=2", "held_out=0", "warmup_steps=1",
                    "trl={lr_scheduler_kwargs: {num_decay_steps: 2}}",
                    "per_device_train_batch_size=2"]  # fmt: skip
        chosen = resolve(recipe="from-scratch", settings=settings)
        return train(plan(chosen, file, tmp_path / "run"), resume, progress=Progress(quiet=True))

    whole = run()
    for step in (4, 6, 8):  # what a run killed after step 2 leaves
        shutil.rmtree(tmp_path / "run" / f"checkpoint-{step}")
    (tmp_path / "run" / "result.json").unlink()
    shutil.rmtree(tmp_path / "run" / "model")
    assert run(resume=True)["weights"] == whole["weights"]


@pytest.mark.training
def test_lessons_are_the_tokens_and_the_loss_that_trl_makes_of_them(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from recode_data.training.lessons import LessonTrainer, tokens_of
    from recode_data.training.recipe import Scratch
    from recode_data.training.scratch import make_model

    shape = Scratch(architecture="lfm2", layers=2, width=32, heads=2, vocabulary=320)
    texts = [ENTRY[name] for name in ("update_info", "old_code", "new_code")]
    make_model(tmp_path, shape, texts, 0, ["Write the whole migrated program"])
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    rows = lessons()[:8] + lessons()[-8:]
    arguments = SFTConfig(str(tmp_path / "run"), use_cpu=True, bf16=False, report_to="none",
                          max_length=2048, gradient_checkpointing=False)  # fmt: skip
    losses, columns = [], []
    for kind, given in ((SFTTrainer, rows), (LessonTrainer, tokens_of(rows, tokenizer))):
        trainer = kind(
            model=AutoModelForCausalLM.from_pretrained(tmp_path), args=arguments,
            train_dataset=Dataset.from_list(given), processing_class=tokenizer,
        )  # fmt: skip
        columns.append([(row["input_ids"], row["labels"]) for row in trainer.train_dataset])
        batch = trainer.data_collator([trainer.train_dataset[n] for n in range(16)])
        losses.append(trainer.compute_loss(trainer.model.train(), dict(batch)))
    assert columns[0] == columns[1]
    assert torch.isclose(losses[0], losses[1], atol=1e-5)


@pytest.mark.training
def test_a_model_that_begins_copying_repeats_unseen_text_after_few_steps() -> None:
    torch = pytest.importorskip("torch")
    from transformers import AutoModelForCausalLM, set_seed

    from recode_data.training import scratch
    from recode_data.training.recipe import Scratch

    def right(begin: bool, length: int = 12) -> float:
        set_seed(0)
        shape = Scratch(architecture="lfm2", layers=2, width=64, heads=1, vocabulary=300)
        model = AutoModelForCausalLM.from_config(scratch.config_of(shape, 300))
        if begin:
            scratch._begin_copying(model)
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
        for _ in range(60):
            text = torch.randint(3, 300, (16, length))
            found = model(torch.cat([text, text], 1)).logits[:, length - 1 : -1].flatten(0, 1)
            torch.nn.functional.cross_entropy(found, text.flatten()).backward()
            optimizer.step()
            optimizer.zero_grad()
        text = torch.randint(3, 300, (16, length))
        found = model(torch.cat([text, text], 1)).logits[:, length:-1].argmax(-1)
        return float((found == text[:, 1:]).float().mean())

    assert right(begin=True) > 0.8
    assert right(begin=False) < 0.3


def test_a_name_is_the_same_tokens_wherever_it_stands() -> None:
    pytest.importorskip("transformers")
    from recode_data.prompts import answer, messages, phrases
    from recode_data.training.scratch import make_tokenizer

    fixed = phrases("answer")
    texts = [ENTRY[name] for name in ("update_info", "old_code", "new_code")] * 9
    tokenizer = make_tokenizer(texts, 400, fixed)

    def tokens(text: str) -> list[str]:
        return list(tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"]))

    name = " ".join(tokens("count_up"))
    for text in ("use count_up for", "`count_up`", "acme.count_up([1])", "\n    count_up = 1"):
        assert f" {name} " in f" {' '.join(tokens(text))} "
    assert all(len(tokens(phrase)) == 1 for phrase in fixed)
    for update in (True, False):
        asked = messages(ENTRY, "answer", update=update)
        whole = asked[0]["content"] + asked[1]["content"]
        assert tokenizer.decode(tokenizer(whole)["input_ids"]) == whole
        assert len([token for token in tokens(whole) if token in fixed]) >= 4
    assert tokens(answer("a", "answer")) == ["```python\n", "a", "\n```"]


@pytest.mark.training
@pytest.mark.filterwarnings("default")
def test_what_the_model_is_asked_with_begins_what_it_was_taught(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from recode_data.prompts import phrases
    from recode_data.training.lessons import IGNORED, tokens_of
    from recode_data.training.scratch import make_tokenizer

    texts = [ENTRY[name] for name in ("update_info", "old_code", "new_code")]
    tokenizer = make_tokenizer(texts, 400, phrases("answer"))
    row = lessons()[-1]
    asked = tokenizer.apply_chat_template(
        row["prompt"], add_generation_prompt=True, return_dict=True
    )["input_ids"]
    (lesson,) = tokens_of([row], tokenizer)
    assert lesson["input_ids"][: len(asked)] == asked
    assert lesson["labels"][: len(asked)] == [IGNORED] * len(asked)
    assert IGNORED not in lesson["labels"][len(asked) :]
