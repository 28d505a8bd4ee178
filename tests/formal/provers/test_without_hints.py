"""Statements that the portfolio proves without hints, and near misses of them that it must leave open.

They stand one on a line in `lines`, by the methods that are meant to prove them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from formal.claims import stated
from formal.provers.portfolio import prove

LINES = Path(__file__).with_name("lines")
QUICK = 8  # every so many of them in the quick tests


def lines(kind: str) -> list[Any]:
    """The statements of all files of a kind; most are for the slow tests."""
    texts = [
        line
        for path in sorted(LINES.glob(f"*_{kind}.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    return [pytest.param(t, marks=() if i % QUICK == 0 else pytest.mark.slow) for i, t in enumerate(texts)]


@pytest.mark.parametrize("text", lines("true"))
def test_a_true_statement_is_proved(text: str) -> None:
    """The theorem says the statement, from what it supposes, and rests on no axiom."""
    claim = stated(text)
    theorem, attempts = prove(claim.goal, claim.hypotheses, 60)
    assert theorem is not None, [f"{a.method}: {a.failure}" for a in attempts[-5:]]
    assert theorem.conclusion == claim.goal
    assert theorem.hyps <= set(claim.hypotheses)
    assert not theorem.axioms


@pytest.mark.parametrize("text", lines("open"))
def test_a_near_miss_stays_open(text: str) -> None:
    """A proof of one would be a hole in the kernel; a search without end a hole in the limits."""
    claim = stated(text)
    theorem, attempts = prove(claim.goal, claim.hypotheses, 0.5)
    assert theorem is None
    assert attempts
