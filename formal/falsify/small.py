"""Counterexamples in tiny dimensions, with exact numbers.

A statement is taken apart into goals "hypotheses, and then one relation". For each goal the sizes are chosen, then the
letters one by one, in an order that changes from try to try. A letter that an equation fixes, once all others in it
are known, is solved for: where the equation is affine in the letter by elimination over the rationals, where the letter
is a scalar by the quadratic formula, otherwise by picking from named candidates (permutations, projections, rotations).
All other letters are chosen freely: exhaustively from 0, 1, -1 at first, then at random, a few fractions included.

Nothing here is trusted: what is found is a counterexample only if the kernel's rule `ground` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import permutations, product
from math import isqrt
from random import Random
from typing import Any, TypeAlias

from ..claims import Claim
from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.ground import Matrix, sign
from ..kernel.terms import HOLE, Decl, Nat, nat, nat_names, nat_substitute
from ..statement.errors import StatementError
from ..statement.evaluate import Instance, evaluate
from ..statement.language import Expression, Family, Lt, Prop, to_nat, walk

Place: TypeAlias = tuple[str, int | None]  # a letter, or one member of a family
Row: TypeAlias = list[Fraction]
SMALL = (0, 1, -1)
MORE = (0, 1, -1, 1, -1, 2, -2, 3, Fraction(1, 2), Fraction(-1, 2))


def find_counterexample(
    given: Sequence[Prop], show: Prop, where: Sequence[Family] = (), *, limit: int = 200, seed: int = 0
) -> dict[str, Any] | None:
    """Values at which everything given holds and the conclusion fails, or None if `limit` tries found none.

    None says nothing about the statement. Variables that the conclusion binds by "for all" are among the values.

    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> find_counterexample([Eq(W*V, Identity(m))], Eq(V*W, Identity(d)))["V"]
    ((Fraction(0, 1),), (Fraction(1, 1),))
    >>> find_counterexample([Eq(W*V, Identity(m))], Eq(V*W*V, V)) is None
    True
    """
    goals = list(_goals(tuple(given), show, tuple(where)))
    for i, goal in enumerate(goals):
        share = limit // len(goals) + (i < limit % len(goals))
        found = goal.search(share, Random(f"{seed} {i}"))
        if found is not None:
            return found
    return None


def within_reach(given: Sequence[Prop], show: Prop, where: Sequence[Family] = ()) -> bool:
    """Whether there is anything that a search could try: not every hypothesis can be evaluated.

    >>> from formal.statement import Eq, Exists, matrix
    >>> A, B = matrix("A", 1, 1), matrix("B", 1, 1)
    >>> within_reach([], Eq(A, B)), within_reach([], Exists(B, Eq(A, B)))
    (True, False)
    """
    return any(True for _ in _goals(tuple(given), show, tuple(where)))


# ---------------------------------------------------------------- taking a statement apart
def _goals(given: tuple[Prop, ...], show: Prop, where: tuple[Family, ...]) -> Iterator[_Goal]:
    """One goal for each relation in the conclusion; refuting one of them refutes the statement."""
    for i, fam in enumerate(where):
        if not _is_recursion(fam, where[:i], where):  # then its equations are hypotheses like others
            yield from _goals((*fam.defined, *given), show, (*where[:i], *where[i + 1 :]))
            return
    if show.op == "and":
        for part in show.parts:
            yield from _goals(given, part, where)
    elif show.op == "implies":
        yield from _goals((*given, show.parts[0]), show.parts[1], where)
    elif show.op == "forall":  # its variables become free: the statement holds for all values of those, too
        yield from _goals(given, show.parts[0], where)
    elif show.op == "not":  # it fails where the denied holds
        yield from _goals((*given, show.parts[0]), Lt(0, 0), where)
    elif not _has_quantifier(show):
        flat = [q for p in given for q in _hypotheses(p)]
        if not any(map(_has_quantifier, flat)):
            goal = _Goal(tuple(flat), show, where)
            if goal.well_named:
                yield goal


def _hypotheses(p: Prop) -> Iterator[Prop]:
    """The conjuncts; what "there is" promises becomes a free letter."""
    if p.op == "and":
        for part in p.parts:
            yield from _hypotheses(part)
    elif p.op == "exists":
        yield from _hypotheses(p.parts[0])
    elif p.op == "not" and p.parts[0].op == "not":
        yield from _hypotheses(p.parts[0].parts[0])
    else:
        yield p


def _is_recursion(fam: Family, before: tuple[Family, ...], where: tuple[Family, ...]) -> bool:
    """Whether F[l + 1] is made of F[l] and of families before it only, so that it can be computed."""
    start, each = fam.defined
    here = to_nat(each.variables[0])
    mine = {e.data[1] for e in walk(each.parts[0].parts[1]) if e.op == "letter" and e.data[0] == fam.decl}
    sides = (start.parts[1], each.parts[0].parts[1])
    used = {e.data[0] for side in sides for e in walk(side) if e.op == "letter"}
    own_start = any(e.op == "letter" and e.data[0] == fam.decl for e in walk(start.parts[1]))
    others = {f.decl for f in where} - {f.decl for f in before} - {fam.decl}
    return mine <= {here} and not own_start and not used & others


def _has_quantifier(p: Prop) -> bool:
    """Whether p has a quantifier that no evaluation can decide."""
    if p.op in ("forall", "exists"):
        return True
    return any(isinstance(q, Prop) and _has_quantifier(q) for q in p.parts)


def _expressions(p: Prop) -> Iterator[Expression]:
    for part in p.parts:
        yield from _expressions(part) if isinstance(part, Prop) else walk(part)


def _quantified(p: Prop) -> Iterator[tuple[str, Nat]]:
    """The indices of p with their bounds."""
    if p.op == "each":
        yield p.variables[0].name, to_nat(p.bound)
    for part in p.parts:
        if isinstance(part, Prop):
            yield from _quantified(part)


def _variables(n: Nat) -> Iterator[tuple[str, bool]]:
    """The names in a dimension; True for a family of dimensions."""
    for mono, _ in n:
        for name, index in mono:
            yield name, bool(index)
            if index:
                yield from _variables(index[0])


@dataclass
class _Goal:
    """Hypotheses that can be evaluated, one relation (or bounded statement) to refute, and families by recursion."""

    given: tuple[Prop, ...]
    show: Prop
    where: tuple[Family, ...]
    decls: dict[str, Decl] = field(default_factory=dict)
    sizes: dict[str, bool] = field(default_factory=dict)  # names of dimensions; True for families of them
    depths: set[str] = field(default_factory=set)
    well_named: bool = True

    def __post_init__(self) -> None:
        props = (*(q for fam in self.where for q in fam.defined), *self.given, self.show)
        nats: list[Nat] = []
        types: list[Nat] = []
        indices: set[str] = set()
        for p in props:
            for name, bound in _quantified(p):
                indices.add(name)
                nats.append(bound)
            for e in _expressions(p):
                if e.op == "letter":
                    decl, at = e.data
                    # Two letters with one name would need two values under one key.
                    self.well_named &= self.decls.setdefault(decl.name, decl) == decl
                    types += [decl.rows, decl.cols, *(n for pair in decl.domain for n in pair)]
                    nats += [] if at is None else [at]
                elif e.op == "nat":
                    nats.append(e.data[0])
                types += [e.n_rows, e.n_cols]
        for n in (*nats, *types):
            for name, is_family in _variables(n):
                if name not in indices and name != HOLE:
                    self.sizes[name] = is_family
        in_types = frozenset[str]().union(*map(nat_names, types))
        self.depths = {name for name in self.sizes if name not in in_types}

    # ------------------------------------------------------------ the search
    def search(self, limit: int, random: Random) -> dict[str, Any] | None:
        """Try values; what is returned has been evaluated by the kernel."""
        settings = list(self._settings(random))
        tries = 0
        for share, exhaustive in ((limit // 2, True), (limit - limit // 2, False)):
            for i, nats in enumerate(settings):
                count = share // len(settings) + (i < share % len(settings))
                stage = _Stage(self, nats)
                choices = _Choices(random, exhaustive)
                for _ in range(count):
                    tries += 1
                    at = stage.attempt(choices)
                    if at is not None and (found := self.confirmed(at)) is not None:
                        return found
                    if not choices.next():
                        break
        return None

    def _settings(self, random: Random) -> Iterator[dict[str, Any]]:
        """Values of the dimensions: 1 and 2, depths 0 to 2; at most a dozen settings, the small ones first."""
        plain = [name for name, is_family in self.sizes.items() if not is_family]
        ranges = [(1, 2, 0) if name in self.depths else (1, 2) for name in plain]
        every = sorted(product(*ranges), key=lambda values: (sum(abs(v - 1) for v in values), values))
        if len(every) > 12:
            every = every[:6] + random.sample(every[6:], 6)
        families = [name for name, is_family in self.sizes.items() if is_family]
        for values in every:
            nats: dict[str, Any] = dict(zip(plain, values, strict=True))
            for name in families:
                nats[name] = dict(enumerate(random.choice(((1,) * 6, (1,) * 6, (1, 2, 3, 4, 5, 6), (1, 2) * 3))))
            yield nats

    def confirmed(self, at: Instance) -> dict[str, Any] | None:
        """The values, if the kernel's rule for ground instances accepts them."""
        claim = Claim("found", "", self.given, self.show, self.where)
        try:
            rules.ground(claim.denial, at.witness())
        except KernelError:
            return None
        return {**at.nats, **at.letters}


class _Choices:
    """A stream of small numbers: all sequences of 0, 1, -1 in turn, or random ones."""

    def __init__(self, random: Random, exhaustive: bool) -> None:
        self.random, self.exhaustive = random, exhaustive
        self.digits: list[int] = []
        self.at = 0

    def number(self) -> Fraction:
        if not self.exhaustive:
            return Fraction(self.random.choice(MORE if self.random.randrange(2) else SMALL))
        if self.at == len(self.digits):
            self.digits.append(0)
        self.at += 1
        return Fraction(SMALL[self.digits[self.at - 1]])

    def matrix(self, rows: int, cols: int) -> Matrix:
        return tuple(tuple(self.number() for _ in range(cols)) for _ in range(rows))

    def next(self) -> bool:
        """Go on to the next sequence; False when all have been seen."""
        used, self.at = self.digits[: self.at], 0
        if not self.exhaustive:
            return True
        while used and used[-1] == len(SMALL) - 1:
            used.pop()
        if used:
            used[-1] += 1
        self.digits = used
        return bool(used)


class _Unsolvable(Exception):
    """The letters chosen so far leave no value for the next one."""


class _Stage:
    """A goal at chosen dimensions: its equations, and the letters that they tie together."""

    def __init__(self, goal: _Goal, nats: Mapping[str, Any]) -> None:
        self.goal, self.nats = goal, dict(nats)
        self.here = Instance(self.nats, {})
        plain = {name: v for name, v in nats.items() if isinstance(v, int)}
        self.reach = max([v for name, v in plain.items() if name in goal.depths] or [*plain.values(), 0]) + 2
        self.computed = {fam.decl.name: fam for fam in goal.where}
        self.maps = [decl for decl in goal.decls.values() if decl.domain]
        self.places: list[Place] = [
            place
            for decl in goal.decls.values()
            if not decl.domain
            for place in ([(decl.name, i) for i in range(self.reach)] if decl.indexed else [(decl.name, None)])
            if not self.is_computed(place)
        ]
        self.possible = True
        self.equations: list[tuple[Expression, Expression, dict[str, Any]]] = []
        try:
            for p in goal.given:
                self._collect(p, self.nats)
            self.ties = [self._letters((a, b), env) for a, b, env in self.equations]
        except (StatementError, KernelError):
            self.possible = False  # a family of dimensions is asked for a member that it does not have

    def is_computed(self, place: Place) -> bool:
        """Whether the recursion of a family gives this member; those beyond its depth are free."""
        name, i = place
        fam = self.computed.get(name)
        return fam is not None and i is not None and i <= self.here.size(to_nat(fam.defined[1].bound))

    def _collect(self, p: Prop, nats: dict[str, Any]) -> None:
        if p.op == "eq":
            self.equations.append((p.parts[0], p.parts[1], nats))
        elif p.op == "and":
            for part in p.parts:
                self._collect(part, nats)
        elif p.op == "each":
            for i in range(Instance(nats, {}).size(to_nat(p.bound))):
                self._collect(p.parts[0], {**nats, p.variables[0].name: i})

    def _letters(self, sides: tuple[Expression, ...], nats: dict[str, Any]) -> set[Place]:
        """The free letters that expressions depend on, through recursions too."""
        found: set[Place] = set()
        at = Instance(nats, {})
        for e in (x for side in sides for x in walk(side)):
            if e.op != "letter" or e.data[0].domain:
                continue
            decl, index = e.data
            place = (decl.name, None if index is None else at.size(index))
            if not self.is_computed(place):
                found.add(place)
                continue
            start, each = self.computed[decl.name].defined
            found |= self._letters((start.parts[1],), self.nats)
            for i in range(place[1] or 0):
                found |= self._letters((each.parts[0].parts[1],), {**self.nats, each.variables[0].name: i})
        return found

    # ------------------------------------------------------------ one try
    def attempt(self, choices: _Choices) -> Instance | None:
        """A complete instance in which all is given and the conclusion fails, or None."""
        if not self.possible:
            return None
        at = Instance(dict(self.nats), {decl.name: {} for decl in self.goal.decls.values() if decl.indexed})
        for decl in self.maps:
            made = [_map(decl, i, choices.random, at) for i in range(self.reach + 1)]
            at.letters[decl.name] = dict(enumerate(made)) if decl.indexed else made[0]
        order = self._order(choices)
        try:
            known: set[Place] = set()
            for place in order:
                known.add(place)
                tied = [e for e, letters in zip(self.equations, self.ties, strict=True) if place in letters <= known]
                self._choose(place, tied, at, choices)
            for fam in self.goal.where:
                _unroll(fam, at)
            at.calls.clear()
            good = [_holds(p, at) for p in self.goal.given]
            good.append(not _holds(self.goal.show, at))
        except (StatementError, KernelError, _Unsolvable):
            return None
        for fam in self.goal.where:  # once more, so that the calls of opaque maps are on record
            _unroll(fam, at)
        return at if all(good) else None

    def _order(self, choices: _Choices) -> list[Place]:
        """The letters in an order in which most equations can be solved: what is tied down comes at once."""
        order: list[Place] = []
        known: set[Place] = set()
        rest: list[Place] = list(self.places)
        if not choices.exhaustive:
            choices.random.shuffle(rest)
            if not choices.random.randrange(4):
                return rest
        while rest:
            fixed = [p for p in rest if any(p in letters <= known | {p} for letters in self.ties)]
            place = fixed[0] if fixed else max(rest, key=lambda p: sum(p in letters for letters in self.ties))
            rest.remove(place)
            known.add(place)
            order.append(place)
        return order

    def _choose(self, place: Place, tied: Sequence[Any], at: Instance, choices: _Choices) -> None:
        name, i = place
        decl = self.goal.decls[name]
        hole = {} if i is None else {HOLE: nat(i)}
        rows, cols = (at.size(nat_substitute(n, hole)) for n in (decl.rows, decl.cols))

        def put(value: Matrix) -> None:
            if i is None:
                at.letters[name] = value
            else:
                at.letters[name][i] = value

        def residuals(value: Matrix) -> Row:
            put(value)
            for fam in self.goal.where:
                _unroll(fam, at, partial=True)
            return [Fraction(x - y) for a, b, env in tied for x, y in _entries(a, b, Instance(env, at.letters))]

        put(_solve(rows, cols, residuals, choices) if tied else choices.matrix(rows, cols))


def _entries(a: Any, b: Any, at: Instance) -> Iterator[tuple[Any, Any]]:
    for row, other in zip(evaluate(a, at), evaluate(b, at), strict=True):
        yield from zip(row, other, strict=True)


def _unroll(fam: Family, at: Instance, partial: bool = False) -> None:
    """Compute the members that the recursion gives, as far as the letters are known."""
    start, each = fam.defined
    table = at.letters.setdefault(fam.decl.name, {})
    try:
        table[0] = evaluate(start.parts[1], at)
        for i in range(at.size(to_nat(each.bound))):
            step = each.parts[0].parts[1]
            table[i + 1] = evaluate(step, Instance({**at.nats, each.variables[0].name: i}, at.letters, at.calls))
    except StatementError:
        if not partial:
            raise


def _holds(p: Prop, at: Instance) -> bool:
    """Whether p is true; every side is evaluated, so that the calls of opaque maps are on record."""
    if p.op in ("eq", "ne"):
        differ = any(sign(x - y) for x, y in _entries(p.parts[0], p.parts[1], at))
        return differ == (p.op == "ne")
    if p.op in ("le", "lt"):
        (a,), (b,) = (evaluate(side, at)[0] for side in p.parts)
        return sign(b - a) >= (p.op == "lt")
    if p.op == "each":
        name, values = p.variables[0].name, range(at.size(to_nat(p.bound)))
        parts = [_holds(p.parts[0], Instance({**at.nats, name: i}, at.letters, at.calls)) for i in values]
    else:
        parts = [_holds(q, at) for q in p.parts]
    if p.op in ("and", "each"):
        return all(parts)
    return not parts[0] if p.op == "not" else parts[1] or not parts[0]


# ---------------------------------------------------------------- solving for one letter
def _solve(rows: int, cols: int, residuals: Callable[[Matrix], Row], choices: _Choices) -> Matrix:
    """A rows x cols value at which all residuals vanish; raises _Unsolvable."""
    n = rows * cols

    def shaped(flat: Sequence[Fraction]) -> Matrix:
        return tuple(tuple(flat[i * cols : (i + 1) * cols]) for i in range(rows))

    zero = [Fraction(0)] * n
    constant = residuals(shaped(zero))
    columns = []
    for k in range(n):
        moved = residuals(shaped([Fraction(int(i == k)) for i in range(n)]))
        columns.append([x - c for x, c in zip(moved, constant, strict=True)])
    probe = [Fraction(k % 3 + 2) * (-1) ** (k // 3) for k in range(n)]
    there = residuals(shaped(probe))
    wanted = [c + sum(p * col[i] for p, col in zip(probe, columns, strict=True)) for i, c in enumerate(constant)]
    if there == wanted:
        return shaped(_linear(columns, [-c for c in constant], choices))
    if n == 1:
        return shaped([_quadratic(constant, columns[0], residuals(shaped([Fraction(-1)])), choices)])
    candidates = list(_candidates(rows, cols))
    choices.random.shuffle(candidates)
    for candidate in candidates:
        if not any(residuals(candidate)):
            return candidate
    raise _Unsolvable


def _linear(columns: Sequence[Row], target: Row, choices: _Choices) -> Row:
    """x with sum of x_k columns_k = target; what remains free is chosen."""
    n = len(columns)
    table = [[*(col[i] for col in columns), t] for i, t in enumerate(target)]
    pivots: list[int] = []
    for k in range(n):
        top = len(pivots)
        row = next((r for r in range(top, len(table)) if table[r][k]), None)
        if row is None:
            continue
        table[top], table[row] = table[row], table[top]
        table[top] = [x / table[top][k] for x in table[top]]
        for r in range(len(table)):
            if r != top and table[r][k]:
                table[r] = [x - table[r][k] * y for x, y in zip(table[r], table[top], strict=True)]
        pivots.append(k)
    if any(row[n] for row in table[len(pivots) :]):
        raise _Unsolvable
    values = [Fraction(0) if k in pivots else choices.number() for k in range(n)]
    for solved, k in zip(table, pivots, strict=False):
        values[k] = solved[n] - sum(solved[j] * values[j] for j in range(n) if j not in pivots)
    return values


def _quadratic(at_zero: Row, slope: Row, at_minus: Row, choices: _Choices) -> Fraction:
    """A rational root that all the quadratics c + b x + a x^2 share, given at 0, 1 (as a difference) and -1."""
    roots: set[Fraction] | None = None
    for c, up, down in zip(at_zero, slope, at_minus, strict=True):
        a, b = (up + (down - c)) / 2, (up - (down - c)) / 2
        if a:
            square = b * b - 4 * a * c
            root = Fraction(isqrt(max(0, square.numerator)), isqrt(square.denominator))
            found = {(-b + root) / (2 * a), (-b - root) / (2 * a)} if root * root == square else set()
        elif b:
            found = {-c / b}
        elif c:
            found = set()
        else:
            continue
        roots = found if roots is None else roots & found
    if roots is None:
        return choices.number()
    if not roots:
        raise _Unsolvable
    return choices.random.choice(sorted(roots))


@cache
def _candidates(rows: int, cols: int) -> tuple[Matrix, ...]:
    """Zero, signed (partial) permutations, projections, nilpotent matrices, rotations, and the all-ones matrix."""
    n = max(rows, cols)
    found: list[list[Row]] = []
    if n <= 3:
        for order in permutations(range(n)):
            for signs in product((1, -1, 0), repeat=n):
                found.append([[Fraction(signs[i] * (order[i] == j)) for j in range(n)] for i in range(n)])
    small = [
        [[Fraction(x) for x in row] for row in m] for m in (((1, 1), (0, 0)), ((1, 0), (1, 0)), ((1, 1), (-1, -1)))
    ]
    halves = [[[Fraction(1, 2), Fraction(s, 2)], [Fraction(s, 2), Fraction(1, 2)]] for s in (1, -1)]
    turns = [[[Fraction(3, 5), Fraction(-4 * s, 5)], [Fraction(4, 5), Fraction(3 * s, 5)]] for s in (1, -1)]
    found += [m for m in (*small, *halves, *turns) if n == 2]
    found.append([[Fraction(1)] * n for _ in range(n)])
    cut = {tuple(tuple(row[:cols]) for row in m[:rows]) for m in found}
    return tuple(sorted(cut))


# ---------------------------------------------------------------- maps
def _map(decl: Decl, index: int, random: Random, at: Instance) -> Callable[..., Any]:
    """A random function of the declared type: entrywise, constant, or with no pattern at all."""
    hole = {HOLE: nat(index)} if decl.indexed else {}
    rows, cols = (at.size(nat_substitute(n, hole)) for n in (decl.rows, decl.cols))
    kinds: dict[str, Callable[[Fraction], Fraction]] = {
        "relu": lambda x: max(x, Fraction(0)),
        "square": lambda x: x * x,
        "sign": lambda x: Fraction(sign(x)),
        "constant": lambda x: Fraction(1),
        "identity": lambda x: x,
        "shift": lambda x: x + 1,
    }
    kind, salt = random.choice((*kinds, "table", "table")), random.getrandbits(64)

    def value(*args: Any) -> Any:
        entries = [Fraction(x) for arg in args for row in arg for x in row] or [Fraction(0)]
        if kind == "table":
            source = Random(f"{salt} {entries}")
            return [[Fraction(source.choice(SMALL)) for _ in range(cols)] for _ in range(rows)]
        return [[kinds[kind](entries[(i * cols + j) % len(entries)]) for j in range(cols)] for i in range(rows)]

    return value
