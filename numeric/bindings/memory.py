"""Memory management: heads that delete what lies along an eigenvector, and gates (VW-U10, VW-U11, VW-T7)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import orthonormal_basis, right_inverse
from .choices import few, neurons, ov, reads, strongest_deleters, x
from .kept import layers
from .made import column, relu


@bind("VW-U10", "VW-U10a")
def deleters(subject: Subject) -> Iterator[Bound]:
    """W_OV of the heads with the most negative eigenvalues, an eigenvector of each."""
    for e in strongest_deleters(subject, 3):
        yield Bound(e.where, {"W_OV": ov(subject, e.layer, e.head), "lam": e.value, "u": e.vector}, made={1})


@bind("VW-U10b")
def frozen_attention(subject: Subject) -> Iterator[Bound]:
    """The same, with a token's attention to itself as it was recorded, all of it, and what it takes to delete."""
    for e in strongest_deleters(subject, 2):
        letters = {"W_OV": ov(subject, e.layer, e.head), "lam": e.value, "u": e.vector}
        attention = float(subject.trace[f"blocks.{e.layer}.attn.hook_pattern"][e.head, -1, -1])
        for name, a in (("as recorded", Enclosure(attention)), ("all", Enclosure(1.0)), ("-1 / lam", -1.0 / e.value)):
            yield Bound(f"{e.where}, attention {name}", {**letters, "a": a}, made={1})


@bind("VW-U10c")
def eigenvalue_that_deletes(subject: Subject) -> Iterator[Bound]:
    """a: what tokens attend to themselves; lam: the eigenvalue that a head would need to delete there."""
    for layer in layers(subject, 3):
        pattern = subject.trace[f"blocks.{layer}.attn.hook_pattern"]
        for head in (0, subject.config.n_heads - 1):
            a = float(pattern[head, -1, -1])
            if a:
                yield Bound(f"head {layer}.{head}", {"a": a, "lam": -1.0 / Enclosure(a)}, made={3}, model={1, 2})


@bind("VW-U10d")
def deleted_and_copied(subject: Subject) -> Iterator[Bound]:
    """The recorded pattern, an eigenvector at one position, and another position that may attend there."""
    for e in strongest_deleters(subject, 2):
        pattern = subject.trace[f"blocks.{e.layer}.attn.hook_pattern"][e.head]
        if len(pattern) < 2:
            raise Inapplicable("the text has one token: no other attends to it")
        here, there = np.eye(len(pattern))[[0, -1]]
        letters = {"A": pattern, "W_OV": ov(subject, e.layer, e.head), "lam": e.value, "u": e.vector}
        yield Bound(e.where, {**letters, "e": here, "f": there}, made="all")


@bind("VW-U10e")
def relu_neurons(subject: Subject) -> Iterator[Bound]:
    """What a neuron would do with ReLU, at the stream that enters its layer, on both sides of its threshold."""
    for layer in layers(subject, 3):
        here = x(subject, layer)
        seen = subject.read(layer).mid @ here.mid[:, 0]
        for neuron in (int(seen.argmax()), int(seen.argmin())):
            w, v = subject.read(layer)[neuron], subject.write(layer)[:, neuron]
            letters = {"w": column(w), "v": column(v), "x": here, "relu": relu}
            yield Bound(f"neuron {layer}.{neuron}", letters, made="all")


@bind("VW-U11")
def clears_always(subject: Subject) -> Iterator[Bound]:
    """Some neurons' reads with the write that undoes them: what is left is orthogonal to what they read."""
    for layer in layers(subject, 3):
        w, here = reads(subject, layer, few(subject)), x(subject, layer)
        q = orthonormal_basis(w.T)
        yield Bound(f"layer {layer}", {"x": here, "V": right_inverse(w), "W": w}, equals=here - q @ (q.T @ here))


@bind("VW-U11a")
def clears_on_condition(subject: Subject) -> Iterator[Bound]:
    """A neuron writes v times its activation, which is a gate c times what it reads: minus v for V, it clears."""
    for layer in layers(subject, 3):
        here = x(subject, layer)
        for neuron in neurons(subject, 2):
            w, v = subject.read(layer)[neuron].reshape(1, -1), column(subject.write(layer)[:, neuron])
            post = float(subject.trace[f"blocks.{layer}.mlp.hook_post"][-1, neuron])
            letters = {"x": here, "V": -v, "W": w, "c": Enclosure([[post]]) / (w @ here)}
            yield Bound(f"neuron {layer}.{neuron}", letters, equals=here + post * v)


@bind("VW-T7")
def stopped_and_kept(subject: Subject) -> Iterator[Bound]:
    """The stream, its opposite for what is written, and a gate that is open or shut."""
    for layer in layers(subject, 3):
        here = x(subject, layer)
        for c in (1.0, 0.0):
            yield Bound(f"layer {layer}, c = {c:g}", {"x": here, "m": -here, "c": c})


@bind("VW-T7a")
def conditional_projection(subject: Subject) -> Iterator[Bound]:
    """The orthogonal projection onto what a head writes, gated by what a token attends to itself."""
    for layer in layers(subject, 2):
        q = orthonormal_basis(subject.w_o(layer, 0))
        c = float(subject.trace[f"blocks.{layer}.attn.hook_pattern"][0, -1, -1])
        yield Bound(f"head {layer}.0", {"P": q @ q.T, "c": c, "x": x(subject, layer)}, made={1})


@bind("VW-T7b")
def opposite_neurons(subject: Subject) -> Iterator[Bound]:
    """What neurons read, passed on by two ReLU neurons."""
    for layer in layers(subject, 3):
        for t in _seen(subject, layer):
            yield Bound(f"layer {layer}, t = {t:.3g}", {"t": t, "y": max(t, 0.0), "z": max(-t, 0.0)}, made="all")


@bind("VW-T7c")
def nearly_cleared(subject: Subject) -> Iterator[Bound]:
    """The stream, what attention wrote to it, and what a token attends to itself for the gate."""
    for layer in layers(subject, 3):
        wrote = column(subject.trace[f"blocks.{layer}.hook_attn_out"][-1])
        c = float(subject.trace[f"blocks.{layer}.attn.hook_pattern"][0, -1, -1])
        yield Bound(f"layer {layer}", {"x": x(subject, layer), "m": wrote, "c": c})


@bind("VW-T7d")
def gated_pair(subject: Subject) -> Iterator[Bound]:
    """What a neuron reads, gated by two ReLU neurons with a bias that exceeds it."""
    for layer in layers(subject, 3):
        seen = _seen(subject, layer)
        b = 2.0 * max(abs(t) for t in seen)
        for t in seen:
            for c in (0.0, 1.0):
                y, z = (max(t, 0.0), max(-t, 0.0)) if c else (0.0, 0.0)
                letters = {"b": b, "c": c, "t": t, "y": y, "z": z}
                yield Bound(f"layer {layer}, t = {t:.3g}, c = {c:g}", letters, made="all")


@bind("VW-T7e")
def biased_pair(subject: Subject) -> Iterator[Bound]:
    """What a neuron reads, and a bias above and below it."""
    for layer in layers(subject, 3):
        for t in _seen(subject, layer):
            for b in (2.0 * abs(t), 0.5 * abs(t)):
                letters = {"b": b, "t": t, "y": relu(Enclosure([[t]]) - b), "z": relu(Enclosure([[-t]]) - b)}
                yield Bound(f"layer {layer}, t = {t:.3g}, b = {b:.3g}", letters, made="all")


def _seen(subject: Subject, layer: int) -> list[float]:
    """What some neurons found in the last token, before their activation: the largest and the smallest."""
    pre = subject.trace[f"blocks.{layer}.mlp.hook_pre"][-1]
    return [float(pre.max()), float(pre.min())]
