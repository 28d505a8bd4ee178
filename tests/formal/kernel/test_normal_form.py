"""The normal form is an algebra of matrices: whatever it computes agrees with plain exact evaluation."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from formal.kernel.errors import ShapeError
from formal.kernel.ground import Witness, evaluate_nat, evaluate_term
from formal.kernel.terms import (
    ONE,
    ZERO,
    Decl,
    Nat,
    Substitution,
    Term,
    add,
    check_nat,
    check_term,
    identity,
    letter,
    multiply,
    nat,
    nat_product,
    nat_substitute,
    nat_sum,
    number,
    rank,
    retype,
    scalar,
    scale,
    substitute,
    subtract,
    trace,
    transpose,
    zeros,
)

from .kernel_tools import (
    FAMILY,
    HOLE_INDEX,
    MAP,
    PLAIN,
    SIZES,
    A,
    B,
    Expr,
    World,
    build,
    expressions,
    value,
    worlds,
)

exact = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
few = settings(exact, max_examples=120)
shapes = st.tuples(st.sampled_from(SIZES), st.sampled_from(SIZES))
D, N, M = nat("d"), nat("n"), nat("m")


def mat(name: str, rows: Nat, cols: Nat) -> Term:
    return letter(Decl(name, rows, cols))


@st.composite
def tuples_of(draw: st.DrawFn, *pattern: tuple[int, int], depth: int = 2) -> tuple[Expr, ...]:
    """Expressions whose shapes follow a pattern of size numbers, such as ((0, 1), (1, 2)) for a product."""
    sizes = [draw(st.sampled_from(SIZES)) for _ in range(1 + max(max(p) for p in pattern))]
    return tuple(draw(expressions(sizes[r], sizes[c], depth)) for r, c in pattern)


# ---------------------------------------------------------------- agreement with evaluation
@exact
@given(shapes.flatmap(lambda s: expressions(*s)), worlds())
def test_a_term_has_the_value_of_its_expression(e: Expr, w: World) -> None:
    """Otherwise some operation changes the value of what it normalises, and `ring` proves false equations."""
    wanted = value(e, w)
    assert evaluate_term(build(e), w.witness()) == wanted


@few
@given(shapes.flatmap(lambda s: expressions(*s)))
def test_every_built_term_passes_the_check(e: Expr) -> None:
    """Otherwise the operations leave the normal form, and rules refuse honest terms or compare badly."""
    term = build(e)
    assert check_term(term) == term


@few
@given(tuples_of((0, 1), (1, 2), (1, 2)), st.sampled_from([1, -1, 3, Fraction(1, 2)]))
def test_multiplication_distributes_over_addition(parts: tuple[Expr, ...], c: Any) -> None:
    """Two words of a sum may become one in a product: their coefficients must add up, none may be overwritten."""
    x, y, z = map(build, parts)
    assert multiply(x, add(y, z, c)) == add(multiply(x, y), multiply(x, z), c)
    left, right = transpose(add(y, z, c)), transpose(x)
    assert multiply(left, right) == add(multiply(transpose(y), right), multiply(transpose(z), right), c)


@few
@given(tuples_of((0, 1), (1, 2), (2, 3)))
def test_multiplication_is_associative(parts: tuple[Expr, ...]) -> None:
    """Otherwise the order in which a product was written decides what can be proved of it."""
    x, y, z = map(build, parts)
    assert multiply(multiply(x, y), z) == multiply(x, multiply(y, z))


@few
@given(tuples_of((0, 1), (0, 1), (0, 1)))
def test_addition_is_a_commutative_group(parts: tuple[Expr, ...]) -> None:
    """Otherwise equal sums have several forms."""
    x, y, z = map(build, parts)
    assert add(x, y) == add(y, x)
    assert add(add(x, y), z) == add(x, add(y, z))
    assert subtract(x, x) == zeros(x.rows, x.cols)
    assert hash(add(x, y)) == hash(add(y, x))


@few
@given(tuples_of((0, 1), (1, 2)))
def test_transposition_reverses_products_and_is_an_involution(parts: tuple[Expr, ...]) -> None:
    """Otherwise squares tr(P'P) are not what they seem, and the order rule is unsound."""
    x, y = map(build, parts)
    assert transpose(multiply(x, y)) == multiply(transpose(y), transpose(x))
    assert transpose(transpose(x)) == x


@few
@given(tuples_of((0, 1), (1, 0), (0, 1)))
def test_the_trace_is_linear_cyclic_and_blind_to_transposition(parts: tuple[Expr, ...]) -> None:
    """Otherwise a necklace has two canonical forms, or two necklaces share one."""
    x, y, z = map(build, parts)
    assert trace(multiply(x, y)) == trace(multiply(y, x))
    assert trace(transpose(multiply(x, y))) == trace(multiply(x, y))
    assert trace(multiply(add(x, z, 2), y)) == add(trace(multiply(x, y)), trace(multiply(z, y)), 2)


@few
@given(tuples_of((0, 1), (1, 2)), expressions(ONE, ONE, 2), expressions(ONE, ONE, 2))
def test_scalars_commute_with_everything(parts: tuple[Expr, ...], s: Expr, t: Expr) -> None:
    """Otherwise a 1 x 1 product is not a scalar, SymPy's old trap."""
    x, y = map(build, parts)
    a, b = build(s), build(t)
    assert scale(a, multiply(x, y)) == multiply(x, scale(a, y)) == multiply(scale(a, x), y)
    assert scale(a, scale(b, x)) == scale(multiply(b, a), x)
    assert multiply(a, b) == multiply(b, a) == scale(a, b)


x_, y_, s_ = mat("x", N, ONE), mat("y", N, ONE), mat("S", N, N)
VECTORS = [m for v in (x_, y_) for m in (v, multiply(s_, v), multiply(transpose(s_), v))]
PRODUCTS = [multiply(transpose(p), q) for p in VECTORS[:4] for q in VECTORS]
sums = st.lists(st.tuples(st.sampled_from(PRODUCTS), st.sampled_from(VECTORS)), min_size=1, max_size=5)


@few
@given(sums, st.sampled_from(VECTORS))
def test_inner_products_distribute_over_sums_of_weighted_vectors(parts: list[tuple[Term, Term]], u: Term) -> None:
    """In u'(<p, q> v + ..) words often meet, as u'S v = v'S'u: no coefficient may get lost on the way."""
    total, wanted = zeros(N, ONE), zeros(ONE, ONE)
    for weight, v in parts:
        total = add(total, scale(weight, v))
        wanted = add(wanted, scale(weight, multiply(transpose(u), v)))
    assert multiply(transpose(u), total) == wanted
    assert multiply(transpose(total), u) == wanted
    assert trace(multiply(u, transpose(total))) == wanted


def test_terms_that_meet_in_a_product_add_up() -> None:
    """x'(S x + S' x) is 2 x'S x. With one of the two lost, the ring rule proves x'S'x = 0, and from that 1 = 0."""
    x, y, s = mat("x", N, ONE), mat("y", ONE, M), mat("S", N, N)
    row, both = transpose(x), add(s, transpose(s))
    once = multiply(multiply(row, s), x)
    assert multiply(row, multiply(both, x)) == scale(number(2), once)
    assert multiply(multiply(row, both), x) == scale(number(2), once)
    u, v = mat("u", N, ONE), mat("v", N, ONE)
    uy, vy = multiply(u, y), multiply(v, y)
    crossed = add(scale(multiply(row, v), uy), scale(multiply(row, u), vy))
    wanted = scale(multiply(multiply(row, u), multiply(row, v)), y)
    assert multiply(row, crossed) == scale(number(2), wanted)
    assert multiply(transpose(crossed), x) == scale(number(2), transpose(wanted))


# ---------------------------------------------------------------- substitution
def world_after(s: Substitution, w: World, images: dict[str, Expr], point: Expr) -> World:
    """The world in which every letter has the value of its image; g and V stay."""
    after = World(w.nats | {name: w.size(image) for name, image in s.nats.items()}, dict(w.letters))
    after.letters |= {d.name: value(images[d.name], w) for d in PLAIN}
    after.letters["T"] = {i: value(images["T"], World({**w.nats, "#": i}, w.letters)) for i in range(3)}
    after.letters["f"] = lambda _, arg: value(point, World(w.nats, {**w.letters, "#0": arg}))
    return after


@st.composite
def substitutions(draw: st.DrawFn) -> tuple[Substitution, dict[str, Expr], Expr]:
    """Images for the dimension a, the letters, the family T (by its index) and the map f (by its argument)."""
    a = draw(st.sampled_from([ONE, B, A]))
    nats = {"a": a}

    def image(d: Decl) -> Expr:
        new = retype(d, nats)
        found: Expr = draw(expressions(new.rows, new.cols, 1, opaque=False))
        return found

    images = {d.name: image(d) for d in PLAIN}
    inner = images["T"] = image(FAMILY)
    if a == A:
        images["T"] = ("add", A, A, ("letter", A, A, FAMILY, HOLE_INDEX, ()), inner, 1)
    index: Expr = ("nat", ONE, ONE, HOLE_INDEX)
    images["T"] = ("add", a, a, ("scale", a, a, index, ("identity", a, a)), images["T"], -1)
    argument: Expr = ("letter", a, ONE, Decl("#0", a, ONE), None, ())
    point: Expr = ("add", a, ONE, ("multiply", a, ONE, inner, argument), argument, -2)
    letters = {d: build(images[d.name]) for d in PLAIN} | {FAMILY: build(images["T"]), MAP: build(point)}
    return Substitution(nats, letters), images, point


@settings(exact, max_examples=200)
@given(shapes.flatmap(lambda s: expressions(*s, 3)), substitutions(), worlds(2))
def test_substitution_commutes_with_evaluation(
    e: Expr, drawn: tuple[Substitution, dict[str, Expr], Expr], w: World
) -> None:
    """Otherwise an instance of a theorem may be false though the theorem is true."""
    s, images, point = drawn
    assume(s.nats["a"] == A or "'V'" not in str(e))  # the V of the images and that of e would differ in type
    after = world_after(s, w, images, point)
    wanted = value(e, after)
    term = substitute(build(e), s)
    assert check_term(term) == term
    maps = {name: table for name, table in after.witness().letters.items() if name == "g"}
    here = w.witness()
    assert evaluate_term(term, Witness(here.nats, {**here.letters, **maps})) == wanted


def test_simultaneous_substitution_swaps() -> None:
    """One image after the other would turn X Y into X X or Y Y."""
    x, y = Decl("X", N, N), Decl("Y", N, N)
    both = multiply(letter(x), letter(y))
    assert substitute(both, Substitution({}, {x: letter(y), y: letter(x)})) == multiply(letter(y), letter(x))


def test_a_dimension_replaced_by_one_makes_scalars() -> None:
    """Products through the new dimension 1 must be pulled out, or the instance is not in normal form."""
    x, y = mat("X", N, N), mat("Y", N, N)
    commutator = subtract(multiply(x, y), multiply(y, x))
    assert commutator.words
    assert not substitute(commutator, Substitution({"n": ONE})).words
    assert trace(substitute(x, Substitution({"n": ONE}))) == mat("X", ONE, ONE)


def test_an_image_of_another_shape_is_refused() -> None:
    """SymPy's subs takes a matrix of any shape; ours names both shapes."""
    w = Decl("W", M, D)
    with pytest.raises(ShapeError, match="instantiate: W is m x d, V is d x m"):
        substitute(letter(w), Substitution({}, {w: mat("V", D, M)}))


# ---------------------------------------------------------------- path expansion
@pytest.mark.parametrize("depth", [0, 1, 2, 3, 5, 8])
def test_the_product_of_layers_is_the_sum_over_subsets(depth: int) -> None:
    """prod (I + T_l) has one word for every subset of the layers, in order: 2^L paths through the residual stream."""
    layers = [letter(Decl("T", D, D, True), nat(i)) for i in range(1, depth + 1)]
    whole = identity(D)
    for t in layers:
        whole = multiply(add(identity(D), t), whole)
    total = zeros(D, D)
    for chosen in product((False, True), repeat=depth):
        path = identity(D)
        for t, taken in zip(layers, chosen, strict=True):
            path = multiply(t, path) if taken else path
        total = add(total, path)
    assert whole == total
    assert len(whole.words) == 2**depth
    assert set(whole.words.values()) == {1}


# ---------------------------------------------------------------- shapes, numbers, forms
X, Y = mat("X", M, N), mat("Y", N, N)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: add(X, Y), "add: X is m x n, Y is n x n"),
        (lambda: subtract(X, Y), "add: X is m x n, Y is n x n"),
        (lambda: multiply(X, X), "multiply: X is m x n, X is m x n"),
        (lambda: scale(Y, X), "scale: Y is n x n, not 1 x 1"),
        (lambda: trace(X), "trace: X is m x n, not square"),
        (lambda: letter(Decl("f", M, ONE, False, ((N, ONE),)), None, (X,)), r"letter: in f\(X\) the arguments must"),
        (lambda: letter(Decl("f", M, ONE, False, ((N, ONE),))), r"letter: in f\(\) the arguments must"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(act: Callable[[], Term], message: str) -> None:
    """A word of ill-fitting letters would have no meaning, and anything could be said of it."""
    with pytest.raises(ShapeError, match=message):
        act()


@given(st.lists(st.tuples(st.sampled_from("abm"), st.integers(0, 3)), max_size=5), st.integers(0, 3), st.integers(0, 3))
@few
def test_dimensions_are_polynomials(parts: list[tuple[str, int]], a: int, b: int) -> None:
    """Sums and products of dimensions must compute, or two shapes that differ would fit."""
    w = Witness({"a": a, "b": b, "m": {0: 2, 1: 3, 2: 1, 3: 0}}, {})
    total, wanted = ZERO, 0
    for name, k in parts:
        part = nat("m", nat(k)) if name == "m" else nat(name)
        total = nat_sum(nat_product(total, part), nat(k))
        wanted = wanted * evaluate_nat(part, w) + k
    assert check_nat(total) == total
    assert evaluate_nat(total, w) == wanted
    image = nat_substitute(total, {"a": nat("b"), "b": nat_sum(nat("a"), ONE)})
    assert evaluate_nat(image, w) == evaluate_nat(total, Witness({**w.nats, "a": b, "b": a + 1}, {}))


@pytest.mark.parametrize("bad", [-1, True, False, 1.0, 2.5, Fraction(1, 2), None, "", "2x", "a b", "@X", "##"])
def test_only_natural_numbers_and_names_are_dimensions(bad: Any) -> None:
    """A bool, a float or a negative number that posed as a dimension would pass for another one later."""
    from formal.kernel.errors import KernelError

    with pytest.raises(KernelError):
        nat(bad)


def test_the_identity_of_size_one_is_the_number_one() -> None:
    """Otherwise 1 x 1 products and scalars would be two things."""
    assert identity(ONE) == number(1)
    assert trace(identity(N)) == scalar(N)
    assert trace(identity(ZERO)) == number(0)
    assert number(0) == zeros(ONE, ONE)


def test_zero_coefficients_leave_no_trace() -> None:
    """A word with coefficient 0 would make equal terms differ."""
    s = mat("S", N, N)
    assert add(s, s, 0) == s
    assert scale(number(0), s) == zeros(N, N)
    assert not add(s, s, -1).words


def test_ranks_of_equal_terms_are_one_atom_and_of_others_are_not() -> None:
    """The rank is opaque: it may see equality of terms, and nothing else."""
    s, t = mat("S", N, N), mat("T", N, N)
    assert rank(add(s, t)) == rank(add(t, s))
    assert rank(s) != rank(t)
    assert rank(s) != rank(transpose(s))
    assert rank(mat("S", N, N)) != rank(mat("S", N, M))


def long_sum(last: str) -> Term:
    """A sum of so many words that its text is cut short."""
    total = mat(last, N, ONE)
    for i in range(14):
        total = add(mat(f"v{i:02}", N, ONE), total)
    return total


def test_scalars_with_one_abbreviated_text_still_commute() -> None:
    """Atoms are sorted by their text; where long texts are cut, two atoms must not lose their common order."""
    p, q = rank(long_sum("y")), rank(long_sum("z"))
    assert p != q
    assert multiply(p, q) == multiply(q, p)


def test_traces_with_one_abbreviated_text_still_turn() -> None:
    """The least rotation is found by texts; two letters with one text must not give a necklace two forms."""
    f = Decl("f", N, N, False, ((N, ONE),))
    p, q = letter(f, None, (long_sum("y"),)), letter(f, None, (long_sum("z"),))
    pq = multiply(p, q)
    assert trace(multiply(pq, q)) == trace(multiply(q, pq)) == trace(multiply(multiply(q, q), p))
    assert trace(pq) == trace(multiply(q, p))
