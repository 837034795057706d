"""The options of eval, one type each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

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
