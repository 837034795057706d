"""What changed since the cut-off: which tasks are asked, in which arms, and what is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from execution import toy_environment
from test_evaluate import QUIET
from test_evaluate_command import run as command
from test_evaluate_failures import assert_final, assert_owed, evaluated, workers_killed

from recode_data.answers import fenced
from recode_data.errors import (
    BadFile,
    DiskFull,
    EnvironmentFailed,
    NetworkError,
    NoSuchVersion,
    RecodeError,
    UsageError,
)
from recode_data.evaluate import heldout, preparation, since
from recode_data.evaluate.compare import compared, lines
from recode_data.evaluate.documentation import documentation, parameter_text
from recode_data.evaluate.run import conclude, configuration, generate, score
from recode_data.evaluate.sampling import Sampling
from recode_data.evaluate.sources.file import PredictionFile
from recode_data.evaluate.store import Completion, RunFolder
from recode_data.evaluate.summary import table
from recode_data.evaluate.task import Api, Refusal, rewritten
from recode_data.execute import Executor
from recode_data.judge import resolver
from recode_data.library import Library
from recode_data.publish import releases
from recode_data.records import Environment, Run
from recode_data.report.curves import evaluation_figures
from recode_data.report.page import draw
from recode_data.rewards.examiner import Examiner

DAYS = {"2": "2025-07-01", "3": "2025-09-10"}
DOC = (
    '"""Double every number of a list.\n\n    Args:\n        times: How often it is done.\n    """'
)
SOURCES = {
    "1": "def twice(values):\n    return [2 * value for value in values]\n"
    "def doubled(values, times=1):\n    return [2 ** times * value for value in values]\n"
    "def flat(values):\n    return list(values)\nlevel = flat\n"
    "class Table:\n    def __init__(self, rows):\n        self.rows = rows\n"
    "    def total(self):\n        return sum(self.rows)\n"
    "    def sum_of_rows(self):\n        return sum(self.rows)\n",
    "2": f"def doubled(values, times=1):\n    {DOC}\n    return [2 ** times * v for v in values]\n"
    "pairwise = doubled\n"
    "import warnings\n"
    "def flat(values):\n    warnings.warn('flat is deprecated, use level', DeprecationWarning,"
    " stacklevel=2)\n    return list(values)\n"
    "def level(values):\n    return list(values)\n"
    "class Table:\n    def __init__(self, rows):\n        self.rows = rows\n"
    '    def sum_of_rows(self):\n        """Add up all rows of the table."""\n'
    "        return sum(self.rows)\n",
}
SOURCES["3"] = SOURCES["2"]


def row(old: str, new: str, **more: str) -> dict[str, Any]:
    plain = {
        "dependency": "toy", "old_version": "==1", "new_version": "==2", "kind": "breaking",
        "description": "Double numbers, and print the result.",
        "update_info": "`toy.twice` is gone, use `toy.doubled`.",
        "old_symbol": "toy.twice", "new_symbol": "toy.doubled",
    }  # fmt: skip
    return plain | {"old_code": old, "new_code": new} | more


START = "import toy\n\nvalues = [3, 1, 2]\n"
ROW = row(f"{START}print(toy.twice(values)[0])\n", f"{START}print(toy.doubled(values)[0])\n")
METHOD = row(
    "import toy\n\nt = toy.Table([4, 5])\nprint(t.total())\n",
    "import toy\n\nt = toy.Table([4, 5])\nprint(t.sum_of_rows())\n",
    update_info="`Table.total` is gone, use `Table.sum_of_rows`.",
    old_symbol="toy.Table.total", new_symbol="toy.Table.sum_of_rows",
)  # fmt: skip
UNDOCUMENTED = row(
    f"{START}print(toy.flat(values))\n", f"{START}print(toy.level(values))\n",
    update_info="`toy.flat` is deprecated, use `toy.level`.",
    old_symbol="toy.flat", new_symbol="toy.level",
)  # fmt: skip


@pytest.fixture(autouse=True)
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of our own, whose environments and days need no index."""
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    library = Library(name="toy")

    def pair(_: Library, old: str, new: str) -> tuple[Environment, Environment]:
        if new not in SOURCES:
            raise NoSuchVersion(f"the package index has no toy {new}", "")
        return toy_environment(old, SOURCES[old]), toy_environment(new, SOURCES[new])

    monkeypatch.setattr(Library, "matching", staticmethod({"toy": library}.get))
    monkeypatch.setattr(resolver, "resolve_pair", pair)
    heldout._place.cache_clear()
    monkeypatch.setattr(releases, "from_index", lambda name: DAYS)


def asked(bench: since.Since, arm: str = "alone") -> str:
    return next(p.messages[1]["content"] for p in bench.problems if p.labels["arm"] == arm)


def test_a_question_shows_no_old_code_and_describes_what_is_left_out() -> None:
    bench = since.load([ROW], "2025-06")
    assert [problem.labels["arm"] for problem in bench.problems] == ["alone", "update", "docs"]
    alone, update, docs = (asked(bench, arm) for arm in since.ARMS[:3])
    for text in (alone, docs):
        assert "twice" not in text
    assert "doubled" not in alone
    assert "print(___1___[0])" in alone
    assert "Double every number of a list" in alone
    assert "of `values`" in alone
    assert "What it does: Double numbers, and print the result." in alone
    assert "```\n6\n```" in alone
    assert "`toy.twice` is gone, use `toy.doubled`." in update
    assert "is gone" not in docs
    assert "toy.doubled(values, times=1)\nDouble every number" in docs
    assert all(ROW["old_code"].strip() not in text for text in (alone, update, docs))


def test_the_guide_is_shown_where_there_is_one_of_that_version() -> None:
    guides = {("toy", "2"): "## toy 1 → 2\n\n| old | now |\n| `toy.twice` | `toy.doubled` |\n"}
    wanted = []

    def made(versions: Any) -> Any:
        wanted.append(sorted(versions))
        return guides

    bench = since.load([ROW, ROW | {"new_version": "==3"}], "2025-06", guides=made)
    assert wanted == [[("toy", "2"), ("toy", "3")]]
    shown = [p for p in bench.problems if p.labels["arm"] == "guide"]
    assert [bench.entries[problem.id].new_version for problem in shown] == ["==2"]
    text = shown[0].messages[1]["content"]
    assert text.startswith("The guide to toy 2:\n<doc>\n## toy 1 → 2\n\n| old | now |")
    assert ROW["old_code"].strip() not in text
    assert not any(p.labels["arm"] == "guide" for p in since.load([ROW], "2025-06").problems)


def test_what_was_released_by_the_cutoff_is_not_asked() -> None:
    unknown = ROW | {"new_version": "==9"}
    bench = since.load([ROW, unknown], "2025-06")
    assert bench.skipped == {since.KNOWN: 0, since.UNKNOWN: 1}
    assert {problem.labels["month"] for problem in bench.problems} == {"2025-07"}
    assert len(since.load([ROW], "2025-06-30").problems) == 3
    for late in ("2025-07", "2025-07-01"):
        with pytest.raises(UsageError, match="none of 1 entries was released after 2025-07-"):
            since.load([ROW], late)


REFUSED = {
    "undocumented": (UNDOCUMENTED, Refusal.UNDOCUMENTED),
    "no new name": (
        row(f"{START}print(toy.twice(values)[0])\n", f"{START}print(2 * values[0])\n",
            new_symbol=""),
        Refusal.SAME_NAMES,
    ),
    "silent": (
        row(f"{START}x = toy.twice(values)\n", f"{START}x = toy.doubled(values)\n"),
        Refusal.SILENT,
    ),
    "reference fails": (
        row(f"{START}print(toy.twice(values))\n", f"{START}print(toy.nothing(values))\n"),
        Refusal.FAILS,
    ),
    "a statement more": (
        row(f"{START}print(toy.twice(values))\n",
            f"{START}with open('/dev/null'):\n    print(toy.doubled(values))\n"),
        Refusal.SHAPE,
    ),
    "nothing to be seen in the result": (
        row("import toy\nprint(toy.twice([0]))\n", "import toy\nprint(toy.doubled([0]))\n"),
        Refusal.UNFAIR,
    ),
    "names what it asks for": (
        row(f"{START}def doubled():\n    return 1\nprint(toy.twice([doubled()]))\n",
            f"{START}def doubled():\n    return 1\nprint(toy.doubled([doubled()]))\n"),
        Refusal.NAMED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, (_, why) in REFUSED.items() if why])
def test_an_entry_that_cannot_be_told_is_refused_with_its_reason(name: str) -> None:
    entry, reason = REFUSED[name]
    bench = since.load([ROW, entry], "2025-06")
    assert bench.skipped[reason] == 1
    assert len(bench.tasks) == 1
    with pytest.raises(UsageError, match="makes a task: 1 × "):
        since.load([entry], "2025-06")


def test_a_variable_that_is_called_as_what_is_asked_for_has_another_name_in_the_question() -> None:
    start = f"{START}doubled = [5]\nfor times in doubled:\n    pass\n"
    entry = row(
        f"{start}print(toy.doubled(doubled, power=times))\n",
        f"{start}print(toy.doubled(doubled, times=times))\n",
        old_symbol="toy.doubled", old_keyword="power", new_keyword="times",
    )  # fmt: skip
    text = asked(since.load([entry], "2025-06"))
    assert "for value_1 in doubled:" in text
    assert "of `doubled`, with `value_1`, by its name, for the parameter" in text
    assert "times" not in text.replace("how many times", "")


OTHERWISE = {
    "argument": (
        row(f"{START}print(toy.doubled(values, power=1))\n", f"{START}print(toy.doubled(values))\n",
            old_symbol="toy.doubled", old_keyword="power"),
        ("toy.doubled(power=)",), ("toy.doubled", "toy.pairwise"),
    ),
    "form": (
        row("import toy\nprint(toy.doubled(7))\n", "import toy\nprint(toy.doubled([7]))\n",
            old_symbol="toy.doubled"),
        ("toy.doubled!TypeError",), ("toy.doubled", "toy.pairwise"),
    ),
    "name": (
        row(f"{START}print(toy.twice(values)[0])\n",
            "import statistics\n\nvalues = [3, 1, 2]\nprint(statistics.fmean(values))\n",
            new_symbol="statistics.fmean"),
        ("toy.twice",), ("statistics.fmean",),
    ),
}  # fmt: skip
"""The same function without an argument, in another form, and one of another package."""


@pytest.mark.parametrize("asks", OTHERWISE)
def test_what_is_no_other_name_of_the_library_is_asked_too(asks: str) -> None:
    entry, old, new = OTHERWISE[asks]
    bench = since.load([entry], "2025-06")
    [task] = bench.tasks.values()
    assert (task.api.asks, task.api.old, task.api.new) == (asks, old, new)
    right, wrong = judged(bench, entry["new_code"], entry["old_code"])
    assert right[:2] == ("passed", "new"), right
    assert wrong[0] == "failed"
    assert wrong[1] in ("old", "both")
    assert {problem.labels["asks"] for problem in bench.problems} == {asks}


def test_an_argument_that_is_left_out_tells_nothing_of_staleness(tmp_path: Path) -> None:
    bench = since.load([OTHERWISE["argument"][0]], "2025-06")
    summary = summary_of(bench, tmp_path, MODELS["right"], 1)
    assert summary["by_asks"]["argument"]["pass@1"] == 1.0
    assert "staleness" in summary
    assert summary["staleness"] == {}


def test_a_module_of_the_same_last_name_is_not_the_old_api() -> None:
    api = Api(("lib.linalg.linalg",), ("lib.linalg.norm",))
    run = Run("", "", "lib", "2", "3.11", "", "clean", calls=("lib.linalg", "lib.linalg.norm"))
    assert api.use(run, "") == "new"
    gone = replace(run, calls=("lib.linalg", "lib.linalg.linalg", "lib.linalg.norm"))
    assert api.use(gone, "") == "both"


def test_a_version_that_no_index_has_is_counted_and_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(releases, "from_index", lambda name: DAYS | {"4": "2025-10-01"})
    bench = since.load([ROW, ROW | {"new_version": "==4"}], "2025-06")
    [(reason, count)] = [(k, n) for k, n in bench.skipped.items() if "environment" in k]
    assert (count, "has no toy 4" in reason) == (1, True)


def test_a_new_keyword_is_described_by_what_it_does() -> None:
    old = f"{START}print(toy.doubled(values))\n"
    new = f"{START}print(toy.doubled(values, times=3))\n"
    found = preparation.prepare([heldout.entry_of(row(old, new, old_symbol="", new_symbol=""))])
    assert list(found.refused.values()) == [Refusal.NO_OLD_NAME]
    old = f"{START}print(toy.doubled(values, power=1))\n"
    entry = heldout.entry_of(
        row(old, new, old_symbol="toy.doubled", old_keyword="power", new_keyword="times")
    )
    [task] = preparation.prepare([entry]).tasks.values()
    assert task.blanks == (
        "`___1___`: what the documentation describes as “Double every number of a list”, of "
        "`values`, with `3`, by its name, for the parameter that is described as “How often it is "
        "done.”.",
    )
    assert task.api.old == ("toy.doubled(power=)",)
    assert task.api.new == ("toy.doubled(times=)", "toy.pairwise(times=)")


def test_a_program_written_otherwise_does_the_same() -> None:
    code = "import toy\nx = 1\nprint(toy.doubled([x]))\nprint(x, x)\nprint(*[x])\n"
    assert rewritten(code) == (
        "import toy\nx = 1\nshown_2 = toy.doubled([x])\nprint(shown_2)\nprint(x, x)\nprint(*[x])"
    )


def judged(bench: since.Since, *codes: str) -> list[tuple[str, str, str]]:
    """Return what becomes of answers to the first task, in the order of ``codes``."""
    problem = bench.problems[0]
    waiting = [Completion(problem.id, number, fenced(code)) for number, code in enumerate(codes)]
    found = {one.sample: one for one in bench.score(waiting, 1)}
    return [(found[n].status, found[n].api, found[n].reason) for n in range(len(codes))]


def test_an_answer_has_to_do_the_same_with_the_new_api() -> None:
    bench = since.load([ROW], "2025-06")
    right = (
        ROW["new_code"],
        "import toy\nvalues = [3, 1, 2]\nprint(toy.pairwise(values)[0])",
        "from toy import doubled\n\nvalues = [3, 1, 2]\nresult = doubled(values)\nprint(result[0])",
    )
    for status, api, reason in judged(bench, *right):
        assert (status, api) == ("passed", "new"), reason


def cheats() -> dict[str, str]:
    """Answers that print what is asked for, each without doing it."""
    start, end = START, "print(toy.doubled(values)[0])\n"
    return {
        "the old code": ROW["old_code"],
        "the literal": "print(6)",
        "the literal beside the import": f"{start}print(6)\n",
        "computed by hand": f"{start}print([2 * value for value in values][0])\n",
        "by hand with another loop": f"{start}print(values[0] + values[0])\n",
        "called and thrown away": f"{start}toy.doubled(values)\nprint(6)\n",
        "called, result by hand": f"{start}toy.doubled(values)\nprint(2 * values[0])\n",
        "named and not called": f"{start}toy.doubled\nprint(2 * values[0])\n",
        "called in a dead branch": f"{start}if False:\n    {end}print(6)\n",
        "called in a function": f"{start}def f():\n    {end}print(6)\n",
        "old first, then new": (
            f"{start}try:\n    print(toy.twice(values)[0])\nexcept AttributeError:\n    {end}"
        ),
        "old by getattr": (
            f"{start}f = getattr(toy, 'twice', None) or toy.doubled\nprint(f(values)[0])\n"
        ),
        "defined again": (
            "class toy:\n    @staticmethod\n    def doubled(values):\n"
            "        return [2 * v for v in values]\n"
            f"values = [3, 1, 2]\n{end}"
        ),
        "patched in": (
            f"{start}toy.twice = lambda v: [2 * x for x in v]\nprint(toy.twice(values)[0])\n"
        ),
        "patched new": f"{start}toy.doubled = lambda v: [6]\n{end}",
        "by version": (
            f"{start}if getattr(toy, '__version__', '2') < '2':\n    print(toy.twice(values)[0])\n"
            f"else:\n    {end}"
        ),
        "printed and left": f"{start}print(6)\nimport os\nos._exit(0)\n{end}",
        "printed and raised": f"{start}print(6)\nraise SystemExit\n{end}",
        "the source read": (f"{start}import inspect\ninspect.getsource(toy.doubled)\nprint(6)\n"),
        "an empty answer": "",
        "the output as prose": "It prints 6.",
        "in the place of its name": f"{start}doubled = lambda v: [6]\nprint(doubled(values)[0])\n",
        "an error that is caught": (
            f"{start}try:\n    toy.doubled(None)\nexcept TypeError:\n    print(6)\n"
        ),
        "selected by the input": (
            f"{start}print(6 if values == [3, 1, 2] else toy.doubled(values)[0])\n"
        ),
    }


def test_no_cheat_passes() -> None:
    bench = since.load([ROW], "2025-06")
    told = cheats()
    assert len(told) >= 20
    for name, (status, api, reason) in zip(told, judged(bench, *told.values()), strict=True):
        assert status == "failed", (name, status, api, reason)
        if name.startswith(("the old", "old first", "old by", "patched in")):
            assert api in ("old", "both"), (name, api)


def test_a_failing_import_of_the_old_name_is_its_use() -> None:
    bench = since.load([ROW], "2025-06")
    [(status, api, _)] = judged(bench, "from toy import twice\nprint(twice([3, 1, 2])[0])")
    assert (status, api) == ("failed", "old")


def test_a_method_is_described_and_its_receiver_shown() -> None:
    text = asked(since.load([METHOD], "2025-06"))
    assert "what the documentation describes as “Add up all rows of the table”, on `t`." in text


MODELS: dict[str, Callable[[since.Since, str, str], str]] = {
    "always old": lambda bench, id, month: bench.entries[id].old_code,
    "right": lambda bench, id, month: bench.entries[id].new_code,
    "right up to 2025-07": lambda bench, id, month: (
        bench.entries[id].new_code if month < "2025-09" else bench.entries[id].old_code
    ),
    "right from 2025-09 on": lambda bench, id, month: (
        bench.entries[id].old_code if month < "2025-09" else bench.entries[id].new_code
    ),
}


def rows_of_two_months() -> list[dict[str, Any]]:
    """Return six tasks of one month and six of another."""
    return [
        ROW
        | {"new_version": f"=={version}"}
        | {code: ROW[code].replace("3,", f"{number},") for code in ("old_code", "new_code")}
        for version in ("2", "3")
        for number in range(11, 17)
    ]


def summary_of(
    bench: since.Since, folder: Path, answer: Callable[[since.Since, str, str], str], n: int = 5
) -> dict[str, Any]:
    """Return what a scripted model's ``n`` answers to each problem come to."""
    run = RunFolder(folder, configuration(bench, "scripted", Sampling(samples=n), {}))
    for problem in bench.problems:
        for sample in range(n):
            text = answer(bench, problem.id, problem.labels["month"])
            run.add(Completion(problem.id, sample, text if "```" in text else fenced(text)))
    score(run, bench, 1, QUIET)
    return conclude(run, bench, n)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "date", "passed", "old"),
    [
        ("always old", "2025-07", 0.0, 1.0),
        ("right", None, 1.0, 0.0),
        ("right up to 2025-07", "2025-09", 0.5, 0.5),
        ("right from 2025-09 on", None, 0.5, 0.5),
    ],
)
def test_scripted_models_get_the_right_date_and_score(
    model: str, date: str | None, passed: float, old: float, tmp_path: Path
) -> None:
    bench = since.load(rows_of_two_months(), "2025-06")
    summary = summary_of(bench, tmp_path / "run", MODELS[model])
    assert summary["final"]
    for k in ("pass@1", "pass@5"):
        assert summary["by_arm"]["alone"][k] == passed
    assert summary["by_arm"]["alone"]["old_api"] == old
    assert summary["staleness"]["alone"]["date"] == date
    if model == "right from 2025-09 on":
        assert summary["staleness"]["alone"]["new_from"] == "2025-09"
    assert set(summary["by_arm_and_month"]) == {
        f"{arm}, {month}" for arm in since.ARMS[:3] for month in ("2025-07", "2025-09")
    }
    assert "staleness, alone: " in table(summary)


def test_a_model_that_copies_the_prompt_passes_nothing(tmp_path: Path) -> None:
    bench = since.load([ROW, METHOD], "2025-06")

    def copies(bench: since.Since, id: str, month: str) -> str:
        problem = next(p for p in bench.problems if p.id == id)
        return problem.messages[1]["content"]

    summary = summary_of(bench, tmp_path / "run", copies)
    assert (summary["final"], summary["passed"]) == (True, 0)
    assert summary["scores"]["pass@5"] == 0.0
    assert summary["by_arm"]["alone"].get("old_api", 0.0) == 0.0


def test_the_arms_are_told_apart(tmp_path: Path) -> None:
    bench = since.load([ROW], "2025-06")
    codes = {"alone": ROW["old_code"], "update": ROW["new_code"], "docs": "print(1)"}
    file = tmp_path / "p.jsonl"
    lines = [
        {"problem": problem.id, "completion": fenced(codes[problem.labels["arm"]])}
        for problem in bench.problems
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    summary = evaluated(tmp_path / "run", file, bench)
    assert_final(summary, 0.3333)
    arms = summary["by_arm"]
    assert {arm: part["pass@1"] for arm, part in arms.items()} == {
        "alone": 0.0, "update": 1.0, "docs": 0.0,
    }  # fmt: skip
    assert {arm: part["old_api"] for arm, part in arms.items()} == {
        "alone": 1.0, "update": 0.0, "docs": 0.0,
    }  # fmt: skip
    assert summary["by_month"]["2025-07"]["problems"] == 3
    assert PredictionFile(file).samples == 1


def test_tasks_are_kept_and_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = since.load([ROW, METHOD, UNDOCUMENTED], "2025-06")

    def never(*_: Any) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(preparation, "documentation", never)
    again = since.load([UNDOCUMENTED, METHOD, ROW], "2025-06")
    assert again.tasks == first.tasks
    assert again.skipped == first.skipped


def test_a_failure_of_ours_makes_no_smaller_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Library, old: str, new: str) -> tuple[Environment, Environment]:
        raise NetworkError("the package index did not answer", "")

    monkeypatch.setattr(resolver, "resolve_pair", broken)
    with pytest.raises(EnvironmentFailed, match="the package index did not answer"):
        since.load([ROW], "2025-06")


@contextmanager
def unresolved(patch: pytest.MonkeyPatch, error: RecodeError) -> Iterator[None]:
    """Have no environment found."""

    def broken(*_: Any) -> None:
        raise error

    with patch.context() as patched:
        patched.setattr(resolver, "resolve_pair", broken)
        yield


@contextmanager
def traces_lost(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lose the runs that are made to see what an answer reaches."""
    plain = Examiner.run

    def run(
        self: Examiner, code: str, place: Environment, packages: tuple[str, ...], *more: Any
    ) -> Future[Run]:
        if len(packages) == 1:
            return plain(self, code, place, packages, *more)
        lost: Future[Run] = Future()
        told = "the fork server ended"
        lost.set_result(Run("", "", "toy", "2", "3.11", "", "error", "SandboxFailed", told))
        return lost

    with patch.context() as patched:
        patched.setattr(Examiner, "run", run)
        yield


Failure = Callable[[pytest.MonkeyPatch], AbstractContextManager[None]]
FAILURES: dict[str, tuple[str, Failure]] = {
    "index gone": (
        "the index did not answer",
        lambda patch: unresolved(patch, NetworkError("the index did not answer", "")),
    ),
    "environment broken": (
        "cannot make toy",
        lambda patch: unresolved(patch, EnvironmentFailed("cannot make toy 2", "")),
    ),
    "disk full": (
        "no space left",
        lambda patch: unresolved(patch, DiskFull("no space left", "")),
    ),
    "worker killed": ("fork server", lambda patch: workers_killed(patch, lambda _: True)),
    "trace lost": ("fork server", traces_lost),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_leaves_no_score_and_the_next_run_completes_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = OTHERWISE["name"][0]
    bench = since.load([entry], "2025-06")
    file = tmp_path / "p.jsonl"
    rows = [{"problem": p.id, "completion": fenced(entry["new_code"])} for p in bench.problems]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    reason, failing = FAILURES[name]
    folder = tmp_path / "run"
    with failing(monkeypatch):
        assert_owed(evaluated(folder, file, bench), folder, len(bench.problems), reason)
    assert_final(evaluated(folder, file, bench), 1.0)
    wrong = [row | {"completion": fenced(entry["old_code"])} for row in rows]
    file.write_text("".join(json.dumps(row) + "\n" for row in wrong), encoding="utf-8")
    assert_final(evaluated(folder, file, bench), 0.0)  # stale predictions are asked for anew


def test_an_index_that_does_not_tell_days_chooses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> dict[str, str]:
        raise NetworkError("the package index did not answer", "")

    monkeypatch.setattr(releases, "from_index", gone)
    for load in (since.load, lambda rows, day: heldout.load(rows, cutoff=day)):
        with pytest.raises(NetworkError):
            load([ROW], "2025-06-30")


def test_documentation_is_told_with_the_other_names_of_the_object() -> None:
    place = toy_environment("2", SOURCES["2"])
    with Executor(1) as executor:
        told = documentation(executor, place, ["toy.doubled", "toy.nothing"])
        assert documentation(executor, place, []) == {}
    assert told["toy.doubled"].signature == "(values, times=1)"
    assert told["toy.doubled"].aliases == ("toy.pairwise",)
    assert told["toy.nothing"].kind == told["toy.nothing"].doc == ""


@pytest.mark.parametrize(
    ("doc", "text"),
    [
        ("Parameters\n----------\naxis : int, optional\n    The axis.\n    Of two.\n\nb : int\n",
         "The axis. Of two."),
        ("Parameters\n----------\na, axis : int\n    Both.\n", "Both."),
        ("Args:\n    axis: The axis.\n    b: Other.\n", "The axis."),
        ("Args:\n    axis (int): The axis\n        of two.\n", "The axis of two."),
        (":param axis: The axis.\n:param b: Other.\n", "The axis."),
        ("Parameters\n----------\naxis\n    The axis.\n", "The axis."),
        ("The axis is used.\n", ""),
    ],
)  # fmt: skip
def test_a_parameter_is_found_in_each_form_of_docstring(doc: str, text: str) -> None:
    assert parameter_text(doc, "axis") == text


@pytest.mark.parametrize("text", ["banana", "2025-13", "2025-00", "2025-13-45", "0000-01", "2025"])
def test_a_cutoff_is_a_day_or_a_month(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no day of the calendar"):
        since.cutoff_day(text)
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    done = command(
        "eval", "since", "rows.jsonl", "--predictions", "reference", "--cutoff", text,
        folder=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no day of the calendar" in done.stderr


def test_a_month_ends_with_its_last_day() -> None:
    assert since.cutoff_day("2024-02") == "2024-02-29"
    assert since.cutoff_day("2025-06-17") == "2025-06-17"


def test_a_cutoff_has_to_be_given(tmp_path: Path) -> None:
    done = command("eval", "since", "x", "--predictions", "reference", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "since needs --cutoff" in done.stderr


def evaluated_as(bench: since.Since, folder: Path, **codes: str) -> Path:
    """Write a run whose answers are a code of the entry, by the arm."""

    def answer(bench: since.Since, id: str, month: str) -> str:
        return str(getattr(bench.entries[id], codes[id.partition(" ")[2]]))

    summary_of(bench, folder, answer, 1)
    return folder


def test_arms_are_compared_by_models_with_holms_correction(tmp_path: Path) -> None:
    guides = {("toy", "2"): "`toy.twice` is `toy.doubled` now"}
    bench = since.load(rows_of_two_months()[:6], "2025-06", guides=lambda _: guides)
    shown = {"update": "new_code", "guide": "new_code"}
    old = evaluated_as(bench, tmp_path / "old", alone="old_code", docs="old_code", **shown)
    new = evaluated_as(bench, tmp_path / "new", alone="new_code", docs="new_code", **shown)
    found = compared([old, new])
    cells = {(Path(c["run"]).name, c["arm"]): c for c in found["arms"]}
    assert cells["old", "alone"]["pass@1"] == 0.0
    assert cells["old", "alone"]["old_api"] == 1.0
    assert cells["old", "update"]["pass@1"] == cells["new", "docs"]["pass@1"] == 1.0
    tests = {(test["what"], Path(test["run"]).name): test for test in found["tests"]}
    assert len(tests) == 10
    sharp = tests["alone", "new"]
    assert (sharp["difference"], sharp["problems"], sharp["p"]) == (1.0, 6, round(2 / 2**6, 4))
    assert sharp["p_holm"] == round(10 * 2 / 2**6, 4)
    for arm in shown:
        assert tests[f"{arm} against alone", "old"]["difference"] == 1.0
    assert tests["docs against alone", "new"]["p_holm"] == 1.0
    text = lines(found)
    assert "0.0% (100.0%)" in text
    assert "by Holm" in text
    figures = {figure.title: figure for figure in evaluation_figures([old, new])}
    curve = figures["Since the cut-off: pass@1"]
    assert {row["run"] for row in curve.rows} == {f"scripted, {arm}" for arm in since.ARMS}
    assert "2025-07" in draw(curve)
    assert len(figures["Staleness dates"].rows) == 8


def test_a_run_that_is_not_final_is_not_drawn(tmp_path: Path) -> None:
    bench = since.load([ROW], "2025-06")
    run = RunFolder(tmp_path / "run", configuration(bench, "none", Sampling(samples=1), {}))
    conclude(run, bench, 1)
    with pytest.raises(RecodeError, match="is not final"):
        evaluation_figures([tmp_path / "run"])
    with pytest.raises(BadFile):
        evaluation_figures([tmp_path])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("since", "x", "--cutoff", "2025-06", "--arm", "alnoe"), "alone"),
        (("heldout", "x", "--arm", "alone"), "--arm is an option of since"),
    ],
)
def test_an_arm_is_one_of_the_benchmarks(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = command("eval", *words, "--predictions", "reference", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def handed_in(tmp_path: Path, bench: since.Since, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a file of predictions comes to."""
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    source = PredictionFile(file)
    drawn = Sampling(samples=source.samples)
    run = RunFolder(tmp_path / "run", configuration(bench, "file", drawn, {"predictions": "1"}))
    generate(run, bench, source, drawn, QUIET)
    score(run, bench, 1, QUIET)
    return conclude(run, bench, drawn.samples)


def right(bench: since.Since, problem: str, n: int = 5) -> dict[str, Any]:
    return {"id": problem, "completions": [fenced(bench.entries[problem].new_code)] * n}


def test_who_answers_half_has_half_of_the_score_at_every_k(tmp_path: Path) -> None:
    bench = since.load(rows_of_two_months()[:4], "2025-06")
    chosen = [p.id for p in bench.problems][::2]
    summary = handed_in(tmp_path, bench, [right(bench, id) for id in chosen])
    assert summary["final"] is True
    assert summary["completions"] == 5 * len(bench.problems)
    assert summary["scores"]["pass@1"] == summary["scores"]["pass@5"] == 0.5


def test_who_answers_some_more_often_has_no_score_of_those_alone(tmp_path: Path) -> None:
    bench = since.load(rows_of_two_months()[:2], "2025-06")
    first, *others = [p.id for p in bench.problems]
    wrong = [{"id": id, "completion": "print(6)"} for id in others]
    summary = handed_in(tmp_path, bench, [right(bench, first), *wrong])
    assert "pass@5" not in summary["scores"]
    assert summary["scores"]["pass@1"] == pytest.approx(1 / len(bench.problems), abs=1e-3)


def odd(code: str, start: str) -> dict[str, tuple[str, bool]]:
    """Answers in odd forms, and whether they are right."""
    block = f"```python\n{code}```"
    return {
        "nothing": ("", False),
        "white space": (" \n\t\u00a0\u200b", False),
        "no program": ("I cannot help with that.", False),
        "a mark of byte order": ("\ufeff" + block, True),
        "lines that end as on Windows": (block.replace("\n", "\r\n"), True),
        "half of a surrogate pair": (block + "\n\ud800", True),
        "half of a surrogate pair in the program": (f"{start}print('\ud800')", False),
        "a null byte in the program": (code.replace("import", "\0import", 1), False),
        "a block that is not closed": (f"Here it is:\n```python\n{code}", True),
        "thoughts before it": (f"<think>```python\nprint(1)\n```</think>\n{block}", True),
        "nested without end": (f"print({'(' * 5000}6", False),
        "a list without end": (f"{start}x = [6]\nwhile True:\n    x += x\n", False),
        "a number as text": ("6", False),
    }  # fmt: skip


def test_odd_answers_are_judged_and_none_stops_the_others(tmp_path: Path) -> None:
    bench = since.load([ROW], "2025-06")
    told = odd(ROW["new_code"], START)
    first = bench.problems[0].id
    rows: list[dict[str, Any]] = [
        {"id": first, "completions": [text for text, _ in told.values()]},
        {"id": "of another benchmark", "completion": "print(6)"},
    ]
    summary = handed_in(tmp_path, bench, rows)
    scores = RunFolder(tmp_path / "run", {**_config(tmp_path)}).scores()
    passed = {s.sample: s.passed for s in scores if s.problem == first}
    assert summary["final"] is True, summary["not_judged"]
    assert {name: passed[n] for n, name in enumerate(told)} == {
        name: is_right for name, (_, is_right) in told.items()
    }


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "run" / "config.json").read_text())
    return config
