"""Files of claims: what is found in them, and every way in which they can be bad."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from formal.claims import Claim
from streamproof.claims_file import LARGEST, claims_in, claims_named
from streamproof.errors import Refusal

CLAIMS = Path(__file__).with_name("claims_to_decide.py")
GOOD = "from formal.claims import claim\nfrom formal.statement import *\nd = dims('d')\nx = claim(show=d <= d + 1)\n"
GOOD = GOOD.replace("d <= d + 1", "Le(d, d + 1)")


def file(folder: Path, text: str | bytes, name: str = "mine.py") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def ids(claims: list[Claim]) -> list[str]:
    return [c.id for c in claims]


def test_every_claim_is_found_once_and_in_order() -> None:
    """A claim of a book that has a variable too is not decided twice."""
    assert ids(claims_in(str(CLAIMS))) == ["clears", "writes-back", "hall", "maps[0]", "B-1", "B-2", "B-3"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("clears", ["clears"]),
        ("wrong", ["writes-back"]),
        ("writes-back", ["writes-back"]),
        ("maps", ["maps[0]"]),
        ("maps[0]", ["maps[0]"]),
        ("BOOK", ["B-1", "B-2", "B-3"]),
        ("B-2", ["B-2"]),
        ("shown", ["B-1"]),
    ],
)
def test_claims_go_by_variable_or_id(name: str, found: list[str]) -> None:
    assert ids(claims_named(str(CLAIMS), name)) == found


def test_an_unknown_name_is_refused_with_close_matches(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"has no claim Clear; did you mean clears\?"):
        claims_named(str(CLAIMS), "Clear")
    with pytest.raises(Refusal, match="has no claim zzz; it has x"):
        claims_named(file(tmp_path, GOOD), "zzz")
    with pytest.raises(Refusal, match="has no claim ; "):
        claims_named(file(tmp_path, GOOD), "")


BAD = {
    "raises": (GOOD + "\ny = 1/0\n", "mine.py, line 6: ZeroDivisionError: division by zero"),
    "raises elsewhere": ("import json\n\njson.loads('[')\n", "mine.py, line 3: JSONDecodeError: Expecting value"),
    "has a bad shape": (GOOD + "W = matrix('W', d, 2)\nW*W\n", "mine.py, line 6: StatementError: in W.W: W is d x 2"),
    "has a bad text": (
        "from formal.claims import stated\n\nx = stated('d; A: d x d; A*B = 0')\n",
        "mine.py, line 3: TextError: column 16: B is not declared[^\n^]*$",
    ),
    "has bad syntax": ("x = (\n\ny = ]\n", "mine.py, line 3: SyntaxError: closing parenthesis ']'"),
    "exits": ("import sys\nsys.exit(0)\n", "mine.py, line 2: the file ends the program by sys.exit"),
    "quits": ("raise SystemExit\n", "mine.py, line 1: the file ends the program by sys.exit"),
    "has no claims": ("x = 1\n", "mine.py has no claims: none of its variables"),
    "is empty": ("", "mine.py has no claims"),
    "is binary": (b"\x00\x01\x02", "mine.py: SyntaxError: source code string cannot contain null bytes"),
    "is Latin-1": ("x = 'ö'".encode("latin-1"), "mine.py.*: SyntaxError: .*utf-8"),
    "is not a program": (b"# streamproof\n\nA referee for the linear algebra.\n", "mine.py, line 3: SyntaxError"),
    "speaks at length": ("raise ValueError('a\\nb\\n  c')\n", "mine.py, line 1: ValueError: a b c$"),
    "speaks badly": (
        "class E(Exception):\n    def __str__(self):\n        raise OSError\n\n\nraise E\n",
        "mine.py, line 6: E$",
    ),
    "does not end": ("def f():\n    f()\n\n\nf()\n", "mine.py, line 2: RecursionError"),
    "misses a module": ("import no_such_module\n", "mine.py, line 1: ModuleNotFoundError: No module named 'no_such"),
    "states no proposition": ("from formal.claims import claim\nclaim(show=True)\n", "line 2: StatementError: True"),
    "is large": ("#" * (LARGEST + 1), "mine.py is too large for a file of claims"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_with_the_line(tmp_path: Path, kind: str) -> None:
    text, message = BAD[kind]
    with pytest.raises(Refusal, match=message) as refused:
        claims_in(file(tmp_path, text))
    assert len(refused.value.message.splitlines()) == 1


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"cannot read .*none\.py: No such file or directory"):
        claims_in(str(tmp_path / "none.py"))
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(Refusal, match="it is not a file"):
        claims_in(str(tmp_path / "folder.py"))
    with pytest.raises(Refusal, match="cannot read"):
        claims_in("with\0null.py")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(Refusal, match="it is not a file"):
        claims_in(str(tmp_path / "pipe.py"))


def test_loading_leaves_nothing_behind(tmp_path: Path) -> None:
    """No bytecode, no module, no folder on the path of imports; not even when the file fails."""
    file(tmp_path, "from formal.statement import dims\nd = dims('d')\n", "neighbour_of_mine.py")
    text = (
        GOOD.replace("d = dims('d')", "from neighbour_of_mine import d") + "import sys\nsys.path.append('/nowhere')\n"
    )
    path, modules, silent = sys.path[:], set(sys.modules), sys.dont_write_bytecode
    assert ids(claims_in(file(tmp_path, text))) == ["x"]
    with pytest.raises(Refusal):
        claims_in(file(tmp_path, text + "1/0\n"))
    assert (sys.path, sys.dont_write_bytecode) == (path, silent)
    assert set(sys.modules) - modules == {"neighbour_of_mine"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.py", "neighbour_of_mine.py"]
    del sys.modules["neighbour_of_mine"]


def test_a_file_named_like_a_module_is_loaded_all_the_same(tmp_path: Path) -> None:
    assert ids(claims_in(file(tmp_path, GOOD, "json.py"))) == ["x"]
    assert ids(claims_in(file(tmp_path, GOOD, "mine-2.py"))) == ["x"]


def test_what_a_file_prints_is_kept_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claims_in(file(tmp_path, GOOD + "print('hello')\n"))
    assert capsys.readouterr() == ("", "hello\n")
