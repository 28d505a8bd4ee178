"""Recording what a run computes, under the names that the field uses for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

import numpy as np

from .errors import ModelError
from .functions import Array

Wanted: TypeAlias = "Collection[str] | Callable[[str], bool] | bool"


class Trace(Mapping[str, Array]):
    """The recorded values of one run, by name, in the order in which they were computed.

    >>> trace = Trace({"hook_embed": np.zeros((3, 8))})
    >>> trace["hook_embed"].shape
    (3, 8)
    >>> trace["hook_embeds"]
    Traceback (most recent call last):
        ...
    numeric.errors.ModelError: hook_embeds was not recorded; recorded are hook_embed
    """

    def __init__(self, values: Mapping[str, Array] | None = None) -> None:
        self._values: dict[str, Array] = dict(values or {})

    def __getitem__(self, name: str) -> Array:
        found = self._values.get(name)
        if found is None:
            names = ", ".join(list(self._values)[:8]) or "no values"
            raise ModelError(f"{name} was not recorded; recorded are {names}{', ..' if len(self) > 8 else ''}")
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def nbytes(self) -> int:
        """The bytes that the values take, each buffer counted once."""
        buffers = {}
        for value in self._values.values():
            base = value
            while isinstance(base.base, np.ndarray):
                base = base.base
            buffers[id(base)] = base.nbytes
        return sum(buffers.values())


class Recorder:
    """Keeps the values that are wanted; what is not wanted costs nothing but the question.

    wanted: True for all, names or patterns such as "blocks.*.hook_resid_pre", or a function of the name.
    folder: where values are written as .npy files as they come and mapped from there, for runs that do not fit into
    memory.

    >>> keep = Recorder(["hook_embed", "blocks.*.hook_resid_post"])
    >>> keep.wants("blocks.3.hook_resid_post"), keep.wants("blocks.3.attn.hook_z")
    (True, False)
    """

    def __init__(self, wanted: Wanted = True, folder: str | Path | None = None) -> None:
        self.wanted = wanted
        self.folder = None if folder is None else Path(folder)
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        self._values: dict[str, Array] = {}

    def wants(self, name: str) -> bool:
        """Whether a value of this name is kept."""
        if isinstance(self.wanted, bool):
            return self.wanted
        if callable(self.wanted):
            return self.wanted(name)
        return any(fnmatchcase(name, pattern) for pattern in self.wanted)

    def __call__(self, name: str, value: Array) -> Array:
        """Keep the value, if it is wanted, and hand it on. It must not be changed afterwards."""
        if self.wants(name):
            if name in self._values:
                raise ModelError(f"{name} is recorded twice")
            self._values[name] = value if self.folder is None else _mapped(self.folder / f"{name}.npy", value)
        return value

    @property
    def trace(self) -> Trace:
        """What was kept."""
        return Trace(self._values)


def _mapped(path: Path, value: Array) -> Array:
    np.save(path, value, allow_pickle=False)
    return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]


def nothing(name: str, value: Array) -> Array:
    """A recorder that keeps nothing."""
    return value
