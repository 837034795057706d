"""The data card: README.md with the metadata that the Hub and `datasets` read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jinja2 import Environment, StrictUndefined

from recode_data.library import declarations
from recode_data.publish.rows import COLUMNS, Row
from recode_data.workspace.queries import Stage

if TYPE_CHECKING:
    from recode_data.publish.export import Configuration

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")


def write_card(
    folder: Path,
    rows: dict[str, dict[str, list[Row]]],
    sizes: Counter[tuple[str, str]],
    configuration: Configuration,
    stages: list[Stage],
) -> None:
    """Write ``README.md``; every number in it is counted from ``rows`` and ``stages``."""
    template = (declarations() / "data_cards" / "template.md.jinja").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string(template).render(
        metadata=yaml.safe_dump(_metadata(rows, sizes), sort_keys=False, allow_unicode=True),
        rows=rows,
        every=[row for splits in rows.values() for part in splits.values() for row in part],
        stages=stages,
        configuration=configuration,
        count=_count,
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def _count(rows: list[Row], name: str) -> list[tuple[str, int]]:
    counts = Counter(row[name] or "unknown" for row in rows)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _metadata(
    rows: dict[str, dict[str, list[Row]]], sizes: Counter[tuple[str, str]]
) -> dict[str, Any]:
    total = sum(len(part) for splits in rows.values() for part in splits.values())
    configurations = {"default": list(rows)} | {library: [library] for library in sorted(rows)}
    return {
        "pretty_name": "Library API updates, validated by execution",
        "language": ["en", "code"],
        "license": "other",
        "task_categories": ["text-generation"],
        "tags": ["code", "python", "api-migration", "knowledge-update", "recode"],
        "size_categories": [SIZE_NAMES[sum(total >= size for size in SIZES)]],
        "configs": [_files(name, libraries, rows) for name, libraries in configurations.items()],
        "dataset_info": [
            _info(name, libraries, rows, sizes) for name, libraries in configurations.items()
        ],
    }


def _splits(libraries: list[str], rows: dict[str, dict[str, list[Row]]]) -> list[str]:
    return [
        split for split in ("train", "test") if any(split in rows[library] for library in libraries)
    ]


def _files(
    name: str, libraries: list[str], rows: dict[str, dict[str, list[Row]]]
) -> dict[str, Any]:
    folder = "*" if name == "default" else name
    files = [
        {"split": split, "path": f"data/{folder}/{split}-*.parquet"}
        for split in _splits(libraries, rows)
    ]
    marked = {"default": True} if name == "default" else {}
    return {"config_name": name, "data_files": files, **marked}


def _info(
    name: str,
    libraries: list[str],
    rows: dict[str, dict[str, list[Row]]],
    sizes: Counter[tuple[str, str]],
) -> dict[str, Any]:
    splits = []
    for split in _splits(libraries, rows):
        part = [row for library in libraries for row in rows[library].get(split, [])]
        size = sum(len(str(row[column]).encode()) + 4 for row in part for column in COLUMNS)
        splits.append({"name": split, "num_bytes": size, "num_examples": len(part)})
    return {
        "config_name": name,
        "features": [{"name": column, "dtype": "string"} for column in COLUMNS],
        "splits": splits,
        "download_size": sum(
            size for (library, _split), size in sizes.items() if library in libraries
        ),
        "dataset_size": sum(split["num_bytes"] for split in splits),
    }
