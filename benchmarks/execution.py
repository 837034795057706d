"""Runs a second: a fresh process in bubblewrap against a forked child of a warm server.

    python benchmarks/execution.py [--seconds 20] [--workspace DIR] [numpy==1.26.4 …]

The programs are those of the entries of a workspace that come to their end in the version, 200
drawn with a fixed seed, or eleven written by hand that do what programs of the library do.

Prints, for each library, measured in turns in the same run: milliseconds of a fresh
process in an environment as installed and in one with the bytecode that servers keep, of an
empty child with the whole isolation, and of a real program in such a child (with tracing of
calls and encoding of values), and their ratios; then runs a second of
both ways on all cores, and the time an environment takes to make.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from recode_data.execute import Executor, Job, Limits, ensure, resolve
from recode_data.execute.environments import Made
from recode_data.execute.sandbox import Start, bubblewrap
from recode_data.execute.warm import PREPARE, WarmServer, preloaded
from recode_data.library import load_library
from recode_data.records import Environment

PROGRAMS = {
    "numpy": [
        "import numpy as np\na = np.array([1.5, 2.5, 3.0, 4.25])\nprint(np.cumsum(a))\nb = a.mean()",
        "import numpy as np\nx = np.linspace(0, 1, 7)\ny = np.trapezoid(x**2, x) if hasattr(np, 'trapezoid') else np.trapz(x**2, x)\nprint(y)",
        "import numpy as np\nrng = np.random.RandomState(3)\nm = rng.rand(4, 4)\nprint(np.linalg.det(m).round(6))\ninverse = np.linalg.inv(m)",
        "from numpy import array, isin\nfound = isin(array([1, 2, 5]), [2, 5, 7])\nprint(found)",
        "import numpy as np\nh, edges = np.histogram([1, 2, 1, 3, 4.5], bins=4, density=True)\nprint(h, edges)",
        "import numpy as np\na = np.arange(12).reshape(3, 4)\nprint(np.vstack([a, a[::-1]]))\nd = np.diff(a, axis=1)",
    ],
    "pandas": [
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3], 'b': list('xyx')})\nprint(df.groupby('b')['a'].sum())",
        "import pandas as pd\ns = pd.Series([3, 1, 2], index=list('abc'))\nprint(s.sort_values())\nt = s.map(lambda v: v * 2)",
        "import pandas as pd\na = pd.DataFrame({'k': [1, 2], 'v': [3, 4]})\nb = pd.DataFrame({'k': [2, 1], 'w': [5, 6]})\nm = a.merge(b, on='k')\nprint(m)",
        "import pandas as pd\ndf = pd.concat([pd.DataFrame({'a': [1]}), pd.DataFrame({'a': [2]})], ignore_index=True)\nprint(df.describe())",
        "import pandas as pd\nd = pd.date_range('2020-01-01', periods=4, freq='D')\ns = pd.Series(range(4), index=d)\nprint(s.resample('2D').sum())",
    ],
}
VERSIONS = ["numpy==1.26.4", "pandas==2.2.3"]
EMPTY = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=VERSIONS, help="name==version")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--workspace", type=Path, help="take its entries as programs")
    options = parser.parse_args()
    for what in options.what:
        name, _, version = what.partition("==")
        environment = resolve(load_library(name), version)
        made = ensure(environment)
        programs = PROGRAMS[name]
        if options.workspace:
            programs = that_end(made, from_workspace(options.workspace, name))
        print(f"{environment}: {len(programs)} programs, {os.cpu_count()} cores", flush=True)
        with as_installed(made) as plain:
            in_turns(made, plain, programs, options.seconds)
            throughput(made, plain, programs, options.seconds)
        creation(environment)


def from_workspace(folder: Path, name: str) -> list[str]:
    """Return the programs of a workspace's entries for a library."""
    from recode_data.records import Entry
    from recode_data.workspace import Workspace

    with Workspace.open(folder, read_only=True) as workspace:
        codes = sorted({e.new_code for e in workspace.all(Entry) if e.dependency == name})
    return random.Random(0).sample(codes, min(200, len(codes)))


def that_end(made: Made, programs: list[str]) -> list[str]:
    """Return those that come to their end in the environment: entries are of many versions."""
    found = []
    server = warm_server(made)
    for code in programs:
        answer = server.run(code, (), 10.0)
        if answer.header["ended"] and "exception" not in json.loads(answer.report):
            found.append(code)
    server.close()
    return found


def warm_server(made: Made) -> WarmServer:
    """Start the server of an environment."""
    package = preloaded(made.environment)
    return WarmServer(
        Start(made.interpreter.path, made.interpreter.prefix, made.folder, "bwrap", Limits(),
              package)
    )  # fmt: skip


def fresh(made: Made, code: str) -> float:
    """Run a program in a process of its own in bubblewrap, the way without a server.

    Returns its seconds of processor time, without bubblewrap's own.
    """
    code += "\nimport sys, time\nsys.stderr.write('\\n%f' % time.process_time())"
    return boxed(made, code)


def boxed(made: Made, code: str) -> float:
    """Run ``code`` in bubblewrap; return the number that it writes last to its stderr."""
    what = Start(made.interpreter.path, made.interpreter.prefix, made.folder, "bwrap", Limits())
    words = [*bubblewrap(what), "--setenv", "PYTHONPATH", site_packages(made), "--"]
    done = subprocess.run(
        [*words, str(made.interpreter.path), "-B", "-s", "-c", code],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    return float(done.stderr.split()[-1])


OWN = """
import sys, time
code, spent = {code!r}, []
for _ in range(31):
    started = time.process_time()
    try:
        exec(compile(code, "main.py", "exec"), {{"__name__": "__main__"}})
    except BaseException:
        pass
    spent.append(time.process_time() - started)
sys.stderr.write("\\n%f" % sorted(spent)[15])
"""


def own(made: Made, code: str) -> float:
    """Return the processor seconds of a program alone: compiled and run again and again in
    one process, where nothing is forked, shut in, traced or encoded."""
    return boxed(made, OWN.format(code=code))


@contextmanager
def as_installed(made: Made) -> Iterator[Made]:
    """Give the environment as the installer left it: without the bytecode that servers have
    kept in it, which a process of its own would have to compile each time."""
    with tempfile.TemporaryDirectory(dir=made.folder.parent, prefix=".plain-") as folder:
        plain = Path(folder) / "environment"
        shutil.copytree(
            made.folder, plain, symlinks=True, copy_function=os.link,
            ignore=shutil.ignore_patterns("__pycache__"),
        )  # fmt: skip
        yield replace(made, folder=plain)


def site_packages(made: Made) -> str:
    return f"/environment/lib/python{made.environment.python}/site-packages"


def in_turns(made: Made, plain: Made, programs: list[str], seconds: float) -> None:
    """Time the three ways in turns, so that a busy machine slows all of them alike."""
    environment, package = made.environment, preloaded(made.environment)
    server = warm_server(made)
    server.prepare()
    server.runs = PREPARE  # or it would be prepared once more in the middle
    times: dict[str, list[float]] = {"fresh": [], "compiled": [], "empty": [], "warm": []}
    used = dict.fromkeys(times, 0.0)
    alone: list[float] = []
    codes = cycle(programs)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        started = time.perf_counter()
        used["fresh"] += fresh(plain, next(codes))
        times["fresh"].append(time.perf_counter() - started)
        started = time.perf_counter()
        used["compiled"] += fresh(made, next(codes))
        times["compiled"].append(time.perf_counter() - started)
        alone.append(own(made, next(codes)))
        before = of_family(server.process.pid)
        times["empty"] += [timed(lambda: server.run(EMPTY, (), 10.0)) for _ in range(20)]
        between = of_family(server.process.pid)
        for code in islice(codes, 20):
            times["warm"].append(timed(lambda c=code: server.run(c, (package[0],), 10.0)))
        used["empty"] += between - before
        used["warm"] += of_family(server.process.pid) - between
    server.close()
    mean = {name: used[name] / len(times[name]) * 1000 for name in times}
    mine = statistics.mean(alone) * 1000
    middle = {name: statistics.median(found) * 1000 for name, found in times.items()}
    print(
        f"  one after another, median ms: fresh {middle['fresh']:.1f}, empty child"
        f" {middle['empty']:.2f}, program in a child {middle['warm']:.2f}\n"
        f"  program in a child: {middle['fresh'] / middle['warm']:.0f} times as fast as fresh,"
        f" {middle['compiled'] / middle['warm']:.0f} times as fast as one whose modules are compiled"
        f" already ({middle['compiled']:.1f} ms),"
        f" {middle['warm'] / middle['empty']:.2f} times the cost of an empty child"
        f" ({len(times['fresh'])} rounds; {environment.library})\n"
        f"  the same in processor time, mean ms: fresh {mean['fresh']:.1f}, empty {mean['empty']:.2f},"
        f" program {mean['warm']:.2f}: {mean['fresh'] / mean['warm']:.0f} times,"
        f" {mean['compiled'] / mean['warm']:.0f} times one with compiled modules,"
        f" {mean['warm'] / mean['empty']:.2f} times",
        flush=True,
    )
    if len(alone) >= len(programs):  # else some were never run alone
        print(
            f"  of it the program's own computing, alone in one process: {mine:.2f} ms; without that a"
            f" program in a child costs {(mean['warm'] - mine) / mean['empty']:.2f} times an empty one",
            flush=True,
        )


def of_family(pid: int) -> float:
    """Return the processor time of a server: of its processes, and of its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(of_family(int(child)) for child in children)


def timed(action: object) -> float:
    started = time.perf_counter()
    action()  # type: ignore[operator]
    return time.perf_counter() - started


def throughput(made: Made, plain: Made, programs: list[str], seconds: float) -> None:
    """Count runs a second on all cores, both ways in turns of a few seconds."""
    cores = os.cpu_count() or 1
    package = preloaded(made.environment)[:1]
    done = {"fresh": 0, "warm": 0}
    spent = {"fresh": 0.0, "warm": 0.0}
    codes = cycle(programs)
    with Executor(jobs=cores) as executor, ThreadPoolExecutor(cores) as pool:
        many = islice(codes, 4 * PREPARE * cores)
        list(executor.run(Job(code, made.environment, package) for code in many))
        while sum(spent.values()) < seconds:
            batch = list(islice(codes, 4 * cores))
            started = time.perf_counter()
            list(pool.map(partial(fresh, plain), batch))
            spent["fresh"] += time.perf_counter() - started
            done["fresh"] += len(batch)
            jobs = [Job(code, made.environment, package) for code in islice(codes, 100 * cores)]
            started = time.perf_counter()
            list(executor.run(jobs))
            spent["warm"] += time.perf_counter() - started
            done["warm"] += len(jobs)
    rate = {name: done[name] / spent[name] for name in done}
    print(
        f"  runs a second on {cores} cores: fresh {rate['fresh']:.1f}, warm {rate['warm']:.0f}:"
        f" {rate['warm'] / rate['fresh']:.0f} times",
        flush=True,
    )


def creation(environment: Environment) -> None:
    """Time making an environment whose wheels uv has in its cache."""
    before = dict(os.environ)
    times: dict[str, list[float]] = {"": [], "1": []}
    for offline in ["", "1"] * 5:
        folder = tempfile.mkdtemp(dir=Path.home() / ".cache")  # where hard links can reach
        os.environ.update(RECODE_DATA_CACHE=folder, UV_OFFLINE=offline)
        if not offline:
            del os.environ["UV_OFFLINE"]
        times[offline].append(timed(lambda: ensure(environment)))
        shutil.rmtree(folder)
    os.environ.clear()
    os.environ.update(before)
    asking, cached = (statistics.median(those) for those in times.values())
    print(
        f"  environment made in {asking:.2f} s with the index asked again,"
        f" {cached:.2f} s from uv's cache alone (medians of 5)",
        flush=True,
    )


if __name__ == "__main__":
    main()
