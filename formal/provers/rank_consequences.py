"""What follows from the facts by ranks alone: inverses on the other side, inverses where a rank is full, equations
where the rank of a product is that of a factor, ranks where one kernel lies in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

from ..kernel import rules
from ..kernel.props import Prop, equal, zero
from ..kernel.rules import Cofactor, Theorem
from ..kernel.terms import (
    ONE,
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
    scale,
    split,
    subtract,
    term_letters,
    transpose,
    zeros,
)
from . import rank as lemmas
from . import rank_solving
from .deadline import tick
from .errors import ProofFailure
from .ideal import BRIEF, Completed
from .proof import Proof
from .rank_blocks import injections
from .rank_shapes import as_term, cuts, factorisations, matrix_equation, ranked
from .rank_solving import ANY_VECTOR
from .rank_table import RankTable

FEW = 12  # terms whose ranks are asked about


def other_side(p: Proof) -> None:
    """B A = I for every A B = I of square matrices."""
    for f in list(p.facts):
        for a, b, c in _inverses(f.conclusion):
            if not _has(p, equal(multiply(b, a), identity(a.rows))):
                target = subtract(multiply(a, b), identity(a.rows))
                th = rules.ideal(target, [f], [Cofactor(0, scale(number(c), identity(a.rows)), identity(a.rows))])
                _join(p, th, lemmas.square_inverse(), A=a, B=b)


def other_side_of_words(p: Proof) -> None:
    """B A = I for square words A and B of at most two letters with A B = I by the equations, where these have one-sided
    inverses."""
    facts = [f for f in p.facts if matrix_equation(f.conclusion)]
    _, of_blocks = injections(facts)
    given = [f.conclusion[1] for f in facts if f not in of_blocks]
    sizes = [h.rows for h in given if h.rows == h.cols != ONE and h.words.get(())]
    if not sizes or len(given) < 2 or p.goal.kind in ("ge", "gt"):
        return
    known = Completed(facts, BRIEF)
    letters = dict.fromkeys(x for h in given for key in h.words for x in split(key)[1])
    both = [t for x in letters for t in (as_term((x,)), as_term((flip(x),)))][: 2 * FEW]
    for n in dict.fromkeys(sizes):
        starts = [x for x in dict.fromkeys(both) if x.rows == n]
        words = [multiply(x, y) for x in starts for y in both if x.cols == y.rows and y.cols == n]
        square = [w for w in (*(x for x in starts if x.cols == n), *words) if known.reduce(w) == w][: 4 * FEW]
        for a in square:
            for b in square:
                tick()
                one = subtract(multiply(a, b), identity(n))
                if not known.reduce(one).words and known.reduce(subtract(multiply(b, a), identity(n))).words:
                    _join(p, known.theorem(one), lemmas.square_inverse(), A=a, B=b)


def _has(p: Proof, wanted: Prop) -> bool:
    h: Term = wanted[1]
    same = (wanted, zero(scale(number(-1), h)), zero(transpose(h)))
    return not h.words or any(g.conclusion in same for g in p.facts)


def _inverses(p: Prop) -> Iterator[tuple[Term, Term, Fraction]]:
    """A, B and c, where p says (A B - I) / c = 0 of square A and B."""
    if p.kind != "zero" or p[1].rows != p[1].cols or p[1].rows == ONE or not p[1].words.get(()):
        return
    h: Term = p[1]
    c = Fraction(-1) / h.words[()]
    product = add(scale(number(c), h), identity(h.rows))
    for a, b in (*cuts(product), *(factorisations(product) if len(product.words) > 1 else ())):
        if a.cols == a.rows:
            yield a, b, c


def from_all_vectors(p: Proof) -> None:
    """rank X <= rank M, from: for all y, M y = 0 implies X y = 0; and M = 0, from: for all y, M y = 0."""
    for f in list(p.facts):
        q = f.conclusion
        if q.kind != "all" or not isinstance(q[1], Decl) or q[1].cols != ONE or q[1].indexed or q[1].domain:
            continue
        sides = q[2][1:] if q[2].kind == "imp" else (q[2],)
        found = [coefficient(side[1], q[1]) for side in sides if side.kind == "zero"]
        matrices = [m for m in found if m is not None]
        if len(matrices) < len(sides):
            continue
        var = Decl(ANY_VECTOR, q[1].rows, ONE)
        at = rules.generalize(rules.specialize(f, letter(var)), var)
        if len(matrices) == 1:
            _join(p, at, rank_solving.vanishes_everywhere(), M=matrices[0])
        else:
            _join(p, at, rank_solving.kernel_inclusion(), M=matrices[0], X=matrices[1])


def _join(p: Proof, th: Theorem, lemma: Theorem, **letters: Term) -> None:
    """The lemma, whose condition is th, joins the facts unless it is one of them."""
    p.facts.append(th)
    found = p.lemma(lemma, {}, **letters)
    p.facts.remove(th)
    if all(g.conclusion != found.conclusion for g in p.facts):
        p.add(found)


def coefficient(h: Term, var: Decl) -> Term | None:
    """M, where h = M var for a column vector var; None where h is something else."""
    total = zeros(h.rows, var.rows)
    for key, c in h.words.items():
        atoms, word = split(key)
        places = [x for x in key if var in x.decls]
        if len(places) != 1 or h.cols != ONE:
            return None
        (x,) = places
        if isinstance(x, Letter):
            if word[-1] is not x or x.decl != var or x.transposed:
                return None
            total = add(total, monomial(atoms, word[:-1], h.rows, var.rows, c))
        else:
            row = _row(x.data, var) if x.kind == "trace" else None
            if row is None:
                return None
            left = monomial(tuple(a for a in atoms if a is not x), word, h.rows, ONE, c)
            total = add(total, multiply(left, row))
    return total


def _row(word: tuple[Letter, ...], var: Decl) -> Term | None:
    """The row vector u with u var = the scalar that is the trace of the word."""
    for w in (word, tuple(flip(x) for x in reversed(word))):
        for i, x in enumerate(w):
            if x.decl == var and not x.transposed:
                return monomial((), (*w[i + 1 :], *w[:i]), ONE, var.rows)
    return None


def full_ranks(p: Proof) -> None:
    """Inverses of the matrices that facts say have full rank, and Z with X Y Z = X where rank(X Y) >= rank X."""
    goal = p.goal
    if goal.kind in ("ge", "gt") or (goal.kind == "zero" and goal[1].rows == ONE == goal[1].cols):
        return  # of scalars, the ranks themselves say more
    terms = dict.fromkeys(t for f in p.facts for t in ranked(f.conclusion))
    if terms and not any(is_promised(d) for d in _letters(p.facts)):
        words = [f.conclusion[1] for f in p.facts if f.conclusion.kind == "zero"]
        products = [xy for h in words for xy in one_word_terms(h)]
        open_promises(p, RankTable(p, 0), {**terms, **dict.fromkeys(products)})


def is_promised(d: Decl) -> bool:
    """Whether a lemma gave the letter its name: an inverse, or what absorbs a factor."""
    return "Inverse" in d.name or "Absorber" in d.name


def one_word_terms(h: Term) -> Iterator[Term]:
    """The words of an equation that are products of matrices."""
    for key in h.words:
        atoms, word = split(key)
        if len(word) > 1 and not atoms:
            yield monomial((), word, h.rows, h.cols)


def _letters(facts: Iterable[Theorem]) -> Iterator[Decl]:
    for f in facts:
        if f.conclusion.kind in ("zero", "ge", "gt"):
            yield from term_letters(f.conclusion[1])


def open_promises(p: Proof, table: RankTable, terms: Iterable[Term]) -> None:
    """What the ranks of these terms, and of the factors of those that are one word, promise joins the facts."""
    pairs = [pair for t in terms for pair in cuts(t)]
    single = dict.fromkeys((*terms, *(x for pair in pairs for x in pair)))
    for m in list(single)[:FEW]:
        if m != identity(m.rows):
            _open_inverses(p, table, m)
    open_products(p, table, pairs[:FEW])


def open_products(p: Proof, table: RankTable, pairs: Iterable[tuple[Term, Term]]) -> None:
    """For X Y of the rank of X, a Z with X Y Z = X joins the facts; for one of the rank of Y, a Z with Z X Y = Y; but
    not where a letter or I is one by the equations."""
    for x, y in pairs:
        xy = multiply(x, y)
        if not _absorbed(table, x, xy) and (th := _at_least(table, rank(xy), rank(x))) is not None:
            p.facts.append(th)
            rank_solving.promised(p, rank_solving.absorbs(), X=x, Y=y)
        if _absorbed(table, transpose(y), transpose(xy)):
            continue
        if (th := _at_least(table, rank(xy), rank(y))) is not None:
            _open_left(p, table, x, y)


def _absorbed(table: RankTable, x: Term, xy: Term) -> bool:
    """Whether X Y Z = X for Z = I or a letter, by the equations at hand."""
    reduce = table.rules.reduce
    whole = [xy] if xy.cols == x.cols else []
    return any(reduce(t) == reduce(x) for t in (*whole, *(multiply(xy, z) for z in table.letters(xy.cols, x.cols))))


def _open_inverses(p: Proof, table: RankTable, m: Term) -> None:
    if (th := _at_least(table, rank(m), scalar(m.cols))) is not None:
        p.facts.append(th)
        (w,) = rank_solving.promised(p, lemmas.full_column_rank(), V=m)
        if m.rows == m.cols:
            p.facts.append(p.lemma(lemmas.square_inverse(), A=w, B=m))
    elif (th := _at_least(table, rank(m), scalar(m.rows))) is not None:
        p.facts.append(th)
        rank_solving.promised(p, rank_solving.full_row_rank(), V=m)
    elif (th := _at_least(table, number(0), rank(m))) is not None:
        p.facts.append(th)
        p.add(p.lemma(lemmas.vanishes(), M=m))
    elif (th := _at_least(table, number(1), rank(m))) is not None and ONE not in (m.rows, m.cols):
        p.facts.append(th)
        _open_rank_one(p, m)


def _open_rank_one(p: Proof, m: Term) -> None:
    """M Y M = tr(Y M) M, for Y = I and all Y of one word that stand between two M in the goal and the facts."""
    between = [identity(m.rows)] if m.rows == m.cols else []
    if len(m.words) == 1 and len(split(next(iter(m.words)))[1]) == 1:
        (x,) = next(iter(m.words))
        for q in (p.goal, *(f.conclusion for f in p.facts)):
            for word in (split(key)[1] for key in (q[1].words if q.kind == "zero" else ())):
                places = [i for i, y in enumerate(word) if y is x]
                between += [monomial((), word[i + 1 : j], m.cols, m.rows) for i, j in pairwise(places) if j > i + 1]
    for y in dict.fromkeys(between):
        p.add(p.lemma(rank_solving.rank_one(), M=m, Y=y))


def _open_left(p: Proof, table: RankTable, x: Term, y: Term) -> None:
    """Z with Z X Y = Y: that of the transposes, flipped."""
    a, b = transpose(y), transpose(x)
    th = _at_least(table, rank(multiply(a, b)), rank(a))
    if th is not None:
        p.facts.append(th)
        rank_solving.promised(p, rank_solving.absorbs(), X=a, Y=b)
        p.flip(p.facts[-1])


def _at_least(table: RankTable, a: Term, b: Term) -> Theorem | None:
    """a >= b, if the table says so."""
    try:
        return table.least(subtract(a, b))
    except ProofFailure:
        return None
