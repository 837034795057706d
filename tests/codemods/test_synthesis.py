"""The rules engine on real changes, sdists and versions: what it writes, and that a run that
stops and goes on writes the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from recode_data.codemods.stage import synthesize_by_rules
from recode_data.library import Library, load_library
from recode_data.progress import Progress
from recode_data.records import Attempt, Change, Entry
from recode_data.workspace import Workspace


def change(version: str, kind: str, old: str, new: str, text: str) -> Change:
    return Change(
        "numpy",
        version,
        kind,
        text,
        "Deprecations",
        "sdist",
        "x",
        "",
        old,
        new_symbol=new,  # type: ignore[arg-type]
    )


CHANGES = [
    change(
        "1.25.0", "deprecated", "numpy.product", "numpy.prod", "Use `np.prod`, not `np.product`."
    ),
    change("2.0.0", "deprecated", "numpy.in1d", "numpy.isin", "Use `np.isin`, not `np.in1d`."),
    change("2.4.0", "removed", "numpy.in1d", "numpy.isin", "`np.in1d` is gone."),
    change("2.0.0", "removed", "numpy.float_", "", "`np.float_` is gone."),
    change("2.0.0", "behaviour", "numpy.linspace", "", "It rounds now."),
]


@pytest.fixture
def numpy() -> Library:
    library = load_library("numpy")
    matrix = ["1.24.4", "1.25.2", "1.26.4", "2.0.2", "2.4.6"]
    usage = library.usage.model_copy(update={"versions": ["1.26"], "others": []})
    return library.model_copy(update={"matrix": matrix, "usage": usage})


def written(folder: Path, library: Library, limits: list[int | None]) -> list[Entry]:
    for limit in limits:
        with Workspace.open(folder) as workspace:
            workspace.add(CHANGES)
            synthesize_by_rules(workspace, [library], Progress(quiet=True), limit=limit)
    with Workspace.open(folder) as workspace:
        left = workspace.all(Attempt, "reason LIKE 'behaviour%'")
        assert [attempt.subject_id for attempt in left] == [CHANGES[-1].id]
        return workspace.all(Entry)


@pytest.mark.index
def test_entries_are_the_same_in_one_run_or_in_several(tmp_path: Path, numpy: Library) -> None:
    at_once = written(tmp_path / "one", numpy, [None])
    assert at_once == written(tmp_path / "more", numpy, [1, None])
    by_change = {one.id: [e for e in at_once if e.change_id == one.id] for one in CHANGES}
    assert [len(by_change[one.id]) > 0 for one in CHANGES] == [True, True, True, True, False]
    alias = by_change[CHANGES[3].id][0]
    assert (alias.new_symbol, "np.float64" in alias.new_code) == ("numpy.float64", True)
    for entry in at_once:
        assert entry.old_code != entry.new_code and "print(" in entry.old_code
        assert {entry.old_origin, entry.new_origin} == {"real", "derived"}
    in1d = [e.old_code for e in at_once if e.old_symbol == "numpy.in1d"]
    assert len(set(in1d)) == len(in1d)
