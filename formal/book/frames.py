"""Frames: more directions than dimensions, and how much they must overlap (Welch's bounds, TH-14 and TH-20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import Prop as KernelProp
from ..kernel.props import at_least, equal, negation
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    HOLE,
    add,
    identity,
    multiply,
    number,
    scale,
    squared_norm,
    trace,
    transpose,
    zeros,
)
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import FALSE, Proof, Script, anything, auto
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Identity,
    Iff,
    Implies,
    Le,
    Prop,
    Trace,
    dims,
    family,
    inner,
    matrix,
    norm2,
    rank,
    scalars,
)
from .angles import cauchy_schwarz
from .shelf import claim

d, n, i, j, k, l = dims("d n i j k l")
I, I_n = Identity(d), Identity(n)
S = matrix("S", d, n)

# ---------------------------------------------------------------- Welch's bound


def _welch(p: Proof) -> Theorem:
    """Cauchy-Schwarz for the identity and the frame operator S S'."""
    bound, (_, (there, back)) = p.goal[1]
    known = rules.part(cite(p, cauchy_schwarz, A=I, B=S * S.T), 0)
    spread = p.term(d * S * S.T - norm2(S) * I)

    def tight(q: Proof) -> Theorem:
        q.facts = [q.ideal(equal(squared_norm(spread), number(0)), [q.facts[-1]])]
        return rules.null(q.order(at_least(number(0), squared_norm(spread))), spread)

    return rules.conjoin(
        [
            p.prove(bound, lambda q: q.order(), [known]),
            rules.conjoin([p.suppose(there[1], tight, there[2]), p.suppose(back[1], Proof.ideal, back[2])]),
        ]
    )


welch = claim(
    "TH-14",
    "Welch bound",
    sentence="For the columns s_i of S, n directions in d dimensions, the sum over all pairs of <s_i, s_j>^2 is "
    "|S'S|^2; it is at least (sum of |s_i|^2)^2 / d, with equality exactly for tight frames, S S' = c I. For unit "
    "vectors it is at least n^2 / d.",
    show=And(
        norm2(S) ** 2 <= d * norm2(S.T * S),
        Iff(Eq(norm2(S) ** 2, d * norm2(S.T * S)), Eq(d * S * S.T, norm2(S) * I)),
    ),
    proof=_welch,
    attained={"d": 1, "n": 2, "S": [[1, 1]]},
)

# ---------------------------------------------------------------- forced overlap (TH-20, TH-14)
P = family("P", d, d)
r, c = scalars("r c")
F = matrix("F", d, d)


def by_contradiction(goal: KernelProp, premises: Sequence[Theorem], summands: Sequence[Summand]) -> Theorem:
    """The inequality, as its denial (premise 0) and the premises (from 1) have a combination 0 > 0."""
    denial = rules.assume(negation(goal))
    false = rules.order(FALSE, [denial, *premises], summands)
    return rules.cases(rules.assume(goal), anything(goal, false), goal)


def everywhere(script: Script) -> Script:
    """A script for a statement about all indices: the script proves it for those in question."""

    def inside(p: Proof) -> Theorem:
        goal = p.goal
        if goal.kind == "all":
            return rules.generalize(p.prove(goal[2], inside), goal[1])
        return p.suppose(goal[1], inside, goal[2]) if goal.kind == "imp" else script(p)

    return inside


def _sum_so_far(q: Any) -> Prop:
    """F, the sum of the first q projections, and how it meets the later ones."""
    later = Each(l, n, Implies(Le(q, l), inner(F, P[l + 1]) <= q * c))
    return Exists(F, And(Eq(Trace(F), q * r), norm2(F) <= q * r + q * (q - 1) * c, later))


def _no_sum(p: Proof) -> Theorem:
    return introduce_all(p, p.goal, [zeros(p.term(I).rows, p.term(I).rows)], everywhere(auto))


def _one_more(p: Proof) -> Theorem:
    q, so_far, new = p.index, p.values[-1], p.term(P[p.index + 1])
    pairs, (traces, norms, later) = p.facts[3], p.facts[-3:]
    idempotent, size = p.fact(Eq(P[q + 1].T * P[q + 1], P[q + 1])), p.fact(Eq(Trace(P[q + 1]), r))
    length = p.ideal(Eq(norm2(P[q + 1]), r), [idempotent, size])
    meets = p.at(later, q)

    def meet(h: Proof) -> Theorem:
        h.add(h.at(later, l))
        h.add(h.at(pairs, l, q))
        return h.order()

    def body(g: Proof) -> Theorem:
        one, two, three = g.goal[1]
        with_pairs = g.prove(three, everywhere(meet))
        g.facts = [traces, norms, size, length, meets]
        return rules.conjoin([g.ideal(one), g.order(two), with_pairs])

    return introduce_all(p, p.goal, [add(so_far, new)], body)


def _at_most_by_trace(p: Proof) -> Theorem:
    """n X <= 0 for the difference X of the two sides, by Cauchy-Schwarz for I and F; so X <= 0 as n >= 1."""
    total = p.values[-1]
    traces, norm, _ = p.facts[-3:]
    known = rules.part(cite(p, cauchy_schwarz, A=I, B=total), 0)
    target = p.goal[1]
    size = p.term(n)
    spent = rules.order(
        at_least(scale(size, target), number(0)),
        [known, norm, traces],
        [Summand(1, (0,)), Summand(1, (1,), (), (p.term(d),))],
        [(2, add(trace(total), p.term(n * r)))],
    )
    return by_contradiction(p.goal, [p.facts[0], spent], [Summand(1, (0,)), Summand(1, (0, 1)), Summand(1, (2,))])


fusion_frame_bound = claim(
    "TH-20a",
    "Forced overlap of subspaces: the coherence form of the fusion-frame Welch bound",
    sentence="If n subspaces of dimension r in d dimensions have tr(P_i P_j) <= c for any two of their orthogonal "
    "projections (P'P = P), the sum of squared cosines of the principal angles, then c >= r (n r - d) / (d (n - 1)).",
    given=[
        1 <= n,
        Each(i, n, Eq(P[i + 1].T * P[i + 1], P[i + 1])),
        Each(i, n, Eq(Trace(P[i + 1]), r)),
        Each(i, n, Each(j, i, inner(P[i + 1], P[j + 1]) <= c)),
    ],
    show=r * (n * r - d) <= d * (n - 1) * c,
    proof=by_induction(n, _sum_so_far, base=_no_sum, step=_one_more, then=_at_most_by_trace),
    needed=[
        {"d": 1, "n": 0, "P": {}, "r": [[0]], "c": [[1]]},
        {"d": 1, "n": 1, "P": {1: [[2]]}, "r": [[2]], "c": [[0]]},
        {"d": 1, "n": 1, "P": {1: [[0]]}, "r": [[-1]], "c": [[0]]},
        {"d": 1, "n": 2, "P": {1: [[1]], 2: [[1]]}, "r": [[1]], "c": [[0]]},
    ],
    attained={"d": 2, "n": 2, "P": {1: [[1, 0], [0, 0]], 2: [[0, 0], [0, 1]]}, "r": [[1]], "c": [[0]]},
)

s = family("s", d, 1)
GENERAL = s[dims(HOLE)]  # the general member of the family
eps = scalars("eps")
UNIT = Each(i, n, Eq(norm2(s[i + 1]), 1))
NEARLY_ORTHOGONAL = Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= eps**2))


def _on_lines(p: Proof) -> Theorem:
    """The projections s s' on the lines have rank 1, and tr(s s' t t') = <s, t>^2."""
    unit = p.facts[1]

    def from_unit(q: Proof) -> Theorem:
        return q.ideal(facts=[q.at(unit, i)])

    line = s[i + 1] * s[i + 1].T
    p.have(Each(i, n, Eq(line.T * line, line)), everywhere(from_unit))
    p.have(Each(i, n, Eq(Trace(line), 1)), everywhere(from_unit))
    p.add(cite(p, fusion_frame_bound, P=GENERAL * GENERAL.T, r=p.term(1), c=p.term(eps**2)))
    return p.order()


coherence_bound = claim(
    "TH-14a",
    "Welch bound for the coherence",
    sentence="n unit vectors in d dimensions with |<s_i, s_j>| <= eps for all pairs have n (1 - d eps^2) <= d (1 - "
    "eps^2).",
    given=[1 <= n, UNIT, NEARLY_ORTHOGONAL],
    show=n * (1 - d * eps**2) <= d * (1 - eps**2),
    proof=_on_lines,
    needed=[
        {"d": 1, "n": 0, "s": {}, "eps": [[2]]},
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[0]]}, "eps": [[0]]},
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}, "eps": [[0]]},
    ],
    attained={"d": 2, "n": 2, "s": {1: [[1], [0]], 2: [[0], [1]]}, "eps": [[0]]},
)

# ---------------------------------------------------------------- orthogonal projections and rank
M = matrix("M", d, n)
projection, section = matrix("P", d, d), matrix("G", n, d)


def _project(p: Proof) -> Theorem:
    """M = C F with C of full column rank: C'C has an inverse H, and P = C H C'."""
    f = p.factor(M)
    size, factors, left, right = p.facts
    gram = multiply(transpose(f.left), f.left)
    _, kernel, _, inverse = p.open(p.lemma(lemmas.nullity(), M=gram))
    whole, null = p.facts[-2], p.facts[-4]
    unread = multiply(f.left, kernel)
    p.facts = [p.ideal(equal(squared_norm(unread), number(0)), [null])]
    gone = rules.null(p.order(at_least(number(0), squared_norm(unread))), unread)
    none = p.ideal(equal(kernel, zeros(kernel.rows, kernel.cols)), [gone, left])
    one = p.ideal(equal(multiply(inverse, gram), identity(gram.rows)), [whole, none])
    same = p.ideal(equal(transpose(inverse), inverse), [one])
    p.facts = [size, factors, right, one, same]
    image = multiply(multiply(f.left, inverse), transpose(f.left))
    return introduce_all(p, p.goal, [image, multiply(multiply(f.right_inverse, inverse), transpose(f.left))])


orthogonal_projection = claim(
    "TH-18a",
    "Every matrix has an orthogonal projection on its image",
    sentence="There is P with P'P = P (so it is symmetric and P P = P), P M = M and P = M G for some G; its trace is "
    "the rank of M.",
    show=Exists(
        (projection, section),
        And(
            Eq(projection.T * projection, projection),
            Eq(projection * M, M),
            Eq(projection, M * section),
            Eq(Trace(projection), rank(M)),
        ),
    ),
    proof=_project,
)

square = matrix("M", n, n)


def _trace_and_rank(p: Proof) -> Theorem:
    """tr M = <P, M> for the orthogonal projection P on the image of M, and |P|^2 = rank M."""
    on_image, _ = p.open(cite(p, orthogonal_projection, M=square))
    idempotent, keeps, _, size = p.facts
    image = p.term(square)
    known = rules.part(cite(p, cauchy_schwarz, A=on_image, B=square), 0)
    symmetric = p.ideal(equal(transpose(on_image), on_image), [idempotent])
    seen = p.ideal(equal(trace(multiply(transpose(on_image), image)), trace(image)), [symmetric, keeps])
    length = p.ideal(equal(squared_norm(on_image), p.term(rank(square))), [idempotent, size])
    both = add(trace(multiply(transpose(on_image), image)), trace(image))
    equations = [(1, both), (2, scale(number(-1), squared_norm(image)))]
    return rules.order(p.goal, [known, seen, length], [Summand(1, (0,))], equations)


trace_and_rank = claim(
    "TH-14b",
    "Trace, norm and rank: (tr M)^2 <= rank(M) |M|^2",
    sentence="For every square matrix M. Applied to Gram matrices it is Welch's bound, applied to their entrywise "
    "powers it is Welch's bounds of higher order.",
    show=Trace(square) ** 2 <= rank(square) * norm2(square),
    proof=_trace_and_rank,
    attained={"n": 1, "M": [[1]]},
)
