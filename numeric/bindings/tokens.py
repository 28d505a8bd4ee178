"""Causal layers token by token (TH-8): heads with recorded patterns, on the numbers inside a head.

A head with pattern A adds A X W_OV' to the stream. On what it keeps of a token, v = W_V x, that is v + A v (W_V W_O)',
with a matrix [d_head, d_head] in place of W_OV. All tokens' numbers stand in one vector, token by token.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import inverse
from .attention import heads, named
from .kept import layers
from .sharper import Sharp, sharp
from .steps import Steps

TOKENS = 3


def _letters(subject: Subject, layer: int, head: int) -> tuple[dict[str, Any], int]:
    """G, C and D of the first tokens; of a pattern that looks ahead, only what looks back is used."""
    steps, r = Steps.of(subject), subject.config.d_head
    count = min(TOKENS, len(subject.tokens))
    pattern = np.tril(steps.pattern(layer, head)[:count, :count])
    core = sharp(subject.w_v(layer, head)) @ subject.w_o(layer, head)
    basis = np.eye(count * r)
    inject = {k + 1: basis[:, k * r : (k + 1) * r] for k in range(count)}
    row: dict[int, Sharp] = {}
    own: dict[int, Sharp] = {}
    for k in range(count):
        weights = np.kron(pattern[k], np.ones((r, r)))
        row[k + 1] = sharp(Enclosure(np.tile(core.mid, count), np.tile(core.rad, count)) * weights)
        own[k + 1] = sharp(core * float(pattern[k, k]) + np.eye(r))
    return {"G": inject, "C": row, "D": own}, count


@bind("TH-8")
def substitution(subject: Subject) -> Iterator[Bound]:
    """A head over the first tokens, with the inverses of what it does to each token alone."""
    for layer, head in heads(subject, 1):
        letters, count = _letters(subject, layer, head)
        inverses = {k: sharp(inverse(own)) for k, own in letters["D"].items()}
        yield Bound(named(layer, head), {**letters, "S": inverses}, made="all", nats={"N": count})


@bind("TH-8a")
def diagonal(subject: Subject) -> Iterator[Bound]:
    """A head over the first tokens, with the inverse of what it does to all of them."""
    for layer, head in heads(subject, 1):
        letters, count = _letters(subject, layer, head)
        r = subject.config.d_head
        mid, rad = np.zeros((2, count * r, count * r))
        for k in range(count):
            here = slice(k * r, (k + 1) * r)
            row, own = letters["C"][k + 1], letters["D"][k + 1]
            mid[here, : k * r], rad[here, : k * r] = row.mid[:, : k * r], row.rad[:, : k * r]
            mid[here, here], rad[here, here] = own.mid, own.rad
        whole = inverse(Enclosure(mid, rad))
        yield Bound(named(layer, head), {**letters, "R": sharp(whole)}, made="all", nats={"N": count})


@bind("TH-8b", "TH-8c")
def factors(subject: Subject) -> Iterator[Bound]:
    """A head over the first tokens."""
    for layer, head in heads(subject, 1):
        letters, count = _letters(subject, layer, head)
        yield Bound(named(layer, head), letters, made="all", nats={"N": count})


@bind("TH-8e")
def first_token(subject: Subject) -> Iterator[Bound]:
    """All heads of a layer with their recorded patterns, on what they read, without the tokens before one."""
    if not subject.config.causal:
        raise Inapplicable("its attention looks ahead")
    steps, n = Steps.of(subject), len(subject.tokens)
    for i, layer in enumerate(layers(subject, 2)):
        token = min(i + 1, n - 1)
        x = steps.attention_source(layer).mid.copy()
        x[:token] = 0
        prior = np.diag((np.arange(n) < token).astype(float))
        letters: dict[str, Any] = {"X": x, "Q": prior, "e": np.eye(n)[token]}
        letters["A"] = {h + 1: steps.pattern(layer, h) for h in subject.heads}
        letters["W"] = {h + 1: subject.ov(layer, h) for h in subject.heads}
        where = f"attention {layer}, token {token}"
        yield Bound(where, letters, made=[1], model=[2], nats={"H": subject.config.n_heads})
