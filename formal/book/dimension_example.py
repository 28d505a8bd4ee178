"""The example of a feed-forward layer that changes the dimension (RS-Ex5): it is linear, and its sum has no type."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.ground import Witness
from ..kernel.props import conjunction, equal, exists_all
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import add, multiply, number, scale, subtract, transpose
from ..provers import rank as lemmas
from ..provers.proof import Proof, linear
from ..provers.rank import introduce_all
from ..statement import And, Eq, Exists, Expression, ForAll, Identity, Lt, Not, inner, matrix, rank, vector
from .examples import (
    BASIS,
    NO_BASIS,
    ORTHONORMAL,
    RESOLVED,
    STANDARD,
    ZERO,
    Root,
    column,
    combined,
    e1,
    e2,
    e3,
    e4,
    s,
)
from .layer_norm_example import EXACT, INPUT, PRINTED, t3
from .shelf import claim

f1, f2, t = vector("f1", 2), vector("f2", 2), vector("t", 4)
RESOLVED_2 = Eq(f1 * f1.T + f2 * f2.T, Identity(2))
A = matrix("A", 2, 4)
PLANE: dict[str, Any] = {"f1": [[1], [0]], "f2": [[0], [1]]}


def modified(t: Expression) -> Expression:
    """(t[1] + t[2], t[3] - t[0]), with the chapter's indices from 0."""
    return (inner(e2, t) + inner(e3, t)) * f1 + (inner(e4, t) - inner(e1, t)) * f2


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
    "The modified feed-forward layer (t[1] + t[2], t[3] - t[0]) is not a linear transformation",
    sentence="It is offered in place of the linear transformations, to show what goes wrong without them.",
    wrong="It is linear: its matrix is [[0, 1, 1, 0], [-1, 0, 0, 1]]. That the sum breaks has nothing to do with "
    "linearity: x + F(x) needs an F from R^d to R^d, linear or not.",
    given=[RESOLVED, RESOLVED_2],
    show=Not(Exists(A, ForAll(t, Eq(modified(t), A * t)))),
    disproof=_is_a_matrix,
)


def _rank_two(p: Proof) -> Theorem:
    """M M' = 2 I."""
    same, two = p.goal[1]
    orthonormal = cite(p, ORTHONORMAL)
    basis = [rules.part(orthonormal, i) for i in range(10)]
    half = M.T / 2
    inverse = p.ideal(Eq(M * half, Identity(2)), [p.fact(RESOLVED_2), *basis])
    known = rules.congruence(inverse, p.term(M * half), p.term(Identity(2)))
    p.facts = [
        known,
        p.lemma(lemmas.product_left(), X=M, Y=half),
        p.lemma(lemmas.of_identity(), {"n": 2}),
        p.lemma(lemmas.at_most_rows(), X=M),
    ]
    return rules.conjoin([p.ideal(same, ()), p.prove(two, linear)])


claim(
    "RS-Ex5a",
    "The modified layer is the matrix [[0, 1, 1, 0], [-1, 0, 0, 1]], of rank 2",
    sentence="So as a layer it reads two directions of the stream, and could be written back by any 4 x 2 matrix.",
    given=[RESOLVED, RESOLVED_2],
    show=And(Eq(modified(t), M * t), Eq(rank(M), 2)),
    proof=_rank_two,
    needed=[{**NO_BASIS, **PLANE, "t": ZERO}, {**STANDARD, "f1": [[0], [0]], "f2": [[0], [0]], "t": ZERO}],
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
DECIMALS = Fraction("1.93699")


def _true_value(p: Proof) -> Theorem:
    """s times it is -1.1 f1, where s^2 = 129/400."""
    exact = cite(p, EXACT)
    square, output = rules.part(exact, 1), rules.part(exact, 2)
    orthonormal = cite(p, ORTHONORMAL)
    basis = [rules.part(orthonormal, i) for i in range(10)]
    one, other = (
        p.ideal(Eq(s * side, value), [p.multiply(output, left=row.T), *basis])
        for side, row, value in ((_first, e2 + e3, Fraction(-11, 10)), (inner(e4, t3) - inner(e1, t3), e4 - e1, 0))
    )
    both = combined(p, p.goal[1][0], (one, 20 * f1), (other, 20 * f2))
    root = Root.of(p, s, INPUT.variance, square)
    bound = root.below((Fraction(121, 100), Fraction(11, 5) * DECIMALS, DECIMALS**2), Fraction(1, 10**10))
    value = scale(number(Fraction(-11, 10)), root.t)
    first = combined(p, equal(p.term(_first), value), (one, root.t), (root.inverse, scale(number(-1), p.term(_first))))
    sides = add(add(p.term(_first), value), number(2 * DECIMALS))
    near = rules.order(p.goal[1][1], [bound, first], [Summand(1, (0,))], [(1, scale(number(-1), sides))])
    return rules.conjoin([both, near])


claim(
    "RS-Ex5c",
    "Its value at the true LN(1.3, 0.4, 0, 1.3) is (-22/sqrt(129), 0) = (-1.93699, 0)",
    sentence="20 s F = (-22, 0) with s^2 = 129/400, and the first coordinate is within 0.00001 of -1.93699.",
    given=[*INPUT.given, s > 0],
    show=And(Eq(20 * s * modified(t3), -22 * f1), Lt((_first + DECIMALS) ** 2, Fraction(1, 10**10))),
    proof=_true_value,
    needed=[{**PLANE, **values} for values in INPUT.without_each()],
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
