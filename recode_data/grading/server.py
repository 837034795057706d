"""A `Service` behind HTTP: who may ask, what a request is, and how the server ends.

Built on Starlette and uvicorn; the README beside this file has the requests and says why.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from functools import partial
from types import FrameType
from typing import Annotated, Any, Literal, TypeVar

import uvicorn
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from recode_data.answers import program_of
from recode_data.errors import RecodeError, UsageError
from recode_data.grading.service import OutOfTime, Overloaded, Service
from recode_data.rewards.tasks import NO_PROGRAM, Task, paid

MAX_BODY = 2 << 20
"""Bytes of one request: an answer has at most one megabyte, which JSON may escape."""
ARRIVAL = 20.0
"""Seconds for a request's head, and as many for its body."""
IDLE = 120.0
"""Seconds that a connection may stay open between two requests."""
RETRY = {"retry-after": "1"}

Form = TypeVar("Form", bound=BaseModel)
Handler = Callable[[Request], Awaitable[Response]]


class GradeRequest(BaseModel):
    """An answer to a row: the program itself, or all that a model said."""

    model_config = ConfigDict(extra="forbid", strict=True)

    row: str
    answer: str | None = None
    completion: str | list[dict[str, Any]] | None = None

    @model_validator(mode="after")
    def _one(self) -> GradeRequest:
        if (self.answer is None) == (self.completion is None):
            raise ValueError("give either answer, a program, or completion, what a model said")
        return self

    @property
    def program(self) -> str | None:
        """The program that is graded, None where there is none."""
        if self.completion is None:
            return self.answer
        return program_of(self.completion)


class RunRequest(BaseModel):
    """A program to run in the new version of a row."""

    model_config = ConfigDict(extra="forbid", strict=True)

    row: str
    code: str


class SubmitRequest(BaseModel):
    """SandboxFusion's form of a completion for a problem of a data set; ``dataset`` and
    ``config`` change nothing here."""

    model_config = ConfigDict(extra="ignore")

    dataset: str = ""
    id: Annotated[str, Field(coerce_numbers_to_str=True)]
    completion: str
    config: Any = None


class Refused(Exception):
    """A request that is answered by ``status`` and a sentence."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class Grader:
    """The requests that a server answers."""

    def __init__(self, service: Service, token: str) -> None:
        self.service = service
        self._token = token.encode()

    def application(self) -> Starlette:
        """Return the ASGI application."""
        routes: list[tuple[str, Literal["GET", "POST"], Handler]] = [
            ("/health", "GET", self.health),
            ("/metrics", "GET", self._allowed(self.metrics)),
            ("/rows", "GET", self._allowed(self.rows)),
            ("/grade", "POST", self._allowed(self.grade)),
            ("/run", "POST", self._allowed(self.run)),
            ("/submit", "POST", self._allowed(self.submit)),
        ]
        known = {path for path, _, _ in routes}
        return Starlette(
            routes=[
                Route(path, partial(self._answered, handler, path), methods=[method])
                for path, method, handler in routes
            ],
            exception_handlers={HTTPException: partial(self._unrouted, known)},
        )

    async def health(self, _request: Request) -> Response:
        """Say whether answers are taken: 200, or 503 while the server ends."""
        if self.service.stopping:
            raise Refused(503, "stopping", RETRY)
        return JSONResponse({"status": "ok", "rows": len(self.service.rows)})

    async def metrics(self, _request: Request) -> Response:
        """Return the service's counters for Prometheus."""
        text = self.service.metrics.text(self.service.gauges)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    async def rows(self, _request: Request) -> Response:
        """Return the ids of the rows whose answers are graded."""
        return JSONResponse({"rows": sorted(self.service.rows)})

    async def grade(self, request: Request) -> Response:
        """Grade one answer."""
        form = await read(request, GradeRequest)
        task = self._task(form.row)
        code = await asyncio.to_thread(lambda: form.program)
        return JSONResponse(await self._graded(form.row, task, code))

    async def run(self, request: Request) -> Response:
        """Run a program as a model may before it answers."""
        form = await read(request, RunRequest)
        output = await self.service.run(self._task(form.row), form.code)
        return JSONResponse({"row": form.row, "output": output})

    async def submit(self, request: Request) -> Response:
        """Grade a completion in the form of SandboxFusion's online judge."""
        form = await read(request, SubmitRequest)
        task = self._task(form.id)
        code = await asyncio.to_thread(program_of, form.completion)
        graded = await self._graded(form.id, task, code)
        passed = bool(graded["passed"])
        status = "Success" if passed else "Failed"
        ran = {"status": status, "message": graded["detail"], "files": {}}
        test = {"passed": passed, "exec_info": ran, "test_info": {"reason": graded["reason"]}}
        found = {"id": form.id, "accepted": passed, "extracted_code": code or "", "tests": [test]}
        return JSONResponse(found)

    async def _graded(self, row: str, task: Task, code: str | None) -> dict[str, Any]:
        judgement = NO_PROGRAM
        if code is not None and code.strip():
            judgement = await self.service.grade(task, code)
        return {
            "row": row,
            "reward": paid(judgement),
            "passed": judgement.passed,
            "reason": judgement.reason,
            "detail": judgement.detail,
        }

    def _task(self, row: str) -> Task:
        found = self.service.rows.get(row)
        if found is None:
            raise Refused(404, f"no row is called {row[:80]!r}")
        return found

    def _allowed(self, handler: Handler) -> Handler:
        """Let only those through who have the token."""

        async def guarded(request: Request) -> Response:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            right = secrets.compare_digest(given.strip().encode("latin-1", "replace"), self._token)
            if scheme.lower() != "bearer" or not right:
                raise Refused(401, "give the token: Authorization: Bearer …", {
                    "www-authenticate": "Bearer",
                })  # fmt: skip
            return await handler(request)

        return guarded

    async def _answered(self, handler: Handler, path: str, request: Request) -> Response:
        """Turn what a handler refuses or cannot do into an answer, and count it."""
        try:
            answer = await handler(request)
        except Refused as refused:
            answer = _error(refused.status, refused.message, refused.headers)
        except Overloaded as error:
            answer = _error(429, f"{error.message}: {error.tip}", RETRY)
        except OutOfTime as error:
            answer = _error(504, f"{error.message}: {error.tip}", RETRY)
        except RecodeError as error:  # ours: never a grade
            answer = _error(503, f"{error.message}: {error.tip}", RETRY)
        self._finish(answer, path)
        return answer

    def _unrouted(self, known: set[str], request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.url.path if request.url.path in known else "other"
        answer = _error(error.status_code, error.detail, error.headers)
        self._finish(answer, path)
        return answer

    def _finish(self, answer: Response, path: str) -> None:
        self.service.metrics.requests[path, answer.status_code] += 1
        if self.service.stopping:
            answer.headers["connection"] = "close"


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status, headers)


async def read(request: Request, form: type[Form]) -> Form:
    """Return a request's body as ``form``; raises `Refused` for what is too large, too slow,
    or none."""
    try:
        body = await asyncio.wait_for(_body(request), ARRIVAL)
    except TimeoutError as error:
        raise Refused(408, "the request did not arrive in time", {"connection": "close"}) from error
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        status = 400 if first["type"] == "json_invalid" else 422
        message = f"{where}: {first['msg']}" if where else first["msg"]
        raise Refused(status, message[:500]) from error


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise Refused(413, f"more than {MAX_BODY:,} bytes", {"connection": "close"})
        parts.append(part)
    return b"".join(parts)


class _Protocol(H11Protocol):
    """HTTP that closes a connection on which no whole head of a request arrives in time."""

    _alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch(ARRIVAL)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._unwatch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing():
            self._watch(IDLE + ARRIVAL)

    def _watch(self, seconds: float) -> None:
        self._unwatch()
        self._alarm = self.loop.call_later(seconds, self.transport.close)

    def _unwatch(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()


class _Server(uvicorn.Server):
    """A server that, at the first signal, first finishes what it has accepted."""

    def __init__(self, config: uvicorn.Config, service: Service, grace: float) -> None:
        super().__init__(config)
        self.service = service
        self.grace = grace
        self._end = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Take a signal."""
        self.stop()

    def stop(self) -> None:
        """Begin to stop; for the second time, end what is under way."""
        self._end = 0.0 if self.service.stopping else time.monotonic() + self.grace
        self.service.stop()

    async def on_tick(self, counter: int) -> bool:
        """Say, ten times a second, whether it is time to close."""
        if self.service.stopping:
            if self.service.accepted and time.monotonic() >= self._end:
                self.service.give_up()
            self.should_exit = self.should_exit or not self.service.accepted or self._over
        return await super().on_tick(counter)

    @property
    def _over(self) -> bool:
        return time.monotonic() >= self._end


def serve(
    service: Service,
    token: str,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    grace: float = 60.0,
    ready: Callable[[str, Callable[[], None]], None],
) -> None:
    """Serve until SIGTERM or SIGINT, and close the service.

    At the first signal new requests are refused with 503 and what was accepted is finished,
    for ``grace`` seconds at the most; at a second one at once. ``port`` 0 takes a free one.
    ``ready`` gets the address, and what does the same as a signal. Raises `UsageError` when
    the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(service), socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1024)  # as many as may wait
        except OSError as error:
            raise UsageError(
                f"{host} port {port} cannot be used: {error.strerror}",
                "--port names another; 0 takes a free one",
            ) from error
        config = uvicorn.Config(
            Grader(service, token).application(),
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_keep_alive=int(IDLE),
            timeout_graceful_shutdown=2,
        )
        server = _Server(config, service, grace)
        address, number = listener.getsockname()[:2]
        ready(f"http://{f'[{address}]' if ':' in address else address}:{number}", server.stop)
        server.run(sockets=[listener])
