"""What a norm behind the sums forgets (RS-L1b to RS-L1f): letters from the norms and the heads of a layer.

P is the centring of a LayerNorm; for a model with RMSNorm, of the LayerNorm that would stand in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..claims.weights import Product, Weight
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import solve
from ..functions import Array
from .kept import layers
from .norms import layer_norm
from .sharper import Sharp, sharp
from .steps import Steps, on_columns


def _centring(d: int) -> Enclosure:
    return Enclosure(np.eye(d)) - Enclosure(np.ones((d, d))) / float(d)


def _affine(subject: Subject, at: str) -> tuple[Array, Array]:
    p, d = subject.model.parameters, subject.config.d_model
    return p[f"{at}.w"], p[f"{at}.b"] if subject.config.norm == "layer" else np.zeros(d)


@bind("RS-L1b")
def hyperplane(subject: Subject) -> Iterator[Bound]:
    """Gain and bias of the norms whose gains differ least, with tokens of the stream; w is 1 / gain."""
    d = subject.config.d_model
    sites = [
        (at, *_affine(subject, at)) for layer in subject.layers for at in (f"blocks.{layer}.ln{i}" for i in (1, 2))
    ]
    sites = [site for site in sites if site[1].all()]
    if not sites:
        raise Inapplicable("all norms have a gain of 0 somewhere")
    for at, gain, bias in sorted(sites, key=lambda site: float(np.abs(site[1]).max() / np.abs(site[1]).min()))[:3]:
        w = Enclosure(1.0) / Enclosure(gain.reshape(-1, 1))
        tried = {"w": [w], "z": [subject.stream(0)[-1]]}
        letters = {"P": _centring(d), "one": np.ones(d), "G": np.diag(gain), "b": bias}
        yield Bound(at, letters, made="all", tried=tried)


@bind("RS-L1c")
def rank(subject: Subject) -> Iterator[Bound]:
    """d P, which is a matrix of whole numbers, behind what an MLP writes of its first neurons."""
    d = subject.config.d_model
    if d < 2:
        raise Inapplicable("its stream has one coordinate")
    last = np.vstack([np.eye(d - 1), -np.ones((1, d - 1))])  # its columns span the vectors with the sum 0
    whole = Product(last, (d * np.eye(d) - 1)[:-1])
    for layer in layers(subject, 1):
        b = np.zeros((d, d))
        b[:, : min(d, subject.config.d_mlp)] = subject.write(layer).mid[:, :d]
        yield Bound(f"MLP {layer}", {"P": whole, "B": Weight(b), "one": np.ones(d)}, made="all")


# ---------------------------------------------------------------- constant sequences
SHARE = 2.0**-10  # of a stream's size, which a move is that is not seen


def _constant(subject: Subject, layer: int) -> tuple[Sharp, Enclosure, Enclosure]:
    """W and c of attention on sequences that repeat one token, and a multiple u of the solution of (I + W) u = 1."""
    d, p, at = subject.config.d_model, subject.model.parameters, f"blocks.{layer}.attn"
    shared = subject.config.n_heads // subject.config.n_kv_heads
    w_o = np.hstack([subject.w_o(layer, h).mid for h in subject.heads])
    w_v = np.vstack([subject.w_v(layer, h).mid for h in subject.heads])
    b_v = np.concatenate([p[f"{at}.b_V"][h // shared] for h in subject.heads])
    w = sharp(w_o) @ w_v
    u = solve(w + np.eye(d), np.ones((d, 1)))
    u = u * (SHARE / float(np.abs(u.mid).max()))
    return sharp(w), sharp(w_o) @ b_v[:, None] + p[f"{at}.b_O"][:, None], u


@bind("RS-L1d")
def unseen_move(subject: Subject) -> Iterator[Bound]:
    """Attention of a layer, which attends evenly to equal tokens, on twice the last token that it read; Z is a norm."""
    steps, d = Steps.of(subject), subject.config.d_model
    even = np.full((2, 2), 0.5)
    for layer in layers(subject, 2):
        w, c, u = _constant(subject, layer)

        def attend(x: Enclosure, w: Sharp = w, c: Enclosure = c) -> Enclosure:
            return sharp(even @ x) @ w.T + c.T

        letters: dict[str, Any] = {"P": _centring(d), "W": w, "c": c, "u": u, "tok": np.ones(2), "Z": _rms}
        letters |= {"x": steps.attention_read(layer)[-1:].T, "MHA": attend}
        yield Bound(f"attention {layer}, last token", letters, made="all")


def _rms(x: Enclosure) -> Enclosure:
    return x / ((x * x).sum(axis=-1, keepdims=True) / float(x.shape[1]) + 1.0).sqrt()


@bind("RS-L1e")
def not_injective(subject: Subject) -> Iterator[Bound]:
    """The skip connection and all heads of a layer on a constant sequence, B = I + W, then P; F is RMSNorm."""
    steps, d = Steps.of(subject), subject.config.d_model
    for layer in layers(subject, 2):
        w, _, u = _constant(subject, layer)
        letters = {"P": _centring(d), "B": w + np.eye(d), "one": np.ones(d), "F": on_columns(_rms)}
        tried = {"u": [u], "x": [steps.attention_read(layer)[-1:].T]}
        yield Bound(f"attention {layer}, last token", letters, made="all", tried=tried)


@bind("RS-L1f")
def one_bit(subject: Subject) -> Iterator[Bound]:
    """LayerNorm of two coordinates of a recorded token."""
    for layer in layers(subject, 2):
        x = Enclosure(subject.stream(layer)[-1:, :2].T)
        a, b = layer_norm(x, 0.0)["y"].mid.round().ravel()
        yield Bound(f"stream before block {layer}, last token", {"a": float(a), "b": float(b)})
