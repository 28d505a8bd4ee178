"""One claim on a page: its statement, its verdict, the evidence to read, and its repairs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from formal.claims import Claim, Result, check
from formal.kernel.ground import evaluate as holds
from formal.statement.elaborate import elaborate_prop
from formal.statement.evaluate import Instance, evaluate
from formal.statement.language import Prop, to_nat
from formal.statement.printing import expression_text, prop_text

from .chain import proof_lines
from .checking import the_book
from .notation import beside, matrix_lines, number_text, type_text

SIGNS = {"eq": "=", "ne": "!=", "le": "<=", "lt": "<"}


def page(claim: Claim) -> tuple[str, bool]:
    """The page as text, and whether the evidence established a verdict."""
    result = check(claim)
    lines = [f"{claim.id}  {claim.title}"]
    if claim.sentence:
        lines += ["", claim.sentence]
    lines += ["", *_statement(claim), "", f"Verdict: {result.verdict or 'none, the evidence fails'}"]
    lines += _evidence(result)
    if result.theorem is not None:
        lines += ["", f"Axioms: {', '.join(result.axioms) or 'none'}"]
    if claim.wrong:
        lines += ["", "What is wrong", f"  {claim.wrong}"]
    repairs = the_book().repairs(claim)
    others = [c for c in the_book().item(claim) if c not in repairs]
    for title, claims in (("Repairs" if claim.wrong else "More that holds", repairs), ("On the same item", others)):
        if claims:
            width = max(len(c.id) for c in claims)
            lines += ["", title]
            lines += [f"  {c.id.ljust(width)}  {check(c).verdict or 'FAILED'}: {c.title}" for c in claims]
    return "\n".join(piece for line in lines for piece in _wrapped(line)), result.verdict is not None


def _wrapped(line: str, width: int = 120) -> list[str]:
    """A long line in pieces, of a formula the later ones set in further; no piece ends within brackets.

    >>> _wrapped("  a long line with an index T[l + 1]", 32)
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
def _statement(claim: Claim) -> list[str]:
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
        return ["", *_witness(claim)]
    if claim.disproof is not None:
        return ["", "Disproof: there are values at which all that is given holds and the conclusion fails."] + [
            f"  {line}" for line in proof_lines(result.theorem, ())
        ]
    lines = proof_lines(result.theorem, claim.hypotheses)
    note = "In what follows [n] is the left side of line n minus its right side."
    return [
        "",
        "Proof",
        *([f"  {note}"] if any("[h" in x or "= [" in x for x in lines) else []),
        *(f"  {x}" for x in lines),
    ]


def _witness(claim: Claim) -> list[str]:
    at = claim.instance()
    lines = ["Counterexample"]
    for name, value in at.nats.items():
        lines += [f"  {x}" for x in _nat_value(name, value)]
    for name, value in at.letters.items():
        lines += [f"  {x}" for x in _letter_value(name, value, at)]
    lines.append("All that is given holds there. The conclusion fails:")
    if claim.show is not None:
        lines += [f"  {x}" for x in failure(claim.show, at)]
    return lines


def _nat_value(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, int):
        yield f"{name} = {value}"
    else:
        yield from (f"{name}[{i}] = {n}" for i, n in sorted(value.items()))


def _letter_value(name: str, value: Any, at: Instance) -> Iterator[str]:
    calls = at.calls.get(name)
    if calls is not None:  # a map: its values where the statement asks for them
        for (index, args), result in calls.items():
            place = f"[{index}]" if index is not None else ""
            given = ", ".join(_inline(a) for a in args)
            yield from beside(f"{name}{place}({given})", matrix_lines(result))
    elif isinstance(value, dict):
        for i, m in sorted(value.items()):
            if not callable(m):
                yield from beside(f"{name}[{i}]", matrix_lines(m))
    elif not callable(value):
        yield from beside(name, matrix_lines(value))


def _inline(m: Any) -> str:
    """A matrix on one line, rows apart by semicolons; a column vector as a list."""
    if m and all(len(row) == 1 for row in m):
        numbers = [number_text(row[0]) for row in m]
        return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
    return "; ".join(" ".join(map(number_text, row)) for row in m)


def failure(p: Prop, at: Instance) -> list[str]:
    """Why p is false at the instance: the sides of the relations that decide it."""
    return list(_explain(p, at, wanted=False))


def _explain(p: Prop, at: Instance, wanted: bool) -> Iterator[str]:
    """Why p is true (wanted) or false."""
    if p.op in SIGNS:
        yield from _sides(p, at, wanted)
    elif p.op == "not":
        yield from _explain(p.parts[0], at, not wanted)
    elif p.op == "and":
        for q in p.parts:
            if wanted or not _holds(q, at):
                yield from _explain(q, at, wanted)
    elif p.op == "implies" and not wanted:
        yield from _explain(p.parts[0], at, True)
        yield from _explain(p.parts[1], at, False)
    elif p.op == "each" and not wanted:
        index = p.variables[0].name
        for i in range(at.size(to_nat(p.bound))):
            inner = Instance({**at.nats, index: i}, at.letters, at.calls)
            if not _holds(p.parts[0], inner):
                yield f"at {index} = {i}:"
                yield from _explain(p.parts[0], inner, False)
                return
    else:
        yield f"{prop_text(p)}: {'true' if wanted else 'false'}"


def _holds(p: Prop, at: Instance) -> bool:
    return holds(elaborate_prop(p), at.witness())


def _sides(p: Prop, at: Instance, holds_there: bool) -> Iterator[str]:
    yield f"{prop_text(p)} {'holds' if holds_there else 'fails'}:"
    for side in p.parts:
        if side.op not in ("number", "zero", "identity"):
            yield from (f"  {x}" for x in beside(expression_text(side), matrix_lines(evaluate(side, at))))
