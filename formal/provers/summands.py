"""What may be added up: products of facts, squares, facts times squares, and bounds that lemmas give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Term,
    monomial,
    multiply,
    number,
    scale,
    split,
    squared_norm,
    subtract,
    term_letters,
    trace,
    transpose,
)
from . import norms
from .deadline import tick
from .definite import Definite
from .halves import by_shape, closed, cuts, halves, term_degree
from .premises import Problem
from .proof import Proof


class Factors(NamedTuple):
    """A product that is not negative: of theorems s >= 0 or s > 0, of squared norms, and of naturals."""

    theorems: tuple[Theorem, ...] = ()
    squares: tuple[Term, ...] = ()
    naturals: tuple[Term, ...] = ()

    @property
    def value(self) -> Term:
        product = number(1)
        for factor in (*(th.conclusion[1] for th in self.theorems), *map(squared_norm, self.squares), *self.naturals):
            product = scale(product, factor)
        return product

    @property
    def strict(self) -> bool:
        """Whether it is more than 0."""
        return not self.squares and not self.naturals and all(th.conclusion.kind == "gt" for th in self.theorems)

    def times(self, other: Factors) -> Factors:
        return Factors(self.theorems + other.theorems, self.squares + other.squares, self.naturals + other.naturals)


class Form(NamedTuple):
    """A quadratic form that is not negative: its elements, its value for two of them, and why."""

    elements: Sequence[Term]
    pair: Callable[[Term, Term], Term]
    reason: Callable[[Term], Factors]


class Level(NamedTuple):
    """How far to go: the degree of all summands, how many facts in a product, how many elements of squares, whether
    lemmas on two words are used, and whether facts and naturals are multiplied with squares and with each other."""

    top: int
    products: int
    elements: int
    lemmas: bool
    multiplied: bool = True


def _inner(u: Term, v: Term) -> Term:
    return trace(multiply(transpose(u), v))


def products(problem: Problem, level: Level) -> list[Factors]:
    """Products of facts and of naturals; 1 is the first."""
    found = []
    size_of = (lambda th: term_degree(th.conclusion[1])) if level.multiplied else problem.degree
    for size in range(level.products + 1):
        for chosen in combinations_with_replacement(problem.premises, size):
            tick()
            if sum(map(size_of, chosen)) <= level.top:
                found.append(Factors(chosen))
        if len(found) > 300:
            break
    naturals = _naturals([f.value for f in found])
    if not level.multiplied:
        return found + [Factors((), (), (n,)) for n in naturals]
    few = [Factors(), *(Factors((th,)) for th in problem.premises)]
    return found + [f.times(Factors((), (), (n,))) for n in naturals for f in few]


def _naturals(terms: Sequence[Term]) -> list[Term]:
    """The dimensions, indices and ranks that occur."""
    atoms = {x: None for t in terms for key in t.words for x in key if isinstance(x, Atom) and x.kind != "trace"}
    return [monomial((a,), (), ONE, ONE) for a in atoms]


def forms(problem: Problem, level: Level, columns: Sequence[Factors]) -> Iterator[Form]:
    """Squares; facts, and naturals, times squares; definite matrices; what the lemmas say of two words."""
    seeds = [problem.modulo.reduce(f.value) for f in columns]
    free = {d for m in problem.definite for d in term_letters(m.matrix)}
    words = halves(seeds, problem.equations, problem.modulo, level.elements, level.top, free, level.multiplied)
    shapes = by_shape(words)
    single = [Factors((th,)) for th in problem.premises] + [Factors((), (), (n,)) for n in _naturals(seeds)]
    pairs = [a.times(b) for a, b in combinations_with_replacement(single, 2)]
    multipliers = single + (pairs if level.products > 1 and len(single) < 8 else [])
    multipliers = [f for f in multipliers if level.multiplied and term_degree(f.value) < level.top]
    for factor in (Factors(), *multipliers):
        for elements in shapes.values():
            if factor != Factors() and all(w.words.keys() <= {()} for w in elements):
                continue  # the factor itself is a column
            yield _times(factor, elements)
    several = any(sum(x.kind == "trace" for x in key) > 1 for t in seeds for key in t.words)
    for m in problem.definite:
        rows = [w for w in _both_ways(shapes) if w.rows == m.matrix.rows]
        for elements in _grouped(rows):
            form = _definite(problem.proof, m, elements)
            for factor in (Factors(), *multipliers):
                yield _scaled(form, factor)
            for v in elements if level.lemmas and several else ():
                yield _between(problem.proof, m, v, _small(elements, v, level, problem))
    if level.lemmas and (several or problem.facts or any(h.rows == ONE == h.cols for h in problem.equations)):
        yield from _of_two(problem, level, seeds, shapes)


def _small(elements: Sequence[Term], v: Term, level: Level, problem: Problem) -> list[Term]:
    """The elements that are short enough to be taken with v; equations may make things shorter."""
    room = level.top + (4 if problem.modulo else 0)
    return [w for w in elements if 2 * (term_degree(w) + term_degree(v)) <= room]


def _times(factor: Factors, elements: Sequence[Term]) -> Form:
    value = factor.value

    def pair(u: Term, v: Term) -> Term:
        return scale(value, _inner(u, v))

    return Form(elements, pair, lambda p: factor.times(Factors((), (p,))))


def _definite(p: Proof, m: Definite, elements: Sequence[Term]) -> Form:
    def pair(u: Term, v: Term) -> Term:
        return norms.middle(m.matrix, u, v)

    def reason(y: Term) -> Factors:
        return Factors((Proof(p.goal, [m.theorem]).lemma(norms.columns(), M=m.matrix, Y=y),))

    return Form(elements, pair, reason)


def _both_ways(shapes: dict[Any, list[Term]]) -> list[Term]:
    found = {w: None for elements in shapes.values() for w in elements}
    return list(found | {transpose(w): None for w in found})


def _between(p: Proof, m: Definite, v: Term, elements: Sequence[Term]) -> Form:
    size = norms.form(m.matrix, v)

    def pair(a: Term, b: Term) -> Term:
        between = scale(norms.middle(m.matrix, a, v), norms.middle(m.matrix, b, v))
        return subtract(scale(size, norms.middle(m.matrix, a, b)), between)

    def reason(u: Term) -> Factors:
        return Factors((Proof(p.goal, [m.theorem]).lemma(norms.form_product(), M=m.matrix, X=u, Y=v),))

    return Form(elements, pair, reason)


def _of_two(problem: Problem, level: Level, seeds: Sequence[Term], shapes: dict[Any, list[Term]]) -> Iterator[Form]:
    """<U, V>^2 <= |U|^2 |V|^2, and |U V|^2 <= |U|^2 |V|^2, as forms in U for the words V that are cut off."""
    partners: dict[Term, None] = {}
    factors: dict[Term, None] = {}
    norms_seen: dict[Term, None] = {}
    for a in closed(seeds, problem.equations):
        for u, v in cuts(a):
            partners.update(((u, None), (v, None)))
            if u == v:  # a squared norm
                ((key, _),) = u.words.items()
                word = split(key)[1]
                for i in range(1, len(word)):
                    factors[monomial((), word[i:], word[i].rows, u.cols)] = None
                factors[u] = norms_seen[u] = None
    small = [w for w in _both_ways(shapes) if not any(isinstance(x, Atom) for key in w.words for x in key)]
    forms = []
    for v in partners:
        if v.rows != ONE:
            elements = [w for w in small if (w.rows, w.cols) == (v.rows, v.cols)]
            forms.append(_cauchy(problem.proof, v, _small(elements, v, level, problem)))
    for v in factors:
        for side in (v, transpose(v)):
            for group in _grouped([w for w in small if w.cols == side.rows and w.rows != ONE]):
                forms.append(_image(problem.proof, side, _small(group, side, level, problem)))
    multipliers = [Factors((), (w,)) for w in norms_seen] if level.top > 4 else []
    for form in forms:
        for factor in (Factors(), *multipliers):
            yield _scaled(form, factor)


def _scaled(form: Form, factor: Factors) -> Form:
    if factor == Factors():
        return form
    value = factor.value
    return Form(form.elements, lambda u, v: scale(value, form.pair(u, v)), lambda p: form.reason(p).times(factor))


def _grouped(elements: Sequence[Term]) -> list[list[Term]]:
    found: dict[Any, list[Term]] = {}
    for w in elements:
        found.setdefault((w.rows, w.cols), []).append(w)
    return list(found.values())


def _cauchy(p: Proof, v: Term, elements: Sequence[Term]) -> Form:
    size = squared_norm(v)

    def pair(a: Term, b: Term) -> Term:
        return subtract(scale(size, _inner(a, b)), scale(_inner(a, v), _inner(b, v)))

    return Form(elements, pair, lambda u: Factors((p.lemma(norms.cauchy_schwarz(), A=u, B=v),)))


def _image(p: Proof, v: Term, elements: Sequence[Term]) -> Form:
    size = squared_norm(v)

    def pair(a: Term, b: Term) -> Term:
        return subtract(scale(size, _inner(a, b)), _inner(multiply(a, v), multiply(b, v)))

    return Form(elements, pair, lambda u: Factors((p.lemma(norms.product_norm(), A=u, B=v),)))
