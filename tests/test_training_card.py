"""A model's card says how it was made, and a model reaches the Hub or says why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hub_server import Hub

from recode_data.training.card import write_card
from recode_data.training.resume import newest_checkpoint
from recode_data.training.settings import resolve

FACTS = {"data": "someone/updates", "train_entries": 812, "processes": 1}
RESULT = {
    "steps": 60,
    "held_out": 64,
    "before": {"eval_reward": 0.5, "eval_runtime": 3.0},
    "after": {"eval_reward": 0.75, "eval_runtime": 3.0},
    "merged": False,
    "name": "someone/model",
}
PUSH = (
    "import sys; from pathlib import Path; from recode_data.errors import RecodeError\n"
    "from recode_data.training.card import push\n"
    "try: print(push(Path(sys.argv[1]), sys.argv[2]))\n"
    "except RecodeError as error: print(type(error).__name__, error.message, '|', error.tip)\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run" / "model"
    made.mkdir(parents=True)
    (made / "adapter_model.safetensors").write_bytes(b"weights")
    write_card(made, resolve("grpo"), FACTS, RESULT)
    return made


def pushed(hub: Hub, folder: Path, name: str, **environment: str) -> str:
    settings = {
        "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": hub.token,
        "HF_HOME": str(folder.parent / "home"), "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONPATH": str(Path(__file__).parent.parent), "no_proxy": "127.0.0.1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PUSH, str(folder), name],
        env=os.environ | settings | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_card_is_complete(folder: Path) -> None:
    card = (folder / "README.md").read_text()
    header = yaml.safe_load(card.split("---\n")[1])
    assert header["base_model"] == "Qwen/Qwen2.5-Coder-7B-Instruct"
    assert header["datasets"] == ["someone/updates"]
    assert (header["library_name"], header["tags"][-1]) == ("peft", "grpo")
    assert "| eval_reward | 0.5000 | 0.7500 |" in card
    assert "eval_runtime" not in card
    assert "use_bias_correction_kl: false" in card
    assert "AutoPeftModelForCausalLM" in card
    assert "messages(entry, 'reasoning')" in card


def test_a_model_is_pushed_and_pushed_again(folder: Path) -> None:
    with Hub() as hub:
        for _ in range(2):
            assert pushed(hub, folder, f"{hub.account}/model").endswith(f"{hub.account}/model")
        files = hub.files(f"{hub.account}/model")
    assert files["adapter_model.safetensors"] == b"weights"
    assert files["README.md"] == (folder / "README.md").read_bytes()


def test_a_refused_push_says_where_the_model_is(folder: Path) -> None:
    with Hub() as hub:
        refused = pushed(hub, folder, f"{hub.account}/model", HF_TOKEN="hf_wrong")
        broken = pushed(hub, folder, "not a name")
    assert refused.startswith("UnknownName the Hub refused")
    assert f"the model is whole in {folder}" in refused
    assert broken.startswith("UnknownName not a name is no name of a repository")


def test_a_checkpoint_that_was_cut_is_passed_over(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None
    for step, state in ((2, '{"global_step": 2}'), (10, '{"global_step": 10}'), (12, '{"glob')):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    (tmp_path / "checkpoint-14").mkdir()
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
