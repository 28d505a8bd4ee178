"""One claim on a page: its statement, its verdict, the evidence to read, why nothing in it can go, what is near it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from formal.claims import PROVED, Claim, Result, check
from formal.statement.evaluate import Instance
from formal.statement.language import Prop
from formal.statement.printing import expression_text, prop_text

from .chain import proof_lines
from .checking import the_book
from .instances import Reason, assignment_lines, equality, failure, reason_lines
from .notation import type_text
from .relations import citations, relations
from .sharpness import attained, needed


def page(claim: Claim, cites: Mapping[str, list[str]] | None = None) -> tuple[str, bool]:
    """The page as text, and whether the evidence established all that it should.

    cites: the citations of the whole book; they are read off the proofs where they are not given.
    """
    result, book = check(claim), the_book()
    lines = [f"{claim.id}  {claim.title}"]
    if claim.sentence:
        lines += ["", claim.sentence]
    lines += ["", *statement_lines(claim), "", f"Verdict: {result.verdict or 'none, the evidence fails'}"]
    lines += _evidence(result)
    if result.theorem is not None:
        lines += ["", f"Axioms: {', '.join(result.axioms) or 'none'}"]
    if result.verdict == PROVED:
        lines += _sharpness(result)
    if claim.wrong:
        lines += ["", "What is wrong", f"  {claim.wrong}"]
    around = relations(claim, book, citations(book) if cites is None else cites)
    for title, claims in (
        ("Rests on", around.rests_on),
        ("Used by", around.used_by),
        ("Repairs" if claim.wrong else "More that holds", around.repairs),
        ("On the same item", around.same_item),
    ):
        if claims:
            lines += ["", title, *(f"  {line}" for line in claim_lines(claims))]
    if claim.also:
        lines += ["", f"Answers {' and '.join(claim.also)} too"]
    return "\n".join(piece for line in lines for piece in wrapped(line)), not result.failures


def listing(claims: Sequence[Claim]) -> tuple[str, bool]:
    """Claims with their verdicts, and whether all have one."""
    lines = list(claim_lines(claims))
    return "\n".join(lines), not any("  FAILED: " in line for line in lines)


def claim_lines(claims: Sequence[Claim]) -> Iterator[str]:
    """One line a claim: id, verdict, title."""
    width = max(len(c.id) for c in claims)
    for c in claims:
        yield f"{c.id.ljust(width)}  {check(c, sharp=False).verdict or 'FAILED'}: {c.title}"


def wrapped(line: str, width: int = 120) -> list[str]:
    """A long line in pieces, of a formula the later ones set in further; no piece ends within brackets.

    >>> wrapped("  a long line with an index T[l + 1]", 32)
    ['  a long line with an index', '      T[l + 1]']
    """
    if len(line) <= width:
        return [line.rstrip()]
    indent = len(line) - len(line.lstrip())
    kept = re.sub(r"\[[^\[\]]*\]", lambda found: found[0].replace(" ", "\0"), line)
    pieces = textwrap.wrap(
        kept,
        width,
        subsequent_indent=" " * (indent + 4 if indent else 0),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [piece.replace("\0", " ") for piece in pieces]


# ---------------------------------------------------------------- the statement
def statement_lines(claim: Claim) -> list[str]:
    """Let .., given h1, h2, .., show ..: the statement in full."""
    if claim.defines is not None:
        shape = f"{claim.defines.n_rows} x {claim.defines.n_cols}"
        return ["Defines", f"  {expression_text(claim.defines)}    ({shape})"]
    if claim.show is None:
        return ["No statement: the expression has no type."]
    defined = [q for fam in claim.where for q in fam.defined]
    lines = ["Let", *(f"  {line}" for line in variable_lines(claim))]
    number = 0
    for heading, props in (("Where", defined), ("Given", claim.given)):
        if props:
            lines.append(heading)
        for q in props:
            number += 1
            lines.append(f"  h{number}  {prop_text(q)}")
    return [*lines, "Show", f"  {prop_text(claim.show)}"]


def variable_lines(claim: Claim) -> Iterator[str]:
    """The free variables of the statement as written; the kernel's form may have lost some by cancellation."""
    letters, nats, indexed = claim.free_variables
    names = [f"{v}[l]" if v in indexed else v for v in nats]
    if names:
        yield f"{', '.join(names)}: natural number{'s' if len(names) > 1 else ''}"
    index = next(i for i in ("l", "i", "j", "k", "index") if i not in nats)
    for v in letters:
        yield f"{v.name}{f'[{index}]' if v.indexed else ''}: {type_text(v, index)}"


# ---------------------------------------------------------------- the evidence
def _evidence(result: Result) -> list[str]:
    claim = result.claim
    if result.verdict is None:
        return ["", result.error]
    if result.theorem is None:
        return ["", result.error] if result.error else []
    if claim.witness is not None:
        return ["", *witness_lines(claim)]
    if claim.disproof is not None:
        return ["", "Disproof: there are values at which all that is given holds and the conclusion fails."] + [
            f"  {line}" for line in proof_lines(result.theorem, ())
        ]
    lines = proof_lines(result.theorem, claim.hypotheses)
    return ["", "Proof", *(f"  {x}" for x in (*proof_heading(lines), *lines))]


def proof_heading(lines: Sequence[str]) -> list[str]:
    """What [n] means, where a proof uses it."""
    used = any("[h" in x or "= [" in x for x in lines)
    return ["In what follows [n] is the left side of line n minus its right side."] if used else []


def witness_lines(claim: Claim) -> list[str]:
    """The values of a counterexample, and both sides of what fails there."""
    at = claim.instance()
    lines = ["Counterexample", *(f"  {x}" for x in assignment_lines(at))]
    lines.append("All that is given holds there. The conclusion fails:")
    return [*lines, *(f"  {x}" for x in reason_lines(failure(claim.conclusion, at)))]


# ---------------------------------------------------------------- sharpness
def _sharpness(result: Result) -> list[str]:
    """Each hypothesis with the instance that shows it is needed, each inequality with its instance of equality."""
    lines = ["", result.error] if result.error else []
    for h in needed(result):
        lines += ["", f"Without h{h.number}: {prop_text(h.hypothesis)}"]
        lines += _refutation(h.refutation, "the others hold and the conclusion fails", failure)
    for a in attained(result):
        lines += ["", f"Equality: {prop_text(a.inequality)}"]
        lines += [f"  none: {a.note}"] if a.note else _refutation(a.refutation, "both sides are equal", equality)
    return lines


def _refutation(result: Result | None, what: str, why: Callable[[Prop, Instance], list[Reason]]) -> list[str]:
    if result is None:
        return ["  no instance is given"]
    if result.theorem is None:
        return [f"  the evidence fails: {result.error}"]
    claim = result.claim
    if claim.witness is None:
        return [f"  there are values at which {what}:", *(f"    {x}" for x in proof_lines(result.theorem, ()))]
    at = claim.instance()
    reasons = reason_lines(why(claim.conclusion, at))
    return [f"  {what} at", *(f"    {x}" for x in assignment_lines(at)), *(f"    {x}" for x in reasons)]
