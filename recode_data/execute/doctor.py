"""What this machine has for running the pipeline, and what to do about what is missing."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recode_data.adapters import adapters
from recode_data.cache import cache_place
from recode_data.errors import BrokenAdapter, RecodeError
from recode_data.execute.interpreters import OLD_PYTHONS, interpreters, missing_pythons
from recode_data.execute.sandbox import NOT_STOPPED, Tier
from recode_data.execute.selftest import CONTAINER, choose_tier, not_linux, why_not
from recode_data.execute.userns import can_map

ROOM = 10 << 30
"""Bytes of free disk under which a large build may fail."""
KEYS = {
    "OPENAI_API_KEY": "synthesize --engine llm with a hosted model",
    "OPENAI_BASE_URL": "synthesize --engine llm with your own endpoint",
    "HF_TOKEN": "push-hub",
    "GITHUB_TOKEN": "scrape of libraries whose notes are on GitHub, beyond 60 requests an hour",
}
EXTRAS = {
    "train": ("torch", "trl", "transformers", "peft", "accelerate"),
    "report": ("vl_convert",),
    "vllm": ("vllm",),
    "verl": ("verl",),
    "ray": ("ray",),
    "inspect": ("inspect_ai",),
    "dev": ("pytest", "mypy", "ruff"),
}
"""Extra → modules that tell whether it is installed; `report` is for curves of a run only."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    topic: str
    state: Literal["ok", "missing", "bad"]
    """``missing``: something is not possible; ``bad``: nothing can be validated."""
    text: str
    advice: str = ""


def examine(workspace: Path) -> Iterator[Finding]:
    """Yield what is found, topic by topic; off Linux only that this is not Linux."""
    system = _system()
    yield system
    if system.state == "bad":
        return
    yield _pythons()
    yield _uv()
    known = _adapters()
    yield known
    if known.state == "ok":  # else no server starts
        yield from _sandbox()
    yield from _disk(workspace)
    yield from _keys()
    yield from _extras()


def _system() -> Finding:
    if reason := not_linux():
        return Finding("system", "bad", reason, CONTAINER)
    text = f"Linux {platform.release()}, {platform.machine()}, {os.cpu_count()} cores"
    return Finding("system", "ok", text)


def _pythons() -> Finding:
    found = interpreters()
    text = ", ".join(one.full for one in found.values()) or "none"
    missing = missing_pythons()
    if not found:
        return Finding("Pythons", "bad", text, "install some: uv python install 3.8 3.11 3.13")
    advice = f"{OLD_PYTHONS} {' '.join(missing)}"
    return Finding("Pythons", "missing" if missing else "ok", text, advice if missing else "")


def _uv() -> Finding:
    from uv import find_uv_bin

    try:
        return Finding("uv", "ok", find_uv_bin())
    except FileNotFoundError:
        return Finding("uv", "bad", "not found", "pip install uv")


def _adapters() -> Finding:
    try:
        names = [one.name if one.ours else f"{one.name} ({one.path})" for one in adapters()]
    except BrokenAdapter as error:
        return Finding("adapters", "bad", error.message, error.tip)
    return Finding("adapters", "ok", ", ".join(names))


def _sandbox() -> Iterator[Finding]:
    tiers: tuple[Tier, ...] = ("bwrap", "landlock")
    for tier in tiers:
        reason = why_not(tier)
        yield Finding(
            f"sandbox {tier}",
            "missing" if reason else "ok",
            reason or "its self-test passes",
            cure(tier) if reason else "",
        )
    try:
        chosen = choose_tier()
    except RecodeError as error:
        yield Finding("sandbox", "bad", error.message, error.tip)
        return
    who = "root, whose programs run as a user of their own" if can_map() else "this user"
    text = f"{chosen}, as {who}; does not stop: {NOT_STOPPED[chosen]}"
    yield Finding("sandbox", "ok", text)


def cure(tier: Tier) -> str:
    """Return the one line that lets ``tier`` work, as far as the system tells what is in its way.

    Debian's, Ubuntu's and Docker's own documentation name these switches.
    """
    if tier == "landlock":
        return "needs Linux 6.2 or newer with landlock among its security modules"
    if shutil.which("bwrap") is None:
        return "install it: sudo apt-get install bubblewrap, or the like of your distribution"
    if in_container():
        return (
            "start the container with --security-opt seccomp=unconfined"
            " --security-opt apparmor=unconfined --security-opt systempaths=unconfined"
        )
    for switch, bad, good in SWITCHES:
        if _kernel(switch) == bad:
            line = f"echo '{switch}={good}' | sudo tee /etc/sysctl.d/60-recode-data.conf"
            return f"{line} && sudo sysctl --system"
    return "it needs user namespaces, which this system refuses"


SWITCHES = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu since 24.04
    ("kernel.unprivileged_userns_clone", "0", "1"),  # Debian up to 10, Arch's hardened kernel
    ("user.max_user_namespaces", "0", "15000"),  # RHEL 7
)
"""A switch of the kernel, the value that refuses user namespaces, and the one that does not."""


def _kernel(switch: str) -> str:
    try:
        return Path("/proc/sys", *switch.split(".")).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def in_container() -> bool:
    """Return whether this is a container of Docker or Podman."""
    return any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))


def _disk(workspace: Path) -> Iterator[Finding]:
    for topic, folder in (("cache", cache_place()), ("workspace", workspace)):
        present = next(path for path in (folder.absolute(), *folder.absolute().parents)
                       if path.exists())  # fmt: skip
        advice = "recode-data environments prune; RECODE_DATA_CACHE moves the cache"
        if not (present.is_dir() and os.access(present, os.W_OK | os.X_OK)):
            text = f"{folder}: cannot be written to"
            own = "RECODE_DATA_CACHE names a folder of yours" if topic == "cache" else WORKSPACE
            yield Finding(topic, "bad" if topic == "cache" else "missing", text, own)
            continue
        free = shutil.disk_usage(present).free
        text = f"{folder}: {free / 1e9:.0f} GB free"
        short = free < ROOM
        yield Finding(topic, "missing" if short else "ok", text, advice if short else "")
    count = sum(1 for _ in cache_place("environments").glob("[0-9a-f]*"))
    yield Finding("environments", "ok", f"{count} made; recode-data environments size")


WORKSPACE = "--workspace names a folder of yours"


def _keys() -> Iterator[Finding]:
    for name, purpose in KEYS.items():
        if os.environ.get(name):
            yield Finding(name, "ok", "set")
        else:
            yield Finding(name, "missing", "not set", f"only for {purpose}")


def _extras() -> Iterator[Finding]:
    for extra, packages in EXTRAS.items():
        lacking = [name for name in packages if importlib.util.find_spec(name) is None]
        if lacking:
            text = f"without {', '.join(lacking)}"
            yield Finding(f"[{extra}]", "missing", text, f"pip install 'recode-data[{extra}]'")
        else:
            yield Finding(f"[{extra}]", "ok", "installed")
