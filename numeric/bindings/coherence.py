"""Sums of signals along directions of the residual stream (VW-U4, VW-L9, VW-U9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject, some
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure
from ..enclosures.recorded import recorded
from ..enclosures.verified import orthonormal_basis
from ..functions import Array
from .choices import embeddings, numbered, quiet, units, x
from .kept import layers
from .made import above, column, kernel, side_by_side, unit

HUGE = 2.0**900  # its products with weights are finite still


def parts(subject: Subject) -> list[Enclosure]:
    """What was recorded to be written into the last token's stream: its embedding, and what each sublayer wrote."""
    trace = subject.trace
    found = [subject.stream(0)[-1]]
    for layer in subject.layers:
        found += [trace[f"blocks.{layer}.hook_attn_out"][-1], trace[f"blocks.{layer}.hook_mlp_out"][-1]]
    return [column(v) for v in found]


@bind("VW-U4")
def sums(subject: Subject) -> Iterator[Bound]:
    """What the sublayers write to the last token, and W_OV of a head that reads their sum."""
    written, last = parts(subject), layers(subject, 1)[-1]
    yield Bound("last token", {"v": numbered(written), "T": subject.ov(last, 0)}, nats={"n": len(written)})


@bind("VW-U4")
def recorded_stream(subject: Subject) -> Iterator[Bound]:
    """Of some tokens the embeddings that the model has for them, and what each sublayer was recorded to write, with the
    recorded streams for the sums: each is off by one rounding of it for each step."""
    c, trace = subject.config, subject.trace
    if c.residual != "pre" or c.embedding_norm or c.n_types or not subject.layers:
        raise Inapplicable("the stream is not a sum of what is written to it: norms stand in it")
    for position in some(range(len(subject.tokens)), 6):
        written = [subject.model.parameters["embed.W_E"][subject.tokens[position]]]
        streams = [written[0]]
        if c.positions in ("learned", "sinusoidal"):
            learned = subject.model.parameters["pos_embed.W_pos"] if c.positions == "learned" else None
            written.append((trace["hook_pos_embed"] if learned is None else learned)[position])
            streams.append(subject.stream(0)[position])
        for layer in subject.layers:
            at = f"blocks.{layer}"
            written += [trace[f"{at}.hook_attn_out"][position], trace[f"{at}.hook_mlp_out"][position]]
            streams += [trace[f"{at}.hook_resid_mid"][position], subject.stream(layer + 1)[position]]
        letters = {"v": numbered(map(column, written)), "y": _rounded_sums(streams)}
        t = subject.ov(c.n_layers - 1, 0)
        yield Bound(f"recorded stream of token {position}", {**letters, "T": t}, nats={"n": len(written)})


def _rounded_sums(streams: list[Array]) -> dict[int, Enclosure]:
    """The exact sums from 0 that were rounded to these at each step: a correct run's lie inside."""
    lost = np.zeros(len(streams[0]))
    found = {0: column(lost)}
    for number, stream in enumerate(streams, 1):
        if number > 1:  # the first is a term itself
            lost = (lost + np.abs(stream) * 2.0**-53) * (1 + 2.0**-50)
        found[number] = Enclosure(stream.reshape(-1, 1), lost.reshape(-1, 1))
    return found


@bind("VW-U4a")
def another_order(subject: Subject) -> Iterator[Bound]:
    """What the layers write to the last token, and the same in another order."""
    written = parts(subject)
    if len(written) < 2:
        raise Inapplicable("nothing is added to the embedding")
    letters = {"u": numbered(written), "v": numbered(written[::-1])}
    yield Bound("last token", letters, made={1}, nats={"n": len(written)})


@bind("VW-L9")
def deviations(subject: Subject) -> Iterator[Bound]:
    """What neurons with small cosines write, made orthonormal, less their mean: a simplex, which adds up to 0."""
    for layer in layers(subject, 2):
        n = min(6, subject.config.d_model, subject.config.d_mlp)
        if n < 5:
            raise Inapplicable("fewer than 5 neurons or dimensions")
        q = orthonormal_basis(quiet(subject, layer, n))
        corners = q @ (n * np.eye(n) - 1)
        letters = {"s": numbered(corners[:, [i]] for i in range(n)), "a": numbered([1.0] * n)}
        yield Bound(f"MLP {layer}", letters, made={3}, nats={"n": n})


@bind("VW-L9a")
def simplex(subject: Subject) -> Iterator[Bound]:
    """The stream of a token, scaled to mean square 1 as RMSNorm without eps does it."""
    for layer in layers(subject, 2):
        here = unit(x(subject, layer)) * Enclosure(float(subject.config.d_model)).sqrt()
        yield Bound(f"layer {layer}", {"u": here}, made={1})


@bind("VW-L9b")
def matched_read(subject: Subject) -> Iterator[Bound]:
    """A token's embedding as a unit vector, read beside those of the other tokens of the text."""
    directions = units(embeddings(subject))[:12]
    if len(directions) < 2:
        raise Inapplicable("the text has no two different tokens")
    r, others = directions[0], directions[1:]
    eps = above(abs(r.T @ side_by_side(others)))
    weights = _seen(subject, len(others))
    letters = {"r": r, "s": numbered(others), "a": numbered(weights), "b": numbered(map(abs, weights))}
    yield Bound("embeddings", {**letters, "c": 1.0, "eps": eps}, made={1, 4, 5}, nats={"n": len(others)})


@bind("VW-U9")
def code(subject: Subject) -> Iterator[Bound]:
    """What neurons write, weighted by their recorded activations, is what the MLP is recorded to write."""
    for layer in subject.layers:
        s, at = subject.write(layer), f"blocks.{layer}"
        # What is not finite is no number that sums up to what was recorded: nor is one as large as that.
        post = np.nan_to_num(subject.trace[f"{at}.mlp.hook_post"][-1], nan=HUGE, posinf=HUGE, neginf=-HUGE)
        bias, wrote = subject.bias(f"{at}.mlp.b_out"), {"wrote": column(subject.trace[f"{at}.hook_mlp_out"][-1]).mid}
        found = recorded(wrote, "wrote", s @ column(post) + bias)
        yield Bound(f"MLP {layer}", {"S": s, "alpha": post}, equals=found - bias)


@bind("VW-U9")
def logits(subject: Subject) -> Iterator[Bound]:
    """What the coordinates of the stream write to the logits, weighted by the last stream behind the last norm, is
    what came out for the last token."""
    model, last = subject.model, Enclosure(subject.stream(subject.config.n_layers)[-1:])
    if not subject.config.unembed or not subject.layers:
        raise Inapplicable("the model has no layers, or does not unembed its stream")
    alpha = (enclosed.norm(model, "ln_final", last) if subject.config.final_norm else last).T
    s, bias = subject.weight("unembed.W_U"), subject.bias("unembed.b_U")
    found = recorded({"logits": column(subject.logits[-1]).mid}, "logits", s @ alpha + bias)
    yield Bound("logits", {"S": s, "alpha": alpha}, equals=found - bias)


@bind("VW-U9a")
def two_weights(subject: Subject) -> Iterator[Bound]:
    """What two neurons write, and the direction of their sum: the same vector as both, or as that one alone."""
    for layer in layers(subject, 3):
        first, second = units(quiet(subject, layer, 2))
        total = first + second
        letters = {"s": numbered([first, second, unit(total)]), "a": numbered([1.0, 1.0, 0.0])}
        b = numbered([0.0, 0.0, total.norm2().sqrt().reshape(1, 1)])
        yield Bound(f"MLP {layer}", {**letters, "b": b}, made="all", nats={"n": 3})


@bind("VW-U9b")
def unseen(subject: Subject) -> Iterator[Bound]:
    """What a head's values read of d_model weights, and those that they do not see."""
    for layer in layers(subject, 2):
        s = subject.w_v(layer, 0)
        if s.shape[0] == s.shape[1]:
            raise Inapplicable("a head is as wide as the stream")
        k, j, _ = kernel(s.mid)
        tried: dict[str, list[Any]] = {"r": [k.shape[1]], "K": [k], "J": [j]}
        yield Bound(f"head {layer}.0", {"S": s}, tried=tried)


@bind("VW-U9c")
def orthonormal_code(subject: Subject) -> Iterator[Bound]:
    """An orthonormal basis of what a head writes to, weighted by what the head was recorded to write."""
    for layer in layers(subject, 3):
        z = column(subject.trace[f"blocks.{layer}.attn.hook_z"][-1, 0])
        letters = {"S": orthonormal_basis(subject.w_o(layer, 0)), "alpha": z}
        yield Bound(f"head {layer}.0", letters, made={1})


def _seen(subject: Subject, count: int) -> list[float]:
    """What neurons were recorded to find, as weights of signals."""
    post: Any = subject.trace["blocks.0.mlp.hook_pre"][-1] if subject.layers else np.ones(count)
    return [float(v) for v in np.resize(post, count)]
