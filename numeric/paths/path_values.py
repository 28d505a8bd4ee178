"""The graph of virtual weights evaluated on a model: every edge with its norms, its composition score and its rank.

The graph is that of `formal.paths`, with the same nodes, letters and expressions, so that its claims speak of it; what
a letter stands for is in `path_parts`. Scales of norms, which differ from token to token, are left out, and so
are biases, attention patterns and activations.

The composition score is that of Elhage et al. (2021), "A Mathematical Framework for Transformer Circuits": how far the
write of one circuit and the read of another overlap, ||W_k V_i|| / (||W_k|| ||V_i||) in Frobenius norms, where the
circuits are W_V W_O and W_Q W_K^T, whichever way a head is parametrised. MLPs and embeddings are taken as they are.
Rotary positions are not part of W_Q W_K^T: that is what queries and keys of one position see of each other.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from formal.paths import Graph, add_edge, node_graph

from ..errors import ModelError
from ..functions import Array
from ..transformer import Model
from .circuits import Circuits
from .path_parts import Reader, Through, Writer, parts
from .path_ranks import Ranks, Written
from .small_cores import all_products, frobenius_norms, read_core, spectral_norms, write_core

Progress: TypeAlias = Callable[[str], None]


def path_values(
    model: Model, *, mlp: bool = True, min_norm: float = 0.0, ranks: bool = True, progress: Progress | None = None
) -> Graph:
    """The graph of `formal.paths` with numbers on its edges; those of a Frobenius norm below min_norm are left out.

    Edges carry, beside what `formal.paths.path_graph` says, `frobenius`, `spectral` (the largest singular value),
    `composition` (between 0 and 1), and `rank_low` and `rank_high`, between which the rank certainly lies; they are
    equal in all but contrived cases, and then `rank` is there too. graph.graph["pairs"] is how many edges there are
    without min_norm. Claims about the graph suppose that edges left out are zero. progress is told what is next. As
    many threads are used as there are processors, and a BLAS with threads of its own gets in their way: it is faster
    with OPENBLAS_NUM_THREADS=1 in the environment.

    Raises ModelError for a min_norm that is negative or no number.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=9, n_ctx=4)
    >>> graph = path_values(Model(config, random_parameters(config)))
    >>> edge = graph.edges["L1H1.V", "L2H2.K"]
    >>> edge["kind"], edge["expression"], edge["rank"], 0 < edge["composition"] < 1
    ('K', W_K_2_2*W_O_1_1, 4, True)
    """
    if not 0 <= min_norm < float("inf"):
        raise ModelError(f"the least norm is {min_norm}, it must be a number that is not negative")
    found = parts(model, mlp=mlp)
    graph = node_graph(found.components)
    graph.graph["pairs"] = 0
    rank_of, circuits = Ranks() if ranks else None, Circuits(found)
    written: list[_Write] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # most of the time is spent in small products and eigenvalues
        for stage in found.stages():
            for reader in stage.readers:
                if progress is not None:
                    progress(f"what {reader.nodes[0]} and its like read")
                target = _read(reader, circuits)
                blocks = pool.map(partial(_block, target=target, min_norm=min_norm, rank_of=rank_of), written)
                for source, block in zip(written, blocks, strict=True):
                    graph.graph["pairs"] += len(source.nodes) * len(reader.nodes)
                    for (i, j), numbers in block.items():
                        add_edge(graph, source.nodes[i], reader.nodes[j], **numbers)
            if stage.carry is not None:
                written = [_carried(source, stage.carry) for source in written]
            written += [_written(writer, circuits) for writer in stage.writers]
    return graph


# ---------------------------------------------------------------- the two ends of an edge
@dataclass
class _Write:
    """A writer on its way along the stream."""

    core: Array  # [n, r, d]: the write, or one of the same norms with fewer rows
    before: Array | None  # [n, r, r]: what stands before it in a circuit
    size: Array  # [n]: the norm of the circuit
    exact: Written

    @property
    def nodes(self) -> list[str]:
        return self.exact.writer.nodes


@dataclass
class _Read:
    """A reader, and the norm before it."""

    reader: Reader
    core: Array  # [m, d, s]: what is read, or something of the same norms with fewer columns
    after: Array | None  # [nodes, s, s]: what stands behind it in a circuit
    size: Array  # [nodes]: the norm of the circuit


def _read(reader: Reader, circuits: Circuits) -> _Read:
    core, after = read_core(reader.weight), circuits.after(reader)
    core = core if reader.norm is None else reader.norm.columns(core)
    circuit = core[reader.which] if after is None else core[reader.which] @ after
    return _Read(reader, core, after, frobenius_norms(circuit))


def _written(writer: Writer, circuits: Circuits) -> _Write:
    core, before = write_core(writer.weight), circuits.before(writer)
    return _Write(core, before, _size(core, before), Written.by(writer))


def _carried(source: _Write, norm: Through) -> _Write:
    core = norm.rows(source.core)
    return _Write(core, source.before, _size(core, source.before), source.exact.carried(norm))


def _size(core: Array, before: Array | None) -> Array:
    return frobenius_norms(core if before is None else before @ core)


# ---------------------------------------------------------------- edges
def _block(
    source: _Write, target: _Read, min_norm: float, rank_of: Ranks | None
) -> dict[tuple[int, int], dict[str, float]]:
    """The numbers on the edges from the nodes i of a writer to the nodes j of a reader."""
    products = all_products(source.core, target.core)  # [S, m, r, s]
    norms = frobenius_norms(products)
    kept = norms >= min_norm
    if not kept.any():
        return {}
    spectral = np.zeros_like(norms)
    spectral[kept] = spectral_norms(products[kept])
    low, high = (None, None) if rank_of is None else rank_of.of(source.exact, target.reader, products)
    scores = _scores(products[:, target.reader.which], source, target)
    found = {}
    for i in range(len(source.nodes)):
        for j, k in enumerate(target.reader.which):
            if kept[i, k]:
                numbers = {"frobenius": float(norms[i, k]), "spectral": float(spectral[i, k])}
                numbers["composition"] = float(scores[i, j])
                if low is not None and high is not None:
                    numbers |= {"rank_low": int(low[i, k]), "rank_high": int(high[i, k])}
                    numbers |= {"rank": int(low[i, k])} if low[i, k] == high[i, k] else {}
                found[i, j] = numbers
    return found


def _scores(products: Array, source: _Write, target: _Read) -> Array:
    """The composition scores [S, nodes] from the virtual weights [S, nodes, r, s]; 0 where something is 0."""
    if source.before is not None:
        products = source.before[:, None] @ products
    if target.after is not None:
        products = products @ target.after
    sizes = source.size[:, None] * target.size
    with np.errstate(all="ignore"):
        scores: Array = np.where(sizes > 0, frobenius_norms(products) / sizes, 0.0)
    return scores
