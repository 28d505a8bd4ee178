"""GGUF files: what the gguf library writes is read, and what is damaged is refused with one clear error."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from numeric.checkpoints import load
from numeric.checkpoints.gguf_file import GGUFFile
from numeric.errors import ModelError
from numeric.functions import Array

Tensors = Callable[[str], dict[str, Array]]

_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "model.layers": "blk",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write(path: Path, tensors: Mapping[str, Array], **changed: Any) -> Path:
    """The tiny Llama as GGUF, by the library: names, metadata, and the order of queries and keys that llama.cpp has."""
    writer = gguf.GGUFWriter(path, changed.get("architecture", "llama"))
    writer.add_block_count(2)
    writer.add_context_length(16)
    writer.add_embedding_length(24)
    writer.add_feed_forward_length(40)
    writer.add_head_count(changed.get("heads", 4))
    writer.add_head_count_kv(2)
    writer.add_key_length(8)
    writer.add_value_length(8)
    writer.add_vocab_size(29)
    writer.add_rope_dimension_count(changed.get("turned", 8))
    writer.add_rope_freq_base(500.0)
    writer.add_layer_norm_rms_eps(1e-5)
    if "scaling" in changed:
        writer.add_rope_scaling_type(changed["scaling"])
    for name, value in tensors.items():
        for ours, theirs in _NAMES.items():
            name = name.replace(ours, theirs)
        if "attn_q." in name or "attn_k." in name:
            heads = 4 if "attn_q." in name else 2
            value = value.reshape(heads, 2, 4, -1).transpose(0, 2, 1, 3).reshape(value.shape)
        writer.add_tensor(name, np.ascontiguousarray(value))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_the_same_model_in_both_formats(
    tensors: Tensors, references: Mapping[str, Array], reference_folder: Path, tmp_path: Path
) -> None:
    """If queries and keys were left in llama.cpp's order, rotary positions would turn the wrong pairs."""
    theirs = load(reference_folder / "llama").model
    ours = load(write(tmp_path / "x.gguf", tensors("llama"))).model
    assert not ours.config.tied
    assert all(np.array_equal(value, ours.parameters[name]) for name, value in theirs.parameters.items())
    # 1e-5 is stored in single precision there, and in double precision in config.json
    assert ours.config.eps == np.float32(theirs.config.eps)


def test_a_file_without_unembedding_is_tied(tensors: Tensors, tmp_path: Path) -> None:
    given = tensors("llama")
    del given["lm_head.weight"]
    model = load(write(tmp_path / "x.gguf", given)).model
    assert model.config.tied
    assert np.shares_memory(model.parameters["unembed.W_U"], model.parameters["embed.W_E"])


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_1", "Q4_0", "Q5_1", "Q6_K", "BF16", "F16"])
def test_quantised_tensors(kind: str, tmp_path: Path) -> None:
    """The numbers are those that the library's own reader gives, through the header and offsets that are read here."""
    writer = gguf.GGUFWriter(tmp_path / "x.gguf", "llama")
    of = gguf.GGMLQuantizationType[kind]
    values = np.random.default_rng(0).standard_normal((3, 256)).astype("float32")
    if kind == "Q6_K":  # which the library only reads; any bytes are some numbers
        packed = np.random.default_rng(0).integers(0, 100, (3, 210), dtype=np.uint8)
    else:
        packed = gguf.quants.quantize(values, of)
    writer.add_tensor("before", np.ones(5, "float32"))
    writer.add_tensor("a", packed, raw_dtype=of)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = GGUFFile(tmp_path / "x.gguf")["a"]
    (theirs,) = [tensor for tensor in gguf.GGUFReader(tmp_path / "x.gguf").tensors if tensor.name == "a"]
    assert found.shape == (3, 256)
    assert np.array_equal(found, gguf.quants.dequantize(theirs.data, of))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "mamba"}, "the architecture 'mamba' is not known; known are llama"),
        ({"scaling": gguf.RopeScalingType.YARN}, "llama.rope.scaling.type is yarn, which is not supported"),
        ({"turned": 4}, "llama.rope.dimension_count is 4, which is not supported"),
        ({"heads": 5}, "5 heads do not divide a stream of 24 evenly"),
    ],
)
def test_other_models_are_refused(change: dict[str, Any], message: str, tensors: Tensors, tmp_path: Path) -> None:
    """What is passed over would make another model of the file."""
    with pytest.raises(ModelError, match=re.escape(message)):
        load(write(tmp_path / "x.gguf", tensors("llama"), **change))


def test_tensors_that_do_not_fit(tensors: Tensors, tmp_path: Path) -> None:
    """The message names the tensor as the file does."""
    given = tensors("llama")
    missing = {name: value for name, value in given.items() if name != "model.layers.1.mlp.up_proj.weight"}
    with pytest.raises(ModelError, match=re.escape("the tensor blk.1.ffn_up.weight is missing; expected 40 x 24")):
        load(write(tmp_path / "missing.gguf", missing))
    with pytest.raises(ModelError, match=re.escape("the tensor output_norm.weight is 23, expected 24")):
        load(write(tmp_path / "shape.gguf", given | {"model.norm.weight": np.ones(23, "float32")}))
    with pytest.raises(ModelError, match=re.escape("the tensor rope_freqs.weight belongs to no part")):
        load(write(tmp_path / "more.gguf", given | {"rope_freqs.weight": np.ones(4, "float32")}))
    with pytest.raises(ModelError, match=re.escape("the tensor output_norm.weight has an entry that is infinite")):
        load(write(tmp_path / "nan.gguf", given | {"model.norm.weight": np.full(24, np.nan, "float32")}))


def test_files_that_are_cut_short(tensors: Tensors, tmp_path: Path) -> None:
    """Wherever it breaks off: in the magic, in the metadata, among the tensors' names, in the numbers."""
    path = write(tmp_path / "x.gguf", tensors("llama"))
    whole = path.read_bytes()
    for size in [*range(0, 1500, 7), len(whole) // 2, len(whole) - 100]:
        path.write_bytes(whole[:size])
        with pytest.raises(ModelError, match=r"cut short|no GGUF file") as caught:
            load(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GGML" + bytes(60), "this is no GGUF file: it begins with b'GGML'"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "this is GGUF of version 1"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "this is GGUF of version 50331648"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "announces 1152921504606846976 tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "1152921504606846976 entries, which cannot be"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**40), "the name of entry 0 takes 1099511627776 bytes"),
        (b"GGUF" + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"a", 99), "a has the unknown type 99"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"a", 9, 8, 2**50), "a takes 9007199254740992 bytes"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"a", 9, 4, 2**50), "a takes 4503599627370496 bytes"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"a", 9, 9, 1), "a is a list of the type 9"),
        (b"GGUF" + struct.pack("<IQQQ1sI", 3, 1, 0, 1, b"a", 99), "the tensor a is announced twice or has 99 dim"),
        (b"GGUF" + struct.pack("<IQQQ1sIQQIQ", 3, 1, 0, 1, b"a", 2, 32, 0, 2, 0), "the tensor a is 0 x 32"),
        (b"GGUF" + struct.pack("<IQQQ1sIQIQ", 3, 1, 0, 1, b"a", 1, 8, 99, 0), "a has numbers of the unknown kind 99"),
        (b"GGUF" + struct.pack("<IQQQ1sIQIQ", 3, 1, 0, 1, b"a", 1, 8, 2, 0), "rows of 8, but Q4_0 packs blocks of 32"),
        (b"GGUF" + struct.pack("<IQQQ1sIQIQ", 3, 1, 0, 1, b"a", 1, 2**60, 0, 0), "the tensor a lies at bytes 64 to"),
        (b"GGUF" + struct.pack("<IQQQ1sIQIQ", 3, 1, 0, 1, b"\xff", 1, 8, 0, 0), "the name of tensor 0 is not UTF-8"),
        (
            b"GGUF"
            + struct.pack("<IQQQ1sIQIQ", 3, 2, 0, 1, b"a", 1, 9, 0, 0)
            + struct.pack("<Q1sIQIQ", 1, b"b", 1, 8, 0, 32)
            + bytes(200),
            "the tensors a and b overlap",
        ),
    ],
)
def test_lies_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    """Every size that the header states is compared with the file before it is used."""
    path = tmp_path / "x.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=re.escape(message)):
        GGUFFile(path)


def test_damage_anywhere_in_the_header(tensors: Tensors, tmp_path: Path) -> None:
    """Whatever broken bytes do, it ends in a model or in a ModelError; never in another exception."""
    path, source = write(tmp_path / "x.gguf", tensors("llama")), random.Random(0)
    whole = path.read_bytes()
    seen = 0
    for _ in range(400):
        broken = bytearray(whole)
        for _ in range(source.choice([1, 1, 4])):
            broken[source.randrange(1900)] = source.choice([0, 1, 255, source.randrange(256)])
        path.write_bytes(broken)
        try:
            load(path)
        except ModelError:
            seen += 1
    assert seen > 200
