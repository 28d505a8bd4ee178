"""Determinants (TH-8, TH-10): heads as layers of a sequence, in the coordinates of their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..binding import Bound, Inapplicable, bind
from ..determinant import determinant
from ..enclosure import concatenate
from ..sliced import product
from ..subject import Subject
from .letters import Head, injections, named, one_a_layer

TOKENS = 3


def causal(subject: Subject, h: Head) -> dict[str, Any]:
    """How the third token is updated by a head, u + A_33 M u + its reads A_31 M, A_32 M of the tokens before it, where
    u = W_V x are the values of a head, M = W_V W_O turns what it writes to values again, and A is its pattern."""
    if len(subject.tokens) < TOKENS:
        raise Inapplicable("the text has less than three tokens")
    A = subject.trace[f"blocks.{h.layer}.attn.hook_pattern"][h.number][TOKENS - 1]
    M = product(h.read, h.write)
    k = len(M)
    G = injections([k] * TOKENS)[-1]
    P = np.diag(np.repeat([1.0, 1.0, 0.0], k))
    C = concatenate([M * float(A[s]) for s in range(TOKENS)], axis=1)
    return {"G": G, "P": P, "C": C, "D": np.eye(k) + M * float(A[TOKENS - 1]), "delta": determinant}


@bind("TH-8d")
def tokens_one_by_one(subject: Subject) -> Iterator[Bound]:
    """The update of a token by a head, with the pattern as recorded."""
    for h in one_a_layer(subject, 2):
        yield Bound(f"{h.name}, token {TOKENS}", causal(subject, h), made="all")


@bind("TH-10a")
def reads_of_others(subject: Subject) -> Iterator[Bound]:
    """What a token reads of the tokens before it, which a second look at them would not find."""
    for h in one_a_layer(subject, 2):
        letters = causal(subject, h)
        N = product(letters["G"], product(letters["C"], letters["P"]))
        yield Bound(f"{h.name}, token {TOKENS}", {"N": N, "delta": determinant}, made="all")


@bind("TH-10b")
def back_and_forth(subject: Subject) -> Iterator[Bound]:
    """The virtual weights between two heads, one way and the other."""
    one, two, *_ = one_a_layer(subject, 2, least=2)
    V, W = product(two.read, one.write), product(one.read, two.write)
    E, F = injections([V.shape[0], V.shape[1]])
    letters: dict[str, Any] = {"V": V, "W": W, "E": E, "F": F, "delta": determinant}
    yield Bound(named([one, two]), letters, made="all")
