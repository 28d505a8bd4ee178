"""The graph of virtual weights: its shape, its counts, and that its path sums are proved and not merely printed."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from math import comb

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formal.certificate import certificate, to_text
from formal.checker import check_text
from formal.claims import check
from formal.paths import (
    Component,
    PathError,
    expansion_claim,
    path_graph,
    path_sum,
    path_sum_claim,
    path_weight,
    paths_by_length,
    resolvent_claim,
    stream_product,
    transformer,
)
from formal.statement import Eq, StatementError, dims, matrix
from formal.statement.evaluate import evaluate, instance

SIZES = {"d_model": 3, "d_head": 1, "d_mlp": 2, "d_vocab": 2}


def letters_of(graph):
    """The expressions of all reads and writes, by name."""
    found = [n[k] for n in graph.nodes.values() for k in ("read", "write") if n[k] is not None]
    return {str(e): e for e in found}


def numbers_for(graph, draw):
    """Small integers for every weight of the network."""
    values = {}
    for name, e in letters_of(graph).items():
        rows, cols = (SIZES[str(s)] for s in e.shape)
        values[name] = [[draw() for _ in range(cols)] for _ in range(rows)]
    return instance({**SIZES, **values})


# ---------------------------------------------------------------- the graph as networkx sees it
@pytest.mark.parametrize("parallel", [False, True])
def test_nodes_are_in_topological_order(parallel):
    """Algorithms that walk the nodes in order meet every writer before its readers."""
    graph = path_graph(transformer(3, 2, parallel=parallel))
    assert nx.is_directed_acyclic_graph(graph)
    place = {name: i for i, name in enumerate(graph)}
    assert all(place[s] < place[t] for s, t in graph.edges)


def test_a_parallel_mlp_does_not_see_the_heads_of_its_layer():
    sequential, parallel = (path_graph(transformer(1, 1, parallel=p)) for p in (False, True))
    assert sequential.has_edge("L1H1.V", "L1MLP")
    assert not parallel.has_edge("L1H1.V", "L1MLP")


@pytest.mark.parametrize("heads", [0, 1, 2, 3])
@pytest.mark.parametrize("layers", [0, 1, 2, 5, 8])
def test_paths_by_length_are_the_coefficients_of_the_closed_form(layers, heads):
    """((1 + heads x)(1 + x))^layers: each layer is passed by, or by one head, and so is its MLP."""
    graph = path_graph(transformer(layers, heads))
    closed = {
        r + 1: sum(comb(layers, j) * heads**j * comb(layers, r - j) for j in range(r + 1))
        for r in range(2 * layers + 1)
    }
    assert paths_by_length(graph, "embed", "unembed") == {k: n for k, n in closed.items() if n}
    if layers <= 2:
        walked = [len(p) - 1 for p in nx.all_simple_paths(graph, "embed", "unembed")]
        assert {k: walked.count(k) for k in set(walked)} == {k: n for k, n in closed.items() if n}


def test_dominators_are_the_embedding_until_direct_paths_are_cut():
    """Every component hears the embedding directly; when only the MLP of layer 1 does, it dominates all later ones."""
    graph = path_graph(transformer(2, 1))
    idoms = nx.immediate_dominators(graph, "embed")
    assert all(idoms[n] == "embed" for n in graph if n != "embed")
    graph.remove_edges_from([("embed", t) for t in list(graph.successors("embed")) if t != "L1MLP"])
    idoms = nx.immediate_dominators(graph, "embed")
    assert idoms["L2H1.Q"] == idoms["unembed"] == "L1MLP"


def test_an_edge_is_a_virtual_weight_with_its_kind_and_shape():
    edge = path_graph(transformer(2, 2)).edges["L1MLP", "L2H2.K"]
    assert (edge["kind"], str(edge["expression"]), edge["shape"]) == ("K", "W_K_2_2*W_out_1", "d_head x d_mlp")
    assert (str(edge["rows"]), str(edge["cols"])) == ("d_head", "d_mlp")


def with_norms(layers, heads):
    """A network with gated MLPs, where the stream goes through a norm after every stage, and once at a stage."""
    spread = [dataclasses.replace(c, stage=2 * c.stage) for c in transformer(layers, heads, gated=True)]
    d = dims("d_model")
    norms = [Component(f"LN{k}", 2 * k + 1, carry=matrix(f"G_{k}", d, d)) for k in range(1, 2 * layers + 1)]
    return [*spread, *norms, Component("LN0", 4, carry=matrix("G_0", d, d))]


def test_a_norm_on_the_stream_stands_in_every_virtual_weight_across_it():
    """Where the source writes and where the target reads, the stream is not yet, or no more, what they are about."""
    graph = path_graph(with_norms(2, 1))
    assert str(graph.edges["L1H1.V", "L2H1.K"]["expression"]) == "W_K_2_1*G_2*G_0*G_1*W_O_1_1"
    assert str(graph.edges["L1MLP.in", "L2MLP.gate"]["expression"]) == "W_gate_2*G_3*G_2*W_out_1"
    assert graph.out_degree("L1MLP.gate") == 0


def test_path_sums_are_proved_with_norms_on_the_stream():
    """As in a post-norm model with frozen scales: with all edges, and with one cut."""
    graph = path_graph(with_norms(2, 2))
    for _ in range(2):
        for claim in (path_sum_claim(graph), resolvent_claim(graph), expansion_claim(graph, "embed", "unembed")):
            assert check(claim).verdict == "proved"
        graph.remove_edges_from([("L1H1.V", "L2H1.V")])


def test_two_norms_at_one_stage_are_refused():
    d = dims("d_model")
    with pytest.raises(PathError, match="LN2 changes the stream at a stage"):
        path_graph([Component(f"LN{k}", 1, carry=matrix(f"G_{k}", d, d)) for k in (1, 2)])


def test_queries_and_keys_end_at_the_pattern():
    """With patterns frozen only values are passed on."""
    graph = path_graph(transformer(3, 2))
    assert all(graph.out_degree(n) == 0 for n, kind in graph.nodes(data="kind") if kind in ("query", "key"))


# ---------------------------------------------------------------- the kernel says that the sums are right
@pytest.mark.parametrize(
    ("layers", "heads", "mlp"), [(0, 0, False), (1, 0, True), (1, 3, False), (3, 2, True), (2, 3, True)]
)
def test_written_out_paths_are_the_product_of_the_layers(layers, heads, mlp):
    graph = path_graph(transformer(layers, heads, mlp=mlp))
    assert check(expansion_claim(graph, "embed", "unembed")).verdict == "proved"


@pytest.mark.parametrize(
    ("layers", "heads", "mlp", "parallel"),
    [(0, 0, False, False), (1, 1, True, False), (2, 2, True, True), (8, 1, True, False), (8, 2, True, False)],
)
def test_path_sums_and_the_resolvent_are_proved_up_to_eight_layers(layers, heads, mlp, parallel):
    """1,679,616 paths for eight layers with two heads and an MLP, none of them listed."""
    graph = path_graph(transformer(layers, heads, mlp=mlp, parallel=parallel))
    for claim in (path_sum_claim(graph), resolvent_claim(graph)):
        result = check(claim)
        assert result.verdict == "proved", result.error
        assert result.axioms == ()


@pytest.mark.parametrize("claim", [path_sum_claim, resolvent_claim])
def test_the_separate_checker_agrees(claim):
    check_text(to_text(certificate(check(claim(path_graph(transformer(2, 2)))))))


def test_a_forgotten_path_is_not_proved():
    """The letters' equations are the graph's: with one term less the sums are no longer what the layers do."""
    claim = path_sum_claim(path_graph(transformer(2, 1)))
    last = claim.given[-1]
    short = Eq(last.parts[0], last.parts[1].parts[0])
    wrong = dataclasses.replace(claim, given=(*claim.given[:-1], short))
    result = check(wrong)
    assert result.verdict is None
    assert "is left of" in result.error or "proves something else" in result.error


def test_a_removed_edge_is_a_hypothesis():
    """Without an edge the theorem is one about networks in which that virtual weight vanishes."""
    graph = path_graph(transformer(2, 1))
    graph.remove_edge("L1H1.V", "L2H1.V")
    for claim in (path_sum_claim(graph), resolvent_claim(graph)):
        assert str(claim.given[0]) == "W_V_2_1*W_O_1_1 = 0"
        assert check(claim).verdict == "proved"
        assert check(dataclasses.replace(claim, given=claim.given[1:])).verdict is None


# ---------------------------------------------------------------- against numbers
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_path_sums_are_the_inverse_of_i_minus_n_on_exact_numbers(data):
    """The same sums by a way that shares nothing with the proofs: solving (I - N) E = I over the rationals."""
    heads = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=2))
    graph = path_graph(transformer(len(heads), heads, mlp=data.draw(st.booleans()), parallel=data.draw(st.booleans())))
    at = numbers_for(graph, lambda: data.draw(st.integers(-2, 2)))
    nodes = list(graph)
    width = {n: SIZES[str(graph.nodes[n]["write"].shape[1])] for n in nodes if graph.nodes[n]["write"] is not None}
    edge = {(s, t): evaluate(e, at) for s, t, e in graph.edges(data="expression")}
    for s in width:
        # Forward substitution: what a unit written by s becomes at every later reader.
        effect = {s: [[Fraction(i == j) for j in range(width[s])] for i in range(width[s])]}
        for t in nodes[nodes.index(s) + 1 :]:
            terms = [(edge[j, t], effect[j]) for j in graph.predecessors(t) if j in effect]
            if terms:
                effect[t] = sum_of(terms)
                assert [list(r) for r in evaluate(path_sum(graph, s, t), at)] == effect[t]
                assert [list(r) for r in evaluate(stream_product(graph, s, t), at)] == effect[t]


def sum_of(terms):
    rows, cols = len(terms[0][0]), len(terms[0][1][0])
    return [
        [sum(sum(n[i][k] * e[k][j] for k in range(len(e))) for n, e in terms) for j in range(cols)] for i in range(rows)
    ]


# ---------------------------------------------------------------- what is refused
def test_what_is_refused():
    d, m, n = dims("d m n")
    graph = path_graph(transformer(2, 1))
    with pytest.raises(PathError, match="give one number of heads"):
        transformer(2, [1])
    with pytest.raises(PathError, match="two components are called A"):
        path_graph([Component("A", 0, {}, matrix("A", d, m)), Component("A", 1, {"in": matrix("B", m, d)})])
    with pytest.raises(StatementError, match="inner dimensions n and d differ"):
        path_graph([Component("A", 0, {}, matrix("A", d, m)), Component("B", 1, {"in": matrix("B", m, n)})])
    with pytest.raises(PathError, match="no edge from L1H1"):
        path_weight(graph, ["embed", "L1H1.Q", "L2H1.Q"])
    with pytest.raises(PathError, match="two nodes or more"):
        path_weight(graph, ["embed"])
    with pytest.raises(PathError, match="there is no node L9"):
        paths_by_length(graph, "embed", "L9")
    with pytest.raises(PathError, match="no effect to speak of"):
        path_sum(graph, "unembed", "embed")
    with pytest.raises(PathError, match="paths lead from embed to unembed, at most"):
        path_sum(path_graph(transformer(8, 2)), "embed", "unembed")
    with pytest.raises(PathError, match="does not read what"):
        stream_product(graph, "unembed", "embed")
    with pytest.raises(PathError, match="there are no paths"):
        path_sum_claim(path_graph([Component("A", 0, {}, matrix("A", d, m))]))


def test_no_path_is_the_zero_effect():
    graph = path_graph(transformer(1, 1, mlp=False))
    graph.remove_edge("embed", "L1H1.V")
    assert str(path_sum(graph, "embed", "unembed")) == "W_U*W_E"
    graph.remove_edge("embed", "unembed")
    assert path_sum(graph, "embed", "unembed").op == "zero"
