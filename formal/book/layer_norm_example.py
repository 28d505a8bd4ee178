"""LN(1.3, 0.4, 0, 1.3) in the chapter and in truth (RS-Ex3), and a layer that changes the dimension (RS-Ex5)."""

from __future__ import annotations

from fractions import Fraction

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Theorem
from ..provers.proof import Proof
from ..statement import And, Eq, Le, Ne, inner, norm2, vector
from .examples import (
    NO_BASIS,
    NO_ONES,
    ONES,
    ORTHONORMAL,
    RESOLVED,
    STANDARD,
    ZERO,
    Example,
    I,
    P,
    column,
    combined,
    distance2,
    dot,
    ones_length,
    rows,
    s,
    u,
    within,
)
from .normalization import U6A
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


def _as_gain_and_bias(p: Proof) -> Theorem:
    """s y = t2 - 3/4, and what is printed is t2 - 1/2."""
    ones, is_column, output = map(p.fact, (*INPUT.given[1:3], INPUT.given[4]))
    return combined(p, p.goal, (output, -I), (INPUT.total(p), u / 4), (is_column, -I), (ones, I / 2))


claim(
    "RS-Ex3e",
    "With a gain and a bias it could be what is printed",
    sentence="(0.8, -0.1, -0.5, 0.8) = s LN(t2) + 1/4: a gain that undoes the scaling and a bias explain it, so only "
    "LayerNorm without them is refuted.",
    given=[*INPUT.given[:3], INPUT.given[4]],
    show=Eq(column(*PRINTED), s * t3 + u / 4),
    proof=_as_gain_and_bias,
    needed=[
        {
            **NO_BASIS,
            "e2": rows(1, 0, 0, 0),
            "u": rows(1, 0, 0, 0),
            "t2": rows("0.4", 0, 0, 0),
            "s": [[1]],
            "t3": rows("0.3", 0, 0, 0),
        },
        {**NO_ONES, "t2": rows(*INPUT.entries), "s": [[1]], "t3": rows(*INPUT.entries)},
        {**STANDARD, "t2": ZERO, "s": [[1]], "t3": ZERO},
        {**STANDARD, "t2": rows(*INPUT.entries), "s": [[1]], "t3": ZERO},
    ],
)

_centred = rows("0.55", "-0.35", "-0.75", "0.55")


def _half_away(p: Proof) -> Theorem:
    """|y - m + 1/4|^2 >= 0, where 1'y = 0, 1'm = 1 and 1'1 = 4."""
    length, ones, printed = ones_length(p), p.fact(ONES), column(*PRINTED)
    centred = cite(p, U6A, q=Fraction(1, 4), u=u, x=t2, y=t3, s=s)
    total = combined(p, Eq(u.T * printed, 1), (ones, printed.T), (dot(p, [1] * 4, PRINTED), 1))
    p.facts = [length, centred, total]
    return p.order(squares=[t3 - printed + u / 4])


claim(
    "RS-Ex3f",
    "What is printed is at least 1/2 away from the LayerNorm of any vector",
    sentence="..because LN(x) is centred; whatever x is, and with any eps.",
    given=[RESOLVED, ONES, Ne(s, 0), Eq(s * t3, P * t2)],
    show=Le(Fraction(1, 4), distance2(t3, PRINTED)),
    proof=_half_away,
    needed=[
        {**NO_BASIS, "t2": ZERO, "s": [[1]], "t3": ZERO},
        {**NO_ONES, "t2": rows(*PRINTED), "s": [[1]], "t3": rows(*PRINTED)},
        {**STANDARD, "t2": ZERO, "s": [[0]], "t3": rows(*PRINTED)},
        {**STANDARD, "t2": ZERO, "s": [[1]], "t3": rows(*PRINTED)},
    ],
    attained={**STANDARD, "t2": _centred, "s": [[1]], "t3": _centred},
)
