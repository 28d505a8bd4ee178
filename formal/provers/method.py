"""What a member of the portfolio is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ..kernel.rules import Theorem
from .proof import Proof

Enrich: TypeAlias = Callable[[Proof], None]  # adds facts that follow from the facts; quick, and silent where none do


def _always(p: Proof) -> bool:
    return True


@dataclass(frozen=True)
class Method:
    """A way to prove a goal that is one relation, or an "exists".

    script: given the proof in progress and the round (0, 1, 2: the effort), the theorem, or ProofFailure with what was
    missing. fits: whether the method has anything to say on the goal; it must be quick.
    """

    name: str
    script: Callable[[Proof, int], Theorem]
    fits: Callable[[Proof], bool] = _always
