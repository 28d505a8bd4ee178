"""Equations that families given by recursion keep from depth to depth: guessed, then thinned out until those that are
left imply each other's next case, and proved by one induction (after Flanagan and Leino's Houdini, 2001)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import at_least, bounded, conjunction, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Letter,
    Nat,
    Substitution,
    Term,
    letter,
    monomial,
    multiply,
    nat,
    nat_names,
    nat_sum,
    scalar,
    substitute,
    subtract,
    transpose,
)
from .deadline import tick
from .errors import ProofFailure
from .ideal import Completed, Limits
from .induct import at_every_depth, reached
from .logic import RELATIONS
from .proof import Proof
from .recursions import Recursion, at_indices, expansions, recursions
from .shapes import put, symbols, terms_of

LIMITS = Limits(rules=120, overlaps=150, steps=1500, degree=8)
WIDE = Limits(rules=120, overlaps=600, steps=3000, degree=8)  # where a fixed matrix may have an image that is kept
FIXED = 8  # letters that stand beside a recursion in a guess


def keep_invariants(p: Proof, depth: Nat) -> bool:
    """Equations that hold up to the depth join the facts; whether there are any."""
    known = recursions(p)
    k = p.fresh("k")
    guesses = dict.fromkeys(t for t in _guesses(p, known, nat(k)) if t.words)
    if not guesses:
        return False
    kept = _thinned(p, depth, k, list(guesses))
    if not kept:
        return False
    body = conjunction(*map(zero, kept))
    every = at_every_depth(p, depth, k, body, _by_ideal, _by_ideal)
    p.add(every)
    p.add(reached(every, depth))
    return True


def _by_ideal(p: Proof) -> Theorem:
    at_indices(p)
    here = nat(str(p.index)) if p.index is not None else nat("none")
    images = expansions(p, p.goal, here)
    facts = [f for f in p.facts if f.conclusion.kind == "zero"]
    eliminate = [letter(x.decl, x.at) for x in images]
    return rules.conjoin([p.ideal(q, facts, eliminate) for q in (p.goal[1] if p.goal.kind == "and" else (p.goal,))])


def _guesses(p: Proof, known: Sequence[Recursion], k: Nat) -> Iterator[Term]:
    """Equations that may hold at every depth k, as terms that would be 0."""
    around = beside(p, known)
    for r in known:
        if r.decl.rows == ONE == r.decl.cols:
            continue
        now, start = letter(r.decl, k), r.start
        yield subtract(now, start)
        for x in around:
            if x.cols == now.rows:
                yield subtract(multiply(x, now), multiply(x, start))
            if x.rows == now.cols != ONE:
                yield subtract(multiply(now, x), multiply(start, x))
            if x.rows == x.cols == now.rows == now.cols:
                yield subtract(multiply(x, now), multiply(now, x))
                if _is_fixed(x):
                    yield from _images_kept(now, x)
        yield subtract(multiply(transpose(now), now), multiply(transpose(start), start))
        yield subtract(multiply(now, transpose(now)), multiply(start, transpose(start)))
        if now.rows == now.cols:
            yield subtract(now, transpose(now))
            yield subtract(multiply(now, now), now)
    for r, s in combinations(known, 2):
        a, b = letter(r.decl, k), letter(s.decl, k)
        for turned, first in ((b, s.start), (transpose(b), transpose(s.start))):
            if (a.rows, a.cols) == (turned.rows, turned.cols):
                yield subtract(subtract(a, turned), subtract(r.start, first))
            if a.cols == turned.rows and a.rows != ONE:
                yield subtract(multiply(a, turned), multiply(r.start, first))
            if turned.cols == a.rows and a.cols != ONE:
                yield subtract(multiply(turned, a), multiply(first, r.start))
            if a.rows == a.cols == turned.rows == turned.cols:
                yield subtract(multiply(a, turned), multiply(turned, a))


def _is_fixed(x: Term) -> bool:
    return all(y.at is None for key in x.words for y in key if isinstance(y, Letter))


def _images_kept(now: Term, x: Term) -> Iterator[Term]:
    """The image of x is mapped to itself, and what x maps to 0 is."""
    inside = multiply(multiply(x, now), x)
    yield subtract(inside, multiply(now, x))
    yield subtract(inside, multiply(x, now))


def beside(p: Proof, known: Sequence[Recursion]) -> list[Term]:
    """What may stand before or behind an entry of a recursion in a guess, and the transposes."""
    return [t for x in _fixed(p, known) for m in (monomial((), (x,), x.rows, x.cols),) for t in (m, transpose(m))]


def _fixed(p: Proof, known: Sequence[Recursion]) -> list[Letter]:
    """Letters that do not depend on the depth: those of no index, and entries of families at one that is at hand."""
    named = {r.decl for r in known}
    everywhere = [t for q in (p.goal, *(f.conclusion for f in p.facts)) for t in terms_of(q)]
    here = [t for q in (p.goal, *(f.conclusion for f in p.facts)) if q.kind in RELATIONS for t in terms_of(q)]
    at_hand = set(symbols(here))
    letters = [x for x in symbols([*here, *everywhere]) if x.decl not in named and not x.args]
    return [x for x in letters if x.at is None or (x in at_hand and nat_names(x.at))][:FIXED]


def _thinned(p: Proof, depth: Nat, k: str, guesses: list[Term]) -> list[Term]:
    """Those of the guesses that hold at 0, and at k + 1 where all of them hold at k."""
    zeros = [f for f in p.facts if f.conclusion.kind == "zero"]
    fixed = any(x.rows == x.cols and x.at is None for t in guesses for x in symbols([t]))
    limits = WIDE if fixed else LIMITS
    reduce = Completed(zeros, limits).reduce
    if not guesses:
        return []
    at_start = {t: at_index(t, k, nat(0)) for t in guesses}
    first = expansions(p, conjunction(*map(zero, at_start.values())), nat(k))
    kept = [t for t in guesses if not reduce(put(at_start[t], first)).words]
    if not kept:
        return []
    step = next_step(p, depth, k)
    after = {t: at_index(t, k, nat_sum(nat(k), ONE)) for t in kept}
    later = expansions(step, conjunction(*map(zero, after.values())), nat(k))
    after = {t: put(u, later) for t, u in after.items()}
    for _ in range(5):
        tick()
        if not kept:
            return []
        goal_letters = [rules.assume(zero(t)) for t in kept]
        reduce = Completed([*(f for f in step.facts if f.conclusion.kind == "zero"), *goal_letters], limits).reduce
        remaining = [t for t in kept if not reduce(after[t]).words]
        if remaining == kept:
            return kept
        kept = remaining
    return []


def at_index(t: Term, k: str, index: Nat) -> Term:
    return substitute(t, Substitution({k: index}))


def next_step(p: Proof, depth: Nat, k: str) -> Proof:
    """A proof in which k is below the depth, with what holds there."""
    step = Proof(p.goal, p.facts, p._taken)
    step.add(rules.assume(at_least(scalar(depth), scalar(nat_sum(nat(k), ONE)))))
    for fact in list(step.facts):
        if bounded(fact.conclusion):
            try:
                step.add(step.at(fact, nat(k)))
            except (ProofFailure, KernelError):
                continue
    at_indices(step)
    return step
