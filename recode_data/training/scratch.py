"""A small model made on the spot: its own byte-level BPE, chat template and new weights.

It learns to copy within a hundred steps because the weights start at ``width ** -0.5``,
which the usual 0.02 does not do in a narrow model. It needs no download, so the whole way of
the training can be shown anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from recode_data.training.recipe import Scratch

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast, Qwen2Config

END, PAD, START = "<|im_end|>", "<|pad|>", "<|im_start|>"
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
POSITIONS = 8192


def config_of(shape: Scratch, vocabulary: int) -> Qwen2Config:
    """Return the configuration of a Qwen2 of that shape."""
    from transformers import Qwen2Config

    return Qwen2Config(
        num_hidden_layers=shape.layers,
        hidden_size=shape.width,
        intermediate_size=4 * shape.width,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        vocab_size=vocabulary,
        max_position_embeddings=POSITIONS,
        initializer_range=shape.width**-0.5,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
    )


def make_model(folder: Path, shape: Scratch, texts: Iterable[str], seed: int) -> None:
    """Write a new model and its tokenizer, learned from ``texts``, into ``folder``."""
    import torch
    from transformers import Qwen2ForCausalLM, set_seed

    tokenizer = make_tokenizer(texts, shape.vocabulary)
    set_seed(seed)
    config = config_of(shape, len(tokenizer))
    config.pad_token_id = tokenizer.pad_token_id
    config.eos_token_id = tokenizer.eos_token_id
    model = Qwen2ForCausalLM(config).to(torch.float32)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE with at most ``vocabulary`` entries and a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD)
    fast.chat_template = TEMPLATE
    return fast
