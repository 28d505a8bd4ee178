"""Columns of R^4 with numbers in them (RS-Ex1), and LayerNorm of such a column: what the worked examples are made of.

The column (1.3, 0.4, 0, 1.3) is 1.3 e[0] + 0.4 e[1] + 1.3 e[3]. LayerNorm works coordinate by coordinate, in every
orthonormal basis (RS-Ex1a): it subtracts the mean and divides by s > 0 with 4 s^2 the sum of the squares that are left.
So what it does to given numbers is said of these numbers and of s, and "c/s lies between a and b" without a quotient:
a s < c and c < b s.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt
from typing import Any, NamedTuple

from ..kernel import rules
from ..kernel.ground import Surd
from ..kernel.props import Prop as KernelProp
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number
from ..provers import rank as lemmas
from ..provers.proof import Proof, Script
from ..statement import And, Eq, Expression, Identity, Lt, Prop, dims, family, inner, matrix, scalars, vector
from ..statement.language import lift
from .shelf import claim

e = family("e", 4, 1)
BASIS = tuple(e[k] for k in range(4))
STANDARD: dict[str, Any] = {"e": {k: [[int(i == k)] for i in range(4)] for k in range(4)}}
s = scalars("s")
FIFTH = "0.000005"  # half a unit of the fifth decimal


def column(*entries: str | Fraction) -> Expression:
    """The vector with these coordinates.

    >>> column("1.3", "0.4", "0", "1.3")
    (13/10)*e[0] + (2/5)*e[1] + (13/10)*e[3]
    """
    return total([Fraction(x) * b for x, b in zip(entries, BASIS, strict=True) if Fraction(x)])


def total(terms: Sequence[Any]) -> Expression:
    """Their sum, as it is written: numbers are not added up."""
    found: Expression = lift(terms[0])
    for term in terms[1:]:
        found = found + term
    return found


def distance2(y: Sequence[Any], printed: Sequence[str]) -> Expression:
    """The squared distance of two columns, by their coordinates."""
    return total([(a - Fraction(b)) ** 2 for a, b in zip(y, printed, strict=True)])


def near(c: Any, s: Expression, printed: str, distance: str = FIFTH) -> Prop:
    """c/s is nearer than that to what is printed, for s > 0."""
    m, half = Fraction(printed), Fraction(distance)
    return And(Lt((m - half) * s, c), Lt(c, (m + half) * s))


def square_root(square: Fraction, level: int = 1) -> Any:
    """A square root, exactly; `level` counts the roots of a witness."""
    found = Fraction(isqrt(square.numerator), isqrt(square.denominator))
    return found if found * found == square else Surd(level, 0, 1, square)


def decimals(square: Fraction) -> Fraction:
    """A square root, to twelve decimals."""
    return Fraction(isqrt(square.numerator * 10**24 // square.denominator), 10**12)


class Root(NamedTuple):
    """Fractions just below and just above some s > 0 with s^2 = v, by theorems."""

    least: Fraction
    most: Fraction
    above: Theorem
    below: Theorem

    @classmethod
    def of(cls, p: Proof, s: Expression, v: Fraction, square: Theorem) -> Root:
        """From s > 0 at hand and s^2 = v: with r near s, 2 r s <= v + r^2 and (v + r^2) s = 2 r v + s (s - r)^2."""
        r = decimals(v)
        off, share, half = p.term(s - r), 1 / (v + r * r), 1 / (2 * r)
        least, most = 2 * r * v * share, (v + r * r) * half
        summand, side = Summand(share, (0,), (off,)), p.term(share * (2 * r - s))
        above = rules.order(p.prop(s >= least), [p.fact(s > 0), square], [summand], [(1, side)])
        below = rules.order(p.prop(s <= most), [square], [Summand(half, (), (off,))], [(0, number(-half))])
        return cls(least, most, above, below)

    def end(self, slope: Fraction) -> tuple[Fraction, Theorem]:
        """Where a multiple of s is least."""
        return (self.least, self.above) if slope > 0 else (self.most, self.below)

    def near(self, goal: KernelProp, c: Fraction, m: Fraction) -> Theorem:
        """c/s is near m, to half a unit of the fifth decimal."""
        found = []
        for part, slope, rest in zip(goal[1], (Fraction(FIFTH) - m, Fraction(FIFTH) + m), (c, -c), strict=True):
            end, bound = self.end(slope)
            found.append(rules.order(part, [bound], [Summand(abs(slope), (0,)), Summand(slope * end + rest)]))
        return rules.conjoin(found)


# ---------------------------------------------------------------- a column and its LayerNorm
class Example:
    """The column with these entries, and s with divisor s^2 = the sum of the squares that centring leaves."""

    def __init__(self, entries: Sequence[str], s: Expression = s, divisor: int = 4) -> None:
        self.entries, self.s, self.divisor = entries, s, divisor
        self.numbers = [Fraction(x) for x in entries]
        self.mean = sum(self.numbers, start=Fraction(0)) / 4
        self.centred = [x - self.mean for x in self.numbers]
        self.square = sum((c * c for c in self.centred), start=Fraction(0)) / divisor
        self.given = [s > 0, Eq(divisor * s * s, total([x**2 for x in self.written]))]

    @property
    def written(self) -> list[Expression]:
        """The coordinates minus the mean, as differences."""
        return [lift(x) - self.mean for x in self.numbers]

    @property
    def exact(self) -> list[Prop]:
        """Mean and square."""
        return [Eq(total(self.numbers) / 4, self.mean), Eq(self.s * self.s, self.square)]

    def close(self, printed: Sequence[str], distance: str = FIFTH) -> list[Prop]:
        """The coordinates divided by s are nearer than that to what is printed, each once."""
        pairs = dict(zip(self.numbers, zip(self.written, printed, strict=True), strict=True))
        return [near(c, self.s, m, distance) for c, m in pairs.values()]

    def shows(self, printed: Sequence[str]) -> Prop:
        """Mean, square, and the quotients to five decimals."""
        return And(*self.exact, *self.close(printed))

    def root(self, p: Proof) -> tuple[Theorem, Root]:
        """s^2, and bounds for s."""
        square = p.combine(self.exact[1], (self.given[1], Fraction(1, self.divisor)))
        return square, Root.of(p, self.s, self.square, square)

    def script(self, printed: Sequence[str]) -> Script:
        """A script for what it shows."""
        pairs = dict(zip(self.centred, map(Fraction, printed), strict=True)).items()

        def prove(p: Proof) -> Theorem:
            mean, _, *close = p.goal[1]
            square, root = self.root(p)
            quotients = [root.near(goal, c, m) for goal, (c, m) in zip(close, pairs, strict=True)]
            return rules.conjoin([p.combine(mean), square, *quotients])

        return prove

    def at(self, sign: int = 1, level: int = 1) -> dict[str, Any]:
        """The value of s, or of -s."""
        return {str(self.s): [[square_root(self.square, level) * sign]]}

    def without_each(self) -> list[dict[str, Any]]:
        """Where s < 0, and where s is something else."""
        return [self.at(sign=-1), {str(self.s): [[1]]}]


# ---------------------------------------------------------------- the columns of R^4
claim(
    "RS-Ex1",
    "The embedding of the examples",
    sentence="x = (1, 0.5, -0.2, 0.8) in R^4.",
    defines=column("1", "0.5", "-0.2", "0.8"),
)

d, q = dims("d"), scalars("q")
x, y, j, E, I = vector("x", d), vector("y", d), vector("j", d), matrix("E", d, d), Identity(d)
P = I - q * E * j * (E * j).T


def _by_coordinates(p: Proof) -> Theorem:
    """E'E = I, and 1 = E j."""
    whole, output = p.facts
    columns = p.lemma(lemmas.square_inverse(), A=E, B=E.T)
    one, two = p.goal[1]
    along = inner(j, E.T * x)
    return rules.conjoin(
        [p.combine(one, (output, E.T), (columns, None, -q * along * j)), p.combine(two, (whole, -x.T, x))],
    )


claim(
    "RS-Ex1a",
    "LayerNorm works coordinate by coordinate, in every orthonormal basis",
    sentence="The columns of E are the basis, E'x the coordinates of x and j those of the all-ones vector: the "
    "coordinates of LN(x) are those of x minus their mean q j'E'x, divided by s, and s^2 is found from them too.",
    given=[Eq(E * E.T, I), Eq(s * y, P * x)],
    show=And(
        Eq(s * (E.T * y), E.T * x - q * inner(j, E.T * x) * j),
        Eq(inner(x, P * x), inner(E.T * x, E.T * x) - q * inner(j, E.T * x) ** 2),
    ),
    proof=_by_coordinates,
    needed=[
        {"d": 1, "E": [[0]], "j": [[0]], "q": [[1]], "s": [[1]], "x": [[1]], "y": [[1]]},
        {"d": 1, "E": [[1]], "j": [[0]], "q": [[1]], "s": [[1]], "x": [[1]], "y": [[0]]},
    ],
)
