"""The card of a trained model: where it comes from, how it was trained, what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Template

from recode_data.errors import NetworkError, UnknownName
from recode_data.files import write_text
from recode_data.training.recipe import Supervised
from recode_data.training.resume import versions

CARD = Template(
    """---
{{ header }}---

# {{ name }}

{{ base }}, trained with {{ recipe.algo | upper }} to follow an update of a library that its
prompt describes. Made by `recode-data train` from {{ facts.train_entries }} migration entries
of {{ facts.data }}.

{{ what }}

## How to ask it

The prompt is that of `recode_data.prompts.messages`, in the model's chat template:

```python
from recode_data.prompts import messages
{{ loading }}
entry = {"dependency": "NumPy", "new_version": "==2.0.0",
         "update_info": "`in1d` was removed, use `isin`.",
         "old_code": "import numpy as np\\nprint(np.in1d([1], [1, 2]))"}
inputs = tokenizer.apply_chat_template(
    messages(entry, {{ recipe.style.__repr__() }}), add_generation_prompt=True,
    return_tensors="pt", return_dict=True)
output = model.generate(**inputs, max_new_tokens={{ recipe.max_completion_length }})
print(tokenizer.decode(output[0]))
```

## What was measured

{{ measured }}

## How it was trained

{{ steps }} steps on {{ facts.processes }} process(es). The whole configuration:

```yaml
{{ configuration }}```

With {{ versions }}.
""",
    keep_trailing_newline=True,
)


def write_card(
    folder: Path, recipe: Supervised, facts: Mapping[str, Any], result: Mapping[str, Any]
) -> None:
    """Write ``README.md`` beside the weights in ``folder``."""
    adapter = recipe.adapter != "none" and not result.get("merged")
    header = {
        "library_name": "peft" if adapter else "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["recode-data", "code", "api-migration", recipe.algo],
    }
    if not Path(recipe.model).exists() and recipe.model != "scratch":
        header["base_model"] = recipe.model
    if str(facts["data"]).count("/") == 1 and not Path(str(facts["data"])).exists():
        header["datasets"] = [facts["data"]]
    text = CARD.render(
        header=yaml.safe_dump(header, sort_keys=False),
        name=result.get("name") or folder.parent.name,
        base="A model made from scratch" if recipe.model == "scratch" else f"`{recipe.model}`",
        what="These are the weights of the adapter alone."
        if adapter
        else "These are whole weights.",
        loading=_loading(recipe, adapter),
        recipe=recipe,
        facts=facts,
        measured=_measured(result),
        steps=result["steps"],
        configuration=yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False),
        versions=", ".join(f"{name} {number}" for name, number in versions().items() if number),
    )
    write_text(folder / "README.md", text)


def push(folder: Path, name: str) -> str:
    """Upload ``folder`` as the model ``name`` and return its address.

    Raises `UnknownName` when the Hub refuses the name or the token, `NetworkError` when it
    does not answer.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    api = HfApi()
    kept = f"the model is whole in {folder}; run the same command with --resume to push again"
    try:
        repository = api.create_repo(name, exist_ok=True)
        api.upload_folder(repo_id=repository.repo_id, folder_path=folder)
    except HFValidationError as error:
        raise UnknownName(f"{name} is no name of a repository: {_line(error)}", kept) from error
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", 0)
        if status in (401, 403, 404):
            tip = f"set HF_TOKEN to a token that may write; {kept}"
            raise UnknownName(f"the Hub refused {name}: {_line(error)}", tip) from error
        raise NetworkError(f"cannot push {name}: {_line(error)}", kept) from error
    except OSError as error:
        raise NetworkError(f"cannot reach the Hub: {_line(error)}", kept) from error
    return str(repository)


def _loading(recipe: Supervised, adapter: bool) -> str:
    kind = (
        "peft import AutoPeftModelForCausalLM"
        if adapter
        else "transformers import AutoModelForCausalLM"
    )
    auto = kind.rpartition(" ")[2]
    return (
        f"from {kind}\nfrom transformers import AutoTokenizer\n\n"
        f'model = {auto}.from_pretrained("THIS_REPOSITORY")\n'
        'tokenizer = AutoTokenizer.from_pretrained("THIS_REPOSITORY")'
    )


def _measured(result: Mapping[str, Any]) -> str:
    before, after = result.get("before") or {}, result.get("after") or {}
    rows = [
        f"| {key} | {before[key]:.4f} | {after[key]:.4f} |"
        for key in sorted(before.keys() & after.keys())
        if key in {"eval_loss", "eval_reward"} or key.startswith("eval_rewards/")
        if isinstance(before[key], float) and isinstance(after[key], float)
    ]
    if not rows:
        return "Nothing was held out."
    intro = f"Sampled on {result['held_out']} held-out prompts, before and after:"
    return "\n".join([intro, "", "| | before | after |", "|---|---|---|", *rows])


def _line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
