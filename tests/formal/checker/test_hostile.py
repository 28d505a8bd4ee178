"""Files that nobody wrote: random bytes, cut-off and spliced certificates, and those that aim at the reader itself.

Whatever a file holds, the answer is an exit code 1, 2 or 3 and one line; never a traceback, and never a long wait.
"""

from __future__ import annotations

import copy
import json
import os
import string
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from formal.checker import CheckError, check_text, main

from .checker_tools import book_data, book_places, book_texts, sealed

Json = Any
JUNK: list[Json] = [
    *(None, True, False, 0, 1, -1, 10**30),
    *("", "#", "#0", "d", "'", "~2", "1/0", "\ud800", "\x00", "\u00e9"),
    *([], {}, [[]], [{}], [None], {"nat": []}, {"letter": {}}),
    *(["tr", []], ["nat"], ["and", []], ["ex"], ["all", {}, []], ["mul", [[]]], ["T", ["T"]], [1, [], 1]),
    *([[1, ["#"]]], [[1, [["#", []]]]], [[1, [["m", [[1, [["m", []]]]]]]]], ["letter", "V", None, []]),
]


def refused(text: str | bytes) -> int:
    """The code of a file, 0 if it is accepted; anything but a CheckError fails the test."""
    try:
        check_text(text)
    except CheckError as e:
        assert e.code in (1, 2, 3) and str(e)
        return e.code
    return 0


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes(seed: int) -> None:
    rng = Random(seed)
    for _ in range(1_000):
        letters = rng.choice([bytes(range(256)), b'[]{}",:0123456789-.eE ntf\\u', string.printable.encode()])
        assert refused(bytes(rng.choices(letters, k=rng.randrange(200)))) in (2, 3)


@pytest.mark.parametrize("seed", range(4))
def test_cut_off_and_spliced(seed: int) -> None:
    """A certificate up to some byte; the beginning of one with the end of another."""
    rng, texts = Random(seed), sorted(book_texts().values())
    for _ in range(250):
        one, two = rng.choice(texts), rng.choice(texts)
        cut = rng.randrange(len(one) - 2)
        assert refused(one[:cut]) == 2
        spliced = one[:cut] + two[rng.randrange(len(two)) :]
        assert refused(spliced) in (2, 3) or json.loads(spliced) in (json.loads(one), json.loads(two))


@pytest.mark.parametrize("seed", range(4))
def test_junk_in_any_place(seed: int) -> None:
    """Data of the wrong kind at any place, the digest right: well-behaved down to the last key."""
    rng, names = Random(seed), sorted(book_data())
    small = [n for n in names if len(book_texts()[n]) < 12_000]
    for i in range(700):
        name = rng.choice(small)
        body = copy.deepcopy(book_data()[name])
        path, _ = rng.choice(book_places(name))
        target = body
        for key in path[:-1]:
            target = target[key]
        if isinstance(target, dict) and rng.random() < 0.2:
            target[rng.choice(["", "#", "\ud800", "x"])] = target.pop(path[-1])
        else:
            target[path[-1]] = copy.deepcopy(rng.choice(JUNK))
        if refused(sealed(body)) == 0:  # such as a 1 that was a 1, or an identity in place of another one
            assert body == book_data()[name] or path[0] in ("statement", "steps", "expression", "letters"), (name, i)


def damaged(name: str, *path: Any, value: Json) -> str:
    body = copy.deepcopy(book_data()[name])
    target = body
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return sealed(body)


FIRST = "VW-L3"  # a ring identity of one step
AIMED: dict[str, tuple[int, str]] = {
    "many quotes": (2, '"' + '\\"' * 2_000_000),
    "many open quotes": (2, '["' * 50),
    "many brackets": (3, "[" * 4_000_000),
    "many objects": (3, '{"a":' * 1_000_000),
    "brackets in a text": (2, json.dumps("[" * 1_000_000)),
    "brackets behind a broken escape": (3, '"\\' + "\n" + '"' + "[" * 100_000),
    "closed before it is open": (3, "]" * 100 + "[" * 200_000),
    "a long number": (3, "1" * 1_000_000),
    "a long number with a point": (2, "1." + "1" * 1_000_000),
    "an exponent": (2, "1e999999999"),
    "a byte-order mark": (2, "\ufeff{}"),
    "a zero byte": (2, "\x00"),
    "a lone surrogate": (2, damaged(FIRST, "id", value="\ud800")),
    "an escape sequence": (2, damaged(FIRST, "id", value="\x1b[2J")),
    "a surrogate as a letter": (2, damaged(FIRST, "letters", "\ud800", value={})),
    "a huge dimension": (1, damaged(FIRST, "letters", "x", "rows", value=[[10**3_900, ["d"] * 90]])),
    "a sum of many dimensions": (
        3,
        damaged(FIRST, "letters", "x", "rows", value=[[1, [f"d{i}"]] for i in range(1_500)]),
    ),
    "a long word": (1, damaged(FIRST, "steps", 0, "target", "sum", value=[["1", [], ["T1"] * 3_000 + ["x"]]])),
    "a long trace": (
        1,
        damaged(FIRST, "steps", 0, "target", "sum", value=[["1", [["tr", ["T1", "T2"] * 300]], ["x"]]]),
    ),
}


def squared(times: int, length: int) -> str:
    """d becomes d^60, again and again; or a sum of `length` names to the power 60."""
    body = copy.deepcopy(book_data()[FIRST])
    image = [[7, ["d"] * 60]] if length == 1 else [[1, [f"d{i}"]] for i in range(length)]
    d = [[1, ["d"] * 60]]
    start = {
        "rule": "order",
        "from": [],
        "goal": ["ge", one(d)],
        "summands": [["1", [], [], [one(d)]]],
        "equalities": [],
    }
    again = [{"rule": "instantiate", "from": [i], "nats": {"d": image}, "letters": []} for i in range(times)]
    body["steps"] = [start, *again]
    return sealed(body)


def one(n: Json) -> Json:
    return {"rows": [[1, []]], "cols": [[1, []]], "sum": [["1", m, []] for _, m in n]}


AIMED |= {"powers of powers": (3, squared(40, 1)), "powers of sums": (3, squared(1, 40))}


@pytest.mark.parametrize("name", sorted(AIMED))
def test_aimed(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = AIMED[name]
    path = tmp_path / "x.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    start = time.perf_counter()
    assert main([str(path)]) == code
    assert time.perf_counter() - start < 20
    out, err = capsys.readouterr()
    assert err.startswith(f"{path}: ") and err.removesuffix("\n").isprintable() and out.count("\n") == 1


def test_rank_of_a_large_witness() -> None:
    """Elimination without division doubles the digits at every step; the checker must not."""
    rng = Random(0)
    matrix = [[str(rng.randrange(-9, 10)) for _ in range(40)] for _ in range(40)]
    rank = ["ge", {**one([]), "sum": [["1", [["rank", term("X", "d")]], []], ["-40", [], []]]}]
    goal = ["ex", {"nat": "d"}, ["ex", {"letter": "X"}, rank]]
    step = {"rule": "ground", "from": [], "goal": goal}
    step["witness"] = {"nats": {"d": 40}, "letters": {"X": {"matrix": matrix}}, "roots": []}
    body = {
        "format": "streamproof certificate 1",
        "id": "x",
        "title": "",
        "kind": "proof",
        "axioms": [],
        "letters": {"X": {"name": "X", "rows": [[1, ["d"]]], "cols": [[1, ["d"]]], "indexed": False, "domain": []}},
        "statement": {"variables": [], "given": [], "show": goal},
        "steps": [step],
    }
    start = time.perf_counter()
    assert refused(sealed(body)) == 0
    assert time.perf_counter() - start < 20


def term(letter: str, size: str) -> Json:
    return {"rows": [[1, [size]]], "cols": [[1, [size]]], "sum": [["1", [], [letter]]]}


@pytest.mark.parametrize("kind", ["missing", "folder", "empty folder", "pipe", "long name", "folder named as a file"])
def test_paths_that_are_no_files(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    if kind in ("folder", "empty folder"):
        path.mkdir()
        if kind == "folder":
            (path / "y.json").write_text("{}", encoding="utf-8")
    elif kind == "folder named as a file":
        (tmp_path / "z").mkdir()
        (tmp_path / "z" / "y.json").mkdir()
        path = tmp_path / "z"
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "long name":
        path = tmp_path / ("x" * 5_000)
    assert main([str(path)]) == 2
    assert capsys.readouterr().err.count("malformed") == 1


def test_no_traceback_in_a_process_of_its_own(root: Path, tmp_path: Path) -> None:
    """A folder of them at once, where the terminal speaks ASCII only."""
    rng = Random(5)
    for i in range(60):
        (tmp_path / f"{i}.json").write_bytes(rng.randbytes(rng.randrange(300)))
    for i, (_, text) in enumerate(AIMED.values()):
        if len(text) < 200_000:
            (tmp_path / f"aimed{i}.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    command = [sys.executable, "-I", str(root / "formal" / "checker.py"), str(tmp_path)]
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(command, env=env, cwd="/", capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3 and "Traceback" not in done.stderr
