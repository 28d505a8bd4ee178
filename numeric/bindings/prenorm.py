"""Norms before and behind the sublayers (RS-L1.1, RS-U10, RS-U12): the chapter's blocks made of a model's own parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure, concatenate
from ..functions import Array
from ..record import nothing
from ..transformer import Model, pre_norm_block
from .blocks import centring
from .kept import layers
from .sharper import sharp
from .steps import Step, Steps, ball

NEURONS = 96  # of an MLP


def _calmest(subject: Subject, layer: int) -> int:
    """The head of a layer with the smallest W_Q and W_K: what is not known of scores, softmax makes larger."""
    sizes = [
        float(np.linalg.norm(subject.w_q(layer, h).mid) * np.linalg.norm(subject.w_k(layer, h).mid))
        for h in subject.heads
    ]
    return int(np.argmin(sizes))


def _letters(subject: Subject, layer: int) -> dict[str, Any]:
    """One head, a norm and the first neurons of a layer, and the first stream tokens that came to it."""
    steps, head = Steps.of(subject), _calmest(subject, layer)
    w_qk = sharp(subject.w_q(layer, head).T) @ subject.w_k(layer, head)
    w_ov = sharp(subject.w_o(layer, head)) @ subject.w_v(layer, head)
    letters: dict[str, Any] = {"W_QK": sharp(w_qk), "W_OV": sharp(w_ov), "softmax": steps.softmax}
    letters |= {"LN": _norm(subject, f"blocks.{layer}.ln1"), "FFN": _mlp(subject, layer)}
    return {**letters, **centring(subject.config.d_model), "X": Enclosure(subject.stream(layer)[:6])}


def _norm(subject: Subject, at: str) -> Step:
    """LayerNorm with the gain of a norm of the model, by sharp sums."""
    d, model = subject.config.d_model, subject.model

    def norm(x: Enclosure) -> Enclosure:
        centred = x - sharp(x) @ np.ones((d, 1)) / float(d)
        squares = [sharp(centred[i : i + 1]) @ centred[i : i + 1].T for i in range(len(x))]
        return enclosed.affine(model, at, centred / (concatenate(squares) / float(d) + model.config.eps).sqrt())

    return norm


def _mlp(subject: Subject, layer: int) -> Step:
    """The first neurons of an MLP by sharp products."""
    p, gated, act = _neurons(subject, layer), subject.config.gated, Steps.of(subject).activation

    def mlp(x: Enclosure) -> Enclosure:
        linear = sharp(x) @ p["W_in"]
        post = act(sharp(x) @ p["W_gate"]) * linear + p["b_in"] if gated else act(linear + p["b_in"])
        return sharp(post) @ p["W_out"] + p["b_out"]

    return mlp


def _neurons(subject: Subject, layer: int) -> dict[str, Array]:
    """The parameters of the first neurons of an MLP: radii grow with their number."""
    at, p = f"blocks.{layer}.mlp.", subject.model.parameters
    found = {name.removeprefix(at): value for name, value in p.items() if name.startswith(at)}
    cut = {name: value[..., :NEURONS] for name, value in found.items() if name in ("W_in", "W_gate", "b_in")}
    return {**found, **cut, "W_out": found["W_out"][:NEURONS]}


@bind("RS-L1.1", "RS-L1.1a")
def as_printed(subject: Subject) -> Iterator[Bound]:
    """The blocks of one head with the norm and the first neurons of a layer, on the first tokens of its stream."""
    for layer in layers(subject, 2):
        yield Bound(f"block {layer} with head {_calmest(subject, layer)} only", _letters(subject, layer), made="all")


@bind("RS-L1.1b")
def pre_norm(subject: Subject) -> Iterator[Bound]:
    """The same head, norm and neurons, put together to a pre-norm model, whose block is run."""
    for layer in layers(subject, 30)[subject.config.n_layers // 2 :][:3]:
        letters, head = _letters(subject, layer), _calmest(subject, layer)
        model = _one_head(subject, layer, head)
        x = letters["X"]
        found, plain = pre_norm_block(model, 0, x.mid, nothing), enclosed.block(model, 0, x)
        value = ball(_block(letters), found, plain)
        yield Bound(f"block {layer} with head {head} only", letters, equals=value)


def _block(letters: dict[str, Any]) -> Enclosure:
    """The same block by sharp products."""
    x, norm, d = letters["X"], letters["LN"], letters["X"].shape[1]
    centre = sharp(np.eye(d)) - Enclosure(np.ones((d, d))) / float(d)
    read = sharp(norm(sharp(x) @ centre))
    pattern = letters["softmax"](sharp(read @ letters["W_QK"]) @ read.T)
    mid = x + sharp(sharp(pattern) @ read) @ letters["W_OV"].T
    found: Enclosure = mid + letters["FFN"](norm(sharp(mid) @ centre))
    return found


def _one_head(subject: Subject, layer: int, head: int) -> Model:
    """A pre-norm model of one block without positions and attention biases, with one norm for both sublayers."""
    c, p, at = subject.config, subject.model.parameters, f"blocks.{layer}"
    one = replace(c, n_layers=1, n_heads=1, n_kv_heads=1, residual="pre", norm="layer", positions="none")
    one = replace(one, d_vocab=1, n_types=0, embedding_norm=False, final_norm=False, unembed=False, tied=False)
    shared = head // (c.n_heads // c.n_kv_heads)
    found = {"embed.W_E": np.zeros((1, c.d_model))}
    for norm in ("ln1", "ln2"):
        found[f"blocks.0.{norm}.w"] = p[f"{at}.ln1.w"]
        found[f"blocks.0.{norm}.b"] = p.get(f"{at}.ln1.b", np.zeros(c.d_model))
    for name, number in (("W_Q", head), ("W_K", shared), ("W_V", shared), ("W_O", head)):
        found[f"blocks.0.attn.{name}"] = p[f"{at}.attn.{name}"][number : number + 1]
    neurons = _neurons(subject, layer)
    found |= {f"blocks.0.mlp.{name}": value for name, value in neurons.items()}
    return Model(replace(one, d_mlp=len(neurons["b_in"])), found)


@bind("RS-L1.1c")
def unseen(subject: Subject) -> Iterator[Bound]:
    """A norm and the next one, on a stream and on the same with a number added to each token."""
    for layer in layers(subject, 2):
        letters = _letters(subject, layer)
        names = {name: letters[name] for name in ("q", "one", "X", "LN")}
        v, second = np.linspace(-1, 1, len(letters["X"])), Steps.of(subject).norm(f"blocks.{layer}.ln2")
        yield Bound(f"block {layer}", {**names, "v": v, "R": second}, made="all")


def _three_maps(subject: Subject, layer: int) -> dict[str, Any]:
    steps, second = Steps.of(subject), f"blocks.{layer}.ln2"
    letters = {"LN1": steps.norm(f"blocks.{layer}.ln1"), "LN2": steps.norm(second), **centring(subject.config.d_model)}
    return {**letters, "X": Enclosure(subject.stream(layer))}


@bind("RS-U10")
def no_sum(subject: Subject) -> Iterator[Bound]:
    """Attention, norms and MLP of a layer, on the stream that came to it."""
    steps = Steps.of(subject)
    for layer in layers(subject, 3):
        letters = {**_three_maps(subject, layer), "MHA": steps.attend(layer), "FFN": steps.mlp(layer)}
        yield Bound(f"block {layer}", letters, made="all")


@bind("RS-U12")
def silent(subject: Subject) -> Iterator[Bound]:
    """The norms of a layer, with sublayers that write nothing, on the stream that came to it."""
    for layer in layers(subject, 3):
        letters = {**_three_maps(subject, layer), "MHA": _nothing, "FFN": _nothing}
        yield Bound(f"block {layer} without what it writes", letters, made="all")


def _nothing(x: Enclosure) -> Enclosure:
    return Enclosure(np.zeros(x.shape))
