"""Attempts to prove 1 = 0. Each is a way that looked open; whichever step closes it, no false theorem may come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest

from formal.kernel import rules
from formal.kernel.errors import KernelError
from formal.kernel.ground import Witness, evaluate
from formal.kernel.props import (
    Prop,
    at_least,
    conjunction,
    equal,
    exists,
    for_all,
    implication,
    negation,
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
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    subtract,
    transpose,
    zeros,
)

M, N, V, HOLE = map(nat, ("m", "n", "v", "#"))
I1 = number(1)
FALSE = zero(I1)
ATTEMPTS: list[Callable[[], Theorem]] = []


def attempt(make: Callable[[], Theorem]) -> Callable[[], Theorem]:
    ATTEMPTS.append(make)
    return make


def is_true(th: Theorem) -> bool:
    """Whether a theorem without hypotheses holds; a letter that is left free may as well be 1."""
    return bool(th.hyps) or evaluate(th.conclusion, Witness({}, {"Xhidden": ((1,),)}))


def cut_trivial(th: Theorem) -> Theorem:
    """Discharge hypotheses that the ring rule proves."""
    for h in list(th.hyps):
        th = rules.detach(rules.discharge(th, h), rules.ring(h))
    return th


def contradiction(p: Theorem, q: Theorem) -> Theorem:
    """1 = 0 from t = 0 and t = 1 for one scalar t."""
    return rules.ideal(I1, [p, q], [Cofactor(0, I1, I1), Cofactor(1, number(-1), I1)])


# ---------------------------------------------------------------- normal form
@attempt
def lost_coefficient() -> Theorem:
    """x'(S x + S'x) computed as x'S x."""
    x, s = letter(Decl("x", N, ONE)), letter(Decl("S", N, N))
    row, both = transpose(x), add(s, transpose(s))
    gap = subtract(multiply(row, multiply(both, x)), multiply(multiply(row, s), x))  # x'S x, or nothing
    y = letter(Decl("y", N, ONE))
    given = rules.assume(equal(y, multiply(both, x)))
    claim = subtract(multiply(row, y), multiply(multiply(row, s), x))
    th = rules.ideal(subtract(claim, gap), [given], [Cofactor(0, row, identity(ONE))])
    values = {Decl("x", N, ONE): I1, Decl("S", N, N): I1, Decl("y", N, ONE): number(2)}
    return cut_trivial(rules.instantiate(th, {"n": ONE}, values))


# ---------------------------------------------------------------- families of dimensions
def two_entries() -> Prop:
    """n[0] = n[1], for the family of dimensions n[.]."""
    return equal(scalar(nat("n", ZERO)), scalar(nat("n", ONE)))


@attempt
def induction_on_a_family_of_dimensions() -> Theorem:
    """At n = 0 and at n + 1 a family n[.] becomes constant, so base and step hold for nothing."""
    claim = two_entries()
    base = rules.ring(replace_variable(claim, "n", ZERO))
    step = rules.discharge(rules.ring(replace_variable(claim, "n", nat_sum(N, ONE))), claim)
    return rules.specialize(rules.induct(base, step, "n", claim), HOLE)


@attempt
def transport_along_a_family_of_dimensions() -> Theorem:
    """n = v for the dimension n says nothing of the family n[.]."""
    claim = two_entries()
    th = rules.transport(rules.ring(replace_variable(claim, "n", V)), "n", V, [], claim)
    return rules.instantiate(cut_trivial(rules.instantiate(th, {"v": N}, {})), {"n": HOLE}, {})


@attempt
def elimination_of_a_family_of_dimensions() -> Theorem:
    """There is a family with n[0] = 0 and n[1] = 1, but no dimension that is both."""
    body = conjunction(equal(scalar(nat("n", ZERO)), number(0)), equal(scalar(nat("n", ONE)), I1))
    at = replace_variable(body, "n", HOLE)
    some = rules.introduce(rules.conjoin([rules.ring(q) for q in at[1]]), exists("n", body), HOLE)
    both = rules.assume(replace_variable(body, "n", nat("w")))
    return rules.eliminate(some, contradiction(rules.part(both, 0), rules.part(both, 1)), "w")


# ---------------------------------------------------------------- elimination at another sort
def eliminated_as_constant(bound: Decl, points: tuple[Term, Term], value: Term) -> Theorem:
    """exists f. f(0) = 0 and f(1) = 1, opened with a plain letter in place of f."""
    body = conjunction(equal(points[0], number(0)), equal(points[1], I1))
    at = replace_variable(body, bound, value)
    some = rules.introduce(rules.conjoin([rules.ring(q) for q in at[1]]), exists(bound, body), value)
    constant = Decl("X", ONE, ONE)
    both = rules.assume(replace_variable(body, bound, letter(constant)))
    return rules.eliminate(some, contradiction(rules.part(both, 0), rules.part(both, 1)), constant)


@attempt
def a_family_opened_as_a_letter() -> Theorem:
    """A letter is a constant family; what a family can do it cannot."""
    f = Decl("F", ONE, ONE, True)
    return eliminated_as_constant(f, (letter(f, ZERO), letter(f, ONE)), scalar(HOLE))


@attempt
def a_map_opened_as_a_letter() -> Theorem:
    """A letter is a constant map; what a map can do it cannot."""
    f = Decl("F", ONE, ONE, False, ((ONE, ONE),))
    points = letter(f, None, (number(0),)), letter(f, None, (I1,))
    return eliminated_as_constant(f, points, letter(Decl("#0", ONE, ONE)))


# ---------------------------------------------------------------- holes in types
def equal_lengths() -> tuple[Decl, Theorem]:
    """n = m |- |F[n]|^2 = |F[m]|^2, for a family F[l] of vectors of length l."""
    f = Decl("F", HOLE, ONE, True)
    sides = [multiply(transpose(letter(f, at)), letter(f, at)) for at in (N, M)]
    claim = equal(*sides)
    return f, rules.transport(rules.ring(replace_variable(claim, "n", M)), "n", M, [], claim)


def lengths_one_and_zero(th: Theorem) -> Theorem:
    """The image x: # x 1 of a family is a letter x: n x 1 at n and another one at m; give them different values."""
    y, z = Decl("Y", N, ONE), Decl("Z", M, ONE)
    th = rules.instantiate(th, {}, {Decl("x", N, ONE): letter(y), Decl("x", M, ONE): letter(z)})
    return cut_trivial(rules.instantiate(th, {"n": ONE, "m": ONE}, {y: I1, z: number(0)}))


@attempt
def an_image_whose_type_has_a_hole() -> Theorem:
    """The image of a family must be one value an index."""
    f, th = equal_lengths()
    return lengths_one_and_zero(rules.instantiate(th, {}, {f: letter(Decl("x", HOLE, ONE))}))


@attempt
def a_special_value_whose_type_has_a_hole() -> Theorem:
    """The same through "for all"."""
    f, th = equal_lengths()
    return lengths_one_and_zero(rules.specialize(rules.generalize(th, f), letter(Decl("x", HOLE, ONE))))


@attempt
def a_witness_whose_type_has_a_hole() -> Theorem:
    """The same through "exists"."""
    f, th = equal_lengths()
    goal = exists(f, negation(th.conclusion))
    x = letter(Decl("x", HOLE, ONE))
    differ = rules.assume(replace_variable(negation(th.conclusion), f, x))
    some = rules.introduce(differ, goal, x)
    fresh = f._replace(name="G")
    g_th = rules.instantiate(th, {}, {f: letter(fresh, HOLE)})
    bad = rules.absurd(g_th, rules.assume(negation(g_th.conclusion)), FALSE)
    th = rules.eliminate(some, bad, fresh)
    y, z = Decl("Y", N, ONE), Decl("Z", M, ONE)
    th = rules.instantiate(th, {}, {Decl("x", N, ONE): letter(y), Decl("x", M, ONE): letter(z)})
    th = rules.instantiate(th, {"n": ONE, "m": ONE}, {y: I1, z: number(0)})
    (not_zero,) = [h for h in th.hyps if h.kind == "not"]
    one_is_zero = rules.assume(not_zero[1])
    yes = rules.ideal(
        I1, [one_is_zero], [Cofactor(0, number(1 / Fraction(*one_is_zero.conclusion[1].words.values())), I1)]
    )
    return cut_trivial(rules.cases(yes, th, not_zero[1]))


# ---------------------------------------------------------------- evaluation
@attempt
def a_bound_that_is_not_whole() -> Theorem:
    """For all l with 1/2 - l - 1 >= 0 is for none; an evaluation that looked at l = 0 would deny it."""
    guard = Prop(("ge", subtract(number(Fraction(1, 2)), add(scalar(nat("l")), I1))))
    every = for_all("l", implication(guard, FALSE))
    given = rules.assume(guard)
    negative = Prop(("ge", number(Fraction(-1, 2))))
    low = rules.order(negative, [given], [Summand(1, (0,)), Summand(1, (), (), (scalar(nat("l")),))])
    high = rules.order(negation(negative), [], [Summand(Fraction(1, 2))])
    holds = rules.generalize(rules.discharge(rules.absurd(low, high, FALSE), guard), "l")
    denied = rules.ground(exists("u", negation(every)), Witness({"u": 0}, {}))
    return rules.eliminate(denied, rules.absurd(holds, rules.assume(negation(every)), FALSE), "w")


# ---------------------------------------------------------------- containers that can be read once, or change
@attempt
def parts_that_are_read_once() -> Theorem:
    """conjoin reads its parts for the conclusion and again for the hypotheses."""
    return rules.conjoin(iter([rules.assume(FALSE)]))  # type: ignore[arg-type]


@attempt
def hypotheses_that_are_read_once() -> Theorem:
    """transport reads its hypotheses three times."""
    th = rules.transport(rules.assume(FALSE), "n", V, iter([FALSE]), FALSE)  # type: ignore[arg-type]
    return cut_trivial(rules.instantiate(th, {"v": N}, {}))


class Shy(list[Any]):
    """A list that can be indexed, but iterates over nothing."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


@attempt
def premises_that_hide_when_counted() -> Theorem:
    """ideal indexes its premises for the equation and iterates over them for the hypotheses."""
    return rules.ideal(I1, Shy([rules.assume(FALSE)]), [Cofactor(0, I1, I1)])


@attempt
def order_premises_that_hide_when_counted() -> Theorem:
    """The same for order."""
    bad = at_least(number(-1), number(0))
    return rules.order(bad, Shy([rules.assume(bad)]), [Summand(1, (0,))])


@attempt
def a_term_that_changes_afterwards() -> Theorem:
    """A mapping proxy shows the dict below it; whoever holds the dict could rewrite a theorem."""
    words: dict[Any, Any] = {}
    th = rules.ring(zero(Term(ONE, ONE, MappingProxyType(words), False)))
    words[()] = 1
    return th


@attempt
def a_hypothesis_that_changes_afterwards() -> Theorem:
    """An assumption that is rewritten to 0 = 0 after use could be discharged for nothing."""
    words: dict[Any, Any] = {(): 1}
    given = rules.assume(zero(Term(ONE, ONE, MappingProxyType(words), False)))
    th = rules.ideal(I1, [given], [Cofactor(0, I1, I1)])
    words.clear()
    return cut_trivial(th)


@attempt
def a_rank_that_changes_afterwards() -> Theorem:
    """Atoms are shared: whoever plants rank(0) first, on a dict that he keeps, could make it rank(I) for everyone."""
    words: dict[Any, Any] = {}
    size = nat(7)
    rank(Term(size, size, MappingProxyType(words), False))
    th = rules.rank_bound(zeros(size, ZERO), zeros(ZERO, size))
    words[()] = 1
    return th


# ---------------------------------------------------------------- names
@attempt
def a_declaration_that_hides_its_name() -> Theorem:
    """A letter whose names are forged is never "free", so "some y is 0" would make it 0."""

    class Hidden(Decl):
        @property
        def names(self) -> frozenset[str]:
            return frozenset()

    x = Hidden("Xhidden", ONE, ONE)
    y = Decl("Y", ONE, ONE)
    some = rules.introduce(rules.ring(zero(number(0))), exists(y, zero(letter(y))), number(0))
    return rules.eliminate(some, rules.assume(zero(letter(x))), x)


@attempt
def a_dimension_that_equals_every_other() -> Theorem:
    """I_5 = I_5 I_5 through a dimension that is 0 when it is counted and 5 when it is compared."""

    class Chameleon(Nat):
        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = Nat.__hash__

    one = identity(nat(5))
    none = Chameleon(ZERO)
    return rules.rank_bound(one._replace(cols=none), one._replace(rows=none))


@attempt
def a_premise_that_only_looks_like_a_theorem() -> Theorem:
    """Whatever has a conclusion, hypotheses and axioms is not yet a theorem."""

    class Duck:
        hyps: frozenset[Prop] = frozenset()
        axioms: frozenset[str] = frozenset()
        conclusion = FALSE

    duck: Any = Duck()
    return rules.ideal(I1, [duck], [Cofactor(0, I1, I1)])


@attempt
def an_inverse_named_like_a_letter() -> Theorem:
    """exists s. s s = 1, read off from: not s = 0."""
    s = Decl("s", ONE, ONE)
    two = rules.instantiate(rules.invert(rules.assume(negation(zero(letter(s)))), "s"), {}, {s: number(2)})
    return two


@attempt
def a_square_that_is_a_product() -> Theorem:
    """s >= 0 for a scalar s, if a scalar's square were confused with the scalar."""
    s = letter(Decl("s", ONE, ONE))
    th = rules.order(at_least(s, number(0)), [], [Summand(1, (), (s,))])
    return rules.instantiate(th, {}, {Decl("s", ONE, ONE): number(-1)})


@attempt
def an_empty_identity_for_all_sizes() -> Theorem:
    """I_0 = 0 is true; I_n = 0 would be 1 = 0 at n = 1."""
    th = rules.null(rules.order(at_least(number(0), scalar(N)), [], []), identity(N))
    return rules.instantiate(th, {"n": ONE}, {})


@attempt
def an_inverse_of_zero() -> Theorem:
    """exists t. s t = 1 for every s, and so 0 = 1."""
    s = Decl("s", ONE, ONE)
    some = rules.invert(rules.assume(negation(zero(letter(s)))), "t")
    some = cut_trivial(rules.instantiate(some, {}, {s: number(0)}))
    return rules.eliminate(some, rules.assume(equal(number(0), I1)), Decl("t", ONE, ONE))


@attempt
def a_bound_index_that_is_captured() -> Theorem:
    """for all m. exists n. n = m + 1, specialised at m = n."""
    goal = exists("n", equal(scalar(N), scalar(nat_sum(M, ONE))))
    some = rules.introduce(rules.ring(equal(scalar(nat_sum(M, ONE)), scalar(nat_sum(M, ONE)))), goal, nat_sum(M, ONE))
    th = rules.specialize(rules.generalize(some, "m"), N)
    (gap,) = [th.conclusion[2]]
    return rules.eliminate(th, rules.ideal(I1, [rules.assume(gap)], [Cofactor(0, number(-1), I1)]), "n")


@attempt
def a_hypothesis_lost_in_generalisation() -> Theorem:
    """n = 0 |- n = 0 generalised over n, then taken at 1."""
    th = rules.generalize(rules.assume(equal(scalar(N), number(0))), "n")
    return rules.specialize(th, ONE)


@pytest.mark.parametrize("make", ATTEMPTS, ids=lambda f: f.__name__)
def test_no_attempt_proves_a_falsehood(make: Callable[[], Theorem]) -> None:
    """If one does, everything can be proved, and no verdict of streamproof means anything."""
    try:
        th = make()
    except (KernelError, AttributeError, TypeError):
        return
    assert is_true(th), th
