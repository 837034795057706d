"""What is run outside the sandbox, with the user's rights: the build of a project of theirs, or
of a branch that they named for it, and commands of theirs, such as a model server's."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from recode_data.errors import EnvironmentFailed, NetworkError, UsageError, without_credentials
from recode_data.execute.environments import uv_variables

PATIENCE = 1800.0
"""Seconds that a build or a clone may take."""
PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")


@contextmanager
def built(project: Path, say: Callable[[str], None]) -> Iterator[list[Path]]:
    """Yield the wheel and the source distribution that ``uv build`` makes of a project, until
    the block ends; ``say`` is told first what is run where.

    Raises `UsageError` for a folder that is no project, `EnvironmentFailed` with the reason
    where the build fails.
    """
    from uv import find_uv_bin

    if not any((project / name).is_file() for name in PROJECT):
        raise UsageError(
            f"{project} is no Python project: it has no {' or '.join(PROJECT)}",
            "name the folder with your pyproject.toml, or a library of the index",
        )
    say(
        f"building {project.resolve()} with uv build: its build backend runs on this machine, "
        "with your rights and outside the sandbox, as it does whenever you build it"
    )
    with TemporaryDirectory(prefix="recode-data-build-") as out:
        command = [find_uv_bin(), "build", "--quiet", "--no-progress", "--color", "never"]
        _run([*command, "--out-dir", out, str(project.resolve())], f"cannot build {project}")
        yield sorted(path for path in Path(out).iterdir() if path.is_file())


@contextmanager
def cloned(address: str, say: Callable[[str], None]) -> Iterator[Path]:
    """Yield the checkout of ``git+https://…@branch``, until the block ends; ``say`` is told first.

    Raises `UsageError` for another address, `EnvironmentFailed` where git fails.
    """
    url, reference = split_address(address)
    shown = without_credentials(url)
    at = f" at {reference}" if reference else ""
    say(f"cloning {shown}{at}: what it holds is built below, so name only what you would install")
    with TemporaryDirectory(prefix="recode-data-clone-") as folder:
        place = Path(folder) / "project"
        git = ["git", "-c", "protocol.ext.allow=never"]
        _run([*git, "clone", "--quiet", "--", url, str(place)], f"cannot clone {shown}")
        if reference:
            failure = f"{shown} has no {reference}"
            _run([*git, "-C", str(place), "checkout", "--quiet", reference, "--"], failure)
        yield place


def split_address(address: str) -> tuple[str, str]:
    """Return the URL and the branch, tag or commit of an address as pip writes it.

    >>> split_address("git+https://user@host.test/lib.git@main")
    ('https://user@host.test/lib.git', 'main')
    """
    url = address.removeprefix("git+")
    scheme, separator, rest = url.partition("://")
    if not address.startswith("git+") or scheme not in ("https", "http", "ssh", "git", "file"):
        raise UsageError(
            f"{without_credentials(address)!r} is no address of a repository",
            "write it as pip does: git+https://host/owner/project@branch",
        )
    host, slash, path = rest.partition("/")
    path, _, reference = path.partition("@")
    if reference.startswith("-"):
        raise UsageError(f"{reference!r} is no branch", "a branch, a tag or a commit")
    return f"{scheme}{separator}{host}{slash}{path}", reference


def _run(command: list[str], failure: str) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            env={**uv_variables(), "GIT_TERMINAL_PROMPT": "0"},
            check=False,
        )
    except FileNotFoundError as error:
        raise EnvironmentFailed(f"{failure}: {command[0]} is not here", "install it") from error
    except subprocess.TimeoutExpired as error:
        raise EnvironmentFailed(f"{failure}: over {PATIENCE:.0f} s", "run it by hand") from error
    if done.returncode:
        told = " ".join(without_credentials(done.stderr).split())[-600:]
        raise EnvironmentFailed(f"{failure}: {told or 'no reason was given'}", "run it by hand")


def run_command(words: Sequence[str], waiting: Callable[[float], None]) -> None:
    """Run a command and wait for its end; ``waiting`` is called with the seconds so far.

    Raises `UsageError` when there is no such program, `NetworkError` when it ends with an error.
    """
    began = time.monotonic()
    try:
        # Its own output would run through the progress line; its errors are the reason.
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=None)
    except OSError as error:
        raise UsageError(f"cannot run {words[0]}: {error.strerror}", "is it installed?") from error
    try:
        while process.poll() is None:
            waiting(time.monotonic() - began)
            try:
                process.wait(1.0)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise NetworkError(
            f"{words[0]} ended with code {process.returncode}", "its own lines above say why"
        )
