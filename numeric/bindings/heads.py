"""Heads (TH-5 to TH-7, RS-U11): recorded patterns with the weights of their heads, alone and one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject, some
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import left_inverse, right_inverse
from ..functions import Array
from .attention import heads, named
from .kept import layers
from .letters import reflection
from .sharper import Sharp, sharp
from .steps import Steps


@bind("RS-U11")
def moved(subject: Subject) -> Iterator[Bound]:
    """A recorded pattern over what its head read, token by token, seen from the last token."""
    steps, n = Steps.of(subject), len(subject.tokens)
    basis = np.eye(n)
    for layer, head in heads(subject, 3):
        x = steps.attention_source(layer)
        letters: dict[str, Any] = {"A": steps.pattern(layer, head), "W": subject.ov(layer, head), "f": basis[-1]}
        letters |= {"e": {j + 1: basis[j] for j in range(n)}, "x": {j + 1: x[j : j + 1].T for j in range(n)}}
        yield Bound(f"{named(layer, head)}, last token", letters, nats={"N": n})


@bind("RS-U11a")
def change(subject: Subject) -> Iterator[Bound]:
    """A recorded pattern over what its head read, and a neuron's write added to the first token."""
    steps, n = Steps.of(subject), len(subject.tokens)
    for layer, head in heads(subject, 4):
        letters = {
            "A": steps.pattern(layer, head),
            "W": _enclosed(subject, layer, head),
            "X": steps.attention_source(layer),
        }
        letters |= {"f": np.eye(n)[-1], "e": np.eye(n)[0], "v": subject.write(layer)[:, :1]}
        yield Bound(f"{named(layer, head)}, from the first token to the last", letters)


def _enclosed(subject: Subject, layer: int, head: int) -> Enclosure:
    """W_OV, to be evaluated as an enclosure only."""
    ov = subject.ov(layer, head)
    return Enclosure(ov.mid, ov.rad)


# ---------------------------------------------------------------- the basis inside a head
def _turn(subject: Subject, layer: int, head: int) -> Sharp:
    """A reflection of the numbers inside a head, along what its first neighbour's weights say."""
    return sharp(reflection(subject.w_q(layer, head).mid[:, 0]))


@bind("TH-5")
def gauge(subject: Subject) -> Iterator[Bound]:
    """A head on what it read, and the same head with its insides turned; the scale of the scores is left to softmax."""
    steps = Steps.of(subject)
    for layer, head in heads(subject, 4):
        letters: dict[str, Any] = {"X": sharp(steps.attention_read(layer)), "softmax": steps.softmax}
        letters |= dict.fromkeys("ABCD", _turn(subject, layer, head))
        letters |= {"W_Q": sharp(subject.w_q(layer, head)), "W_K": sharp(subject.w_k(layer, head))}
        letters |= {"W_V": sharp(subject.w_v(layer, head)), "W_O": sharp(subject.w_o(layer, head))}
        yield Bound(named(layer, head), letters, made="all")


@bind("TH-5a")
def only_gauge(subject: Subject) -> Iterator[Bound]:
    """A head, and the same head with its insides turned."""
    for layer, head in heads(subject, 3):
        w_v, w_o = sharp(subject.w_v(layer, head)), sharp(subject.w_o(layer, head))
        turn = _turn(subject, layer, head)
        letters = {"W_V": w_v, "W_O": w_o, "L": sharp(left_inverse(w_o)), "R": sharp(right_inverse(w_v))}
        yield Bound(named(layer, head), {**letters, "V2": sharp(turn @ w_v), "O2": sharp(w_o @ turn.T)}, made="all")


# ---------------------------------------------------------------- low rank
@bind("TH-6")
def ranks(subject: Subject) -> Iterator[Bound]:
    """The weights of heads and the stream that was recorded, exactly."""
    for layer, head in heads(subject, 12):
        letters: dict[str, Any] = {"X": subject.stream(layer)}
        letters |= {"W_Q": subject.w_q(layer, head), "W_K": subject.w_k(layer, head)}
        letters |= {"W_V": subject.w_v(layer, head), "W_O": subject.w_o(layer, head)}
        yield Bound(named(layer, head), letters)


@bind("TH-6a")
def composed_ranks(subject: Subject) -> Iterator[Bound]:
    """The weights of a head and of a later one, exactly."""
    for one, two in subject.pairs(2):
        h1, h2 = one % subject.config.n_heads, two % subject.config.n_heads
        letters = {"W_V1": subject.w_v(one, h1), "W_O1": subject.w_o(one, h1)}
        letters |= {"W_Q2": subject.w_q(two, h2), "W_K2": subject.w_k(two, h2)}
        letters |= {"W_V2": subject.w_v(two, h2), "W_O2": subject.w_o(two, h2)}
        yield Bound(f"{named(one, h1)} -> {named(two, h2)}", letters)


# ---------------------------------------------------------------- one head after another
def _chain(subject: Subject, most: int) -> list[tuple[int, int]]:
    """A head of some layers, the earlier first."""
    return [(layer, layer % subject.config.n_heads) for layer in layers(subject, most)]


def _named(chain: list[tuple[int, int]]) -> str:
    return "heads " + " -> ".join(f"{layer}.{head}" for layer, head in chain)


@bind("TH-7")
def chain(subject: Subject) -> Iterator[Bound]:
    """Heads of some layers one after another, with their recorded patterns, on the first stream."""
    steps, found = Steps.of(subject), _chain(subject, 3)
    letters: dict[str, Any] = {"X": subject.stream(0)}
    letters["A"] = {i + 1: steps.pattern(*at) for i, at in enumerate(found)}
    letters["W"] = {i + 1: sharp(sharp(subject.w_o(*at)) @ subject.w_v(*at)) for i, at in enumerate(found)}
    yield Bound(_named(found), letters, nats={"L": len(found)})


@bind("TH-7a")
def pair(subject: Subject) -> Iterator[Bound]:
    """A head and a later one with their recorded patterns, on what the first read, each adding to it."""
    steps = Steps.of(subject)
    for one, two in subject.pairs(2):
        h1, h2 = one % subject.config.n_heads, two % subject.config.n_heads
        letters: dict[str, Any] = {
            "X": steps.attention_source(one),
            "A1": steps.pattern(one, h1),
            "A2": steps.pattern(two, h2),
        }
        for name, layer, head in (("W1", one, h1), ("W2", two, h2)):
            letters[name] = sharp(sharp(subject.w_o(layer, head)) @ subject.w_v(layer, head))
        yield Bound(f"{named(one, h1)}, {named(two, h2)}", letters)


@bind("TH-7b")
def rows(subject: Subject) -> Iterator[Bound]:
    """Recorded patterns of a head of every layer, for every number of a head."""
    steps = Steps.of(subject)
    for head in subject.heads:
        patterns = {layer + 1: steps.pattern_ball(layer, head) for layer in subject.layers}
        letters = {"A": patterns, "u": np.ones(len(subject.tokens))}
        yield Bound(f"head {head} of all layers", letters, model="all", nats={"L": len(subject.layers)})


@bind("TH-7c")
def signs(subject: Subject) -> Iterator[Bound]:
    """Recorded patterns of a head and a later one: from the last token to the first, by way of all."""
    steps, n = Steps.of(subject), len(subject.tokens)
    basis = np.eye(n)
    for one, two in subject.pairs(6):
        h1, h2 = one % subject.config.n_heads, two % subject.config.n_heads
        letters: dict[str, Any] = {"A1": steps.pattern(one, h1), "A2": steps.pattern(two, h2)}
        letters |= {"t": {j + 1: basis[j] for j in range(n)}, "f": basis[-1], "e": basis[0]}
        yield Bound(f"{named(one, h1)} -> {named(two, h2)}", letters, made=[1], model=[2, 3], nats={"N": n})


@bind("TH-7d")
def causal(subject: Subject) -> Iterator[Bound]:
    """Recorded patterns of a head of every layer, for every prefix of the text, and every number of a head."""
    if not subject.config.causal:
        raise Inapplicable("its attention looks ahead")
    steps, n = Steps.of(subject), len(subject.tokens)
    for head in subject.heads:
        for keep in some(range(1, n), 2 if head else 4):
            prefix: Array = np.diag((np.arange(n) < keep).astype(float))
            patterns = {layer + 1: steps.pattern(layer, head) for layer in subject.layers}
            where = f"head {head} of all layers, first {keep} tokens"
            yield Bound(where, {"A": patterns, "P": prefix}, made=[1], model=[2], nats={"L": len(subject.layers)})
