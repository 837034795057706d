"""The benchmarks as tasks of inspect_ai: our judge decides, and a failure of ours is no score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_evaluate_release import data, release, toys
from test_evaluate_since import METHOD, ROW

from recode_data.answers import fenced
from recode_data.errors import UsageError
from recode_data.evaluate.store import NOT_JUDGED

inspect_ai = pytest.importorskip("inspect_ai")
pytestmark = pytest.mark.filterwarnings("default")
__all__ = ["toys"]  # the fixture


@pytest.fixture
def released(tmp_path: Path) -> Path:
    release.release(data(tmp_path, ROW, METHOD), "2025-07", tmp_path / "r")
    return tmp_path / "r"


def answered(released: Path, codes: str, folder: Path, **options: Any) -> Any:
    """Return the log of an evaluation whose model answers with a code of the entry."""
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    from recode_data.evaluate import inspect_tasks

    bench = release.load_release(released)
    known = {p.messages[1]["content"]: bench.entries[p.id] for p in bench.problems}

    def answer(messages: Any, *_: Any) -> Any:
        text = fenced(getattr(known[messages[-1].text], codes))
        output = ModelOutput.from_content("mockllm/model", text)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    [log] = inspect_ai.eval(
        inspect_tasks.since(path=str(released), arm="alone", jobs=1),
        model=get_model("mockllm/model", custom_outputs=answer),
        log_dir=str(folder / "logs"),
        display="none",
        **options,
    )
    return log


@pytest.mark.parametrize(
    ("codes", "value", "api"), [("new_code", 1, "new"), ("old_code", 0, "old")]
)
def test_answers_are_scored_by_our_judge(
    codes: str, value: float, api: str, released: Path, tmp_path: Path
) -> None:
    log = answered(released, codes, tmp_path)
    assert log.status == "success"
    assert log.results.scores[0].metrics["accuracy"].value == value
    assert log.results.scores[0].metrics["2025-07"].value == value
    assert {s.scores["executed"].metadata["api"] for s in log.samples} == {api}
    assert all("twice" not in sample.input[-1].text for sample in log.samples)


def test_what_is_not_judged_is_an_error_and_no_score(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recode_data.evaluate.since import Since
    from recode_data.evaluate.store import Score

    def lost(_: Any, examiner: Any, completions: Any) -> Any:
        for one in completions:
            yield Score(one.id, one.problem, 0, NOT_JUDGED, "the index did not answer")

    monkeypatch.setattr(Since, "judged", lost)
    log = answered(released, "new_code", tmp_path, fail_on_error=False)
    assert all("the index did not answer" in sample.error.message for sample in log.samples)
    assert all(not sample.scores for sample in log.samples)


def test_an_arm_that_is_none_and_a_path_without_a_cutoff_are_errors(
    released: Path, tmp_path: Path
) -> None:
    from recode_data.evaluate import inspect_tasks

    with pytest.raises(UsageError, match="no arm is called 'x'"):
        inspect_tasks._since(str(released), arm="x")
    with pytest.raises(UsageError, match="needs a cutoff"):
        inspect_tasks._since(str(tmp_path))
