"""Null spaces (VW-L4, VW-C2): what a layer forgets is not what it does not read."""

from __future__ import annotations

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import equal, zero
from ..kernel.rules import Theorem
from ..kernel.terms import identity, multiply
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof, linear
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
from .shelf import claim

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
)

Ts = family("T", d, d)
P = ordered_product("P", lambda l: I + Ts[l], l, L)
K, D = matrix("K", d, k), matrix("D", k, d)
q = dims("q")
C = matrix("C", k, q)


claim(
    "VW-L4d",
    "A subspace can be decoded linearly behind L layers exactly when no dimension of it is lost",
    sentence="For a k-dimensional subspace with basis K there is a decoder D with D (I + T_L) .. (I + T_1) K = I "
    "if and only if the product keeps rank k on it.",
    where=[P],
    show=Iff(Exists(D, Eq(D * P[L] * K, Identity(k))), Le(k, rank(P[L] * K))),
    proof=lemmas.invertible_iff_full_rank(P[L] * K),
)


def _meets_kernel(p: Proof) -> Theorem:
    def build(r: Proof) -> Theorem:
        injective = r.facts[-1]
        size, kernel, _, section = r.open(r.lemma(lemmas.nullity(), M=P[L] * K))
        r.add(r.at(injective, size, kernel))
        return introduce_all(r, r.goal, [section])

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], _under_quantifiers, one[2]), p.suppose(two[1], build, two[2])])


def _under_quantifiers(p: Proof) -> Theorem:
    """P K C = 0 gives C = D P K C = 0."""
    decoder = p.values[-1]
    decodes = p.facts[-1]

    def close(r: Proof) -> Theorem:
        r.multiply(r.facts[-1], left=decoder)
        r.multiply(decodes, right=C)
        return r.ideal()

    body = p.goal[2][2]
    th = p.suppose(body[1], close, body[2])
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
Kb, J, G = matrix("K", d, r), matrix("J", r, d), matrix("G", n, r)
Y = matrix("Y", n, q)


def _count_lost(p: Proof) -> Theorem:
    """The intersection that VW-T2c finds has the same dimension: each basis is expressed in the other."""
    whole = p.term(A * B)
    f = p.factor(B)
    through = multiply(p.term(A), f.left)
    size, kernel, coordinates, _ = p.open(p.lemma(lemmas.nullity(), M=through))
    for product, left, right in ((whole, through, f.right), (through, whole, f.right_inverse)):
        p.same_rank(product, multiply(left, right))
        p.add(p.lemma(lemmas.product_left(), X=left, Y=right))
    other, back = multiply(f.left, kernel), multiply(coordinates, f.left_inverse)
    to_other, from_other = multiply(back, p.term(Kb)), multiply(p.term(J), other)
    spans = next(t for t in p.facts if t.conclusion.kind == "all")
    source = multiply(f.right_inverse, kernel)
    p.have(zero(multiply(whole, source)))
    p.add(p.at(spans, size, source))
    one = p.have(equal(multiply(from_other, to_other), identity(to_other.cols)))
    p.add(rules.rank_identity(one, from_other, to_other))
    p.have(equal(multiply(to_other, from_other), multiply(back, other)))
    p.have(equal(multiply(back, other), identity(size)))
    two = p.have(equal(multiply(to_other, from_other), identity(size)))
    p.add(rules.rank_identity(two, to_other, from_other))
    return linear(p)


claim(
    "VW-C2a",
    "A second map destroys the intersection of its kernel with the image of the first",
    sentence="If the columns of K are a basis of im B meet ker A, r of them, then rank B = rank(A B) + r.",
    given=[
        Eq(J * Kb, Identity(r)),
        Eq(A * Kb, 0),
        Eq(Kb, B * G),
        ForAll((q, Y), Implies(Eq(A * B * Y, 0), Eq(B * Y, Kb * J * B * Y))),
    ],
    show=Eq(rank(B), rank(A * B) + r),
    proof=_count_lost,
)

size = dim_family("r")
As = family("A", d, d)
R = ordered_product("P", lambda l: As[l], l, L)
lost = running_sum("s", lambda l: size[l] * Identity(1), l, L)


def _nothing_lost(p: Proof) -> Theorem:
    p.same_rank(R[0], I)
    p.add(p.lemma(lemmas.of_identity(), {"n": d}))
    p.add(p.lemma(lemmas.at_most_rows(), X=I))
    return linear(p)


def _lose_more(p: Proof) -> Theorem:
    i = p.index
    p.same_rank(R[i + 1], As[i + 1] * R[i])
    return linear(p)


claim(
    "VW-C2b",
    "Through many maps the losses add up exactly",
    sentence="dim ker(A_L .. A_1) is the sum of the dimensions r_l of im(A_(l-1) .. A_1) meet ker A_l, each as "
    "counted by VW-C2a.",
    where=[R, lost],
    given=[Each(l, L, Eq(rank(R[l]), rank(As[l + 1] * R[l]) + size[l + 1]))],
    show=Eq(d, rank(R[L]) + lost[L]),
    proof=by_induction(L, base=_nothing_lost, step=_lose_more),
)

Q = matrix("P", m, d)
c = vector("c", m)


def _row_space(p: Proof) -> Theorem:
    p.have(Eq(v.T * v, 0))
    return p.square_is_zero(v)


claim(
    "VW-C2c",
    "The effective input space is the row space of the product",
    sentence="A product P of maps destroys no vector of its row space: v = P'c and P v = 0 give v = 0.",
    given=[Eq(v, Q.T * c), Eq(Q * v, 0)],
    show=Eq(v, 0),
    proof=_row_space,
)

P1, P2 = matrix("P1", d, d), matrix("P2", d, d)

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
    proof=ideal,
)
