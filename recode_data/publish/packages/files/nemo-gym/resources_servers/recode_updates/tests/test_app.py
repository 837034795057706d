"""Full, zero, malformed and repeated requests, on the rows of ``data/example.jsonl``."""

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from app import UpdatesConfig, UpdatesResourcesServer
from fastapi.testclient import TestClient
from nemo_gym.server_utils import ServerClient

from recode_data.answers import fenced

EXAMPLES = Path(__file__).parent.parent / "data" / "example.jsonl"
ROWS = [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]
CHEATS = [
    "",
    "I do not know.",
    "```python\nimport os\nos._exit(0)\n```",
    "```python\nprint((\n```",
    "```python\nprint(open('/proc/self/environ').read())\n```",
]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    server = UpdatesResourcesServer(
        config=UpdatesConfig(host="127.0.0.1", port=8080, entrypoint="", name=""),
        server_client=MagicMock(spec=ServerClient),
    )
    with TestClient(server.setup_webserver()) as made:
        yield made


def said(text: str) -> dict:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"id": "m", "type": "message", "role": "assistant", "status": "completed"}
    return {
        "id": "r",
        "created_at": 0.0,
        "model": "m",
        "object": "response",
        "output": [message | {"content": content}],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
    }


def paid(client: TestClient, row: dict, text: str) -> float:
    answer = client.post("/verify", json=row | {"response": said(text)})
    assert answer.status_code == 200, answer.text
    return answer.json()["reward"]


def code(row: dict, name: str) -> str:
    return fenced(json.loads(row["verifier_metadata"]["task"])["entry"][name])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["verifier_metadata"]["id"])
def test_the_row_s_own_new_code_is_paid_in_full(client: TestClient, row: dict) -> None:
    assert paid(client, row, code(row, "new_code")) == 1.0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["verifier_metadata"]["id"])
def test_its_old_code_and_cheats_are_paid_nothing(client: TestClient, row: dict) -> None:
    assert [paid(client, row, text) for text in [code(row, "old_code"), *CHEATS]] == [0.0] * 6


@pytest.mark.parametrize(
    "change",
    [
        {"verifier_metadata": None},
        {"verifier_metadata": {}},
        {"verifier_metadata": {"id": "x", "task": "{}"}},
        {"verifier_metadata": {"id": "x", "task": 1}},
        {"response": None},
        {"response": {}},
        {"responses_create_params": {"input": 1}},
    ],
)
def test_a_malformed_request_is_refused(client: TestClient, change: dict) -> None:
    body = ROWS[0] | {"response": said("")} | change
    assert client.post("/verify", json=body).status_code == 422


def test_the_same_answer_is_paid_the_same(client: TestClient) -> None:
    row = ROWS[0]
    for name in ("new_code", "old_code"):
        assert len({paid(client, row, code(row, name)) for _ in range(3)}) == 1
