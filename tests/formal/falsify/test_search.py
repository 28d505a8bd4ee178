"""What a search reports is so: what it found fails, what it could not try it says, and the same seed does the same."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import pytest

from formal.book import BOOK
from formal.claims import PROVED, REFUTED, Claim, check
from formal.falsify import Search, search
from formal.falsify.gadgets import squared_coherence
from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    dims,
    family,
    inner,
    matrix,
    norm2,
    rank,
    scalars,
)
from formal.statement.language import Prop, as_prop

from ..provers.sharing import mostly_slow

d, n, i, j = dims("d n i j")
A, B, P = (matrix(name, d, d) for name in "ABP")
I = Identity(d)
s, eps = family("s", d, 1), scalars("eps")
TRUE = [c for c in BOOK if c.proof is not None]
FALSE = [
    *(c for c in BOOK if c.witness is not None and c.show is not None),
    *(c for claim in TRUE for c in claim.sharpness if c.witness is not None),
]


def bare(claim: Claim) -> Claim:
    return Claim(claim.id, "", claim.given, claim.show, claim.where)


def claim(show: Any, *given: Any) -> Claim:
    return Claim("X", "", tuple(map(as_prop, given)), as_prop(show))


@pytest.mark.parametrize("claim", mostly_slow(TRUE), ids=lambda c: c.id)
def test_what_is_proved_is_not_refuted(claim: Claim) -> None:
    """Otherwise the kernel would accept a proof and a counterexample."""
    found = search(bare(claim), seconds=60, tries=8)
    assert found.witness is None
    assert found.evidence is None


@pytest.mark.slow
def test_nearly_all_false_statements_of_the_book_are_refuted() -> None:
    """An author has found a witness for each of them. Those that are left need a number that is not rational, or
    numbers with many digits."""
    missed = []
    for wrong in FALSE:
        found = search(bare(wrong), seconds=600, tries=400)
        if found.witness is None:
            missed.append(wrong.id)
        else:
            assert check(dataclasses.replace(bare(wrong), witness=found.witness)).verdict == REFUTED
    assert len(missed) <= len(FALSE) // 12, missed


@pytest.mark.parametrize("claim", FALSE[::12], ids=lambda c: c.id)
def test_the_same_seed_does_the_same(claim: Claim) -> None:
    """Time does not enter, nor what was searched for before."""
    one, two = (search(bare(claim), seconds=600, tries=60, seed=5) for _ in range(2))
    assert (one.phases, one.reached) == (two.phases, two.reached)
    assert repr(one.witness) == repr(two.witness)


def test_crowded_directions_break_the_capacity_bound() -> None:
    """n <= d / eps^2 for unit vectors with cosines of at most eps <= 1/2: random vectors would not do it."""
    cosines = Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= eps**2))
    wrong = claim(n * eps**2 <= d, Each(i, n, Eq(norm2(s[i + 1]), 1)), cosines, 0 < eps, 2 * eps <= 1)
    found = search(wrong, seconds=600, tries=2000).witness
    assert found is not None
    assert (found["d"], found["n"]) == (6, 25)
    vectors = [tuple(str(row[0]) for row in v) for v in found["s"].values()]
    assert squared_coherence(vectors) == Fraction(1, 4)


@pytest.mark.parametrize(
    "show",
    [
        # Hall's identity, which holds for 2 x 2 matrices
        Eq((A * B - B * A) * (A * B - B * A) * P, P * (A * B - B * A) * (A * B - B * A)),
        Implies(Eq(A * A * A, 0), Eq(A * A, 0)),
    ],
    ids=["Hall's identity", "nilpotent"],
)
def test_what_only_fails_in_three_dimensions(show: Prop) -> None:
    """At d <= 2 these hold; a search that stops there would find nothing."""
    found = search(claim(show), seconds=600, tries=4000).witness
    assert found is not None
    assert found["d"] == 3


def test_what_cannot_be_evaluated_is_said() -> None:
    """Where nothing takes the place of a quantifier, nothing can be tried: silence would look like a search."""
    for wrong in (claim(Exists((B,), Eq(B * B, A))), claim(Eq(A, 0), ForAll((B,), Eq(rank(A * B), rank(B * A))))):
        found = search(wrong, seconds=60, tries=50)
        assert found == Search(None, (), reached=False)


def test_letters_bound_by_a_quantifier_are_freed() -> None:
    """The values refute the claim with these letters free; of what is written, that follows by logic."""
    wrong = claim(Eq(A, I), Exists((B,), Eq(A * B, I)))
    found = search(wrong, seconds=60)
    assert found.witness == {"d": 1, "A": ((-1,),), "B": ((-1,),)}
    assert found.evidence is not None
    assert found.evidence.given == wrong.given and check(found.evidence).verdict == REFUTED


@pytest.mark.parametrize(
    "wrong",
    [
        claim(ForAll((B,), Eq(A * B, 0)), Eq(A * A, 0)),
        claim(ForAll((B,), Implies(Eq(A * B, 0), Eq(B * A, 0)))),
        claim(And(Eq(A, A), ForAll((B,), Eq(A * B, B * A)))),
        claim(Eq(A, 0), Exists((B, P), And(Eq(A, B * P), Eq(P * B, 0)))),
        claim(Eq(A, B), Implies(Eq(A, I), Exists((P,), Eq(P, B)))),
        claim(Eq(A, I), Not(ForAll((B,), Eq(rank(A * B), d)))),
    ],
    ids=lambda c: str(c.show),
)
def test_logic_takes_the_kernel_to_the_claim_as_it_is_written(wrong: Claim) -> None:
    """Otherwise statements with quantifiers could be refuted, but not shown to be."""
    found = search(wrong, seconds=60, tries=2000)
    assert found.evidence is not None
    assert found.evidence.given == wrong.given and check(found.evidence).verdict == REFUTED


def test_hypotheses_that_nothing_meets_are_seen_in_the_figures() -> None:
    """ "None found" is worth little where no instance met the hypotheses, and the figures say so."""
    found = search(claim(Eq(A, 0), Eq(A * A, -I), Lt(rank(A), 1), Le(1, d)), seconds=60, tries=50)
    assert found.witness is None
    assert found.tries > 0
    assert found.met == 0


def test_dimensions_that_nothing_meets_are_seen_in_the_figures() -> None:
    """The search ends at once."""
    assert search(claim(Ne(A, A), Lt(d, d)), seconds=60).tries == 0


def test_progress_is_told() -> None:
    """As often as rounds end, with what was tried so far."""
    told: list[int] = []
    search(claim(Eq(A, A)), seconds=60, tries=200, progress=lambda so_far: told.append(so_far.tries))
    assert told == sorted(told)
    assert told[-1] > 0


def test_no_time_no_search() -> None:
    """Time that has run out stops it before the first instance."""
    assert search(claim(Eq(A, 0)), seconds=0).tries == 0


def test_verdicts_agree() -> None:
    """So that the two lists above are what they are called."""
    assert {check(c, sharp=False).verdict for c in TRUE[:3]} == {PROVED}
    assert {check(c).verdict for c in FALSE[:3]} == {REFUTED}
