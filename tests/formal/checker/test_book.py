"""Every certificate of the book is accepted by the checker, alone and in this process."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from formal.book import BOOK
from formal.certificate import certificate, to_text
from formal.checker import check_text, main
from formal.claims import Result

from .checker_tools import book_data, book_texts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("book")
    for name, text in book_texts().items():
        (found / f"{name}.json").write_text(text, encoding="utf-8")
    return found


def test_every_certificate_is_accepted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder)]) == 0
    out, err = capsys.readouterr()
    assert not err and out.splitlines()[-1] == f"{len(book_texts())} checked"
    lines = set(out.splitlines())
    for claim in BOOK:
        data = book_data()[claim.id]
        axioms = f"axioms: {', '.join(data['axioms'])}" if data["axioms"] else "no axioms"
        assert f"{claim.id}: checked ({data['kind']}; {axioms})" in lines


def test_every_instance_of_sharpness_is_accepted(results: dict[str, Result]) -> None:
    """They are refutations with certificates of their own."""
    found = [r for result in results.values() for r in result.sharpness]
    assert len(found) >= 500
    for r in found:
        assert check_text(to_text(certificate(r))).kind == "refutation", r.claim.id


@pytest.mark.parametrize("name", sorted(book_texts()))
def test_the_report_says_what_the_file_says(name: str) -> None:
    report, data = check_text(book_texts()[name]), book_data()[name]
    assert (report.id, report.kind, list(report.axioms)) == (name, data["kind"], data["axioms"])
    names = {d["name"] for d in data["letters"].values() if "expression" in data}
    names |= {v["nat"] for v in data.get("statement", {}).get("variables", []) if "nat" in v}
    assert all(name in report.statement for name in names)
    if data["kind"] in ("proof", "refutation"):
        given = report.statement.count("\n  given ")
        assert given == len(data["statement"]["given"])
        assert ("\n  show " in report.statement) == (data["kind"] == "proof")
        assert ("\n  does not follow: " in report.statement) == (data["kind"] == "refutation")


@pytest.mark.parametrize("flags", [["-I"], ["-I", "-O"], ["-I", "-OO"]], ids=" ".join)
def test_alone_from_another_folder(flags: list[str], folder: Path, root: Path, tmp_path: Path) -> None:
    """Isolated mode: no site packages of the project, no environment; -O changes nothing."""
    text = {}
    some = sorted(folder.iterdir())[::8]
    for path in (root / "formal" / "checker.py", _copied(root, tmp_path)):
        command = [sys.executable, *flags, str(path), *map(str, some)]
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        text[path] = done.stdout
    assert len(set(text.values())) == 1
    assert next(iter(text.values())).count(": checked (") == len(some)


def _copied(root: Path, folder: Path) -> Path:
    """The checker without its neighbours."""
    path = folder / "checker.py"
    path.write_bytes((root / "formal" / "checker.py").read_bytes())
    return path


def test_it_imports_the_standard_library_only(root: Path) -> None:
    tree = ast.parse((root / "formal" / "checker.py").read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module is not None
            names.add(node.module.split(".")[0])
        assert not isinstance(node, ast.Assert), "an assert is gone under -O"
        called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        assert called not in ("eval", "exec", "compile", "__import__", "open"), called
        assert not (isinstance(node, ast.Name) and node.id == "__debug__")
    assert names <= sys.stdlib_module_names
    assert not names & {"pickle", "marshal", "importlib", "subprocess", "socket", "os", "urllib", "ctypes", "random"}


def test_the_written_text_is_the_data() -> None:
    for name, text in book_texts().items():
        assert json.loads(text)["id"] == name and text.isascii()
