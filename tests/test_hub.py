"""Pushes to a loopback Hub: the whole round trip, and every fault on the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hub_server import Hub
from test_export import exported, records

from recode_data.errors import NetworkError, UsageError
from recode_data.publish import hub as push_module
from recode_data.publish.hub import HubRefused, Target, push

NAME = "alice/updates"
# huggingface_hub uploads in a way that its own HTTP client has come to dislike.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(push_module, "LONGEST", 0.01)
    with Hub() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return exported(tmp_path, records(20))


def api(hub: Hub, token: str = "hf_right") -> Any:
    from huggingface_hub import HfApi

    return HfApi(endpoint=hub.url, token=token)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def published(hub: Hub, revision: str = "main") -> dict[str, bytes]:
    files = hub.files(NAME, revision)
    return {path: content for path, content in files.items() if path != ".gitattributes"}


def test_what_changed_is_pushed_and_each_state_has_a_tag(hub: Hub, folder: Path) -> None:
    first = push(folder, Target(NAME, private=True), api(hub))
    assert published(hub) == contents(folder)
    assert first.tag == "v1"
    assert hub.repositories[NAME].private
    before = len(hub.repositories[NAME].commits)
    again = push(folder, Target(NAME), api(hub))
    assert (again.changed, again.deleted, again.tag) == ([], [], "v1")
    assert len(hub.repositories[NAME].commits) == before
    (folder / "README.md").write_text("another card")
    (folder / "jsonl" / "test.jsonl").unlink()
    third = push(folder, Target(NAME, tag="2026.11"), api(hub))
    assert (third.changed, third.deleted) == (["README.md"], ["jsonl/test.jsonl"])
    assert published(hub) == contents(folder)
    assert "jsonl/test.jsonl" in published(hub, "v1")
    assert published(hub, "2026.11") == contents(folder)
    assert hub.count("PUT /lfs/") == len(list(folder.rglob("*.parquet")))


def test_what_others_put_there_is_left_alone(hub: Hub, folder: Path) -> None:
    push(folder, Target(NAME), api(hub))
    repository = hub.repositories[NAME]
    repository.commit(repository.commits[-1][1] | {"paper.pdf": b"%PDF"})
    (folder / "README.md").write_text("another card")
    push(folder, Target(NAME), api(hub))
    assert hub.files(NAME)["paper.pdf"] == b"%PDF"


def test_a_pull_request_changes_nothing_yet(hub: Hub, folder: Path) -> None:
    pushed = push(folder, Target(NAME, create_pr=True), api(hub))
    assert pushed.url.endswith("/discussions/1")
    assert published(hub) == {}
    assert "README.md" in hub.repositories[NAME].requests[0]


@pytest.mark.parametrize(
    ("method", "path", "status", "error", "says"),
    [
        ("POST", "repos/create", 401, UsageError, "does not accept the token"),
        ("POST", "repos/create", 403, HubRefused, "may not write"),
        ("POST", "/commit/", 403, HubRefused, "may not write"),
        ("POST", "/preupload/", 401, UsageError, "does not accept the token"),
        ("POST", "/commit/", 400, HubRefused, "refused"),
        ("POST", "/commit/", 500, NetworkError, "did not take the push"),
    ],
)
def test_a_refusal_is_one_clear_line_and_nothing_is_half_written(  # noqa: PLR0917
    hub: Hub, folder: Path, method: str, path: str, status: int, error: Any, says: str
) -> None:
    hub.fail(method, path, status, times=100)
    with pytest.raises(error, match=says) as raised:
        push(folder, Target(NAME), api(hub))
    assert "\n" not in raised.value.message
    if NAME in hub.repositories:
        assert published(hub) == {}
    hub.faults.clear()
    push(folder, Target(NAME), api(hub))
    assert published(hub) == contents(folder)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "repos/create", 500),
        ("POST", "repos/create", 409),
        ("POST", "/preupload/", 429),
        ("POST", "/commit/", 409),
        ("POST", "/tag/", 409),
        ("POST", "/commit/", 429),
        ("POST", "/commit/", 500),
        ("POST", "/commit/", 0),
        ("POST", "objects/batch", 503),
        ("PUT", "/lfs/", 0),
        ("POST", "/verify", 500),
        ("POST", "/tag/", 500),
        ("GET", "/tree/", 502),
    ],
)
def test_a_passing_fault_is_survived(  # noqa: PLR0917
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch, method: str, path: str, status: int
) -> None:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    hub.fail(method, path, status, times=2)
    pushed = push(folder, Target(NAME), api(hub))
    assert published(hub) == contents(folder)
    assert hub.repositories[NAME].tags == {pushed.tag: hub.repositories[NAME].head}


def test_an_upload_that_is_cut_for_good_leaves_nothing_and_the_next_push_completes_it(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    hub.fail("PUT", "/lfs/", 0, times=1000)
    with pytest.raises(NetworkError, match="did not take"):
        push(folder, Target(NAME), api(hub))
    assert published(hub) == {}
    hub.faults.clear()
    push(folder, Target(NAME), api(hub))
    assert published(hub) == contents(folder)


def test_a_concurrent_push_costs_a_second_look(hub: Hub, folder: Path) -> None:
    push(folder, Target(NAME), api(hub))
    (folder / "README.md").write_text("another card")
    repository = hub.repositories[NAME]

    def other() -> None:
        repository.commit(repository.commits[-1][1] | {"data/stale.parquet": b"of another"})

    hub.fail("POST", "/commit/", 412, before=other)
    pushed = push(folder, Target(NAME), api(hub))
    assert pushed.deleted == ["data/stale.parquet"]
    assert published(hub) == contents(folder)


def test_the_hub_itself_refuses_a_commit_on_an_old_state(hub: Hub, folder: Path) -> None:
    push(folder, Target(NAME), api(hub))
    repository = hub.repositories[NAME]
    (folder / "README.md").write_text("another card")
    stale = [repository.head]

    def other() -> None:
        if stale:
            stale.clear()
            repository.commit(repository.commits[-1][1] | {"note.md": b"by another"})

    hub.fail("POST", "/preupload/", 500, before=other)
    push(folder, Target(NAME), api(hub))
    assert hub.files(NAME)["note.md"] == b"by another"
    assert published(hub)["README.md"] == b"another card"


def test_six_pushes_at_once_all_arrive_whole(hub: Hub, folder: Path, tmp_path: Path) -> None:
    folders = []
    for number in range(6):
        folders.append(tmp_path / f"of{number}")
        shutil.copytree(folder, folders[-1])
        (folders[-1] / "README.md").write_text(f"card {number}")
        (folders[-1] / "data" / f"extra{number}.parquet").write_bytes(b"%d" % number)
    with ThreadPoolExecutor(6) as pool:
        pushed = list(pool.map(lambda own: push(own, Target(NAME), api(hub)), folders))
    states = [contents(own) for own in folders]
    assert published(hub) in states
    for one, state in zip(pushed, states, strict=True):
        assert published(hub, one.tag) == state
    assert len({one.tag for one in pushed}) == 6


def test_a_version_is_never_given_to_other_content(hub: Hub, folder: Path) -> None:
    push(folder, Target(NAME, tag="v1"), api(hub))
    push(folder, Target(NAME, tag="v1"), api(hub))
    (folder / "README.md").write_text("another card")
    with pytest.raises(HubRefused, match="has a version v1"):
        push(folder, Target(NAME, tag="v1"), api(hub))
    assert published(hub)["README.md"] != b"another card"


def test_no_token_and_no_name(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="no token") as raised:
        push(folder, Target(NAME), api(hub, token=""))
    assert "HF_TOKEN" in raised.value.tip
    with pytest.raises(UsageError, match="does not accept the token"):
        push(folder, Target(""), api(hub, token="hf_wrong"))
    assert push(folder, Target(""), api(hub)).repository == "alice/recode-data"
    with pytest.raises(UsageError, match="no name of a repository"):
        push(folder, Target("a/b/c"), api(hub))


LOAD = """
import json, sys, datasets
from huggingface_hub import DatasetCard
name = sys.argv[1]
told = {"card": DatasetCard.load(name).data.to_dict()["pretty_name"]}
for revision in ("main", "v1"):
    loaded = datasets.load_dataset(name, revision=revision)
    told[revision] = {split: sorted(rows["id"]) for split, rows in loaded.items()}
told["pandas"] = sorted(datasets.load_dataset(name, "pandas", split="train")["id"])
streamed = datasets.load_dataset(name, split="train", streaming=True)
told["streamed"] = sorted(row["id"] for row in streamed)
print(json.dumps(told))
"""


def test_the_whole_round_trip_by_the_command(hub: Hub, tmp_path: Path) -> None:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))
    } | {
        "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "home"),
        "HF_TOKEN": hub.token, "PYTHONPATH": str(Path(__file__).parent.parent),
        "no_proxy": "127.0.0.1",
    }  # fmt: skip

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    from recode_data.workspace import Workspace

    made = records(30)
    workspace = tmp_path / "workspace"
    with Workspace.open(workspace) as opened:
        opened.add(made[:40])
    command = ("-m", "recode_data", "push-hub", NAME, "--workspace", str(workspace), "--quiet")
    dry = run(*command, "--dry-run")
    assert NAME in dry
    assert "data/numpy/train-00000-of-00001.parquet" in dry
    assert NAME not in hub.repositories
    assert "v1" in run(*command)
    assert "nothing changed" in run(*command)
    with Workspace.open(workspace) as opened:
        opened.add(made[40:])
    assert "v2" in run(*command)
    told = json.loads(run("-c", LOAD, NAME))
    ids = {record.id for record in made if hasattr(record, "old_code")}
    assert set(told["main"]["train"]) | set(told["main"]["test"]) == ids
    assert sum(map(len, told["v1"].values())) == 20
    assert set(told["pandas"]) < set(told["main"]["train"]) == set(told["streamed"])
    assert told["card"].startswith("Library API updates")


def test_a_package_is_pushed_to_a_repository_of_its_own(hub: Hub, tmp_path: Path) -> None:
    from test_packages import PLACE, made

    from recode_data.publish import Configuration
    from recode_data.publish.hub import push_workspace
    from recode_data.workspace import Workspace

    def prepared(rows: list[dict[str, str]]) -> Any:
        return {row["id"]: (PLACE, made().to_json()) for row in rows}, {}

    def pushed(name: str, package: Any) -> list[str]:
        target = Target(name)
        return list(push_workspace(workspace, Configuration(), target, False, package))

    monkey = pytest.MonkeyPatch()
    monkey.setattr("huggingface_hub.get_token", lambda: hub.token)
    real = push_module.push
    monkey.setattr(
        "recode_data.publish.hub.push",
        lambda folder, target, _, *more: real(folder, target, api(hub), *more),
    )
    with monkey.context() as _, Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add(records(10))
        try:
            for package in ("harbor", "verifiers", "trl-env", "nemo-gym", "skyrl"):
                name = f"alice/{package}"
                assert "version v1" in pushed(name, (package, prepared))[0]
                assert "nothing changed" in pushed(name, (package, prepared))[0]
            assert "recode_updates/taskset.py" in hub.files("alice/verifiers", "main")
            pushed(NAME, None)
            for name, package in ((NAME, "harbor"), ("alice/harbor", "verifiers")):
                with pytest.raises(HubRefused, match="another export"):
                    pushed(name, (package, prepared))
            assert "data/numpy/train-00000-of-00001.parquet" in hub.files(NAME, "main")
        finally:
            monkey.undo()
