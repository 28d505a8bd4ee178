"""The transformer: embeddings, blocks of attention and MLP around the residual stream, unembedding.

Vectors are rows here, as in the field's code, so that a layer computes x W + b; the chapters' columns are the
transposes. Shapes are given as [pos, d_model]: one vector for each token of one text.

Three kinds of block are meant to be read beside each other: `post_norm_block` is the chapter's equations 10.32 to
10.37, `pre_norm_block` the field's, `pre_norm_block_as_printed` the chapter's Lemma 1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .config import Config
from .errors import ModelError
from .functions import ACTIVATIONS, Array, rotary_angles, rotate, sinusoidal_positions, softmax
from .hooks import hook_shapes
from .parameters import checked
from .record import Recorder, Trace, Wanted, nothing

Record: TypeAlias = Callable[[str, Array], Array]


class Model:
    """A transformer with its parameters. Raises ModelError for parameters that do not fit the architecture.

    `parameters` has every tensor of `numeric.parameters.shapes`; those that are laid out as the products need them
    (or as a checkpoint's matrices of all heads) are the very arrays that were given, and nothing is kept twice.

    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> model = Model(config, random_parameters(config))
    >>> logits, trace = model.run([3, 1, 4])
    >>> logits.shape, trace["blocks.1.attn.hook_pattern"].shape
    ((3, 5), (2, 3, 3))
    """

    def __init__(self, config: Config, parameters: Mapping[str, Array]) -> None:
        self.config = config
        self.parameters = checked(config, parameters)
        self.dtype = np.dtype(self.parameters["embed.W_E"].dtype)
        self._flat: dict[str, Array] = {}
        for name in list(self.parameters):
            if _is_per_head(name):
                self._flat[name], self.parameters[name] = _flat_and_by_head(name, self.parameters[name])
        self._angles: tuple[Array, Array] | None = None

    def astype(self, dtype: npt.DTypeLike) -> Model:
        """The same model in another precision."""
        tied = {"unembed.W_U"} if self.config.tied else set()
        kept = {name: value.astype(dtype) for name, value in self.parameters.items() if name not in tied}
        return Model(self.config, kept)

    @classmethod
    def from_state_dict(cls, config: Config, mapping: Mapping[str, Any], dtype: str | None = None) -> Model:
        """A model from any mapping of names to arrays, NumPy's or PyTorch's, without PyTorch being imported.

        The names are those of Hugging Face's GPT-2, BERT or Llama, or those of TransformerLens. dtype: the precision to
        convert to; none, to keep the one given. Raises ModelError, naming the tensor, for what is missing, does not
        fit, is not finite or belongs to no part of the architecture.

        >>> from numeric.parameters import random_parameters
        >>> config = Config(n_layers=1, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
        >>> Model.from_state_dict(config, random_parameters(config), "float64").dtype
        dtype('float64')
        """
        from .checkpoints.layouts import parameters_of

        return cls(config, parameters_of(config, mapping, dtype))

    def __call__(self, tokens: Sequence[int] | Array) -> Array:
        """The logits [pos, d_vocab], or the final stream [pos, d_model] of a model without unembedding."""
        return self._forward(self._tokens(tokens), nothing)

    def run(
        self, tokens: Sequence[int] | Array, wanted: Wanted = True, folder: str | Path | None = None
    ) -> tuple[Array, Trace]:
        """The same, and what was recorded on the way: all values, or those wanted (`numeric.record.chosen`).

        With a folder they are written there as they come, and the trace maps them from their files. If the run fails,
        what it wrote is removed. Raises ModelError for tokens that the model cannot read, a name or pattern that no
        value has, a folder with files of an earlier run.
        """
        ids = self._tokens(tokens)
        with Recorder(hook_shapes(self.config, len(ids)), wanted, folder) as record:
            return self._forward(ids, record), record.finish()

    def _tokens(self, tokens: Sequence[int] | Array) -> Array:
        try:
            ids = np.asarray(tokens)
        except ValueError:  # rows of different lengths
            raise ModelError("tokens must be a list of at least one token number") from None
        if ids.ndim != 1 or ids.size == 0 or ids.dtype.kind not in "iu":
            raise ModelError("tokens must be a list of at least one token number")
        if ids.size > self.config.n_ctx:
            raise ModelError(f"the text has {ids.size} tokens, the model takes at most {self.config.n_ctx}")
        if ids.min() < 0 or ids.max() >= self.config.d_vocab:
            bad = ids[(ids < 0) | (ids >= self.config.d_vocab)][0]
            raise ModelError(f"token {bad} is not in the vocabulary of {self.config.d_vocab}")
        return ids

    # ------------------------------------------------------------ forward
    def _forward(self, tokens: Array, record: Record) -> Array:
        c, p = self.config, self.parameters
        x = record("hook_embed", p["embed.W_E"][tokens])  # [pos, d_model]
        if c.n_types:  # before the positions, as BERT has it: the order of a sum decides its last bit
            x = x + record("hook_token_type_embed", np.broadcast_to(p["embed.W_type"][0], x.shape))
        if c.positions == "learned":
            x = x + record("hook_pos_embed", p["pos_embed.W_pos"][: len(tokens)])
        elif c.positions == "sinusoidal":
            x = x + record("hook_pos_embed", sinusoidal_positions(len(tokens), c.d_model, self.dtype))
        if c.embedding_norm:
            x = record("hook_full_embed", self._norm("embed.ln", x, record))
        block = BLOCKS[c.residual]
        for layer in range(c.n_layers):
            x = block(self, layer, record(f"blocks.{layer}.hook_resid_pre", x), record)
        if c.final_norm:
            x = self._norm("ln_final", x, record)
        if not c.unembed:
            return x
        logits: Array = record("unembed.hook_in", x) @ p["unembed.W_U"]  # [pos, d_vocab]
        logits += p["unembed.b_U"]
        return record("unembed.hook_out", logits)

    def _norm(self, at: str, x: Array, record: Record) -> Array:
        """LayerNorm or RMSNorm of every vector, with gain and bias; eps stands inside the root, as everywhere."""
        c, p = self.config, self.parameters
        if c.norm == "layer":
            x = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt(np.einsum("pd,pd->p", x, x)[:, None] / x.dtype.type(c.d_model) + x.dtype.type(c.eps))
        x = record(f"{at}.hook_normalized", x / record(f"{at}.hook_scale", scale))  # [pos, d_model], [pos, 1]
        x = x * p[f"{at}.w"]
        if c.norm == "layer":
            x += p[f"{at}.b"]
        return x

    def _attention(self, layer: int, x: Array, read: Array, record: Record) -> Array:
        """What the heads write [pos, d_model]: queries from x, keys and values from `read`, both [pos, d_model]."""
        c, p, at = self.config, self.parameters, f"blocks.{layer}.attn"
        n = len(x)
        q = record(f"{at}.hook_q", self._project(f"{at}.W_Q", x) + p[f"{at}.b_Q"])  # [pos, n_heads, d_head]
        k = record(f"{at}.hook_k", self._project(f"{at}.W_K", read) + p[f"{at}.b_K"])  # [pos, n_kv_heads, d_head]
        v = record(f"{at}.hook_v", self._project(f"{at}.W_V", read) + p[f"{at}.b_V"])
        q, k, v = (a.transpose(1, 0, 2) for a in (q, k, v))  # [heads, pos, d_head]
        if c.positions == "rotary":
            cosines, sines = self._rotary(n)
            q = rotate(q, cosines, sines)
            k = rotate(k, cosines, sines)
            record(f"{at}.hook_rot_q", q.transpose(1, 0, 2))
            record(f"{at}.hook_rot_k", k.transpose(1, 0, 2))
        shared = c.n_heads // c.n_kv_heads
        if shared > 1:
            k, v = (np.repeat(a, shared, axis=0) for a in (k, v))
        scores = q @ k.transpose(0, 2, 1)  # [n_heads, query pos, key pos]
        scores *= scores.dtype.type(1 / np.sqrt(c.d_head))
        if c.causal:
            np.copyto(scores, -np.inf, where=~np.tri(n, dtype=bool))
        pattern = record(f"{at}.hook_pattern", softmax(record(f"{at}.hook_attn_scores", scores)))
        z = np.empty((n, c.n_heads, c.d_head), self.dtype)
        np.matmul(pattern, v, out=z.transpose(1, 0, 2))  # written as W_O reads it, all heads of a position together
        out = record(f"{at}.hook_z", z).reshape(n, -1) @ self._flat[f"{at}.W_O"]
        out += p[f"{at}.b_O"]
        return record(f"blocks.{layer}.hook_attn_out", out)

    def _project(self, name: str, x: Array) -> Array:
        """x [pos, d_model] by a matrix for each head, [pos, heads, d_head]."""
        return (x @ self._flat[name]).reshape(len(x), -1, self.config.d_head)

    def _rotary(self, n: int) -> tuple[Array, Array]:
        if self._angles is None or len(self._angles[0]) < n:
            self._angles = rotary_angles(n, self.config.d_head, self.config.rotary_base, self.dtype)
        cosines, sines = self._angles
        return cosines[:n], sines[:n]

    def _mlp(self, layer: int, x: Array, record: Record) -> Array:
        """What the MLP writes [pos, d_model]."""
        c, p, at = self.config, self.parameters, f"blocks.{layer}.mlp"
        activation = ACTIVATIONS[c.activation]
        if c.gated:
            pre = record(f"{at}.hook_pre", x @ p[f"{at}.W_gate"])  # [pos, d_mlp]
            linear = record(f"{at}.hook_pre_linear", x @ p[f"{at}.W_in"])
            post = activation(pre)
            post *= linear
            post += p[f"{at}.b_in"]
        else:
            pre = x @ p[f"{at}.W_in"]
            pre += p[f"{at}.b_in"]
            post = activation(record(f"{at}.hook_pre", pre))
        out = record(f"{at}.hook_post", post) @ p[f"{at}.W_out"]
        out += p[f"{at}.b_out"]
        return record(f"blocks.{layer}.hook_mlp_out", out)


# ---------------------------------------------------------------- blocks
def pre_norm_block(model: Model, layer: int, x: Array, record: Record) -> Array:
    """x + Attn(LN1 x), then the same with the MLP: the stream itself is never normalised."""
    at = f"blocks.{layer}"
    read = model._norm(f"{at}.ln1", x, record)
    x = record(f"{at}.hook_resid_mid", x + model._attention(layer, read, read, record))
    return record(f"{at}.hook_resid_post", x + model._mlp(layer, model._norm(f"{at}.ln2", x, record), record))


def post_norm_block(model: Model, layer: int, x: Array, record: Record) -> Array:
    """Equations 10.32 to 10.37: t2 = t1 + x for t1 = Attn(x), t3 = LN(t2), t5 = FFN(t3) + t3, h = LN(t5)."""
    at = f"blocks.{layer}"
    t2 = record(f"{at}.hook_resid_mid", model._attention(layer, x, x, record) + x)
    t3 = record(f"{at}.hook_normalized_resid_mid", model._norm(f"{at}.ln1", t2, record))
    t5 = record(f"{at}.hook_resid_post", model._mlp(layer, t3, record) + t3)
    return record(f"{at}.hook_normalized_resid_post", model._norm(f"{at}.ln2", t5, record))


def pre_norm_block_as_printed(model: Model, layer: int, x: Array, record: Record) -> Array:
    """Lemma 1.1 of the chapter to the letter: t1 = LN(x), t2 = Attn(t1, [x_1 .. x_N]), t3 = t2 + t1, t4 = LN(t3),
    t5 = FFN(t4), t6 = t5 + t4, h = LN(t6). Keys and values read the raw stream, and x itself is lost."""
    at = f"blocks.{layer}"
    t1 = model._norm(f"{at}.ln1", x, record)
    t3 = record(f"{at}.hook_resid_mid", model._attention(layer, t1, x, record) + t1)
    t4 = record(f"{at}.hook_normalized_resid_mid", model._norm(f"{at}.ln2", t3, record))
    t6 = record(f"{at}.hook_resid_post", model._mlp(layer, t4, record) + t4)
    return record(f"{at}.hook_normalized_resid_post", model._norm(f"{at}.ln3", t6, record))


BLOCKS: Mapping[str, Callable[[Model, int, Array, Record], Array]] = {
    "pre": pre_norm_block,
    "post": post_norm_block,
    "pre-as-printed": pre_norm_block_as_printed,
}


def _is_per_head(name: str) -> bool:
    return name.rpartition(".")[2] in ("W_Q", "W_K", "W_V", "W_O")


def _flat_and_by_head(name: str, value: Array) -> tuple[Array, Array]:
    """The matrix of all heads side by side, so that one product serves them, and the same memory by head.

    [heads, d_model, d_head] gives [d_model, heads * d_head]; W_O, [heads, d_head, d_model], gives the same with rows.
    """
    if name.endswith("W_O"):
        flat: Array = value.reshape(-1, value.shape[-1])
        return flat, flat.reshape(value.shape)
    heads, d_model, d_head = value.shape
    flat = value.transpose(1, 0, 2).reshape(d_model, -1)
    return flat, flat.reshape(d_model, heads, d_head).transpose(1, 0, 2)
