"""Logits in exact real arithmetic: the same function as the model's, for every architecture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from numeric.config import Config
from numeric.enclosures.fixed import NotEnoughBits, fixed
from numeric.enclosures.precise import exact_logits
from numeric.errors import ModelError
from numeric.parameters import random_parameters
from numeric.transformer import Model

from .models import models

SIZES: dict[str, Any] = {"n_layers": 2, "d_model": 12, "n_heads": 4, "d_mlp": 10, "d_vocab": 7, "n_ctx": 6}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "gpt2": {},
    "bert": {"residual": "post", "activation": "gelu", "causal": False, "embedding_norm": True, "n_types": 2},
    "bert without unembedding": {"residual": "post", "causal": False, "final_norm": False, "unembed": False},
    "llama": {"norm": "rms", "activation": "silu", "gated": True, "positions": "rotary", "n_kv_heads": 2, "d_head": 4},
    "as printed": {"residual": "pre-as-printed", "activation": "relu", "positions": "none"},
    "sinusoidal": {"positions": "sinusoidal"},
}
TEXT = [3, 1, 4, 1]


def made(name: str, dtype: str = "float64") -> Model:
    """A small model whose attention and activations are far from linear."""
    config = Config(**SIZES, **ARCHITECTURES[name])
    return Model(config, random_parameters(config, dtype=dtype, scale=0.5))


@given(models())
def test_agrees_with_the_run(drawn: tuple[Model, list[int]]) -> None:
    """A formula that differs from the transformer's would certify something about another function."""
    model, text = drawn
    exact = exact_logits(model, text, 200)
    assert exact.rad.max() < 1e-25
    assert (exact - fixed(model(text), 200)).maximum() < 1e-11


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_more_bits_lie_inside(name: str) -> None:
    """The balls of a coarse evaluation contain those of a fine one, or one of both is wrong."""
    model = made(name)
    coarse, fine = exact_logits(model, TEXT, 100), exact_logits(model, TEXT, 400)
    distance = [abs((m << 300) - f) for m, f in zip(coarse.mid.flat, fine.mid.flat, strict=True)]
    assert all(d <= int(r * 2.0**400) for d, r in zip(distance, coarse.rad.flat, strict=True))


def test_single_precision_is_a_rational_too() -> None:
    """The exact function is that of the parameters, in whatever precision they are held."""
    model = made("gpt2", "float32")
    a, b = exact_logits(model, TEXT, 128), exact_logits(model.astype(np.float64), TEXT, 128)
    assert (a.mid == b.mid).all()
    assert 1e-9 < (a - fixed(model(TEXT), 128)).maximum() < 1e-4


def test_too_deep_for_the_bits() -> None:
    """Radii that have swallowed the values end the evaluation."""
    config = Config(**{**SIZES, "n_layers": 12})
    model = Model(config, random_parameters(config, dtype="float64", scale=1.0))
    with pytest.raises(NotEnoughBits, match="64 bits"):
        exact_logits(model, TEXT, 64)


def test_tokens_are_checked() -> None:
    """Bad input is the same error as in a run."""
    with pytest.raises(ModelError, match="token 7"):
        exact_logits(made("gpt2"), [7], 128)
