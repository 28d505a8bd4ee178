"""Recording what a run computes, under the names that the field uses for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

import numpy as np

from .errors import ModelError, NotRecorded
from .functions import Array
from .parameters import Shape, by
from .stored import StoredArrays

Wanted: TypeAlias = "Collection[str] | Callable[[str], bool] | bool"


class Trace(Mapping[str, Array]):
    """The recorded values of one run, by name, in the order in which they were computed.

    Values that were written to a folder are mapped from their files when they are asked for, each time anew.

    >>> trace = Trace({"hook_embed": np.zeros((3, 8))})
    >>> trace["hook_embed"].shape
    (3, 8)
    >>> trace["hook_embeds"]
    Traceback (most recent call last):
        ...
    numeric.errors.NotRecorded: hook_embeds was not recorded; recorded are hook_embed
    """

    def __init__(self, values: Mapping[str, Array] | None = None) -> None:
        self._values: Mapping[str, Array] = values if isinstance(values, StoredArrays) else dict(values or {})

    @classmethod
    def from_folder(cls, folder: str | Path) -> Trace:
        """What an earlier run wrote. Raises ModelError for a folder without the list that a finished run leaves."""
        return cls(StoredArrays.opened(folder))

    def __getitem__(self, name: str) -> Array:
        if name not in self._values:
            names = ", ".join(list(self._values)[:8]) or "no values"
            raise NotRecorded(f"{name} was not recorded; recorded are {names}{', ..' if len(self) > 8 else ''}")
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def nbytes(self) -> int:
        """The bytes that the values take, in memory or on disk; what several of them look at counts once."""
        if isinstance(self._values, StoredArrays):
            return sum(value.nbytes for value in self._values.values())
        buffers: dict[int, int] = {}
        for value in self._values.values():
            base = value
            while isinstance(base.base, np.ndarray):
                base = base.base
            buffers[id(base)] = min(buffers.get(id(base), 0) + value.nbytes, base.nbytes)
        return sum(buffers.values())


def chosen(wanted: Wanted, names: Iterable[str]) -> frozenset[str]:
    """Those of the names that are wanted: True for all, False for none, a name or several, patterns such as
    "blocks.*.hook_resid_pre", in which * stands for any characters, or a function that says it of each name.

    Raises ModelError for a name or pattern that no name matches, so that a slip shows before a long run.

    >>> names = ["hook_embed", "blocks.0.hook_resid_pre", "blocks.0.hook_resid_post"]
    >>> sorted(chosen(["hook_embed", "blocks.*_pre"], names))
    ['blocks.0.hook_resid_pre', 'hook_embed']
    >>> chosen("blocks.0.hook_resid_prae", names)
    Traceback (most recent call last):
        ...
    numeric.errors.ModelError: blocks.0.hook_resid_prae names nothing that this model computes; \
did you mean blocks.0.hook_resid_pre?
    """
    names = list(names)
    if isinstance(wanted, bool):
        return frozenset(names if wanted else ())
    if callable(wanted):
        return frozenset(name for name in names if wanted(name))
    found: set[str] = set()
    for pattern in [wanted] if isinstance(wanted, str) else wanted:
        matches = [name for name in names if fnmatchcase(name, pattern)]
        if not matches:
            close = get_close_matches(pattern, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ModelError(f"{pattern} names nothing that this model computes{hint}")
        found.update(matches)
    return frozenset(found)


class Recorder:
    """Keeps the values that are wanted; what is not wanted costs nothing but the question.

    shapes: all that the run will compute, with its shape, as `numeric.hooks.hook_shapes` says it. wanted: as in
    `chosen`. folder: where values are written as .npy files as they come, for runs that do not fit into memory.
    What is kept is made read-only, so that nothing can change it afterwards. Leaving a `with` block by an exception
    removes the files that were written.

    >>> keep = Recorder({"hook_embed": (3, 8), "blocks.0.hook_resid_post": (3, 8)}, "blocks.*.hook_resid_post")
    >>> keep.wants("blocks.0.hook_resid_post"), keep.wants("hook_embed")
    (True, False)
    """

    def __init__(self, shapes: Mapping[str, Shape], wanted: Wanted = True, folder: str | Path | None = None) -> None:
        self._shapes = shapes
        self._wanted = chosen(wanted, shapes)
        self._stored = None if folder is None else StoredArrays.started(folder)
        self._values: dict[str, Array] = {}

    def wants(self, name: str) -> bool:
        """Whether a value of this name is kept."""
        return name in self._wanted

    def __call__(self, name: str, value: Array) -> Array:
        """Keep the value, if it is wanted, and hand it on.

        Raises ModelError for a name or a shape that was not announced, a value that comes twice, and a file that
        cannot be written.
        """
        shape = self._shapes.get(name)
        if value.shape != shape:
            expected = "nothing of this name" if shape is None else by(shape)
            raise ModelError(f"{name} is {by(value.shape)}, expected {expected}")
        if name in self._wanted:
            if name in self._values or (self._stored is not None and name in self._stored):
                raise ModelError(f"{name} is recorded twice")
            if self._stored is None:
                value.flags.writeable = False
                self._values[name] = value
            else:
                self._stored.keep(name, value)
        return value

    def finish(self) -> Trace:
        """What was kept, when all that is wanted has come; in a folder, with the list that says so.

        Raises ModelError naming a value that is missing.
        """
        kept: Mapping[str, Array] = self._values if self._stored is None else self._stored
        missing = [name for name in self._shapes if name in self._wanted and name not in kept]
        if missing:
            raise ModelError(f"the run has not computed {missing[0]}, expected {by(self._shapes[missing[0]])}")
        if self._stored is not None:
            self._stored.finish()
        return Trace(kept)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None and self._stored is not None:
            self._stored.discard()


def nothing(name: str, value: Array) -> Array:
    """A recorder that keeps nothing."""
    return value
