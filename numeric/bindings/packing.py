"""Too many directions for a claimed bound (VW-T5), and words of a code (TH-16)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import orthonormal_basis
from ..functions import Array
from .choices import coherence, numbered, quiet, reads, spread, units, writes
from .frames import seen_by_few
from .kept import layers, per_subject
from .made import above, dot, unit


@bind("VW-T5")
def nearly_parallel(subject: Subject) -> Iterator[Bound]:
    """What 4 neurons read of what 12 write, with a bound of the cosines that is near 1."""
    for layer in layers(subject, 2):
        s = seen_by_few(subject, layer, 4, 12)
        eps = max(coherence(s), Fraction(3, 4))
        if eps < 1:
            yield Bound(f"MLP {layer}", {"s": numbered(s), "eps": eps}, made={1}, nats={"n": len(s)})


@bind("VW-T5a")
def nearly_orthogonal(subject: Subject) -> Iterator[Bound]:
    """What neurons write, chosen for their small cosines, as many of 8 as the hypothesis allows."""
    for layer in layers(subject, 2):
        for n in range(8, 1, -1):
            s = units(quiet(subject, layer, n))
            eps = coherence(s)
            if (1 + subject.config.d_model) * eps * eps <= 1:
                yield Bound(f"MLP {layer}", {"s": numbered(s), "eps": eps}, made={1}, nats={"n": n})
                break


@bind("VW-T5b")
def at_two_thirds(subject: Subject) -> Iterator[Bound]:
    """What 8 neurons read of what others write, 19 of them with cosines of at most 2/3, as vectors of length 3."""
    yield from _too_many(subject, 8, 19, 2 / 3, 3.0)


@bind("VW-T5c")
def at_sixty_degrees(subject: Subject) -> Iterator[Bound]:
    """What 16 neurons read of what others write, 65 of them with cosines of at most 1/2, as vectors of length sqrt 2;
    of a small model, sums and differences of an orthonormal basis of what 8 neurons read."""
    yield from _too_many(subject, 16, 65, 1 / 2, np.sqrt(2))


def _too_many(subject: Subject, dimensions: int, count: int, cosine: float, length: float) -> Iterator[Bound]:
    for layer in layers(subject, 2):
        found = _found(subject, layer, dimensions, count, cosine)
        if found:
            squared = Enclosure(float(round(length * length))).sqrt()
            letters = {"s": numbered(squared * v for v in found)}
            yield Bound(f"MLP {layer}", letters, made={1}, nats={"n": count})
        elif min(subject.config.d_model, subject.config.d_mlp) >= 8:
            q = orthonormal_basis(reads(subject, layer, 8).mid[:, :8])
            roots = [q[:, [i]] + sign * q[:, [j]] for i, j in combinations(range(8), 2) for sign in (1.0, -1.0)]
            scale = (Enclosure(float(round(length * length))) / 2.0).sqrt()
            letters = {"s": numbered(scale * root for root in roots[:33])}
            yield Bound(f"MLP {layer}, roots", letters, made={1, 2}, nats={"n": 33})


@per_subject
def _found(subject: Subject, layer: int, dimensions: int, count: int, cosine: float) -> list[Enclosure]:
    """Unit vectors with smaller cosines, or nothing where the neurons that were tried have too few."""
    if min(subject.config.d_model, subject.config.d_mlp) < dimensions:
        return []
    w, v = reads(subject, layer, dimensions), writes(subject, layer, 4096)
    chosen = spread(w.mid @ v.mid, count, cosine * 0.999)
    if len(chosen) < count:
        return []
    return [unit(w @ v[:, [i]]) for i in chosen]


@bind("TH-16")
def words(subject: Subject) -> Iterator[Bound]:
    """What the heads of a layer were recorded to write for two tokens, each head in coordinates of its own: words
    whose letters are heads."""
    for layer in layers(subject, 2):
        z = subject.trace[f"blocks.{layer}.attn.hook_z"]
        u, v = (_apart(z[position]) for position in (0, -1))
        a = [above(dot(one, other)) for one, other in zip(v, u, strict=True)]
        letters = {"u": numbered(u), "v": numbered(v), "a": numbered(a)}
        yield Bound(f"heads of layer {layer}", letters, made={1, 2}, nats={"p": len(a)})


def _apart(z: Array) -> list[Array]:
    """The rows of [n_heads, d_head] as columns [n_heads d_head, 1], each in its own place and 0 elsewhere."""
    found = []
    for head in range(len(z)):
        alone = np.zeros(z.shape)
        alone[head] = z[head]
        found.append(alone.reshape(-1, 1))
    return found
