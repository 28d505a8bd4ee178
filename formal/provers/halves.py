"""Of what squares may be made: words whose squared norms have the traces of an inequality among their monomials.

A trace tr(U'V) is the inner product of U and V, so a square that helps with it is that of a sum with U or V in it. All
ways are taken to cut a trace in two, and products with the scalars at hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Key,
    Letter,
    Nat,
    Substitution,
    Term,
    identity,
    monomial,
    multiply,
    number,
    scale,
    split,
    squared_norm,
    substitute,
    subtract,
    term_letters,
    transpose,
)
from .ideal import Completed

Shape = tuple[Nat, Nat]


def degree(key: Key) -> int:
    """The letters of a monomial; dimensions and ranks have none.

    >>> from formal.statement import dims, inner, vector
    >>> from formal.statement.elaborate import elaborate
    >>> n = dims("n"); x, y = vector("x", n), vector("y", n)
    >>> [degree(key) for key in elaborate(n * inner(x, y)).words]
    [2]
    """
    return sum(_weight(x) for x in key)


def _weight(x: Letter | Atom) -> int:
    if isinstance(x, Atom):
        return len(x.data) if x.kind == "trace" else 0
    return 1


def term_degree(term: Term) -> int:
    """The largest degree of its monomials."""
    return max(map(degree, term.words), default=0)


def _content(key: Key) -> Counter[Decl]:
    """How often each letter occurs."""
    found: Counter[Decl] = Counter()
    for x in key:
        if isinstance(x, Letter):
            found[x.decl] += 1
        elif x.kind == "trace":
            found.update(y.decl for y in x.data)
    return found


def traces(terms: Iterable[Term]) -> list[Atom]:
    """The traces that occur, each once."""
    found = (x for t in terms for key in t.words for x in key if isinstance(x, Atom) and x.kind == "trace")
    return list(dict.fromkeys(found))


def sizes(terms: Iterable[Term]) -> list[Nat]:
    """The dimensions of which a term has the trace of a letter, or that occur as numbers."""
    found: dict[Nat, None] = {}
    for t in terms:
        for key in t.words:
            for x in key:
                if isinstance(x, Atom) and x.kind == "nat":
                    found[Nat((((x.data,), 1),))] = None
                elif isinstance(x, Atom) and x.kind == "trace" and len(x.data) == 1:
                    found[x.data[0].rows] = None
    return [n for n in found if n != ONE]


def subwords(word: Sequence[Letter], turns: bool, most: int = 8) -> Iterator[Term]:
    """The words in a word that pass through no dimension 1; with `turns`, those in all turns of a closed word that are
    shorter than it."""
    n = len(word)
    line = (*word, *word[:-1]) if turns else tuple(word)
    most = max(1, n - 1) if turns else most
    for i in range(n):
        for j in range(i + 1, min(len(line), i + most) + 1):
            part = line[i:j]
            yield monomial((), part, part[0].rows, part[-1].cols)
            if part[-1].cols == ONE:
                break


def cuts(trace: Atom) -> Iterator[tuple[Term, Term]]:
    """U, V with tr(U'V) the trace, in all ways; the trace of a letter is its inner product with the identity."""
    word = trace.data
    n = len(word)
    if n == 1:
        if word[0].rows != ONE:
            yield identity(word[0].rows), monomial((), word, word[0].rows, word[0].cols)
        return
    for i in range(n):
        turned = word[i:] + word[:i]
        for k in range(1, n):
            left, right = turned[:k], turned[k:]
            if any(x.cols == ONE for x in (*left[:-1], *right[:-1])):
                continue
            u = monomial((), left, left[0].rows, left[-1].cols)
            yield transpose(u), monomial((), right, right[0].rows, right[-1].cols)


def halves(
    seeds: Sequence[Term],
    equations: Sequence[Term],
    modulo: Completed,
    most: int,
    top: int,
    free: Iterable[Decl] = (),
    multiplied: bool = True,
) -> list[Term]:
    """Words, and products of words with each other and with scalars if these are multiplied, in normal form, whose
    squared norms have degree `top` at most.

    seeds: the scalars that squares are to make. equations: terms that are 0, whose words may be of use. free: letters
    that may occur more often than in the seeds.
    """
    words = _words(seeds, equations)
    scalars = [monomial((a,), (), ONE, ONE) for a in traces(seeds) if multiplied and 2 * len(a.data) <= top]
    scalars = _products([number(1), *scalars], top // 2)
    vectors = [w for w in words if w.cols == ONE != w.rows and multiplied]
    if top >= 4:
        words += [multiply(u, transpose(v)) for u in vectors for v in vectors]
    candidates = [*scalars, *words]
    room_for = top + (4 if modulo else 0)
    candidates += [scale(s, w) for s in scalars[1:] for w in words if 2 * (term_degree(s) + term_degree(w)) <= room_for]
    room = Counter[Decl]()
    for t in seeds:
        for key in t.words:
            room |= _content(key)
    room.update(dict.fromkeys(free, top))
    found: dict[Term, None] = {}
    for w in candidates:
        if w.rows == ONE != w.cols:
            continue
        for key, _ in modulo.reduce(w).words.items():
            part = monomial(*split(key), w.rows, w.cols)
            if part not in found and _fits(part, modulo, room, top):
                found[part] = None
    ordered = sorted(found, key=lambda w: (term_degree(w), str(w.words)))
    if len(ordered) > most:  # those of half the degree first
        ordered.sort(key=lambda w: abs(2 * term_degree(w) - top))
    return ordered[:most]


def closed(seeds: Sequence[Term], equations: Sequence[Term]) -> list[Atom]:
    """The traces that occur, and those that they become with letters replaced by what equations say they are."""
    longer = [monomial((a,), (), ONE, ONE) for a in traces(seeds)]
    for h in equations:
        longer += [t for s in longer if len((t := expanded(s, h)).words) < 8 and t != s and len(longer) < 100]
    return [a for a in traces([*longer, *equations]) if len(a.data) <= 8]


def _words(seeds: Sequence[Term], equations: Sequence[Term]) -> list[Term]:
    found: dict[Term, None] = {identity(n): None for n in sizes(seeds)}
    for a in closed(seeds, equations):
        found.update(dict.fromkeys(subwords(a.data, not equations)))
        if equations:
            found.update(dict.fromkeys(subwords(a.data + a.data[:-1], False, len(a.data))))
    for h in equations:
        for key in h.words:
            found.update(dict.fromkeys(subwords(split(key)[1], False)))
    found.update(dict.fromkeys([transpose(w) for w in found]))
    return [w for w in found if not w.rows == ONE == w.cols]


def expanded(term: Term, equation: Term) -> Term:
    """The term with a letter that the equation defines replaced by what it stands for."""
    for key, c in equation.words.items():
        if len(key) == 1 and isinstance(key[0], Letter) and not key[0].transposed and key[0].at is None:
            own = monomial((), key, equation.rows, equation.cols)
            image = subtract(own, scale(number(1 / Fraction(c)), equation))
            if key[0].decl not in term_letters(image) and not key[0].args:
                return substitute(term, Substitution({}, {key[0].decl: image}))
    return term


def _products(scalars: Sequence[Term], top: int) -> list[Term]:
    """The products of scalars up to a degree; the first is 1."""
    found = {scalars[0]: None}
    for s in scalars[1:]:
        for t in list(found):
            while term_degree(t := scale(s, t)) <= top and len(found) < 60:
                found[t] = None
    return list(found)


def _fits(w: Term, modulo: Completed, room: Counter[Decl], top: int) -> bool:
    """Whether the square is no larger than what is to be made."""
    if modulo:
        return term_degree(w) <= top and term_degree(modulo.reduce(squared_norm(w))) <= top
    (key,) = w.words
    return 2 * degree(key) <= top and all(2 * c <= room[d] for d, c in _content(key).items())


def by_shape(words: Sequence[Term]) -> dict[Shape, list[Term]]:
    """The words by their shapes; of a matrix and its transpose, which have the same squares, one where they differ."""
    found: dict[Shape, list[Term]] = {}
    for w in words:
        if (w.cols, w.rows) in found and w.rows != w.cols:
            if transpose(w) not in found[w.cols, w.rows]:
                found[w.cols, w.rows].append(transpose(w))
        else:
            known = found.setdefault((w.rows, w.cols), [])
            if w not in known:
                known.append(w)
    return found
