"""Find matrices that solve equations: combinations of words, with coefficients from a linear system.

An unknown X is put as a sum of c_w w over the words w of its type in the letters at hand. Each equation, brought to its
normal form by what is known, must then vanish monomial by monomial, which is a linear system for the c_w.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Any

from ..kernel.rules import Theorem
from ..kernel.terms import (
    Decl,
    Letter,
    Number,
    Substitution,
    Term,
    add,
    identity,
    number,
    scale,
    split,
    substitute,
    subtract,
    zeros,
)
from .deadline import tick
from .ideal import Completed, Limits, add_into
from .shapes import letters_of, words_of_type
from .simplex import whole

LIMITS = Limits(rules=80, overlaps=300, steps=2000, degree=12)


def solutions(
    unknowns: Sequence[Decl],
    equations: Sequence[Term],
    facts: Sequence[Theorem],
    letters: Sequence[Letter],
    length: int,
    scalars: Sequence[Term] = (),
) -> Iterator[dict[Decl, Term]]:
    """Values of the unknowns at which all equations hold by the facts, as far as such are found.

    Linear equations are solved; for others, the words themselves are tried, and the identity minus them.
    """
    words = {x: _scaled(words_of_type(letters, x.rows, x.cols, length), scalars) for x in unknowns}
    reduce = Completed(facts, LIMITS).reduce
    linear = [e for e in equations if _is_linear(e, unknowns)]
    if linear:
        found = _linear(unknowns, linear, words, reduce)
        if found is None:
            return
        yield found
    others = {x: [*_simple(x, words[x])] for x in unknowns}
    for values in islice(product(*others.values()), 600):
        tick()
        at = dict(zip(unknowns, values, strict=True))
        if all(not reduce(substitute(e, Substitution({}, at))).words for e in equations):
            yield at


def _scaled(words: list[Term], scalars: Sequence[Term]) -> list[Term]:
    return [*words, *(scale(s, w) for s in scalars for w in words[:12])]


def _simple(x: Decl, words: Sequence[Term]) -> Iterator[Term]:
    yield zeros(x.rows, x.cols)
    yield from words[:24]
    if x.rows == x.cols:
        yield from (subtract(identity(x.rows), w) for w in words[1:12])


def _is_linear(e: Term, unknowns: Sequence[Decl]) -> bool:
    """Whether each monomial has at most one unknown, and that in its word."""
    for key in e.words:
        atoms, word = split(key)
        if any(x in a.decls for a in atoms for x in unknowns):
            return False
        if sum(x.decl in unknowns for x in word) > 1 or any(x.args for x in word if x.decls & set(unknowns)):
            return False
    return any(x.decl in unknowns for x in letters_of(e))


def _linear(
    unknowns: Sequence[Decl],
    equations: Sequence[Term],
    words: Mapping[Decl, Sequence[Term]],
    reduce: Callable[[Term], Term],
) -> dict[Decl, Term] | None:
    none = {x: zeros(x.rows, x.cols) for x in unknowns}
    constants = [substitute(e, Substitution({}, none)) for e in equations]
    places = [(x, w) for x in unknowns for w in words[x]]
    columns: list[dict[Any, Number]] = []
    for x, w in places:
        tick()
        at = Substitution({}, {**none, x: w})
        column: dict[Any, Number] = {}
        for i, (e, c) in enumerate(zip(equations, constants, strict=True)):
            value = reduce(subtract(substitute(e, at), c))
            column.update({(i, key): v for key, v in value.words.items()})
        columns.append(column)
    target = {(i, key): -v for i, c in enumerate(constants) for key, v in reduce(c).words.items()}
    weights = solve(columns, target)
    if weights is None:
        return None
    values = dict(none)
    for (x, w), weight in zip(places, weights, strict=True):
        if weight:
            values[x] = add(values[x], scale(number(weight), w))
    return values


def solve(columns: Sequence[Mapping[Any, Number]], target: Mapping[Any, Number]) -> list[Number] | None:
    """c with sum c_j columns[j] = target, sparse vectors over the rationals, or None; early columns are preferred.

    >>> solve([{"a": 1}, {"a": 1, "b": 2}, {"b": 1}], {"a": 1, "b": 1})
    [Fraction(1, 2), Fraction(1, 2), 0]
    """
    pivots: list[tuple[Any, dict[Any, Number], dict[int, Number]]] = []

    def reduced(vector: Mapping[Any, Number], made: dict[int, Number]) -> dict[Any, Number]:
        rest = dict(vector)
        for key, line, origin in pivots:
            if times := rest.get(key, 0):
                for into, what in ((rest, line), (made, origin)):
                    add_into(into, what, -times)
        return rest

    for j, column in enumerate(columns):
        tick()
        made: dict[int, Number] = {j: 1}
        rest = reduced(column, made)
        if rest:
            key = next(iter(rest))
            head = Fraction(rest[key])
            line: dict[Any, Number] = {k: v / head for k, v in rest.items()}
            pivots.append((key, line, {k: v / head for k, v in made.items()}))
    made = {}
    if reduced(target, made):
        return None
    return [whole(-made.get(j, 0)) for j in range(len(columns))]
