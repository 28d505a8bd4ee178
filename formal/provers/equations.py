"""Methods for equations of matrices: completion in several orders, cancellation, contradiction, cases."""

from __future__ import annotations

from ..kernel.errors import KernelError
from ..kernel.rules import Theorem
from ..kernel.terms import ONE
from .completion import backwards, cancelling, combinations, completion, defined, goal_last, usual
from .denials import alternatives, refuted, split_cases
from .errors import ProofFailure
from .follow import follow, ranks_followed
from .method import Enrich, Method
from .proof import Proof


def _by_cases(p: Proof, effort: int) -> Theorem:
    """A script: the goal in each case of an alternative."""
    return split_cases(p, lambda case: _any_method(case, effort))


def _any_method(p: Proof, effort: int) -> Theorem:
    """The goal by the first method for equations that proves it."""
    why = ""
    for f in p.facts:
        if f.conclusion == p.goal:
            return f
    for method in METHODS:
        if method.fits(p):
            try:
                return p.prove(p.goal, lambda q, m=method: m.script(q, effort))  # type: ignore[misc]
            except (ProofFailure, KernelError) as failure:
                why = why or str(failure)
    raise ProofFailure(why or f"no method for equations fits {p.goal}")


def _is_equation(p: Proof) -> bool:
    return p.goal.kind == "zero"


def _has_denial(p: Proof) -> bool:
    """A goal "not ..", an equation of scalars, which may stand before a matrix, or facts that deny equations."""
    if p.goal.kind == "zero":
        denied = any(f.conclusion.kind == "not" and f.conclusion[1].kind == "zero" for f in p.facts)
        return denied or p.goal[1].rows == ONE == p.goal[1].cols
    return p.goal.kind == "not" and p.goal[1].kind in ("zero", "and")


METHODS: tuple[Method, ...] = (
    Method("completion", completion(usual), _is_equation),
    Method("completion, what is defined replaced", completion(defined), _is_equation),
    Method("completion, names backwards", completion(backwards), _is_equation),
    Method("completion, the goal's letters kept", completion(goal_last), _is_equation),
    Method("equations and their denials", refuted, _has_denial),
    Method("cancellation", cancelling, _is_equation),
    Method("sums of words that vanish", combinations, _is_equation),
    Method("cases of an alternative", _by_cases, lambda p: alternatives(p) is not None),
)
CONSEQUENCES: tuple[Enrich, ...] = (ranks_followed, follow)
