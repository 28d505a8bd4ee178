"""Enclosures beside exact arithmetic: the value is never outside, and the width is near the best possible.

The best width of an operation is the spread of its exact values over the operands' enclosures, and one unit in the last
place of the result, as no double comes closer. "At most 10 times" is meant against that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest
from flint import arb, ctx, fmpq

from numeric.enclosures.enclosure import Enclosure
from numeric.functions import Array

PRECISION = 2600  # bits: any sum or product of a few doubles is exact
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0**-1074, -(2.0**-1074), 2.0**-1022, 2.0**-1022 - 2.0**-1074, 1.7e308, -1.7e308]
SPECIAL += [np.finfo(float).max, 2.0**53, 2.0**53 + 2, 1 + 2.0**-52, 1 - 2.0**-53, 1e16, -1e-16, np.pi, 709.78, -745.1]
LOST = [np.inf, -np.inf, np.nan]


def numbers(source: np.random.Generator, count: int, limit: float = 308) -> Array:
    """Ordinary numbers, numbers of any magnitude up to 10^limit, subnormal ones, zeros, and some not finite."""
    kinds = source.integers(0, 12, count)
    any_size = source.choice([-1, 1], count) * 10.0 ** source.uniform(-min(limit, 307), min(limit, 307), count)
    subnormal = source.integers(-(2**40), 2**40, count) * 2.0**-1074
    special = np.array([x for x in SPECIAL if abs(x) < 10.0**limit])
    ordinary = source.standard_normal(count) * 3
    found = np.where(kinds < 6, ordinary, np.where(kinds < 9, any_size, subnormal))
    found = np.where(kinds == 10, source.choice(special, count), found)
    found = np.where(kinds == 11, np.round(ordinary), found)
    lost = source.random(count) < 0.002
    return np.where(lost, source.choice(LOST, count), found)


def balls(source: np.random.Generator, count: int, limit: float = 308) -> Enclosure:
    """Such numbers as midpoints: with radius 0, with a radius near rounding, with an ordinary one, or a huge one."""
    mid = numbers(source, count, limit)
    kind = source.integers(0, 6, count)
    with np.errstate(all="ignore"):
        size = np.abs(mid)
        rad = np.where(
            kind == 1, size * 2.0**-52, np.where(kind == 2, size * 10.0 ** source.uniform(-14, -1, count), 0)
        )
        rad = np.where(kind == 3, 10.0 ** source.uniform(-320, 1, count), rad)
        rad = np.where(kind == 4, size * source.uniform(0.5, 2, count), rad)
    return Enclosure(mid, np.where(np.isfinite(rad), rad, 0))


def companion(source: np.random.Generator, other: Enclosure) -> Enclosure:
    """A second operand: independent, or such that it cancels with the first."""
    found = balls(source, other.mid.size)
    close = source.random(other.mid.size) < 0.2
    nearly = -other.mid * (1 + source.integers(-2, 3, other.mid.size) * 2.0**-52)
    with np.errstate(all="ignore"):
        return Enclosure(np.where(close, nearly, found.mid), np.where(close, other.rad, found.rad))


def exactly(x: float) -> arb:
    """A double as a number."""
    return arb(fmpq(*float(x).as_integer_ratio()))


def points(e: Enclosure, i: int) -> list[arb]:
    """Numbers inside the i-th enclosure: both ends and the midpoint; of an exact one the number itself."""
    mid, rad = exactly(e.mid[i]), exactly(e.rad[i])
    return [mid] if not e.rad[i] else [mid - rad, mid, mid + rad]


def holds(e: Enclosure, i: tuple[int, ...] | int, value: arb) -> bool:
    """Whether the enclosure's entry certainly contains a number."""
    if e.rad[i] == np.inf:
        return True
    return bool(abs(value - exactly(e.mid[i])) <= exactly(e.rad[i]))


def excess(e: Enclosure, i: int, values: list[arb]) -> float:
    """The width of an entry as a multiple of the best: the spread of the values and one unit in the last place."""
    low, high = values[0], values[0]
    for v in values[1:]:
        low, high = low.min(v), high.max(v)
    best = high - low + exactly(np.spacing(abs(e.mid[i])))
    return float(2 * exactly(e.rad[i]) / best)


Binary = Callable[..., object]

BINARY: dict[str, Binary] = {
    "sum": lambda a, b: a + b,
    "difference": lambda a, b: a - b,
    "product": lambda a, b: a * b,
    "quotient": lambda a, b: a / b,
}
UNARY: dict[str, tuple[Callable[[Enclosure], Enclosure], Callable[[arb], arb], float]] = {
    # the function, the truth, and up to which power of ten it is tried
    "sqrt": (lambda e: Enclosure(np.abs(e.mid), np.minimum(e.rad, np.abs(e.mid))).sqrt(), lambda x: abs(x).sqrt(), 308),
    "exp": (lambda e: e.exp(), lambda x: x.exp(), 2.9),
    "tanh": (lambda e: e.tanh(), lambda x: x.tanh(), 3),
    "erf": (lambda e: e.erf(), lambda x: x.erf(), 2),
    "absolute value": (abs, abs, 308),
}
SIZES = [pytest.param(400, id="quick"), pytest.param(12_000, id="100,000 in all", marks=pytest.mark.slow)]


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    before = ctx.prec
    ctx.prec = PRECISION
    yield
    ctx.prec = before


@pytest.mark.figures
@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("name", BINARY)
def test_arithmetic(name: str, count: int) -> None:
    """If this fails, a claim may be "refuted" although it holds of a model, or hold with a width that says little."""
    source = np.random.default_rng(len(name))
    a = balls(source, count)
    b = companion(source, a)
    found = BINARY[name](a, b)
    assert isinstance(found, Enclosure)
    worst = 0.0
    for i in range(count):
        if np.inf in (a.rad[i], b.rad[i]):
            assert found.rad[i] == np.inf
            continue
        if name == "quotient" and abs(b.mid[i]) <= b.rad[i]:
            assert found.rad[i] == np.inf
            continue
        values = [BINARY[name](x, y) for x, y in product(points(a, i), points(b, i))]
        if found.rad[i] == np.inf:
            assert any(not abs(v) < 1e289 for v in values) or _steep(name, b, i), (a[i], b[i])  # type: ignore[operator]
            continue
        assert all(holds(found, i, v) for v in values), (a[i], b[i], found[i])
        if not _steep(name, b, i):
            worst = max(worst, excess(found, i, values))
    print(f"{name}: {count} cases, width at most {worst:.2f} times the best")
    assert worst <= 10


def _steep(name: str, b: Enclosure, i: int) -> bool:
    """A divisor with 0 nearly inside: the bound is symmetric around the midpoint, the quotient's values are not."""
    return name == "quotient" and bool(b.rad[i] > 0.5 * abs(b.mid[i]))


@pytest.mark.figures
@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("name", UNARY)
def test_functions(name: str, count: int) -> None:
    """The same for roots, exp, tanh and erf, where the platform's library would have promised nothing."""
    function, truth, limit = UNARY[name]
    source = np.random.default_rng(len(name))
    x = balls(source, count, limit)
    if name == "sqrt":
        x = Enclosure(np.abs(x.mid), np.minimum(x.rad, np.abs(x.mid)))
    found = function(x)
    ctx.prec = 2600 if name in ("sqrt", "absolute value") else 400
    worst = 0.0
    for i in range(count):
        if x.rad[i] == np.inf:
            continue
        values = [truth(p) for p in points(x, i)]
        if name == "absolute value" and abs(x.mid[i]) <= x.rad[i]:
            values.append(arb(0))
        if found.rad[i] == np.inf:
            assert any(not v < 1e308 for v in values)
            continue
        assert all(holds(found, i, v) for v in values), (x[i], found[i])
        worst = max(worst, excess(found, i, values))
    print(f"{name}: {count} cases, width at most {worst:.2f} times the best")
    assert worst <= 10


@pytest.mark.figures
@pytest.mark.parametrize("count", [pytest.param(60), pytest.param(1500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("limit", [2, 150])
def test_sums_and_products_of_matrices(count: int, limit: float) -> None:
    """Sums and products of rows: what the claims about weights consist of. Here, one rounding error for each term is
    allowed for, as the order of summation is the library's; the width is compared with that."""
    source = np.random.default_rng(count)
    k, worst = 5, 0.0
    for _ in range(count):
        a, b = (balls(source, 2 * k, limit) for _ in range(2))
        left, right = a.reshape(2, k), b.reshape(k, 2)
        found, total = left @ right, left.sum(axis=1)
        for i, j in product(range(2), range(2)):
            if np.inf in (*left.rad[i], *right.rad[:, j]):
                assert found.rad[i, j] == np.inf
                continue
            for side in (-1, 0, 1):  # the end of each term's range that pushes the sum down or up, and the midpoints
                xs = [exactly(m) + side * exactly(r) * (1 if n >= 0 else -1) for m, r, n in _row(left, i, right, j)]
                ys = [exactly(m) + side * exactly(r) * (1 if n >= 0 else -1) for m, r, n in _row(right.T, j, left.T, i)]
                value = sum((x * y for x, y in zip(xs, ys, strict=True)), arb(0))
                assert holds(found, (i, j), value)
                assert holds(total, i, sum(xs, arb(0)))
            if found.rad[i, j] < np.inf:
                worst = max(worst, _allowed(left, right, found, i, j))
    print(
        f"{count * 4} products up to 1e{limit}: width at most {worst:.2f} times what any order of summation allows for"
    )
    assert worst <= 10


def _row(e: Enclosure, i: int, other: Enclosure, j: int) -> list[tuple[float, float, float]]:
    return list(zip(e.mid[i], e.rad[i], other.mid[:, j], strict=True))


def _allowed(a: Enclosure, b: Enclosure, found: Enclosure, i: int, j: int) -> float:
    spread, size = arb(0), arb(0)
    for k in range(a.shape[1]):
        m, r, n, s = (exactly(x) for x in (a.mid[i, k], a.rad[i, k], b.mid[k, j], b.rad[k, j]))
        spread += abs(m) * s + r * abs(n) + r * s
        size += abs(m * n)
    best = spread + size * a.shape[1] * exactly(2.0**-53) + exactly(2.0**-1074)
    return float(exactly(found.rad[i, j]) / best)


@pytest.mark.figures
def test_beside_ball_arithmetic_of_the_same_precision() -> None:
    """python-flint at 53 bits is the peer: its balls are rounded once in each operation, as ours are."""
    source = np.random.default_rng(3)
    count = 500
    x = Enclosure(source.standard_normal(count) * 3, 10.0 ** source.uniform(-16, -3, count))
    y = Enclosure(source.standard_normal(count) * 3, 10.0 ** source.uniform(-16, -3, count))
    pairs = {name: (f(x, y), f) for name, f in BINARY.items() if name != "quotient"}
    pairs |= {name: (f(x), lambda a, b, t=t: t(a)) for name, (f, t, _) in UNARY.items() if name != "sqrt"}
    ctx.prec = 53
    for name, (found, truth) in pairs.items():
        ratios = []
        for i in range(count):
            peer = truth(*(arb(float(e.mid[i]), float(e.rad[i])) for e in (x, y)))
            ratios.append(float(found.rad[i]) / max(float(peer.rad()), np.spacing(abs(found.mid[i])) / 2))  # type: ignore[attr-defined]
        print(f"{name}: radius {np.median(ratios):.2f} times flint's in the middle, {max(ratios):.2f} at most")
        assert max(ratios) <= 10


def test_what_is_not_finite_is_enclosed_by_everything() -> None:
    """Infinity and NaN must never come out as a number."""
    e = Enclosure(np.array([np.inf, -np.inf, np.nan, 1e308, 1.0]))
    assert (e.rad[:3] == np.inf).all() and (e.mid[:3] == 0).all()
    assert (e * 10).rad[3] == np.inf
    assert ((e @ np.ones((5, 1))).rad == np.inf).all()
    assert (e.exp().rad[:4] == np.inf).all()
    assert not (e / e).excludes_zero()[:3].any()
    assert numbers(np.random.default_rng(0), 10).shape == (10,)
