"""Time limits for searches. A search that may run long calls `tick` in its loops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_END: ContextVar[float | None] = ContextVar("_END", default=None)


class OutOfTime(Exception):
    """The time that a search was given is over. It is no ProofFailure, so that no script goes on after it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is inside raises OutOfTime at its first `tick` after so many seconds; an earlier limit around it stays.

    >>> with within(0):
    ...     tick()
    Traceback (most recent call last):
        ...
    formal.provers.deadline.OutOfTime
    """
    end, around = time.monotonic() + seconds, _END.get()
    token = _END.set(end if around is None else min(end, around))
    try:
        yield
    finally:
        _END.reset(token)


def tick() -> None:
    """Raise OutOfTime if the time is over; without a limit, nothing happens."""
    end = _END.get()
    if end is not None and time.monotonic() >= end:
        raise OutOfTime


def left() -> float | None:
    """The seconds that are left, or None without a limit."""
    end = _END.get()
    return None if end is None else max(0, end - time.monotonic())
