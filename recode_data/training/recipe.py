"""A recipe: everything that decides what a training run does, in one strict file.

Keys that TRL has too carry TRL's names and mean the same. A value comes from, first wins:
``--set key=value`` and the other flags, ``RECODE_DATA_TRAIN_<KEY>`` in the environment,
the recipe's file, the file that it ``extends``, the default here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from recode_data.library import Strict
from recode_data.prompts import Style

Algo: TypeAlias = Literal["grpo", "dapo", "sft"]
Positive: TypeAlias = Annotated[int, Field(gt=0)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
NotNegative: TypeAlias = Annotated[float, Field(ge=0)]


class Scratch(Strict):
    """Shape of a model that is made on the spot: ``model: scratch``."""

    layers: Positive = 2
    width: Positive = 128
    heads: Positive = 4
    vocabulary: Positive = 1024
    """Entries of the byte-level BPE that is learned from the training texts."""
    architecture: Literal["qwen2", "lfm2"] = "qwen2"
    """``lfm2`` takes convolutions and attention in turn and begins as a model that copies."""
    context: Literal[2, 4, 8] = 8
    """Tokens before its own that a convolution of ``lfm2`` sees: by these it finds its place in
    a text that it copies."""

    @model_validator(mode="after")
    def _divides(self) -> Scratch:
        if self.architecture == "lfm2" and (
            self.layers < 2 or self.width % (self.context * self.heads)
        ):
            raise ValueError(
                f"lfm2 takes two layers and more, and a width of whole {self.context} × heads"
            )
        return self


class Curriculum(Strict):
    """Steps that come before real entries; see `recode_data.training.curriculum`."""

    copying: Annotated[int, Field(ge=0)] = 0
    """Steps in which the model repeats random text."""
    invented: Annotated[int, Field(ge=0)] = 0
    """Steps on entries whose symbols bear invented names."""


class MixtureWeights(Strict):
    """Weights of the parts of the reward ``mixture``; see `recode_data.rewards.mixtures`."""

    format: NotNegative = 0.1
    migration: NotNegative = 0.4
    execution: NotNegative = 0.4


class Supervised(Strict):
    """The keys of ``algo: sft``, all of which the other algorithms have as well."""

    algo: Algo
    model: str = "Qwen/Qwen2.5-Coder-7B-Instruct"
    """A folder, a name on the Hub, or ``scratch``: a new model with `scratch`'s shape."""
    scratch: Scratch = Scratch()
    curriculum: Curriculum = Curriculum()
    """Of ``algo: sft``: what ``max_steps`` begins with; the rest are real entries."""
    revision: str = ""
    chat_template: str = ""
    """A Jinja file, for a model that has no chat template of its own."""
    trust_remote_code: bool = False
    attn_implementation: str = ""

    style: Style = "reasoning"
    description: bool = False
    """Show the entry's description in the prompt."""
    max_prompt_length: Positive = 2048
    """Tokens; entries whose prompt is longer are left out and counted."""
    max_completion_length: Positive = 1024
    """Tokens; entries whose target is longer are left out and counted."""

    adapter: Literal["none", "lora", "dora"] = "dora"
    lora_r: Positive = 64
    lora_alpha: Positive = 64
    lora_dropout: Share = 0.0
    target_modules: str | list[str] = "all-linear"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of the loaded weights; auto: bfloat16 below an adapter, float32 for full training."""

    learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    lr_scheduler_type: str = "cosine"
    warmup_steps: NotNegative = 0.03
    """Steps, or a share of all steps when it is below 1."""
    weight_decay: NotNegative = 0.0
    max_grad_norm: NotNegative = 1.0
    max_steps: Positive = 5000
    per_device_train_batch_size: Positive = 4
    gradient_accumulation_steps: Positive = 2
    gradient_checkpointing: bool = True
    bf16: bool = True
    use_cpu: bool = False
    """Train on the CPU, without bfloat16 and checkpointing: for tiny models and tests."""
    cpu_bf16: bool = False
    """Multiply in bfloat16 on the CPU too: faster where it has instructions for that."""
    seed: int = 42

    held_out: Annotated[int, Field(ge=0)] = 64
    """Test prompts that are measured before and after the training; 0: none."""
    eval_steps: Annotated[int, Field(ge=0)] = 0
    """Measure them every so many steps as well."""
    per_device_eval_batch_size: Positive = 8
    logging_steps: Positive = 10
    save_steps: Positive = 100
    save_total_limit: Positive = 3
    report_to: tuple[Literal["tensorboard", "trackio", "wandb"], ...] = ("tensorboard",)
    check_memory: bool = True
    """Refuse to start when the estimate is more than the machine has."""
    trl: Annotated[dict[str, Any], Field(default_factory=dict)]
    """Any other argument of TRL's ``SFTConfig`` or ``GRPOConfig``, by its name."""

    @model_validator(mode="after")
    def _room_for_the_curriculum(self) -> Supervised:
        before = self.curriculum.copying + self.curriculum.invented
        if before and self.algo != "sft":
            raise ValueError(f"a curriculum belongs to algo: sft, not {self.algo}")
        if before > self.max_steps:
            raise ValueError(
                f"curriculum takes {before} steps (copying, invented), max_steps={self.max_steps}"
            )
        return self


def published_rewards() -> dict[str, float]:
    """Return the rewards of the paper, summed."""
    return {"format": 1.0, "es_star": 1.0}


class Policy(Supervised):
    """The keys of ``algo: grpo`` and ``algo: dapo``; defaults are GRPO's as published."""

    rewards: Annotated[dict[str, float], Field(min_length=1, default_factory=published_rewards)]
    """Weight of each reward: a name of `recode_data.rewards`, or ``module:function``."""
    mixture: MixtureWeights = MixtureWeights()
    execution_budget: Annotated[float, Field(gt=0)] = 60.0
    """Seconds that running one batch of completions may hold a step up; what is not finished
    by then is not judged."""
    overlong_buffer: Annotated[int, Field(ge=0)] = 0
    """Tokens before ``max_completion_length`` over which a penalty grows to −1; 0: none."""
    overlong_weight: NotNegative = 1.0

    loss_type: str = "grpo"
    beta: NotNegative = 0.001
    use_bias_correction_kl: bool = False
    epsilon: Share = 0.2
    epsilon_high: float | None = None
    scale_rewards: Literal["group", "batch", "none"] = "group"
    mask_truncated_completions: bool = False
    num_generations: Annotated[int, Field(ge=2)] = 8
    held_out_generations: Positive = 1
    """Completions that are sampled for each held-out prompt."""
    num_iterations: Positive = 1
    steps_per_generation: Positive | None = None
    """Micro-batches that one generation feeds; none: ``gradient_accumulation_steps``."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    top_p: Share = 1.0

    invented: Annotated[int, Field(ge=0)] = 0
    """Prompts that are added, of training entries with invented names; an answer is rewarded
    with the real ones put back. See `recode_data.training.curriculum`."""

    dynamic_sampling: bool = False
    """Draw further prompts in the place of groups whose rewards are all the same."""
    max_generation_batches: Positive = 10
    reward_tolerance: NotNegative = 1e-6
    """A group counts as one reward for all when max − min is not above this."""

    use_vllm: bool = False
    vllm_mode: Literal["colocate", "server"] = "colocate"
    vllm_gpu_memory_utilization: Share = 0.3
    vllm_server_base_url: str = ""

    @model_validator(mode="after")
    def _whole_evaluations(self) -> Policy:
        if self.per_device_eval_batch_size % self.held_out_generations:
            raise ValueError(
                f"per_device_eval_batch_size={self.per_device_eval_batch_size} must be a multiple "
                f"of held_out_generations={self.held_out_generations}"
            )
        return self

    @model_validator(mode="after")
    def _saves_between_generations(self) -> Policy:
        """A checkpoint inside the use of one generation could not resume the same curve."""
        reuse = (self.steps_per_generation or self.gradient_accumulation_steps) * (
            self.num_iterations
        )
        if self.save_steps * self.gradient_accumulation_steps % reuse:
            raise ValueError(
                f"save_steps={self.save_steps} falls between two generations: one generation "
                f"feeds {reuse} micro-batches, {reuse / self.gradient_accumulation_steps:g} steps"
            )
        return self


MODELS: dict[str, type[Supervised]] = {"grpo": Policy, "dapo": Policy, "sft": Supervised}
