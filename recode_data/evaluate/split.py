"""The test split of a data set: from a workspace, an exported folder, a file, or the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recode_data.errors import BadFile, NetworkError, UnknownName
from recode_data.files import read_jsonl
from recode_data.records import ENTRY_FIELDS

ANEW = "recode-data export writes the folder anew"

Row = dict[str, Any]


def rows_of(where: str | Path, every: bool = False) -> list[Row]:
    """Return the rows that test, or with ``every`` those of all splits, each with ReCode's six
    fields.

    A JSONL or Parquet file is all test; a folder's files are told apart by their names.
    Raises `BadFile`, `UnknownName` or `NetworkError`.
    """
    path = Path(where)
    if is_workspace(path):
        return _workspace(path, every)
    if path.is_file():
        return _checked(_file(path), str(where))
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.suffix in (".parquet", ".jsonl"))
        kind = ".parquet" if any(f.suffix == ".parquet" for f in files) else ".jsonl"
        tests = [f for f in files if f.suffix == kind and (every or "test" in f.name)]
        if not tests:
            raise BadFile(f"no test split in {where}", "recode-data export DIR writes one")
        return _checked([row for file in tests for row in _file(file)], str(where))
    if str(where).count("/") == 1 and not str(where).startswith((".", "/")):
        return _checked(_hub(str(where), every), str(where))
    raise BadFile(f"no workspace, folder or file {where}", "recode-data build numpy makes one")


def is_workspace(where: str | Path) -> bool:
    """Return whether a path is a workspace's folder."""
    return (Path(where) / "recode.duckdb").exists()


def _workspace(folder: Path, every: bool) -> list[Row]:
    from recode_data.publish.export import split_workspace
    from recode_data.workspace import Workspace

    with Workspace.open_to_look(folder) as workspace:
        splits = split_workspace(workspace)
    return [row for rows in splits.values() for row in rows] if every else splits["test"]


def _file(file: Path) -> list[Row]:
    try:
        if file.suffix == ".parquet":
            import pyarrow.parquet

            return list(pyarrow.parquet.read_table(file).to_pylist())
    except (OSError, ValueError) as error:
        raise BadFile(f"cannot read {file}: {str(error).splitlines()[0]}", ANEW) from error
    return [row for _, row in read_jsonl(file, ANEW)]


def _hub(name: str, every: bool) -> list[Row]:
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    try:
        if every:
            splits = datasets.load_dataset(name)
            return [dict(row) for split in sorted(splits) for row in splits[split]]
        return [dict(row) for row in datasets.load_dataset(name, split="test")]
    except datasets.exceptions.DatasetNotFoundError as error:
        raise UnknownName(
            f"no data set is called {name}", "is HF_TOKEN set, if private?"
        ) from error
    except (HfHubHTTPError, ConnectionError, TimeoutError) as error:
        raise NetworkError(
            f"cannot read {name} from the Hub: {error}",
            "check the name and the network, or give a folder that export wrote",
        ) from error
    except ValueError as error:
        raise BadFile(
            f"{name} has no test split",
            "recode-data export writes one, when there are entries enough",
        ) from error


def _checked(rows: list[Row], where: str) -> list[Row]:
    complete = [
        row
        for row in rows
        if isinstance(row, dict) and all(isinstance(row.get(f), str) for f in ENTRY_FIELDS)
    ]
    if rows and not complete:
        raise BadFile(f"no row of {where} has ReCode's columns", ", ".join(ENTRY_FIELDS))
    return complete
