"""Commands that grade answers to exported packages: grade, serve-grader, audit."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import JOBS, JobsOption, JsonOption, LimitOption, QuietOption

if TYPE_CHECKING:
    from recode_data.records import Environment
    from recode_data.rewards.tasks import Task

TOKEN = "RECODE_DATA_GRADER_TOKEN"  # noqa: S105  (where it is read)
SHORTEST = 16
"""Characters of a token."""


@app.command()
def grade(
    task: Annotated[Path, typer.Argument(help="task.json of an exported package.")],
    answer: Annotated[Path, typer.Argument(help="The program that is the answer.")],
    reward: Annotated[
        Path | None, typer.Option("--reward", help='File for {"reward": 1.0} or 0.0.')
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Grade one program as an answer to one row of an exported package.

    Example: recode-data grade tests/task.json solution/answer.py
    """
    import json
    from dataclasses import asdict

    from recode_data.files import read_text, write_text
    from recode_data.judge import Judgement
    from recode_data.rewards import tasks

    row = tasks.Task.from_json(read_text(task, "name the task.json of an exported package"))
    code = tasks.read_answer(answer)
    judged = Judgement(False, "unparsable", "no program there")
    if code is not None:
        judged = tasks.grade(row, code)
    value = tasks.paid(judged)
    if reward is not None:
        write_text(reward, json.dumps({"reward": value}) + "\n")
    if as_json:
        print(json.dumps(asdict(judged)))
        return
    print(f"{value:.0f}: {judged.reason}{f', {judged.detail}' if judged.detail else ''}")


@app.command("serve-grader")
def serve_grader(  # noqa: PLR0917  (typer reads options from the signature)
    packages: Annotated[list[Path], typer.Argument(help="Exported packages, of any format.")],
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others than loopback are open.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8077,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=1024, help="Requests worked on at a time.")
    ] = 64,
    waiting: Annotated[
        int, typer.Option("--waiting", min=0, help="Requests that may wait; more answer 429.")
    ] = 1024,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.1, help="Seconds for one request.")
    ] = 60.0,
    grace: Annotated[
        float, typer.Option("--grace", min=0, help="Seconds to finish in when it is stopped.")
    ] = 60.0,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", envvar="RECODE_DATA_JOBS", min=1, max=1024, help="Programs at a time."
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Grade answers to the rows of packages over HTTP, until it is stopped.

    Example: recode-data serve-grader out --port 8077
    """
    from recode_data.errors import UsageError
    from recode_data.execute import open_engine
    from recode_data.grading.server import serve
    from recode_data.grading.service import Limits, Service
    from recode_data.rewards.deadlines import workers

    token = os.environ.get(TOKEN, "")
    if len(token) < SHORTEST or not (token.isascii() and token.isprintable()):
        raise UsageError(
            f"{TOKEN} has to hold what clients prove themselves by: {SHORTEST} letters or more",
            f"export {TOKEN}=$(openssl rand -hex 16)",
        )
    rows = _rows(packages)
    _make({task.environment.id: task.environment for task in rows.values()}.values(), quiet)
    engine = open_engine("local", jobs or workers())
    serve(
        Service(rows, Limits(concurrency, waiting, time_limit), engine),
        token,
        host=host,
        port=port,
        grace=grace,
        ready=lambda address, _: _tell(address, len(rows)),
    )


@app.command()
def audit(  # noqa: PLR0917  (typer reads options from the signature)
    package: Annotated[Path, typer.Argument(help="An exported package, or any Harbor tree.")],
    repeat: Annotated[
        int, typer.Option("--repeat", min=1, help="How often the same is tried.")
    ] = 2,
    limit: LimitOption = None,
    jobs: JobsOption = JOBS,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say which rows pay for nothing, for old code or cheats, or refuse their own solution.

    Example: recode-data audit out
    """
    from contextlib import ExitStack

    from recode_data.execute import Engine, open_engine
    from recode_data.grading.audit import FAULTS, audit
    from recode_data.progress import Progress

    counts: Counter[str] = Counter()
    paid: dict[str, list[int]] = {}
    with ExitStack() as stack:

        def opened() -> Engine:
            return stack.enter_context(open_engine("local", jobs))

        total, rows = audit(package, opened, repeat, limit)
        with Progress(quiet).task("audit", total) as shown:
            for row in rows:
                counts.update(row.faults)
                for probe, rewards in row.rewards.items():
                    tried, earned = paid.setdefault(probe, [0, 0])
                    known = [reward for reward in rewards if reward is not None]
                    paid[probe] = [tried + bool(known), earned + any(r > 0 for r in known)]
                if as_json:
                    print(row.to_json(), flush=True)
                elif row.faults:
                    print(f"{row.id}: {', '.join(FAULTS[fault] for fault in row.faults)}")
                shown.advance()
    if not as_json:
        for probe, (tried, earned) in paid.items():
            print(f"{probe}: paid in {earned:,} of {tried:,} rows")
        found = ", ".join(f"{counts[fault]:,} {fault}" for fault in FAULTS if counts[fault])
        print(f"{total:,} rows: {found or 'nothing wrong'}")
    if counts["not_run"]:
        raise typer.Exit(1)


def _rows(packages: Iterable[Path]) -> dict[str, Task]:
    from recode_data.publish.packages import read_tasks
    from recode_data.rewards.tasks import Task

    return {
        name: Task.from_json(text)
        for folder in packages
        for name, text in read_tasks(folder).items()
    }


def _make(environments: Iterable[Environment], quiet: bool) -> None:
    """Make the environments before any answer waits for one; say which cannot be made."""
    from recode_data.errors import RecodeError
    from recode_data.execute import ensure
    from recode_data.progress import Progress

    wanted = sorted(environments, key=str)
    with Progress(quiet).task("environments", len(wanted)) as shown:
        for environment in wanted:
            try:
                ensure(environment)
            except RecodeError as error:  # its rows answer 503
                print(f"warning: {environment}: {error.message}", file=sys.stderr)
            shown.advance()


def _tell(address: str, rows: int) -> None:
    print(address, flush=True)
    print(f"{rows:,} rows; SIGTERM or Ctrl-C finishes what runs and ends it", file=sys.stderr)
