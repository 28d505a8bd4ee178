"""A transformer written a second time, token by token, in lists of plain Python floats: what the tests compare with.

It follows the chapter's equations and the papers that they come from, uses no array library, and shares nothing with
`numeric` but the names of parameters and of what is recorded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from numeric.config import Config

Vector = list[float]
T = TypeVar("T")


def dot(u: Vector, v: Vector) -> float:
    return sum(a * b for a, b in zip(u, v, strict=True))


def plus(u: Vector, v: Vector) -> Vector:
    return [a + b for a, b in zip(u, v, strict=True)]


def times(x: Vector, W: list[Vector]) -> Vector:
    """The row x W."""
    return [dot(x, [row[j] for row in W]) for j in range(len(W[0]))]


def relu(t: float) -> float:
    return t if t > 0 else 0.0


def gelu(t: float) -> float:
    return t * (1 + math.erf(t / math.sqrt(2))) / 2


def gelu_tanh(t: float) -> float:
    return t / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (t + 0.044715 * t**3)))


def silu(t: float) -> float:
    return t / (1 + math.exp(-t))


ACTIVATIONS = {"relu": relu, "gelu": gelu, "gelu_tanh": gelu_tanh, "silu": silu}


class Naive:
    """The same model as `numeric.transformer.Model`; `seen` is what it computes, by the names of the hooks.

    Each function computes what it says for one token i from the vectors xs of all; keys and values of a token are
    computed again for every query that looks at it.
    """

    def __init__(self, config: Config, parameters: Mapping[str, Any]) -> None:
        self.c = config
        self.p = {name: value.tolist() for name, value in parameters.items()}
        self.seen: dict[str, dict[int, Any]] = {}

    def see(self, name: str, i: int, value: T) -> T:
        """Note the value of token i."""
        self.seen.setdefault(name, {})[i] = value
        return value

    def run(self, tokens: Sequence[int]) -> list[Vector]:
        """The logits of every position, or the stream of a model without unembedding."""
        xs = [self.embed(token, i) for i, token in enumerate(tokens)]
        block = {"post": self.post, "pre": self.pre, "pre-as-printed": self.as_printed}[self.c.residual]
        for layer in range(self.c.n_layers):
            at = f"blocks.{layer}"
            xs = [self.see(f"{at}.hook_resid_pre", i, x) for i, x in enumerate(xs)]
            xs = [block(at, i, xs) for i in range(len(xs))]
        if self.c.final_norm:
            xs = [self.norm("ln_final", i, x) for i, x in enumerate(xs)]
        if self.c.unembed:
            xs = [self.see("unembed.hook_in", i, x) for i, x in enumerate(xs)]
            xs = [plus(times(x, self.p["unembed.W_U"]), self.p["unembed.b_U"]) for x in xs]
            xs = [self.see("unembed.hook_out", i, x) for i, x in enumerate(xs)]
        return xs

    def embed(self, token: int, i: int) -> Vector:
        x = self.see("hook_embed", i, self.p["embed.W_E"][token])
        if self.c.n_types:
            x = plus(x, self.see("hook_token_type_embed", i, self.p["embed.W_type"][0]))
        if self.c.positions == "learned":
            x = plus(x, self.see("hook_pos_embed", i, self.p["pos_embed.W_pos"][i]))
        if self.c.positions == "sinusoidal":
            angles = [i / 10000 ** (2 * (j // 2) / self.c.d_model) for j in range(self.c.d_model)]
            waves = [math.cos(a) if j % 2 else math.sin(a) for j, a in enumerate(angles)]
            x = plus(x, self.see("hook_pos_embed", i, waves))
        if self.c.embedding_norm:
            x = self.see("hook_full_embed", i, self.norm("embed.ln", i, x))
        return x

    # ------------------------------------------------------------ blocks
    def post(self, at: str, i: int, xs: list[Vector]) -> Vector:
        t1 = self.attention(at, i, xs[i], xs)  # 10.32
        t2 = self.see(f"{at}.hook_resid_mid", i, plus(t1, xs[i]))  # 10.33
        t3 = self.see(f"{at}.hook_normalized_resid_mid", i, self.norm(f"{at}.ln1", i, t2))  # 10.34
        t4 = self.ffn(at, i, t3)  # 10.35
        t5 = self.see(f"{at}.hook_resid_post", i, plus(t4, t3))  # 10.36
        return self.see(f"{at}.hook_normalized_resid_post", i, self.norm(f"{at}.ln2", i, t5))  # 10.37

    def pre(self, at: str, i: int, xs: list[Vector]) -> Vector:
        read = [self.norm(f"{at}.ln1", j, x) for j, x in enumerate(xs)]
        mid = self.see(f"{at}.hook_resid_mid", i, plus(xs[i], self.attention(at, i, read[i], read)))
        return self.see(f"{at}.hook_resid_post", i, plus(mid, self.ffn(at, i, self.norm(f"{at}.ln2", i, mid))))

    def as_printed(self, at: str, i: int, xs: list[Vector]) -> Vector:
        t1 = self.norm(f"{at}.ln1", i, xs[i])  # the steps of Lemma 1.1
        t2 = self.attention(at, i, t1, xs)
        t3 = self.see(f"{at}.hook_resid_mid", i, plus(t2, t1))
        t4 = self.see(f"{at}.hook_normalized_resid_mid", i, self.norm(f"{at}.ln2", i, t3))
        t5 = self.ffn(at, i, t4)
        t6 = self.see(f"{at}.hook_resid_post", i, plus(t5, t4))
        return self.see(f"{at}.hook_normalized_resid_post", i, self.norm(f"{at}.ln3", i, t6))

    # ------------------------------------------------------------ layers
    def norm(self, at: str, i: int, x: Vector) -> Vector:
        mean = sum(x) / len(x) if self.c.norm == "layer" else 0.0
        variance = sum((t - mean) ** 2 for t in x) / len(x)
        (scale,) = self.see(f"{at}.hook_scale", i, [math.sqrt(variance + self.c.eps)])
        normal = self.see(f"{at}.hook_normalized", i, [(t - mean) / scale for t in x])
        out = [t * w for t, w in zip(normal, self.p[f"{at}.w"], strict=True)]
        return plus(out, self.p[f"{at}.b"]) if self.c.norm == "layer" else out

    def ffn(self, at: str, i: int, x: Vector) -> Vector:
        at, write, act = f"{at}.mlp", f"{at}.hook_mlp_out", ACTIVATIONS[self.c.activation]
        if self.c.gated:
            gate = self.see(f"{at}.hook_pre", i, times(x, self.p[f"{at}.W_gate"]))
            linear = self.see(f"{at}.hook_pre_linear", i, times(x, self.p[f"{at}.W_in"]))
            product = [act(g) * t for g, t in zip(gate, linear, strict=True)]
            post = plus(product, self.p[f"{at}.b_in"])
        else:
            pre = self.see(f"{at}.hook_pre", i, plus(times(x, self.p[f"{at}.W_in"]), self.p[f"{at}.b_in"]))
            post = [act(t) for t in pre]
        self.see(f"{at}.hook_post", i, post)
        return self.see(write, i, plus(times(post, self.p[f"{at}.W_out"]), self.p[f"{at}.b_out"]))

    def attention(self, block: str, i: int, x: Vector, xs: list[Vector]) -> Vector:
        """MultiHeadAttention(x, [x_1 .. x_N]) for the token at place i, which sees the first i only if causal."""
        at, heads, shared = f"{block}.attn", range(self.c.n_heads), self.c.n_heads // self.c.n_kv_heads
        q = [self.side(at, "Q", h, x) for h in heads]
        k = [[self.side(at, "K", h, y) for h in range(self.c.n_kv_heads)] for y in xs]
        v = [[self.side(at, "V", h, y) for h in range(self.c.n_kv_heads)] for y in xs]
        self.see(f"{at}.hook_q", i, q)
        self.see(f"{at}.hook_k", i, k[i])
        self.see(f"{at}.hook_v", i, v[i])
        if self.c.positions == "rotary":
            q = [self.turned(y, i) for y in q]
            k = [[self.turned(y, j) for y in row] for j, row in enumerate(k)]
            self.see(f"{at}.hook_rot_q", i, q)
            self.see(f"{at}.hook_rot_k", i, k[i])
        scores, pattern, z = [], [], []
        for h in heads:
            row = [dot(q[h], y[h // shared]) / math.sqrt(self.c.d_head) for y in k]
            if self.c.causal:
                row = [s if j <= i else -math.inf for j, s in enumerate(row)]
            total = sum(math.exp(s) for s in row)
            weights = [math.exp(s) / total for s in row]
            scores.append(row)
            pattern.append(weights)
            z.append(
                [sum(a * y[h // shared][m] for a, y in zip(weights, v, strict=True)) for m in range(self.c.d_head)]
            )
        self.see(f"{at}.hook_attn_scores", i, scores)
        self.see(f"{at}.hook_pattern", i, pattern)
        self.see(f"{at}.hook_z", i, z)
        out = self.p[f"{at}.b_O"]
        for h in heads:
            out = plus(out, times(z[h], self.p[f"{at}.W_O"][h]))
        return self.see(f"{block}.hook_attn_out", i, out)

    def side(self, at: str, side: str, head: int, x: Vector) -> Vector:
        """The query, key or value of a vector in one head."""
        return plus(times(x, self.p[f"{at}.W_{side}"][head]), self.p[f"{at}.b_{side}"][head])

    def turned(self, x: Vector, place: int) -> Vector:
        """Coordinates m and m + d_head / 2, as one complex number, times exp(i place base^(-2m / d_head))."""
        half, out = len(x) // 2, list(x)
        for m in range(half):
            angle = place * self.c.rotary_base ** (-2 * m / len(x))
            a, b = x[m], x[m + half]
            out[m] = a * math.cos(angle) - b * math.sin(angle)
            out[m + half] = a * math.sin(angle) + b * math.cos(angle)
        return out
