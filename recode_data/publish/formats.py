"""The shapes that trainers take: which columns a row has, and how it is made.

``full`` is the data set itself; the others hold what one kind of trainer reads. Questions
and answers are worded as in training and evaluation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from recode_data.prompts import answer, messages, thought
from recode_data.publish.rows import COLUMNS, NUMBERS, Row
from recode_data.records import ENTRY_FIELDS

FormatName: TypeAlias = Literal["full", "raw", "trl", "trl-chat", "sft", "verl"]

TEXT = pa.string()
CHAT = pa.list_(pa.struct([("role", TEXT), ("content", TEXT)]))
KEPT = ("id", "dependency", "old_version", "new_version", "update_info", "old_code", "change_kind",
        "old_symbol", "old_keyword", "new_symbol", "new_keyword", "kind", "python",
        "requirements")  # fmt: skip
"""What rewards may use beside the answer: all that the execution reward judges by is there."""


@dataclass(frozen=True)
class Format:
    """A shape of rows: its columns, and what makes one row of it."""

    schema: pa.Schema
    shape: Callable[[Row, str, int], dict[str, Any]]
    """Takes a published row, its split and its number in it."""
    flat: bool = False
    """Whether a split is one file, ``train.parquet``, and not shards of each library."""


def _columns(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.int64() if name in NUMBERS else TEXT) for name in names]


def _some(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _trl(row: Row, split: str, number: int) -> dict[str, Any]:
    asked = "\n\n".join(message["content"] for message in messages(row))
    said = answer(row["new_code"], thought=thought(row))
    return {"prompt": asked + "\n\n", "completion": said, "target": row["new_code"]} | _some(
        row, KEPT
    )


def _trl_chat(row: Row, split: str, number: int) -> dict[str, Any]:
    said = [{"role": "assistant", "content": answer(row["new_code"], thought=thought(row))}]
    asked = {"prompt": messages(row), "completion": said, "target": row["new_code"]}
    return asked | _some(row, KEPT)


def _sft(row: Row, split: str, number: int) -> dict[str, Any]:
    said = {"role": "assistant", "content": answer(row["new_code"], thought=thought(row))}
    return {"messages": [*messages(row), said], "id": row["id"]}


def _verl(row: Row, split: str, number: int) -> dict[str, Any]:
    return {
        "data_source": "recode-data",
        "prompt": messages(row),
        "ability": "code",
        "reward_model": {"style": "rule", "ground_truth": row["new_code"]},
        "extra_info": {"split": split, "index": number, **_some(row, KEPT)},
    }


FORMATS: dict[FormatName, Format] = {
    "full": Format(pa.schema(_columns(*COLUMNS)), lambda row, split, number: _some(row, COLUMNS)),
    "raw": Format(
        pa.schema(_columns(*ENTRY_FIELDS)), lambda row, split, number: _some(row, ENTRY_FIELDS)
    ),
    "trl": Format(pa.schema(_columns("prompt", "completion", "target", *KEPT)), _trl),
    "trl-chat": Format(
        pa.schema([("prompt", CHAT), ("completion", CHAT), ("target", TEXT), *_columns(*KEPT)]),
        _trl_chat,
    ),
    "sft": Format(pa.schema([("messages", CHAT), ("id", TEXT)]), _sft),
    "verl": Format(
        pa.schema(
            [
                ("data_source", TEXT),
                ("prompt", CHAT),
                ("ability", TEXT),
                ("reward_model", pa.struct(_columns("style", "ground_truth"))),
                (
                    "extra_info",
                    pa.struct([("split", TEXT), ("index", pa.int64()), *_columns(*KEPT)]),
                ),
            ]
        ),
        _verl,
        flat=True,
    ),
}
