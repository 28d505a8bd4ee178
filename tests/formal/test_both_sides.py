"""Random small statements, each given to the provers and to the falsifier: the two must never both succeed.

Either success is confirmed by the kernel, so a contradiction would be a hole in the kernel, or in what turns a claim
into kernel propositions. Statements are made so that many are true and many are false: equations that follow from the
hypotheses by rewriting, some of them damaged afterwards; inequalities of ranks and of squared norms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from formal.claims import REFUTED, Claim, check
from formal.falsify import search
from formal.provers.portfolio import prove
from formal.statement import Eq, Expression, Identity, Le, Prop, Trace, dims, inner, matrix, norm2, rank, vector

STATEMENTS = 10_000
SEEDS = 20  # how many processes' worth of work the statements are cut into
TRIES = 30  # for a counterexample; of the provers, those that take no time to speak of

d, m = dims("d m")
I_d, I_m = Identity(d), Identity(m)
A, B, P, Q = (matrix(name, d, d) for name in "ABPQ")
W, V = matrix("W", m, d), matrix("V", d, m)
U, R = matrix("U", d, m), matrix("R", m, d)
x, y = vector("x", d), vector("y", d)
SQUARE, ALL = (A, B, P, Q), (A, B, P, Q, W, V, U, R)

# What may be given, with the two sides of what it lets one rewrite.
GIVEN: tuple[Callable[[], list[tuple[Expression, Expression]]], ...] = (
    lambda: [(W * V, I_m)],
    lambda: [(W * V, 0 * I_m)],
    lambda: [(P * P, P)],
    lambda: [(P * P, P), (P.T, P)],
    lambda: [(A * B, B * A)],
    lambda: [(A * B, I_d), (B * A, I_d)],
    lambda: [(A * B, I_d)],
    lambda: [(Q.T * Q, I_d)],
    lambda: [(V.T * V, I_m)],
    lambda: [(A * A, 0 * I_d)],
    lambda: [(A.T, A)],
    lambda: [(A * x, 0 * x)],
    lambda: [(W * A, 0 * W), (A * V, 0 * V)],
    lambda: [(A * P, P * A), (P * P, P)],
    lambda: [(A, V * W)],
    lambda: [(V * W * V, V), (W * V * W, W)],
)


def equations(r: Random) -> list[tuple[Expression, Expression]]:
    return [pair for _ in range(r.choice((0, 1, 1, 2))) for pair in r.choice(GIVEN)()]


def word(r: Random, rows: Any, cols: Any, letters: tuple[Expression, ...], length: int) -> Expression | None:
    """A random product of so many letters and transposes with these sizes, or None."""
    value, at = None, rows
    for i in range(length):
        fits = [e for x in letters for e in (x, x.T) if e.shape[0] == at and (i < length - 1 or e.shape[1] == cols)]
        if not fits:
            return None
        e = r.choice(fits)
        value, at = e if value is None else value * e, e.shape[1]
    return value


def some_word(r: Random, rows: Any, cols: Any) -> Expression:
    """A product of one to three letters with these sizes."""
    letters = tuple(r.sample(ALL, 3))
    for _ in range(20):
        found = word(r, rows, cols, letters if r.random() < 0.8 else ALL, r.choice((1, 1, 2, 2, 3)))
        if found is not None:
            return found
    return word_of(rows, cols)


def word_of(rows: Any, cols: Any) -> Expression:
    return next(e for z in (*ALL, W * V, x, x.T * y) for e in (z, z.T) if e.shape == (rows, cols))


def equation(r: Random, given: list[tuple[Expression, Expression]]) -> Prop:
    """u = v, where v comes from u by the hypotheses, or nearly."""
    if not given or r.random() < 0.3:
        rows, cols = r.choice(((d, d), (d, m), (m, m)))
        a, b, c = (some_word(r, rows, cols) for _ in range(3))
        left, right = (a + b) * (a - b) if rows == cols else a + b, a * a - b * b if rows == cols else b + a
        return Eq(left + c, right + c if r.random() < 0.7 else right - c)
    one, two = r.choice(given)
    rows, cols = one.shape
    before, after = (some_word(r, n, n) if r.random() < 0.6 else Identity(n) for n in (rows, cols))
    left, right = before * one * after, before * two * after
    if r.random() < 0.5:
        more = r.choice(given)
        if more[0].shape == left.shape:
            left, right = left + more[0], right + more[1]
    if r.random() < 0.3:
        left, right = left.T, right.T
    if r.random() < 0.4:  # damage it
        right = r.choice((-right, right + left, 2 * right, right + word_of(*right.shape)))
    if left.shape[0] == left.shape[1] and r.random() < 0.3:
        return Eq(Trace(left), Trace(right))
    return Eq(left, right)


def rank_bound(r: Random) -> Prop:
    a, b = some_word(r, d, d), some_word(r, d, d)
    small = r.choice((a * b, a + b, a - b, a * a, a.T * a, a * b - b * a, a * b + b))
    large = r.choice(
        (rank(a), rank(b), rank(a) + rank(b), rank(a * b) + rank(b), d, rank(a.T), rank(a * a), 2 * rank(a))
    )
    return Le(rank(small), large)


def bound(r: Random) -> Prop:
    c = r.choice((-2, -1, 1, 2))
    if r.random() < 0.5:
        u, v = r.sample((x, y, A * x, P * x, V.T * x), 2)
        if u.shape != v.shape:
            u, v = x, A * y
    else:
        u, v = some_word(r, d, m), some_word(r, d, m)
    forms = (
        Le(c * inner(u, v), r.choice((1, 2)) * norm2(u) + r.choice((1, 1, 2)) * norm2(v)),
        Le(norm2(u + c * v), r.choice((1, 2, 4)) * (norm2(u) + norm2(v))),
        Le(norm2(u), norm2(u - v) + r.choice((1, 2)) * norm2(v)),
        Le(c * inner(u, u), norm2(u) * r.choice((1, 2))),
    )
    return r.choice(forms)


def statement(r: Random, name: str) -> Claim:
    given = equations(r)
    kind = r.random()
    show = equation(r, given) if kind < 0.6 else rank_bound(r) if kind < 0.8 else bound(r)
    return Claim(name, "", tuple(Eq(a, b) for a, b in given), show)


def both_sides(seed: int) -> Counter[str]:
    """How many of a share of the statements were proved, refuted, left open; the contradictions by their text."""
    r, found = Random(f"both sides {seed}"), Counter[str]()
    for i in range(STATEMENTS // SEEDS):
        claim = statement(r, f"random-{seed}-{i}")
        theorem, _ = prove(claim.goal, claim.hypotheses, 60, rounds=range(0))
        looked = search(claim, tries=TRIES, seed=i)
        if looked.witness is not None and (looked.evidence is None or check(looked.evidence).verdict != REFUTED):
            found[f"witness refused by the kernel: {claim.given} => {claim.show}"] += 1
        if theorem is not None and looked.witness is not None:
            found[f"both proved and refuted: {claim.given} => {claim.show}"] += 1
        found["proved" if theorem is not None else "refuted" if looked.witness is not None else "open"] += 1
    return found


@pytest.mark.slow
@pytest.mark.figures
def test_nothing_is_both_proved_and_refuted(over_processes: Callable[..., list[Any]]) -> None:
    """If this fails, the kernel has a hole, and no verdict can be believed."""
    total = sum(over_processes(both_sides, range(SEEDS)), Counter[str]())
    verdicts = {name: total.pop(name) for name in ("proved", "refuted", "open")}
    print(f"{sum(verdicts.values())} random statements: {verdicts}, {sum(total.values())} contradictions")
    assert not total
    assert sum(verdicts.values()) == STATEMENTS
    # With few of either kind the test would say little.
    assert min(verdicts["proved"], verdicts["refuted"]) > STATEMENTS // 5


def test_a_share_of_it() -> None:
    """The same on few statements, quickly, in the order of another seed."""
    r = Random(0)
    verdicts = Counter[str]()
    for i in range(40):
        claim = statement(r, f"few-{i}")
        theorem, _ = prove(claim.goal, claim.hypotheses, 60, rounds=range(0))
        looked = search(claim, tries=20, seed=i)
        assert theorem is None or looked.witness is None, claim
        verdicts["p" if theorem else "r" if looked.witness else "o"] += 1
    assert verdicts["p"] and verdicts["r"]
