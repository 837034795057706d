"""Completions from an endpoint and from a local model."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from llm_server import Reply, error, serve

from recode_data.errors import BadFile, NetworkError, UsageError
from recode_data.evaluate.sampling import Sampling, owed
from recode_data.evaluate.sources.endpoint import Endpoint
from recode_data.evaluate.sources.local import VllmModel, adapter_base, local_model
from recode_data.evaluate.store import Completion

SAMPLING = Sampling(samples=3, temperature=0.5, top_p=0.9, max_tokens=16, seed=7)
PROBLEMS = [(name, [{"role": "user", "content": f"say {name}"}]) for name in ("a", "b")]


def test_an_endpoint_is_asked_for_every_sample_with_its_seed() -> None:
    with serve(lambda body: f"I {body['messages'][0]['content']}") as server:
        source = Endpoint(server.url, "")
        assert source.name == "tiny"
        done = [Completion("a", 1, "had")]
        found = list(source.complete(owed(PROBLEMS, done, SAMPLING), SAMPLING))
    assert len(found) == 5
    assert {c.text for c in found if c.problem == "b"} == {"I say b"}
    bodies = [asked.body for asked in server.asked]
    assert all((b["temperature"], b["top_p"], b["max_tokens"]) == (0.5, 0.9, 16) for b in bodies)
    assert {b["seed"] for b in bodies} == {c.seed for c in found}
    assert len({b["seed"] for b in bodies}) == 5


def test_an_empty_answer_is_a_completion() -> None:
    with serve(lambda body: Reply(None)) as server:
        requests = owed(PROBLEMS[:1], [], Sampling(samples=1))
        found = list(Endpoint(server.url, "tiny").complete(requests, SAMPLING))
    assert [c.text for c in found] == [""]


def test_a_refused_key_is_one_line() -> None:
    with serve(lambda body: error(401, "no such key")) as server:
        source = Endpoint(server.url, "tiny")
        with pytest.raises(NetworkError, match="401") as caught:
            list(source.complete(owed(PROBLEMS, [], SAMPLING), SAMPLING))
    assert "OPENAI_API_KEY" in caught.value.tip


def test_a_stop_does_not_wait_for_what_is_under_way() -> None:
    slow = Sampling(samples=2)
    with serve(lambda body: Reply("x", delay=20 * ("say b" in str(body)))) as server:
        started = time.monotonic()
        answers = Endpoint(server.url, "tiny").complete(owed(PROBLEMS, [], slow), slow)
        assert next(answers).problem == "a"
        answers.close()  # type: ignore[attr-defined]
        assert time.monotonic() - started < 10


def test_a_model_has_to_be_named_where_there_are_several() -> None:
    with serve(lambda body: "", models=("x", "y")) as server, pytest.raises(UsageError) as caught:
        Endpoint(server.url, "")
    assert "x, y" in caught.value.tip
    with pytest.raises(UsageError, match="no address"):
        Endpoint("localhost:8000", "x")


def tiny_model(folder: Path) -> None:
    """Write a random model of a few thousand parameters with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*alphabet, "<end>"])}
    plain = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="<end>")
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }}\n{% endfor %}"
    tokenizer.save_pretrained(folder)
    config = Qwen2Config(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)


@pytest.mark.training
@pytest.mark.filterwarnings("ignore")
def test_a_local_model_is_sampled_by_seed(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    source = local_model(str(tmp_path))
    requests = owed(PROBLEMS, [], SAMPLING)
    first = {(c.problem, c.sample): c.text for c in source.complete(requests, SAMPLING)}
    again = {(c.problem, c.sample): c.text for c in source.complete(requests, SAMPLING)}
    assert len(first) == 6
    assert first == again
    assert len(set(first.values())) > 1


@pytest.mark.training
def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot load"):
        local_model(str(tmp_path))


def test_an_adapter_names_its_model(tmp_path: Path) -> None:
    assert adapter_base(str(tmp_path)) == ""
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "q"}')
    assert adapter_base(str(tmp_path)) == "q"
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(BadFile, match="adapter_config"):
        adapter_base(str(tmp_path))


class Vllm:
    """What `VllmModel` leans on of vLLM, which wants a GPU to be installed."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.loaded = sorted(file.name for file in Path(options["model"]).iterdir())
        LOADED.append(self)

    def chat(self, messages: Any, sampling_params: Any, lora_request: Any) -> list[Any]:
        self.lora = lora_request
        assert len(messages) == len(sampling_params)
        return [
            SimpleNamespace(outputs=[SimpleNamespace(text=f"{m[-1]['content']} {drawn.seed}")])
            for m, drawn in zip(messages, sampling_params, strict=True)
        ]


LOADED: list[Vllm] = []


@pytest.mark.training
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["whole", "lora", "dora"])
def test_vllm_gets_what_it_can_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    request = ModuleType("vllm.lora.request")
    request.LoRARequest = lambda *values: values  # type: ignore[attr-defined]
    module = ModuleType("vllm")
    module.LLM, module.SamplingParams = Vllm, SimpleNamespace  # type: ignore[attr-defined]
    for name, made in {"vllm": module, "vllm.lora": ModuleType("vllm.lora")}.items():
        monkeypatch.setitem(sys.modules, name, made)
    monkeypatch.setitem(sys.modules, "vllm.lora.request", request)
    tiny_model(tmp_path / "base")
    folder = tmp_path / "base"
    if kind != "whole":
        folder = tmp_path / "adapter"
        config = LoraConfig(r=12, use_dora=kind == "dora", target_modules="all-linear")
        model = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
        get_peft_model(model, config).save_pretrained(folder)
    source = VllmModel(str(folder))
    found = list(source.complete(owed(PROBLEMS, [], SAMPLING), SAMPLING))
    assert {c.text for c in found} == {f"say {c.problem} {c.seed}" for c in found}
    loaded = LOADED.pop()
    base = str(tmp_path / "base")
    assert loaded.options["tokenizer"] == (str(folder) if kind == "whole" else base)
    assert "model.safetensors" in loaded.loaded
    assert (loaded.lora is not None) == (kind == "lora")
    assert loaded.options.get("max_lora_rank") == (16 if kind == "lora" else None)
    assert (loaded.options["model"] == base) == (kind != "dora")
