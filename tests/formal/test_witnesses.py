"""Refutations carry the smallest dimensions: nothing smaller is found that fails."""

from __future__ import annotations

import pytest

from formal.book import BOOK
from formal.claims import Claim
from formal.falsify import find_counterexample
from formal.statement import Le, dims


def reducible() -> list[tuple[str, str]]:
    """The dimensions of witnesses that are not 1 already."""
    found = []
    for c in BOOK:
        for name, value in (c.witness or {}).items():
            if type(value) is int and value > 1:
                found.append((c.id, name))
    return found


@pytest.mark.parametrize(("claim_id", "name"), reducible())
def test_no_counterexample_is_smaller(claim_id: str, name: str) -> None:
    """A smaller one would be the better witness, unless a dimension is 0 in it that is none here."""
    c: Claim = BOOK.claims[claim_id]
    witness = c.witness or {}
    positive = [Le(1, dims(n)) for n, value in witness.items() if type(value) is int and value > 0]
    given = [*c.given, *positive, Le(dims(name), witness[name] - 1)]
    assert find_counterexample(given, c.conclusion, c.where, limit=300) is None


def test_there_is_something_to_reduce() -> None:
    """So that the test above tests something."""
    assert len(reducible()) >= 8
