"""Statements that the portfolio proves without hints, and near misses of them that it must leave open.

They stand one on a line in `lines`, by the methods that are meant to prove them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from formal.claims import stated
from formal.provers.portfolio import prove

from .sharing import mostly_slow

LINES = Path(__file__).with_name("lines")


def lines(kind: str) -> list[str]:
    """The statements of all files of a kind."""
    return [
        line
        for path in sorted(LINES.glob(f"*_{kind}.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]


@pytest.mark.parametrize("text", mostly_slow(lines("true")))
def test_a_true_statement_is_proved(text: str) -> None:
    """The theorem says the statement, from what it supposes, and rests on no axiom."""
    claim = stated(text)
    theorem, attempts = prove(claim.goal, claim.hypotheses, 60)
    assert theorem is not None, [f"{a.method}: {a.failure}" for a in attempts[-5:]]
    assert theorem.conclusion == claim.goal
    assert theorem.hyps <= set(claim.hypotheses)
    assert not theorem.axioms


@pytest.mark.parametrize("text", mostly_slow(lines("open")))
def test_a_near_miss_stays_open(text: str) -> None:
    """A proof of one would be a hole in the kernel; a search without end a hole in the limits."""
    claim = stated(text)
    theorem, attempts = prove(claim.goal, claim.hypotheses, 0.5)
    assert theorem is None
    assert attempts
