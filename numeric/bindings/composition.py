"""Composition of linear layers (VW-L3), and which layers of real models compose so."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure
from .kept import layers
from .letters import injections, named, one_a_layer


@bind("VW-L3")
def two_heads(subject: Subject) -> Iterator[Bound]:
    """Two heads of different layers, attention frozen at the token itself, and the stream at the last token."""
    heads = one_a_layer(subject, 3, least=2)
    for first, last in pairwise(heads):
        yield Bound(named([first, last]), {"T1": first.ov, "T2": last.ov, "x": subject.stream(first.layer)[-1]})


@bind("VW-L3a")
def several_heads(subject: Subject) -> Iterator[Bound]:
    """One head of each of several layers, as linear layers."""
    heads = one_a_layer(subject, 4, least=2)
    T = {i: h.ov for i, h in enumerate(heads, 1)}
    yield Bound(named(heads), {"T": T}, nats={"L": len(heads)})


@bind("VW-L3b")
def stacked_heads(subject: Subject) -> Iterator[Bound]:
    """One head of each of several layers; A and B put the hidden units of one more behind those so far."""
    heads = one_a_layer(subject, 3, least=2)
    letters: dict[str, Any] = {"v": {}, "w": {}, "A": {}, "B": {}}
    so_far = 0
    for i, h in enumerate(heads):
        letters["v"][i + 1], letters["w"][i + 1] = h.write, h.read
        width = h.read.shape[0]
        letters["A"][i], letters["B"][i] = injections([so_far, width])
        so_far += width
    yield Bound(named(heads), letters, made="all", nats={"L": len(heads), "d": subject.config.d_model})


@bind("VW-L3c")
def real_layers(subject: Subject) -> Iterator[Bound]:
    """An MLP with its norm, and the stream at two tokens."""
    if len(subject.tokens) < 2:
        return
    for layer in layers(subject, 4):
        x, y = (Enclosure(column(subject.stream(layer)[at])) for at in (0, -1))
        yield Bound(f"MLP {layer}", {"x": x, "y": y, "phi": mlp_of_norm(subject, layer)})


@bind("VW-L3d")
def with_biases(subject: Subject) -> Iterator[Bound]:
    """Heads as linear layers, what their biases of values and outputs write, and the stream at the last token."""
    heads = one_a_layer(subject, 3, least=2)
    T = {i: h.ov for i, h in enumerate(heads, 1)}
    b = {}
    for i, h in enumerate(heads, 1):
        at = f"blocks.{h.layer}.attn"
        shared = h.number // (subject.config.n_heads // subject.config.n_kv_heads)
        b[i] = h.write @ subject.bias(f"{at}.b_V", shared) + subject.bias(f"{at}.b_O")
    letters = {"T": T, "b": b, "x_0": subject.stream(heads[0].layer)[-1]}
    yield Bound(named(heads), letters, nats={"L": len(heads)})


def column(x: Any) -> Any:
    """A vector as a matrix of one column."""
    return np.asarray(x).reshape(-1, 1)


def mlp_of_norm(subject: Subject, layer: int) -> Any:
    """What an MLP writes [d, 1] in reply to the stream [d, 1], through its norm where that stands before it."""
    model = subject.model
    before = model.config.residual != "post"

    def write(x: Enclosure) -> Enclosure:
        read = enclosed.norm(model, f"blocks.{layer}.ln2", x.T) if before else x.T
        return enclosed.mlp(model, layer, read).T

    return write
