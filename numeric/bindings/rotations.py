"""Rotations and norms (RS-Ex1a, VW-L1): reflections along weights, and what the norms of a run make of turned tokens.

A reflection along v is I - 2 v v' / v'v. Along v with the sum 0 it keeps the all-ones vector, and so the mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure
from ..functions import Array
from .letters import reflection
from .norms import layer_norm, named, of_layer_norm, output, places
from .steps import Site


def turning(subject: Subject, layer: int) -> Array:
    """A direction that an MLP reads."""
    found: Array = subject.read(layer).mid[layer % subject.config.d_mlp]
    return found


def balanced(subject: Subject, layer: int) -> Array:
    """The same less itself in reverse, which has the sum 0, without rounding."""
    v = turning(subject, layer)
    return v - v[::-1]


def _layer(site: Site) -> int:
    name = site.at.split(".")
    return int(name[1]) if name[0] == "blocks" else 0


@bind("RS-Ex1a")
def coordinates(subject: Subject) -> Iterator[Bound]:
    """A norm of the run in the basis of a reflection; for RMSNorm nothing is subtracted, j = 0."""
    for site, token in places(subject, 3):
        turned = reflection(turning(subject, _layer(site)))
        ones = np.full((subject.config.d_model, 1), float(subject.config.norm == "layer"))
        found: dict[str, Any] = {"E": turned, "j": turned.T @ ones, "x": site.read[token : token + 1].T}
        found |= {"q": Fraction(1, subject.config.d_model), **output(subject, site, token)}
        yield Bound(named(site, token), found, made=[1], model=[2])


def _root(x: Enclosure, eps: float) -> Enclosure:
    return (x.norm2() / float(len(x)) + eps).sqrt()


@bind("VW-L1b")
def rms(subject: Subject) -> Iterator[Bound]:
    """RMSNorm of a recorded token (centred first, where the model has LayerNorm), and of the token turned."""
    d, eps = subject.config.d_model, subject.config.eps
    for site, token in places(subject, 4):
        turned = reflection(turning(subject, _layer(site)))
        x = enclosed.centred(subject.model, site.read[token : token + 1]).T
        s_r = _root(turned @ x, eps)
        found = {"R": turned, "x": x, "q": Fraction(1, d), "e": Fraction(eps), **output(subject, site, token)}
        yield Bound(
            named(site, token), {**found, "s_R": s_r, "y_R": (turned @ x) / s_r}, made=[1, 3, 5, 7], model=[2, 4, 6]
        )


def _turned(found: dict[str, Any], turned: Enclosure, eps: float) -> dict[str, Any]:
    """The letters of a LayerNorm and of the same at the turned token."""
    again = layer_norm(turned @ found["x"], eps)
    return {**{k: found[k] for k in "quxsy"}, "R": turned, "e": Fraction(eps), "s_R": again["s"], "y_R": again["y"]}


@bind("VW-L1c")
def layer_norms(subject: Subject) -> Iterator[Bound]:
    """LayerNorm of a recorded token, and of the token turned by a reflection that keeps the mean."""
    eps = subject.config.eps
    for site, token in places(subject, 4):
        found = _turned(of_layer_norm(subject, site, token), reflection(balanced(subject, _layer(site))), eps)
        yield Bound(named(site, token), {**found, "c": 1.0}, made=[1, 3, 5, 7, 8], model=[2, 4, 6])


@bind("VW-L1h")
def mean_moved(subject: Subject) -> Iterator[Bound]:
    """LayerNorm of a recorded token, and of the token turned by a reflection that does not keep the mean."""
    eps = subject.config.eps
    for site, token in places(subject, 3):
        found = _turned(of_layer_norm(subject, site, token), reflection(turning(subject, _layer(site))), eps)
        yield Bound(named(site, token), found, made="all")


@bind("VW-L1i")
def gain_moved(subject: Subject) -> Iterator[Bound]:
    """RMSNorm with the gain of a norm of the model, at a recorded token, and the same of the token turned."""
    d, eps = subject.config.d_model, subject.config.eps
    for site, token in places(subject, 3):
        turned, gain = reflection(turning(subject, _layer(site))), np.diag(subject.model.parameters[f"{site.at}.w"])
        x = site.read[token : token + 1].T
        s, s_r = _root(x, eps), _root(turned @ x, eps)
        found = {"q": Fraction(1, d), "e": Fraction(eps), "R": turned, "x": x, "G": gain, "s": s, "s_R": s_r}
        yield Bound(named(site, token), {**found, "y": gain @ x / s, "y_R": gain @ (turned @ x) / s_r}, made="all")


@bind("VW-L1f")
def mean_kept(subject: Subject) -> Iterator[Bound]:
    """A reflection that keeps the mean, and what LayerNorm makes of the all-ones vector that it turned: nothing."""
    d = subject.config.d_model
    for layer in (0, subject.config.n_layers - 1):
        turned = reflection(balanced(subject, layer))
        found = {"R": turned, "q": Fraction(1, d), "u": np.ones(d), "s": 1.0}
        yield Bound(f"MLP {layer}", {**found, "y": np.zeros(d), "y_R": np.zeros(d)}, made="all")


@bind("VW-L1g")
def commuting(subject: Subject) -> Iterator[Bound]:
    """A reflection that keeps the mean, and one that does not, along a direction that an MLP reads."""
    d = subject.config.d_model
    for layer, v in ((0, balanced(subject, 0)), (0, turning(subject, 0))):
        found = {"R": reflection(v), "q": Fraction(1, d), "u": np.ones(d)}
        yield Bound(f"MLP {layer}, {'mean kept' if not v.sum() else 'mean moved'}", found, made="all")
