"""Superposition (TH-14a, VW-L9): how much directions overlap, beside how much they must."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..claims.subject import Subject, some
from ..functions import Array

MOST = 4096  # directions whose overlaps are looked at one by one


@dataclass(frozen=True)
class Overlaps:
    """n directions in a stream of width d.

    largest: the largest |cosine| between two of them, their coherence. mean_square: the mean of the squares. welch:
    what the largest cannot be below, sqrt((n - d) / (d (n - 1))); 0 where n <= d. cosines: of some pairs, for a
    histogram.
    """

    what: str
    count: int
    largest: float
    mean_square: float
    welch: float
    cosines: Array


def overlaps(what: str, directions: Array) -> Overlaps:
    """Of the rows of an array [n, d_model], of which those that are 0 are left out.

    >>> found = overlaps("axes", np.eye(3))
    >>> found.count, found.largest, found.welch
    (3, 0.0, 0.0)
    """
    lengths = np.linalg.norm(directions, axis=1)
    kept = np.flatnonzero(lengths)
    kept = np.array(some(kept.tolist(), MOST), dtype=int)
    unit = directions[kept] / lengths[kept, None]
    n, d = unit.shape
    gram = unit @ unit.T
    above = np.abs(gram[np.triu_indices(n, 1)])
    welch = float(np.sqrt((n - d) / (d * (n - 1)))) if n > d else 0.0
    largest, mean = (float(above.max()), float((above**2).mean())) if n > 1 else (0.0, 0.0)
    return Overlaps(what, n, largest, mean, welch, above[:: max(1, len(above) // 100_000)])


def directions(subject: Subject) -> list[Overlaps]:
    """What the tokens are embedded as, and what the neurons of each of some layers write."""
    found = [overlaps("token embeddings", subject.model.parameters["embed.W_E"])]
    for layer in some(subject.layers, 6):
        found.append(overlaps(f"neurons' writes, layer {layer}", subject.model.parameters[f"blocks.{layer}.mlp.W_out"]))
    return found
