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
from formal.kernel.props import equal, free_letters, negation, prop_names
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


def title(claim: Claim) -> str:
    return claim.id


def verdict(claim: Claim) -> str | None:
    """What check says, of the claim alone and not of what shows it to be sharp."""
    return check(claim, sharp=False).verdict


def test_the_kinds_of_evidence_are_all_there() -> None:
    """The lists below cover the book: a new kind of evidence needs its own damage."""
    assert all(sum(getattr(c, kind) is not None for kind in KINDS) == 1 for c in CLAIMS)
    assert {f.name for f in dataclasses.fields(Claim)} == {
        *KINDS,
        *("id", "title", "given", "show", "where", "sentence", "wrong", "needed", "attained", "also", "topic"),
    }


@pytest.mark.parametrize("claim", CLAIMS, ids=title)
def test_the_evidence_as_it_stands_is_good(claim: Claim, results: dict[str, Result]) -> None:
    """Otherwise a check that always fails would pass all tests of this file."""
    kind = next(kind for kind in KINDS if getattr(claim, kind) is not None)
    expected = {"proof": PROVED, "disproof": REFUTED, "witness": REFUTED, "ill_typed": ILL_TYPED, "defines": DEFINITION}
    assert results[claim.id].verdict == expected[kind]


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


@pytest.mark.parametrize("claim", [c for c in BY_PROOF if c.given], ids=title)
def test_a_proof_without_its_hypotheses_fails(claim: Claim, results: dict[str, Result]) -> None:
    """Neither the plain search nor the claim's own script gets by without the facts that it used."""
    assert results[claim.id].theorem.hyps  # type: ignore[union-attr]
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


@dataclasses.dataclass
class Damage:
    """The theorems that were made, in order; the one at the place `drop` is replaced by 0 = 0."""

    made: list[Theorem]
    drop: int = -1


@contextmanager
def damaged_rules() -> Iterator[Damage]:
    """Within it, all rules of the kernel do what the damage says."""
    trivial = rules.ideal(number(0), (), ())
    damage = Damage([])

    def damaged(rule: Callable[..., Theorem]) -> Callable[..., Theorem]:
        def call(*args: Any, **kwargs: Any) -> Theorem:
            made = rule(*args, **kwargs)
            damage.made.append(trivial if len(damage.made) == damage.drop else made)
            return damage.made[-1]

        return call

    with pytest.MonkeyPatch.context() as patch:
        for module, name, rule in makers():
            patch.setattr(module, name, damaged(rule))
        yield damage


STEPS = 6  # of each proof


@pytest.mark.parametrize("claim", [*BY_PROOF, *BY_DISPROOF], ids=title)
def test_a_proof_with_one_step_dropped_fails(claim: Claim) -> None:
    """Some kernel steps, in turn, are replaced by 0 = 0. Not every script needs all of them; the last one it does."""
    expected = verdict(claim)  # this also fills the caches of lemmas, so that no damage gets into them
    with damaged_rules() as damage:
        theorem = check(claim, sharp=False).theorem
        last = next(i for i, made in enumerate(damage.made) if made is theorem)
        some = Random(claim.id).sample(range(len(damage.made)), min(STEPS, len(damage.made)))
        found = {}
        for damage.drop in (*some, last):
            damage.made.clear()
            found[damage.drop] = verdict(claim)
    assert set(found.values()) <= {None, expected}
    assert found[last] is None
    assert verdict(claim) == expected


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
    """Add a number to a number (fractions may be text), or to all values of a function."""

    def change(old: Any) -> Any:
        if callable(old):
            return lambda *args: [[x + by for x in row] for row in old(*args)]
        return str(Fraction(old) + by) if isinstance(old, str) else old + by

    return change


def misshapen(value: Any) -> Any:
    """The value with one row more in every matrix."""
    if isinstance(value, dict):
        return {k: misshapen(v) for k, v in value.items()}
    return [*value, [0] * 7] if isinstance(value, list) else value


ENTRIES = 4  # of each witness


@pytest.mark.parametrize("claim", [*BY_WITNESS, *SHARP], ids=title)
def test_a_damaged_witness_fails(claim: Claim) -> None:
    """Change entries one by one, then several at once, then the shapes, until the witness is none.

    It never becomes anything else. Where nothing is given and much is claimed, hardly any matrices make the claim true,
    so that only those of a wrong shape are none.
    """
    assert claim.witness is not None
    values = dict(claim.witness)
    random = Random(claim.id)
    every = list(places(values))
    found = [
        verdict(dataclasses.replace(claim, witness=with_changed(values, path, moved(by))))
        for path in random.sample(every, min(ENTRIES, len(every)))
        for by in (1, -1)
    ]
    for _ in range(3):
        damaged = values
        for path in every if len(every) < 50 else ():
            damaged = with_changed(damaged, path, moved(random.randrange(3)))
        found.append(verdict(dataclasses.replace(claim, witness=damaged)))
    found.append(verdict(dataclasses.replace(claim, witness={k: misshapen(v) for k, v in values.items()})))
    assert set(found) <= {None, REFUTED}
    assert None in found


def test_most_witnesses_are_sensitive_to_an_entry() -> None:
    """The test above would be empty if only the shapes mattered."""
    sensitive = 0
    for claim in BY_WITNESS:
        assert claim.witness is not None
        every = list(places(dict(claim.witness)))
        sensitive += any(
            verdict(dataclasses.replace(claim, witness=with_changed(dict(claim.witness), path, moved(by)))) is None
            for path in every[:12]
            for by in (1, -1)
        )
    assert sensitive >= len(BY_WITNESS) - 3


@pytest.mark.parametrize("claim", BY_WITNESS, ids=title)
def test_an_incomplete_witness_fails(claim: Claim) -> None:
    """Every value of the book's witnesses is needed, but for letters that cancel, and their dimensions."""
    assert claim.witness is not None
    parts = (claim.goal, *claim.hypotheses)
    named = {name for p in parts for name in (*prop_names(p), *(decl.name for decl in free_letters(p)))}
    idle = [
        name
        for name in claim.witness
        if verdict(dataclasses.replace(claim, witness={k: v for k, v in claim.witness.items() if k != name})) == REFUTED
    ]
    assert not named.intersection(idle)
    assert len(idle) <= 3


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
