"""Instances built from the hypotheses: each letter gets a value that makes the relations hold in which it is the last.

For the place that is filled next, relations whose other letters are known say what is wanted of it. What is affine in
it is solved. For the rest, values come from sources that suit many hypotheses at once: kinds of matrices (`kinds`),
what is made of the known letters (inverses, pseudo-inverses, transposes, complements), the given rank of an expression,
a second point of a quadric on a line through a first one, the value at which an inequality is tight. A source that
served a place before is asked more often, so that most instances meet all hypotheses after a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any, TypeVar

from flint import fmpq, fmpq_mat

from ..provers.deadline import tick
from . import kinds
from .blocks import standard_values
from .exact import Mat, identity, inverse, number_root, pseudo_inverse, square_root
from .kinds import Chooser
from .maps import NAMED, Map
from .network import STEEP, Level, Network, Relation
from .solving import Affine, Unknown, everything, solutions
from .standard import standard

T = TypeVar("T")
ORDERS = 12  # of the places, for one network
ASKED = 14  # values asked for at one place before an instance is given up


class Seeded:
    """Choices from a seeded generator."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.random.random() * len(options))]

    def several(self, options: Sequence[Any], count: int) -> list[Any]:
        draw, n = self.random.random, len(options)
        return [options[int(draw() * n)] for _ in range(count)]


Source = Callable[["Builder", Level, Unknown, "Affine | None"], Any]


class Builder:
    """Instances of one network. tries, met: how many were begun, and at how many all that is given holds.

    fixed: places that have their value already. plain: whether only standard matrices are chosen where a choice is.
    learns: whether a source that served a place is asked again.
    """

    def __init__(
        self, net: Network, choose: Chooser, fixed: Mapping[int, Mat] = MappingProxyType({}), *, plain: bool = False
    ) -> None:
        self.net, self.choose, self.fixed = net, choose, {**standard_values(net), **fixed}
        self.tries = self.met = 0
        self.plain = plain
        self.aims = False
        self.served: dict[Any, dict[Any, int]] = {}
        self.order = _Orders(net, self.fixed)
        self.learns = True

    def attempt(self, aims: bool = False) -> bool:
        """Fill all places; True where the goal is refuted.

        aims: at each place, ask for values until the conclusion fails there, as long as there are any.
        """
        tick()
        self.tries += 1
        net = self.net
        plan = net.plan(self.order.some(self.choose))
        good = True
        self.aims = aims
        for level in plan.levels:
            if not self._fill(level):
                return False
            good = good and all(r.test() for r in level.denied)
        self.met += 1
        return good

    # ------------------------------------------------------------ one level
    def _fill(self, level: Level) -> bool:
        net, unknown = self.net, Unknown(self.net, level)
        if level.group[0] in self.fixed:
            net.values[unknown.nodes[0]] = self.fixed[level.group[0]]
            return self._accepts(level) and all(r.test() for r in level.linear)
        if net.is_map[level.group[0]]:
            return self._map(level, unknown)
        space = solutions(net, level, unknown) if level.linear else None
        if level.linear and space is None:
            return False
        if space is not None and not space.free:
            unknown.put(space.start)
            return self._accepts(level)
        if not level.given and not (level.denied and self.aims):
            self._free(level, unknown, space)
            net.compute(level.nodes)
            return True
        served = self.served.setdefault(level.group, {})
        accepted = False
        for name, source in self._sources(level, served):
            found = source(self, level, unknown, space)
            if found is not None:
                unknown.put(found)
                if (space is None or self._solves(level)) and self._accepts(level):
                    accepted = True
                    if not self.aims or all(r.test() for r in level.denied):
                        if self.learns:
                            served[name] = served.get(name, 0) + 1
                        return True
        return accepted and (space is None or self._solves(level)) and self._accepts(level)

    def _accepts(self, level: Level) -> bool:
        self.net.compute(level.nodes)
        return all(r.test() for r in level.given)

    def _solves(self, level: Level) -> bool:
        self.net.compute(level.affine)
        return all(r.test() for r in level.linear)

    def _free(self, level: Level, unknown: Unknown, space: Affine | None) -> None:
        """Nothing more is wanted than what is affine."""
        if space is not None:
            unknown.put(space.at(self._entries(len(space.free))))
            return
        done: list[Any] = []
        for shape in unknown.shapes:
            made = None
            while made is None:
                made = (standard if self.plain else self.choose.pick(FREE))(self.choose, *shape)
            done += made.entries()
        unknown.put(done)

    def _entries(self, count: int) -> list[Any]:
        pool = self.choose.pick((kinds.SIMPLE, kinds.ENTRIES, (0,)) if count > 1 else (kinds.NUMBERS,))
        return self.choose.several(pool, count)

    def _map(self, level: Level, unknown: Unknown) -> bool:
        for _ in range(ASKED):
            kind = self.choose.pick(range(len(NAMED) + 4))
            salt = self.choose.pick(range(1 << 20)) if kind >= len(NAMED) else 0
            made = Map(min(kind, len(NAMED)), *unknown.shapes[0], salt)
            self.net.values[unknown.nodes[0]] = made
            if self._accepts(level):
                return True
        return False

    def _special(self, level: Level) -> tuple[str, ...]:
        """Sources for what only few levels ask for."""
        equations = [(self.net.shapes[r.left] == (1, 1), self._degree(r, level)) for r in level.given if r.op == "eq"]
        gram = ("gram",) if (False, 2) in equations else ()
        curved = (True, STEEP) in equations or ((True, 2) in equations and min(self.net.shape(level.group[0])) > 1)
        return (*gram, "quadric") if curved else gram

    def _degree(self, r: Relation, level: Level) -> int:
        return max(self.net.degree(r.left, level.mask), self.net.degree(r.right, level.mask))

    def _sources(self, level: Level, served: dict[Any, int]) -> Iterator[tuple[Any, Source]]:
        """Sources to ask: half of the time one that served before, otherwise any."""
        names = list(served)
        for _ in range(6 if self.plain else 0):
            yield "standard", SPECIAL["standard"]
        special = self._special(level)
        fitting = _fitting(tuple(self.net.shape(p) for p in level.group)) + special
        if special and self.choose.pick(range(3)) == 0:
            yield special[0], {**SOURCES, **SPECIAL}[special[0]]
        for _ in range(ASKED):
            often = bool(names) and self.choose.pick(range(3)) > 0
            name = self.choose.pick(names if often else fitting)
            yield name, SPECIAL[name] if name in SPECIAL else SOURCES[name]


FREE: tuple[kinds.Kind, ...] = (
    *(kinds.small, kinds.any_entries, kinds.small, kinds.any_entries, kinds.full_rank, kinds.singular),
    *(kinds.diagonal, kinds.zero, kinds.axes, kinds.positive),
)


# ---------------------------------------------------------------- sources
def _kind(kind: kinds.Kind) -> Source:
    def source(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
        done: list[Any] = []
        for shape in unknown.shapes:
            made = kind(b.choose, *shape)
            if made is None:
                return None
            done += made.entries()
        return done

    return source


def _affine(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
    """Any solution of the equations that are affine."""
    return None if space is None else space.at(b._entries(len(space.free)))


def _light(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
    """A solution with one or two free entries that are not 0."""
    if space is None or not space.free:
        return None
    t = [0] * len(space.free)
    for _ in range(b.choose.pick((1, 2))):
        t[b.choose.pick(range(len(t)))] = b.choose.pick((1, -1))
    return space.at(t)


def _relatives(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
    """Something made of a value that is known: itself, its transpose, inverses, what is missing to the identity."""
    if len(unknown.shapes) > 1:
        return None
    rows, cols = unknown.shapes[0]
    v, net = b.net.values, b.net
    mask = level.mask
    near = {a for r in (*level.linear, *level.given) for a in net.below(r.nodes)}
    known = [x for x in near if not net.deps[x] & mask and isinstance(v[x], fmpq_mat)]
    known = sorted(x for x in known if net.shapes[x] in ((rows, cols), (cols, rows)))
    if not known:
        return None
    m = v[b.choose.pick(known)]
    made = b.choose.pick(RELATIVES)(m)
    if made is None or (made.nrows(), made.ncols()) != (rows, cols):
        return None
    return made.entries()


def _square(f: Callable[[Mat], Mat | None]) -> Callable[[Mat], Mat | None]:
    return lambda m: f(m) if m.nrows() == m.ncols() else None


RELATIVES: tuple[Callable[[Mat], Mat | None], ...] = (
    *(pseudo_inverse, lambda m: m, lambda m: m.transpose(), lambda m: -1 * m, lambda m: pseudo_inverse(m).transpose()),
    *(_square(inverse), _square(lambda m: identity(m.nrows()) - m), _square(lambda m: 2 * m - identity(m.nrows()))),
    *(_square(lambda m: m * m), lambda m: kinds.projection_onto(m), lambda m: 2 * m, lambda m: fmpq(1, 2) * m),
    _square(lambda m: identity(m.nrows()) - kinds.projection_onto(m)),
    lambda m: kinds.projection_onto(m.transpose()),
)


def _reflexive(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
    """G A G for an inner inverse G of a known A: both A X A = A and X A X = X."""
    if space is None or len(unknown.shapes) > 1:
        return None
    rows, cols = unknown.shapes[0]
    g = fmpq_mat(rows, cols, space.at(b._entries(len(space.free))))
    known = [a for r in level.linear for a in b.net.below(r.nodes) if not b.net.deps[a] & level.mask]
    known = sorted({a for a in known if b.net.shapes[a] == (cols, rows) and isinstance(b.net.values[a], fmpq_mat)})
    if not known:
        return None
    return (g * b.net.values[b.choose.pick(known)] * g).entries()


def _gram(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
    """R with R'R, or R R', equal to what is known: a root of a semidefinite matrix."""
    if len(unknown.shapes) > 1:
        return None
    rows, cols = unknown.shapes[0]
    node, v, n = unknown.nodes[0], b.net.values, min(rows, cols)
    squares = [r for r in level.given if r.op == "eq" and b.net.shapes[r.left] == (n, n)]
    if not squares or not n:
        return None
    r = b.choose.pick(squares)

    def residual(entries: Any) -> Mat:
        v[node] = entries
        b.net.compute(level.nodes)
        return v[r.left] - v[r.right]

    rest = residual(fmpq_mat(rows, cols))
    change = residual(fmpq_mat(rows, cols, [int(i == j) for i in range(rows) for j in range(cols)])) - rest
    if not change[0, 0] or change != change[0, 0] * identity(n):
        return None
    root = square_root(-1 / change[0, 0] * rest)
    if root is None:
        return None
    wide = root if rows >= cols else root.transpose()
    return [wide[i, j] if i < n and j < n else fmpq(0) for i in range(rows) for j in range(cols)]


def _of_rank(r: int) -> Source:
    """An expression whose rank matters, affine in the letter, becomes some matrix of rank r: solve for the letter."""

    def source(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
        net = b.net
        inside = {net.args[x][0] for q in level.given for x in net.below(q.nodes) if net.ops[x] == "rank"}
        affine = sorted(x for x in inside if net.degree(x, level.mask) == 1)
        if not affine:
            return None
        node = b.choose.pick(affine)
        value = kinds.of_rank(r)(b.choose, *net.shapes[node])
        found = None if value is None else solutions(net, level, unknown, [(node, value)])
        return None if found is None else found.at(b._entries(len(found.free)))

    return source


def _scalar_function(b: Builder, level: Level, unknown: Unknown, r: Relation, space: Affine) -> Callable[..., Any]:
    """The difference of the sides of a scalar relation as a function of the free entries."""
    nodes = tuple(x for x in level.nodes if x[0] in b.net.below((r.left, r.right)))
    v = b.net.values

    def value(t: Sequence[Any]) -> Any:
        unknown.put(space.at(t))
        b.net.compute(nodes)
        return v[r.left][0, 0] - v[r.right][0, 0]

    return value


def _quadratic_function(b: Builder, level: Level, unknown: Unknown, space: Affine) -> Callable[..., Any] | None:
    """The difference of the sides of an equation of degree 2; where one side is no polynomial, such as a rank, it has
    the value that it has somewhere."""
    found = _scalar_relations(b, level, ("eq",), 2)
    if found:
        return _scalar_function(b, level, unknown, b.choose.pick(found), space)
    half = [
        (side, other)
        for r in _scalar_relations(b, level, ("eq",), STEEP)
        for side, other in ((r.left, r.right), (r.right, r.left))
        if b.net.degree(side, level.mask) == 2
    ]
    if not half:
        return None
    side, other = b.choose.pick(half)
    v = b.net.values

    def value(t: Sequence[Any]) -> Any:
        unknown.put(space.at(t))
        b.net.compute(level.nodes)
        return v[side][0, 0]

    value(b._entries(len(space.free)))
    wanted = v[other][0, 0]
    return lambda t: value(t) - wanted


def _scalar_relations(b: Builder, level: Level, ops: tuple[str, ...], degree: int) -> list[Relation]:
    net = b.net
    return [r for r in level.given if r.op in ops and net.shapes[r.left] == (1, 1) and b._degree(r, level) == degree]


def _quadric(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
    """A scalar equation of degree 2: a second point of the quadric on a line through a first, or a rational root."""
    space = everything(unknown) if space is None else space
    f = _quadratic_function(b, level, unknown, space)
    if f is None:
        return None
    n = len(space.free)
    if not n:
        return None
    if n == 1:
        roots = _roots(f([0]), f([1]), f([-1]))
        return space.at([b.choose.pick(roots)]) if roots else None
    point = next((t for t in (b._entries(n) for _ in range(6)) if not f(t)), None) or _through_axes(b, f, n)
    if point is None:
        return None
    if b.choose.pick(range(2)):
        return space.at(point)
    way = b.choose.several(kinds.SIMPLE, n)
    up, down = f([x + y for x, y in zip(point, way, strict=True)]), f([x - y for x, y in zip(point, way, strict=True)])
    bend, slope = (up + down) / 2, (up - down) / 2
    s = -slope / bend if bend else 0
    return space.at([x + s * y for x, y in zip(point, way, strict=True)])


def _through_axes(b: Builder, f: Callable[..., Any], n: int) -> list[Any] | None:
    """A point of a quadric on a line along an axis through a small point."""
    point = b._entries(n)
    k = b.choose.pick(range(n))
    ends = [f([*point[:k], x, *point[k + 1 :]]) for x in (0, 1, -1)]
    roots = _roots(*ends)
    return [*point[:k], b.choose.pick(roots), *point[k + 1 :]] if roots else None


def _roots(at_zero: Any, at_one: Any, at_minus: Any) -> list[Any]:
    """The rational roots of a polynomial of degree 2, by its values; none for 0 = 0."""
    a, b = (at_one + at_minus) / 2 - at_zero, (at_one - at_minus) / 2
    if not a:
        return [-at_zero / b] if b else []
    root = number_root(b * b - 4 * a * at_zero)
    return [] if root is None else [(root - b) / (2 * a), (-root - b) / (2 * a)]


def _tight(b: Builder, level: Level, unknown: Unknown, space: Affine | None) -> Any:
    """An inequality that is affine in the letter holds with equality, or with a little room."""
    found = _scalar_relations(b, level, ("le", "lt"), 1)
    if not found:
        return None
    space = everything(unknown) if space is None else space
    f = _scalar_function(b, level, unknown, b.choose.pick(found), space)
    point = b._entries(len(space.free))
    if not point:
        return None
    k = b.choose.pick(range(len(point)))
    low, high = f([*point[:k], 0, *point[k + 1 :]]), f([*point[:k], 1, *point[k + 1 :]])
    if low == high:
        return None
    room = b.choose.pick((0, -1, -kinds.HALF))
    return space.at([*point[:k], (room - low) / (high - low), *point[k + 1 :]])


class _First:
    """Always the first option."""

    def pick(self, options: Sequence[T]) -> T:
        return options[0]

    def several(self, options: Sequence[Any], count: int) -> list[Any]:
        return [options[0]] * count


SOURCES: dict[str, Source] = {
    **{f"{kind.__name__} {i}": _kind(kind) for i, kind in enumerate(kinds.KINDS)},
    **{"affine": _affine, "light": _light, "relatives": _relatives, "reflexive": _reflexive},
    **{"quadric": _quadric, "tight": _tight, "relatives of another": _relatives},
    **{f"rank {r}": _of_rank(r) for r in range(4)},
}
SPECIAL: dict[str, Source] = {"gram": _gram, "standard": _kind(standard)}
SCALAR = ("any_entries 1", "affine", "relatives", "quadric", "tight", "any_entries 1", "rank 0", "rank 1")
SQUARE = tuple(f"{kind.__name__} {i}" for i, kind in enumerate(kinds.KINDS) if kind(_First(), 2, 1) is None)


@cache
def _fitting(shapes: tuple[tuple[int, int], ...]) -> tuple[str, ...]:
    """The sources that have something for these shapes."""
    if all(rows * cols <= 1 for rows, cols in shapes):
        return SCALAR
    return tuple(name for name in SOURCES if name not in SQUARE or all(rows == cols for rows, cols in shapes))


# ---------------------------------------------------------------- orders
class _Orders:
    """Orders of the places: equations are solved as soon as they can, what is free before that comes at random."""

    def __init__(self, net: Network, fixed: Mapping[int, Mat]) -> None:
        self.net, self.fixed = net, fixed
        self.equations = [r for r in net.relations if r.given and r.op == "eq"]
        self.solved = {
            p: [r.deps for r in self.equations if r.deps >> p & 1 and net.is_affine(r, 1 << p)]
            for p in range(len(net.places))
        }
        self.structured = [
            p
            for p in range(len(net.places))
            if any(r.deps == 1 << p and not net.is_affine(r, 1 << p) for r in net.relations if r.given)
            or (not self.solved[p] and any(r.deps >> p & 1 for r in self.equations))
        ]
        scalar = [p for p in range(len(net.places)) if not net.is_map[p] and net.shape(p) == (1, 1)]
        quadrics = [r for r in self.equations if net.shapes[r.left] == (1, 1)]
        pairs = [
            [
                (p, q)
                for p in scalar
                for q in scalar
                if p < q
                and r.deps >> p & 1
                and r.deps >> q & 1
                and max(net.degree(r.left, 1 << p | 1 << q), net.degree(r.right, 1 << p | 1 << q)) == 2
            ]
            for r in quadrics
        ]
        self.pairs = [found for found in pairs if found]
        together = [tuple(p for p in scalar if r.deps >> p & 1) for r in self.equations if r not in quadrics]
        self.joint = [g for g in dict.fromkeys(together) if len(g) > 1 and self._is_joint(g)]
        self.kept: list[list[tuple[int, ...]]] = []

    def _is_joint(self, group: tuple[int, ...]) -> bool:
        """Whether the group is of one family, and an equation is affine in all of it at once."""
        mask = sum(1 << p for p in group)
        return len({self.net.places[p][0] for p in group}) == 1 and any(
            self.net.is_affine(r, mask) for r in self.equations if not mask & ~r.deps
        )

    def some(self, choose: Chooser) -> list[tuple[int, ...]]:
        """One of a few orders, which come up again and again: a plan is made once for each."""
        k = choose.pick(range(ORDERS))
        if k >= len(self.kept):
            self.kept.append(self._new(choose))
            return self.kept[-1]
        return self.kept[k]

    def complete(self, choose: Chooser) -> None:
        """Make all the orders that are to be used."""
        while len(self.kept) < ORDERS:
            self.kept.append(self._new(choose))

    def _pairs(self, choose: Chooser) -> list[tuple[int, ...]]:
        """Scalars to be chosen together, half of the time: all coefficients of a linear combination that an equation
        of matrices ties, or for each equation of degree 2 two that it ties.
        """
        chosen: list[tuple[int, ...]] = []
        joint = choose.pick(range(2)) if self.joint else 0
        if joint:
            return [choose.pick(self.joint)]
        paired = choose.pick(range(2)) if self.pairs else 0
        if paired:
            for pairs in self.pairs:
                apart = [pair for pair in pairs if not any(set(pair) & set(other) for other in chosen)]
                chosen += [choose.pick(apart)] if apart else []
        return chosen

    def _new(self, choose: Chooser) -> list[tuple[int, ...]]:
        pairs = self._pairs(choose)
        early = [p for p in range(len(self.net.places)) if self.net.is_map[p] or p in self.fixed]
        rest = [p for p in range(len(self.net.places)) if p not in early]
        order: list[tuple[int, ...]] = [(p,) for p in early]
        known = sum(1 << p for (p,) in order)
        eager = choose.pick(range(6)) > 0
        paired = {p for pair in pairs for p in pair}
        while rest:
            apart = [p for p in rest if p not in paired] or rest  # the rest of their equation has to be known first
            ready = [p for p in apart if any(not deps & ~(known | 1 << p) for deps in self.solved[p])] if eager else []
            ready = [p for p in ready if p not in self.structured]
            first = [p for p in apart if p in self.structured] if eager and choose.pick(range(4)) else []
            place = choose.pick(ready or first or apart)
            group = next((pair for pair in pairs if place in pair), (place,))
            for p in group:
                rest.remove(p)
                known |= 1 << p
            order.append(group)
        return order
