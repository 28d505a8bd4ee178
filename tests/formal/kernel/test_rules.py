"""Every rule accepts what it should and refuses, side condition by side condition, what it must refuse."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from formal.kernel import rules
from formal.kernel.errors import KernelError, ShapeError
from formal.kernel.ground import Witness
from formal.kernel.props import (
    Prop,
    at_least,
    conjunction,
    equal,
    exists,
    exists_all,
    for_all,
    greater,
    implication,
    negation,
    prop_names,
    replace_variable,
    zero,
)
from formal.kernel.rules import Cofactor, Summand, Theorem
from formal.kernel.terms import (
    ONE,
    ZERO,
    Decl,
    Nat,
    Term,
    add,
    identity,
    letter,
    monomial,
    multiply,
    nat,
    nat_product,
    nat_sum,
    necklace,
    number,
    rank,
    scalar,
    scale,
    split,
    subtract,
    trace,
    transpose,
)

K, M, N, L = map(nat, "kmnl")
I1, NONE = number(1), number(0)
FALSE = zero(I1)
DS, DT, DX, DY = Decl("S", N, N), Decl("T", N, N), Decl("X", M, N), Decl("Y", N, K)
DA, DB, DV = Decl("a", ONE, ONE), Decl("b", ONE, ONE), Decl("v", N, ONE)
S, T, X, Y, A, B, V = map(letter, (DS, DT, DX, DY, DA, DB, DV))
F, DF = Decl("F", N, N, True), Decl("f", M, ONE, False, ((N, ONE),))
EYE = identity(N)


def assumed(p: Prop) -> Theorem:
    return rules.assume(p)


def refused(make: Callable[[], Any], match: str | None = None) -> None:
    with pytest.raises(KernelError, match=match):
        make()


def forged(words: dict[Any, Any], rows: Nat = ONE, cols: Nat = ONE, plain: Any = False) -> Term:
    """A term that no operation made."""
    return I1._replace(rows=rows, cols=cols, words=type(I1.words)(words), plain=plain)


# ---------------------------------------------------------------- ring
def test_ring_accepts_equal_normal_forms() -> None:
    """(I + S)^2 = I + 2S + S^2 is what the rule is for."""
    square = multiply(add(EYE, S), add(EYE, S))
    th = rules.ring(equal(square, add(add(EYE, S, 2), multiply(S, S))))
    assert (th.hyps, th.axioms) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("p", "match"),
    [
        (equal(multiply(S, T), multiply(T, S)), "ideal: S T - T S is left"),
        (equal(multiply(transpose(S), S), multiply(S, transpose(S))), "is left of"),
        (zero(S), "S is left of S"),
        (at_least(I1, NONE), "ring: .* is not an equation"),
        (negation(FALSE), "is not an equation"),
    ],
)
def test_ring_refuses(p: Prop, match: str) -> None:
    """What differs in normal form is not proved, and only equations are."""
    refused(lambda: rules.ring(p), match)


# ---------------------------------------------------------------- ideal
ST_I = assumed(equal(multiply(S, T), EYE))


def test_ideal_accepts_cofactors_on_both_sides() -> None:
    """T (S T - I) S = T S T S - T S."""
    target = subtract(multiply(multiply(T, multiply(S, T)), S), multiply(T, S))
    th = rules.ideal(target, [ST_I], [Cofactor(0, T, S)])
    assert th.conclusion == zero(target)
    assert th.hyps == ST_I.hyps


def test_ideal_accepts_transposes_and_traces() -> None:
    """T'S' = I is the transpose of S T = I, and tr(S T) = n its trace."""
    flipped = subtract(multiply(transpose(T), transpose(S)), EYE)
    assert rules.ideal(flipped, [ST_I], [Cofactor(0, EYE, EYE, None, True)]).conclusion == zero(flipped)
    traced = subtract(trace(multiply(S, T)), scalar(N))
    assert rules.ideal(traced, [ST_I], [Cofactor(0, EYE, EYE, I1)]).conclusion == zero(traced)
    outer = scale(traced, X)
    assert rules.ideal(outer, [ST_I], [Cofactor(0, EYE, EYE, X)]).conclusion == zero(outer)


def test_ideal_keeps_every_hypothesis_and_axiom() -> None:
    """A premise may not be used without what it rests on, even with cofactor 0."""
    named = rules.axiom("reals", exists(DA, equal(multiply(letter(DA), letter(DA)), number(2))))
    th = rules.ideal(NONE, [ST_I, named], [])
    assert th.hyps == ST_I.hyps
    assert th.axioms == {"reals"}


@pytest.mark.parametrize(
    ("cofactor", "match"),
    [
        (Cofactor(1, EYE, EYE), "no premise number 1"),
        (Cofactor(-1, EYE, EYE), "no premise number -1"),
        (Cofactor(False, EYE, EYE), "no premise number False"),
        (Cofactor(0, X, EYE), "add: "),
        (Cofactor(0, Y, EYE), "multiply: "),
        (Cofactor(0, EYE, X), "multiply: "),
        (Cofactor(0, X, EYE, I1), "trace: .* not square"),
        (Cofactor(0, EYE, EYE), "is left of"),
        (Cofactor(0, scale(number(2), EYE), EYE), "is left of"),
        (Cofactor(0, forged({split(next(iter(S.words)))[1]: 1.0}, N, N), EYE), "not a non-zero exact rational"),
        (Cofactor(0, EYE, EYE, forged({(): Fraction(0)})), "not a non-zero exact rational"),
    ],
)
def test_ideal_refuses_cofactors_that_do_not_fit(cofactor: Cofactor, match: str) -> None:
    """Types are checked on every word, and the sum must be the target, not nearly so."""
    refused(lambda: rules.ideal(S, [ST_I], [cofactor]), match)


def test_ideal_refuses_a_premise_that_is_not_an_equation() -> None:
    """a >= 0 is not a = 0."""
    refused(lambda: rules.ideal(A, [assumed(at_least(A, NONE))], [Cofactor(0, I1, I1)]), "is not an equation")
    refused(lambda: rules.ideal(A, [assumed(negation(zero(A)))], [Cofactor(0, I1, I1)]), "is not an equation")


# ---------------------------------------------------------------- order
A_GE, B_GE, A_GT = assumed(at_least(A, NONE)), assumed(at_least(B, NONE)), assumed(greater(A, NONE))


def test_order_accepts_products_squares_naturals_and_equations() -> None:
    """2 a b + |v|^2 + n rank(X) + (b - 3) >= 0, with b = 3."""
    total = add(scale(number(2), multiply(A, B)), multiply(transpose(V), V))
    total = add(total, multiply(scalar(N), rank(X)))
    total = add(total, subtract(B, number(3)))
    three = assumed(equal(B, number(3)))
    summands = [Summand(2, (0, 1)), Summand(1, (), (V,)), Summand(1, (), (), (scalar(N), rank(X)))]
    th = rules.order(at_least(total, NONE), [A_GE, B_GE, three], summands, [(2, I1)])
    assert th.hyps == A_GE.hyps | B_GE.hyps | three.hyps


def test_order_accepts_strict_goals() -> None:
    """a > 0 and b >= 0 give a + b > 0, and 1/2 > 0 needs nothing."""
    rules.order(greater(add(A, B), NONE), [A_GT, B_GE], [Summand(1, (0,)), Summand(1, (1,))])
    rules.order(greater(number(Fraction(1, 2)), NONE), [], [Summand(Fraction(1, 2))])


@pytest.mark.parametrize("coefficient", [-1, Fraction(-1, 2), 1.0, True, "1", None, 1j])
def test_order_refuses_a_coefficient_that_is_no_non_negative_rational(coefficient: Any) -> None:
    """With a negative coefficient every order would be reversed; floats and bools are not numbers here."""
    refused(lambda: rules.order(at_least(A, NONE), [A_GE], [Summand(coefficient, (0,))]), "a coefficient is negative")


@pytest.mark.parametrize(
    "natural",
    [A, number(-1), number(Fraction(1, 2)), subtract(scalar(N), I1), trace(S), multiply(transpose(V), V), S, EYE],
    ids=["letter", "-1", "1/2", "n - 1", "trace", "square", "matrix", "identity"],
)
def test_order_refuses_what_is_not_a_natural(natural: Term) -> None:
    """Only dimensions, indices and ranks are non-negative by themselves."""
    goal = at_least(natural if natural.rows == ONE else I1, NONE)
    refused(lambda: rules.order(goal, [], [Summand(1, (), (), (natural,))]), "is not a dimension, an index or a rank")


@pytest.mark.parametrize(
    "summand",
    [Summand(1, (), (V,)), Summand(1, (), (), (scalar(N),)), Summand(1, (1,)), Summand(1, (0, 1)), Summand(0, (0,))],
    ids=["square", "dimension", "h >= 0", "mixed product", "coefficient 0"],
)
def test_order_refuses_a_strict_goal_without_a_positive_summand(summand: Summand) -> None:
    """Squares, dimensions and weak premises may vanish."""
    squares = [multiply(transpose(V), V)] if summand.squares else []
    factors = [[A, B][i] for i in summand.premises] + squares + list(summand.naturals)
    total = number(summand.coefficient)
    for x in factors:
        total = scale(total, x)
    premises = [A_GT, B_GE]
    assert rules.order(at_least(total, NONE), premises, [summand]).conclusion == at_least(total, NONE)
    refused(lambda: rules.order(greater(total, NONE), premises, [summand]), "no summand is positive")


@pytest.mark.parametrize(
    ("goal", "summands", "equalities", "match"),
    [
        (zero(A), [Summand(1, (0,))], [], "is not an inequality"),
        (negation(zero(A)), [Summand(1, (0,))], [], "is not an inequality"),
        (at_least(NONE, A), [Summand(1, (0,))], [], "is left of"),
        (at_least(A, NONE), [Summand(2, (0,))], [], "is left of"),
        (at_least(A, NONE), [Summand(1, (1,))], [], "is not an inequality"),
        (at_least(A, NONE), [Summand(1, (7,))], [], "no premise number 7"),
        (at_least(A, NONE), [Summand(1, (-1,))], [], "no premise number -1"),
        (at_least(A, NONE), [], [(0, I1)], "is not an equation"),
        (at_least(A, NONE), [], [(2, I1)], "scale|add"),
        (at_least(B, NONE), [Summand(1, (), (B,))], [], "is left of"),
    ],
)
def test_order_refuses(goal: Prop, summands: list[Summand], equalities: list[Any], match: str) -> None:
    """A premise is used as what it says, with its own sign, and the sum must be the goal."""
    premises = [A_GE, assumed(equal(B, NONE)), assumed(zero(S))]
    refused(lambda: rules.order(goal, premises, summands, equalities), match)


def test_order_refuses_an_order_on_matrices() -> None:
    """S >= 0 has no meaning here, and an entrywise reading would make squares negative."""
    refused(lambda: rules.order(Prop(("ge", S)), [], []), "only 1 x 1 terms are ordered")
    refused(lambda: assumed(Prop(("gt", X))), "only 1 x 1 terms are ordered")


# ---------------------------------------------------------------- null, integer, invert
def test_null_needs_the_squared_norm_at_most_zero() -> None:
    """tr(X'X) <= 0 gives X = 0; tr(X'X) >= 0 or tr(S) <= 0 give nothing."""
    norm = trace(multiply(transpose(X), X))
    assert rules.null(assumed(at_least(NONE, norm)), X).conclusion == zero(X)
    refused(lambda: rules.null(assumed(at_least(norm, NONE)), X), "null")
    refused(lambda: rules.null(assumed(at_least(NONE, trace(S))), S), "null")
    refused(lambda: rules.null(assumed(at_least(NONE, trace(multiply(S, S)))), S), "null")
    refused(lambda: rules.null(assumed(at_least(I1, norm)), X), "null")
    refused(lambda: rules.null(assumed(zero(norm)), X), "null")
    refused(lambda: rules.null(assumed(at_least(NONE, norm)), scale(number(2), X)), "null")


def test_integer_rounds_only_integers() -> None:
    """n + 2 rank(X) - 3 > 0 gives >= 1; for half an integer, a real or a trace it does not."""
    s = add(add(scalar(N), rank(X), 2), number(-3))
    assert rules.integer(assumed(greater(s, NONE))).conclusion == at_least(s, I1)
    for t in (scale(number(Fraction(1, 2)), scalar(N)), A, trace(S), number(Fraction(1, 2))):
        refused(lambda t=t: rules.integer(assumed(greater(t, NONE))), "is not an integer")
    refused(lambda: rules.integer(assumed(at_least(s, NONE))), "is not a strict inequality")
    refused(lambda: rules.integer(assumed(zero(s))), "is not a strict inequality")


def test_invert_needs_a_scalar_that_is_not_zero() -> None:
    """Zero has no reciprocal, a matrix that is not zero need not have one, and the name must be new."""
    th = rules.invert(assumed(negation(zero(A))), "t")
    assert th.conclusion == exists(Decl("t", ONE, ONE), equal(multiply(A, letter(Decl("t", ONE, ONE))), I1))
    refused(lambda: rules.invert(assumed(zero(A)), "t"), "invert")
    refused(lambda: rules.invert(assumed(greater(A, NONE)), "t"), "invert")
    refused(lambda: rules.invert(assumed(negation(zero(S))), "t"), "invert")
    refused(lambda: rules.invert(assumed(negation(zero(A))), "a"), "invert")
    refused(lambda: rules.invert(assumed(negation(zero(A))), "not a name"), "name")


# ---------------------------------------------------------------- rank
def test_rank_bound_gives_the_dimension_between() -> None:
    """rank(X Y) <= n, and X and Y must fit."""
    assert rules.rank_bound(X, Y).conclusion == at_least(scalar(N), rank(multiply(X, Y)))
    refused(lambda: rules.rank_bound(Y, X), "multiply")
    refused(lambda: rules.rank_bound(forged({(): 1}, N, M), Y), "term")


def test_rank_factor_needs_five_new_names() -> None:
    """A name that X uses, as a letter or in its type, would tie the factors to X."""
    th = rules.rank_factor(X, ("r", "C", "R", "U", "W"))
    assert th.conclusion.kind == "ex"
    assert prop_names(th.conclusion) == {"@X", "m", "n"}
    for names in (("r", "X", "R", "U", "W"), ("n", "C", "R", "U", "W"), ("m", "C", "R", "U", "W")):
        refused(lambda names=names: rules.rank_factor(X, names), "rank_factor: .* are not fresh")
    refused(lambda: rules.rank_factor(X, ("r", "C", "C", "U", "W")), "are not fresh")
    refused(lambda: rules.rank_factor(X, ("C", "C", "R", "U", "W")), "are not fresh")
    refused(lambda: rules.rank_factor(X, ("2", "C", "R", "U", "W")), "name")


def test_rank_identity_needs_the_identity_on_the_outer_dimension() -> None:
    """X Y = I_m through n gives m <= n; Y X = I_n gives the other one."""
    w = letter(Decl("W", N, M))
    one = assumed(equal(multiply(X, w), identity(M)))
    assert rules.rank_identity(one, X, w).conclusion == at_least(scalar(N), scalar(M))
    refused(lambda: rules.rank_identity(one, w, X), "is not X Y = I")
    refused(lambda: rules.rank_identity(assumed(equal(multiply(X, w), identity(M))), X, Y), "rank_identity|add")
    refused(lambda: rules.rank_identity(assumed(zero(multiply(X, w))), X, w), "is not X Y = I")
    refused(lambda: rules.rank_identity(assumed(equal(multiply(w, X), EYE)), X, w), "rank_identity|add")


# ---------------------------------------------------------------- blocks, induction, difference, transport
def test_blocks_need_two_names_and_honest_sizes() -> None:
    """With one name for both injections, E'E = 1 and E'E = 0 would hold together."""
    th = rules.blocks(M, K, ("E", "G"))
    assert prop_names(th.conclusion) == {"m", "k"}
    refused(lambda: rules.blocks(M, K, ("E", "E")), "the two names are equal")
    refused(lambda: rules.blocks(Nat((((), -1),)), K, ("E", "G")), "nat")
    refused(lambda: rules.blocks(M, K, ("E", "x y")), "name")


def depth_claim(index: Nat = L) -> Prop:
    """l >= 0, as a claim about an index."""
    return at_least(scalar(index), NONE)


def shown(p: Prop) -> Theorem:
    naturals = tuple(monomial((a,), (), ONE, ONE) for key in p[1].words for a in key)
    return rules.order(p, [], [Summand(1, (), (), (n,)) for n in naturals] + [Summand(c) for c in constants(p[1])])


def constants(t: Term) -> list[Any]:
    return [c for key, c in t.words.items() if not key]


def test_induct_accepts_base_and_step() -> None:
    """0 >= 0, and l >= 0 implies l + 1 >= 0."""
    after = depth_claim(nat_sum(L, ONE))
    step = rules.discharge(shown(after), depth_claim())
    th = rules.induct(shown(depth_claim(ZERO)), step, "l", depth_claim())
    assert th.conclusion == for_all("l", depth_claim())


def test_induct_refuses_a_wrong_base_or_step() -> None:
    """A base at 1, a step by 2 or one that proves something else leaves depths out."""
    claim = equal(scalar(L), NONE)
    base = rules.ring(equal(NONE, NONE))
    after = implication(claim, replace_variable(claim, "l", nat_sum(L, ONE)))
    good = assumed(after)
    refused(lambda: rules.induct(base, good, "l", claim), "l is not fresh")
    refused(lambda: rules.induct(assumed(equal(I1, NONE)), good, "l", claim), "induct: the base")
    two = assumed(implication(claim, replace_variable(claim, "l", nat_sum(L, nat(2)))))
    refused(lambda: rules.induct(base, two, "l", claim), "induct: the step")
    back = assumed(implication(replace_variable(claim, "l", nat_sum(L, ONE)), claim))
    refused(lambda: rules.induct(base, back, "l", claim), "induct: the step")
    refused(lambda: rules.induct(base, assumed(claim), "l", claim), "induct: the step")


def test_induct_refuses_a_claim_whose_letters_have_the_index_in_their_type() -> None:
    """At 0 and at l + 1 these would be other letters: nothing ties them together."""
    x = letter(Decl("x", L, ONE))
    claim = at_least(multiply(transpose(x), x), NONE)
    at0, at1 = replace_variable(claim, "l", ZERO), replace_variable(claim, "l", nat_sum(L, ONE))
    x0, x1 = letter(Decl("x", ZERO, ONE)), letter(Decl("x", nat_sum(L, ONE), ONE))
    first = rules.order(at0, [], [Summand(1, (), (x0,))])
    step = rules.discharge(rules.order(at1, [], [Summand(1, (), (x1,))]), claim)
    refused(lambda: rules.induct(first, step, "l", claim), "its type depends on l")


def test_difference_needs_the_inequality_and_a_new_name() -> None:
    """m >= n gives m = n + k; n >= m does not, and neither does a k that is m."""
    th = assumed(at_least(scalar(M), scalar(N)))
    wanted = exists("j", equal(scalar(M), add(scalar(N), scalar(nat("j")))))
    assert rules.difference(th, M, N, "j").conclusion == wanted
    refused(lambda: rules.difference(th, N, M, "j"), "difference")
    refused(lambda: rules.difference(th, M, N, "n"), "n is not fresh")
    refused(lambda: rules.difference(th, M, N, "m"), "m is not fresh")
    strict = assumed(greater(scalar(M), scalar(N)))
    refused(lambda: rules.difference(strict, M, N, "j"), "difference")


def test_transport_replaces_a_dimension_in_types() -> None:
    """n = m |- tr(I_n) = m, from tr(I_m) = m."""
    goal = equal(scalar(N), scalar(M))
    th = rules.transport(rules.ring(replace_variable(goal, "n", M)), "n", M, [], goal)
    assert th.hyps == {goal}
    square = equal(multiply(transpose(V), V), NONE)
    at = replace_variable(square, "n", M)
    th = rules.transport(assumed(at), "n", M, [square], square)
    assert th.hyps == {square, equal(scalar(N), scalar(M))}


def test_transport_refuses() -> None:
    """A circular value, hypotheses or a conclusion that do not fit, and letters that would fall together."""
    goal = equal(scalar(N), scalar(M))
    at = rules.ring(replace_variable(goal, "n", M))
    refused(lambda: rules.transport(at, "n", nat_sum(N, ONE), [], goal), "transport: n occurs in")
    refused(lambda: rules.transport(at, "n", K, [], goal), "does not fit")
    refused(lambda: rules.transport(at, "n", M, [FALSE], goal), "does not fit")
    refused(lambda: rules.transport(assumed(FALSE), "n", M, [], FALSE), "does not fit")
    x_n, x_m = letter(Decl("x", N, ONE)), letter(Decl("x", M, ONE))
    same = equal(multiply(transpose(x_n), x_n), multiply(transpose(x_m), x_m))
    trivial = rules.ring(replace_variable(same, "n", M))
    refused(lambda: rules.transport(trivial, "n", M, [], same), "one name has two types")
    inside = equal(rank(multiply(x_n, transpose(x_n))), rank(multiply(x_m, transpose(x_m))))
    trivial = rules.ring(replace_variable(inside, "n", M))
    refused(lambda: rules.transport(trivial, "n", M, [], inside), "one name has two types")
    bound = for_all("m", equal(scalar(N), scalar(N)))
    refused(lambda: rules.transport(at, "n", M, [bound, for_all("m", goal)], goal), "is bound in|does not fit")


# ---------------------------------------------------------------- logic
P, Q = zero(S), at_least(A, NONE)


def test_assume_takes_only_well_formed_propositions() -> None:
    """A proposition without meaning has no business among the hypotheses."""
    assert assumed(P).hyps == {P}
    x = next(iter(X.words))
    bad = [
        Prop(("zero", forged({x: 1}, N, N))),
        Prop(("zero", forged({(): True}))),
        Prop(("zero", forged({(): 1.5}))),
        Prop(("zero", forged({(): 0}))),
        Prop(("zero", forged({x: 1}, M, N)._replace(rows=Nat((((), -1),))))),
        Prop(("zero", dict(S.words))),
        Prop(("maybe", S)),
        Prop(("zero", S, T)),
        Prop(("and", [P, Q])),
        Prop(("and", (P, ("zero", S)))),
        Prop(("imp", P)),
        Prop(("all", 7, P)),
    ]
    for p in bad:
        with pytest.raises((KernelError, AttributeError, TypeError, IndexError)):
            assumed(p)
    hole = letter(F, nat("#"))
    refused(lambda: assumed(zero(hole)), "has a hole")
    refused(lambda: assumed(zero(letter(Decl("#0", N, N)))), "has a hole")


def test_terms_below_traces_and_ranks_are_checked_too() -> None:
    """tr(X) of what is not square, or the rank of words that do not fit, evaluate to nonsense."""
    (x,) = split(next(iter(X.words)))[1]
    refused(lambda: assumed(zero(monomial((necklace((x,)),), (), ONE, ONE))))
    refused(lambda: assumed(zero(rank(forged({(x,): 1}, N, N)))))
    refused(lambda: assumed(zero(rank(forged({(): 0.5}, N, N)))))


def test_the_plain_mark_of_a_term_must_be_true() -> None:
    """It says that words may simply be joined; a false or a strange mark would make words that are not normal."""
    key = next(iter(V.words))
    for mark in (True, float("nan"), 2, "yes"):
        with pytest.raises((KernelError, TypeError)):
            assumed(zero(forged({key: 1}, N, ONE, mark)))


def test_discharge_and_detach_are_the_cut() -> None:
    """|- p => q only moves p; q follows only from the same p."""
    th = rules.discharge(assumed(P), P)
    assert (th.hyps, th.conclusion) == (frozenset(), implication(P, P))
    other = rules.discharge(assumed(P), Q)
    assert other.hyps == {P}
    assert rules.detach(th, assumed(P)).hyps == {P}
    refused(lambda: rules.detach(th, assumed(Q)), "is not the condition of")
    refused(lambda: rules.detach(assumed(P), assumed(P)), "is not the condition of")
    refused(lambda: rules.detach(assumed(implication(P, Q)), assumed(negation(P))), "is not the condition of")


def test_conjoin_and_part() -> None:
    """All hypotheses are kept; a part that is not there is refused, counting from the end too."""
    both = rules.conjoin([assumed(P), assumed(Q)])
    assert both.hyps == {P, Q}
    assert rules.part(both, 1).conclusion == Q
    assert rules.part(both, 1).hyps == {P, Q}
    refused(lambda: rules.conjoin([]), "there is nothing to join")
    for i in (2, -1):
        refused(lambda i=i: rules.part(both, i), f"has no part {i}")
    refused(lambda: rules.part(assumed(implication(P, Q)), 0), "has no part")


def test_generalize_needs_a_variable_that_is_free_in_no_hypothesis() -> None:
    """From a hypothesis on S nothing follows for all S; nor for all n, when S is n x n."""
    th = rules.order(at_least(multiply(transpose(V), V), NONE), [], [Summand(1, (), (V,))])
    assert rules.generalize(th, DV).conclusion == for_all(DV, th.conclusion)
    refused(lambda: rules.generalize(assumed(P), DS), "@S is not fresh")
    refused(lambda: rules.generalize(assumed(P), "n"), "n is not fresh")
    refused(lambda: rules.generalize(assumed(P), Decl("S", M, M)), "@S is not fresh")
    refused(lambda: rules.generalize(th, "n"), "its type depends on n")
    refused(lambda: rules.generalize(th, Decl("v", M, ONE)), "occurs with two types")


EVERY = rules.generalize(rules.order(at_least(multiply(transpose(V), V), NONE), [], [Summand(1, (), (V,))]), DV)


def test_specialize_checks_sort_and_shape() -> None:
    """A value of another sort or shape is not a value of the variable."""
    x = letter(Decl("x", N, ONE))
    assert rules.specialize(EVERY, x).conclusion == at_least(multiply(transpose(x), x), NONE)
    refused(lambda: rules.specialize(EVERY, N), "does not fit the variable")
    refused(lambda: rules.specialize(EVERY, letter(Decl("x", M, ONE))), "instantiate: v is n x 1, x is m x 1")
    refused(lambda: rules.specialize(assumed(P), S), "is not a 'for all'")
    dims = rules.generalize(shown(depth_claim()), "l")
    assert rules.specialize(dims, M).conclusion == depth_claim(M)
    refused(lambda: rules.specialize(dims, A), "does not fit the variable")
    refused(lambda: rules.specialize(dims, Nat((((), -1),))), "nat")
    refused(lambda: rules.specialize(EVERY, letter(F, nat("#"))), "instantiate")
    family = rules.generalize(rules.ring(zero(subtract(letter(F, L), letter(F, L)))), F)
    assert rules.specialize(family, letter(F, nat("#"))).conclusion == family.conclusion[2]


def test_specialize_refuses_capture() -> None:
    """for all m. exists n. n = m + 1 says nothing of n = n + 1."""
    some = exists("n", equal(scalar(N), scalar(nat_sum(M, ONE))))
    refused(lambda: rules.specialize(assumed(for_all("m", some)), N), "mentions n, which is bound")
    inner = exists(DT, equal(multiply(T, S), EYE))
    refused(lambda: rules.specialize(assumed(for_all(DS, inner)), T), "mentions @T, which is bound")
    typed = for_all("m", for_all(Decl("x", M, ONE), for_all("n", equal(scalar(M), scalar(N)))))
    refused(lambda: rules.specialize(assumed(typed), N), "mentions n, which is bound")


def test_introduce_needs_the_body_at_the_value() -> None:
    """S T = I shows that S has a right inverse, not that T S = I has a solution."""
    goal = exists(DT, equal(multiply(S, T), EYE))
    assert rules.introduce(ST_I, goal, T).conclusion == goal
    refused(lambda: rules.introduce(ST_I, goal, S), "introduce: .* is not")
    refused(lambda: rules.introduce(ST_I, goal, N), "does not fit the variable")
    refused(lambda: rules.introduce(ST_I, exists(DT, equal(multiply(T, S), EYE)), T), "introduce: .* is not")
    refused(lambda: rules.introduce(ST_I, for_all(DT, equal(multiply(S, T), EYE)), T), "is not an 'exists'")
    refused(lambda: rules.introduce(ST_I, goal, X), "instantiate: T is n x n, X is m x n")


SOME = assumed(exists(DT, equal(multiply(S, T), EYE)))


def test_eliminate_opens_an_exists_with_a_new_letter() -> None:
    """What follows for a T of which nothing else is known follows."""
    dt = Decl("U", N, N)
    u = letter(dt)
    at = assumed(equal(multiply(S, u), EYE))
    th = rules.ideal(subtract(trace(multiply(S, u)), scalar(N)), [at], [Cofactor(0, EYE, EYE, I1)])
    refused(lambda: rules.eliminate(SOME, th, dt), "@U is not fresh, it occurs free in tr")
    traced = rules.introduce(th, exists(dt, th.conclusion), u)
    assert rules.eliminate(SOME, traced, dt).hyps == SOME.hyps


def test_eliminate_refuses_what_is_not_new_or_of_another_sort() -> None:
    """The letter may stand in no other hypothesis, not in the 'exists' itself, and must have the variable's type."""
    closed = rules.ring(zero(NONE))
    u = Decl("U", N, N)
    other = rules.ideal(NONE, [assumed(equal(letter(u), EYE)), closed], [])
    refused(lambda: rules.eliminate(SOME, other, u), "@U is not fresh")
    refused(lambda: rules.eliminate(SOME, closed, DS), "@S is not fresh")
    refused(lambda: rules.eliminate(SOME, closed, Decl("U", M, M)), "instantiate|eliminate")
    refused(lambda: rules.eliminate(SOME, closed, "u"), "does not fit|eliminate")
    refused(lambda: rules.eliminate(assumed(exists("k", zero(scalar(K)))), closed, u), "does not fit|eliminate")
    refused(lambda: rules.eliminate(ST_I, closed, u), "is not an 'exists'")
    typed = rules.ideal(NONE, [assumed(zero(letter(Decl("Z", K, K))))], [])
    refused(lambda: rules.eliminate(assumed(exists("j", zero(scalar(nat("j"))))), typed, "k"), "k is not fresh")


def test_cases_needs_both_cases() -> None:
    """q from p and q from not p; hypotheses that are neither p nor its denial stay."""
    th = rules.cases(assumed(Q), assumed(Q), P)
    assert th.hyps == {Q}
    left = rules.absurd(assumed(P), assumed(negation(P)), FALSE)
    both = rules.cases(left, left, P)
    assert both.hyps == {P, negation(P)}
    refused(lambda: rules.cases(assumed(P), assumed(Q), P), "differ")
    less = greater(NONE, A)
    assert negation(Q) == less
    assert negation(less) == Q
    whole = rules.cases(rules.ideal(NONE, [], []), rules.ideal(NONE, [], []), Q)
    assert whole.hyps == set()


def test_absurd_needs_a_denial() -> None:
    """Two facts that do not deny each other prove nothing."""
    assert rules.absurd(assumed(P), assumed(negation(P)), FALSE).hyps == {P, negation(P)}
    refused(lambda: rules.absurd(assumed(P), assumed(P), FALSE), "does not deny")
    refused(lambda: rules.absurd(assumed(at_least(A, NONE)), assumed(at_least(NONE, A)), FALSE), "does not deny")
    refused(lambda: rules.absurd(assumed(zero(S)), assumed(negation(zero(T))), FALSE), "does not deny")
    with pytest.raises((KernelError, AttributeError)):
        rules.absurd(assumed(P), assumed(negation(P)), Prop(("zero", "everything")))


def test_congruence_of_ranks_and_maps() -> None:
    """Equal arguments have equal images; unequal ones, or a map of another domain, are refused."""
    x = letter(Decl("x", N, ONE))
    th = assumed(equal(V, x))
    assert rules.congruence(th, V, x).conclusion == equal(rank(V), rank(x))
    image = equal(letter(DF, None, (V,)), letter(DF, None, (x,)))
    assert rules.congruence(th, V, x, DF).conclusion == image
    refused(lambda: rules.congruence(th, x, V), "congruence")
    refused(lambda: rules.congruence(th, V, scale(number(2), x)), "congruence")
    refused(lambda: rules.congruence(assumed(at_least(A, B)), A, B), "congruence")
    refused(lambda: rules.congruence(th, V, x, Decl("f", M, ONE, False, ((M, ONE),))), "the arguments must have shapes")
    refused(lambda: rules.congruence(th, V, x, Decl("f", M, ONE, False, ((N, ONE),) * 2)), "the arguments must")
    refused(lambda: rules.congruence(th, V, x, DF, ONE), "f is not a family")
    family = Decl("g", M, ONE, True, ((N, ONE),))
    assert rules.congruence(th, V, x, family, L).hyps == th.hyps
    refused(lambda: rules.congruence(th, V, x, family), "g is a family")
    refused(lambda: rules.congruence(th, V, X), "add|congruence")


# ---------------------------------------------------------------- instantiate
def test_instantiate_replaces_in_hypotheses_too() -> None:
    """The hypotheses of an instance are instances of the hypotheses."""
    th = rules.instantiate(ST_I, {"n": M}, {DS: letter(Decl("U", M, M))})
    u, t = letter(Decl("U", M, M)), letter(Decl("T", M, M))
    assert th.conclusion == equal(multiply(u, t), identity(M))
    assert th.hyps == {th.conclusion}


def test_instantiate_is_simultaneous() -> None:
    """Swapping S and T must not make them one."""
    th = rules.instantiate(ST_I, {}, {DS: T, DT: S})
    assert th.conclusion == equal(multiply(T, S), EYE)
    lengths = assumed(equal(scalar(M), scalar(nat_product(N, N))))
    assert rules.instantiate(lengths, {"m": N, "n": M}, {}).conclusion == equal(scalar(N), scalar(nat_product(M, M)))


def test_instantiate_at_dimension_one_gives_commuting_scalars() -> None:
    """n = 1 makes S T - T S vanish: the instance is normalised again."""
    commute = assumed(equal(multiply(S, T), multiply(T, S)))
    assert rules.instantiate(commute, {"n": ONE}, {}).conclusion == zero(NONE)


def test_instantiate_takes_the_type_along() -> None:
    """The image of S: n x n with n := m must be m x m; other letters get the new type."""
    th = rules.instantiate(ST_I, {"n": M}, {})
    assert th.conclusion == equal(multiply(letter(Decl("S", M, M)), letter(Decl("T", M, M))), identity(M))
    refused(lambda: rules.instantiate(ST_I, {"n": M}, {DS: T}), "instantiate: S is m x m, T is n x n")
    with pytest.raises(ShapeError, match="instantiate: S is n x n, X is m x n"):
        rules.instantiate(ST_I, {}, {DS: X})


def test_instantiate_refuses_capture_holes_and_forged_values() -> None:
    """A variable under a quantifier is not the same variable outside; a hole has no value."""
    refused(lambda: rules.instantiate(SOME, {}, {DS: T}), "mentions @T, which is bound")
    deep = assumed(for_all("l", exists(DT, equal(multiply(T, letter(F, L)), S))))
    refused(lambda: rules.instantiate(deep, {}, {DS: letter(F, L)}), "mentions l, which is bound")
    refused(lambda: rules.instantiate(deep, {}, {F: multiply(letter(F, nat("#")), T)}), "mentions @T, which is bound")
    assert rules.instantiate(deep, {}, {F: letter(F, nat_sum(nat("#"), ONE))}).conclusion != deep.conclusion
    refused(lambda: rules.instantiate(ST_I, {}, {DS: letter(F, nat("#"))}), "has a hole")
    refused(lambda: rules.instantiate(ST_I, {}, {DS: letter(Decl("#0", N, N))}), "has a hole")
    refused(lambda: rules.instantiate(ST_I, {"n": nat("#")}, {}), "has a hole")
    refused(lambda: rules.instantiate(ST_I, {"n": Nat((((), -2),))}, {}), "nat")
    refused(lambda: rules.instantiate(ST_I, {"n": ((((), 2)),)}, {}), "nat")  # type: ignore[dict-item]
    refused(lambda: rules.instantiate(ST_I, {}, {DS: forged({(): 0.5}, N, N)}), "exact rational")


def test_instantiate_maps_and_families() -> None:
    """f(x) := A x and F[l] := G[l + 1] replace every point and every index, each at its own place."""
    x = letter(Decl("x", N, ONE))
    th = assumed(equal(letter(DF, None, (V,)), letter(DF, None, (x,))))
    at = rules.instantiate(th, {}, {DF: multiply(X, letter(Decl("#0", N, ONE)))})
    assert at.conclusion == equal(multiply(X, V), multiply(X, x))
    nested = Decl("h", N, ONE, False, ((N, ONE),))
    twice = letter(nested, None, (letter(nested, None, (V,)),))
    there = rules.instantiate(assumed(equal(twice, V)), {}, {nested: multiply(S, letter(Decl("#0", N, ONE)))})
    assert there.conclusion == equal(multiply(S, multiply(S, V)), V)
    g = Decl("G", N, N, True)
    step = assumed(equal(letter(F, nat_sum(L, ONE)), multiply(S, letter(F, L))))
    moved = rules.instantiate(step, {}, {F: letter(g, nat_sum(nat("#"), ONE))})
    assert moved.conclusion == equal(letter(g, nat_sum(L, nat(2))), multiply(S, letter(g, nat_sum(L, ONE))))
    refused(lambda: rules.instantiate(th, {}, {DF: multiply(Y, letter(Decl("#0", K, ONE)))}), "instantiate: f is")
    value = assumed(zero(letter(DF, None, (V,))))
    stray = letter(Decl("#0", M, ONE))  # not the argument: that is n x 1
    refused(lambda: rules.instantiate(value, {}, {DF: multiply(letter(Decl("A", M, M)), stray)}), "hole")


# ---------------------------------------------------------------- ground and axiom
def test_ground_turns_a_witness_into_an_exists() -> None:
    """[[0, 1], [0, 0]] squares to 0 without being 0."""
    goal = exists_all(("n", DS), conjunction(zero(multiply(S, S)), negation(zero(S))))
    th = rules.ground(goal, Witness({"n": 2}, {"S": ((0, 1), (0, 0))}))
    assert (th.hyps, th.conclusion) == (frozenset(), goal)


@pytest.mark.parametrize(
    ("witness", "match"),
    [
        (Witness({"n": 2}, {"S": ((0, 0), (0, 0))}), "does not satisfy"),
        (Witness({"n": 2}, {"S": ((1, 1), (0, 0))}), "does not satisfy"),
        (Witness({"n": 3}, {"S": ((0, 1), (0, 0))}), "S must be 3 x 3"),
        (Witness({"n": 2}, {"S": ((0, 1), (0,))}), "S must be 2 x 2"),
        (Witness({"n": 2}, {"T": ((0, 1), (0, 0))}), "no value for S"),
        (Witness({}, {"S": ((0, 1), (0, 0))}), "no natural number for n"),
        (Witness({"n": -2}, {"S": ((0, 1), (0, 0))}), "no natural number for n"),
        (Witness({"n": True}, {"S": ((1,),)}), "no natural number for n"),
        (Witness({"n": 2.0}, {"S": ((0, 1), (0, 0))}), "no natural number for n"),  # type: ignore[dict-item]
        (Witness({"n": 2}, {"S": ((0, 1.0), (0, 0))}), "is not an exact number"),
        (Witness({"n": 2}, {"S": ((0, float("nan")), (0, 0))}), "is not an exact number"),
        (Witness({"n": 2}, {"S": ((0, 1j), (0, 0))}), "is not an exact number"),
        (Witness({"n": {0: 2}}, {"S": ((0, 1), (0, 0))}), "no natural number for n"),
    ],
)
def test_ground_refuses_a_witness_that_is_none(witness: Witness, match: str) -> None:
    """A witness has the right shapes, exact entries and satisfies the body, or there is no counterexample."""
    goal = exists_all(("n", DS), conjunction(zero(multiply(S, S)), negation(zero(S))))
    refused(lambda: rules.ground(goal, witness), match)


def test_ground_needs_a_closed_exists_that_can_be_evaluated() -> None:
    """Free variables and unbounded quantifiers cannot be checked at one point."""
    at = Witness({"n": 1, "m": 1, "l": 0}, {"S": ((0,),), "T": ((0,),)})
    refused(lambda: rules.ground(zero(S), at), "is not an 'exists'")
    refused(lambda: rules.ground(exists(DS, zero(multiply(S, T))), at), "are not bound")
    refused(lambda: rules.ground(exists(DS, zero(S)), at), r"\['n'\] are not bound")
    some = exists("n", for_all("l", at_least(scalar(L), NONE)))
    refused(lambda: rules.ground(some, at), "cannot decide")
    inner = exists("n", conjunction(exists("m", zero(NONE)), zero(NONE)))
    refused(lambda: rules.ground(inner, at), "cannot decide")


def test_axiom_is_closed_named_and_reported() -> None:
    """An axiom with a free variable would hold for all its values; one without a name could not be listed."""
    p = for_all("n", for_all(DS, exists(DT, equal(multiply(S, T), multiply(T, S)))))
    th = rules.axiom("commutant", p)
    assert th.axioms == {"commutant"}
    assert rules.specialize(th, M).axioms == {"commutant"}
    assert rules.cases(th, th, FALSE).axioms == {"commutant"}
    refused(lambda: rules.axiom("free", exists(DT, equal(multiply(S, T), EYE))), "has free variables")
    refused(lambda: rules.axiom("dimension", equal(scalar(N), NONE)), "has free variables")
    refused(lambda: rules.axiom("two words", p), "identifier")


def test_every_rule_has_a_test_here() -> None:
    """A rule that is added without a soundness test is found out."""
    source = Path(__file__).read_text(encoding="utf-8")
    makers = {n for n, f in vars(rules).items() if getattr(f, "__annotations__", {}).get("return") == "Theorem"}
    assert len(makers) >= 25
    assert not {n for n in makers if not n.startswith("_") and f"rules.{n}(" not in source}


def test_holes_cannot_be_bound() -> None:
    """The hole stands for the index of a family; a bound one would capture it."""
    refused(lambda: rules.blocks(N, N, ("#0", "F")), "hole")
    refused(lambda: rules.rank_factor(X, ("#", "C", "F", "A", "B")), "hole")
    refused(lambda: rules.generalize(assumed(P), "#"), "hole")
