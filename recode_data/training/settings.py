"""From flags, environment, files and defaults to one resolved `Supervised` or `Policy`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from recode_data.errors import BadFile, UsageError, nearest
from recode_data.files import read_text
from recode_data.library import declarations
from recode_data.training.recipe import MODELS, Supervised

PREFIX = "RECODE_DATA_TRAIN_"
SHOWN = "train/recipes/grpo.yaml shows how one is written"
KEYS = "recode_data/training/recipe.py documents every key"
HARMLESS = {"logging_steps", "report_to", "save_total_limit", "check_memory"}
"""Keys that may differ when a run is resumed: they do not touch the curve."""


def resolve(
    algo: str = "", recipe: str = "", model: str = "", settings: Iterable[str] = ()
) -> Supervised:
    """Return the recipe that a command line asks for.

    ``recipe`` is a file or the name of a shipped one, ``settings`` are ``key=value``. Raises
    `BadFile` or `UsageError` with the wrong key and the nearest known one.
    """
    if not (algo or recipe):
        raise UsageError("which algorithm?", "recode-data train --algo grpo, dapo or sft")
    if algo and algo not in MODELS:
        known = nearest(algo, MODELS) or "one of: " + ", ".join(MODELS)
        raise UsageError(f"no algorithm is called {algo!r}", known)
    values = read_recipe(recipe or algo)
    if algo and values.setdefault("algo", algo) != algo:
        tip = f"leave --algo away, or choose a recipe of {algo}"
        raise UsageError(f"recipe {recipe} is for {values['algo']}, not {algo}", tip)
    sources: dict[str, str] = {}
    for source, key, value in _overrides(model, settings):
        _put(values, key, value)
        sources[key.split(".")[0]] = source
    return _validated(values, recipe or algo, sources)


def read_recipe(name: str, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return the keys of a recipe file, on top of those of the file that it extends."""
    path = _find(name, seen[-1].parent if seen else Path())
    if path in seen:
        raise BadFile(
            f"{path}: extends itself", "take `extends` out of it, or name another recipe there"
        )
    try:
        values = yaml.safe_load(read_text(path, SHOWN)) or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise BadFile(f"cannot read {path}: {' '.join(str(error).split())}", SHOWN) from error
    if not isinstance(values, dict):
        raise BadFile(f"{path}: a recipe is a table of keys and values", SHOWN)
    parent = values.pop("extends", "")
    resolved = read_recipe(str(parent), (*seen, path)) | values if parent else values
    _validated(resolved, str(path))
    return resolved


def recipes() -> dict[str, Path]:
    """Return the recipes that are shipped, by name."""
    folder = declarations() / "train" / "recipes"
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the keys that forbid to resume, each with both values, in order."""
    keys = sorted((old.keys() | new.keys()) - HARMLESS)
    return [
        f"{key} ({old.get(key)} → {new.get(key)})" for key in keys if old.get(key) != new.get(key)
    ]


def _find(name: str, folder: Path) -> Path:
    if name.endswith((".yaml", ".yml")):
        beside = folder / name
        return beside if beside.exists() else Path(name)
    known = recipes()
    if name not in known:
        tip = nearest(name, known) or "shipped: " + ", ".join(known)
        raise BadFile(f"no recipe is called {name!r}", tip)
    return known[name]


def _overrides(model: str, settings: Iterable[str]) -> Iterable[tuple[str, str, Any]]:
    for variable in sorted(os.environ):
        if variable.startswith(PREFIX):
            key = variable.removeprefix(PREFIX).lower()
            yield variable, key, _value(os.environ[variable])
    for setting in settings:
        key, sign, text = setting.partition("=")
        if not sign:
            raise UsageError(
                f"--set {setting}: expected key=value", "as in --set learning_rate=1e-5"
            )
        yield f"--set {key}", key.strip(), _value(text)
    if model:
        yield "--model", "model", model


def _value(text: str) -> Any:
    """Return a value as YAML reads it, and ``5e-5`` as the number that it is."""
    if re.fullmatch(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+", text.strip()):
        return float(text)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    """Set ``rewards.format`` inside the table ``rewards``, other keys at the top."""
    table, dot, leaf = key.partition(".")
    if not dot:
        values[key] = value
        return
    field = MODELS.get(str(values.get("algo")), Supervised).model_fields.get(table)
    default = field.get_default(call_default_factory=True) if field else {}
    start = default.model_dump() if isinstance(default, BaseModel) else default
    values[table] = {**(values.get(table) or start), leaf: value}


def _validated(
    values: dict[str, Any], where: str, sources: Mapping[str, str] | None = None
) -> Supervised:
    model = MODELS.get(str(values.get("algo", "")))
    if model is None:
        raise BadFile(
            f"{where}: algo must be one of: {', '.join(MODELS)}",
            "write one of them as `algo:`, or begin with `extends: grpo`",
        )
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = (sources or {}).get(str(first["loc"][0]) if first["loc"] else "", where)
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] != "extra_forbidden":
            message = first["msg"].removeprefix("Value error, ")
            raise BadFile(
                f"{where}: {key}: {message}" if key else f"{where}: {message}",
                KEYS,
            ) from error
        tip = nearest(key, model.model_fields) or KEYS
        owners = [algo for algo, other in MODELS.items() if key in other.model_fields]
        if owners:
            tip = f"{key} is a key of {' and '.join(owners)} recipes"
        raise BadFile(f"{where}: unknown key {key!r}", tip) from error
