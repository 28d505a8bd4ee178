"""The worked example of a whole post-norm block (RS-Ex4): its sums are right, both of its LayerNorms are wrong."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.ground import Surd
from ..kernel.props import Prop
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number
from ..provers.proof import Proof, Script
from ..statement import And, Eq, Le, Lt, scalars
from ..statement.language import lift
from .columns import FIFTH, STANDARD, Example, Root, column, decimals, distance2, near, square_root, total
from .shelf import claim

s5 = scalars("s5")
X, T1, T4 = ("1", "0.5", "-0.2", "0.8"), ("0.2", "0.1", "-0.3", "0.4"), ("0.5", "-0.2", "0.3", "-0.1")
PRINTED_3, PRINTED_H = ("0.77", "-0.03", "-1.50", "0.77"), ("1.35", "-0.69", "-1.65", "0.98")
MIDDLE, SAMPLE = (Example(("1.2", "0.6", "-0.5", "1.2"), divisor=n) for n in (4, 3))
LAST, LAST_SAMPLE = (Example(("1.27", "-0.23", "-1.20", "0.67"), s5, n) for n in (4, 3))
CORRECT_3, SAMPLE_3 = ("0.82832", "-0.03601", "-1.62064", "0.82832"), ("0.71735", "-0.03119", "-1.40351", "0.71735")
CORRECT_H, SAMPLE_H = ("1.22319", "-0.38275", "-1.42126", "0.58081"), ("1.05931", "-0.33147", "-1.23084", "0.50300")
SUMS = [
    Eq(column(*T1) + column(*X), column(*MIDDLE.entries)),
    Eq(column(*T4) + column(*PRINTED_3), column(*LAST.entries)),
]


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), start=Fraction(0))


claim(
    "RS-Ex4",
    "The numbers of the block: t2 = t1 + x, t3 = LN(t2), t5 = t4 + t3 and h = LN(t5) to two decimals",
    sentence="With t3 and h equal to what is printed up to rounding, and t5 made of the printed t3.",
    wrong="LN(1.2, 0.6, -0.5, 1.2) = (0.83, -0.04, -1.62, 0.83), not (0.77, -0.03, -1.50, 0.77): that is the centred "
    "vector divided by 0.75, no standard deviation of it. LN(1.27, -0.23, -1.20, 0.67) = (1.22, -0.38, -1.42, 0.58), "
    "not (1.35, -0.69, -1.65, 0.98): that has squared length 5.98, and LN in R^4 never exceeds 4. Also, t1, t3 and t4 "
    "are not those of the example that it continues.",
    given=[*MIDDLE.given, *LAST.given],
    show=And(SUMS[0], *MIDDLE.close(PRINTED_3, "0.01"), SUMS[1], *LAST.close(PRINTED_H, "0.01")),
    witness={**STANDARD, **MIDDLE.at(), **LAST.at(level=2)},
)

claim(
    "RS-Ex4a",
    "The two sums of the block are right",
    sentence="(0.2, 0.1, -0.3, 0.4) + (1, 0.5, -0.2, 0.8) = (1.2, 0.6, -0.5, 1.2), and the sum with the printed t3 is "
    "(1.27, -0.23, -1.20, 0.67).",
    show=And(*SUMS),
    proof=ideal,
)

# ---------------------------------------------------------------- LN(1.2, 0.6, -0.5, 1.2)
claim(
    "RS-Ex4b",
    "The printed t3 is the centred vector divided by 0.75",
    sentence="To the two decimals that are printed; the standard deviation is 0.694.",
    show=And(*(near(c, lift(Fraction("0.75")), m, "0.005") for c, m in zip(MIDDLE.written, PRINTED_3, strict=True))),
    proof=lambda p: rules.conjoin([rules.conjoin([p.order(goal) for goal in both[1]]) for both in p.goal[1]]),
)

y4 = scalars("y1 y2 y3 y4")


def far_from(printed: tuple[str, ...], distance: str, ratio: Fraction) -> Script:
    """A script: |y - m| is large because the length of y is another than that of m.

    |y - m|^2 = |y - r m|^2 / r + (1 - 1/r) |y|^2 + (1 - r) |m|^2, where |y|^2 = 4 or, for r < 1, |y|^2 <= 4.
    """
    numbers = [Fraction(x) for x in printed]
    outer, inner = 1 - 1 / ratio, 1 - ratio
    slack = 4 * outer + inner * _dot(numbers, numbers) - Fraction(distance) ** 2

    def script(p: Proof) -> Theorem:
        length = p.facts[0]
        summands = [Summand(1 / ratio, (), (p.term(y - ratio * m),)) for y, m in zip(y4, numbers, strict=True)]
        summands.append(Summand(slack))
        if length.conclusion.kind == "zero":
            return rules.order(p.goal, [length], summands, [(0, number(outer))])
        return rules.order(p.goal, [length], [*summands, Summand(-outer, (0,))])

    return script


def _here(entries: Any) -> dict[str, Any]:
    """Values of the four coordinates."""
    return {f"y{k}": [[x]] for k, x in enumerate(entries, 1)}


_length = total([y * y for y in y4])

claim(
    "RS-Ex4c",
    "The printed t3 is the LayerNorm of no vector",
    sentence="It is more than 0.14 away from every LN(x), as all of these have squared length 4 (RS-U9a) and it has "
    "3.4367; rounding explains 0.01.",
    given=[Eq(_length, 4)],
    show=Lt(Fraction(14, 100) ** 2, distance2(y4, PRINTED_3)),
    proof=far_from(PRINTED_3, "0.14", Fraction(27, 25)),
    needed=[_here(PRINTED_3)],
)

claim(
    "RS-Ex4d",
    "LN(1.2, 0.6, -0.5, 1.2) = (23, -1, -45, 23)/sqrt(771) = (0.82832, -0.03601, -1.62064, 0.82832)",
    sentence="Mean 5/8, variance s^2 = 771/1600, s LN = (0.575, -0.025, -1.125, 0.575), and LN has those decimals: "
    "what should have been printed is (0.83, -0.04, -1.62, 0.83).",
    given=MIDDLE.given,
    show=MIDDLE.shows(CORRECT_3),
    proof=MIDDLE.script(CORRECT_3),
    needed=MIDDLE.without_each(),
)

claim(
    "RS-Ex4e",
    "..and with the sample standard deviation (0.71735, -0.03119, -1.40351, 0.71735)",
    sentence="Dividing the centred vector by s with s^2 = 257/400, the sum of squares over 3.",
    given=SAMPLE.given,
    show=SAMPLE.shows(SAMPLE_3),
    proof=SAMPLE.script(SAMPLE_3),
    needed=SAMPLE.without_each(),
)

# ---------------------------------------------------------------- LN(1.27, -0.23, -1.20, 0.67)
claim(
    "RS-Ex4f",
    "The printed h is the LayerNorm of no vector",
    sentence="It is more than 0.44 away from every LN(x), with any eps: its squared length is 5.9815, the most is 4 "
    "(RS-U6c).",
    given=[Le(_length, 4)],
    show=Lt(Fraction(44, 100) ** 2, distance2(y4, PRINTED_H)),
    proof=far_from(PRINTED_H, "0.44", Fraction(9, 11)),
    needed=[_here(PRINTED_H)],
)

a, b = scalars("a b")


def _no_gain(p: Proof) -> Theorem:
    """|v|^2 = |v + w|^2 - 2 w'v - |w|^2 for v = a t5 + b - m, with w orthogonal to t5 and 1, so that w'v = -w'm."""
    numbers = [Fraction(x) for x in PRINTED_H]
    mean = sum(numbers, start=Fraction(0)) / 4
    slope = _dot(LAST.centred, numbers) / (4 * LAST.square)
    w = [m - mean - slope * c for c, m in zip(LAST.centred, numbers, strict=True)]
    squares = [a * x + b - m + r for x, m, r in zip(LAST.numbers, numbers, w, strict=True)]
    slack = _dot(w, w) - Fraction(38, 100) ** 2
    return rules.order(p.goal, [], [*(Summand(1, (), (p.term(v),)) for v in squares), Summand(slack)])


claim(
    "RS-Ex4g",
    "..and no gain and bias turn LN(t5) into the printed h",
    sentence="a t5 + b is more than 0.38 away from it for all numbers a and b, and LN(t5) with a gain and a bias that "
    "are the same for all coordinates is of that form.",
    show=Lt(Fraction(38, 100) ** 2, distance2([a * x + b for x in LAST.numbers], PRINTED_H)),
    proof=_no_gain,
)

claim(
    "RS-Ex4h",
    "LN(1.27, -0.23, -1.20, 0.67) = (457, -143, -531, 217)/sqrt(139587) = (1.22319, -0.38275, -1.42126, 0.58081)",
    sentence="Mean 0.1275, variance s^2 = 0.87241875, s LN = (1.1425, -0.3575, -1.3275, 0.5425), and LN has those "
    "decimals: with the printed t5, h should have been (1.22, -0.38, -1.42, 0.58).",
    given=LAST.given,
    show=LAST.shows(CORRECT_H),
    proof=LAST.script(CORRECT_H),
    needed=LAST.without_each(),
)

claim(
    "RS-Ex4i",
    "..and with the sample standard deviation (1.05931, -0.33147, -1.23084, 0.50300)",
    sentence="Dividing the centred vector by s with s^2 = 46529/40000, the sum of squares over 3.",
    given=LAST_SAMPLE.given,
    show=LAST_SAMPLE.shows(SAMPLE_H),
    proof=LAST_SAMPLE.script(SAMPLE_H),
    needed=LAST_SAMPLE.without_each(),
)

# ---------------------------------------------------------------- the block in exact arithmetic
w, r = scalars("w r")
TRUE_H = ("1.19851", "-0.35957", "-1.43985", "0.60091")
W2 = 771
FIXED, SLOPES = [Fraction(c) for c in (23, -1, -45, 23)], [Fraction(x) - Fraction(1, 8) for x in T4]
SHIFTED = [f + w * g for f, g in zip(FIXED, SLOPES, strict=True)]
_block = [w > 0, Eq(w * w, W2), r > 0, Eq(4 * r * r, total([c**2 for c in SHIFTED]))]


def _whole_block(p: Proof) -> Theorem:
    """Bounds for w and, as r^2 = a + b w with b < 0, for r; then what is to be shown is linear in both."""
    w_square, r_positive, equation = p.facts[1:]
    ff, fg, gg = _dot(FIXED, FIXED), _dot(FIXED, SLOPES), _dot(SLOPES, SLOPES)
    a, b = (ff + gg * W2) / 4, fg / 2
    r_square = p.combine(Eq(r * r, a + b * w), (equation, Fraction(1, 4)), (w_square, gg / 4))
    roots = Root.of(p, w, Fraction(W2), w_square)
    r0 = decimals(a + b * roots.least)
    half, share, near_r = 1 / (2 * r0), 1 / (r0 * r0 + a + b * roots.least), p.term(r - r0)
    r_least = rules.order(
        p.prop(2 * r0 * share * (a + b * w) <= r),
        [r_positive, roots.above, r_square],
        [Summand(share, (0,), (near_r,)), Summand(-b * share, (0, 1))],
        [(2, p.term(share * (2 * r0 - r)))],
    )
    goal = p.prop(r <= half * (r0 * r0 + a + b * w))
    r_most = rules.order(goal, [r_square], [Summand(half, (), (near_r,))], [(0, number(-half))])

    def positive(goal: Prop, x: Fraction, y: Fraction, z: Fraction) -> Theorem:
        """x r + y w + z > 0."""
        bound, k, l = (r_least, 2 * r0 * share, Fraction(0)) if x > 0 else (r_most, half, half * r0 * r0)
        slope = y + x * k * b
        end, other = roots.end(slope)
        rest = Summand(z + x * (k * a + l) + slope * end)
        return rules.order(goal, [bound, other], [Summand(abs(x), (0,)), Summand(abs(slope), (1,)), rest])

    found, d = [], Fraction(FIFTH)
    for goal, f, g, printed in zip(p.goal[1], FIXED, SLOPES, TRUE_H, strict=True):
        (above, below), m = goal[1], Fraction(printed)
        found.append([positive(above, d - m, g, f), positive(below, d + m, -g, -f)])
    return rules.conjoin(list(map(rules.conjoin, found)))


def _length_at(w: Any) -> Any:
    """|c|^2."""
    return sum((f + w * g) * (f + w * g) for f, g in zip(FIXED, SLOPES, strict=True))


def _values(sign: int = 1, r_sign: int = 1) -> dict[str, Any]:
    """w = +- sqrt(771) and r = +- |c|/2."""
    root = square_root(Fraction(W2)) * sign
    return {"w": [[root]], "r": [[Surd(2, 0, Fraction(r_sign, 2), _length_at(root))]]}


claim(
    "RS-Ex4j",
    "The block in exact arithmetic: h = (1.19851, -0.35957, -1.43985, 0.60091)",
    sentence="With w = sqrt(771), c = w (t4 + LN(t2) - 1/8) = (23, -1, -45, 23) + w (t4 - 1/8) is a multiple of the "
    "centred t5 (RS-Ex4d), so LN(t5) is c/r with 4 r^2 = |c|^2. The printed h is off in its first decimals.",
    given=_block,
    show=And(*(near(c, r, m) for c, m in zip(SHIFTED, TRUE_H, strict=True))),
    proof=_whole_block,
    needed=[
        _values(sign=-1),
        {"w": [[1]], "r": [[square_root(_length_at(1) / 4)]]},
        _values(r_sign=-1),
        {**_values(), "r": [[1]]},
    ],
)
