"""Training that is paid by execution: answers run in real environments while a model learns."""

from __future__ import annotations

import json
import math
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import toy_task

pytestmark = [
    pytest.mark.training,
    pytest.mark.index,
    pytest.mark.filterwarnings("default"),
    pytest.mark.timeout(900),
]
pytest.importorskip("torch")

from recode_data.execute import Executor, Job  # noqa: E402
from recode_data.progress import Progress  # noqa: E402
from recode_data.records import Entry, Run  # noqa: E402
from recode_data.rewards.examiner import Answer, Examiner  # noqa: E402
from recode_data.training import plan, resolve, train  # noqa: E402

RENAMED = {"in1d(x, [2])": "isin(x, [2])", "product(x)": "prod(x)", "cumproduct(x)": "cumprod(x)",
           "alltrue(x)": "all(x)", "sometrue(x)": "any(x)", "trapz(x)": "trapezoid(x)",
           "row_stack([x, x])": "vstack([x, x])"}  # fmt: skip
UNKNOWN = "a library that nobody knows"


def rows(slow: bool) -> list[dict[str, str]]:
    """Return entries of NumPy 2.0, one that nobody can run, and one that takes too long."""

    def row(old: str, new: str, dependency: str = "numpy", begin: str = "") -> dict[str, str]:
        program = begin + "import numpy as np\nx = np.array([1.5, 2.0])\nprint(np.{})"
        names = [code.partition("(")[0] for code in (old, new)]
        return {
            "dependency": dependency, "new_version": "==2.0.2", "old_version": "==1.26.4",
            "description": "", "update_info": f"`{names[0]}` is now `{names[1]}`.",
            "old_code": program.format(old), "new_code": program.format(new),
            "old_symbol": f"numpy.{names[0]}", "new_symbol": f"numpy.{names[1]}",
        }  # fmt: skip

    made = [row(old, new) for old, new in RENAMED.items()]
    made.append(row("msort(x)", "sort(x)", dependency=UNKNOWN))
    if slow:
        made.append(row("round_(x)", "round(x)", begin="import time\ntime.sleep(90)\n"))
    return made


TINY = ["style=answer", "adapter=none", "use_cpu=true", "report_to=[]", "held_out=0",
        "max_prompt_length=256", "max_completion_length=64", "logging_steps=1"]  # fmt: skip
WARM = ["scratch.vocabulary=512", "learning_rate=3e-3", "lr_scheduler_type=constant",
        "max_steps=20", "save_steps=20", "per_device_train_batch_size=9",
        "gradient_accumulation_steps=1"]  # fmt: skip
PAID = ["gradient_accumulation_steps=1", "learning_rate=1e-4",
        "overlong_buffer=8", "dynamic_sampling=false",
        "temperature=1.15", "rewards={mixture: 1.0, execution: 0.5}",
        "execution_budget=15"]  # fmt: skip


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the entries and a model that has nearly learned them by heart."""
    folder = tmp_path_factory.mktemp("warm")
    for name, slow in (("train", True), ("quick", False)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows(slow))))
    (folder / "template.jinja").write_text(toy_task.TEMPLATE)
    trained(folder / "train.jsonl", folder / "sft", "sft", "scratch", *WARM)
    return folder


def trained(data: Path, output: Path, recipe: str, model: str, *settings: str) -> None:
    template = f"chat_template={data.parent}/template.jinja"
    resolved = resolve(recipe=recipe, model=model, settings=[*TINY, template, *settings])
    train(plan(resolved, data, output), progress=Progress(quiet=True))


class Counting:
    """An engine that remembers what it was asked to run."""

    def __init__(self, executor: Any) -> None:
        self.executor = executor
        self.codes: list[str] = []

    def submit(self, job: Job) -> Future[Run]:
        self.codes.append(job.code)
        future: Future[Run] = self.executor.submit(job)
        return future


def paid(inner: Any, warm: Path, run: Path, data: str, steps: int) -> tuple[Counting, Any, Any]:
    """Train through ``inner``; return what it ran, what was logged, and what was paid."""
    engine = Counting(inner)
    known = Examiner(engine, timeout=60)
    first = Entry(**rows(False)[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recode_data.rewards.executed.examiner", lambda: known)
        made = known.judge([Answer(first, first.new_code)], budget=300)  # the environment too
        assert made[0].passed
        batch = 8 * len((warm / data).read_text().splitlines())
        settings = [*PAID, f"max_steps={steps}", f"save_steps={steps}",
                    f"per_device_train_batch_size={batch}"]  # fmt: skip
        trained(warm / data, run, "migration", str(warm / "sft" / "model"), *settings)
    lines = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    tables = [pd.read_parquet(file) for file in (run / "completions").glob("*.parquet")]
    return engine, [line for line in lines if "reward" in line], pd.concat(tables)


def test_a_model_is_paid_for_what_runs(warm: Path, tmp_path: Path) -> None:
    with Executor(jobs=4) as executor:
        engine, steps, table = paid(executor, warm, tmp_path / "run", "train.jsonl", 2)
    assert len(steps) == 2
    for step in steps:
        assert 0 < step["mixture/execution_judged"] < 1
        assert math.isfinite(step["loss"]), "what cannot be judged leaves the loss a number"
        assert math.isfinite(step["reward"])
    assert len(table) == 2 * 72
    prompts = table["prompt"].map(str)
    unknown, slow = (prompts.str.contains(name) for name in ("msort", "round_"))
    assert {0.0, 1.0} == set(table["execution"][~unknown & ~slow].dropna())
    assert not (table["execution"][unknown] > 0).any(), "nobody can run them"
    assert not (table["execution"][slow] > 0).any(), "a slow run is not waited for"
    assert table["execution"][unknown].isna().any()
    assert table["mixture"].notna().all(), "the other parts of the mixture are paid all the same"
    assert len(engine.codes) == len(set(engine.codes)) < len(table), "no answer is run twice"


def test_a_cluster_pays_alike(warm: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    from recode_data.execute.ray_pool import RayPool

    pool = RayPool(jobs=1)
    try:
        _, steps, table = paid(pool, warm, tmp_path / "run", "quick.jsonl", 1)
    finally:
        pool.close()
    assert math.isfinite(steps[0]["loss"])
    assert {0.0, 1.0} == set(table["execution"].dropna())
