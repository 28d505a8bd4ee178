"""The parts of the methods for kernels, images and what exists; what they prove without hints is in
`test_without_hints`."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formal.kernel.terms import Decl, add, letter, multiply, nat, number, scale, subtract, transpose, zeros
from formal.provers import images
from formal.provers.ansatz import solutions, solve
from formal.provers.shapes import letters_of, linear_in, put, quadratic_in, words_of_type

n, m = nat("n"), nat("m")
A, B = letter(Decl("A", n, n)), letter(Decl("B", n, n))
z, v = Decl("z", n, nat(1)), letter(Decl("v", n, nat(1)))


@pytest.mark.parametrize(
    "lemma", ["factors_through", "image_inclusion", "quadratic_form", "gram_inverse", "pseudo_inverse", "absorbs_left"]
)
def test_the_lemmas_need_no_axiom(lemma: str) -> None:
    assert not getattr(images, lemma)().axioms


@given(st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=1, max_size=5), st.data())
def test_a_linear_system_is_solved_whenever_it_can_be(columns: list[list[int]], data: st.DataObject) -> None:
    """Targets are made as combinations, so there is a solution, and what is found is one."""
    weights = data.draw(st.lists(st.integers(-3, 3), min_size=len(columns), max_size=len(columns)))
    sparse = [{i: x for i, x in enumerate(c) if x} for c in columns]
    target = {i: sum(w * c[i] for w, c in zip(weights, columns, strict=True)) for i in range(3)}
    found = solve(sparse, {i: x for i, x in target.items() if x})
    assert found is not None
    assert all(sum(Fraction(x) * c[i] for x, c in zip(found, columns, strict=True)) == target[i] for i in range(3))


def test_a_system_without_solution_has_none() -> None:
    assert solve([{"a": 1}, {"a": 2}], {"a": 1, "b": 1}) is None


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([A, B, transpose(A)]), st.integers(-3, 3)), min_size=1, max_size=4))
def test_the_matrix_of_a_linear_term_and_the_form_of_a_quadratic_one_are_read_off(
    parts: list[tuple[object, int]],
) -> None:
    """M z and z'S z are made of them again."""
    total = zeros(n, n)
    for word, c in parts:
        total = add(total, scale(number(c), word))  # type: ignore[arg-type]
    column = letter(z)
    assert linear_in(multiply(total, column), z) == total
    form = quadratic_in(multiply(multiply(transpose(column), total), column), z)
    assert form is not None
    assert add(form, transpose(form)) == add(total, transpose(total))


def test_what_is_not_linear_is_not_taken_for_it() -> None:
    column = letter(z)
    assert linear_in(add(multiply(A, column), v), z) is None
    assert linear_in(multiply(column, multiply(transpose(column), v)), z) is None
    assert quadratic_in(multiply(transpose(v), column), z) is None


def test_words_come_by_their_type_the_shortest_first() -> None:
    w = letter(Decl("W", m, n))
    words = words_of_type([*letters_of(w), *letters_of(A)], m, m, 3)
    assert words[0].rows == words[0].cols == m
    assert multiply(multiply(w, A), transpose(w)) in words
    assert all(t.rows == t.cols == m for t in words)


def test_an_unknown_on_both_sides_is_solved_for() -> None:
    """A X + X B = A A B + A B B is solved by X = A B."""
    x = Decl("X", n, n)
    value = letter(x)
    goal = subtract(add(multiply(A, value), multiply(value, B)), multiply(multiply(A, add(A, B)), B))
    (found, *_) = solutions([x], [goal], [], [*letters_of(A), *letters_of(B)], 2)
    assert found[x] == multiply(A, B)


def test_a_letter_is_replaced_in_its_transpose_too() -> None:
    (own,) = letters_of(A)
    assert put(multiply(transpose(A), A), {own: B}) == multiply(transpose(B), B)
