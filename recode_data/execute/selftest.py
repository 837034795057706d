"""Which tier of the sandbox works on this machine: each is tried before it is believed."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from recode_data.errors import BrokenAdapter, RecodeError, SandboxFailed
from recode_data.execute.sandbox import Limits, Start, Tier, reap_orphans
from recode_data.execute.warm import WarmServer

PROBE = """
import os, signal, socket
escaped = []
def attempt(name, action):
    try:
        action()
    except BaseException:
        return
    escaped.append(name)
def fork():
    if os.fork() == 0:
        os._exit(0)
attempt("read a secret file", lambda: open(SECRET).read())
attempt("write outside", lambda: open(OUTSIDE, "w").close())
attempt("see the owner's environment", lambda: os.environ["RECODE_DATA_PROBE"])
attempt("open a socket", lambda: socket.socket())
attempt("open a Unix socket", lambda: socket.socket(socket.AF_UNIX))
attempt("start a process", fork)
attempt("signal the owner", lambda: os.kill(OWNER, 0))
attempt("read the owner's memory", lambda: open("/proc/%d/mem" % OWNER, "rb").read(1))
attempt("allocate without limit", lambda: bytearray(8 << 30))
"""


CONTAINER = "run it in the container: docker build -t recode-data . makes it, README says how"


def not_linux() -> str:
    """Say that code cannot be run here, or nothing on Linux."""
    system = {"Darwin": "macOS"}.get(platform.system(), platform.system())
    return "" if system == "Linux" else f"code is run in sandboxes of Linux, and this is {system}"


@lru_cache(maxsize=8)
def choose_tier(unsafe: bool = False) -> Tier:
    """Return the strongest tier whose self-test passes here.

    ``RECODE_DATA_TIER`` asks for one. ``rlimits``, which leaves files, network and other
    processes open, is only taken with ``unsafe``. Raises `SandboxFailed` with the reasons.
    """
    if reason := not_linux():
        raise SandboxFailed(reason, CONTAINER)
    reap_orphans()
    asked = os.environ.get("RECODE_DATA_TIER", "")
    reasons = []
    tiers: tuple[Tier, ...] = ("bwrap", "landlock")
    for tier in tiers:
        if asked in ("", tier):
            reason = why_not(tier)
            if not reason:
                return tier
            reasons.append(f"{tier}: {reason}")
    if unsafe or (asked == "rlimits" and os.environ.get("RECODE_DATA_UNSAFE")):
        return "rlimits"
    raise SandboxFailed(
        f"no sandbox works here ({'; '.join(reasons) or f'{asked!r} is no safe tier'})",
        "install bubblewrap, or allow it user namespaces; recode-data doctor says more;"
        " RECODE_DATA_TIER=rlimits with RECODE_DATA_UNSAFE=1 runs code with limits only",
    )


def why_not(tier: Tier) -> str:
    """Return why a tier cannot be used here, or an empty string when its test passes."""
    with tempfile.TemporaryDirectory(prefix="recode-probe-") as name:
        secret = Path(name, "secret")
        secret.write_text("a secret", encoding="utf-8")
        given = {"SECRET": str(secret), "OUTSIDE": str(Path(name, "out")), "OWNER": os.getpid()}
        lines = [f"{key} = {value!r}" for key, value in given.items()]
        os.environ["RECODE_DATA_PROBE"] = "1"
        try:
            return _try(tier, "\n".join([*lines, PROBE]))
        except BrokenAdapter:
            raise
        except (RecodeError, OSError, ValueError) as error:
            return str(error)
        finally:
            del os.environ["RECODE_DATA_PROBE"]


def _try(tier: Tier, code: str) -> str:
    python = Path(sys.executable).resolve()
    server = WarmServer(Start(python, Path(sys.base_prefix), None, tier, Limits()))
    try:
        answer = server.run(code, (), 20.0)
    finally:
        server.close()
    if not answer.header["ended"]:
        told = answer.header["unready"] or answer.report[:300].decode("utf-8", "replace")
        return f"the test program did not end: {told}"
    escaped = json.loads(answer.report)["values"]["escaped"]["items"]
    return ", ".join(f"code can {item['value']}" for item in escaped)
