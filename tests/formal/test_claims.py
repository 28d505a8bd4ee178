"""A verdict is what the evidence establishes now."""

from __future__ import annotations

import pytest

from formal.book import BOOK
from formal.book.axioms import AXIOMS
from formal.claims import Book, Result, base_id, check, ideal
from formal.statement import Eq, Identity, StatementError, dims, matrix

d, m = dims("d m")
W, V = matrix("W", m, d), matrix("V", d, m)

FIRST_PART = ["D1", "D2", "L1", "L2", "L3", "L4", "L5", "L7", "T1", "T2", "T3", "C2", "C4", "T6", "L11", "T7"]


@pytest.mark.parametrize("item", FIRST_PART)
def test_every_item_of_the_first_part_has_its_literal_claim(item: str, results: dict[str, Result]) -> None:
    """The id of the literal statement is the chapter's number; what is false has a repair that is proved."""
    literal = BOOK.claims[f"VW-{item}"]
    verdict = results[literal.id].verdict
    assert verdict in ("proved", "refuted", "ill-typed", "definition")
    if verdict in ("refuted", "ill-typed"):
        repairs = BOOK.repairs(literal)
        assert repairs
        assert all(results[c.id].verdict == "proved" for c in repairs)
        assert literal.wrong


def test_every_claim_of_the_book_is_settled_and_few_rest_on_an_axiom(results: dict[str, Result]) -> None:
    """Two facts of topology are assumed, in the words of `formal.book.axioms`, by claims about continuous maps."""
    assert [id for id, r in results.items() if r.verdict is None] == []
    assert {id: r.axioms for id, r in results.items() if r.axioms} == {
        "RS-U12a": ("Brouwer",),
        "RS-T1.1c": ("Borsuk_Ulam",),
    }
    assert {"Brouwer", "Borsuk_Ulam"} == set(AXIOMS)


def test_every_claim_says_what_it_means() -> None:
    """One sentence each, and what went wrong where something did."""
    for c in BOOK:
        assert c.sentence, c.id
        if c.witness is not None or c.disproof is not None:
            assert c.wrong, c.id


@pytest.mark.parametrize(
    ("claim_id", "item"), [("VW-L5", "VW-L5"), ("VW-L5a", "VW-L5"), ("RS-L1.1b", "RS-L1.1"), ("RS-Ex2", "RS-Ex2")]
)
def test_a_letter_behind_the_number_marks_a_further_claim(claim_id: str, item: str) -> None:
    assert base_id(claim_id) == item


def test_an_id_is_used_once() -> None:
    """Two claims under one id could not be told apart in a report."""
    book = Book()
    book.claim("T-1", "one", show=Eq(W, W), proof=ideal)
    with pytest.raises(StatementError, match="the id T-1 is taken"):
        book.claim("T-1", "two", show=Eq(W, W), proof=ideal)


def test_an_error_that_is_no_clash_of_shapes_makes_nothing_ill_typed() -> None:
    """A typing error in the claim itself must not pass for a finding about the chapter."""
    book = Book()
    assert check(book.claim("T-1", "an inverse", ill_typed=lambda: (V * W) ** -1)).verdict is None
    assert check(book.claim("T-2", "well typed", ill_typed=lambda: V * W)).verdict is None
    assert check(book.claim("T-3", "clash", ill_typed=lambda: V * V)).verdict == "ill-typed"
    assert check(book.claim("T-4", "clash of sides", ill_typed=lambda: Eq(V * W, Identity(m)))).verdict == "ill-typed"


def test_a_name_with_two_types_is_refused() -> None:
    """A statement that prints as W W' = 0 has to mean one W."""
    result = check(Book().claim("T-1", "two", show=Eq(W * matrix("W", d, d), 0), proof=ideal))
    assert result.verdict is None
    assert "W is the name of two letters, d x d and m x d" in result.error or "m x d and d x d" in result.error


def test_evidence_that_raises_is_evidence_that_fails() -> None:
    """Whatever a script or a witness does, the other claims of the book are checked."""
    for evidence in (
        {"proof": lambda p: p.facts[7]},
        {"proof": lambda p: None},
        {"proof": lambda p: 1 / 0},
        {"witness": {"d": 1, "W": [["1/0"]]}},
        {"witness": {"d": 1, "W": [None]}},
    ):
        result = check(Book().claim("T-1", "raises", show=Eq(W, 2 * W), **evidence))
        assert result.verdict is None
        assert result.error
