"""The smallest of the counterexamples that can be reached from one, in an order that leaves no ties.

A witness is smaller than another, in this order of importance, if
1. no dimension of it is 0 (a depth may be), and one of the other is: a matrix without entries shows little;
2. the sum of its dimensions and depths is smaller, then these numbers one by one, by name;
3. fewer of its entries are not 0 (a named function counts by its place in `maps.NAMED`);
4. its entries are smaller in total, |p| + q - 1 for p/q;
5. the entries that are not 0 stand earlier, letter by letter by name and row by row;
6. entry by entry: 1, -1, then by size, integers first, positive first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from flint import fmpq, fmpq_mat

from ..provers.deadline import tick
from .blocks import standard_values
from .exact import Mat, size
from .exhaustive import Exhaustive, natural_order, numbers
from .maps import Map
from .network import Network, Plan
from .sizes import Sizes
from .solving import Unknown, solutions

Key: TypeAlias = tuple[Any, ...]
MOVES = 600  # changes of an instance that are tried
EFFORT = 100_000  # nodes that are computed for these changes
WORK = 3000  # for instances that have fewer entries other than 0


def setting_key(sizes: Sizes, nats: dict[str, Any]) -> Key:
    """Points 1 and 2 of the order; of families of dimensions their first members count."""
    read = [(name, i) for name in sizes.families for i in range(3)]
    names = tuple(nats[name] for name in sizes.names)
    return (sizes.is_degenerate(nats, read), sizes.total(nats, read), names)


def entry_key(x: Any) -> tuple[int, int, bool]:
    """Point 6 of the order."""
    return (size(x), int(x.q), x < 0)


def value_key(net: Network, values: Sequence[Any]) -> Key:
    """Points 3 to 6 of the order."""
    order = sorted(range(len(net.places)), key=lambda p: (net.places[p][0], net.places[p][1] or 0))
    costs = [values[p].cost for p in order if isinstance(values[p], Map)]
    entries = [x for p in order if not isinstance(values[p], Map) for x in values[p].entries()]
    keys = tuple(map(entry_key, entries))
    return (
        sum(map(bool, entries)) + sum(costs),
        sum(k[0] for k in keys) + sum(costs),
        tuple(costs),
        [not x for x in entries],
        keys,
    )


class Shrinker:
    """Makes the present instance of a network smaller, as long as it goes on to refute."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.plan: Plan = net.plan(natural_order(net))
        self.best = net.filled()
        self.fixed = standard_values(net)
        self.key = value_key(net, self.best)
        self.moves = 0

    def shrink(self) -> list[Any]:
        """The smallest values that were reached."""
        self._by_signs()
        self._by_moves()
        walk = Exhaustive(self.net, self.plan)
        for _ in walk.instances(WORK, self.key[0]):
            self._take()
        self._by_moves()
        return self.best

    def _take(self) -> bool:
        key = value_key(self.net, values := self.net.filled())
        if key < self.key and self.net.refuted():
            self.best, self.key = values, key
            return True
        return False

    def _by_signs(self) -> None:
        """All entries of a letter, or of a family, become 0, 1 or -1 at once."""
        names = [place[0] for place in self.net.places]
        for name in dict.fromkeys(names):
            both = zip(names, self.best, strict=True)
            values = [_signs(v) if name == n and not isinstance(v, Map) else v for n, v in both]
            self.net.fill(values)
            self._take()

    def _by_moves(self) -> None:
        """One entry after the other: 0 or a smaller number for it, all that equations fix solved for again."""
        better = self.key[0] > 0
        while better:
            better = False
            for i in range(len(self.plan.levels)):
                for entries in self._smaller(i):
                    if self.moves >= min(MOVES, EFFORT // len(self.net.values)):
                        return
                    self.moves += 1
                    tick()
                    if self._completed(i, entries) and self._take():
                        better = True
                        break

    def _smaller(self, i: int) -> Iterator[Any]:
        """For a level: fewer entries of its places, or smaller ones; for a map, simpler functions."""
        (place,) = self.plan.levels[i].group
        if place in self.fixed:
            return
        value = self.best[place]
        if isinstance(value, Map):
            yield from (Map(kind, value.rows, value.cols) for kind in range(value.cost))
            return
        entries = value.entries()
        if any(entries):
            yield [fmpq(0)] * len(entries)
        for k, x in enumerate(entries):
            here = entry_key(x)
            for smaller in [y for n in range(min(3, size(x)) + 1) for y in numbers(n)] + [-x]:
                if entry_key(smaller) < here:
                    yield [*entries[:k], smaller, *entries[k + 1 :]]

    def _completed(self, i: int, entries: Any) -> bool:
        """Fill all places as in the best instance, but for one level; whether all goes well."""
        net = self.net
        for j, level in enumerate(self.plan.levels):
            unknown = Unknown(net, level)
            (place,) = level.group
            wanted = entries if i == j else self.best[place]
            if isinstance(wanted, Map):
                net.values[unknown.nodes[0]] = wanted
            else:
                old = wanted if isinstance(wanted, list) else wanted.entries()
                if level.linear and j >= i:
                    space = solutions(net, level, unknown)
                    if space is None:
                        return False
                    old = space.at([old[k] for k in space.free])
                unknown.put(old)
            net.compute(level.nodes)
            if not all(r.test() for r in (*level.given, *level.denied)):
                return False
        return True


def _signs(m: Mat) -> Mat:
    return fmpq_mat(m.nrows(), m.ncols(), [(x > 0) - (x < 0) for x in m.entries()])
