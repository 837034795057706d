"""The pages: an overview, one entry at a time, and what a form sends back.

All handlers share the one connection to the workspace, so they take turns; a validation
runs in a thread meanwhile, and the page stays answerable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

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
from recode_data.review.guard import MAX_BODY, Guard
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
