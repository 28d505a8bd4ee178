"""The names and layouts that checkpoints use, and the parameters of this package that they stand for.

PyTorch keeps the matrix of a linear layer as [out, in] and computes W x; this package computes x W with [in, out], so
that matrices are turned. GPT-2 keeps [in, out]. All heads stand side by side in one matrix; taking them apart is a
view, so that weights of the wanted precision stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..config import Config
from ..errors import ModelError
from ..functions import Array
from ..parameters import is_bias, shapes
from .tensors import Tensors

Parameters = dict[str, Array]

_LLAMA = {
    "embed": "embed_tokens.weight", "layer": "layers", "final": "norm.weight", "unembed": "lm_head.weight",
    "ln1": "input_layernorm", "ln2": "post_attention_layernorm",
    "Q": "self_attn.q_proj", "K": "self_attn.k_proj", "V": "self_attn.v_proj", "O": "self_attn.o_proj",
    "gate": "mlp.gate_proj", "in": "mlp.up_proj", "out": "mlp.down_proj",
}  # fmt: skip
_GGUF = {
    "embed": "token_embd.weight", "layer": "blk", "final": "output_norm.weight", "unembed": "output.weight",
    "ln1": "attn_norm", "ln2": "ffn_norm", "Q": "attn_q", "K": "attn_k", "V": "attn_v", "O": "attn_output",
    "gate": "ffn_gate", "in": "ffn_up", "out": "ffn_down",
}  # fmt: skip


def parameters_of(
    config: Config, source: Mapping[str, Any], dtype: str | None = None, notes: list[str] | None = None
) -> Parameters:
    """The parameters of a model from the tensors of a checkpoint, in any of the layouts known here.

    What is left out, such as a pooler, is added to the notes. Raises ModelError, naming the tensor, for tensors that
    are missing, of another shape, not finite, or of no part of the architecture.
    """
    tensors = Tensors(source, dtype)
    for mark, layout in LAYOUTS.items():
        prefix = tensors.prefix(mark)
        if prefix is not None:
            found = layout(config, tensors, prefix, notes if notes is not None else [])
            tensors.finish()
            return found
    raise ModelError(f"the tensors are in no layout known here: there is none of {', '.join(LAYOUTS)}")


def _gpt2(c: Config, t: Tensors, prefix: str, notes: list[str]) -> Parameters:
    d = c.d_model
    p = {
        "embed.W_E": t.take(f"{prefix}wte.weight", c.d_vocab, d),
        "pos_embed.W_pos": t.take(f"{prefix}wpe.weight", c.n_ctx, d),
    }
    for layer in range(c.n_layers):
        at, of = f"blocks.{layer}", f"{prefix}h.{layer}"
        p |= _norm(t, f"{at}.ln1", f"{of}.ln_1", d)
        weight, bias = t.take(f"{of}.attn.c_attn.weight", d, 3 * d), t.take(f"{of}.attn.c_attn.bias", 3 * d)
        for i, side in enumerate("QKV"):
            part = slice(i * d, (i + 1) * d)
            p[f"{at}.attn.W_{side}"] = _heads(weight[:, part], c.n_heads)
            p[f"{at}.attn.b_{side}"] = bias[part].reshape(c.n_heads, c.d_head)
        p[f"{at}.attn.W_O"] = t.take(f"{of}.attn.c_proj.weight", d, d).reshape(c.n_heads, c.d_head, d)
        p[f"{at}.attn.b_O"] = t.take(f"{of}.attn.c_proj.bias", d)
        p |= _norm(t, f"{at}.ln2", f"{of}.ln_2", d)
        p[f"{at}.mlp.W_in"] = t.take(f"{of}.mlp.c_fc.weight", d, c.d_mlp)
        p[f"{at}.mlp.b_in"] = t.take(f"{of}.mlp.c_fc.bias", c.d_mlp)
        p[f"{at}.mlp.W_out"] = t.take(f"{of}.mlp.c_proj.weight", c.d_mlp, d)
        p[f"{at}.mlp.b_out"] = t.take(f"{of}.mlp.c_proj.bias", d)
    t.leave(f"{prefix}h.*.attn.bias", f"{prefix}h.*.attn.masked_bias")  # the causal mask, which older files carry
    return p | _norm(t, "ln_final", f"{prefix}ln_f", d) | _unembedding(c, t, p["embed.W_E"])


def _bert(c: Config, t: Tensors, prefix: str, notes: list[str]) -> Parameters:
    d = c.d_model
    p = {
        "embed.W_E": t.take(f"{prefix}embeddings.word_embeddings.weight", c.d_vocab, d),
        "embed.W_type": t.take(f"{prefix}embeddings.token_type_embeddings.weight", c.n_types, d),
        "pos_embed.W_pos": t.take(f"{prefix}embeddings.position_embeddings.weight", c.n_ctx, d),
    }
    p |= _norm(t, "embed.ln", f"{prefix}embeddings.LayerNorm", d)
    for layer in range(c.n_layers):
        at, of = f"blocks.{layer}", f"{prefix}encoder.layer.{layer}"
        for side, name in (("Q", "query"), ("K", "key"), ("V", "value")):
            p |= _reads(t, f"{at}.attn", side, f"{of}.attention.self.{name}", (d, c.n_heads, c.d_head), True)
        p |= _writes(t, f"{at}.attn", f"{of}.attention.output.dense", (c.n_heads, c.d_head, d), True)
        p |= _norm(t, f"{at}.ln1", f"{of}.attention.output.LayerNorm", d)
        p[f"{at}.mlp.W_in"] = t.take(f"{of}.intermediate.dense.weight", c.d_mlp, d).T
        p[f"{at}.mlp.b_in"] = t.take(f"{of}.intermediate.dense.bias", c.d_mlp)
        p[f"{at}.mlp.W_out"] = t.take(f"{of}.output.dense.weight", d, c.d_mlp).T
        p[f"{at}.mlp.b_out"] = t.take(f"{of}.output.dense.bias", d)
        p |= _norm(t, f"{at}.ln2", f"{of}.output.LayerNorm", d)
    t.leave(f"{prefix}embeddings.position_ids")  # 0, 1, 2, .., which older files carry
    for head in ("pooler", "cls"):
        if t.leave(f"{prefix}{head}.*", f"{head}.*"):
            notes.append(f"the head {head} is left out: the model ends with the stream")
    return p


def _llama(c: Config, t: Tensors, prefix: str, notes: list[str], names: Mapping[str, str] = _LLAMA) -> Parameters:
    d = c.d_model
    p = {"embed.W_E": t.take(prefix + names["embed"], c.d_vocab, d)}
    for layer in range(c.n_layers):
        at, of = f"blocks.{layer}", f"{prefix}{names['layer']}.{layer}"
        p[f"{at}.ln1.w"] = t.take(f"{of}.{names['ln1']}.weight", d)
        for side, heads in (("Q", c.n_heads), ("K", c.n_kv_heads), ("V", c.n_kv_heads)):
            name = f"{of}.{names[side]}"
            bias, turned = f"{name}.bias" in t, names is _GGUF and side != "V"
            p |= _reads(t, f"{at}.attn", side, name, (d, heads, c.d_head), bias, turned)
        name = f"{of}.{names['O']}"
        p |= _writes(t, f"{at}.attn", name, (c.n_heads, c.d_head, d), f"{name}.bias" in t)
        p[f"{at}.ln2.w"] = t.take(f"{of}.{names['ln2']}.weight", d)
        p[f"{at}.mlp.W_gate"] = t.take(f"{of}.{names['gate']}.weight", c.d_mlp, d).T
        p[f"{at}.mlp.W_in"] = t.take(f"{of}.{names['in']}.weight", c.d_mlp, d).T
        p[f"{at}.mlp.W_out"] = t.take(f"{of}.{names['out']}.weight", d, c.d_mlp).T
    p["ln_final.w"] = t.take(prefix + names["final"], d)
    t.leave("*.rotary_emb.inv_freq")  # they follow from the base of the angles, which is in the configuration
    return p | _unembedding(c, t, p["embed.W_E"], names["unembed"])


def _gguf_llama(c: Config, t: Tensors, prefix: str, notes: list[str]) -> Parameters:
    """llama.cpp turns neighbours (2i, 2i + 1) by one angle where others turn (i, i + d_head / 2), so its files have
    the outputs of queries and keys in another order, which is undone here."""
    return _llama(c, t, prefix, notes, _GGUF)


def _transformer_lens(c: Config, t: Tensors, prefix: str, notes: list[str]) -> Parameters:
    """The names of this package, which are those of TransformerLens up to the few in _LENS."""
    p = {}
    for name, shape in shapes(c).items():
        place, _, last = name.rpartition(".")
        others = [f"{place}._{last}", _LENS.get(name, name)]  # keys and values that are shared have an underscore there
        given = next((other for other in (name, *others) if other in t), name)
        if given in t or not (is_bias(name) or (c.tied and name == "unembed.W_U")):
            p[name] = t.take(given, *shape)
    t.leave("blocks.*.attn.mask", "blocks.*.attn.IGNORE", "blocks.*.attn.rotary_sin", "blocks.*.attn.rotary_cos")
    for head in ("mlm_head", "nsp_head", "pooler") if not c.unembed else ():
        if t.leave(f"{head}.*"):
            notes.append(f"the head {head} is left out: the model ends with the stream")
    if not c.unembed:
        t.leave("unembed.*")
    return p


_LENS = {
    "embed.W_E": "embed.embed.W_E",
    "embed.W_type": "embed.token_type_embed.W_token_type",
    "pos_embed.W_pos": "embed.pos_embed.W_pos",
}

# A tensor that every checkpoint of a layout has, however its names are prefixed -> how it is read.
LAYOUTS: Mapping[str, Callable[[Config, Tensors, str, list[str]], Parameters]] = {
    "wte.weight": _gpt2,
    "embeddings.word_embeddings.weight": _bert,
    "embed_tokens.weight": _llama,
    "token_embd.weight": _gguf_llama,
    "embed.W_E": _transformer_lens,
}


def _norm(t: Tensors, at: str, of: str, d: int) -> Parameters:
    return {f"{at}.w": t.take(f"{of}.weight", d), f"{at}.b": t.take(f"{of}.bias", d)}


def _heads(weight: Array, heads: int) -> Array:
    """[d_model, heads * d_head] -> [heads, d_model, d_head], a view."""
    return weight.reshape(len(weight), heads, -1).transpose(1, 0, 2)


def _reads(
    t: Tensors, at: str, side: str, of: str, sizes: tuple[int, int, int], bias: bool, turned: bool = False
) -> Parameters:
    """turned: the outputs of each head come in pairs, and are put apart into first and second partners."""
    d, heads, d_head = sizes
    weight = t.take(f"{of}.weight", heads * d_head, d)
    p = {f"{at}.W_{side}": _heads((_apart(weight, heads) if turned else weight).T, heads)}
    if bias:
        value = t.take(f"{of}.bias", heads * d_head)
        p[f"{at}.b_{side}"] = (_apart(value, heads) if turned else value).reshape(heads, d_head)
    return p


def _apart(value: Array, heads: int) -> Array:
    """Rows [heads * d_head, ..] that lie pair by pair in each head -> all first partners, then all second ones.

    >>> _apart(np.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    return value.reshape(heads, -1, 2, *value.shape[1:]).swapaxes(1, 2).reshape(value.shape)


def _writes(t: Tensors, at: str, of: str, sizes: tuple[int, int, int], bias: bool) -> Parameters:
    heads, d_head, d = sizes
    p = {f"{at}.W_O": t.take(f"{of}.weight", d, heads * d_head).T.reshape(sizes)}
    if bias:
        p[f"{at}.b_O"] = t.take(f"{of}.bias", d)
    return p


def _unembedding(c: Config, t: Tensors, embedding: Array, name: str = "lm_head.weight") -> Parameters:
    """Nothing for a tied model, except that a copy of the embedding which the file may carry must be one."""
    if not c.unembed:
        return {}
    if not c.tied:
        return {"unembed.W_U": t.take(name, c.d_vocab, c.d_model).T}
    if name in t and not np.array_equal(t.take(name, c.d_vocab, c.d_model), embedding):
        raise ModelError(f"the tensor {name} differs from the embedding, though the configuration ties them")
    return {}
