"""`streamproof graph`: files that other programs read, and a report that says what was checked."""

from __future__ import annotations

import json

import networkx as nx
import pydot
import pytest

from formal.paths import path_graph, transformer
from streamproof.errors import Refusal
from streamproof.graphs import build, graph_text, report, suffix_of

GRAPH = path_graph(transformer(3, 2))


def same(found):
    assert set(found.nodes) == set(GRAPH.nodes)
    assert set(found.edges) == set(GRAPH.edges)
    for s, t, e in GRAPH.edges(data=True):
        assert found.edges[s, t]["kind"] == e["kind"]
        assert found.edges[s, t]["expression"] == str(e["expression"])
        assert found.edges[s, t]["shape"] == e["shape"]


def test_graphml_comes_back():
    same(nx.parse_graphml(graph_text(GRAPH, ".graphml")))


def test_json_comes_back():
    same(nx.node_link_graph(json.loads(graph_text(GRAPH, ".json")), edges="edges"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")  # how it calls its own parser
def test_dot_comes_back():
    (parsed,) = pydot.graph_from_dot_data(graph_text(GRAPH, ".dot"))
    edges = {(e.get_source().strip('"'), e.get_destination().strip('"')): e for e in parsed.get_edges()}
    assert set(edges) == set(GRAPH.edges)
    assert edges["L1MLP", "L2H1.Q"].get("expression").strip('"') == "W_Q_2_1*W_out_1"


@pytest.mark.parametrize("name", ["graph", "graph.png", "graph.json.gz", ".json"])
def test_unknown_formats_are_refused(name):
    with pytest.raises(Refusal, match="cannot tell the format"):
        suffix_of(name)


def test_too_large_a_network_is_refused_before_it_is_built():
    with pytest.raises(Refusal, match="ask for fewer layers or heads"):
        build(200, 200, mlp=True, parallel=False)


def test_the_report_says_what_was_checked():
    lines, fine = report(GRAPH, None)
    assert fine
    assert sum(line.startswith("proved: ") for line in lines) == 2
    lines, fine = report(GRAPH, False)
    assert fine
    assert lines[-1] == "The path sums were not checked."
    lines, _ = report(path_graph(transformer(12, 3)), None)
    assert lines[-1].endswith("--check does it.")
