"""The chapter's worked examples (RS-Ex2, RS-Ex3, RS-Ex5): each printed number, and the right one beside a wrong one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.ground import Witness
from ..kernel.props import conjunction, equal, exists_all
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import add, multiply, number, scale, subtract, transpose
from ..provers import rank as lemmas
from ..provers.proof import Proof, linear
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    Expression,
    ForAll,
    Identity,
    Le,
    Lt,
    Ne,
    Not,
    inner,
    matrix,
    norm2,
    rank,
    scalars,
    vector,
)
from .columns import (
    BASIS,
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
    Root,
    by_root,
    column,
    distance2,
    dot,
    e1,
    e2,
    e3,
    e4,
    ones_length,
    quotients,
    rows,
    s,
    sample_values,
    u,
)
from .normalization import U6A
from .shelf import claim

claim(
    "RS-Ex2",
    "(0.3, -0.1, 0.2, 0.5) + (1, 0.5, -0.2, 0.8) = (1.3, 0.4, 0, 1.3)",
    sentence="The first sum of the chapter is right (as a combination of any four vectors).",
    show=Eq(column("0.3", "-0.1", "0.2", "0.5") + column("1", "0.5", "-0.2", "0.8"), column("1.3", "0.4", "0", "1.3")),
    proof=ideal,
)

# ---------------------------------------------------------------- LN(1.3, 0.4, 0, 1.3)
t2, t3, t = vector("t2", 4), vector("t3", 4), scalars("t")
INPUT = Example(t2, ("1.3", "0.4", "0", "1.3"), s, t3)
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

claim(
    "RS-Ex3b",
    "LN(1.3, 0.4, 0, 1.3) = (11, -7, -15, 11)/sqrt(129) = (0.96850, -0.61632, -1.32068, 0.96850)",
    sentence="Mean 3/4, variance s^2 = 129/400, s LN = (0.55, -0.35, -0.75, 0.55), and LN is within 0.00001 of those "
    "decimals: what should have been printed is (0.97, -0.62, -1.32, 0.97).",
    given=[*INPUT.given, s > 0],
    show=INPUT.shows(CORRECT, "0.00001"),
    proof=INPUT.script(CORRECT, "0.00001"),
    needed=INPUT.without_each(),
)
claim(
    "RS-Ex3c",
    "..and with the sample standard deviation (0.83874, -0.53374, -1.14374, 0.83874)",
    sentence="Dividing (0.55, -0.35, -0.75, 0.55) by s with s^2 = 1.29/3 = 43/100 gives another vector too.",
    given=[s > 0, Eq(s * s, Fraction(43, 100)), Eq(s * t, 1)],
    show=quotients(s, t, INPUT.centred, SAMPLE),
    proof=by_root(s, t, Fraction(43, 100), INPUT.centred, SAMPLE),
    needed=sample_values(Fraction(43, 100)),
)


def _as_gain_and_bias(p: Proof) -> Theorem:
    """s y = t2 - 3/4, and what is printed is t2 - 1/2."""
    ones, is_column, output = map(p.fact, (*INPUT.given[1:3], INPUT.given[4]))
    return p.combine(p.goal, (output, -I), (INPUT.total(p), u / 4), (is_column, -I), (ones, I / 2))


claim(
    "RS-Ex3d",
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
    total = p.combine(Eq(u.T * printed, 1), (ones, printed.T), (dot(p, [1] * 4, PRINTED), 1))
    halves = [(0, number(Fraction(-1, 2))), (1, number(Fraction(1, 2))), (2, number(Fraction(-1, 16)))]
    square = Summand(1, (), (p.term(t3 - printed + u / 4),))
    return rules.order(p.goal, [centred, total, length], [square], halves)


claim(
    "RS-Ex3e",
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

# ---------------------------------------------------------------- a layer that changes the dimension (RS-Ex5)
f1, f2, y = vector("f1", 2), vector("f2", 2), vector("y", 4)
RESOLVED_2 = Eq(f1 * f1.T + f2 * f2.T, Identity(2))
A = matrix("A", 2, 4)
PLANE: dict[str, Any] = {"f1": [[1], [0]], "f2": [[0], [1]]}


def modified(y: Expression) -> Expression:
    """(y[1] + y[2], y[3] - y[0]), with the chapter's indices from 0."""
    return (inner(e2, y) + inner(e3, y)) * f1 + (inner(e4, y) - inner(e1, y)) * f2


M = f1 * (e2 + e3).T + f2 * (e4 - e1).T


def _is_a_matrix(p: Proof) -> Theorem:
    """At the standard bases of R^4 and R^2."""
    letters = (*BASIS, f1, f2)
    decls = tuple(letter.data[0] for letter in letters)
    bases = conjunction(p.prop(RESOLVED), p.prop(RESOLVED_2))
    values = {name: tuple(map(tuple, entries)) for name, entries in {**STANDARD, **PLANE}.items()}
    there_are = rules.ground(exists_all(decls, bases), Witness({}, values))
    found = p.open(there_are)
    one, two, three, four, first, second = found
    matrix_ = add(multiply(first, transpose(add(two, three))), multiply(second, transpose(subtract(four, one))))

    def body(q: Proof) -> Theorem:
        one, two, is_linear = q.goal[1]
        some = introduce_all(q, is_linear, [matrix_])
        return rules.conjoin([q.fact(one), q.fact(two), some])

    return introduce_all(p, p.goal, found, body)


claim(
    "RS-Ex5",
    "The modified feed-forward layer (y[1] + y[2], y[3] - y[0]) is not a linear transformation",
    sentence="It is offered in place of the linear transformations, to show what goes wrong without them.",
    wrong="It is linear: its matrix is [[0, 1, 1, 0], [-1, 0, 0, 1]]. That the sum breaks has nothing to do with "
    "linearity: x + F(x) needs an F from R^d to R^d, linear or not.",
    given=[RESOLVED, RESOLVED_2],
    show=Not(Exists(A, ForAll(y, Eq(modified(y), A * y)))),
    disproof=_is_a_matrix,
)


def _rank_two(p: Proof) -> Theorem:
    """M M' = 2 I."""
    same, two = p.goal[1]
    orthonormal = cite(p, ORTHONORMAL)
    basis = [rules.part(orthonormal, i) for i in range(10)]
    half = M.T / 2
    inverse = p.ideal(Eq(M * half, Identity(2)), [p.fact(RESOLVED_2), *basis])
    whole, full = rules.congruence(inverse, p.term(M * half), p.term(Identity(2))), {"n": 2}
    below = [p.lemma(lemmas.product_left(), X=M, Y=half), p.lemma(lemmas.of_identity(), full)]
    p.facts = [whole, *below, p.lemma(lemmas.at_most_rows(), X=M)]
    return rules.conjoin([p.ideal(same, ()), p.prove(two, linear)])


claim(
    "RS-Ex5a",
    "The modified layer is the matrix [[0, 1, 1, 0], [-1, 0, 0, 1]], of rank 2",
    sentence="So as a layer it reads two directions of the stream, and could be written back by any 4 x 2 matrix.",
    given=[RESOLVED, RESOLVED_2],
    show=And(Eq(modified(y), M * y), Eq(rank(M), 2)),
    proof=_rank_two,
    needed=[{**NO_BASIS, **PLANE, "y": ZERO}, {**STANDARD, "f1": [[0], [0]], "f2": [[0], [0]], "y": ZERO}],
)

claim(
    "RS-Ex5b",
    "Its value at the printed (0.8, -0.1, -0.5, 0.8) is (-0.6, 0)",
    sentence="The arithmetic is right, but that vector is not LN(1.3, 0.4, 0, 1.3) (RS-Ex3).",
    given=[RESOLVED],
    show=Eq(modified(column(*PRINTED)), Fraction(-3, 5) * f1),
    proof=lambda p: p.prove(p.goal, lambda q: q.ideal(), [cite(p, ORTHONORMAL)]),
    needed=[{**NO_BASIS, **PLANE}],
)


_first = inner(e2, t3) + inner(e3, t3)
FIRST = Fraction("1.93699")
_exactly = [RESOLVED, s > 0, Eq(s * s, INPUT.variance), Eq(s * t3, column(*INPUT.centred))]


def _true_value(p: Proof) -> Theorem:
    """s F = (-1.1, 0), from the coordinates of s t3."""
    output, third, seven = p.fact(_exactly[3]), e2 + e3, e4 - e1
    both, near = p.goal[1]
    cs = INPUT.centred
    one = p.combine(Eq(s * _first, cs[1] + cs[2]), (output, third.T), (dot(p, [0, 1, 1, 0], cs), 1))
    other = p.combine(Eq(s * inner(seven, t3), 0), (output, seven.T), (dot(p, [-1, 0, 0, 1], cs), 1))
    found = Root.of(p, s, INPUT.variance, p.fact(_exactly[2]))
    bound = found.below((Fraction(121, 100), Fraction(11, 5) * FIRST, FIRST**2), Fraction(5, 10**6) ** 2)
    first, value = p.term(_first), scale(number(Fraction(-11, 10)), found.t)
    same = p.combine(equal(first, value), (one, found.t), (found.inverse, scale(number(-1), first)))
    sides = scale(number(-1), add(add(first, value), number(2 * FIRST)))
    return rules.conjoin(
        [
            p.combine(both, (one, 20 * f1), (other, 20 * f2)),
            rules.order(near, [bound, same], [Summand(1, (0,))], [(1, sides)]),
        ]
    )


_right = {**INPUT.values(), **PLANE}
_wrong = {**_right, **INPUT.values(sign=-1)}

claim(
    "RS-Ex5c",
    "Its value at the true LN(1.3, 0.4, 0, 1.3) is (-22/sqrt(129), 0) = (-1.93699, 0)",
    sentence="With s LN = (0.55, -0.35, -0.75, 0.55) and s^2 = 129/400 (RS-Ex3b): 20 s F = (-22, 0).",
    given=_exactly,
    show=And(Eq(20 * s * modified(t3), -22 * f1), Lt((_first + FIRST) ** 2, Fraction(5, 10**6) ** 2)),
    proof=_true_value,
    needed=[
        {**_right, **NO_BASIS, "t3": ZERO},
        _wrong,
        {**_right, "s": [[1]], "t3": rows(*INPUT.centred)},
        {**_right, "t3": ZERO},
    ],
)

claim(
    "RS-Ex5d",
    "Its sum with t3",
    sentence="t4 + t3 with t4 = F(t3).",
    wrong="t4 has two coordinates and t3 four, so the sum has no type: that is why a sublayer has to "
    "end in the dimension of the stream.",
    ill_typed=lambda: modified(t3) + t3,
)

V = matrix("V", 4, 2)

claim(
    "RS-Ex5e",
    "What has a type: t3 + V F(t3), with a write V",
    sentence="A layer may compute in any dimension if its last step is a map back to the stream.",
    defines=t3 + V * modified(t3),
)
