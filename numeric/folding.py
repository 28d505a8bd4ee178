"""Folding norms into the weights around them: the same function with less in the way of reading its weights.

Behind a norm a read sees z w + b, with z the normalised vector, and (z w + b) W + c = z (diag(w) W) + (b W + c), so
that gain and bias become part of the read (VW-L1d, VW-U1b). LayerNorm is RMSNorm after centring (TH-23), and centring
is linear, so that it becomes part of what is written into the stream (VW-L1e): what is left is a network with plain
RMSNorm and the same logits (TH-23a).

That is an equation between real numbers. Here every parameter is computed in double precision, whatever the precision
of the checkpoint, and `numeric.folding_error` bounds how far the logits are off for that. Gains alone fold without any
rounding if the checkpoint is in single precision: products of two numbers of 24 bits have 48.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .errors import ModelError
from .functions import Array, sinusoidal_positions
from .transformer import Model

READS = ("attn.W_Q", "attn.W_K", "attn.W_V"), ("mlp.W_in", "mlp.W_gate")  # behind ln1, behind ln2


def folded(model: Model, centre: bool = True) -> Model:
    """A model with the same logits whose norms have gain 1 and no bias, in double precision.

    centre: a model with LayerNorm becomes one with RMSNorm, whose stream is the centred stream of the original. The
    stream stays as it is, and LayerNorm too, if that is not wanted, and for models whose stream is not only read behind
    norms that fold (no final norm, or no unembedding behind it) or is not only written linearly (a norm behind the
    embeddings). A final norm without unembedding keeps its gain and bias. Sinusoidal positions, once centred, are those
    of a model that has learned them.

    Raises ModelError where the theorem does not reach: what a norm puts out must be read by weights and nothing else,
    so that the blocks must be the field's pre-norm; and a gated MLP has no bias in front of its activation that could
    take up that of a norm.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> model = Model(config, random_parameters(config, dtype="float64"))
    >>> plain = folded(model)
    >>> plain.config.norm, plain.parameters["blocks.1.ln2.w"].tolist() == [1.0] * 8
    ('rms', True)
    >>> bool(abs(plain([3, 1, 4]) - model([3, 1, 4])).max() < 1e-12)
    True
    """
    c = model.config
    if c.residual != "pre":
        raise ModelError(
            f'norms fold into weights where nothing but weights reads them; in a "{c.residual}" block what a norm puts '
            "out is the stream itself, which the residual connection adds as it is"
        )
    c = replace(c, tied=False)
    p = {name: value.astype(np.float64) for name, value in model.parameters.items()}
    for layer in range(c.n_layers):
        for norm, reads in zip(("ln1", "ln2"), READS, strict=True):
            _fold(p, f"blocks.{layer}.{norm}", [f"blocks.{layer}.{read}" for read in reads])
    if c.final_norm and c.unembed:
        _fold(p, "ln_final", ["unembed.W_U"])
    if centre and c.norm == "layer" and c.final_norm and c.unembed and not c.embedding_norm:
        if c.positions == "sinusoidal":
            p["pos_embed.W_pos"] = sinusoidal_positions(c.n_ctx, c.d_model)
            c = replace(c, positions="learned")
        for name in p:
            if _writes(name):
                p[name] -= p[name].mean(axis=-1, keepdims=True)
        c = replace(c, norm="rms")
        p = {name: value for name, value in p.items() if not _is_norm_bias(name)}
    return Model(c, p)


def _fold(p: dict[str, Array], norm: str, reads: list[str]) -> None:
    """Move a norm's gain and bias into the reads [.., d_model, m] behind it, and the biases that go with them."""
    gain, bias = p[f"{norm}.w"], p.get(f"{norm}.b")
    for read in reads:
        if read not in p:
            continue
        if bias is not None and bias.any():
            to = read.replace(".W_", ".b_")
            if to not in p or (read.endswith("W_in") and read.replace("W_in", "W_gate") in p):
                raise ModelError(f"{norm}.b cannot be folded into {read}: a gated MLP has no bias for it")
            p[to] += bias @ p[read]
        p[read] *= gain[:, None]
    p[f"{norm}.w"] = np.ones_like(gain)
    if bias is not None:
        p[f"{norm}.b"] = np.zeros_like(bias)


def _writes(name: str) -> bool:
    return name.endswith((".W_E", ".W_type", ".W_pos", ".W_O", ".b_O", ".W_out", ".b_out"))


def _is_norm_bias(name: str) -> bool:
    return name.endswith(".b")
