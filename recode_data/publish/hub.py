"""A data set on the Hub: one commit a push, so a repository is never half-written.

The state of the repository is read, what differs is uploaded, and one commit that names
the state it was based on makes it visible. A push that meets another one (412) reads the
new state and goes on from there; one that failed (429, 5xx, a cut connection) is tried
again from the start, where what was uploaded already costs nothing.
"""

from __future__ import annotations

import hashlib
import random
import re
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from recode_data.errors import NetworkError, RecodeError, UsageError
from recode_data.publish.export import Preparing, export, export_package
from recode_data.publish.packages import PACKAGES, PackageName
from recode_data.publish.splits import Configuration
from recode_data.workspace import Workspace

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

T = TypeVar("T")

ATTEMPTS = 6
CONFLICTS = 40
"""How often another push may come first before this one gives up."""
LONGEST = 60.0
"""Seconds between two attempts at most."""
OWN = ("README.md", "croissant.json", "data", "jsonl")
"""What a push of a data set may replace and delete; all else in a repository is left alone."""
AGAIN = {408, 412, 425, 429, 500, 502, 503, 504}
NO_TOKEN = "make a write token under Settings, Access Tokens, on the Hub, then set HF_TOKEN"

REFUSED = "push-hub --dry-run shows what would be published, and where"


class HubRefused(RecodeError):
    """The Hub says no, and would say it again."""


@dataclass(frozen=True)
class Target:
    """Where a push goes."""

    repository: str
    """``organisation/name``; ``name`` alone is the account's own."""
    private: bool = False
    tag: str = ""
    """Name of the version; empty is the next of v1, v2, …"""
    create_pr: bool = False

    def __post_init__(self) -> None:
        """Raise `UsageError` for a tag that git cannot have, as `git check-ref-format` says."""
        wrong = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.$|/$|\.lock$|^[-./]", self.tag)
        if wrong or self.tag == "@":
            raise UsageError(f"{self.tag!r} is no name of a version", "as in --revision v1.2")
        if self.tag and self.create_pr:
            raise UsageError(
                "a pull request has no version before it is merged",
                "leave --revision or --create-pr away",
            )


@dataclass(frozen=True)
class File:
    """One file of an export, as the Hub identifies contents."""

    path: str
    size: int
    sha256: str
    blob: str
    """Git's name of the content."""


@dataclass(frozen=True)
class Pushed:
    """What a push did."""

    repository: str
    url: str
    changed: list[str]
    deleted: list[str]
    tag: str
    """Empty when nothing changed, or when a pull request waits to be merged."""


def files_of(folder: Path) -> list[File]:
    """Return the files of an export, by path."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            where = path.relative_to(folder).as_posix()
            found.append(File(where, len(content), hashlib.sha256(content).hexdigest(), blob))
    return found


def repository_name(name: str, api: HfApi) -> str:
    """Return the full name of a repository; without one, the account's ``recode-data``.

    Raises `UsageError` without a token or for a name that the Hub cannot have.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    if not api.token:
        raise UsageError("no token for the Hub", NO_TOKEN)
    full = name or "recode-data"
    if "/" not in full:
        account = str(_tried(api.whoami)["name"])
        full = f"{account}/{full}"
    try:
        validate_repo_id(full)
    except HFValidationError as error:
        raise UsageError(f"{full!r} is no name of a repository", "use ORG/NAME") from error
    return full


def push(
    folder: Path,
    target: Target,
    api: HfApi,
    own: Collection[str] = OWN,
    others: Collection[str] = (),
) -> Pushed:
    """Make the repository hold the export in ``folder`` and give the state a tag.

    ``own`` are the files and folders that such an export writes, and ``others`` those that tell
    that a repository holds another one. Nothing is uploaded when nothing changed. Raises
    `UsageError` for a token that is not right, `HubRefused` where there are no rights, the tag
    is taken or the repository holds another export, `NetworkError`.
    """
    name = repository_name(target.repository, api)
    _tried(
        lambda: api.create_repo(name, repo_type="dataset", private=target.private, exist_ok=True)
    )
    return _tried(lambda: _push_once(folder, name, target, api, own, others))


def _push_once(  # noqa: PLR0917
    folder: Path,
    name: str,
    target: Target,
    api: HfApi,
    own: Collection[str],
    others: Collection[str],
) -> Pushed:
    head = api.repo_info(name, repo_type="dataset").sha
    there = _files_there(name, head, api)
    if other := next((path for path in sorted(there) if path.split("/")[0] in others), ""):
        raise HubRefused(
            f"{name} holds another export of the data set: {other}",
            "name a repository of its own for each format",
        )
    here = {file.path: file for file in files_of(folder)}
    changed = [p for p, f in here.items() if there.get(p) not in (f.sha256, f.blob)]
    deleted = sorted(path for path in there if path.split("/")[0] in own and path not in here)
    if target.tag:
        _refuse_taken_tag(name, target.tag, head, bool(changed or deleted), api)
    url = f"{api.endpoint}/datasets/{name}"
    if changed or deleted:
        commit = api.create_commit(
            name,
            _operations(folder, changed, deleted),
            commit_message=f"Data set of {len(changed)} changed files",
            repo_type="dataset",
            parent_commit=head,
            create_pr=target.create_pr,
        )
        if target.create_pr:
            return Pushed(name, str(commit.pr_url), changed, deleted, "")
        head = commit.oid
    tag = _tagged(name, target.tag, str(head), api)
    return Pushed(name, url, changed, deleted, tag)


def _files_there(name: str, head: str | None, api: HfApi) -> dict[str, str]:
    """Return the files of a state: path → what identifies its content."""
    from huggingface_hub.hf_api import RepoFile

    there: dict[str, str] = {}
    if head:
        tree = api.list_repo_tree(name, repo_type="dataset", recursive=True, revision=head)
        for item in tree:
            if isinstance(item, RepoFile):
                there[item.path] = item.lfs.sha256 if item.lfs else item.blob_id
    return there


def _operations(
    folder: Path, changed: list[str], deleted: list[str]
) -> list[CommitOperationAdd | CommitOperationDelete]:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    adds = [CommitOperationAdd(path, str(folder / path)) for path in changed]
    return [*adds, *(CommitOperationDelete(path, is_folder=False) for path in deleted)]


def _tags(name: str, api: HfApi) -> dict[str, str]:
    refs = api.list_repo_refs(name, repo_type="dataset")
    return {tag.name: tag.target_commit for tag in refs.tags}


def _refuse_taken_tag(name: str, tag: str, head: str | None, changes: bool, api: HfApi) -> None:
    at = _tags(name, api).get(tag)
    if at is not None and (changes or at != head):
        raise HubRefused(
            f"{name} has a version {tag} already, of other content",
            "name another one with --revision",
        )


def _tagged(name: str, wanted: str, head: str, api: HfApi) -> str:
    """Give the state ``head`` its tag, unless it has one."""

    def once() -> str:
        tags = _tags(name, api)
        own = sorted(tag for tag, commit in tags.items() if commit == head)
        if wanted in own or (own and not wanted):
            return wanted or own[-1]
        numbers = [int(tag[1:]) for tag in tags if tag[:1] == "v" and tag[1:].isdigit()]
        tag = wanted or f"v{max(numbers, default=0) + 1}"
        api.create_tag(name, tag=tag, revision=head, repo_type="dataset")
        return tag

    # By itself: whoever takes this number in the meantime must not make the push go again.
    return _tried(once)


def _tried(action: Callable[[], T]) -> T:
    """Do ``action`` until it is done, the Hub refuses, or `ATTEMPTS` have failed.

    Those that met another push (409, 412) are counted by themselves, up to `CONFLICTS`.
    """
    failures, conflicts, wait = 0, 0, 1.0
    while True:
        try:
            return action()
        except Exception as error:
            if isinstance(error, RecodeError):
                raise
            response = _response(error)
            refused = _refusal(error, response)
            if refused is not None:
                raise refused from error
            met = response is not None and response.status_code in (409, 412)
            conflicts, failures = conflicts + met, failures + (not met)
            if failures == ATTEMPTS or conflicts == CONFLICTS:
                raise NetworkError(
                    f"the Hub did not take the push: {_line(error)}",
                    "nothing is half-written: run the same command again",
                ) from error
            pause = random.uniform(0.0, 1.0) if met else _asked_wait(response) or wait
            time.sleep(min(pause, LONGEST))
            wait *= 1 if met else 2


def _response(error: BaseException | None) -> Any:
    """Return the answer behind an error, or behind what caused it."""
    while error is not None:
        response = getattr(error, "response", None)
        if response is not None:
            return response
        error = error.__cause__ or error.__context__
    return None


def _refusal(error: Exception, response: Any) -> RecodeError | None:
    """Return what to tell when trying again is of no use, else None."""
    if response is None:
        # An answer that lacks what it should say is a KeyError: a 409 on the way to a new
        # repository, for one, which the client takes for "it is there".
        passing = OSError | RuntimeError | KeyError
        transient = isinstance(error, passing) or "http" in type(error).__module__
        return None if transient else HubRefused(f"the Hub refused: {_line(error)}", REFUSED)
    status = int(response.status_code)
    if status in AGAIN:
        return None
    if status == 401:
        return UsageError("the Hub does not accept the token", NO_TOKEN)
    if status == 403:
        return HubRefused(
            "the token may not write there", "use a token with write access to that account"
        )
    if status == 409:
        return None  # another push made the same thing at the same time
    return HubRefused(f"the Hub refused: {_line(error)}", REFUSED)


def _asked_wait(response: Any) -> float:
    """Return the seconds that the Hub asks to wait, 0 when it does not say."""
    told = response.headers.get("Retry-After", "") if response is not None else ""
    return float(told) if told.isdigit() else 0.0


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def push_workspace(
    workspace: Workspace,
    configuration: Configuration,
    target: Target,
    dry_run: bool = False,
    package: tuple[PackageName, Preparing] | None = None,
) -> Iterator[str]:
    """Publish what `export` would write, and yield what was done, a line at a time.

    ``package`` names the format of a package, and what makes the tasks of its rows; without it
    the data set itself is published. A dry run reaches no network: it lists repository, files,
    rows and bytes. Raises what `export`, `export_package` and `push` raise.
    """
    with tempfile.TemporaryDirectory(prefix="recode-data-") as temporary:
        folder = Path(temporary)
        own, others = tuple(OWN), set[str]()
        if package is None:
            export(workspace, folder, configuration)
        else:
            export_package(workspace, folder, configuration, *package)
            own = ("README.md", *PACKAGES[package[0]].NAMES)
            others = {*OWN}.union(*(one.NAMES for one in PACKAGES.values())) - set(own)
        if dry_run:
            yield from _listed(folder, target)
            return
        from huggingface_hub import HfApi, get_token

        pushed = push(folder, target, HfApi(token=get_token() or ""), own, others)
    if not pushed.changed and not pushed.deleted:
        yield f"nothing changed: {pushed.url} is up to date as {pushed.tag}"
        return
    done = f"{len(pushed.changed)} files uploaded, {len(pushed.deleted)} deleted"
    version = f", version {pushed.tag}" if pushed.tag else " in a pull request"
    yield f"{pushed.url}: {done}{version}"


def _listed(folder: Path, target: Target) -> Iterator[str]:
    import pyarrow.parquet as pq

    files = files_of(folder)
    visible = "private" if target.private else "public"
    yield f"would push to {target.repository or '(account)/recode-data'} ({visible} if new)"
    total = 0
    for file in files:
        rows = ""
        if file.path.endswith(".parquet"):
            count = pq.read_metadata(folder / file.path).num_rows
            total += count
            rows = f"{count:,} rows"
        yield f"{file.path:60} {file.size:>12,} bytes {rows}".rstrip()
    size = sum(file.size for file in files)
    yield f"{len(files)} files, {total:,} rows, {size:,} bytes"
