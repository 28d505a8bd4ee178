"""Where a positive semidefinite form vanishes, its symmetric matrix does too: x'M x = 0 gives (M + M')x = 0."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from ..kernel import rules
from ..kernel.props import at_least, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import ONE, Decl, Term, add, letter, multiply, nat, number, scale, squared_norm, transpose
from .definite import Definite, definite
from .norms import columns, form, form_product, middle, semidefinite
from .proof import Proof
from .shapes import subwords

_MOST = 12  # columns that are tried for each form


@cache
def null_form() -> Theorem:
    """(M + M')X = 0, from x'M x >= 0 for all x and tr(X'M X) <= 0: with Y = (M + M')X, |Y|^4 / 4 <= 0 tr(Y'M Y)."""
    k = nat("k")
    m, x = letter(Decl("M", k, k)), letter(Decl("X", k, nat("n")))
    given = rules.assume(semidefinite(m))
    none = rules.assume(at_least(number(0), form(m, x)))
    y = multiply(add(m, transpose(m)), x)
    p = Proof(zero(y), [given])
    first = p.squeeze(p.lemma(columns(), M=m, Y=x), none)
    between = middle(m, x, y)
    bound = p.lemma(form_product(), M=m, X=x, Y=y)
    square = rules.order(
        at_least(number(0), squared_norm(between)),
        [bound, first],
        [Summand(1, (0,))],
        [(1, scale(number(-1), form(m, y)))],
    )
    gone = rules.null(square, between)  # the half of |Y|^2
    return rules.null(rules.order(at_least(number(0), squared_norm(y)), [gone], (), [(0, number(-2))]), y)


def null_vectors(p: Proof) -> None:
    """What is 0 because a positive semidefinite form is 0, or not more, at it joins the facts."""
    known = definite(p.facts) if any(f.conclusion.kind == "all" for f in p.facts) else []
    for m in known:
        for fact in [f for f in p.facts if f.conclusion.kind in ("zero", "ge")]:
            if ("null form", m.matrix, fact.conclusion) not in p.done:
                p.done.add(("null form", m.matrix, fact.conclusion))
                for th in _at_zeros(p, m, fact):
                    p.add(th)


def _at_zeros(p: Proof, m: Definite, fact: Theorem) -> Iterator[Theorem]:
    h: Term = fact.conclusion[1]
    if not h.rows == ONE == h.cols or rules.is_integral(h):
        return
    for x in list(dict.fromkeys(subwords(h, m.matrix.rows, ONE)))[:_MOST]:
        value = form(m.matrix, x)
        key = next(iter(value.words), None)
        if key is None or key not in h.words:
            continue
        turn = Fraction(value.words[key]) / h.words[key]
        if scale(number(turn), h) != value or (fact.conclusion.kind == "ge" and turn > 0):
            continue
        small = at_least(number(0), value)
        if fact.conclusion.kind == "zero":
            less = rules.order(small, [fact], (), [(0, number(-turn))])
        else:
            less = rules.order(small, [fact], [Summand(-turn, (0,))])
        yield Proof(p.goal, [m.theorem, less]).lemma(null_form(), M=m.matrix, X=x)
