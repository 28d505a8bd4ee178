"""What the chapter's worked examples are about: columns of R^4 with their numbers, and LayerNorm of such a column.

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

from ..claims import Claim, cite, ideal
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
    13/10*e1 + 2/5*e2 + 13/10*e4
    """
    first, *others = (Fraction(x) * e for x, e in zip(entries, BASIS, strict=True) if Fraction(x))
    return sum(others, start=first)


def layer_norm(x: Expression, s: Expression, y: Expression, divisor: int = 4) -> list[Prop]:
    """The two equations of y = LN(x)."""
    return [Eq(divisor * s * s, inner(x, P * x)), Eq(s * y, P * x)]


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
def combined(p: Proof, goal: Any, *parts: tuple[Theorem, Any]) -> Theorem:
    """An equation that is the sum of equations of columns or numbers, each multiplied from the left."""
    cofactors = [Cofactor(i, p.term(left), p.term(1)) for i, (_, left) in enumerate(parts)]
    return rules.ideal(p.prop(goal)[1], [th for th, _ in parts], cofactors)


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
    return combined(p, equal(multiply(transpose(columns[0]), columns[1]), total), *parts)


def ones_length(p: Proof) -> Theorem:
    """1'1 = 4; it joins the facts."""
    ones = p.fact(ONES)
    return p.add(
        combined(p, Eq(inner(u, u), 4), (ones, u.T), (ones, (e1 + e2 + e3 + e4).T), (dot(p, [1] * 4, [1] * 4), 1))
    )


# ---------------------------------------------------------------- a column and its LayerNorm
@dataclass(frozen=True)
class Example:
    """y = LN(x) with scale s, for a column x of numbers; divisor 3 takes the sample variance."""

    x: Expression
    entries: tuple[str, ...]
    s: Expression
    y: Expression
    divisor: int = 4

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
        return _square(self.centred) / self.divisor

    @property
    def given(self) -> list[Prop]:
        """The hypotheses: the basis, the column and the two equations of LayerNorm."""
        norm = layer_norm(self.x, self.s, self.y, self.divisor)
        return [RESOLVED, ONES, Eq(self.x, column(*self.entries)), *norm]

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
        square = _square(rest) / self.divisor
        scaling = root(square, level) * sign
        return {
            **(STANDARD if ones else NO_ONES),
            **self._named(rows(*self.numbers), scaling, rows(*(scaling * (c / square) for c in rest))),
        }

    def _named(self, x: Any, scaling: Any, y: Any) -> dict[str, Any]:
        return {str(self.x): x, str(self.s): [[scaling]], str(self.y): y}

    def without_each_exactly(self) -> list[dict[str, Any]]:
        """For each of `given` an instance where it fails, the others hold, and mean, variance or s LN(x) is another."""
        scaled = {**self.values(), str(self.s): [[1]], str(self.y): rows(*self.centred)}
        zero = self._named(ZERO, 0, ZERO)
        others = [{**self.values(), str(self.y): ZERO}]
        return [{**NO_BASIS, **zero}, {**NO_ONES, **self.values(ones=False)}, {**STANDARD, **zero}, scaled, *others]

    def without_each(self) -> list[dict[str, Any]]:
        """..the same with s > 0 as the last hypothesis, and LN(x) far from what it is."""
        # Without a basis: e2 alone is not 0, of length 6/5 (or 1), so that x and u are multiples of it.
        length, share = (Fraction(6, 5), Fraction(12, 25)) if self.divisor == 4 else (Fraction(1), Fraction(1, 2))
        size = self.numbers[1]
        scaling, unit = abs(size) * share, rows(length, 0, 0, 0)
        output = size * length * (1 - length * length / 4) / scaling
        on_a_line = self._named(rows(size * length, 0, 0, 0), scaling, rows(output, 0, 0, 0))
        other = Example(self.x, ("1", "1", "-1", "-1"), self.s, self.y, self.divisor)
        _, no_ones, _, scaled, no_output = self.without_each_exactly()
        return [
            {**NO_BASIS, "e2": unit, "u": unit, **on_a_line},
            no_ones,
            other.values(),
            scaled,
            no_output,
            self.values(sign=-1),
        ]

    # ------------------------------------------------------------ scripts
    def total(self, p: Proof) -> Theorem:
        """1'x, from its coordinates."""
        ones, is_column = map(p.fact, self.given[1:3])
        along = dot(p, [1, 1, 1, 1], self.numbers)
        return combined(
            p, Eq(inner(u, self.x), 4 * self.mean), (ones, self.x.T), (is_column, (e1 + e2 + e3 + e4).T), (along, 1)
        )

    def to_exact(self, p: Proof) -> Theorem:
        """A script: mean, variance and s LN(x) of the column, as fractions."""
        ones, is_column, variance, output = map(p.fact, self.given[1:])
        total = self.total(p)
        square = combined(
            p,
            Eq(norm2(self.x), _square(self.numbers)),
            (is_column, self.x.T),
            (is_column, column(*self.entries).T),
            (dot(p, self.numbers, self.numbers), 1),
        )
        return rules.conjoin(
            [
                combined(p, self.exact[0], (total, Fraction(1, 4))),
                p.ideal(self.exact[1], [variance, total, square]),
                combined(p, self.exact[2], (output, I), (total, -u / 4), (is_column, I), (ones, -self.mean * I)),
            ]
        )

    def to_decimals(self, printed: Sequence[str], distance: str, exact: Claim | None = None) -> Script:
        """A script: LN(x) is within that distance of what is printed, as y = t c with t = 1/s and s y = c."""
        c, m = self.centred, [Fraction(x) for x in printed]
        product = sum((x * y for x, y in zip(c, m, strict=True)), start=Fraction(0))

        def script(p: Proof) -> Theorem:
            facts = cite(p, exact) if exact else p.prove(And(*self.exact), self.to_exact)
            variance, scaled = rules.part(facts, 1), rules.part(facts, 2)
            root_ = Root.of(p, self.s, self.variance, variance)
            bound = root_.below((_square(c), 2 * product, _square(m)), Fraction(distance) ** 2)
            t, inverse = root_.t, root_.inverse
            near, far, y = p.term(column(*c)), p.term(column(*m)), p.term(self.y)
            image = scale(t, near)
            output = combined(p, equal(y, image), (scaled, scale(t, p.term(I))), (inverse, scale(number(-1), y)))
            rest = [subtract(scale(number(x), t), number(z)) for x, z in zip(c, m, strict=True)]
            length = combined(
                p,
                equal(squared_norm(subtract(y, far)), squared_length(rest)),
                (output, transpose(subtract(add(y, image), scale(number(2), far)))),
                (dot(p, rest, rest), 1),
            )
            return rules.order(p.goal, [bound, length], [Summand(1, (0,))], [(1, number(-1))])

        return script


class Root(NamedTuple):
    """s > 0 with s^2 = v, and t with s t = 1, as theorems and terms."""

    s: Term
    t: Term
    v: Fraction
    square: Theorem
    inverse: Theorem
    positive: Theorem

    @classmethod
    def of(cls, p: Proof, s: Expression, v: Fraction, square: Theorem) -> Root:
        """From s^2 = v, and s > 0 at hand."""
        t = p.reciprocal(s)
        inverse = p.fact(equal(multiply(p.term(s), t), number(1)))
        return cls(p.term(s), t, v, square, inverse, p.fact(s > 0))

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


def _square(v: Sequence[Fraction]) -> Fraction:
    return sum((x * x for x in v), start=Fraction(0))


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
    sentence="So e_k'x is the k-th coordinate of x. (A Parseval frame of as many vectors as dimensions is a basis.)",
    given=[RESOLVED],
    show=And(*(Eq(inner(BASIS[j], BASIS[k]), int(j == k)) for j, k in PAIRS)),
    proof=_orthonormal,
    needed=[NO_BASIS],
)

claim(
    "RS-Ex2",
    "(0.3, -0.1, 0.2, 0.5) + (1, 0.5, -0.2, 0.8) = (1.3, 0.4, 0, 1.3)",
    sentence="The first sum of the chapter is right (as a combination of any four vectors).",
    show=Eq(column("0.3", "-0.1", "0.2", "0.5") + column("1", "0.5", "-0.2", "0.8"), column("1.3", "0.4", "0", "1.3")),
    proof=ideal,
)
