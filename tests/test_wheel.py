"""The wheel: what is in it, and that it works outside the checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder)]
    done = subprocess.run(
        [*command, str(ROOT)], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_ships_code_and_declarations_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for part in (
        "py.typed",
        "cli/__init__.py",
        "declarations/pipeline/libraries/numpy.toml",
        "declarations/pipeline/codemods/numpy.toml",
    ):
        assert f"recode_data/{part}" in names
    sources = {str(path.relative_to(ROOT)) for path in ROOT.glob("recode_data/**/*.py")}
    assert sources <= set(names)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"recode_data"}


def steps_of_the_container() -> tuple[list[list[str]], list[str]]:
    """Return what the Dockerfile copies and the lines with pip that it runs for the program."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)
    lines = [
        line
        for name in ("AS base\n", "AS program\n")
        for stage in stages
        if name in stage
        for line in stage.splitlines()
    ]
    copied = [line.split()[1:] for line in lines if line.startswith("COPY ")]
    pip = [part for line in lines if line.startswith("RUN ") for part in line[4:].split("&&")]
    return copied, [part.strip() for part in pip if " pip " in f" {part.strip()}"]


@pytest.mark.index
def test_the_steps_of_the_container_make_a_program_that_works(tmp_path: Path) -> None:
    source, data, venv = tmp_path / "source", tmp_path / "data", tmp_path / "venv"
    source.mkdir()
    data.mkdir()
    copied, pip = steps_of_the_container()
    for *names, target in copied:
        for name in names:
            subprocess.run(["cp", "-r", ROOT / name, source / target], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    outside = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    outside["VIRTUAL_ENV"] = str(venv)
    outside["PATH"] = f"{venv / 'bin'}:{outside['PATH']}"
    assert [line for line in pip if line.endswith(" .")], "the program itself is installed"
    for line in pip:
        subprocess.run(["sh", "-c", line], cwd=source, env=outside, check=True)

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [venv / "bin" / "recode-data", *arguments],
            capture_output=True, text=True, check=False, cwd=data, env=outside,
        )  # fmt: skip

    assert command("--version").stdout.startswith("recode-data ")
    scraped = command("scrape", "numpy")
    assert scraped.returncode == 0, scraped.stderr
    listed = command("changes", "numpy", "--json")
    assert "numpy.in1d" in listed.stdout
