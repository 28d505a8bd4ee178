"""Equal arguments give equal values: of opaque maps, and of the rank."""

from __future__ import annotations

from contextlib import suppress

from ..kernel import rules
from ..kernel.props import equal
from ..kernel.terms import ONE, Atom, Letter, Term, letter, rank
from .errors import ProofFailure
from .ideal import Limits, rewrite
from .proof import Proof

_ROUNDS = 4  # maps inside maps inside maps


def same_values(p: Proof) -> None:
    """phi(x) = phi(y), where phi(x) is mentioned and the equations rewrite x to y."""
    for _ in range(_ROUNDS):
        known = {f.conclusion for f in p.facts}
        before = len(p.facts)
        for x in _values(p):
            with suppress(ProofFailure):
                reduced, same = rewrite(x.args[0], p.facts, Limits(steps=200))
                goal = equal(letter(x.decl, x.at, x.args), letter(x.decl, x.at, (reduced,)))
                if reduced != x.args[0] and goal not in known:
                    p.add(rules.congruence(same, x.args[0], reduced, x.decl, x.at))
        if len(p.facts) == before:
            return


def _values(p: Proof) -> list[Letter]:
    """The values of maps of one argument that the goal and the equations mention, those inside others too."""
    terms = [f.conclusion[1] for f in p.facts if f.conclusion.kind == "zero"]
    terms += [p.goal[1]] if p.goal.kind in ("zero", "ge", "gt") else []
    found: dict[Letter, None] = {}
    while terms:
        for x in {x for key in terms.pop().words for x in key}:
            for y in (x,) if isinstance(x, Letter) else x.data if x.kind == "trace" else ():
                terms += y.args
                if len(y.args) == 1:
                    found[y] = None
    return list(found)


def same_ranks(p: Proof) -> None:
    """rank M = rank N, where rank M is mentioned and the equations rewrite M to N."""
    known = {f.conclusion for f in p.facts}
    goal = [p.goal] if p.goal.kind in ("zero", "ge", "gt") else []
    scalars: list[Term] = [q[1] for q in (*goal, *known) if q.kind in ("zero", "ge", "gt")]
    scalars = [s for s in scalars if s.rows == ONE == s.cols]
    atoms = {x for s in scalars for key in s.words for x in key if isinstance(x, Atom) and x.kind == "rank"}
    for m in sorted((a.data for a in atoms), key=str):
        with suppress(ProofFailure):
            reduced, same = rewrite(m, p.facts, Limits(steps=100))
            if reduced != m and equal(rank(m), rank(reduced)) not in known:
                p.add(rules.congruence(same, m, reduced))
