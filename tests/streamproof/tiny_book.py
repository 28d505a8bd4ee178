"""A book of five claims, one of each kind and one that fails. Run as a script, this is `streamproof` with that book."""

from __future__ import annotations

import sys
import types

from formal.claims import Book, ideal
from formal.statement import Eq, Identity, dims, matrix, opaque, vector

BOOK = Book()
d, m = dims("d m")
W, V, x, phi = matrix("W", m, d), matrix("V", d, m), vector("x", d), opaque("phi", d, d)

BOOK.claim(
    "T-1",
    "A layer clears what it reads when W V = I",
    given=[Eq(W * V, Identity(m))],
    show=Eq(W * (Identity(d) - V * W), 0),
    proof=ideal,
    sentence="Writing back minus what was read removes it.",
)
BOOK.claim(
    "T-2",
    "A left inverse is a right inverse",
    given=[Eq(W * V, Identity(m))],
    show=Eq(V * W, Identity(d)),
    witness={"d": 2, "m": 1, "W": [["1/2", 0]], "V": [[2], [0]]},
    wrong="True for square matrices only.",
)
BOOK.claim("T-2a", "For a square W it commutes with itself", show=Eq(W * V * W, W * V * W), proof=ideal)
BOOK.claim("T-3", "The square of a read W[1]", ill_typed=lambda: W * W)
BOOK.claim("T-4", "The virtual weight", defines=W * V)
BOOK.claim("T-5", "A proof that proves nothing", show=Eq(V * W, Identity(d)), proof=ideal)
BOOK.claim("T-6", "A script with a bug", show=Eq(phi(x), x), proof=lambda p: p.no_such_move())

if __name__ == "__main__":
    stand_in = types.ModuleType("formal.book")
    stand_in.BOOK = BOOK  # type: ignore[attr-defined]
    sys.modules["formal.book"] = stand_in
    from streamproof.cli import main

    main()
