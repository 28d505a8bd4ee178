"""Exact linear programming against brute force: every vertex of small problems is enumerated."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formal.provers.simplex import nonnegative_solution

exact = settings(max_examples=250, deadline=None, derandomize=True, database=None)
numbers = st.sampled_from([Fraction(k, q) for k in (-2, -1, 0, 0, 1, 2, 3) for q in (1, 2)])
Vector = dict[Any, Any]


def vectors(rows: int) -> st.SearchStrategy[Vector]:
    return st.lists(numbers, min_size=rows, max_size=rows).map(lambda xs: {i: x for i, x in enumerate(xs) if x})


problems = st.integers(1, 3).flatmap(lambda m: st.tuples(st.lists(vectors(m), max_size=5), vectors(m)))


def solve(columns: list[Vector], target: Vector) -> list[Fraction] | None:
    """The only solution of linearly independent columns x = target, or None."""
    keys = sorted({k for c in (*columns, target) for k in c})
    rows = [[Fraction(c.get(k, 0)) for c in columns] + [Fraction(target.get(k, 0))] for k in keys]
    for j in range(len(columns)):
        pivot = next((i for i in range(j, len(rows)) if rows[i][j]), None)
        if pivot is None:
            return None
        rows[j], rows[pivot] = rows[pivot], rows[j]
        head = rows[j][j]
        rows[j] = [x / head for x in rows[j]]
        for i, row in enumerate(rows):
            if i != j and row[j]:
                times = row[j]
                rows[i] = [x - times * y for x, y in zip(row, rows[j], strict=True)]
    if any(row[-1] for row in rows[len(columns) :]):
        return None
    return [row[-1] for row in rows[: len(columns)]]


def vertices(columns: list[Vector], target: Vector) -> list[list[Fraction]]:
    """All basic non-negative solutions; there is one whenever there is a solution at all."""
    found = []
    for size in range(len(columns) + 1):
        for chosen in combinations(range(len(columns)), size):
            x = solve([columns[j] for j in chosen], target)
            if x is not None and min(x, default=Fraction(0)) >= 0:
                full = [Fraction(0)] * len(columns)
                for j, v in zip(chosen, x, strict=True):
                    full[j] = v
                found.append(full)
    return found


def is_solution(x: list[Any], columns: list[Vector], target: Vector) -> bool:
    keys = {k for c in (*columns, target) for k in c}
    return (
        len(x) == len(columns)
        and all(v >= 0 for v in x)
        and all(sum(v * c.get(k, 0) for v, c in zip(x, columns, strict=True)) == target.get(k, 0) for k in keys)
    )


@exact
@given(problems)
def test_a_solution_is_found_exactly_when_there_is_one(problem: tuple[list[Vector], Vector]) -> None:
    """A missed solution loses proofs; a wrong one would be refused by the kernel, with a confusing message."""
    columns, target = problem
    x = nonnegative_solution(columns, target)
    if x is None:
        assert not vertices(columns, target)
    else:
        assert is_solution(x, columns, target)


@exact
@given(problems, st.lists(st.integers(0, 1), min_size=5, max_size=5))
def test_the_reward_is_positive_whenever_it_can_be(problem: tuple[list[Vector], Vector], wanted: list[int]) -> None:
    """Strict goals need a positive summand: at a vertex, or along a ray."""
    columns, target = problem
    reward = wanted[: len(columns)]
    x = nonnegative_solution(columns, target, reward)
    corners = vertices(columns, target)
    if x is None:
        assert not corners
        return
    assert is_solution(x, columns, target)
    reached = sum(r * v for r, v in zip(reward, x, strict=True)) > 0
    at_corner = any(r and v for corner in corners for r, v in zip(reward, corner, strict=True))
    rays = [
        vertices(columns[:j] + columns[j + 1 :], {k: -v for k, v in columns[j].items()})
        for j, r in enumerate(reward)
        if r
    ]
    assert reached == (at_corner or any(rays))


@pytest.mark.parametrize(
    ("columns", "target", "wanted"),
    [
        ([], {}, []),
        ([], {"a": 1}, None),
        ([{"a": 1}], {"a": 3}, [3]),
        ([{"a": 2}], {"a": Fraction(1, 3)}, [Fraction(1, 6)]),
        ([{"a": 1}, {"a": -1}], {"a": -4}, [0, 4]),
        ([{"a": 1, "b": 1}, {"a": 1, "b": -1}], {"a": 2}, [1, 1]),
        ([{"a": 1, "b": 1}], {"a": 1}, None),
        ([{}], {}, [0]),
    ],
)
def test_known_problems(columns: list[Vector], target: Vector, wanted: list[Any] | None) -> None:
    """Small enough to check by hand."""
    assert nonnegative_solution(columns, target) == wanted


def test_a_degenerate_problem_does_not_cycle() -> None:
    """Beale's example cycles under the textbook rule; Bland's rule ends."""
    q = Fraction
    columns: list[Vector] = [
        {0: q(1, 4), 1: q(1, 2)},
        {0: -8, 1: -12},
        {0: -1, 1: q(-1, 2), 2: 1},
        {0: 9, 1: 3},
        {0: 1},
        {1: 1},
        {2: 1},
    ]
    x = nonnegative_solution(columns, {2: 1}, [1, 0, 1, 0, 0, 0, 0])
    assert x is not None
    assert is_solution(x, columns, {2: 1})


def test_exactness() -> None:
    """A coefficient of 10^-30 is not zero."""
    tiny = Fraction(1, 10**30)
    assert nonnegative_solution([{"a": tiny}], {"a": 1}) == [10**30]
    assert nonnegative_solution([{"a": 1, "b": tiny}], {"a": 1}) is None
