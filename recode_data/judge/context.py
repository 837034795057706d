"""What every judging of a validation shares: where versions run, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from recode_data.execute import Job
from recode_data.library import Library
from recode_data.records import Environment


class Resolver(Protocol):
    """Finds the environments of versions; raises `NoSuchVersion` with the reason."""

    def one(self, library: Library, version: str) -> Environment: ...

    def pair(self, library: Library, old: str, new: str) -> tuple[Environment, Environment]: ...

    def versions(self, library: Library) -> list[str]: ...

    def optional(self, environment: Environment) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What every judging of a stage shares."""

    resolver: Resolver
    timeout: float = 10.0
    redate: bool = False
    """Search for the update of an imported row whose claimed pair shows none."""

    def job(self, code: str, environment: Environment, library: Library) -> Job:
        return Job(code=code, environment=environment, trace=library.packages, timeout=self.timeout)
