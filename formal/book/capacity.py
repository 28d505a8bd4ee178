"""How many nearly orthogonal directions fit (VW-T5): more than the chapter allows, and what does limit them."""

from __future__ import annotations

from ..claims import cite
from ..falsify.gadgets import as_family, e8_lines, four_in_the_plane, polynomial_code
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..provers.proof import Proof
from ..statement import Each, Eq, inner, norm2
from .frames import NEARLY_ORTHOGONAL, UNIT, coherence_bound, d, eps, i, j, n, s
from .shelf import claim

claim(
    "VW-T5",
    "Capacity: at most d / eps^2 directions with cosines of at most eps",
    sentence="n unit vectors in d dimensions with |<s_i, s_j>| <= eps have n eps^2 <= d.",
    wrong="The number of nearly orthogonal directions grows exponentially with d, faster than any such bound: four "
    "rational unit vectors in the plane already break it at eps = 4/5, 27 in nine dimensions at 2/3 (VW-T5b), the "
    "120 lines of E8 at 1/2 (VW-T5c). It holds for eps^2 <= 1/(d + 1) (VW-T5a).",
    given=[UNIT, NEARLY_ORTHOGONAL],
    show=n * eps**2 <= d,
    witness={"d": 2, "n": 4, "s": as_family(four_in_the_plane()), "eps": [["4/5"]]},
)


def _small_cosines(p: Proof) -> Theorem:
    """d - n e = (d (1 - e) - n (1 - d e)) + n (1 - (d + 1) e) + d e for e = eps^2."""
    limit, size = p.facts[2], p.term(n)
    square = Summand(1, (), (p.term(eps),), (p.term(d),))

    def some(q: Proof) -> Theorem:
        known = [cite(q, coherence_bound), limit]
        return rules.order(q.goal, known, [Summand(1, (0,)), Summand(1, (1,), (), (size,)), square])

    def none(q: Proof) -> Theorem:
        return rules.order(q.goal, [q.facts[-1]], [Summand(1, (0,), (q.term(eps),)), Summand(1, (), (), (q.term(d),))])

    return p.cases(1 <= n, some, none)


claim(
    "VW-T5a",
    "The capacity bound where it is true",
    sentence="For eps^2 <= 1 / (d + 1), n unit vectors in d dimensions with |<s_i, s_j>| <= eps have n eps^2 <= d.",
    given=[UNIT, NEARLY_ORTHOGONAL, (d + 1) * eps**2 <= 1],
    show=n * eps**2 <= d,
    proof=_small_cosines,
    needed=[
        {"d": 1, "n": 5, "s": dict.fromkeys(range(1, 6), ((0,),)), "eps": [["1/2"]]},
        {"d": 1, "n": 5, "s": dict.fromkeys(range(1, 6), ((1,),)), "eps": [["1/2"]]},
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}, "eps": [[1]]},
    ],
    attained={"d": 0, "n": 0, "s": {}, "eps": [[0]]},
)

claim(
    "VW-T5b",
    "At cosine 2/3 at most 9 d / 4 directions",
    sentence="The capacity bound for eps = 2/3, for vectors of squared length 3 with inner products of at most 2.",
    wrong="For a prime p the polynomials of degree at most k over the integers mod p give p^(k + 1) directions in "
    "p^2 dimensions with cosines of at most k/p. For p = 3 and k = 2 these are 27 in nine dimensions; 21 of them are "
    "enough.",
    given=[Each(i, n, Eq(norm2(s[i + 1]), 3)), Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= 4))],
    show=4 * n <= 9 * d,
    witness={"d": 9, "n": 21, "s": as_family(polynomial_code(3, 2)[:21])},
)

claim(
    "VW-T5c",
    "At 60 degrees at most 4 d directions",
    sentence="The capacity bound for eps = 1/2, for vectors of squared length 8 with inner products of at most 4.",
    wrong="In eight dimensions 120 lines have pairwise angles of 60 or 90 degrees, the lines through the roots of "
    "E8; any 33 of them are more than 4 d.",
    given=[Each(i, n, Eq(norm2(s[i + 1]), 8)), Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= 16))],
    show=n <= 4 * d,
    witness={"d": 8, "n": 33, "s": as_family(e8_lines()[:33])},
)
