"""A Croissant 1.0 description of the files, for search engines and other loaders."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from recode_data.publish.card import TITLE, Written
from recode_data.publish.files import Shard
from recode_data.publish.rows import MEANINGS
from recode_data.publish.statistics import Facts

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(written: Written, facts: Facts) -> str:
    """Return ``croissant.json``: a record set for each file, with all of its columns."""
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "recode-data",
        "description": f"{TITLE}: {facts.rows:,} migration examples of "
        f"{len(facts.by_library)} Python libraries.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": sorted({licence for _library, licence in facts.licences}),
        "url": "https://arxiv.org/abs/2506.20495",
        "distribution": [_file(shard) for shard in written.shards],
        "recordSet": [_record_set(shard, written.schema) for shard in written.shards],
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _file(shard: Shard) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": shard.path,
        "name": shard.path,
        "contentUrl": shard.path,
        "contentSize": f"{shard.size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": shard.sha256,
    }


def _record_set(shard: Shard, schema: pa.Schema) -> dict[str, Any]:
    name = shard.path.removeprefix("data/").removesuffix(".parquet")
    fields = [_field(name, shard.path, column.name, column.type) for column in schema]
    described = f"{shard.rows:,} rows of the {shard.split} split"
    if shard.library:
        described += f", {shard.library}"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": described,
        "field": fields,
    }


def _field(record_set: str, path: str, name: str, kind: pa.DataType) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{name}",
        "name": f"{record_set}/{name}",
        "dataType": _type(kind),
    }
    if name in MEANINGS:
        field["description"] = MEANINGS[name]
    if pa.types.is_list(kind) or pa.types.is_struct(kind):
        parts = kind.value_type if pa.types.is_list(kind) else kind
        field["subField"] = [_part(field["@id"], path, name, part) for part in parts]
        del field["dataType"]
        return field | ({"repeated": True} if pa.types.is_list(kind) else {})
    return field | {"source": {"fileObject": {"@id": path}, "extract": {"column": name}}}


def _part(parent: str, path: str, column: str, part: pa.Field) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{part.name}",
        "name": f"{parent}/{part.name}",
        "dataType": _type(part.type),
        "source": {
            "fileObject": {"@id": path},
            "extract": {"column": column},
            "transform": {"jsonPath": part.name},
        },
    }


def _type(kind: pa.DataType) -> str:
    return "sc:Integer" if pa.types.is_integer(kind) else "sc:Text"
