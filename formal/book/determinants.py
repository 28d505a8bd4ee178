"""Determinants without determinants (TH-10, TH-8): what holds for every multiplicative functional of square matrices.

Of the determinant only delta(X Y) = delta(X) delta(Y) is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import at_least, equal, zero
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import (
    HOLE,
    ONE,
    Decl,
    Number,
    Term,
    add,
    letter,
    multiply,
    nat,
    number,
    scale,
    squared_norm,
    subtract,
    transpose,
    zeros,
)
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


def _products(p: Proof, delta: Opaque) -> Callable[[Any, Any], Theorem]:
    """delta(x y) = delta(x) delta(y), for x and y that are asked for."""
    X, Y = (Decl(name, *delta.decl.domain[0]) for name in "XY")
    split = p.at(p.facts[0], letter(X), letter(Y))
    return lambda x, y: rules.instantiate(split, {}, {X: p.term(x), Y: p.term(y)})


I, nilpotent = Identity(n), matrix("N", n, n)
delta, _multiplicative = _functional(n)


def _unseen(p: Proof) -> Theorem:
    """With a projection P onto the image of N, so that P N = N and N P = 0: X Y = 1 + 2 N and Y X = 1 + N for
    X = 1 + P + 2 N and Y = 1 - P / 2. So delta(1 + 2 N) = delta(1 + N), and (1 + 2 N)(1 - N) = 1 + N does the rest."""
    product, square = _products(p, delta), p.facts[1]
    N, C, F, A, B = p.term(nilpotent), *p.factor(nilpotent)[1:]
    _, whole, independent, onto = p.facts[2:6]
    image = multiply(C, A)
    once = p.combine(equal(multiply(image, image), image), (independent, C, A))
    keeps = p.combine(
        equal(multiply(image, N), N), (whole, image), (independent, C, F), (whole, scale(number(-1), p.term(I)))
    )
    inverse, shift = multiply(B, A), scale(number(-1), N)
    stops = p.combine(
        zero(multiply(N, image)),
        (onto, multiply(shift, C), A),
        (square, None, inverse),
        (whole, shift, inverse),
    )
    one = p.term(I)
    X, Y = add(add(one, image), N, 2), add(one, image, Fraction(-1, 2))
    up, twice, down = add(one, N), add(one, N, 2), subtract(one, N)
    seen = letter(delta.decl, None, (down,))

    def equal_to(value: Term, x: Term, y: Term, times: Term, *parts: tuple[Theorem, Number]) -> Sequence[Any]:
        """times (delta x delta y - delta value) = 0, as parts of a combination, where x y = value by the parts."""
        same = p.combine(equal(multiply(x, y), value), *((fact, scale(number(c), one)) for fact, c in parts))
        moved = rules.congruence(same, multiply(x, y), value, delta.decl)
        return (product(x, y), scale(number(-1), times)), (moved, times)

    return p.combine(
        p.goal,
        *equal_to(one, up, down, number(1), (square, -1)),
        *equal_to(up, twice, down, number(-1), (square, -2)),
        *equal_to(up, Y, X, seen, (once, Fraction(-1, 2)), (keeps, -1)),
        *equal_to(twice, X, Y, scale(number(-1), seen), (once, Fraction(-1, 2)), (stops, -1)),
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
on_all, _multiplicative_on_all = _functional(d + m)
_stacked = Eq(E * E.T + F * F.T, wide)
_through_d, _through_m = wide + E * V * W * E.T, wide + F * W * V * F.T


def _orthonormal(p: Proof) -> list[Theorem]:
    """E'E = 1, F'F = 1, E'F = 0 and F'E = 0, as |1 - E'E|^2 + |1 - F'F|^2 + 2 |E'F|^2 = |E E' + F F' - 1|^2 = 0."""
    stacked = p.fact(_stacked)
    gap: Term = stacked.conclusion[1]
    all_zero = rules.ideal(squared_norm(gap), [stacked], [Cofactor(0, gap, p.term(wide), number(1))])
    first, second, across = (p.term(z) for z in (E.T * E - Identity(d), F.T * F - Identity(m), E.T * F))

    def vanishes(term: Term, once: Fraction, *others: tuple[Number, Term]) -> Theorem:
        squares = [Summand(times, (), (other,)) for times, other in others]
        below = rules.order(at_least(number(0), squared_norm(term)), [all_zero], squares, [(0, number(-once))])
        return rules.null(below, term)

    half, one = Fraction(1, 2), Fraction(1)
    lengths = vanishes(first, one, (1, second), (2, across)), vanishes(second, one, (1, first), (2, across))
    return [*lengths, *(vanishes(z, half, (half, first), (half, second)) for z in (across, transpose(across)))]


def _same_value(p: Proof) -> Theorem:
    """For X = E V F' and Y = F W E', so that X X = 0 = Y Y, (1 - Y)(1 - X + Y)(1 + X) = 1 + Y X = 1 + F W V F' and
    (1 + X)(1 - X + Y)(1 - Y) = 1 + X Y = 1 + E V W E'."""
    product = _products(p, on_all)
    length_e, length_f, e_apart, f_apart = _orthonormal(p)
    X, Y = E * V * F.T, F * W * E.T
    left, middle, right = wide - Y, wide - X + Y, wide + X

    def seen(value: Any, x: Any, y: Any, sign: int, *parts: Any) -> list[Any]:
        """sign (delta x delta middle delta y - delta value), as parts of a combination, where x middle y = value."""
        whole, made, times = p.term(x * middle * y), p.term(value), number(sign)
        moved = rules.congruence(p.combine(equal(whole, made), *parts), whole, made, on_all.decl)
        return [
            (moved, times),
            (product(x, middle * y), scale(number(-1), times)),
            (product(middle, y), scale(number(-1), multiply(times, letter(on_all.decl, None, (p.term(x),))))),
        ]

    through_m = (length_e, F * W, V * F.T), (f_apart, -left * E * V, V * F.T), (e_apart, -F * W, W * E.T * right)
    through_d = (length_f, E * V, W * E.T), (e_apart, -right * F * W, W * E.T), (f_apart, -E * V, V * F.T * left)
    return p.combine(
        p.goal, *seen(_through_m, left, right, 1, *through_m), *seen(_through_d, right, left, -1, *through_d)
    )


def _area(p: Proof) -> Theorem:
    """With E = 0, F the second coordinate and delta the determinant of 2 x 2 matrices, 1 is not 2."""
    two, basis = nat(2), p.blocks(1, 1)
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
    values = {"d": 1, "m": 1, "V": 1, "W": 1, "E": zeros(two, ONE), "F": basis[1], "delta": area(hole)}
    return at_instance(values, wrong)(p)


claim(
    "TH-10b",
    "Sylvester's determinant identity: det(I + V W) = det(I + W V)",
    sentence="For every multiplicative functional on (d + m) x (d + m) matrices, I + V W on the first d coordinates "
    "and I + W V on the last m (each with 1 elsewhere) have the same value. E and F inject the d and the m "
    "coordinates.",
    given=[_multiplicative_on_all, _stacked],
    show=Eq(on_all(_through_d), on_all(_through_m)),
    proof=_same_value,
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
    product, apart, reads = _products(p, delta), p.facts[1], G * C * P
    p.add(p.combine(Eq(reads * reads, 0), (apart, G * C, C * P)))
    whole, split = p.term(own + reads), p.term((I + reads) * own)
    same = p.combine(equal(split, whole), (apart, G * C, D * G.T - G.T))
    moved = rules.congruence(same, split, whole, delta.decl)
    alone = delta(own)
    return p.combine(
        p.goal, (moved, -1), (product(I + reads, own),), (cite(p, unseen, N=reads), alone), (product(I, own), -1)
    )


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
