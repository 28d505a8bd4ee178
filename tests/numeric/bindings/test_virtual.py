"""Claims about virtual weights, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from formal.book import BOOK
from numeric.bindings.virtual import chains, relays, total_effects
from numeric.claims.audit import BROKEN, WITHIN, audit, read
from numeric.claims.binding import Bound
from numeric.claims.subject import Subject


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "virtual")


def _read(id: str, bound: Bound, **wrong: Any) -> str:
    """The status of a claim at a place with some letters replaced."""
    return read(BOOK.claims[id], replace(bound, letters={**bound.letters, **wrong})).status


def test_a_relay_that_reads_something_else_is_caught(tiny: Callable[..., Subject]) -> None:
    """The factorisation then fails, though the binding says that it holds."""
    bound = next(relays(tiny()))
    assert _read("VW-L5d", bound) == WITHIN
    assert _read("VW-L5d", bound, W_j=bound.letters["W_k"]) == BROKEN


def test_virtual_weights_that_go_back_are_caught(tiny: Callable[..., Subject]) -> None:
    """With a weight from a later head to an earlier one some chains never end."""
    bound = next(chains(tiny()))
    wrong = bound.letters["N"].mid.copy()
    wrong[0, -1] = 1.0
    assert _read("VW-L5f", bound, N=wrong) == BROKEN


def test_total_effects_of_another_model_are_caught(tiny: Callable[..., Subject]) -> None:
    """Virtual weights that are recovered from them are not those of this one."""
    here, there = (next(total_effects(tiny(seed=seed))) for seed in (0, 1))
    assert _read("VW-L5g", here, F=there.letters["F"]) == BROKEN


def test_a_model_of_one_layer_has_no_virtual_weights(tiny: Callable[..., Subject]) -> None:
    """The audit says what is missing instead of nothing, or of an error."""
    (found,) = audit(tiny(n_layers=1), [BOOK.claims["VW-L5f"]])
    assert found.readings == () and "2 are needed" in found.reason
