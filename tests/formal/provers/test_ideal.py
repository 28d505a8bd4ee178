"""The search for cofactors: what it finds, how it fails, and that it proves nothing false."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formal.kernel.errors import KernelError
from formal.kernel.ground import Witness, evaluate
from formal.kernel.rules import Theorem, assume
from formal.provers.errors import ProofFailure
from formal.provers.ideal import Limits, ideal, rewrite
from formal.provers.proof import Proof, auto
from formal.statement import Eq, Identity, Le, Ne, Trace, dims, matrix, scalars, vector
from formal.statement.elaborate import elaborate, elaborate_prop

n, m, k, d = dims("n m k d")
I = Identity(n)
S, T, P, Q, A, B = (matrix(name, n, n) for name in "STPQAB")
W, V = matrix("W", k, n), matrix("V", n, k)
x, y = vector("x", n), vector("y", n)


DEFAULT = Limits()


def proved(goal: Any, *given: Any, limits: Limits = DEFAULT) -> Theorem:
    """The goal from the givens; what comes back says just that."""
    th = ideal(elaborate_prop(goal), [assume(elaborate_prop(p)) for p in given], limits)
    assert th.conclusion == elaborate_prop(goal)
    assert th.hyps <= {elaborate_prop(p) for p in given}
    assert not th.axioms
    return th


# ---------------------------------------------------------------- classical identities
def test_moore_penrose_inverses_are_unique() -> None:
    """The four Penrose equations determine the inverse: a chain that few write down without looking it up."""
    a, p, q = matrix("A", m, n), matrix("X", n, m), matrix("Y", n, m)
    four = [[Eq(a * b * a, a), Eq(b * a * b, b), Eq((a * b).T, a * b), Eq((b * a).T, b * a)] for b in (p, q)]
    th = proved(Eq(p, q), *four[0], *four[1])
    assert len(th.hyps) == 8
    for dropped in range(8):
        seven = [p_ for i, p_ in enumerate(four[0] + four[1]) if i != dropped]
        with pytest.raises(ProofFailure):
            proved(Eq(p, q), *seven, limits=Limits(rules=40, overlaps=150, steps=1500, degree=9))


def test_woodbury() -> None:
    """(A + U C V)^-1 = A^-1 - A^-1 U (C^-1 + V A^-1 U)^-1 V A^-1, inverses as letters."""
    u, v = matrix("U", n, k), matrix("V", k, n)
    a, ai, c, ci, ki = A, matrix("Ai", n, n), matrix("C", k, k), matrix("Ci", k, k), matrix("Ki", k, k)
    core = ci + v * ai * u
    given = [Eq(a * ai, I), Eq(ai * a, I), Eq(c * ci, Identity(k)), Eq(ci * c, Identity(k))]
    given += [Eq(core * ki, Identity(k)), Eq(ki * core, Identity(k))]
    inverse = ai - ai * u * ki * v * ai
    proved(Eq((a + u * c * v) * inverse, I), *given)
    proved(Eq(inverse * (a + u * c * v), I), *given)


def test_push_through() -> None:
    """U (I + V U)^-1 = (I + U V)^-1 U."""
    u, v = matrix("U", n, k), matrix("V", k, n)
    left, right = matrix("L", n, n), matrix("R", k, k)
    given = [Eq(left * (I + u * v), I), Eq((Identity(k) + v * u) * right, Identity(k))]
    proved(Eq(u * right, left * u), *given)


def test_projections_whose_sum_is_a_projection() -> None:
    """P + Q idempotent makes P Q = 0: from P Q + Q P = 0, multiplied by P on both sides."""
    given = [Eq(P * P, P), Eq(Q * Q, Q), Eq((P + Q) * (P + Q), P + Q)]
    proved(Eq(P * Q, 0), *given)
    proved(Eq(Q * P, 0), *given)
    proved(Eq((I - P) * (I - P), I - P), given[0])
    proved(Eq(P * (I - P), 0), given[0])


def test_partial_isometries() -> None:
    """V V'V = V makes V'V and V V' projections."""
    given = Eq(V * V.T * V, V)
    proved(Eq((V.T * V) * (V.T * V), V.T * V), given)
    proved(Eq((V * V.T) * (V * V.T), V * V.T), given)
    proved(Eq(V.T * V * V.T, V.T), given)


def test_transposes_of_hypotheses_are_used() -> None:
    """From S' = S and T S = I follows S T' = I."""
    proved(Eq(S * T.T, I), Eq(S.T, S), Eq(T * S, I))


def test_scalars_and_traces() -> None:
    """tr(W V) = k from W V = I; <x, y> = 0 and y = S x give x'S x = 0; c x = 0 with t c = 1 gives x = 0."""
    proved(Eq(Trace(V * W), k), Eq(W * V, Identity(k)))
    proved(Eq(x.T * S * x, 0), Eq(x.T * y, 0), Eq(y, S * x))
    c, t = scalars("c t")
    proved(Eq(x, 0), Eq(c * x, 0), Eq(t * c, 1))
    proved(Eq(Trace(S * T * P), Trace(P * S * T)))
    proved(Eq(Trace(P * S), Trace(S)), Eq(P * S, S))


def test_words_that_meet_in_quadratic_forms() -> None:
    """x'(S x + S'x) is 2 x'S x, not x'S x, whether it is written out or y stands for the bracket."""
    proved(Eq(x.T * (S * x + S.T * x), 2 * x.T * S * x))
    for false, facts in (
        (Eq(x.T * (S * x + S.T * x), x.T * S * x), ()),
        (Eq(x.T * y, x.T * S * x), (Eq(y, (S + S.T) * x),)),
        (Eq(x.T * (S * x + S.T * x) * y.T, x.T * S * x * y.T), ()),
    ):
        with pytest.raises((ProofFailure, KernelError)):
            proved(false, *facts)


def test_a_dimension_that_is_zero_empties_everything() -> None:
    """I_n = 0 makes every word through n vanish."""
    proved(Eq(W * V, 0), Eq(I, 0))
    proved(Eq(S, T), Eq(I, 0))
    proved(Eq(n, 0), Eq(I, 0))


def test_what_is_eliminated_is_replaced_by_what_it_stands_for() -> None:
    """N stands for a long word: without the hint the word is replaced by N, and overlaps have to be tried."""
    N, R, C = matrix("N", n, n), matrix("R", n, n), matrix("C", n, n)
    meanings = [Eq(N, A * B * A.T), Eq(R, A * C * A.T + I - A * A.T)]
    facts = [assume(elaborate_prop(p)) for p in (*meanings, Eq(A.T * A, I), Eq(C - B * C, I))]
    p = Proof(elaborate_prop(Eq(R - N * R, I)), facts)
    hinted = p.ideal(eliminate=[N, R])
    assert hinted.conclusion == p.goal
    assert ideal(p.goal, facts, Limits(overlaps=0), eliminate=_letters(N, R)).conclusion == p.goal
    with pytest.raises(ProofFailure, match="the limit of 0 overlaps"):
        ideal(p.goal, facts, Limits(overlaps=0))


def _letters(*expressions: Any) -> set[Any]:
    return {x for e in expressions for t in (e, e.T) for key in elaborate(t).words for x in key}


def test_a_matrix_vanishes_with_its_square() -> None:
    """|S T|^2 = 0 from T'S'S = 0, found from the facts that are named."""
    given = assume(elaborate_prop(Eq(T.T * S.T * S, 0)))
    p = Proof(elaborate_prop(Eq(S * T, 0)), [given])
    assert p.square_is_zero(S * T, using=[given]).conclusion == p.goal
    with pytest.raises(ProofFailure):
        p.square_is_zero(T * S, using=[given])


def test_no_hypotheses_is_the_ring_rule() -> None:
    """Then nothing is assumed."""
    assert proved(Eq((I + S) ** 2, I + 2 * S + S * S)).hyps == frozenset()


def test_only_the_hypotheses_that_were_used_stay() -> None:
    """An idle hypothesis would make a theorem look weaker than it is."""
    th = proved(Eq(P * P * P, P), Eq(P * P, P), Eq(Q * Q, Q), Eq(S, T))
    assert th.hyps == {elaborate_prop(Eq(P * P, P))}


# ---------------------------------------------------------------- failure
def test_failure_names_the_remainder() -> None:
    """What is left after all rewriting is where the author has to look."""
    with pytest.raises(ProofFailure) as caught:
        proved(Eq(P * Q, Q * P), Eq(P * P, P))
    message = str(caught.value)
    assert "P Q" in message
    assert "Q P" in message
    assert "no overlap of two equations is left" in message


COLLAPSE = [Eq(S * T * S, T * T), Eq(T * S * T, S * P), Eq(P * S * P, T * P), Eq(P * T * S, Q * P * T)]


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        (Limits(overlaps=3), "limit of 3 overlaps"),
        (Limits(rules=12), "limit of 12 equations"),
        (Limits(steps=4), "limit of 4 rewriting steps"),
        (Limits(degree=3), "limit of degree 3"),
    ],
)
def test_failure_names_the_limit_that_was_hit(limits: Limits, named: str) -> None:
    """Otherwise one cannot tell a false statement from a search that was too short."""
    with pytest.raises(ProofFailure, match=named):
        proved(Eq(P * T * P * S * S * T, Q * S * S), *COLLAPSE, limits=limits)


def test_only_equations_are_goals() -> None:
    """The message says what was asked for."""
    for goal in (Le(scalars("s"), 1), Ne(S, T)):
        with pytest.raises(ProofFailure, match="is not an equation"):
            ideal(elaborate_prop(goal), [])


def test_facts_that_are_no_equations_are_left_aside() -> None:
    """An inequality at hand must not disturb."""
    th = proved(Eq(P * P * P, P), Le(scalars("s"), 1), Eq(P * P, P), Ne(S, T))
    assert len(th.hyps) == 1


def test_rewrite_returns_the_reduced_term_and_the_reason() -> None:
    """The theorem says that the term and what came of it are equal."""
    term = elaborate(P * P * Q + P * P)
    reduced, th = rewrite(term, [assume(elaborate_prop(Eq(P * P, P)))])
    assert reduced == elaborate(P * Q + P)
    assert th.conclusion == elaborate_prop(Eq(P * P * Q + P * P, P * Q + P))


def test_auto_takes_the_goal_apart() -> None:
    """Conjunctions, implications and denials end in equations."""
    from formal.statement import And, Implies

    goal = elaborate_prop(Implies(Eq(P * P, P), And(Eq(P * P * P, P), Eq((I - P) * P, 0))))
    assert auto(Proof(goal)).conclusion == goal
    denial = elaborate_prop(Implies(Eq(S * T, I), Implies(Ne(T, 0), Ne(T * S * T, 0))))
    assert auto(Proof(denial)).hyps == frozenset()
    with pytest.raises(ProofFailure):
        auto(Proof(elaborate_prop(Implies(Eq(S * T, I), Ne(S, 0)))))  # at n = 0 it is false


# ---------------------------------------------------------------- nothing false is proved
small = st.sampled_from([Fraction(v) for v in (-1, 0, 1, 2)] + [Fraction(1, 2)])
Rows = tuple[tuple[Fraction, ...], ...]


def mat(entries: Sequence[Any]) -> Rows:
    size = 2
    return tuple(tuple(map(Fraction, entries[size * i : size * (i + 1)])) for i in range(size))


IDEMPOTENT = [mat(e) for e in ([1, 0, 0, 0], [1, 2, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0], [2, -1, 2, -1])]
ORTHOGONAL = [mat(e) for e in ([0, 1, 1, 0], [0, -1, 1, 0], [1, 0, 0, -1], ["3/5", "4/5", "-4/5", "3/5"])]
PAIRS = [  # W V = 1 through dimension 2
    (((Fraction(1), Fraction(0)),), ((Fraction(1),), (Fraction(3),))),
    (((Fraction(1), Fraction(1)),), ((Fraction(2),), (Fraction(-1),))),
]


@st.composite
def models(draw: st.DrawFn) -> Witness:
    """Values at n = 2, k = 1 that satisfy all of GIVEN."""
    s = draw(st.lists(small, min_size=4, max_size=4))
    symmetric = mat([s[0], s[1], s[1], s[2]])
    free = mat(draw(st.lists(small, min_size=4, max_size=4)))
    u = tuple((draw(small),) for _ in range(2))
    doubled = [[free[i][j] + free[j][i] for j in range(2)] for i in range(2)]
    image = tuple((sum((doubled[i][j] * u[j][0] for j in range(2)), Fraction(0)),) for i in range(2))
    w, v = draw(st.sampled_from(PAIRS))
    return Witness(
        {"n": 2, "k": 1},
        {
            "P": draw(st.sampled_from(IDEMPOTENT)),
            "Q": draw(st.sampled_from(ORTHOGONAL)),
            "S": symmetric,
            "T": free,
            "x": u,
            "y": image,
            "W": w,
            "V": v,
        },
    )


GIVEN = [
    Eq(P * P, P),
    Eq(Q.T * Q, I),
    Eq(S.T, S),
    Eq(y, (T + T.T) * x),
    Eq(W * V, Identity(k)),
]
FACTS = [assume(elaborate_prop(p)) for p in GIVEN]
SQUARE = [P, Q, S, T, V * W, x * y.T, I]


@st.composite
def products(draw: st.DrawFn) -> Any:
    """A random n x n word in the letters, their transposes and rank-one parts."""
    word = draw(st.sampled_from(SQUARE))
    for _ in range(draw(st.integers(0, 3))):
        factor = draw(st.sampled_from(SQUARE))
        word = word * (factor.T if draw(st.booleans()) else factor)
    return word


@st.composite
def equations(draw: st.DrawFn) -> Any:
    """A random equation between matrices, vectors, forms or traces."""
    left, right = draw(products()), draw(products())
    if draw(st.booleans()):
        left = left + draw(st.sampled_from([1, -1, 2])) * draw(products())
    kind = draw(st.sampled_from(["matrix", "vector", "form", "trace"]))
    if kind == "vector":
        return Eq(left * x, right * x)
    if kind == "form":
        return Eq(x.T * (left * x), y.T * (right * x) if draw(st.booleans()) else x.T * right * x)
    if kind == "trace":
        return Eq(Trace(left), Trace(right))
    return Eq(left, right)


@settings(max_examples=250, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(equations(), models())
def test_what_a_model_of_the_hypotheses_denies_is_not_proved(goal: Any, model: Witness) -> None:
    """The soundness of all that stands between a statement and its theorem: language, prover, ideal rule."""
    assert all(evaluate(f.conclusion, model) for f in FACTS)
    p = elaborate_prop(goal)
    try:
        th = ideal(p, FACTS, Limits(rules=30, overlaps=30, steps=300, degree=8))
    except ProofFailure:
        return
    assert th.conclusion == p
    assert evaluate(p, model), f"{goal} was proved from {GIVEN}, but fails at {model}"


def test_the_models_are_not_too_kind() -> None:
    """Random equations are mostly false there, or the property above would be empty."""
    at = Witness(
        {"n": 2, "k": 1},
        {"P": IDEMPOTENT[1], "Q": ORTHOGONAL[3], "S": mat([1, 2, 2, 0]), "T": mat([1, 2, 0, -1])}
        | {"x": ((1,), (2,)), "y": ((6,), (-2,)), "W": PAIRS[0][0], "V": PAIRS[0][1]},
    )
    assert all(evaluate(f.conclusion, at) for f in FACTS)
    false = [Eq(P * Q, Q * P), Eq(P.T, P), Eq(T * T.T, T.T * T), Eq(V * W, I), Eq(x.T * y, x.T * T * x)]
    for goal in false:
        assert not evaluate(elaborate_prop(goal), at)
        with pytest.raises((ProofFailure, KernelError)):
            ideal(elaborate_prop(goal), FACTS, Limits(rules=30, overlaps=30, steps=300, degree=8))
