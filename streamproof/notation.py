"""Terms and propositions of the kernel in the notation of statements: W*V, W.T, sums with the negative part moved over.

The kernel keeps an equation as t = 0. Here t = 0 is shown as left = right, where left - right is exactly t; the same
for t >= 0 and t > 0. So what a proof calls [3] is the left side of line 3 minus its right side.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from formal.kernel.ground import Surd
from formal.kernel.props import Prop, Variable, bounded
from formal.kernel.terms import (
    HOLE,
    ONE,
    Atom,
    Decl,
    Letter,
    Nat,
    Number,
    Term,
    nat,
    nat_substitute,
    number,
    split,
    subtract,
)

SIGNS = {"zero": "=", "ge": ">=", "gt": ">"}


# ---------------------------------------------------------------- terms
def nat_text(n: Nat) -> str:
    """A dimension or an index, constants last, at every level.

    >>> nat_text(nat("m", Nat((((), 1), ((("l", ()),), 1)))))
    'm[l + 1]'
    """
    parts = []
    for mono, c in sorted(n, key=lambda part: not part[0]):
        factors = [name + (f"[{nat_text(index[0])}]" if index else "") for name, index in mono]
        parts.append("*".join(([str(c)] if c != 1 or not mono else []) + factors))
    return " + ".join(parts) or "0"


def letter_text(x: Letter) -> str:
    """One factor of a word."""
    index = f"[{nat_text(x.at)}]" if x.at is not None else ""
    arguments = f"({', '.join(map(term_text, x.args))})" if x.args else ""
    return x.decl.name + index + arguments + (".T" if x.transposed else "")


def atom_text(a: Atom) -> str:
    """A commuting scalar; the trace of a 1 x 1 word is the word."""
    if a.kind == "nat":
        return nat_text(Nat((((a.data,), 1),)))
    if a.kind == "rank":
        inner = term_text(a.data)
        return f"rank({inner})" if inner != "I" else f"rank(I of size {nat_text(a.data.rows)})"
    word: tuple[Letter, ...] = a.data
    start = next((i for i, x in enumerate(word) if x.rows == ONE), None)
    if start is None:
        return f"tr({'*'.join(map(letter_text, word))})"
    return "*".join(map(letter_text, word[start:] + word[:start]))


def _word_text(key: tuple[Any, ...], c: Number, scalar: bool) -> str:
    """One summand without its sign."""
    atoms, word = split(key)
    factors = [*map(atom_text, atoms), *map(letter_text, word)]
    if not word and not scalar:
        factors.append("I")
    size = abs(Fraction(c))
    return "*".join(([str(size)] if size != 1 or not factors else []) + factors)


def _sum_text(words: list[tuple[tuple[Any, ...], Number]], scalar: bool) -> str:
    if scalar and all(x.kind == "nat" for key, _ in words for x in key):
        words.sort(key=lambda item: not item[0])  # k + 1, not 1 + k
    text = "".join(f" {'-' if c < 0 else '+'} {_word_text(key, c, scalar)}" for key, c in words)
    return (
        text.removeprefix(" + ").replace(" - ", "-", 1) if text.startswith(" - ") else text.removeprefix(" + ") or "0"
    )


def _is_scalar(t: Term) -> bool:
    return t.rows == ONE == t.cols


def term_text(t: Term) -> str:
    """As one would type it.

    >>> from formal.statement import dims, matrix, Identity
    >>> from formal.statement.elaborate import elaborate
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> term_text(elaborate(W*(Identity(d) - 2*V*W)))
    'W - 2*W*V*W'
    >>> term_text(elaborate(-(W*V).T))
    '-V.T*W.T'
    """
    return _sum_text(list(t.words.items()), _is_scalar(t))


def sides(t: Term) -> tuple[str, str]:
    """(left, right), sums with positive coefficients, with left - right = t."""
    scalar = _is_scalar(t)
    left = [(key, c) for key, c in t.words.items() if c > 0]
    right = [(key, -c) for key, c in t.words.items() if c < 0]
    return _sum_text(left, scalar), _sum_text(right, scalar)


def product_text(*factors: str) -> str:
    """A product of texts; an identity vanishes, a sum gets brackets, a sign comes first.

    >>> product_text("-W", "[h1]", "I + V")
    '-W*[h1]*(I + V)'
    >>> product_text("I", "[2]", "-I")
    '-[2]'
    >>> product_text("2*t*I", "[2]", "T[k + 1]")
    '2*t*[2]*T[k + 1]'
    """
    sign, parts = "", []
    for text in factors:
        is_sum = _is_sum(text)
        if text.startswith("-") and not is_sum:
            sign, text = "" if sign else "-", text[1:]
        if text not in ("I", "1"):
            parts.append(f"({text})" if is_sum else text.removesuffix("*I"))
    return sign + ("*".join(parts) or "1")


def _is_sum(text: str) -> bool:
    """Whether a plus or minus stands outside all brackets and bars."""
    depth, bars = 0, 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        bars ^= c == "|"
        if not depth and not bars and text[i : i + 3] in (" + ", " - "):
            return True
    return False


# ---------------------------------------------------------------- propositions
def prop_text(p: Prop) -> str:
    """As one would say it.

    >>> from formal.statement import dims, matrix, Each, Eq, Exists, Identity
    >>> from formal.statement.elaborate import elaborate_prop
    >>> d, l, L = dims("d l L"); A, B = matrix("A", d, d), matrix("B", d, d)
    >>> prop_text(elaborate_prop(Exists(B, Eq(A*B - Identity(d), 0))))
    'there is B (d x d): A*B = I'
    >>> prop_text(elaborate_prop(Each(l, L, Eq(A**2, A))))
    'for all l < L: A*A = A'
    """
    if p.kind in SIGNS:
        left, right = sides(p[1])
        return f"{left} {SIGNS[p.kind]} {right}"
    if p.kind == "not":
        inner = p[1]
        if inner.kind == "zero":
            left, right = sides(inner[1])
            return f"{left} != {right}"
        return f"not ({prop_text(inner)})"
    if p.kind == "imp":
        return f"if {prop_text(p[1])} then {prop_text(p[2])}"
    if p.kind == "and":
        return " and ".join(prop_text(q) if _is_relation(q) else f"({prop_text(q)})" for q in p[1])
    found = bounded(p)
    if found is not None:
        name, bound, body = found
        return f"for all {name} {_below(bound)}: {prop_text(body)}"
    names, body = [p[1]], p[2]
    while body.kind == p.kind and bounded(body) is None:
        names.append(body[1])
        body = body[2]
    listed = ", ".join(map(variable_text, names))
    quantifier = "for all" if p.kind == "all" else "there is" if len(names) == 1 else "there are"
    return f"{quantifier} {listed}: {prop_text(body)}"


def _is_relation(p: Prop) -> bool:
    return p.kind in SIGNS or (p.kind == "not" and p[1].kind == "zero")


def _below(bound: Term) -> str:
    """< b, or <= b - 1 where that is shorter."""
    if bound.words.get((), 0) == 1:
        return f"<= {term_text(subtract(bound, number(1)))}"
    return f"< {term_text(bound)}"


def type_text(decl: Decl, index: str = "l") -> str:
    """The shape of a variable, with `index` in the place of a family's index."""
    hole = {HOLE: nat(index)} if decl.indexed else {}

    def shape(rows: Nat, cols: Nat) -> str:
        return " x ".join(nat_text(nat_substitute(n, hole)) for n in (rows, cols))

    value = shape(decl.rows, decl.cols)
    if value == "1 x 1" and not decl.domain:
        return "scalar"
    return f"map from {', '.join(shape(r, c) for r, c in decl.domain)} to {value}" if decl.domain else value


def variable_text(v: Variable) -> str:
    """A variable with its type."""
    if isinstance(v, str):
        return v
    return f"{v.name}{'[l]' if v.indexed else ''} ({type_text(v)})"


# ---------------------------------------------------------------- values
def number_text(x: Any) -> str:
    """An exact number: 3, -1/2, 1 + 2*sqrt(3).

    >>> number_text(Surd(1, 1, Fraction(-1, 2), 3))
    '1 - 1/2*sqrt(3)'
    """
    if not isinstance(x, Surd):
        return str(Fraction(x))
    a, b, root = number_text(x.a), number_text(x.b), f"sqrt({number_text(x.square)})"
    if b == "0":
        return a
    b = f"({b})" if " " in b else b
    tail = {"1": root, "-1": f"-{root}"}.get(b, f"{b}*{root}")
    if a == "0":
        return tail
    return f"{a} - {tail[1:]}" if tail.startswith("-") else f"{a} + {tail}"


def matrix_lines(value: Any) -> list[str]:
    """Rows in brackets, columns aligned; a 1 x 1 matrix is its number.

    >>> matrix_lines(((1, -2), (Fraction(1, 3), 0)))
    ['[   1  -2 ]', '[ 1/3   0 ]']
    """
    rows = [[number_text(x) for x in row] for row in value]
    if not rows or not rows[0]:
        return ["(empty)"]
    if len(rows) == 1 == len(rows[0]):
        return [rows[0][0]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["[ " + "  ".join(x.rjust(w) for x, w in zip(row, widths, strict=True)) + " ]" for row in rows]


def beside(label: str, lines: list[str]) -> list[str]:
    """`label = ` and a block of lines to the right of it."""
    head = f"{label} = "
    return [(head if i == 0 else " " * len(head)) + line for i, line in enumerate(lines)]
