"""Defaults from a file: ``recode-data.toml`` in the current folder.

A flag wins over ``RECODE_DATA_*`` in the environment, that wins over the file, and the
file over the built-in default. Keys at the top hold for every command that has such an
option; a table named after a command holds for that command::

    workspace = "/data/recode"
    [validate]
    jobs = 8
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile, nearest
from recode_data.files import read_text

FILE = Path("recode-data.toml")
TIP = "it is TOML with the options of recode-data COMMAND --help, as jobs = 2"


def read_defaults(options: Mapping[str, set[str]]) -> dict[str, dict[str, Any]]:
    """Return command → option → value from the file, or nothing where there is no file.

    ``options`` names every command's options. Raises `BadFile` for a key or a table that
    no command knows, with the nearest known one.
    """
    if not FILE.exists():
        return {}
    table = _parse(FILE)
    shared = {key: value for key, value in table.items() if not isinstance(value, dict)}
    _check(shared, set().union(*options.values()), "option")
    _check({key: None for key in table if key not in shared}, set(options), "command")
    defaults: dict[str, dict[str, Any]] = {}
    for command, names in options.items():
        own = {key.replace("-", "_"): value for key, value in table.get(command, {}).items()}
        _check(own, names, f"option of {command}")
        defaults[command] = {key: value for key, value in shared.items() if key in names} | own
    return defaults


def _parse(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(read_text(file, TIP))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile(f"cannot read {file}: {error}", TIP) from error


def _check(given: Mapping[str, Any], known: set[str], what: str) -> None:
    for key in given:
        if key not in known:
            raise BadFile(f"{FILE}: no {what} is called {key!r}", nearest(key, known) or TIP)
