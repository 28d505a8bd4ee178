"""Named configurations of vectors that no random search finds: exact witnesses for claims about many directions.

A configuration is a list of vectors with rational entries, written so that a claim's witness can take them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..kernel.terms import ONE, Decl, Nat
from ..statement.language import Prop, to_nat
from .exact import Mat, mat
from .goals import Goal, expressions

if TYPE_CHECKING:  # the book takes its witnesses from here
    from .network import Network
    from .sizes import Sizes

Vector: TypeAlias = tuple[int | str, ...]  # an entry is an integer, or a fraction as text


def four_in_the_plane() -> list[Vector]:
    """Four unit vectors in the plane with rational entries and cosines of at most 4/5.

    >>> squared_coherence(four_in_the_plane())
    Fraction(16, 25)
    """
    return [(1, 0), ("3/5", "4/5"), (0, 1), ("-3/5", "4/5")]


def cube_corners() -> list[Vector]:
    """Every other corner of the cube: a regular simplex, four vectors in three dimensions that add up to 0.

    >>> squared_coherence(cube_corners()), [sum(entries) for entries in zip(*cube_corners())]
    (Fraction(1, 9), [0, 0, 0])
    """
    return [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]


def polynomial_code(p: int, k: int) -> list[Vector]:
    """For a prime p, p^(k + 1) vectors in p^2 dimensions with cosines of at most k/p.

    There is a vector for each polynomial f of degree at most k over the integers mod p: it is 1 at the p places
    (x, f(x)) and 0 elsewhere. Two polynomials agree in at most k places, as their difference has at most k roots.

    >>> code = polynomial_code(3, 2)
    >>> len(code), len(code[0]), squared_coherence(code)
    (27, 9, Fraction(4, 9))
    """
    return [
        tuple(int(sum(c * x**i for i, c in enumerate(f)) % p == y) for x in range(p) for y in range(p))
        for f in product(range(p), repeat=k + 1)
    ]


def seven_in_space() -> list[Vector]:
    """Seven vectors of length 3 in three dimensions with cosines of at most 2/3: the axes, and four between them.

    >>> squared_coherence(seven_in_space())
    Fraction(4, 9)
    """
    return [(3, 0, 0), (0, 3, 0), (0, 0, 3), (2, 2, 1), (2, 1, -2), (2, -1, 2), (2, -2, -1)]


def pairs_of_axes(d: int) -> list[Vector]:
    """The d (d - 1) lines through e_i + e_j and e_i - e_j: any two are at 60 or 90 degrees.

    >>> len(pairs_of_axes(6)), squared_coherence(pairs_of_axes(6))
    (30, Fraction(1, 4))
    """
    return [
        tuple(int(k == i) + sign * int(k == j) for k in range(d))
        for i, j in combinations(range(d), 2)
        for sign in (1, -1)
    ]


def e8_lines() -> list[Vector]:
    """The 120 lines through the roots of E8, in eight dimensions: any two are at 60 or 90 degrees.

    One root of each opposite pair, doubled: 2 e_i + 2 e_j, 2 e_i - 2 e_j, and (+-1, .., +-1) with an even number of
    minus signs and a plus in front.

    >>> lines = e8_lines()
    >>> len(lines), squared_coherence(lines)
    (120, Fraction(1, 4))

    They are a tight frame: the sum of all s s' is 120 I.

    >>> [[sum(s[i] * s[j] for s in lines) for j in range(8)] == [120 * (i == j) for j in range(8)] for i in range(8)]
    [True, True, True, True, True, True, True, True]
    """
    pairs = [tuple(2 * int(x) for x in line) for line in pairs_of_axes(8)]
    signs = [(1, *rest) for rest in product((1, -1), repeat=7) if rest.count(-1) % 2 == 0]
    return [*pairs, *signs]


def unit_pairs_of_axes(d: int) -> list[Vector]:
    """The lines of `pairs_of_axes` for an even d, turned so that their unit vectors have rational entries.

    On each pair of axes, half the matrix [1, 1; 1, -1] doubles no angle and divides squared lengths by 2.

    >>> lines = unit_pairs_of_axes(6)
    >>> len(lines), squared_coherence(lines), {sum(Fraction(x)**2 for x in line) for line in lines}
    (30, Fraction(1, 4), {Fraction(1, 1)})
    """
    return [_half_turned(line) for line in pairs_of_axes(d)]


def unit_e8_lines() -> list[Vector]:
    """The lines of `e8_lines` as 120 unit vectors with rational entries.

    >>> {sum(Fraction(x)**2 for x in line) for line in unit_e8_lines()}
    {Fraction(1, 1)}
    """
    return [tuple(str(Fraction(x) / 2) for x in _half_turned(line)) for line in e8_lines()]


def _half_turned(line: Vector) -> Vector:
    x = [Fraction(entry) for entry in line]
    turned = [y for a, b in zip(x[::2], x[1::2], strict=True) for y in ((a + b) / 2, (a - b) / 2)]
    return tuple(str(y) for y in turned)


def scaled(vectors: Sequence[Vector], by: Fraction) -> list[Vector]:
    """All vectors times a number.

    >>> scaled([(3, 6)], Fraction(1, 3))
    [('1', '2')]
    """
    return [tuple(str(Fraction(x) * by) for x in v) for v in vectors]


def configurations(large: bool = False) -> Iterator[tuple[str, list[Vector]]]:
    """All named families of directions, the small ones first; or the large ones."""
    if large:
        yield "lines of E8", unit_e8_lines()
        return
    third = Fraction(1, 3)
    yield "four in the plane", four_in_the_plane()
    yield "corners of a cube", cube_corners()
    yield "seven in space", seven_in_space()
    yield "seven unit vectors in space", scaled(seven_in_space(), third)
    yield "pairs of six axes", pairs_of_axes(6)
    yield "pairs of six axes, turned", unit_pairs_of_axes(6)
    yield "polynomials mod 3", polynomial_code(3, 2)


class VectorFamily(NamedTuple):
    """A family of columns in a statement, the dimension that is its size, and the names that bound an index."""

    decl: Decl
    width: str
    counts: tuple[str, ...]

    def setting(self, sizes: Sizes, vectors: Sequence[Vector]) -> dict[str, Any]:
        """Sizes at which these vectors are members of the family; all others are 1."""
        plain = dict.fromkeys(sizes.names, 1) | {self.width: len(vectors[0])} | dict.fromkeys(self.counts, len(vectors))
        return {**plain, **{name: dict.fromkeys(range(len(vectors) + 2), 1) for name in sizes.families}}

    def placed(self, net: Network, vectors: Sequence[Vector]) -> dict[int, Mat]:
        """The family's places, in the order of the indices, with the vectors."""
        places = sorted((place[1] or 0, p) for p, place in enumerate(net.places) if place[0] == self.decl.name)
        return {p: mat(len(v), 1, v) for (_, p), v in zip(places, vectors, strict=False)}


def vector_families(goal: Goal, sizes: Sizes) -> Iterator[VectorFamily]:
    """The families of a goal that a configuration may take the place of."""
    props = (*(q for fam in goal.where for q in fam.defined), *goal.given, *goal.denied)
    bounds = tuple(n for n in dict.fromkeys(name for p in props for name in _bounds(p)) if n in sizes.names)
    for decl in dict.fromkeys(e.data[0] for e in expressions(props) if e.op == "letter"):
        width = _name(decl.rows)
        if decl.indexed and decl.cols == ONE and width in sizes.names and not decl.domain and bounds:
            yield VectorFamily(decl, str(width), tuple(n for n in bounds if n != width))


def _bounds(p: Prop) -> Iterator[str]:
    if p.op == "each" and (name := _name(to_nat(p.bound))):
        yield name
    for q in p.parts:
        if isinstance(q, Prop):
            yield from _bounds(q)


def _name(n: Nat) -> str | None:
    """The name of a dimension that is a plain variable."""
    if len(n) == 1 and n[0][1] == 1 and len(n[0][0]) == 1 and not n[0][0][0][1]:
        return str(n[0][0][0][0])
    return None


def squared_coherence(vectors: Sequence[Vector]) -> Fraction:
    """The largest squared cosine between two of the vectors."""
    exact = [[Fraction(x) for x in v] for v in vectors]
    lengths = [sum(x * x for x in v) for v in exact]
    return max(
        (Fraction(sum(x * y for x, y in zip(u, v, strict=True)) ** 2) / (a * b))
        for (u, a), (v, b) in combinations(zip(exact, lengths, strict=True), 2)
    )


def as_family(vectors: Sequence[Vector]) -> dict[int, list[list[int | str]]]:
    """The vectors as the columns s[1], s[2], .. of a witness.

    >>> as_family([(1, 0), ("3/5", "4/5")])
    {1: [[1], [0]], 2: [['3/5'], ['4/5']]}
    """
    return {i: [[x] for x in v] for i, v in enumerate(vectors, 1)}
