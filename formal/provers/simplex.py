"""Exact linear programming over the rationals: enough to find non-negative combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from .deadline import tick

Rational: TypeAlias = int | Fraction
Row: TypeAlias = list[Rational]


def nonnegative_solution(
    columns: Sequence[Mapping[Any, Rational]], target: Mapping[Any, Rational], reward: Sequence[int] = ()
) -> list[Rational] | None:
    """x >= 0 with sum x_j columns[j] = target, or None; where `reward` is given, sum reward_j x_j is made as large as
    possible, or, if it has no bound, one step along a ray on which it grows is taken.

    Columns and target are sparse vectors. Phase one of the simplex method with Bland's rule, which cannot cycle, on the
    columns that can have a part in a solution.

    >>> nonnegative_solution([{"a": 1}, {"a": 1, "b": 1}], {"a": 3, "b": 1})
    [2, 1]
    >>> nonnegative_solution([{"a": 1}], {"a": -1}) is None
    True
    """
    alive = _useful(columns, target)
    chosen = _solve([columns[j] for j in alive], target, [reward[j] for j in alive] if reward else ())
    if chosen is None:
        return None
    solution: Row = [0] * len(columns)
    for j, x in zip(alive, chosen, strict=True):
        solution[j] = x
    return solution


def _useful(columns: Sequence[Mapping[Any, Rational]], target: Mapping[Any, Rational]) -> list[int]:
    """The columns that may be used: not those with an entry that the target lacks and that no other can cancel."""
    alive = list(range(len(columns)))
    while True:
        signs: dict[Any, int] = {}  # 1: some entry is positive, 2: some is negative, 3: both
        for j in alive:
            for key, x in columns[j].items():
                signs[key] = signs.get(key, 0) | (1 if x > 0 else 2)
        bad = {key for key, seen in signs.items() if seen < 3 and key not in target}
        if not bad:
            return alive
        alive = [j for j in alive if bad.isdisjoint(columns[j])]


def _solve(
    columns: Sequence[Mapping[Any, Rational]], target: Mapping[Any, Rational], reward: Sequence[int]
) -> list[Rational] | None:
    keys = list(dict.fromkeys([*target, *(k for c in columns for k in c)]))
    n = len(columns)
    zero = 0
    rows: list[Row] = []
    for key in keys:
        row = [c.get(key, zero) for c in columns] + [target.get(key, zero)]
        rows.append([-x for x in row] if row[-1] < 0 else row)
    m = len(rows)
    # Artificial variables n .. n + m - 1 start as the basis; phase one drives their sum to zero.
    for i, row in enumerate(rows):
        row[n:n] = [int(i == j) for j in range(m)]
    basis = [n + i for i in range(m)]
    cost: Row = [-sum((row[j] for row in rows), zero) if not n <= j < n + m else zero for j in range(n + m + 1)]
    _pivot_down(rows, basis, cost, n)
    if cost[-1]:
        return None
    for i, b in enumerate(basis):  # artificial variables that stayed at zero leave, or their row is redundant
        if b >= n:
            j = next((j for j in range(n) if rows[i][j]), None)
            if j is not None:
                _pivot(rows, basis, cost, i, j)
    ray = None
    if reward:
        weights: Row = [*reward, *([zero] * (m + 1))]
        cost = [-w for w in weights]
        for i, b in enumerate(basis):
            if weights[b]:
                cost = [c + weights[b] * x for c, x in zip(cost, rows[i], strict=True)]
        ray = _pivot_down(rows, basis, cost, n)
    solution: Row = [zero] * (n + m)
    for row, b in zip(rows, basis, strict=True):
        solution[b] = row[-1] - (row[ray] if ray is not None else zero)
    if ray is not None:
        solution[ray] = 1
    return solution[:n]


def _pivot_down(rows: list[Row], basis: list[int], cost: Row, n: int) -> int | None:
    """Improve until no column does; the column of an unbounded direction, if one is met."""
    while True:
        enter = next((j for j in range(n) if cost[j] < 0), None)
        if enter is None:
            return None
        ratios = [(_divide(row[-1], row[enter]), basis[i], i) for i, row in enumerate(rows) if row[enter] > 0]
        if not ratios:
            return enter
        _pivot(rows, basis, cost, min(ratios)[2], enter)


def _pivot(rows: list[Row], basis: list[int], cost: Row, i: int, j: int) -> None:
    tick()
    head = rows[i][j]
    if head != 1:
        rows[i] = [_divide(x, head) if x else x for x in rows[i]]
    for line in (*(row for k, row in enumerate(rows) if k != i), cost):
        if line[j]:
            times = line[j]
            line[:] = [x - times * y if y else x for x, y in zip(line, rows[i], strict=True)]
    basis[i] = j


def _divide(x: Rational, y: Rational) -> Rational:
    """x / y, an int where it is one: most tables are small integers, and ints are ten times as fast."""
    q = Fraction(x) / y
    return q.numerator if q.denominator == 1 else q
