"""What a notebook shows of statements, claims, verdicts and values."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from formal.claims import Claim, check, claim, ideal
from formal.decide import decide
from formal.statement import Eq, Identity, dims, matrix, opaque, vector
from formal.statement.evaluate import instance

d, m = dims("d m")
W, V, x = matrix("W", m, d), matrix("V", d, m), vector("x", d)
TITLE = "<script>alert(1)</script> & $\\href{javascript:alert(1)}{x}$ <img src=x onerror=alert(1)>"
CLEARS = claim(TITLE, given=[Eq(W * V, Identity(m))], show=Eq(W * (Identity(d) - V * W), 0))
WRONG = claim("", given=[Eq(W * V, Identity(m))], show=Eq(V * W, Identity(d)))


class Seen(HTMLParser):
    """The elements of a piece of HTML, and its text outside of what MathJax leaves alone."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = self.ignored = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append("ignored" if tag == "span" else tag)
        assert all(name in ("class", "style") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "ignored" in self.open:
            self.ignored += data
        else:
            self.text += data


def test_text_is_neither_markup_nor_formula() -> None:
    """Titles and errors come from whoever wrote the file of claims."""
    bad = Claim("X", TITLE, CLEARS.given, CLEARS.show, proof=lambda p: p.fact(TITLE))
    for html in (CLEARS._repr_html_(), check(bad)._repr_html_(), decide(CLEARS, seconds=5)._repr_html_()):
        assert html is not None
        seen = Seen(html)
        assert set(seen.tags) <= {"div", "b", "span"} and seen.open == []
        assert TITLE in seen.ignored and "href" not in seen.text


def test_a_claim_is_shown_with_its_types() -> None:
    html = CLEARS._repr_html_()
    assert html is not None
    text = Seen(html).text
    assert "Let $\\displaystyle d, m \\in \\mathbb{N}$" in text
    assert "$\\displaystyle W\\,V = I_{m}$" in text and "$\\displaystyle W\\,\\left(I_{d}" in text
    assert CLEARS._repr_latex_() == (
        "$\\displaystyle \\left(W\\,V = I_{m}\\right) \\Rightarrow \\left(W\\,\\left(I_{d} - V\\,W\\right) = 0\\right)$"
    )


def test_definitions_and_ill_typed_expressions_are_shown_as_far_as_they_go() -> None:
    latex = claim(defines=W * V)._repr_latex_()
    assert latex is not None and "W\\,V" in latex
    assert claim(ill_typed=lambda: W * W)._repr_latex_() is None
    assert claim(defines=W * V)._repr_html_() is None
    assert "ILL-TYPED" in check(claim("A square", ill_typed=lambda: W * W))._repr_html_()


@pytest.mark.parametrize("ask", [lambda c: decide(c, seconds=5), lambda c: check(c)])
def test_a_witness_is_shown_as_matrices(ask: object) -> None:
    witness = {"d": 2, "m": 1, "W": [["1/2", 0]], "V": [[2], [0]]}
    shown = ask(Claim("X", "", WRONG.given, WRONG.show, witness=witness))  # type: ignore[operator]
    html = shown._repr_html_()
    assert "REFUTED" in html and "\\begin{pmatrix}" in Seen(html).text


def test_an_instance_is_latex() -> None:
    at = instance({"d": 1, "T": {1: [["1/2"]]}, "x": [[1]]})
    assert at._repr_latex_() == "$\\displaystyle d = 1,\\quad T_{1} = \\tfrac{1}{2},\\quad x = 1$"
    phi = opaque("phi", d, d)
    mapped = Claim("X", "", (), Eq(phi(x), x), witness={"d": 1, "x": [[1]], "phi": lambda v: [[3]]})
    assert "\\phi\\left(1\\right) = 3" in mapped.instance()._repr_latex_()


def test_a_decision_is_short_on_a_prompt() -> None:
    assert repr(decide(WRONG, seconds=5)) == "<refuted: (W*V = I) => (V*W = I)>"
    assert check(Claim("X", "", (), Eq(W, W), proof=ideal))._repr_html_().count("PROVED") == 1
