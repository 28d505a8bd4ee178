"""Determinants of enclosed matrices, by the ball arithmetic of python-flint (Arb) in higher precision."""

from __future__ import annotations

import numpy as np

from .elementary import U
from .enclosure import Enclosure, Like, enclose

BITS = 128


def determinant(a: Like) -> Enclosure:
    """The determinant of a square matrix [n, n], as a scalar [1, 1]; for matrices of a few hundred rows.

    >>> float(determinant(np.array([[1.0, 2.0], [3.0, 4.0]])).mid[0, 0])
    -2.0
    """
    import flint

    e = enclose(a)
    before = flint.ctx.prec
    flint.ctx.prec = BITS
    try:
        entries = [flint.arb(float(m), float(r)) for m, r in zip(e.mid.flat, e.rad.flat, strict=True)]
        found = flint.arb_mat(e.shape[0], e.shape[1], entries).det()
        near = float(found.mid())
        apart = float((found - flint.arb(near)).abs_upper())
    finally:
        flint.ctx.prec = before
    return Enclosure(np.array([[near]]), np.array([[apart * (1 + 4 * U)]]))
