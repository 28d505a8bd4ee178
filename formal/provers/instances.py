"""Values by name for the letters and maps of a claim: what a disproof needs where no witness can be evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kernel import rules
from ..kernel.props import Variable, replace_variable
from ..kernel.rules import Theorem
from ..kernel.terms import FAMILY, HOLE, Decl, Nat, Term, letter, nat
from ..statement.language import Opaque, to_nat
from .proof import Proof, Script


def introduce_named(p: Proof, values: Mapping[str, Nat | Term], script: Script | None = None) -> Theorem:
    """The goal "exist .." from values by name; the script proves its body."""
    chosen, layers = [], [p.goal]
    while layers[-1].kind == "ex" and _name(layers[-1][1]) in values:
        chosen.append(values[_name(layers[-1][1])])
        layers.append(replace_variable(layers[-1][2], layers[-1][1], chosen[-1]))
    th = p.prove(layers[-1], script)
    for layer, value in zip(reversed(layers[:-1]), reversed(chosen), strict=True):
        th = rules.introduce(th, layer, value)
    return th


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
