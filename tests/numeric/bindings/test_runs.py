"""The claims that speak of runs, blocks, norms, attention and heads, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from formal.book import BOOK
from formal.claims import Claim
from numeric import bindings  # noqa: F401  registers them
from numeric.claims.audit import BROKEN, HOLDS, REFUTED, SILENT, WITHIN, audit, read
from numeric.claims.binding import BINDINGS, UNBOUND, Inapplicable
from numeric.claims.subject import Subject
from numeric.enclosures.enclosure import Enclosure
from numeric.record import Trace
from numeric.transformer import Model

from ..conftest import ARCHITECTURES, tiny_subject

TOPICS = {
    *("blocks", "normalization", "norm_gauge", "norm_geometry", "prenorm", "postnorm", "attention", "heads"),
    *("triangular", "architectures", "topology", "continuity", "relu", "injectivity", "columns", "examples"),
    "block_example",
}
CLAIMS = [claim for claim in BOOK if claim.topic.split(".")[-1] in TOPICS]
BOUND = [claim for claim in CLAIMS if claim.id in BINDINGS]
# What an architecture lacks, so that a claim cannot be read there.
LACKING = {
    "bert": {"RS-U2d", "RS-U10a", "TH-7d", "TH-8e"},
    "gpt2": {"RS-U2a", "RS-U2c", "RS-U2d", "RS-U2f", "RS-U2g"},  # no neuron erases what it reads
    "llama": {"RS-U2d"},  # weights have too many digits for streams that collide without rounding
    "printed": {"RS-U2d", "RS-U10a"},
}


@cache
def model(name: str) -> Subject:
    return tiny_subject(**ARCHITECTURES[name])


def test_all_claims_are_bound_or_not_for_a_reason() -> None:
    """No claim of these topics is forgotten; what has no binding is about printed numbers, says nothing that could be
    true or false, or denies that there is a map."""
    assert not [claim.id for claim in CLAIMS if (claim.id in BINDINGS) == (claim.id in UNBOUND)]
    assert len(BOUND) >= 95


def test_a_neuron_that_erases_is_shown_without_rounding() -> None:
    """With weights in single precision two streams are found that collide exactly, so that the criterion is certain."""
    sound = tiny_subject(**ARCHITECTURES["bert"], scale=1.0)
    short = {name: value.astype(np.float32).astype(np.float64) for name, value in sound.model.parameters.items()}
    subject = Subject("short", Model(sound.config, short), sound.tokens)
    (found,) = audit(subject, [BOOK.claims["RS-U2d"]])
    assert found.status == HOLDS, found


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("claim", BOUND, ids=lambda claim: claim.id)
def test_claims_are_as_the_book_says(claim: Claim, name: str) -> None:
    """A proved claim holds, certainly or within a small width, and a false one is refuted, on every architecture: the
    letters are what the claim means, and radii are no wider than rounding."""
    (found,) = audit(model(name), [claim])
    if claim.id in LACKING[name]:
        assert found.status == "" and found.reason
        return
    false = claim.disproof is not None or claim.witness is not None
    assert found.status in ((REFUTED,) if false else (HOLDS, WITHIN)), [
        (r.where, r.status, r.why) for r in found.readings
    ]
    assert found.width < 1e-10
    assert SILENT not in {r.status for r in found.readings}


# ---------------------------------------------------------------- what must be refused
class Recorded(Subject):
    """A subject of whose run something else is recorded."""

    def __init__(self, name: str, at: str, change: Callable[[np.ndarray[Any, Any]], Any]) -> None:
        sound = model(name)
        super().__init__(sound.name, sound.model, sound.tokens)
        values = {key: sound.trace[key] for key in sound.trace}
        values[at] = change(values[at].copy())
        self.__dict__["_run"] = (sound.logits, Trace(values))


def _nudged(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The last token's largest entry, off by a part in a million."""
    flat = value[..., -1, :] if value.ndim == 2 else value[-1]
    place = np.unravel_index(int(np.abs(flat).argmax()), flat.shape)
    flat[place] *= 1 + 1e-6
    return value


CAUGHT = [
    ("RS-L1", "bert", "blocks.2.hook_attn_out"),
    ("RS-L1", "llama", "blocks.3.hook_resid_post"),
    ("RS-L1", "printed", "blocks.1.hook_normalized_resid_mid"),
    ("RS-U5", "gpt2", "blocks.1.hook_resid_mid"),
    ("RS-U8", "bert", "blocks.0.hook_resid_post"),
    ("RS-U1", "gpt2", "blocks.2.attn.hook_z"),
    ("RS-U1", "llama", "blocks.2.mlp.hook_post"),
    ("RS-U7b", "llama", "blocks.3.hook_mlp_out"),
    ("RS-U10a", "llama", "blocks.2.hook_resid_pre"),
    ("RS-T1", "bert", "blocks.0.hook_resid_pre"),
    ("RS-U6b", "gpt2", "ln_final.hook_normalized"),
    ("RS-U6b", "bert", "embed.ln.hook_scale"),
    ("RS-U4", "llama", "blocks.1.attn.hook_rot_k"),
    ("RS-U4", "bert", "blocks.1.attn.hook_k"),
    ("RS-U4", "printed", "blocks.1.attn.hook_z"),
    ("RS-U6b", "llama", "ln_final.hook_scale"),
]


@pytest.mark.parametrize(("id", "name", "at"), CAUGHT)
def test_a_recorded_value_that_is_off_is_caught(id: str, name: str, at: str) -> None:
    """The claim about a step breaks where what was recorded of the step is off by a part in a million."""
    (claim,) = (claim for claim in BOUND if claim.id == id)
    (found,) = audit(Recorded(name, at, _nudged), [claim])
    assert found.status == BROKEN


def test_a_mask_that_is_not_there_is_caught() -> None:
    """TH-7d supposes causal patterns of a causal model, and breaks where one looks ahead."""

    def ahead(pattern: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        pattern[0, 0, :2] = 0.5
        return pattern

    (claim,) = (claim for claim in BOUND if claim.id == "TH-7d")
    (found,) = audit(Recorded("gpt2", "blocks.2.attn.hook_pattern", ahead), [claim])
    assert found.status == BROKEN


def _letters(change: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def changed(letters: Mapping[str, Any]) -> dict[str, Any]:
        value = letters[change]
        e = value if isinstance(value, Enclosure) else Enclosure(value)
        return {**letters, change: Enclosure(e.mid * (1 + 1e-6), None if e.exact else e.rad)}

    return changed


@pytest.mark.parametrize(
    ("id", "letter"),
    [
        ("TH-5", "C"),
        ("TH-5a", "V2"),
        ("TH-8a", "R"),
        ("TH-22", "z"),
        ("TH-22b", "z"),
        ("TH-26a", "A"),
        ("RS-Ex1a", "E"),
        ("RS-L1d", "c"),
        ("RS-U2a", "p1"),
        ("RS-U2e", "s"),
        ("RS-U6f", "y"),
        ("RS-U9a", "s"),
        ("RS-U12c", "t"),
        ("VW-L1c", "s_R"),
    ],
)
def test_a_letter_that_is_not_what_it_should_be_breaks_the_claim(id: str, letter: str) -> None:
    """Letters are not waved through: hypotheses that are said to hold are evaluated, and one that fails is a fault."""
    (claim,) = (claim for claim in BOUND if claim.id == id)
    bound = next(iter(BINDINGS[id][0](model("llama" if id == "RS-U2a" else "gpt2"))))
    wrong = replace(bound, letters=_letters(letter)(bound.letters))
    assert read(claim, wrong).status == BROKEN


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_models_that_are_as_small_as_can_be(name: str) -> None:
    """A text of one token and a model of one layer: claims are read, or it is said what is missing; none breaks."""
    small = tiny_subject(**{**ARCHITECTURES[name], "n_layers": 1}, tokens=[3])
    for found in audit(small, BOUND):
        assert found.status != BROKEN, (found.claim.id, [r.why for r in found.readings])
        assert found.readings or found.reason


def test_what_has_no_layers_is_said() -> None:
    """A model without layers has no heads to speak of."""
    with pytest.raises(Inapplicable):
        list(BINDINGS["TH-6"][0](tiny_subject(n_layers=0)))
