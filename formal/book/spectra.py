"""Strength and number of channels (VW-L6, VW-C3): singular values, not eigenvalues, and what of them is intrinsic."""

from __future__ import annotations

from fractions import Fraction

from ..claims import ideal
from ..kernel import rules
from ..kernel.ground import Witness
from ..kernel.props import equal, exists, greater, negation, zero
from ..kernel.rules import Theorem
from ..kernel.terms import Decl, add, identity, letter, multiply, nat, number, scale, subtract
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    Identity,
    Iff,
    Le,
    Ne,
    Trace,
    define,
    dims,
    matrix,
    norm2,
    opaque,
    rank,
    scalars,
    vector,
)
from .shelf import claim

d, m, m_i, m_j, r, l, L = dims("d m m_i m_j r l L")
lam = scalars("lam")
W_j, V_i = matrix("W_j", m_j, d), matrix("V_i", d, m_i)

# ---------------------------------------------------------------- eigenvalues (VW-L6)
claim(
    "VW-L6",
    "The eigenvalues of the virtual weight from i to j",
    sentence="W_j V_i h = lam h.",
    wrong="A virtual weight maps the hidden units of one layer to those of another, so it has eigenvalues only if the "
    "two widths agree, and even then they compare unrelated bases (VW-L6a). Its singular values have a meaning.",
    ill_typed=lambda: Eq(W_j * V_i * vector("h", m_i), lam * vector("h", m_i)),
)

W, V = matrix("W_j", m, d), matrix("V_i", d, m)
X, v = W * V, vector("v", m)

claim(
    "VW-L6a",
    "Between layers of one width: if all eigenvalues are 0, the channel carries nothing",
    sentence="(W_j V_i)^2 = 0, which leaves no eigenvalue but 0 (VW-L6b), gives W_j V_i = 0.",
    wrong="Unit 2 of layer i may speak to unit 1 of layer j with any strength and all eigenvalues are 0. Ranking "
    "channels by eigenvalues drops such connections; singular values do not.",
    given=[Eq(X * X, 0)],
    show=Eq(X, 0),
    witness={"d": 1, "m": 2, "W_j": [[1], [0]], "V_i": [[0, 1]]},
)

N = matrix("N", m, m)


def _only_zero(p: Proof) -> Theorem:
    """lam^2 v = N N v = 0."""
    nilpotent, eigen, not_zero = p.facts

    def impossible(q: Proof) -> Theorem:
        t = q.reciprocal(lam)
        square, minus = multiply(t, t), number(-1)
        twice = scale(scale(minus, square), q.term(N + lam * Identity(m)))
        rest = scale(subtract(minus, multiply(t, q.term(lam))), q.term(v))
        nothing = q.combine(Eq(v, 0), (nilpotent, square, v), (eigen, twice), (q.facts[-1], rest))
        return q.contradiction(nothing, not_zero)

    return p.cases(Eq(lam, 0), lambda q: q.facts[-1], impossible)


claim(
    "VW-L6b",
    "A matrix whose square is 0 has no eigenvalue but 0",
    sentence="N N = 0 and N v = lam v with v not 0 give lam = 0.",
    given=[Eq(N * N, 0), Eq(N * v, lam * v), Ne(v, 0)],
    show=Eq(lam, 0),
    proof=_only_zero,
    needed=[
        {"m": 1, "N": [[1]], "lam": [[1]], "v": [[1]]},
        {"m": 1, "N": [[0]], "lam": [[1]], "v": [[1]]},
        {"m": 1, "N": [[0]], "lam": [[1]], "v": [[0]]},
    ],
)


def _quarter_turn(p: Proof) -> Theorem:
    """J J = -I in the plane: J v = lam v gives (lam^2 + 1) v = 0."""
    turn, minus = Decl("J", nat(2), nat(2)), number(-1)
    square = equal(multiply(letter(turn), letter(turn)), scale(minus, identity(nat(2))))
    (J,) = p.open(rules.ground(exists(turn, square), Witness({}, {"J": ((0, -1), (1, 0))})))
    turned = p.facts[-1]

    def none(q: Proof) -> Theorem:
        value, direction = q.values[-2:]
        not_zero, eigen = q.facts[-2:]
        length = add(multiply(value, value), number(1))
        q.add(q.weighted(greater(length, number(0)), (1, value), (1,)))
        t = q.reciprocal(length)
        along = scale(scale(minus, t), add(J, scale(value, identity(nat(2)))))
        moves = (turned, t, direction), (eigen, along), (q.facts[-1], scale(minus, direction))
        return q.contradiction(q.combine(zero(direction), *moves), not_zero)

    def close(q: Proof) -> Theorem:
        wide, missing = q.goal[1]
        return rules.conjoin([q.order(wide), q.refute(negation(missing), none)])

    return introduce_all(p, p.goal, [nat(2), nat(2), identity(nat(2)), J], close)


claim(
    "VW-L6c",
    "Every virtual weight between layers of one width has a real eigenvector",
    sentence="W_j V_i v = lam v for some number lam and some v not 0.",
    wrong="A rotation of the hidden units passes everything on at full strength and has no real eigenvalue at all.",
    given=[Le(1, m)],
    show=Exists((lam, v), And(Ne(v, 0), Eq(X * v, lam * v))),
    disproof=_quarter_turn,
)

C, U, S, Q = matrix("X", m_j, m_i), matrix("U", m_j, r), matrix("S", r, r), matrix("V", m_i, r)
sigma, e = scalars("sigma"), vector("e", r)
_units = {**dict.fromkeys(("m_i", "m_j", "r"), 1), **{name: [[1]] for name in ("X", "U", "S", "V", "sigma", "e")}}


def _strengths(p: Proof) -> Theorem:
    left, right, svd, strength = p.facts
    one, two, three = p.goal[1]
    sent, heard, product = C * Q * e, sigma * U * e, U * S * Q.T
    along = p.combine(one, (svd, None, Q * e), (right, U * S, e), (strength, U))
    squares = (left, sigma * sigma * e.T, e), (right, -sigma * sigma * e.T, e)
    power = p.combine(two, (along, sent.T + heard.T), *squares)
    total = p.combine(three, (svd, C.T + product.T), (left, Q * S.T, S * Q.T), (right, S.T * S))
    return rules.conjoin([along, power, total])


claim(
    "VW-L6d",
    "Singular values are the strengths of channels",
    sentence="If X = U S V' with U'U = I and V'V = I, then a channel S e = sigma e carries v = V e to sigma U e, and "
    "|X v|^2 = sigma^2 |v|^2; the squared strengths add up to |X|^2. Of the singular value decomposition only "
    "these equations are used.",
    given=[Eq(U.T * U, Identity(r)), Eq(Q.T * Q, Identity(r)), Eq(C, U * S * Q.T), Eq(S * e, sigma * e)],
    show=And(
        Eq(C * Q * e, sigma * U * e),
        Eq(norm2(C * Q * e), sigma**2 * norm2(Q * e)),
        Eq(norm2(C), norm2(S)),
    ),
    proof=_strengths,
    needed=[
        {**_units, "U": [[2]], "X": [[2]]},
        {**_units, "V": [[2]], "X": [[2]]},
        {**_units, "X": [[2]]},
        {**_units, "sigma": [[2]]},
    ],
)

M = matrix("M", m, m)


def _symmetric_part(p: Proof) -> Theorem:
    """|M - M'|^2 is twice the gap."""
    exact, bound, (_, (one, two)) = p.goal[1]
    gap = p.combine(exact)

    def flat(q: Proof) -> Theorem:
        nothing = q.combine(Eq(norm2(M - M.T), 0), (q.facts[-1], -2), (gap, -2))
        return q.combine(q.goal, (q.square_is_zero(M - M.T, using=[nothing]), -1))

    def even(q: Proof) -> Theorem:
        return q.combine(q.goal, (q.facts[-1], -M))

    ways = rules.conjoin([p.suppose(one[1], flat, one[2]), p.suppose(two[1], even, two[2])])
    return rules.conjoin([gap, p.weighted(bound, (Fraction(1, 2), M - M.T)), ways])


claim(
    "VW-L6e",
    "Eigenvalues understate strength by exactly the antisymmetric part",
    sentence="tr(M'M) - tr(M^2) = |M - M'|^2 / 2. The left terms are the sums of squared singular values and of "
    "squared eigenvalues: the first is the larger, and they agree exactly for symmetric M.",
    show=And(
        Eq(norm2(M) - Trace(M * M), norm2(M - M.T) / 2),
        Trace(M * M) <= norm2(M),
        Iff(Eq(Trace(M * M), norm2(M)), Eq(M.T, M)),
    ),
    proof=_symmetric_part,
    attained={"m": 1, "M": [[1]]},
    also=("TH-29",),
)

reads, writes = matrix("W", m, d), matrix("V", d, m)
outer = define("P", l, L + 1, Identity(d), lambda l, P: writes * reads * P[l])
inner_ = define("Q", l, L + 1, Identity(m), lambda l, Q: reads * writes * Q[l])


def _one_more_turn(p: Proof) -> Theorem:
    outside, inside, known = p.facts[-3:]
    return p.combine(p.goal, (outside, None, writes), (inside, -writes), (known, writes * reads))


def _rotate(p: Proof) -> Theorem:
    """P[L + 1] = V W P[L], and W P[L] V = W V Q[L]."""
    _, outside, _, inside, moved = p.facts
    return p.combine(p.goal, (p.at(outside, L), 1), (p.at(inside, L), -1), (moved, reads))


claim(
    "VW-L6f",
    "Stream side and hidden side have the same traces of powers",
    sentence="tr((V W)^k) = tr((W V)^k) for every k >= 1: a layer's matrix on the stream and on its own hidden units "
    "have the same eigenvalues other than 0, so it is enough to look at the small one.",
    where=[outer, inner_],
    show=Eq(Trace(outer[L + 1]), Trace(inner_[L + 1])),
    proof=by_induction(L, lambda k: Eq(outer[k] * writes, writes * inner_[k]), step=_one_more_turn, then=_rotate),
    also=("TH-10",),
)

x = vector("x", d)


def _carry_over(p: Proof) -> Theorem:
    eigen, _, not_zero = p.facts

    def vanishing(q: Proof) -> Theorem:
        unread, t = q.facts[-1], q.reciprocal(lam)
        back = scale(t, q.term(writes))
        nothing = q.combine(Eq(x, 0), (unread, back), (eigen, scale(number(-1), t)), (q.facts[-1], -x))
        return q.contradiction(nothing, not_zero)

    same, alive = p.goal[1]
    return rules.conjoin([p.combine(same, (eigen, reads)), p.refute(negation(alive), vanishing)])


claim(
    "VW-L6g",
    "..and eigenvectors are carried over by the read",
    sentence="If V W x = lam x with lam and x not 0, then W x is an eigenvector of W V for lam.",
    given=[Eq(writes * reads * x, lam * x), Ne(lam, 0), Ne(x, 0)],
    show=And(Eq(reads * writes * (reads * x), lam * (reads * x)), Ne(reads * x, 0)),
    proof=_carry_over,
    needed=[
        {"d": 1, "m": 1, "W": [[0]], "V": [[0]], "x": [[1]], "lam": [[1]]},
        {"d": 1, "m": 1, "W": [[0]], "V": [[0]], "x": [[1]], "lam": [[0]]},
        {"d": 1, "m": 1, "W": [[0]], "V": [[0]], "x": [[0]], "lam": [[1]]},
    ],
)

# ---------------------------------------------------------------- what is intrinsic
A, B = matrix("A", m_i, m_i), matrix("B", m_i, m_i)

claim(
    "VW-L6h",
    "The strengths of channels belong to the network",
    sentence="Changing the basis of the hidden units of layer i, with writes V_i B and reads A W_i where B A = I and "
    "A B = I, keeps |W_j V_i|.",
    wrong="The values and outputs of a head can be rescaled against each other, and those of a ReLU neuron too, "
    "without any change in what the network computes; singular values do change. Fix the scale before ranking.",
    given=[Eq(A * B, Identity(m_i)), Eq(B * A, Identity(m_i))],
    show=Eq(norm2(W_j * V_i * B), norm2(W_j * V_i)),
    witness={
        **dict.fromkeys(("d", "m_i", "m_j"), 1),
        **{"A": [["1/2"]], "B": [[2]], "W_j": [[1]], "V_i": [[1]]},
    },
)

A_j, C_j, B_i, D_i = (matrix(name, n, n) for name, n in (("A", m_j), ("C", m_j), ("B", m_i), ("D", m_i)))


def _same_rank(p: Proof) -> Theorem:
    """A X B has at most the rank of X, and C (A X B) D at most that of A X B."""
    undone, done = p.facts
    changed, whole = A_j * C * B_i, C_j * A_j * C * B_i * D_i
    back = p.combine(Eq(C, whole), (undone, -1, C * B_i * D_i), (done, -C))
    same = rules.congruence(back, p.term(C), p.term(whole))
    most = p.lemma(lemmas.product_left(), X=A_j * C, Y=B_i), p.lemma(lemmas.product_right(), X=A_j, Y=C)
    least = p.lemma(lemmas.product_left(), X=C_j * changed, Y=D_i), p.lemma(lemmas.product_right(), X=C_j, Y=changed)
    above = p.weighted(rank(changed) >= rank(C), *((1, bound) for bound in least), (-1, same))
    return p.squeeze(above, p.weighted(rank(changed) <= rank(C), *((1, bound) for bound in most)))


_scaled = {**dict.fromkeys(("m_i", "m_j"), 1), **{name: [[1]] for name in "AXBCD"}}

claim(
    "VW-L6i",
    "Only the rank of a virtual weight is intrinsic",
    sentence="rank(A X B) = rank X for changes of basis of the hidden units on both sides, undone by C and D.",
    given=[Eq(C_j * A_j, Identity(m_j)), Eq(B_i * D_i, Identity(m_i))],
    show=Eq(rank(A_j * C * B_i), rank(C)),
    proof=_same_rank,
    needed=[{**_scaled, "A": [[0]]}, {**_scaled, "B": [[0]]}],
)

T, R = matrix("T", d, d), matrix("R", d, d)

claim(
    "VW-L6j",
    "End to end, strengths are intrinsic up to rotations of the stream",
    sentence="|R T R'| = |T| for a rotation R, where T = V_j W_j V_i W_i is the whole map from what i reads to what j "
    "writes: no hidden basis enters.",
    given=[Eq(R.T * R, Identity(d))],
    show=Eq(norm2(R * T * R.T), norm2(T)),
    proof=ideal,
    needed=[{"d": 1, "R": [[0]], "T": [[1]]}],
)

# ---------------------------------------------------------------- effective dimension (VW-C3)
claim(
    "VW-C3",
    "The effective dimension of a channel, with threshold 0",
    sentence="rank(W_j V_i): the number of singular values other than 0 (VW-C3a), the one reading of 'significantly' "
    "that does not depend on a choice of units (VW-C3b).",
    defines=rank(W_j * V_i),
)

S2 = matrix("S2", r, r)


def _count(p: Proof) -> Theorem:
    """I_r = (S2 U') X V, and X goes through r."""
    left, right, svd, inverse = p.facts
    read, through = S2 * U.T, (p.term(U * S), p.term(Q.T))
    seen = (svd, read, Q), (left, S2, S * Q.T * Q), (right, S2 * S), (inverse,)
    p.facts = [p.combine(Eq(read * C * Q, Identity(r)), *seen)]
    same = rules.congruence(svd, p.term(C), multiply(*through))
    full, most = p.lemma(lemmas.with_left_inverse(), V=C * Q, W=read), p.lemma(lemmas.product_left(), X=C, Y=Q)
    least = p.weighted(r <= rank(C), (1, full), (1, most))
    return p.squeeze(least, p.weighted(rank(C) <= r, (1, rules.rank_bound(*through)), (-1, same)))


claim(
    "VW-C3a",
    "The number of singular values other than 0 is the rank",
    sentence="If X = U S V' with U'U = I, V'V = I and the r x r matrix S of singular values has no 0 among them "
    "(S2 S = I), then rank X = r.",
    given=[Eq(U.T * U, Identity(r)), Eq(Q.T * Q, Identity(r)), Eq(C, U * S * Q.T), Eq(S2 * S, Identity(r))],
    show=Eq(rank(C), r),
    proof=_count,
    needed=[
        {**_units, "S2": [[1]], "U": [[0]], "X": [[0]]},
        {**_units, "S2": [[1]], "V": [[0]], "X": [[0]]},
        {**_units, "S2": [[1]], "X": [[0]]},
        {**_units, "S2": [[1]], "S": [[0]], "X": [[0]]},
    ],
)

c, s, t = scalars("c s t")
w, u = matrix("W_j", 1, d), vector("V_i", d)

claim(
    "VW-C3b",
    "With a threshold above 0 the effective dimension is still a property of the network",
    sentence="If the channel between two neurons has squared strength at least c, so it has after rescaling neuron i "
    "by t > 0 (read t W_i, write V_i / t).",
    wrong="Rescaling ReLU neurons leaves the function alone (VW-C3c) and moves singular values across any threshold, "
    "one at a time: the count says nothing until the scale of the hidden units is fixed.",
    given=[c > 0, t > 0, Eq(s * t, 1), c <= norm2(w * u)],
    show=c <= norm2(w * (s * u)),
    witness={"d": 1, "c": [[1]], "t": [[2]], "s": [["1/2"]], "W_j": [[1]], "V_i": [[1]]},
)

phi = opaque("phi", m, m)

claim(
    "VW-C3c",
    "Rescaling hidden units does not change what a layer computes",
    sentence="(s V) phi((t W) x) = V phi(W x) with s = 1/t, if phi scales along with its argument, as ReLU does for "
    "t > 0.",
    given=[Eq(s * t, 1), Eq(phi(t * (reads * x)), t * phi(reads * x))],
    show=Eq((s * writes) * phi((t * reads) * x), writes * phi(reads * x)),
    proof=ideal,
    needed=[
        {"d": 1, "m": 1, **{name: [[1]] for name in "xVWt"}, "s": [[0]], "phi": lambda h: h},
        {"d": 1, "m": 1, **{name: [[1]] for name in "xVW"}, "t": [[2]], "s": [["1/2"]], "phi": lambda h: [[1]]},
    ],
)
