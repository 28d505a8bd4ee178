"""Claims: a statement and its evidence. A verdict is what checking the evidence establishes; it is stored nowhere.

A proved claim also says why nothing in it can go: for each hypothesis an instance where all the others hold and the
conclusion fails (`needed`), for each inequality an instance of equality (`attained`). Both are claims of their own,
refuted like any other: the claim without that hypothesis, and the claim with < for <=.

>>> from formal.statement import Eq, Identity, dims, matrix
>>> d, m = dims("d m")
>>> W, V = matrix("W", m, d), matrix("V", d, m)
>>> book = Book()
>>> found = book.claim("X-1", "A layer clears what it reads when W V = I", given=[Eq(W*V, Identity(m))],
...     show=Eq(W*(Identity(d) - V*W), 0), proof=ideal)
>>> check(found).verdict
'proved'
>>> wrong = book.claim("X-2", "..and then V W = I too", given=[Eq(W*V, Identity(m))], show=Eq(V*W, Identity(d)),
...     witness={"d": 2, "m": 1, "W": [[1, 0]], "V": [[1], [0]]})
>>> check(wrong).verdict
'refuted'
>>> sharp = book.claim("X-3", "A layer can clear no more directions than the stream has", given=[Eq(W*V, Identity(m))],
...     show=m <= d, proof=lambda p: rules.rank_identity(p.facts[0], p.term(W), p.term(V)),
...     needed=[{"d": 0, "m": 1, "W": [[]], "V": []}], attained={"d": 1, "m": 1, "W": [[1]], "V": [[1]]})
>>> [(r.claim.id, r.verdict) for r in check(sharp).sharpness]
[('X-3.needs-1', 'refuted'), ('X-3.equality-1', 'refuted')]
"""

from __future__ import annotations

import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import chain, pairwise
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from .kernel import rules
from .kernel.errors import KernelError
from .kernel.props import Prop as KernelProp
from .kernel.props import Variable, check_prop, conjunction, negation
from .kernel.rules import Theorem
from .kernel.terms import FAMILY, Decl
from .provers.errors import ProofFailure
from .provers.proof import Proof, Script, auto
from .statement.elaborate import elaborate, elaborate_prop
from .statement.errors import StatementError
from .statement.evaluate import Instance, evaluate, instance
from .statement.language import And, Expression, Family, Implies, Prop, as_prop, to_nat
from .statement.variables import free_variables

Counterexample: TypeAlias = "Mapping[str, Any] | Script"  # a witness, or a disproof where none can be evaluated

PROVED, REFUTED, ILL_TYPED, DEFINITION = "proved", "refuted", "ill-typed", "definition"


def ideal(p: Proof) -> Theorem:
    """The script of most proofs: split the goal, find cofactors of the hypotheses for each equation."""
    return auto(p)


@dataclass(frozen=True, eq=False)
class Claim:
    """One statement and its evidence: a proof or a disproof script, a witness, or an expression.

    given, show, where: the statement; `where` lists families that are defined by recursion. sentence: what it means.
    proof: a script that proves it. disproof: a script that proves that it fails. witness: values at which it fails.
    ill_typed: a function that tries to write the statement; the evidence is the error that it meets. defines: the
    expression that a definition introduces. wrong: where an item of a chapter is false, what went wrong and why it
    matters. needed: of a proved claim, for each hypothesis in `given` a counterexample to the claim without it.
    attained: for each inequality of the conclusion an instance of equality, or a sentence why there is none; one
    instance may serve all. also: other items that the claim answers. topic: the module of the book that states it.
    """

    id: str
    title: str
    given: tuple[Prop, ...] = ()
    show: Prop | None = None
    where: tuple[Family, ...] = ()
    proof: Script | None = None
    disproof: Script | None = None
    witness: Mapping[str, Any] | None = None
    ill_typed: Callable[[], Any] | None = None
    defines: Expression | None = None
    sentence: str = ""
    wrong: str = ""
    needed: Sequence[Counterexample] = ()
    attained: Counterexample | str | Sequence[Counterexample | str] = ()
    also: tuple[str, ...] = ()
    topic: str = ""

    def __post_init__(self) -> None:
        """Take over relations that SymPy made of dimensions. Raises StatementError for what is no proposition."""
        object.__setattr__(self, "given", tuple(map(as_prop, self.given)))
        object.__setattr__(self, "show", None if self.show is None else as_prop(self.show))

    @property
    def base(self) -> str:
        """The chapter's item: VW-L5 for VW-L5a."""
        return base_id(self.id)

    @property
    def evidence(self) -> tuple[Any, ...]:
        """All evidence of whatever kind; a claim in a book has exactly one."""
        kinds = (self.proof, self.disproof, self.witness, self.ill_typed, self.defines)
        return tuple(e for e in kinds if e is not None)

    @property
    def conditions(self) -> tuple[Prop, ...]:
        """All that is supposed: the defining equations of the families in `where`, then what is given."""
        return (*(q for fam in self.where for q in fam.defined), *self.given)

    @property
    def conclusion(self) -> Prop:
        """What is to be shown; raises StatementError for a claim that is no proposition."""
        if self.show is None:
            raise StatementError(f"{self.id} states no proposition")
        return self.show

    @cached_property
    def hypotheses(self) -> tuple[KernelProp, ...]:
        """The kernel's hypotheses, one for each condition."""
        return tuple(check_prop(elaborate_prop(p)) for p in self.conditions)

    @cached_property
    def goal(self) -> KernelProp:
        """The kernel's conclusion."""
        return check_prop(elaborate_prop(self.conclusion))

    @cached_property
    def free_variables(self) -> tuple[list[Decl], list[str], set[str]]:
        """The letters, the dimensions and indices, and those of them that are families, as the statement has them.

        Raises StatementError where one name stands for letters of two types, which no reader could tell apart.
        """
        found = free_variables(self.conditions if self.show is None else (*self.conditions, self.show))
        for one, two in pairwise(found[0]):  # sorted by name
            if one.name == two.name:
                sizes = f"{one.rows} x {one.cols} and {two.rows} x {two.cols}"
                raise StatementError(f"{self.id}: {one.name} is the name of two letters, {sizes}; rename one")
        for name in sorted({d.name for d in found[0]} & set(found[1])):
            raise StatementError(f"{self.id}: {name} is the name of a letter and of a dimension; rename one")
        return found

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """All free variables: dimensions and indices first, then letters, by name."""
        letters, nats, families = self.free_variables
        return (*(n + FAMILY if n in families else n for n in nats), *letters)

    @cached_property
    def denial(self) -> KernelProp:
        """There are values at which all hypotheses hold and the conclusion fails."""
        body = conjunction(*self.hypotheses, negation(self.goal))
        return check_prop(reduce(lambda inner, var: KernelProp(("ex", var, inner)), reversed(self.variables), body))

    @cached_property
    def theorem(self) -> Theorem:
        """What the proof establishes, hypotheses |- conclusion. Raises ProofFailure where there is no proof."""
        verdict, theorem = _establish(self)
        if verdict != PROVED or theorem is None:
            raise ProofFailure(f"{self.id} is {verdict}: only a proved claim can be cited")
        return theorem

    def without(self, i: int, counterexample: Counterexample) -> Claim:
        """The claim without its hypothesis number i (from 0), to be refuted."""
        rest = (*self.given[:i], *self.given[i + 1 :])
        how = f"without its hypothesis number {i + 1}"  # not in words: printing takes longer than checking
        return self._variant(f"needs-{i + 1}", how, rest, self.conclusion, counterexample)

    @cached_property
    def inequalities(self) -> tuple[Prop, ...]:
        """The conclusion with < for <=, once for each inequality in it, and nothing but that inequality."""
        return tuple(_strict(self.conclusion))

    def at_equality(self, j: int, counterexample: Counterexample) -> Claim:
        """The claim with its inequality number j (from 0) made strict, to be refuted."""
        return self._variant(
            f"equality-{j + 1}", "with a strict inequality", self.given, self.inequalities[j], counterexample
        )

    def _variant(self, suffix: str, how: str, given: tuple[Prop, ...], show: Prop, evidence: Counterexample) -> Claim:
        kind: dict[str, Any] = {"disproof": evidence} if callable(evidence) else {"witness": evidence}
        made = Claim(f"{self.id}.{suffix}", f"{self.title}, {how}", given, show, self.where, **kind)
        # What is the same proposition here and there is elaborated once.
        known = dict(zip(map(id, self.conditions), self.hypotheses, strict=True))
        made.__dict__["hypotheses"] = tuple(known[id(p)] for p in made.conditions)
        if show is self.show:
            made.__dict__["goal"] = self.goal
        return made

    @property
    def equalities(self) -> Sequence[Counterexample | str]:
        """What `attained` says of each inequality, in order."""
        if isinstance(self.attained, str | Mapping) or callable(self.attained):
            return (self.attained,) * len(self.inequalities)
        return self.attained

    @cached_property
    def sharpness(self) -> tuple[Claim, ...]:
        """The claims that `needed` and `attained` refute. Raises StatementError when there are too many."""
        if len(self.needed) > len(self.given):
            raise StatementError(f"{self.id} has {len(self.given)} hypotheses, but {len(self.needed)} are shown needed")
        if len(self.equalities) > len(self.inequalities):
            raise StatementError(f"{self.id} has {len(self.inequalities)} inequalities, fewer than are attained")
        needs = [self.without(i, c) for i, c in enumerate(self.needed)]
        return (*needs, *(self.at_equality(j, c) for j, c in enumerate(self.equalities) if not isinstance(c, str)))

    def gaps(self) -> list[str]:
        """What is still to be said about the sharpness of a proved claim."""
        if self.proof is None:
            return []
        found = [f"hypothesis {h} is not shown to be needed" for h in self.given[len(self.needed) :]]
        found += [f"hypothesis {h} is several: list them one by one" for h in self.given if h.op == "and"]
        return found + [f"no instance of equality in {weak(p)}" for p in self.inequalities[len(self.equalities) :]]

    def instance(self) -> Instance:
        """The witness, completed: recursions unrolled, the calls of opaque maps recorded."""
        at = instance(self.witness or {}, self.where)
        if any(decl.domain for decl in self.free_variables[0]):  # the table of a map has those calls that are made
            for p in (*self.given, self.show):
                if p is not None:
                    _touch(p, at)
        return at

    def _repr_latex_(self) -> str | None:
        if self.show is None:
            return None if self.defines is None else self.defines._repr_latex_()
        return (Implies(And(*self.conditions), self.show) if self.conditions else self.show)._repr_latex_()

    def _repr_html_(self) -> str | None:
        from .statement.notebook import statement_html  # only for those who look at it in a notebook

        if self.show is None:
            return None
        return statement_html(self.title, self.free_variables, self.conditions, self.show)


UNNAMED = "statement"  # the id of a claim whose author gave it none


def claim(
    title: str = "",
    *,
    given: Sequence[Any] = (),
    show: Any = None,
    where: Sequence[Family] = (),
    id: str = UNNAMED,
    **evidence: Any,
) -> Claim:
    """A claim outside of any book: hypotheses, a conclusion, and evidence if there is some.

    In a file of claims an id is not needed: the claim goes by the name of its variable.

    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> d, m = dims("d m")
    >>> W, V = matrix("W", m, d), matrix("V", d, m)
    >>> claim("A left inverse has room", given=[Eq(W*V, Identity(m))], show=m <= d).conclusion
    m <= d
    """
    return Claim(id, title, tuple(given), show, tuple(where), **evidence)


def stated(text: str, id: str = UNNAMED) -> Claim:
    """A claim without evidence from one line of text; `formal.statement.text` has the grammar.

    Raises StatementError with the column for a text that says nothing.
    """
    from .statement.text import parse  # the parser is only loaded where there is text

    given, show, where = parse(text)
    return Claim(id, text, given, show, where)


def base_id(claim_id: str) -> str:
    """VW-L5 for VW-L5a, RS-L1.1 for RS-L1.1b."""
    return re.sub(r"(?<=\d)[a-z]+$", "", claim_id)


def _strict(p: Prop) -> Iterator[Prop]:
    if p.op == "le":
        yield Prop("lt", p.parts)
    elif p.op == "and":
        for q in p.parts:
            yield from _strict(q)
    elif p.op in ("each", "forall", "implies"):
        for q in _strict(p.parts[-1]):
            yield Prop(p.op, (*p.parts[:-1], q), p.variables, p.bound)


def weak(strict: Prop) -> Prop:
    """Of an inequality of a conclusion with < for <=, in the place where it stands, the inequality itself."""
    if strict.op == "lt":
        return Prop("le", strict.parts)
    return Prop(strict.op, (*strict.parts[:-1], weak(strict.parts[-1])), strict.variables, strict.bound)


def _touch(p: Prop, at: Instance) -> None:
    """Evaluate every side once, so that the calls of opaque maps are on record."""
    if p.op == "each":
        for i in range(at.size(to_nat(p.bound))):
            _touch(p.parts[0], Instance({**at.nats, p.variables[0].name: i}, at.letters, at.calls))
        return
    for part in p.parts:
        if isinstance(part, Expression):
            evaluate(part, at)
        else:
            _touch(part, at)


@dataclass(frozen=True)
class Result:
    """What checking a claim established. `verdict` is None when the evidence establishes nothing; then see `error`."""

    claim: Claim
    verdict: str | None
    theorem: Theorem | None = None
    error: str = ""
    seconds: float = 0.0
    clash: StatementError | None = None  # of an ill-typed claim, the error that its expression meets
    sharpness: tuple[Result, ...] = ()  # of a proved claim, what became of `needed` and `attained`

    @property
    def failures(self) -> list[str]:
        """All that a claim's evidence was to establish and does not."""
        if self.verdict is None:
            return [self.error or "the evidence establishes nothing"]
        if self.error and self.clash is None:  # what was to be shown sharp could not even be stated
            return [self.error]
        bad = [(i, r) for i, r in enumerate(self.sharpness) if r.verdict != REFUTED]
        dropped = [f", {h}" for h in self.claim.given[: len(self.claim.needed)]] if bad else []
        return [f"{r.claim.id}, {r.claim.title}{(dropped[i : i + 1] or [''])[0]}: {r.error}" for i, r in bad]

    @property
    def axioms(self) -> tuple[str, ...]:
        return tuple(sorted(self.theorem.axioms)) if self.theorem is not None else ()

    def _repr_html_(self) -> str:
        from .statement.notebook import instance_html, paragraphs, plain, verdict_html

        blocks = [self.claim._repr_html_() or ""]
        if self.verdict == REFUTED and self.claim.witness is not None:
            blocks.append(instance_html(self.claim.instance()))
        return verdict_html(self.verdict or "no verdict", *blocks, paragraphs(map(plain, self.failures)))


def check(claim: Claim, *, sharp: bool = True) -> Result:
    """Check the evidence of one claim now. Never raises for bad evidence: the result says what failed.

    With sharp=False, a proof is checked without the instances that show it to be sharp: enough for a verdict, and for
    what the claim rests on.
    """
    start = time.perf_counter()
    clash = theorem = verdict = None
    sharpness: tuple[Result, ...] = ()
    error = ""
    try:
        if claim.ill_typed is not None and len(claim.evidence) == 1:
            verdict, clash = ILL_TYPED, _clash(claim, claim.ill_typed)
            error = str(clash)
        else:
            verdict, theorem = _establish(claim)
            if verdict == PROVED:
                sharpness = tuple(map(check, claim.sharpness)) if sharp else ()
            elif claim.needed or claim.attained:
                verdict, error = None, "only a proved claim can be sharp"
    except (KernelError, ProofFailure, StatementError) as e:
        error = f"{type(e).__name__}: {e}"
    except Exception as e:  # evidence is code of an author: its error is the claim's, and other claims go on
        place = traceback.extract_tb(e.__traceback__)[-1]
        error = f"{type(e).__name__}: {e} ({place.filename}, line {place.lineno})"
    return Result(claim, verdict, theorem, error, time.perf_counter() - start, clash, sharpness)


def _clash(claim: Claim, write: Callable[[], Any]) -> StatementError:
    """The shape error of a statement that cannot be written."""
    try:
        write()
    except StatementError as e:
        if not e.op:
            raise StatementError(f"{claim.id} fails for another reason than its types: {e}") from e
        return e
    raise StatementError(f"{claim.id} was meant to be ill-typed, but its expression has a type")


def _establish(claim: Claim) -> tuple[str, Theorem | None]:
    if len(claim.evidence) != 1:
        raise StatementError(f"{claim.id} needs exactly one kind of evidence, it has {len(claim.evidence)}")
    if claim.defines is not None:
        elaborate(claim.defines)
        return DEFINITION, None
    _ = claim.variables  # refuses a name with two types before anything is proved of it
    if claim.proof is not None:
        theorem = run(claim, claim.proof, claim.goal, claim.hypotheses)
        if theorem.conclusion != claim.goal or not theorem.hyps <= set(claim.hypotheses):
            raise ProofFailure(f"{claim.id}: the script proves something else: {theorem}")
        claim.__dict__["theorem"] = theorem  # for those who cite it; it says what it says, whoever holds it
        _origins[theorem] = claim.id
        return PROVED, theorem
    if claim.disproof is not None:
        theorem = run(claim, claim.disproof, claim.denial, ())
    else:
        theorem = rules.ground(claim.denial, claim.instance().witness())
    if theorem.conclusion != claim.denial or theorem.hyps:
        raise ProofFailure(f"{claim.id}: the script proves something else: {theorem}")
    return REFUTED, theorem


_origins: WeakKeyDictionary[Theorem, str] = WeakKeyDictionary()


def cite(p: Proof, claim: Claim, nats: Mapping[str, Any] | None = None, **letters: Any) -> Theorem:
    """What another claim says, with its dimensions and letters replaced by name and its hypotheses discharged.

    A hypothesis that is not at hand is proved from the facts by `auto`. Raises ProofFailure when that fails, or when
    the other claim is not proved.

    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> n = dims("n")
    >>> A, B = matrix("A", n, n), matrix("B", n, n)
    >>> book = Book()
    >>> square = book.claim("X-1", "", given=[Eq(A*B, Identity(n))], show=Eq(A*B*A, A), proof=ideal)
    >>> other = book.claim("X-2", "", given=[Eq(B*A, Identity(n))], show=Eq(B*A*B, B),
    ...     proof=lambda p: cite(p, square, A=B, B=A))
    >>> check(other).verdict, cited(check(other).theorem)
    ('proved', ['X-1'])
    """
    return p.lemma(claim.theorem, dict(nats or {}), **letters)


def origin(theorem: Theorem) -> str | None:
    """The id of the claim whose theorem this is."""
    return _origins.get(theorem)


def citations(theorem: Theorem | None) -> dict[str, Theorem]:
    """The claims that the proof of a claim stands on directly, by id, with their theorems, read off its steps."""
    found: dict[str, Theorem] = {}
    stack = [] if theorem is None else list(theorem.step.parents)
    seen: set[Theorem] = set()
    while stack:
        top = stack.pop()
        if top in seen:
            continue
        seen.add(top)
        if top in _origins:
            found.setdefault(_origins[top], top)
        else:
            stack.extend(top.step.parents)
    return dict(sorted(found.items()))


def cited(theorem: Theorem | None) -> list[str]:
    """The ids of the claims that the proof of a claim stands on directly."""
    return list(citations(theorem))


def run(claim: Claim, script: Script, goal: KernelProp, hypotheses: Sequence[KernelProp]) -> Theorem:
    """The theorem that a script makes of the claim's hypotheses."""
    p = Proof(goal, map(rules.assume, hypotheses))
    return p.close(script(p))


@dataclass
class Book:
    """Claims by id, in the order in which they were stated, and the items of the chapters that they answer."""

    claims: dict[str, Claim] = field(default_factory=dict)
    chapters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def claim(
        self,
        id: str,
        title: str,
        *,
        given: Sequence[Any] = (),
        show: Any = None,
        where: Sequence[Family] = (),
        **evidence: Any,
    ) -> Claim:
        """State a claim; its id must be new. Its topic is the module that states it."""
        if id in self.claims:
            raise StatementError(f"the id {id} is taken")
        topic = sys._getframe(1).f_globals.get("__name__", "")
        made = self.claims[id] = claim(title, given=given, show=show, where=where, id=id, topic=topic, **evidence)
        return made

    def item(self, claim: Claim) -> list[Claim]:
        """The other claims on the same item of the chapter, by their letters."""
        return sorted((c for c in self.claims.values() if c.base == claim.base and c is not claim), key=lambda c: c.id)

    def answers(self, item: str) -> list[Claim]:
        """All claims on an item of a chapter: those whose id it begins, then those that answer it too."""
        own = sorted((c for c in self.claims.values() if c.base == item), key=lambda c: c.id)
        return own + [c for c in self.claims.values() if item in c.also]

    def repairs(self, claim: Claim) -> list[Claim]:
        """Of a chapter's literal item, the other claims on it that come with a proof: what can be said instead."""
        return [c for c in self.item(claim) if c.proof is not None] if claim.id == claim.base else []

    def __iter__(self) -> Iterator[Claim]:
        """The claims in the order of the chapters' items; those on none of them as they were stated."""
        items = [item for chapter in self.chapters.values() for item in chapter]
        place = {item: i for i, item in enumerate(items)}
        known = sorted((c for c in self.claims.values() if c.base in place), key=lambda c: (place[c.base], c.id))
        return chain(known, (c for c in self.claims.values() if c.base not in place))
