"""What a checkpoint says of its architecture - config.json, or the metadata of a GGUF file - as a Config.

What the transformer here does not do is refused by name: a setting that is passed over would make another model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from ..config import Activation, Config
from ..errors import ModelError

MOST = 1 << 24  # for sizes: a vocabulary or a context of millions may be, one of billions is a damaged file
MOST_LAYERS = 4096
_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}


def from_settings(settings: Mapping[str, Any]) -> Config:
    """The Config that Hugging Face's settings describe (config.json, or `model.config.to_dict()`).

    Raises ModelError for other architectures than GPT-2, BERT and Llama, and for settings that are missing or unknown.

    >>> from_settings({"model_type": "mamba"})
    Traceback (most recent call last):
        ...
    numeric.errors.ModelError: the architecture 'mamba' is not known; known are gpt2, bert, llama
    """
    return _READERS[_known(settings.get("model_type"), _READERS)](_Settings(settings))


def from_metadata(metadata: Mapping[str, Any], tied: bool) -> Config:
    """The Config that the metadata of a GGUF file describes; whether it is tied, its tensors say."""
    return _GGUF_READERS[_known(metadata.get("general.architecture"), _GGUF_READERS)](_Settings(metadata), tied)


def _known(name: Any, readers: Collection[str]) -> str:
    if not isinstance(name, str) or name not in readers:
        raise ModelError(f"the architecture {str(name)[:80]!r} is not known; known are {', '.join(readers)}")
    return name


class _Settings:
    """Settings by name, each checked for its type and its size."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    def size(self, name: str, default: int | None = None, most: int = MOST) -> int:
        value = self.given.get(name)
        if value is None:
            if default is None:
                raise ModelError(f"the setting {name} is missing")
            return default
        if type(value) is not int or not 1 <= value <= most:
            raise ModelError(f"the setting {name} is {str(value)[:40]}, expected a whole number from 1 to {most}")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        value = self.given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ModelError(f"the setting {name} is {str(value)[:40]}, expected a number")
        try:
            return float(value)
        except OverflowError:
            raise ModelError(f"the setting {name} is too large") from None

    def flag(self, name: str, default: bool) -> bool:
        value = self.given.get(name, default)
        if not isinstance(value, bool):
            raise ModelError(f"the setting {name} is {str(value)[:40]}, expected true or false")
        return value

    def activation(self, name: str, default: str) -> Activation:
        value = self.given.get(name, default)
        if not isinstance(value, str) or value not in _ACTIVATIONS:
            raise ModelError(f"the setting {name} is {str(value)[:40]!r}, known are {', '.join(_ACTIVATIONS)}")
        return cast(Activation, _ACTIVATIONS[value])

    def only(self, name: str, *allowed: Any) -> None:
        """Refuse a setting that asks for what is not done here; None stands for one that is absent."""
        if self.given.get(name) not in allowed:
            raise ModelError(f"the setting {name} is {str(self.given[name])[:80]}, which is not supported")


def _gpt2(s: _Settings) -> Config:
    s.only("scale_attn_weights", None, True)
    s.only("scale_attn_by_inverse_layer_idx", None, False)
    s.only("add_cross_attention", None, False)
    d = s.size("n_embd")
    return Config(
        n_layers=s.size("n_layer", most=MOST_LAYERS),
        d_model=d,
        n_heads=_dividing(s.size("n_head"), d),
        d_mlp=s.size("n_inner", 4 * d),
        d_vocab=s.size("vocab_size"),
        n_ctx=s.size("n_positions"),
        eps=s.number("layer_norm_epsilon", 1e-5),
        activation=s.activation("activation_function", "gelu_new"),
        tied=s.flag("tie_word_embeddings", True),
    )


def _bert(s: _Settings) -> Config:
    s.only("position_embedding_type", None, "absolute")
    s.only("is_decoder", None, False)
    s.only("add_cross_attention", None, False)
    d = s.size("hidden_size")
    return Config(
        n_layers=s.size("num_hidden_layers", most=MOST_LAYERS),
        d_model=d,
        n_heads=_dividing(s.size("num_attention_heads"), d),
        d_mlp=s.size("intermediate_size"),
        d_vocab=s.size("vocab_size"),
        n_ctx=s.size("max_position_embeddings"),
        residual="post",
        eps=s.number("layer_norm_eps", 1e-12),
        activation=s.activation("hidden_act", "gelu"),
        causal=False,
        embedding_norm=True,
        n_types=s.size("type_vocab_size", 2),
        final_norm=False,
        unembed=False,
    )


def _llama(s: _Settings) -> Config:
    s.only("mlp_bias", None, False)
    rope = s.given.get("rope_parameters") or s.given.get("rope_scaling") or {}  # the newer name, the older one
    kind = rope.get("rope_type", rope.get("type", "default")) if isinstance(rope, dict) else rope
    if kind != "default":
        raise ModelError(f"rotary positions of the kind {str(kind)[:40]!r} are not supported, only the default ones")
    base = _Settings(rope if "rope_theta" in rope else s.given)
    d, heads = s.size("hidden_size"), s.size("num_attention_heads")
    return Config(
        n_layers=s.size("num_hidden_layers", most=MOST_LAYERS),
        d_model=d,
        n_heads=heads,
        d_mlp=s.size("intermediate_size"),
        d_vocab=s.size("vocab_size"),
        n_ctx=s.size("max_position_embeddings"),
        d_head=s.size("head_dim", d // _dividing(heads, d) if s.given.get("head_dim") is None else None),
        n_kv_heads=s.size("num_key_value_heads", heads),
        norm="rms",
        eps=s.number("rms_norm_eps", 1e-6),
        activation=s.activation("hidden_act", "silu"),
        gated=True,
        positions="rotary",
        rotary_base=base.number("rope_theta", 10000.0),
        tied=s.flag("tie_word_embeddings", False),
    )


def _gguf_llama(s: _Settings, tied: bool) -> Config:
    s.only("llama.rope.scaling.type", None, "none")
    s.only("llama.expert_count", None, 0)
    d, heads = s.size("llama.embedding_length"), s.size("llama.attention.head_count")
    d_head = s.size("llama.attention.key_length", d // _dividing(heads, d))
    s.only("llama.rope.dimension_count", None, d_head)
    s.only("llama.attention.value_length", None, d_head)
    tokens = s.given.get("tokenizer.ggml.tokens")
    return Config(
        n_layers=s.size("llama.block_count", most=MOST_LAYERS),
        d_model=d,
        n_heads=heads,
        d_mlp=s.size("llama.feed_forward_length"),
        d_vocab=s.size("llama.vocab_size", len(tokens) if isinstance(tokens, list) else None),
        n_ctx=s.size("llama.context_length"),
        d_head=d_head,
        n_kv_heads=s.size("llama.attention.head_count_kv", heads),
        norm="rms",
        eps=s.number("llama.attention.layer_norm_rms_epsilon"),
        activation="silu",
        gated=True,
        positions="rotary",
        rotary_base=s.number("llama.rope.freq_base", 10000.0),
        tied=tied,
    )


def _dividing(heads: int, d_model: int) -> int:
    if d_model % heads:
        raise ModelError(f"{heads} heads do not divide a stream of {d_model} evenly")
    return heads


_READERS: Mapping[str, Callable[[_Settings], Config]] = {"gpt2": _gpt2, "bert": _bert, "llama": _llama}
_GGUF_READERS: Mapping[str, Callable[[_Settings, bool], Config]] = {"llama": _gguf_llama}
