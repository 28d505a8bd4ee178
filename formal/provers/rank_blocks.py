"""Ranks of block matrices: blocks cleared by blocks beside them, and what rows and columns of blocks say of the whole.

A matrix that is put together with the injections of direct sums is read as a grid of blocks. Where a block is
invertible, or divides its neighbours, invertible matrices X and Y clear these, and rank(X M Y) = rank M.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations, permutations
from typing import TYPE_CHECKING

from ..kernel.rules import Theorem
from ..kernel.terms import (
    Letter,
    Number,
    Term,
    add,
    identity,
    multiply,
    number,
    rank,
    scale,
    split,
    subtract,
    transpose,
    zeros,
)
from . import rank as lemmas
from . import rank_equal
from .deadline import tick
from .rank_shapes import as_term, divided_by, leading, matrix_equation

if TYPE_CHECKING:
    from .rank_table import RankTable

STEPS = 12  # how often a grid is simplified
MOST = 6  # rows and columns of a grid of which all parts are looked at
MINUS = number(-1)
HALF = number(Fraction(1, 2))
Blocks = tuple[tuple[Term, ...], ...]


@dataclass(frozen=True)
class Grid:
    """The sum of E_i A_ij F_j', for the injections E_i of the rows, F_j of the columns, or the identity for one."""

    rows: tuple[Term, ...]
    cols: tuple[Term, ...]
    blocks: Blocks

    @property
    def term(self) -> Term:
        """The matrix."""
        total = zeros(self.rows[0].rows, self.cols[0].rows)
        for e, row in zip(self.rows, self.blocks, strict=True):
            for f, a in zip(self.cols, row, strict=True):
                total = add(total, multiply(multiply(e, a), transpose(f)))
        return total

    @property
    def turned(self) -> Grid:
        """The transpose."""
        blocks = tuple(tuple(transpose(a) for a in column) for column in zip(*self.blocks, strict=True))
        return Grid(self.cols, self.rows, blocks)

    def part(self, rows: Sequence[int], cols: Sequence[int]) -> Grid:
        """Some rows of some columns."""
        blocks = tuple(tuple(self.blocks[i][j] for j in cols) for i in rows)
        return Grid(tuple(self.rows[i] for i in rows), tuple(self.cols[j] for j in cols), blocks)

    @property
    def compact(self) -> Grid:
        """Without the rows and the columns that are 0."""
        rows = [i for i, row in enumerate(self.blocks) if any(a.words for a in row)]
        cols = [j for j in range(len(self.cols)) if any(row[j].words for row in self.blocks)]
        return self.part(rows, cols)

    @property
    def weight(self) -> tuple[int, int]:
        """How many blocks are not 0, and how many words they have."""
        words = [len(a.words) for row in self.blocks for a in row]
        return sum(map(bool, words)), sum(words)

    def alone(self, i: int, j: int) -> bool:
        """Whether a block is all that its row and its column have."""
        row = [a for l, a in enumerate(self.blocks[i]) if l != j]
        return not any(a.words for a in chain(row, (r[j] for k, r in enumerate(self.blocks) if k != i)))


@dataclass(frozen=True)
class Step:
    """A grid M that becomes X M Y, and the X and Y that lead back."""

    grid: Grid
    there: tuple[Term, Term]
    back: tuple[Term, Term]


class BlockFacts:
    """What is put into a table of ranks for the grids in it."""

    def __init__(self, table: RankTable) -> None:
        self.table = table
        self.systems, self.equations = injections([f for f in table.p.facts if matrix_equation(f.conclusion)])
        self.grids: list[Grid] = []  # those that were met whole
        self._parts: dict[tuple[tuple[int, ...], ...], Grid] = {}
        self._seen: set[Grid] = set()
        self._numbers: dict[Term, int] = {}

    # ------------------------------------------------------------ grids
    def read(self, t: Term) -> Grid | None:
        """The grid of a term, if it has several rows or columns."""
        if not self.systems:
            return None
        first = {word[0] for key in t.words if (word := split(key)[1])}
        last = {word[-1] for key in t.words if (word := split(key)[1])}
        rows = self._system(first, t.rows)
        cols = self._system({x for y in last for x in transpose(as_term((y,))).words for x in x}, t.cols)
        if () in t.words:
            rows = cols = rows or cols
        if rows is None and cols is None:
            return None
        es, fs = rows or (identity(t.rows),), cols or (identity(t.cols),)
        blocks = tuple(tuple(self._entry(e, t, f) for f in fs) for e in es)
        grid = Grid(es, fs, blocks)
        return grid if any(a.words for row in blocks for a in row) else None

    def _system(self, letters: set[Letter], n: object) -> tuple[Term, ...] | None:
        for system in self.systems:
            if system[0].rows == n and any(x in letters for e in system for key in e.words for x in key):
                return system
        return None

    def _entry(self, e: Term, t: Term, f: Term) -> Term:
        return self.table.rules.reduce(multiply(multiply(transpose(e), t), f))

    # ------------------------------------------------------------ what a grid says
    def look(self, grid: Grid) -> None:
        """All that is noted of one matrix of blocks."""
        self.grids.append(grid)
        self.parts(grid)
        self._follow(grid)
        for step in self._fewer(grid):
            self._same(grid, step)
            self._follow(step.grid)

    def _follow(self, grid: Grid) -> None:
        """The ranks of all simpler grids are the same."""
        for step in self.steps(grid):
            tick()
            self._same(grid, step)
            grid = step.grid
        for step in self.inner(grid):
            self._same(grid, step)

    def _same(self, grid: Grid, step: Step) -> None:
        """The rank of X M Y is that of M."""
        for m, (x, y) in ((grid.term, step.there), (step.grid.term, step.back)):
            self.around(x, m, y)
        self.parts(step.grid)

    def around(self, x: Term, m: Term, y: Term) -> None:
        """rank(X M Y) <= rank M."""
        value = subtract(rank(m), rank(multiply(multiply(x, m), y)))
        self.table.lemma(value, rank_equal.around, X=x, M=m, Y=y)

    def parts(self, whole: Grid) -> None:
        """Its parts: each rank is at most that of the whole, parts add up, and parts beside a 0 add up from below."""
        grid = whole.compact
        if not grid.rows or grid in self._seen:
            return
        self._seen.add(grid)
        tick()
        n = grid.term
        if (len(grid.rows), len(grid.cols)) == (1, 1):
            a = grid.blocks[0][0]
            self.table.take(a)
            self.around(transpose(grid.rows[0]), n, grid.cols[0])
            self.around(grid.rows[0], a, transpose(grid.cols[0]))
            return
        scaled = self._scaled(grid)
        if scaled.grid != grid:
            for m, (x, y) in ((n, scaled.there), (scaled.grid.term, scaled.back)):
                self.around(x, m, y)
        self._same_content(scaled.grid)
        for g in (grid, grid.turned):
            for some in proper(range(len(g.rows))):
                rest = [i for i in range(len(g.rows)) if i not in some]
                one, other = (g.part(s, range(len(g.cols))) for s in (some, rest))
                self.parts(one)
                self.around(_projection(one.rows), g.term, identity(n.cols if g is grid else n.rows))
                if some[0] == 0:
                    self.table.sum(one.term, other.term)
                lost = [j for j in range(len(g.cols)) if not any(g.blocks[i][j].words for i in some)]
                small = len(g.rows) + len(g.cols) <= 4
                for cols in proper(range(len(g.cols))) if small and g is grid else [lost] if lost else []:
                    self._frobenius(_projection(one.rows), g.term, _projection([g.cols[j] for j in cols]))
            self._overlaps(g)
            if len(g.rows) == 1:
                self._annihilated(g)

    def _annihilated(self, row: Grid) -> None:
        """X [A, B] = [X A, 0]: the rank of X A adds to that of B. X may be A', as rank A'A = rank A."""
        m, reduce = row.term, self.table.rules.reduce
        for j, a in enumerate(row.blocks[0]):
            others = [b for l, b in enumerate(row.blocks[0]) if l != j]
            rest = _projection([f for l, f in enumerate(row.cols) if l != j])
            for y in (transpose(a), *(y for y in self.table.letters() if y.cols == a.rows)):
                if all(not reduce(multiply(y, b)).words for b in others):
                    x = multiply(y, transpose(row.rows[0]))
                    self._frobenius(x, m, rest)
                    self.table.take(reduce(multiply(x, m)))
                    if y == transpose(a):
                        self.table.gram(a, identity(a.cols))

    def _frobenius(self, x: Term, y: Term, z: Term) -> None:
        """rank(X Y) + rank(Y Z) <= rank Y + rank(X Y Z)."""
        xy, yz = multiply(x, y), multiply(y, z)
        xyz = multiply(xy, z)
        if not self.table.rules.reduce(xyz).words:
            self.table.take(zeros(xyz.rows, xyz.cols))
        value = subtract(add(rank(y), rank(xyz)), add(rank(xy), rank(yz)))
        self.table.lemma(value, lemmas.frobenius, X=x, Y=y, Z=z)

    def _overlaps(self, g: Grid) -> None:
        """Two sets of rows that share some: rank of the union + rank of the common rows <= the sum of their ranks."""
        if len(g.rows) < 3:
            return
        n = g.turned.term
        for one, other in combinations(list(proper(range(len(g.rows)))), 2):
            both = [i for i in one if i in other]
            if not both or both in (list(one), list(other)):
                continue
            s, t = (_projection([g.rows[i] for i in some]) for some in (one, other))
            u, v = self.table.rules.reduce(multiply(n, s)), self.table.rules.reduce(multiply(n, t))
            left = subtract(identity(s.rows), s)
            value = add(rank(u), rank(v))
            value = subtract(value, add(rank(add(u, multiply(v, left))), rank(multiply(u, t))))
            self.table.note(value, lambda u=u, v=v, p=t, q=s, s=left: self._overlap(u, v, p, q, s))  # type: ignore[misc]

    def _overlap(self, u: Term, v: Term, p: Term, q: Term, s: Term) -> Theorem:
        common = subtract(multiply(u, p), multiply(v, q))
        if common.words:
            self.table.p.facts.append(self.table.rules.theorem(common))
        return self.table.p.lemma(rank_equal.overlap(), {}, U=u, V=v, P=p, Q=q, R=identity(u.cols), S=s)

    def _same_content(self, grid: Grid) -> None:
        """Grids of the same blocks have the same rank, whatever their injections and the order of rows and columns."""
        here, key = min((self._ordered(g) for g in (grid, grid.turned)), key=lambda pair: pair[1])
        there = self._parts.setdefault(key, here)
        if there is not here:
            x = _sum(multiply(e, transpose(f)) for e, f in zip(here.rows, there.rows, strict=True))
            y = _sum(multiply(e, transpose(f)) for e, f in zip(there.cols, here.cols, strict=True))
            self.around(x, there.term, y)
            self.around(transpose(x), here.term, transpose(y))

    def _scaled(self, grid: Grid) -> Step:
        """With rows and columns multiplied so that they begin with a block whose largest word has coefficient 1."""
        blocks = grid.blocks
        factors: list[list[Number]] = []
        for _ in range(2):  # columns, then rows
            blocks = tuple(zip(*blocks, strict=True))
            factors.append([Fraction(1) / leading(next(a for a in line if a.words)) for line in blocks])
            blocks = tuple(
                tuple(scale(number(c), a) for a in line) for c, line in zip(factors[-1], blocks, strict=True)
            )
        sides = []
        for places, numbers in ((grid.rows, factors[1]), (grid.cols, factors[0])):
            rest = subtract(identity(places[0].rows), _projection(places))
            for power in (1, -1):
                weighted = (
                    scale(number(Fraction(c) ** power), multiply(e, transpose(e)))
                    for e, c in zip(places, numbers, strict=True)
                )
                sides.append(add(rest, _sum(weighted)))
        x, back_x, y, back_y = sides
        return Step(Grid(grid.rows, grid.cols, blocks), (x, y), (back_x, back_y))

    def _ordered(self, grid: Grid) -> tuple[Grid, tuple[tuple[int, ...], ...]]:
        """The rows and columns in an order that the blocks alone decide."""
        places = [[self._numbers.setdefault(a, len(self._numbers)) for a in row] for row in grid.blocks]
        rows = range(len(places))
        found = []
        for order in permutations(rows) if len(places) <= 4 else [tuple(sorted(rows, key=lambda i: sorted(places[i])))]:
            columns = sorted(range(len(grid.cols)), key=lambda j: [places[i][j] for i in order])
            found.append((tuple(tuple(places[i][j] for j in columns) for i in order), order, columns))
        key, order, columns = min(found)
        return grid.part(order, columns), key

    # ------------------------------------------------------------ what clears what
    def steps(self, grid: Grid) -> Iterator[Step]:
        """Grids of the same rank, each simpler than the one before."""
        for _ in range(STEPS):
            step = next(self._simpler(grid), None)
            if step is None:
                return
            yield step
            grid = step.grid

    def _simpler(self, grid: Grid) -> Iterator[Step]:
        yield from self._pivots(grid)
        for g, flipped in ((grid, False), (grid.turned, True)):
            for step in self._divided(g):
                if step.grid.weight < grid.weight:
                    yield _turned(step) if flipped else step
        yield from self._fewer(grid)

    def _fewer(self, grid: Grid) -> Iterator[Step]:
        yield from (s for s in self._halves(grid) if s.grid.weight[0] < grid.weight[0])

    def _pivots(self, grid: Grid) -> Iterator[Step]:
        """An invertible block clears its row and its column."""
        for i, row in enumerate(grid.blocks):
            for j, a in enumerate(row):
                if not grid.alone(i, j) and (g := self._inverse(a)) is not None:
                    yield self._cleared(grid, i, j, g)

    def _inverse(self, a: Term) -> Term | None:
        """G with A G = I = G A, by the equations at hand."""
        if a.rows != a.cols or not a.words:
            return None
        one = identity(a.rows)
        if a.words.keys() == {()}:
            return scale(number(Fraction(1) / a.words[()]), one)
        reduce = self.table.rules.reduce
        for g in self.table.letters(a.cols, a.rows):
            if reduce(multiply(a, g)) == one == reduce(multiply(g, a)):
                return g
        return None

    def _cleared(self, grid: Grid, i: int, j: int, g: Term) -> Step:
        """From row k, A_kj G times row i is taken; from column l, column j times G A_il."""
        e, f = grid.rows[i], grid.cols[j]
        x = y = None
        left, right = zeros(e.rows, e.rows), zeros(f.rows, f.rows)
        for k, row in enumerate(grid.blocks):
            if k != i:
                left = add(left, multiply(multiply(grid.rows[k], multiply(row[j], g)), transpose(e)))
        for l, a in enumerate(grid.blocks[i]):
            if l != j:
                right = add(right, multiply(multiply(f, multiply(g, a)), transpose(grid.cols[l])))
        one, two = identity(e.rows), identity(f.rows)
        x, y = subtract(one, left), subtract(two, right)
        return self._step(grid, x, y, add(one, left), add(two, right))

    def _step(self, grid: Grid, x: Term, y: Term, back_x: Term, back_y: Term) -> Step:
        m = multiply(multiply(x, grid.term), y)
        blocks = tuple(tuple(self._entry(e, m, f) for f in grid.cols) for e in grid.rows)
        return Step(Grid(grid.rows, grid.cols, blocks), (x, y), (back_x, back_y))

    def _divided(self, grid: Grid) -> Iterator[Step]:
        """Column j, times what a block in it is multiplied by, taken from column l."""
        size = range(len(grid.cols))
        for row in grid.blocks:
            for j in size:
                for l in size:
                    if j == l or not row[j].words or not row[l].words:
                        continue
                    z, _ = divided_by(row[l], [row[j]])
                    quotients = [z[0]] if z[0].words else []
                    further = [multiply(g, row[l]) for g in self.table.letters(row[j].cols, row[j].rows)]
                    for w in (*further, *self.table.letters(row[j].cols, row[l].cols)):
                        if self.table.rules.reduce(multiply(row[j], w)) == row[l]:
                            quotients.append(w)
                    for q in quotients:
                        yield self._cleared_by(grid, j, l, q)

    def _cleared_by(self, grid: Grid, j: int, l: int, z: Term) -> Step:
        one, two = identity(grid.rows[0].rows), identity(grid.cols[0].rows)
        right = multiply(multiply(grid.cols[j], z), transpose(grid.cols[l]))
        return self._step(grid, one, subtract(two, right), one, add(two, right))

    def _halves(self, grid: Grid) -> Iterator[Step]:
        """Two rows become their sum and their difference, and so do two columns."""
        for i, k in combinations(range(len(grid.rows)), 2):
            for j, l in combinations(range(len(grid.cols)), 2):
                e1, e2, f1, f2 = grid.rows[i], grid.rows[k], grid.cols[j], grid.cols[l]
                if e1.cols == e2.cols and f1.cols == f2.cols:
                    (x, back_x), (y, back_y) = _mixed(e1, e2), _mixed(f1, f2)
                    yield self._step(grid, x, y, back_x, back_y)

    def inner(self, grid: Grid) -> Iterator[Step]:
        """A block A and a G with A G A = A: what A does not reach of its row stays, and its rank adds to that of A."""
        for g, flipped in ((grid, False), (grid.turned, True)):
            if len(g.rows) > 1:
                continue
            for j, a in enumerate(g.blocks[0]):
                for x in self.table.letters(a.cols, a.rows) if len(g.cols) > 1 else ():
                    once = multiply(a, x)
                    if self.table.rules.reduce(multiply(once, a)) == a:
                        step = self._cleared(g, 0, j, x)
                        e = g.rows[0]
                        keep = subtract(identity(e.rows), multiply(multiply(e, once), transpose(e)))
                        f = g.cols[j]
                        self._frobenius(keep, step.grid.term, multiply(f, transpose(f)))
                        yield _turned(step) if flipped else step

    # ------------------------------------------------------------ products
    def products(self, terms: Sequence[Term]) -> None:
        """rank(M Y) <= rank M, where M is a row of blocks and a term is M Y."""
        for grid in list(self.grids):
            for g in (grid, grid.turned):
                if len(g.rows) == 1 < len(g.cols):
                    for t in terms:
                        for u in (t, transpose(t)):
                            if u.rows == g.rows[0].rows:
                                self._product(g, u)

    def sums(self) -> None:
        """rank [A, B] + rank [A; B] <= rank A + rank B + rank(A + B): Frobenius' inequality with [I, I] and [I; I]
        around the diagonal of A and B."""
        rows = [g for g in self.grids if len(g.rows) == 1]
        for row in rows:
            for column in (g for g in self.grids if len(g.cols) == 1):
                line = [blocks[0] for blocks in column.blocks]
                if sorted(row.blocks[0], key=str) == sorted(line, key=str):
                    es = [column.rows[line.index(a)] for a in row.blocks[0]]
                    places = zip(es, row.blocks[0], row.cols, strict=True)
                    whole = _sum(multiply(multiply(e, a), transpose(f)) for e, a, f in places)
                    if len({e.cols for e in es} | {f.cols for f in row.cols}) <= 2 and len(set(es)) == len(es):
                        self.table.take(whole)
                        self._frobenius(transpose(_sum(iter(es))), whole, _sum(iter(row.cols)))

    def _product(self, g: Grid, t: Term) -> None:
        own = self.read(t) or Grid((identity(t.rows),), (identity(t.cols),), ((t,),))
        if len(own.rows) > 1 or own == g:
            return
        y = zeros(g.cols[0].rows, t.cols)
        for f, a in zip(own.cols, own.blocks[0], strict=True):
            quotients, rest = divided_by(a, g.blocks[0])
            if rest.words:
                return
            for e, q in zip(g.cols, quotients, strict=True):
                y = add(y, multiply(multiply(e, q), transpose(f)))
        m = g.term
        value = subtract(rank(m), rank(multiply(m, y)))
        self.table.lemma(value, lemmas.product_left, X=m, Y=y)


def proper(places: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The parts of a set but none and all; of a large one, single places and all but one."""
    n = len(places)
    sizes = range(1, n) if n <= MOST // 2 + 1 else (1, n - 1)
    return chain.from_iterable(combinations(places, k) for k in dict.fromkeys(sizes))


def _projection(injections: Sequence[Term]) -> Term:
    return _sum(multiply(e, transpose(e)) for e in injections)


def _sum(terms: Iterator[Term]) -> Term:
    total = next(terms)
    for t in terms:
        total = add(total, t)
    return total


def _mixed(e: Term, f: Term) -> tuple[Term, Term]:
    """The matrix that makes e + f and e - f of two parts, and its inverse."""
    rest = subtract(identity(e.rows), _projection([e, f]))
    one, other = add(e, f), subtract(e, f)
    mixed = add(multiply(e, transpose(one)), multiply(f, transpose(other)))
    return add(rest, mixed), add(rest, scale(HALF, mixed))


def _turned(step: Step) -> Step:
    (x, y), (back_x, back_y) = step.there, step.back
    return Step(step.grid.turned, (transpose(y), transpose(x)), (transpose(back_y), transpose(back_x)))


def injections(facts: Sequence[Theorem]) -> tuple[list[tuple[Term, ...]], set[Theorem]]:
    """The injections of each direct sum, and the equations that say that they are."""
    known = {f.conclusion[1]: f for f in facts}
    systems, used = [], set()
    for h, f in known.items():
        if h.rows != h.cols or h.words.get(()) != -1 or len(h.words) < 3:
            continue
        words = [split(key)[1] for key in h.words if key]
        if any(len(w) != 2 or h.words[w] != 1 or as_term(w[:1]) != transpose(as_term(w[1:])) for w in words):
            continue
        system = tuple(as_term(w[:1]) for w in words)
        own = [subtract(multiply(transpose(e), e), identity(e.cols)) for e in system]
        apart = [multiply(transpose(a), b) for i, a in enumerate(system) for b in system[i + 1 :]]
        needed = [next((known[x] for x in (t, transpose(t)) if x in known), None) for t in (*own, *apart)]
        if all(needed):
            systems.append(system)
            used |= {f, *(t for t in needed if t is not None)}
    return systems, used
