"""verl composes our configurations, loads our Parquet and calls our reward.

verl wants other versions than TRL, so this runs in an environment of its own and is skipped
elsewhere: ``pytest tests/test_verl.py -m slow`` with the interpreter that has verl.
"""

from __future__ import annotations

import asyncio
import warnings
from pathlib import Path
from typing import Any

import pytest
import toy_task

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    verl = pytest.importorskip("verl")

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet  # noqa: E402
import torch  # noqa: E402
from hydra import compose, initialize_config_dir  # noqa: E402
from omegaconf import OmegaConf  # noqa: E402
from tensordict import TensorDict  # noqa: E402
from verl import DataProto  # noqa: E402
from verl.trainer.ppo.core_algos import agg_loss, get_adv_estimator_fn  # noqa: E402
from verl.trainer.ppo.reward import get_custom_reward_fn, load_reward_manager  # noqa: E402
from verl.utils.config import omega_conf_to_dataclass  # noqa: E402
from verl.utils.dataset.rl_dataset import RLHFDataset  # noqa: E402

from recode_data.library import declarations  # noqa: E402
from recode_data.prompts import answer  # noqa: E402
from recode_data.publish.formats import FORMATS, KEPT  # noqa: E402
from recode_data.rewards import es_star, format  # noqa: E402
from recode_data.training import verl as ours  # noqa: E402
from recode_data.training.recipe import Scratch  # noqa: E402
from recode_data.training.scratch import make_tokenizer  # noqa: E402

ROWS = [
    dict.fromkeys(KEPT, "") | row | {"id": str(number)}
    for number, row in enumerate(toy_task.rows(8, 0))
]
COMPLETIONS = [answer(row["new_code"]) for row in ROWS[:2]] + [
    answer(ROWS[2]["old_code"]),
    answer(ROWS[3]["new_code"], "answer"),
    "no code at all",
    "<think></think><answer>```python\nx = (\n```</answer>",
]


@pytest.fixture(params=["grpo", "dapo"])
def config(request: pytest.FixtureRequest) -> Any:
    folder = str(declarations() / "train" / "verl")
    with initialize_config_dir(folder, version_base=None):
        return compose(request.param, overrides=["data.train_files=train.parquet"])


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    texts = [row["new_code"] for row in ROWS] + COMPLETIONS
    return make_tokenizer(texts, Scratch().vocabulary)


def test_the_configuration_means_what_it_says(config: Any) -> None:
    actor = config.actor_rollout_ref.actor
    dapo = config.trainer.experiment_name == "dapo"
    assert config.algorithm.adv_estimator == "grpo"
    assert (actor.clip_ratio_low, actor.clip_ratio_high) == (0.2, 0.28 if dapo else 0.2)
    assert actor.use_kl_loss is not dapo
    assert config.algorithm.filter_groups.enable is dapo
    assert config.algorithm.filter_groups.metric == "reward"
    assert config.actor_rollout_ref.rollout.n == 8
    # Hydra rejects a misspelt key but takes any value: verl's own code has to take it too.
    assert callable(get_adv_estimator_fn(config.algorithm.adv_estimator))
    loss = agg_loss(torch.ones(2, 3), torch.ones(2, 3), actor.loss_agg_mode)
    assert float(loss) == 1.0
    algorithm = omega_conf_to_dataclass(config.algorithm)
    assert algorithm.filter_groups.max_num_gen_batches == 0  # ignored by verl when it is set
    OmegaConf.resolve(config.reward)


def test_the_reward_function_is_ours(config: Any) -> None:
    resolved: Any = get_custom_reward_fn(config)
    assert ours.compute_score in resolved.args
    assert resolved.args[1] == {"rewards": {"format": 1.0, "es_star": 1.0}}


def test_the_older_keys_are_not_used(config: Any) -> None:
    """They compose, and verl would then silently use a reward of its own."""
    assert config.reward.custom_reward_function.path
    assert config.custom_reward_function.path is None
    assert config.reward_model.reward_manager is None


def test_verl_loads_our_parquet(tmp_path: Path, config: Any, tokenizer: Any) -> None:
    shape = FORMATS["verl"]
    table = pa.Table.from_pylist(
        [shape.shape(row, "train", number) for number, row in enumerate(ROWS)], shape.schema
    )
    path = tmp_path / "train.parquet"
    pa.parquet.write_table(table, path)
    loaded = RLHFDataset(str(path), tokenizer, config.data)
    assert len(loaded) == len(ROWS)
    row = loaded[0]
    assert row["reward_model"]["ground_truth"] == ROWS[0]["new_code"]
    assert row["data_source"] == "recode-data"
    assert ROWS[0]["old_code"] in row["raw_prompt"][-1]["content"]


def test_the_reward_manager_pays_what_trl_would(config: Any, tokenizer: Any) -> None:
    expected = [
        float(formatted) + float(similar)
        for formatted, similar in zip(
            format(COMPLETIONS),
            es_star(COMPLETIONS, [row["new_code"] for row in ROWS[: len(COMPLETIONS)]]),
            strict=True,
        )
    ]

    async def paid() -> list[dict[str, Any]]:
        manager = load_reward_manager(config, tokenizer)
        pairs = zip(COMPLETIONS, ROWS, strict=False)
        return [await manager.run_single(sample(tokenizer, *pair)) for pair in pairs]

    results = asyncio.run(paid())
    assert [result["reward_score"] for result in results] == pytest.approx(expected)
    assert results[0]["reward_extra_info"] == {"score": 3.0, "format": 1.0, "es_star": 2.0}


def sample(tokenizer: Any, completion: str, row: dict[str, str]) -> Any:
    """Return one rollout as verl hands it to a reward manager."""
    prompt = torch.zeros(1, 4, dtype=torch.long)
    response = torch.tensor([tokenizer(completion)["input_ids"]])
    mask = torch.ones(1, 4 + response.shape[1], dtype=torch.long)
    batch = TensorDict(
        {"prompts": prompt, "responses": response, "attention_mask": mask}, batch_size=1
    )
    columns = {
        "data_source": "recode-data",
        "reward_model": {"style": "rule", "ground_truth": row["new_code"]},
        "extra_info": {name: row[name] for name in KEPT},
    }
    boxed = {}
    for name, value in columns.items():
        boxed[name] = np.empty(1, dtype=object)
        boxed[name][0] = value
    return DataProto(batch=batch, non_tensor_batch=boxed)
