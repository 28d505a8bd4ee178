"""Outputs beside those of PyTorch with transformers, an implementation that shares nothing with this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from numeric.checkpoints import Checkpoint, load
from numeric.checkpoints.configs import from_settings
from numeric.checkpoints.json_file import read_object
from numeric.functions import Array
from numeric.generate import greedy
from numeric.parameters import is_bias
from numeric.transformer import Model

# How many units in the last place of the largest output the two may differ by. Seen were 3.5 for two layers, 2.4 for
# MiniLM's six and 23 for SmolLM2's thirty, in single and in double precision alike; other libraries for products of
# matrices add in another order, hence ten times that. One part in 2^20 in one tensor is a million times more.
TINY, MINILM, SMOLLM2 = 35, 24, 230
Units: TypeAlias = Callable[[Array, Array], float]
TEXTS = ["The residual stream is a sum.", "It's 2024: naïve café, 東京 & 12345!\n\tTabs  and   spaces <|im_end|> end"]
PROMPT = "Photosynthesis is the process by which"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["gpt2", "bert", "llama"])
def test_tiny_models_agree(
    name: str, dtype: str, units: Units, references: Mapping[str, Array], reference_folder: Path
) -> None:
    """A layout that is read wrongly, or a step of the model in the wrong place, would be another model."""
    model = load(reference_folder / name, dtype).model
    assert model.dtype == dtype
    assert units(model(references["tokens"]), references[name]) <= TINY


# What has no influence on the output, and why.
SILENT = {
    "gpt2": [],
    "bert": ["pooler.", "key.bias"],  # the pooler is not run; q.b is the same for all keys, and softmax takes it away
    "llama": [],
}


@pytest.mark.parametrize("name", ["gpt2", "bert", "llama"])
def test_every_tensor_matters(
    name: str,
    units: Units,
    tensors: Callable[[str], dict[str, Array]],
    references: Mapping[str, Array],
    reference_folder: Path,
) -> None:
    """The test above would notice one part in 2^20 in one tensor: so none is lost, read twice, or taken for another."""
    config = from_settings(read_object(reference_folder / name / "config.json"))
    given: dict[str, Any] = tensors(name)
    for key, value in given.items():
        changed = {**given, key: value * (1 + 2.0**-20)}
        output = Model.from_state_dict(config, changed, "float64")(references["tokens"])
        silent = any(part in key for part in SILENT[name])
        assert (units(output, references[name]) <= TINY) == silent, key


@pytest.mark.parametrize("i", [0, 1])
def test_minilm_agrees(i: int, units: Units, minilm: Checkpoint, references: Mapping[str, Array]) -> None:
    """The same for a model that people use, from the text on."""
    tokens = minilm.encode(TEXTS[i])
    assert tokens == references[f"minilm.{i}.tokens"].tolist()
    assert units(minilm.model(tokens), references[f"minilm.{i}"]) <= MINILM
    assert units(minilm.model.astype("float32")(tokens), references[f"minilm.{i}"]) <= MINILM


@pytest.mark.slow
@pytest.mark.parametrize("i", [0, 1])
def test_smollm2_agrees(i: int, units: Units, smollm2: Checkpoint, references: Mapping[str, Array]) -> None:
    """The same through GGUF: blocks of 4 and 8 bits, llama.cpp's order of queries and keys, and its tokenizer."""
    tokens = smollm2.encode(TEXTS[i])
    assert tokens == references[f"smollm2.{i}.tokens"].tolist()
    assert units(smollm2.model(tokens)[:, references["smollm2.columns"]], references[f"smollm2.{i}"]) <= SMOLLM2


@pytest.mark.slow
def test_each_weight_is_kept_once(smollm2: Checkpoint) -> None:
    """134.5 million weights of 8 bytes and no more: neither the unembedding nor the heads side by side are copies."""
    buffers = {}
    for value in [*smollm2.model.parameters.values(), *smollm2.model._flat.values()]:
        while isinstance(value.base, np.ndarray):
            value = value.base
        buffers[id(value)] = value.nbytes
    biases = sum(value.nbytes for name, value in smollm2.model.parameters.items() if is_bias(name))
    assert sum(buffers.values()) - biases == 134_515_008 * 8


@pytest.mark.slow
def test_smollm2_agrees_in_single_precision(
    units: Units, smollm2_single: Checkpoint, references: Mapping[str, Array]
) -> None:
    model = smollm2_single.model
    for i in range(2):
        output = model(references[f"smollm2.{i}.tokens"])
        assert units(output[:, references["smollm2.columns"]], references[f"smollm2.{i}"]) <= SMOLLM2


@pytest.mark.slow
def test_the_text_is_sensible(smollm2_single: Checkpoint, references: Mapping[str, Array]) -> None:
    """Twenty-four tokens that a reader can judge, the same that transformers chooses."""
    tokens = smollm2_single.encode(PROMPT)
    expected = references["smollm2.greedy"].tolist()
    assert expected[: len(tokens)] == tokens
    assert greedy(smollm2_single.model, tokens, count=len(expected) - len(tokens)) == expected[len(tokens) :]
    assert smollm2_single.decode(expected) == (
        "Photosynthesis is the process by which plants convert sunlight into energy. This process is essential for "
        "life on Earth, as it provides the energy needed to sustain life"
    )


def test_sentences_that_mean_the_same_are_near(minilm: Checkpoint) -> None:
    """What MiniLM is for: the mean of its outputs says how near two sentences are."""

    def direction(text: str) -> Array:
        mean: Array = minilm.model(minilm.encode(text)).mean(axis=0)
        return mean / np.linalg.norm(mean)

    cat, feline, tax = map(direction, ("A cat sits on the mat.", "The feline is on a rug.", "Taxes rose last year."))
    assert cat @ feline > 0.5 > 0.2 > cat @ tax
