"""Equal arguments give equal values: of opaque maps, and of the rank."""

from __future__ import annotations

from contextlib import suppress

from ..kernel import rules
from ..kernel.props import equal
from ..kernel.terms import ONE, Atom, Letter, Term, letter, rank
from .errors import ProofFailure
from .ideal import Completed, Limits, rewrite
from .proof import Proof

_SMALL = Limits(rules=60, overlaps=80, steps=800, degree=8)
_ROUNDS = 4  # maps inside maps inside maps


def same_values(p: Proof) -> None:
    """phi(x) = phi(y), where phi(x) is mentioned and the equations rewrite x to y."""
    for _ in range(_ROUNDS):
        known = {f.conclusion for f in p.facts}
        before = len(p.facts)
        values = _values(p)
        completed = Completed(p.facts if values else (), _SMALL)
        for x in values:
            with suppress(ProofFailure):
                reduced = completed.reduce(x.args[0])
                goal = equal(letter(x.decl, x.at, x.args), letter(x.decl, x.at, (reduced,)))
                if reduced != x.args[0] and goal not in known:
                    p.add(rules.congruence(completed.theorem(x.args[0]), x.args[0], reduced, x.decl, x.at))
        if len(p.facts) == before:
            return


def _values(p: Proof) -> list[Letter]:
    """The values of maps of one argument that the goal and the facts mention, those inside others too."""
    props = [p.goal, *(f.conclusion for f in p.facts)]
    props = [q[1] if q.kind == "not" else q for q in props]
    terms = [q[1] for q in props if q.kind in ("zero", "ge", "gt")]
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
