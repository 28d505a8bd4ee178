"""What a run computes on the way: the names that the field uses for it (TransformerLens), with shapes, in order."""

from __future__ import annotations

from collections.abc import Iterator

from .config import Config
from .parameters import Shape


def hook_shapes(config: Config, n: int) -> dict[str, Shape]:
    """The name and the shape of every value that a run over n tokens records, in the order of computation.

    `hook_scale` and `hook_normalized` of a norm are sqrt(variance + eps) and the vector divided by it, before gain and
    bias. `hook_resid_mid` and `hook_resid_post` are the sums after attention and after the MLP; in the blocks that
    normalise the stream itself, `hook_normalized_resid_mid` and `hook_normalized_resid_post` are what goes on.
    `hook_rot_q` and `hook_rot_k` are queries and keys turned by rotary positions. In a gated MLP `hook_pre` is what
    the activation reads and `hook_pre_linear` what it is multiplied with. `hook_full_embed` is the embedding after
    its norm; `unembed.hook_in` and `unembed.hook_out` are the last stream, normalised, and the logits.

    >>> config = Config(n_layers=2, d_model=8, n_heads=4, n_kv_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> found = hook_shapes(config, 3)
    >>> found["blocks.1.attn.hook_k"], found["blocks.1.attn.hook_pattern"], found["blocks.1.hook_resid_mid"]
    ((3, 2, 2), (4, 3, 3), (3, 8))
    """
    return dict(_hooks(config, n))


def _hooks(c: Config, n: int) -> Iterator[tuple[str, Shape]]:
    stream = (n, c.d_model)
    yield "hook_embed", stream
    if c.n_types:
        yield "hook_token_type_embed", stream
    if c.positions in ("learned", "sinusoidal"):
        yield "hook_pos_embed", stream
    if c.embedding_norm:
        yield from _norm("embed.ln", n, c)
        yield "hook_full_embed", stream
    for layer in range(c.n_layers):
        yield from _block(f"blocks.{layer}", n, c)
    if c.final_norm:
        yield from _norm("ln_final", n, c)
    if c.unembed:
        yield "unembed.hook_in", stream
        yield "unembed.hook_out", (n, c.d_vocab)


def _norm(at: str, n: int, c: Config) -> Iterator[tuple[str, Shape]]:
    yield f"{at}.hook_scale", (n, 1)
    yield f"{at}.hook_normalized", (n, c.d_model)


def _block(at: str, n: int, c: Config) -> Iterator[tuple[str, Shape]]:
    stream = (n, c.d_model)
    normalises_the_stream = c.residual != "pre"
    yield f"{at}.hook_resid_pre", stream
    if c.residual != "post":
        yield from _norm(f"{at}.ln1", n, c)
    yield from _attention(f"{at}.attn", n, c)
    yield f"{at}.hook_attn_out", stream
    yield f"{at}.hook_resid_mid", stream
    yield from _norm(f"{at}.{'ln1' if c.residual == 'post' else 'ln2'}", n, c)
    if normalises_the_stream:
        yield f"{at}.hook_normalized_resid_mid", stream
    yield f"{at}.mlp.hook_pre", (n, c.d_mlp)
    if c.gated:
        yield f"{at}.mlp.hook_pre_linear", (n, c.d_mlp)
    yield f"{at}.mlp.hook_post", (n, c.d_mlp)
    yield f"{at}.hook_mlp_out", stream
    yield f"{at}.hook_resid_post", stream
    if normalises_the_stream:
        yield from _norm(f"{at}.{'ln2' if c.residual == 'post' else 'ln3'}", n, c)
        yield f"{at}.hook_normalized_resid_post", stream


def _attention(at: str, n: int, c: Config) -> Iterator[tuple[str, Shape]]:
    queries, keys = (n, c.n_heads, c.d_head), (n, c.n_kv_heads, c.d_head)
    yield f"{at}.hook_q", queries
    yield f"{at}.hook_k", keys
    yield f"{at}.hook_v", keys
    if c.positions == "rotary":
        yield f"{at}.hook_rot_q", queries
        yield f"{at}.hook_rot_k", keys
    yield f"{at}.hook_attn_scores", (c.n_heads, n, n)
    yield f"{at}.hook_pattern", (c.n_heads, n, n)
    yield f"{at}.hook_z", queries
