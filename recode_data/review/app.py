"""A web page on loopback, for one workspace: an overview, one entry at a time, and what a form
sends back.

The page shows text that came out of a model or a web page. So: only requests to a loopback
name (no DNS rebinding), only with the token, no request that another site's page made, and
a policy under which no text of an entry can run, load or send anything.

All handlers share the one connection to the workspace, so they take turns; a validation
runs in a thread meanwhile, and the page stays answerable.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

import uvicorn
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recode_data.errors import RecodeError, UnknownName, UsageError
from recode_data.records import Decision, DecisionKind, Entry
from recode_data.review.decisions import (
    EDITABLE,
    REASONS,
    case,
    decide,
    edited,
    withdraw,
)
from recode_data.review.diff import one_column, side_by_side
from recode_data.workspace import Workspace
from recode_data.workspace.reviews import (
    Filters,
    agreements,
    choices,
    decision_of,
    matching,
    next_entry,
    place,
    tallies,
)

COOKIE = "recode-data-review"
HOSTS = ("127.0.0.1", "localhost", "[::1]")
MAX_BODY = 1_000_000
"""Bytes of one request; an edit holds two short programs."""

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware: lets in who has the token, and puts the policy on every answer."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    *((name.encode(), value.encode()) for name, value in HEADERS.items()),
                ]
            await send(message)

        answer = self._refuse(HTTPConnection(scope), scope["method"])
        await (answer or self.app)(scope, receive, send_guarded)

    def _refuse(self, request: HTTPConnection, method: str) -> Response | None:
        """Return the answer for a request that does not reach the page, or None."""
        headers = request.headers
        if _name(headers.get("host", "")) not in HOSTS:
            return PlainTextResponse("this page answers on loopback only", 421)
        given = request.query_params.get("token")
        if given is not None and self._is_token(given):
            return self._enter(request)
        if not self._is_token(request.cookies.get(_cookie(request), "")):
            return PlainTextResponse("open the address that recode-data review printed", 403)
        if method not in ("GET", "HEAD") and not _same_site(headers):
            return PlainTextResponse("this request came from another page", 403)
        if int(headers.get("content-length") or 0) > MAX_BODY:
            return PlainTextResponse("too large", 413)
        return None

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self.token.encode())

    def _enter(self, request: HTTPConnection) -> Response:
        """Move the token from the address, where it would stay in the history, to a cookie."""
        answer = RedirectResponse(request.url.path, 303)
        answer.set_cookie(_cookie(request), self.token, httponly=True, samesite="strict")
        return answer


def _cookie(request: HTTPConnection) -> str:
    """Cookies do not know ports, so that of each server has a name of its own."""
    return f"{COOKIE}-{request.url.port}"


def _same_site(headers: Mapping[str, str]) -> bool:
    origin = headers.get("origin", "")
    if origin and origin != "null":
        return urlsplit(origin).netloc == headers.get("host")
    return headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _name(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host


Validate = Callable[[Entry], None]
"""Judges one entry and leaves its verdict in the workspace."""


SEAT = "recode-data-seat"
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Seat:
    """One browser: who decides there, and which entries they want to see."""

    reviewer: str
    filters: Filters


@dataclass
class Review:
    """The handlers, with the reviewer and the filters that a new browser begins with."""

    workspace: Workspace
    reviewer: str
    filters: Filters
    validate: Validate
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.pages = Environment(
            loader=PackageLoader("recode_data.review", "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def application(self, token: str) -> Starlette:
        """Return the ASGI application, behind its guard."""
        return Starlette(
            routes=[
                Route("/", self._in_turn(self.home), methods=["GET"]),
                Route("/filter", self._in_turn(self.filter), methods=["POST"]),
                Route("/next", self._in_turn(self.next), methods=["GET"]),
                Route("/entry/{id}", self._in_turn(self.show), methods=["GET"]),
                Route("/entry/{id}", self._in_turn(self.decide), methods=["POST"]),
                Route("/entry/{id}/undo", self._in_turn(self.undo), methods=["POST"]),
                Mount("/static", StaticFiles(packages=[("recode_data.review", "static")])),
            ],
            middleware=[Middleware(Guard, token=token)],
        )

    async def home(self, request: Request) -> Response:
        seat = self._seat(request)
        return self._page(
            "home",
            seat,
            filters=vars(seat.filters),
            choices=choices(self.workspace),
            matching=matching(self.workspace, seat.filters),
            last=self._decision(request.query_params.get("last", ""), seat.reviewer),
            tallies=tallies(self.workspace, [seat.reviewer], seat.filters),
            agreements=agreements(self.workspace),
        )

    async def filter(self, request: Request) -> Response:
        form = await _form(request)
        reviewer = _plain_name(form.get("reviewer", "")) or self.reviewer
        chosen = {name: form.get(name, "")[:100] for name in vars(self.filters)}
        answer = RedirectResponse("/next" if "start" in form else "/", 303)
        kept = urlencode({"reviewer": reviewer, **chosen})
        answer.set_cookie(SEAT, quote(kept), httponly=True, samesite="strict", max_age=YEAR)
        return answer

    async def next(self, request: Request) -> Response:
        seat = self._seat(request)
        found = next_entry(self.workspace, seat.reviewer, seat.filters)
        last = request.query_params.get("last", "")
        query = f"?{urlencode({'last': last})}" if last else ""
        return RedirectResponse(f"/entry/{found}{query}" if found else f"/{query}", 303)

    async def show(self, request: Request) -> Response:
        last = request.query_params.get("last", "")
        return self._entry(self._seat(request), request.path_params["id"], last=last)

    async def undo(self, request: Request) -> Response:
        """Take the last decision back, and show its entry again."""
        form = await _form(request)
        name = _plain_name(form.get("reviewer", "")) or self._seat(request).reviewer
        id = request.path_params["id"]
        withdraw(self.workspace, id, name)
        return RedirectResponse(f"/entry/{id}", 303)

    async def decide(self, request: Request) -> Response:
        form = await _form(request)
        # The name on the page counts, should another tab have changed seats since.
        name = _plain_name(form.get("reviewer", ""))
        seat = replace(self._seat(request), reviewer=name or self.reviewer)
        id, kind = request.path_params["id"], form.get("decision", "")
        try:
            if kind == "edit":
                return await self._edit(seat, id, form)
            decide(
                self.workspace,
                id,
                seat.reviewer,
                cast(DecisionKind, kind),
                form.get("reason", ""),
                note=form.get("note", ""),
            )
        except UnknownName:
            raise
        except UsageError as error:
            return self._entry(seat, id, form, f"{error.message}. {error.tip}", status=422)
        return RedirectResponse(f"/next?{urlencode({'last': id})}", 303)

    async def _edit(self, seat: Seat, id: str, form: dict[str, str]) -> Response:
        """Keep an edit as an entry of its own, have it judged, and show what came of it."""
        made = edited(case(self.workspace, id, seat.reviewer).entry, seat.reviewer, form)
        self.workspace.add([made])
        note = form.get("note", "")
        decide(self.workspace, id, seat.reviewer, "edit", note=note, edited_as=made.id)
        try:
            await asyncio.to_thread(self.validate, made)
        except RecodeError as error:
            text = f"kept, but not validated: {error.message}"
            return self._entry(seat, made.id, message=text, status=503)
        return RedirectResponse(f"/entry/{made.id}?{urlencode({'last': id})}", 303)

    def _seat(self, request: Request) -> Seat:
        """Return who sits at this browser, and what they want to see."""
        kept = dict(parse_qsl(unquote(request.cookies.get(SEAT, "")), keep_blank_values=True))
        if not kept:
            return Seat(self.reviewer, self.filters)
        filters = {name: kept.get(name, "") for name in vars(self.filters)}
        return Seat(_plain_name(kept.get("reviewer", "")) or self.reviewer, Filters(**filters))

    def _entry(
        self,
        seat: Seat,
        id: str,
        form: dict[str, str] | None = None,
        message: str = "",
        *,
        status: int = 200,
        last: str = "",
    ) -> Response:
        found, typed = case(self.workspace, id, seat.reviewer), form or {}
        entry = found.entry
        lines = side_by_side(entry.old_code.rstrip("\n"), entry.new_code.rstrip("\n"))
        return self._page(
            "entry",
            seat,
            status,
            case=found,
            entry=entry,
            verdict=found.verdict,
            lines=lines,
            column=one_column(lines),
            place=place(self.workspace, entry.id, seat.reviewer, seat.filters),
            last=self._decision(last, seat.reviewer),
            reasons=REASONS,
            message=message,
            fields={name: typed.get(name, getattr(entry, name)) for name in EDITABLE},
            note=typed.get("note", found.decision.note if found.decision else ""),
            reason=typed.get("reason", found.decision.reason if found.decision else ""),
            editing=bool(message) and typed.get("decision") == "edit",
        )

    def _decision(self, id: str, reviewer: str) -> Decision | None:
        """Return what the reviewer has just decided, which can be taken back."""
        return decision_of(self.workspace, id, reviewer) if id else None

    def _page(self, name: str, seat: Seat, status: int = 200, **names: Any) -> Response:
        template = self.pages.get_template(f"{name}.html.j2")
        return HTMLResponse(template.render(reviewer=seat.reviewer, **names), status)

    def _in_turn(
        self, handler: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            async with self.turn:
                try:
                    return await handler(request)
                except RecodeError as error:
                    status = 404 if isinstance(error, UnknownName) else 500
                    text = f"{error.message} {error.tip}"
                    return self._page("gone", self._seat(request), status, message=text)

        return handle


def _plain_name(text: str) -> str:
    return " ".join(text.split())[:60]


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; raises `UsageError` when it is far too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise UsageError("the form is too large", "shorten what you typed")
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    return {name: values[-1] for name, values in fields.items()}


def serve(
    workspace: Workspace,
    reviewer: str,
    filters: Filters,
    port: int = 0,
    *,
    jobs: int = 2,
    timeout: float = 10.0,
    ready: Callable[[str], None],
) -> None:
    """Serve the review until it is interrupted; ``ready`` gets the address with its token.

    ``port`` 0 takes a free one. Raises `UsageError` when the port is taken.
    """
    token = secrets.token_urlsafe(24)
    review = Review(workspace, reviewer, filters, _validator(workspace, jobs, timeout))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with listener:
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(64)  # who follows the address at once has to wait, not to fail
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be used: {error.strerror}",
                "--port names another; 0 takes a free one",
            ) from error
        config = uvicorn.Config(
            review.application(token),
            log_level="warning",
            access_log=False,  # an address may hold the token
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        ready(f"http://127.0.0.1:{listener.getsockname()[1]}/?token={token}")
        uvicorn.Server(config).run(sockets=[listener])


def _validator(workspace: Workspace, jobs: int, timeout: float) -> Callable[[Entry], None]:
    def validate(entry: Entry) -> None:
        from recode_data.judge import validate as stage

        stage(workspace, jobs=jobs, timeout=timeout, only=[entry.id])

    return validate
