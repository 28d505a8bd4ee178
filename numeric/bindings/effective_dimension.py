"""The rank of virtual weights as a number of channels, and what rescaling does to it (VW-L6i, VW-C3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..claims.weights import Weight
from ..enclosures import sharp
from ..enclosures.enclosure import Enclosure
from ..enclosures.spectra import singular_values
from ..enclosures.verified import inverse
from ..functions import ACTIVATIONS
from .angles import across, read
from .choices import few, neurons, reads, writes, x
from .kept import layers
from .made import column, dot, relu


@bind("VW-L6i")
def other_bases(subject: Subject) -> Iterator[Bound]:
    """W_Q of heads, with its outputs and inputs in other bases, which are exact: sums along a chain, and scales."""
    for layer in layers(subject, 2):
        q = subject.w_q(layer, 0)
        rows, cols = q.shape
        a = np.eye(rows) + np.eye(rows, k=-1)
        scales = 2.0 ** (np.arange(cols) % 5 - 2)
        signs = (-1.0) ** np.subtract.outer(np.arange(rows), np.arange(rows))
        letters = {"X": q, "A": Weight(a), "C": np.tril(signs), "B": Weight(np.diag(scales)), "D": np.diag(1 / scales)}
        yield Bound(f"head {layer}.0", letters, made="all")


@bind("VW-C3")
def channels(subject: Subject) -> Iterator[Bound]:
    """What a head's values read of an earlier head's writes; its rank is the number of its singular values that are
    proven to be positive, where these are all."""
    for i, h, k, g in across(subject, 6):
        w, v = subject.w_v(k, g), subject.w_o(i, h)
        positive = int((singular_values(sharp.product(w, v)).lower() > 0).sum())
        if positive == subject.config.d_head:
            yield Bound(f"head {i}.{h} -> head {k}.{g}", {"W_j": w, "V_i": v}, equals=positive)


@bind("VW-C3a")
def rank_counts(subject: Subject) -> Iterator[Bound]:
    """W_V of heads in an orthonormal basis of what it reads: it is an invertible matrix there."""
    for layer in layers(subject, 2):
        w = subject.w_v(layer, 0)
        v = read(subject, layer, 0)
        s = sharp.product(w, v)
        letters = {"X": w, "U": np.eye(w.shape[0]), "V": v, "S": s, "S2": inverse(s)}
        yield Bound(f"head {layer}.0", letters, made="all")


@bind("VW-C3b")
def threshold(subject: Subject) -> Iterator[Bound]:
    """What a neuron reads of an earlier one's write as the threshold, and the write halved."""
    for i, k in subject.pairs(4):
        w, v = subject.read(k)[0].reshape(1, -1), column(subject.write(i)[:, 0])
        seen = float((dot(w, v) * dot(w, v)).lower()[0, 0])
        if seen > 0:
            letters = {"W_j": w, "V_i": v, "c": seen * (1 - 2.0**-40), "s": 0.5, "t": 2.0}
            yield Bound(f"neuron {i}.0 -> neuron {k}.0", letters, made={3})


@bind("VW-C3c")
def same_function(subject: Subject) -> Iterator[Bound]:
    """Some neurons at the stream: ReLU, or in a gated MLP what is not gated, times the gates that were recorded."""
    count = few(subject, 64)
    for layer in layers(subject, 2):
        letters = {"V": writes(subject, layer, count), "W": reads(subject, layer, count), "x": x(subject, layer)}
        phi = gated(subject, layer, count) if subject.config.gated else relu
        yield Bound(f"MLP {layer}", {**letters, "phi": phi, "s": 0.5, "t": 2.0}, made="all")


def gated(subject: Subject, layer: int, count: int) -> Callable[[Enclosure], Enclosure]:
    """z -> act(gate) z with recorded gates, of some neurons."""
    pre = subject.trace[f"blocks.{layer}.mlp.hook_pre"][-1, neurons(subject, count)]
    gates = ACTIVATIONS[subject.config.activation](pre).reshape(-1, 1)
    return lambda z: z * gates
