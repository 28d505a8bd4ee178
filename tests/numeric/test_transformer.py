"""The transformer: against one that is written token by token, and the properties that make it one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from numeric.config import Config
from numeric.errors import ModelError
from numeric.functions import Array
from numeric.hooks import hook_shapes
from numeric.parameters import random_parameters, same_memory, shapes
from numeric.transformer import Model

from .models import SMALL, close, model_of, models
from .naive import Naive

TEXT = [3, 1, 4, 1, 5]
RESIDUALS = ("post", "pre", "pre-as-printed")


# ---------------------------------------------------------------- the second implementation
def compare(model: Model, tokens: list[int]) -> None:
    out, trace = model.run(tokens)
    naive = Naive(model.config, model.parameters)
    close(out, naive.run(tokens))
    assert set(trace) == set(naive.seen)
    for name, by_token in naive.seen.items():
        expected = np.array([by_token[i] for i in range(len(tokens))])
        if name.endswith(("hook_attn_scores", "hook_pattern")):
            expected = expected.transpose(1, 0, 2)  # [query pos, head, key pos] there
        close(trace[name], expected)


@settings(max_examples=60, deadline=None)
@given(models())
def test_every_value_is_what_the_equations_say(case: tuple[Model, list[int]]) -> None:
    """If this fails, a recorded value or the logits of some architecture are not those of the chapter's equations."""
    compare(*case)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(models())
def test_every_value_is_what_the_equations_say_often(case: tuple[Model, list[int]]) -> None:
    """The same on many more models."""
    compare(*case)


def test_the_reference_sees_a_fault() -> None:
    """The comparison must be able to fail: a millionth more in one entry of one weight is seen."""
    model = model_of()
    weights = {name: value.copy() for name, value in model.parameters.items()}
    weights["blocks.1.attn.W_K"][1, 2, 0] *= 1 + 1e-6
    naive = Naive(model.config, weights)
    with pytest.raises(AssertionError):
        close(model(TEXT), naive.run(TEXT))


# ---------------------------------------------------------------- properties
@settings(max_examples=60, deadline=None)
@given(models())
def test_a_causal_model_does_not_look_ahead(case: tuple[Model, list[int]]) -> None:
    """What comes later changes nothing: else the model would be told what it has to predict."""
    model, tokens = case
    model = Model(replace(model.config, causal=True), model.parameters)
    whole = model(tokens)
    for n in range(1, len(tokens)):
        close(model(tokens[:n]), whole[:n])


def test_a_bidirectional_model_looks_ahead() -> None:
    """The test above must be able to fail."""
    model = model_of(causal=False)
    assert np.abs(model(TEXT)[:2] - model(TEXT[:2])).max() > 1e-3


@pytest.mark.parametrize("residual", RESIDUALS)
def test_without_positions_tokens_are_a_set(residual: str) -> None:
    """RS-L1a: a bidirectional block without positions commutes with permutations of the tokens."""
    model = model_of(residual=residual, positions="none", causal=False)
    order = [4, 2, 0, 3, 1]
    close(model([TEXT[i] for i in order]), model(TEXT)[order])


@pytest.mark.parametrize("choice", [{"positions": p} for p in ("learned", "sinusoidal", "rotary")] + [{"causal": True}])
def test_positions_and_masks_break_the_symmetry(choice: dict[str, Any]) -> None:
    """The test above must be able to fail, and every kind of position must reach the output."""
    model = model_of(**{"positions": "none", "causal": False, **choice})
    order = [4, 2, 0, 3, 1]
    assert np.abs(model([TEXT[i] for i in order]) - model(TEXT)[order]).max() > 1e-3


def test_rotary_scores_depend_on_distances_only() -> None:
    """The same token everywhere: every score is a function of the distance of query and key, and of nothing else."""
    model = model_of(positions="rotary", causal=False, n_layers=1)
    scores = model.run([7] * 6)[1]["blocks.0.attn.hook_attn_scores"]
    for distance in range(-5, 6):
        diagonal = np.diagonal(scores, distance, axis1=1, axis2=2)
        close(diagonal, np.broadcast_to(diagonal[:, :1], diagonal.shape))
    assert np.abs(scores[:, 0, 0] - scores[:, 0, 1]).max() > 1e-3


def test_texts_of_all_lengths_go_through_one_model() -> None:
    """Angles are kept from run to run, for the longest text so far: a shorter and a longer one must not notice."""
    for n in (2, 3, 5, 4, 1):
        model = model_of(positions="rotary")
        if n == 2:
            kept = model
        assert np.array_equal(kept(TEXT[:n]), model(TEXT[:n]))


def test_rotary_positions_turn_and_do_not_stretch() -> None:
    """Norms of queries and keys stay, position 0 is not turned, and values are left alone."""
    _, trace = model_of(positions="rotary").run(TEXT)
    for side in "qk":
        plain, turned = trace[f"blocks.0.attn.hook_{side}"], trace[f"blocks.0.attn.hook_rot_{side}"]
        close(np.linalg.norm(turned, axis=-1), np.linalg.norm(plain, axis=-1))
        assert (turned[0] == plain[0]).all()


@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_grouped_queries_are_heads_with_the_same_keys(positions: str) -> None:
    """Grouped-query attention is multi-head attention in which the heads of a group have equal keys and values."""
    grouped = model_of(n_kv_heads=2, positions=positions)
    weights = {
        name: np.repeat(value, 2, axis=0) if name.rpartition(".")[2] in ("W_K", "W_V", "b_K", "b_V") else value
        for name, value in grouped.parameters.items()
    }
    close(Model(replace(grouped.config, n_kv_heads=4), weights)(TEXT), grouped(TEXT))


@pytest.mark.parametrize("residual", ["post", "pre-as-printed"])
def test_a_block_that_ends_with_a_norm_writes_centred_vectors(residual: str) -> None:
    """With gain 1 and bias 0 what leaves the block has mean 0 and variance 1 - eps / (variance + eps) (10.37)."""
    model = model_of(residual=residual, eps=0.01)
    weights = dict(model.parameters)
    last = "ln2" if residual == "post" else "ln3"
    for layer in range(2):
        weights[f"blocks.{layer}.{last}.w"] = np.ones(8)
        weights[f"blocks.{layer}.{last}.b"] = np.zeros(8)
    _, trace = Model(model.config, weights).run(TEXT)
    for layer in range(2):
        h = trace[f"blocks.{layer}.hook_normalized_resid_post"]
        scale = trace[f"blocks.{layer}.{last}.hook_scale"]
        close(h.mean(axis=-1), np.zeros(5))
        close(h.var(axis=-1), 1 - 0.01 / scale[:, 0] ** 2)


@pytest.mark.parametrize("residual", RESIDUALS)
def test_only_the_fields_pre_norm_block_keeps_its_input(residual: str) -> None:
    """Without what attention and MLP write, the field's pre-norm block is the identity. The chapter's post-norm block
    still normalises, and in Lemma 1.1 as printed x is replaced by LN(x): both forget how long x was."""
    model = model_of(residual=residual)
    silent = {n: np.zeros_like(v) if n.endswith(("_O", "_out")) else v for n, v in model.parameters.items()}
    _, trace = Model(model.config, silent).run(TEXT)
    stays = np.array_equal(trace["blocks.1.hook_resid_pre"], trace["blocks.0.hook_resid_pre"])
    assert stays == (residual == "pre")


def test_keys_and_values_read_the_raw_stream_in_the_block_as_printed() -> None:
    """Lemma 1.1 writes MultiHeadAttention(t1, [x_1 .. x_N]): a gain of ln1 changes queries, but no keys."""
    model = model_of(residual="pre-as-printed", n_layers=1)
    louder = {n: 2 * v if n == "blocks.0.ln1.w" else v for n, v in model.parameters.items()}
    (_, one), (_, two) = model.run(TEXT), Model(model.config, louder).run(TEXT)
    for side, same in (("q", False), ("k", True), ("v", True)):
        name = f"blocks.0.attn.hook_{side}"
        assert np.array_equal(one[name], two[name]) == same


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_single_precision_is_double_precision_rounded(gated: bool, norm: str) -> None:
    """Every value of a run in single precision is single, and none lies far from the value in double precision: a
    constant of the wrong precision would make it double, or lose digits."""
    double = model_of(gated=gated, norm=norm, n_kv_heads=2, positions="rotary", activation="silu")
    single = double.astype("float32")
    logits, trace = single.run(TEXT)
    expected, exact = double.run(TEXT)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)
    for name in trace:
        assert trace[name].dtype == np.float32, name
        np.testing.assert_allclose(trace[name], exact[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("activation", ["relu", "gelu", "gelu_tanh", "silu"])
@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary", "none"])
def test_all_of_a_run_has_the_precision_of_the_model(activation: str, positions: str) -> None:
    """One constant in double precision would double time and memory of all that comes after it."""
    model = model_of(dtype="float32", activation=activation, positions=positions, embedding_norm=True)
    logits, trace = model.run(TEXT)
    assert {logits.dtype, *(trace[name].dtype for name in trace)} == {np.dtype("float32")}


# ---------------------------------------------------------------- weights and what is made of them
def test_a_tied_unembedding_is_one_memory_and_stays_so() -> None:
    """The unembedding of many models is the embedding, the largest tensor there is: it must not be kept twice."""
    tied = model_of(tied=True)
    for model in (tied, tied.astype("float32"), Model(tied.config, tied.parameters)):
        assert same_memory(model.parameters["unembed.W_U"], model.parameters["embed.W_E"].T)
    bare = {name: value for name, value in tied.parameters.items() if not name.startswith("unembed")}
    stream = Model(replace(tied.config, unembed=False, tied=False), bare)
    close(tied(TEXT), stream(TEXT) @ bare["embed.W_E"].T + tied.parameters["unembed.b_U"])


@pytest.mark.parametrize("layout", ["by head", "all heads in one matrix", "transposed"])
def test_weights_are_not_kept_twice(layout: str) -> None:
    """Whatever the layout in a checkpoint, a weight that is changed in `parameters` is changed in the run: there is
    no hidden copy. What lies as checkpoints have it is not even copied once."""
    model = model_of()
    weights = {name: value.copy() for name, value in model.parameters.items()}
    for side in "QKV" if layout != "by head" else "":
        name = f"blocks.0.attn.W_{side}"
        matrix = weights[name].transpose(1, 0, 2).reshape(8, 8)  # [d_model, n_heads * d_head], as in GPT-2
        if layout == "transposed":  # [n_heads * d_head, d_model], as in PyTorch's linear layers
            matrix = np.ascontiguousarray(matrix.T).T
        weights[name] = matrix.reshape(8, 4, 2).transpose(1, 0, 2)
    if layout == "transposed":
        name = "blocks.0.attn.W_O"
        weights[name] = np.ascontiguousarray(weights[name].reshape(8, 8).T).T.reshape(4, 2, 8)
    again = Model(model.config, weights)
    close(again(TEXT), model(TEXT))
    if layout != "by head":
        assert all(
            np.shares_memory(again.parameters[f"blocks.0.attn.W_{s}"], weights[f"blocks.0.attn.W_{s}"]) for s in "QKVO"
        )
    for side in "QKVO":
        before = again(TEXT)
        again.parameters[f"blocks.0.attn.W_{side}"][0, 0, 0] += 1
        assert not np.array_equal(again(TEXT), before), side


def test_a_run_leaves_the_weights_alone() -> None:
    """No layer may work in place on what it is given."""
    model = model_of(positions="learned", embedding_norm=True, gated=True)
    before = {name: value.copy() for name, value in model.parameters.items()}
    model.run(TEXT)
    assert all(np.array_equal(before[name], value) for name, value in model.parameters.items())
    assert np.array_equal(model(TEXT), model(TEXT))


def test_biases_that_a_checkpoint_lacks_are_zero() -> None:
    """Llama has none, and a missing gain is no 0."""
    model = model_of()
    bare = {name: value for name, value in model.parameters.items() if not name.rpartition(".")[2].startswith("b_")}
    zeros = {name: bare.get(name, np.zeros_like(value)) for name, value in model.parameters.items()}
    assert np.array_equal(Model(model.config, bare)(TEXT), Model(model.config, zeros)(TEXT))


def spoilt(name: str, value: Array | None) -> dict[str, Array]:
    weights = dict(random_parameters(Config(**SMALL)))
    if value is None:
        del weights[name]
    else:
        weights[name] = value
    return weights


def with_entry(name: str, entry: float) -> Array:
    value = np.zeros(shapes(Config(**SMALL))[name], np.float32)
    value.flat[-1] = entry
    return value


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("blocks.1.mlp.W_in", np.zeros((16, 8), np.float32), "blocks.1.mlp.W_in is 16 x 8, expected 8 x 16"),
        ("blocks.0.attn.W_O", np.zeros((8, 8), np.float32), "blocks.0.attn.W_O is 8 x 8, expected 4 x 2 x 8"),
        ("ln_final.w", np.float32(1.0), "ln_final.w is a single number, expected 8"),
        ("embed.W_E", None, "the tensor embed.W_E is missing; expected 11 x 8"),
        ("blocks.0.ln1.w", None, "the tensor blocks.0.ln1.w is missing; expected 8"),
        ("blocks.0.ln1.b", None, "the tensor blocks.0.ln1.b is missing; expected 8"),
        ("blocks.2.ln1.w", np.ones(8, np.float32), "blocks.2.ln1.w is no parameter of this architecture"),
        ("blocks.0.mlp.W_gate", np.zeros((8, 16), np.float32), "blocks.0.mlp.W_gate is no parameter"),
        ("unembed.b_U", with_entry("unembed.b_U", np.nan), "unembed.b_U has an entry that is infinite or no number"),
        ("embed.W_E", with_entry("embed.W_E", -np.inf), "embed.W_E has an entry that is infinite or no number"),
        ("embed.W_E", np.zeros((11, 8)), "one floating-point precision, these have float32, float64"),
    ],
)
def test_wrong_weights_are_named(name: str, value: Array | None, words: str) -> None:
    """A message names the tensor, says what it is and what was expected."""
    with pytest.raises(ModelError, match=words.replace(".", r"\.")):
        Model(Config(**SMALL), spoilt(name, value))


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        ([], "at least one token"),
        ([[1, 2]], "list of at least one token"),
        ([[1, 2], [3]], "list of at least one token"),
        ([0.5], "list of at least one token"),
        (["a"], "list of at least one token"),
        ([1] * 7, "7 tokens, the model takes at most 6"),
        ([1, 11], "token 11 is not in the vocabulary of 11"),
        ([-1], "token -1 is not in"),
        ([2**70], "list of at least one token"),
    ],
)
def test_wrong_tokens_are_named(tokens: list[Any], words: str) -> None:
    """NumPy would take a negative number for the end of the vocabulary, and a text without tokens for a text."""
    with pytest.raises(ModelError, match=words):
        model_of()(tokens)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"d_model": 0}, "d_model is 0"),
        ({"n_layers": -1}, "n_layers is -1"),
        ({"n_heads": 4.0}, "n_heads is 4.0"),
        ({"n_kv_heads": 3}, "4 heads of queries cannot share 3"),
        ({"positions": "rotary", "d_head": 3}, "d_head = 3 is odd"),
        ({"positions": "alibi"}, "positions is 'alibi', it must be one of learned, sinusoidal, rotary, none"),
        ({"activation": "swish"}, "activation is 'swish'"),
        ({"residual": "sandwich"}, "residual is 'sandwich'"),
        ({"eps": float("nan")}, "eps is nan"),
    ],
)
def test_wrong_settings_are_named(choice: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words.replace(".", r"\.")):
        Config(**{**SMALL, **choice})


# ---------------------------------------------------------------- the names of what is recorded
@settings(max_examples=60, deadline=None)
@given(models())
def test_a_run_computes_what_is_announced(case: tuple[Model, list[int]]) -> None:
    """Names, shapes and order of the table are those of the run, in every architecture."""
    model, tokens = case
    _, trace = model.run(tokens)
    assert [(name, trace[name].shape) for name in trace] == list(hook_shapes(model.config, len(tokens)).items())
