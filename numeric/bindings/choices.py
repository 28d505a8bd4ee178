"""What bindings pick from a model: some neurons, heads with real eigenvalues, tokens, and directions among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ..claims.binding import Inapplicable
from ..claims.subject import Subject, some
from ..claims.weights import Weight
from ..enclosures import sharp
from ..enclosures.enclosure import Enclosure
from ..functions import Array
from .kept import per_subject
from .made import above, column, real_eigenpairs, side_by_side, unit


class Eigen(NamedTuple):
    """A real eigenvalue of a head's W_OV with its eigenvector: exact ones inside. W_OV u = value u, u = W_O z."""

    layer: int
    head: int
    value: Enclosure  # [1, 1]
    vector: Enclosure  # [d_model, 1]

    @property
    def where(self) -> str:
        return f"head {self.layer}.{self.head}, eigenvalue {float(self.value.mid[0, 0]):.3g}"


def strongest_deleters(subject: Subject, most: int) -> list[Eigen]:
    """Of the heads with negative real eigenvalues those with the least, an eigenvalue each, the least first."""
    found = _deleters(subject)
    if not found:
        raise Inapplicable("no head has a negative real eigenvalue that can be proven")
    return found[:most]


@per_subject
def _deleters(subject: Subject) -> list[Eigen]:
    """Three of them at most. W_O W_V and W_V W_O have the same eigenvalues other than 0 (VW-L6g), and the second is
    small."""
    least = []
    for layer, head in some([(i, h) for i in subject.layers for h in subject.heads], 48):
        values = np.linalg.eigvals(core(subject, layer, head).mid)
        real = values.real[values.imag == 0]
        if len(real):
            least.append((float(real.min()), layer, head))
    found = []
    for value, layer, head in sorted(least)[:3]:
        if value < 0:
            found += eigen(subject, layer, head)[:1]
    return found


@per_subject
def eigen(subject: Subject, layer: int, head: int) -> list[Eigen]:
    """Three real eigenvalues of a head at most, the least first."""
    pairs = real_eigenpairs(core(subject, layer, head), 3)
    return [Eigen(layer, head, value, sharp.product(subject.w_o(layer, head), z)) for value, z in pairs]


def core(subject: Subject, layer: int, head: int) -> Enclosure:
    """W_V W_O of a head [d_head, d_head]."""
    return sharp.product(subject.w_v(layer, head), subject.w_o(layer, head))


@per_subject
def ov(subject: Subject, layer: int, head: int) -> Enclosure:
    """W_OV of a head [d_model, d_model], enclosed sharply."""
    return sharp.product(subject.w_o(layer, head), subject.w_v(layer, head))


def neurons(subject: Subject, most: int) -> Array:
    """The numbers of some neurons of an MLP."""
    return np.array(some(range(subject.config.d_mlp), most))


def few(subject: Subject, most: int = 6) -> int:
    """How many directions to take so that they are independent, and leave some of the stream alone."""
    return max(1, min(most, subject.config.d_model // 2, subject.config.d_mlp))


@per_subject
def reads(subject: Subject, layer: int, most: int) -> Weight:
    """What some neurons of an MLP read [count, d_model], exactly."""
    return Weight(np.ascontiguousarray(subject.read(layer).mid[neurons(subject, most)]))


@per_subject
def writes(subject: Subject, layer: int, most: int) -> Weight:
    """What the same neurons write [d_model, count], exactly."""
    return Weight(np.ascontiguousarray(subject.write(layer).mid[:, neurons(subject, most)]))


def x(subject: Subject, layer: int, position: int = -1) -> Enclosure:
    """The residual stream of a token that enters a layer, as a column."""
    return column(subject.stream(layer)[position])


def tokens(subject: Subject) -> Array:
    """The tokens of the text, each once, in the order in which they come."""
    _, first = np.unique(subject.tokens, return_index=True)
    found: Array = subject.tokens[np.sort(first)]
    return found


def embeddings(subject: Subject) -> Array:
    """What the tokens of the text are embedded as [d_model, count]."""
    found: Array = subject.model.parameters["embed.W_E"][tokens(subject)].T
    return found


def units(vectors: Array) -> list[Enclosure]:
    """The columns of a matrix [d, count] as unit vectors [d, 1] each."""
    return [unit(vectors[:, i]) for i in range(vectors.shape[1])]


def spread(vectors: Array, most: int, cosine: float) -> Array:
    """The numbers of columns whose cosines with each other are below a bound, as many as are wanted: taken in order,
    each that is far enough from those before it."""
    lengths = np.linalg.norm(vectors, axis=0)
    directions = vectors / np.where(lengths > 0, lengths, 1)
    found: list[int] = []
    for i in np.flatnonzero(lengths > 0):
        if len(found) == most:
            break
        if not found or np.abs(directions[:, i] @ directions[:, found]).max() < cosine:
            found.append(int(i))
    return np.array(found, dtype=int)


@per_subject
def quiet(subject: Subject, layer: int, count: int) -> Array:
    """What some neurons of an MLP write [d_model, count], chosen with small cosines with each other.

    Raises Inapplicable for a model that has too few neurons.
    """
    vectors = writes(subject, layer, 512).mid
    for cosine in (0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2, 0.3, 0.5, 0.7, 0.9, 1.1):
        found = spread(vectors, count, cosine)
        if len(found) == count:
            return np.ascontiguousarray(vectors[:, found])
    raise Inapplicable(f"an MLP has fewer than {count} neurons that write")


def numbered(items: Iterable[Any]) -> dict[int, Any]:
    """A family of letters: its members from 1."""
    return dict(enumerate(items, 1))


def coherence(directions: Sequence[Enclosure]) -> Fraction:
    """A rational a little above the largest absolute cosine of unit vectors [d, 1]."""
    together = side_by_side(directions)
    gram = (together.T @ together).magnitude()
    np.fill_diagonal(gram, 0)
    return above(gram)
