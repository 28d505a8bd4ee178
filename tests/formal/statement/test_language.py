"""Writing statements: what may be said, what is refused, and that the kernel understands what was written."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy

from formal.kernel import props, terms
from formal.kernel.errors import KernelError
from formal.kernel.terms import ONE, Decl, nat
from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Iff,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    Or,
    StatementError,
    Trace,
    ZeroMatrix,
    dim_family,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    rank,
    scalars,
    vector,
)
from formal.statement.elaborate import elaborate, elaborate_prop, variable
from formal.statement.language import as_prop, from_nat, lift, to_nat

n, m, d, l, L = dims("n m d l L")
S, R, W, V = matrix("S", n, n), matrix("R", n, n), matrix("W", m, n), matrix("V", n, m)
x, y = vector("x", n), vector("y", n)
s, t = scalars("s t")


def refused(make: Callable[[], Any], match: str | None = None) -> None:
    with pytest.raises(StatementError, match=match):
        make()


# ---------------------------------------------------------------- dimensions
@pytest.mark.parametrize(
    "bad",
    [-1, True, False, 1.0, 2.5, "n", None, Fraction(1, 2), sympy.Rational(1, 2), sympy.Float(2), n - 1, n / 2, 1 / n],
)
def test_only_natural_polynomials_are_dimensions(bad: Any) -> None:
    """A width of n - 1 or n/2 may not exist, and 2.0 or True is a slip of the pen."""
    to_nat(1), to_nat(2), to_nat(0), to_nat(sympy.Integer(1)), to_nat(sympy.Integer(2))  # equal keys may be cached
    refused(lambda: to_nat(bad), "is not a dimension")
    refused(lambda: Identity(bad), "is not a dimension")


@pytest.mark.parametrize(
    "bad", [2**n, sympy.Max(n, m), sympy.floor(n / 2), sympy.Symbol("k"), sympy.Symbol("k", integer=True)]
)
def test_other_integer_expressions_are_no_dimensions(bad: Any) -> None:
    """A symbol without the assumption may be negative, and powers or maxima have no polynomial."""
    refused(lambda: to_nat(bad), "is not a dimension")


def test_dimensions_are_polynomials_and_come_back() -> None:
    """(n + m)(n + 2) is one dimension however it is written."""
    size = (n + m) * (n + 2)
    assert to_nat(size) == to_nat(sympy.expand(size))
    assert sympy.expand(from_nat(to_nat(size)) - size) == 0
    widths = dim_family("w")
    assert to_nat(widths[l + 1]) == nat("w", terms.nat_sum(nat("l"), ONE))
    assert to_nat(from_nat(to_nat(widths[l] * n + 3))) == to_nat(3 + n * widths[l])
    refused(lambda: to_nat(widths[l, n]), "is not a dimension")


# ---------------------------------------------------------------- expressions
def test_expressions_elaborate_to_what_they_say() -> None:
    """Every form of the language is one operation of the kernel."""
    ks, kr = terms.letter(Decl("S", nat("n"), nat("n"))), terms.letter(Decl("R", nat("n"), nat("n")))
    assert elaborate(S + R) == terms.add(ks, kr)
    assert elaborate(S - R) == terms.subtract(ks, kr)
    assert elaborate(-S) == terms.scale(terms.number(-1), ks)
    assert elaborate(S * R.T) == terms.multiply(ks, terms.transpose(kr))
    assert elaborate(S @ R) == elaborate(S * R)
    assert elaborate(Trace(S)) == terms.trace(ks)
    assert elaborate(rank(S)) == terms.rank(ks)
    assert elaborate(n * S) == terms.scale(terms.scalar(nat("n")), ks)
    assert elaborate(lift(n - 1) * S) == terms.subtract(elaborate(n * S), ks)
    assert elaborate(2 * S / 3) == terms.scale(terms.number(Fraction(2, 3)), ks)
    assert elaborate(ZeroMatrix(n, n)) == terms.zeros(nat("n"), nat("n"))
    assert elaborate(S**3) == elaborate(S * S * S)
    assert elaborate(sympy.Identity(n) * S) == ks
    assert elaborate(norm2(W)) == elaborate(Trace(W.T * W))
    assert elaborate(norm2(x)) == elaborate(x.T * x)
    assert elaborate((S.T).T) == ks


def test_scalars_multiply_from_any_place_and_keep_their_order() -> None:
    """u s v with a scalar s in the middle is s times u v, not a shape error, and never another product."""
    assert elaborate(S * s * R) == elaborate(s * (S * R)) == elaborate(S * R * s)
    assert elaborate(x * s * y.T) == elaborate(s * x * y.T)
    assert elaborate((x.T * y) * S) == elaborate(S * (y.T * x))
    assert elaborate(x * (y.T * S * x)) == elaborate((x * y.T) * S * x)
    assert (S * s).shape == (n, n)
    assert elaborate(s * t) == elaborate(t * s)


@pytest.mark.parametrize("pair", [(s, S), (S, s), (x, S), (W, V), (x, vector("z", m))])
def test_an_inner_product_needs_two_of_one_shape(pair: tuple[Any, Any]) -> None:
    """<s, S> for a scalar s and a matrix S is not s tr(S): it is a slip, and must be named."""
    refused(lambda: inner(*pair))


def test_entries_truth_values_and_order_of_matrices_are_refused() -> None:
    """Statements are not computed with: no S[0, 0], no `if`, no chained comparison."""
    refused(lambda: S[0, 0], "one matrix")
    refused(lambda: bool(Eq(S, R)), "not a truth value")
    refused(lambda: 0 <= s <= 1, "not a truth value")  # type: ignore[operator]
    refused(lambda: as_prop(True), "not a proposition")
    refused(lambda: as_prop(sympy.true), "not a proposition")
    refused(lambda: And(d <= d, Le(s, t)), "not a proposition")
    refused(lambda: as_prop(S), "not a proposition")
    refused(lambda: Lt(x, y), "only scalars are ordered")
    refused(lambda: lift("S"), "no place in a statement")
    refused(lambda: matrix("not a name", n, n), "is not a name")
    refused(lambda: matrix("#", n, n), "is not a name")


def test_relations_of_dimensions_written_in_sympy_are_taken_over() -> None:
    """d <= m is SymPy's own relation; its meaning is ours."""
    assert elaborate_prop(as_prop(n <= m)) == elaborate_prop(Le(n, m))
    assert elaborate_prop(as_prop(n > m)) == elaborate_prop(Lt(m, n))
    assert elaborate_prop(as_prop(sympy.Eq(n, m))) == elaborate_prop(Eq(n, m))
    assert elaborate_prop(as_prop(sympy.Ne(n, m))) == elaborate_prop(Ne(n, m))


# ---------------------------------------------------------------- letters
def test_families_and_maps_check_their_arguments() -> None:
    """The type of F[l + 1] is the type at l + 1; a map takes what its domain says."""
    w = dim_family("w")
    F = family("F", n, lambda i: w[i])
    assert F[l + 1].shape == (n, w[l + 1])
    refused(lambda: F[l] * F[l + 1].T, "the inner dimensions")
    refused(lambda: F[-1], "is not a dimension")
    refused(lambda: F[l - 1], "is not a dimension")
    phi = opaque("phi", n, m)
    assert phi(x).shape == (m, 1)
    refused(lambda: phi(S), "the argument must be n x 1")
    refused(lambda: phi(), "the argument must be")
    refused(lambda: phi(x, y), "the argument must be")
    refused(lambda: phi[0](x), "is one map")
    psi = opaque("psi", lambda i: w[i], m, indexed=True)
    refused(lambda: psi(x), "is a family of maps")
    refused(lambda: psi[l](x), r"the argument must be w\[l\] x 1")
    assert psi[l](vector("z", w[l])).shape == (m, 1)


def test_two_letters_of_one_name_and_two_types_are_not_bound_together() -> None:
    """Quantifying over one of them would leave the other one free under the same name."""
    with pytest.raises(KernelError, match="two types"):
        elaborate_prop(ForAll(matrix("A", n, n), Eq(matrix("A", n, n) * matrix("A", n, m), 0)))
    with pytest.raises(KernelError, match="its type depends on n"):
        elaborate_prop(Exists(n, Eq(S, S.T)))


# ---------------------------------------------------------------- propositions
def test_connectives_elaborate_to_what_they_say() -> None:
    """Or, Iff and Not are written with the kernel's and, not, implies."""
    p, q = Eq(s, 0), Le(s, t)
    kp, kq = elaborate_prop(p), elaborate_prop(q)
    assert elaborate_prop(And(p, q)) == props.conjunction(kp, kq)
    assert elaborate_prop(Implies(p, q)) == props.implication(kp, kq)
    assert elaborate_prop(Not(q)) == elaborate_prop(Lt(t, s))
    assert elaborate_prop(Not(Not(p))) == kp
    both = props.conjunction(props.negation(kp), props.negation(kq))
    assert elaborate_prop(Or(p, q)) == props.negation(both)
    assert elaborate_prop(Iff(p, q)) == props.conjunction(props.implication(kp, kq), props.implication(kq, kp))
    assert elaborate_prop(Ne(S, R)) == props.negation(props.equal(elaborate(S), elaborate(R)))
    assert elaborate_prop(s <= t) == kq
    assert elaborate_prop(s > t) == elaborate_prop(Lt(t, s))
    assert elaborate_prop(Exists((n, S), Eq(S, 0))) == props.exists_all(("n", variable(S)), elaborate_prop(Eq(S, 0)))


def test_zero_is_the_zero_of_the_other_side() -> None:
    """W = 0 means the zero matrix of W's shape, on either side."""
    assert elaborate_prop(Eq(W, 0)) == props.zero(elaborate(W))
    assert elaborate_prop(Eq(0, W)) == props.zero(elaborate(-W))
    assert elaborate_prop(Eq(s, 0)) == props.zero(elaborate(s))
    refused(lambda: Eq(W, 1), "the left side is m x n, the right side 1 x 1")


def test_each_ranges_below_its_bound() -> None:
    """Each(l, L, p) is: for all l with L - l - 1 >= 0, p; the kernel recognises it as bounded."""
    F = family("F", n, n)
    p = elaborate_prop(Each(l, L, Eq(F[l], 0)))
    found = props.bounded(p)
    assert found is not None
    assert (found[0], found[1]) == ("l", terms.scalar(nat("L")))


@pytest.mark.parametrize("bound", [l, l + 1, 2 * l, dim_family("w")[l]])
def test_a_bound_that_depends_on_its_own_index_is_refused(bound: Any) -> None:
    """ "For all l < l" holds for nothing: as a hypothesis it is empty, and so is a recursion that stands under it."""
    refused(lambda: elaborate_prop(Each(l, bound, Eq(s, 0))))


def test_only_variables_are_quantified() -> None:
    """An expression or a sum of dimensions cannot be bound."""
    for bad in (S * R, S.T, n + 1, family("F", n, n)[l], 3):
        refused(lambda bad=bad: elaborate_prop(ForAll(bad, Eq(s, 0))), "is not a variable")
    refused(lambda: elaborate_prop(Each(S, L, Eq(s, 0))), "is not an index|is not a variable")


# ---------------------------------------------------------------- texts
@pytest.mark.parametrize(
    ("written", "text"),
    [
        (W * (Identity(n) - V * W), "W*(I - V*W)"),
        ((S + R).T * x, "(S + R).T*x"),
        (Trace(S * R), "trace(S*R)"),
        (rank(W) + 1, "rank(W) + 1"),
        (Eq(S * R, R * S), "S*R = R*S"),
        (Le(s, t), "s <= t"),
    ],
)
def test_statements_print_as_they_were_written(written: Any, text: str) -> None:
    """An error message or a report that shows another expression misleads."""
    assert str(written) == text
