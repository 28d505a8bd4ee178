"""Methods for statements about any number of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, bounded, conjunction, implication, replace_variable, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Letter,
    Nat,
    Term,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    scalar,
    subtract,
)
from ..statement.language import to_nat
from .ansatz import solutions
from .errors import ProofFailure
from .induct import by_induction
from .invariants import keep_invariants
from .logic import RELATIONS, least_of, moved
from .method import Enrich, Method
from .portfolio import inside, settle
from .proof import Proof, auto
from .rank import of_sum, product_right
from .rank_equal import of_zero
from .ranks import by_rank
from .recursions import at_indices, expansions, index_variables, recursions
from .shapes import letters_of, put, put_prop, symbols

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
    quick = _steps(lambda q: _expanded(q, _at_once))
    yield by_induction(nat(name), base=quick, step=quick)
    yield _with_invariants(name, quick)
    if (claim := _others_fixed(p, name)) is not None:
        yield by_induction(nat(name), claim, base=quick, step=quick)
    earlier = _steps(lambda q: _expanded(q, _from_earlier))
    yield by_induction(nat(name), base=quick, step=earlier)
    if inside("induction") > 1:
        return
    slow = _steps(lambda q: _expanded(q, lambda r: settle(r, effort + 1)))
    if (conditional := _with_conditions(p, name)) is not None:
        yield by_induction(nat(name), conditional, base=slow, step=slow, then=settle)
    yield by_induction(nat(name), base=slow, step=slow)
    yield _with_invariants(name, slow)
    if claim is not None:
        yield by_induction(nat(name), claim, base=slow, step=slow)


def _steps(script: Callable[[Proof], Theorem]) -> Callable[[Proof], Theorem]:
    def run(p: Proof) -> Theorem:
        at_indices(p)
        return script(p)

    return run


def _at_once(p: Proof) -> Theorem:
    """As it stands; ranks by their sizes, products and sums; an inequality also from products of two facts."""
    try:
        return auto(p)
    except ProofFailure:
        if p.goal.kind in RELATIONS and _ranked(p.goal):
            return _by_ranks_alone(p)
        known = [f for f in p.facts if f.conclusion.kind in ("ge", "gt")]
        if p.goal.kind not in ("ge", "gt") or len(known) > 12:
            raise
        return p.order(products=2)


def _by_ranks_alone(p: Proof) -> Theorem:
    """A relation of ranks, from those that the facts relate: H = X M says rank H <= rank M."""
    known = {h: None for f in p.facts if f.conclusion.kind in RELATIONS for h in _ranked(f.conclusion)}
    equations = [f for f in p.facts if f.conclusion.kind == "zero"]
    for m in _ranked(p.goal):
        for h in known:
            if m == h or m.cols != h.cols or not m.words:
                continue
            x = Decl("Undone", h.rows, m.rows)
            letters = symbols([f.conclusion[1] for f in equations])[:12]
            for found in islice(solutions([x], [subtract(h, multiply(letter(x), m))], equations, letters, 1), 1):
                p.same_rank(multiply(found[x], m), h)
                p.add(p.lemma(product_right(), X=found[x], Y=m))
    p.facts = [f for f in p.facts if f.conclusion.kind in RELATIONS and _is_count(f.conclusion[1])]
    return by_rank(p)


def _is_count(value: Term) -> bool:
    """Whether a term is a scalar made of dimensions, indices and ranks."""
    return rules.is_integral(value) or (value.rows == ONE == value.cols and not value.words)


def _with_invariants(name: str, step: Callable[[Proof], Theorem]) -> Callable[[Proof], Theorem]:
    def script(p: Proof) -> Theorem:
        if not keep_invariants(p, nat(name)):
            raise ProofFailure("nothing is kept from depth to depth")
        try:
            return p.prove(p.goal, auto)
        except ProofFailure:
            return by_induction(nat(name), base=step, step=step)(p)

    return script


def _from_earlier(p: Proof) -> Theorem:
    """In a step: with what the recursions up to here keep beside the entries at the next depth."""
    if not keep_invariants(p, to_nat(p.index)):
        raise ProofFailure("nothing is kept up to here")
    try:
        return auto(p)
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


# ---------------------------------------------------------------- a goal at the next depth
def _expanded(p: Proof, script: Callable[[Proof], Theorem]) -> Theorem:
    """The goal, by a script for what it says once the entries at the next depth, or at 0, are written out."""
    if p.goal.kind == "and":
        return rules.conjoin([p.add(p.prove(q, lambda r: _expanded(r, script))) for q in p.goal[1]])
    here = to_nat(p.index) if p.index is not None else nat("none")
    images = expansions(p, p.goal, here)
    goal = put_prop(p.goal, images)
    if goal == p.goal or p.goal.kind not in RELATIONS:
        return script(p)
    for m in _ranked(goal):  # rank M <= rank H + rank(M - H), for H of the previous depth
        if not m.words:
            p.add(rules.instantiate(of_zero(), {"m": m.rows, "n": m.cols}, {}))
        for h in {h for f in p.facts if f.conclusion.kind in RELATIONS for h in _ranked(f.conclusion)}:
            if (m.rows, m.cols) == (h.rows, h.cols) and m != h:
                p.add(p.lemma(of_sum(), X=h, Y=subtract(m, h)))
    shown = p.prove(goal, script)
    ranks = list(_same_ranks(p, p.goal[1], images))
    equations = [f for f in p.facts if f.conclusion.kind == "zero"]
    letters = [letter(x.decl, x.at) for x in images]
    if p.goal.kind == "zero":
        return p.ideal(p.goal, [shown, *ranks, *equations], letters)
    same = p.ideal(zero(subtract(p.goal[1], goal[1])), [*ranks, *equations], letters)
    return rules.order(p.goal, [shown, same], [rules.Summand(1, (0,))], [(1, number(1))])


def _ranked(q: Prop) -> list[Term]:
    """The terms whose rank a relation mentions."""
    return list({x.data: None for key in q[1].words for x in key if isinstance(x, Atom) and x.kind == "rank"})


def _same_ranks(p: Proof, term: Term, images: dict[Letter, Term]) -> Iterator[Theorem]:
    equations = [f for f in p.facts if f.conclusion.kind == "zero"]
    letters = [letter(x.decl, x.at) for x in images]
    for m in _ranked(zero(term)):
        other = put(m, images)
        if other != m:
            same = p.ideal(zero(subtract(m, other)), equations, letters)
            yield rules.congruence(same, m, other)


METHODS: tuple[Method, ...] = (
    Method("induction", _induction, _fits),
    Method("induction from a first depth", _later, _fits),
)
CONSEQUENCES: tuple[Enrich, ...] = (at_indices,)
