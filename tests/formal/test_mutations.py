"""Damaged statements: the script of a claim must not prove what is false.

Every proved claim is changed in one place, in every way that keeps it well-typed, and its own script is run on the
result. Often the mutant is refused, sometimes it is still a theorem (a hypothesis too many was dropped, a bound was
weakened). What may never happen is that a mutant is accepted for which there is a counterexample.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from formal import claims
from formal.book import BOOK
from formal.claims import Claim, check
from formal.falsify import find_counterexample
from formal.kernel.errors import KernelError
from formal.kernel.props import Prop as KernelProp
from formal.kernel.terms import nat, nat_sum
from formal.provers import proof
from formal.provers.ideal import Limits
from formal.statement import (
    Each,
    Eq,
    Exists,
    Family,
    ForAll,
    Implies,
    Le,
    Lt,
    Not,
    StatementError,
)
from formal.statement.language import Expression, Opaque, Prop, Trace, lift, rank, to_nat

PROVED = [c for c in BOOK if c.proof is not None]
Change = tuple[str, Any]  # what was changed, and a function that builds the changed object (it may be ill-typed)


# ---------------------------------------------------------------- one change of an expression
def rebuilt(e: Expression, parts: list[Expression]) -> Expression:
    """The same operation on other operands, by the language, which checks the shapes again."""
    if e.op == "letter":
        decl, at = e.data
        return Opaque(decl, at)(*parts)
    if e.op in ("add", "mul"):
        total = parts[0]
        for part in parts[1:]:
            total = total + part if e.op == "add" else total * part
        return total
    return {"T": lambda m: m.T, "trace": Trace, "rank": rank}[e.op](parts[0])


def changed(e: Expression) -> Iterator[Change]:
    """Every expression that differs from e in one place."""
    parts = list(e.parts)
    for i, part in enumerate(parts):
        for what, make in changed(part):
            yield what, lambda i=i, make=make: rebuilt(e, [*parts[:i], make(), *parts[i + 1 :]])
    if e.op == "letter":
        decl, at = e.data
        if not e.is_scalar_shaped:
            yield "transpose", lambda: e.T
        if at is not None:
            later = nat_sum(at, nat(1))
            yield "index", lambda: Opaque(decl, later)(*parts) if parts else Family(decl)[later]
    elif e.op == "T":
        yield "transpose", lambda: parts[0]
    elif e.op == "number":
        for by in (1, -1):
            yield "number", lambda by=by: lift(Fraction(e.data[0] + by))
        yield "sign", lambda: lift(-e.data[0])
    elif e.op == "nat":
        yield "number", lambda: lift(nat_sum(e.data[0], nat(1)))
    elif e.op == "add":
        for i in range(len(parts)):
            yield "sign", lambda i=i: rebuilt(e, [*parts[:i], -parts[i], *parts[i + 1 :]])
            rest = [*parts[:i], *parts[i + 1 :]]
            yield "summand", lambda rest=rest: rebuilt(e, rest) if len(rest) > 1 else rest[0]
    elif e.op == "mul":
        for i in range(len(parts) - 1):
            swapped = [*parts[:i], parts[i + 1], parts[i], *parts[i + 2 :]]
            yield "order", lambda swapped=swapped: rebuilt(e, swapped)


# ---------------------------------------------------------------- one change of a proposition
RELATIONS = {op: lambda a, b, op=op: claims.as_prop(MAKE[op](a, b)) for op in ("eq", "ne", "le", "lt")}
MAKE = {"eq": Eq, "le": Le, "lt": Lt, "ne": lambda a, b: Not(Eq(a, b))}


def joined(p: Prop, parts: list[Any]) -> Prop:
    """The same connective or relation on other parts."""
    if p.op in RELATIONS:
        return RELATIONS[p.op](*parts)
    if p.op == "each":
        return Each(p.variables[0], p.bound, parts[0])
    if p.op in ("forall", "exists"):
        return (ForAll if p.op == "forall" else Exists)(p.variables, parts[0])
    return Prop(p.op, tuple(parts))


def changed_prop(p: Prop) -> Iterator[Change]:
    """Every proposition that differs from p in one place."""
    parts = list(p.parts)
    for i, part in enumerate(parts):
        for what, make in changed_prop(part) if isinstance(part, Prop) else changed(part):
            yield what, lambda i=i, make=make: joined(p, [*parts[:i], make(), *parts[i + 1 :]])
        if p.op in RELATIONS:
            yield "sign", lambda i=i: joined(p, [*parts[:i], -parts[i], *parts[i + 1 :]])
    if p.op in ("le", "lt"):
        yield "relation", lambda: (Lt if p.op == "le" else Le)(*parts)
    elif p.op == "and":
        for i in range(len(parts)):
            yield (
                "conjunct",
                lambda i=i: (
                    claims.as_prop(joined(p, [*parts[:i], *parts[i + 1 :]])) if len(parts) > 2 else parts[1 - i]
                ),
            )
    elif p.op == "implies":
        yield "condition", lambda: parts[1]
        yield "converse", lambda: Implies(parts[1], parts[0])
    elif p.op == "each":
        yield "bound", lambda: Each(p.variables[0], nat_sum(to_nat(p.bound), nat(1)), parts[0])


def changed_family(fam: Family) -> Iterator[Change]:
    """Every recursion that differs in one place; its left sides F[0] and F[l + 1] stay."""
    start, each = fam.defined
    step = each.parts[0]
    for what, make in changed(start.parts[1]):
        yield what, lambda make=make: Family(fam.decl, (Eq(start.parts[0], make()), each))
    for what, make in changed(step.parts[1]):
        yield (
            what,
            lambda make=make: Family(fam.decl, (start, Each(each.variables[0], each.bound, Eq(step.parts[0], make())))),
        )


def mutations(claim: Claim) -> Iterator[Change]:
    """All one-place changes of a claim's statement, as functions that make the mutant (or raise StatementError)."""
    given, where = list(claim.given), list(claim.where)
    for i, p in enumerate(given):
        rest = [*given[:i], *given[i + 1 :]]
        yield "dropped", lambda rest=rest: dataclasses.replace(claim, given=tuple(rest))
        for what, make in changed_prop(p):
            yield what, lambda i=i, make=make: dataclasses.replace(claim, given=(*given[:i], make(), *given[i + 1 :]))
    for i, fam in enumerate(where):
        yield "dropped", lambda i=i: dataclasses.replace(claim, where=(*where[:i], *where[i + 1 :]))
        for what, make in changed_family(fam):
            yield what, lambda i=i, make=make: dataclasses.replace(claim, where=(*where[:i], make(), *where[i + 1 :]))
    for what, make in changed_prop(claim.show):
        yield what, lambda make=make: dataclasses.replace(claim, show=make())


def statement(claim: Claim) -> tuple[frozenset[KernelProp], KernelProp]:
    """What is claimed, in the kernel's normal form: two claims with the same form are one."""
    return frozenset(claim.hypotheses), claim.goal


def mutants(claim: Claim, count: Counter[str]) -> Iterator[tuple[str, Claim]]:
    """The well-typed mutants of a claim, each once; what the language refuses and what says the same is counted."""
    seen = {statement(claim)}
    for what, make in mutations(claim):
        try:
            mutant = make()
            form = statement(mutant)
            _ = mutant.denial
        except (StatementError, KernelError):
            count["ill-typed"] += 1
            continue
        if form in seen:
            count["the same statement"] += 1
            continue
        seen.add(form)
        count["mutants"] += 1
        yield what, mutant


# ---------------------------------------------------------------- the test
WORK = Limits(rules=80, overlaps=500, steps=1_500)  # enough for every proof of the book


@pytest.fixture
def bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts search for proofs; on a false statement they would search up to the full limits."""
    search = proof.ideal
    monkeypatch.setattr(proof, "ideal", lambda goal, facts, limits=WORK: search(goal, facts, limits))


def verdict(claim: Claim, count: Counter[str]) -> str | None:
    """The verdict of check; a script that stumbles over the mutant is counted, and has proved nothing."""
    try:
        return check(claim).verdict
    except Exception as e:
        count[f"script: {type(e).__name__}"] += 1
        return None


def refutes(mutant: Claim, limit: int) -> dict[str, Any] | None:
    return find_counterexample(mutant.given, mutant.show, mutant.where, limit=limit, seed=0)
