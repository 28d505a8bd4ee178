"""Claims in a Python file: its module-level claims, lists of claims, and books, by the names of their variables."""

from __future__ import annotations

import importlib.util
import os
import re
import stat
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from types import ModuleType
from typing import Any

from formal.claims import UNNAMED, Book, Claim
from formal.statement.errors import StatementError

from .checking import close_matches
from .errors import Refusal

LARGEST = 4 << 20  # bytes; a file of claims is written by hand


def claims_in(path: str) -> list[Claim]:
    """The claims of a file in its order, each once.

    A claim without an id gets that of its variable, in a list with the place behind it. The file is a program and is
    run: what it prints goes to standard error, and it can import what lies beside it. Raises Refusal, with the line,
    for a file that cannot be read, fails, or has no claims.
    """
    return _each_once(c for claims in _by_variable(path).values() for c in claims)


def claims_named(path: str, name: str) -> list[Claim]:
    """The claims of a file that go by this name: that of a variable, or an id. Raises Refusal with close matches."""
    found = _by_variable(path)
    everything = _each_once(c for claims in found.values() for c in claims)
    chosen = found.get(name) or [c for c in everything if c.id == name]
    if not chosen:
        names = list(dict.fromkeys([*found, *(c.id for c in everything)]))
        close = close_matches(name, names)
        hint = f"did you mean {', '.join(close)}?" if close else f"it has {', '.join(names[:5])}"
        raise Refusal(f"{path} has no claim {name}; {hint}")
    return chosen


def _by_variable(path: str) -> dict[str, list[Claim]]:
    _readable(path)
    named: dict[Claim, Claim] = {}
    found: dict[str, list[Claim]] = {}
    for name, value in list(vars(_run(path)).items()):
        several = isinstance(value, list | tuple)
        for i, c in enumerate(_claims(value)):
            own = named.setdefault(c, _named(c, f"{name}[{i}]" if several else name))
            found.setdefault(name, []).append(own)
    if not found:
        raise Refusal(f"{path} has no claims: none of its variables is a claim, a list of claims or a book")
    return found


def _each_once(claims: Iterable[Claim]) -> list[Claim]:
    return list(dict.fromkeys(claims))


def _claims(value: Any) -> list[Claim]:
    if isinstance(value, Claim):
        return [value]
    if isinstance(value, Book):
        return list(value)
    return [c for c in value if isinstance(c, Claim)] if isinstance(value, list | tuple) else []


def _named(claim: Claim, name: str) -> Claim:
    return replace(claim, id=name) if claim.id == UNNAMED else claim


# ---------------------------------------------------------------- running the file
def _readable(path: str) -> None:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise Refusal(f"cannot read {path}: it is not a file")
        with open(path, "rb"):
            pass
    except (OSError, ValueError) as e:
        raise Refusal(f"cannot read {path}: {getattr(e, 'strerror', None) or e}") from None
    if status.st_size > LARGEST:
        raise Refusal(f"{path} is too large for a file of claims: {status.st_size} bytes, at most {LARGEST} are read")


def _run(path: str) -> ModuleType:
    """The module that the file makes; nothing of the running of it stays behind, but for what it imports."""
    stem = os.path.splitext(os.path.basename(path))[0]
    name = "claims_of_" + re.sub(r"\W", "_", stem)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Refusal(f"cannot read {path}: it is not a Python file")
    module = importlib.util.module_from_spec(spec)
    with _neighbours(os.path.dirname(os.path.abspath(path))), redirect_stdout(sys.stderr):
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as e:  # sys.exit in a file of claims must not end the command
            raise Refusal(f"{path}{_line(e, path)}: {_said(e)}") from None
        finally:
            del sys.modules[name]
    return module


@contextmanager
def _neighbours(folder: str) -> Iterator[None]:
    """Imports find what lies in this folder first, and write no bytecode."""
    paths, silent = sys.path[:], sys.dont_write_bytecode
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path[:], sys.dont_write_bytecode = paths, silent


def _line(error: BaseException, path: str) -> str:
    """Where in the file it happened."""
    if isinstance(error, SyntaxError) and error.filename and os.path.abspath(error.filename) == os.path.abspath(path):
        return f", line {error.lineno}" if error.lineno else ""
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if os.path.abspath(f.filename) == os.path.abspath(path)
    ]
    return f", line {frames[-1].lineno}" if frames else ""


def _said(error: BaseException) -> str:
    """The error on one line."""
    if isinstance(error, SystemExit):
        return "the file ends the program by sys.exit; a file of claims only states them"
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        text = " ".join(text.splitlines()[:1] if isinstance(error, StatementError) else text.split())  # no caret
    except Exception:  # the error is the author's, and so is the way it prints
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
