"""Damaged statements: the script of a claim must not prove what is false.

Every proved claim is changed in one place, in every way that keeps it well-typed, and its own script is run on the
result. Often the mutant is refused, sometimes it is still a theorem (a hypothesis too many was dropped, a bound was
weakened). What may never happen is that a mutant is accepted for which there is a counterexample.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from formal import claims
from formal.book import BOOK
from formal.claims import PROVED, Claim, check
from formal.falsify import find_counterexample, within_reach
from formal.kernel.errors import KernelError
from formal.kernel.props import Prop as KernelProp
from formal.kernel.terms import nat, nat_sum
from formal.provers import proof
from formal.provers.ideal import Limits
from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    Family,
    ForAll,
    Identity,
    Implies,
    Le,
    Lt,
    Ne,
    Opaque,
    StatementError,
    Trace,
    dims,
    matrix,
    rank,
)
from formal.statement.language import Expression, Prop, lift, to_nat

pytestmark = pytest.mark.figures

# Only the statements are changed: what is said of their sharpness would have no meaning for a mutant.
CLAIMS = [dataclasses.replace(c, needed=(), attained=()) for c in BOOK if c.proof is not None]
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
RELATIONS: dict[str, Callable[[Any, Any], Prop]] = {"eq": Eq, "ne": Ne, "le": Le, "lt": Lt}


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
            rest = [*parts[:i], *parts[i + 1 :]]
            yield "conjunct", lambda rest=rest: And(*rest)
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


def twice_changed(claim: Claim, random: Random, wanted: int, count: Counter[str]) -> Iterator[tuple[str, Claim]]:
    """Some well-typed mutants of mutants."""
    once = list(mutations(claim))
    for _ in range(wanted):
        what, make = random.choice(once)
        try:
            half = make()
            again = list(mutations(half))
            more, make = random.choice(again)
            mutant = make()
            if statement(mutant) == statement(claim):
                continue
            _ = mutant.denial
        except (StatementError, KernelError):
            count["ill-typed"] += 1
            continue
        count["mutants"] += 1
        yield f"{what} and {more}", mutant


# ---------------------------------------------------------------- running scripts on mutants
WORK = Limits(rules=80, overlaps=500, steps=1_500)  # enough for every proof of the book


@pytest.fixture
def bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts search for proofs; on a false statement they would search up to the full limits."""
    search = proof.ideal
    monkeypatch.setattr(proof, "ideal", lambda goal, facts, limits=WORK, **more: search(goal, facts, limits, **more))


def verdict(claim: Claim, count: Counter[str]) -> str | None:
    """The verdict of check; a script that stumbles over the mutant is counted, and has proved nothing."""
    try:
        return check(claim).verdict
    except Exception as e:
        count[f"script stumbled: {type(e).__name__}"] += 1
        return None


def judge(claim: Claim, found: Iterator[tuple[str, Claim]], count: Counter[str]) -> list[str]:
    """Run the claim's script and the falsifier on mutants; what both a proof and a counterexample have is a bug."""
    bugs = []
    for what, mutant in found:
        accepted = verdict(mutant, count) == PROVED
        limit = TRIES_ACCEPTED if accepted else TRIES
        counterexample = find_counterexample(mutant.given, mutant.show, mutant.where, limit=limit)
        count["accepted"] += accepted
        count["refuted by the falsifier"] += counterexample is not None
        reached = within_reach(mutant.given, mutant.show, mutant.where)
        count["out of the falsifier's reach"] += not reached
        count["accepted, and the falsifier looked and found nothing"] += accepted and reached and counterexample is None
        if accepted and counterexample is not None:
            recursions = [fam.defined for fam in mutant.where]
            bugs.append(f"{claim.id}, {what}: {recursions} {mutant.given} |- {mutant.show} fails at {counterexample}")
    return bugs


TRIES, TRIES_ACCEPTED = 40, 250


def judge_single(i: int) -> tuple[Counter[str], list[str]]:
    """All one-place changes of one claim."""
    count = Counter[str]()
    return count, judge(CLAIMS[i], mutants(CLAIMS[i], count), count)


def judge_double(i: int) -> tuple[Counter[str], list[str]]:
    """Some double changes of one claim, the same in each run."""
    count = Counter[str]()
    return count, judge(CLAIMS[i], twice_changed(CLAIMS[i], Random(CLAIMS[i].id), 30, count), count)


@pytest.fixture
def over_the_book(over_processes: Callable[..., list[Any]], bounded_work: None) -> Callable[..., Any]:
    """The job on every claim, in as many processes as there are processors: all counts, and all bugs."""

    def run(job: Callable[[int], tuple[Counter[str], list[str]]]) -> tuple[Counter[str], list[str]]:
        results = over_processes(job, range(len(CLAIMS)))
        return sum((count for count, _ in results), Counter[str]()), [bug for _, bugs in results for bug in bugs]

    return run


def report(count: Counter[str], seconds: float) -> None:
    """The figures, to be seen with -s."""
    print(f"\n{seconds:.0f} s")
    for name, n in sorted(count.items()):
        print(f"{n:6d} {name}")


# ---------------------------------------------------------------- tests
@pytest.mark.slow
def test_no_false_mutant_is_accepted(over_the_book: Callable[..., Any]) -> None:
    """If this fails, a proof script made the kernel accept a statement that has a counterexample: a soundness bug."""
    start = time.perf_counter()
    count, bugs = over_the_book(judge_single)
    report(count, time.perf_counter() - start)
    assert bugs == []
    assert count["mutants"] >= 8_000
    assert count["refuted by the falsifier"] >= 3_000  # a falsifier that finds nothing would make the test empty


@pytest.mark.slow
def test_no_false_mutant_of_a_mutant_is_accepted(over_the_book: Callable[..., Any]) -> None:
    """Two changes at once, at random: one may hide the other from the script."""
    start = time.perf_counter()
    count, bugs = over_the_book(judge_double)
    report(count, time.perf_counter() - start)
    assert bugs == []
    assert count["mutants"] >= 3_000


@pytest.mark.parametrize("id", ["VW-T6a", "VW-L3a", "VW-L5g", "VW-T1d", "VW-L11a"])
def test_a_few_claims_quickly(id: str, bounded_work: None) -> None:
    """The same for five claims of different kinds, for runs without the slow tests."""
    count = Counter[str]()
    (claim,) = (c for c in CLAIMS if c.id == id)
    assert judge(claim, mutants(claim, count), count) == []
    assert count["refuted by the falsifier"]


def test_every_claim_is_proved_within_the_bounded_work(bounded_work: None) -> None:
    """Otherwise scripts would fail on mutants for lack of steps, and not because a mutant is false."""
    assert [c.id for c in CLAIMS if check(c).verdict != PROVED] == []


def test_an_unsound_kernel_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test must be able to fail: with a check that believes everything it finds bugs in every claim."""
    believe = type("Result", (), {"verdict": PROVED})
    monkeypatch.setitem(globals(), "check", lambda claim: believe)
    claim = BOOK.claims["VW-T6b"]
    count = Counter[str]()
    assert len(judge(claim, mutants(claim, count), count)) == count["refuted by the falsifier"] > 3


def test_the_kinds_of_changes() -> None:
    """Each kind of change is made somewhere in the book."""
    kinds = {what for claim in CLAIMS for what, _ in mutations(claim)}
    assert kinds == {
        *("bound", "condition", "conjunct", "converse", "dropped", "index", "number", "order", "relation", "sign"),
        *("summand", "transpose"),
    }


def test_changes_of_one_statement() -> None:
    """All changes of W (I - V W) = 0, given W V = I, that have a type and say something else."""
    d, m = dims("d m")
    W, V = matrix("W", m, d), matrix("V", d, m)
    claim = Claim("X", "", (Eq(W * V, Identity(m)),), Eq(W * (Identity(d) - V * W), 0), proof=claims.ideal)
    count = Counter[str]()
    seen = [f"{list(mutant.given)} {mutant.show}" for _, mutant in mutants(claim, count)]
    assert seen == [
        "[] W*(I - V*W) = 0",
        "[-W*V = I] W*(I - V*W) = 0",
        "[W*V = -I] W*(I - V*W) = 0",
        "[W*V = I] W*(I + 0*(V*W)) = 0",
        "[W*V = I] W*(I - 2*(V*W)) = 0",
        "[W*V = I] W*(I + 1*(V*W)) = 0",
        "[W*V = I] W*(-I - V*W) = 0",
        "[W*V = I] W*(-V*W) = 0",
        "[W*V = I] -W*(I - V*W) = 0",
    ]
