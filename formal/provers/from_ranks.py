"""Equations from ranks: full rank gives an inverse on one side, rank 0 says 0, of an idempotent it is the trace."""

from __future__ import annotations

from contextlib import suppress

from ..kernel.errors import KernelError
from ..kernel.props import at_least, equal, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Term,
    monomial,
    multiply,
    number,
    rank,
    scalar,
    subtract,
    trace,
    transpose,
)
from .errors import ProofFailure
from .ideal import Limits, rewrite
from .proof import Proof
from .rank import full_column_rank, idempotent, of_transpose, vanishes


def of_idempotents(p: Proof) -> None:
    """rank E = tr E, for words E with E E = E by the equations whose rank or trace is mentioned."""
    known = {f.conclusion for f in p.facts}
    for e in _mentioned_squares(p):
        count = equal(rank(e), trace(e))
        square = subtract(multiply(e, e), e)
        if count not in known:
            with suppress(ProofFailure):
                reduced, same = rewrite(square, p.facts, Limits(steps=60))
                if not reduced.words:
                    known.add(count)
                    p.add(_traced_rank(p, e, same))


def _traced_rank(p: Proof, e: Term, square: Theorem) -> Theorem:
    return p.prove(equal(rank(e), trace(e)), lambda q: q.lemma(idempotent(), P=e), [square])


def _mentioned_squares(p: Proof) -> list[Term]:
    """The square words and sums of which the goal or a fact mentions the rank or the trace."""
    found: dict[Term, None] = {}
    for q in (p.goal, *(f.conclusion for f in p.facts)):
        for a in {x for key in q[1].words for x in key} if q.kind in ("zero", "ge", "gt") else ():
            if isinstance(a, Atom) and a.kind == "rank" and a.data.rows == a.data.cols:
                found[a.data] = None
            elif isinstance(a, Atom) and a.kind == "trace":
                turns = (a.data[i:] + a.data[:i] for i in range(len(a.data)))
                found |= {monomial((), w, w[0].rows, w[0].rows): None for w in turns if w[0].rows != ONE}
    return list(found)


def by_full_rank(p: Proof) -> None:
    """Of a matrix whose rank the facts say is full, an inverse on one side; a matrix of rank 0 is 0."""
    for m in _ranked(p):
        value, known = rank(m), {f.conclusion for f in p.facts}
        if zero(m) not in known and _follows(p, at_least(number(0), value)):
            p.add(p.lemma(vanishes(), M=m))
        elif _follows(p, at_least(value, scalar(m.cols))):
            p.add(p.lemma(full_column_rank(), V=m))
        elif _follows(p, at_least(value, scalar(m.rows))):
            p.add(p.lemma(of_transpose(), X=transpose(m)))
            if _follows(p, at_least(rank(transpose(m)), scalar(m.rows))):
                p.add(p.lemma(full_column_rank(), V=transpose(m)))


def _ranked(p: Proof) -> list[Term]:
    """The matrices whose ranks the facts mention."""
    facts = [f.conclusion[1] for f in p.facts if f.conclusion.kind in ("zero", "ge", "gt")]
    terms = [s for s in facts if s.rows == ONE == s.cols]
    found = {x.data: None for s in terms for key in s.words for x in key if isinstance(x, Atom) and x.kind == "rank"}
    return [m for m in found if m.rows != ONE or m.cols != ONE]


def _follows(p: Proof, goal: object) -> bool:
    """Whether an inequality follows from the facts by order; then it joins them."""
    try:
        p.add(p.order(goal))
    except (ProofFailure, KernelError):
        return False
    return True
