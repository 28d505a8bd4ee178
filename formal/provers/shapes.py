"""What terms are made of: words of a given type, and how a term depends on a vector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..kernel.props import Prop
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Letter,
    Nat,
    Term,
    add,
    flip,
    identity,
    letter,
    monomial,
    multiply,
    number,
    rank,
    scale,
    split,
    trace,
    transpose,
    zeros,
)


def letters_of(term: Term) -> Iterator[Letter]:
    """The letters of a term, those in traces and ranks and arguments included, as they stand in it."""
    for key in term.words:
        for x in key:
            if isinstance(x, Letter):
                yield x
                for arg in x.args:
                    yield from letters_of(arg)
            elif x.kind == "trace":
                for y in x.data:
                    yield y
                    for arg in y.args:
                        yield from letters_of(arg)
            elif x.kind == "rank":
                yield from letters_of(x.data)


def terms_of(p: Prop) -> Iterator[Term]:
    """The terms in a proposition, those under quantifiers included."""
    if p.kind in ("zero", "ge", "gt"):
        yield p[1]
        return
    for q in p[1] if p.kind == "and" else p[1:]:
        if isinstance(q, Prop):
            yield from terms_of(q)


def words_of_type(letters: Iterable[Letter], rows: Nat, cols: Nat, length: int, most: int = 60) -> list[Term]:
    """The products of at most so many of the letters and their transposes that are rows x cols, the shortest first.

    The identity is among them where it has the type. Products that end on dimension 1 inside are left out: they are
    scalars times shorter ones.
    """
    alphabet = list(dict.fromkeys(y for x in letters for y in (x, flip(x))))
    found: list[Term] = []
    layer: list[tuple[Letter, ...]] = [()]
    for size in range(length + 1):
        for word in layer:
            end = word[-1].cols if word else rows
            if end == cols:
                found.append(monomial((), word, rows, cols))
                if len(found) >= most:
                    return found
        if size < length:
            layer = [
                (*word, x)
                for word in layer
                for x in alphabet
                if x.rows == (word[-1].cols if word else rows) and (x.cols != ONE or cols == ONE or x.rows != ONE)
            ][: most * 40]
    return list(dict.fromkeys(found))


def subwords(term: Term, rows: Nat, cols: Nat) -> Iterator[Term]:
    """The parts of the words of a term, and of its traces, that are rows x cols; and what maps are applied to."""
    for key in term.words:
        atoms, word = split(key)
        runs: list[tuple[Letter, ...]] = [word]
        for a in atoms:
            if a.kind == "trace":
                back = tuple(flip(x) for x in reversed(a.data))
                runs += [w if w[0].rows == ONE else w + w[:-1] for w in (a.data, back)]
            elif a.kind == "rank":
                yield from subwords(a.data, rows, cols)
        for run in runs:
            for i, x in enumerate(run):
                if x.rows == rows:
                    for j in range(i, len(run)):
                        if run[j].cols == cols:
                            yield monomial((), run[i : j + 1], rows, cols)
        for x in letters_of(Term(term.rows, term.cols, {key: 1}, False)):
            for arg in x.args:
                if (arg.rows, arg.cols) == (rows, cols):
                    yield arg


def linear_in(term: Term, z: Decl) -> Term | None:
    """M with M z = term, where the term is linear in the vector z and a column; else None.

    >>> from formal.kernel.terms import multiply, nat, term_text
    >>> n = nat("n"); z = Decl("z", n, ONE); a = letter(Decl("A", n, n)); v = letter(Decl("v", n, ONE))
    >>> term_text(linear_in(multiply(multiply(v, transpose(v)), multiply(a, letter(z))), z))
    "v v' A"
    """
    if term.cols != ONE or z.rows == ONE:
        return None
    (own,) = (x for key in letter(z).words for x in key)
    total = zeros(term.rows, z.rows)
    for key, c in term.words.items():
        atoms, word = split(key)
        inside = [a for a in atoms if z in a.decls]
        if z in {x.decl for x in word}:
            if word[-1] is not own or inside or any(z in x.decls for x in word[:-1]):
                return None
            part = monomial(atoms, word[:-1], term.rows, z.rows, c)
        else:
            if len(inside) != 1 or (row := _before(inside[0], own)) is None or z in {x.decl for x in row}:
                return None
            rest = list(atoms)
            rest.remove(inside[0])
            part = monomial(tuple(rest), word + row, term.rows, z.rows, c)
        total = add(total, part)
    return total


def _before(a: Atom, own: Letter) -> tuple[Letter, ...] | None:
    """w with w z = the trace of a closed word, or None where z stands in it in no such way."""
    if a.kind != "trace":
        return None
    for word in (a.data, tuple(flip(x) for x in reversed(a.data))):
        for i, x in enumerate(word):
            if x is own:
                turned: tuple[Letter, ...] = word[i + 1 :] + word[:i]
                return turned
    return None


def quadratic_in(term: Term, z: Decl) -> Term | None:
    """S with z'S z = term, where the term is a quadratic form in the vector z; else None."""
    if not (term.rows == ONE == term.cols) or z.rows == ONE:
        return None
    (own,) = (x for key in letter(z).words for x in key)
    total = zeros(z.rows, z.rows)
    for key, c in term.words.items():
        atoms, _ = split(key)
        inside = [a for a in atoms if z in a.decls]
        row = _before(inside[0], own) if inside else None
        if row is None:
            return None
        rest = list(atoms)
        rest.remove(inside[0])
        if len(inside) == 1 and row[0] is flip(own) and z not in {x.decl for x in row[1:]}:  # z' w z
            part = monomial(tuple(rest), row[1:], z.rows, z.rows, c)
        elif len(inside) == 2 and (other := _before(inside[1], own)) is not None:  # (u z)(w z) = z'u'w z
            rest.remove(inside[1])
            column = tuple(flip(x) for x in reversed(row))
            if z in {x.decl for x in (*row, *other)}:
                return None
            part = monomial(tuple(rest), column + other, z.rows, z.rows, c)
        else:
            return None
        total = add(total, part)
    return total


def symbols(terms: Sequence[Term]) -> list[Letter]:
    """The letters of terms that are no scalars, each once, in the order in which they are met."""
    found = (x if not x.transposed else flip(x) for t in terms for x in letters_of(t))
    return [x for x in dict.fromkeys(found) if not x.rows == ONE == x.cols]


def put(term: Term, images: Mapping[Letter, Term]) -> Term:
    """The term with letters, as they stand at their index, replaced; in traces and ranks too.

    >>> from formal.kernel.terms import nat, number, term_text, trace
    >>> n = nat("n"); p = Decl("P", n, n, indexed=True); (last,) = letters_of(letter(p, nat("k")))
    >>> term_text(put(trace(letter(p, nat("k"))), {last: letter(Decl("A", n, n))}))
    'tr(A)'
    """
    total = zeros(term.rows, term.cols)
    for key, c in term.words.items():
        atoms, word = split(key)
        product = scale(number(c), _put_word(word, term.rows, images))
        for a in atoms:
            product = scale(_put_atom(a, images), product)
        total = add(total, product)
    return total


def _put_word(word: Sequence[Letter], rows: Nat, images: Mapping[Letter, Term]) -> Term:
    product = identity(rows)
    for x in word:
        image = images.get(x)
        if image is None:
            turned = images.get(flip(x))
            image = monomial((), (x,), x.rows, x.cols) if turned is None else transpose(turned)
        product = multiply(product, image)
    return product


def _put_atom(a: Atom, images: Mapping[Letter, Term]) -> Term:
    if a.kind == "trace":
        return trace(_put_word(a.data, a.data[0].rows, images))
    if a.kind == "rank":
        return rank(put(a.data, images))
    return monomial((a,), (), ONE, ONE)


def put_prop(p: Prop, images: Mapping[Letter, Term]) -> Prop:
    """The same for a proposition made of relations; what is under a quantifier stays."""
    if p.kind in ("zero", "ge", "gt"):
        return Prop((p.kind, put(p[1], images)))
    if p.kind == "and":
        return Prop(("and", tuple(put_prop(q, images) for q in p[1])))
    if p.kind in ("not", "imp"):
        return Prop((p.kind, *(put_prop(q, images) for q in p[1:])))
    return p
