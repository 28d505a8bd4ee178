"""Statements evaluated at enclosures: what certainly holds, what certainly fails, and within what width the rest holds.

The statement is the one that `formal` proves or refutes; here its letters get values, which are enclosures of numbers
of a model: floats, which are exact, or what contains the exact value of a formula. Three things are decided without
rounding: an inequality or a difference that is certain, an equation that certainly fails, and a rank.

Truth has three values here, after Kleene: an equation between enclosures that overlap is neither certain nor refuted.
It holds *within a width*: the largest radius of the difference of its sides, relative to the larger side, or, where a
side is 0, to the largest of the terms that cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import product
from operator import add
from typing import Any, TypeAlias

import numpy as np

from formal.kernel.errors import KernelError
from formal.kernel.ground import Witness, evaluate_nat
from formal.kernel.terms import HOLE, Decl, Nat, nat_names
from formal.statement import StatementError
from formal.statement.language import Expression, Family, Prop, to_nat, walk
from formal.statement.variables import free_variables

from .chains import Chain, multiply
from .enclosure import Enclosure, enclose
from .errors import ModelError
from .exact_rank import bounds
from .exact_values import same
from .solvable import impossible
from .weights import of_fraction

Matrix: TypeAlias = Enclosure  # [rows, cols]; a scalar is 1 x 1
Map: TypeAlias = Callable[..., Any]
Letter: TypeAlias = Any  # Enclosure | array | float | Fraction | Map, or a mapping of an index to one of them
Between: TypeAlias = tuple[Fraction, Fraction]  # bounds, below and above
MOST_TERMS = 64  # of a side that is 0, when it is written out to see what cancels


@dataclass(frozen=True)
class Finding:
    """What evaluation says of a proposition: certain (True, False), or None, where equations hold within the width."""

    holds: bool | None
    width: float = 0.0

    def __str__(self) -> str:
        if self.holds is not None:
            return "holds" if self.holds else "fails"
        return "not evaluated" if self.width == np.inf else f"holds within {self.width:.1e}"


TRUE, FALSE, UNKNOWN = Finding(True), Finding(False), Finding(None, np.inf)


def both(findings: Iterable[Finding]) -> Finding:
    """Kleene's conjunction; the width is the largest of those that are not certain."""
    width, certain = 0.0, True
    for f in findings:
        if f.holds is False:
            return FALSE
        if f.holds is None:
            certain, width = False, max(width, f.width)
    return TRUE if certain else Finding(None, width)


def denied(f: Finding) -> Finding:
    """Kleene's negation."""
    return f if f.holds is None else Finding(not f.holds)


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
    if isinstance(value, Fraction):
        value = of_fraction(value)
    found = enclose(value)
    if len(found.shape) == 2:
        return found
    if len(found.shape) > 2:
        raise ModelError(f"a letter is a matrix, not an array of shape {found.shape}")
    return Enclosure(found.mid.reshape(-1, 1), found.rad.reshape(-1, 1))


class Evaluation:
    """One statement at one set of values; what was computed is kept, as statements share many of their parts.

    >>> from formal.statement import dims, matrix, Eq, Le, rank
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> at = Evaluation(Values({"W": np.array([[1.0, 2.0, 0.1]]), "V": np.array([[1.0], [0.5], [0.0]])}))
    >>> at.proposition(Eq(W*V*W*V, 2*(W*V))).holds, at.proposition(Eq(W*V, 0)).holds
    (True, False)
    >>> at.proposition(Le(rank(V*W), 1)).holds, at.proposition(Le(d, rank(V*W))).holds
    (True, False)
    """

    def __init__(self, values: Values, where: Sequence[Family] = (), props: Iterable[Prop] = ()) -> None:
        self.values = values
        self.families = {fam.decl.name: fam for fam in where if fam.decl.name not in values.letters}
        self.nats = dict(values.nats)
        self.letters = dict(values.letters)
        self._known: dict[Any, Any] = {}
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
        env = env or {}
        key = (e, self._seen(e, env))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._value(e, env)
        known: Matrix = found
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
            return as_matrix(float(self.size(e.data[0], env)))
        if e.op == "rank":
            low, high = self.rank(e.parts[0], env)
            return Enclosure([[(low + high) / 2]], [[(high - low) / 2]])
        if e.op == "T":
            return self.value(e.parts[0], env).T
        if e.op == "trace":
            return self._trace(e.parts[0], env)
        if e.op == "add":
            return reduce(add, (self.value(p, env) for p in e.parts))
        return as_matrix(multiply(self._chain(e, env)))

    def _chain(self, e: Expression, env: Mapping[str, int]) -> Chain[Matrix]:
        return Chain.of(e, lambda part: self.value(part, env))

    def _trace(self, e: Expression, env: Mapping[str, int]) -> Matrix:
        """tr(A B) is a sum over entries of A and B', which spares the product."""
        if e.op == "mul":
            chain = self._chain(e, env)
            if len(chain.factors) > 1 and not chain.scalars:
                half = len(chain.factors) // 2
                a, b = (multiply(Chain(tuple(part), ())) for part in (chain.factors[:half], chain.factors[half:]))
                return as_matrix((a * b.T).sum())
        return as_matrix(self.value(e, env).trace())

    def _letter(self, e: Expression, env: Mapping[str, int]) -> Matrix:
        decl, at = e.data
        index = None if at is None else self.size(at, env)
        if decl.name in self.families:
            return self._family(self.families[decl.name], index or 0, env)
        value = self.given(decl, index)
        if e.parts:
            value = value(*(self.value(p, env) for p in e.parts))
        found = as_matrix(value)
        wanted = self.size(e.n_rows, env), self.size(e.n_cols, env)
        if found.shape != wanted:
            raise ModelError(f"{e} is {found.shape[0]} x {found.shape[1]}, the statement has {wanted[0]} x {wanted[1]}")
        return found

    def given(self, decl: Decl, index: int | None) -> Any:
        """What a letter, or its entry at an index, was given. Raises ModelError where it was given nothing."""
        value = self.letters.get(decl.name)
        if index is not None and isinstance(value, Mapping):
            value = value.get(index)
        if value is None:
            raise ModelError(f"no value is given for {decl.name}{'' if index is None else f'[{index}]'}")
        self._size(decl)
        return value

    def step(self, fam: Family, index: int, env: Mapping[str, int]) -> tuple[Expression, dict[str, int]]:
        """What defines F[index], and where it is to be evaluated: the start, or the step from index - 1."""
        start, each = fam.defined
        if index == 0:
            return start.parts[1], dict(env)
        return each.parts[0].parts[1], {**env, each.variables[0].name: index - 1}

    def _family(self, fam: Family, index: int, env: Mapping[str, int]) -> Matrix:
        for i in range(index + 1):  # from the bottom, so that no recursion is deep
            found = self.value(*self.step(fam, i, env))
        return found

    def rank(self, e: Expression, env: Mapping[str, int]) -> tuple[int, int]:
        """Numbers between which the rank lies."""
        return bounds(self, e, env)

    def number(self, e: Expression, env: Mapping[str, int]) -> Between | None:
        """Exact bounds of a scalar that is made of numbers, dimensions and ranks; None for any other."""
        if not e.is_scalar_shaped or e.op == "trace":
            return None
        if e.op in ("identity", "zero"):
            value = Fraction(e.op == "identity")
            return value, value
        if e.op in ("number", "nat"):
            value = Fraction(e.data[0] if e.op == "number" else self.size(e.data[0], env))
            return value, value
        if e.op == "rank":
            low, high = self.rank(e.parts[0], env)
            return Fraction(low), Fraction(high)
        if e.op == "letter":
            return self._exact_letter(e, env)
        parts: list[Between] = []
        for part in e.parts:
            found = self.number(part, env)
            if found is None:
                return None
            parts.append(found)
        return reduce(_product_of if e.op == "mul" else _sum_of, parts)

    def _exact_letter(self, e: Expression, env: Mapping[str, int]) -> Between | None:
        decl, at = e.data
        index = None if at is None else self.size(at, env)
        if decl.name in self.families:
            for i in range((index or 0) + 1):
                found = self._remembered(self.families[decl.name], i, env)
            return found
        value = None if e.parts else self.given(decl, index)
        return (Fraction(value), Fraction(value)) if isinstance(value, int | float | Fraction) else None

    def _remembered(self, fam: Family, index: int, env: Mapping[str, int]) -> Between | None:
        key = ("number", fam.decl, index)
        if key not in self._known:
            self._known[key] = self.number(*self.step(fam, index, env))
        known: Between | None = self._known[key]
        return known

    # ------------------------------------------------------------ propositions
    def proposition(self, p: Prop, env: Mapping[str, int] | None = None) -> Finding:
        """What is certain of a proposition, and the width within which the rest holds."""
        env = env or {}
        if p.op in ("eq", "ne"):
            found = self._equation(p.parts[0], p.parts[1], env)
            return found if p.op == "eq" else denied(found)
        if p.op in ("le", "lt"):
            return self._inequality(p, env)
        if p.op == "and":
            return both(self.proposition(q, env) for q in p.parts)
        if p.op == "not":
            return denied(self.proposition(p.parts[0], env))
        if p.op == "implies":
            premise = self.proposition(p.parts[0], env)
            if premise.holds is False:
                return TRUE
            then = self.proposition(p.parts[1], env)
            if then.holds or premise.holds:
                return then
            return Finding(None, max(premise.width, then.width))
        if p.op == "each":
            (index,), bound = p.variables, self.size(to_nat(p.bound), env)
            return both(self.proposition(p.parts[0], {**env, index.name: i}) for i in range(bound))
        if p.op in ("forall", "exists"):
            return self._quantified(p, env)
        raise StatementError(f"{p.op} is no form of proposition")

    def _numbers(self, left: Expression, right: Expression, env: Mapping[str, int]) -> tuple[Between, Between] | None:
        a = self.number(left, env)
        b = None if a is None else self.number(right, env)
        return None if a is None or b is None else (a, b)

    def _equation(self, left: Expression, right: Expression, env: Mapping[str, int]) -> Finding:
        exact = self._numbers(left, right, env)
        if exact:
            return both([_ordered("le", *exact), _ordered("le", *reversed(exact))])
        a, b = self.value(left, env), self.value(right, env)
        if not (a.rad.any() or b.rad.any()):
            return Finding(bool((a.mid == b.mid).all()))
        gap = a - b
        if gap.excludes_zero().any():
            return FALSE
        if same(self, left, right, env):
            return TRUE
        return Finding(None, _relative(float(gap.rad.max()), self._magnitude(left, right, a, b, env)))

    def _magnitude(self, left: Expression, right: Expression, a: Matrix, b: Matrix, env: Mapping[str, int]) -> float:
        """The larger side; where one of them is 0 or vanishes, the largest of the terms that cancel."""
        sides = [_largest(a), _largest(b)]
        if min(sides) > max(float(a.rad.max()), float(b.rad.max())) * 4:
            return max(sides)
        return max(sides + [self._term(t, env) for side in (left, right) for t in terms(side)])

    def _term(self, e: Expression, env: Mapping[str, int]) -> float:
        """The largest entry of a term; of a product that vanishes, of the sums of sizes within which it does."""
        found = self.value(e, env)
        if e.op != "mul" or _largest(found) > 4 * float(found.rad.max(initial=0.0)):
            return _largest(found)
        sizes = Chain.of(e, lambda part: np.abs(self.value(part, env).mid))
        return float(np.abs(multiply(sizes)).max(initial=0.0))

    def _inequality(self, p: Prop, env: Mapping[str, int]) -> Finding:
        exact = self._numbers(p.parts[0], p.parts[1], env)
        if exact:
            return _ordered(p.op, *exact)
        a, b = self.value(p.parts[0], env), self.value(p.parts[1], env)
        if not (a.rad.any() or b.rad.any()):  # exact numbers are compared as they are
            return Finding(bool((a.mid <= b.mid if p.op == "le" else a.mid < b.mid).all()))
        gap = b - a
        near, far = float(gap.lower()[0, 0]), float(gap.upper()[0, 0])
        if near > 0 or (p.op == "le" and near >= 0):
            return TRUE
        if far < 0 or (p.op == "lt" and far <= 0):
            return FALSE
        return Finding(None, _relative(float(gap.rad[0, 0]), max(_largest(a), _largest(b))))

    def _quantified(self, p: Prop, env: Mapping[str, int]) -> Finding:
        """Tried at given values: one that fails refutes a `for all`, one that holds proves an `exists`."""
        if p.op == "exists" and impossible(self, p, env):
            return FALSE
        names = [v.data[0].name if isinstance(v, Expression) else str(v) for v in p.variables]
        if any(name not in self.values.tried for name in names):
            return UNKNOWN
        found = []
        for choice in zip(*(self.values.tried[name] for name in names), strict=True):
            inner = Values(
                {**self.letters, **dict(zip(names, choice, strict=True))}, dict(self.nats), self.values.tried
            )
            found.append(Evaluation(inner, tuple(self.families.values()), p.parts).proposition(p.parts[0], env))
        if p.op == "forall":
            return (
                FALSE
                if any(f.holds is False for f in found)
                else Finding(None, max((f.width for f in found), default=np.inf))
            )
        if any(f.holds for f in found):
            return TRUE
        return Finding(None, min((f.width for f in found if f.holds is None), default=np.inf))


def terms(e: Expression) -> list[Expression]:
    """The terms that a sum consists of when products are written out; the whole, where they would be too many.

    >>> from formal.statement import dims, matrix, Identity
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> terms(W*(Identity(d) - V*W))
    [W*I, W*(-V*W)]
    """
    if e.op == "add":
        return [t for part in e.parts for t in terms(part)]
    if e.op == "T":
        return [t.T for t in terms(e.parts[0])]
    if e.op != "mul":
        return [e]
    choices = [terms(part) for part in e.parts]
    if np.prod([len(c) for c in choices]) > MOST_TERMS:
        return [e]
    return [reduce(lambda a, b: a * b, choice) for choice in product(*choices)]


def _sum_of(a: Between, b: Between) -> Between:
    return a[0] + b[0], a[1] + b[1]


def _product_of(a: Between, b: Between) -> Between:
    ends = [x * y for x in a for y in b]
    return min(ends), max(ends)


def _ordered(op: str, a: Between, b: Between) -> Finding:
    """a <= b or a < b, for numbers between exact bounds."""
    if a[1] < b[0] or (op == "le" and a[1] == b[0]):
        return TRUE
    if a[0] > b[1] or (op == "lt" and a[0] == b[1]):
        return FALSE
    return UNKNOWN


def _index_names(e: Expression) -> frozenset[str]:
    found: set[str] = set()
    for part in walk(e):
        found |= nat_names(part.n_rows) | nat_names(part.n_cols)
        for n in part.data:
            if isinstance(n, Nat):
                found |= nat_names(n)
    return frozenset(found)


def _largest(a: Matrix) -> float:
    return float(np.abs(a.mid).max()) if a.mid.size else 0.0


def _relative(radius: float, size: float) -> float:
    return radius / size if size else (0.0 if not radius else np.inf)
