"""How long a user waits. Each time is the best of several runs, since other work only ever makes a run slower."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def best(run: Run, *arguments: str, times: int = 5) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        assert run(*arguments).returncode == 0
        found.append(time.perf_counter() - start)
    return min(found)


@pytest.mark.slow
def test_help_comes_at_once(python: Run) -> None:
    """At most 0.3 s, of which Python itself takes some."""
    assert best(python, "-m", "streamproof", "--help") <= 0.3


@pytest.mark.slow
def test_checking_the_book_costs_at_most_three_imports_of_sympy(python: Run) -> None:
    """A check of everything must be so cheap that nobody thinks twice."""
    assert best(python, "-m", "streamproof", "check") <= 3 * best(python, "-c", "import sympy")
