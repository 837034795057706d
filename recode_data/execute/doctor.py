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
from recode_data.cache import cache_folder
from recode_data.errors import BrokenAdapter, RecodeError
from recode_data.execute.interpreters import interpreters
from recode_data.execute.sandbox import NOT_STOPPED, Tier
from recode_data.execute.selftest import choose_tier, why_not
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
    "vllm": ("vllm",),
    "verl": ("verl",),
    "ray": ("ray",),
}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    topic: str
    state: Literal["ok", "missing", "bad"]
    """``missing``: something is not possible; ``bad``: nothing can be validated."""
    text: str
    advice: str = ""


def examine(workspace: Path) -> Iterator[Finding]:
    """Yield what is found, topic by topic."""
    yield _system()
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
    if platform.system() != "Linux":
        return Finding("system", "bad", platform.platform(), "code is only run on Linux")
    text = f"Linux {platform.release()}, {platform.machine()}, {os.cpu_count()} cores"
    return Finding("system", "ok", text)


def _pythons() -> Finding:
    found = interpreters()
    text = ", ".join(one.full for one in found.values()) or "none"
    missing = [v for v in ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13") if v not in found]
    if not found:
        return Finding("Pythons", "bad", text, "install some: uv python install 3.8 3.11 3.13")
    advice = f"old versions need old Pythons: uv python install {' '.join(missing)}"
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
            ADVICE[tier] if reason else "",
        )
    try:
        chosen = choose_tier()
    except RecodeError as error:
        yield Finding("sandbox", "bad", error.message, error.tip)
        return
    who = "root, whose programs run as a user of their own" if can_map() else "this user"
    text = f"{chosen}, as {who}; does not stop: {NOT_STOPPED[chosen]}"
    yield Finding("sandbox", "ok", text)


ADVICE = {
    "bwrap": "install the package bubblewrap; it needs user namespaces"
    " (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns)",
    "landlock": "needs Linux 6.2 or newer with landlock among its security modules",
}


def _disk(workspace: Path) -> Iterator[Finding]:
    for topic, folder in (("cache", cache_folder()), ("workspace", workspace)):
        present = next(path for path in (folder.absolute(), *folder.absolute().parents)
                       if path.exists())  # fmt: skip
        free = shutil.disk_usage(present).free
        text = f"{folder}: {free / 1e9:.0f} GB free"
        advice = "recode-data environments prune; RECODE_DATA_CACHE moves the cache"
        short = free < ROOM
        yield Finding(topic, "missing" if short else "ok", text, advice if short else "")
    count = sum(1 for _ in cache_folder("environments").glob("[0-9a-f]*"))
    yield Finding("environments", "ok", f"{count} made; recode-data environments size")


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
