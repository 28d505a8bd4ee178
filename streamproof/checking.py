"""Checking the claims of the book, and saying in few words what was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from formal.claims import DEFINITION, ILL_TYPED, PROVED, REFUTED, Book, Claim, Result, check, cited
from formal.kernel.rules import Theorem
from formal.statement.elaborate import elaborate_prop
from formal.statement.errors import StatementError
from formal.statement.evaluate import instance
from formal.statement.printing import expression_text, operation_text, prop_text

from .errors import Refusal
from .notation import number_text
from .notation import prop_text as kernel_text
from .sharpness import Tally, tally

VERDICTS = (PROVED, REFUTED, ILL_TYPED, DEFINITION)
SHORT = 40  # characters that "what it rests on" may take


@dataclass(frozen=True)
class Voice:
    """What SymPy says, as plain data."""

    agreed: bool | None
    note: str


@dataclass(frozen=True)
class Wanted:
    """What is to be made of each claim besides its verdict."""

    statements: bool = False
    certificates: bool = False
    sympy: bool = False


@dataclass(frozen=True)
class Outcome:
    """What one check found, as plain data: theorems cannot leave the process that made them.

    rests_on: in few words, as the table has it. axioms: what each says, by name. failures: all that the evidence was
    to establish and does not. cites: the claims that the proof stands on, if statements are wanted. certificates:
    texts by id, if wanted, of the claim and of the claims of its sharpness; `unwritten` says why there is none where
    there should be one.
    """

    id: str
    title: str
    verdict: str | None
    rests_on: str
    seconds: float
    failures: tuple[str, ...] = ()
    axioms: Mapping[str, str] = field(default_factory=dict)
    cites: tuple[str, ...] = ()
    tally: Tally = field(default_factory=Tally)
    statement: str = ""
    voice: Voice | None = None
    certificates: Mapping[str, str] = field(default_factory=dict)
    unwritten: tuple[str, ...] = ()

    @property
    def disagrees(self) -> bool:
        """Whether SymPy denies what the evidence established."""
        return self.voice is not None and self.voice.agreed is False

    @property
    def errors(self) -> tuple[str, ...]:
        """Why this claim fails; empty when it does not."""
        denied = (f"SymPy disagrees: {self.voice.note}",) if self.voice is not None and self.disagrees else ()
        return (*self.failures, *denied)


def the_book() -> Book:
    """The book of claims; stating all of them takes a moment, so it is opened when it is needed."""
    from formal.book import BOOK

    return BOOK


def find(ids: Sequence[str]) -> list[Claim]:
    """The claims with these ids, each once; all of them for no ids. Raises Refusal with close matches.

    An item of a chapter that has no claim of its own stands for the claims that answer it, such as VW-U1a for VW-U1.
    """
    book = the_book()
    claims = book.claims
    answers = {i: [claims[i]] if i in claims else book.answers(i) for i in ids}
    unknown = [i for i, found in answers.items() if not found]
    if unknown:
        raise Refusal("; ".join(_unknown(i, claims) for i in unknown))
    return list(dict.fromkeys(c for found in answers.values() for c in found)) or list(book)


def beginning(prefix: str) -> list[Claim]:
    """The claims on an item, or else those whose id, or an item they answer, begins so. Raises Refusal for none."""
    book = the_book()
    found = book.answers(prefix) or [c for c in book if any(i.startswith(prefix) for i in (c.id, *c.also))]
    if not found:
        raise Refusal(_unknown(prefix, book.claims))
    return found


def _unknown(wanted: str, known: Iterable[str]) -> str:
    close = close_matches(wanted, known)
    hint = f"did you mean {', '.join(close)}?" if close else "`streamproof list` shows the ids"
    return f"there is no claim {wanted}; {hint}"


def close_matches(wanted: str, known: Iterable[str]) -> list[str]:
    """At most four names that somebody may have meant: longer ones first, then similar ones."""
    from difflib import get_close_matches

    folded = {i.casefold(): i for i in known}
    longer = [i for key, i in folded.items() if key.startswith(wanted.casefold())]
    near = [folded[key] for key in get_close_matches(wanted.casefold(), folded, n=3)]
    return list(dict.fromkeys(longer[:3] + near))[:4]


def examine(claims: Sequence[Claim], wanted: Wanted, processes: int = 1) -> list[Outcome]:
    """Check the evidence of each claim, in their order, with so many processes. Raises Refusal when one dies."""
    if min(processes, len(claims)) > 1:
        from .workers import examine_in_parallel

        return examine_in_parallel([c.id for c in claims], wanted, processes)
    return [examined(c, wanted) for c in claims]


def examined(claim: Claim, wanted: Wanted) -> Outcome:
    """Check one claim, and ask a second voice where there is a verdict, if that is wanted."""
    result = check(claim)
    certificates, unwritten = _certificates(result) if wanted.certificates else ({}, [])
    return Outcome(
        claim.id,
        claim.title,
        result.verdict,
        rests_on(result),
        result.seconds,
        tuple(result.failures),
        axioms_of(result),
        tuple(cited(result.theorem)) if wanted.statements else (),
        tally(result),
        statement_text(result) if wanted.statements else "",
        _second_voice(claim) if wanted.sympy and result.verdict is not None else None,
        certificates,
        tuple(unwritten),
    )


def _second_voice(claim: Claim) -> Voice:
    from formal.second_voice import confirm

    said = confirm(claim)
    return Voice(said.agreed, said.note)


def _certificates(result: Result) -> tuple[dict[str, str], list[str]]:
    """The certificates of a claim and of its sharpness by id, and what went wrong."""
    from formal.certificate import certificate, to_text

    texts, problems = {}, []
    for r in (result, *result.sharpness):
        if r.verdict is not None:
            try:
                texts[r.claim.id] = to_text(certificate(r))
            except StatementError as e:
                problems.append(f"{r.claim.id}: no certificate: {e}")
    return texts, problems


def axioms_of(result: Result) -> dict[str, str]:
    """Every axiom that a verdict rests on, and what it says."""
    says: dict[str, str] = {}
    stack = [result.theorem] if result.axioms and result.theorem is not None else []
    seen = set()
    while stack:
        th = stack.pop()
        if th in seen or not th.axioms:
            continue
        seen.add(th)
        if th.step.rule == "axiom":
            says[th.step.data["name"]] = _axiom_text(th)
        stack.extend(th.step.parents)
    return dict(sorted(says.items()))


# ---------------------------------------------------------------- in few words
def rests_on(result: Result) -> str:
    """What a verdict rests on: axioms, the size of the witness, the clash of shapes, the shape that was defined."""
    return clip(_rests_on(result))


def _rests_on(result: Result) -> str:
    claim = result.claim
    if result.verdict is None:
        return "-"
    if result.verdict == ILL_TYPED:
        return clash(result.error)
    if claim.defines is not None:
        return f"shape {claim.defines.n_rows} x {claim.defines.n_cols}"
    if claim.witness is not None:
        return _witness_in_short(claim)
    return ", ".join(result.axioms) or "no axiom"


def _witness_in_short(claim: Claim) -> str:
    """The dimensions of a witness and its numbers, such as d = 2, m = 1."""
    at = instance(claim.witness or {})
    parts = [f"{name} = {value}" for name, value in at.nats.items() if isinstance(value, int)]
    for name, value in at.letters.items():
        if isinstance(value, tuple) and len(value) == 1 == len(value[0]):
            parts.append(f"{name} = {number_text(value[0][0])}")
    return ", ".join(parts) or "an explicit instance"


def clash(message: str) -> str:
    """The shapes that do not fit, out of the message of a shape error.

    >>> clash("in W*W: W is m x d and W is m x d, the inner dimensions d and m differ")
    'the inner dimensions d and m differ'
    >>> clash("in W + V: W is m x d, V is d x m")
    'W is m x d, V is d x m'
    >>> clash("in Trace(W): W is m x d, not square")
    'W is m x d, not square'
    """
    tail = re.sub(r"^(StatementError|ShapeError): ", "", message)
    tail = tail.partition(": ")[2] if tail.startswith("in ") else tail
    found = re.search(r"the inner dimensions .* differ", tail)
    return found[0] if found else tail


def clip(text: str, limit: int = SHORT) -> str:
    """At most so many characters.

    >>> clip("a b c d", 5)
    'a b..'
    """
    return text if len(text) <= limit else text[: limit - 2].rstrip(" ,") + ".."


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """One line: how many claims, their verdicts, their axioms, how much of them is shown to be sharp."""
    parts = counted(o.verdict for o in outcomes)
    axioms = sorted({a for o in outcomes for a in o.axioms})
    parts.append(plural(len(axioms), "axiom") if axioms else "no axiom")
    if any(o.disagrees for o in outcomes):
        parts.append(f"SymPy disagrees on {sum(o.disagrees for o in outcomes)}")
    failing = sum(o.verdict is not None and bool(o.failures) for o in outcomes)
    if failing:
        parts.append(f"{failing} not as sharp as claimed")
    t = sum((o.tally for o in outcomes), Tally())
    sharp = [
        f"{n} of {plural(total, what)} {shown}"
        for n, total, what, shown in (
            (t.needed, t.hypotheses, "hypothesis", "shown needed"),
            (t.attained, t.inequalities, "inequality", "attained"),
        )
        if total
    ]
    groups = [f"{plural(len(outcomes), 'claim')}: {', '.join(parts)}", ", ".join(sharp), f"{seconds:.2f} s"]
    return "; ".join(g for g in groups if g)


def counted(verdicts: Iterable[str | None]) -> list[str]:
    """How many have which verdict.

    >>> counted(["refuted", "definition", "proved", "proved", "definition", None])
    ['2 proved', '1 refuted', '2 definitions', '1 without a verdict']
    """
    counts = Counter(verdicts)
    words = {v: plural(counts[v], v) if v == DEFINITION else f"{counts[v]} {v}" for v in VERDICTS if counts[v]}
    return [*words.values(), *([f"{counts[None]} without a verdict"] if counts[None] else [])]


def plural(n: int, word: str) -> str:
    """1 claim, 2 claims, 3 hypotheses, 4 inequalities."""
    many = {"hypothesis": "hypotheses", "inequality": "inequalities"}.get(word, f"{word}s")
    return f"{n} {word if n == 1 else many}"


def statement_text(result: Result) -> str:
    """The statement on one line."""
    claim = result.claim
    if claim.show is None:
        if claim.defines is not None:
            return f"{expression_text(claim.defines)} ({claim.defines.n_rows} x {claim.defines.n_cols})"
        return operation_text(result.clash.op, result.clash.parts) if result.clash is not None else result.error
    defined = [prop_text(q) for fam in claim.where for q in fam.defined]
    parts = [
        f"where {'; '.join(defined)}" if defined else "",
        f"given {'; '.join(map(prop_text, claim.given))}" if claim.given else "",
        f"show {prop_text(claim.show)}",
    ]
    return ": ".join(p for p in parts if p)


def _axiom_text(th: Theorem) -> str:
    """What an axiom says: as the book states it, if that is what the theorem says; else in the kernel's words."""
    from formal.book.axioms import AXIOMS

    known = AXIOMS.get(th.step.data["name"])
    if known is None or elaborate_prop(known.statement) != th.conclusion:
        return kernel_text(th.conclusion)
    return f"{known.title} {known.source}: {prop_text(known.statement)}"


def axioms_text(outcomes: Sequence[Outcome]) -> list[str]:
    """Every axiom, what it says, and who rests on it."""
    says = {name: text for o in outcomes for name, text in o.axioms.items()}
    if not says:
        return ["No claim rests on an axiom."]
    return [
        line
        for name, text in sorted(says.items())
        for line in (
            f"axiom {name}: {text}",
            f"  used by {', '.join(o.id for o in outcomes if name in o.axioms)}",
        )
    ]
