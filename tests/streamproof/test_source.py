"""A statement written as Python is the same statement when it is read again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import formal.statement
from formal.book import BOOK
from formal.claims import Claim, check, claim, stated
from formal.kernel.ground import Surd
from formal.statement import Each, Eq, Exists, ForAll, Identity, dim_family, dims, family, matrix, opaque, vector
from streamproof.source import statement_source, witness_source
from streamproof.testing import table

NAMES = {name: getattr(formal.statement, name) for name in formal.statement.__all__}
NAMES |= {"claim": claim, "Fraction": Fraction, "Surd": Surd, "table": table}


def again(one: Claim) -> Claim:
    """What the source makes; it is ours, so a test may run it."""
    scope: dict[str, Any] = dict(NAMES)
    lines, arguments = statement_source(one)
    exec("\n".join([*lines, f"made = claim({', '.join(arguments)})"]), scope)
    made: Claim = scope["made"]
    return made


@pytest.mark.parametrize("one", [c for c in BOOK if c.show is not None], ids=lambda c: c.id)
def test_the_claims_of_the_book_come_back(one: Claim) -> None:
    """With families, recursions, maps, quantifiers; and with their witnesses, irrational ones too."""
    made = again(one)
    assert (made.hypotheses, made.goal, made.title) == (one.hypotheses, one.goal, one.title)
    if one.witness is not None:
        witness = eval(witness_source(one), dict(NAMES))
        assert check(replace(made, witness=witness)).verdict == "refuted"


d, l, L = dims("d l L")
m = dim_family("m")
T = family("T", d, d)


@pytest.mark.parametrize(
    "one",
    [
        claim("keywords", show=Eq(matrix("lambda", d, d) + matrix("class", d, d), matrix("rank", d, d))),
        claim("names of the language", show=Eq(matrix("Eq", d, d) * matrix("claim", d, d), 2 * Identity(d))),
        claim(
            "one name, bound and free",
            given=[Exists(matrix("x", d, d), Eq(matrix("x", d, d), 0))],
            show=Eq(vector("x", d), 0),
        ),
        claim("sizes", show=Eq(matrix("A", 2 * d + 1, d * L) * matrix("B", d * L, 0), 0)),
        claim("a size at an index", show=Each(l, L, Eq(family("V", d, lambda i: m[i])[l + 1], 0))),
        claim("families that are bound", show=ForAll((m, T), Each(l, L, Eq(T[l], T[l].T)))),
        claim(
            "scalars", show=Eq(Fraction(1, 2) * d - Fraction(-3, 7), (d * matrix("c", 1, 1) - 1) * matrix("c", 1, 1))
        ),
        claim("maps of matrices", show=Eq(opaque("f", (d, L), (L, d), indexed=True)[l + 2](matrix("X", d, L)), 0)),
        claim("quotes \" and ' and \\ and\nlines", show=Eq(-1 * (-T[0]) * -T[1], T[0] - T[1] ** 3)),
        stated("m, n; A: m x m; B: m x n; D: n x n; rank([A, B; 0, D]) >= rank(A) + rank(D)"),
        stated("d, L; T[l]: d x d; for all k < L: sum(l = 1..k, T[l]) = 0 => sum(l = 0..L - 1, T[l + 1]) = T[L]"),
        stated("d[l], L; W[l]: d[l+1] x d[l]; rank(prod(l = 1..L, W[l])) <= d[1]"),
        stated("a, b, c: scalar; max(a, b) - 2*min(a, c)/3 < c <=> not (a = 1/2 or b >= 0.25)"),
    ],
    ids=lambda c: c.title.splitlines()[0],
)
def test_hard_statements_come_back(one: Claim) -> None:
    made = again(one)
    assert (made.hypotheses, made.goal, made.title) == (one.hypotheses, one.goal, one.title)
