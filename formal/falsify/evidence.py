"""From values at which a claim fails to the evidence of it, also where evaluation does not decide its quantifiers.

A conclusion "for all x" fails at an x, and a hypothesis "there is x" holds with an x: values for these x too show by
evaluation that the claim fails once they are free (`goals`). From that theorem of the kernel the denial of the claim as
it is written follows by logic: what "there is" is introduced at its letter, what holds "for all" is specialised to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple

from ..claims import Claim, check
from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, conjunction, negation, variable_value
from ..kernel.rules import Theorem
from ..provers.deadline import OutOfTime, within
from ..provers.errors import ProofFailure
from ..provers.portfolio import prove
from ..provers.proof import Proof
from ..statement.language import And, Not
from .back import way_back
from .goals import RELATIONS, Goal, goals, is_decidable
from .stronger import opposite

SECONDS = 5  # for each step back from what was put in the place of a quantifier


class Refutation(NamedTuple):
    """claim: as it is written, with its evidence, or None where logic does not lead back to it. there: the claim whose
    failure evaluation shows, with the values as its witness; the same where all quantifiers are bounded."""

    claim: Claim | None
    there: Claim


def refutation(claim: Claim, values: Mapping[str, Any], goal: Goal | None = None) -> Refutation | None:
    """The evidence that a claim fails at these values; None where the kernel does not find that it does.

    goal: the one of the claim's goals that the values are for; without it all are tried.

    >>> from formal.claims import claim
    >>> from formal.statement import Eq, ForAll, dims, matrix, vector
    >>> d = dims("d"); A, x = matrix("A", d, d), vector("x", d)
    >>> kernel_is_zero = claim(given=[Eq(A*A, 0)], show=ForAll(x, Eq(A*x, 0)))
    >>> found = refutation(kernel_is_zero, {"d": 2, "A": [[0, 1], [0, 0]], "x": [[0], [1]]})
    >>> check(found.claim).verdict, found.there.conclusion
    ('refuted', A*x = 0)
    """
    bare = Claim(claim.id, claim.title, claim.given, claim.conclusion, claim.where)
    for each in [goal] if goal is not None else goals(claim.given, claim.conclusion, claim.where):
        form = freed(bare, each)
        there = replace(form, witness=values)
        theorem = check(there).theorem
        if theorem is not None:
            return Refutation(there if form is bare else _as_written(bare, theorem), there)
    return None


def _as_written(claim: Claim, theorem: Theorem) -> Claim | None:
    """The claim with the denial of it that follows from a theorem about its form with free letters."""
    try:
        denial = denial_from(theorem, claim)
    except KernelError:
        return None
    return replace(claim, disproof=lambda p: denial)


def freed(claim: Claim, goal: Goal) -> Claim:
    """The claim that a goal is about: the same where evaluation decides it, else one with letters that are free."""
    if all(map(is_decidable, (*claim.given, claim.conclusion))):
        return claim
    given, denied = (goal.given, goal.denied) if goal.denied else (goal.given[:-1], goal.given[-1:])
    alone = len(denied) == 1 and denied[0].op in RELATIONS
    return Claim(claim.id, claim.title, given, opposite(denied[0]) if alone else Not(And(*denied)), goal.where)


def denial_from(freed: Theorem, claim: Claim) -> Theorem:
    """The denial of a claim, from that of its form with free letters, |- exists x .. z. (all that is wanted).

    Raises KernelError where it does not follow in this way.
    """
    body, variables = freed.conclusion, []
    while body.kind == "ex":
        variables.append(body[1])
        body = body[2]
    facts = _facts(rules.assume(body))
    wanted = [*claim.hypotheses, negation(claim.goal)]
    parts = [_prove(p, facts) for p in wanted]
    th = rules.conjoin(parts) if len(parts) > 1 else parts[0]
    if th.conclusion != conjunction(*wanted):
        raise KernelError("disproof: the parts do not make the denial")
    for var in reversed(claim.variables):
        th = rules.introduce(th, Prop(("ex", var, th.conclusion)), variable_value(var))
    for i, var in reversed(list(enumerate(variables))):
        inner = reduce(lambda p, v: Prop(("ex", v, p)), reversed(variables[i:]), body)
        th = rules.eliminate(rules.assume(inner), th, var)
    return rules.detach(rules.discharge(th, freed.conclusion), freed)


def _facts(th: Theorem) -> dict[Prop, Theorem]:
    """All conjuncts of a theorem, by what they say."""
    if th.conclusion.kind == "and":
        return {p: q for i in range(len(th.conclusion[1])) for p, q in _facts(rules.part(th, i)).items()}
    return {th.conclusion: th}


def _prove(p: Prop, facts: dict[Prop, Theorem]) -> Theorem:
    """A proposition from facts about its letters, bound ones included. Raises KernelError where they do not suffice."""
    if p in facts:
        return facts[p]
    if p.kind == "and":
        return rules.conjoin([_prove(q, facts) for q in p[1]])
    if p.kind == "ex":
        return rules.introduce(_prove(p[2], facts), p, variable_value(p[1]))
    if p.kind == "imp":
        try:
            return rules.discharge(_prove(p[2], facts), p[1])
        except KernelError:
            no = _prove(negation(p[1]), facts)
            return rules.discharge(rules.absurd(rules.assume(p[1]), no, p[2]), p[1])
    if p.kind == "not" and p[1].kind in ("all", "and", "imp"):
        return _deny(p[1], p, facts)
    if p.kind in ("all", "not"):
        return _by_provers(p, facts)
    raise KernelError(f"disproof: nothing is known of {p}")


def _by_provers(p: Prop, facts: dict[Prop, Theorem]) -> Theorem:
    """A "for all", or that there is none, from what was put in its place."""
    try:
        start = Proof(p, map(rules.assume, facts))
        with within(SECONDS):
            th = start.close(way_back(start))
    except (ProofFailure, KernelError, OutOfTime):
        found, _ = prove(p, list(facts), SECONDS)
        if found is None:
            raise KernelError(f"disproof: the provers do not find {p}") from None
        th = found
    for fact in facts:
        if fact in th.hyps:
            th = rules.detach(rules.discharge(th, fact), facts[fact])
    return th


def _deny(p: Prop, goal: Prop, facts: dict[Prop, Theorem]) -> Theorem:
    """not p: suppose p, and contradict a fact."""
    here = rules.assume(p)
    if p.kind == "all":
        clash = _contradiction(rules.specialize(here, variable_value(p[1])), goal, facts)
    else:
        clash = _contradiction(here, goal, facts)
    return rules.cases(clash, rules.assume(goal), p)


def _contradiction(th: Theorem, goal: Prop, facts: dict[Prop, Theorem]) -> Theorem:
    """The goal, as what the theorem says contradicts the facts."""
    p = th.conclusion
    if p.kind == "all":
        return _contradiction(rules.specialize(th, variable_value(p[1])), goal, facts)
    if p.kind == "imp":
        return _contradiction(rules.detach(th, _prove(p[1], facts)), goal, facts)
    if p.kind == "and" and negation(p) not in facts:
        for i in range(len(p[1])):
            try:
                return _contradiction(rules.part(th, i), goal, facts)
            except KernelError:
                continue
    return rules.absurd(th, _prove(negation(p), facts), goal)
