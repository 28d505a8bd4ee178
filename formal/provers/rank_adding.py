"""Matrices whose ranks add up: their images and their kernels lie apart, and projections tell them from each other.
Products that have the rank of a factor: the other factor can be cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache, partial

from ..kernel import rules
from ..kernel.props import Prop, at_least, conjunction, equal, exists_all, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Key,
    Term,
    add,
    letter,
    monomial,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    scale,
    split,
    subtract,
    term_text,
    transpose,
)
from .errors import ProofFailure
from .portfolio import inside, settle
from .proof import FALSE, Proof
from .rank import full_column_rank, introduce_all, matrix_letter, product_left, product_right
from .rank_blocks import injections
from .rank_consequences import is_promised, open_products
from .rank_shapes import as_term, cuts, matrix_equation, ranked
from .rank_solving import full_row_rank, promised
from .rank_table import RankTable

NAME = "ranks that add up or stay"
MANY = 24  # pairs that are looked at
LONGEST = 4  # letters of a product whose factors are
_m, _n = map(nat, "mn")


@cache
def separated() -> Theorem:
    """There are S and T with S X = X, S Y = 0, X T = X, Y T = 0, from rank X + rank Y <= rank(X + Y).

    Of X = C F and Y = D G, the columns of [C, D] and the rows of [F; G] are independent (Marsaglia and Styan 1974).
    """
    x, y = matrix_letter("X", _m, _n), matrix_letter("Y", _m, _n)
    whole = add(x, y)
    s, t = Decl("LeftPart", _m, _m), Decl("RightPart", _n, _n)
    body = conjunction(
        equal(multiply(letter(s), x), x),
        zero(multiply(letter(s), y)),
        equal(multiply(x, letter(t)), x),
        zero(multiply(y, letter(t))),
    )
    goal = exists_all((s, t), body)
    full = rules.assume(at_least(rank(whole), add(rank(x), rank(y))))
    p = Proof(goal)
    f, g = p.factor(x), p.factor(y)
    _, whole_x, _, _, _, whole_y, _, _ = p.facts
    e1, e2 = p.blocks(f.size, g.size)
    injections = p.facts[-4:]
    columns = add(multiply(f.left, transpose(e1)), multiply(g.left, transpose(e2)))
    rows = add(multiply(e1, f.right), multiply(e2, g.right))
    through = multiply(columns, rows)
    same = rules.congruence(p.ideal(equal(whole, through), [whole_x, whole_y, *injections]), whole, through)
    for lemma, wide in ((product_left(), columns), (product_right(), rows)):
        bound = p.lemma(lemma, X=columns, Y=rows)
        both = scalar(nat_sum(f.size, g.size))
        p.add(p.prove(at_least(rank(wide), both), lambda q: q.order(), [full, bound, same]))
    (left,) = p.open(p.lemma(full_column_rank(), V=columns))
    known = [p.facts[-1], *injections, whole_x, whole_y]
    (right,) = p.open(p.lemma(full_row_rank(), V=rows))
    known.append(p.facts[-1])
    values = [multiply(f.left, multiply(transpose(e1), left)), multiply(right, multiply(e1, f.right))]
    return p.close(introduce_all(p, goal, values, lambda q: rules.conjoin([q.ideal(h, known) for h in q.goal[1]])))


def adding(p: Proof, effort: int) -> Theorem:
    """A script: with the projections of all X and Y at hand for which rank X + rank Y <= rank(X + Y) follows, and with
    what cancels the factors of products that lose no rank.

    Raises ProofFailure, where there are none or the goal does not follow.
    """
    before = len(p.facts)
    pairs = list(dict.fromkeys(_pairs(p)))[: MANY * (1 + effort)]
    scalar_goal = _relation(p.goal) and any(ranked(p.goal))
    products = [] if scalar_goal else list(dict.fromkeys(_products(p)))[: MANY * (1 + effort)]
    terms = [add(x, y) for x, y in pairs] + [multiply(x, y) for x, y in products]
    parts = [t for pair in (*pairs, *products) for t in pair]
    table = RankTable(Proof(FALSE, p.facts), effort, list(dict.fromkeys([*terms, *parts])), effort < 2)
    found = []
    for x, y in pairs:
        with suppress(ProofFailure):
            found.append((x, y, table.least(subtract(rank(add(x, y)), add(rank(x), rank(y))))))
    for x, y, th in found:
        p.facts.append(th)
        promised(p, separated(), X=x, Y=y)
    if effort or not found:
        reduce = table.rules.reduce
        open_products(p, table, [pair for pair in products if all(reduce(t) == t for t in (*pair, multiply(*pair)))])
    if len(p.facts) == before:
        raise ProofFailure("ranks: no ranks add up, and no product has the rank of a factor")
    return settle(p, effort + 1)


def _products(p: Proof) -> Iterator[tuple[Term, Term]]:
    """Matrices of blocks and their injections; the parts of the words of equations, cut in two."""
    equations = [f for f in p.facts if matrix_equation(f.conclusion)]
    systems, of_blocks = injections(equations)
    for t in (t for f in p.facts for t in ranked(f.conclusion)):
        for e in (e for system in systems for e in system):
            if e.rows == t.cols and any(key and as_term(key[-1:]) == transpose(e) for key in t.words):
                yield t, e
            if e.rows == t.rows and any(key and as_term(key[:1]) == e for key in t.words):
                yield transpose(e), t
    for q in (p.goal, *(f.conclusion for f in equations if f not in of_blocks)):
        for key in q[1].words if matrix_equation(q) else ():
            atoms, word = split(key)
            if atoms or any(is_promised(x.decl) for x in word):
                continue
            for i in range(len(word)):
                for j in range(i + 2, min(len(word), i + LONGEST) + 1):
                    yield from (min(pair, _turned(pair), key=_text) for pair in cuts(as_term(word[i:j])))


def _text(pair: tuple[Term, Term]) -> tuple[str, ...]:
    return tuple(map(term_text, pair))


def _turned(pair: tuple[Term, Term]) -> tuple[Term, Term]:
    """The factors of the transpose."""
    return transpose(pair[1]), transpose(pair[0])


def _pairs(p: Proof) -> Iterator[tuple[Term, Term]]:
    """Matrices of one size that a fact says the ranks of, or of which an equation makes a third."""
    minus = number(-1)
    for f in p.facts:
        terms = list(dict.fromkeys(t for t in ranked(f.conclusion) if t.words))
        for t in terms:
            if 1 < len(t.words) <= 4:
                yield from ((one, subtract(t, one)) for one in map(partial(_monomial, t), t.words))
        for i, x in enumerate(terms):
            for y in terms[i + 1 :]:
                if (x.rows, x.cols) == (y.rows, y.cols):
                    for z in (y, scale(minus, y)):
                        if add(x, z).words:
                            yield x, z
    equations = [f for f in p.facts if matrix_equation(f.conclusion)]
    _, of_blocks = injections(equations)
    for f in equations:
        if f not in of_blocks and 2 < len(f.conclusion[1].words) <= 5:
            yield from _split(f.conclusion[1])


def _split(h: Term) -> Iterator[tuple[Term, Term]]:
    """X and Y with X + Y = W, where h = X + Y + .. - W; W and X are one monomial each."""
    pieces = [_monomial(h, key) for key in h.words]
    for w in pieces:
        for x in pieces:
            if x is not w and any(x.words):
                yield x, subtract(subtract(h, x), w)


def _monomial(h: Term, key: Key) -> Term:
    return monomial(*split(key), h.rows, h.cols, h.words[key])


def adds_up(p: Proof) -> bool:
    """Whether a fact relates several ranks, or a rank and a dimension; but once inside itself."""
    if p.goal.kind not in ("zero", "not", "ge", "gt", "ex") or inside(NAME):
        return False
    return any(_of_ranks(f.conclusion) for f in p.facts if _relation(f.conclusion))


def _of_ranks(q: Prop) -> bool:
    """Whether a relation is one of ranks and dimensions, two of them at least."""
    return len(q[1].words) > 1 and any(ranked(q)) and rules.is_integral(q[1])


def _relation(q: Prop) -> bool:
    return q.kind in ("zero", "ge", "gt") and q[1].rows == ONE == q[1].cols
