"""The pages of the book in Markdown: one for each claim, one for each topic, and the index."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from formal.claims import ILL_TYPED, PROVED, Book, Claim, Result
from formal.statement.evaluate import Instance
from formal.statement.language import Prop
from formal.statement.printing import declarations, expression_latex, name_latex, prop_latex
from formal.statement.values import assignment_latex, assignments, matrix_latex

from .chain import proof_lines
from .checking import axioms_of, counted, plural, statement_text
from .instances import (
    SIGNS,
    AtIndex,
    Reason,
    assignment_lines,
    equality,
    failure,
    reason_lines,
)
from .latex import block, display, inline, laid_out, rows
from .pages import proof_heading, wrapped
from .relations import relations
from .sharpness import attained, needed

ROW = 110  # characters of LaTeX on a row of values
LARGE = 150  # entries; a larger matrix is printed as text


@dataclass(frozen=True)
class Contents:
    """All that the pages are written from: the book, what checking each claim established, who cites whom."""

    book: Book
    results: Mapping[str, Result]
    cites: Mapping[str, list[str]]

    def verdict(self, claim_id: str) -> str:
        return self.results[claim_id].verdict or "no verdict"


# ---------------------------------------------------------------- topics
def topic_name(topic: str) -> str:
    """What a module of the book is called in links: virtual for formal.book.virtual.

    >>> topic_name("formal.book.frames.welch"), topic_name("__main__")
    ('frames-welch', 'main')
    """
    return topic.removeprefix("formal.book.").strip("_").replace(".", "-")


def topic_title(topic: str) -> str:
    """The first line of the module's docstring."""
    module = sys.modules.get(topic)
    first = ((module.__doc__ if module is not None else None) or "").strip().partition("\n")[0]
    return first.removesuffix(".") or topic_name(topic)


def topics(book: Book) -> dict[str, list[Claim]]:
    """The claims of each topic, the topics by name."""
    found: dict[str, list[Claim]] = {}
    for c in book:
        found.setdefault(c.topic, []).append(c)
    return dict(sorted(found.items(), key=lambda item: topic_name(item[0])))


def topic_page(topic: str, contents: Contents) -> str:
    """The claims of a topic in the order in which they are stated."""
    lines = [f"# {escape(topic_title(topic))}", "", "[All items](../README.md)", ""]
    for c in topics(contents.book)[topic]:
        lines += [f"## [{c.id}](../claims/{c.id}.md): {escape(c.title)}", "", f"**{contents.verdict(c.id)}**", ""]
        if c.sentence:
            lines += [escape(c.sentence), ""]
        if c.show is not None:
            lines += [_whole_statement(c, c.show), ""]
    return "\n".join(lines)


def _whole_statement(claim: Claim, show: Prop) -> str:
    """All that is supposed, and below it what follows."""
    if not claim.conditions:
        return display(show)
    supposed = rows(Prop("and", claim.conditions))
    (depth, first), *rest = rows(show)
    return laid_out([*supposed, (depth, rf"\Longrightarrow\quad {first}"), *((1 + n, text) for n, text in rest)])


# ---------------------------------------------------------------- one claim
def claim_page(claim: Claim, contents: Contents) -> str:
    """The statement, its verdict, the evidence, why nothing in it can go, and what is near it."""
    result = contents.results[claim.id]
    axioms = f", resting on the axiom {', '.join(result.axioms)}" if result.axioms else ""
    resting = "" if result.theorem is None else axioms or ", no axiom"
    topic = f"[{escape(topic_title(claim.topic))}](../topics/{topic_name(claim.topic)}.md)"
    lines = [f"# {claim.id}: {escape(claim.title)}", "", f"**{contents.verdict(claim.id)}**{resting}", ""]
    lines += [f"Topic: {topic}. [All items](../README.md)", ""]
    if claim.sentence:
        lines += [escape(claim.sentence), ""]
    lines += [*_statement(result), *_evidence(result)]
    if claim.wrong:
        lines += ["## What is wrong", "", escape(claim.wrong), ""]
    if result.verdict == PROVED:
        lines += _sharpness(result)
    around = relations(claim, contents.book, contents.cites)
    for title, claims in (
        ("Rests on", around.rests_on),
        ("Used by", around.used_by),
        ("Repairs" if claim.wrong else "More that holds", around.repairs),
        ("On the same item", around.same_item),
    ):
        if claims:
            lines += [f"## {title}", "", *(_entry(c, contents) for c in claims), ""]
    if claim.also:
        lines += [f"It answers {' and '.join(claim.also)} too.", ""]
    return "\n".join(lines)


def _entry(c: Claim, contents: Contents) -> str:
    return f"- [{c.id}]({c.id}.md) ({contents.verdict(c.id)}): {escape(c.title)}"


def _statement(result: Result) -> Iterator[str]:
    claim = result.claim
    yield from ("## Statement", "")
    if claim.defines is not None:
        shape = f"{claim.defines.n_rows} x {claim.defines.n_cols}"
        yield from (f"The expression, which is {shape},", "", block([expression_latex(claim.defines)]), "")
        return
    if claim.show is None:
        yield from ("The expression", "", *text_block([statement_text(result)]))
        return
    found = declarations(claim.free_variables)
    if found:
        yield from ("Let", "", *(f"- {inline(x)}" for x in found), "")
    number = 0
    for heading, props in (("where", [q for fam in claim.where for q in fam.defined]), ("Suppose", claim.given)):
        if props:
            yield from (heading if number or heading != "where" else "Where", "")
        for q in props:
            number += 1
            yield from (display(q, f"h{number}"), "")
    yield from ("Then" if number or found else "It is claimed that", "", display(claim.show), "")


def _evidence(result: Result) -> Iterator[str]:
    claim = result.claim
    if result.verdict == ILL_TYPED:
        yield from ("## The clash", "", *text_block([result.error]))
    elif result.theorem is None:
        return
    elif claim.witness is not None:
        yield from ("## Counterexample", "", *_worked(claim, failure), "")
    elif claim.disproof is not None:
        yield from (
            "## Disproof",
            "",
            "There are values at which all that is given holds and the conclusion fails.",
            "",
        )
        yield from text_block(proof_lines(result.theorem, ()))
    else:
        lines = proof_lines(result.theorem, claim.hypotheses)
        yield from ("## Proof", "", *text_block([*proof_heading(lines), *lines]))
    for name, says in axioms_of(result).items():
        yield from (f"The axiom *{escape(name)}* says: `{says}`", "")


def _worked(claim: Claim, why: Callable[[Prop, Instance], list[Reason]]) -> Iterator[str]:
    """The values of an instance, and what its propositions come to."""
    at = claim.instance()
    reasons = why(claim.conclusion, at)
    entries = [sum(map(len, a.value)) for a in assignments(at) if not isinstance(a.value, int)]
    if max(entries, default=0) > LARGE:
        yield from text_block([*assignment_lines(at), "", *reason_lines(reasons)])
        return
    values = list(map(assignment_latex, assignments(at)))
    if values:
        yield from ("At", "", block(_filled(values)), "")
    for r in reasons:
        yield from _reason(r)


def _reason(r: Reason) -> Iterator[str]:
    if isinstance(r, AtIndex):
        yield from (f"At {inline(f'{name_latex(r.name)} = {r.index}')}:", "")
        return
    holds = "holds" if r.true else "fails"
    if r.prop.op not in SIGNS:
        yield from (f"It is {'true' if r.true else 'false'} that", "", display(r.prop), "")
        return
    if not r.sides:
        yield from (f"{inline(prop_latex(r.prop))} {holds}.", "")
        return
    sides = [f"{expression_latex(side)} = {matrix_latex(value)}" for side, value in r.sides]
    yield from (f"{inline(prop_latex(r.prop))} {holds}:", "", block(_filled(sides)), "")


def _filled(formulas: Sequence[str]) -> list[str]:
    """Formulas on rows, as many on one as fit."""
    found: list[str] = []
    for text in formulas:
        if found and len(found[-1]) + len(text) <= ROW:
            found[-1] += rf",\quad {text}"
        else:
            if found:
                found[-1] += ","
            found.append(text)
    return found


# ---------------------------------------------------------------- sharpness
def _sharpness(result: Result) -> Iterator[str]:
    hypotheses, inequalities = needed(result), attained(result)
    if any(h.refutation is not None for h in hypotheses):
        yield from ("## Every hypothesis is needed" if all(h.refutation for h in hypotheses) else "## Needed", "")
    for h in hypotheses:
        if h.refutation is not None:
            others = "the others can hold and the conclusion fail" if len(result.claim.conditions) > 1 else ""
            yield from (f"Without **h{h.number}** {others or 'the conclusion can fail'}.", "")
            yield from _refutation(h.refutation, failure)
    if any(a.note or a.refutation is not None for a in inequalities):
        yield from ("## Equality", "")
    for a in inequalities:
        if a.note:
            yield from (f"{_statement_inline(a.inequality)} is never attained: {escape(a.note)}", "")
        elif a.refutation is not None:
            yield from (f"{_statement_inline(a.inequality)} is attained.", "")
            yield from _refutation(a.refutation, equality)


def _statement_inline(p: Prop) -> str:
    return inline(prop_latex(p))


def _refutation(result: Result, why: Callable[[Prop, Instance], list[Reason]]) -> Iterator[str]:
    if result.claim.witness is not None:
        yield from _worked(result.claim, why)
    elif result.theorem is not None:
        yield from text_block(proof_lines(result.theorem, ()))


# ---------------------------------------------------------------- the index
def index_page(contents: Contents) -> str:
    """Every item of the chapters in order, the topics, and how many claims have which verdict."""
    book = contents.book
    found = ", ".join(counted(r.verdict for r in contents.results.values()))
    resting = sorted({a for r in contents.results.values() for a in r.axioms})
    lines = [
        "# The book",
        "",
        f"{plural(len(book.claims), 'claim')}: {found}; {'axioms: ' + ', '.join(resting) if resting else 'no axiom'}.",
        "",
        "Each page is written by `streamproof docs` from a claim and from what checking its evidence establishes; "
        "`streamproof docs --check` tells whether they still agree. An item is what a chapter says, as it is printed, "
        "under its bare number; a letter behind the number marks a repair, a strengthening or another reading.",
        "",
        "[![The dependency graph](graph.svg)](graph.svg)",
        "",
        "## Topics",
        "",
        *(
            f"- [{escape(topic_title(t))}](topics/{topic_name(t)}.md), {plural(len(cs), 'claim')}"
            for t, cs in topics(book).items()
        ),
        "",
    ]
    listed = {item for items in book.chapters.values() for item in items}
    rest = tuple(dict.fromkeys(c.base for c in book if c.base not in listed))
    for title, items in (*book.chapters.items(), ("Further claims" if listed else "Claims", rest)):
        if items:
            lines += [
                f"## {escape(title)}",
                "",
                "| item | verdict | what it says | further claims |",
                "|---|---|---|---|",
            ]
            lines += [*(_index_row(item, contents) for item in items), ""]
    return "\n".join(lines)


def _index_row(item: str, contents: Contents) -> str:
    literal = contents.book.claims.get(item)
    others = [c for c in contents.book.answers(item) if c is not literal]
    by_verdict: dict[str, list[Claim]] = {}
    for c in others:
        by_verdict.setdefault(contents.verdict(c.id), []).append(c)
    further = "; ".join(
        f"{verdict}: {' '.join(f'[{_short(c.id, item)}](claims/{c.id}.md)' for c in claims)}"
        for verdict, claims in sorted(by_verdict.items(), key=lambda found: found[0] != PROVED)
    )
    if literal is not None:
        return f"| [{item}](claims/{item}.md) | {contents.verdict(item)} | {cell(literal.title)} | {further} |"
    return f"| {item} | {'' if others else 'open'} | {cell(others[0].title) if others else ''} | {further} |"


def _short(claim_id: str, item: str) -> str:
    """The letter of a claim on its own item, else the whole id."""
    return claim_id.removeprefix(item) if claim_id.startswith(item) else claim_id


# ---------------------------------------------------------------- Markdown
def text_block(lines: Sequence[str]) -> list[str]:
    """Lines as they are; of a long one, what follows is set in."""
    return ["```text", *(piece[2:] for line in lines for piece in wrapped(f"  {line}")), "```", ""]


def escape(text: str) -> str:
    r"""Text in which Markdown sees no markup, as little changed as that takes.

    >>> escape("W_k V_i = x*y*z, phi[l](x), _this_, a < b and <w, v>")
    'W_k V_i = x\\*y\\*z, phi\\[l\\](x), \\_this\\_, a < b and \\<w, v>'
    """
    text = re.sub(r"([\\`*\[\]$]|<(?=[A-Za-z/!?]|[^\s<>]*@)|&(?=[A-Za-z#])|~(?=~))", r"\\\1", text)
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)
    return re.sub(r"^([#>+-]|\d+(?=[.)]))", _escaped_start, text)


def _escaped_start(found: re.Match[str]) -> str:
    """What would begin a heading, a quotation or a list: 3. becomes 3\\., and - becomes \\-."""
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def cell(text: str) -> str:
    """Escaped text for a table."""
    return escape(text).replace("|", r"\|")
