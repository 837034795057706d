"""Load the model and its tokenizer, and say clearly why it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile, NetworkError, UnknownName, UsageError
from recode_data.files import read_text
from recode_data.prompts import messages
from recode_data.training.arguments import dtype_of
from recode_data.training.data import Row, completion
from recode_data.training.machine import require_name
from recode_data.training.recipe import Supervised


def load_tokenizer(recipe: Supervised, name: str) -> Any:
    """Return the tokenizer of the model ``name``; it must have a chat template.

    Raises `UnknownName`, `NetworkError` or `BadFile` when there is no such model, and
    `UsageError` when it has no chat template and the recipe gives none.
    """
    from transformers import AutoTokenizer

    tokenizer = _loaded(AutoTokenizer.from_pretrained, recipe, name)
    tokenizer.padding_side = "left"
    if recipe.chat_template:
        tip = "name a Jinja file with --set chat_template=FILE"
        tokenizer.chat_template = read_text(Path(recipe.chat_template), tip)
    if not tokenizer.chat_template:
        raise UsageError(
            f"{name} has no chat template",
            "take its -Instruct variant, or --set chat_template=FILE.jinja",
        )
    return tokenizer


def load_model(recipe: Supervised, name: str) -> Any:
    """Return the model ``name`` with its weights, in the type that the recipe asks for."""
    import torch
    from transformers import AutoModelForCausalLM

    options: dict[str, Any] = {"dtype": getattr(torch, dtype_of(recipe))}
    if recipe.attn_implementation:
        options["attn_implementation"] = recipe.attn_implementation
    return _loaded(AutoModelForCausalLM.from_pretrained, recipe, name, **options)


def limit_check(recipe: Supervised, tokenizer: Any) -> Callable[[Row], bool]:
    """Return whether a row's prompt and target are within the recipe's limits, in tokens."""

    def fits(row: Row) -> bool:
        prompt = tokenizer.apply_chat_template(
            messages(row, recipe.style, recipe.description),
            add_generation_prompt=True,
            return_dict=True,
        )["input_ids"]
        target = tokenizer(completion(row, recipe.style)["content"])["input_ids"]
        # One token is left for the end of the turn.
        return (
            len(prompt) <= recipe.max_prompt_length and len(target) < recipe.max_completion_length
        )

    return fits


def _loaded(load: Callable[..., Any], recipe: Supervised, name: str, **options: Any) -> Any:
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    local = Path(name).exists()
    require_name(name)
    try:
        return load(
            name,
            revision=recipe.revision or None,
            trust_remote_code=recipe.trust_remote_code,
            **options,
        )
    except RepositoryNotFoundError as error:
        raise UnknownName(f"the Hub has no model {name}", "is HF_TOKEN set, if private?") from error
    except (OSError, ValueError, HfHubHTTPError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        if local:
            raise BadFile(
                f"cannot load a model from {name}: {reason}",
                "--model takes a folder with a model, or a name on the Hub",
            ) from error
        raise NetworkError(
            f"cannot get {name} from the Hub: {reason}",
            "check the network, HF_ENDPOINT and HF_TOKEN, or give --model a folder",
        ) from error
