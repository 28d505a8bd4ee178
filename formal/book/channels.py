"""Reading and writing (VW-U1, U3, U5, U6, U7): what a layer reads of the others, and what determines a network."""

from __future__ import annotations

from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import negation, zero
from ..kernel.rules import Theorem
from ..kernel.terms import identity, multiply, nat
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Expression,
    Family,
    Identity,
    Iff,
    Implies,
    Le,
    Ne,
    Not,
    Prop,
    define,
    dim_family,
    dims,
    family,
    matrix,
    norm2,
    opaque,
    rank,
    running_sum,
    scalars,
    vector,
)
from ..statement.language import to_nat
from .shelf import claim

d, D, m_1, n, l, j, i, k, L = dims("d D m n l j i k L")
W, V = matrix("W", m_1, d), matrix("V", d, m_1)
x, h = vector("x", d), vector("h", m_1)
phi = opaque("phi", m_1, m_1)

# ---------------------------------------------------------------- read and write (VW-U1, U3)
claim(
    "VW-U3",
    "What a layer reads",
    sentence="The read of a layer: the stream x in the coordinates of its m hidden units, W x.",
    defines=W * x,
)

claim(
    "VW-U3a",
    "What a layer writes",
    sentence="The stream behind a layer with hidden vector h: x + V h. The layer adds, it does not replace.",
    defines=x + V * h,
)

claim(
    "VW-U1",
    "A residual layer: linear read, nonlinearity, linear write",
    sentence="x + V phi(W x): the stream is touched by matrices only, all else happens on the hidden units.",
    defines=x + V * phi(W * x),
)

q, s, s2, t = scalars("q s s2 t")
y, y2 = vector("y", d), vector("y2", d)

claim(
    "VW-U1a",
    "Behind a norm, too, twice the stream is read as twice the vector",
    sentence="With y the RMS-normalised x and y2 the normalised 2 x: W y2 = 2 W y.",
    wrong="A norm removes the length of the stream, so the read does not change at all; a read is linear in the stream "
    "only without a norm, or with the scale of the norm held fixed, which is what path attributions must do.",
    given=[
        Eq(q * d, 1),
        s > 0,
        s2 > 0,
        Eq(s * s, q * norm2(x)),
        Eq(s2 * s2, q * norm2(x + x)),
        Eq(s * y, x),
        Eq(s2 * y2, x + x),
    ],
    show=Eq(W * y2, 2 * (W * y)),
    witness={
        **dict.fromkeys(("d", "m"), 1),
        **{name: [[1]] for name in ("q", "s", "x", "y", "y2", "W")},
        "s2": [[2]],
    },
)

P, G = matrix("P", d, d), matrix("G", d, d)
z, b = vector("z", d), vector("b", d)

# The read of 1 would be 1 + 0, but z is 0; and of 0 it would be 0, but z is 1, as s = 0 asks nothing of it.
_wrong_output = {"d": 1, "m": 1, **{name: [[1]] for name in "WGstPx"}, "z": [[0]], "b": [[0]]}
_no_scale = {"d": 1, "m": 1, **{name: [[1]] for name in "WGPz"}, **{name: [[0]] for name in "stxb"}}

frozen_read = claim(
    "VW-U1b",
    "Behind a norm a read is affine up to one number for each token",
    sentence="With z = P x / s, gain G and bias b: W (G z + b) = t (W G P) x + W b with t = 1/s. P centres for "
    "LayerNorm and is I for RMSNorm; nothing else is used of it, and nothing of how s depends on x.",
    given=[Eq(s * z, P * x), Eq(t * s, 1)],
    show=Eq(W * (G * z + b), t * (W * G * P * x) + W * b),
    proof=ideal,
    needed=[_wrong_output, _no_scale],
)

# ---------------------------------------------------------------- the stream keeps its dimension (VW-U5)
m = dim_family("m")
Ws, Vs = family("W", lambda l: m[l], d), family("V", d, lambda l: m[l])
x0, Y = vector("x0", d), vector("y", d)
phis = opaque("phi", lambda l: m[l], lambda l: m[l], indexed=True)


def _next(x: Family, reads: Family, writes: Family, l: Any) -> Expression:
    """The stream behind the layer l + 1."""
    return x[l] + writes[l + 1] * phis[l + 1](reads[l + 1] * x[l])


stream = define("x", l, L, x0, lambda l, x: _next(x, Ws, Vs, l))

claim(
    "VW-U5",
    "The stream has the same dimension behind every layer",
    sentence="Whatever the widths of the layers, what comes out at depth L is again a vector of R^d. This is typing: "
    "reads end and writes start in the hidden units, so no width of a layer reaches the stream.",
    where=[stream],
    show=Exists(Y, Eq(Y, stream[L])),
    proof=lambda p: introduce_all(p, p.goal, [p.term(stream[L])]),
)

T = matrix("T", d, d)

claim(
    "VW-U5a",
    "..and as many dimensions arrive as were sent",
    sentence="rank(I + T) = d for the matrix T of any layer.",
    wrong="The width of the vector is kept, what it carries is not: a layer that writes -x leaves d numbers, all 0. "
    "How much can be lost is counted by VW-T1d.",
    show=Eq(rank(Identity(d) + T), d),
    witness={"d": 1, "T": [[-1]]},
)

claim(
    "VW-U5b",
    "A layer that writes into another dimension",
    sentence="x + V h with a write V into R^D.",
    wrong="A residual connection adds, and only vectors of one space can be added: the sum itself forces every write "
    "into R^d, whether the layer is linear or not.",
    ill_typed=lambda: x + matrix("V", D, m_1) * h,
)

# ---------------------------------------------------------------- subspace targeting (VW-U6)
m_i, m_j, m_k = dims("m_i m_j m_k")
W_j, W_k = matrix("W_j", m_j, d), matrix("W_k", m_k, d)
B, F = matrix("V", d, n), matrix("G", m_j, m_k)
_targeted = Exists((n, B), And(Ne(W_j * B, 0), Eq(W_k * B, 0)))


def _same_reads(p: Proof) -> Theorem:
    """Both layers read the one dimension there is."""
    one = identity(nat(1))

    def close(r: Proof) -> Theorem:
        def impossible(s: Proof) -> Theorem:
            heard = next(f for f in s.facts if f.conclusion.kind == "not")
            unheard = next(f for f in s.facts if f.conclusion.kind == "zero")
            return rules.absurd(unheard, heard, s.goal)

        reads, none = r.goal[1]
        return rules.conjoin([r.prove(reads), r.refute(negation(none), impossible)])

    return introduce_all(p, p.goal, [nat(1), nat(1), nat(1), one, one], close)


claim(
    "VW-U6",
    "A layer can write so that one chosen later layer reads it and another does not",
    sentence="For every read W_j other than 0 and every W_k there is a write V that j hears (W_j V not 0) and k does "
    "not (W_k V = 0): a reading of targeting a subspace.",
    wrong="Two layers that read the same directions hear the same: who can be addressed alone is decided by the "
    "reads of all later layers together, not by the writer.",
    given=[Ne(W_j, 0)],
    show=_targeted,
    disproof=_same_reads,
)


def _address(p: Proof) -> Theorem:
    """Write a basis of the kernel of W_k; if j did not hear it, W_j would be (W_j G) W_k."""

    def alone(q: Proof) -> Theorem:
        writes = q.values[-1]
        heard, unheard = q.facts[-2:]

        def follows(r: Proof) -> Theorem:
            silent = r.combine(heard.conclusion[1], (r.facts[-1], None, writes), (unheard, r.values[-1]))
            return r.contradiction(silent, heard)

        return q.refute(negation(q.goal), follows)

    def possible(q: Proof) -> Theorem:
        never = q.facts[-1]
        size, kernel, coordinates, section = q.open(q.lemma(lemmas.nullity(), M=W_k))
        whole = q.facts[-2]

        def deaf(r: Proof) -> Theorem:
            def through(s: Proof) -> Theorem:
                return s.combine(s.goal, (whole, -W_j), (r.facts[-1], None, coordinates))

            factor = introduce_all(r, negation(never.conclusion), [multiply(r.term(W_j), section)], through)
            return r.contradiction(factor, never)

        q.add(q.refute(zero(multiply(q.term(W_j), kernel)), deaf))
        return introduce_all(q, q.goal, [size, kernel])

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], alone, one[2]), p.suppose(two[1], possible, two[2])])


claim(
    "VW-U6a",
    "Who can be addressed alone: layer j, apart from k, exactly when j's read is no linear function of k's",
    sentence="There is a write that j hears and k does not if and only if W_j is not G W_k for any G. For several "
    "layers that are not to hear, stack their reads to W_k.",
    show=Iff(_targeted, Not(Exists(F, Eq(W_j, F * W_k)))),
    proof=_address,
)

# ---------------------------------------------------------------- what a layer reads (VW-U7)
V_i = matrix("V_i", d, m_i)
h_i = vector("h_i", m_i)

claim(
    "VW-U7",
    "What layer j reads of layer i, written as the virtual weight applied to the stream",
    sentence="W_j V_i x for a stream vector x.",
    wrong="The virtual weight acts on the hidden units of layer i, not on the stream: W_j V_i h_i with the hidden "
    "vector h_i = phi(W_i x) is what i contributes. With x it only has a type where the width happens to be d.",
    ill_typed=lambda: W_j * V_i * x,
)

claim(
    "VW-U7a",
    "What layer j reads is what layer i sends it",
    sentence="W_j (x0 + V_i h_i) = W_j V_i h_i.",
    wrong="It is one term of what j reads; the embedding and every other layer before j add theirs (VW-U7b).",
    show=Eq(W_j * (x0 + V_i * h_i), W_j * V_i * h_i),
    witness={
        **dict.fromkeys(("d", "m_i", "m_j"), 1),
        **{"x0": [[1]], "W_j": [[1]], "V_i": [[0]], "h_i": [[0]]},
    },
)

hs = family("h", lambda l: m[l], 1)
R = matrix("R", n, d)
sums = define("x", l, L, x0, lambda l, x: x[l] + Vs[l + 1] * hs[l + 1])
parts = running_sum("c", lambda l: (R * Vs[l]) * hs[l], l, L)


def _one_more_part(p: Proof) -> Theorem:
    after, part, known = p.facts[-3:]
    return p.combine(p.goal, (after, R), (part, -1), (known,))


read_decomposition = claim(
    "VW-U7b",
    "Direct attribution: every read is the embedding's part plus, exactly, one part for each layer before",
    sentence="R x_L = R x_0 + (R V_1) h_1 + .. + (R V_L) h_L, whatever computes the hidden vectors h_l: attention, "
    "ReLU, anything. R is the read of a later layer, and R V_l the virtual weights into it; for the "
    "unembedding it is direct logit attribution.",
    where=[sums, parts],
    show=Eq(R * sums[L], R * x0 + parts[L]),
    proof=by_induction(L, step=_one_more_part),
    also=("TH-3",),
)

W_n = matrix("W", n, d)
folded = running_sum("c", lambda l: (W_n * G * P * Vs[l]) * hs[l], l, L)


_no_layers = {"n": 1, "L": 0, "x0": [[1]], "m": {}, "V": {}, "h": {}}


def _norm_then_parts(p: Proof) -> Theorem:
    whole = cite(p, read_decomposition, R=W_n * G * P)
    read = cite(p, frozen_read, W=W_n, x=sums[L])
    return p.combine(p.goal, (read,), (whole, t))


claim(
    "VW-U7c",
    "..and behind a norm the same, times one number for each token",
    sentence="With z = P x_L / s, gain G and bias b: W (G z + b) = t (W' x_0 + (W' V_1) h_1 + .. + (W' V_L) h_L) + W b "
    "with t = 1/s and the folded read W' = W G P.",
    where=[sums, folded],
    given=[Eq(s * z, P * sums[L]), Eq(t * s, 1)],
    show=Eq(W_n * (G * z + b), t * (W_n * G * P * x0 + folded[L]) + W_n * b),
    proof=_norm_then_parts,
    needed=[{**_wrong_output, **_no_layers}, {**_no_scale, **_no_layers, "x0": [[0]]}],
    also=("TH-3",),
)

# ---------------------------------------------------------------- the virtual weights determine the network (TH-3)
y0 = vector("y0", D)
W_b, V_b = family("W_b", lambda l: m[l], D), family("V_b", D, lambda l: m[l])

one = define("x", l, L, x0, lambda l, x: _next(x, Ws, Vs, l))
other = define("y", l, L, y0, lambda l, y: _next(y, W_b, V_b, l))


def _read_alike(at: Any) -> Prop:
    """Every read that is still to come is the same in both networks."""
    return Each(j, L + 1, Implies(Le(at, j), Eq(Ws[j + 1] * one[at], W_b[j + 1] * other[at])))


def _networks_agree(p: Proof) -> Theorem:
    starts, tokens, crossing = (p.facts[0], p.facts[2]), *p.facts[-2:]
    p.facts = p.facts[:4]
    reads, reads_b = Ws[j + 1], W_b[j + 1]

    def start(q: Proof) -> Theorem:
        def at_first(r: Proof) -> Theorem:
            token = rules.detach(rules.specialize(tokens, nat("j")), r.facts[-1])
            both = r.goal[2]
            same = r.combine(both, (starts[0], reads), (starts[1], -reads_b), (token,))
            return rules.discharge(same, r.goal[1])

        return q.each(at_first)

    def step(q: Proof) -> Theorem:
        at = q.index
        after, after_b, known = q.facts[-3:]
        read, read_b = Ws[at + 1] * one[at], W_b[at + 1] * other[at]
        heard = rules.congruence(q.at(known, at), q.term(read), q.term(read_b), phis.decl, to_nat(at + 1))

        def read_next(r: Proof) -> Theorem:
            written = r.at(crossing, j, at), None, phis[at + 1](read)
            changes = (after, reads), (after_b, -reads_b), (heard, reads_b * V_b[at + 1])
            return r.combine(r.goal, (r.at(known, j),), written, *changes)

        return q.each(lambda r: r.suppose(r.goal[1], read_next, r.goal[2]))

    return by_induction(L, _read_alike, base=start, step=step, then=lambda q: q.at(q.facts[-1], L))(p)


_no_layer = {**dict.fromkeys(("d", "D"), 1), "L": 0, "m": {1: 1}, "x0": [[1]], "V": {}, "V_b": {}, "W": {1: [[1]]}}
_one_layer = {
    **{**dict.fromkeys(("d", "D", "L"), 1), "m": {1: 1, 2: 1}, "x0": [[0]], "y0": [[0]]},
    **{name: {1: [[1]], 2: [[1]]} for name in ("W", "V")},
    **{"W_b": {1: [[1]], 2: [[0]]}, "V_b": {1: [[1]]}, "phi": lambda h: [[1]]},
}

claim(
    "VW-U7d",
    "A network without norms is determined by its virtual weights",
    sentence="Two networks with the same nonlinearities, of any depth and with streams of any two widths, compute the "
    "same logits if every read (the unembedding is the last, W_(L+1)) reads the same of the embedded token (x0 = E t: "
    "it is enough that W_l E agree) and of every earlier layer (W_l V_i agree). The stream itself can be eliminated.",
    where=[one, other],
    given=[
        Each(j, L + 1, Eq(Ws[j + 1] * x0, W_b[j + 1] * y0)),
        Each(k, L + 1, Each(i, k, Eq(Ws[k + 1] * Vs[i + 1], W_b[k + 1] * V_b[i + 1]))),
    ],
    show=Eq(Ws[L + 1] * one[L], W_b[L + 1] * other[L]),
    proof=_networks_agree,
    also=("TH-3",),
    needed=[{**_no_layer, "W_b": {1: [[1]]}, "y0": [[0]]}, _one_layer],
)
