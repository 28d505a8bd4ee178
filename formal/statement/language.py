"""The language of statements: SymPy expressions whose shapes are checked as they are written.

Letters are SymPy matrix expressions, so `W*V`, `W.T`, `2*x`, `W + V` read as on paper. They differ from SymPy's own
`MatrixSymbol` in what they refuse: every operation checks its shapes, also symbolic ones, an inverse is never written
(it is a letter with the hypothesis `W*V = I`), and nothing is rewritten behind the author's back.

>>> d, m = dims("d m")
>>> W, V = matrix("W", m, d), matrix("V", d, m)
>>> W*(Identity(d) - V*W)
W*(I - V*W)
>>> W*W
Traceback (most recent call last):
    ...
formal.statement.errors.StatementError: in W*W: W is m x d and W is m x d, the inner dimensions d and m differ
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

import sympy
from sympy.core.basic import Basic
from sympy.matrices.expressions.matexpr import MatrixExpr

from ..kernel.terms import HOLE, ONE, Decl, Nat, nat, nat_names, nat_product, nat_substitute, nat_sum
from .errors import StatementError

Dim: TypeAlias = Any  # a SymPy integer expression, or an int


# ---------------------------------------------------------------- dimensions and indices
def dims(names: str) -> Any:
    """Dimensions, widths, depths and indices: natural numbers, 0 included.

    >>> d, m = dims("d m")
    >>> d + m
    d + m
    """
    return sympy.symbols(names, integer=True, nonnegative=True)


class DimEntry(sympy.Symbol):  # type: ignore[misc]
    """The entry of a family of dimensions at an index: a natural number that SymPy sees as one symbol."""

    nat: Nat

    def __new__(cls, name: str, index: Nat) -> DimEntry:
        """The symbol, printed m[l]."""
        value = nat(name, index)
        entry = super().__new__(cls, index_text(name, index), integer=True, nonnegative=True)
        entry.nat = value
        return entry  # type: ignore[no-any-return]


class DimFamily:
    """A dimension for every index: `m[l]`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, index: Dim) -> DimEntry:
        return DimEntry(self.name, to_nat(index))

    def __repr__(self) -> str:
        return self.name


def dim_family(name: str) -> DimFamily:
    """A dimension for every index, such as the width `m[l]` of layer l.

    >>> m, l = dim_family("m"), dims("l")
    >>> m[l + 1] + 2
    m[l + 1] + 2
    """
    return DimFamily(name)


def index_text(name: str, index: Nat) -> str:
    """name[index], constants last: m[l + 1]."""
    parts = [str(Nat((part,))) for part in sorted(index, key=lambda part: not part[0])]
    return f"{name}[{' + '.join(parts) or '0'}]"


def to_nat(value: Dim) -> Nat:
    """The kernel's natural polynomial; raises StatementError for anything else.

    >>> d, m = dims("d m")
    >>> print(to_nat(d + 2*m))
    d + 2*m
    >>> to_nat(d - 1)
    Traceback (most recent call last):
        ...
    formal.statement.errors.StatementError: d - 1 is not a dimension (a sum of products of natural numbers and dims)
    """
    try:
        found = None if isinstance(value, bool) else _to_nat(value)  # True == 1 would be found in a cache
    except StatementError:
        found = None
    if found is None:
        raise StatementError(f"{value} is not a dimension (a sum of products of natural numbers and dims)")
    return found


@cache
def _to_nat(value: Dim) -> Nat | None:
    if isinstance(value, Nat):
        return value
    if isinstance(value, int | sympy.Integer) and not isinstance(value, bool):
        return nat(int(value)) if value >= 0 else None
    if isinstance(value, DimEntry):
        return value.nat
    if isinstance(value, sympy.Symbol):
        named = value.name == HOLE or (value.name.isascii() and value.name.isidentifier())
        return nat(value.name) if named and value.is_integer and value.is_nonnegative else None
    if isinstance(value, sympy.Add | sympy.Mul):
        combine, total = (nat_sum, nat(0)) if isinstance(value, sympy.Add) else (nat_product, ONE)
        for part in value.args:
            total = combine(total, to_nat(part))
        return total
    if isinstance(value, sympy.Pow) and isinstance(value.exp, sympy.Integer) and value.exp > 0:
        total = ONE
        for _ in range(int(value.exp)):
            total = nat_product(total, to_nat(value.base))
        return total
    return None


# ---------------------------------------------------------------- expressions
class Expression(MatrixExpr):  # type: ignore[misc]
    """A matrix expression with a checked shape; scalars are 1 x 1.

    `op` says what it is, `parts` are its operands: "letter" (data: declaration, index; parts: arguments), "identity",
    "zero", "number" (data: a Fraction), "nat" (data: a dimension as a scalar), "add", "mul", "T", "trace", "rank".
    """

    _op_priority = 30.0
    op: str
    parts: tuple[Expression, ...]
    data: tuple[Any, ...]
    n_rows: Nat
    n_cols: Nat
    term: Any  # the kernel's term, once it was elaborated

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.op, self.parts, self.data, self.n_rows, self.n_cols)

    @property
    def shape(self) -> tuple[Any, Any]:
        """Rows and columns as SymPy integers."""
        return from_nat(self.n_rows), from_nat(self.n_cols)

    @property
    def is_scalar_shaped(self) -> bool:
        return self.n_rows == ONE == self.n_cols

    def __add__(self, other: Any) -> Expression:
        return _sum(self, other)

    def __radd__(self, other: Any) -> Expression:
        return _sum(other, self)

    def __sub__(self, other: Any) -> Expression:
        return _sum(self, -lift(other))

    def __rsub__(self, other: Any) -> Expression:
        return _sum(other, -self)

    def __neg__(self) -> Expression:
        return _product(-1, self)

    def __mul__(self, other: Any) -> Expression:
        return _product(self, other)

    def __rmul__(self, other: Any) -> Expression:
        return _product(other, self)

    __matmul__, __rmatmul__ = __mul__, __rmul__

    def __truediv__(self, other: Any) -> Expression:
        divisor = lift(other)
        if divisor.op != "number" or not divisor.data[0]:
            raise StatementError(
                f"in ({self})/({other}): only a non-zero rational divides; "
                "write a reciprocal as a letter t with the hypothesis s*t = 1"
            )
        return _product(1 / divisor.data[0], self)

    def __pow__(self, exponent: Any) -> Expression:
        where = f"in ({self})**({exponent})"
        if not isinstance(exponent, int | sympy.Integer):
            raise StatementError(f"{where}: a power needs a number; for A**l declare a family P with P[l + 1] = A*P[l]")
        if exponent < 0:
            raise StatementError(f"{where}: an inverse is a letter with hypotheses, such as B with A*B = I and B*A = I")
        if self.n_rows != self.n_cols:
            raise StatementError(f"{where}: {self} is {self.n_rows} x {self.n_cols}, not square")
        result = Identity(self.n_rows)
        for i in range(int(exponent)):
            result = _product(result, self) if i else self
        return result

    @property
    def T(self) -> Expression:
        """The transpose."""
        return self.parts[0] if self.op == "T" else _make("T", self.n_cols, self.n_rows, (self,))

    def transpose(self) -> Expression:
        return self.T

    adjoint = transpose

    def inverse(self) -> Expression:
        """Refused, as every inverse is."""
        return self**-1

    inv = inverse
    I = property(inverse)

    def __getitem__(self, key: Any) -> Any:
        raise StatementError(f"in {self}[{key}]: {self} is one matrix; for a matrix a layer, declare a family")

    def __le__(self, other: Any) -> Prop:
        return Le(self, other)

    def __lt__(self, other: Any) -> Prop:
        return Lt(self, other)

    def __ge__(self, other: Any) -> Prop:
        return Le(other, self)

    def __gt__(self, other: Any) -> Prop:
        return Lt(other, self)

    def _sympystr(self, printer: Any) -> str:
        from .printing import expression_text

        return expression_text(self)

    _sympyrepr = _sympystr

    def doit(self, **hints: Any) -> Expression:
        """The expression itself: nothing is rewritten here."""
        return self

    simplify = expand = _eval_simplify = doit

    def conjugate(self) -> Expression:
        """The expression itself: all matrices are real."""
        return self

    def subs(self, *args: Any, **kwargs: Any) -> Expression:
        """Refused: a statement is written with the letters that it is about."""
        raise StatementError(f"in ({self}).subs(...): write the expression with the other letters instead")

    xreplace = replace = subs

    def _latex(self, printer: Any) -> str:
        from .printing import expression_latex

        return expression_latex(self)


# SymPy takes what does not commute for not real, and so refuses or even decides `d <= rank(W)`. Nothing is known here.
for _fact in ("real", "negative", "nonnegative", "positive", "nonpositive", "nonzero"):
    setattr(Expression, f"is_extended_{_fact}", None)


def _make(op: str, rows: Nat, cols: Nat, parts: tuple[Expression, ...] = (), data: tuple[Any, ...] = ()) -> Expression:
    node = Basic.__new__(Expression)
    node.op, node.parts, node.data, node.n_rows, node.n_cols, node.term = op, parts, data, rows, cols, None
    return node  # type: ignore[no-any-return]


def lift(value: Any) -> Expression:
    """The expression for a Python or SymPy value: a rational, a dimension, SymPy's Identity and ZeroMatrix.

    >>> lift(3)
    3
    >>> lift(0.5)
    Traceback (most recent call last):
        ...
    formal.statement.errors.StatementError: 0.5 is not exact; write a fraction such as Rational(1, 2)
    """
    if isinstance(value, Expression):
        return value
    if isinstance(value, bool | float | complex | sympy.Float):
        raise StatementError(f"{value} is not exact; write a fraction such as Rational(1, 2)")
    if isinstance(value, int | Fraction):
        return _make("number", ONE, ONE, data=(Fraction(value),))
    if isinstance(value, sympy.Rational):
        return _make("number", ONE, ONE, data=(Fraction(int(value.p), int(value.q)),))
    if isinstance(value, sympy.Identity):
        return Identity(value.shape[0])
    if isinstance(value, sympy.ZeroMatrix):
        return ZeroMatrix(*value.shape)
    if isinstance(value, MatrixExpr):
        raise StatementError(
            f"{value} is SymPy's own {type(value).__name__}: its shapes are not checked, it may have been rewritten; "
            "declare letters with matrix(), vector() or family()"
        )
    if isinstance(value, sympy.Mul | sympy.Add):  # a scalar polynomial in dimensions, such as d/2 or d - 1
        parts = [lift(part) for part in value.args]
        total = parts[0]
        for part in parts[1:]:
            total = _sum(total, part) if isinstance(value, sympy.Add) else _product(total, part)
        return total
    if isinstance(value, sympy.Expr | Nat):
        return _make("nat", ONE, ONE, data=(to_nat(value),))
    raise StatementError(f"{value!r} ({type(value).__name__}) has no place in a statement")


def is_zero(e: Expression) -> bool:
    """Whether an expression is written as zero: a zero matrix, or the number 0."""
    return e.op == "zero" or (e.op == "number" and not e.data[0])


def _sum(a: Any, b: Any) -> Expression:
    left, right = lift(a), lift(b)
    if (left.n_rows, left.n_cols) != (right.n_rows, right.n_cols):
        raise StatementError(
            f"in {left} + {right}: {left} is {left.n_rows} x {left.n_cols}, {right} is {right.n_rows} x {right.n_cols}",
            "add",
            (left, right),
        )
    parts = (left.parts if left.op == "add" else (left,)) + (right.parts if right.op == "add" else (right,))
    return _make("add", left.n_rows, left.n_cols, parts)


def _product(a: Any, b: Any) -> Expression:
    left, right = lift(a), lift(b)
    if left.n_cols == right.n_rows:
        rows, cols = left.n_rows, right.n_cols
    elif left.is_scalar_shaped:
        rows, cols = right.n_rows, right.n_cols
    elif right.is_scalar_shaped:
        rows, cols = left.n_rows, left.n_cols
    else:
        from .printing import product_text

        raise StatementError(
            f"in {product_text((left, right))}: {left} is {left.n_rows} x {left.n_cols} and {right} is "
            f"{right.n_rows} x {right.n_cols}, the inner dimensions {left.n_cols} and {right.n_rows} differ",
            "mul",
            (left, right),
        )
    return _make("mul", rows, cols, (*(left.parts if left.op == "mul" else (left,)), right))


def Identity(n: Dim) -> Expression:
    """The identity matrix of size n."""
    return _make("identity", to_nat(n), to_nat(n))


def ZeroMatrix(rows: Dim, cols: Dim) -> Expression:
    """The zero matrix; on one side of Eq, a plain 0 means it too."""
    return _make("zero", to_nat(rows), to_nat(cols))


def Trace(a: Any) -> Expression:
    """The trace of a square matrix, a scalar."""
    m = lift(a)
    if m.n_rows != m.n_cols:
        raise StatementError(f"in Trace({m}): {m} is {m.n_rows} x {m.n_cols}, not square", "trace", (m,))
    return _make("trace", ONE, ONE, (m,))


def rank(a: Any) -> Expression:
    """The rank, a scalar that is a natural number."""
    return _make("rank", ONE, ONE, (lift(a),))


def inner(u: Expression, v: Expression) -> Expression:
    """<u, v> = u'v for vectors, tr(u'v) for matrices."""
    if (u.n_rows, u.n_cols) != (v.n_rows, v.n_cols):
        raise StatementError(
            f"in inner({u}, {v}): {u} is {u.n_rows} x {u.n_cols}, {v} is {v.n_rows} x {v.n_cols}", "add", (u, v)
        )
    product = u.T * v
    return product if product.is_scalar_shaped else Trace(product)


def norm2(a: Expression) -> Expression:
    """The squared Frobenius norm, for a vector the squared length."""
    return inner(a, a)


# ---------------------------------------------------------------- letters
@cache
def _declare(name: str, rows: Nat, cols: Nat, indexed: bool, domain: tuple[tuple[Nat, Nat], ...]) -> Decl:
    if not (name.isascii() and name.isidentifier()):
        raise StatementError(f"{name!r} is not a name: use ASCII letters, digits and underscores")
    if name == "I":
        raise StatementError("I is how the identity prints: choose another name")
    return Decl(name, rows, cols, indexed, domain)


def _letter(decl: Decl, index: Dim | None = None, args: tuple[Expression, ...] = ()) -> Expression:
    at = None if index is None else to_nat(index)
    hole = {} if at is None else {HOLE: at}
    rows, cols = nat_substitute(decl.rows, hole), nat_substitute(decl.cols, hole)
    return _make("letter", rows, cols, args, (decl, at))


def matrix(name: str, rows: Dim, cols: Dim) -> Expression:
    """A real matrix."""
    return _letter(_declare(name, to_nat(rows), to_nat(cols), False, ()))


def vector(name: str, n: Dim) -> Expression:
    """A real column vector, n x 1."""
    return matrix(name, n, 1)


def scalars(names: str) -> Any:
    """Real numbers, 1 x 1; several names give a tuple.

    >>> a, b = scalars("a b")
    >>> a*b <= 1
    a*b <= 1
    """
    found = tuple(matrix(name, 1, 1) for name in names.split())
    return found if len(found) > 1 else found[0]


class Family:
    """A matrix for every index: `T[l]`. `defined` holds the equations of a family that is given by recursion."""

    def __init__(self, decl: Decl, defined: tuple[Prop, ...] = ()) -> None:
        self.decl = decl
        self.defined = defined

    def __getitem__(self, index: Dim) -> Expression:
        return _letter(self.decl, index)

    def __repr__(self) -> str:
        return self.decl.name


def _typed(rows: Any) -> Nat:
    hole = sympy.Symbol(HOLE, integer=True, nonnegative=True)
    return to_nat(rows(hole) if callable(rows) and not isinstance(rows, Basic) else rows)


def family(name: str, rows: Any, cols: Any) -> Family:
    """A family of matrices; a size that depends on the index is a function of it.

    >>> d, l = dims("d l"); m = dim_family("m")
    >>> V = family("V", d, lambda l: m[l])
    >>> V[l + 1], V[l + 1].shape
    (V[l + 1], (d, m[l + 1]))
    """
    return Family(_declare(name, _typed(rows), _typed(cols), True, ()))


def define(
    name: str,
    index: Any,
    depth: Dim,
    start: Any,
    step: Callable[[Any, Family], Any],
    *,
    rows: Any = None,
    cols: Any = None,
) -> Family:
    """The family F with F[0] = start and F[l + 1] = step(l, F) for all l < depth.

    Sizes are those of the start, unless they depend on the index: then they are functions of it.

    >>> d, l, L = dims("d l L"); T = family("T", d, d)
    >>> P = define("P", l, L, Identity(d), lambda l, P: (Identity(d) + T[l + 1])*P[l])
    >>> P.defined
    (P[0] = I, for all l < L: P[l + 1] = (I + T[l + 1])*P[l])
    """
    first = lift(start)
    bare = Family(
        _declare(
            name,
            _typed(first.n_rows if rows is None else rows),
            _typed(first.n_cols if cols is None else cols),
            True,
            (),
        )
    )
    equations = (Eq(bare[0], first), Each(index, depth, Eq(bare[index + 1], step(index, bare))))
    return Family(bare.decl, equations)


def ordered_product(name: str, factor: Callable[[Any], Expression], index: Any, depth: Dim) -> Family:
    """P[k] = factor(k) ... factor(2) factor(1), the latest on the left, for k = 0 .. depth.

    >>> d, l, L = dims("d l L"); T = family("T", d, d)
    >>> ordered_product("P", lambda l: Identity(d) + T[l], l, L).defined[1]
    for all l < L: P[l + 1] = (I + T[l + 1])*P[l]
    """
    size = factor(index + 1).n_rows
    return define(name, index, depth, Identity(size), lambda l, P: factor(l + 1) * P[l])


def subset_sum(name: str, factor: Callable[[Any], Expression], index: Any, depth: Dim) -> Family:
    """S[k] = the sum, over all subsets of {1 .. k}, of the product of their factors, the latest on the left.

    A subset of {1 .. k + 1} is one of {1 .. k}, or one of these with k + 1 added: S[k + 1] = S[k] + factor(k + 1) S[k].
    """
    size = factor(index + 1).n_rows
    return define(name, index, depth, Identity(size), lambda l, S: S[l] + factor(l + 1) * S[l])


def running_sum(name: str, term: Callable[[Any], Expression], index: Any, depth: Dim) -> Family:
    """S[k] = term(1) + ... + term(k), for k = 0 .. depth."""
    first = term(index + 1)
    return define(name, index, depth, ZeroMatrix(first.n_rows, first.n_cols), lambda l, S: S[l] + term(l + 1))


class Opaque:
    """A map of which nothing is known but its type: `phi(W*x)`, or `phi[l](W*x)` for a map a layer."""

    def __init__(self, decl: Decl, index: Dim | None = None) -> None:
        self.decl, self.index = decl, index

    def __repr__(self) -> str:
        return self.decl.name

    def __getitem__(self, index: Dim) -> Opaque:
        if not self.decl.indexed:
            raise StatementError(f"{self.decl.name} is one map, not a family of maps")
        return Opaque(self.decl, index)

    def __call__(self, *args: Any) -> Expression:
        if self.decl.indexed != (self.index is not None):
            raise StatementError(f"{self.decl.name} is a family of maps: write {self.decl.name}[l](...)")
        hole = {} if self.index is None else {HOLE: to_nat(self.index)}
        wanted = [(nat_substitute(r, hole), nat_substitute(c, hole)) for r, c in self.decl.domain]
        given = tuple(map(lift, args))
        if [(a.n_rows, a.n_cols) for a in given] != wanted:
            got = ", ".join(f"{a} of shape {a.n_rows} x {a.n_cols}" for a in given)
            raise StatementError(
                f"in {self.decl.name}(...): the argument must be "
                f"{', '.join(f'{r} x {c}' for r, c in wanted)}, not {got}"
            )
        return _letter(self.decl, self.index, given)


def opaque(name: str, domain: Any, codomain: Any, *, indexed: bool = False) -> Opaque:
    """A map from R^domain to R^codomain; a size may also be a pair (rows, cols).

    >>> m, d = dims("m d"); phi = opaque("phi", m, d); x = vector("x", d)
    >>> phi(x)
    Traceback (most recent call last):
        ...
    formal.statement.errors.StatementError: in phi(...): the argument must be m x 1, not x of shape d x 1
    """
    shapes = [s if isinstance(s, tuple) else (s, 1) for s in (domain, codomain)]
    (a, b), (r, c) = [(_typed(s[0]), _typed(s[1])) for s in shapes]
    return Opaque(_declare(name, r, c, indexed, ((a, b),)))


# ---------------------------------------------------------------- propositions
class Prop:
    """A proposition: a relation, or built from propositions. `op` and `parts` say how; `var` and `bound` quantify."""

    def __init__(self, op: str, parts: tuple[Any, ...], variables: tuple[Any, ...] = (), bound: Any = None) -> None:
        self.op, self.parts, self.variables, self.bound = op, parts, variables, bound
        self.free: Any = None  # its free variables, once somebody has asked

    def __repr__(self) -> str:
        from .printing import prop_text

        return prop_text(self)

    def _repr_latex_(self) -> str:
        from .printing import prop_latex

        return f"$\\displaystyle {prop_latex(self)}$"

    def __bool__(self) -> bool:
        raise StatementError(f"{self} is a statement, not a truth value; join statements with And, Or, Implies")


def _sides(op: str, sign: str, a: Any, b: Any) -> Prop:
    left, right = lift(a), lift(b)
    # A plain 0 on one side is the zero matrix of the other side's shape.
    if right.op == "number" and not right.data[0]:
        right = right if left.is_scalar_shaped else ZeroMatrix(left.n_rows, left.n_cols)
    if left.op == "number" and not left.data[0] and not right.is_scalar_shaped:
        left = ZeroMatrix(right.n_rows, right.n_cols)
    if (left.n_rows, left.n_cols) != (right.n_rows, right.n_cols):
        raise StatementError(
            f"in {left} {sign} {right}: the left side is {left.n_rows} x {left.n_cols}, "
            f"the right side {right.n_rows} x {right.n_cols}",
            op,
            (left, right),
        )
    if op in ("le", "lt") and not left.is_scalar_shaped:
        raise StatementError(
            f"in {left} {sign} {right}: only scalars are ordered, these are {left.n_rows} x {left.n_cols}",
            op,
            (left, right),
        )
    return Prop(op, (left, right))


def Eq(a: Any, b: Any) -> Prop:
    """a = b."""
    return _sides("eq", "=", a, b)


def Ne(a: Any, b: Any) -> Prop:
    """a is not b."""
    return _sides("ne", "!=", a, b)


def Le(a: Any, b: Any) -> Prop:
    """a <= b, for scalars."""
    return _sides("le", "<=", a, b)


def Lt(a: Any, b: Any) -> Prop:
    """a < b, for scalars."""
    return _sides("lt", "<", a, b)


def as_prop(p: Any) -> Prop:
    """A proposition; relations that SymPy made of dimensions (`d <= m`) are taken over, truth values are refused."""
    if isinstance(p, Prop):
        return p
    ops = {sympy.Eq: Eq, sympy.Ne: Ne, sympy.Le: Le, sympy.Lt: Lt}
    for cls, make in ops.items():
        if isinstance(p, cls):
            return make(p.lhs, p.rhs)
    if isinstance(p, sympy.Ge):
        return Le(p.rhs, p.lhs)
    if isinstance(p, sympy.Gt):
        return Lt(p.rhs, p.lhs)
    raise StatementError(
        f"{p!r} ({type(p).__name__}) is not a proposition; SymPy may have evaluated it: use Eq, Le, Lt from here"
    )


def _all(parts: tuple[Any, ...]) -> tuple[Prop, ...]:
    return tuple(map(as_prop, parts))


def And(*parts: Any) -> Prop:
    """All of them."""
    return Prop("and", _all(parts)) if len(parts) > 1 else as_prop(parts[0])


def Or(*parts: Any) -> Prop:
    """At least one of them."""
    return Not(And(*map(Not, parts)))


def Not(p: Any) -> Prop:
    """The denial."""
    return Prop("not", (as_prop(p),))


def Implies(p: Any, q: Any) -> Prop:
    """If p, then q."""
    return Prop("implies", _all((p, q)))


def Iff(p: Any, q: Any) -> Prop:
    """p exactly when q."""
    return And(Implies(p, q), Implies(q, p))


def Each(index: Any, bound: Dim, p: Any) -> Prop:
    """For all natural numbers index < bound."""
    if not isinstance(index, sympy.Symbol):
        raise StatementError(f"in Each({index}, {bound}, ...): {index} is not an index")
    if not nat_names(to_nat(index)).isdisjoint(nat_names(to_nat(bound))):
        raise StatementError(f"in Each({index}, {bound}, ...): the bound may not depend on the index")
    return Prop("each", (as_prop(p),), (index,), bound)


def ForAll(variables: Any, p: Any) -> Prop:
    """For all values of the variables (dimensions, matrices, scalars)."""
    return Prop("forall", (as_prop(p),), variables if isinstance(variables, tuple) else (variables,))


def Exists(variables: Any, p: Any) -> Prop:
    """For some values of the variables; dimensions before the matrices that have them."""
    return Prop("exists", (as_prop(p),), variables if isinstance(variables, tuple) else (variables,))


# ---------------------------------------------------------------- back to SymPy
def from_nat(n: Nat) -> Any:
    """The SymPy integer expression of a dimension."""
    total: Any = sympy.Integer(0)
    for mono, c in n:
        product: Any = sympy.Integer(c)
        for name, index in mono:
            product *= DimEntry(name, index[0]) if index else dims(name)
        total += product
    return total


def walk(e: Expression) -> Iterator[Expression]:
    """The expression and all its parts."""
    yield e
    for part in e.parts:
        yield from walk(part)
