"""The graph on real weights: numbers from small cores are those of dense products, and ranks are exact."""

from __future__ import annotations

import math
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from formal.claims import check
from formal.paths import path_graph, path_sum_claim
from numeric.config import Config
from numeric.enclosures.enclosure import Enclosure
from numeric.errors import ModelError
from numeric.parameters import random_parameters
from numeric.paths.composition import composition_scores
from numeric.paths.full_rank import have_full_rank
from numeric.paths.path_parts import last_node, parts
from numeric.paths.path_values import path_values
from numeric.paths.small_cores import spectral_norms, triangle
from numeric.paths.strongest_paths import strongest_paths
from numeric.transformer import Model

SIZES = {"n_layers": 2, "d_model": 12, "n_heads": 4, "d_mlp": 20, "d_vocab": 30, "n_ctx": 5}
KINDS = {
    "pre": Config(**SIZES),
    "llama": Config(**SIZES, n_kv_heads=2, d_head=2, norm="rms", gated=True, positions="rotary", tied=True),
    "post": Config(**SIZES, residual="post", embedding_norm=True, n_types=2, final_norm=False, unembed=False),
    "as-printed": Config(**SIZES, residual="pre-as-printed"),
}


def made(config, **changes):
    """A random model whose gains are far from 1."""
    parameters = random_parameters(config, seed=1, dtype="float64", scale=0.5)
    return Model(config, {**parameters, **changes})


@pytest.fixture(params=KINDS)
def model(request):
    return made(KINDS[request.param])


def dense(model):
    """Every letter as a matrix of columns, from the parameters alone: the norms written out as d x d matrices."""
    c, p = model.config, model.parameters
    centre = np.eye(c.d_model) - (1 / c.d_model if c.norm == "layer" else 0)

    def norm(at):
        return centre @ np.diag(p[f"{at}.w"])

    letters = {"W_E": p["embed.W_E"].T}
    if c.n_types:
        letters["W_type"] = p["embed.W_type"].T
    if c.positions == "learned":
        letters["W_pos"] = p["pos_embed.W_pos"].T
    if c.embedding_norm:
        letters["LN_embed"] = norm("embed.ln").T
    for l in range(c.n_layers):
        at = f"blocks.{l}"
        first = norm(f"{at}.ln1") if c.residual != "post" else np.eye(c.d_model)
        raw = np.eye(c.d_model) if c.residual == "pre-as-printed" else first
        second = norm(f"{at}.ln2") if c.residual == "pre" else np.eye(c.d_model)
        for kind, before in (("Q", first), ("K", raw), ("V", raw)):
            for h, weight in enumerate(p[f"{at}.attn.W_{kind}"], 1):
                letters[f"W_{kind}_{l + 1}_{h}"] = (before @ weight).T
        for h, weight in enumerate(p[f"{at}.attn.W_O"], 1):
            letters[f"W_O_{l + 1}_{h}"] = weight.T
        for kind in ("gate", "in") if c.gated else ("in",):
            letters[f"W_{kind}_{l + 1}"] = (second @ p[f"{at}.mlp.W_{kind}"]).T
        letters[f"W_out_{l + 1}"] = p[f"{at}.mlp.W_out"].T
        for k in (1, 2, 3):
            if f"{at}.ln{k}.w" in p:
                letters[f"LN{k}_{l + 1}"] = norm(f"{at}.ln{k}").T
    if c.unembed:
        letters["W_U"] = (norm("ln_final") @ p["unembed.W_U"]).T if c.final_norm else p["unembed.W_U"].T
    return letters


def factors(expression, letters, d):
    """The matrices of a product of letters, the last on the left."""
    return [np.eye(d) if name == "I" else letters[name] for name in str(expression).split("*")]


def circuits(graph, letters, s, t):
    """The circuits that source and target belong to, as full matrices, and all that stands between."""
    shared = {n: str(graph.nodes[n]["read"]) for n in graph if graph.nodes[n]["read"] is not None}
    write = letters[str(graph.nodes[s]["write"])]
    read = letters[shared[t]] if shared[t] != "I" else np.eye(len(write))
    if graph.nodes[s]["kind"] == "value":
        write = write @ letters[shared[s]]
    head, _, kind = t.partition(".")
    if kind == "Q":
        read = letters[shared[f"{head}.K"]].T @ read
    elif kind == "K":
        read = letters[shared[f"{head}.Q"]].T @ read
    elif kind == "V":
        read = letters[str(graph.nodes[t]["write"])] @ read
    return write, read


def test_numbers_are_those_of_dense_products(model):
    """Expression by expression: the matrix that an edge's letters multiply out to has the norms and the rank that the
    edge carries, within the enclosure of the product."""
    graph, letters, d = path_values(model), dense(model), model.config.d_model
    assert graph.number_of_edges() == graph.graph["pairs"] == path_graph(parts(model).components).number_of_edges()
    for *_, edge in graph.edges(data=True):
        first, *rest = factors(edge["expression"], letters, d)
        product = Enclosure(first)
        for factor in rest:
            product = product @ factor
        norm = product.norm2().sqrt()
        slack = 1e-12 * float(norm.mid)  # letters are rounded here and there: the norms in them are matrices
        assert abs(edge["frobenius"] - float(norm.mid)) <= float(norm.rad) + slack
        assert edge["spectral"] == pytest.approx(np.linalg.norm(product.mid, 2), rel=1e-9)
        assert edge["rank_low"] <= np.linalg.matrix_rank(product.mid) <= edge["rank_high"]
        assert edge["rank"] == np.linalg.matrix_rank(product.mid)


def test_composition_scores_are_those_of_whole_circuits(model):
    """The definition with d x d circuits, W_O W_V and W_K^T W_Q; norms on the way belong to what is written."""
    graph, letters, d = path_values(model), dense(model), model.config.d_model
    for s, t, edge in graph.edges(data=True):
        write, read = circuits(graph, letters, s, t)
        between = factors(edge["expression"], letters, d)[1:-1]
        for factor in reversed(between):
            write = factor @ write
        score = np.linalg.norm(read @ write) / np.linalg.norm(read) / np.linalg.norm(write)
        assert edge["composition"] == pytest.approx(score, rel=1e-9)


def test_a_head_may_be_parametrised_in_many_ways():
    """W_V G and G^-1 W_O are the same circuit: composition scores and ranks stay, though the norms of edges do not."""
    config = KINDS["pre"]
    model = made(config)
    change = np.diag([2.0, 8.0, 0.5])
    v, o = (model.parameters[f"blocks.0.attn.W_{x}"] for x in "VO")
    other = made(config, **{"blocks.0.attn.W_V": v @ change, "blocks.0.attn.W_O": np.linalg.inv(change) @ o})
    edges = [path_values(m).edges["L1H1.V", "L2H1.Q"] for m in (model, other)]
    assert edges[0]["composition"] == pytest.approx(edges[1]["composition"], rel=1e-12)
    assert edges[0]["rank"] == edges[1]["rank"] == 3
    assert edges[0]["frobenius"] != pytest.approx(edges[1]["frobenius"], rel=1e-2)


def test_ranks_that_no_tolerance_finds():
    """A head that writes in directions of very different size has full rank still; one that repeats itself has not."""
    config = KINDS["pre"]
    o = made(config).parameters["blocks.0.attn.W_O"].copy()
    o[0] *= np.array([1.0, 2.0**-30, 2.0**-70])[:, None]
    o[1, 2] = o[1, 0] + o[1, 1]
    o[1] = np.round(o[1] * 256) / 256
    o[1, 2] = o[1, 0] + o[1, 1]
    o[2] = 0
    graph = path_values(made(config, **{"blocks.0.attn.W_O": o}))
    for target in ("L2H1.Q", "L2H2.V", "L1MLP", "unembed"):
        assert [graph.edges[f"L1H{h}.V", target]["rank"] for h in (1, 2, 3, 4)] == [3, 2, 0, 3]
    assert graph.edges["L1H3.V", "unembed"]["composition"] == 0


def test_a_gain_of_zero_costs_a_dimension():
    """W_out cannot be cancelled against a read that does not see all of it."""
    config = KINDS["pre"]
    graph = path_values(made(config, **{"ln_final.w": np.array([0.0] * 8 + [1.0] * 4)}))
    edge = graph.edges["L1MLP", "unembed"]
    assert edge["rank_high"] == 4
    assert edge["rank_low"] == 4


@pytest.mark.parametrize("mlp", [True, False])
def test_edges_below_the_least_norm_are_left_out(mlp):
    model = made(KINDS["llama"])
    whole = path_values(model, mlp=mlp)
    some = path_values(model, mlp=mlp, min_norm=3.0, ranks=False)
    kept = {(s, t) for s, t, norm in whole.edges(data="frobenius") if norm >= 3}
    assert 0 < len(kept) < whole.number_of_edges()
    assert set(some.edges) == kept
    assert some.graph["pairs"] == whole.number_of_edges()
    assert set(some) == set(whole)
    assert "rank" not in next(iter(some.edges(data=True)))[2]
    assert any("MLP" in name for name in whole) == mlp


# ---------------------------------------------------------------- paths
def test_the_strongest_paths_are_those_that_listing_all_finds(model):
    """None is missed: bounds and order are those of all paths, sorted."""
    graph, target = path_values(model, ranks=False), last_node(model)
    every = [list(p) for p in nx.all_simple_paths(graph, "embed", target)]
    bounds = sorted((math.prod(graph.edges[e]["spectral"] for e in pairwise(p)) for p in every), reverse=True)
    found = strongest_paths(graph, model, "embed", target, 40)
    assert len(every) > 60
    assert [p.bound for p in found] == pytest.approx(bounds[:40], rel=1e-9)
    assert len({p.nodes for p in found}) == 40
    assert len(strongest_paths(graph, model, "embed", target, 10**6)) == len(every)


def test_the_norm_of_a_path_is_that_of_the_product_of_its_letters(model):
    graph, letters, d = path_values(model, ranks=False), dense(model), model.config.d_model
    for path in strongest_paths(graph, model, "embed", last_node(model), 25):
        product = np.eye(1)
        for i, e in enumerate(pairwise(path.nodes)):
            matrices = factors(graph.edges[e]["expression"], letters, d)
            edge = np.linalg.multi_dot(matrices) if len(matrices) > 1 else matrices[0]
            product = edge @ product if i else edge
        assert path.norm == pytest.approx(np.linalg.norm(product, 2), rel=1e-9)
        assert path.norm <= path.bound * (1 + 1e-9)


def test_where_no_path_leads_none_is_found():
    model = made(KINDS["pre"])
    graph = path_values(model, min_norm=1e9)
    assert strongest_paths(graph, model, "embed", "unembed", 3) == []
    with pytest.raises(ModelError, match="there is no node L9H1"):
        strongest_paths(graph, model, "embed", "L9H1", 3)


@pytest.mark.parametrize("kind", ["Q", "K", "V"])
def test_scores_as_an_array_are_those_on_the_edges(model, kind):
    graph, scores = path_values(model, ranks=False), composition_scores(model, kind)
    for (i, h, k, g), score in np.ndenumerate(scores):
        edge = graph.edges[f"L{i + 1}H{h + 1}.V", f"L{k + 1}H{g + 1}.{kind}"] if i < k else {"composition": 0}
        assert score == pytest.approx(edge["composition"], rel=1e-9)
    assert composition_scores(model, kind, "float32") == pytest.approx(scores, rel=1e-4)
    with pytest.raises(ModelError, match="not by 'gate'"):
        composition_scores(model, "gate")


@pytest.mark.parametrize("norm", [-1.0, float("nan"), float("inf")])
def test_a_least_norm_that_is_none_is_refused(norm):
    with pytest.raises(ModelError, match="it must be a number that is not negative"):
        path_values(made(KINDS["pre"]), min_norm=norm)


def test_the_claims_speak_of_this_graph(model):
    """Its path sums are proved, with norms on the stream, and with what was left out taken as zero."""
    assert check(path_sum_claim(path_values(model))).verdict == "proved"
    assert check(path_sum_claim(path_values(model, min_norm=4.0))).verdict == "proved"


def test_full_rank_is_proved_and_never_presumed():
    """A singular matrix whose rounding hides it is not called regular, and off by its error no matrix is."""
    source = np.random.default_rng(0)
    regular = source.standard_normal((50, 6, 4))
    assert have_full_rank(regular).all()
    assert have_full_rank(regular.swapaxes(1, 2)).all()
    left, right = source.integers(-8, 8, (50, 6, 3)), source.integers(-8, 8, (50, 3, 4))
    assert not have_full_rank((left @ right).astype(float)).any()
    least = np.linalg.svd(regular, compute_uv=False)[:, -1]
    assert not have_full_rank(regular, least).any()
    assert have_full_rank(regular, least / 100).all()
    assert not have_full_rank(np.array([[[np.nan, 0.0], [0.0, 1.0]]])).any()


@pytest.mark.parametrize("decay", [1.0, 0.97, 0.5])
def test_large_cores_have_the_norms_of_small_ones(decay):
    """Lanczos' method, which serves from 256 dimensions on, against the singular values."""
    source = np.random.default_rng(0)
    matrix = source.standard_normal((260, 300)) * decay ** np.arange(260)[:, None]
    for one in (matrix, matrix.T, np.eye(300)[:270], np.zeros((260, 260))):
        assert spectral_norms(one[None])[0] == pytest.approx(np.linalg.norm(one, 2), rel=1e-12)


def test_a_triangle_of_many_rows_is_made_block_by_block():
    tall = np.random.default_rng(0).standard_normal((20000, 3))
    found = triangle(tall)
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found.T @ found, tall.T @ tall, rtol=1e-12)
