"""The commands about this machine say what is there, and never a secret."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recode_data.cli import app

SECRET = "sk-not-to-be-shown"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path))
    return tmp_path


def invoke(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_doctor_tells_what_is_there_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    said = invoke("doctor")
    for topic in ("Pythons", "uv", "sandbox", "cache", "OPENAI_API_KEY", "HF_TOKEN", "[train]"):
        assert topic in said
    assert "does not stop" in said
    assert SECRET not in said
    findings = {f["topic"]: f for f in map(json.loads, invoke("doctor", "--json").splitlines())}
    assert findings["OPENAI_API_KEY"]["state"] == "ok"
    assert findings["HF_TOKEN"]["state"] == "missing"
    assert all(f["advice"] for f in findings.values() if f["state"] != "ok")


def test_doctor_fails_where_nothing_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from recode_data.execute.selftest import choose_tier

    monkeypatch.setenv("RECODE_DATA_TIER", "none")
    choose_tier.cache_clear()
    try:
        done = CliRunner().invoke(app, ["doctor"])
    finally:
        choose_tier.cache_clear()
    assert done.exit_code == 1
    assert "no sandbox works here" in done.output


def test_environments_are_listed_sized_and_pruned(cache: Path) -> None:
    folder = cache / "environments" / "0123456789abcdef"
    folder.mkdir(parents=True)
    told = {"library": "numpy", "version": "1.24.4", "python": "3.11"}
    (folder / "recode.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "data").write_bytes(bytes(5_000_000))
    assert "numpy 1.24.4" in invoke("environments")
    assert "1 environments, 0.01 GB" in invoke("environments", "size")
    assert json.loads(invoke("environments", "--json"))["size"] > 5_000_000
    assert "removed 0" in invoke("environments", "prune", "--most", "0")
    old = time.time() - 7200
    import os

    os.utime(folder / "recode.json", (old, old))
    assert "removed 0" in invoke("environments", "prune")
    assert "removed 1" in invoke("environments", "prune", "--most", "0.001")
    assert not folder.exists()
