"""Ranks and equations that a statement mentions, at exact letters: what would let a wrong bound or equality through."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from formal.statement import Eq, Expression, Identity, Le, Lt, Ne, dims, family, matrix, ordered_product, rank, vector
from formal.statement.language import Prop
from numeric.claims.evaluate import Evaluation
from numeric.claims.valuation import Values
from numeric.claims.weights import Product, Weight
from numeric.enclosures.enclosure import Enclosure

d, m, l, L = dims("d m l L")
I = Identity(d)
T, W, V = family("T", d, d), matrix("W", m, d), matrix("V", d, m)
P = ordered_product("P", lambda l: I + T[l], l, L)
SOURCE = np.random.default_rng(0)


def _layer(rank: int) -> Product:
    return Product(SOURCE.standard_normal((9, rank)), SOURCE.standard_normal((rank, 9)))


def _at(props: list[Prop], **values: object) -> Evaluation:
    nats = {"L": values.pop("L")} if "L" in values else {}
    return Evaluation(Values(values, dict(nats)), [P], [*P.defined, *props])


def _rank(e: Expression, **values: object) -> tuple[int, int]:
    return _at([Le(rank(e), d)], **values).rank(e, {})


def test_what_layers_add_is_bounded_by_their_ranks() -> None:
    """Without unfolding the steps, the rank of P[L] - I would be bounded by the sides only."""
    layers = {1: _layer(1), 2: _layer(2)}
    assert _rank(P[L] - I, T=layers, L=2) == (3, 3)
    wide = {"W": SOURCE.standard_normal((8, 9)), "V": SOURCE.standard_normal((9, 8))}
    assert _rank(W * P[L] * V - W * V, T=layers, L=2, **wide) == (3, 3)
    assert _rank(P[L] - 2 * I, T=layers, L=2) == (9, 9)  # nothing cancels


def test_a_layer_that_erases_is_seen_to() -> None:
    """rank(I - v w' / w'v) is one less than d, which no rounding must hide; any other factor leaves it at d."""
    v, w = SOURCE.standard_normal((9, 1)), SOURCE.standard_normal((1, 9))
    along = sum(Fraction(a) * Fraction(b) for a, b in zip(w[0], v[:, 0], strict=True))
    assert _rank(I + T[L], T={1: Product(v, w, scale=-1 / along)}, L=1) == (8, 8)
    assert _rank(I + T[L], T={1: Product(v, w, scale=Fraction(-1))}, L=1) == (9, 9)


def test_products_of_enclosed_factors_claim_no_rank_from_below() -> None:
    """What is enclosed may be anything inside, a matrix of smaller rank too."""
    made = Product(Enclosure(np.ones((9, 2)), np.full((9, 2), 2.0)), np.ones((2, 9)))
    assert (made.rank_at_least, made.rank_at_most) == (0, 2)


def test_equations_in_small_exact_letters_are_decided() -> None:
    """0.1 * 3 is not 0.3 in floats: equal and nearly equal must be told apart, where enclosures overlap."""
    x, y, read = vector("x", d), vector("y", d), matrix("W", 1, d)
    values = {"W": np.array([[0.1, 0.3]]), "x": np.array([0.3, -0.1]), "y": np.array([0.3, -np.nextafter(0.1, 1)])}
    at = Evaluation(Values(values), (), [Eq(read * x, 0), Eq(read * y, 0)])
    assert at.proposition(Eq(read * x, 0)).holds is True
    assert at.proposition(Ne(read * x, 0)).holds is False
    assert at.proposition(Eq(read * y, 0)).holds is not True


def test_large_letters_are_left_to_enclosures() -> None:
    """Rational numbers of a whole model would take minutes."""
    A = matrix("A", d, d)
    big = Weight(SOURCE.standard_normal((200, 200)))
    found = Evaluation(Values({"A": big}), (), [Eq(A * A * A, A * (A * A))]).proposition(
        Eq(A * A * A * A, A * (A * A) * A)
    )
    assert found.holds is None and found.width < 1e-8


def test_ranks_that_are_known_between_bounds_are_compared_without_rounding() -> None:
    """A rank that is 2 at most is at most 2, though nobody knows it; and certainly not 3."""
    made = Product(Enclosure(np.ones((9, 2)), np.full((9, 2), 2.0)), np.ones((2, 9)))
    A, k = matrix("A", d, d), dims("k")
    props = [Le(rank(A) + rank(A), k), Lt(k, rank(A)), Eq(rank(A), k), Le(rank(A), k)]
    at = {k: Evaluation(Values({"A": made}, {"k": k}), (), props) for k in (1, 3, 4)}
    assert [at[4].proposition(p).holds for p in props] == [True, False, False, True]
    assert [at[3].proposition(p).holds for p in props] == [None, False, False, True]
    assert [at[1].proposition(p).holds for p in props] == [None, None, None, None]
