"""Inverses in the corner of an idempotent P: P A P B P = P gives P B P A P = P."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import Decl, Term, add, identity, letter, multiply, nat, split, subtract
from .errors import ProofFailure
from .ideal import Completed, Limits
from .proof import Proof
from .rank import square_inverse

_MOST = 4  # square letters of one size


@cache
def corner_inverse() -> Theorem:
    """P B P A P = P, from P P = P and P A P B P = P: P A P + I - P has the right inverse P B P + I - P."""
    n = nat("n")
    a, b, q = (letter(Decl(name, n, n)) for name in "ABP")
    rest = subtract(identity(n), q)
    given = [rules.assume(equal(multiply(q, q), q)), rules.assume(equal(_corner(q, a, b), q))]
    one, two = (add(multiply(multiply(q, m), q), rest) for m in (a, b))
    p = Proof(equal(_corner(q, b, a), q), given)
    p.add(p.ideal(equal(multiply(one, two), identity(n)), given))
    turned = p.lemma(square_inverse(), A=one, B=two)
    return p.close(p.ideal(p.goal, [given[0], turned]))


def _corner(q: Term, a: Term, b: Term) -> Term:
    return multiply(multiply(multiply(q, a), multiply(q, b)), q)


def corners(p: Proof) -> None:
    """The other products in corners join the facts: for the idempotent letters, and what they leave of I."""
    squares = dict.fromkeys(
        letter(x.decl)
        for f in p.facts
        if f.conclusion.kind == "zero"
        for key in f.conclusion[1].words
        for x in split(key)[1]
        if x.rows == x.cols and x.at is None and not x.args
    )
    known = {f.conclusion for f in p.facts}
    for e in [m for m in squares if equal(multiply(m, m), m) in known]:
        others = [m for m in squares if m != e and m.rows == e.rows]
        if len(others) in range(2, _MOST + 1) and ("corners", e) not in p.done:
            p.done.add(("corners", e))
            completed = Completed(p.facts, Limits(rules=40, overlaps=80, steps=600, degree=8))
            for th in _found(p, [e, subtract(identity(e.rows), e)], others, completed):
                p.add(th)


def _found(p: Proof, idempotents: list[Term], others: list[Term], completed: Completed) -> Iterator[Theorem]:
    for q, (a, b) in product(idempotents, product(others, repeat=2)):
        if a == b or completed.reduce(subtract(_corner(q, a, b), q)).words:
            continue
        if completed.reduce(subtract(_corner(q, b, a), q)).words:
            inner = Proof(p.goal, [completed.vanishes(subtract(_corner(q, a, b), q))])
            try:
                inner.add(completed.vanishes(subtract(multiply(q, q), q)))
                yield inner.lemma(corner_inverse(), A=a, B=b, P=q)
            except ProofFailure:
                continue
