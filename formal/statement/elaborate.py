"""From statements to the kernel's terms and propositions. Everything is type-checked a second time on the way."""

from __future__ import annotations

from typing import Any

from ..kernel import props, terms
from ..kernel.props import Variable
from ..kernel.terms import FAMILY, ONE, Term
from .errors import StatementError
from .language import DimFamily, Expression, Family, Opaque, Prop, to_nat


def elaborate(e: Expression) -> Term:
    """The kernel term of an expression.

    >>> from formal.statement import dims, matrix, Identity
    >>> from formal.kernel.terms import term_text
    >>> d = dims("d"); S = matrix("S", d, d); I = Identity(d)
    >>> term_text(elaborate((I + S)*(I - S)))
    'I - S S'
    """
    if e.term is None:  # statements share many of their parts
        e.term = _elaborate(e)
    known: Term = e.term
    return known


def _elaborate(e: Expression) -> Term:
    parts = e.parts
    if e.op == "letter":
        decl, at = e.data
        return terms.letter(decl, at, tuple(map(elaborate, parts)))
    if e.op == "identity":
        return terms.identity(e.n_rows)
    if e.op == "zero":
        return terms.zeros(e.n_rows, e.n_cols)
    if e.op == "number":
        value = e.data[0]
        return terms.number(int(value) if value.denominator == 1 else value)
    if e.op == "nat":
        return terms.scalar(e.data[0])
    if e.op == "T":
        return terms.transpose(elaborate(parts[0]))
    if e.op == "trace":
        return terms.trace(elaborate(parts[0]))
    if e.op == "rank":
        return terms.rank(elaborate(parts[0]))
    total = elaborate(parts[0])
    for part in parts[1:]:
        other = elaborate(part)
        total = terms.add(total, other) if e.op == "add" else _product(total, other)
    return total


def _product(a: Term, b: Term) -> Term:
    if a.cols != b.rows:  # the language allows this for scalars only
        if a.rows == ONE == a.cols:
            return terms.scale(a, b)
        if b.rows == ONE == b.cols:
            return terms.scale(b, a)
    return terms.multiply(a, b)


def variable(v: Any) -> Variable:
    """The kernel variable of a letter, a family, a map or a dimension."""
    if isinstance(v, Family | Opaque):
        return v.decl
    if isinstance(v, DimFamily):
        return v.name + FAMILY
    if isinstance(v, Expression):
        if v.op != "letter" or v.parts or v.data[1] is not None:
            raise StatementError(f"{v} is not a variable")
        return v.data[0]  # type: ignore[no-any-return]
    n = to_nat(v)
    if str(n) != getattr(v, "name", None):
        raise StatementError(f"{v} is not a variable")
    return str(n)


def elaborate_prop(p: Prop) -> props.Prop:
    """The kernel proposition of a statement."""
    if p.op in ("eq", "ne", "le", "lt"):
        a, b = map(elaborate, p.parts)
        if p.op == "le":
            return props.at_least(b, a)
        if p.op == "lt":
            return props.greater(b, a)
        return props.equal(a, b) if p.op == "eq" else props.negation(props.equal(a, b))
    inner = [elaborate_prop(q) for q in p.parts]
    if p.op == "and":
        return props.conjunction(*inner)
    if p.op == "not":
        return props.negation(inner[0])
    if p.op == "implies":
        return props.implication(*inner)
    if p.op == "each":
        (index,) = map(variable, p.variables)
        if not isinstance(index, str):
            raise StatementError(f"{index.name} is not an index")
        below = terms.subtract(terms.scalar(to_nat(p.bound)), terms.scalar(terms.nat_sum(terms.nat(index), ONE)))
        return props.for_all(index, props.implication(props.Prop(("ge", below)), inner[0]))
    quantify = props.for_all if p.op == "forall" else props.exists
    for v in reversed(p.variables):
        inner[0] = quantify(variable(v), inner[0])
    return inner[0]
