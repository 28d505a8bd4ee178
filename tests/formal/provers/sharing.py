"""Long lists of cases: a share of them for the quick tests, the rest for the slow ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def mostly_slow(cases: Iterable[Any], quick: int = 8) -> list[Any]:
    """The cases; of so many, one is quick."""
    return [pytest.param(c, marks=() if i % quick == 0 else pytest.mark.slow) for i, c in enumerate(cases)]
