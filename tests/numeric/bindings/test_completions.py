"""Claims about completions, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from formal.book import BOOK
from numeric.bindings.completions import by_hand, completed, of_least_rank
from numeric.claims.audit import BROKEN, read
from numeric.claims.subject import Subject
from numeric.claims.weights import Weight


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "completions")


def test_a_pattern_that_is_not_that_of_the_weights_is_caught(tiny: Callable[..., Subject]) -> None:
    """One entry of one block is off: nothing that is tried completes it, and the completion by hand is another one."""
    bound = next(completed(tiny()))
    off = bound.letters["K"][1].mid.copy()
    off[0, 0] += 1e-6
    K = {**bound.letters["K"], 1: Weight(off)}
    assert read(BOOK.claims["TH-21"], replace(bound, letters={**bound.letters, "K": K})).status == "open"
    bound = next(by_hand(tiny()))
    assert read(BOOK.claims["TH-21b"], replace(bound, letters={**bound.letters, "K": K})).status == BROKEN


def test_an_inverse_of_another_block_is_caught(tiny: Callable[..., Subject]) -> None:
    """Then the completion may have a larger rank than it must."""
    bound = next(of_least_rank(tiny()))
    H = {0: bound.letters["H"][0] * 2.0, 1: bound.letters["H"][1]}
    for id in ("TH-21d", "TH-21e"):
        assert read(BOOK.claims[id], replace(bound, letters={**bound.letters, "H": H})).status == BROKEN
