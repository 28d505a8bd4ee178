"""What cannot exist: a wrong "impossible" would refute claims that hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formal.statement import And, Eq, Exists, Identity, Ne, dims, matrix, scalars
from formal.statement.language import Prop
from numeric.claims.evaluate import Evaluation, Values
from numeric.claims.weights import Product, Weight

d, m, k, n = dims("d m k n")
SOURCE = np.random.default_rng(0)


def _says(p: Prop, **letters: Any) -> bool | None:
    return Evaluation(Values(letters), (), [p]).proposition(p).holds


def test_what_hears_all_cannot_be_passed_by() -> None:
    """Impossible only if the other reader has rank d."""
    W, R, V = matrix("W", m, d), matrix("R", k, d), matrix("V", d, n)
    p = Exists((n, V), And(Ne(W * V, 0), Eq(R * V, 0)))
    w = SOURCE.standard_normal((1, 4))
    full = SOURCE.standard_normal((6, 4))
    assert _says(p, W=w, R=Weight(full)) is False
    assert _says(p, W=w, R=Weight(full[:3])) is None
    assert _says(p, W=w, R=Product(full[:, :3], full[:3])) is None
    assert _says(Exists((n, V), And(Eq(W * V, 0), Eq(R * V, 0))), W=w, R=Weight(full)) is None  # 0 does it


def test_a_read_is_a_function_of_another_only_if_its_rows_are() -> None:
    """Ranks decide, at exact letters."""
    W, R, G = matrix("W", m, d), matrix("R", k, d), matrix("G", m, k)
    p = Exists((G,), Eq(W, G * R))
    r = SOURCE.standard_normal((3, 5))
    assert _says(p, W=Weight(SOURCE.standard_normal((1, 5))), R=Weight(r)) is False
    assert _says(p, W=Weight(r[:1] * 2), R=Weight(r)) is None
    assert _says(p, W=Weight(SOURCE.standard_normal((1, 3))), R=Weight(r[:, :3])) is None


@pytest.mark.parametrize(
    ("x", "y", "z", "wanted"), [(1, 0, 1, False), (0, 0, 1, None), (1, 0, 0, None), (1, 1, 1, None)]
)
def test_a_product_is_zero_only_if_a_factor_is(x: int, y: int, z: int, wanted: bool | None) -> None:
    """a e = x, b e = y, b v = z: no numbers do it if y is 0 and neither x nor z is."""
    a, b, e, v = scalars("a b e v")
    X, Y, Z = scalars("x y z")
    p = Exists((a, b, e, v), And(Eq(a * e, X), Eq(b * e, Y), Eq(b * v, Z)))
    assert _says(p, x=x, y=y, z=z) is wanted


def test_only_matrices_without_a_common_splitting_leave_none() -> None:
    """Two block-diagonal matrices commute with a projection, and so does one matrix alone with real eigenvalues."""
    T1, T2, P = matrix("T1", d, d), matrix("T2", d, d), matrix("P", d, d)
    commuting = Eq(P * P, P), Eq(P * T1, T1 * P), Eq(P * T2, T2 * P)
    p = Exists((P,), And(*commuting, Ne(P, 0), Ne(P, Identity(d))))
    one, two = SOURCE.integers(-9, 10, (2, 4, 4)).astype(float)
    assert _says(p, T1=one, T2=two) is False
    assert _says(p, T1=one, T2=one @ one) is None
    assert _says(p, T1=np.diag([1.0, 2.0, 3.0, 4.0]), T2=np.diag([1.0, 1.0, 2.0, 2.0])) is None
    shift = np.eye(4, k=1)
    assert _says(p, T1=shift, T2=shift.T) is False
    assert _says(Exists((P,), And(*commuting, Ne(P, 0))), T1=one, T2=two) is None  # I does it
