"""What a hostile referee tried: statements, values and bindings made to have evaluation say more than is true."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from formal.claims import Claim
from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    Or,
    define,
    dim_family,
    dims,
    family,
    matrix,
    opaque,
    rank,
    scalars,
    subset_sum,
    vector,
)
from formal.statement.evaluate import evaluate
from formal.statement.language import lift
from numeric.claims.audit import BROKEN, HOLDS, OPEN, REFUTED, SILENT, WITHIN, audit, read
from numeric.claims.binding import BINDINGS, Bound, Inapplicable
from numeric.claims.evaluate import Evaluation
from numeric.claims.weights import Product, Weight
from numeric.enclosures.enclosure import Enclosure
from numeric.errors import ModelError

from .conftest import Tiny
from .evaluating import finding
from .random_statements import case

d, m, n, i, l, L = dims("d m n i l L")
W, V, T, U = matrix("W", m, d), matrix("V", d, m), matrix("T", d, d), matrix("U", d, d)
x, y = vector("x", d), vector("y", d)
a, b = scalars("a b")
layers = family("T", d, d)


def near_one(radius: float = 1e-9) -> Enclosure:
    return Enclosure(1.0, radius)


# ---------------------------------------------------------------- random statements
def check(seeds: range) -> None:
    for seed in seeds:
        found = case(seed)
        said = Evaluation(found.values, found.families, [found.prop]).proposition(found.prop)
        if said.holds is not None:
            assert found.truths() == {said.holds}, f"case {seed}: {found.prop}"


def test_what_is_certain_is_true() -> None:
    """All operators, families, bounded and tried quantifiers, empty matrices and vectors, however values are given:
    what is said to hold or to fail does so by exact evaluation."""
    check(range(100))


@pytest.mark.slow
def test_what_is_certain_is_true_in_many_cases() -> None:
    """The same, for longer."""
    check(range(100, 2000))


def check_readings(seeds: range) -> set[str]:
    statuses = set()
    for seed in seeds:
        found, evidence = case(seed), {"witness": {}} if seed % 2 else {"proof": lambda p: p.goal}
        claim = Claim("X", "", given=found.supposed, show=found.prop, where=found.families, **evidence)
        at = found.values
        status = read(claim, Bound("here", at.letters, nats=at.nats, tried=at.tried)).status
        supposed = [found.truths(p) for p in found.supposed]
        if status in (REFUTED, BROKEN):
            assert found.truths() == {False} and all(t == {True} for t in supposed), f"case {seed}: {status}"
        if status == HOLDS:
            assert found.truths() == {True}, f"case {seed}: {status}"
        if status == SILENT:
            assert {False} in supposed, f"case {seed}: {status}"
        statuses.add(status)
    return statuses


def check_widths(seeds: range) -> int:
    """How many equations were neither certain nor refuted."""
    met = 0
    for found in map(case, seeds):
        for p in (found.prop, *found.supposed):
            if p.op != "eq":
                continue
            at = Evaluation(found.values, found.families, [p])
            exact, enclosed = [evaluate(e, found.exact) for e in p.parts], [at.value(e) for e in p.parts]
            for value, enclosure in zip(exact, enclosed, strict=True):
                for row, column in np.ndindex(enclosure.shape):
                    q = Fraction(value[row][column])  # type: ignore[arg-type]
                    assert enclosure[row, column].contains_ratio(q.numerator, q.denominator), f"{p}"
            said = at.proposition(p)
            if said.holds is None and said.width < np.inf:
                met += 1
                pairs = [(x, y) for rows in zip(*exact, strict=True) for x, y in zip(*rows, strict=True)]
                most = float(max(abs(x - y) for x, y in pairs))  # type: ignore[arg-type]
                assert most <= said.width * at.magnitude(*p.parts, *enclosed, {}) * (1 + 1e-12), f"{p}"
    return met


def test_values_and_widths_contain_what_is_exact() -> None:
    """Both sides of an equation are where evaluation says, and so is their difference."""
    assert check_widths(range(300)) > 5


def test_what_an_audit_says_of_claims_is_true() -> None:
    """A claim is refuted, or broken, only where all its hypotheses hold and its conclusion fails; it holds only where
    the conclusion does, and is silent only where a hypothesis fails."""
    assert check_readings(range(100)) == {HOLDS, WITHIN, REFUTED, SILENT, OPEN, BROKEN}


@pytest.mark.slow
def test_what_an_audit_says_of_many_claims_is_true() -> None:
    """The same, for longer."""
    check_readings(range(100, 2000))


# ---------------------------------------------------------------- ranks
def test_a_scalar_product_does_not_bound_a_rank() -> None:
    """<x, y> T is a multiple of T, of any rank, although x and y are columns; so is a T."""
    at: dict[str, Any] = {"x": np.ones(3), "y": np.ones(3), "T": np.eye(3), "a": 2.0}
    assert finding(Eq(rank(x.T * y * T), 3), **at).holds is True
    assert finding(Le(rank(a * T), 1), **at).holds is False
    assert finding(Eq(rank(0 * (x.T * y) * T), 0), **at).holds is True


@pytest.mark.parametrize("factor", [a, x.T * y, lift(d), rank(T)], ids=str)
def test_scalars_do_not_bound_what_a_depth_adds(factor: Any) -> None:
    """P' = (I + a T) P adds to P as much as the rank of T."""
    p = define("P", l, L, Identity(d), lambda l, P: (Identity(d) + factor * layers[l + 1]) * P[l])
    at = {"a": 2.0, "x": np.ones(3), "y": np.ones(3), "T": {1: np.eye(3)}}
    claim = And(Le(rank(p[L] - Identity(d)), 1), Eq(x, x))
    if factor.op == "rank":
        p = define("P", l, L, Identity(d), lambda l, P: (Identity(d) + rank(layers[1]) * layers[l + 1]) * P[l])
    assert finding(claim, [p], {"L": 1}, **at).holds is False


def test_a_sum_over_subsets_is_looked_at_once_a_layer() -> None:
    """S' = S + T S mentions its past twice: the time must not double with each of 40 layers."""
    s = subset_sum("S", lambda l: layers[l], l, L)
    one = {k: Product(np.array([[1.0], [0.0], [0.0]]), np.array([[1.0, 0.0, 0.0]])) for k in range(1, 41)}
    assert finding(Le(rank(s[L] - Identity(d)), 1), [s], {"L": 40}, T=one).holds is not False
    assert finding(Le(rank(s[2] - Identity(d)), 2), [s], {"L": 40}, T=one).holds is True


def test_letters_under_a_rank_have_the_shape_of_the_statement() -> None:
    """A rank needs no values of entries, and a letter of the wrong shape is noticed all the same."""
    with pytest.raises(ModelError, match="T is 2 x 3, the statement has 2 x 2"):
        finding(Eq(rank(T), 2), T=Weight(np.ones((2, 3))))
    with pytest.raises(ModelError, match="W is 1 x 3, the statement has 4 x 4"):
        finding(Le(rank(W) + rank(V), 2), W=Weight(np.ones((1, 3))), V=Weight(np.eye(4)))


@pytest.mark.parametrize("give", [np.asarray, Weight])
def test_empty_matrices_have_rank_0(give: Any) -> None:
    """A layer without neurons adds nothing: V W = 0 through no dimension, exactly."""
    at = {"W": give(np.ones((0, 3))), "V": give(np.ones((3, 0))), "T": np.eye(3)}
    assert finding(Eq(rank(V * W), 0), **at).holds is True
    assert finding(Eq(rank(V * W + T), 3), **at).holds is True
    assert finding(Eq(V * W + T / 3, T / 3), **at).holds is True


# ---------------------------------------------------------------- what is not finite, or large
def test_a_weight_that_is_no_number_is_not_0() -> None:
    """An entry that is NaN is enclosed by everything: it equals nothing for certain, and says nothing of a rank."""
    nan = Weight(np.array([[np.nan, 1.0]]))
    assert finding(Eq(W, V.T), W=nan, V=np.array([[0.0], [1.0]])).holds is None
    assert finding(Le(2, rank(T)), T=Weight(np.array([[1.0, np.nan], [1.0, 1.0]]))).holds is None
    product = Product(nan, np.eye(2))
    assert not product.known and product.rank_at_least == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, Enclosure(np.nan), [[np.inf]]])
def test_a_number_that_is_not_finite_decides_nothing(value: Any) -> None:
    """Neither = nor <= nor <, and within no width; nor does it stop the evaluation."""
    for p in (Eq(a, 1), Ne(a, 1), Le(a, 1), Lt(1, a), And(Eq(a, 1), Eq(1, 1))):
        found = finding(p, a=value)
        assert found.holds is None and found.width == np.inf


def test_nothing_times_what_is_no_number_is_not_0() -> None:
    """The inverse of a dead neuron's length is no number: s |w|^2 = 1 is not refuted by 0 * s = 0."""
    at: dict[str, Any] = {"x": np.zeros(2), "a": Enclosure(np.inf)}
    assert finding(Eq(a * (x.T * x), 1), **at).holds is None
    assert finding(Eq(a * (x.T * x), 0), **at).holds is None
    assert finding(Eq(a * (x.T * x), 0), x=np.zeros(2), a=near_one()).holds is True


def test_an_overflow_is_within_no_width() -> None:
    """Where both the radius and what it is compared with overflow, inf / inf is no width, and not the width 0."""
    huge = Enclosure(np.full(2, 1e200), np.full(2, 1e185))
    found = finding(And(Eq(x.T * y, 0), Eq(1, 1)), x=huge, y=huge)
    assert found.holds is None and found.width == np.inf


def test_integers_are_exact_beyond_double_precision() -> None:
    """2^53 + 1 is no double-precision number, as a letter or as a dimension."""
    assert finding(Eq(a, 2**53), a=2**53 + 1).holds is False
    assert finding(Lt(b, a), a=10**400, b=1).holds is True
    assert finding(Lt(b, a), a=10**400, b=near_one()).holds is None
    grown = finding(Eq(n * a, 2**53 * a), nats={"n": 2**53 + 1}, a=np.array([[1.0]]))
    assert grown.holds is not True


# ---------------------------------------------------------------- widths
def test_a_width_bounds_the_difference_and_not_only_its_radius() -> None:
    """Between 1 and an enclosure that just contains it lie almost two radii."""
    found = finding(Eq(a, 1), a=Enclosure(1 + 0.99e-9, 1e-9))
    assert found.holds is None and found.width > 1.98e-9
    assert finding(Le(a, 1), a=Enclosure(1 + 0.99e-9, 1e-9)).width > 1.98e-9


def test_what_is_different_is_not_so_within_a_width() -> None:
    """That a may be 1 does not bring a != 1 nearer: the narrower the enclosure, the less."""
    for p in (Ne(a, 1), Not(Eq(a, 1)), Implies(Eq(a, 1), Lt(a, 0)), Not(ForAll(y, Eq(y, y)))):
        found = finding(p, a=near_one(), tried={"y": [np.ones(2)]})
        assert found.holds is None and found.width == np.inf
    for p in (Or(Eq(a, 1), Lt(a, 0)), Not(Ne(a, 1)), Implies(Ne(a, 1), Lt(a, 0))):
        found = finding(p, a=near_one())
        assert found.holds is None and found.width < 1e-8


# ---------------------------------------------------------------- names and indices
def test_a_bound_index_means_nothing_in_a_familys_definition() -> None:
    """F[0] = i, with i = 7, stays 7 where another i runs through 0 .. 2."""
    f = define("F", l, L, lift(i), lambda l, F: F[l] + i)
    for p in (Each(i, 3, Eq(f[0], 7)), Each(i, 3, Eq(f[1], 14)), Each(i, 3, Eq(f[1] + 0 * i, 14))):
        assert finding(p, [f], {"i": 7}).holds is True
    grown = define("P", l, L, i * Identity(d), lambda l, P: P[l])
    ranks = Each(i, 3, Eq(rank(grown[0]), d))
    assert finding(ranks, [grown], {"i": 7, "d": 2}).holds is True


def test_a_bound_letter_means_nothing_in_a_familys_definition() -> None:
    """F[0] = x is not 0, though an x that is tried is."""
    f = define("F", l, L, x, lambda l, F: F[l])
    p = Exists(x, And(Eq(f[0], 0), Eq(x, x)))
    assert finding(p, [f], {"L": 0}, {"x": [np.zeros(2)]}, x=np.ones(2)).holds is not True


def test_a_bound_dimension_is_what_is_tried() -> None:
    """Not what the same name stands for outside, be it a dimension or an index."""
    assert finding(Exists(n, Eq(n, 5)), nats={"n": 3}, tried={"n": [5]}).holds is True
    assert finding(ForAll(n, Ne(n, 5)), nats={"n": 3}, tried={"n": [5]}).holds is False
    assert finding(Each(l, 1, Exists(l, Eq(l, 5))), tried={"l": [5]}).holds is True


def test_what_exists_is_not_denied_for_other_variables() -> None:
    """Other bound variables have no values, though variables outside that have their names do: G C[0] = I is solvable
    for some C. Nor is <R, x> T = T a question of rank."""
    c, g, row, some = family("C", d, d), matrix("G", d, d), matrix("R", 1, d), matrix("X", d, n)
    one = Product(np.array([[1.0], [0.0]]), np.array([[1.0, 0.0]]))
    assert finding(Exists(g, Eq(T, g * c[0])), T=np.eye(2), C={0: one}).holds is False
    assert finding(Exists((g, c), Eq(T, g * c[0])), T=np.eye(2), C={0: one}).holds is None
    none_left = And(Eq(T * some, 0), Ne(U * some, 0))
    assert finding(Exists((n, some), none_left), T=Weight(np.eye(2)), U=np.eye(2)).holds is False
    assert finding(Exists(row, Eq(T, row * x * T)), T=np.eye(2), x=np.ones(2)).holds is None


def test_values_to_try_leave_no_sizes_behind() -> None:
    """Each try has sizes of its own, also in a family of dimensions, and the binding's own table stays."""
    k = dim_family("k")
    blocks = family("B", d, lambda index: k[index])
    p = Exists(blocks, Eq(rank(blocks[0]), 2))
    tries = [{0: np.ones((3, 1))}, {0: np.eye(3)[:, :2]}]
    nats: dict[str, Any] = {"d": 3, "k": {}}
    assert finding(p, nats=nats, tried={"B": tries}).holds is True
    assert nats == {"d": 3, "k": {}}


def test_an_index_in_front_of_a_bound_one_is_its_own() -> None:
    """for all i < 2, all l < i + 1: the inner bound follows the outer index, and the inner i hides the outer one."""
    entries = {k: float(k) for k in range(4)}
    s = family("s", 1, 1)
    assert finding(Each(i, 3, Each(l, i + 1, Le(s[l], s[i]))), s=entries).holds is True
    assert finding(Each(i, 3, Each(l, i + 2, Le(s[l], s[i]))), s=entries).holds is False
    assert finding(Each(i, 3, And(Each(i, 2, Le(s[i], 1)), Le(s[i], 2))), s=entries).holds is True
    assert finding(Each(i, 3, And(Each(i, 2, Le(s[i], 1)), Le(s[i], 1))), s=entries).holds is False


# ---------------------------------------------------------------- what bindings get wrong
def test_values_that_are_no_values_are_named() -> None:
    """A map without a function, a matrix with one, and tries that are not as many."""
    phi = opaque("phi", d, d)
    with pytest.raises(ModelError, match="phi is a map, its value is ndarray"):
        finding(Eq(phi(x), x), phi=np.ones(3), x=np.ones(3))
    with pytest.raises(ModelError, match="x is no map, its value is function"):
        finding(Eq(x, x), x=lambda v: v)
    with pytest.raises(ModelError, match="not as many values to try for each of x, y"):
        finding(ForAll((x, y), Eq(x, y)), tried={"x": [np.ones(2)], "y": []})


def test_hypotheses_are_counted_from_1() -> None:
    """A binding that counts from 0 would grant another hypothesis than it means."""
    claim = Claim("X", "", given=(Eq(a, 1),), show=Eq(a, 1), proof=lambda p: p.goal)  # type: ignore[arg-type, return-value]
    with pytest.raises(ModelError, match="from 1, not from 0"):
        read(claim, Bound("here", {"a": 1}, made=(0,)))


def test_a_counterexample_fulfils_its_hypotheses_for_certain() -> None:
    """A false claim is refuted where its hypotheses hold or were made to; that a model ought to fulfil one, which it
    does within rounding only, is no refutation."""
    claim = Claim("X", "", given=(Eq(a, 1),), show=Eq(a, b), witness={"a": [[1]], "b": [[2]]})
    about, exact = {"a": near_one(), "b": 2.0}, {"a": 1.0, "b": 2.0}
    assert read(claim, Bound("here", exact)).status == REFUTED
    assert read(claim, Bound("here", about, made=(1,))).status == REFUTED
    assert read(claim, Bound("here", about, model=(1,))).status == OPEN
    assert read(claim, Bound("here", about)).status == OPEN


def test_what_was_read_before_a_place_does_not_apply_is_kept(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault found at the first place is told, though the model lacks what the second one asks for."""

    def places(subject: Any) -> Iterator[Bound]:
        yield Bound("first", {"a": 2})
        raise Inapplicable("there is no second")

    monkeypatch.setitem(BINDINGS, "X", [places])
    claim = Claim("X", "", show=Eq(a, 1), proof=lambda p: p.goal)  # type: ignore[arg-type, return-value]
    (found,) = audit(tiny(), [claim])
    assert [r.status for r in found.readings] == [BROKEN]


def test_a_binding_that_gives_no_value_is_named_with_its_claim(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of some 300 bindings, the message says which one is wrong."""
    monkeypatch.setitem(BINDINGS, "X", [lambda subject: iter([Bound("here", {})])])
    with pytest.raises(ModelError, match="X: no value is given for a"):
        audit(tiny(), [Claim("X", "", show=Eq(a, 1))])


def test_letters_of_other_kinds_are_the_numbers_they_hold() -> None:
    """Lists, integers, single precision and fractions in one product: x a y' = a (x y')."""
    at: dict[str, Any] = {
        "x": [1, 2],
        "a": Fraction(1, 3),
        "y": np.array([3, 4], np.float32),
        "T": np.eye(2, dtype=int),
    }
    assert finding(Eq(x * a * y.T * T, a * (x * y.T)), **at).holds is True
    assert finding(Eq(3 * (x * a), x), **at).holds is True
    assert finding(Eq(3 * (x * a), 2 * x), **at).holds is False
