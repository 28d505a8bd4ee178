"""Composition scores of all pairs of heads at once, as an array: what heat maps are drawn from.

The definition is that of `path_values`, whose edges carry the same numbers; this takes a second where the graph
takes many.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from ..functions import Array
from ..transformer import Model
from .circuits import Circuits
from .path_parts import parts
from .small_cores import all_products, frobenius_norms


def composition_scores(model: Model, kind: str, dtype: npt.DTypeLike = np.float64) -> Array:
    """[layer, head, layer, head]: how much of what the first head writes the second one reads as kind: Q, K or V.

    ||W_V W_O W_Q W_K^T|| / (||W_V W_O|| ||W_Q W_K^T||) in Frobenius norms, for kind Q; Elhage et al. (2021), "A
    Mathematical Framework for Transformer Circuits". It is 0 where the second layer does not come after the first.
    dtype: the precision of the products. Raises ModelError for another kind.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=9, n_ctx=4)
    >>> scores = composition_scores(Model(config, random_parameters(config)), "K")
    >>> scores.shape, bool((scores[0, :, 1] > 0).all()), float(scores[1].max())
    ((2, 2, 2, 2), True, 0.0)
    """
    if kind not in ("Q", "K", "V"):
        raise ModelError(f"heads compose by Q, K or V, not by {kind!r}")
    c, found = model.config, parts(model, mlp=False)
    circuits = Circuits(found, dtype)
    scores = np.zeros((c.n_layers, c.n_heads, c.n_layers, c.n_heads))
    written: list[tuple[Array, Array]] = []  # by layer: the circuits behind V, and their norms
    for stage in found.stages():
        for reader in (r for r in stage.readers if r.kind == kind):
            read, after = reader.effective(dtype)[reader.which], circuits.after(reader)
            read = read if after is None else read @ after
            sizes = frobenius_norms(read)
            for layer, (write, size) in enumerate(written):
                with np.errstate(all="ignore"):
                    found_here = frobenius_norms(all_products(write, read)) / (size[:, None] * sizes)
                scores[layer, :, reader.layer] = np.nan_to_num(found_here)
        if stage.carry is not None:
            written = [_sized(stage.carry.rows(write)) for write, _ in written]
        for writer in (w for w in stage.writers if w.kind == "head"):
            before = circuits.before(writer)
            write = writer.weight.astype(dtype, copy=False)
            written.append(_sized(write if before is None else before @ write))
    return scores


def _sized(write: Array) -> tuple[Array, Array]:
    return write, frobenius_norms(write)
