"""When to forget (VW-L12): scores of usefulness and interference that were recorded, and strategies of clearing.

The claims are about any such numbers. Here the usefulness of a position's signal is what a neuron found there, in
absolute terms, its interference what another neuron found, and its probability the attention that it received.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject, some
from .choices import numbered
from .kept import layers


class Scores(NamedTuple):
    """Numbers for each of some positions, exact."""

    where: str
    useful: list[Fraction]
    interferes: list[Fraction]
    likely: list[Fraction]


def scores(subject: Subject) -> Iterator[Scores]:
    """Recorded scores of some layers."""
    for layer in layers(subject, 3):
        pre = np.abs(subject.trace[f"blocks.{layer}.mlp.hook_pre"])
        attention = subject.trace[f"blocks.{layer}.attn.hook_pattern"][0, -1]
        at = some(range(len(pre)), 8)
        columns = (pre[:, 0], pre[:, -1], attention)
        useful, interferes, likely = ([Fraction(float(values[i])) for i in at] for values in columns)
        yield Scores(f"layer {layer}", useful, interferes, likely)


def best(values: list[Fraction]) -> list[float]:
    """1 where clearing pays, 0 elsewhere."""
    return [1.0 if v < 0 else 0.0 for v in values]


@bind("VW-L12")
def as_printed(subject: Subject) -> Iterator[Bound]:
    """The strategy of the claim at the price 1 of interference, beside that which clears nothing."""
    for s in scores(subject):
        m = best([u - h for u, h in zip(s.useful, s.interferes, strict=True)])
        letters = {"U": numbered(s.useful), "H": numbered(s.interferes), "p": numbered(s.likely), "m": numbered(m)}
        yield Bound(
            s.where,
            {**letters, "g": numbered([0.0] * len(m)), "lam": 1.0},
            made={2, 3, 4, 5},
            model={1},
            nats={"n": len(m)},
        )


@bind("VW-L12a")
def never(subject: Subject) -> Iterator[Bound]:
    """The attention that positions receive as how much of them is cleared."""
    for s in scores(subject):
        letters = {"U": numbered(s.useful), "H": numbered(s.interferes), "m": numbered(s.likely), "lam": 3.0}
        yield Bound(s.where, letters, made={1}, model={2}, nats={"n": len(s.useful)})


@bind("VW-L12b", "VW-L12c")
def repaired(subject: Subject) -> Iterator[Bound]:
    """What is gained where it is kept, with the best strategy and one that clears by attention."""
    for s in scores(subject):
        gains = [u - h for u, h in zip(s.useful, s.interferes, strict=True)]
        letters = {"x": numbered(gains), "m": numbered(best(gains)), "g": numbered(s.likely)}
        kept = numbered([max(gain, Fraction(0)) for gain in gains])
        yield Bound(s.where, {**letters, "v": kept}, made={3, 4}, model={1, 2}, nats={"n": len(gains)})


@bind("VW-L12d")
def price(subject: Subject) -> Iterator[Bound]:
    """The usefulness and the interference that the best strategies keep at the prices 1/2 and 2."""
    for s in scores(subject):
        kept = [_kept(s, lam) for lam in (Fraction(1, 2), Fraction(2))]
        letters = {"a": kept[0][0], "b": kept[0][1], "a1": kept[1][0], "b1": kept[1][1]}
        yield Bound(s.where, {**letters, "lam": Fraction(1, 2), "mu": Fraction(2)}, made="all")


def _kept(s: Scores, lam: Fraction) -> tuple[Fraction, Fraction]:
    chosen = [(u, h) for u, h in zip(s.useful, s.interferes, strict=True) if u - lam * h >= 0]
    return sum((u for u, _ in chosen), Fraction(0)), sum((h for _, h in chosen), Fraction(0))


@bind("VW-L12e")
def unbounded(subject: Subject) -> Iterator[Bound]:
    """A recorded score, and a measure of clearing that gains more than the bound."""
    for s in scores(subject):
        w = next((u for u in s.useful if u), None)
        if w is not None:
            yield Bound(s.where, {"w": w, "B": 100.0}, tried={"m": [1 - 200 / w]})
