"""Environments on disk: made by uv, wheels only, shared in the user's cache; what they take.

Each lies in ``<cache>/environments/<id>``, with ``recode.json`` beside the packages to say
what it is. It is made under a temporary name and renamed when it is whole, so that two
processes may make the same one and none ever sees half of it. Files are hard links into
uv's own cache.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from recode_data.cache import cache_folder, cache_place, written_whole
from recode_data.errors import DiskFull, EnvironmentFailed, EnvironmentUnusable
from recode_data.execute.interpreters import Interpreter, interpreters
from recode_data.index_settings import NEWEST, before, index_settings
from recode_data.records import Environment, content_id
from recode_data.unreleased import unreleased

DESCRIPTION = "recode.json"
_MAKING = threading.Lock()
_WHOLE: set[Path] = set()
"""Environments that this process has looked through."""
PATIENCE = 600.0
"""Seconds that uv may take for one environment."""


@dataclass(frozen=True)
class Made:
    """An environment that is there."""

    environment: Environment
    folder: Path
    interpreter: Interpreter

    @property
    def site_packages(self) -> Path:
        """The folder that the packages are installed in."""
        return next(iter(sorted(self.folder.glob("lib/python*/site-packages"))), self.folder)

    def metadata_folder(self) -> Path | None:
        """The ``dist-info`` of the library's own wheel."""
        wanted = canonicalize_name(self.environment.library)
        for folder in sorted(self.site_packages.glob("*.dist-info")):
            if canonicalize_name(folder.name.partition("-")[0]) == wanted:
                return folder
        return None

    def optional_packages(self) -> frozenset[str]:
        """The packages that the library's wheel asks for under any of its extras."""
        found: set[str] = set()
        folder = self.metadata_folder()
        if folder and (folder / "METADATA").exists():
            text = (folder / "METADATA").read_text(encoding="utf-8", errors="replace")
            for line in HeaderParser().parsestr(text).get_all("Requires-Dist", []):
                with suppress(InvalidRequirement):
                    requirement = Requirement(line)
                    if re.search(r"\bextra\s*==", str(requirement.marker or "")):
                        found.add(canonicalize_name(requirement.name))
        return frozenset(found)

    def has_module(self, name: str) -> bool:
        """Tell whether the files of a module lie here; whether it can be imported is not asked."""
        path = self.site_packages.joinpath(*name.split("."))
        return path.is_dir() or any(path.parent.glob(f"{path.name}.*"))


def ensure(environment: Environment) -> Made:
    """Return the environment, made now if it is not there yet.

    Raises `EnvironmentFailed` with uv's reason (`EnvironmentUnusable` where no set of wheels
    makes it), or `DiskFull`.
    """
    interpreter = interpreters().get(environment.python)
    if interpreter is None:
        raise EnvironmentFailed(
            f"Python {environment.python} is not on this machine",
            f"install it: uv python install {environment.python}",
        )
    folder = cache_folder("environments") / environment.id
    with _MAKING:
        if folder not in _WHOLE and _damage(folder):
            _discard(folder)
        _WHOLE.add(folder)
    if not (folder / DESCRIPTION).exists():
        _make(environment, interpreter, folder)
    os.utime(folder / DESCRIPTION)
    _refuse_later(environment, folder)
    return Made(environment, folder, interpreter)


def _refuse_later(environment: Environment, folder: Path) -> None:
    """Raise `EnvironmentUnusable` for packages that were found among those of after the day
    that the index is looked at as of, which another run may have done."""
    if not (limit := before()):
        return
    solved = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8")).get("solved") or ""
    if not solved or solved > limit:
        raise EnvironmentUnusable(
            f"{environment} needs packages of after {limit}",
            f"{NEWEST} is the day as of which the index is looked at",
        )


def _damage(folder: Path) -> str:
    """Return a file of a package that was there when the environment was made and is not now,
    as after a cleaner of old files: programs would fail in it for no reason of their own."""
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return DESCRIPTION
    return next(_missing(folder), "") if described.get("complete") else ""


def _missing(folder: Path) -> Iterator[str]:
    """Yield each file that a package's RECORD has in site-packages and that is not there."""
    for record in folder.glob("lib/python*/site-packages/*.dist-info/RECORD"):
        place = record.parent.parent
        for row in csv.reader(record.read_text(encoding="utf-8").splitlines()):
            if row and not row[0].startswith(("..", "/")) and not (place / row[0]).exists():
                yield row[0]


def _discard(folder: Path) -> None:
    """Move a damaged environment out of the way in one step, and delete it."""
    gone = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=folder.parent))
    try:
        folder.rename(gone / folder.name)
    finally:
        shutil.rmtree(gone, ignore_errors=True)


def made_of(environment: Environment) -> str:
    """Return a hash of what was asked of an environment and what was installed for it; an
    empty text where it is not made."""
    try:
        described = (cache_folder("environments") / environment.id / DESCRIPTION).read_bytes()
    except OSError:
        return ""
    return content_id(environment.id, described.decode("utf-8", "replace"))


def _make(environment: Environment, interpreter: Interpreter, folder: Path) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=folder.parent))
    try:
        _uv(environment, "venv", "--allow-existing", "-p", str(interpreter.path), str(temporary))
        until = _install(environment, interpreter, temporary)
        _describe(environment, temporary, until)
        temporary.chmod(0o755)
        try:
            temporary.rename(folder)
        except OSError:
            if not (folder / DESCRIPTION).exists():
                raise
    except OSError as error:
        if error.errno == 28:
            raise DiskFull(
                f"no space left for {environment}", "recode-data environments prune frees some"
            ) from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _install(environment: Environment, interpreter: Interpreter, folder: Path) -> str:
    """Install the packages; return the date up to which they were looked for.

    uv is given the interpreter and not the environment's own: it starts what it is given, and
    then whatever a package has left there to be run at each start (``.pth`` files) would run
    here, outside the sandbox.
    """
    wanted = [f"{environment.library}=={environment.version}", *environment.requirements]
    arguments = ["pip", "install", "--only-binary", ":all:"]
    for file in unreleased.files(environment.library):
        if file.is_wheel and file.version == environment.version:
            arguments += ["--find-links", str(file.path.parent)]
    arguments += ["-p", str(interpreter.path), "--prefix", str(folder)]
    dates = later(environment.until)
    for until in dates:
        dated = ["--exclude-newer", until] if until else []
        try:
            _uv(environment, *arguments, *dated, *wanted)
        except EnvironmentFailed as error:
            if "invalid metadata" in error.message:
                return _install_without_metadata(environment, arguments)
            if until == dates[-1]:
                raise
        else:
            return until
    return ""


def _install_without_metadata(environment: Environment, arguments: list[str]) -> str:
    """Install a release of old days, whose list of requirements (``pytz >= 2011k``) is no
    valid one today: alone, and then the requirements that its pin gives."""
    until = environment.until
    dated = ["--exclude-newer", until] if until else []
    if environment.requirements:
        _uv(environment, *arguments, *dated, *environment.requirements)
    _uv(environment, *arguments, "--no-deps", f"{environment.library}=={environment.version}")
    return until


def later(until: str) -> list[str]:
    """Return the dates to try: the version's day; half a year later, when packages that it
    needs had wheels for a Python that was new; any day. None is later than the day that the
    index is looked at as of."""
    limit = before()
    if not until:
        return [limit]
    day = datetime.fromisoformat(until.replace("Z", "+00:00")) + timedelta(days=182)
    wider = day.strftime("%Y-%m-%dT00:00:00Z")
    return list(dict.fromkeys([until, min(wider, limit), limit])) if limit else [until, wider, ""]


def _describe(environment: Environment, folder: Path, until: str) -> None:
    packages = sorted(
        path.name[: -len(".dist-info")].replace("-", "==", 1)
        for path in folder.glob("lib/python*/site-packages/*.dist-info")
    )
    for leftover in folder.glob("lib/python*/site-packages/_virtualenv.*"):
        leftover.unlink()  # uv's hook costs time at every start and serves no one here
    text = json.dumps(
        {
            "library": environment.library,
            "version": environment.version,
            "python": environment.python,
            "requirements": environment.requirements,
            "until": environment.until,
            "solved": until,
            "packages": packages,
            "complete": next(_missing(folder), None) is None,
        }
    )
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def _uv(environment: Environment, *arguments: str) -> None:
    from uv import find_uv_bin

    command = [find_uv_bin(), "--quiet", "--no-progress", "--color", "never", *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=uv_variables(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EnvironmentFailed(
            f"making {environment} took over {PATIENCE:.0f} s", "check the network, run it again"
        ) from error
    if done.returncode:
        if "No space left" in done.stderr:
            raise OSError(28, "No space left on device")
        offline = " without a network" if _offline() else ""
        final = "No solution found" in done.stderr and not offline
        kind = EnvironmentUnusable if final else EnvironmentFailed
        raise kind(
            f"cannot make {environment}{offline}: {_reason(done.stderr)}",
            "recode-data doctor says what is missing; the same command tries again",
        )


def _offline() -> bool:
    """True where uv was told to look into its cache only; it then says of every version
    that it does not know that there is no such version."""
    return os.environ.get("UV_OFFLINE", "").lower() in ("1", "true", "yes", "on", "t", "y")


def _reason(complaint: str) -> str:
    words = " ".join(complaint.replace("╰─▶", " ").replace("×", " ").split())
    return words[:600] or "uv gave no reason"


def uv_variables() -> dict[str, str]:
    """Return the variables that uv is started with: pip's index configuration, which it does
    not read, is handed on to it."""
    settings = index_settings()
    given = {
        "UV_DEFAULT_INDEX": settings.index,
        "UV_INDEX": " ".join(settings.extra),
        "UV_FIND_LINKS": ",".join(p for p in settings.find_links if "://" in p or Path(p).exists()),
        "UV_INSECURE_HOST": " ".join(settings.trusted_hosts),
        "SSL_CERT_FILE": settings.certificate,
        "UV_INDEX_STRATEGY": "unsafe-best-match" if settings.extra else "",
    }
    mine = {name: value for name, value in given.items() if value}
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return {**mine, **kept, "UV_NO_PROGRESS": "1", "UV_LINK_MODE": "hardlink"}


MEASURED = "size.json"
"""Beside `DESCRIPTION`: what `measure` found."""
IN_USE = 3600.0
"""Seconds after its last use during which an environment is never removed."""
STALE = 24 * 3600.0
"""Seconds after which a half-made environment belongs to nobody."""


@dataclass(frozen=True)
class Stored:
    """An environment on disk."""

    folder: Path
    library: str
    version: str
    python: str
    size: int
    """Bytes of its files."""
    own: int
    """Bytes that are its own: not hard links that it shares with uv's cache."""
    used: float
    """When it was last used, in seconds since 1970."""


def stored() -> list[Stored]:
    """Return every environment in the cache, the one used longest ago first."""
    folders = cache_place("environments").glob("[0-9a-f]*")
    found = [_read(folder) for folder in folders]
    return sorted((one for one in found if one is not None), key=lambda one: one.used)


def prune(most: int, unused: float | None = None) -> list[Stored]:
    """Remove environments until at most ``most`` bytes are left, those used longest ago
    first; with ``unused``, first all that were not used for so many seconds.

    What was used within the hour stays. Also removes what dead processes left half made.
    Returns what was removed.
    """
    _sweep()
    now = time.time()
    have = stored()
    total = sum(one.size for one in have)
    removed = []
    for one in have:
        idle = now - one.used
        too_old = unused is not None and idle > unused
        if idle > IN_USE and (too_old or total > most):
            _remove(one.folder)
            total -= one.size
            removed.append(one)
    return removed


def _read(folder: Path) -> Stored | None:
    try:
        told = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        used = (folder / DESCRIPTION).stat().st_mtime
        size, own = measured(folder)
        return Stored(folder, told["library"], told["version"], told["python"], size, own, used)
    except (OSError, ValueError, KeyError):
        return None


def measured(folder: Path) -> tuple[int, int]:
    """Return what `measure` returns, from a note beside the files: an environment is never
    changed once it is made, and to look at all of its files takes a second.

    What is its own grows when uv's cache is emptied; the largest file that was shared tells.
    """
    note = folder / MEASURED
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
        if not kept["shared"] or (folder / kept["shared"]).stat().st_nlink > 1:
            return int(kept["size"]), int(kept["own"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    size, own, shared = _looked_at(folder)
    told = {"size": size, "own": own, "shared": shared}
    with suppress(OSError), written_whole(note) as part:  # one that is not ours is measured anew
        part.write_text(json.dumps(told), encoding="utf-8")
    return size, own


def measure(folder: Path) -> tuple[int, int]:
    """Return the bytes of all files below ``folder``, and of those with no other link."""
    size, own, _ = _looked_at(folder)
    return size, own


def _looked_at(folder: Path) -> tuple[int, int, str]:
    """Return what `measure` does, and the largest file that has another link."""
    size = own = most = 0
    largest = ""
    for entry in _files(folder):
        status = entry.stat(follow_symlinks=False)
        bytes_of = status.st_blocks * 512
        size += bytes_of
        if status.st_nlink == 1:
            own += bytes_of
        elif bytes_of > most:
            most, largest = bytes_of, str(Path(entry.path).relative_to(folder))
    return size, own, largest


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry


def _remove(folder: Path) -> None:
    """Take the environment out of sight at once, then delete it."""
    gone = folder.with_name(f".{folder.name}-{os.getpid()}.part")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _sweep() -> None:
    for folder in cache_folder("environments").glob(".*.part"):
        if time.time() - folder.stat().st_mtime > STALE:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in cache_folder("scratch").iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)
