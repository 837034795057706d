"""The executor runs programs, says what they did, and never fails for what they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from execution import bare_environment

from recode_data.execute import Executor, Job, warm
from recode_data.execute.sandbox import Limits, Tier
from recode_data.execute.selftest import why_not
from recode_data.execute.target import scratch
from recode_data.records import Environment, Run


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("RECODE_DATA_CACHE")
    os.environ["RECODE_DATA_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["RECODE_DATA_CACHE"]
    else:
        os.environ["RECODE_DATA_CACHE"] = before


@pytest.fixture(scope="module")
def environment(cache: Path) -> Environment:
    return bare_environment()


@pytest.fixture(scope="module")
def executor(environment: Environment) -> Iterator[Executor]:
    with Executor(jobs=2) as opened:
        yield opened


def run(executor: Executor, environment: Environment, code: str, **more: object) -> Run:
    return executor.run_one(Job(code, environment, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("x = 1", ("clean", "", 0)),
        ("x = 1\n1 / 0", ("raised", "ZeroDivisionError", 2)),
        ("def f(:", ("raised", "SyntaxError", 1)),
        ("import sys\nsys.exit(0)", ("raised", "SystemExit", 2)),
        ("import os\nos._exit(0)", ("killed", "exit", 0)),
        ("import ctypes\nctypes.string_at(0)", ("killed", "SIGSEGV", 0)),
        ("def f(): f()\nf()", ("raised", "RecursionError", 1)),
        ("raise KeyboardInterrupt", ("raised", "KeyboardInterrupt", 1)),
        ("import no_such_module", ("raised", "ModuleNotFoundError", 1)),
    ],
)
def test_a_run_says_how_it_ended(
    executor: Executor, environment: Environment, code: str, end: tuple[str, str, int]
) -> None:
    done = run(executor, environment, code)
    assert (done.status, done.exception, done.line) == end


def test_a_null_character_is_the_programs_fault(
    executor: Executor, environment: Environment
) -> None:
    assert run(executor, environment, "x = 1\n\0").status == "raised"


def test_an_endless_program_is_stopped_in_time(
    executor: Executor, environment: Environment
) -> None:
    started = time.monotonic()
    assert run(executor, environment, "while True: pass", timeout=0.5).status == "timeout"
    assert run(executor, environment, "import os\nos.close(1); os.close(3)\nwhile 1: pass",
               timeout=0.5).status == "timeout"  # fmt: skip
    assert time.monotonic() - started < 120


def test_output_and_values_are_kept(executor: Executor, environment: Environment) -> None:
    done = run(executor, environment, "x = {'a': (1, 2.5)}\n_y = 1\nimport os\nprint('hé', x)")
    assert done.stdout == "hé {'a': (1, 2.5)}\n"
    assert list(done.values) == ["x"]


def test_warnings_carry_the_line_of_the_program(
    executor: Executor, environment: Environment
) -> None:
    code = (
        "import warnings\n"
        "text = 'def old(): warnings.warn(\"old is old\", DeprecationWarning, stacklevel=2)'\n"
        "exec(compile(text, 'library.py', 'exec'))\n"
        "\n"
        "x = (1,\n"
        "     old())\n"
        "old()\n"
    )
    done = run(executor, environment, code)
    assert {(w.category, w.message) for w in done.warnings} == {
        ("DeprecationWarning", "old is old")
    }
    assert [w.line for w in done.warnings] == [6, 7]


def test_all_jobs_come_back_once(executor: Executor, environment: Environment) -> None:
    jobs = [Job(f"x = {i}", environment) for i in range(300)]
    seen = {job.code: done.values["x"]["value"] for job, done in executor.run(iter(jobs))}
    assert seen == {f"x = {i}": i for i in range(300)}


def test_a_consumer_that_stops_leaves_nothing_queued(
    executor: Executor, environment: Environment
) -> None:
    results = executor.run(Job(f"x = {i}", environment) for i in range(10_000))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert run(executor, environment, "x = 1").status == "clean"


def test_an_environment_that_cannot_be_made_is_an_error_of_the_run(executor: Executor) -> None:
    job = Job("x = 1", Environment("json", "1", "2.9"))
    done = executor.run_one(job)
    assert done.status == "error"
    assert "2.9" in done.message


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("x = 1", ("clean", "")),
        ("raise AssertionError('too new a Python')", ("error", "EnvironmentUnusable")),
        ("import no_such_module", ("error", "EnvironmentUnusable")),
        ("raise MemoryError", ("clean", "")),
        (None, ("clean", "")),
    ],
)
@pytest.mark.parametrize("more", [{}, {"fresh": True, "imports": ("library",)}])
def test_a_library_that_cannot_be_imported_is_no_fault_of_the_program(
    *,
    environment: Environment,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str | None,
    end: tuple[str, str],
    more: dict[str, object],
) -> None:
    place = next((cache / "environments" / environment.id).glob("lib/python*/site-packages"))
    module = place / "library.py"
    monkeypatch.setattr(warm, "preloaded", lambda environment: ("library", "wave"))
    try:
        if source is not None:
            module.write_text(source, encoding="utf-8")
        with Executor(jobs=1) as executor:
            done = run(executor, environment, "x = 1", **more)
            again = run(executor, environment, "x = 2", **more)
    finally:
        module.unlink(missing_ok=True)
    assert (done.status, done.exception) == (again.status, again.exception) == end
    assert ("library cannot be imported with json 0" in done.message) == (end[0] == "error")


def test_a_fresh_run_has_its_own_seed_and_folder(
    executor: Executor, environment: Environment
) -> None:
    code = "import os, sys\nseed = hash('a')\nfolder = os.getcwd()\nwarm = 'json' in sys.modules"
    warm = run(executor, environment, code)
    first = run(executor, environment, code, fresh=True, seed=1)
    second = run(executor, environment, code, fresh=True, seed=2)
    assert first.values["folder"] != warm.values["folder"]
    assert len({str(r.values["seed"]) for r in (warm, first, second)}) == 3


def test_fresh_runs_with_the_same_imports_share_a_second_server(environment: Environment) -> None:
    code = (
        "import sys, os\nseed = hash('a')\nfolder = os.getcwd()\ncame = open('left', 'x').name\n"
        "had = [name for name in ('wave', 'chunk', 'colorsys', 'fnmatch') if name in sys.modules]\n"
        "sys.modules['colorsys'] = None"
    )
    second = {"fresh": True, "seed": 20, "imports": ("wave", "no_such_module")}
    with Executor(jobs=1) as executor:
        usual = run(executor, environment, code)
        runs = [run(executor, environment, f"{code}\nx = {n}", **second) for n in range(3)]
        assert {job for job, _ in executor._servers._idle.values()} == {
            (environment.id, 0, ()),
            (environment.id, 20, ("wave", "no_such_module")),
        }
    assert {str(r.values["had"]) for r in runs} == {str(runs[0].values["had"])}
    assert "wave" in str(runs[0].values["had"]) and "colorsys" not in str(runs[0].values["had"])
    assert runs[0].values["seed"] != usual.values["seed"]
    assert runs[0].values["folder"] != usual.values["folder"]
    assert {r.status for r in (usual, *runs)} == {"clean"}


@pytest.mark.parametrize("more", [{}, {"fresh": True}, {"fresh": True, "imports": ("wave",)}])
def test_a_program_may_collect_the_garbage_of_the_harness(
    executor: Executor, environment: Environment, more: dict[str, object]
) -> None:
    done = run(executor, environment, "import gc\ngc.collect()\nx = 1", **more)
    assert (done.status, done.message) == ("clean", "")


def test_a_server_that_is_killed_is_replaced(executor: Executor, environment: Environment) -> None:
    together = [executor.submit(Job("import time\ntime.sleep(0.3)", environment)) for _ in range(2)]
    assert [f.result().status for f in together] == ["clean"] * 2
    for _ in range(5):
        for _, server in list(executor._servers._idle.values()):
            os.killpg(server.process.pid, signal.SIGKILL)
        done = [r.status for _, r in executor.run(Job(f"x = {i}", environment) for i in range(8))]
        assert done == ["clean"] * 8


def test_a_server_that_answers_at_the_second_try_serves_the_next_job(
    executor: Executor, environment: Environment
) -> None:
    assert run(executor, environment, "x = 1").status == "clean"
    kept, broken = [], os.pipe()
    os.close(broken[0])
    for _, server in list(executor._servers._idle.values()):
        fd = server.process.stdin.fileno()  # type: ignore[union-attr]
        kept.append(os.dup(fd))  # it lives on, and nothing reaches it
        os.dup2(broken[1], fd)
    assert run(executor, environment, "x = 2").status == "clean"
    for fd in (*kept, broken[1]):
        os.close(fd)
    left = [server for _, server in executor._servers._idle.values()]
    assert left  # the last one answered; those whose input ended just now may be ending
    assert left[-1].process.poll() is None


OWNER = """
import sys
sys.path.insert(0, {tests!r})
from execution import bare_environment
from recode_data.execute import Executor, Job
from recode_data.execute.sandbox import Limits
from recode_data.execute.selftest import why_not
from recode_data.execute.target import scratch
executor = Executor(jobs=1, tier={tier!r})
future = executor.submit(Job("import time\\nprint('up', flush=True)\\ntime.sleep(600)",
                             bare_environment(), timeout=500))
import time
while not executor._servers._busy: time.sleep(0.05)
time.sleep(0.5)
print(*[s.process.pid for s in executor._servers._busy.values()], flush=True)
time.sleep(600)
"""


def test_what_a_program_waits_for_a_core_is_not_its_time(environment: Environment) -> None:
    """On a machine that is busy with other things a program takes longer and is not late."""
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("this kernel does not tell how long a process waited")
    code = "import time\nstarted = time.process_time()\n"
    code += "while time.process_time() - started < 0.5: pass\ndone = True"
    core = min(os.sched_getaffinity(0))
    busy = f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    kept = os.sched_getaffinity(0)
    others = [subprocess.Popen([sys.executable, "-c", busy]) for _ in range(2)]
    try:
        os.sched_setaffinity(0, {core})
        with Executor(jobs=1) as executor:
            done = run(executor, environment, code, timeout=1.0)
            late = run(executor, environment, "while True: pass", timeout=0.5)
    finally:
        os.sched_setaffinity(0, kept)
        for other in others:
            other.kill()
            other.wait()
    assert (done.status, late.status) == ("clean", "timeout")


def descendants(pid: int) -> set[int]:
    """Return the processes of ``pid``'s session; a fork server starts one of its own."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == pid or int(fields[1]) == pid:
            found.add(int(stat.parent.name))
    return found


@pytest.mark.parametrize("tier", ["bwrap", "landlock"])
def test_nothing_outlives_an_owner_that_is_killed(tier: str, environment: Environment) -> None:
    code = OWNER.format(tests=str(Path(__file__).parent), tier=tier)
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    session = int(owner.stdout.readline())
    family = descendants(session)
    inside = {child for pid in family for child in descendants(pid)} | family
    assert inside
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 120
    while any(Path(f"/proc/{pid}").exists() for pid in inside):
        assert time.monotonic() < deadline, inside
        time.sleep(0.05)


def test_leaving_the_block_does_not_wait_for_programs(environment: Environment) -> None:
    started = time.monotonic()
    with Executor(jobs=1) as executor:
        executor.submit(Job("import time\ntime.sleep(300)", environment, timeout=400))
        while not executor._servers._busy:
            time.sleep(0.01)
    assert time.monotonic() - started < 120


INTERRUPTED = """
import sys
sys.path.insert(0, {tests!r})
from execution import bare_environment
from recode_data.execute import Executor, Job
from recode_data.execute.sandbox import Limits
from recode_data.execute.selftest import why_not
from recode_data.execute.target import scratch
environment = bare_environment()
try:
    with Executor(jobs=2) as executor:
        jobs = (Job("import time\\ntime.sleep(60)", environment, timeout=100) for _ in range(9))
        print("up", flush=True)
        for job, run in executor.run(jobs):
            print(run.status)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def test_an_interrupt_ends_everything_at_once(environment: Environment) -> None:
    code = INTERRUPTED.format(tests=str(Path(__file__).parent))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    time.sleep(2)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert said == "stopped\n"
    assert process.returncode == 0
    assert time.monotonic() - started < 120


def test_what_a_server_compiles_is_kept_for_the_next(environment: Environment, cache: Path) -> None:
    place = cache / "environments" / environment.id
    packages = next(place.glob("lib/python*/site-packages"))
    (packages / "kept.py").write_text("x = 1\n", encoding="utf-8")
    job = Job("import kept\nx = kept.x", environment, fresh=True, imports=("kept",))
    with Executor(jobs=1) as executor:
        first = executor.run_one(job)
    compiled = next((packages / "__pycache__").glob("kept.*.pyc"))
    written = compiled.stat().st_mtime_ns
    with Executor(jobs=1) as executor:
        second = executor.run_one(job)
    assert first.values == second.values == {"x": {"type": "int", "value": 1}}
    assert compiled.stat().st_mtime_ns == written


def test_a_folder_nested_deeper_than_any_path_is_removed(tmp_path: Path) -> None:
    top, here = tmp_path / "top", Path.cwd()
    (top / "closed").mkdir(parents=True)
    (top / "closed" / "file").touch()
    (top / "outside").symlink_to(tmp_path)
    (top / "closed").chmod(0)
    os.chdir(top)
    try:
        for _ in range(3000):
            Path("inner").mkdir()
            os.chdir("inner")
            Path("file").touch()
    finally:
        os.chdir(here)
    scratch.remove(str(top))
    assert list(tmp_path.iterdir()) == []
    scratch.remove(str(top))


def test_what_a_run_writes_to_disk_is_limited(environment: Environment) -> None:
    code = (
        "import time\nfor n in range(400):\n"
        "    with open('part%d' % n, 'wb') as file:\n"
        "        file.write(bytes(1 << 20))\n"
        "    time.sleep(0.02)\n"
    )
    if why_not("landlock"):
        pytest.skip("this machine offers no Landlock")
    with Executor(jobs=1, limits=Limits(tmp=16 << 20), tier="landlock") as executor:
        done = run(executor, environment, code, timeout=120.0)
        assert (done.status, done.exception) == ("killed", "full")
        assert run(executor, environment, "x = 1").status == "clean"


PLACES = """
import os, sys, tempfile, warnings
import placed
here, there = os.getcwd(), placed.__file__
raw = os.getcwdb()
both = {here: [there, os.environ["HOME"], os.environ["TMPDIR"]]}
file = open("left.txt", "w")
kept = open("/tmp/named.txt", "w")
named = kept.name, os.path.exists(b"/tmp/named.txt"), os.path.exists("named.txt")
many = "named.txt" in os.listdir(f"/tmp/{'.'}")
print(here, here + "0", [here], there, file)
print(os.path.dirname(tempfile.mkstemp()[1]), tempfile.gettempdir(), sys.prefix)
warnings.warn("in " + here)
raise OSError("no " + there + " in " + here)
"""


def test_paths_are_the_same_in_every_tier(environment: Environment, cache: Path) -> None:
    place = cache / "environments" / environment.id
    module = next(place.glob("lib/python*/site-packages")) / "placed.py"
    module.write_text("", encoding="utf-8")
    there = f"/environment/{module.relative_to(place)}"
    clean, _, _ = PLACES.rpartition("raise")
    tiers: list[Tier] = ["rlimits"]
    tiers += [tier for tier in ("bwrap", "landlock") if not why_not(tier)]
    found = []
    for tier in tiers:
        with Executor(jobs=1, tier=tier) as executor:
            runs = [run(executor, environment, code) for code in (PLACES, clean, PLACES)]
            elsewhere = run(executor, environment, clean, fresh=True)
        assert elsewhere.status == "clean", elsewhere
        assert elsewhere.values["here"]["value"] == "/tmp/elsewhere"
        assert [done.status for done in runs] == ["raised", "clean", "raised"]
        found += [
            (done.exception, done.message, done.stdout, done.warnings, done.values)
            for done in (runs[0], runs[2])
        ]
        found.append(("", "", runs[1].stdout, runs[1].warnings, runs[1].values))
    raised, again, ended = found[:3]
    assert all(one in (raised, ended) for one in found)
    assert raised == again
    assert raised[1] == f"no {there} in /tmp"
    assert raised[3][0].message == "in /tmp"
    assert raised[2].splitlines()[0].startswith(f"/tmp /tmp0 ['/tmp'] {there} <_io.TextIOWrapper")
    assert raised[2].splitlines()[1] == "/tmp /tmp /environment"
    assert ended[4]["raw"]["value"] == b"/tmp".hex()
    assert [part["value"] for part in ended[4]["named"]["items"]] == ["/tmp/named.txt", True, True]
    assert ended[4]["many"]["value"] is True
    assert "/scratch/" not in str(found) and "run-" not in str(found)
