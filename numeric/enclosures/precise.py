"""What a model computes in exact real arithmetic, to as many digits as are wanted: the steps of `numeric.transformer`
in balls of fixed-point numbers.

The parameters are the model's, which are rationals; so are eps and the tables of cosines and sines of rotary and
sinusoidal positions, which are taken as rounded to double precision. Everything else is what the formulas say: means,
roots, 1 / sqrt(d_head), exponentials and activations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from flint import arb

from ..functions import Array, rotary_angles, sinusoidal_positions
from ..transformer import Model
from .fixed import Fixed, fixed


def exact_logits(model: Model, tokens: Sequence[int] | Array, bits: int) -> Fixed:
    """The logits [pos, d_vocab] (of a model without unembedding the stream [pos, d_model]) with numbers of so many bits
    after the point.

    Radii grow with every layer; the more bits, the smaller they are. Raises NotEnoughBits where they become too large
    to go on, and ModelError for tokens that the model does not know.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> model = Model(config, random_parameters(config, dtype="float64"))
    >>> exact = exact_logits(model, [3, 1, 4], bits=128)
    >>> bool(exact.rad.max() < 1e-30), bool(abs(exact.value() - model([3, 1, 4])).max() < 1e-14)
    (True, True)
    """
    return _Precise(model, bits).logits(model._tokens(tokens))


class _Precise:
    """A model whose steps are computed with numbers of so many bits."""

    def __init__(self, model: Model, bits: int) -> None:
        self.c, self.p, self.bits = model.config, model.parameters, bits

    def logits(self, tokens: Array) -> Fixed:
        c = self.c
        x = self.parameter("embed.W_E", tokens)  # [pos, d_model]
        if c.n_types:
            x = x + self.parameter("embed.W_type")[0]
        if c.positions == "learned":
            x = x + self.parameter("pos_embed.W_pos", slice(len(tokens)))
        elif c.positions == "sinusoidal":
            x = x + fixed(sinusoidal_positions(len(tokens), c.d_model), self.bits)
        if c.embedding_norm:
            x = self.norm("embed.ln", x)
        for layer in range(c.n_layers):
            x = _BLOCKS[c.residual](self, f"blocks.{layer}", x)
        if c.final_norm:
            x = self.norm("ln_final", x)
        return self.affine(x, "unembed.W_U", "unembed.b_U") if c.unembed else x

    def parameter(self, name: str, at: Array | slice = slice(None)) -> Fixed:
        return fixed(self.p[name][at], self.bits)

    def affine(self, x: Fixed, weights: str, bias: str) -> Fixed:
        """x W + b, with all heads side by side if W has them."""
        matrix = self.p[weights]
        if matrix.ndim == 3:
            outwards = weights.endswith("W_O")
            matrix = (matrix if outwards else matrix.transpose(1, 0, 2)).reshape(x.mid.shape[-1], -1)
        return x.times(matrix) + self.parameter(bias).reshape(-1)

    def norm(self, at: str, x: Fixed) -> Fixed:
        c = self.c
        if c.norm == "layer":
            x = x - x.sum().over(c.d_model)
        square = (x * x).sum().over(c.d_model) + fixed(np.array([c.eps]), self.bits)
        x = x * square.map(lambda s: s.rsqrt()) * self.parameter(f"{at}.w")
        return x + self.parameter(f"{at}.b") if c.norm == "layer" else x

    def attention(self, at: str, x: Fixed, read: Fixed) -> Fixed:
        c, n = self.c, len(x.mid)
        q, k, v = (
            self.affine(source, f"{at}.attn.W_{side}", f"{at}.attn.b_{side}")
            .reshape(n, -1, c.d_head)
            .transpose(1, 0, 2)  # [heads, pos, d_head]
            for side, source in (("Q", x), ("K", read), ("V", read))
        )
        if c.positions == "rotary":
            q, k = self.rotated(q), self.rotated(k)
        shared = np.arange(c.n_heads) // (c.n_heads // c.n_kv_heads)
        root = fixed(np.array([float(c.d_head)]), self.bits).map(lambda d: d.rsqrt())
        scores = (q @ k[shared].transpose(0, 2, 1)) * root  # [n_heads, query pos, key pos]
        pattern = self.softmax(scores, np.tri(n, dtype=bool) if c.causal else np.ones((n, n), dtype=bool))
        z = (pattern @ v[shared]).transpose(1, 0, 2).reshape(n, -1)
        return self.affine(z, f"{at}.attn.W_O", f"{at}.attn.b_O")

    def rotated(self, x: Fixed) -> Fixed:
        cosines, sines = (fixed(t, self.bits) for t in rotary_angles(x.mid.shape[1], self.c.d_head, self.c.rotary_base))
        half = self.c.d_head // 2
        a, b = x[..., :half], x[..., half:]
        parts = a * cosines - b * sines, b * cosines + a * sines
        mid, rad = (np.concatenate([getattr(part, of) for part in parts], axis=-1) for of in ("mid", "rad"))
        return Fixed(mid, rad, self.bits)

    def softmax(self, scores: Fixed, seen: Array) -> Fixed:
        """Over the last axis, of what is seen; subtracting the largest midpoint is exact."""
        mid = np.where(seen, scores.mid, scores.mid[..., :1])  # the first key is always seen
        weights = Fixed(mid - mid.max(axis=-1, keepdims=True), scores.rad, self.bits).map(lambda s: s.exp())
        weights = Fixed(np.where(seen, weights.mid, 0), np.where(seen, weights.rad, 0.0), self.bits)
        return weights * weights.sum().map(lambda s: 1 / s)

    def mlp(self, at: str, x: Fixed) -> Fixed:
        activation = _ACTIVATIONS[self.c.activation]
        if self.c.gated:
            post = x.times(self.p[f"{at}.mlp.W_gate"]).map(activation) * x.times(self.p[f"{at}.mlp.W_in"])
            post = post + self.parameter(f"{at}.mlp.b_in")
        else:
            post = self.affine(x, f"{at}.mlp.W_in", f"{at}.mlp.b_in").map(activation)
        return self.affine(post, f"{at}.mlp.W_out", f"{at}.mlp.b_out")


def _pre(m: _Precise, at: str, x: Fixed) -> Fixed:
    read = m.norm(f"{at}.ln1", x)
    x = x + m.attention(at, read, read)
    return x + m.mlp(at, m.norm(f"{at}.ln2", x))


def _post(m: _Precise, at: str, x: Fixed) -> Fixed:
    t3 = m.norm(f"{at}.ln1", m.attention(at, x, x) + x)
    return m.norm(f"{at}.ln2", m.mlp(at, t3) + t3)


def _pre_as_printed(m: _Precise, at: str, x: Fixed) -> Fixed:
    t1 = m.norm(f"{at}.ln1", x)
    t4 = m.norm(f"{at}.ln2", m.attention(at, t1, x) + t1)
    return m.norm(f"{at}.ln3", m.mlp(at, t4) + t4)


_BLOCKS: Mapping[str, Callable[[_Precise, str, Fixed], Fixed]] = {
    "pre": _pre,
    "post": _post,
    "pre-as-printed": _pre_as_printed,
}


def _gelu_tanh(x: arb) -> arb:
    return x / 2 * (1 + ((2 / arb.pi()).sqrt() * (x + arb("0.044715") * x**3)).tanh())


_ACTIVATIONS: Mapping[str, Callable[[arb], arb]] = {
    "relu": lambda x: x.max(arb(0)),
    "gelu": lambda x: x / 2 * (1 + (x / arb(2).sqrt()).erf()),
    "gelu_tanh": _gelu_tanh,
    "silu": lambda x: x / (1 + (-x).exp()),
}
