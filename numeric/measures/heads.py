"""Attention heads as memory managers (VW-U10b, VW-U10c).

A head adds A_ii W_OV x to the token x that attends to itself with weight A_ii. Along an eigenvector of W_OV with
eigenvalue lam that multiplies x by 1 + A_ii lam: it clears it exactly where A_ii lam = -1, which needs lam <= -1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..claims.subject import Subject
from ..enclosures.enclosure import Enclosure
from ..enclosures.spectra import eigenpair
from ..errors import ModelError
from ..functions import Array


@dataclass(frozen=True)
class Heads:
    """The heads of one layer.

    eigenvalues [n_heads, d_head]: those of W_OV that are not forced to be 0, complex; W_V W_O has the same (VW-L6g).
    Gains of the norm before a head are part of what it reads. itself [n_heads, pos]: A_ii / scale, how strongly each
    token attends to itself, in terms of the stream. closest [n_heads]: the smallest |1 + A_ii lam / scale| over the
    run's tokens and the real eigenvalues; inf without one. able [n_heads]: which heads certainly have a real eigenvalue
    of at most -1, without which nothing is cleared.
    """

    layer: int
    eigenvalues: Array
    itself: Array
    closest: Array
    able: Array


def heads(subject: Subject, layer: int) -> Heads:
    """The heads of a layer, with what the run shows of them."""
    config, at = subject.config, f"blocks.{layer}"
    gain = subject.model.parameters[f"{at}.ln1.w"] if config.residual == "pre" else np.ones(config.d_model)
    cores = [(Enclosure(subject.w_v(layer, h).mid) * gain) @ subject.w_o(layer, h).mid for h in subject.heads]
    eigenvalues = np.linalg.eigvals(np.array([core.mid for core in cores])).astype(complex)
    pattern = subject.trace[f"{at}.attn.hook_pattern"]
    itself = np.diagonal(pattern, axis1=1, axis2=2)
    if config.residual == "pre":
        itself = itself / subject.trace[f"{at}.ln1.hook_scale"].reshape(1, -1)
    closest = np.array([_closest(eigenvalues[h], itself[h]) for h in subject.heads])
    able = np.array([_certainly_able(core, eigenvalues[h]) for h, core in enumerate(cores)])
    return Heads(layer, eigenvalues, itself, closest, able)


def _closest(eigenvalues: Array, itself: Array) -> float:
    real = eigenvalues.real[eigenvalues.imag == 0]
    return float(np.abs(1 + np.outer(real, itself)).min()) if len(real) else np.inf


def _certainly_able(core: Enclosure, eigenvalues: Array) -> bool:
    """Whether a real eigenvalue of at most -1 is proved: the most negative one that LAPACK finds is enclosed."""
    real = eigenvalues.real[eigenvalues.imag == 0]
    if not len(real) or real.min() > -1:
        return False
    try:
        value, _ = eigenpair(core, float(real.min()))
    except ModelError:  # it is not simple, or not real after all
        return False
    return bool((value.upper() <= -1).all())
