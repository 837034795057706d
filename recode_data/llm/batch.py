"""Many requests as one batch: its file, its results, and a server's batch API.

One line a request, in the form that OpenAI's Batch API, other servers that have one, and
``vllm run-batch -i IN -o OUT`` read. A batch is asked for at once and answered within hours, at
a lower price. What comes back goes the way of every answer: `Asker` fills and accounts it.
"""

from __future__ import annotations

import json
import shlex
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai

from recode_data.errors import BadFile, DiskFull, NetworkError, RecodeError, UsageError
from recode_data.llm.ask import KEPT, Asker, prompt_tokens_of, usage_of
from recode_data.llm.budget import Amount, Budget, Spent
from recode_data.llm.completion import Unread, complaint_in, read_completion
from recode_data.llm.endpoint import one_line
from recode_data.llm.options import KEYS, Endpoint, Options
from recode_data.progress import Task
from recode_data.records import BatchJob, Call, content_id
from recode_data.workspace import Workspace
from recode_data.workspace.llm import answered, open_jobs, used_by

if TYPE_CHECKING:
    from openai.types import Batch

MOST = 50_000
"""Requests that one batch file may hold."""
MOST_BYTES = 180_000_000
"""Bytes of one batch file; OpenAI takes 200 MB."""
MAX_LINE = 8_000_000
"""Bytes of one result; a longer line is no answer to a request of ours."""
LONGEST_POLL = 30.0
PATIENCE = 20
"""Polls in a row that may fail: ten minutes without a network."""
API = "api"
"""What ``--batch`` names to use the endpoint's own batch API."""


@dataclass
class Outcome:
    """What the lines of a results file came to."""

    counts: Counter[str] = field(default_factory=Counter)
    """``answered``, ``known`` (was answered before), ``failed`` (is owed again), ``unknown``
    (not a request of this workspace), ``unreadable``."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why requests failed, in the server's words."""
    learnt: set[str] = field(default_factory=set)
    """Parameters that the server turned out to refuse; later files leave them out."""

    def __str__(self) -> str:
        parts = []
        for name, count in self.counts.items():
            told = "; ".join(f"{n:,} × {text}" for text, n in self.reasons.most_common(3))
            parts.append(f"{count:,} {name}" + (f" ({told})" if name == "failed" and told else ""))
        if self.learnt:
            parts.append(f"from now on asked without {', '.join(sorted(self.learnt))}")
        return ", ".join(parts) or "no results"


def write_batch(asker: Asker, calls: Iterable[Call], file: Path) -> tuple[list[Call], str]:
    """Write the requests of ``calls`` to ``file`` and note them as asked.

    The file is complete or not there. Returns the calls that it holds, at most `MOST` and as
    many as the budget allows at a batch's price, and the limit that kept others out, if one
    did; those are written once these are answered.
    """
    unique = {call.id: call for call in calls}.values()
    lines: list[str] = []
    written: list[Call] = []
    size, limit = 0, ""
    for call in unique:
        line = json.dumps(_line(asker, call), ensure_ascii=False) + "\n"
        size += len(line.encode("utf-8", "replace"))
        if len(written) == MOST or size > MOST_BYTES:
            break
        try:
            asker.budget.reserve(prompt_tokens_of(call), asker.options.answer_tokens, batch=True)
        except Spent as spent:
            limit = str(spent)
            break
        lines.append(line)
        written.append(call)
    _write(file, lines)
    asker.workspace.add(written)
    return written, limit


def read_batch(asker: Asker, file: Path) -> Outcome:
    """Store the answers in a results file; return what its lines came to.

    Raises `BadFile` when it cannot be read.
    """
    try:
        with file.open("rb") as lines:
            return take_results(asker, iter(lambda: lines.readline(MAX_LINE), b""))
    except OSError as error:
        raise BadFile(
            f"cannot read {file}: {error.strerror}",
            "give the file that the batch endpoint returned",
        ) from error


def take_results(asker: Asker, lines: Iterable[bytes]) -> Outcome:
    """Store the answers in the lines of a result, whatever else stands between them."""
    calls = {call.id: call for call in asker.workspace.all(Call)}
    before = set(asker.dialect.refused)
    outcome = Outcome()
    filled: list[Call] = []
    for line in lines:
        if line.strip():
            name, call = _take(asker, line, calls, outcome.reasons)
            outcome.counts[name] += 1
            if call is not None:
                calls[call.id] = call
                filled.append(call)
    asker.workspace.replace(filled)
    asker.keep_dialect()
    outcome.learnt = asker.dialect.refused - before
    if outcome.reasons:
        asker.last_failure = outcome.reasons.most_common(1)[0][0]
    return outcome


def _take(
    asker: Asker, line: bytes, calls: dict[str, Call], reasons: Counter[str]
) -> tuple[str, Call | None]:
    """Return what one line comes to, and the call with what it answers or has cost."""
    try:
        result = json.loads(line.decode(json.detect_encoding(line), "replace"))
    except (ValueError, RecursionError):
        return "unreadable", None
    if not isinstance(result, dict):
        return "unreadable", None
    call = calls.get(str(result.get("custom_id")))
    if call is None:
        return "unknown", None
    if call.state == "answered":
        return "known", None
    response = result.get("response")
    response = response if isinstance(response, dict) else {}
    body = response.get("body")
    status = response.get("status_code") or (200 if body else 0)
    if complaint_in(result) or str(status) != "200":
        text = complaint_in(body) or complaint_in(result) or "no answer"
        asker.dialect.learn(asker.dialect.whole(call.request), text)
        reasons[one_line(f"status {status}: {text}" if status else text)] += 1
        return "failed", None
    try:
        completion = read_completion(body if isinstance(body, dict) else {})
    except Unread as error:
        reasons[one_line(error.text)] += 1
        used = error.usage.filled(0, 0)
        asker.budget.settle(Amount(), used, batch=True)
        asker.waste(call, used)
        return "failed", asker.charged(call, (0, 0), batch=True) if any(used) else None
    asker.budget.settle(Amount(), usage_of(call, completion), batch=True)
    return "answered", asker.filled(call, completion, batch=True)


def _line(asker: Asker, call: Call) -> dict[str, Any]:
    return {
        "custom_id": call.id,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": asker.dialect.speak(call.request),
    }


def _write(file: Path, lines: Iterable[str]) -> None:
    part = file.with_name(file.name + ".part")
    try:
        with part.open("w", encoding="utf-8", errors="replace") as out:
            out.writelines(lines)
        part.replace(file)
    except OSError as error:
        kind = DiskFull if error.errno == 28 else BadFile
        raise kind(
            f"cannot write {file}: {error.strerror}",
            "name a file that can be written, with --batch-out",
        ) from error


def asker_of(
    workspace: Workspace, endpoint: Endpoint | None, options: Options, batch: str = ""
) -> Asker:
    """Return who answers: the endpoint request by request, or with ``batch`` in batches."""
    budget = Budget(
        options.max_requests,
        options.max_tokens,
        options.max_cost,
        options.prices.of(options.model),
        Amount(*used_by(workspace, options.model)),
    )
    if batch:
        return BatchAsker(workspace, endpoint, options, budget, batch)
    return Asker(workspace, endpoint, options, budget)


class BatchAsker(Asker):
    """Asks for all calls of a round as batches, with ``how`` the API or a command of the user's.

    Each job is noted before anything is sent and after each step, so a run that is killed goes
    on with the jobs that it had sent, and none is sent twice.
    """

    def __init__(
        self,
        workspace: Workspace,
        endpoint: Endpoint | None,
        options: Options,
        budget: Budget,
        how: str,
    ) -> None:
        super().__init__(workspace, endpoint, options, budget)
        self.how = how

    def _obtain(self, endpoint: Endpoint, missing: list[Call], task: Task) -> None:
        todo = {call.id: call for call in missing}
        runner = _Api(self, endpoint) if self.how == API else _Command(self, self.how)
        try:
            for job in self._open_jobs(endpoint):
                self._finish(runner, job, todo, task)
            tried: set[str] = set()
            while todo.keys() - tried and not self.stopped:
                known = len(self.dialect.refused)
                made = self._new_job(endpoint, [todo[i] for i in todo if i not in tried])
                if made is None:
                    return
                self._finish(runner, made, todo, task)
                if len(self.dialect.refused) == known:  # else they are asked in other words
                    tried |= set(made.calls)
        except RecodeError as reason:
            self.stopped = reason

    def _open_jobs(self, endpoint: Endpoint) -> list[BatchJob]:
        place = endpoint.base_url if self.how == API else self.how
        jobs = open_jobs(self.workspace, place, self.options.model)
        lost = [job for job in jobs if not job.file and not self.input_of(job).exists()]
        self.workspace.replace(replace(job, state="done") for job in lost)
        return [job for job in jobs if job not in lost]

    def _new_job(self, endpoint: Endpoint, calls: list[Call]) -> BatchJob | None:
        folder = self.workspace.folder / "batches"
        folder.mkdir(exist_ok=True)
        file = folder / f"{content_id([call.id for call in calls], time.time_ns())}.jsonl"
        written, limit = write_batch(self, calls, file)
        self.stopped = self.stopped or (Spent(limit) if limit and not written else None)
        if not written:
            file.unlink(missing_ok=True)
            return None
        place = endpoint.base_url if self.how == API else self.how
        job = BatchJob(file.name, place, self.options.model, tuple(call.id for call in written))
        self.workspace.add([job])
        return job

    def note(self, job: BatchJob) -> BatchJob:
        """Keep the state of a job."""
        self.workspace.replace([job])
        return job

    def input_of(self, job: BatchJob) -> Path:
        """Return the file with a job's requests."""
        return self.workspace.folder / "batches" / job.name

    def _finish(
        self, runner: _Api | _Command, job: BatchJob, todo: dict[str, Call], task: Task
    ) -> None:
        job = runner.send(job)
        lines = runner.results(job, task)
        outcome = take_results(self, lines)
        self.note(replace(job, state="done"))
        for file in (self.input_of(job), self.input_of(job).with_suffix(".out")):
            file.unlink(missing_ok=True)
        self.budget.held = Amount()
        self.said.append(f"batch {job.batch or job.name}: {outcome}")
        self.sent += len(job.calls)
        for done in answered(self.workspace, list(todo)):
            del todo[done]
        self.show(task, outcome.counts["answered"])


class _Command:
    """A program that reads a batch file and writes one of results, such as vllm run-batch."""

    def __init__(self, asker: BatchAsker, command: str) -> None:
        if "{input}" not in command or "{output}" not in command:
            raise UsageError(
                f"--batch {command!r} is neither {API!r} nor a command with "
                "{input} and {output}",
                'such as --batch "vllm run-batch -i {input} -o {output} --model NAME"',
            )
        self.asker = asker
        self.words = shlex.split(command)

    def send(self, job: BatchJob) -> BatchJob:
        """Nothing is sent: the command runs when its results are asked for."""
        return job

    def results(self, job: BatchJob, task: Task) -> Iterator[bytes]:
        """Return the lines that the command wrote, run now unless an earlier run did that."""
        from recode_data.execute.building import run_command

        given = self.asker.input_of(job)
        out, part = given.with_suffix(".out"), given.with_suffix(".part")
        if not out.exists():
            names = {"{input}": str(given), "{output}": str(part)}
            words = self.words
            for name, path in names.items():
                words = [word.replace(name, path) for word in words]
            run_command(words, lambda seconds: task.advance(0, batch=f"{seconds:,.0f} s"))
            if not part.exists():
                raise UsageError(f"{self.words[0]} wrote no {{output}}", "run it by hand to see")
            part.replace(out)
        return iter(out.read_bytes().splitlines())


class _Api:
    """An endpoint's ``/v1/files`` and ``/v1/batches``."""

    def __init__(self, asker: BatchAsker, endpoint: Endpoint) -> None:
        self.asker = asker
        self.endpoint = endpoint
        self.client = openai.OpenAI(
            api_key=endpoint.key or "none",
            base_url=endpoint.base_url,
            max_retries=2,
            timeout=endpoint.timeout,
        )

    def send(self, job: BatchJob) -> BatchJob:
        """Upload the job's file and create its batch, unless that was done before."""
        if job.batch:
            return job
        if job.file and (known := self._created(job)):
            return self.asker.note(replace(job, batch=known))
        file = self.asker.input_of(job)
        try:
            if not job.file:
                with file.open("rb") as content:
                    told = self.client.files.create(file=(job.name, content), purpose="batch")
                job = self.asker.note(replace(job, file=told.id))
            batch = self.client.batches.create(
                input_file_id=job.file,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={"recode-data": job.id},
            )
        except OSError as error:
            raise BadFile(f"cannot read {file}: {error.strerror}", "run it again") from error
        except openai.APIError as error:
            raise self._failure(error, "does not take a batch") from None
        return self.asker.note(replace(job, batch=batch.id))

    def _created(self, job: BatchJob) -> str:
        """Return the batch that was made of a job's file before a run was killed."""
        with suppress(openai.APIError):  # a server without a list has no answer
            for batch in self.client.batches.list(limit=100):
                if batch.input_file_id == job.file:
                    return batch.id
        return ""

    def results(self, job: BatchJob, task: Task) -> Iterator[bytes]:
        """Wait for the batch and return the lines of its results and errors."""
        batch = self._wait(job, task)
        lines: list[bytes] = []
        for file in (batch.output_file_id, batch.error_file_id):
            if file:
                try:
                    lines += self.client.files.content(file).content.splitlines()
                except openai.APIError as error:
                    raise self._failure(error, "does not give the results") from None
        if not lines and batch.status != "completed":
            self.asker.note(replace(job, state="done"))
            told = batch.errors.data if batch.errors and batch.errors.data else []
            text = "; ".join(error.message or error.code or "" for error in told[:3])
            line = one_line(self.endpoint.scrub(text))
            raise NetworkError(f"batch {job.batch} {batch.status}: {line or 'no reason given'}",
                               "what it asked is owed: run the same command again")  # fmt: skip
        return iter(lines)

    def _wait(self, job: BatchJob, task: Task) -> Batch:
        pause, failed = self.endpoint.first_wait, 0
        while True:
            try:
                batch = self.client.batches.retrieve(job.batch)
            except (openai.APIConnectionError, openai.InternalServerError) as error:
                failed += 1
                if failed >= PATIENCE:
                    raise self._failure(error, "does not tell of the batch") from None
            except openai.APIError as error:
                raise self._failure(error, "does not tell of the batch") from None
            else:
                failed = 0
                counts = batch.request_counts
                done = f" {counts.completed}/{counts.total}" if counts else ""
                task.advance(0, batch=f"{batch.status}{done}")
                if batch.status in ("completed", "failed", "expired", "cancelled"):
                    return batch
            time.sleep(pause)
            pause = min(LONGEST_POLL, pause * 1.5)

    def _failure(self, error: openai.APIError, what: str) -> RecodeError:
        line = one_line(self.endpoint.scrub(f"{type(error).__name__}: {error.message}"))
        status = getattr(error, "status_code", 0)
        if status in (401, 403):
            return UsageError(f"the endpoint refused the key: {line}", f"set {' or '.join(KEYS)}")
        if status in (404, 405, 501):
            return UsageError(
                f"the endpoint {what}: {line}",
                "without /v1/batches, leave --batch away, or name a command with --batch",
            )
        return NetworkError(f"the endpoint {what}: {line}", KEPT)
