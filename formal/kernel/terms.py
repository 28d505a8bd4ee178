"""Typed matrix terms, always in normal form.

A term is a sum of coefficient * scalar atoms * word, kept as a dict from keys to rationals. A key is one flat
tuple: commuting scalar atoms first (sorted), then the letters of the word. Transposes sit on the letters. A closed
sub-word through dimension 1 is a scalar, so it is pulled out of the word and becomes an atom; hence <u, v> commutes
with everything, and a scalar is simply a 1 x 1 term whose keys have atoms only.

Everything here is a tuple: nothing can be changed after it was made. Letters and atoms are interned, so that they
compare and hash by identity, which makes a product of sums a loop over C-speed operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, reduce
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeVar

from .errors import KernelError, ShapeError

Number: TypeAlias = int | Fraction
Names: TypeAlias = frozenset[str]
FAMILY = "[]"  # the free name of a family of dimensions m[.] is m[], so that m alone is another variable
HOLE = "#"  # the index variable of a family's type and of a family's image; "#0", "#1".. are a map's arguments


# ---------------------------------------------------------------- dimensions and indices
class Nat(tuple[Any, ...]):
    """A polynomial with natural coefficients: sorted ((monomial, coefficient), ...).

    A monomial is a sorted tuple of variables, a variable is (name, ()) or, in a family like m[l], (name, (index,)).
    """

    __slots__ = ()

    def __str__(self) -> str:
        if not self:
            return "0"
        return " + ".join(
            "*".join(([str(c)] if c != 1 or not mono else []) + [_variable_text(v) for v in mono]) for mono, c in self
        )


def _variable_text(variable: tuple[str, tuple[Nat, ...]]) -> str:
    name, index = variable
    return f"{name}[{index[0]}]" if index else name


def _make_nat(poly: Mapping[Any, int]) -> Nat:
    return Nat(sorted((mono, c) for mono, c in poly.items() if c))


def check_name(name: str) -> None:
    """Names are ASCII identifiers (no look-alikes), or a hole."""
    hole = type(name) is str and name.startswith(HOLE) and (name == HOLE or name[1:].isdigit())
    if not hole and not (type(name) is str and name.isascii() and name.isidentifier()):
        raise KernelError(f"name: {name!r} is not an ASCII identifier")


def nat(value: int | str | Nat, index: Nat | None = None) -> Nat:
    """A natural number, a dimension variable, or the entry `index` of a family of dimensions."""
    if isinstance(value, Nat):
        return value
    if isinstance(value, str):
        check_name(value)
        return Nat(((((value, () if index is None else (index,)),), 1),))
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise KernelError(f"nat: {value!r} is not a natural number")
    return _make_nat({(): value})


def nat_sum(a: Nat, b: Nat) -> Nat:
    """a + b."""
    poly = dict(a)
    for mono, c in b:
        poly[mono] = poly.get(mono, 0) + c
    return _make_nat(poly)


def nat_product(a: Nat, b: Nat) -> Nat:
    """a * b."""
    poly: dict[Any, int] = {}
    for u, p in a:
        for v, q in b:
            mono = tuple(sorted(u + v))
            poly[mono] = poly.get(mono, 0) + p * q
    return _make_nat(poly)


def nat_names(n: Nat) -> Names:
    """The variables that occur in n, the hole included."""
    found: set[str] = set()
    for mono, _ in n:
        for name, index in mono:
            found.add(name + FAMILY if index else name)
            if index:
                found |= nat_names(index[0])
    return frozenset(found)


def nat_substitute(n: Nat, images: Mapping[str, Nat]) -> Nat:
    """n with every variable replaced by its image; that of a family is found at m[] and has the hole."""
    if not images or nat_names(n).isdisjoint(images):
        return n
    total = ZERO
    for mono, c in n:
        product = nat(c)
        for name, index in mono:
            at = (nat_substitute(index[0], images),) if index else ()
            image = images.get(name + FAMILY if index else name)
            if image is None:
                factor = Nat(((((name, at),), 1),))
            elif not at and name != HOLE and HOLE in nat_names(image):
                raise KernelError(f"instantiate: the image of {name} has a hole, but {name} is not a family")
            else:
                factor = nat_substitute(image, {HOLE: at[0]}) if at else image
            product = nat_product(product, factor)
        total = nat_sum(total, product)
    return total


ZERO, ONE = nat(0), nat(1)


# ---------------------------------------------------------------- letters and scalar atoms
class Decl(NamedTuple):
    """A typed variable: a matrix, a family of matrices (types may use the hole), or an opaque map (with a domain)."""

    name: str
    rows: Nat
    cols: Nat
    indexed: bool = False
    domain: tuple[tuple[Nat, Nat], ...] = ()

    @property
    def tag(self) -> str:
        """The name among free names: letters and dimensions never clash."""
        return f"@{self.name}"

    @property
    def names(self) -> Names:
        """The tag, and the dimensions in the type."""
        return known_of(_NAMES, self, _decl_names)


def _decl_names(decl: Decl) -> Names:
    found = union(*map(nat_names, (decl.rows, decl.cols, *(n for shape in decl.domain for n in shape))))
    return (found - {HOLE} if decl.indexed else found) | {decl.tag}


class _LetterFields(NamedTuple):
    decl: Decl
    at: Nat | None
    args: tuple[Term, ...]
    transposed: bool
    rows: Nat
    cols: Nat
    text: str
    sort: str
    names: Names
    thin: bool  # whether it ends in dimension 1
    holed: bool
    decls: frozenset[Decl]  # its own, and those in its arguments


class Letter(_LetterFields):
    """One factor of a word: a variable, its index and arguments, perhaps transposed. Made by `factor` only."""

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__


class _AtomFields(NamedTuple):
    kind: str
    data: Any
    text: str
    sort: str
    names: Names
    holed: bool
    decls: frozenset[Decl]


class Atom(_AtomFields):
    """A commuting scalar: ("nat", variable), ("trace", necklace of letters) or ("rank", term)."""

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__


Key: TypeAlias = tuple[Any, ...]  # (*atoms, *letters)
_INTERNED: dict[Any, Any] = {}
_KNOWN: set[Letter | Atom] = set()  # the interned letters and atoms themselves; they are equal to nothing else


def factor(decl: Decl, index: Nat | None = None, args: tuple[Term, ...] = (), transposed: bool = False) -> Letter:
    """The interned letter; raises ShapeError when an argument does not fit the map's domain."""
    found = _INTERNED.get((decl, index, args, transposed))
    if found is not None:
        return found  # type: ignore[no-any-return]
    check_decl(decl)
    args = tuple(map(check_term, args))
    if decl.indexed != (index is not None):
        raise KernelError(f"letter: {decl.name} is {'' if decl.indexed else 'not '}a family")
    at = {} if index is None else {HOLE: index}
    rows, cols = nat_substitute(decl.rows, at), nat_substitute(decl.cols, at)
    domain = [(nat_substitute(r, at), nat_substitute(c, at)) for r, c in decl.domain]
    text = decl.name + (f"[{index}]" if index is not None else "")
    if args or domain:
        text += f"({', '.join(term_text(a) for a in args)})"
    if [(a.rows, a.cols) for a in args] != domain:
        raise ShapeError(
            f"letter: in {text} the arguments must have shapes {', '.join(f'{r} x {c}' for r, c in domain)}"
        )
    names = decl.names.union(*(term_names(a) for a in args), nat_names(index) if index is not None else ())
    sort = f"{text}({', '.join(map(_full_text, args))}):{rows}x{cols}"
    if transposed:
        text, sort, rows, cols = text + "'", sort + "'", cols, rows
    decls = frozenset((decl,)).union(*map(term_letters, args))
    made = Letter(decl, index, args, transposed, rows, cols, text, sort, names, cols == ONE, _holed(names), decls)
    _KNOWN.add(made)
    return _INTERNED.setdefault((decl, index, args, transposed), made)  # type: ignore[no-any-return]


def flip(letter: Letter) -> Letter:
    """The transpose of a letter."""
    return factor(letter.decl, letter.at, letter.args, not letter.transposed)


def _atom(kind: str, data: Any, text: str, sort: str, names: Names, decls: frozenset[Decl] = frozenset()) -> Atom:
    made: Atom = _INTERNED.setdefault(
        (kind, data), Atom(kind, data, text, f"{kind}:{sort}", names, _holed(names), decls)
    )
    _KNOWN.add(made)
    return made


def necklace(word: tuple[Letter, ...]) -> Atom:
    """The trace of a closed word: one atom for all its rotations and their transposes."""
    back = tuple(flip(x) for x in reversed(word))
    turns = [w[i:] + w[:i] for w in (word, back) for i in range(len(w))]
    least = min(turns, key=lambda w: [x.sort for x in w])
    found = _INTERNED.get(("trace", least))
    if found is None:
        if any(x.cols != y.rows for x, y in pairwise((*least, least[0]))):
            raise ShapeError(f"trace: {' '.join(x.text for x in word)} is not closed")
        text = f"tr({' '.join(x.text for x in least)})" if len(least) > 1 or least[0].rows != ONE else least[0].text
        found = _atom("trace", least, text, " ".join(x.sort for x in least), *_mentioned(least))
    return found


def union(*sets: Names) -> Names:
    """The union of any number of sets of names."""
    return frozenset[str]().union(*sets)


def _cuts(word: tuple[Letter, ...], rows: Nat) -> list[int]:
    """The places in a word (0 .. len) where the dimension is 1."""
    cuts = [i for i, x in enumerate(word, 1) if x.thin]
    return [0, *cuts] if rows == ONE else cuts


def normal_key(atoms: tuple[Atom, ...], word: tuple[Letter, ...], rows: Nat) -> Key:
    """The normal key: closed sub-words through dimension 1 leave the word and join the atoms."""
    cuts = _cuts(word, rows)
    if len(cuts) > 1:
        atoms += tuple(necklace(word[i:j]) for i, j in pairwise(cuts))
        word = word[: cuts[0]] + word[cuts[-1] :]
    return tuple(sorted(atoms, key=lambda a: a.sort)) + word if len(atoms) > 1 else atoms + word


def split(key: Key) -> tuple[tuple[Atom, ...], tuple[Letter, ...]]:
    """The atoms and the word of a key."""
    if not key or type(key[0]) is not Atom:
        return (), key
    n = 1
    while n < len(key) and type(key[n]) is Atom:
        n += 1
    return key[:n], key[n:]


# ---------------------------------------------------------------- terms
class Term(NamedTuple):
    """A rows x cols term in normal form. `plain` says that no key has an atom or a dimension 1."""

    rows: Nat
    cols: Nat
    words: Mapping[Key, Number]
    plain: bool

    def __hash__(self) -> int:
        return hash((self.rows, self.cols, frozenset(self.words.items())))

    def __eq__(self, other: object) -> bool:
        if type(other) is not Term:
            return False
        return self is other or (self.rows, self.cols, self.words) == (other.rows, other.cols, other.words)

    def __ne__(self, other: object) -> bool:
        return not self == other


def _term(rows: Nat, cols: Nat, words: dict[Key, Number], plain: bool) -> Term:
    return tuple.__new__(Term, (rows, cols, MappingProxyType(words), plain))


def zeros(rows: Nat, cols: Nat) -> Term:
    """The zero matrix."""
    return _term(rows, cols, {}, rows != ONE != cols)


def identity(n: Nat) -> Term:
    """The identity matrix of size n."""
    return _term(n, n, {(): 1}, n != ONE)


def number(value: Number) -> Term:
    """A rational as a 1 x 1 term."""
    return _term(ONE, ONE, {(): value} if value else {}, False)


def letter(decl: Decl, index: Nat | None = None, args: tuple[Term, ...] = ()) -> Term:
    """A variable as a term."""
    return _as_term(factor(decl, index, args))


def monomial(atoms: tuple[Atom, ...], word: tuple[Letter, ...], rows: Nat, cols: Nat, times: Number = 1) -> Term:
    """times * atoms * word as a term."""
    return _term(rows, cols, {normal_key(atoms, word, rows): times}, False)


def scalar(n: Nat) -> Term:
    """A dimension or an index as a 1 x 1 term."""
    words: dict[Key, Number] = {}
    for mono, c in n:
        texts = [_variable_text(v) for v in mono]
        atoms = tuple(_atom("nat", v, s, s, nat_names(Nat((((v,), 1),)))) for v, s in zip(mono, texts, strict=True))
        words[normal_key(atoms, (), ONE)] = c
    return _term(ONE, ONE, words, False)


def add(a: Term, b: Term, times: Number = 1) -> Term:
    """a + times * b."""
    if a.rows != b.rows or a.cols != b.cols:
        raise ShapeError(f"add: {term_text(a)} is {a.rows} x {a.cols}, {term_text(b)} is {b.rows} x {b.cols}")
    words = dict(a.words)
    _add_into(words, b.words if times == 1 else {k: c * times for k, c in b.words.items()})
    return _term(a.rows, a.cols, words, a.plain and b.plain)


def _add_into(words: dict[Key, Number], more: Mapping[Key, Number]) -> None:
    for key, c in more.items():
        total = words.get(key, 0) + c
        if total:
            words[key] = total
        else:
            words.pop(key, None)


def subtract(a: Term, b: Term) -> Term:
    """a - b."""
    return add(a, b, -1)


def multiply(a: Term, b: Term) -> Term:
    """The matrix product a b; raises ShapeError when the inner dimensions differ."""
    if a.cols != b.rows:
        raise ShapeError(f"multiply: {term_text(a)} is {a.rows} x {a.cols}, {term_text(b)} is {b.rows} x {b.cols}")
    plain = a.plain and b.plain
    words: dict[Key, Number] = {}
    # Plain words are only put together, so a pass of the inner loop makes distinct keys; others may meet.
    if not plain:
        _expand(words, a, b, a.rows)
    elif len(a.words) <= len(b.words):
        for u, p in a.words.items():
            _merge(words, {u + v: p * q for v, q in b.words.items()})
    else:
        for v, q in b.words.items():
            _merge(words, {u + v: p * q for u, p in a.words.items()})
    return _term(a.rows, b.cols, words, plain)


def _merge(words: dict[Key, Number], more: dict[Key, Number]) -> None:
    if words.keys().isdisjoint(more):
        words.update(more)
    else:
        _add_into(words, more)


def _expand(words: dict[Key, Number], a: Term, b: Term, rows: Nat) -> None:
    """Add the products of all keys of a and b, each brought into normal form."""
    for u, p in a.words.items():
        for v, q in b.words.items():
            key = _join(u, v, rows) if u and v else u or v
            total = words.get(key, 0) + p * q
            if total:
                words[key] = total
            else:
                words.pop(key, None)


def _join(u: Key, v: Key, rows: Nat) -> Key:
    (p, left), (q, right) = split(u), split(v)
    return normal_key(p + q, left + right, rows)


def scale(s: Term, m: Term) -> Term:
    """A 1 x 1 term times a matrix."""
    if s.rows != ONE or s.cols != ONE:
        raise ShapeError(f"scale: {term_text(s)} is {s.rows} x {s.cols}, not 1 x 1")
    words: dict[Key, Number] = {}
    _expand(words, s, m, m.rows)
    return _term(m.rows, m.cols, words, m.plain and not any(s.words))


def transpose(a: Term) -> Term:
    """The transpose, pushed to the letters."""
    words: dict[Key, Number] = {}
    for key, c in a.words.items():
        atoms, word = split(key)
        words[atoms + tuple(flip(x) for x in reversed(word))] = c
    return _term(a.cols, a.rows, words, a.plain)


def trace(a: Term) -> Term:
    """The trace as a 1 x 1 term; the trace of the identity is its dimension."""
    if a.rows != a.cols:
        raise ShapeError(f"trace: {term_text(a)} is {a.rows} x {a.cols}, not square")
    words: dict[Key, Number] = {}
    for key, c in a.words.items():
        atoms, word = split(key)
        cuts = _cuts(word, a.rows)
        if cuts:  # at most one place through dimension 1 is left in a normal word: turn the word to start there
            word = word[cuts[0] :] + word[: cuts[0]]
        value: Mapping[Key, Number] = {(necklace(word),): 1} if word else scalar(a.rows).words
        _add_into(words, {_join(atoms, k, ONE): c * v for k, v in value.items()})
    return _term(ONE, ONE, words, False)


def squared_norm(a: Term) -> Term:
    """tr(a'a), the squared Frobenius norm."""
    return trace(multiply(transpose(a), a))


def rank(a: Term) -> Term:
    """The rank as a 1 x 1 term (an opaque natural number; the rank rules say what is known of it)."""
    atom = _INTERNED.get(("rank", a))
    if atom is None:
        a = check_term(a)
        atom = _atom("rank", a, f"rank({term_text(a)})", _full_text(a), term_names(a), term_letters(a))
    return _term(ONE, ONE, {(atom,): 1}, False)


def term_letters(a: Term) -> frozenset[Decl]:
    """The declarations that occur in a term, inside arguments, traces and ranks too."""
    return frozenset[Decl]().union(*(x.decls for x in {x for key in a.words for x in key}))


def _mentioned(word: tuple[Letter, ...]) -> tuple[Names, frozenset[Decl]]:
    return union(*(x.names for x in word)), frozenset[Decl]().union(*(x.decls for x in word))


def term_names(a: Term) -> Names:
    """Every name that occurs in a term or in the types of its letters."""
    found = nat_names(a.rows) | nat_names(a.cols)
    return found.union(*(x.names for x in {x for key in a.words for x in key}))


def _holed(names: Names) -> bool:
    return any(name.startswith((HOLE, f"@{HOLE}")) for name in names)


def has_hole(a: Term) -> bool:
    """Whether a hole occurs in it, as an index, in a type or as an argument."""
    return _holed(nat_names(a.rows)) or _holed(nat_names(a.cols)) or any(x.holed for key in a.words for x in key)


def term_text(a: Term, limit: int = 12) -> str:
    """A short plain-text form for messages."""
    parts = []
    for key, c in list(a.words.items())[:limit]:
        body = " ".join(x.text for x in key) or ("1" if a.rows == ONE == a.cols else "I")
        sign = "-" if c < 0 else "+"
        parts.append(f"{sign} {body}" if abs(c) == 1 else f"{sign} {abs(c)} {body}")
    text = " ".join(parts) or "0"
    more = f" + ... ({len(a.words)} words)" if len(a.words) > limit else ""
    return text.removeprefix("+ ") + more


def _full_text(a: Term) -> str:
    """A text that tells all terms apart: what is sorted by must."""
    return " + ".join(sorted(f"{c} {' '.join(x.sort for x in key)}" for key, c in a.words.items()))


# ---------------------------------------------------------------- substitution and checking
class Substitution:
    """Simultaneous images: of dimensions and indices by name, of letters by declaration.

    The image of a family has the hole as its index, that of a map the letters "#0", "#1".. as its arguments.
    """

    __slots__ = ("_images", "_names", "letters", "nats")

    def __init__(self, nats: Mapping[str, Nat], letters: Mapping[Decl, Term] = MappingProxyType({})) -> None:
        self.nats, self.letters = nats, letters
        self._names = frozenset((*self.nats, *(d.tag for d in self.letters)))
        self._images: dict[Letter | Atom, Term | None] = {}

    def touches(self, names: Names) -> bool:
        """Whether any of these is replaced."""
        return not names.isdisjoint(self._names)

    def image(self, x: Letter | Atom) -> Term | None:
        """What becomes of a letter or an atom; None where it stays. Found once for each."""
        if x not in self._images:
            change = _substitute_letter if isinstance(x, Letter) else _substitute_atom
            self._images[x] = change(x, self) if self.touches(x.names) else None  # type: ignore[arg-type]
        return self._images[x]


def retype(decl: Decl, nats: Mapping[str, Nat]) -> Decl:
    """The declaration with its types instantiated (the hole in a family's type is its own)."""
    if decl.indexed:
        nats = {name: image for name, image in nats.items() if name != HOLE}
    domain = tuple((nat_substitute(r, nats), nat_substitute(c, nats)) for r, c in decl.domain)
    return decl._replace(rows=nat_substitute(decl.rows, nats), cols=nat_substitute(decl.cols, nats), domain=domain)


def substitute(a: Term, s: Substitution) -> Term:
    """The term with every variable replaced by its image; raises ShapeError when an image has another type."""
    rows, cols = nat_substitute(a.rows, s.nats), nat_substitute(a.cols, s.nats)
    words: dict[Key, Number] = {}
    plain = a.plain and rows != ONE != cols
    for key, c in a.words.items():
        if all(s.image(x) is None for x in key):
            _add_into(words, {key: c})
            continue
        atoms, word = split(key)
        product = identity(rows)
        for x in word:
            product = multiply(product, s.image(x) or _as_term(x))
        for atom in atoms:
            product = scale(s.image(atom) or _term(ONE, ONE, {(atom,): 1}, False), product)
        _add_into(words, {k: c * v for k, v in product.words.items()})
        plain = plain and product.plain
    return _term(rows, cols, words, plain)


def _as_term(x: Letter) -> Term:
    return _term(x.rows, x.cols, {normal_key((), (x,), x.rows): 1}, x.rows != ONE != x.cols)


def _substitute_letter(x: Letter, s: Substitution) -> Term:
    index = None if x.at is None else nat_substitute(x.at, s.nats)
    args = tuple(substitute(a, s) for a in x.args)
    decl = retype(x.decl, s.nats)
    image = s.letters.get(x.decl)
    if image is None:
        result = letter(decl, index, args)
    else:
        if (image.rows, image.cols) != (decl.rows, decl.cols):
            raise ShapeError(
                f"instantiate: {decl.name} is {decl.rows} x {decl.cols}, "
                f"{term_text(image)} is {image.rows} x {image.cols}"
            )
        at = {} if index is None else {HOLE: index}
        image = substitute(image, Substitution(at))
        holes = {Decl(f"{HOLE}{i}", a.rows, a.cols): a for i, a in enumerate(args)}
        result = substitute(image, Substitution({}, holes)) if holes else image
    return transpose(result) if x.transposed else result


def _substitute_atom(atom: Atom, s: Substitution) -> Term:
    if atom.kind == "nat":
        return scalar(nat_substitute(Nat((((atom.data,), 1),)), s.nats))
    if atom.kind == "rank":
        return rank(substitute(atom.data, s))
    first, *rest = (s.image(x) or _as_term(x) for x in atom.data)
    return trace(reduce(multiply, rest, first))


def check_nat(n: Nat) -> Nat:
    """The same polynomial, if it is one that this module would have made; raises KernelError otherwise."""
    if not seen(n):
        if not _is_exact(n):  # equal to one is not enough: a subclass may claim to equal anything
            raise KernelError(f"nat: {n!r} was not made by the kernel")
        _normal_nat(n)
        remember(n)
    return n


# Things that cannot be changed and were found in order, by identity: polynomials and declarations as they came, terms
# and propositions as this package made them anew. They need not be looked through again.
_CHECKED: dict[int, Any] = {}
_NAMES: dict[int, Any] = {}
Checked = TypeVar("Checked")


def seen(x: Any) -> bool:
    """Whether this very object was found in order before."""
    return _CHECKED.get(id(x)) is x


def known_of(store: dict[int, Any], x: Checked, make: Callable[[Checked], frozenset[Any]]) -> frozenset[Any]:
    """make(x), found once for each object that was found in order."""
    known = store.get(id(x))
    if known is not None and known[0] is x:
        return known[1]  # type: ignore[no-any-return]
    value = make(x)
    if seen(x):
        if len(store) >= 100_000:
            store.clear()
        store[id(x)] = x, value
    return value


def remember(x: Checked) -> Checked:
    """Note that this object is in order; it stays alive, so that no other gets its identity."""
    if len(_CHECKED) >= 100_000:
        _CHECKED.clear()
    _CHECKED[id(x)] = x
    return x


def _is_exact(n: Nat) -> bool:
    return type(n) is Nat and all(
        type(part) is tuple
        and type(part[0]) is tuple
        and type(part[1]) is int
        and all(
            type(v) is tuple and type(v[0]) is str and type(v[1]) is tuple and all(map(_is_exact, v[1]))
            for v in part[0]
        )
        for part in n
    )


@cache
def _normal_nat(n: Nat) -> Nat:
    total = ZERO
    for mono, c in n:
        product = nat(c)
        for name, index in mono:
            product = nat_product(product, nat(name, _normal_nat(index[0]) if index else None))
        total = nat_sum(total, product)
    if total != n:
        raise KernelError(f"nat: {n} is not in normal form")
    return total


def check_decl(decl: Decl) -> Decl:
    """The same declaration, if it is well formed; raises KernelError otherwise."""
    if seen(decl):
        return decl
    shapes = (*decl.domain, decl.domain)
    if type(decl) is not Decl or type(decl.indexed) is not bool or any(type(x) is not tuple for x in shapes):
        raise KernelError(f"letter: {decl!r} is not a declaration")
    check_name(decl.name)
    types = (decl.rows, decl.cols, *(n for shape in decl.domain for n in shape))
    if not decl.indexed and not decl.name.startswith(HOLE) and HOLE in union(*map(nat_names, types)):
        raise KernelError(f"letter: the type of {decl.name} has a hole, but it is not a family")
    for n in types:
        check_nat(n)
    return remember(decl)


def check_term(a: Term) -> Term:
    """An equal term that shares nothing changeable with this one, if it is one that this module would have made;
    raises KernelError otherwise. Letters and atoms were checked when they were interned."""
    if seen(a):
        return a
    if type(a) is not Term or type(a.words) is not MappingProxyType or type(a.plain) is not bool:
        raise KernelError(f"term: {a!r} was not made by the kernel")
    rows, cols = check_nat(a.rows), check_nat(a.cols)
    plain = rows != ONE != cols
    words: dict[Key, Number] = {}
    for key, c in dict(a.words).items():
        if not _KNOWN.issuperset(key):
            raise KernelError("term: a letter or a scalar was not made by the kernel")
        atoms, word = split(key)
        end = rows
        for x in word:
            if type(x) is not Letter or x.rows != end:
                raise ShapeError(f"term: the word {' '.join(x.text for x in word)} is not {rows} x {cols}")
            end = x.cols
            plain = plain and not x.thin
        if end != cols:
            raise ShapeError(f"term: the word {' '.join(x.text for x in word)} is not {rows} x {cols}")
        if type(c) not in (int, Fraction) or not c:
            raise KernelError(f"term: {c!r} is not a non-zero exact rational")
        if normal_key(atoms, word, rows) != key:
            raise KernelError(f"term: {' '.join(x.text for x in key)} is not in normal form")
        words[key] = c
        plain = plain and not atoms
    if a.plain > plain:
        raise KernelError(f"term: {term_text(a)} is marked as plain, but it is not")
    return remember(_term(rows, cols, words, a.plain))
