"""Norms before and behind the sublayers (RS-L1.1, RS-U10, RS-U12): the block as printed, and the one the field means.

A sequence X has its N tokens as rows. LayerNorm is a map of the centred tokens, as in `postnorm`; attention takes its
queries from its first argument, keys and values from its second.
"""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel.rules import Theorem
from ..kernel.terms import add
from ..provers.instances import hole, of_layer
from ..provers.proof import Proof
from ..statement import (
    And,
    Eq,
    Expression,
    Identity,
    Or,
    define,
    dims,
    inner,
    matrix,
    opaque,
    running_sum,
    scalars,
    vector,
)
from .architectures import TELESCOPE
from .shelf import claim

N, d, l, L = dims("N d l L")
X, Y, W_QK, W_OV = matrix("X", N, d), matrix("Y", N, d), matrix("W_QK", d, d), matrix("W_OV", d, d)
softmax, norm, FFN = opaque("softmax", (N, N), (N, N)), opaque("LN", (N, d), (N, d)), opaque("FFN", (N, d), (N, d))
q, one, v = scalars("q"), vector("one", d), vector("v", N)
P = Identity(d) - q * one * one.T
CENTRING = [Eq(q * d, 1), Eq(inner(one, one), d)]


def LN(X: Expression) -> Expression:
    """LayerNorm with any eps, gain and bias."""
    return norm(X * P)


def attend(queries: Expression, others: Expression) -> Expression:
    """One head."""
    return softmax(queries * W_QK * others.T) * others * W_OV.T


def printed_middle(X: Expression, others: Expression) -> Expression:
    """Step III: attention's write and the normalised tokens."""
    return attend(LN(X), others) + LN(X)


def printed_steps(X: Expression, others: Expression) -> Expression:
    """Steps I to VII as printed: the residual sums start behind the norms, and a norm ends the block."""
    t4 = LN(printed_middle(X, others))
    return LN(FFN(t4) + t4)


def printed_form(X: Expression) -> Expression:
    """The closed form as printed: the second sum starts before its norm."""
    t3 = printed_middle(X, X)
    return LN(FFN(LN(t3)) + t3)


def pre_norm(X: Expression) -> Expression:
    """The block that the field calls pre-norm: both sums start from the stream itself, and nothing follows them."""
    a = X + attend(LN(X), LN(X))
    return a + FFN(LN(a))


def _sign(rows: Any) -> Any:
    """LayerNorm in two dimensions, without eps: sign(a - b) (1, -1)."""
    return [[(a > b) - (a < b), (a < b) - (a > b)] for a, b in rows]


def _relu(rows: Any) -> Any:
    return [[-2 * max(row[0], 0), 2 * max(row[0], 0)] for row in rows]


def _nothing(rows: Any) -> Any:
    return [[0]]


_single: dict[str, Any] = {"N": 1, "d": 1, "q": [[1]], "one": [[1]], "X": [[1]]}

claim(
    "RS-L1.1",
    "The pre-norm block as printed: its closed form follows from its own seven steps",
    sentence="Steps I to VII and the formula of step VIII give the same output.",
    wrong="The steps add t4 = LN(t3) to FFN(t4), the formula adds t3. For the token (1, 0) the steps give (-1, 1), the "
    "formula (1, -1): whoever implements the one and cites the other has two different models.",
    given=CENTRING,
    show=Eq(printed_steps(X, X), printed_form(X)),
    witness={
        **{"N": 1, "d": 2, "q": [["1/2"]], "one": [[1], [1]], "X": [[1, 0]], "W_QK": [[0, 0], [0, 0]]},
        **{"W_OV": [[2, 0], [-2, 0]], "softmax": lambda s: [[1]], "LN": _sign, "FFN": _relu},
    },
)

claim(
    "RS-L1.1a",
    "One of the two printed versions is the pre-norm block that models use",
    sentence="The steps or the formula agree with x + attention(LN x), then a + FFN(LN a).",
    wrong="Both add the normalised token in place of the token, and both end with a norm. With all sublayers silent "
    "the true block passes the stream on unchanged, the printed ones replace it by a norm of a norm.",
    given=CENTRING,
    show=Or(Eq(printed_steps(X, X), pre_norm(X)), Eq(printed_form(X), pre_norm(X))),
    witness={
        **{**_single, "W_QK": [[0]], "W_OV": [[0]]},
        **dict.fromkeys(("softmax", "LN", "FFN"), _nothing),
    },
)

claim(
    "RS-L1.1b",
    "The pre-norm block",
    sentence="a = x + attention(LN x), then a + FFN(LN a): each sublayer reads a normalised copy and adds to "
    "the stream.",
    defines=pre_norm(X),
)


rest = opaque("R", (N, d), (N, d))
shifted = X + v * one.T


def _unseen_shift(p: Proof) -> Theorem:
    p.congruent(norm, shifted * P, X * P)
    return p.congruent(rest, LN(shifted), LN(X), using=[p.facts[-1]])


def _same(rows: Any) -> Any:
    return rows


claim(
    "RS-L1.1c",
    "The printed pre-norm block is never injective: it forgets what its first norm does not see",
    sentence="Steps II to VII, R, take LN(x) only, with keys and values from normalised tokens too: no residual path "
    "goes around the first norm. So adding any numbers v times 1 to the tokens changes nothing; neither does scaling "
    "them when eps is 0.",
    given=CENTRING,
    show=Eq(rest(LN(shifted)), rest(LN(X))),
    proof=_unseen_shift,
    needed=[
        {**_single, "v": [[1]], "LN": _same, "R": _same, "q": [[0]]},
        {**_single, "v": [[1]], "LN": _same, "R": _same, "one": [[2]]},
    ],
)

# ---------------------------------------------------------------- the stream as a sum (RS-U10, RS-U12)
MHA, LN1, LN2 = (opaque(name, (N, d), (N, d)) for name in ("MHA", "LN1", "LN2"))


def post_norm(X: Expression) -> tuple[Expression, Expression, Expression]:
    """What attention writes, what the feed-forward network writes, and the output, with norms behind the sums."""
    write = MHA(X)
    t3 = LN1((write + X) * P)
    return write, FFN(t3), LN2((FFN(t3) + t3) * P)


_constant = {**_single, **dict.fromkeys(("MHA", "FFN", "LN1", "LN2"), _nothing)}
first, second, output = post_norm(X)

claim(
    "RS-U10",
    "Each layer adds its view to the residual stream",
    sentence="Of the block described, with norms behind the sums: its output is x plus what attention and the "
    "feed-forward network wrote.",
    wrong="Each norm rescales and recentres all that was there, so x is no summand of the output, and contributions of "
    "layers cannot be read off by subtraction. It holds with norms before the sublayers (RS-U10a).",
    given=CENTRING,
    show=Eq(output, X + first + second),
    witness=_constant,
)

A, F = opaque("A", (N, d), (N, d), indexed=True), opaque("F", (N, d), (N, d), indexed=True)


def _block(l: Any, x: Any) -> Expression:
    """What block l + 1 writes: its attention, and its feed-forward network behind that."""
    write: Expression = A[l + 1](x) + F[l + 1](x + A[l + 1](x))
    return write


x = define("x", l, L, X, lambda l, x: x[l] + _block(l, x[l]))
writes = running_sum("s", lambda l: _block(l - 1, x[l - 1]), l, L)


def _as_layers(p: Proof) -> Theorem:
    at = hole(N, d)
    attended = of_layer(A, at)
    return cite(p, TELESCOPE, f=add(attended, of_layer(F, add(at, attended))))


claim(
    "RS-U10a",
    "The stream of a pre-norm transformer is the embedding plus what every sublayer wrote",
    sentence="x_L = x_0 + sum over blocks of A_l(x) + F_l(x + A_l(x)), exactly; A_l and F_l are attention and "
    "feed-forward network with the norms before them, whatever they compute.",
    where=[x, writes],
    show=Eq(x[L], X + writes[L]),
    proof=_as_layers,
    also=("RS-L1.1",),
)

claim(
    "RS-U12",
    "Pre-norm and post-norm blocks share the residual stream",
    sentence="Read as: with both sublayers silent, either block passes the stream on unchanged.",
    wrong="A silent post-norm block still applies two norms, so a stack of them has no path that leaves the stream "
    "alone: what an early layer wrote is renormalised by all later ones.",
    given=[*CENTRING, Eq(first, 0), Eq(second, 0), Eq(FFN(LN1(X * P)), 0)],
    show=And(Eq(X + first + FFN(LN1((X + first) * P)), X), Eq(output, X)),
    witness=_constant,
)
