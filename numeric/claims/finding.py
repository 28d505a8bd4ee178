"""What evaluation says of a proposition. Truth has three values, after Kleene, and the third has a width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Finding:
    """What evaluation says of a proposition: certain (True, False), or None, where it holds within the width.

    denial: the width within which the denial holds. That two enclosures meet says nothing for a difference: the denial
    of an equation is within no width. tried: whether it rests on a `for all` that was tried at some values only.
    """

    holds: bool | None
    width: float = 0.0
    denial: float = np.inf
    tried: bool = False

    def __str__(self) -> str:
        if self.holds is not None:
            return "holds" if self.holds else "fails"
        if self.width == np.inf:
            return "not evaluated"
        where = " where tried" if self.tried else ""
        return f"holds{where} within {self.width:.1e}" if self.width else f"holds{where}"


TRUE, FALSE, UNKNOWN = Finding(True), Finding(False), Finding(None, np.inf)


def both(findings: Iterable[Finding]) -> Finding:
    """Kleene's conjunction: within the largest width of those that are not certain; its denial, within the least."""
    unknown = []
    for f in findings:
        if f.holds is False:
            return FALSE
        if f.holds is None:
            unknown.append(f)
    if not unknown:
        return TRUE
    tried = any(f.tried for f in unknown)
    return Finding(None, max(f.width for f in unknown), min(f.denial for f in unknown), tried)


def denied(f: Finding) -> Finding:
    """Kleene's negation."""
    return Finding(None, f.denial, f.width, f.tried) if f.holds is None else Finding(not f.holds)
