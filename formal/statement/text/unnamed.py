"""Letters that a text has without naming them: families for sum(..) and prod(..), injections for blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...kernel.terms import Nat, Substitution, Term, nat, substitute
from ..blocks import DirectSum, direct_sum
from ..elaborate import elaborate
from ..language import Expression, Family, Identity, Prop, define, dims, from_nat, running_sum, to_nat
from .scope import Difference, replaced

INDEX = "_"  # no text can have this name


@dataclass
class _Defined:
    name: str
    index: str
    body: Expression
    depth: Nat
    make: Callable[[str, Expression, str, Nat], Family]

    @property
    def family(self) -> Family:
        return self.make(self.name, self.body, self.index, self.depth)


def _sum(name: str, body: Expression, index: str, depth: Nat) -> Family:
    """S[0] = 0, S[l + 1] = S[l] + body."""
    return running_sum(name, lambda _: body, dims(index), from_nat(depth))


def _product(name: str, body: Expression, index: str, depth: Nat) -> Family:
    """P[0] = I, P[l + 1] = body*P[l], where the sizes of the body may depend on l."""

    def cols(k: object) -> Nat:
        found = replaced(body.n_cols, index, Difference(to_nat(k)))
        return body.n_cols if found is None else found.plus

    return define(
        name,
        dims(index),
        from_nat(depth),
        Identity(cols(0)),
        lambda _, P: body * P[dims(index)],
        rows=cols,
        cols=cols(0),
    )


class Unnamed:
    """The unnamed letters of one text. taken: all names that the text has."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self._families: dict[tuple[str, Term], _Defined] = {}
        self._sums: dict[tuple[Nat, ...], DirectSum] = {}

    def family(self, kind: str, body: Expression, index: str, count: Nat, depth: Nat) -> Expression:
        """The sum, or the product with the latest on the left, of the body at index = 0 .. count - 1.

        depth: how far the family has to be defined at least. What is summed up twice is one family.
        """
        key = kind, substitute(elaborate(body), Substitution({index: nat(INDEX)}))
        known = self._families.get(key)
        if known is None:
            name = self._name("S" if kind == "sum" else "P")
            known = _Defined(name, index, body, depth, _sum if kind == "sum" else _product)
            self._families[key] = known
        known.depth = _larger(known.depth, depth)
        return known.family[count]

    def injections(self, sizes: tuple[Nat, ...]) -> DirectSum:
        """The direct sum of spaces of these sizes; blocks with the same sizes share it."""
        if sizes not in self._sums:
            self._sums[sizes] = direct_sum(self._stem(), *sizes)
        return self._sums[sizes]

    @property
    def where(self) -> tuple[Family, ...]:
        """The families, those before that others are made of."""
        return tuple(d.family for d in self._families.values())

    @property
    def equations(self) -> tuple[Prop, ...]:
        """The equations of the injections."""
        return tuple(q for s in self._sums.values() for q in s.equations)

    def _name(self, letter: str) -> str:
        names = [letter, *(f"{letter}_{i}" for i in range(2, len(self.taken) + 3))]
        found = next(x for x in names if x not in self.taken)
        self.taken.add(found)
        return found

    def _stem(self) -> str:
        """E, or another letter X such that no name begins with X_."""
        stems = [*"EFGHK", *(f"E{i}" for i in range(1, len(self.taken) + 2))]
        begun = {name.partition("_")[0] for name in self.taken}
        found: str = next(x for x in stems if x not in begun)
        self.taken.add(found)
        return found


def _larger(one: Nat, two: Nat) -> Nat:
    """A number that is as large as both, at all values: the larger coefficient of each term."""
    poly = dict(one)
    for mono, c in two:
        poly[mono] = max(c, poly.get(mono, 0))
    return Nat(sorted(poly.items()))
