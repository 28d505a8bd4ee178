"""The second voice: SymPy confirms the equations of the book, and a wrong one is neither missed nor passed over."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from formal import ratios, second_voice
from formal.book import BOOK
from formal.claims import Claim, ideal
from formal.falsify import find_counterexample
from formal.kernel.ground import Surd
from formal.second_voice import Confirmation, Disagreement, confirm, insist
from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    Or,
    define,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    ordered_product,
    rank,
    scalars,
    subset_sum,
    vector,
)
from formal.statement.language import Expression, Prop

CLAIMS = list(BOOK)
d, m, k, l, L = dims("d m k l L")
I = Identity(d)
W, V = matrix("W", m, d), matrix("V", d, m)
P, R, T = matrix("P", d, d), matrix("R", d, d), matrix("T", d, d)
x, y = vector("x", d), vector("y", d)
a, c, s, t = scalars("a c s t")


def said(show: Any, *given: Any, where: tuple[Any, ...] = ()) -> Confirmation:
    return confirm(Claim("X", "", tuple(given), show, where, proof=ideal))


# ---------------------------------------------------------------- the book
# Equations that SymPy alone cannot confirm, and why. Order, rank and denials are not its subject and are not listed.
FOR_ALL = "a hypothesis about all values of a map or a matrix is needed, and was not put to use"
NO_VALUES = "no values were found that satisfy the hypotheses"
VANISH = "wherever the hypotheses were solved both sides vanish"
UNCONFIRMED = {
    "RS-Ex5a": NO_VALUES,  # four columns of which sums and differences are orthogonal
    "RS-U6f": VANISH,  # a vector with one coordinate as large as can be
    "TH-22d": NO_VALUES,  # two orthogonal vectors of equal length, with a third direction left
    "TH-26": FOR_ALL,  # softmax, at all scores
    "VW-L1k": FOR_ALL,  # ReLU, at every number
    "VW-L11": VANISH,  # equality in Cauchy's inequality
    "VW-L4e": FOR_ALL,  # one half: "for all C" of every width
    "VW-L4f": FOR_ALL,  # an injective z -> z + W V phi(z)
    "VW-T7e": NO_VALUES,  # an "or" of an equation and two inequalities
    "VW-U2a": NO_VALUES,  # widths of a direct sum have to add up to d, which the small ones do not
}

# Confirmed only where e'A[h] = 0: the hypotheses hold elsewhere too, but SymPy does not get there.
ONE_SIDED = {"TH-8e"}
# SymPy solves the hypotheses on the branch where s is not 0; a wrong sign shows on the other one, at s = 0, only.
ONE_BRANCH = {"TH-22a"}

KNOWN = (
    *("its conclusion is about order", "its conclusion is about rank", "its conclusion is a denial"),
    *("its conclusion promises a dimension", "its conclusion is not equational", "it states no proposition"),
    *("the evidence is neither a proof nor a witness", "the rest is confirmed"),
)


def of_claim(place: int) -> Confirmation:
    """What SymPy says of one claim of the book."""
    return confirm(CLAIMS[place])


@pytest.fixture(scope="module")
def book(over_processes: Callable[..., list[Any]]) -> dict[str, Confirmation]:
    """What SymPy says of the whole book, some 30 s of work."""
    found = over_processes(of_claim, range(len(CLAIMS)))
    return {claim.id: said for claim, said in zip(CLAIMS, found, strict=True)}


def missing(found: Confirmation) -> list[str]:
    """Why equations are not confirmed, apart from what is no matter for SymPy; nothing if all of them are."""
    parts = [] if found.agreed else found.note.split("; ")
    return [part for part in parts if not part.startswith(KNOWN)]


def is_equational(p: Prop | None) -> bool:
    """Whether a conclusion is made of equations between expressions, possibly under conditions or quantifiers."""
    if p is None or p.op in ("le", "lt", "ne", "not"):
        return False
    if p.op == "eq":
        return "rank(" not in str(p)
    return is_equational(p.parts[-1]) if p.op == "implies" else all(map(is_equational, p.parts))


@pytest.mark.slow
def test_nothing_is_contradicted(book: dict[str, Confirmation]) -> None:
    """If this fails, a verdict of the book is wrong or SymPy is."""
    assert {id: found.note for id, found in book.items() if found.agreed is False} == {}


@pytest.mark.slow
def test_every_equation_of_the_book_is_confirmed(book: dict[str, Confirmation]) -> None:
    """Also those that stand beside inequalities; but for the few that are listed with their reasons."""
    silent = {id: why for id, found in book.items() if (why := missing(found))}
    assert {id: why for id, why in silent.items() if why != [UNCONFIRMED.get(id)]} == {}
    assert silent.keys() == UNCONFIRMED.keys()
    proved = [c for c in CLAIMS if c.proof is not None and is_equational(c.show)]
    assert sum(book[c.id].agreed is True for c in proved) >= 120


@pytest.mark.slow
def test_every_witness_of_the_book_is_confirmed(book: dict[str, Confirmation]) -> None:
    """The hypotheses hold and the conclusion fails, evaluated by SymPy."""
    assert [c.id for c in BOOK if c.witness is not None and book[c.id].agreed is not True] == []


def test_every_instance_of_sharpness_is_confirmed() -> None:
    """What is lost with a hypothesis, and where there is equality: the same evaluation."""
    instances = [v for c in CLAIMS if c.proof is not None for v in c.sharpness if v.witness is not None]
    assert len(instances) >= 500
    assert {v.id: found.note for v in instances if (found := confirm(v)).agreed is not True} == {}


@pytest.mark.slow
def test_what_is_not_said_has_a_reason(book: dict[str, Confirmation]) -> None:
    """None is never silent."""
    assert all(found.note for found in book.values())


# ---------------------------------------------------------------- wrong claims are noticed
def wrong_signs(e: Expression) -> Iterator[Expression]:
    """e with the sign of one summand changed, at any depth of sums and products."""
    parts = list(e.parts)
    if e.op in ("add", "mul"):
        for i, part in enumerate(parts):
            others = [[*parts[:i], other, *parts[i + 1 :]] for other in wrong_signs(part)]
            others += [[*parts[:i], -part, *parts[i + 1 :]]] if e.op == "add" else []
            for changed in others:
                total = changed[0]
                for other in changed[1:]:
                    total = total + other if e.op == "add" else total * other
                yield total


def wrong(p: Prop) -> Iterator[Prop]:
    """p with one sign changed in a conclusion."""
    if p.op == "eq":
        left, right = p.parts
        yield from (Eq(other, right) for other in wrong_signs(left))
        yield from (Eq(left, other) for other in wrong_signs(right))
        if right.op != "zero":
            yield Eq(left, -right)
    elif p.op == "implies":
        yield from (Implies(p.parts[0], q) for q in wrong(p.parts[1]))
    elif p.op == "each":
        yield from (Each(p.variables[0], p.bound, q) for q in wrong(p.parts[0]))
    elif p.op == "and":
        for i, part in enumerate(p.parts):
            yield from (And(*p.parts[:i], q, *p.parts[i + 1 :]) for q in wrong(part))


def with_a_wrong_sign(place: int) -> tuple[int, bool, list[str]]:
    """How many wrong conclusions of a claim were refuted, whether SymPy contradicts one, and those that it confirms."""
    claim = CLAIMS[place]
    assert claim.show is not None
    mutants, refuted, noticed, passed = list(wrong(claim.show)), 0, False, []
    for show in Random(claim.id).sample(mutants, min(MUTANTS, len(mutants))):
        mutant = dataclasses.replace(claim, show=show)
        if find_counterexample(mutant.given, show, mutant.where, limit=60) is None:
            continue
        refuted += 1
        found = confirm(mutant)
        passed += [f"{claim.id}: {show}"] if found.agreed is True else []
        noticed |= found.agreed is False
    return refuted, noticed, passed


MUTANTS = 8  # of each claim


@pytest.mark.slow
def test_wrong_conclusions_are_noticed(over_processes: Callable[..., list[Any]]) -> None:
    """Change one sign in each confirmed claim: where the falsifier knows a counterexample SymPy must not agree."""
    places = [
        i
        for i, c in enumerate(CLAIMS)
        if c.proof is not None and is_equational(c.show) and c.id not in {*UNCONFIRMED, *ONE_SIDED, *ONE_BRANCH}
    ]
    found = over_processes(with_a_wrong_sign, places)
    assert [text for _, _, passed in found for text in passed] == []
    assert sum(refuted for refuted, _, _ in found) >= 250
    assert sum(noticed for _, noticed, _ in found) >= 80


def test_a_wrong_claim_is_noticed_and_the_note_says_where() -> None:
    """Dimension and entry."""
    found = said(Eq(V * W, I), Eq(W * V, Identity(m)))
    assert found.agreed is False
    assert found.note.startswith("d = 2, m = 1: the sides of V*W = I differ by ")
    assert "in entry (1, 1)" in found.note


def test_a_disagreement_cannot_be_overlooked() -> None:
    """It is no truth value, and a list of claims with one that SymPy contradicts raises an error that names it."""
    right = Claim("X-1", "", (), Eq(P * (R + T), P * R + P * T), proof=ideal)
    wrong_one = Claim("X-2", "", (), Eq(P * (R + T), P * R + T * P), proof=ideal)
    with pytest.raises(TypeError, match="agreed"):
        bool(confirm(right))
    with pytest.raises(TypeError):
        assert not confirm(wrong_one)
    assert insist([right])["X-1"].agreed is True
    with pytest.raises(Disagreement, match=r"X-2: d = 2: the sides of P\*\(R \+ T\) = P\*R \+ T\*P differ by"):
        insist([right, wrong_one])


@pytest.mark.parametrize("id", ["VW-L4", "VW-C2", "VW-L1h", "VW-L3c"])
def test_a_wrong_witness_is_noticed(id: str) -> None:
    """A hypothesis that fails at the witness, or a conclusion that holds there."""
    claim = BOOK.claims[id]
    assert claim.show is not None
    assert confirm(claim).agreed is True
    assert confirm(dataclasses.replace(claim, show=Not(claim.show))).note == "the conclusion holds at the witness"
    broken = confirm(dataclasses.replace(claim, given=(*claim.given, Eq(1, 0))))
    assert (broken.agreed, broken.note) == (False, "1 = 0 fails at the witness")


# ---------------------------------------------------------------- one statement of each kind
F = ordered_product("F", lambda l: I + family("T", d, d)[l], l, L)
S = subset_sum("S", lambda l: family("T", d, d)[l], l, L)
N = matrix("N", d, d)
power = define("Q", l, L, I, lambda l, Q: Q[l] * N)
phi = opaque("phi", d, d)
relu, r = opaque("relu", 1, 1), scalars("r")
RELU = [ForAll(r, Implies(0 <= r, Eq(relu(r), r))), ForAll(r, Implies(r <= 0, Eq(relu(r), 0)))]

B, C, z = matrix("B", 2, 1), matrix("C", 2, 1), vector("z", 2)

TRUE = {
    "no hypothesis": (Eq((I + T) * (I - T), I - T * T), ()),
    "a trace": (Eq(inner(P, R * T), inner(R.T * P, T)), ()),
    "a dimension": (Eq(norm2(I), d), ()),
    "solved for V": (Eq(V * W * V * W, V * W), (Eq(W * V, Identity(m)),)),
    "a rotation": (Eq(norm2(R * x), norm2(x)), (Eq(R.T * R, I),)),
    "a projection": (Eq((I - P) * (I - P), I - P), (Eq(P * P, P),)),
    "a root": (Eq(s * s * t * t, 1), (Eq(s * s, 1 + norm2(x)), Eq(t * s, 1), 0 < s)),
    "a cube": (Eq((I - N) * (I + N + N * N), I), (Eq(N * N * N, 0),)),
    "implied": (Implies(Eq(T * x, 0), Eq((I + T) * x, x)), ()),
    "for all, shown": (ForAll(y, Eq((x * x.T) * y, inner(x, y) * x)), ()),
    "for all, given": (Eq(T, I), (ForAll(y, Eq(T * y, y)),)),
    "there is, shown": (Exists(y, Eq(P * y, P * x)), ()),
    "there is, given": (Eq((I - P) * x, 0), (Eq(P * P, P), Exists(y, Eq(x, P * y)))),
    "cases": (Eq(c * c, c), (Or(Eq(c, 0), Eq(c, 1)),)),
    "a map": (Eq(phi(P * x), phi(x)), (Eq(P * x, x),)),
    "relu": (Eq(relu(a) - relu(-a), a), RELU),
    "not zero": (Eq(s, 1), (Eq(s * y, y), Ne(y, 0))),
    "given for a case": (Eq(s + t, a), (Implies(0 <= a, Eq(s, a)), Implies(a < 0, Eq(s, 0)), Eq(t, a - s))),
    "columns of one rotation": (Eq(norm2(B.T * z) + norm2(C.T * z), norm2(z)), (Eq(B * B.T + C * C.T, Identity(2)),)),
    "an irrational root": (Eq(s * s * s, 3 * s), (Eq(s * s, 3),)),
}

FALSE = {
    "no hypothesis": (Eq((I + T) * (I - R), I - T * R), ()),
    "a trace": (Eq(inner(P, R * T), inner(R * P, T)), ()),
    "a dimension": (Eq(norm2(I), 1), ()),
    "solved for V": (Eq(V * W, I), (Eq(W * V, Identity(m)),)),
    "a rotation": (Eq(R * x, x), (Eq(R.T * R, I),)),
    "a projection": (Eq(P.T, P), (Eq(P * P, P),)),
    "a root": (Eq(s, 1 + norm2(x)), (Eq(s * s, (1 + norm2(x)) ** 2), Lt(s, 0))),
    "a cube": (Eq((I - N) * (I + N), I), (Eq(N * N * N, 0),)),
    "implied": (Implies(Eq(T * x, 0), Eq((I + T) * x, 0)), ()),
    "for all, shown": (ForAll(y, Eq((x * x.T) * y, inner(x, y) * y)), ()),
    "there is, given": (Eq(P * x, 0), (Eq(P * P, P), Exists(y, Eq(x, P * y)))),
    "cases": (Eq(c, 1), (Or(Eq(c, 0), Eq(c, 1)),)),
    "a map": (Eq(phi(x + y), phi(x) + phi(y)), ()),
    "relu": (Eq(relu(a) + relu(-a), a), RELU),
    "order": (Eq(a, 1), (0 <= a, a <= 2)),
    "given for a case": (Eq(s, a), (Implies(0 <= a, Eq(s, a)), Implies(a < 0, Eq(s, 0)))),
    "columns of one rotation": (Eq(norm2(B.T * z), norm2(z)), (Eq(B * B.T + C * C.T, Identity(2)),)),
}


@pytest.mark.parametrize("kind", TRUE)
def test_true_statements_are_confirmed(kind: str) -> None:
    show, given = TRUE[kind]
    assert said(show, *given).agreed is True, said(show, *given).note


@pytest.mark.parametrize("kind", FALSE)
def test_false_statements_are_not(kind: str) -> None:
    show, given = FALSE[kind]
    assert said(show, *given).agreed is False, said(show, *given).note


def test_recursions_are_unrolled() -> None:
    """The product and the sum over subsets agree at depths 1 to 3; with a factor too few they do not."""
    assert said(Eq(F[L], S[L]), where=(F, S)).agreed is True
    assert said(Eq(F[L], S[0]), where=(F, S)).agreed is False
    assert said(Eq(T * (P + power[L]), T * P), Eq(power[L], 0), where=(power,)).agreed is True


def test_a_witness_with_square_roots() -> None:
    """r = sqrt(2), and q = sqrt(3 + r): signs are decided, and powers are multiplied out."""
    r = Surd(1, 0, 1, Fraction(2))
    witness = {"a": [[r]], "c": [[Surd(2, 0, 1, r + 3)]]}
    given = (0 < a, 0 < c, Eq(a * a, 2), Eq(c * c, 3 + a))
    for show, agreed in ((Eq(c**4, 11), True), (Eq(c**4, 11 + 6 * a), False), (c <= 2, True), (c <= 3, False)):
        assert confirm(Claim("X", "", given, show, witness=witness)).agreed is agreed


def test_where_both_sides_vanish_nothing_is_confirmed() -> None:
    """Of 0 = 0 and 0 = -0 both are true."""
    found = said(Eq(P * x, R * x), Eq(x, 0))
    assert (found.agreed, found.note) == (None, VANISH)


def test_a_multiplicative_map_is_a_determinant() -> None:
    """A confirmation says for which map."""
    delta, X, Y = opaque("delta", (d, d), 1), matrix("X", d, d), matrix("Y", d, d)
    multiplicative = ForAll((X, Y), Eq(delta(X * Y), delta(X) * delta(Y)))
    found = said(Eq(delta(P * R), delta(R * P)), multiplicative)
    assert found.agreed is True and found.note.endswith("with the determinant for delta")
    assert said(Eq(delta(P + R), delta(P) + delta(R)), multiplicative).agreed is False


def test_hypotheses_that_nothing_satisfies_confirm_nothing() -> None:
    """Whatever follows from a contradiction: there is no instance to look at."""
    found = said(Eq(x, y), Eq(a, 1), Eq(a, 2))
    assert (found.agreed, found.note) == (None, "no values were found that satisfy the hypotheses")


@pytest.mark.parametrize(
    ("show", "note"),
    [
        (Le(0, norm2(x)), "its conclusion is about order"),
        (Eq(rank(P), rank(P.T)), "its conclusion is about rank"),
        (Not(Eq(x, y)), "its conclusion is a denial"),
        (Exists((k, matrix("C", d, k)), Eq(x, x)), "its conclusion promises a dimension"),
        (And(Eq(a + c, c + a), Le(a * c, a * c)), "its conclusion is about order; the rest is confirmed"),
    ],
)
def test_what_is_not_equational(show: Prop, note: str) -> None:
    found = said(show)
    assert found.agreed is None
    assert found.note.startswith(note)


def test_other_evidence() -> None:
    """Definitions and scripts of disproof are not for this voice."""
    assert confirm(Claim("X", "", defines=W * V)).agreed is None
    assert confirm(Claim("X", "", show=Eq(x, y), disproof=ideal)).agreed is None


def test_the_voice_is_a_second_one() -> None:
    """It uses neither terms nor rules nor evaluation of the kernel, and no prover: agreement means something."""
    tree = ast.parse(inspect.getsource(second_voice))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level}
    assert modules == {"claims", "ratios", "statement.language"}
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert {"check", "elaborate", "evaluate", "instance"}.isdisjoint(names)
    touched = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert {"hypotheses", "goal", "denial", "instance"}.isdisjoint(touched - {"goal"})
    tree = ast.parse(inspect.getsource(ratios))
    assert not [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
