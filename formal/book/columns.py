"""Columns of R^4 with numbers in them (RS-Ex1), and LayerNorm of such a column: what the worked examples are made of.

The column (1.3, 0.4, 0, 1.3) is 1.3 e1 + 0.4 e2 + 1.3 e4, where e1 e1' + .. + e4 e4' = I says that e1, .., e4 are an
orthonormal basis (RS-Ex1a); u is their sum, the all-ones vector. Numbers that are rounded are stated as a distance:
y is within 0.00001 of the column that is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, NamedTuple

from ..claims import cite
from ..kernel import rules
from ..kernel.ground import Surd
from ..kernel.props import at_least, equal, greater
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import Term, add, multiply, number, scale, squared_norm, subtract, transpose
from ..provers.proof import Proof, Script
from ..statement import And, Eq, Expression, Identity, Lt, Prop, inner, norm2, scalars, vector
from .shelf import claim

BASIS = tuple(vector(f"e{k}", 4) for k in (1, 2, 3, 4))
PAIRS = [(j, k) for j in range(4) for k in range(j, 4)]
e1, e2, e3, e4 = BASIS
u, s = vector("u", 4), scalars("s")
I = Identity(4)
P = I - u * u.T / 4
RESOLVED = Eq(e1 * e1.T + e2 * e2.T + e3 * e3.T + e4 * e4.T, I)
ONES = Eq(u, e1 + e2 + e3 + e4)


def column(*entries: str | Fraction) -> Expression:
    """The vector with these coordinates.

    >>> column("1.3", "0.4", "0", "1.3")
    (13/10)*e1 + (2/5)*e2 + (13/10)*e4
    """
    parts: list[Any] = [Fraction(x) * e for x, e in zip(entries, BASIS, strict=True) if Fraction(x)]
    total: Expression = sum(parts[1:], start=parts[0])
    return total


def layer_norm(x: Expression, s: Expression, y: Expression) -> list[Prop]:
    """The two equations of y = LN(x)."""
    return [Eq(4 * s * s, inner(x, P * x)), Eq(s * y, P * x)]


def distance2(y: Expression, printed: Sequence[str]) -> Expression:
    """The squared distance of y from a column."""
    return norm2(y - column(*printed))


def within(y: Expression, printed: Sequence[str], distance: str) -> Prop:
    """y is nearer than that to the column."""
    return Lt(distance2(y, printed), Fraction(distance) ** 2)


# ---------------------------------------------------------------- values, for witnesses
def rows(*entries: Any) -> list[list[Any]]:
    """A column of a witness."""
    return [[x] for x in entries]


ZERO = rows(0, 0, 0, 0)
STANDARD: dict[str, Any] = {f"e{k}": rows(*(int(i == k) for i in (1, 2, 3, 4))) for k in (1, 2, 3, 4)}
STANDARD["u"] = rows(1, 1, 1, 1)
NO_BASIS: dict[str, Any] = dict.fromkeys(STANDARD, ZERO)
NO_ONES: dict[str, Any] = {**STANDARD, "u": ZERO}


def root(square: Fraction, level: int = 1) -> Any:
    """A square root, exactly; `level` counts the roots of a witness."""
    found = Fraction(isqrt(square.numerator), isqrt(square.denominator))
    return found if found * found == square else Surd(level, 0, 1, square)


# ---------------------------------------------------------------- proofs
def dot(p: Proof, v: Sequence[Any], w: Sequence[Any]) -> Theorem:
    """<v, w> of two columns of numbers, which may be scalar terms."""
    orthonormal = cite(p, ORTHONORMAL)
    one, two = ([p.term(Fraction(x) if isinstance(x, str) else x) for x in entries] for entries in (v, w))
    columns = [p.term(0 * e1), p.term(0 * e1)]
    total, parts = number(0), []
    for k, e in enumerate(BASIS):
        columns = [add(c, scale(x[k], p.term(e))) for c, x in zip(columns, (one, two), strict=True)]
        total = add(total, multiply(one[k], two[k]))
    for i, (j, k) in enumerate(PAIRS):
        weight = multiply(one[j], two[k])
        parts.append((rules.part(orthonormal, i), weight if j == k else add(weight, multiply(one[k], two[j]))))
    return p.combine(equal(multiply(transpose(columns[0]), columns[1]), total), *parts)


def ones_length(p: Proof) -> Theorem:
    """1'1 = 4; it joins the facts."""
    ones, one = p.fact(ONES), [1, 1, 1, 1]
    return p.add(p.combine(Eq(inner(u, u), 4), (ones, u.T), (ones, (e1 + e2 + e3 + e4).T), (dot(p, one, one), 1)))


# ---------------------------------------------------------------- a column and its LayerNorm
@dataclass(frozen=True)
class Example:
    """y = LN(x) with scale s, for a column x of numbers."""

    x: Expression
    entries: tuple[str, ...]
    s: Expression
    y: Expression

    @property
    def numbers(self) -> list[Fraction]:
        return [Fraction(entry) for entry in self.entries]

    @property
    def mean(self) -> Fraction:
        return sum(self.numbers, start=Fraction(0)) / 4

    @property
    def centred(self) -> list[Fraction]:
        return [x - self.mean for x in self.numbers]

    @property
    def variance(self) -> Fraction:
        return total_square(self.centred) / 4

    @property
    def given(self) -> list[Prop]:
        """The hypotheses: the basis, the column and the two equations of LayerNorm."""
        return [RESOLVED, ONES, Eq(self.x, column(*self.entries)), *layer_norm(self.x, self.s, self.y)]

    @property
    def exact(self) -> list[Prop]:
        """Mean, variance and s LN(x)."""
        return [
            Eq(inner(u, self.x) / 4, self.mean),
            Eq(self.s * self.s, self.variance),
            Eq(self.s * self.y, column(*self.centred)),
        ]

    # ------------------------------------------------------------ witnesses
    def values(self, level: int = 1, sign: int = 1, ones: bool = True) -> dict[str, Any]:
        """Values of all this, with the standard basis; without `ones`, u = 0 and nothing is centred."""
        rest = self.centred if ones else self.numbers
        square = total_square(rest) / 4
        scaling = root(square, level) * sign
        output = rows(*(scaling * (c / square) for c in rest))
        return {**(STANDARD if ones else NO_ONES), **self._named(rows(*self.numbers), scaling, output)}

    def _named(self, x: Any, scaling: Any, y: Any) -> dict[str, Any]:
        return {str(self.x): x, str(self.s): [[scaling]], str(self.y): y}

    def without_each(self) -> list[dict[str, Any]]:
        """For each hypothesis, s > 0 the last, an instance where it fails, all others hold, and LN(x) differs."""
        # Without a basis: e2 alone is not 0, of length 6/5, so that x and u are multiples of it.
        size, length = self.numbers[1], Fraction(6, 5)
        scaling, unit = abs(size) * Fraction(12, 25), rows(length, 0, 0, 0)
        output = size * length * (1 - length * length / 4) / scaling
        return [
            {
                **NO_BASIS,
                "e2": unit,
                "u": unit,
                **self._named(rows(size * length, 0, 0, 0), scaling, rows(output, 0, 0, 0)),
            },
            self.values(ones=False),
            Example(self.x, ("1", "1", "-1", "-1"), self.s, self.y).values(),
            {**self.values(), str(self.s): [[1]], str(self.y): rows(*self.centred)},
            {**self.values(), str(self.y): ZERO},
            self.values(sign=-1),
        ]

    # ------------------------------------------------------------ scripts
    def total(self, p: Proof) -> Theorem:
        """1'x, from its coordinates."""
        ones, is_column = map(p.fact, self.given[1:3])
        all_ones, along = (e1 + e2 + e3 + e4).T, dot(p, [1, 1, 1, 1], self.numbers)
        goal = Eq(inner(u, self.x), 4 * self.mean)
        return p.combine(goal, (ones, self.x.T), (is_column, all_ones), (along, 1))

    def to_exact(self, p: Proof) -> list[Theorem]:
        """Mean, variance and s LN(x) of the column, as fractions."""
        ones, is_column, variance, output = map(p.fact, self.given[1:])
        total, length = self.total(p), dot(p, self.numbers, self.numbers)
        goal, entries = Eq(norm2(self.x), total_square(self.numbers)), column(*self.entries).T
        square = p.combine(goal, (is_column, self.x.T), (is_column, entries), (length, 1))
        return [
            p.combine(self.exact[0], (total, Fraction(1, 4))),
            p.ideal(self.exact[1], [variance, total, square]),
            p.combine(self.exact[2], (output, I), (total, -u / 4), (is_column, I), (ones, -self.mean * I)),
        ]

    def shows(self, printed: Sequence[str], distance: str) -> Prop:
        """The exact LN(x), and that it is within that distance of the rounded one."""
        return And(*self.exact, within(self.y, printed, distance))

    def script(self, printed: Sequence[str], distance: str) -> Script:
        """A script for that: y = t c with t = 1/s and s y = c."""
        c, m = self.centred, [Fraction(x) for x in printed]
        product = sum((x * y for x, y in zip(c, m, strict=True)), start=Fraction(0))

        def prove(p: Proof) -> Theorem:
            exact = self.to_exact(p)
            found = Root.of(p, self.s, self.variance, exact[1])
            bound = found.below((total_square(c), 2 * product, total_square(m)), Fraction(distance) ** 2)
            near, far, y, t = p.term(column(*c)), p.term(column(*m)), p.term(self.y), found.t
            image, minus = scale(t, near), scale(number(-1), y)
            output = p.combine(equal(y, image), (exact[2], scale(t, p.term(I))), (found.inverse, minus))
            rest = [subtract(scale(number(x), t), number(z)) for x, z in zip(c, m, strict=True)]
            length = p.combine(
                equal(squared_norm(subtract(y, far)), squared_length(rest)),
                (output, transpose(subtract(add(y, image), scale(number(2), far)))),
                (dot(p, rest, rest), 1),
            )
            close = rules.order(p.goal[1][3], [bound, length], [Summand(1, (0,))], [(1, number(-1))])
            return rules.conjoin([*exact, close])

        return prove


class Root(NamedTuple):
    """s > 0 with s^2 = v, and t with s t = 1, as theorems and terms."""

    s: Term
    t: Term
    v: Fraction
    square: Theorem
    inverse: Theorem
    positive: Theorem

    @classmethod
    def of(cls, p: Proof, s: Expression, v: Fraction, square: Theorem, t: Any = None) -> Root:
        """From s^2 = v, and s > 0 at hand; s t = 1 too, if t is given."""
        reciprocal = p.reciprocal(s) if t is None else p.term(t)
        inverse = p.fact(equal(multiply(p.term(s), reciprocal), number(1)))
        return cls(p.term(s), reciprocal, v, square, inverse, p.fact(s > 0))

    def below(self, form: tuple[Fraction, Fraction, Fraction], bound: Fraction) -> Theorem:
        """A t^2 - B t + C < bound, for B > 0.

        With b = A/v + C - bound the difference is B t - b. Take b a little larger: that is b t (B/b - s), and
        s <= B/b because (B/b)^2 >= v.
        """
        (a2, a1, a0), (s, t, v, *_) = form, self
        least = a2 / v + a0 - bound
        slack = (a1 * a1 / v - least * least) / (3 * least)
        b = least + slack
        twice, limit, minus = multiply(t, t), number(a1 / b), number(-1)
        square = rules.ideal(
            subtract(twice, number(1 / v)),
            [self.square, self.inverse],
            [
                Cofactor(0, scale(number(-1 / v), twice), number(1)),
                Cofactor(1, scale(number(1 / v), add(multiply(s, t), number(1))), number(1)),
            ],
        )
        above = rules.order(
            at_least(t, number(0)), [self.positive, self.inverse], [Summand(1, (0,), (t,))], [(1, scale(minus, t))]
        )
        room = rules.order(
            at_least(limit, s),
            [self.square],
            [Summand(((a1 / b) ** 2 - v) * b / (2 * a1)), Summand(b / (2 * a1), (), (subtract(s, limit),))],
            [(0, number(-b / (2 * a1)))],
        )
        value = add(subtract(scale(number(a2), twice), scale(number(a1), t)), number(a0))
        return rules.order(
            greater(number(bound), value),
            [above, room, self.inverse, square],
            [Summand(b, (0, 1)), Summand(slack)],
            [(2, number(b)), (3, number(-a2))],
        )


def squared_length(v: Sequence[Term]) -> Term:
    """The sum of the squares of some numbers."""
    total = number(0)
    for x in v:
        total = add(total, multiply(x, x))
    return total


def total_square(v: Sequence[Fraction]) -> Fraction:
    """The sum of the squares of some fractions."""
    return sum((x * x for x in v), start=Fraction(0))


# ---------------------------------------------------------------- other divisors
def quotients(s: Expression, t: Expression, centred: Sequence[Fraction], printed: Sequence[str]) -> Prop:
    """The quotients c/s, with t = 1/s, are the printed numbers to five decimals."""
    pairs = dict.fromkeys(zip(centred, map(Fraction, printed), strict=True))
    return And(*(Lt((c * t - m) ** 2, Fraction(5, 10**6) ** 2) for c, m in pairs))


def sample_values(v: Fraction) -> list[dict[str, Any]]:
    """Instances where s > 0, s^2 = v or s t = 1 fails and the other two hold."""
    scaling = root(v)
    return [
        {"s": [[scaling * -1]], "t": [[scaling * (-1 / v)]]},
        {"s": [[1]], "t": [[1]]},
        {"s": [[scaling]], "t": [[0]]},
    ]


def by_root(s: Expression, t: Expression, v: Fraction, centred: Sequence[Fraction], printed: Sequence[str]) -> Script:
    """A script for that, from s^2 = v, s t = 1 and s > 0."""

    def script(p: Proof) -> Theorem:
        found = Root.of(p, s, v, p.fact(Eq(s * s, v)), t)
        pairs = dict.fromkeys(zip(centred, map(Fraction, printed), strict=True))
        return rules.conjoin([found.below((c * c, 2 * c * m, m * m), Fraction(5, 10**6) ** 2) for c, m in pairs])

    return script


# ---------------------------------------------------------------- the columns of R^4
claim(
    "RS-Ex1",
    "The embedding of the examples",
    sentence="x = (1, 0.5, -0.2, 0.8) in R^4.",
    defines=column("1", "0.5", "-0.2", "0.8"),
)


def _orthonormal(p: Proof) -> Theorem:
    """|e1 e1' + .. - I|^2 = sum (|e_k|^2 - 1)^2 + 2 sum <e_j, e_k>^2 over j < k, a sum of squares that is 0."""
    rest = p.term(e1 * e1.T + e2 * e2.T + e3 * e3.T + e4 * e4.T - I)
    whole = Cofactor(0, transpose(rest), p.term(I), number(1))
    none = rules.ideal(squared_norm(rest), [p.fact(RESOLVED)], [whole])
    values = [p.term(inner(BASIS[j], BASIS[k]) - int(j == k)) for j, k in PAIRS]
    squares = [Summand(1 if j == k else 2, (), (value,)) for (j, k), value in zip(PAIRS, values, strict=True)]
    found = []
    for i, value in enumerate(values):
        part = 1 / Fraction(squares[i].coefficient)
        others = [x._replace(coefficient=x.coefficient * part) for k, x in enumerate(squares) if k != i]
        bound = rules.order(at_least(number(0), multiply(value, value)), [none], others, [(0, number(-part))])
        found.append(rules.null(bound, value))
    return rules.conjoin(found)


ORTHONORMAL = claim(
    "RS-Ex1a",
    "What makes four vectors of R^4 coordinates: if e1 e1' + .. + e4 e4' = I they are orthonormal",
    sentence="So e_k'x is the k-th coordinate of x: a Parseval frame of as many vectors as dimensions is a basis.",
    given=[RESOLVED],
    show=And(*(Eq(inner(BASIS[j], BASIS[k]), int(j == k)) for j, k in PAIRS)),
    proof=_orthonormal,
    needed=[NO_BASIS],
)
