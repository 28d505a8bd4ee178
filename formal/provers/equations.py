"""Methods for equations of matrices: completion in several orders, cancellation, contradiction, cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import greater, negation
from ..kernel.rules import Cofactor, Theorem
from ..kernel.terms import (
    ONE,
    Letter,
    Nat,
    Term,
    flip,
    identity,
    number,
    scalar,
    squared_norm,
    trace,
)
from .congruence import same_ranks, same_values
from .errors import ProofFailure
from .from_ranks import by_full_rank, of_idempotents
from .gram import kernel
from .ideal import Completed, Limits, Order, any_ideal
from .inverses import other_side
from .method import Enrich, Method
from .proof import FALSE, Proof, Script, anything
from .reciprocals import equal_roots, reciprocals
from .vanishing import down, lifts, lowered, norm_is_zero, towers, vanish

EFFORTS = (
    Limits(rules=60, overlaps=250, steps=1_500, degree=10),
    Limits(rules=150, overlaps=2_000, steps=12_000, degree=16),
    Limits(rules=250, overlaps=6_000, steps=40_000, degree=24),
)


# ---------------------------------------------------------------- what follows at once
def _add_new(p: Proof, found: Iterable[Theorem]) -> list[Theorem]:
    """Those that say something new join the facts."""
    known = {f.conclusion for f in p.facts}
    new = []
    for th in found:
        if th.conclusion not in known and (th.conclusion.kind != "zero" or th.conclusion[1].words):
            known.add(th.conclusion)
            new.append(p.add(th))
    return new


def _saturate(p: Proof, facts: Iterable[Theorem], most: int = 12) -> bool:
    """Add the other sides of inverses, and what vanishes with its squared norm, until nothing new comes."""
    goal = p.goal[1] if p.goal.kind == "zero" else None
    waiting, before = list(facts), len(p.facts)
    for _ in range(most):
        if not waiting:
            break
        th = waiting.pop(0)
        if th.conclusion.kind == "zero":
            waiting += _add_new(p, other_side(p, th))
        if th.conclusion.kind in ("zero", "ge"):
            waiting += _add_new(p, vanish(p, th, goal))
    return len(p.facts) > before


def _follow(p: Proof) -> None:
    """What the facts say of inverses, of squared norms and of equal arguments."""
    reciprocals(p)
    equal_roots(p)
    _saturate(p, [f for f in p.facts if f.conclusion.kind in ("zero", "ge")], 30)
    same_values(p)


def _ranks(p: Proof) -> None:
    """What the facts say of ranks, as equations."""
    of_idempotents(p)
    same_ranks(p)
    by_full_rank(p)


# ---------------------------------------------------------------- equations
def _completion(order: Callable[[Proof], Order | None]) -> Callable[[Proof, int], Theorem]:
    """A script: the equation, or that a power of it has squared norm 0, by completion in this order."""

    def script(p: Proof, effort: int) -> Theorem:
        chosen = order(p)
        if chosen is None:
            raise ProofFailure("this order is no other than the usual one")
        return _by_tower(p, EFFORTS[effort], chosen)

    return script


def _by_tower(p: Proof, limits: Limits, order: Order) -> Theorem:
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


def _letters(h: Term) -> set[Letter]:
    found: set[Letter] = set()
    for key in h.words:
        for x in key:
            found |= {x} if isinstance(x, Letter) else set(x.data) if x.kind == "trace" else set()
    return found


def _both(letters: Iterable[Letter]) -> frozenset[Letter]:
    return frozenset(y for x in letters for y in (x, flip(x)))


def _usual(p: Proof) -> Order:
    return Order(cyclic=p.goal[1].rows == ONE == p.goal[1].cols)


def _backwards(p: Proof) -> Order:
    return Order(backwards=True, cyclic=p.goal[1].rows == ONE == p.goal[1].cols)


def _defined(p: Proof) -> Order | None:
    """The letters that an equation defines are replaced by what they stand for."""
    closed = p.goal.kind == "zero" and _usual(p).cyclic
    found: set[Letter] = set()
    for f in p.facts:
        if f.conclusion.kind == "zero" and len(f.conclusion[1].words) > 1:
            h: Term = f.conclusion[1]
            alone = [key[0] for key in h.words if len(key) == 1 and isinstance(key[0], Letter)]
            for x in alone:
                others = set[Letter]().union(*(_letters(h._replace(words={k: 1})) for k in h.words if k != (x,)))
                if others.isdisjoint((x, flip(x))) and found.isdisjoint(others):
                    found |= {x, flip(x)}
                    break
    return Order(frozenset(found), cyclic=closed) if found else None


def _goal_last(p: Proof) -> Order | None:
    """The letters that the goal does not mention are eliminated."""
    mine = _both(_letters(p.goal[1]))
    facts = [_letters(f.conclusion[1]) for f in p.facts if f.conclusion.kind == "zero"]
    others = _both(set[Letter]().union(*facts)) - mine
    return Order(others, cyclic=_usual(p).cyclic) if others and mine else None


# ---------------------------------------------------------------- cancellation among derived equations
def _cancelling(p: Proof, effort: int) -> Theorem:
    """A script: equations that completion finds are cancelled, as those given were; then the goal by completion."""
    small = Limits(rules=20 + 30 * effort, overlaps=60 + 200 * effort, steps=600 + 2000 * effort, degree=6 + 2 * effort)
    for _ in range(1 + effort):
        orders = [Order(), *(order for order in (_goal_last(p),) if order is not None)]
        found = [th for order in orders for th in Completed(p.facts, small, order).derived()]
        if not _saturate(p, found, 60 + 60 * effort):
            raise ProofFailure("no derived equation can be cancelled")
        try:
            return _by_tower(p, EFFORTS[0], Order())
        except ProofFailure:
            continue
    return _by_tower(p, EFFORTS[effort], Order())


def _combinations(p: Proof, effort: int) -> Theorem:
    """A script: sums of words whose squared norm is 0 vanish; then the goal by completion."""
    small = Limits(rules=20 + 30 * effort, overlaps=60 + 200 * effort, steps=600 + 2000 * effort, degree=8 + 2 * effort)
    if not _add_new(p, kernel(p, small, 6 + 3 * effort)):
        raise ProofFailure("no combination of words has squared norm 0")
    return _by_tower(p, EFFORTS[effort], Order())


# ---------------------------------------------------------------- contradiction
def _refuted(p: Proof, effort: int) -> Theorem:
    """A script: the goal, because the facts and its denial contradict each other."""
    q = negation(p.goal)

    def script(inner: Proof) -> Theorem:
        by_full_rank(inner)
        _follow(inner)
        return _contradiction_by_cases(inner, effort)

    yes = p.prove(p.goal, script, [rules.assume(q)])
    return rules.cases(yes, rules.assume(negation(q)), q)


def _contradiction_by_cases(p: Proof, effort: int) -> Theorem:
    try:
        return _contradiction(p, effort)
    except ProofFailure:
        if _alternatives(p) is None:
            raise
        return _split(p, lambda case: _contradiction_by_cases(case, effort))


def _contradiction(p: Proof, effort: int) -> Theorem:
    """The goal, because the equations give one that is denied, or I = 0 on a dimension that is not 0, or 1 = 0."""
    denied = [f for f in p.facts if f.conclusion.kind == "not" and f.conclusion[1].kind == "zero"]
    inhabited = _inhabited(p)
    false: list[Term] = [number(1), *(t for n, _ in inhabited for t in (identity(n), scalar(n)))]
    chains = [(f, c) for f in denied for c in towers(f.conclusion[1][1], 60)[:2]]
    targets = [*false, *(f.conclusion[1][1] for f in denied), *(squared_norm(c[-1]) for _, c in chains)]
    orders = [Order(cyclic=True)] + [Order(o.eliminate, cyclic=True) for o in (_defined(p),) if o is not None]
    for order in orders:
        with suppress(ProofFailure):
            i, th = any_ideal(targets, p.facts, EFFORTS[effort], order)
            break
    else:
        found = Completed(p.facts, EFFORTS[0]).derived()
        _add_new(p, [th for th in found if th.conclusion[1].rows == ONE == th.conclusion[1].cols])
        return anything(p.goal, _traced(p).order(FALSE))
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
            for x in _letters(f.conclusion[1]):
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
def _alternatives(p: Proof) -> Theorem | None:
    """A fact of the form p or q (not: not p and not q)."""
    return next((f for f in p.facts if f.conclusion.kind == "not" and f.conclusion[1].kind == "and"), None)


def _by_cases(p: Proof, effort: int) -> Theorem:
    """A script: the goal in each case of an alternative."""
    return _split(p, lambda case: _any_method(case, effort))


def _split(p: Proof, script: Script) -> Theorem:
    """The goal by a script in each case of an alternative."""
    fact = _alternatives(p)
    if fact is None:
        raise ProofFailure("there is no alternative among the facts")
    parts: Sequence[object] = fact.conclusion[1][1]
    rest = [f for f in p.facts if f is not fact]

    def branch(i: int, denials: tuple[Theorem, ...]) -> Theorem:
        if i == len(parts):
            return rules.absurd(rules.conjoin(list(denials)), fact, p.goal)
        denial = p.prop(parts[i])
        case = negation(denial)
        inner = Proof(p.goal, (), p._taken)
        inner.facts = list(rest)
        inner.add(rules.assume(case))
        for enrich in CONSEQUENCES:
            enrich(inner)
        yes = inner.close(script(inner))
        return rules.cases(yes, branch(i + 1, (*denials, rules.assume(denial))), case)

    return branch(0, ())


def _any_method(p: Proof, effort: int) -> Theorem:
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


# ---------------------------------------------------------------- which method fits
def _equation(p: Proof) -> bool:
    return p.goal.kind == "zero"


def _denial(p: Proof) -> bool:
    """A goal "not ..", an equation of scalars, which may stand before a matrix, or facts that deny equations."""
    if p.goal.kind == "zero":
        denied = any(f.conclusion.kind == "not" and f.conclusion[1].kind == "zero" for f in p.facts)
        return denied or p.goal[1].rows == ONE == p.goal[1].cols
    return p.goal.kind == "not" and p.goal[1].kind in ("zero", "and")


METHODS: tuple[Method, ...] = (
    Method("completion", _completion(_usual), _equation),
    Method("completion, what is defined replaced", _completion(_defined), _equation),
    Method("completion, names backwards", _completion(_backwards), _equation),
    Method("completion, the goal's letters kept", _completion(_goal_last), _equation),
    Method("equations and their denials", _refuted, _denial),
    Method("cancellation", _cancelling, _equation),
    Method("sums of words that vanish", _combinations, _equation),
    Method("cases of an alternative", _by_cases, lambda p: _alternatives(p) is not None),
)
CONSEQUENCES: tuple[Enrich, ...] = (_ranks, _follow)
