"""Determinants without determinants (TH-10, TH-8): what holds for every multiplicative functional of square matrices.

Of the determinant only delta(X Y) = delta(X) delta(Y) is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.ground import Witness
from ..kernel.props import conjunction, equal, exists_all, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    HOLE,
    ONE,
    Decl,
    Term,
    add,
    identity,
    letter,
    multiply,
    nat,
    number,
    scale,
    subtract,
    transpose,
)
from ..provers import rank as lemmas
from ..provers.instances import at_instance
from ..provers.proof import Proof
from ..statement import Eq, ForAll, Identity, Opaque, dims, matrix, opaque
from .shelf import claim

n, d, m = dims("n d m")


def _functional(size: Any) -> tuple[Opaque, Any]:
    """delta on square matrices of a size, and that it is multiplicative."""
    X, Y = matrix("X", size, size), matrix("Y", size, size)
    delta = opaque("delta", (size, size), (1, 1))
    return delta, ForAll((X, Y), Eq(delta(X * Y), delta(X) * delta(Y)))


def _product(p: Proof, delta: Opaque, x: Any, y: Any, value: Any, using: Sequence[Any]) -> Theorem:
    """delta x delta y = delta(value), where x y = value follows."""
    a, b, c = map(p.term, (x, y, value))
    same = p.ideal(equal(multiply(a, b), c), [p.fact(f) for f in using])
    split = p.at(next(f for f in p.facts if f.conclusion.kind == "all" and isinstance(f.conclusion[1], Decl)), a, b)
    at = [letter(delta.decl, None, (t,)) for t in (a, b, c)]
    moved = rules.congruence(same, multiply(a, b), c, delta.decl, None)
    return p.combine(equal(multiply(at[0], at[1]), at[2]), (split, number(-1)), (moved,))


I, nilpotent = Identity(n), matrix("N", n, n)
delta, _multiplicative = _functional(n)


def _unseen(p: Proof) -> Theorem:
    """With a projection P onto the image of N: (1 + P)(1 + N)(1 + P)^-1 = 1 + 2 N = (1 + N)^2."""
    square = p.facts[1]
    left, right, left_inverse, right_inverse = p.factor(nilpotent)[1:]
    _, whole, independent, onto = p.facts[2:6]
    image, shift, minus = multiply(left, left_inverse), p.term(nilpotent), number(-1)
    P = p.call("P", image)
    named = p.facts[-1]
    # P N = C A C F = N, and N P = N C (F B) A = N N B A
    keeps = p.combine(
        equal(multiply(P, shift), shift),
        (named, None, shift),
        (whole, image),
        (independent, left, right),
        (whole, scale(minus, p.term(I))),
    )
    stops = p.combine(
        zero(multiply(shift, P)),
        (named, shift),
        (onto, scale(minus, multiply(shift, left)), left_inverse),
        (square, None, multiply(right_inverse, left_inverse)),
        (whole, scale(minus, shift), multiply(right_inverse, left_inverse)),
    )
    projection = p.combine(
        equal(multiply(P, P), P), (named, None, P), (named, image), (independent, left, left_inverse), (named, -I)
    )
    one = p.term(I)
    grow, shrink = add(one, P), subtract(one, scale(number(Fraction(1, 2)), P))
    up, down = add(one, shift), subtract(one, shift)
    turned, twice = multiply(grow, up), add(up, shift)
    g_inv, v, v_inv = (letter(delta.decl, None, (x,)) for x in (shrink, up, down))
    undone = multiply(v_inv, minus)
    return p.combine(
        p.goal,
        (_product(p, delta, grow, shrink, one, [projection]), multiply(v, v_inv)),
        (_product(p, delta, grow, up, turned, []), multiply(undone, g_inv)),
        (_product(p, delta, turned, shrink, twice, [projection, keeps, stops]), undone),
        (_product(p, delta, up, up, twice, [square]), v_inv),
        (_product(p, delta, up, one, up, []), subtract(v_inv, number(1))),
        (_product(p, delta, up, down, one, [square]), subtract(number(1), v)),
    )


unseen = claim(
    "TH-10a",
    "A multiplicative functional does not see I + N for N N = 0",
    sentence="delta(I + N) = delta(I) whenever N N = 0: for a determinant, I + N has determinant 1.",
    given=[_multiplicative, Eq(nilpotent * nilpotent, 0)],
    show=Eq(delta(I + nilpotent), delta(I)),
    proof=_unseen,
    needed=[
        {"n": 2, "N": [[0, 1], [0, 0]], "delta": lambda x: [[sum(v * v for row in x for v in row)]]},
        at_instance({"n": 1, "N": 1, "delta": letter(Decl(f"{HOLE}0", ONE, ONE))}),
    ],
)

# ---------------------------------------------------------------- I + V W and I + W V
E, F = matrix("E", d + m, d), matrix("F", d + m, m)
V, W = matrix("V", d, m), matrix("W", m, d)
wide = Identity(d + m)
det, _det_of_products = _functional(d + m)
_stacked = Eq(E * E.T + F * F.T, wide)


def _orthonormal(p: Proof) -> list[Theorem]:
    """E'E = 1, F'F = 1, E'F = 0: [E F] is square, so that its transpose is its inverse on both sides."""
    e1, e2 = p.blocks(d, m)
    known = p.facts[-4:]
    stack = add(multiply(p.term(E), transpose(e1)), multiply(p.term(F), transpose(e2)))
    p.add(p.ideal(equal(multiply(stack, transpose(stack)), p.term(wide)), [*known, p.fact(_stacked)]))
    back = p.lemma(lemmas.square_inverse(), A=stack, B=transpose(stack))

    def seen(left: Term, right: Term, goal: Any) -> Theorem:
        return p.ideal(goal, [p.multiply(back, transpose(left), right), *known])

    return [
        seen(e1, e1, Eq(E.T * E, Identity(d))),
        seen(e2, e2, Eq(F.T * F, Identity(m))),
        seen(e1, e2, Eq(E.T * F, 0)),
    ]


def _same_determinant(p: Proof) -> Theorem:
    """(1 + Y)(1 + Y X)(1 - X) = 1 - X + Y = (1 - X)(1 + X Y)(1 + Y), for X X = 0 = Y Y."""
    facts = _orthonormal(p)
    apart = facts[2]
    X, Y = E * V * F.T, F * W * E.T
    through_d, through_m = wide + E * V * W * E.T, wide + F * W * V * F.T
    whole, first, second = wide - X + Y, (wide + Y) * through_m, (wide - X) * through_d
    p.add(p.ideal(Eq(X * X, 0), [apart]))
    p.add(p.ideal(Eq(Y * Y, 0), [apart]))
    first_unit, second_unit = cite(p, unseen, N=Y), cite(p, unseen, N=-X)
    o, y, x, left, right = (p.term(det(z)) for z in (wide, wide + Y, wide - X, through_d, through_m))
    gap, minus = subtract(left, right), number(-1)
    return p.combine(
        p.goal,
        (_product(p, det, wide + Y, through_m, first, []), scale(minus, x)),
        (_product(p, det, first, wide - X, whole, facts), minus),
        (_product(p, det, wide - X, through_d, second, []), y),
        (_product(p, det, second, wide + Y, whole, facts), number(1)),
        (_product(p, det, wide, through_m, through_m, []), add(o, number(1))),
        (_product(p, det, wide, through_d, through_d, []), scale(minus, add(o, number(1)))),
        (second_unit, scale(minus, multiply(gap, y))),
        (first_unit, scale(minus, multiply(gap, o))),
    )


def _area(p: Proof) -> Theorem:
    """At twice the first coordinate, with delta the determinant of 2 x 2 matrices, 5 is not 2."""
    two = nat(2)
    e, f = Decl("e", two, ONE), Decl("f", two, ONE)
    x, y = letter(e), letter(f)
    frame = conjunction(
        equal(multiply(transpose(x), x), number(1)),
        equal(multiply(transpose(y), y), number(1)),
        zero(multiply(transpose(x), y)),
        equal(add(multiply(x, transpose(x)), multiply(y, transpose(y))), identity(two)),
    )
    basis = p.open(rules.ground(exists_all((e, f), frame), Witness({}, {"e": ((1,), (0,)), "f": ((0,), (1,))})))
    lengths, whole = p.facts[-4:-1], p.facts[-1]

    def entries(a: Term) -> list[Term]:
        return [multiply(multiply(transpose(u), a), v) for u, v in product(basis, repeat=2)]

    def area(a: Term) -> Term:
        first, second, third, fourth = entries(a)
        return subtract(multiply(first, fourth), multiply(second, third))

    A, B = (Decl(name, two, two) for name in "XY")
    a, b = letter(A), letter(B)
    first, second, third, fourth = entries(multiply(a, b))
    through = [p.multiply(whole, multiply(transpose(u), a), multiply(b, v)) for u, v in product(basis, repeat=2)]
    summed = [add(t.conclusion[1], z) for t, z in zip(through, (first, second, third, fourth), strict=True)]
    parts = (through[0], fourth), (through[3], summed[0]), (through[1], third), (through[2], summed[1])
    signed = [(fact, scale(number(sign), left)) for (fact, left), sign in zip(parts, (-1, -1, 1, 1), strict=True)]
    multiplicative = p.combine(equal(area(multiply(a, b)), multiply(area(a), area(b))), *signed)
    p.facts = [*lengths, rules.generalize(rules.generalize(multiplicative, B), A)]

    def wrong(q: Proof) -> Theorem:
        q.facts = [q.ideal(Eq(1, 0), [q.facts[-1], *lengths])]
        return q.order()

    hole = letter(Decl(f"{HOLE}0", two, two))
    values = {"d": 1, "m": 1, "V": 1, "W": 1, "E": scale(number(2), basis[0]), "F": basis[1], "delta": area(hole)}
    return at_instance(values, wrong)(p)


claim(
    "TH-10b",
    "Sylvester's determinant identity: det(I + V W) = det(I + W V)",
    sentence="For every multiplicative functional on (d + m) x (d + m) matrices, I + V W on the first d coordinates "
    "and I + W V on the last m (each with 1 elsewhere) have the same value. E and F inject the d and the m "
    "coordinates.",
    given=[_det_of_products, _stacked],
    show=Eq(det(wide + E * V * W * E.T), det(wide + F * W * V * F.T)),
    proof=_same_determinant,
    needed=[
        {
            **{"d": 1, "m": 1, "E": [[1], [0]], "F": [[0], [1]], "V": [[1]], "W": [[1]]},
            **{"delta": lambda x: [[x[0][0]]]},
        },
        _area,
    ],
)

# ---------------------------------------------------------------- causal layers
k = dims("k")
G, C, D, P = matrix("G", n, k), matrix("C", k, n), matrix("D", k, k), matrix("P", n, n)
own = I - G * G.T + G * D * G.T


def _others_unseen(p: Proof) -> Theorem:
    """The update is (1 + G C P)(the update without C), where G C P G C P = 0."""
    apart, reads = p.facts[1], G * C * P
    p.add(p.combine(Eq(reads * reads, 0), (apart, G * C, C * P)))
    facts = [
        cite(p, unseen, N=reads),
        _product(p, delta, I + reads, own, own + reads, [apart]),
        _product(p, delta, I, own, own, []),
    ]
    return p.ideal(facts=facts)


claim(
    "TH-8d",
    "The determinant of a causal layer is the product of those of its tokens' blocks",
    sentence="A causal layer is a product of updates of one token each (TH-8b); a multiplicative functional of an "
    "update does not depend on what the token reads of the earlier tokens, C, but on its own block D only.",
    given=[_multiplicative, Eq(P * G, 0)],
    show=Eq(delta(own + G * C * P), delta(own)),
    proof=_others_unseen,
    needed=[
        {
            **{"n": 2, "k": 1, "G": [[0], [1]], "C": [[1, 0]], "D": [[1]], "P": [[1, 0], [0, 0]]},
            **{"delta": lambda x: [[x[1][0]]]},
        },
        at_instance({"n": 1, "k": 1, "G": 1, "C": 1, "D": 1, "P": 1, "delta": letter(Decl(f"{HOLE}0", ONE, ONE))}),
    ],
    also=("VW-U10",),
)
