"""From values to a disproof, where a claim has quantifiers that evaluation does not decide.

The kernel evaluates the claim with these letters free (`goals`); from that theorem the denial of the claim as it is
written follows by logic: what "there is" is introduced at its letter, what holds "for all" is specialised to it.
"""

from __future__ import annotations

from functools import reduce

from ..claims import Claim
from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, conjunction, negation, variable_value
from ..kernel.rules import Theorem


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
    raise KernelError(f"disproof: nothing is known of {p}")


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
