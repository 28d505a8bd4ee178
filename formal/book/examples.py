"""The chapter's worked examples (RS-Ex1, RS-Ex2, RS-Ex3): every printed number, and the right one beside each wrong one.

The column (1.3, 0.4, 0, 1.3) is 1.3 e1 + 0.4 e2 + 1.3 e4, where e1 e1' + .. + e4 e4' = I says that e1, .., e4 are an
orthonormal basis (RS-Ex1a); u is their sum, the all-ones vector. "To five decimals" means: off by at most 0.000005.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

from ..claims import Claim, cite, ideal
from ..kernel import rules
from ..kernel.ground import Surd
from ..kernel.props import at_least, conjunction, equal
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import add, multiply, number, scale, squared_norm, subtract, transpose
from ..provers.proof import Proof, Script
from ..statement import And, Eq, Expression, Identity, Ne, Not, Prop, inner, norm2, scalars, vector
from .normalization import U6A
from .shelf import claim

BASIS = tuple(vector(f"e{k}", 4) for k in (1, 2, 3, 4))
e1, e2, e3, e4 = BASIS
PAIRS = [(j, k) for j in range(4) for k in range(j, 4)]
RESOLVED = Eq(e1 * e1.T + e2 * e2.T + e3 * e3.T + e4 * e4.T, Identity(4))
u, s = vector("u", 4), scalars("s")
ONES = Eq(u, e1 + e2 + e3 + e4)
P = Identity(4) - u * u.T / 4


def column(*entries: str) -> Expression:
    """The vector with these coordinates, given as decimals or fractions."""
    first, *others = (Fraction(x) * e for x, e in zip(entries, BASIS, strict=True) if Fraction(x))
    return sum(others, start=first)


def layer_norm(x: Expression, scaling: Expression, y: Expression, divisor: int = 4) -> list[Prop]:
    """y = LN(x), with the variance of the four coordinates, or with their sample variance (divisor 3)."""
    return [Eq(divisor * scaling * scaling, inner(x, P * x)), Eq(scaling * y, P * x)]


def near(y: Expression, printed: Sequence[str], off: str) -> list[Prop]:
    """No coordinate of y differs from the printed one by more than `off`."""
    return [(inner(e, y) - Fraction(m)) ** 2 <= Fraction(off) ** 2 for e, m in zip(BASIS, printed, strict=True)]


# ---------------------------------------------------------------- values, for witnesses
def rows(*entries: Any) -> list[list[Any]]:
    """A column of a witness."""
    return [[x] for x in entries]


STANDARD: dict[str, Any] = {f"e{k}": rows(*(int(i == k) for i in (1, 2, 3, 4))) for k in (1, 2, 3, 4)}
STANDARD["u"] = rows(1, 1, 1, 1)
NOTHING: dict[str, Any] = {name: rows(0, 0, 0, 0) for name in STANDARD}  # no basis at all


def root(square: Fraction, level: int = 1) -> Any:
    """A square root, exactly; `level` counts the roots of a witness."""
    top, bottom = isqrt(square.numerator), isqrt(square.denominator)
    found = Fraction(top, bottom)
    return found if found * found == square else Surd(level, 0, 1, square)


# ---------------------------------------------------------------- a column and its LayerNorm
@dataclass(frozen=True)
class Example:
    """y = LN(x) with scale s, for a column x of decimals; divisor 3 takes the sample variance."""

    x: Expression
    entries: tuple[str, ...]
    s: Expression
    y: Expression
    divisor: int = 4

    @property
    def given(self) -> list[Prop]:
        """The hypotheses: the basis, the column and the two equations of LayerNorm."""
        return [RESOLVED, ONES, Eq(self.x, column(*self.entries)), *layer_norm(self.x, self.s, self.y, self.divisor)]

    @property
    def numbers(self) -> list[Fraction]:
        return [Fraction(entry) for entry in self.entries]

    @property
    def centred(self) -> list[Fraction]:
        return [x - sum(self.numbers) / 4 for x in self.numbers]

    @property
    def variance(self) -> Fraction:
        return sum((c * c for c in self.centred), start=Fraction(0)) / self.divisor

    @property
    def exact(self) -> list[Prop]:
        """Mean, variance and s LN(x)."""
        mean = Eq(inner(u, self.x) / 4, sum(self.numbers) / 4)
        return [mean, Eq(self.s * self.s, self.variance), Eq(self.s * self.y, column(*map(str, self.centred)))]

    def values(self, level: int = 1, sign: int = 1, ones: bool = True) -> dict[str, Any]:
        """The witness of all this, with the standard basis; without `ones`, u = 0 and nothing is centred."""
        vector_ = self.centred if ones else self.numbers
        square = sum((c * c for c in vector_), start=Fraction(0)) / self.divisor
        scaling = root(square, level) * sign
        found = {self.x: rows(*self.numbers), self.s: [[scaling]], self.y: rows(*(scaling * (c / square) for c in vector_))}
        return {**STANDARD, **({} if ones else {"u": NOTHING["u"]}), **{str(k): v for k, v in found.items()}}

    def on_a_line(self) -> dict[str, Any]:
        """Without a basis: e2 alone is not 0, of length 6/5 (or 1), so that x and u are multiples of it."""
        length, share = (Fraction(6, 5), Fraction(12, 25)) if self.divisor == 4 else (Fraction(1), Fraction(1, 2))
        size = self.numbers[1]
        unit, scaling = rows(length, 0, 0, 0), abs(size) * share
        output = size * length * (1 - length * length / 4) / scaling
        found = {self.x: rows(size * length, 0, 0, 0), self.s: [[scaling]], self.y: rows(output, 0, 0, 0)}
        return {**NOTHING, "e2": unit, "u": unit, **{str(k): v for k, v in found.items()}}

    def without_each(self, at_zero: bool) -> list[dict[str, Any]]:
        """For each of `given` an instance where it fails, the others hold and LN(x) is another.

        All may be 0 where s > 0 is not supposed.
        """
        names = x, s, y = str(self.x), str(self.s), str(self.y)
        zero = {x: rows(0, 0, 0, 0), s: [[0]], y: rows(0, 0, 0, 0)}
        other = Example(self.x, ("1", "1", "-1", "-1"), self.s, self.y, self.divisor)
        del names
        return [
            {**NOTHING, **zero} if at_zero else self.on_a_line(),
            self.values(ones=False),
            {**STANDARD, **zero} if at_zero else other.values(),
            {**self.values(), s: [[1]], y: rows(*self.centred)},
            {**self.values(), y: rows(0, 0, 0, 0)},
        ]

    def to_exact(self, p: Proof) -> Theorem:
        """A script: mean, variance and s LN(x) of the column, as fractions."""
        ones, column_ = p.fact(ONES), p.fact(self.given[2])
        variance, output = map(p.fact, self.given[3:])
        along = coordinates(p, self.x, column_, self.numbers)
        total = combined(p, Eq(inner(u, self.x), sum(self.numbers)), (ones, self.x.T), *((th, 1) for th in along))
        square = combined(
            p,
            Eq(norm2(self.x), sum(x * x for x in self.numbers)),
            (column_, self.x.T),
            *((th, x) for th, x in zip(along, self.numbers, strict=True)),
        )
        mean, one = sum(self.numbers) / 4, Identity(4)
        return rules.conjoin(
            [
                combined(p, self.exact[0], (total, Fraction(1, 4))),
                p.ideal(self.exact[1], [variance, total, square]),
                combined(p, self.exact[2], (output, one), (total, -u / 4), (column_, one), (ones, -mean * one)),
            ]
        )

    def to_decimals(self, printed: Sequence[str], off: str, exact: Claim | None = None) -> Script:
        """A script: LN(x) is near the printed column.

        With s^2 = v and s y = c, a coordinate is y_k = c_k t for t = 1/s, and r^2 - (y_k - m)^2 = a t - b with
        a = 2 m c_k and b = c_k^2/v + m^2 - r^2; this is b t (a/b - s), and s <= a/b because (a/b)^2 >= v.
        """

        def script(p: Proof) -> Theorem:
            facts = cite(p, exact) if exact else p.prove(And(*self.exact), self.to_exact)
            variance, scaled = rules.part(facts, 1), rules.part(facts, 2)
            s, v, r = p.term(self.s), self.variance, Fraction(off)
            t = p.reciprocal(s)
            inverse = p.fact(equal(multiply(s, t), number(1)))
            square = p.ideal(equal(multiply(t, t), number(1 / v)), [variance, inverse])
            positive = p.fact(self.s > 0)
            above = rules.order(at_least(t, number(0)), [positive, inverse], [Summand(1, (0,), (t,))], [(1, scale(number(-1), t))])
            output = p.ideal(
                equal(p.term(self.y), scale(t, p.term(column(*map(str, self.centred))))),
                [p.multiply(scaled, left=scale(t, p.term(Identity(4)))), inverse],
            )
            values = [scale(number(c), t) for c in self.centred]
            along = coordinates(p, self.y, output, values)
            found = []
            for e, c, m, value, here in zip(BASIS, self.centred, map(Fraction, printed), values, along, strict=True):
                a, b = 2 * m * c, c * c / v + m * m - r * r
                off_by, limit = subtract(p.term(inner(e, self.y)), number(m)), number(a / b)
                below = rules.order(
                    at_least(limit, s),
                    [variance],
                    [Summand(((a / b) ** 2 - v) * b / (2 * a)), Summand(b / (2 * a), (), (subtract(s, limit),))],
                    [(0, number(-b / (2 * a)))],
                )
                rest = subtract(subtract(number(m), off_by), value)
                found.append(
                    rules.order(
                        at_least(number(r * r), multiply(off_by, off_by)),
                        [above, below, inverse, square, here],
                        [Summand(b, (0, 1))],
                        [(2, number(b)), (3, number(-c * c)), (4, rest)],
                    )
                )
            return rules.conjoin(found)

        return script


# ---------------------------------------------------------------- proofs
def combined(p: Proof, goal: Any, *parts: tuple[Theorem, Any]) -> Theorem:
    """An equation of columns that is the sum of others, each multiplied from the left."""
    cofactors = [Cofactor(i, p.term(left), p.term(1)) for i, (_, left) in enumerate(parts)]
    return rules.ideal(p.prop(goal)[1], [th for th, _ in parts], cofactors)


def coordinates(p: Proof, y: Expression, column_: Theorem, entries: Sequence[Any]) -> list[Theorem]:
    """e_k'y = the k-th entry, from y = (entry e1 + .. + entry e4)."""
    both = cite(p, ORTHONORMAL)
    pairs = {pair: rules.part(both, i) for i, pair in enumerate(PAIRS)}
    terms = [p.term(entry) for entry in entries]
    return [
        combined(
            p,
            equal(p.term(inner(e, y)), terms[k]),
            (column_, e.T),
            *((pairs[min(j, k), max(j, k)], terms[j]) for j in range(4)),
        )
        for k, e in enumerate(BASIS)
    ]


def _orthonormal(p: Proof) -> Theorem:
    """|e1 e1' + .. - I|^2 = sum (|e_k|^2 - 1)^2 + 2 sum <e_j, e_k>^2 over j < k, a sum of squares that is 0."""
    rest = p.term(e1 * e1.T + e2 * e2.T + e3 * e3.T + e4 * e4.T - Identity(4))
    none = rules.ideal(squared_norm(rest), [p.fact(RESOLVED)], [Cofactor(0, transpose(rest), p.term(Identity(4)), number(1))])
    values = [p.term(inner(BASIS[j], BASIS[k]) - int(j == k)) for j, k in PAIRS]
    weights = [1 if j == k else 2 for j, k in PAIRS]
    found = []
    for i, value in enumerate(values):
        others = [
            Summand(Fraction(w, weights[i]), (), (v,))
            for k, (w, v) in enumerate(zip(weights, values, strict=True))
            if k != i
        ]
        bound = rules.order(at_least(number(0), multiply(value, value)), [none], others, [(0, number(Fraction(-1, weights[i])))])
        found.append(rules.null(bound, value))
    return rules.conjoin(found)


# ---------------------------------------------------------------- the columns of R^4
claim(
    "RS-Ex1",
    "The embedding of the examples",
    sentence="x = (1, 0.5, -0.2, 0.8) in R^4.",
    defines=column("1", "0.5", "-0.2", "0.8"),
)

ORTHONORMAL = claim(
    "RS-Ex1a",
    "What makes four vectors of R^4 coordinates: if e1 e1' + .. + e4 e4' = I they are orthonormal",
    sentence="So e_k'x is the k-th coordinate of x. (A Parseval frame of as many vectors as dimensions is a basis.)",
    given=[RESOLVED],
    show=And(*(Eq(inner(BASIS[j], BASIS[k]), int(j == k)) for j, k in PAIRS)),
    proof=_orthonormal,
    needed=[NOTHING],
)

x, t1, t2, t3 = (vector(name, 4) for name in ("x", "t1", "t2", "t3"))

claim(
    "RS-Ex2",
    "(0.3, -0.1, 0.2, 0.5) + (1, 0.5, -0.2, 0.8) = (1.3, 0.4, 0, 1.3)",
    sentence="The first sum of the chapter is right (as a combination of any four vectors).",
    show=Eq(
        column("0.3", "-0.1", "0.2", "0.5") + column("1", "0.5", "-0.2", "0.8"), column("1.3", "0.4", "0", "1.3")
    ),
    proof=ideal,
)

# ---------------------------------------------------------------- LN(1.3, 0.4, 0, 1.3)
FIRST = Example(t2, ("1.3", "0.4", "0", "1.3"), s, t3)
PRINTED = ("0.8", "-0.1", "-0.5", "0.8")

claim(
    "RS-Ex3",
    "LN(1.3, 0.4, 0, 1.3) is (0.8, -0.1, -0.5, 0.8)",
    sentence="With mean 3/4 and variance 129/400 of the four coordinates.",
    wrong="LN(1.3, 0.4, 0, 1.3) = (0.96850, -0.61632, -1.32068, 0.96850). What is printed sums to 1 instead of 0 and "
    "has squared length 1.54 instead of 4: it is the input minus 1/2, neither centred nor scaled. Sum and squared "
    "length of a printed LN are checked in one line each.",
    given=[*FIRST.given, s > 0],
    show=Eq(t3, column(*PRINTED)),
    witness=FIRST.values(),
)


def _printed_there(p: Proof) -> Theorem:
    p.add(cite(p, ORTHONORMAL))
    first, total, square = p.goal[1]
    return rules.conjoin([p.ideal(first, [p.fact(ONES)]), p.ideal(total), p.ideal(square, p.facts[2:])])


claim(
    "RS-Ex3a",
    "What is printed there is t2 - 1/2",
    sentence="(0.8, -0.1, -0.5, 0.8) = (1.3, 0.4, 0, 1.3) - 1/2, with sum 1 and squared length 1.54.",
    given=[RESOLVED, ONES],
    show=And(
        Eq(column(*PRINTED), column(*FIRST.entries) - u / 2),
        Eq(inner(u, column(*PRINTED)), 1),
        Eq(norm2(column(*PRINTED)), Fraction(77, 50)),
    ),
    proof=_printed_there,
    needed=[NOTHING, {**STANDARD, "u": NOTHING["u"]}],
)

EXACT = claim(
    "RS-Ex3c",
    "LN(1.3, 0.4, 0, 1.3), exactly: (11, -7, -15, 11)/sqrt(129)",
    sentence="Mean 3/4, variance s^2 = 129/400 and s LN = (0.55, -0.35, -0.75, 0.55).",
    given=FIRST.given,
    show=And(*FIRST.exact),
    proof=FIRST.to_exact,
    needed=FIRST.without_each(at_zero=True),
)
IRRATIONAL = "LN of these numbers is irrational, and off by less than that."

CORRECT = ("0.96850", "-0.61632", "-1.32068", "0.96850")

claim(
    "RS-Ex3d",
    "LN(1.3, 0.4, 0, 1.3) = (0.96850, -0.61632, -1.32068, 0.96850)",
    sentence="To five decimals: what should have been printed is (0.97, -0.62, -1.32, 0.97).",
    given=[*FIRST.given, s > 0],
    show=And(*near(t3, CORRECT, "0.000005")),
    proof=FIRST.to_decimals(CORRECT, "0.000005", EXACT),
    needed=[*FIRST.without_each(at_zero=False), FIRST.values(sign=-1)],
    attained=IRRATIONAL,
)
