"""The transformer in enclosures: each step of `transformer`, from enclosures of what it reads to one of what it makes.

The same shapes, names and order of operations as there, so that the two files can be read side by side. What is
enclosed is the value in exact arithmetic, with the model's parameters as they are (a float is a rational), eps as the
double that it is, the exact angles of positions and exact exp, tanh and erf. Models are in double precision.

Radii of steps in a row grow by orders of magnitude with every layer, as nothing is known of how errors cancel: enclose
a step from what was recorded, and not a run from its tokens. `sharply` keeps them smaller where several steps follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from math import isqrt

import numpy as np

from ..errors import ModelError
from ..functions import Array
from ..transformer import Model
from . import angles, sharp
from .enclosed_functions import ACTIVATIONS, rotate, softmax
from .enclosure import Enclosure, Like, by_rows, enclose, stack

_SHARP: ContextVar[bool] = ContextVar("sharp", default=False)


@contextmanager
def sharply() -> Iterator[None]:
    """Inside, steps multiply by weights with `sharp` and sum in two stages: a block costs about three times as much and
    is 10 to 100 times as narrow. Radii are then about exact values only: a plain run may lie further off."""
    before = _SHARP.set(True)
    try:
        yield
    finally:
        _SHARP.reset(before)


def _product(a: Like, b: Enclosure) -> Enclosure:
    return sharp.product(a, b) if _SHARP.get() else enclose(a) @ b


def _row_sums(e: Enclosure) -> Enclosure:
    """[.., n] to [.., 1]; in two stages, the error grows with the root of n only."""
    n = e.shape[-1]
    if not _SHARP.get() or n < 16:
        return e.sum(axis=-1, keepdims=True)
    columns = isqrt(n)
    whole = n // columns * columns
    parts = e[..., :whole].reshape(*e.shape[:-1], -1, columns).sum(axis=-1).sum(axis=-1, keepdims=True)
    return parts if whole == n else parts + e[..., whole:].sum(axis=-1, keepdims=True)


def parameter(model: Model, name: str) -> Enclosure:
    """A parameter of the model, exactly. Raises ModelError for a model that is not in double precision."""
    value = model.parameters[name]
    if value.dtype != np.float64:
        raise ModelError(
            f"{name} is {value.dtype}: enclosures take a model in double precision, model.astype('float64')"
        )
    return Enclosure(value)


def embed(model: Model, tokens: Sequence[int] | Array) -> Enclosure:
    """What the first block reads [pos, d_model]."""
    c = model.config
    ids = np.asarray(tokens)
    x = Enclosure(model.parameters["embed.W_E"][ids])
    if c.n_types:
        x = x + model.parameters["embed.W_type"][0]
    if c.positions == "learned":
        x = x + model.parameters["pos_embed.W_pos"][: len(ids)]
    elif c.positions == "sinusoidal":
        x = x + sinusoidal(model, len(ids))
    return norm(model, "embed.ln", x) if c.embedding_norm else x


def sinusoidal(model: Model, n: int) -> Enclosure:
    """The fixed vectors of n positions [pos, d_model]: sines and cosines in turn."""
    cosines, sines = angles.tables(n, model.config.d_model, 10000.0)
    return stack([sines, cosines], axis=-1).reshape(n, -1)[:, : model.config.d_model]


# ---------------------------------------------------------------- norm
def centred(model: Model, x: Like) -> Enclosure:
    """x less its mean [pos, d_model] where the norm is LayerNorm, x itself where it is RMSNorm."""
    e = enclose(x)
    return e - _row_sums(e) / model.config.d_model if model.config.norm == "layer" else e


def scale(model: Model, x: Like) -> Enclosure:
    """hook_scale [pos, 1] of a vector that is centred already: the root of its mean square and eps."""
    e = enclose(x)
    return (_row_sums(e * e) / model.config.d_model + model.config.eps).sqrt()


def normalized(model: Model, x: Like) -> Enclosure:
    """hook_normalized [pos, d_model]: centred, and divided by the scale."""
    e = centred(model, x)
    return e / scale(model, e)


def _with_bias(e: Enclosure, bias: Enclosure) -> Enclosure:
    return by_rows(lambda part: e[part] + bias, e.shape)


def affine(model: Model, at: str, x: Like) -> Enclosure:
    """Gain and bias of the norm `at`, such as "blocks.0.ln1"."""
    e = enclose(x) * parameter(model, f"{at}.w")
    return e + parameter(model, f"{at}.b") if model.config.norm == "layer" else e


def norm(model: Model, at: str, x: Like) -> Enclosure:
    """LayerNorm or RMSNorm of every vector [pos, d_model], with gain and bias."""
    e = enclose(x)
    return by_rows(lambda part: affine(model, at, normalized(model, e[part])), e.shape)


# ---------------------------------------------------------------- attention
def projected(model: Model, layer: int, side: str, x: Like) -> Enclosure:
    """hook_q, hook_k or hook_v [pos, heads, d_head], for the side "Q", "K" or "V"."""
    at = f"blocks.{layer}.attn"
    e, weight = enclose(x), parameter(model, f"{at}.W_{side}")
    made = _product(e, weight.transpose(1, 0, 2).reshape(model.config.d_model, -1))  # all heads side by side
    return _with_bias(made.reshape(len(e), -1, model.config.d_head), parameter(model, f"{at}.b_{side}"))


def queries_keys_values(model: Model, layer: int, read: Like, source: Like) -> tuple[Enclosure, Enclosure, Enclosure]:
    """Queries from `read`, keys and values from `source` [pos, d_model], each [pos, heads, d_head], before turning."""
    return (
        projected(model, layer, "Q", read),
        projected(model, layer, "K", source),
        projected(model, layer, "V", source),
    )


def rotated(model: Model, x: Like) -> Enclosure:
    """Queries or keys [pos, heads, d_head] turned by the angles of their positions; as they are without rotary ones."""
    c, e = model.config, enclose(x)
    if c.positions != "rotary":
        return e
    cosines, sines = angles.tables(len(e), c.d_head, c.rotary_base)
    return rotate(e.transpose(1, 0, 2), cosines, sines).transpose(1, 0, 2)


def scores(model: Model, q: Like, k: Like) -> Enclosure:
    """hook_attn_scores [n_heads, query pos, key pos] of turned queries and keys; what the mask hides is not hidden."""
    c = model.config
    keys = _shared(model, enclose(k).transpose(1, 2, 0))
    scaled = enclose(q) * (1 / Enclosure(float(c.d_head)).sqrt())  # the fewer numbers, and no smaller a radius
    return scaled.transpose(1, 0, 2) @ keys


def pattern(model: Model, found: Like) -> Enclosure:
    """hook_pattern [n_heads, query pos, key pos]: softmax of the scores, those that a causal mask hides left out."""
    e = enclose(found)
    return softmax(e, np.tri(e.shape[-1], dtype=bool) if model.config.causal else None)


def mixed(model: Model, weights: Like, v: Like) -> Enclosure:
    """hook_z [pos, n_heads, d_head]: the values [pos, heads, d_head] under the pattern's weights."""
    return (enclose(weights) @ _shared(model, enclose(v).transpose(1, 0, 2))).transpose(1, 0, 2)


def attention_out(model: Model, layer: int, z: Like) -> Enclosure:
    """hook_attn_out [pos, d_model]: what the heads write, and the bias."""
    c, at, e = model.config, f"blocks.{layer}.attn", enclose(z)
    out = _product(e.reshape(len(e), -1), parameter(model, f"{at}.W_O").reshape(-1, c.d_model))
    return _with_bias(out, parameter(model, f"{at}.b_O"))


def attention(model: Model, layer: int, read: Like, source: Like) -> Enclosure:
    """What the heads write [pos, d_model]: queries from `read`, keys and values from `source`, both [pos, d_model]."""
    q, k, v = queries_keys_values(model, layer, read, source)
    weights = pattern(model, scores(model, rotated(model, q), rotated(model, k)))
    return attention_out(model, layer, mixed(model, weights, v))


def _shared(model: Model, heads: Enclosure) -> Enclosure:
    """Heads of keys or values [n_kv_heads, ..] as often as heads of queries share them."""
    times = model.config.n_heads // model.config.n_kv_heads
    return heads.repeat(times, 0) if times > 1 else heads


# ---------------------------------------------------------------- MLP
def mlp_in(model: Model, layer: int, x: Like) -> Enclosure:
    """hook_pre [pos, d_mlp]: what goes into the activation, in a gated MLP through W_gate."""
    at, gated = f"blocks.{layer}.mlp", model.config.gated
    pre = _product(x, parameter(model, f"{at}.W_gate" if gated else f"{at}.W_in"))
    return pre if gated else _with_bias(pre, parameter(model, f"{at}.b_in"))


def mlp_linear(model: Model, layer: int, x: Like) -> Enclosure:
    """hook_pre_linear [pos, d_mlp] of a gated MLP: what is multiplied by the gate."""
    return _product(x, parameter(model, f"blocks.{layer}.mlp.W_in"))


def mlp_post(model: Model, layer: int, pre: Like, linear: Like | None = None) -> Enclosure:
    """hook_post [pos, d_mlp]: the activation of hook_pre, in a gated MLP times hook_pre_linear, and the bias."""
    post = ACTIVATIONS[model.config.activation](pre)
    if linear is None:
        return post
    return post * linear + parameter(model, f"blocks.{layer}.mlp.b_in")


def mlp_out(model: Model, layer: int, post: Like) -> Enclosure:
    """hook_mlp_out [pos, d_model]."""
    at = f"blocks.{layer}.mlp"
    return _with_bias(_product(post, parameter(model, f"{at}.W_out")), parameter(model, f"{at}.b_out"))


def mlp(model: Model, layer: int, x: Like) -> Enclosure:
    """What the MLP writes [pos, d_model]."""
    linear = mlp_linear(model, layer, x) if model.config.gated else None
    return mlp_out(model, layer, mlp_post(model, layer, mlp_in(model, layer, x), linear))


# ---------------------------------------------------------------- blocks
def block(model: Model, layer: int, x: Like) -> Enclosure:
    """The stream after a block [pos, d_model], from the stream before it."""
    at, e = f"blocks.{layer}", enclose(x)
    kind = model.config.residual
    if kind == "pre":
        read = norm(model, f"{at}.ln1", e)
        mid = e + attention(model, layer, read, read)
        return mid + mlp(model, layer, norm(model, f"{at}.ln2", mid))
    if kind == "post":
        t3 = norm(model, f"{at}.ln1", attention(model, layer, e, e) + e)
        return norm(model, f"{at}.ln2", mlp(model, layer, t3) + t3)
    t1 = norm(model, f"{at}.ln1", e)
    t4 = norm(model, f"{at}.ln2", attention(model, layer, t1, e) + t1)
    return norm(model, f"{at}.ln3", mlp(model, layer, t4) + t4)


def unembed(model: Model, x: Like) -> Enclosure:
    """The logits [pos, d_vocab], from the stream behind the final norm [pos, d_model]."""
    return _product(x, parameter(model, "unembed.W_U")) + parameter(model, "unembed.b_U")


def run(model: Model, tokens: Sequence[int] | Array) -> Enclosure:
    """The logits [pos, d_vocab] of a whole run, or the final stream [pos, d_model] of a model without unembedding.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> model = Model(config, random_parameters(config, dtype="float64"))
    >>> logits = run(model, [3, 1, 4])
    >>> logits.shape, float(logits.rad.max()) < 1e-13
    ((3, 5), True)
    """
    x = embed(model, tokens)
    for layer in range(model.config.n_layers):
        x = block(model, layer, x)
    if model.config.final_norm:
        x = norm(model, "ln_final", x)
    return unembed(model, x) if model.config.unembed else x
