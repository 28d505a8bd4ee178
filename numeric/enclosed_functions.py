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

from . import elementary
from .elementary import U
from .enclosure import Enclosure, Like, by_rows, concatenate, enclose, inflated
from .functions import Array

SLACK = 2.0**-40  # more than rounding does to the slopes below, which are plain numbers of size 1


def _rounded(value: float) -> Enclosure:
    """A constant of which a double is given that is off by a unit in the last place at most."""
    return Enclosure(value, 2 * U * abs(value))


ROOT_HALF = _rounded(0.7071067811865476)  # sqrt(1 / 2)
TANH_OUTER = _rounded(0.7978845608028654)  # sqrt(2 / pi)
TANH_INNER = Enclosure(0.044715 * 0.7978845608028654, 8 * U * 0.0357)  # 0.044715 sqrt(2 / pi)


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
    """x Phi(x) = x / 2 (1 + erf(x / sqrt 2)); its slope is Phi(x) + x phi(x)."""
    e = enclose(x)
    at = Enclosure(e.mid)
    double = (at * ROOT_HALF).erf() + 1
    value = double * at * 0.5
    if e.exact:
        return value
    with np.errstate(all="ignore"):
        density = elementary.exp(-0.5 * np.minimum(np.abs(e.mid), 1e9) ** 2)
        slope = double.mid / 2 + e.mid * (0.3989422804014327 * density)
    return _spread(value, slope, e.rad)


@_in_pieces
def gelu_tanh(x: Like) -> Enclosure:
    """x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); with h for the factor of x, its slope is
    h + x / 2 (1 - tanh^2) sqrt(2 / pi) (1 + 3 0.044715 x^2)."""
    e = enclose(x)
    at = Enclosure(e.mid)
    square = at * at * TANH_INNER
    t = ((square + TANH_OUTER) * at).tanh()
    value = (t + 1) * at * 0.5
    if e.exact:
        return value
    with np.errstate(all="ignore"):
        inner = 3 * square.mid + 0.7978845608028654
        slope = (1 + t.mid) / 2 + e.mid / 2 * (1 - t.mid * t.mid) * inner
        slope = np.where(np.abs(e.mid) < 2.0**10, slope, 2.0)  # where rounding could be seen, the bound 1.2 serves
    return _spread(value, slope, e.rad)


@_in_pieces
def silu(x: Like) -> Enclosure:
    """x / (1 + e^-x); with s = 1 / (1 + e^-x), its slope is s (1 + x (1 - s)). Below -700 it is nearly 0."""
    e = enclose(x)
    low = e.mid < -700
    at = Enclosure(np.where(low, -700.0, e.mid)) if low.any() else Enclosure(e.mid)
    weight = 1 + (-at).exp()
    value = at / weight
    if not e.exact:
        s = 1 / weight.mid
        value = _spread(value, s * (1 + at.mid * (1 - s)), e.rad)
    if low.any():  # -1000 e^-700 < silu < 0 and -1000 e^-700 > -2^-990
        far = np.where(e.rad < 1, 2.0**-990, 1.2 * e.rad + 2.0**-900)
        value = Enclosure(np.where(low, 0.0, value.mid), np.where(low, far, value.rad))
    return value


def _spread(value: Enclosure, slope: Array, rad: Array) -> Enclosure:
    """What an activation can be within `rad` of where it has this value and slope."""
    with np.errstate(all="ignore"):
        change = rad * np.minimum(np.abs(slope) + SLACK + rad, 1.2)
        return Enclosure._of(value.mid, inflated(change + value.rad, 6, 2))


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
        off /= 1 - error
        off += 2 * U
        off *= mid
        rad = np.fmin(np.where(error < 1, inflated(off, 20, 4), 1), 1)  # of 1 and NaN the smaller is 1
        return Enclosure._of(mid, rad if mask is None else np.where(mask, rad, 0))


def rotate(x: Like, cosines: Enclosure, sines: Enclosure) -> Enclosure:
    """Turn the pairs (i, i + d_head / 2) of x [heads, pos, d_head] by the angles [pos, d_head / 2] of positions."""
    e = enclose(x)
    half = e.shape[-1] // 2
    a, b = e[..., :half], e[..., half:]
    return concatenate([a * cosines - b * sines, b * cosines + a * sines], axis=-1)
