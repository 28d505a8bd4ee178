"""Block matrices: the injections of a direct sum are letters with equations, so a block matrix is a sum of products.

>>> from formal.statement import Eq, dims, matrix
>>> m, n = dims("m n")
>>> A, B, D = matrix("A", m, m), matrix("B", m, n), matrix("D", n, n)
>>> E = direct_sum("E", m, n)
>>> blocks([[A, B], [0, D]], E, E)
E_1*A*E_1.T + E_1*B*E_2.T + E_2*D*E_2.T
>>> E.equations
(E_1.T*E_1 = I, E_2.T*E_2 = I, E_1.T*E_2 = 0, E_1*E_1.T + E_2*E_2.T = I)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from ..kernel.terms import ZERO, Nat, nat_sum
from .errors import StatementError
from .language import Dim, Eq, Expression, Identity, Prop, ZeroMatrix, is_zero, lift, matrix, to_nat, walk


class DirectSum(NamedTuple):
    """A space that is the sum of others: the injection of each, n x n_i where n is the sum of the n_i."""

    injections: tuple[Expression, ...]

    @property
    def size(self) -> Nat:
        """The dimension of the whole."""
        return self.injections[0].n_rows

    @property
    def equations(self) -> tuple[Prop, ...]:
        """E_i' E_i = I, E_i' E_j = 0 for i < j, and the sum of the E_i E_i' is I: hypotheses of a claim."""
        own = [Eq(e.T * e, Identity(e.n_cols)) for e in self.injections]
        mixed = [Eq(e.T * f, 0) for e, f in combinations(self.injections, 2)]
        total = self.injections[0] * self.injections[0].T
        for e in self.injections[1:]:
            total = total + e * e.T
        return (*own, *mixed, Eq(total, Identity(self.size)))


def direct_sum(name: str, *sizes: Dim) -> DirectSum:
    """The injections name_1, name_2, .. of spaces of these dimensions into their sum.

    Every choice of such letters is the standard one, columns of the identity, in another basis.
    Raises StatementError for fewer than two sizes.
    """
    nats = list(map(to_nat, sizes))
    if len(nats) < 2:
        raise StatementError(f"the direct sum {name} has {len(nats)} summands, it needs two or more")
    total = ZERO
    for n in nats:
        total = nat_sum(total, n)
    return DirectSum(tuple(matrix(f"{name}_{i}", total, n) for i, n in enumerate(nats, 1)))


def blocks(rows: Sequence[Sequence[Any]], down: DirectSum | None = None, across: DirectSum | None = None) -> Expression:
    """The matrix of these blocks, the sum of the E_i A_ij F_j' for E of `down` and F of `across`.

    One row of blocks needs no `down`, one column no `across`. A plain 0 is a block of any shape. Raises StatementError
    where the blocks and the summands differ in number or in size.
    """
    heights = [e.n_cols for e in down.injections] if down else [_shared(rows[0], "n_rows")]
    widths = [e.n_cols for e in across.injections] if across else [_shared([row[0] for row in rows], "n_cols")]
    if len(rows) != len(heights) or any(len(row) != len(widths) for row in rows):
        found = ", ".join(str(len(row)) for row in rows)
        raise StatementError(f"rows of {found} blocks do not fit {len(heights)} rows of {len(widths)} blocks each")
    total: Expression | None = None
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            block = lift(value)
            if is_zero(block):
                continue
            if (block.n_rows, block.n_cols) != (heights[i], widths[j]):
                raise StatementError(
                    f"block {i + 1}, {j + 1} is {block}, of shape {block.n_rows} x {block.n_cols}, where "
                    f"{heights[i]} x {widths[j]} is needed",
                    "blocks",
                    (block,),
                )
            placed = _placed(down and down.injections[i], block, across and across.injections[j].T)
            total = placed if total is None else total + placed
    if total is None:
        return ZeroMatrix(down.size if down else heights[0], across.size if across else widths[0])
    return total


def _placed(left: Expression | None, block: Expression, right: Expression | None) -> Expression:
    """The product of these; an identity among other factors is left out."""
    if block.op == "identity" and left is not None:
        return left if right is None else left * right
    if block.op == "identity" and right is not None:
        return right
    block = block if left is None else left * block
    return block if right is None else block * right


def _shared(entries: Sequence[Any], side: str) -> Nat:
    """The one height of a row, or width of a column; that of the first which is not a plain 0."""
    sizes = [getattr(e, side) for e in map(lift, entries) if e.op != "number" or e.data[0]]
    if not sizes:
        raise StatementError("a row or a column of zeros has no size: use ZeroMatrix")
    return sizes[0]  # type: ignore[no-any-return]


def direct_sums(given: Iterable[Prop]) -> list[DirectSum]:
    """The direct sums whose injections, named E_1, E_2, .. with any name for E, have all their equations among these.

    >>> from formal.statement import dims
    >>> E = direct_sum("E", *dims("m n"))
    >>> direct_sums(E.equations) == [E], direct_sums(E.equations[:3])
    (True, [])
    """
    equations = [p for p in given if p.op == "eq"]
    known = {p.parts for p in equations}
    letters: dict[str, dict[int, Expression]] = {}
    for e in (e for p in equations for side in p.parts for e in walk(side)):
        named = re.fullmatch(r"(\w+)_([1-9][0-9]*)", e.data[0].name) if e.op == "letter" and not e.parts else None
        if named and e.data[1] is None:
            letters.setdefault(named[1], {})[int(named[2])] = e
    found = []
    for name, parts in letters.items():
        if len(parts) > 1 and sorted(parts) == list(range(1, len(parts) + 1)):
            whole = direct_sum(name, *(parts[i].n_cols for i in sorted(parts)))
            if all(p.parts in known for p in whole.equations):
                found.append(whole)
    return found
