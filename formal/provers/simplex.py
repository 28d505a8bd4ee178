"""Exact linear programming over the rationals: enough to find non-negative combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
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
    scales = [lcm(*(x.denominator for x in c.values())) for c in columns]
    table = _Table([{k: int(x * q) for k, x in c.items()} for c, q in zip(columns, scales, strict=True)], target)
    # Artificial columns n .. n + m - 1 start as the basis; phase one drives their sum to zero.
    table.improve([0] * table.n + [1] * table.m)
    if any(row.values.get(_VALUE) for b, row in zip(table.basis, table.rows, strict=True) if b >= table.n):
        return None
    ray = None
    if reward:
        table.expel()
        costs = [-w * q for w, q in zip(reward, scales, strict=True)]
        ray = table.improve([*costs, *([0] * table.m)])
    solution: Row = [0] * (table.n + table.m)
    for b, row in zip(table.basis, table.rows, strict=True):
        solution[b] = Fraction(row.values.get(_VALUE, 0), row.denominator)
    if ray is not None:
        for b, row, x in zip(table.basis, table.rows, table.direction(ray), strict=True):
            solution[b] -= Fraction(x, row.denominator)
        solution[ray] = Fraction(1)
    return [whole(x * q) for x, q in zip(solution[: table.n], scales, strict=True)]


_VALUE, _MOVE = -1, -2  # what a row of the inverse makes of the target, and of what the target is moved by


class _Row:
    """A sparse row of rationals with one denominator: whole numbers are ten times as fast as fractions."""

    __slots__ = ("denominator", "values")

    def __init__(self, values: dict[int, int], denominator: int) -> None:
        self.values, self.denominator = values, denominator

    def add(self, other: _Row, over: int, times: int) -> None:
        """self + times / (own denominator) * other, where `over` stands for the other's denominator."""
        values = self.values
        if over != 1:
            for k in values:
                values[k] *= over
            self.denominator *= over
        for k, x in other.values.items():
            total = values.get(k, 0) + times * x
            if total:
                values[k] = total
            else:
                values.pop(k, None)
        if self.denominator != 1:
            common = gcd(self.denominator, *values.values())
            if common != 1:
                self.denominator //= common
                for k in values:
                    values[k] //= common


class _Table:
    """The revised simplex method: the inverse of the basis is kept, the columns stay as sparse as they came."""

    def __init__(self, columns: Sequence[Mapping[Any, int]], target: Mapping[Any, Rational]) -> None:
        keys = list(dict.fromkeys([*target, *(k for c in columns for k in c)]))
        place = {key: i for i, key in enumerate(keys)}
        signs = [-1 if target.get(key, 0) < 0 else 1 for key in keys]  # the target is made non-negative
        self.n, self.m = len(columns), len(keys)
        self.columns = [[(place[k], signs[place[k]] * x) for k, x in c.items() if x] for c in columns]
        self.columns += [[(i, 1)] for i in range(self.m)]
        self.basis = [self.n + i for i in range(self.m)]
        self.rows: list[_Row] = []
        for i, key in enumerate(keys):
            value = Fraction(target.get(key, 0)) * signs[i]
            q = value.denominator
            # As if the target were moved by infinitely small amounts: so hardly a step is without a gain.
            row = {i: q, _MOVE: q * (i * 7919 % 1009 + 1)}
            if value:
                row[_VALUE] = value.numerator
            self.rows.append(_Row(row, q))

    def improve(self, cost: Sequence[int]) -> int | None:
        """Lower the cost until no column does; the column of an unbounded direction, if one is met.

        The column with the best price enters. It may be that this turns in circles where nothing is gained, so after
        many such steps it is Bland's rule, which cannot, until something is gained.
        """
        idle = 0
        prices = _Row({}, 1)
        for b, row in zip(self.basis, self.rows, strict=True):
            if cost[b]:
                prices.add(row, row.denominator, cost[b] * prices.denominator)
        while True:
            tick()
            inside = set(self.basis)
            enter: int | None = None
            best, times, known = 0, prices.denominator, prices.values
            for j in range(self.n):
                gain = times * cost[j] - _dot(known, self.columns[j])
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
            ratios = [(Fraction(self.rows[i].values.get(_VALUE, 0), step[i]), i) for i in places]
            least = min(ratios)[0]
            tied = [i for ratio, i in ratios if ratio == least]
            if len(tied) > 1 and idle > _IDLE:
                tied.sort(key=self.basis.__getitem__)
            elif len(tied) > 1:
                tied.sort(key=lambda i: Fraction(self.rows[i].values.get(_MOVE, 0), step[i]))
            i = tied[0]
            idle = 0 if least else idle + 1
            self.pivot(i, enter, step)
            prices.add(self.rows[i], self.rows[i].denominator, best)

    def direction(self, j: int) -> list[int]:
        """The column in terms of the basis, each entry times the denominator of its row."""
        column = self.columns[j]
        return [_dot(row.values, column) for row in self.rows]

    def pivot(self, i: int, j: int, step: Sequence[int]) -> None:
        """Column j takes the place i of the basis."""
        head, row = step[i], self.rows[i]
        if head < 0:
            row.values = {k: -x for k, x in row.values.items()}
        row.denominator = abs(head)
        row.add(_Row({}, 1), 1, 0)  # lowest terms
        for k, times in enumerate(step):
            if times and k != i:
                self.rows[k].add(row, row.denominator, -times)
        self.basis[i] = j

    def expel(self) -> None:
        """Artificial columns that stayed at zero leave the basis, or their row is redundant."""
        for i, b in enumerate(self.basis):
            if b >= self.n:
                row = self.rows[i].values
                inside = set(self.basis)
                for j in range(self.n):
                    if j not in inside and _dot(row, self.columns[j]):
                        self.pivot(i, j, self.direction(j))
                        break


def _dot(row: Mapping[int, int], column: Sequence[tuple[int, int]]) -> int:
    total = 0
    for i, x in column:
        if i in row:
            total += row[i] * x
    return total


def whole(x: Rational) -> Rational:
    """An int where it is one: they are ten times as fast."""
    return x.numerator if x.denominator == 1 else x


def quotient(x: Rational, y: Rational) -> Rational:
    """x / y, an int where it is one."""
    return x if y == 1 else whole(Fraction(x) / y)
