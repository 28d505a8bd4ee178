"""Superposition (VW-U4, U9, L9): what can be told apart when directions are nearly orthogonal, and what cannot."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number, scale
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Identity,
    Le,
    dims,
    family,
    inner,
    matrix,
    norm2,
    running_sum,
    scalars,
    vector,
)
from .frames import UNIT, I_n, S, d, eps, i, j, l, n, s
from .shelf import claim

# ---------------------------------------------------------------- many signals, one stream (VW-U4, VW-U9)
T = matrix("T", d, d)
u, v = family("u", d, 1), family("v", d, 1)
sum_u, sum_v = running_sum("x", lambda l: u[l], l, n), running_sum("y", lambda l: v[l], l, n)
images = running_sum("z", lambda l: T * v[l], l, n)

claim(
    "VW-U4",
    "Superposition principle",
    sentence="What a linear map makes of a sum of signals is the sum of what it makes of each.",
    where=[sum_v, images],
    show=Eq(T * sum_v[n], images[n]),
    proof=by_induction(n),
)

claim(
    "VW-U4a",
    "Each summand is a signal of its own: the sum determines the parts",
    sentence="If u_1 + .. + u_n = v_1 + .. + v_n then u_i = v_i.",
    wrong="One sum has many decompositions. The parts are determined if they lie in known subspaces that are "
    "independent (VW-L7b), or are few of known directions (TH-17c).",
    where=[sum_u, sum_v],
    given=[Eq(sum_u[n], sum_v[n])],
    show=Each(i, n, Eq(u[i + 1], v[i + 1])),
    witness={"d": 1, "n": 2, "u": {1: [[1]], 2: [[0]]}, "v": {1: [[0]], 2: [[1]]}},
)

alpha = vector("alpha", n)

claim(
    "VW-U9",
    "Distributed code",
    sentence="Weights alpha on n directions, the columns of S, write the vector S alpha.",
    defines=S * alpha,
)

a, b = family("a", 1, 1), family("b", 1, 1)
x, y = running_sum("x", lambda l: a[l] * s[l], l, n), running_sum("y", lambda l: b[l] * s[l], l, n)

claim(
    "VW-U9a",
    "The directions of a distributed code are basis vectors: the vector determines the weights",
    sentence="For unit directions, a_1 s_1 + .. + a_n s_n = b_1 s_1 + .. + b_n s_n gives a_i = b_i.",
    wrong="True for at most d independent directions only. With more directions than dimensions some weights write "
    "nothing (VW-U9b), which is the case that superposition is about.",
    where=[x, y],
    given=[UNIT, Eq(x[n], y[n])],
    show=Each(i, n, Eq(a[i + 1], b[i + 1])),
    witness={
        **{"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}},
        **{"a": {1: [[1]], 2: [[0]]}, "b": {1: [[0]], 2: [[1]]}},
    },
)

r = dims("r")
kernel, coordinates = matrix("K", n, r), matrix("J", r, n)


def _unseen(p: Proof) -> Theorem:
    size, basis, back, _ = p.open(p.lemma(lemmas.nullity(), M=S))
    p.add(p.lemma(lemmas.at_most_rows(), X=S))
    return introduce_all(p, p.goal, [size, basis, back])


claim(
    "VW-U9b",
    "Of n weights in d dimensions at least n - d go unseen",
    sentence="There are r independent vectors of weights, r >= n - d, the columns of K (J K = I), that write nothing: "
    "S K = 0.",
    show=Exists((r, kernel, coordinates), And(Eq(coordinates * kernel, Identity(r)), Eq(S * kernel, 0), Le(n, r + d))),
    proof=_unseen,
)


def _orthonormal(p: Proof) -> Theorem:
    reads, count = p.goal[1]
    fits = rules.rank_identity(p.facts[0], p.term(S.T), p.term(S))
    return rules.conjoin([p.ideal(reads), p.order(count)] if fits.conclusion != count else [p.ideal(reads), fits])


claim(
    "VW-U9c",
    "Orthogonal projections read the weights of an orthonormal code, which has at most d directions",
    sentence="If S'S = I then S'(S alpha) = alpha, and n <= d.",
    given=[Eq(S.T * S, I_n)],
    show=And(Eq(S.T * S * alpha, alpha), Le(n, d)),
    proof=_orthonormal,
    needed=[{"d": 1, "n": 2, "S": [[1, 1]], "alpha": [[1], [0]]}],
    attained={"d": 1, "n": 1, "S": [[1]], "alpha": [[1]]},
)

# ---------------------------------------------------------------- nearly orthogonal directions (VW-L9)
claim(
    "VW-L9",
    "Signals along nearly orthogonal directions can be recovered from their sum",
    sentence="A reading with a fixed threshold: if n directions have pairwise cosines of at most 1/3, weights that "
    "write 0 are 0.",
    wrong="No fixed threshold will do: d + 1 vectors to the corners of a simplex have cosine -1/d and add up to 0 "
    "(VW-L9a). The threshold must shrink with the number of signals that are active at once: less than 1/(n - 1) "
    "(TH-17a, TH-17b).",
    where=[x],
    given=[
        Each(i, n, norm2(s[i + 1]) > 0),
        Each(i, n, Each(j, i, 9 * inner(s[i + 1], s[j + 1]) ** 2 <= norm2(s[i + 1]) * norm2(s[j + 1]))),
        Eq(x[n], 0),
    ],
    show=Each(i, n, Eq(a[i + 1], 0)),
    witness={
        "d": 3,
        "n": 4,
        "s": dict(enumerate(([[1], [1], [1]], [[1], [-1], [-1]], [[-1], [1], [-1]], [[-1], [-1], [1]]), 1)),
        "a": {1: [[1]], 2: [[1]], 3: [[1]], 4: [[1]]},
    },
)

ones = vector("u", n)
corners = n * I_n - ones * ones.T

claim(
    "VW-L9a",
    "Simplex: n vectors with cosine -1/(n - 1) that add up to 0",
    sentence="For the all-ones vector u of size n, the columns of n I - u u' have squared length n^2 - n and inner "
    "products -n, and add up to 0: however small the cosine, it does not make many vectors independent.",
    given=[Eq(norm2(ones), n)],
    show=And(Eq(corners.T * corners, n**2 * I_n - n * ones * ones.T), Eq(corners * ones, 0)),
    proof=ideal,
    needed=[{"n": 1, "u": [[2]]}],
)

reader, own = vector("r", d), scalars("c")
size = family("b", 1, 1)
sizes = running_sum("B", lambda l: size[l], l, n)


def _no_crosstalk(p: Proof) -> Theorem:
    start = [p.ideal(Eq(inner(reader, x[0]), 0), [p.facts[0]]), p.facts[2]]
    signs = ((1, 1), (-1, 1))
    return rules.conjoin(
        [
            rules.order(g, start, [], [(0, number(one)), (1, scale(number(two), p.term(eps)))])
            for g, (one, two) in zip(p.goal[1], signs, strict=True)
        ]
    )


def _crosstalk_term(p: Proof) -> Theorem:
    """eps b - a g = ((eps - g) (b + a) + (eps + g) (b - a)) / 2, and the same with -a."""
    q, half = p.index, Fraction(1, 2)
    bounds = [-eps <= inner(reader, s[q + 1]), inner(reader, s[q + 1]) <= eps]
    bounds += [-size[q + 1] <= a[q + 1], a[q + 1] <= size[q + 1]]
    grown = p.fact(Eq(x[q + 1], x[q] + a[q + 1] * s[q + 1]))
    seen = p.ideal(Eq(inner(reader, x[q + 1]), inner(reader, x[q]) + a[q + 1] * inner(reader, s[q + 1])), [grown])
    added = p.fact(Eq(sizes[q + 1], sizes[q] + size[q + 1]))
    premises = [*map(p.fact, bounds), seen, added]
    found = []
    for goal, before, pairs, sign in zip(
        p.goal[1], p.facts[-2:], (((0, 2), (1, 3)), ((1, 2), (0, 3))), (1, -1), strict=True
    ):
        shares = [*(Summand(half, pair) for pair in pairs), Summand(1, (6,))]
        equations = [(4, number(sign)), (5, p.term(eps))]
        found.append(rules.order(goal, [*premises, before], shares, equations))
    return rules.conjoin(found)


def _read(p: Proof) -> Theorem:
    """The reader sees itself once."""
    unit, bounds = p.fact(Eq(norm2(reader), 1)), p.facts[-2:]
    return rules.conjoin(
        [
            rules.order(g, [bound, unit], [Summand(1, (0,))], [(1, p.term(sign * own))])
            for g, bound, sign in zip(p.goal[1], bounds, (1, -1), strict=True)
        ]
    )


def _one(r: int = 1, c: int = 0, s: int = 0, a: int = 0, b: int = 0, eps: int = 0) -> dict[str, Any]:
    """One other signal, in one dimension."""
    many = {name: {1: [[value]]} for name, value in (("s", s), ("a", a), ("b", b))}
    return {"d": 1, "n": 1, "r": [[r]], "c": [[c]], "eps": [[eps]], **many}


claim(
    "VW-L9b",
    "Crosstalk of a matched read: at most eps times what the other signals amount to",
    sentence="A unit direction r with cosines of at most eps to all other directions reads c r + a_1 s_1 + .. + a_n "
    "s_n as c, up to eps (b_1 + .. + b_n) for bounds b_i of |a_i|.",
    where=[x, sizes],
    given=[
        Eq(norm2(reader), 1),
        Each(i, n, -eps <= inner(reader, s[i + 1])),
        Each(i, n, inner(reader, s[i + 1]) <= eps),
        Each(i, n, -size[i + 1] <= a[i + 1]),
        Each(i, n, a[i + 1] <= size[i + 1]),
    ],
    show=And(
        own - eps * sizes[n] <= inner(reader, own * reader + x[n]),
        inner(reader, own * reader + x[n]) <= own + eps * sizes[n],
    ),
    proof=by_induction(
        n,
        lambda q: And(-eps * sizes[q] <= inner(reader, x[q]), inner(reader, x[q]) <= eps * sizes[q]),
        base=_no_crosstalk,
        step=_crosstalk_term,
        then=_read,
    ),
    needed=[
        _one(r=0, c=1),
        _one(s=-1, a=1, b=1),
        _one(s=1, a=1, b=1),
        _one(s=1, a=-1, eps=1),
        _one(s=1, a=1, eps=1),
    ],
    attained=[_one(s=1, a=-1, b=1, eps=1), _one(s=1, a=1, b=1, eps=1)],
)
