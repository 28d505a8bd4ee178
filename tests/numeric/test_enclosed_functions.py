"""Activations, softmax and rotary angles in enclosures, beside ball arithmetic of high precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from flint import arb, ctx, fmpq

from numeric import functions
from numeric.enclosures import angles, enclosed_functions
from numeric.enclosures.enclosed_functions import ACTIVATIONS, rotate, softmax
from numeric.enclosures.enclosure import Enclosure


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    before = ctx.prec
    ctx.prec = 300
    yield
    ctx.prec = before


def ball(mid: float, rad: float = 0.0) -> arb:
    return arb(fmpq(*float(mid).as_integer_ratio()), fmpq(*float(rad).as_integer_ratio()))


def inside(e: Enclosure, i: tuple[int, ...] | int, value: arb) -> bool:
    return e.rad[i] == np.inf or bool(abs(value - ball(e.mid[i])) <= ball(e.rad[i]))


def gelu(x: arb) -> arb:
    return x / 2 * (1 + (x / arb(2).sqrt()).erf())


def gelu_tanh(x: arb) -> arb:
    c, d = (2 / arb.pi()).sqrt(), arb(44715) / 10**6
    return x / 2 * (1 + (c * (x + d * x**3)).tanh())


def silu(x: arb) -> arb:
    return x / (1 + (-x).exp())


TRUTH: dict[str, Callable[[arb], arb]] = {
    "relu": lambda x: x.max(arb(0)),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": silu,
}


@pytest.mark.parametrize("name", TRUTH)
@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_activations(name: str, count: int) -> None:
    """If this fails, an MLP's claimed value may be wrong, far out, near 0, or over a wide range."""
    source = np.random.default_rng(5)
    mid = np.where(source.random(count) < 0.8, source.standard_normal(count) * 4, source.standard_normal(count) * 300)
    mid[:4] = 0.0, -0.0, 1e-60, -745.5
    rad = np.where(source.random(count) < 0.3, 0.0, 10.0 ** source.uniform(-17, 1, count))
    x = Enclosure(mid, rad)
    found, alone = ACTIVATIONS[name](x), ACTIVATIONS[name](mid)
    plain = functions.ACTIVATIONS[name](mid)
    for i in range(count):
        m, r = ball(mid[i]), ball(rad[i])
        for t in (-1, 0, 1, source.uniform(-1, 1)):
            assert inside(found, i, TRUTH[name](m + r * ball(t))), (mid[i], rad[i], t)
        assert inside(alone, i, TRUTH[name](m))
    assert (found.rad < np.inf).all()
    assert (np.abs(plain - alone.mid) <= 3 * alone.rad).all()  # so that a plain run is known to lie near


def slopes(name: str, x: arb) -> tuple[arb, arb]:
    """The first and second derivative over a ball."""
    if name == "silu":
        s = 1 / (1 + (-x).exp())
        return s * (1 + x * (1 - s)), s * (1 - s) * (2 + x * (1 - 2 * s))
    if name == "gelu":
        density = (-x * x / 2).exp() / (2 * arb.pi()).sqrt()
        return (1 + (x / arb(2).sqrt()).erf()) / 2 + x * density, density * (2 - x * x)
    c, d = (2 / arb.pi()).sqrt(), arb(44715) / 10**6
    t = (c * (x + d * x**3)).tanh()
    s, g, h = 1 - t * t, c * (1 + 3 * d * x * x), 6 * c * d * x
    return (1 + t) / 2 + x / 2 * s * g, s * g + x / 2 * s * (h - 2 * t * g * g)


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu"])
def test_activations_bend_and_rise_as_little_as_their_enclosures_say(name: str) -> None:
    """|f'| <= 1.2 and |f''| <= 1, proved by subdivision on [-40, 40]; beyond, all but the slope's limit 0 or 1 has a
    factor |x|^5 e^-|x| or less, which is below 1e-8."""
    ctx.prec = 80
    for i in range(-40 * 64, 40 * 64):
        first, second = slopes(name, arb(fmpq(2 * i + 1, 128), fmpq(1, 128)))
        assert abs(first) <= 1.2 and abs(second) <= 1, (i / 64, first, second)


def test_softmax() -> None:
    """Weights contain the exact ones, also where rows are wide apart, and masked ones are exactly 0."""
    source = np.random.default_rng(6)
    x = Enclosure(source.standard_normal((5, 9)) * 300, 10.0 ** source.uniform(-17, -2, (5, 9)))
    mask = source.random((5, 9)) < 0.7
    mask[:, 0] = True
    found = softmax(x, mask)
    for i in range(5):
        for t in (-1.0, 0.0, 1.0):
            row = enumerate(zip(x.mid[i], x.rad[i], strict=True))
            shift = [ball(m) + ball(r) * ball(t * (-1) ** n) for n, (m, r) in row]
            powers = [(s.exp() if keep else arb(0)) for s, keep in zip(shift, mask[i], strict=True)]
            assert all(inside(found, (i, j), p / sum(powers, arb(0))) for j, p in enumerate(powers))
    assert (found.mid[~mask] == 0).all() and (found.rad[~mask] == 0).all()


def test_rotary_angles_are_exact_and_turn() -> None:
    """The tables hold the exact angles, and what they turn keeps its length, as the claims about positions need."""
    cosines, sines = angles.exact(40, 8, 10000.0)
    ctx.prec = 200
    for p in range(40):
        for i in range(4):
            angle = p * arb(10000) ** (arb(-i) / 4)
            assert inside(cosines, (p, i), angle.cos()) and inside(sines, (p, i), angle.sin())
    assert cosines.rad.max() < 2.0**-52
    for size, base in ((8, 10000.0), (6, 7.0), (64, 1e6)):
        for found, plain in zip(angles.tables(500, size, base), functions.rotary_angles(500, size, base), strict=True):
            assert (np.abs(found.mid - plain) <= found.rad).all() and found.rad.max() < 500 * 2.0**-47
    x = Enclosure(np.random.default_rng(7).standard_normal((2, 40, 8)))
    turned = rotate(x, cosines, sines)
    assert ((turned * turned).sum(axis=-1) - (x * x).sum(axis=-1)).excludes_zero().sum() == 0
    assert np.allclose(turned.mid, functions.rotate(x.mid, cosines.mid, sines.mid))


def test_constants_are_enclosed() -> None:
    """The doubles that stand for roots are as near to them as the bounds of the activations take for granted."""
    e = enclosed_functions
    for found, truth in (
        (e.ROOT_HALF, arb(0.5).sqrt()),
        (e.TANH_OUTER, (2 / arb.pi()).sqrt()),
        (e.TANH_INNER, (2 / arb.pi()).sqrt() * 44715 / 10**6),
    ):
        assert abs(truth / ball(found) - 1) <= 2 * 2.0**-53
