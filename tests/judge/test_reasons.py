"""Every reason has one code and one sentence, and stands for one status."""

from __future__ import annotations

import json

import pytest

from recode_data.judge import REASONS, Finding
from recode_data.judge.finding import STUCK, failure_of
from recode_data.reasons import Reason


def test_reason_is_its_code_wherever_it_is_written() -> None:
    assert f"{Reason.OFF_TOPIC}" == Reason.OFF_TOPIC == "off_topic"
    assert json.dumps(Reason.OK) == '"ok"'
    assert REASONS["off_topic"] == Reason.OFF_TOPIC.sentence


def test_codes_and_sentences_are_all_different_and_plain() -> None:
    assert len(set(REASONS.values())) == len(REASONS)
    for code, sentence in REASONS.items():
        assert code.isidentifier() and code.islower()
        assert sentence and not sentence.endswith(".")


@pytest.mark.parametrize("reason", REASONS)
def test_status_follows_from_the_reason(reason: str) -> None:
    expected = {"ok": "valid", "timeout": "timeout", "error": "error", STUCK: "error"}
    assert Finding(reason).status == expected.get(reason, "invalid")


def test_failure_of_the_judge_is_one_line_with_its_place_in_our_code() -> None:
    with pytest.raises(ValueError, match="no package") as caught:
        from recode_data.requirements import read_requirements

        read_requirements("-r\nfile")
    found = failure_of(caught.value)
    assert (found.reason, found.status) == ("error", "error")
    assert found.detail.startswith("ValueError: ") and "\n" not in found.detail
    assert "(requirements.py, " in found.detail


def test_failure_outside_our_code_has_no_place() -> None:
    try:
        raise RuntimeError("x" * 1000)
    except RuntimeError as error:
        detail = failure_of(error).detail
    assert detail == "RuntimeError: " + "x" * 300
