"""Claims about ranks of stacks, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from formal.book import BOOK
from numeric.bindings.ranks import behind_an_eraser, two_heads
from numeric.claims.audit import HOLDS, REFUTED, read
from numeric.claims.subject import Subject
from numeric.claims.weights import Product


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "ranks")


def test_what_a_direction_less_means_is_counted(tiny: Callable[..., Subject]) -> None:
    """Behind the eraser one dimension is missing for certain; behind a layer that nearly erases none is."""
    bound = next(behind_an_eraser(tiny()))
    T = bound.letters["T"][1]
    nearly = Product(*T.weights, scale=T.scale * Fraction(2**40 + 1, 2**40))
    assert (T.rank_beside_identity, nearly.rank_beside_identity) == (15, 16)
    assert read(BOOK.claims["VW-T1b"], bound).status == HOLDS


def test_no_rank_is_certain_of_enclosed_letters(tiny: Callable[..., Subject]) -> None:
    """The claim about heads is refuted by exact weights only: a matrix that is enclosed may have any smaller rank."""
    bound = next(two_heads(tiny()))
    fuzzy = {name: Product(h + 0.0, h.T) for name, h in bound.letters.items()}
    assert read(BOOK.claims["VW-T1"], replace(bound, letters=fuzzy)).status != REFUTED
