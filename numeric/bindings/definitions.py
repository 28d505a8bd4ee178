"""The definitions of virtual weights (VW-D1, VW-D2)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind, unbound
from ..claims.subject import Subject
from ..enclosures.elementary import U
from ..enclosures.enclosure import Enclosure
from .letters import named, neurons, one_a_layer

unbound("the product has no type, so that no weights can play its letters", "VW-D1")


@bind("VW-D1a")
def one_after_the_other(subject: Subject) -> Iterator[Bound]:
    """Two heads of different layers."""
    heads = one_a_layer(subject, 4, least=2)
    for i, j in pairwise(heads):
        yield Bound(named([i, j]), {"W_i": i.read, "V_i": i.write, "W_j": j.read, "V_j": j.write})


@bind("VW-D1b")
def both_typed(subject: Subject) -> Iterator[Bound]:
    """As many neurons of two MLPs as the stream has dimensions, so that both products have a type."""
    d = subject.config.d_model
    if subject.config.d_mlp < d:
        raise Inapplicable("no MLP is as wide as the stream")
    for i, j in subject.pairs(2):
        letters = {
            f"{side}_{name}": neurons(weight(at), d)
            for name, at in (("i", i), ("j", j))
            for side, weight in (("W", subject.read), ("V", subject.write))
        }
        yield Bound(f"MLP {i} -> MLP {j}", letters)


@bind("VW-D2")
def virtual_weights(subject: Subject) -> Iterator[Bound]:
    """A few neurons of two MLPs, and what comes of their exact rational products, rounded once."""
    for i, j in subject.pairs(4):
        W, V = neurons(subject.read(j), 8), neurons(subject.write(i), 8)
        entries = np.array([[int(x.p) / int(x.q) for x in row] for row in (W.rational * V.rational).tolist()])
        yield Bound(f"MLP {i} -> MLP {j}", {"W_j": W, "V_i": V}, equals=Enclosure(entries, abs(entries) * 2 * U))
