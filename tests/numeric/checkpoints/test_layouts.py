"""State dicts: names of four kinds, arrays of any kind, and what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numeric.checkpoints import load
from numeric.checkpoints.configs import from_settings
from numeric.checkpoints.json_file import read_object
from numeric.config import Config
from numeric.errors import ModelError
from numeric.functions import Array
from numeric.parameters import is_bias, random_parameters, same_memory
from numeric.transformer import Model

Tensors = Callable[[str], dict[str, Array]]
GPT2 = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=12, d_vocab=5, n_ctx=4)
SHARED = Config(2, 8, 2, 12, 5, 4, n_kv_heads=1, norm="rms", activation="silu", gated=True, positions="rotary")


@pytest.fixture
def config(reference_folder: Path) -> Callable[[str], Config]:
    return lambda name: from_settings(read_object(reference_folder / name / "config.json"))


def refused(config: Config, given: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        Model.from_state_dict(config, given)


# ------------------------------------------------------------ what fits
@pytest.mark.parametrize("name", ["gpt2", "bert", "llama"])
def test_prefixes_do_not_matter(name: str, tensors: Tensors, config: Callable[[str], Config]) -> None:
    """The same model is saved with and without a head on top, and its names differ by a prefix."""
    given = tensors(name)
    bare = {key.removeprefix("transformer.").removeprefix("model."): value for key, value in given.items()}
    longer = {key if key.startswith(("cls.", "lm_head")) else f"wrapped.{key}": value for key, value in bare.items()}
    first, *others = (Model.from_state_dict(config(name), names) for names in (given, bare, longer))
    for other in others:
        assert all(np.array_equal(value, other.parameters[key]) for key, value in first.parameters.items())


def test_names_of_transformer_lens() -> None:
    """Its own names, with buffers among them, with an underscore for shared keys, with `embed.` for BERT."""
    given: dict[str, Any] = dict(random_parameters(GPT2))
    masks = {"blocks.0.attn.mask": np.ones((4, 4), bool), "blocks.0.attn.IGNORE": np.array(-np.inf)}
    model = Model.from_state_dict(GPT2, given | masks)
    assert all(np.array_equal(value, model.parameters[key]) for key, value in given.items())

    given = random_parameters(SHARED)
    renamed = {key.replace("W_K", "_W_K").replace("b_V", "_b_V"): value for key, value in given.items()}
    model = Model.from_state_dict(SHARED, renamed)
    assert all(np.array_equal(value, model.parameters[key]) for key, value in given.items())

    bert = replace(GPT2, residual="post", embedding_norm=True, n_types=2, final_norm=False, unembed=False)
    given = random_parameters(bert)
    theirs = {
        "embed.W_E": "embed.embed.W_E",
        "pos_embed.W_pos": "embed.pos_embed.W_pos",
        "embed.W_type": "embed.token_type_embed.W_token_type",
    }
    head = {"mlm_head.W": np.ones((8, 8), "float32"), "unembed.W_U": np.ones((8, 5), "float32")}
    model = Model.from_state_dict(bert, {theirs.get(key, key): value for key, value in given.items()} | head)
    assert all(np.array_equal(value, model.parameters[key]) for key, value in given.items())


def test_tensors_need_only_know_how_to_become_arrays() -> None:
    """PyTorch is known by what its tensors can do, and is never imported."""

    class Tensor:
        dtype = "torch.float32"

        def __init__(self, value: Array, log: list[str]) -> None:
            self.value, self.log = value, log

        def detach(self) -> Tensor:
            self.log.append("detach")
            return self

        def cpu(self) -> Tensor:
            self.log.append("cpu")
            return self

        def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
            return self.value

    log: list[str] = []
    given = random_parameters(GPT2)
    model = Model.from_state_dict(GPT2, {key: Tensor(value, log) for key, value in given.items()})
    assert np.array_equal(model([1, 2]), Model(GPT2, given)([1, 2]))
    assert log == ["detach", "cpu"] * len(given)


@pytest.mark.parametrize("name", ["gpt2", "bert", "llama"])
def test_nothing_is_copied(name: str, reference_folder: Path) -> None:
    """In the precision of the file a model takes no memory: heads are taken apart, and put together, as views."""
    model = load(reference_folder / name, "float32").model
    for key, value in model.parameters.items():
        assert not value.flags.owndata or (is_bias(key) and not value.any()), key  # a bias that no file has is 0
    assert all(np.shares_memory(flat, model.parameters[key]) for key, flat in model._flat.items())


# ------------------------------------------------------------ tied embeddings
def test_a_tied_unembedding_is_a_view(reference_folder: Path) -> None:
    """SmolLM2 would take a quarter more memory, and the two could come to differ."""
    model = load(reference_folder / "gpt2").model
    for each in (model, model.astype("float32"), Model(model.config, model.parameters)):
        assert same_memory(each.parameters["unembed.W_U"], each.parameters["embed.W_E"].T)


def test_tied_embeddings_that_differ(tensors: Tensors, config: Callable[[str], Config]) -> None:
    """A file that says one thing in its configuration and another in its tensors is not one model."""
    given, tied = tensors("gpt2"), config("gpt2")
    same = given | {"lm_head.weight": given["transformer.wte.weight"].copy()}
    assert Model.from_state_dict(tied, same).config.tied
    refused(tied, given | {"lm_head.weight": same["lm_head.weight"] + 1}, "lm_head.weight differs from the embedding")
    parameters = dict(Model.from_state_dict(tied, given).parameters)
    parameters["unembed.W_U"] = parameters["unembed.W_U"] + 1
    with pytest.raises(ModelError, match=r"unembed.W_U differs from embed.W_E transposed"):
        Model(tied, parameters)
    assert Model(replace(tied, tied=False), parameters)([1]).shape == (1, 37)


def test_types_of_tokens_are_embedded(tensors: Tensors, config: Callable[[str], Config]) -> None:
    """Type 0 is added before the positions, as transformers does it; it is a value of the run like others."""
    model = Model.from_state_dict(config("bert"), tensors("bert"))
    _, trace = model.run([3, 1, 4], ["hook_*embed"])
    assert list(trace) == ["hook_embed", "hook_token_type_embed", "hook_pos_embed", "hook_full_embed"]
    assert np.array_equal(trace["hook_token_type_embed"], model.parameters["embed.W_type"][[0, 0, 0]])


# ------------------------------------------------------------ what does not
MISSING = {
    "gpt2": ("transformer.h.1.attn.c_attn.weight", "24 x 72"),
    "bert": ("embeddings.token_type_embeddings.weight", "2 x 24"),
    "llama": ("model.layers.1.self_attn.k_proj.weight", "16 x 24"),
}


@pytest.mark.parametrize("name", MISSING)
def test_tensors_that_are_missing_or_wrong(name: str, tensors: Tensors, config: Callable[[str], Config]) -> None:
    """The message names the tensor as the file does, and says what was expected."""
    given, (which, shape) = tensors(name), MISSING[name]
    without = {key: value for key, value in given.items() if key != which}
    refused(config(name), without, f"the tensor {which} is missing; expected {shape}")
    flat = given | {which: given[which].ravel()}
    refused(config(name), flat, f"the tensor {which} is {given[which].size}, expected {shape}")
    turned = given | {which: given[which].T}
    rows, columns = given[which].shape
    refused(config(name), turned, f"the tensor {which} is {columns} x {rows}, expected {shape}")
    for bad in (np.nan, np.inf, -np.inf):
        value = given[which].copy()
        value[-1, -1] = bad
        refused(config(name), given | {which: value}, f"the tensor {which} has an entry that is infinite or no number")
    whole = given | {which: given[which].astype(int)}
    refused(config(name), whole, f"the tensor {which} has numbers of the kind int64, expected floating-point numbers")
    refused(config(name), given | {"more.weight": np.ones(3)}, "the tensor more.weight belongs to no part of this")
    refused(config(name), given | {which: "text"}, f"the tensor {which} is no array but a str")


def test_a_layer_too_many(tensors: Tensors, config: Callable[[str], Config]) -> None:
    """A configuration of fewer layers than the file has would run a part of the model as if it were all."""
    refused(replace(config("llama"), n_layers=1), tensors("llama"), "model.layers.1.input_layernorm.weight belongs to")
    refused(replace(config("llama"), n_layers=3), tensors("llama"), "model.layers.2.input_layernorm.weight is missing")


def test_no_layout(config: Callable[[str], Config]) -> None:
    refused(GPT2, {"weight": np.ones(3)}, "the tensors are in no layout known here")
    refused(GPT2, {}, "the tensors are in no layout known here")


def test_numbers_too_large_for_the_precision(tensors: Tensors, config: Callable[[str], Config]) -> None:
    """1e300 is a number in double precision and infinite in single."""
    given = {key: value.astype("float64") for key, value in tensors("llama").items()}
    given["model.norm.weight"][3] = 1e300
    with pytest.raises(ModelError, match=r"model.norm.weight has an entry that is too large for float32"):
        Model.from_state_dict(config("llama"), given, "float32")


def test_mixed_precisions(tensors: Tensors, config: Callable[[str], Config]) -> None:
    """Without a precision to convert to, which one to compute in would be a guess."""
    given = tensors("llama")
    given["model.norm.weight"] = given["model.norm.weight"].astype("float64")
    refused(
        config("llama"), given, "all parameters must have one floating-point precision, these have float32, float64"
    )
    assert Model.from_state_dict(config("llama"), given, "float64").dtype == np.float64
