"""A recipe is strict, and a value comes from where the user would expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from recode_data.errors import BadFile, UsageError
from recode_data.training.recipe import Policy
from recode_data.training.settings import differing, recipes, resolve


def test_the_bare_command_is_the_papers_recipe() -> None:
    recipe = resolve("grpo")
    assert isinstance(recipe, Policy)
    assert recipe.model == "Qwen/Qwen2.5-Coder-7B-Instruct"
    assert (recipe.adapter, recipe.lora_r, recipe.lora_alpha) == ("dora", 64, 64)
    assert (recipe.learning_rate, recipe.lr_scheduler_type, recipe.warmup_steps) == (
        5e-5, "cosine", 0.03)  # fmt: skip
    assert (recipe.num_generations, recipe.beta, recipe.max_steps) == (8, 0.001, 5000)
    assert (recipe.max_prompt_length, recipe.max_completion_length) == (2048, 1024)
    assert recipe.rewards == {"format": 1.0, "es_star": 1.0}
    assert recipe.use_bias_correction_kl is False


def test_dapo_is_the_papers_recipe() -> None:
    recipe = resolve("dapo")
    assert isinstance(recipe, Policy)
    assert (recipe.epsilon, recipe.epsilon_high, recipe.loss_type) == (0.2, 0.28, "dapo")
    assert (recipe.beta, recipe.dynamic_sampling, recipe.max_generation_batches) == (0.0, True, 10)
    assert recipe.learning_rate == 1e-6


@pytest.mark.parametrize("name", sorted(recipes()))
def test_every_shipped_recipe_is_valid(name: str) -> None:
    assert resolve(recipe=name).algo in name or not name.startswith(("grpo", "dapo", "sft"))


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("extends: grpo\nlearning_rate: 1e-3\nmax_steps: 10\nseed: 1\nsave_steps: 5\n")
    monkeypatch.setenv("RECODE_DATA_TRAIN_MAX_STEPS", "20")
    monkeypatch.setenv("RECODE_DATA_TRAIN_SEED", "2")
    recipe = resolve(recipe=str(file), settings=["seed=3"])
    assert (recipe.learning_rate, recipe.max_steps, recipe.seed) == (1e-3, 20, 3)
    assert recipe.lora_r == 64  # from the file that it extends
    assert resolve(recipe=str(file), model="org/name").model == "org/name"


def test_a_setting_changes_one_reward_or_all_of_them() -> None:
    one = resolve("grpo", settings=["rewards.es_star=0.5"])
    every = resolve("grpo", settings=["rewards={es: 2}"])
    assert isinstance(one, Policy)
    assert isinstance(every, Policy)
    assert one.rewards == {"format": 1.0, "es_star": 0.5}
    assert every.rewards == {"es": 2.0}


@pytest.mark.parametrize(
    ("settings", "line", "tip"),
    [
        (["lerning_rate=1"], "--set lerning_rate: unknown key 'lerning_rate'", "'learning_rate'"),
        (["lora_r=many"], "--set lora_r: lora_r: Input should be a valid integer", ""),
        (["lora_r"], "--set lora_r: expected key=value", ""),
        (["scratch.widht=3"], "unknown key 'scratch.widht'", ""),
        (["rewards={}"], "rewards: Dictionary should have at least 1 item", ""),
        (["steps_per_generation=3"], "save_steps=100 falls between two generations", ""),
    ],
)
def test_a_wrong_setting_is_named(settings: list[str], line: str, tip: str) -> None:
    with pytest.raises((BadFile, UsageError)) as caught:
        resolve("grpo", settings=settings)
    assert line in caught.value.message
    assert tip in caught.value.tip
    assert "\n" not in caught.value.message


def test_a_key_of_another_algorithm_is_told_apart() -> None:
    with pytest.raises(BadFile) as caught:
        resolve("sft", settings=["beta=1"])
    assert caught.value.tip == "beta is a key of grpo and dapo recipes"


def test_wrong_names_have_a_tip() -> None:
    for arguments, tip in (
        ({"algo": "gpro"}, "did you mean 'grpo'?"),
        ({"recipe": "gpro"}, "did you mean 'grpo'?"),
        ({}, "recode-data train --algo grpo, dapo or sft"),
        ({"algo": "sft", "recipe": "grpo"}, "leave --algo away, or choose a recipe of sft"),
    ):
        with pytest.raises(UsageError) as caught:
            resolve(**arguments)  # type: ignore[arg-type]
        assert caught.value.tip == tip


@pytest.mark.parametrize("text", ["- 1", "algo: [", "algo: grpo\nextends: {me}", "seed: 1"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text.replace("{me}", "broken.yaml"))
    with pytest.raises(BadFile) as caught:
        resolve(recipe=str(file))
    assert "broken.yaml" in caught.value.message


def test_keys_that_do_not_touch_the_curve_may_differ() -> None:
    old = {"seed": 1, "report_to": ["wandb"], "beta": 0.1}
    assert differing(old, {"seed": 1, "report_to": [], "beta": 0.1}) == []
    assert differing(old, {"seed": 2, "report_to": [], "beta": 0.1}) == ["seed (1 → 2)"]
