"""SymPy's own opinion: it confirms what is proved, at explicit matrices, and notices what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from formal.book import BOOK
from formal.claims import Book, Claim, ideal
from formal.second_voice import confirm
from formal.statement import Eq, Identity, Prop, dims, matrix

d, m = dims("d m")
W, V = matrix("W", m, d), matrix("V", d, m)
# What SymPy cannot look at: a hypothesis about all numbers (ReLU), all vectors or all matrices.
SILENT = {"VW-L1k", "VW-L4f", "VW-T7b", "VW-C2a"}


def equational(c: Claim) -> bool:
    """Whether the conclusion is made of equations, or the claim is refuted at a witness."""
    return c.witness is not None or (c.proof is not None and c.show is not None and _equations_only(c.show))


def _equations_only(p: Prop) -> bool:
    return p.op == "eq" or (p.op in ("and", "implies") and all(map(_equations_only, p.parts)))


@pytest.mark.parametrize("claim_id", [c.id for c in BOOK if equational(c)])
def test_every_equational_claim_is_confirmed(claim_id: str) -> None:
    """Disagreement would mean that the kernel, SymPy or the elaboration is wrong about the statement."""
    said = confirm(BOOK.claims[claim_id])
    if claim_id in SILENT:
        assert said.agreed is None
        assert "quantified" in said.note
    else:
        assert said.agreed is True, said.note


@pytest.mark.parametrize(
    "wrong",
    [
        {"given": [], "show": Eq(W * (Identity(d) - V * W), 0)},
        {"given": [Eq(W * V, Identity(m))], "show": Eq(V * W, Identity(d))},
        {"given": [Eq(W * V, 2 * Identity(m))], "show": Eq(W * V * W, W)},
        {"given": [], "show": Eq((Identity(d) + V * W) ** 2, Identity(d) + 2 * V * W)},
    ],
    ids=["a hypothesis dropped", "the factors swapped", "a number changed", "a term dropped"],
)
def test_a_false_equation_is_noticed(wrong: dict[str, object]) -> None:
    """A voice that always agrees says nothing."""
    said = confirm(Book().claim("T-1", "false", proof=ideal, **wrong))  # type: ignore[arg-type]
    assert said.agreed is False
    assert "differ" in said.note


def test_the_conclusion_of_a_book_claim_is_looked_at() -> None:
    """The transfer of a sign into the composition law does not pass."""
    law = BOOK.claims["VW-L5a"]
    left, right = law.conclusion.parts
    assert confirm(replace(law, show=Eq(left, 2 * right))).agreed is False


def test_a_witness_that_is_none_is_noticed() -> None:
    """Where the conclusion holds, or a hypothesis fails, at the witness."""
    values = {"d": 1, "m": 1, "W": [[1]], "V": [[1]]}
    made = Book().claim(
        "T-1", "not refuted", given=[Eq(W * V, Identity(m))], show=Eq(V * W, Identity(d)), witness=values
    )
    assert confirm(made).agreed is False
    assert confirm(replace(made, witness={**values, "V": [[2]]})).agreed is False
