"""The steps as functions: a build by hand, told of as it goes, and looked at meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import recode_data
from recode_data.errors import BadFile, UsageError
from recode_data.progress import Summary
from recode_data.records import Entry, Verdict
from recode_data.steps import dedup, export
from recode_data.workspace import Workspace


def entry(name: str, extra: str = "") -> Entry:
    return Entry(
        "numpy", "==2.0.0", f"Find with {name}.", f"`np.{name}` is gone: use `np.isin`.",
        f"import numpy as np\n{extra}print(np.{name}([1], [1]))",
        f"import numpy as np\n{extra}print(np.isin([1], [1]))", old_symbol=f"numpy.{name}",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with two different valid entries and one that is the first again."""
    long = "".join(f"value_{n} = np.arange({n}).reshape(1, {n})\n" for n in range(2, 9))
    entries = [entry("in1d"), entry("find_in_other", long), entry("in1d", "# again\n")]
    with Workspace.open(tmp_path / "ws") as workspace:
        workspace.add(entries)
        workspace.add(
            Verdict(one.id, "9", "valid", "ok", "breaking", "1.26.4", "2.0.0") for one in entries
        )
    return tmp_path / "ws"


def test_a_step_tells_a_function_how_far_it_is_while_another_process_looks(folder: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    looks: list[subprocess.CompletedProcess[str]] = []

    def tell(name: str, done: int, total: int | None) -> None:
        told.append((name, done, total))
        if not looks:
            command = [sys.executable, "-m", "recode_data", "status", "-w", str(folder)]
            looks.append(subprocess.run(command, capture_output=True, text=True, check=False))

    summary = dedup(folder, progress=tell)
    assert (summary.came_in, summary.went_out, dict(summary.dropped)) == (3, 2, {"exact": 1})
    assert told[0] == ("normalise", 0, 3) and told[-1][1:] == (3, 3)
    assert looks[0].returncode == 0 and "valid" in looks[0].stdout, looks[0].stderr


def test_a_function_that_raises_ends_the_step_and_the_next_call_goes_on(folder: Path) -> None:
    def stop(name: str, done: int, total: int | None) -> None:
        raise InterruptedError(name)

    with pytest.raises(InterruptedError, match="normalise"):
        dedup(folder, progress=stop)
    assert dedup(folder).went_out == 2


def test_an_export_takes_no_rows_that_are_one(folder: Path, tmp_path: Path) -> None:
    summary = export(tmp_path / "out", folder)
    assert (summary.stage, summary.went_out) == ("export", 2)
    assert (tmp_path / "out" / "README.md").exists()
    with pytest.raises(UsageError, match="no changelog"):
        export(tmp_path / "package", folder, format_name="harbor", previous=tmp_path / "out")


@pytest.mark.parametrize("step", ["synthesize", "validate", "dedup", "export"])
def test_a_step_without_a_workspace_says_so(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadFile, match="no workspace in workspace"):
        getattr(recode_data, step)()
    assert list(tmp_path.iterdir()) == []


def test_several_stages_are_summed() -> None:
    parts = [Summary("a", 5, 3, owed=1, seconds=1.0), Summary("b", 2, 2, seconds=0.5)]
    parts[0].dropped["differs"] = 2
    whole = Summary.of("both", parts)
    assert str(whole) == "both: 7 in, 5 out, dropped 2 (2 differs), 1 still owed, 1.5 s"


@pytest.mark.parametrize(
    ("step", "wrong", "said"),
    [
        (recode_data.validate, {"limit": -1}, "limit is a number above 0, not -1"),
        (recode_data.validate, {"limit": "5"}, "limit is a number above 0, not '5'"),
        (recode_data.validate, {"jobs": 0}, "jobs is a number above 0, not 0"),
        (recode_data.validate, {"timeout": float("-inf")}, "timeout is a number above 0"),
        (recode_data.validate, {"engine": "mars"}, "engine: there is no 'mars'"),
        (recode_data.synthesize, {"limit": True}, "limit is a number above 0, not True"),
        (recode_data.synthesize, {"author": "gpt"}, "no author: 'gpt'"),
        (recode_data.dedup, {"progress": 3}, "progress is a function, not 3"),
        (recode_data.export, {"split": "banana"}, "split: there is no 'banana'"),
        (recode_data.export, {"test_size": 7}, "test_size is a share from 0 to 1, not 7"),
        (recode_data.export, {"format_name": "pdf"}, "format_name: there is no 'pdf'"),
    ],
)
def test_a_wrong_value_is_one_line(
    step: Callable[..., Summary], wrong: dict[str, Any], said: str, folder: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        step(workspace=folder, **wrong)
    assert caught.value.message.startswith(said)
    assert not (Path.cwd() / "dataset").exists()
