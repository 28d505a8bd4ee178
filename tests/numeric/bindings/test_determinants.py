"""Claims about determinants, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from formal.book import BOOK
from numeric.bindings.determinants import back_and_forth, tokens_one_by_one
from numeric.claims.audit import BROKEN, read
from numeric.claims.subject import Subject
from numeric.enclosures.determinant import determinant
from numeric.ranks import rational


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "determinants")


def test_determinants_lie_within_their_enclosures() -> None:
    """Against rationals; and what encloses a singular matrix encloses 0."""
    source = np.random.default_rng(0)
    for n in (1, 2, 5, 12):
        a = source.standard_normal((n, n))
        found, exact = determinant(a), rational(a).det()
        assert rational(found.lower())[0, 0] <= exact <= rational(found.upper())[0, 0]
    assert determinant(np.ones((3, 3))).mid[0, 0] == 0


def test_a_token_that_reads_itself_twice_is_caught(tiny: Callable[..., Subject]) -> None:
    """Then its update is no function of the tokens before it."""
    bound = next(tokens_one_by_one(tiny()))
    wrong = replace(bound, letters={**bound.letters, "P": np.eye(8)})
    assert read(BOOK.claims["TH-8d"], wrong).status == BROKEN


def test_a_functional_that_is_no_determinant_is_caught(tiny: Callable[..., Subject]) -> None:
    """The trace of I + V W is not that of I + W V where the sides differ; the determinant is."""
    bound = next(back_and_forth(tiny()))
    wrong = {**bound.letters, "delta": lambda x: x[:1, :1]}
    assert read(BOOK.claims["TH-10b"], replace(bound, letters=wrong)).status == BROKEN
