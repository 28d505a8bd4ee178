"""When clearing pays (VW-L12): the printed objective never clears, a repaired one does.

There are n states, each with a utility U and an interference H. A strategy says for each state how much to clear: m = 1
clears, m = 0 keeps. Where no probabilities p are written, U and H are weighted by them already: nothing needs p apart.
"""

from __future__ import annotations

from typing import Any

from ..kernel import rules
from ..kernel.rules import Theorem
from ..kernel.terms import scale, subtract
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof, Script, auto
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Family,
    Implies,
    Le,
    Ne,
    dims,
    family,
    running_sum,
    scalars,
)
from .shelf import claim

n, s = dims("n s")
lam = scalars("lam")
p_s, U, H, m, g, v = (family(name, 1, 1) for name in ("p", "U", "H", "m", "g", "v"))
x = family("x", 1, 1)  # what keeping is worth in a state: p (U - lam H), utility less the price of the interference


def _repaired(name: str, clear: Family) -> Family:
    """E[(1 - m) (U - lam H)]: what is cleared does not interfere either."""
    return running_sum(name, lambda s: x[s] * (1 - clear[s]), s, n)


def _always(fact: Any) -> Any:
    """In every state."""
    return Each(s, n, fact)


_bounds = [_always(g[s + 1] >= 0), _always(g[s + 1] <= 1)]
_rule = [_always(Implies(x[s + 1] < 0, Eq(m[s + 1], 1))), _always(Implies(x[s + 1] > 0, Eq(m[s + 1], 0)))]


def _one_state(**values: Any) -> dict[str, Any]:
    """An instance with a single state."""
    return {"n": 1, **{name: {1: [[value]]} for name, value in values.items()}}


def _printed(name: str, clear: Family) -> Family:
    """E[U (1 - m) - lam H], state by state."""
    return running_sum(name, lambda s: p_s[s] * (U[s] * (1 - clear[s]) - lam * H[s]), s, n)


_printed_m, _printed_g = _printed("J", m), _printed("K", g)

claim(
    "VW-L12",
    "The best strategy clears what interferes more than it is useful",
    sentence="The lemma for its own objective E[U (1 - m) - lam H]: to clear (m = 1) exactly where U < lam H is at "
    "least as good as any other strategy g with values from 0 to 1.",
    wrong="The interference term does not contain m, so clearing costs utility and saves nothing: never clearing is "
    "best for every lam (VW-L12a). The repair lets what is cleared stop interfering (VW-L12b).",
    where=[_printed_m, _printed_g],
    given=[
        _always(p_s[s + 1] >= 0),
        *_bounds,
        _always(Implies(U[s + 1] - lam * H[s + 1] < 0, Eq(m[s + 1], 1))),
        _always(Implies(U[s + 1] - lam * H[s + 1] >= 0, Eq(m[s + 1], 0))),
    ],
    show=_printed_g[n] <= _printed_m[n],
    witness={**_one_state(p=1, U=1, H=2, m=1, g=0), "lam": [[1]]},
)

_some = running_sum("J", lambda s: U[s] * (1 - m[s]) - lam * H[s], s, n)
_kept = running_sum("K", lambda s: U[s] - lam * H[s], s, n)
_lost = running_sum("D", lambda s: U[s] * m[s], s, n)


def _more_is_lost(p: Proof) -> Theorem:
    printed, keeping, lost, useful, clears, same, bound = p.facts[-7:]
    kept, less = p.goal[1]
    return rules.conjoin(
        [
            p.combine(kept, (keeping,), (printed, -1), (lost, -1), (same,)),
            p.weighted(less, (1, keeping), (-1, printed), (1, bound), (1, useful, clears)),
        ]
    )


claim(
    "VW-L12a",
    "Under the printed objective never clearing is best, whatever the price of interference",
    sentence="Never clearing beats a strategy m by E[U m], in which neither lam nor the interference occurs; with "
    "U >= 0 that is no loss. Without m >= 0 there would be no best strategy at all (VW-L12e).",
    where=[_some, _kept, _lost],
    given=[_always(U[s + 1] >= 0), _always(m[s + 1] >= 0)],
    show=And(Eq(_kept[n] - _some[n], _lost[n]), _some[n] <= _kept[n]),
    proof=by_induction(n, step=_more_is_lost),
    needed=[{**_one_state(U=-1, H=0, m=1), "lam": [[0]]}, {**_one_state(U=1, H=0, m=-1), "lam": [[0]]}],
    attained={**_one_state(U=1, H=0, m=0), "lam": [[0]]},
)

_best, _other = _repaired("J", m), _repaired("K", g)


def _by_sign(p: Proof, negative: Script, positive: Script, nothing: Script) -> Theorem:
    """Where keeping is worth less than nothing, or more, or nothing; the last fact says so."""
    worth = x[p.index + 1]

    def neither(q: Proof) -> Theorem:
        q.add(q.squeeze(q.facts[-2], q.facts[-1]))
        return nothing(q)

    return p.cases(worth < 0, negative, lambda q: q.cases(worth > 0, positive, neither))


def _state_by_state(p: Proof) -> Theorem:
    """(1 - m) x - (1 - g) x is -(1 - g) x where x < 0 and m = 1, and g x where x > 0 and m = 0."""
    best, other, low, high, harmful, harmless, known = p.facts[-7:]
    at = p.index + 1
    sums = (1, best), (-1, other), (1, known)

    def close(rule: Theorem, room: Theorem) -> Script:
        def script(q: Proof) -> Theorem:
            sign = q.facts[-1]
            return q.weighted(q.goal, *sums, (-x[at], rules.detach(rule, sign)), (1, room, sign))

        return script

    def nothing(q: Proof) -> Theorem:
        return q.weighted(q.goal, *sums, (g[at] - m[at], q.facts[-1]))

    return _by_sign(p, close(harmful, high), close(harmless, low), nothing)


claim(
    "VW-L12b",
    "Repaired: the best strategy clears exactly where the interference outweighs the utility",
    sentence="For E[(1 - m) (U - lam H)], clearing where U < lam H and keeping where U > lam H is at least as good as "
    "any strategy g with values from 0 to 1, in any finite number of states; x is p (U - lam H).",
    where=[_best, _other],
    given=[*_bounds, *_rule],
    show=_other[n] <= _best[n],
    proof=by_induction(n, step=_state_by_state),
    needed=[
        _one_state(x=1, m=0, g=-1),
        _one_state(x=-1, m=1, g=2),
        _one_state(x=-1, m=0, g=1),
        _one_state(x=1, m=1, g=0),
    ],
    attained=_one_state(x=1, m=0, g=0),
)

_value = running_sum("K", lambda s: v[s], s, n)


def _value_in_a_state(p: Proof) -> Theorem:
    best, value, first, second, third, fourth, known = p.facts[-7:]
    at = p.index + 1

    def close(rule: Theorem, maximum: Theorem) -> Script:
        def script(q: Proof) -> Theorem:
            clear, most = rules.detach(rule, q.facts[-1]), rules.detach(maximum, q.facts[-1])
            return q.combine(q.goal, (best,), (value, -1), (known,), (clear, -x[at]), (most, -1))

        return script

    def positive(q: Proof) -> Theorem:
        most = rules.detach(fourth, q.facts[-2])
        return q.combine(
            q.goal, (best,), (value, -1), (known,), (rules.detach(second, q.facts[-1]), -x[at]), (most, -1)
        )

    def nothing(q: Proof) -> Theorem:
        most = rules.detach(fourth, q.facts[-3])
        return q.combine(q.goal, (best,), (value, -1), (known,), (q.facts[-1], -m[at]), (most, -1))

    return _by_sign(p, close(first, third), positive, nothing)


claim(
    "VW-L12c",
    "The value of the repaired objective is E max(U - lam H, 0)",
    sentence="It is what the strategy of VW-L12b attains; x is p (U - lam H), and v the maximum of x and 0.",
    where=[_best, _value],
    given=[
        *_rule,
        _always(Implies(x[s + 1] < 0, Eq(v[s + 1], 0))),
        _always(Implies(x[s + 1] >= 0, Eq(v[s + 1], x[s + 1]))),
    ],
    show=Eq(_best[n], _value[n]),
    proof=by_induction(n, step=_value_in_a_state),
    needed=[
        _one_state(x=-1, m=0, v=0),
        _one_state(x=1, m=1, v=1),
        _one_state(x=-1, m=1, v=1),
        _one_state(x=1, m=0, v=0),
    ],
)

mu, a, b, a1, b1 = scalars("mu a b a1 b1")


def _keeps_less(p: Proof) -> Theorem:
    """(mu - lam)(b - b1) >= 0, and a - a1 >= lam (b - b1)."""
    price, higher, at_lam, at_mu = p.facts
    less, poorer = p.goal[1]
    p.facts = [at_lam, at_mu]
    dearer = p.order(Le((mu - lam) * (b1 - b), 0))

    def more(q: Proof) -> Theorem:
        q.product(higher, q.facts[-1])
        return q.impossible()

    p.facts = [dearer]
    p.add(p.cases(less, auto, more, less))
    p.product(price, p.facts[-1])
    p.add(at_lam)
    return rules.conjoin([p.fact(less), p.order(poorer)])


claim(
    "VW-L12d",
    "A higher price of interference keeps less interference, and less utility",
    sentence="Let a strategy that keeps utility a and interference b be best at the price lam, and one that keeps a1 "
    "and b1 at the higher price mu. Then b1 <= b and, for lam >= 0, a1 <= a.",
    given=[lam >= 0, lam < mu, a1 - lam * b1 <= a - lam * b, a - mu * b <= a1 - mu * b1],
    show=And(b1 <= b, a1 <= a),
    proof=_keeps_less,
    needed=[
        {"lam": [[-1]], "mu": [[0]], "a": [[0]], "b": [[1]], "a1": [[1]], "b1": [[0]]},
        {"lam": [[1]], "mu": [[0]], "a": [[0]], "b": [[0]], "a1": [[1]], "b1": [[1]]},
        {"lam": [[0]], "mu": [[1]], "a": [[0]], "b": [[0]], "a1": [[1]], "b1": [[0]]},
        {"lam": [[0]], "mu": [[1]], "a": [[0]], "b": [[0]], "a1": [[0]], "b1": [[1]]},
    ],
    attained={"lam": [[0]], "mu": [[1]], "a": [[0]], "b": [[0]], "a1": [[0]], "b1": [[0]]},
)

bound, weight, cleared = scalars("B w m")


def _any_value(p: Proof) -> Theorem:
    """1 - m = (B + 1) / w."""
    t = p.reciprocal(weight)
    value = subtract(p.term(1), scale(t, p.term(bound + 1)))
    p.multiply(p.facts[-1], left=bound + 1)
    return introduce_all(p, p.goal, [value])


claim(
    "VW-L12e",
    "Without bounds on how much may be cleared there is no best strategy",
    sentence="In a state where keeping is worth w, not 0, some m makes (1 - m) w larger than any B.",
    given=[Ne(weight, 0)],
    show=Exists(cleared, bound < (1 - cleared) * weight),
    proof=_any_value,
    needed=[at_instance({"w": 0, "B": 0})],
)
