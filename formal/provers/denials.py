"""Equations and their denials: contradictions, and the cases of an alternative."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ..kernel import rules
from ..kernel.props import greater, negation
from ..kernel.rules import Cofactor, Theorem
from ..kernel.terms import ONE, Nat, Term, identity, number, scalar, squared_norm, trace
from .completion import EFFORTS, defined, letters
from .errors import ProofFailure
from .follow import add_new, follow, follow_all, saturate
from .from_ranks import by_full_rank
from .ideal import Completed, Order, any_ideal
from .proof import FALSE, Proof, Script, anything
from .vanishing import down, towers


def refuted(p: Proof, effort: int) -> Theorem:
    """A script: the goal, because the facts and its denial contradict each other."""
    q = negation(p.goal)

    def script(inner: Proof) -> Theorem:
        by_full_rank(inner)
        follow(inner)
        return _contradiction_by_cases(inner, effort)

    yes = p.prove(p.goal, script, [rules.assume(q)])
    return rules.cases(yes, rules.assume(negation(q)), q)


def _contradiction_by_cases(p: Proof, effort: int) -> Theorem:
    """The goal, because the facts contradict each other, in each case of their alternatives if need be."""
    try:
        return _contradiction(p, effort)
    except ProofFailure:
        if alternatives(p) is None:
            raise
        return split_cases(p, lambda case: _contradiction_by_cases(case, effort))


def _contradiction(p: Proof, effort: int) -> Theorem:
    """The goal, because the facts contradict each other: as they stand, or with what completion makes of them."""
    try:
        return _clash(p, effort)
    except ProofFailure:
        found = Completed(p.facts, EFFORTS[0]).derived()
        add_new(p, [th for th in found if th.conclusion[1].rows == ONE == th.conclusion[1].cols])
        if saturate(p, found, 40):
            with suppress(ProofFailure):
                return _clash(p, effort)
        return anything(p.goal, _traced(p).order(FALSE))


def _clash(p: Proof, effort: int) -> Theorem:
    """The goal, because the equations give one that is denied, or I = 0 on a dimension that is not 0, or 1 = 0."""
    denied = [f for f in p.facts if f.conclusion.kind == "not" and f.conclusion[1].kind == "zero"]
    inhabited = _inhabited(p)
    false: list[Term] = [number(1), *(t for n, _ in inhabited for t in (identity(n), scalar(n)))]
    chains = [(f, c) for f in denied for c in towers(f.conclusion[1][1], 60)[:2]]
    targets = [*false, *(f.conclusion[1][1] for f in denied), *(squared_norm(c[-1]) for _, c in chains)]
    orders = [Order(cyclic=True)] + [Order(o.eliminate, cyclic=True) for o in (defined(p),) if o is not None]
    for order in orders:
        with suppress(ProofFailure):
            i, th = any_ideal(targets, p.facts, EFFORTS[effort], order)
            break
    else:
        raise ProofFailure("the equations contradict nothing that is denied")
    if i == 0:
        return anything(p.goal, rules.order(FALSE, [th], [rules.Summand(1)], [(0, number(-1))]))
    if i < len(false):
        some = inhabited[(i - 1) // 2][1]
        none = th if i % 2 == 0 else _trace(th)
        return anything(p.goal, rules.order(FALSE, [some, none], [rules.Summand(1, (0,))], [(1, number(-1))]))
    if i < len(false) + len(denied):
        return rules.absurd(th, denied[i - len(false)], p.goal)
    fact, chain = chains[i - len(false) - len(denied)]
    return rules.absurd(down(chain, th), fact, p.goal)


def _inhabited(p: Proof) -> list[tuple[Nat, Theorem]]:
    """The dimensions of letters that are positive by the facts, and why."""
    sizes: dict[Nat, None] = {}
    for f in p.facts:
        if f.conclusion.kind == "zero":
            for x in letters(f.conclusion[1]):
                sizes |= {x.rows: None, x.cols: None}
    found = []
    for n in sizes:
        if n != ONE:
            try:
                found.append((n, p.order(greater(scalar(n), number(0)))))
            except ProofFailure:
                continue
    return found


def _traced(p: Proof) -> Proof:
    """The same with the traces of all square equations among the facts."""
    for f in list(p.facts):
        if f.conclusion.kind == "zero":
            h: Term = f.conclusion[1]
            if h.rows == h.cols != ONE and trace(h).words:
                p.facts.append(_trace(f))
    return p


def _trace(th: Theorem) -> Theorem:
    """tr(h) = 0, from h = 0."""
    h: Term = th.conclusion[1]
    return rules.ideal(trace(h), [th], [Cofactor(0, identity(h.rows), identity(h.rows), number(1))])


# ---------------------------------------------------------------- cases
def alternatives(p: Proof) -> Theorem | None:
    """A fact of the form p or q (not: not p and not q)."""
    return next((f for f in p.facts if f.conclusion.kind == "not" and f.conclusion[1].kind == "and"), None)


def split_cases(p: Proof, script: Script) -> Theorem:
    """The goal by a script in each case of an alternative."""
    fact = alternatives(p)
    if fact is None:
        raise ProofFailure("there is no alternative among the facts")
    parts: Sequence[object] = fact.conclusion[1][1]

    def branch(i: int, denials: tuple[Theorem, ...]) -> Theorem:
        if i == len(parts):
            return rules.absurd(rules.conjoin(list(denials)), fact, p.goal)
        denial = p.prop(parts[i])
        case = negation(denial)

        def within(inner: Proof) -> Theorem:
            inner.facts.remove(fact)
            follow_all(inner)
            return script(inner)

        yes = p.prove(p.goal, within, [rules.assume(case)])
        return rules.cases(yes, branch(i + 1, (*denials, rules.assume(denial))), case)

    return branch(0, ())
