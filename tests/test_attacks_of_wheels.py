"""A hostile wheel gets nowhere when it is introspected: nothing of it runs outside the sandbox, and
what it answers is believed in no field."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from attacks import ATTACKS, PRELUDE, Attack
from test_attacks import LIMITS, World, tier, world
from wheels import environment_of, make_wheel, only_wheels_of

from recode_data.api import introspection
from recode_data.api.introspection import introspect
from recode_data.errors import EnvironmentFailed
from recode_data.execute import Executor, Job, ensure
from recode_data.execute.job import PROBE, Probe
from recode_data.execute.sandbox import Limits, Tier
from recode_data.records import Environment

__all__ = ["tier", "world"]

SMALL = Limits(LIMITS.memory, LIMITS.file, LIMITS.tmp, LIMITS.cpu, LIMITS.tasks, 64 << 10, 4 << 20)

WON = """
def won(what=""):
    globals()["won"] = sys.won_by_wheel = str(what) or "won"
"""
"""While a package is introspected, what a package prints is lost; a name that it has is not."""
SOUND = "def fine(a, b=1):\n    '''Do.'''\n"
START = """
sys.won = []
def attempt(name, action):
    if tried(action):
        sys.won.append(name)
attempt("secret", lambda: open(SECRET).read())
attempt("outside", lambda: open(OUTSIDE + "/start", "w"))
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", TCP), 2))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("unix", lambda: socket.socket(socket.AF_UNIX).connect(UNIX) or True)
attempt("signal", lambda: os.kill(OWNER, 0) or True)
attempt("process", lambda: os.system("true") == 0)
"""
"""What a wheel does at each start of the interpreter, before anything is imported."""
STARTED = """
import sys
__all__ = ["fine", *("won_" + name for name in sys.won)]
for name in __all__[1:]:
    globals()[name] = 1
"""
LIES = {
    "other_types": "{'modules': {'lie_other_types': []}, 'objects': {}}",
    "names_are_numbers": "{'modules': MODULE('lie_names_are_numbers', listed=[1]), 'objects': {}}",
    "unknown_field": "{'modules': MODULE('lie_unknown_field', more=1), 'objects': {}}",
    "missing_field": "{'modules': MODULE('lie_missing_field')}",
    "another_package": "{'modules': MODULE('os'), 'objects': {}}",
    "endless_name": "{'modules': MODULE('lie_endless_name.' + 'x' * 10000), 'objects': {}}",
    "no_object": "[]",
    "many_members": "{'modules': MODULE('lie_many_members'), 'objects': dict("
    "[('b', {'members': {str(i): '' for i in range(10000)}})]"
    " + [('c%d' % i, {'bases': ['b']}) for i in range(1000)])}",
    "endless_answer": "{'modules': MODULE('lie_endless_answer'), 'objects': 'x' * (8 << 20)}",
}
LIE = """
import json
def MODULE(name, **more):
    return {name: dict({"listed": [], "names": {}, "warns": {}, "hidden": []}, **more)}
TEXT = json.dumps(ANSWER)
json.dumps = lambda *a, **k: TEXT
"""
TEXTS = {"deep": "'[' * 1000000", "no_json": "'{1, 2}'", "half_a_pair": "'[\"\\\\ud800\"]'"}
ON_IMPORT = {
    *("secret-file", "secret-environment", "environment-of-others", "memory-of-others"),
    *("trace-others", "files-of-others", "write-outside", "make-folder-outside"),
    *("remove-outside", "rename-outside", "truncate-outside", "times-outside"),
    *("attribute-outside", "write-in-environment", "symbolic-link-out", "hard-link-out"),
    *("proc-root", "kernel-settings", "devices", "tcp", "udp", "unix-socket", "netlink"),
    *("abstract-socket", "packet-socket", "listen", "signal-owner", "exec", "spawn"),
    *("become-root", "odd-calls", "signal-parent", "signal-all"),
}
"""What a fork server stops while it imports a library; its children are stopped from more."""
INSIDE = "the other is bubblewrap's own process inside, without a capability or a secret"
OPEN = {
    ("bwrap", "files-of-others"): INSIDE,
    ("bwrap", "memory-of-others"): INSIDE,
    ("bwrap", "signal-parent"): INSIDE,
    ("landlock", "write-in-environment"): "it may change modes, as the README says",
}
"""What is open to the server of an owner who is not root."""
REMOUNT = """
for place in ("/environment", "/harness", "/usr", sys.prefix, sys.base_prefix):
    libc.mount(b"none", place.encode(), None, 32 | 4096, None)
    libc.syscall(442, -100, place.encode(), 0, struct.pack("QQQQ", 0, 1, 0, 0), 32)
    if tried(open, place + "/attack", "w"): won(place)
tried(os.mkdir, "/tmp/again")
for flags in (0, 2 | 4, 1 | 2 | 4 | 8):
    libc.mount(b"proc", b"/tmp/again", b"proc", flags, None)
    libc.umount2(b"/proc/sys", 2)
    for top in ("/tmp/again", "/proc"):
        if tried(open, top + "/sys/kernel/core_pattern", "r+"): won(top)
if libc.unshare(0x10000000) == 0: won("user namespace")
"""
"""The server may mount: that must not open what is mounted for reading only."""
OTHERS = {
    "sound": SOUND,
    "threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(9999,)).start()\n"
    + SOUND,
    "never_ends": "while True: pass",
    "leaves": "import os\nos._exit(0)",
    "raises": "raise ImportError('first\\x1b[31m line\\nsecond')",
    "exits": "raise SystemExit(0)",
    "floods": "import os\nwhile True: os.write(3, b'x' * 65536)",
    "claims": "import json, os\nanswer = {'modules': {'claims': {'listed': None, 'names':"
    " {'claimed': 'claims:claimed'}, 'warns': {}, 'hidden': []}}, 'objects': {}}\n"
    "for fd in range(3, 64):\n    try: os.write(fd, bytes(16) + json.dumps(answer).encode())\n"
    "    except OSError: pass\nos._exit(0)",
    "journal": "import os\nfor fd in range(3, 64):\n"
    "    try: os.write(fd, b'> get \\x1b[31m.step %d\\n' % len(introspect.KNOWN))\n"
    "    except Exception: pass\nos._exit(0)",
}


@pytest.fixture(scope="module")
def environment(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment of one wheel with a package for each attack."""
    given = {
        "SECRET": str(world.secret), "OUTSIDE": str(world.outside), "OWNER": os.getpid(),
        "TCP": world.tcp, "UDP": world.udp, "UNIX": world.unix, "ABSTRACT": world.abstract,
        "MARK": str(world.outside / "mark"), "THREADS": 4 * LIMITS.tasks,
    }  # fmt: skip
    aims = "\n".join(f"{key} = {value!r}" for key, value in given.items())
    before = f"{PRELUDE}\n{aims}\nSERVER = os.getppid()\n{WON}\n"
    files = {f"{module_of(a)}/__init__.py": before + a.code for a in ATTACKS}
    for name, lie in LIES.items():
        files[f"lie_{name}/__init__.py"] = LIE.replace("ANSWER", lie)
    for name, text in TEXTS.items():
        files[f"lie_{name}/__init__.py"] = f"import json\njson.dumps = lambda *a, **k: {text}"
    files |= {f"{name}/__init__.py": text for name, text in OTHERS.items()}
    files["attack_remount/__init__.py"] = f"{before}import struct\n{REMOUNT}"
    starting = {"at_start.py": before + START, "at_start.pth": "import at_start\n"}
    starting |= {"sitecustomize.py": "import at_start\n", "start.py": STARTED + SOUND}
    wheels = tmp_path_factory.mktemp("wheels")
    make_wheel(wheels, "hostile", files)
    make_wheel(wheels, "start", starting)
    make_wheel(wheels, "second", {"second.py": ""})
    make_wheel(wheels, "old", {"old.py": ""}, needs="second (>=2011k)")  # is installed by itself
    with pytest.MonkeyPatch.context() as patch:
        only_wheels_of(wheels, tmp_path_factory.mktemp("cache"), patch)
        patch.setenv("ATTACK_SECRET", "SESAME")
        yield environment_of("hostile")


@pytest.fixture(scope="module")
def executor(tier: Tier, environment: Environment) -> Iterator[Executor]:
    with Executor(jobs=1, tier=tier) as opened:
        yield opened


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(introspection, "LIMITS", SMALL)
    monkeypatch.setattr(introspection, "PATIENCE", 20.0)


def module_of(attack: Attack) -> str:
    return f"attack_{attack.name.replace('-', '_')}"


def introspected(executor: Executor, environment: Environment, package: str) -> dict[str, Any]:
    """Return what a package is said to be, and an empty snapshot with the reason if nothing."""
    try:
        found: dict[str, Any] = json.loads(introspect(executor, environment, package))
    except EnvironmentFailed as error:
        return {"modules": {}, "reason": error.message}
    return found


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_on_import_fails(
    attack: Attack, tier: Tier, executor: Executor, environment: Environment, world: World
) -> None:  # fmt: skip
    if tier not in attack.tiers:
        pytest.skip(f"{tier} does not claim to stop it")
    introspection.PATIENCE = attack.timeout
    world.before = world.state()
    started = time.monotonic()
    found = introspected(executor, environment, module_of(attack))
    assert time.monotonic() - started < 3 * attack.timeout + 90
    for module in found["modules"].values():
        assert module["names"].get("won", "=function") != "=str"
    if attack.name == "daemon":
        time.sleep(0.3)
    world.check()


def test_what_a_wheel_does_at_the_start_of_an_interpreter_is_shut_in(
    tier: Tier, executor: Executor, environment: Environment, world: World
) -> None:
    alone, more = environment_of("start"), environment_of("start", "second")

    def listed(place: Environment) -> list[str]:
        found: list[str] = introspected(executor, place, "start")["modules"]["start"]["listed"]
        return found

    if tier != "rlimits":
        assert listed(alone) == listed(more) == ["fine"]
        world.check()
        return
    # where nothing stops it, it does all that
    assert len(listed(alone)) == START.count("attempt(")
    (world.outside / "start").unlink()
    time.sleep(0.3)
    world.received.clear()


@pytest.mark.parametrize("name", sorted([*ON_IMPORT, "remount"]))
def test_an_attack_fails_where_the_fork_server_imports_the_library(
    name: str, tier: Tier, executor: Executor, environment: Environment, world: World
) -> None:
    if tier == "rlimits":
        pytest.skip("rlimits does not claim to stop it")
    if os.getuid() and (tier, name) in OPEN:
        pytest.skip(OPEN[tier, name])
    world.before = world.state()
    package = f"attack_{name.replace('-', '_')}"
    code = f"import sys\nimported = {package!r} in sys.modules\n"
    code += "won = getattr(sys, 'won_by_wheel', '')"
    run = executor.run_one(Job(code, environment, fresh=True, imports=(package,)))
    if run.status == "clean":
        assert run.values["won"] == {"type": "str", "value": ""}
    world.check()


def test_nothing_of_a_wheel_runs_while_others_are_installed_beside_it(
    environment: Environment, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_NO_CACHE", "1")  # or uv remembers what it found out before
    made = ensure(environment_of("old", "start"))
    assert list(made.folder.glob("lib/python*/site-packages/at_start.pth"))
    assert list(made.folder.glob("lib/python*/site-packages/old.py"))
    world.check()


@pytest.mark.parametrize("name", [*LIES, *TEXTS])
def test_a_lie_is_no_snapshot(name: str, executor: Executor, environment: Environment) -> None:
    found = introspected(executor, environment, f"lie_{name}")
    assert found["modules"] == {}
    assert len(found["reason"]) < 500


@pytest.mark.parametrize("name", ["leaves", "raises", "exits", "claims", "journal"])
def test_a_package_that_tells_nothing_is_one_line(
    name: str, executor: Executor, environment: Environment
) -> None:
    found = introspected(executor, environment, name)
    assert found["modules"] == {}
    assert found["reason"].isprintable()
    if name == "raises":
        assert "ImportError: first[31m line second" in found["reason"]


@pytest.mark.parametrize("name", ["never_ends", "floods"])
def test_a_package_that_never_ends_is_ended(
    name: str, executor: Executor, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introspection, "PATIENCE", 2.0)
    started = time.monotonic()
    assert introspected(executor, environment, name)["modules"] == {}
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("name", ["sound", "threads"])
def test_a_package_that_can_be_introspected_is(
    name: str, executor: Executor, environment: Environment
) -> None:
    found = introspected(executor, environment, name)
    assert found["modules"][name]["names"]["fine"] == f"{name}:fine"
    parameters = [["a", "p", None, False, ""], ["b", "p", "1", False, ""]]
    assert found["objects"][f"{name}:fine"]["params"] == parameters


def test_a_probe_is_shut_in_as_any_program_is(
    tier: Tier, executor: Executor, environment: Environment
) -> None:
    reply = executor.ask(Probe("import os; answer = [os.getcwd(), dict(os.environ)]", environment))
    assert reply.status == "clean"
    folder, variables = json.loads(reply.answer)
    assert "ATTACK_SECRET" not in variables
    assert variables["HOME"] == folder
    assert tier != "bwrap" or folder == "/tmp"


def test_a_reply_tells_how_a_probe_ended(executor: Executor, environment: Environment) -> None:
    def ask(code: str, **more: Any) -> tuple[str, str, bytes]:
        reply = executor.ask(Probe(code, environment, **more))
        return reply.status, reply.exception, reply.answer

    assert ask("answer = {'a': [1, None]}") == ("clean", "", b'{"a": [1, null]}')
    assert ask("1 / 0") == ("raised", "ZeroDivisionError", b"")
    assert ask("x = 1") == ("killed", "exit", b"")
    assert ask("import os; os._exit(3)") == ("killed", "exit", b"")
    assert ask("while True: pass", timeout=1.0) == ("timeout", "", b"")
    small = Limits(report=1000)
    assert ask("answer = 'x' * 900", limits=small)[0] == "clean"
    assert ask("answer = 'x' * 1000", limits=small) == ("killed", "large", b"")
    printed = executor.ask(Probe("for n in range(99999): print(n)\nanswer = 1", environment))
    assert printed.output.endswith(b"99997\n99998\n")
    assert len(printed.output) == PROBE.output
    nowhere = Environment("nowhere", "1.0", environment.python)
    assert executor.ask(Probe("answer = 1", nowhere)).status == "error"
