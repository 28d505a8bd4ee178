"""What an audit is about: a model, one run of it over a text, and its weights as letters of the book.

The book's vectors are columns, so a layer reads with W [d_mlp, d_model] and writes with V [d_model, d_mlp]; the model's
are rows. Weights are handed out as the book has them: transposed, exact, and the same object each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np

from ..config import Config
from ..enclosures.enclosure import Enclosure
from ..errors import ModelError
from ..functions import Array
from ..record import Trace
from ..transformer import Model
from .weights import Product, Weight

T = TypeVar("T")


class Subject:
    """A model in double precision, with the values recorded in one run. Raises ModelError for an empty text.

    name: what reports call it. text: the text that the tokens stand for, for reports.

    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> subject = Subject("tiny", Model(config, random_parameters(config)), [3, 1, 4])
    >>> subject.read(0).shape, subject.write(1).shape, subject.w_o(0, 1).shape, subject.stream(2).shape
    ((16, 8), (8, 16), (8, 4), (3, 8))
    """

    def __init__(self, name: str, model: Model, tokens: Sequence[int] | Array, text: str = "") -> None:
        self.name, self.text = name, text
        self.model = model if model.dtype == np.float64 else model.astype(np.float64)
        self.tokens = np.asarray(tokens)
        self._weights: dict[tuple[str, int | None], Weight] = {}

    @property
    def config(self) -> Config:
        return self.model.config

    @property
    def layers(self) -> range:
        return range(self.config.n_layers)

    @property
    def heads(self) -> range:
        return range(self.config.n_heads)

    # ------------------------------------------------------------ the run
    @cached_property
    def _run(self) -> tuple[Array, Trace]:
        return self.model.run(self.tokens)

    @property
    def logits(self) -> Array:
        """[pos, d_vocab], or the last stream where nothing is unembedded."""
        return self._run[0]

    @property
    def trace(self) -> Trace:
        """What the run recorded, under the field's hook names."""
        return self._run[1]

    def stream(self, layer: int) -> Array:
        """The residual stream [pos, d_model] that enters a layer; for the number of layers, what leaves the last."""
        if layer < self.config.n_layers:
            return self.trace[f"blocks.{layer}.hook_resid_pre"]
        last = "hook_resid_post" if self.config.residual == "pre" else "hook_normalized_resid_post"
        return self.trace[f"blocks.{layer - 1}.{last}"]

    # ------------------------------------------------------------ weights
    def weight(self, name: str, head: int | None = None) -> Weight:
        """A parameter transposed to the book's columns: [out, in]; of one head, if one is named."""
        found = self._weights.get((name, head))
        if found is None:
            value = self.model.parameters.get(name)
            if value is None:
                raise ModelError(f"{self.name} has no parameter {name}")
            found = self._weights[name, head] = Weight((value if head is None else value[head]).T)
        return found

    def read(self, layer: int) -> Weight:
        """W of an MLP [d_mlp, d_model], what multiplies the stream (of a gated one, what is not gated)."""
        return self.weight(f"blocks.{layer}.mlp.W_in")

    def gate(self, layer: int) -> Weight:
        """The read of a gated MLP's gate [d_mlp, d_model]."""
        return self.weight(f"blocks.{layer}.mlp.W_gate")

    def write(self, layer: int) -> Weight:
        """V of an MLP [d_model, d_mlp]."""
        return self.weight(f"blocks.{layer}.mlp.W_out")

    def w_q(self, layer: int, head: int) -> Weight:
        """W_Q of a head [d_head, d_model]."""
        return self.weight(f"blocks.{layer}.attn.W_Q", head)

    def w_k(self, layer: int, head: int) -> Weight:
        """W_K of a head [d_head, d_model]; heads of queries may share one."""
        return self.weight(f"blocks.{layer}.attn.W_K", self._shared(head))

    def w_v(self, layer: int, head: int) -> Weight:
        """W_V of a head [d_head, d_model]; heads of queries may share one."""
        return self.weight(f"blocks.{layer}.attn.W_V", self._shared(head))

    def w_o(self, layer: int, head: int) -> Weight:
        """W_O of a head [d_model, d_head]."""
        return self.weight(f"blocks.{layer}.attn.W_O", head)

    def ov(self, layer: int, head: int) -> Product:
        """W_OV = W_O W_V of a head [d_model, d_model], enclosed, its rank exact; exact letters are `w_o` and `w_v`."""
        return Product(self.w_o(layer, head), self.w_v(layer, head))

    def bias(self, name: str, head: int | None = None) -> Enclosure:
        """A bias or gain as an exact column [n, 1]."""
        value = self.model.parameters[name]
        return Enclosure((value if head is None else value[head]).reshape(-1, 1))

    def _shared(self, head: int) -> int:
        return head // (self.config.n_heads // self.config.n_kv_heads)

    # ------------------------------------------------------------ where to look
    def pairs(self, most: int) -> list[tuple[int, int]]:
        """Pairs of layers, the earlier first; evenly spread, at most so many."""
        return some([(i, k) for k in self.layers for i in range(k)], most)


def some(items: Sequence[T], most: int) -> list[T]:
    """At most so many of the items, evenly spread, the first and the last among them.

    >>> some(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(items) <= most:
        return list(items)
    if most == 1:
        return [items[0]]
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
