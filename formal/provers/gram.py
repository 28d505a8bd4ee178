"""Sums of words that vanish because their squared norm does: the kernel of the words' Gram matrix.

The inner products tr(v'w) of words are rewritten by the equations at hand. Where rational numbers c make
sum c_w tr(v'w) = 0 for every word v, the sum of c_w w has squared norm 0. So a normal idempotent P is seen to be P'P.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from ..kernel.rules import Theorem
from ..kernel.terms import (
    Key,
    Letter,
    Number,
    Term,
    add,
    flip,
    identity,
    monomial,
    multiply,
    split,
    squared_norm,
    trace,
    transpose,
    zeros,
)
from .deadline import tick
from .ideal import Completed, Limits
from .proof import Proof
from .vanishing import norm_is_zero


def kernel(p: Proof, limits: Limits, most: int) -> Iterator[Theorem]:
    """sum c w = 0, for words w of the goal's shape, at most so many, that the facts and the goal contain."""
    goal: Term = p.goal[1]
    completed = Completed(p.facts, limits)
    words: list[Term] = []
    for word in _words(p, goal):
        if completed.reduce(word) == word and len(words) < most:
            words.append(word)
    gram = [[completed.reduce(trace(multiply(transpose(v), w))).words for w in words] for v in words]
    for size in sorted({2, 3, len(words)}):
        for chosen in combinations(range(len(words)), size):
            for solution in null_space(_rows(gram, chosen), size):
                total = zeros(goal.rows, goal.cols)
                for i, c in zip(chosen, solution, strict=True):
                    total = add(total, words[i], c)
                yield norm_is_zero(total, completed.vanishes(squared_norm(total)))


def _rows(gram: Sequence[Sequence[Mapping[Key, Number]]], chosen: Sequence[int]) -> list[dict[int, Number]]:
    """The equations sum c_j gram_ij = 0 for the words chosen, one for each monomial."""
    rows = []
    for i in chosen:
        line = [gram[i][j] for j in chosen]
        rows += [{j: x[key] for j, x in enumerate(line) if key in x} for key in {key for x in line for key in x}]
    return rows


def _words(p: Proof, goal: Term) -> list[Term]:
    """The parts of words in the facts and the goal, and their transposes, of the goal's shape; short ones first."""
    terms = [goal, *(f.conclusion[1] for f in p.facts if f.conclusion.kind == "zero")]
    found: dict[tuple[Letter, ...], None] = {}
    for word in {split(key)[1]: None for t in terms for key in t.words}:
        for way in (word, tuple(flip(x) for x in reversed(word))):
            for i in range(len(way)):
                for j in range(i + 1, len(way) + 1):
                    if way[i].rows == goal.rows and way[j - 1].cols == goal.cols:
                        found[way[i:j]] = None
    words = sorted(found, key=lambda w: (len(w), [x.sort for x in w]))
    one = [identity(goal.rows)] if goal.rows == goal.cols else []
    return [*(monomial((), w, goal.rows, goal.cols) for w in words), *one]


def null_space(rows: Sequence[dict[int, Number]], n: int) -> list[list[Number]]:
    """A basis of the x in Q^n with sum row_j x_j = 0 for every row.

    >>> null_space([{0: 1, 1: -1}], 3) == [[1, 1, 0], [0, 0, 1]]
    True
    """
    pivots: dict[int, dict[int, Number]] = {}
    for given in rows:
        tick()
        row = dict(given)
        for j, known in pivots.items():
            if j in row:
                _subtract(row, known, row[j])
        if row:
            j = min(row)
            row = {k: Fraction(c) / row[j] for k, c in row.items()}
            for known in pivots.values():
                if j in known:
                    _subtract(known, row, known[j])
            pivots[j] = row
    free = [j for j in range(n) if j not in pivots]
    return [[int(i == j) if i not in pivots else -pivots[i].get(j, 0) for i in range(n)] for j in free]


def _subtract(row: dict[int, Number], known: dict[int, Number], times: Number) -> None:
    for k, c in known.items():
        left = row.get(k, 0) - times * c
        if left:
            row[k] = left
        else:
            row.pop(k, None)
