"""What a library is asked about its symbols, answered although some of them are proxies."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from recode_data.codemods import facts

MODULE = '''
class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("working outside of a context")

current = Proxy()

def f(a, b=3):
    """Add."""
'''


def test_a_symbol_that_fails_when_it_is_asked_costs_no_other_one(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "__init__.py").write_text(MODULE)
    (tmp_path / "web" / "leaves.py").write_text("raise SystemExit(3)\n")
    asked = ["web.current", "web.leaves.g", "web.f", "web.none"]
    done = subprocess.run(
        [sys.executable, "-c", facts._PROBE % (asked,)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = json.loads(zlib.decompress(base64.b64decode(done.stdout)))
    assert {path for path, answer in told.items() if answer} == {"web.f"}
    assert [name for name, _, _ in told["web.f"]["parameters"]] == ["a", "b"]


def packed(answer: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(answer).encode())).decode()


TOLD = {
    "kind": "callable", "member": False, "parameters": [["a", "KEYWORD_ONLY", "1"]], "same": [],
    "home": "web", "name": "f", "doc": "",
}  # fmt: skip


def test_an_answer_is_read_field_by_field() -> None:
    assert facts._answers("printed\n" + packed({"web.f": TOLD, "web.g": None})) == {
        "web.f": TOLD | {"parameters": [("a", "KEYWORD_ONLY", "1")]},
        "web.g": None,
    }
    assert facts._answers(packed({"web.f": TOLD | {"doc": "\ud800"}}))["web.f"]["doc"] == "?"  # type: ignore[index]


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "no base64 é",
        base64.b64encode(b"no zlib").decode(),
        base64.b64encode(zlib.compress(b"[" * 100_000)).decode(),
        base64.b64encode(zlib.compress(bytes(facts.MOST_TEXT + 1))).decode(),
        packed([]),
        packed({"web.f": TOLD | {"parameters": [["a", "b"]]}}),
        packed({"web.f": TOLD | {"doc": 1}}),
        packed({"web.f": TOLD | {"more": 1}}),
        packed({"web.f": {"kind": "class"}}),
    ],
)
def test_a_library_that_lies_in_an_answer_has_no_symbols(printed: str) -> None:
    assert facts._answers(printed) == {}
