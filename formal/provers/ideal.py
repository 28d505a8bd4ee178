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
from collections.abc import Collection, Iterator, Sequence
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
    Decl,
    Key,
    Letter,
    Nat,
    Number,
    Term,
    add,
    letter,
    monomial,
    multiply,
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

    def may_meet(self, other: _Equation) -> bool:
        """Whether the largest monomials can overlap at all: quickly said, and nearly always no."""
        if not self.letters.isdisjoint(other.letters):
            return True
        return bool((self.lead_atoms and other.lead_atoms) or not self.lead or not other.lead)


class _Search:
    """The rules found so far, and what was spent on finding them."""

    def __init__(self, limits: Limits, eliminate: Collection[Letter | Atom] = ()) -> None:
        self.limits, self.eliminate = limits, eliminate
        self.rules: list[_Equation] = []
        self.by_letter: dict[Letter, list[_Equation]] = {}
        self.scalar_rules: list[_Equation] = []
        self.steps = 0
        self._sizes: dict[Key, _Size] = {}

    def size(self, key: Key) -> _Size:
        """The monomial order: the letters to eliminate, those that are no scalars, those of the word, the degree, the
        names."""
        found = self._sizes.get(key)
        if found is None:
            first = sum(x in self.eliminate for x in key) if self.eliminate else 0
            letters = scalars = word = 0
            for x in key:
                if not isinstance(x, Atom):
                    letters, word = letters + 1, word + 1
                elif x.kind == "trace" and not (len(x.data) == 1 and x.data[0].rows == ONE):
                    letters += len(x.data)
                else:
                    scalars += 1
            found = self._sizes[key] = (first, letters, word, scalars, [x.sort for x in key])
        return found

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
            use = self.match(key, e.rows)
            if use is None:
                finished.add(key)
                continue
            self.steps += 1
            if self.steps > self.limits.steps:
                rest = term_text(_term(e))
                raise ProofFailure(f"ideal: the limit of {self.limits.steps} rewriting steps was hit at {rest}")
            lead = use.source.poly[use.source.lead]
            use.coefficient = _quotient(-e.poly[key], lead)
            _add(e.poly, _placed(use, e.rows, e.cols), use.coefficient)
            e.uses.append(use)

    def match(self, key: Key, rows: Nat) -> _Use | None:
        """The first rule whose largest monomial occurs in this one: in its word, in a trace, or among its scalars."""
        atoms, word = split(key)
        for i, x in enumerate(word):
            for rule in self.by_letter.get(x, ()):
                n = len(rule.lead_word)
                if word[i : i + n] == rule.lead_word:
                    rest = _without(atoms, rule.lead_atoms)
                    if rest is not None:
                        return _Use(rule, 1, rest, word[:i], word[i + n :])
        for a in dict.fromkeys(atoms):
            for i in range(len(a.data) if a.kind == "trace" else 0):
                for rule in self.by_letter.get(a.data[i], ()):
                    n, turned = len(rule.lead_word), a.data[i:] + a.data[:i]
                    rest = _without(atoms, (a, *rule.lead_atoms)) if turned[:n] == rule.lead_word else None
                    if rest is not None:
                        return _Use(rule, 1, rest, (), turned[n:], word)
        for rule in self.scalar_rules:
            rest = _without(atoms, rule.lead_atoms)
            if rest is None:
                continue
            if rule.rows == ONE == rule.cols:
                return _Use(rule, 1, rest, (), (), word)
            ends = [rows, *(x.cols for x in word)]
            if rule.rows in ends:  # s * I = ..: its identity stands anywhere on the dimension
                i = ends.index(rule.rows)
                return _Use(rule, 1, rest, word[:i], word[i:])
        return None


def _quotient(a: Number, b: Number) -> Number:
    """a / b; nearly always b is 1 or -1, and whole numbers are quicker than fractions."""
    return a * b if b in (1, -1) else Fraction(a) / b


def _add(poly: Poly, more: Poly, times: Number) -> None:
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


def _difference(o: _Overlap) -> _Equation:
    """The equation one - two, each divided by its leading coefficient."""
    poly: Poly = {}
    for use, sign in ((o.one, 1), (o.two, -1)):
        use.coefficient = _quotient(sign, use.source.poly[use.source.lead])
        _add(poly, _placed(use, o.rows, o.cols), use.coefficient)
    return _Equation(poly, o.rows, o.cols, uses=[o.one, o.two])


def _closed(word: Word, size: Nat) -> tuple[Atoms, Number]:
    """The trace of a closed word as atoms and a number."""
    value = trace(monomial((), word, size, size))
    if len(value.words) != 1:
        raise ProofFailure("ideal: the trace of an identity on a sum of dimensions is not one scalar")
    ((atoms, c),) = value.words.items()
    return atoms, c


def _unfold(e: _Equation, context: _Use, found: dict[Any, Number]) -> None:
    """Add to `found` what `context` says of e, in terms of the premises."""
    if e.premise >= 0:
        key = (e.premise, e.flipped, context.atoms, context.left, context.right, context.outer)
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
        _unfold(u.source, inner, found)


def ideal(
    goal: Prop, facts: Sequence[Theorem], limits: Limits = Limits(), eliminate: Collection[Letter | Atom] = ()
) -> Theorem:
    """The theorem goal (an equation), from those facts that are equations.

    eliminate: letters that facts define, to be replaced by what they stand for, however long that is.
    Raises ProofFailure with the irreducible remainder and the limit that was hit.
    """
    if goal.kind != "zero":
        raise ProofFailure(f"ideal: {goal} is not an equation")
    target: Term = goal[1]
    equation = _Equation(dict(target.words), target.rows, target.cols)
    traces = target.rows == ONE == target.cols and bool(target.words)
    search, premises = _start(facts, limits, traces, eliminate)
    try:
        _complete(search, equation)
    except ProofFailure as failure:
        known = "; ".join(str(f.conclusion) for f in premises[:12]) or "nothing"
        more = f"; and {len(premises) - 12} more" if len(premises) > 12 else ""
        raise ProofFailure(f"{failure} (from {known}{more})") from None
    return _certify(target, equation, premises)


def rewrite(term: Term, facts: Sequence[Theorem], limits: Limits = Limits()) -> tuple[Term, Theorem]:
    """(reduced, the theorem term - reduced = 0): the term rewritten by the equations as they stand."""
    equation = _Equation(dict(term.words), term.rows, term.cols)
    search, premises = _start(facts, limits)
    search.reduce(equation)
    reduced = add(zeros(term.rows, term.cols), _term(equation))
    return reduced, _certify(subtract(term, reduced), equation, premises)


class Rewriter:
    """Many terms rewritten by the same equations, which are first completed as far as the limits go.

    The theorem of a rewriting is only made when it is asked for.
    """

    def __init__(self, facts: Sequence[Theorem], limits: Limits = Limits(rules=60, overlaps=150, degree=8)) -> None:
        self._search, self._premises = _start(facts, limits)
        self._done: dict[Term, tuple[Term, _Equation]] = {}
        self._theorems: dict[Term, Theorem] = {}
        if self._search.rules:
            never = _Equation(
                dict(letter(Decl("_", ONE, ONE)).words), ONE, ONE
            )  # a goal that nothing reduces: it goes on to the limits
            try:
                _complete(self._search, never)
            except ProofFailure:
                pass

    def reduce(self, term: Term) -> Term:
        """The term in a form that no equation reduces further."""
        return self._reduced(term)[0]

    def theorem(self, term: Term) -> Theorem:
        """The theorem term - reduced = 0."""
        if term not in self._theorems:
            reduced, equation = self._reduced(term)
            self._theorems[term] = _certify(subtract(term, reduced), equation, self._premises)
        return self._theorems[term]

    def _reduced(self, term: Term) -> tuple[Term, _Equation]:
        if term not in self._done:
            tick()
            equation = _Equation(dict(term.words), term.rows, term.cols)
            self._search.steps = 0
            if self._search.rules:
                self._search.reduce(equation)
            self._done[term] = add(zeros(term.rows, term.cols), _term(equation)), equation
        return self._done[term]


def _start(
    facts: Sequence[Theorem], limits: Limits, traces: bool = False, eliminate: Collection[Letter | Atom] = ()
) -> tuple[_Search, list[Theorem]]:
    """The rules of the equations among the facts, of their transposes and, if asked for, of their traces."""
    premises = [f for f in facts if f.conclusion.kind == "zero" and f.conclusion[1].words]
    search = _Search(limits, eliminate)
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


def _certify(target: Term, equation: _Equation, premises: Sequence[Theorem]) -> Theorem:
    """The kernel's theorem target = 0 from the uses that the reduction recorded."""
    found: dict[Any, Number] = {}
    for use in equation.uses:  # the target plus its uses is what the reduction left
        use.coefficient = -use.coefficient
        _unfold(use.source, use, found)
    cofactors = [_cofactor(premises[key[0]].conclusion[1], target, key, c) for key, c in found.items() if c]
    used = sorted({c.premise for c in cofactors})
    place = {old: new for new, old in enumerate(used)}
    return ideal_rule(target, [premises[i] for i in used], [c._replace(premise=place[c.premise]) for c in cofactors])


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


def _complete(search: _Search, goal: _Equation) -> None:
    """Reduce the goal to zero, adding rules from overlaps, the smallest first, until it is or a limit is hit."""
    limits = search.limits
    search.reduce(goal)
    queue: list[tuple[int, int, _Overlap]] = []
    ticket = count()
    skipped = False

    def enqueue(new: _Equation) -> None:
        nonlocal skipped
        for other in search.rules:
            if not new.may_meet(other):
                continue
            for a, b in ((new, other), (other, new)) if other is not new else ((new, new),):
                for overlap in _overlaps(a, b):
                    if overlap.degree > limits.degree:
                        skipped = True
                    else:
                        heapq.heappush(queue, (overlap.degree, next(ticket), overlap))

    if goal.poly:
        search.simplify()
        search.reduce(goal)
        known, search.rules = search.rules, []
        for rule in known:
            search.rules.append(rule)
            enqueue(rule)
    tried = 0
    while goal.poly:
        if not queue or tried >= limits.overlaps or len(search.rules) >= limits.rules:
            why = "no overlap of two equations is left"
            if queue:
                over = tried >= limits.overlaps
                limit = f"{limits.overlaps} overlaps" if over else f"{limits.rules} equations"
                why = f"the limit of {limit} was hit"
            elif skipped:
                why = f"no overlap is left but those over the limit of degree {limits.degree}"
            raise ProofFailure(f"ideal: {term_text(_term(goal))} remains, and nothing reduces it further: {why}")
        tried += 1
        new = _difference(heapq.heappop(queue)[2])
        search.reduce(new)
        if new.poly:
            search.add_rule(new)
            enqueue(new)
            search.reduce(goal)
