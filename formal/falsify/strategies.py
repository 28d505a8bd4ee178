"""The same builders with Hypothesis as the source of choices: it varies what it has seen, and goes to extremes.

Hypothesis is imported with this module, and this module when the phase starts that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from ..provers.deadline import OutOfTime
from .exact import Mat
from .kinds import Chooser, Kind

T = TypeVar("T")


class Drawn:
    """Choices drawn by Hypothesis."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def pick(self, options: Sequence[T]) -> T:
        return options[0] if len(options) == 1 else self.draw(st.sampled_from(options))

    def several(self, options: Sequence[Any], count: int) -> list[Any]:
        return self.draw(st.lists(st.sampled_from(options), min_size=count, max_size=count)) if count else []


def matrices(kind: Kind, rows: int, cols: int) -> st.SearchStrategy[Mat]:
    """Matrices of a kind, for a shape that it has.

    >>> from hypothesis import find
    >>> from formal.falsify.kinds import projection
    >>> find(matrices(projection, 2, 2), lambda p: p.rank() == 1, settings=settings(database=None)).tolist()
    [[0, 0], [0, 1]]
    """

    @st.composite
    def made(draw: Any) -> Mat:
        return kind(Drawn(draw), rows, cols)

    return made()


class _Enough(BaseException):
    """Ends a run of Hypothesis at once: it is no failure that should be repeated or shrunk."""


def examples(number: int, seeded: int, run: Callable[[Chooser], bool]) -> bool:
    """Call `run` with so many sources of choices, until it returns True; whether it did. Reproducible by the seed.

    Raises OutOfTime where `run` does.
    """
    late: list[OutOfTime] = []

    @seed(seeded)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def once(data: Any) -> None:
        try:
            good = run(Drawn(data.draw))
        except OutOfTime as e:
            late.append(e)
            raise _Enough from e
        if good:
            raise _Enough

    try:
        once()
    except (_Enough, Flaky):  # that an instance was given up for lack of time seems flaky to Hypothesis
        if late:
            raise late[0] from None
        return True
    return False
