"""ReLU neurons (RS-U2a to RS-U2g, TH-25): with the reads and writes of a model's neurons, whatever its nonlinearity."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..enclosures.enclosed_functions import relu
from ..enclosures.enclosure import Enclosure
from ..functions import Array
from .kept import layers, per_subject
from .sharper import sharp
from .steps import Steps


class Neuron(NamedTuple):
    """A neuron [its read w, its write v] of an MLP, as columns, and an estimate of <w, v>."""

    layer: int
    number: int
    w: Enclosure
    v: Enclosure
    overlap: float

    @property
    def where(self) -> str:
        return f"neuron {self.layer}.{self.number}, <w, v> = {self.overlap:.3g}"


@per_subject
def erasing(subject: Subject) -> list[Neuron]:
    """The neurons with <w, v> < -1 that erase most, one of a layer; the strongest first."""
    found = [neuron(subject, layer, int(overlaps(subject, layer).argmin())) for layer in subject.layers]
    return sorted((n for n in found if n.overlap < -1), key=lambda n: n.overlap)


@per_subject
def overlaps(subject: Subject, layer: int) -> Array:
    """<w, v> of all neurons of an MLP, in plain double precision."""
    found: Array = np.einsum("md,dm->m", subject.read(layer).mid, subject.write(layer).mid)
    return found


def neuron(subject: Subject, layer: int, number: int) -> Neuron:
    """A neuron of an MLP."""
    w, v = subject.read(layer).mid[number], subject.write(layer).mid[:, number]
    return Neuron(layer, number, Enclosure(w[:, None]), Enclosure(v[:, None]), float(overlaps(subject, layer)[number]))


def collision(subject: Subject, found: Neuron) -> dict[str, Enclosure]:
    """Two streams that a neuron with <w, v> < -1 takes to one: what the last token reads, where the neuron fires, and
    that with the neuron's write, where it does not."""
    x = Steps.of(subject).mlp_read(found.layer)[-1:].T
    if float((found.w.T @ x).mid[0, 0]) < 0:
        x = -x
    p = found.w.T @ x
    return {"x1": x, "p1": p, "x2": x + found.v * p, "p2": Enclosure([[0.0]])}


def _most_erasing(subject: Subject) -> list[Neuron]:
    found = erasing(subject)
    if not found:
        raise Inapplicable("no neuron has <w, v> < -1")
    return found[:3]


@bind("RS-U2a")
def collisions(subject: Subject) -> Iterator[Bound]:
    """Neurons with <w, v> < -1, at two streams that they take to one."""
    for found in _most_erasing(subject):
        yield Bound(found.where, {"w": found.w, "v": found.v, **collision(subject, found)}, made="all")


@bind("RS-U2d")
def injective(subject: Subject) -> Iterator[Bound]:
    """Neurons with <w, v> < -1, each at two streams that it takes to one, without any rounding: that shows that it is
    not injective. That others are takes all streams, which nobody can try."""
    read = [(found, exact_collision(found)) for found in erasing(subject)]
    if not any(streams for _, streams in read):
        raise Inapplicable("no neuron has <w, v> < -1 and two short streams of floats that it takes to one")
    for found, streams in read:
        if streams:
            tried = {name: [value] for name, value in streams.items()}
            yield Bound(found.where, {"w": found.w, "v": found.v}, tried=tried)


def exact_collision(found: Neuron) -> dict[str, Array]:
    """The streams x1 = +-e_k and x2 = x1 + v |w_k| for a coordinate k, if x2 can be written in floats; else nothing."""
    w, v = (column.mid[:, 0] for column in (found.w, found.v))
    for k in np.argsort(-np.abs(w * v))[:20]:
        x1, p1 = np.zeros(len(w)), float(abs(w[k]))
        x1[k] = np.sign(w[k])
        x2 = x1 + v * p1
        if all(Fraction(a) + Fraction(b) * Fraction(p1) == Fraction(c) for a, b, c in zip(x1, v, x2, strict=True)):
            return {"x1": x1, "p1": np.array([[p1]]), "x2": x2, "p2": np.zeros((1, 1))}
    return {}


@bind("RS-U2e")
def inverse_neuron(subject: Subject) -> Iterator[Bound]:
    """Neurons with <w, v> > -1, on what the last token read, or on its opposite."""
    for layer in layers(subject, 4):
        found = neuron(subject, layer, int(overlaps(subject, layer).argmax()))
        y = Steps.of(subject).mlp_read(layer)[-1:].T
        w, v = sharp(found.w), sharp(found.v)
        if float((w.T @ y).mid[0, 0]) < 0:  # so that it fires
            y = -y
        letters = {"w": w, "v": v, "y": y, "q": w.T @ y, "s": 1.0 / ((w.T @ v) + 1.0)}
        yield Bound(found.where, letters, made="all")


# ---------------------------------------------------------------- layers of a few neurons
def _few(subject: Subject, found: Neuron) -> tuple[Enclosure, Array]:
    """M = W V of a neuron, the first, and five others of its MLP, and the unit vector of the first."""
    m = min(6, subject.config.d_mlp)
    numbers = [found.number, *(i for i in range(m) if i != found.number)][:m]
    w, v = subject.read(found.layer).mid[numbers], subject.write(found.layer).mid[:, numbers]
    return Enclosure(w) @ v, np.eye(m)[0]


@bind("RS-U2f")
def layer_collision(subject: Subject) -> Iterator[Bound]:
    """Six neurons of an MLP, of which the one with <w, v> < -1 fires alone or not at all."""
    for found in _most_erasing(subject):
        m, e = _few(subject, found)
        p1 = Enclosure(e[:, None])
        z1 = Enclosure(np.where(e > 0, 1.0, -1.0 - np.abs(m.mid).max())[:, None])
        letters: dict[str, Any] = {"M": m, "e": e, "z1": z1, "p1": p1, "z2": z1 + m @ p1, "p2": np.zeros(len(e))}
        yield Bound(found.where, letters, made="all")


@bind("RS-U2g")
def reversed_sign(subject: Subject) -> Iterator[Bound]:
    """Six neurons of an MLP, and the direction of the one with <w, v> < -1, whose sign I + W V reverses."""
    for found in _most_erasing(subject):
        m, e = _few(subject, found)
        u = Enclosure(e[:, None])
        letters: dict[str, Any] = {"M": m, "e": e, "u": u, "a": u, "b": relu(u + m @ u)}
        yield Bound(found.where, letters, made="all")


# ---------------------------------------------------------------- what commutes with ReLU
def _monomial(subject: Subject, layer: int) -> tuple[Array, Array]:
    """A matrix that sorts six neurons by their biases and scales them by the lengths of their reads, and its order."""
    m = min(6, subject.config.d_mlp)
    lengths = np.linalg.norm(subject.read(layer).mid[:m], axis=1)
    order = np.argsort(subject.read(layer).mid[:m, 0], kind="stable")
    if not lengths.all() or m < 2:
        raise Inapplicable("its MLPs have less than two neurons that read")
    return np.eye(m)[order] * lengths, order


@bind("TH-25")
def commutes(subject: Subject) -> Iterator[Bound]:
    """Six neurons permuted and rescaled, and three of their unit vectors."""
    for layer in layers(subject, 3):
        matrix, order = _monomial(subject, layer)
        basis = np.eye(len(order))
        e, g = basis[order[0]], basis[order[1]]
        letters = {"M": matrix, "f": basis[0], "e": e, "g": g, "p": float(matrix[0] @ e)}
        yield Bound(f"MLP {layer}, six neurons", letters, made="all")


@bind("TH-25a")
def every_such(subject: Subject) -> Iterator[Bound]:
    """The same, on what goes into the activation of these neurons for the last token."""
    for layer in layers(subject, 3):
        matrix, order = _monomial(subject, layer)
        basis = np.eye(len(order))
        x = subject.trace[f"blocks.{layer}.mlp.hook_pre"][-1, : len(order)]
        letters = {"M": matrix, "f": basis[0], "e": basis[order[0]], "x": x, "p": np.maximum(x, 0)}
        letters["c"] = float(matrix[0, order[0]])
        yield Bound(f"MLP {layer}, six neurons", letters, made="all")


@bind("TH-25b")
def one_entry(subject: Subject) -> Iterator[Bound]:
    """A row of such a matrix."""
    for layer in layers(subject, 3):
        matrix, order = _monomial(subject, layer)
        m = len(order)
        others = [i for i in range(m) if i != order[0]]
        letters: dict[str, Any] = {"a": matrix[0], "e": np.eye(m)[order[0]]}
        letters["g"] = {j + 1: np.eye(m)[i] for j, i in enumerate(others)}
        yield Bound(f"MLP {layer}, six neurons", letters, made="all", nats={"k": m - 1})


@bind("TH-25c")
def permutation(subject: Subject) -> Iterator[Bound]:
    """The order of six neurons by what they read of the first coordinate, as a matrix."""
    for layer in layers(subject, 3):
        _, order = _monomial(subject, layer)
        basis = np.eye(len(order))
        letters = {"M": basis[order], "f": basis[0], "e": basis[order[0]]}
        yield Bound(f"MLP {layer}, six neurons", letters, made="all")


@bind("TH-25d")
def invertible(subject: Subject) -> Iterator[Bound]:
    """Six neurons permuted and rescaled, and the inverse of that."""
    for layer in layers(subject, 3):
        matrix, order = _monomial(subject, layer)
        basis = np.eye(len(order))
        lengths = Enclosure(matrix.max(axis=0)[:, None])
        back = Enclosure(basis[order].T) / lengths
        letters = {"M": matrix, "R": back, "f": basis[0], "h": basis[1], "e": basis[order[0]]}
        yield Bound(f"MLP {layer}, six neurons", letters, made="all")
