"""Commands that measure whether a model follows updates: eval, compare."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from recode_data.cli.app import app
from recode_data.cli.options import (
    JOBS,
    WORKSPACE,
    JobsOption,
    JsonOption,
    LimitOption,
    QuietOption,
)

BENCHMARKS = ("heldout", "codeupdatearena", "gitchameleon", "humaneval-plus")


@app.command(name="eval")
def evaluate(  # noqa: PLR0917  (typer reads them by name)
    bench: Annotated[str, typer.Argument(metavar="BENCH", help=", ".join(BENCHMARKS))],
    path: Annotated[
        str | None,
        typer.Argument(
            help="The benchmark's file or folder; heldout: workspace, folder or Hub id."
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="Local folder or Hub id, or the endpoint's model.")
    ] = "",
    endpoint: Annotated[
        str,
        typer.Option(envvar="RECODE_DATA_ENDPOINT", help="Address of an OpenAI-compatible API."),
    ] = "",
    predictions: Annotated[
        str, typer.Option(help="JSONL of completions, or `reference`: the own solutions.")
    ] = "",
    samples: Annotated[
        int | None, typer.Option("--samples", "-n", min=1, help="Completions of each problem.")
    ] = None,
    temperature: Annotated[float, typer.Option(min=0.0)] = 0.8,
    top_p: Annotated[float, typer.Option(min=0.01, max=1.0)] = 0.7,
    max_tokens: Annotated[int, typer.Option(min=1)] = 1024,
    seed: Annotated[int, typer.Option(help="Of sampling; recorded with the run.")] = 0,
    update: Annotated[
        bool, typer.Option("--update/--no-update", help="heldout: tell the model what changed.")
    ] = True,
    cutoff: Annotated[
        str, typer.Option(help="heldout: day up to which the model knows, such as 2024-06-01.")
    ] = "",
    torch: Annotated[
        bool, typer.Option("--torch", help="codeupdatearena: install torch 2.2.2 and score it too.")
    ] = False,
    only: Annotated[str, typer.Option(help="`generate` or `score`; both by default.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder of the run.")] = None,
    limit: LimitOption = None,
    jobs: JobsOption = JOBS,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score a model on a benchmark by executing what it writes.

    Example: recode-data eval codeupdatearena arena.jsonl --predictions reference
    """
    import json
    from dataclasses import replace

    from recode_data.evaluate import run as stage
    from recode_data.evaluate.benchmarks import load
    from recode_data.evaluate.sampling import Sampling
    from recode_data.evaluate.sources import source_of
    from recode_data.evaluate.store import RunFolder
    from recode_data.evaluate.summary import table
    from recode_data.progress import Progress

    benchmark = load(bench, path or _workspace(), update=update, cutoff=cutoff, torch=torch)
    if limit:
        benchmark.problems = benchmark.problems[:limit]
    drawn = Sampling(samples or 5, temperature, top_p, max_tokens, seed)
    source, most = source_of(benchmark.problems, model, endpoint, predictions)
    if most:
        drawn = replace(drawn, samples=samples or most)
    options: dict[str, Any] = {"update": update} if bench == "heldout" else {}
    config = stage.configuration(benchmark, source.name, drawn, options)
    folder = RunFolder(out or _folder(bench, source.name, config), config)
    progress = Progress(quiet)
    if only != "score":
        stage.generate(folder, benchmark, source, drawn, progress)
    if only != "generate":
        seconds = stage.score(folder, benchmark, jobs, progress)
        progress.say(f"scored in {seconds / 60:.1f} minutes; the run is in {folder.folder}")
    summary = stage.conclude(folder, benchmark, drawn.samples)
    print(json.dumps(summary) if as_json else table(summary))
    if summary["owed"] and only != "generate":
        raise typer.Exit(1)


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Folders that eval wrote.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Compare pass@k.")] = 1,
    differing: Annotated[
        int,
        typer.Option(min=0, help="Show so many problems on which a run differs from the first."),
    ] = 5,
    as_json: JsonOption = False,
) -> None:
    """Put runs side by side, with paired tests against the first and the paper's figures.

    Example: recode-data compare evals/base evals/grpo
    """
    import json

    from recode_data.evaluate.compare import compared, lines

    found = compared(runs, k, differing)
    print(json.dumps(found) if as_json else lines(found))


def _workspace() -> str:
    return os.environ.get("RECODE_DATA_WORKSPACE", str(WORKSPACE))


def _folder(bench: str, source: str, config: dict[str, Any]) -> Path:
    from recode_data.records import content_id

    name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in source)
    return Path("evals") / f"{bench}-{name.strip('-')[-60:]}-{content_id(config)[:8]}"
