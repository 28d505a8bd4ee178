"""A goal at the next depth, by what the recursions say of its entries there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import islice

from ..kernel import rules
from ..kernel.props import at_least, greater, negation, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Letter,
    Term,
    add,
    letter,
    monomial,
    multiply,
    nat,
    number,
    scalar,
    scale,
    subtract,
    zeros,
)
from ..statement.language import to_nat
from .ansatz import solutions
from .errors import ProofFailure
from .halves import cuts, traces
from .logic import RELATIONS, with_known_size
from .norms import product_norm
from .proof import FALSE, Proof, anything, auto
from .rank import of_sum, product_right
from .rank_equal import of_zero
from .rank_shapes import ranked
from .ranks import by_rank
from .recursions import at_indices, expansions
from .shapes import put, put_prop, symbols
from .turned import add_turned
from .vectors import at_meetings


def expanded(p: Proof, script: Callable[[Proof], Theorem]) -> Theorem:
    """The goal, by a script for what it says once the entries at the next depth, or at 0, are written out."""
    if p.goal.kind == "and":
        return rules.conjoin([p.add(p.prove(q, lambda r: expanded(r, script))) for q in p.goal[1]])
    here = to_nat(p.index) if p.index is not None else nat("none")
    images = expansions(p, p.goal, here)
    goal = put_prop(p.goal, images)
    if goal == p.goal or p.goal.kind not in RELATIONS:
        return script(p)
    for m in ranked(goal):  # rank M <= rank H + rank(M - H), for H of the previous depth
        if not m.words:
            p.add(rules.instantiate(of_zero(), {"m": m.rows, "n": m.cols}, {}))
        for h in {h for f in p.facts if f.conclusion.kind in RELATIONS for h in ranked(f.conclusion)}:
            if (m.rows, m.cols) == (h.rows, h.cols) and m != h:
                p.add(p.lemma(of_sum(), X=h, Y=subtract(m, h)))
    shown = p.prove(goal, script)
    ranks = list(_same_ranks(p, p.goal[1], images))
    equations = [f for f in p.facts if f.conclusion.kind == "zero"]
    letters = [letter(x.decl, x.at) for x in images]
    if p.goal.kind == "zero":
        return p.ideal(p.goal, [shown, *ranks, *equations], letters)
    same = p.ideal(zero(subtract(p.goal[1], goal[1])), [*ranks, *equations], letters)
    return rules.order(p.goal, [shown, same], [rules.Summand(1, (0,))], [(1, number(1))])


def _same_ranks(p: Proof, term: Term, images: dict[Letter, Term]) -> Iterator[Theorem]:
    equations = [f for f in p.facts if f.conclusion.kind == "zero"]
    letters = [letter(x.decl, x.at) for x in images]
    for m in ranked(zero(term)):
        other = put(m, images)
        if other != m:
            same = p.ideal(zero(subtract(m, other)), equations, letters)
            yield rules.congruence(same, m, other)


def at_once(p: Proof) -> Theorem:
    """As it stands; ranks by their sizes, products and sums; an inequality also from products of two facts."""
    try:
        return auto(p)
    except ProofFailure:
        if p.goal.kind in RELATIONS and ranked(p.goal):
            return _by_ranks_alone(p)
        if p.goal.kind not in RELATIONS:
            raise
        if add_turned(p):
            with suppress(ProofFailure):
                return p.order(squares=_squares_in(p)) if p.goal.kind != "zero" else auto(p)
        if p.goal.kind == "zero":
            raise
        at_meetings(p)
        squares = list(_norms_of_products(p))
        if len(_inequalities(p)) > 12:
            raise
        return p.order(products=2, squares=squares)


def _inequalities(p: Proof) -> list[Theorem]:
    return [f for f in p.facts if f.conclusion.kind in ("ge", "gt")]


def with_index(p: Proof) -> Theorem:
    """The same; then an inequality also from facts times the index of the step, and as a multiple of the index."""
    try:
        return at_once(p)
    except ProofFailure:
        known = _inequalities(p)
        if p.goal.kind not in ("ge", "gt") or p.index is None or ranked(p.goal) or len(known) > 12:
            raise
        for f in known:
            if not rules.is_integral(f.conclusion[1]):
                p.add(_multiple(scalar(nat(str(p.index))), f))
        try:
            return p.order(products=2)
        except ProofFailure:
            return _times_index(p)


def _multiple(natural: Term, fact: Theorem) -> Theorem:
    """n s >= 0, from s >= 0, or s > 0, for a natural n."""
    goal = at_least(scale(natural, fact.conclusion[1]), number(0))
    return rules.order(goal, [fact], [Summand(1, (0,), (), (natural,))])


def _squares_in(p: Proof) -> list[Term]:
    """The terms whose squared norms the goal adds."""
    added = [monomial(key, (), ONE, ONE) for key, c in p.goal[1].words.items() if c > 0 and key]
    return [u for a in traces(added) for u, v in cuts(a) if u == v][:8]


def _norms_of_products(p: Proof) -> Iterator[Term]:
    """|A B|^2 <= |A|^2 |B|^2 joins the facts for the products whose squared norm the goal subtracts; A and B."""
    for key, c in p.goal[1].words.items():
        for a in key if c < 0 else ():
            for u, v in cuts(a) if isinstance(a, Atom) and a.kind == "trace" else ():
                ((word, _),) = u.words.items()
                if u == v and len(word) > 1:
                    left = monomial((), word[:1], u.rows, word[0].cols)
                    right = monomial((), word[1:], word[1].rows, u.cols)
                    p.add(p.lemma(product_norm(), A=left, B=right))
                    yield left
                    yield right


def _beside_words(value: Term) -> dict[Term, Term]:
    """For each word v the sum u with 2 <u, v> a part of the scalar."""
    found: dict[Term, Term] = {}
    for key, c in value.words.items():
        if len(key) == 1 and isinstance(key[0], Atom) and key[0].kind == "trace":
            for u, v in cuts(key[0]):
                if u != v and (u.rows, u.cols) == (v.rows, v.cols):
                    found[v] = add(found.get(v, zeros(v.rows, v.cols)), u, Fraction(c) / 2)
    return found


def _times_index(p: Proof) -> Theorem:
    """s >= 0, from k s >= 0 for the index k of the step: where k is 0, it is put in. The squares are those of u + k v,
    where 2 <u, v> is all of s in which the word v is once."""
    index = scalar(nat(str(p.index)))
    value: Term = p.goal[1]
    squares = [
        square for v, u in _beside_words(value).items() for square in (add(u, scale(index, v)), add(scale(index, u), v))
    ]
    if not squares or p.goal.kind != "ge" or len(squares) > 12:
        raise ProofFailure("no product of two is in the goal")
    natural = rules.order(at_least(index, number(0)), (), [Summand(1, (), (), (index,))])
    p.add(natural)
    squared = multiply(index, index)
    p.add(rules.order(at_least(squared, number(0)), [natural], [Summand(1, (0, 0))]))
    goal = at_least(scale(index, value), number(0))
    longer = p.order(goal, products=2, squares=squares, multipliers=[index, squared])

    def positive(q: Proof) -> Theorem:
        denial = rules.assume(negation(p.goal))
        wrong = rules.order(FALSE, [denial, rules.assume(later), longer], [Summand(1, (0, 1)), Summand(1, (2,))])
        return rules.cases(rules.assume(p.goal), anything(p.goal, wrong), p.goal)

    def at_start(q: Proof) -> Theorem:
        q.facts.append(q.squeeze(natural, rules.assume(negation(later))))
        return with_known_size(q, _at_first)

    later = greater(index, number(0))
    return p.cases(later, positive, at_start)


def in_a_step(p: Proof) -> Theorem:
    """At an index, or at 0: with what the facts say there, and everything at the earlier depth."""
    at_indices(p)
    return expanded(p, at_once)


def _at_first(p: Proof) -> Theorem:
    """At index 0: with what the facts say there."""
    at_indices(p)
    return expanded(p, auto)


def _by_ranks_alone(p: Proof) -> Theorem:
    """A relation of ranks, from those that the facts relate: H = X M says rank H <= rank M."""
    known = {h: None for f in p.facts if f.conclusion.kind in RELATIONS for h in ranked(f.conclusion)}
    equations = [f for f in p.facts if f.conclusion.kind == "zero"]
    for m in ranked(p.goal):
        for h in known:
            if m == h or m.cols != h.cols or not m.words:
                continue
            x = Decl("Undone", h.rows, m.rows)
            letters = symbols([f.conclusion[1] for f in equations])[:12]
            for found in islice(solutions([x], [subtract(h, multiply(letter(x), m))], equations, letters, 1), 1):
                p.same_rank(multiply(found[x], m), h)
                p.add(p.lemma(product_right(), X=found[x], Y=m))
    p.facts = [f for f in p.facts if f.conclusion.kind in RELATIONS and _is_count(f.conclusion[1])]
    return by_rank(p)


def _is_count(value: Term) -> bool:
    """Whether a term is a scalar made of dimensions, indices, ranks and letters that are scalars."""
    return value.rows == ONE == value.cols and all(_is_number(x) for key in value.words for x in key)


def _is_number(x: Letter | Atom) -> bool:
    """Whether it is a dimension, an index, a rank or a scalar that is a letter."""
    if isinstance(x, Letter):
        return x.rows == ONE == x.cols
    return x.kind in ("nat", "rank") or (x.kind == "trace" and len(x.data) == 1 and x.data[0].rows == ONE)
