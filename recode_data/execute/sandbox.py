"""The tiers of isolation and the command that starts a fork server in each."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from recode_data.errors import SandboxFailed
from recode_data.execute.environments import Made

Tier: TypeAlias = Literal["bwrap", "landlock", "rlimits"]
TARGET = Path(__file__).parent / "target"
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")
FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")


@dataclass(frozen=True)
class Limits:
    """What one run may use."""

    memory: int = 4 << 30
    """Bytes of address space; a run is one process."""
    file: int = 256 << 20
    """Bytes of one file."""
    tmp: int = 512 << 20
    """Bytes of all files in /tmp."""
    cpu: int = 600
    """Seconds of processor time; the wall clock usually comes first."""
    tasks: int = 256
    """Threads."""
    output: int = 1 << 20
    """Bytes of stdout that are kept."""


def variables(made: Made) -> dict[str, str]:
    """Return the whole environment of a run: nothing of the owner's is handed on."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/tmp",
    }


def command(made: Made, tier: Tier, limits: Limits, preload: tuple[str, ...]) -> list[str]:
    """Return the command of a fork server for an environment."""
    settings = json.dumps({"tier": tier, "limits": asdict(limits), "preload": preload})
    python = [str(made.python), "-B", "-s", "-E", str(TARGET / "server.py"), settings]
    if tier == "bwrap":
        return [*bubblewrap(made), *python]
    raise SandboxFailed(f"tier {tier} is not there yet")


def bubblewrap(made: Made) -> list[str]:
    """Return bwrap's part of the command: what the server can see, and nothing else."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxFailed("bubblewrap is not installed", "install the package bubblewrap")
    words = [program, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    words += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--hostname", "sandbox"]
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), name]
        elif path.exists():
            words += ["--ro-bind", name, name]
    for name in FILES:
        words += ["--ro-bind-try", name, name]
    for folder in dict.fromkeys((made.interpreter.prefix, made.folder, TARGET)):
        if not str(folder).startswith("/usr"):
            words += ["--ro-bind", str(folder), str(folder)]
    words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/tmp"]
    for name, value in variables(made).items():
        words += ["--setenv", name, value]
    return [*words, "--remount-ro", "/", "--"]
