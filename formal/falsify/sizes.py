"""The dimensions, depths and indices of a goal: which values to try, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from ..kernel.errors import KernelError
from ..kernel.ground import sign
from ..kernel.terms import HOLE, Nat, nat_names
from ..statement.errors import StatementError
from ..statement.evaluate import Instance, evaluate
from ..statement.language import Prop, to_nat
from .goals import RELATIONS, Goal, expressions

MEMBERS = 14  # entries that a family of dimensions is given
SCANNED = 4000  # settings looked at, at most, for those that the relations between dimensions allow


class Sizes:
    """names: dimensions, depths and indices; families: families of dimensions; depths: those that are no size.

    >>> from formal.statement import Eq, Le, dims, matrix
    >>> from formal.falsify.goals import goals
    >>> d, m = dims("d m"); W = matrix("W", m, d)
    >>> [goal] = goals((Le(3, d), Eq(W, 0)), Eq(m, 1))
    >>> [setting for _, setting in zip(range(3), Sizes(goal).positive())]
    [{'d': 3, 'm': 2}, {'d': 3, 'm': 3}, {'d': 4, 'm': 2}]
    """

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        props = (*(q for fam in goal.where for q in fam.defined), *goal.given, *goal.denied)
        types: list[Nat] = []
        others: list[Nat] = []
        indices: set[str] = set()
        for p in props:
            for index, bound in _bounds(p):
                indices.add(index)
                others.append(bound)
        for e in expressions(props):
            if e.op == "letter":
                decl, at = e.data
                types += [decl.rows, decl.cols, *(n for pair in decl.domain for n in pair)]
                others += [] if at is None else [at]
            elif e.op == "nat":
                others.append(e.data[0])
            elif e.op in ("identity", "zero"):
                types += [e.n_rows, e.n_cols]
        found = _variables([*types, *others])
        self.names = sorted(name for name, is_family in found.items() if not is_family and name not in indices)
        self.families = sorted(name for name, is_family in found.items() if is_family)
        in_types = frozenset[str]().union(*map(nat_names, types))
        self.depths = {name for name in self.names if name not in in_types}
        literals = [p for p in (*goal.given, *goal.denied) if p.op in RELATIONS]
        self.conditions = [
            p for p in literals if all(e.op in ("nat", "number", "add", "mul") for e in expressions([p]))
        ]

    def allowed(self, nats: Mapping[str, Any]) -> bool:
        """Whether the relations between dimensions hold."""
        at = Instance(dict(nats), {})
        try:
            return all(_holds(p, at) for p in self.conditions)
        except (KernelError, StatementError):
            return False

    def positive(self, reach: int = 40) -> Iterator[dict[str, Any]]:
        """Settings in which no dimension is 0 (a depth may be), the smallest sum first.

        reach: by how much the sum may exceed the smallest one that is allowed.
        """
        first: int | None = None
        least = [0 if name in self.depths else 1 for name in self.names]
        scanned = 0
        for extra in range(40 if self.names else 1):
            if first is not None and extra > first + reach:
                return
            for more in _compositions(extra, len(self.names)):
                scanned += 1
                if scanned > SCANNED:
                    return
                plain = {name: a + b for name, a, b in zip(self.names, least, more, strict=True)}
                for nats in self._with_families(plain, (1, 2) if extra < 3 else (1,)):
                    first = extra if first is None else first
                    yield nats

    def degenerate(self) -> Iterator[dict[str, Any]]:
        """Settings in which a dimension is 0."""
        plain = [name for name in self.names if name not in self.depths]
        ranges = [range(3) if name in self.depths or len(self.names) < 4 else range(2) for name in self.names]
        every = [v for v in product(*ranges) if not all(v[self.names.index(name)] for name in plain)]
        for values in sorted(every, key=lambda v: (sum(v), v))[:SCANNED]:
            yield from self._with_families(dict(zip(self.names, values, strict=True)), (1, 0))
        if self.families:
            least = dict.fromkeys(self.names, 1)
            yield from self._with_families(least, (0,))
            yield from self._with_families(dict.fromkeys(self.names, 2), (0,))

    def uniform(self) -> Iterator[dict[str, Any]]:
        """All dimensions 2, all depths 2; then 3."""
        for n in (2, 3):
            yield from self._with_families(dict.fromkeys(self.names, n), (1, 2, n))

    def _with_families(self, plain: dict[str, Any], widths: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        if not self.families:
            if self.allowed(plain):
                yield plain
            return
        for width in widths:
            nats = {**plain, **{name: dict.fromkeys(range(MEMBERS), width) for name in self.families}}
            if self.allowed(nats):
                yield nats

    def total(self, nats: Mapping[str, Any], read: Iterable[tuple[str, int]] = ()) -> int:
        """The sum of all dimensions and depths; of families, of the members that are read."""
        return int(sum(nats[name] for name in self.names) + sum(nats[name][i] for name, i in read))

    def is_degenerate(self, nats: Mapping[str, Any], read: Iterable[tuple[str, int]] = ()) -> bool:
        """Whether a dimension is 0; a depth may be."""
        return not all(nats[name] for name in self.names if name not in self.depths) or not all(
            nats[name][i] for name, i in read
        )


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All lists of so many natural numbers with a sum, the first ones large last."""
    if parts <= 1:
        if parts or not total:
            yield (total,) * parts
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


def _holds(p: Prop, at: Instance) -> bool:
    (a,), (b,) = (evaluate(side, at)[0] for side in p.parts)
    found = sign(a - b)
    return bool({"eq": not found, "ne": found, "le": found <= 0, "lt": found < 0}[p.op])


def _bounds(p: Prop) -> Iterator[tuple[str, Nat]]:
    if p.op == "each":
        yield p.variables[0].name, to_nat(p.bound)
    for part in p.parts:
        if isinstance(part, Prop):
            yield from _bounds(part)


def _variables(found: Iterable[Nat]) -> dict[str, bool]:
    names: dict[str, bool] = {}
    for n in found:
        for mono, _ in n:
            for name, index in mono:
                if name != HOLE:
                    names[name] = bool(index)
                names.update(_variables(index))
    return names
