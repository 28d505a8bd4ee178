"""Every recorded value beside TransformerLens, where it is installed (before 4.0, with PyTorch)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from numeric.transformer import Model

from .models import SMALL, model_of

TEXT = [3, 1, 4, 1, 5]
SIZES = {**SMALL, "d_head": 2}
LLAMA: dict[str, Any] = {
    "act_fn": "silu",
    "normalization_type": "RMS",
    "positional_embedding_type": "rotary",
    "rotary_dim": 2,
    "n_key_value_heads": 2,
    "gated_mlp": True,
    "final_rms": True,
}


@pytest.fixture
def lens() -> Any:
    """TransformerLens with its first interface; importing it takes seconds, so that only its tests do."""
    found = pytest.importorskip("transformer_lens")
    if not hasattr(found, "HookedTransformer"):
        pytest.skip("this TransformerLens has no HookedTransformer")
    return found


def config_of(lens: Any, **options: Any) -> Any:
    """The small sizes in double precision."""
    import torch

    return lens.HookedTransformerConfig(**SIZES, dtype=torch.float64, **options)


def compare(model: Model, peer: Any, pairs: dict[str, str]) -> None:
    """All that the peer computes from our weights, in double precision; `pairs` has its names where they differ."""
    import torch

    state = peer.state_dict()
    for name, value in model.parameters.items():
        theirs = pairs.get(name, name)
        if theirs not in state:  # the heads of grouped keys stand behind an underscore
            theirs = ".".join((*name.split(".")[:-1], f"_{name.split('.')[-1]}"))
        state[theirs].copy_(torch.tensor(np.ascontiguousarray(value)))
    with torch.no_grad():
        _, cache = peer.run_with_cache(torch.tensor([TEXT]))
    _, trace = model.run(TEXT)
    names = [name for name in cache if model.config.unembed or not name.startswith(("mlm_head", "unembed"))]
    assert len(names) >= 40
    for name in names:
        found, expected = trace[pairs.get(name, name)], cache[name][0].numpy()
        assert found.shape == expected.shape, name
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["relu", "gelu", "gelu_tanh", "silu"])
def test_a_gpt2_is_that_of_transformerlens(lens: Any, activation: str) -> None:
    """The field's own implementation calls the same values by the same names."""
    act_fn = {"gelu_tanh": "gelu_new"}.get(activation, activation)
    config = config_of(lens, act_fn=act_fn, normalization_type="LN")
    compare(model_of(activation=activation), lens.HookedTransformer(config), {})


@pytest.mark.slow
def test_a_llama_is_that_of_transformerlens(lens: Any) -> None:
    """RMSNorm, rotary positions, grouped queries, SwiGLU."""
    model = model_of(norm="rms", positions="rotary", n_kv_heads=2, gated=True, activation="silu")
    compare(model, lens.HookedTransformer(config_of(lens, **LLAMA)), {})


@pytest.mark.slow
def test_a_bert_is_that_of_transformerlens(lens: Any) -> None:
    """The post-norm block, bidirectional, with types of tokens and a norm of the embeddings."""
    shape: dict[str, Any] = {"residual": "post", "causal": False, "embedding_norm": True, "n_types": 2}
    model = model_of(**shape, final_norm=False, unembed=False, activation="gelu")
    config = config_of(
        lens, act_fn="gelu", normalization_type="LN", attention_dir="bidirectional", eps=model.config.eps
    )
    pairs = {f"embed.hook_{kind}embed": f"hook_{kind}embed" for kind in ("", "pos_", "token_type_")}
    pairs |= {"embed.W_E": "embed.embed.W_E", "pos_embed.W_pos": "embed.pos_embed.W_pos"}
    pairs |= {"embed.W_type": "embed.token_type_embed.W_token_type"}
    compare(model, lens.HookedEncoder(config, move_to_device=False), pairs)
