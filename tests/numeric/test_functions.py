"""The functions on arrays: against the standard library's on single numbers, and at the ends of the range."""

from __future__ import annotations

import math
import subprocess
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numeric.functions import ACTIVATIONS, rotary_angles, rotate, sinusoidal_positions, softmax

from . import naive

PRECISIONS = ("float32", "float64")
NASTY = [0.0, -0.0, 1e-30, -1e-30, 0.5, -0.5, 1.0, -1.0, 3.7, -3.7, 12.0, -12.0, 80.0, -80.0, 1e4, -1e4]


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_those_of_the_standard_library(name: str, dtype: str) -> None:
    """Also where exp overflows, which is no reason for a warning; the precision stays, and so does the argument."""
    x = np.array(NASTY, dtype)
    before = x.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ACTIVATIONS[name](x)
    assert found.dtype == x.dtype and np.array_equal(x, before)
    for t, y in zip(x.tolist(), found.tolist(), strict=True):
        expected = 0.0 if name == "silu" and t < -700 else naive.ACTIVATIONS[name](t)
        assert abs(y - expected) <= 8 * np.finfo(dtype).eps * max(abs(t), np.finfo(dtype).tiny), (t, y, expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_take_any_shape(name: str) -> None:
    """Entry by entry, whatever the layout."""
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    found = ACTIVATIONS[name](x.transpose(2, 0, 1)).transpose(1, 2, 0)
    assert np.array_equal(found, ACTIVATIONS[name](x))


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_softmax_is_finite_at_any_size(dtype: str) -> None:
    """Each row by its own largest entry: with one for all, or none, a row would become 0 / 0."""
    x = np.array([[1e4, 1e4 - 1, -np.inf], [-1e4, -1e4 - 1, -np.inf], [0, -1, -np.inf]], dtype)
    before = x.copy()
    found = softmax(x)
    larger = 1 / (1 + math.exp(-1))
    np.testing.assert_allclose(found, [[larger, 1 - larger, 0]] * 3, rtol=8 * np.finfo(dtype).eps)
    assert found.dtype == x.dtype and np.array_equal(x, before)


def test_softmax_ignores_what_is_added_to_a_row() -> None:
    """The reason why the maximum may be subtracted: here with numbers for which it is exact."""
    x = np.random.default_rng(0).integers(-8, 8, (3, 5, 7)).astype(float)
    shift = np.random.default_rng(1).integers(-99, 99, (3, 5, 1))
    assert np.array_equal(softmax(x), softmax(x + shift))
    np.testing.assert_allclose(softmax(x).sum(axis=-1), np.ones((3, 5)), rtol=1e-15)


def test_turning_twice_is_turning_by_the_sum() -> None:
    """Rotary angles of positions p and q compose to those of p + q: so scores depend on the distance."""
    x = np.random.default_rng(0).standard_normal((3, 5, 6))
    cosines, sines = rotary_angles(9, 6, 100.0)
    once = rotate(x, cosines[1:6], sines[1:6])
    twice = rotate(once, cosines[3:4], sines[3:4])
    np.testing.assert_allclose(twice, rotate(x, cosines[4:9], sines[4:9]), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(rotate(once, cosines[1:6], -sines[1:6]), x, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_angles_are_rounded_once(dtype: str) -> None:
    """Angles of late positions, taken in single precision, would be off by far more than one rounding."""
    cosines, sines = rotary_angles(4000, 8, 10000.0, dtype)
    assert cosines.dtype == sines.dtype == np.dtype(dtype) and cosines.shape == (4000, 4)
    for p in (1, 777, 3999):
        for i in range(4):
            angle = p * 10000.0 ** (-2 * i / 8)
            assert abs(cosines[p, i] - math.cos(angle)) <= np.finfo(dtype).eps + 1e-12
            assert abs(sines[p, i] - math.sin(angle)) <= np.finfo(dtype).eps + 1e-12


@pytest.mark.parametrize("d_model", [1, 2, 5, 8])
def test_sinusoidal_positions_are_the_papers(d_model: int) -> None:
    """Also for an odd width, which has one sine more than cosines."""
    found = sinusoidal_positions(7, d_model)
    for p in range(7):
        for j in range(d_model):
            angle = p / 10000 ** ((j - j % 2) / d_model)
            assert math.isclose(found[p, j], math.cos(angle) if j % 2 else math.sin(angle), abs_tol=1e-15)


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import numeric", "numpy"),
        ("from numeric import Model, Config, Trace, random_parameters, shapes, hook_shapes, Enclosure", "scipy"),
        ("import numeric.transformer", "scipy"),
        ("import numeric.transformer", "sympy"),
        ("import numeric.transformer", "formal"),
    ],
)
def test_importing_is_fast(code: str, absent: str, python: Callable[..., subprocess.CompletedProcess[Any]]) -> None:
    """A transformer needs NumPy and no more; what takes long to import waits until it is used."""
    done = python("-c", f"{code}\nimport sys\nprint({absent!r} in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr


def test_the_public_names_are_there() -> None:
    """Every name that the package announces can be imported, and no other."""
    import numeric

    for name in numeric.__all__:
        assert getattr(numeric, name).__name__ == name
    assert set(numeric.__all__) <= set(dir(numeric))
    with pytest.raises(AttributeError, match="has no attribute 'Modle'"):
        numeric.Modle  # noqa: B018
