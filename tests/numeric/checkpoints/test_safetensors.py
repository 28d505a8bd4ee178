"""Safetensors files that are cut short, that lie, or that were damaged: one clear error each, and nothing else."""

from __future__ import annotations

import json
import random
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from numeric.checkpoints import load
from numeric.checkpoints.safetensors_file import SafetensorsFile
from numeric.errors import ModelError

Write = Callable[..., None]


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_the_library_writes_what_is_read(tmp_path: Path) -> None:
    """The reader here is our own, so that its errors are; the library that defines the format writes for it."""
    source = np.random.default_rng(0)
    given = {
        "a": source.standard_normal((3, 4)),
        "b": source.standard_normal(5).astype("float32"),
        "c": source.standard_normal((2, 1, 2)).astype("float16"),
        "none": np.zeros((0, 3)),
        "one": np.array(2.5),
    }
    save_file(given, tmp_path / "x.safetensors", metadata={"format": "np"})
    file = SafetensorsFile(tmp_path / "x.safetensors")
    assert set(file) == set(given) and len(file) == 5
    for name, value in given.items():
        assert file[name].dtype == value.dtype and np.array_equal(file[name], value)


def test_nothing_is_copied(tmp_path: Path) -> None:
    """A model of the precision of its file stays on disk until it is used."""
    save_file({"a": np.ones((3, 4))}, tmp_path / "x.safetensors")
    value = SafetensorsFile(tmp_path / "x.safetensors")["a"]
    assert not value.flags.owndata and not value.flags.writeable


def test_bfloat16_is_widened(tmp_path: Path, with_header: Write) -> None:
    """The sixteen bits are the upper half of a float32: 0x3FC0 is 1.5, 0xC000 is -2."""
    path = tmp_path / "x.safetensors"
    with_header(path, {"a": entry("BF16", [2], 0, 4)}, struct.pack("<2H", 0x3FC0, 0xC000))
    assert SafetensorsFile(path)["a"].tolist() == [1.5, -2.0]


@pytest.mark.parametrize(
    ("header", "data", "length", "message"),
    [
        ({}, b"", 1000, "says that it is 1000 bytes long, but only 2 bytes follow"),
        ({}, b"", 2**63, "says that it is 9223372036854775808 bytes long"),
        (b"not JSON", b"", None, "the header is not JSON"),
        (b"[" * 100_000, b"", None, "the header is not JSON: nested too deeply"),
        (b"\xff\xfe", b"", None, "the header is not JSON"),
        (b"[1, 2]", b"", None, "the header is not a JSON object"),
        (b'{"a": {}, "a": {}}', b"", None, "two entries 'a'"),
        (b'{"a": ' + b"9" * 10_000 + b"}", b"", None, "the header is not JSON"),
        ({"a": 1}, b"", None, "the tensor a must be described by dtype, shape and data_offsets"),
        ({"a": entry("F32", [2], 0, 8) | {"more": 1}}, b"8" * 8, None, "the tensor a must be described by"),
        ({"a": entry("F31", [2], 0, 8)}, b"8" * 8, None, "the tensor a has the unknown dtype 'F31'"),
        ({"a": entry("F32", [-2], 0, 8)}, b"8" * 8, None, r"the tensor a has the shape [-2]"),
        ({"a": entry("F32", [2.0], 0, 8)}, b"8" * 8, None, r"the tensor a has the shape [2.0]"),  # type: ignore[list-item]
        ({"a": entry("F32", [2**62, 2**62], 0, 8)}, b"8" * 8, None, "the tensor a has the shape"),
        ({"a": entry("F32", [2**40, 2**40], 0, 8)}, b"8" * 8, None, "the tensor a is 1099511627776 x 1099511627776"),
        ({"a": entry("F32", [2], 8, 0)}, b"8" * 8, None, "the tensor a has the offsets [8, 0]"),
        ({"a": entry("F32", [2], -8, 0)}, b"8" * 8, None, "the tensor a has the offsets [-8, 0]"),
        ({"a": entry("F32", [2], 0, 16)}, b"8" * 8, None, "the tensor a ends at byte 16, but only 8 bytes follow"),
        (
            {"a": entry("F32", [3], 0, 8)},
            b"8" * 8,
            None,
            "the tensor a is 3 of F32, which takes 12 bytes, but it has 8",
        ),
        (
            {"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)},
            b"8" * 12,
            None,
            "the tensors a and b overlap",
        ),
        ({"a": entry("F32", [2], 4, 12)}, b"8" * 12, None, "4 bytes before the tensor a belong to no tensor"),
        ({"a": entry("F32", [2], 0, 8)}, b"8" * 12, None, "the tensors take 8 bytes, but 12 bytes follow"),
    ],
)
def test_lies_are_refused(
    header: Any, data: bytes, length: int | None, message: str, tmp_path: Path, with_header: Write
) -> None:
    """A header that is believed would read other bytes than those of the tensor, or none, or allocate without bound."""
    path = tmp_path / "x.safetensors"
    with_header(path, header, data, length)
    with pytest.raises(ModelError, match=re.escape(message)):
        SafetensorsFile(path)


def test_a_header_without_end_is_not_read(tmp_path: Path) -> None:
    """The length is bounded before the header is read: a sparse file of a gigabyte takes no memory here."""
    path = tmp_path / "x.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", (1 << 30) - 8))
        file.truncate(1 << 30)
    with pytest.raises(ModelError, match="at most 16777216 are read"):
        SafetensorsFile(path)


@pytest.mark.parametrize("name", ["gpt2", "bert", "llama"])
def test_files_that_are_cut_short(name: str, tiny: Callable[[str], Path]) -> None:
    """A download that broke off, wherever it did, is said to be one."""
    folder = tiny(name)
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    for size in [0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(ModelError, match=r"cut short|bytes follow") as caught:
            load(folder)
        assert str(folder) in str(caught.value)


def test_integers_are_no_weights(tmp_path: Path, with_header: Write) -> None:
    path = tmp_path / "x.safetensors"
    with_header(path, {"a": entry("I32", [2], 0, 8)}, b"8" * 8)
    with pytest.raises(ModelError, match="the tensor a has numbers of the kind I32"):
        SafetensorsFile(path)["a"]


def test_damage_anywhere_in_the_header(tiny: Callable[[str], Path]) -> None:
    """Whatever a broken byte does, it ends in a model or in a ModelError; never in another exception."""
    folder, source = tiny("llama"), random.Random(0)
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    end = 8 + int.from_bytes(whole[:8], "little")
    seen = 0
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(source.choice([1, 1, 3])):
            broken[source.randrange(end)] = source.choice(b'0123456789{}[]",:\\ \x00\xff')
        path.write_bytes(broken)
        try:
            load(folder)
        except ModelError:
            seen += 1
    assert seen > 200
    assert json.loads(whole[8:end])
