"""Ranks of stacks of layers (VW-T1): what heads as linear layers can and cannot destroy, and a layer that erases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..claims.weights import Product
from .effects import along
from .kept import layers
from .letters import named, neurons, one_a_layer


def erasing(subject: Subject, layer: int, number: int = 0) -> Product:
    """The layer that reads as a neuron does, and writes what the neuron writes so that nothing is left of it."""
    w, v = neurons(subject.read(layer), 1, number), neurons(subject.write(layer), 1, number)
    return Product(v, w, scale=-1 / along(w, v))


def stack(subject: Subject, many: int) -> tuple[str, dict[int, Any]]:
    """A layer that erases, and heads behind it."""
    heads = one_a_layer(subject, many)
    return f"erased, {named(heads)}", {1: erasing(subject, 0), **{i: h.ov for i, h in enumerate(heads, 2)}}


@bind("VW-T1", "VW-T1g")
def two_heads(subject: Subject) -> Iterator[Bound]:
    """Two heads of different layers, which are narrow, and pass on the whole stream."""
    heads = one_a_layer(subject, 3, least=2)
    for first, last in pairwise(heads):
        yield Bound(named([first, last]), {"T1": first.ov, "T2": last.ov})


@bind("VW-T1a")
def read_and_write(subject: Subject) -> Iterator[Bound]:
    """Reads and writes of heads one after the other, without the stream beside them."""
    heads = one_a_layer(subject, 3, least=2)
    factors = [weight for h in heads for weight in (h.read, h.write)]
    for j in (0, 1):
        letters = {"W": dict(enumerate(factors))}
        yield Bound(f"{named(heads)}, from factor {j}", letters, nats={"j": j, "n": len(factors) - 1 - j})


@bind("VW-T1b")
def behind_an_eraser(subject: Subject) -> Iterator[Bound]:
    """Heads behind a layer that erases one direction, which none of them brings back."""
    where, T = stack(subject, 2)
    yield Bound(where, {"T": T}, nats={"j": 0, "n": len(T) - 1})


@bind("VW-T1c", "VW-T1d", "VW-T1e")
def whole_stacks(subject: Subject) -> Iterator[Bound]:
    """Heads alone, and heads behind a layer that erases one direction."""
    heads = one_a_layer(subject, 3)
    yield Bound(named(heads), {"T": {i: h.ov for i, h in enumerate(heads, 1)}}, nats={"L": len(heads)})
    where, T = stack(subject, 1)
    yield Bound(where, {"T": T}, nats={"L": len(T)})


@bind("VW-T1f")
def one_layer(subject: Subject) -> Iterator[Bound]:
    """A layer that erases one direction, and a head."""
    for layer in layers(subject, 4):
        yield Bound(f"neuron {layer}.0 erased", {"T1": erasing(subject, layer)})
    for h in one_a_layer(subject, 2):
        yield Bound(h.name, {"T1": h.ov})
