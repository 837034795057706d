"""Every failure that a user can meet, classified once where it enters.

    RecodeError                 exit 1   something failed and is owed again
    ├── UsageError              exit 2   the request itself is wrong
    │   ├── UnknownLibrary
    │   ├── UnknownName             no entry, change or run of that id
    │   └── BadFile                 a TOML, JSONL or recipe that cannot be read
    │       └── WorkspaceReadOnly   may be read, but not written to
    ├── NoSuchVersion           exit 2   the index or the machine has no such version
    ├── NetworkError            exit 1   index, site, Hub or endpoint did not answer
    ├── BrokenSource            exit 1   an sdist, page or answer is damaged
    ├── EnvironmentFailed       exit 1   an environment could not be made
    │   └── EnvironmentUnusable     no wheels make it, or its library cannot be imported there
    ├── SandboxFailed           exit 1   no tier of the sandbox works here
    ├── WorkspaceLocked         exit 1   another process owns the workspace
    ├── WorkspaceTooNew         exit 2   made by a newer version of this program
    ├── BrokenAdapter           exit 2   an adapter that somebody installed cannot be used
    ├── DiskFull                exit 1
    ├── MachineTooSmall         exit 2   no GPU, or not enough memory for this recipe
    └── MissingExtra            exit 2   an optional dependency is not installed

Only ``cli.main`` turns one of these into a line, a tip and an exit code.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from textwrap import shorten

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@'\"]+@")
"""Before a host: a name, a password, a token."""


class RecodeError(Exception):
    """A failure with one line for the user and a tip that says what to do."""

    exit_code = 1

    def __init__(self, message: str, tip: str) -> None:
        message = without_credentials(message)
        super().__init__(message)
        self.message = message
        self.tip = without_credentials(tip)


class UsageError(RecodeError):
    exit_code = 2


class UnknownLibrary(UsageError):
    pass


class UnknownName(UsageError):
    pass


class BadFile(UsageError):
    pass


class WorkspaceReadOnly(BadFile):
    pass


class NoSuchVersion(RecodeError):
    exit_code = 2


class NetworkError(RecodeError):
    pass


class BrokenSource(RecodeError):
    pass


class EnvironmentFailed(RecodeError):
    pass


class EnvironmentUnusable(EnvironmentFailed):
    """Final, as far as this machine and this index go: trying again changes nothing."""


class SandboxFailed(RecodeError):
    pass


class WorkspaceLocked(RecodeError):
    pass


class WorkspaceTooNew(RecodeError):
    exit_code = 2


class BrokenAdapter(RecodeError):
    exit_code = 2


class DiskFull(RecodeError):
    pass


class MachineTooSmall(RecodeError):
    exit_code = 2


class MissingExtra(RecodeError):
    exit_code = 2


def without_credentials(text: str) -> str:
    """Return a text that may be shown or kept: addresses in it have no name and no password.

    >>> without_credentials("https://ada:secret@index.test/simple/ did not answer")
    'https://index.test/simple/ did not answer'
    """
    return _CREDENTIALS.sub("", text)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the closest known name, or an empty string."""
    match = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {match[0]!r}?" if match else ""


def one_of(name: str, value: str, known: Collection[str]) -> None:
    """Raise `UsageError` with the nearest known name unless ``value`` is known or empty."""
    if value and value not in known:
        raise UsageError(
            f"{name}: there is no {value!r}",
            nearest(value, known) or f"one of {shorten(', '.join(known), 300, placeholder=' …')}",
        )


def above_zero(**values: object) -> None:
    """Raise `UsageError` unless each value is a number above 0."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise UsageError(f"{name} is a number above 0, not {value!r}", "leave it away")
