"""Finding and checking two identities in every dimension, beside SymPy on explicit 2 x 2 matrices of symbols."""

from __future__ import annotations

import sympy
from timing import best, row

from formal.kernel.rules import assume
from formal.provers.ideal import ideal
from formal.statement import Eq, Identity, Prop, dims, matrix
from formal.statement.elaborate import elaborate_prop


def moore_penrose() -> tuple[list[Prop], Prop]:
    """Two matrices that satisfy the four Penrose equations for A are equal."""
    m, n = dims("m n")
    a, x, y = matrix("A", m, n), matrix("X", n, m), matrix("Y", n, m)
    given = [
        equation
        for p in (x, y)
        for equation in (Eq(a * p * a, a), Eq(p * a * p, p), Eq((a * p).T, a * p), Eq((p * a).T, p * a))
    ]
    return given, Eq(x, y)


def woodbury() -> tuple[list[Prop], Prop]:
    """The inverse of A + U C V from those of A, C and C^-1 + V A^-1 U."""
    n, k = dims("n k")
    a, a_inv = matrix("A", n, n), matrix("A_inv", n, n)
    c, c_inv, core = matrix("C", k, k), matrix("C_inv", k, k), matrix("K", k, k)
    u, v = matrix("U", n, k), matrix("V", k, n)
    middle = c_inv + v * a_inv * u
    pairs = [(a, a_inv, n), (c, c_inv, k), (middle, core, k)]
    given = [Eq(x * y, Identity(size)) for p, q, size in pairs for x, y in ((p, q), (q, p))]
    return given, Eq((a + u * c * v) * (a_inv - a_inv * u * core * v * a_inv), Identity(n))


def prove(statement: tuple[list[Prop], Prop]) -> object:
    """Elaborate, search, check."""
    given, show = statement
    return ideal(elaborate_prop(show), [assume(elaborate_prop(p)) for p in given])


def explicit_woodbury() -> object:
    """Woodbury's formula at n = 2, k = 1 by SymPy, inverses and all."""
    a = sympy.Matrix(2, 2, sympy.symbols("a:4"))
    u, v = sympy.Matrix(2, 1, sympy.symbols("u:2")), sympy.Matrix(1, 2, sympy.symbols("v:2"))
    c = sympy.Matrix(1, 1, sympy.symbols("c:1"))
    middle = (c.inv() + v * a.inv() * u).inv()
    return sympy.simplify((a + u * c * v) * (a.inv() - a.inv() * u * middle * v * a.inv()) - sympy.eye(2))


def main() -> None:
    """Print the table."""
    print(f"Moore-Penrose uniqueness, all dimensions: {best(lambda: prove(moore_penrose())) * 1e3:.1f} ms")
    ours = best(lambda: prove(woodbury()))
    row("Woodbury, all dimensions", ours, "sympy, n = 2 and k = 1 only", best(explicit_woodbury, 3))


if __name__ == "__main__":
    main()
