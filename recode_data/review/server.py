"""A server on loopback, for one workspace, until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import uvicorn

from recode_data.errors import UsageError
from recode_data.records import Entry
from recode_data.review.app import Review
from recode_data.workspace import Workspace
from recode_data.workspace.reviews import Filters


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
