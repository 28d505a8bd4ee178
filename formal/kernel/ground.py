"""Exact evaluation of propositions: how a counterexample becomes a theorem.

Numbers are rationals, or elements of a tower of real quadratic extensions: a + b * sqrt(c) with a, b, c from the field
below and c > 0. The sign of such a number is decided exactly, so equality and order are too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from operator import mul
from typing import Any, NamedTuple, TypeAlias, Union

from .errors import KernelError
from .props import Prop, bounded
from .terms import Atom, Letter, Nat, Term, nat, split

Exact: TypeAlias = Union[int, Fraction, "Surd"]
Matrix: TypeAlias = tuple[tuple[Exact, ...], ...]


class Surd:
    """a + b * sqrt(square), where `level` counts the square roots below and a, b, square lie below it."""

    __slots__ = ("a", "b", "level", "square")

    def __init__(self, level: int, a: Exact, b: Exact, square: Exact) -> None:
        if max(map(_level, (a, b, square))) >= level or sign(square) <= 0:
            raise KernelError("ground: a square root needs a positive number of the field below")
        self.level, self.a, self.b, self.square = level, a, b, square

    def _with(self, other: Exact) -> tuple[Exact, Exact]:
        if _level(other) < self.level:
            return other, 0
        if isinstance(other, Surd) and other.level == self.level and not sign(other.square - self.square):
            return other.a, other.b
        raise KernelError("ground: the numbers of a witness must lie in one tower of square roots")

    def __add__(self, other: Exact) -> Exact:
        if _level(other) > self.level:
            return other + self
        a, b = self._with(other)
        return Surd(self.level, self.a + a, self.b + b, self.square)

    def __mul__(self, other: Exact) -> Exact:
        if _level(other) > self.level:
            return other * self
        a, b = self._with(other)
        return Surd(self.level, self.a * a + self.b * b * self.square, self.a * b + self.b * a, self.square)

    def __neg__(self) -> Exact:
        return self * -1

    def __sub__(self, other: Exact) -> Exact:
        return self + other * -1

    def __rsub__(self, other: Exact) -> Exact:
        return self * -1 + other

    __radd__, __rmul__ = __add__, __mul__


def _level(x: Exact) -> int:
    if isinstance(x, Surd):
        return x.level
    if type(x) in (int, Fraction):
        return 0
    raise KernelError(f"ground: {x!r} is not an exact number")


def sign(x: Exact) -> int:
    """-1, 0 or 1. For a + b sqrt(c) with a and b of opposite signs, the larger of a^2 and b^2 c decides."""
    if isinstance(x, Surd):
        a, b = sign(x.a), sign(x.b)
        return (a or b) if a * b >= 0 else a * sign(x.a * x.a - x.b * x.b * x.square)
    _level(x)
    return (x > 0) - (x < 0)


class _WitnessFields(NamedTuple):
    nats: Mapping[str, int | Mapping[int, int]]
    letters: Mapping[str, Any]


class Witness(_WitnessFields):
    """Values by name. A family maps indices to values; a map is a table of ((index or None, arguments), value)."""

    @cached_property
    def read(self) -> dict[Letter, Sequence[Sequence[Exact]]]:
        """The letters whose values were looked up, with them."""
        return {}


def evaluate(p: Prop, w: Witness) -> bool:
    """Whether p holds at the witness; quantifiers must be bounded ones over an index."""
    return _holds(p, Witness(w.nats, w.letters))


def _holds(p: Prop, w: Witness) -> bool:
    if p.kind in ("zero", "ge", "gt"):
        value = evaluate_term(p[1], w)
        if p.kind == "zero":
            return not any(sign(x) for row in value for x in row)
        return sign(value[0][0]) >= (p.kind == "gt")
    if p.kind == "and":
        return _every(_holds(q, w) for q in p[1])
    if p.kind == "not":
        return not _holds(p[1], w)
    if p.kind == "imp":
        return not _holds(p[1], w) or _holds(p[2], w)
    found = bounded(p)
    if found is None:
        raise KernelError(f"ground: cannot decide {p} by evaluation")
    name, bound, body = found
    limit = evaluate_term(bound, w)[0][0]
    if isinstance(limit, Surd) or limit > 1000:
        raise KernelError(f"ground: the range of {name} is not a small number")
    indices = range(max(0, int(limit // 1)))  # all naturals i with limit - i - 1 >= 0
    return _every(_holds(body, Witness({**w.nats, name: i}, w.letters)) for i in indices)


def _every(values: Iterable[bool]) -> bool:
    """All of them; none is skipped, so that a part without a value is noticed behind a false one."""
    return all(list(values))


def evaluate_nat(n: Nat, w: Witness) -> int:
    """The value of a dimension or index."""
    total = 0
    for mono, c in n:
        for name, index in mono:
            value = w.nats.get(name)
            if index:
                value = value.get(evaluate_nat(index[0], w)) if isinstance(value, Mapping) else None
            if type(value) is not int or value < 0:
                raise KernelError(f"ground: the witness gives no natural number for {nat(name, *index)}")
            c *= value
        total += c
    return total


def evaluate_term(a: Term, w: Witness) -> Matrix:
    """The value of a term as rows of exact numbers."""
    rows, cols = evaluate_nat(a.rows, w), evaluate_nat(a.cols, w)
    total: Sequence[Sequence[Exact]] = [[0] * cols] * rows
    for key, c in a.words.items():
        atoms, word = split(key)
        weight: Exact = c
        for atom in atoms:
            weight = weight * _atom_value(atom, w)
        value = _word_value(word, w) if word else [[int(i == j) for j in range(cols)] for i in range(rows)]
        total = [[s + weight * t for s, t in zip(p, q, strict=True)] for p, q in zip(total, value, strict=True)]
    return tuple(map(tuple, total))


def _word_value(word: tuple[Letter, ...], w: Witness) -> Sequence[Sequence[Exact]]:
    """The product of the letters' values, from the left."""
    value = _letter_value(word[0], w)
    for x in word[1:]:
        columns = tuple(zip(*_letter_value(x, w), strict=True)) or ((),) * evaluate_nat(x.cols, w)
        value = [[sum(map(mul, row, column)) for column in columns] for row in value]
    return value


def _letter_value(x: Letter, w: Witness) -> Sequence[Sequence[Exact]]:
    found = w.read.get(x)
    if found is None:
        found = w.read[x] = _read(x, w)
    return found


def _read(x: Letter, w: Witness) -> Sequence[Sequence[Exact]]:
    value = w.letters.get(x.decl.name)
    index = None if x.at is None else evaluate_nat(x.at, w)
    if x.args:
        point = (index, tuple(evaluate_term(a, w) for a in x.args))
        matches = [v for at, v in value or () if _same_point(at, point)]
        if len(matches) != 1:
            raise KernelError(f"ground: the witness must give {x.text} exactly one value at {point[1]}")
        value = matches[0]
    elif index is not None:
        value = value.get(index) if isinstance(value, Mapping) else None
    if value is None:
        raise KernelError(f"ground: the witness gives no value for {x.text}")
    rows, cols = evaluate_nat(x.rows, w), evaluate_nat(x.cols, w)
    if x.transposed:
        rows, cols = cols, rows
    for entry in (e for row in value for e in row):
        _level(entry)
    if len(value) != rows or any(len(row) != cols for row in value):
        raise KernelError(f"ground: {x.decl.name} must be {rows} x {cols} in the witness")
    return [[row[j] for row in value] for j in range(cols)] if x.transposed else value


def _same_point(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same_point, a, b))
    if a is None or b is None or isinstance(a, tuple) or isinstance(b, tuple):
        return a is b
    return not sign(a - b)


def _atom_value(x: Atom, w: Witness) -> Exact:
    if x.kind == "nat":
        return evaluate_nat(Nat((((x.data,), 1),)), w)
    if x.kind == "rank":
        return rank_of_rows([list(row) for row in evaluate_term(x.data, w)])
    return sum(row[i] for i, row in enumerate(_word_value(x.data, w)))


def rank_of_rows(rows: list[list[Exact]]) -> int:
    """Rank by elimination without division."""
    rank = 0
    for j in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(rank, len(rows)) if sign(rows[i][j])), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        head = rows[rank]
        for i in range(rank + 1, len(rows)):
            rows[i] = [head[j] * x - rows[i][j] * y for x, y in zip(rows[i], head, strict=True)]
        rank += 1
    return rank
