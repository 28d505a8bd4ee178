"""A separate checker for streamproof certificates: one file, standard library only, nothing shared with the rest.

    python -I checker.py FILE_OR_DIRECTORY...

It reads the format defined in docs/certificates.md and replays every step. It exits with the largest code that any
file got: 0 checked, 1 rejected, 2 malformed, 3 over limits. To believe a certificate, one has to believe this file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "streamproof certificate 1"
HOLE = "#"


class CheckError(Exception):
    """A certificate that is not accepted."""

    code, word = 1, "rejected"


class Rejected(CheckError):
    """Well formed, but a step or the conclusion fails."""


class Malformed(CheckError):
    """Not a certificate: not JSON, wrong keys or types, a bad digest."""

    code, word = 2, "malformed"


class OverLimit(CheckError):
    """Larger than this run was asked to read."""

    code, word = 3, "over limits"


@dataclass(frozen=True)
class Limits:
    """What a file may cost at most; `work` counts words that are made, and their letters."""

    bytes: int = 8 << 20
    depth: int = 60
    steps: int = 20_000
    words: int = 200_000
    digits: int = 4_000
    work: int = 20_000_000


@dataclass(frozen=True)
class Report:
    """What an accepted certificate says."""

    id: str
    kind: str
    statement: str
    axioms: tuple[str, ...]


# ------------------------------------------------------------------ dimensions
# A dimension is a sorted tuple of (monomial, coefficient); a monomial is a sorted tuple of (name, index), the index
# a dimension or, for a plain variable, the empty text.
Dim = tuple[Any, ...]


def dim(poly: dict[Any, int]) -> Dim:
    if len(poly) > 1_000 or any(len(mono) > 100 for mono in poly):
        raise OverLimit("a dimension has more than 1000 summands or a product of more than 100 variables")
    return tuple(sorted(((mono, c) for mono, c in poly.items() if c), key=repr))


ONE: Dim = (((), 1),)
ZERO: Dim = ()


def dim_add(a: Dim, b: Dim) -> Dim:
    poly = dict(a)
    for mono, c in b:
        poly[mono] = poly.get(mono, 0) + c
    return dim(poly)


def dim_mul(a: Dim, b: Dim) -> Dim:
    poly: dict[Any, int] = {}
    for u, p in a:
        for v, q in b:
            mono = tuple(sorted(u + v, key=repr))
            poly[mono] = poly.get(mono, 0) + p * q
    return dim(poly)


def dim_names(a: Dim) -> set[str]:
    """The names in a dimension; one that has an index counts twice, as `m` and as `m[]`."""
    names: set[str] = set()
    for mono, _ in a:
        for name, index in mono:
            names.add(name)
            if index != "":
                names |= {f"{name}[]"} | dim_names(index)
    return names


def dim_put(a: Dim, images: dict[str, Dim]) -> Dim:
    """Replace variables; the image of a family has the hole where the index goes."""
    if not images or dim_names(a).isdisjoint(images):
        return a
    total = ZERO
    for mono, c in a:
        product: Dim = (((), c),)
        for name, index in mono:
            at = dim_put(index, images) if index != "" else ""
            if name not in images:
                factor: Dim = ((((name, at),), 1),)
            elif index != "":
                factor = dim_put(images[name], {HOLE: at})  # type: ignore[dict-item]
            elif name != HOLE and HOLE in dim_names(images[name]):
                raise Rejected(f"the image of {name} has a hole, but {name} is not a family")
            else:
                factor = images[name]
            product = dim_mul(product, factor)
        total = dim_add(total, product)
    return total


def dim_text(a: Dim) -> str:
    def variable(name: str, index: Any) -> str:
        return name if index == "" else f"{name}[{dim_text(index)}]"

    parts = ["*".join([str(c)] * (c != 1 or not mono) + [variable(*v) for v in mono]) for mono, c in a]
    return " + ".join(parts) or "0"


# ------------------------------------------------------------------ letters, terms, propositions, theorems
class Symbol(NamedTuple):
    """A declared letter; two symbols are the same variable when all five fields agree."""

    name: str
    rows: Dim
    cols: Dim
    indexed: bool
    domain: tuple[tuple[Dim, Dim], ...]

    def names(self) -> set[str]:
        """Free names: the letter's own behind a dot, then the dimensions of its type."""
        used = set().union(*(dim_names(n) for n in (self.rows, self.cols, *(n for pair in self.domain for n in pair))))
        return {f".{self.name}"} | (used - {HOLE} if self.indexed else used)


class Factor:
    """A letter in a word, numbered in order of appearance."""

    __slots__ = ("args", "at", "cols", "flipped", "names", "number", "rows", "symbol")

    def __init__(
        self, number: int, symbol: Symbol, at: Dim | None, args: tuple[Term, ...], flipped: bool, shape: tuple[Dim, Dim]
    ) -> None:
        self.number, self.symbol, self.at, self.args, self.flipped = number, symbol, at, args, flipped
        self.rows, self.cols = shape[::-1] if flipped else shape
        self.names = symbol.names().union(*(a.names() for a in args), dim_names(at) if at is not None else ())


class Scalar:
    """A commuting atom: a dimension variable, the trace of a closed word, or a rank."""

    __slots__ = ("data", "kind", "names", "number")

    def __init__(self, number: int, kind: str, data: Any, names: set[str]) -> None:
        self.number, self.kind, self.data, self.names = number, kind, data, names


Word = tuple[Factor, ...]
Sum = dict[tuple[tuple[Scalar, ...], Word], Any]


class Term:
    """A normal form: rational coefficients of (sorted scalars, word)."""

    __slots__ = ("_hash", "_names", "cols", "rows", "sum")

    def __init__(self, rows: Dim, cols: Dim, total: Sum) -> None:
        self.rows, self.cols, self.sum = rows, cols, total
        self._hash: int | None = None
        self._names: set[str] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Term) and (self.rows, self.cols, self.sum) == (other.rows, other.cols, other.sum)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.rows, self.cols, frozenset(self.sum.items())))
        return self._hash

    def names(self) -> set[str]:
        if self._names is None:
            parts: set[Any] = {x for scalars, word in self.sum for x in (*scalars, *word)}
            self._names = (dim_names(self.rows) | dim_names(self.cols)).union(*(x.names for x in parts))
        return self._names


Prop = tuple[
    Any, ...
]  # ("zero" | "ge" | "gt", Term), ("and", (p, ..)), ("not", p), ("imp", p, q), ("all" | "ex", var, p)
Var = Any  # a name (of a dimension) or a Symbol


class Theorem(NamedTuple):
    """hyps |- claim, resting on axioms."""

    hyps: frozenset[Prop]
    claim: Prop
    axioms: frozenset[str]


def need(ok: bool, why: str) -> None:
    if not ok:
        raise Rejected(why)


def form(ok: bool, why: str) -> None:
    if not ok:
        raise Malformed(why)


def keys(data: Any, names: Iterable[str], what: str) -> None:
    form(isinstance(data, dict), f"{what} is not an object")
    form(set(data) == set(names), f"{what} has the keys {sorted(data)}, wanted are {sorted(names)}")


def is_int(x: Any) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def is_id(x: Any) -> bool:
    return isinstance(x, str) and re.fullmatch(r"[!-~]+", x) is not None


def name_of(x: Any, hole: str = "(?!)") -> str:
    """An ASCII identifier, or one of the holes that are allowed here."""
    form(isinstance(x, str) and re.fullmatch(rf"[A-Za-z_][A-Za-z_0-9]*|{hole}", x) is not None, f"{x!r} is not a name")
    return x  # type: ignore[no-any-return]


class Algebra:
    """Terms of one file: interned factors and scalars, normal forms, substitution, and the budget."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.work = limits, 0
        self.factors: dict[Any, Factor] = {}
        self.scalars: dict[Any, Scalar] = {}

    def spend(self, n: int) -> None:
        self.work += n
        if self.work > self.limits.work:
            raise OverLimit(f"more than {self.limits.work} word operations")

    # -------------------------------------------------------------- making
    def factor(self, symbol: Symbol, at: Dim | None, args: tuple[Term, ...], flipped: bool) -> Factor:
        key = (symbol, at, args, flipped)
        if key not in self.factors:
            need(symbol.indexed == (at is not None), f"{symbol.name} is used with the wrong number of indices")
            hole = {} if at is None else {HOLE: at}
            domain = [(dim_put(r, hole), dim_put(c, hole)) for r, c in symbol.domain]
            need([(a.rows, a.cols) for a in args] == domain, f"{symbol.name} has arguments of the wrong shapes")
            shape = dim_put(symbol.rows, hole), dim_put(symbol.cols, hole)
            self.factors[key] = Factor(len(self.factors), symbol, at, args, flipped, shape)
        return self.factors[key]

    def flip(self, f: Factor) -> Factor:
        return self.factor(f.symbol, f.at, f.args, not f.flipped)

    def scalar(self, kind: str, data: Any, names: set[str]) -> Scalar:
        if (kind, data) not in self.scalars:
            self.scalars[kind, data] = Scalar(len(self.scalars), kind, data, names)
        return self.scalars[kind, data]

    def necklace(self, word: Word) -> Scalar:
        """The trace of a closed word that passes through dimension 1 at most once."""
        back = tuple(self.flip(f) for f in reversed(word))
        turns = [w[i:] + w[:i] for w in (word, back) for i in range(len(w))]
        self.spend(len(word) * len(word))
        least = min(turns, key=lambda w: [f.number for f in w])
        return self.scalar("tr", least, set().union(*(f.names for f in word)))

    def normal(self, scalars: tuple[Scalar, ...], word: Word, rows: Dim) -> tuple[tuple[Scalar, ...], Word]:
        self.spend(len(scalars) + len(word))
        places = [i for i in range(len(word) + 1) if (word[i - 1].cols if i else rows) == ONE]
        if len(places) >= 2:
            pulled = [self.necklace(word[i:j]) for i, j in pairwise(places)]
            scalars, word = scalars + tuple(pulled), word[: places[0]] + word[places[-1] :]
        return tuple(sorted(scalars, key=lambda s: s.number)), word

    def term(self, rows: Dim, cols: Dim, total: Sum) -> Term:
        if len(total) > self.limits.words:
            raise OverLimit(f"a term has more than {self.limits.words} words")
        return Term(rows, cols, total)

    def identity(self, n: Dim) -> Term:
        return self.term(n, n, {((), ()): 1})

    def number(self, c: Any) -> Term:
        return self.term(ONE, ONE, {((), ()): c} if c else {})

    def letter(self, symbol: Symbol, at: Dim | None = None, args: tuple[Term, ...] = ()) -> Term:
        f = self.factor(symbol, at, args, False)
        return self.term(f.rows, f.cols, {self.normal((), (f,), f.rows): 1})

    def nat(self, n: Dim) -> Term:
        total: Sum = {}
        for mono, c in n:
            scalars = tuple(self.scalar("nat", v, dim_names(((((v),), 1),))) for v in mono)
            total[self.normal(scalars, (), ONE)] = c
        return self.term(ONE, ONE, total)

    def rank(self, t: Term) -> Term:
        return self.term(ONE, ONE, {((self.scalar("rank", t, t.names()),), ()): 1})

    # -------------------------------------------------------------- computing
    def collect(self, total: Sum, key: Any, c: Any) -> None:
        value = total.get(key, 0) + c
        if value:
            total[key] = value
            if len(total) > self.limits.words:
                raise OverLimit(f"a term has more than {self.limits.words} words")
        else:
            total.pop(key, None)

    def add(self, a: Term, b: Term, times: Any = 1) -> Term:
        need((a.rows, a.cols) == (b.rows, b.cols), "a sum of terms of different shapes")
        self.spend(len(a.sum) + len(b.sum))
        total = dict(a.sum)
        for key, c in b.sum.items():
            self.collect(total, key, c * times)
        return self.term(a.rows, a.cols, total)

    def mul(self, a: Term, b: Term) -> Term:
        if a.cols != b.rows:
            sizes = f"{dim_text(a.rows)} x {dim_text(a.cols)} and {dim_text(b.rows)} x {dim_text(b.cols)}"
            raise Rejected(f"a product of {sizes}")
        self.spend(len(a.sum) * len(b.sum))
        total: Sum = {}
        for (s, u), p in a.sum.items():
            for (t, v), q in b.sum.items():
                self.collect(total, self.normal(s + t, u + v, a.rows), p * q)
        return self.term(a.rows, b.cols, total)

    def scale(self, s: Term, m: Term) -> Term:
        need(s.rows == ONE == s.cols, "a factor that is not 1 x 1")
        self.spend(len(s.sum) * len(m.sum))
        total: Sum = {}
        for (p, _), c in s.sum.items():
            for (q, word), k in m.sum.items():
                self.collect(total, self.normal(p + q, word, m.rows), c * k)
        return self.term(m.rows, m.cols, total)

    def transpose(self, a: Term) -> Term:
        flipped = {(s, tuple(self.flip(f) for f in reversed(word))): c for (s, word), c in a.sum.items()}
        return self.term(a.cols, a.rows, flipped)

    def trace(self, a: Term) -> Term:
        need(a.rows == a.cols, "the trace of a term that is not square")
        total = self.number(0)
        for (scalars, word), c in a.sum.items():
            value = self.nat(a.rows) if not word else self.term(ONE, ONE, {self.closed(word): 1})
            total = self.add(total, self.scale(self.term(ONE, ONE, {(scalars, ()): 1}), value), c)
        return total

    def closed(self, word: Word) -> tuple[tuple[Scalar, ...], Word]:
        """The trace of a closed word: turned to start at dimension 1 if it passes there, then cut."""
        turn = next((i for i, f in enumerate(word) if f.rows == ONE), None)
        if turn is None:
            return (self.necklace(word),), ()
        return self.normal((), word[turn:] + word[:turn], ONE)

    def square(self, p: Term) -> Term:
        return self.trace(self.mul(self.transpose(p), p))

    # -------------------------------------------------------------- substituting
    def put(self, t: Term, nats: dict[str, Dim], letters: dict[Symbol, Term]) -> Term:
        if not touches(t.names(), nats, letters):
            return t
        rows, cols = dim_put(t.rows, nats), dim_put(t.cols, nats)
        total = self.term(rows, cols, {})
        for (scalars, word), c in t.sum.items():
            product = self.identity(rows)
            for f in word:
                product = self.mul(product, self.put_factor(f, nats, letters))
            for s in scalars:
                product = self.scale(self.put_scalar(s, nats, letters), product)
            total = self.add(total, product, c)
        return total

    def put_scalar(self, s: Scalar, nats: dict[str, Dim], letters: dict[Symbol, Term]) -> Term:
        if s.kind == "nat":
            return self.nat(dim_put((((s.data,), 1),), nats))
        if s.kind == "rank":
            return self.rank(self.put(s.data, nats, letters))
        product = self.put_factor(s.data[0], nats, letters)
        for f in s.data[1:]:
            product = self.mul(product, self.put_factor(f, nats, letters))
        return self.trace(product)

    def put_factor(self, f: Factor, nats: dict[str, Dim], letters: dict[Symbol, Term]) -> Term:
        at = None if f.at is None else dim_put(f.at, nats)
        args = tuple(self.put(a, nats, letters) for a in f.args)
        symbol = retype(f.symbol, nats)
        if f.symbol not in letters:
            result = self.letter(symbol, at, args)
        else:
            image = letters[f.symbol]
            need((image.rows, image.cols) == (symbol.rows, symbol.cols), f"the image of {symbol.name} has another type")
            image = self.put(image, {} if at is None else {HOLE: at}, {})
            holes = {Symbol(f"{HOLE}{i}", a.rows, a.cols, False, ()): a for i, a in enumerate(args)}
            result = self.put(image, {}, holes)
        return self.transpose(result) if f.flipped else result


def retype(symbol: Symbol, nats: dict[str, Dim]) -> Symbol:
    if symbol.indexed:  # the hole in a family's type is its own
        nats = {k: v for k, v in nats.items() if k != HOLE}
    domain = tuple((dim_put(r, nats), dim_put(c, nats)) for r, c in symbol.domain)
    return Symbol(symbol.name, dim_put(symbol.rows, nats), dim_put(symbol.cols, nats), symbol.indexed, domain)


def touches(names: set[str], nats: dict[str, Dim], letters: dict[Symbol, Term]) -> bool:
    return any(n in names for n in nats) or any(f".{s.name}" in names for s in letters)


# ------------------------------------------------------------------ propositions
def tag(var: Var) -> str:
    return var if isinstance(var, str) else f".{var.name}"


def tags(*variables: Var) -> set[str]:
    """What the variables bind: a dimension takes the family of its name along."""
    return {x for v in variables for x in (tag(v), f"{tag(v)}[]")}


def subprops(p: Prop) -> tuple[Prop, ...]:
    return p[1] if p[0] == "and" else p[1:]


def free_names(p: Prop) -> set[str]:
    if p[0] in ("zero", "ge", "gt"):
        return p[1].names()  # type: ignore[no-any-return]
    if p[0] in ("all", "ex"):
        types = set() if isinstance(p[1], str) else p[1].names()
        return (free_names(p[2]) | types) - tags(p[1])
    return set().union(*map(free_names, subprops(p)))


def term_symbols(t: Term) -> set[Symbol]:
    found: set[Symbol] = set()
    for scalars, word in t.sum:
        factors = [*word, *(f for s in scalars if s.kind == "tr" for f in s.data)]
        found |= {f.symbol for f in factors}
        found = found.union(*(term_symbols(a) for f in factors for a in f.args))
        found = found.union(*(term_symbols(s.data) for s in scalars if s.kind == "rank"))
    return found


def free_symbols(p: Prop) -> set[Symbol]:
    if p[0] in ("zero", "ge", "gt"):
        return term_symbols(p[1])
    if p[0] in ("all", "ex"):
        return free_symbols(p[2]) - {p[1]}
    return set().union(*map(free_symbols, subprops(p)))


def bind(kind: str, var: Var, body: Prop) -> Prop:
    for symbol in free_symbols(body):
        if isinstance(var, str):
            need(
                var not in symbol.names(),
                f"{var} is bound, but the type of the free letter {symbol.name} depends on it",
            )
        else:
            need(symbol.name != var.name or symbol == var, f"{var.name} occurs with two types under its quantifier")
    return (kind, var, body)


def whole(p: Prop) -> Prop:
    need(not any(n.lstrip(".").startswith(HOLE) for n in free_names(p)), "a hole outside a family's declaration")
    return p


class Logic(Algebra):
    """The rules."""

    def equal(self, a: Term, b: Term) -> Prop:
        return ("zero", self.add(a, b, -1))

    def at_least(self, a: Term, b: Term) -> Prop:
        return ("ge", self.add(a, b, -1))

    def negation(self, p: Prop) -> Prop:
        if p[0] == "not":
            return p[1]  # type: ignore[no-any-return]
        if p[0] in ("ge", "gt"):
            return ("gt" if p[0] == "ge" else "ge", self.add(self.number(0), p[1], -1))
        return ("not", p)

    def substitute(self, p: Prop, nats: dict[str, Dim], letters: dict[Symbol, Term]) -> Prop:
        names = free_names(p)
        if not touches(names, nats, letters):
            return p
        if p[0] in ("zero", "ge", "gt"):
            return (p[0], self.put(p[1], nats, letters))
        if p[0] == "and":
            return ("and", tuple(self.substitute(q, nats, letters) for q in p[1]))
        if p[0] in ("not", "imp"):
            return (p[0], *(self.substitute(q, nats, letters) for q in p[1:]))
        var, body = p[1], p[2]
        nats = {k: v for k, v in nats.items() if k != tag(var)}
        letters = {k: v for k, v in letters.items() if tag(k) != tag(var)}
        for image in (
            *(dim_names(v) for k, v in nats.items() if k in names),
            *(v.names() for k, v in letters.items() if tag(k) in names),
        ):
            need(tag(var) not in image, f"an image mentions {tag(var).lstrip('.')}, which is bound")
        new = var if isinstance(var, str) else retype(var, nats)
        return bind(p[0], new, self.substitute(body, nats, letters))

    def at(self, p: Prop, var: Var, value: Any) -> Prop:
        """The body p with one variable replaced."""
        if isinstance(var, str):
            need(isinstance(value, tuple), f"{var} takes a dimension")
            return self.substitute(p, {var: value}, {})
        need(isinstance(value, Term), f"{var.name} takes a term")
        return self.substitute(p, {}, {var: value})

    def variable(self, var: Var) -> Any:
        """A variable as a value; a family or a map with holes for its index and arguments."""
        if isinstance(var, str):
            return ((((var, ""),), 1),)
        args = tuple(self.letter(Symbol(f"{HOLE}{i}", r, c, False, ())) for i, (r, c) in enumerate(var.domain))
        return self.letter(var, ((((HOLE, ""),), 1),) if var.indexed else None, args)

    def fresh(self, var: Var, props: Iterable[Prop]) -> None:
        for p in props:
            need(tag(var) not in free_names(p), f"{tag(var).lstrip('.')} is not fresh")

    def plain(self, var: str, props: Iterable[Prop]) -> None:
        """A number is put for the variable: it must not stand for a family as well."""
        for p in props:
            need(f"{var}[]" not in free_names(p), f"{var} has an index")

    def exists(self, variables: Sequence[Var], body: Prop) -> Prop:
        for var in reversed(variables):
            body = bind("ex", var, body)
        return body

    def natural(self, t: Term) -> bool:
        return t.rows == ONE == t.cols and all(
            c >= 0 and Fraction(c).denominator == 1 and all(s.kind in ("nat", "rank") for s in scalars)
            for (scalars, _), c in t.sum.items()
        )


def conjunction(parts: Sequence[Prop]) -> Prop:
    return parts[0] if len(parts) == 1 else ("and", tuple(parts))


# ------------------------------------------------------------------ reading
class Reader(Logic):
    """JSON data to terms and propositions; the letters table first."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.letters: dict[str, Symbol] = {}

    def declare(self, table: Any) -> None:
        form(isinstance(table, dict), "letters is not an object")
        for key, d in table.items():
            keys(d, ("name", "rows", "cols", "indexed", "domain"), f"letter {key}")
            name = name_of(d["name"], "#[0-9]+")
            form(
                re.fullmatch(re.escape(name) + r"(~[1-9][0-9]*)?", key) is not None, f"{key!r} is not a key for {name}"
            )
            form(isinstance(d["indexed"], bool) and isinstance(d["domain"], list), f"letter {key} is ill-formed")
            domain = []
            for pair in d["domain"]:
                form(isinstance(pair, list) and len(pair) == 2, f"the domain of {key} is ill-formed")
                domain.append((self.dim(pair[0]), self.dim(pair[1])))
            symbol = Symbol(name, self.dim(d["rows"]), self.dim(d["cols"]), d["indexed"], tuple(domain))
            form(
                name.startswith(HOLE) or HOLE not in symbol.names(),
                f"the type of {key} has a hole, but it is no family",
            )
            form(symbol not in self.letters.values(), f"{key} is declared twice")
            self.letters[key] = symbol

    def symbol(self, key: Any) -> Symbol:
        form(isinstance(key, str) and key in self.letters, f"the letter {key!r} is not declared")
        return self.letters[key]

    def rational(self, x: Any) -> Any:
        form(isinstance(x, str) and re.fullmatch(r"-?[0-9]+(/[1-9][0-9]*)?", x) is not None, f"{x!r} is not a rational")
        if len(x) > self.limits.digits:
            raise OverLimit(f"a number of more than {self.limits.digits} digits")
        value = Fraction(x)
        return value.numerator if value.denominator == 1 else value

    def dim(self, x: Any) -> Dim:
        form(isinstance(x, list), f"{x!r} is not a dimension")
        total = ZERO
        for item in x:
            form(isinstance(item, list) and len(item) == 2 and isinstance(item[1], list), "a dimension is ill-formed")
            form(is_int(item[0]) and item[0] > 0, "a dimension has a coefficient that is not positive")
            product: Dim = (((), item[0]),)
            for v in item[1]:
                if isinstance(v, list):
                    form(len(v) == 2, "a dimension is ill-formed")
                    product = dim_mul(product, ((((name_of(v[0]), self.dim(v[1])),), 1),))
                else:
                    product = dim_mul(product, ((((name_of(v, HOLE), ""),), 1),))
            total = dim_add(total, product)
        return total

    def read_factor(self, x: Any) -> Factor:
        if isinstance(x, str):
            return self.factor(self.symbol(x.removesuffix("'")), None, (), x.endswith("'"))
        form(isinstance(x, list) and len(x) == 4 and isinstance(x[2], list), "a factor is ill-formed")
        form(isinstance(x[3], bool), "a factor is ill-formed")
        at = None if x[1] is None else self.dim(x[1])
        return self.factor(self.symbol(x[0]), at, tuple(map(self.read_term, x[2])), x[3])

    def read_word(self, xs: Any, rows: Dim, cols: Dim) -> Word:
        form(isinstance(xs, list), "a word is not a list")
        word = tuple(map(self.read_factor, xs))
        for f in word:
            need(f.rows == rows, f"a word with {f.symbol.name} does not fit together")
            rows = f.cols
        need(rows == cols, "a word does not have the type of its term")
        return word

    def read_atom(self, x: Any) -> Term:
        if isinstance(x, str):
            return self.nat(((((name_of(x, HOLE), ""),), 1),))
        form(isinstance(x, list) and len(x) >= 2, "an atom is ill-formed")
        if x[0] == "nat" and len(x) == 3:
            return self.nat(((((name_of(x[1]), self.dim(x[2])),), 1),))
        if x[0] == "rank" and len(x) == 2:
            return self.rank(self.read_term(x[1]))
        form(x[0] == "tr" and len(x) == 2 and isinstance(x[1], list) and bool(x[1]), "an atom is ill-formed")
        first = self.read_factor(x[1][0])
        word = self.read_word(x[1], first.rows, first.rows)
        return self.term(ONE, ONE, {self.closed(word): 1})

    def read_term(self, x: Any) -> Term:
        keys(x, ("rows", "cols", "sum"), "a term")
        form(isinstance(x["sum"], list), "a sum is not a list")
        rows, cols = self.dim(x["rows"]), self.dim(x["cols"])
        total: Sum = {}
        for item in x["sum"]:
            form(isinstance(item, list) and len(item) == 3 and isinstance(item[1], list), "a summand is ill-formed")
            word = self.read_word(item[2], rows, cols)
            value = self.term(rows, cols, {self.normal((), word, rows): 1})
            for atom in item[1]:
                value = self.scale(self.read_atom(atom), value)
            self.spend(1)
            for key, c in value.sum.items():
                self.collect(total, key, c * self.rational(item[0]))
        return self.term(rows, cols, total)

    def read_scalar(self, x: Any) -> Term:
        t = self.read_term(x)
        need(t.rows == ONE == t.cols, "a scalar is not 1 x 1")
        return t

    def read_var(self, x: Any) -> Var:
        form(isinstance(x, dict) and len(x) == 1, "a variable is ill-formed")
        ((sort, key),) = x.items()
        form(sort in ("nat", "letter"), "a variable is ill-formed")
        if sort == "letter":
            name_of(self.symbol(key).name)
        return name_of(key) if sort == "nat" else self.symbol(key)

    def read_value(self, x: Any) -> Any:
        form(isinstance(x, dict) and len(x) == 1 and set(x) <= {"nat", "term"}, "a value is ill-formed")
        return self.dim(x["nat"]) if "nat" in x else self.read_term(x["term"])

    def read_prop(self, x: Any) -> Prop:
        return whole(self.read_open(x))

    def read_open(self, x: Any) -> Prop:
        form(isinstance(x, list) and bool(x), "a proposition is ill-formed")
        kind, rest = x[0], x[1:]
        if kind == "zero" and len(rest) == 1:
            return ("zero", self.read_term(rest[0]))
        if kind in ("ge", "gt") and len(rest) == 1:
            return (kind, self.read_scalar(rest[0]))
        if kind == "and" and len(rest) == 1 and isinstance(rest[0], list) and rest[0]:
            return ("and", tuple(map(self.read_open, rest[0])))
        if (kind == "not" and len(rest) == 1) or (kind == "imp" and len(rest) == 2):
            return (kind, *map(self.read_open, rest))
        form(kind in ("all", "ex") and len(rest) == 2, f"unknown proposition {kind!r}")
        return bind(kind, self.read_var(rest[0]), self.read_open(rest[1]))


# ------------------------------------------------------------------ evaluating witnesses
class Root:
    """a + b sqrt(c), with a, b, c from the levels below and c > 0."""

    def __init__(self, level: int, a: Any, b: Any, c: Any) -> None:
        self.level, self.a, self.b, self.c = level, a, b, c


def level(x: Any) -> int:
    return x.level if isinstance(x, Root) else 0


def plus(x: Any, y: Any) -> Any:
    if level(x) < level(y):
        x, y = y, x
    if not isinstance(x, Root):
        return x + y
    if level(y) < x.level:
        return Root(x.level, plus(x.a, y), x.b, x.c)
    return Root(x.level, plus(x.a, y.a), plus(x.b, y.b), x.c)


def times(x: Any, y: Any) -> Any:
    if level(x) < level(y):
        x, y = y, x
    if not isinstance(x, Root):
        return x * y
    if level(y) < x.level:
        return Root(x.level, times(x.a, y), times(x.b, y), x.c)
    a = plus(times(x.a, y.a), times(times(x.b, y.b), x.c))
    return Root(x.level, a, plus(times(x.a, y.b), times(x.b, y.a)), x.c)


def sign(x: Any) -> int:
    if not isinstance(x, Root):
        return int(x > 0) - int(x < 0)
    a, b = sign(x.a), sign(x.b)
    if a * b >= 0:
        return a or b
    return a * sign(plus(times(x.a, x.a), times(-1, times(times(x.b, x.b), x.c))))


class Evaluator:
    """The value of propositions at a witness."""

    def __init__(self, algebra: Algebra, nats: dict[str, Any], letters: dict[str, Any]) -> None:
        self.algebra, self.nats, self.letters = algebra, nats, letters

    def holds(self, p: Prop) -> bool:
        if p[0] == "zero":
            return all(sign(x) == 0 for row in self.value(p[1]) for x in row)
        if p[0] in ("ge", "gt"):
            return sign(self.value(p[1])[0][0]) >= int(p[0] == "gt")
        if p[0] == "and":
            values = [self.holds(q) for q in p[1]]
            return all(values)
        if p[0] == "not":
            return not self.holds(p[1])
        if p[0] == "imp":
            return not self.holds(p[1]) or self.holds(p[2])
        need(
            p[0] == "all" and isinstance(p[1], str) and p[2][0] == "imp" and p[2][1][0] == "ge",
            "a quantifier cannot be evaluated",
        )
        index = self.algebra.nat(((((p[1], ""),), 1),))
        bound = self.algebra.add(self.algebra.add(p[2][1][1], index), self.algebra.number(1))
        need(p[1] not in bound.names(), "a quantifier cannot be evaluated")
        limit = self.value(bound)[0][0]
        need(not isinstance(limit, Root) and limit <= 1000, "the range of a quantifier is not a small number")
        values = []
        for i in range(max(0, int(limit // 1))):
            values.append(Evaluator(self.algebra, {**self.nats, p[1]: i}, self.letters).holds(p[2][2]))
        return all(values)

    def size(self, n: Dim) -> int:
        total = 0
        for mono, c in n:
            for name, index in mono:
                value = self.nats.get(name)
                if index != "":
                    value = value.get(self.size(index)) if isinstance(value, dict) else None
                need(is_int(value), f"the witness gives no natural number for {name}")
                c *= value
            total += c
        need(total <= 10_000, "the witness is too large")
        return total

    def value(self, t: Term) -> list[list[Any]]:
        rows, cols = self.size(t.rows), self.size(t.cols)
        self.algebra.spend(rows * cols)
        total = [[0] * cols for _ in range(rows)]
        for (scalars, word), c in t.sum.items():
            weight = c
            for s in scalars:
                weight = times(weight, self.scalar(s))
            product = self.product(word) if word else [[int(i == j) for j in range(cols)] for i in range(rows)]
            self.algebra.spend(rows * cols)
            total = [
                [plus(x, times(weight, y)) for x, y in zip(p, q, strict=True)]
                for p, q in zip(total, product, strict=True)
            ]
        return total

    def product(self, word: Word) -> list[list[Any]]:
        total = self.matrix(word[0])
        for f in word[1:]:
            right, cols = self.matrix(f), self.size(f.cols)
            self.algebra.spend(len(total) * len(right) * cols)
            total = [[self.dot(row, right, j) for j in range(cols)] for row in total]
        return total

    def dot(self, row: list[Any], right: list[list[Any]], j: int) -> Any:
        value: Any = 0
        for x, other in zip(row, right, strict=True):
            value = plus(value, times(x, other[j]))
        return value

    def scalar(self, s: Scalar) -> Any:
        if s.kind == "nat":
            return self.size((((s.data,), 1),))
        if s.kind == "rank":
            return self.rank(self.value(s.data))
        product, value = self.product(s.data), 0
        for i, row in enumerate(product):
            value = plus(value, row[i])
        return value

    def matrix(self, f: Factor) -> list[list[Any]]:
        value: Any = self.letters.get(f.symbol.name)
        at = None if f.at is None else self.size(f.at)
        if f.args:
            need(isinstance(value, tuple), f"the witness gives no map for {f.symbol.name}")
            args = [self.value(a) for a in f.args]
            hits = [
                v for i, point, v in value if i == at and len(point) == len(args) and all(map(self.same, point, args))
            ]
            need(len(hits) == 1, f"the witness does not give {f.symbol.name} exactly one value where it is applied")
            value = hits[0]
        elif at is not None:
            need(isinstance(value, dict) and at in value, f"the witness gives no value for {f.symbol.name}[{at}]")
            value = value[at]
        need(isinstance(value, list), f"the witness gives no matrix for {f.symbol.name}")
        rows, cols = (f.cols, f.rows) if f.flipped else (f.rows, f.cols)
        fits = len(value) == self.size(rows) and all(len(row) == self.size(cols) for row in value)
        need(fits, f"{f.symbol.name} has another size in the witness")
        return [[row[j] for row in value] for j in range(self.size(cols))] if f.flipped else value

    def same(self, a: list[list[Any]], b: list[list[Any]]) -> bool:
        return [len(r) for r in a] == [len(r) for r in b] and all(
            sign(plus(x, times(-1, y))) == 0 for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True)
        )

    def rank(self, rows: list[list[Any]]) -> int:
        rows, found = [list(r) for r in rows], 0
        for j in range(len(rows[0]) if rows else 0):
            pivot = next((i for i in range(found, len(rows)) if sign(rows[i][j])), None)
            if pivot is None:
                continue
            rows[found], rows[pivot] = rows[pivot], rows[found]
            self.algebra.spend(len(rows) * len(rows[found]))
            if not isinstance(rows[found][j], Root):  # a pivot of 1 keeps the numbers short
                rows[found] = [times(1 / Fraction(rows[found][j]), x) for x in rows[found]]
            top = rows[found]
            for i in range(found + 1, len(rows)):
                here = rows[i][j]
                rows[i] = [plus(times(top[j], x), times(-1, times(here, y))) for x, y in zip(rows[i], top, strict=True)]
            found += 1
        return found


# ------------------------------------------------------------------ steps
class Replay(Reader):
    """Replays the steps; one method a rule."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.theorems: list[Theorem] = []
        self.used: list[tuple[int, ...]] = []
        self.axioms: set[tuple[str, str]] = set()
        self.parents: list[Theorem] = []

    def step(self, data: Any) -> None:
        form(isinstance(data, dict) and isinstance(data.get("rule"), str), "a step is ill-formed")
        known = RULES.get(data["rule"])
        form(known is not None, f"unknown rule {data['rule']!r}")
        count, names, rule = known  # type: ignore[misc]
        keys(data, ("rule", "from", *names), "a step")
        source = data["from"]
        form(isinstance(source, list) and all(map(is_int, source)), "the numbers of earlier steps are ill-formed")
        need(all(0 <= i < len(self.theorems) for i in source), "a step that is not an earlier one")
        need(count is None or len(source) == count, f"the rule takes {count} earlier steps")
        self.parents = [self.theorems[i] for i in source]
        hyps, claim = rule(self, data)
        if hyps is None:
            hyps = frozenset[Prop]().union(*(p.hyps for p in self.parents))
        axioms = frozenset[str]().union(*(p.axioms for p in self.parents))
        if data["rule"] == "axiom":
            axioms = frozenset([data["name"]])
        self.theorems.append(Theorem(hyps, claim, axioms))
        self.used.append(tuple(source))

    def parent(self, i: int = 0) -> Prop:
        return self.parents[i].claim

    def premise(self, i: Any, kinds: tuple[str, ...]) -> Prop:
        form(is_int(i), "the number of a premise is ill-formed")
        need(0 <= i < len(self.parents), f"there is no premise {i}")
        need(self.parent(i)[0] in kinds, f"premise {i} has the wrong form")
        return self.parent(i)

    def assume(self, data: Any) -> Any:
        p = self.read_prop(data["prop"])
        return frozenset([p]), p

    def discharge(self, data: Any) -> Any:
        p = self.read_prop(data["prop"])
        return self.parents[0].hyps - {p}, ("imp", p, self.parent())

    def detach(self, data: Any) -> Any:
        p = self.parent()
        need(p[0] == "imp" and p[1] == self.parent(1), "the condition is not what was proved")
        return None, p[2]

    def conjoin(self, data: Any) -> Any:
        need(bool(self.parents), "there is nothing to join")
        return None, conjunction([p.claim for p in self.parents])

    def part(self, data: Any) -> Any:
        p, i = self.parent(), data["i"]
        form(is_int(i), "the number of a part is ill-formed")
        need(p[0] == "and" and 0 <= i < len(p[1]), f"there is no part {i}")
        return None, p[1][i]

    def instantiate(self, data: Any) -> Any:
        form(isinstance(data["nats"], dict) and isinstance(data["letters"], list), "the images are ill-formed")
        nats = {name_of(k): self.dim(v) for k, v in data["nats"].items()}
        letters: dict[Symbol, Term] = {}
        for pair in data["letters"]:
            form(isinstance(pair, list) and len(pair) == 2, "the images are ill-formed")
            symbol = self.symbol(pair[0])
            need(symbol not in letters, f"{symbol.name} has two images")
            letters[symbol] = self.read_term(pair[1])
        th = self.parents[0]
        hyps = frozenset(whole(self.substitute(h, nats, letters)) for h in th.hyps)
        return hyps, whole(self.substitute(th.claim, nats, letters))

    def generalize(self, data: Any) -> Any:
        var = self.read_var(data["var"])
        self.fresh(var, self.parents[0].hyps)
        return None, whole(bind("all", var, self.parent()))

    def specialize(self, data: Any) -> Any:
        p = self.parent()
        need(p[0] == "all", "not a 'for all'")
        return None, whole(self.at(p[2], p[1], self.read_value(data["value"])))

    def introduce(self, data: Any) -> Any:
        goal = self.read_prop(data["goal"])
        need(goal[0] == "ex", "not an 'exists'")
        need(
            self.parent() == self.at(goal[2], goal[1], self.read_value(data["value"])),
            "the body at the value was not proved",
        )
        return None, goal

    def eliminate(self, data: Any) -> Any:
        var, p, th = self.read_var(data["var"]), self.parent(), self.parents[1]
        need(p[0] == "ex", "not an 'exists'")
        value = self.variable(var)
        if isinstance(var, str):
            need(isinstance(p[1], str), "the variable has another sort")
            if f"{p[1]}[]" in free_names(p[2]):
                value = ((((var, self.variable(HOLE)),), 1),)
        else:
            need(not isinstance(p[1], str) and p[1]._replace(name=var.name) == var, "the variable has another type")
        rest = th.hyps - {self.at(p[2], p[1], value)}
        self.fresh(var, (*rest, th.claim, p))
        return self.parents[0].hyps | rest, th.claim

    def cases(self, data: Any) -> Any:
        p, (yes, no) = self.read_prop(data["prop"]), self.parents
        need(yes.claim == no.claim, "the two cases prove different things")
        return (yes.hyps - {p}) | (no.hyps - {self.negation(p)}), yes.claim

    def absurd(self, data: Any) -> Any:
        need(self.parent(1) == self.negation(self.parent()), "no contradiction")
        return None, self.read_prop(data["goal"])

    def congruence(self, data: Any) -> Any:
        a, b, f = self.read_term(data["left"]), self.read_term(data["right"]), data["map"]
        need(self.parent() == self.equal(a, b), "left = right was not proved")
        if f is None:
            return None, whole(self.equal(self.rank(a), self.rank(b)))
        form(isinstance(f, list) and len(f) == 2, "a map is ill-formed")
        symbol, at = self.symbol(f[0]), None if f[1] is None else self.dim(f[1])
        return None, whole(self.equal(self.letter(symbol, at, (a,)), self.letter(symbol, at, (b,))))

    def ideal(self, data: Any) -> Any:
        target = self.read_term(data["target"])
        form(isinstance(data["cofactors"], list), "the cofactors are ill-formed")
        total = self.term(target.rows, target.cols, {})
        for c in data["cofactors"]:
            form(isinstance(c, list) and len(c) == 5 and isinstance(c[4], bool), "a cofactor is ill-formed")
            h = self.premise(c[0], ("zero",))[1]
            h = self.transpose(h) if c[4] else h
            product = self.mul(self.mul(self.read_term(c[1]), h), self.read_term(c[2]))
            if c[3] is not None:
                product = self.scale(self.trace(product), self.read_term(c[3]))
            total = self.add(total, product)
        need(total == target, "the cofactors do not add up to the target")
        return None, whole(("zero", target))

    def order(self, data: Any) -> Any:
        goal, total, positive = self.read_prop(data["goal"]), self.number(0), False
        need(goal[0] in ("ge", "gt"), "the goal is not an inequality")
        form(isinstance(data["summands"], list) and isinstance(data["equalities"], list), "the sum is ill-formed")
        for s in data["summands"]:
            form(
                isinstance(s, list) and len(s) == 4 and all(isinstance(x, list) for x in s[1:]),
                "a summand is ill-formed",
            )
            c = self.rational(s[0])
            need(c >= 0, "a summand is negative")
            product, strict = self.number(c), c > 0 and not s[2] and not s[3]
            for i in s[1]:
                h = self.premise(i, ("ge", "gt"))
                product, strict = self.scale(product, h[1]), strict and h[0] == "gt"
            for p in s[2]:
                product = self.scale(product, self.square(self.read_term(p)))
            for n in map(self.read_term, s[3]):
                need(self.natural(n), "a factor is not a dimension, an index or a rank")
                product = self.scale(product, n)
            total, positive = self.add(total, product), positive or strict
        for e in data["equalities"]:
            form(isinstance(e, list) and len(e) == 2, "an equality is ill-formed")
            total = self.add(total, self.scale(self.read_scalar(e[1]), self.premise(e[0], ("zero",))[1]))
        need(total == goal[1], "the sum is not the goal")
        need(positive or goal[0] == "ge", "no summand is positive")
        return None, goal

    def null(self, data: Any) -> Any:
        p = self.read_term(data["term"])
        need(self.parent() == self.at_least(self.number(0), self.square(p)), "tr(P'P) <= 0 was not proved")
        return None, whole(("zero", p))

    def integer(self, data: Any) -> Any:
        p = self.parent()
        need(p[0] == "gt", "not a strict inequality")
        positive = Term(p[1].rows, p[1].cols, {k: abs(c) for k, c in p[1].sum.items()})
        need(self.natural(positive), "not an integer")
        return None, self.at_least(p[1], self.number(1))

    def invert(self, data: Any) -> Any:
        p, t = self.parent(), Symbol(name_of(data["name"]), ONE, ONE, False, ())
        need(p[0] == "not" and p[1][0] == "zero", "not of the form: not s = 0")
        s = p[1][1]
        need(s.rows == ONE == s.cols, "not a scalar")
        need(tag(t) not in s.names(), f"{t.name} is not fresh")
        return None, self.exists([t], self.equal(self.scale(s, self.letter(t)), self.number(1)))

    def rank_bound(self, data: Any) -> Any:
        x, y = self.read_term(data["left"]), self.read_term(data["right"])
        return None, whole(self.at_least(self.nat(x.cols), self.rank(self.mul(x, y))))

    def new_names(self, data: Any, count: int) -> list[str]:
        form(isinstance(data["names"], list) and len(data["names"]) == count, "the names are ill-formed")
        names = list(map(name_of, data["names"]))
        need(len(set(names)) == count, "the names are not different")
        return names

    def rank_factor(self, data: Any) -> Any:
        m, names = self.read_term(data["term"]), self.new_names(data, 5)
        need(not m.names() & {x for n in names for x in (n, f".{n}")}, "the names are not fresh")
        r: Dim = ((((names[0], ""),), 1),)
        shapes = ((m.rows, r), (r, m.cols), (r, m.rows), (m.cols, r))
        symbols = [Symbol(n, a, b, False, ()) for n, (a, b) in zip(names[1:], shapes, strict=True)]
        c, f, a, b = map(self.letter, symbols)
        body = (
            self.equal(self.nat(r), self.rank(m)),
            self.equal(m, self.mul(c, f)),
            self.equal(self.mul(a, c), self.identity(r)),
            self.equal(self.mul(f, b), self.identity(r)),
        )
        return None, whole(self.exists([names[0], *symbols], ("and", body)))

    def rank_identity(self, data: Any) -> Any:
        x, y = self.read_term(data["left"]), self.read_term(data["right"])
        need(self.parent() == self.equal(self.mul(x, y), self.identity(x.rows)), "X Y = I was not proved")
        return None, self.at_least(self.nat(x.cols), self.nat(x.rows))

    def blocks(self, data: Any) -> Any:
        p, q, names = self.dim(data["p"]), self.dim(data["q"]), self.new_names(data, 2)
        size = dim_add(p, q)
        symbols = [Symbol(n, size, k, False, ()) for n, k in zip(names, (p, q), strict=True)]
        e, f = map(self.letter, symbols)
        et, ft = self.transpose(e), self.transpose(f)
        body = (
            self.equal(self.mul(et, e), self.identity(p)),
            self.equal(self.mul(ft, f), self.identity(q)),
            ("zero", self.mul(et, f)),
            self.equal(self.add(self.mul(e, et), self.mul(f, ft)), self.identity(size)),
        )
        return None, whole(self.exists(symbols, ("and", body)))

    def induct(self, data: Any) -> Any:
        var, p = name_of(data["var"]), self.read_prop(data["claim"])
        self.plain(var, [p])
        after: Dim = dim_add(((((var, ""),), 1),), ONE)
        need(self.parent() == self.at(p, var, ZERO), "the base is not the claim at 0")
        need(self.parent(1) == ("imp", p, self.at(p, var, after)), "the step does not lead from the claim to the next")
        self.fresh(var, self.parents[1].hyps)
        return None, whole(bind("all", var, p))

    def difference(self, data: Any) -> Any:
        a, b, name = self.dim(data["a"]), self.dim(data["b"]), name_of(data["name"])
        need(self.parent() == self.at_least(self.nat(a), self.nat(b)), "a >= b was not proved")
        need(name not in dim_names(a) | dim_names(b), f"{name} is not fresh")
        total = self.add(self.nat(b), self.nat(((((name, ""),), 1),)))
        return None, whole(bind("ex", name, self.equal(self.nat(a), total)))

    def transport(self, data: Any) -> Any:
        var, value, goal = name_of(data["var"]), self.dim(data["value"]), self.read_prop(data["goal"])
        form(isinstance(data["assumed"], list), "the hypotheses are ill-formed")
        assumed = list(map(self.read_prop, data["assumed"]))
        need(var not in dim_names(value), f"{var} occurs in its value")
        self.plain(var, (*assumed, goal))
        th = self.parents[0]
        need(th.hyps == frozenset(self.at(p, var, value) for p in assumed), "the hypotheses do not fit")
        need(th.claim == self.at(goal, var, value), "the conclusion does not fit")
        symbols = set().union(*map(free_symbols, (*assumed, goal)))
        need(len({s.name for s in symbols}) == len(symbols), "one letter has two types")
        equation = whole(self.equal(self.nat(((((var, ""),), 1),)), self.nat(value)))
        return frozenset([*assumed, equation]), goal

    def ground(self, data: Any) -> Any:
        goal, bound = self.read_prop(data["goal"]), set[str]()
        need(goal[0] == "ex", "not an 'exists'")
        body = goal
        while body[0] == "ex":
            bound |= tags(body[1])
            body = body[2]
        need(free_names(body) <= bound, "the body has free names")
        need(self.witness(data["witness"]).holds(body), "the witness does not satisfy the body")
        return None, goal

    def axiom(self, data: Any) -> Any:
        name_of(data["name"])
        p = self.read_prop(data["prop"])
        need(not free_names(p), "an axiom with free names")
        self.axioms.add((data["name"], prop_text(p)))
        return None, p

    def witness(self, x: Any) -> Evaluator:
        keys(x, ("nats", "letters", "roots"), "a witness")
        form(
            isinstance(x["roots"], list) and isinstance(x["nats"], dict) and isinstance(x["letters"], dict),
            "a witness is ill-formed",
        )
        roots: list[Any] = []

        def number(v: Any) -> Any:
            if isinstance(v, str):
                return self.rational(v)
            form(isinstance(v, list) and len(v) == 3 and is_int(v[2]), "a number is ill-formed")
            form(1 <= v[2] <= len(roots), "a number uses a root that is not there")
            a, b = number(v[0]), number(v[1])
            form(max(level(a), level(b)) < v[2], "a number uses a root above its own")
            return Root(v[2], a, b, roots[v[2] - 1])

        def matrix(v: Any) -> list[list[Any]]:
            form(isinstance(v, list) and all(isinstance(row, list) for row in v), "a matrix is ill-formed")
            return [[number(e) for e in row] for row in v]

        def index(v: Any) -> int:
            form(isinstance(v, str) and re.fullmatch(r"0|[1-9][0-9]{0,8}", v) is not None, f"{v!r} is not an index")
            return int(v)

        def natural(v: Any) -> int:
            form(is_int(v) and v >= 0, f"{v!r} is not a natural number")
            return v  # type: ignore[no-any-return]

        def family(v: Any, read: Callable[[Any], Any]) -> dict[int, Any]:
            form(isinstance(v, dict), "a family is ill-formed")
            return {index(k): read(m) for k, m in v.items()}

        def letter(v: Any) -> Any:
            form(isinstance(v, dict) and len(v) == 1, "a value is ill-formed")
            ((sort, data),) = v.items()
            if sort == "matrix":
                return matrix(data)
            if sort == "family":
                return family(data, matrix)
            form(sort == "map" and isinstance(data, list), "a value is ill-formed")
            rows = []
            for row in data:
                form(isinstance(row, list) and len(row) == 3 and isinstance(row[1], list), "a map is ill-formed")
                at = None if row[0] is None else natural(row[0])
                rows.append((at, [matrix(a) for a in row[1]], matrix(row[2])))
            return tuple(rows)

        if len(x["roots"]) > 8:
            raise OverLimit("more than 8 roots")
        for value in x["roots"]:
            root = number(value)
            need(sign(root) > 0, "a root of a number that is not positive")
            roots.append(root)
        nats: dict[str, Any] = {}
        for k, v in x["nats"].items():
            if isinstance(v, dict):
                keys(v, ("family",), "a family")
                nats[name_of(k)] = family(v["family"], natural)
            else:
                nats[name_of(k)] = natural(v)
        return Evaluator(self, nats, {name_of(k): letter(v) for k, v in x["letters"].items()})


# rule: how many earlier steps, which keys, what to do
RULES: dict[str, tuple[int | None, tuple[str, ...], Callable[[Replay, Any], Any]]] = {
    "assume": (0, ("prop",), Replay.assume),
    "discharge": (1, ("prop",), Replay.discharge),
    "detach": (2, (), Replay.detach),
    "conjoin": (None, (), Replay.conjoin),
    "part": (1, ("i",), Replay.part),
    "instantiate": (1, ("nats", "letters"), Replay.instantiate),
    "generalize": (1, ("var",), Replay.generalize),
    "specialize": (1, ("value",), Replay.specialize),
    "introduce": (1, ("goal", "value"), Replay.introduce),
    "eliminate": (2, ("var",), Replay.eliminate),
    "cases": (2, ("prop",), Replay.cases),
    "absurd": (2, ("goal",), Replay.absurd),
    "congruence": (1, ("left", "right", "map"), Replay.congruence),
    "ideal": (None, ("target", "cofactors"), Replay.ideal),
    "order": (None, ("goal", "summands", "equalities"), Replay.order),
    "null": (1, ("term",), Replay.null),
    "integer": (1, (), Replay.integer),
    "invert": (1, ("name",), Replay.invert),
    "rank_bound": (0, ("left", "right"), Replay.rank_bound),
    "rank_factor": (0, ("term", "names"), Replay.rank_factor),
    "rank_identity": (1, ("left", "right"), Replay.rank_identity),
    "blocks": (0, ("p", "q", "names"), Replay.blocks),
    "induct": (2, ("var", "claim"), Replay.induct),
    "difference": (1, ("a", "b", "name"), Replay.difference),
    "transport": (1, ("var", "value", "assumed", "goal"), Replay.transport),
    "ground": (0, ("goal", "witness"), Replay.ground),
    "axiom": (0, ("name", "prop"), Replay.axiom),
}


# ------------------------------------------------------------------ statements as they were written
OPERANDS = {
    "identity": 1,
    "zero": 2,
    "number": 1,
    "nat": 1,
    "add": 1,
    "mul": 1,
    "T": 1,
    "trace": 1,
    "rank": 1,
    "letter": 3,
}
RELATIONS = {"eq": "=", "ne": "!=", "le": "<=", "lt": "<"}


def outline(reader: Reader, e: Any) -> None:
    """Raises Malformed when e is not an expression, down to its last part, whatever the types."""
    form(isinstance(e, list) and len(e) >= 2 and isinstance(e[0], str), "an expression is ill-formed")
    op, rest = e[0], e[1:]
    form(len(rest) == OPERANDS.get(op, -1), f"an expression {op!r} is ill-formed")
    parts, dims = [], []
    if op == "letter":
        reader.symbol(rest[0])
        parts, dims = rest[2], [n for n in rest[1:2] if n is not None]
    elif op == "number":
        reader.rational(rest[0])
    elif op in ("identity", "zero", "nat"):
        dims = rest
    else:
        parts = rest[0] if op in ("add", "mul") else rest
        form(parts != [], "an expression is ill-formed")
    form(isinstance(parts, list), "an expression is ill-formed")
    for n in dims:
        reader.dim(n)
    for part in parts:
        outline(reader, part)


def expression(reader: Reader, e: Any) -> Term:
    """The term of an expression; raises Rejected when it has no type."""
    form(isinstance(e, list) and len(e) >= 2 and isinstance(e[0], str), "an expression is ill-formed")
    op, rest = e[0], e[1:]
    form(len(rest) == OPERANDS.get(op, -1), f"an expression {op!r} is ill-formed")
    if op == "letter":
        form(isinstance(rest[2], list), "an expression is ill-formed")
        args = tuple(expression(reader, x) for x in rest[2])
        return reader.letter(reader.symbol(rest[0]), None if rest[1] is None else reader.dim(rest[1]), args)
    if op in ("identity", "nat"):
        n = reader.dim(rest[0])
        return reader.identity(n) if op == "identity" else reader.nat(n)
    if op == "zero":
        return reader.term(reader.dim(rest[0]), reader.dim(rest[1]), {})
    if op == "number":
        return reader.number(reader.rational(rest[0]))
    if op in ("add", "mul"):
        form(isinstance(rest[0], list) and bool(rest[0]), "an expression is ill-formed")
        total, *others = (expression(reader, x) for x in rest[0])
        for t in others:
            total = reader.add(total, t) if op == "add" else multiplied(reader, total, t)
        return total
    t = expression(reader, rest[0])
    return reader.transpose(t) if op == "T" else reader.trace(t) if op == "trace" else reader.rank(t)


def multiplied(reader: Reader, a: Term, b: Term) -> Term:
    """A product in which a 1 x 1 operand that does not fit multiplies as a scalar."""
    if a.cols != b.rows and a.rows == ONE == a.cols:
        return reader.scale(a, b)
    if a.cols != b.rows and b.rows == ONE == b.cols:
        return reader.scale(b, a)
    return reader.mul(a, b)


def relation(reader: Reader, op: str, left: Any, right: Any) -> Prop:
    a, b = expression(reader, left), expression(reader, right)
    need(
        (a.rows, a.cols) == (b.rows, b.cols),
        f"the sides have the shapes {shape((a.rows, a.cols))} and {shape((b.rows, b.cols))}",
    )
    if op in ("le", "lt"):
        need(a.rows == ONE == a.cols, "only scalars are ordered")
        return ("ge" if op == "le" else "gt", reader.add(b, a, -1))
    return reader.equal(a, b) if op == "eq" else reader.negation(reader.equal(a, b))


def statement_prop(reader: Reader, x: Any) -> Prop:
    """A proposition of the statement: expressions on both sides of a relation, or a kernel proposition."""
    form(isinstance(x, list) and bool(x) and isinstance(x[0], str), "a proposition is ill-formed")
    kind, rest = x[0], x[1:]
    if kind in RELATIONS and len(rest) == 2:
        return relation(reader, kind, *rest)
    if kind == "each" and len(rest) == 3:
        name, bound = name_of(rest[0]), reader.nat(reader.dim(rest[1]))
        need(name not in bound.names(), f"{name} occurs in its own bound")
        below = reader.add(bound, reader.nat(dim_add(((((name, ""),), 1),), ONE)), -1)
        return bind("all", name, ("imp", ("ge", below), statement_prop(reader, rest[2])))
    if kind == "and" and len(rest) == 1 and isinstance(rest[0], list) and rest[0]:
        return conjunction([statement_prop(reader, p) for p in rest[0]])
    if kind == "not" and len(rest) == 1:
        return reader.negation(statement_prop(reader, rest[0]))
    if kind == "imp" and len(rest) == 2:
        return ("imp", statement_prop(reader, rest[0]), statement_prop(reader, rest[1]))
    if kind in ("all", "ex") and len(rest) == 2:
        return bind(kind, reader.read_var(rest[0]), statement_prop(reader, rest[1]))
    return reader.read_open(x)


def shape(size: tuple[Dim, Dim]) -> str:
    return f"{dim_text(size[0])} x {dim_text(size[1])}"


# ------------------------------------------------------------------ whole files
def check_text(text: str | bytes, limits: Limits | None = None) -> Report:
    """What a certificate proves; raises Malformed, Rejected or OverLimit."""
    limits = limits or Limits()
    try:
        data = parse(text, limits)
        return check_data(data, limits)
    except RecursionError:
        raise OverLimit("nested too deeply") from None
    except ValueError:  # Python's own limit on the length of a number that is printed
        raise OverLimit(f"a number of more than {limits.digits} digits") from None


def parse(text: str | bytes, limits: Limits) -> Any:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(raw) > limits.bytes:
        raise OverLimit(f"more than {limits.bytes} bytes")
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    deep = 0
    for found in re.finditer(r'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', content):
        deep += (found[0] in "[{") - (found[0] in "]}")
        if deep > limits.depth:
            raise OverLimit(f"nested more than {limits.depth} deep")

    def integer(digits: str) -> int:
        if len(digits) > limits.digits:
            raise OverLimit(f"a number of more than {limits.digits} digits")
        return int(digits)

    def no_float(x: str) -> Any:
        raise Malformed(f"{x} is not an integer")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        form(len({k for k, _ in items}) == len(items), "an object has a key twice")
        return dict(items)

    try:
        return json.loads(
            content, parse_int=integer, parse_float=no_float, parse_constant=no_float, object_pairs_hook=pairs
        )
    except ValueError as e:
        raise Malformed(f"not JSON: {e}") from None


def check_data(data: Any, limits: Limits) -> Report:
    common = ("format", "id", "title", "kind", "letters", "axioms", "digest")
    form(isinstance(data, dict) and data.get("format") == FORMAT, f"not a file of the format {FORMAT!r}")
    proof = data.get("kind") in ("proof", "refutation")
    form(proof or data.get("kind") in ("ill-typed", "definition"), "unknown kind")
    cites = ("cites",) if proof and "cites" in data else ()
    keys(data, (*common, *cites, *(("statement", "steps") if proof else ("expression",))), "the certificate")
    form(isinstance(data["id"], str) and isinstance(data["title"], str), "id or title is not text")
    form(is_id(data["id"]), "the id is not printable ASCII without spaces")
    form(
        isinstance(data["axioms"], list) and all(isinstance(a, str) for a in data["axioms"]),
        "axioms is not a list of names",
    )
    rest = json.dumps({k: v for k, v in data.items() if k != "digest"}, sort_keys=True, separators=(",", ":"))
    form(data["digest"] == "sha256:" + hashlib.sha256(rest.encode("ascii")).hexdigest(), "the digest does not fit")
    replay = Replay(limits)
    replay.declare(data["letters"])
    statement = check_steps(replay, data, limits) if proof else check_expression(replay, data)
    if cites:
        check_cites(data["cites"], data["id"], len(data["steps"]))
    return Report(data["id"], data["kind"], statement, tuple(data["axioms"]))


def check_expression(replay: Replay, data: Any) -> str:
    need(data["axioms"] == [], "axioms without steps")
    e = data["expression"]
    related = isinstance(e, list) and len(e) == 3 and isinstance(e[0], str) and e[0] in RELATIONS
    for side in e[1:] if related else [e]:
        outline(replay, side)
    try:
        if related:
            relation(replay, *e)
            found = "a relation"
        else:
            term = expression(replay, e)
            found = shape((term.rows, term.cols))
    except Rejected as clash:
        if data["kind"] == "definition":
            raise
        return f"  {written(replay, e)} has no type: {clash}\n{letters_text(replay)}"
    need(data["kind"] == "definition", f"the expression has a type: {found}")
    return f"  {written(replay, e)} is {found}\n{letters_text(replay)}"


def check_steps(replay: Replay, data: Any, limits: Limits) -> str:
    statement, steps = data["statement"], data["steps"]
    keys(statement, ("variables", "given", "show"), "the statement")
    form(
        isinstance(steps, list) and all(isinstance(statement[k], list) for k in ("variables", "given")),
        "the file is ill-formed",
    )
    if len(steps) > limits.steps:
        raise OverLimit(f"more than {limits.steps} steps")
    variables = list(map(replay.read_var, statement["variables"]))
    given = [whole(statement_prop(replay, p)) for p in statement["given"]]
    show = whole(statement_prop(replay, statement["show"]))
    missing = set().union(*map(free_names, (*given, show))) - tags(*variables)
    need(not missing, f"free names are not among the variables: {sorted(missing)}")
    symbols = set().union(*map(free_symbols, (*given, show)))
    need(symbols <= set(variables), "a letter is among the variables with another type")
    need(len({tag(v) for v in variables}) == len(variables), "a variable is named twice")
    for number, step in enumerate(steps):
        try:
            replay.step(step)
        except CheckError as e:
            rule = step.get("rule") if isinstance(step, dict) else None
            raise type(e)(f"step {number} ({rule}): {e}") from None
    need(bool(steps), "there are no steps")
    needed = {len(steps) - 1}
    for i in range(len(steps) - 1, -1, -1):
        need(i in needed, f"step {i} is used by nothing")
        needed.update(replay.used[i])
    last = replay.theorems[-1]
    need(sorted(last.axioms) == data["axioms"], "the axioms are not those listed")
    if data["kind"] == "proof":
        need(last.claim == show, "the last step proves something else")
        need(last.hyps <= set(given), "the last step has a hypothesis that is not given")
    else:
        need(not last.hyps, "a refutation with hypotheses")
        denial = replay.exists(variables, conjunction([*given, replay.negation(show)]))
        need(last.claim == denial, "the last step does not deny the statement")
    lines = [variables_text(variables)]
    lines += [f"  given {written(replay, p)}" for p in statement["given"]]
    lines.append(f"  {'show' if data['kind'] == 'proof' else 'does not follow:'} {written(replay, statement['show'])}")
    lines += [f"  resting on the axiom {name}: {text}" for name, text in sorted(replay.axioms)]
    return "\n".join(lines)


def check_cites(cites: Any, own: str, steps: int) -> None:
    """Each cited claim has a step of its own; nothing rests on what it is called."""
    form(isinstance(cites, dict) and bool(cites), "cites is not an object with claims")
    form(all(map(is_id, cites)), "a cited id is not printable ASCII without spaces")
    form(all(map(is_int, cites.values())), "the number of a cited step is ill-formed")
    need(own not in cites, "the claim cites itself")
    need(all(0 <= i < steps for i in cites.values()), "a cited step does not exist")
    need(len(set(cites.values())) == len(cites), "one step is cited as two claims")


# ------------------------------------------------------------------ printing
def symbol_text(s: Symbol) -> str:
    size = f"{dim_text(s.rows)} x {dim_text(s.cols)}"
    domain = ", ".join(f"{dim_text(r)} x {dim_text(c)}" for r, c in s.domain)
    return f"{s.name}{'[#]' if s.indexed else ''}: {f'({domain}) -> ' if domain else ''}{size}"


def variables_text(variables: Sequence[Var]) -> str:
    return "  for all " + ", ".join(v if isinstance(v, str) else symbol_text(v) for v in variables)


def letters_text(replay: Replay) -> str:
    return "  where " + ", ".join(map(symbol_text, replay.letters.values()))


def factor_text(f: Factor) -> str:
    text = f.symbol.name + (f"[{dim_text(f.at)}]" if f.at is not None else "")
    return text + (f"({', '.join(map(term_text, f.args))})" if f.args else "") + ("'" if f.flipped else "")


def scalar_text(s: Scalar) -> str:
    if s.kind == "nat":
        return dim_text((((s.data,), 1),))
    if s.kind == "rank":
        return f"rank({term_text(s.data)})"
    words = " ".join(map(factor_text, s.data))
    return words if len(s.data) == 1 and s.data[0].rows == ONE else f"tr({words})"


def term_text(t: Term) -> str:
    parts = []
    for (scalars, word), c in t.sum.items():
        body = " ".join([*map(scalar_text, scalars), *map(factor_text, word)])
        body = body or ("" if t.rows == ONE == t.cols else "I")
        size = "" if abs(c) == 1 and body else str(abs(c))
        parts.append(("- " if c < 0 else "+ ") + " ".join(x for x in (size, body) if x))
    return " ".join(parts).removeprefix("+ ") or "0"


def prop_text(p: Prop) -> str:
    if p[0] in ("zero", "ge", "gt"):
        return term_text(p[1]) + {"zero": " = 0", "ge": " >= 0", "gt": " > 0"}[p[0]]
    if p[0] in ("all", "ex"):
        bound = p[1] if isinstance(p[1], str) else symbol_text(p[1])
        return f"{'for all' if p[0] == 'all' else 'there is'} {bound}: {prop_text(p[2])}"
    if p[0] == "not":
        return f"not ({prop_text(p[1])})"
    if p[0] == "imp":
        return f"({prop_text(p[1])}) => ({prop_text(p[2])})"
    return " and ".join(f"({prop_text(q)})" for q in p[1])


def written(reader: Reader, x: Any) -> str:
    """A statement or an expression, as it was written."""
    op, rest = x[0], x[1:]

    def each(parts: Any, sign: str) -> str:
        return sign.join(bracketed(reader, p, op) for p in parts)

    if op == "letter":
        name = reader.letters[rest[0]].name + (f"[{dim_text(reader.dim(rest[1]))}]" if rest[1] is not None else "")
        return name + (f"({', '.join(written(reader, p) for p in rest[2])})" if rest[2] else "")
    if op in ("identity", "zero", "number", "nat"):
        return (
            "I"
            if op == "identity"
            else "0"
            if op == "zero"
            else rest[0]
            if op == "number"
            else dim_text(reader.dim(rest[0]))
        )
    if op in ("add", "mul"):
        return each(rest[0], " + " if op == "add" else " ")
    if op == "T":
        return bracketed(reader, rest[0], op) + "'"
    if op in ("trace", "rank"):
        return f"{op}({written(reader, rest[0])})"
    if op in RELATIONS:
        return f"{written(reader, rest[0])} {RELATIONS[op]} {written(reader, rest[1])}"
    if op == "each":
        return f"for all {rest[0]} < {dim_text(reader.dim(rest[1]))}: {written(reader, rest[2])}"
    if op in ("and", "imp", "not"):
        parts = rest[0] if op == "and" else rest
        return ("not " if op == "not" else "") + (" and " if op == "and" else " => ").join(
            f"({written(reader, p)})" for p in parts
        )
    if op in ("all", "ex"):
        var = reader.read_var(rest[0])
        name = var if isinstance(var, str) else symbol_text(var)
        return f"{'for all' if op == 'all' else 'there is'} {name}: {written(reader, rest[1])}"
    return prop_text(reader.read_open(x))


def bracketed(reader: Reader, e: Any, inside: str = "") -> str:
    """With the brackets that it needs inside an operation."""
    text = written(reader, e)
    loose = ("add", "mul") if inside in ("mul", "T") else ()
    return f"({text})" if e[0] in loose or (e[0] == "nat" and " " in text and loose) or text.startswith("-") else text


# ------------------------------------------------------------------ the command line
def files_of(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            return [path]
        found = sorted(path.glob("*.json"))
    except (OSError, ValueError) as e:
        raise Malformed(f"cannot be read: {e}") from None
    form(bool(found), "the folder has no .json files")
    return found


def read_file(path: Path, limits: Limits) -> bytes:
    try:
        form(path.is_file() or not path.exists(), "not a file")  # a pipe or a device may never end
        with path.open("rb") as f:
            return f.read(limits.bytes + 1)
    except (OSError, ValueError) as e:
        raise Malformed(f"cannot be read: {e}") from None


def complain(path: Path, e: CheckError) -> None:
    """One line, whatever the file's name and the file hold."""
    text = f"{path}: {e.word}: {str(e)[:1000]}"
    print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text), file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Check files and folders; returns the exit code."""
    parser = argparse.ArgumentParser(prog="checker", description="Check streamproof certificates.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a certificate, or a folder of them")
    parser.add_argument("--quiet", action="store_true", help="print failures and a summary only")
    for name in ("bytes", "depth", "steps", "words", "digits", "work"):
        parser.add_argument(f"--max-{name}", type=int, metavar="N", help=f"at most N {name} (can only lower the limit)")
    options = parser.parse_args(argv)
    limits = Limits()
    for name in ("bytes", "depth", "steps", "words", "digits", "work"):
        wanted = getattr(options, f"max_{name}")
        if wanted is not None:
            limits = replace(limits, **{name: min(wanted, getattr(limits, name))})
    worst, counts = 0, {"checked": 0, "rejected": 0, "malformed": 0, "over limits": 0}
    for path in options.paths:
        try:
            files = files_of(path)
        except CheckError as e:
            complain(path, e)
            worst, counts[e.word] = max(worst, e.code), counts[e.word] + 1
            continue
        for file in files:
            try:
                report = check_text(read_file(file, limits), limits)
            except CheckError as e:
                complain(file, e)
                worst, counts[e.word] = max(worst, e.code), counts[e.word] + 1
                continue
            counts["checked"] += 1
            if not options.quiet:
                axioms = f"axioms: {', '.join(report.axioms)}" if report.axioms else "no axioms"
                print(f"{report.id}: checked ({report.kind}; {axioms})\n{report.statement}")
    print(", ".join(f"{n} {word}" for word, n in counts.items() if n))
    return worst


if __name__ == "__main__":
    sys.exit(main())
