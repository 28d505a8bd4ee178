"""Find the cofactors that derive one matrix equation from others: a bounded noncommutative Buchberger procedure.

Every equation h = 0 becomes a rewriting rule: its largest monomial is replaced by the rest. Where two rules overlap,
their difference is a new equation, and a new rule. Each derived equation remembers from what it was made, so that a
finished reduction unfolds into cofactors of the given equations, which the kernel's ideal rule multiplies out.

After Mora, "An introduction to commutative and noncommutative Groebner bases" (1994); that cofactors prove operator
identities is the theme of Hofstadler, Raab and Regensburger, "Certifying operator identities via noncommutative
Groebner bases" (2019).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple

from ..kernel.props import Prop
from ..kernel.rules import Cofactor, Theorem
from ..kernel.rules import ideal as ideal_rule
from ..kernel.terms import (
    ONE,
    Atom,
    Key,
    Letter,
    Nat,
    Number,
    Term,
    add,
    flip,
    monomial,
    multiply,
    number,
    scale,
    split,
    subtract,
    term_text,
    trace,
    transpose,
    zeros,
)
from .deadline import tick
from .errors import ProofFailure

Word = tuple[Letter, ...]
Atoms = tuple[Atom, ...]
Poly = dict[Key, Number]
_Size = tuple[int, int, int, int, list[str]]


@dataclass(frozen=True)
class Limits:
    """How far to search: equations kept, overlaps tried, rewriting steps, letters in an overlap."""

    rules: int = 200
    overlaps: int = 3000
    steps: int = 5_000
    degree: int = 24


BRIEF = Limits(rules=60, overlaps=150, steps=300, degree=8)  # where equations are a means, and there are many terms


@dataclass(frozen=True)
class Order:
    """Which monomials count as large. A search that never ends in one order may be short in another.

    eliminate: letters that weigh more than all others. backwards: names are compared from Z to A. cyclic: whether
    traces are completed too: where two rules overlap at both ends of a cyclic word.
    """

    eliminate: Collection[Letter | Atom] = ()
    backwards: bool = False
    cyclic: bool = False


_FEW = 80  # products of equations and letters whose traces are taken at once
_BACKWARDS = {i: 127 - i for i in range(128)}


@dataclass(eq=False, slots=True)
class _Use:
    """coefficient * atoms * left * source * right; with `outer`, the trace of that product times the word outer."""

    source: _Equation
    coefficient: Number
    atoms: Atoms
    left: Word
    right: Word
    outer: Word | None = None


@dataclass(eq=False, slots=True)
class _Equation:
    """poly = 0: a premise (perhaps flipped), or made of uses of other equations."""

    poly: Poly
    rows: Nat
    cols: Nat
    premise: int = -1
    flipped: bool = False
    uses: list[_Use] = field(default_factory=list)
    lead: Key = ()
    lead_atoms: Atoms = ()
    lead_word: Word = ()
    letters: frozenset[Letter] = frozenset()  # those of the largest monomial's word
    serial: int = field(default_factory=count().__next__)  # what it is made of came before it

    def may_meet(self, other: _Equation) -> bool:
        """Whether the largest monomials can overlap at all: quickly said, and nearly always no."""
        if not self.letters.isdisjoint(other.letters):
            return True
        return bool((self.lead_atoms and other.lead_atoms) or not self.lead or not other.lead)


class _Search:
    """The rules found so far, and what was spent on finding them."""

    def __init__(self, limits: Limits, order: Order = Order()) -> None:
        self.limits, self.order = limits, order
        self.rules: list[_Equation] = []
        self.by_letter: dict[Letter, list[_Equation]] = {}
        self.scalar_rules: list[_Equation] = []
        self.turned: list[_Equation] = []  # equations of traces whose largest is not the one that was looked at
        self._met: set[tuple[_Equation, Word]] = set()
        self.steps = 0
        self._sizes: dict[Key, _Size] = {}

    def size(self, key: Key) -> _Size:
        """The monomial order: the letters to eliminate, those that are no scalars, those of the word, the degree, the
        names."""
        found = self._sizes.get(key)
        if found is None:
            first = sum(self._heavy(x) for x in key) if self.order.eliminate else 0
            letters = scalars = word = 0
            for x in key:
                if not isinstance(x, Atom):
                    letters, word = letters + 1, word + 1
                elif x.kind == "trace" and not (len(x.data) == 1 and x.data[0].rows == ONE):
                    letters += len(x.data)
                else:
                    scalars += 1
            names = [x.sort.translate(_BACKWARDS) if self.order.backwards else x.sort for x in key]
            found = self._sizes[key] = (first, letters, word, scalars, names)
        return found

    def _heavy(self, x: Letter | Atom) -> int:
        """How many letters to eliminate a factor has."""
        if isinstance(x, Atom) and x.kind == "trace" and x not in self.order.eliminate:
            return sum(y in self.order.eliminate for y in x.data)
        return x in self.order.eliminate

    def add_rule(self, e: _Equation) -> None:
        e.lead = max(e.poly, key=self.size)
        e.lead_atoms, e.lead_word = split(e.lead)
        e.letters = frozenset(e.lead_word)
        self.rules.append(e)
        if e.lead_word:
            self.by_letter.setdefault(e.lead_word[0], []).append(e)
        else:  # s * I = .., and I = 0, which says that the dimension is 0 (or, on dimension 1, that all is lost)
            self.scalar_rules.append(e)

    def simplify(self) -> None:
        """Rewrite the rules by each other, so that no largest monomial contains another."""
        waiting, tries = list(self.rules), 0
        while waiting and tries < self.limits.rules:
            old, tries = waiting.pop(0), tries + 1
            if old not in self.rules:
                continue
            self.drop(old)
            new = _Equation(dict(old.poly), old.rows, old.cols, uses=[_Use(old, 1, (), (), ())])
            self.reduce(new)
            if len(new.uses) == 1:
                self.add_rule(old)
            elif new.poly:
                self.add_rule(new)
                waiting += [r for r in self.rules if r is not new and r not in waiting]

    def drop(self, e: _Equation) -> None:
        self.rules.remove(e)
        home = self.by_letter[e.lead_word[0]] if e.lead_word else self.scalar_rules
        home.remove(e)

    def reduce(self, e: _Equation) -> None:
        """Rewrite in place until no rule applies, recording the uses."""
        finished: set[Key] = set()
        while True:
            key = max((k for k in e.poly if k not in finished), key=self.size, default=None)
            if key is None:
                return
            placed = self.step(key, e)
            if placed is None:
                finished.add(key)
                continue
            tick()
            self.steps += 1
            if self.steps > self.limits.steps:
                rest = term_text(_term(e))
                raise ProofFailure(f"ideal: the limit of {self.limits.steps} rewriting steps was hit at {rest}")
            use, poly = placed
            use.coefficient = _quotient(-e.poly[key], poly[key])
            add_into(e.poly, poly, use.coefficient)
            e.uses.append(use)

    def step(self, key: Key, e: _Equation) -> tuple[_Use, Poly] | None:
        """A use that replaces this monomial by smaller ones, and what it adds.

        In a closed word the letters are turned and transposed, so what a rule leads to may be larger there, or the
        same word again.
        """
        found = None
        for use in self.matches(key, e.rows):
            poly = {} if found else _placed(use, e.rows, e.cols)
            if key in poly and max(poly, key=self.size) == key:
                found = use, poly
                if not self.order.cyclic:
                    break
            elif use.outer is not None:
                self._turn(use)
            elif found:
                break
        return found

    def _turn(self, use: _Use) -> None:
        """Note what a use in a trace says by itself, once."""
        if (use.source, use.right) not in self._met:
            self._met.add((use.source, use.right))
            alone = _Use(use.source, 1, (), (), use.right, ())
            self.turned.append(_Equation(_placed(alone, ONE, ONE), ONE, ONE, uses=[alone]))

    def matches(self, key: Key, rows: Nat) -> Iterator[_Use]:
        """Where the largest monomial of a rule occurs in this one: in its word, in a trace, or among its scalars."""
        atoms, word = split(key)
        for i, x in enumerate(word):
            for rule in self.by_letter.get(x, ()):
                n = len(rule.lead_word)
                if word[i : i + n] == rule.lead_word:
                    rest = _without(atoms, rule.lead_atoms)
                    if rest is not None:
                        yield _Use(rule, 1, rest, word[:i], word[i + n :])
        for a in dict.fromkeys(atoms):
            back = tuple(flip(x) for x in reversed(a.data)) if a.kind == "trace" else ()
            for closed in (a.data, back) if back else ():
                for i, x in enumerate(closed):
                    for rule in self.by_letter.get(x, ()):
                        n, turned = len(rule.lead_word), closed[i:] + closed[:i]
                        rest = _without(atoms, (a, *rule.lead_atoms)) if turned[:n] == rule.lead_word else None
                        if rest is not None:
                            yield _Use(rule, 1, rest, (), turned[n:], word)
        for rule in self.scalar_rules:
            rest = _without(atoms, rule.lead_atoms)
            if rest is None:
                continue
            if rule.rows == ONE == rule.cols:
                yield _Use(rule, 1, rest, (), (), word)
                continue
            ends = [rows, *(x.cols for x in word)]
            if rule.rows in ends:  # s * I = ..: its identity stands anywhere on the dimension
                i = ends.index(rule.rows)
                yield _Use(rule, 1, rest, word[:i], word[i:])


def _quotient(a: Number, b: Number) -> Number:
    """a / b; nearly always b is 1 or -1, and whole numbers are quicker than fractions."""
    return a * b if b in (1, -1) else Fraction(a) / b


def add_into(poly: dict[Any, Number], more: Mapping[Any, Number], times: Number) -> None:
    """poly + times * more, in place; what cancels is gone."""
    for key, c in more.items():
        total = poly.get(key, 0) + c * times
        if total:
            poly[key] = total
        else:
            poly.pop(key, None)


def _without(atoms: Atoms, remove: Atoms) -> Atoms | None:
    rest = list(atoms)
    for a in remove:
        if a not in rest:
            return None
        rest.remove(a)
    return tuple(rest)


def _placed(use: _Use, rows: Nat, cols: Nat) -> Poly:
    """The source, placed in a rows x cols equation as the use says, without the coefficient."""
    e = use.source
    inside = use.outer is not None
    left = monomial((), use.left, e.rows if inside else rows, e.rows)
    right = monomial((), use.right, e.cols, e.rows if inside else cols)
    term = multiply(multiply(left, _term(e)), right)
    if use.outer is not None:
        term = scale(trace(term), monomial((), use.outer, rows, cols))
    return dict(scale(monomial(use.atoms, (), ONE, ONE), term).words) if use.atoms else dict(term.words)


def _term(e: _Equation) -> Term:
    return Term(e.rows, e.cols, MappingProxyType(e.poly), False)


def _own(e: _Equation) -> Term:
    """The same as a term that nothing changes."""
    return add(zeros(e.rows, e.cols), _term(e))


class _Overlap(NamedTuple):
    """Two uses that have the same largest monomial, of a rows x cols equation."""

    degree: int
    rows: Nat
    cols: Nat
    one: _Use
    two: _Use


def _overlaps(a: _Equation, b: _Equation) -> Iterator[_Overlap]:
    """Where the largest monomials of two equations meet: in a scalar, at the ends of words, or one in the other."""
    u, v = a.lead_word, b.lead_word
    more_a, more_b, degree = b.lead_atoms, a.lead_atoms, len(a.lead_atoms) + len(b.lead_atoms)
    if more_a and more_b:  # the least common multiple of the scalars
        shared = Counter(a.lead_atoms) & Counter(b.lead_atoms)
        more_a = tuple((Counter(b.lead_atoms) - shared).elements())
        more_b = tuple((Counter(a.lead_atoms) - shared).elements())
        degree = len(a.lead_atoms) + len(more_a)
        if shared and not u and a.rows == ONE == a.cols and a is not b:
            one, two = _Use(a, 1, more_a, (), (), v), _Use(b, 1, more_b, (), ())
            yield _Overlap(degree + len(v), b.rows, b.cols, one, two)
    if not a.lead:  # I = 0 cuts every word that passes through its dimension
        for i in range(len(v) + 1 if v else 0):
            if (v[i - 1].cols if i else v[0].rows) == a.rows:
                yield _Overlap(len(v), b.rows, b.cols, _Use(a, 1, (), v[:i], v[i:]), _Use(b, 1, (), (), ()))
    if not u or not v:
        return
    for n in range(1, min(len(u), len(v)) + (a is not b)):
        if u[-n:] == v[:n]:
            one, two = _Use(a, 1, more_a, (), v[n:]), _Use(b, 1, more_b, u[:-n], ())
            yield _Overlap(degree + len(u) + len(v) - n, a.rows, b.cols, one, two)
    for i in range(1, len(u) - len(v)):
        if u[i : i + len(v)] == v:
            one, two = _Use(a, 1, more_a, (), ()), _Use(b, 1, more_b, u[:i], u[i + len(v) :])
            yield _Overlap(degree + len(u), a.rows, a.cols, one, two)


def _closings(a: _Equation, b: _Equation) -> Iterator[_Overlap]:
    """Where a word meets a scalar that is closed through dimension 1: z x' and x'y in z (x'y), and the other way round.

    a has a word as its largest monomial, b is an equation of scalars.
    """
    u = a.lead_word
    cut = next((i for i, x in enumerate(u, 1) if x.thin), 0) if a.rows != ONE else 0
    for atom in dict.fromkeys(b.lead_atoms) if cut else ():
        rest = Counter(b.lead_atoms) - Counter((atom,))
        shared = rest & Counter(a.lead_atoms)
        more_a, more_b = tuple((rest - shared).elements()), tuple((Counter(a.lead_atoms) - shared).elements())
        n = len(u) - cut
        for s in _readings(atom):
            if 0 < n < len(s) and s[:n] == u[cut:]:
                one, two = _Use(a, 1, more_a, (), s[n:]), _Use(b, 1, more_b, (), (), u[:cut])
                yield _Overlap(len(u) + len(s) - n + len(more_a), a.rows, ONE, one, two)
            if (n or a.lead_atoms) and cut < len(s) and s[-cut:] == u[:cut]:
                one, two = _Use(a, 1, more_a, s[:-cut], ()), _Use(b, 1, more_b, (), (), u[cut:])
                yield _Overlap(len(u) + len(s) - cut + len(more_a), ONE, a.cols, one, two)


def _readings(atom: Atom) -> list[Word]:
    """A scalar as a word from dimension 1 to dimension 1: itself and its transpose."""
    if atom.kind != "trace" or len(atom.data) < 2 or all(not x.thin for x in atom.data):
        return []
    i = next(i for i, x in enumerate(atom.data, 1) if x.thin)
    word: Word = atom.data[i:] + atom.data[:i]
    return [word, tuple(flip(x) for x in reversed(word))]


def _rounds(a: _Equation, b: _Equation) -> Iterator[_Overlap]:
    """Where two words overlap at both ends when their product is closed: x p y and y q x in tr(x p y q)."""
    u, v = a.lead_word, b.lead_word
    if a.lead_atoms or b.lead_atoms:
        return
    for i in range(1, min(len(u), len(v))):
        if u[-i:] != v[:i]:
            continue
        for j in range(1, min(len(u), len(v)) - i + 1):
            if u[:j] == v[-j:] and not (a is b and len(u) == i + j):
                one, two = _Use(a, 1, (), (), v[i : len(v) - j], ()), _Use(b, 1, (), (), u[j : len(u) - i], ())
                yield _Overlap(len(u) + len(v) - i - j, ONE, ONE, one, two)


def _closed_around(goals: Sequence[_Equation], rules: Sequence[_Equation]) -> Iterator[_Equation]:
    """tr(h w) = 0 for the rules h = 0, where w is a letter, or a word of h followed by w is in a trace of a goal."""
    letters = {x for h in rules for key in h.poly for x in split(key)[1]}
    met = {(h, (x,)) for h in rules for x in letters if len(letters) * len(rules) <= _FEW}
    traces = {a for g in goals for key in g.poly for a in split(key)[0] if a.kind == "trace" and len(a.data) < 9}
    for a in traces:
        for closed in (a.data, tuple(flip(x) for x in reversed(a.data))):
            for i in range(len(closed)):
                turned = closed[i:] + closed[:i]
                for h in rules:
                    words = {split(key)[1] for key in h.poly}
                    met |= {(h, turned[len(word) :]) for word in words if word == turned[: len(word)]}
    for h, rest in sorted(met, key=lambda pair: (pair[0].serial, [x.sort for x in pair[1]])):
        if ((rest[0].rows, rest[-1].cols) if rest else (h.cols, h.rows)) == (h.cols, h.rows):
            use = _Use(h, 1, (), (), rest, ())
            yield _Equation(_placed(use, ONE, ONE), ONE, ONE, uses=[use])


def _difference(o: _Overlap) -> _Equation:
    """The equation one - two, each divided by its leading coefficient."""
    poly: Poly = {}
    for use, sign in ((o.one, 1), (o.two, -1)):
        use.coefficient = _quotient(sign, use.source.poly[use.source.lead])
        add_into(poly, _placed(use, o.rows, o.cols), use.coefficient)
    return _Equation(poly, o.rows, o.cols, uses=[o.one, o.two])


def _closed(word: Word, size: Nat) -> tuple[Atoms, Number]:
    """The trace of a closed word as atoms and a number."""
    value = trace(monomial((), word, size, size))
    if len(value.words) != 1:
        raise ProofFailure("ideal: the trace of an identity on a sum of dimensions is not one scalar")
    ((atoms, c),) = value.words.items()
    return atoms, c


def ideal(
    goal: Prop, facts: Sequence[Theorem], limits: Limits = Limits(), eliminate: Collection[Letter | Atom] = ()
) -> Theorem:
    """The theorem goal (an equation), from those facts that are equations.

    eliminate: letters that facts define, to be replaced by what they stand for, however long that is.
    Raises ProofFailure with the irreducible remainder and the limit that was hit.
    """
    if goal.kind != "zero":
        raise ProofFailure(f"ideal: {goal} is not an equation")
    return any_ideal([goal[1]], facts, limits, Order(eliminate))[1]


def any_ideal(
    targets: Sequence[Term], facts: Sequence[Theorem], limits: Limits = Limits(), order: Order = Order()
) -> tuple[int, Theorem]:
    """(i, the theorem targets[i] = 0), for the first of the targets that the equations among the facts reduce to zero.

    Raises ProofFailure with what is left of the first target and the limit that was hit.
    """
    goals = [_Equation(dict(t.words), t.rows, t.cols) for t in targets]
    search, premises = _start(facts, limits, any(t.rows == ONE == t.cols and t.words for t in targets), order)
    try:
        i = _complete(search, goals)
    except ProofFailure as failure:
        known = "; ".join(str(f.conclusion) for f in premises[:12]) or "nothing"
        more = f"; and {len(premises) - 12} more" if len(premises) > 12 else ""
        raise ProofFailure(f"{failure} (from {known}{more})") from None
    return i, _certify(targets[i], goals[i], premises)


class Completed:
    """The equations among the facts, completed as far as the limits go, to rewrite many terms by.

    wrong: the theorem 1 = 0, where the equations contradict each other.

    >>> from formal.kernel import rules
    >>> from formal.statement import Eq, dims, matrix
    >>> from formal.statement.elaborate import elaborate, elaborate_prop
    >>> n = dims("n"); A, B = matrix("A", n, n), matrix("B", n, n)
    >>> known = Completed([rules.assume(elaborate_prop(Eq(A*A, B)))])
    >>> known.reduce(elaborate(A*B)) == known.reduce(elaborate(B*A))
    True
    >>> print(known.theorem(elaborate(A*B - B*A)).conclusion)
    A B - B A = 0
    """

    def __init__(
        self, facts: Sequence[Theorem], limits: Limits = Limits(), order: Order = Order(), traces: bool = False
    ) -> None:
        self._search, self._premises = _start(facts, limits, traces, order)
        self._done: dict[Term, tuple[Term, list[_Use]]] = {}
        self._whole: dict[Term, Term] = {}
        self.wrong: Theorem | None = None
        one = _Equation({(): 1}, ONE, ONE)
        if self._premises:
            with suppress(ProofFailure):
                _complete(self._search, [one])
                self.wrong = self._certified(number(1), one.uses)

    def derived(self) -> list[Theorem]:
        """What was found, none of it a consequence of the rest by rewriting alone."""
        return [self._certified(_own(e), [_Use(e, -1, (), (), ())]) for e in self._search.rules if e.premise < 0]

    def reduce(self, term: Term) -> Term:
        """The term in a form that no equation reduces further, which is found monomial by monomial."""
        if not self._premises:
            return term
        if term not in self._whole:
            total = zeros(term.rows, term.cols)
            for key, c in term.words.items():
                total = add(total, self._rewritten(monomial(*split(key), term.rows, term.cols))[0], c)
            self._whole[term] = total
        return self._whole[term]

    def __bool__(self) -> bool:
        """Whether there are any equations."""
        return bool(self._premises)

    def theorem(self, term: Term) -> Theorem:
        """The theorem term - reduced = 0, which is made only when it is asked for."""
        reduced, uses = self._rewritten(term)
        return self._certified(subtract(term, reduced), uses)

    def vanishes(self, term: Term) -> Theorem:
        """term = 0; raises ProofFailure where it is not rewritten to 0."""
        if (left := self.reduce(term)).words:
            raise ProofFailure(f"ideal: {term_text(left)} remains of {term_text(term)}")
        return self.theorem(term)

    def _rewritten(self, term: Term) -> tuple[Term, list[_Use]]:
        if term not in self._done:
            self._search.steps = 0
            e = _Equation(dict(term.words), term.rows, term.cols)
            try:
                self._search.reduce(e)
            except ProofFailure:  # over the limit of steps: then the term stays as it is
                e = _Equation(dict(term.words), term.rows, term.cols)
            self._done[term] = _own(e), e.uses
        return self._done[term]

    def _certified(self, term: Term, uses: Sequence[_Use]) -> Theorem:
        return _certify(term, _Equation({}, term.rows, term.cols, uses=list(uses)), self._premises)


def rewrite(term: Term, facts: Sequence[Theorem], limits: Limits = Limits()) -> tuple[Term, Theorem]:
    """(reduced, the theorem term - reduced = 0): the term rewritten by the equations as they stand."""
    equation = _Equation(dict(term.words), term.rows, term.cols)
    search, premises = _start(facts, limits)
    search.reduce(equation)
    reduced = _own(equation)
    return reduced, _certify(subtract(term, reduced), equation, premises)


def _start(
    facts: Sequence[Theorem], limits: Limits, traces: bool = False, order: Order = Order()
) -> tuple[_Search, list[Theorem]]:
    """The rules of the equations among the facts, of their transposes and, if asked for, of their traces."""
    premises = [f for f in facts if f.conclusion.kind == "zero" and f.conclusion[1].words]
    search = _Search(limits, order)
    for i, premise in enumerate(premises):
        h: Term = premise.conclusion[1]
        search.add_rule(_Equation(dict(h.words), h.rows, h.cols, i))
        flipped = transpose(h)
        if dict(flipped.words) not in (dict(h.words), {k: -c for k, c in h.words.items()}):
            search.add_rule(_Equation(dict(flipped.words), h.cols, h.rows, i, True))
        if traces and h.rows == h.cols != ONE:
            given = _Equation(dict(h.words), h.rows, h.cols, i)
            value = trace(h)
            if value.words:
                search.add_rule(_Equation(dict(value.words), ONE, ONE, uses=[_Use(given, 1, (), (), (), ())]))
    return search, premises


_LONG = 60  # so many cofactors are written out; where there would be more, equations on the way get a theorem


def _certify(target: Term, equation: _Equation, premises: Sequence[Theorem]) -> Theorem:
    """The kernel's theorem target = 0 from the uses that the reduction recorded."""
    theorems, known = list(premises), dict[int, int]()
    for e in _stations(equation):
        known[e.serial] = len(theorems)
        theorems.append(_combined(_own(e), e.uses, 1, theorems, known))
    return _combined(target, equation.uses, -1, theorems, known)  # the target plus its uses is what was left: nothing


def _stations(equation: _Equation) -> list[_Equation]:
    """The equations that are proved on the way, in order: unfolded together they would take too many cofactors."""
    found: dict[int, _Equation] = {}
    waiting = [equation]
    while waiting:
        for use in waiting.pop().uses:
            if use.source.serial not in found and use.source.premise < 0:
                found[use.source.serial] = use.source
                waiting.append(use.source)
    sizes: dict[int, int] = {}
    stations: list[_Equation] = []
    for serial in sorted(found):
        sizes[serial] = sum(sizes.get(u.source.serial, 1) for u in found[serial].uses)
        if sizes[serial] > _LONG:
            sizes[serial] = 1
            stations.append(found[serial])
    return stations


def _combined(
    target: Term, uses: Iterable[_Use], sign: int, theorems: Sequence[Theorem], known: dict[int, int]
) -> Theorem:
    """target = 0, as `sign` times the sum of the uses, in terms of the premises and of what is known."""
    found: dict[Any, Number] = {}
    for use in uses:
        context = _Use(use.source, sign * use.coefficient, use.atoms, use.left, use.right, use.outer)
        _unfold(use.source, context, found, known)
    cofactors = [_cofactor(theorems[key[0]].conclusion[1], target, key, c) for key, c in found.items() if c]
    used = sorted({c.premise for c in cofactors})
    place = {old: new for new, old in enumerate(used)}
    return ideal_rule(target, [theorems[i] for i in used], [c._replace(premise=place[c.premise]) for c in cofactors])


def _unfold(e: _Equation, context: _Use, found: dict[Any, Number], known: dict[int, int]) -> None:
    """Add to `found` what `context` says of e, in terms of the premises and of the equations that are known."""
    place = known.get(e.serial, e.premise)
    if place >= 0:
        key = (place, e.flipped, context.atoms, context.left, context.right, context.outer)
        found[key] = found.get(key, 0) + context.coefficient
        return
    for u in e.uses:
        c, atoms = context.coefficient * u.coefficient, context.atoms + u.atoms
        if u.outer is None:
            inner = _Use(u.source, c, atoms, context.left + u.left, u.right + context.right, context.outer)
        elif context.outer is None:
            inner = _Use(u.source, c, atoms, u.left, u.right, context.left + u.outer + context.right)
        else:
            size = context.left[0].rows if context.left else e.rows
            more, weight = _closed(context.left + u.outer + context.right, size)
            inner = _Use(u.source, c * weight, atoms + more, u.left, u.right, context.outer)
        _unfold(u.source, inner, found, known)


def _cofactor(h: Term, target: Term, key: Any, c: Number) -> Cofactor:
    premise, flipped, atoms, left, right, outer = key
    if flipped:
        h = transpose(h)
    if c == int(c):
        c = int(c)
    if outer is None:
        return Cofactor(
            premise,
            monomial(atoms, left, target.rows, h.rows, c),
            monomial((), right, h.cols, target.cols),
            None,
            flipped,
        )
    size = left[0].rows if left else h.rows
    return Cofactor(
        premise,
        monomial((), left, size, h.rows),
        monomial((), right, h.cols, size),
        monomial(atoms, outer, target.rows, target.cols, c),
        flipped,
    )


def _complete(search: _Search, goals: Sequence[_Equation]) -> int:
    """Reduce a goal to zero, adding rules from overlaps, the smallest first, until one is or a limit is hit; which."""
    limits = search.limits
    queue: list[tuple[int, int, _Overlap]] = []
    ticket = count()
    skipped = False

    def enqueue(new: _Equation) -> None:
        nonlocal skipped
        for other in search.rules:
            for overlap in _meetings(new, other, search.order.cyclic):
                if overlap.degree > limits.degree:
                    skipped = True
                else:
                    heapq.heappush(queue, (overlap.degree, next(ticket), overlap))

    def settled() -> int | None:
        for i, goal in enumerate(goals):
            search.reduce(goal)
            if not goal.poly:
                return i
        return None

    done = settled()
    if done is None:
        search.simplify()
        done = settled()
        known, search.rules = search.rules, []
        for rule in known:
            search.rules.append(rule)
            enqueue(rule)
        if search.order.cyclic:
            search.turned += _closed_around(goals, search.rules)
    tried = 0
    while done is None:
        if not (queue or search.turned) or tried >= limits.overlaps or len(search.rules) >= limits.rules:
            why = "no overlap of two equations is left"
            if queue:
                over = tried >= limits.overlaps
                limit = f"{limits.overlaps} overlaps" if over else f"{limits.rules} equations"
                why = f"the limit of {limit} was hit"
            elif skipped:
                why = f"no overlap is left but those over the limit of degree {limits.degree}"
            raise ProofFailure(f"ideal: {term_text(_term(goals[0]))} remains, and nothing reduces it further: {why}")
        tick()
        tried += 1
        new = search.turned.pop() if search.turned else _difference(heapq.heappop(queue)[2])
        search.reduce(new)
        if new.poly:
            search.add_rule(new)
            enqueue(new)
            done = settled()
    return done


def _meetings(a: _Equation, b: _Equation, cyclic: bool) -> Iterator[_Overlap]:
    """All overlaps of two equations, either way round."""
    if a.may_meet(b):
        yield from _overlaps(a, b)
        if a is not b:
            yield from _overlaps(b, a)
        if cyclic and not (a.letters.isdisjoint(b.letters)):
            yield from _rounds(a, b)
    for word, scalar in ((a, b), (b, a)):
        if word.lead_word and scalar.lead_atoms and scalar.rows == ONE == scalar.cols:
            yield from _closings(word, scalar)
