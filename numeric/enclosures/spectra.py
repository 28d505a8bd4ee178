"""Verified spectra: singular values, spectral norms, eigenvalues and eigenvectors, enclosed.

As in `verified`: LAPACK guesses, a residual proves, and what is returned holds for every matrix inside.
"""

from __future__ import annotations

import numpy as np

from ..errors import ModelError
from ..functions import Array
from . import sharp
from .elementary import TINY, U
from .enclosure import Enclosure, Like, between, enclose
from .verified import approximately, from_orthonormal, norm_bound, square, symmetric_norm_bound


def singular_values(a: Like) -> Enclosure:
    """All singular values [min(m, n)] of A [m, n], the largest first.

    Let U S V^T be near A, and P and Q the matrices with orthonormal columns nearest to U and V. The singular values of
    P S Q^T are those of S, and none moves by more than |A - P S Q^T|_2 (Weyl; Horn and Johnson, "Matrix analysis"
    (2013), corollary 7.3.5), at most |A - U S V^T|_2 + max S (|U - P|_2 |V|_2 + |V - Q|_2).

    >>> found = singular_values(np.array([[3.0, 0.0], [4.0, 5.0]]))
    >>> bool((abs(found.mid**2 - [45, 5]) < 1e-13).all()), bool(found.rad.max() < 1e-13)
    (True, True)
    """
    e = enclose(a)
    if e.ndim != 2:
        raise ModelError(f"singular values are those of a matrix, this has shape {e.shape}")
    return _singular(e)[0]


def _singular(e: Enclosure) -> tuple[Enclosure, Array]:
    """The same, and approximate right singular vectors [n, min(m, n)]."""
    if 0 in e.shape:
        return Enclosure(np.zeros(0)), np.zeros((e.shape[1], 0))
    u, s, v = _decomposed(e.mid)
    left, right = from_orthonormal(u), from_orthonormal(v)
    largest = float(s.max())
    rest = norm_bound(e - sharp.product(u, Enclosure(s[:, None]) * v.T))
    far = rest + largest * (left * (1 + right) + right) + TINY
    return Enclosure(s, np.full(s.shape, far * (1 + 16 * U))), v


def _decomposed(a: Array) -> tuple[Array, Array, Array]:
    """Approximate U, S, V with A = U S V^T, S falling and not negative."""
    try:
        u, s, vt = np.linalg.svd(a, full_matrices=False)
    except np.linalg.LinAlgError as error:
        raise ModelError(f"no singular values of a matrix of shape {a.shape} were found: {error}") from None
    return u, np.sort(np.abs(s))[::-1].copy(), vt.T


def spectral_norm(a: Like) -> Enclosure:
    """The largest singular value of A [m, n], a single number.

    From below, |A x| / |x| at the leading singular vector; from above, as in `singular_values`.
    """
    e = enclose(a)
    if e.ndim != 2 or 0 in e.shape:
        raise ModelError(f"a spectral norm is that of a matrix, this has shape {e.shape}")
    values, vectors = _singular(e)
    x = vectors[:, :1]
    low = (sharp.product(e, x).norm() / Enclosure(x).norm()).lower()
    high = values[0].upper()
    return between(np.maximum(low, values[0].lower()), high)


def symmetric_eigenvalues(a: Like) -> Enclosure:
    """All eigenvalues [n] of the symmetric matrices inside A [n, n], the smallest first.

    Let Q be near the eigenvectors, Q^T Q = I - D and M = Q^T A Q = diag(m) + F. The sorted eigenvalues of M lie within
    |F|_2 of the sorted m (Weyl), and are those of A times factors between 1 - |D|_2 and 1 + |D|_2 (Ostrowski; Horn and
    Johnson, theorems 4.3.1 and 4.5.9). Raises ModelError where none inside is symmetric.

    >>> symmetric_eigenvalues(np.array([[2.0, 1.0], [1.0, 2.0]])).mid.round(12).tolist()
    [1.0, 3.0]
    """
    e = square(a)
    if not (e.mid.T == e.mid).all() and (e - e.T).excludes_zero().any():
        raise ModelError("the matrix is not symmetric")
    if not len(e):
        return Enclosure(np.zeros(0))
    even = (e.mid + e.mid.T) / 2
    q = approximately(lambda m: np.linalg.eigh(m)[1], even)
    delta = symmetric_norm_bound(np.eye(len(e)) - sharp.gram(q))
    if not delta <= 0.5:
        raise ModelError(f"no eigenvectors of a matrix of shape {e.shape} were found")
    m = sharp.product(q.T, sharp.product(e, q))
    order = np.argsort(np.diagonal(m.mid))
    values = m.mid[order, order]
    far = symmetric_norm_bound(m - np.diag(np.diagonal(m.mid)))
    factor = Enclosure(1.0, delta)
    return Enclosure(values, np.full(values.shape, far)) / factor


def eigenpair(a: Like, near: float) -> tuple[Enclosure, Enclosure]:
    """The real eigenvalue of A [n, n] that LAPACK finds closest to a number, and its eigenvector u [n]: for every
    matrix inside, A u = lambda u holds exactly for some lambda and u inside. See `verified_eigenpair`."""
    e = square(a)
    try:
        values, vectors = np.linalg.eig(e.mid)
    except np.linalg.LinAlgError as error:
        raise ModelError(f"no eigenvalues of a matrix of shape {e.shape} were found: {error}") from None
    real = np.flatnonzero(np.imag(values) == 0)
    if not real.size:
        raise ModelError(f"a matrix of shape {e.shape} seems to have no real eigenvalue")
    best = real[np.argmin(np.abs(np.real(values[real]) - near))]
    return verified_eigenpair(e, float(np.real(values[best])), np.real(vectors[:, best]))


def verified_eigenpair(a: Like, value: float, vector: Array) -> tuple[Enclosure, Enclosure]:
    """An eigenvalue and an eigenvector [n] of A [n, n] near an approximate pair.

    The vector is scaled so that its largest entry u_p is 1, and that entry kept. With y the corrections to the other
    entries, mu that to the eigenvalue, put in place p of y, B = A - lambda I with column p replaced by -u, and
    r = A u - lambda u, the equation is r + B y = mu y'  (y' is y with 0 in place p). With R near B^-1 it is the fixed
    point y = -R r + (I - R B) y + R mu y'. A box |y| <= Y that |R r| + |I - R B| Y + |R| Y_p Y' < Y maps into itself,
    so that it has a fixed point (Brouwer), and R and B are regular, as |I - R B| Y < Y. Rump, "Acta Numerica" (2010),
    section 13.4. Raises ModelError where no such box is found, as for eigenvalues that are not simple.
    """
    e = square(a)
    n = len(e)
    if np.shape(vector) != (n,) or not np.isfinite(vector).all() or not np.any(vector):
        raise ModelError(f"an eigenvector of a matrix of shape {e.shape} has {n} numbers, not all 0")
    p = int(np.argmax(np.abs(vector)))
    u = np.asarray(vector, dtype=np.float64) / vector[p]
    shifted = e - value * np.eye(n)
    r = sharp.product(e, u[:, None])[:, 0] - Enclosure(value) * u
    keep = np.ones(n)
    keep[p] = 0.0
    column = np.outer(u, 1 - keep)
    b = Enclosure(shifted.mid * keep - column, shifted.rad * keep)
    approximate = approximately(np.linalg.inv, b.mid)
    first = Enclosure((approximate @ r).magnitude())
    linear = Enclosure(sharp.defect(approximate, b).magnitude())
    size = Enclosure(np.abs(approximate))
    box = first.mid * 1.1 + TINY
    for _ in range(12):
        mapped = (first + linear @ box + (size @ (box * keep)) * Enclosure(float(box[p]))).upper()
        if (mapped < box).all():
            return Enclosure(value, float(mapped[p])), Enclosure(u, mapped * keep)
        box = np.maximum(mapped, box) * 1.1 + TINY
        if not np.isfinite(box).all():
            break
    raise ModelError(f"no simple eigenvalue of a matrix of shape {e.shape} could be verified near {value:.6g}")
