"""No attack succeeds in any tier that claims to stop it, and none spoils the next run."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from attacks import ALL, ATTACKS, PRELUDE, Attack
from execution import server, told

from recode_data.evaluate.harness import outcome_of
from recode_data.execute import Job
from recode_data.execute.report import to_run
from recode_data.execute.sandbox import Limits, Tier
from recode_data.execute.selftest import why_not
from recode_data.execute.warm import WarmServer
from recode_data.judge import judge_candidate
from recode_data.records import Entry, Environment

LIMITS = Limits(memory=1 << 30, file=64 << 20, tmp=128 << 20, tasks=64)
NEXT = """
import os, sys, builtins, json
left = [n for n in ("LEFT",) if n in sys.modules or hasattr(json, n) or hasattr(builtins, n)]
left += [n for n in os.environ if n == "LEFT"]
for place in (".", "/tmp", "/dev/shm", "/var/tmp", "/run"):
    try:
        left += [name for name in os.listdir(place) if name == "LEFT"]
    except OSError:
        pass
end = json.dumps({"a": 1})
"""


@dataclass
class World:
    """What the attacks are after, and what has come of it."""

    folder: Path
    received: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secret = self.folder / "home" / "secret"
        self.secret.parent.mkdir()
        self.secret.write_text("SESAME", encoding="utf-8")
        self.outside = self.folder / "outside"
        self.outside.mkdir()
        self.abstract = f"recode-{os.getpid()}-{id(self)}"
        self.before = self.state()
        self.tcp = self.listener(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self.udp = self.listener(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self.unix = str(self.folder / "socket")
        self.listener(socket.AF_UNIX, socket.SOCK_STREAM, self.unix)
        self.listener(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.abstract)

    def listener(self, family: int, kind: int, address: Any) -> int:
        """Listen in the background; what arrives is written down."""
        opened = socket.socket(family, kind)
        opened.bind(address)
        if kind == socket.SOCK_STREAM:
            opened.listen()

        def listen() -> None:
            while True:
                if kind == socket.SOCK_STREAM:
                    opened.accept()[0].close()
                    self.received.append(b"connection")
                else:
                    self.received.append(opened.recv(100))

        threading.Thread(target=listen, daemon=True).start()
        name = opened.getsockname()
        return int(name[1]) if isinstance(name, tuple) else 0

    def names(self, server: WarmServer) -> str:
        """Return the lines that tell a program what to aim at."""
        given = {
            "SECRET": str(self.secret), "OUTSIDE": str(self.outside), "OWNER": os.getpid(),
            "SERVER": server.process.pid, "TCP": self.tcp, "UDP": self.udp, "UNIX": self.unix,
            "ABSTRACT": self.abstract, "MARK": str(self.outside / "mark"),
            "THREADS": 4 * LIMITS.tasks,
        }  # fmt: skip
        lines = "\n".join(f"{key} = {value!r}" for key, value in given.items())
        return lines.replace("'/tmp/", "'/' + 'tmp/")  # ours, not the program's own /tmp

    def state(self) -> tuple[int, ...]:
        found = self.secret.stat()
        return found.st_mode, found.st_uid, found.st_size, found.st_mtime_ns

    def check(self) -> None:
        """Everything outside is as it was."""
        assert self.received == []
        assert self.secret.read_text(encoding="utf-8") == "SESAME"
        assert self.state() == self.before
        assert list(self.outside.iterdir()) == []


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    # not pytest's folder: it has to lie where an ordinary user can reach it, as a home does
    with tempfile.TemporaryDirectory(prefix="world-", dir=Path.home()) as name:
        yield World(Path(name))


@pytest.fixture(scope="module", params=ALL)
def tier(request: pytest.FixtureRequest) -> Tier:
    found: Tier = request.param
    if not offered(found):
        pytest.skip(f"this machine offers no {found}")
    if found != "rlimits":
        assert why_not(found) == ""
    return found


def offered(tier: Tier) -> bool:
    """True where the kernel and the installed programs offer what a tier is made of."""
    if tier == "bwrap":
        words = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
        return bool(shutil.which("bwrap")) and subprocess.run(words, check=False).returncode == 0
    libc = ctypes.CDLL(None, use_errno=True)
    return tier == "rlimits" or libc.syscall(444, None, 0, 1) >= 3


@pytest.fixture(scope="module")
def victim(tier: Tier) -> Iterator[WarmServer]:
    os.environ["ATTACK_SECRET"] = "SESAME"
    opened = server(tier, LIMITS)
    opened.prepare()
    yield opened
    opened.close()
    del os.environ["ATTACK_SECRET"]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_fails(attack: Attack, tier: Tier, victim: WarmServer, world: World) -> None:
    assert_fails(attack, tier, victim, world)


def assert_fails(attack: Attack, tier: Tier, victim: WarmServer, world: World) -> None:
    if tier not in attack.tiers:
        pytest.skip(f"{tier} does not claim to stop it")
    world.before = world.state()
    started = time.monotonic()
    answer = victim.run(PRELUDE + world.names(victim) + "\n" + attack.code, (), attack.timeout)
    assert b"WON" not in answer.output
    assert time.monotonic() - started < attack.timeout + 90
    assert len(answer.output) <= LIMITS.output
    assert answer.header["memory"] < LIMITS.memory
    if attack.name in LIES:
        assert not answer.header["ended"]
    if attack.name == "daemon":
        time.sleep(0.3)
    world.check()
    after = victim.run(NEXT, (), 90.0)
    assert after.header["ended"]
    assert told(after)["values"]["left"]["items"] == []  # type: ignore[index]


HARMLESS = (
    "secret-file", "write-outside", "make-folder-outside", "mode-outside", "symbolic-link-out",
    "hard-link-out", "tcp", "udp", "unix-socket", "abstract-socket", "listen", "signal-owner",
    "files-of-others", "limits-of-others", "memory-bomb-in-processes", "fork-bomb", "daemon",
)  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_the_attack_would_succeed_where_nothing_stops_it(name: str, tmp_path: Path) -> None:
    attack = next(attack for attack in ATTACKS if attack.name == name)
    world = World(tmp_path)
    victim = server("rlimits", Limits(tasks=2000))
    try:
        answer = victim.run(PRELUDE + world.names(victim) + "\n" + attack.code, (), 90.0)
        time.sleep(0.3)
    finally:
        victim.close()
    with pytest.raises(AssertionError):
        assert b"WON" not in answer.output
        world.check()


LIES = {
    "fake-report", "fake-exit", "exit-in-handler", "frames-and-collector", "patched-harness",
    "profiled-harness", "deep-report", "large-report", "fake-failure-of-the-harness",
    "fake-failure-with-a-clean-exit", "fake-failure-of-an-adapter",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LIES))
def test_a_server_that_is_not_prepared_for_many_runs_is_not_deceived(
    name: str, tier: Tier, world: World
) -> None:
    attack = next(attack for attack in ATTACKS if attack.name == name)
    victim = server(tier, LIMITS)
    try:
        assert_fails(attack, tier, victim, world)
    finally:
        victim.close()


@pytest.mark.parametrize("name", sorted(name for name in LIES if name.startswith("fake-")))
def test_no_program_makes_itself_one_that_cannot_be_judged(
    name: str, tier: Tier, victim: WarmServer, world: World
) -> None:
    attack = next(attack for attack in ATTACKS if attack.name == name)
    answer = victim.run(PRELUDE + world.names(victim) + "\n" + attack.code, (), 90.0)
    run = to_run(Job(attack.code, Environment("json", "0", "3.12")), answer, tier)
    assert (run.status, run.exception) == ("killed", "exit")
    assert "before its end" in run.message


def test_a_failure_that_the_server_saw_is_ours() -> None:
    if not offered("bwrap"):
        pytest.skip("this machine offers no bwrap")
    victim = server("bwrap", Limits(tasks=-5))  # more than any limit that may be set
    try:
        answer = victim.run("x = 1", (), 90.0)
    finally:
        victim.close()
    run = to_run(Job("x = 1", Environment("json", "0", "3.12")), answer, "bwrap")
    assert run.status == "error"
    assert run.message.startswith("the sandbox failed: ValueError")


def test_an_answer_cannot_blame_an_adapter_where_its_reference_ran(
    tier: Tier, victim: WarmServer
) -> None:
    code = "import atexit, os\n"
    code += 'def lie():\n    os.write(3, b\'{"adapter": "x"}\')\n    os._exit(0)\n'
    code += "atexit.register(lie)\n"
    environment = Environment("json", "0", "3.12")
    entry = Entry("json", "==0", "", "", "x = 1", "x = 2")
    reference = to_run(Job("x = 2", environment), victim.run("x = 2", (), 90.0), tier)
    run = to_run(Job(code, environment), victim.run(code, (), 90.0), tier)
    assert (run.status, run.exception) == ("error", "adapter")
    assert judge_candidate(entry, code, run, reference).passed is False
    assert outcome_of(run, "word").status == "failed"


def test_there_are_enough_attacks() -> None:
    assert len({attack.code for attack in ATTACKS}) == len(ATTACKS) >= 30


SIT = """
import os, socket, tempfile, time
SECRET = "SESAME OF A SIBLING"
open("sibling-file", "w").write(SECRET)
try:
    left, right = socket.socketpair()
except OSError:
    pass
print("sitting", flush=True)
for _ in range(80):
    time.sleep(0.05)
alive = open("sibling-file").read()
"""
SEARCH = """
found = []
for path in glob.glob("/proc/[0-9]*"):
    pid = int(path[6:])
    if pid != os.getpid():
        found.append(pid)
        for action in (lambda: os.kill(pid, 9), lambda: open(path + "/mem", "rb").read(1),
                       lambda: open(path + "/environ", "rb").read(1)):
            tried(action)
for pid in range(2, 400):
    tried(os.kill, pid, 9)
for top in {"/tmp", "/dev/shm", "/var/tmp", os.path.dirname(os.getcwd()), "/run"} - {"/"}:
    for folder, folders, files in os.walk(top):
        for name in files:
            text = tried(lambda: open(os.path.join(folder, name), "rb").read(100)) or b""
            if b"SESAME" in text and folder != os.getcwd(): won(folder)
"""


def test_two_programs_of_one_batch_do_not_meet(tier: Tier, world: World) -> None:
    if tier == "rlimits":
        pytest.skip("rlimits does not claim to keep programs apart")
    first, second = server(tier, LIMITS), server(tier, LIMITS)
    try:
        answers = {}
        sitting = threading.Thread(
            target=lambda: answers.update(sat=first.run(PRELUDE + SIT, (), 120.0))
        )
        sitting.start()
        time.sleep(0.5)
        searched = second.run(PRELUDE + world.names(first) + SEARCH, (), 90.0)
        sitting.join()
        assert b"WON" not in searched.output
        assert searched.header["ended"]
        assert told(answers["sat"])["values"]["alive"]["value"] == "SESAME OF A SIBLING"  # type: ignore[index]
        if tier == "bwrap":
            assert told(searched)["values"]["found"]["items"] == []  # type: ignore[index]
    finally:
        first.close()
        second.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.getuid() != 0, reason="the whole suite runs as an ordinary user already")
@pytest.mark.parametrize("file", ["test_attacks.py", "test_attacks_of_wheels.py"])
def test_the_same_as_an_ordinary_user(file: str) -> None:
    python = ordinary_python()
    if python is None:
        pytest.skip("an ordinary user can start no Python with these packages here")
    with tempfile.TemporaryDirectory(prefix="ordinary-", dir="/var/tmp") as home:
        os.chown(home, 65534, 65534)
        done = subprocess.run(
            [
                python, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-x",
                str(Path(__file__).with_name(file)),
            ],
            cwd=Path(__file__).parent.parent,
            env={
                "HOME": home, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": os.pathsep.join(p for p in sys.path if "site-packages" in p),
                "RECODE_DATA_CACHE": f"{home}/cache", "TMPDIR": home,
            },
            user=65534, group=65534, extra_groups=[],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout


def ordinary_python() -> str | None:
    """Return a Python of this version that an ordinary user may run."""
    name = "python{}.{}".format(*sys.version_info)
    for candidate in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        try:
            done = subprocess.run(
                [candidate, "-c", "import json"],
                user=65534, group=65534, extra_groups=[], capture_output=True, check=False,
            )  # fmt: skip
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    return None


FIND = """
import ctypes, re
for line in open("/proc/self/maps"):
    parts = line.split()
    first, last = (int(number, 16) for number in parts[0].split("-"))
    if "r" in parts[1] and not parts[-1].startswith("[v"):
        content = (ctypes.c_char * (last - first)).from_address(first)
        for found in re.finditer(b"left[_]behind", content):  # itself no such text
            print(content[found.start() : found.end() + 20])
"""
LEAVING = """
left_behind_name = "left_behind_" + "x" * 9
print(("left_behind " * 9 + chr(10)) * {})
"""


@pytest.mark.parametrize("tier", ["bwrap", "landlock", "rlimits"])
def test_nothing_of_another_run_is_in_the_memory_of_a_run(tier: Tier) -> None:
    if reason := why_not(tier):
        pytest.skip(reason)
    warm = server(tier, LIMITS)
    try:
        own = warm.run(f"kept = 'left_behind it'\n{FIND}", (), 60.0)
        if not own.header["ended"]:
            pytest.skip("a run cannot look at its own memory here")
        assert b"left_behind it" in own.output  # it finds what is there
        for size in (1, 100, 20_000):
            ran = warm.run(LEAVING.format(size), ("json",), 60.0)
            assert ran.header["ended"] and b"left_behind" in ran.output
            assert b"left_behind_name" in ran.report
        for prepared in (False, True):
            if prepared:
                warm.prepare()
                warm.run(LEAVING.format(50), (), 60.0)
            answer = warm.run(FIND, (), 60.0)
            assert answer.header["ended"], answer
            assert answer.output == b""
    finally:
        warm.close()
