"""Every command that the documentation shows is run, as it is typed and in its page's order.

Each page has a user's folder with a workspace that is built: small definitions of two libraries
stand in for the shipped ones, a Hub and an author on the loopback for the real ones, and a model of
one layer for the 7 B. Defaults of the environment and of ``recode-data.toml`` make each run short;
no line is changed but for the words ``NAME``, ``URL`` and an id.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hub_server import Hub, Repository
from llm_server import serve
from shown import ROOT, python_blocks, shown
from test_evaluate import TASK, UPDATE

from recode_data.records import Entry
from recode_data.workspace import Workspace

pytestmark = [pytest.mark.index, pytest.mark.training, pytest.mark.timeout(1500)]

NOT_RUN = {
    r"pip install|pytest -m|python3 -m venv|^source ": "CI itself begins with these lines",
    r"^uvx ": "only once it is on an index; the line does what the first one does",
    r"^accelerate launch": "two GPUs; tests/test_training.py runs two processes on a CPU",
    r"eval gitchameleon": "the benchmark's own data; tests/test_evaluate.py runs some",
    r"recode-data audit": "needs an exported package; tests/test_grading_audit.py runs it on some",
    r"serve-grader": "until it is stopped; tests/test_grading_server.py starts and stops it",
    r"^export RECODE_DATA_GRADER_TOKEN": "sets what the next line takes",
    r"bench-release .*--library": "builds real libraries; tests/test_replay.py builds a small one",
    r"recode-data grade": "inside an exported package; tests/test_packages.py runs it there",
    r"recode-data build .*mylib": "a tree of the reader's; tests/test_unreleased.py builds one",
    r"^python -m verl": "an environment of its own; tests/test_verl.py runs it there",
}
"""What a test cannot run, and why."""
MODEL = "Qwen/Qwen2.5-Coder-7B-Instruct"
NUMPY = """
name = "numpy"
licence = "BSD-3-Clause"
matrix = ["1.26.4", "2.4.6"]
aliases = {np = "numpy"}
sources = [{kind = "sdist", paths = ["doc/source/release/2.4.0-notes.rst"]}]
usage = {versions = ["1.26"], docstrings = ["numpy"]}
"""
DEFAULTS = """
quiet = true
[eval]
samples = 1
max-tokens = 8
"""
TRAINING = {
    "use_cpu": True, "max_steps": 2, "save_steps": 2, "num_generations": 2, "report_to": [],
    "per_device_train_batch_size": 2, "gradient_accumulation_steps": 1, "held_out": 0, "lora_r": 2,
    "max_completion_length": 512, "logging_steps": 1, "check_memory": False,
}  # fmt: skip
MINE = "extends: grpo\nrewards: {migration: 1.0}\n"


def prepare(folder: Path) -> None:
    """Write what a user has: definitions, a recipe, defaults, and files of others."""
    readme = (ROOT / "README.md").read_text()
    [networkx] = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    libraries = folder / "pipeline" / "libraries"
    libraries.mkdir(parents=True)
    (libraries / "numpy.toml").write_text(NUMPY)
    (libraries / "networkx.toml").write_text(networkx)
    (folder / "mine.toml").write_text(networkx)
    (folder / "recode-data.toml").write_text(DEFAULTS)
    (folder / "mine.yaml").write_text(MINE)
    row = {
        "dependency": "numpy", "new_version": "==2.4.0", "description": "Find members.",
        "update_info": "`np.in1d` is gone, use `np.isin`.",
        "old_code": "import numpy as np\nprint(np.in1d([1, 2, 3], [3, 1]).tolist())",
        "new_code": "import numpy as np\nprint(np.isin([1, 2, 3], [3, 1]).tolist())",
    }  # fmt: skip
    for name in ("rows.jsonl", "api_update.half.jsonl", "benchmark.jsonl"):
        (folder / name).write_text(json.dumps(row) + "\n")
    rewards, *_ = python_blocks(ROOT / "CONTRIBUTING.md")
    (folder / "my_rewards.py").write_text(rewards)
    (folder / "arena.jsonl").write_text(json.dumps({"update": UPDATE, "prog_syn_examples": [TASK]}))
    for name in ("src", "tests", "docs"):
        (folder / name).mkdir()
        (folder / name / "sizes.py").write_text("import numpy as np\n\nprint(np.ones(3).sum())\n")
    for name in ("benchmarks", "train"):  # the user is in a checkout
        (folder / name).symlink_to(ROOT / name)
    programs = folder / "bin"
    programs.mkdir()
    for name, module in {"recode-data": "-m recode_data", "python": ""}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        (programs / name).chmod(0o755)


def tiny_model(folder: Path) -> dict[str, bytes]:
    """Return the files of a model that answers nonsense, but answers."""
    from recode_data.training.recipe import Scratch
    from recode_data.training.scratch import make_model

    shape = Scratch(layers=1, width=32, heads=2, vocabulary=400)
    make_model(folder, shape, ["import numpy as np\nprint(np.isin([1], [2]))"], 0)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def environment(folder: Path, hub: str, token: str, author: str) -> dict[str, str]:
    ours = ("RECODE_DATA", "HF_", "HUGGING", "OPENAI")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    settings = {f"RECODE_DATA_TRAIN_{key.upper()}": str(value) for key, value in TRAINING.items()}
    return kept | settings | {
        "PATH": f"{folder / 'bin'}:{kept['PATH']}", "PYTHONPATH": str(ROOT), "BROWSER": "true",
        "NO_COLOR": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "",
        "no_proxy": "127.0.0.1", "RECODE_DATA_JOBS": "2", "RECODE_DATA_BASE_URL": author,
        "HF_ENDPOINT": hub, "HF_TOKEN": token,
        "HF_HOME": str(folder / "hub"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
    }  # fmt: skip


def run(line: str, folder: Path, variables: dict[str, str]) -> None:
    """Run a line in bash; what waits for a person is stopped as a person stops it."""
    if "environments prune" in line:  # never the cache of whoever runs the tests
        variables = variables | {"RECODE_DATA_CACHE": str(folder / "cache")}
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, env=variables, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    waits = "recode-data review" in line and "--agreement" not in line
    if waits:
        assert process.stdout and process.stdout.readline().startswith("http://127.0.0.1")
        os.killpg(process.pid, signal.SIGINT)
    said, told = process.communicate(timeout=120 if waits else 600)
    assert process.returncode in ((0, 130) if waits else (0,)), f"{line}\n{said}\n{told[-3000:]}"
    assert "Traceback" not in told, f"{line}\n{told[-3000:]}"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a user's folder with a workspace and its export, made once for all workers."""
    pytest.importorskip("torch")
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built"
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            folder = tmp_path_factory.mktemp("making") / "user"
            prepare(folder)
            for line in ("recode-data build numpy networkx", "recode-data export dataset"):
                run(line, folder, environment(folder, "", "", ""))
            folder.rename(place)
    return place


@pytest.fixture
def user(built: Path, tmp_path: Path) -> Iterator[tuple[Path, dict[str, str], str]]:
    """Yield a user's folder, environment and the address of a model."""
    folder = tmp_path / "user"
    shutil.copytree(built, folder, symlinks=True)
    with ExitStack() as stack:
        hub = stack.enter_context(Hub())
        hub.repositories[MODEL] = Repository(False)
        hub.repositories[MODEL].commit(tiny_model(tmp_path / "model"))
        refusal = json.dumps({"possible": False, "why_not": "I only live on the loopback."})
        author = stack.enter_context(serve(lambda body: refusal))
        yield folder, environment(folder, hub.url, hub.token, author.url), author.url


def lines_to_run() -> dict[str, list[str]]:
    """Return page → its lines that can be run here; of the help those that no page shows."""
    pages = {
        page: [line for line in lines if not any(re.search(one, line) for one in NOT_RUN)]
        for page, lines in shown().items()
        if not page.startswith("train/frameworks/")  # tests/frameworks/test_pages.py runs those
    }
    examples = pages.pop("--help")
    known = {line for lines in pages.values() for line in lines}
    pages["--help"] = [line for line in examples if line not in known]
    return {page: list(dict.fromkeys(lines)) for page, lines in pages.items() if lines}


@pytest.mark.parametrize(("page", "lines"), lines_to_run().items(), ids=lines_to_run())
def test_every_command_of_the_documentation_runs(
    page: str, lines: list[str], user: tuple[Path, dict[str, str], str]
) -> None:
    folder, variables, address = user
    for line in lines:
        typed = re.sub(r"\bNAME\b", "scripted", re.sub(r"\bURL\b", address, line))
        if "recode-data show" in line:
            with Workspace.open(folder / "workspace", read_only=True) as workspace:
                typed = f"recode-data show {workspace.all(Entry)[0].id[:6]}"
        print(f"{page}: {typed}", flush=True)
        run(typed, folder, variables)
    for block in python_blocks(ROOT / page) if page == "README.md" else ():
        (folder / "shown.py").write_text(block)
        run("python shown.py", folder, variables)
