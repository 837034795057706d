"""Environments: the right Python, made once, shared, measured and pruned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from execution import bare_environment

from recode_data.errors import EnvironmentFailed, NoSuchVersion
from recode_data.execute import (
    Executor,
    Job,
    ensure,
    environments,
    pythons,
    resolve,
    resolve_pair,
    wheels,
)
from recode_data.execute.environments import later
from recode_data.execute.interpreters import Interpreter, interpreters
from recode_data.execute.listing import File, day_after
from recode_data.execute.warm import keep
from recode_data.library import Library, Pin, load_library
from recode_data.records import Environment

NUMPY = Library(name="numpy")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_without_a_network_no_version_is_called_missing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(EnvironmentFailed) as caught:
        ensure(Environment("numpy", "2.0.2", list(interpreters())[-1]))
    assert " without a network: " in caught.value.message


def test_the_day_after_the_last_upload() -> None:
    assert day_after(["2023-06-25T10:00:00Z", "2023-06-26T23:59:59.5+00:00"]) == (
        "2023-06-28T00:00:00Z"
    )
    assert day_after([]) == ""
    assert later("") == [""]
    assert later("2020-01-01T00:00:00Z") == ["2020-01-01T00:00:00Z", "2020-07-01T00:00:00Z", ""]


HERE = Interpreter("3.7", "3.7.16", Path("/usr/bin/python3.7"), Path("/usr"))


def test_a_release_with_metadata_of_old_days_is_installed_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[str, ...]] = []

    def uv(environment: Environment, *arguments: str) -> None:
        asked.append(arguments)
        if len(asked) == 1:
            raise EnvironmentFailed("old==1 has invalid metadata", "take another version")

    monkeypatch.setattr(environments, "_uv", uv)
    old = Environment("old", "1", "3.7", ("numpy",), "2018-01-01T00:00:00Z")
    assert environments._install(old, HERE, tmp_path) == "2018-01-01T00:00:00Z"
    assert [words[-1] for words in asked] == ["numpy", "numpy", "old==1"]
    assert "--no-deps" in asked[2]


def test_a_python_that_is_not_here(cache: Path) -> None:
    with pytest.raises(EnvironmentFailed, match=r"Python 3\.2"):
        ensure(Environment("numpy", "1.24.4", "3.2"))


def test_environments_are_listed_and_pruned(cache: Path) -> None:
    for python in ("3.11", "3.12"):
        bare_environment(python) if python in _here() else None
    folder = cache / "environments" / bare_environment().id
    told = {"library": "json", "version": "0", "python": "3.13"}
    (folder / "recode.json").write_text(json.dumps(told), encoding="utf-8")
    have = [one.folder for one in environments.stored()]
    assert folder in have
    assert environments.prune(0) == []  # just used
    old = time.time() - 10 * 86400
    os.utime(folder / "recode.json", (old, old))
    assert [one.folder for one in environments.prune(10**12, unused=86400 * 5)] == [folder]
    assert not folder.exists()
    assert not list((cache / "environments").glob(f"*{folder.name}*"))


def _here() -> set[str]:
    from recode_data.execute.interpreters import interpreters

    return set(interpreters())


def test_what_dead_processes_left_is_swept_away(cache: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = cache / "scratch" / f"{dead.pid}-x"
    mine = cache / "scratch" / f"{os.getpid()}-x"
    half = cache / "environments" / ".abc.part"
    for folder in (left, mine, half):
        folder.mkdir(parents=True)
    os.utime(half, (0, 0))
    environments.prune(10**15)
    assert (left.exists(), mine.exists(), half.exists()) == (False, True, False)


def test_a_half_made_environment_is_not_used(cache: Path) -> None:
    environment = Environment("no-such-distribution-at-all", "1", max(_here()))
    folder = cache / "environments" / environment.id
    folder.mkdir(parents=True)  # something died here: no description
    with pytest.raises(EnvironmentFailed):
        ensure(environment)
    assert not list(folder.parent.glob(".*.part"))


PURE, BUILT = "toy-1-py3-none-any.whl", "toy-1-cp3{0}-cp3{0}-manylinux_2_5_x86_64.whl"
STABLE = "toy-1-cp37-abi3-manylinux_2_5_x86_64.whl"


@pytest.mark.parametrize(
    ("files", "fitting"),
    [
        ({PURE: "2022-11-01"}, ["3.8", "3.11"]),
        ({PURE: "2025-01-01"}, ["3.8", "3.11", "3.13"]),
        ({PURE: ""}, ["3.8", "3.11", "3.13"]),
        ({PURE: "2015-01-01"}, ["3.8"]),  # older than all of them: the nearest
        ({PURE: "2023-02-17", BUILT.format(11): "2023-02-17"}, ["3.8", "3.11"]),
        ({PURE: "2020-01-01", BUILT.format(13): "2024-11-01"}, ["3.8", "3.13"]),
        ({BUILT.format(11): "2023-02-17"}, ["3.11"]),
        ({STABLE: "2020-01-01", PURE: "2020-01-01"}, ["3.8", "3.11", "3.13"]),
    ],
)
def test_a_plain_wheel_says_nothing_of_later_pythons(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, str], fitting: list[str]
) -> None:
    path = Path(sys.executable)
    here = {v: Interpreter(v, f"{v}.1", path, path.parent) for v in ("3.8", "3.11", "3.13")}
    listed = tuple(File("1", name, "", True, day and f"{day}T10:00:00Z") for name, day in
                   files.items())  # fmt: skip
    monkeypatch.setattr(wheels, "interpreters", lambda: here)
    monkeypatch.setattr(wheels, "listing", lambda name, version: listed)
    monkeypatch.setattr(wheels, "platform_tags", lambda: iter(["manylinux_2_5_x86_64"]))
    wheels._wheels.cache_clear()
    wheels._tags.cache_clear()
    try:
        toy = Library(name="toy")
        assert pythons(toy, "1") == fitting
        assert [one.python for one in resolve_pair(toy, "1", "1")] == [fitting[-1]] * 2
    finally:
        wheels._wheels.cache_clear()
        wheels._tags.cache_clear()


@pytest.mark.index
def test_the_newest_python_that_has_a_wheel(cache: Path) -> None:
    if not {"3.8", "3.9", "3.10", "3.11"} <= _here():
        pytest.skip("this machine has not all of the Pythons that the test is about")
    assert resolve(NUMPY, "1.19.5").python == "3.9"
    assert resolve(NUMPY, "1.24.4").python == "3.11"
    assert resolve(NUMPY, "1.24.4", python="3.9").python == "3.9"
    old, new = resolve_pair(NUMPY, "1.21.6", "2.0.2")
    assert (old.python, new.python) == ("3.10", "3.10")
    assert resolve(NUMPY, "1.24.4").until.startswith("2023-06-2")
    pinned = Library(name="numpy", pins={"1.24.4": Pin(python="3.8", requires=["six<1.17"])})
    assert resolve(pinned, "1.24.4").requirements == ("six<1.17",)
    assert resolve(pinned, "1.24.4").python == "3.8"


@pytest.mark.index
@pytest.mark.parametrize(
    ("version", "reason"),
    [("1.0", "has no numpy 1.0"), ("1.10.0", "has wheels for"), ("x", "not a version"),
     ("1.5.0", "no wheel")],
)  # fmt: skip
def test_no_such_version_says_why(cache: Path, version: str, reason: str) -> None:
    with pytest.raises(NoSuchVersion, match=reason) as caught:
        resolve(NUMPY, version)
    assert caught.value.tip


@pytest.mark.index
def test_two_processes_make_one_environment(cache: Path) -> None:
    code = (
        "from recode_data.execute import *; from recode_data.library import Library;"
        "print(ensure(resolve(Library(name='six'), '1.16.0')).folder)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {process.communicate()[0].strip() for process in both}
    assert len(said) == 1
    assert all(process.returncode == 0 for process in both)
    assert [p.name for p in (cache / "environments").iterdir()] == [Path(said.pop()).name]


@pytest.mark.index
def test_files_are_hard_links(cache: Path) -> None:
    made = ensure(resolve(NUMPY, "1.26.4"))
    size, own = environments.measure(made.folder)
    assert own < size / 20 or made.folder.stat().st_dev != Path.home().stat().st_dev


@pytest.mark.index
@pytest.mark.parametrize("version", ["1.13.3", "1.19.5", "1.24.4", "2.2.6"])
def test_numpy_of_every_age_runs(version: str) -> None:
    try:
        environment = resolve(load_library("numpy"), version)
    except NoSuchVersion as error:
        pytest.skip(error.message)  # no Python of its age is here
    code = (
        "import numpy as np\nx = np.in1d([1, 2], [2])\ny = np.arange(4.0).reshape(2, 2)\n"
        "z = y.tostring()\nprint(x, y)"
    )
    with Executor(jobs=1) as executor:
        run = executor.run_one(Job(code, environment, trace=("numpy",), timeout=30))
    assert run.status == "clean", run
    assert run.stdout.startswith("[False  True] [[")
    assert {"numpy.in1d", "numpy.arange", "numpy.ndarray.tostring"} <= set(run.calls)
    assert run.values["x"]["data"] == [False, True]
    warned = {w.message.split()[0] for w in run.warnings}
    assert ("tostring()" in warned) == (version not in ("1.13.3",))
    assert ("`in1d`" in warned) == (version == "2.2.6")
    assert run.tier in ("bwrap", "landlock")


ENCODED = {
    "matplotlib==3.5.3": (
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2], [3, {}])",
        "fig",
    ),
    "scikit-learn==0.24.2": (
        "import numpy as np\nfrom sklearn.linear_model import LinearRegression\n"
        "m = LinearRegression().fit(np.array([[1.0], [2.0]]), [1, {}])",
        "m",
    ),
    "scipy==1.5.4": (
        "import scipy.sparse as sp\ns = sp.csr_matrix(([1, {}], ([1, 0], [0, 1])))",
        "s",
    ),
    "networkx==2.4": ("import networkx as nx\ng = nx.Graph()\ng.add_edge(1, 2, w={})", "g"),
}


@pytest.mark.index
@pytest.mark.parametrize("what", ENCODED)
def test_values_of_libraries_are_told_apart(what: str) -> None:
    name, _, version = what.partition("==")
    code, variable = ENCODED[what]
    environment = resolve(load_library(name), version)
    with Executor(jobs=1) as executor:
        four, five, again = (
            executor.run_one(Job(code.replace("{}", n), environment, timeout=100)).values[variable]
            for n in ("4", "5", "4")
        )
    assert four == again
    assert four != five
    assert four["type"] in ("artist", "estimator", "sparse", "graph")


def test_only_the_bytecode_of_an_environments_own_modules_is_kept(tmp_path: Path) -> None:
    place = tmp_path / "environment"
    package = place / "lib/python3.12/site-packages/toy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("x = 1\n", encoding="utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "loose.py").write_text("x = 1\n", encoding="utf-8")
    (package / "linked").symlink_to(outside)
    here = "lib/python3.12/site-packages/toy"
    own = f"{here}/__pycache__/__init__.cpython-312.pyc"
    keep(place, own, b"code")
    assert not (place / own).exists()  # not an environment that was made for the runs
    (place / "recode.json").write_text("{}", encoding="utf-8")
    refused = [
        f"{here}/__pycache__/absent.cpython-312.pyc",
        f"{here}/linked/__pycache__/loose.cpython-312.pyc",
        f"{here}/../../../../../outside/__pycache__/loose.cpython-312.pyc",
        f"{here}/__init__.py",
        "recode.json",
        f"/{own}",
    ]
    for path in [*refused, own]:
        keep(place, path, b"code")
    assert (place / own).read_bytes() == b"code"
    assert sorted(p.name for p in tmp_path.rglob("*.pyc")) == ["__init__.cpython-312.pyc"]
    assert (place / "recode.json").read_text(encoding="utf-8") == "{}"
