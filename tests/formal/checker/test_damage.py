"""Random damage to the certificates of the book: the checker may accept what still proves what it says, no more.

With the digest as it was, nothing is accepted unless the content is the same. With a new digest, whatever is accepted
states what the original stated, or another statement for which exact small instances hold no counterexample.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from formal import checker
from formal.checker import CheckError, Limits, Replay, check_text

from .checker_tools import (
    Statement,
    Undecided,
    book_data,
    book_texts,
    counterexample,
    damage,
    damaged_bytes,
    sealed,
    shape_of,
    statements,
)

pytestmark = pytest.mark.figures

Json = Any
FEW, MANY, RESEALED = 300, 10_000, 4_000
PARTS = 8  # of the many, for as many processes as there are


def answer(text: str | bytes) -> int:
    """The exit code; whatever is not a CheckError is a bug of the checker."""
    try:
        check_text(text)
    except CheckError as e:
        assert e.code in (1, 2, 3) and str(e)
        return e.code
    return 0


def outcome(before: Json, after: Json, seed: int) -> str:
    """Why an accepted damage is harmless; raises AssertionError when it is not."""
    if after["kind"] in ("ill-typed", "definition"):
        return same_typing(after)
    one, two = statements(before, after)
    if one.says(two):
        return "the same statement"
    if two.kind == "refutation":
        # the certificate says that there are values at which the statement fails: show some
        return "another refutation, at a witness" if witnessed(two, after) else "another refutation, by proof"
    try:
        found = counterexample(two, 60, seed)
    except Undecided:
        return "another statement, beyond small instances"
    assert found is None, f"{after['id']}: a false statement is accepted: {found and (found.nats, found.values)}"
    return "another statement without a counterexample"


def witnessed(s: Statement, after: Json) -> bool:
    """Whether the evidence is one witness; then what is given holds there and what is shown fails, read on its own."""
    step = after["steps"][-1]
    if step["rule"] != "ground":
        return False
    values = Replay(Limits())
    values.declare(after["letters"])
    at = values.witness(step["witness"])
    inner = checker.Evaluator(s.replay, at.nats, at.letters)
    assert all(inner.holds(p) for p in s.given) and not inner.holds(s.show)
    return True


def same_typing(after: Json) -> str:
    """A second look at the types, by another recursion."""
    replay = Replay(Limits())
    replay.declare(after["letters"])

    def put(n: Json, index: Json) -> Json:
        return checker.dim_put(replay.dim(n), {} if index is None else {checker.HOLE: replay.dim(index)})

    found = shape_of(after["expression"], after["letters"], put)
    assert (found is None) == (after["kind"] == "ill-typed"), after["id"]
    return "an expression, typed again"


def test_the_second_look_finds_what_is_false() -> None:
    """The search is no formality: it finds the counterexamples of statements that are known to fail."""
    found = 0
    for name, data in book_data().items():
        if data["kind"] != "refutation":
            continue
        wrong = {**copy.deepcopy(data), "kind": "proof"}
        _, statement = statements(data, wrong)
        try:
            found += counterexample(statement, 400, 1) is not None
        except Undecided:
            continue
        assert name
    refutations = sum(data["kind"] == "refutation" for data in book_data().values())
    print(f"\nsearch: counterexamples for {found} of {refutations} refuted statements")
    assert found >= refutations / 3


def kept_digest(numbers: range, seed: int) -> Counter[str]:
    """(a) Damage to the data or to the bytes, the digest as it was."""
    figures: Counter[str] = Counter()
    names = sorted(book_texts())
    for i in numbers:
        rng = Random(f"{seed} kept {i}")
        name = rng.choice(names)
        original = book_data()[name]
        if i % 2:
            text: str | bytes = damaged_bytes(book_texts()[name], rng)
        else:
            text = json.dumps(damage(name, rng)[0])
        code = answer(text)
        if code == 0:
            assert json.loads(text) == original, f"{name}, damage {i}: accepted with the old digest"
            figures["the same content"] += 1
        else:
            figures[f"exit {code}"] += 1
    return figures


def new_digest(numbers: range, seed: int) -> Counter[str]:
    """(b) Damage to the data, the digest made anew."""
    figures: Counter[str] = Counter()
    names = sorted(book_texts())
    for i in numbers:
        rng = Random(f"{seed} new {i}")
        name = rng.choice(names)
        body, what, on_statement = damage(name, rng)
        code = answer(sealed(body))
        figures["on the statement" if on_statement else "on the evidence"] += 1
        if code:
            figures[f"exit {code}"] += 1
            continue
        try:
            why = outcome(book_data()[name], body, i)
        except AssertionError as e:
            raise AssertionError(f"{name}, damage {i}, {what}: {e}") from None
        assert on_statement or why in ("the same statement", "an expression, typed again"), (name, i, what, why)
        figures[f"accepted: {why}"] += 1
    return figures


def summary(title: str, figures: Counter[str]) -> None:
    print(f"\n{title}: " + ", ".join(f"{n} {what}" for what, n in sorted(figures.items())))


def test_damage_quickly() -> None:
    kept, new = kept_digest(range(FEW // 2), 1), new_digest(range(FEW // 2), 1)
    summary("damage, digest kept", kept)
    summary("damage, digest anew", new)
    assert kept["exit 2"] > FEW // 3 and new["exit 1"] > FEW // 20


def kept_digest_in_part(part: int) -> Counter[str]:
    return kept_digest(range(part, MANY, PARTS), 2)


def new_digest_in_part(part: int) -> Counter[str]:
    return new_digest(range(part, RESEALED, PARTS), 3)


@pytest.mark.slow
def test_damage_with_the_old_digest(over_processes: Callable[..., list[Counter[str]]]) -> None:
    figures = sum(over_processes(kept_digest_in_part, range(PARTS)), Counter[str]())
    summary("damage, digest kept", figures)
    assert sum(figures.values()) == MANY


@pytest.mark.slow
def test_damage_with_a_new_digest(over_processes: Callable[..., list[Counter[str]]]) -> None:
    figures = sum(over_processes(new_digest_in_part, range(PARTS)), Counter[str]())
    summary("damage, digest anew", figures)
    assert figures["exit 1"] > RESEALED // 10
