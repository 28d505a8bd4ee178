"""The checks can fail: faults of transformers and of their weights are caught, each by a claim that is named."""

from __future__ import annotations

from functools import cache

import pytest

from formal.book import BOOK
from numeric import bindings  # noqa: F401  registers them
from numeric.claims.audit import BROKEN, audit
from numeric.claims.binding import BINDINGS

from .conftest import ARCHITECTURES, tiny_subject
from .faults import FAULTS, Fault, Faulty

# What no claim catches, and why: the last bits of a product lie within what rounding may have done to it.
NOT_CAUGHT = {
    "the last bit of a query flips": "a product's rounding error may be larger than one unit in the last place",
    "the last bit of a neuron flips": "a product's rounding error may be larger than one unit in the last place",
}
ABOUT_RUNS = [claim for claim in BOOK if claim.id in BINDINGS and not claim.id.startswith("TH-1")]


@cache
def caught_by(fault: Fault) -> tuple[str, ...]:
    """The claims that break."""
    return tuple(one.claim.id for one in audit(Faulty(fault), ABOUT_RUNS) if one.status == BROKEN)


@pytest.mark.slow
@pytest.mark.parametrize("model", ARCHITECTURES)
def test_a_sound_run_breaks_nothing(model: str) -> None:
    """No claim is broken by a model that does what it says: a check that always fails would catch all faults."""
    found = audit(tiny_subject(**ARCHITECTURES[model]), ABOUT_RUNS)
    assert [(one.claim.id, one.readings) for one in found if one.status == BROKEN] == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_faults_are_caught_by_a_named_claim(fault: Fault) -> None:
    """Each fault breaks a claim, but for those that are listed with the reason."""
    assert bool(caught_by(fault)) == (fault.name not in NOT_CAUGHT), caught_by(fault)


def test_nearly_all_faults_are_caught() -> None:
    """At least 60 faults, of which at least 95 % are caught."""
    assert len(FAULTS) >= 60
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert len(NOT_CAUGHT) <= 0.05 * len(FAULTS)
    assert set(NOT_CAUGHT) <= {fault.name for fault in FAULTS}
