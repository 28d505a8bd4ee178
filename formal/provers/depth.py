"""Methods for statements about any number of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, bounded, conjunction, implication, replace_variable
from ..kernel.rules import Theorem
from ..kernel.terms import (
    Letter,
    Nat,
    letter,
    nat,
    nat_sum,
    scalar,
)
from ..statement.language import to_nat
from . import companions
from .bounds import keep_bounds
from .errors import ProofFailure
from .induct import by_induction
from .invariants import keep_invariants
from .logic import RELATIONS, least_of, moved
from .method import Enrich, Method
from .next_depth import expanded, with_index
from .portfolio import inside, settle
from .proof import Proof, auto
from .recursions import at_indices, each_part, index_variables, longer_recursions, recursions
from .shapes import letters_of, put_prop
from .totals import add_totals

NESTED = 2  # inductions inside each other


def _depths(p: Proof) -> list[str]:
    """The variables on which an induction may be: indices of the goal's families, first those that bound a fact; and
    bounds that are indices in other facts."""
    bounds = [b[1] for f in p.facts if (b := bounded(f.conclusion)) is not None]
    said = [n for f in p.facts if f.conclusion.kind in RELATIONS for n in index_variables(f.conclusion)]
    names = dict.fromkeys([*index_variables(p.goal), *(n for n in said if scalar(nat(n)) in bounds)])
    return sorted(names, key=lambda n: scalar(nat(n)) not in bounds)


def _fits(p: Proof) -> bool:
    return inside("induction") < NESTED and p.goal.kind in (*RELATIONS, "ex", "not") and bool(_depths(p))


def _induction(p: Proof, effort: int) -> Theorem:
    """The goal at every depth, as it is and then with what the recursions keep."""
    failures = []
    for name in _depths(p):
        try:
            return _induction_on(p, nat(name), effort)
        except ProofFailure as e:
            failures.append(f"on {name}: {e}")
    raise ProofFailure("; ".join(failures) or "there is no depth to go along")


def _induction_on(p: Proof, depth: Nat, effort: int) -> Theorem:
    failures = []
    for attempt in _attempts(p, str(depth), effort):
        try:
            return p.prove(p.goal, attempt)
        except (ProofFailure, KernelError) as e:
            failures.append(str(e))
    raise ProofFailure("; ".join(failures))


def _attempts(p: Proof, name: str, effort: int) -> Iterator[Callable[[Proof], Theorem]]:
    """Scripts, the cheapest first: with ideals alone, with what the recursions keep, with all methods."""
    quick = _steps(lambda q: expanded(q, with_index))
    yield by_induction(nat(name), base=quick, step=quick)
    yield _with_invariants(name, quick)
    if (several := max(longer_recursions(p).values(), default=1)) > 1:
        yield by_induction(nat(name), _several(p, name, several), base=quick, step=quick)
    if (claim := _others_fixed(p, name)) is not None:
        yield by_induction(nat(name), claim, base=quick, step=quick)
    earlier = _steps(lambda q: expanded(q, _from_earlier))
    yield by_induction(nat(name), base=quick, step=earlier)
    if inside("induction") > 1:
        return
    slow = _steps(lambda q: expanded(q, lambda r: settle(r, effort + 1)))
    if (conditional := _with_conditions(p, name)) is not None:
        yield by_induction(nat(name), conditional, base=slow, step=slow, then=settle)
    yield by_induction(nat(name), base=slow, step=slow)
    yield _with_invariants(name, slow)
    if claim is not None:
        yield by_induction(nat(name), claim, base=slow, step=slow)


def _several(p: Proof, name: str, count: int) -> Callable[[Any], Prop]:
    """The goal at so many depths in a row, for recursions that go back to more than one."""
    return lambda k: conjunction(
        *(replace_variable(p.goal, name, nat_sum(to_nat(k), nat(i))) for i in range(min(count, 4)))
    )


def _steps(script: Callable[[Proof], Theorem]) -> Callable[[Proof], Theorem]:
    def run(p: Proof) -> Theorem:
        at_indices(p)
        return script(p)

    return run


def _with_invariants(name: str, step: Callable[[Proof], Theorem]) -> Callable[[Proof], Theorem]:
    def script(p: Proof) -> Theorem:
        if not _kept(p, nat(name)):
            raise ProofFailure("nothing is kept from depth to depth")
        try:
            return p.prove(p.goal, auto)
        except ProofFailure:
            return by_induction(nat(name), base=step, step=step)(p)

    return script


def _kept(p: Proof, depth: Nat) -> bool:
    """What is kept up to a depth joins the facts: equations, and for an inequality also inequalities."""
    equal = keep_invariants(p, depth)
    return (p.goal.kind in ("ge", "gt") and keep_bounds(p, depth)) or equal


def _from_earlier(p: Proof) -> Theorem:
    """In a step: with what the recursions up to here keep beside the entries at the next depth."""
    if not _kept(p, to_nat(p.index)):
        raise ProofFailure("nothing is kept up to here")
    try:
        return with_index(p)
    except ProofFailure:
        if inside("induction") > 1:
            raise
        return settle(p)


def _with_conditions(p: Proof, name: str) -> Callable[[Any], Prop] | None:
    """The goal from the facts that speak of the same depth, at every depth."""
    here = [
        f.conclusion
        for f in p.facts
        if f.conclusion.kind in RELATIONS and any(x.at == nat(name) for x in letters_of(f.conclusion[1]))
    ]
    if not here:
        return None
    whole = implication(conjunction(*here), p.goal)
    return lambda k: replace_variable(whole, name, to_nat(k))


def _others_fixed(p: Proof, name: str) -> Callable[[Any], Prop] | None:
    """The goal with the index changed in the families that are given by recursion only."""
    known = {r.decl for r in recursions(p)}
    if p.goal.kind not in RELATIONS:
        return None
    letters = [x for x in letters_of(p.goal[1]) if x.at is not None]
    moving = {x for x in letters if x.decl in known and x.at == nat(name)}
    if not moving or all(x in moving for x in letters):
        return None

    def claim(k: Any) -> Prop:
        images = {x if not x.transposed else _plain(x): letter(x.decl, to_nat(k)) for x in moving}
        return put_prop(p.goal, images)

    return claim


def _plain(x: Letter) -> Letter:
    (own,) = (y for key in letter(x.decl, x.at, x.args).words for y in key)
    return own  # type: ignore[no-any-return]


def _later(p: Proof, effort: int) -> Theorem:
    """The goal at a depth L that is at least c, as the goal at c + n for all n."""
    for fact in list(p.facts):
        for name in _depths(p) if fact.conclusion.kind == "ge" else ():
            least = least_of(fact.conclusion[1], name)
            if least is not None and least != nat(0):
                (n,) = p.open(rules.difference(fact, nat(name), least, *p.unused("n")))
                value = nat_sum(least, n)
                same = p.facts[-1]
                th = moved(p, name, value, partial(_induction_on, depth=n, effort=effort))
                return rules.detach(rules.discharge(th, same.conclusion), same)
    raise ProofFailure("no depth is said to be at least 1")


def _totals(p: Proof, effort: int) -> Theorem:
    """With what the sums that are at hand add up to."""
    found = [add_totals(p, nat(name)) for name in _limits(p)]
    if not any(found):
        raise ProofFailure("nothing adds up")
    try:
        return p.prove(p.goal, auto)
    except ProofFailure:
        return settle(p, effort + 1)


def _limits(p: Proof) -> list[str]:
    """The variables below which recursions are known."""
    facts = [b[1] for r in recursions(p) if (b := bounded(r.fact.conclusion)) is not None]
    return [n for n in _depths(p) if scalar(nat(n)) in facts]


def _has_sums(p: Proof) -> bool:
    return not inside("totals") and not inside("induction") and p.goal.kind in RELATIONS and bool(_limits(p))


METHODS: tuple[Method, ...] = (
    Method("totals", _totals, _has_sums),
    Method(companions.NAME, companions.by_companion, companions.has_companion),
    Method("induction", _induction, _fits),
    Method("induction from a first depth", _later, _fits),
)
CONSEQUENCES: tuple[Enrich, ...] = (each_part, at_indices)
