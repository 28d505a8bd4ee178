"""Safetensors files, mapped into memory.

The format is 8 bytes with the length of a header, the header as JSON, and the numbers: see
https://huggingface.co/docs/safetensors, "Format". The header comes from somebody else, and so all of it is checked
against the file before a single number is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ModelError
from ..functions import Array
from .json_file import parse_object

MOST_HEADER_BYTES = 1 << 24  # 100 bytes a tensor, so a hundred thousand tensors and more
_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip
_FLOATS = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}


@dataclass(frozen=True)
class _Entry:
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class SafetensorsFile(Mapping[str, Array]):
    """The tensors of a file by name, as arrays that are views of the mapped file; only bfloat16 is widened to float32.

    Raises ModelError, naming the tensor, for a header that does not fit the file, and for numbers of an unknown kind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = file.read(_header_length(length, size))
        except OSError as e:
            raise ModelError(f"{path.name} cannot be read: {e.strerror}") from None
        self._entries = _entries(parse_object(header, "the header"), size - 8 - length)
        self._start = 8 + length
        self._bytes: Array = (
            np.memmap(path, np.uint8, mode="r") if size > self._start else np.zeros(self._start, np.uint8)
        )

    def __getitem__(self, name: str) -> Array:
        entry = self._entries[name]
        data: Array = self._bytes[self._start + entry.begin : self._start + entry.end]
        if entry.dtype == "BF16":  # the upper half of a float32
            wide: Array = (data.view("<u2").astype(np.uint32) << np.uint32(16)).view(np.float32)
            return wide.reshape(entry.shape)
        if entry.dtype not in _FLOATS:
            raise ModelError(f"the tensor {name} has numbers of the kind {entry.dtype}, expected F32, F64, F16 or BF16")
        return data.view(_FLOATS[entry.dtype]).reshape(entry.shape)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _header_length(length: int, size: int) -> int:
    if size < 8:
        raise ModelError(f"the file is cut short: it has {size} bytes, the length of the header alone takes 8")
    if length > size - 8:
        raise ModelError(f"the header says that it is {length} bytes long, but only {size - 8} bytes follow")
    if length > MOST_HEADER_BYTES:
        raise ModelError(f"the header says that it is {length} bytes long, at most {MOST_HEADER_BYTES} are read")
    return length


def _entries(header: dict[str, Any], size: int) -> dict[str, _Entry]:
    """The tensors that the header announces; they must lie side by side and fill `size` bytes exactly."""
    found = {name: _entry(name, value, size) for name, value in header.items() if name != "__metadata__"}
    at, before = 0, ""
    for name, entry in sorted(found.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin < at:
            raise ModelError(f"the tensors {before} and {name} overlap in the file")
        if entry.begin > at:
            raise ModelError(f"{entry.begin - at} bytes before the tensor {name} belong to no tensor")
        at, before = entry.end, name
    if at != size:
        raise ModelError(f"the tensors take {at} bytes, but {size} bytes follow the header")
    return found


def _entry(name: str, value: Any, size: int) -> _Entry:
    what = f"the tensor {name[:200]}"
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise ModelError(f"{what} must be described by dtype, shape and data_offsets")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _BYTES:
        raise ModelError(f"{what} has the unknown dtype {str(dtype)[:40]!r}")
    if not _naturals(shape) or len(shape) > 8:
        raise ModelError(f"{what} has the shape {str(shape)[:80]}, expected a list of sizes")
    if not _naturals(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise ModelError(f"{what} has the offsets {str(offsets)[:80]}, expected where it begins and where it ends")
    begin, end = offsets
    if end > size:
        raise ModelError(f"{what} ends at byte {end}, but only {size} bytes follow the header: the file is cut short")
    wanted = math.prod(shape) * _BYTES[dtype]
    if wanted != end - begin:
        by = " x ".join(map(str, shape)) or "a single number"
        raise ModelError(f"{what} is {by} of {dtype}, which takes {wanted} bytes, but it has {end - begin}")
    return _Entry(dtype, tuple(shape), begin, end)


def _naturals(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and 0 <= n < 1 << 62 for n in value)
