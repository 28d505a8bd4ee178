"""What the names of a text mean, and natural numbers made of them: sizes, indices, depths."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...kernel.terms import FAMILY, ONE, ZERO, Nat, nat, nat_product, nat_sum
from .syntax import DIGITS, Node, Source

FUNCTIONS = {
    "I": "I(n)",
    "zeros": "zeros(m, n)",
    "rank": "rank(A)",
    "tr": "tr(A)",
    "trace": "trace(A)",
    "Tr": "Tr(A)",
    "inner": "inner(x, y)",
    "norm2": "norm2(A)",
    "min": "min(a, b)",
    "max": "max(a, b)",
    "sum": "sum(l = 1..L, T[l])",
    "prod": "prod(l = 1..L, T[l])",
}
ELSEWHERE = {
    "norm": "the norm has a square in it: write norm2(A) for its square",
    "abs": "write a*a, or hypotheses for each sign",
    "sqrt": "write a letter s with the hypotheses s^2 = a, s >= 0",
    "inv": "an inverse is a letter with hypotheses, such as B with A*B = I and B*A = I",
    "inverse": "an inverse is a letter with hypotheses, such as B with A*B = I and B*A = I",
    "pinv": "a pseudo-inverse is a letter B with A*B*A = A, B*A*B = B, (A*B)' = A*B, (B*A)' = B*A",
    "det": "determinants are not in the language",
    "transpose": "write A'",
    "dot": "write inner(x, y)",
    "eye": "write I, or I(n)",
    "identity": "write I, or I(n)",
    "Identity": "write I, or I(n)",
    "diag": "write blocks, [A, 0; 0, B]",
    "Rank": "write rank(A)",
    "Trace": "write tr(A)",
}
SCALARS = ("scalar", "scalars", "real", "reals")  # types, in place of a size
KINDS = {
    "dimension": "a dimension",
    "dimensions": "a family of dimensions",
    "letter": "a matrix",
    "family": "a family of matrices",
    "map": "a map",
    "maps": "a family of maps",
}
NAME = 40  # characters
POWER_OF_SIZES, TERMS_OF_SIZES, LARGEST_SIZE = 10, 100, 1000


@dataclass(frozen=True)
class Meaning:
    """What a name stands for, and where it was declared.

    value: the natural number, the expression, the family or the map. bound: by a quantifier, sum or prod. index: of an
    index, the variable that runs from 0, of which `value` is a shift, and the number `below` which it stays.
    """

    kind: str
    value: Any
    at: int
    bound: bool = False
    index: str = ""
    below: Nat | None = None

    @property
    def names(self) -> frozenset[str]:
        """How the kernel calls it, where it is free in a term."""
        if self.kind == "dimension":
            return frozenset([self.index or str(self.value)])
        if self.kind == "dimensions":
            return frozenset([self.value.name + FAMILY])
        decl = self.value.data[0] if self.kind == "letter" else self.value.decl
        return frozenset([decl.tag])


class Scope:
    """The names that can be used at a place of the text."""

    def __init__(self, source: Source, known: dict[str, Meaning] | None = None, ended: dict[str, int] | None = None):
        self.source = source
        self.known = {} if known is None else known
        self.ended = {} if ended is None else ended  # names that were bound elsewhere

    def inner(self) -> Scope:
        """A scope for what a quantifier binds: it knows all of this, and leaves this as it is."""
        return Scope(self.source, dict(self.known), self.ended)

    def declare(self, name: str, meaning: Meaning) -> None:
        """Give a name its meaning. An index may have the name of a dimension, no name else stands for two things."""
        if name in FUNCTIONS or name in SCALARS:
            what = FUNCTIONS.get(name, f"c: {name}")
            self.source.fail(meaning.at, f"{name} has a meaning already, as in {what}: choose another name")
        _check_length(name, meaning.at, self.source)
        other = self.known.get(name)
        hides = meaning.index and other and other.kind == "dimension" and not other.bound
        if other and not hides:
            self.source.fail(
                meaning.at, f"{name} is declared twice: it is {KINDS[other.kind]} already, see column {other.at + 1}"
            )
        self.known.pop(name, None)  # the order of names is that of their declarations
        self.known[name] = meaning
        if meaning.bound:
            self.ended[name] = meaning.at

    def bound(self) -> Iterator[Meaning]:
        """What is bound here, the innermost first."""
        return (m for m in reversed(self.known.values()) if m.bound)

    def look(self, name: str, at: int, what: str = "") -> Meaning:
        """The meaning of a name, for use as such. Raises TextError with a near match where it has none."""
        found = self.known.get(name)
        if found is None:
            _check_length(name, at, self.source)
            self.source.fail(at, f"{name} is not declared{self._advice(name, what)}")
        return found

    def _advice(self, name: str, what: str) -> str:
        if name in self.ended:
            return (
                f" here: it is bound at column {self.ended[name] + 1}, which reaches up to a comma or => only; "
                "put what it speaks of in brackets"
            )
        if name in ELSEWHERE:
            return f": {ELSEWHERE[name]}"
        letters = _factors(name, {x for x, m in self.known.items() if m.kind in ("letter", "dimension")} | {"I"})
        if len(letters) > 1:
            return f"; if the product of {' and '.join(letters)} is meant, write {'*'.join(letters)}"
        near = [x for x in self.known if x.lower() == name.lower()]
        if len(name) > 1:
            near += difflib.get_close_matches(name, [x for x in (*self.known, *FUNCTIONS) if len(x) > 1], 1, 0.6)
        if near:
            return f"; did you mean {near[0]}?"
        if what == "index":
            return f": say for all {name} < L: .., or declare it among the dimensions"
        return ": before the statement, declare dimensions as in d, m; and letters as in W: m x d;"


def _check_length(name: str, at: int, source: Source) -> None:
    if len(name) > NAME:
        source.fail(at, f"this name has {len(name)} characters, {NAME} are the limit")


def _factors(name: str, known: set[str], most: int = 6) -> list[str]:
    """A name as known names one behind the other, the longest first: W, V for WV."""
    if not name or not most:
        return []
    for i in range(len(name), 0, -1):
        head, rest = name[:i], name[i:]
        if head in known:
            if not rest:
                return [head]
            others = _factors(rest, known, most - 1)
            if others:
                return [head, *others]
    return []


# ---------------------------------------------------------------- natural numbers
class Difference(NamedTuple):
    """plus - minus, of two natural numbers."""

    plus: Nat
    minus: Nat = ZERO

    def __add__(self, other: Any) -> Difference:
        return Difference(nat_sum(self.plus, other.plus), nat_sum(self.minus, other.minus))

    def __neg__(self) -> Difference:
        return Difference(self.minus, self.plus)

    def __mul__(self, other: Any) -> Difference:
        return Difference(
            nat_sum(nat_product(self.plus, other.plus), nat_product(self.minus, other.minus)),
            nat_sum(nat_product(self.plus, other.minus), nat_product(self.minus, other.plus)),
        )

    @property
    def nat(self) -> Nat | None:
        """The natural number that it is, if no sign of its terms is negative."""
        poly = dict(self.plus)
        for mono, c in self.minus:
            poly[mono] = poly.get(mono, 0) - c
        if any(c < 0 for c in poly.values()):
            return None
        return Nat(sorted((mono, c) for mono, c in poly.items() if c))


def natural(node: Node, scope: Scope, what: str = "size") -> Nat:
    """The natural number of a node: a sum of products of numbers and dimensions. Raises TextError for anything else."""
    found = difference(node, scope, what).nat
    if found is None:
        shift = "; shift the index, as in T[l + 1] for all l < L" if what == "index" else ""
        scope.source.fail(node.at, f"this {what} may be negative{shift}")
    return found


def difference(node: Node, scope: Scope, what: str) -> Difference:
    """The difference of natural numbers that a node says."""
    source = scope.source
    if node.kind == "number":
        return Difference(nat(number(node.text, node.at, source, LARGEST_SIZE, what)))
    if node.kind in ("name", "entry"):
        return Difference(_variable(node, scope, what))
    if node.kind == "negative":
        return -difference(node.parts[0], scope, what)
    if node.kind in ("sum", "product") and "SLASH" not in node.signs:
        total = difference(node.parts[0], scope, what)
        for sign, part in zip(node.signs, node.parts[1:], strict=True):
            other = difference(part, scope, what)
            total = total * other if sign == "STAR" else total + (-other if sign == "MINUS" else other)
            _bounded(total, node, source)
        return total
    if (node.kind == "power" and node.parts[1].kind == "number") or node.kind == "square":
        base, times = difference(node.parts[0], scope, what), power_of(node, source, POWER_OF_SIZES)
        total = Difference(ONE)
        for _ in range(times):
            total = total * base
            _bounded(total, node, source)
        return total
    source.fail(node.at, f"this cannot be {_a(what)}: sums of products of numbers and dimensions can")


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


def _bounded(value: Difference, node: Node, source: Source) -> None:
    if len(value.plus) + len(value.minus) > TERMS_OF_SIZES:
        source.fail(node.at, f"this has more than {TERMS_OF_SIZES} terms when it is multiplied out")


def _variable(node: Node, scope: Scope, what: str) -> Nat:
    meaning = scope.look(node.text, node.at, what)
    indexed = node.kind == "entry"
    if meaning.kind == "dimension" and not indexed:
        return meaning.value  # type: ignore[no-any-return]
    if meaning.kind == "dimensions" and indexed:
        return nat(node.text, index_of(node, scope))
    if meaning.kind == "dimensions":
        scope.source.fail(node.at, f"{node.text} is a family of dimensions: write {node.text}[l]")
    if meaning.kind == "dimension":
        scope.source.fail(node.at, f"{node.text} is one dimension, not a family: declare it as {node.text}[l]")
    scope.source.fail(node.at, f"{node.text} is {KINDS[meaning.kind]}, where {_a(what)} is needed")


def index_of(node: Node, scope: Scope) -> Nat:
    """The index of an entry such as T[l + 1]."""
    if len(node.parts) > 1:
        scope.source.fail(
            node.parts[1].at, "entries of a matrix are not in the language: write e'*A*f with vectors e and f"
        )
    return natural(node.parts[0], scope, "index")


def number(text: str, at: int, source: Source, most: int, what: str) -> int:
    """The natural number that is written here."""
    if "." in text or len(text) > DIGITS or int(text) > most:
        source.fail(at, f"{text} cannot be {_a(what)}: natural numbers can, up to {most}")
    return int(text)


def power_of(node: Node, source: Source, most: int) -> int:
    """The exponent of a power, a number."""
    if node.kind == "square":
        return 2
    return number(node.parts[1].text, node.parts[1].at, source, most, "power")


def replaced(n: Nat, name: str, image: Difference) -> Difference | None:
    """n at another value of the dimension or index of this name; None where an index would be negative."""
    total = Difference(ZERO)
    for mono, c in n:
        product = Difference(nat(c))
        for variable, at in mono:
            index = [replaced(i, name, image) for i in at]
            value = image if not at and variable == name else None
            if value is None:
                places = tuple(i.nat if i is not None else None for i in index)
                if None in places:
                    return None
                value = Difference(Nat(((((variable, places),), 1),)))
            product = product * value
        total += product
    return total
