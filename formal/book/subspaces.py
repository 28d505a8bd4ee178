"""Subspaces of the stream (VW-L2, L7, T3, C4): who can speak without being overheard, and how many."""

from __future__ import annotations

from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.ground import Witness
from ..kernel.props import Prop as KernelProp
from ..kernel.props import conjunction, equal, exists_all, negation
from ..kernel.rules import Theorem
from ..kernel.terms import Decl, Term, add, identity, letter, multiply, nat, number, scale, subtract, transpose, zeros
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof, Script, linear
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
    Ne,
    Prop,
    Trace,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    ordered_product,
    rank,
    running_sum,
    scalars,
    vector,
)
from .shelf import claim

d, n, i, j, h, l, L, k = dims("d n i j h l L k")
I = Identity(d)
m = dim_family("m")
W, V = family("W", lambda l: m[l], d), family("V", d, lambda l: m[l])
ranks = running_sum("s", lambda l: rank(W[l]), l, n)
sizes = running_sum("s", lambda l: m[l] * Identity(1), l, n)

# ---------------------------------------------------------------- capacity (VW-L2)
claim(
    "VW-L2",
    "The ranks of all layers that speak at once add up to at most the width of the stream",
    sentence="rank W_1 + .. + rank W_n <= d.",
    wrong="Nothing keeps two layers from using the same dimensions; the bound is the price of not interfering, "
    "and it is the proof's conclusion that was assumed.",
    where=[ranks],
    show=ranks[n] <= d,
    witness={"d": 1, "n": 2, "m": {1: 1, 2: 1}, "W": {1: [[1]], 2: [[1]]}},
)

M = dims("M")
X, Y = matrix("X", M, d), matrix("Y", d, M)


def _stacked(q: Any) -> Prop:
    """The first q layers as one: M hidden units in all, read by X, written by Y, apart from all later layers."""
    apart = And(Eq(X * V[j + 1], 0), Eq(W[j + 1] * Y, 0))
    return Exists((M, X, Y), And(Eq(M, sizes[q]), Eq(X * Y, Identity(M)), Each(j, n, Implies(Le(q, j), apart))))


def _for_later(p: Proof, rest: KernelProp, facts: Script) -> Theorem:
    """For every later layer j: the conjunction, by ideal, from what `facts` adds."""

    def close(r: Proof) -> Theorem:
        facts(r)
        return rules.conjoin([r.ideal(g) for g in r.goal[1]])

    after = rest[2][2]
    th = p.suppose(rest[2][1], lambda r: r.suppose(after[1], close, after[2]), after)
    return rules.generalize(th, "j")


def _stack_none(p: Proof) -> Theorem:
    p.add(lemmas.empty(p, nat(0)))
    return introduce_all(p, p.goal, [nat(0), zeros(nat(0), p.term(I).rows), zeros(p.term(I).rows, nat(0))])


def _stack_one_more(p: Proof) -> Theorem:
    q = p.index
    size, reads, writes = p.values[-3:]
    apart = next(f for f in reversed(p.facts) if f.conclusion.kind == "all")
    p.add(p.at(apart, q))
    e1, e2 = p.blocks(size, m[q + 1])
    grown_reads = add(multiply(e1, reads), multiply(e2, p.term(W[q + 1])))
    grown_writes = add(multiply(writes, transpose(e1)), multiply(p.term(V[q + 1]), transpose(e2)))
    one = p.have(equal(multiply(grown_reads, grown_writes), identity(grown_reads.rows)))
    crossing = next(f for f in p.facts if f.conclusion.kind == "all" and f.conclusion[2][2].kind == "all")

    def meet(r: Proof) -> Theorem:
        """A layer j behind the new one meets neither the stack nor the new layer."""
        r.add(r.at(apart, j))
        return r.add(r.at(crossing, j, q))

    def body(r: Proof) -> Theorem:
        count, _, rest = r.goal[1]
        return rules.conjoin([r.prove(count, linear), one, _for_later(r, rest, meet)])

    return introduce_all(p, p.goal, [grown_reads.rows, grown_reads, grown_writes], body)


def _fits(p: Proof) -> Theorem:
    _, reads, writes = p.values[-3:]
    one = next(f for f in p.facts if f.conclusion == equal(multiply(reads, writes), identity(reads.rows)))
    p.add(rules.rank_identity(one, reads, writes))
    return p.order()


claim(
    "VW-L2a",
    "Zero interference: layers that can all be read apart have widths that add up to at most d",
    sentence="If linear readers W_i exist with W_i V_i = I and W_i V_j = 0 for all other j, then m_1 + .. + m_n <= d.",
    where=[sizes],
    given=[
        Each(i, n, Eq(W[i + 1] * V[i + 1], Identity(m[i + 1]))),
        Each(i, n, Each(h, i, And(Eq(W[i + 1] * V[h + 1], 0), Eq(W[h + 1] * V[i + 1], 0)))),
    ],
    show=sizes[n] <= d,
    proof=by_induction(n, _stacked, base=_stack_none, step=_stack_one_more, then=_fits),
)

A, B = matrix("V", d, k), matrix("W", k, d)


claim(
    "VW-L2b",
    "Readers exist exactly when the columns of all writes together are independent",
    sentence="For the k columns of all writes side by side, V: some W has W V = I if and only if V has rank k.",
    show=Iff(Exists(B, Eq(B * A, Identity(k))), Le(k, rank(A))),
    proof=lemmas.invertible_iff_full_rank(A),
)

P = family("P", d, d)
projections = running_sum("Q", lambda l: P[l], l, n)
rank_sum = running_sum("s", lambda l: rank(P[l]), l, n)
Q, s = projections, rank_sum


def _orthogonal_sum(q: Any) -> Prop:
    apart = And(Eq(Q[q] * P[j + 1], 0), Eq(P[j + 1] * Q[q], 0))
    return And(Eq(Q[q] * Q[q], Q[q]), Eq(Trace(Q[q]), s[q]), Each(j, n, Implies(Le(q, j), apart)))


def _add_projection(p: Proof) -> Theorem:
    q = p.index
    every = [f for f in p.facts if f.conclusion.kind == "all"]
    apart = every[-1]
    crossing = next(f for f in every if f.conclusion[2][2].kind == "all")
    p.add(p.at(apart, q))
    p.add(p.lemma(lemmas.idempotent(), P=P[q + 1]))
    squares, traces, rest = p.goal[1]

    def meet(r: Proof) -> Theorem:
        r.add(r.at(apart, j))
        return r.add(r.at(crossing, j, q))

    return rules.conjoin([p.ideal(squares), p.ideal(traces), _for_later(p, rest, meet)])


def _no_projection(p: Proof) -> Theorem:
    squares, traces, rest = p.goal[1]
    return rules.conjoin([p.ideal(squares), p.ideal(traces), _for_later(p, rest, lambda r: r.facts[0])])


def _trace_is_rank(p: Proof) -> Theorem:
    p.add(p.lemma(lemmas.idempotent(), P=Q[n]))
    p.add(p.lemma(lemmas.at_most_rows(), X=Q[n]))
    return p.order()


claim(
    "VW-L2c",
    "Projections that annihilate each other have ranks that add up to at most d",
    sentence="If P_i P_i = P_i and P_i P_j = 0 for all other j, then rank P_1 + .. + rank P_n <= d.",
    where=[projections, rank_sum],
    given=[
        Each(i, n, Eq(P[i + 1] * P[i + 1], P[i + 1])),
        Each(i, n, Each(h, i, And(Eq(P[i + 1] * P[h + 1], 0), Eq(P[h + 1] * P[i + 1], 0)))),
    ],
    show=s[n] <= d,
    proof=by_induction(n, _orthogonal_sum, base=_no_projection, step=_add_projection, then=_trace_is_rank),
)

U = family("V", d, k)
spans, span_ranks = running_sum("S", lambda l: U[l], l, n), running_sum("s", lambda l: rank(U[l]), l, n)


def _no_span(p: Proof) -> Theorem:
    empty = ZeroMatrix(d, 0) * matrix("Z", 0, k)
    p.same_rank(spans[0], empty)
    p.add(rules.rank_bound(p.term(ZeroMatrix(d, 0)), p.term(matrix("Z", 0, k))))
    return p.order()


def _one_more_span(p: Proof) -> Theorem:
    q = p.index
    p.same_rank(spans[q + 1], spans[q] + U[q + 1])
    p.add(p.lemma(lemmas.of_sum(), X=spans[q], Y=U[q + 1]))
    return p.order()


claim(
    "VW-L2d",
    "The inequality that always holds goes the other way",
    sentence="Together, n layers span at most the sum of what each spans: rank(V_1 + .. + V_n) <= rank V_1 + .. + "
    "rank V_n.",
    where=[spans, span_ranks],
    show=rank(spans[n]) <= span_ranks[n],
    proof=by_induction(n, base=_no_span, step=_one_more_span),
)

# ---------------------------------------------------------------- direct sums (VW-L7)
T1, T2, R = matrix("T1", d, d), matrix("T2", d, d), matrix("P", d, d)


def _no_common_projection(p: Proof) -> Theorem:
    """In the plane, T1 = e f' and T2 = f e' commute with multiples of the identity only."""
    two = nat(2)
    e, f = Decl("e", two, nat(1)), Decl("f", two, nat(1))
    E, F = letter(e), letter(f)
    frame = conjunction(
        equal(multiply(transpose(E), E), number(1)),
        equal(multiply(transpose(F), F), number(1)),
        equal(multiply(transpose(E), F), number(0)),
        equal(add(multiply(E, transpose(E)), multiply(F, transpose(F))), identity(two)),
    )
    basis = Witness({}, {"e": ((1,), (0,)), "f": ((0,), (1,))})
    p.open(rules.ground(exists_all((e, f), frame), basis))
    E, F = p.values[-2:]
    t1, t2 = multiply(E, transpose(F)), multiply(F, transpose(E))

    def close(q: Proof) -> Theorem:
        wide, none = q.goal[1]
        return rules.conjoin([q.order(wide), q.refute(negation(none), lambda r: _scalar_only(r, E, F))])

    return introduce_all(p, p.goal, [two, t1, t2], close)


def _scalar_only(p: Proof, E: Term, F: Term) -> Theorem:
    Pi = p.values[-1]
    not_zero, not_one = (f for f in p.facts if f.conclusion.kind == "not")
    c = multiply(multiply(transpose(E), Pi), E)
    one = identity(Pi.rows)
    equations = [f for f in p.facts if f.conclusion.kind == "zero"]
    t1, t2 = multiply(E, transpose(F)), multiply(F, transpose(E))
    moves = [p.fact(equal(multiply(Pi, t), multiply(t, Pi))) for t in (t1, t2)]
    moved = [p.multiply(move, right=by) for move, by in zip(moves, (F, E), strict=True)]
    lengths = [p.fact(equal(multiply(transpose(x), x), number(1))) for x in (E, F)]
    seen = p.multiply(
        p.add(p.ideal(equal(multiply(Pi, E), scale(_seen(Pi, F), E)), [*moved, *lengths])), left=transpose(E)
    )
    same = p.add(p.ideal(equal(_seen(Pi, F), c), [seen, *lengths]))
    at_e = p.add(p.ideal(equal(multiply(Pi, E), scale(c, E)), [*moved, *lengths, same]))
    at_f = p.add(p.ideal(equal(multiply(Pi, F), scale(c, F)), [*moved, *lengths, same]))
    frame = next(f for f in equations if len(f.conclusion[1].words) == 3)
    whole = p.multiply(frame, left=Pi)
    multiple = p.add(p.ideal(equal(Pi, scale(c, one)), [whole, frame, at_e, at_f]))
    length = p.fact(equal(multiply(transpose(E), E), number(1)))
    idempotent = p.fact(equal(multiply(Pi, Pi), Pi))
    p.multiply(idempotent, left=transpose(E), right=E)
    square = p.add(p.ideal(equal(multiply(c, c), c), [p.facts[-1], at_e, length]))

    def nonzero(q: Proof) -> Theorem:
        q.reciprocal(c)
        q.add(q.ideal(equal(c, number(1)), [square, q.facts[-1]]))
        same = q.ideal(equal(Pi, one), [multiple, q.facts[-1]])
        return rules.absurd(same, not_one, q.goal)

    def vanishing(q: Proof) -> Theorem:
        gone = q.ideal(equal(Pi, zeros(Pi.rows, Pi.cols)), [multiple, q.facts[-1]])
        return rules.absurd(gone, not_zero, q.goal)

    return p.cases(equal(c, number(0)), vanishing, nonzero)


def _seen(t: Term, x: Term) -> Term:
    return multiply(multiply(transpose(x), t), x)


_invariant = And(Eq(R * R, R), Eq(R * T1, T1 * R), Eq(R * T2, T2 * R), Ne(R, 0), Ne(R, I))

claim(
    "VW-L7",
    "The stream splits into functionally independent subspaces",
    sentence="For any two layers, in at least two dimensions, some projection other than 0 and I commutes with both.",
    wrong="A direct sum always exists, but nothing makes the layers respect it: two layers that move e1 to e2 "
    "and back commute with multiples of the identity only, so the stream has no part that they leave to "
    "itself.",
    given=[Le(2, d)],
    show=Exists(R, _invariant),
    disproof=_no_common_projection,
)

T = family("T", d, d)
A_L = ordered_product("A", lambda l: I + T[l], l, L)

claim(
    "VW-L7a",
    "A subspace that every layer respects is respected by the network",
    sentence="If a projection commutes with every layer's matrix, it commutes with the whole product.",
    where=[A_L],
    given=[Each(l, L, Eq(R * T[l + 1], T[l + 1] * R))],
    show=Eq(R * A_L[L], A_L[L] * R),
    proof=by_induction(L),
)

v = family("v", d, 1)
total = running_sum("x", lambda l: v[l], l, n)


def _component(q: Any) -> Prop:
    past, future = Eq(P[j + 1] * total[q], v[j + 1]), Eq(P[j + 1] * total[q], 0)
    return Each(j, n, And(Implies(j < q, past), Implies(Le(q, j), future)))


def _no_component(p: Proof) -> Theorem:
    def both(r: Proof) -> Theorem:
        past, future = r.goal[1]
        return rules.conjoin(
            [r.suppose(past[1], Proof.impossible, past[2]), r.suppose(future[1], Proof.ideal, future[2])]
        )

    return rules.generalize(p.suppose(p.goal[2][1], both, p.goal[2][2]), "j")


def _next_component(p: Proof) -> Theorem:
    q = p.index
    every = [f for f in p.facts if f.conclusion.kind == "all"]
    known = every[-1]
    crossing = next(f for f in every if f.conclusion[2][2].kind == "all")

    def both(r: Proof) -> Theorem:
        past, future = r.goal[1]
        return rules.conjoin([r.suppose(past[1], earlier_or_new, past[2]), r.suppose(future[1], later, future[2])])

    def earlier_or_new(r: Proof) -> Theorem:
        return r.cases(j < q, earlier, lambda s: s.at_equal("j", q, new))

    def earlier(r: Proof) -> Theorem:
        r.add(r.at(crossing, q, j))
        r.add(_branch(r, known, 0))
        return r.ideal()

    def new(r: Proof) -> Theorem:
        r.add(_branch(r, known, 1, q))
        return r.ideal()

    def later(r: Proof) -> Theorem:
        r.add(r.at(crossing, j, q))
        r.add(_branch(r, known, 1))
        return r.ideal()

    return rules.generalize(p.suppose(p.goal[2][1], both, p.goal[2][2]), "j")


def _branch(p: Proof, known: Theorem, which: int, at: Any = j) -> Theorem:
    return p.detach(rules.part(p.at(known, at), which))


def _read_component(p: Proof) -> Theorem:
    known = next(f for f in reversed(p.facts) if f.conclusion.kind == "all")

    def one(r: Proof) -> Theorem:
        r.add(_branch(r, known, 0))
        return r.ideal()

    return rules.generalize(p.suppose(p.goal[2][1], one, p.goal[2][2]), "j")


claim(
    "VW-L7b",
    "What a direct sum does give: the parts of a vector are determined",
    sentence="If v_i = P_i v_i for projections that annihilate each other, then P_j picks v_j out of v_1 + .. + "
    "v_n; so if the sum is 0, every part is.",
    where=[total],
    given=[
        Each(i, n, And(Eq(P[i + 1] * P[i + 1], P[i + 1]), Eq(P[i + 1] * v[i + 1], v[i + 1]))),
        Each(i, n, Each(h, i, And(Eq(P[i + 1] * v[h + 1], 0), Eq(P[h + 1] * v[i + 1], 0)))),
        Eq(total[n], 0),
    ],
    show=Each(j, n, Eq(v[j + 1], 0)),
    proof=by_induction(n, _component, base=_no_component, step=_next_component, then=_read_component),
)

k1, k2, k3 = dims("k1 k2 k3")
S1, S2, S3 = matrix("S1", d, k1), matrix("S2", d, k2), matrix("S3", d, k3)
E1, E2 = matrix("E1", k1 + k2, k1), matrix("E2", k1 + k2, k2)
_pair = [
    Eq(E1.T * E1, Identity(k1)),
    Eq(E2.T * E2, Identity(k2)),
    Eq(E1.T * E2, 0),
    Eq(E1 * E1.T + E2 * E2.T, Identity(k1 + k2)),
]
stack = S1 * E1.T + S2 * E2.T
K = matrix("K", k1 + k2, d)
K1, K2, K3 = matrix("K1", k1, d), matrix("K2", k2, d), matrix("K3", k3, d)
_disjoint = [Eq(K1 * S1, Identity(k1)), Eq(K1 * S2, 0), Eq(K2 * S1, 0), Eq(K2 * S2, Identity(k2))]


def _bases_invert(p: Proof) -> Theorem:
    def apart(q: Proof) -> Theorem:
        inverse = q.values[-1]
        through = multiply(inverse, p.term(stack))
        for s_i, e_i in ((S1, E1), (S2, E2)):
            q.have(equal(multiply(through, p.term(e_i)), p.term(e_i)))
            q.have(equal(multiply(inverse, p.term(s_i)), p.term(e_i)))
        return introduce_all(q, q.goal, [multiply(transpose(p.term(e)), inverse) for e in (E1, E2)])

    def together(q: Proof) -> Theorem:
        first, second = q.values[-2:]
        return introduce_all(q, q.goal, [add(multiply(p.term(E1), first), multiply(p.term(E2), second))])

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], apart, one[2]), p.suppose(two[1], together, two[2])])


claim(
    "VW-L7c",
    "The stream is the direct sum of two subspaces exactly when their bases together are invertible",
    sentence="[S1 S2] has a two-sided inverse K if and only if there are coordinates K1, K2 that tell the "
    "subspaces apart and with S1 K1 + S2 K2 = I; S1 K1 and S2 K2 are then the projections.",
    given=_pair,
    show=Iff(
        Exists(K, And(Eq(stack * K, I), Eq(K * stack, Identity(k1 + k2)))),
        Exists((K1, K2), And(*_disjoint, Eq(S1 * K1 + S2 * K2, I))),
    ),
    proof=_bases_invert,
)

# ---------------------------------------------------------------- heads in subspaces (VW-T3)
G, H = matrix("G", k1, d), matrix("H", d, d)
_two_lines = {"S1": [[1], [0]], "S2": [[1], [1]], "K1": [[1, -1]], "K2": [[0, 1]]}

claim(
    "VW-T3",
    "Heads in disjoint subspaces do not interfere",
    sentence="If S1 and S2 meet in 0 only (K1, K2 tell them apart) and head 1 writes into S1, it ignores S2.",
    wrong="Where a head writes says nothing about what it reads, and subspaces that meet in 0 need not be "
    "orthogonal. What counts is that the read annihilates the write (VW-T3a).",
    given=[*_disjoint, Eq(H, S1 * G)],
    show=Eq(H * S2, 0),
    witness={"d": 2, "k1": 1, "k2": 1, **_two_lines, "G": [[1, 0]], "H": [[1, 0], [0, 0]]},
)

read, write = family("R", lambda l: m[l], d), family("V", d, lambda l: m[l])
head = opaque("phi", lambda l: m[l], lambda l: m[l], indexed=True)
x0 = vector("x0", d)
deep = define("x", l, L, x0, lambda l, x: x[l] + write[l + 1] * head[l + 1](read[l + 1] * x[l]))
flat = define("y", l, L, x0, lambda l, y: y[l] + write[l + 1] * head[l + 1](read[l + 1] * x0))


def _unheard(q: Any) -> Prop:
    return And(Eq(deep[q], flat[q]), Each(j, L, Implies(Le(q, j), Eq(read[j + 1] * deep[q], read[j + 1] * x0))))


def _start_unheard(p: Proof) -> Theorem:
    same, rest = p.goal[1]
    after = rest[2][2]
    th = p.suppose(rest[2][1], lambda r: r.suppose(after[1], Proof.ideal, after[2]), after)
    return rules.conjoin([p.ideal(same), rules.generalize(th, "j")])


def _still_unheard(p: Proof) -> Theorem:
    q = p.index
    every = [f for f in p.facts if f.conclusion.kind == "all"]
    known = every[-1]
    crossing = next(f for f in every if f.conclusion[2][2].kind == "all")
    p.add(p.at(known, q))
    p.congruent(head[q + 1], read[q + 1] * deep[q], read[q + 1] * x0)

    def later(r: Proof) -> Theorem:
        r.add(r.at(known, j))
        r.multiply(r.at(crossing, j, q), right=head[q + 1](read[q + 1] * deep[q]))
        return r.ideal()

    same, rest = p.goal[1]
    after = rest[2][2]
    th = p.suppose(rest[2][1], lambda r: r.suppose(after[1], later, after[2]), after)
    return rules.conjoin([p.ideal(same), rules.generalize(th, "j")])


claim(
    "VW-T3a",
    "If no layer reads what an earlier one writes, the deep network is a shallow one",
    sentence="R_a V_b = 0 for every b before a, whatever the nonlinearities: all layers act side by side on x_0.",
    where=[deep, flat],
    given=[Each(i, L, Each(h, i, Eq(read[i + 1] * write[h + 1], 0)))],
    show=Eq(deep[L], flat[L]),
    proof=by_induction(L, _unheard, base=_start_unheard, step=_still_unheard),
)

W1, V1, W2, V2 = matrix("W1", k1, d), matrix("V1", d, k1), matrix("W2", k2, d), matrix("V2", d, k2)

claim(
    "VW-T3b",
    "How far two layers are from commuting is told by their two virtual weights",
    sentence="The commutator is V1 (W1 V2) W2 - V2 (W2 V1) W1; if both virtual weights vanish, the order of the "
    "layers does not matter.",
    show=Eq(
        (I + V1 * W1) * (I + V2 * W2) - (I + V2 * W2) * (I + V1 * W1),
        V1 * (W1 * V2) * W2 - V2 * (W2 * V1) * W1,
    ),
    proof=ideal,
)


def _oblique(p: Proof) -> Theorem:
    inverse = p.open(p.lemma(lemmas.full_column_rank(), V=stack))[0]
    blocks = [multiply(transpose(p.term(e)), inverse) for e in (E1, E2)]
    p.have(equal(multiply(multiply(inverse, p.term(stack)), p.term(E1)), p.term(E1)))
    p.have(equal(multiply(multiply(inverse, p.term(stack)), p.term(E2)), p.term(E2)))
    p.have(equal(multiply(p.term(stack), p.term(E1)), p.term(S1)))
    p.have(equal(multiply(p.term(stack), p.term(E2)), p.term(S2)))
    p.have(equal(multiply(inverse, p.term(S1)), p.term(E1)))
    p.have(equal(multiply(inverse, p.term(S2)), p.term(E2)))
    return introduce_all(p, p.goal, blocks)


claim(
    "VW-T3c",
    "What disjoint subspaces do give: oblique readers exist",
    sentence="If the bases S1 and S2 are independent together, there are reads that see one and not the other.",
    given=[*_pair, Le(k1 + k2, rank(stack))],
    show=Exists((K1, K2), And(*_disjoint)),
    proof=_oblique,
)

a, b1, b2, q, s1, s2 = scalars("a b1 b2 q s1 s2")
e, f, y1, y2 = vector("e", d), vector("f", d), vector("y1", d), vector("y2", d)
x1, x2 = a * e + b1 * f, a * e + b2 * f

claim(
    "VW-T3d",
    "Orthogonal subspaces do not interfere behind a norm",
    sentence="If e and f are orthogonal, what a head reads along e of the RMS-normalised stream does not depend on"
    " the part along f.",
    wrong="The norm divides by the length of the whole vector, so every subspace is heard in every other: (1, "
    "1) reads 1, (1, 7) reads 1/5.",
    given=[
        Eq(q * d, 1),
        Eq(inner(e, f), 0),
        s1 > 0,
        s2 > 0,
        Eq(s1 * s1, q * norm2(x1)),
        Eq(s2 * s2, q * norm2(x2)),
        Eq(s1 * y1, x1),
        Eq(s2 * y2, x2),
    ],
    show=Eq(inner(e, y1), inner(e, y2)),
    witness={
        "d": 2,
        "q": [["1/2"]],
        "e": [[1], [0]],
        "f": [[0], [1]],
        "a": [[1]],
        "b1": [[1]],
        "b2": [[7]],
        "s1": [[1]],
        "s2": [[5]],
        "y1": [[1], [1]],
        "y2": [["1/5"], ["7/5"]],
    },
)

# ---------------------------------------------------------------- parallel channels (VW-C4)
K12, K21, K13, K31, K23, K32 = (
    matrix(f"K{name}", size, d)
    for name, size in zip(("12", "21", "13", "31", "23", "32"), (k1, k2, k1, k3, k2, k3), strict=True)
)
_pairwise = [
    *(
        Eq(r * x, Identity(size))
        for r, x, size in ((K12, S1, k1), (K21, S2, k2), (K13, S1, k1), (K31, S3, k3), (K23, S2, k2), (K32, S3, k3))
    ),
    *(Eq(r * x, 0) for r, x in ((K12, S2), (K21, S1), (K13, S3), (K31, S1), (K23, S3), (K32, S2))),
]
_three_lines = {
    "d": 2,
    **dict.fromkeys(("k1", "k2", "k3"), 1),
    "S1": [[1], [0]],
    "S2": [[0], [1]],
    "S3": [[1], [1]],
    "K12": [[1, 0]],
    "K21": [[0, 1]],
    "K13": [[1, -1]],
    "K31": [[0, 1]],
    "K23": [[-1, 1]],
    "K32": [[1, 0]],
}

claim(
    "VW-C4",
    "The dimensions of disjoint subspaces add up to at most the width of the stream",
    sentence="Subspaces that pairwise meet in 0 only have k1 + k2 + k3 <= d.",
    wrong="Pairwise is not jointly: three lines in the plane meet in 0 only. The bound holds for a direct sum, "
    "so it is about channels that can all be read apart at once.",
    given=_pairwise,
    show=k1 + k2 + k3 <= d,
    witness=_three_lines,
)

claim(
    "VW-T3e",
    "Subspaces that pairwise meet in 0 only are independent",
    sentence="If S1 a + S2 b + S3 c = 0 then S1 a = 0.",
    wrong="Three lines in the plane again: e1 + e2 - (e1 + e2) = 0.",
    given=[*_pairwise, Eq(S1 * vector("a", k1) + S2 * vector("b", k2) + S3 * vector("c", k3), 0)],
    show=Eq(S1 * vector("a", k1), 0),
    witness={**_three_lines, "a": [[1]], "b": [[1]], "c": [[-1]]},
)

_joint = [
    *_disjoint,
    Eq(K1 * S3, 0),
    Eq(K2 * S3, 0),
    Eq(K3 * S1, 0),
    Eq(K3 * S2, 0),
    Eq(K3 * S3, Identity(k3)),
]


def _three_channels(p: Proof) -> Theorem:
    e1, e2 = p.blocks(k1, k2)
    f1, f2 = p.blocks(k1 + k2, k3)
    into = [multiply(f1, e1), multiply(f1, e2), f2]
    reads = zeros(f1.rows, p.term(I).rows)
    writes = zeros(p.term(I).rows, f1.rows)
    for at, r, w in zip(into, (K1, K2, K3), (S1, S2, S3), strict=True):
        reads = add(reads, multiply(at, p.term(r)))
        writes = add(writes, multiply(p.term(w), transpose(at)))
    p.multiply(
        equal(add(multiply(e1, transpose(e1)), multiply(e2, transpose(e2))), identity(e1.rows)), f1, transpose(f1)
    )
    p.add(rules.rank_identity(p.ideal(equal(multiply(reads, writes), identity(f1.rows))), reads, writes))
    return p.order()


claim(
    "VW-C4a",
    "For a direct sum the bound holds",
    sentence="Subspaces that can be read apart all at once have k1 + k2 + k3 <= d (for any number of them: VW-L2a).",
    given=_joint,
    show=k1 + k2 + k3 <= d,
    proof=_three_channels,
)

r = dims("r")
common, coordinates = matrix("K", d, r), matrix("J", r, d)
G1, G2 = matrix("G1", k1, r), matrix("G2", k2, r)
left1, left2 = matrix("K1", k1, d), matrix("K2", k2, d)


def _forced_overlap(p: Proof) -> Theorem:
    e1, e2 = p.blocks(k1, k2)
    difference = subtract(multiply(p.term(S1), transpose(e1)), multiply(p.term(S2), transpose(e2)))
    size, kernel, back, _ = p.open(p.lemma(lemmas.nullity(), M=difference))
    g1, g2 = multiply(transpose(e1), kernel), multiply(transpose(e2), kernel)
    basis = multiply(p.term(S1), g1)
    p.have(equal(basis, multiply(p.term(S2), g2)))
    rows = add(multiply(e1, p.term(left1)), multiply(e2, p.term(left2)))
    p.add(p.lemma(lemmas.at_most_rows(), X=difference))
    p.have(equal(multiply(rows, basis), kernel))

    def close(q: Proof) -> Theorem:
        return rules.conjoin([q.prove(g, linear if g.kind == "ge" else Proof.ideal) for g in q.goal[1]])

    return introduce_all(p, p.goal, [size, basis, multiply(back, rows), g1, g2], close)


claim(
    "VW-C4b",
    "Two large subspaces must overlap: dim(S1 meet S2) >= dim S1 + dim S2 - d",
    sentence="There are r independent vectors K (J K = I) in both subspaces, with r + d >= k1 + k2.",
    given=[Eq(left1 * S1, Identity(k1)), Eq(left2 * S2, Identity(k2))],
    show=Exists(
        (r, common, coordinates, G1, G2),
        And(Eq(coordinates * common, Identity(r)), Eq(common, S1 * G1), Eq(common, S2 * G2), Le(k1 + k2, r + d)),
    ),
    proof=_forced_overlap,
)


def _frame_bound(p: Proof) -> Theorem:
    t = p.term(Trace(Q[n]))
    known = p.fact(equal(t, p.term(s[n])))
    unit = p.fact(Eq(q * d, 1))
    spread = p.term(Q[n] - q * Trace(Q[n]) * I)
    square = p.term(norm2(Q[n] - q * Trace(Q[n]) * I))
    expanded = p.ideal(equal(square, p.term(norm2(Q[n]) - q * Trace(Q[n]) ** 2)), [unit])
    goal = p.ideal(equal(p.term(norm2(Q[n]) - q * s[n] * s[n]), p.term(norm2(Q[n]) - q * Trace(Q[n]) ** 2)), [known])
    p.facts = [expanded, goal]
    return p.order(squares=[spread])


claim(
    "VW-C4c",
    "Fusion-frame Welch bound: many subspaces must overlap on average",
    sentence="For projections P_i with sum Q, |Q|^2 = sum over i, j of tr(P_i'P_j) is at least (rank P_1 + .. + "
    "rank P_n)^2 / d, with q = 1/d. For orthogonal projections tr(P_i P_j) is the sum of the squared "
    "cosines of the principal angles: 144 subspaces of dimension 64 in 768 dimensions have mean squared "
    "cosine at least 1/13.",
    where=[projections, rank_sum],
    given=[Eq(q * d, 1), Each(i, n, Eq(P[i + 1] * P[i + 1], P[i + 1]))],
    show=q * s[n] * s[n] <= norm2(Q[n]),
    also=("TH-20",),
    proof=by_induction(
        n,
        lambda at: Eq(Trace(Q[at]), s[at]),
        step=lambda p: (p.add(p.lemma(lemmas.idempotent(), P=P[p.index + 1])), p.ideal())[1],
        then=_frame_bound,
    ),
)
