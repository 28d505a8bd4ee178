"""Claims about changes of basis, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from formal.book import BOOK
from numeric.bindings.gauge import commuting, rotated, widened_streams
from numeric.claims.audit import BROKEN, SILENT, WITHIN, read
from numeric.claims.binding import Bound
from numeric.claims.subject import Subject


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "gauge")


def _read(id: str, bound: Bound, **wrong: Any) -> str:
    """The status of a claim at a place with some letters replaced."""
    return read(BOOK.claims[id], replace(bound, letters={**bound.letters, **wrong})).status


def test_a_change_of_basis_that_does_not_preserve_lengths_is_caught(tiny: Callable[..., Subject]) -> None:
    """Its transpose does not undo it."""
    bound = next(rotated(tiny()))
    assert _read("VW-L1", bound) == WITHIN
    R = bound.letters["R"].mid.copy()
    R[0] *= 1 + 1e-9
    assert _read("VW-L1", bound, R=R) == BROKEN


def test_a_wider_stream_that_is_not_undone_is_caught(tiny: Callable[..., Subject]) -> None:
    """N of another model undoes another M."""
    here, there = (next(widened_streams(tiny(seed=seed))) for seed in (0, 1))
    assert _read("VW-L1a", here, N=there.letters["N"]) == BROKEN


def test_a_rotation_that_moves_the_all_ones_direction_is_caught(tiny: Callable[..., Subject]) -> None:
    """LayerNorm does not commute with it, RMSNorm does."""
    with_rms = next(commuting(tiny(norm="rms")))
    assert _read("TH-4", with_rms) == WITHIN
    bound = next(commuting(tiny(norm="layer")))
    M = np.eye(16) - 2 * np.eye(16)[:, :1] @ np.eye(16)[:1]
    assert _read("TH-4", bound, M=M, N=M) == BROKEN
    assert _read("TH-4", with_rms, M=M, N=M) == WITHIN
    conditions = replace(bound, made=(), letters={**bound.letters, "M": M, "N": M})
    assert read(BOOK.claims["TH-4"], conditions).status == SILENT


@pytest.mark.parametrize("id", ["VW-L1", "VW-L1a", "VW-L1e", "TH-4"])
def test_a_run_with_another_epsilon_or_gain_is_caught(
    tiny: Callable[..., Subject], status: Callable[[Subject, str], str], id: str
) -> None:
    """The stream that was recorded is then not what these layers make."""
    subject = tiny()
    _ = subject.trace
    subject.model.parameters["blocks.0.ln2.w"][:] *= 1 + 1e-6
    assert status(subject, id) == "broken"
