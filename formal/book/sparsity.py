"""Coherence and independence (TH-17): when nearly orthogonal directions are independent, and sparse codes unique."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import at_least
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import HOLE, add, nat, number, scalar, scale, squared_norm
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Implies,
    Le,
    Prop,
    dims,
    family,
    inner,
    norm2,
    running_sum,
    scalars,
)
from .coherence import a, b, x, y
from .frames import NEARLY_ORTHOGONAL, UNIT, by_contradiction, eps, everywhere, i, l, n, s
from .shelf import claim

# ---------------------------------------------------------------- coherence and independence (TH-17)
COHERENT = [0 <= eps, UNIT, NEARLY_ORTHOGONAL]
w = running_sum("w", lambda l: a[l] ** 2, l, n)


def _between(p: Proof, product: Any, square: Theorem) -> list[Theorem]:
    """-eps <= g and g <= eps, from g^2 <= eps^2 and eps >= 0: otherwise (g - eps)^2 + 2 eps (g - eps) > g^2 - eps^2."""
    known, shares = [p.fact(0 <= eps), square], [Summand(1, (0, 0)), Summand(2, (0, 1)), Summand(1, (2,))]
    return [by_contradiction(p.prop(g), known, shares) for g in (-eps <= product, product <= eps)]


def _length_after(p: Proof, q: Any) -> Theorem:
    """|x + a s|^2 = |x|^2 + 2 a <s, x> + a^2 for the new x of the recursion and a unit vector s."""
    equations = [p.fact(Eq(x[q + 1], x[q] + a[q + 1] * s[q + 1])), p.fact(Eq(norm2(s[q + 1]), 1))]
    both, weight = p.term((x[q + 1] + x[q] + a[q + 1] * s[q + 1]).T), p.term(a[q + 1] ** 2)
    target = norm2(x[q + 1]) - norm2(x[q]) - 2 * a[q + 1] * inner(s[q + 1], x[q]) - a[q + 1] ** 2
    one = number(1)
    return rules.ideal(p.term(target), equations, [rules.Cofactor(0, both, one), rules.Cofactor(1, weight, one)])


def _two_sided(q: Any) -> Prop:
    cross = 2 * a[l + 1] * inner(s[l + 1], x[q])
    spread = eps * (q * a[l + 1] ** 2 + w[q])
    return And(
        (1 - (q - 1) * eps) * w[q] <= norm2(x[q]),
        norm2(x[q]) <= (1 + (q - 1) * eps) * w[q],
        Each(l, n, Implies(Le(q, l), And(-spread <= cross, cross <= spread))),
    )


def _no_terms(p: Proof) -> Theorem:
    """All is 0 = 0."""
    nothing, start = p.fact(Eq(x[0], 0)), p.fact(Eq(w[0], 0))
    length = p.ideal(Eq(norm2(x[0]), 0), [nothing])
    low, high, later = p.goal[1]

    def both(q: Proof) -> Theorem:
        seen = q.ideal(Eq(inner(s[l + 1], x[0]), 0), [nothing])
        multiples = [(0, q.term(eps)), (1, q.term(2 * a[l + 1]))], [(0, q.term(eps)), (1, q.term(-2 * a[l + 1]))]
        return rules.conjoin([rules.order(g, [start, seen], [], m) for g, m in zip(q.goal[1], multiples, strict=True)])

    bounds = [
        rules.order(g, [start, length], [], [(0, p.term(side - eps)), (1, number(-side))])
        for g, side in ((low, -1), (high, 1))
    ]
    return rules.conjoin([*bounds, p.prove(later, everywhere(both))])


def _one_more_term(p: Proof) -> Theorem:
    q, pairs = p.index, p.facts[6]
    low, high, later = p.facts[-3:]
    grown, added = p.fact(Eq(x[q + 1], x[q] + a[q + 1] * s[q + 1])), p.fact(Eq(w[q + 1], w[q] + a[q + 1] ** 2))
    one, two, three = p.goal[1]

    def meet(h: Proof) -> Theorem:
        """eps (a^2 + b^2) + 2 a b g = ((eps + g) (a + b)^2 + (eps - g) (a - b)^2) / 2, and the same with -g."""
        g = inner(s[l + 1], s[q + 1])
        before = h.at(later, l)
        above, below = _between(h, g, h.at(pairs, l, q))
        seen = h.ideal(Eq(inner(s[l + 1], x[q + 1]), inner(s[l + 1], x[q]) + a[q + 1] * g), [grown])
        plus, minus = h.term(a[l + 1] + a[q + 1]), h.term(a[l + 1] - a[q + 1])
        found = []
        for side, (one, two), sign in zip((0, 1), ((plus, minus), (minus, plus)), (1, -1), strict=True):
            premises = [rules.part(before, side), above, below, added, seen]
            summands = [
                Summand(1, (0,)),
                Summand(Fraction(1, 2), (1,), (one,)),
                Summand(Fraction(1, 2), (2,), (two,)),
            ]
            equations = [(3, h.term(eps)), (4, h.term(2 * sign * a[l + 1]))]
            found.append(rules.order(h.goal[1][side], premises, summands, equations))
        return rules.conjoin(found)

    rest = p.prove(three, everywhere(meet))
    now = p.at(later, q)
    length = _length_after(p, q)
    factors = p.term(1 - q * eps), p.term(1 + q * eps)
    return rules.conjoin(
        [
            rules.order(
                one,
                [low, rules.part(now, 0), added, length],
                [Summand(1, (0,)), Summand(1, (1,))],
                [(2, scale(number(-1), factors[0])), (3, number(1))],
            ),
            rules.order(
                two,
                [high, rules.part(now, 1), added, length],
                [Summand(1, (0,)), Summand(1, (1,))],
                [(2, factors[1]), (3, number(-1))],
            ),
            rest,
        ]
    )


near_isometry = claim(
    "TH-17",
    "Nearly orthogonal directions nearly preserve lengths",
    sentence="Unit vectors with |<s_i, s_j>| <= eps have (1 - (n - 1) eps) |a|^2 <= |a_1 s_1 + .. + a_n s_n|^2 <= (1 "
    "+ (n - 1) eps) |a|^2.",
    where=[x, w],
    given=COHERENT,
    show=And(
        (1 - (n - 1) * eps) * w[n] <= norm2(x[n]),
        norm2(x[n]) <= (1 + (n - 1) * eps) * w[n],
    ),
    proof=by_induction(n, _two_sided, base=_no_terms, step=_one_more_term),
    needed=[
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}, "a": {1: [[1]], 2: [[-1]]}, "eps": [[-1]]},
        {"d": 1, "n": 1, "s": {1: [[0]]}, "a": {1: [[1]]}, "eps": [[0]]},
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}, "a": {1: [[1]], 2: [[1]]}, "eps": [[0]]},
    ],
    attained=[
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}, "a": {1: [[1]], 2: [[-1]]}, "eps": [[1]]},
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}, "a": {1: [[1]], 2: [[1]]}, "eps": [[1]]},
    ],
)

count = family("z", 1, 1)
counts = running_sum("m", lambda l: count[l], l, n)
W = scalars("W")


def _few_terms(q: Any) -> Prop:
    """W is the sum of the first q squared weights."""
    return Exists(
        W,
        And(
            0 <= W,
            (1 - (counts[q] - 1) * eps) * W <= norm2(x[q]),
            Each(l, n, Implies(l < q, a[l + 1] ** 2 <= W)),
            Each(
                l,
                n,
                Implies(
                    Le(q, l),
                    -eps * (counts[q] * a[l + 1] ** 2 + count[l + 1] * W) <= 2 * a[l + 1] * inner(s[l + 1], x[q]),
                ),
            ),
        ),
    )


def _none_yet(p: Proof) -> Theorem:
    nothing, start = p.fact(Eq(x[0], 0)), p.fact(Eq(counts[0], 0))
    length = p.ideal(Eq(norm2(x[0]), 0), [nothing])

    def body(q: Proof) -> Theorem:
        positive, low, small, later = q.goal[1]

        def apart(r: Proof) -> Theorem:
            seen = r.ideal(Eq(inner(s[l + 1], x[0]), 0), [nothing])
            return rules.order(r.goal, [seen, start], [], [(0, r.term(2 * a[l + 1])), (1, r.term(eps * a[l + 1] ** 2))])

        return rules.conjoin(
            [
                q.order(positive),
                rules.order(low, [length], [], [(0, number(1))]),
                q.prove(small, everywhere(Proof.impossible)),
                q.prove(later, everywhere(apart)),
            ]
        )

    return introduce_all(p, p.goal, [number(0)], body)


def _pair(p: Proof, new: Any, pairs: Theorem, supported: Theorem, counted: Theorem) -> Theorem:
    """U + V >= 0 for U = eps (y a^2 + z b^2) >= 0 and V = 2 a b g, as V^2 <= U^2: U^2 - V^2 is the sum of
    eps^2 (y a^2 - z b^2)^2, 4 eps^2 (z a^2 y b^2 - a^2 b^2) and 4 a^2 b^2 (eps^2 - g^2)."""
    left, right, y, z = a[l + 1], a[new + 1], count[new + 1], count[l + 1]
    goal = p.prop(0 <= eps * (y * left**2 + z * right**2) + 2 * left * right * inner(s[l + 1], s[new + 1]))
    known = [p.fact(0 <= eps), *(p.at(h, at) for h in (counted, supported) for at in (new, l)), p.at(pairs, l, new)]
    shares = [
        Summand(1, (0, 0)),
        Summand(2, (0, 1, 2), (p.term(left),)),
        Summand(2, (0, 1, 3), (p.term(right),)),
        Summand(1, (), (p.term(eps * (y * left**2 - z * right**2)),)),
        Summand(4, (5, 2), (p.term(eps * right),)),
        Summand(4, (4,), (p.term(eps * left),)),
        Summand(4, (6,), (p.term(left * right),)),
    ]
    return by_contradiction(goal, known, shares)


def _one_more_of_few(p: Proof) -> Theorem:
    q, total = p.index, p.values[-1]
    pairs, nonnegative, supported = p.facts[6:9]
    positive, low, small, later = p.facts[-4:]
    new = a[q + 1]
    grown, added = p.fact(Eq(x[q + 1], x[q] + new * s[q + 1])), p.fact(Eq(counts[q + 1], counts[q] + count[q + 1]))
    length, now = _length_after(p, q), p.at(later, q)
    more = p.fact(new**2 <= count[q + 1] * new**2)

    def smaller(r: Proof) -> Theorem:
        def earlier(h: Proof) -> Theorem:
            return rules.order(h.goal, [h.at(small, l)], [Summand(1, (0,)), Summand(1, (), (h.term(new),))])

        def itself(h: Proof) -> Theorem:
            return rules.order(h.goal, [positive], [Summand(1, (0,))])

        return r.cases(l < q, earlier, lambda h: h.at_equal("l", q, itself))

    def apart(r: Proof) -> Theorem:
        pair = _pair(r, q, pairs, supported, nonnegative)
        g = inner(s[l + 1], s[q + 1])
        seen = r.ideal(Eq(inner(s[l + 1], x[q + 1]), inner(s[l + 1], x[q]) + new * g), [grown])
        equations = [(2, r.term(2 * a[l + 1])), (3, r.term(eps * a[l + 1] ** 2))]
        return rules.order(r.goal, [r.at(later, l), pair, seen, added], [Summand(1, (0,)), Summand(1, (1,))], equations)

    def body(r: Proof) -> Theorem:
        goals = r.goal[1]
        larger = add(total, r.term(new**2))
        bound = rules.order(
            goals[1],
            [low, now, r.fact(0 <= eps), more, length, added],
            [Summand(1, (0,)), Summand(1, (1,)), Summand(1, (2, 3))],
            [(4, number(1)), (5, scale(r.term(eps), larger))],
        )
        return rules.conjoin(
            [
                rules.order(goals[0], [positive], [Summand(1, (0,)), Summand(1, (), (r.term(new),))]),
                bound,
                r.prove(goals[2], everywhere(smaller)),
                r.prove(goals[3], everywhere(apart)),
            ]
        )

    return introduce_all(p, p.goal, [add(total, p.term(new**2))], body)


def _few_vanish(p: Proof) -> Theorem:
    few, nothing = p.facts[9:11]
    total = p.values[-1]
    _, low, small, _ = p.facts[-4:]
    length = p.ideal(Eq(norm2(x[n]), 0), [nothing])
    below = rules.order(
        at_least(number(0), scale(p.term(1 - (counts[n] - 1) * eps), total)),
        [low, length],
        [Summand(1, (0,))],
        [(1, number(-1))],
    )
    none = by_contradiction(at_least(number(0), total), [few, below], [Summand(1, (0, 1)), Summand(1, (2,))])

    def each(q: Proof) -> Theorem:
        weight = q.term(a[i + 1])
        tiny = rules.order(
            at_least(number(0), squared_norm(weight)), [none, q.at(small, i)], [Summand(1, (0,)), Summand(1, (1,))]
        )
        return rules.null(tiny, weight)

    return p.prove(p.goal, everywhere(each))


def _copies(s: Sequence[int] = (1, 1, 1), eps: int = 0, **weights: Sequence[int]) -> dict[str, Any]:
    """Signals on one line: copies of one direction, unless s says otherwise."""
    many = {name: {i: [[value]] for i, value in enumerate(values, 1)} for name, values in (("s", s), *weights.items())}
    return {"d": 1, "n": min(map(len, weights.values())), "eps": [[eps]], **many}


spark = claim(
    "TH-17b",
    "Spark bound: a dependency among nearly orthogonal directions has many terms",
    sentence="Let z_i >= 0, and z_i >= 1 wherever a_i is not 0, so that m = z_1 + .. + z_n is at least the number of "
    "active signals. If (m - 1) eps < 1, weights that write 0 are 0.",
    where=[x, counts],
    given=[
        *COHERENT,
        Each(i, n, 0 <= count[i + 1]),
        Each(i, n, a[i + 1] ** 2 <= count[i + 1] * a[i + 1] ** 2),
        (counts[n] - 1) * eps < 1,
        Eq(x[n], 0),
    ],
    show=Each(i, n, Eq(a[i + 1], 0)),
    proof=by_induction(n, _few_terms, base=_none_yet, step=_one_more_of_few, then=_few_vanish),
    needed=[
        _copies(a=(1, 1), z=(1, 1), s=(1, -1), eps=-1),
        _copies(a=(1,), z=(1,), s=(0,)),
        _copies(a=(1, -1), z=(1, 1)),
        _copies(a=(1, -1, 0), z=(1, 1, -1), eps=1),
        _copies(a=(1, -1), z=(0, 0), eps=1),
        _copies(a=(1, -1), z=(1, 1), eps=1),
        _copies(a=(1,), z=(1,)),
    ],
)


def _all_active(p: Proof) -> Theorem:
    return cite(p, spark, z=p.term(1), m=scalar(nat(HOLE)))


claim(
    "TH-17a",
    "Coherence below 1/(n - 1) makes n directions independent",
    sentence="Unit vectors with |<s_i, s_j>| <= eps and (n - 1) eps < 1 are linearly independent; at 1/(n - 1) they "
    "need not be (VW-L9a).",
    where=[x],
    given=[*COHERENT, (n - 1) * eps < 1, Eq(x[n], 0)],
    show=Each(i, n, Eq(a[i + 1], 0)),
    proof=_all_active,
    needed=[
        _copies(a=(1, 1), s=(1, -1), eps=-1),
        _copies(a=(1,), s=(0,)),
        _copies(a=(1, -1)),
        _copies(a=(1, -1), eps=1),
        _copies(a=(1,)),
    ],
)


def _unique(p: Proof) -> Theorem:
    """The difference of the codes is a dependency."""
    in_one, in_other = p.facts[10:12]
    gap = a[i + 1] - b[i + 1]

    def support(q: Proof) -> Theorem:
        """Where z < 1 both are 0."""

        def vanish(r: Proof) -> Theorem:
            gone = [
                rules.null(
                    by_contradiction(
                        r.prop(weight**2 <= 0), [r.facts[-1], r.at(known, i)], [Summand(1, (0, 1)), Summand(1, (2,))]
                    ),
                    r.term(weight),
                )
                for weight, known in ((a[i + 1], in_one), (b[i + 1], in_other))
            ]
            rest = r.term((count[i + 1] - 1) * gap)
            return rules.order(r.goal, gone, [], [(0, rest), (1, scale(number(-1), rest))])

        def active(r: Proof) -> Theorem:
            return rules.order(r.goal, [r.facts[-1]], [Summand(1, (0,), (r.term(gap),))])

        return q.cases(1 <= count[i + 1], active, vanish)

    p.have(Each(i, n, gap**2 <= count[i + 1] * gap**2), everywhere(support))
    step = (a[l + 1] - b[l + 1]) * s[l + 1]
    grows = p.facts[1], p.facts[3]
    p.have(
        Each(l, n, Eq(x[l + 1] - y[l + 1], x[l] - y[l] + step)),
        everywhere(lambda q: q.combine(q.goal, (q.at(grows[0], l),), (q.at(grows[1], l), None, -1))),
    )
    here = dims(HOLE)
    return cite(p, spark, a=a[here] - b[here], x=x[here] - y[here])


claim(
    "TH-17c",
    "Sparse codes are unique: (2 K - 1) eps < 1",
    sentence="Let z_i >= 0, and z_i >= 1 wherever a_i or b_i is not 0, so that m = z_1 + .. + z_n is at least the "
    "number of signals that are active in one of two codes: at most 2 K if each has at most K. If (m - 1) eps < 1 and "
    "both write the same vector, they are the same.",
    where=[x, y, counts],
    given=[
        *COHERENT,
        Each(i, n, 0 <= count[i + 1]),
        Each(i, n, a[i + 1] ** 2 <= count[i + 1] * a[i + 1] ** 2),
        Each(i, n, b[i + 1] ** 2 <= count[i + 1] * b[i + 1] ** 2),
        (counts[n] - 1) * eps < 1,
        Eq(x[n], y[n]),
    ],
    show=Each(i, n, Eq(a[i + 1], b[i + 1])),
    proof=_unique,
    needed=[
        _copies(a=(1, 0), b=(0, -1), z=(1, 1), s=(1, -1), eps=-1),
        _copies(a=(1,), b=(0,), z=(1,), s=(0,)),
        _copies(a=(1, 0), b=(0, 1), z=(1, 1)),
        _copies(a=(1, -1, 0), b=(0, 0, 0), z=(1, 1, -1), eps=1),
        _copies(a=(1, -1), b=(0, 0), z=(0, 0), eps=1),
        _copies(a=(0, 0), b=(1, -1), z=(0, 0), eps=1),
        _copies(a=(1, 0), b=(0, 1), z=(1, 1), eps=1),
        _copies(a=(1,), b=(0,), z=(1,)),
    ],
)
