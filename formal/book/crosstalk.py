"""What superposition costs: linear decoders (VW-C6) and how crosstalk grows (VW-L10)."""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import (
    add,
    multiply,
    nat_sum,
    number,
    scale,
    squared_norm,
    subtract,
    transpose,
)
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Iff,
    Implies,
    Le,
    Prop,
    ZeroMatrix,
    define,
    inner,
    matrix,
    norm2,
    rank,
    running_sum,
    scalars,
    vector,
)
from ..statement.language import to_nat
from .frames import I_n, S, d, everywhere, i, j, l, n, orthogonal_projection, s, welch
from .shelf import claim

# ---------------------------------------------------------------- linear decoders (VW-C6)
decoder = matrix("D", n, d)


def _least_error(p: Proof) -> Theorem:
    """With P on the rows of S and Q = I - P, (D S - I) Q = -Q, and |Q|^2 = n - rank S."""
    on_rows, _ = p.open(cite(p, orthogonal_projection, M=S.T))
    square, keeps, _, size = p.facts
    q = subtract(p.term(I_n), on_rows)
    error = p.term(decoder * S - I_n)
    unseen = p.add(p.ideal(equal(multiply(error, q), scale(number(-1), q)), [square, keeps]))
    lengths = p.ideal(
        equal(squared_norm(error), add(squared_norm(multiply(error, on_rows)), squared_norm(q))), [square, unseen]
    )
    count = p.ideal(equal(squared_norm(q), p.term(n - rank(S.T))), [square, size])
    p.facts = [lengths, count, p.lemma(lemmas.at_most_cols(), X=S.T)]
    return p.order(squares=[multiply(error, on_rows)])


claim(
    "VW-C6",
    "Trade-off between the number of signals and the fidelity of their recovery",
    sentence="A reading: n signals written along the columns of S into d dimensions and read by any linear decoder D "
    "come back as D S; its squared distance from the identity is at least n - d.",
    show=n - d <= norm2(decoder * S - I_n),
    proof=_least_error,
    attained={"d": 1, "n": 2, "S": [[1, 0]], "D": [[1], [0]]},
    also=("TH-18",),
)


def _fit(p: Proof) -> Theorem:
    there, back = p.goal[1]

    def count(q: Proof) -> Theorem:
        return rules.rank_identity(q.facts[-1], *q.values[-2:])

    def build(q: Proof) -> Theorem:
        more = q.open(rules.difference(q.facts[-1], to_nat(d), to_nat(n), q.fresh("k")))[0]

        def side_by_side(r: Proof) -> Theorem:
            first, _ = r.blocks(n, more)
            return introduce_all(r, r.goal, [transpose(first), first])

        return q.at_equal("d", nat_sum(to_nat(n), more), side_by_side)

    return rules.conjoin([p.suppose(there[1], count, there[2]), p.suppose(back[1], build, back[2])])


def _one_fits(p: Proof) -> Theorem:
    """In one dimension one signal is recovered, so its existence does not imply n < d."""
    recovered = introduce_all(p, p.facts[-1].conclusion[1], [number(1), number(1)])
    return rules.detach(p.facts[-1], recovered)


claim(
    "VW-C6a",
    "The trade-off begins where the signals outnumber the dimensions",
    sentence="Directions S and a decoder D with D S = I exist if and only if n <= d.",
    show=Iff(Exists((decoder, S), Eq(decoder * S, I_n)), Le(n, d)),
    proof=_fit,
    attained=at_instance({"d": 1, "n": 1}, _one_fits),
)

# ---------------------------------------------------------------- how interference grows (VW-L10)
s1, s2, t1, t2 = (vector(name, d) for name in ("s1", "s2", "t1", "t2"))

claim(
    "VW-L10",
    "The error in recovering a signal is proportional to the square root of the summed correlations",
    sentence="A reading for two unit signals: the squared error of reading s1 from s1 + s2 is to the one of reading t1 "
    "from t1 + t2 as the correlation <s1, s2> is to <t1, t2>, both not negative.",
    wrong="The error is the correlation itself, not its root; and a sum over pairs lets correlations of opposite "
    "sign cancel (VW-L10b), where crosstalk does not. What holds for any directions is that the squared crosstalk is "
    "at least n (n - d) / d (VW-L10c): none for up to d orthonormal directions, however many, so nothing grows by "
    "itself.",
    given=[
        *(Eq(norm2(v), 1) for v in (s1, s2, t1, t2)),
        0 <= inner(s1, s2),
        0 <= inner(t1, t2),
    ],
    show=Eq(
        (inner(s1, s1 + s2) - 1) ** 2 * inner(t1, t2),
        (inner(t1, t1 + t2) - 1) ** 2 * inner(s1, s2),
    ),
    witness={
        "d": 2,
        **{"s1": [[1], [0]], "s2": [[1], [0]]},
        **{"t1": [[1], [0]], "t2": [["3/5"], ["4/5"]]},
    },
)

x, sizes = running_sum("x", lambda l: s[l], l, n), running_sum("w", lambda l: norm2(s[l]), l, n)
pairs = define("c", l, n, ZeroMatrix(1, 1), lambda l, c: c[l] + inner(s[l + 1], x[l]))
rho = scalars("rho")


def _constant(q: Any) -> Prop:
    return And(
        Eq(2 * pairs[q], rho * q * (q - 1)),
        Each(l, n, Implies(Le(q, l), Eq(inner(s[l + 1], x[q]), q * rho))),
    )


def _no_pair(p: Proof) -> Theorem:
    nothing, start = p.facts[0], p.facts[2]

    def meet(h: Proof) -> Theorem:
        return h.combine(h.goal, (nothing, s[l + 1].T))

    one, two = p.goal[1]
    return rules.conjoin([p.combine(one, (start, 2)), p.prove(two, everywhere(meet))])


def _count_pairs(p: Proof) -> Theorem:
    q, correlation, (count, later) = p.index, p.facts[4], p.facts[-2:]
    grown, added = p.fact(Eq(x[q + 1], x[q] + s[q + 1])), p.fact(Eq(pairs[q + 1], pairs[q] + inner(s[q + 1], x[q])))

    def meet(h: Proof) -> Theorem:
        return h.combine(h.goal, (grown, s[l + 1].T), (h.at(later, l),), (h.at(correlation, l, q),))

    one, two = p.goal[1]
    return rules.conjoin([p.combine(one, (added, 2), (count,), (p.at(later, q), 2)), p.prove(two, everywhere(meet))])


claim(
    "VW-L10a",
    "Equal correlations add up to n (n - 1) / 2 times the correlation",
    sentence="If <s_i, s_j> = rho for all pairs, their sum over all pairs is rho n (n - 1) / 2.",
    where=[x, pairs],
    given=[Each(i, n, Each(j, i, Eq(inner(s[i + 1], s[j + 1]), rho)))],
    show=Eq(2 * pairs[n], rho * n * (n - 1)),
    proof=by_induction(n, _constant, base=_no_pair, step=_count_pairs),
    needed=[{"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}, "rho": [[0]]}],
)

claim(
    "VW-L10b",
    "What the sum over pairs measures: the length of the sum",
    sentence="|s_1 + .. + s_n|^2 is the sum of all |s_i|^2 plus twice the sum of <s_i, s_j> over pairs, which can be "
    "zero or negative though every pair interferes.",
    where=[x, sizes, pairs],
    show=Eq(norm2(x[n]), sizes[n] + 2 * pairs[n]),
    proof=by_induction(n),
)


def _crosstalk(p: Proof) -> Theorem:
    known = rules.part(cite(p, welch, nats={"n": n}, S=S), 0)
    size = p.facts[0]
    return rules.order(p.goal, [known, size], [rules.Summand(1, (0,))], [(1, p.term(norm2(S) + n - 2 * d))])


claim(
    "VW-L10c",
    "Average crosstalk: at least n (n - d) / d",
    sentence="If n directions in d dimensions, the columns of S, have squared length 1 on average, S'S differs from "
    "the identity by at least n (n - d) / d in squared norm. For unit vectors this is the sum of <s_i, s_j>^2 over i "
    "and j that differ: at least n / d - 1 a signal; tight frames attain it.",
    given=[Eq(norm2(S), n)],
    show=n * (n - d) <= d * norm2(S.T * S - I_n),
    proof=_crosstalk,
    needed=[{"d": 1, "n": 3, "S": [[0, 0, 0]]}],
    attained={"d": 1, "n": 2, "S": [[1, 1]]},
)
