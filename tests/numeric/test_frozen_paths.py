"""The sum over paths of a frozen run: it contains the logits, it is narrow, and it notices what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from formal.claims import check
from formal.paths import expansion_claim, path_sum_claim, paths_by_length, resolvent_claim
from numeric.config import Config
from numeric.errors import ModelError
from numeric.parameters import random_parameters
from numeric.paths.frozen_paths import frozen_graph, frozen_path_sum
from numeric.transformer import Model

SIZES = {"n_layers": 2, "d_model": 8, "n_heads": 2, "d_mlp": 12, "d_vocab": 11, "n_ctx": 6}
KINDS = {
    "gpt2": Config(**SIZES),
    "three layers": Config(**{**SIZES, "n_layers": 3}, activation="relu"),
    "llama": Config(**SIZES, n_kv_heads=1, norm="rms", gated=True, activation="silu", positions="rotary", tied=True),
    "bert": Config(
        **SIZES, residual="post", causal=False, embedding_norm=True, n_types=2, final_norm=False, unembed=False
    ),
    "post": Config(**SIZES, residual="post", activation="gelu"),
    "as-printed": Config(**SIZES, residual="pre-as-printed", norm="rms"),
}
TOKENS = [3, 1, 4, 1, 5]


def made(config):
    return Model(config, random_parameters(config, seed=2, dtype="float64", scale=0.1))


def outside(found, logits):
    return bool((found.logits - logits).excludes_zero().any())


@pytest.fixture(params=KINDS)
def model(request):
    return made(KINDS[request.param])


def test_paths_add_up_to_the_logits(model):
    """The enclosure contains what the run has computed, every logit, and is as narrow as rounding allows."""
    logits, trace = model.run(TOKENS)
    found = frozen_path_sum(model, logits, trace)
    assert not outside(found, logits)
    assert found.relative_width < 1e-10
    assert np.abs(found.logits.mid - logits).max() <= 1e-12 * np.abs(logits).max()


def test_every_path_of_the_graph_is_walked_once(model):
    logits, trace = model.run(TOKENS)
    graph = frozen_graph(model)
    target = "unembed" if model.config.unembed else "output"
    sources = [n for n in graph if graph.in_degree(n) == 0 and graph.nodes[n]["write"] is not None]
    counts = [sum(paths_by_length(graph, s, target).values()) for s in sources]
    assert frozen_path_sum(model, logits, trace).paths == sum(counts)


def test_the_graph_that_is_walked_is_the_one_that_is_proved(model):
    """The kernel says of this very graph that its paths add up to the product of the layers."""
    graph = frozen_graph(model)
    target = "unembed" if model.config.unembed else "output"
    for claim in (path_sum_claim(graph), resolvent_claim(graph), expansion_claim(graph, "embed", target)):
        assert check(claim).verdict == "proved"


@pytest.mark.slow
def test_a_missing_path_is_noticed(model):
    """Without an edge on the way to the logits, whichever it is, these lie outside."""
    logits, trace = model.run(TOKENS)
    whole = frozen_graph(model)
    target = "unembed" if model.config.unembed else "output"
    edges = [(s, t) for s, t in whole.edges if whole.nodes[t]["write"] is not None or t == target]
    assert len(edges) > 20
    for edge in edges[:: len(edges) // 16]:
        graph = whole.copy()
        graph.remove_edge(*edge)
        assert outside(frozen_path_sum(model, logits, trace, graph), logits), edge


def test_weights_of_another_run_make_the_enclosure_wide():
    """Rounding does not explain a weight that was changed after the run by one part in a thousand million."""
    model = made(KINDS["gpt2"])
    logits, trace = model.run(TOKENS)
    weight = model.parameters["blocks.1.attn.W_O"]
    weight[1, 2, 3] *= 1 + 1e-6
    found = frozen_path_sum(model, logits, trace)
    assert not outside(found, logits)
    assert found.relative_width > 1e-10
    assert found.rounding > 1e-9


def test_a_neuron_that_gets_nothing_gives_nothing():
    """0 / 0 is no ratio."""
    config = KINDS["gpt2"]
    parameters = random_parameters(config, dtype="float64")
    parameters["blocks.0.mlp.W_in"][:, 3] = 0
    parameters["blocks.0.mlp.b_in"][3] = 0
    model = Model(config, parameters)
    logits, trace = model.run(TOKENS)
    found = frozen_path_sum(model, logits, trace)
    assert not outside(found, logits)
    assert found.relative_width < 1e-10


def test_too_many_paths_are_refused_before_any_is_walked():
    model = made(Config(**{**SIZES, "n_layers": 6}))
    with pytest.raises(ModelError, match="paths lead to the logits, at most 10,000 are walked"):
        frozen_path_sum(model, *model.run(TOKENS))


def test_what_was_not_recorded_is_named():
    model = made(KINDS["gpt2"])
    with pytest.raises(ModelError, match=r"hook_scale was not recorded"):
        frozen_path_sum(model, *model.run(TOKENS, wanted=["hook_embed", "hook_pos_embed", "*.hook_pattern"]))
    flat = made(Config(**{**SIZES, "n_layers": 0}))
    with pytest.raises(ModelError, match="no paths but the direct one"):
        frozen_path_sum(flat, *flat.run(TOKENS))
