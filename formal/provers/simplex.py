"""Exact linear programming over the rationals: enough to find non-negative combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from .deadline import tick

Rational: TypeAlias = int | Fraction
Row: TypeAlias = list[Rational]

_IDLE = 2000  # steps without a gain after which it may be that the method turns in circles


def nonnegative_solution(
    columns: Sequence[Mapping[Any, Rational]], target: Mapping[Any, Rational], reward: Sequence[int] = ()
) -> list[Rational] | None:
    """x >= 0 with sum x_j columns[j] = target, or None; where `reward` is given, sum reward_j x_j is made as large as
    possible, or, if it has no bound, one step along a ray on which it grows is taken.

    Columns and target are sparse vectors. The simplex method, on the columns that can have a part in a solution.

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
    table = _Table(columns, target)
    # Artificial columns n .. n + m - 1 start as the basis; phase one drives their sum to zero.
    table.improve([0] * table.n + [1] * table.m)
    if any(x for b, x in zip(table.basis, table.values, strict=True) if b >= table.n):
        return None
    ray = None
    if reward:
        table.expel()
        ray = table.improve([*(-w for w in reward), *([0] * table.m)])
    solution: Row = [0] * (table.n + table.m)
    for b, x in zip(table.basis, table.values, strict=True):
        solution[b] = x
    if ray is not None:
        for b, x in zip(table.basis, table.direction(ray), strict=True):
            solution[b] -= x
        solution[ray] = 1
    return solution[: table.n]


class _Table:
    """The revised simplex method: the inverse of the basis is kept, the columns stay as sparse as they came."""

    def __init__(self, columns: Sequence[Mapping[Any, Rational]], target: Mapping[Any, Rational]) -> None:
        keys = list(dict.fromkeys([*target, *(k for c in columns for k in c)]))
        place = {key: i for i, key in enumerate(keys)}
        signs = [-1 if target.get(key, 0) < 0 else 1 for key in keys]  # the target is made non-negative
        self.n, self.m = len(columns), len(keys)
        self.columns = [[(place[k], signs[place[k]] * x) for k, x in c.items() if x] for c in columns]
        self.columns += [[(i, 1)] for i in range(self.m)]
        self.values: Row = [signs[i] * target.get(key, 0) for i, key in enumerate(keys)]
        # As if the target were moved by infinitely small amounts: so hardly a step is without a gain.
        self.moves: Row = [i * 7919 % 1009 + 1 for i in range(self.m)]
        self.basis = [self.n + i for i in range(self.m)]
        self.inverse: list[dict[int, Rational]] = [{i: 1} for i in range(self.m)]

    def improve(self, cost: Sequence[int]) -> int | None:
        """Lower the cost until no column does; the column of an unbounded direction, if one is met.

        The column with the best price enters. It may be that this turns in circles where nothing is gained, so after
        some such steps it is Bland's rule, which cannot, until something is gained.
        """
        idle = 0
        prices: dict[int, Rational] = {}  # of the rows
        for b, row in zip(self.basis, self.inverse, strict=True):
            if cost[b]:
                _add_to(prices, row, cost[b])
        while True:
            tick()
            inside = set(self.basis)
            enter: int | None = None
            best: Rational = 0
            for j in range(self.n):
                gain = cost[j] - _dot(prices, self.columns[j])
                if gain < best and j not in inside:
                    enter, best = j, gain
                    if idle > _IDLE:
                        break
            if enter is None:
                return None
            step = self.direction(enter)
            places = [i for i, x in enumerate(step) if x > 0]
            if not places:
                return enter
            ratios = [(_divide(self.values[i], step[i]), i) for i in places]
            least = min(ratios)[0]
            tied = [i for ratio, i in ratios if ratio == least]
            if len(tied) > 1:
                if idle > _IDLE:
                    tied.sort(key=self.basis.__getitem__)
                else:
                    tied.sort(key=lambda i: _divide(self.moves[i], step[i]))
            i = tied[0]
            idle = 0 if least else idle + 1
            self.pivot(i, enter, step)
            _add_to(prices, self.inverse[i], best)

    def direction(self, j: int) -> Row:
        """The column in terms of the basis."""
        column = self.columns[j]
        return [_dot(row, column) for row in self.inverse]

    def pivot(self, i: int, j: int, step: Row) -> None:
        """Column j takes the place i of the basis."""
        head, row = step[i], self.inverse[i]
        if head != 1:
            row = self.inverse[i] = {k: _divide(x, head) for k, x in row.items()}
            self.values[i], self.moves[i] = _divide(self.values[i], head), _divide(self.moves[i], head)
        for k, times in enumerate(step):
            if times and k != i:
                _add_to(self.inverse[k], row, -times)
                self.values[k] -= times * self.values[i]
                self.moves[k] -= times * self.moves[i]
        self.basis[i] = j

    def expel(self) -> None:
        """Artificial columns that stayed at zero leave the basis, or their row is redundant."""
        for i, b in enumerate(self.basis):
            if b >= self.n:
                row = self.inverse[i]
                inside = set(self.basis)
                for j in range(self.n):
                    if j not in inside and _dot(row, self.columns[j]):
                        self.pivot(i, j, self.direction(j))
                        break


def _dot(row: Mapping[int, Rational], column: Sequence[tuple[int, Rational]]) -> Rational:
    total: Rational = 0
    for i, x in column:
        if i in row:
            total += row[i] * x
    return total


def _add_to(row: dict[int, Rational], other: Mapping[int, Rational], times: Rational) -> None:
    for k, x in other.items():
        total = row.get(k, 0) + times * x
        if total:
            row[k] = total.numerator if total.denominator == 1 else total
        else:
            row.pop(k, None)


def _divide(x: Rational, y: Rational) -> Rational:
    """x / y, an int where it is one: most tables are small integers, and ints are ten times as fast."""
    if y in (1, -1):
        return x * y
    q = Fraction(x) / y
    return q.numerator if q.denominator == 1 else q
