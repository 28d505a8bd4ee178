"""Fixtures for all tests."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from formal.book import BOOK
from formal.claims import Result, check

# A run that fails is to fail again, on any machine.
settings.register_profile("fixed", derandomize=True, database=None)
settings.load_profile("fixed")

# Products are small and many, and tests run side by side: threads of BLAS would wait for each other. It reads this when
# NumPy is imported, which nothing above does.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run this Python in an empty folder, with the project on its path."""

    def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **options.pop("env", {})}
        options = {"capture_output": True, "text": True, "timeout": 120, "cwd": tmp_path, **options}
        return subprocess.run([sys.executable, *map(str, arguments)], env=env, check=False, **options)

    return run


@pytest.fixture(scope="session")
def results() -> dict[str, Result]:
    """What checking establishes of every claim of the book, with all that shows it to be sharp; done once."""
    return {claim.id: check(claim) for claim in BOOK}


@pytest.fixture(scope="session")
def over_processes() -> Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]:
    """A function of each of some values, by as many processes as there are processors, if they can be forked."""

    def run(job: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        if "fork" not in multiprocessing.get_all_start_methods():
            return list(map(job, values))
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as pool:
            return list(pool.map(job, values))

    return run


# The benchmarks run against the clock: nothing there passes or fails.
collect_ignore = ["benchmarks"]

_FIGURES: list[tuple[str, str]] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what a test marked `figures` printed: how much was tried is part of the result."""
    if report.when == "call" and "figures" in report.keywords and report.capstdout.strip():
        _FIGURES.append((report.nodeid, report.capstdout.strip()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print it at the end of the run."""
    for name, text in _FIGURES:
        terminalreporter.section(name.rpartition("/")[2])
        terminalreporter.write_line(text)
