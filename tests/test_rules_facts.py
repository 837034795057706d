"""What a library is asked about its symbols, answered although some of them are proxies."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zlib
from pathlib import Path

from recode_data.synthesize.rules import facts

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
