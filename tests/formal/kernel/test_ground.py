"""Exact evaluation: numbers of real quadratic towers, bounded quantifiers, families and maps."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formal.kernel.errors import KernelError
from formal.kernel.ground import Surd, Witness, evaluate, evaluate_term, sign
from formal.kernel.props import (
    Prop,
    at_least,
    conjunction,
    equal,
    for_all,
    greater,
    implication,
    negation,
    zero,
)
from formal.kernel.terms import ONE, Decl, Term, add, letter, multiply, nat, number, rank, scalar, subtract, trace

exact = settings(max_examples=150, deadline=None, derandomize=True, database=None)
rationals = st.fractions(-3, 3, max_denominator=4)
ROOT2 = Surd(1, 0, 1, 2)
L, N = nat("l"), nat("n")
A = letter(Decl("a", ONE, ONE))


def decimal(x: Any) -> Decimal:
    """The value to 100 digits: with small coefficients, a number of these towers below 10^-60 is zero."""
    if isinstance(x, Surd):
        return decimal(x.a) + decimal(x.b) * decimal(x.square).sqrt()
    q = Fraction(x)
    return Decimal(q.numerator) / Decimal(q.denominator)


@st.composite
def tower(draw: st.DrawFn) -> Any:
    """Two numbers of Q(sqrt 2)(sqrt c), c = 3, 8 (a square times 2) or 2 + sqrt 2."""
    square = draw(st.sampled_from([3, 8, 2, Surd(1, 2, 1, 2), Surd(1, 3, 2, 2)]))  # 3 + 2 sqrt 2 = (1 + sqrt 2)^2

    def one() -> Any:
        a, b = (Surd(1, draw(rationals), draw(rationals), 2) for _ in range(2))
        return Surd(2, a, b, square)

    return one(), one()


@exact
@given(tower())
def test_sums_products_and_signs_are_those_of_the_real_numbers(pair: Any) -> None:
    """A wrong sign makes a witness of nothing; also where the root lies in the field below."""
    x, y = pair
    with localcontext() as ctx:
        ctx.prec = 100
        for z, wanted in (
            (x, decimal(x)),
            (x + y, decimal(x) + decimal(y)),
            (x - y, decimal(x) - decimal(y)),
            (x * y, decimal(x) * decimal(y)),
            (x * x - y * y, decimal(x) ** 2 - decimal(y) ** 2),
            (-x + 1, 1 - decimal(x)),
            (Fraction(1, 2) * x - 3, decimal(x) / 2 - 3),
            (3 - ROOT2 * x, 3 - decimal(ROOT2) * decimal(x)),
        ):
            assert abs(decimal(z) - wanted) < Decimal(10) ** -80
            assert sign(z) == (abs(wanted) > Decimal(10) ** -60) * (1 if wanted > 0 else -1)


def test_a_root_that_lies_in_the_field_below_is_recognised() -> None:
    """sqrt(2) adjoined twice, sqrt(3 + 2 sqrt 2) = 1 + sqrt 2: the difference is zero, and so it must be found."""
    assert sign(Surd(2, ROOT2, -1, 2)) == 0
    assert sign(Surd(2, Surd(1, 1, 1, 2), -1, Surd(1, 3, 2, 2))) == 0
    assert sign(Surd(1, 2, -1, 4)) == 0
    assert sign(Surd(2, Surd(1, 1, 1, 2), -1, Surd(1, Fraction(29999, 10000), 2, 2))) == 1


@pytest.mark.parametrize(
    ("level", "a", "b", "square"),
    [
        (1, 0, 1, -1),
        (1, 0, 1, 0),
        (1, ROOT2, 1, 3),
        (1, 0, 1, ROOT2),
        (0, 0, 1, 2),
        (1, 0.5, 1, 2),
        (1, 0, True, 2),
        (1, 0, 1, 2.0),
        (2, 0, 1, Surd(1, 1, -1, 2)),  # 1 - sqrt 2 < 0
    ],
)
def test_a_surd_needs_a_positive_exact_number_of_the_field_below(level: int, a: Any, b: Any, square: Any) -> None:
    """The root of a negative number is not real, and a float has no exact sign."""
    with pytest.raises(KernelError):
        Surd(level, a, b, square)


def test_numbers_of_two_towers_do_not_mix() -> None:
    """sqrt 2 and sqrt 3 on one level have no common table of signs."""
    other = Surd(1, 0, 1, 3)
    for act in (lambda: ROOT2 + other, lambda: ROOT2 * other, lambda: ROOT2 - other):
        with pytest.raises(KernelError, match="one tower"):
            act()
    assert sign(ROOT2 + Surd(1, 0, -1, Fraction(4, 2))) == 0


@pytest.mark.parametrize("bad", [1.0, True, None, "1", 1j, Decimal(1), float("nan")])
def test_only_exact_numbers_have_a_sign(bad: Any) -> None:
    """Whatever else is compared would be decided by rounding or by chance."""
    with pytest.raises(KernelError, match="is not an exact number"):
        sign(bad)


@pytest.mark.parametrize("entry", [0.1, True, "1", None, 1j, Decimal(1)])
@pytest.mark.parametrize("prop", ["zero", "trace", "rank"])
def test_entries_of_a_witness_are_exact(entry: Any, prop: str) -> None:
    """A bool or float entry must be refused before it is multiplied into something that looks exact."""
    square = multiply(letter(Decl("X", nat(2), ONE)), letter(Decl("Y", ONE, nat(2))))
    w = Witness({}, {"X": ((entry,), (1,)), "Y": ((1, 1),)})
    trace_, rank_ = at_least(trace(square), number(0)), equal(rank(square), number(1))
    props = {"zero": zero(square), "trace": trace_, "rank": rank_}
    with pytest.raises((KernelError, TypeError)):
        evaluate(props[prop], w)


# ---------------------------------------------------------------- propositions
def holds(p: Prop, **letters: Any) -> bool:
    return evaluate(p, Witness({"n": 2, "m": {0: 1, 1: 3}}, {k: ((v,),) for k, v in letters.items()}))


def test_relations_and_connectives() -> None:
    """Each proposition says what its name says."""
    assert holds(zero(subtract(A, number(3))), a=3)
    assert not holds(zero(A), a=Fraction(1, 3))
    assert holds(at_least(A, number(3)), a=3)
    assert not holds(greater(A, number(3)), a=3)
    assert holds(negation(greater(A, number(3))), a=3)
    assert not holds(conjunction(zero(A), zero(subtract(A, number(1)))), a=0)
    assert holds(implication(zero(A), zero(number(1))), a=1)
    assert not holds(implication(zero(A), zero(number(1))), a=0)
    assert holds(negation(zero(A)), a=ROOT2)
    assert holds(equal(multiply(A, A), number(2)), a=ROOT2)


def below(bound: Term, body: Prop) -> Prop:
    """For all l < bound, as statements are elaborated: bound - (l + 1) >= 0 implies body."""
    guard = subtract(bound, add(scalar(L), number(1)))
    return for_all("l", implication(Prop(("ge", guard)), body))


@given(st.fractions(-2, 4, max_denominator=3), st.integers(0, 4))
@exact
def test_a_bounded_quantifier_ranges_over_the_indices_of_its_guard(bound: Fraction, k: int) -> None:
    """With the guard b - l - 1 >= 0 and body l /= k; an index too many or too few would deny or grant too much."""
    p = below(A, negation(equal(scalar(L), number(k))))
    wanted = all(i != k for i in range(10) if bound - i - 1 >= 0)
    assert holds(p, a=bound) == wanted
    assert holds(negation(p), a=bound) != wanted


def test_bounds_that_are_no_small_rational_are_refused() -> None:
    """A loop over millions of indices, or up to an irrational number, is not an evaluation."""
    for bound in (5000, ROOT2):
        with pytest.raises(KernelError, match="not a small number"):
            holds(below(A, zero(number(0))), a=bound)
    with pytest.raises(KernelError, match="cannot decide"):
        holds(below(scalar(L), zero(number(0))))
    with pytest.raises(KernelError, match="cannot decide"):
        holds(for_all("l", zero(number(0))))
    with pytest.raises(KernelError, match="cannot decide"):
        holds(for_all(Decl("a", ONE, ONE), zero(number(0))))


def test_the_bound_index_hides_an_outer_dimension_of_its_name() -> None:
    """n is 2 outside, and the index inside."""
    p = for_all("n", implication(Prop(("ge", subtract(number(2), scalar(N)))), at_least(number(2), scalar(N))))
    assert holds(p)
    assert not holds(for_all("n", implication(p[2][1], at_least(number(1), scalar(N)))))


# ---------------------------------------------------------------- families and maps
def test_families_are_read_at_their_index_only() -> None:
    """A family gives a value for every index that occurs, of the shape at that index."""
    v = Decl("V", nat("m", nat("#")), ONE, True)
    w = Witness({"m": {0: 1, 1: 3}, "l": 0}, {"V": {0: ((5,),), 1: ((1,), (2,), (3,))}})
    assert evaluate_term(letter(v, nat(1)), w) == ((1,), (2,), (3,))
    assert evaluate_term(letter(v, L), w) == ((5,),)
    with pytest.raises(KernelError, match="no natural number"):
        evaluate_term(letter(v, nat(2)), w)
    with pytest.raises(KernelError, match="must be 3 x 1"):
        evaluate_term(letter(v, nat(1)), Witness(w.nats, {"V": {1: ((5,),)}}))
    with pytest.raises(KernelError, match="no value for V"):
        evaluate_term(letter(v, nat(1)), Witness(w.nats, {"V": ((1,), (2,), (3,))}))


def test_a_map_has_one_value_at_every_point() -> None:
    """A table with two values at one point, also when the point is written differently, is not a map."""
    f = Decl("f", ONE, ONE, False, ((ONE, ONE),))
    at = letter(f, None, (A,))

    def value_at(table: Any, a: Any) -> Any:
        return evaluate_term(at, Witness({}, {"a": ((a,),), "f": table}))

    table = (((None, (((2,),),)), ((7,),)), ((None, (((3,),),)), ((8,),)))
    assert value_at(table, 2) == ((7,),)
    assert value_at(table, Fraction(6, 2)) == ((8,),)
    twice = (*table, ((None, (((Fraction(2),),),)), ((9,),)))
    for bad, a in ((table, 4), (twice, 2), ((), 2), (None, 2)):
        with pytest.raises(KernelError, match="exactly one value"):
            value_at(bad, a)
    rooted = (((None, (((ROOT2,),),)), ((1,),)), ((None, (((Surd(1, 0, 1, 2),),),)), ((2,),)))
    with pytest.raises(KernelError, match="exactly one value"):
        value_at(rooted, ROOT2)


def test_a_family_of_maps_keeps_its_indices_apart() -> None:
    """g[0] and g[1] are two maps."""
    g = Decl("g", ONE, ONE, True, ((ONE, ONE),))
    table = (((0, (((2,),),)), ((7,),)), ((1, (((2,),),)), ((8,),)))
    w = Witness({"l": 1}, {"a": ((2,),), "g": table})
    assert evaluate_term(letter(g, nat(0), (A,)), w) == ((7,),)
    assert evaluate_term(letter(g, L, (A,)), w) == ((8,),)


def test_empty_matrices_evaluate() -> None:
    """Products through dimension 0 are zero, the rank and the trace of an empty matrix are 0."""
    x, y = letter(Decl("X", nat(2), nat(0))), letter(Decl("Y", nat(0), nat(2)))
    w = Witness({}, {"X": ((), ()), "Y": ()})
    assert evaluate_term(multiply(x, y), w) == ((0, 0), (0, 0))
    assert evaluate_term(multiply(y, x), w) == ()
    assert evaluate_term(trace(multiply(y, x)), w) == ((0,),)
    assert evaluate_term(rank(x), w) == ((0,),)
    assert evaluate(zero(multiply(y, x)), w)
