"""What a run needs is known before it starts, and what it cannot do is said in one line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import toy_task
from hub_server import Hub

pytestmark = [pytest.mark.training, pytest.mark.filterwarnings("default")]
torch = pytest.importorskip("torch")

import yaml  # noqa: E402
from accelerate.commands.launch import launch_command_parser  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

from recode_data.cli import app  # noqa: E402
from recode_data.errors import (  # noqa: E402
    BadFile,
    MachineTooSmall,
    MissingExtra,
    NetworkError,
    RecodeError,
    UnknownName,
)
from recode_data.progress import Progress  # noqa: E402
from recode_data.training import machine, plan, resolve, train  # noqa: E402
from recode_data.training.arguments import adapter_config, trl_config  # noqa: E402
from recode_data.training.duration import duration  # noqa: E402
from recode_data.training.machine import GIB, _billions, estimate  # noqa: E402
from recode_data.training.recipe import Policy, Scratch  # noqa: E402
from recode_data.training.rewards import reward_functions  # noqa: E402
from recode_data.training.scratch import make_model  # noqa: E402
from recode_data.training.settings import recipes  # noqa: E402

QUIET = Progress(quiet=True)


@pytest.fixture(autouse=True)
def nothing_from_the_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    yield


@pytest.fixture(autouse=True)
def eight_gibibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test says must not depend on what else the machine is doing."""
    monkeypatch.setattr("recode_data.training.machine._available", lambda recipe: 8.0 * GIB)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_task.write(tmp_path_factory.mktemp("data"), train=12, test=4)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    texts = [row["new_code"] for row in toy_task.rows(20, 0)]
    make_model(folder, Scratch(layers=1, width=32, heads=2, vocabulary=300), texts, seed=0)
    return folder


def started(data: Path, output: Path, *settings: str, algo: str = "sft", **options: Any) -> Any:
    tiny = ["use_cpu=true", "style=answer", "max_steps=1", "report_to=[]", "held_out=0",
            "adapter=none", "scratch.layers=1", "scratch.width=32", "scratch.heads=2",
            "per_device_train_batch_size=2", "gradient_accumulation_steps=1"]  # fmt: skip
    chosen = options.pop("model", "scratch")
    recipe = resolve(algo, model=str(chosen), settings=[*tiny, *settings])
    return train(plan(recipe, data, output), progress=QUIET, **options)


def said(caught: pytest.ExceptionInfo[RecodeError]) -> str:
    assert "\n" not in caught.value.message + caught.value.tip
    assert caught.value.tip
    return caught.value.message


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(data: Path, tmp_path: Path) -> None:
    with pytest.raises(MachineTooSmall) as caught:
        train(plan(resolve("grpo"), data, tmp_path / "run"))
    assert said(caught).startswith("no GPU is visible to torch")
    assert not (tmp_path / "run").exists()


def test_too_little_memory_is_said_before_anything_is_read(data: Path, tmp_path: Path) -> None:
    with pytest.raises(MachineTooSmall) as caught:
        started(data, tmp_path / "run", model="org/Nothing-70B-Instruct")
    assert "org/Nothing-70B-Instruct needs about" in said(caught)


def test_a_model_without_a_chat_template(data: Path, model: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in model.iterdir():
        if file.name != "chat_template.jinja":
            (bare / file.name).write_bytes(file.read_bytes())
    with pytest.raises(RecodeError) as caught:
        started(data, tmp_path / "run", model=bare)
    assert said(caught) == f"{bare} has no chat template"


def test_no_model_there(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as caught:
        started(data, tmp_path / "run", "check_memory=false", model="./nowhere")
    assert said(caught) == "no model folder ./nowhere"


def test_entries_longer_than_the_limit(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RecodeError) as caught:
        started(data, tmp_path / "run", "max_prompt_length=3")
    assert said(caught) == "every one of 12 entries is longer than the limit"


def test_too_few_prompts_for_a_generation(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RecodeError) as caught:
        started(data, tmp_path / "run", "per_device_train_batch_size=256", algo="grpo")
    assert said(caught) == "one generation batch takes 32 prompts, there are 12"


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("trl.optimm=adam", "SFTConfig has no argument 'optimm'"),
        ("trl.output_dir=x", "trl.output_dir follows from the recipe's own keys"),
    ],
)
def test_a_wrong_argument_of_trl(data: Path, tmp_path: Path, setting: str, line: str) -> None:
    with pytest.raises(BadFile) as caught:
        started(data, tmp_path / "run", setting)
    assert said(caught) == line


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("es_sta", "no reward is called 'es_sta'"),
        ("nowhere:reward", "cannot import reward nowhere:reward: No module named 'nowhere'"),
    ],
)
def test_a_wrong_reward(data: Path, tmp_path: Path, name: str, line: str) -> None:
    with pytest.raises(BadFile) as caught:
        settings = [f"rewards={{'{name}': 1}}", "per_device_train_batch_size=8"]
        started(data, tmp_path / "run", *settings, algo="grpo")
    assert said(caught) == line


def test_a_package_that_the_recipe_wants(data: Path, tmp_path: Path) -> None:
    if find_spec("trackio"):
        pytest.skip("trackio is here")
    with pytest.raises(MissingExtra) as caught:
        started(data, tmp_path / "run", "report_to=[trackio]")
    assert (said(caught), caught.value.tip) == ("the recipe wants trackio", "pip install trackio")


@pytest.mark.filterwarnings("ignore")
def test_a_run_is_logged_where_it_is_asked_for(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("trackio")
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setattr("trackio.utils.TRACKIO_DIR", tmp_path / "trackio", raising=False)
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    run = tmp_path / "run"
    started(data, run, "report_to=[tensorboard, trackio, wandb]", "logging_steps=1")
    assert list(run.glob("tensorboard/events*"))
    assert list(run.glob("wandb/offline-run-*/*.wandb"))
    assert "WANDB_PROJECT" not in os.environ


def test_a_run_is_never_overwritten_and_never_resumed_as_another(
    data: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.raises(RecodeError, match="no run to resume"):
        started(data, run, resume=True)
    started(data, run)
    with pytest.raises(RecodeError) as caught:
        started(data, run)
    assert said(caught) == f"{run} holds a run already"
    with pytest.raises(RecodeError) as caught:
        started(data, run, "learning_rate=0.5", "seed=7", resume=True)
    assert "another configuration: learning_rate (5e-05 → 0.5); seed (42 → 7)" in said(caught)
    other = toy_task.write(tmp_path / "other", train=12, seed=5)
    with pytest.raises(RecodeError) as caught:
        started(other, run, resume=True)
    assert "data_fingerprint" in said(caught)


@pytest.mark.parametrize("merge", [False, True])
def test_an_adapter_and_a_merged_model_can_be_loaded(
    data: Path, model: Path, tmp_path: Path, merge: bool
) -> None:
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM, AutoTokenizer

    settings = ["adapter=dora", "lora_r=4", "report_to=[tensorboard]"]
    result = started(data, tmp_path / "run", *settings, model=model, merge=merge)
    folder = Path(result["model"])
    kind = AutoModelForCausalLM if merge else AutoPeftModelForCausalLM
    assert kind.from_pretrained(folder).num_parameters() > 0
    assert AutoTokenizer.from_pretrained(folder).chat_template
    card = (folder / "README.md").read_text()
    header = yaml.safe_load(card.split("---\n")[1])
    assert header["library_name"] == ("transformers" if merge else "peft")
    assert "adapter: dora" in card
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


def test_the_better_reward_teaches_through_dynamic_sampling(
    data: Path, model: Path, tmp_path: Path
) -> None:
    result = started(
        data, tmp_path / "run", "rewards={mixture: 1.0, es: 0.5}", "mixture.execution=0",
        "overlong_buffer=4", "steps_per_generation=1", "max_completion_length=24",
        "dynamic_sampling=true", "max_generation_batches=2",
        "per_device_train_batch_size=16", "logging_steps=1",
        algo="dapo", model=model,
    )  # fmt: skip
    (entry, _) = map(json.loads, (tmp_path / "run" / "curve.jsonl").read_text().splitlines())
    assert {"rewards/mixture/mean", "rewards/soft_overlong_punishment_reward/mean"} <= entry.keys()
    assert -3 <= entry["reward"] <= 2
    assert result["steps"] == 1


def test_the_dry_run_says_everything_and_does_nothing(data: Path, tmp_path: Path) -> None:
    arguments = ["train", "--algo", "grpo", "--data", str(data), "--output", str(tmp_path / "run")]
    shown = CliRunner().invoke(app, [*arguments, "--dry-run"])
    assert isinstance(shown.exception, NetworkError)
    assert "not checked whether there is a model Qwen/Qwen2.5" in shown.exception.message
    assert shown.exception.exit_code == 1, "a model that nobody looked for is no success"
    resolved = yaml.safe_load(shown.stdout)
    assert resolved["model"] == "Qwen/Qwen2.5-Coder-7B-Instruct"
    assert f"# data: 12 train, 4 test entries from {data}" in shown.stdout
    assert "about 7,615.6 M parameters" in shown.stdout
    assert not (tmp_path / "run").exists()


def test_a_dry_run_that_checked_all_is_a_success(data: Path, model: Path, tmp_path: Path) -> None:
    arguments = ["train", "--algo", "sft", "--data", str(data), "--model", str(model)]
    arguments += ["--output", str(tmp_path / "run"), "--dry-run", "--json"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["model_checked"] is True


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("rewards={es_sta: 1}", "no reward is called 'es_sta'"),
        ("rewards={nowhere:reward: 1}", "cannot import reward nowhere:reward"),
        ("trl.optimm=adam", "GRPOConfig has no argument 'optimm'"),
        ("lr_scheduler_type=steep", "steep is not a valid SchedulerType"),
        ("chat_template=nowhere.jinja", "nowhere.jinja"),
        ("target_modules=[nothing]", "no layer of"),
        ("per_device_train_batch_size=256", "one generation batch takes 64 prompts"),
        ("model=./nowhere", "no model folder ./nowhere"),
        ("model=org/Nothing", "the Hub does not answer, and the name org/Nothing tells no size"),
    ],
)
def test_a_dry_run_finds_what_a_run_would(
    data: Path, model: Path, tmp_path: Path, setting: str, line: str
) -> None:
    arguments = ["train", "--algo", "grpo", "--data", str(data), "--dry-run"]
    arguments += ["--output", str(tmp_path / "run"), "--set", f"model={model}", "--set", setting]
    shown = CliRunner().invoke(app, arguments)
    assert isinstance(shown.exception, RecodeError), shown.output
    assert line in shown.exception.message
    assert shown.exception.tip and "\n" not in shown.exception.message


def test_a_model_that_the_hub_does_not_know(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hub() as hub:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
        monkeypatch.setattr("huggingface_hub.hf_api.ENDPOINT", hub.url, raising=False)
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        with pytest.raises(UnknownName, match="the Hub has no model org/Nothing-7B"):
            plan(resolve("grpo", model="org/Nothing-7B"), data, tmp_path / "run")


def test_memory_is_what_can_be_had_not_what_lies_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    monkeypatch.undo()
    said = Path("/proc/meminfo").read_text()
    [could] = re.findall(r"MemAvailable:\s+(\d+) kB", said)
    recipe = resolve("sft", settings=["use_cpu=true"])
    assert machine._available(recipe) == pytest.approx(1024 * int(could), rel=0.5)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    whole = psutil.virtual_memory().available
    assert machine._available(recipe) == pytest.approx(whole / 4, rel=0.5)


@pytest.mark.parametrize("name", sorted(recipes()))
def test_every_shipped_recipe_makes_trls_arguments(name: str, tmp_path: Path) -> None:
    settings = ["use_cpu=true", "report_to=[]"]
    recipe = resolve(recipe=name, settings=settings)
    config = trl_config(recipe, tmp_path)
    assert config.max_steps == recipe.max_steps
    assert (adapter_config(recipe) is None) == (recipe.adapter == "none")
    if isinstance(recipe, Policy):
        assert config.num_generations == 8
        assert len(reward_functions(recipe)) == len(config.reward_weights)


def test_the_estimate_grows_with_what_costs_memory() -> None:
    def needed(name: str, *settings: str) -> float:
        return estimate(resolve(recipe=name, settings=list(settings))).needed / GIB

    assert 20 < needed("grpo") < 48  # 7 B in half precision, an adapter, one 80 GB GPU
    assert needed("grpo-24gb") < 22
    assert needed("sft-24gb") < 22
    assert needed("dapo") > 110  # 7.6 B weights, gradients and moments in full precision
    assert needed("grpo", "adapter=none") > 4 * needed("grpo")
    assert needed("grpo", "max_completion_length=4096") > needed("grpo")


def test_the_shipped_table_says_what_the_command_says() -> None:
    """``train/README.md`` gives each recipe's memory and time as a dry run does."""
    text = (recipes()["grpo"].parent.parent / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([\w-]+)` \| .*? \| (\d+ GiB, \d+ h) \|", text, re.MULTILINE))
    known = {}
    for name in recipes():
        recipe = resolve(recipe=name)
        needs = estimate(recipe)
        known[name] = f"{needs.needed / GIB:.0f} GiB, {duration(recipe, needs).hours:.0f} h"
    assert told == known


def test_time_grows_with_what_takes_time() -> None:
    def hours(name: str, *settings: str) -> float:
        recipe = resolve(recipe=name, settings=list(settings))
        return duration(recipe, estimate(recipe)).hours

    assert hours("sft") < hours("grpo")
    assert hours("grpo", "use_vllm=true") < hours("grpo") / 3
    assert hours("grpo", "dynamic_sampling=true") > 1.5 * hours("grpo")
    assert hours("grpo", "max_steps=500") == pytest.approx(hours("grpo") / 10)
    assert hours("grpo", "beta=0") < hours("grpo")


@pytest.mark.parametrize("name", ["ddp", "fsdp2", "zero2", "zero3"])
def test_accelerate_reads_its_shipped_files(name: str) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    file = recipes()["grpo"].parent.parent / "accelerate" / f"{name}.yaml"
    config = load_config_from_file(str(file))
    kinds = {"ddp": "MULTI_GPU", "fsdp2": "FSDP", "zero2": "DEEPSPEED", "zero3": "DEEPSPEED"}
    assert config.distributed_type == kinds[name]
    options = {action.dest for action in launch_command_parser()._actions}
    sharding = {**config.fsdp_config, **config.deepspeed_config}
    assert sharding.keys() <= options, "accelerate launch would not know these"
    assert sharding.get("fsdp_version", 2) == 2
    assert not name.startswith("zero") or sharding["zero_stage"] == int(name[-1])


def test_the_size_in_a_name() -> None:
    sizes = {"Qwen/Qwen2.5-Coder-7B-Instruct": 7.0, "org/Model-0.5b": 0.5, "org/Model": 0.0}
    assert {name: _billions(name) for name in sizes} == sizes
