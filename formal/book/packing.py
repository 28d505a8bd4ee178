"""How many nearly orthogonal directions fit (VW-T5): more than the chapter allows, and what does limit them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..claims import cite
from ..falsify.gadgets import as_family, four_in_the_plane, pairs_of_axes, seven_in_space
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..statement import And, Each, Eq, Implies, Le, Prop, dims, family, inner, norm2, running_sum
from .frames import NEARLY_ORTHOGONAL, UNIT, coherence_bound, d, eps, everywhere, i, j, l, n, s
from .shelf import claim

claim(
    "VW-T5",
    "Capacity: at most d / eps^2 directions with cosines of at most eps",
    sentence="n unit vectors in d dimensions with |<s_i, s_j>| <= eps < 1 have n eps^2 <= d.",
    wrong="The number of nearly orthogonal directions grows exponentially with d, faster than any such bound: four "
    "rational unit vectors in the plane already break it at eps = 4/5, seven in space at 2/3 (VW-T5b), 25 in six "
    "dimensions at 1/2 (VW-T5c). It holds for eps^2 <= 1/(d + 1) (VW-T5a).",
    given=[UNIT, NEARLY_ORTHOGONAL, 0 <= eps, eps < 1],
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
    sentence="The capacity bound for eps = 2/3, for vectors of squared length 9 with inner products of at most 6.",
    wrong="The three axes and four vectors between them are seven directions in space with cosines of at most 2/3. In "
    "more dimensions codes give many more: the 27 polynomials of degree at most 2 over the integers mod 3 are 27 "
    "directions in nine dimensions (TH-16).",
    given=[Each(i, n, Eq(norm2(s[i + 1]), 9)), Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= 36))],
    show=4 * n <= 9 * d,
    witness={"d": 3, "n": 7, "s": as_family(seven_in_space())},
)

claim(
    "VW-T5c",
    "At 60 degrees at most 4 d directions",
    sentence="The capacity bound for eps = 1/2, for vectors of squared length 2 with inner products of at most 1.",
    wrong="The d (d - 1) lines through the sums and differences of two axes are at 60 or 90 degrees, more than 4 d of "
    "them from six dimensions on: any 25 of the 30 break the bound. The 120 lines through the roots of E8, in eight "
    "dimensions, are at these angles too.",
    given=[Each(i, n, Eq(norm2(s[i + 1]), 2)), Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= 1))],
    show=n <= 4 * d,
    witness={"d": 6, "n": 25, "s": as_family(pairs_of_axes(6)[:25])},
)

# ---------------------------------------------------------------- codes whose words rarely agree (TH-16)
p = dims("p")
one, two, agree = family("v", d, 1), family("u", d, 1), family("a", 1, 1)
word, other = running_sum("x", lambda l: one[l], l, p), running_sum("y", lambda l: two[l], l, p)
agreements = running_sum("m", lambda l: agree[l], l, p)


def _places(q: Any) -> Prop:
    apart = And(Eq(inner(word[q], two[l + 1]), 0), Eq(inner(one[l + 1], other[q]), 0))
    return And(inner(word[q], other[q]) <= agreements[q], Each(l, p, Implies(Le(q, l), apart)))


def _no_place(q: Proof) -> Theorem:
    start = q.facts[0], q.facts[2], q.facts[4]
    nothing = [q.ideal(Eq(inner(word[0], other[0]), 0), start[:1]), start[2]]
    bound, later = q.goal[1]

    def apart(r: Proof) -> Theorem:
        return rules.conjoin([r.ideal(x, [by]) for x, by in zip(r.goal[1], start, strict=False)])

    equations = [(0, number(-1)), (1, number(1))]
    return rules.conjoin([rules.order(bound, nothing, [], equations), q.prove(later, everywhere(apart))])


def _one_place_more(q: Proof) -> Theorem:
    k, (same, later) = q.index, q.facts[-2:]
    left, right = q.facts[6:8]
    new_one, new_two = one[k + 1], two[k + 1]
    steps = [
        q.fact(Eq(total[k + 1], total[k] + new))
        for total, new in ((word, new_one), (other, new_two), (agreements, agree[k + 1]))
    ]
    now, mine = q.at(later, k), q.fact(inner(new_one, new_two) <= agree[k + 1])
    both = q.ideal(
        Eq(inner(word[k + 1], other[k + 1]), inner(word[k], other[k]) + inner(new_one, new_two)),
        [*steps[:2], rules.part(now, 0), rules.part(now, 1)],
    )
    bound, rest = q.goal[1]

    def apart(r: Proof) -> Theorem:
        before = r.at(later, l)
        known = (r.at(right, l, k), r.at(left, l, k))
        return rules.conjoin([r.ideal(x, [rules.part(before, y), known[y], steps[y]]) for y, x in enumerate(r.goal[1])])

    premises = [same, mine, both, steps[2]]
    shares, equations = [Summand(1, (0,)), Summand(1, (1,))], [(2, number(-1)), (3, number(1))]
    return rules.conjoin([rules.order(bound, premises, shares, equations), q.prove(rest, everywhere(apart))])


def _line(**values: Sequence[int]) -> dict[str, Any]:
    """Places in one dimension."""
    families = {name: {x: [[value]] for x, value in enumerate(given, 1)} for name, given in values.items()}
    return {"d": 1, "p": len(values["a"]), **families}


claim(
    "TH-16",
    "Words of a code that agree in few places are nearly orthogonal",
    sentence="A word is written as x = v_1 + .. + v_p, one vector for each of its places, another word as y = u_1 + "
    ".. + u_p; vectors of different places are orthogonal and <v_i, u_i> <= a_i. Then <x, y> <= a_1 + .. + a_p. With "
    "unit vectors, orthogonal for different symbols, words that agree in k of p places have cosine k/p. Polynomials "
    "of degree at most k over the integers mod p agree in at most k places, as a polynomial that is not 0 has at "
    "most k roots.",
    where=[word, other, agreements],
    given=[
        Each(i, p, Each(j, i, Eq(inner(one[i + 1], two[j + 1]), 0))),
        Each(i, p, Each(j, i, Eq(inner(two[i + 1], one[j + 1]), 0))),
        Each(i, p, inner(one[i + 1], two[i + 1]) <= agree[i + 1]),
    ],
    show=inner(word[p], other[p]) <= agreements[p],
    proof=by_induction(p, _places, base=_no_place, step=_one_place_more),
    needed=[
        _line(v=(0, 1), u=(1, 0), a=(0, 0)),
        _line(v=(1, 0), u=(0, 1), a=(0, 0)),
        _line(v=(1,), u=(1,), a=(0,)),
    ],
    attained=_line(v=(1,), u=(1,), a=(1,)),
)
