"""Values of expressions at enclosures: the letters of a statement get enclosures of numbers of a model.

Dimensions are read off them, and sums, products and families that are defined by recursion follow. Ranks are bounded
exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any, TypeAlias, TypeVar

import numpy as np

from formal.kernel.errors import KernelError
from formal.kernel.ground import Witness, evaluate_nat
from formal.kernel.terms import HOLE, Decl, Nat, nat_names
from formal.statement.language import Expression, Family, Prop, walk
from formal.statement.variables import free_variables

from ..enclosures.enclosure import Enclosure, enclose
from ..errors import ModelError
from .chains import Chain, multiply
from .exact_rank import bounds
from .weights import of_fraction

T = TypeVar("T")
Matrix: TypeAlias = Enclosure  # [rows, cols]; a scalar is 1 x 1
Map: TypeAlias = Callable[..., Any]
Letter: TypeAlias = Any  # Enclosure | array | float | Fraction | Map, or a mapping of an index to one of them


@dataclass
class Values:
    """Values for the letters of a statement. Dimensions are those of the letters, unless `nats` says otherwise.

    letters: for each name an array, a number (int, float and Fraction are exact) or an Enclosure. A vector may be
    one-dimensional and is a column; a map is a function of Enclosures [rows, cols]; a family is a mapping of its
    indices to one of these. tried: for variables that a quantifier binds, values to try, one for each try.
    """

    letters: Mapping[str, Letter]
    nats: dict[str, Any] = field(default_factory=dict)
    tried: Mapping[str, Sequence[Letter]] = field(default_factory=dict)


def as_matrix(value: Letter) -> Matrix:
    """An Enclosure [rows, cols] of what a letter was given.

    >>> as_matrix(np.array([1.0, 2.0])).shape, as_matrix(3.0).shape
    ((2, 1), (1, 1))
    """
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        value = of_fraction(Fraction(value))
    found = enclose(value)
    if len(found.shape) == 2:
        return found
    if len(found.shape) > 2:
        raise ModelError(f"a letter is a matrix, not an array of shape {found.shape}")
    return Enclosure(found.mid.reshape(-1, 1), found.rad.reshape(-1, 1))


class Valuation:
    """The letters and dimensions of statements at one set of values. What was computed is kept, as statements share
    many of their parts.

    >>> from formal.statement import dims, matrix, rank
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> at = Valuation(Values({"W": np.array([[1.0, 2.0, 0.1]]), "V": np.array([[1.0], [0.5], [0.0]])}))
    >>> at.value(V*W).shape, at.rank(V*W, {})
    ((3, 3), (1, 1))
    """

    def __init__(self, values: Values, where: Sequence[Family] = (), props: Iterable[Prop] = ()) -> None:
        self.values = values
        self.families = {fam.decl.name: fam for fam in where if fam.decl.name not in values.letters}
        self.nats = {name: dict(n) if isinstance(n, Mapping) else n for name, n in values.nats.items()}
        self.letters = dict(values.letters)
        self._known: dict[Any, Any] = {}
        self.residues: dict[Any, Any] = {}  # of expressions modulo a prime
        self._sized: set[Decl] = set()
        for decl in free_variables((*props, *(q for fam in where for q in fam.defined)))[0]:
            self._size(decl)

    # ------------------------------------------------------------ dimensions
    def size(self, n: Nat, env: Mapping[str, int]) -> int:
        """The number that a dimension is here."""
        try:
            return evaluate_nat(n, Witness({**self.nats, **env}, {}))
        except KernelError as e:
            raise ModelError(f"the dimension {n} has no value here") from e

    def _size(self, decl: Decl) -> None:
        """Read dimensions off the value of a letter: a variable that stands alone is what the shape says."""
        if decl in self._sized or decl.domain or decl.name not in self.letters:
            return
        self._sized.add(decl)
        value = self.letters[decl.name]
        table = value.items() if decl.indexed and isinstance(value, Mapping) else [(None, value)]
        for index, entry in table:
            if callable(entry):
                continue
            for n, length in zip((decl.rows, decl.cols), as_matrix(entry).shape, strict=True):
                self._read(n, index, length)

    def _read(self, n: Nat, index: int | None, length: int) -> None:
        if len(n) != 1 or n[0][1] != 1 or len(n[0][0]) != 1:
            return
        ((name, at),) = n[0][0]
        if not at:
            self.nats.setdefault(name, length)
        elif index is not None:
            self.nats.setdefault(name, {}).setdefault(evaluate_nat(at[0], Witness({HOLE: index}, {})), length)

    # ------------------------------------------------------------ expressions
    def value(self, e: Expression, env: Mapping[str, int] | None = None) -> Matrix:
        """The enclosure of an expression, [rows, cols]. Raises ModelError for a letter without a value."""
        return self.kept("value", e, env or {}, lambda: self._value(e, env or {}))

    def kept(self, what: str, e: Expression, env: Mapping[str, int], find: Callable[[], T]) -> T:
        """What is known of an expression at indices, found once."""
        key = (what, e, self._seen(e, env))
        if key not in self._known:
            self._known[key] = find()
        known: T = self._known[key]
        return known

    def _seen(self, e: Expression, env: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
        """The part of the environment that the expression depends on."""
        if not env:
            return ()
        names = self._known.get(("names", e))
        if names is None:
            names = self._known[("names", e)] = _index_names(e)
        return tuple((k, v) for k, v in sorted(env.items()) if k in names)

    def _value(self, e: Expression, env: Mapping[str, int]) -> Matrix:
        if e.op == "letter":
            return self._letter(e, env)
        if e.op in ("identity", "zero"):
            rows, cols = self.size(e.n_rows, env), self.size(e.n_cols, env)
            return Enclosure(np.eye(rows, cols) if e.op == "identity" else np.zeros((rows, cols)))
        if e.op == "number":
            return as_matrix(e.data[0])
        if e.op == "nat":
            return as_matrix(self.size(e.data[0], env))
        if e.op == "rank":
            low, high = self.rank(e.parts[0], env)
            return Enclosure([[(low + high) / 2]], [[(high - low) / 2]])
        if e.op == "T":
            return self.value(e.parts[0], env).T
        if e.op == "trace":
            return self._trace(e.parts[0], env)
        if e.op == "add":
            return reduce(add, (self.value(p, env) for p in e.parts))
        chain = self.chain(e, env)
        parts = (*chain.factors, *chain.scalars)
        if any(f.exact and not f.mid.any() for f in parts) and all(np.isfinite(f.rad).all() for f in parts):
            return Enclosure(np.zeros((self.size(e.n_rows, env), self.size(e.n_cols, env))))
        return as_matrix(multiply(chain))

    def chain(self, e: Expression, env: Mapping[str, int]) -> Chain[Matrix]:
        """The values of the factors of a product, and of the scalars in it."""
        return Chain.of(e, lambda part: self.value(part, env))

    def _trace(self, e: Expression, env: Mapping[str, int]) -> Matrix:
        """tr(A B) is a sum over entries of A and B', which spares the product."""
        if e.op == "mul":
            chain = self.chain(e, env)
            if len(chain.factors) > 1 and not chain.scalars:
                half = len(chain.factors) // 2
                a, b = (multiply(Chain(tuple(part), ())) for part in (chain.factors[:half], chain.factors[half:]))
                return as_matrix((a * b.T).sum())
        return as_matrix(self.value(e, env).trace())

    def _letter(self, e: Expression, env: Mapping[str, int]) -> Matrix:
        decl, at = e.data
        index = None if at is None else self.size(at, env)
        if decl.name in self.families:
            return self._family(self.families[decl.name], index or 0)
        value = self.given(decl, index)
        if e.parts:
            value = value(*(self.value(p, env) for p in e.parts))
            self._fits(str(e), as_matrix(value), self.size(e.n_rows, env), self.size(e.n_cols, env))
        return as_matrix(value)

    def given(self, decl: Decl, index: int | None) -> Any:
        """What a letter, or its entry at an index, was given. Raises ModelError where it was given nothing, or what
        has another shape than the statement."""
        key = ("given", decl, index)
        if key not in self._known:
            self._known[key] = self._given(decl, index)
        return self._known[key]

    def _given(self, decl: Decl, index: int | None) -> Any:
        value = self.letters.get(decl.name)
        if index is not None and isinstance(value, Mapping):
            value = value.get(index)
        name = f"{decl.name}{'' if index is None else f'[{index}]'}"
        if value is None:
            raise ModelError(f"no value is given for {name}")
        if callable(value) != bool(decl.domain):
            raise ModelError(f"{name} is {'a map' if decl.domain else 'no map'}, its value is {type(value).__name__}")
        self._size(decl)
        if not decl.domain:
            hole = {} if index is None else {HOLE: index}
            self._fits(name, as_matrix(value), self.size(decl.rows, hole), self.size(decl.cols, hole))
        return value

    def _fits(self, name: str, value: Matrix, rows: int, cols: int) -> None:
        if value.shape != (rows, cols):
            raise ModelError(f"{name} is {value.shape[0]} x {value.shape[1]}, the statement has {rows} x {cols}")

    def step(self, fam: Family, index: int) -> tuple[Expression, dict[str, int]]:
        """What defines F[index], and where it is to be evaluated: the start, or the step from index - 1. Indices that
        are bound where F is mentioned have no meaning in its definition."""
        start, each = fam.defined
        if index == 0:
            return start.parts[1], {}
        return each.parts[0].parts[1], {each.variables[0].name: index - 1}

    def _family(self, fam: Family, index: int) -> Matrix:
        for i in range(index + 1):  # from the bottom, so that no recursion is deep
            found = self.value(*self.step(fam, i))
        return found

    def rank(self, e: Expression, env: Mapping[str, int]) -> tuple[int, int]:
        """Numbers between which the rank lies."""
        return self.kept("rank", e, env, lambda: bounds(self, e, env))


def _index_names(e: Expression) -> frozenset[str]:
    found: set[str] = set()
    for part in walk(e):
        found |= nat_names(part.n_rows) | nat_names(part.n_cols)
        for n in part.data:
            if isinstance(n, Nat):
                found |= nat_names(n)
    return frozenset(found)
