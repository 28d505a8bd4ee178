"""A theorem is made by a rule or not at all: handles, copies, pickles and changed containers say nothing."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from formal.kernel import rules
from formal.kernel.errors import KernelError
from formal.kernel.ground import Witness
from formal.kernel.props import Prop, at_least, equal, exists, implication, zero
from formal.kernel.rules import Cofactor, Summand, Theorem
from formal.kernel.terms import ONE, Decl, Nat, Term, identity, letter, nat, number, scalar

N, M = nat("n"), nat("m")
DS = Decl("S", N, N)
S = letter(DS)
FALSE = zero(number(1))
TRUE_ = rules.ring(zero(number(0)))


def says_nothing(th: Any) -> None:
    """No property answers, and no rule takes it."""
    for name in ("hyps", "conclusion", "axioms", "step"):
        with pytest.raises(KernelError, match="not made by a rule"):
            getattr(th, name)
    for use in (
        lambda: rules.discharge(th, FALSE),
        lambda: rules.conjoin([th]),
        lambda: rules.ideal(number(0), [th], []),
        lambda: rules.detach(th, TRUE_),
        lambda: rules.detach(TRUE_, th),
        lambda: rules.generalize(th, "n"),
        lambda: rules.instantiate(th, {}, {}),
        lambda: rules.cases(th, th, FALSE),
    ):
        with pytest.raises(KernelError):
            use()


def test_a_theorem_made_by_hand_says_nothing() -> None:
    """The class can be called; what it returns is an empty handle."""
    says_nothing(Theorem())
    says_nothing(object.__new__(Theorem))
    with pytest.raises(TypeError):
        Theorem(FALSE)  # type: ignore[call-arg]


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_copy_is_the_theorem_itself_or_says_nothing(make: Callable[[Theorem], Theorem]) -> None:
    """A copy could be changed where the original cannot."""
    try:
        other = make(TRUE_)
    except (TypeError, KernelError):
        return
    if other is not TRUE_:
        says_nothing(other)


def test_a_pickled_theorem_is_refused_or_says_nothing() -> None:
    """Bytes can be written by anyone."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        try:
            other = pickle.loads(pickle.dumps(TRUE_, protocol))
        except (TypeError, KernelError, pickle.PicklingError):
            continue
        says_nothing(other)


def test_dataclasses_replace_has_nothing_to_replace() -> None:
    """This is how proof objects elsewhere are forged."""
    with pytest.raises(TypeError):
        dataclasses.replace(TRUE_, conclusion=FALSE)  # type: ignore[type-var]


def test_nothing_can_be_written_on_a_theorem() -> None:
    """Neither plainly nor past the class."""
    for name in ("conclusion", "hyps", "axioms", "step", "anything"):
        with pytest.raises(AttributeError):
            setattr(TRUE_, name, FALSE)
        with pytest.raises(AttributeError):
            object.__setattr__(TRUE_, name, FALSE)
    assert TRUE_.conclusion == zero(number(0))
    assert not hasattr(TRUE_, "__dict__")


def test_the_class_cannot_be_extended() -> None:
    """A subclass could answer whatever it likes."""
    with pytest.raises(KernelError, match="cannot be extended"):
        type("Forged", (Theorem,), {"conclusion": FALSE})


def test_an_object_that_quacks_like_a_theorem_is_refused() -> None:
    """Rules ask the table, not the object."""

    class Duck:
        hyps: frozenset[Prop] = frozenset()
        axioms: frozenset[str] = frozenset()
        conclusion = FALSE

    duck: Any = Duck()
    for use in (
        lambda: rules.ideal(number(1), [duck], [Cofactor(0, number(1), number(1))]),
        lambda: rules.order(at_least(number(-1), number(0)), [duck], [Summand(1, (0,))]),
        lambda: rules.conjoin([duck, duck]),
        lambda: rules.detach(rules.assume(implication(FALSE, FALSE)), duck),
        lambda: rules.discharge(duck, FALSE),
        lambda: rules.absurd(duck, rules.assume(FALSE), FALSE),
    ):
        try:
            th = use()
        except (KernelError, AttributeError, TypeError):
            continue
        pytest.fail(f"a rule took an object for a theorem and made {th}")


def test_terms_letters_and_propositions_cannot_be_changed() -> None:
    """A theorem would change with them."""
    word = next(iter(S.words))
    p = zero(S)
    for thing in (S, word[0], p, DS, N):
        for name in ("rows", "cols", "words", "decl", "transposed", "name", "kind"):
            with pytest.raises(AttributeError):
                setattr(thing, name, 1)
            with pytest.raises(AttributeError):
                object.__setattr__(thing, name, 1)
    with pytest.raises(TypeError):
        S.words[()] = 1  # type: ignore[index]
    with pytest.raises(TypeError):
        p[1] = number(0)  # type: ignore[index]


@pytest.mark.parametrize(
    "make",
    [
        lambda: zero(S._replace(words={})),
        lambda: zero(S._replace(rows=M)),
        lambda: zero(S._replace(words=type(S.words)({(next(iter(S.words))[0]._replace(rows=M),): 1}))),
        lambda: zero(S._replace(words=type(S.words)({(next(iter(S.words))[0]._replace(transposed=True),): 1}))),
        lambda: zero(S._replace(words=type(S.words)({(): 1, (*next(iter(S.words)), "x"): 1}))),
        lambda: Prop(("zero", type("T", (Term,), {})(*S))),
        lambda: type("P", (Prop,), {})(("zero", S)),
        lambda: zero(S._replace(rows=type("Q", (Nat,), {})(N), cols=type("Q", (Nat,), {})(N))),
    ],
    ids=[
        "bare dict",
        "rows",
        "letter rows",
        "letter transposed",
        "stray text",
        "term class",
        "prop class",
        "nat class",
    ],
)
def test_replaced_and_subclassed_parts_are_refused(make: Callable[[], Prop]) -> None:
    """`_replace` and subclasses make things that look like the kernel's; rules look closely."""
    with pytest.raises((KernelError, AttributeError)):
        rules.assume(make())


def test_mappings_and_lists_can_be_changed_after_the_rule() -> None:
    """What was passed in is copied; the theorem and its hypotheses stay what they were."""
    dt = Decl("T", N, N)
    nats: dict[str, Nat] = {"n": M}
    letters: dict[Decl, Term] = {}
    th = rules.instantiate(rules.assume(equal(S, letter(dt))), nats, letters)
    hyps = [zero(number(0))]
    moved = rules.transport(rules.assume(hyps[0]), "n", M, hyps, zero(number(0)))
    premises = [rules.assume(FALSE)]
    ideal = rules.ideal(number(1), premises, [Cofactor(0, number(1), number(1))])
    values: dict[str, Any] = {"S": ((1,),)}
    goal = exists(DS._replace(rows=ONE, cols=ONE), exists("u", zero(number(0))))
    grounded = rules.ground(goal, Witness({"u": 0}, values))
    before = [(t.hyps, t.conclusion, t.axioms) for t in (th, moved, ideal, grounded)]
    nats["n"] = ONE
    letters[DS] = identity(N)
    hyps.append(FALSE)
    premises.clear()
    values["S"] = ((0,),)
    assert [(t.hyps, t.conclusion, t.axioms) for t in (th, moved, ideal, grounded)] == before
    assert ideal.hyps == {FALSE}
    assert ideal.step.parents


def test_what_a_step_records_cannot_change_a_theorem() -> None:
    """The data of a step are for the certificate; they are not what the theorem says."""
    th = rules.instantiate(rules.assume(equal(scalar(N), number(3))), {"n": M}, {})
    conclusion = th.conclusion
    data: Any = th.step.data
    for key in list(data):
        try:
            data[key] = None
        except TypeError:
            continue
    assert th.conclusion == conclusion
    assert th.hyps == {conclusion}


OPTIMISED = """
import sys
from formal.kernel import rules
from formal.kernel.errors import KernelError
from formal.kernel.ground import Witness
from formal.kernel.props import *
from formal.kernel.rules import Cofactor, Summand
from formal.kernel.terms import *
assert False, "not run: -O strips assertions"
n, one = nat("n"), number(1)
S, T = letter(Decl("S", n, n)), letter(Decl("T", n, n))
a = letter(Decl("a", ONE, ONE))
false, st = zero(one), rules.assume(equal(multiply(S, T), identity(n)))
steps = [
    lambda: rules.ring(equal(multiply(S, T), multiply(T, S))),
    lambda: rules.ideal(subtract(multiply(T, S), identity(n)), [st], [Cofactor(0, identity(n), identity(n))]),
    lambda: rules.order(at_least(a, number(0)), [], [Summand(1, (), (), (a,))]),
    lambda: rules.order(greater(number(0), number(0)), [], []),
    lambda: rules.null(rules.assume(at_least(number(0), a)), a),
    lambda: rules.integer(rules.assume(greater(a, number(0)))),
    lambda: rules.invert(rules.assume(false), "t"),
    lambda: rules.rank_bound(S, letter(Decl("X", nat("m"), n))),
    lambda: rules.rank_factor(S, ("n", "C", "F", "A", "B")),
    lambda: rules.rank_identity(st, T, S),
    lambda: rules.blocks(n, n, ("E", "E")),
    lambda: rules.induct(rules.assume(false), rules.assume(false), "n", false),
    lambda: rules.difference(rules.assume(false), n, n, "k"),
    lambda: rules.transport(rules.assume(false), "n", ONE, [], false),
    lambda: rules.assume(Prop(("zero", "S"))),
    lambda: rules.detach(rules.assume(false), rules.assume(false)),
    lambda: rules.conjoin([]),
    lambda: rules.part(rules.assume(false), 0),
    lambda: rules.instantiate(st, {}, {Decl("S", n, n): a}),
    lambda: rules.generalize(st, Decl("S", n, n)),
    lambda: rules.specialize(rules.assume(false), one),
    lambda: rules.introduce(rules.assume(false), exists("k", zero(number(2))), n),
    lambda: rules.eliminate(rules.assume(exists("k", false)), rules.assume(zero(scalar(nat("k")))), "k"),
    lambda: rules.cases(st, rules.assume(false), false),
    lambda: rules.absurd(st, st, false),
    lambda: rules.congruence(st, S, T),
    lambda: rules.ground(exists("k", false), Witness({"k": 0}, {})),
    lambda: rules.axiom("a", zero(S)),
    lambda: multiply(S, a),
    lambda: rules.Theorem().conclusion,
]
taken = 0
for i, step in enumerate(steps):
    try:
        step()
    except (KernelError, AttributeError):
        continue
    taken += 1
    print("step", i, "was taken")
print(len(steps), taken)
sys.exit(taken)
"""


@pytest.mark.parametrize("flag", ["-O", "-OO"])
def test_optimised_python_refuses_the_same(flag: str, python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """-O strips assertions; a rule guarded by them would let every false step through."""
    done = python(flag, "-c", OPTIMISED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "30 0"


def test_no_assertion_guards_anything(root: Path) -> None:
    """The same, read off from the sources of the kernel."""
    import ast

    for path in sorted((root / "formal" / "kernel").glob("*.py")):
        found = [n.lineno for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Assert)]
        assert not found, f"{path.name}: assert in lines {found}"
