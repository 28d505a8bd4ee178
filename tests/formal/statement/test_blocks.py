"""Block matrices: their injections, what they mean at matrices, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from formal.claims import Claim, check, ideal
from formal.kernel import rules
from formal.kernel.props import Prop
from formal.statement import (
    Eq,
    Identity,
    StatementError,
    Trace,
    ZeroMatrix,
    blocks,
    dims,
    direct_sum,
    matrix,
    norm2,
)
from formal.statement.blocks import direct_sums
from formal.statement.elaborate import elaborate_prop
from formal.statement.evaluate import evaluate, instance

m, n, k = dims("m n k")
A, B, C, D = matrix("A", m, m), matrix("B", m, n), matrix("C", n, m), matrix("D", n, n)
E = direct_sum("E", m, n)
UPPER = blocks([[Identity(m), B], [0, Identity(n)]], E, E)
AT = instance(
    {
        **{"m": 1, "n": 2, "A": [[1]], "B": [[2, 3]], "C": [[4], [7]], "D": [[5, 6], [8, 9]]},
        **{"E_1": [[1], [0], [0]], "E_2": [[0, 0], [1, 0], [0, 1]]},
    }
)


def test_the_standard_injections_put_each_block_in_its_place() -> None:
    assert evaluate(blocks([[A, B], [C, D]], E, E), AT) == ((1, 2, 3), (4, 5, 6), (7, 8, 9))
    assert evaluate(blocks([[A, B]], across=E), AT) == ((1, 2, 3),)


def test_identity_and_zero_blocks_are_left_out() -> None:
    assert str(blocks([[Identity(m), 0], [0, Identity(n)]], E, E)) == "E_1*E_1.T + E_2*E_2.T"
    assert str(blocks([[Identity(m)], [0]], E)) == "E_1"
    assert str(blocks([[0, Identity(n)]], across=E)) == "E_2.T"
    assert blocks([[0, 0], [0, ZeroMatrix(n, n)]], E, E) == ZeroMatrix(m + n, m + n)


def test_the_equations_are_those_of_the_rule_of_the_kernel() -> None:
    """So what the kernel's direct sums give discharges them."""
    body: Prop = rules.blocks(E.injections[0].n_cols, E.injections[1].n_cols, ("E_1", "E_2")).conclusion
    while body.kind == "ex":
        body = body[2]
    assert list(body[1]) == [elaborate_prop(p) for p in E.equations]


@pytest.mark.parametrize(
    "show",
    [
        Eq(UPPER * blocks([[Identity(m), -B], [0, Identity(n)]], E, E), Identity(m + n)),
        Eq(blocks([[A, B], [C, D]], E, E).T, blocks([[A.T, C.T], [B.T, D.T]], E, E)),
        Eq(Trace(blocks([[A, B], [C, D]], E, E)), Trace(A) + Trace(D)),
        Eq(norm2(blocks([[A, B]], across=E)), norm2(A) + norm2(B)),
    ],
)
def test_what_is_proved_of_blocks(show: Any) -> None:
    """Unit triangular blocks have inverses, transposition goes by blocks, traces and squared norms add up."""
    assert check(Claim("X-1", "", E.equations, show, proof=ideal)).verdict == "proved"


def test_three_summands() -> None:
    F = direct_sum("F", m, n, k)
    assert len(F.equations) == 3 + 3 + 1
    assert direct_sums([*E.equations, Eq(A, 0), *F.equations]) == [E, F]


@pytest.mark.parametrize("left_out", range(4))
def test_a_direct_sum_needs_all_its_equations(left_out: int) -> None:
    """A letter that is only called E_1 is no injection."""
    given = [p for i, p in enumerate(E.equations) if i != left_out]
    assert direct_sums(given) == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: direct_sum("E", m), "two or more"),
        (lambda: blocks([[A, B], [C]], E, E), "rows of 2, 1 blocks"),
        (lambda: blocks([[A, B]], E, E), "do not fit 2 rows of 2 blocks"),
        (lambda: blocks([[A, C], [C, D]], E, E), "block 1, 2 is C, of shape n x m, where m x n is needed"),
        (lambda: blocks([[0, 0]], across=E), "a row or a column of zeros"),
    ],
)
def test_what_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(StatementError, match=words):
        make()
