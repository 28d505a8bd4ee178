"""Damaged evidence: for every claim of the book, changing the proof or the witness makes the check fail.

A verdict is what checking establishes. If a claim kept its verdict while its evidence is damaged, the verdict would
come from somewhere else.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from random import Random
from types import FunctionType
from typing import Any

import pytest

from formal import claims
from formal.book import BOOK
from formal.claims import DEFINITION, ILL_TYPED, PROVED, REFUTED, Claim, Result, check
from formal.falsify import find_counterexample
from formal.kernel import rules
from formal.kernel.props import equal, negation
from formal.kernel.rules import Theorem
from formal.kernel.terms import number
from formal.provers.proof import Proof, Script
from formal.statement import Not, dims, matrix

CLAIMS = list(BOOK)
BY_PROOF = [c for c in CLAIMS if c.proof is not None]
BY_DISPROOF = [c for c in CLAIMS if c.disproof is not None]
BY_WITNESS = [c for c in CLAIMS if c.witness is not None]
SHARP = [variant for c in BY_PROOF for variant in c.sharpness if variant.witness is not None]
KINDS = ("proof", "disproof", "witness", "ill_typed", "defines")
STUMBLES = (IndexError, KeyError, ValueError, StopIteration, AttributeError, TypeError, ZeroDivisionError)


def title(claim: Claim) -> str:
    return claim.id


def verdict(claim: Claim) -> str | None:
    """What check says; a script that stumbles with an ordinary Python error has established nothing."""
    try:
        return check(claim).verdict
    except STUMBLES:
        return None


def test_the_kinds_of_evidence_are_all_there() -> None:
    """The lists below cover the book: a new kind of evidence needs its own damage."""
    assert all(sum(getattr(c, kind) is not None for kind in KINDS) == 1 for c in CLAIMS)
    assert {f.name for f in dataclasses.fields(Claim)} == {
        *KINDS,
        *("id", "title", "given", "show", "where", "sentence", "wrong", "needed", "attained", "also"),
    }


@pytest.mark.parametrize("claim", CLAIMS, ids=title)
def test_the_evidence_as_it_stands_is_good(claim: Claim) -> None:
    """Otherwise a check that always fails would pass all tests of this file."""
    kind = next(kind for kind in KINDS if getattr(claim, kind) is not None)
    expected = {"proof": PROVED, "disproof": REFUTED, "witness": REFUTED, "ill_typed": ILL_TYPED, "defines": DEFINITION}
    assert check(claim).verdict == expected[kind]


# ---------------------------------------------------------------- proofs
def something_else(p: Proof) -> Theorem:
    """A theorem, but not of the goal."""
    return rules.ideal(number(0), (), ())


def the_denial(p: Proof) -> Theorem:
    """The goal's denial, assumed."""
    return rules.assume(negation(p.goal))


def assumed_goal(p: Proof) -> Theorem:
    """The goal, from itself."""
    return rules.assume(p.goal)


def first_fact(p: Proof) -> Theorem:
    """A proof that stops at what it was given."""
    return p.facts[0] if p.facts else rules.assume(equal(number(1), number(1)))


def no_facts(p: Proof) -> Theorem:
    """The default search, without the hypotheses."""
    p.facts.clear()
    return p.ideal(facts=[])


def nothing(p: Proof) -> Any:
    """A script that forgets to return."""
    return None


WRONG = [something_else, the_denial, assumed_goal, first_fact, nothing]


@pytest.mark.parametrize("claim", [*BY_PROOF, *BY_DISPROOF], ids=title)
def test_a_wrong_script_proves_nothing(claim: Claim) -> None:
    """A script that returns a theorem of something else, an assumption, or nothing."""
    kind = "proof" if claim.proof is not None else "disproof"
    for script in WRONG:
        damaged = dataclasses.replace(claim, **{kind: script})
        assert verdict(damaged) is None, script.__doc__


def needs_hypotheses(claim: Claim) -> bool:
    """Whether the proof used a hypothesis; then the same script cannot do without any."""
    return bool(check(claim).theorem.hyps)  # type: ignore[union-attr]


@pytest.mark.parametrize("claim", [c for c in BY_PROOF if needs_hypotheses(c)], ids=title)
def test_a_proof_without_its_hypotheses_fails(claim: Claim) -> None:
    """Neither the plain search nor the claim's own script gets by without the facts that it used."""
    assert verdict(dataclasses.replace(claim, proof=no_facts)) is None
    own: Script = claim.proof  # type: ignore[assignment]

    def bare(p: Proof) -> Theorem:
        p.facts.clear()
        return own(p)

    assert verdict(dataclasses.replace(claim, proof=bare)) is None


@pytest.mark.parametrize("claim", BY_PROOF, ids=title)
def test_the_scripts_of_other_claims_do_not_fit(claim: Claim) -> None:
    """Whatever a foreign script proves of this claim's goal is a theorem of the same statement, or it is refused."""
    place = BY_PROOF.index(claim)
    refused = 0
    for step in range(1, len(BY_PROOF)):
        other = BY_PROOF[(place + step) % len(BY_PROOF)]
        if other.proof is claims.ideal or other.proof is claim.proof:
            continue  # the default search is a fitting script for many claims
        result = verdict(dataclasses.replace(claim, proof=other.proof))
        refused += result is None
        assert result in (None, PROVED)
        if refused == 3:
            break
    assert refused == 3


# ---------------------------------------------------------------- one step less
def makers() -> list[tuple[Any, str, Callable[..., Theorem]]]:
    """Where the kernel's rules can be called from: (module, name there, rule)."""
    made = {f for name, f in vars(rules).items() if isinstance(f, FunctionType) and not name.startswith("_")}
    made = {f for f in made if f.__module__ == rules.__name__ and f.__annotations__.get("return") == "Theorem"}
    ours = [module for name, module in sys.modules.items() if name.split(".")[0] == "formal"]
    return [(module, name, f) for module in ours for name, f in vars(module).items() if callable(f) and f in made]


@contextmanager
def one_step_less(drop: int) -> Iterator[list[Theorem]]:
    """Within it, the drop-th theorem that is made is replaced by 0 = 0. The list holds all theorems that were made."""
    trivial = rules.ideal(number(0), (), ())
    log: list[Theorem] = []

    def damaged(rule: Callable[..., Theorem]) -> Callable[..., Theorem]:
        def call(*args: Any, **kwargs: Any) -> Theorem:
            made = rule(*args, **kwargs)
            log.append(trivial if len(log) == drop else made)
            return log[-1]

        return call

    with pytest.MonkeyPatch.context() as patch:
        for module, name, rule in makers():
            patch.setattr(module, name, damaged(rule))
        yield log


@pytest.mark.parametrize("claim", [*BY_PROOF, *BY_DISPROOF], ids=title)
def test_a_proof_with_one_step_dropped_fails(claim: Claim) -> None:
    """Kernel steps in turn (of long proofs, some forty) are replaced by 0 = 0; the last one is missed for certain."""
    expected = check(claim).verdict  # this also fills the caches of lemmas, so that no damage gets into them
    with one_step_less(-1) as log:
        theorem = check(claim).theorem
    last = next(i for i, made in enumerate(log) if made is theorem)
    found = {}
    for drop in sorted({*range(0, len(log), max(1, len(log) // 40)), last}):
        with one_step_less(drop):
            found[drop] = verdict(claim)
    assert set(found.values()) <= {None, expected}
    assert found[last] is None


# ---------------------------------------------------------------- witnesses
def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """The paths to all numbers and functions in a witness."""
    if isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in items:
            for path in places(part):
                yield (key, *path)
    else:
        yield ()


def with_changed(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """The witness with the value at the end of the path changed."""
    if not path:
        return change(value)
    if isinstance(value, dict):
        return {k: with_changed(v, path[1:], change) if k == path[0] else v for k, v in value.items()}
    return [with_changed(v, path[1:], change) if i == path[0] else v for i, v in enumerate(value)]


def moved(by: int) -> Callable[[Any], Any]:
    """Add a number to a number (fractions are text), or to all values of a function."""

    def change(old: Any) -> Any:
        if callable(old):
            return lambda *args: [[x + by for x in row] for row in old(*args)]
        if isinstance(old, int):
            return old + by
        return str(Fraction(old) + by)

    return change


@pytest.mark.parametrize("claim", [*BY_WITNESS, *SHARP], ids=title)
def test_a_damaged_witness_fails(claim: Claim) -> None:
    """Change entries one by one, then several at once, until the witness is none; it never becomes anything else."""
    assert claim.witness is not None
    values = dict(claim.witness)
    random = Random(claim.id)
    every = list(places(values))
    found = []
    for path in every:
        for by in (1, -1, 2):
            found.append(verdict(dataclasses.replace(claim, witness=with_changed(values, path, moved(by)))))
    for _ in range(100):
        if None in found:
            break
        damaged = values
        for path in every:
            damaged = with_changed(damaged, path, moved(random.randrange(3)))
        found.append(verdict(dataclasses.replace(claim, witness=damaged)))
    assert set(found) <= {None, REFUTED}
    assert None in found


@pytest.mark.parametrize("claim", BY_WITNESS, ids=title)
def test_an_incomplete_witness_fails(claim: Claim) -> None:
    """Every value of the book's witnesses is needed."""
    assert claim.witness is not None
    for name in claim.witness:
        rest = {k: v for k, v in claim.witness.items() if k != name}
        assert verdict(dataclasses.replace(claim, witness=rest)) is None, name


@pytest.mark.parametrize("claim", [*BY_WITNESS, *SHARP], ids=title)
def test_a_witness_is_none_for_the_denial(claim: Claim) -> None:
    """At the witness of a refuted statement its opposite holds, so the same values do not refute that."""
    assert verdict(dataclasses.replace(claim, show=Not(claim.show))) is None


@pytest.mark.parametrize("claim", BY_PROOF, ids=title)
def test_a_proved_claim_has_no_counterexample(claim: Claim) -> None:
    """The falsifier finds none; and a witness without values refutes nothing."""
    assert claim.show is not None
    assert find_counterexample(claim.given, claim.show, claim.where, limit=20) is None
    assert verdict(dataclasses.replace(claim, proof=None, witness={})) is None


# ---------------------------------------------------------------- ill-typed statements and definitions
d, m = dims("d m")
W, V = matrix("W", m, d), matrix("V", d, m)


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.ill_typed is not None], ids=title)
def test_a_well_typed_expression_is_no_evidence_of_bad_types(claim: Claim) -> None:
    """Only the language's own refusal counts: not a value, and no other error."""
    assert verdict(dataclasses.replace(claim, ill_typed=lambda: W * V)) is None
    assert verdict(dataclasses.replace(claim, ill_typed=lambda: None)) is None
    assert verdict(dataclasses.replace(claim, ill_typed=lambda: 1 // 0)) is None


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.defines is not None], ids=title)
def test_an_ill_typed_expression_defines_nothing(claim: Claim) -> None:
    """The language refuses to make one, and the kernel refuses one that was made behind its back."""
    broken = copy.copy(W * V)
    broken.parts = (W, W)
    assert verdict(dataclasses.replace(claim, defines=broken)) is None
    broken = copy.copy(W + W)
    broken.parts = (W, V)
    assert verdict(dataclasses.replace(claim, defines=broken)) is None


# ---------------------------------------------------------------- exactly one kind of evidence
@pytest.mark.parametrize("claim", CLAIMS, ids=title)
def test_no_evidence_or_two_kinds_fail(claim: Claim) -> None:
    """A claim without evidence has no verdict, and a second kind is not a second chance."""
    kind = next(kind for kind in KINDS if getattr(claim, kind) is not None)
    assert verdict(dataclasses.replace(claim, **{kind: None})) is None
    evidence: dict[str, Any] = {
        "proof": claims.ideal,
        "disproof": claims.ideal,
        "witness": {},
        "ill_typed": lambda: W * W,
        "defines": W,
    }
    for other in KINDS:
        if other != kind:
            found = check(dataclasses.replace(claim, **{other: evidence[other]}))
            assert found.verdict is None
            assert "exactly one kind of evidence" in found.error


def test_evidence_of_the_wrong_kind_fails() -> None:
    """A proof is no disproof, and a witness no proof, for every claim that states a proposition."""
    for claim in (*BY_PROOF, *BY_DISPROOF):
        swapped = dataclasses.replace(claim, proof=claim.disproof, disproof=claim.proof)
        assert verdict(swapped) is None, claim.id
    for claim in BY_WITNESS:
        assert verdict(dataclasses.replace(claim, witness=None, proof=claims.ideal)) is None, claim.id


# ---------------------------------------------------------------- no verdict is written down
VERDICTS = {PROVED, REFUTED, ILL_TYPED, DEFINITION}
BOOKS = sorted((Path(claims.__file__).parent / "book").glob("*.py"))


def written_verdicts(text: str) -> list[str]:
    """Verdict words that stand in a source as data: as a string, as a name, or as the keyword of a call."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lower() in VERDICTS:
            found.append(f"line {node.lineno}: {node.value!r}")
        elif isinstance(node, ast.Name) and node.id.lower() in VERDICTS - {DEFINITION}:
            found.append(f"line {node.lineno}: {node.id}")
        elif isinstance(node, ast.keyword) and node.arg in {"verdict", "status", "result", *VERDICTS}:
            found.append(f"line {node.value.lineno}: {node.arg}=")
    return found


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_no_verdict_is_written_in_the_book(path: Path) -> None:
    """Verdicts come from checking only; a word in the source would be believed by somebody some day."""
    assert written_verdicts(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", ["x = 'proved'", "claim(verdict='yes')", "claim('A', PROVED)", "{'A': 'Refuted'}"])
def test_written_verdicts_are_seen(text: str) -> None:
    """The test above must be able to fail."""
    assert written_verdicts(text)


def test_a_claim_has_no_field_for_a_verdict() -> None:
    """Neither a claim nor the book holds what only a result may say."""
    assert "verdict" in {f.name for f in dataclasses.fields(Result)}
    for claim in CLAIMS:
        held = [v for k, v in vars(claim).items() if isinstance(v, str) and k not in ("sentence", "wrong", "title")]
        assert not VERDICTS & set(held)
