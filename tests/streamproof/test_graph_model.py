"""`streamproof graph MODEL`: the command on checkpoints, its files, its table, and what it refuses."""

from __future__ import annotations

import json

import networkx as nx
import pydot
import pytest

from numeric.config import Config
from numeric.parameters import random_parameters
from numeric.paths.path_values import path_values
from numeric.transformer import Model
from streamproof.errors import Refusal
from streamproof.graphs import NUMBERS, graph_text
from streamproof.model_graphs import evaluated, model_report

CONFIG = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=9, n_ctx=4, positions="none")
MODEL = Model(CONFIG, random_parameters(CONFIG, scale=0.5))
GRAPH = path_values(MODEL)


def same_numbers(found, number=float):
    assert set(found.edges) == set(GRAPH.edges)
    for s, t, e in GRAPH.edges(data=True):
        for name in NUMBERS:
            assert number(found.edges[s, t][name]) == e[name]


def test_numbers_come_back_from_graphml_and_json():
    """To the last bit: other programs compute with them."""
    same_numbers(nx.parse_graphml(graph_text(GRAPH, ".graphml")))
    same_numbers(nx.node_link_graph(json.loads(graph_text(GRAPH, ".json")), edges="edges"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")  # how it calls its own parser
def test_numbers_come_back_from_dot():
    (parsed,) = pydot.graph_from_dot_data(graph_text(GRAPH, ".dot"))
    edges = {(e.get_source().strip('"'), e.get_destination().strip('"')): e for e in parsed.get_edges()}
    for s, t, e in GRAPH.edges(data=True):
        assert [float(edges[s, t].get(name)) for name in NUMBERS] == [e[name] for name in NUMBERS]


def test_the_report_names_what_is_strongest():
    lines, fine = model_report("tiny", MODEL, GRAPH, 2, None)
    text = "\n".join(lines)
    assert fine
    assert lines[0].startswith(f"tiny: {len(GRAPH)} nodes, {GRAPH.number_of_edges()} virtual weights: ")
    best = max((e["composition"], s, t) for s, t, e in GRAPH.edges(data=True) if e["kind"] == "K")
    rows = [line.split() for line in text.splitlines() if line.startswith("K ")]
    assert rows[0][1:3] == [best[1], best[2]]
    assert "The 2 paths of the largest bounds" in text
    assert text.count("proved: ") == 2
    assert "left out" not in text


def test_the_report_says_what_was_left_out():
    graph = path_values(MODEL, min_norm=4.0)
    lines, _ = model_report("tiny", MODEL, graph, 0, False)
    assert f"{GRAPH.number_of_edges() - graph.number_of_edges()} virtual weights of smaller norm were left out" in lines
    assert lines[-1] == "The path sums were not checked."
    assert "paths of the largest bounds" not in "\n".join(lines)


def test_a_graph_without_edges_is_reported_too():
    lines, fine = model_report("tiny", MODEL, path_values(MODEL, min_norm=1e9), 3, False)
    assert fine
    assert "0 of 0 ranks are exact, the others are enclosed" in lines


@pytest.mark.parametrize("norm", [-1.0, float("nan"), float("inf")])
def test_no_least_norm_is_refused_before_anything_is_loaded(norm):
    with pytest.raises(Refusal, match="--min-norm is"):
        evaluated("nothing is here", mlp=True, min_norm=norm)


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(Refusal, match="no_such_model"):
        evaluated("no_such_model", mlp=True, min_norm=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_model"], "no_such_model"),
        (["no_such_model", "--min-norm", "-1"], "--min-norm is -1"),
        (["no_such_model", "--min-norm", "nan"], "--min-norm is nan"),
        (["minilm", "--layers", "3"], "minilm says itself what its layers are"),
        ([], "say how many --layers and --heads there are, or name a model"),
        (["--layers", "1", "--heads", "1", "--paths", "3"], "about the weights of a model"),
        (["no_such_model", "-o", "graph.png"], "cannot tell the format"),
    ],
)
def test_the_command_refuses_in_one_line_and_writes_nothing(python, tmp_path, arguments, message):
    output = [] if "-o" in arguments else ["-o", "graph.json"]
    done = python("-m", "streamproof", "graph", *arguments, *output)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_minilm_is_evaluated_and_written(python, tmp_path):
    """The whole command on a real model: edges of norm 2 and more, all ranks exact."""
    pytest.importorskip("safetensors")
    try:
        evaluated("minilm", mlp=False, min_norm=1e9)
    except Refusal as e:
        pytest.skip(str(e))
    done = python("-m", "streamproof", "graph", "minilm", "--min-norm", "2", "--paths", "2", "-o", "graph.json")
    assert done.returncode == 0, done.stderr
    found = nx.node_link_graph(json.loads((tmp_path / "graph.json").read_text()), edges="edges")
    assert found.number_of_edges() > 100
    numbers = [(e["frobenius"], e["spectral"], e["composition"], e["rank"]) for *_, e in found.edges(data=True)]
    assert all(f >= 2 and s <= f * (1 + 1e-9) and 0 < c <= 1 and r > 0 for f, s, c, r in numbers)
    assert "were left out" in done.stdout
