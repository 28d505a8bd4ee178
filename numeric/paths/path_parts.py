"""What the components of a model read from the residual stream and write to it, as matrices and as letters.

Vectors are rows here: a writer adds z V to the stream, V [r, d_model], a reader takes x R from it, R [d_model, r]. The
letters of `formal.paths` are the transposes. A norm x -> (x - mean x) / scale * gain + bias is, for a frozen scale, the
matrix C diag(gain) / scale with C = I - 1 1^T / d (without C for RMSNorm). Scales, which differ from token to token,
and biases are left out of all matrices here.

A norm in front of a reader, as in pre-norm models, is part of the letter: W_Q_2_1 stands for C diag(gain) W_Q. A norm
on the stream itself, as in post-norm models, is a letter of its own, LN1_2 for the first norm of layer 2, and stands in
every virtual weight across it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from formal.paths import Component
from formal.statement import Expression, Identity, dims, matrix

from ..functions import Array
from ..transformer import Model


@dataclass(frozen=True)
class Through:
    """What a norm with a frozen scale does to the stream, up to that scale: x -> x C diag(gain), or x diag(gain)."""

    gain: Array  # [d_model]
    centred: bool
    at: str = ""  # the norm's place, such as "blocks.3.ln1"

    def rows(self, write: Array) -> Array:
        """V C diag(gain) for V [.., r, d_model]."""
        if self.centred:
            write = write - write.mean(axis=-1, keepdims=True)
        return write * self.gain

    def columns(self, read: Array) -> Array:
        """C diag(gain) R for R [.., d_model, r]."""
        read = read * self.gain[:, None]
        return read - read.mean(axis=-2, keepdims=True) if self.centred else read


@dataclass(frozen=True)
class Reader:
    """Nodes of one kind in one layer. `weight[which[i]]` is the matrix of node i: key-value heads are shared."""

    nodes: list[str]
    kind: str  # Q, K, V, gate, in, logits, stream
    stage: int
    weight: Array  # [n, d_model, r]
    which: list[int]
    norm: Through | None
    layer: int = -1

    def effective(self, dtype: npt.DTypeLike = np.float64) -> Array:
        """The matrices with the norm in front of them, [n, d_model, r], in double precision or another."""
        weight = self.weight.astype(np.float64)
        found = weight if self.norm is None else self.norm.columns(weight)
        return found.astype(dtype, copy=False)


@dataclass(frozen=True)
class Writer:
    """Nodes that write side by side: all heads of a layer, an MLP, an embedding."""

    nodes: list[str]
    stage: int
    weight: Array  # [n, r, d_model]
    layer: int = -1
    kind: str = ""


@dataclass(frozen=True)
class Stage:
    """Who reads at a stage, who writes, and what the stream goes through in between."""

    number: int
    readers: list[Reader]
    writers: list[Writer]
    carry: Through | None


@dataclass
class Parts:
    """A model taken apart, in the order of its stages: the components for `formal.paths.path_graph`, their matrices,
    the norms on the stream by stage, and the name under which a run records the stream after each stage."""

    components: list[Component] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    writers: list[Writer] = field(default_factory=list)
    carries: dict[int, Through] = field(default_factory=dict)
    streams: dict[int, str] = field(default_factory=dict)

    def stages(self) -> Iterator[Stage]:
        """Stage by stage."""
        for k in sorted({r.stage for r in self.readers} | {w.stage for w in self.writers} | set(self.carries)):
            readers, writers = [r for r in self.readers if r.stage == k], [w for w in self.writers if w.stage == k]
            yield Stage(k, readers, writers, self.carries.get(k))


def through(model: Model, at: str) -> Through:
    """The norm at this place: "ln_final", "blocks.3.ln1"."""
    gain = model.parameters[f"{at}.w"].astype(np.float64)
    return Through(gain, model.config.norm == "layer", at)


def parts(model: Model, *, mlp: bool = True) -> Parts:
    """Take a model apart. mlp: whether MLPs are among the components.

    Positions that are learned are a writer beside the embedding, and so are token types. A model without unembedding
    ends in a reader "output" that takes the stream as it is.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=1, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4, residual="post")
    >>> found = parts(Model(config, random_parameters(config)))
    >>> [c.name for c in found.components]
    ['embed', 'pos_embed', 'L1H1', 'L1H2', 'L1LN1', 'L1MLP', 'L1LN2', 'unembed']
    >>> found.readers[0].nodes, found.readers[0].weight.shape
    (['L1H1.Q', 'L1H2.Q'], (2, 8, 4))
    """
    return _Builder(model, mlp).parts


class _Builder:
    def __init__(self, model: Model, mlp: bool) -> None:
        self.model, self.config, self.p = model, model.config, model.parameters
        self.parts = Parts()
        self.d, self.d_head, self.d_mlp, self.d_vocab = dims("d_model d_head d_mlp d_vocab")
        self.stage = 0
        c = self.config
        self.source("embed", matrix("W_E", self.d, self.d_vocab), "embed.W_E", "embedding")
        if c.n_types:
            self.source("type_embed", matrix("W_type", self.d, dims("n_types")), "embed.W_type", "embedding")
        if c.positions == "learned":
            self.source("pos_embed", matrix("W_pos", self.d, dims("n_ctx")), "pos_embed.W_pos", "positions")
        if c.embedding_norm:
            self.stage += 1
            self.carry("embed.ln", "embedLN", "LN_embed")
        if c.n_layers:
            self.parts.streams[self.stage] = "blocks.0.hook_resid_pre"
        block = {"pre": self.pre, "post": self.post, "pre-as-printed": self.as_printed}[c.residual]
        for layer in range(c.n_layers):
            block(layer, mlp)
        self.stage += 1
        self.end()

    # ------------------------------------------------------------ blocks
    def pre(self, layer: int, mlp: bool) -> None:
        self.heads(layer, "QKV")
        if mlp:
            self.mlp(layer, "ln2")

    def post(self, layer: int, mlp: bool) -> None:
        self.heads(layer, "")
        self.norm(layer, 1)
        if mlp:
            self.mlp(layer, "")
        self.norm(layer, 2)

    def as_printed(self, layer: int, mlp: bool) -> None:
        """Heads read the raw stream, their queries by the norm, which also acts on the stream at that stage."""
        self.heads(layer, "Q")
        self.carry(f"blocks.{layer}.ln1", f"L{layer + 1}LN1", f"LN1_{layer + 1}")
        self.norm(layer, 2)
        if mlp:
            self.mlp(layer, "")
        self.norm(layer, 3)

    # ------------------------------------------------------------ components
    def source(self, name: str, letter: Expression, parameter: str, kind: str) -> None:
        self.parts.components.append(Component(name, 0, {}, letter, kind))
        self.parts.writers.append(Writer([name], 0, self.p[parameter][None], kind=kind))

    def carry(self, at: str, name: str, letter: str) -> None:
        found = through(self.model, at)
        self.parts.components.append(Component(name, self.stage, carry=matrix(letter, self.d, self.d)))
        self.parts.carries[self.stage] = found

    def norm(self, layer: int, number: int) -> None:
        self.stage += 1
        before = self.parts.streams[self.stage - 1].rpartition("hook_")[2]
        self.parts.streams[self.stage] = f"blocks.{layer}.hook_normalized_{before}"
        self.carry(f"blocks.{layer}.ln{number}", f"L{layer + 1}LN{number}", f"LN{number}_{layer + 1}")

    def heads(self, layer: int, normed: str) -> None:
        """The heads of a layer, those kinds that are named reading through the first norm of the layer."""
        self.stage += 1
        self.parts.streams[self.stage] = f"blocks.{layer}.hook_resid_mid"
        c, l, at = self.config, layer + 1, f"blocks.{layer}.attn"
        shared, names = c.n_heads // c.n_kv_heads, [f"L{layer + 1}H{h + 1}" for h in range(c.n_heads)]
        which = {"Q": list(range(c.n_heads)), "K": [h // shared for h in range(c.n_heads)]}
        which["V"] = which["K"]
        for h, name in enumerate(names):
            reads = {k: matrix(f"W_{k}_{l}_{which[k][h] + 1}", self.d_head, self.d) for k in "QKV"}
            write = matrix(f"W_O_{l}_{h + 1}", self.d, self.d_head)
            self.parts.components.append(Component(name, self.stage, reads, write, "head"))
        norm = through(self.model, f"blocks.{layer}.ln1") if normed else None
        for kind in "QKV":
            before = norm if kind in normed else None
            nodes, weight = [f"{name}.{kind}" for name in names], self.p[f"{at}.W_{kind}"]
            self.parts.readers.append(Reader(nodes, kind, self.stage, weight, which[kind], before, layer))
        self.parts.writers.append(Writer([f"{n}.V" for n in names], self.stage, self.p[f"{at}.W_O"], layer, "head"))

    def mlp(self, layer: int, norm: str) -> None:
        """The MLP of a layer; a gated one reads twice."""
        self.stage += 1
        self.parts.streams[self.stage] = f"blocks.{layer}.hook_resid_post"
        l, at = layer + 1, f"blocks.{layer}.mlp"
        kinds = ["gate", "in"] if self.config.gated else ["in"]
        reads = {kind: matrix(f"W_{kind}_{l}", self.d_mlp, self.d) for kind in kinds}
        write = matrix(f"W_out_{l}", self.d, self.d_mlp)
        self.parts.components.append(Component(f"L{l}MLP", self.stage, reads, write, "mlp"))
        before = through(self.model, f"blocks.{layer}.{norm}") if norm else None
        nodes = {kind: f"L{l}MLP.{kind}" if len(kinds) > 1 else f"L{l}MLP" for kind in kinds}
        for kind in kinds:
            weight = self.p[f"{at}.W_{kind}"][None]
            self.parts.readers.append(Reader([nodes[kind]], kind, self.stage, weight, [0], before, layer))
        self.parts.writers.append(Writer([nodes["in"]], self.stage, self.p[f"{at}.W_out"][None], layer, "mlp"))

    def end(self) -> None:
        before = through(self.model, "ln_final") if self.config.final_norm else None
        if self.config.unembed:
            name, kind, read, weight = "unembed", "logits", matrix("W_U", self.d_vocab, self.d), self.p["unembed.W_U"]
        else:
            letter = Identity(self.d) if before is None else matrix("LN_final", self.d, self.d)
            name, kind, read, weight = "output", "stream", letter, np.eye(self.config.d_model)
        self.parts.components.append(Component(name, self.stage, {kind: read}, None, "unembedding"))
        self.parts.readers.append(Reader([name], kind, self.stage, weight[None], [0], before))


def last_node(model: Model) -> str:
    """Where paths end: "unembed", or "output" for a model without unembedding."""
    return "unembed" if model.config.unembed else "output"
