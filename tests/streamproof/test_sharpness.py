"""Evidence that a claim is sharp is evidence: it fails a check like any other, and it is counted."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from formal.checker import check_text
from formal.claims import Book, Claim, check, ideal
from formal.kernel import rules
from formal.kernel.rules import Theorem
from formal.provers.proof import Proof
from formal.statement import And, Each, Eq, Identity, dims, family, matrix, scalars
from formal.statement.evaluate import instance
from streamproof.checking import Wanted, examine, summary
from streamproof.cli import cli
from streamproof.pages import page
from streamproof.sharpness import Tally, attained, needed, tally

d, m, l, L = dims("d m l L")
W, V = matrix("W", m, d), matrix("V", d, m)
GIVEN = [Eq(W * V, Identity(m))]
NEEDED = {"d": 1, "m": 1, "W": [[1]], "V": [["1/2"]]}


def clear(needed: list[Any]) -> Claim:
    """That a layer clears what it reads, with these instances for its hypothesis."""
    return Book().claim("X-1", "clears", given=GIVEN, show=Eq(W * (Identity(d) - V * W), 0), proof=ideal, needed=needed)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a book of one claim the book of the command."""

    def put(claim: Claim) -> None:
        stand_in = types.ModuleType("formal.book")
        stand_in.BOOK = Book({claim.id: claim})  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "formal.book", stand_in)

    return put


@pytest.mark.parametrize(
    ("instance", "why"),
    [
        ({"d": 1, "m": 1, "W": [[1]], "V": [[1]]}, "X-1.needs-1, clears, without its hypothesis number 1, W*V = I: "),
        ({"d": 1, "m": 1, "W": [[1]]}, "gives no value for V"),
        (lambda p: p.facts[0], "X-1.needs-1, "),
    ],
)
def test_an_instance_that_shows_nothing_fails_the_claim(only: Any, tmp_path: Path, instance: Any, why: str) -> None:
    """In the table, in the reports, in the exit code; what is established all the same is written."""
    only(clear([instance]))
    files = {name: str(tmp_path / name) for name in ("r.json", "r.xml", "c")}
    done = CliRunner().invoke(
        cli, ["check", "--json", files["r.json"], "--junit", files["r.xml"], "--certificates", files["c"]]
    )
    assert done.exit_code == 1
    line = done.output.splitlines()[1]
    assert line.split()[:3] == ["X-1", "clears", "FAILED"]
    assert why in done.output and "1 claim: 1 proved, no axiom, 1 not as sharp as claimed; 0 of 1 hyp" in done.output
    (claim,) = json.loads(Path(files["r.json"]).read_text())["claims"]
    assert claim["verdict"] == "proved" and why in claim["errors"][0]
    assert claim["hypotheses"] == {"count": 1, "needed": 0}
    assert ElementTree.parse(files["r.xml"]).getroot().get("failures") == "1"
    assert [p.name for p in Path(files["c"]).iterdir()] == ["X-1.json"]
    shown = CliRunner().invoke(cli, ["show", "X-1"])
    assert shown.exit_code == 1 and "Without h1: W*V = I\n  the evidence fails: " in shown.output


def test_more_instances_than_hypotheses_fail_the_claim(only: Any) -> None:
    only(clear([NEEDED, NEEDED]))
    done = CliRunner().invoke(cli, ["check"])
    assert done.exit_code == 1 and "X-1 has 1 hypotheses, but 2 are shown needed" in done.output
    assert "but 2 are shown needed" in CliRunner().invoke(cli, ["show", "X-1"]).output


def test_a_gap_is_counted_and_shown_but_is_no_failure(only: Any) -> None:
    claim = clear([])
    only(claim)
    done = CliRunner().invoke(cli, ["check"])
    assert done.exit_code == 0 and "0 of 1 hypothesis shown needed" in done.output
    assert "Without h1: W*V = I\n  no instance is given" in page(claim, {})[0]


def test_the_tally_counts_what_was_established() -> None:
    """Hypotheses and inequalities of proved claims only; an inequality with a reason is not attained."""
    a, b = scalars("a b")
    claim = Book().claim(
        "X-1",
        "squares",
        given=[0 <= a, 0 <= b],
        show=And(0 <= a + b, a <= a + b, -1 <= a * b),
        proof=_by_products,
        needed=[{"a": [[-1]], "b": [[0]]}, {"a": [[0]], "b": [[-1]]}],
        attained=[{"a": [[0]], "b": [[0]]}, {"a": [[2]], "b": [[0]]}, "a product of such numbers is at least 0."],
    )
    result = check(claim)
    assert result.failures == []
    assert tally(result) == Tally(2, 2, 3, 2)
    assert [(x.number, str(x.hypothesis)) for x in needed(result)] == [(1, "0 <= a"), (2, "0 <= b")]
    found = attained(result)
    assert [str(x.inequality) for x in found] == ["0 <= a + b", "a <= a + b", "-1 <= a*b"]
    assert [bool(x.refutation) for x in found] == [True, True, False] and found[2].note
    (outcome,) = examine([claim], Wanted(certificates=True))
    assert "2 of 2 hypotheses shown needed, 2 of 3 inequalities attained" in summary([outcome], 0)
    assert set(outcome.certificates) == {
        "X-1",
        *(f"X-1.{s}" for s in ("needs-1", "needs-2", "equality-1", "equality-2")),
    }
    assert {check_text(text).id for text in outcome.certificates.values()} == set(outcome.certificates)
    assert tally(check(Book().claim("X-2", "no", given=[0 <= a], show=a <= 0, witness={"a": [[1]]}))) == Tally()


def _by_products(p: Proof) -> Theorem:
    return rules.conjoin([p.prove(q, lambda inner: inner.order(products=2)) for q in p.goal[1]])


def test_equality_is_shown_at_the_index_where_it_holds() -> None:
    """An inequality for every layer is attained at some layer, and the page says at which."""
    a = family("a", 1, 1)
    claim = Book().claim(
        "X-1",
        "as given",
        given=[Each(l, L, 1 <= a[l])],
        show=Each(l, L, 1 <= a[l]),
        proof=ideal,
        needed=[{"L": 2, "a": {0: [[1]], 1: [[0]]}}],
        attained={"L": 2, "a": {0: [[3]], 1: [[1]]}},
    )
    text, established = page(claim, {})
    assert established, text
    without, _, equality = text.partition("\n\nEquality: for all l < L: 1 <= a[l]\n  both sides are equal at\n")
    assert "\n    at l = 1:\n    1 <= a[l] fails:\n      a[l] = 0" in without
    assert "\n    at l = 1:\n    1 = a[l] holds:\n      a[l] = 1" in equality


def test_a_disproof_stands_for_an_instance_that_cannot_be_evaluated() -> None:
    """Its lines are on the page in the place of values."""
    claim = Book().claim(
        "X-1",
        "full",
        given=GIVEN,
        show=m <= d,
        proof=_identity,
        needed=[_too_many],
    )
    text, established = page(claim, {})
    assert established, text
    assert "there are values at which the others hold and the conclusion fails:\n" in text
    assert "    1. there are " in text and "(evaluate at the witness)" in text


def _identity(p: Proof) -> Theorem:
    return rules.rank_identity(p.facts[0], p.term(W), p.term(V))


def _too_many(p: Proof) -> Theorem:
    return rules.ground(p.goal, instance({"d": 1, "m": 2, "W": [[1], [0]], "V": [[1, 0]]}).witness())
