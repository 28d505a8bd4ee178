"""LN(1.3, 0.4, 0, 1.3) in the chapter and in truth (RS-Ex3), and a layer that changes the dimension (RS-Ex5)."""

from __future__ import annotations

from fractions import Fraction

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Theorem
from ..provers.proof import Proof
from ..statement import And, Eq, Ne, inner, norm2, vector
from .examples import NO_BASIS, NO_ONES, ONES, ORTHONORMAL, RESOLVED, STANDARD, Example, column, s, u, within
from .shelf import claim

t2, t3 = vector("t2", 4), vector("t3", 4)
INPUT = Example(t2, ("1.3", "0.4", "0", "1.3"), s, t3)
SAMPLE = Example(t2, INPUT.entries, s, t3, divisor=3)
PRINTED = ("0.8", "-0.1", "-0.5", "0.8")
CORRECT = ("0.96850", "-0.61632", "-1.32068", "0.96850")
CORRECT_SAMPLE = ("0.83874", "-0.53374", "-1.14374", "0.83874")

claim(
    "RS-Ex3",
    "LN(1.3, 0.4, 0, 1.3) is (0.8, -0.1, -0.5, 0.8)",
    sentence="With mean 3/4 and variance 129/400 of the four coordinates.",
    wrong="LN(1.3, 0.4, 0, 1.3) = (0.96850, -0.61632, -1.32068, 0.96850). What is printed sums to 1 instead of 0 and "
    "has squared length 1.54 instead of 4: it is the input minus 1/2, neither centred nor scaled. Sum and squared "
    "length of a printed LN are checked in one line each.",
    given=[*INPUT.given, s > 0],
    show=Eq(t3, column(*PRINTED)),
    witness=INPUT.values(),
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
        Eq(column(*PRINTED), column(*INPUT.entries) - u / 2),
        Eq(inner(u, column(*PRINTED)), 1),
        Eq(norm2(column(*PRINTED)), Fraction(77, 50)),
    ),
    proof=_printed_there,
    needed=[NO_BASIS, NO_ONES],
)

EXACT = claim(
    "RS-Ex3b",
    "LN(1.3, 0.4, 0, 1.3), exactly: (11, -7, -15, 11)/sqrt(129)",
    sentence="Mean 3/4, variance s^2 = 129/400 and s LN = (0.55, -0.35, -0.75, 0.55).",
    given=INPUT.given,
    show=And(*INPUT.exact),
    proof=INPUT.to_exact,
    needed=INPUT.without_each_exactly(),
)

claim(
    "RS-Ex3c",
    "LN(1.3, 0.4, 0, 1.3) = (0.96850, -0.61632, -1.32068, 0.96850)",
    sentence="Within 0.00001: what should have been printed is (0.97, -0.62, -1.32, 0.97).",
    given=[*INPUT.given, s > 0],
    show=within(t3, CORRECT, "0.00001"),
    proof=INPUT.to_decimals(CORRECT, "0.00001", EXACT),
    needed=INPUT.without_each(),
)

claim(
    "RS-Ex3d",
    "..and with the sample standard deviation (0.83874, -0.53374, -1.14374, 0.83874)",
    sentence="Dividing the sum of squares by 3 instead of 4 does not give what is printed either.",
    given=[*SAMPLE.given, s > 0],
    show=within(t3, CORRECT_SAMPLE, "0.00001"),
    proof=SAMPLE.to_decimals(CORRECT_SAMPLE, "0.00001"),
    needed=SAMPLE.without_each(),
)
