"""The parts of the methods for layers; what they prove without hints is in `test_without_hints`."""

from __future__ import annotations

import pytest

from formal.claims import stated
from formal.kernel import rules
from formal.kernel.terms import nat
from formal.provers.errors import ProofFailure
from formal.provers.invariants import keep_invariants
from formal.provers.proof import Proof
from formal.provers.recursions import at_indices, recursions


def _proof(text: str) -> Proof:
    claim = stated(text)
    return Proof(claim.goal, map(rules.assume, claim.hypotheses))


def test_recursions_are_found_with_and_without_a_value_at_0() -> None:
    p = _proof("d, L; T[l], P[l]: d x d; x[l]: d; P[0] = I, for all l < L: P[l+1] = T[l+1]*P[l], "
               "for all l < L: x[l+1] = T[l+1]*x[l] => P[L]*x[0] = x[L]")  # fmt: skip
    assert {r.decl.name: str(dict(r.start.words)) for r in recursions(p)}.keys() == {"P", "x"}


def test_what_is_said_below_a_bound_is_used_at_the_entries_at_hand() -> None:
    """T[2] in the goal asks for l = 1; T[l] of another family is not matched by name alone."""
    p = _proof("d; T[l]: d x d; for all l < 3: T[l+1] = I => T[2] = I")
    at_indices(p)
    assert p.goal in {f.conclusion for f in p.facts}


def test_nothing_is_said_beyond_the_bound() -> None:
    p = _proof("d; T[l]: d x d; for all l < 3: T[l+1] = I => T[4] = I")
    at_indices(p)
    assert p.goal not in {f.conclusion for f in p.facts}


def test_what_recursions_keep_is_proved_together() -> None:
    """W P[k] = W, from W T = 0; the guesses that are wrong, such as P[k] = P[0], are gone before anything is proved."""
    p = _proof("d, m, L; T[l]: d x d; W: m x d; for all l < L: W*T[l+1] = 0 => W*prod(l = 1..L, I + T[l]) = W")
    assert keep_invariants(p, nat("L"))
    assert p.goal in {f.conclusion for f in p.facts}
    assert not any("P[L] - I = 0" == str(f.conclusion) for f in p.facts)


def test_no_invariant_is_made_up() -> None:
    p = _proof("d, L; T[l]: d x d; prod(l = 1..L, T[l]) = I")
    with pytest.raises(ProofFailure):
        p.prove(p.goal)
    keep_invariants(p, nat("L"))
    assert p.goal not in {f.conclusion for f in p.facts}
