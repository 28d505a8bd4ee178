"""Counterexamples to statements with unbounded quantifiers.

A conclusion "for all x" fails at an x, and a hypothesis "there is x" holds with an x: values for these x too make a
statement without such quantifiers, whose failure evaluation shows. That the statement itself fails is then pure logic.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from .claims import REFUTED, Claim, check
from .falsify.goals import RELATIONS, Goal, goals, is_decidable
from .kernel import rules
from .kernel.props import Prop as KernelProp
from .kernel.props import variable_value
from .kernel.rules import Theorem, conjoin
from .kernel.terms import Decl
from .provers.errors import ProofFailure
from .provers.proof import FALSE, Proof, auto
from .statement.language import And, Eq, Le, Lt, Ne, Not, Prop

ROUNDS = 4  # how deep quantifiers and conditions are taken off


def refutation(claim: Claim, values: Mapping[str, Any]) -> tuple[Claim, Claim]:
    """The claim with the evidence that it fails at these values, and the claim whose failure evaluation shows there.

    The two are one where all quantifiers are bounded. Nothing is checked of the first; `check` does.

    >>> from formal.claims import claim
    >>> from formal.statement import ForAll, dims, matrix, vector
    >>> d = dims("d"); A, x = matrix("A", d, d), vector("x", d)
    >>> kernel_is_zero = claim(given=[Eq(A*A, 0)], show=ForAll(x, Eq(A*x, 0)))
    >>> evidence, there = refutation(kernel_is_zero, {"d": 2, "A": [[0, 1], [0, 0]], "x": [[0], [1]]})
    >>> check(evidence).verdict, there.conclusion
    ('refuted', A*x = 0)
    """
    bare = Claim(claim.id, claim.title, claim.given, claim.conclusion, claim.where)
    plain = replace(bare, witness=values)
    if all(map(is_decidable, (*claim.given, claim.conclusion))):
        return plain, plain
    for goal in goals(claim.given, claim.conclusion, claim.where):
        freed = Claim(claim.id, claim.title, goal.given, _conclusion(goal), goal.where, witness=values)
        result = check(freed)
        if result.verdict == REFUTED and result.theorem is not None:
            return replace(bare, disproof=_Logic(result.theorem).script), freed
    return plain, plain


def _conclusion(goal: Goal) -> Prop:
    """What the goal denies."""
    if len(goal.denied) > 1 or goal.denied[0].op not in RELATIONS:
        return Not(And(*goal.denied))
    (relation,) = goal.denied
    a, b = relation.parts
    return {"eq": lambda: Ne(a, b), "ne": lambda: Eq(a, b), "le": lambda: Lt(b, a), "lt": lambda: Le(b, a)}[
        relation.op
    ]()


class _Logic:
    """Scripts that use what a theorem "there are .." promises, each thing under its own name."""

    def __init__(self, exist: Theorem) -> None:
        self.exist = exist
        self.names: set[str | Decl] = set()

    def script(self, p: Proof) -> Theorem:
        """The goal from the facts that the theorem promises."""
        self.names = set()
        body = self.exist.conclusion
        while body.kind == "ex":
            self.names.add(body[1])
            body = body[2]
        p.open(self.exist, keep=True)
        return self.settle(p)

    def settle(self, p: Proof) -> Theorem:
        goal = p.goal
        for fact in p.facts:
            if fact.conclusion == goal:
                return fact
        if goal.kind == "ex":
            return self._introduce(p, goal)
        if goal.kind == "and":
            return conjoin([p.prove(q, self.settle) for q in goal[1]])
        if goal.kind == "not" and goal[1].kind != "zero":
            return p.refute(goal[1], self.contradict)
        return auto(p)

    def _introduce(self, p: Proof, goal: KernelProp) -> Theorem:
        """What "there is" says, of the thing of that name."""
        layers = [goal]
        while layers[-1].kind == "ex" and layers[-1][1] in self.names:
            layers.append(layers[-1][2])
        if len(layers) == 1:
            raise ProofFailure(f"nothing at hand has the name that {goal} asks for")
        th = p.prove(layers.pop(), self.settle)
        for layer in reversed(layers):
            th = rules.introduce(th, layer, variable_value(layer[1]))
        return th

    def contradict(self, p: Proof) -> Theorem:
        """0 > 0: "for all" is used of the things at hand, conditions are discharged, and denials are met."""
        for _ in range(ROUNDS):  # what a denial contradicts may come to light later
            for fact in list(p.facts):
                with suppress(ProofFailure):
                    th = self._used(p, fact)
                    if th is not None and th.conclusion == FALSE:
                        return th
                    if th is not None and all(th.conclusion != known.conclusion for known in p.facts):
                        p.add(th)
        return p.impossible()

    def _used(self, p: Proof, fact: Theorem) -> Theorem | None:
        said = fact.conclusion
        if said.kind == "all" and said[1] in self.names:
            return rules.specialize(fact, variable_value(said[1]))
        if said.kind == "imp":
            return rules.detach(fact, p.prove(said[1], self.settle))
        if said.kind == "not":
            return rules.absurd(p.prove(said[1], self.settle), fact, FALSE)
        return None
