"""Values of expressions in exact letters without rounding: modulo a prime, or as rationals where that is cheap."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from formal.statement.language import Expression

from ..enclosures.enclosure import enclose
from ..ranks import PRIME
from .chains import Chain, in_order
from .weights import Product, Weight

if TYPE_CHECKING:
    from .valuation import Valuation

MOST_ENTRIES = 2**19  # of a rational matrix
MOST_WORK = 2**22  # multiplications of a product of rational matrices


class Inexact(Exception):
    """A letter of the expression is enclosed, but not known exactly; or rational numbers would take too long."""


class Modular:
    """The values of expressions modulo a prime: they are a homomorphic image of the rational ones."""

    def __init__(self, at: Valuation) -> None:
        self.at = at
        self.known = self.start()

    def start(self) -> dict[Any, Any]:
        """What is known already: residues are kept with the values of the letters."""
        return self.at.residues

    # ------------------------------------------------------------ the ring
    def zeros(self, rows: int, cols: int) -> Any:
        import flint

        return flint.nmod_mat(rows, cols, PRIME)

    def scalar(self, x: int | Fraction) -> Any:
        import flint

        q = Fraction(x)
        if q.denominator % PRIME == 0:
            raise Inexact
        return flint.nmod_mat(1, 1, [q.numerator * pow(q.denominator, -1, PRIME) % PRIME], PRIME)

    def matrix(self, given: Weight | Product) -> Any:
        return given.modular

    def times(self, a: Any, b: Any) -> Any:
        return a * b

    def scaled(self, a: Any, scalar: Any) -> Any:
        return a * int(scalar[0, 0])

    # ------------------------------------------------------------ expressions
    def value(self, e: Expression, env: Mapping[str, int]) -> Any:
        """The value of an expression. Raises Inexact where a letter has no exact one."""
        key = (e, tuple(sorted(env.items())))
        if key not in self.known:
            self.known[key] = self._value(e, env)
        return self.known[key]

    def _value(self, e: Expression, env: Mapping[str, int]) -> Any:
        if e.op == "letter":
            return self._letter(e, env)
        if e.op in ("identity", "zero"):
            found = self.zeros(rows := self.at.size(e.n_rows, env), self.at.size(e.n_cols, env))
            for i in range(rows if e.op == "identity" else 0):
                found[i, i] = 1
            return found
        if e.op == "number":
            return self.scalar(e.data[0])
        if e.op == "nat":
            return self.scalar(self.at.size(e.data[0], env))
        if e.op == "rank":
            low, high = self.at.rank(e.parts[0], env)
            if low != high:
                raise Inexact
            return self.scalar(low)
        if e.op == "T":
            return self.value(e.parts[0], env).transpose()
        if e.op == "trace":
            inner = self.value(e.parts[0], env)
            found = self.zeros(1, 1)
            for i in range(inner.nrows()):
                found[0, 0] += inner[i, i]
            return found
        if e.op == "add":
            return reduce(add, (self.value(p, env) for p in e.parts))
        chain = Chain.of(e, lambda part: self.value(part, env))
        found = in_order(chain.factors, [(f.nrows(), f.ncols()) for f in chain.factors], self.times)
        return reduce(self.scaled, chain.scalars, found)

    def _letter(self, e: Expression, env: Mapping[str, int]) -> Any:
        decl, index = e.data
        place = None if index is None else self.at.size(index, env)
        if decl.name in self.at.families:
            for i in range((place or 0) + 1):
                found = self.value(*self.at.step(self.at.families[decl.name], i))
            return found
        given = exact_letter(self.at, e, env)
        if isinstance(given, Fraction):
            return self.scalar(given)
        return self.matrix(given) if given.mid.size else self.zeros(*given.shape)


class Rational(Modular):
    """The values themselves, of expressions that are small enough."""

    def start(self) -> dict[Any, Any]:
        return {}

    def zeros(self, rows: int, cols: int) -> Any:
        import flint

        if rows * cols > MOST_ENTRIES:
            raise Inexact
        return flint.fmpq_mat(rows, cols)

    def scalar(self, x: int | Fraction) -> Any:
        import flint

        q = Fraction(x)
        return flint.fmpq_mat(1, 1, [flint.fmpq(q.numerator, q.denominator)])

    def matrix(self, given: Weight | Product) -> Any:
        if given.mid.size > MOST_ENTRIES:
            raise Inexact
        return given.rational

    def times(self, a: Any, b: Any) -> Any:
        if a.nrows() * a.ncols() * b.ncols() > MOST_WORK or a.nrows() * b.ncols() > MOST_ENTRIES:
            raise Inexact
        return a * b

    def scaled(self, a: Any, scalar: Any) -> Any:
        return a * scalar[0, 0]


def exact_letter(at: Valuation, e: Expression, env: Mapping[str, int]) -> Weight | Product | Fraction:
    """The exact value that a letter was given. Raises Inexact if there is none."""
    decl, index = e.data
    given = at.given(decl, None if index is None else at.size(index, env))
    if e.parts or callable(given):
        raise Inexact
    if isinstance(given, Product) and given.known:
        return given
    if isinstance(given, int | Fraction):
        return Fraction(given)
    found = enclose(given)
    if not found.exact:
        raise Inexact
    if isinstance(found, Weight):
        return found
    return Weight(found.mid if found.ndim == 2 else found.mid.reshape(-1, 1))


def same(at: Valuation, left: Expression, right: Expression, env: Mapping[str, int]) -> bool | None:
    """Whether two expressions in exact letters are equal, as rationals; None where that cannot be said cheaply."""
    try:
        for side in (left, right):
            _cheap(at, side, env)
        ring = Rational(at)
        return bool(ring.value(left, env) == ring.value(right, env))
    except Inexact:
        return None


def difference(at: Valuation, left: Expression, right: Expression, env: Mapping[str, int]) -> Fraction | None:
    """left - right of two scalars in exact letters, as a rational; None where that cannot be said cheaply."""
    try:
        for side in (left, right):
            _cheap(at, side, env)
        ring = Rational(at)
        found = (ring.value(left, env) - ring.value(right, env))[0, 0]
        return Fraction(int(found.p), int(found.q))
    except Inexact:
        return None


def _cheap(at: Valuation, e: Expression, env: Mapping[str, int]) -> None:
    """Raises Inexact where a letter is not exact, or a product takes too long."""
    if e.op == "letter":
        if e.data[0].name in at.families or at.size(e.n_rows, env) * at.size(e.n_cols, env) > MOST_ENTRIES:
            raise Inexact
        exact_letter(at, e, env)
        return
    for part in e.parts:
        _cheap(at, part, env)
    if e.op == "mul":
        shapes = Chain.of(e, lambda part: (at.size(part.n_rows, env), at.size(part.n_cols, env))).factors
        in_order(shapes, shapes, _product_shape)


def _product_shape(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    if a[0] * a[1] * b[1] > MOST_WORK:
        raise Inexact
    return a[0], b[1]
