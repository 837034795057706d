"""Commands that measure whether a model follows updates: eval, compare."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from recode_data.errors import BadFile, RecodeError, UsageError, one_of

BENCHMARKS = ("heldout", "since", "codeupdatearena", "gitchameleon", "humaneval-plus")

BenchArgument = Annotated[str, typer.Argument(metavar="BENCH", help=", ".join(BENCHMARKS))]
PathArgument = Annotated[
    str | None,
    typer.Argument(
        help="The benchmark's file or folder; heldout, since: workspace, folder or Hub id."
    ),
]
ModelOption = Annotated[str, typer.Option(help="Local folder or Hub id, or the endpoint's model.")]
EndpointOption = Annotated[
    str,
    typer.Option(envvar="RECODE_DATA_ENDPOINT", help="Address of an OpenAI-compatible API."),
]
PredictionsOption = Annotated[
    str, typer.Option(help="JSONL of completions, or `reference`: the own solutions.")
]
SamplesOption = Annotated[
    int | None, typer.Option("--samples", "-n", min=1, help="Completions of each problem.")
]
TemperatureOption = Annotated[float, typer.Option(min=0.0)]
TopPOption = Annotated[float, typer.Option(min=0.01, max=1.0)]
MaxTokensOption = Annotated[int, typer.Option(min=1)]
SeedOption = Annotated[int, typer.Option(help="Of sampling; recorded with the run.")]
UpdateOption = Annotated[
    bool, typer.Option("--update/--no-update", help="heldout: tell the model what changed.")
]
StyleOption = Annotated[
    Literal["reasoning", "answer"],
    typer.Option(help="heldout: how the model was trained to answer; a recipe's `style`."),
]
CutoffOption = Annotated[
    str,
    typer.Option(
        help="heldout, since: day up to which the model knows, such as 2024-06-01; "
        "since: or a month, 2024-06."
    ),
]
ArmOption = Annotated[
    list[str] | None,
    typer.Option(
        "--arm", help="since: ask in this arm only: alone, update, docs, guide; repeatable."
    ),
]
TorchOption = Annotated[
    bool, typer.Option("--torch", help="codeupdatearena: install torch 2.2.2 and score it too.")
]
TestsOption = Annotated[
    Literal["hidden", "visible"],
    typer.Option(help="gitchameleon: which of its tests decide."),
]
OnlyOption = Annotated[
    Literal["generate", "score"] | None,
    typer.Option(help="Only one of the two halves; both by default."),
]
OutOption = Annotated[Path | None, typer.Option(help="Folder of the run.")]
CompareArgument = Annotated[
    list[Path], typer.Argument(metavar="RUN…", help="Folders that eval wrote.")
]
KOption = Annotated[int, typer.Option("-k", min=1, help="Compare pass@k.")]
DifferingOption = Annotated[
    int,
    typer.Option(min=0, help="Show so many problems on which a run differs from the first."),
]
ReleaseArgument = Annotated[Path, typer.Argument(help="Where the release is written.")]
MonthOption = Annotated[
    str, typer.Option(help="Month in which the updates were released: 2026-11.")
]
DataOption = Annotated[
    str, typer.Option("--data", help="Workspace, folder or Hub id; the workspace by default.")
]
LibraryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--library",
        help="Build the month of this library first, with the index as of its end; repeatable.",
    ),
]
MarkOption = Annotated[
    list[Path] | None,
    typer.Option("--against", help="Public benchmark (JSONL): what is nearly in it is marked."),
]


if TYPE_CHECKING:
    from recode_data.evaluate.problem import Benchmark
    from recode_data.evaluate.sampling import Sampling, Source
    from recode_data.evaluate.since import Guides
    from recode_data.evaluate.store import RunFolder
    from recode_data.progress import Progress


@app.command(name="eval")
def evaluate(  # noqa: PLR0917  (typer reads them by name)
    bench: BenchArgument,
    path: PathArgument = None,
    model: ModelOption = "",
    endpoint: EndpointOption = "",
    predictions: PredictionsOption = "",
    samples: SamplesOption = None,
    temperature: TemperatureOption = 0.8,
    top_p: TopPOption = 0.7,
    max_tokens: MaxTokensOption = 1024,
    seed: SeedOption = 0,
    update: UpdateOption = True,
    style: StyleOption = "reasoning",
    cutoff: CutoffOption = "",
    arm: ArmOption = None,
    torch: TorchOption = False,
    tests: TestsOption = "hidden",
    only: OnlyOption = None,
    out: OutOption = None,
    limit: LimitOption = None,
    jobs: JobsOption = JOBS,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score a model on a benchmark by executing what it writes.

    Example: recode-data eval codeupdatearena arena.jsonl --predictions reference
    """
    from dataclasses import replace

    from recode_data.evaluate.benchmarks import load
    from recode_data.evaluate.run import configuration
    from recode_data.evaluate.sampling import Sampling
    from recode_data.evaluate.sources import fingerprint, source_of
    from recode_data.evaluate.store import RunFolder, owing
    from recode_data.progress import Progress

    _check(bench, path, cutoff, update=update, style=style, torch=torch, tests=tests)
    _check_arms(bench, arm or [])
    given: dict[str, Any] = {"update": update, "style": style, "cutoff": cutoff}
    given |= {"torch": torch, "tests": tests}
    where, progress = path or _workspace(), Progress(quiet)
    guides = _guides(where, jobs, progress) if not arm or "guide" in arm else None
    benchmark = load(bench, where, jobs=jobs, progress=progress, guides=guides, **given)
    if arm:
        benchmark.problems = [p for p in benchmark.problems if p.labels.get("arm") in arm]
    if limit:
        benchmark.problems = benchmark.problems[:limit]
    drawn = Sampling(samples or 5, temperature, top_p, max_tokens, seed)
    source, most = source_of(benchmark.problems, model, endpoint, predictions)
    if most:
        drawn = replace(drawn, samples=samples or most)
    told = {"heldout": "update", "since": "cutoff", "gitchameleon": "tests"}.get(bench)
    chosen = {told: given[told]} if told else {}
    chosen |= {"style": style} if style != "reasoning" else {}
    chosen |= fingerprint(source, model, predictions)
    config = configuration(benchmark, source.name, drawn, chosen)
    folder = RunFolder(out or _folder(bench, source.name, config), config)
    summary = _run(folder, benchmark, source, drawn, only=only, jobs=jobs, quiet=quiet)
    _show(summary, as_json)
    if not summary["final"] and only != "generate":
        raise RecodeError(
            f"no final score: {owing(summary)}",
            f"what was judged is kept in {folder.folder}: the same command goes on",
        )


@app.command(name="bench-release")
def bench_release(  # noqa: PLR0917  (typer reads them by name)
    folder: ReleaseArgument = Path("release"),
    month: MonthOption = "",
    data: DataOption = "",
    library: LibraryOption = None,
    against: MarkOption = None,
    jobs: JobsOption = JOBS,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the benchmark of what changed in one month: questions, hidden checks, checksums.

    With --library the month is built first, as if on its last day, into the workspace --data.

    Example: recode-data bench-release release --month 2026-05
    Example: recode-data bench-release june --month 2026-06 --library scipy --library networkx
    """
    import json
    from contextlib import nullcontext
    from dataclasses import asdict

    from recode_data.evaluate.contamination import read_benchmark
    from recode_data.evaluate.release import before_of, refuse_other_files, release
    from recode_data.index_settings import as_of
    from recode_data.progress import Progress
    from recode_data.replay import build_month

    if not month:
        raise UsageError("bench-release needs --month", "such as --month 2026-11")
    before = before_of(month)
    refuse_other_files(folder)  # a month is built for half an hour before it is written
    known = {file.stem: read_benchmark(file) for file in against or []}
    progress = Progress(quiet)
    with as_of(before) if library else nullcontext():
        where = data or (f"{folder}-workspace" if library else _workspace())
        if library:
            build_month(month, before, library, Path(where), progress, jobs)
        guides = _guides(where, jobs, progress)
        done = release(where, month, folder, jobs, progress, known, guides)
    print(json.dumps(asdict(done) | {"folder": str(done.folder)}) if as_json else done)


def _check(
    bench: str, path: str | None, cutoff: str, *, update: bool, style: str, torch: bool, tests: str
) -> None:
    """Refuse an option that the benchmark would not look at, and a path that is not there."""
    from recode_data.evaluate.benchmarks import NAMES
    from recode_data.evaluate.release import is_release
    from recode_data.evaluate.since import cutoff_day
    from recode_data.publish.releases import checked_day

    one_of("BENCH", bench, NAMES)
    for option, owner, given in (
        ("--cutoff", "heldout", bool(cutoff) and bench != "since"),
        ("--no-update", "heldout", not update),
        ("--style", "heldout", style != "reasoning"),
        ("--torch", "codeupdatearena", torch),
        ("--tests", "gitchameleon", tests != "hidden"),
    ):
        if given and bench != owner:
            raise UsageError(f"{option} is an option of {owner}, not of {bench}", "leave it away")
    if bench == "since" and path and is_release(path):
        if cutoff:
            raise UsageError("a release is of one month: it takes no --cutoff", "leave it away")
    elif bench == "since":
        if not cutoff:
            raise UsageError(
                "since needs --cutoff", "the last day that the model knows: 2025-06-30"
            )
        cutoff_day(cutoff)
    elif cutoff:
        checked_day(cutoff)
    if bench in ("heldout", "since"):
        return
    if path is None and bench != "humaneval-plus":
        raise UsageError(f"{bench} needs the path of its file", f"recode-data eval {bench} FILE")
    if path is not None and not Path(path).exists():
        raise BadFile(f"no file {path}", f"give the file of {bench} as it was published")


def _check_arms(bench: str, arms: list[str]) -> None:
    """Refuse an arm that there is not."""
    from recode_data.evaluate.since import ARMS

    if arms and bench != "since":
        raise UsageError(f"--arm is an option of since, not of {bench}", "leave it away")
    for arm in arms:
        one_of("--arm", arm, ARMS)


def _guides(where: str | Path, jobs: int, progress: Progress) -> Guides | None:
    """Return what gives the guides of a workspace's libraries; None where there is none."""
    from recode_data.evaluate.split import is_workspace
    from recode_data.maintain.guide import prompts

    if not is_workspace(where):
        return None
    return lambda wanted: prompts(Path(where), wanted, progress, jobs)


def _run(
    folder: RunFolder,
    benchmark: Benchmark,
    source: Source,
    drawn: Sampling,
    *,
    only: str | None,
    jobs: int,
    quiet: bool,
) -> dict[str, Any]:
    """Generate and score what is owed, or only one of them, and sum up what is there."""
    from recode_data.cache import cache_folder
    from recode_data.evaluate import run as stage
    from recode_data.progress import Progress

    progress = Progress(quiet)
    if only != "generate":
        cache_folder("environments")  # said before a model is asked, not after each completion
    if only != "score":
        stage.generate(folder, benchmark, source, drawn, progress)
    if only != "generate":
        seconds = stage.score(folder, benchmark, jobs, progress)
        progress.say(f"scored in {seconds / 60:.1f} minutes; the run is in {folder.folder}")
    return stage.conclude(folder, benchmark, drawn.samples)


def _show(summary: dict[str, Any], as_json: bool) -> None:
    import json

    from recode_data.evaluate.summary import table

    print(json.dumps(summary) if as_json else table(summary))


@app.command()
def compare(
    runs: CompareArgument,
    k: KOption = 1,
    differing: DifferingOption = 5,
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
