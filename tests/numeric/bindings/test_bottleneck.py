"""Claims about the bottleneck, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from formal.book import BOOK
from numeric.bindings.bottleneck import across_a_cut, direct_sum
from numeric.claims.audit import BROKEN, read
from numeric.claims.subject import Subject


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "bottleneck")


def test_a_block_across_the_cut_that_is_off_is_caught(tiny: Callable[..., Subject]) -> None:
    """C is all virtual weights at once, to the last bit."""
    bound = next(across_a_cut(tiny()))
    C = bound.letters["C"].mid.copy()
    C[0, 0] += 1e-9
    assert read(BOOK.claims["VW-T4b"], replace(bound, letters={**bound.letters, "C": C})).status == BROKEN


def test_a_head_that_is_missing_in_the_sum_is_caught(tiny: Callable[..., Subject]) -> None:
    """All heads but one do not span the stream."""
    bound = next(direct_sum(tiny()))
    W = {**bound.letters["W"], 1: np.zeros(bound.letters["W"][1].shape)}
    assert read(BOOK.claims["VW-U2b"], replace(bound, letters={**bound.letters, "W": W})).status == BROKEN
