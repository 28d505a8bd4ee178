"""Virtual weights between MLPs (VW-L6, VW-C3): their singular values, which are the strengths of their channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..claims.subject import Subject
from ..functions import Array


@dataclass(frozen=True)
class Channels:
    """All pairs of MLPs; [n_layers, n_layers], where [i, k] is what MLP k reads of MLP i, nan unless i < k.

    norm: the Frobenius norm of W_k V_i. score: the norm divided by those of W_k and V_i, the composition score of
    Elhage et al. (2021). effective: the number of channels of equal strength that would have the same norm and the same
    fourth moment, (sum s^2)^2 / sum s^4. spectra: the singular values of some pairs.
    """

    norm: Array
    score: Array
    effective: Array
    spectra: dict[tuple[int, int], Array]


def channels(subject: Subject, shown: int = 6) -> Channels:
    """Norms and effective dimensions of all pairs, spectra of a few.

    The traces of W_k V_i V_i' W_k' and of its square are those of products of Gram matrices [d_model, d_model].
    """
    count = len(subject.layers)
    norm, score, effective = (np.full((count, count), np.nan) for _ in range(3))
    reads = [_gram(subject.read(layer).mid.T) for layer in subject.layers]
    writes = [_gram(subject.write(layer).mid) for layer in subject.layers]
    for i, k in subject.pairs(count * count):
        product = reads[k] @ writes[i]
        second, fourth = float(np.trace(product)), float((product * product.T).sum())
        norm[i, k] = np.sqrt(second)
        score[i, k] = np.sqrt(second / (np.trace(reads[k]) * np.trace(writes[i])))
        effective[i, k] = second * second / fourth
    return Channels(norm, score, effective, {pair: _spectrum(subject, *pair) for pair in subject.pairs(shown)})


def _gram(a: Array) -> Array:
    return a @ a.T


def _spectrum(subject: Subject, i: int, k: int) -> Array:
    """Singular values of W_k V_i, all that may differ from 0: those of a core [d_model, d_model]."""
    write, read = subject.write(i).mid, subject.read(k).mid
    core = np.linalg.qr(read)[1] @ np.linalg.qr(write.T)[1].T
    values: Array = np.linalg.svd(core, compute_uv=False)
    return values[: min(*read.shape, *write.shape)]
