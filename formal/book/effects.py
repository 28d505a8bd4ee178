"""Direct and total effects of one layer on another (VW-C1): what flows past the layers between and what through."""

from __future__ import annotations

from ..claims import cite
from ..kernel.rules import Theorem
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..statement import (
    Each,
    Eq,
    Identity,
    Ne,
    define,
    dim_family,
    dims,
    family,
    matrix,
    ordered_product,
    rank,
    running_sum,
    subset_sum,
)
from .composition import subset_expansion
from .ranks import change_budget
from .shelf import claim

d, m_i, m_j, m_k, l, L = dims("d m_i m_j m_k l L")
I = Identity(d)
W_i, V_i = matrix("W_i", m_i, d), matrix("V_i", d, m_i)
W_j, V_j = matrix("W_j", m_j, d), matrix("V_j", d, m_j)
W_k, T1 = matrix("W_k", m_k, d), matrix("T", d, d)

claim(
    "VW-C1",
    "Any two layers communicate: their virtual weight is not 0",
    sentence="W_k V_i is not 0 for every read W_k and every write V_i other than 0: the literal reading of a direct "
    "flow between any two layers.",
    wrong="A layer may write just where another does not look. That a product of two weights can be formed says "
    "nothing; its size has to be computed for each pair.",
    given=[Ne(W_k, 0), Ne(V_i, 0)],
    show=Ne(W_k * V_i, 0),
    witness={"d": 2, "m_i": 1, "m_k": 1, "W_k": [[0, 1]], "V_i": [[1], [0]]},
)

claim(
    "VW-C1a",
    "What is sent directly arrives",
    sentence="If the virtual weight W_k V_i is not 0, neither is the effect of i on k with a layer j between.",
    wrong="The layer between can cancel it: in one dimension a layer that writes -x leaves nothing of a direct path of "
    "weight 1. A virtual weight is one path; ablating or patching measures the sum over all paths.",
    given=[Ne(W_k * V_i, 0)],
    show=Ne(W_k * (I + V_j * W_j) * V_i, 0),
    witness={
        **dict.fromkeys(("d", "m_i", "m_j", "m_k"), 1),
        **{"W_k": [[1]], "V_i": [[1]], "W_j": [[1]], "V_j": [[-1]]},
    },
)

T = family("T", d, d)
A = ordered_product("P", lambda l: I + T[l], l, L)
S = subset_sum("S", lambda l: T[l], l, L)


def _over_subsets(p: Proof) -> Theorem:
    return p.combine(p.goal, (cite(p, subset_expansion), W_k, V_i))


claim(
    "VW-C1b",
    "The total effect is the sum over all chains of layers between",
    sentence="W_k (I + T_L) .. (I + T_1) V_i is the sum, over all subsets of the L layers between, of W_k T .. T V_i, "
    "latest first; with T_l = V_l W_l each term is a product of virtual weights along a chain, and the "
    "empty subset is the direct one, W_k V_i.",
    where=[A, S],
    show=Eq(W_k * A[L] * V_i, W_k * S[L] * V_i),
    proof=_over_subsets,
)

m = dim_family("m")
W, V = family("W", lambda l: m[l], d), family("V", d, lambda l: m[l])
between = ordered_product("P", lambda l: I + V[l] * W[l], l, L)
effects = define("c", l, L, W_k * V_i, lambda l, c: c[l] + (W_k * V[l + 1]) * (W[l + 1] * between[l] * V_i))


def _one_more_effect(p: Proof) -> Theorem:
    product, effect, known = p.facts[-3:]
    return p.combine(p.goal, (product, W_k, V_i), (effect, -1), (known,))


claim(
    "VW-C1c",
    "Total effects by their last step: the direct virtual weight, and one virtual weight behind each total effect",
    sentence="E_ki = W_k V_i + the sum over the layers l between of (W_k V_l) E_li, where E_li = W_l (I + T_(l-1)) .. "
    "(I + T_1) V_i is the total effect on layer l. So total effects are made of virtual weights alone.",
    where=[between, effects],
    show=Eq(W_k * between[L] * V_i, effects[L]),
    proof=by_induction(L, step=_one_more_effect),
    also=("TH-2",),
)

claim(
    "VW-C1d",
    "Two layers act as one linear map, whatever is between them",
    sentence="What layer j adds in reply to layer i is V_j W_j V_i W_i, with any layer (of matrix T) between: the "
    "reading that has a type, as V_j W_i has none (VW-D1).",
    wrong="The layer between acts too: its path has to be added. A product of the weights of two layers is a short cut "
    "only past layers that ignore what is sent (VW-C1e).",
    show=Eq(V_j * W_j * (I + T1) * V_i * W_i, V_j * W_j * V_i * W_i),
    witness={
        **dict.fromkeys(("d", "m_i", "m_j"), 1),
        **{name: [[1]] for name in ("W_i", "V_i", "W_j", "V_j")},
        "T": [[1]],
    },
)


def _ignored(p: Proof) -> Theorem:
    product, unread, known = p.facts[-3:]
    write = V[p.index + 1]
    return p.combine(p.goal, (product, None, V_i), (known, I + write * W[p.index + 1]), (unread, write))


claim(
    "VW-C1e",
    "The virtual weight is the whole effect when no layer between reads what is written",
    sentence="If W_l V_i = 0 for every layer l between, then W_k (I + T_L) .. (I + T_1) V_i = W_k V_i.",
    where=[between],
    given=[Each(l, L, Eq(W[l + 1] * V_i, 0))],
    show=Eq(W_k * between[L] * V_i, W_k * V_i),
    proof=by_induction(
        L,
        lambda k: Eq(between[k] * V_i, V_i),
        step=_ignored,
        then=lambda p: p.combine(p.goal, (p.facts[-1], W_k)),
    ),
    needed=[
        {
            **dict.fromkeys(("d", "m_i", "m_k", "L"), 1),
            **{"m": {1: 1}, "W": {1: [[1]]}, "V": {1: [[1]]}, "W_k": [[1]], "V_i": [[1]]},
        }
    ],
)

written = running_sum("s", lambda l: rank(T[l]), l, L)


def _few_directions(p: Proof) -> Theorem:
    budget, change = cite(p, change_budget), A[L] - I
    read, written_to = (
        p.lemma(lemmas.product_right(), X=W_k, Y=change * V_i),
        p.lemma(lemmas.product_left(), X=change, Y=V_i),
    )
    return p.weighted(p.goal, (1, read), (1, written_to), (1, budget))


_one_layer = {**dict.fromkeys(("d", "m_i", "m_k", "L"), 1), "T": {1: [[1]]}, "W_k": [[1]], "V_i": [[1]]}

claim(
    "VW-C1f",
    "The layers between can add or cancel only as many directions as they write",
    sentence="rank(total effect - virtual weight) <= rank T_1 + .. + rank T_L: past a few heads of small width, a "
    "virtual weight of large rank is most of the effect.",
    where=[A, written],
    show=rank(W_k * A[L] * V_i - W_k * V_i) <= written[L],
    proof=_few_directions,
    attained=_one_layer,
)
