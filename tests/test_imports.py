"""The contract of the house: who may import whom, what shipped code may not do, and how large the kernel may be."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("formal", "numeric", "streamproof")
KERNEL_LINES = 910  # the bound for terms, props and rules together: the part that one has to read to believe


def sources() -> list[Path]:
    return sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, text: str | None = None) -> Iterator[str]:
    """The absolute names of all imported modules, those inside functions included."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(text if text is not None else path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *(node.module.split(".") if node.module else [])])
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)  # `from . import x` names a module, too


def is_within(name: str, *places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def is_ours(name: str) -> bool:
    return name.split(".")[0] in PACKAGES


# Who -> what of ours it may import. The first place that a module lies within is its own.
MAY_IMPORT = {
    "formal.kernel": ("formal.kernel",),
    "formal.checker": (),
    "formal.statement": ("formal.kernel", "formal.statement"),
    "formal.provers": ("formal.kernel", "formal.statement", "formal.provers"),
    "formal.claims": ("formal.kernel", "formal.statement", "formal.provers"),
    "formal": ("formal",),
    "numeric": ("formal", "numeric"),
    "streamproof": ("formal", "numeric", "streamproof"),
}
STANDARD_LIBRARY_ONLY = ("formal.kernel", "formal.checker")


def offences(path: Path, text: str | None = None) -> list[str]:
    """The imports of a file that the contract forbids."""
    name = module_name(path)
    allowed = next(may for place, may in MAY_IMPORT.items() if is_within(name, place))
    found = []
    for wanted in imports(path, text):
        if is_ours(wanted):
            # `from .. import kernel` names formal on the way to formal.kernel, which is looked at by its full name
            on_the_way = any(place.startswith(f"{wanted}.") for place in allowed)
            if not is_within(wanted, *allowed) and not on_the_way:
                found.append(wanted)
        elif is_within(name, *STANDARD_LIBRARY_ONLY) and wanted.split(".")[0] not in sys.stdlib_module_names:
            found.append(wanted)
    return found


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_imports_run_one_way(path: Path) -> None:
    """If this fails, a trusted module depends on an untrusted one, or two rooms of the house depend on each other."""
    assert offences(path) == []


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("formal/kernel/rules.py", "import sympy"),
        ("formal/kernel/rules.py", "from ..provers import ideal"),
        ("formal/kernel/rules.py", "def f():\n    from formal.statement import language"),
        ("formal/checker.py", "from .kernel import rules"),
        ("formal/checker.py", "from . import kernel"),
        ("formal/checker.py", "import numpy"),
        ("formal/statement/language.py", "from ..claims import Claim"),
        ("formal/provers/ideal.py", "import formal.book"),
        ("formal/claims.py", "import numeric"),
        ("formal/claims.py", "from streamproof import cli"),
        ("numeric/__init__.py", "import streamproof.cli"),
    ],
)
def test_the_contract_catches(where: str, text: str) -> None:
    """The test above must be able to fail."""
    assert offences(ROOT / where, text)


BANNED_CALLS = {"eval", "exec", "compile", "__import__"}
BANNED_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


def misdeeds(text: str) -> list[str]:
    """Asserts, and ways to run what came as data."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assert):
            found.append(f"line {node.lineno}: assert")
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in BANNED_CALLS:
                found.append(f"line {node.lineno}: {name}(...)")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [f"line {node.lineno}: import {m}" for m in modules if m.split(".")[0] in BANNED_MODULES]
    return found


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_nothing_is_asserted_or_evaluated(path: Path) -> None:
    """`python -O` would remove an assert, and with it a check; eval and pickle run what they are given."""
    assert misdeeds(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", ["assert x", "eval('1')", "import pickle", "from marshal import loads", "exec(s)"])
def test_misdeeds_are_seen(text: str) -> None:
    assert misdeeds(text)


def code_lines(text: str) -> int:
    """Lines with code on them: no blank lines, comments, docstrings or imports."""
    docstrings = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            docstrings.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            docstrings.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in skipped
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - docstrings)


def test_code_lines_are_counted() -> None:
    text = '"""Doc.\n\nMore."""\n\n# comment\nx = (\n    1,\n)\n\ndef f():\n    """Doc."""\n    return 2  # two\n'
    assert code_lines(text) == 5


def test_the_kernel_stays_small() -> None:
    """What has to be believed has to be read first."""
    files = [ROOT / "formal" / "kernel" / f"{name}.py" for name in ("terms", "props", "rules")]
    assert sum(code_lines(p.read_text(encoding="utf-8")) for p in files) <= KERNEL_LINES


EXACT = ("formal.kernel", "formal.provers", "formal.statement.evaluate", "formal.book")


@pytest.mark.parametrize("path", [p for p in sources() if is_within(module_name(p), *EXACT)], ids=module_name)
def test_proofs_and_witnesses_are_exact(path: Path) -> None:
    """A float in a proof or a witness would be an approximation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)] == []
