"""A loopback endpoint that speaks the OpenAI protocol, and misbehaves when told to.

An author is a function of the request's body: it returns a `Reply`, or the text of one.
The server keeps what it was asked, when, and how many requests were under way at once.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass
class Reply:
    """What the server does with one request."""

    text: str | None = ""
    finish: str = "stop"
    refusal: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """Sent instead of a chat completion."""
    delay: float = 0.0
    drop: str = ""
    """``before`` or ``middle`` of the response the connection is reset."""
    usage: bool = True
    drip: float = 0.0
    """Seconds between two bytes."""


Author = Callable[[Body], "Reply | str"]


@dataclass
class Asked:
    """One request as it came in."""

    body: Body
    headers: dict[str, str]
    at: float
    answered: bool = False

    @property
    def key(self) -> str:
        """The same for the same request."""
        return json.dumps([self.body["messages"], self.body.get("seed")], sort_keys=True)

    @property
    def prompt(self) -> str:
        return str(self.body["messages"][1]["content"])


def error(status: int, message: str, **headers: str) -> Reply:
    """An error in the protocol's form."""
    raw = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
    return Reply(
        status=status, raw=raw, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, author: Author, models: tuple[str, ...] = ("tiny",)) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.author = author
        self.models = models
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self.at_once = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed in mid-request is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "x"}
                  for name in self.server.models]  # fmt: skip
        self._send(200, json.dumps({"object": "list", "data": models}).encode(), Reply())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server = self.server
        asked = Asked(body, dict(self.headers), time.monotonic())
        with server.lock:
            server.asked.append(asked)
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            reply = server.author(body)
            reply = Reply(reply) if isinstance(reply, str) else reply
            time.sleep(reply.delay)
            with server.lock:
                server.at_once -= 1
            self._reply(body, reply)
            asked.answered = reply.status == 200 and not reply.drop
        except OSError:
            self.close_connection = True

    def _reply(self, body: Body, reply: Reply) -> None:
        if reply.drop == "before":
            return self._reset()
        raw = reply.raw if reply.raw is not None else json.dumps(_completion(body, reply)).encode()
        return self._send(reply.status, raw, reply)

    def _send(self, status: int, raw: bytes, reply: Reply) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.drop == "middle":
            self.wfile.write(raw[: len(raw) // 2])
            self.wfile.flush()
            return self._reset()
        if reply.drip:
            for byte in raw:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(reply.drip)
            return None
        self.wfile.write(raw)
        return None

    def _reset(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()


def _completion(body: Body, reply: Reply) -> Body:
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    prompt = sum(len(m["content"]) for m in body["messages"]) // 4
    answer = len(reply.text or "") // 4
    usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
        **({"usage": usage} if reply.usage else {}),
    }  # fmt: skip


@contextmanager
def serve(author: Author, models: tuple[str, ...] = ("tiny",)) -> Iterator[Server]:
    """Yield a running server; it is gone when the block ends."""
    server = Server(author, models)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
