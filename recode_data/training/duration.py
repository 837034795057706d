"""About how long a run takes, from a formula: an estimate, no measurement.

One step is training and generation, each of a process of its own:

    training    = tokens × weights × factor / (card's FLOP/s × `UTILISED`)
    generation  = rounds × answer tokens × bytes of weights / (card's bytes/s × share)

with tokens = completions × (prompt + answer), both at their limits, which is the most that a
step can be. The factor counts 2 for a pass forward, 2 for the gradients of the activations,
2 for those of weights that are trained, 2 for what gradient checkpointing computes anew and
2 for a reference model. Each token of an answer reads all weights once, whatever the batch;
``share`` is how much of the card's bandwidth that reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

from recode_data.training.machine import GIB, Estimate
from recode_data.training.recipe import Policy, Supervised

UTILISED = 0.35
"""Of the card's arithmetic, in training."""
VLLM, TRANSFORMERS = 0.6, 0.1
"""Of the card's bandwidth, in generation."""
ROUNDS = 2.0
"""Generations a step with dynamic sampling, if half of the groups teach."""


@dataclass(frozen=True)
class Card:
    """A GPU by its data sheet: FLOP/s in bfloat16, bytes/s, GiB."""

    name: str
    flops: float
    bandwidth: float
    memory: int


CARDS = (Card("RTX 4090", 165e12, 1.0e12, 24), Card("H100", 989e12, 3.35e12, 80))


@dataclass(frozen=True)
class Duration:
    """Seconds of one step, at most, and of the run."""

    card: Card
    training: float
    generation: float
    steps: int

    @property
    def hours(self) -> float:
        """Hours of the whole run, if every step is as long as it can be."""
        return self.steps * (self.training + self.generation) / 3600

    def __str__(self) -> str:
        return (
            f"at most about {self.hours:,.0f} h for {self.steps:,} steps on {self.card.name} "
            f"({self.training:.1f} s of training and {self.generation:.1f} s of generation a "
            "step, every text at its limit; estimated, not measured)"
        )


def duration(recipe: Supervised, needs: Estimate) -> Duration:
    """Return what ``recipe`` takes on the smallest of `CARDS` that ``needs`` fits on, or on
    the largest, for weights that several share."""
    fitting = [card for card in CARDS if needs.needed / GIB < card.memory]
    card = fitting[0] if fitting else CARDS[-1]
    answers = recipe.per_device_train_batch_size * recipe.gradient_accumulation_steps
    tokens = answers * (recipe.max_prompt_length + recipe.max_completion_length)
    work = tokens * needs.parameters * _factor(recipe)
    training = work / (card.flops * UTILISED)
    return Duration(card, training, _generation(recipe, needs, card), recipe.max_steps)


def _factor(recipe: Supervised) -> float:
    factor = 4.0 + 2.0 * (recipe.adapter == "none") + 2.0 * recipe.gradient_checkpointing
    return factor + 2.0 * (isinstance(recipe, Policy) and recipe.beta > 0)


def _generation(recipe: Supervised, needs: Estimate, card: Card) -> float:
    if not isinstance(recipe, Policy):
        return 0.0
    read = 2.0 * needs.parameters / (card.bandwidth * (VLLM if recipe.use_vllm else TRANSFORMERS))
    fed = recipe.steps_per_generation or recipe.gradient_accumulation_steps
    share = recipe.gradient_accumulation_steps / (fed * recipe.num_iterations)
    rounds = ROUNDS if recipe.dynamic_sampling else 1.0
    return rounds * share * recipe.max_completion_length * read
