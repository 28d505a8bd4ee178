"""The rank lemmas: proved without axioms, and true of random matrices."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formal.kernel.ground import Witness, evaluate, evaluate_nat
from formal.kernel.props import Prop, free_letters
from formal.kernel.rules import Theorem, assume
from formal.provers import rank, rank_equal
from formal.provers.errors import ProofFailure
from formal.provers.proof import Proof
from formal.provers.ranks import by_rank
from formal.statement import Eq, Identity, Le, dims, matrix
from formal.statement import rank as rank_of
from formal.statement.elaborate import elaborate_prop

exact = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
LEMMAS: dict[str, Callable[[], Theorem]] = {
    name: f
    for module in (rank, rank_equal)
    for name, f in vars(module).items()
    if callable(f)
    and getattr(f, "__module__", "") == module.__name__
    and not name.startswith("_")
    and not inspect.signature(f).parameters
}
CONDITIONS = {"with_left_inverse", "idempotent", "vanishes", "square_inverse", "full_column_rank", "kernel_vector"}
CONDITIONS |= {"overlap", "at_least_one", "traceless", "unit_vector", "same_multiple", "nonzero_multiple"}
Rows = tuple[tuple[Any, ...], ...]


def test_the_lemmas_are_found() -> None:
    """Else the tests below would be about nothing."""
    assert {"product_left", "product_right", "of_sum", "sylvester", "frobenius", "nullity"} <= set(LEMMAS)
    assert set(LEMMAS) >= CONDITIONS


@pytest.mark.parametrize("name", sorted(LEMMAS))
def test_a_lemma_rests_on_no_axiom(name: str) -> None:
    """Sub-additivity, Sylvester and Frobenius are derived from the three rank rules, not assumed."""
    th = LEMMAS[name]()
    assert not th.axioms
    assert bool(th.hyps) == (name in CONDITIONS)
    assert len(th.hyps) <= (2 if name == "traceless" else 1)


# ---------------------------------------------------------------- random matrices
small = st.sampled_from([Fraction(0), Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 2)])


def times(x: Rows, y: Rows, cols: int) -> Rows:
    return tuple(tuple(sum((p * y[i][j] for i, p in enumerate(row)), Fraction(0)) for j in range(cols)) for row in x)


@st.composite
def matrices(draw: st.DrawFn, rows: int, cols: int) -> Rows:
    """Often of small rank: a product through a smaller dimension."""
    if rows and cols and draw(st.booleans()):
        inner = draw(st.integers(0, min(rows, cols)))
        left = draw(st.tuples(*[st.tuples(*[small] * inner)] * rows))
        right = draw(st.tuples(*[st.tuples(*[small] * cols)] * inner))
        return times(left, right, cols)
    found: Rows = draw(st.tuples(*[st.tuples(*[small] * cols)] * rows))
    return found


@st.composite
def invertible(draw: st.DrawFn, size: int) -> tuple[Rows, Rows]:
    """A product of elementary matrices, and its inverse."""
    one = tuple(tuple(Fraction(int(i == j)) for j in range(size)) for i in range(size))
    u = v = one
    for _ in range(draw(st.integers(0, 4)) if size > 1 else 0):
        i, j = draw(st.permutations(range(size)))[:2]
        c = draw(small)
        step = [list(row) for row in one]
        back = [list(row) for row in one]
        step[i][j], back[i][j] = c, -c
        u, v = times(tuple(map(tuple, step)), u, size), times(v, tuple(map(tuple, back)), size)
    return u, v


@st.composite
def worlds(draw: st.DrawFn, lemma: str) -> Witness:
    """Dimensions 0 .. 3 and matrices that meet the hypothesis of the lemma."""
    sizes = {name: draw(st.integers(0, 3)) for name in "dmnkw"}
    th = LEMMAS[lemma]()
    if lemma in ("with_left_inverse", "full_column_rank"):
        sizes["k"] = min(sizes["k"], sizes["d"])
    u, v = draw(invertible(sizes["n"] if lemma == "square_inverse" else sizes["d"]))
    k, d = sizes["k"], sizes["d"]
    special: dict[str, Rows] = {}
    if lemma == "square_inverse":
        special = {"A": u, "B": v}
    elif lemma == "idempotent":
        r = draw(st.integers(0, d))
        special = {"P": times(tuple(row[:r] for row in u), v[:r], d)}
    elif lemma in ("same_multiple", "nonzero_multiple"):
        factor = draw(small.filter(bool))
        special = {"c": ((factor,),), "t": ((1 / factor,),)}
    elif lemma == "traceless":
        special = {"P": ((Fraction(0),) * d,) * d}
    elif lemma == "vanishes":
        special = {"M": ((Fraction(0),) * sizes["n"],) * sizes["m"]}
    elif lemma == "overlap":
        special = {"P": ((Fraction(0),) * d,) * sizes["n"], "Q": ((Fraction(0),) * d,) * k}
        if draw(st.booleans()):  # U = V and P = Q
            sizes["k"] = k = sizes["n"]
            both, common = draw(matrices(sizes["m"], k)), draw(matrices(k, d))
            special = {"U": both, "V": both, "P": common, "Q": common}
    elif lemma == "at_least_one":
        sizes["m"], sizes["n"] = max(1, sizes["m"]), max(1, sizes["n"])
        first, *rest = draw(matrices(sizes["m"], sizes["n"]))
        special = {"M": ((first[0] or Fraction(1), *first[1:]), *rest)}
    elif lemma in CONDITIONS:
        special = {"V": tuple(row[:k] for row in u), "W": v[:k]}
    letters: dict[str, Any] = {}
    for decl in sorted(frozenset().union(*map(free_letters, (th.conclusion, *th.hyps)))):
        rows, cols = (evaluate_nat(x, Witness(sizes, {})) for x in (decl.rows, decl.cols))
        letters[decl.name] = special.get(decl.name) or draw(matrices(rows, cols))
    return Witness(sizes, letters)


@pytest.mark.parametrize("name", sorted(set(LEMMAS) - {"nullity", "full_column_rank", "kernel_vector", "unit_vector"}))
def test_a_lemma_holds_of_random_matrices(name: str) -> None:
    """The rules, the provers and the lemma's own reading agree with exact ranks, dimension 0 included."""

    @exact
    @given(worlds(name))
    def holds(w: Witness) -> None:
        th = LEMMAS[name]()
        assert all(evaluate(h, w) for h in th.hyps), "the sample does not meet the hypothesis"
        assert evaluate(th.conclusion, w)

    holds()


def opened(p: Prop) -> tuple[list[Any], Prop]:
    """The bound variables of nested exists, and the body."""
    variables = []
    while p.kind == "ex":
        variables.append(p[1])
        p = p[2]
    return variables, p


@exact
@given(st.integers(0, 3), st.integers(0, 3), st.data())
def test_the_nullity_lemma_is_met_by_a_basis_of_the_kernel(m: int, n: int, data: st.DataObject) -> None:
    """M = U [I 0; 0 0] Z: the last columns of Z^-1 span the kernel."""
    r = data.draw(st.integers(0, min(m, n)))
    (u, u_inv), (z, z_inv) = data.draw(invertible(m)), data.draw(invertible(n))
    middle = times(tuple(row[:r] for row in u), z[:r], n)
    (size, kernel, coordinates, section), body = opened(LEMMAS["nullity"]().conclusion)
    w = Witness(
        {"m": m, "n": n, size: n - r},
        {
            "M": middle,
            kernel.name: tuple(row[r:] for row in z_inv),
            coordinates.name: z[r:],
            section.name: times(tuple(row[:r] for row in z_inv), u_inv[:r], m),
        },
    )
    assert evaluate(body, w)
    if r:
        wrong = Witness({**w.nats, size: n - r}, {**w.letters, "M": ((Fraction(0),) * n,) * m})
        assert not evaluate(body, wrong)


@exact
@given(st.integers(0, 3), st.integers(1, 3), st.data())
def test_the_kernel_vector_is_met_where_a_basis_has_a_first_vector(m: int, n: int, data: st.DataObject) -> None:
    """M = U [I 0; 0 0] Z of rank r < n: column r + 1 of Z^-1 is not 0 and M kills it."""
    r = data.draw(st.integers(0, min(m, n - 1)))
    (u, _), (z, z_inv) = data.draw(invertible(m)), data.draw(invertible(n))
    th = LEMMAS["kernel_vector"]()
    (vector,), body = opened(th.conclusion)
    letters = {"M": times(tuple(row[:r] for row in u), z[:r], n), vector.name: tuple(row[r : r + 1] for row in z_inv)}
    w = Witness({"m": m, "n": n}, letters)
    assert all(evaluate(h, w) for h in th.hyps)
    assert evaluate(body, w)
    assert not evaluate(body, Witness(w.nats, {**letters, vector.name: ((Fraction(0),),) * n}))


@exact
@given(worlds("full_column_rank"), st.data())
def test_full_column_rank_is_met_by_a_left_inverse(w: Witness, data: st.DataObject) -> None:
    """Where rank V >= k holds, a left inverse does exist: that of the construction."""
    th = LEMMAS["full_column_rank"]()
    assert all(evaluate(h, w) for h in th.hyps)
    (inverse,), body = opened(th.conclusion)
    assert (str(inverse.rows), str(inverse.cols)) == ("k", "d")
    assert body.kind == "zero"


# ---------------------------------------------------------------- use
n, m, k, d = dims("n m k d")


def test_a_lemma_is_used_at_other_letters_and_sizes() -> None:
    """rank(A B C) <= rank B by two products, the sizes read off from the letters."""
    A, B, C = matrix("A", m, n), matrix("B", n, k), matrix("C", k, d)
    p = Proof(elaborate_prop(Le(rank_of(A * B * C), rank_of(B))))
    p.add(p.lemma(rank.product_left(), X=A * B, Y=C))
    p.add(p.lemma(rank.product_right(), X=A, Y=B))
    assert p.close(p.order()).hyps == frozenset()


def test_a_lemma_with_a_condition_needs_it() -> None:
    """rank V >= k from W V = I; without the equation the condition is not met."""
    W, V = matrix("W", k, d), matrix("V", d, k)
    goal = elaborate_prop(Le(k, rank_of(V)))
    one = assume(elaborate_prop(Eq(W * V, Identity(k))))
    p = Proof(goal, [one])
    th = rank.with_left_inverse()
    assert th.hyps == {one.conclusion}
    assert p.close(th).conclusion == goal
    lonely = Proof(goal)
    with pytest.raises(ProofFailure):
        lonely.close(lonely.order())


def test_false_rank_statements_are_not_found() -> None:
    """rank(X Y) = rank(Y X) and rank(X + Y) >= rank X fail at 2 x 2; linear arithmetic must not reach them."""
    X, Y = matrix("X", n, n), matrix("Y", n, n)
    for goal in (
        Le(rank_of(X * Y), rank_of(Y * X)),
        Le(rank_of(X), rank_of(X + Y)),
        Le(n, rank_of(X)),
        Le(rank_of(X) + rank_of(Y), rank_of(X + Y)),
    ):
        p = Proof(elaborate_prop(goal))
        for left, right in ((X, Y), (Y, X)):
            p.add(p.lemma(rank.product_left(), X=left, Y=right))
            p.add(p.lemma(rank.product_right(), X=left, Y=right))
            p.add(p.lemma(rank.sylvester(), X=left, Y=right))
        p.add(p.lemma(rank.of_sum(), X=X, Y=Y))
        with pytest.raises(ProofFailure):
            p.order()


def test_the_rank_script_closes_products() -> None:
    """rank(V W) <= k through width k, and <= n, from the factors that are named."""
    V, W = matrix("V", n, k), matrix("W", k, n)
    for goal in (Le(rank_of(V * W), k), Le(rank_of(V * W), n), Le(rank_of(V * W), rank_of(W))):
        p = Proof(elaborate_prop(goal))
        assert p.close(by_rank(p)).conclusion == elaborate_prop(goal)
    p = Proof(elaborate_prop(Le(rank_of(V * W), n - 1)))
    with pytest.raises(ProofFailure):
        by_rank(p)


def test_rank_at_most_needs_the_factorisation_to_hold() -> None:
    """rank M <= k from M = V W; a wrong factorisation is refused by the ideal prover."""
    V, W = matrix("V", n, k), matrix("W", k, n)
    p = Proof(elaborate_prop(Le(rank_of(V * W + V * W), k)))
    assert p.rank_at_most(V * W + V * W, 2 * V, W).hyps == frozenset()
    with pytest.raises(ProofFailure):
        p.rank_at_most(V * W + V * W, V, W)
