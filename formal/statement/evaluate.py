"""Exact evaluation of expressions at given matrices: for showing witnesses and for filling in what follows from them.

Nothing rests on this: a witness is evaluated again by the kernel. An opaque map may be a Python function here; the
points at which it was called are recorded, since a finite table is what a certificate needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..kernel.ground import Exact, Matrix, Witness, evaluate_nat, rank_of_rows
from ..kernel.terms import Nat
from .errors import StatementError
from .language import Expression, Family, to_nat


@dataclass
class Instance:
    """Values for the letters of a statement. Maps are functions of matrices, or tables."""

    nats: dict[str, Any]
    letters: dict[str, Any]
    calls: dict[str, dict[Any, Matrix]] = field(default_factory=dict)

    def size(self, n: Nat) -> int:
        return evaluate_nat(n, Witness(self.nats, {}))

    def witness(self) -> Witness:
        """The kernel's form, with the maps as the tables of the points that were met."""
        letters = {name: () if callable(value) else value for name, value in self.letters.items()}
        for name, table in self.calls.items():
            letters[name] = tuple(table.items())
        return Witness(dict(self.nats), letters)

    def _repr_latex_(self) -> str:
        from .values import instance_latex

        return f"$\\displaystyle {instance_latex(self)}$"


def instance(values: Mapping[str, Any], where: tuple[Family, ...] = ()) -> Instance:
    """Read an author's values: integers are dimensions or scalars, nested lists matrices, dicts families.

    A letter that is 1 x 1 may be given as a number through `[[c]]` only. Families in `where` are computed.
    """
    nats = {k: v for k, v in values.items() if isinstance(v, int) or _is_nat_family(v)}
    letters = {k: _read(k, v) for k, v in values.items() if k not in nats}
    result = Instance(nats, letters)
    for fam in where:
        _unroll(fam, result)
    return result


def _is_nat_family(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(v, int) for v in value.values())


def _read(name: str, value: Any) -> Any:
    if callable(value):
        return value
    if isinstance(value, dict):
        return {k: _read(name, v) for k, v in value.items()}
    rows = tuple(tuple(_exact(name, x) for x in (row if isinstance(row, list | tuple) else [row])) for row in value)
    return rows


def _exact(name: str, x: Any) -> Exact:
    if isinstance(x, str):
        return Fraction(x)
    if isinstance(x, float | bool):
        raise StatementError(
            f"the value of {name} has {x!r}: exact numbers only, write fractions as text such as '3/5'"
        )
    return x  # type: ignore[no-any-return]


def _unroll(fam: Family, at: Instance) -> None:
    """Compute F[0] .. F[depth] from the defining equations."""
    start, each = fam.defined
    step, index = each.parts[0], each.variables[0].name
    table = at.letters[fam.decl.name] = {0: evaluate(start.parts[1], at)}
    for i in range(at.size(to_nat(each.bound))):
        inner = Instance({**at.nats, index: i}, at.letters, at.calls)
        table[i + 1] = evaluate(step.parts[1], inner)


def evaluate(e: Expression, at: Instance) -> Matrix:
    """The value as rows of exact numbers.

    >>> from formal.statement import dims, matrix, Identity
    >>> d = dims("d"); S = matrix("S", d, d)
    >>> evaluate((Identity(d) + S)**2, instance({"d": 1, "S": [[2]]}))
    ((9,),)
    """
    rows, cols = at.size(e.n_rows), at.size(e.n_cols)
    if e.op == "letter":
        return _letter(e, at)
    if e.op in ("identity", "zero"):
        return tuple(tuple(int(i == j and e.op == "identity") for j in range(cols)) for i in range(rows))
    if e.op == "number":
        return ((e.data[0],),)
    if e.op == "nat":
        return ((at.size(e.data[0]),),)
    values = [evaluate(p, at) for p in e.parts]
    if e.op == "T":
        return tuple(tuple(row[i] for row in values[0]) for i in range(rows))
    if e.op == "trace":
        return ((sum((row[i] for i, row in enumerate(values[0])), start=0),),)
    if e.op == "rank":
        return ((rank_of_rows([list(row) for row in values[0]]),),)
    total, shape = values[0], e.parts[0]
    for value, part in zip(values[1:], e.parts[1:], strict=True):
        if e.op == "add":
            total = tuple(tuple(x + y for x, y in zip(p, q, strict=True)) for p, q in zip(total, value, strict=True))
        else:
            total, shape = _times(total, shape, value, part, at.size(part.n_cols))
    return total


def _times(a: Matrix, left: Expression, b: Matrix, right: Expression, width: int) -> tuple[Matrix, Expression]:
    product = left * right  # its shape; the product of scalars with matrices is sorted out by the language
    if left.n_cols == right.n_rows:
        return (
            tuple(tuple(sum((x * b[k][j] for k, x in enumerate(row)), start=0) for j in range(width)) for row in a),
            product,
        )
    s, m = (a, b) if left.is_scalar_shaped else (b, a)
    return tuple(tuple(s[0][0] * x for x in row) for row in m), product


def _letter(e: Expression, at: Instance) -> Matrix:
    decl, index = e.data
    value = at.letters.get(decl.name)
    place = None if index is None else at.size(index)
    if e.parts:
        point = (place, tuple(evaluate(p, at) for p in e.parts))
        result = _apply(decl.name, value, point)
        at.calls.setdefault(decl.name, {})[point] = result
        return result
    if place is not None:
        value = value.get(place) if isinstance(value, Mapping) else None
    if value is None:
        raise StatementError(f"the witness gives no value for {e}")
    return value  # type: ignore[no-any-return]


def _apply(name: str, value: Callable[..., Any] | Mapping[Any, Any] | None, point: Any) -> Matrix:
    index, args = point
    if isinstance(value, Mapping):
        value = value.get(index)
    if not callable(value):
        raise StatementError(f"the witness gives no function for {name}")
    return _read(name, value(*args))  # type: ignore[no-any-return]
