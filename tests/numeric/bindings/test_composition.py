"""Claims about composition, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from formal.book import BOOK
from numeric.bindings.composition import stacked_heads
from numeric.bindings.letters import injections
from numeric.claims.audit import BROKEN, read
from numeric.claims.subject import Subject


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "composition")


def test_units_that_are_stacked_upon_each_other_are_caught(tiny: Callable[..., Subject]) -> None:
    """The new hidden units must have places of their own."""
    bound = next(stacked_heads(tiny()))
    wrong = {**bound.letters["B"], 1: injections([4, 4])[0]}
    assert read(BOOK.claims["VW-L3b"], replace(bound, letters={**bound.letters, "B": wrong})).status == BROKEN
