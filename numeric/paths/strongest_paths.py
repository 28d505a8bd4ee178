"""The strongest paths of an evaluated graph, found without walking the others.

A path's bound is the product of the spectral norms of its edges, which its own spectral norm cannot exceed. How much
the rest of a path can contribute at best is known exactly for every node, going backwards; so a search that always
extends the most promising beginning meets complete paths in the order of their bounds, and none is missed (A*, after
Hart, Nilsson and Raphael 1968). The norm of the product itself is computed for the paths found: the order of these
norms may be another, and a path beyond the last one listed is no stronger than its bound.

MLPs count as if every neuron passed on what it gets: W_in and W_out with nothing in between, and gates open.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import count, pairwise

import networkx as nx
import numpy as np

from formal.paths import Graph

from ..errors import ModelError
from ..functions import Array
from ..transformer import Model
from .path_parts import Parts, Through, parts
from .small_cores import read_core, spectral_norms, write_core

_LARGEST = 709.0  # the logarithm of what double precision can hold


@dataclass(frozen=True)
class Path:
    """The nodes of a path, the product of its edges' spectral norms (at most 8e307), and the norm of their product."""

    nodes: tuple[str, ...]
    bound: float
    norm: float


def strongest_paths(graph: Graph, model: Model, source: str, target: str, n: int) -> list[Path]:
    """The n paths from source to target of the largest bounds, the largest first; fewer, if there are no more.

    graph: `path_values(model)`; edges left out are on no path. Raises ModelError for nodes that
    the graph does not have.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> from numeric.paths.path_values import path_values
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=9, n_ctx=4)
    >>> model = Model(config, random_parameters(config))
    >>> [first, *_] = strongest_paths(path_values(model, mlp=False), model, "embed", "unembed", 3)
    >>> first.nodes, first.norm <= first.bound * (1 + 1e-9)
    (('embed', 'unembed'), True)
    """
    for name in (source, target):
        if name not in graph:
            raise ModelError(f"there is no node {name}; the nodes are {', '.join(list(graph)[:8])}, ..")
    products = _Products(parts(model))
    best = _best_first(graph, source, target, n)
    return [Path(nodes, math.exp(min(bound, _LARGEST)), products.norm(nodes)) for bound, nodes in best]


def _best_first(graph: Graph, source: str, target: str, n: int) -> list[tuple[float, tuple[str, ...]]]:
    """Paths by falling bounds, as logarithms: products of hundreds of norms may be too large for a number."""
    rest = {target: 0.0}  # the largest product of norms from a node to the target
    for node in reversed(list(nx.topological_sort(graph))):
        ends = [_log(e["spectral"]) + rest[t] for t, e in graph[node].items()]
        rest.setdefault(node, max(ends, default=-math.inf))
    order = count()
    found: list[tuple[float, tuple[str, ...]]] = []
    heap: list[tuple[float, int, float, tuple[str, ...]]] = [(-rest[source], next(order), 0.0, (source,))]
    while heap and len(found) < n:
        least, _, bound, nodes = heapq.heappop(heap)
        if least == math.inf:
            break
        if nodes[-1] == target and len(nodes) > 1:
            found.append((bound, nodes))
            continue
        for t, e in graph[nodes[-1]].items():
            further = bound + _log(e["spectral"])
            heapq.heappush(heap, (-further - rest[t], next(order), further, (*nodes, t)))
    return found


def _log(norm: float) -> float:
    return math.log(norm) if norm > 0 else -math.inf


class _Products:
    """Products of virtual weights along paths, never larger than d_model x d_model."""

    def __init__(self, found: Parts) -> None:
        self.carries = found.carries
        self.readers = {name: (r, i) for r in found.readers for i, name in enumerate(r.nodes)}
        self.writers = {name: (w, i) for w in found.writers for i, name in enumerate(w.nodes)}

    def norm(self, nodes: tuple[str, ...]) -> float:
        """The spectral norm of the product along a path."""
        stream = write_core(self._write(nodes[0]))
        for s, t in pairwise(nodes):
            for norm in self._between(s, t):
                stream = norm.rows(stream)
            reader, i = self.readers[t]
            read = reader.weight[reader.which[i]]
            if t == nodes[-1]:
                read = read_core(read)
            stream = stream if reader.norm is None else reader.norm.rows(stream)
            stream = stream @ read.astype(np.float64)
            if t != nodes[-1]:
                stream = write_core(stream @ self._write(t))
        return float(spectral_norms(stream[None])[0])

    def _write(self, node: str) -> Array:
        writer, i = self.writers[node]
        weight: Array = writer.weight[i].astype(np.float64)
        return weight

    def _between(self, s: str, t: str) -> list[Through]:
        first, last = self.writers[s][0].stage, self.readers[t][0].stage
        return [norm for stage, norm in sorted(self.carries.items()) if first < stage < last]
