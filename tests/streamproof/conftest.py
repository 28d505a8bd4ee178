"""The tiny book: in this process for what can be called, and as a program for what has to be run."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from formal.claims import Book

TINY = Path(__file__).with_name("tiny_book.py")


def opened() -> Book:
    """The tiny book, stated anew."""
    spec = importlib.util.spec_from_file_location("tiny_book", TINY)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    book: Book = module.BOOK
    return book


@pytest.fixture(scope="session")
def tiny() -> Book:
    """Claims of each kind, and two that fail."""
    return opened()


@pytest.fixture
def sound() -> Book:
    """The tiny book without the claims that fail."""
    book = opened()
    del book.claims["T-5"], book.claims["T-6"]
    return book


@pytest.fixture
def book(tiny: Book, monkeypatch: pytest.MonkeyPatch) -> Book:
    """The tiny book, in the place of the real one."""
    stand_in = types.ModuleType("formal.book")
    stand_in.BOOK = tiny  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "formal.book", stand_in)
    return tiny


@pytest.fixture
def streamproof(
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command with the tiny book, as a program of its own."""

    def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        return python(TINY, *arguments, **options)

    return run
