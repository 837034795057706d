"""A model or an adapter on this machine: vLLM on a GPU that has it, transformers else."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recode_data.errors import BadFile, MissingExtra, RecodeError, UsageError
from recode_data.evaluate.sampling import Request, Sampling
from recode_data.evaluate.store import Completion
from recode_data.files import read_json

WHOLE = "a run of recode-data train writes a whole model in its folder model/"

BATCH = 8
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Of LoRA adapters, as vLLM takes them."""


def local_model(name: str) -> LocalModel | VllmModel:
    """Return the model called ``name``, a folder or an id of the Hub.

    Raises `MissingExtra` without torch and transformers.
    """
    if (
        importlib.util.find_spec("torch") is None
        or importlib.util.find_spec("transformers") is None
    ):
        raise MissingExtra("a local model needs torch", "pip install 'recode-data[train]'")
    import torch

    if torch.cuda.is_available() and importlib.util.find_spec("vllm"):
        return VllmModel(name)
    return LocalModel(name)


class LocalModel:
    """A causal language model of transformers, with a LoRA or DoRA adapter or without."""

    def __init__(self, name: str) -> None:
        import torch
        from transformers import AutoTokenizer

        self.name = name
        base = adapter_base(name)
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(name)
            self.model = _load(name, base, torch)
        except (OSError, ValueError, ImportError) as error:
            raise BadFile(
                f"cannot load {name}: {str(error).splitlines()[0]}",
                "--model takes a folder that train wrote, or a name on the Hub",
            ) from error
        if not self.tokenizer.chat_template:
            raise UsageError(f"{name} has no chat template", "take an instruction-tuned model")
        self.tokenizer.padding_side = "left"
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token

    def complete(self, requests: list[Request], sampling: Sampling) -> Iterator[Completion]:
        """Yield completions batch by batch; each batch is drawn by its first one's seed."""
        ordered = sorted(requests, key=lambda request: len(str(request.messages)))
        for start in range(0, len(ordered), BATCH):
            batch = ordered[start : start + BATCH]
            texts = self._batch(batch, sampling)
            for request, text in zip(batch, texts, strict=True):
                yield Completion(request.problem, request.sample, text, batch[0].seed)

    def _batch(self, batch: list[Request], sampling: Sampling) -> list[str]:
        import torch

        prompts = [
            self.tokenizer.apply_chat_template(
                r.messages, tokenize=False, add_generation_prompt=True
            )
            for r in batch
        ]
        inputs = self.tokenizer(
            prompts, return_tensors="pt", padding=True, add_special_tokens=False
        )
        torch.manual_seed(batch[0].seed)
        drawn: dict[str, Any] = {"temperature": sampling.temperature, "top_p": sampling.top_p}
        # A model's generation_config.json may cut and penalise further; nothing else may.
        drawn |= {"top_k": 0, "min_p": None, "typical_p": 1.0}
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=inputs["input_ids"].to(self.model.device),
                attention_mask=inputs["attention_mask"].to(self.model.device),
                max_new_tokens=sampling.max_tokens,
                do_sample=sampling.temperature > 0,
                repetition_penalty=1.0,
                pad_token_id=self.tokenizer.pad_token_id,
                **(drawn if sampling.temperature > 0 else {}),
            )
        new = output[:, inputs["input_ids"].shape[1] :]
        return list(self.tokenizer.batch_decode(new, skip_special_tokens=True))


def _load(name: str, base: str, torch: Any) -> Any:
    from transformers import AutoModelForCausalLM

    on_gpu = torch.cuda.is_available()
    model: Any = AutoModelForCausalLM.from_pretrained(
        base or name, dtype=torch.bfloat16 if on_gpu else torch.float32
    )
    if base:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, name)
    return model.to("cuda" if on_gpu else "cpu").eval()


def adapter_base(name: str) -> str:
    """Return the model that an adapter's folder was trained on, or an empty string."""
    config = adapter_settings(name)
    return "" if config is None else str(config["base_model_name_or_path"])


def adapter_settings(name: str) -> dict[str, Any] | None:
    """Return what ``adapter_config.json`` says, or None for a whole model."""
    file = Path(name) / "adapter_config.json"
    if not file.is_file():
        return None
    try:
        config = read_json(file, WHOLE)
        return {"base_model_name_or_path": config["base_model_name_or_path"], **config}
    except (KeyError, TypeError) as error:
        raise BadFile(
            f"cannot read {file}: {error}",
            WHOLE,
        ) from error


class VllmModel:
    """The same through vLLM: all requests at once, each by its own seed.

    A LoRA adapter is loaded beside its model. vLLM takes no DoRA: such an adapter is merged
    into a copy of its model first, which takes the disk space of the model for a while.
    """

    def __init__(self, name: str) -> None:
        from vllm import LLM

        self.name = name
        config = adapter_settings(name)
        base = adapter_base(name) or name
        own = (Path(name) / "tokenizer_config.json").is_file()
        options: dict[str, Any] = {"model": base, "tokenizer": name if own else base}
        self.beside = config is not None and not config.get("use_dora")
        if config and self.beside:
            rank = int(config.get("r", 64))
            fitting = next((size for size in RANKS if size >= rank), rank)
            options |= {"enable_lora": True, "max_lora_rank": fitting}
        elif config:
            self.merged = TemporaryDirectory(prefix="recode-data-")
            options["model"] = merged_into(name, base, self.merged.name)
        try:
            self.model = LLM(**options)
        except (OSError, ValueError, RuntimeError) as error:
            raise RecodeError(
                f"vLLM cannot load {name}: {str(error).splitlines()[0]}",
                "without vLLM installed, transformers loads it, slower",
            ) from error

    def complete(self, requests: list[Request], sampling: Sampling) -> Iterator[Completion]:
        from vllm import SamplingParams
        from vllm.lora.request import LoRARequest

        drawn = [
            SamplingParams(
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=sampling.max_tokens,
                seed=request.seed,
            )
            for request in requests
        ]
        adapter = LoRARequest("adapter", 1, self.name) if self.beside else None
        messages = [request.messages for request in requests]
        answers = self.model.chat(messages, sampling_params=drawn, lora_request=adapter)
        for request, answer in zip(requests, answers, strict=True):
            yield Completion(request.problem, request.sample, answer.outputs[0].text, request.seed)


def merged_into(name: str, base: str, folder: str) -> str:
    """Write the model ``base`` with the adapter ``name`` in it into ``folder``; return that."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    try:
        model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
        PeftModel.from_pretrained(model, name).merge_and_unload().save_pretrained(folder)
    except (OSError, ValueError) as error:
        raise BadFile(
            f"cannot merge {name} into {base}: {str(error).splitlines()[0]}",
            "evaluate the adapter with the base model that it was trained on",
        ) from error
    return folder
