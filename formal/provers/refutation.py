"""A contradiction as a sum of what may be added; which summands, and how often, is found by `cone`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..kernel import rules
from ..kernel.props import Prop
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import add, number, scale, subtract
from .cone import Squares, Used, in_cone
from .deadline import tick
from .errors import ProofFailure
from .halves import term_degree
from .premises import Problem
from .proof import FALSE, anything
from .simplex import Rational, quotient
from .summands import Factors, Form, Level, forms, products

_STRICT = "strict"  # the entry that counts what is more than 0


def refutation(problem: Problem, level: Level) -> Theorem:
    """The goal of the problem, from a contradiction with its denial. Raises ProofFailure where none is found."""
    if problem.modulo.wrong is not None:
        return anything(problem.goal, rules.order(FALSE, [problem.modulo.wrong], [Summand(1)], [(0, number(-1))]))
    given = products(problem, level)
    columns = []
    for f in given:
        column: dict[Any, Any] = dict(problem.modulo.reduce(f.value).words)
        if f.strict:
            column[_STRICT] = 1
        columns.append(column)
    found = [_within(problem, level, f) for f in forms(problem, level, given)]
    found = [f for f in found if f.elements]
    blocks = [_gram(problem, f) for f in found]
    blocks, kept = _pruned(columns, blocks)
    used = in_cone({_STRICT: 1}, columns, blocks, 5 + level.elements // 2)
    if used is None:
        raise ProofFailure(f"squares: {problem.goal} is no sum of degree {level.top} of facts and squares")
    return _sum(problem, [(u.coefficient, _factors(u, given, found, kept)) for u in used])


def _within(problem: Problem, level: Level, form: Form) -> Form:
    """The form on those of its elements where its value is not 0, and of no larger degree than is asked for."""
    small = []
    for w in form.elements:
        tick()
        value = problem.modulo.reduce(form.pair(w, w))
        if value.words and term_degree(value) <= level.top:
            small.append(w)
    return form._replace(elements=small)


def _gram(problem: Problem, form: Form) -> Squares:
    gram = {}
    elements = form.elements
    for j, v in enumerate(elements):
        for i, u in enumerate(elements[: j + 1]):
            tick()
            gram[i, j] = problem.modulo.reduce(form.pair(u, v)).words
    return Squares(len(elements), gram)


def _pruned(columns: Sequence[dict[Any, Any]], blocks: Sequence[Squares]) -> tuple[list[Squares], list[list[int]]]:
    """The blocks without the elements whose squares have a monomial that nothing can cancel, and who is left."""
    kept = [list(range(b.size)) for b in blocks]
    while True:
        falling = {key for c in columns for key, x in c.items() if x < 0}
        for b, alive in zip(blocks, kept, strict=True):
            here = set(alive)
            for (i, j), vector in b.gram.items():
                if i in here and j in here:
                    falling.update(key for key, x in vector.items() if i != j or x < 0)
        changed = False
        for n, b in enumerate(blocks):
            alive = [i for i in kept[n] if all(x < 0 or key in falling for key, x in b.gram[i, i].items())]
            changed = changed or len(alive) < len(kept[n])
            kept[n] = alive
        if not changed:
            break
    smaller = []
    for b, alive in zip(blocks, kept, strict=True):
        gram = {(m, n): b.gram[i, j] for n, j in enumerate(alive) for m, i in enumerate(alive[: n + 1])}
        smaller.append(Squares(len(alive), gram))
    return smaller, kept


def _factors(u: Used, given: Sequence[Factors], found: Sequence[Form], kept: Sequence[Sequence[int]]) -> Factors:
    if u.block < 0:
        return given[u.column]
    form = found[u.block]
    chosen = [(form.elements[i], c) for i, c in zip(kept[u.block], u.weights, strict=True) if c]
    total = scale(number(chosen[0][1]), chosen[0][0])
    for w, c in chosen[1:]:
        total = add(total, w, c)
    return form.reason(total)


def _sum(problem: Problem, parts: Sequence[tuple[Rational, Factors]]) -> Theorem:
    """The goal, from 0 > 0 as a sum; where its denial is used only by itself, the goal is a sum."""
    goal, denial = problem.goal, problem.denial
    if denial is None:
        return _added(problem, goal, parts)
    by_itself = Factors((denial,))
    uses = [(c, f) for c, f in parts if any(denial.conclusion in th.hyps for th in f.theorems)]
    if len(uses) == 1 and uses[0][1] == by_itself:
        over = uses[0][0]
        return _added(problem, goal, [(quotient(c, over), f) for c, f in parts if f != by_itself])
    wrong = _added(problem, FALSE, parts)
    return rules.cases(rules.assume(goal), anything(goal, wrong), goal)


def _added(problem: Problem, goal: Prop, parts: Sequence[tuple[Rational, Factors]]) -> Theorem:
    premises: list[Theorem] = []
    summands = []
    total = goal[1]
    for c, f in parts:
        places = []
        for th in f.theorems:
            if th not in premises:
                premises.append(th)
            places.append(premises.index(th))
        summands.append(Summand(c, tuple(places), f.squares, f.naturals))
        total = subtract(total, scale(number(c), f.value))
    equations = []
    if total.words:
        premises.append(problem.modulo.vanishes(total))
        equations.append((len(premises) - 1, number(1)))
    return rules.order(goal, premises, summands, equations)
