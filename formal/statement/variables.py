"""The free variables of statements as they are written: in the kernel's normal form some may have cancelled."""

from __future__ import annotations

from collections.abc import Iterable

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
    letters: set[Decl] = set()
    nats: set[str] = set()
    indexed: set[str] = set()

    def look(n: Nat, bound: frozenset[object]) -> None:
        for mono, _ in n:
            for name, index in mono:
                if name not in bound and name != HOLE:
                    nats.add(name)
                if index:
                    indexed.add(name)
                    look(index[0], bound)

    def visit(p: Prop | Expression, bound: frozenset[object]) -> None:
        if isinstance(p, Expression):
            for e in walk(p):
                sizes = [e.n_rows, e.n_cols, *(x for x in e.data if isinstance(x, Nat))]
                if e.op == "letter" and e.data[0] not in bound:
                    decl = e.data[0]
                    letters.add(decl)
                    sizes += [decl.rows, decl.cols, *(n for shape in decl.domain for n in shape)]
                for n in sizes:
                    look(n, bound)
            return
        if p.bound is not None:
            look(to_nat(p.bound), bound)
        for part in p.parts:
            visit(part, bound.union(map(variable, p.variables)))

    for q in props:
        visit(q, frozenset())
    return sorted(letters, key=lambda decl: decl.name), sorted(nats), indexed
