"""Letters that are made from weights so that a hypothesis holds for exact values inside their enclosures.

The verified linear algebra that they rest on stands in `numeric.enclosures.verified` and `numeric.enclosures.spectra`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import numpy as np

from ..enclosures import sharp
from ..enclosures.enclosure import Enclosure, Like, concatenate, enclose
from ..enclosures.spectra import verified_eigenpair
from ..errors import ModelError
from ..functions import Array

GRID = 2**40  # rational bounds are multiples of 1 / GRID


def column(x: Like) -> Enclosure:
    """A vector of any shape as a column [n, 1]."""
    return enclose(x).reshape(-1, 1)


def side_by_side(columns: Sequence[Like]) -> Enclosure:
    """Columns [n, 1] as a matrix [n, count]."""
    return concatenate([column(c) for c in columns], axis=1)


def unit(x: Like) -> Enclosure:
    """x / |x| as a column [n, 1]. Raises ModelError for a vector that may be 0."""
    return normalised(column(x))


def normalised(vectors: Like) -> Enclosure:
    """The columns [n, count] as unit vectors. Raises ModelError where one may be 0."""
    e = enclose(vectors)
    lengths = (e * e).sum(axis=0).sqrt()
    if not (lengths.lower() > 0).all():
        raise ModelError("a vector that may be 0 has no direction")
    return e / lengths.reshape(1, -1)


def dot(x: Like, y: Like) -> Enclosure:
    """<x, y> as a scalar [1, 1]."""
    return column(x).T @ column(y)


def above(x: Like) -> Fraction:
    """A rational that no entry exceeds, and that is a little larger than the largest."""
    top = float(enclose(x).upper().max())
    if not np.isfinite(top):
        raise ModelError("a number that is not finite has no bound")
    return Fraction(ceil(top * GRID) + 1, GRID)


def relu(x: Enclosure) -> Enclosure:
    """max(x, 0), entry by entry; where both signs are possible, from 0 to the largest value, so that it is certainly
    not negative. That of `enclosed_functions` is wider there, and makes room for what a run has rounded before."""
    high = np.maximum(x.upper(), 0) / 2
    sure = x.lower() >= 0
    return Enclosure(np.where(sure, x.mid, high), np.where(sure, x.rad, high))


def undoing(w: Like) -> Enclosure:
    """A right inverse [n, m] of a matrix [m, n], near the Moore-Penrose inverse, in an enclosure that is sharper.

    With V near that and W V = I - E, V (I - E)^-1 is a right inverse. It is V + V E up to |V| |E|^2 / (1 - |E|), with
    the norm of rows for |E|. Raises ModelError where the rows may be dependent.
    """
    matrix = enclose(w)
    square = matrix.shape[0] == matrix.shape[1]
    try:
        inner = np.linalg.inv(matrix.mid if square else matrix.mid @ matrix.mid.T)
    except np.linalg.LinAlgError:
        raise ModelError(f"the rows of a matrix of shape {matrix.shape} depend on each other") from None
    near = inner if square else matrix.mid.T @ inner
    off = np.eye(len(matrix)) - sharp.product(matrix, near)
    size = float(Enclosure(off.magnitude()).sum(axis=1).upper().max(initial=0.0))
    if not size <= 0.5:
        raise ModelError(f"the rows of a matrix of shape {matrix.shape} may depend on each other")
    once = near + sharp.product(near, off)
    rows = Enclosure(np.abs(near)).sum(axis=1, keepdims=True).upper()
    return Enclosure(once.mid, (Enclosure(once.rad) + Enclosure(rows) * (2 * size * size)).upper())


def kernel(w: Like) -> tuple[Enclosure, Array, Enclosure]:
    """K [n, n - m], J [n - m, n], H [n, m] for a matrix [m, n] of independent rows, with m < n.

    W K = 0, J K = I and K J + H W = I, exactly, for values inside. With m columns of W that are independent, A, and
    the others, B: K = (-A^-1 B, I), J = (0, I), H = (A^-1, 0).
    """
    e = enclose(w)
    n = e.shape[1]
    chosen = pivots(e.mid)
    others = np.setdiff1d(np.arange(n), chosen)
    inner = undoing(e[:, chosen])
    eye = np.eye(n)
    top = Enclosure(-eye[:, chosen]) @ sharp.product(inner, e[:, others])
    return top + eye[:, others], eye[others], Enclosure(eye[:, chosen]) @ inner


def pivots(w: Array) -> Array:
    """The numbers of m columns of a matrix [m, n] that are far from dependent: the longest first, each by what is left
    of it beside those before."""
    left = np.array(w, dtype=np.float64)
    found: list[int] = []
    for _ in range(w.shape[0]):
        best = int((left * left).sum(axis=0).argmax())
        length = float(np.sqrt(left[:, best] @ left[:, best]))
        if not length:
            raise ModelError("a matrix has rows that depend on each other")
        direction = left[:, best] / length
        left -= np.outer(direction, direction @ left)
        left[:, [*found, best]] = 0
        found.append(best)
    return np.sort(np.array(found))


def real_eigenpairs(matrix: Enclosure, most: int) -> list[tuple[Enclosure, Enclosure]]:
    """Eigenpairs [1, 1] and [n, 1] with real eigenvalues that are proven, the least first; at most so many."""
    values, vectors = np.linalg.eig(matrix.mid)
    real = [i for i in np.argsort(values.real) if values[i].imag == 0 and abs(values[i]) > 1e-6]
    found: list[tuple[Enclosure, Enclosure]] = []
    for i in real:
        if len(found) == most:
            break
        try:
            value, vector = verified_eigenpair(matrix, float(values[i].real), vectors[:, i].real)
        except ModelError:  # not simple, as far as double precision sees
            continue
        found.append((value.reshape(1, 1), column(vector)))
    return found
