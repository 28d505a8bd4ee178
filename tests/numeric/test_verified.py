"""Verified linear algebra beside exact rational arithmetic and ball arithmetic of high precision."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from flint import acb_mat, arb, arb_mat, ctx, fmpq, fmpq_mat

from numeric.enclosures import sharp, spectra, verified
from numeric.enclosures.enclosure import Enclosure
from numeric.errors import ModelError
from numeric.functions import Array


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    before = ctx.prec
    ctx.prec = 400
    yield
    ctx.prec = before


def exact(a: Array) -> fmpq_mat:
    """A matrix of doubles as rationals."""
    return fmpq_mat(*a.shape, [fmpq(*float(x).as_integer_ratio()) for x in a.flat])


def contains(e: Enclosure, value: fmpq_mat) -> bool:
    """Whether every entry certainly contains the exact one."""
    mid, rad = exact(e.mid), exact(e.rad)
    entries = [(i, j) for i in range(value.nrows()) for j in range(value.ncols())]
    return all(max(value[i, j] - mid[i, j], mid[i, j] - value[i, j]) <= rad[i, j] for i, j in entries)


def matrix(n: int, k: int, seed: int, condition: float = 1.0) -> Array:
    """A random matrix with about this condition."""
    source = np.random.default_rng(seed)
    u, v = (np.linalg.qr(source.standard_normal((m, min(n, k))))[0] for m in (n, k))
    made: Array = u * np.geomspace(1, 1 / condition, min(n, k)) @ v.T
    return made


@pytest.mark.parametrize("condition", [1.0, 1e4, 1e10])
def test_inverses_and_solutions_contain_the_exact_ones(condition: float) -> None:
    """If this fails, a projection or a pseudo-inverse of a real model's weights is wrong."""
    a, b = matrix(12, 12, 1, condition), matrix(12, 5, 2)
    found = verified.inverse(a)
    assert contains(found, exact(a).inv())
    assert found.rad.max() <= 1e-14 * condition * np.abs(found.mid).max()
    solution = verified.solve(a, b)
    assert contains(solution, exact(a).solve(exact(b)))
    assert solution.rad.max() <= 1e-14 * condition * np.abs(solution.mid).max()
    assert contains(verified.solve(a, b[:, 0]).reshape(-1, 1), exact(a).solve(exact(b[:, :1])))


def test_the_inverse_of_a_ball_contains_the_inverse_of_each_member() -> None:
    """What is inside the enclosure of a matrix is what the claim may be about."""
    source = np.random.default_rng(3)
    a = matrix(6, 6, 3, 10)
    rad = np.full(a.shape, 1e-6)
    found = verified.inverse(Enclosure(a, rad))
    for _ in range(20):
        assert contains(found, exact(a + rad * source.choice([-0.999, 0.0, 0.999], a.shape)).inv())


@pytest.mark.parametrize("condition", [1.0, 1e6])
def test_one_sided_inverses(condition: float) -> None:
    """(V^T V)^-1 V^T, with an error that grows with the condition and not with its square."""
    v = matrix(20, 6, 4, condition)
    e = exact(v)
    truth = (e.transpose() * e).inv() * e.transpose()
    left, right = verified.left_inverse(v), verified.right_inverse(v.T)
    assert contains(left, truth) and contains(right, truth.transpose())
    assert left.rad.max() <= 1e-13 * condition**2
    with pytest.raises(ModelError, match="depend on each other"):
        verified.left_inverse(v.T)


def test_an_orthonormal_basis_is_one() -> None:
    """Q^T Q = I and P = Q Q^T is the projection on the span, for something inside: zero is never excluded."""
    v = matrix(20, 6, 5, 1e3)
    q = verified.orthonormal_basis(v)
    e = exact(v)
    assert contains(q @ q.T, e * (e.transpose() * e).inv() * e.transpose())
    assert contains(q.T @ q, exact(np.eye(6)))
    assert q.rad.max() < 1e-12
    truth = arb_mat(e) * polar_root(arb_mat(e.transpose() * e), 6)  # that of the whole, as W T = V for another T
    assert truth.nrows() == 20
    near = np.linalg.qr(v)[0]
    w = arb_mat(exact(near))
    factor = w * polar_root(arb_mat(exact(near).transpose() * exact(near)), 6)
    found = verified.straighter(near)
    for i in range(20):
        for j in range(6):
            assert abs(factor[i, j] - arb(float(found.mid[i, j]))) <= arb(float(found.rad[i, j]))


def polar_root(gram: arb_mat, n: int) -> arb_mat:
    """gram^(-1/2) by Newton's iteration, for a matrix near I."""
    one = arb_mat(n, n, [arb(int(i == j)) for i in range(n) for j in range(n)])
    x = one
    for _ in range(12):
        x = (x * (one * 3 - gram * x * x)) * arb(0.5)
    return x


@pytest.mark.parametrize("shape", [(9, 9), (15, 6), (6, 15)])
def test_singular_values_and_norms(shape: tuple[int, int]) -> None:
    """All of them inside, nearly as sharp as double precision allows; the norm from both sides."""
    a = matrix(*shape, 6, 1e5)
    found = spectra.singular_values(a)
    small = a if shape[0] >= shape[1] else a.T
    gram = arb_mat(exact(small).transpose() * exact(small))
    truth = sorted((x.real.sqrt() for x in acb_mat(gram).eig()), key=lambda x: -float(x))
    for value, m, r in zip(truth, found.mid, found.rad, strict=True):
        assert abs(value - arb(float(m))) <= arb(float(r))
    assert found.rad.max() < 1e-13
    norm = spectra.spectral_norm(a)
    assert abs(truth[0] - arb(float(norm.mid))) <= arb(float(norm.rad)) and float(norm.rad) < 1e-13


def test_eigenvalues_of_symmetric_matrices() -> None:
    """Also multiple ones and those near 0."""
    half = matrix(8, 8, 7)
    known = [-1, 0, 0, 1, 1, 1, 2, 2]
    signs = np.array([[1.0]])
    for _ in range(3):
        signs = np.block([[signs, signs], [signs, -signs]])  # Hadamard's matrix: H D H / 8 has the eigenvalues D
    general = sorted((x.real for x in acb_mat(arb_mat(exact(half + half.T))).eig()), key=lambda x: float(x.mid()))
    for a, truth in ((half + half.T, general), (signs * known @ signs.T / 8, [arb(x) for x in known])):
        found = spectra.symmetric_eigenvalues(a)
        for value, m, r in zip(truth, found.mid, found.rad, strict=True):
            assert abs(value - arb(float(m))) <= arb(float(r))
        assert found.rad.max() < 1e-13
    with pytest.raises(ModelError, match="not symmetric"):
        spectra.symmetric_eigenvalues(half)


def test_eigenpairs_of_general_matrices() -> None:
    """A u = lambda u for something inside, and the eigenvalue is the right one."""
    a = matrix(9, 9, 8) + np.diag(np.arange(9.0))
    truth = [x.real for x in acb_mat(arb_mat(exact(a))).eig() if x.imag.contains(0)]
    assert len(truth) >= 3
    for value in truth:
        found, vector = spectra.eigenpair(a, float(value.mid()))
        assert abs(value - arb(float(found.mid))) <= arb(float(found.rad))
        assert not (Enclosure(a) @ vector - found * vector).excludes_zero().any()
        assert float(found.rad) < 1e-13 and vector.rad.max() < 1e-12
        wrong = found + 1e-9
        assert (Enclosure(a) @ vector - wrong * vector).excludes_zero().any()


@pytest.mark.parametrize(
    "a", [np.eye(3), np.array([[1.0, 1], [0, 1]]), np.array([[0.0, 1], [-1, 0]])], ids=["multiple", "defective", "none"]
)
def test_what_is_no_simple_real_eigenvalue_is_not_verified(a: Array) -> None:
    """A verification that succeeds here would prove something false."""
    with pytest.raises(ModelError):
        spectra.eigenpair(a, 1.0)


def test_eigenvalues_that_an_enclosure_does_not_separate_are_not_verified() -> None:
    """Inside this ball are matrices with a double eigenvalue: there is no single one. A small ball is fine."""
    a = np.array([[1.0, 0.3], [0.3, 1.4]])
    with pytest.raises(ModelError, match="verified near"):
        spectra.eigenpair(Enclosure(a, np.full(a.shape, 0.3)), 1.0)
    value, _ = spectra.eigenpair(Enclosure(a, np.full(a.shape, 1e-3)), 1.0)
    for shift in (-1e-3, 1e-3):
        member = np.linalg.eigvalsh(a + shift)
        assert abs(member[0] - float(value.mid)) < float(value.rad) < 0.02


@pytest.mark.parametrize(
    "a", [np.ones((3, 3)), np.array([[1.0, 2], [2, 4]]), np.zeros((2, 2)), np.full((2, 2), np.nan)]
)
def test_singular_matrices_have_no_inverse(a: Array) -> None:
    """The same for inverses."""
    with pytest.raises(ModelError):
        verified.inverse(a)


@pytest.mark.figures
@pytest.mark.parametrize("k", [1, 7, 60, 768])
def test_sharp_products(k: int) -> None:
    """Exact inside, and at most 10 times the width of flint's balls at 53 bits where nothing cancels; also for mixed
    magnitudes and subnormal numbers."""
    source = np.random.default_rng(k)
    a, b = source.standard_normal((4, k)), source.standard_normal((k, 4))
    scales = 10.0 ** source.uniform(-150, 150, (4, k))
    for left, right in ((a, b), (a * scales, b), (a * 2.0**-1060, b), (a * 1e-200, b * 1e-120), (a, b * 0)):
        assert contains(sharp.product(left, right), exact(left) * exact(right))
        assert contains(Enclosure(left) @ right, exact(left) * exact(right))
    positive = sharp.product(np.abs(a), np.abs(b), 4)
    ctx.prec = 53
    peer = arb_mat(4, k, np.abs(a).ravel().tolist()) * arb_mat(k, 4, np.abs(b).ravel().tolist())
    ratio = max(float(positive.rad[i, j]) / float(peer[i, j].rad()) for i in range(4) for j in range(4))
    plain = Enclosure(np.abs(a)) @ np.abs(b)
    other = max(float(plain.rad[i, j]) / float(peer[i, j].rad()) for i in range(4) for j in range(4))
    print(f"k = {k}: radius {ratio:.2f} times flint's at 53 bits, {other:.1f} times for a plain product")
    assert ratio <= 10
