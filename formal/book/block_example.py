"""The worked example of a whole post-norm block (RS-Ex4): its sums are right, both of its LayerNorms are wrong."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt
from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.ground import Surd
from ..kernel.props import at_least, equal
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import add, multiply, number, scale, subtract
from ..provers.proof import Proof, Script
from ..statement import And, Eq, Expression, Le, Lt, Ne, inner, norm2, scalars, vector
from .columns import (
    NO_BASIS,
    NO_ONES,
    ONES,
    RESOLVED,
    STANDARD,
    ZERO,
    Example,
    I,
    P,
    by_root,
    column,
    distance2,
    dot,
    layer_norm,
    ones_length,
    quotients,
    root,
    rows,
    s,
    sample_values,
    u,
    within,
)
from .normalization import U6C, U9A
from .shelf import claim

t2, t3, t5, h = (vector(name, 4) for name in ("t2", "t3", "t5", "h"))
s5, t = scalars("s5 t")
X, T1, T4 = ("1", "0.5", "-0.2", "0.8"), ("0.2", "0.1", "-0.3", "0.4"), ("0.5", "-0.2", "0.3", "-0.1")
PRINTED_3, PRINTED_H = ("0.77", "-0.03", "-1.50", "0.77"), ("1.35", "-0.69", "-1.65", "0.98")
MIDDLE = Example(t2, ("1.2", "0.6", "-0.5", "1.2"), s, t3)
LAST = Example(t5, ("1.27", "-0.23", "-1.20", "0.67"), s5, h)
CORRECT_3, SAMPLE_3 = ("0.82832", "-0.03601", "-1.62064", "0.82832"), ("0.71735", "-0.03119", "-1.40351", "0.71735")
CORRECT_H, SAMPLE_H = ("1.22319", "-0.38275", "-1.42126", "0.58081"), ("1.05931", "-0.33147", "-1.23084", "0.50300")


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), start=Fraction(0))


def rounds_to(y: Expression, printed: tuple[str, ...]) -> Any:
    """Rounding four coordinates to two decimals moves a vector by 0.01 at most."""
    return Le(distance2(y, printed), Fraction(1, 100) ** 2)


claim(
    "RS-Ex4",
    "The numbers of the block: t2 = t1 + x, t3 = LN(t2), t5 = t4 + t3 and h = LN(t5) to two decimals",
    sentence="With t3 and h equal to what is printed up to rounding, and t5 made of the printed t3.",
    wrong="LN(1.2, 0.6, -0.5, 1.2) = (0.83, -0.04, -1.62, 0.83), not (0.77, -0.03, -1.50, 0.77): that is the centred "
    "vector divided by 0.75, no standard deviation of it. LN(1.27, -0.23, -1.20, 0.67) = (1.22, -0.38, -1.42, 0.58), "
    "not (1.35, -0.69, -1.65, 0.98): that has squared length 5.98, and LN in R^4 never exceeds 4. Also, t1, t3 and t4 "
    "are not those of the example that it continues.",
    given=[*MIDDLE.given, s > 0, *LAST.given[2:], s5 > 0],
    show=And(
        Eq(column(*T1) + column(*X), t2),
        rounds_to(t3, PRINTED_3),
        Eq(column(*T4) + column(*PRINTED_3), t5),
        rounds_to(h, PRINTED_H),
    ),
    witness={**MIDDLE.values(), **LAST.values(level=2)},
)

claim(
    "RS-Ex4a",
    "The two sums of the block are right",
    sentence="(0.2, 0.1, -0.3, 0.4) + (1, 0.5, -0.2, 0.8) = (1.2, 0.6, -0.5, 1.2), and the sum with the printed t3 is "
    "(1.27, -0.23, -1.20, 0.67).",
    show=And(
        Eq(column(*T1) + column(*X), column(*MIDDLE.entries)),
        Eq(column(*T4) + column(*PRINTED_3), column(*LAST.entries)),
    ),
    proof=ideal,
)

# ---------------------------------------------------------------- LN(1.2, 0.6, -0.5, 1.2)


ratio: Any = Fraction(4, 3)  # 1/0.75


def _three_quarters(p: Proof) -> Theorem:
    ones, is_column = p.fact(ONES), p.fact(MIDDLE.given[2])
    image = column(*(ratio * c for c in MIDDLE.centred))
    centred = p.combine(
        Eq(ratio * P * t2, image),
        (MIDDLE.total(p), -ratio * u / 4),
        (is_column, ratio * I),
        (ones, -ratio * MIDDLE.mean * I),
    )
    rest = [ratio * c - Fraction(m) for c, m in zip(MIDDLE.centred, PRINTED_3, strict=True)]
    sides = (ratio * P * t2 + image - 2 * column(*PRINTED_3)).T
    square = _dot(rest, rest)
    goal = Eq(distance2(ratio * P * t2, PRINTED_3), square)
    length = p.combine(goal, (centred, sides), (dot(p, rest, rest), 1))
    slack = Fraction(6, 1000) ** 2 - square
    return rules.order(p.goal, [length], [Summand(slack)], [(0, number(-1))])


claim(
    "RS-Ex4b",
    "The printed t3 is the centred vector divided by 0.75",
    sentence="Within 0.006, so to the two decimals that are printed; the standard deviation is 0.694.",
    given=MIDDLE.given[:3],
    show=within(ratio * P * t2, PRINTED_3, "0.006"),
    proof=_three_quarters,
    needed=[
        {**NO_BASIS, "e3": rows(1, 0, 0, 0), "u": rows(1, 0, 0, 0), "t2": rows("-0.5", 0, 0, 0)},
        {**NO_ONES, "t2": rows(*MIDDLE.entries)},
        {**STANDARD, "t2": ZERO},
    ],
)


def far_from(
    y: Expression, printed: tuple[str, ...], distance: str, ratio: Fraction, length: Callable[[Proof], Theorem]
) -> Script:
    """A script: |y - m| is large because the length of y is another than that of m.

    |y - m|^2 = |y - r m|^2 / r + (1 - 1/r) |y|^2 + (1 - r) |m|^2, where |y|^2 = 4 or, for r < 1, |y|^2 <= 4.
    """
    numbers = [Fraction(x) for x in printed]
    outer, inner_ = 1 - 1 / ratio, 1 - ratio
    slack = 4 * outer + inner_ * _dot(numbers, numbers) - Fraction(distance) ** 2

    def script(p: Proof) -> Theorem:
        ones_length(p)
        known, square = length(p), dot(p, numbers, numbers)
        summands = [Summand(1 / ratio, (), (p.term(y - ratio * column(*printed)),)), Summand(slack)]
        equalities = [(1, number(inner_))]
        if known.conclusion.kind == "zero":
            equalities.append((0, number(outer)))
        else:
            summands.append(Summand(-outer, (0,)))
        return rules.order(p.goal, [known, square], summands, equalities)

    return script


def _length_four(p: Proof) -> Theorem:
    return rules.part(cite(p, U9A, q=Fraction(1, 4), u=u, x=t2, y=t3, s=s), 1)


_parallel = rows("200/637", "-10/637", "-400/637", "200/637")

claim(
    "RS-Ex4c",
    "The printed t3 is the LayerNorm of no vector",
    sentence="It is more than 0.14 away from every LN(x), as all of these have squared length 4 and it has 3.4367; "
    "rounding explains 0.01.",
    given=[RESOLVED, ONES, Ne(s, 0), *layer_norm(t2, s, t3)],
    show=Lt(Fraction(14, 100) ** 2, distance2(t3, PRINTED_3)),
    proof=far_from(t3, PRINTED_3, "0.14", Fraction(27, 25), _length_four),
    needed=[
        {
            **{**NO_BASIS, "e3": rows("56/53", 0, 0, 0), "u": rows("56/53", 0, 0, 0)},
            **{"t2": rows(-1, 0, 0, 0), "s": [["45/106"]], "t3": rows("-90/53", 0, 0, 0)},
        },
        {
            **{**STANDARD, "u": _parallel, "t2": rows(20, -1, -40, 20), "s": [["294/13"]]},
            "t3": rows("480/637", "-24/637", "-960/637", "480/637"),
        },
        {**STANDARD, "t2": ZERO, "s": [[0]], "t3": rows(*PRINTED_3)},
        {**STANDARD, **dict.fromkeys(("t2", "t3"), rows("0.75", "0", "-1.5", "0.75")), "s": [[1]]},
        {**STANDARD, "t2": rows(1, 1, -1, -1), "s": [[1]], "t3": rows(*PRINTED_3)},
    ],
)

claim(
    "RS-Ex4d",
    "LN(1.2, 0.6, -0.5, 1.2) = (23, -1, -45, 23)/sqrt(771) = (0.82832, -0.03601, -1.62064, 0.82832)",
    sentence="Mean 5/8, variance s^2 = 771/1600, s LN = (0.575, -0.025, -1.125, 0.575), and LN within 0.00001 of those "
    "decimals: what should have been printed is (0.83, -0.04, -1.62, 0.83).",
    given=[*MIDDLE.given, s > 0],
    show=MIDDLE.shows(CORRECT_3, "0.00001"),
    proof=MIDDLE.script(CORRECT_3, "0.00001"),
    needed=MIDDLE.without_each(),
)

_sample_3, _sample_h = MIDDLE.variance * 4 / 3, LAST.variance * 4 / 3

claim(
    "RS-Ex4e",
    "..and with the sample standard deviation (0.71735, -0.03119, -1.40351, 0.71735)",
    sentence="Dividing the centred vector by s with s^2 = 257/400, the sum of squares over 3.",
    given=[s > 0, Eq(s * s, _sample_3), Eq(s * t, 1)],
    show=quotients(s, t, MIDDLE.centred, SAMPLE_3),
    proof=by_root(s, t, _sample_3, MIDDLE.centred, SAMPLE_3),
    needed=sample_values(_sample_3),
)

# ---------------------------------------------------------------- LN(1.27, -0.23, -1.20, 0.67)


def _at_most_four(p: Proof) -> Theorem:
    eps = s5 * s5 - inner(t5, P * t5) / 4
    p.have(eps >= 0)
    return cite(p, U6C, q=Fraction(1, 4), u=u, x=t5, y=h, s=s5, eps=eps)


_long = ("3/2", "-1/2", "-3/2", "1")

claim(
    "RS-Ex4f",
    "The printed h is the LayerNorm of no vector",
    sentence="It is more than 0.44 away from every LN(x), with any eps: its squared length is 5.9815, the most is 4.",
    given=[RESOLVED, ONES, Ne(s5, 0), Le(inner(t5, P * t5), 4 * s5 * s5), Eq(s5 * h, P * t5)],
    show=Lt(Fraction(44, 100) ** 2, distance2(h, PRINTED_H)),
    proof=far_from(h, PRINTED_H, "0.44", Fraction(9, 11), _at_most_four),
    needed=[
        {**NO_BASIS, "t5": ZERO, "s5": [[1]], "h": ZERO},
        {
            **{**STANDARD, "u": rows(3, -1, -3, 2), "s5": [[1]], "h": rows(*_long)},
            "t5": rows(*(Fraction(-4, 19) * Fraction(x) for x in _long)),
        },
        {**STANDARD, "t5": ZERO, "s5": [[0]], "h": rows(*PRINTED_H)},
        {**STANDARD, **dict.fromkeys(("t5", "h"), rows("1.35", "-0.70", "-1.65", "1")), "s5": [[1]]},
        {**STANDARD, "t5": ZERO, "s5": [[1]], "h": rows(*PRINTED_H)},
    ],
)

a, b = scalars("a b")


def _no_gain(p: Proof) -> Theorem:
    """|v|^2 = |v + w|^2 - 2 w'v - |w|^2 for v = a t5 + b - m, with w orthogonal to t5 and 1, so that w'v = -w'm."""
    numbers = [Fraction(x) for x in PRINTED_H]
    c, mean = LAST.centred, sum(numbers, start=Fraction(0)) / 4
    slope = _dot(c, numbers) / _dot(c, c)
    w = [m - mean - slope * x for x, m in zip(c, numbers, strict=True)]
    square = _dot(w, w)  # and w'm too
    ones, is_column, row = p.fact(ONES), p.fact(LAST.given[2]), column(*w)
    v = a * t5 + b * u - column(*PRINTED_H)
    along = p.combine(
        Eq(inner(row, v), -square),
        (is_column, a * row.T),
        (ones, b * row.T),
        (dot(p, w, LAST.numbers), a),
        (dot(p, w, [1, 1, 1, 1]), b),
        (dot(p, w, numbers), -1),
    )
    slack = square - Fraction(38, 100) ** 2
    return rules.order(
        p.goal,
        [along, dot(p, w, w)],
        [Summand(1, (), (p.term(v + row),)), Summand(slack)],
        [(0, number(-2)), (1, number(-1))],
    )


claim(
    "RS-Ex4g",
    "..and no gain and bias turn LN(t5) into the printed h",
    sentence="a t5 + b is more than 0.38 away from it for all numbers a and b, and LN(t5) with a gain and a bias that "
    "are the same for all coordinates is of that form.",
    given=[RESOLVED, ONES, LAST.given[2]],
    show=Lt(Fraction(38, 100) ** 2, distance2(a * t5 + b * u, PRINTED_H)),
    proof=_no_gain,
    needed=[
        {**NO_BASIS, "t5": ZERO, "a": [[0]], "b": [[0]]},
        {**STANDARD, "u": rows(*PRINTED_H), "t5": rows(*LAST.entries), "a": [[0]], "b": [[1]]},
        {**STANDARD, "t5": rows(*PRINTED_H), "a": [[1]], "b": [[0]]},
    ],
)

claim(
    "RS-Ex4h",
    "LN(1.27, -0.23, -1.20, 0.67) = (457, -143, -531, 217)/sqrt(139587) = (1.22319, -0.38275, -1.42126, 0.58081)",
    sentence="Mean 0.1275, variance s^2 = 0.87241875, s LN = (1.1425, -0.3575, -1.3275, 0.5425), and LN is within "
    "0.00001 of those decimals: with the printed t5, h should have been (1.22, -0.38, -1.42, 0.58).",
    given=[*LAST.given, s5 > 0],
    show=LAST.shows(CORRECT_H, "0.00001"),
    proof=LAST.script(CORRECT_H, "0.00001"),
    needed=LAST.without_each(),
)

claim(
    "RS-Ex4i",
    "..and with the sample standard deviation (1.05931, -0.33147, -1.23084, 0.50300)",
    sentence="Dividing the centred vector by s with s^2 = 46529/40000, the sum of squares over 3.",
    given=[s > 0, Eq(s * s, _sample_h), Eq(s * t, 1)],
    show=quotients(s, t, LAST.centred, SAMPLE_H),
    proof=by_root(s, t, _sample_h, LAST.centred, SAMPLE_H),
    needed=sample_values(_sample_h),
)

# ---------------------------------------------------------------- the block in exact arithmetic
w, r, c = scalars("w"), scalars("r"), vector("c", 4)
TRUE_H = ("1.19851", "-0.35957", "-1.43985", "0.60091")
W2 = Fraction(771)
_f, _g = [1600 * x for x in MIDDLE.centred], [40 * (Fraction(x) - Fraction(1, 8)) for x in T4]
_block = [
    *(RESOLVED, w > 0, Eq(w * w, W2), Eq(c, column(*_f) + w * column(*_g))),
    *(r > 0, Eq(r * r * norm2(c), 4)),
]


def _near_root(v: Fraction) -> Fraction:
    """A square root, to twelve decimals."""
    return Fraction(isqrt(v.numerator * 10**24 // v.denominator), 10**12)


def _whole_block(p: Proof) -> Theorem:
    """|r c - m|^2 = 4 + |m|^2 - 2 r m'c: show 2 m'c >= k s with s = 1/r and k a little more than 4 + |m|^2 - 1e-10.

    As m'c and s^2 = |c|^2/4 are linear in w, that follows from k s <= (k^2 s^2 / n + n)/2 and
    w >= 2 w0 w^2 / (w^2 + w0^2), with fractions n and w0 near k s and w.
    """
    _, w_positive, w_square, is_column, positive, unit = map(p.fact, _block)
    w_, r_, m = p.term(w), p.term(r), [Fraction(x) for x in TRUE_H]
    s = p.reciprocal(r)
    inverse = p.fact(equal(multiply(r_, s), number(1)))
    entries = [p.term(x + y * w) for x, y in zip(_f, _g, strict=True)]
    ff, fg, gg, fm, gm, mm = (_dot(x, y) for x, y in ((_f, _f), (_f, _g), (_g, _g), (_f, m), (_g, m), (m, m)))
    whole, row = column(*_f) + w * column(*_g), column(*m).T
    goal = Eq(norm2(c), ff + 2 * fg * w + gg * w * w)
    square = p.combine(goal, (is_column, (c + whole).T), (dot(p, entries, entries), 1))
    along = p.combine(Eq(row * c, fm + gm * w), (is_column, row), (dot(p, m, entries), 1))
    goal = Eq(distance2(r * c, TRUE_H), 4 + mm - 2 * r * (fm + gm * w))
    distance = p.combine(goal, (unit, 1), (along, -2 * r), (dot(p, m, m), 1))
    w0, slack = _near_root(W2), Fraction(1, 10**11)
    k = 4 + mm - Fraction(1, 10**10) + slack
    n = _near_root(k * k * (ff + gg * W2 + 2 * fg * w0) / 4)
    share, part = 1 / (W2 + w0 * w0), k * k / (8 * n)
    least, slope = 2 * w0 * W2 * share, 2 * gm - 2 * part * fg
    constant = 2 * fm - part * (ff + gg * W2) - n / 2 + slope * least
    large = rules.order(
        at_least(w_, number(least)),
        [w_positive, w_square],
        [Summand(share, (0,), (p.term(w - w0),))],
        [(1, p.term(-share * (w - 2 * w0)))],
    )
    ks, one = scale(number(k), s), number(1)
    size = p.term(norm2(c))
    half = [
        (1, scale(number(part), multiply(s, s))),  # |c|^2 = 4 s^2
        (2, scale(number(-part), multiply(size, add(multiply(r_, s), one)))),
        (3, number(-part)),
        (4, number(-part * gg)),
    ]
    room = rules.order(
        at_least(p.term(2 * fm + 2 * gm * w), ks),
        [large, unit, inverse, square, w_square],
        [Summand(slope, (0,)), Summand(constant), Summand(1 / (2 * n), (), (subtract(ks, number(n)),))],
        half,
    )
    return rules.order(
        p.goal,
        [p.fact(positive), room, inverse, distance],
        [Summand(1, (0, 1)), Summand(slack)],
        [(2, number(k)), (3, number(-1))],
    )


def _block_values(w_sign: int = 1, r_sign: int = 1) -> dict[str, Any]:
    root_w = root(W2) * w_sign
    entries = [x + y * root_w for x, y in zip(_f, _g, strict=True)]
    base, other = _dot(_f, _f) + _dot(_g, _g) * W2, 2 * _dot(_f, _g)  # |c|^2 = base + other w
    square = (base - other * root_w) * (4 / (base * base - other * other * W2))
    return {**STANDARD, "w": [[root_w]], "c": rows(*entries), "r": [[Surd(2, 0, r_sign, square)]]}


def _one_direction() -> dict[str, Any]:
    """Without a basis: c = (-40 - 13 w) e2, where e2 alone is not 0."""
    root_w, shrink = root(W2), 2 / (_f[1] ** 2 - _g[1] ** 2 * W2)
    only = {"e2": rows(1, 0, 0, 0), "c": rows(_f[1] + _g[1] * root_w, 0, 0, 0)}
    return {**_block_values(), **NO_BASIS, **only, "r": [[(_f[1] - _g[1] * root_w) * -shrink]]}


_at_one = [x + y for x, y in zip(_f, _g, strict=True)]  # c for w = 1

claim(
    "RS-Ex4j",
    "The block in exact arithmetic: h = (1.19851, -0.35957, -1.43985, 0.60091)",
    sentence="With w = sqrt(771), c = 40 w (t4 + LN(t2) - 1/8) is a multiple of the centred t5 (RS-Ex4d), LN(t5) is "
    "the multiple of c with squared length 4. The printed h is off in its first decimals.",
    given=_block,
    show=within(r * c, TRUE_H, "0.00001"),
    proof=_whole_block,
    needed=[
        _one_direction(),
        _block_values(w_sign=-1),
        {**STANDARD, "w": [[1]], "c": rows(*_at_one), "r": [[root(4 / _dot(_at_one, _at_one))]]},
        {**_block_values(), "c": rows(1, 1, -1, -1), "r": [[1]]},
        _block_values(r_sign=-1),
        {**_block_values(), "r": [[1]]},
    ],
)
