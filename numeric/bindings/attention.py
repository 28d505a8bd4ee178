"""Attention as a sublayer (RS-U3, RS-U4, RS-C1.2, TH-26): letters from recorded patterns and from what heads read.

A head's biases are weights too: what it reads gets one more coordinate, which is 1 for every token. Rotary positions
are weights too: with a copy of the stream for each position, zero but for the token's own, every token has its own W_Q
and W_K.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind, unbound
from ..claims.subject import Subject, some
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure, concatenate
from ..functions import Array
from .kept import layers
from .sharper import sharp
from .steps import Steps, allowed, ball, both, on_columns

unbound("it is no statement: what a head mixes has another width than the stream", "RS-C1.2")


def heads(subject: Subject, most: int) -> list[tuple[int, int]]:
    """Heads (layer, head), evenly spread: another one each layer."""
    if not subject.layers:
        raise Inapplicable("the model has no layers")
    n = subject.config.n_heads
    found = [(layer, (layer + i) % n) for i in range(n) for layer in subject.layers]
    return sorted(some(found, most))


def named(layer: int, head: int) -> str:
    return f"head {layer}.{head}"


def several(subject: Subject) -> int:
    """The number of tokens. Raises Inapplicable for a text of one token, which has no other to look at."""
    n = len(subject.tokens)
    if n < 2:
        raise Inapplicable("the text has one token")
    return n


@bind("RS-U3")
def token_by_token(subject: Subject) -> Iterator[Bound]:
    """The stream behind attention, and the same with all tokens but the last replaced: norm and MLP at the last."""
    steps, n = Steps.of(subject), several(subject)
    for layer in layers(subject, 2):
        x = subject.trace[f"blocks.{layer}.hook_resid_mid"]
        y = np.vstack([2 * x[:-1], x[-1:]])
        norm = steps.norm(f"blocks.{layer}.ln2" if subject.config.residual == "pre" else f"blocks.{layer}.ln1")
        letters = {"X": x, "Y": y, "e": np.eye(n)[-1], "LN": on_columns(norm), "FFN": on_columns(steps.mlp(layer))}
        yield Bound(f"block {layer}, last token", letters)


@bind("RS-U3a")
def mixed(subject: Subject) -> Iterator[Bound]:
    """The pattern of recorded scores over what its head read, and over the same with all tokens but the last doubled.
    Its rows add up to 1, as those of softmax do."""
    steps, n = Steps.of(subject), several(subject)
    for layer, head in heads(subject, 12):
        x = steps.attention_source(layer).mid
        y = np.vstack([2 * x[:-1], x[-1:]])
        letters = {"A": steps.exact_pattern(layer, head), "one": np.ones(n), "X": x, "Y": y, "e": np.eye(n)[-1]}
        yield Bound(f"{named(layer, head)}, last token", letters, made=[1])


@bind("RS-U3b")
def batch_mean(subject: Subject) -> Iterator[Bound]:
    """The stream, and the same with all tokens but the last doubled, less their means over the tokens."""
    n = several(subject)
    for layer in layers(subject, 3):
        x = subject.stream(layer)
        y = np.vstack([2 * x[:-1], x[-1:]])
        letters = {"X": x, "Y": y, "e": np.eye(n)[-1], "one": np.ones(n), "q": Fraction(1, n)}
        yield Bound(f"stream before block {layer}, last token", letters, made="all")


# ---------------------------------------------------------------- one head of the run
def head_letters(subject: Subject, layer: int, head: int) -> tuple[dict[str, Any], int]:
    """X, W_Q, W_K, W_V, W_O and softmax of a head over the first tokens (over all, if they see later ones), and their
    number. Queries and keys read from one sequence: from the read of queries, the source of keys and values behind."""
    steps, c, p = Steps.of(subject), subject.config, subject.model.parameters
    n = min(len(subject.tokens), 6) if c.causal else len(subject.tokens)
    read, source = steps.attention_read(layer)[:n], steps.attention_source(layer)[:n]
    one, at, shared = Enclosure(np.ones((n, 1))), f"blocks.{layer}.attn", head // (c.n_heads // c.n_kv_heads)
    x = concatenate([read, one], 1)
    w_q = np.vstack([p[f"{at}.W_Q"][head], p[f"{at}.b_Q"][head][None]]).T
    w_k = np.vstack([p[f"{at}.W_K"][shared], p[f"{at}.b_K"][shared][None]]).T
    w_v = np.vstack([p[f"{at}.W_V"][shared], p[f"{at}.b_V"][shared][None]]).T
    if c.residual == "pre-as-printed":  # two sequences side by side, each read by its own weights
        x = concatenate([read, source, one], 1)
        gap = np.zeros((c.d_head, c.d_model))
        w_q = np.hstack([w_q[:, :-1], gap, w_q[:, -1:]])
        w_k, w_v = np.hstack([gap, w_k]), np.hstack([gap, w_v])
    queries, keys = Enclosure(w_q), Enclosure(w_k)
    values = Enclosure(w_v)
    if c.positions == "rotary":
        queries, keys, values = (_turned(subject, w, n, turn) for w, turn in ((w_q, 1), (w_k, 1), (w_v, 0)))
        x = _apart(x)
    w_o = np.zeros((x.shape[1], c.d_head))
    w_o[: c.d_model] = p[f"{at}.W_O"][head].T
    return {"X": x, "W_Q": queries, "W_K": keys, "W_V": values, "W_O": Enclosure(w_o), "softmax": steps.softmax}, n


def _turned(subject: Subject, w: Array, n: int, turn: int) -> Enclosure:
    """Weights [d_head, d] for each of n positions [d_head, n d], turned by the position's angles."""
    copies = Enclosure(np.repeat(w.T[None], n, axis=0))  # [pos, d, d_head]
    if turn:
        copies = enclosed.rotated(subject.model, copies)
    return copies.reshape(n * w.shape[1], w.shape[0]).T


def _apart(x: Enclosure) -> Enclosure:
    """The tokens [n, d] with a block of coordinates for each position [n, n d]."""
    n, d = x.shape
    mid, rad = np.zeros((2, n, n, d))
    for i in range(n):
        mid[i, i], rad[i, i] = x.mid[i], x.rad[i]
    return Enclosure(mid.reshape(n, n * d), rad.reshape(n, n * d))


@bind("RS-U4")
def one_head(subject: Subject) -> Iterator[Bound]:
    """A head from what it reads to what W_O writes of the recorded z."""
    for layer, head in heads(subject, 36):
        letters, n = head_letters(subject, layer, head)
        yield Bound(named(layer, head), letters, equals=_mixed(subject, layer, head, n, letters) @ letters["W_O"].T)


def _mixed(subject: Subject, layer: int, head: int, n: int, letters: dict[str, Any]) -> Enclosure:
    """The recorded z of a head for the first tokens, and its exact value, by sharp products, where a correct run may
    have recorded that."""
    steps = Steps.of(subject)
    plain = steps.mixed(layer)[:n, head]
    found = subject.trace[f"blocks.{layer}.attn.hook_z"][:n, head]
    if not allowed(plain, found):
        return Enclosure(found)
    x = sharp(letters["X"])
    q, k, v = (x @ letters[name].T for name in ("W_Q", "W_K", "W_V"))
    return both(sharp(letters["softmax"](sharp(q) @ k.T)) @ v, found)


@bind("RS-U4")
def inside(subject: Subject) -> Iterator[Bound]:
    """A head on the queries, keys and values that were recorded of all tokens, side by side, to the recorded z."""
    steps, c, r = Steps.of(subject), subject.config, subject.config.d_head
    select = np.eye(3 * r)
    turned = "hook_rot_" if c.positions == "rotary" else "hook_"
    for layer, head in heads(subject, 72):
        at, shared = f"blocks.{layer}.attn", head // (c.n_heads // c.n_kv_heads)
        q, k, v = (subject.trace[f"{at}.{name}"] for name in (f"{turned}q", f"{turned}k", "hook_v"))
        x = np.hstack([q[:, head], k[:, shared], v[:, shared]])
        z = enclosed.mixed(steps.model, enclosed.pattern(steps.model, enclosed.scores(steps.model, q, k)), v)
        letters: dict[str, Any] = {"X": x, "W_O": select[:, :r], "softmax": steps.softmax}
        letters |= {name: select[i * r : (i + 1) * r] for i, name in enumerate(("W_Q", "W_K", "W_V"))}
        found = ball(z[:, head], subject.trace[f"{at}.hook_z"][:, head])
        equals = concatenate([found, Enclosure(np.zeros((len(x), 2 * r)))], 1)
        yield Bound(f"{named(layer, head)}, inside", letters, equals=equals)


@bind("RS-U4")
def keys_alone(subject: Subject) -> Iterator[Bound]:
    """A head that asks with its keys, as recorded: what no pattern of the run shows, as by TH-26 none changes with the
    bias of keys."""
    steps, c = Steps.of(subject), subject.config
    for layer, head in heads(subject, 12):
        shared = head // (c.n_heads // c.n_kv_heads)
        letters, n = head_letters(subject, layer, head)
        k, v = (_projected(subject, layer, shared, side)[:n] for side in "KV")
        k = enclosed.rotated(steps.model, k.reshape(n, 1, -1)).reshape(n, -1)
        equals = sharp(sharp(steps.softmax(sharp(k) @ k.T)) @ v) @ letters["W_O"].T
        yield Bound(f"{named(layer, head)}, asking with its keys", {**letters, "W_Q": letters["W_K"]}, equals=equals)


def _projected(subject: Subject, layer: int, head: int, side: str) -> Enclosure:
    """The recorded keys or values of a head [pos, d_head], before turning, with the exact ones, by sharp products."""
    steps, p, at = Steps.of(subject), subject.model.parameters, f"blocks.{layer}.attn"
    source, found = steps.attention_source(layer), subject.trace[f"{at}.hook_{side.lower()}"][:, head]
    plain = source @ p[f"{at}.W_{side}"][head] + p[f"{at}.b_{side}"][head]
    exact = sharp(source) @ p[f"{at}.W_{side}"][head] + p[f"{at}.b_{side}"][head]
    return ball(exact, found, plain)


@bind("RS-C1.2a")
def update_rank(subject: Subject) -> Iterator[Bound]:
    """A recorded pattern, what the head read, and its weights, exactly."""
    steps = Steps.of(subject)
    for layer, head in heads(subject, 8):
        letters = {"A": steps.pattern(layer, head), "X": steps.attention_source(layer)}
        letters |= {"W_V": subject.w_v(layer, head), "W_O": subject.w_o(layer, head)}
        yield Bound(named(layer, head), letters)


# ---------------------------------------------------------------- biases
@bind("TH-26")
def key_bias(subject: Subject) -> Iterator[Bound]:
    """Recorded queries and keys of a head, and its key bias."""
    steps, c = Steps.of(subject), subject.config
    for layer, head in heads(subject, 8):
        at, shared = f"blocks.{layer}.attn", head // (c.n_heads // c.n_kv_heads)
        turned = "hook_rot_" if c.positions == "rotary" else "hook_"
        bias = subject.model.parameters[f"{at}.b_K"][shared]
        letters = {"Q": subject.trace[f"{at}.{turned}q"][:, head], "b_K": bias, "softmax": steps.softmax}
        letters |= {"K": Enclosure(subject.trace[f"{at}.{turned}k"][:, shared]) - bias[None], "one": _ones(subject)}
        yield Bound(named(layer, head), letters, made=[1])


def _ones(subject: Subject) -> Array:
    return np.ones(len(subject.tokens))


@bind("TH-26a")
def value_bias(subject: Subject) -> Iterator[Bound]:
    """A recorded pattern, what the head read, its weights and its value bias."""
    steps, c = Steps.of(subject), subject.config
    for layer, head in heads(subject, 72):
        shared = head // (c.n_heads // c.n_kv_heads)
        letters = {"A": steps.pattern_ball(layer, head), "X": steps.attention_source(layer), "one": _ones(subject)}
        letters |= {"W_V": subject.w_v(layer, head), "W_O": subject.w_o(layer, head)}
        letters["b_V"] = subject.model.parameters[f"blocks.{layer}.attn.b_V"][shared]
        yield Bound(named(layer, head), letters, model="all")


@bind("TH-26b")
def constant_sequence(subject: Subject) -> Iterator[Bound]:
    """All heads of a layer with their recorded patterns, on a sequence that repeats what the last token read."""
    steps, count = Steps.of(subject), subject.config.n_heads
    for layer in layers(subject, 3):
        letters: dict[str, Any] = {"x": steps.attention_source(layer)[-1:].T, "one": _ones(subject)}
        letters["A"] = {h + 1: steps.pattern_ball(layer, h) for h in subject.heads}
        letters["W_V"] = {h + 1: subject.w_v(layer, h) for h in subject.heads}
        letters["W_O"] = {h + 1: subject.w_o(layer, h) for h in subject.heads}
        yield Bound(f"attention {layer}", letters, model="all", nats={"H": count})
