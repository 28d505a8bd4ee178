"""The folder tests/formal/rejected: every file is refused, for its own reason, by the checker alone."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from formal.checker import CheckError, Limits, check_text, main

HERE = Path(__file__).resolve().parent.parent / "rejected"
EXPECTED = [json.loads(line) for line in (HERE / "expected.jsonl").read_text(encoding="utf-8").splitlines()]


def load() -> Any:
    spec = importlib.util.spec_from_file_location("rejected_make", HERE / "make.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


MAKE = load()


def test_the_committed_files_are_those_that_the_script_makes() -> None:
    made = MAKE.files()
    kept = {str(p.relative_to(HERE).as_posix()) for p in HERE.glob("files/*")} | {"expected.jsonl"}
    assert kept == set(made)
    for path, text in made.items():
        assert (HERE / path).read_bytes() == text.encode(), f"run {HERE / 'make.py'}"


def test_there_are_enough_and_each_is_of_its_own() -> None:
    assert len(EXPECTED) >= 48
    assert len({line["why"] for line in EXPECTED}) == len(EXPECTED)
    assert {line["code"] for line in EXPECTED} == {1, 2, 3}


@pytest.mark.parametrize("name", sorted(MAKE.SOUND))
def test_what_they_are_made_of_is_accepted(name: str) -> None:
    check_text(MAKE.sealed(MAKE.SOUND[name]))


@pytest.mark.parametrize("path", sorted((HERE / "originals").glob("*.json")), ids=lambda p: p.stem)
def test_the_frozen_certificates_of_the_book_are_accepted(path: Path) -> None:
    check_text(path.read_bytes())


@pytest.mark.parametrize("line", EXPECTED, ids=lambda line: line["file"])
def test_rejected(line: dict[str, Any]) -> None:
    text = (HERE / "files" / f"{line['file']}.json").read_bytes()
    with pytest.raises(CheckError) as refused:
        check_text(text, Limits(**line.get("limits", {})))
    assert (refused.value.code, str(refused.value).count(line["message"])) == (line["code"], 1), refused.value


@pytest.mark.parametrize("line", EXPECTED, ids=lambda line: line["file"])
def test_the_digest_is_right_unless_it_is_the_point(line: dict[str, Any]) -> None:
    """Where a file is an object at all, it is refused for what it says, and not for its digest."""
    if line["message"] == "the digest does not fit" or line["file"] in ("digest_missing", "key_twice"):
        return
    try:
        body = json.loads((HERE / "files" / f"{line['file']}.json").read_text(encoding="utf-8"))
    except ValueError:
        return
    if isinstance(body, dict) and line["file"] not in ("not_json_nan", "witness_float", "limit_depth_own"):
        assert body["digest"] == MAKE.digest(body)


def test_the_program_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for line in EXPECTED:
        options = [f"--max-{k}={v}" for k, v in line.get("limits", {}).items()]
        code = main([str(HERE / "files" / f"{line['file']}.json"), *options])
        assert code == line["code"], line
        assert line["message"] in capsys.readouterr().err


def at_full_limits(name: str) -> int:
    try:
        check_text((HERE / "files" / f"{name}.json").read_bytes())
    except CheckError as refused:
        return refused.code
    return 0


@pytest.mark.parametrize("flags", [["-I"], ["-I", "-O"], ["-I", "-OO"]], ids=" ".join)
def test_the_whole_folder_alone(flags: list[str], root: Path, tmp_path: Path) -> None:
    """All at once, in a process of its own; without the lower limits some are accepted."""
    command = [sys.executable, *flags, str(root / "formal" / "checker.py"), "--quiet", str(HERE / "files")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    codes = Counter(line["code"] if "limits" not in line else at_full_limits(line["file"]) for line in EXPECTED)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    words = {0: "checked", 1: "rejected", 2: "malformed", 3: "over limits"}
    assert done.stdout == ", ".join(f"{codes[code]} {word}" for code, word in words.items()) + "\n"
