"""Determinants (TH-8, TH-10): heads as layers of a sequence, in the coordinates of their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..enclosures.determinant import determinant
from ..enclosures.enclosure import concatenate
from ..enclosures.sliced import product
from .letters import Head, calmest, injections, neurons, one_a_layer

TOKENS = 2


def quiet(subject: Subject) -> list[Head]:
    """A head which, as a layer in the coordinates of its values, is furthest from singular among a few."""
    return calmest(one_a_layer(subject, 8), lambda h: np.eye(h.read.shape[0]) + h.read.mid @ h.write.mid, 1)


def causal(subject: Subject, h: Head) -> dict[str, Any]:
    """How the second token is updated by a head, (I + A_22 M) u, with its read A_21 M of the first one, where u = W_V x
    are the values of the head, M = W_V W_O turns what it writes to values again, and A is its pattern."""
    if len(subject.tokens) < TOKENS:
        raise Inapplicable("the text has one token only")
    A = subject.trace[f"blocks.{h.layer}.attn.hook_pattern"][h.number][TOKENS - 1]
    M = product(h.read, h.write)
    k = len(M)
    G = injections([k] * TOKENS)[-1]
    P = np.diag(np.repeat([1.0, 0.0], k))
    C = concatenate([M * float(A[s]) for s in range(TOKENS)], axis=1)
    return {"G": G, "P": P, "C": C, "D": np.eye(k) + M * float(A[TOKENS - 1]), "delta": determinant}


@bind("TH-8d")
def tokens_one_by_one(subject: Subject) -> Iterator[Bound]:
    """The update of a token by a head, with the pattern as recorded."""
    for h in quiet(subject):
        yield Bound(f"{h.name}, token {TOKENS}", causal(subject, h), made="all")


@bind("TH-10a")
def reads_of_others(subject: Subject) -> Iterator[Bound]:
    """What a token reads of the tokens before it, which a second look at them would not find."""
    for h in quiet(subject):
        letters = causal(subject, h)
        N = product(letters["G"], product(letters["C"], letters["P"]))
        yield Bound(f"{h.name}, token {TOKENS}", {"N": N, "delta": determinant}, made="all")


@bind("TH-10b")
def back_and_forth(subject: Subject) -> Iterator[Bound]:
    """The virtual weights between a few neurons of two MLPs, one way and the other."""
    for i, j in subject.pairs(2):
        (r1, w1), (r2, w2) = ((neurons(subject.read(at), 8), neurons(subject.write(at), 8)) for at in (i, j))
        V, W = product(r2, w1), product(r1, w2)
        E, F = injections([len(V), len(W)])
        letters: dict[str, Any] = {"V": V, "W": W, "E": E, "F": F, "delta": determinant}
        yield Bound(f"MLP {i} -> MLP {j}", letters, made="all")
