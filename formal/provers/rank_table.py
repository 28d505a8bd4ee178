"""What is known of the ranks of the terms that a proof mentions, of their parts and of their products: all that the
lemmas say of a finite set of terms that is chosen by their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from ..kernel import rules
from ..kernel.props import Prop, at_least, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Letter,
    Nat,
    Term,
    add,
    flip,
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
from .proof import Proof
from .rank_blocks import BlockFacts
from .rank_facts import RankFacts
from .rank_shapes import (
    as_term,
    bipartitions,
    common_scalar,
    cuts,
    factorisations,
    flipped,
    groups,
    leading,
    matrix_equation,
    ranked,
    unit_multiple,
)
from .rank_solving import ANY_VECTOR


class Size(NamedTuple):
    """How much is put into a table: terms, factors that are tried with each other, words of a sum that is split."""

    terms: int
    factors: int
    words: int


SIZES = (Size(60, 24, 3), Size(120, 50, 4), Size(250, 90, 5))


class RankTable(RankFacts):
    """The facts on the ranks of the terms that a proof mentions, their parts and their products.

    more: other terms to look at. effort: 0, 1 or 2, how many terms there may be. brief: the terms and their parts only,
    not their products with each other.
    """

    def __init__(self, p: Proof, effort: int, more: Sequence[Term] = (), brief: bool = False) -> None:
        super().__init__(p)
        self.size = SIZES[effort]
        self._known: set[Any] = set()  # what was looked at
        self._waiting: list[Term] = []
        self.classes: dict[Term, None] = {}
        self._sums: list[Term] = []  # those of the goal and the facts
        self._blocks = BlockFacts(self)
        self._letters: list[Term] | None = None
        self._products: dict[Term, dict[Term, Term]] = {}  # X, Y and X Y, all rewritten
        self._fill(more, brief)

    def letters(self, *size: Nat) -> list[Term]:
        """The letters of the equations, or those of one size, and their transposes; injections of blocks aside."""
        if self._letters is None:
            equations = (f.conclusion[1] for f in self.p.facts if matrix_equation(f.conclusion))
            own = {x for system in self._blocks.systems for e in system for key in e.words for x in key}
            found = (x for h in equations for key in h.words for x in split(key)[1])
            terms = (as_term((x,)) for x in found if x not in own and flip(x) not in own)
            self._letters = list(dict.fromkeys(u for t in terms for u in (t, transpose(t))))
        return [t for t in self._letters if not size or (t.rows, t.cols) == size]

    def take(self, t: Term) -> None:
        """Look at a term and its parts too."""
        if not t.words:
            self._is_known(t)
        elif ("term", t) not in self._known and len(self._known) < 50 * self.size.terms:
            self._known.add(("term", t))
            self.classes[self.representative(t)] = None
            self._waiting.append(t)

    def _fill(self, more: Sequence[Term], brief: bool) -> None:
        for t in more:
            self.take(t)
        goal = self.p.goal
        for q in (goal, *(f.conclusion for f in self.p.facts)):
            for t in ranked(q):
                self.take(t)
                if len(t.words) > 1:
                    self._sums.append(self.representative(t))
        for f in self.p.facts:
            if f not in self._blocks.equations:
                self._hypothesis(f)
        if goal.kind == "zero":
            self._words(goal[1])
        self._work()
        if brief:
            return
        self._blocks.products([*self._sums, *(t for t in self.classes if len(t.words) == 1)])
        self._blocks.sums()
        self._work()
        self._squares()
        self._work()
        self._factors()
        self._work()
        for t in self._sums:
            self._apart(t)
            if len(self.classes) < self.size.terms // 2:
                self._nearly_product(t)
        self._work()
        self._frobenius()

    def _hypothesis(self, f: Theorem) -> None:
        p = f.conclusion
        if p.kind in ("ge", "gt", "zero") and p[1].rows == ONE == p[1].cols:
            self.note(p[1], lambda: f, p.kind == "zero")
        if p.kind == "zero" and matrix_equation(p):
            h: Term = p[1]
            if len(h.words) <= self.size.words:
                for one, other in bipartitions(h):
                    self.take(one)
                    self.take(other)
            self._words(h)
        elif p.kind == "not" and p[1].kind == "zero":
            m: Term = p[1][1]
            if not rules.is_integral(m):
                self.take(m)
                self.lemma(subtract(rank(m), number(1)), lemmas.at_least_one, M=m)

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
        self.lemma(subtract(scalar(t.rows), rank(t)), lemmas.at_most_rows, X=t)
        self.lemma(subtract(scalar(t.cols), rank(t)), lemmas.at_most_cols, X=t)
        if t.words.keys() == {()} and t.rows == t.cols:
            n = t.rows
            if t != identity(n):
                return self.take(identity(n))
            self.note(subtract(rank(t), scalar(n)), lambda: rules.instantiate(lemmas.of_identity(), {"n": n}, {}))
            return
        if (grid := self._blocks.read(t)) is not None:
            return self._blocks.look(grid)
        if (scaled := common_scalar(t)) is not None:
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
        self.lemma(subtract(rank(x), rank(scale(c, x))), lemmas.of_multiple, X=x, c=c)
        for f in self.p.facts:
            if f.conclusion.kind == "not" and f.conclusion[1] == zero(c):
                value = subtract(rank(scale(c, x)), rank(x))
                self.lemma(value, rank_equal.nonzero_multiple, equation=True, X=x, c=c)

    def _word(self, t: Term) -> None:
        ((key, _),) = t.words.items()
        atoms, word = split(key)
        if atoms or not word:
            return
        for one in (word, flipped(word)):
            for i in range(1, len(one)):
                x, y = one[:i], one[i:]
                left, right = as_term(x), as_term(y)
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
        self.lemma(subtract(rank(multiply(transpose(x), xy)), rank(xy)), rank_equal.gram_product, X=x, Y=y)

    def product(self, x: Term, y: Term) -> None:
        """What the ranks of X, Y and X Y say of each other."""
        x, y = self.rules.reduce(x), self.rules.reduce(y)
        if y in self._products.setdefault(x, {}):
            return
        whole = multiply(x, y)
        self._products[x][y] = self.rules.reduce(whole)
        xy = rank(whole)
        self.lemma(subtract(rank(x), xy), lemmas.product_left, X=x, Y=y)
        self.lemma(subtract(rank(y), xy), lemmas.product_right, X=x, Y=y)
        least = subtract(add(scalar(x.cols), xy), add(rank(x), rank(y)))
        self.lemma(least, lemmas.sylvester, X=x, Y=y)

    def sum(self, x: Term, y: Term) -> None:
        """rank(X + Y) <= rank X + rank Y, and what this says of X = (X + Y) - Y and of Y."""
        whole = add(x, y)
        minus = number(-1)
        for a, b in ((x, y), (whole, scale(minus, x)), (whole, scale(minus, y))):
            value = subtract(add(rank(a), rank(b)), rank(add(a, b)))
            self.lemma(value, lemmas.of_sum, X=a, Y=b)

    def _sum(self, t: Term) -> None:
        for one, other in (bipartitions if len(t.words) <= self.size.words else groups)(t):
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
                self.lemma(value, rank_equal.exchange, U=a, V=b)

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
            self.note(subtract(rank(t), rank(z)), partial(self._definite, t, squares, i))

    def _root(self, word: tuple[Letter, ...], n: Nat) -> Term | None:
        """Z with Z'Z = the word."""
        if not word:
            return identity(n)
        whole = self.rules.reduce(as_term(word))
        half = len(word) // 2
        for z in (as_term(word[half:]), as_term(word)):
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
            c = Fraction(leading(square)) / leading(t)
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

        self.note(subtract(rank(q), trace(q)), made, equation=True)

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
        z = as_term(word[len(word) // 2 :]) if word and len(word) % 2 == 0 else None
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

    def _apart(self, t: Term) -> None:
        """t = X + Y, where X = S t = t T for letters S and T: then Y (I - T) = 0, and the ranks of X and Y add up."""
        for s in self.letters(t.rows, t.rows):
            x = self.rules.reduce(multiply(s, t))
            for u in self.letters(t.cols, t.cols) if x.words else ():
                rest = subtract(identity(t.cols), u)
                if self.rules.reduce(multiply(t, u)) == x and not self.rules.reduce(multiply(x, rest)).words:
                    self.take(x)
                    self.product(s, t)
                    self.take(self.rules.reduce(subtract(t, x)))
                    self._products.setdefault(self.rules.reduce(t), {})[rest] = subtract(t, x)
                    self.take(zeros(t.rows, t.cols))

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
            self._look(unit_multiple(t))
            return
        self.note(
            scale(number(-1), rank(t)),
            lambda: rules.instantiate(rank_equal.of_zero(), {"m": t.rows, "n": t.cols}, {}),
        )

    def _frobenius(self) -> None:
        """rank(X Y) + rank(Y Z) <= rank Y + rank(X Y Z) where X Y Z is a term of the table."""
        seen = set()
        for x, ys in list(self._products.items()):
            for y, xy in list(ys.items()):
                tick()
                for z, yz in list(self._products.get(y, {}).items()):
                    xyz = multiply(xy, z)
                    if len(xyz.words) > 12 or not self._is_known(xyz):
                        continue
                    classes = frozenset(map(self.representative, (xy, yz))), *map(self.representative, (y, xyz))
                    if classes not in seen:
                        seen.add(classes)
                        raw = multiply(x, y)
                        least = add(rank(raw), rank(multiply(y, z)))
                        value = subtract(add(rank(y), rank(multiply(raw, z))), least)
                        self.lemma(value, lemmas.frobenius, X=x, Y=y, Z=z)
