"""`streamproof audit`: a table, JSON and a page that say what was found, and errors that say what was wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from numeric.claims.audit import audit
from streamproof import auditing
from streamproof.audit_page import html
from streamproof.errors import Refusal

from ..numeric.conftest import ARCHITECTURES, tiny_subject
from ..numeric.faults import FAULTS, Faulty

TINY = Path(__file__).parent.parent / "numeric" / "references"


@pytest.fixture
def run(python: Callable[..., Any]) -> Callable[..., Any]:
    """The command, as a program of its own."""
    return lambda *arguments: python("-m", "streamproof", "audit", *arguments)


def model(name: str) -> Path:
    """The folder of a tiny checkpoint that stands in the repository."""
    return TINY / name


def test_a_table_and_a_summary(run: Callable[..., Any], tmp_path: Path) -> None:
    """A row a claim, what the book says beside what holds here, and one line at the end."""
    done = run(_checkpoint(tmp_path), "--text", TEXT, "--claims", "VW-T2*", "--claims", "VW-T1g", "--json", "out.json")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["id", "title", "in", "the", "book", "here", "within", "places"]
    rows = {line.split()[0]: line for line in lines[1:] if line.startswith("VW")}
    assert set(rows) == {"VW-T1g", "VW-T2", "VW-T2a", "VW-T2b", "VW-T2c", "VW-T2d"}
    assert rows["VW-T1g"].count("refuted") == 2
    assert lines[-1].startswith("6 claims read at ")
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert {claim["id"]: claim["verdict"] for claim in written["claims"]}["VW-T1g"] == "refuted"
    assert all(
        reading["status"] == "refuted" for c in written["claims"] if c["id"] == "VW-T1g" for reading in c["readings"]
    )


TEXT = "the cat"


def _checkpoint(tmp_path: Path) -> Path:
    """A tiny checkpoint with a tokenizer of a few words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path / "tiny"
    shutil.copytree(model("gpt2"), folder)
    tokenizer = Tokenizer(models.WordLevel({"the": 0, "cat": 1, "sat": 2, "?": 3}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_model"], "no_such_model"),
        (["{tiny}", "--text", ""], "empty"),
        (["{tiny}", "--text", TEXT, "--claims", "VW-X"], "no claim of the book is called VW-X"),
        (["{tiny}", "--text", TEXT, "--json", "no/such/folder/x.json"], "cannot write"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    run: Callable[..., Any], tmp_path: Path, arguments: list[str], message: str
) -> None:
    """Bad input ends with exit code 2 and one line that names it; nothing is written."""
    tiny = _checkpoint(tmp_path)
    done = run(*(tiny if a == "{tiny}" else a for a in arguments))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("streamproof: ") and message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_fault_is_named_with_its_place() -> None:
    """A run that is not what the weights say is broken, and the last lines say where."""
    fault = next(f for f in FAULTS if f.name == "attention's residual is dropped, pre-norm")
    found = audit(Faulty(fault), auditing.chosen(["RS-U5", "RS-U8"]))
    assert auditing.broken(found)
    lines = auditing.closing(found, 1.0)
    assert lines[0].startswith("RS-U5 is broken at ") and lines[-1].endswith(
        "1 BROKEN; 0 do not speak of this model; 1.0 s"
    )


def test_patterns_choose_claims() -> None:
    """Patterns are those of a shell; what matches nothing is refused by name."""
    assert [c.id for c in auditing.chosen(["VW-L5"])] == ["VW-L5"]
    assert len(auditing.chosen(["VW-L5*"])) > 5
    assert len(auditing.chosen([])) > 300
    with pytest.raises(Refusal, match="VW-L99"):
        auditing.chosen(["VW-L99"])


class Reader(HTMLParser):
    """What a page shows, what it loads, and whether its elements close."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.loads += [
            v for k in ("src", "href", "xlink:href") if (v := named.get(k)) and not v.startswith(("#", "data:"))
        ]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_page_stands_alone(name: str) -> None:
    """All pictures are in the page, nothing is loaded from elsewhere, and a text is shown and not run."""
    about = tiny_subject(**ARCHITECTURES[name])
    about.text = "<script>alert(1)</script>"
    reader = Reader()
    found = audit(about, auditing.chosen(["VW-T2*", "RS-U5", "VW-L6"]))
    reader.feed(html(about, found, auditing.sections(about)))
    assert reader.tags.count("svg") >= 9
    assert reader.loads == [] and "script" not in reader.tags
    shown = "".join(reader.text)
    assert "<script>alert(1)</script>" in shown and "VW-T2a" in shown


def test_the_command_is_quick_to_refuse(run: Callable[..., Any]) -> None:
    """Without a model there is one line on how the command is used, and no traceback."""
    done = run()
    assert done.returncode == 2 and "Traceback" not in done.stderr
