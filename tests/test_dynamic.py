"""Dynamic sampling keeps groups that teach, and TRL still has what it leans on."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.training, pytest.mark.filterwarnings("default")]
torch = pytest.importorskip("torch")

from datasets import Dataset  # noqa: E402
from toy_task import rows  # noqa: E402
from transformers import TrainerState  # noqa: E402
from trl import GRPOConfig, GRPOTrainer  # noqa: E402

from recode_data.training.data import prompt_rows  # noqa: E402
from recode_data.training.dynamic import (  # noqa: E402
    KNOWN,
    DynamicSamplingTrainer,
    PromptStream,
)
from recode_data.training.recipe import Scratch  # noqa: E402
from recode_data.training.scratch import make_model  # noqa: E402

Reward = Callable[..., list[float | None]]
ENTRIES = rows(32, 0)
GENERATIONS = 4
PROMPTS = 4


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    texts = [row["old_code"] + row["update_info"] for row in ENTRIES]
    make_model(folder, Scratch(layers=1, width=32, heads=2, vocabulary=300), texts, seed=0)
    return folder


def spread_for(share: float) -> Reward:
    """Return a reward that varies within a group for that share of the prompts only."""

    def reward(completion_ids: list[list[int]], target: list[str], **kwargs: Any) -> list[Any]:
        teaching = [sum(map(ord, code)) % 100 < 100 * share for code in target]
        return [
            float(sum(ids) % 7) if teaches else 1.0
            for ids, teaches in zip(completion_ids, teaching, strict=True)
        ]

    return reward


def trainer_of(
    kind: type[Any], model: Path, folder: Path, reward: Reward, steps: int = 1, **options: Any
) -> Any:
    ours = {name: options.pop(name) for name in ("max_generation_batches",) if name in options}
    arguments = GRPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=GENERATIONS * PROMPTS,
        num_generations=GENERATIONS,
        max_completion_length=6,
        max_steps=steps,
        learning_rate=1e-2,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to="none",
        disable_tqdm=True,
        logging_steps=1,
        **({"beta": 0.0, "loss_type": "dapo", "save_strategy": "no"} | options),
    )
    data = [{"id": str(number), **row} for number, row in enumerate(ENTRIES)]
    return kind(
        model=str(model),
        reward_funcs=reward,
        args=arguments,
        train_dataset=Dataset.from_list(prompt_rows(data, "answer", False)),
        **ours,
    )


def weights(trainer: Any) -> Any:
    return torch.cat([parameter.detach().flatten() for parameter in trainer.model.parameters()])


def logged(trainer: Any, name: str) -> list[float]:
    return [entry[name] for entry in trainer.state.log_history if name in entry]


def test_a_batch_full_of_signal_is_left_as_it_is(model: Path, tmp_path: Path) -> None:
    plain = trainer_of(GRPOTrainer, model, tmp_path, spread_for(1.0), steps=2)
    plain.train()
    dynamic = trainer_of(DynamicSamplingTrainer, model, tmp_path, spread_for(1.0), steps=2)
    dynamic.train()
    assert torch.equal(weights(plain), weights(dynamic))
    assert logged(dynamic, "dynamic_sampling/rounds") == [1.0, 1.0]


def test_degenerate_groups_are_drawn_anew(model: Path, tmp_path: Path) -> None:
    trainer = trainer_of(DynamicSamplingTrainer, model, tmp_path, spread_for(0.5))
    batches = []
    original = trainer._compute_loss
    trainer._compute_loss = lambda model, inputs: batches.append(inputs) or original(model, inputs)
    trainer.train()
    (batch,) = batches
    assert logged(trainer, "dynamic_sampling/rounds")[0] > 1
    assert 0 < logged(trainer, "dynamic_sampling/zero_variance")[0] < 1
    assert logged(trainer, "dynamic_sampling/unfilled") == [0.0]
    rows_, length = batch["completion_ids"].shape
    assert rows_ == GENERATIONS * PROMPTS
    assert batch["num_items_in_batch"] == batch["completion_mask"].sum()
    # No group's advantages are all zero any more; prompts are padded left, completions right.
    assert (batch["advantages"].abs() > 1e-3).sum() >= 2 * PROMPTS
    assert bool((batch["prompt_mask"][:, -1] == 1).all())
    assert bool((batch["completion_mask"][:, 0] == 1).all())
    assert all(batch[key].shape == (rows_, length) for key in ("completion_mask",))


def test_moving_rows_changes_nothing_of_them(model: Path, tmp_path: Path) -> None:
    trainer = trainer_of(DynamicSamplingTrainer, model, tmp_path, spread_for(1.0), beta=0.1)
    trainer.model.train()
    inputs = [dict(trainer.train_dataset[index // 4]) for index in range(GENERATIONS * PROMPTS)]
    batch = GRPOTrainer._generate_and_score_completions(trainer, inputs)
    groups = trainer._groups(batch, [True] * PROMPTS, True)
    moved = trainer._assemble(groups)
    assert moved.keys() == batch.keys()
    for key, values in moved.items():
        if key == "num_items_in_batch":
            assert values == batch[key]
            continue
        prompt = key.startswith("prompt")
        width = values.shape[1] if values.ndim > 1 else None
        old = (
            batch[key]
            if width is None
            else batch[key][:, -width:]
            if prompt
            else batch[key][:, :width]
        )
        mask = moved["prompt_mask" if prompt else "completion_mask"].bool()
        if width is None:
            assert torch.equal(values, old)
        else:
            assert torch.equal(values[mask], old[mask])


@pytest.mark.parametrize("mode", ["sequence_mask", "token_truncate"])
def test_what_vllm_adds_moves_with_its_row(model: Path, tmp_path: Path, mode: str) -> None:
    trainer = trainer_of(
        DynamicSamplingTrainer, model, tmp_path, spread_for(1.0), vllm_importance_sampling_mode=mode
    )
    lengths = torch.tensor([3, 1, 2, 2, 1, 3, 2, 1])
    mask = (torch.arange(3) < lengths[:, None]).long()
    numbers = torch.arange(24.0).view(8, 3) * mask
    batch = {
        "prompt_ids": torch.ones(8, 2, dtype=torch.long), "prompt_mask": torch.ones(8, 2),
        "completion_ids": numbers.long(), "completion_mask": mask,
        "advantages": torch.arange(8.0), "num_items_in_batch": mask.sum(),
        "sampling_per_token_logps": numbers, "old_per_token_logps": -numbers,
        "importance_sampling_ratio": numbers if mode.startswith("token") else numbers[:, :1],
    }  # fmt: skip
    groups = trainer._groups(batch, [True, True], True)
    moved = trainer._assemble(groups[::-1])
    order = [4, 5, 6, 7, 0, 1, 2, 3]
    assert moved.keys() == batch.keys()
    for key in batch.keys() - {"num_items_in_batch", "completion_ids"}:
        assert torch.equal(moved[key], batch[key][order]), key
    assert moved["num_items_in_batch"] == batch["num_items_in_batch"]


def test_trl_hands_vllm_what_the_recipes_say() -> None:
    handed = {
        ast.unparse(keyword.value)
        for node in ast.walk(ast.parse(textwrap.dedent(source("__init__"))))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "VLLMGeneration"
        for keyword in node.keywords
    }
    wanted = {"vllm_mode", "vllm_server_base_url", "vllm_gpu_memory_utilization",
              "vllm_max_model_length"}  # fmt: skip
    assert {f"args.{name}" for name in wanted} <= handed
    # Further rounds of one step generate with the weights that the first one loaded.
    assert "self.state.global_step != self._last_loaded_step" in "".join(
        inspect.getsource(function)
        for name, function in vars(GRPOTrainer).items()
        if name.startswith("_generate") and inspect.isfunction(function)
    )
    assert "self.vllm_importance_sampling_mode = args" in source("__init__")


@pytest.mark.parametrize("bound", [1, 3])
def test_at_the_bound_it_goes_on_and_says_so(
    model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, bound: int
) -> None:
    trainer = trainer_of(
        DynamicSamplingTrainer, model, tmp_path, spread_for(0.0), 2, max_generation_batches=bound
    )
    trainer.train()
    assert logged(trainer, "dynamic_sampling/rounds") == [bound, bound]
    assert logged(trainer, "dynamic_sampling/unfilled") == [1.0, 1.0]
    (warning,) = [r for r in caplog.records if r.name == "recode_data.training.dynamic"]
    assert (
        f"4 of 4 groups still have one reward for all completions after {bound}" in warning.message
    )


def test_a_group_that_cannot_be_judged_teaches_nothing(model: Path, tmp_path: Path) -> None:
    def reward(completions: list[Any], **kwargs: Any) -> list[float | None]:
        return [None for _ in completions]

    trainer = trainer_of(DynamicSamplingTrainer, model, tmp_path, reward, max_generation_batches=2)
    trainer.train()
    assert logged(trainer, "dynamic_sampling/zero_variance") == [1.0]


def test_a_group_whose_completions_are_all_masked_teaches_nothing(
    model: Path, tmp_path: Path
) -> None:
    trainer = trainer_of(
        DynamicSamplingTrainer, model, tmp_path, spread_for(1.0),
        max_generation_batches=2, mask_truncated_completions=True,
        generation_kwargs={"min_new_tokens": 6},
    )  # fmt: skip
    trainer.train()
    assert logged(trainer, "dynamic_sampling/unfilled") == [1.0]


def test_a_difference_below_the_tolerance_is_none(model: Path, tmp_path: Path) -> None:
    trainer = trainer_of(DynamicSamplingTrainer, model, tmp_path, spread_for(1.0))
    trainer.gathered = torch.tensor([[1.0], [1.0], [1.0 + 1e-7], [1.0], [0.0], [1.0], [1.0], [1.0]])
    batch = {"completion_mask": torch.ones(8, 3, dtype=torch.long)}
    assert trainer._live(batch) == [False, True]


def test_a_resumed_run_draws_the_same_prompts(model: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"save_strategy": "steps", "save_steps": 2}
    arguments = (DynamicSamplingTrainer, model)
    unbroken = trainer_of(*arguments, tmp_path / "a", spread_for(0.5), 4, **options)
    unbroken.train()
    resumed = trainer_of(*arguments, tmp_path / "b", spread_for(0.5), 4, **options)
    resumed.train(resume_from_checkpoint=str(tmp_path / "a" / "checkpoint-2"))
    assert resumed.stream.drawn == unbroken.stream.drawn > 0
    assert torch.equal(weights(resumed), weights(unbroken))


def test_the_stream_is_seeded_endless_and_fair() -> None:
    stream, same, other = PromptStream(5, 1), PromptStream(5, 1), PromptStream(5, 2)
    taken = stream.take(3) + stream.take(9)
    assert taken == same.take(12)
    assert taken != other.take(12)
    assert sorted(taken[:5]) == sorted(taken[5:10]) == [0, 1, 2, 3, 4]
    later = PromptStream(5, 1)
    state = TrainerState(global_step=1, stateful_callbacks=[])
    state.stateful_callbacks = {"PromptStream": [stream.state()]}
    later.on_train_begin(None, state, None)
    assert later.take(4) == stream.take(4)


def test_trl_still_has_the_private_methods() -> None:
    signatures = {
        "_calculate_rewards": ["inputs", "prompts", "completions", "completion_ids_list"],
        "_generate_and_score_completions": ["inputs"],
    }
    for name, parameters in signatures.items():
        found = list(inspect.signature(getattr(GRPOTrainer, name)).parameters)
        assert found == ["self", *parameters]
    assert "self._calculate_rewards(" in source("_generate_and_score_completions")
    assert "self._generate_and_score_completions(" in source("_prepare_inputs")
    assert "return gather(rewards_per_func)" in source("_calculate_rewards") or (
        "rewards_per_func = gather(rewards_per_func)" in source("_calculate_rewards")
    )
    constructor = source("__init__")
    for attribute in ("_metrics", "_logs", "reward_weights", "num_generations", "_tokenizer"):
        assert attribute in constructor + source("_generate_and_score_completions")


def test_trl_makes_no_part_of_a_batch_that_we_would_lose() -> None:
    tree = ast.parse(textwrap.dedent(source("_generate_and_score_completions")))
    keys = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        target = node.targets[0]
        part = isinstance(target, ast.Subscript) and ast.unparse(target.value) == "output"
        if part and isinstance(target, ast.Subscript):
            keys.add(ast.literal_eval(target.slice))
        elif ast.unparse(target) == "output" and isinstance(node.value, ast.Dict):
            keys |= {ast.literal_eval(key) for key in node.value.keys if key is not None}
    images = {"pixel_values", "image_grid_thw", "pixel_attention_mask", "spatial_shapes",
              "image_sizes", "token_type_ids", "mm_token_type_ids", "image_position_ids",
              "num_images", "num_tiles"}  # fmt: skip
    assert keys - images == KNOWN


def source(name: str) -> str:
    return inspect.getsource(inspect.unwrap(getattr(GRPOTrainer, name)))
