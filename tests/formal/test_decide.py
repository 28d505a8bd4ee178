"""Deciding: what searches is not believed, what was tried is on record, and nothing runs on for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import formal.decide
from formal.certificate import certificate, to_text
from formal.checker import main as checker
from formal.claims import Claim, Result, claim
from formal.decide import OPEN, Decision, Interrupted, decide, refute
from formal.falsify import Hunt, Phase, Refutation, Search, refutation
from formal.kernel import rules
from formal.kernel.rules import Theorem
from formal.provers.errors import ProofFailure
from formal.provers.portfolio import Attempt
from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Implies,
    Or,
    StatementError,
    dims,
    family,
    inner,
    matrix,
    rank,
    vector,
)

d, m, l, L = dims("d m l L")
T = family("T", d, d)
W, V = matrix("W", m, d), matrix("V", d, m)
TRUE = claim("", given=[Eq(V, V), Eq(W * V, Identity(m))], show=Eq(W * (Identity(d) - V * W), 0))
FALSE = claim("", given=[Eq(W * V, Identity(m))], show=Eq(V * W, Identity(d)))
Patch = pytest.MonkeyPatch


def never(hunt: Hunt, *limits: Any) -> Search:
    """A search that finds nothing."""
    assert hunt.progress is not None
    hunt.progress(Search(None, (Phase("tiny", 3, 1),)))
    return Search(None, (Phase("tiny", 5, 2),))


def no_proof(
    goal: Any, hypotheses: Any, seconds: float, told: Callable[[Attempt], None], rounds: range
) -> tuple[None, list[Attempt]]:
    told(Attempt("guessing", goal, rounds[0], 0.0, "no idea"))
    return None, []


def test_what_was_found_is_on_record() -> None:
    found = decide(TRUE, seconds=5)
    assert (found.verdict, found.used) == ("proved", (False, True))
    assert found.methods and found.theorem is not None and found.claim.proof is not None
    wrong = decide(FALSE, seconds=5)
    assert wrong.verdict == "refuted" and wrong.search.witness == wrong.claim.witness is not None
    assert wrong.methods == ()


def test_open_says_what_was_tried(monkeypatch: Patch) -> None:
    monkeypatch.setattr(formal.decide.Hunt, "run", never)
    monkeypatch.setattr(formal.decide, "prove", no_proof)
    said: list[str] = []
    found = decide(TRUE, seconds=5, progress=said.append)
    assert found.verdict == OPEN and found.theorem is None and found.claim.evidence == ()
    assert (found.search.tries, found.search.met) == (5, 2)
    assert [a.failure for a in found.attempts] == ["no idea", "no idea"]
    assert [a.round for a in found.attempts] == [0, 1]  # no round twice
    assert "looking for a counterexample, tiny: 5 tries, 2 met the hypotheses" in said
    assert "looking for a proof: 1 attempts, the last by guessing" in said


def test_a_search_that_lies_is_found_out(monkeypatch: Patch) -> None:
    """The kernel has the last word on what a search calls a counterexample."""
    values = {"d": 1, "m": 1, "W": [[1]], "V": [[1]]}
    for one, look in ((TRUE, decide), (FALSE, refute)):
        there = replace(one, witness=values)
        lie = Search(values, (), refutation=Refutation(there, there))
        monkeypatch.setattr(formal.decide.Hunt, "run", lambda *a, lie=lie, **k: lie)
        with pytest.raises(ProofFailure, match="the evidence that was found does not stand"):
            look(one, seconds=5)


def test_a_prover_that_lies_is_found_out(monkeypatch: Patch) -> None:
    """A theorem of something else proves nothing."""
    other: Theorem = rules.assume(FALSE.goal)
    monkeypatch.setattr(formal.decide.Hunt, "run", never)
    monkeypatch.setattr(formal.decide, "prove", lambda *a: (other, []))
    with pytest.raises(ProofFailure, match="does not stand"):
        decide(TRUE, seconds=5)
    with pytest.raises(ProofFailure, match="does not stand"):
        decide(FALSE, seconds=5)


@pytest.mark.parametrize("ask", [decide, refute])
def test_who_stops_it_learns_how_far_it_came(monkeypatch: Patch, ask: Callable[..., Decision]) -> None:
    def stopped(hunt: Hunt, *limits: Any) -> Search:
        assert hunt.progress is not None
        hunt.progress(Search(None, (Phase("tiny", 3, 1),)))
        raise KeyboardInterrupt

    monkeypatch.setattr(formal.decide.Hunt, "run", stopped)
    with pytest.raises(Interrupted) as stop:
        ask(TRUE, seconds=5)
    assert isinstance(stop.value, KeyboardInterrupt)
    assert (stop.value.decision.verdict, stop.value.decision.search.tries) == (OPEN, 3)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 86_401])
def test_time_must_come_to_an_end(seconds: float) -> None:
    for ask in (decide, refute):
        with pytest.raises(ValueError, match="is not a number of seconds between 0 and 86400"):
            ask(TRUE, seconds=seconds)


def test_what_states_nothing_is_refused() -> None:
    with pytest.raises(StatementError, match="states no proposition"):
        decide(claim(defines=W))
    with pytest.raises(StatementError, match="W is the name of two letters"):
        decide(claim(given=[Eq(W, 0)], show=Eq(matrix("W", d, d), 0)))


def test_refuting_tries_no_proof(monkeypatch: Patch) -> None:
    monkeypatch.setattr(formal.decide, "prove", None)
    assert refute(TRUE, tries=20, seconds=5).verdict == OPEN
    assert refute(FALSE, seconds=5).verdict == "refuted"


def test_claims_take_lists_and_relations_of_dimensions() -> None:
    """What a person writes without looking anything up."""
    made = claim("room", given=[1 <= m, m <= d], show=m >= 1)
    assert [str(p) for p in made.given] == ["1 <= m", "m <= d"] and str(made.show) == "1 <= m"
    with pytest.raises(StatementError, match="is not a proposition"):
        claim(show=W == W)


x = vector("x", d)
A, B, X = (matrix(name, d, d) for name in "ABX")
QUANTIFIED = [
    claim("for all", given=[Eq(A * A, 0)], show=ForAll(x, Eq(A * x, 0))),
    claim("an implication for all", show=ForAll(x, Implies(Eq(A * x, 0), Eq(B * x, 0)))),
    claim("there is", given=[Exists(X, Eq(A, B * X))], show=Eq(rank(A), rank(B))),
    claim("in a conjunction", given=[Eq(A * B, 0)], show=And(Eq(A * B, 0), ForAll(x, Or(Eq(A * x, 0), Eq(B * x, 0))))),
    claim("at an index", show=Each(l, L, ForAll(x, Eq(T[l + 1] * x, 0)))),
    claim("in an order", show=ForAll(x, inner(x, A * x) >= 0)),
]


@pytest.mark.parametrize("one", QUANTIFIED, ids=lambda c: c.title)
def test_quantifiers_are_no_hiding_place(one: Claim, tmp_path: Path) -> None:
    """The statement itself is refuted in the kernel, and the separate checker agrees; there are values to read."""
    found = decide(one, seconds=10)
    assert found.verdict == "refuted" and found.theorem is not None
    assert found.theorem.conclusion == one.denial and not found.theorem.hyps
    assert found.there is not None and found.there.witness
    body = certificate(Result(found.claim, found.verdict, found.theorem))
    (tmp_path / "c.json").write_text(to_text(body))
    assert checker([str(tmp_path / "c.json")]) == 0


def test_values_that_refute_nothing_are_no_refutation() -> None:
    """Also where quantifiers were taken off."""
    for one in QUANTIFIED:
        assert one.show is not None
        said = f"{one.given} {one.show}"
        values = {"d": 1, "L": 1, "l": 0, "A": [[0]], "B": [[0]], "X": [[0]], "x": [[0]], "T": {1: [[0]]}}
        assert refutation(one, {name: value for name, value in values.items() if name in said}) is None
