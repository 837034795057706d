"""For root: a user namespace with a second, unprivileged user to run programs as.

bubblewrap maps one user. For an ordinary user that is enough; root's programs would still
be root to the kernel where it counts processes or reads the modes of files. So root writes
the map itself: the fork server stays root inside its namespace, its children become a user
that exists nowhere else.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from recode_data.errors import SandboxFailed

OUTSIDE = 2_000_000_000
"""First of the users that programs run as; the owner's process id is added."""
INSIDE = 1000
TIP = "recode-data doctor says which tiers of the sandbox work here"
SETGID, SETUID = 6, 7


@lru_cache(maxsize=1)
def can_map() -> bool:
    """True for a root that may write any user map, not for one that is root in a namespace."""
    if os.geteuid() != 0:
        return False
    try:
        mapped = Path("/proc/self/uid_map").read_text().split()
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    effective = int(status.split("CapEff:")[1].split()[0], 16)
    return int(mapped[2]) > OUTSIDE + (1 << 23) and bool(
        effective >> SETUID & 1 and effective >> SETGID & 1
    )


def outsider() -> int:
    """Return the user that this process's programs run as when it is root."""
    return OUTSIDE + os.getpid()


def tasks_of_user() -> int:
    """Return how many tasks this user has, which count against the limit of its programs
    where these have no user of their own."""
    return sum(_tasks(folder) for folder in Path("/proc").glob("[0-9]*"))


def _tasks(process: Path) -> int:
    try:
        return len(list((process / "task").iterdir())) * (process.stat().st_uid == os.getuid())
    except OSError:
        return 0  # it has ended meanwhile


# bwrap dies with its owner; its child, until it has a map, would wait for bwrap for ever
WATCH = 'read -r group && { read -r written || kill -s KILL -- "-$group"; }'


class Mapping:
    """The pipes over which bubblewrap asks for its user map and waits for it, and a process
    that ends what bubblewrap leaves when the owner is killed meanwhile."""

    inner = INSIDE
    told = False

    def __enter__(self) -> Mapping:
        self.watch = subprocess.Popen(
            ["/bin/sh", "-c", WATCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,
        )
        self.info, self.info_writing = os.pipe()
        self.block_reading, self.block = os.pipe()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for fd in (self.info, self.block_reading, self.block):
            os.close(fd)
        if not self.told:
            os.close(self.info_writing)
        self.watch.communicate(b"written\n" * self.told)

    def passed(self) -> tuple[int, ...]:
        return (self.info_writing, self.block_reading)

    def options(self) -> list[str]:
        """Return bubblewrap's options for the pipes and for changing the user."""
        words = ["--info-fd", str(self.info_writing)]
        words += ["--userns-block-fd", str(self.block_reading)]
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL"):
            words += ["--cap-add", capability]
        return words

    def write(self, group: int) -> None:
        """Give the namespace of the process group its users, then let bubblewrap go on."""
        assert self.watch.stdin is not None
        self.watch.stdin.write(f"{group}\n".encode())
        self.watch.stdin.flush()
        self.told = True
        os.close(self.info_writing)
        told = b""
        while b"}" not in told:
            if not select.select([self.info], [], [], 20)[0]:
                raise SandboxFailed("bubblewrap does not answer", TIP)
            part = os.read(self.info, 4096)
            if not part:
                raise SandboxFailed("bubblewrap ended before it had started", TIP)
            told += part
        pid = json.loads(told)["child-pid"]
        users = f"0 0 1\n{INSIDE} {outsider()} 1\n"
        try:
            Path(f"/proc/{pid}/uid_map").write_text(users)
            Path(f"/proc/{pid}/gid_map").write_text(users)
        except OSError as error:
            raise SandboxFailed(f"cannot map users: {error}", TIP) from error
        os.write(self.block, b"1")
