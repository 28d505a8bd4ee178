"""How many directions fit: Welch bounds and their matrix forms (TH-14, TH-15, TH-18a, TH-20a)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise
from math import comb, factorial, prod
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..claims.weights import Weight
from ..enclosures import sharp
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import left_inverse, orthonormal_basis
from ..functions import Array
from .angles import written
from .choices import coherence, embeddings, few, numbered, quiet, reads, writes
from .kept import layers
from .made import above, dot, normalised


def seen_by_few(subject: Subject, layer: int, dimensions: int, count: int) -> list[Enclosure]:
    """What a few neurons read of what others write, as unit vectors of so few dimensions: more than are independent."""
    virtual = sharp.product(reads(subject, layer, dimensions), writes(subject, layer, count))
    found = normalised(virtual)
    return [found[:, [i]] for i in range(found.shape[1])]


@bind("TH-14")
def welch(subject: Subject) -> Iterator[Bound]:
    """What neurons write, and what the tokens of the text are embedded as."""
    for layer in layers(subject, 2):
        yield Bound(f"writes of MLP {layer}", {"S": writes(subject, layer, 512)})
    yield Bound("embeddings", {"S": embeddings(subject)})


@bind("TH-14a")
def coherence_and_count(subject: Subject) -> Iterator[Bound]:
    """What 8 neurons read of what 16 write: more directions than dimensions."""
    for layer in layers(subject, 2):
        s = seen_by_few(subject, layer, 8, 16)
        letters = {"s": numbered(s), "eps": coherence(s)}
        yield Bound(f"MLP {layer}", letters, made={2}, nats={"n": len(s)})


@bind("TH-14b")
def trace_norm_rank(subject: Subject) -> Iterator[Bound]:
    """W_OV of heads, whose ranks are exact, and what as many neurons read as the stream has dimensions."""
    for layer in layers(subject, 3):
        yield Bound(f"head {layer}.0", {"M": subject.ov(layer, 0)})
    if subject.config.d_mlp >= subject.config.d_model:
        yield Bound("reads of MLP 0", {"M": Weight(subject.read(layers(subject, 1)[0]).mid[: subject.config.d_model])})


@bind("TH-14d")
def welch_of_every_order(subject: Subject) -> Iterator[Bound]:
    """What 4 neurons read of what 16 write."""
    for layer in layers(subject, 2):
        s = seen_by_few(subject, layer, 4, 16)
        letters = {"s": numbered(s), "eps": coherence(s)}
        for k in (1, 2, 3):
            yield Bound(
                f"MLP {layer}, order {k}", letters, made={1}, nats={"n": len(s), "k": k, "e": len(s[0].mid) - 1}
            )


@bind("TH-14e")
def near_the_identity(subject: Subject) -> Iterator[Bound]:
    """What neurons read, and what they write scaled so that each reads 1 of its own."""
    for layer in layers(subject, 2):
        w, v = reads(subject, layer, 12), writes(subject, layer, 12)
        own = (w * v.T).sum(axis=1)
        t = v / own.reshape(1, -1)
        cross = w @ t
        outside = cross.magnitude()
        np.fill_diagonal(outside, 0)
        b = above(outside) ** 2
        n = len(w.mid)
        letters = {"a": numbered(w[[i]].T for i in range(n)), "t": numbered(t[:, [i]] for i in range(n)), "b": b}
        yield Bound(f"MLP {layer}", letters, made={1}, nats={"n": n})


@bind("TH-18a")
def projections(subject: Subject) -> Iterator[Bound]:
    """What a head writes, with the orthogonal projection on its span."""
    for layer in layers(subject, 2):
        m = subject.w_o(layer, 0)
        g = left_inverse(m)
        yield Bound(f"head {layer}.0", {"M": m}, tried={"P": [m @ g], "G": [g]})


@bind("TH-20a")
def forced_overlap(subject: Subject) -> Iterator[Bound]:
    """The orthogonal projections onto what the heads of a layer write, and some of the next: more than fit apart."""
    heads = [(layer, head) for layer in subject.layers for head in subject.heads]
    wanted = subject.config.d_model // subject.config.d_head + 1
    bases = [written(subject, layer, head) for layer, head in heads[: min(wanted, 14)]]
    if not bases:
        raise Inapplicable("the model has no heads")
    overlaps = [(a.T @ b).norm2() for i, a in enumerate(bases) for b in bases[:i]]
    c = max((above(o) for o in overlaps), default=Fraction(1))
    letters = {"P": numbered(q @ q.T for q in bases), "r": subject.config.d_head, "c": c}
    yield Bound(f"{len(bases)} heads", letters, made={2, 3}, nats={"n": len(bases)})


# ---------------------------------------------------------------- powers of inner products
@bind("TH-15")
def equiangular(subject: Subject) -> Iterator[Bound]:
    """What neurons write made orthonormal, and the corners of the simplex on it, as unit vectors."""
    for layer in layers(subject, 2):
        n = max(few(subject), 2)
        q = orthonormal_basis(quiet(subject, layer, n))
        corners = q @ (n * np.eye(n) - 1) / Enclosure(float(n * (n - 1))).sqrt()
        letters = {"s": numbered(corners[:, [i]] for i in range(n)), "c": Fraction(1, (n - 1) ** 2)}
        if n > 2:
            yield Bound(f"MLP {layer}", letters, made={1, 2}, nats={"n": n})
        orthogonal = {"s": numbered(q[:, [i]] for i in range(n)), "c": 0.0}
        yield Bound(f"MLP {layer}, orthogonal", orthogonal, made={1, 2}, nats={"n": n})


@bind("TH-15a")
def symmetric_square(subject: Subject) -> Iterator[Bound]:
    """What 8 neurons read of what others write, and their products of two entries."""
    for layer in layers(subject, 2):
        s = seen_by_few(subject, layer, 8, 6)
        left, right = monomials(len(s[0].mid), 2)
        places = [(i, j) for i in (1, len(s)) for j in (1, len(s))]
        tried: dict[str, list[Any]] = {
            "D": [comb(len(s[0].mid) + 1, 2)],
            "t": [numbered(map(right, s))],
            "a": [numbered(map(left, s))],
            "i": [i for i, _ in places],
            "j": [j for _, j in places],
        }
        yield Bound(f"MLP {layer}", {"s": numbered(s)}, tried=tried)


@bind("TH-14c")
def all_monomials(subject: Subject) -> Iterator[Bound]:
    """What 5 neurons read of what others write, and their monomials of degree k."""
    for layer in layers(subject, 2):
        s = seen_by_few(subject, layer, 5, 6)
        e = len(s[0].mid) - 1
        for k in (2, 3):
            left, right = monomials(e + 1, k)
            tried: dict[str, list[Any]] = {
                "power": [{i: power(i) for i in range(k + 1)}],
                "D": [comb(e + k, k)],
                "a": [left],
                "t": [right],
                "x": s[:-1],
                "y": [a + b for a, b in pairwise(s)],
                "z": [dot(a, b) for a, b in pairwise(s)],
            }
            yield Bound(f"MLP {layer}, degree {k}", {}, nats={"e": e, "k": k}, tried=tried)


def power(n: int) -> Callable[[Enclosure], Enclosure]:
    """The map z -> z^n."""

    def raised(z: Enclosure) -> Enclosure:
        found = Enclosure(np.ones(z.shape))
        for _ in range(n):
            found = z * found
        return found

    return raised


def monomials(
    dimensions: int, degree: int
) -> tuple[Callable[[Enclosure], Enclosure], Callable[[Enclosure], Enclosure]]:
    """Two maps of columns, so that <left(x), right(y)> = <x, y>^degree: all monomials of the degree, on the left times
    how often each comes when the power is written out."""
    chosen = list(combinations_with_replacement(range(dimensions), degree))
    times = [factorial(degree) // prod(factorial(c.count(i)) for i in set(c)) for c in chosen]
    counts: Array = np.array(times, dtype=float).reshape(-1, 1)

    def right(x: Enclosure) -> Enclosure:
        found = Enclosure(np.ones((len(chosen), 1)))
        for place in range(degree):
            found = found * x[[c[place] for c in chosen]]
        return found

    return lambda x: right(x) * counts, right
