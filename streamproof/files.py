"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from types import TracebackType

from streamproof.errors import Refusal


class WholeFile:
    """A file that appears under its name when everything was written, and not before.

    Entering opens a temporary file in the same directory, so that a place that cannot be written is refused before any
    work is done; `write` replaces the target in one step; leaving without that removes the temporary file. A device or
    a pipe, such as /dev/stdout, is written to directly. Raises Refusal for a directory and for what cannot be written.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._target = path
        self._temporary: str | None = None

    def __enter__(self) -> WholeFile:
        if os.path.isdir(self.path):
            raise Refusal(f"cannot write {self.path}: it is a directory")
        try:
            mode = os.stat(self.path).st_mode
        except OSError:
            mode = stat.S_IFREG
        if stat.S_ISREG(mode):
            self._target = os.path.realpath(self.path)  # a link stays, what it leads to is replaced
            folder, name = os.path.split(self._target)
            temporary = os.path.join(folder, f".{name}.{secrets.token_hex(6)}")
            try:
                os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IMODE(mode) or 0o666))
            except OSError as e:
                raise Refusal(f"cannot write {self.path}: {e.strerror}") from None
            self._temporary = temporary
        return self

    def write(self, text: str) -> None:
        """Put the text under the name; once."""
        try:
            with open(self._temporary or self._target, "w", encoding="utf-8") as file:
                file.write(text)
            if self._temporary is not None:
                os.replace(self._temporary, self._target)
                self._temporary = None
        except OSError as e:
            raise Refusal(f"cannot write {self.path}: {e.strerror}") from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._temporary is not None:
            os.unlink(self._temporary)
            self._temporary = None


def write_whole(path: str, text: str) -> None:
    """Write one file, whole or not at all."""
    with WholeFile(path) as file:
        file.write(text)


def make_folder(path: str) -> None:
    """Make a folder that files can be written to. Raises Refusal where that is not possible."""
    if os.path.exists(path) and not os.path.isdir(path):
        raise Refusal(f"cannot write into {path}: it is not a folder")
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as e:
        raise Refusal(f"cannot make the folder {path}: {e.strerror}") from None
    with WholeFile(os.path.join(path, "probe")):
        pass


def remove(path: str) -> None:
    """Remove a file if it is there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as e:
        raise Refusal(f"cannot remove {path}: {e.strerror}") from None
