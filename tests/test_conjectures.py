"""The public set of conjectures is well formed, and most of it is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest

from formal.claims import PROVED, REFUTED, stated

from .benchmarks.conjecture_set import conjectures, outcome

SET = conjectures()
AT_LEAST = 120  # conjectures
BALANCE = 0.02  # of them, by how much the halves may differ
SHARE = 8  # every 8th conjecture is decided here, the whole set by the benchmark
SECONDS = 60  # for each, by a clock that a loaded machine does not stop; the benchmark has the times
DECIDED = 0.95  # of those


def test_the_set_is_large_and_balanced() -> None:
    """A prover of everything, or a refuter of everything, would be right about half of it."""
    answers = Counter(c.answer for c in SET)
    assert set(answers) == {PROVED, REFUTED}
    assert answers.total() >= AT_LEAST
    assert abs(answers[PROVED] - answers[REFUTED]) <= BALANCE * answers.total()


def test_no_conjecture_occurs_twice() -> None:
    """Names are how results are compared from run to run."""
    for field in ("id", "text"):
        assert [x for x, n in Counter(getattr(c, field) for c in SET).items() if n > 1] == []


def test_each_conjecture_has_a_reason() -> None:
    """An answer that nobody can check would be worth nothing."""
    assert [c.id for c in SET if len(c.reason.split()) < 3 or not c.reason.endswith(".")] == []


def test_each_conjecture_is_a_statement() -> None:
    """One that does not parse, or in which nothing is declared twice and used never, would measure the parser only."""
    for c in SET:
        claim = stated(c.text, c.id)
        assert claim.goal and claim.variables, c.id


@pytest.mark.slow
@pytest.mark.figures
def test_a_share_of_the_set_is_decided_and_none_of_it_wrongly(
    over_processes: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]],
) -> None:
    """A wrong verdict is the worst bug there is; an open one on an ordinary question is the next."""
    found = over_processes(partial(outcome, seconds=SECONDS), SET[::SHARE])
    decided = [o for o in found if o.verdict == o.answer]
    print(f"{len(decided)} of {len(found)} conjectures decided")
    assert [o for o in found if o.wrong] == []
    assert len(decided) >= DECIDED * len(found), [(o.id, o.verdict, o.how) for o in found if o.verdict != o.answer]
