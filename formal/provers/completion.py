"""Equations by completion in several orders, and by cancellation among what completion finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..kernel.rules import Theorem
from ..kernel.terms import ONE, Letter, Term, flip, squared_norm
from .errors import ProofFailure
from .follow import add_new, saturate
from .gram import kernel
from .ideal import Completed, Limits, Order, any_ideal
from .proof import Proof
from .vanishing import down, lifts, lowered, norm_is_zero, towers

EFFORTS = (
    Limits(rules=60, overlaps=250, steps=1_500, degree=10),
    Limits(rules=150, overlaps=2_000, steps=12_000, degree=16),
    Limits(rules=250, overlaps=6_000, steps=40_000, degree=24),
)


def completion(order: Callable[[Proof], Order | None]) -> Callable[[Proof, int], Theorem]:
    """A script: the equation, or that a power of it has squared norm 0, by completion in this order."""

    def script(p: Proof, effort: int) -> Theorem:
        chosen = order(p)
        if chosen is None:
            raise ProofFailure("this order is no other than the usual one")
        return by_tower(p, EFFORTS[effort], chosen)

    return script


def by_tower(p: Proof, limits: Limits, order: Order) -> Theorem:
    """The equation z = 0: as it stands, or because z, z'z, (z'z)^2, u'z or z u' has squared norm 0."""
    target: Term = p.goal[1]
    chains, lifted = towers(target), lifts(target)
    ends = [c[-1] for c in chains] + [w for w, _ in lifted]
    i, th = any_ideal([target, *map(squared_norm, ends)], p.facts, limits, order)
    if i == 0:
        return th
    if i <= len(chains):
        return down(chains[i - 1], th)
    above, m = lifted[i - 1 - len(chains)]
    return lowered(target, m, norm_is_zero(above, th))


def letters(h: Term) -> set[Letter]:
    """The letters of a term, those in its traces too."""
    found: set[Letter] = set()
    for key in h.words:
        for x in key:
            found |= {x} if isinstance(x, Letter) else set(x.data) if x.kind == "trace" else set()
    return found


def _both(letters: Iterable[Letter]) -> frozenset[Letter]:
    return frozenset(y for x in letters for y in (x, flip(x)))


def usual(p: Proof) -> Order:
    """Degree first, then names; traces are completed where the goal is a scalar."""
    return Order(cyclic=p.goal[1].rows == ONE == p.goal[1].cols)


def backwards(p: Proof) -> Order:
    """The same with the names backwards."""
    return Order(backwards=True, cyclic=p.goal[1].rows == ONE == p.goal[1].cols)


def defined(p: Proof) -> Order | None:
    """The letters that an equation defines are replaced by what they stand for."""
    closed = p.goal.kind == "zero" and usual(p).cyclic
    found: set[Letter] = set()
    for f in p.facts:
        if f.conclusion.kind == "zero" and len(f.conclusion[1].words) > 1:
            h: Term = f.conclusion[1]
            alone = [key[0] for key in h.words if len(key) == 1 and isinstance(key[0], Letter)]
            for x in alone:
                others = set[Letter]().union(*(letters(h._replace(words={k: 1})) for k in h.words if k != (x,)))
                if others.isdisjoint((x, flip(x))) and found.isdisjoint(others):
                    found |= {x, flip(x)}
                    break
    return Order(frozenset(found), cyclic=closed) if found else None


def goal_last(p: Proof) -> Order | None:
    """The letters that the goal does not mention are eliminated."""
    mine = _both(letters(p.goal[1]))
    facts = [letters(f.conclusion[1]) for f in p.facts if f.conclusion.kind == "zero"]
    others = _both(set[Letter]().union(*facts)) - mine
    return Order(others, cyclic=usual(p).cyclic) if others and mine else None


# ---------------------------------------------------------------- cancellation among derived equations
def cancelling(p: Proof, effort: int) -> Theorem:
    """A script: equations that completion finds are cancelled, as those given were; then the goal by completion."""
    small = Limits(rules=20 + 30 * effort, overlaps=60 + 200 * effort, steps=600 + 2000 * effort, degree=6 + 2 * effort)
    for _ in range(1 + effort):
        orders = [Order(), *(order for order in (goal_last(p),) if order is not None)]
        found = [th for order in orders for th in Completed(p.facts, small, order).derived()]
        if not saturate(p, found, 60 + 60 * effort):
            raise ProofFailure("no derived equation can be cancelled")
        try:
            return by_tower(p, EFFORTS[0], Order())
        except ProofFailure:
            continue
    return by_tower(p, EFFORTS[effort], Order())


def combinations(p: Proof, effort: int) -> Theorem:
    """A script: sums of words whose squared norm is 0 vanish; then the goal by completion."""
    small = Limits(rules=20 + 30 * effort, overlaps=60 + 200 * effort, steps=600 + 2000 * effort, degree=8 + 2 * effort)
    if not add_new(p, kernel(p, small, 6 + 3 * effort)):
        raise ProofFailure("no combination of words has squared norm 0")
    return by_tower(p, EFFORTS[effort], Order())
