"""Every page of the real book can be shown, and says what its reader needs."""

from __future__ import annotations

import re

import pytest

from formal.book import BOOK
from formal.claims import Book, Result
from streamproof.latex import statement_latex
from streamproof.pages import page
from streamproof.relations import citations


@pytest.fixture(scope="module")
def pages(results: dict[str, Result]) -> dict[str, str]:
    """The page of every claim; each is checked once, and not again for every page that names it."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("streamproof.pages", "streamproof.relations"):
            patch.setattr(f"{module}.check", lambda claim, **_: results[claim.id])
        cites = citations(BOOK)
        return {claim.id: page(claim, cites)[0] for claim in BOOK}


def test_every_claim_has_a_page(pages: dict[str, str]) -> None:
    """No proof may have a step that the reader of proofs cannot tell, and no page a line that runs off."""
    for claim in BOOK:
        text = pages[claim.id]
        assert text.startswith(f"{claim.id}  {claim.title}\n")
        assert max(len(line) for line in text.splitlines() if " " in line.strip()[:100]) <= 120, claim.id
        if claim.show is not None:
            assert statement_latex(claim).count("\\[") >= 1


def test_references_lead_to_lines(pages: dict[str, str]) -> None:
    """Each [n] of a sum stands for a line, a hypothesis or a part of one, put down in the same proof."""
    seen = 0
    for claim in BOOK:
        head, _, proof = pages[claim.id].partition("\nProof\n")
        for section in re.split(r"\n +Lemma (?=\d+\. )", proof):
            lines = set(re.findall(r"^ +(\d+(?:\.\d+)*)(?:\. |  )", section, re.MULTILINE))
            hypotheses = set(re.findall(r"^ +(h\d+)  ", head, re.MULTILINE) + re.findall(r"\(([hi]\d+)\)", section))
            for used in re.findall(r"(?<!\w)\[([hi]?\d+(?:\.\d+)*)\]", section):  # P[0] is no reference
                seen += 1
                base = used if used in lines else used.partition(".")[0]
                assert base in lines | hypotheses, (claim.id, used)
    assert seen > 100


def test_witness_in_a_family_is_shown_by_index(book: Book) -> None:
    text, established = page(book.claims["T-2"])
    assert established and "Counterexample" in text and "All that is given holds there." in text
