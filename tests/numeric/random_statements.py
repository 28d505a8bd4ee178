"""Random statements with small rational values: what is true of them is known exactly, by no code of `numeric`.

Values are dyadic, or rationals given as fractions; what the evaluator is given are the same values as exact arrays,
weights, products of weights, lists, numbers of single precision, or enclosures somewhere around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import numpy as np

from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    Or,
    Trace,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    matrix,
    opaque,
    rank,
    scalars,
    subset_sum,
    vector,
)
from formal.statement.evaluate import Instance, evaluate, instance
from formal.statement.language import Expression, Family, Prop, lift, to_nat
from numeric.claims.valuation import Values
from numeric.claims.weights import Product, Weight
from numeric.enclosures.enclosure import Enclosure

d, m, i, j, l, L = dims("d m i j l L")
a, b = scalars("a b")
x, y, u = vector("x", d), vector("y", d), vector("u", d)
LETTERS = (matrix("W", m, d), matrix("V", d, m), matrix("T", d, d), matrix("U", d, d), x, y, vector("z", m), a, b)
F, s = family("F", d, d), family("s", 1, 1)
w = dim_family("w")
G = family("G", d, lambda index: w[index])
phi = opaque("phi", d, d)
HIGHEST = 8  # indices of families that have values
WAYS = ("array", "weight", "product", "list", "single", "flat", "exact", "around")


@dataclass(frozen=True)
class Case:
    """A proposition, others to suppose, the exact values of their letters, and the same for the evaluator."""

    prop: Prop
    supposed: tuple[Prop, ...]
    families: tuple[Family, ...]
    exact: Instance
    values: Values

    def truths(self, p: Prop | None = None) -> set[bool]:
        """What it may be: a quantifier that was tried is what the tries say, or what they cannot rule out."""
        found = set()
        for every, some in product((None, False), (None, True)):
            at = Instance(dict(self.exact.nats), dict(self.exact.letters))
            found.add(_holds(self.prop if p is None else p, at, self.values.tried, every, some))
        return found


def case(seed: int) -> Case:
    """The statement with a number."""
    r = Random(seed)
    nats = {"d": r.choice((0, 1, 1, 2, 2, 3)), "m": r.choice((0, 1, 2, 3)), "L": r.choice((0, 1, 2, 3))}
    nats |= {"i": r.choice((0, 1, 2)), "j": 1, "l": 2}
    families = (r.choice(PRODUCTS)(), r.choice(SUMS)())
    writer = Writer(r, families, ())
    prop = writer.prop(r.choice((1, 2, 2, 3)), r.choice((0, 0, 1, 2, 2)))
    supposed = tuple(writer.prop(1, r.choice((0, 1))) for _ in range(r.choice((0, 1, 2))))
    ways = r.choice((WAYS, ("array",), ("weight",), ("around",), ("around", "weight"), ("weight", "product")))
    pool = r.choice(((0, 0, 1, -1), (0, 1, -1, 2, Fraction(1, 2), -3), (0, Fraction(3, 8), 1, Fraction(-5, 4), 7)))

    exact: dict[str, Any] = dict(nats)
    letters: dict[str, Any] = {}

    def fill(rows: int, cols: int) -> tuple[Any, Any]:
        value = [[r.choice(pool) for _ in range(cols)] for _ in range(rows)]
        return value, _given(r, value, (rows, cols), r.choice(ways))

    for e in LETTERS:
        exact[str(e)], letters[str(e)] = fill(*(instance(nats).size(n) for n in (e.n_rows, e.n_cols)))
    for name, shapes in (("F", [(nats["d"],) * 2] * HIGHEST), ("s", [(1, 1)] * HIGHEST), ("G", _shapes_of_g(nats, r))):
        filled = [fill(*shape) for shape in shapes]
        exact[name], letters[name] = ({n: each[k] for n, each in enumerate(filled)} for k in (0, 1))
    exact["w"] = {n: len(value[0]) if value else 0 for n, value in exact["G"].items()}
    tries = [fill(nats["d"], 1) for _ in range(r.choice((1, 2)))]
    at = instance(exact)
    at.letters["phi"] = lambda v: tuple((2 * row[0] + 1,) for row in v)
    letters["phi"] = lambda v: 2.0 * v + Enclosure(np.ones(v.shape))
    for fam in families:
        _continue(fam, at)
        if r.random() < 0.15:  # given, not computed
            table = at.letters[fam.decl.name]
            letters[fam.decl.name] = {n: _enclosed(np.array(_floats(v)).reshape(_shape(v))) for n, v in table.items()}
    at.letters["tried"] = {"u": [each[0] for each in tries]}
    tried = {"u": [each[1] for each in tries]}
    return Case(prop, supposed, families, at, Values(letters, {**nats, "w": exact["w"]}, tried))


def _shapes_of_g(nats: dict[str, int], r: Random) -> list[tuple[int, int]]:
    return [(nats["d"], r.choice((1, 2)) if nats["d"] else 0) for _ in range(HIGHEST)]


# ---------------------------------------------------------------- statements
PRODUCTS: tuple[Callable[[], Family], ...] = (
    lambda: define("P", l, L, Identity(d), lambda l, P: (Identity(d) + F[l + 1]) * P[l]),
    lambda: define("P", l, L, Identity(d), lambda l, P: (Identity(d) + a * F[l + 1]) * P[l]),
    lambda: define("P", l, L, Identity(d), lambda l, P: P[l] * (Identity(d) + (x.T * y) * F[l + 1])),
    lambda: define("P", l, L, LETTERS[2], lambda l, P: P[l] + s[l] * F[l + 1] * P[l]),
    lambda: define("P", l, L, 2 * Identity(d), lambda l, P: P[l] + F[l] * P[l] * F[l + 1] - x * a * y.T * P[l]),
    lambda: define("P", l, L, x * y.T, lambda l, P: P[l].T + F[l + 1]),
    lambda: subset_sum("P", lambda l: F[l], l, L),
)
SUMS: tuple[Callable[[], Family], ...] = (
    lambda: define("q", l, L, lift(1), lambda l, q: q[l] * s[l] + i),
    lambda: define("q", l, L, a, lambda l, q: 2 * q[l] - s[l + 1] * (x.T * F[l] * y)),
    lambda: define("q", l, L, lift(0), lambda l, q: q[l] + rank(F[l + 1]) * d),
    lambda: define("q", l, L, a * a, lambda l, q: q[l] + l),
)


class Writer:
    """Writes well-typed expressions and propositions; `bound` are the indices that may stand in them."""

    def __init__(self, r: Random, families: tuple[Family, ...], bound: tuple[Any, ...], letters: tuple[Any, ...] = ()):
        self.r, self.families, self.bound, self.letters = r, families, bound, letters

    def index(self) -> Any:
        return self.r.choice([0, 1, 2, L, *self.bound, *(v + 1 for v in self.bound)])

    def expression(self, rows: Any, cols: Any, depth: int) -> Expression:
        r, next_ = self.r, depth - 1
        choices: list[Callable[[], Expression]] = [lambda: self.leaf(rows, cols)]
        if depth > 0:
            through = r.choice((d, d, m, 1))
            times = r.choice((1, -1, 2, Fraction(1, 3)))
            choices += [
                lambda: self.expression(rows, cols, next_) + times * self.expression(rows, cols, next_),
                lambda: self.expression(rows, cols, next_) - self.expression(rows, cols, next_),
                lambda: self.expression(rows, through, next_) * self.expression(through, cols, next_),
                lambda: self.expression(rows, through, next_) * self.expression(through, cols, next_),
                lambda: self.expression(1, 1, next_) * self.expression(rows, cols, next_),
                lambda: self.expression(rows, cols, next_) * self.expression(1, 1, next_),
                lambda: self.expression(cols, rows, next_).T,
            ]
            if through != 1:
                row, column = self.expression(1, through, next_), self.expression(through, 1, next_)
                choices.append(lambda: row * column * self.expression(rows, cols, next_))
            if (rows, cols) == (d, 1):
                choices.append(lambda: phi(self.expression(d, 1, next_)))
            if rows == cols == 1:
                n = r.choice((d, m))
                choices.append(lambda: Trace(self.expression(n, n, next_)))
                choices.append(lambda: rank(self.expression(n, r.choice((d, m)), next_)))
            elif rows == cols:
                choices.append(lambda: self.expression(rows, rows, 1) ** r.choice((2, 3)))
        return r.choice(choices)()

    def leaf(self, rows: Any, cols: Any) -> Expression:
        shape = to_nat(rows), to_nat(cols)
        letters = [e for e in (*LETTERS, *self.letters) if (e.n_rows, e.n_cols) == shape]
        letters += [e.T for e in (*LETTERS, *self.letters) if (e.n_cols, e.n_rows) == shape and rows != cols]
        at = self.index()
        if rows == cols == 1:
            numbers = [self.r.choice((0, 1, 2, -1, Fraction(1, 3), Fraction(-3, 4))), d, m + 1, L, *self.bound]
            return self.r.choice([*letters, s[at], self.families[1][at], *map(lift, numbers)])
        if rows == cols == d:
            letters += [F[at], F[at].T, self.families[0][at], G[at] * G[at].T]
        return self.r.choice([*letters, ZeroMatrix(rows, cols), *([Identity(rows)] if rows == cols else [])])

    def relation(self, depth: int) -> Prop:
        r = self.r
        kind = r.random()
        if kind < 0.4:
            rows, cols = r.choice(((d, d), (m, d), (d, 1), (m, m), (1, m), (1, 1)))
            left = self.expression(rows, cols, depth)
            right = r.choice((self.expression(rows, cols, depth), left * 1, self.expression(1, 1, 1) * left, left.T.T))
            return r.choice((Eq, Eq, Ne))(left, right)
        left = self.expression(1, 1, depth)
        right = self.expression(1, 1, depth)
        if kind < 0.7:
            left = rank(self.expression(r.choice((d, m)), r.choice((d, m)), depth))
            right = r.choice((rank(self.expression(d, m, depth - 1)), lift(r.choice((0, 1, 2))), lift(d)))
        return r.choice((Le, Lt, Eq))(left, right)

    def prop(self, depth: int, connectives: int) -> Prop:
        """A proposition; parts that are told apart by nothing but their connectives are tried too."""
        r, rest = self.r, connectives - 1
        if connectives <= 0 or r.random() < 0.4:
            return self.relation(depth)
        kind = r.choice(("and", "or", "not", "implies", "each", "each", "quantified"))
        if kind == "not":
            return Not(self.prop(depth, rest))
        if kind == "each":
            index = r.choice((i, j, l))
            inner = Writer(r, self.families, (*self.bound, index), self.letters)
            return Each(index, r.choice((2, L, d)), inner.prop(depth, rest))
        if kind == "quantified":
            inner = Writer(r, self.families, self.bound, (u, u, u))
            return r.choice((ForAll, Exists))(u, inner.prop(depth, rest))
        join = {"and": And, "or": Or, "implies": Implies}[kind]
        return join(self.prop(depth, rest), self.prop(depth, rest))


# ---------------------------------------------------------------- what is true
def _holds(p: Prop, at: Instance, tried: Any, every: bool | None, some: bool | None) -> bool:
    """By exact evaluation. every, some: what a `for all` is whose tries all hold, an `exists` whose tries all fail."""

    def within(q: Prop, inner: Instance = at) -> bool:
        return _holds(q, inner, tried, every, some)

    if p.op in ("eq", "ne", "le", "lt"):
        left, right = (evaluate(e, at) for e in p.parts)
        if p.op in ("eq", "ne"):
            return (left == right) == (p.op == "eq")
        lower, upper = Fraction(left[0][0]), Fraction(right[0][0])  # type: ignore[arg-type]
        return lower <= upper if p.op == "le" else lower < upper
    if p.op == "and":
        return all(within(q) for q in p.parts)
    if p.op == "not":
        return not within(p.parts[0])
    if p.op == "implies":
        return not within(p.parts[0]) or within(p.parts[1])
    if p.op == "each":
        name = p.variables[0].name
        return all(
            within(p.parts[0], Instance({**at.nats, name: n}, at.letters)) for n in range(at.size(to_nat(p.bound)))
        )
    found = [
        within(p.parts[0], Instance(at.nats, {**at.letters, "u": tuple(map(tuple, value))}))
        for value in at.letters["tried"]["u"]
    ]
    if p.op == "forall":
        return all(found) and every is None
    return any(found) or some is True


def _continue(fam: Family, at: Instance) -> None:
    """Values of a family, beyond its depth too, where the statement leaves them open."""
    start, each = fam.defined
    table = at.letters[fam.decl.name] = {0: evaluate(start.parts[1], at)}
    for n in range(HIGHEST - 3):
        inner = Instance({**at.nats, each.variables[0].name: n}, at.letters)
        table[n + 1] = evaluate(each.parts[0].parts[1], inner)


# ---------------------------------------------------------------- what the evaluator is given
def _given(r: Random, value: list[list[Any]], shape: tuple[int, int], way: str) -> Any:
    found = np.array(_floats(value)).reshape(shape)
    if shape == (1, 1) and way in ("array", "list", "flat"):
        q = Fraction(value[0][0])
        return r.choice((q, float(q), int(q) if q.denominator == 1 else np.float32(q)))
    if way == "weight":
        return Weight(found)
    if way == "product" and shape[1]:
        return Product(Weight(2 * found), np.eye(shape[1]), scale=Fraction(1, 2))
    if way == "list" and found.size:
        return found.tolist()
    if way == "single":
        return found.astype(np.float32)
    if way == "flat" and shape[1] == 1:
        return found.ravel()
    if way == "around":
        radius = r.choice((1e-15, 1e-9, 1e-3))
        off = np.array([r.uniform(-0.9, 0.9) * radius for _ in range(found.size)]).reshape(shape)
        return Enclosure(found + off, np.full(shape, radius))
    return Enclosure(found)


def _enclosed(value: Any) -> Enclosure:
    return Enclosure(value, np.full(value.shape, 2.0**-40) * np.maximum(np.abs(value), 1))


def _floats(value: Iterable[Iterable[Any]]) -> list[list[float]]:
    return [[float(entry) for entry in row] for row in value]


def _shape(value: Any) -> tuple[int, int]:
    return len(value), len(value[0]) if value else 0
