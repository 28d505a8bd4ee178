"""Induction on depth: from layer to layer, with every recursion taken at the layer in question."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..kernel import rules
from ..kernel.props import Prop, at_least, bounded, implication, prop_names, replace_variable
from ..kernel.rules import Theorem
from ..kernel.terms import Nat, nat, nat_sum, scalar
from ..statement.language import dims, to_nat
from .errors import ProofFailure
from .proof import Proof, Script, all_names, auto


def by_induction(
    depth: Any,
    claim: Callable[[Any], Any] | None = None,
    *,
    base: Script = auto,
    step: Script = auto,
    then: Script = auto,
    index: str = "",
) -> Script:
    """A script: claim(k) holds for all k <= depth, by induction; then the goal follows.

    `claim` is a function from an index (a SymPy symbol) to a statement; without one it is the goal itself with k put
    for the depth. In the step, all recursions "for all l < depth" are facts at l = k, and claim(k) is a fact. `then`
    proves the goal with claim(depth) among the facts. The index of the step has the name that the recursions bind, if
    that is free, as then they need not be rewritten; `index` names it where that name would be captured in the step.
    """

    def script(p: Proof) -> Theorem:
        limit = to_nat(depth)
        th = reached(at_every_depth(p, limit, *_stated(p, claim, depth, index), base, step), limit)
        if th.conclusion == p.goal:
            return th
        _take(p, th)
        return then(p)

    return script


def reached(every: Theorem, limit: Nat) -> Theorem:
    """What holds for all k with limit >= k, at the limit itself."""
    here = rules.specialize(every, limit)
    return rules.detach(here, rules.order(here.conclusion[1], (), ()))


def at_every_depth(p: Proof, limit: Nat, k: str, body: Prop, base: Script = auto, step: Script = auto) -> Theorem:
    """For all k: limit >= k implies the body, by induction; in the step, what holds below a bound is a fact at k."""
    below = at_least(scalar(limit), scalar(nat(k)))
    phi = implication(below, body)

    def step_script(q: Proof) -> Theorem:
        hypothesis = q.facts[-1]  # phi at k
        guard, goal = q.goal[1], q.goal[2]

        def at_next(r: Proof) -> Theorem:
            r.index = dims(k)
            more = r.facts[-1]  # limit >= k + 1, so limit >= k
            earlier_too = rules.order(below, [more], [rules.Summand(1, (0,)), rules.Summand(1)])
            for fact in list(r.facts):
                if bounded(fact.conclusion) and fact is not hypothesis:
                    with suppress(ProofFailure):  # another bound, that k need not be below
                        r.add(_at(r, fact, k, more))
            _take(r, rules.detach(hypothesis, earlier_too))
            return step(r)

        return q.suppose(guard, at_next, goal)

    def base_script(q: Proof) -> Theorem:
        return q.suppose(q.goal[1], base, q.goal[2])

    return p.induct(k, phi, base_script, step_script)


def _take(p: Proof, th: Theorem) -> None:
    """A case of the claim joins the facts."""
    if th.conclusion.kind == "ex":
        p.open(th, keep=True)
    else:
        p.add(th)


def _stated(p: Proof, claim: Callable[[Any], Any] | None, depth: Any, wanted: str) -> tuple[str, Prop]:
    """The index of the step, and the claim at it."""
    k = p.fresh(wanted or "k")
    if claim is not None:
        body = p.prop(claim(dims(k)))
    else:
        (name,) = (v for mono, _ in to_nat(depth) for v, _ in mono)
        body = replace_variable(p.goal, name, nat(k))
    bound = next((found[0] for fact in p.facts if (found := bounded(fact.conclusion))), k)
    free = prop_names(p.goal).union(*(prop_names(q) for f in p.facts for q in (f.conclusion, *f.hyps)))
    if wanted or bound in free or bound in all_names(body):
        return k, body
    return bound, replace_variable(body, k, nat(bound))


def _at(p: Proof, fact: Theorem, k: str, more: Theorem) -> Theorem:
    """The fact at index k, where `more` says depth > k; a condition in it that is not at hand is left to the script."""
    th = rules.specialize(fact, nat(k))
    guard = th.conclusion[1]
    th = rules.detach(th, more if guard == more.conclusion else p.prove(guard))
    while th.conclusion.kind == "imp":
        known = next((f for f in p.facts if f.conclusion == th.conclusion[1]), None)
        if known is None:
            break
        th = rules.detach(th, known)
    return th


def split_at(p: Proof, index: Any, depth: Any, name: str = "j") -> Any:
    """From index < depth at hand: a fresh natural n with depth = index + 1 + n."""
    a, b = to_nat(depth), nat_sum(to_nat(index), nat(1))
    th = rules.difference(p.prove(at_least(scalar(a), scalar(b))), a, b, *p.unused(name))
    return p.open(th)[0]


def passed(every: Theorem, index: Any, before: Theorem, bound: Theorem) -> Theorem:
    """What is so for all l < depth, at an index, from index < k and k < depth."""
    at = rules.specialize(every, to_nat(index))
    terms = [rules.Summand(1, (0,)), rules.Summand(1, (1,)), rules.Summand(1)]
    return rules.detach(at, rules.order(at.conclusion[1], [before, bound], terms))


def earlier(every: Theorem) -> Script:
    """A script for: p for every index l < k, from p for every index l < k + 1, or any other larger bound."""

    def script(p: Proof) -> Theorem:
        index, step = p.goal[1:]
        return rules.generalize(
            p.prove(step, lambda q: q.suppose(step[1], lambda r: r.at(every, nat(index)), step[2])), index
        )

    return script
