"""An equation whose cofactors the author knows: no search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..kernel import rules
from ..kernel.props import Prop
from ..kernel.rules import Cofactor, Theorem
from ..kernel.terms import Term, identity
from .errors import ProofFailure
from .proof import Proof


def by_cofactors(p: Proof, goal: Any, *parts: Sequence[Any]) -> Theorem:
    """The equation goal, as the sum of left h right over the parts (fact h = 0, left, right).

    A side that is left out is the identity; for a scalar fact, left times the fact.

    >>> from formal.claims import Book, check
    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> d = dims("d"); A, B = matrix("A", d, d), matrix("B", d, d)
    >>> found = Book().claim("X-1", "", given=[Eq(A*B, Identity(d))], show=Eq(A*A*B*B, Identity(d)),
    ...     proof=lambda p: by_cofactors(p, p.goal, (p.facts[0], A, B), (p.facts[0],)))
    >>> check(found).verdict
    'proved'
    """
    wanted: Prop = p.prop(goal)
    if wanted.kind != "zero":
        raise ProofFailure(f"by_cofactors: {wanted} is not an equation")
    facts: list[Theorem] = []
    cofactors: list[Cofactor] = []
    for fact, *sides in parts:
        th = p.fact(fact)
        h: Term = th.conclusion[1]
        left = p.term(sides[0]) if sides and sides[0] is not None else identity(h.rows)
        right = p.term(sides[1]) if len(sides) > 1 else identity(h.cols)
        cofactors.append(Cofactor(len(facts), left, right))
        facts.append(th)
    return rules.ideal(wanted[1], facts, cofactors)
