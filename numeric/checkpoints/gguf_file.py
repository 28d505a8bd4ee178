"""GGUF files of llama.cpp, mapped into memory; quantised tensors become numbers by the gguf library.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The library's own reader believes what a file
says of its sizes, and takes seconds for a vocabulary; so the header is read here, checked against the file, and only
the blocks of numbers are handed to the library.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ModelError
from ..functions import Array
from ..optional import needed

MOST_TENSORS = 1 << 17
MOST_ENTRIES = 1 << 16
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_PLAIN = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}


@dataclass(frozen=True)
class _Place:
    kind: Any  # gguf.GGMLQuantizationType
    shape: tuple[int, ...]
    begin: int
    end: int


class GGUFFile(Mapping[str, Array]):
    """The tensors of a file by name: views of the mapped file for F32, F16 and F64, else numbers in float32.

    metadata: what the file says of the model. quantised: the kinds of numbers that were not plain, in order.
    Raises ModelError for what is no GGUF file of version 2 or 3, for a header that does not fit the file, and, naming
    the tensor, for a kind of numbers that the library cannot turn into floats.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._quants = needed("gguf.quants", "reading GGUF")
        self._constants = needed("gguf.constants", "reading GGUF")
        try:
            size = path.stat().st_size
            self._bytes: Array = np.memmap(path, np.uint8, mode="r") if size else np.zeros(0, np.uint8)
        except OSError as e:
            raise ModelError(f"{path.name} cannot be read: {e.strerror}") from None
        header = _Header(self._bytes.data)
        self.metadata, places = header.metadata()
        self._places = self._located(header, places)
        self.quantised = sorted({place.kind.name for place in self._places.values()} - set(_PLAIN))

    def _located(self, header: _Header, places: dict[str, tuple[tuple[int, ...], int, int]]) -> dict[str, _Place]:
        alignment = self.metadata.get("general.alignment", 32)
        if type(alignment) is not int or not 0 < alignment <= 1 << 20 or alignment % 8:
            raise ModelError(f"general.alignment is {alignment!r}, expected a small multiple of 8")
        start = -(-header.at // alignment) * alignment
        found: dict[str, _Place] = {}
        for name, (shape, number, offset) in places.items():
            try:
                kind = self._constants.GGMLQuantizationType(number)
                block, size = self._constants.GGML_QUANT_SIZES[kind]
            except (ValueError, KeyError):
                raise ModelError(f"the tensor {name} has numbers of the unknown kind {number}") from None
            if shape[-1] % block:
                raise ModelError(f"the tensor {name} has rows of {shape[-1]}, but {kind.name} packs blocks of {block}")
            begin = start + offset
            end = begin + math.prod(shape) // block * size
            if offset % alignment or end > len(self._bytes):
                raise ModelError(
                    f"the tensor {name} lies at bytes {begin} to {end}, but the file has {len(self._bytes)} bytes "
                    f"and tensors begin at multiples of {alignment}: the file is cut short or damaged"
                )
            found[name] = _Place(kind, shape, begin, end)
        before = ("", 0)
        for name, place in sorted(found.items(), key=lambda item: (item[1].begin, item[1].end)):
            if place.begin < before[1]:
                raise ModelError(f"the tensors {before[0]} and {name} overlap in the file")
            before = (name, place.end)
        return found

    def __getitem__(self, name: str) -> Array:
        place = self._places[name]
        data: Array = self._bytes[place.begin : place.end].view(np.ndarray)
        if place.kind.name in _PLAIN:
            return data.view(_PLAIN[place.kind.name]).reshape(place.shape)
        rows = data.reshape(*place.shape[:-1], -1)
        try:
            with np.errstate(all="ignore"):  # a damaged scale may be infinite; whoever takes the tensor looks at that
                out: Array = self._quants.dequantize(rows, place.kind)
        except NotImplementedError:
            raise ModelError(f"the tensor {name} is quantised as {place.kind.name}, which gguf cannot undo") from None
        return out.reshape(place.shape)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class _Header:
    """A cursor over the header; whatever it is asked for must lie within the file."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def bytes(self, count: int, what: str) -> memoryview:
        if count > len(self.data) - self.at:
            raise ModelError(f"the file is cut short or damaged: {what} takes {count} bytes at byte {self.at}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, code: str, what: str) -> Any:
        return struct.unpack(f"<{code}", self.bytes(struct.calcsize(f"<{code}"), what))[0]

    def string(self, what: str) -> str:
        try:
            return str(self.bytes(self.number("Q", what), what), "utf-8")
        except UnicodeDecodeError:
            raise ModelError(f"{what} is not UTF-8") from None

    def value(self, kind: int, what: str) -> Any:
        if kind == _STRING:
            return self.string(what)
        if kind in _SCALARS:
            return self.number(_SCALARS[kind], what)
        if kind != _ARRAY:
            raise ModelError(f"{what} has the unknown type {kind}")
        inner, count = self.number("I", what), self.number("Q", what)
        if inner == _STRING:
            self.room(8 * count, what)
            return [self.string(what) for _ in range(count)]
        if inner not in _SCALARS:
            raise ModelError(f"{what} is a list of the type {inner}, which is not read")
        size = struct.calcsize(f"<{_SCALARS[inner]}")
        return list(struct.unpack(f"<{count}{_SCALARS[inner]}", self.bytes(count * size, what)))

    def room(self, count: int, what: str) -> None:
        if count > len(self.data) - self.at:
            raise ModelError(f"the file is cut short or damaged: {what} takes {count} bytes at byte {self.at}")

    def metadata(self) -> tuple[dict[str, Any], dict[str, tuple[tuple[int, ...], int, int]]]:
        """What the file says of the model, and of each tensor its shape, its kind of numbers and its offset."""
        if bytes(self.data[:4]) != b"GGUF":
            raise ModelError(f"this is no GGUF file: it begins with {bytes(self.data[:4])!r}, expected b'GGUF'")
        self.at = 4
        version = self.number("I", "the version")
        if version not in (2, 3):
            raise ModelError(f"this is GGUF of version {version}; versions 2 and 3 are read, in little-endian order")
        tensors, entries = self.number("Q", "the number of tensors"), self.number("Q", "the number of entries")
        if tensors > MOST_TENSORS or entries > MOST_ENTRIES:
            raise ModelError(f"the header announces {tensors} tensors and {entries} entries, which cannot be")
        found: dict[str, Any] = {}
        for i in range(entries):
            key = self.string(f"the name of entry {i}")
            if key in found:
                raise ModelError(f"the header has two entries {key[:80]!r}")
            found[key] = self.value(self.number("I", key), key)
        places: dict[str, tuple[tuple[int, ...], int, int]] = {}
        for i in range(tensors):
            name = self.string(f"the name of tensor {i}")
            dimensions = self.number("I", name)
            if name in places or not 1 <= dimensions <= 4:
                raise ModelError(f"the tensor {name[:80]} is announced twice or has {dimensions} dimensions")
            sizes = tuple(self.number("Q", name) for _ in range(dimensions))
            if not all(sizes):
                raise ModelError(f"the tensor {name} is {' x '.join(map(str, sizes[::-1]))}: it has no numbers")
            places[name] = sizes[::-1], self.number("I", name), self.number("Q", name)
        return found, places
