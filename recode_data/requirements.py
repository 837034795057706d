"""Extra packages of an entry: names with versions, and nothing that could be an option, a
path or an address, since they come from other people's rows and go to an installer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import packages_distributions

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

MOST = 20
"""Packages of one entry."""
_OPERATOR = re.compile(r"\s*(?:[<>=!~]=?|===)")


def read_requirements(value: str | Iterable[str]) -> tuple[str, ...]:
    """Return PEP 508 names with versions in one spelling, sorted and each once.

    ``value`` is a list of them or one text with commas between them. Raises `ValueError`
    with one line for what is none, and for an address, a path, a marker or an option.

    >>> read_requirements("Pydantic_Settings>=2,<3, six")
    ('pydantic-settings<3,>=2', 'six')
    """
    texts = _parts(value) if isinstance(value, str) else list(value)
    found = sorted({_one(text) for text in texts})
    if len(found) > MOST:
        raise ValueError(f"{len(found)} packages, more than {MOST}")
    return tuple(found)


def package_of(requirement: str) -> str:
    """Return the normalised name of the package that ``requirement`` asks for."""
    return canonicalize_name(Requirement(requirement).name)


def distribution_of(module: str) -> str:
    """Return the one distribution installed here that provides a module, else its own name.

    >>> distribution_of("yaml"), distribution_of("nothing_here")
    ('PyYAML', 'nothing_here')
    """
    providers = set(packages_distributions().get(module, ()))
    return providers.pop() if len(providers) == 1 else module


def _parts(text: str) -> list[str]:
    """Split at the commas between packages, not at those between a package's versions."""
    parts: list[str] = []
    open_extras = False
    for part in text.split(","):
        if parts and (open_extras or _OPERATOR.match(part)):
            parts[-1] += f",{part}"
        elif part.strip():
            parts.append(part)
        open_extras = bool(parts) and parts[-1].count("[") > parts[-1].count("]")
    return parts


def _one(text: object) -> str:
    if not isinstance(text, str):
        raise ValueError(f"a {type(text).__name__} is no package")
    shown = f"{text[:60]!r}"
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise ValueError(f"{shown} is no package with a version, such as six>=1.16") from error
    if requirement.url or requirement.marker:
        raise ValueError(f"{shown} is more than a package with a version, such as six>=1.16")
    requirement.name = canonicalize_name(requirement.name)
    return str(requirement)
