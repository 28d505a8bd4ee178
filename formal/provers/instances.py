"""Values by name for the letters and maps of a claim, for statements that no table of values can decide because a
hypothesis or the conclusion speaks of all reals, or of some."""

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


def at_instance(values: Mapping[str, Any], wrong: Script | None = None) -> Script:
    """A disproof script: at these values the hypotheses hold, and the conclusion leads to 0 > 0.

    Dimensions are integers, letters expressions, and a map is a function of its arguments, made of their sums and
    products. `wrong` shows 0 > 0 with the conclusion among the facts; without it every implication is used whose
    conditions can be proved.

    >>> from formal.claims import Book, check
    >>> from formal.statement import Eq, ForAll, norm2, dims, vector
    >>> d = dims("d")
    >>> x, y = vector("x", d), vector("y", d)
    >>> claim = Book().claim("X-1", "", given=[ForAll(x, Eq(x.T * y, 0))], show=norm2(y) > 0,
    ...     disproof=at_instance({"d": 1, "y": 0}))
    >>> check(claim).verdict
    'refuted'
    """

    def script(p: Proof) -> Theorem:
        chosen: list[Any] = []
        goal = p.goal
        while goal.kind == "ex":
            var = goal[1]
            if isinstance(var, str):
                chosen.append(to_nat(values[var]))
            else:
                chosen.append(_image(p, var, values[var.name]))
            goal = goal[2]

        def body(q: Proof) -> Theorem:
            parts = q.goal[1] if q.goal.kind == "and" else (q.goal,)
            denied = q.refute(negation(parts[-1]), wrong or _detach_all)
            return conjoin([*map(q.prove, parts[:-1]), denied]) if len(parts) > 1 else denied

        return introduce_all(p, p.goal, chosen, body)

    return script


def _image(p: Proof, var: Decl, value: Any) -> Any:
    if not callable(value):
        return p.term(value)
    return p.term(value(*(letter(Decl(f"{HOLE}{i}", rows, cols)) for i, (rows, cols) in enumerate(var.domain))))


def _detach_all(p: Proof) -> Theorem:
    for fact in list(p.facts):
        if fact.conclusion.kind == "imp":
            with suppress(ProofFailure):
                p.add(p.detach(fact))
    return p.order()


def introduce_named(p: Proof, values: Mapping[str, Nat | Term], script: Script | None = None) -> Theorem:
    """The goal "exist .." from values by name; the script proves its body."""
    chosen, body = [], p.goal
    while body.kind == "ex" and _name(body[1]) in values:
        chosen.append(values[_name(body[1])])
        body = body[2]
    return introduce_all(p, p.goal, chosen, script)


def _name(var: Variable) -> str:
    return var.name if isinstance(var, Decl) else var.removesuffix(FAMILY)


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
