"""A file that holds the notes of many versions is cut at them, however it is written."""

from __future__ import annotations

import pytest

from recode_data.notes.sources.protocol import split_history


@pytest.mark.parametrize(
    "text",
    [
        "Version 1.2 (2020)\n\n* a\n\nVersion 1.1\n\n* b\n",
        "1.2.0, 2 May 2021\n\n- a\n\n1.1.0, 1 May\n\n- b\n",
        "v1.2 -- now\n\na\n\nv1.1 -- then\n\nb\n",
        "= 1.2 (20260607)\n\n* a\n\n= 1.1 (20250607)\n\n* b\n",
        "== 1.2 ==\n\n* a\n\n== 1.1 ==\n\n* b\n",
        "Changes\n=======\n\n1.2\n---\n\na\n\n1.1\n---\n\nb\n",
    ],
)
def test_every_way_to_head_a_version_in_plain_text_is_read(text: str) -> None:
    found = split_history(text, "rst")
    assert [version.removesuffix(".0") for version, _ in found] == ["1.2", "1.1"]
    assert all(letter in part for letter, (_, part) in zip("ab", found, strict=True))


def test_sentence_that_begins_with_a_version_heads_nothing() -> None:
    text = "Title\n=====\n\n1.2 is old.\n\n1.3 is new.\n"
    assert split_history(text, "rst") == []
