"""Letters that are made from weights so that a hypothesis holds for exact values inside their enclosures.

Each function starts from approximations in plain double precision, and bounds their distance from what is meant. All of
them raise ModelError where that cannot be shown, as of matrices that are singular to double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import wraps
from math import ceil
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from ..enclosure import Enclosure, Like, enclose
from ..errors import ModelError
from ..functions import Array
from ..subject import Subject

T = TypeVar("T")
GRID = 2**40  # rational bounds are multiples of 1 / GRID


def per_subject(function: Callable[..., T]) -> Callable[..., T]:
    """Keep what a function of a Subject, and of arguments that can be keys, has found for as long as the Subject."""
    kept: WeakKeyDictionary[Subject, dict[Any, T]] = WeakKeyDictionary()

    @wraps(function)
    def found(subject: Subject, *args: Any) -> T:
        known = kept.setdefault(subject, {})
        if args not in known:
            known[args] = function(subject, *args)
        return known[args]

    return found


def column(x: Like) -> Enclosure:
    """A vector of any shape as a column [n, 1]."""
    return enclose(x).reshape(-1, 1)


def side_by_side(columns: Sequence[Like]) -> Enclosure:
    """Columns [n, 1] as a matrix [n, count]."""
    parts = [column(c) for c in columns]
    return Enclosure(np.hstack([c.mid for c in parts]), np.hstack([c.rad for c in parts]))


def unit(x: Like) -> Enclosure:
    """x / |x| as a column [n, 1]."""
    c = column(x)
    return c / c.norm2().sqrt()


def dot(x: Like, y: Like) -> Enclosure:
    """<x, y> as a scalar [1, 1]."""
    return column(x).T @ column(y)


def above(x: Like) -> Fraction:
    """A rational that no entry exceeds, and that is a little larger than the largest."""
    top = float(enclose(x).upper().max())
    return Fraction(ceil(top * GRID) + 1, GRID)


def relu(x: Enclosure) -> Enclosure:
    """max(x, 0), entry by entry; where both signs are possible, from 0 to the largest value."""
    high = np.maximum(x.upper(), 0) / 2
    sure = x.lower() >= 0
    return Enclosure(np.where(sure, x.mid, high), np.where(sure, x.rad, high))


# ---------------------------------------------------------------- inverses
def inverse(a: Like) -> Enclosure:
    """The inverse of every matrix [n, n] inside; Rump, "Verification methods" (2010), section 10.

    With R near it and E = I - R A, A^-1 - R = E A^-1 = E R + E (A^-1 - R), whose columns are at most
    max |E R| / (1 - |E|) in the maximum norm, if |E| < 1 in the norm of rows.
    """
    matrix = enclose(a)
    n = matrix.shape[0]
    try:
        near = np.linalg.inv(matrix.mid)
    except np.linalg.LinAlgError:
        raise ModelError("a matrix is singular, as far as double precision sees") from None
    off = (Enclosure(np.eye(n)) - Enclosure(near) @ matrix).magnitude()
    rows = up(off.sum(axis=1), n)[:, None]
    worst = float(rows.max())
    if not worst < 0.5:
        raise ModelError("a matrix is too near a singular one to be inverted in double precision")
    first = up(off @ np.abs(near), n)
    rest = up(rows * first.max(axis=0)[None, :] / (1 - worst), 4)
    return Enclosure(near, up(first + rest, 2))


def right_inverse(w: Like) -> Enclosure:
    """W' (W W')^-1 [n, m] of a matrix [m, n] of independent rows: the Moore-Penrose inverse, W times it is I."""
    matrix = enclose(w)
    return matrix.T @ inverse(matrix @ matrix.T)


def left_inverse(v: Like) -> Enclosure:
    """(V' V)^-1 V' [m, n] of a matrix [n, m] of independent columns: the Moore-Penrose inverse."""
    return right_inverse(enclose(v).T).T


def orthonormal_basis(a: Like) -> Enclosure:
    """Q [n, k] with Q' Q = I and the column space of a matrix [n, k] of independent columns.

    X = A R with R near the inverse of the triangular factor has that column space, and X' X = I + E is nearly I, so
    that Q = X (I + E)^(-1/2). The series of that root is I - E / 2, and a rest of at most |E|^2 for |E| <= 1/2.
    """
    matrix = enclose(a)
    triangle = np.linalg.qr(matrix.mid, mode="r")
    try:
        x = matrix @ np.linalg.inv(triangle)
    except np.linalg.LinAlgError:
        raise ModelError("directions are dependent, as far as double precision sees") from None
    k = matrix.shape[1]
    off = (x.T @ x - np.eye(k)).magnitude()
    size = float(up(np.sqrt(up((off * off).sum(), k * k)), 2))
    if not size <= 0.5:
        raise ModelError("directions are too nearly dependent for double precision")
    absolute = x.magnitude()
    lengths = up(np.sqrt(up((absolute * absolute).sum(axis=1), k)), 2)[:, None]
    moved = up(absolute @ off, k) / 2 + lengths * size * size
    return Enclosure(x.mid, up(x.rad + up(moved, 4), 2))


def kernel(w: Array) -> tuple[Enclosure, Array, Enclosure]:
    """K [n, n - m], J [n - m, n], H [n, m] for a matrix [m, n] of independent rows, with m < n.

    W K = 0, J K = I and K J + H W = I, exactly, for values inside. With m columns of W that are independent, A, and
    the others, B: K = (-A^-1 B, I), J = (0, I), H = (A^-1, 0).
    """
    m, n = w.shape
    chosen = pivots(w)
    others = np.setdiff1d(np.arange(n), chosen)
    inner = inverse(Enclosure(np.ascontiguousarray(w[:, chosen])))
    top = -(inner @ Enclosure(np.ascontiguousarray(w[:, others])))
    k_mid, k_rad = np.zeros((n, n - m)), np.zeros((n, n - m))
    k_mid[chosen], k_rad[chosen] = top.mid, top.rad
    k_mid[others, np.arange(n - m)] = 1
    j = np.zeros((n - m, n))
    j[np.arange(n - m), others] = 1
    h_mid, h_rad = np.zeros((n, m)), np.zeros((n, m))
    h_mid[chosen], h_rad[chosen] = inner.mid, inner.rad
    return Enclosure(k_mid, k_rad), j, Enclosure(h_mid, h_rad)


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


# ---------------------------------------------------------------- eigenvectors
def eigenpair(matrix: Enclosure, value: float, vector: Array) -> tuple[Enclosure, Enclosure] | None:
    """A real eigenvalue [1, 1] near `value` with its eigenvector [n, 1], of every matrix [n, n] inside; None, where
    that cannot be shown.

    (z, l) is a zero of F(z, l) = (M z - l z, c' z - 1). F is quadratic, so that with a Jacobian J at the
    approximation and R near its inverse, x -> x - R F maps the box of radii r around it into itself if
    |R F| + |I - R J| r + |R| (r_l r_z, 0) <= r, and by Brouwer's theorem a zero lies inside. Krawczyk (1969); Rump,
    "Verification methods" (2010), section 13.
    """
    n = matrix.shape[0]
    z = np.asarray(vector, dtype=np.float64) / np.linalg.norm(vector)
    jacobian_mid, jacobian_rad = np.zeros((n + 1, n + 1)), np.zeros((n + 1, n + 1))
    shifted = matrix - value * np.eye(n)
    jacobian_mid[:n, :n], jacobian_rad[:n, :n] = shifted.mid, shifted.rad
    jacobian_mid[:n, n], jacobian_mid[n, :n] = -z, z
    try:
        near = np.linalg.inv(jacobian_mid)
    except np.linalg.LinAlgError:
        return None
    at = matrix @ column(z) - value * column(z)
    last = dot(z, z) - 1.0
    start = Enclosure(np.vstack([at.mid, last.mid]), np.vstack([at.rad, last.rad]))
    moved = (Enclosure(near) @ start).magnitude()
    off = (Enclosure(np.eye(n + 1)) - Enclosure(near) @ Enclosure(jacobian_mid, jacobian_rad)).magnitude()
    radii = 2 * moved
    for _ in range(5):
        square = np.vstack([radii[:n] * radii[n], [[0.0]]])
        image = up(moved + off @ radii + np.abs(near) @ square, 2 * n + 8)
        if (image <= radii).all():
            return Enclosure([[value]], radii[n:]), Enclosure(column(z).mid, radii[:n])
        radii = 1.5 * image
    return None


def real_eigenpairs(matrix: Enclosure, most: int) -> list[tuple[Enclosure, Enclosure]]:
    """Eigenpairs with real eigenvalues that are proven, the least eigenvalues first; at most so many."""
    values, vectors = np.linalg.eig(matrix.mid)
    real = [i for i in np.argsort(values.real) if abs(values[i].imag) == 0 and abs(values[i]) > 1e-6]
    found = []
    for i in real:
        pair = eigenpair(matrix, float(values[i].real), vectors[:, i].real) if len(found) < most else None
        if pair is not None:
            found.append(pair)
    return found


def up(x: Any, operations: int) -> Any:
    """A bound for numbers that are not negative and were computed in about so many operations."""
    return np.asarray(x) * (1 + (operations + 8) * 2.0**-50) + 2.0**-1000
