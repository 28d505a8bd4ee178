"""The block with norms after its sublayers (RS-L1 and what leads to it): its map, its width, and what it forgets.

A sequence X has its N tokens as rows. LayerNorm with any eps, gain and bias is any map of the centred tokens, LN(X P)
with P 1 = 0; gain and bias play no part in what it cannot see.
"""

from __future__ import annotations

from typing import Any

from ..kernel import rules
from ..kernel.rules import Theorem
from ..kernel.terms import HOLE, letter, nat, number
from ..provers.induct import by_induction, earlier
from ..provers.instances import hole
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Implies,
    define,
    dims,
    family,
    inner,
    matrix,
    opaque,
    scalars,
    vector,
)
from ..statement.language import to_nat
from .shelf import claim

N, d, m, r, l, L = dims("N d m r l L")
I = Identity(d)
x, z, a, b_1, b_2 = vector("x", d), vector("z", r), vector("a", m), vector("b_1", m), vector("b_2", d)
W_O, W_1, W_2, W_Q = matrix("W_O", d, r), matrix("W_1", m, d), matrix("W_2", d, m), matrix("W_Q", r, d)
phi = opaque("phi", m, m)

# ---------------------------------------------------------------- widths (RS-U1, RS-P1, RS-O1)
claim(
    "RS-U1",
    "Every sublayer takes and returns a vector of width d",
    sentence="Inside, a sublayer has its own width, r for the heads and m for the feed-forward network; the output "
    "matrices W_O and W_2 bring z and a back, so that each write can be added to x.",
    defines=x + W_O * z + W_2 * a,
)

claim(
    "RS-P1",
    "Each transformation inside a block returns a vector of width d",
    sentence="Read of every single step: a query could be compared with the token that it comes from.",
    wrong="Queries, keys, values and hidden units have widths of their own. Only whole sublayers keep d, because "
    "their last matrix does; a vector found inside a sublayer is not a vector of the stream.",
    ill_typed=lambda: Eq(W_Q * x, x),
)

W = matrix("W", m, d)

claim(
    "RS-O1",
    "Linear maps keep the width of the stream",
    sentence="The sum of x and W x exists for every linear map W.",
    wrong="A linear map has any two widths: the sum exists when the layer returns d numbers, linear or not (RS-O1a, "
    "RS-U7b). It is the residual sum that enforces the width.",
    ill_typed=lambda: x + W * x,
)

layer = opaque("F", d, d)
c = scalars("c")

claim(
    "RS-O1a",
    "A layer that keeps the width is linear",
    sentence="If F takes R^d to R^d, so that x + F(x) exists, then F(c x) = c F(x).",
    wrong="ReLU keeps every width. Attention and feed-forward networks are not linear, and the stream has the same "
    "width behind them all the same.",
    show=Eq(layer(c * x), c * layer(x)),
    witness={"d": 1, "c": [[-1]], "x": [[1]], "F": lambda v: [[max(row[0], 0)] for row in v]},
)

# ---------------------------------------------------------------- the feed-forward network (RS-U7)
claim(
    "RS-U7",
    "The feed-forward network is a linear map followed by a nonlinearity (10.35)",
    sentence="t + phi(W_1 t).",
    wrong="With hidden width m other than d the residual sum does not exist. The network ends with a second linear "
    "map: its columns are the write directions, and without it ReLU could write no negative number (RS-U7a).",
    ill_typed=lambda: x + phi(W_1 * x),
)

e, x_0 = vector("e", d), vector("start", d)
F = opaque("F", d, d, indexed=True)
stream = define("x", l, L, x_0, lambda l, x: x[l] + F[l + 1](x[l]))


def _not_less(p: Proof) -> Theorem:
    grown, written, known = p.facts[-3:]
    here = p.multiply(grown, left=e.T)
    return rules.order(
        p.goal, [known, written, here], [rules.Summand(1, (0,)), rules.Summand(1, (1,))], [(2, number(1))]
    )


claim(
    "RS-U7a",
    "If layers write no negative numbers, no coordinate of the stream ever decreases",
    sentence="The same along any direction e. So layers that end in ReLU could neither erase nor correct anything.",
    where=[stream],
    given=[Each(l, L, inner(e, F[l + 1](stream[l])) >= 0)],
    show=inner(e, x_0) <= inner(e, stream[L]),
    proof=by_induction(L, step=_not_less),
    needed=[{"d": 1, "L": 1, "e": [[1]], "start": [[0]], "F": {1: lambda v: [[-1]]}}],
    attained={"d": 1, "L": 0, "e": [[1]], "start": [[0]], "F": {}},
)

claim(
    "RS-U7b",
    "The feed-forward network: linear, nonlinear, linear",
    sentence="W_1 reads, the nonlinearity acts on the m hidden units, W_2 writes.",
    defines=W_2 * phi(W_1 * x + b_1) + b_2,
    also=("RS-O1",),
)

# ---------------------------------------------------------------- the steps (RS-U5, RS-U8, RS-L1)
X, T1, T2, T3, T4, T5, H = (matrix(name, N, d) for name in ("X", "T1", "T2", "T3", "T4", "T5", "H"))
MHA, LN1, LN2, FFN = (opaque(name, (N, d), (N, d)) for name in ("MHA", "LN1", "LN2", "FFN"))

claim(
    "RS-U5",
    "First residual sum: what attention writes is added to the token (10.33)",
    sentence="t2 = t1 + x. That nothing is lost by it is another matter: RS-U2.",
    defines=T1 + X,
)

claim(
    "RS-U8",
    "Second residual sum: what the feed-forward network writes is added to the normalised token (10.36)",
    sentence="t5 = t4 + t3 with t4 = FFN(t3) and t3 = LN(t2): the skip connection starts behind the norm.",
    defines=FFN(LN1(T2)) + LN1(T2),
)

q, one, tok = scalars("q"), vector("one", d), vector("tok", N)
P = I - q * one * one.T
CENTRING = [Eq(q * d, 1), Eq(inner(one, one), d)]
_single: dict[str, Any] = {"N": 1, "d": 1, "q": [[1]], "one": [[1]]}


def _nothing(rows: Any) -> Any:
    return [[0]]


def _same(rows: Any) -> Any:
    return rows


Y = matrix("Y", N, d)

claim(
    "RS-U8a",
    "The second residual sum preserves the information in its input",
    sentence="Equal t5 come from equal t2.",
    wrong="What is carried past the feed-forward network is LN(t2), and LN does not tell tokens apart that differ by a "
    "constant: the mean of every token is lost for good. In RS-L1e this becomes: no post-norm block is injective.",
    given=[*CENTRING, Eq(FFN(LN1(X * P)) + LN1(X * P), FFN(LN1(Y * P)) + LN1(Y * P))],
    show=Eq(X, Y),
    witness={**_single, "X": [[0]], "Y": [[1]], "LN1": _nothing, "FFN": _nothing},
)


_steps = [
    Eq(T1, MHA(X)),
    Eq(T2, T1 + X),
    Eq(T3, LN1(T2)),
    Eq(T4, FFN(T3)),
    Eq(T5, T4 + T3),
    Eq(H, LN2(T5)),
]


def _follow(p: Proof) -> Theorem:
    t2 = MHA(X) + X
    t3 = LN1(t2)
    p.have(Eq(T3, t3), using=[_steps[2], p.congruent(LN1, T2, t2, using=_steps[:2])])
    network = p.congruent(FFN, T3, t3, using=[Eq(T3, t3)])
    last = p.congruent(LN2, T5, FFN(t3) + t3, using=[*_steps[3:5], Eq(T3, t3), network])
    return p.ideal(facts=[p.fact(_steps[5]), last])


def _off_from(*names: str) -> dict[str, Any]:
    """All maps 0 but the norms, which are the identity; these steps are 1 instead of 0."""
    values = {name: [[int(name in names)]] for name in ("X", "T1", "T2", "T3", "T4", "T5", "H")}
    return {"N": 1, "d": 1, **values, "MHA": _nothing, "FFN": _nothing, "LN1": _same, "LN2": _same}


claim(
    "RS-L1",
    "A post-norm block is one map of the sequence: the closed form of its six steps",
    sentence="Output i depends on x_i and on the whole sequence, and has width d again.",
    given=_steps,
    show=Eq(H, LN2(FFN(LN1(MHA(X) + X)) + LN1(MHA(X) + X))),
    proof=_follow,
    needed=[
        _off_from("T1", "T2", "T3", "T5", "H"),
        _off_from("T2", "T3", "T5", "H"),
        _off_from("T3", "T5", "H"),
        _off_from("T4", "T5", "H"),
        _off_from("T5", "H"),
        _off_from("H"),
    ],
)

# ---------------------------------------------------------------- permutations
Pi, B = matrix("Pi", N, N), matrix("B", d, d)
pattern, rest = opaque("A", (N, d), (N, N)), opaque("Z", (N, d), (N, d))
mixed, moved = pattern(X) * X * B + X, pattern(Pi * X) * (Pi * X) * B + Pi * X
_permuted = [
    Eq(Pi.T * Pi, Identity(N)),
    Eq(pattern(Pi * X), Pi * pattern(X) * Pi.T),
    Eq(rest(Pi * mixed), Pi * rest(mixed)),
]


def _permute(p: Proof) -> Theorem:
    return p.ideal(facts=[p.congruent(rest, moved, Pi * mixed, using=_permuted[:2]), p.fact(_permuted[2])])


claim(
    "RS-L1a",
    "Without mask and positions a block commutes with permutations of the tokens",
    sentence="The facts about Pi are those that hold of permutations: the pattern of a permuted sequence is the "
    "permuted pattern, as softmax works row by row, and the rest Z of the block (norms, feed-forward network, "
    "residual sums) acts on each token alone.",
    given=_permuted,
    show=Eq(rest(moved), Pi * rest(mixed)),
    proof=_permute,
    needed=[
        {
            **{"N": 1, "d": 1, "Pi": [[2]], "X": [[1]], "B": [[1]]},
            **{"A": lambda x: [[4 if x[0][0] == 2 else 1]], "Z": _same},
        },
        {
            **{"N": 2, "d": 1, "Pi": [[0, 1], [1, 0]], "X": [[1], [0]], "B": [[1]]},
            **{"A": lambda x: [[1, 0], [1, 0]], "Z": _same},
        },
        {
            **{"N": 1, "d": 1, "Pi": [[-1]], "X": [[0]], "B": [[0]]},
            **{"A": lambda x: [[0]], "Z": lambda x: [[1]]},
        },
    ],
)

# ---------------------------------------------------------------- blocks one after the other (RS-P1.1, RS-C1.1)
f, g, both = (opaque(name, (N, d), (N, d)) for name in ("f", "g", "h"))
blocks, flow = opaque("f", (N, d), (N, d), indexed=True), family("x", N, d)
network = opaque("F", (N, d), (N, d))


def _compose(p: Proof) -> Theorem:
    inner_value = letter(f.decl, None, (hole(N, d),))
    return introduce_all(p, p.goal, [letter(g.decl, None, (inner_value,))])


claim(
    "RS-C1.1",
    "A block can follow a block",
    sentence="For blocks f and g there is a map h of sequences of the same size with h(X) = g(f(X)) for all X.",
    show=Exists(both, ForAll(X, Eq(both(X), g(f(X))))),
    proof=_compose,
)


def _no_block(p: Proof) -> Theorem:
    return introduce_all(p, p.goal, [hole(N, d)])


def _one_more_block(p: Proof) -> Theorem:
    k = p.index
    value = p.values[-1]  # the map that the first k blocks make
    so_far = p.facts[-1]
    grown = letter(blocks.decl, to_nat(k + 1), (letter(value, None, (hole(N, d),)),))
    start = letter(value, None, (p.term(flow[0]),))

    def last(q: Proof) -> Theorem:
        steps = q.facts[-1]
        so_far_here = rules.specialize(so_far, letter(flow.decl, nat(HOLE)))
        reached = rules.detach(so_far_here, q.prove(so_far_here.conclusion[1], earlier(steps)))
        q.facts = [q.at(steps, k), q.congruent(blocks[k + 1], flow[k], start, using=[reached])]
        return q.ideal()

    def close(q: Proof) -> Theorem:
        return rules.generalize(q.prove(q.goal[2], lambda r: r.suppose(r.goal[1], last, r.goal[2])), q.goal[1])

    return introduce_all(p, p.goal, [grown], close)


claim(
    "RS-P1.1",
    "Any number of blocks is one map of sequences of N tokens of width d",
    sentence="For every depth L there is a map F such that whatever sequence x_0 the blocks start from, they end at "
    "F(x_0), of the same size.",
    show=Exists(
        network,
        ForAll(flow, Implies(Each(l, L, Eq(flow[l + 1], blocks[l + 1](flow[l]))), Eq(flow[L], network(flow[0])))),
    ),
    proof=by_induction(L, base=_no_block, step=_one_more_block),
)
