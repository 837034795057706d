"""Dynamic sampling: groups that teach nothing are drawn anew, as DAPO asks (arXiv 2503.14476).

A group of completions of one prompt whose rewards are all the same has advantages of zero.
`DynamicSamplingTrainer` keeps the groups that have a spread, generates for further prompts
until the batch is full of such groups, and fills up with what it has at the bound. It
leans on private methods of TRL 1.16's ``GRPOTrainer``; ``tests/test_dynamic.py`` watches them.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import torch
from accelerate.utils import gather_object
from torch.nn.utils.rnn import pad_sequence
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import ExportableState
from trl import GRPOTrainer

logger = logging.getLogger(__name__)

Batch: TypeAlias = dict[str, torch.Tensor]
"""TRL's generation batch of one process: (rows, tokens), (rows,) and one scalar."""
Sample: TypeAlias = dict[str, torch.Tensor]
"""One row of a `Batch` on the CPU, without padding."""

PROMPT = ("prompt_ids", "prompt_mask")
COMPLETION = ("completion_ids", "completion_mask", "tool_mask", "old_per_token_logps",
              "sampling_per_token_logps", "ref_per_token_logps")  # fmt: skip
PER_ROW = ("advantages",)
RATIO = "importance_sampling_ratio"
"""vLLM's correction: (rows, tokens), or (rows, 1) for the sequence modes."""
COUNT = "num_items_in_batch"
KNOWN = {*PROMPT, *COMPLETION, *PER_ROW, RATIO, COUNT}


class PromptStream(TrainerCallback, ExportableState):  # type: ignore[misc]
    """An endless seeded order of prompts: every prompt once, then all in a new order.

    How many were drawn is written into each checkpoint's ``trainer_state.json`` and read
    when a run is resumed, so the resumed run draws what the unbroken one would have drawn.
    """

    def __init__(self, size: int, seed: int, drawn: int = 0) -> None:
        self.size = size
        self.seed = seed
        self.drawn = drawn

    def take(self, count: int) -> list[int]:
        """Return the next ``count`` row numbers, the same in every process."""
        taken: list[int] = []
        while len(taken) < count:
            epoch, position = divmod(self.drawn, self.size)
            order = np.random.default_rng([self.seed, epoch]).permutation(self.size)
            fresh = order[position : position + count - len(taken)].tolist()
            self.drawn += len(fresh)
            taken += fresh
        return taken

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"args": {"size": self.size, "seed": self.seed, "drawn": self.drawn}}

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Go on where the checkpoint that the trainer has just read was."""
        saved = state.stateful_callbacks.get(type(self).__name__)
        if isinstance(saved, list):
            saved = saved[-1]
        if saved and state.global_step:
            self.drawn = saved["args"]["drawn"]


class DynamicSamplingTrainer(GRPOTrainer):  # type: ignore[misc]
    """``GRPOTrainer`` whose batches hold only groups with a spread of rewards.

    ``max_generation_batches`` bounds the batches generated for one update, the first one
    included; ``reward_tolerance`` is the spread (max − min of the weighted sum of the
    rewards) up to which a group counts as degenerate. Logged beside TRL's metrics, per
    update: ``dynamic_sampling/rounds``, ``…/zero_variance`` (share of degenerate groups of
    all drawn) and ``…/unfilled`` (share of the batch that is degenerate all the same).
    """

    def __init__(
        self,
        *args: Any,
        max_generation_batches: int = 10,
        reward_tolerance: float = 1e-6,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.max_generation_batches = max_generation_batches
        self.reward_tolerance = reward_tolerance
        self.stream = PromptStream(len(self.train_dataset), self.args.seed)
        self.add_callback(self.stream)
        self.warned = False
        self.gathered = torch.empty(0)

    def _calculate_rewards(
        self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any
    ) -> torch.Tensor:
        """Keep the rewards of all processes, (rows of all, rewards), for the choice."""
        self.gathered = super()._calculate_rewards(
            inputs, prompts, completions, completion_ids_list
        )
        return self.gathered

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Batch:
        """Return a full batch of groups that teach something, if the bound allows it."""
        batch: Batch = super()._generate_and_score_completions(inputs)
        if not self.model.training:
            return batch
        live = self._live(batch)
        wanted, drawn, rounds = len(live), len(live), 1
        if all(live):
            self._count(rounds, 0.0, 0.0)
            return batch
        kept = self._groups(batch, live, True)
        spare = self._groups(batch, live, False)
        degenerate = len(spare)
        while len(kept) < wanted and rounds < self.max_generation_batches:
            batch = super()._generate_and_score_completions(self._further(len(inputs)))
            live = self._live(batch)
            kept += self._groups(batch, live, True)
            rounds, drawn, degenerate = rounds + 1, drawn + wanted, degenerate + live.count(False)
        unfilled = max(0, wanted - len(kept))
        self._count(rounds, degenerate / drawn, unfilled / wanted)
        self._warn(unfilled, wanted, rounds)
        return self._assemble((kept + spare)[:wanted])

    def _further(self, rows: int) -> list[dict[str, Any]]:
        """Return this process's share of a full batch of newly drawn prompts."""
        everywhere = rows * self.accelerator.num_processes
        drawn = self.stream.take(everywhere // self.num_generations)
        first = self.accelerator.process_index * rows
        repeated = (index for index in drawn for _ in range(self.num_generations))
        mine = list(islice(repeated, first, first + rows))
        return [dict(self.train_dataset[index]) for index in mine]

    def _live(self, batch: Batch) -> list[bool]:
        """Say of each group of all processes whether it moves the weights.

        It does when its rewards differ and at least one completion is not masked.
        """
        weights = self.reward_weights.to(self.gathered.device)
        rewards = (self.gathered * weights).nansum(dim=1)
        unknown = torch.isnan(self.gathered).all(dim=1)
        high = rewards.masked_fill(unknown, -torch.inf).view(-1, self.num_generations)
        low = rewards.masked_fill(unknown, torch.inf).view(-1, self.num_generations)
        spread = high.amax(dim=1) - low.amin(dim=1)
        tokens = self.accelerator.gather(_mask(batch).sum(dim=1).contiguous())
        counted = tokens.view(-1, self.num_generations).amax(dim=1) > 0
        alive: list[bool] = ((spread > self.reward_tolerance) & counted).tolist()
        return alive

    def _groups(self, batch: Batch, live: list[bool], wanted: bool) -> list[list[Sample]]:
        """Return the groups of all processes that are (or are not) live, in order."""
        unknown = batch.keys() - KNOWN
        if unknown:
            raise NotImplementedError(f"dynamic sampling cannot move {', '.join(sorted(unknown))}")
        rows = len(batch["advantages"])
        first = self.accelerator.process_index * rows
        mine = [
            self._sample(batch, row)
            for row in range(rows)
            if live[(first + row) // self.num_generations] == wanted
        ]
        samples: list[Sample] = gather_object(mine)
        size = self.num_generations
        return [samples[start : start + size] for start in range(0, len(samples), size)]

    def _sample(self, batch: Batch, row: int) -> Sample:
        """Return one row without its padding: prompts are padded left, completions right."""
        prompt = int(batch["prompt_mask"][row].sum())
        # A masked (truncated) completion has no token that counts; one keeps the shape.
        completion = max(1, int(batch["completion_mask"][row].sum()))
        sample: Sample = {}
        for key, values in batch.items():
            if key in PROMPT:
                sample[key] = values[row, values.shape[1] - prompt :].cpu()
            elif key in COMPLETION or (key == RATIO and self._by_token):
                sample[key] = values[row, :completion].cpu()
            elif key != COUNT:
                sample[key] = values[row].cpu()
        return sample

    @property
    def _by_token(self) -> bool:
        return str(self.vllm_importance_sampling_mode).startswith("token")

    def _assemble(self, groups: list[list[Sample]]) -> Batch:
        """Pad this process's share of the chosen groups, and count the tokens of all."""
        everywhere = [sample for group in groups for sample in group]
        share = len(everywhere) // self.accelerator.num_processes
        first = self.accelerator.process_index * share
        mine = everywhere[first : first + share]
        device = self.accelerator.device
        batch = {key: self._padded(key, [s[key] for s in mine]).to(device) for key in mine[0]}
        total = sum(int(_mask(sample).sum()) for sample in everywhere)
        batch[COUNT] = torch.tensor(total, device=device)
        return batch

    def _padded(self, key: str, values: list[torch.Tensor]) -> torch.Tensor:
        if values[0].ndim == 0 or (key == RATIO and not self._by_token):
            return torch.stack(values)
        filler = self._tokenizer.pad_token_id if key.endswith("_ids") else 0
        side = "left" if key in PROMPT else "right"
        return pad_sequence(values, batch_first=True, padding_value=filler, padding_side=side)

    def _count(self, rounds: int, zero_variance: float, unfilled: float) -> None:
        metrics = self._metrics["train"]
        metrics["dynamic_sampling/rounds"].append(float(rounds))
        metrics["dynamic_sampling/zero_variance"].append(zero_variance)
        metrics["dynamic_sampling/unfilled"].append(unfilled)

    def _warn(self, unfilled: int, wanted: int, rounds: int) -> None:
        if not unfilled or self.warned or not self.accelerator.is_main_process:
            return
        self.warned = True
        logger.warning(
            "step %d: %d of %d groups still have one reward for all completions after %d "
            "generation batches; training goes on with them (dynamic_sampling/unfilled counts "
            "further ones)",
            self.state.global_step,
            unfilled,
            wanted,
            rounds,
        )


def _mask(batch: Batch | Sample) -> torch.Tensor:
    """Return the tokens that the loss counts."""
    mask = batch["completion_mask"]
    return mask * batch["tool_mask"] if "tool_mask" in batch else mask
