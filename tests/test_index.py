"""The package index: what the user configured, and real files of a tiny local index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from recode_data import index
from recode_data.errors import BrokenSource, NoSuchVersion
from recode_data.index_settings import index_settings


@pytest.fixture
def local_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    files = {"tiny-1.0.tar.gz": b"one", "tiny-1.1.tar.gz": b"two", "tiny-2.0rc1.tar.gz": b"three"}
    page = tmp_path / "simple" / "tiny"
    page.mkdir(parents=True)
    links = []
    for name, content in files.items():
        (page / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        links.append(f'<a href="{name}#sha256={digest}" data-requires-python="&gt;=3.8">{name}</a>')
    (page / "index.html").write_text("<html>" + "".join(links) + "</html>")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "simple").as_uri())
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    index.forget()
    yield page
    index.forget()


def test_newest_sdist_is_a_final_release(local_index: Path) -> None:
    version, archive = index.sdist("tiny")
    assert version == "1.1"
    assert archive.read_bytes() == b"two"
    assert index.sdist("tiny", "1.0")[1].read_bytes() == b"one"
    assert index.distributions("tiny")[0].requires_python == ">=3.8"


def test_unknown_names_and_versions_say_what_there_is(local_index: Path) -> None:
    with pytest.raises(NoSuchVersion, match="no sdist of tiny 7") as caught:
        index.sdist("tiny", "7")
    assert "1.1" in caught.value.tip
    with pytest.raises(NoSuchVersion, match="no distribution 'absent'"):
        index.distributions("absent")


def test_a_damaged_download_is_told_and_not_kept(local_index: Path, tmp_path: Path) -> None:
    (local_index / "tiny-1.1.tar.gz").write_bytes(b"twO")
    with pytest.raises(BrokenSource, match="SHA-256"):
        index.sdist("tiny")
    assert list((tmp_path / "cache" / "sdists").iterdir()) == []


def test_settings_of_pip_and_uv_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip, uv = tmp_path / "pip.conf", tmp_path / "uv.toml"
    pip.write_text("[global]\nindex-url = https://pip.test/simple\nfind-links = /a /b\n")
    uv.write_text('[[index]]\nname = "x"\nurl = "https://uv.test/simple"\ndefault = true\n')
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(pip))
    monkeypatch.setenv("UV_CONFIG_FILE", "/nowhere")
    assert index_settings().index == "https://pip.test/simple"
    assert index_settings().find_links == ("/a", "/b")
    monkeypatch.setenv("UV_CONFIG_FILE", str(uv))
    assert index_settings().index == "https://uv.test/simple"
    monkeypatch.setenv("UV_INDEX", "mine=https://mine.test/simple https://two.test/s?a=b")
    assert index_settings().extra[:2] == ("https://mine.test/simple", "https://two.test/s?a=b")
