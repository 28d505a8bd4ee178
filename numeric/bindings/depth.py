"""The stream along the depth (RS-T1, RS-U5a, RS-U5b, RS-U10a, RS-U12a, RS-U12b, RS-T1.1): sums of what layers wrote."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind, unbound
from ..claims.subject import Subject, some
from ..claims.weights import Product
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure, concatenate
from ..enclosures.verified import inverse, right_inverse
from .kept import layers
from .made import pivots
from .sharper import sharp
from .steps import Step, Steps, allowed, both, on_columns, ran

unbound("it is no statement: the layer's output has no sum with its input", "RS-T1.1")
unbound("it says that there is no continuous injective map to fewer numbers: no weights could play it", "RS-T1.1c")


def embedded(subject: Subject) -> Enclosure:
    """What enters the first block [pos, d_model], made from the embeddings of the tokens; with what was recorded, where
    a correct run may have found that."""
    c, p, n = subject.config, subject.model.parameters, len(subject.tokens)
    x = Enclosure(p["embed.W_E"][subject.tokens])
    if c.n_types:
        x = x + p["embed.W_type"][:1]
    if c.positions == "learned":
        x = x + p["pos_embed.W_pos"][:n]
    if c.embedding_norm:
        x = enclosed.norm(subject.model, "embed.ln", x)
    return both(x, subject.stream(0)) if allowed(x, subject.stream(0)) else x


def write(step: Step, read: Enclosure, found: Enclosure) -> Step:
    """What a step of the run adds to what it reads."""
    whole = ran(step, read, found.mid)
    return lambda x: whole(x) - x


@bind("RS-T1")
def stream(subject: Subject) -> Iterator[Bound]:
    """All streams that were recorded between the blocks; what a block writes is the difference that it makes."""
    steps = Steps.of(subject)
    x = {layer: Enclosure(subject.stream(layer)) for layer in range(subject.config.n_layers + 1)}
    f = {layer + 1: write(steps.block(layer), x[layer], x[layer + 1]) for layer in subject.layers}
    yield Bound("all blocks", {"x": x, "X": embedded(subject), "f": f}, nats={"L": subject.config.n_layers})


@bind("RS-U10a")
def pre_norm_stream(subject: Subject) -> Iterator[Bound]:
    """All streams that were recorded between the blocks, and what attention and MLPs wrote."""
    if subject.config.residual != "pre":
        raise Inapplicable("its norms do not stand before the sublayers only")
    steps, trace = Steps.of(subject), subject.trace
    x = {layer: Enclosure(subject.stream(layer)) for layer in range(subject.config.n_layers + 1)}
    a, f = {}, {}
    for layer in subject.layers:
        at = f"blocks.{layer}"
        a[layer + 1] = ran(steps.attention_layer(layer), x[layer], trace[f"{at}.hook_attn_out"])
        mid = Enclosure(trace[f"{at}.hook_resid_mid"])
        f[layer + 1] = ran(steps.mlp_layer(layer), mid, trace[f"{at}.hook_mlp_out"])
    yield Bound("all blocks", {"x": x, "X": embedded(subject), "A": a, "F": f}, nats={"L": subject.config.n_layers})


@bind("RS-U5a")
def dead_gradient(subject: Subject) -> Iterator[Bound]:
    """The Jacobian of one neuron, at the slope at which it erases what it reads, and its read as the gradient."""
    for layer in layers(subject, 2):
        w, v = subject.read(layer).mid[:1], subject.write(layer).mid[:, :1]
        overlap = sum(
            (Fraction(float(a)) * Fraction(float(b)) for a, b in zip(w[0], v[:, 0], strict=True)), Fraction(0)
        )
        if not overlap:
            raise Inapplicable("a neuron does not read what it writes")
        yield Bound(f"neuron {layer}.0", {"J": Product(v, w, scale=-1 / overlap), "g": w.T})


@bind("RS-U5b")
def gradients(subject: Subject) -> Iterator[Bound]:
    """W_OV of a head in each of some layers, and the embedding of the last token as the gradient."""
    found = [(layer, layer % subject.config.n_heads) for layer in layers(subject, 3)]
    maps = {i + 1: sharp(subject.w_o(*at)) @ subject.w_v(*at) for i, at in enumerate(found)}
    g = subject.model.parameters["embed.W_E"][subject.tokens[-1]]
    where = "heads " + ", ".join(f"{layer}.{head}" for layer, head in found)
    yield Bound(where, {"T": maps, "g": g}, nats={"L": len(found)})


# ---------------------------------------------------------------- onto
@bind("RS-U12a")
def reached(subject: Subject) -> Iterator[Bound]:
    """An MLP behind a norm; the stream that it made of the last token is reached from the stream that it read. The
    bound c is a crude one, as a norm's output is no longer than sqrt d."""
    steps, trace = Steps.of(subject), subject.trace
    for layer in layers(subject, 3):
        at, pre = f"blocks.{layer}", subject.config.residual == "pre"
        z = Enclosure(trace[f"{at}.hook_resid_mid"][-1:])
        step = steps.mlp_layer(layer) if pre else _behind(steps, layer)
        if pre:
            step = ran(step, z, trace[f"{at}.hook_mlp_out"][-1:])
            y = Enclosure(trace[f"{at}.hook_resid_post"][-1:])
        else:
            y = z + step(z)
        letters = {"F": on_columns(step), "y": y.T, "c": 2.0**200}
        yield Bound(f"MLP {layer}, last token", letters, made="all", tried={"z": [z.T]})


def _behind(steps: Steps, layer: int) -> Step:
    norm, mlp = steps.norm(f"blocks.{layer}.ln1"), steps.mlp(layer)
    return lambda x: mlp(norm(x))


def _flat(step: Step, n: int, d: int) -> Step:
    """The step with all tokens in one vector."""
    return lambda z: step(z.reshape(n, d)).reshape(n * d, 1)


@bind("RS-U12b")
def reached_by_all(subject: Subject) -> Iterator[Bound]:
    """The whole run, all tokens in one vector: the last stream is reached from the first."""
    steps, (n, d) = Steps.of(subject), subject.stream(0).shape
    x = {layer: Enclosure(subject.stream(layer)) for layer in range(subject.config.n_layers + 1)}
    maps: dict[int, Step] = {}
    for layer in subject.layers:
        whole = write(steps.block(layer), x[layer], x[layer + 1])
        maps[layer + 1] = _flat(whole, n, d)
    flat = {layer: value.reshape(n * d, 1) for layer, value in x.items()}
    tried: dict[str, list[Any]] = {"y": [flat[subject.config.n_layers]], "z": [flat[0]], "x": [flat]}
    nats = {"L": subject.config.n_layers, "n": n * d}
    yield Bound("all blocks", {"F": maps}, made="all", nats=nats, tried=tried)


# ---------------------------------------------------------------- fewer numbers
@bind("RS-T1.1a")
def projected(subject: Subject) -> Iterator[Bound]:
    """W_V of a head as the skip connection, and a layer that reads through it, at a token and at the same token with
    something added that W_V does not see."""
    steps = Steps.of(subject)
    for layer in layers(subject, 3):
        w = subject.w_v(layer, layer % subject.config.n_heads)
        if w.shape[0] >= w.shape[1]:
            raise Inapplicable("its heads are not narrower than the stream")
        x = steps.attention_source(layer)[-1:].T
        v = subject.write(layer)[:, :1]
        hidden = v - right_inverse(w) @ (w @ v)

        def through(z: Enclosure, w: Enclosure = w) -> Enclosure:
            return steps.activation(w @ z)

        letters: dict[str, Any] = {"P": w, "F": through, "x": x, "x2": x + hidden}
        yield Bound(f"head {layer}.{layer % subject.config.n_heads}", letters, made="all")


@bind("RS-T1.1b")
def lost(subject: Subject) -> Iterator[Bound]:
    """W_V of a head as the skip connection, and of another as the layer; K are directions that their sum forgets."""
    if subject.config.n_kv_heads < 2:
        raise Inapplicable("its layers have one W_V")
    shared = subject.config.n_heads // subject.config.n_kv_heads
    for layer in some(subject.layers, 2):
        w, t = subject.w_v(layer, 0), subject.w_v(layer, shared)
        m, n = w.shape
        if m >= n:
            raise Inapplicable("its heads are not narrower than the stream")
        both = w + t
        chosen = pivots(both.mid)
        others = np.setdiff1d(np.arange(n), chosen)
        top = -(inverse(both[:, chosen]) @ sharp(both[:, others]))
        order = np.argsort(np.concatenate([chosen, others]))
        kernel = concatenate([top, Enclosure(np.eye(n - m))])[order]
        back = np.zeros((n - m, n))
        back[np.arange(n - m), others] = 1
        tried: dict[str, list[Any]] = {"r": [n - m], "K": [sharp(kernel)], "J": [back]}
        yield Bound(f"heads {layer}.0 and {layer}.{shared}", {"P": w, "T": t}, tried=tried)
