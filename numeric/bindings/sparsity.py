"""Few signals along nearly orthogonal directions (TH-17): neurons' writes that were chosen for their small cosines."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..enclosures.enclosure import Enclosure
from .choices import coherence, numbered, quiet, units
from .kept import layers
from .made import side_by_side, undoing

COUNT = 4  # directions: few, so that random ones of a small model are far enough apart


def signals(subject: Subject) -> Iterator[tuple[str, list[Enclosure], Fraction, list[float]]]:
    """For some layers a name, unit vectors, a bound of their cosines, and the largest of what was found as weights."""
    for layer in layers(subject, 3):
        for count in range(COUNT, 1, -1):  # fewer, until their coherence is below 1 / (count - 1)
            directions = units(quiet(subject, layer, count))
            eps = coherence(directions)
            if (count - 1) * eps < 1:
                break
        pre = subject.trace[f"blocks.{layer}.mlp.hook_pre"][-1]
        found = pre[np.argsort(-np.abs(pre))[:count]]
        yield f"MLP {layer}", directions, eps, [float(p) for p in found]


@bind("TH-17")
def lengths(subject: Subject) -> Iterator[Bound]:
    """What neurons were recorded to find, along nearly orthogonal writes."""
    for where, directions, eps, weights in signals(subject):
        letters = {"s": numbered(directions), "a": numbered(weights), "eps": eps}
        yield Bound(where, letters, made={2}, nats={"n": len(directions)})


@bind("TH-17a", "TH-17b")
def nothing_adds_up_to_nothing(subject: Subject) -> Iterator[Bound]:
    """Nearly orthogonal writes without any signal: by the claim the one way to add up to 0."""
    for where, directions, eps, _ in signals(subject):
        zeros: dict[int, Any] = numbered([0.0] * len(directions))
        letters = {"s": numbered(directions), "a": zeros, "z": zeros, "eps": eps}
        yield Bound(where, letters, made={2}, nats={"n": len(directions)})


@bind("TH-17c")
def recovered(subject: Subject) -> Iterator[Bound]:
    """What neurons were recorded to find, along nearly orthogonal writes, and what a left inverse recovers."""
    for where, directions, eps, weights in signals(subject):
        together = side_by_side(directions)
        back = undoing(together.T).T @ (together @ np.array(weights).reshape(-1, 1))
        letters = {"s": numbered(directions), "a": numbered(weights), "eps": eps}
        found = {"b": numbered(back[[i]] for i in range(len(weights))), "z": numbered([1.0] * len(weights))}
        yield Bound(where, {**letters, **found}, made={2, 6, 8}, nats={"n": len(directions)})
