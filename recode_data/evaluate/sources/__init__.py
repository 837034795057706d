"""Where completions come from: an endpoint, a local model, or a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from recode_data.errors import BadFile, UsageError
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.sampling import Source
from recode_data.records import content_id

WEIGHTS = {".safetensors", ".bin", ".pt", ".json", ".model", ".jinja"}
"""Files of a model's folder that decide what it answers."""


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


def fingerprint(source: Source, model: str, predictions: str) -> dict[str, str]:
    """Return what tells answers from those of another file, or of another model, that has the
    same name: nothing for what an endpoint or the Hub gives."""
    if predictions:
        return {"predictions": str(getattr(source, "fingerprint", ""))}
    if source.name == model and Path(model).is_dir():
        return {"weights": weights_of(Path(model))}
    return {}


def weights_of(folder: Path) -> str:
    """Return a hash of the weights and settings in a model's folder; raises `BadFile`."""
    hashes = []
    for file in sorted(folder.iterdir()):
        if file.suffix in WEIGHTS and file.is_file():
            try:
                with file.open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError as error:
                reason = error.strerror or str(error)
                raise BadFile(f"cannot read {file}: {reason}", "is the model whole?") from error
            hashes.append((file.name, digest))
    return content_id(hashes)
