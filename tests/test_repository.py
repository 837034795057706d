"""What is committed: no registry's host, no path of a machine, a file for every promise."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Written in halves so that this file does not contain them itself.
FORBIDDEN = re.compile(
    "|".join(
        first + second
        for first, second in [
            ("py", r"pi\.org"), ("python", r"hosted\."), ("registry\\.npm", r"js"),
            ("/root", r"/"), ("/home", r"/[a-z]+/"), ("\\bissue", r" #?\d"),
        ]
    ),
    re.IGNORECASE,
)  # fmt: skip


def committed() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = []
    for path in committed():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in FORBIDDEN.finditer(text)]
    assert found == []


def test_every_library_definition_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from recode_data.library import library_files, load_library

    monkeypatch.chdir(ROOT)
    for name in library_files():
        library = load_library(name)
        assert library.name
        assert library.licence, f"{name} names no licence of its notes"
        assert library.sources, f"{name} has no source of notes"
