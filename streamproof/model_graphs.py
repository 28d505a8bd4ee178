"""The graph of virtual weights of a checkpoint on the command line: its strongest edges and paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formal.paths import Graph
from numeric.checkpoints import load
from numeric.errors import ModelError
from numeric.paths.path_parts import last_node
from numeric.paths.path_values import path_values
from numeric.paths.strongest_paths import strongest_paths

from .errors import Refusal
from .graphs import kinds_text, paths_text, sums_checked
from .progress import live
from .tables import plain_table

if TYPE_CHECKING:
    from numeric.transformer import Model

SHOWN = 3  # edges of each kind


def evaluated(source: str, *, mlp: bool, min_norm: float) -> tuple[str, Model, Graph]:
    """The checkpoint's name, its model, and its graph. Raises Refusal for what is no model, and no least norm."""
    try:
        if not 0 <= min_norm < float("inf"):
            raise ModelError(f"--min-norm is {min_norm}, it must be a number that is not negative")
        with live() as say:
            say(f"loading {source}")
            checkpoint = load(source, dtype="float32")
            graph = path_values(checkpoint.model, mlp=mlp, min_norm=min_norm, progress=say)
    except ModelError as e:
        raise Refusal(str(e)) from None
    return checkpoint.name, checkpoint.model, graph


def model_report(name: str, model: Model, graph: Graph, paths: int, wanted: bool | None) -> tuple[list[str], bool]:
    """What there is to say of the graph, and whether all that was checked holds."""
    exact = sum("rank" in e for *_, e in graph.edges(data=True))
    left_out = graph.graph["pairs"] - graph.number_of_edges()
    lines = [
        f"{name}: {len(graph)} nodes, {kinds_text(graph)}",
        f"{left_out} virtual weights of smaller norm were left out" if left_out else "",
        f"{exact} of {graph.number_of_edges()} ranks are exact, the others are enclosed",
        *paths_text(graph, last_node(model)),
        "",
        f"The {SHOWN} largest composition scores of each kind:",
        _strongest_edges(graph),
    ]
    if paths:
        lines += ["", *_strongest_paths(model, graph, paths)]
    checked, fine = sums_checked(graph, wanted)
    return [line for i, line in enumerate(lines) if line or i > 1] + ["", *checked], fine


def _strongest_edges(graph: Graph) -> str:
    by_kind: dict[str, list[tuple[float, str, str]]] = {}
    for s, t, e in graph.edges(data=True):
        by_kind.setdefault(e["kind"], []).append((e["composition"], s, t))
    rows = []
    for kind in sorted(by_kind):
        for score, s, t in sorted(by_kind[kind], reverse=True)[:SHOWN]:
            e = graph.edges[s, t]
            rank = str(e.get("rank", f"{e['rank_low']}..{e['rank_high']}"))
            rows.append([kind, s, t, f"{score:.4f}", f"{e['frobenius']:.4g}", f"{e['spectral']:.4g}", rank])
    head = ["kind", "from", "to", "score", "Frobenius", "spectral", "rank"]
    return plain_table(head, rows, right=["score", "Frobenius", "spectral", "rank"])


def _strongest_paths(model: Model, graph: Graph, n: int) -> list[str]:
    """A table of paths by their bounds."""
    found = strongest_paths(graph, model, "embed", last_node(model), n)
    rows = [[f"{p.bound:.4g}", f"{p.norm:.4g}", _shortened(p.nodes)] for p in found]
    title = f"The {len(found)} paths of the largest bounds, which are the products of their spectral norms:"
    return [title, plain_table(["bound", "norm", "path"], rows, right=["bound", "norm"])]


def _shortened(nodes: tuple[str, ...]) -> str:
    """A path, with what a long one has in its middle left out."""
    if len(nodes) <= 12:
        return " > ".join(nodes)
    return " > ".join([*nodes[:5], f".. {len(nodes) - 10} more ..", *nodes[-5:]])
