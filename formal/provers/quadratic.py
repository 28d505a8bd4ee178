"""Quadratic forms in matrices that are sums of squares: recognised from their monomials, by completing squares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Key,
    Letter,
    Nat,
    Number,
    Term,
    add,
    flip,
    identity,
    monomial,
    multiply,
    scale,
    split,
    squared_norm,
    trace,
    transpose,
)
from .ideal import Limits, rewrite

_MOST = 8  # matrices in one sum of squares


class Square(NamedTuple):
    """coefficient * weight * tr(P'P), where the weight is a product of scalars that are known not to be negative."""

    coefficient: Number
    weight: tuple[Atom, ...]
    matrix: Term


class Signs:
    """What the facts say of the letters S with S' = S or S' = -S, and which scalars they say are not negative."""

    def __init__(self, facts: Sequence[Theorem] = ()) -> None:
        self.turns: list[Theorem] = []
        self.either_way: set[Letter] = set()
        self.positive: dict[Atom, Theorem] = {}
        for f in facts:
            q = f.conclusion
            if q.kind == "zero" and len(q[1].words) == 2:
                one, two = q[1].words
                if len(one) == len(two) == 1 and isinstance(one[0], Letter) and flip(one[0]) is two[0]:
                    self.turns.append(f)
                    self.either_way |= {one[0], two[0]}
            elif q.kind in ("gt", "ge") and len(q[1].words) == 1:
                ((key, c),) = q[1].words.items()
                if len(key) == 1 and c == 1 and isinstance(key[0], Atom):
                    self.positive[key[0]] = f

    def turned(self, s: Term) -> Term:
        """The term with the transposes of these letters replaced."""
        return rewrite(s, self.turns, Limits(steps=200))[0] if self.turns else s

    def same(self, x: Letter, y: Letter) -> bool:
        """Whether two letters are the same up to a sign."""
        return x is y or (x in self.either_way and flip(x) is y)


def sum_of_squares(s: Term, signs: Signs) -> list[Square] | None:
    """s as a sum of squares with positive coefficients, read off its monomials; None where that fails.

    >>> from formal.statement import Trace, dims, matrix
    >>> from formal.statement.elaborate import elaborate
    >>> n = dims("n"); A, B = matrix("A", n, n), matrix("B", n, n)
    >>> found = sum_of_squares(elaborate(Trace(A.T*A - 2*A.T*B + 2*B.T*B)), Signs())
    >>> [(str(q.coefficient), len(q.matrix.words)) for q in found]
    [('1', 2), ('1', 1)]
    """
    s = signs.turned(s)
    groups: dict[tuple[Atom, ...], dict[Key, Number]] = {}
    for key, c in s.words.items():
        weight = tuple(a for a in key if isinstance(a, Atom) and a in signs.positive)
        weight = tuple(a for a, n in Counter(weight).items() if n % 2)
        rest = list(key)
        for a in weight:
            rest.remove(a)
        groups.setdefault(weight, {})[tuple(rest)] = c
    found: list[Square] = []
    for weight, words in groups.items():
        squares = _in_group(words, signs)
        if squares is None:
            return None
        found += [Square(c, weight, m) for c, m in squares]
    return found


def _in_group(words: dict[Key, Number], signs: Signs) -> list[tuple[Number, Term]] | None:
    """The sum of squares of the monomials that have the same weight."""
    basis: list[Term] = []
    places: dict[Key, tuple[int, int, Number]] = {}
    for key in words:
        if (root := _root(key, signs)) is not None:
            value = signs.turned(squared_norm(root)).words
            if value.keys() == {key}:
                places[key] = len(basis), len(basis), value[key]
                basis.append(root)
    if not basis or len(basis) > _MOST:
        return None
    for i, p in enumerate(basis):
        for j, q in enumerate(basis[:i]):
            if (p.rows, p.cols) == (q.rows, q.cols):
                for key, c in signs.turned(trace(multiply(transpose(q), p))).words.items():
                    places.setdefault(key, (i, j, c))
    gram: dict[tuple[int, int], Number] = {}
    for key, c in words.items():
        if key not in places:
            return None
        i, j, times = places[key]
        gram[i, j] = Fraction(c) / times if i == j else Fraction(c) / times / 2
    return _diagonalised(basis, gram)


def _diagonalised(basis: Sequence[Term], gram: dict[tuple[int, int], Number]) -> list[tuple[Number, Term]] | None:
    """The quadratic form as weighted squares, by completing them one after the other."""

    def entry(i: int, j: int) -> Number:
        return gram.get((max(i, j), min(i, j)), 0)

    squares: list[tuple[Number, Term]] = []
    left = list(range(len(basis)))
    while left:
        i = next((i for i in left if entry(i, i)), None)
        if i is None:
            return None if any(entry(i, j) for i in left for j in left) else squares
        pivot = entry(i, i)
        if pivot < 0:
            return None
        left.remove(i)
        row = {j: Fraction(entry(i, j)) / pivot for j in left if entry(i, j)}
        whole = basis[i]
        for j, c in row.items():
            whole = add(whole, basis[j], c)
        squares.append((pivot, whole))
        for j in row:
            for k in row:
                if k <= j:
                    gram[j, k] = entry(j, k) - pivot * row[j] * row[k]
    return squares


def _root(key: Key, signs: Signs) -> Term | None:
    """P with tr(P'P) the monomial, where there is one that can be seen: c^2 |A|^2 has c A, a dimension n has I_n."""
    atoms, word = split(key)
    if word:
        return None
    counts = Counter(atoms)
    half = tuple(a for a, n in counts.items() for _ in range(n // 2))
    odd = [a for a, n in counts.items() if n % 2]
    if not odd:
        return monomial(half, (), ONE, ONE)
    if len(odd) > 1:
        return None
    (a,) = odd
    if a.kind == "nat":
        size = Nat((((a.data,), 1),))
        return scale(monomial(half, (), ONE, ONE), identity(size))
    letters = _half(a, signs)
    if letters is None:
        return None
    return monomial(half, letters, letters[0].rows, letters[-1].cols)


def _half(a: Atom, signs: Signs) -> tuple[Letter, ...] | None:
    """w, for the trace of w'w, up to a sign."""
    n = len(a.data) if a.kind == "trace" else 1
    if n % 2:
        return None
    found: list[tuple[Letter, ...]] = []
    for i in range(n):
        turned = a.data[i:] + a.data[:i]
        back, front = turned[: n // 2], turned[n // 2 :]
        if all(signs.same(x, flip(y)) for x, y in zip(back, reversed(front), strict=True)):
            found.append(tuple(front))
    return min(found, key=lambda word: sum(x.transposed for x in word), default=None)
