"""What is special about one library, in one file each; README.md here says what a file holds.

Ours are the files of this folder, those of others are modules that an installed package names
in the entry point group ``recode_data.adapters``. One that is called as one of ours takes its
place. The files are read here and handed to every fork server as text, so nothing of the
machine has to be readable behind the sandbox.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from recode_data.errors import BrokenAdapter
from recode_data.records import content_id

GROUP = "recode_data.adapters"


@dataclass(frozen=True)
class Adapter:
    """One adapter, as its file says."""

    name: str
    path: Path
    source: str
    ours: bool = True
    masks: tuple[tuple[re.Pattern[str], str], ...] = ()
    """What is taken out of printed texts before they are compared, and what is put there."""
    equal_classes: Mapping[str, str] = field(default_factory=dict)
    """Names of classes, and the name that counts in their place."""
    constant_arrays: frozenset[str] = frozenset()
    """Functions that make an array of one value."""
    checks: frozenset[str] = frozenset()
    """Functions that compare values and tell no more than whether they agree."""
    fitting: frozenset[str] = frozenset()
    """Methods that prepare an object: what they return is no result."""
    uninitialised: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Functions that leave memory as it was: how many arguments by position they may have
    before one gives the memory, and the keyword that gives it."""
    seeds: tuple[tuple[re.Pattern[str], str], ...] = ()
    """What is put in the place of a text of a program, so that every run of it is the same."""
    opaque: tuple[re.Pattern[str], ...] = ()
    """Printed texts that say what an object is and not what it holds."""
    artists: tuple[re.Pattern[str], ...] = ()
    """Printed texts of what is drawn, which do not say what it shows."""
    figure_calls: tuple[re.Pattern[str], ...] = ()
    """Calls that return a figure, or what is in one."""
    current_figure: tuple[tuple[re.Pattern[str], str], ...] = ()
    """Code that draws on a figure without a name, and the statement that names it."""
    draws: frozenset[str] = frozenset()
    """Modules from whose generator programs draw without a seed, and whose ``seed`` sets it."""


@lru_cache(maxsize=1)
def adapters() -> tuple[Adapter, ...]:
    """Return every adapter by its name; raises `BrokenAdapter` for one that cannot be used."""
    found = {path.stem: _read(path.stem, path, ours=True) for path in _own()}
    for entry in entry_points(group=GROUP):
        found[entry.name] = _read(entry.name, _place(entry), ours=False)
    return tuple(found[name] for name in sorted(found))


@lru_cache(maxsize=1)
def masks() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return all masks: see `Adapter.masks`."""
    return tuple(mask for adapter in adapters() for mask in adapter.masks)


@lru_cache(maxsize=1)
def equal_classes() -> dict[str, str]:
    """Return the classes of all adapters that count as another: see `Adapter.equal_classes`."""
    return {leaf: name for one in adapters() for leaf, name in one.equal_classes.items()}


@lru_cache(maxsize=1)
def constant_arrays() -> frozenset[str]:
    """Return the functions that make an array of one value."""
    return frozenset().union(*(adapter.constant_arrays for adapter in adapters()))


@lru_cache(maxsize=1)
def checks() -> frozenset[str]:
    """Return the functions that compare values and hide what they compare."""
    return frozenset().union(*(adapter.checks for adapter in adapters()))


@lru_cache(maxsize=1)
def drawing() -> frozenset[str]:
    """Return the modules of all adapters that draw at random: see `Adapter.draws`."""
    return frozenset().union(*(adapter.draws for adapter in adapters()))


@lru_cache(maxsize=1)
def fitting() -> frozenset[str]:
    """Return the methods that prepare an object and return no result."""
    return frozenset().union(*(adapter.fitting for adapter in adapters()))


def every(name: str) -> Iterator[Any]:
    """Yield the members of one field of all adapters, pairs of a mapping's: see `Adapter`."""
    for adapter in adapters():
        held = getattr(adapter, name)
        yield from held.items() if isinstance(held, Mapping) else held


def finds(name: str, text: str) -> bool:
    """Tell whether ``text`` has what a regular expression in one field of an adapter says."""
    return any(pattern.search(text) for pattern in every(name))


@lru_cache(maxsize=1)
def added() -> str:
    """Return a text that stands for what others' adapters are and say, empty without any."""
    others = [part for one in adapters() if not one.ours for part in (one.name, one.source)]
    return content_id(*others) if others else ""


def _own() -> Iterator[Path]:
    folder = Path(__file__).parent
    return (path for path in folder.glob("*.py") if path != Path(__file__))


def _place(entry: EntryPoint) -> Path:
    """Return the file of the module that an entry point names."""
    try:
        found = importlib.util.find_spec(entry.module)
    except Exception as error:  # the packages above the module are imported
        raise _broken(entry.name, error) from error
    if found is None or not found.origin or not found.origin.endswith(".py"):
        raise BrokenAdapter(
            f"the adapter {entry.name!r} is not there: {entry.module} is no Python file",
            "install its package again, or uninstall it",
        )
    return Path(found.origin)


def _read(name: str, path: Path, ours: bool) -> Adapter:
    try:
        source = path.read_text(encoding="utf-8")
        held = runpy.run_path(str(path))
        return _checked(name, path, source, held, ours)
    except Exception as error:
        raise _broken(name, error) from error


def _checked(name: str, path: Path, source: str, held: dict[str, Any], ours: bool) -> Adapter:
    """Return what a file says; raises `TypeError` or another error where that cannot be."""
    if "encode" in held:
        if not isinstance(held.get("MODULE"), str):
            raise TypeError("encode needs MODULE, the name of the module whose values it knows")
        inspect.signature(held["encode"]).bind("value", "inner")
    samples = held.get("SAMPLES", {})
    if not all(isinstance(code, str) for pieces in samples.values() for code in pieces):
        raise TypeError("SAMPLES is a dict of lists of programs")
    uninitialised = held.get("UNINITIALISED", {})
    return Adapter(
        name,
        path,
        source,
        ours,
        _pairs(held, "MASKS"),
        {leaf: one for one, leaves in held.get("EQUAL_CLASSES", {}).items() for leaf in leaves},
        frozenset(held.get("CONSTANT_ARRAYS", ())),
        frozenset(held.get("CHECKS", ())),
        frozenset(held.get("FITTING", ())),
        {path: (int(most), str(word)) for path, (most, word) in uninitialised.items()},
        _pairs(held, "SEEDS"),
        _texts(held, "OPAQUE"),
        _texts(held, "ARTISTS"),
        _texts(held, "FIGURE_CALLS"),
        _pairs(held, "CURRENT_FIGURE"),
        frozenset(held.get("DRAWS", ())),
    )


def _texts(held: dict[str, Any], name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in held.get(name, ()))


def _pairs(held: dict[str, Any], name: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), put) for pattern, put in held.get(name, ()))


def _broken(name: str, error: Exception) -> BrokenAdapter:
    text = " ".join(str(error).split())
    return BrokenAdapter(
        f"the adapter {name!r} cannot be used: {type(error).__name__}: {text}",
        "correct it, or uninstall the package that brings it",
    )
