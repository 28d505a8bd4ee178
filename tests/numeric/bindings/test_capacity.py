"""Claims about capacity, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from formal.book import BOOK
from numeric.bindings.capacity import projections, read_apart, without_interference
from numeric.bindings.letters import readers
from numeric.claims.audit import BROKEN, HOLDS, read
from numeric.claims.subject import Subject
from numeric.enclosures.verified import quick_left_inverse
from numeric.ranks import rational


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "capacity")


def test_readers_of_other_heads_are_caught(tiny: Callable[..., Subject]) -> None:
    """They hear what they must not."""
    here, there = (next(without_interference(tiny(seed=seed))) for seed in (0, 1))
    assert read(BOOK.claims["VW-L2a"], here).status == HOLDS
    wrong = replace(here, letters={**here.letters, "W": there.letters["W"]})
    assert read(BOOK.claims["VW-L2a"], wrong).status == BROKEN


def test_readers_in_another_order_are_caught(tiny: Callable[..., Subject]) -> None:
    """K_2 hears S_1 then."""
    bound = next(read_apart(tiny()))
    wrong = {**bound.letters, "K1": bound.letters["K2"], "K2": bound.letters["K1"]}
    assert read(BOOK.claims["VW-C4a"], replace(bound, letters=wrong)).status == BROKEN


def test_projections_that_hear_each_other_are_caught(tiny: Callable[..., Subject]) -> None:
    """Two times the same one."""
    bound = next(projections(tiny()))
    P = {**bound.letters["P"], 2: bound.letters["P"][1]}
    assert read(BOOK.claims["VW-L2c"], replace(bound, letters={**bound.letters, "P": P})).status == BROKEN


def test_an_inverse_lies_within_its_enclosure() -> None:
    """Against rationals: a radius that is too small would let false claims pass as made."""
    source = np.random.default_rng(0)
    for scale in (1.0, 1e-4, 1e4):
        a = source.standard_normal((6, 6)) * np.logspace(0, np.log10(scale), 6)
        found, exact = quick_left_inverse(a), rational(a).inv()
        low, high = rational(found.lower()), rational(found.upper())
        assert all(low[i, j] <= exact[i, j] <= high[i, j] for i in range(6) for j in range(6))
        assert float((found.rad / abs(found.mid).max()).max()) < 1e-9


def test_readers_tell_writes_apart() -> None:
    """W_i V_i = I and W_i V_h = 0 are possible within the enclosures."""
    source = np.random.default_rng(1)
    V = [source.standard_normal((9, 2)), source.standard_normal((9, 3))]
    for i, w in enumerate(readers(V)):
        for h, v in enumerate(V):
            assert (w @ v).meets(np.eye(v.shape[1]) if i == h else np.zeros((len(w), v.shape[1]))).all()
