"""Goals "exists": null vectors, factorisations, inverses and solutions of equations, as ranks promise them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..kernel import rules
from ..kernel.props import Prop, equal, replace_variable
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Letter,
    Term,
    add,
    flip,
    identity,
    letter,
    monomial,
    multiply,
    number,
    rank,
    scalar,
    split,
    subtract,
    transpose,
    zeros,
)
from . import rank_solving
from .deadline import tick
from .errors import ProofFailure
from .ideal import BRIEF, Completed
from .proof import Proof, auto
from .rank import introduce_all
from .rank_consequences import FEW, coefficient, open_promises
from .rank_shapes import matrix_equation, ranked
from .rank_table import RankTable


def by_promise(p: Proof, effort: int) -> Theorem:
    """A script for "exists": what one of the lemmas promises, or a product of the letters that they name.

    Raises ProofFailure.
    """
    variables, body = _opened(p.goal)
    if not variables:
        raise ProofFailure(f"ranks: {p.goal} is no 'exists' of matrices")
    failure = None
    for way in (_null_vector, _factors, _injection, _solution, _words):
        try:
            return p.prove(p.goal, lambda q, way=way: way(q, variables, body, effort))  # type: ignore[misc]
        except ProofFailure as e:
            failure = e
    raise ProofFailure(f"ranks: nothing is promised that meets {p.goal} ({failure})")


def _opened(p: Prop) -> tuple[list[Decl], list[Prop]]:
    """The matrices that are to exist, and the parts of what is to hold of them."""
    variables = []
    while p.kind == "ex" and isinstance(p[1], Decl) and not p[1].indexed and not p[1].domain:
        variables.append(p[1])
        p = p[2]
    if p.kind == "ex":
        return [], []
    return variables, list(p[1]) if p.kind == "and" else [p]


def _null_vector(p: Proof, variables: list[Decl], body: list[Prop], effort: int) -> Theorem:
    """x with M x = 0 and not N x = 0, where rank M < rank N; several M x = 0 are stacked."""
    if len(variables) != 1 or variables[0].cols != ONE:
        raise ProofFailure("no null vector is asked for")
    (x,) = variables
    lost = [coefficient(q[1], x) for q in body if q.kind == "zero"]
    kept = [coefficient(q[1][1], x) for q in body if q.kind == "not" and q[1].kind == "zero"]
    matrices, others = [m for m in lost if m is not None], [m for m in kept if m is not None]
    if len(others) != 1 or len(matrices) + 1 != len(body):
        raise ProofFailure("no null vector is asked for")
    (n,) = others
    stacked = matrices[0] if matrices else zeros(ONE, x.rows)
    for m in matrices[1:]:
        e, f = p.blocks(stacked.rows, m.rows)
        stacked = add(multiply(e, stacked), multiply(f, m))
    table = RankTable(p, effort, [stacked, n])
    p.add(table.least(subtract(rank(n), add(rank(stacked), number(1)))))
    (u,) = rank_solving.promised(p, rank_solving.kernel_witness(), M=stacked, X=n)
    return introduce_all(p, p.goal, [u])


def _factors(p: Proof, variables: list[Decl], body: list[Prop], effort: int) -> Theorem:
    """C and F with M = C F, where rank M is at most the dimension between them."""
    if len(variables) != 2 or len(body) != 1 or body[0].kind != "zero":
        raise ProofFailure("no factorisation is asked for")
    c, f = variables
    h: Term = body[0][1]
    for one, two in ((c, f), (f, c)):
        for flip_one, flip_two in ((False, False), (False, True), (True, False)):
            left, right = (transpose(letter(x)) if t else letter(x) for x, t in ((one, flip_one), (two, flip_two)))
            m = _product(h, left, right)
            if m is None:
                continue
            table = RankTable(p, effort, [m])
            p.add(table.least(subtract(scalar(left.cols), rank(m))))
            a, b = rank_solving.promised(p, rank_solving.through(), {"k": left.cols}, M=m)
            by_name = {one: transpose(a) if flip_one else a, two: transpose(b) if flip_two else b}
            return introduce_all(p, p.goal, [by_name[v] for v in variables])
    raise ProofFailure("no factorisation is asked for")


def _product(h: Term, left: Term, right: Term) -> Term | None:
    """M, where h says that C F = M, for the letters C and F."""
    if left.cols != right.rows or (left.rows, right.cols) != (h.rows, h.cols):
        return None
    cf = multiply(left, right)
    own = {d for t in (left, right) for key in t.words for x in key for d in x.decls}
    for sign in (1, -1):
        rest = add(cf, h, -sign)  # C F - sign h = M
        if not any(own & x.decls for key in rest.words for x in key):
            return rest
    return None


def _injection(p: Proof, variables: list[Decl], body: list[Prop], effort: int) -> Theorem:
    """E with E'E = I, where E is no wider than high."""
    square = multiply(transpose(letter(variables[0])), letter(variables[0]))
    if len(variables) != 1 or body != [equal(square, identity(square.rows))]:
        raise ProofFailure("no injection is asked for")
    e = variables[0]
    p.add(RankTable(p, effort).least(subtract(scalar(e.rows), scalar(e.cols))))
    (value,) = rank_solving.promised(p, rank_solving.injection(), {"m": e.rows, "k": e.cols})
    return introduce_all(p, p.goal, [value])


def _solution(p: Proof, variables: list[Decl], body: list[Prop], effort: int) -> Theorem:
    """X with A X = B, or X A = B, where rank [A, B] <= rank A: [A, B] Z' = [A, B] for a Z' that passes through A."""
    if len(variables) != 1 or len(body) != 1 or body[0].kind != "zero":
        raise ProofFailure("no solution of one equation is asked for")
    x = variables[0]
    for turned in (False, True):
        h: Term = transpose(body[0][1]) if turned else body[0][1]
        own = transpose(letter(x)) if turned else letter(x)
        parts = _beside(h, own)
        if parts is None:
            continue
        a, b = parts
        e, f = p.blocks(a.cols, b.cols)
        joined = add(multiply(a, transpose(e)), multiply(b, transpose(f)))
        same = multiply(joined, e)
        table = RankTable(p, effort, [joined, same, a], effort < 2)
        p.add(table.least(subtract(rank(same), rank(joined))))
        (z,) = rank_solving.promised(p, rank_solving.absorbs(), X=joined, Y=e)
        p.multiply(p.facts[-1], None, f)
        value = multiply(z, f)
        return introduce_all(p, p.goal, [transpose(value) if turned else value])
    raise ProofFailure("no solution of one equation is asked for")


def _beside(h: Term, x: Term) -> tuple[Term, Term] | None:
    """A and B with h = A X - B."""
    a, b = zeros(h.rows, x.rows), zeros(h.rows, h.cols)
    ((own,),) = x.words
    for key, c in h.words.items():
        atoms, word = split(key)
        if word and word[-1] == own and all(own.decl not in y.decls for y in key if y is not word[-1]):
            a = add(a, monomial(atoms, word[:-1], h.rows, x.rows, c))
        elif any(own.decl in y.decls for y in key):
            return None
        else:
            b = add(b, monomial(atoms, word, h.rows, h.cols, -c))
    return (a, b) if a.words and h.cols == x.cols else None


def _words(p: Proof, variables: list[Decl], body: list[Prop], effort: int) -> Theorem:
    """One matrix that is a product of few letters, those of the promises of ranks among them."""
    if len(variables) != 1 or not any(q.kind == "zero" for q in body):
        raise ProofFailure("no solution of an equation is asked for")
    (x,) = variables
    props = [*body, *(f.conclusion for f in p.facts)]
    terms = dict.fromkeys(t for q in props for t in _mentioned(q, x))
    asked = {t for f in p.facts for t in ranked(f.conclusion)}  # by the consequences of the facts
    new = [t for t in terms if t not in asked]
    open_promises(p, RankTable(p, min(effort, 1), new), new)
    for t in [t for t in new if len(next(iter(t.words))) == 1][:FEW]:
        rank_solving.promised(p, rank_solving.pseudo_inverse(), M=t)
    completed = Completed([f for f in p.facts if matrix_equation(f.conclusion)], BRIEF)
    letters = dict.fromkeys(
        y
        for q in (*body, *(f.conclusion for f in p.facts))
        if q.kind == "zero"
        for y in _letters_of(q[1])
        if y.decl != x
    )
    both = list(dict.fromkeys(z for y in letters for z in (y, flip(y))))
    for value in _candidates(both, x, 2 + (effort > 0)):
        tick()
        at = [replace_variable(q, x, value) for q in body]
        if all(not completed.reduce(q[1]).words for q in at if q.kind == "zero"):
            try:
                return introduce_all(p, p.goal, [value], lambda q: _close(q, completed))
            except ProofFailure:
                continue
    raise ProofFailure("no product of few letters is a solution")


def _close(p: Proof, completed: Completed) -> Theorem:
    if p.goal.kind == "and":
        return rules.conjoin([p.prove(q, lambda inner: _close(inner, completed)) for q in p.goal[1]])
    if p.goal.kind == "zero":
        return completed.theorem(p.goal[1])
    return auto(p)


def _mentioned(p: Prop, var: Decl) -> Iterator[Term]:
    """The words and the ranked terms of a proposition without a letter, and what stands beside it."""
    yield from ranked(p)
    if p.kind != "zero":
        return
    h: Term = p[1]
    for key in h.words:
        word = split(key)[1]
        places = [i for i, x in enumerate(word) if x.decl == var]
        edges = [-1, *places, len(word)]
        for i, j in pairwise(edges):
            part = word[i + 1 : j]
            if part:
                yield monomial((), part, part[0].rows, part[-1].cols)


def _letters_of(h: Term) -> Iterator[Letter]:
    for key in h.words:
        for x in key:
            if isinstance(x, Letter):
                yield x
            elif isinstance(x, Atom) and x.kind == "trace":
                yield from x.data


def _candidates(letters: list[Letter], var: Decl, longest: int) -> Iterator[Term]:
    """Products of at most so many letters that have the type of the variable, the shortest first."""
    yield zeros(var.rows, var.cols)
    if var.rows == var.cols:
        yield identity(var.rows)
    words: list[tuple[Letter, ...]] = [(x,) for x in letters if x.rows == var.rows]
    for _ in range(longest):
        for w in words:
            if w[-1].cols == var.cols:
                yield monomial((), w, var.rows, var.cols)
        words = [(*w, x) for w in words for x in letters if x.rows == w[-1].cols]
