"""From a recipe to the configuration objects of TRL and PEFT."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from peft import LoraConfig
from trl import GRPOConfig, SFTConfig

from recode_data.errors import BadFile, UsageError, nearest
from recode_data.training.recipe import Curriculum, Policy, Supervised

PROJECT = "recode-data"
"""What trackio and W&B call what these runs belong to."""

SAME = (
    "learning_rate", "lr_scheduler_type", "warmup_steps", "weight_decay", "max_grad_norm",
    "max_steps", "per_device_train_batch_size", "per_device_eval_batch_size",
    "gradient_accumulation_steps", "seed", "logging_steps", "save_steps", "save_total_limit",
    "trust_remote_code",
)  # fmt: skip
"""Keys of every recipe that TRL has under the same name."""
SAME_POLICY = (
    "loss_type", "beta", "use_bias_correction_kl", "epsilon", "epsilon_high", "scale_rewards",
    "mask_truncated_completions", "num_generations", "num_iterations", "steps_per_generation",
    "temperature", "top_p", "max_completion_length", "use_vllm", "vllm_mode",
    "vllm_gpu_memory_utilization",
)  # fmt: skip
OURS = ("output_dir", "max_length", "reward_weights", "use_cpu", "report_to", "push_to_hub")
"""Arguments of TRL that the table ``trl`` may not set: they follow from other keys."""


def trl_config(recipe: Supervised, folder: Path) -> SFTConfig | GRPOConfig:
    """Return the arguments of the trainer that ``recipe`` asks for.

    Raises `BadFile` for a key of ``trl`` that TRL does not have, and `UsageError` for values
    that do not go together, in TRL's words.
    """
    kind = GRPOConfig if isinstance(recipe, Policy) else SFTConfig
    _check_names(recipe, kind)
    own = {name: getattr(recipe, name) for name in SAME} | _shared(recipe, folder)
    if isinstance(recipe, Policy):
        own |= {name: getattr(recipe, name) for name in SAME_POLICY} | _policy(recipe)
    else:
        own |= {"max_length": recipe.max_prompt_length + recipe.max_completion_length}
        if recipe.curriculum != Curriculum():
            own |= {"train_sampling_strategy": "sequential"}  # a curriculum has an order
    try:
        return kind(**(own | recipe.trl))
    except (ValueError, TypeError) as error:
        tip = (
            "one generation makes per_device_train_batch_size × processes × steps_per_generation "
            "completions, whole groups of num_generations"
        )
        raise UsageError(f"the recipe's keys do not go together: {_line(error)}", tip) from error


def adapter_config(recipe: Supervised) -> LoraConfig | None:
    """Return the adapter, or None for the training of all weights."""
    if recipe.adapter == "none":
        return None
    return LoraConfig(
        r=recipe.lora_r,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.lora_dropout,
        target_modules=recipe.target_modules,
        use_dora=recipe.adapter == "dora",
        task_type="CAUSAL_LM",
    )


def dtype_of(recipe: Supervised) -> str:
    """Return the type that weights are loaded in: half below an adapter, unless on a CPU."""
    if recipe.dtype != "auto":
        return recipe.dtype
    half = recipe.adapter != "none" and not recipe.use_cpu and recipe.bf16
    return "bfloat16" if half else "float32"


def _shared(recipe: Supervised, folder: Path) -> dict[str, Any]:
    evaluated = recipe.eval_steps and recipe.held_out
    return {
        "output_dir": str(folder),
        "use_cpu": recipe.use_cpu,
        "bf16": recipe.cpu_bf16 if recipe.use_cpu else recipe.bf16,
        "gradient_checkpointing": recipe.gradient_checkpointing and not recipe.use_cpu,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "report_to": list(recipe.report_to) or "none",
        "eval_strategy": "steps" if evaluated else "no",
        "eval_steps": recipe.eval_steps or None,
        "do_eval": bool(evaluated),
        "save_strategy": "steps",
        "disable_tqdm": True,
        "ddp_find_unused_parameters": False,
        "run_name": folder.name,
        "project": PROJECT,
    }


def _policy(recipe: Policy) -> dict[str, Any]:
    weights = list(recipe.rewards.values())
    if recipe.overlong_buffer:
        weights.append(recipe.overlong_weight)
    length = recipe.max_prompt_length + recipe.max_completion_length
    return {
        "reward_weights": weights,
        "num_generations_eval": recipe.held_out_generations,
        "log_completions": True,
        "num_completions_to_print": 2,
        "vllm_max_model_length": length if recipe.use_vllm else None,
        "vllm_server_base_url": recipe.vllm_server_base_url or None,
    }


def _check_names(recipe: Supervised, kind: type[Any]) -> None:
    known = {field.name for field in dataclasses.fields(kind)}
    for key in recipe.trl:
        if key in OURS or key in type(recipe).model_fields:
            raise BadFile(f"trl.{key} follows from the recipe's own keys", "set it at the top")
        if key not in known:
            tip = nearest(key, known) or f"TRL documents the arguments of {kind.__name__}"
            raise BadFile(f"{kind.__name__} has no argument {key!r}", tip)


def world_size() -> int:
    """Return how many processes a launcher started, 1 without one."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
