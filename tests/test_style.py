"""Style, format and types are tests like any other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(root: Path, *command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing(root: Path) -> None:
    run(root, "ruff", "check", ".")


def test_everything_is_formatted(root: Path) -> None:
    run(root, "ruff", "format", "--check", ".")


@pytest.mark.slow
def test_types_are_right(root: Path) -> None:
    """mypy, strictly, on the shipped packages (the settings are in pyproject.toml)."""
    run(root, "mypy")
