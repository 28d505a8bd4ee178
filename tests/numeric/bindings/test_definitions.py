"""Claims about the definitions of virtual weights, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from formal.book import BOOK
from numeric.bindings.definitions import virtual_weights
from numeric.claims.audit import BROKEN, read
from numeric.claims.subject import Subject


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "definitions")


def test_virtual_weights_the_other_way_round_are_caught(tiny: Callable[..., Subject]) -> None:
    """The definition is what comes of exact products, not of those of other weights."""
    bound = next(virtual_weights(tiny()))
    assert read(BOOK.claims["VW-D2"], replace(bound, equals=bound.equals.T)).status == BROKEN
