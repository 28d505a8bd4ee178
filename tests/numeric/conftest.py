"""Models small enough for tests, one of every architecture, with a run over a few tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from formal.book import BOOK
from numeric.claims.audit import HOLDS, REFUTED, WITHIN, audit
from numeric.claims.binding import UNBOUND
from numeric.claims.subject import Subject
from numeric.config import Config
from numeric.parameters import random_parameters
from numeric.transformer import Model

Tiny: TypeAlias = Callable[..., Subject]
TOKENS = [3, 1, 4, 1, 5]
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "bert": {"residual": "post", "causal": False, "embedding_norm": True, "final_norm": False, "unembed": False},
    "gpt2": {"residual": "pre"},
    "llama": {"norm": "rms", "gated": True, "activation": "silu", "positions": "rotary", "n_kv_heads": 2},
    "printed": {"residual": "pre-as-printed", "activation": "relu"},
}


def tiny_subject(seed: int = 0, scale: float = 0.3, tokens: list[int] = TOKENS, **choices: Any) -> Subject:
    """A model in double precision with random weights: 4 layers, 4 heads, d_model = 16."""
    sizes = {"n_layers": 4, "d_model": 16, "n_heads": 4, "d_mlp": 24, "d_vocab": 20, "n_ctx": 8}
    config = Config(**{"activation": "gelu_tanh", **sizes, **choices})
    return Subject("tiny", Model(config, random_parameters(config, seed, "float64", scale)), tokens)


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    """A function that makes such a model from the choices of a Config: tiny(residual="post", gated=True)."""
    return tiny_subject


@pytest.fixture(scope="session", params=ARCHITECTURES)
def every(request: pytest.FixtureRequest) -> Subject:
    """A tiny model of each architecture in turn."""
    return tiny_subject(**ARCHITECTURES[request.param])


@pytest.fixture(scope="session")
def as_the_book_says() -> Callable[..., None]:
    """Reads all claims of a topic on a model: a proved claim must hold, with its equations within a small width, and a
    false one be refuted."""

    def check(subject: Subject, topic: str) -> None:
        claims = [claim for claim in BOOK.claims.values() if claim.topic.rpartition(".")[2] == topic]
        assert claims, f"no topic is called {topic}"
        for found in audit(subject, claims):
            claim = found.claim
            if claim.id in UNBOUND:
                continue
            false = claim.disproof is not None or claim.witness is not None
            wanted = {REFUTED} if false else {HOLDS, WITHIN}
            assert found.status in wanted, f"{claim.id} is {found.status or found.reason} on {subject.name}"
            assert found.width < 1e-10, f"{claim.id} holds within {found.width:.1e} only"

    return check


@pytest.fixture(scope="session")
def status() -> Callable[[Subject, str], str]:
    """What a claim is called on a model."""
    return lambda subject, id: audit(subject, [BOOK.claims[id]])[0].status
