"""Files in the encodings that people have, and outputs that are whole or not there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recode_data.errors import BadFile, DiskFull
from recode_data.files import (
    mended,
    read_json,
    read_jsonl,
    read_text,
    refuse_unwritable,
    write_text,
    written_whole,
)

TIP = "give another file"
TEXT = 'name = "ümlaut → 😀"\nnext = 1\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_is_the_same_in_every_encoding_that_says_what_it_is(
    tmp_path: Path, encoding: str, end: str
) -> None:
    file = tmp_path / "text"
    file.write_bytes(TEXT.replace("\n", end).encode(encoding))
    assert read_text(file, TIP) == TEXT


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"fine\nna\xefve\n", "is not UTF-8 text: byte 0xef in line 2"),
        (b"\xed\xa0\x80 half a pair", "is not UTF-8 text: byte 0xed in line 1"),
        (b"\x7fELF\x02\x01\x00\x00\xff", "is binary, not text"),
        ("text".encode("utf-16-le"), "is binary, not text"),
        (b"\xff\xfet\x00x", "is not UTF-16-LE text"),
    ],
)
def test_what_is_no_text_is_said_in_one_line(tmp_path: Path, content: bytes, line: str) -> None:
    file = tmp_path / "data"
    file.write_bytes(content)
    with pytest.raises(BadFile) as caught:
        read_text(file, TIP)
    assert line in caught.value.message and "\n" not in caught.value.message
    assert caught.value.tip


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for file, reason in ((tmp_path, "Is a directory"), (tmp_path / "x", "No such file")):
        with pytest.raises(BadFile, match=reason):
            read_text(file, TIP)


def test_only_line_feeds_end_a_line_of_jsonl(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [{"text": "one\u2028two\u2029three\x85four\x0bfive\x0csix"}, {"text": "\ud83d"}]
    lines = [json.dumps(rows[0], ensure_ascii=False), "", json.dumps(rows[1])]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert list(read_jsonl(file, TIP)) == [(1, rows[0]), (3, {"text": "\ufffd"})]


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    for text in ("{}\n{,}", "{}\n" + "[" * 100_000):
        file.write_text(text)
        with pytest.raises(BadFile, match=r"rows\.jsonl:2: no JSON, "):
            list(read_jsonl(file, TIP))
    with pytest.raises(BadFile, match="no JSON, "):
        read_json(file, TIP)


@given(st.text(st.characters(exclude_categories=[])))
def test_mended_text_can_be_written_and_whole_text_is_left_alone(text: str) -> None:
    mended(text).encode("utf-8")
    whole = text.encode("utf-8", "ignore").decode("utf-8")
    assert mended(whole) == whole


def test_a_file_is_replaced_whole_or_stays(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "page.html"
    write_text(file, "old")
    with pytest.raises(RuntimeError), written_whole(file) as part:
        part.write_text("half")
        raise RuntimeError
    assert file.read_text() == "old"
    write_text(file, "new \ud800")
    assert file.read_text(encoding="utf-8") == "new \ufffd"
    assert [path.name for path in file.parent.iterdir()] == ["page.html"]
    os.umask(mask := os.umask(0))
    assert file.stat().st_mode & 0o777 == 0o666 & ~mask, "readable as any other file"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old")
    (tmp_path / "link").symlink_to("there")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "there").read_text() == "new" and (tmp_path / "link").is_symlink()


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFile, match="Is a directory"):
        write_text(tmp_path, "text")
    with pytest.raises(BadFile, match="cannot write"):
        write_text(tmp_path / "file" / "below", "text")
    with pytest.raises(DiskFull, match="no space left for /dev/full"):
        write_text(Path("/dev/full"), "text")


def test_what_cannot_be_written_is_refused_before_a_long_job(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refuse_unwritable(tmp_path)
    refuse_unwritable(tmp_path / "new" / "folder")
    refuse_unwritable(tmp_path / "file", folder=False)
    refuse_unwritable(tmp_path / "new" / "file", folder=False)
    refuse_unwritable(Path(os.devnull), folder=False)
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "nothing is left behind"
    for target, folder in (("file", True), ("file/below", True), ("file/x/y", False), (".", False)):
        with pytest.raises(BadFile, match="cannot write"):
            refuse_unwritable(tmp_path / target, folder=folder)
