"""Verified linear algebra: inverses, solutions and orthonormal bases, enclosed.

An approximate answer comes from LAPACK, which promises nothing; that something exact lies near it, and how near, is
proved afterwards by a residual. What is returned holds for every matrix inside the enclosure that is given. After Rump,
"Verification methods: rigorous results using floating-point arithmetic", Acta Numerica 19 (2010), sections 10 to 13.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import ModelError
from ..functions import Array
from . import sharp, sliced
from .elementary import U
from .enclosure import Enclosure, Like, enclose


def inverse(a: Like) -> Enclosure:
    """The inverse of a square matrix [n, n].

    Raises ModelError where some matrix inside may be singular, as far as double precision can tell.

    >>> found = inverse(np.array([[2.0, 1.0], [1.0, 1.0]]))
    >>> bool((abs(found.mid - [[1, -1], [-1, 2]]) <= found.rad).all()), bool(found.rad.max() < 1e-14)
    (True, True)
    """
    e = square(a)
    return solve(e, np.eye(len(e)))


def solve(a: Like, b: Like) -> Enclosure:
    """X with A X = B, for A [n, n] and B [n, k] or [n].

    With R near the inverse of A and x near X, E = I - R A and z = R (B - A x): A (X - x) = B - A x gives
    X - x = (I - E)^-1 z = z + E (I - E)^-1 z. Where |E| has row sums e with max e = alpha < 1, R and A are regular, and
    |X - x| <= |z| + e max|z| / (1 - alpha), column by column. Raises ModelError as `inverse` does.
    """
    e, right = square(a), enclose(b)
    if right.ndim == 1:
        return solve(e, right.reshape(-1, 1)).reshape(-1)
    if right.ndim != 2 or len(right) != len(e):
        raise ModelError(f"a right side of shape {right.shape} does not fit a matrix of shape {e.shape}")
    r = approximately(np.linalg.inv, e.mid)
    x = r @ right.mid
    rows = Enclosure(sharp.defect(r, e).magnitude()).sum(axis=1).upper()
    alpha = float(rows.max(initial=0.0))
    if not alpha < 1:
        raise ModelError(f"a matrix of shape {e.shape} may be singular: no inverse of it can be verified")
    z = Enclosure(r) @ (right - sharp.product(e, x))
    more = Enclosure(rows[:, None]) * z.magnitude().max(axis=0, keepdims=True) / (1 - Enclosure(alpha))
    return Enclosure(z.mid, (Enclosure(z.rad) + more).upper()) + x


def left_inverse(v: Like) -> Enclosure:
    """(V^T V)^-1 V^T [k, n] of a matrix V [n, k] of full column rank: its Moore-Penrose inverse.

    With any regular T, W = V T has T W^+ = V^+. T is the inverse of a triangular factor, so that W^T W is near I.
    Raises ModelError where V may have a smaller rank.
    """
    e = enclose(v)
    t = _straightening(e)
    w = sharp.product(e, t)
    return Enclosure(t) @ solve(sharp.gram(w), w.T)


def right_inverse(w: Like) -> Enclosure:
    """W^T (W W^T)^-1 [n, k] of a matrix W [k, n] of full row rank: its Moore-Penrose inverse."""
    return left_inverse(enclose(w).T).T


def quick_left_inverse(v: Like) -> Enclosure:
    """K [k, d] with K V = I for V [d, k] of rank k, near the Moore-Penrose inverse but not it, in a third of the time;
    for an enclosure V, one K for each V inside.

    With an approximate inverse R and E = I - R V, the matrix (I - E)^-1 R is one: I - E = R V. It is enclosed by
    (I + E) R, off by at most |E|^2 + |E|^3 + .. times |R|, whose columns are bounded by the largest row sum of |E|.
    After Rump, "Verification methods" (2010), section 10. Raises ModelError where V is too close to a smaller rank.
    """
    a = enclose(v)
    near = np.linalg.pinv(a.mid)
    off = np.eye(a.shape[1]) - sliced.product(near, a)
    size = off.magnitude()
    sum_of_row = float((size.sum(axis=1) * (1 + 2**-30)).max(initial=0.0))
    if not sum_of_row < 0.5:
        raise ModelError("a matrix is too close to one of smaller rank for an inverse to be enclosed")
    tail = size.max(axis=0, initial=0.0) * (sum_of_row * (2 + 2**-20))  # e / (1 - e) <= 2 e
    core = Enclosure(off.mid, (off.rad + tail) * (1 + 2**-50))
    return Enclosure(near) + sliced.product(core, near)


def quick_right_inverse(w: Like) -> Enclosure:
    """V [d, k] with W V = I for W [k, d] of rank k."""
    return quick_left_inverse(enclose(w).T).T


def orthonormal_basis(v: Like) -> Enclosure:
    """Q [n, k] with Q^T Q = I and the columns of V [n, k] in its span, exactly, for some Q inside.

    W = V T has the same span for any regular T; Q = W (W^T W)^(-1/2) is its polar factor, orthonormal. See `straighter`
    for how near it is to W. Raises ModelError where V may have a smaller rank.
    """
    e = enclose(v)
    return straighter(sharp.product(e, _straightening(e)))


def straighter(w: Like) -> Enclosure:
    """The matrix with orthonormal columns nearest to W [n, k]: its polar factor W (W^T W)^(-1/2).

    With W^T W = I - D and |D|_2 <= delta < 1, the series of (1 - x)^(-1/2) - 1 gives
    |(I - D)^(-1/2) - I|_2 <= (1 - delta)^(-1/2) - 1 <= delta / 2 (1 - delta)^(-3/2). An entry of W times that matrix is
    at most the norm of W's row times that. Raises ModelError where delta may exceed 1/2.
    """
    e = enclose(w)
    distance = from_orthonormal(e)
    rows = Enclosure(np.square(e.magnitude())).sum(axis=1, keepdims=True).sqrt().upper() * (1 + 8 * U)
    return Enclosure(e.mid, (Enclosure(e.rad) + Enclosure(rows) * distance).upper())


def from_orthonormal(w: Like) -> float:
    """A bound of |W - Q|_2 for the polar factor Q of W [n, k], and of |(I - D)^(-1/2) - I|_2, with W^T W = I - D.

    W - Q = Q ((I - D)^(1/2) - I). For the eigenvalues x of D, |x| <= delta, both |(1 - x)^(1/2) - 1| and
    |(1 - x)^(-1/2) - 1| are at most delta / 2 (1 - delta)^(-3/2). Raises ModelError where |D|_2 may exceed 1/2.
    """
    e = enclose(w)
    delta = symmetric_norm_bound(np.eye(e.shape[1]) - sharp.gram(e))
    if not delta <= 0.5:
        raise ModelError(f"the columns of a matrix of shape {e.shape} may depend on each other")
    return float(delta / 2 / (1 - delta) ** 1.5 * (1 + 64 * U))


def symmetric_norm_bound(a: Like) -> float:
    """A number that the spectral norm of symmetric matrices inside does not exceed: the smaller of the largest sum of a
    row and the Frobenius norm."""
    size = Enclosure(enclose(a).magnitude())
    return float(min(size.sum(axis=1).upper().max(initial=0.0), size.norm().upper()))


def norm_bound(a: Like) -> float:
    """The same for any matrices: |A|_2^2 <= |A|_1 |A|_inf, and |A|_2 <= |A|_F."""
    size = Enclosure(enclose(a).magnitude())
    rows, columns = (float(size.sum(axis=i).upper().max(initial=0.0)) for i in (1, 0))
    return float(min((Enclosure(rows) * columns).sqrt().upper(), size.norm().upper()))


def _straightening(e: Enclosure) -> Array:
    """T with V T nearly orthonormal, triangular with a diagonal that is not 0, so that it is regular."""
    if e.ndim != 2 or e.shape[0] < e.shape[1]:
        raise ModelError(f"the columns of a matrix of shape {e.shape} depend on each other")
    factor = approximately(_triangular, e.mid)
    t = np.triu(approximately(np.linalg.inv, factor))
    if not np.diagonal(t).all():
        raise ModelError(f"the columns of a matrix of shape {e.shape} may depend on each other")
    return t


def _triangular(a: Array) -> Array:
    factor: Array = np.linalg.qr(a)[1]
    return factor


def square(a: Like) -> Enclosure:
    """A square matrix as it is. Raises ModelError for anything else."""
    e = enclose(a)
    if e.ndim != 2 or e.shape[0] != e.shape[1]:
        raise ModelError(f"expected a square matrix, this one has shape {e.shape}")
    return e


def approximately(find: Callable[[Array], Array], a: Array) -> Array:
    """What LAPACK finds, as finite numbers. Raises ModelError where it finds nothing."""
    try:
        found = find(a)
    except np.linalg.LinAlgError as error:
        raise ModelError(f"no approximation for a matrix of shape {a.shape}: {error}") from None
    if not np.isfinite(found).all():
        raise ModelError(f"no approximation for a matrix of shape {a.shape}: it is too near to a singular one")
    return found
