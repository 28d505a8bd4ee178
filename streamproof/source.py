"""Statements and values as Python source that makes them again."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import formal.statement
from formal.claims import Claim
from formal.kernel.ground import Surd
from formal.kernel.terms import FAMILY, HOLE, Decl, Nat, nat_names
from formal.statement.elaborate import variable
from formal.statement.language import Expression, Family, Prop, to_nat

RELATIONS = {"eq": "Eq", "ne": "Ne", "le": "Le", "lt": "Lt"}
JOINED = {"not": "Not", "and": "And", "implies": "Implies"}
TAKEN = {*formal.statement.__all__, *keyword.kwlist, "claim", "Fraction", "Surd", "table", "assert_refuted", "i_"}


def statement_source(claim: Claim) -> tuple[list[str], list[str]]:
    """Lines that declare the letters of a statement, and the arguments of `claim(..)` that states it.

    >>> from formal.claims import claim
    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> lines, arguments = statement_source(claim("A title", given=[Eq(W*V, Identity(m))], show=m <= d))
    >>> print("\\n".join(lines))
    d, m = dims("d m")
    V = matrix("V", d, m)
    W = matrix("W", m, d)
    >>> arguments
    ['"A title"', 'given=[Eq(W*V, Identity(m))]', 'show=Le(m, d)']
    """
    return _Source(claim).written()


def used_names(source: str) -> list[str]:
    """The names of the language of statements that a piece of source uses."""
    return sorted(set(re.findall(r"\w+", source)) & set(formal.statement.__all__))


class _Source:
    """A statement with the Python names of its variables, each of which is declared when it is met."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.names: dict[str | Decl, str] = {}

    def written(self) -> tuple[list[str], list[str]]:
        claim = self.claim
        for v in claim.variables:
            self.name(v)
        families = [self.recursion(fam) for fam in claim.where]
        given = f"given=[{', '.join(map(self.prop, claim.given))}]" if claim.given else ""
        where = f"where=[{', '.join(self.name(f.decl) for f in claim.where)}]" if claim.where else ""
        title = text_source(claim.title) if claim.title else ""
        parts = [title, where, given, f"show={self.prop(claim.conclusion)}"]
        return [*self.declarations({f.decl for f in claim.where}), *families], [p for p in parts if p]

    def name(self, v: str | Decl) -> str:
        """The Python name of a variable: its own, if that is free and means nothing else."""
        if v not in self.names:
            own = v.removesuffix(FAMILY) if isinstance(v, str) else v.name
            taken = {*TAKEN, *self.names.values()}
            while own in taken:
                own += "_"
            self.names[v] = own
        return self.names[v]

    # ------------------------------------------------------------ declarations
    def declarations(self, computed: set[Decl]) -> list[str]:
        lines: dict[str | Decl, str] = {}
        while len(lines) < len(self.names):  # the type of a letter may name a dimension that nothing else names
            for v in [v for v in self.names if v not in lines]:
                lines[v] = self.declaration(v)
        plain = [v for v in lines if isinstance(v, str) and not v.endswith(FAMILY)]
        names, originals = ", ".join(map(self.name, plain)), " ".join(plain)
        dims = [f'{names} = dims("{originals}")'] if plain else []
        families = [line for v, line in lines.items() if isinstance(v, str) and v not in plain]
        return [*dims, *families, *(line for v, line in lines.items() if isinstance(v, Decl) and v not in computed)]

    def declaration(self, v: str | Decl) -> str:
        name = self.name(v)
        if isinstance(v, str):
            return f'{name} = dim_family("{v.removesuffix(FAMILY)}")'
        rows, cols = self.size(v.rows), self.size(v.cols)
        if v.domain:
            ((r, c),) = v.domain
            indexed = ", indexed=True" if v.indexed else ""
            return f'{name} = opaque("{v.name}", ({self.size(r)}, {self.size(c)}), ({rows}, {cols}){indexed})'
        if v.indexed:
            return f'{name} = family("{v.name}", {rows}, {cols})'
        if (rows, cols) == ("1", "1"):
            return f'{name} = scalars("{v.name}")'
        return f'{name} = vector("{v.name}", {rows})' if cols == "1" else f'{name} = matrix("{v.name}", {rows}, {cols})'

    def size(self, n: Nat) -> str:
        """A size; one that depends on the index of a family is a function of it."""
        return f"lambda i_: {self.nat(n)}" if HOLE in nat_names(n) else self.nat(n)

    def recursion(self, fam: Family) -> str:
        start, each = fam.defined
        name, step = self.name(fam.decl), each.parts[0].parts[1]
        index, depth = self.name(each.variables[0].name), self.nat(to_nat(each.bound))
        sizes = f"rows={self.size(fam.decl.rows)}, cols={self.size(fam.decl.cols)}"
        parts = [f'"{fam.decl.name}"', index, depth, self.expression(start.parts[1])]
        return f"{name} = define({', '.join(parts)}, lambda {index}, {name}: {self.expression(step)}, {sizes})"

    # ------------------------------------------------------------ dimensions, expressions, propositions
    def nat(self, n: Nat) -> str:
        parts = []
        for mono, c in sorted(n, key=lambda part: not part[0]):
            factors = [self._factor(name, index) for name, index in mono]
            parts.append("*".join([str(c)] * (c != 1 or not mono) + factors))
        return " + ".join(parts) or "0"

    def _factor(self, name: str, index: tuple[Nat, ...]) -> str:
        if index:
            return f"{self.name(name + FAMILY)}[{self.nat(index[0])}]"
        return "i_" if name == HOLE else self.name(name)

    def expression(self, e: Expression) -> str:
        if e.op == "letter":
            decl, at = e.data
            index = "" if at is None else f"[{self.nat(at)}]"
            return self.name(decl) + index + (f"({', '.join(map(self.expression, e.parts))})" if e.parts else "")
        if e.op == "identity":
            return f"Identity({self.nat(e.n_rows)})"
        if e.op == "zero":
            return f"ZeroMatrix({self.nat(e.n_rows)}, {self.nat(e.n_cols)})"
        if e.op == "number":
            return number_source(e.data[0], "Fraction({}, {})")
        if e.op == "nat":
            return self.nat(e.data[0])
        if e.op == "add":
            return " + ".join(map(self.expression, e.parts)).replace("+ -", "- ")
        if e.op == "mul":
            negative = e.parts[0].op == "number" and e.parts[0].data[0] == -1
            return "-" * negative + "*".join(map(self._operand, e.parts[negative:]))
        inner = e.parts[0]
        if e.op == "T":  # a number and a dimension have no .T, and need none
            return self._operand(inner) + (".T" if inner.op not in ("number", "nat") else "")
        return f"{e.op.replace('trace', 'Trace')}({self.expression(inner)})"

    def _operand(self, e: Expression) -> str:
        text = self.expression(e)
        return f"({text})" if not re.fullmatch(r"[\w.]+(\[[^\[\]]*\])?|\w+\([^()]*\)", text) else text

    def prop(self, p: Prop) -> str:
        if p.op in RELATIONS:
            left, right = p.parts
            zero = right.op == "zero" and left.op != "zero"
            return f"{RELATIONS[p.op]}({self.expression(left)}, {'0' if zero else self.expression(right)})"
        parts = list(map(self.prop, p.parts))
        if p.op in JOINED:
            return f"{JOINED[p.op]}({', '.join(parts)})"
        if p.op == "each":
            return f"Each({self.name(p.variables[0].name)}, {self.nat(to_nat(p.bound))}, {parts[0]})"
        bound = [self.name(variable(v)) for v in p.variables]
        listed = bound[0] if len(bound) == 1 else f"({', '.join(bound)})"
        return f"{'ForAll' if p.op == 'forall' else 'Exists'}({listed}, {parts[0]})"


# ---------------------------------------------------------------- values
def text_source(text: str) -> str:
    """Text as a literal, in double quotes where they need no backslash."""
    source = repr(text)
    return f'"{source[1:-1]}"' if source[0] == "'" and '"' not in source else source


def number_source(x: Any, fraction: str = '"{}/{}"') -> str:
    """An exact number as a witness takes it."""
    if isinstance(x, Surd):
        inner = ", ".join(number_source(part, "Fraction({}, {})") for part in (x.a, x.b, x.square))
        return f"Surd({x.level}, {inner})"
    q = Fraction(x)
    return str(q) if q.denominator == 1 else fraction.format(q.numerator, q.denominator)


def matrix_source(m: Iterable[Iterable[Any]]) -> str:
    """Nested lists.

    >>> matrix_source(((1, Fraction(1, 2)), (0, -1)))
    '[[1, "1/2"], [0, -1]]'
    """
    return "[" + ", ".join("[" + ", ".join(map(number_source, row)) + "]" for row in m) + "]"


def witness_source(claim: Claim) -> str:
    """The witness of a claim as a dict; a map is a table of the points where the statement asks for it."""
    at, values = claim.instance(), claim.witness or {}
    entries = {}
    for name, value in {**at.nats, **at.letters}.items():
        if name in at.calls:
            entries[name] = _map_source(at.calls[name])
        elif name in values:
            entries[name] = _value_source(value)
    return "{" + ", ".join(f'"{name}": {text}' for name, text in entries.items()) + "}"


def _value_source(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{i}: {_value_source(v)}" for i, v in sorted(value.items()) if not callable(v)) + "}"
    return matrix_source(value)


def _map_source(calls: Mapping[Any, Any]) -> str:
    tables: dict[int | None, list[str]] = {}
    for (index, arguments), result in calls.items():
        point = ", ".join(map(matrix_source, arguments))
        tables.setdefault(index, []).append(f"({point}, {matrix_source(result)})")
    texts = {index: f"table({', '.join(rows)})" for index, rows in tables.items()}
    if None in texts:
        return texts[None]
    return "{" + ", ".join(f"{i}: {text}" for i, text in sorted(texts.items(), key=lambda item: item[0] or 0)) + "}"
