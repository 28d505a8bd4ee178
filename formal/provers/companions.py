"""Sums of scalars that measure a sum of projections: where S[k + 1] = S[k] + rank P, or + <v, x>^2, with P P = P or
v v' for P, and the P of different layers annihilate each other, their sum B is a projection and S = tr B, or x'B x.
B is no family of the statement; that there is such a matrix at every depth is proved by induction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from ..kernel import rules
from ..kernel.props import (
    Prop,
    at_least,
    bounded,
    conjunction,
    equal,
    exists,
    for_all,
    implication,
    replace_variable,
    zero,
)
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Letter,
    Nat,
    Substitution,
    Term,
    add,
    flip,
    identity,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    scale,
    split,
    substitute,
    subtract,
    trace,
    transpose,
    zeros,
)
from ..statement.language import to_nat
from .errors import ProofFailure
from .induct import by_induction
from .portfolio import inside, settle
from .proof import Proof
from .rank import idempotent
from .rank_shapes import as_term
from .recursions import at_indices, defined, recursions
from .shapes import letters_of

NAME = "sum of projections"


class Companion(NamedTuple):
    """What is known of layer var < limit: the matrix that it adds to B; what is read off B, and what that is at k."""

    limit: Term
    var: str
    part: Term
    measure: Callable[[Term], Term]
    symmetric: bool
    total: Callable[[Nat], Term]


def companions(p: Proof) -> Iterator[Companion]:
    """The scalar sums from 0 that may measure a sum of projections; and their number, where each has the same trace."""
    for r in recursions(p):
        below = bounded(r.fact.conclusion)
        if below is None or r.start.words or not r.decl.rows == ONE == r.decl.cols:
            continue
        after = nat_sum(nat(below[0]), ONE)
        for x, value in defined(below[2][1]):
            if x.decl == r.decl and x.at == after:
                growth = subtract(value, letter(r.decl, nat(below[0])))
                for found in _parts(growth, after):
                    yield Companion(below[1], below[0], *found, partial(letter, r.decl))
    yield from _counted(p)


def _counted(p: Proof) -> Iterator[Companion]:
    """Families F with F'F = I, |F|^2 = 1 or rank F = r below a limit: F F', or F, has the same trace in every layer."""
    for f in p.facts:
        below = bounded(f.conclusion)
        if below is None or below[2].kind != "zero":
            continue
        for x in {
            x.decl: x for x in letters_of(below[2][1]) if x.at == nat_sum(nat(below[0]), ONE) and not x.args
        }.values():
            one = letter(x.decl, x.at)
            own = multiply(one, transpose(one))
            unit, gram = trace(own), multiply(transpose(one), one)
            said = below[2][1]
            for value, part, symmetric in ((unit, own, True), (gram, own, True), (rank(one), one, False)):
                if (value.rows, value.cols) != (said.rows, said.cols):
                    continue
                rest = subtract(value, said)
                if one.rows == ONE or (value == unit and one.cols != ONE) or any(letters_of(rest)):
                    continue
                if value != gram or rest == identity(one.cols):
                    size = scalar(one.cols) if value == gram else rest
                    yield Companion(below[1], below[0], part, trace, symmetric, partial(_times, size))


def _times(size: Term, k: Nat) -> Term:
    return scale(scalar(k), size)


def _parts(growth: Term, after: Nat) -> Iterator[tuple[Term, Callable[[Term], Term], bool]]:
    if len(growth.words) != 1:
        return
    ((key, c),) = growth.words.items()
    if c != 1 or not all(isinstance(a, Atom) for a in key):
        return
    if len(key) == 1 and key[0].kind in ("rank", "trace"):
        whole = key[0].data if key[0].kind == "rank" else as_term(key[0].data)
        within = all(x.at == after for x in letters_of(whole))
        if len(whole.words) == 1 and whole.rows == whole.cols != ONE and within:
            yield whole, trace, False
        if key[0].kind == "trace":
            yield from _forms(key[0].data, after)
    if len(key) == 2 and key[0] == key[1] and key[0].kind == "trace" and len(key[0].data) == 2:
        for x in key[0].data:
            v, (other,) = _column(x), (_column(y) for y in key[0].data if y is not x)
            if v.cols == ONE != v.rows and all(y.at == after for y in letters_of(v)):
                yield multiply(v, transpose(v)), partial(_form, other), True


def _forms(word: tuple[Letter, ...], after: Nat) -> Iterator[tuple[Term, Callable[[Term], Term], bool]]:
    """tr(Q w), for the square run Q of letters of the layer and the rest w."""
    for i in range(len(word)):
        turned = (*word[i:], *word[:i])
        own = [x.at == after for x in turned]
        size = sum(own)
        if all(own[:size]) and 0 < size < len(word) and turned[0].rows == turned[size - 1].cols != ONE:
            part = as_term(turned[:size])
            yield part, partial(_traced_with, as_term(turned[size:])), part == transpose(part)
            return


def _traced_with(w: Term, m: Term) -> Term:
    return trace(multiply(m, w))


def _is_symmetric(p: Proof, c: Companion) -> bool:
    """Whether its parts are symmetric, as they stand or as a fact says of all layers."""
    if c.symmetric:
        return True
    gap = subtract(transpose(c.part), c.part)
    said = [(b[0], b[2][1]) for f in p.facts if (b := bounded(f.conclusion)) is not None and b[2].kind == "zero"]
    known = [substitute(t, Substitution({name: nat(c.var)})) for name, t in said]
    return any(t in (gap, scale(number(-1), gap)) for t in known)


def _column(x: Letter) -> Term:
    return as_term((flip(x) if x.rows == ONE else x,))


def _form(x: Term, m: Term) -> Term:
    return multiply(multiply(transpose(x), m), x)


def _ends(part: Term) -> tuple[Term, Term]:
    """Its first letter and its last."""
    ((key, _),) = part.words.items()
    word = split(key)[1]
    return as_term(word[:1]), as_term(word[-1:])


def by_companion(p: Proof, effort: int) -> Theorem:
    """A script: the goal from what is so of the projection at the full depth."""
    failures = []
    for c in companions(p):
        if len(c.limit.words) != 1:
            continue
        try:
            return _with(p, c._replace(symmetric=_is_symmetric(p, c)), effort)
        except ProofFailure as e:
            failures.append(str(e))
    raise ProofFailure("; ".join(failures) or "no sum measures a sum of projections")


def _with(p: Proof, c: Companion, effort: int) -> Theorem:
    ((key, _),) = c.limit.words.items()
    (depth,) = (name for a in key for name in a.names)
    own, later = Decl(p.fresh("Sum"), c.part.rows, c.part.cols), p.fresh("j")

    def claim(k: Any) -> Prop:
        return _claim(c, own, later, to_nat(k))

    def last(q: Proof) -> Theorem:
        return settle(q, effort + 1)

    return by_induction(nat(depth), claim, base=_start, step=partial(_step, c), then=last)(p)


def _claim(c: Companion, own: Decl, later: str, k: Nat) -> Prop:
    """There is a projection B with S[k] read off it that the parts at k and beyond annihilate."""
    b, j = letter(own), nat(later)
    first, last = _ends(substitute(c.part, Substitution({c.var: j})))
    apart = conjunction(zero(multiply(b, first)), zero(multiply(last, b)))
    beyond = implication(at_least(scalar(j), scalar(k)), apart)
    below = at_least(c.limit, scalar(nat_sum(j, ONE)))
    said = [
        zero(subtract(multiply(b, b), b)),
        equal(c.measure(b), c.total(k)),
        *([equal(transpose(b), b)] if c.symmetric else []),
        for_all(later, implication(below, beyond)),
    ]
    return exists(own, conjunction(*said))


def _start(p: Proof) -> Theorem:
    return _introduced(p, zeros(p.goal[1].rows, p.goal[1].cols))


def _step(c: Companion, p: Proof) -> Theorem:
    part = substitute(c.part, Substitution({c.var: nat(str(p.index))}))
    before = p.term(p.values[-1])
    at_indices(p)
    if c.measure is trace:
        p.add(p.lemma(idempotent(), P=part))
    return _introduced(p, add(before, part))


def _introduced(p: Proof, value: Term) -> Theorem:
    body = replace_variable(p.goal[2], p.goal[1], value)
    return rules.introduce(p.prove(body, _shown), p.goal, value)


def _shown(p: Proof) -> Theorem:
    """The claim at a value, part by part."""
    goal = p.goal
    if goal.kind == "and":
        return rules.conjoin([p.prove(q, _shown) for q in goal[1]])
    if goal.kind == "all":
        return rules.generalize(p.prove(goal[2], _shown), goal[1])
    if goal.kind == "imp":
        return p.suppose(goal[1], _shown, goal[2])
    p.done.clear()  # what could not be used outside, where the index was bound, can be here
    at_indices(p)
    return p.ideal()


def has_companion(p: Proof) -> bool:
    """Whether there is such a sum, and facts about two layers."""
    inner = (below[2] for f in p.facts if (below := bounded(f.conclusion)) is not None)
    pairs = (q for q in inner if q.kind == "all" and isinstance(q[1], str))
    return p.goal.kind in ("ge", "gt") and not inside(NAME) and any(pairs) and any(companions(p))
