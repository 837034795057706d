"""The notebooks run from top to bottom on real records, and are committed without output."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from test_commands import NUMPY

from recode_data.records import Entry, Run, Verdict
from recode_data.workspace import Workspace

FOLDER = Path(__file__).parent.parent / "notebooks"
ROOT = str(FOLDER.parent)

# The kernel's own machinery warns about sockets that it closes late.
pytestmark = pytest.mark.filterwarnings("ignore")


def execute(
    name: str, monkeypatch: pytest.MonkeyPatch, timeout: int = 100, **environment: str
) -> str:
    """Run a notebook as a reader does and return the text of all its output."""
    monkeypatch.setenv("PYTHONPATH", ROOT)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    NotebookClient(
        notebook, timeout=timeout, resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    return json.dumps([cell.get("outputs", []) for cell in notebook.cells])


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.ipynb")), ids=lambda file: file.stem)
def test_a_notebook_is_committed_without_output(file: Path) -> None:
    cells = nbformat.read(file, as_version=4).cells
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in cells)


def test_explore_a_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Entry("numpy", "==2.0.0", "d", "`in1d` is gone", "np.in1d", "np.isin")
    with Workspace.open(tmp_path) as workspace:
        workspace.add([entry, Verdict(entry.id, "1", "valid", "ok", "breaking", "1.26", "2.0.2")])
        workspace.add([Run("c", "e", "numpy", "2.0.2", "3.12", "1", "raised")])
    said = execute("explore", monkeypatch, RECODE_DATA_WORKSPACE=str(tmp_path))
    assert "`in1d` is gone" in said
    assert "0 changes, 1 runs" in said


@pytest.mark.index
@pytest.mark.timeout(1500)
def test_build_a_data_set_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.toml").write_text(NUMPY)
    chosen = {
        "RECODE_DATA_LIBRARY": str(tmp_path / "numpy.toml"), "RECODE_DATA_LIMIT": "5",
        "RECODE_DATA_WORKSPACE": str(tmp_path / "ws"),
    }  # fmt: skip
    said = execute("pipeline", monkeypatch, 1400, **chosen)
    assert "validate: " in said and "no_replacement" in said
    assert (tmp_path / "ws" / "dataset" / "README.md").exists()


def test_study_the_rewards(monkeypatch: pytest.MonkeyPatch) -> None:
    said = execute("rewards", monkeypatch)
    assert "the wrong replacement" in said


def test_read_a_training_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = [{"step": n, "reward": n / 10, "frac_reward_zero_std": 0.0} for n in range(10)]
    state = {"global_step": 10, "log_history": history}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    said = execute("training", monkeypatch, RECODE_DATA_RUN=str(tmp_path))
    assert "reward: 0.050 -> 0.850" in said
    lines = [json.dumps(line | {"reward": 1 - line["reward"]}) for line in history]
    (tmp_path / "curve.jsonl").write_text("\n".join(lines))  # what a run itself keeps wins
    said = execute("training", monkeypatch, RECODE_DATA_RUN=str(tmp_path))
    assert "reward: 0.950 -> 0.150" in said


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.ipynb")), ids=lambda file: file.stem)
def test_a_notebook_uses_the_public_names_only(file: Path) -> None:
    import recode_data

    cells = nbformat.read(file, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    public = {*recode_data.__all__, "rewards"}
    for module, names in re.findall(r"from (recode_data\S*) import (.+)", code):
        assert module == "recode_data"
        assert {name.strip() for name in names.split(",")} <= public
    assert set(re.findall(r"\brecode_data\.(\w+)", code)) <= public
