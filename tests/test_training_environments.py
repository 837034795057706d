"""TRL's trainers take the environment and the plain rows, and take a step of optimisation."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_packages import NEW, OLD, ROW, items

from recode_data.prompts import answer
from recode_data.publish.packages import PACKAGES
from recode_data.rewards.tasks import prepare
from recode_data.training.environments import Spec, UpdateEnvironment, task_reward


def exported(folder: Path, tasks: list[str]) -> Path:
    rows = [replace(items(ROW)[0], task=task) for task in tasks]
    PACKAGES["trl-env"].write(folder, rows)
    return folder


@pytest.fixture(scope="module")
def task() -> str:
    [made] = prepare([ROW]).tasks.values()
    return made.to_json()


def test_the_rows_are_those_of_the_two_forms(tmp_path: Path) -> None:
    folder = exported(tmp_path, [items(ROW)[0].task] * 2)
    tools, plain = Spec(folder), Spec(folder, tools=False)
    assert len(tools.train_dataset) == len(plain.train_dataset) == 2
    assert "submit" in tools.train_dataset[0]["prompt"][-1]["content"]
    assert "<answer>" in plain.train_dataset[0]["prompt"][-1]["content"]
    assert "isin(" not in json.dumps(tools.train_dataset["prompt"][:])
    assert tools.reward_funcs == [] and plain.environment_factory is None
    for part in (tools, plain):
        made = pickle.dumps((part.environment_factory, part.reward_funcs))
        assert pickle.loads(made) == (part.environment_factory, part.reward_funcs)


@pytest.mark.index
def test_an_environment_pays_the_last_program_that_was_submitted(task: str) -> None:
    environment = UpdateEnvironment()
    environment.reset(task=task, prompt=[], other=1)
    assert asyncio.run(environment.get_reward()) == 0.0
    assert "DeprecationWarning" in environment.run_python(OLD)
    assert "ZeroDivisionError" in environment.run_python("1/0")
    assert environment.run_python(NEW) == "[False  True False]\n"
    assert environment.run_python("x = 1") == "(no output)"
    assert asyncio.run(environment.get_reward()) == 0.0
    environment.submit(NEW)
    assert asyncio.run(environment.get_reward()) == 1.0
    environment.submit("print((")
    assert asyncio.run(environment.get_reward()) == 0.0
    environment.submit(NEW)
    environment.reset(task=task)
    assert asyncio.run(environment.get_reward()) == 0.0


@pytest.mark.index
def test_the_plain_reward_pays_completions(task: str) -> None:
    said = [answer(NEW), answer(OLD), "", [{"role": "assistant", "content": answer(NEW)}]]
    assert asyncio.run(task_reward(said, task=[task] * 4)) == [1.0, 0.0, 0.0, 1.0]


def trainer(folder: Path, spec: Spec, said: Iterator[str]) -> Any:
    """Return TRL's trainer for a model of one layer, which says ``said`` when it is asked."""
    import torch
    import trl
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from recode_data.training.recipe import Scratch
    from recode_data.training.scratch import make_model

    shape = Scratch(layers=1, width=32, heads=2, vocabulary=400)
    make_model(folder / "model", shape, [NEW, OLD], 0)
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    templates = Path(trl.__file__).parent / "chat_templates"
    tokenizer.chat_template = (templates / "qwen3.jinja").read_text()

    class Told(trl.GRPOTrainer):
        def _generate_single_turn(self, prompt_ids: Any, *args: Any, **kwargs: Any) -> Any:
            ids = [tokenizer(next(said))["input_ids"] for _ in prompt_ids]
            return ids, None

    return Told(
        AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32),
        args=trl.GRPOConfig(
            output_dir=str(folder / "run"), max_steps=1, num_generations=2, learning_rate=1e-2,
            per_device_train_batch_size=2, max_completion_length=512, use_cpu=True, report_to=[],
            logging_steps=1, save_strategy="no",
        ),
        processing_class=tokenizer,
        train_dataset=spec.train_dataset,
        environment_factory=spec.environment_factory,
        reward_funcs=spec.reward_funcs,
    )  # fmt: skip


def call(name: str, code: str) -> str:
    made = json.dumps({"name": name, "arguments": {"code": code}})
    return f"<tool_call>\n{made}\n</tool_call><|im_end|>"


def stepped(made: Any) -> tuple[float, bool]:
    """Return the mean reward of one step of optimisation, and whether the weights moved."""
    before = {name: value.clone() for name, value in made.model.named_parameters()}
    made.train()
    [logged] = [entry for entry in made.state.log_history if "reward" in entry]
    after = dict(made.model.named_parameters())
    return logged["reward"], any(not value.equal(after[name]) for name, value in before.items())


@pytest.mark.index
@pytest.mark.training
@pytest.mark.filterwarnings("ignore")
def test_a_step_with_tools(tmp_path: Path, task: str) -> None:
    said = iter([
        call("run_python", NEW), call("submit", OLD), call("submit", NEW), "Done.<|im_end|>",
        "Done.<|im_end|>",
    ])  # fmt: skip
    made = trainer(tmp_path, Spec(exported(tmp_path / "out", [task])), said)
    assert stepped(made) == (0.5, True)


@pytest.mark.index
@pytest.mark.training
@pytest.mark.filterwarnings("ignore")
def test_a_step_without_tools(tmp_path: Path, task: str) -> None:
    said = iter([answer(NEW) + "<|im_end|>", answer(OLD) + "<|im_end|>"])
    made = trainer(tmp_path, Spec(exported(tmp_path / "out", [task]), tools=False), said)
    assert stepped(made) == (0.5, True)
