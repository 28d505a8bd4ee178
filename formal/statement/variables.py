"""The free variables of statements as they are written: in the kernel's normal form some may have cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..kernel.terms import HOLE, Decl, Nat
from .elaborate import variable
from .language import Expression, Prop, to_nat, walk


def free_variables(props: Iterable[Prop]) -> tuple[list[Decl], list[str], set[str]]:
    """The free letters, the free dimensions and indices, and those of them that are families, such as m in m[l].

    >>> from formal.statement import Eq, dims, matrix
    >>> d = dims("d"); S = matrix("S", d, d)
    >>> letters, sizes, families = free_variables([Eq(S - S, 0)])
    >>> [x.name for x in letters], sizes, families
    (['S'], ['d'], set())
    """
    found = [_of_prop(p) for p in props]
    letters = frozenset[Decl]().union(*(each.letters for each in found))
    nats = frozenset[str]().union(*(each.nats for each in found))
    families = frozenset[str]().union(*(each.families for each in found))
    return sorted(letters, key=lambda decl: decl.name), sorted(nats), set(families)


class _Found(NamedTuple):
    letters: set[Decl]
    nats: set[str]
    families: set[str]

    def look(self, n: Nat) -> None:
        for mono, _ in n:
            for name, index in mono:
                if name != HOLE:
                    self.nats.add(name)
                if index:
                    self.families.add(name)
                    self.look(index[0])


def _of_prop(p: Prop) -> _Found:
    """What is free in a proposition. It is remembered, as most propositions are parts of several statements."""
    known: _Found | None = p.free
    if known is not None:
        return known
    found = _Found(set(), set(), set())
    for part in p.parts:
        if isinstance(part, Expression):
            _of_expression(part, found)
        else:
            its = _of_prop(part)
            found.letters.update(its.letters)
            found.nats.update(its.nats)
            found.families.update(its.families)
    for v in map(variable, p.variables):
        if isinstance(v, Decl):
            found.letters.discard(v)
        else:
            found.nats.discard(v)
    if p.bound is not None:
        found.look(to_nat(p.bound))
    p.free = found
    return found


def _of_expression(whole: Expression, found: _Found) -> None:
    """What the leaves mention; the sizes of all else are made of theirs."""
    for e in walk(whole):
        if e.op == "letter":
            decl, at = e.data
            if at is not None:
                found.look(at)
            if decl not in found.letters:
                found.letters.add(decl)
                for n in (decl.rows, decl.cols, *(n for shape in decl.domain for n in shape)):
                    found.look(n)
        elif e.op in ("identity", "zero"):
            found.look(e.n_rows)
            found.look(e.n_cols)
        elif e.op == "nat":
            found.look(e.data[0])
