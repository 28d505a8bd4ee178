"""The steps of transformers in enclosures, beside what runs record: correct runs lie inside, wrong ones do not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings

from numeric.enclosures import enclosed, recorded
from numeric.enclosures.enclosure import Enclosure
from numeric.errors import ModelError
from numeric.record import Trace
from numeric.transformer import Model

from .models import model_of, models


def steps(model: Model, tokens: list[int], trace: Trace) -> Iterator[tuple[str, Enclosure]]:
    """Every recorded value that is computed, with the enclosure of its step from recorded values."""
    c = model.config

    def norm(at: str, x: Enclosure) -> Iterator[tuple[str, Enclosure]]:
        centred = enclosed.centred(model, x)
        yield f"{at}.hook_scale", enclosed.scale(model, centred)
        yield f"{at}.hook_normalized", centred / trace[f"{at}.hook_scale"]

    def after(at: str) -> Enclosure:
        return enclosed.affine(model, at, trace[f"{at}.hook_normalized"])

    start = Enclosure(trace["hook_embed"])
    for name in ("hook_token_type_embed", "hook_pos_embed"):
        if name in trace:
            start = start + trace[name]
    if c.positions == "sinusoidal":
        yield "hook_pos_embed", enclosed.sinusoidal(model, len(tokens))
    if c.embedding_norm:
        yield from norm("embed.ln", start)
        yield "hook_full_embed", after("embed.ln")
    elif c.n_layers:
        yield "blocks.0.hook_resid_pre", start
    x = enclosed.embed(model, tokens)
    for layer in range(c.n_layers):
        at = f"blocks.{layer}"
        pre, mid, post = (Enclosure(trace[f"{at}.hook_resid_{where}"]) for where in ("pre", "mid", "post"))
        if c.residual != "post":
            yield from norm(f"{at}.ln1", pre)
        read = pre if c.residual == "post" else after(f"{at}.ln1")
        source = read if c.residual == "pre" else pre
        made = enclosed.queries_keys_values(model, layer, read, source)
        yield from zip((f"{at}.attn.hook_{a}" for a in "qkv"), made, strict=True)
        q, k, v = (trace[f"{at}.attn.hook_{a}"] for a in "qkv")
        if c.positions == "rotary":
            yield f"{at}.attn.hook_rot_q", enclosed.rotated(model, q)
            yield f"{at}.attn.hook_rot_k", enclosed.rotated(model, k)
            q, k = trace[f"{at}.attn.hook_rot_q"], trace[f"{at}.attn.hook_rot_k"]
        yield f"{at}.attn.hook_attn_scores", enclosed.scores(model, q, k)
        found = trace[f"{at}.attn.hook_attn_scores"]
        yield f"{at}.attn.hook_pattern", enclosed.pattern(model, np.where(np.isneginf(found), 0, found))
        yield f"{at}.attn.hook_z", enclosed.mixed(model, trace[f"{at}.attn.hook_pattern"], v)
        yield f"{at}.hook_attn_out", enclosed.attention_out(model, layer, trace[f"{at}.attn.hook_z"])
        yield (
            f"{at}.hook_resid_mid",
            Enclosure(trace[f"{at}.hook_attn_out"]) + (after(f"{at}.ln1") if c.residual == "pre-as-printed" else pre),
        )
        inner = f"{at}.ln1" if c.residual == "post" else f"{at}.ln2"
        yield from norm(inner, mid)
        x = after(inner)
        linear = None
        yield f"{at}.mlp.hook_pre", enclosed.mlp_in(model, layer, x)
        if c.gated:
            yield f"{at}.mlp.hook_pre_linear", enclosed.mlp_linear(model, layer, x)
            linear = trace[f"{at}.mlp.hook_pre_linear"]
        yield f"{at}.mlp.hook_post", enclosed.mlp_post(model, layer, trace[f"{at}.mlp.hook_pre"], linear)
        yield f"{at}.hook_mlp_out", enclosed.mlp_out(model, layer, trace[f"{at}.mlp.hook_post"])
        yield f"{at}.hook_resid_post", Enclosure(trace[f"{at}.hook_mlp_out"]) + (mid if c.residual == "pre" else x)
        if c.residual != "pre":
            outer = f"{at}.ln2" if c.residual == "post" else f"{at}.ln3"
            yield from norm(outer, post)
            yield f"{at}.hook_normalized_resid_post", after(outer)
    if c.unembed:
        yield "unembed.hook_out", enclosed.unembed(model, trace["unembed.hook_in"])


def check(model: Model, tokens: list[int]) -> None:
    logits, trace = model.run(tokens)
    for name, step in steps(model, tokens, trace):
        assert recorded.deviation(trace, name, step) <= 1, name
        ball = recorded.recorded(trace, name, step)
        assert ball.meets(step).all(), name
    whole = enclosed.run(model, tokens)
    assert (np.abs(logits - whole.mid) <= 3 * whole.rad).all()


@given(models())
@settings(max_examples=25, deadline=None)
def test_a_correct_run_lies_within_its_steps(given: tuple[Model, list[int]]) -> None:
    """If this fails, the audit calls a sound model broken. All architectures, and the whole run from its tokens."""
    check(*given)


@pytest.mark.slow
@given(models())
@settings(max_examples=400, deadline=None)
def test_many_correct_runs_lie_within_their_steps(given: tuple[Model, list[int]]) -> None:
    check(*given)


@pytest.mark.parametrize("residual", ["post", "pre", "pre-as-printed"])
@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_every_value_that_is_off_is_seen(residual: str, positions: str) -> None:
    """A value that changes by a billionth is outside its step: an enclosure wide enough for all would pass the rest."""
    model = model_of(residual=residual, positions=positions, n_kv_heads=2, gated=True, activation="silu")
    tokens = [3, 1, 4, 1, 5]
    _, trace = model.run(tokens)
    for name, step in steps(model, tokens, trace):
        values = {**trace}
        values[name] = values[name] * (1 + 1e-9)
        assert recorded.deviation(values, name, step) > 1, name


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_sharp_steps_are_narrower_and_of_the_same_value(norm: str) -> None:
    """Both contain the exact value, so they meet; the sharp one decides more. What is sharp ends with its context."""
    model = model_of(n_layers=1, d_model=200, n_heads=4, d_mlp=300, norm=norm)
    x = np.random.default_rng(0).standard_normal((5, 200))
    plain = enclosed.block(model, 0, x)
    with enclosed.sharply():
        narrow = enclosed.block(model, 0, x)
    assert narrow.meets(plain).all() and (narrow.rad < plain.rad / 5).all()
    assert (np.abs(narrow.mid - plain.mid) <= plain.rad).all()
    assert (enclosed.block(model, 0, x).rad == plain.rad).all()


def test_what_cannot_be_compared_is_refused() -> None:
    """Single precision has other rounding errors, and another shape is another value."""
    model = model_of()
    _, trace = model.run([1, 2])
    step = enclosed.embed(model, [1, 2])
    with pytest.raises(ModelError, match="float32"):
        recorded.recorded({"hook_embed": trace["hook_embed"].astype("float32")}, "hook_embed", step)
    with pytest.raises(ModelError, match="shape"):
        recorded.deviation(trace, "hook_embed", step[:1])
    with pytest.raises(ModelError, match="double precision"):
        enclosed.parameter(model.astype("float32"), "embed.W_E")


def test_the_platform_keeps_what_is_taken_for_granted() -> None:
    """NumPy's exp and tanh and SciPy's erf are measured against ours: within PLATFORM_ERROR and our own bound."""
    from scipy.special import erf

    source = np.random.default_rng(0)
    x = np.concatenate([source.standard_normal(50_000) * s for s in (0.01, 0.3, 1, 3)])
    for plain, found in (
        (np.exp(x), Enclosure(x).exp()),
        (np.tanh(x), Enclosure(x).tanh()),
        (erf(x), Enclosure(x).erf()),
    ):
        assert (np.abs(plain - found.mid) <= recorded.PLATFORM_ERROR * np.abs(found.mid) + found.rad).all()
