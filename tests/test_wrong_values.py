"""Every command with every wrong value: one line, one tip, exit code 2, and nothing done.

The values follow from the commands themselves, so an option that is added later is tried too,
or the table says why it cannot be wrong. ``python tests/test_wrong_values.py`` tries all of them
on the program itself, a process each, and prints what came of it, a line a command.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import pytest
from typer.main import get_command

from recode_data import index
from recode_data.cli import app, main
from recode_data.records import Change, Entry, ReleaseNote, Verdict
from recode_data.workspace import Workspace

COMMANDS: dict[str, Any] = dict(sorted(get_command(app).commands.items()))  # type: ignore[attr-defined]
ROOT = Path(__file__).parent.parent
GARBAGE = bytes(range(256))
BASE: dict[str, list[str]] = {
    "audit": ["empty"],
    "check": ["file.txt", "--library", "numpy", "-w", "ws", "--no-run"],
    "guide": ["numpy", "-w", "ws"],
    "migrate": ["file.txt", "--library", "numpy", "-w", "ws"],
    "serve-grader": ["empty"],
    "bench-release": ["out", "--month", "2026-11", "--data", "held.jsonl"],
    "build": ["mini.toml"],
    "changes": ["-w", "ws"],
    "compare": ["run"],
    "dedup": ["-w", "ws"],
    "diff": ["ws", "ws"],
    "doctor": [],
    "entries": ["-w", "ws"],
    "environments": [],
    "eval": ["heldout", "held.jsonl", "--predictions", "reference", "--out", "fresh"],
    "export": ["out", "-w", "ws"],
    "grade": ["task.json", "answer.py"],
    "import": ["rows.jsonl", "-w", "fresh"],
    "init": ["mini.toml", "--out", "mini.toml"],
    "merge": ["fresh", "ws"],
    "push-hub": ["me/data", "-w", "ws", "--dry-run"],
    "report": ["report.html", "-w", "ws"],
    "review": ["-w", "ws", "--agreement"],
    "scrape": ["mini.toml"],
    "show": ["0", "-w", "ws"],
    "status": ["-w", "ws"],
    "synthesize": ["-w", "ws", "--engine", "llm", "--model", "m", "--dry-run"],
    "train": ["--algo", "sft", "--model", "scratch", "--set", "use_cpu=true", "--data",
              "held.jsonl", "--output", "models", "--dry-run"],
    "validate": ["-w", "ws"],
}  # fmt: skip
"""Arguments with which each command would do its work, or stop at once for want of any."""
LIBRARIES = ["nosuch", "nosuch.toml", "broken.toml", "latin.toml", "binary.toml", "key.toml", "."]
PROJECTS = ["./empty", "./nowhere", "./file.txt", "./run", "numpy==", "numpy==1..", "==1.0",
            "numpy==2..1..3", "numpy>=1", "numpy==banana..git+https://x/y", "numpy==1..git+",
            "numpy==1..git+ftp://x/y", "a b", "numpy==1.0,2.0",
            "https://x/y", "..", "/"]  # fmt: skip
NO_JSONL = ["nowhere", "binary", "latin.jsonl", "broken.jsonl", "empty.jsonl", "deep.jsonl", "."]
THERE = ["nowhere", "file.txt", "damaged", "garbage", "empty"]
MADE = ["file.txt", "damaged", "garbage", "file.txt/below"]
NOT_TEXT = ["\udcff"]
NO_DAY = ["banana", "2025-13-45", "2025-6-1", "20250601", "2025-06-01T00:00", "2025-02-30"]
NO_REPOSITORY = ["bad name", "a/b/c", "a//b", "/a", "a/", "-a/b", "ä/b", "a/b.git"]
WRONG: dict[str, list[str]] = {
    "audit package": ["nowhere", "file.txt", "."],
    "check paths": ["nowhere"],
    "check library": LIBRARIES,
    "check versions": ["banana", "1", "1,2,3", ","],
    "check kind": ["nosuch"],
    "check baseline": ["nowhere", "binary", "file.txt", "."],
    "check write_baseline": [".", "file.txt/below"],
    "guide library": LIBRARIES,
    "guide start": ["banana", "9999"],
    "guide to": ["banana"],
    "guide kind": ["nosuch"],
    "guide out": ["file.txt"],
    "migrate paths": ["nowhere"],
    "migrate library": LIBRARIES,
    "migrate to": ["banana"],
    "serve-grader packages": ["nowhere", "file.txt", "."],
    "serve-grader host": ["not a host", "256.1.1.1"],
    "bench-release folder": ["file.txt", "full"],
    "bench-release month": ["banana", "2025-13", "2025-6", "2025-06-01"],
    "bench-release data": ["nowhere", "file.txt", "a/b/c"],
    "bench-release against": NO_JSONL,
    "grade task": ["nowhere", "binary", "file.txt", "rows.jsonl", "."],
    "grade answer": ["nowhere", "."],
    "grade reward": [".", "file.txt/below"],
    "environments description": ["nowhere", "binary", "rows.jsonl", "."],
    "build libraries": [*LIBRARIES, *PROJECTS],
    "build new": ["nowhere", "file.txt", "empty", ".", "text-1.0-py3-none-any.whl",
                  "other-1.0-py3-none-any.whl", "damaged-1.0-py3-none-any.whl", "numpy-nosuch.whl",
                  "git+https://", "numpy"],
    "build plan": ["nosuch", "nosuch.toml", "broken.toml", "latin.toml", "key.toml"],
    "build out": ["file.txt", "full"],
    "changes libraries": ["nosuch"],
    "compare runs": ["nowhere", "file.txt", "empty", "badrun", "norun", "oddrun"],
    "dedup against": NO_JSONL,
    "diff old": ["nowhere", "file.txt", "empty", "damaged"],
    "diff new": ["nowhere", "file.txt", "empty", "damaged"],
    "entries library": ["nosuch", "nump"],
    "entries verdict": ["nosuch", "Valid", "valid,invalid"],
    "entries kind": ["behavior", "nosuch"],
    "environments action": ["frob", "List"],
    "eval arm": ["nosuch", "Alone", "alone,update"],
    "eval bench": ["nosuch", "held-out"],
    "eval path": ["nowhere", "file.txt", "binary", "latin.jsonl", "broken.jsonl", "empty.jsonl",
                  "deep.jsonl", "empty", "a/b/c"],
    "eval model": ["./nowhere"],
    "eval endpoint": ["localhost:1", "ftp://x"],
    "eval predictions": [*NO_JSONL, "rows.jsonl", "unknown.jsonl"],
    "eval cutoff": NO_DAY,
    "eval out": ["file.txt", "file.txt/below", "badrun", "otherrun"],
    "export folder": ["file.txt", "full", "file.txt/below"],
    "export previous": ["nowhere", "file.txt", "empty"],
    "export cutoff": [*NO_DAY, "2025-06-01"],
    "import file": ["nowhere", "binary", "latin.jsonl", "broken.jsonl", "empty.jsonl", ".",
                    "deep.jsonl"],
    "init library": LIBRARIES,
    "init out": ["file.txt", "empty"],
    "import library_map": ["x", "x=", "=x", "a=b,c"],
    "merge into": ["file.txt", "damaged", "garbage", "ws"],
    "merge workspaces": ["nowhere", "file.txt", "empty", "damaged", "fresh"],
    "push-hub name": NO_REPOSITORY,
    "push-hub plan": ["nosuch", "broken.toml"],
    "push-hub revision": ["v 1", "a..b", "-v1", "v1.lock", "a~b", "a:b", "v1/"],
    "push-hub cutoff": [*NO_DAY, "2025-06-01"],
    "report file": [".", "file.txt/below"],
    "report evaluation": ["nowhere", "file.txt", "empty", "badrun", "norun", "oddrun", "run"],
    "report run": ["nowhere", "file.txt", "empty", "badlog"],
    "review reviewer": [" "],
    "review library": ["nosuch"],
    "review kind": ["behavior"],
    "review engine": ["rule"],
    "review status": ["nosuch"],
    "scrape libraries": LIBRARIES,
    "show id": ["zz", "nosuch"],
    "synthesize libraries": LIBRARIES,
    "synthesize base_url": ["localhost", "ftp://x", "http://me:secret@host"],
    "synthesize batch": ["{input", "nosuchprogram {input} {output}", "true", "API"],
    "synthesize reason": ["nosuch", "No_Replacement", "ok"],
    "synthesize kind": ["behavior", "nosuch"],
    "synthesize prompts": ["nowhere", "file.txt"],
    "synthesize prices": ["nowhere", ".", "broken.toml", "latin.toml", "key.toml"],
    "synthesize batch_out": ["."],
    "synthesize batch_in": ["nowhere", "."],
    "train algo": ["ppo", "GRPO"],
    "train model": ["./nowhere", "empty", "a/b/c"],
    "train data": [*NO_JSONL, "file.txt", "a/b/c"],
    "train recipe": ["nosuch", "nowhere.yaml", "broken.yaml", "latin.yaml", "list.yaml", "key.yaml",
                     "loop.yaml"],
    "train setting": ["x", "nosuch=1", "max_steps=0", "learning_rate=fast", "trl.nosuch=1",
                      "rewards={a: 1}", "adapter=qora", "trl={", "lr_scheduler_type=steep"],
    "train output": ["file.txt", "ran"],
    "train push": NO_REPOSITORY,
    "validate library": ["nosuch", "broken.toml"],
    "validate retry": ["nosuch", "error,banana"],
    "validate engine": ["spark"],
    "validate address": ["ray://x"],
}  # fmt: skip
"""``command option`` → values that are wrong, for what is not a number, a flag or a choice."""
ANYTHING = {
    "doctor workspace": "it reports what it finds there",
    "synthesize model": "only the server knows its models",
}
"""``command option`` → why no value of it is wrong before somebody else is asked."""
INSTEAD: dict[str, list[str]] = {
    "build plan": [],
    "environments description": ["make"],
    "eval model": ["heldout", "held.jsonl"],
    "eval endpoint": ["heldout", "held.jsonl"],
    "review library": ["-w", "ws"],
    "synthesize base_url": ["-w", "ws", "--engine", "llm", "--model", "m"],
    "train algo": BASE["train"][2:],
    "train workspace": ["--algo", "sft", "--model", "scratch", "--dry-run"],
    "train push": BASE["train"],
}
"""Where another base is needed for the option to count."""


class Case(NamedTuple):
    """One command line that is wrong in one place."""

    command: str
    option: str
    value: str
    words: list[str]


def kind_of(command: str, name: str) -> Any:
    """Return the type that an option is declared with, without its wrappings."""
    hint = get_type_hints(COMMANDS[command].callback, include_extras=False)[name]
    while get_origin(hint) not in (None, Literal):
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
            continue
        hint = next(part for part in get_args(hint) if part is not type(None))
    return hint


def by_type(kind: Any, parameter: Any) -> list[str]:
    if kind in (int, float):
        values = ["x", "nan", "1e400", "", "9" * 25] + (["1.5"] if kind is int else ["inf"])
        low, high = getattr(parameter, "min", None), getattr(parameter, "max", None)
        values += [str(low - 1)] if low is not None else []
        return values + ([str(high + 1)] if high is not None else [])
    if get_origin(kind) is Literal:
        return ["nosuch", "", str(get_args(kind)[0]).upper()]
    if isinstance(kind, type) and hasattr(kind, "__members__"):
        return ["nosuch", "", next(iter(kind.__members__)).upper()]
    return ["", *NOT_TEXT]


def cases() -> Iterator[Case]:
    for command, declared in COMMANDS.items():
        yield Case(command, "", "--nosuch", [command, *BASE[command], "--nosuch"])
        for parameter in declared.params:
            name = str(parameter.name)
            if name == "help":
                continue
            key = f"{command} {name}"
            base = INSTEAD.get(key, BASE[command])
            kind = kind_of(command, name)
            if kind is bool:
                for flag in (parameter.opts[0], *parameter.secondary_opts):
                    yield Case(command, flag, "=yes", [command, *base, f"{flag}=yes"])
                continue
            values = list(WRONG.get(key, []))
            if name == "workspace" and key not in ANYTHING:
                values = MADE if command in ("build", "scrape", "import") else THERE
            for value in [*values, *by_type(kind, parameter)]:
                yield Case(command, name, value, placed(command, parameter, value, base))


def placed(command: str, parameter: Any, value: str, base: list[str]) -> list[str]:
    """Return the command line with ``value`` for the option, or in the place of the argument."""
    if parameter.param_type_name == "option":
        return [command, *base, parameter.opts[0], value]
    own = [p.name for p in COMMANDS[command].params if p.param_type_name == "argument"]
    position = own.index(parameter.name)
    words = base if len(base) > position and not base[position].startswith("-") else [value, *base]
    return [command, *words[:position], value, *words[position + 1 :]]


CASES = list(cases())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one right file of each kind, and many wrong ones."""
    return filled(tmp_path_factory.mktemp("user"))


def filled(here: Path) -> Path:
    """Write all files that the command lines name."""
    code = {"old_code": "import numpy as np\nprint(np.in1d([1], [1]))",
            "new_code": "import numpy as np\nprint(np.isin([1], [1]))"}  # fmt: skip
    row = {"dependency": "numpy", "new_version": "==2.0.0", "description": "Find members.",
           "update_info": "`np.in1d` is gone, use `np.isin`.", **code}  # fmt: skip
    entry = Entry(**row, engine="rules", author="rename", old_symbol="numpy.in1d")  # type: ignore[arg-type]
    with Workspace.open(here / "ws") as workspace:
        note = ReleaseNote("numpy", "2.0.0", "sdist", "n.rst", "rst", "gone")
        change = Change("numpy", "2.0.0", "removed", "gone", "", "sdist", "n.rst", note.id)
        verdict = Verdict(entry.id, "1", "valid", "ok", "breaking", "1.26.4", "2.0.2")
        workspace.add([note, change, entry, verdict])
    whole = (here / "ws" / "recode.duckdb").read_bytes()
    for name, content in (("damaged", whole[:5000]), ("garbage", GARBAGE * 200)):
        (here / name).mkdir()
        (here / name / "recode.duckdb").write_bytes(content)
    for name in ("empty", "full", "badrun", "norun", "oddrun", "otherrun", "badlog", "ran", "run"):
        (here / name).mkdir()
    (here / "simple").mkdir()
    (here / "full" / "thesis.tex").write_text("years of work")
    (here / "text-1.0-py3-none-any.whl").write_text("no archive")
    with zipfile.ZipFile(here / "other-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("other.py", "x = 1\n")
    with zipfile.ZipFile(here / "damaged-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("damaged-1.0.dist-info/METADATA", "Name: damaged\nVersion: 1.0\n")
        wheel.writestr("damaged.py", "x = 12345\n")
    damaged = Path(wheel.filename or "")
    damaged.write_bytes(damaged.read_bytes().replace(b"x = 12345", b"x = 54321"))
    (here / "badrun" / "config.json").write_text("{")
    (here / "norun" / "config.json").write_text("{}")
    (here / "oddrun" / "config.json").write_text('{"benchmark": ["heldout"], "model": "m"}')
    (here / "otherrun" / "config.json").write_text('{"benchmark": "other", "model": "m"}')
    (here / "run" / "config.json").write_text('{"benchmark": "heldout", "model": "m"}')
    (here / "badlog" / "curve.jsonl").write_bytes(GARBAGE)
    (here / "ran" / "run.yaml").write_text("algo: sft\n")
    line = json.dumps(row)
    for name, text in {
        "file.txt": "only text\n",
        "mini.toml": 'name = "numpy"\nlicence = "BSD-3-Clause"\nmatrix = ["2.0.2"]\n'
        '[[sources]]\nkind = "package"\n[usage]\ntests = ["tests/*.py"]\n',
        "broken.toml": "name = [",
        "key.toml": 'nmae = "numpy"\n',
        "rows.jsonl": line + "\n",
        "held.jsonl": line + "\n",
        "broken.jsonl": '{"a": 1\n',
        "deep.jsonl": "[" * 200_000 + "\n",
        "empty.jsonl": "\n\n",
        "unknown.jsonl": '{"problem": "none of ours", "completion": "x"}\n',
        "broken.yaml": "algo: [",
        "list.yaml": "- a\n- b\n",
        "key.yaml": "extends: sft\nlearning_raet: 1\n",
        "loop.yaml": "extends: loop.yaml\n",
    }.items():
        (here / name).write_text(text)
    (here / "binary").write_bytes(GARBAGE)
    (here / "binary.toml").write_bytes(GARBAGE)
    for name in ("latin.toml", "latin.jsonl", "latin.yaml"):
        (here / name).write_bytes('name = "na\xefve"\n'.encode("latin-1"))
    return here


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "recode.duckdb" not in path.name
    }


def test_every_option_of_every_command_is_tried() -> None:
    tried = {(case.command, case.option) for case in CASES}
    lacking = [
        f"{command} {parameter.name}"
        for command, declared in COMMANDS.items()
        for parameter in declared.params
        if not ({str(parameter.name), *parameter.opts} & {o for c, o in tried if c == command})
    ]
    assert [name for name in lacking if not name.endswith(" help")] == []
    assert len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.command}-{c.option}-{c.value[:20]!r}")
@pytest.mark.timeout(120)
def test_a_wrong_value_is_said_in_one_line(
    folder: Path,
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if case.command == "train":
        pytest.importorskip("torch")
    for name in [name for name in os.environ if name.startswith(("RECODE_DATA", "OPENAI", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RECODE_DATA_CACHE", str(folder / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("UV_DEFAULT_INDEX", (folder / "simple").as_uri())  # it has nothing
    index.forget()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["recode-data", *case.words])
    before = snapshot(folder)
    with pytest.raises(SystemExit) as left:
        main()
    said = capfd.readouterr()
    words = " ".join(case.words)
    assert left.value.code == 2, f"{words}: {left.value.code}\n{said.out}\n{said.err}"
    told = [line for line in said.err.splitlines() if line.startswith(("error: ", "tip: "))]
    assert [line.split(":")[0] for line in told] == ["error", "tip"], f"{words}\n{said.err}"
    assert "unexpected" not in said.err and "Traceback" not in said.err, f"{words}\n{said.err}"
    assert all(len(line) < 400 for line in told), told
    assert said.out == ""
    if log := os.environ.get("WRONG_VALUES_LOG"):
        with Path(log).open("a", encoding="utf-8", errors="backslashreplace") as table:
            table.write(f"{words}\t{told[0]}\n")
    shutil.rmtree(folder / "fresh", ignore_errors=True)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    kept = {
        name: state for name, state in before.items() if not name.startswith(("fresh", "cache"))
    }
    now = snapshot(folder)
    assert {name: now.get(name) for name in kept} == kept, "it has changed a file"


# The table, of the program itself

ENDS = ("exit 2", "exit 1", "exit 0", "traceback", "hang", "rows lost")


def ended(folder: Path, case: Case, before: list[int]) -> str:
    """Run one command line in a process and return how it ended, one of `ENDS`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RECODE_DATA", "OPENAI"))}
    own = {"RECODE_DATA_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}
    own |= {"UV_DEFAULT_INDEX": (folder / "simple").as_uri()}
    own |= {"PYTHONPATH": os.pathsep.join([str(ROOT), kept.get("PYTHONPATH", "")])}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "recode_data", *case.words],
            cwd=folder,
            env=kept | own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "hang"
    shutil.rmtree(folder / "fresh", ignore_errors=True)
    if "Traceback" in done.stderr or "unexpected" in done.stderr or done.returncode < 0:
        return "traceback"
    if rows(folder) != before:
        return "rows lost"
    return f"exit {done.returncode}"


def rows(folder: Path) -> list[int]:
    with Workspace.open(folder / "ws", read_only=True) as workspace:
        return [workspace.count(kind) for kind in (ReleaseNote, Change, Entry, Verdict)]


def table(workers: int) -> int:
    """Try all wrong values, print a line a command, and return how many ended wrongly."""
    counts: dict[str, Counter[str]] = {command: Counter() for command in COMMANDS}

    def share(number: int) -> list[tuple[Case, str]]:
        folder = filled(Path(tempfile.mkdtemp(prefix="wrong-values-")))
        before = rows(folder)
        try:
            return [(case, ended(folder, case, before)) for case in CASES[number::workers]]
        finally:
            shutil.rmtree(folder)

    with ThreadPoolExecutor(workers) as pool:
        results = [one for part in pool.map(share, range(workers)) for one in part]
    for case, how in results:
        counts[case.command][how] += 1
        if how != "exit 2":
            print(f"{how}: {case.words}", file=sys.stderr)
    print("| command | tried |", " | ".join(ENDS), "|")
    print("|---" * (len(ENDS) + 2) + "|")
    total: Counter[str] = sum(counts.values(), Counter())
    for command, ends in [*counts.items(), ("all", total)]:
        print(f"| {command} | {ends.total()} |", " | ".join(str(ends[end]) for end in ENDS), "|")
    return total.total() - total["exit 2"]


if __name__ == "__main__":
    sys.exit(bool(table(int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1)))
