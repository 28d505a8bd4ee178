"""Arrays in a folder, one .npy file each, that are mapped into memory when they are asked for.

Every file is written under another name first and then renamed, so that a file is whole or not there. The list of all
names, `trace.json`, comes last: a folder without it is an unfinished run. A mapped file holds a descriptor of the
process open, of which there are often no more than 1024, so nothing stays mapped here.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np

from .errors import ModelError
from .functions import Array

LIST = "trace.json"
MOST_BYTES_OF_A_LIST = 10_000_000  # a list of 100,000 names is shorter than that


class StoredArrays(Mapping[str, Array]):
    """The arrays of a folder by name, in the order in which they were written."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self.folder = folder
        self._names = dict.fromkeys(names)

    @classmethod
    def started(cls, folder: str | Path) -> StoredArrays:
        """A folder to write to, made if need be. Raises ModelError if it holds a file of an earlier run: names would
        be mixed up; and if it cannot be made."""
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
            earlier = sorted(path.name for path in place.iterdir() if path.suffix == ".npy" or path.name == LIST)
        except OSError as e:
            raise ModelError(f"cannot make the folder {place}: {e.strerror}") from None
        if earlier:
            raise ModelError(f"{place} already has {earlier[0]} of an earlier run; give an empty folder")
        return cls(place, [])

    @classmethod
    def opened(cls, folder: str | Path) -> StoredArrays:
        """A folder that was finished. Raises ModelError if it was not, and if its list or a file of it is missing."""
        place = Path(folder)
        path = place / LIST
        try:
            with open(path, "rb") as file:
                text = file.read(MOST_BYTES_OF_A_LIST + 1)
        except FileNotFoundError:
            raise ModelError(f"{place} has no {LIST}: no run was finished there") from None
        except OSError as e:
            raise ModelError(f"cannot read {path}: {e.strerror}") from None
        if len(text) > MOST_BYTES_OF_A_LIST:
            raise ModelError(f"{path} is larger than {MOST_BYTES_OF_A_LIST} bytes; it is no list of names")
        try:
            names = json.loads(text)
        except (ValueError, RecursionError):
            raise ModelError(f"{path} is no JSON text") from None
        if not isinstance(names, list) or not all(isinstance(name, str) and Path(name).name == name for name in names):
            raise ModelError(f"{path} is no list of names")
        for name in names:
            if not (place / f"{name}.npy").is_file():
                raise ModelError(f"{place} lists {name}, but {name}.npy is missing")
        return cls(place, names)

    def __getitem__(self, name: str) -> Array:
        """The array, mapped and read-only. Raises ModelError for a file that is damaged or gone."""
        if name not in self._names:
            raise KeyError(name)
        path = self._path(name)
        try:
            found: Array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as e:
            raise ModelError(f"cannot read {path}: {e}") from None
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def keep(self, name: str, value: Array) -> None:
        """Write one array. Raises ModelError when that fails."""
        _write(self._path(name), lambda file: np.save(file, value, allow_pickle=False))
        self._names[name] = None

    def finish(self) -> None:
        """Write the list of names: all is there."""
        text = json.dumps(list(self._names), indent=1).encode()
        _write(self.folder / LIST, lambda file: file.write(text))

    def discard(self) -> None:
        """Remove what was written."""
        for name in self._names:
            self._path(name).unlink(missing_ok=True)
        (self.folder / LIST).unlink(missing_ok=True)
        self._names.clear()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npy"


def _write(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """One file, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open(temporary, "xb") as file:
            write(file)
        os.replace(temporary, path)
    except OSError as e:
        raise ModelError(f"cannot write {path}: {e.strerror or e}") from None
    finally:
        temporary.unlink(missing_ok=True)
