"""Angles between what heads and neurons read and write (VW-L8, VW-C5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject, some
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import inverse, left_inverse, orthonormal_basis
from ..functions import Array
from .choices import embeddings, few, neurons, reads, writes
from .kept import layers, per_subject
from .made import above, column, dot, unit


@per_subject
def written(subject: Subject, layer: int, head: int) -> Enclosure:
    """An orthonormal basis [d_model, d_head] of what a head writes to."""
    return orthonormal_basis(subject.w_o(layer, head))


@per_subject
def read(subject: Subject, layer: int, head: int) -> Enclosure:
    """An orthonormal basis [d_model, d_head] of what a head's values read."""
    return orthonormal_basis(subject.w_v(layer, head).T)


def across(subject: Subject, most: int) -> list[tuple[int, int, int, int]]:
    """Pairs of heads in different layers, the earlier first, as layer, head, layer, head."""
    found = [
        (i, h, k, g) for i, k in subject.pairs(6) for h in some(subject.heads, 2) for g in some(subject.heads[::-1], 2)
    ]
    if not found:
        raise Inapplicable("the model has no two layers")
    return some(found, most)


@bind("VW-L8")
def same_angle(subject: Subject) -> Iterator[Bound]:
    """What a neuron reads of what an earlier one writes, and the same with the read doubled: the angle is the same."""
    for i, k in subject.pairs(4):
        w, v = column(subject.read(k)[0]), column(subject.write(i)[:, 0])
        c = dot(w, v) * dot(w, v) / (w.norm2() * v.norm2())
        yield Bound(f"neuron {i}.0 -> {k}.0", {"c": c, "w1": w, "v1": v, "w2": 2.0 * w, "v2": v}, made="all")


@bind("VW-L8a")
def traces(subject: Subject) -> Iterator[Bound]:
    """What a head writes and what a later one reads, as matrices of one shape; and neurons with a multiple."""
    for i, h, k, g in across(subject, 3):
        yield Bound(f"head {i}.{h} -> head {k}.{g}", {"A": subject.w_v(k, g).T, "B": subject.w_o(i, h)})
    for layer in layers(subject, 2):
        w = reads(subject, layer, few(subject))
        yield Bound(f"MLP {layer}, a multiple", {"A": Enclosure(w.mid), "B": Enclosure(3.0 * w.mid)})


@bind("VW-L8b")
def read_in_a_subspace(subject: Subject) -> Iterator[Bound]:
    """A row of what a head's values read, the projection onto them all, and what an earlier neuron writes."""
    for i, _, k, head in across(subject, 2):
        q, w = read(subject, k, head), column(subject.w_v(k, head)[0])
        v = column(subject.write(i)[:, 0])
        b = above(((q.T @ v).norm2() / v.norm2()).sqrt())
        letters = {"P": q @ q.T, "w": w, "v": v, "b": b}
        yield Bound(f"neuron {i}.0 -> head {k}.{head}", letters, made="all")


@bind("VW-L8c")
def first_principal_angle(subject: Subject) -> Iterator[Bound]:
    """What a head's values read of an earlier head's writes, with a bound that the first cosine exceeds, and 1."""
    for i, h, k, g in across(subject, 3):
        c = read(subject, k, g).T @ written(subject, i, h)
        left, sizes, right = np.linalg.svd(c.mid)
        tried: dict[str, list[Any]] = {"u": [left[:, :1]], "z": [right[:1].T], "y": [right[:1].T]}
        for b in (float(sizes[0]) / 2, 1.0):
            yield Bound(f"head {i}.{h} -> head {k}.{g}, b = {b:.3g}", {"C": c, "b": b}, tried=tried)


@bind("VW-L8d")
def no_interference(subject: Subject) -> Iterator[Bound]:
    """What neurons read and what earlier neurons write, each as a basis times a matrix with an inverse on one side;
    and reads made orthogonal to the writes."""
    count = few(subject)
    for i, k in subject.pairs(2):
        w, v = reads(subject, k, count), writes(subject, i, count)
        q1, q2 = orthonormal_basis(w.T), orthonormal_basis(v)
        r, s = w @ q1, q2.T @ v
        letters = {"Q1": q1, "R": r, "K": inverse(r), "Q2": q2, "S": s, "G": inverse(s)}
        yield Bound(f"MLP {i} -> MLP {k}", letters, made="all")
        apart = q1 - q2 @ (q2.T @ q1)
        yield Bound(f"MLP {i} -> MLP {k}, made orthogonal", {**letters, "Q1": apart}, made="all")


@bind("VW-L8e")
def principal_angles(subject: Subject) -> Iterator[Bound]:
    """Orthonormal bases of what a head writes and of what a later one reads, or of what two heads write."""
    for i, h, k, g in across(subject, 3):
        letters = {"Q1": written(subject, i, h), "Q2": read(subject, k, g)}
        yield Bound(f"head {i}.{h} -> head {k}.{g}", letters, made="all")
    for layer in layers(subject, 2) if subject.config.n_heads > 1 else ():
        letters = {"Q1": written(subject, layer, 0), "Q2": written(subject, layer, 1)}
        yield Bound(f"writes of heads {layer}.0 and {layer}.1", letters, made="all")


@bind("VW-C5")
def read_apart(subject: Subject) -> Iterator[Bound]:
    """The two vectors of the model at the smallest angle, of many, and the shortest reads that tell them apart."""
    for where, v1, v2 in closest(subject):
        pair = np.column_stack([v1, v2])
        w = left_inverse(pair)
        letters = {"v1": column(v1), "v2": column(v2), "w1": column(w[0]), "w2": column(w[1])}
        yield Bound(where, letters, made="all")


@per_subject
def closest(subject: Subject) -> list[tuple[str, Array, Array]]:
    """Among what neurons write, embeddings and the last residual stream, the two with the largest cosine of each."""
    kinds = [("embeddings", embeddings(subject)), ("the last stream", subject.stream(subject.config.n_layers).T)]
    kinds += [(f"writes of MLP {layer}", writes(subject, layer, 256).mid) for layer in layers(subject, 2)]
    found = []
    for name, vectors in kinds:
        directions = vectors / np.maximum(np.linalg.norm(vectors, axis=0), 1e-300)
        cosines = np.triu(np.abs(directions.T @ directions), 1)
        cosines[cosines > 1 - 1e-6] = 0  # the same vector twice
        i, j = np.unravel_index(int(cosines.argmax()), cosines.shape)
        if cosines[i, j] > 0.5:
            found.append((f"{name} {i} and {j}", vectors[:, i], vectors[:, j]))
    if not found:
        raise Inapplicable("no two of the vectors that were tried are nearer than 60 degrees")
    return found


@bind("VW-C5a")
def other_coordinates(subject: Subject) -> Iterator[Bound]:
    """What some neurons write and its left inverse; coordinates that turn the writes into an orthonormal basis of
    their span and leave what is orthogonal to them alone."""
    count, eye = few(subject), np.eye(subject.config.d_model)
    for layer in layers(subject, 2):
        v = writes(subject, layer, count)
        q = orthonormal_basis(v)
        inside = q.T @ v  # V = Q (Q' V)
        m = eye + q @ (inverse(inside) - np.eye(count)) @ q.T
        n = eye + q @ (inside - np.eye(count)) @ q.T
        letters = {"V": v, "W": left_inverse(v)}
        tried: dict[str, list[Any]] = {"D": [subject.config.d_model], "M": [m], "N": [n]}
        yield Bound(f"MLP {layer}", letters, made="all", tried=tried)


@bind("VW-C5b")
def cost_of_small_angles(subject: Subject) -> Iterator[Bound]:
    """What two neurons write, one as a unit vector, and a later neuron's read made blind to that one."""
    for i, k in subject.pairs(3):
        for neuron in neurons(subject, 2):
            v1, v2 = column(subject.write(i)[:, neuron]), unit(subject.write(i)[:, neuron - 1])
            w = column(subject.read(k)[0])
            blind = w - v2 * dot(v2, w)
            letters = {"v1": v1, "v2": v2, "w1": blind / dot(blind, v1)}
            yield Bound(f"neurons {i}.{neuron} -> {k}.0", letters, made="all")
