"""What follows from the facts at once, for equations: it joins the facts before any method is tried."""

from __future__ import annotations

from collections.abc import Iterable

from ..kernel.rules import Theorem
from .congruence import same_ranks, same_values
from .corners import corners
from .from_ranks import by_full_rank, of_idempotents
from .inverses import other_side
from .proof import Proof
from .reciprocals import equal_roots, reciprocals
from .vanishing import vanish


def add_new(p: Proof, found: Iterable[Theorem]) -> list[Theorem]:
    """Those that say something new join the facts."""
    known = {f.conclusion for f in p.facts}
    new = []
    for th in found:
        if th.conclusion not in known and (th.conclusion.kind != "zero" or th.conclusion[1].words):
            known.add(th.conclusion)
            new.append(p.add(th))
    return new


def saturate(p: Proof, facts: Iterable[Theorem], most: int = 12) -> bool:
    """Add the other sides of inverses, and what vanishes with its squared norm, until nothing new comes."""
    goal = p.goal[1] if p.goal.kind == "zero" else None
    waiting, before = list(facts), len(p.facts)
    for _ in range(most):
        if not waiting:
            break
        th = waiting.pop(0)
        if th.conclusion.kind == "zero":
            waiting += add_new(p, other_side(p, th))
        if th.conclusion.kind in ("zero", "ge"):
            waiting += add_new(p, vanish(p, th, goal))
    return len(p.facts) > before


def follow(p: Proof) -> None:
    """What the facts say of inverses, of squared norms and of equal arguments."""
    reciprocals(p)
    equal_roots(p)
    saturate(p, [f for f in p.facts if f.conclusion.kind in ("zero", "ge")], 30)
    corners(p)
    same_values(p)


def ranks_followed(p: Proof) -> None:
    """What the facts say of ranks, as equations."""
    of_idempotents(p)
    same_ranks(p)
    by_full_rank(p)


def follow_all(p: Proof) -> None:
    """All of it."""
    ranks_followed(p)
    follow(p)
