"""TRL's supervised trainer, as fast as a CPU allows with a vocabulary of a thousand.

TRL scores every position of a batch in single precision, tile by tile, where there is no Triton:
four tenths of a step's time here, and two thirds of what is scored is a prompt's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from trl import SFTTrainer

from recode_data.training.data import Row

IGNORED = -100
"""The label of a token that is not learned."""


class LessonTrainer(SFTTrainer):  # type: ignore[misc]
    """Scores answers only, and gives no mask: batches are padded on the right."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the mean loss of the answers' tokens, over all processes' where TRL asks that."""
        if return_outputs or not model.training:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels = inputs["labels"]
        learned = labels != IGNORED
        first = int(learned.any(0).int().argmax())
        kept = labels.shape[1] - first + 1
        output = model(input_ids=inputs["input_ids"], logits_to_keep=kept, use_cache=False)
        logits, targets = output.logits[:, :-1].float(), labels[:, first:]
        total = cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        count = learned.sum() if num_items_in_batch is None else num_items_in_batch
        loss = total / torch.as_tensor(count).clamp(min=1)
        if self.args.average_tokens_across_devices and num_items_in_batch is not None:
            loss = loss * self.accelerator.num_processes
        right = (logits.argmax(-1) == targets)[targets != IGNORED].float().mean()
        metrics = self._metrics["train"]
        metrics["mean_token_accuracy"].append(right.item())
        self._total_train_tokens += int(inputs["attention_mask"].sum())
        metrics["num_tokens"] = [self._total_train_tokens]
        return loss


def tokens_of(rows: list[Row], tokenizer: Any) -> list[Row]:
    """Return conversations as tokens, with labels for the answers: many times as fast as TRL."""
    found: list[Row] = []
    for start in range(0, len(rows), 1000):
        part = rows[start : start + 1000]
        asked = [
            tokenizer.apply_chat_template(row["prompt"], tokenize=False, add_generation_prompt=True)
            for row in part
        ]
        answered = [
            tokenizer.apply_chat_template(row["prompt"] + row["completion"], tokenize=False)
            for row in part
        ]
        given = tokenizer(asked, add_special_tokens=False)["input_ids"]
        whole = tokenizer(answered, add_special_tokens=False)["input_ids"]
        for before, ids in zip(given, whole, strict=True):
            count = len(before) if ids[: len(before)] == before else _shared(before, ids)
            found.append({"input_ids": ids, "labels": [IGNORED] * count + ids[count:]})
    return found


def _shared(first: list[int], second: list[int]) -> int:
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
