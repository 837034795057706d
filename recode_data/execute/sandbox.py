"""The tiers of isolation, and how a fork server is started in each.

README.md in this folder says what each tier stops and what it does not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from recode_data.cache import cache_folder
from recode_data.errors import SandboxFailed
from recode_data.execute.target import scratch
from recode_data.execute.userns import Mapping, can_map, outsider, tasks_of_user

Tier: TypeAlias = Literal["bwrap", "landlock", "rlimits"]
TARGET = Path(__file__).parent / "target"
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")
FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
ENVIRONMENT, HARNESS = "/environment", "/harness"
"""Where the environment and our own code lie inside bubblewrap."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


NOT_STOPPED: dict[Tier, str] = {
    "bwrap": "faults of the kernel itself; a program that lies about its own values",
    "landlock": "what bwrap does not, and reading names, sizes and times of files anywhere;"
    " seeing that other processes exist",
    "rlimits": "reading and writing all that you can, the network, signals, other programs",
}


@dataclass(frozen=True)
class Limits:
    """What one run may use."""

    memory: int = 4 << 30
    """Bytes of address space; a run is one process."""
    file: int = 256 << 20
    """Bytes of one file."""
    tmp: int = 512 << 20
    """Bytes of all files in /tmp (tier bwrap), or about as many written to disk."""
    cpu: int = 600
    """Seconds of processor time; the wall clock usually comes first."""
    tasks: int = 256
    """Threads."""
    output: int = 1 << 20
    """Bytes of stdout that are kept."""
    report: int = 8 << 20
    """Bytes that a run may report of itself."""


@dataclass(frozen=True)
class Start:
    """What a fork server is started with."""

    python: Path
    prefix: Path
    """The interpreter's own folder."""
    environment: Path | None
    """The environment's folder; None is the interpreter with what it brings."""
    tier: Tier
    limits: Limits
    preload: tuple[str, ...] = ()
    """Modules that it imports before the first fork."""
    samples: bool = True
    """Run samples of typical programs when it is prepared for many runs."""
    seed: int = 0
    """``PYTHONHASHSEED``."""
    start_in: str = ""
    """A folder below the working directory that runs are moved into."""
    bare: bool = False
    """Leave to the runs what the environment's packages do at an interpreter's start."""
    entry: str = "server.py"
    """The program of ours that is started."""
    writable: tuple[str, ...] = ()
    """Folders beside /tmp that are there, empty, and may be written to (tier bwrap)."""


@dataclass
class Started:
    process: subprocess.Popen[bytes]
    folder: Path | None
    """The scratch folder of the tiers that have no /tmp of their own."""

    def close(self) -> None:
        """End the server and everything that it started, and remove its scratch folder."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        end(self.process)
        if self.folder is not None:
            scratch.remove(self.folder)  # type: ignore[no-untyped-call]


def start(what: Start) -> Started:
    """Start a fork server; raises `SandboxFailed` when its tier does not work here."""
    if what.tier == "bwrap":
        return _in_bubblewrap(what)
    scratch = cache_folder("scratch")
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=scratch))
    return Started(_popen(what, _command(what, folder)), folder)


def _in_bubblewrap(what: Start) -> Started:
    if not can_map():
        words = [*bubblewrap(what), "--", *_command(what, None)]
        return Started(_popen(what, words), None)
    with Mapping() as mapping:
        words = [*bubblewrap(what), *mapping.options(), "--", *_command(what, None, mapping.inner)]
        process = _popen(what, words, mapping.passed())
        try:
            mapping.write(process.pid)
        except BaseException:
            Started(process, None).close()
            raise
    return Started(process, None)


def reap_orphans(older: float = 60.0) -> list[int]:
    """Kill what owners left that were killed in the milliseconds in which bubblewrap starts.

    A bwrap with our harness in its command whose parent is the system's first process has no
    owner any more. Returns the ids of those that were killed.
    """
    if os.getpid() == 1:  # in a container, where our own servers have such a parent
        return []
    return [pid for folder in Path("/proc").glob("[0-9]*") if (pid := _orphan(folder, older))]


def _orphan(process: Path, older: float) -> int:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
        status = (process / "status").read_text(encoding="utf-8", errors="replace")
        ours = Path(os.fsdecode(words[0])).name == "bwrap" and os.fsencode(TARGET) in words
        if not (ours and re.search(r"^PPid:\s+1$", status, re.MULTILINE)):
            return 0
        if process.stat().st_uid != os.getuid() or time.time() - process.stat().st_mtime < older:
            return 0
        os.kill(int(process.name), signal.SIGKILL)
    except (OSError, ValueError):
        return 0  # it has ended meanwhile, or is not ours to look at
    return int(process.name)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a server's process group: a bwrap that dies while it starts would leave the half
    of itself behind that has not yet been told to die with it."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _popen(what: Start, words: list[str], passed: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=variables(what),
            cwd="/",
            start_new_session=True,
            pass_fds=passed,
        )
    except OSError as error:
        raise SandboxFailed(
            f"cannot start {words[0]}: {error}", "recode-data doctor says what is missing"
        ) from error


def _command(what: Start, folder: Path | None, uid: int | None = None) -> list[str]:
    if uid is None:
        uid = outsider() if what.tier == "landlock" and can_map() else os.getuid()
    boxed = what.tier == "bwrap"
    environment = what.environment or what.prefix
    readable = [*SYSTEM, *FILES, *DEVICES, str(what.prefix), str(environment), str(TARGET)]
    limits = {
        **asdict(what.limits),
        "uid": uid,
        "tasks": what.limits.tasks + (tasks_of_user() if uid == os.getuid() else 0),
        "folder": str(folder),
        "readable": readable,
        "start_in": what.start_in,
    }
    settings = {
        "tier": what.tier,
        "limits": limits,
        "preload": what.preload,
        "environment": ENVIRONMENT if boxed and what.environment else str(environment),
        "bare": what.bare,
    }
    harness = HARNESS if boxed else str(TARGET)
    return [str(what.python), "-B", "-s", "-S", f"{harness}/{what.entry}", json.dumps(settings)]


def variables(what: Start) -> dict[str, str]:
    """Return the whole environment of a run: nothing of the owner's is handed on."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": str(what.seed),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/tmp",
    }


def bubblewrap(what: Start) -> list[str]:
    """Return bwrap's part of the command: what the server can see, and nothing else."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxFailed("bubblewrap is not installed", "install the package bubblewrap")
    words = [program, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
    words += ["--clearenv", "--hostname", "sandbox"]
    words += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), name]
        elif path.exists():
            words += ["--ro-bind", name, name]
    for name in FILES:
        words += ["--ro-bind-try", name, name]
    for folder in what.writable:
        words += ["--perms", "1777", "--size", str(what.limits.tmp), "--tmpfs", folder]
    if not what.prefix.is_relative_to("/usr"):
        for parent in sorted(set(what.prefix.parents) - {Path("/")}):
            words += ["--perms", "0755", "--dir", str(parent)]  # else only its owner may pass
        words += ["--ro-bind", str(what.prefix), str(what.prefix)]
    if what.environment is not None:
        words += ["--ro-bind", str(what.environment), ENVIRONMENT]
    words += ["--ro-bind", str(TARGET), HARNESS]
    # not --dev: for its terminals bwrap would put an ordinary user into a second user
    # namespace, whose capabilities do not reach the first one's PID namespace
    words += ["--perms", "0755", "--dir", "/dev"]
    for device in (*DEVICES, "/dev/full"):
        words += ["--dev-bind", device, device]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        words += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    words += ["--symlink", "/proc/self/fd", "/dev/fd", "--perms", "0755", "--dir", "/dev/shm"]
    words += ["--proc", "/proc", "--perms", "1777", "--tmpfs", "/tmp", "--chdir", "/tmp"]
    for name, value in variables(what).items():
        words += ["--setenv", name, value]
    return [*words, "--remount-ro", "/"]
