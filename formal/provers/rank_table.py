"""What is known of the ranks of a finite set of terms, as a table of linear facts, and linear arithmetic on it.

Terms that the matrix equations at hand make equal, and multiples and transposes of each other, are one class. Every
fact is kept as what it says of classes, with a way to make its theorem; only the facts that a proof uses are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import gcd
from typing import Any, NamedTuple

from ..kernel import rules
from ..kernel.props import Prop, at_least, zero
from ..kernel.rules import Summand, Theorem
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
    identity,
    letter,
    monomial,
    multiply,
    number,
    rank,
    scalar,
    scale,
    split,
    squared_norm,
    subtract,
    trace,
    transpose,
    zeros,
)
from . import rank as lemmas
from . import rank_equal, rank_solving
from .deadline import tick
from .errors import ProofFailure
from .ideal import Rewriter
from .proof import Proof
from .rank_solving import ANY_VECTOR
from .simplex import nonnegative_solution

NEARLY_ONE = Fraction(999, 1000)


class Fact(NamedTuple):
    """value >= 0, or value = 0, of classes, and how its theorem is made."""

    value: Term
    equation: bool
    theorem: Callable[[], Theorem]


class Size(NamedTuple):
    """How much is put into a table: terms, factors that are tried with each other, words of a sum that is split."""

    terms: int
    factors: int
    words: int


SIZES = (Size(60, 24, 3), Size(120, 50, 4), Size(250, 90, 5))


class RankTable:
    """The facts on the ranks of the terms that a proof mentions, their parts and their products."""

    def __init__(self, p: Proof, effort: int, more: Sequence[Term] = ()) -> None:
        self.p, self.size = p, SIZES[effort]
        self.rules = Rewriter([f for f in p.facts if matrix_equation(f.conclusion)])
        self.facts: list[Fact] = []
        self._class: dict[Term, Term] = {}
        self._chains: dict[Term, list[Theorem]] = {}
        self._known: set[Any] = set()
        self._waiting: list[Term] = []
        self.classes: dict[Term, None] = {}
        self._sums: list[Term] = []  # those of the goal and the facts
        self._products: dict[Term, dict[Term, None]] = {}
        self._fill(more)

    # ------------------------------------------------------------ classes
    def representative(self, t: Term) -> Term:
        """The term that stands for all with the rank of t that are known to be."""
        found = self._class.get(t)
        if found is None:
            u = _unit(self.rules.reduce(t))
            v = _unit(self.rules.reduce(transpose(u)))
            found = self._class.get(u) or self._class.get(v) or min(u, v, key=_order)
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
        unit = _unit(reduced)
        if unit != reduced:
            c = _leading(reduced)
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
    def _note(self, value: Term, theorem: Callable[[], Theorem], equation: bool = False) -> None:
        said = self.canonical(value)
        if said.words and (said, equation) not in self._known:
            self._known.add((said, equation))
            self.facts.append(Fact(said, equation, theorem))

    def _lemma(self, value: Term, lemma: Callable[[], Theorem], equation: bool = False, **letters: Term) -> None:
        self._note(value, lambda: self.p.lemma(lemma(), {}, **letters), equation)

    def take(self, t: Term) -> None:
        """Look at a term and its parts too."""
        if not t.words:
            self._is_known(t)
        elif ("term", t) not in self._known and len(self._known) < 50 * self.size.terms:
            self._known.add(("term", t))
            self.classes[self.representative(t)] = None
            self._waiting.append(t)

    def _fill(self, more: Sequence[Term]) -> None:
        for t in more:
            self.take(t)
        goal = self.p.goal
        for q in (goal, *(f.conclusion for f in self.p.facts)):
            for t in ranked(q):
                self.take(t)
                if len(t.words) > 1:
                    self._sums.append(self.representative(t))
        for f in self.p.facts:
            self._hypothesis(f)
        if goal.kind == "zero":
            self._words(goal[1])
        self._work()
        self._squares()
        self._work()
        self._factors()
        self._work()
        for t in self._sums:
            if len(self.classes) < self.size.terms // 2:
                self._nearly_product(t)
        self._work()
        self._frobenius()

    def _hypothesis(self, f: Theorem) -> None:
        p = f.conclusion
        if p.kind in ("ge", "gt", "zero") and p[1].rows == ONE == p[1].cols:
            self._note(p[1], lambda: f, p.kind == "zero")
        if p.kind == "zero" and matrix_equation(p):
            h: Term = p[1]
            if len(h.words) <= self.size.words:
                for one, other in _bipartitions(h):
                    self.take(one)
                    self.take(other)
            self._words(h)
        elif p.kind == "not" and p[1].kind == "zero":
            m: Term = p[1][1]
            if not rules.is_integral(m):
                self.take(m)
                self._lemma(subtract(rank(m), number(1)), lemmas.at_least_one, M=m)

    def _words(self, h: Term) -> None:
        """The words of a term, and its letters."""
        for key in h.words:
            word = split(key)[1]
            if word:
                self.take(monomial((), word, h.rows, h.cols))

    def _work(self) -> None:
        while self._waiting and len(self.classes) < self.size.terms:
            tick()
            t = self._waiting.pop(0)
            self._look(t)
            reduced = self.rules.reduce(t)
            if reduced != t:
                self.take(reduced)

    def _look(self, t: Term) -> None:
        """All that the form of one term says."""
        self._lemma(subtract(scalar(t.rows), rank(t)), lemmas.at_most_rows, X=t)
        self._lemma(subtract(scalar(t.cols), rank(t)), lemmas.at_most_cols, X=t)
        if t.words.keys() == {()} and t.rows == t.cols:
            n = t.rows
            if t != identity(n):
                return self.take(identity(n))
            self._note(subtract(rank(t), scalar(n)), lambda: rules.instantiate(lemmas.of_identity(), {"n": n}, {}))
            return
        if (scaled := _common_scalar(t)) is not None:
            self._multiple(*scaled)
        if len(t.words) == 1:
            self._word(t)
        else:
            self._sum(t)
        if t.rows == t.cols and t.words.get((), 0):
            self._near_identity(t)
        if t.rows == t.cols and len(t.words) > 1:
            self._semidefinite(t)

    def _multiple(self, c: Term, x: Term) -> None:
        self.take(x)
        self._lemma(subtract(rank(x), rank(scale(c, x))), lemmas.of_multiple, X=x, c=c)
        for f in self.p.facts:
            if f.conclusion.kind == "not" and f.conclusion[1] == zero(c):
                value = subtract(rank(scale(c, x)), rank(x))
                self._lemma(value, rank_equal.nonzero_multiple, equation=True, X=x, c=c)

    def _word(self, t: Term) -> None:
        ((key, _),) = t.words.items()
        atoms, word = split(key)
        if atoms or not word:
            return
        for one in (word, _flipped(word)):
            for i in range(1, len(one)):
                x, y = one[:i], one[i:]
                left, right = _as_term(x), _as_term(y)
                if one is word:
                    self.take(left)
                    self.take(right)
                    self.product(left, right)
                back = self.rules.reduce(transpose(left))
                if len(back.words) == 1 and back.words.get(z := next(iter(back.words))) == 1:
                    ahead = self.rules.reduce(right)
                    for other in {next(iter(v.words)) for v in (right, ahead) if len(v.words) == 1}:
                        if z and other[: len(z)] == z:
                            rest = monomial((), other[len(z) :], back.cols, right.cols)
                            self.gram(back, rest)

    def gram(self, x: Term, y: Term) -> None:
        """rank(X Y) <= rank(X'X Y)."""
        xy = multiply(x, y)
        self.take(xy)
        self._lemma(subtract(rank(multiply(transpose(x), xy)), rank(xy)), rank_equal.gram_product, X=x, Y=y)

    def product(self, x: Term, y: Term) -> None:
        """What the ranks of X, Y and X Y say of each other."""
        if y in self._products.setdefault(x, {}):
            return
        self._products[x][y] = None
        xy = rank(multiply(x, y))
        self._lemma(subtract(rank(x), xy), lemmas.product_left, X=x, Y=y)
        self._lemma(subtract(rank(y), xy), lemmas.product_right, X=x, Y=y)
        least = subtract(add(scalar(x.cols), xy), add(rank(x), rank(y)))
        self._lemma(least, lemmas.sylvester, X=x, Y=y)

    def sum(self, x: Term, y: Term) -> None:
        """rank(X + Y) <= rank X + rank Y, and what this says of X = (X + Y) - Y and of Y."""
        whole = add(x, y)
        minus = number(-1)
        for a, b in ((x, y), (whole, scale(minus, x)), (whole, scale(minus, y))):
            value = subtract(add(rank(a), rank(b)), rank(add(a, b)))
            self._lemma(value, lemmas.of_sum, X=a, Y=b)

    def _sum(self, t: Term) -> None:
        for one, other in (_bipartitions if len(t.words) <= self.size.words else _groups)(t):
            self.take(one)
            self.take(other)
            self.sum(one, other)
        for left, right in factorisations(t):
            self.take(left)
            self.take(right)
            self.product(left, right)

    def _near_identity(self, t: Term) -> None:
        """t = c (I - U V), and I - V U."""
        unit = scale(number(Fraction(1) / t.words[()]), t)
        rest = subtract(identity(t.rows), unit)
        self._geometric(t, rest)
        for u, v in (*cuts(rest), *(factorisations(rest) if len(rest.words) > 1 else ())):
            other = subtract(identity(v.rows), multiply(v, u))
            self.take(other)
            for a, b in ((u, v), (v, u)):
                one, two = (subtract(identity(x.rows), multiply(x, y)) for x, y in ((a, b), (b, a)))
                value = subtract(add(rank(one), scalar(a.cols)), add(rank(two), scalar(a.rows)))
                self._lemma(value, rank_equal.exchange, U=a, V=b)

    def _semidefinite(self, t: Term) -> None:
        """rank Z <= rank t where t + t' is Z'Z and other squares, all with positive weights."""
        half = scale(number(Fraction(1, 2)), add(t, transpose(t)))
        squares = []
        for key, c in self.rules.reduce(half).words.items():
            atoms, word = split(key)
            z = self._root(word, t.rows)
            weight = monomial(atoms, (), ONE, ONE, c)
            positive = self._positive(weight)
            if z is None or positive is None:
                return
            squares.append((z, weight, positive))
        for i, (z, _, _) in enumerate(squares):
            self.take(z)
            self._note(subtract(rank(t), rank(z)), partial(self._definite, t, squares, i))

    def _root(self, word: tuple[Letter, ...], n: Nat) -> Term | None:
        """Z with Z'Z = the word."""
        if not word:
            return identity(n)
        whole = self.rules.reduce(_as_term(word))
        half = len(word) // 2
        for z in (_as_term(word[half:]), _as_term(word)):
            if self.rules.reduce(multiply(transpose(z), z)) == whole:
                return z
        return None

    def _positive(self, weight: Term) -> Theorem | None:
        """weight > 0: a positive number, or a fact times one."""
        ((key, c),) = weight.words.items()
        goal = Prop(("gt", weight))
        if c > 0 and not key:
            return rules.order(goal, (), [Summand(c)])
        for f in self.p.facts:
            h = f.conclusion
            if f.conclusion.kind == "gt" and h[1].words.keys() == {key} and c * h[1].words[key] > 0:
                return rules.order(goal, [f], [Summand(Fraction(c) / h[1].words[key], (0,))])
        return None

    def _definite(self, t: Term, squares: Sequence[tuple[Term, Term, Theorem]], i: int) -> Theorem:
        """The theorem of `_semidefinite` for one Z: y't y is the sum of the weighted squares, as t + t' is."""
        y = Decl(ANY_VECTOR, t.rows, ONE)
        v = letter(y)
        root, weight, positive = squares[i]
        rest = t
        for z, w, _ in squares:
            rest = subtract(rest, scale(w, multiply(transpose(z), z)))
        both = add(rest, transpose(rest))
        value = multiply(transpose(v), multiply(rest, v))
        nothing = rules.ideal(
            value,
            [self.rules.theorem(both)],
            [rules.Cofactor(0, scale(number(Fraction(1, 2)), transpose(v)), v)],
        )
        form = multiply(transpose(v), multiply(t, v))
        goal = at_least(form, scale(weight, squared_norm(multiply(root, v))))
        others = [(z, th) for j, (z, _, th) in enumerate(squares) if j != i]
        summands = [Summand(1, (j,), (multiply(z, v),)) for j, (z, _) in enumerate(others, 1)]
        bound = rules.order(goal, [nothing, *(th for _, th in others)], summands, [(0, number(1))])
        self.p.facts += [positive, rules.generalize(bound, y)]
        return self.p.lemma(rank_solving.semidefinite(), M=t, X=root, c=weight)

    def _squares(self) -> None:
        """Idempotents, multiples of them, and roots of the identity."""
        for t in list(self.classes):
            if t.rows != t.cols or len(t.words) > 6 or t == identity(t.rows):
                continue
            tick()
            if len(t.words) == 1:
                self._normal(t)
            square = self.rules.reduce(multiply(t, t))
            if not square.words:
                continue
            one = identity(t.rows)
            c = Fraction(_leading(square)) / _leading(t)
            if square == scale(number(c), t):
                self.take(subtract(one, scale(number(1 / c), t)))
                self._idempotent(scale(number(1 / c), t))
                self._idempotent(subtract(one, scale(number(1 / c), t)))
            elif len(t.words) > 1 or square.words.keys() != {()}:
                self._quadratic(t, square)
            elif square == one:
                for sign in (1, -1):
                    half = scale(number(Fraction(1, 2)), add(one, t, sign))
                    self.take(half)
                    self._idempotent(half)

    def _quadratic(self, t: Term, square: Term) -> None:
        """t (t - a I) = b I, where the equations say so."""
        lead = max(t.words, key=len)
        a = Fraction(square.words.get(lead, 0)) / t.words[lead]
        if subtract(square, scale(number(a), t)).words.keys() == {()}:
            other = subtract(t, scale(number(a), identity(t.rows)))
            self.take(other)
            self.product(t, other)
            self._is_known(multiply(t, other))

    def _geometric(self, t: Term, s: Term) -> None:
        """(I - s) (I + s + s^2 + ..) = I, where a power of s is 0."""
        total = power = identity(t.rows)
        for _ in range(4):
            power = self.rules.reduce(multiply(power, s))
            if not power.words:
                self.take(total)
                self.product(subtract(identity(t.rows), s), total)
                return
            total = add(total, power)
            if len(total.words) > 8:
                return

    def _normal(self, t: Term) -> None:
        """rank t = rank t't t't = rank t't'tt for a t that commutes with its transpose."""
        back = transpose(t)
        one, other = multiply(back, t), multiply(t, back)
        if self.rules.reduce(one) == self.rules.reduce(other) and self.rules.reduce(back) != t:
            self.take(multiply(one, one))
            self.take(multiply(multiply(back, back), multiply(t, t)))

    def _idempotent(self, q: Term) -> None:
        if self.rules.reduce(subtract(multiply(q, q), q)).words:
            return

        def made() -> Theorem:
            hyp = subtract(multiply(q, q), q)
            if hyp.words:
                self.p.facts.append(self.rules.theorem(hyp))
            return self.p.lemma(lemmas.idempotent(), P=q)

        self._note(subtract(rank(q), trace(q)), made, equation=True)

    def _factors(self) -> None:
        """Products and sums of the terms so far that are again such terms, or 0, or a multiple of the identity."""
        chosen = self._chosen()
        for x in chosen:
            tick()
            for y in chosen:
                if x.cols == y.rows and x != identity(x.rows) and y != identity(y.rows):
                    product = multiply(x, y)
                    if len(product.words) <= 12 and (self._is_known(product) or self._is_gram(product)):
                        self.product(x, y)
                        if self.rules.reduce(transpose(x)) == y:
                            self.gram(y, identity(y.cols))
        for i, x in enumerate(chosen):
            tick()
            for y in chosen[:i]:
                if (x.rows, x.cols) == (y.rows, y.cols):
                    for whole in (add(x, y), subtract(x, y)):
                        if self._is_known(whole):
                            self.sum(x, subtract(whole, x))

    def _is_gram(self, t: Term) -> bool:
        """Whether it is Z'Z or Z Z' of a term Z of the table; then it becomes one."""
        reduced = self.rules.reduce(t)
        word = split(next(iter(reduced.words)))[1] if len(reduced.words) == 1 else ()
        z = _as_term(word[len(word) // 2 :]) if word and len(word) % 2 == 0 else None
        if z is None or multiply(transpose(z), z) != reduced or self.representative(z) not in self.classes:
            return False
        self.take(reduced)
        return True

    def _nearly_product(self, t: Term) -> None:
        """t = S W + a rest that is a product too, or W S + .., for a sum S that the goal or a fact names and a word W:
        a sum such as A B - C D = (A - C) B + C (B - D)."""
        letters = {x for key in t.words for x in key}
        sums = dict.fromkeys(x for s in self._sums if s != t for x in (s, transpose(s)))
        words = [w for w in self._chosen() if len(w.words) == 1 and letters.issuperset(*w.words)]
        for s in sums:
            for w in words:
                for x, y in ((s, w), (w, s)):
                    if x.cols != y.rows or x.rows != t.rows or y.cols != t.cols:
                        continue
                    product = multiply(x, y)
                    c = next((Fraction(t.words[key]) / c for key, c in product.words.items() if key in t.words), 0)
                    if c:
                        part = scale(number(c), product)
                        rest = subtract(t, part)
                        if any(all(map(self._is_known, f)) for f in factorisations(rest)):
                            self.take(part)
                            self.take(rest)
                            self.product(x, y)
                            self.sum(part, rest)

    def _chosen(self) -> list[Term]:
        """The terms that are tried with each other, and their transposes: the shortest."""
        terms: dict[Term, None] = {}
        length = {t: sum(map(len, t.words)) for t in self.classes if t.words and t.words.keys() != {()}}
        first = [t for t in self._sums if length.get(t, 0)]
        for t in (
            *(t for t in length if length[t] == 1),
            *first,
            *sorted(length, key=lambda t: (len(t.words), length[t])),
        ):
            terms[t] = terms[self.rules.reduce(transpose(t))] = None
        return list(terms)[: self.size.factors]

    def _is_known(self, t: Term) -> bool:
        reduced = self.rules.reduce(t)
        if not reduced.words or (reduced.words.keys() == {()} and t.rows == t.cols):
            if ("term", reduced) not in self._known:
                self._known.add(("term", reduced))
                self._constant(reduced)
            return True
        return self.representative(reduced) in self.classes

    def _constant(self, t: Term) -> None:
        """rank 0 = 0, rank I = n."""
        if t.words:
            self._look(_unit(t))
            return
        self._note(
            scale(number(-1), rank(t)),
            lambda: rules.instantiate(rank_equal.of_zero(), {"m": t.rows, "n": t.cols}, {}),
        )

    def _frobenius(self) -> None:
        """rank(X Y) + rank(Y Z) <= rank Y + rank(X Y Z) where X Y Z is a term of the table."""
        for x, ys in list(self._products.items()):
            for y in list(ys):
                tick()
                for z in list(self._products.get(y, ())):
                    xy = multiply(x, y)
                    xyz = multiply(xy, z)
                    if len(xyz.words) <= 12 and self._is_known(xyz):
                        value = subtract(add(rank(y), rank(xyz)), add(rank(xy), rank(multiply(y, z))))
                        self._lemma(value, lemmas.frobenius, X=x, Y=y, Z=z)

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


# ---------------------------------------------------------------- reading terms
def ranked(p: Prop) -> Iterator[Term]:
    """The terms whose rank a proposition mentions, bound variables aside."""
    if p.kind in ("zero", "ge", "gt"):
        for key in p[1].words:
            for x in key:
                if isinstance(x, Atom) and x.kind == "rank":
                    yield x.data
    elif p.kind in ("and", "not"):
        for q in p[1] if p.kind == "and" else p[1:]:
            yield from ranked(q)


def matrix_equation(p: Prop) -> bool:
    """An equation by which matrices can be rewritten: not one of dimensions and ranks."""
    if p.kind != "zero":
        return False
    h: Term = p[1]
    if h.rows != ONE or h.cols != ONE:
        return True
    return not any(x.kind in ("nat", "rank") for key in h.words for x in split(key)[0])


def _leading(t: Term) -> Number:
    return t.words[max(t.words, key=lambda k: (len(k), [x.sort for x in k]))] if t.words else 1


def _unit(t: Term) -> Term:
    c = _leading(t)
    return t if c == 1 else scale(number(Fraction(1) / c), t)


def _order(t: Term) -> Any:
    return len(t.words), sum(map(len, t.words)), sorted([x.sort for x in key] for key in t.words), str(t.rows)


def _flipped(word: tuple[Letter, ...]) -> tuple[Letter, ...]:
    return split(next(iter(transpose(_as_term(word)).words)))[1]


def _as_term(word: tuple[Letter, ...]) -> Term:
    return monomial((), word, word[0].rows, word[-1].cols)


def _piece(t: Term, key: Key, c: Number) -> Term:
    return monomial(*split(key), t.rows, t.cols, c)


def _bipartitions(t: Term) -> Iterator[tuple[Term, Term]]:
    """A sum as the sum of two others."""
    pieces = [_piece(t, key, c) for key, c in t.words.items()]
    for mask in range(1, 2 ** (len(pieces) - 1)):
        one = zeros(t.rows, t.cols)
        for i, piece in enumerate(pieces):
            if mask >> i & 1:
                one = add(one, piece)
        yield one, subtract(t, one)


def _groups(t: Term) -> Iterator[tuple[Term, Term]]:
    """A sum as what begins, or ends, with one letter and the rest."""
    for end in (0, -1):
        for x in dict.fromkeys(word[end] for key in t.words if (word := split(key)[1])):
            one = zeros(t.rows, t.cols)
            for key, c in t.words.items():
                word = split(key)[1]
                if word and word[end] is x:
                    one = add(one, _piece(t, key, c))
            if len(one.words) < len(t.words):
                yield one, subtract(t, one)


def _common_scalar(t: Term) -> tuple[Term, Term] | None:
    """c and X with t = c X, c the scalars that all words share."""
    keys = [split(key) for key in t.words]
    common = list(keys[0][0])
    for atoms, _ in keys[1:]:
        left = list(atoms)
        common = [a for a in common if a in left and not left.remove(a)]  # type: ignore[func-returns-value]
    if not common or (t.rows == ONE == t.cols):
        return None
    rest = zeros(t.rows, t.cols)
    for (atoms, word), c in zip(keys, t.words.values(), strict=True):
        others = list(atoms)
        for a in common:
            others.remove(a)
        rest = add(rest, monomial(tuple(others), word, t.rows, t.cols, c))
    return monomial(tuple(common), (), ONE, ONE), rest


def cuts(t: Term) -> list[tuple[Term, Term]]:
    """A one-word term as products."""
    if len(t.words) != 1:
        return []
    ((key, c),) = t.words.items()
    atoms, word = split(key)
    if atoms:
        return []
    return [(scale(number(c), _as_term(word[:i])), _as_term(word[i:])) for i in range(1, len(word))]


def factorisations(t: Term) -> Iterator[tuple[Term, Term]]:
    """A sum of words as products: the words that all begin, or end, with the same letters; and one that is (U + ..)
    (V + ..), where U V is the longest word."""
    keys = list(t.words)
    if len(keys) < 2 or any(split(key)[0] for key in keys):
        return
    shortest = min(map(len, keys))
    for i in range(1, shortest + 1):
        if len({key[:i] for key in keys}) == 1:
            yield _as_term(keys[0][:i]), _shortened(t, i, None, keys[0][i - 1].cols, t.cols)
        if len({key[len(key) - i :] for key in keys}) == 1:
            tail = keys[0][len(keys[0]) - i :]
            yield _shortened(t, 0, i, t.rows, tail[0].rows), _as_term(tail)
    if len(keys) >= 4:
        lead = max(keys, key=lambda k: (len(k), [x.sort for x in k]))
        for i in range(1, len(lead)):
            tail = lead[i:]
            left = zeros(t.rows, tail[0].rows)
            for key, c in t.words.items():
                if key[len(key) - len(tail) :] == tail:
                    left = add(left, monomial((), key[: len(key) - len(tail)], t.rows, tail[0].rows, c))
            if len(left.words) > 1 and (right := _divided(t, left, lead[:i])) is not None and len(right.words) > 1:
                yield left, right


def _shortened(t: Term, i: int, j: int | None, rows: Any, cols: Any) -> Term:
    rest = zeros(rows, cols)
    for key, c in t.words.items():
        rest = add(rest, monomial((), key[i : None if j is None else len(key) - j], rows, cols, c))
    return rest


def _divided(t: Term, left: Term, head: Key) -> Term | None:
    """X with t = left X, where `head` is the longest word of left."""
    quotient, rest = zeros(left.cols, t.cols), t
    for _ in range(len(t.words)):
        if not rest.words:
            return quotient
        key = max(rest.words, key=lambda k: (len(k), [x.sort for x in k]))
        if key[: len(head)] != head:
            return None
        piece = monomial((), key[len(head) :], left.cols, t.cols, Fraction(rest.words[key]) / left.words[head])
        quotient, rest = add(quotient, piece), subtract(rest, multiply(left, piece))
    return quotient if not rest.words else None


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
