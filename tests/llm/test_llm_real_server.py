"""One smoke test against a real server with a real model, tiny and random."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_llm_faults import fill, go

from recode_data.records import Attempt, Call
from recode_data.workspace import Workspace

pytestmark = [pytest.mark.training, pytest.mark.timeout(280)]

TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}<assistant>"


def tiny_model(folder: Path) -> None:
    """Write a random model of the Qwen2 shape with a tokenizer of bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = {token: number for number, token in enumerate([*alphabet, "<end>"])}
    tokenizer = Tokenizer(models.BPE(vocab=tokens, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    config = Qwen2Config(
        vocab_size=len(tokens), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, eos_token_id=len(tokens) - 1,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(folder)


@contextmanager
def transformers_serve(model: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    log = (model.parent / "serve.log").open("w")
    command = [Path(sys.executable).with_name("transformers"), "serve", "--host", "127.0.0.1",
               "--port", str(port), "--device", "cpu"]  # fmt: skip
    with log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server:
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                    break
                except OSError:
                    assert server.poll() is None, (model.parent / "serve.log").read_text()
                    time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(20)


def test_a_real_server_answers_and_its_noise_is_counted(tmp_path: Path) -> None:
    model = tmp_path / "model"
    tiny_model(model)
    with Workspace.open(tmp_path / "ws") as workspace:
        fill(workspace, 3)
        with transformers_serve(model) as url:
            outcome = go(
                workspace, url, model=str(model), repair_rounds=1, answer_tokens=64,
                concurrency=2, timeout=120.0,
            )  # fmt: skip
            asked = outcome.asker.sent
            again = go(workspace, url, model=str(model), repair_rounds=1, answer_tokens=64)
        calls = workspace.all(Call)
        reasons = {attempt.reason for attempt in workspace.all(Attempt)}
    assert asked == len(calls) == 6, "three drafts, and one repair of each"
    assert again.asker.sent == 0
    assert outcome.summary.owed == 0 and outcome.summary.dropped.total() == 3
    assert reasons <= {"no_json", "truncated", "empty"}, "a random model writes no entry"
    assert all(call.state == "answered" and call.prompt_tokens > 500 for call in calls)
    assert all(0 < call.answer_tokens <= 64 for call in calls)
