"""A second voice: SymPy confirms equational claims on explicit matrices of symbols. It decides nothing.

What the kernel proves for all dimensions is looked at again in dimensions 1 to 3 and depths 1 to 3, from the tree of
the statement and with SymPy's arithmetic of rational functions only: no normal form of the kernel takes part. Letters
become matrices of symbols. Hypotheses are used by solving them: one that is linear in a letter by elimination, s s = r
by a root, and one like R'R = I, P P = P or N^L = 0 by a parametrisation (Cayley; a base change of a diagonal or a
strictly triangular matrix). An opaque map has one fresh symbol for each entry of its value at each point, and equal
points have equal values: that is all that is known of it. Then both sides must differ by what cancels to zero.

A difference counts against a claim only at an exact instance at which every hypothesis holds, so that "disagrees" is
never an artefact of how the hypotheses were solved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, islice, product
from random import Random
from typing import Any, TypeAlias

import sympy
from sympy.polys.matrices import DomainMatrix

from .claims import Claim
from .ratios import Ratios
from .statement.language import Expression, Family, Prop, is_zero, to_nat

Element: TypeAlias = Any  # a rational function, a Ratio
Rows: TypeAlias = list[list[Element]]
Place: TypeAlias = tuple[str, "int | None"]  # a letter, or one member of a family
SYMBOLS = 40  # more entries than these become random numbers
TERMS = 8  # equations with more terms are solved at numbers: common divisors of what comes of them take for ever
SPARES = 60  # symbols for the values of opaque maps and for roots
VANISH = "wherever the hypotheses were solved both sides vanish"
LEFT_OUT = "a hypothesis about all values of a map or a matrix is needed, and was not put to use"
INSTANCES = 12  # exact instances, where hypotheses leave nothing to be done with symbols


@dataclass(frozen=True)
class Confirmation:
    """Whether SymPy agrees with the evidence of a claim; None where it has nothing to say. The note says how or why."""

    agreed: bool | None
    note: str

    def __bool__(self) -> bool:
        # "if confirm(claim)" would be true whatever SymPy says.
        raise TypeError("a confirmation is no truth value: look at .agreed, which is True, False or None")


class Disagreement(Exception):
    """SymPy says something else than the evidence of a claim: one of the two is wrong, and nobody may pass over it."""


def insist(claims: Iterable[Claim]) -> dict[str, Confirmation]:
    """What SymPy says of each claim, by id; raises Disagreement if it contradicts one of them.

    >>> from formal.claims import Claim, ideal
    >>> from formal.statement import Eq, matrix
    >>> A, B = matrix("A", 2, 2), matrix("B", 2, 2)
    >>> insist([Claim("X-1", "", (), Eq(A*B, B*A), proof=ideal)])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    formal.second_voice.Disagreement: X-1: the sides of A*B = B*A differ by 10 in entry (1, 1), ...
    """
    said = {claim.id: confirm(claim) for claim in claims}
    against = [f"{id}: {found.note}" for id, found in said.items() if found.agreed is False]
    if against:
        raise Disagreement("; ".join(against))
    return said


def confirm(claim: Claim) -> Confirmation:
    """Compare both sides of the claim's equations, or evaluate it at its witness, with SymPy alone.

    >>> from formal.claims import Claim, ideal
    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> d, m = dims("d m"); W, V, I = matrix("W", m, d), matrix("V", d, m), Identity(d)
    >>> confirm(Claim("X-1", "", (Eq(W*V, Identity(m)),), Eq(W*(I - V*W), 0), proof=ideal)).agreed
    True
    >>> wrong = confirm(Claim("X-2", "", (Eq(W*V, Identity(m)),), Eq(V*W, I), proof=ideal))
    >>> wrong.agreed, wrong.note
    (False, 'd = 2, m = 1: the sides of V*W = I differ by 11 in entry (1, 1), though all hypotheses hold')
    """
    if claim.show is None:
        return Confirmation(None, "it states no proposition")
    if claim.witness is not None:
        return _at_witness(claim)
    if claim.proof is None:
        return Confirmation(None, "the evidence is neither a proof nor a witness")
    goals: list[_Goal] = []
    reasons: list[str] = []
    for given, show in _goals(claim.given, claim.show):
        why = _why_not(show)
        if why:
            reasons.append(why)
        elif goals and show.op in ("eq", "each") and goals[-1].joins and goals[-1].given == given:
            goals[-1].show = Prop("and", (goals[-1].show, show))  # the hypotheses are solved once for both
        else:
            goals.append(_Goal(given, show, claim.where))
    notes: list[str] = []
    for goal in goals:
        found = goal.confirm()
        if found.agreed is False:
            return found
        (notes if found.agreed else reasons).append(found.note)
    notes, reasons = list(dict.fromkeys(notes)), list(dict.fromkeys(reasons))
    if reasons:
        return Confirmation(None, "; ".join([*reasons, *(f"the rest is confirmed ({n})" for n in notes[:1])]))
    return Confirmation(True, "; ".join(notes))


# ---------------------------------------------------------------- taking a statement apart
def _goals(given: tuple[Prop, ...], show: Prop) -> Iterator[tuple[tuple[Prop, ...], Prop]]:
    """(hypotheses, one conclusion) for each part of the conclusion."""
    if show.op == "and":
        for part in show.parts:
            yield from _goals(given, part)
    elif show.op == "implies":
        yield from _goals((*given, show.parts[0]), show.parts[1])
    elif show.op == "forall":
        yield from _goals(given, show.parts[0])
    else:
        yield given, show


def _why_not(show: Prop) -> str:
    """Why there is nothing to compare, or nothing if there is."""
    words = {"le": "about order", "lt": "about order", "ne": "a denial", "not": "a denial"}
    if show.op in words:
        return f"its conclusion is {words[show.op]}"
    if any(e.op == "rank" for e in _expressions(show)):
        return "its conclusion is about rank"
    if show.op == "eq":
        return ""
    if show.op == "exists" and any(not isinstance(v, Expression) for v in show.variables):
        return "its conclusion promises a dimension"
    inner = [_why_not(part) for part in show.parts if isinstance(part, Prop)]
    return next(filter(None, inner), "") if show.op in ("each", "and", "exists") else "its conclusion is not equational"


def _expressions(p: Prop) -> Iterator[Expression]:
    for part in p.parts:
        yield from _expressions(part) if isinstance(part, Prop) else _parts(part)


def _parts(e: Expression) -> Iterator[Expression]:
    yield e
    for part in e.parts:
        yield from _parts(part)


def _props(p: Prop) -> Iterator[Prop]:
    yield p
    for part in p.parts:
        if isinstance(part, Prop):
            yield from _props(part)


def _size(n: Any, nats: Mapping[str, Any]) -> int:
    """The value of a dimension: a polynomial, ((((name, (index,)), ..), coefficient), ..)."""
    total = 0
    for factors, c in n:
        for name, index in factors:
            value = nats[name]
            c *= value[_size(index[0], nats)] if index else value
        total += c
    return total


def _names(n: Any) -> Iterator[str]:
    """The names that occur in a dimension."""
    for factors, _ in n:
        for name, index in factors:
            yield name
            for inner in index:
                yield from _names(inner)


HOLE = "#"  # the name of the index in the types of a family
VALUE = "()"  # behind the name of a map: its value at some point, an unknown like a letter


class _Refused(Exception):
    """This way of solving the hypotheses leads nowhere: a contradiction, a division by zero, or too many symbols."""


# ---------------------------------------------------------------- letters as matrices of symbols
@dataclass(frozen=True)
class _Equation:
    """left = right at an index, and where a "for all" was put in, at values of its letters."""

    left: Expression
    right: Expression
    nats: dict[str, Any]
    bound: dict[str, Rows] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return f"{self.left} = {self.right}"


class _Point:
    """Values of letters as matrices of rational functions, and of opaque maps at the points met so far."""

    def __init__(self, K: Any, nats: dict[str, Any], where: Sequence[Family], maps: Mapping[str, Any]) -> None:
        self.K, self.nats, self.maps = K, nats, maps
        self.where = {fam.decl.name: fam for fam in where}
        self.values: dict[Place, Rows] = {}
        self.own: dict[Place, frozenset[int]] = {}  # the symbols that stand for the entries of a letter
        self.calls: dict[Any, Rows] = {}
        self.roots: dict[int, Element] = {}  # a symbol whose square is this
        self.spare = iter(())  # type: Iterator[int]
        self._computed: dict[Place, Rows] = {}
        self.bound: dict[str, Rows] = {}

    def copy(self) -> _Point:
        """The same values, to be changed apart."""
        other = _Point(self.K, self.nats, list(self.where.values()), self.maps)
        other.values, other.own, other.calls = dict(self.values), dict(self.own), dict(self.calls)
        other.roots, other.spare = dict(self.roots), self.spare
        return other

    # ------------------------------------------------------------ evaluation
    def matrix(self, e: Expression, nats: dict[str, Any]) -> Rows:
        """The value of an expression, entry by entry."""
        rows, cols, one = _size(e.n_rows, nats), _size(e.n_cols, nats), self.K.one
        if e.op == "letter":
            return self._letter(e, nats, rows, cols)
        if e.op in ("identity", "zero"):
            return [[one * int(i == j and e.op == "identity") for j in range(cols)] for i in range(rows)]
        if e.op in ("number", "nat"):
            return [[self.number(e.data[0] if e.op == "number" else _size(e.data[0], nats))]]
        parts = [self.matrix(p, nats) for p in e.parts]
        if e.op == "T":
            return [[row[i] for row in parts[0]] for i in range(rows)]
        if e.op == "trace":
            return [[sum((row[i] for i, row in enumerate(parts[0])), start=self.K.zero)]]
        if e.op == "rank":
            return [[self.number(_rank([[self.constant(x) for x in row] for row in parts[0]]))]]
        total = parts[0]
        for i, part in enumerate(parts[1:], 1):
            if e.op == "add":
                total = [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(total, part, strict=True)]
            else:
                width = _size(e.parts[i].n_cols, nats) if _fits(e.parts[:i], e.parts[i]) else None
                total = self._times(total, part, width)
        return total

    def _times(self, a: Rows, b: Rows, width: int | None) -> Rows:
        """The product; width: the columns of b, or None where one of the two is a scalar."""
        if width is None:
            scalar, m = (a, b) if len(a) == 1 and len(a[0]) == 1 else (b, a)
            return [[scalar[0][0] * x for x in row] for row in m]
        zero = self.K.zero
        columns = list(zip(*b, strict=True)) or [()] * width  # b has no row
        return [
            [sum((x * y for x, y in zip(row, c, strict=True) if x and y), start=zero) for c in columns] for row in a
        ]

    def _letter(self, e: Expression, nats: dict[str, Any], rows: int, cols: int) -> Rows:
        decl, at = e.data
        index = None if at is None else _size(at, nats)
        if e.parts:
            args = tuple(tuple(map(tuple, self.matrix(p, nats))) for p in e.parts)
            return self._call(decl.name, index, args, rows, cols)
        if decl.name in self.bound:
            return self.bound[decl.name]
        place = (decl.name, index)
        fam = self.where.get(decl.name)
        if fam is None or place in self.values:
            if place not in self.values:
                raise _Refused
            return self.values[place]
        if place not in self._computed:
            start, each = fam.defined
            here = {**self.nats, each.variables[0].name: (index or 0) - 1}
            side = each.parts[0].parts[1] if index else start.parts[1]
            self._computed[place] = self.matrix(side, here if index else self.nats)
        return self._computed[place]

    def _call(self, name: str, index: int | None, args: Any, rows: int, cols: int) -> Rows:
        """The value of a map: a given function, or new symbols for a new point."""
        if name in self.maps:
            f = self.maps[name]
            f = f[index] if isinstance(f, Mapping) else f
            value = f(*([[self.constant(x) for x in row] for row in arg] for arg in args))
            return [[self.number(x) for x in row] for row in value]
        key = (name, index, args)
        if key not in self.calls:
            new = [[self.symbol() for _ in range(cols)] for _ in range(rows)]
            self.calls[key] = new
            place = (f"{name}{VALUE}", len(self.calls))
            self.values[place] = new
            self.own[place] = frozenset(i for row in new for x in row for i in x.symbols)
        return self.calls[key]

    def symbol(self) -> Element:
        """A symbol that is not in use."""
        i = next(self.spare, None)
        if i is None:
            raise _Refused
        return self.K.gens[i]

    def number(self, q: Any) -> Element:
        """A rational number as an element of the field."""
        value = Fraction(q)
        return self.K(value.numerator) / self.K(value.denominator)

    def constant(self, x: Element) -> Fraction:
        """The rational number that an element is."""
        if not (x.numer.is_ground and x.denom.is_ground):
            raise _Refused
        return Fraction(int(x.numer.LC), int(x.denom.LC)) if x else Fraction(0)

    def sign(self, x: Element) -> int:
        """-1, 0 or 1, for a number with square roots: SymPy decides what is not plainly zero."""
        x = self.reduced(x)
        if not x.symbols:
            value = self.constant(x)
            return (value > 0) - (value < 0)
        if not x.symbols <= self.roots.keys():
            raise _Refused
        values = [sympy.S.Zero] * len(self.K.gens)
        for i, square in self.roots.items():  # a root stands behind those that its square is made of
            values[i] = sympy.sqrt(square.as_expr(*values))
        exact = x.as_expr(*values)
        if (zero := exact.equals(0)) is None:
            raise _Refused
        return 0 if zero else 1 if exact.evalf(30) > 0 else -1

    def residuals(self, q: _Equation) -> Rows:
        """left - right, with the squares of roots replaced."""
        self.bound = q.bound
        if q.bound:
            self._computed = {}
        pairs = zip(self.matrix(q.left, q.nats), self.matrix(q.right, q.nats), strict=True)
        self.bound = {}
        return [[self.reduced(x - y) for x, y in zip(a, b, strict=True)] for a, b in pairs]

    def reduced(self, x: Element) -> Element:
        """x with even powers of roots replaced by what they are roots of, in the numerator."""
        for i, square in reversed(self.roots.items()):
            if not x or not any(m[i] > 1 for m in x.numer):
                continue
            total = self.K.zero
            for m, c in x.numer.terms():
                rest = (*m[:i], m[i] % 2, *m[i + 1 :])
                total += self.K(x.numer.ring({rest: c})) * square ** (m[i] // 2)
            x = total / self.K(x.denom)
        return x

    # ------------------------------------------------------------ changing values
    def put(self, images: Mapping[int, Element]) -> None:
        """Replace symbols in all values."""
        self._computed = {}
        cache: dict[Element, Element] = {}

        def image(x: Element) -> Element:
            if x not in cache:
                cache[x] = self.replaced(x, images)
            return cache[x]

        self.values = {place: [[image(x) for x in row] for row in rows] for place, rows in self.values.items()}
        self.roots = {i: image(square) for i, square in self.roots.items()}
        moved: dict[Any, Rows] = {}
        for (name, index, args), rows in self.calls.items():  # of two points that become one, the first value stays
            key = (name, index, tuple(tuple(tuple(map(image, row)) for row in arg) for arg in args))
            moved.setdefault(key, [[image(x) for x in row] for row in rows])
        self.calls = moved
        self.own = {place: own - images.keys() for place, own in self.own.items()}

    def replaced(self, x: Element, images: Mapping[int, Element]) -> Element:
        """x with symbols replaced."""
        below = self._replaced(x.denom, images)
        if not below:
            raise _Refused
        return self._replaced(x.numer, images) / below

    def _replaced(self, p: Any, images: Mapping[int, Element]) -> Element:
        if not any(m[i] for m in p for i in images):
            return self.K(p)
        total = self.K.zero
        for m, c in p.terms():
            rest = tuple(0 if i in images else e for i, e in enumerate(m))
            term = self.K(p.ring({rest: c}))
            for i, value in images.items():
                if m[i]:
                    term *= value ** m[i]
            total += term
        return total


def _fits(left: Sequence[Expression], right: Expression) -> bool:
    """Whether a product is one of matrices, and not of a scalar with a matrix, by the rule of the language."""
    rows, cols = left[0].n_rows, left[0].n_cols
    for e in left[1:]:
        if cols == e.n_rows:
            cols = e.n_cols
        elif rows == cols and len(rows) == 1 and rows[0] == ((), 1):
            rows, cols = e.n_rows, e.n_cols
    return bool(cols == right.n_rows)


def _rank(rows: list[list[Fraction]]) -> int:
    if not rows or not rows[0]:
        return 0
    table = [[sympy.QQ(x.numerator, x.denominator) for x in row] for row in rows]
    return int(DomainMatrix(table, (len(rows), len(rows[0])), sympy.QQ).rank())


def _symbols_of(x: Element) -> frozenset[int]:
    return frozenset(x.symbols)


# ---------------------------------------------------------------- whether a proposition holds at an instance
def _holds(p: Prop, at: _Point, nats: dict[str, Any]) -> bool:
    """Whether p is true where all values are numbers; raises _Refused where that cannot be found out."""
    if p.op in ("eq", "ne"):
        difference = at.residuals(_Equation(p.parts[0], p.parts[1], nats))
        return (not any(at.sign(x) for row in difference for x in row)) == (p.op == "eq")
    if p.op in ("le", "lt"):
        a, b = (at.matrix(side, nats)[0][0] for side in p.parts)
        return at.sign(b - a) >= (p.op == "lt")
    if p.op == "each":
        name, bound = p.variables[0].name, _size(to_nat(p.bound), nats)
        return all(_holds(p.parts[0], at, {**nats, name: i}) for i in range(bound))
    if p.op == "and":
        return all(_holds(q, at, nats) for q in p.parts)
    if p.op == "not":
        return not _holds(p.parts[0], at, nats)
    if p.op == "implies":
        return not _holds(p.parts[0], at, nats) or _holds(p.parts[1], at, nats)
    raise _Refused


ROOTS = 4  # square roots in one witness


def _at_witness(claim: Claim) -> Confirmation:
    """Whether all hypotheses hold at the witness and the conclusion does not."""
    nats: dict[str, Any] = {}
    K = Ratios([f"r{i}" for i in range(ROOTS)])
    at = _Point(K, nats, claim.where, maps := {})
    for name, value in (claim.witness or {}).items():
        members = value if isinstance(value, Mapping) else {None: value}
        if all(isinstance(v, int) for v in members.values()):
            nats[name] = value
        elif any(callable(v) for v in members.values()):
            maps[name] = value
        else:
            for i, rows in members.items():
                try:
                    lines = [row if isinstance(row, list | tuple) else [row] for row in rows]
                    at.values[name, i] = [[_exact(at, x) for x in row] for row in lines]
                except (TypeError, _Refused):
                    return Confirmation(None, "its witness is not made of numbers that SymPy can read")
    try:
        given = [_holds(p, at, nats) for p in claim.given]
        if claim.show is None or _holds(claim.show, at, nats):
            return Confirmation(False, "the conclusion holds at the witness")
    except _Refused:
        return Confirmation(None, "its statement quantifies over more than indices")
    if not all(given):
        return Confirmation(False, f"{claim.given[given.index(False)]} fails at the witness")
    return Confirmation(True, "evaluated at the witness")


def _exact(at: _Point, x: Any) -> Element:
    """A number of a witness: a rational, or a + b sqrt(square), whose root becomes a symbol."""
    if not all(hasattr(x, part) for part in ("a", "b", "square")):
        return at.number(x)
    a, b, square = (_exact(at, part) for part in (x.a, x.b, x.square))
    known = [i for i, other in at.roots.items() if other == square]
    if not known and len(at.roots) == ROOTS:
        raise _Refused
    root = known[0] if known else len(at.roots)
    at.roots[root] = square
    return a + b * at.K.gens[root]


# ---------------------------------------------------------------- one conclusion, in all small dimensions
@dataclass
class _Goal:
    """Hypotheses and one conclusion: equations, for all indices or not, or the existence of solutions of equations."""

    given: tuple[Prop, ...]
    show: Prop
    where: tuple[Family, ...]

    def confirm(self) -> Confirmation:
        """Go through the small dimensions; one of them may disagree, some may have nothing that fits."""
        solved: set[str] = set()
        seen: list[int] = []
        exact, agreed, wasted, stand_in = False, 0, 0, ""
        alive: set[str] = set()
        texts: set[str] = set()
        for turn, nats in enumerate(self._settings()):
            try:
                setting = _Setting(self, nats, Random(turn))
                found = setting.confirm()
            except _Refused:
                continue
            if found.agreed is False:
                sizes = ", ".join(f"{k} = {v}" for k, v in nats.items() if isinstance(v, int))
                return Confirmation(False, f"{sizes}: {found.note}" if sizes else found.note)
            if found.note:
                return found
            wasted += 0 if found.agreed else setting.steps
            if wasted > 500:
                break
            if found.agreed:
                agreed += 1
                exact |= setting.exact
                alive |= setting.alive
                texts |= setting.texts
                stand_in = setting.stand_in
                solved |= setting.solved
                seen += [v for v in nats.values() if isinstance(v, int)]
        if not agreed:
            return Confirmation(None, "no values were found that satisfy the hypotheses")
        if not texts <= alive:
            return Confirmation(None, VANISH)
        sizes = f"sizes {min(seen)}..{max(seen)}" if seen else "all sizes are fixed"
        how = f"solved for {', '.join(sorted(solved))}" if solved else "symbolic"
        more = [how, *(["at exact instances"] if exact else []), *([stand_in] if stand_in else [])]
        return Confirmation(True, ", ".join([sizes, *more]))

    @property
    def joins(self) -> bool:
        """Whether it is made of equations, so that it can be looked at together with others."""
        return all(p.op in ("and", "each", "eq") for p in _props(self.show))

    def _props(self) -> Iterator[Prop]:
        for p in (*(q for fam in self.where for q in fam.defined), *self.given, self.show):
            yield from _props(p)

    def letters(self) -> dict[str, Expression]:
        """One occurrence of every letter and map; a name with two types is refused."""
        found: dict[str, Expression] = {}
        for p in self._props():
            for e in _expressions(p):
                if e.op == "letter" and found.setdefault(e.data[0].name, e).data[0] != e.data[0]:
                    raise _Refused
        return found

    def members(self, nats: dict[str, Any]) -> dict[str, set[int]]:
        """The indices at which families of letters occur."""
        found: dict[str, set[int]] = {}

        def walk(p: Prop, nats: dict[str, Any]) -> None:
            if p.op == "each":
                for i in range(_size(to_nat(p.bound), nats)):
                    walk(p.parts[0], {**nats, p.variables[0].name: i})
                return
            for part in p.parts:
                if isinstance(part, Prop):
                    walk(part, nats)
                    continue
                for e in _parts(part):
                    if e.op == "letter" and e.data[1] is not None and all(n in nats for n in _names(e.data[1])):
                        found.setdefault(e.data[0].name, set()).add(_size(e.data[1], nats))

        for p in (*(q for fam in self.where for q in fam.defined), *self.given, self.show):
            walk(p, nats)
        return found

    def _settings(self) -> Iterator[dict[str, Any]]:
        """Dimensions and depths from 1 to 3: all of them if these are few, else equal ones and some others."""
        indices, names, nats = {HOLE}, {}, []
        for p in self._props():
            if p.op == "each":
                indices.add(p.variables[0].name)
                nats.append(to_nat(p.bound))
            for e in _expressions(p):
                nats += [e.n_rows, e.n_cols]
                if e.op == "nat":
                    nats.append(e.data[0])
                if e.op == "letter":
                    decl, at = e.data
                    nats += [decl.rows, decl.cols, *(n for pair in decl.domain for n in pair)]
                    nats += [] if at is None else [at]
        while nats:
            for factors, _ in nats.pop():
                for name, index in factors:
                    names[name] = bool(index)
                    nats += index
        plain = [name for name, many in names.items() if not many and name not in indices]
        families = [name for name, many in names.items() if many]
        every = sorted(product((1, 2, 3), repeat=len(plain)), key=lambda v: (max(v, default=0), sum(v)))
        every = [v for v in every if self._fit(dict(zip(plain, v, strict=True)))]
        grow: list[tuple[int, ...]] = [(1, 1, 1, 1, 1, 1), (2, 2, 2, 2, 2, 2), (1, 2, 1, 2, 1, 2), (1, 2, 3, 4, 5, 6)]
        random = Random(0)
        if len(every) > 9:
            first = [v for v in every if len(set(v)) == 1]
            first += [v for v in every if max(v) == 2 and v not in first][:6]
            others = [v for v in every if v not in first]
            every = first + random.sample(others, min(3, len(others)))
        for values in every:
            ones = {**dict(zip(plain, values, strict=True)), **{name: dict(enumerate(grow[0])) for name in families}}
            if len(families) < 2:
                yield {**ones, **{name: dict(enumerate(random.choice(grow))) for name in families}}
            for name in families if len(families) > 1 else ():  # one grows by the ones of the others
                yield {**ones, name: dict(enumerate(grow[-1]))}

    def _fit(self, nats: dict[str, Any]) -> bool:
        """Whether sizes are what the hypotheses about nothing but sizes want of them."""
        at = _Point(Ratios(["x"]), nats, (), {})
        for p in self.given:
            if p.op in ("eq", "ne", "le", "lt") and all(
                e.op in ("number", "nat", "add", "mul") for e in _expressions(p)
            ):
                try:
                    if not _holds(p, at, nats):
                        return False
                except KeyError:
                    continue  # it is about a family of sizes
        return True


class _Setting:
    """A goal at chosen dimensions."""

    def __init__(self, goal: _Goal, nats: dict[str, Any], random: Random) -> None:
        self.goal, self.nats, self.random = goal, nats, random
        self.weaker = False  # whether a hypothesis was left out
        self.conditions: list[tuple[Prop, dict[str, Any]]] = []
        self.choices: list[list[tuple[Prop, dict[str, Any]]]] = []
        self.texts: set[str] = set()  # equations that do not say that something is 0
        self.alive: set[str] = set()  # those of them with a side that is not 0 where they were confirmed
        self.conditional: list[tuple[Prop, dict[str, Any]]] = []
        self.equations: list[_Equation] = []
        maps: dict[str, Any] = {}
        relu = _relu(goal.given)
        if relu is not None:
            maps[relu] = lambda rows: [[max(x, 0) for x in row] for row in rows]
        multiplicative = _multiplicative(goal.given) if relu is None else None
        if multiplicative is not None:
            maps[multiplicative] = _determinant
        self.stand_in = f"with the determinant for {multiplicative}" if multiplicative is not None else ""
        self.point = self._start(maps)
        for p in goal.given:
            if not any(e.op == "letter" and e.data[0].name in maps for e in _expressions(p)):
                self._collect(p, nats)
            elif p.op != "forall":  # it does not say what the map is, but something of its values
                self.conditions.append((p, nats))
        late = {v.data[0].name for v in goal.show.variables} if goal.show.op == "exists" else set()
        self.late = {place for place in self.point.values if place[0] in late}
        self.positive = {
            p.parts[1].data[0].name for p, _ in self.conditions if p.op == "lt" and p.parts[1].op == "letter"
        }
        self.steps = 0
        self.exact = bool(maps)  # whether instances were compared, and not symbols
        self.solved: set[str] = set()

    # ------------------------------------------------------------ reading
    def _start(self, maps: dict[str, Any]) -> _Point:
        """Every letter a matrix of symbols, those in hypotheses first; when there are too many, of small numbers."""
        letters = self.goal.letters()
        members = self.goal.members(self.nats)
        tied = {e.data[0].name for p in self.goal.given for e in _expressions(p) if e.op == "letter"}
        recursive = {fam.decl.name for fam in self.goal.where}
        shapes: dict[Place, tuple[int, int]] = {}
        for name in sorted(letters, key=lambda n: n not in tied):
            decl = letters[name].data[0]
            if decl.domain or name in recursive:
                continue
            late = self.goal.show.op == "exists" and any(v.data[0] == decl for v in self.goal.show.variables)
            for i in sorted(members.get(name, ())) if decl.indexed else (None,):
                try:
                    here = {**self.nats, HOLE: i}
                    shapes[name, i] = (_size(decl.rows, here), _size(decl.cols, here))
                except KeyError:
                    continue  # beyond the last index
        wanted, total = {}, 0
        for place, (rows, cols) in shapes.items():
            total += rows * cols
            wanted[place] = total <= SYMBOLS or late or place[0] in tied
        names = [
            f"{n}{'' if i is None else i}_{r}{c}"
            for (n, i), (rows, cols) in shapes.items()
            if wanted[n, i]
            for r in range(rows)
            for c in range(cols)
        ]
        K = Ratios([*names, *(f"_{i}" for i in range(SPARES))])
        point = _Point(K, self.nats, self.goal.where, maps)
        point.spare = iter(range(len(names), len(names) + SPARES))
        at = iter(range(len(names)))
        for place, (rows, cols) in shapes.items():
            if wanted[place]:
                own = [[next(at) for _ in range(cols)] for _ in range(rows)]
                point.values[place] = [[K.gens[i] for i in row] for row in own]
                point.own[place] = frozenset(i for row in own for i in row)
            else:
                point.values[place] = [
                    [point.number(self.random.randint(-3, 3)) for _ in range(cols)] for _ in range(rows)
                ]
                point.own[place] = frozenset()
        return point

    def _collect(self, p: Prop, nats: dict[str, Any], bound: dict[str, Rows] | None = None) -> None:
        """Sort a hypothesis: equations to solve, conditions to check at instances, cases to choose from."""
        if p.op == "eq" and not any(e.op == "rank" for e in _expressions(p)):
            self.equations.append(_Equation(p.parts[0], p.parts[1], nats, bound or {}))
        elif p.op == "and":
            for part in p.parts:
                self._collect(part, nats, bound)
        elif p.op == "each":
            for i in range(_size(to_nat(p.bound), nats)):
                self._collect(p.parts[0], {**nats, p.variables[0].name: i}, bound)
        elif p.op == "exists" and all(isinstance(v, Expression) for v in p.variables):
            self._collect(p.parts[0], nats, bound)
        elif p.op == "not" and p.parts[0].op == "and" and all(q.op == "not" for q in p.parts[0].parts):
            self.choices.append([(q.parts[0], nats) for q in p.parts[0].parts])
        elif p.op == "implies" and not bound and p.parts[1].op == "eq":
            # What is given for certain cases: of one that is given too it holds, else it is looked at with numbers.
            if str(p.parts[0]) in {str(q) for q in self.goal.given}:
                self._collect(p.parts[1], nats)
            else:
                self.conditional.append((p, nats))
                self.conditions.append((p, nats))
        elif p.op == "forall" and p.parts[0].op == "eq" and self._linear(p):
            self._at_basis(p, nats)
        elif bound or any(q.op in ("forall", "exists") for q in _props(p)):
            self.weaker = True
        else:
            self.conditions.append((p, nats))

    def _linear(self, p: Prop) -> bool:
        """Whether a "for all" is about one letter that occurs at most once in a product and in no map."""
        if len(p.variables) != 1 or not isinstance(p.variables[0], Expression):
            return False
        return all(_degree(side, p.variables[0].data[0]) <= 1 for side in p.parts[0].parts)

    def _at_basis(self, p: Prop, nats: dict[str, Any]) -> None:
        """An affine equation holds everywhere if it holds at 0 and at the unit matrices."""
        (v,) = p.variables
        rows, cols = _size(v.n_rows, nats), _size(v.n_cols, nats)
        for k in range(rows * cols + 1):
            unit = [[self.point.number(i * cols + j == k - 1) for j in range(cols)] for i in range(rows)]
            self._collect(p.parts[0], nats, {v.data[0].name: unit})

    # ------------------------------------------------------------ the verdict
    def confirm(self) -> Confirmation:
        """True when the conclusion cancels wherever the hypotheses were solved, False at an instance where it fails."""
        checked = 0
        for cases in product(*self.choices):
            equations = list(self.equations)
            for p, nats in cases:
                self._add_case(p, nats, equations)
            for point in self._solutions(self.point.copy(), equations, 3):
                for at, every in self._decided(point, equations):
                    found = self._judge(at, every)
                    if found.agreed is False:
                        return found
                    if found.agreed is None and found.note:
                        return found
                    checked += bool(found.agreed)
        return Confirmation(True if checked else None, "")

    def _decided(self, point: _Point, equations: list[_Equation]) -> Iterator[tuple[_Point, list[_Equation]]]:
        """The point itself, or where something is given for some cases only, points at which the case is known."""
        if not self.conditional:
            yield point, equations
            return
        tests = [(side, nats) for p, nats in self.conditional for side in p.parts[0].parts]
        for _ in range(INSTANCES):
            at = point.copy()
            try:
                values = [at.matrix(side, nats) for side, nats in tests]
                used = {i for rows in values for row in rows for x in row for i in x.symbols}
                at.put({i: at.number(self.random.randint(-3, 3)) for i in sorted(used)})
                holding = [(p.parts[1], nats) for p, nats in self.conditional if _holds(p.parts[0], at, nats)]
            except _Refused:
                continue
            every = [*equations, *(_Equation(q.parts[0], q.parts[1], nats) for q, nats in holding)]
            for solved in self._solutions(at, every, 1):
                self.exact = True
                yield solved, every

    def _add_case(self, p: Prop, nats: dict[str, Any], equations: list[_Equation]) -> None:
        if p.op == "eq":
            equations.append(_Equation(p.parts[0], p.parts[1], nats))
        else:
            raise _Refused

    def _conclusions(self, p: Prop, nats: dict[str, Any]) -> Iterator[_Equation]:
        if p.op == "eq":
            yield _Equation(p.parts[0], p.parts[1], nats)
        elif p.op == "each":
            for i in range(_size(to_nat(p.bound), nats)):
                yield from self._conclusions(p.parts[0], {**nats, p.variables[0].name: i})
        else:
            for part in p.parts:
                yield from self._conclusions(part, nats)

    def _judge(self, point: _Point, equations: Sequence[_Equation]) -> Confirmation:
        """At one solution of the hypotheses."""
        wanted = list(self._conclusions(self.goal.show, self.nats))
        if point.maps:
            return self._at_instances(point, equations, wanted)
        if self.goal.show.op == "exists":
            return self._promised(point, equations, wanted)
        if not any(x for q in wanted for row in point.residuals(q) for x in row):
            self._look(wanted, point)
            return Confirmation(True, "")
        if self.weaker:
            return Confirmation(None, LEFT_OUT)
        seen, failed = self._instances(point, equations, wanted)
        if failed:
            return Confirmation(False, failed)
        self.exact |= seen > 0
        return Confirmation(True if seen else None, "")

    def _look(self, wanted: Sequence[_Equation], at: _Point) -> None:
        """Keep in mind where there is something to see: 0 = 0 says nothing about two products."""
        for q in wanted:
            if not is_zero(q.left) and not is_zero(q.right):
                self.texts.add(q.text)
                if q.text not in self.alive and any(x for row in at.matrix(q.right, q.nats) for x in row):
                    self.alive.add(q.text)

    def _promised(self, point: _Point, equations: Sequence[_Equation], wanted: Sequence[_Equation]) -> Confirmation:
        """Whether what the conclusion promises can be solved for, at some exact instances of the hypotheses."""
        seen = 0
        for _ in range(40):
            at = self._numbers(point, self.late)
            if at is None or not self._is_instance(at, equations):
                continue
            self.steps = 0
            if not any(True for _ in self._solutions(at, wanted, 1, self.late)):
                why = LEFT_OUT if self.weaker else "no solution was found of what the conclusion promises"
                return Confirmation(None, why)
            seen += 1
            if seen == 3:
                break
        self.exact |= seen > 0
        return Confirmation(True if seen else None, "")

    def _instances(self, point: _Point, equations: Sequence[_Equation], wanted: Sequence[_Equation]) -> tuple[int, str]:
        """How many exact instances of all hypotheses were found, and a description of a difference at one of them."""
        seen = 0
        for _ in range(40):
            at = self._numbers(point)
            if at is None or not self._is_instance(at, equations):
                continue
            seen += 1
            self._look(wanted, at)
            for q in wanted:
                for i, row in enumerate(at.residuals(q), 1):
                    for j, x in enumerate(row, 1):
                        if x:
                            by = x.as_expr()
                            return seen, (
                                f"the sides of {q.text} differ by {by} in entry ({i}, {j}), though all hypotheses hold"
                            )
        return seen, ""

    def _numbers(self, point: _Point, but: set[Place] = frozenset()) -> _Point | None:  # type: ignore[assignment]
        """All remaining symbols replaced by small numbers, roots by the roots of what they are."""
        at = point.copy()
        try:
            kept = frozenset[int]().union(*(at.own[place] for place in but))
            roots = set(at.roots)
            used = {i for rows in at.values.values() for row in rows for x in row for i in _symbols_of(x)}
            used |= {i for square in at.roots.values() for i in _symbols_of(square)}
            used -= roots | kept
            at.put(
                {
                    i: at.number(Fraction(self.random.randint(-4, 4), self.random.choice((1, 1, 2))))
                    for i in sorted(used)
                }
            )
            for i in sorted(roots):
                square = at.constant(at.roots.pop(i))
                numerator, below = sympy.sqrt(square.numerator), sympy.sqrt(square.denominator)
                if not (numerator.is_Integer and below.is_Integer):
                    return None
                at.put({i: at.number(Fraction(int(numerator), int(below)))})
        except _Refused:
            return None
        return at

    def _is_instance(self, at: _Point, equations: Sequence[_Equation]) -> bool:
        try:
            if not _all_hold(equations, at):
                return False
            return all(_holds(p, at, nats) for p, nats in self.conditions)
        except _Refused:
            return False

    def _at_instances(self, point: _Point, equations: Sequence[_Equation], wanted: Sequence[_Equation]) -> Confirmation:
        """With given functions for the maps there are only numbers to compare."""
        seen = 0
        for _ in range(40 * INSTANCES):
            at = self._numbers(point)
            if at is None or not self._is_instance(at, equations):
                continue
            for q in wanted:
                if any(x for row in at.residuals(q) for x in row):
                    return Confirmation(False, f"the sides of {q.text} differ at an instance of the hypotheses")
            seen += 1
            self._look(wanted, at)
            if seen == INSTANCES:
                return Confirmation(True, "")
        return Confirmation(None, "")

    # ------------------------------------------------------------ solving
    def _solutions(
        self, point: _Point, equations: Sequence[_Equation], wanted: int, only: set[Place] | None = None
    ) -> Iterator[_Point]:
        """Points at which all equations hold identically, at most so many; `only`: the letters that may be changed."""
        found = 0
        for at in self._search(point, list(equations), only, many=wanted > 1):
            if self._solved(equations, at):
                yield at
                found += 1
                if found == wanted:
                    return

    def _solved(self, equations: Sequence[_Equation], at: _Point) -> bool:
        """Whether all equations hold there, and nothing vanishes that is given not to."""
        if not _all_hold(equations, at):
            return False
        denied = [_Equation(p.parts[0], p.parts[1], nats) for p, nats in self.conditions if p.op == "ne"]
        return all(any(x for row in at.residuals(q) for x in row) for q in denied)

    def _search(
        self, point: _Point, equations: Sequence[_Equation], only: set[Place] | None, many: bool = False
    ) -> Iterator[_Point]:
        """Points at which all equations hold; where many are wanted, one for each way that the first can be solved."""
        rest: list[tuple[int, _Equation, list[Element]]] = []
        for q in equations:
            try:
                left = [x for row in point.residuals(q) for x in row if x]
            except _Refused:
                return
            symbols = [_symbols_of(x) for x in left]
            if not all(symbols):
                return  # a number that is not zero
            if left:
                every = frozenset[int]().union(*symbols)
                rest.append((sum(bool(own & every) for own in point.own.values()), q, left))
        if not rest:
            yield point
            return
        _, q, left = min(rest, key=lambda entry: entry[0])  # the one with the fewest letters to choose from
        for make in (*self._joint_ways(point, q, only), *self._ways(point, left, only)):
            self.steps += 1
            if self.steps > 80:
                return
            try:
                at = make()
                if not any(x for row in at.residuals(q) for x in row):
                    below = self._search(at, [other for _, other, _ in rest if other is not q], only)
                    yield from islice((p for p in below if self._solved(equations, p)), 1) if many else below
            except _Refused:
                continue

    def _ways(self, point: _Point, left: Sequence[Element], only: set[Place] | None) -> Iterator[Callable[[], _Point]]:
        """How a nonzero residual can be made zero: by solving for a letter, by a root, by a shape of a letter."""
        involved = frozenset[int]().union(*map(_symbols_of, left))
        degrees = {}
        for place, own in point.own.items():
            if own & involved and (only is None or place in only) and (only is not None or place not in self.late):
                degrees[place] = _top_degree(left, own)
        linear = [place for place, n in degrees.items() if n == 1]
        # A letter that is solved for in part comes first: W V = I and W U = 0 are about W together.
        # The values of maps come last: most is said by where they are taken.
        linear.sort(
            key=lambda place: (
                place[0].endswith(VALUE),
                _is_intact(point, place),
                -len(point.own[place]),
                place[0] in self.positive,
            )
        )
        for place in linear:
            yield lambda place=place: self._solve(point, left, [place])  # type: ignore[misc]
        for place, n in degrees.items():
            if n > 1 and len(point.own[place]) == 1:
                for sign in (1, -1):
                    yield lambda place=place, sign=sign: self._root(point, left, place, sign)  # type: ignore[misc]
            if n > 1 and _is_intact(point, place):
                for shape in _shapes(point, place, self.nats):
                    yield lambda place=place, shape=shape: self._shaped(point, place, shape)  # type: ignore[misc]
        for place, n in degrees.items():  # y y' = d where y is known but for two entries
            if n > 1 and len(left) == 1 and len(involved) == 2 and point.own[place] == involved:
                yield lambda place=place: self._root(point, left, place, 1)  # type: ignore[misc]
        if only is not None:  # what was promised may exist for other numbers than those that were tried
            for place in linear * 2:
                yield lambda place=place: self._solve(point, left, [place])  # type: ignore[misc]
        for two in combinations(linear, 2):  # A B + C D = I for B and D
            own = point.own[two[0]] | point.own[two[1]]
            if _top_degree(left, own) == 1:
                yield lambda two=two: self._solve(point, left, two)  # type: ignore[misc]

    def _joint_ways(self, point: _Point, q: _Equation, only: set[Place] | None) -> Iterator[Callable[[], _Point]]:
        """How A A' + B B' + .. = I can be solved: the letters are the columns of one rotation."""
        places = _resolution(q)
        if only is not None or not places or any(p not in point.values or not _is_intact(point, p) for p in places):
            return
        n = len(point.values[places[0]])
        if sum(len(point.values[p][0]) for p in places) != n or n > 4:
            return

        def columns(table: Rows) -> _Point:
            at, first = point.copy(), 0
            for place in places:
                last = first + len(point.values[place][0])
                at = self._shaped(at, place, [row[first:last] for row in table])
                first = last
            return at

        yield lambda: columns(_rotation(point, n))
        yield lambda: columns([[point.number(int(i == j)) for j in range(n)] for i in range(n)])

    def _note(self, place: Place) -> None:
        if place not in self.late:
            self.solved.add(place[0].removesuffix(VALUE))

    def _shaped(self, point: _Point, place: Place, shape: Rows) -> _Point:
        at = point.copy()
        old = [x for row in at.values[place] for x in row]
        images = {min(_symbols_of(x)): y for x, y in zip(old, [y for row in shape for y in row], strict=True)}
        at.put(images)
        at.own[place] = frozenset()
        self._note(place)
        return at

    def _root(self, point: _Point, left: Sequence[Element], place: Place, sign: int) -> _Point:
        """s with a s^2 + b s + c = 0: its root is a rational number, a symbol, a known root, or a new symbol."""
        if len(left) != 1:
            raise _Refused
        x, i = left[0], min(point.own[place] & _symbols_of(left[0]))
        ring, by_degree = point.K.ring, {0: point.K.zero, 1: point.K.zero, 2: point.K.zero}
        for m, c in x.numer.terms():
            if m[i] > 2:
                raise _Refused
            by_degree[m[i]] += point.K(ring({(*m[:i], 0, *m[i + 1 :]): c}))
        c, b, a = (by_degree[k] for k in range(3))
        if not a or (sign < 0 and place[0] in self.positive):
            raise _Refused
        middle = b / (-2 * a)
        square = middle * middle - c / a
        root = None
        if not _symbols_of(square):
            value = point.constant(square)
            exact = sympy.sqrt(sympy.Rational(value.numerator, value.denominator))
            if value < 0:
                raise _Refused
            root = point.number(Fraction(int(exact.p), int(exact.q))) if exact.is_Rational else None
        at = point.copy()
        root = next((at.K.gens[k] for k in _symbols_of(square) if at.K.gens[k] ** 2 == square), root)
        if root is None:
            known = [k for k, other in at.roots.items() if other == square]
            root = at.K.gens[known[0]] if known else at.symbol()
            at.roots[min(_symbols_of(root))] = square
        at.put({i: middle + sign * root})
        self._note(place)
        return at

    def _solve(self, point: _Point, left: Sequence[Element], places: Sequence[Place]) -> _Point:
        """The symbols of letters from equations linear in them; where that is large, at numbers for the rest."""
        at = point.copy()
        own = sorted(i for place in places for i in at.own[place])
        others = sorted(frozenset[int]().union(*(_symbols_of(x) for x in left)) - set(own) - set(at.roots))
        early = self.late.isdisjoint(places)
        at_instances = self.goal.show.op == "exists" and early
        long = early and sum(len(x.numer) for x in left) > TERMS
        large = len(own) * len(left) > 12 or long
        if others and (at_instances or (large and len(others) > 3)):
            at.put({i: at.number(self.random.choice((-2, -1, 0, 1, 1, 2, 3))) for i in others})
            images = {
                i: at.values[p][r][c]
                for p, rows in point.values.items()
                for r, row in enumerate(rows)
                for c, x in enumerate(row)
                for i in others
                if x == at.K.gens[i]
            }
            left = [at.replaced(x, images) for x in left]
        table = []
        for x in left:
            row = dict.fromkeys([*own, -1], at.K.zero)
            for m, c in x.numer.terms():
                which = next((i for i in own if m[i]), -1)
                rest = m if which < 0 else (*m[:which], 0, *m[which + 1 :])
                row[which] += at.K(x.numer.ring({rest: c}))
            table.append(row)
        at.put(_eliminated(table, own, at.K))
        for place in places:
            self._note(place)
        return at


def _top_degree(left: Sequence[Element], own: frozenset[int]) -> int:
    """The highest degree of some numerators in some symbols together."""
    return int(max(sum(m[i] for i in own) for x in left for m in x.numer))


def _all_hold(equations: Sequence[_Equation], at: _Point) -> bool:
    return not any(x for q in equations for row in at.residuals(q) for x in row)


def _resolution(q: _Equation) -> list[Place]:
    """The letters of A A' + B B' + .. = I, each once, or none if the equation is another."""
    terms = q.left.parts if q.left.op == "add" else (q.left,)
    places: list[Place] = []
    for e in terms:
        if q.right.op != "identity" or e.op != "mul" or len(e.parts) != 2:
            return []
        a, b = e.parts
        if a.op != "letter" or a.parts or b.op != "T" or b.parts[0].op != "letter" or b.parts[0].data != a.data:
            return []
        decl, at = a.data
        places.append((decl.name, None if at is None else _size(at, q.nats)))
    return places if len(places) > 1 and len(set(places)) == len(places) else []


def _is_intact(point: _Point, place: Place) -> bool:
    """Whether every entry of a letter is still a symbol of its own."""
    return len(point.own[place]) == sum(map(len, point.values[place]))


def _eliminated(table: list[dict[int, Element]], own: Sequence[int], K: Any) -> dict[int, Element]:
    """The values of some unknowns by the others; row[-1] is the constant. Raises _Refused if there are none."""
    solved: dict[int, dict[int, Element]] = {}
    for row in table:
        for i, image in solved.items():
            c = row[i]
            if c:
                row = {k: row[k] + c * image[k] if k != i else K.zero for k in row}
        candidates = [i for i in own if row[i]]
        if not candidates:
            if row[-1]:
                raise _Refused
            continue
        pivot = min(candidates, key=lambda i: (len(row[i].numer) + len(row[i].denom), -i))
        image = {k: K.zero if k == pivot else -row[k] / row[pivot] for k in row}
        for i, other in solved.items():
            c = other[pivot]
            if c:
                solved[i] = {k: other[k] + c * image[k] if k != pivot else K.zero for k in other}
        solved[pivot] = image
    gens = K.gens
    return {i: sum((image[k] * gens[k] for k in own if image[k]), start=image[-1]) for i, image in solved.items()}


def _degree(e: Expression, decl: Any) -> int:
    """The degree of an expression in a letter; inside a map or a rank it is more than any."""
    inner = [_degree(p, decl) for p in e.parts]
    if e.op == "letter":
        return int(e.data[0] == decl) + 100 * sum(inner)
    if e.op == "mul":
        return sum(inner)
    return max(inner, default=0) * (100 if e.op == "rank" else 1)


# ---------------------------------------------------------------- shapes for nonlinear hypotheses
def _shapes(point: _Point, place: Place, nats: Mapping[str, Any]) -> Iterator[Rows]:
    """Orthogonal, idempotent and nilpotent matrices and parts of them, with the letter's own symbols as parameters.

    All letters of one size share one rotation and one change of basis, so that shapes fit together: the first and the
    last columns of a rotation, or projections that commute.
    """
    rows = point.values[place]
    n, cols = max(len(rows), len(rows[0])), len(rows[0])
    one, zero = point.K.one, point.K.zero
    if n > 4:
        return
    unit = [[one * int(i == j) for j in range(n)] for i in range(n)]
    if len(rows) != cols:  # columns of a rotation
        if len(rows) > cols:
            for q in (_rotation(point, n), unit):
                yield [row[:cols] for row in q]
                yield [row[n - cols :] for row in q]
        for v in range(1, 4):
            yield [[one * (1 if v == 1 else (i + 1) % v) for _ in range(cols)] for i in range(len(rows))]
        return
    own = [[rows[i][j] for j in range(n)] for i in range(n)]
    if n <= 2:
        yield _cayley(own, point)
    upper, lower = [[*map(list, unit)] for _ in range(2)]
    for i in range(n):
        for j in range(i):
            lower[i][j], upper[j][i] = one * (i - 2 * j), one * (1 + i + j)
    change, back = _product(lower, upper), _product(_unit_inverse(upper), _unit_inverse(lower))
    q = _rotation(point, n)
    yield q
    turned = [list(row) for row in zip(*q, strict=True)]
    # What is most general comes first: 0 and I are projections too, and say little.
    proper = sorted((k for k in product((1, 0), repeat=n) if 0 < sum(k) < n), key=lambda k: abs(2 * sum(k) - n))
    for left, right in ((change, back), (q, turned), (turned, q), (unit, unit)):
        for kept in proper:
            yield _product(_product(left, [[one * int(i == j and kept[i]) for j in range(n)] for i in range(n)]), right)
    for gap in range(1, n):
        strict = [[own[i][j] if j - i >= gap else zero for j in range(n)] for i in range(n)]
        yield _product(_product(change, strict), back)
    yield unit
    yield [[zero] * n for _ in range(n)]
    for order in sorted({tuple(order) for order in _orders(n)}):
        for sign in (1, -1):
            yield [[one * sign * int(order[i] == j) for j in range(n)] for i in range(n)]
    if n == 3:  # a rotation about the all-ones vector
        circulant = ((2, -1, 2), (2, 2, -1), (-1, 2, 2))
        yield [[point.number(Fraction(x, 3)) for x in row] for row in circulant]


def _orders(n: int) -> Iterator[tuple[int, ...]]:
    for order in product(range(n), repeat=n):
        if len(set(order)) == n:
            yield order


def _product(a: Rows, b: Rows) -> Rows:
    return [
        [sum((x * y for x, y in zip(row, c, strict=True)), start=row[0] * 0) for c in zip(*b, strict=True)] for row in a
    ]


def _unit_inverse(m: Rows) -> Rows:
    """(I + N)^-1 = I - N + N^2 - .. for strictly triangular N."""
    n = len(m)
    unit = [[m[0][0] * int(i == j) for j in range(n)] for i in range(n)]
    minus = [[x - y for x, y in zip(p, q, strict=True)] for p, q in zip(unit, m, strict=True)]
    total, power = unit, unit
    for _ in range(n - 1):
        power = _product(power, minus)
        total = [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(total, power, strict=True)]
    return total


def _rotation(point: _Point, n: int) -> Rows:
    """A rotation with rational entries."""
    return _cayley([[point.number(1 + (i * n + j) % 3) for j in range(n)] for i in range(n)], point)


def _cayley(m: Rows, point: _Point) -> Rows:
    """(I - A)(I + A)^-1 for the skew matrix A with the upper triangle of m, up to size 3 by closed formulas."""
    n, one, zero = len(m), point.K.one, point.K.zero
    if n == 1:
        return [[-one]]
    skew = [[m[i][j] if i < j else -m[j][i] if j < i else zero for j in range(n)] for i in range(n)]
    plus = [[x + one * int(i == j) for j, x in enumerate(row)] for i, row in enumerate(skew)]
    minus = [[one * int(i == j) - x for j, x in enumerate(row)] for i, row in enumerate(skew)]
    table = [dict(enumerate([*row, *(one * int(i == j) for j in range(n))])) for i, row in enumerate(plus)]
    inverse = _inverse(table, n)
    return _product(minus, inverse)


def _inverse(table: list[dict[int, Element]], n: int) -> Rows:
    """The right half of [A I] after elimination; A = I + skew has nonzero leading minors."""
    for k in range(n):
        table[k] = {j: x / table[k][k] for j, x in table[k].items()}
        for r in range(n):
            if r != k and table[r][k]:
                c = table[r][k]
                table[r] = {j: x - c * table[k][j] for j, x in table[r].items()}
    return [[row[n + j] for j in range(n)] for row in table]


# ---------------------------------------------------------------- maps that the hypotheses fix
def _relu(given: Sequence[Prop]) -> str | None:
    """The name of a map of which the hypotheses say what SymPy knows of Max(0, x), and nothing else."""
    names = {e.data[0].name for p in given if p.op == "forall" for e in _expressions(p) if e.op == "letter" and e.parts}
    if len(names) != 1:
        return None
    for p in given:
        if p.op != "forall":
            continue
        (v, *more), body = p.variables, p.parts[0]
        if more or body.op != "implies" or body.parts[0].op != "le" or body.parts[1].op != "eq":
            return None
        below, above = body.parts[0].parts
        letter = above if below.op == "number" and not below.data[0] else below
        if {below.op, above.op} != {"number", "letter"} or letter.data[0] != v.data[0]:
            return None
        x = sympy.Symbol("x", nonnegative=True) if letter is above else sympy.Symbol("x", nonpositive=True)
        sides = [_of_x(side, v.data[0], x) for side in body.parts[1].parts]
        if None in sides or sides[0] - sides[1] != 0:
            return None
    return str(names.pop())


def _multiplicative(given: Sequence[Prop]) -> str | None:
    """The name of a scalar map f with "for all X, Y: f(X Y) = f(X) f(Y)" of which nothing else is said for all."""
    found = None
    for p in given:
        names = {e.data[0].name for e in _expressions(p) if e.op == "letter" and e.parts}
        if p.op != "forall" or not names:
            continue
        decl = next(e.data[0] for e in _expressions(p) if e.op == "letter" and e.parts)
        if len(names) > 1 or found not in (None, decl.name) or len(p.variables) != 2 or p.parts[0].op != "eq":
            return None
        x, y = map(str, p.variables)
        if str(p.parts[0]) != f"{decl.name}({x}*{y}) = {decl.name}({x})*{decl.name}({y})":
            return None
        found = decl.name
    return found


def _determinant(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """The map that every multiplicative one is made of, by SymPy."""
    n, table = len(rows), [[sympy.QQ(x.numerator, x.denominator) for x in row] for row in rows]
    last = DomainMatrix(table, (n, n), sympy.QQ).charpoly()[-1]  # of det(x I - M), at x = 0
    return [[Fraction(int(last.numerator), int(last.denominator)) * (-1) ** n]]


def _of_x(e: Expression, decl: Any, x: Any) -> Any:
    """A number, the letter, or the map at the letter, with SymPy's Max for the map."""
    if e.op == "number":
        return sympy.Rational(e.data[0].numerator, e.data[0].denominator)
    if e.op == "letter" and e.data[0] == decl:
        return x
    if e.op == "letter" and e.parts and e.parts[0].op == "letter" and e.parts[0].data[0] == decl:
        return sympy.Max(0, x)
    return None
