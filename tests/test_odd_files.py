"""Every file that a command reads, as editors on other systems save it; every file that one
writes, where it cannot be written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from test_evaluate import TASK, UPDATE

from recode_data.build import read_build
from recode_data.cli.app import read_defaults
from recode_data.duplicates.contamination import add_benchmark
from recode_data.errors import RecodeError
from recode_data.evaluate import codeupdatearena, humaneval
from recode_data.evaluate.sources.file import PredictionFile
from recode_data.evaluate.split import rows_of
from recode_data.judge.importing import import_file
from recode_data.library import load_library
from recode_data.llm.prices import read_prices
from recode_data.records import Attempt, Entry, Verdict
from recode_data.report.curves import history
from recode_data.workspace import Workspace

ODD = "naïve → 😀, one\u2028line\u2029 and\x85 more"
ROW = {"dependency": "numpy", "new_version": "==2.0.0", "description": ODD,
       "update_info": f"`np.in1d` is gone, use `np.isin` on it all the time. {ODD}",
       "old_code": f"print('{ODD}')", "new_code": f"print(2, '{ODD}')"}  # fmt: skip
HUMANEVAL = dict.fromkeys(humaneval.NEEDED, "x") | {"task_id": "t/0", "prompt": f"# {ODD}\n"}


def line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def training_data(file: Path) -> Any:
    from recode_data.training.data import load

    return load(file).train


def recipe(file: Path) -> Any:
    from recode_data.training.settings import read_recipe

    return read_recipe(str(file))


def imported(file: Path) -> Any:
    with Workspace.open(file.parent / f"ws-{file.stem}") as workspace:
        import_file(workspace, file)
        assert workspace.count(Attempt) == 0, "a row was lost"
        return [entry.description for entry in workspace.all(Entry)]


def benchmark(file: Path) -> Any:
    with Workspace.open(file.parent / f"ws-{file.stem}") as workspace:
        add_benchmark(workspace, file)
        return workspace.sql("SELECT words FROM benchmark_documents ORDER BY 1").to_pylist()


def defaults(file: Path) -> Any:
    here = Path.cwd()
    os.chdir(file.parent)
    try:
        file.replace("recode-data.toml")
        return read_defaults({"review": {"reviewer"}})
    finally:
        os.chdir(here)


def curve(file: Path) -> Any:
    file.replace(file.parent / "curve.jsonl")
    return history(file.parent)


class Reader(NamedTuple):
    """What reads a kind of file, and one that is right."""

    read: Callable[[Path], Any]
    text: str
    suffix: str = ".jsonl"


READERS = {
    "settings": Reader(defaults, f'[review]\nreviewer = "{ODD[:8]}"\n', ".toml"),
    "definition": Reader(lambda file: load_library(str(file)), 'name = "x"\n\nlicence = "ï"\n',
                         ".toml"),
    "build": Reader(lambda file: read_build(str(file)), 'libraries = ["numpy"]\n', ".toml"),
    "prices": Reader(read_prices, 'currency = "€"\n\n[models.m]\ninput = 1\noutput = 2\n', ".toml"),
    "recipe": Reader(recipe, "# naïve\nextends: sft\nmax_steps: 7\n", ".yaml"),
    "training data": Reader(training_data, line(ROW) + line(ROW | {"description": "d"})),
    "training data in one list": Reader(training_data, json.dumps([ROW], ensure_ascii=False),
                                        ".json"),
    "held-out rows": Reader(lambda file: rows_of(str(file)), line(ROW)),
    "predictions": Reader(lambda file: PredictionFile(file).texts,
                          line({"problem": ODD, "completion": ODD})),
    "imported rows": Reader(imported, line(ROW)),
    "benchmark to keep away from": Reader(benchmark, line(ROW)),
    "benchmark as one document": Reader(benchmark, json.dumps([ROW], ensure_ascii=False), ".json"),
    "arena": Reader(lambda file: codeupdatearena.load(file).problems,
                    line({"update": UPDATE | {"description": ODD}, "prog_syn_examples": [TASK]})),
    "humaneval": Reader(lambda file: humaneval.load(file).rows, line(HUMANEVAL)),
    "training log": Reader(curve, line({"step": 1, "note": ODD})),
}  # fmt: skip
VARIANTS: dict[str, Callable[[str], bytes]] = {
    "mark": lambda text: text.encode("utf-8-sig"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "mark and CRLF": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "no last end": lambda text: text.rstrip("\n").encode(),
    "blank lines": lambda text: text.replace("\n", "\n\n").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", READERS)
def test_a_file_means_the_same_however_it_is_saved(tmp_path: Path, name: str, variant: str) -> None:
    reader = READERS[name]
    if name.startswith(("training data", "recipe")):
        pytest.importorskip("torch")
    found = []
    for stem, content in (("a", reader.text.encode()), ("b", VARIANTS[variant](reader.text))):
        (tmp_path / stem).mkdir()
        file = tmp_path / stem / f"file{reader.suffix}"
        file.write_bytes(content)
        found.append(reader.read(file))
    assert found[0] == found[1]
    assert found[0], "nothing was read"


@pytest.mark.parametrize("name", [n for n, reader in READERS.items() if "json" in reader.suffix])
def test_half_a_surrogate_pair_costs_no_row(tmp_path: Path, name: str) -> None:
    reader = READERS[name]
    if name == "imported rows":
        pytest.skip("such a row is told with its reason")
    file = tmp_path / f"file{reader.suffix}"
    file.write_text(reader.text.replace("naïve", "na\\ud800ve"), encoding="utf-8")
    found = reader.read(file)
    assert found
    repr(found).encode("utf-8")


@pytest.mark.parametrize("name", READERS)
def test_another_encoding_is_said(tmp_path: Path, name: str) -> None:
    reader = READERS[name]
    file = tmp_path / f"file{reader.suffix}"
    file.write_bytes(reader.text.replace(ODD, "na\xefve").encode("latin-1", "replace"))
    if b"\xef" not in file.read_bytes():
        file.write_bytes(file.read_bytes().replace(b"?", b"\xef") + b"# \xef\n")
    if name == "imported rows":
        with pytest.raises(RecodeError, match="not_utf8"):
            reader.read(file)
        return
    with pytest.raises(RecodeError, match="is not UTF-8 text: byte 0xef in line") as caught:
        reader.read(file)
    assert "iconv" in caught.value.tip


def test_the_products_own_export_can_be_checked_against(tmp_path: Path) -> None:
    from recode_data.duplicates import dedup
    from recode_data.progress import Progress
    from recode_data.publish import Configuration, export

    with Workspace.open(tmp_path / "ws") as workspace:
        entry = Entry(**ROW, old_symbol="numpy.in1d")  # type: ignore[arg-type]
        workspace.add([entry, Verdict(entry.id, "1", "valid", "ok", "breaking", "1", "2")])
        dedup(workspace, Progress(quiet=True))
        export(workspace, tmp_path / "out", Configuration())
    with Workspace.open(tmp_path / "other") as workspace:
        assert add_benchmark(workspace, tmp_path / "out" / "jsonl" / "train.jsonl") > 0


# What cannot be written

ROOT = Path(__file__).parent.parent
BWRAP = shutil.which("bwrap")
BOXED = [str(BWRAP), "--dev-bind", "/", "/"]
SMALL = 1 << 16


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if BWRAP is None or subprocess.run([*BOXED, "true"], check=False).returncode:
        pytest.skip("bubblewrap cannot make namespaces here")
    here = tmp_path_factory.mktemp("user")
    with Workspace.open(here / "ws") as workspace:
        for n in range(40):
            code = f"print('{n * 7919}')\n" + "".join(f"x{k} = {n * k}\n" for k in range(400))
            entry = Entry("numpy", "==2", f"d{n}", f"update {n}", code, code + "y = 1",
                          old_symbol=f"numpy.f{n}")  # fmt: skip
            workspace.add([entry, Verdict(entry.id, "1", "valid", "ok", "breaking", "1", "2")])
    (here / "held.jsonl").write_text(line(ROW))
    (here / "page.md").write_text("Nothing is said here.\n")
    rows = [ROW | {"description": str(n), "old_code": "x = 1\n" * 5000} for n in range(40)]
    (here / "big.jsonl").write_text("".join(map(line, rows)))
    (here / "box").mkdir()
    return here


def boxed(user: Path, options: list[str], *words: str, **variables: str) -> Any:
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RECODE_DATA")}
    return subprocess.run(
        [*BOXED, *options, sys.executable, "-m", "recode_data", *words],
        capture_output=True, text=True, cwd=user, check=False, timeout=300,
        env=kept | {"PYTHONPATH": paths, "NO_COLOR": "1"} | variables,
    )  # fmt: skip


READ_ONLY = ["--ro-bind", "{box}", "{box}"]
WRITES = {
    "report": ["report", "box/report.html", "-w", "ws"],
    "export": ["export", "box/out", "-w", "ws"],
    "eval": ["eval", "heldout", "held.jsonl", "--predictions", "reference", "--only", "generate",
             "--out", "box/run"],
    "import": ["import", "big.jsonl", "-w", "box/ws"],
    "guide": ["guide", "numpy", "-w", "ws", "--out", "box/guide"],
    "check": ["check", "page.md", "--library", "numpy", "-w", "ws",
              "--write-baseline", "box/known"],
    "build": ["build", "numpy", "-w", "ws", "--out", "box/out"],
    "bench-release": ["bench-release", "box/month", "--month", "2026-11", "--data", "held.jsonl"],
    "package": ["export", "box/tasks", "-w", "ws", "--format", "harbor"],
}  # fmt: skip


@pytest.mark.parametrize("command", WRITES)
@pytest.mark.parametrize("place", ["full", "read-only"])
def test_what_cannot_be_written_is_one_line(user: Path, command: str, place: str) -> None:
    size = str(SMALL) if command in ("export", "import") else "4096"
    full = ["--size", size, "--tmpfs", "{box}"]
    options = full if place == "full" else READ_ONLY
    done = boxed(user, [o.format(box=user / "box") for o in options], *WRITES[command])
    told = [text for text in done.stderr.splitlines() if text.startswith(("error: ", "tip: "))]
    assert [text.split(":")[0] for text in told] == ["error", "tip"], done.stderr
    assert "unexpected" not in done.stderr and "Traceback" not in done.stderr
    assert done.returncode == (1 if place == "full" else 2), done.stderr
    assert ("no space left" if place == "full" else "Read-only file system") in told[0]


def test_a_full_disk_leaves_what_was_there(user: Path) -> None:
    box = str(user / "box")
    script = (
        "import subprocess, sys, pathlib\n"
        f"box = pathlib.Path({box!r})\n"
        "good = box / 'report.html'\n"
        "good.write_text('a good report')\n"
        "out = box / 'out'\n"
        "for name in ('data', 'jsonl'):\n"
        "    (out / name).mkdir(parents=True)\n"
        "    (out / name / 'train').write_text('good rows')\n"
        "(box / 'filling').write_bytes(bytes(60_000 - 16_384))\n"
        "for words in (['report', str(good)], ['export', str(out)]):\n"
        "    done = subprocess.run([sys.executable, '-m', 'recode_data', *words, '-w', 'ws'],\n"
        "                          capture_output=True, text=True)\n"
        "    print(done.returncode, done.stderr.splitlines()[-2:])\n"
        "print(good.read_text(), (out / 'data' / 'train').read_text())\n"
        "print(sorted(path.name for path in [*box.iterdir(), *out.iterdir()]))\n"
    )
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*BOXED, "--size", str(SMALL), "--tmpfs", box, sys.executable, "-c", script],
        capture_output=True, text=True, cwd=user, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    first, second, kept, there = done.stdout.splitlines()
    assert first.startswith("1 ['error: no space left for"), done.stdout + done.stderr
    assert second.startswith("1 ['error: no space left for"), done.stdout + done.stderr
    assert kept == "a good report good rows"
    assert there == "['data', 'filling', 'jsonl', 'out', 'report.html']", "nothing half-made stays"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["doctor"], 1),
        (["environments"], 0),
        (["environments", "size"], 0),
        (["environments", "prune"], 2),
        (["status", "-w", "ws"], 0),
        (["entries", "-w", "ws"], 0),
        (["export", "exported", "-w", "ws"], 0),
        (["eval", "heldout", "held.jsonl", "--predictions", "reference", "--out", "evals/x"], 2),
        (["validate", "-w", "ws", "--retry", "none"], 2),
    ],
)
def test_a_home_that_cannot_be_written_to(user: Path, words: list[str], code: int) -> None:
    home = user / "home"
    home.mkdir(exist_ok=True)
    options = ["--ro-bind", str(home), str(home)]
    done = boxed(user, options, *words, HOME=str(home), XDG_CACHE_HOME=str(home / "cache"))
    assert "unexpected" not in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    if code:
        assert "RECODE_DATA_CACHE" in done.stdout + done.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-16"])
@pytest.mark.parametrize("words", [["status"], ["entries"], ["entries", "--json"], ["report"]])
def test_a_terminal_of_another_encoding(tmp_path: Path, encoding: str, words: list[str]) -> None:
    with Workspace.open(tmp_path / "ws") as workspace:
        workspace.add([Entry(**ROW, old_symbol="numpy.é→")])  # type: ignore[arg-type]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "recode_data", *words, "-w", "ws"], cwd=tmp_path, check=False,
        capture_output=True, env={**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if "--json" in words:
        assert json.loads(done.stdout.decode(encoding))["old_symbol"] == "numpy.é→"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_stdout_is_one_line(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "ws") as workspace:
        workspace.add([Entry(**ROW)])  # type: ignore[arg-type]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "recode_data", "entries", "--json", "-w", str(tmp_path / "ws")],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "PYTHONPATH": paths},
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: no space left",
        "tip: free some space and run the same command again",
    ]
