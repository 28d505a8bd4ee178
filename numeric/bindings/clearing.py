"""Layers that clear what they read (VW-T6): some neurons' reads with writes that undo them exactly or nearly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject, some
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure
from ..enclosures.recorded import recorded
from ..enclosures.verified import orthonormal_basis, right_inverse
from .choices import few, reads, writes, x
from .kept import layers, per_subject
from .made import column, dot, relu, undoing


@per_subject
def undone(subject: Subject, layer: int, count: int) -> Enclosure:
    """The Moore-Penrose inverse [d_model, count] of what some neurons read: the shortest write that clears it."""
    return right_inverse(reads(subject, layer, count))


@per_subject
def oblique(subject: Subject, layer: int, count: int) -> Enclosure:
    """Another right inverse [d_model, count] of what some neurons read: the shortest, and what they write outside."""
    w, v = undone(subject, layer, count), writes(subject, layer, count)
    return w + (v - w @ (reads(subject, layer, count) @ v))


@per_subject
def whole(subject: Subject) -> Enclosure:
    """A right inverse [count, d_model] of what twice as many neurons as dimensions write, of the first MLP."""
    return undoing(writes(subject, layers(subject, 1)[0], 2 * subject.config.d_model))


@bind("VW-T6", "VW-T6g")
def everything(subject: Subject) -> Iterator[Bound]:
    """What neurons of the first MLP write, more than there are dimensions, and the reads that they would need to clear
    the whole stream."""
    if subject.config.d_mlp >= subject.config.d_model:
        v = writes(subject, 0, 2 * subject.config.d_model)
        letters = {"V": v, "W": whole(subject), "x": x(subject, 0)}
        yield Bound("MLP 0", letters, made={1})


@bind("VW-T6a")
def read_and_cleared(subject: Subject) -> Iterator[Bound]:
    """Some neurons' reads, the shortest write that undoes them or one along their own, and what they do not read."""
    count = few(subject)
    for layer in layers(subject, 3):
        w, here = reads(subject, layer, count), x(subject, layer)
        q = orthonormal_basis(w.T)
        for name, v in (("shortest", undone(subject, layer, count)), ("along writes", oblique(subject, layer, count))):
            yield Bound(f"layer {layer}, {name}", {"W": w, "V": v, "u": here - q @ (q.T @ here)}, made={1})


@bind("VW-T6b")
def only_then(subject: Subject) -> Iterator[Bound]:
    """Some neurons' reads, with two right inverses."""
    count = few(subject)
    for layer in layers(subject, 3):
        letters = {"B": oblique(subject, layer, count), "V": undone(subject, layer, count)}
        yield Bound(f"layer {layer}", {"W": reads(subject, layer, count), **letters}, made="all")


@bind("VW-T6c")
def with_gain(subject: Subject) -> Iterator[Bound]:
    """Some neurons' reads with half, and with three times the write that undoes them."""
    count = few(subject)
    for layer in layers(subject, 3):
        for g in (0.5, 3.0):
            letters = {"W": reads(subject, layer, count), "V": g * oblique(subject, layer, count), "g": g}
            yield Bound(f"layer {layer}, gain {g:g}", letters, made={1})


@bind("VW-T6e")
def what_is_left(subject: Subject) -> Iterator[Bound]:
    """I + W_OV of heads, at the stream that enters their layer."""
    for layer in layers(subject, 3):
        m = Enclosure(np.eye(subject.config.d_model)) + subject.ov(layer, 0)
        yield Bound(f"head {layer}.0", {"M": m, "x": x(subject, layer)})


@bind("VW-T6f")
def not_the_whole(subject: Subject) -> Iterator[Bound]:
    """Some neurons' reads with the write that undoes them, at the stream that enters their layer."""
    count = few(subject)
    for layer in layers(subject, 3):
        letters = {"W": reads(subject, layer, count), "V": undone(subject, layer, count), "x": x(subject, layer)}
        yield Bound(f"layer {layer}", letters, made={1})


@bind("VW-T6h")
def one_relu(subject: Subject) -> Iterator[Bound]:
    """A neuron with ReLU at the stream, and a direction orthogonal to both the stream and what it writes."""
    for layer in layers(subject, 3):
        here = x(subject, layer)
        w, v = column(subject.read(layer)[0]), column(subject.write(layer)[:, 0])
        q = orthonormal_basis(np.hstack([here.mid, v.mid]))
        letters = {"w": w, "v": v, "x": here, "u": w - q @ (q.T @ w), "relu": relu}
        yield Bound(f"neuron {layer}.0", letters, made="all")


@bind("VW-T6i", "VW-T6j")
def behind_a_norm(subject: Subject) -> Iterator[Bound]:
    """The stream, centred where the model's norm does that, divided by its scale; a layer that undoes what it reads."""
    for layer in layers(subject, 3):
        here = enclosed.centred(subject.model, x(subject, layer).T).T
        scale = enclosed.scale(subject.model, here.T)
        y = here / scale
        found = dot(here, y) / dot(y, y)  # the scale once more, by another way

        def undo(at: Enclosure, scale: Enclosure = scale) -> Enclosure:
            return -scale * at

        letters = {"s": scale, "x": here, "y": y}
        yield Bound(f"layer {layer}", {**letters, "g": found, "r": found, "f": undo}, made={1, 2, 3})
        yield Bound(
            f"layer {layer}, another gain", {**letters, "g": 2.0 * scale, "r": found, "f": undo}, made={1, 2, 3}
        )


@bind("VW-T6i")
def recorded_norms(subject: Subject) -> Iterator[Bound]:
    """What each block's first norm was recorded to make of the last token, and the scale that was recorded."""
    model = subject.model
    for layer in subject.layers:
        at = f"blocks.{layer}.ln1"
        post = subject.config.residual == "post"
        came = subject.trace[f"blocks.{layer}.hook_resid_mid"] if post else subject.stream(layer)
        here = enclosed.centred(model, Enclosure(came[-1:]))
        scale = recorded({"scale": subject.trace[f"{at}.hook_scale"][-1:]}, "scale", enclosed.scale(model, here))
        exact = here / enclosed.scale(model, here)
        y = recorded({"normalized": subject.trace[f"{at}.hook_normalized"][-1:]}, "normalized", exact)
        letters = {"s": scale, "x": here.T, "y": y.T}
        yield Bound(f"norm 1 of layer {layer}", {**letters, "g": scale}, model={1})


@bind("VW-T6i")
def norm_of_embeddings(subject: Subject) -> Iterator[Bound]:
    """What a norm behind the embeddings was recorded to make of what the model has for some tokens and positions."""
    model, c, p = subject.model, subject.config, subject.model.parameters
    if not c.embedding_norm:
        raise Inapplicable("no norm stands behind the embeddings")
    for position in some(range(len(subject.tokens)), 6):
        came = Enclosure(p["embed.W_E"][subject.tokens[position]][None])
        came = came + p["embed.W_type"][:1] if c.n_types else came
        if c.positions == "learned":
            came = came + p["pos_embed.W_pos"][[position]]
        elif c.positions == "sinusoidal":
            came = came + subject.trace["hook_pos_embed"][[position]]
        here = enclosed.centred(model, came)
        exact = enclosed.scale(model, here)
        scale = recorded({"scale": subject.trace["embed.ln.hook_scale"][[position]]}, "scale", exact)
        y = {"normalized": subject.trace["embed.ln.hook_normalized"][[position]]}
        letters = {"s": scale, "x": here.T, "y": recorded(y, "normalized", here / exact).T, "g": scale}
        yield Bound(f"embedding of token {position}", letters, model={1})
