"""The named configurations are what they are said to be."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest

from formal.falsify.gadgets import cube_corners, e8_lines, four_in_the_plane, polynomial_code, squared_coherence


@pytest.mark.parametrize(("p", "k"), [(2, 1), (3, 1), (3, 2), (5, 1), (5, 3)])
def test_words_of_a_polynomial_code_agree_in_at_most_k_places(p: int, k: int) -> None:
    """And some do agree in k places, so the cosine is k/p and no less."""
    words = [frozenset(i for i, x in enumerate(v) if x) for v in polynomial_code(p, k)]
    assert len(set(words)) == p ** (k + 1)
    assert {len(word) for word in words} == {p}
    assert max(len(u & v) for u, v in combinations(words, 2)) == k


@pytest.mark.parametrize(("p", "k"), [(3, 2), (5, 3)])
def test_polynomial_codes_break_the_capacity_bound(p: int, k: int) -> None:
    """n eps^2 <= d for n = p^(k + 1), d = p^2 and eps = k/p."""
    assert p ** (k + 1) * Fraction(k, p) ** 2 > p**2


def test_the_lines_of_e8_are_lines() -> None:
    """No two of the 120 are the same or opposite, all have one length, and none of them alone spoils the angles."""
    lines = e8_lines()
    assert len({tuple(sign * x for x in line) for line in lines for sign in (1, -1)}) == 240
    assert {sum(x * x for x in line) for line in lines} == {8}  # type: ignore[operator, misc]
    assert squared_coherence(lines) == Fraction(1, 4)


def test_small_configurations() -> None:
    """Unit vectors in the plane; corners that add up to 0."""
    assert all(sum(Fraction(x) ** 2 for x in v) == 1 for v in four_in_the_plane())
    assert len({Fraction(x) for v in cube_corners() for x in v}) == 2
