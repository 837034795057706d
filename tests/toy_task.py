"""A task that a model of half a million weights learns in a minute: follow a renaming.

The doc line names an old function and its replacement, both made of two random words; the
old code is one call, the new code the same call of the replacement.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

WORDS = [
    "add", "array", "bin", "cast", "clip", "count", "cut", "edge", "fill", "fit", "flat", "grid",
    "hash", "join", "load", "mask", "mean", "merge", "pad", "pick", "rank", "read", "roll", "row",
    "scan", "seek", "sort", "split", "stack", "sum", "swap", "table", "tile", "trim", "view",
    "zip",
]  # fmt: skip
ARGUMENTS = ["x", "y", "data", "rows", "left, right", "x, 1", "y, 2", "data, 0"]


TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role == 'user' %}"
    "{{ message.content.split('<doc>\n')[1].split('\n</doc>')[0] + '\n' }}"
    "{{ message.content.split('```python\n')[1].split('\n```')[0] + '\n' }}"
    "{% elif message.role == 'assistant' %}{{ '>' + message.content + '<|im_end|>' }}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '>' }}{% endif %}"
)
"""Shows the doc line and the old code alone: a tiny model has no use for the instructions."""


def rows(count: int, seed: int) -> list[dict[str, str]]:
    """Return ``count`` entries with ReCode's fields; two seeds share no name by design."""
    generator = random.Random(seed)

    def name() -> str:
        return "_".join(generator.choices(WORDS, k=2))

    made = []
    for _ in range(count):
        old, new, arguments = name(), name(), generator.choice(ARGUMENTS)
        made.append(
            {
                "dependency": "toy",
                "new_version": "==2.0.0",
                "description": "Calls a function.",
                "update_info": f"`{old}` is now `{new}`.",
                "old_code": f"{old}({arguments})",
                "new_code": f"{new}({arguments})",
            }
        )
    return made


def write(folder: Path, train: int = 512, test: int = 64, seed: int = 0) -> Path:
    """Write both splits as JSONL and ``template.jinja`` into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "template.jinja").write_text(TEMPLATE, encoding="utf-8")
    for split, count, offset in (("train", train, 0), ("test", test, 1)):
        lines = [json.dumps(row) for row in rows(count, 2 * seed + offset)]
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


SHARED = """
model: scratch
scratch: {layers: 2, width: 128, heads: 4, vocabulary: 512}
style: answer
adapter: none
use_cpu: true
max_prompt_length: 128
max_completion_length: 24
held_out: 64
logging_steps: 10
report_to: []
"""
SUPERVISED = f"""
algo: sft
{SHARED}
learning_rate: 3.0e-3
lr_scheduler_type: constant_with_warmup
warmup_steps: 10
max_steps: 60
save_steps: 60
per_device_train_batch_size: 32
gradient_accumulation_steps: 1
"""
"""Stopped early: a model that does the task already has nothing to gain from a reward."""
GRPO = f"""
algo: grpo
{SHARED}
rewards: {{es: 1.0}}
beta: 0.001
learning_rate: 5.0e-4
lr_scheduler_type: constant
warmup_steps: 0
max_steps: 60
save_steps: 60
per_device_train_batch_size: 64
gradient_accumulation_steps: 1
per_device_eval_batch_size: 256
held_out_generations: 4
"""
DAPO = f"""
{GRPO.replace("algo: grpo", "algo: dapo").replace("beta: 0.001", "beta: 0.0")}
loss_type: dapo
epsilon_high: 0.28
dynamic_sampling: true
"""
RECIPES = {"sft": SUPERVISED, "grpo": GRPO, "dapo": DAPO}
