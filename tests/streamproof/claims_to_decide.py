"""Conjectures of somebody: one that holds, one that fails, one that nothing here settles, and some with evidence."""

from __future__ import annotations

from formal.claims import Book, Claim, claim, ideal
from formal.statement import Eq, Identity, dims, matrix, opaque, vector

d, m = dims("d m")
W, V = matrix("W", m, d), matrix("V", d, m)
x, y, phi = vector("x", d), vector("y", d), opaque("phi", d, d)
A, B, C = (matrix(name, 2, 2) for name in "ABC")
reads_back = Eq(W * V, Identity(m))

clears = claim("A layer clears what it reads", given=[Eq(V, V), reads_back], show=Eq(W * (Identity(d) - V * W), 0))
wrong = Claim("writes-back", "..and writes all back", given=[reads_back], show=Eq(V * W, Identity(d)))
hall = claim("Hall's identity", show=Eq((A * B - B * A) ** 2 * C, C * (A * B - B * A) ** 2))  # true for 2 x 2 only
maps = [claim("A layer is linear", show=Eq(phi(x + y), phi(x) + phi(y))), "no claim"]

BOOK = Book()
shown = BOOK.claim("B-1", "Nothing to look for", show=Eq(W * V * W, W * V * W), proof=ideal)
BOOK.claim("B-2", "Evidence that fails", show=Eq(W + W, 2 * W), proof=lambda p: p.no_such_move())
BOOK.claim("B-3", "States nothing", defines=W * V)
