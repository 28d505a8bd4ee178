"""JSON that comes from somebody else: bounded in size before it is read, and an object or an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import ModelError

MOST_BYTES = 1 << 26  # the largest file among those read this way is a tokenizer of some 20 MB


def read_object(path: Path, most: int = MOST_BYTES) -> dict[str, Any]:
    """The object in a file. Raises ModelError if it is not there, too large, or no JSON object."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as e:
        raise ModelError(f"{path.name} cannot be read: {e.strerror}") from None
    if len(data) > most:
        raise ModelError(f"{path.name} is larger than {most} bytes")
    return parse_object(data, path.name)


def parse_object(data: bytes, what: str) -> dict[str, Any]:
    """The object that bytes spell in UTF-8. Raises ModelError if there is none, or if it says something twice.

    >>> parse_object(b'{"a": 1}', "the header")
    {'a': 1}
    >>> parse_object(b'{"a": 1, "a": 2}', "the header")
    Traceback (most recent call last):
        ...
    numeric.errors.ModelError: the header has two entries 'a'
    """
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=lambda pairs: _once(pairs, what))
    except ModelError:
        raise
    except (ValueError, RecursionError) as e:
        reason = "nested too deeply" if isinstance(e, RecursionError) else str(e)
        raise ModelError(f"{what} is not JSON: {reason}") from None
    if not isinstance(found, dict):
        raise ModelError(f"{what} is not a JSON object")
    return found


def _once(pairs: list[tuple[str, Any]], what: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ModelError(f"{what} has two entries {key[:80]!r}")
        found[key] = value
    return found
