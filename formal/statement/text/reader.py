"""The nodes of a text as a statement: declarations, hypotheses, a conclusion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from ...kernel.terms import HOLE, ONE, ZERO, Nat, nat
from ..errors import StatementError, TextError
from ..language import (
    And,
    Each,
    Eq,
    Exists,
    Family,
    ForAll,
    Iff,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    Or,
    Prop,
    dim_family,
    dims,
    family,
    from_nat,
    lift,
    matrix,
    opaque,
)
from .scope import LARGEST_SIZE, SCALARS, Difference, Meaning, Scope, natural, number
from .syntax import Node, Source, read
from .terms import Terms
from .unfold import Unfolder, relations
from .unnamed import Unnamed


class Type(NamedTuple):
    """rows x cols, or of a map its values; then `domain` is the shape of its argument."""

    rows: Nat
    cols: Nat
    domain: tuple[Nat, Nat] | None = None


class Reader:
    """Reads one text."""

    def __init__(self, text: str) -> None:
        self.source = Source(text)
        self.declarations, self.statement = read(self.source)
        self.unnamed = Unnamed(set(re.findall(r"[A-Za-z]\w*", text, re.ASCII)))
        self.terms = Terms(self.source, self.unnamed)
        self.scope = Scope(self.source)
        self.least: dict[str, int] = {}  # what was declared of dimensions: they are at least this
        self.sizes: set[str] = set()  # the dimensions that are sizes of letters
        self._quantifiers: dict[str, Callable[[Node, Scope], Prop]] = {
            "quantified": self._quantified,
            "below": self._below,
            "between": self._between,
            "throughout": self._throughout,
        }

    def read(self) -> tuple[tuple[Prop, ...], Prop, tuple[Family, ...]]:
        """What is given, what is to be shown, and the families that are defined by recursion."""
        for node in self.declarations:
            self._dimensions(node)
        for node in self.declarations:
            self._letters(node)
        *before, last = self.statement.parts
        given = [q for segment in before for p in segment.parts for q in self._hypotheses(p)]
        show = And(*(self.prop(p, self.scope) for p in last.parts))
        return (*given, *self.unnamed.equations, *self._bounds()), show, self.unnamed.where

    def _hypotheses(self, node: Node) -> list[Prop]:
        """One hypothesis for each link of a chain, and for each part of a conjunction that is in no brackets."""
        if node.kind == "conjunction":
            return [q for p in node.parts for q in self._hypotheses(p)]
        if node.kind == "relation":
            return [self._unfolded(link, self.scope) for link in relations(node)]
        return [self.prop(node, self.scope)]

    def _bounds(self) -> list[Prop]:
        """That a dimension is not 0, unless it was said that it may be: depths and indices may."""
        found = []
        for name, meaning in self.scope.known.items():
            if meaning.kind == "dimension":
                least = self.least.get(name, int(name in self.sizes))
                if least:
                    found.append(Le(least, lift(meaning.value)))
        return found

    # ------------------------------------------------------------ declarations
    def _dimensions(self, node: Node) -> None:
        last = node.parts[-1]
        if last.kind == "type":
            return
        for item in node.parts:
            if len(item.words) > 1 and item.signs[1] == "NAME":
                self.scope.declare(item.text, Meaning("dimensions", dim_family(item.text), item.at))
                if "GE" in item.signs:
                    self.source.fail(item.at, f"bounds are for single dimensions; {item.text}[l] may be 0")
                continue
            self.scope.declare(item.text, Meaning("dimension", nat(item.text), item.at))
            if "GE" in item.signs:
                self.least[item.text] = number(item.words[-1], item.marks[-1], self.source, LARGEST_SIZE, "dimension")

    def _letters(self, node: Node) -> None:
        *items, type_ = node.parts
        if type_.kind != "type":
            return
        for item in items:
            if "GE" in item.signs:
                self.source.fail(item.at, "only dimensions have bounds; write this as a hypothesis")
            index = item.words[1] if len(item.words) > 1 else ""
            of = self._type(type_, self._indexed(item, index, self.scope))
            self._declare(item, index, of, self.scope, False)

    def _indexed(self, item: Node, index: str, scope: Scope) -> Scope:
        """A scope for the type of T[l], where l is the place of the index."""
        if not index:
            return scope
        inside = scope.inner()
        inside.declare(index, Meaning("dimension", nat(HOLE), item.marks[1], index=index))
        return inside

    def _type(self, node: Node, scope: Scope) -> Type:
        shapes = [self._shape(s, scope) for s in node.parts]
        for n in (n for shape in shapes for n in shape):
            self.sizes |= {name for mono, _ in n for name, index in mono if not index}
        return Type(*shapes[0]) if len(shapes) == 1 else Type(*shapes[1], shapes[0])

    def _shape(self, node: Node, scope: Scope) -> tuple[Nat, Nat]:
        first = node.parts[0]
        if len(node.parts) == 1 and first.kind == "name" and first.text in SCALARS:
            return ONE, ONE
        rows, *cols = (natural(p, scope) for p in node.parts)
        return rows, cols[0] if cols else ONE

    def _declare(self, item: Node, index: str, of: Type, scope: Scope, bound: bool) -> Any:
        """Give a letter its meaning; returns it."""
        kind = "letter" if of.domain is None else "map"
        if index:
            kind = {"letter": "family", "map": "maps"}[kind]
        scope.declare(item.text, Meaning(kind, None, item.at, bound))
        made: Any
        if of.domain is not None:
            made = opaque(item.text, of.domain, (of.rows, of.cols), indexed=bool(index))
        else:
            made = (family if index else matrix)(item.text, of.rows, of.cols)
        scope.known[item.text] = Meaning(kind, made, item.at, bound)
        return made

    # ------------------------------------------------------------ propositions
    def prop(self, node: Node, scope: Scope) -> Prop:
        """A proposition."""
        if node.kind == "relation":
            return And(*(self._unfolded(link, scope) for link in relations(node)))
        if node.kind in self._quantifiers:
            return self._quantifiers[node.kind](node, scope)
        parts = [self.prop(p, scope) for p in node.parts]
        if node.kind == "denial":
            return Not(parts[0])
        if node.kind == "equivalence":
            return Iff(*parts)
        if node.kind == "implication":
            result = parts[-1]
            for p in reversed(parts[:-1]):
                result = Implies(p, result)
            return result
        return Or(*parts) if node.kind == "disjunction" else And(*parts)

    def _unfolded(self, link: Node, scope: Scope) -> Prop:
        def natural_(name: str) -> bool:
            return name in scope.known and scope.known[name].kind == "dimension"

        return self._simple(Unfolder(self.source, natural_).unfold(link), scope)

    def _simple(self, node: Node, scope: Scope) -> Prop:
        """A relation, or what min and max in it unfold to."""
        if node.kind != "relation":
            parts = [self._simple(p, scope) for p in node.parts]
            return Not(parts[0]) if node.kind == "denial" else (Or if node.kind == "disjunction" else And)(*parts)
        sign = node.signs[0]
        left, right = self.terms.read(node.parts, scope, sign not in ("EQ", "NE"))
        try:
            if sign in ("GE", "GT"):
                return (Le if sign == "GE" else Lt)(right, left)
            return {"EQ": Eq, "NE": Ne, "LE": Le, "LT": Lt}[sign](left, right)
        except TextError:
            raise
        except StatementError as e:
            self.source.fail(node.at, str(e), e.op, e.parts)

    # ------------------------------------------------------------ quantifiers
    def _quantified(self, node: Node, scope: Scope) -> Prop:
        *binders, body = node.parts
        inside = scope.inner()
        variables: list[Any] = []
        types: list[Node | None] = []
        for binder in reversed(binders):  # in "x, y: d" the type of y is that of x
            types.append(binder.parts[0] if binder.parts else types[-1] if types else None)
        for binder, type_ in zip(binders, reversed(types), strict=True):
            variables.append(self._variable(binder, type_, inside))
        quantify = ForAll if node.signs[0] == "FORALL" else Exists
        return quantify(tuple(variables), self.prop(body, inside))

    def _variable(self, binder: Node, type_: Node | None, scope: Scope) -> Any:
        index = binder.words[1] if len(binder.words) > 1 else ""
        if type_ is None:
            meaning = Meaning("dimension", nat(binder.text), binder.at, True)
            if index:
                meaning = Meaning("dimensions", dim_family(binder.text), binder.at, True)
            scope.declare(binder.text, meaning)
            return dim_family(binder.text) if index else dims(binder.text)
        of = self._type(type_, self._indexed(binder, index, scope))
        return self._declare(binder, index, of, scope, True)

    def _below(self, node: Node, scope: Scope) -> Prop:
        *binders, limit, body = node.parts
        for binder in binders:
            if binder.parts or len(binder.words) > 1:
                self.source.fail(binder.at, f"write for all {binder.text} < L: with an index and its bound")
        bound = natural(limit, scope, "bound")
        if node.signs[-1] == "LE":
            bound = (Difference(bound) + Difference(ONE)).plus
        return self._each([(b.text, b.at) for b in binders], ZERO, bound, node, body, scope)

    def _between(self, node: Node, scope: Scope) -> Prop:
        limit, body = node.parts
        low, name = node.words[1], node.words[3]
        start = number(low, node.marks[1], self.source, LARGEST_SIZE, "index") + (node.signs[2] == "LT")
        high = Difference(natural(limit, scope, "bound")) + Difference(nat(int(node.signs[4] == "LE")), nat(start))
        if high.nat is None:
            self.source.fail(node.marks[3], f"how many {name} there are may be negative")
        return self._each([(name, node.marks[3])], nat(start), high.nat, node, body, scope)

    def _throughout(self, node: Node, scope: Scope) -> Prop:
        range_, body = node.parts
        inside, index, count = self.terms.ranging(range_, scope)
        return Each(dims(index), from_nat(count), self.prop(body, inside))

    def _each(self, names: list[tuple[str, int]], start: Nat, count: Nat, node: Node, body: Node, scope: Scope) -> Prop:
        """For all indices, or for some, that run from `start` through `count` values."""
        inside = scope
        for name, at in names:
            inside = self.terms.running(name, at, count, inside, start)
        result = self.prop(body, inside)
        for name, _ in reversed(names):
            if node.signs[0] == "FORALL":
                result = Each(dims(name), from_nat(count), result)
            else:
                result = Exists(dims(name), And(Lt(dims(name), lift(count)), result))
        return result
