"""Small random models of every architecture, for the tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from numeric.config import Config
from numeric.functions import Array
from numeric.parameters import random_parameters
from numeric.transformer import Model

SMALL: dict[str, Any] = {"n_layers": 2, "d_model": 8, "n_heads": 4, "d_mlp": 16, "d_vocab": 11, "n_ctx": 6}


def model_of(seed: int = 0, dtype: str = "float64", **choices: Any) -> Model:
    """A model of the small sizes with these settings; weights are large enough for all of it to matter."""
    config = Config(**{**SMALL, **choices})
    return Model(config, random_parameters(config, seed, dtype, scale=0.5))


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Any architecture at tiny sizes, equal and unequal ones, and with heads that do not fill the stream."""
    positions = draw(st.sampled_from(("learned", "sinusoidal", "rotary", "none")))
    shared, n_kv_heads = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    unembed = draw(st.booleans())
    return Config(
        n_layers=draw(st.sampled_from((1, 2, 0))),
        d_model=draw(st.integers(1, 5)),
        n_heads=shared * n_kv_heads,
        n_kv_heads=n_kv_heads,
        d_head=draw(st.integers(1, 2)) * 2 if positions == "rotary" else draw(st.integers(1, 3)),
        d_mlp=draw(st.integers(1, 5)),
        d_vocab=draw(st.integers(1, 5)),
        n_ctx=draw(st.sampled_from((4, 6, 1))),
        residual=draw(st.sampled_from(("post", "pre", "pre-as-printed"))),
        norm=draw(st.sampled_from(("layer", "rms"))),
        eps=draw(st.sampled_from((1e-5, 1e-12, 0.1))),
        activation=draw(st.sampled_from(("relu", "gelu", "gelu_tanh", "silu"))),
        gated=draw(st.booleans()),
        positions=positions,
        rotary_base=draw(st.sampled_from((10000.0, 7.0))),
        causal=draw(st.booleans()),
        embedding_norm=draw(st.booleans()),
        final_norm=draw(st.booleans()),
        n_types=draw(st.integers(0, 2)),
        unembed=unembed,
        tied=unembed and draw(st.booleans()),
    )


@st.composite
def models(draw: st.DrawFn) -> tuple[Model, list[int]]:
    """A model with random weights in double precision, and a text for it."""
    config = draw(configs())
    model = Model(config, random_parameters(config, draw(st.integers(0, 2**16)), "float64", scale=0.7))
    n = config.n_ctx - draw(st.integers(0, config.n_ctx // 3))
    tokens = draw(st.lists(st.integers(0, config.d_vocab - 1), min_size=n, max_size=n))
    return model, tokens


def close(found: Array, expected: Any) -> None:
    """Equal up to rounding in double precision, which these sizes amplify little."""
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
