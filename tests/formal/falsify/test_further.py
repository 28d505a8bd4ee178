"""What fails only at larger sizes, or at numbers that no list has: refuted by sums, standard matrices and quadrics."""

from __future__ import annotations

from typing import Any

import pytest

from formal.claims import REFUTED, check, stated
from formal.falsify import Hunt, search
from formal.falsify.exact import mat
from formal.falsify.goals import goals
from formal.falsify.search import STANDARD, SUMS, Stage
from formal.falsify.sizes import Sizes
from formal.falsify.standard import SINGLE
from formal.falsify.sums import Part, parts, placed, sums

CLIFFORD = "n; A, B: n x n; A^2 = I, B^2 = I, A*B + B*A = 0 => n <= 2"
LINES = "d; P, Q: d x d; P' = P, P^2 = P, Q' = Q, Q^2 = Q, tr(P*Q) >= 1 => rank([P, Q]) + 1 <= rank(P) + rank(Q)"
FALSE = {
    "two anticommuting involutions": (CLIFFORD, {"n": 4}),
    "projections that overlap": (LINES, {"d": 4}),
    "an update that costs all but one": (
        "d, m, r; W: d x m; B: d x r; A: r x m; r < rank(W) => rank(W + B*A) >= r",
        {"d": 3, "m": 3, "r": 2},
    ),
    "a commutator that commutes": ("d; A, B, C: d x d; A*B - B*A = C, A*C = C*A => C^2 = 0", {"d": 3}),
    "the fifth power is zero": ("d; T: d x d; T^5 = 0 => (I - T)*(I + T)*(I + T^2) = I", {"d": 5}),
    "three projections": (
        "d; P, Q, R: d x d; P' = P, P^2 = P, Q' = Q, Q^2 = Q, R' = R, R^2 = R => rank(P*Q*R) = rank(Q*R*P)",
        {"d": 2},
    ),
    "a norm that is a rank": ("m, n; A: m x n; norm2(A) = rank(A) => A*A'*A = A", {"m": 2, "n": 2}),
    "a norm and a trace": ("d; A: d x d; A = A', norm2(A) = 2, tr(A) = 2 => A^2 = A", {"d": 3}),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_fails_further_away_is_refuted(name: str) -> None:
    """At the sizes at which it fails first."""
    text, sizes = FALSE[name]
    found = search(stated(text), seconds=600, tries=3000)
    assert found.evidence is not None and found.witness is not None
    assert check(found.evidence).verdict == REFUTED
    assert {size: found.witness[size] for size in sizes} == sizes


def test_parts_of_a_sum_meet_the_equations_and_the_sum_too() -> None:
    """Otherwise sums would be tried in vain."""
    claim = stated(CLIFFORD)
    (goal,) = goals(claim.given, claim.conclusion)
    sizes, met = Sizes(goal), 0
    for nats, group in sums(parts(goal, "0"), sizes, "0"):
        net = Stage(goal, sizes, nats, "0").net
        assert net is not None
        fixed = placed(net, group)
        assert len(fixed) == len(net.places) == 2
        net.fill([fixed[p] for p in range(2)])
        assert net.refuted()
        met += 1
    assert met > 3


def test_vectors_are_put_on_top_of_each_other_and_numbers_are_left() -> None:
    """What is no matrix between dimensions has no diagonal."""
    claim = stated("d, m; A: m x d; x: d; c: scalar; A*x = 0, c*x = x => c = 1")
    (goal,) = goals(claim.given, claim.conclusion)
    part = Part({"d": 2, "m": 1}, {("A", None): mat(1, 2, [1, 2]), ("x", None): mat(2, 1, [3, 4])})
    net = Stage(goal, Sizes(goal), {"d": 4, "m": 2}, "0").net
    assert net is not None
    fixed = {net.places[p][0]: value.tolist() for p, value in placed(net, [part, part]).items()}
    assert fixed == {"A": [[1, 2, 0, 0], [0, 0, 1, 2]], "x": [[3], [4], [3], [4]]}


class First:
    """Always the option at one place, or the last before it."""

    def __init__(self, place: int) -> None:
        self.place = place

    def pick(self, options: Any) -> Any:
        return options[min(self.place, len(options) - 1)]

    def several(self, options: Any, count: int) -> list[Any]:
        return [self.pick(options)] * count


@pytest.mark.parametrize("kind", SINGLE, ids=lambda kind: kind.__name__)
def test_standard_matrices_have_the_shape_that_is_asked_for(kind: Any) -> None:
    """Also where a dimension is 0; only square ones may be refused."""
    for rows in range(4):
        for cols in range(4):
            for place in range(3):
                made = kind(First(place), rows, cols)
                assert made is not None or rows != cols
                assert made is None or (made.nrows(), made.ncols()) == (rows, cols)


def test_a_search_goes_on_where_it_was_cut_off() -> None:
    """What was tried before is not tried again: the tries add up, and so does what they reach."""
    hunt = Hunt(stated("d; A, B: d x d; A*B = B*A => (A + B)^2 = A^2 + 2*A*B + B^2"), 0)
    tries = [hunt.run(None, 200).tries for _ in range(4)]
    assert tries == sorted(set(tries))
    assert {STANDARD, SUMS} <= hunt.phases.keys()
