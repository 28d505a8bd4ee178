"""Chains of equalities and inequalities, written as on paper.

>>> from formal.claims import Book, check
>>> from formal.statement import Eq, Identity, dims, matrix
>>> d, m = dims("d m")
>>> W, V = matrix("W", m, d), matrix("V", d, m)
>>> reads_back = Eq(W*V, Identity(m))
>>> chain = calc(V*W*V*W).eq(V*Identity(m)*W, using=[reads_back]).eq(V*W)
>>> found = Book().claim("X-1", "V W is a projection", given=[reads_back], show=Eq(V*W*V*W, V*W), proof=chain)
>>> check(found).verdict
'proved'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..kernel import rules
from ..kernel.props import at_least, equal, greater
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import identity, number
from .errors import ProofFailure
from .proof import Proof, Script, auto


class _Link(NamedTuple):
    """The next member of a chain, how it is reached, and from which facts."""

    sign: str
    value: Any
    using: Sequence[Any] | None
    by: Script | None


class Calc:
    """A chain in the making; it is a script for the relation between its first and its last member."""

    def __init__(self, first: Any, links: tuple[_Link, ...] = ()) -> None:
        self.first, self.links = first, links

    def eq(self, value: Any, using: Sequence[Any] | None = None, by: Script | None = None) -> Calc:
        """.. = value, by the equations named (all facts if none are), or by a script."""
        return self._then("=", value, using, by)

    def le(self, value: Any, by: Script | None = None) -> Calc:
        """.. <= value, for scalars."""
        return self._then("<=", value, None, by)

    def lt(self, value: Any, by: Script | None = None) -> Calc:
        """.. < value, for scalars."""
        return self._then("<", value, None, by)

    def _then(self, sign: str, value: Any, using: Sequence[Any] | None, by: Script | None) -> Calc:
        return Calc(self.first, (*self.links, _Link(sign, value, using, by)))

    def __call__(self, p: Proof) -> Theorem:
        """Prove every link and join them; raises ProofFailure naming the link that fails."""
        steps, before = [], p.term(self.first)
        start = before
        for i, link in enumerate(self.links, 1):
            after = p.term(link.value)
            relation = {"=": equal, "<=": at_least, "<": greater}[link.sign]
            goal = relation(before, after) if link.sign == "=" else relation(after, before)
            try:
                if link.using is not None:
                    steps.append(p.ideal(goal, [p.fact(f) for f in link.using]))
                else:
                    steps.append(p.prove(goal, link.by or auto))
            except ProofFailure as failure:
                raise ProofFailure(f"calc: link {i}, {link.sign} {link.value}: {failure}") from failure
            before = after
        if all(link.sign == "=" for link in self.links):
            ones = [Cofactor(i, identity(start.rows), identity(start.cols)) for i in range(len(steps))]
            return rules.ideal(equal(start, before)[1], steps, ones)
        strict = any(link.sign == "<" for link in self.links)
        goal = (greater if strict else at_least)(before, start)
        summands = [Summand(1, (i,)) for i, link in enumerate(self.links) if link.sign != "="]
        equalities = [(i, number(-1)) for i, link in enumerate(self.links) if link.sign == "="]
        return rules.order(goal, steps, summands, equalities)


def calc(first: Any) -> Calc:
    """A chain that starts here: calc(a).eq(b).le(c) proves a <= c."""
    return Calc(first)
