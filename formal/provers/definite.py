"""Matrices that facts say are positive semidefinite: x'M x >= 0 for all x, however it is written."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from ..kernel import rules
from ..kernel.props import at_least, negation, prop_names, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Letter,
    Term,
    add,
    identity,
    letter,
    monomial,
    multiply,
    number,
    scale,
    split,
    squared_norm,
    subtract,
    trace,
    transpose,
    zeros,
)
from . import norms as lemmas
from .ideal import Completed
from .norms import semidefinite
from .proof import Proof


class Definite(NamedTuple):
    """x'matrix x >= 0 for all vectors x, says the theorem."""

    matrix: Term
    theorem: Theorem


def definite(facts: Sequence[Theorem]) -> list[Definite]:
    """The positive semidefinite matrices that facts speak of: by a bound for all x, by one for all x other than 0, or
    by an equation for all x, which is two bounds."""
    found: dict[Term, Definite] = {}
    for fact in facts:
        if fact.conclusion.kind != "all" or not isinstance(var := fact.conclusion[1], Decl):
            continue
        bound = Decl("Direction", var.rows, ONE)  # the name that the lemmas bind
        if not var.cols == ONE != var.rows or var.indexed or var.domain or bound.tag in prop_names(fact.conclusion):
            continue
        vector = letter(bound)
        for th in _bounds(rules.specialize(fact, vector), vector):
            m = matrix_of(th.conclusion[1], vector)
            if m is not None and m.words and th.conclusion == semidefinite(m)[2]:
                found.setdefault(m, Definite(m, rules.generalize(th, bound)))
    return list(found.values())


def by_equations(equations: Sequence[Term], modulo: Completed) -> list[Definite]:
    """The positive semidefinite matrices among the letters of equations: sums of squares B'B, projections P, I - P."""
    found = []
    seen: dict[Term, None] = {}
    for h in equations:
        for key, c in h.words.items():
            for x in split(key)[1]:
                if x.rows == x.cols != ONE and x.at is None and not x.args:
                    seen[letter(x.decl)] = None
            if len(key) == 1 and h.rows == h.cols != ONE and isinstance(key[0], Letter):
                own = monomial((), key, h.rows, h.cols)
                parts = _halved(subtract(own, scale(number(1 / Fraction(c)), h)))
                if parts is not None:
                    found.append((own, parts))
    for own in seen:
        found += [(own, [(1, own)]), (subtract(identity(own.rows), own), [(1, subtract(identity(own.rows), own))])]
    known: dict[Term, Definite] = {}
    for m, squares in found:
        vector = Decl("Direction", m.rows, ONE)
        goal = semidefinite(m)[2]
        rest: Term = goal[1]
        for c, b in squares:
            rest = subtract(rest, scale(number(c), squared_norm(multiply(b, letter(vector)))))
        if m not in known and not modulo.reduce(rest).words:
            summands = [Summand(c, (), (multiply(b, letter(vector)),)) for c, b in squares]
            th = rules.order(goal, [modulo.vanishes(rest)], summands, [(0, number(1))])
            known[m] = Definite(m, rules.generalize(th, vector))
    return list(known.values())


def _halved(m: Term) -> list[tuple[Any, Term]] | None:
    """c and B with m the sum of all c B'B, where its words are of that form."""
    parts = []
    for key, c in m.words.items():
        atoms, word = split(key)
        half = word[len(word) // 2 :]
        if atoms or c < 0 or len(word) % 2 or not word:
            return None
        b = monomial((), half, half[0].rows, m.cols)
        if dict(multiply(transpose(b), b).words) != {key: 1}:
            return None
        parts.append((c, b))
    return parts


def below_trace(m: Definite) -> Definite:
    """tr(M) I - M, which is positive semidefinite too."""
    whole = subtract(scale(trace(m.matrix), identity(m.matrix.rows)), m.matrix)
    th = Proof(m.theorem.conclusion, [m.theorem]).lemma(lemmas.below_trace(), M=m.matrix)
    return Definite(whole, th)


def _bounds(th: Theorem, vector: Term) -> list[Theorem]:
    """s >= 0 from what a fact says of a vector."""
    p = th.conclusion
    if p.kind == "imp" and p[1] == negation(zero(vector)):
        return [_unless_zero(th, vector)] if p[2].kind in ("ge", "gt") else []
    if p.kind == "ge":
        return [th]
    if p.kind == "gt":
        return [rules.order(at_least(p[1], number(0)), [th], [Summand(1, (0,))])]
    if p.kind == "zero" and p[1].rows == ONE == p[1].cols:
        minus = scale(number(-1), p[1])
        return [rules.order(at_least(s, number(0)), [th], (), [(0, number(c))]) for s, c in ((p[1], 1), (minus, -1))]
    return []


def _unless_zero(th: Theorem, vector: Term) -> Theorem:
    """s >= 0, from: if x is not 0 then s > 0, where s is a form in x."""
    condition, bound = th.conclusion[1], th.conclusion[2]
    goal = at_least(bound[1], number(0))
    other = rules.detach(th, rules.assume(condition))
    yes = rules.order(goal, [other], [Summand(1, (0,))])
    at_zero = rules.assume(negation(condition))
    same = Proof(zero(bound[1])).ideal(zero(bound[1]), [at_zero])
    no = rules.order(goal, [same], (), [(0, number(1))])
    return rules.cases(yes, no, condition)


def matrix_of(value: Term, vector: Term) -> Term | None:
    """M, where the scalar is x'M x; None where it is no quadratic form in x.

    >>> from formal.kernel.terms import term_text
    >>> from formal.statement import dims, matrix, norm2, scalars
    >>> from formal.statement.elaborate import elaborate
    >>> n, A, x = dims("n"), matrix("A", *dims("m n")), matrix("x", dims("n"), 1)
    >>> term_text(matrix_of(elaborate(2 * norm2(x) - norm2(A * x)), elaborate(x)))
    "2 I - A' A"
    """
    ((first,),) = vector.words
    total = zeros(vector.rows, vector.rows)
    for key, c in value.words.items():
        atoms, word = split(key)
        own = [a for a in atoms if first.decl in a.decls]
        if word or len(own) != 1 or own[0].kind != "trace":
            return None
        (a,) = own
        data = a.data
        starts = [i for i, x in enumerate(data) if x.decl == first.decl and x.transposed]
        if len(starts) != 1 or sum(x.decl == first.decl for x in data) != 2:
            return None
        turned = data[starts[0] :] + data[: starts[0]]
        if turned[-1].decl != first.decl or any(first.decl in x.decls for x in turned[1:-1]):
            return None
        rest = tuple(x for x in atoms if x is not a)
        total = add(total, monomial(rest, turned[1:-1], vector.rows, vector.rows, c))
    return total
