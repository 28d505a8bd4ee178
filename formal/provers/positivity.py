"""Find how an inequality follows from others: a non-negative combination of facts, products of facts, squares,
dimensions and ranks, found by exact linear programming and checked by the kernel's order rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any

from ..kernel.props import Prop
from ..kernel.rules import Summand, Theorem
from ..kernel.rules import order as order_rule
from ..kernel.terms import ONE, Atom, Term, monomial, number, scale, squared_norm, subtract
from .errors import ProofFailure
from .ideal import rewrite
from .simplex import nonnegative_solution


def positivity(
    goal: Prop,
    facts: Sequence[Theorem],
    *,
    squares: Sequence[Term] = (),
    products: int = 1,
    multipliers: Sequence[Term] = (),
    modulo: Sequence[Theorem] = (),
) -> Theorem:
    """The theorem goal (s >= 0 or s > 0).

    squares: terms P whose tr(P'P) may be used, alone and times facts. products: up to how many facts are multiplied
    with each other. multipliers: scalars with which equations between scalars may be multiplied, besides 1.
    modulo: matrix equations by which the goal is rewritten first.

    Raises ProofFailure with the goal and what was at hand.
    """
    if goal.kind not in ("ge", "gt"):
        raise ProofFailure(f"positivity: {goal} is not an inequality")
    known = [f for f in facts if f.conclusion.kind in ("ge", "gt") and f.conclusion[1].words]
    if (at_once := _from_one(goal, known)) is not None:
        return at_once
    zeros = [f for f in facts if f.conclusion.kind == "zero" and f.conclusion[1].rows == ONE == f.conclusion[1].cols]
    target: Term = goal[1]
    if modulo:
        target, step = rewrite(target, modulo)
        zeros.append(step)
    premises = known + zeros
    candidates: list[tuple[Summand, Term]] = []
    for size in range(products + 1):
        for chosen in combinations_with_replacement(range(len(known)), size):
            base = number(1)
            for i in chosen:
                base = scale(base, known[i].conclusion[1])
            candidates.append((Summand(1, chosen), base))
            for p in squares:
                candidates.append((Summand(1, chosen, (p,)), scale(base, squared_norm(p))))
    for n in _naturals([target, *(value for _, value in candidates)]):
        candidates.append((Summand(1, (), (), (n,)), n))
    # An equation may be taken with either sign, so it gives two columns.
    equations = [(i, w) for i in range(len(known), len(premises)) for w in (number(1), *multipliers)]
    if modulo:
        equations = [(i, w) for i, w in equations if i != len(premises) - 1]
    columns = [value.words for _, value in candidates]
    for i, w in equations:
        value = scale(w, premises[i].conclusion[1])
        columns += [value.words, scale(number(-1), value).words]
    strict = goal.kind == "gt"
    reward = [
        int(not s.squares and not s.naturals and all(premises[i].conclusion.kind == "gt" for i in s.premises))
        for s, _ in candidates
    ]
    solution = nonnegative_solution(columns, target.words, reward + [0] * (2 * len(equations)) if strict else ())
    if solution is None or (strict and not any(x and r for x, r in zip(solution, reward, strict=False))):
        at_hand = "; ".join(str(f.conclusion) for f in known[:8]) or "nothing"
        raise ProofFailure(f"positivity: {goal} is not a non-negative combination of what is at hand ({at_hand})")
    summands = [s._replace(coefficient=x) for (s, _), x in zip(candidates, solution, strict=False) if x]
    rest = solution[len(candidates) :]
    equalities = [
        (i, scale(number(plus - minus), w))
        for (i, w), plus, minus in zip(equations, rest[::2], rest[1::2], strict=True)
        if plus != minus
    ]
    if modulo:
        equalities.append((len(premises) - 1, number(1)))
    return _minimal(goal, premises, summands, equalities)


def _from_one(goal: Prop, known: Sequence[Theorem]) -> Theorem | None:
    """The goal, where it is a number that is not negative, or exceeds a fact by one: nearly every guard of an index."""
    words = goal[1].words
    if words.keys() <= {()} and (words.get((), 0) > 0 or (not words and goal.kind == "ge")):
        return order_rule(goal, (), [Summand(c) for c in words.values()])
    for f in known:
        h: Term = f.conclusion[1]
        if abs(len(h.words) - len(words)) <= 1:
            rest = subtract(goal[1], h).words
            if rest.keys() <= {()}:
                c = rest.get((), 0)
                if c > 0 or (c == 0 and (goal.kind == "ge" or f.conclusion.kind == "gt")):
                    return order_rule(goal, [f], [Summand(1, (0,)), *(Summand(x) for x in rest.values())])
    return None


def _minimal(
    goal: Prop, premises: list[Theorem], summands: list[Summand], equalities: list[tuple[int, Term]]
) -> Theorem:
    """Apply the rule to the premises that are used, so that the theorem carries no idle hypotheses."""
    used = sorted({i for s in summands for i in s.premises} | {i for i, _ in equalities})
    place = {old: new for new, old in enumerate(used)}
    return order_rule(
        goal,
        [premises[i] for i in used],
        [s._replace(premises=tuple(place[i] for i in s.premises)) for s in summands],
        [(place[i], w) for i, w in equalities],
    )


def _naturals(terms: Sequence[Term]) -> list[Term]:
    """The dimensions, indices and ranks that occur, and the monomials made of them only."""
    found: dict[Any, Term] = {}
    for term in terms:
        for key in term.words:
            atoms = [x for x in key if isinstance(x, Atom) and x.kind in ("nat", "rank")]
            if key and len(atoms) == len(key):
                found[key] = monomial(tuple(key), (), ONE, ONE)
            for a in atoms:
                found.setdefault((a,), monomial((a,), (), ONE, ONE))
    return list(found.values())
