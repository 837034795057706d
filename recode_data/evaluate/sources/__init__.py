"""Where completions come from: an endpoint, a local model, or a file."""

from __future__ import annotations

from pathlib import Path

from recode_data.errors import UsageError
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.sampling import Source


def source_of(
    problems: list[Problem], model: str, endpoint: str, predictions: str
) -> tuple[Source, int]:
    """Return the one source that is asked for, and how many samples it holds; 0: any number.

    Raises `UsageError` when none or more than one is asked for.
    """
    if bool(predictions) + bool(model or endpoint) != 1:
        raise UsageError(
            "say where completions come from: one of --model, --endpoint and --predictions",
            "--predictions reference scores the benchmark's own solutions",
        )
    if predictions == "reference":
        from recode_data.evaluate.sources.file import Reference

        return Reference({problem.id: problem.reference for problem in problems}), 1
    if predictions:
        from recode_data.evaluate.sources.file import PredictionFile

        file = PredictionFile(Path(predictions))
        file.check([problem.id for problem in problems])
        return file, file.samples
    if endpoint:
        from recode_data.evaluate.sources.endpoint import Endpoint

        return Endpoint(endpoint, model), 0
    from recode_data.evaluate.sources.local import local_model

    return local_model(model), 0
