"""The peer of several benchmarks: a model of TransformerLens with the sizes of one of ours."""

from __future__ import annotations

from typing import Any

from numeric.config import Config


def hooked(config: Config, normalization: str | None, **choices: Any) -> Any:
    """A HookedTransformer with the tanh form of GELU and random weights.

    normalization: "LN", or None for no norms. choices: further settings of a HookedTransformerConfig. Raises
    ImportError where TransformerLens is missing; it is an earlier one than 4.0 that has such models.
    """
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    names = ("n_layers", "d_model", "n_heads", "d_head", "d_mlp", "d_vocab", "n_ctx")
    sizes = {name: getattr(config, name) for name in names}
    return HookedTransformer(
        HookedTransformerConfig(**sizes, act_fn="gelu_new", normalization_type=normalization, **choices)
    )
