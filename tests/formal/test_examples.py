"""The worked examples, recomputed with fractions and integer square roots: what the claims print and state is right."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isqrt

import pytest

from formal.book import BOOK, block_example, examples
from formal.claims import Claim
from formal.kernel.ground import Witness, evaluate
from formal.statement.elaborate import elaborate_prop

DIGITS = 10**40
INPUTS = {"RS-Ex3b": "1.3 0.4 0 1.3", "RS-Ex4d": "1.2 0.6 -0.5 1.2", "RS-Ex4h": "1.27 -0.23 -1.20 0.67"}
SAMPLES = {"RS-Ex3c": INPUTS["RS-Ex3b"], "RS-Ex4e": INPUTS["RS-Ex4d"], "RS-Ex4i": INPUTS["RS-Ex4h"]}
Vector = list[Fraction]


def vector(text: str) -> Vector:
    return [Fraction(x) for x in re.split(r",? +", text)]


def root(v: Fraction) -> Fraction:
    """A square root to forty digits."""
    return Fraction(isqrt(v.numerator * DIGITS**2 // v.denominator), DIGITS)


def mean(x: Vector) -> Fraction:
    return sum(x, start=Fraction(0)) / 4


def layer_norm(x: Vector, divisor: int = 4) -> Vector:
    s = root(distance2(x, [mean(x)] * 4) / divisor)
    return [(a - mean(x)) / s for a in x]


def added(a: Vector, b: Vector) -> Vector:
    return [x + y for x, y in zip(a, b, strict=True)]


def decimal(a: Fraction, places: int) -> str:
    """Rounded, with so many digits after the point."""
    n = round(a * 10**places)
    whole, part = divmod(abs(n), 10**places)
    return f"{'-' if n < 0 else ''}{whole}.{part:0{places}d}"


def decimals(x: Vector, places: int) -> str:
    """As it is printed: (0.96850, -0.61632, ..)."""
    return "(" + ", ".join(decimal(a, places) for a in x) + ")"


def distance2(a: Vector, b: Vector) -> Fraction:
    return sum(((x - y) ** 2 for x, y in zip(a, b, strict=True)), start=Fraction(0))


def at(claim: Claim, **values: Fraction) -> bool:
    """Whether the quotients that a claim speaks of lie where it says, at these values."""
    assert claim.show is not None
    quotients = [p for p in claim.show.parts if p.op == "and"]
    assert quotients
    letters = {name: ((value,),) for name, value in values.items()}
    return all(evaluate(elaborate_prop(p), Witness({}, letters)) for p in quotients)


@pytest.mark.parametrize("id", [*INPUTS, *SAMPLES])
def test_decimals_are_right(id: str) -> None:
    """In the title to five decimals, in the sentence of what is to be printed to two."""
    claim = BOOK.claims[id]
    y = layer_norm(vector(INPUTS.get(id) or SAMPLES[id]), 3 if id in SAMPLES else 4)
    assert decimals(y, 5) in claim.title
    if id in INPUTS:
        assert decimals(y, 2) in claim.sentence


@pytest.mark.parametrize("id", [*INPUTS, *SAMPLES])
def test_quotients_hold_at_the_computed_values(id: str) -> None:
    """..and not at values that are a little off."""
    x = vector(INPUTS.get(id) or SAMPLES[id])
    s = root(distance2(x, [mean(x)] * 4) / (3 if id in SAMPLES else 4))
    name = "s5" if id in ("RS-Ex4h", "RS-Ex4i") else "s"
    assert at(BOOK.claims[id], **{name: s})
    assert not at(BOOK.claims[id], **{name: s + Fraction(1, 50_000)})


def test_what_is_said_of_the_printed_vectors() -> None:
    """Their sums, lengths and distances, and that they are not what they are said to be."""
    t3 = vector("0.8 -0.1 -0.5 0.8")
    assert sum(t3) == 1 and distance2(t3, [Fraction(0)] * 4) == Fraction(77, 50)
    assert t3 == [a - Fraction(1, 2) for a in vector(INPUTS["RS-Ex3b"])]
    middle, last = vector("0.77 -0.03 -1.50 0.77"), vector("1.35 -0.69 -1.65 0.98")
    assert distance2(middle, [Fraction(0)] * 4) == Fraction("3.4367")
    assert distance2(last, [Fraction(0)] * 4) == Fraction("5.9815")
    centred = [a - Fraction(5, 8) for a in vector(INPUTS["RS-Ex4d"])]
    assert decimals([a / Fraction(3, 4) for a in centred], 2) == decimals(middle, 2)
    wrong = BOOK.claims["RS-Ex4"].wrong
    for x, printed in ((INPUTS["RS-Ex4d"], middle), (INPUTS["RS-Ex4h"], last)):
        assert decimals(layer_norm(vector(x)), 2) in wrong and decimals(printed, 2) in wrong
        assert distance2(layer_norm(vector(x)), printed) > Fraction(1, 100) ** 2
    assert decimals(layer_norm(vector(INPUTS["RS-Ex3b"])), 5) in BOOK.claims["RS-Ex3"].wrong


def test_the_sums_of_the_chapter() -> None:
    x = vector("1 0.5 -0.2 0.8")
    assert added(vector("0.3 -0.1 0.2 0.5"), x) == vector(INPUTS["RS-Ex3b"])
    assert added(vector("0.2 0.1 -0.3 0.4"), x) == vector(INPUTS["RS-Ex4d"])
    assert added(vector("0.5 -0.2 0.3 -0.1"), vector("0.77 -0.03 -1.50 0.77")) == vector(INPUTS["RS-Ex4h"])


def test_the_block_in_exact_arithmetic() -> None:
    t5 = added(vector("0.5 -0.2 0.3 -0.1"), layer_norm(vector(INPUTS["RS-Ex4d"])))
    h = layer_norm(t5)
    assert decimals(h, 5) in BOOK.claims["RS-Ex4j"].title
    assert [*map(Fraction, block_example.TRUE_H)] == vector(decimals(h, 5)[1:-1])
    w = root(Fraction(771))
    r = root(distance2([w * (a - mean(t5)) for a in t5], [Fraction(0)] * 4) / 4)
    assert at(BOOK.claims["RS-Ex4j"], w=w, r=r)
    assert not at(BOOK.claims["RS-Ex4j"], w=w, r=r + Fraction(1, 1_000))


def test_the_modified_layer() -> None:
    """(-0.6, 0) at what is printed, (-1.93699, 0) at the true LN."""

    def modified(y: Vector) -> Vector:
        return [y[1] + y[2], y[3] - y[0]]

    assert modified(vector("0.8 -0.1 -0.5 0.8")) == [Fraction(-3, 5), 0]
    first, second = modified(layer_norm(vector(INPUTS["RS-Ex3b"])))
    assert second == 0 and decimal(first, 5) == examples.FIRST == "-1.93699"
