"""One training run from a plan to a saved model: GRPO, DAPO or SFT."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import random
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from accelerate import PartialState
from accelerate.utils import gather_object, set_seed
from datasets import Dataset
from transformers import PrinterCallback
from trl import GRPOTrainer, SFTTrainer

from recode_data.errors import MachineTooSmall, MissingExtra, RecodeError
from recode_data.files import read_json, write_text
from recode_data.progress import Progress
from recode_data.prompts import phrases
from recode_data.training.arguments import PROJECT, adapter_config, trl_config, world_size
from recode_data.training.card import push, write_card
from recode_data.training.curriculum import PUT_BACK, invented_prompts, lesson_rows
from recode_data.training.data import Data, Row, answer_rows, completion, fitting, prompt_rows
from recode_data.training.dynamic import DynamicSamplingTrainer
from recode_data.training.lessons import LessonTrainer, tokens_of
from recode_data.training.machine import require_device, require_memory
from recode_data.training.model import limit_check, load_model, load_tokenizer
from recode_data.training.planning import Plan
from recode_data.training.recipe import Curriculum, Policy, Supervised
from recode_data.training.report import Report
from recode_data.training.resume import (
    checkpoint_to_resume,
    configuration,
    newest_checkpoint,
    save_configuration,
)
from recode_data.training.rewards import reward_functions
from recode_data.training.scratch import make_model

Metrics: TypeAlias = dict[str, float]
Trainer: TypeAlias = Any
"""TRL's trainers, which carry no types."""
MODEL = "model"
RESULT = "result.json"


def train(
    plan: Plan,
    resume: bool = False,
    merge: bool = False,
    push_to: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train as planned and return what came of it, as ``result.json`` in the run's folder.

    Every process of a launcher calls this; the first one writes. Raises a `RecodeError` for
    everything that a user can put right.
    """
    progress = progress or Progress()
    recipe, folder = plan.recipe, plan.folder
    require_packages(recipe)
    require_device(recipe)
    require_memory(recipe, plan.estimate)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    state = PartialState(cpu=recipe.use_cpu)
    facts = configuration(recipe, plan.data, world_size())
    checkpoint = checkpoint_to_resume(folder, facts, resume)
    state.wait_for_everyone()
    with _quiet(folder, state.is_main_process):
        name = _start(plan, state)
        if state.is_main_process:
            save_configuration(folder, facts)
        tokenizer = load_tokenizer(recipe, name)
        data = fitting(plan.data, limit_check(recipe, tokenizer))
        trainer = make_trainer(recipe, name, tokenizer, data, folder)
        result = _trained(trainer, plan, data, checkpoint, progress)
        result |= _save(trainer, recipe, folder / MODEL, merge)
    if state.is_main_process:
        result["name"] = push_to or folder.name
        write_card(folder / MODEL, recipe, facts, result)
        if push_to:
            result["pushed"] = push(folder / MODEL, push_to)
        write_text(folder / RESULT, json.dumps(result, indent=1) + "\n")
    state.wait_for_everyone()
    return result


def make_trainer(
    recipe: Supervised, name: str, tokenizer: Any, data: Data, folder: Path
) -> Trainer:
    """Return TRL's trainer for the recipe, with the data in it and nothing printed."""
    arguments = trl_config(recipe, folder)
    model = load_model(recipe, name)
    shared = {
        "model": model,
        "args": arguments,
        "train_dataset": Dataset.from_list(_lessons(recipe, arguments, tokenizer, data)),
        "eval_dataset": _held_out(recipe, arguments, data),
        "processing_class": tokenizer,
        "peft_config": adapter_config(recipe),
    }
    trainer: Trainer
    if not isinstance(recipe, Policy):
        plain = recipe.curriculum == Curriculum()
        trainer = (SFTTrainer if plain else LessonTrainer)(**shared)
    else:
        require_prompts(recipe, arguments, data)
        shared["reward_funcs"] = reward_functions(recipe)
        trainer = _policy_trainer(recipe, shared)
    trainer.remove_callback(PrinterCallback)
    return trainer


def _lessons(recipe: Supervised, arguments: Any, tokenizer: Any, data: Data) -> list[Row]:
    """Return the training rows: the entries, or those of the curriculum in their order."""
    if isinstance(recipe, Policy):
        asked = prompt_rows(data.train, recipe.style, recipe.description)
        if not recipe.invented:
            return asked
        fits = limit_check(recipe, tokenizer)
        how = (recipe.invented, recipe.style, recipe.description)
        invented = invented_prompts(data.train, *how, fits=fits, seed=recipe.seed)
        return [{**row, PUT_BACK: ""} for row in asked] + invented
    if recipe.curriculum == Curriculum():
        return answer_rows(data.train, recipe.style, recipe.description)
    special = set(tokenizer.all_special_ids)
    texts = (tokenizer.decode([i]) for i in range(len(tokenizer)) if i not in special)
    rows = lesson_rows(
        data.train,
        recipe.curriculum,
        recipe.style,
        recipe.description,
        pieces=[text for text in texts if text.isascii() and text.isprintable()],
        batch=arguments.train_batch_size
        * arguments.gradient_accumulation_steps
        * arguments.world_size,
        steps=recipe.max_steps,
        seed=recipe.seed,
    )
    return tokens_of(rows, tokenizer)


def _policy_trainer(recipe: Policy, shared: dict[str, Any]) -> Trainer:
    if not recipe.dynamic_sampling:
        return GRPOTrainer(**shared)
    return DynamicSamplingTrainer(
        max_generation_batches=recipe.max_generation_batches,
        reward_tolerance=recipe.reward_tolerance,
        **shared,
    )


def _held_out(recipe: Supervised, arguments: Any, data: Data) -> Dataset | None:
    """Return the test prompts that fill whole evaluation batches, in an order of their own."""
    rows = sorted(data.test, key=lambda row: str(row["id"]))[: recipe.held_out]
    if isinstance(recipe, Policy):
        batch = arguments.per_device_eval_batch_size * arguments.world_size
        groups = max(1, batch // recipe.held_out_generations)
        rows = rows[: len(rows) // groups * groups]
        return (
            Dataset.from_list(prompt_rows(rows, recipe.style, recipe.description)) if rows else None
        )
    return Dataset.from_list(answer_rows(rows, recipe.style, recipe.description)) if rows else None


def require_prompts(recipe: Policy, arguments: Any, data: Data) -> None:
    prompts = arguments.generation_batch_size // recipe.num_generations
    if len(data.train) < prompts:
        raise RecodeError(
            f"one generation batch takes {prompts} prompts, there are {len(data.train)}",
            "smaller per_device_train_batch_size or gradient_accumulation_steps, or more entries",
        )


def _trained(
    trainer: Trainer, plan: Plan, data: Data, checkpoint: Path | None, progress: Progress
) -> dict[str, Any]:
    """Measure, train, measure again."""
    recipe, folder = plan.recipe, plan.folder
    first = trainer.is_world_process_zero()
    before = _measure(trainer, recipe, folder / "before.json", checkpoint)
    if checkpoint and first:
        progress.say(f"train: going on from {checkpoint}")
    showing = progress if first else Progress(quiet=True)
    with showing.task(f"train {recipe.algo}", recipe.max_steps) as task:
        trainer.add_callback(Report(task, folder, getattr(trainer, "_logs", None)))
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        except torch.OutOfMemoryError as error:
            tip = "smaller per_device_train_batch_size, or train/README.md's smaller recipes"
            raise MachineTooSmall("the GPU's memory is full", tip) from error
        except KeyboardInterrupt:
            kept = newest_checkpoint(folder)
            progress.say(f"stopped; {kept or 'no checkpoint yet'}: the same command with --resume")
            raise
    held_out = len(trainer.eval_dataset) if trainer.eval_dataset is not None else 0
    return {
        "algo": recipe.algo,
        "steps": trainer.state.global_step,
        "train_entries": len(data.train),
        "too_long": data.too_long,
        "held_out": held_out,
        "before": before,
        "after": _evaluated(trainer, recipe),
        "output": str(folder),
        **_agreement(trainer),
    }


def _measure(trainer: Trainer, recipe: Supervised, file: Path, checkpoint: Path | None) -> Metrics:
    """Return the held-out metrics of the start; a resumed run reads what it measured then."""
    if checkpoint is not None and file.exists():
        return dict(read_json(file, "train again without --resume, in another --output"))
    metrics = _evaluated(trainer, recipe)
    if trainer.is_world_process_zero():
        write_text(file, json.dumps(metrics))
    return metrics


def _evaluated(trainer: Trainer, recipe: Supervised) -> Metrics:
    """Return the held-out metrics, sampled with the same random numbers every time."""
    if trainer.eval_dataset is None:
        return {}
    python, numbers = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        set_seed(recipe.seed, device_specific=True)
        metrics = trainer.evaluate()
    random.setstate(python)
    np.random.set_state(numbers)
    speed = ("_runtime", "_per_second")
    return {
        key: float(value)
        for key, value in metrics.items()
        if isinstance(value, int | float) and not key.endswith(speed)
    }


def _agreement(trainer: Trainer) -> dict[str, Any]:
    """Return the digest of the trained weights; processes that should hold the same must.

    Raises `RecodeError` when they do not: the run has gone wrong without a sign of it.
    """
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        return {"processes": trainer.accelerator.num_processes}
    digest = hashlib.sha256()
    for _, parameter in sorted(trainer.model.named_parameters()):
        if parameter.requires_grad:
            digest.update(parameter.detach().float().cpu().numpy().tobytes())
    digests = gather_object([digest.hexdigest()])
    if len(set(digests)) > 1:
        raise RecodeError("the processes' weights differ after training", "please report this")
    return {"processes": len(digests), "weights": digests[0]}


def _save(trainer: Trainer, recipe: Supervised, folder: Path, merge: bool) -> dict[str, Any]:
    """Write the adapter or the whole model, with its tokenizer."""
    if merge and recipe.adapter != "none":
        if trainer.is_world_process_zero():
            model = trainer.accelerator.unwrap_model(trainer.model).merge_and_unload()
            model.save_pretrained(folder)
            trainer.processing_class.save_pretrained(folder)
        return {"merged": True, "model": str(folder)}
    trainer.save_model(str(folder))
    (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle nobody should load
    return {"merged": False, "model": str(folder)}


def _start(plan: Plan, state: PartialState) -> str:
    """Return the model to start from, made by the first process when it is ``scratch``."""
    if plan.recipe.model != "scratch":
        return plan.recipe.model
    folder = plan.folder / "start"
    if state.is_main_process and not (folder / "config.json").exists():
        recipe = plan.recipe
        texts = (
            text
            for row in plan.data.train
            for text in (
                *(
                    m["content"]
                    for m in prompt_rows([row], recipe.style, recipe.description)[0]["prompt"]
                ),
                completion(row, recipe.style)["content"],
            )
        )
        fixed = phrases(recipe.style, recipe.description)
        make_model(folder, recipe.scratch, texts, recipe.seed, fixed)
    state.wait_for_everyone()
    return str(folder)


def require_packages(recipe: Supervised) -> None:
    """Raise `MissingExtra` for what the recipe asks for and is not installed."""
    from importlib.util import find_spec

    wanted: list[str] = list(recipe.report_to)
    if isinstance(recipe, Policy) and recipe.use_vllm:
        wanted.append("vllm")
    for name in wanted:
        if find_spec(name) is None:
            extra = "'recode-data[vllm]'" if name == "vllm" else name
            raise MissingExtra(f"the recipe wants {name}", f"pip install {extra}")


@contextlib.contextmanager
def _quiet(folder: Path, first: bool) -> Iterator[None]:
    """Send what the libraries print to ``train.log``: stdout is for the result."""
    import datasets
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    logging.getLogger("trl").setLevel(logging.ERROR)
    log = folder / "train.log" if first else Path(os.devnull)
    with (
        log.open("a", encoding="utf-8") as stream,
        contextlib.redirect_stdout(stream),
        warnings.catch_warnings(),
        _defaults(
            TENSORBOARD_LOGGING_DIR=str(folder / "tensorboard"),
            WANDB_DIR=str(folder),
            WANDB_PROJECT=PROJECT,
        ),
    ):
        yield


@contextlib.contextmanager
def _defaults(**values: str) -> Iterator[None]:
    """Set the variables that the user has not; the next run of this process has its own."""
    missing = values.keys() - os.environ.keys()
    os.environ.update({name: values[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)
