"""Expanding a product of L residual layers over all subsets of layers."""

from __future__ import annotations

from functools import reduce

import sympy
from timing import best, row

from formal.kernel.terms import Decl, Term, add, identity, letter, multiply, nat


def ours(depth: int) -> Term:
    """The kernel's normal form of (I + T[L]) .. (I + T[1])."""
    d = nat("d")
    one, layers = identity(d), Decl("T", d, d, True)
    product = one
    for i in range(depth, 0, -1):
        product = multiply(product, add(one, letter(layers, nat(i))))
    return product


def theirs(depth: int) -> object:
    """The same by SymPy's matrix expressions."""
    d = sympy.Symbol("d", integer=True, positive=True)
    factors = [sympy.Identity(d) + sympy.MatrixSymbol(f"T{i}", d, d) for i in range(depth, 0, -1)]
    return reduce(lambda a, b: (a * b).expand(), factors)


def theirs_at_once(depth: int) -> object:
    """One product, expanded once."""
    d = sympy.Symbol("d", integer=True, positive=True)
    return sympy.MatMul(*[sympy.Identity(d) + sympy.MatrixSymbol(f"T{i}", d, d) for i in range(depth, 0, -1)]).expand()


def main() -> None:
    """Print the table."""
    for depth, repeats in ((6, 3), (8, 1), (12, 1)):
        row(
            f"L = {depth}: {2**depth} words",
            best(lambda n=depth: ours(n)),
            "sympy, one product",
            best(lambda n=depth: theirs_at_once(n), repeats),
        )
    row("L = 12, factor by factor", best(lambda: ours(12)), "sympy, factor by factor", best(lambda: theirs(12), 1))
    print(f"L = 16: {len(ours(16).words)} words in {best(lambda: ours(16)) * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
