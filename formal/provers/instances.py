"""Values by name for the letters and maps of a statement that "there are" such, for what no table of values can decide
because a hypothesis or the conclusion speaks of all reals, or of some."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..kernel.props import Variable, negation
from ..kernel.rules import Theorem, conjoin
from ..kernel.terms import FAMILY, HOLE, Decl, Nat, Term, letter, nat
from ..statement.language import Opaque, to_nat
from .errors import ProofFailure
from .proof import Proof, Script
from .rank import introduce_all


def introduce_named(p: Proof, values: Mapping[str, Any], script: Script | None = None) -> Theorem:
    """The goal "exist .." from values by name; the script proves its body, which begins where a name has no value.

    Dimensions are integers, letters expressions, and a map is a function of its arguments, made of their sums and
    products. A family, or a map, is also given by a term with holes.

    >>> from formal.claims import Book, check
    >>> from formal.statement import Eq, ForAll, scalars
    >>> a, x = scalars("a x")
    >>> wrong = Book().claim("X-1", "only 1 squares to 1", given=[ForAll(x, Eq(a*a*x, x))], show=Eq(a, 1),
    ...     disproof=lambda p: introduce_named(p, {"a": -1}))
    >>> check(wrong).verdict
    'refuted'
    """
    chosen: list[Nat | Term] = []
    goal = p.goal
    while goal.kind == "ex" and _name(goal[1]) in values:
        chosen.append(_value(p, goal[1], values[_name(goal[1])]))
        goal = goal[2]
    return introduce_all(p, p.goal, chosen, script)


def at_instance(values: Mapping[str, Any], wrong: Script | None = None) -> Script:
    """A disproof script: at these values the hypotheses hold, and the conclusion leads to 0 > 0.

    `wrong` shows 0 > 0 with the conclusion among the facts; without it every implication is used whose conditions can
    be proved.

    >>> from formal.claims import Book, check
    >>> from formal.statement import Eq, ForAll, norm2, dims, vector
    >>> d = dims("d")
    >>> x, y = vector("x", d), vector("y", d)
    >>> claim = Book().claim("X-1", "", given=[ForAll(x, Eq(x.T * y, 0))], show=norm2(y) > 0,
    ...     disproof=at_instance({"d": 1, "y": 0}))
    >>> check(claim).verdict
    'refuted'
    """

    def body(p: Proof) -> Theorem:
        if p.goal.kind == "ex":
            raise ProofFailure(f"at_instance: there is no value for {_name(p.goal[1])}")
        parts = p.goal[1] if p.goal.kind == "and" else (p.goal,)
        denied = p.refute(negation(parts[-1]), wrong or _detach_all)
        return conjoin([*map(p.prove, parts[:-1]), denied]) if len(parts) > 1 else denied

    return lambda p: introduce_named(p, values, body)


def _detach_all(p: Proof) -> Theorem:
    for fact in list(p.facts):
        if fact.conclusion.kind == "imp":
            with suppress(ProofFailure):
                p.add(p.detach(fact))
    return p.order()


def _name(var: Variable) -> str:
    return var.name if isinstance(var, Decl) else var.removesuffix(FAMILY)


def _value(p: Proof, var: Variable, value: Any) -> Nat | Term:
    if isinstance(var, str):
        return to_nat(value)
    if callable(value):
        value = value(*(letter(Decl(f"{HOLE}{i}", rows, cols)) for i, (rows, cols) in enumerate(var.domain)))
    return p.term(value)


def hole(rows: Any, cols: Any = 1) -> Term:
    """The argument of a map, in a term that is given as the map's value.

    >>> from formal.kernel.terms import term_text
    >>> term_text(hole(2))
    '#0'
    """
    return letter(Decl(f"{HOLE}0", to_nat(rows), to_nat(cols)))


def of_layer(phi: Opaque, argument: Term, index: Nat | None = None) -> Term:
    """A family of maps at an argument with a hole, for another family of maps; with an index, for a map."""
    return letter(phi.decl, nat(HOLE) if index is None else index, (argument,))
