"""Who may import whom is checked, and the check would find what is not allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytest.importorskip("importlinter")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the package that lies in ``folder``."""
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports("
    code += "no_cache=True, no_logo=True))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_rooms_keep_their_contracts() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("dedup/near.py", "from recode_data.scrape import stage", "Stages do not import"),
        ("execute/job.py", "from recode_data.judge import grade", "Rooms build on those below"),
        ("codemods/plan.py", "from recode_data.judge import grade", "does not judge"),
        ("publish/export.py", "import duckdb", "Only the workspace knows DuckDB"),
        ("rewards/worth.py", "import torch", "know torch"),
        ("api/introspection.py", "import subprocess", "Only execute starts processes"),
    ],
)
def test_what_is_not_allowed_is_found(
    module: str, line: str, contract: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "recode_data", tmp_path / "recode_data")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / "recode_data" / module
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [said for said in done.stdout.splitlines() if said.rstrip().find("BROKEN") > 0]
    assert any(contract in said for said in broken), done.stdout
