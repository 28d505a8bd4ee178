"""All instances at chosen sizes, the smallest first: entries 0, 1 and -1, single numbers all rationals by their size.

The weight of an instance counts the entries that are not 0 among those that can be chosen; what equations fix is solved
for. Instances of weight 0, 1, 2, .. are gone through in turn, so that the first one found has few entries to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain, combinations, product
from math import gcd
from typing import Any

from flint import fmpq

from ..provers.deadline import tick
from .blocks import standard_values
from .maps import NAMED, Map
from .network import Network, Plan
from .solving import Unknown, solutions

_HALF = fmpq(1, 2)
# Projections onto diagonals and a rotation: 2 x 2 matrices for relations of their own that need fractions.
SPECIAL = (
    *((_HALF, _HALF, _HALF, _HALF), (_HALF, -_HALF, -_HALF, _HALF)),
    (fmpq(3, 5), fmpq(-4, 5), fmpq(4, 5), fmpq(3, 5)),
)
HEAVIEST = 5  # the largest size of a single number


@cache
def numbers(size: int) -> tuple[Any, ...]:
    """All rationals of a size, |p| + q - 1 for p/q.

    >>> numbers(2)
    (2, -2, 1/2, -1/2)
    """
    if size <= 0:
        return (fmpq(0),) if not size else ()
    pairs = [(size + 1 - q, q) for q in range(1, size + 1)]
    return tuple(fmpq(sign * p, q) for p, q in pairs if gcd(p, q) == 1 for sign in (1, -1))


@cache
def _patterns(count: int, weight: int) -> tuple[tuple[int, ...], ...]:
    return tuple(_every_pattern(count, weight))


def _every_pattern(count: int, weight: int) -> Iterator[tuple[int, ...]]:
    for support in combinations(range(count), weight):
        for signs in product((1, -1), repeat=weight):
            entries = [0] * count
            for k, sign in zip(support, signs, strict=True):
                entries[k] = sign
            yield tuple(entries)


def patterns(count: int, weight: int) -> Iterator[tuple[Any, ...]]:
    """All lists of so many entries with a weight.

    >>> list(patterns(2, 1))
    [(1, 0), (-1, 0), (0, 1), (0, -1)]
    """
    if count == 1:
        yield from ((x,) for x in numbers(weight))
    elif count <= 9:
        yield from _patterns(count, weight)
    else:
        yield from _every_pattern(count, weight)


def natural_order(net: Network) -> list[tuple[int, ...]]:
    """The places one by one: as soon as equations fix one, it comes; else the one that is hardest to solve for."""
    rest = list(range(len(net.places)))
    order: list[tuple[int, ...]] = []
    known = 0
    equations = [r for r in net.relations if r.given and r.op == "eq"]
    solvable = {p: sum(net.is_affine(r, 1 << p) for r in equations if r.deps >> p & 1) for p in rest}
    ties = {p: sum(r.deps >> p & 1 for r in net.relations) for p in rest}

    def eagerness(p: int) -> tuple[Any, ...]:
        bit = 1 << p
        complete = [r for r in net.relations if r.deps & bit and not r.deps & ~(known | bit)]
        solved = sum(r.op == "eq" and r.given and net.is_affine(r, bit) for r in complete)
        return (net.is_map[p], bool(solved), len(complete) if solved else 0, -solvable[p], len(complete), ties[p], -p)

    while rest:
        place = max(rest, key=eagerness)
        rest.remove(place)
        known |= 1 << place
        order.append((place,))
    return order


class Exhaustive:
    """One walk through the instances of a network. tries: instances looked at, also in part; met: hypotheses held."""

    def __init__(self, net: Network, plan: Plan) -> None:
        self.net, self.levels = net, plan.levels
        self.tries = self.met = self.work = 0
        self.limit = 0
        self.fixed = standard_values(net)
        self.unknowns = [Unknown(net, level) for level in self.levels]
        self.capacity = sum(
            len(NAMED) if net.is_map[p] else (HEAVIEST if r * c == 1 else r * c)
            for p in range(len(net.places))
            for r, c in [net.shape(p)]
        )
        self._own: dict[tuple[int, int], list[Any]] = {}
        self.weight = 0

    def instances(self, limit: int, heaviest: int | None = None) -> Iterator[int]:
        """The weight of each instance that refutes the goal, while it is filled in; go on to look for the next.

        limit: stop after so much work, counted in values of letters; a later call goes on with the weight at which
        this one stopped.
        """
        self.limit = self.work + limit
        top = self.capacity if heaviest is None else min(heaviest, self.capacity)
        while self.weight <= top and self.work < self.limit:
            for _ in self._walk(0, self.weight):
                yield self.weight
            if self.work < self.limit:
                self.weight += 1

    @property
    def finished(self) -> bool:
        return self.weight > self.capacity

    def _walk(self, i: int, left: int) -> Iterator[None]:
        if i == len(self.levels):
            if not left:
                self.tries += 1
                self.met += 1
                yield
            return
        level, net, last = self.levels[i], self.net, i == len(self.levels) - 1
        for weight in self._domain(i, left, last):
            tick()
            self.work += 1 + len(level.nodes) // 10
            net.compute(level.nodes)
            good = all(r.test() for r in level.given)
            denied = good and all(r.test() for r in level.denied)
            if not denied or last:
                self.tries += 1
                self.met += good and last
            if denied:
                if last:
                    yield
                else:
                    yield from self._walk(i + 1, left - weight)
            if self.work >= self.limit:
                return

    def _domain(self, i: int, left: int, last: bool) -> Iterator[int]:
        """Fill the places of a level in all ways; yields the weights."""
        level, unknown = self.levels[i], self.unknowns[i]
        place = level.group[0]
        if place in self.fixed:
            if not last or not left:
                self.net.values[unknown.nodes[0]] = self.fixed[place]
                self.net.compute(level.affine)
                if all(r.test() for r in level.linear):
                    yield 0
        elif self.net.is_map[place]:
            for kind in [left] if last else range(left + 1):
                if kind < len(NAMED):
                    self.net.values[unknown.nodes[0]] = Map(kind, *self.net.shape(place))
                    yield kind
        elif level.linear:
            found = solutions(self.net, level, unknown)
            self.work += 4 + (unknown.count + 1) * (3 + len(level.affine)) // 5
            if found is None:
                self.tries += 1
                return
            count = len(found.free)
            for weight in [left] if last else range(min(left, count if count != 1 else left) + 1):
                for t in patterns(count, weight):
                    unknown.put(found.at(t))
                    yield weight
                for value in self._special(i, weight, count):
                    if found.at([value[k] for k in found.free]) == list(value):
                        unknown.put(value)
                        yield weight
        else:
            top = left if unknown.count == 1 else min(left, unknown.count)
            for weight in [left] if last else range(top + 1):
                for value in self._free(i, weight):
                    self.net.values[unknown.nodes[0]] = value
                    yield weight

    def _special(self, i: int, weight: int, count: int) -> tuple[Any, ...]:
        """Values with fractions, of the largest weight that so many entries can have."""
        own = any(r.deps == self.levels[i].mask for r in self.levels[i].given)
        return SPECIAL if own and weight == count and self.unknowns[i].shapes == [(2, 2)] else ()

    def _free(self, i: int, weight: int) -> Iterator[Any]:
        """The values of a free place with a weight; those at which a relation of its own fails are left out."""
        level, unknown = self.levels[i], self.unknowns[i]
        own = [r for r in level.given if r.deps == level.mask]
        known = self._own.get((i, weight))
        if known is not None:
            yield from known
            return
        node = unknown.nodes[0]
        nodes = [(n, run) for n, run in level.nodes if self.net.deps[n] == level.mask] if own else []
        kept: list[Any] = []
        special = self._special(i, weight, unknown.count)
        for t in chain(patterns(unknown.count, weight), special):
            unknown.put(t)
            self.net.compute(nodes)
            if all(r.test() for r in own):
                value = self.net.values[node]
                kept.append(value)
                yield value
            else:
                self.tries += 1
                self.work += 1
                if self.work >= self.limit:
                    return
        if len(kept) <= 3000:
            self._own[i, weight] = kept
