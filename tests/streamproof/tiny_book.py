"""A small book: claims of each kind, sharp ones, one that cites, and two that fail.

Run as a script, this is `streamproof` with that book; with TINY_BOOK=sound in the environment it lacks those that fail.
"""

from __future__ import annotations

import os
import sys
import types

from formal.claims import Book, cite, ideal
from formal.kernel import rules
from formal.kernel.rules import Theorem
from formal.provers.proof import Proof
from formal.statement import Eq, Identity, dims, matrix, opaque, vector

BOOK = Book(chapters={"What is said": ("T-1", "T-2", "T-3", "T-4"), "What is not": ("TH-1", "TH-2", "TH-3")})
d, m = dims("d m")
W, V, x, phi = matrix("W", m, d), matrix("V", d, m), vector("x", d), opaque("phi", d, d)

BOOK.claim(
    "T-1",
    "A layer clears what it reads when W V = I",
    given=[Eq(W * V, Identity(m))],
    show=Eq(W * (Identity(d) - V * W), 0),
    proof=ideal,
    needed=[{"d": 1, "m": 1, "W": [[1]], "V": [["1/2"]]}],
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

clear = BOOK.claim(
    "T-7",
    "A layer can clear no more directions than the stream has",
    given=[Eq(W * V, Identity(m))],
    show=m <= d,
    proof=lambda p: rules.rank_identity(p.facts[0], p.term(W), p.term(V)),
    needed=[{"d": 1, "m": 2, "W": [[1], [0]], "V": [[1, 0]]}],
    attained={"d": 1, "m": 1, "W": [[1]], "V": [[1]]},
    also=("TH-1",),
)


def _from_the_other(p: Proof) -> Theorem:
    p.add(cite(p, clear))
    return p.order()


BOOK.claim(
    "T-7a",
    "..nor one more than that",
    given=[Eq(W * V, Identity(m))],
    show=m <= d + 1,
    proof=_from_the_other,
    needed=[{"d": 1, "m": 3, "W": [[1], [0], [0]], "V": [[1, 0, 0]]}],
    attained="m is at most d (T-7), so one is to spare.",
)
BOOK.claim("T-8a", "A square of a product", show=Eq((W * V) ** 2, W * V * W * V), proof=ideal, also=("TH-2",))

if os.environ.get("TINY_BOOK") == "sound":
    del BOOK.claims["T-5"], BOOK.claims["T-6"]

if __name__ in ("__main__", "__mp_main__"):  # the second where a process that was spawned reads this again
    stand_in = types.ModuleType("formal.book")
    stand_in.BOOK = BOOK  # type: ignore[attr-defined]
    sys.modules["formal.book"] = stand_in
if __name__ == "__main__":
    from streamproof.cli import main

    main()
