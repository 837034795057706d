"""A loopback endpoint that speaks the OpenAI protocol, and misbehaves when told to.

An author is a function of the request's body: it returns a `Reply`, or the text of one.
The server keeps what it was asked, when, and how many requests were under way at once.
"""

from __future__ import annotations

import hashlib
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
        self.files: dict[str, bytes] = {}
        self.batches: list[Body] = []
        self.has_batches = True
        self.batch_polls = 2
        """Polls before a batch is completed."""
        self.batch_failure = ""
        self.moments: list[str] = []
        """What of a batch has come to pass: ``uploaded``, ``created``, ``polled``."""
        self.stall = ""
        """The moment from which on the server does what it is asked and answers nothing."""

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
        if "/batches" in self.path or "/files" in self.path:
            return self._batch(b"")
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "x"}
                  for name in self.server.models]  # fmt: skip
        return self._send(200, json.dumps({"object": "list", "data": models}).encode(), Reply())

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        if "/batches" in self.path or "/files" in self.path:
            return self._batch(content)
        body = json.loads(content)
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

    def _batch(self, content: bytes) -> None:
        server, path = self.server, self.path.split("?")[0]
        if not server.has_batches:
            return self._send(404, b'{"detail": "Not Found"}', Reply())
        if self.command == "POST" and path.endswith("/files"):
            boundary = self.headers["content-type"].partition("boundary=")[2].strip('"').encode()
            parts = [part for part in content.split(b"--" + boundary) if b'name="file"' in part]
            name = f"file-{len(server.files)}"
            server.files[name] = parts[0].partition(b"\r\n\r\n")[2].strip()
            return self._told("uploaded", {"id": name, "object": "file", "bytes": 1,
                "created_at": 0, "filename": "x", "purpose": "batch",
                "status": "processed"})  # fmt: skip
        if self.command == "POST":
            asked = json.loads(content)
            lines = [json.loads(line) for line in
                     server.files[asked["input_file_id"]].split(b"\n")]  # fmt: skip
            server.batches.append({**asked, "id": f"batch-{len(server.batches)}", "polls": 0,
                                   "lines": lines})  # fmt: skip
            return self._told("created", self._state(server.batches[-1]))
        if path.endswith("/batches"):
            found = [self._state(batch) for batch in server.batches]
            return self._told("", {"object": "list", "data": found, "has_more": False})
        if path.endswith("/content"):
            return self._send(200, server.files[path.split("/")[-2]], Reply())
        batch = next(b for b in server.batches if b["id"] == path.rpartition("/")[2])
        batch["polls"] += 1
        return self._told("polled", self._state(batch))

    def _told(self, moment: str, told: Body) -> None:
        self.server.moments.append(moment)
        if moment and moment == self.server.stall:
            time.sleep(20)
        self._send(200, json.dumps(told).encode(), Reply())

    def _state(self, batch: Body) -> Body:
        server, total = self.server, len(batch["lines"])
        done = batch["polls"] >= server.batch_polls
        told = {"id": batch["id"], "object": "batch", "endpoint": "/v1/chat/completions",
                "created_at": 0, "completion_window": "24h", "status": "in_progress",
                "input_file_id": batch["input_file_id"], "metadata": batch.get("metadata"),
                "request_counts": {"total": total, "completed": total * done,
                                   "failed": 0}}  # fmt: skip
        if not done:
            return told
        if server.batch_failure:
            errors = {"object": "list", "data": [{"code": "x", "message": server.batch_failure}]}
            return {**told, "status": "failed", "errors": errors}
        if "out" not in batch:
            batch["out"] = {"output": [], "error": []}
            for line in batch["lines"]:
                reply = server.author(line["body"])
                reply = Reply(reply) if isinstance(reply, str) else reply
                body = json.loads(reply.raw) if reply.raw else _completion(line["body"], reply)
                response = {"status_code": reply.status, "request_id": "r", "body": body}
                whole = {"id": "b", "custom_id": line["custom_id"], "response": response,
                         "error": None}  # fmt: skip
                batch["out"]["output" if reply.status == 200 else "error"].append(whole)
            for name, lines in batch["out"].items():
                text = "\n".join(map(json.dumps, lines))
                server.files[f"{batch['id']}-{name}"] = text.encode()
        told["status"] = "completed"
        return {**told, **{f"{name}_file_id": f"{batch['id']}-{name}"
                           for name, lines in batch["out"].items() if lines}}  # fmt: skip

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


class FaultyAuthor:
    """Answers every request once in one of the forms that servers answer in, some after a
    failure, and keeps the account of what it has generated.

    A failure costs nothing. ``paid`` counts the completions by request, ``tokens`` adds up what
    they cost.
    """

    FORMS = (
        "plain", "comment", "event", "spread", "tool_call", "function_call", "parts", "nulls",
        "total", "reasoning", "cut",
    )  # fmt: skip
    FAILURES = ("", "", "", "html", "slow_down", "broken", "reset", "empty")

    def __init__(self, write: Callable[[Body], str], delay: float = 0.0) -> None:
        self.write = write
        self.delay = delay
        self.paid: dict[str, int] = {}
        self.tokens = [0, 0]
        self.failed: set[str] = set()
        self.lock = threading.Lock()

    def __call__(self, body: Body) -> Reply:
        key = json.dumps([body["messages"], body.get("seed")], sort_keys=True)
        number = int.from_bytes(key.encode()[-8:] + hashlib.sha256(key.encode()).digest()[:8])
        failure = self.FAILURES[number % len(self.FAILURES)]
        with self.lock:
            if failure and key not in self.failed:
                self.failed.add(key)
                return self._fail(failure)
            self.paid[key] = self.paid.get(key, 0) + 1
        return self._answer(self.FORMS[number % len(self.FORMS)], body)

    def _fail(self, how: str) -> Reply:
        if how == "html":
            raw = b"<!doctype html><html><title>Sign in</title></html>"
            return Reply(raw=raw, headers={"x-from": "gateway"})
        if how == "reset":
            return Reply(drop="before")
        if how == "empty":
            return Reply(raw=b"")
        return (
            error(429, "slow down", retry_after="0.01") if how == "slow_down" else error(502, "x")
        )

    def _answer(self, form: str, body: Body) -> Reply:
        text = "" if form == "cut" else self.write(body)
        prompt = sum(len(m["content"]) for m in body["messages"]) // 4
        answer = body["max_tokens"] if form == "cut" else max(1, len(text) // 4)
        with self.lock:
            self.tokens[0] += prompt
            self.tokens[1] += answer
        usage: Body = {"prompt_tokens": prompt, "completion_tokens": answer,
                       "total_tokens": prompt + answer}  # fmt: skip
        message: Body = {"role": "assistant", "content": text}
        if form == "nulls":
            usage = {"prompt_tokens": prompt, "completion_tokens": None,
                     "total_tokens": prompt + answer, "prompt_tokens_details": None}  # fmt: skip
        elif form == "total":
            usage = {"prompt_tokens": None, "completion_tokens": answer,
                     "total_tokens": prompt + answer}  # fmt: skip
        elif form == "tool_call":
            call = {"id": "c", "type": "function", "function": {"name": "a", "arguments": text}}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        elif form == "function_call":
            message = {"content": None, "function_call": {"name": "a", "arguments": text}}
        elif form == "parts":
            message["content"] = [{"type": "text", "text": text[:20]}, None, text[20:]]
        elif form == "reasoning":
            message = {"content": "", "reasoning_content": text}
        finish = "length" if form == "cut" else "stop"
        whole = {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}
        if form in ("comment", "event", "spread"):
            return Reply(raw=_stream(form, text, usage), delay=self.delay)
        return Reply(raw=json.dumps({**whole, "usage": usage}).encode(), delay=self.delay)


def _stream(form: str, text: str, usage: Body) -> bytes:
    """A completion as server-sent events, in three of the ways that the standard allows."""
    pieces: list[Body] = [
        {"choices": [{"index": 0, "delta": {"content": text[at : at + 40]}}]}
        for at in range(0, len(text), 40)
    ]
    pieces.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    pieces.append({"choices": [], "usage": usage})
    before = {"comment": ": OPENROUTER PROCESSING\n\n", "event": "", "spread": "retry: 9\r\n\r\n"}
    lead, end = {"event": ("event: message\nid: 7\n", "\n\n"), "comment": ("", "\n\n"),
                 "spread": ("", "\r\n\r\n")}[form]  # fmt: skip
    events = [f"{lead}data: {json.dumps(piece)}{end}" for piece in pieces]
    return (before[form] + "".join(events) + "data: [DONE]\n\n").encode()
