"""Both sides of a sum added up: where a running sum S has S[k + 1] = S[k] + t, what is known of every t says something
of S. So tr(sum of s s') is n where all the s have length 1, and x'(sum of s s')x is the sum of all <s, x>^2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import NamedTuple

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, at_least, conjunction, zero
from ..kernel.terms import (
    ONE,
    Key,
    Letter,
    Nat,
    Number,
    Term,
    add,
    letter,
    monomial,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    scale,
    split,
    subtract,
    term_names,
    trace,
    transpose,
)
from .deadline import tick
from .errors import ProofFailure
from .ideal import Completed
from .induct import at_every_depth, reached
from .invariants import LIMITS, beside, next_step
from .next_depth import in_a_step
from .proof import Proof
from .recursions import Recursion, expansions, recursions
from .shapes import letters_of

_MOST = 40  # quantities


class _Total(NamedTuple):
    """What is added up: a term at depth k that grows by `growth` from there to k + 1, and its value at 0."""

    now: Term
    start: Term
    growth: Term

    @property
    def grown(self) -> Term:
        return subtract(self.now, self.start)


def add_totals(p: Proof, depth: Nat) -> bool:
    """What the sums up to this depth are, or are bounded by, joins the facts; whether there is anything."""
    k = p.fresh("k")
    found = False
    for q in dict.fromkeys(_claims(p, depth, k)):
        tick()
        with suppress(ProofFailure, KernelError):
            every = at_every_depth(p, depth, k, q, in_a_step, in_a_step)
            p.add(reached(every, depth))
            found = True
    return found


def _claims(p: Proof, depth: Nat, k: str) -> Iterator[Prop]:
    """What may hold of the totals at depth k: equations first, as their proofs are quick, then bounds."""
    known = recursions(p)
    step = next_step(p, depth, k)
    later = nat_sum(nat(k), ONE)
    after = expansions(step, conjunction(*(zero(letter(r.decl, later)) for r in known)), nat(k)) if known else {}
    growing = [(r, g) for r in known if (g := _growth(r, k, after)) is not None]
    reduce = Completed([f for f in step.facts if f.conclusion.kind == "zero"], LIMITS).reduce
    totals: list[_Total] = []
    for r, growth in growing:
        for now, start, more in _quantities(p, known, letter(r.decl, nat(k)), r.start, growth):
            if len(totals) < _MOST and (reduced := reduce(more)).words:
                totals.append(_Total(now, start, reduced))
    yield from _equations(totals, k)
    yield from _bounds(step, totals, k)
    for r, growth in growing if p.goal.kind != "zero" or rules.is_integral(p.goal[1]) else ():
        if not r.start.words and r.decl.cols != ONE != r.decl.rows:
            yield at_least(scale(scalar(nat(k)), _width(growth)), rank(letter(r.decl, nat(k))))


def _growth(r: Recursion, k: str, after: dict[Letter, Term]) -> Term | None:
    """What is added from depth k to the next, where that does not depend on the sum so far."""
    for x, value in after.items():
        if x.decl == r.decl and x.at == nat_sum(nat(k), ONE):
            growth = subtract(value, letter(r.decl, nat(k)))
            return growth if all(y.decl != r.decl for y in letters_of(growth)) else None
    return None


def _quantities(
    p: Proof, known: Sequence[Recursion], now: Term, start: Term, growth: Term
) -> Iterator[tuple[Term, Term, Term]]:
    """Linear functions of a sum, its start and what is added: itself, its trace, and with letters before and behind."""
    own = (now, start, growth)
    yield own
    if now.rows == ONE == now.cols:
        return
    if now.rows == now.cols:
        yield trace(now), trace(start), trace(growth)
    around = beside(p, known)
    for x in around:
        if x.rows == now.cols != ONE:
            yield multiply(now, x), multiply(start, x), multiply(growth, x)
        for y in around:
            if x.rows == now.cols and y.cols == now.rows and (now.cols == ONE or x.cols == ONE):
                if now.cols == ONE and x != number(1):
                    continue
                yield tuple(multiply(multiply(y, t), x) for t in own)  # type: ignore[misc]
        if now.cols == ONE and x.cols == now.rows:
            yield multiply(x, now), multiply(x, start), multiply(x, growth)


def _equations(totals: Sequence[_Total], k: str) -> Iterator[Prop]:
    """A total that grows by the same all the time, and two that grow by multiples of each other."""
    first: dict[Term, tuple[_Total, Number]] = {}
    for t in totals:
        if k not in term_names(t.growth):
            yield zero(subtract(t.grown, scale(scalar(nat(k)), t.growth)))
            continue
        lead = Fraction(1) / next(iter(t.growth.words.values()))
        for unit, turn in ((scale(number(lead), t.growth), False), (scale(number(lead), transpose(t.growth)), True)):
            if unit in first:
                other, c = first[unit]
                mine = transpose(t.grown) if turn else t.grown
                yield zero(subtract(scale(number(lead), mine), scale(number(c), other.grown)))
                break
        else:
            first[scale(number(lead), t.growth)] = (t, lead)


def _bounds(step: Proof, totals: Sequence[_Total], k: str) -> Iterator[Prop]:
    """What inequalities for each entry say of the totals, where each of their parts is what a total grows by."""
    grown: dict[Key, Term] = {}
    for t in totals:
        if len(t.growth.words) == 1 and t.growth.rows == ONE == t.growth.cols:
            ((key, c),) = t.growth.words.items()
            grown.setdefault(key, scale(number(Fraction(1) / c), t.grown))
    for f in step.facts:
        if f.conclusion.kind not in ("ge", "gt") or rules.is_integral(f.conclusion[1]):
            continue
        total = number(0)
        for key, c in f.conclusion[1].words.items():
            if key in grown:
                total = add(total, grown[key], c)
            elif any(k in x.names for x in key):
                break
            else:
                total = add(total, scale(scalar(nat(k)), monomial(key, (), ONE, ONE, c)))
        else:
            if any(key in grown for key in f.conclusion[1].words):
                yield at_least(total, number(0))


def _width(growth: Term) -> Term:
    """A bound of the rank of a sum of words: for each the least dimension that it goes through."""
    total = number(0)
    for key in growth.words:
        _, word = split(key)
        sizes = [growth.rows, *(x.cols for x in word)]
        total = add(total, number(1) if ONE in sizes else scalar(min(sizes, key=lambda n: (len(n), str(n)))))
    return total
