"""What each layer does erase at the tokens of a run: the local maps of attention to oneself and of the MLP.

To first order a layer maps a small change v of a token's stream to (I + J) v. A singular value of I + J below 1 is a
direction that shrinks, and only one that is 0 is erased: how many there can be is bounded by the rank of J (VW-T1f).
The map of attention is taken with the pattern frozen, and only from a token to itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, pi, sqrt

import numpy as np

from ..claims.subject import Subject
from ..functions import Array, silu


@dataclass(frozen=True)
class Erasure:
    """The singular values [d_model] of I + J at one token, the largest first, and the rank that J cannot exceed."""

    layer: int
    position: int
    attention: Array
    attention_rank: int
    mlp: Array
    mlp_rank: int


def erasure(subject: Subject, layer: int, position: int) -> Erasure:
    """The local maps of a layer at one token of the run."""
    config, p, at = subject.config, subject.model.parameters, f"blocks.{layer}"
    d = config.d_model
    pattern = subject.trace[f"{at}.attn.hook_pattern"][:, position, position]
    total = np.zeros((d, d))
    for head in subject.heads:
        total += pattern[head] * (subject.w_o(layer, head).mid @ subject.w_v(layer, head).mid)
    if config.residual == "pre":
        total = total @ norm_jacobian(subject, f"{at}.ln1", layer, position)
    local = mlp_jacobian(subject, layer, position)
    if config.residual == "pre":
        local = local @ norm_jacobian(subject, f"{at}.ln2", layer, position)
    return Erasure(
        layer,
        position,
        np.linalg.svd(np.eye(d) + total, compute_uv=False),
        min(d, config.n_heads * config.d_head),
        np.linalg.svd(np.eye(d) + local, compute_uv=False),
        min(d, p[f"{at}.mlp.W_out"].shape[0]),
    )


def norm_jacobian(subject: Subject, at: str, layer: int, position: int) -> Array:
    """G (I - q u u' - q y y') / s at what the norm read (TH-22d), for RMSNorm without u; [d_model, d_model]."""
    d, trace = subject.config.d_model, subject.trace
    scale = float(trace[f"{at}.hook_scale"][position].reshape(-1)[0])
    here = "hook_resid_pre" if at.endswith("ln1") else "hook_resid_mid"
    x = trace[f"blocks.{layer}.{here}"][position]
    if subject.config.norm == "layer":
        x = x - x.mean()
    y = x / scale
    inner = np.eye(d) - np.outer(y, y) / d
    if subject.config.norm == "layer":
        inner -= 1 / d
    return subject.model.parameters[f"{at}.w"][:, None] * inner / scale


def mlp_jacobian(subject: Subject, layer: int, position: int) -> Array:
    """V diag(a'(z)) W at what the MLP read, [d_model, d_model]; of a gated one, the sum over its two reads."""
    p, trace, at = subject.model.parameters, subject.trace, f"blocks.{layer}.mlp"
    pre = trace[f"{at}.hook_pre"][position]
    slope = SLOPES[subject.config.activation](pre)
    write = p[f"{at}.W_out"].T
    if not subject.config.gated:
        plain: Array = (write * slope) @ p[f"{at}.W_in"].T
        return plain
    linear = trace[f"{at}.hook_pre_linear"][position]
    gated: Array = (write * (slope * linear)) @ p[f"{at}.W_gate"].T + (write * silu(pre)) @ p[f"{at}.W_in"].T
    return gated


def _gelu_slope(z: Array) -> Array:
    normal = np.array([0.5 * (1 + erf(x / sqrt(2))) for x in z])
    return normal + z * np.exp(-z * z / 2) / sqrt(2 * pi)


def _gelu_tanh_slope(z: Array) -> Array:
    inner = sqrt(2 / pi) * (z + 0.044715 * z**3)
    t = np.tanh(inner)
    slope: Array = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * sqrt(2 / pi) * (1 + 3 * 0.044715 * z * z)
    return slope


def _silu_slope(z: Array) -> Array:
    s = 1 / (1 + np.exp(-np.clip(z, -700, 700)))
    slope: Array = s * (1 + z * (1 - s))
    return slope


SLOPES = {
    "relu": lambda z: (z > 0).astype(float),
    "gelu": _gelu_slope,
    "gelu_tanh": _gelu_tanh_slope,
    "silu": _silu_slope,
}
