"""The entries to train on: from a workspace, an exported folder, a file, or the Hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from recode_data.errors import BadFile, NetworkError, UnknownName, UsageError
from recode_data.files import read_json, read_jsonl, read_text
from recode_data.prompts import Message, Style, answer, messages, thought
from recode_data.records import ENTRY_FIELDS, content_id

Row: TypeAlias = dict[str, Any]
EXTRA = ("old_version", "change_kind", "old_symbol", "old_keyword", "new_symbol", "new_keyword",
         "kind", "python", "requirements")  # fmt: skip
"""Columns that rewards may use besides ReCode's six, where the data has them."""
ANEW = "recode-data export DIR writes the folder anew"
FORMATS = {".parquet": "parquet", ".jsonl": "json", ".json": "json"}


@dataclass(frozen=True)
class Data:
    """Rows by split, each with ReCode's six fields, ``id`` and those of `EXTRA` it has."""

    where: str
    train: list[Row]
    test: list[Row] = field(default_factory=list)
    incomplete: int = 0
    """Rows that lack one of the six fields."""
    too_long: int = 0
    """Rows of both splits that were left out by `fitting`."""

    @property
    def fingerprint(self) -> str:
        """Identity of what is trained on, whatever folder it lies in."""
        return content_id(sorted(row["id"] for row in self.train))

    def __str__(self) -> str:
        text = f"{len(self.train):,} train, {len(self.test):,} test entries from {self.where}"
        text += f", {self.incomplete:,} incomplete" if self.incomplete else ""
        return f"{text}, {self.too_long:,} too long" if self.too_long else text


def load(where: str | Path) -> Data:
    """Return the splits in ``where``: a workspace, a folder, a file or a Hub id.

    Raises `BadFile` for what cannot be read, `UnknownName` or `NetworkError` for the Hub,
    `UsageError` for a training split without rows.
    """
    path = Path(where)
    if (path / "recode.duckdb").exists():
        splits = _from_workspace(path)
    elif path.exists():
        splits = _from_files(path)
    elif str(where).count("/") == 1 and not str(where).startswith((".", "/")):
        splits = _from_hub(str(where))
    else:
        tip = "recode-data build numpy makes a workspace; --data takes a folder or a Hub id too"
        raise BadFile(f"no workspace, folder or file {where}", tip)
    total = sum(len(split) for split in splits.values())
    rows = {name: [_row(r) for r in split if _complete(r)] for name, split in splits.items()}
    incomplete = total - sum(len(split) for split in rows.values())
    if total and incomplete == total:
        tip = f"the columns of a data set are: {', '.join(ENTRY_FIELDS)}"
        raise BadFile(f"no row of {where} has text in all of ReCode's columns", tip)
    test = rows.get("test") or rows.get("validation") or []
    data = Data(str(where), rows.get("train", []), test, incomplete)
    if not data.train:
        tip = "recode-data status shows how far the workspace is; validate and dedup come first"
        raise UsageError(f"the training split of {where} is empty", tip)
    return data


def fitting(data: Data, fits: Callable[[Row], bool]) -> Data:
    """Return ``data`` without the rows that do not fit, counted.

    Raises `UsageError` when no training row is left.
    """
    train = [row for row in data.train if fits(row)]
    test = [row for row in data.test if fits(row)]
    if not train:
        raise UsageError(
            f"every one of {len(data.train):,} entries is longer than the limit",
            "--set max_prompt_length=… and max_completion_length=… raise it",
        )
    dropped = len(data.train) + len(data.test) - len(train) - len(test)
    return Data(data.where, train, test, data.incomplete, dropped)


def prompt_rows(rows: Iterable[Row], style: Style, description: bool) -> list[Row]:
    """Return what a policy trains on: ``prompt``, ``target`` and the columns for rewards."""
    return [
        {
            "prompt": messages(row, style, description),
            "target": row["new_code"],
            **{name: row[name] for name in row if name != "new_code"},
        }
        for row in rows
    ]


def answer_rows(rows: Iterable[Row], style: Style, description: bool) -> list[Row]:
    """Return what supervised training takes: ``prompt`` and ``completion`` as messages."""
    return [
        {
            "prompt": messages(row, style, description),
            "completion": [completion(row, style)],
        }
        for row in rows
    ]


def completion(row: Row, style: Style) -> Message:
    """Return the assistant's turn that answers ``row`` rightly."""
    return {"role": "assistant", "content": answer(row["new_code"], style, thought(row))}


def _complete(row: Mapping[str, Any]) -> bool:
    return isinstance(row, Mapping) and all(isinstance(row.get(n), str) for n in ENTRY_FIELDS)


def _row(row: Mapping[str, Any]) -> Row:
    kept = {name: row[name] for name in ENTRY_FIELDS}
    kept["id"] = content_id(*kept.values())
    return kept | {name: row[name] or "" for name in EXTRA if name in row}


def _from_files(path: Path) -> dict[str, Any]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    by_split: dict[str, list[str]] = {}
    kinds = {FORMATS[file.suffix] for file in files if file.suffix in FORMATS}
    if not kinds:
        raise BadFile(f"no Parquet or JSONL file in {path}", "recode-data export DIR writes one")
    kind = "parquet" if "parquet" in kinds else "json"
    if kind == "json":
        return _from_json([file for file in files if file.suffix in FORMATS])
    for file in files:
        if FORMATS.get(file.suffix) == kind:
            by_split.setdefault(_split_of(file), []).append(str(file))
    return _load_dataset(str(path), kind, data_files=by_split)


def _from_json(files: list[Path]) -> dict[str, Any]:
    """Return the rows of JSONL files, or of JSON files that hold a list, by split."""
    splits: dict[str, list[Any]] = {}
    for file in files:
        rows = splits.setdefault(_split_of(file), [])
        if file.suffix == ".json" and read_text(file, ANEW).lstrip().startswith("["):
            rows += read_json(file, ANEW)
        else:
            rows += [row for _, row in read_jsonl(file, ANEW)]
    return splits


def _split_of(file: Path) -> str:
    stem = file.stem.lower()
    return next((name for name in ("train", "test", "validation") if name in stem), "train")


def _from_hub(name: str) -> dict[str, Any]:
    return _load_dataset(name, name)


def _load_dataset(where: str, *arguments: Any, **options: Any) -> dict[str, Any]:
    import datasets
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    datasets.disable_progress_bars()
    try:
        return dict(datasets.load_dataset(*arguments, **options))
    except (datasets.exceptions.DatasetNotFoundError, RepositoryNotFoundError) as error:
        raise UnknownName(
            f"no data set is called {where}", "is HF_TOKEN set, if private?"
        ) from error
    except (HfHubHTTPError, ConnectionError, TimeoutError) as error:
        raise NetworkError(
            f"cannot read {where} from the Hub: {_line(error)}",
            "check the name and the network, or give a folder with --data",
        ) from error
    except (ValueError, OSError, datasets.exceptions.DatasetsError) as error:
        raise BadFile(f"cannot read {where}: {_line(error)}", ANEW) from error


def _line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _from_workspace(folder: Path) -> dict[str, Any]:
    from recode_data.publish import split_workspace
    from recode_data.workspace import Workspace

    with Workspace.open_to_look(folder) as workspace:
        return dict(split_workspace(workspace))
