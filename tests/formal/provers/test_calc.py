"""Chains: each link is proved, and the ends are joined by the kernel."""

from __future__ import annotations

import pytest

from formal.claims import Book, Claim, check
from formal.provers.calc import calc
from formal.provers.errors import ProofFailure
from formal.provers.proof import Proof
from formal.provers.ranks import by_rank
from formal.statement import Eq, Identity, Lt, dims, matrix, norm2, rank, scalars, vector
from formal.statement.elaborate import elaborate_prop

d, m, k = dims("d m k")
W, V, x = matrix("W", m, d), matrix("V", d, m), vector("x", d)
A, B, C = matrix("A", d, m), matrix("B", m, k), matrix("C", k, d)
a, b, c = scalars("a b c")


def claim(**parts: object) -> Claim:
    return Book().claim("T-1", "a claim of this test", **parts)  # type: ignore[arg-type]


def test_a_chain_of_equations() -> None:
    """Each link may name the hypotheses that it uses."""
    back = Eq(W * V, Identity(m))
    chain = calc(V * W * V * W).eq(V * Identity(m) * W, using=[back]).eq(V * W)
    assert check(claim(given=[back], show=Eq(V * W * V * W, V * W), proof=chain)).verdict == "proved"


def test_a_chain_of_inequalities_is_as_strict_as_its_strictest_link() -> None:
    """a = b + 0 <= c < d gives a < d, and a chain without a strict link gives <= only."""
    given = [Eq(a, b), b <= c, c < 1]
    assert check(claim(given=given, show=a < 1, proof=calc(a).eq(b).le(c).lt(1))).verdict == "proved"
    assert check(claim(given=given[:2], show=a <= c, proof=calc(a).eq(b).le(c))).verdict == "proved"
    assert check(claim(given=given[:2], show=a < c, proof=calc(a).eq(b).le(c))).verdict is None


def test_a_link_by_a_script() -> None:
    """0 <= |x|^2 needs a square, which a script of its own names."""
    chain = calc(a).le(a + norm2(x), by=lambda p: p.order(squares=[x]))
    assert check(claim(show=a <= a + norm2(x), proof=chain)).verdict == "proved"


def test_the_failing_link_is_named() -> None:
    """So that one knows where the chain breaks."""
    p = Proof(elaborate_prop(Eq(V * W, Identity(d))))
    with pytest.raises(ProofFailure, match=r"link 2, = I"):
        calc(V * W).eq(V * W + 0 * Identity(d)).eq(Identity(d))(p)


def test_a_chain_about_something_else_is_refused() -> None:
    """The theorem of a chain has to be the goal."""
    result = check(claim(show=Eq(V * W, W.T * V.T), proof=calc(V * W).eq(V * W)))
    assert result.verdict is None
    assert "not the goal" in result.error


@pytest.mark.parametrize(
    "goal",
    [
        rank(A * B) <= rank(A),
        rank(A * B * C) <= k,
        rank(A) + rank(B) <= m + rank(A * B),
        rank(A * B + C.T) <= rank(B) + k,
        rank(-2 * A) <= rank(A),
        rank(A) <= d,
        Eq(rank(Identity(d)), d),
    ],
    ids=str,
)
def test_rank_facts_need_no_hints(goal: object) -> None:
    """Sizes, products, Sylvester, sums and multiples are found."""
    assert check(claim(show=goal, proof=by_rank)).verdict == "proved"


@pytest.mark.parametrize(
    "goal", [rank(A) <= rank(A * B), Lt(rank(A), m), rank(A * B) + m <= rank(A) + rank(B), rank(A) <= rank(B)], ids=str
)
def test_false_rank_facts_are_not_proved(goal: object) -> None:
    """Each fails at a zero matrix or at an identity."""
    assert check(claim(show=goal, proof=by_rank)).verdict is None
