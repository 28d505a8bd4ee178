"""Determinants without determinants (TH-10, TH-8): what holds for every multiplicative functional of square matrices.

Of the determinant only delta(X Y) = delta(X) delta(Y) is used.
"""

from __future__ import annotations

from ..claims import cite
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import multiply
from ..provers import rank as lemmas
from ..provers.cofactors import by_cofactors
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof
from ..statement import Each, Eq, Exists, ForAll, Identity, dims, define, matrix, opaque
from .shelf import claim

n, d, m = dims("n d m")
I = Identity(n)
X, Y, N = matrix("X", n, n), matrix("Y", n, n), matrix("N", n, n)
delta = opaque("delta", (n, n), (1, 1))
_multiplicative = ForAll((X, Y), Eq(delta(X * Y), delta(X) * delta(Y)))


def _nilpotent(p: Proof) -> Theorem:
    """With a projection P on the image of N: (1 + P)(1 + N)(1 + P)^-1 = 1 + 2 N = (1 + N)^2."""
    product, square = p.facts[:2]
    f = p.factor(N)
    _, whole, left, right = p.facts[2:6]
    P = multiply(f.left, f.left_inverse)
    raise NotImplementedError


claim(
    "TH-10b",
    "A multiplicative functional does not see I + N for N N = 0",
    sentence="delta(I + N) = delta(I) whenever N N = 0: for a determinant, I + N has determinant 1.",
    given=[_multiplicative, Eq(N * N, 0)],
    show=Eq(delta(I + N), delta(I)),
    proof=_nilpotent,
    needed=[
        {"n": 2, "N": [[0, 1], [0, 0]], "delta": lambda x: [[sum(v * v for row in x for v in row)]]},
        at_instance({"n": 1, "N": 1, "delta": lambda x: x}),
    ],
)
