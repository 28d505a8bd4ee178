"""Eigenvalues and singular values of virtual weights (VW-L6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind, unbound
from ..claims.subject import Subject, some
from ..enclosures import sharp
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import orthonormal_basis
from .angles import across
from .choices import core, ov, reads, strongest_deleters, writes, x
from .kept import layers
from .made import column, dot, real_eigenpairs, unit

unbound("a virtual weight maps one layer's hidden units to another's: W_j V_i h = lam h does not type", "VW-L6")


def heads(subject: Subject, most: int) -> list[tuple[int, int]]:
    """Some heads, as layer and head."""
    found = some([(i, h) for i in subject.layers for h in subject.heads], most)
    if not found:
        raise Inapplicable("the model has no heads")
    return found


@bind("VW-L6a")
def nilpotent(subject: Subject) -> Iterator[Bound]:
    """Two neurons' reads, and two earlier neurons' writes of which the first is made invisible to both, the second
    to the second only."""
    for i, k in subject.pairs(3):
        w, v = reads(subject, k, 2), writes(subject, i, 2)
        if min(w.shape[0], v.shape[1]) < 2:
            raise Inapplicable("an MLP of one neuron")
        both, second = orthonormal_basis(w.T), unit(w[1])
        first = v[:, [0]] - both @ (both.T @ v[:, [0]])
        other = v[:, [1]] - second @ (second.T @ v[:, [1]])
        made = Enclosure(np.hstack([first.mid, other.mid]), np.hstack([first.rad, other.rad]))
        yield Bound(f"MLP {i} -> MLP {k}", {"V_i": made, "W_j": w}, made={1})


@bind("VW-L6b")
def only_eigenvalue(subject: Subject) -> Iterator[Bound]:
    """What a neuron would do that does not read what it writes: v w', with what it writes as the eigenvector."""
    for layer in layers(subject, 3):
        w, v = column(subject.read(layer)[0]), column(subject.write(layer)[:, 0])
        blind = w - v * (dot(v, w) / dot(v, v))
        yield Bound(f"neuron {layer}.0", {"N": v @ blind.T, "lam": 0.0, "v": v}, made={1, 2})


@bind("VW-L6c")
def real_eigenvector(subject: Subject) -> Iterator[Bound]:
    """What a head's values read of an earlier head's writes, with a real eigenvector where one is proven: that there
    is none would have to be shown for all."""
    for i, h, k, g in across(subject, 4):
        w, v = subject.w_v(k, g), subject.w_o(i, h)
        pairs = real_eigenpairs(sharp.product(w, v), 1)
        if pairs:
            tried: dict[str, list[Any]] = {"lam": [pairs[0][0]], "v": [pairs[0][1]]}
            yield Bound(f"head {i}.{h} -> head {k}.{g}", {"V_i": v, "W_j": w}, tried=tried)


@bind("VW-L6d")
def singular_values(subject: Subject) -> Iterator[Bound]:
    """What a head's values read of an earlier head's writes, in orthonormal bases near its singular vectors, and an
    eigenvector of what it is there."""
    for i, h, k, g in across(subject, 2):
        virtual = sharp.product(subject.w_v(k, g), subject.w_o(i, h))
        left, _, right = np.linalg.svd(virtual.mid)
        u, v = orthonormal_basis(left), orthonormal_basis(right.T)
        s = sharp.product(u.T, sharp.product(virtual, v))
        pairs = real_eigenpairs(s, 1)
        if pairs:
            letters = {"U": u, "V": v, "S": s, "X": virtual, "sigma": pairs[0][0], "e": pairs[0][1]}
            yield Bound(f"head {i}.{h} -> head {k}.{g}", letters, made="all")


@bind("VW-L6e")
def antisymmetric_part(subject: Subject) -> Iterator[Bound]:
    """W_V W_O of heads, and what some neurons read of the same neurons' writes."""
    for layer, head in heads(subject, 4):
        yield Bound(f"head {layer}.{head}", {"M": core(subject, layer, head)})
    for i, k in subject.pairs(2):
        yield Bound(f"MLP {i} -> MLP {k}", {"M": reads(subject, k, 64) @ writes(subject, i, 64)})


@bind("VW-L6f")
def both_sides(subject: Subject) -> Iterator[Bound]:
    """W_O and W_V of heads with negative eigenvalues: powers of W_O W_V and of W_V W_O."""
    for e in strongest_deleters(subject, 2):
        letters = {"V": subject.w_o(e.layer, e.head), "W": subject.w_v(e.layer, e.head)}
        yield Bound(f"head {e.layer}.{e.head}", letters, nats={"L": 1})


@bind("VW-L6g")
def carried_over(subject: Subject) -> Iterator[Bound]:
    """W_O and W_V of heads with negative eigenvalues, and an eigenvector of each."""
    for e in strongest_deleters(subject, 3):
        letters = {"V": subject.w_o(e.layer, e.head), "W": subject.w_v(e.layer, e.head)}
        yield Bound(e.where, {**letters, "lam": e.value, "x": e.vector}, made={1})


@bind("VW-L6h")
def rescaled(subject: Subject) -> Iterator[Bound]:
    """What a head's values read of an earlier head's writes, before and after the earlier one is rescaled by 2."""
    for i, h, k, g in across(subject, 3):
        two = 2.0 * np.eye(subject.config.d_head)
        letters = {"V_i": subject.w_o(i, h), "W_j": subject.w_v(k, g), "A": two / 4, "B": two}
        yield Bound(f"head {i}.{h} -> head {k}.{g}", letters, made="all")


@bind("VW-L6j")
def rotated_stream(subject: Subject) -> Iterator[Bound]:
    """W_OV of heads, and the stream reflected at what a token has in it."""
    for layer, head in heads(subject, 2):
        u = unit(x(subject, layer))
        reflection = np.eye(subject.config.d_model) - 2.0 * (u @ u.T)
        yield Bound(f"head {layer}.{head}", {"R": reflection, "T": ov(subject, layer, head)}, made={1})
