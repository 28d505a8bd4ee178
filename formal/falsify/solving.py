"""The values of some places at which equations hold that are affine in them, when all else is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from flint import fmpq, fmpq_mat

from .exact import Mat, Rational, solve_affine, units, zeros
from .network import Level, Network


class Affine(NamedTuple):
    """All solutions: start + sum of t_k directions_k. free: the entries whose values are the t_k."""

    start: list[Rational]
    free: list[int]
    directions: list[list[Rational]]

    def at(self, t: Sequence[Any]) -> list[Rational]:
        """The solution with these free entries."""
        total = self.start
        for x, direction in zip(t, self.directions, strict=True):
            if x:
                total = [s + x * y for s, y in zip(total, direction, strict=True)]
        return total


class Unknown:
    """The places of a level as one list of entries."""

    def __init__(self, net: Network, level: Level) -> None:
        self.net, self.level = net, level
        self.nodes = [net.place_nodes[p] for p in level.group]
        self.shapes = [net.shape(p) for p in level.group]
        self.count = sum(r * c for r, c in self.shapes)

    def put(self, entries: Sequence[Any]) -> None:
        """Fill the places with these entries."""
        if len(self.nodes) == 1:
            rows, cols = self.shapes[0]
            self.net.values[self.nodes[0]] = fmpq_mat(rows, cols, list(entries))
            return
        done = 0
        for node, (rows, cols) in zip(self.nodes, self.shapes, strict=True):
            self.net.values[node] = fmpq_mat(rows, cols, list(entries[done : done + rows * cols]))
            done += rows * cols

    def get(self) -> list[Rational]:
        """The entries that the places have."""
        return [x for node in self.nodes for x in self.net.values[node].entries()]

    def units(self) -> Iterable[list[Mat]]:
        """For each entry, the values of the places where it is 1 and all others are 0."""
        for i, shape in enumerate(self.shapes):
            for unit in units(*shape):
                yield [unit if i == j else zeros(*other) for j, other in enumerate(self.shapes)]


def solutions(net: Network, level: Level, unknown: Unknown, wanted: Sequence[tuple[int, Mat]] = ()) -> Affine | None:
    """All values of the level's places at which its linear equations hold; None where there are none.

    wanted: nodes that are affine in the places, each with the value that it is to have, too.
    """
    v = net.values
    nodes = level.affine
    if wanted:
        below = net.below([node for node, _ in wanted])
        nodes = tuple(x for x in level.nodes if x[0] in below or x in nodes)

    def residuals() -> list[Rational]:
        net.compute(nodes)
        found: list[Rational] = []
        for r in level.linear:
            found += (v[r.left] - v[r.right]).entries()
        for node, value in wanted:
            found += (v[node] - value).entries()
        return found

    for node, shape in zip(unknown.nodes, unknown.shapes, strict=True):
        v[node] = zeros(*shape)
    constant = residuals()
    if not unknown.count:
        return None if any(constant) else Affine([], [], [])
    columns = []
    for matrices in unknown.units():
        for node, value in zip(unknown.nodes, matrices, strict=True):
            v[node] = value
        columns.append([x - c for x, c in zip(residuals(), constant, strict=True)])
    columns.append([-c for c in constant])
    system = [x for row in zip(*columns, strict=True) for x in row]
    found = solve_affine(fmpq_mat(len(constant), len(columns), system))
    return None if found is None else Affine(*found)


def everything(unknown: Unknown) -> Affine:
    """All values, as the solutions of no equation."""
    n = unknown.count
    zero, one = fmpq(0), fmpq(1)
    return Affine([zero] * n, list(range(n)), [[one if i == k else zero for i in range(n)] for k in range(n)])
