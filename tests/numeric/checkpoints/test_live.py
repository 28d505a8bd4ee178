"""The comparison with PyTorch and transformers anew, where they are installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import pytest

from numeric.checkpoints import Checkpoint, load
from numeric.checkpoints.configs import from_settings
from numeric.config import Config
from numeric.functions import Array
from numeric.transformer import Model

TINY, MINILM, SMOLLM2 = 35, 24, 230  # units in the last place, as in test_agreement.py
Units: TypeAlias = Callable[[Array, Array], float]
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def script(reference_folder: Path) -> ModuleType:
    """The script that makes the references."""
    spec = importlib.util.spec_from_file_location("make_references", reference_folder / "make_references.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_state_dicts_of_pytorch(units: Units, script: ModuleType, references: Mapping[str, Array]) -> None:
    """A model in memory becomes one of ours as it is: from its own settings and its own tensors."""
    for name, theirs in script.tiny_models().items():
        config = from_settings(theirs.config.to_dict())
        expected = script.output(theirs, script.TOKENS)
        assert units(expected, references[name]) <= TINY  # and the committed references are what the script makes
        ours = Model.from_state_dict(config, theirs.state_dict())
        assert ours.dtype == np.float64
        assert units(ours(script.TOKENS), expected) <= TINY


def test_bfloat16(units: Units, script: ModuleType) -> None:
    """NumPy has no bfloat16: it is widened, and nothing is lost by that."""
    theirs = script.tiny_models()["llama"].bfloat16()
    config = from_settings(theirs.config.to_dict())
    ours = Model.from_state_dict(config, theirs.state_dict(), "float64")
    assert units(ours(script.TOKENS), script.output(theirs, script.TOKENS)) <= TINY


def test_saved_in_half_precision_and_in_parts(units: Units, script: ModuleType, tmp_path: Path) -> None:
    """Files as transformers writes them: bfloat16, and several with an index."""
    theirs = script.tiny_models()["llama"].bfloat16()
    theirs.save_pretrained(tmp_path, max_shard_size="8KB")
    assert (tmp_path / "model.safetensors.index.json").exists()
    ours = load(tmp_path).model
    assert units(ours(script.TOKENS), script.output(theirs, script.TOKENS)) <= TINY


@pytest.mark.parametrize(
    "change", [{"tie_word_embeddings": True}, {"attention_bias": True}, {"num_key_value_heads": 1}]
)
def test_llama_in_other_forms(units: Units, change: dict[str, Any], script: ModuleType, tmp_path: Path) -> None:
    """Tied, with biases, with one head of keys for all."""
    import transformers

    config = transformers.LlamaConfig(**(script._LLAMA | change))
    config._attn_implementation = "eager"
    theirs = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    theirs.save_pretrained(tmp_path)
    ours = load(tmp_path).model
    assert ours.config.tied == config.tie_word_embeddings
    assert units(ours(script.TOKENS), script.output(theirs, script.TOKENS)) <= TINY


@pytest.mark.slow
def test_minilm(units: Units, script: ModuleType, minilm: Checkpoint) -> None:
    theirs, words = script.minilm()
    for text in script.TEXTS:
        tokens = words(text)["input_ids"]
        assert minilm.encode(text) == tokens
        assert units(minilm.model(tokens), script.output(theirs, tokens)) <= MINILM


@pytest.mark.slow
def test_smollm2(units: Units, script: ModuleType, smollm2: Checkpoint) -> None:
    theirs, words = script.smollm2()
    for text in script.TEXTS:
        tokens = words(text)["input_ids"]
        assert smollm2.encode(text) == tokens
        assert units(smollm2.model(tokens), script.output(theirs, tokens)) <= SMOLLM2


@pytest.mark.parametrize("shared", [False, True])
def test_state_dicts_of_transformer_lens(units: Units, shared: bool) -> None:
    """The field's own library: its names, its layouts, its model in double precision."""
    lens = pytest.importorskip("transformer_lens")
    sizes: dict[str, Any] = {"n_layers": 2, "d_model": 24, "n_heads": 4, "d_mlp": 40, "d_vocab": 29, "n_ctx": 16}
    if shared:
        theirs_only = {"normalization_type": "RMS", "positional_embedding_type": "rotary", "gated_mlp": True}
        theirs_only |= {"act_fn": "silu", "n_key_value_heads": 2, "rotary_dim": 6, "final_rms": True}
        config = Config(**sizes, n_kv_heads=2, norm="rms", activation="silu", gated=True, positions="rotary")
    else:
        theirs_only = {"normalization_type": "LN", "act_fn": "gelu_new"}
        config = Config(**sizes)
    cfg = lens.HookedTransformerConfig(**sizes, **theirs_only, d_head=6, dtype=torch.float64, seed=0)
    theirs = lens.HookedTransformer(cfg).eval()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
        expected = theirs(torch.tensor([[3, 1, 4, 1, 5]]))[0].numpy()
    ours = Model.from_state_dict(config, theirs.state_dict())
    print(units(ours([3, 1, 4, 1, 5]), expected))
    assert units(ours([3, 1, 4, 1, 5]), expected) <= TINY
