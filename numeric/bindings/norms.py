"""What the norms of a run do to a token (RS-U6, RS-U9, RS-Ex1a, RS-U12c): letters from what was recorded of them.

RMSNorm is a LayerNorm that centres along a direction which the stream does not have: with one coordinate more, which is
0 for every token, the direction u that is forgotten is that coordinate's, with length sqrt d. Claims that speak of the
mean itself are read of the LayerNorm that stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject, some
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure, concatenate
from ..functions import Array
from .steps import Site, Steps, ball

SOME = 8  # places where all norms would take too long


def places(subject: Subject, most: int) -> list[tuple[Site, int]]:
    """Norms of the run, each with one token: another one each time."""
    sites, n = list(Steps.of(subject).sites()), len(subject.tokens)
    return some([(site, (n - 1 - i) % n) for i, site in enumerate(sites)], most)


def named(site: Site, token: int) -> str:
    return f"{site.at}, token {token}"


def output(subject: Subject, site: Site, token: int) -> dict[str, Any]:
    """The scale s and the output y of a norm before gain and bias, as recorded, with their exact values."""
    model, trace = subject.model, subject.trace
    read = enclosed.centred(model, site.read[token : token + 1])
    scale = enclosed.scale(model, read)
    s = ball(scale, trace[f"{site.at}.hook_scale"][token : token + 1])
    return {"s": s, "y": ball(read / scale, trace[f"{site.at}.hook_normalized"][token : token + 1]).T}


def letters(subject: Subject, site: Site, token: int) -> dict[str, Any]:
    """q, u, x, s, y and eps of a norm at a token, so that s y = (I - q u u') x; for RMSNorm with a coordinate more."""
    d, eps = subject.config.d_model, Fraction(subject.config.eps)
    found = {"q": Fraction(1, d), "x": site.read[token : token + 1].T, "eps": eps, **output(subject, site, token)}
    if subject.config.norm == "layer":
        return {**found, "u": np.ones(d)}
    none, root = Enclosure(np.zeros((1, 1))), Enclosure([[float(d)]]).sqrt()
    found |= {k: concatenate([found[k], none]) for k in "xy"}
    return {**found, "u": concatenate([Enclosure(np.zeros((d, 1))), root])}


def layer_norm(x: Enclosure, eps: float) -> dict[str, Any]:
    """The same letters for a LayerNorm with this eps, of a column [d, 1]."""
    d = len(x)
    centred = x - x.sum() / float(d)
    s = (centred.norm2() / float(d) + eps).sqrt()
    named = {"q": Fraction(1, d), "u": np.ones(d), "x": x, "eps": Fraction(eps)}
    return {**named, "s": s, "y": centred / s}


def of_layer_norm(subject: Subject, site: Site, token: int) -> dict[str, Any]:
    """Those of a norm at a token, where it is a LayerNorm; else of the LayerNorm in its place."""
    if subject.config.norm == "layer":
        return letters(subject, site, token)
    return layer_norm(site.read[token : token + 1].T, subject.config.eps)


def basis(d: int, k: int) -> Array:
    """A unit vector."""
    return np.eye(d)[:, k]


def only(found: dict[str, Any], names: str) -> dict[str, Any]:
    """The letters that a claim has."""
    return {name: found[name] for name in names.split()}


@bind("RS-U6b")
def length(subject: Subject) -> Iterator[Bound]:
    """Every norm of the run at one of its tokens, and those outside the blocks at more."""
    everywhere = {(site.at, token): (site, token) for site, token in places(subject, 100)}
    for site in Steps.of(subject).sites():
        if not site.at.startswith("blocks."):
            everywhere |= {(site.at, i): (site, i) for i in some(range(len(subject.tokens)), 12)}
    for site, token in everywhere.values():
        found = only(letters(subject, site, token), "q u x s y eps")
        yield Bound(named(site, token), found, model="all")


@bind("RS-U6a")
def centre(subject: Subject) -> Iterator[Bound]:
    """Norms of the run at one of their tokens."""
    for site, token in places(subject, SOME):
        yield Bound(named(site, token), only(of_layer_norm(subject, site, token), "q u x s y"), model="all")


@bind("RS-U6c")
def at_most_d(subject: Subject) -> Iterator[Bound]:
    """Norms of the run at one of their tokens."""
    for site, token in places(subject, SOME):
        found = only(letters(subject, site, token), "q u x s y eps")
        yield Bound(named(site, token), found, model="all")


@bind("RS-U6", "RS-U9")
def constant_token(subject: Subject) -> Iterator[Bound]:
    """A token whose coordinates are all the mean of a recorded one, which LayerNorm takes to 0."""
    if not subject.config.eps:
        raise Inapplicable("its norms have no eps")
    for site, token in places(subject, 3):
        mean = site.read.mid[token].mean()
        x = Enclosure(np.full((subject.config.d_model, 1), mean))
        found = layer_norm(x, subject.config.eps)
        root = Enclosure(subject.config.eps).sqrt()
        found |= {"s": root, "y": np.zeros(subject.config.d_model)}
        yield Bound(f"{site.at}, the mean of token {token}", found, made="all")


@bind("RS-U9")
def with_eps(subject: Subject) -> Iterator[Bound]:
    """Norms of the run at one of their tokens: whether eps can be seen there depends on the variance."""
    for site, token in places(subject, SOME):
        yield Bound(named(site, token), of_layer_norm(subject, site, token), model="all")


@bind("RS-U9a")
def without_eps(subject: Subject) -> Iterator[Bound]:
    """The LayerNorm without eps, at recorded tokens."""
    for site, token in places(subject, SOME):
        found = layer_norm(site.read[token : token + 1].T, 0.0)
        yield Bound(named(site, token), only(found, "q u x s y"), made="all")


@bind("RS-U6d")
def coordinate(subject: Subject) -> Iterator[Bound]:
    """The largest coordinate of what a norm put out."""
    for site, token in places(subject, SOME):
        found = of_layer_norm(subject, site, token)
        e = basis(subject.config.d_model, int(np.abs(found["y"].mid).argmax()))
        yield Bound(named(site, token), {"e": e, **only(found, "u y")}, model="all")


def _corner(subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    d = subject.config.d_model
    if d < 2:
        raise Inapplicable("its stream has one coordinate")
    r = 1 / Enclosure(float(d - 1)).sqrt()
    for site, token in places(subject, 3):
        k = int(np.abs(site.read.mid[token]).argmax())
        e, u = basis(d, k), np.ones(d)
        yield f"{named(site, token)}, coordinate {k}", {"e": e, "u": u, "r": r, "y": (Enclosure(d * e - u) * r)}


@bind("RS-U6e")
def reached(subject: Subject) -> Iterator[Bound]:
    """The coordinate in which a recorded token is largest, and a stream of the model's width."""
    for where, found in _corner(subject):
        yield Bound(where, only(found, "e u r"), made="all")


@bind("RS-U6f")
def only_there(subject: Subject) -> Iterator[Bound]:
    """The output of LayerNorm that is as large as can be in the coordinate in which a token is largest."""
    for where, found in _corner(subject):
        yield Bound(where, only(found, "e u y"), made="all")


@bind("RS-U6g")
def gained(subject: Subject) -> Iterator[Bound]:
    """Norms with the tokens that gain and bias make longest."""
    p, d = subject.model.parameters, subject.config.d_model
    longest = []
    for site, _ in places(subject, 100):
        value = Steps.of(subject).after_norm(site.at).mid
        sizes = np.einsum("pd,pd->p", value, value)
        longest.append((sizes.max(), site, int(sizes.argmax())))
    for _, site, token in sorted(longest, key=lambda entry: -entry[0])[:3]:
        bias = p[f"{site.at}.b"] if subject.config.norm == "layer" else np.zeros(d)
        exact = layer_norm(site.read[token : token + 1].T, subject.config.eps)
        yield Bound(named(site, token), {**exact, "G": np.diag(p[f"{site.at}.w"]), "b": bias}, made="all")


@bind("RS-U12c")
def lipschitz(subject: Subject) -> Iterator[Bound]:
    """Two tokens at one norm: what it centres (a, b), its scales (s, t) and its outputs (v, w)."""
    model, n = subject.model, len(subject.tokens)
    if n < 2:
        raise Inapplicable("the text has one token")
    for site, token in places(subject, SOME):
        other = (token + 1) % n
        one, two = output(subject, site, token), output(subject, site, other)
        a, b = (enclosed.centred(model, site.read[i : i + 1]).T for i in (token, other))
        found = {"a": a, "b": b, "s": one["s"], "t": two["s"], "v": one["y"], "w": two["y"]}
        found |= {"q": Fraction(1, subject.config.d_model), "e": Fraction(subject.config.eps)}
        yield Bound(f"{site.at}, tokens {token} and {other}", found, model="all")
