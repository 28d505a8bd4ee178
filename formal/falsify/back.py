"""The way back from what took the place of a "for all" or of a "there is none" (`stronger`), as a script.

A multiple of known equations, a sum of squares, or the pairing of equations with their dual letters. What is proved
otherwise is left to the provers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from flint import fmpq_mat

from ..kernel import rules
from ..kernel.props import free_letters, negation, zero
from ..kernel.rules import Cofactor, Theorem
from ..kernel.terms import ONE, Letter, Term, identity, letter, multiply, number, scale, split, trace, transpose
from ..provers import logic
from ..provers.deadline import tick
from ..provers.errors import ProofFailure
from ..provers.proof import FALSE, Proof
from .exact import fraction, rational, solve_affine


def way_back(p: Proof) -> Theorem:
    """The goal from the stronger relations among the facts. Raises ProofFailure."""
    goal = p.goal
    if goal.kind == "and":
        return rules.conjoin([p.prove(q, way_back) for q in goal[1]])
    if goal.kind == "imp":
        return p.suppose(goal[1], way_back, goal[2])
    if goal.kind == "all":
        return logic.everywhere(p, way_back)
    if goal.kind == "zero":
        return _vanishes(p, goal[1])
    if goal.kind == "not":
        return p.refute(goal[1], way_back)
    if goal.kind == "gt" and goal != FALSE:
        return p.refute(negation(goal), way_back)
    images = list(_images(p))
    if goal.kind == "ge":
        return p.order(squares=images)
    with suppress(ProofFailure):
        return _clash(p)
    for image in images:
        p.square_is_zero(image)
    return _clash(p)


def _clash(p: Proof) -> Theorem:
    """0 > 0, as something vanishes that is said not to."""
    for fact in p.facts:
        if fact.conclusion.kind == "not" and fact.conclusion[1].kind == "zero":
            with suppress(ProofFailure):
                return rules.absurd(_vanishes(p, fact.conclusion[1][1]), fact, p.goal)
    raise ProofFailure("nothing that is denied follows")


def _vanishes(p: Proof, target: Term) -> Theorem:
    if target.rows == ONE == target.cols:
        with suppress(ProofFailure):
            return _paired(p, target)
    return p.ideal(zero(target))


def _images(p: Proof) -> Iterator[Term]:
    """R x for the letters of an equation with R'R in it; x' h x = 0 for the equation h = 0 joins the facts."""
    letters = {decl for q in (p.goal, *(f.conclusion for f in p.facts)) for decl in free_letters(q)}
    plain = [letter(decl) for decl in sorted(letters, key=str) if not decl.indexed and not decl.domain]
    for fact in [f for f in p.facts if f.conclusion.kind == "zero"]:
        h: Term = fact.conclusion[1]
        for root in _roots(h):
            for x in plain:
                if x.rows == h.rows != x.cols and root.cols == x.rows:
                    side = transpose(x)
                    value = trace(multiply(multiply(side, h), x))
                    p.facts.append(rules.ideal(value, [fact], [Cofactor(0, side, x, number(1))]))
                    yield multiply(root, x)


def _roots(h: Term) -> Iterator[Term]:
    """The letters R with R'R in an expression."""
    for key in h.words:
        word = split(key)[1]
        if len(word) == 2 and word[0].decl == word[1].decl and word[0].transposed != word[1].transposed:
            yield _term(word[1])


def _term(x: Letter) -> Term:
    value = letter(x.decl, x.at, x.args)
    return transpose(value) if x.transposed else value


def _paired(p: Proof, target: Term) -> Theorem:
    """s = 0, where s is a linear combination of tr(Z' h) for equations h = 0 and letters Z of the same shape."""
    equations = [f for f in p.facts if f.conclusion.kind == "zero" and f.conclusion[1].words]
    letters = {decl for f in equations for decl in free_letters(f.conclusion)}
    sides = [letter(decl) for decl in sorted(letters, key=str) if not decl.indexed and not decl.domain]
    found: list[tuple[Cofactor, Term]] = []
    for i, fact in enumerate(equations):
        h: Term = fact.conclusion[1]
        for z in sides:
            tick()
            for left in (transpose(z), z):
                if left.cols == h.rows and left.rows == h.cols:
                    cofactor = Cofactor(i, left, identity(h.cols), number(1))
                    found.append((cofactor, cofactor.applied(h)))
    keys = sorted({k for _, t in (*found, (None, target)) for k in t.words}, key=str)
    columns = [[t.words.get(k, 0) for k in keys] for t in (*(t for _, t in found), target)]
    system = fmpq_mat(len(keys), len(columns), [rational(c[i]) for i in range(len(keys)) for c in columns])
    known = solve_affine(system)
    if known is None:
        raise ProofFailure(f"{target} pairs no equations with letters")
    used = [
        cofactor._replace(outer=scale(number(fraction(x)), number(1)))
        for (cofactor, _), x in zip(found, known[0], strict=True)
        if x
    ]
    return rules.ideal(target, equations, used)
