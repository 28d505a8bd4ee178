"""Traces read from both sides, tr(A) = tr(A'): where the equations rewrite a word and its transpose to different words,
the two traces are equal. So tr(Q K) = 0 for symmetric Q and K' = -K, as it equals minus itself."""

from __future__ import annotations

from collections.abc import Iterator

from ..kernel.props import zero
from ..kernel.rules import Theorem
from ..kernel.terms import ONE, number, subtract, trace, transpose
from .halves import traces
from .ideal import Completed, Limits
from .proof import Proof
from .rank_shapes import as_term
from .shapes import letters_of

_LIMITS = Limits(rules=60, overlaps=40, steps=600, degree=8)
_MOST = 12  # traces


def add_turned(p: Proof) -> bool:
    """What the traces in the goal are when they are read from both sides joins the facts; whether that says anything.

    >>> from formal.claims import stated
    >>> from formal.kernel.rules import assume
    >>> claim = stated("d; K: d x d; x: d; K' = -K => x'*K*x = 0")
    >>> p = Proof(claim.goal, map(assume, claim.hypotheses))
    >>> add_turned(p), str(p.facts[-1].conclusion)
    (True, "2 tr(K x x') = 0")
    """
    found = list(_turned(p))
    for th in found:
        p.add(th)
    return bool(found)


def _turned(p: Proof) -> Iterator[Theorem]:
    known = {(x.decl, x.at) for x in letters_of(p.goal[1])}
    equations = [
        f
        for f in p.facts
        if f.conclusion.kind == "zero" and all((x.decl, x.at) in known for x in letters_of(f.conclusion[1]))
    ]
    if not equations:
        return
    system = Completed(equations, _LIMITS)
    for a in traces([p.goal[1]])[:_MOST]:
        start = next((i for i, x in enumerate(a.data) if x.rows != ONE), None)
        if start is None or len(a.data) < 2:
            continue
        word = as_term((*a.data[start:], *a.data[:start]))
        turned = transpose(word)
        difference = subtract(trace(system.reduce(word)), trace(system.reduce(turned)))
        if difference.words:
            sides = ((system.theorem(word), number(-1)), (system.theorem(turned), number(1)))
            yield p.combine(zero(difference), *sides)
