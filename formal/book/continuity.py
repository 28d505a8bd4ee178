"""Norms with eps > 0 are continuous (RS-U12), which the claims of `topology` suppose of what stands behind them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..kernel import rules
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import number
from ..provers.proof import FALSE, Proof, anything
from ..statement import Eq, Expression, dims, norm2, scalars, vector
from .shelf import claim

n = dims("n")
a, b, v, w = (vector(name, n) for name in ("a", "b", "v", "w"))
q, e, s, t = scalars("q e s t")
_given = [q > 0, s > 0, t > 0, Eq(s * s, q * norm2(a) + e), Eq(t * t, q * norm2(b) + e), Eq(s * v, a), Eq(t * w, b)]
ONE = number(1)


def _denied(p: Proof, claim: Expression, summands: list[Summand], equalities: list[tuple[int, Expression]]) -> Theorem:
    """claim >= 0, as its denial, premise 0, gives 0 > 0 with what is at hand."""

    def below(r: Proof) -> Theorem:
        known = [r.facts[-1], *p.facts]
        return anything(r.goal, rules.order(FALSE, known, summands, [(i, r.term(m)) for i, m in equalities]))

    return p.prove(claim >= 0, lambda r: r.cases(claim >= 0, lambda u: u.facts[-1], below))


def _equal_lengths(p: Proof, same: Theorem, left: Expression, right: Expression) -> Theorem:
    """|x|^2 = |y|^2 from x = y: (x + y)'(x - y) = 0."""
    return rules.ideal(p.term(norm2(left) - norm2(right)), [same], [Cofactor(0, p.term((left + right).T), ONE)])


def _lipschitz(p: Proof) -> Theorem:
    """With u = v - w, h = (s + t)/2 and e <= h h: |a - b|^2 = |a - b - h u|^2 + h h |u|^2 + h (s - t)(|v|^2 - |w|^2).

    The last term is not negative, as the longer of a and b is the longer behind the norm.
    """
    p.facts = list(map(p.fact, _given))
    first, second = p.facts[5:]
    sides = [(first, s * v, a), (second, t * w, b)]
    u, longer, h = v - w, norm2(v) - norm2(w), (s + t) / 2

    def no_eps(r: Proof) -> Theorem:
        return rules.order(r.goal, [r.facts[-1]], [Summand(1, (0,), (r.term(u),)), Summand(1, (), (r.term(a - b),))])

    def with_eps(r: Proof) -> Theorem:
        lengths = [_equal_lengths(r, *side) for side in sides]
        r.facts = [r.facts[-1], *p.facts[:5], *lengths]  # premises 1 to 8, as the denial of a claim is number 0
        scales = _denied(  # (s t)^2 - e^2 = (q |a|^2 + e)(q |b|^2 + e) - e^2
            r,
            s * t - e,
            [
                Summand(1, (0, 0)),
                Summand(2, (0, 3, 4)),
                Summand(1, (), (r.term(q * a * b.T),)),
                Summand(1, (1, 2), (r.term(a),)),
                Summand(1, (1, 2), (r.term(b),)),
            ],
            [(5, t * t), (6, q * norm2(a) + e)],
        )
        turn = s - t
        monotone = _denied(  # q s^2 t^2 (|v|^2 - |w|^2) = e (s^2 - t^2)
            r,
            turn * longer,
            [
                Summand(1, (0, 2, 3, 3, 4, 4)),
                Summand(1, (1, 3), (r.term(turn),)),
                Summand(1, (1, 4), (r.term(turn),)),
            ],
            [(7, turn * q * t * t), (8, -turn * q * s * s), (5, -turn * t * t), (6, turn * s * s)],
        )
        along = [rules.ideal(r.term(u.T * (x - y)), [th], [Cofactor(0, r.term(u.T), ONE)]) for th, x, y in sides]
        half, quarter = Fraction(1, 2), Fraction(1, 4)
        return rules.order(
            r.goal,
            [scales, monotone, *map(r.fact, _given[:5]), *along],
            [
                Summand(1, (), (r.term(a - b - h * u),)),
                Summand(half, (1, 3)),
                Summand(half, (1, 4)),
                Summand(half, (0,), (r.term(u),)),
                Summand(quarter, (2,), (r.term(a * u.T),)),
                Summand(quarter, (2,), (r.term(b * u.T),)),
            ],
            [(5, r.term(norm2(u) / 4)), (6, r.term(norm2(u) / 4)), (7, r.term(-2 * h)), (8, r.term(2 * h))],
        )

    return p.cases(e >= 0, with_eps, no_eps)


def _at(**values: int | str) -> dict[str, Any]:
    """One coordinate, all numbers 0 but these."""
    return {"n": 1, **{name: [[values.get(name, 0)]] for name in "qestabvw"}}


claim(
    "RS-U12c",
    "LayerNorm and RMSNorm with eps > 0 are Lipschitz",
    sentence="v = a/s and w = b/t are two normalised vectors, s^2 = q |a|^2 + e (for LayerNorm a and b are centred, "
    "which takes no two vectors further apart). Then e |v - w|^2 <= |a - b|^2. Without eps this says nothing, and "
    "rightly: a and -a, however short, go to opposite vectors.",
    given=_given,
    show=e * norm2(v - w) <= norm2(a - b),
    proof=_lipschitz,
    needed=[
        _at(q=-1, e=2, s=1, t=1, a=1, b=-1, v=1, w=-1),
        _at(q=3, e=1, s=-2, t=2, a=1, b=1, v="-1/2", w="1/2"),
        _at(q=3, e=1, s=2, t=-2, a=1, b=1, v="1/2", w="-1/2"),
        _at(q=1, e=4, s=1, t=2, a=1, v=1),
        _at(q=1, e=4, s=2, t=1, b=1, w=1),
        _at(q=1, e=1, s=1, t=1, v=1),
        _at(q=1, e=1, s=1, t=1, w=1),
    ],
    attained=_at(q=1, e=1, s=1, t=1),
)
