"""What kind of transformer a model is: its sizes and its architecture, checked when they are stated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .errors import ModelError

Residual: TypeAlias = Literal["post", "pre", "pre-as-printed"]
Norm: TypeAlias = Literal["layer", "rms"]
Activation: TypeAlias = Literal["relu", "gelu", "gelu_tanh", "silu"]
Positions: TypeAlias = Literal["learned", "sinusoidal", "rotary", "none"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "residual": ("post", "pre", "pre-as-printed"),
    "norm": ("layer", "rms"),
    "activation": ("relu", "gelu", "gelu_tanh", "silu"),
    "positions": ("learned", "sinusoidal", "rotary", "none"),
}


@dataclass(frozen=True)
class Config:
    """Sizes and architecture. Raises ModelError for values that fit no transformer.

    residual: "post" normalises what a sublayer and the stream add up to (the chapter's equations 10.32 to 10.37);
    "pre" normalises what a sublayer reads and leaves the stream as it is, as the field means it; "pre-as-printed" is
    the chapter's Lemma 1.1, where the normalised vector replaces the stream and keys and values read the raw one.
    n_kv_heads: heads of keys and values, each shared by n_heads / n_kv_heads heads of queries. gated: the MLP is
    act(x W_gate) * (x W_in) + b_in before W_out, which with silu is SwiGLU. embedding_norm: a LayerNorm after the
    embeddings, as in BERT. n_types: how many types of tokens have an embedding of their own, as in BERT; texts are
    read with type 0. positions: "learned" adds a vector for each position, as in GPT-2 and BERT; "sinusoidal" adds the
    fixed ones of "Attention is all you need"; "rotary" turns queries and keys. rotary_base: the base of the angles'
    geometric sequence. tied: W_U is W_E transposed, and takes no memory.

    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> config.d_head, config.n_kv_heads
    (4, 2)
    """

    n_layers: int
    d_model: int
    n_heads: int
    d_mlp: int
    d_vocab: int
    n_ctx: int
    d_head: int = 0
    n_kv_heads: int = 0
    residual: Residual = "pre"
    norm: Norm = "layer"
    eps: float = 1e-5
    activation: Activation = "gelu_tanh"
    gated: bool = False
    positions: Positions = "learned"
    rotary_base: float = 10000.0
    causal: bool = True
    embedding_norm: bool = False
    n_types: int = 0
    final_norm: bool = True
    unembed: bool = True
    tied: bool = False

    def __post_init__(self) -> None:
        if self.n_heads > 0 and self.d_model > 0:
            object.__setattr__(self, "d_head", self.d_head or self.d_model // self.n_heads)
        object.__setattr__(self, "n_kv_heads", self.n_kv_heads or self.n_heads)
        for name in ("d_model", "n_heads", "d_head", "n_kv_heads", "d_mlp", "d_vocab", "n_ctx"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ModelError(f"{name} is {value!r}, it must be a positive integer")
        for name in ("n_layers", "n_types"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise ModelError(f"{name} is {value!r}, it must be a natural number")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ModelError(f"{name} is {getattr(self, name)!r}, it must be one of {', '.join(choices)}")
        if self.n_heads % self.n_kv_heads:
            raise ModelError(f"{self.n_heads} heads of queries cannot share {self.n_kv_heads} heads of keys evenly")
        if self.positions == "rotary" and self.d_head % 2:
            raise ModelError(f"rotary positions turn pairs of coordinates, but d_head = {self.d_head} is odd")
        if not 0 <= self.eps < 1:
            raise ModelError(f"eps is {self.eps!r}, it must be a small number that is not negative")
        if not 0 < self.rotary_base < float("inf"):
            raise ModelError(f"rotary_base is {self.rotary_base!r}, it must be a positive number")
        if self.tied and not self.unembed:
            raise ModelError("a model without unembedding cannot be tied")
