"""Time limits for searches. A search that may run long calls `tick` in its loops.

A limit on the whole is one of the clock on the wall, as somebody waits for it. A limit on one method among many is one
of work, the time that the processor spends on it: what a method finds should not depend on what else the machine does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class _Ends(NamedTuple):
    wall: float = float("inf")  # of time.monotonic
    work: float = float("inf")  # of time.thread_time


_NEVER = _Ends()
_END: ContextVar[_Ends] = ContextVar("_END", default=_NEVER)


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
    around = _END.get()
    with _limited(_Ends(min(time.monotonic() + seconds, around.wall), around.work)):
        yield


@contextmanager
def working(seconds: float) -> Iterator[None]:
    """The same for so many seconds of work."""
    around = _END.get()
    with _limited(_Ends(around.wall, min(time.thread_time() + seconds, around.work))):
        yield


@contextmanager
def _limited(ends: _Ends) -> Iterator[None]:
    token = _END.set(ends)
    try:
        yield
    finally:
        _END.reset(token)


def tick() -> None:
    """Raise OutOfTime if the time is over; without a limit, nothing happens."""
    if _over(_END.get()):
        raise OutOfTime


def is_over() -> bool:
    """Whether the time is over."""
    return _over(_END.get())


def _over(ends: _Ends) -> bool:
    return time.monotonic() >= ends.wall or time.thread_time() >= ends.work
