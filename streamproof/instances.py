"""Instances worked out: which values, and what the sides of the relations come to that decide a proposition there.

`assignments` and `failure` say it as data, so that a page of text and a page of mathematics say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from formal.kernel.ground import Matrix
from formal.kernel.ground import evaluate as holds
from formal.statement.elaborate import elaborate_prop
from formal.statement.evaluate import Instance, evaluate
from formal.statement.language import Expression, Prop, to_nat
from formal.statement.printing import expression_text, prop_text
from formal.statement.values import assignments

from .notation import beside, matrix_lines, number_text

SIGNS = {"eq": "=", "ne": "!=", "le": "<=", "lt": "<"}


def assignment_lines(at: Instance) -> list[str]:
    """The values as text, matrices as blocks of rows."""
    lines: list[str] = []
    for a in assignments(at):
        place = f"[{a.index}]" if a.index is not None else ""
        given = f"({', '.join(map(inline, a.arguments))})" if a.arguments else ""
        value = [str(a.value)] if isinstance(a.value, int) else matrix_lines(a.value)
        lines += beside(f"{a.name}{place}{given}", value)
    return lines


def inline(m: Any) -> str:
    """A matrix on one line, rows apart by semicolons; a column vector as a list."""
    if m and all(len(row) == 1 for row in m):
        numbers = [number_text(row[0]) for row in m]
        return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
    return "; ".join(" ".join(map(number_text, row)) for row in m)


# ---------------------------------------------------------------- reasons
@dataclass(frozen=True)
class AtIndex:
    """What follows is said at this index."""

    name: str
    index: int


@dataclass(frozen=True)
class Decided:
    """A proposition that is true or false there; of a relation, its sides with their values."""

    prop: Prop
    true: bool
    sides: tuple[tuple[Expression, Matrix], ...] = ()


Reason: TypeAlias = AtIndex | Decided


def failure(p: Prop, at: Instance) -> list[Reason]:
    """Why p is false at the instance: the relations that decide it."""
    return list(_explain(p, at, wanted=False))


def equality(strict: Prop, at: Instance) -> list[Reason]:
    """Where an inequality is an equality: `strict` is it with < for <=, which is false at the instance."""
    return list(_equality(strict, at))


def _explain(p: Prop, at: Instance, wanted: bool) -> Iterator[Reason]:
    """Why p is true (wanted) or false."""
    if p.op in SIGNS:
        yield _decided(p, at, wanted)
    elif p.op == "not":
        yield from _explain(p.parts[0], at, not wanted)
    elif p.op == "and":
        for q in p.parts:
            if wanted or not _holds(q, at):
                yield from _explain(q, at, wanted)
    elif p.op == "implies" and not wanted:
        yield from _explain(p.parts[0], at, True)
        yield from _explain(p.parts[1], at, False)
    elif p.op == "each" and not wanted:
        yield from _at_failing_index(p, at, lambda q, inner: _explain(q, inner, False))
    else:
        yield Decided(p, wanted)


def _equality(p: Prop, at: Instance) -> Iterator[Reason]:
    if p.op == "lt":
        yield _decided(Prop("eq", p.parts), at, True)
    elif p.op == "implies":
        yield from _equality(p.parts[1], at)
    elif p.op == "each":
        yield from _at_failing_index(p, at, _equality)
    else:
        yield Decided(p, False)


def _at_failing_index(p: Prop, at: Instance, say: Any) -> Iterator[Reason]:
    """The first index at which what holds "for all l < L" does not."""
    index = p.variables[0].name
    for i in range(at.size(to_nat(p.bound))):
        inner = Instance({**at.nats, index: i}, at.letters, at.calls)
        if not _holds(p.parts[0], inner):
            yield AtIndex(index, i)
            yield from say(p.parts[0], inner)
            return


def _decided(p: Prop, at: Instance, true: bool) -> Decided:
    """A relation with the values of the sides that are not constants."""
    sides = [side for side in p.parts if side.op not in ("number", "zero", "identity")]
    return Decided(p, true, tuple((side, evaluate(side, at)) for side in sides))


def _holds(p: Prop, at: Instance) -> bool:
    return holds(elaborate_prop(p), at.witness())


def reason_lines(reasons: list[Reason]) -> list[str]:
    """Reasons as text."""
    lines = []
    for r in reasons:
        if isinstance(r, AtIndex):
            lines.append(f"at {r.name} = {r.index}:")
        elif not r.sides and r.prop.op not in SIGNS:
            lines.append(f"{prop_text(r.prop)}: {'true' if r.true else 'false'}")
        else:
            lines.append(f"{prop_text(r.prop)} {'holds' if r.true else 'fails'}:")
            for side, value in r.sides:
                lines += [f"  {x}" for x in beside(expression_text(side), matrix_lines(value))]
    return lines
