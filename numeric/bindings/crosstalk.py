"""What directions read of each other's signals (VW-L10, VW-C6)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..enclosures.verified import orthonormal_basis, right_inverse
from .choices import few, numbered, quiet, reads, units, writes
from .coherence import parts
from .kept import layers
from .made import dot, normalised


@bind("VW-L10")
def correlations(subject: Subject) -> Iterator[Bound]:
    """Two pairs of neurons' writes as unit vectors, turned so that their cosines are not negative."""
    for layer in layers(subject, 3):
        s1, s2, t1, t2 = units(quiet(subject, layer, 4))
        s2, t2 = (b if dot(a, b).mid > 0 else -b for a, b in ((s1, s2), (t1, t2)))
        yield Bound(f"MLP {layer}", {"s1": s1, "s2": s2, "t1": t1, "t2": t2}, made={1, 2, 3, 4})


@bind("VW-L10a")
def equal_correlations(subject: Subject) -> Iterator[Bound]:
    """What neurons write, made orthonormal, with their sum added to each: all correlations are n + 2."""
    for layer in layers(subject, 2):
        n = few(subject)
        q = orthonormal_basis(quiet(subject, layer, n))
        shifted = q @ (np.eye(n) + 1)
        letters = {"s": numbered(shifted[:, [i]] for i in range(n)), "rho": Fraction(n + 2)}
        yield Bound(f"MLP {layer}", letters, made="all", nats={"n": n})


@bind("VW-L10b")
def length_of_the_sum(subject: Subject) -> Iterator[Bound]:
    """The embedding of the last token and what each sublayer was recorded to write to it."""
    written = parts(subject)
    yield Bound("last token", {"s": numbered(written)}, nats={"n": len(written)})


@bind("VW-L10c")
def average_crosstalk(subject: Subject) -> Iterator[Bound]:
    """What twice as many neurons write as there are dimensions, or all, as unit vectors."""
    for layer in layers(subject, 2):
        v = writes(subject, layer, 2 * subject.config.d_model)
        yield Bound(f"MLP {layer}", {"S": normalised(v)}, made={1})


@bind("VW-C6")
def fidelity(subject: Subject) -> Iterator[Bound]:
    """What twice as many neurons as there are dimensions read of what they write themselves."""
    count = 2 * subject.config.d_model
    for layer in layers(subject, 2):
        letters = {"D": reads(subject, layer, count), "S": writes(subject, layer, count)}
        yield Bound(f"MLP {layer}", letters)


@bind("VW-C6a")
def perfect_recovery(subject: Subject) -> Iterator[Bound]:
    """What some neurons read, and the writes that they read back perfectly."""
    n, d = few(subject), subject.config.d_model
    for layer in layers(subject, 2):
        w = reads(subject, layer, n)
        yield Bound(f"MLP {layer}", {}, nats={"n": n, "d": d}, tried={"D": [w], "S": [right_inverse(w)]})
