"""Counterexamples to statements whose hypotheses quantify over numbers, so that no evaluation decides them.

>>> from formal.claims import Book, check
>>> from formal.statement import *
>>> a, x = scalars("a x")
>>> wrong = Book().claim("X-1", "only 1 squares to 1", given=[ForAll(x, Eq(a*a*x, x))], show=Eq(a, 1),
...     disproof=at_values(a=-1))
>>> check(wrong).verdict
'refuted'
"""

from __future__ import annotations

from typing import Any

from ..kernel.props import var_tag
from ..kernel.rules import Theorem
from ..statement.language import to_nat
from .errors import ProofFailure
from .proof import Proof, Script, auto
from .rank import introduce_all


def at_values(script: Script = auto, **values: Any) -> Script:
    """A disproof: the values by name; that hypotheses hold there and the conclusion fails is proved by a script."""

    def disproof(p: Proof) -> Theorem:
        chosen: list[Any] = []
        goal = p.goal
        while goal.kind == "ex":
            name = var_tag(goal[1]).lstrip("@")
            if name not in values:
                raise ProofFailure(f"at_values: there is no value for {name}")
            value = values[name]
            chosen.append(to_nat(value) if isinstance(goal[1], str) else p.term(value))
            goal = goal[2]
        return introduce_all(p, p.goal, chosen, script)

    return disproof
