"""The residual stream along its depth: how it grows, what norms forget, and how far they keep it from being a sum.

Where a norm stands on the stream (post-norm), what an earlier layer wrote is divided by the scale of every later norm,
which differs from token to token: the stream is a sum only for one token at a time, with its scales frozen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..claims.subject import Subject
from ..functions import Array

# The norms of a block that stand on the stream itself, and not before what a sublayer reads of it.
ON_THE_STREAM = {"post": ("ln1", "ln2"), "pre": (), "pre-as-printed": ("ln1", "ln2", "ln3")}


@dataclass(frozen=True)
class Stream:
    """norms [n_layers + 1, pos]: of the stream before each layer, and behind the last. attention, mlp [n_layers, pos]:
    of what is added. scales [norms, pos]: of the norms that stand on the stream, in order; none in a pre-norm model.
    share [n_layers + 1, pos]: what the norms so far have multiplied the embedding by, gains left out; 1 where none
    stands on the stream. forgotten: how many dimensions each norm on the stream erases to first order, the length and a
    LayerNorm's mean (TH-22e); 0 where none stands on it.
    """

    norms: Array
    attention: Array
    mlp: Array
    scales: Array
    share: Array
    forgotten: int


def stream(subject: Subject) -> Stream:
    """Measured on the run of a subject."""
    config, trace = subject.config, subject.trace
    norms = [np.linalg.norm(subject.stream(layer), axis=1) for layer in range(len(subject.layers) + 1)]
    attention = [np.linalg.norm(trace[f"blocks.{layer}.hook_attn_out"], axis=1) for layer in subject.layers]
    mlp = [np.linalg.norm(trace[f"blocks.{layer}.hook_mlp_out"], axis=1) for layer in subject.layers]
    names = ON_THE_STREAM[config.residual]
    scales = [trace[f"blocks.{layer}.{name}.hook_scale"].reshape(-1) for layer in subject.layers for name in names]
    each = len(names)
    share = [np.ones(len(subject.tokens))]
    for layer in subject.layers:
        share.append(share[-1] / np.prod(scales[layer * each : (layer + 1) * each], axis=0))
    return Stream(
        np.array(norms),
        np.array(attention),
        np.array(mlp),
        np.array(scales),
        np.array(share),
        0 if config.residual == "pre" else 2 if config.norm == "layer" else 1,
    )
