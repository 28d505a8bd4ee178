"""What layers lose (RS-U2, RS-U2b, RS-U2c, RS-U2h to RS-U2m): with a model's norms, heads and MLPs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, sqrt
from typing import Any

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject, some
from ..enclosures.enclosed_functions import relu
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import right_inverse
from .choices import few, reads, strongest_deleters, writes
from .kept import layers
from .relu_neurons import collision, erasing
from .sharper import sharp
from .steps import Steps, on_columns, ran


@bind("RS-U2")
def not_lost(subject: Subject) -> Iterator[Bound]:
    """A LayerNorm as a sublayer that adds what it changes, at the last token and at that token with 1 added to all
    coordinates; and a ReLU neuron with <w, v> < -1 at two streams."""
    for layer in layers(subject, 2):
        x = Enclosure(subject.stream(layer)[-1:].T)
        letters = {"x1": x, "x2": x + 1.0, "F": lambda z: _layer_norm(z) - z}
        yield Bound(f"LayerNorm of the stream before block {layer}", letters, made="all")
    for found in erasing(subject)[:2]:
        w, v = found.w, found.v
        values = collision(subject, found)
        letters = {"x1": values["x1"], "x2": values["x2"], "F": lambda z, w=w, v=v: v * relu(w.T @ z)}
        yield Bound(found.where, letters, made="all")


def _layer_norm(x: Enclosure) -> Enclosure:
    d = float(len(x))
    centred = x - x.sum() / d
    return centred / (centred.norm2() / d + 1.0).sqrt()


@bind("RS-U2b")
def behind_rms(subject: Subject) -> Iterator[Bound]:
    """W_OV of a head with a negative eigenvalue l, at u and -u for an eigenvector u as long as -l sqrt d."""
    d = subject.config.d_model
    for found in strongest_deleters(subject, 3):
        size = -found.value * Enclosure(float(d)).sqrt()
        unit = found.vector / found.vector.norm2().sqrt()
        x, y = unit * size, unit * Enclosure(float(d)).sqrt()
        s = -found.value
        letters = {"q": Fraction(1, d), "s1": s, "s2": s, "x1": x, "x2": -x, "y1": y, "y2": -y}
        letters["T"] = subject.ov(found.layer, found.head)
        yield Bound(found.where, letters, made="all")


@bind("RS-U2c")
def lifted(subject: Subject) -> Iterator[Bound]:
    """A ReLU neuron with <w, v> < -1 as a layer of its own, and two numbers that it takes to one."""
    found = erasing(subject)
    if not found:
        raise Inapplicable("no neuron has <w, v> < -1")
    for n in found[:3]:
        one = Enclosure([[1.0]])
        letters: dict[str, Any] = {"W": n.w.T, "V": n.v, "B": right_inverse(n.w.T), "phi": relu, "z1": one}
        yield Bound(n.where, {**letters, "z2": one + n.w.T @ n.v}, made="all")


@bind("RS-U2h")
def blind(subject: Subject) -> Iterator[Bound]:
    """What some neurons read, and what they write less what they would read of it, on what the last token read."""
    steps, count = Steps.of(subject), few(subject)
    for layer in layers(subject, 3):
        w, v = reads(subject, layer, count), writes(subject, layer, count)
        hidden = v - sharp(right_inverse(w)) @ (sharp(w) @ v)
        letters = {"W": w, "V": hidden, "phi": steps.activation, "x": steps.mlp_read(layer)[-1:].T}
        yield Bound(f"MLP {layer}, {count} neurons", letters, made="all")


@bind("RS-U2m")
def recovered(subject: Subject) -> Iterator[Bound]:
    """An MLP at what the last token read."""
    steps = Steps.of(subject)
    for layer in layers(subject, 3):
        read = steps.mlp_read(layer)[-1:]
        mlp = ran(steps.mlp(layer), read, subject.trace[f"blocks.{layer}.hook_mlp_out"][-1:])
        yield Bound(f"MLP {layer}, last token", {"F": on_columns(mlp), "x": read.T})


@bind("RS-U2k")
def lipschitz(subject: Subject) -> Iterator[Bound]:
    """The streams of two tokens before attention, and what attention wrote for both, where that is nearer."""
    found = 0
    for layer, one, two in some(_pairs(subject), 60):
        x, write = subject.stream(layer), subject.trace[f"blocks.{layer}.hook_attn_out"]
        u, e = (Enclosure(a[one : one + 1].T) - a[two : two + 1].T for a in (x, write))
        ratio = e.norm2() / u.norm2()
        c = Fraction(ceil(sqrt(float(ratio.upper())) * 2**20) + 1, 2**20)
        if c <= 1 and found < 6:
            found += 1
            yield Bound(f"attention {layer}, tokens {one} and {two}", {"u": u, "e": e, "c": c})
    if not found:
        raise Inapplicable("attention writes what is further apart than the tokens, wherever it was looked")


def _pairs(subject: Subject) -> list[tuple[int, int, int]]:
    n = len(subject.tokens)
    return [(layer, i, i + 1) for i in range(n - 1) for layer in subject.layers]


@bind("RS-U2l")
def contracting(subject: Subject) -> Iterator[Bound]:
    """A stream that was recorded twice: in the run, and in another of the same tokens."""
    again = subject.model.run(subject.tokens, ["blocks.*.hook_resid_mid"])[1]
    for layer in layers(subject, 3):
        name = f"blocks.{layer}.hook_resid_mid"
        u = subject.trace[name][-1] - again[name][-1]
        yield Bound(f"stream in block {layer}, last token", {"u": u, "e": -u, "c": 0.5})
