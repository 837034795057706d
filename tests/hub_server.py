"""A Hub on the loopback: enough of the real protocol for data sets and models, and faults.

It speaks what huggingface_hub sends: create, whoami, repo info, refs, tags, tree,
paths-info, preupload, commit as ndjson, LFS batch, PUT and verify, validate-yaml, and
resolve with HEAD, ETag and ranges.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LFS = (".parquet", ".safetensors")
"""Files that are stored beside the repository; the others are in the commit itself."""


@dataclass
class Repository:
    private: bool
    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, bytes]] = field(default_factory=list)
    """Files of each pull request."""

    @property
    def head(self) -> str:
        return self.commits[-1][0]

    def commit(self, files: dict[str, bytes]) -> str:
        digest = hashlib.sha1(f"{len(self.commits)}{sorted(files)}".encode()).hexdigest()
        self.commits.append((digest, files))
        return digest

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        oid = self.tags.get(revision, revision)
        oid = self.head if oid == "main" else oid
        return next(((name, files) for name, files in self.commits if name == oid), None)


@dataclass
class Fault:
    """What goes wrong: the next ``times`` requests that match get ``status``, or have
    their connection cut after half of the body (status 0). ``before`` runs first."""

    method: str
    path: str
    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None


class Hub:
    """The state of all repositories, and a server for it."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.stored: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.log: list[str] = []
        self.token, self.account = "hf_right", "alice"
        self.lock = threading.RLock()
        hub = self

        class Bound(_Handler):
            state = hub

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    def __enter__(self) -> Hub:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def fail(self, method: str, path: str, status: int, **more: Any) -> None:
        self.faults.append(Fault(method, path, status, **more))

    def files(self, name: str, revision: str = "main") -> dict[str, bytes]:
        found = self.repositories[name].at(revision)
        assert found is not None
        return found[1]

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, line)) for line in self.log)


class _Handler(BaseHTTPRequestHandler):
    state: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        self.query, path = parse_qs(parts.query), unquote(parts.path)
        line = f"{self.command} {path}"
        self.state.log.append(line)
        if self._fails(line, path):
            return
        size = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(size) if size else self._chunks()
        for method, pattern, name in _ROUTES:
            match = re.fullmatch(pattern, path)
            if method == self.command.replace("HEAD", "GET") and match:
                with self.state.lock:
                    getattr(self, name)(*match.groups())
                return
        self._error(404, "EntryNotFound", f"no {line}")

    def _chunks(self) -> bytes:
        if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
            return b""
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _fails(self, line: str, path: str) -> bool:
        with self.state.lock:
            fault = next(
                (f for f in self.state.faults
                 if f.times and f.method == self.command and re.search(f.path, path)), None
            )  # fmt: skip
            if fault is None:
                return False
            fault.times -= 1
        if fault.before:
            fault.before()
        if fault.status:
            self.rfile.read(int(self.headers.get("Content-Length") or 0)) or self._chunks()
            self._error(fault.status, "Fault", "made to fail", fault.headers)
        else:
            self.rfile.read(int(self.headers.get("Content-Length") or 0) // 2)
            self.close_connection = True
            self.connection.close()
        return True

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        known = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (known | {k.replace("_", "-"): v for k, v in headers.items()}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, value: Any, status: int = 200, **headers: str) -> None:
        self._send(json.dumps(value).encode(), status, **headers)

    def _error(
        self, status: int, code: str, message: str, more: dict[str, str] | None = None
    ) -> None:
        self._json(
            {"error": message}, status, **{"X-Error-Code": code, "X-Error-Message": message},
            **(more or {}),
        )  # fmt: skip

    def _trusted(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.state.token}":
            return True
        self._error(401, "Unauthorized", "Invalid credentials in Authorization header")
        return False

    def _repository(self, name: str) -> Repository | None:
        found = self.state.repositories.get(name)
        if found is None:
            self._error(404, "RepoNotFound", "Repository not found")
        return found

    def whoami(self) -> None:
        if self._trusted():
            self._json({"type": "user", "name": self.state.account, "orgs": [],
                        "auth": {"accessToken": {"role": "write"}}})  # fmt: skip

    def create(self) -> None:
        if not self._trusted():
            return
        asked = json.loads(self.body)
        name = f"{asked.get('organization') or self.state.account}/{asked['name']}"
        kind = "datasets/" if asked.get("type") == "dataset" else ""
        url = f"{self.state.url}/{kind}{name}"
        if name in self.state.repositories:
            self._json({"error": "You already created this dataset repo", "url": url}, 409)
            return
        made = Repository(asked.get("private") or asked.get("visibility") == "private")
        made.commit({".gitattributes": b"*.parquet filter=lfs\n"})
        self.state.repositories[name] = made
        self._json({"url": url, "name": name, "id": name})

    def info(self, name: str, revision: str | None = None) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        found = repository.at(revision or "main")
        if found is None:
            self._error(404, "RevisionNotFound", "Invalid rev id")
            return
        oid, files = found
        self._json(
            {"id": name, "sha": oid, "private": repository.private, "tags": [], "downloads": 0,
             "likes": 0, "disabled": False, "gated": False, "author": self.state.account,
             "lastModified": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z",
             "siblings": [{"rfilename": path} for path in sorted(files)]}
        )  # fmt: skip

    def refs(self, name: str) -> None:
        if repository := self._repository(name):
            main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repository.head}
            tags = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": oid}
                    for tag, oid in repository.tags.items()]  # fmt: skip
            self._json({"branches": [main], "tags": tags, "converts": []})

    def tag(self, name: str, revision: str) -> None:
        repository = self._repository(name)
        if repository is None or not self._trusted():
            return
        tag, found = json.loads(self.body)["tag"], repository.at(revision)
        if tag in repository.tags:
            self._error(409, "Conflict", "Tag reference exists already")
        elif found:
            repository.tags[tag] = found[0]
            self._json({})

    def tree(self, name: str, revision: str, folder: str | None = None) -> None:
        repository = self._repository(name)
        found = repository.at(revision) if repository else None
        if found is None:
            self._error(404, "RevisionNotFound", "Invalid rev id")
            return
        prefix = f"{folder.strip('/')}/" if folder else ""
        items, folders = [], set()
        for path, content in sorted(found[1].items()):
            if not path.startswith(prefix):
                continue
            inner = path[len(prefix) :].split("/")
            folders |= {prefix + "/".join(inner[:n]) for n in range(1, len(inner))}
            if len(inner) == 1 or "recursive" in self.query:
                items.append(_described(path, content))
        if not items and not folders and folder:
            self._error(404, "EntryNotFound", f"{folder} does not exist")
            return
        if "recursive" not in self.query:
            folders = {path for path in folders if "/" not in path[len(prefix) :]}
        listed = [{"type": "directory", "path": p, "oid": "0" * 40, "size": 0} for p in folders]
        self._json(listed + items)

    def paths_info(self, name: str, revision: str) -> None:
        repository = self._repository(name)
        found = repository.at(revision) if repository else None
        if found:
            if "json" in (self.headers.get("Content-Type") or ""):
                asked = json.loads(self.body)["paths"]
            else:
                asked = parse_qs(self.body.decode())["paths"]
            self._json([_described(p, found[1][p]) for p in asked if p in found[1]])

    def preupload(self, name: str, revision: str) -> None:
        if self._trusted() and self._repository(name):
            files = json.loads(self.body)["files"]
            modes = [{"path": f["path"], "shouldIgnore": False,
                      "uploadMode": "lfs" if f["path"].endswith(LFS) else "regular"}
                     for f in files]  # fmt: skip
            self._json({"files": modes})

    def batch(self, name: str) -> None:
        if not self._trusted() or not self._repository(name):
            return
        objects = []
        for wanted in json.loads(self.body)["objects"]:
            oid = wanted["oid"]
            upload = {"href": f"{self.state.url}/lfs/{oid}"}
            verify = {"href": f"{self.state.url}/lfs/{oid}/verify"}
            actions = {"actions": {"upload": upload, "verify": verify}}
            objects.append(wanted | ({} if oid in self.state.stored else actions))
        self._json({"transfer": "basic", "objects": objects})

    def put(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            self._error(400, "BadContent", "content is not what its name says")
            return
        self.state.stored[oid] = self.body
        self._send(b"")

    def verify(self, oid: str) -> None:
        known = len(self.state.stored.get(oid, b"")) == json.loads(self.body)["size"]
        self._json({}, 200 if known else 404)

    def commit(self, name: str, revision: str) -> None:
        repository = self._repository(name)
        if repository is None or not self._trusted():
            return
        lines = [json.loads(line) for line in self.body.splitlines() if line.strip()]
        header = lines[0]["value"]
        if header.get("parentCommit") not in (None, repository.head):
            self._error(412, "PreconditionFailed", "A commit has happened since")
            return
        files = dict(repository.commits[-1][1])
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.state.stored[value["oid"]]
            else:
                del files[value["path"]]
        url = f"{self.state.url}/datasets/{name}"
        if "create_pr" in self.query:
            repository.requests.append(files)
            number = len(repository.requests)
            self._json({"success": True, "commitOid": "1" * 40, "commitUrl": f"{url}/commit/1",
                        "pullRequestUrl": f"{url}/discussions/{number}"})  # fmt: skip
            return
        oid = repository.commit(files)
        self._json({"success": True, "commitOid": oid, "commitUrl": f"{url}/commit/{oid}"})

    def yaml(self) -> None:
        self._json({"errors": [], "warnings": []})

    def resolve(self, name: str, revision: str, path: str) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        found = repository.at(revision)
        if found is None or path not in found[1]:
            self._error(404, "EntryNotFound", "Entry not found")
            return
        content = found[1][path]
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        headers = {"X-Repo-Commit": found[0], "ETag": etag, "Accept-Ranges": "bytes"}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if span:
            start, stop = int(span[1]), min(int(span[2] or len(content)), len(content) - 1)
            headers["Content-Range"] = f"bytes {start}-{stop}/{len(content)}"
            self._send(content[start : stop + 1], 206, **headers)
        else:
            self._send(content, **headers)


def _described(path: str, content: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    item: dict[str, Any] = {"type": "file", "path": path, "oid": blob, "size": len(content)}
    if path.endswith(LFS):
        sha = hashlib.sha256(content).hexdigest()
        item["lfs"] = {"oid": sha, "size": len(content), "pointerSize": 134}
    return item


_ID = r"([^/]+/[^/]+)"
_KIND = r"(?:datasets|models)"
_ROUTES = [
    ("GET", r"/api/whoami-v2", "whoami"),
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "yaml"),
    ("GET", rf"/api/{_KIND}/{_ID}", "info"),
    ("GET", rf"/api/{_KIND}/{_ID}/revision/([^/]+)", "info"),
    ("GET", rf"/api/{_KIND}/{_ID}/refs", "refs"),
    ("POST", rf"/api/{_KIND}/{_ID}/tag/([^/]+)", "tag"),
    ("GET", rf"/api/{_KIND}/{_ID}/tree/([^/]+)(/.*)?", "tree"),
    ("POST", rf"/api/{_KIND}/{_ID}/paths-info/([^/]+)", "paths_info"),
    ("POST", rf"/api/{_KIND}/{_ID}/preupload/([^/]+)", "preupload"),
    ("POST", rf"/api/{_KIND}/{_ID}/commit/([^/]+)", "commit"),
    ("POST", rf"(?:/datasets)?/{_ID}\.git/info/lfs/objects/batch", "batch"),
    ("PUT", r"/lfs/([0-9a-f]+)", "put"),
    ("POST", r"/lfs/([0-9a-f]+)/verify", "verify"),
    ("GET", rf"(?:/datasets)?/{_ID}/resolve/([^/]+)/(.+)", "resolve"),
]
