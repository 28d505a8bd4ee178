"""The geometry of norms (TH-22, TH-23): what they forget, their derivative, and how they fold into the weights."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject, some
from ..claims.weights import Product, of_fraction
from ..enclosures.enclosure import Enclosure, concatenate, enclose
from ..functions import Array
from .norms import layer_norm, letters, named, only, places
from .steps import Steps


@bind("TH-22")
def scaled(subject: Subject) -> Iterator[Bound]:
    """A norm of the run at a token, and at the same token stretched and moved along what the norm forgets."""
    for site, token in places(subject, 4):
        found = letters(subject, site, token)
        for a in (2.0, -3.0):
            more = {"a": a, "b": 0.5, "s1": found["s"] * abs(a), "z": found["y"] * np.sign(a)}
            yield Bound(f"{named(site, token)}, times {a:g}", {**found, **more}, made=[3, 5, 7], model=[1, 2, 4, 6])


@bind("TH-22a")
def forgotten(subject: Subject) -> Iterator[Bound]:
    """A norm of the run at a token, and the token stretched and moved, which has the same output."""
    for site, token in places(subject, 4):
        found = letters(subject, site, token)
        more = {"s1": found["s"] * 2.0, "x1": found["x"] * 2.0 + enclose(found["u"]).reshape(-1, 1)}
        yield Bound(named(site, token), {**only(found, "q u x s y"), **more}, made=[2], model=[1])


def _normed(subject: Subject, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """q, u, s, y of the LayerNorm without eps at recorded tokens."""
    for site, token in places(subject, most):
        yield named(site, token), layer_norm(site.read[token : token + 1].T, 0.0)


@bind("TH-22b")
def twice(subject: Subject) -> Iterator[Bound]:
    """The LayerNorm without eps of a recorded token, and of that again."""
    for where, found in _normed(subject, 4):
        again = layer_norm(found["y"], 0.0)
        yield Bound(where, {**only(found, "q u y"), "s1": again["s"], "z": again["y"]}, made="all")


@bind("TH-22d")
def jacobian(subject: Subject) -> Iterator[Bound]:
    """The LayerNorm without eps of a recorded token."""
    for where, found in _normed(subject, 3):
        yield Bound(where, only(found, "q u y"), made="all")


@bind("TH-22e")
def rank_of_jacobian(subject: Subject) -> Iterator[Bound]:
    """The Jacobian at a token of which only the signs about its median are kept: LayerNorm takes it to 1 and -1, and
    all numbers are rational."""
    d = subject.config.d_model
    if d % 2 or d < 4:
        raise Inapplicable("the signs of an odd number of coordinates, or of two, are no such token")
    for site, token in places(subject, 1):
        y = np.ones(d)
        y[np.argsort(site.read.mid[token], kind="stable")[: d // 2]] = -1.0
        found = {"u": np.ones(d), "y": y, "q": of_fraction(Fraction(1, d)), "s": Fraction(1, d), "J": _jacobian(y)}
        yield Bound(f"{named(site, token)}, its signs", found, made="all")


def _jacobian(y: Array) -> Product:
    """d I - 1 1' - y y' for y of half 1, half -1, as a product through d - 2 dimensions: the coordinates but one of
    each half say the others, as both halves have the sum 0."""
    d = len(y)
    whole = d * np.eye(d) - np.ones((d, d)) - np.outer(y, y)
    left_out = [int(np.flatnonzero(y == sign)[0]) for sign in (1.0, -1.0)]
    kept = np.setdiff1d(np.arange(d), left_out)
    basis = np.eye(d)[:, kept]
    for out in left_out:
        basis[out] = -1.0 * (y[kept] == y[out])
    return Product(basis, whole[kept])


@bind("TH-22c")
def derivative(subject: Subject) -> Iterator[Bound]:
    """A token's centred stream before and behind attention (h is the step), and what norms without eps make of both."""
    steps, token = Steps.of(subject), len(subject.tokens) - 1
    for layer in some(subject.layers, 4):
        if subject.config.residual == "pre-as-printed":
            before = steps.attention_read(layer)
        else:
            before = Enclosure(subject.stream(layer))
        after = Enclosure(subject.trace[f"blocks.{layer}.hook_resid_mid"])
        one, two = (layer_norm(x[token : token + 1].T, 0.0) for x in (before, after))
        h = two["s"] * two["y"] - one["s"] * one["y"]
        found = {"s": one["s"], "y": one["y"], "s1": two["s"], "z": two["y"], "h": h}
        yield Bound(f"attention {layer}, last token", found, made="all")


@bind("TH-23")
def centred(subject: Subject) -> Iterator[Bound]:
    """A recorded token."""
    for site, token in places(subject, 3):
        x = site.read[token : token + 1].T
        yield Bound(named(site, token), {"q": Fraction(1, len(x)), "u": np.ones(len(x)), "x": x}, made="all")


@bind("TH-23a")
def folded(subject: Subject) -> Iterator[Bound]:
    """An MLP with its norm, on streams that were recorded before it (the columns of E), then the last norm and the
    unembedding of these tokens. A gated MLP reads twice as many numbers, and half of what it writes with is 0."""
    c, p, steps = subject.config, subject.model.parameters, Steps.of(subject)
    d = c.d_model
    centring = np.eye(d) - (1.0 / d if c.norm == "layer" else 0.0)

    def rms(x: Enclosure) -> Enclosure:
        return x / (x.norm2() / float(d) + c.eps).sqrt()

    def affine(norm: str) -> tuple[Array, Array]:
        return np.diag(p[f"{norm}.w"]), p[f"{norm}.b"] if c.norm == "layer" else np.zeros(d)

    last = affine("ln_final" if c.final_norm else f"blocks.{c.n_layers - 1}.ln2")
    ids = subject.tokens[-4:]
    unembedding = p["unembed.W_U"][:, ids].T if c.unembed else p["embed.W_E"][ids]
    for layer in some(subject.layers, 3):
        gain, bias = affine(f"blocks.{layer}.ln2" if c.residual == "pre" else f"blocks.{layer}.ln1")
        found: dict[str, Any] = {name: {1: value} for name, value in _mlp(subject, layer, steps).items()}
        found |= {"G": {0: last[0], 1: gain}, "b": {0: last[1], 1: bias}, "k": {1: p[f"blocks.{layer}.mlp.b_out"]}}
        streams = subject.trace[f"blocks.{layer}.hook_resid_mid"][-4:].T
        found |= {"E": streams, "U": unembedding, "t": np.eye(len(ids))[-1], "P": centring, "rms": rms}
        yield Bound(f"MLP {layer}, last token", found, nats={"L": 1})


def _mlp(subject: Subject, layer: int, steps: Steps) -> dict[str, Any]:
    bias = subject.model.parameters[f"blocks.{layer}.mlp.b_in"]
    if not subject.config.gated:
        return {"W": subject.read(layer), "V": subject.write(layer), "c": bias, "phi": steps.activation}
    m = len(bias)

    def phi(z: Enclosure) -> Enclosure:
        made = steps.activation(z[:m]) * z[m:] + bias[:, None]
        return concatenate([made, Enclosure(np.zeros((m, 1)))])

    read = np.vstack([subject.gate(layer).mid, subject.read(layer).mid])
    write = np.hstack([subject.write(layer).mid, np.zeros_like(subject.write(layer).mid)])
    return {"W": read, "V": write, "c": np.zeros(2 * m), "phi": phi}
