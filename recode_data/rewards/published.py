"""The rewards of the ReCode paper (arXiv 2506.20495), on the paper's scale of -2 to 2.

They compare the text of the answer (`recode_data.answers`) with the text of ``target``, both
without comments and blank lines. The values are those of the published script wherever its
normaliser reads the code rightly; here the normaliser knows Python's strings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rapidfuzz.distance import Levenshtein

from recode_data.answers import Completion, program_of, text_of
from recode_data.errors import UsageError
from recode_data.rewards.normalise import normalise, parses, spaced

BEST = 2.0
WORST = -1.5
"""What code earns that shares nothing with the target."""
UNUSABLE = -2.0
"""What a completion earns without a Python block or, starred, with a syntax error."""


def format(completions: Sequence[Completion], **kwargs: Any) -> list[float | None]:
    """Pay 1 for ``<think>…</think><answer>…</answer>`` and nothing around it, -1 otherwise.

    The opening ``<think>`` may be missing: the paper's prompt ends with it.
    """
    return [1.0 if _well_formed(text_of(completion)) else -1.0 for completion in completions]


def em(
    completions: Sequence[Completion], target: Sequence[str | None], **kwargs: Any
) -> list[float | None]:
    """Exact match: 2 where the code equals the target, -1.5 where not, -2 without a block."""
    return _score(completions, target, _equal, checked=False)


def es(
    completions: Sequence[Completion], target: Sequence[str | None], **kwargs: Any
) -> list[float | None]:
    """Edit similarity: 3.5 · similarity - 1.5, -2 without a block.

    The similarity is 1 - Levenshtein distance / length of the longer text.
    """
    return _score(completions, target, _similarity, checked=False)


def em_star(
    completions: Sequence[Completion], target: Sequence[str | None], **kwargs: Any
) -> list[float | None]:
    """EM*: as `em`, and -2 for code that does not parse. None where there is no target."""
    return _score(completions, target, _equal, checked=True)


def es_star(
    completions: Sequence[Completion], target: Sequence[str | None], **kwargs: Any
) -> list[float | None]:
    """ES*, the paper's reward: as `es`, and -2 for code that does not parse.

    ``completions`` are texts or lists of chat messages, ``target`` the ``new_code`` of each.
    Returns one value in [-2, 2] a completion, None where there is no target.

    >>> es_star(["```python\\nx = 1  # one\\n```"], ["x = 1"])
    [2.0]
    """
    return _score(completions, target, _similarity, checked=True)


def require_column(name: str, values: Any, completions: Sequence[Completion]) -> None:
    """Raise `UsageError` unless a column has a text, or None, for each completion."""
    if isinstance(completions, str) or isinstance(values, str) or len(values) != len(completions):
        count = 1 if isinstance(completions, str) else len(completions)
        held = "one text" if isinstance(values, str) else f"{len(values):,} values"
        raise UsageError(
            f"the column {name} has {held} for {count:,} completions",
            "both are lists, with one value a completion",
        )
    for value in values:
        if value is not None and not isinstance(value, str):
            raise UsageError(
                f"the column {name} holds a value of type {type(value).__name__}",
                "a text, or None where a row has none",
            )


def similarity(code: str, target: str) -> float:
    """Return the edit similarity in [0, 1] of two codes, normalised first."""
    return _similarity(normalise(code), normalise(target))


def _score(
    completions: Sequence[Completion],
    target: Sequence[str | None],
    likeness: Callable[[str, str], float],
    checked: bool,
) -> list[float | None]:
    require_column("target", target, completions)
    return [
        None if wanted is None else _reward(completion, wanted, likeness, checked)
        for completion, wanted in zip(completions, target, strict=True)
    ]


def _reward(
    completion: Completion, target: str, likeness: Callable[[str, str], float], checked: bool
) -> float:
    block = program_of(completion)
    if block is None:
        return UNUSABLE
    code = normalise(block)
    if checked and not parses(code):
        return UNUSABLE
    return likeness(code, normalise(target)) * (BEST - WORST) + WORST


def _similarity(code: str, target: str) -> float:
    code, target = _same_indentation(code, target)
    longer = max(len(code), len(target))
    return 1 - Levenshtein.distance(code, target) / longer if longer else 1.0


def _equal(code: str, target: str) -> float:
    code, target = _same_indentation(code, target)
    return float(code == target)


def _same_indentation(code: str, target: str) -> tuple[str, str]:
    """Where only one of the two is indented with tabs, spell them as spaces."""
    if ("\n\t" in code) != ("\n\t" in target):
        return spaced(code), spaced(target)
    return code, target


def _well_formed(text: str) -> bool:
    text = text.strip().removeprefix("<think>")
    thought, closed, rest = text.partition("</think>")
    rest = rest.lstrip()
    return (
        bool(closed)
        and "<think>" not in thought
        and rest.startswith("<answer>")
        and rest.endswith("</answer>")
        and len(rest) >= len("<answer></answer>")
    )
