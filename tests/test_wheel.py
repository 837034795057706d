"""The wheel: what is in it, and that it works outside the checkout."""

from __future__ import annotations

import os
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


@pytest.mark.index
def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", str(wheel)], check=True)
    outside = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(python.with_name("recode-data")), *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=outside,
        )  # fmt: skip

    assert command("--version").stdout.startswith("recode-data ")
    scraped = command("scrape", "numpy")
    assert scraped.returncode == 0, scraped.stderr
    listed = command("changes", "numpy", "--json")
    assert "numpy.in1d" in listed.stdout
