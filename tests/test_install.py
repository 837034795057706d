"""What says how to install agrees with what is installed: recipe, container, doctor, README."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

import recode_data
from recode_data.errors import SandboxFailed
from recode_data.execute import doctor, sandbox, selftest
from recode_data.execute.interpreters import WANTED
from recode_data.execute.userns import can_map

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = {"python-duckdb": "duckdb", "typing_extensions": "typing-extensions"}
"""Name on conda-forge → name of the distribution, where they differ."""


def test_the_recipe_asks_for_what_the_project_asks_for() -> None:
    recipe = yaml.safe_load((ROOT / "conda-recipe" / "recipe.yaml").read_text())
    said = [line.split() for line in recipe["requirements"]["run"]]
    asked = {CONDA.get(name, name): "".join(rest) for name, *rest in said}
    assert asked.pop("python") and "__linux" in asked
    asked.pop("__linux")
    found = (re.fullmatch(r"([\w-]+)(.*)", line) for line in PROJECT["dependencies"])
    assert asked == {match[1]: match[2] for match in found if match}
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert set(built) <= {line.replace(" ", "") for line in recipe["requirements"]["host"]}
    scripts = [f"{name} = {function}" for name, function in PROJECT["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == scripts
    assert recipe["context"]["version"] == recode_data.__version__
    assert f">={recipe['context']['python_min']}" == PROJECT["requires-python"]


def test_the_oldest_python_is_the_same_everywhere() -> None:
    [oldest] = re.findall(r">=3\.(\d+)", PROJECT["requires-python"])
    readme = (ROOT / "README.md").read_text()
    assert f"Python 3.{oldest} or newer" in readme
    pythons = [line for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert pythons[0].endswith(f"3.{oldest}")


def test_doctor_lists_every_extra() -> None:
    assert doctor.EXTRAS.keys() == PROJECT["optional-dependencies"].keys()


def test_the_container_has_the_pythons_that_doctor_asks_for() -> None:
    text = (ROOT / "Dockerfile").read_text()
    [line] = re.findall(r"uv python install ([\d. ]+)", text)
    assert tuple(line.split()) == WANTED
    for option in re.findall(r"--security-opt \S+", doctor_in_docker()):
        assert option in text, "the Dockerfile tells what doctor tells"


def doctor_in_docker() -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "in_container", lambda: True)
        patch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
        return doctor.cure("bwrap")


def test_the_dockerfile_is_clean() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    assert subprocess.run([linter, ROOT / "Dockerfile"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("switches", "line"),
    [
        ({"kernel.apparmor_restrict_unprivileged_userns": "1"},
         "'kernel.apparmor_restrict_unprivileged_userns=0'"),
        ({"kernel.unprivileged_userns_clone": "0"}, "'kernel.unprivileged_userns_clone=1'"),
        ({"user.max_user_namespaces": "0"}, "'user.max_user_namespaces=15000'"),
        ({}, "it needs user namespaces"),
    ],
)  # fmt: skip
def test_the_line_that_mends_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, switches: dict[str, str], line: str
) -> None:
    monkeypatch.setattr(doctor, "_kernel", lambda name: switches.get(name, ""))
    monkeypatch.setattr(doctor, "in_container", lambda: False)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert line in doctor.cure("bwrap")
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert "install bubblewrap" in doctor.cure("bwrap")


def test_a_switch_is_read_where_the_kernel_has_it() -> None:
    assert doctor._kernel("kernel.ostype") == "Linux"
    assert doctor._kernel("kernel.no_such_switch") == ""


@pytest.mark.parametrize(("system", "name"), [("Darwin", "macOS"), ("Windows", "Windows")])
def test_another_system_gets_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, name: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    [finding] = doctor.examine(tmp_path)
    assert finding.state == "bad" and name in finding.text and "docker build" in finding.advice
    selftest.choose_tier.cache_clear()
    with pytest.raises(SandboxFailed, match=f"this is {name}") as caught:
        selftest.choose_tier()
    assert "docker build" in caught.value.tip


@pytest.mark.skipif(not shutil.which("bwrap"), reason="no bubblewrap")
def test_a_bubblewrap_without_an_owner_is_ended(tmp_path: Path) -> None:
    words = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(sandbox.TARGET), str(tmp_path),
             "sleep", "300"]  # fmt: skip
    start = f"from subprocess import *; print(Popen({words!r}, stdout=-3, stderr=-3).pid)"
    done = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=True)
    left = int(done.stdout)
    other = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        if not wait(lambda: "\nPPid:\t1\n" in Path(f"/proc/{left}/status").read_text()):
            pytest.skip("no namespaces here, or somebody else adopts what is left")
        assert sandbox.reap_orphans() == [], "it may be starting still"
        assert sandbox.reap_orphans(older=0.0) == [left]
        assert other.poll() is None, "it has an owner"
    finally:
        other.kill()
        other.wait()


KILLED_WHILE_IT_MAPS = """
import os, sys, time
from pathlib import Path
from recode_data.execute import sandbox, userns

def kill(*waits):
    time.sleep(0.5)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for child in children:
        if "bwrap" in Path(f"/proc/{child}/comm").read_text():
            print(child, flush=True)
    if os.fork() == 0:  # holds the pipes for a moment: bwrap is killed before it reads their end
        os.close(1)
        os.close(2)
        time.sleep(1)
        os._exit(0)
    os.kill(os.getpid(), 9)

userns.select.select = kill
prefix = Path(sys.base_prefix)
sandbox.start(sandbox.Start(prefix / "bin/python3", prefix, None, "bwrap", sandbox.Limits()))
"""


@pytest.mark.skipif(not (shutil.which("bwrap") and can_map()), reason="for root, with bubblewrap")
def test_an_owner_killed_before_the_users_are_mapped_leaves_nothing() -> None:
    words = [sys.executable, "-c", KILLED_WHILE_IT_MAPS]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    group = int(done.stdout)
    assert wait(lambda: not members(group)), members(group)


def members(group: int) -> list[str]:
    """Return the processes of a group that run."""
    rows = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            rows.append([*file.read_text().rpartition(") ")[2].split(), file.parent.name])
    return [row[-1] for row in rows if row[2] == str(group) and row[0] != "Z"]


def wait(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            if true():
                return True
        except OSError:
            return False
        time.sleep(0.05)
    return False
