"""The variables of a statement."""

from __future__ import annotations

from formal.claims import Claim
from formal.kernel.terms import HOLE, Decl, Nat
from formal.statement.elaborate import variable
from formal.statement.language import Expression, Prop, to_nat, walk


def free_variables(claim: Claim) -> tuple[list[Decl], list[str], set[str]]:
    """The free letters, the free dimensions, and those dimensions that are families, such as m in m[l].

    They are read off the statement as written: in the kernel's normal form some may have cancelled.
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

    for q in (*(q for fam in claim.where for q in fam.defined), *claim.given):
        visit(q, frozenset())
    if claim.show is not None:
        visit(claim.show, frozenset())
    return sorted(letters, key=lambda decl: decl.name), sorted(nats), indexed
