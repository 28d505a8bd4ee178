"""Inequalities with inverses before vectors: from M R = I a vector x, with R x in the goal, is M y for y = R x."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..kernel import rules
from ..kernel.props import Prop, equal, free_letters, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Letter,
    Substitution,
    Term,
    flip,
    letter,
    multiply,
    number,
    scale,
    substitute,
    subtract,
    term_letters,
)
from .errors import ProofFailure
from .halves import traces
from .ideal import Completed, Limits
from .inverses import products_of
from .proof import Proof, Script


def by_preimages(script: Callable[[Proof, int], Theorem]) -> Callable[[Proof, int], Theorem]:
    """The script on the goal and the facts with all such vectors replaced; it fails where an inverse is left."""

    def renamed(p: Proof, effort: int) -> Theorem:
        for left, right, inverse in _inverses(p):
            if vectors := _vectors(p.goal[1], right):
                return _with_new_letters(p, left, right, inverse, vectors, lambda q: script(q, effort))
        raise ProofFailure("preimages: no inverse stands before a vector")

    return renamed


def has_preimages(p: Proof) -> bool:
    """Whether the goal is an inequality with vectors of which a fact may say that they are images."""
    return p.goal.kind in ("ge", "gt") and any(_vectors(p.goal[1], right) for _, right, _ in _inverses(p))


def _inverses(p: Proof) -> Iterator[tuple[Term, Term, Theorem]]:
    """M, R and M R = I, for a letter R and an M in which it is not."""
    for f in p.facts:
        if f.conclusion.kind == "zero" and len(f.conclusion[1].words) > 2:
            for left, right, same in products_of(p, f):
                ((word, c), *others) = right.words.items()
                if not others and len(word) == 1 == c and term_letters(right).isdisjoint(term_letters(left)):
                    yield left, right, same


def _vectors(value: Term, right: Term) -> list[Letter]:
    """The columns behind the letter, in traces."""
    (((r,),),) = (right.words,)
    found: dict[Letter, None] = {}
    for a in traces([value]):
        for x, y in zip(a.data, (*a.data[1:], a.data[0]), strict=True):
            if x is r and y.cols == ONE and not y.transposed:
                found[y] = None
            if y is flip(r) and x.rows == ONE and x.transposed:
                found[flip(x)] = None
    return [x for x in found if x.at is None and not x.args]


def _with_new_letters(
    p: Proof, left: Term, right: Term, inverse: Theorem, vectors: Sequence[Letter], script: Script
) -> Theorem:
    facts, (r,) = list(p.facts), term_letters(right)
    turned = Completed(facts, Limits(rules=40, overlaps=60, steps=600, degree=8))
    images, defined = {}, []
    for x in vectors:
        own = letter(x.decl)
        y = p.call(x.decl.name, multiply(right, own))
        images[x.decl] = multiply(left, y)
        parts = (inverse, number(-1), own), (p.facts[-1], scale(number(-1), left))
        defined.append(p.combine(equal(own, images[x.decl]), *parts))
    named = Completed(defined)

    def moved(value: Term) -> Theorem:
        """value - new = 0, as the vectors are images, with what that gives rewritten by the equations."""
        at_images = substitute(value, Substitution({}, images))
        new = turned.reduce(at_images)
        parts = (named.vanishes(subtract(value, at_images)),), (turned.theorem(at_images),)
        return p.combine(equal(value, new), *parts)

    kept = []
    for f in facts:
        if f.conclusion.kind in ("zero", "ge", "gt") and not images.keys().isdisjoint(free_letters(f.conclusion)):
            kept.append(_rewritten(p, f, moved(f.conclusion[1])))
        elif f.conclusion.kind != "zero" or r not in free_letters(f.conclusion):
            kept.append(f)
    same = moved(p.goal[1])
    new = subtract(p.goal[1], same.conclusion[1])
    if r in term_letters(new):
        raise ProofFailure("preimages: the inverse is not gone")
    p.facts = kept
    shown = p.prove(Prop((p.goal.kind, new)), script)
    return rules.order(p.goal, [shown, same], [Summand(1, (0,))], [(1, number(1))])


def _rewritten(p: Proof, fact: Theorem, same: Theorem) -> Theorem:
    """The fact with its value replaced by what is equal to it."""
    new = subtract(fact.conclusion[1], same.conclusion[1])
    if fact.conclusion.kind == "zero":
        return p.combine(zero(new), (fact,), (same, number(-1)))
    return rules.order(Prop((fact.conclusion.kind, new)), [fact, same], [Summand(1, (0,))], [(1, number(-1))])
