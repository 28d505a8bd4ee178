"""When clearing pays (VW-L12): the printed objective never clears, a repaired one does.

There are n states with weights p (probabilities, though nothing needs their sum to be 1), a utility U and an
interference H. A strategy says for each state how much to clear: m = 1 clears, m = 0 keeps.
"""

from __future__ import annotations

from collections.abc import Callable
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
    Expression,
    Family,
    Implies,
    Le,
    Ne,
    Prop,
    dims,
    family,
    running_sum,
    scalars,
)
from .shelf import claim

n, s = dims("n s")
lam = scalars("lam")
p_s, U, H, m, g, v = (family(name, 1, 1) for name in ("p", "U", "H", "m", "g", "v"))
x = family("x", 1, 1)  # what keeping is worth in a state: the utility less the price of the interference


def _printed(name: str, clear: Family) -> Family:
    """E[U (1 - m) - lam H], state by state."""
    return running_sum(name, lambda s: p_s[s] * (U[s] * (1 - clear[s]) - lam * H[s]), s, n)


def _repaired(name: str, clear: Family) -> Family:
    """E[(1 - m) x] for x = U - lam H: what is cleared does not interfere either."""
    return running_sum(name, lambda s: p_s[s] * ((1 - clear[s]) * x[s]), s, n)


def _always(fact: Any) -> Any:
    """In every state."""
    return Each(s, n, fact)


_weights = _always(p_s[s + 1] >= 0)
_bounds = [_always(g[s + 1] >= 0), _always(g[s + 1] <= 1)]


def _rule(worth: Callable[[Any], Expression]) -> list[Prop]:
    """Clear exactly where keeping is worth less than nothing."""
    return [
        _always(Implies(worth(s + 1) < 0, Eq(m[s + 1], 1))),
        _always(Implies(worth(s + 1) >= 0, Eq(m[s + 1], 0))),
    ]


_x_rule = _rule(lambda s: x[s])


def _one_state(**values: Any) -> dict[str, Any]:
    """An instance with a single state of weight 1, unless it says otherwise."""
    return {"n": 1, "lam": [[1]], "p": {1: [[1]]}, **{name: {1: [[value]]} for name, value in values.items()}}


_printed_m, _printed_g = _printed("J", m), _printed("K", g)

claim(
    "VW-L12",
    "The best strategy clears what interferes more than it is useful",
    sentence="The lemma for its own objective E[U (1 - m) - lam H]: to clear (m = 1) exactly where U < lam H is at "
    "least as good as any other strategy g with values from 0 to 1.",
    wrong="The interference term does not contain m, so clearing costs utility and saves nothing: never clearing is "
    "best for every lam (VW-L12a). The repair lets what is cleared stop interfering (VW-L12b).",
    where=[_printed_m, _printed_g],
    given=[_weights, *_bounds, *_rule(lambda s: U[s] - lam * H[s])],
    show=_printed_g[n] <= _printed_m[n],
    witness=_one_state(U=1, H=2, m=1, g=0),
)

_kept = running_sum("K", lambda s: p_s[s] * (U[s] - lam * H[s]), s, n)
_lost = running_sum("D", lambda s: p_s[s] * U[s] * m[s], s, n)


def _more_is_lost(p: Proof) -> Theorem:
    printed, keeping, lost, weight, useful, clears, same, bound = p.facts[-8:]
    kept, less = p.goal[1]
    return rules.conjoin(
        [
            p.combine(kept, (keeping,), (printed, -1), (lost, -1), (same,)),
            p.weighted(less, (1, keeping), (-1, printed), (1, bound), (1, weight, useful, clears)),
        ]
    )


claim(
    "VW-L12a",
    "Under the printed objective never clearing is best, whatever the price of interference",
    sentence="Never clearing beats a strategy m by E[U m], in which neither lam nor the interference occurs; with "
    "U >= 0 that is no loss. Without m >= 0 there would be no best strategy at all (VW-L12e).",
    where=[_printed_m, _kept, _lost],
    given=[_weights, _always(U[s + 1] >= 0), _always(m[s + 1] >= 0)],
    show=And(Eq(_kept[n] - _printed_m[n], _lost[n]), _printed_m[n] <= _kept[n]),
    proof=by_induction(n, step=_more_is_lost),
    needed=[
        {**_one_state(U=1, H=0, m=1), "p": {1: [[-1]]}},
        _one_state(U=-1, H=0, m=1),
        _one_state(U=1, H=0, m=-1),
    ],
    attained=_one_state(U=1, H=0, m=0),
)

_best, _other = _repaired("J", m), _repaired("K", g)


def _state_by_state(p: Proof) -> Theorem:
    """(1 - m) x - (1 - g) x is -(1 - g) x where x < 0 and m = 1, and g x where x >= 0 and m = 0."""
    best, other, weight, low, high, harmful, harmless, known = p.facts[-8:]
    worth = p_s[p.index + 1] * x[p.index + 1]

    def close(rule: Theorem, room: Theorem) -> Script:
        def script(q: Proof) -> Theorem:
            sign = q.facts[-1]
            clear = rules.detach(rule, sign)
            return q.weighted(q.goal, (1, best), (-1, other), (1, known), (-worth, clear), (1, weight, room, sign))

        return script

    return p.cases(x[p.index + 1] < 0, close(harmful, high), close(harmless, low))


claim(
    "VW-L12b",
    "Repaired: the best strategy clears exactly where the interference outweighs the utility",
    sentence="For E[(1 - m) x], where x = U - lam H, clearing exactly where U < lam H is at least as good as any "
    "strategy g with values from 0 to 1, in any finite number of states.",
    where=[_best, _other],
    given=[_weights, *_bounds, *_x_rule],
    show=_other[n] <= _best[n],
    proof=by_induction(n, step=_state_by_state),
    needed=[
        {**_one_state(x=1, m=0, g=1), "p": {1: [[-1]]}},
        _one_state(x=1, m=0, g=-1),
        _one_state(x=-1, m=1, g=2),
        _one_state(x=-1, m=0, g=1),
        _one_state(x=1, m=1, g=0),
    ],
    attained=_one_state(x=1, m=0, g=0),
)

_value = running_sum("K", lambda s: p_s[s] * v[s], s, n)


def _value_in_a_state(p: Proof) -> Theorem:
    best, value, first, second, third, fourth, known = p.facts[-7:]
    weight, worth = p_s[p.index + 1], x[p.index + 1]

    def close(rule: Theorem, maximum: Theorem) -> Script:
        def script(q: Proof) -> Theorem:
            clear, most = rules.detach(rule, q.facts[-1]), rules.detach(maximum, q.facts[-1])
            return q.combine(q.goal, (best,), (value, -1), (known,), (clear, -weight * worth), (most, -weight))

        return script

    return p.cases(worth < 0, close(first, third), close(second, fourth))


claim(
    "VW-L12c",
    "The value of the repaired objective is E max(U - lam H, 0)",
    sentence="It is what the strategy of VW-L12b attains; x is U - lam H, and v the maximum of x and 0.",
    where=[_best, _value],
    given=[
        *_x_rule,
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
