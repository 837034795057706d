"""What this machine offers, and what a training run will need of it, before a download."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from recode_data.errors import BadFile, MachineTooSmall, NetworkError, UnknownName
from recode_data.training.recipe import Policy, Supervised

GIB = 2**30
FOLDER = "--model takes a folder with a model, or a name on the Hub"
PATIENCE = 10.0
"""Seconds for the Hub to say whether it has a model."""
SHAPES = {
    0.5: (24, 896, 4864, 14, 2, 151_936, True),
    1.5: (28, 1536, 8960, 12, 2, 151_936, True),
    3.0: (36, 2048, 11_008, 16, 2, 151_936, True),
    7.0: (28, 3584, 18_944, 28, 4, 152_064, False),
    14.0: (48, 5120, 13_824, 40, 8, 152_064, False),
    32.0: (64, 5120, 27_648, 40, 8, 152_064, False),
}
"""Billions in a name → layers, width, MLP width, heads, KV heads, vocabulary, tied: the
shapes of Qwen2.5, for a model whose config.json is not here yet."""


@dataclass(frozen=True)
class Estimate:
    """Bytes that one process needs, part by part, and what the machine has for it."""

    parameters: int
    trained: int
    parts: dict[str, float]
    available: float
    guessed: bool
    """The model's shape was guessed from its name: the Hub did not answer."""

    @property
    def needed(self) -> float:
        """Bytes in all, with a tenth on top for fragmentation."""
        return 1.1 * sum(self.parts.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {size / GIB:.1f}" for name, size in self.parts.items() if size)
        text = f"{self.needed / GIB:.1f} GiB a process of {self.available / GIB:.1f} ({parts}"
        about = "about " if self.guessed else ""
        counts = f"{about}{self.parameters / 1e6:,.1f} M parameters, {self.trained / 1e6:,.1f} M"
        unseen = "; guessed from its name: the Hub does not answer" if self.guessed else ""
        return f"{text}; {counts} trained{unseen})"


def require_device(recipe: Supervised) -> None:
    """Raise `MachineTooSmall` where there is no GPU and the recipe does not say ``use_cpu``."""
    if recipe.use_cpu or torch.cuda.is_available():
        return
    if getattr(torch, "xpu", None) is not None and torch.xpu.is_available():
        return
    raise MachineTooSmall(
        f"no GPU is visible to torch {torch.__version__}, and {recipe.model} wants one",
        "check nvidia-smi and that torch was built for CUDA; a tiny model trains with "
        "--set use_cpu=true",
    )


def require_memory(recipe: Supervised, estimate: Estimate) -> None:
    """Raise `MachineTooSmall` when the estimate is more than the machine has free."""
    if recipe.check_memory and estimate.needed > estimate.available:
        smaller = "train/README.md lists the recipes by memory; or smaller batches and limits"
        raise MachineTooSmall(
            f"{recipe.model} needs about {estimate.needed / GIB:.1f} GiB a process with this "
            f"recipe, {estimate.available / GIB:.1f} GiB are free",
            f"{smaller}; --set check_memory=false starts all the same",
        )


def estimate(recipe: Supervised, vocabulary: int = 0) -> Estimate:
    """Return what ``recipe`` needs, from the model's config alone: no weight is read.

    ``vocabulary`` is that of a model made on the spot. The weights of the config are laid
    out on torch's meta device, so their number is exact where the config is here. Raises
    `BadFile` for a folder without a model, `UnknownName` for a name that the Hub does not
    know, `NetworkError` when it does not answer and the name does not tell the size either.
    """
    config, guessed = _config(recipe, vocabulary)
    weights, linear = _count(config)
    adapted = recipe.adapter != "none"
    trained = _adapter_size(recipe, linear) if adapted else weights
    parts = _state(recipe, weights, trained, linear) | _work(recipe, config, weights)
    return Estimate(weights, trained, parts, _available(recipe), guessed)


def _state(
    recipe: Supervised, weights: int, trained: int, linear: dict[str, tuple[int, int]]
) -> dict[str, float]:
    """Return the bytes of weights, gradients, optimizer and reference, sharded or not."""
    adapted = recipe.adapter != "none"
    width = _width(recipe)
    optimizer, gradients, everything = _shards()
    reference = isinstance(recipe, Policy) and recipe.beta > 0 and not adapted
    largest = max((rows * columns for rows, columns in linear.values()), default=0)
    return {
        "weights": width * weights / everything + (4 * trained / everything if adapted else 0),
        "gradients": 4 * trained / gradients,
        "optimizer": 8 * trained / optimizer,
        "reference": width * weights / everything if reference else 0,
        "norms of DoRA": 2 * 4 * largest if recipe.adapter == "dora" else 0,
    }


def _work(recipe: Supervised, config: Any, weights: int) -> dict[str, float]:
    """Return the bytes of activations, logits and generation."""
    width = 4 if recipe.use_cpu or not recipe.bf16 else 2
    tokens = recipe.max_prompt_length + recipe.max_completion_length
    batch = recipe.per_device_train_batch_size * tokens
    hidden, layers = config.hidden_size, config.num_hidden_layers
    inside = 16 * hidden + 4 * config.intermediate_size  # one layer's, kept or computed anew
    checkpointed = recipe.gradient_checkpointing and not recipe.use_cpu
    kept = hidden * layers + inside if checkpointed else inside * layers
    parts = {"activations": width * batch * kept}
    if not isinstance(recipe, Policy):
        # Logits of the answers, in float32, with their gradient.
        answers = recipe.per_device_train_batch_size * recipe.max_completion_length
        return parts | {"logits": 8.0 * answers * config.vocab_size}
    parts["logits"] = 8.0 * 1024 * config.vocab_size  # TRL takes them in chunks
    if recipe.use_vllm and recipe.vllm_mode == "colocate" and torch.cuda.is_available():
        total = torch.cuda.get_device_properties(0).total_memory
        return parts | {"vLLM": recipe.vllm_gpu_memory_utilization * total}
    if not recipe.use_vllm:
        micro = recipe.steps_per_generation or recipe.gradient_accumulation_steps
        heads = getattr(config, "num_key_value_heads", config.num_attention_heads)
        cache = 2 * layers * heads * (hidden // config.num_attention_heads) * width
        parts["generation"] = cache * recipe.per_device_train_batch_size * micro * tokens
    return parts


def _width(recipe: Supervised) -> int:
    if recipe.dtype == "auto":
        return 4 if recipe.use_cpu or recipe.adapter == "none" else 2
    return 4 if recipe.dtype == "float32" else 2


def _shards() -> tuple[int, int, int]:
    """Return over how many processes optimizer, gradients and weights are spread."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    stage = 0
    if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true":
        stage = int(os.environ.get("ACCELERATE_DEEPSPEED_ZERO_STAGE", "2"))
    if os.environ.get("ACCELERATE_USE_FSDP") == "true":
        stage = 3
    return tuple(world if stage >= least else 1 for least in (1, 2, 3))  # type: ignore[return-value]


def _adapter_size(recipe: Supervised, linear: dict[str, tuple[int, int]]) -> int:
    targets = recipe.target_modules
    every = targets == "all-linear"
    size = 0
    for name, (rows, columns) in linear.items():
        if every or name.rsplit(".", 1)[-1] in targets:
            size += recipe.lora_r * (rows + columns) + (rows if recipe.adapter == "dora" else 0)
    return size


def _count(config: Any) -> tuple[int, dict[str, tuple[int, int]]]:
    """Return the number of weights and the shape of every linear layer but the head."""
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    head = model.get_output_embeddings()
    linear = {
        name: (module.out_features, module.in_features)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    }
    return sum(parameter.numel() for parameter in model.parameters()), linear


def _config(recipe: Supervised, vocabulary: int) -> tuple[Any, bool]:
    """Return the model's config: made, local, in the cache, from the Hub, or guessed from a
    name that says a size where the Hub does not answer; and whether it was guessed."""
    from recode_data.training.scratch import config_of

    if recipe.model == "scratch":
        return config_of(recipe.scratch, vocabulary or recipe.scratch.vocabulary), False
    require_name(recipe.model)
    try:
        return _read(recipe, here=True), False
    except (OSError, ValueError) as error:
        if Path(recipe.model).exists():
            raise BadFile(
                f"cannot load a model from {recipe.model}: {str(error).splitlines()[0]}", FOLDER
            ) from error
    if _on_the_hub(recipe):
        try:
            return _read(recipe, here=False), False
        except (OSError, ValueError) as error:
            raise NetworkError(
                f"cannot get the configuration of {recipe.model}: {str(error).splitlines()[0]}",
                "is HF_TOKEN set, if its licence has to be accepted?",
            ) from error
    if not _billions(recipe.model):
        raise NetworkError(
            f"the Hub does not answer, and the name {recipe.model} tells no size",
            "check the network and HF_ENDPOINT, or give --model a folder",
        )
    return _guess(_billions(recipe.model)), True


def _read(recipe: Supervised, here: bool) -> Any:
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(
        recipe.model,
        revision=recipe.revision or None,
        trust_remote_code=recipe.trust_remote_code,
        local_files_only=here,
    )
    return config.get_text_config()


def require_name(name: str) -> None:
    """Raise `BadFile` for what is neither a folder nor a name that the Hub can have."""
    if not Path(name).exists() and (name.startswith((".", "/")) or name.count("/") != 1):
        raise BadFile(f"no model folder {name}", FOLDER)


def _on_the_hub(recipe: Supervised) -> bool:
    """Return whether the Hub has the model; False when it does not answer at once.

    Raises `UnknownName` when it answers that it has none of that name or revision.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        HfApi().model_info(recipe.model, revision=recipe.revision or None, timeout=PATIENCE)
    except GatedRepoError:
        return True
    except (RepositoryNotFoundError, HFValidationError) as error:
        tip = "is it spelt right, and HF_TOKEN set, if it is private?"
        raise UnknownName(f"the Hub has no model {recipe.model}", tip) from error
    except RevisionNotFoundError as error:
        raise UnknownName(
            f"{recipe.model} has no revision {recipe.revision}", "--set revision=main"
        ) from error
    except Exception:  # its client raises other classes in every version; any means: no answer
        return False
    return True


def _billions(name: str) -> float:
    """Return the size that a model's name says, as in ``Qwen2.5-Coder-7B-Instruct``, or 0."""
    said = re.search(r"(?<![\d.])(\d+(?:\.\d+)?)[bB](?![a-zA-Z])", Path(name).name)
    return float(said[1]) if said else 0.0


def _guess(billions: float) -> Any:
    """Return the config of the Qwen2.5 model that is nearest in size."""
    from transformers import Qwen2Config

    nearest = min(SHAPES, key=lambda size: abs(size - billions))
    layers, hidden, inner, heads, kv_heads, vocabulary, tied = SHAPES[nearest]
    return Qwen2Config(
        num_hidden_layers=max(1, round(layers * billions / nearest)),
        hidden_size=hidden,
        intermediate_size=inner,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        vocab_size=vocabulary,
        tie_word_embeddings=tied,
    )


def _available(recipe: Supervised) -> float:
    """Return the free bytes of this process's GPU, or its share of the RAM that can be had,
    which includes what the system keeps files in and gives up when it is asked to."""
    if not recipe.use_cpu and torch.cuda.is_available():
        return float(torch.cuda.mem_get_info(int(os.environ.get("LOCAL_RANK", "0")))[0])
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return float(psutil.virtual_memory().available) / processes
