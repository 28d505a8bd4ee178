"""Sums of squares: what was made of squares is found again, and what has a negative value is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from formal.provers.cone import Squares, Used, in_cone
from formal.provers.simplex import nonnegative_solution

exact = settings(max_examples=150, deadline=None, derandomize=True, database=None)
small = st.integers(-3, 3)


def variables(n: int) -> Squares:
    """The products of n variables, each a monomial of its own."""
    return Squares(n, {(i, j): {(i, j): 1} for j in range(n) for i in range(j + 1)})


def added(parts: Sequence[Used], columns: Sequence[Any], block: Squares) -> dict[Any, Any]:
    total: dict[Any, Any] = {}
    for u in parts:
        assert u.coefficient > 0
        for key, x in (columns[u.column] if u.block < 0 else block.square(u.weights)).items():
            total[key] = total.get(key, 0) + u.coefficient * x
    return {key: x for key, x in total.items() if x}


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(small, min_size=n, max_size=n), min_size=1, max_size=3)))
@exact
def test_sums_of_squares_are_found(rows: list[list[int]]) -> None:
    """A quadratic form that was made of squares is a sum of squares, and what is found adds up to it."""
    block = variables(len(rows[0]))
    target = added([Used(1, 0, 0, tuple(row)) for row in rows], [], block)
    parts = in_cone(target, [], [block])
    assert parts is not None
    assert added(parts, [], block) == target


@given(st.lists(small, min_size=6, max_size=6), st.lists(small, min_size=3, max_size=3))
@exact
def test_what_is_negative_somewhere_is_refused(entries: list[int], at: list[int]) -> None:
    """A form of three variables with a negative value at a point is no sum of squares."""
    block = variables(3)
    target = {key: c for key, c in zip(block.gram, entries, strict=True) if c}
    if sum(c * at[i] * at[j] for (i, j), c in target.items()) < 0:
        assert in_cone(target, [], [block]) is None


@given(
    st.lists(st.dictionaries(st.integers(0, 2), small.filter(bool), max_size=3), max_size=5),
    st.dictionaries(st.integers(0, 2), small.filter(bool), max_size=3),
)
@exact
def test_without_squares_it_is_linear_programming(columns: list[Any], target: dict[int, int]) -> None:
    """Both methods agree on what is a non-negative combination."""
    parts = in_cone(target, columns)
    assert (parts is None) == (nonnegative_solution(columns, target) is None)
    if parts is not None:
        assert added(parts, columns, variables(1)) == target


def test_products_that_coincide() -> None:
    """x^4 + x^2 y^2 + y^4 has two ways to have its middle monomial: as (x y)^2, or as x^2 times y^2."""
    gram = {(0, 0): {"x4": 1}, (0, 1): {"x2y2": 1}, (1, 1): {"y4": 1}, (2, 2): {"x2y2": 1}}
    block = Squares(3, gram)
    for middle, found in ((3, True), (0, True), (-2, True), (-3, False)):
        target = {key: x for key, x in (("x4", 1), ("x2y2", middle), ("y4", 1)) if x}
        assert (in_cone(target, [], [block]) is not None) == found
