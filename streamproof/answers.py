"""An answer as text: the verdict, the statement as it was read, and what the verdict rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from formal.claims import PROVED, REFUTED, Claim
from formal.decide import OPEN, Decision
from formal.falsify import Search
from formal.kernel.terms import HOLE, nat_names
from formal.provers.portfolio import Attempt

from .asking import Answer
from .chain import proof_lines
from .checking import clip
from .pages import proof_heading, statement_lines, witness_lines, wrapped
from .regression import regression_tests
from .tables import plain_table

STOPPED = 130  # as shells have it for Ctrl-C
TO_CHECK = "`--certificates DIR` writes one, which `streamproof verify` checks with a separate program"
REMAINED = 70  # characters of the reason why a method failed


def answer_text(answer: Answer, *, proof: bool = False, certificate: str = "", test: bool = True) -> str:
    """The answer to read.

    proof: with the proof line by line; certificate: where it is, of what is settled; test: with a regression test where
    there is a counterexample.
    """
    decision = answer.decision
    says = {PROVED: _proved, REFUTED: _refuted, OPEN: _open}[decision.verdict]
    lines = [f"{decision.verdict.upper()}  {headline(answer)}", "", *set_in(statement_lines(decision.claim)), ""]
    lines += [f"Note: {answer.note}."] if answer.note else []
    lines += ["Stopped before the time was over."] if answer.stopped else []
    lines += says(decision)
    if certificate and decision.verdict != OPEN:
        lines.append(f"Certificate: {certificate}")
    if proof and decision.theorem is not None and decision.there is None:
        found = proof_lines(decision.theorem, decision.claim.hypotheses if decision.verdict == PROVED else ())
        lines += ["", "Proof", *set_in([*proof_heading(found), *found])]
    text = _wrapped(lines)
    source = regression_tests([answer]) if test else ""
    return f"{text}\n\nRegression test\n\n{source.rstrip()}" if source else text  # to be pasted as it stands


def search_answer_text(answer: Answer) -> str:
    """What a search for a counterexample found, with the statement that it was about."""
    decision = answer.decision
    lines = [headline(answer), "", *set_in(statement_lines(decision.claim)), ""]
    lines += ["Stopped before the time was over."] if answer.stopped else []
    return _wrapped(
        [*lines, *(counterexample_lines(decision.there) if decision.there else [search_text(decision.search)])]
    )


def headline(answer: Answer) -> str:
    """How the claim was asked for, and its title if it has another one."""
    question = answer.question
    title = "" if question.text else question.claim.title
    return f"{question.label}  {title}".rstrip()


def exit_code(answers: Sequence[Answer], expected: str | None = None) -> int:
    """0 proved, 1 refuted, 3 open, the worst of several; 0 or 1 where something is expected; 130 if stopped."""
    verdicts = {a.decision.verdict for a in answers}
    if any(a.stopped for a in answers):
        return STOPPED
    if expected is not None:
        return int(verdicts != {expected})
    return 1 if REFUTED in verdicts else 3 if OPEN in verdicts else 0


def summary(answers: Sequence[Answer]) -> str:
    """One line: how many claims, and their verdicts."""
    counts = Counter(a.decision.verdict for a in answers)
    verdicts = ", ".join(f"{counts[v]} {v}" for v in (PROVED, REFUTED, OPEN) if counts[v])
    return f"{len(answers)} claims: {verdicts}"


def search_text(search: Search) -> str:
    """What a search that found nothing did, and what follows from it."""
    if not search.reached:
        return "no instance could be tried: the statement cannot be evaluated at values; this proves nothing"
    text = f"no counterexample in {search.tries} tries, {search.met} of which met the hypotheses; this proves nothing"
    if search.tries and not search.met:
        text += " (the hypotheses may contradict each other, or be hard to meet)"
    return text


def counterexample_lines(claim: Claim) -> list[str]:
    """The witness with what fails there, and a warning where it is about empty matrices."""
    lines = witness_lines(claim)
    empty = [f"{name} = 0" for name in _empty(claim)]
    if empty:
        bounds = " and ".join(e.replace("= 0", ">= 1") for e in empty)
        lines.append(f"This counterexample is degenerate, {', '.join(empty)}; to rule it out, suppose that {bounds}.")
    return lines


def set_in(lines: Iterable[str]) -> list[str]:
    """Lines set in by two."""
    return [f"  {line}".rstrip() for line in lines]


# ---------------------------------------------------------------- each verdict
def _proved(decision: Decision) -> list[str]:
    numbered = [(f"h{i}", used) for i, used in enumerate(decision.used, 1)]
    used, idle = ([h for h, u in numbered if u is which] for which in (True, False))
    hypotheses = [f"used {', '.join(used)}" if used else "", f"not needed {', '.join(idle)}" if idle else ""]
    theorem = decision.theorem
    lines = [f"Method: {', then '.join(decision.methods)}"] if decision.methods else []
    lines.append(f"Hypotheses: {'; '.join(h for h in hypotheses if h) or 'none'}")
    return [*lines, f"Axioms: {', '.join(sorted(theorem.axioms)) if theorem and theorem.axioms else 'none'}"]


def _refuted(decision: Decision) -> list[str]:
    if decision.there is None:
        return ["There are values at which all that is given holds and the conclusion fails."]
    return counterexample_lines(decision.there)


def _open(decision: Decision) -> list[str]:
    lines = ["Neither a proof nor a counterexample was found. The statement may be true or false."]
    if decision.attempts:
        lines += ["", "Tried for a proof", *set_in(_attempts(decision.attempts).splitlines())]
    lines += ["", "Tried for a counterexample", f"  {search_text(decision.search)}"]
    phases = decision.search.phases
    return lines + [f"  {p.name}: {p.tries} tries, {p.met} met the hypotheses" for p in phases if len(phases) > 1]


def _attempts(attempts: Sequence[Attempt]) -> str:
    rows = []
    for method in dict.fromkeys(a.method for a in attempts):
        own = [a for a in attempts if a.method == method]
        failed = [a.failure for a in own if a.failure]
        said = clip(" ".join(failed[-1].split()), REMAINED) if failed else "proved its part"
        rows.append([method, str(len(own)), f"{sum(a.seconds for a in own):.2f}", said])
    return plain_table(["method", "times", "s", "last result"], rows, right=["times", "s"])


def _empty(claim: Claim) -> list[str]:
    """The dimensions of letters that are 0 in the witness."""
    shapes = [shape for d in claim.free_variables[0] for shape in ((d.rows, d.cols), *d.domain)]
    sizes = {name for shape in shapes for n in shape for name in nat_names(n)} - {HOLE}
    return [name for name, value in claim.instance().nats.items() if name in sizes and value == 0]


def _wrapped(lines: Iterable[str]) -> str:
    return "\n".join(piece for line in lines for piece in wrapped(line))
