"""Null spaces (VW-L4, VW-C2): what a layer forgets is not what it does not read."""

from __future__ import annotations

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import at_least, equal
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import add, identity, multiply, number, scalar, scale, subtract
from ..kernel.terms import rank as rank_term
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
    ForAll,
    Identity,
    Iff,
    Implies,
    Le,
    ZeroMatrix,
    dim_family,
    dims,
    family,
    matrix,
    opaque,
    ordered_product,
    rank,
    running_sum,
    vector,
)
from ..statement.language import to_nat
from .shelf import claim
from .virtual import frobenius

d, k, l, L, m, n = dims("d k l L m n")
I = Identity(d)
T, v, x = matrix("T", d, d), vector("v", d), vector("x", d)

claim(
    "VW-L4",
    "What lies in the null space of a layer's matrix is lost",
    sentence="T v = 0 means that v does not survive the layer.",
    wrong="It is the other way round: a residual layer passes on exactly what it does not read. What it deletes"
    " is the eigenspace of T for the eigenvalue -1.",
    given=[Eq(T * v, 0)],
    show=Eq((I + T) * v, 0),
    witness={"d": 1, "T": [[0]], "v": [[1]]},
)

claim(
    "VW-L4a",
    "A residual layer preserves exactly the null space of its matrix",
    sentence="T v = 0 if and only if the layer maps v to v.",
    show=Iff(Eq(T * v, 0), Eq((I + T) * v, v)),
    proof=ideal,
)

claim(
    "VW-L4b",
    "A residual layer deletes exactly the eigenvectors of its matrix for -1",
    sentence="The layer maps v to 0 if and only if T v = -v.",
    show=Iff(Eq((I + T) * v, 0), Eq(T * v, -v)),
    proof=ideal,
)

decode = opaque("D", m, n)
M, w, y = matrix("T", m, d), vector("v", d), vector("x", d)


def _same_input(p: Proof) -> Theorem:
    p.congruent(decode, M * (y + w), M * y)
    return p.ideal()


claim(
    "VW-L4c",
    "Without a skip connection the null space is lost to every later layer",
    sentence="If only T x is passed on, and T v = 0, then nothing computed later, linear or not, depends on the v "
    "part of x.",
    given=[Eq(M * w, 0)],
    show=Eq(decode(M * (y + w)), decode(M * y)),
    proof=_same_input,
    needed=[{"d": 1, "m": 1, "n": 1, "T": [[1]], "v": [[1]], "x": [[0]], "D": lambda y: y}],
)

Ts = family("T", d, d)
P = ordered_product("P", lambda l: I + Ts[l], l, L)
K, D = matrix("K", d, k), matrix("D", k, d)
q = dims("q")
C = matrix("C", k, q)


def _kept_iff_decoded(p: Proof) -> Theorem:
    kept = P[L] * K

    def count(q: Proof) -> Theorem:
        low = q.lemma(lemmas.with_left_inverse(), V=kept, W=q.values[-1])
        return q.squeeze(low, q.lemma(lemmas.at_most_cols(), X=kept))

    def build(q: Proof) -> Theorem:
        q.add(rules.order(q.prop(k <= rank(kept)), [q.facts[-1]], (), [(0, number(1))]))
        return introduce_all(q, q.goal, q.open(q.lemma(lemmas.full_column_rank(), V=kept)))

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], count, one[2]), p.suppose(two[1], build, two[2])])


claim(
    "VW-L4d",
    "A subspace can be decoded linearly behind L layers exactly when no dimension of it is lost",
    sentence="For a k-dimensional subspace with basis K there is a decoder D with D (I + T_L) .. (I + T_1) K = I "
    "if and only if the product keeps rank k on it.",
    where=[P],
    show=Iff(Exists(D, Eq(D * P[L] * K, Identity(k))), Eq(rank(P[L] * K), k)),
    proof=_kept_iff_decoded,
)


def _meets_kernel(p: Proof) -> Theorem:
    def build(r: Proof) -> Theorem:
        injective = r.facts[-1]
        size, kernel, coordinates, section = r.open(r.lemma(lemmas.nullity(), M=P[L] * K))
        whole, nothing = r.facts[-2], r.at(injective, size, kernel)
        minus = scale(number(-1), identity(kernel.rows))
        return introduce_all(r, r.goal, [section], lambda s: s.combine(s.goal, (whole,), (nothing, minus, coordinates)))

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], _under_quantifiers, one[2]), p.suppose(two[1], build, two[2])])


def _under_quantifiers(p: Proof) -> Theorem:
    """P K C = 0 gives C = D P K C = 0."""
    decoder = p.values[-1]
    decodes = p.facts[-1]
    body = p.goal[2][2]
    th = p.suppose(body[1], lambda r: r.combine(r.goal, (decodes, -Identity(k), C), (r.facts[-1], decoder)), body[2])
    return rules.generalize(rules.generalize(th, p.goal[2][1]), "q")


claim(
    "VW-L4e",
    "..that is, when the subspace meets the kernel of the product in 0 only",
    sentence="A decoder exists if and only if the product maps no combination of the columns of K to 0 but 0 itself.",
    where=[P],
    show=Iff(
        Exists(D, Eq(D * P[L] * K, Identity(k))),
        ForAll((q, C), Implies(Eq(P[L] * K * C, 0), Eq(C, 0))),
    ),
    proof=_meets_kernel,
)

W, V = matrix("W", m, d), matrix("V", d, m)
phi = opaque("phi", m, m)
z1, z2, x2 = vector("z1", m), vector("z2", m), vector("x2", d)


def _push_through(p: Proof) -> Theorem:
    inner, outer = p.facts
    p.multiply(outer, left=W)
    p.add(p.at(inner, W * x, W * x2))
    p.congruent(phi, W * x, W * x2)
    return p.ideal()


claim(
    "VW-L4f",
    "A nonlinear layer loses nothing if what it reads back of its own write loses nothing",
    sentence="If z -> z + W V phi(z) is injective on the m hidden units, then x -> x + V phi(W x) is injective on "
    "the stream.",
    given=[
        ForAll((z1, z2), Implies(Eq(z1 + W * V * phi(z1), z2 + W * V * phi(z2)), Eq(z1, z2))),
        Eq(x + V * phi(W * x), x2 + V * phi(W * x2)),
    ],
    show=Eq(x, x2),
    proof=_push_through,
    needed=[
        {"d": 1, "m": 1, "W": [[1]], "V": [[-1]], "phi": lambda z: z, "x": [[1]], "x2": [[0]]},
        at_instance({"d": 1, "m": 1, "W": 0, "V": 0, "phi": lambda z: 0, "x": 1, "x2": 0}),
    ],
    also=("TH-11", "RS-U2"),
)

# ---------------------------------------------------------------- VW-C2
A1, A2, a, b = matrix("A1", d, d), matrix("A2", d, d), vector("a", d), vector("b", d)

claim(
    "VW-C2",
    "The effective space is the intersection of the complements of the null spaces",
    sentence="A vector orthogonal to the null space of every map (v = A1'a = A2'b) is transmitted by their product.",
    wrong="The second map does not see the vector but its image: with a swap before a projection, the "
    "intersection is exactly the part that is destroyed. What counts is the row space of the product.",
    given=[Eq(v, A1.T * a), Eq(v, A2.T * b), Eq(A2 * A1 * v, 0)],
    show=Eq(v, 0),
    witness={
        "d": 2,
        "A1": [[0, 1], [1, 0]],
        "A2": [[1, 0], [0, 0]],
        "v": [[1], [0]],
        "a": [[0], [1]],
        "b": [[1], [0]],
    },
)

claim(
    "VW-C2e",
    "With skip connections the effective space is at most what the layer reads",
    sentence="rank(I + T) <= rank T.",
    wrong="A layer that reads nothing transmits everything: the intersection would be 0 where the truth is the "
    "whole stream.",
    show=Le(rank(I + T), rank(T)),
    witness={"d": 1, "T": [[0]]},
)

r = dims("r")
A, B = matrix("A", m, d), matrix("B", d, n)
Kb, J, G, H = matrix("K", d, r), matrix("J", r, d), matrix("G", n, r), matrix("H", d, m)


def _count_lost(p: Proof) -> Theorem:
    """By Frobenius rank(A B) + rank(B G) <= rank B + rank(A B G), which is rank B; and B = K (J B) + H (A B)."""
    _, killed, made, spans = p.facts
    b, k, kj, ab, hab, bg = map(p.term, (B, Kb, J * B, A * B, H * A * B, B * G))
    gone = p.combine(Eq(A * B * G, 0), (killed,), (made, -A))
    facts = [
        cite(p, frobenius, W=A, M=B, V=G),
        p.lemma(lemmas.with_left_inverse(), V=Kb, W=J),
        rules.rank_bound(p.term(ZeroMatrix(m, 0)), p.term(ZeroMatrix(0, r))),
        rules.congruence(made, k, bg),
        rules.congruence(gone, p.term(A * B * G), p.term(ZeroMatrix(m, r))),
    ]
    ones = [Summand(1, (i,)) for i in range(3)]
    difference = subtract(rank_term(b), add(rank_term(ab), scalar(to_nat(r))))
    low = rules.order(at_least(difference, number(0)), facts, ones, [(3, number(-1)), (4, number(-1))])
    parts = multiply(k, kj), hab
    facts = [
        p.lemma(lemmas.of_sum(), X=parts[0], Y=parts[1]),
        rules.rank_bound(k, kj),
        p.lemma(lemmas.product_right(), X=H, Y=A * B),
        rules.congruence(spans, b, add(*parts)),
    ]
    return p.squeeze(low, rules.order(at_least(number(0), difference), facts, ones, [(3, number(-1))]))


_one_lost = {
    **dict.fromkeys(("d", "m", "n", "r"), 1),
    **{name: [[1]] for name in ("B", "K", "J", "G")},
    **{"A": [[0]], "H": [[0]]},
}

lost_between = claim(
    "VW-C2a",
    "A second map destroys the intersection of its kernel with the image of the first",
    sentence="If the columns of K are a basis of im B meet ker A, r of them, then rank B = rank(A B) + r. They are "
    "independent (J K = I), A maps them to 0, B makes them (K = B G), and they span: up to K J B y, A B y tells B y.",
    given=[Eq(J * Kb, Identity(r)), Eq(A * Kb, 0), Eq(Kb, B * G), Eq(B, Kb * J * B + H * A * B)],
    show=Eq(rank(B), rank(A * B) + r),
    proof=_count_lost,
    needed=[
        {**_one_lost, "A": [[1]], "K": [[0]], "G": [[0]], "H": [[1]]},
        {**_one_lost, "A": [[1]]},
        {**_one_lost, "B": [[0]]},
        {**_one_lost, "r": 0, "K": [[]], "J": [], "G": [[]]},
    ],
)

Q = matrix("P", m, d)
c = vector("c", m)


def _row_space(p: Proof) -> Theorem:
    return p.square_is_zero(v, using=p.facts)


claim(
    "VW-C2c",
    "The effective input space is the row space of the product",
    sentence="A product P of maps destroys no vector of its row space: v = P'c and P v = 0 give v = 0.",
    given=[Eq(v, Q.T * c), Eq(Q * v, 0)],
    show=Eq(v, 0),
    proof=_row_space,
    needed=[
        {"d": 1, "m": 1, "P": [[0]], "v": [[1]]},
        {"d": 1, "m": 1, "P": [[1]], "v": [[1]], "c": [[1]]},
    ],
)

P1, P2 = matrix("P1", d, d), matrix("P2", d, d)


def _both(p: Proof) -> Theorem:
    once1, once2, turned1, turned2, commute = p.facts
    projection, symmetric, both = p.goal[1]

    def apart(q: Proof) -> Theorem:
        kept = q.facts[-1]
        first, second = q.goal[1]
        return rules.conjoin(
            [
                q.combine(first, (kept, I - P1), (commute, None, P1 * v), (once1, P2, v)),
                q.combine(second, (kept, I - P2), (once2, None, P1 * v)),
            ]
        )

    def together(q: Proof) -> Theorem:
        first, second = q.facts[-2:]
        return q.combine(q.goal, (first, P2), (second,))

    return rules.conjoin(
        [
            p.combine(projection, (commute, P2, P1), (once2, None, P1 * P1), (once1, P2)),
            p.combine(symmetric, (turned1, None, P2.T), (turned2, P1), (commute,)),
            rules.conjoin(
                [p.suppose(way[1], how, way[2]) for way, how in zip(both[1], (apart, together), strict=True)]
            ),
        ]
    )


claim(
    "VW-C2d",
    "The intersection formula does hold for commuting orthogonal projections",
    sentence="If P1 and P2 are orthogonal projections that commute, their product is the orthogonal projection "
    "onto the intersection.",
    given=[*(Eq(X * X, X) for X in (P1, P2)), *(Eq(X.T, X) for X in (P1, P2)), Eq(P1 * P2, P2 * P1)],
    show=And(
        Eq(P2 * P1 * P2 * P1, P2 * P1),
        Eq((P2 * P1).T, P2 * P1),
        Iff(Eq(P2 * P1 * v, v), And(Eq(P1 * v, v), Eq(P2 * v, v))),
    ),
    proof=_both,
    needed=[
        {"d": 1, "P1": [[2]], "P2": [[1]], "v": [[0]]},
        {"d": 1, "P1": [[1]], "P2": [[2]], "v": [[0]]},
        {"d": 2, "P1": [[1, 1], [0, 0]], "P2": [[1, 0], [0, 1]], "v": [[0], [0]]},
        {"d": 2, "P1": [[1, 0], [0, 1]], "P2": [[1, 1], [0, 0]], "v": [[0], [0]]},
        {"d": 2, "P1": [["1/2", "1/2"], ["1/2", "1/2"]], "P2": [[1, 0], [0, 0]], "v": [[0], [0]]},
    ],
)

# ---------------------------------------------------------------- two layers (VW-T2), many layers (VW-C2)
m_i, m_j = dims("m_i m_j")
W_j, V_i = matrix("W_j", m_j, d), matrix("V_i", d, m_i)
K2, J2, G2, H2 = matrix("K", d, r), matrix("J", r, d), matrix("G", m_i, r), matrix("H", d, m_j)


def _what_is_lost(p: Proof) -> Theorem:
    """With V = C F: the kernel of W C, carried by C, is the intersection."""
    V, W = p.term(V_i), p.term(W_j)
    _, C, F, A, B = p.factor(V)
    _, whole, front, back = p.facts
    size, kernel, coordinates, section = p.open(p.lemma(lemmas.nullity(), M=multiply(W, C)))
    *_, gone, one, spans, _ = p.facts
    basis, rows, rest = multiply(C, kernel), multiply(coordinates, A), multiply(C, section)
    minus = scale(number(-1), p.term(I))
    kept = p.combine(equal(multiply(multiply(C, A), V), V), (whole, multiply(C, A)), (front, C, F), (whole, minus))

    def close(q: Proof) -> Theorem:
        independent, _, written, spanned, _ = q.goal[1]
        to_basis = multiply(B, kernel)
        found = [
            q.combine(independent, (front, coordinates, kernel), (one,)),
            gone,
            q.combine(written, (whole, minus, to_basis), (back, scale(number(-1), C), kernel)),
            q.combine(
                spanned,
                (spans, scale(number(-1), C), multiply(A, V)),
                (kept, subtract(multiply(rest, W), p.term(I))),
            ),
        ]
        q.facts = found
        return rules.conjoin([*found, cite(q, lost_between, A=W, B=V, K=basis, J=rows, G=to_basis, H=rest)])

    return introduce_all(p, p.goal, [size, basis, rows, multiply(B, kernel), rest], close)


claim(
    "VW-T2c",
    "The rank that a virtual weight loses is the dimension of what layer i writes and layer j does not read",
    sentence="rank V_i = rank(W_j V_i) + dim(im V_i meet ker W_j); the columns of K are a basis of that "
    "intersection as in VW-C2a: they are independent (J K = I), not read by j (W_j K = 0), written by i (K = V_i G), "
    "and they span it.",
    show=Exists(
        (r, K2, J2, G2, H2),
        And(
            Eq(J2 * K2, Identity(r)),
            Eq(W_j * K2, 0),
            Eq(K2, V_i * G2),
            Eq(V_i, K2 * J2 * V_i + H2 * W_j * V_i),
            Eq(rank(V_i), rank(W_j * V_i) + r),
        ),
    ),
    proof=_what_is_lost,
)

size = dim_family("r")
As = family("A", d, d)
R = ordered_product("P", lambda l: As[l], l, L)
lost = running_sum("s", lambda l: size[l] * Identity(1), l, L)
Ks, Js = family("K", d, lambda l: size[l]), family("J", lambda l: size[l], d)
Gs, Hs = family("G", d, lambda l: size[l]), family("H", d, d)
_bases = [
    Each(l, L, Eq(Js[l + 1] * Ks[l + 1], Identity(size[l + 1]))),
    Each(l, L, Eq(As[l + 1] * Ks[l + 1], 0)),
    Each(l, L, Eq(Ks[l + 1], R[l] * Gs[l + 1])),
    Each(l, L, Eq(R[l], Ks[l + 1] * Js[l + 1] * R[l] + Hs[l + 1] * As[l + 1] * R[l])),
]


def _nothing_lost(p: Proof) -> Theorem:
    start, none = (p.fact(f.defined[0]) for f in (R, lost))
    whole, one = p.term(R[0]), p.term(I)
    full = p.squeeze(p.lemma(lemmas.of_identity(), {"n": d}), p.lemma(lemmas.at_most_rows(), X=I))
    return p.combine(p.goal, (full, -1), (rules.congruence(start, whole, one), -1), (none, -1))


def _lose_more(p: Proof) -> Theorem:
    i, known = p.index, p.facts[-1]
    A_i, R_i = As[i + 1], R[i]
    less = cite(p, lost_between, A=A_i, B=R_i, K=Ks[i + 1], J=Js[i + 1], G=Gs[i + 1], H=Hs[i + 1])
    after, added = Eq(R[i + 1], A_i * R_i), Eq(lost[i + 1], lost[i] + size[i + 1] * Identity(1))
    same = rules.congruence(p.fact(after), p.term(R[i + 1]), p.term(A_i * R_i))
    return p.combine(p.goal, (known,), (less,), (same, -1), (added, -1))


_layer_lost = {
    **{"d": 1, "L": 1, "r": {1: 1}},
    **{name: {1: [[1]]} for name in ("K", "J", "G")},
    **{"A": {1: [[0]]}, "H": {1: [[0]]}},
}

_nothing_left = {"r": {1: 1, 2: 1}, "A": {1: [[0]], 2: [[0]]}, "H": {1: [[0]], 2: [[0]]}}

claim(
    "VW-C2b",
    "Through many maps the losses add up exactly",
    sentence="dim ker(A_L .. A_1) is the sum of the dimensions r_l of im(A_(l-1) .. A_1) meet ker A_l, the columns of "
    "K_l being a basis of it as in VW-C2a.",
    where=[R, lost],
    given=_bases,
    show=Eq(d, rank(R[L]) + lost[L]),
    proof=by_induction(L, base=_nothing_lost, step=_lose_more),
    needed=[
        {**_layer_lost, "A": {1: [[1]]}, "K": {1: [[0]]}, "G": {1: [[0]]}, "H": {1: [[1]]}},
        {**_layer_lost, "A": {1: [[1]]}},
        {**_layer_lost, "L": 2, **{name: {1: [[1]], 2: [[1]]} for name in ("K", "J", "G")}, **_nothing_left},
        {**_layer_lost, "r": {1: 0}, "K": {1: [[]]}, "J": {1: []}, "G": {1: [[]]}},
    ],
)
