"""The subspaces that heads write to (VW-C4, TH-20a): how much they overlap, beside how much they must."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..claims.subject import Subject
from ..functions import Array


@dataclass(frozen=True)
class Subspaces:
    """All heads of a model, layer by layer.

    overlap [heads, heads]: the mean squared cosine of the principal angles between what two heads write to; 1 for the
    same subspace, 0 for orthogonal ones. forced: what the mean over all pairs cannot be below, since n subspaces of
    dimension r have no room in a stream of width d, (n r - d) / (d (n - 1)); 0 where they have. cosines: those of the
    principal angles of neighbouring heads of a layer, for a histogram.
    """

    overlap: Array
    forced: float
    cosines: Array

    @property
    def mean(self) -> float:
        """The mean overlap of two heads."""
        n = len(self.overlap)
        return float((self.overlap.sum() - np.trace(self.overlap)) / (n * (n - 1))) if n > 1 else 0.0


def subspaces(subject: Subject) -> Subspaces:
    """Of the heads of all layers, in order."""
    config = subject.config
    d, r, heads = config.d_model, config.d_head, config.n_heads
    bases = []  # [n_heads, d_model, d_head] of each layer
    for layer in subject.layers:
        bases.append(np.linalg.qr(np.array([subject.w_o(layer, h).mid for h in subject.heads]))[0])
    side = [b.transpose(1, 0, 2).reshape(d, -1) for b in bases]
    rank = min(r, d)
    blocks = [[((a.T @ b) ** 2).reshape(heads, rank, heads, rank).sum(axis=(1, 3)) / rank for b in side] for a in side]
    cosines = [np.linalg.svd(b[h].T @ b[h + 1], compute_uv=False) for b in bases for h in range(heads - 1)]
    n = heads * len(bases)
    return Subspaces(
        np.block(blocks) if blocks else np.zeros((0, 0)),
        max(0.0, (n * rank - d) / (d * (n - 1))) if n > 1 else 0.0,
        np.minimum(np.concatenate(cosines), 1) if cosines else np.zeros(0),
    )
