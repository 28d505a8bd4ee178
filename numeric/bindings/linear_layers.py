"""Linear layers I + V W: heads with frozen attention (RS-U2i to RS-U2o), and Woodbury's identity (TH-10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..enclosures import sharp
from ..enclosures.enclosure import Enclosure
from .choices import core, eigen, numbered, ov
from .kept import layers
from .made import undoing
from .spectra import heads


def undone(subject: Subject, layer: int, head: int, attention: float = 1.0) -> tuple[Enclosure, Enclosure]:
    """(I + a W_V W_O)^-1, and (I + a W_O W_V)^-1 = I - a W_O (I + a W_V W_O)^-1 W_V for a frozen attention a."""
    w_o, w_v = subject.w_o(layer, head), subject.w_v(layer, head)
    small = undoing(np.eye(subject.config.d_head) + attention * core(subject, layer, head))
    large = sharp.product(w_o, sharp.product(small, w_v))
    return small, np.eye(subject.config.d_model) - attention * large


@bind("RS-U2i", "RS-U2j")
def both_sides(subject: Subject) -> Iterator[Bound]:
    """W_O and W_V of heads, with the inverses of I + W_V W_O and of I + W_O W_V: of some heads those whose layers are
    the farthest from losing anything."""
    eye = np.eye(subject.config.d_head)
    found = sorted(heads(subject, 12), key=lambda at: float(np.linalg.cond(eye + core(subject, *at).mid)))
    for layer, head in found[:2]:
        small, large = undone(subject, layer, head)
        letters = {"V": subject.w_o(layer, head), "W": subject.w_v(layer, head)}
        yield Bound(f"head {layer}.{head}", letters, tried={"R": [small], "S": [large]})


@bind("RS-U2n")
def small_layers(subject: Subject) -> Iterator[Bound]:
    """W_OV of heads at an attention so small that a norm below 1 is left, and the inverse of the layer."""
    for layer, head in heads(subject, 2):
        t = ov(subject, layer, head)
        size = float(t.norm2().sqrt().upper())
        attention = 1.0
        while attention * size >= 0.99:
            attention /= 2
        tried: dict[str, list[Any]] = {"S": [undone(subject, layer, head, attention)[1]]}
        yield Bound(f"head {layer}.{head}, attention {attention:g}", {"T": attention * t}, tried=tried)


@bind("RS-U2o")
def singular_strengths(subject: Subject) -> Iterator[Bound]:
    """W_OV of heads with several real eigenvalues: the strengths -1 / lam, and an eigenvector for each."""
    found = [eigen(subject, layer, head) for layer, head in heads(subject, 6)]
    for pairs in sorted(found, key=len)[-2:]:
        if pairs:
            strengths = numbered(-1.0 / e.value for e in pairs)
            letters = {"T": ov(subject, pairs[0].layer, pairs[0].head), "t": strengths}
            vectors = numbered(e.vector for e in pairs)
            yield Bound(pairs[0].where, {**letters, "x": vectors}, made={1}, nats={"n": len(pairs)})


@bind("TH-10")
def woodbury(subject: Subject) -> Iterator[Bound]:
    """The gains of a norm, if none is near 0, and W_O, W_V of a head, with a frozen attention so small that little is
    added."""
    for layer in layers(subject, 2):
        gains = subject.model.parameters[f"blocks.{layer}.ln1.w"]
        if np.abs(gains).min() < 1e-3 * np.abs(gains).max():
            gains = np.full(gains.shape, 2.0)
        b = np.eye(len(gains)) * (1.0 / Enclosure(gains)).reshape(-1, 1)
        w_o, w_v = subject.w_o(layer, 0), subject.w_v(layer, 0)
        inner = sharp.product(w_v, sharp.product(b, w_o))
        attention = 2.0 ** -np.ceil(max(0.0, np.log2(np.linalg.norm(inner.mid) + 1))) / 2
        c, d = (np.eye(subject.config.d_head) * a for a in (attention, 1 / attention))
        letters = {"A": np.diag(gains), "B": b, "C": c, "D": d, "V": w_o, "W": w_v}
        r = undoing(inner + d)
        yield Bound(f"head {layer}.0", {**letters, "R": r}, made="all")
