"""The graph of virtual weights: every path of the network, and a proof that the graph adds them up rightly.

A network is a list of components that read the residual stream, write to it, or both. `path_graph` makes of it a plain
networkx DiGraph: a node for each reader and writer, an edge s -> t wherever t comes after s, carrying the virtual
weight W_t V_s. An attention head reads three times; its nodes L1H1.Q and L1H1.K end there, since queries and keys shape
the attention pattern, and L1H1.V goes on, since values are what the head writes. With patterns, activations and norm
scales frozen the network is linear, and the graph has all of it: with N the matrix of the edges, the sums over paths
are the entries of E = (I - N)^-1, and the edges come back as N = I - E^-1 (virtual weights and path expansion: Elhage
et al. 2021, "A Mathematical Framework for Transformer Circuits"; for every depth VW-L3b and VW-L5f of the book).

Over several positions a letter stands for what acts on all of them: W_V for A (x) W_V with the frozen pattern A.

>>> graph = path_graph(transformer(layers=2, heads=1, mlp=False))
>>> print(*graph.nodes)
embed L1H1.Q L1H1.K L1H1.V L2H1.Q L2H1.K L2H1.V unembed
>>> edge = graph.edges["L1H1.V", "L2H1.K"]
>>> edge["kind"], edge["expression"], edge["shape"]
('K', W_K_2_1*W_O_1_1, 'd_head x d_head')
>>> path_sum(graph, "embed", "L2H1.Q")
W_Q_2_1*W_E + W_Q_2_1*W_O_1_1*(W_V_1_1*W_E)
>>> paths_by_length(graph, "embed", "unembed")
{1: 1, 2: 2, 3: 1}

The kernel checks that the sums are right, and the claim can be exported as a certificate like any other:

>>> from formal.claims import check
>>> check(path_sum_claim(graph)).verdict, check(resolvent_claim(graph)).verdict
('proved', 'proved')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

import networkx as nx

from .claims import Claim
from .kernel import rules
from .kernel.rules import Theorem
from .kernel.terms import Nat, Term, identity, number, scale
from .provers.proof import Proof, Script
from .statement import And, Eq, Expression, Identity, Prop, ZeroMatrix, dims, matrix
from .statement.language import from_nat

Graph: TypeAlias = "nx.DiGraph[str]"
Pair: TypeAlias = tuple[str, str]  # source, target
Part: TypeAlias = "tuple[Theorem, Expression | Term | None, Expression | None]"  # h = 0, its left and right factor

MOST_PATHS = 10_000  # that are written out one by one


class PathError(ValueError):
    """A network that cannot be built, or a question that its graph does not answer."""


# ---------------------------------------------------------------- networks
@dataclass(frozen=True)
class Component:
    """What stands at one place of the network: it reads the stream (kind -> r x d), writes to it (d x w), or both.

    Components of one stage do not see each other's writes. What is read under the kind "V" or "in", or under the only
    kind that there is, is what the write depends on. `carry` is what the stream itself goes through at this stage
    (d x d), as by a norm that stands between the layers and whose scale is frozen: writes of the same stage do not.
    """

    name: str
    stage: int
    reads: Mapping[str, Expression] = field(default_factory=dict)
    writes: Expression | None = None
    kind: str = ""
    carry: Expression | None = None


def transformer(
    layers: int, heads: int | Sequence[int], *, mlp: bool = True, parallel: bool = False, gated: bool = False
) -> list[Component]:
    """The components of a transformer: embedding, heads and MLPs layer by layer, unembedding.

    heads: how many in every layer, or a number for each layer. parallel: the MLP of a layer reads what its heads
    read, so that it does not see their writes; otherwise it comes after them. gated: MLPs read twice, the gate, which
    ends there as queries and keys do, and what it lets through. Vectors are columns: W_Q, W_K, W_V are
    d_head x d_model, W_O is d_model x d_head, W_in d_mlp x d_model, W_out d_model x d_mlp, W_E d_model x d_vocab and
    W_U d_vocab x d_model. Raises PathError for negative numbers, or for heads that do not fit the layers.

    >>> [c.name for c in transformer(1, 2)]
    ['embed', 'L1H1', 'L1H2', 'L1MLP', 'unembed']
    """
    counts = [heads] * layers if isinstance(heads, int) else list(heads)
    if layers < 0 or len(counts) != layers or any(h < 0 for h in counts):
        raise PathError(f"{layers} layers with heads {heads}: give one number of heads, 0 or more, for each layer")
    d, d_head, d_mlp, d_vocab = dims("d_model d_head d_mlp d_vocab")
    found = [Component("embed", 0, {}, matrix("W_E", d, d_vocab), "embedding")]
    stage = 1
    for l, count in enumerate(counts, 1):
        for h in range(1, count + 1):
            reads = {kind: matrix(f"W_{kind}_{l}_{h}", d_head, d) for kind in "QKV"}
            found.append(Component(f"L{l}H{h}", stage, reads, matrix(f"W_O_{l}_{h}", d, d_head), "head"))
        if mlp:
            stage += not parallel
            write = matrix(f"W_out_{l}", d, d_mlp)
            read_by = {kind: matrix(f"W_{kind}_{l}", d_mlp, d) for kind in (["gate"] if gated else []) + ["in"]}
            found.append(Component(f"L{l}MLP", stage, read_by, write, "mlp"))
        stage += 1
    return [*found, Component("unembed", stage, {"logits": matrix("W_U", d_vocab, d)}, None, "unembedding")]


def path_graph(components: Iterable[Component]) -> Graph:
    """The DiGraph of virtual weights: the nodes, and an edge wherever a reader may read what a writer wrote.

    Nodes carry `stage`, `component`, `kind` (embedding, query, key, value, gate, mlp, unembedding), `reads` (its kind),
    `read` and `write`; edges carry `kind` (how the target reads: Q, K, V, gate, in, logits), `expression` (the virtual
    weight), `rows`, `cols` and `shape`. Edges may be removed: the claims below then suppose that the virtual weight is
    zero there.

    Raises PathError for two components of one name, StatementError for reads and writes that do not fit the stream.
    """
    graph = node_graph(components)
    for pair in _pairs(graph):
        add_edge(graph, *pair)
    return graph


def node_graph(components: Iterable[Component]) -> Graph:
    """The nodes alone, in the order of the stages, so that their order is topological; edges come by `add_edge`.

    What the stream goes through at a stage is in graph.graph["carries"]. Raises as `path_graph` does.
    """
    graph: Graph = nx.DiGraph(carries={})
    for c in sorted(components, key=lambda c: c.stage):
        for name, data in _nodes(c):
            if name in graph:
                raise PathError(f"two components are called {c.name}")
            graph.add_node(name, stage=c.stage, component=c.name, **data)
        if c.carry is not None:
            if c.stage in graph.graph["carries"]:
                raise PathError(f"{c.name} changes the stream at a stage where something else does")
            graph.graph["carries"][c.stage] = c.carry
    return graph


def add_edge(graph: Graph, source: str, target: str, **more: Any) -> None:
    """The edge between two nodes, with what `path_graph` says that edges carry, and more."""
    expression = _virtual(graph, source, target)
    rows, cols, shape = _shape(expression.n_rows, expression.n_cols)
    kind = graph.nodes[target]["reads"]
    graph.add_edge(source, target, kind=kind, expression=expression, rows=rows, cols=cols, shape=shape, **more)


@cache
def _shape(n_rows: Nat, n_cols: Nat) -> tuple[Any, Any, str]:
    """The numbers of rows and columns, and both as text: there are few, and edges by the hundred thousand."""
    rows, cols = from_nat(n_rows), from_nat(n_cols)
    return rows, cols, f"{rows} x {cols}"


def _nodes(c: Component) -> Iterator[tuple[str, dict[str, Any]]]:
    kinds = {"Q": "query", "K": "key", "V": "value", "in": c.kind}
    if not c.reads and c.writes is not None:
        yield c.name, {"kind": c.kind, "reads": "", "read": None, "write": c.writes}
    for kind, read in c.reads.items():
        single = len(c.reads) == 1
        carries = c.writes if single or kind in ("V", "in") else None
        name = c.name if single else f"{c.name}.{kind}"
        yield name, {"kind": c.kind if single else kinds.get(kind, kind), "reads": kind, "read": read, "write": carries}


def _pairs(graph: Graph) -> Iterator[Pair]:
    """All (s, t) such that t may read what s wrote, whether there is an edge or not."""
    for t, reader in graph.nodes.items():
        if reader["read"] is not None:
            for s, writer in graph.nodes.items():
                if writer["write"] is not None and writer["stage"] < reader["stage"]:
                    yield s, t


# ---------------------------------------------------------------- paths
def path_weight(graph: Graph, path: Sequence[str]) -> Expression:
    """The product of the virtual weights along a path, the latest on the left.

    Raises PathError where two neighbours have no edge, or for a path of one node.
    """
    if len(path) < 2:
        raise PathError(f"a path has two nodes or more, not {list(path)}")
    for s, t in pairwise(path):
        if not graph.has_edge(s, t):
            raise PathError(f"there is no edge from {s} to {t}")
    weight: Expression = graph.edges[path[0], path[1]]["expression"]
    for s, t in pairwise(path[1:]):
        weight = graph.edges[s, t]["expression"] * weight
    return weight


def paths_by_length(graph: Graph, source: str, target: str) -> dict[int, int]:
    """How many paths have how many edges, for those lengths that occur; no path is walked.

    >>> paths_by_length(path_graph(transformer(12, 12)), "embed", "unembed")[3]
    11298
    """
    _need_nodes(graph, source, target)
    counts: dict[str, dict[int, int]] = {source: {0: 1}}
    for t in nx.topological_sort(graph):
        if t == source:
            continue
        found: dict[int, int] = {}
        for s in graph.predecessors(t):
            for length, n in counts.get(s, {}).items():
                found[length + 1] = found.get(length + 1, 0) + n
        counts[t] = found
    return dict(sorted(counts[target].items()))


def path_sum(graph: Graph, source: str, target: str) -> Expression:
    """The total effect of source on target, every path written out: the shortest first; on itself the identity.

    Raises PathError for more than 10,000 paths; `path_sum_claim` adds up any number of them.
    """
    count = sum(paths_by_length(graph, source, target).values())
    if count > MOST_PATHS:
        raise PathError(
            f"{count:,} paths lead from {source} to {target}, at most {MOST_PATHS:,} are written out; "
            "path_sum_claim proves their sum without listing them"
        )
    if source == target and graph.nodes[source]["write"] is not None:
        return Identity(from_nat(graph.nodes[source]["write"].n_cols))
    if not count:
        if graph.nodes[target]["read"] is None or graph.nodes[source]["write"] is None:
            raise PathError(f"{source} does not write, or {target} does not read: there is no effect to speak of")
        return _total([], _virtual(graph, source, target))
    weights = [path_weight(graph, path) for path in sorted(nx.all_simple_paths(graph, source, target), key=len)]
    return _total(weights, weights[0])


def _need_nodes(graph: Graph, *names: str) -> None:
    for name in names:
        if name not in graph:
            raise PathError(f"there is no node {name}; the nodes are {', '.join(graph.nodes)}")


# ---------------------------------------------------------------- the graph is a theorem
def stream_product(graph: Graph, source: str, target: str) -> Expression:
    """W_t (I + T_k) .. (I + T_j) V_s: what reaches target from source through the layers between, not expanded.

    T_k adds up the writes of stage k; where the stream goes through a norm, that stands in the place of I.

    Raises PathError where source is not before target.

    >>> graph = path_graph(transformer(1, 2, mlp=False))
    >>> stream_product(graph, "embed", "unembed")
    W_U*(I + W_O_1_1*W_V_1_1 + W_O_1_2*W_V_1_2)*W_E
    """
    _need_nodes(graph, source, target)
    if (source, target) not in set(_pairs(graph)):
        raise PathError(f"{target} does not read what {source} writes")
    product: Expression = graph.nodes[target]["read"]
    between = range(graph.nodes[source]["stage"] + 1, graph.nodes[target]["stage"])
    for stage in reversed(between):
        layers = [graph.nodes[j]["write"] * graph.nodes[j]["read"] for j in _writers(graph, stage)]
        carry = graph.graph["carries"].get(stage)
        if layers:
            around = Identity(from_nat(layers[0].n_rows)) if carry is None else carry
            product = product * (around + _total(layers, layers[0]))
        elif carry is not None:
            product = product * carry
    product = product * graph.nodes[source]["write"]
    return product


def _writers(graph: Graph, stage: int) -> list[str]:
    """The nodes of a stage that read and write."""
    here = (name for name, n in graph.nodes.items() if n["stage"] == stage)
    return [name for name in here if graph.nodes[name]["read"] is not None and graph.nodes[name]["write"] is not None]


def expansion_claim(graph: Graph, source: str, target: str) -> Claim:
    """The claim that the paths, written out, add up to the product of the layers.

    >>> from formal.claims import check
    >>> check(expansion_claim(path_graph(transformer(3, 2)), "embed", "unembed")).verdict
    'proved'
    """
    show = Eq(stream_product(graph, source, target), path_sum(graph, source, target))
    return Claim(
        f"paths {source} {target}",
        f"The sum over all paths from {source} to {target}",
        given=tuple(Eq(_virtual(graph, s, t), 0) for s, t in _missing(graph)),
        show=show,
        proof=Proof.ideal,
    )


def _virtual(graph: Graph, s: str, t: str) -> Expression:
    """W_t V_s, with what the stream goes through in between."""
    weight: Expression = graph.nodes[t]["read"]
    carries, between = graph.graph["carries"], (graph.nodes[s]["stage"], graph.nodes[t]["stage"])
    for stage in sorted(carries, reverse=True):
        if between[0] < stage < between[1]:
            weight = weight * carries[stage]
    weight = weight * graph.nodes[s]["write"]
    return weight


def _missing(graph: Graph) -> list[Pair]:
    """The pairs without an edge: there the virtual weight is supposed to be zero."""
    return [pair for pair in _pairs(graph) if not graph.has_edge(*pair)]


class _Effects:
    """Letters for the effects of every writer on every later reader, with the equations that define them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.pairs = sorted(_pairs(graph), key=lambda p: (graph.nodes[p[1]]["stage"], -graph.nodes[p[0]]["stage"]))
        self.effect = {pair: self.letter("E", pair) for pair in self.pairs}
        self.given: list[tuple[Any, Prop]] = [(pair, Eq(self.virtual(pair), 0)) for pair in _missing(graph)]
        self.given += [(("E", p), Eq(e, self.by_last_edge(p))) for p, e in self.effect.items()]

    def virtual(self, pair: Pair) -> Expression:
        return _virtual(self.graph, *pair)

    def letter(self, prefix: str, pair: Pair) -> Expression:
        """A letter of the shape of the virtual weight, named prefix_target_source."""
        weight = self.virtual(pair)
        s, t = (name.replace(".", "_") for name in pair)
        return matrix(f"{prefix}_{t}_{s}", from_nat(weight.n_rows), from_nat(weight.n_cols))

    def between(self, pair: Pair) -> list[str]:
        """The nodes after the source and before the target, the earliest first."""
        s, t = pair
        return [j for j in self.graph.nodes if (s, j) in self.effect and (j, t) in self.effect]

    def by_last_edge(self, pair: Pair) -> Expression:
        """The sum over paths from their last edge: N_ts + sum_j N_tj E_js."""
        s, t = pair
        parts = [self.virtual(pair)] if self.graph.has_edge(s, t) else []
        parts += [self.virtual((j, t)) * self.effect[s, j] for j in self.between(pair) if self.graph.has_edge(j, t)]
        return _total(parts, self.virtual(pair))

    def claim(self, name: str, title: str, show: Sequence[Prop], script: Script) -> Claim:
        return Claim(name, title, tuple(q for _, q in self.given), And(*show), proof=script)

    def facts(self, p: Proof) -> dict[Any, Theorem]:
        """The hypotheses by what they are about: a pair without an edge, or the letter that they define."""
        return {key: rules.assume(p.prop(q)) for key, q in self.given}


def path_sum_claim(graph: Graph) -> Claim:
    """The claim that path sums, added up edge by edge, are what the layers do: W_t (I + T) .. (I + T) V_s.

    Letters E.. are the sums over paths by their last edge: E_ts = N_ts + sum_j N_tj E_js. Letters X.. are the stream
    after each stage: X = V_s at the start, X + sum_j V_j W_j X after a stage, with G X for X where the stream goes
    through G. Shown is E_ts = W_t X for all sources and targets. The proof is polynomial in the size of the network,
    though the number of paths is not.

    Raises PathError for a graph in which nothing is read after it was written.
    """
    effects = _Effects(graph)
    _need_pairs(effects)
    stream: dict[tuple[str, int], Expression] = {}  # what a source has made of the stream, after a stage
    nodes, given, carries = graph.nodes, effects.given, graph.graph["carries"]
    last = max(n["stage"] for n in nodes.values())
    for s, start in nodes.items():
        if start["write"] is None:
            continue
        stream[s, start["stage"]] = start["write"]
        for k in range(start["stage"] + 1, last):
            before, size = stream[s, k - 1], start["write"]
            name = f"X_{k}_{s.replace('.', '_')}"
            stream[s, k] = matrix(name, from_nat(size.n_rows), from_nat(size.n_cols))
            writes = [nodes[j]["write"] * (nodes[j]["read"] * before) for j in _writers(graph, k)]
            carried = before if k not in carries else carries[k] * before
            given.append((("X", s, k), Eq(stream[s, k], _total([carried, *writes], before))))

    def goal(pair: Pair) -> Prop:
        s, t = pair
        return Eq(effects.effect[pair], nodes[t]["read"] * stream[s, nodes[t]["stage"] - 1])

    def script(p: Proof) -> Theorem:
        facts = effects.facts(p)
        shown: dict[Pair, Theorem] = {}
        for s, start in nodes.items():
            if start["write"] is None:
                continue
            # X after stage k is V_s + sum_j V_j E_js over the writers j up to k; then a reader sees W_t of that.
            known: Theorem | None = None
            total = start["write"]
            for k in range(start["stage"] + 1, last + 1):
                for t in (t for t in nodes if nodes[t]["stage"] == k and (s, t) in effects.effect):
                    pair, read = (s, t), nodes[t]["read"]
                    parts: list[Part] = [(facts["E", pair], None, None)]
                    if known is not None:
                        parts.append((known, _minus(known, read), None))
                    if pair in facts:
                        parts.append((facts[pair], _minus(facts[pair]), None))
                    for j in effects.between(pair):
                        if (j, t) in facts:
                            parts.append((facts[j, t], _minus(facts[j, t]), effects.effect[s, j]))
                    shown[pair] = p.combine(goal(pair), *parts)
                if k < last:
                    parts = [(facts["X", s, k], None, None)]
                    if known is not None:
                        parts.append((known, carries.get(k), None))
                    if k in carries:
                        total = carries[k] * total
                    for j in _writers(graph, k):
                        write = nodes[j]["write"]
                        total = total + write * effects.effect[s, j]
                        parts.append((shown[s, j], _minus(shown[s, j], write), None))
                    known = p.combine(Eq(stream[s, k], total), *parts)
        return rules.conjoin([shown[pair] for pair in effects.pairs]) if len(shown) > 1 else shown[effects.pairs[0]]

    title = "Sums over the paths of the graph are what the layers do"
    return effects.claim("path-sums", title, [goal(pair) for pair in effects.pairs], script)


def resolvent_claim(graph: Graph) -> Claim:
    """The claim that path sums are the entries of (I - N)^-1, from both sides, and that N = I - E^-1 gives the edges.

    Block by block, for source s and target t: E_ts = N_ts + sum_j N_tj E_js says that (I - N) E = I. Shown is that
    E (I - N) = I, and, with F the inverse of E by the equations of F E = I, that N_ts = -F_ts. Where the graph has no
    edge the virtual weight is supposed to be zero.

    Raises PathError for a graph in which nothing is read after it was written.
    """
    effects = _Effects(graph)
    _need_pairs(effects)
    inverse = {pair: effects.letter("F", pair) for pair in effects.pairs}
    for pair in effects.pairs:
        s, t = pair
        rest = [-inverse[j, t] * effects.effect[s, j] for j in effects.between(pair)]
        effects.given.append((("F", pair), Eq(inverse[pair], _total([-effects.effect[pair], *rest], inverse[pair]))))

    def right(pair: Pair) -> Prop:
        s, t = pair
        parts = [effects.virtual(pair)] if graph.has_edge(s, t) else []
        parts += [effects.effect[j, t] * effects.virtual((s, j)) for j in effects.between(pair) if graph.has_edge(s, j)]
        return Eq(effects.effect[pair], _total(parts, effects.virtual(pair)))

    def recovered(pair: Pair) -> Prop:
        return Eq(effects.virtual(pair), -inverse[pair])

    def script(p: Proof) -> Theorem:
        facts = effects.facts(p)
        rights: dict[Pair, Theorem] = {}
        edges: dict[Pair, Theorem] = {}
        for pair in effects.pairs:  # by target, the nearest source first
            s, t = pair
            between = effects.between(pair)
            # E_ts - N_ts - sum_k E_tk N_ks, where E_js = N_js + sum_k E_jk N_ks is known for the nearer targets j.
            parts: list[Part] = [(facts["E", pair], None, None)]
            for j in between:
                if graph.has_edge(j, t):
                    parts.append((rights[s, j], effects.virtual((j, t)), None))
                if graph.has_edge(s, j):
                    parts.append((facts["E", (j, t)], _minus(facts["E", (j, t)]), effects.virtual((s, j))))
            rights[pair] = p.combine(right(pair), *parts)
            # N_ts + F_ts, where N_tj + F_tj = 0 is known for the nearer sources j.
            parts = [(facts["F", pair], None, None), (facts["E", pair], _minus(facts["E", pair]), None)]
            if pair in facts:
                parts.append((facts[pair], None, None))
            for j in between:
                parts.append((edges[j, t], _minus(edges[j, t]), effects.effect[s, j]))
                if (j, t) in facts:
                    parts.append((facts[j, t], None, effects.effect[s, j]))
            edges[pair] = p.combine(recovered(pair), *parts)
        return rules.conjoin([*(rights[q] for q in effects.pairs), *(edges[q] for q in effects.pairs)])

    title = "Sums over paths are the entries of (I - N)^-1, and N = I - E^-1 recovers the edges"
    show = [*map(right, effects.pairs), *map(recovered, effects.pairs)]
    return effects.claim("resolvent", title, show, script)


def _need_pairs(effects: _Effects) -> None:
    if not effects.pairs:
        raise PathError("nothing in this network reads what was written before: there are no paths")


def _total(parts: Sequence[Expression], like: Expression) -> Expression:
    """The sum; of nothing, the zero of this shape."""
    if not parts:
        return ZeroMatrix(from_nat(like.n_rows), from_nat(like.n_cols))
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _minus(th: Theorem, left: Expression | None = None) -> Expression | Term:
    """The left factor of an equation that is subtracted."""
    h: Term = th.conclusion[1]
    return scale(number(-1), identity(h.rows)) if left is None else -left
