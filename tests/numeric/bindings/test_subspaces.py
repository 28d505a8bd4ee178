"""Claims about subspaces, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from formal.book import BOOK
from numeric.bindings.subspaces import read_off, respected
from numeric.claims.audit import BROKEN, SILENT, read
from numeric.claims.subject import Subject


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "subspaces")


def test_a_projection_that_belongs_to_other_layers_is_caught(tiny: Callable[..., Subject]) -> None:
    """It commutes with its own layers only."""
    here, there = (next(respected(tiny(seed=seed))) for seed in (0, 1))
    wrong = replace(here, letters={**here.letters, "P": there.letters["P"]})
    assert read(BOOK.claims["VW-L7a"], wrong).status == BROKEN
    assert read(BOOK.claims["VW-L7a"], replace(wrong, made=())).status == SILENT


def test_a_head_that_was_read_off_wrongly_is_caught(tiny: Callable[..., Subject]) -> None:
    """What the second head wrote is not what the first one did."""
    bound = next(read_off(tiny()))
    wrong = replace(bound, letters={**bound.letters, "v0": bound.letters["v"][1]})
    assert read(BOOK.claims["VW-L7b"], wrong).status == BROKEN
