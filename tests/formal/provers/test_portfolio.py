"""The portfolio: how goals are taken apart, facts are used, and limits are kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from formal.claims import stated
from formal.kernel import rules
from formal.kernel.errors import KernelError
from formal.kernel.props import for_all, zero
from formal.kernel.terms import ONE, Decl, letter, multiply, nat
from formal.provers import portfolio
from formal.provers.deadline import OutOfTime, tick, within
from formal.provers.errors import ProofFailure
from formal.provers.method import Method
from formal.provers.portfolio import prove, settle
from formal.provers.proof import Proof

TRUE = [
    "n; A, B: n x n; A*B = I and B*A = I => A*B*A = A and B*A*B = B",
    "n; A, B: n x n; A = 0 or B = 0 => A*B = 0",
    "n; A, B: n x n; A = 0 or B = 0 => B = 0 or A = 0",
    "n; A, B: n x n; A = 0 => A = 0 or B = 0",
    "n; A, B: n x n; A*B != 0 => A != 0 and B != 0",
    "n; A, B: n x n; A*B = B*A <=> B*A - A*B = 0",
    "n; A, B: n x n; not (A = 0 => B = 0) => B != 0",
    "n; A, B: n x n; A = 0, B != 0 => not (A = 0 => B = 0)",
    "n; A, B: n x n; (A = 0 => B = 0), B != 0 => A != 0",
    "n; A, B, C: n x n; (A = 0 => C = 0), (A != 0 => C = 0) => C = 0",
    "n; A, B, C: n x n; A = 0 or B = 0 or C = 0 => A*B*C = 0",
    "n; A, B: n x n; (A + B = B + A => A = I) => A = I",
    "n; A: n x n; not (exists x: n. A*x != 0) => for all x: n. A*x = 0",
    "n; A: n x n; not (for all x: n. A*x = 0) => exists x: n. A*x != 0",
    "n; A: n x n; exists x: n. A*x != 0 => not (for all x: n. A*x = 0)",
    "n; A: n x n; A != A => A = 0",
    "a, b: scalar; a > 0, a <= 0 => b = 0",
    "a, b: scalar; a <= b or b <= a",
    "a: scalar; a = 0 or a != 0",
    "m, n; A: m x n; B: n x m; m = n, A*B = I => A*B*A = A",
    "d; W: d x d; d = 3 => tr(I(d)) = 3",
]


@pytest.mark.parametrize("text", TRUE)
def test_logic_is_taken_apart(text: str) -> None:
    claim = stated(text)
    theorem, _ = prove(claim.goal, claim.hypotheses, 20)
    assert theorem is not None
    assert theorem.conclusion == claim.goal
    assert theorem.hyps <= set(claim.hypotheses)


@pytest.mark.parametrize(
    "text",
    [
        "n; A, B: n x n; A = 0 or B = 0 => A = 0",
        "n; A, B: n x n; (A = 0 => B = 0) => B = 0",
        "n; A, B: n x n; (A = 0 => B = 0), B = 0 => A = 0",
        "n; A: n x n; exists x: n. A*x = 0 => A = 0",
        "n; A, B, C, D: n x n; A = 0 or B = 0, C = 0 or D = 0, A = 0 or D = 0, B = 0 or C = 0 => A = 0",
    ],
)
def test_bad_logic_proves_nothing(text: str) -> None:
    claim = stated(text)
    assert prove(claim.goal, claim.hypotheses, 0.5)[0] is None


def test_a_bound_name_may_be_in_use() -> None:
    """The x of the goal is another than the x of the hypothesis; the names must not meet."""
    n = nat("n")
    x = Decl("x", n, ONE)
    a = letter(Decl("A", n, n))
    fact = zero(multiply(a, letter(x)))
    goal = for_all(x, zero(multiply(multiply(a, a), letter(x))))
    theorem, _ = prove(goal, [zero(a), fact], 5)
    assert theorem is not None
    assert theorem.conclusion == goal
    assert prove(for_all(x, fact), [fact], 0.5)[0] is None


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Method]]:
    """A portfolio with the methods that a test puts in, and no consequences."""
    chosen: list[Method] = []
    monkeypatch.setattr(portfolio, "methods", lambda: tuple(chosen))
    monkeypatch.setattr(portfolio, "consequences", tuple)
    yield chosen


GOAL = stated("n; A: n x n; A*A*A = I => A = I").goal


@pytest.mark.parametrize("error", [KernelError("capture"), ValueError("a bug"), ProofFailure("no")])
def test_the_fault_of_one_method_is_its_own(only: list[Method], error: Exception) -> None:
    """An error of any kind is a failed attempt, with its text on record, and the next method has its turn."""

    def faulty(p: Proof, effort: int) -> rules.Theorem:
        raise error

    only += [Method("faulty", faulty), Method("second", lambda p, effort: rules.assume(p.goal))]
    theorem, attempts = prove(GOAL, [], 5)
    assert theorem is not None
    assert str(error) in next(a for a in attempts if a.method == "faulty").failure


def test_a_method_that_has_no_end_is_stopped(only: list[Method], monkeypatch: pytest.MonkeyPatch) -> None:
    """At its share of the time, and again at the end of all."""
    monkeypatch.setattr(portfolio, "SECONDS", (0.01, 1000))

    def endless(p: Proof, effort: int) -> rules.Theorem:
        while True:
            tick()

    only.append(Method("endless", endless))
    theorem, attempts = prove(GOAL, [], 1)
    assert theorem is None
    assert [a.round for a in attempts if a.method == "endless"] == [0, 1]


def test_methods_that_call_each_other_come_to_an_end(only: list[Method]) -> None:
    """A goal that is handed back as it is, or always in a new form, does not go round without end."""
    only.append(Method("back", lambda p, effort: settle(p)))

    def longer(p: Proof, effort: int) -> rules.Theorem:
        if p.goal.kind != "zero":
            raise ProofFailure("no")
        return p.prove(zero(multiply(p.goal[1], p.goal[1])), settle)

    only.append(Method("longer", longer))
    theorem, attempts = prove(GOAL, [], 20)
    assert theorem is None
    assert len(attempts) < 3000


def test_what_is_over_is_over() -> None:
    """A run inside a limit of time does not outlive it."""
    claim = stated("n; A: n x n; A*A*A = I => A = I")
    with pytest.raises(OutOfTime), within(0):
        settle(Proof(claim.goal, map(rules.assume, claim.hypotheses)))
