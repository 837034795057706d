"""What a page for a framework shows is run as it is typed, in its order, on a small workspace.

Lines of ours run everywhere; a framework's own where it is installed, and those that need GPUs, a
registry or a model nowhere. Every line is of one of these kinds.
"""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from shown import ROOT, blocks, python_blocks

from recode_data.publish.packages import read_tasks
from recode_data.records import Entry, Verdict
from recode_data.workspace import Workspace

pytestmark = [pytest.mark.index, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
PAGES = sorted((ROOT / "train" / "frameworks").glob("*.md"))
OURS = re.compile(r"^(recode-data|export RECODE_DATA|python -m recode_data|python -c)")
THEIRS = {"harbor run -p out/train -a oracle": "harbor", "vf-validate": "verifiers.v1"}
"""A framework's line → the module whose presence says that it can be run."""
NOT_RUN = {
    r"^python -m (verl|openrlhf)|^python train.py|^swift ": "trains a model on GPUs",
    r"^pip install": "this environment is not changed by a test",
    r"vf-eval|claude-code": "asks a model",
    r"push.sh|^docker|^openenv push": "a container engine, or an account",
    r"gym env": "its server; tests/frameworks/test_loaded.py runs the tests of it",
}


def workspace(folder: Path) -> None:
    old = "import numpy as np\nprint(np.{}([1, 2, 3], [2, 5]))\n"
    texts = [("in1d", "isin"), ("row_stack", "vstack")]
    with Workspace.open(folder / "workspace") as opened:
        for before, after in texts:
            code = old.format(before) if before == "in1d" else (
                "import numpy as np\nprint(np.row_stack([[1, 2], [3, 4]]))\n"
            )  # fmt: skip
            entry = Entry(
                "numpy", "==2.0.2", "", f"`numpy.{before}` is deprecated, use `numpy.{after}`.",
                code, code.replace(before, after), "==1.26.4",
                old_symbol=f"numpy.{before}", new_symbol=f"numpy.{after}",
            )  # fmt: skip
            opened.add([
                entry, Verdict(entry.id, "3", "valid", "ok", "deprecated", "1.26.4", "2.0.2"),
            ])  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    programs = folder / "bin"
    programs.mkdir()
    for name, module in {"recode-data": "-m recode_data", "python": ""}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        (programs / name).chmod(0o755)
    return os.environ | {
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}:{folder / 'out'}", "RECODE_DATA_GRADER_TOKEN": "0123456789abcdef",
        "RECODE_DATA_JOBS": "2", "OMP_NUM_THREADS": "1",
    }  # fmt: skip


def run(line: str, folder: Path, variables: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, env=variables, text=True,
        capture_output=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr[-3000:]}"
    return done.stdout


def present(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_lines_of_a_page_run(page: Path, tmp_path: Path) -> None:
    workspace(tmp_path)
    variables = environment(tmp_path)
    server = None
    try:
        for line in blocks(page):
            if any(re.search(pattern, line) for pattern in NOT_RUN):
                continue
            module = next((m for start, m in THEIRS.items() if line.startswith(start)), "")
            if module and not present(module):
                continue
            assert module or OURS.match(line), f"who runs this? {line}"
            if "serve-grader" in line:
                server = subprocess.Popen(
                    line.replace("8077", "0").split(), cwd=tmp_path, env=variables, text=True,
                    stdout=subprocess.PIPE,
                )  # fmt: skip
                assert server.stdout
                address = server.stdout.readline().strip()
                variables |= {"ROW": sorted(read_tasks(tmp_path / "out"))[0]}
                continue
            run(line.replace("NAME", "scripted"), tmp_path, variables)
        for block in python_blocks(page):
            names = re.findall(r"^(?:import|from) ([\w.]+)", block, re.MULTILINE)
            if any(n == "skyrl_gym" and not present(n) for n in names):
                continue
            code = block if server is None else block.replace("http://127.0.0.1:8077", address)
            (tmp_path / "shown.py").write_text(code)
            said = run("python shown.py", tmp_path, variables)
            if "reward" in block and page.stem in ("http", "areal"):
                assert float(said) == 0.0
    finally:
        if server is not None:
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0
            assert server.stdout
            server.stdout.close()


def test_there_is_a_page_for_each_format_of_a_package() -> None:
    from recode_data.publish.packages import PACKAGES

    text = "".join(page.read_text() for page in PAGES)
    assert [name for name in PACKAGES if f"--format {name}" not in text] == []
    index = (ROOT / "train" / "frameworks" / "README.md").read_text()
    assert [page.name for page in PAGES if page.name != "README.md"] == sorted(
        set(re.findall(r"\((\S+\.md)\)", index))
    )
