"""The command line: every command explains itself, every mistake gets a line and a code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from recode_data.cli import app
from recode_data.records import Entry, Run, Verdict
from recode_data.workspace import Workspace

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    paths = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "PYTHONPATH": ":".join(paths)}
    return subprocess.run(
        [sys.executable, "-m", "recode_data", *arguments],
        capture_output=True, text=True, cwd=cwd, env=environment, check=False,
    )  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> tuple[Path, Entry]:
    entry = Entry(
        "numpy", "==2.0.0", "Find members [bold]of[/bold] a set.", "`np.in1d` is gone.",
        "print(np.in1d([1], [1]))", "print(np.isin([1], [1]))", engine="rules", author="rename",
        old_symbol="numpy.in1d", new_symbol="numpy.isin",
    )  # fmt: skip
    ran = Run("c", "e", "numpy", "2.0.2", "3.12", "1", "raised", "AttributeError", "no in1d")
    evidence = {"runs": {"old_on_new": {"run": ran.id, "status": "raised"}}}
    verdict = Verdict(entry.id, "1", "valid", "ok", "breaking", "1.26.4", "2.0.2", "", evidence)
    with Workspace.open(tmp_path / "ws") as opened:
        opened.add([entry, ran, verdict])
    return tmp_path / "ws", entry


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"Example: recode-data {command}" in done.stdout, "an example is missing"


def test_help_imports_no_heavy_package() -> None:
    code = (
        "import sys, recode_data.cli\n"
        "heavy = {'duckdb', 'pandas', 'numpy', 'libcst', 'torch', 'datasets', 'openai', 'pyarrow',"
        " 'pydantic', 'requests', 'docutils', 'huggingface_hub'}\n"
        "print(*(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_version() -> None:
    assert run("--version").stdout.startswith("recode-data ")


def test_the_shell_is_told_how_a_command_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_RECODE_DATA_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "recode-data st")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert run().stdout.split() == ["status"]


def test_status_counts_what_is_there(workspace: tuple[Path, Entry]) -> None:
    lines = run("status", "-w", str(workspace[0]), "--json").stdout.splitlines()
    counts = {stage["name"]: stage["count"] for stage in map(json.loads, lines)}
    assert counts == {
        "notes": 0, "changes": 0, "entries": 1, "judged": 1, "valid": 1, "unique": 1,
    }  # fmt: skip


def test_entries_are_listed_with_their_verdicts(workspace: tuple[Path, Entry]) -> None:
    folder, entry = workspace
    row = json.loads(run("entries", "-w", str(folder), "--json", "--status", "valid").stdout)
    assert (row["id"], row["kind"], row["measured_version"]) == (entry.id, "breaking", "2.0.2")
    assert run("entries", "-w", str(folder), "--json", "--status", "error").stdout == ""


def test_show_prints_code_update_and_evidence_as_they_are(workspace: tuple[Path, Entry]) -> None:
    folder, entry = workspace
    text = run("show", entry.id[:6], "-w", str(folder)).stdout
    for part in ("np.in1d([1]", "np.isin([1]", "[bold]of[/bold]", "`np.in1d` is gone.",
                 "AttributeError: no in1d", "1.26.4 → 2.0.2", "old on new"):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["frobnicate"], 2, "No such command 'frobnicate'"),
        (["status"], 2, "error: no workspace in workspace"),
        (["show", "zz", "-w", "{ws}"], 2, "error: nothing has the id 'zz'"),
        (["entries", "--limit", "0"], 2, "--limit"),
        (["environments", "frob"], 2, "error: Invalid value for 'action': 'frob' is not one of"),
        (["show"], 2, "tip: recode-data show --help shows what it takes"),
        (["import", "nothing.jsonl"], 2, "'nothing.jsonl' does not exist"),
        (["build", "first"], 2, "tip: recode-data build --build first"),
        (["synthesize"], 2, "error: no workspace in workspace"),
        (["validate"], 2, "error: no workspace in workspace"),
        (["dedup"], 2, "error: no workspace in workspace"),
        (["export"], 2, "error: no workspace in workspace"),
        (["push-hub", "--dry-run"], 2, "tip: recode-data build numpy makes one"),
        (["review", "--agreement"], 2, "error: no workspace in workspace"),
    ],
)
def test_bad_input_gets_a_line_and_a_code(
    workspace: tuple[Path, Entry], tmp_path: Path, arguments: list[str], code: int, line: str
) -> None:
    done = run(*(part.format(ws=workspace[0]) for part in arguments), cwd=tmp_path)
    assert done.returncode == code
    assert line in done.stderr
    assert "Traceback" not in done.stderr
    assert "╭" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "workspace").exists(), "a command that failed has made a workspace"


def test_no_command_at_all_shows_the_help(tmp_path: Path) -> None:
    done = run(cwd=tmp_path)
    assert done.returncode == 2
    assert "push-hub" in done.stdout and "error:" not in done.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    assert "Traceback" in run("--debug", "status", cwd=tmp_path).stderr


def test_a_reader_that_stops_early_is_no_error(workspace: tuple[Path, Entry]) -> None:
    with Workspace.open(workspace[0]) as opened:  # more than the pipe and the buffer take
        code = "x = 1\n" * 9_000
        opened.add([Entry("numpy", "==2", "d", str(n), code, code) for n in range(9)])
    for reader in ("true", "head -c 9"):
        shell = f"{sys.executable} -m recode_data entries -w {workspace[0]} --json | {reader}"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    workspace: tuple[Path, Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recode-data.toml").write_text(
        f'workspace = "{workspace[0]}"\n[entries]\nlimit = 1'
    )
    assert run("status", "--json", cwd=tmp_path).returncode == 0
    monkeypatch.setenv("RECODE_DATA_WORKSPACE", "from-the-environment")
    assert "from-the-environment" in run("status", cwd=tmp_path).stderr
    assert run("status", "-w", str(workspace[0]), cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("worspace = 'x'", "no option is called 'worspace'\ntip: did you mean 'workspace'?"),
        ("[entris]\nlimit = 1", "no command is called 'entris'\ntip: did you mean 'entries'?"),
        ("[entries]\nlimt = 1", "no option of entries is called 'limt'\ntip: did you mean 'limit'"),
        ("workspace =", "cannot read recode-data.toml"),
    ],
)
def test_a_mistake_in_the_file_names_the_nearest_key(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "recode-data.toml").write_text(text)
    done = run("status", cwd=tmp_path)
    assert done.returncode == 2
    assert line in done.stderr


def test_a_ctrl_c_during_a_query_is_a_ctrl_c() -> None:
    code = (
        "import sys\n"
        "from recode_data import cli\n"
        "@cli.app.command('query')\n"
        "def query() -> None:\n"
        "    raise RuntimeError('Query interrupted')  # what DuckDB makes of the signal\n"
        "sys.argv = ['recode-data', 'query']\n"
        "cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert done.stderr.splitlines() == [
        "error: stopped",
        "tip: what was done is kept: run the same command again to go on",
    ]


def test_the_code_of_others_is_parsed_without_a_word() -> None:
    line = """import recode_data.cli as cli
cli.app = lambda **_: compile("1 is 1", "<unknown>", "exec") and 0
cli.main()"""
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["report", "report.html", "-w", "loop"], "error: "),
        (["entries", "--status", "valid" * 2000], "error: --status: there is no 'valid"),
    ],
)  # fmt: skip
def test_an_odd_value_is_one_short_line(
    workspace: tuple[Path, Entry], words: list[str], line: str
) -> None:
    folder, _ = workspace
    (folder / "loop").symlink_to("loop")
    done = run(*words, cwd=folder)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(line) and "tip: " in done.stderr
    assert "unexpected" not in done.stderr and len(done.stderr) < 1500
