"""Whether a vector lies in a cone: the simplex method, with columns that are made on demand.

The cone is spanned by given columns and by the squares of all combinations of given elements: element i times element
j is the vector gram[i, j], so the combination v has the square v'Gv. The simplex method keeps prices of the entries at
which no column so far is worth anything; a combination whose square is worth something is then sought for, and made a
column. All numbers are exact, those of the combinations small.

This is the cutting-plane method for semidefinite programs; after Dantzig and Wolfe, "Decomposition principle for linear
programs" (1960).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any, NamedTuple

from .deadline import tick
from .simplex import Rational, quotient, whole

Vector = Mapping[Any, Rational]
Weights = tuple[int, ...]
_PIVOTS = 20  # for each round
_Consider = Callable[[Sequence[int]], bool]


class Squares(NamedTuple):
    """Elements 0 .. size - 1, and the products of any two, of which the first is not the larger."""

    size: int
    gram: Mapping[tuple[int, int], Vector]

    def square(self, weights: Weights) -> dict[Any, Rational]:
        """The square of a combination."""
        total: dict[Any, Rational] = {}
        for (i, j), vector in self.gram.items():
            c = weights[i] * weights[j] * (1 if i == j else 2)
            if c:
                for key, x in vector.items():
                    total[key] = total.get(key, 0) + c * x
        return {key: x for key, x in total.items() if x}


class Used(NamedTuple):
    """A part of a sum: coefficient times a given column (`block` is -1), or times the square of a combination."""

    coefficient: Rational
    block: int
    column: int
    weights: Weights = ()


def in_cone(
    target: Vector, columns: Sequence[Vector], blocks: Sequence[Squares] = (), rounds: int = 40
) -> list[Used] | None:
    """The target as a sum, or None where it is none, or none was found in so many rounds of making columns.

    >>> square = Squares(2, {(0, 0): {"xx": 1}, (0, 1): {"xy": 1}, (1, 1): {"yy": 1}})
    >>> in_cone({"xx": 1, "xy": -4, "yy": 4}, [], [square])
    [Used(coefficient=1, block=0, column=0, weights=(1, -2))]
    >>> in_cone({"xx": 1, "xy": -4, "yy": 3}, [], [square]) is None
    True
    """
    master = _Simplex(target)
    made: list[Used] = [Used(0, -1, j) for j in range(len(columns))]
    seen: set[tuple[int, Weights]] = set()

    def add(b: int, weights: Weights) -> None:
        if (b, weights) not in seen:
            seen.add((b, weights))
            master.add(blocks[b].square(weights))
            made.append(Used(0, b, 0, weights))

    for column in columns:
        master.add(column)
    keys = {key for b in blocks for vector in b.gram.values() for key in vector}
    for key in sorted(keys - master.rows.keys(), key=str):
        master.row(key)
    for b, block in enumerate(blocks):
        for vector in (target, *columns):
            for weights in _completed(block, vector):
                add(b, weights)
    for _ in range(rounds):
        if master.solve(_PIVOTS * rounds):
            break
        before = len(made)
        for b, block in enumerate(blocks):
            tick()
            for weights in _worth(_prices(block, master.price)):
                add(b, weights)
        if len(made) == before or master.pivots >= _PIVOTS * rounds:
            return None
    else:
        return None
    return [made[j]._replace(coefficient=x) for j, x in sorted(master.solution().items()) if x]


def _completed(block: Squares, vector: Vector) -> list[Weights]:
    """What completing squares makes of the part of a vector that a block can make, and of its opposite: the squares
    with a positive coefficient. An entry that several products have is shared out between them."""
    places: dict[Any, list[tuple[int, int, Rational]]] = {}
    for (i, j), product in block.gram.items():
        for key, x in product.items():
            places.setdefault(key, []).append((i, j, x))
    if block.size < 2 or sum(key in places for key in vector) < 2:
        return []
    m: list[list[Rational]] = [[0] * block.size for _ in range(block.size)]
    for key, c in vector.items():
        here = places.get(key, ())
        shares = sum(1 if i == j else 2 for i, j, _ in here)
        for i, j, x in here:
            m[i][j] += Fraction(c) / (shares * x)
            m[j][i] = m[i][j]
    return [_cleared(v) for sign in (1, -1) for v in _squares_of([[sign * x for x in row] for row in m])]


def _cleared(v: Sequence[Fraction]) -> Weights:
    """Whole numbers in the ratios of v."""
    common = lcm(*(x.denominator for x in v))
    whole = [int(x * common) for x in v]
    shared = gcd(*whole)
    return _signed([x // shared for x in whole])


def _squares_of(m: list[list[Rational]]) -> list[list[Fraction]]:
    """The rows v of a matrix with m = sum of c v'v, those with positive c."""
    n = len(m)
    rest = [list(map(Fraction, row)) for row in m]
    found = []
    while rest[k := max(range(n), key=lambda i: rest[i][i])][k] > 0:
        head, row = rest[k][k], list(rest[k])
        found.append([x / head for x in row])
        for i in range(n):
            if row[i]:
                t = row[i] / head
                rest[i] = [x - t * y for x, y in zip(rest[i], row, strict=True)]
    return found


def _prices(block: Squares, price: Mapping[Any, Rational]) -> list[list[Rational]]:
    """What the products of the elements are worth."""
    table: list[list[Rational]] = [[0] * block.size for _ in range(block.size)]
    for (i, j), vector in block.gram.items():
        table[i][j] = table[j][i] = _total(x * price.get(key, 0) for key, x in vector.items())
    return table


# ---------------------------------------------------------------- combinations that are worth something
def _worth(m: list[list[Rational]], most: int = 4) -> list[Weights]:
    """A few combinations v with v'm v > 0, the most valuable for their length first; none where there are none."""
    n = len(m)
    found: list[tuple[Rational, Weights]] = []

    def consider(v: Sequence[int]) -> bool:
        value = _total(v[i] * v[j] * m[i][j] for i in range(n) if v[i] for j in range(n) if v[j])
        if value > 0:
            found.append((Fraction(value) / sum(x * x for x in v), _signed(v)))
        return value > 0

    for i in range(n):
        if m[i][i] > 0:
            consider(_unit(n, {i: 1}))
    for i in range(n):
        for j in range(i):
            a, b, c = m[i][i], m[i][j], m[j][j]
            if b and (b * b > a * c or a > 0 or c > 0):
                _pair(n, i, j, a, b, c, consider)
    if n > 2:
        if (v := _indefinite(m)) is not None:
            _rounded(v, consider)
            _rounded(_steepest(m), consider)
        elif not found:
            return []
    found.sort(key=lambda f: (-f[0], f[1]))
    return list(dict.fromkeys(v for _, v in found))[:most]


def _unit(n: int, entries: Mapping[int, int]) -> list[int]:
    return [entries.get(k, 0) for k in range(n)]


def _signed(v: Sequence[int]) -> Weights:
    """The same combination up to its sign, the first entry positive."""
    first = next(x for x in v if x)
    return tuple(v) if first > 0 else tuple(-x for x in v)


def _pair(n: int, i: int, j: int, a: Rational, b: Rational, c: Rational, consider: _Consider) -> None:
    """Combinations of two elements: 1 and -1 or 1, or a ratio of small numbers next to the best one."""
    consider(_unit(n, {i: 1, j: 1 if b > 0 else -1}))
    if c < 0:
        best = Fraction(-b) / c
        for q in range(1, 7):
            p = round(best * q)
            if p and consider(_unit(n, {i: q, j: p})):
                return
    if a < 0:
        best = Fraction(-b) / a
        for q in range(1, 7):
            p = round(best * q)
            if p and consider(_unit(n, {i: p, j: q})):
                return


def _rounded(v: Sequence[Rational], consider: _Consider) -> None:
    """Small whole numbers that are nearly in the ratios of v."""
    top: Rational = max(map(_size, v), default=0)
    for q in (1, 2, 3, 4, 5, 6, 8, 12):
        weights = [round(Fraction(x) * q / top) for x in v]
        if any(weights) and consider(weights):
            return


def _indefinite(m: list[list[Rational]]) -> list[Rational] | None:
    """v with v'm v > 0, or None where m has none: by completing squares."""
    n = len(m)
    rest = [list(map(Fraction, row)) for row in m]
    moves: list[list[Fraction]] = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]  # rest = moves m moves'
    open_ = list(range(n))
    while open_:
        k = max(open_, key=lambda i: rest[i][i])
        if rest[k][k] > 0:
            return list(moves[k])
        k = min(open_, key=lambda i: rest[i][i])
        head = rest[k][k]
        if head == 0:  # all on the diagonal is 0
            for i in open_:
                for j in open_:
                    if rest[i][j] > 0:
                        return [x + y for x, y in zip(moves[i], moves[j], strict=True)]
                    if rest[i][j] < 0:
                        return [x - y for x, y in zip(moves[i], moves[j], strict=True)]
            return None
        open_.remove(k)
        for i in open_:
            t = rest[i][k] / head
            if t:
                for j in open_:
                    rest[i][j] -= t * rest[k][j]
                moves[i] = [x - t * y for x, y in zip(moves[i], moves[k], strict=True)]
    return None


_DIGITS = 1 << 30


def _steepest(m: list[list[Rational]]) -> list[Rational]:
    """About the direction in which v'm v / v'v is largest: by squaring m + c again and again, in whole numbers."""
    n = len(m)
    size = max(_total(map(_size, row)) for row in m) or 1
    power = [[round(Fraction(x) * _DIGITS / size) for x in row] for row in m]
    for i in range(n):
        power[i][i] += _DIGITS
    for _ in range(9):
        power = [[sum(x * y for x, y in zip(row, other, strict=True)) for other in power] for row in power]
        top = max(max(map(abs, row)) for row in power) or 1
        power = [[x * _DIGITS // top for x in row] for row in power]
    return list(max(power, key=lambda row: sum(x * x for x in row)))


# ---------------------------------------------------------------- the simplex method
class _Simplex:
    """Phase one of the revised simplex method: x >= 0 with sum x_j columns[j] = target.

    Artificial variables make up for what is missing. Those of the entries at which the target is 0 stay 0: they leave
    the basis as soon as a column with such an entry enters.
    """

    def __init__(self, target: Vector) -> None:
        self.rows: dict[Any, int] = {}
        self.columns: list[dict[int, Rational]] = []
        self.signs: list[int] = []
        self.values: list[Rational] = []  # of the basic variables
        self.basis: list[int] = []  # the column, or -1 for the artificial variable of the row
        self.inverse: list[dict[int, Rational]] = []  # the rows of the inverse of the basis
        self.dual: dict[int, Rational] = {}
        self.pivots = 0
        for key, x in target.items():
            if x:
                self.row(key, x)

    def row(self, key: Any, value: Rational = 0) -> int:
        """The place of an entry, which is made for a new one."""
        i = self.rows.setdefault(key, len(self.rows))
        if i == len(self.basis):
            sign = 1 if value > 0 else -1
            self.signs.append(sign)
            self.values.append(_size(value))
            self.basis.append(-1)
            self.inverse.append({i: 1})
            self.dual[i] = 1
        return i

    @property
    def price(self) -> dict[Any, Rational]:
        """What each entry is worth: at most 0 for every column, more than 0 for the target, when no more is found."""
        return {key: self.signs[i] * y for key, i in self.rows.items() if (y := self.dual.get(i, 0))}

    def add(self, column: Vector) -> None:
        places = [(self.row(key), x) for key, x in column.items() if x]
        self.columns.append({i: x * self.signs[i] for i, x in places})

    def solve(self, pivots: int) -> bool:
        """Improve until all that is missing is 0, no column is worth anything, or so many columns were taken in."""
        idle = 0
        while any(b < 0 and v for b, v in zip(self.basis, self.values, strict=True)):
            tick()
            if self.pivots >= pivots:
                return False
            best: Rational = 0
            enter = -1
            for j, column in enumerate(self.columns):
                worth = _total(x * self.dual.get(i, 0) for i, x in column.items())
                if worth > best:
                    best, enter = worth, j
                    if idle > 30:  # Bland's rule
                        break
            if enter < 0:
                return False
            idle = idle + 1 if not self._pivot(enter, best) else 0
        return True

    def _pivot(self, enter: int, worth: Rational) -> Rational:
        """Take a column into the basis; how far it went."""
        self.pivots += 1
        column = self.columns[enter]
        step: list[Rational] = []
        for line in self.inverse:
            small, large = (column, line) if len(column) < len(line) else (line, column)
            step.append(_total(x * large[i] for i, x in small.items() if i in large))
        leave: int = -1
        length: Rational | None = None
        for i, d in enumerate(step):
            if not d:
                continue
            value = self.values[i]
            if self.basis[i] < 0 and not value:
                leave, length = i, 0
                break
            if d > 0:
                ratio = quotient(value, d)
                if length is None or ratio < length or (ratio == length and self.basis[i] < self.basis[leave]):
                    leave, length = i, ratio
        if length is None:
            raise ArithmeticError("phase one of the simplex method is bounded")
        head = step[leave]
        line = self.inverse[leave]
        if head != 1:
            line = self.inverse[leave] = {i: quotient(x, head) for i, x in line.items()}
        for i, d in enumerate(step):
            if d and i != leave:
                _subtract(self.inverse[i], line, d)
                if length:
                    self.values[i] = whole(self.values[i] - d * length)
        self.values[leave] = length
        self.basis[leave] = enter
        _subtract(self.dual, line, worth)
        return length

    def solution(self) -> dict[int, Rational]:
        return {b: v for b, v in zip(self.basis, self.values, strict=True) if b >= 0}


def _subtract(row: dict[int, Rational], other: Mapping[int, Rational], times: Rational) -> None:
    for i, x in other.items():
        rest = whole(row.get(i, 0) - times * x)
        if rest:
            row[i] = rest
        else:
            row.pop(i, None)


def _size(x: Rational) -> Rational:
    return x if x >= 0 else -x


def _total(numbers: Iterable[Rational]) -> Rational:
    return sum(numbers, 0)
