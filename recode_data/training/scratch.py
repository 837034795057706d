"""A small model made on the spot: its own byte-level BPE, chat template and new weights.

It needs no download, so the whole way of the training can be shown anywhere. The Qwen2 learns to
copy within a hundred steps because the weights start at ``width ** -0.5``, which the usual 0.02
does not do in a narrow model. The LFM2 begins with a circuit that copies (`_begin_copying`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recode_data.training.recipe import Scratch

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedTokenizerFast

END, PAD, START = "<|im_end|>", "<|pad|>", "<|im_start|>"
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant' }}{% endif %}"
)
"""Where an answer begins the end of the line is left to the model: it may be one token with
what follows, and then a prompt that ended with it were none that the model was taught."""
POSITIONS = 8192
PIECES = r"\p{L}+|\p{N}{1,3}|_|[^\S\n]+|\n[^\S\n]*|[^\s\p{L}\p{N}_]+ ?"
"""What a token lies within. A word never takes the space before it along, so that a name is
the same tokens in prose, after a dot and in quotes."""
WIDER = {"qwen2": 4, "lfm2": 2}
"""Times a model's width that its feed-forward layers have: to copy takes little of it."""
SHARPNESS = 3.0
"""Scale of the matching heads' queries: at 1 a match cannot stand out of 300 positions."""
MATCHES, LATER = 1.5, 0.3
"""Scale of what the first attention copies, and of what later ones do."""


def config_of(shape: Scratch, vocabulary: int) -> PreTrainedConfig:
    """Return the configuration of a model of that shape."""
    from transformers import Lfm2Config, Qwen2Config

    shared: dict[str, Any] = {
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.width,
        "intermediate_size": WIDER[shape.architecture] * shape.width,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "vocab_size": vocabulary,
        "max_position_embeddings": POSITIONS,
        "initializer_range": shape.width**-0.5,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    if shape.architecture == "qwen2":
        return Qwen2Config(**shared)
    kinds = ("conv", "full_attention")
    return Lfm2Config(
        **shared,
        layer_types=[kinds[number % 2] for number in range(shape.layers)],
        block_auto_adjust_ff_dim=False,
        conv_L_cache=shape.context + 1,
        conv_bias=True,
    )


def make_model(
    folder: Path, shape: Scratch, texts: Iterable[str], seed: int, phrases: Iterable[str] = ()
) -> None:
    """Write a new model and its tokenizer, learned from ``texts``, into ``folder``.

    ``phrases`` become a token each; see `make_tokenizer`.
    """
    import torch
    from transformers import AutoModelForCausalLM, set_seed

    tokenizer = make_tokenizer(texts, shape.vocabulary, phrases)
    set_seed(seed)
    config = config_of(shape, len(tokenizer))
    config.pad_token_id = tokenizer.pad_token_id
    config.eos_token_id = tokenizer.eos_token_id
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    if shape.architecture == "lfm2":
        _begin_copying(model)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_tokenizer(
    texts: Iterable[str], vocabulary: int, phrases: Iterable[str] = ()
) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE with at most ``vocabulary`` entries and a chat template.

    ``phrases``, such as the fixed words of a prompt, are one token each wherever they stand.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    whole = sorted(set(phrases), key=len, reverse=True)
    between = re.compile("|".join(map(re.escape, whole)) or r"\Z")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(whole),
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    parts = (part for text in texts for part in between.split(text))
    tokenizer.train_from_iterator(parts, trainer)
    tokenizer.add_tokens([AddedToken(phrase, normalized=False) for phrase in whole])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD)
    fast.chat_template = TEMPLATE
    return fast


def _begin_copying(model: Any) -> None:
    """Give an LFM2 weights with which its first two layers are an induction head.

    The convolution writes, beside each token, those that stood before it and that it sees; the
    heads of the attention look for the place where the same stood before, and copy what
    followed. From here a model repeats random text after two hundred small steps; from random
    weights it does not within ten times as many. Later layers begin near zero, and all of it is
    trained.
    """
    import torch

    config = model.config
    width, before = config.hidden_size, config.conv_L_cache - 1
    part = width // before
    read = _orthogonal(width)[:part]  # this much of a token's embedding: by this it is recognised
    place = _orthogonal(width)  # where in the stream the tokens before are written
    copied = _orthogonal(width)
    scale = config.initializer_range
    seen = [place[:, part * number : part * (number + 1)].T for number in range(before)]
    with torch.no_grad():
        for number, layer in enumerate(model.model.layers):
            layer.feed_forward.w2.weight.mul_(0.1)
            if config.layer_types[number] == "conv":
                _shift(layer.conv, read, place * scale * (1.0 if number == 0 else 0.1))
                continue
            attention = layer.self_attn
            attention.q_proj.weight.copy_(_mixed([read, *seen[:-1]]))
            attention.k_proj.weight.copy_(_mixed(seen))
            attention.v_proj.weight.copy_(copied)
            strength = MATCHES if number == 1 else LATER
            attention.out_proj.weight.copy_(copied.T * scale * strength)
            attention.q_layernorm.weight.fill_(SHARPNESS)


def _mixed(tokens: list[Any]) -> Any:
    """Return the rows of several tokens in turn, so that each has a share in every head, and in
    its slowly turning dimensions: the fast ones match at one distance only."""
    import torch

    return torch.stack(tokens, dim=1).flatten(0, 1)


def _shift(convolution: Any, read: Any, out: Any) -> None:
    """Make a gated convolution pass on, with its gates open, the tokens before."""
    width, part = out.shape[0], len(read)
    inner, kernel = convolution.in_proj, convolution.conv
    for weight in (inner.weight, kernel.weight):
        weight.normal_(0, 0.02)
    for bias in (inner.bias, kernel.bias, convolution.out_proj.bias):
        bias.zero_()
    inner.bias[: 2 * width] = 1.0
    for number in range(width // part):
        rows = slice(part * number, part * (number + 1))
        inner.weight[2 * width :][rows] = read
        kernel.weight[rows, 0, -2 - number] = 1.0
    convolution.out_proj.weight.copy_(out)


def _orthogonal(size: int) -> Any:
    import torch

    return torch.nn.init.orthogonal_(torch.empty(size, size))
