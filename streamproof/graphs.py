"""The graph of virtual weights on the command line: its paths in numbers, and its files."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING

import networkx as nx

from formal.claims import check
from formal.paths import Graph, path_graph, path_sum_claim, paths_by_length, resolvent_claim, transformer
from formal.statement.printing import expression_text

from .errors import Refusal

if TYPE_CHECKING:
    from formal.claims import Claim

MOST_EDGES = 200_000  # that are built
CHECKED_EDGES = 1_000  # that are checked without being asked: about two seconds
NUMBERS = ("frobenius", "spectral", "composition", "rank", "rank_low", "rank_high")  # on the edges of a model's graph
MOST_LENGTHS = 20  # of paths that are listed
SUFFIXES = (".graphml", ".dot", ".gv", ".json")


def suffix_of(path: str) -> str:
    """The file's format by the end of its name. Raises Refusal for any other than GraphML, DOT and JSON."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        raise Refusal(f"cannot tell the format of {path}: end its name in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    return suffix


def build(layers: int, heads: int, *, mlp: bool, parallel: bool) -> Graph:
    """The graph of a transformer. Raises Refusal when it would have more than 200,000 edges."""
    writers, readers = 1 + layers * (heads + mlp), 1 + layers * (3 * heads + mlp)
    if writers * readers > 2 * MOST_EDGES:
        raise Refusal(
            f"{layers} layers with {heads} heads have about {writers * readers // 2:,} virtual weights; "
            f"at most {MOST_EDGES:,} are built: ask for fewer layers or heads"
        )
    return path_graph(transformer(layers, heads, mlp=mlp, parallel=parallel))


def report(graph: Graph, wanted: bool | None) -> tuple[list[str], bool]:
    """What there is to say of the graph, and whether all that was checked holds."""
    lines, fine = sums_checked(graph, wanted)
    return [f"{len(graph)} nodes, {kinds_text(graph)}", *paths_text(graph, "unembed"), *lines], fine


def kinds_text(graph: Graph) -> str:
    """How many virtual weights there are, and how many of each kind."""
    kinds = Counter(kind for _, _, kind in graph.edges(data="kind"))
    counted = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    return f"{graph.number_of_edges()} virtual weights: {counted}"


def paths_text(graph: Graph, target: str) -> list[str]:
    """How many paths lead from embed to a target, by their lengths."""
    lengths = paths_by_length(graph, "embed", target)
    paths = sum(lengths.values())
    return [
        f"{paths:,} path{'s' if paths != 1 else ''} from embed to {target}, by the number of virtual weights on them:",
        *(f"  {length:>3}: {n:,}" for length, n in list(lengths.items())[:MOST_LENGTHS]),
        *([f"   ..: up to {max(lengths)}"] if len(lengths) > MOST_LENGTHS else []),
    ]


def sums_checked(graph: Graph, wanted: bool | None) -> tuple[list[str], bool]:
    """What the kernel says of the path sums, and whether it proves them; wanted: None, if the graph is small."""
    # What was left out of the graph of a model takes part in the claims, as what is supposed to be zero.
    size = graph.graph.get("pairs", graph.number_of_edges())
    if wanted is False or (wanted is None and size > CHECKED_EDGES):
        why = "" if wanted is False else f", there are more than {CHECKED_EDGES:,} virtual weights: --check does it"
        return [f"The path sums were not checked{why}."], True
    claims: list[Claim] = [path_sum_claim(graph), resolvent_claim(graph)]
    results = [check(c) for c in claims]
    lines = [f"{r.verdict or 'FAILED'}: {r.claim.title}{'' if r.verdict else f': {r.error}'}" for r in results]
    return lines, all(r.verdict == "proved" for r in results)


def graph_text(graph: Graph, suffix: str) -> str:
    """The graph as GraphML, DOT or node-link JSON; expressions, sizes and kinds are text, and norms numbers.

    >>> text = graph_text(path_graph(transformer(1, 1, mlp=False)), ".dot")
    >>> print(text.splitlines()[-2])
    "L1H1.V" -> unembed [kind=logits, expression="W_U*W_O_1_1", shape="d_vocab x d_head"];
    """
    plain = _plain(graph)
    if suffix == ".graphml":
        return "\n".join(nx.generate_graphml(plain)) + "\n"
    if suffix == ".json":
        return json.dumps(nx.node_link_data(plain, edges="edges"), indent=1) + "\n"
    return str(nx.nx_pydot.to_pydot(plain).to_string())


def _plain(graph: Graph) -> Graph:
    """The graph with numbers and text only."""
    plain: Graph = nx.DiGraph(name="virtual weights")
    for name, n in graph.nodes.items():
        texts = {k: expression_text(n[k]) for k in ("read", "write") if n[k] is not None}
        plain.add_node(name, stage=n["stage"], component=n["component"], kind=n["kind"], **texts)
    for s, t, e in graph.edges(data=True):
        numbers = {k: e[k] for k in NUMBERS if k in e}
        plain.add_edge(s, t, kind=e["kind"], expression=expression_text(e["expression"]), shape=e["shape"], **numbers)
    return plain
