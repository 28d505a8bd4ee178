"""A matrix is zero when its squared norm is: how an equation that says so is recognised, and what it gives.

`A'A X = 0` gives A X = 0, as tr(X'A'A X) is the squared norm of A X; `A'A + B'B = 0` gives A = 0 and B = 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ..kernel import rules
from ..kernel.props import at_least
from ..kernel.rules import Cofactor, Summand, Theorem
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
    number,
    scale,
    split,
    squared_norm,
    trace,
    transpose,
    zeros,
)
from .ideal import Limits, rewrite
from .proof import Proof

Weighted = list[tuple[Number, Term]]
_MOST = 8  # matrices in one sum of squares


def sum_of_squares(s: Term) -> Weighted | None:
    """Positive c and matrices P with s = sum of c tr(P'P), read off the scalar's monomials; None where that fails.

    >>> from formal.statement import Trace, dims, matrix
    >>> from formal.statement.elaborate import elaborate
    >>> n = dims("n"); A, B = matrix("A", n, n), matrix("B", n, n)
    >>> [(c, len(p.words)) for c, p in sum_of_squares(elaborate(Trace(A.T*A - 2*A.T*B + 2*B.T*B)))]
    [(1, 2), (1, 1)]
    """
    roots: dict[Key, list[Term]] = {}
    for key in s.words:
        if (root := _root(key)) is not None:
            roots[key] = [*roots.get(key, []), root]
    basis = [r for found in roots.values() for r in found]
    if not basis or len(basis) > _MOST:
        return None
    gram: dict[tuple[int, int], Number] = {}
    places: dict[Key, tuple[int, int]] = {}
    for i, p in enumerate(basis):
        for j, q in enumerate(basis[: i + 1]):
            if (p.rows, p.cols) == (q.rows, q.cols):
                words = trace(multiply(transpose(q), p)).words
                if len(words) == 1:
                    ((key, _),) = words.items()
                    if i == j or key not in roots:
                        places.setdefault(key, (i, j))
    for key, c in s.words.items():
        if key not in places:
            return None
        i, j = places[key]
        gram[i, j] = c if i == j else Fraction(c) / 2
    return _diagonalised(basis, gram)


def _diagonalised(basis: Sequence[Term], gram: dict[tuple[int, int], Number]) -> Weighted | None:
    """The quadratic form as weighted squares, by completing them one after the other."""

    def entry(i: int, j: int) -> Number:
        return gram.get((max(i, j), min(i, j)), 0)

    squares: Weighted = []
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


def _root(key: Key) -> Term | None:
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
    letters = _half(a)
    if letters is None:
        return None
    return monomial(half, letters, letters[0].rows, letters[-1].cols)


def _half(a: Atom) -> tuple[Letter, ...] | None:
    """w, for the trace of w'w."""
    n = len(a.data) if a.kind == "trace" else 1
    if n % 2:
        return None
    for i in range(n):
        turned = a.data[i:] + a.data[:i]
        back, front = turned[: n // 2], turned[n // 2 :]
        if back == tuple(flip(x) for x in reversed(front)):
            return tuple(front)
    return None


def vanish(p: Proof, th: Theorem, goal: Term | None = None) -> list[Theorem]:
    """P = 0 for matrices P whose squared norms the equation, or inequality, says are 0 together."""
    found: list[Theorem] = []
    for s, zero_sum in _forms(p, th, goal):
        for sign in (1, -1):
            squares = sum_of_squares(scale(number(sign), s))
            if squares:
                found += [_each(zero_sum, sign, squares, i) for i in range(len(squares))]
                return found
    return found


def _each(zero_sum: Theorem, sign: int, squares: Weighted, i: int) -> Theorem:
    """The i-th matrix is 0, from: the sum of the squares is 0, or not more."""
    weight, matrix = squares[i]
    goal = at_least(number(0), squared_norm(matrix))
    others = [Summand(Fraction(c) / weight, (), (q,)) for j, (c, q) in enumerate(squares) if j != i]
    if zero_sum.conclusion.kind == "zero":
        bound = rules.order(goal, [zero_sum], others, [(0, number(Fraction(-sign) / weight))])
    else:
        bound = rules.order(goal, [zero_sum], [Summand(Fraction(1) / weight, (0,)), *others])
    return rules.null(bound, matrix)


def _forms(p: Proof, th: Theorem, goal: Term | None) -> Iterator[tuple[Term, Theorem]]:
    """Scalars that are 0, or not more, by this fact: quadratic forms in what may vanish."""
    h: Term = th.conclusion[1]
    if th.conclusion.kind == "ge":
        if h.words and all(c < 0 for c in h.words.values()):
            yield scale(number(-1), h), th
        return
    if h.rows == ONE == h.cols:
        yield h, th
        return
    seen: set[Term] = set()
    for m in _multipliers(h, goal):
        if m not in seen:
            seen.add(m)
            form, zero_form = _form(h, m, th)
            if not form.words:
                continue
            yield form, zero_form
            reduced, same = rewrite(form, p.facts, Limits(steps=60))
            if reduced.words and reduced != form:
                yield (
                    reduced,
                    rules.ideal(
                        reduced,
                        [zero_form, same],
                        [Cofactor(0, number(1), number(1)), Cofactor(1, number(-1), number(1))],
                    ),
                )


def _form(h: Term, m: Term, th: Theorem) -> tuple[Term, Theorem]:
    """tr(m'h), and that it is 0."""
    form = trace(multiply(transpose(m), h))
    return form, rules.ideal(form, [th], [Cofactor(0, transpose(m), identity(h.cols), number(1))])


def _multipliers(h: Term, goal: Term | None) -> Iterator[Term]:
    """M for which tr(M'h) may be a sum of squares: of K M and M K, and the identity."""
    if h.rows == h.cols:
        yield identity(h.rows)
    words = [split(key) for key in h.words]
    shortest = min(len(word) for _, word in words)
    for n in range(1, shortest + 1):
        first, last = words[0][1][:n], words[0][1][-n:]
        if all(word[:n] == first for _, word in words) and first[-1].cols == h.rows:
            yield _sum(h, [(atoms, word[n:]) for atoms, word in words])
        if all(word[-n:] == last for _, word in words) and last[0].rows == h.rows:
            yield monomial((), last, h.rows, h.cols)
        if all(word[-n:] == last for _, word in words) and last[0].rows == h.cols:
            yield _sum(h, [(atoms, word[:-n]) for atoms, word in words])
        if all(word[:n] == first for _, word in words) and first[-1].cols == h.cols:
            yield monomial((), first, h.rows, h.cols)
    if goal is not None and (goal.rows, goal.cols) == (h.rows, h.cols):
        yield goal


def _sum(h: Term, parts: Sequence[tuple[tuple[Atom, ...], tuple[Letter, ...]]]) -> Term:
    total = zeros(h.rows, h.cols)
    for (atoms, word), c in zip(parts, h.words.values(), strict=True):
        total = add(total, monomial(atoms, word, h.rows, h.cols, c))
    return total


def norm_is_zero(m: Term, square: Theorem) -> Theorem:
    """m = 0, from tr(m'm) = 0."""
    goal = at_least(number(0), squared_norm(m))
    return rules.null(rules.order(goal, [square], (), [(0, number(-1))]), m)


def towers(z: Term, most: int = 150) -> list[list[Term]]:
    """[z], [z, z'z], [z, z'z, (z'z)^2] ..: each list ends in a matrix whose squared norm is 0 only if z is 0."""
    found, chain = [], [z]
    while len(found) < 3 and len(chain[-1].words) ** 2 <= most:
        found.append(chain)
        last = chain[-1]
        chain = [*chain, multiply(transpose(last), last)]
    return found


def down(chain: Sequence[Term], square: Theorem) -> Theorem:
    """The first of a tower is 0, from tr(m'm) = 0 for the last."""
    th = norm_is_zero(chain[-1], square)
    for m in reversed(chain[:-1]):
        value = squared_norm(m)
        traced = rules.ideal(value, [th], [Cofactor(0, identity(m.cols), identity(m.cols), number(1))])
        th = norm_is_zero(m, traced)
    return th
