"""The chapter's worked examples (RS-Ex2, RS-Ex3, RS-Ex5): each printed number, and the right one beside a wrong one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import conjunction, exists_all, variable_value
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number
from ..provers import rank as lemmas
from ..provers.proof import Proof, linear
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    Expression,
    Family,
    ForAll,
    Identity,
    Le,
    Not,
    family,
    inner,
    matrix,
    norm2,
    rank,
    scalars,
    vector,
)
from ..statement.evaluate import instance
from ..statement.language import lift
from .columns import BASIS, STANDARD, Example, column, distance2, e, near, s, total
from .shelf import claim

claim(
    "RS-Ex2",
    "(0.3, -0.1, 0.2, 0.5) + (1, 0.5, -0.2, 0.8) = (1.3, 0.4, 0, 1.3)",
    sentence="The first sum of the chapter is right (as a combination of any four vectors).",
    show=Eq(column("0.3", "-0.1", "0.2", "0.5") + column("1", "0.5", "-0.2", "0.8"), column("1.3", "0.4", "0", "1.3")),
    proof=ideal,
)

# ---------------------------------------------------------------- LN(1.3, 0.4, 0, 1.3)
INPUT = Example(("1.3", "0.4", "0", "1.3"))
PRINTED = ("0.8", "-0.1", "-0.5", "0.8")
CORRECT = ("0.96850", "-0.61632", "-1.32068", "0.96850")
SAMPLE = ("0.83874", "-0.53374", "-1.14374", "0.83874")

claim(
    "RS-Ex3",
    "LN(1.3, 0.4, 0, 1.3) is (0.8, -0.1, -0.5, 0.8)",
    sentence="With mean 3/4 and variance 129/400 of the four coordinates.",
    wrong="LN(1.3, 0.4, 0, 1.3) = (0.96850, -0.61632, -1.32068, 0.96850). What is printed sums to 1 instead of 0 and "
    "has squared length 1.54 instead of 4: it is the input minus 1/2, neither centred nor scaled. Sum and squared "
    "length of a printed LN are checked in one line each.",
    given=INPUT.given,
    show=And(*(Eq(c, Fraction(m) * s) for c, m in zip(INPUT.written, PRINTED, strict=True))),
    witness=INPUT.at(),
)

claim(
    "RS-Ex3a",
    "What is printed there is t2 - 1/2",
    sentence="(0.8, -0.1, -0.5, 0.8) = (1.3, 0.4, 0, 1.3) - 1/2, with sum 1 and squared length 1.54.",
    show=And(
        Eq(column(*PRINTED), column(*INPUT.entries) - total(BASIS) / 2),
        Eq(total([Fraction(x) for x in PRINTED]), 1),
        Eq(total([lift(Fraction(x)) ** 2 for x in PRINTED]), Fraction(77, 50)),
    ),
    proof=ideal,
)

claim(
    "RS-Ex3b",
    "LN(1.3, 0.4, 0, 1.3) = (11, -7, -15, 11)/sqrt(129) = (0.96850, -0.61632, -1.32068, 0.96850)",
    sentence="Mean 3/4, variance s^2 = 129/400, s LN = (0.55, -0.35, -0.75, 0.55), and LN has those decimals: what "
    "should have been printed is (0.97, -0.62, -1.32, 0.97).",
    given=INPUT.given,
    show=INPUT.shows(CORRECT),
    proof=INPUT.script(CORRECT),
    needed=INPUT.without_each(),
)

BY_SAMPLE = Example(INPUT.entries, divisor=3)

claim(
    "RS-Ex3c",
    "..and with the sample standard deviation (0.83874, -0.53374, -1.14374, 0.83874)",
    sentence="Dividing (0.55, -0.35, -0.75, 0.55) by s with s^2 = 1.29/3 = 43/100 gives another vector too.",
    given=BY_SAMPLE.given,
    show=BY_SAMPLE.shows(SAMPLE),
    proof=BY_SAMPLE.script(SAMPLE),
    needed=BY_SAMPLE.without_each(),
)

t3, ones = vector("t3", 4), total(BASIS)

claim(
    "RS-Ex3d",
    "With a gain and a bias it could be what is printed",
    sentence="(0.8, -0.1, -0.5, 0.8) = s LN(t2) + 1/4: a gain that undoes the scaling and a bias explain it, so only "
    "LayerNorm without them is refuted.",
    given=[Eq(s * t3, column(*INPUT.entries) - INPUT.mean * ones)],
    show=Eq(column(*PRINTED), s * t3 + ones / 4),
    proof=lambda p: p.combine(p.goal, (p.facts[0], -Identity(4))),
    needed=[{**STANDARD, "s": [[0]], "t3": [[0], [0], [0], [0]]}],
)

y4 = scalars("y1 y2 y3 y4")


def _half_away(p: Proof) -> Theorem:
    """The sum of (y - m + 1/4)^2 is not negative."""
    squares = [Summand(1, (), (p.term(y - Fraction(m) + Fraction(1, 4)),)) for y, m in zip(y4, PRINTED, strict=True)]
    return rules.order(p.goal, p.facts, squares, [(0, number(Fraction(-1, 2)))])


claim(
    "RS-Ex3e",
    "What is printed is at least 1/2 away from the LayerNorm of any vector",
    sentence="..because the coordinates of LN(x) sum to 0, whatever x is, and with any eps (RS-U6a).",
    given=[Eq(total(y4), 0)],
    show=Le(Fraction(1, 4), distance2(y4, PRINTED)),
    proof=_half_away,
    needed=[{f"y{k}": [[x]] for k, x in enumerate(PRINTED, 1)}],
    attained={f"y{k}": [[x]] for k, x in enumerate(INPUT.centred, 1)},
)

# ---------------------------------------------------------------- a layer that changes the dimension (RS-Ex5)
f, A, y = family("f", 2, 1), matrix("A", 2, 4), vector("y", 4)
RESOLVED = Eq(total([b * b.T for b in BASIS]), Identity(4))
RESOLVED_2 = Eq(f[0] * f[0].T + f[1] * f[1].T, Identity(2))
PLANE: dict[str, Any] = {"f": {0: [[1], [0]], 1: [[0], [1]]}}
READS = e[1] + e[2], e[3] - e[0]


def the_matrix(e: Family, f: Family) -> Expression:
    """What maps y to (e[1] + e[2])'y f[0] + (e[3] - e[0])'y f[1]."""
    return f[0] * (e[1] + e[2]).T + f[1] * (e[3] - e[0]).T


M = the_matrix(e, f)


def modified(coordinates: Any) -> Expression:
    """(y[1] + y[2], y[3] - y[0]), with the chapter's indices from 0."""
    y = [lift(c) for c in coordinates]
    return (y[1] + y[2]) * f[0] + (y[3] - y[0]) * f[1]


LAYER = modified([inner(b, y) for b in BASIS])


def _is_a_matrix(p: Proof) -> Theorem:
    """At the standard bases of R^4 and R^2."""
    bases = conjunction(p.prop(RESOLVED), p.prop(RESOLVED_2))
    values = instance({**STANDARD, **PLANE}).witness()
    found = p.open(rules.ground(exists_all((e.decl, f.decl), bases), values))
    there = p.term(the_matrix(*map(Family, found)))

    def body(q: Proof) -> Theorem:
        one, two, is_linear = q.goal[1]
        return rules.conjoin([q.fact(one), q.fact(two), introduce_all(q, is_linear, [there])])

    return introduce_all(p, p.goal, list(map(variable_value, found)), body)


claim(
    "RS-Ex5",
    "The modified feed-forward layer (y[1] + y[2], y[3] - y[0]) is not a linear transformation",
    sentence="It is offered in place of the linear transformations, to show what goes wrong without them.",
    wrong="It is linear: its matrix is [[0, 1, 1, 0], [-1, 0, 0, 1]]. That the sum breaks has nothing to do with "
    "linearity: x + F(x) needs an F from R^d to R^d, linear or not.",
    given=[RESOLVED, RESOLVED_2],
    show=Not(Exists(A, ForAll(y, Eq(LAYER, A * y)))),
    disproof=_is_a_matrix,
)


_reads = [Eq(norm2(READS[0]), 2), Eq(norm2(READS[1]), 2), Eq(inner(*READS), 0)]


def _rank_two(p: Proof) -> Theorem:
    """M M' = 2 I."""
    whole, one, two, both = p.facts
    half, first, second = M.T / 2, f[0] / 2, f[1] / 2
    parts = [(one, first, f[0].T), (two, second, f[1].T), (both, first, f[1].T), (both, second, f[0].T)]
    inverse = p.combine(Eq(M * half, Identity(2)), (whole,), *parts)
    same, full = rules.congruence(inverse, p.term(M * half), p.term(Identity(2))), {"n": 2}
    below = [p.lemma(lemmas.product_left(), X=M, Y=half), p.lemma(lemmas.of_identity(), full)]
    p.facts = [same, *below, p.lemma(lemmas.at_most_rows(), X=M)]
    return rules.conjoin([p.combine(p.goal[1][0]), p.prove(p.goal[1][1], linear)])


def _at(**basis: list[list[int]]) -> dict[str, Any]:
    """The standard bases but for some vectors of R^4, and y = 0."""
    changed = {int(name[1:]): value for name, value in basis.items()}
    return {"e": {**STANDARD["e"], **changed}, **PLANE, "y": _ZERO}


_ZERO, _LONG = [[0], [0], [0], [0]], [[1], [1], [0], [0]]

claim(
    "RS-Ex5a",
    "The modified layer is the matrix [[0, 1, 1, 0], [-1, 0, 0, 1]], of rank 2",
    sentence="So as a layer it reads two directions of the stream, e[1] + e[2] and e[3] - e[0], and could be written "
    "back by any 4 x 2 matrix.",
    given=[RESOLVED_2, *_reads],
    show=And(Eq(LAYER, M * y), Eq(rank(M), 2)),
    proof=_rank_two,
    needed=[
        {**_at(), "f": {0: [[0], [0]], 1: [[0], [0]]}},
        _at(e1=_ZERO, e2=_ZERO),
        _at(e3=_ZERO, e0=_ZERO),
        _at(e0=_ZERO, e1=_LONG, e2=_ZERO, e3=_LONG),
    ],
)

claim(
    "RS-Ex5b",
    "Its value at the printed (0.8, -0.1, -0.5, 0.8) is (-0.6, 0)",
    sentence="The arithmetic is right, but that vector is not LN(1.3, 0.4, 0, 1.3) (RS-Ex3).",
    show=Eq(modified(map(Fraction, PRINTED)), Fraction(-3, 5) * f[0]),
    proof=ideal,
)

FIRST = "-1.93699"


def _true_value(p: Proof) -> Theorem:
    value, close = p.goal[1]
    return rules.conjoin([p.combine(value), INPUT.root(p)[1].near(close, Fraction(-11, 10), Fraction(FIRST))])


claim(
    "RS-Ex5c",
    "Its value at the true LN(1.3, 0.4, 0, 1.3) is (-22/sqrt(129), 0) = (-1.93699, 0)",
    sentence="With s LN = (0.55, -0.35, -0.75, 0.55) and s^2 = 129/400 (RS-Ex3b): 20 s F = (-22, 0).",
    given=INPUT.given,
    show=And(Eq(modified(INPUT.written), Fraction(-11, 10) * f[0]), near(Fraction(-11, 10), s, FIRST)),
    proof=_true_value,
    needed=[{**PLANE, **values} for values in INPUT.without_each()],
)

claim(
    "RS-Ex5d",
    "Its sum with y",
    sentence="y + F(y), as in t4 + t3 with t4 = F(t3).",
    wrong="F(y) has two coordinates and y four, so the sum has no type: that is why a sublayer has to "
    "end in the dimension of the stream.",
    ill_typed=lambda: LAYER + y,
)

V = matrix("V", 4, 2)

claim(
    "RS-Ex5e",
    "What has a type: y + V F(y), with a write V",
    sentence="A layer may compute in any dimension if its last step is a map back to the stream.",
    defines=y + V * LAYER,
)
