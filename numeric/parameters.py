"""The parameters of a transformer under the field's names, with the shape that each must have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from .config import Config
from .errors import ModelError
from .functions import Array

Shape = tuple[int, ...]


def shapes(config: Config) -> dict[str, Shape]:
    """The name and the shape of every parameter. Vectors are rows: a layer computes x W + b.

    >>> config = Config(n_layers=1, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> found = shapes(config)
    >>> found["embed.W_E"], found["blocks.0.attn.W_Q"], found["blocks.0.mlp.W_out"]
    ((5, 8), (2, 8, 4), (16, 8))
    """
    return dict(_shapes(config))


def _shapes(c: Config) -> Iterator[tuple[str, Shape]]:
    yield "embed.W_E", (c.d_vocab, c.d_model)
    if c.n_types:
        yield "embed.W_type", (c.n_types, c.d_model)
    if c.positions == "learned":
        yield "pos_embed.W_pos", (c.n_ctx, c.d_model)
    if c.embedding_norm:
        yield from _norm(c, "embed.ln")
    for layer in range(c.n_layers):
        at = f"blocks.{layer}"
        yield from _norm(c, f"{at}.ln1")
        for side, heads in (("Q", c.n_heads), ("K", c.n_kv_heads), ("V", c.n_kv_heads)):
            yield f"{at}.attn.W_{side}", (heads, c.d_model, c.d_head)
            yield f"{at}.attn.b_{side}", (heads, c.d_head)
        yield f"{at}.attn.W_O", (c.n_heads, c.d_head, c.d_model)
        yield f"{at}.attn.b_O", (c.d_model,)
        yield from _norm(c, f"{at}.ln2")
        yield f"{at}.mlp.W_in", (c.d_model, c.d_mlp)
        if c.gated:
            yield f"{at}.mlp.W_gate", (c.d_model, c.d_mlp)
        yield f"{at}.mlp.b_in", (c.d_mlp,)
        yield f"{at}.mlp.W_out", (c.d_mlp, c.d_model)
        yield f"{at}.mlp.b_out", (c.d_model,)
        if c.residual == "pre-as-printed":
            yield from _norm(c, f"{at}.ln3")
    if c.final_norm:
        yield from _norm(c, "ln_final")
    if c.unembed:
        yield "unembed.W_U", (c.d_model, c.d_vocab)
        yield "unembed.b_U", (c.d_vocab,)


def _norm(c: Config, at: str) -> Iterator[tuple[str, Shape]]:
    yield f"{at}.w", (c.d_model,)
    if c.norm == "layer":
        yield f"{at}.b", (c.d_model,)


def is_bias(name: str) -> bool:
    """Whether a parameter is added, so that it is 0 where a checkpoint has none."""
    return name.rpartition(".")[2].startswith("b_")


def checked(config: Config, given: Mapping[str, Array]) -> dict[str, Array]:
    """The parameters, each of its shape, finite and of one precision; biases that are missing are 0.

    The unembedding of a tied model need not be given; it is a view of the embedding in any case.
    Raises ModelError naming the tensor, with what was expected.
    """
    wanted = shapes(config)
    if config.tied and "embed.W_E" in given:
        given = {**given, "unembed.W_U": _tied(given)}
    unknown = [name for name in given if name not in wanted]
    if unknown:
        raise ModelError(f"{unknown[0]} is no parameter of this architecture")
    missing = [name for name in wanted if name not in given and not is_bias(name)]
    if missing:
        raise ModelError(f"the tensor {missing[0]} is missing; expected {by(wanted[missing[0]])}")
    kinds = {np.dtype(value.dtype) for value in given.values()}
    if len(kinds) != 1 or next(iter(kinds)).kind != "f":
        names = ", ".join(sorted(map(str, kinds)))
        raise ModelError(f"all parameters must have one floating-point precision, these have {names}")
    (kind,) = kinds
    found = {}
    for name, shape in wanted.items():
        value = given[name] if name in given else np.zeros(shape, kind)
        if value.shape != shape:
            raise ModelError(f"{name} is {by(value.shape)}, expected {by(shape)}")
        if not np.isfinite(value).all():
            raise ModelError(f"{name} has an entry that is infinite or no number")
        found[name] = value
    return found


def _tied(given: Mapping[str, Array]) -> Array:
    """The embedding transposed. Raises ModelError if another unembedding is given."""
    view = given["embed.W_E"].T
    other = given.get("unembed.W_U", view)
    if not same_memory(view, other) and not np.array_equal(view, other):
        raise ModelError("unembed.W_U differs from embed.W_E transposed, though the model is tied")
    return view


def same_memory(a: Array, b: Array) -> bool:
    """Whether two arrays are the same numbers at the same place."""
    places = [(x.__array_interface__["data"][0], x.strides, x.shape, x.dtype) for x in (a, b)]
    return places[0] == places[1]


def by(shape: Shape) -> str:
    """A shape in words.

    >>> by((768, 3072))
    '768 x 3072'
    """
    return " x ".join(map(str, shape)) or "a single number"


def random_parameters(config: Config, seed: int = 0, dtype: str = "float32", scale: float = 0.02) -> dict[str, Array]:
    """Parameters for tests and benchmarks: normal with this scale, gains around 1.

    >>> config = Config(n_layers=1, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> random_parameters(config)["ln_final.w"].shape
    (8,)
    """
    source = np.random.default_rng(seed)
    made: dict[str, Array] = {}
    for name, shape in shapes(config).items():
        if config.tied and name == "unembed.W_U":
            made[name] = made["embed.W_E"].T
            continue
        value = source.standard_normal(shape) * scale
        made[name] = (value + 1 if name.endswith(".w") else value).astype(dtype)
    return made
