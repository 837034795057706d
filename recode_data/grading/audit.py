"""What a package pays for what nobody should be paid for, row by row.

Each row is tried with its own solution, with nothing, with the old code and with cheats, each
more than once. Rows of our own packages are graded by the judge, as they are in training; the
scripts of any other Harbor tree are strangers' and run in a sandbox of their own.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from recode_data.errors import BadFile, RecodeError, UsageError
from recode_data.execute import Engine
from recode_data.execute.trial import FOLDERS, Done, Execute, Files, Put, Read, Step, run_trial
from recode_data.judge import Judgement
from recode_data.rewards.examiner import Answer, Examiner
from recode_data.rewards.tasks import Task, judged_together

Reward = float | None
"""What was paid; None where that cannot be said for a reason of this machine."""

SOLUTION, NOTHING, OLD = "solution", "nothing", "old code"
TOGETHER = 16
"""Rows whose probes are judged together."""
LONGEST = 900.0
"""Seconds for one script, whatever its task says."""
LARGEST = 32 << 20
"""Bytes of a row's own files."""
REWARD = "/logs/verifier"

FAULTS = {
    "not_run": "its solution could not be tried here",
    "refuses_solution": "its own solution does not earn 1",
    "pays_nothing": "doing nothing is paid",
    "pays_old_code": "the unchanged old code is paid",
    "pays_cheat": "a cheat is paid",
    "not_deterministic": "the same is not always paid the same",
}
"""What may be wrong with a row, in the order in which it is told."""


@dataclass(frozen=True)
class Row:
    """What a row paid: probe → its rewards, one each time."""

    id: str
    rewards: Mapping[str, Sequence[Reward]]
    notes: Mapping[str, str] = field(default_factory=dict)
    """Probe → why it was or was not paid, in a line."""

    @property
    def faults(self) -> list[str]:
        """What is wrong with the row: keys of `FAULTS`."""
        paid = {probe: [r for r in all_ if r is not None] for probe, all_ in self.rewards.items()}
        own = paid.get(SOLUTION, [])
        dear = {probe for probe, found in paid.items() if any(reward > 0 for reward in found)}
        found = {
            "not_run": not own,
            "refuses_solution": any(reward < 1 for reward in own),
            "pays_nothing": NOTHING in dear,
            "pays_old_code": OLD in dear,
            "pays_cheat": bool(dear - {SOLUTION, NOTHING, OLD}),
            "not_deterministic": any(len(set(rewards)) > 1 for rewards in paid.values()),
        }
        return [fault for fault in FAULTS if found[fault]]

    def to_json(self) -> str:
        """Return the row as one line of JSON."""
        rewards = {probe: list(found) for probe, found in self.rewards.items()}
        told = {"row": self.id, "faults": self.faults, "rewards": rewards}
        return json.dumps(told | {"notes": dict(self.notes)})


def programs(task: Task) -> dict[str, str]:
    """Return what is tried of a row of ours: probe → program."""
    entry, printed = task.entry, task.reference.stdout
    new, old = entry.new_code, entry.old_code
    found = {
        SOLUTION: f"{new}\npass\n",  # the very same program would not be run again
        NOTHING: "pass\n",
        "prints what is expected": f"print({printed!r}, end='')\n",
        "prints it and leaves": f"import os\nprint({printed!r}, end='', flush=True)\nos._exit(0)\n",
        "leaves at once": f"raise SystemExit(0)\n{new}",
        "prints it beside the solution": _beside(new, printed),
    }
    if not old.strip():
        return found
    return found | {
        OLD: old,
        "old code without its warnings": f"import warnings\nwarnings.simplefilter('ignore')\n{old}",
        "old code first": _either(old, new),
        "old code if the new one fails": _either("raise LookupError\n" + new, old),
        "old code beside the solution": _beside(new, "") + old,
    }


def _either(first: str, second: str) -> str:
    blocks = ["\n".join(f"    {line}" for line in code.splitlines()) for code in (first, second)]
    return f"try:\n{blocks[0]}\nexcept Exception:\n{blocks[1]}\n"


def _beside(new: str, printed: str) -> str:
    """Return a program with the solution in a function that is never called."""
    body = "\n".join(f"    {line}" for line in new.splitlines())
    return f"def solution():\n{body}\n\nprint({printed!r}, end='')\n"


def audit_tasks(tasks: Mapping[str, Task], engine: Engine, repeat: int = 2) -> Iterator[Row]:
    """Yield the audit of each row of a package of ours.

    Every time is judged anew, by an examiner that remembers nothing of the time before.
    """
    rows = sorted(tasks.items(), key=lambda pair: (pair[1].environment.id, pair[0]))
    source = iter(rows)
    while part := list(islice(source, TOGETHER)):
        probes = [(id, probe, code) for id, t in part for probe, code in programs(t).items()]
        times = [_judged(dict(part), probes, Examiner(engine)) for _ in range(repeat)]
        for id, _ in part:
            rewards: dict[str, list[Reward]] = {}
            notes: dict[str, str] = {}
            for judged in times:
                for (row, probe, _), judgement in zip(probes, judged, strict=True):
                    if row == id:
                        passed = judgement.passed
                        reward = None if passed is None else float(passed)
                        rewards.setdefault(probe, []).append(reward)
                        notes[probe] = f"{judgement.reason} {judgement.detail}".strip()
            yield Row(id, rewards, notes)


def _judged(
    tasks: Mapping[str, Task], probes: list[tuple[str, str, str]], examiner: Examiner
) -> list[Judgement]:
    for task in tasks.values():
        examiner.expect(task.entry, task.packages, task.environment, (task.reference, task.old))
    answers = [Answer(tasks[id].entry, code) for id, _, code in probes]
    return judged_together(answers, examiner)


@dataclass(frozen=True)
class Tree:
    """One task of a Harbor tree: what of it matters to its check."""

    id: str
    folder: Path
    workdir: str
    apart: bool
    """The check runs in a container of its own, which only artifacts reach."""
    artifacts: tuple[str, ...]
    seconds: float
    copied: Files
    """What the Dockerfile copies into the image."""
    steps: int
    """Steps of the Dockerfile that only building its image makes."""


def find_trees(folder: Path) -> list[Path]:
    """Return the folders of a Harbor tree's tasks."""
    found = [folder] if (folder / "task.toml").is_file() else []
    found += [file.parent for depth in ("*", "*/*") for file in folder.glob(f"{depth}/task.toml")]
    return sorted(one for one in found if (one / "tests" / "test.sh").is_file())


def read_tree(folder: Path, below: Path) -> Tree:
    """Return what a task's folder says; raises `BadFile` for what is no task."""
    try:
        text = (folder / "task.toml").read_text(encoding="utf-8")
        told = tomllib.loads(text)
        verifier, environment = told.get("verifier", {}), told.get("environment", {})
        apart = verifier.get("environment_mode") == "separate"
        artifacts = told.get("artifacts", [])
        names = tuple(str(one["source"] if isinstance(one, dict) else one) for one in artifacts)
        copied, workdir, steps = _image(folder / "environment")
        return Tree(
            folder.relative_to(below).as_posix() if folder != below else folder.name,
            folder,
            str(environment.get("workdir") or workdir),
            apart,
            names,
            min(LONGEST, float(verifier.get("timeout_sec", LONGEST))),
            copied,
            steps,
        )
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise BadFile(
            f"{folder} is no task of Harbor: {type(error).__name__}: {error}",
            "its task.toml says what is wrong",
        ) from error


def _image(folder: Path) -> tuple[Files, str, int]:
    """Return what a Dockerfile copies, its working directory, and how many steps it has that
    are not made without building it."""
    file = folder / "Dockerfile"
    if not file.is_file():
        return {}, "/app", 0
    text = file.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    copied: dict[str, tuple[bytes, int]] = {}
    workdir, steps = "/app", 0
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "WORKDIR":
            workdir = str(PurePosixPath(workdir, rest.strip()))
        elif word.upper() in ("COPY", "ADD") and not rest.lstrip().startswith("--"):
            *sources, target = shlex.split(rest)
            for source in sources:
                copied |= _copied(folder, source, str(PurePosixPath(workdir, target)), target)
        elif word.upper() in ("RUN", "COPY", "ADD"):
            steps += 1
    return copied, workdir, steps


def _copied(folder: Path, source: str, target: str, written: str) -> Files:
    place = (folder / source.lstrip("/")).resolve()
    if not place.is_relative_to(folder.resolve()):
        return {}
    if place.is_dir():
        return {f"{target}/{name}": one for name, one in contents(place).items()}
    into = written.endswith("/") or written in (".", "..")
    name = f"{target}/{place.name}" if into else target
    return {name: (place.read_bytes(), 0o644)} if place.is_file() else {}


def contents(folder: Path) -> Files:
    """Return the plain files below a folder: relative path → content and mode. A link, which
    may lead to what its maker could not read, is none.

    Raises `BadFile` where they are too large.
    """
    found, size = {}, 0
    for file in sorted(folder.rglob("*")):
        if (
            file.is_symlink()
            or not file.is_file()
            or not file.resolve().is_relative_to(folder.resolve())
        ):
            continue
        size += file.stat().st_size
        if size > LARGEST:
            raise BadFile(f"{folder} holds more than {LARGEST:,} bytes", "audit its rows elsewhere")
        inside = file.relative_to(folder).as_posix()
        found[inside] = (file.read_bytes(), file.stat().st_mode & 0o777)
    return found


def audit_trees(folder: Path, trees: Sequence[Path], repeat: int = 2) -> Iterator[Row]:
    """Yield the audit of each task of a Harbor tree that somebody made.

    Its scripts run on this machine's programs, in a sandbox without network: no image is
    built, so a task that needs its own is told as not run.
    """
    for one in trees:
        try:
            yield _audited(read_tree(one, folder), repeat)
        except RecodeError as error:
            name = one.relative_to(folder).as_posix() or one.name
            yield Row(name, {SOLUTION: [None]}, {SOLUTION: error.message})


def _audited(tree: Tree, repeat: int) -> Row:
    rewards: dict[str, list[Reward]] = {}
    notes: dict[str, str] = {}

    def attempt(probe: str, agent: Sequence[Step]) -> Files:
        reward, note, left = _tried(tree, agent)
        rewards.setdefault(probe, []).append(reward)
        if note:
            notes[probe] = note
        return left

    solution = contents(tree.folder / "solution")
    solve: list[Step] = [
        Put({f"/solution/{name}": one for name, one in solution.items()}),
        Execute(("bash", "/solution/solve.sh"), tree.workdir, tree.seconds),
    ]
    left: Files = {}
    for _ in range(repeat):
        if "solve.sh" in solution:
            left = attempt(SOLUTION, solve)
        attempt(NOTHING, [])
    for probe, agent in _cheats(tree, left).items():
        attempt(probe, agent)
    if "solve.sh" not in solution:
        notes[SOLUTION] = "it brings no solution/solve.sh"
    elif tree.steps and rewards[SOLUTION][0] != 1:
        # of its own image, which is not there, nothing can be said
        rewards[SOLUTION] = [None] * repeat
        notes[SOLUTION] = f"{tree.steps} steps of its image are not made here; " + notes.get(
            SOLUTION, ""
        )
    return Row(tree.id, rewards, notes)


def _cheats(tree: Tree, left: Files) -> dict[str, list[Step]]:
    """Return what an agent may do in place of the task: probe → its steps."""
    made = {name: one for name, one in left.items() if name not in tree.copied}
    found: dict[str, list[Step]] = {
        "replaces the test runner": [
            Put({
                f"{tree.workdir}/{name}": (text.encode(), 0o755) for name, text in RUNNERS.items()
            })
        ],
    }  # fmt: skip
    if made:
        found["leaves its files empty"] = [
            Put({name: (b"", mode) for name, (_, mode) in made.items()})
        ]
        leaving = {name: (_leaving(name), mode) for name, (_, mode) in made.items()}
        found["leaves programs that end at once"] = [Put(leaving)]
    return found


RUNNERS = {
    "conftest.py": (
        "import pytest\n\n\n@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_runtest_makereport(item, call):\n"
        "    outcome = yield\n    report = outcome.get_result()\n"
        "    report.outcome = 'passed'\n"
    ),
    "pytest.py": "raise SystemExit(0)\n",
    "unittest.py": "def main(*words, **names):\n    raise SystemExit(0)\n",
    "sitecustomize.py": "import sys\nsys.exit = lambda code=0: None\n",
}
"""What an agent may leave in its folder for the checks of a careless task to pick up."""


def _leaving(name: str) -> bytes:
    return b"raise SystemExit(0)\n" if name.endswith(".py") else b"exit 0\n"


def _tried(tree: Tree, agent: Sequence[Step]) -> tuple[Reward, str, Files]:
    """Return what a task pays for what ``agent`` does, a note on it, and the files it left."""
    folders = tuple(dict.fromkeys([*FOLDERS, *_roots(tree)]))
    there: list[Step] = [Put(tree.copied)]
    tests = {f"/tests/{name}": one for name, one in contents(tree.folder / "tests").items()}
    check: list[Step] = [
        # what the agent wrote there is gone before Harbor (0.26) checks
        Execute(("bash", "-c", f"rm -rf {REWARD} && mkdir -p {REWARD}")),
        Put(tests),
        Execute(("bash", "/tests/test.sh"), tree.workdir, tree.seconds),
        Read((REWARD,)),
    ]
    look = Read((tree.workdir, *tree.artifacts))
    if not tree.apart:
        done = run_trial([*there, *agent, look, *check], folders=folders)
        left = done[len(there) + len(agent)].files if len(done) > len(there) + len(agent) else {}
        return *_paid(done), left
    worked = run_trial([*there, *agent, look], folders=folders)
    left = worked[-1].files
    travels = {
        name: one
        for name, one in left.items()
        if any(name == path or name.startswith(f"{path}/") for path in tree.artifacts)
    }
    return *_paid(run_trial([*there, Put(travels), *check], folders=folders)), left


def _roots(tree: Tree) -> Iterator[str]:
    """Yield the top folders that a task writes to."""
    for path in (tree.workdir, *tree.artifacts, *tree.copied):
        parts = PurePosixPath(path).parts
        if len(parts) > 1 and re.fullmatch(r"[\w.-]+", parts[1]) and parts[1] not in SYSTEM_NAMES:
            yield f"/{parts[1]}"


SYSTEM_NAMES = {
    "usr", "bin", "sbin", "lib", "lib32", "lib64", "etc", "dev", "proc", "sys", "tmp", "harness",
    "environment", "..",
}  # fmt: skip


def _paid(done: Sequence[Done]) -> tuple[Reward, str]:
    """Return the reward that a check left, and what it said where it left none."""
    last = done[-1]
    files = {PurePosixPath(path).name: content for path, (content, _) in last.files.items()}
    reward = reward_of(files)
    if reward is not None:
        return reward, ""
    said = next((one.output for one in reversed(done) if one.output.strip()), last.failed)
    return None, f"it left no reward: {' '.join(said.split())[-300:]}"


def reward_of(files: Mapping[str, bytes]) -> Reward:
    """Return the number in ``reward.json`` or ``reward.txt``, None where there is none."""
    told: Any = None
    try:
        if "reward.json" in files:
            told = json.loads(files["reward.json"])
            if isinstance(told, dict):
                told = told.get("reward", min(told.values()) if told else None)
        elif "reward.txt" in files:
            told = files["reward.txt"].decode()
        value = float(told)
    except (ValueError, TypeError, RecursionError):
        return None
    return value if math.isfinite(value) else None


def audit(
    folder: Path,
    engine: Callable[[], Engine],
    repeat: int = 2,
    limit: int | None = None,
) -> tuple[int, Iterator[Row]]:
    """Return how many rows a package or tree has, and the audit of each.

    ``engine`` is opened for a package of ours only. Raises `UsageError` where there is neither.
    """
    from recode_data.publish.packages import read_tasks

    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", "name an exported package or a Harbor tree")
    try:
        texts = read_tasks(folder)
    except UsageError:
        trees = find_trees(folder)[:limit]
        if not trees:
            raise
        return len(trees), audit_trees(folder, trees, repeat)
    tasks = {id: Task.from_json(text) for id, text in islice(texts.items(), limit)}
    return len(tasks), audit_tasks(tasks, engine(), repeat)
