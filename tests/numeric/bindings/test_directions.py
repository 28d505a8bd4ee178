"""Directions of the stream: memory, clearing, angles, superposition, spectra, null spaces, on small random models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from formal.book import BOOK
from formal.claims import Claim
from numeric import bindings  # noqa: F401  registers them
from numeric.claims.audit import BROKEN, HOLDS, OPEN, REFUTED, SILENT, WITHIN, audit, read
from numeric.claims.binding import BINDINGS, UNBOUND, Bound, Inapplicable
from numeric.claims.subject import Subject
from numeric.enclosures.enclosure import Enclosure, enclose
from numeric.record import Trace

TOPICS = (
    *("memory", "clearing", "angles", "coherence", "crosstalk", "frames", "welch", "packing", "powers", "sparsity"),
    *("monomials", "forgetting", "spectra", "nullspaces", "linear_layers"),
)
CLAIMS = {claim.id: claim for claim in BOOK if claim.topic.rpartition(".")[2] in TOPICS}
# False claims that small random models need not refute: that no vector at all has a property is not shown by trying,
# and the eigenvalues of random heads are not below -2.
NOT_REFUTED = {"VW-L6c", "VW-U10a"}


def places(id: str, subject: Subject) -> Iterator[Bound]:
    """Where a claim is read, by all bindings that this model has something for."""
    for binding in BINDINGS[id]:
        with suppress(Inapplicable):
            yield from binding(subject)


def test_every_claim_is_bound_or_says_why_not() -> None:
    """No claim about directions is forgotten; only what does not type has no binding."""
    assert [id for id in CLAIMS if id not in BINDINGS and id not in UNBOUND] == []
    assert [id for id in CLAIMS if id in UNBOUND] == [id for id, claim in CLAIMS.items() if claim.ill_typed]


@pytest.mark.parametrize("topic", TOPICS)
def test_claims_are_as_the_book_says(every: Subject, topic: str) -> None:
    """True claims hold, false ones are refuted, on each architecture: nothing is open, broken, or silent throughout."""
    claims = [c for c in CLAIMS.values() if c.topic.endswith(f".{topic}") and c.id in BINDINGS]
    for one in audit(every, claims):
        assert one.readings, (one.claim.id, one.reason)
        assert one.status in _expected(one.claim), (one.claim.id, [r for r in one.readings if r.why])
        assert not {r.status for r in one.readings} & {OPEN, BROKEN}, one.claim.id
        assert one.width < 1e-8, one.claim.id  # small random weights are worse than trained ones


def _expected(claim: Claim) -> set[str]:
    if claim.proof is not None or claim.defines is not None:
        return {HOLDS, WITHIN}
    return {REFUTED, HOLDS, WITHIN} if claim.id in NOT_REFUTED else {REFUTED}


# ---------------------------------------------------------------- what they refuse
# Letters of which a wrong value, off by 1 / 1000 or so, breaks the claim at one of its places.
REFUSED = {
    "RS-U2o": "T t x", "VW-U4": "v y", "VW-U4a": "u v", "VW-L4": "T v", "VW-L4c": "T v", "VW-L4f": "x x2",
    "VW-C2": "A1 A2 a b v", "VW-C2a": "A B G H J K", "VW-C2b": "A G H J K", "VW-C2c": "P c v", "VW-C2d": "P1 P2",
    "VW-L6a": "V_i W_j", "VW-L6b": "N lam v", "VW-L6d": "S U V X e sigma", "VW-L6g": "V W lam x", "VW-L6h": "A B",
    "VW-L6i": "A B C D", "VW-L6j": "R", "VW-C3a": "S S2 U V X", "VW-C3b": "s t", "VW-C3c": "phi s t",
    "VW-L8": "c v1 v2 w1 w2", "VW-L8b": "P v w", "VW-L8d": "G K R S", "VW-L8e": "Q1 Q2", "VW-C5": "v1 v2 w1 w2",
    "VW-C5a": "V W", "VW-C5b": "v1 v2 w1", "VW-L9": "a s", "VW-L9a": "u", "VW-L9b": "a r", "VW-U9": "S alpha",
    "VW-U9a": "a b s", "VW-U9c": "S", "VW-T5": "s", "VW-T5a": "s", "VW-T5b": "s", "VW-T5c": "s",
    "VW-L10": "s1 s2 t1 t2", "VW-L10a": "rho s", "VW-L10c": "S", "VW-T6": "V W", "VW-T6a": "V W", "VW-T6b": "B V W",
    "VW-T6c": "V W g", "VW-T6f": "V W", "VW-T6g": "V W", "VW-T6h": "relu u v x", "VW-T6i": "s x y", "VW-T6j": "f r s",
    "VW-U10": "W_OV lam u", "VW-U10a": "W_OV lam u", "VW-U10b": "W_OV lam u", "VW-U10c": "a lam",
    "VW-U10d": "W_OV e f lam u", "VW-U10e": "relu", "VW-L11": "e p_in p_out w_in w_out", "VW-L11b": "s w_in w_out",
    "VW-L11c": "e p_in p_out w_in w_out", "VW-L11d": "e w_in w_out", "VW-L11e": "S V W", "VW-L11f": "S V W",
    "VW-L11g": "V W", "VW-U11": "V W x", "VW-U11a": "V W c x", "VW-T7a": "P", "VW-T7b": "t y z", "VW-T7d": "c t y z",
    "VW-T7e": "b t y z", "VW-L12": "m", "VW-L12b": "m", "VW-L12c": "m v x", "TH-10": "A B C D R V W", "TH-14a": "s",
    "TH-14d": "s", "TH-14e": "a t", "TH-15": "c s", "TH-16": "u v", "TH-17": "s", "TH-17a": "s", "TH-17b": "s",
    "TH-17c": "a b s", "TH-20a": "P r",
}  # fmt: skip


def wrong(value: Any) -> Any:
    """The same letter, a little off; of a family its last member."""
    if isinstance(value, dict):
        return {**value, max(value): wrong(value[max(value)])}
    if isinstance(value, Fraction):
        return value * Fraction(1025, 1024)
    if callable(value):
        return lambda *given: wrong(value(*given))
    e = enclose(value)
    return Enclosure(e.mid * (1 + 2.0**-10) + 2.0**-10, e.rad)


@pytest.mark.parametrize("id", REFUSED)
def test_wrong_letters_are_refused(tiny: Any, id: str) -> None:
    """Hypotheses that hold by construction are checked: a letter that was made wrongly is found out."""
    found = list(places(id, tiny()))
    for name in REFUSED[id].split():
        statuses = set()
        for bound in found:
            if name in bound.letters:
                letters = {**bound.letters, name: wrong(bound.letters[name])}
                statuses.add(read(CLAIMS[id], replace(bound, letters=letters)).status)
        assert BROKEN in statuses, f"{id}: a wrong {name} went unnoticed"


@pytest.mark.parametrize("id", ["VW-U11", "VW-U11a", "VW-U9", "VW-C3"])
def test_definitions_are_refused_with_another_value(tiny: Any, id: str) -> None:
    """What a definition is compared with decides: another value breaks it at every place."""
    for bound in places(id, tiny()):
        assert read(CLAIMS[id], replace(bound, equals=wrong(bound.equals))).status == BROKEN


EXISTENCES = ("RS-U2i", "RS-U2n", "VW-C5a", "VW-C6a", "VW-U9b", "VW-T2c", "TH-14c", "TH-15a", "TH-18a", "VW-L12e")


@pytest.mark.parametrize("id", EXISTENCES)
def test_existence_is_not_believed(tiny: Any, id: str) -> None:
    """With wrong values to try an existence is not shown, and nothing is said: it is open, or a premise is."""
    for bound in places(id, tiny()):
        tried = {k: [0.0 * v if k == "m" else _off(v) for v in values] for k, values in bound.tried.items()}
        assert read(CLAIMS[id], replace(bound, tried=tried)).status in (OPEN, BROKEN, SILENT), bound.where


def _off(value: Any) -> Any:
    """Dimensions and indices as they are, anything else off by 1 / 1000."""
    return value if isinstance(value, int) else wrong(value)


# ---------------------------------------------------------------- runs that are wrong
def test_faults_of_a_run_break_the_claims_about_it(every: Subject, tiny: Any) -> None:
    """What an MLP is recorded to write is its neurons' writes, and a norm's output times its scale what it normalised:
    a flipped bit breaks the claim that says so."""
    for id, name in (("VW-U9", "blocks.2.hook_mlp_out"), ("VW-T6i", "blocks.2.ln1.hook_normalized")):
        assert BROKEN in _statuses(_tampered(every, name), id), (id, name)
        assert BROKEN not in _statuses(every, id)


def test_a_dropped_residual_breaks_the_sum(tiny: Any) -> None:
    """The stream is the sum of what is written to it (VW-U4): a stream without one term is none."""
    assert BROKEN not in _statuses(tiny(), "VW-U4")
    for name in ("blocks.1.hook_resid_mid", "blocks.3.hook_resid_post", "blocks.2.hook_attn_out"):
        assert BROKEN in _statuses(_tampered(tiny(), name), "VW-U4"), name


def test_other_logits_break_the_code_that_writes_them(tiny: Any) -> None:
    """Logits are what the unembedding makes of the last normed stream (VW-U9): one that is off is found, and so is an
    activation that is no number."""
    sound = tiny()
    logits = sound.logits.copy()
    logits[-1, 3] += 2.0**-30
    made = Subject("other logits", sound.model, sound.tokens)
    made.__dict__["_run"] = (logits, sound.trace)
    assert BROKEN in _statuses(made, "VW-U9")
    values = {key: sound.trace[key].copy() for key in sound.trace}
    values["blocks.1.mlp.hook_post"][-1, 0] = np.nan
    made.__dict__["_run"] = (sound.logits, Trace(values))
    assert BROKEN in _statuses(made, "VW-U9")


def _statuses(subject: Subject, id: str) -> set[str]:
    (one,) = audit(subject, [CLAIMS[id]])
    return {r.status for r in one.readings}


def _tampered(subject: Subject, name: str) -> Subject:
    """The same model and run with one recorded value changed in its last position, by 2^-30 of its largest entry."""
    values = {key: subject.trace[key] for key in subject.trace}
    changed = values[name].copy()
    changed[-1, int(np.abs(changed[-1]).argmax())] *= 1 + 2.0**-30
    made = Subject(subject.name, subject.model, subject.tokens)
    made.__dict__["_run"] = (subject.logits, Trace({**values, name: changed}))
    return made


# ---------------------------------------------------------------- models with less in them
def test_dead_heads_and_neurons_are_no_crash(tiny: Any) -> None:
    """Weights that are 0 have no inverses and no directions: claims are read where they can be, and none breaks."""
    sound = tiny()
    parameters = {name: value.copy() for name, value in sound.model.parameters.items()}
    for name in ("blocks.0.attn.W_O", "blocks.1.attn.W_V", "blocks.0.mlp.W_in", "blocks.2.mlp.W_out"):
        parameters[name][:] = 0
    subject = Subject("dead", type(sound.model)(sound.config, parameters), sound.tokens)
    for one in audit(subject, CLAIMS.values()):
        assert one.readings or one.reason
        assert one.status != BROKEN, [r for r in one.readings if r.status == BROKEN]


@pytest.mark.parametrize("sizes", [{"n_layers": 0}, {"n_layers": 1, "n_heads": 1}, {"n_layers": 2, "d_mlp": 1}])
def test_small_models_are_no_crash(tiny: Any, sizes: dict[str, Any]) -> None:
    """Without layers, without pairs of them, with one neuron: what a model lacks is a reason, not an error."""
    for one in audit(tiny(**sizes), CLAIMS.values()):
        assert one.readings or one.reason
        assert one.status != BROKEN, [r for r in one.readings if r.status == BROKEN]


def test_one_token_is_a_text(tiny: Any) -> None:
    """A text of one token has no other tokens to compare it with."""
    for one in audit(tiny(tokens=[3]), CLAIMS.values()):
        assert one.readings or one.reason
        assert one.status not in (BROKEN, OPEN), [r for r in one.readings if r.status in (BROKEN, OPEN)]
