"""The shapes of terms: words cut in two, sums split and factored, what a proposition says of ranks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from ..kernel.props import Prop
from ..kernel.terms import (
    ONE,
    Atom,
    Key,
    Letter,
    Number,
    Term,
    add,
    monomial,
    multiply,
    number,
    scale,
    split,
    subtract,
    transpose,
    zeros,
)


def ranked(p: Prop) -> list[Term]:
    """The terms whose rank a proposition mentions, each once, bound variables aside."""
    found: dict[Term, None] = {}
    if p.kind in ("zero", "ge", "gt"):
        found = {x.data: None for key in p[1].words for x in key if isinstance(x, Atom) and x.kind == "rank"}
    elif p.kind in ("and", "not"):
        found = {m: None for q in (p[1] if p.kind == "and" else p[1:]) for m in ranked(q)}
    return list(found)


def matrix_equation(p: Prop) -> bool:
    """An equation by which matrices can be rewritten: not one of dimensions and ranks."""
    if p.kind != "zero":
        return False
    h: Term = p[1]
    if h.rows != ONE or h.cols != ONE:
        return True
    return not any(x.kind in ("nat", "rank") for key in h.words for x in split(key)[0])


def leading(t: Term) -> Number:
    return t.words[max(t.words, key=lambda k: (len(k), [x.sort for x in k]))] if t.words else 1


def unit_multiple(t: Term) -> Term:
    c = leading(t)
    return t if c == 1 else scale(number(Fraction(1) / c), t)


def length_order(t: Term) -> Any:
    return len(t.words), sum(map(len, t.words)), sorted([x.sort for x in key] for key in t.words), str(t.rows)


def flipped(word: tuple[Letter, ...]) -> tuple[Letter, ...]:
    return split(next(iter(transpose(as_term(word)).words)))[1]


def as_term(word: tuple[Letter, ...]) -> Term:
    return monomial((), word, word[0].rows, word[-1].cols)


def _piece(t: Term, key: Key, c: Number) -> Term:
    return monomial(*split(key), t.rows, t.cols, c)


def bipartitions(t: Term) -> Iterator[tuple[Term, Term]]:
    """A sum as the sum of two others."""
    pieces = [_piece(t, key, c) for key, c in t.words.items()]
    for mask in range(1, 1 << max(len(pieces) - 1, 0)):
        one = zeros(t.rows, t.cols)
        for i, piece in enumerate(pieces):
            if mask >> i & 1:
                one = add(one, piece)
        yield one, subtract(t, one)


def groups(t: Term) -> Iterator[tuple[Term, Term]]:
    """A sum as what begins, or ends, with one letter and the rest."""
    for end in (0, -1):
        for x in dict.fromkeys(word[end] for key in t.words if (word := split(key)[1])):
            one = zeros(t.rows, t.cols)
            for key, c in t.words.items():
                word = split(key)[1]
                if word and word[end] is x:
                    one = add(one, _piece(t, key, c))
            if len(one.words) < len(t.words):
                yield one, subtract(t, one)


def common_scalar(t: Term) -> tuple[Term, Term] | None:
    """c and X with t = c X, c the scalars that all words share."""
    keys = [split(key) for key in t.words]
    common = list(keys[0][0])
    for atoms, _ in keys[1:]:
        left = list(atoms)
        common = [a for a in common if a in left and not left.remove(a)]  # type: ignore[func-returns-value]
    if not common or (t.rows == ONE == t.cols):
        return None
    rest = zeros(t.rows, t.cols)
    for (atoms, word), c in zip(keys, t.words.values(), strict=True):
        others = list(atoms)
        for a in common:
            others.remove(a)
        rest = add(rest, monomial(tuple(others), word, t.rows, t.cols, c))
    return monomial(tuple(common), (), ONE, ONE), rest


def cuts(t: Term) -> list[tuple[Term, Term]]:
    """A one-word term as products.

    >>> from formal.statement import dims, matrix
    >>> from formal.statement.elaborate import elaborate
    >>> n = dims("n"); A, B, C = (matrix(x, n, n) for x in "ABC")
    >>> len(cuts(elaborate(A*B*C))), len(cuts(elaborate(A + B)))
    (2, 0)
    """
    if len(t.words) != 1:
        return []
    ((key, c),) = t.words.items()
    atoms, word = split(key)
    if atoms:
        return []
    return [(scale(number(c), as_term(word[:i])), as_term(word[i:])) for i in range(1, len(word))]


def factorisations(t: Term) -> Iterator[tuple[Term, Term]]:
    """A sum of words as products: the words that all begin, or end, with the same letters; and one that is (U + ..)
    (V + ..), where U V is the longest word.

    >>> from formal.kernel.terms import term_text
    >>> from formal.statement import Identity, dims, matrix
    >>> from formal.statement.elaborate import elaborate
    >>> n = dims("n"); A, B, I = matrix("A", n, n), matrix("B", n, n), Identity(n)
    >>> [(term_text(x), term_text(y)) for x, y in factorisations(elaborate((I + A)*(I + B)))]
    [('I + A', 'B + I')]
    """
    keys = list(t.words)
    if len(keys) < 2 or any(split(key)[0] for key in keys):
        return
    shortest = min(map(len, keys))
    for i in range(1, shortest + 1):
        if len({key[:i] for key in keys}) == 1:
            yield as_term(keys[0][:i]), _shortened(t, i, None, keys[0][i - 1].cols, t.cols)
        if len({key[len(key) - i :] for key in keys}) == 1:
            tail = keys[0][len(keys[0]) - i :]
            yield _shortened(t, 0, i, t.rows, tail[0].rows), as_term(tail)
    if len(keys) >= 4:
        lead = max(keys, key=lambda k: (len(k), [x.sort for x in k]))
        for i in range(1, len(lead)):
            tail = lead[i:]
            left = zeros(t.rows, tail[0].rows)
            for key, c in t.words.items():
                if key[len(key) - len(tail) :] == tail:
                    left = add(left, monomial((), key[: len(key) - len(tail)], t.rows, tail[0].rows, c))
            if len(left.words) > 1 and (right := _divided(t, left, lead[:i])) is not None and len(right.words) > 1:
                yield left, right


def _shortened(t: Term, i: int, j: int | None, rows: Any, cols: Any) -> Term:
    rest = zeros(rows, cols)
    for key, c in t.words.items():
        rest = add(rest, monomial((), key[i : None if j is None else len(key) - j], rows, cols, c))
    return rest


def _divided(t: Term, left: Term, head: Key) -> Term | None:
    """X with t = left X, where `head` is the longest word of left."""
    quotient, rest = zeros(left.cols, t.cols), t
    for _ in range(len(t.words)):
        if not rest.words:
            return quotient
        key = max(rest.words, key=lambda k: (len(k), [x.sort for x in k]))
        if key[: len(head)] != head:
            return None
        piece = monomial((), key[len(head) :], left.cols, t.cols, Fraction(rest.words[key]) / left.words[head])
        quotient, rest = add(quotient, piece), subtract(rest, multiply(left, piece))
    return quotient if not rest.words else None


def divided_by(t: Term, divisors: Sequence[Term]) -> tuple[list[Term], Term]:
    """Y_j and R with t = the sum of N_j Y_j + R, for the divisors N_j: words that begin as the longest of an N_j does
    are divided by it, the longest first.

    >>> from formal.kernel.terms import term_text
    >>> from formal.statement import dims, matrix
    >>> from formal.statement.elaborate import elaborate
    >>> n = dims("n"); A, B, C = (matrix(x, n, n) for x in "ABC")
    >>> quotients, rest = divided_by(elaborate(A*C + B*C*A - C), [elaborate(A), elaborate(B)])
    >>> [term_text(y) for y in quotients], term_text(rest)
    (['C', 'C A'], '- C')
    """
    heads = [(n, max(n.words, key=_long)) if n.words else (n, ()) for n in divisors]
    quotients, left, rest = [zeros(n.cols, t.cols) for n in divisors], t, zeros(t.rows, t.cols)
    for _ in range(4 * len(t.words) + 4):
        if not left.words:
            break
        key = max(left.words, key=_long)
        for i, (n, head) in enumerate(heads):
            if n.words and key[: len(head)] == head and all(isinstance(x, Letter) for x in key):
                c = Fraction(left.words[key]) / n.words[head]
                piece = monomial((), key[len(head) :], n.cols, t.cols, c)
                quotients[i], left = add(quotients[i], piece), subtract(left, multiply(n, piece))
                break
        else:
            piece = monomial(*split(key), t.rows, t.cols, left.words[key])
            rest, left = add(rest, piece), subtract(left, piece)
    return quotients, add(rest, left)


def _long(key: Key) -> tuple[int, list[str]]:
    return len(key), [x.sort for x in key]
