"""One line on a terminal that says what is going on; nothing where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAUSE = 0.1  # seconds between two looks at the line


@contextmanager
def live() -> Iterator[Callable[[str], None]]:
    """A function that replaces the line by a text; the line is on standard error, and gone in the end."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        latest = 0.0

        def say(text: str) -> None:
            nonlocal latest
            if time.monotonic() - latest > PAUSE:
                status.update(Text(text))  # Text: brackets such as W[l] are no markup
                latest = time.monotonic()

        yield say
