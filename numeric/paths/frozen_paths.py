"""With patterns, activations and norm scales frozen, the paths of the graph add up to the logits of a run.

Frozen are, at the numbers that a run has recorded: the attention patterns, the scales of norms, and of every neuron the
ratio of what comes out of its activation to what goes in; of a gated MLP, the activation of its gate. What is left is
affine in the sources: embeddings, and what each component makes of biases alone. Its linear part is the graph of
`formal.paths`, whose claims say that the sum over paths is the product of the layers.

The run itself is rounded. What it has recorded differs from what the frozen network makes of it, at every stage, by an
enclosed amount, and these amounts, sent on through the frozen network layer by layer, are how far the logits may lie
from the sum over paths. So logits outside the enclosure are impossible, unless a path is missing or wrong; and where
the run is not that of the model, the enclosure is wide. Nothing is compared with a tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from formal.paths import MOST_PATHS, Component, Graph, path_graph, paths_by_length
from formal.statement import dims, matrix

from ..enclosures.enclosure import Enclosure, enclose
from ..errors import ModelError
from ..functions import ACTIVATIONS, Array
from ..record import Trace
from ..transformer import Model
from .path_parts import Reader, Through, Writer, last_node, parts


@dataclass(frozen=True)
class FrozenSum:
    """The sum over paths with the run's own rounding added to the radius: it contains the logits of the run."""

    logits: Enclosure  # [pos, d_vocab]; of a model without unembedding the stream, [pos, d_model]
    paths: int
    rounding: float  # the largest part of the radius that is due to the run

    @property
    def relative_width(self) -> float:
        """The largest radius as a part of the largest midpoint."""
        return float(self.logits.rad.max() / np.abs(self.logits.mid).max())


def frozen_graph(model: Model) -> Graph:
    """The graph of a model with a source for everything that biases add: b_L1H1 for what head 1 of layer 1 makes of
    the biases before it, b_L1 for W_O's own, b_L1LN1 for a norm's on the stream.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=1, d_model=4, n_heads=1, d_mlp=3, d_vocab=5, n_ctx=4)
    >>> graph = frozen_graph(Model(config, random_parameters(config)))
    >>> [name for name in graph if graph.in_degree(name) == 0]
    ['embed', 'pos_embed', 'b_L1H1', 'b_L1', 'b_L1MLP']
    """
    d, one = dims("d_model one")
    found = []
    for c in parts(model).components:
        found.append(c)
        biased = c.writes is not None or (c.carry is not None and model.config.norm == "layer")
        names = [f"b_{c.name}"] if c.stage and biased else []
        if c.kind == "head" and c.name.endswith(f"H{model.config.n_heads}"):
            names.append(f"b_{c.name.partition('H')[0]}")
        found += [Component(name, c.stage, {}, matrix(name, d, one), "bias") for name in names]
    return path_graph(found)


def frozen_path_sum(model: Model, logits: Array, trace: Trace, graph: Graph | None = None) -> FrozenSum:
    """Walk all paths from all sources to the logits, and enclose the sum.

    logits, trace: of `model.run`, with everything recorded. graph: `frozen_graph(model)`, or a part of it. Raises
    ModelError for a model without layers, for values that were not recorded, and for more than 10,000 paths.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=6, n_heads=2, d_mlp=3, d_vocab=5, n_ctx=4)
    >>> model = Model(config, random_parameters(config, dtype="float64"))
    >>> logits, trace = model.run([3, 1, 4])
    >>> found = frozen_path_sum(model, logits, trace)
    >>> found.paths, found.relative_width < 1e-10, bool((found.logits - logits).excludes_zero().any())
    (121, True, False)
    """
    graph = frozen_graph(model) if graph is None else graph
    frozen, target = _Frozen(model, trace), last_node(model)
    sources = [name for name in frozen.sources if name in graph]
    count = sum(sum(paths_by_length(graph, source, target).values()) for source in sources)
    if count > MOST_PATHS:
        raise ModelError(f"{count:,} paths lead to the logits, at most {MOST_PATHS:,} are walked: take fewer layers")
    total = frozen.closing
    for source in sources:
        walk = [(source, frozen.sources[source])]
        while walk:
            node, stream = walk.pop()
            for after in graph.successors(node):
                here = frozen.across(stream, graph.nodes[node]["stage"], graph.nodes[after]["stage"])
                if after == target:
                    total = total + frozen.read_out(here)
                elif graph.nodes[after]["write"] is not None:
                    walk.append((after, frozen.step(after, here)))
    rounding = frozen.rounding(logits).magnitude()
    return FrozenSum(total + Enclosure(np.zeros_like(rounding), rounding), count, float(rounding.max()))


class _Frozen:
    """A model with the numbers of a run: each component as a linear map of the stream [pos, d_model], and its bias."""

    def __init__(self, model: Model, trace: Trace) -> None:
        if not model.config.n_layers:
            raise ModelError("a model without layers has no paths but the direct one")
        self.model, self.trace, self.p = model, trace, model.parameters
        self.parts = parts(model)
        self.readers: dict[str, tuple[Reader, int]] = {}
        for reader in self.parts.readers:
            self.readers.update({name: (reader, i) for i, name in enumerate(reader.nodes)})
        self.writers: dict[str, tuple[Writer, int]] = {}
        for writer in self.parts.writers:
            self.writers.update({name: (writer, i) for i, name in enumerate(writer.nodes)})
        self.n_tokens = len(trace["hook_embed"])
        self.zero = Enclosure(np.zeros((self.n_tokens, model.config.d_model)))
        self.sources = dict(self._embeddings()) | dict(self._biases())
        self.closing = self.read_out(self.zero, affine=True)

    # ------------------------------------------------------------ linear maps, and affine ones
    def norm(self, x: Enclosure, norm: Through | None, affine: bool) -> Enclosure:
        """C x diag(gain) / scale, with the bias if the map is to be affine."""
        if norm is None:
            return x
        if norm.centred:
            x = x - (x.sum(axis=1) / x.shape[1])[:, None]
        x = x / self.trace[f"{norm.at}.hook_scale"] * norm.gain
        return x + self.p[f"{norm.at}.b"] if affine and f"{norm.at}.b" in self.p else x

    def across(self, x: Enclosure, source: int, target: int) -> Enclosure:
        """What the norms on the stream between two stages make of it."""
        for stage, carry in sorted(self.parts.carries.items()):
            if source < stage < target:
                x = self.norm(x, carry, affine=False)
        return x

    def step(self, node: str, x: Enclosure, affine: bool = False) -> Enclosure:
        """What a head or an MLP writes of a stream."""
        reader, i = self.readers[node]
        writer, j = self.writers[node]
        inside: Enclosure = self.norm(x, reader.norm, affine) @ reader.weight[reader.which[i]]
        at = f"blocks.{reader.layer}"
        if reader.kind == "V":
            inside = inside + self.p[f"{at}.attn.b_V"][reader.which[i]] if affine else inside
            mixed: Enclosure = self.trace[f"{at}.attn.hook_pattern"][i] @ inside
            written: Enclosure = mixed @ writer.weight[j]
            return written
        bias, ratio = self.p[f"{at}.mlp.b_in"], self.ratio(reader.layer)
        if affine and not self.model.config.gated:
            inside = inside + bias
        inside = inside * ratio
        if affine and self.model.config.gated:
            inside = inside + bias
        out: Enclosure = inside @ writer.weight[j]
        return out + self.p[f"{at}.mlp.b_out"] if affine else out

    def ratio(self, layer: int) -> Array:
        """What every neuron's input is multiplied by, [pos, d_mlp]: frozen numbers, whatever the rounding in them."""
        pre = self.trace[f"blocks.{layer}.mlp.hook_pre"]
        if self.model.config.gated:
            return ACTIVATIONS[self.model.config.activation](pre)
        post = self.trace[f"blocks.{layer}.mlp.hook_post"]
        return np.divide(post, pre, out=np.zeros_like(pre), where=pre != 0)

    def read_out(self, x: Enclosure, affine: bool = False) -> Enclosure:
        """The logits of a stream, or the stream itself where there is no unembedding."""
        before = self.parts.readers[-1].norm
        x = self.norm(x, before, affine)
        if not self.model.config.unembed:
            return x
        x = x @ self.p["unembed.W_U"]
        return x + self.p["unembed.b_U"] if affine else x

    # ------------------------------------------------------------ sources
    def _embeddings(self) -> Mapping[str, Enclosure]:
        found = {"embed": self.trace["hook_embed"]}
        if self.model.config.n_types:
            found["type_embed"] = np.array(self.trace["hook_token_type_embed"])
        if self.model.config.positions == "learned":
            found["pos_embed"] = self.p["pos_embed.W_pos"][: self.n_tokens]
        return {name: enclose(value) for name, value in found.items()}

    def _biases(self) -> Mapping[str, Enclosure]:
        """What every component makes of no stream at all."""
        found = {}
        for node in self.writers:
            if node in self.readers:
                found[f"b_{node.partition('.')[0]}"] = self.step(node, self.zero, affine=True)
        for layer in range(self.model.config.n_layers):
            found[f"b_L{layer + 1}"] = self.zero + self.p[f"blocks.{layer}.attn.b_O"]
        for c in self.parts.components:
            if c.carry is not None:
                found[f"b_{c.name}"] = self.norm(self.zero, self.parts.carries[c.stage], affine=True)
        return found

    # ------------------------------------------------------------ what the run has rounded
    def rounding(self, logits: Array) -> Enclosure:
        """What the recorded logits differ by from those of the frozen network. At every stage, what came in goes
        through the linear map, and what the stage itself has rounded is added."""
        stream, error = self.zero, self.zero
        for stage in self.parts.stages():
            made, passed = self.norm(stream, stage.carry, affine=True), self.norm(error, stage.carry, affine=False)
            for writer in stage.writers:
                for node in writer.nodes:
                    made = made + (self.step(node, stream, affine=True) if writer.stage else self.sources[node])
                    passed = passed + self.step(node, error) if writer.stage else passed
                if writer.kind == "head":
                    made = made + self.p[f"blocks.{writer.layer}.attn.b_O"]
            name = self.parts.streams.get(stage.number)
            stream = made if name is None else enclose(self.trace[name])
            error = passed + (stream - made)
        return self.read_out(error) + (enclose(logits) - self.read_out(stream, affine=True))
