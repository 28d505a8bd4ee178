"""Evaluation of one proposition at given letters, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from formal.statement.language import Family
from numeric.claims.evaluate import Evaluation
from numeric.claims.finding import Finding
from numeric.claims.valuation import Values


def finding(p: Any, where: Sequence[Family] = (), nats: Any = None, tried: Any = None, **letters: Any) -> Finding:
    """What is certain of it."""
    return Evaluation(Values(letters, nats or {}, tried or {}), where, [p]).proposition(p)
