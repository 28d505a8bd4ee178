"""Moves of pure logic: denials pushed inwards, conditions discharged, alternatives told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..kernel import rules
from ..kernel.props import (
    Prop,
    Variable,
    conjunction,
    equal,
    exists,
    negation,
    prop_names,
    replace_variable,
    var_tag,
    variable_value,
)
from ..kernel.rules import Theorem
from ..kernel.terms import Atom, Decl, Nat, Term, nat, nat_names, nat_sum, number, scalar, scale, subtract
from .errors import ProofFailure
from .proof import FALSE, Proof, Script, anything

RELATIONS = ("zero", "ge", "gt")


def says_nothing(p: Prop) -> bool:
    """Whether it is 0 = 0, or 0 >= 0."""
    return p.kind in ("zero", "ge") and not p[1].words


def alternatives(p: Prop) -> tuple[Prop, ...]:
    """Of "p or q or ..", that is: not (not p and not q and ..), its parts; of anything else, nothing."""
    if p.kind == "not" and p[1].kind == "and":
        return tuple(negation(q) for q in p[1][1])
    return ()


def fresh_variable(p: Proof, var: Variable) -> tuple[Variable, Nat | Term]:
    """A variable of the same type with a name that is not in use, and its value."""
    name = var if isinstance(var, str) else var.name
    tail = "[]" if isinstance(var, str) and var.endswith("[]") else ""
    new = p.fresh(name.removesuffix("[]"))
    other: Variable = var._replace(name=new) if isinstance(var, Decl) else new + tail
    return other, variable_value(other)


def everywhere(p: Proof, script: Script) -> Theorem:
    """The goal "for all x: body", by a script for its body; where x is the name of something at hand, for a new x.

    That the new name may go again is because the hypotheses are put aside meanwhile, as conditions.
    """
    var, body = p.goal[1:]
    taken = any(var_tag(var) in prop_names(q) for f in p.facts for q in (*f.hyps, f.conclusion))
    if not taken:
        return rules.generalize(p.prove(body, script), var)
    new, value = fresh_variable(p, var)
    th = rules.generalize(p.prove(replace_variable(body, var, value), script), new)
    hyps = sorted((h for h in th.hyps if var_tag(var) in prop_names(h)), key=str)
    for h in hyps:
        th = rules.discharge(th, h)
    moved = _renamed(th, var, value)
    for h in reversed(hyps):
        moved = rules.detach(moved, rules.assume(_put(h, var, value)))
    th = rules.generalize(rules.specialize(moved, variable_value(var)), var)
    for h in hyps:
        th = rules.discharge(th, _put(h, var, value))
    th = _renamed(th, new, variable_value(var))
    for h in reversed(hyps):
        th = rules.detach(th, rules.assume(h))
    return th


def _put(p: Prop, var: Variable, value: Nat | Term) -> Prop:
    return replace_variable(p, var, value)


def _renamed(th: Theorem, var: Variable, value: Nat | Term) -> Theorem:
    if isinstance(var, str) and isinstance(value, Nat):
        return rules.instantiate(th, {var: value}, {})
    if isinstance(var, Decl) and isinstance(value, Term):
        return rules.instantiate(th, {}, {var: value})
    raise ProofFailure(f"{var_tag(var)} cannot be renamed")


def one_of(p: Proof, place: int, script: Script) -> Theorem:
    """The goal "p or q ..", by a script for the alternative at this place that may use that the others are wrong."""
    denial = p.goal[1]

    def inner(q: Proof) -> Theorem:
        parts = [rules.part(q.facts[-1], i) for i in range(len(denial[1]))]
        others = [th for i, th in enumerate(parts) if i != place]
        q.facts.pop()
        shown = q.prove(negation(denial[1][place]), script, others)
        return rules.absurd(parts[place], shown, p.goal)

    joined = rules.assume(denial)

    def keep_whole(q: Proof) -> Theorem:
        q.facts.append(joined)
        return inner(q)

    return rules.cases(p.prove(p.goal, keep_whole), rules.assume(p.goal), denial)


def deny_implication(p: Proof, script: Script) -> Theorem:
    """The goal "not (q implies r)", from q and not r."""
    _, q, r = p.goal[1]
    yes = p.prove(q, script)
    no = p.prove(negation(r), script)
    wrong = rules.absurd(rules.detach(rules.assume(p.goal[1]), yes), no, p.goal)
    return rules.cases(wrong, rules.assume(p.goal), p.goal[1])


def refutation(p: Proof, script: Script) -> Theorem:
    """The goal "not q", by a script that shows 0 > 0 with q among the facts."""
    return p.refute(p.goal[1], script)


# ---------------------------------------------------------------- facts
def unfolded(p: Proof, th: Theorem) -> Theorem | None:
    """What a denial says without its "not" in front: not exists, not for all, not (q implies r). Else None."""
    if th.conclusion.kind != "not":
        return None
    q: Prop = th.conclusion[1]
    if q.kind == "ex":
        return _never(p, th)
    if q.kind == "all":
        return _somewhere(p, th)
    if q.kind == "imp":
        return _both(th)
    return None


def _never(p: Proof, th: Theorem) -> Theorem:
    """For all x: not q, from: not exists x: q."""
    some: Prop = th.conclusion[1]
    var, value = fresh_variable(p, some[1])
    body = replace_variable(some[2], some[1], value)
    goal = negation(body)
    found = rules.introduce(rules.assume(body), some, value)
    wrong = rules.absurd(found, th, goal)
    return rules.generalize(rules.cases(wrong, rules.assume(goal), body), var)


def _somewhere(p: Proof, th: Theorem) -> Theorem:
    """Exists x: not q, from: not for all x: q."""
    every: Prop = th.conclusion[1]
    goal = exists(every[1], negation(every[2]))
    none = rules.assume(negation(goal))
    var, value = fresh_variable(p, every[1])
    body = replace_variable(every[2], every[1], value)
    wrong = rules.absurd(rules.introduce(rules.assume(negation(body)), goal, value), none, body)
    holds = rules.cases(rules.assume(body), wrong, body)
    always = rules.generalize(holds, var)
    same = rules.generalize(rules.specialize(always, variable_value(every[1])), every[1])
    return rules.cases(rules.assume(goal), rules.absurd(same, th, goal), goal)


def _both(th: Theorem) -> Theorem:
    """q and not r, from: not (q implies r)."""
    claim: Prop = th.conclusion[1]
    _, q, r = claim
    yes = rules.cases(rules.assume(q), rules.absurd(rules.discharge(_anything(q, r), q), th, q), q)
    no = rules.cases(rules.absurd(rules.discharge(rules.assume(r), q), th, negation(r)), rules.assume(negation(r)), r)
    return rules.conjoin([yes, no])


def _anything(q: Prop, r: Prop) -> Theorem:
    """q, not q |- r."""
    return rules.absurd(rules.assume(q), rules.assume(negation(q)), r)


def without(th: Theorem, known: Callable[[Prop], Theorem | None]) -> Theorem | None:
    """Of "q or r or ..", what is left when the alternatives that are known to be wrong are taken away.

    None where an alternative is known to hold, or none is known to be wrong.
    """
    denial: Prop = th.conclusion[1]
    wrong = [known(q) for q in denial[1]]
    if all(w is None for w in wrong) or any(known(negation(q)) for q in denial[1]):
        return None
    rest = [q for q, w in zip(denial[1], wrong, strict=True) if w is None]
    if not rest:
        goal = FALSE
        return rules.absurd(rules.conjoin([w for w in wrong if w is not None]), th, goal)
    left = conjunction(*rest)
    goal = negation(left)
    given = rules.assume(left)
    parts = iter([given] if len(rest) == 1 else [rules.part(given, i) for i in range(len(rest))])
    whole = rules.conjoin([w if w is not None else next(parts) for w in wrong])
    return rules.cases(rules.absurd(whole, th, goal), rules.assume(goal), left)


def contrapositive(th: Theorem, no: Theorem) -> Theorem:
    """not q, from: q implies r, and not r."""
    q: Prop = th.conclusion[1]
    goal = negation(q)
    wrong = rules.absurd(rules.detach(th, rules.assume(q)), no, goal)
    return rules.cases(wrong, rules.assume(goal), q)


def at_hand(p: Proof) -> dict[Prop, Theorem]:
    """The facts by what they say."""
    return {f.conclusion: f for f in p.facts}


def false_from(goal: Prop, facts: Iterable[Theorem]) -> Theorem | None:
    """Any goal, where a fact denies another."""
    known = {f.conclusion: f for f in facts}
    for q, th in known.items():
        if q.kind == "not" and q[1] in known:
            return rules.absurd(known[q[1]], th, goal)
        if q == FALSE:
            return anything(goal, th)
    return None


# ---------------------------------------------------------------- equal dimensions
def least_of(value: Term, name: str) -> Nat | None:
    """c, where the value is name - c."""
    least = nat(0)
    words = dict(subtract(scalar(nat(name)), value).words)
    for key, c in words.items():
        if any(not isinstance(a, Atom) or a.kind != "nat" for a in key) or c < 0 or c != int(c):
            return None
        least = nat_sum(least, Nat(((tuple(sorted(a.data for a in key)), int(c)),)))
    return None if name in nat_names(least) else least


def moved(p: Proof, name: str, value: Nat, script: Script) -> Theorem:
    """name = value |- the goal, by a script for the goal with the value put in, from the hypotheses with it put in."""
    hyps = {h: replace_variable(h, name, value) for f in p.facts for h in f.hyps}
    inner = Proof(replace_variable(p.goal, name, value), map(rules.assume, hyps.values()), p._taken)
    th = inner.close(script(inner))
    used = [h for h, image in hyps.items() if image in th.hyps]
    return rules.transport(th, name, value, used, p.goal)


def known_size(p: Proof) -> tuple[str, Nat] | None:
    """A dimension or an index that a fact says to equal a value without it."""
    for f in p.facts:
        q = f.conclusion
        if q.kind == "zero" and rules.is_integral(q[1]) and q[1].words:
            for value in (q[1], scale(number(-1), q[1])):
                for key, c in value.words.items():
                    if c == 1 and len(key) == 1 and key[0].kind == "nat" and not key[0].data[1]:
                        name = key[0].data[0]
                        if (least := least_of(value, name)) is not None:
                            return name, least
    return None


def with_known_size(p: Proof, script: Script) -> Theorem:
    """The goal, where a dimension is known to equal another: by a script for the goal with the other put in."""
    found = known_size(p)
    if found is None:
        raise ProofFailure("no dimension is said to equal another")
    name, value = found
    same = equal(scalar(nat(name)), scalar(value))
    th = moved(p, name, value, script)
    return rules.detach(rules.discharge(th, same), p.prove(same))
