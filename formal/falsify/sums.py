"""Instances of larger size as direct sums of smaller ones: block diagonal matrices, vectors on top of each other.

Equations between matrices hold for a sum where they hold for its parts. So parts are built for the equations alone,
at small sizes, and what else is wanted, bounds on the sizes among it, is only asked of the sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from flint import fmpq_mat

from ..kernel.errors import KernelError
from ..statement.errors import StatementError
from ..statement.language import Prop
from .build import Builder, Seeded
from .exact import Mat
from .exhaustive import Exhaustive, natural_order
from .goals import Goal
from .network import Network, Place, TooLarge
from .sizes import Sizes

PARTS = 10  # instances at each small setting
WORK = 2000  # values of letters, in going through all tiny ones where chance has found too few
SETTINGS = 8  # small settings
COPIES = (2, 3, 4)


class Part(NamedTuple):
    """An instance of the equations: sizes, and the values of the letters."""

    nats: dict[str, Any]
    values: dict[Place, Mat]


def equations_only(goal: Goal) -> Goal:
    """The goal without what a part of a sum need not meet."""
    return Goal(tuple(p for p in goal.given if _is_equation(p)), (), goal.where)


def _is_equation(p: Prop) -> bool:
    return (p.op == "eq" and not p.parts[0].is_scalar_shaped) or (p.op == "each" and _is_equation(p.parts[0]))


def parts(goal: Goal, seed: str) -> list[Part]:
    """Small instances of the equations of a goal, several at each setting."""
    loose = equations_only(goal)
    sizes = Sizes(Goal(loose.given, goal.denied, goal.where))
    sizes.conditions = []
    found: list[Part] = []
    for _, nats in zip(range(SETTINGS), sizes.positive(4), strict=False):
        try:
            net = Network(loose._replace(denied=()), nats)
        except (KernelError, StatementError, TooLarge):
            continue
        if net.places and not net.contradiction:
            found += [Part(nats, values) for values in islice(_instances(net, f"{seed} {sorted(nats.items())}"), PARTS)]
    return found


def _instances(net: Network, seed: str) -> Iterator[dict[Place, Mat]]:
    """Values that meet all relations: by chance, then the smallest."""
    builder = Builder(net, Seeded(seed))
    for _ in range(2 * PARTS):
        if builder.attempt():
            yield _matrices(net)
    for _ in Exhaustive(net, net.plan(natural_order(net))).instances(WORK):
        yield _matrices(net)


def _matrices(net: Network) -> dict[Place, Mat]:
    return {place: v for place, v in zip(net.places, net.filled(), strict=True) if _is_matrix(v)}


def _is_matrix(value: Any) -> bool:
    return isinstance(value, fmpq_mat)


def sums(found: Sequence[Part], sizes: Sizes, seed: str) -> Iterator[tuple[dict[str, Any], list[Part]]]:
    """Sizes, with the parts that add up to them: copies of one part, then mixed ones; the smaller sums first."""
    choose = Seeded(seed)
    chosen = [[part] * count for count in COPIES for part in found]
    if len(found) > 1:
        chosen += [choose.several(found, choose.pick((2, 2, 3))) for _ in range(4 * len(found))]
    settings = [(_added([p.nats for p in group], sizes), group) for group in chosen]
    ready = [(nats, group) for nats, group in settings if nats is not None and sizes.allowed(nats)]
    yield from sorted(ready, key=lambda item: sizes.total(item[0]))


def _added(all_nats: Sequence[Mapping[str, Any]], sizes: Sizes) -> dict[str, Any] | None:
    """Dimensions add up, depths stay; None where depths differ."""
    first = all_nats[0]
    if any(nats[name] != first[name] for nats in all_nats for name in sizes.depths):
        return None
    found: dict[str, Any] = {}
    for name, value in first.items():
        if name in sizes.depths:
            found[name] = value
        elif isinstance(value, int):
            found[name] = sum(nats[name] for nats in all_nats)
        else:
            found[name] = {i: sum(nats[name][i] for nats in all_nats) for i in value}
    return found


def placed(net: Network, group: Sequence[Part]) -> dict[int, Mat]:
    """The places of a network that are direct sums of the parts' values; the rest is left to be found."""
    found: dict[int, Mat] = {}
    for p, place in enumerate(net.places):
        blocks = [part.values.get(place) for part in group]
        known = [b for b in blocks if b is not None]
        if len(known) == len(group) and (value := _sum(known, net.shape(p))) is not None:
            found[p] = value
    return found


def _sum(blocks: list[Mat], shape: tuple[int, int]) -> Mat | None:
    """The block diagonal matrix; where a size is no dimension that adds up, blocks stand on top of each other or in a
    row. None for what has no sum, numbers among it."""
    rows, cols = sum(b.nrows() for b in blocks), sum(b.ncols() for b in blocks)
    down, across = rows == shape[0], cols == shape[1]
    if not down and not across:
        return None
    if not (down or all(b.nrows() == shape[0] for b in blocks)):
        return None
    if not (across or all(b.ncols() == shape[1] for b in blocks)):
        return None
    entries = [[0] * shape[1] for _ in range(shape[0])]
    top = left = 0
    for b in blocks:
        for i, row in enumerate(b.tolist()):
            entries[top + i][left : left + b.ncols()] = row
        top, left = top + down * b.nrows(), left + across * b.ncols()
    return fmpq_mat(*shape, [x for row in entries for x in row])
