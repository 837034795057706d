"""Who may import whom is checked, and the check would find what is not allowed."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
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
        ("duplicates/near.py", "from recode_data.notes import stage", "Stages do not import"),
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


STATEMENT = re.compile(
    r"\b(SELECT\b.+\bFROM|INSERT\b.+\bINTO|DELETE\s+FROM|UPDATE\b.+\bSET|CREATE\b.+\bTABLE)\b",
    re.DOTALL,
)
DATABASE = {"sql", "execute", "executemany", "connection", "registered", "transaction"}
CONDITION = {"all", "count"}
"""Methods of a workspace whose second argument is a condition in SQL."""


def text_of(node: ast.AST) -> str:
    """Return what a literal says, an ellipsis in the place of each expression in it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) for part in node.values)
    return node.value if isinstance(getattr(node, "value", None), str) else "…"


def sql_in(source: str) -> Iterator[str]:
    """Yield the statements and the uses of a workspace's database in a module's text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            if STATEMENT.search(text_of(node)):
                yield f"line {node.lineno}: a statement"
        elif isinstance(node, ast.Attribute) and node.attr in DATABASE:
            yield f"line {node.lineno}: .{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = len(node.args) + len(node.keywords)
            of_a_kind = node.args and isinstance(node.args[0], ast.Name | ast.Attribute)
            if node.func.attr in CONDITION and given > 1 and of_a_kind:
                yield f"line {node.lineno}: .{node.func.attr} with a condition"


def test_all_sql_is_the_workspaces_or_that_of_duplicates() -> None:
    package = ROOT / "recode_data"
    found = [
        f"{file.relative_to(package)}, {where}"
        for file in sorted(package.rglob("*.py"))
        if file.relative_to(package).parts[0] not in ("workspace", "duplicates")
        for where in sql_in(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'QUERY = "SELECT id FROM runs"',
        'QUERY = f"""\nSELECT {column}\nFROM runs"""',
        'workspace.execute("DELETE FROM runs")',
        'workspace.connection.register("rows", rows)',
        'workspace.all(Entry, "id = ?", [id])',
        'workspace.count(Entry, where="true")',
    ],
)
def test_sql_in_another_room_is_found(line: str) -> None:
    assert list(sql_in(line))
