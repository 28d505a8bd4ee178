"""Facts on ranks in terms of classes, and linear arithmetic on them.

Terms that the matrix equations at hand make equal, and multiples and transposes of each other, are one class. Every
fact is kept as what it says of classes, with a way to make its theorem; only the facts that a proof uses are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import gcd
from typing import Any, NamedTuple

from ..kernel import rules
from ..kernel.props import Prop, at_least
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Key,
    Number,
    Term,
    add,
    monomial,
    number,
    rank,
    scale,
    subtract,
    transpose,
)
from . import rank_equal
from .errors import ProofFailure
from .ideal import BRIEF, Completed
from .proof import Proof
from .rank_shapes import leading, length_order, matrix_equation, unit_multiple
from .simplex import nonnegative_solution

NEARLY_ONE = Fraction(999, 1000)


class Fact(NamedTuple):
    """value >= 0, or value = 0, of classes, and how its theorem is made."""

    value: Term
    equation: bool
    theorem: Callable[[], Theorem]


class RankFacts:
    """What is known of the ranks of some terms, modulo the equations among the facts of a proof."""

    def __init__(self, p: Proof) -> None:
        self.p = p
        self.rules = Completed([f for f in p.facts if matrix_equation(f.conclusion)], BRIEF)
        self.facts: list[Fact] = []
        self._class: dict[Term, Term] = {}
        self._chains: dict[Term, list[Theorem]] = {}
        self._said: set[tuple[Term, bool]] = set()

    # ------------------------------------------------------------ classes
    def representative(self, t: Term) -> Term:
        """The term that stands for all with the rank of t that are known to be."""
        found = self._class.get(t)
        if found is None:
            u = unit_multiple(self.rules.reduce(t))
            v = unit_multiple(self.rules.reduce(transpose(u)))
            found = self._class.get(u) or self._class.get(v) or min(u, v, key=length_order)
            for x in (t, u, v):
                self._class.setdefault(x, found)
        return found

    def same(self, t: Term) -> list[Theorem]:
        """Equations of ranks, from that of t to that of what stands for it."""
        if t not in self._chains:
            found: list[Theorem] = []
            goal = self.representative(t)
            if t != goal:
                here = self._to_unit(t, found)
                if here != goal:
                    found.append(self.p.lemma(rank_equal.same_transpose(), X=transpose(here)))
                    if self._to_unit(transpose(here), found) != goal:
                        raise ProofFailure(f"ranks: the class of {t} is not found again")
            self._chains[t] = found
        return self._chains[t]

    def _to_unit(self, t: Term, found: list[Theorem]) -> Term:
        reduced = self.rules.reduce(t)
        if reduced != t:
            found.append(rules.congruence(self.rules.theorem(t), t, reduced))
        unit = unit_multiple(reduced)
        if unit != reduced:
            c = leading(reduced)
            found.append(self.p.lemma(rank_equal.same_multiple(), X=unit, c=number(c), t=number(Fraction(1) / c)))
        return unit

    def canonical(self, value: Term) -> Term:
        """A scalar with every rank replaced by that of what stands for its term, and rewritten."""
        total = number(0)
        for key, c in value.words.items():
            product = number(c)
            for a in key:
                one = monomial((a,), (), ONE, ONE)
                product = scale(product, rank(self.representative(a.data)) if a.kind == "rank" else one)
            total = add(total, product)
        return self.rules.reduce(total)

    # ------------------------------------------------------------ facts
    def note(self, value: Term, theorem: Callable[[], Theorem], equation: bool = False) -> None:
        said = self.canonical(value)
        if said.words and (said, equation) not in self._said:
            self._said.add((said, equation))
            self.facts.append(Fact(said, equation, theorem))

    def lemma(self, value: Term, lemma: Callable[[], Theorem], equation: bool = False, **letters: Term) -> None:
        self.note(value, lambda: self.p.lemma(lemma(), {}, **letters), equation)

    # ------------------------------------------------------------ arithmetic
    def least(self, value: Term) -> Theorem:
        """value >= 0 for a scalar, by linear arithmetic; of an integer, value > -1 is enough.

        Raises ProofFailure.
        """
        if (common := _denominator(value)) != 1:
            th = self.least(scale(number(common), value))
            goal = at_least(value, number(0))
            return rules.order(goal, [th], [Summand(Fraction(1, common), (0,))])
        target = self.canonical(value)
        columns: list[Mapping[Any, Number]] = []
        for f in self.facts:
            columns.append(f.value.words)
            if f.equation:
                columns.append(scale(number(-1), f.value).words)
        naturals = _naturals([target, *(f.value for f in self.facts)])
        columns += [n.words for n in naturals]
        columns.append({(): 1})
        wanted: dict[Any, Number] = dict(target.words)
        whole = rules.is_integral(value)
        if whole:
            columns += [{(): -1, "cap": 1}, {"cap": 1}]
            wanted["cap"] = NEARLY_ONE
        found = nonnegative_solution(columns, wanted)
        if found is None:
            raise ProofFailure(f"ranks: {at_least(value, number(0))} does not follow from {len(self.facts)} facts")
        short = found[-2] if whole else 0
        goal = at_least(add(value, number(short)), number(0))
        return self._integer(self._made(goal, found, naturals), value) if short else self._made(goal, found, naturals)

    def _made(self, goal: Prop, found: Sequence[Number], naturals: Sequence[Term]) -> Theorem:
        """The theorem from the combination of facts: what is left are ranks to be renamed and scalars to rewrite."""
        premises: list[Theorem] = []
        summands: list[Summand] = []
        equations: list[tuple[int, Term]] = []
        rest: Term = goal[1]
        place = iter(found)

        def use(th: Theorem, multiple: Term) -> None:
            nonlocal rest
            premises.append(th)
            equations.append((len(premises) - 1, multiple))
            rest = subtract(rest, scale(multiple, th.conclusion[1]))

        for f in self.facts:
            c = next(place)
            if f.equation:
                c -= next(place)
                if c:
                    use(f.theorem(), number(c))
            elif c:
                th = f.theorem()
                premises.append(th)
                summands.append(Summand(c, (len(premises) - 1,)))
                rest = subtract(rest, scale(number(c), th.conclusion[1]))
        for n in naturals:
            if c := next(place):
                summands.append(Summand(c, (), (), (n,)))
                rest = subtract(rest, scale(number(c), n))
        if c := next(place):
            summands.append(Summand(c))
            rest = subtract(rest, number(c))
        while (renamed := self._rename(rest)) is not None:
            chain, multiple = renamed
            for th in chain:
                use(th, multiple)
        if rest.words:
            use(self.rules.theorem(rest), number(1))
        return rules.order(goal, premises, summands, equations)

    def _rename(self, rest: Term) -> tuple[list[Theorem], Term] | None:
        """The equations that replace one rank in one monomial, and what they are multiplied by."""
        for key, c in rest.words.items():
            for i, a in enumerate(key):
                if isinstance(a, Atom) and a.kind == "rank" and self.representative(a.data) != a.data:
                    return self.same(a.data), monomial((*key[:i], *key[i + 1 :]), (), ONE, ONE, c)
        return None

    def _integer(self, th: Theorem, value: Term) -> Theorem:
        """value >= 0, from value + c >= 0, c < 1."""
        short = subtract(th.conclusion[1], value).words[()]
        more = Prop(("gt", add(value, number(1))))
        at_least_zero = rules.integer(rules.order(more, [th], [Summand(1, (0,)), Summand(1 - short)]))
        return rules.order(at_least(value, number(0)), [at_least_zero], [Summand(1, (0,))])


def _denominator(value: Term) -> int:
    common = 1
    for c in value.words.values():
        q = Fraction(c).denominator
        common = common * q // gcd(common, q)
    return common


def _naturals(terms: Sequence[Term]) -> list[Term]:
    """The monomials of dimensions, indices and ranks that occur."""
    found: dict[Key, Term] = {}
    for t in terms:
        for key in t.words:
            if key and key not in found and all(isinstance(a, Atom) and a.kind in ("nat", "rank") for a in key):
                found[key] = monomial(key, (), ONE, ONE)
    return list(found.values())
