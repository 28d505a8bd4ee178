"""A statement as one line of text, from which `parse` makes the same statement again.

>>> from formal.statement import Eq, Identity, dims, matrix
>>> d, m = dims("d m")
>>> W, V = matrix("W", m, d), matrix("V", d, m)
>>> to_text(Statement((Eq(W*V, Identity(m)),), Eq(W*(Identity(d) - V*W), 0)))
'd >= 0, m >= 0; V: d x m; W: m x d; W*V = I => W*(I - V*W) = 0'
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby, product
from typing import Any, NamedTuple, Protocol

from ...kernel.props import Prop as KernelProp
from ...kernel.terms import HOLE, ONE, Decl, Nat, nat, nat_substitute
from ..elaborate import elaborate_prop, variable
from ..errors import StatementError
from ..language import (
    Expression,
    Family,
    Identity,
    Opaque,
    Prop,
    Trace,
    ZeroMatrix,
    is_zero,
    lift,
    rank,
    to_nat,
    walk,
)
from ..printing import Text, nat_text
from ..variables import free_variables
from . import Statement, parse
from .scope import FUNCTIONS, LARGEST_SIZE, SCALARS, Difference, replaced


class Stated(Protocol):
    """What says something: a claim, or a statement."""

    @property
    def given(self) -> tuple[Prop, ...]:
        """The hypotheses."""

    @property
    def show(self) -> Prop | None:
        """The conclusion."""

    @property
    def where(self) -> tuple[Family, ...]:
        """The families that are defined by recursion."""


def to_text(stated: Stated) -> str:
    """The line of text that says the same: `parse` of it elaborates to the same propositions of the kernel.

    Sums and products over layers are written as such where the parser would name the family as here; other families
    that are defined by recursion are declared, and their equations are hypotheses. Sizes of I and 0 are written where
    they do not follow. Raises StatementError where no text says the same.
    """
    if stated.show is None:
        raise StatementError("there is no proposition to be written as text")
    statement = Statement(tuple(stated.given), stated.show, tuple(stated.where))
    wanted = _meaning(statement)
    problem = ""
    names = {family.decl.name for family in statement.where}
    for folded, sized in product((names, {"S", "P"}, set[str]()), (False, True)):
        text = _Writer(statement, folded, sized).text()
        try:
            if _meaning(parse(text)) == wanted:
                return text
            problem = f"{text} would say something else"
        except StatementError as e:
            problem = str(e)
    raise StatementError(f"this statement cannot be written as one line of text: {problem}")


def _meaning(statement: Statement) -> tuple[frozenset[KernelProp], KernelProp]:
    conditions = chain((q for f in statement.where for q in f.defined), statement.given)
    return frozenset(map(elaborate_prop, conditions)), elaborate_prop(statement.show)


class _Recursion(NamedTuple):
    """A family that is a sum, or a product, of the body at over = 0, 1, .."""

    kind: str
    over: str
    body: Expression


class _Writer(Text):
    """Writes one statement. folded: families to write as sums and products over layers. sized: I and 0 with sizes."""

    def __init__(self, statement: Statement, folded: set[str], sized: bool) -> None:
        self.sized = sized
        self.recursions: dict[str, _Recursion] = {}
        for family in statement.where:
            found = _recursion(family) if family.decl.name in folded else None
            if found is not None:
                self.recursions[family.decl.name] = found
        rest = [q for f in statement.where if f.decl.name not in self.recursions for q in f.defined]
        bodies = [q for f in statement.where if f.decl.name in self.recursions for q in f.defined]
        given, self.least = _bounds(statement.given)
        self.given, self.show = [*rest, *given], statement.show
        letters, self.nats, self.families = free_variables([*self.given, *statement.given, *bodies, self.show])
        self.letters = [x for x in letters if x.name not in self.recursions]
        bound = [v for p in (*self.given, *bodies, self.show) for v in _bound(p)]
        self.sizes = set(_sizes((*self.letters, *(v for v in bound if isinstance(v, Decl)))))
        names = {*self.nats, *(x.name for x in letters), *(v if isinstance(v, str) else v.name for v in bound)}
        self.dummy = next(x for x in ("l", "k", "i", "j", *(f"l_{n}" for n in range(len(names) + 1))) if x not in names)
        refused = sorted(names & {*FUNCTIONS, *SCALARS})
        if refused:
            raise StatementError(f"{refused[0]} is a word of the notation: a text has no letter of that name")

    def text(self) -> str:
        """The whole line."""
        given = ", ".join(self._item(p) for p in self.given)
        several = self.show.op == "and" and _equivalent(self.show) is None
        show = self._within(self.show) if several else self._item(self.show)
        statement = f"{given} => {show}" if given else show
        return "; ".join([*self._declarations(), statement])

    # ------------------------------------------------------------ declarations
    def _declarations(self) -> Iterator[str]:
        """The dimensions, those with bounds at last and in their order, then letters by their types."""
        plain = [self._dimension(n) for n in self.nats if n not in self.least]
        dims = plain + [self._bounded(n, k) for n, k in self.least.items()]
        if dims:
            yield ", ".join(dims)
        for type_, group in groupby(sorted(self.letters, key=self._type), key=self._type):
            yield f"{', '.join(map(self._declared, group))}: {type_}"

    def _dimension(self, name: str) -> str:
        if name in self.families:
            return f"{name}[{self.dummy}]"
        return f"{name} >= 0" if name in self.sizes else name

    def _bounded(self, name: str, least: int) -> str:
        return name if least == 1 and name in self.sizes else f"{name} >= {least}"

    def _declared(self, decl: Decl) -> str:
        return f"{decl.name}[{self.dummy}]" if decl.indexed else decl.name

    def _type(self, decl: Decl) -> str:
        values = self._shape(decl.rows, decl.cols)
        return f"{', '.join(self._shape(r, c) for r, c in decl.domain)} -> {values}" if decl.domain else values

    def _shape(self, rows: Nat, cols: Nat) -> str:
        r, c = (nat_text(nat_substitute(n, {HOLE: nat(self.dummy)})) for n in (rows, cols))
        return f"{r} x {c}" if cols != ONE else r if rows != ONE else "scalar"

    # ------------------------------------------------------------ propositions
    def _item(self, p: Prop) -> str:
        """A hypothesis, or a conclusion; what the parser would take apart is in brackets."""
        either = _alternatives(p)
        if p.op in ("and", "implies") and _equivalent(p) is None and either is None:
            return f"({self._inside(p)})"
        return self._inside(p)

    def _inside(self, p: Prop) -> str:
        """All that can stand in brackets."""
        pair = _equivalent(p)
        if pair is not None:
            return " <=> ".join(map(self._within, pair))
        if p.op == "implies":
            return " => ".join(f"({self._inside(q)})" if q.op == "implies" else self._inside(q) for q in p.parts)
        return self._within(p)

    def _within(self, p: Prop) -> str:
        """What a quantifier can speak of without brackets: relations, and, or, other quantifiers."""
        either = _alternatives(p)
        if either is not None:
            return " or ".join(map(self._operand, either))
        if p.op == "and" and _equivalent(p) is None:
            return " and ".join(map(self._operand, p.parts))
        if p.op == "each":
            bound = nat_text(to_nat(p.bound))
            return f"for all {p.variables[0]} < {bound}: {self._within(p.parts[0])}"
        if p.op in ("forall", "exists"):
            return self._quantified(p)
        return self._operand(p)

    def _operand(self, p: Prop) -> str:
        """A part of a conjunction."""
        if p.op in SIGNS:
            left, right = map(self.expression, p.parts)
            return f"{left} {SIGNS[p.op]} {right}"
        if p.op == "not" and _alternatives(p) is None:
            return f"not ({self._inside(p.parts[0])})"
        return f"({self._inside(p)})"

    def _quantified(self, p: Prop) -> str:
        word = "for all" if p.op == "forall" else "exists"
        text = ""
        for typed, group in groupby(map(variable, p.variables), key=lambda v: isinstance(v, Decl)):
            if typed:
                names = [f"{self._declared(v)}: {self._type(v)}" for v in group if isinstance(v, Decl)]
            else:
                names = [self._entry(v) for v in group if isinstance(v, str)]
            text += f"{word} {', '.join(names)}. "
        return text + self._within(p.parts[0])

    def _entry(self, name: str) -> str:
        return name.replace("[]", f"[{self.dummy}]")

    # ------------------------------------------------------------ expressions
    def constant(self, e: Expression) -> str:
        """The identity, or the zero matrix, with its sizes where they are wanted."""
        if not self.sized:
            return super().constant(e)
        rows, cols = nat_text(e.n_rows), nat_text(e.n_cols)
        return f"I({rows})" if e.op == "identity" else f"zeros({rows}, {cols})"

    def letter(self, e: Expression) -> str:
        """A letter, or the sum or product over layers for which it stands."""
        found = self.recursions.get(e.data[0].name)
        if found is None or e.data[1] is None:
            return super().letter(e)
        count: Nat = e.data[1]
        back = _shifted(found.body, found.over, Difference(nat(found.over), ONE))
        if back is not None:
            return f"{found.kind}({found.over} = 1..{nat_text(count)}, {self.expression(back)})"
        last = Difference(count, ONE).nat
        end = nat_text(last) if last is not None else f"{nat_text(count)} - 1"
        return f"{found.kind}({found.over} = 0..{end}, {self.expression(found.body)})"


SIGNS = {"eq": "=", "ne": "!=", "le": "<=", "lt": "<"}


def _alternatives(p: Prop) -> list[Prop] | None:
    """p, q of "p or q", which is not (not p and not q)."""
    if p.op == "not" and p.parts[0].op == "and" and all(q.op == "not" for q in p.parts[0].parts):
        return [q.parts[0] for q in p.parts[0].parts]
    return None


def _equivalent(p: Prop) -> tuple[Prop, Prop] | None:
    """p, q of "p <=> q", which is (p => q) and (q => p) with the same p and q."""
    if p.op == "and" and len(p.parts) == 2 and all(q.op == "implies" for q in p.parts):
        one, two = p.parts
        if one.parts[0] is two.parts[1] and one.parts[1] is two.parts[0]:
            return one.parts  # type: ignore[no-any-return]
    return None


def _bounds(given: tuple[Prop, ...]) -> tuple[list[Prop], dict[str, int]]:
    """The hypotheses without those at their end that a declaration says, and what these say: k <= d."""
    rest, least = list(given), dict[str, int]()
    while rest:
        bound = _bound_of(rest[-1])
        if bound is None or bound[0] in least:
            break
        least = {bound[0]: bound[1], **least}
        rest.pop()
    return rest, least


def _bound_of(p: Prop) -> tuple[str, int] | None:
    if p.op == "le" and p.parts[0].op == "number" and p.parts[1].op == "nat":
        value, name = p.parts[0].data[0], str(p.parts[1].data[0])
        if value.denominator == 1 and 1 <= value <= LARGEST_SIZE and name.isidentifier():
            return name, int(value)
    return None


def _bound(p: Prop) -> Iterator[str | Decl]:
    """All variables that quantifiers in a proposition bind."""
    for v in map(variable, p.variables):
        yield v.removesuffix("[]") if isinstance(v, str) else v
    for q in p.parts:
        if isinstance(q, Prop):
            yield from _bound(q)


def _sizes(decls: tuple[Decl, ...]) -> Iterator[str]:
    """The dimensions that are sizes of letters."""
    for decl in decls:
        for n in (decl.rows, decl.cols, *(n for shape in decl.domain for n in shape)):
            yield from (name for mono, _ in n for name, index in mono if not index)


# ---------------------------------------------------------------- sums and products over layers
def _recursion(family: Family) -> _Recursion | None:
    """What a family sums or multiplies up, if it does."""
    if len(family.defined) != 2 or family.defined[1].op != "each":
        return None
    start, each = family.defined
    first, step, index = start.parts[1], each.parts[0].parts[1], str(each.variables[0])
    last = family[nat(index)]
    if step.op == "add" and step.parts[0] == last and is_zero(first):
        kind, parts = "sum", step.parts[1:]
    elif step.op == "mul" and step.parts[-1] == last and first.op == "identity":
        kind, parts = "prod", step.parts[:-1]
    else:
        return None
    body = parts[0]
    for part in parts[1:]:
        body = body + part if kind == "sum" else body * part
    if any(e.op == "letter" and e.data[0] == family.decl for e in walk(body)):
        return None
    return _Recursion(kind, index, body)


def _shifted(e: Expression, index: str, image: Difference) -> Expression | None:
    """The expression at another index; None where an index would be negative."""

    def at(n: Nat) -> Nat | None:
        found = replaced(n, index, image)
        return None if found is None else found.nat

    parts = [_shifted(p, index, image) for p in e.parts]
    if any(p is None for p in parts):
        return None
    inside: list[Any] = parts
    if e.op == "letter":
        decl, place = e.data
        if place is None:
            return Opaque(decl)(*inside) if inside else e
        new = at(place)
        if new is None:
            return None
        return Opaque(decl, new)(*inside) if inside else Family(decl)[new]
    if e.op in ("identity", "zero"):
        rows, cols = at(e.n_rows), at(e.n_cols)
        if rows is None or cols is None:
            return None
        return Identity(rows) if e.op == "identity" else ZeroMatrix(rows, cols)
    if e.op == "number":
        return e
    if e.op == "nat":
        value = at(e.data[0])
        return None if value is None else lift(value)
    if e.op == "T":
        return parts[0] and parts[0].T
    if e.op in ("trace", "rank"):
        return Trace(inside[0]) if e.op == "trace" else rank(inside[0])
    total = inside[0]
    for part in inside[1:]:
        total = total + part if e.op == "add" else total * part
    return total  # type: ignore[no-any-return]
