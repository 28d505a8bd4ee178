"""Products in slices: a radius that is too small would make false claims true, and true ones false."""

from __future__ import annotations

import numpy as np
import pytest

from numeric.enclosures.enclosure import Enclosure
from numeric.enclosures.sliced import product
from numeric.ranks import rational


@pytest.mark.parametrize("k", [1, 2, 3, 33, 257])
@pytest.mark.parametrize("spread", [0, 30, 300, 2000])
def test_the_exact_product_lies_inside(k: int, spread: int) -> None:
    """Against rationals, with entries of like and of unlike sizes, down to what underflows."""
    source = np.random.default_rng(k + spread)
    a, b = (
        np.ldexp(source.standard_normal(shape), source.integers(-spread, spread // 8 + 1, size=shape))
        for shape in ((3, k), (k, 3))
    )
    a[0] = 0.0
    b[:, 2] = -b[:, 1] if k > 1 else 0.0
    a[2, -1], b[-1, 0] = -0.0, 1e-310
    found, exact = product(a, b), rational(a) * rational(b)
    for i in range(3):
        for j in range(3):
            x = exact[i, j]
            low, high = (rational(np.array([[v[i, j]]]))[0, 0] for v in (found.lower(), found.upper()))
            assert low <= x <= high


def test_radii_of_the_factors_are_carried() -> None:
    """All products of what the factors enclose lie inside: tried at the corners."""
    source = np.random.default_rng(0)
    a, b = source.standard_normal((2, 40)), source.standard_normal((40, 2))
    r, s = abs(source.standard_normal((2, 40))), abs(source.standard_normal((40, 2)))
    found = product(Enclosure(a, r), Enclosure(b, s))
    for _ in range(200):
        at = (a + r * source.choice([-1, 1], a.shape)) @ (b + s * source.choice([-1, 1], b.shape))
        assert (abs(at - found.mid) <= found.rad * (1 + 1e-12)).all()


def test_the_radius_is_a_few_units_of_the_last_place() -> None:
    """What the slices are for: 384 terms add next to nothing to what rounds the result once."""
    source = np.random.default_rng(0)
    a, b = source.standard_normal((50, 384)), source.standard_normal((384, 50))
    found = product(a, b)
    assert float(np.median(found.rad / abs(found.mid))) < 2.0**-50
    assert float((found.rad / (Enclosure(a) @ b).rad).max()) < 0.02
