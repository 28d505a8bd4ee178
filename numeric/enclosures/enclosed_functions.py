"""The functions of `functions`, in enclosures: what a transformer applies entry by entry or row by row.
(Angles of positions are in `angles`.)

They do the same operations in the same order, so that a radius is also what rounding can have done to a plain run.
An activation f of an enclosure is f at the midpoint, and as much more as f can change within the radius r: at most
(|f'(m)| + r) r, as no activation here bends by more than |f''| <= 1, and at most 1.2 r, as none is steeper. That is
2 phi(0) < 0.8 at 0 and 1.13 at sqrt 2 for gelu, 0.5 at 0 and 1.1 at 2.4 for silu; tests prove all by subdivision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps

import numpy as np

from ..functions import Array
from . import elementary
from .bounds import inflated
from .elementary import U
from .enclosure import Enclosure, Like, by_rows, concatenate, enclose

SLACK = 2.0**-40  # more than rounding does to the slopes below, which are plain numbers of size 1


# Doubles off by 2u of themselves at most.
ROOT_HALF = 0.7071067811865476  # sqrt(1 / 2)
TANH_OUTER = 0.7978845608028654  # sqrt(2 / pi)
TANH_INNER = 0.044715 * TANH_OUTER


def _in_pieces(function: Callable[[Like], Enclosure]) -> Callable[[Like], Enclosure]:
    """The same function, entry by entry, on pieces that stay in the processor's cache."""

    @wraps(function)
    def whole(x: Like) -> Enclosure:
        e = enclose(x)
        flat = e.reshape(-1)
        return by_rows(lambda part: function(flat[part]), flat.shape).reshape(*e.shape)

    return whole


def relu(x: Like) -> Enclosure:
    """max(x, 0), which brings no two numbers further apart.

    >>> relu(np.array([-1.0, 2.0])).mid.tolist()
    [0.0, 2.0]
    """
    e = enclose(x)
    mid = np.maximum(e.mid, 0)
    if e.exact:
        return Enclosure(mid)
    return Enclosure(mid, np.where(e.mid <= -e.rad, 0.0, e.rad))


@_in_pieces
def gelu(x: Like) -> Enclosure:
    """x Phi(x) = x / 2 (1 + erf(y)) with y = x / sqrt 2; its slope is Phi(x) + x phi(x).

    y is off by 3u |y|, which changes erf by 3u |y| 2 / sqrt(pi) e^(-y^2) < 1.5 u; erf itself by ERF_ERROR, the sum by u
    of it, and so is the product.
    """
    e = enclose(x)
    m = e.mid
    with np.errstate(all="ignore"):
        phi = elementary.erf(m * ROOT_HALF)
        double = phi + 1
        rad = (elementary.ERF_ERROR * np.abs(phi) + 3 * U * double + 1.5 * U) * np.abs(m) * 0.5
        if not e.exact:
            density = elementary.exp(-0.5 * np.square(np.minimum(np.abs(m), 1e9)))
            rad += _change(double / 2 + m * (0.3989422804014327 * density), e.rad)
        return Enclosure._of(double * m * 0.5, inflated(rad, 16, 3))


@_in_pieces
def gelu_tanh(x: Like) -> Enclosure:
    """x / 2 (1 + tanh z), z = sqrt(2 / pi) (x + 0.044715 x^3); its slope is (1 + t) / 2 + x / 2 (1 - t^2) z'.

    z is off by 8u |z|, as its constants are by 2u and nothing cancels, which changes tanh by 8u |z| / cosh^2 z < 4u;
    tanh itself by TANH_ERROR, the sum by u of it, and so is the product.
    """
    e = enclose(x)
    m = e.mid
    with np.errstate(all="ignore"):
        square = m * m * TANH_INNER
        t = elementary.tanh((square + TANH_OUTER) * m)
        double = t + 1
        rad = (elementary.TANH_ERROR * np.abs(t) + 3 * U * double + 4 * U) * np.abs(m) * 0.5
        if not e.exact:
            slope = double / 2 + m / 2 * (1 - t * t) * (3 * square + TANH_OUTER)
            # Far out, where rounding could be seen in it, the bound for all slopes serves.
            rad += _change(np.where(np.abs(m) < 2.0**10, slope, 2.0), e.rad)
        return Enclosure._of(double * m * 0.5, inflated(rad, 16, 3))


@_in_pieces
def silu(x: Like) -> Enclosure:
    """x s with s = 1 / (1 + e^-x); its slope is s (1 + x (1 - s)).

    1 + e^-x is off by EXP_ERROR and u of it at most, and so is the quotient by u. Below -700, where e^-x may overflow,
    it lies between -2^-990 and 0.
    """
    e = enclose(x)
    m = np.maximum(e.mid, -700.0)
    with np.errstate(all="ignore"):
        weight = elementary.exp(-m) + 1
        mid = m / weight
        rad = np.abs(mid) * (elementary.EXP_ERROR + 3 * U)
        if not e.exact:
            s = 1 / weight
            rad += _change(s * (1 + m * (1 - s)), e.rad)
        low = e.mid < -700
        if low.any():
            mid, rad = np.where(low, 0.0, mid), np.where(low, 2.0**-990 + 1.2 * e.rad, rad)
        return Enclosure._of(mid, inflated(rad, 16, 3))


def _change(slope: Array, rad: Array) -> Array:
    """By how much an activation can change within `rad` of where it has this slope."""
    change: Array = rad * np.minimum(np.abs(slope) + SLACK + rad, 1.2)
    return change


ACTIVATIONS: Mapping[str, Callable[[Like], Enclosure]] = {
    "relu": relu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": silu,
}


def softmax(x: Like, mask: Array | None = None) -> Enclosure:
    """exp(x) / sum exp(x) over the last axis; entries where `mask` is False have weight 0, exactly.

    In exact arithmetic any number may be subtracted from a row first. The largest midpoint is, to stay finite.

    >>> softmax(np.array([0.0, 0.0, 5.0]), np.array([True, True, False])).mid.tolist()
    [0.5, 0.5, 0.0]
    """
    e = enclose(x)
    n = e.shape[-1]
    rows = e.reshape(-1, n)
    if mask is None:
        return by_rows(lambda part: _softmax(rows[part], None), rows.shape).reshape(*e.shape)
    kept = np.broadcast_to(mask, e.shape).reshape(-1, n)
    return by_rows(lambda part: _softmax(rows[part], kept[part]), rows.shape).reshape(*e.shape)


def _softmax(e: Enclosure, mask: Array | None) -> Enclosure:
    """softmax of rows.

    With w_j the computed weights, off by w_j e_j, and S their computed sum, off by S E, a result is
    w_j / S (1 + e_j) / (1 + E), off by w_j / S (e_j + E) / (1 - E); and never by more than 1. An exponent is off by r,
    its radius and the rounding of the difference, so that e_j = e^r - 1 <= r + r^2 for r <= 1.
    """
    n = e.shape[-1]
    with np.errstate(all="ignore"):
        if mask is None:
            below = e.mid - e.mid.max(axis=-1, keepdims=True)
        else:
            below = np.where(mask, e.mid - np.where(mask, e.mid, -np.inf).max(axis=-1, keepdims=True), 0)
        far = np.abs(below)
        far *= U
        if not e.exact:
            far += e.rad
        far *= 1 + 8 * U
        off = far * far
        off += far
        wide = far > 1
        if wide.any():
            off = np.where(wide, elementary.exp(far) * (1 + 8 * U), off)
        off += elementary.EXP_ERROR
        weights = elementary.exp(below)
        if mask is not None:
            weights *= mask
        total = weights.sum(axis=-1, keepdims=True)
        error = (weights * off).sum(axis=-1, keepdims=True) / total * (1 + 4 * (n + 8) * U) + 2 * n * U
        mid = weights / total
        off += error
        off /= np.maximum(1 - error, 0)
        off += 2 * U
        off *= mid
        rad = np.minimum(inflated(off, 20, 4), 1)
        return Enclosure._of(mid, rad if mask is None else np.where(mask, rad, 0))


def rotate(x: Like, cosines: Enclosure, sines: Enclosure) -> Enclosure:
    """Turn the pairs (i, i + d_head / 2) of x [heads, pos, d_head] by the angles [pos, d_head / 2] of positions."""
    e = enclose(x)
    half = e.shape[-1] // 2
    a, b = e[..., :half], e[..., half:]
    return concatenate([a * cosines - b * sines, b * cosines + a * sines], axis=-1)
