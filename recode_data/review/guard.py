"""Who may see the page, and what a browser may do with it.

The page shows text that came out of a model or a web page. So: only requests to a loopback
name (no DNS rebinding), only with the token, no request that another site's page made, and
a policy under which no text of an entry can run, load or send anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
