"""Claims about effects of layers on layers, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from formal.book import BOOK
from numeric.bindings.effects import cancelled, ignored
from numeric.claims.audit import BROKEN, read
from numeric.claims.subject import Subject


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "effects")


def test_a_layer_between_that_listens_is_caught(tiny: Callable[..., Subject]) -> None:
    """The write was made so that it is not heard; the head's own write is."""
    subject = tiny()
    bound = next(ignored(subject))
    wrong = {**bound.letters, "V_i": subject.w_o(0, 0)}
    assert read(BOOK.claims["VW-C1e"], replace(bound, letters=wrong)).status == BROKEN


def test_what_is_erased_nearly_only_does_arrive(tiny: Callable[..., Subject]) -> None:
    """A refutation by an equation between rationals must not be had for an equation up to rounding."""
    bound = next(cancelled(tiny()))
    assert read(BOOK.claims["VW-C1a"], bound).status == "refuted"
    nearly = {**bound.letters, "W_j": bound.letters["W_j"].mid}
    assert read(BOOK.claims["VW-C1a"], replace(bound, letters=nearly)).status != "refuted"
