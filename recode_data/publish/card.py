"""The data card: README.md with the metadata that the Hub and `datasets` read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import yaml
from jinja2 import Environment, StrictUndefined

from recode_data.library import declarations
from recode_data.publish.files import Shard
from recode_data.publish.formats import FORMATS
from recode_data.publish.rows import MEANINGS, Row
from recode_data.publish.splits import Configuration
from recode_data.publish.statistics import Facts

TITLE = "Library API updates, validated by execution"
SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")


@dataclass(frozen=True)
class Written:
    """The data files of an export and the columns that all of them have."""

    schema: pa.Schema
    shards: list[Shard]

    @property
    def configurations(self) -> dict[str, list[Shard]]:
        """Name → files: all of them, then those of each library and of each split."""
        libraries = sorted({shard.library for shard in self.shards} - {""})
        own = {name: [s for s in self.shards if s.library == name] for name in libraries}
        return {"default": self.shards} | own | _splits(self.shards)


def card(
    rows: list[Row],
    written: Written,
    configuration: Configuration,
    facts: Facts,
    changes: str = "",
) -> str:
    """Return the text of ``README.md``; every number in it is one of ``facts``, or of what
    ``changes`` says of the version before."""
    template = (declarations() / "data_cards" / "template.md.jinja").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["thousands"] = lambda number: f"{number:,}"
    metadata = yaml.safe_dump(
        metadata_of(written, facts), sort_keys=False, allow_unicode=True, width=100
    )
    return environment.from_string(template).render(
        metadata=metadata,
        title=TITLE,
        facts=facts,
        configuration=configuration,
        example=min(rows, key=lambda row: (len(row["old_code"] + row["new_code"]), row["id"])),
        libraries=[name for name, *_ in facts.by_library],
        columns=written.schema.names,
        meanings={name: MEANINGS[name] for name in written.schema.names if name in MEANINGS},
        changes=changes,
    )


def package_card(rows: list[Row], usage: str, configuration: Configuration, facts: Facts) -> str:
    """Return the card of a data set that is written as a package: how ``usage`` says that it is
    used comes first, then what the card of the data set tells."""
    written = Written(FORMATS["full"].schema, [])
    text = card(rows, written, configuration, facts)
    heading = f"# {TITLE}\n"
    _metadata, _, rest = text.partition(heading)
    rest = re.sub(r"\nColumns: .*\n", "", rest)
    [loading] = re.findall(r"```python\nfrom datasets.*?```\n\n", rest, re.DOTALL)
    return f"{heading}{rest.replace(loading, usage + chr(10))}"


def metadata_of(written: Written, facts: Facts) -> dict[str, Any]:
    """Return the card's YAML block, as the Hub documents it."""
    return {
        "pretty_name": TITLE,
        "language": ["en", "code"],
        "license": "other",
        "license_name": "licences-of-the-sources",
        "license_link": "#sources-and-licences",
        "task_categories": ["text-generation"],
        "tags": ["code", "python", "api-migration", "knowledge-update", "recode"],
        "size_categories": [SIZE_NAMES[sum(facts.rows >= size for size in SIZES)]],
        "configs": [_files(name, shards) for name, shards in written.configurations.items()],
        "dataset_info": [
            _info(name, written.schema, shards) for name, shards in written.configurations.items()
        ],
    }


def _splits(shards: list[Shard]) -> dict[str, list[Shard]]:
    by_split = {
        split: [shard for shard in shards if shard.split == split] for split in ("train", "test")
    }
    return {split: part for split, part in by_split.items() if part}


def _files(name: str, shards: list[Shard]) -> dict[str, Any]:
    files = [
        {"split": split, "path": sorted({_pattern(shard) for shard in part})}
        for split, part in _splits(shards).items()
    ]
    marked = {"default": True} if name == "default" else {}
    return {"config_name": name, "data_files": files, **marked}


def _pattern(shard: Shard) -> str:
    if "/" not in shard.path:
        return shard.path
    folder = f"data/{shard.library}" if shard.library else "data"
    return f"{folder}/{shard.split}-*.parquet"


def _info(name: str, schema: pa.Schema, shards: list[Shard]) -> dict[str, Any]:
    splits = [
        {
            "name": split,
            "num_bytes": sum(shard.memory for shard in part),
            "num_examples": sum(shard.rows for shard in part),
        }
        for split, part in _splits(shards).items()
    ]
    return {
        "config_name": name,
        "features": [_feature(field.name, field.type) for field in schema],
        "splits": splits,
        "download_size": sum(shard.size for shard in shards),
        "dataset_size": sum(shard.memory for shard in shards),
    }


def _feature(name: str, kind: pa.DataType) -> dict[str, Any]:
    """Return a column as the Hub's YAML describes it."""
    if pa.types.is_list(kind):
        return {"name": name, "list": [_feature(part.name, part.type) for part in kind.value_type]}
    if pa.types.is_struct(kind):
        return {"name": name, "struct": [_feature(part.name, part.type) for part in kind]}
    return {"name": name, "dtype": str(kind)}
