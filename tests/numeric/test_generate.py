"""Greedy text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from numeric.config import Config
from numeric.errors import ModelError
from numeric.generate import greedy
from numeric.parameters import random_parameters
from numeric.transformer import Model

CONFIG = Config(n_layers=1, d_model=8, n_heads=2, d_mlp=16, d_vocab=11, n_ctx=6)


def test_each_token_is_the_likeliest_after_those_before_it() -> None:
    """Teacher forcing: one run over the whole text must choose the same tokens."""
    model = Model(CONFIG, random_parameters(CONFIG, scale=0.5))
    found = greedy(model, [3, 1], count=4)
    logits = model([3, 1, *found])
    assert found == logits[1:-1].argmax(axis=1).tolist()
    assert len(set(found)) > 1


def test_where_it_ends() -> None:
    """After so many tokens, after a token that stops, or where the context is full."""
    model = Model(CONFIG, random_parameters(CONFIG, scale=0.5))
    found = greedy(model, np.array([3, 1]), count=99)
    assert len(found) == 5  # the context has room for six, and after the sixth comes one more
    assert greedy(model, [3, 1], count=2) == found[:2]
    assert greedy(model, [3, 1], count=0) == []
    assert greedy(model, [3, 1], count=9, stop={found[1]}) == found[: found.index(found[1]) + 1]


def test_what_cannot_be_done() -> None:
    model = Model(CONFIG, random_parameters(CONFIG))
    with pytest.raises(ModelError, match="it must not be negative"):
        greedy(model, [1], count=-1)
    with pytest.raises(ModelError, match="the text has 7 tokens, the model takes at most 6"):
        greedy(model, [1] * 7, count=1)
    for other in (replace(CONFIG, unembed=False), replace(CONFIG, causal=False)):
        with pytest.raises(ModelError, match="this model predicts no next token"):
            greedy(Model(other, random_parameters(other)), [1], count=1)
