"""Random typed expressions, their kernel terms, and a second, naive evaluation to compare with.

An expression is a nested tuple. `build` makes the kernel's term of it, `value` computes it with plain loops over
fractions, without any normal form; where the two disagree, the kernel's algebra is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from hypothesis import strategies as st

from formal.kernel.ground import Witness, evaluate_nat
from formal.kernel.terms import (
    ONE,
    ZERO,
    Decl,
    Nat,
    Term,
    add,
    identity,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    scale,
    trace,
    transpose,
    zeros,
)

Rows: TypeAlias = tuple[tuple[Fraction, ...], ...]
Expr: TypeAlias = tuple[Any, ...]

A, B, L = nat("a"), nat("b"), nat("l")
HOLE_INDEX = nat("#")
SIZES = (ONE, A, B)
FAMILY = Decl("T", A, A, True)
WIDTHS = Decl("V", A, nat("m", HOLE_INDEX), True)  # its width depends on the index
MAP = Decl("f", A, ONE, False, ((A, ONE),))
MAPS = Decl("g", ONE, ONE, True, ((A, ONE),))
INDICES = (ZERO, ONE, L, nat_sum(L, ONE))


def plain_letters(rows: Nat, cols: Nat) -> tuple[Decl, ...]:
    """Two letters of every shape: repeated letters are what makes monomials meet."""
    tag = f"{'1ab'[SIZES.index(rows)]}{'1ab'[SIZES.index(cols)]}"
    return Decl(f"X{tag}", rows, cols), Decl(f"Y{tag}", rows, cols)


PLAIN = tuple(d for rows in SIZES for cols in SIZES for d in plain_letters(rows, cols))


@dataclass
class World:
    """Values of everything that may occur; maps are functions, whose points are recorded when they are met."""

    nats: dict[str, Any]
    letters: dict[str, Any]
    points: dict[str, dict[Any, Rows]] = field(default_factory=dict)

    def size(self, n: Nat) -> int:
        return evaluate_nat(n, Witness(self.nats, {}))

    def call(self, name: str, index: int | None, arg: Rows) -> Rows:
        found: Rows = self.letters[name](index, arg)
        self.points.setdefault(name, {})[(index, (arg,))] = found
        return found

    def witness(self) -> Witness:
        letters = {k: v for k, v in self.letters.items() if not callable(v)}
        letters |= {name: tuple(table.items()) for name, table in self.points.items()}
        return Witness(dict(self.nats), letters)


# ---------------------------------------------------------------- naive matrices
def matmul(a: Rows, b: Rows, cols: int) -> Rows:
    return tuple(tuple(sum((x * b[k][j] for k, x in enumerate(row)), Fraction(0)) for j in range(cols)) for row in a)


def naive_rank(rows: Rows) -> int:
    """Rank by Gauss-Jordan elimination with fractions."""
    left = [list(row) for row in rows]
    found = 0
    for j in range(len(left[0]) if left else 0):
        pivot = next((row for row in left if row[j]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left = [[x - row[j] / pivot[j] * y for x, y in zip(row, pivot, strict=True)] for row in left]
        found += 1
    return found


def shape(e: Expr) -> tuple[Nat, Nat]:
    return e[1], e[2]


def value(e: Expr, w: World) -> Rows:
    """The value of an expression: by definition, operation by operation."""
    op, rows, cols = e[0], w.size(e[1]), w.size(e[2])
    if op == "letter":
        decl, index, args = e[3:]
        place = None if index is None else w.size(index)
        if args:
            return w.call(decl.name, place, value(args[0], w))
        found: Rows = w.letters[decl.name] if place is None else w.letters[decl.name][place]
        return found
    if op in ("identity", "zeros"):
        return tuple(tuple(Fraction(int(i == j and op == "identity")) for j in range(cols)) for i in range(rows))
    if op == "number":
        return ((e[3],),)
    if op == "nat":
        return ((Fraction(w.size(e[3])),),)
    first = value(e[3], w)
    if op == "transpose":
        return tuple(tuple(row[i] for row in first) for i in range(rows))
    if op == "trace":
        return ((sum((row[i] for i, row in enumerate(first)), Fraction(0)),),)
    if op == "rank":
        return ((Fraction(naive_rank(first)),),)
    second = value(e[4], w)
    if op == "multiply":
        return matmul(first, second, cols)
    if op == "scale":
        return tuple(tuple(first[0][0] * x for x in row) for row in second)
    return tuple(tuple(x + e[5] * y for x, y in zip(p, q, strict=True)) for p, q in zip(first, second, strict=True))


_UNARY: Mapping[str, Callable[[Term], Term]] = {"transpose": transpose, "trace": trace, "rank": rank}
_BINARY: Mapping[str, Callable[[Term, Term], Term]] = {"multiply": multiply, "scale": scale}


def build(e: Expr) -> Term:
    """The kernel's term."""
    op = e[0]
    if op == "letter":
        return letter(e[3], e[4], tuple(map(build, e[5])))
    if op == "identity":
        return identity(e[1])
    if op == "zeros":
        return zeros(e[1], e[2])
    if op == "number":
        return number(e[3])
    if op == "nat":
        return scalar(e[3])
    if op in _UNARY:
        return _UNARY[op](build(e[3]))
    if op in _BINARY:
        return _BINARY[op](build(e[3]), build(e[4]))
    return add(build(e[3]), build(e[4]), e[5])


# ---------------------------------------------------------------- strategies
small = st.sampled_from([Fraction(n, d) for n, d in ((0, 1), (1, 1), (-1, 1), (2, 1), (1, 2), (-3, 1), (2, 3))])
coefficients = st.sampled_from([1, -1, 2, Fraction(-1, 2)])


def matrices(rows: int, cols: int) -> st.SearchStrategy[Rows]:
    return st.tuples(*[st.tuples(*[small] * cols)] * rows)


@st.composite
def expressions(draw: st.DrawFn, rows: Nat, cols: Nat, depth: int = 4, *, opaque: bool = True) -> Expr:
    """A random expression of the given shape over the letters above; `opaque` allows maps and ranks."""
    kinds = ["letter", "letter"]
    if rows == cols:
        kinds.append("identity")
    if depth:
        kinds += ["add", "add", "multiply", "multiply", "multiply", "transpose", "scale"]
        if rows == ONE == cols:
            kinds += ["trace", "nat", "number", *(["rank", "maps"] if opaque else [])]
    if rows == A == cols:
        kinds.append("family")
    if depth and rows == A and cols == ONE and opaque:
        kinds.append("map")
    kind = draw(st.sampled_from(kinds))

    def sub(r: Nat, c: Nat) -> Expr:
        found: Expr = draw(expressions(r, c, depth - 1, opaque=opaque))
        return found

    if kind == "letter":
        return ("letter", rows, cols, draw(st.sampled_from(plain_letters(rows, cols))), None, ())
    if kind == "identity":
        return ("identity", rows, cols)
    if kind == "family":
        at = draw(st.sampled_from(INDICES))
        if draw(st.booleans()):
            return ("letter", rows, cols, FAMILY, at, ())
        wide: Expr = ("letter", A, nat("m", at), WIDTHS, at, ())
        return ("multiply", A, A, wide, ("transpose", nat("m", at), A, wide))
    if kind in ("map", "maps"):
        decl = MAP if kind == "map" else MAPS
        return ("letter", rows, cols, decl, draw(st.sampled_from(INDICES)) if decl.indexed else None, (sub(A, ONE),))
    if kind == "nat":
        return ("nat", ONE, ONE, draw(st.sampled_from([A, L, nat_sum(A, B), nat("m", L), ZERO])))
    if kind == "number":
        return ("number", ONE, ONE, draw(small))
    if kind == "add":
        return ("add", rows, cols, sub(rows, cols), sub(rows, cols), draw(coefficients))
    if kind == "multiply":
        middle = draw(st.sampled_from(SIZES))
        return ("multiply", rows, cols, sub(rows, middle), sub(middle, cols))
    if kind == "transpose":
        return ("transpose", rows, cols, sub(cols, rows))
    if kind == "scale":
        return ("scale", rows, cols, sub(ONE, ONE), sub(rows, cols))
    r, c = draw(st.sampled_from(SIZES)), draw(st.sampled_from(SIZES))
    return (kind, ONE, ONE, sub(r, r) if kind == "trace" else sub(r, c))


@st.composite
def worlds(draw: st.DrawFn, largest: int = 3) -> World:
    """Values for all letters, at dimensions 0 .. largest."""
    size = st.integers(0, largest)
    a, b, index = draw(size), draw(size), draw(st.integers(0, 1))
    m = {i: draw(st.integers(0, 2)) for i in range(3)}
    w = World({"a": a, "b": b, "l": index, "m": m}, {})
    for d in PLAIN:
        w.letters[d.name] = draw(matrices(w.size(d.rows), w.size(d.cols)))
    w.letters["T"] = {i: draw(matrices(a, a)) for i in range(3)}
    w.letters["V"] = {i: draw(matrices(a, m[i])) for i in range(3)}
    shift = draw(small)
    w.letters["f"] = lambda _, x: tuple((row[0] * row[0] + shift,) for row in x)
    w.letters["g"] = lambda i, x: ((sum((row[0] for row in x), shift) * (i + 1) + 1,),)
    return w
