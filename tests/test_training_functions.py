"""The reward under the names and with the arguments that other trainers call it by."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest
from graded import NEW, OLD, toy_task

from recode_data.errors import RecodeError
from recode_data.judge import Judgement
from recode_data.prompts import answer
from recode_data.rewards import tasks
from recode_data.training import functions

SAID = [answer(NEW), answer(OLD), "I do not know.", f"```python\n{NEW}```"]
PAID = [1.0, 0.0, 0.0, 1.0]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECODE_DATA_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("RECODE_DATA_JOBS", "2")
        yield toy_task().to_json()
        tasks.grader().close()
        tasks.grader.cache_clear()


def test_openrlhf_is_given_tensors(task: str) -> None:
    torch = pytest.importorskip("torch")
    prompts = ["Migrate this.\n"] * 4
    queries = [prompt + said for prompt, said in zip(prompts, SAID, strict=True)]
    told = functions.reward_func(queries, prompts, [task] * 4, other=1)
    assert told["rewards"].tolist() == told["scores"].tolist() == PAID
    assert told["rewards"].dtype == torch.float32
    assert told["extra_logs"]["execution"].tolist() == PAID


def test_a_prompt_is_no_part_of_an_answer(task: str) -> None:
    pytest.importorskip("torch")
    prompt = f"For example:\n{SAID[0]}\n"
    told = functions.reward_func([prompt + "I do not know."], [prompt], [task])
    assert told["rewards"].tolist() == [0.0]


def test_slime_awaits_a_sample_or_a_group(task: str) -> None:
    samples = [SimpleNamespace(response=said, label=task, metadata={}) for said in SAID]
    arguments = SimpleNamespace(group_rm=False)
    single = [asyncio.run(functions.custom_rm(arguments, one)) for one in samples]
    assert single == PAID
    assert asyncio.run(functions.custom_rm(arguments, samples, evaluation=True)) == PAID


def test_areal_hands_over_the_row(task: str) -> None:
    paid = [functions.reward_fn("asked", said, [1], [2], task=task, id="x") for said in SAID]
    assert paid == PAID


def test_ms_swift_finds_its_class_in_the_plugin(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    orms: dict[str, type] = {}
    rewards = ModuleType("swift.rewards")
    rewards.orms = orms  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "swift", ModuleType("swift"))
    monkeypatch.setitem(sys.modules, "swift.rewards", rewards)
    functions._register()
    reward = orms["recode_execution"](args=None)
    assert reward(SAID, task=[task] * 4, solution=["x"] * 4) == PAID


def test_what_cannot_be_graded_is_tried_again_and_is_no_reward(
    task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def failing(read: list[tasks.Task], said: list[str]) -> list[Judgement]:
        asked.append(len(said))
        return [Judgement(None, "error", "no sandbox")] * len(said)

    monkeypatch.setattr(functions, "grade_all", failing)
    with pytest.raises(RecodeError, match="no sandbox"):
        functions.reward_fn("", SAID[0], [], [], task=task)
    assert asked == [1, 1]
    assert functions.Execution()(SAID, task=[task] * 4) == [None] * 4


def test_the_module_tells_where_it_is() -> None:
    line = [sys.executable, "-m", "recode_data.training.functions"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == functions.__file__
