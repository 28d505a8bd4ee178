"""The functions that a transformer is made of, on arrays of any precision.

An array [.., n] holds vectors of length n in its last axis. All functions keep the precision of their argument and
leave it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .optional import needed

Array: TypeAlias = npt.NDArray[Any]


def relu(x: Array) -> Array:
    """max(x, 0), entry by entry.

    >>> relu(np.array([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    return np.maximum(x, 0)


def gelu(x: Array) -> Array:
    """x Phi(x), with Phi the normal distribution; Hendrycks and Gimpel, "Gaussian error linear units" (2016).

    >>> gelu(np.array([0.0, 1.0])).round(6).tolist()
    [0.0, 0.841345]
    """
    out: Array = needed("scipy.special", "the exact GELU").erf(x * x.dtype.type(np.sqrt(0.5)))
    out += 1
    out *= x
    out *= x.dtype.type(0.5)
    return out


def gelu_tanh(x: Array) -> Array:
    """The same paper's approximation, x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).

    >>> gelu_tanh(np.array([0.0, 1.0])).round(6).tolist()
    [0.0, 0.841192]
    """
    kind = x.dtype.type
    out = x * x
    out *= kind(0.044715 * np.sqrt(2 / np.pi))
    out += kind(np.sqrt(2 / np.pi))
    out *= x
    np.tanh(out, out=out)
    out += 1
    out *= x
    out *= kind(0.5)
    return out


def silu(x: Array) -> Array:
    """x / (1 + exp(-x)), also called swish.

    >>> silu(np.array([0.0, 1.0])).round(6).tolist()
    [0.0, 0.731059]
    """
    with np.errstate(over="ignore"):  # exp(-x) may be infinite, and x / infinity is what is meant
        out = np.exp(-x)
    out += 1
    return np.divide(x, out, out=out)


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "relu": relu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": silu,
}


def softmax(x: Array) -> Array:
    """exp(x) / sum exp(x) over the last axis; -inf has weight 0. The maximum is subtracted first, to stay finite.

    >>> softmax(np.array([0.0, 0.0, -np.inf])).tolist()
    [0.5, 0.5, 0.0]
    """
    out: Array = x - x.max(axis=-1, keepdims=True)
    np.exp(out, out=out)
    out /= out.sum(axis=-1, keepdims=True)
    return out


def sinusoidal_positions(positions: int, d_model: int, dtype: npt.DTypeLike = np.float64) -> Array:
    """The fixed vectors [positions, d_model] with sin(p w) at 2i and cos(p w) at 2i + 1, w = 10000^(-2i / d_model).

    Vaswani et al., "Attention is all you need" (2017), section 3.5. Computed in double precision and rounded once.

    >>> sinusoidal_positions(2, 4).round(3).tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.841, 0.54, 0.01, 1.0]]
    """
    angles = np.outer(np.arange(positions), 10000.0 ** (-np.arange(0, d_model, 2) / d_model))
    out = np.empty((positions, d_model))
    np.sin(angles, out=out[:, 0::2])
    np.cos(angles[:, : d_model // 2], out=out[:, 1::2])
    return out.astype(dtype)


def rotary_angles(positions: int, d_head: int, base: float, dtype: npt.DTypeLike = np.float64) -> tuple[Array, Array]:
    """Cosines and sines [positions, d_head / 2] of the angles p base^(-2i / d_head).

    Su et al., "RoFormer" (2021). They are computed in double precision and rounded once.
    """
    frequencies = base ** (-np.arange(0, d_head, 2) / d_head)
    angles = np.outer(np.arange(positions), frequencies)
    return np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)


def rotate(x: Array, cosines: Array, sines: Array) -> Array:
    """Turn the pairs (i, i + d_head / 2) of x [heads, pos, d_head] by the angles [pos, d_head / 2] of their positions.

    >>> quarter = np.array([[0.0]]), np.array([[1.0]])
    >>> rotate(np.array([[[1.0, 0.0]]]), *quarter).tolist()
    [[[0.0, 1.0]]]
    """
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    out = np.empty_like(x)
    np.multiply(a, cosines, out=out[..., :half])
    out[..., :half] -= b * sines
    np.multiply(b, cosines, out=out[..., half:])
    out[..., half:] += a * sines
    return out
