"""Text from a model, always with the likeliest next token."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .errors import ModelError
from .functions import Array
from .transformer import Model


def greedy(model: Model, tokens: Sequence[int] | Array, count: int, stop: Collection[int] = ()) -> list[int]:
    """At most `count` tokens that follow, each the likeliest after those before it; the first, where two are.

    It ends before `count` after a token of `stop`, or where the context is full. The model is run anew for every token,
    so that each number is that of an ordinary run. Raises ModelError for a model that predicts no next token, and for a
    text that the model cannot read.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=1, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> len(greedy(Model(config, random_parameters(config)), [3, 1], count=9))
    3
    """
    if not (model.config.unembed and model.config.causal):
        raise ModelError("this model predicts no next token: it has no unembedding, or reads in both directions")
    if count < 0:
        raise ModelError(f"the number of tokens is {count}, it must not be negative")
    text = [int(token) for token in tokens]
    found: list[int] = []
    while len(found) < count:
        found.append(int(model(text)[-1].argmax()))
        text.append(found[-1])
        if found[-1] in stop or len(text) > model.config.n_ctx:
            break
    return found
