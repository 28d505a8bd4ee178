"""A second voice: SymPy confirms equations on its own, with explicit matrices. It decides nothing.

The statement tree is evaluated with SymPy matrices, apart from the kernel and from its terms. Where there is nothing
given but recursions, the matrices consist of symbols and both sides are expanded, at dimensions and depths 1 to 3.
Hypotheses are solved: for a letter in which they are linear, with everything else symbolic, or else at exact rational
instances that satisfy them. A refutation is confirmed at its witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import sympy
from sympy.solvers.solveset import NonlinearError

from .claims import Claim
from .falsify import find_counterexample
from .kernel.errors import KernelError
from .kernel.ground import Witness, evaluate_nat
from .kernel.terms import HOLE, Decl, Nat, nat_substitute
from .statement.errors import StatementError
from .statement.language import Expression, Lt, Prop, dims, norm2, to_nat, walk

INSTANCES = 6  # exact instances looked at where hypotheses cannot be solved with symbols
ENTRIES = 26  # at most so many symbols in one symbolic confirmation


@dataclass(frozen=True)
class Confirmation:
    """Whether SymPy agrees (None: it cannot say), and how it was asked or why it was not."""

    agreed: bool | None
    note: str


def confirm(claim: Claim) -> Confirmation:
    """Ask SymPy about one claim.

    >>> from formal.claims import Book, ideal
    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> claim = Book().claim("X-1", "a layer clears what it reads", given=[Eq(W*V, Identity(m))],
    ...     show=Eq(W*(Identity(d) - V*W), 0), proof=ideal)
    >>> confirm(claim).agreed
    True
    """
    if claim.show is None:
        return Confirmation(None, "no proposition")
    if claim.witness is not None:
        return _at_witness(claim)
    equations = list(_equations(claim.show, ()))
    if claim.proof is None or not equations:
        return Confirmation(None, "not an equation")
    if any(not _evaluable(p) for p in claim.given):
        return Confirmation(None, "a hypothesis is quantified over matrices")
    try:
        said = _confirm(claim, equations)
    except _CannotSay as reason:
        return Confirmation(None, str(reason))
    whole = len(equations) == _relations(claim.show)
    return said if whole else Confirmation(said.agreed, f"{said.note} (the equations of the conclusion only)")


def _relations(p: Prop) -> int:
    """How many relations a conclusion claims, those in conditions aside."""
    parts = [q for q in p.parts if isinstance(q, Prop)]
    return sum(map(_relations, parts[1:] if p.op == "implies" else parts)) if parts else 1


class _CannotSay(Exception):
    """SymPy was not able to look at this statement."""


class _Equation(NamedTuple):
    """left = right, under conditions, for all values of an index if `each` is its name and bound."""

    conditions: tuple[Prop, ...]
    left: Expression
    right: Expression
    each: tuple[str, Any] | None = None

    def wrong(self, at: _Explicit) -> list[Any]:
        """The entries in which the sides differ."""
        if self.each is None:
            return _difference(self.left, self.right, at)
        name, bound = self.each
        values = range(at.size(to_nat(bound)))
        inner = [_Explicit({**at.nats, name: i}, at.letters, at.maps, at.symbolic) for i in values]
        return [x for one in inner for x in _difference(self.left, self.right, one)]


def _equations(p: Prop, conditions: tuple[Prop, ...]) -> Iterator[_Equation]:
    """The equations that a conclusion claims, each with its conditions."""
    if p.op == "eq":
        yield _Equation(conditions, p.parts[0], p.parts[1])
    elif p.op == "each" and p.parts[0].op == "eq":
        left, right = p.parts[0].parts
        yield _Equation(conditions, left, right, (p.variables[0].name, p.bound))
    elif p.op == "and":
        for q in p.parts:
            yield from _equations(q, conditions)
    elif p.op == "implies" and _evaluable(p.parts[0]):
        yield from _equations(p.parts[1], (*conditions, p.parts[0]))


def _evaluable(p: Prop) -> bool:
    if p.op in ("forall", "exists"):
        return False
    return all(_evaluable(q) for q in p.parts if isinstance(q, Prop))


# ---------------------------------------------------------------- explicit matrices
@dataclass
class _Explicit:
    """Sizes as integers, letters as SymPy matrices: made of symbols when they are first met."""

    nats: dict[str, Any]
    letters: dict[str, Any] = field(default_factory=dict)
    maps: dict[str, Any] = field(default_factory=dict)
    symbolic: bool = True

    def size(self, n: Nat) -> int:
        try:
            return evaluate_nat(n, Witness(self.nats, {}))
        except KernelError as e:
            raise _CannotSay(str(e)) from e

    def letter(self, decl: Decl, at: Nat | None) -> sympy.Matrix:
        place = None if at is None else self.size(at)
        known = self.letters.get(decl.name)
        value = known.get(place) if place is not None and isinstance(known, Mapping) else known
        if value is None or isinstance(value, Mapping):
            if not self.symbolic:
                raise _CannotSay(f"an instance gives no value for {decl.name}")
            hole = {} if at is None else {HOLE: at}
            rows, cols = (self.size(nat_substitute(n, hole)) for n in (decl.rows, decl.cols))
            name = decl.name if place is None else f"{decl.name}_{place}"
            value = sympy.Matrix(rows, cols, lambda i, j: sympy.Symbol(f"{name}_{i}{j}", real=True))
            if place is None:
                self.letters[decl.name] = value
            else:
                self.letters.setdefault(decl.name, {})[place] = value
        return value

    def apply(self, decl: Decl, at: Nat | None, args: list[sympy.Matrix]) -> sympy.Matrix:
        place = None if at is None else self.size(at)
        if not self.symbolic:
            function = self.maps.get(decl.name)
            function = function.get(place) if isinstance(function, Mapping) else function
            if not callable(function):
                raise _CannotSay(f"an instance gives no function for {decl.name}")
            return sympy.Matrix(function(*(tuple(map(tuple, a.tolist())) for a in args)))
        hole = {} if at is None else {HOLE: at}
        rows, cols = (self.size(nat_substitute(n, hole)) for n in (decl.rows, decl.cols))
        entries = [sympy.cancel(x) for a in args for x in a]
        name = decl.name if place is None else f"{decl.name}_{place}"
        return sympy.Matrix(rows, cols, lambda i, j: sympy.Function(f"{name}_{i}{j}")(*entries))


def _value(e: Expression, at: _Explicit) -> sympy.Matrix:
    """An expression as an explicit SymPy matrix; scalars are 1 x 1."""
    if e.op == "letter":
        decl, index = e.data
        if e.parts:
            return at.apply(decl, index, [_value(p, at) for p in e.parts])
        return at.letter(decl, index)
    rows, cols = at.size(e.n_rows), at.size(e.n_cols)
    if e.op == "identity":
        return sympy.eye(rows)
    if e.op == "zero":
        return sympy.zeros(rows, cols)
    if e.op == "number":
        return sympy.Matrix([[sympy.Rational(e.data[0].numerator, e.data[0].denominator)]])
    if e.op == "nat":
        return sympy.Matrix([[at.size(e.data[0])]])
    if e.op == "rank":
        if at.symbolic:
            raise _CannotSay("the rank of a matrix of symbols")
        return sympy.Matrix([[_value(e.parts[0], at).rank()]])
    values = [_value(p, at) for p in e.parts]
    if e.op == "T":
        return values[0].T
    if e.op == "trace":
        return sympy.Matrix([[values[0].trace()]])
    total, shape = values[0], e.parts[0]
    for value, part in zip(values[1:], e.parts[1:], strict=True):
        if e.op == "add":
            total = total + value
            continue
        if shape.n_cols == part.n_rows:
            total = total * value
        else:
            total = total[0, 0] * value if shape.is_scalar_shaped else value[0, 0] * total
        shape = shape * part
    return total


def _difference(left: Expression, right: Expression, at: _Explicit) -> list[Any]:
    """The entries in which the sides differ, after expansion."""
    gap = _value(left, at) - _value(right, at)
    return [x for x in (sympy.cancel(sympy.expand(entry)) for entry in gap) if x != 0]


# ---------------------------------------------------------------- proved claims
def _confirm(claim: Claim, equations: list[_Equation]) -> Confirmation:
    conditions = any(e.conditions for e in equations)
    notes = []
    if not claim.given and not conditions:
        sizes = list(_settings(claim))
        for nats in sizes:
            at = _explicit(claim, nats)
            for e in equations:
                wrong = e.wrong(at)
                if wrong:
                    return Confirmation(False, f"at {_sizes_text(nats)} the sides differ by {wrong[0]}")
        return Confirmation(True, f"symbolic, {len(sizes)} choices of dimensions and depths up to 3")
    solved = _solve(claim, equations)
    if solved is not None:
        if not solved.agreed:
            return solved
        notes.append(solved.note)
    found = 0
    for i, e in enumerate(equations):
        for seed in range(INSTANCES):
            instance = _instance(claim, e, 100 * i + seed)
            if instance is None:
                continue
            wrong = e.wrong(instance)
            if wrong:
                return Confirmation(False, f"at {_sizes_text(instance.nats)} the sides differ by {wrong[0]}")
            found += 1
    if found:
        notes.append(f"{found} exact instances")
    if not notes:
        return Confirmation(None, "no instance of the hypotheses was found")
    return Confirmation(True, ", ".join(notes))


def _settings(claim: Claim) -> Iterator[dict[str, Any]]:
    """Sizes and depths from 1 to 3, as many combinations as stay small."""
    _, nats, families = claim.free_variables
    plain = [n for n in nats if n not in families]
    depths = {n for fam in claim.where for n in _names(to_nat(fam.defined[1].bound))}
    width = {i: 1 + i % 2 for i in range(8)}
    seen = 0
    for values in sorted(product((1, 2, 3), repeat=len(plain)), key=lambda v: (max(v, default=0), sum(v))):
        setting: dict[str, Any] = dict(zip(plain, values, strict=True))
        sizes = [v for n, v in setting.items() if n not in depths]
        if depths and max(sizes, default=1) ** 2 * max(setting[n] for n in depths if n in setting) > 12:
            continue
        yield {**setting, **{n: dict(width) for n in families}}
        seen += 1
        if seen == 12:
            return


def _names(n: Nat) -> set[str]:
    return {name for mono, _ in n for name, _ in mono}


def _explicit(claim: Claim, nats: dict[str, Any]) -> _Explicit:
    """Symbols for the letters, and the families in `where` computed."""
    at = _Explicit(dict(nats))
    for fam in claim.where:
        start, each = fam.defined
        table = at.letters[fam.decl.name] = {0: _value(start.parts[1], at)}
        index = each.variables[0].name
        for i in range(at.size(to_nat(each.bound))):
            step = _Explicit({**at.nats, index: i}, at.letters, at.maps)
            table[i + 1] = _value(each.parts[0].parts[1], step).applyfunc(sympy.expand)
    return at


def _solve(claim: Claim, equations: list[_Equation]) -> Confirmation | None:
    """Solve the hypotheses for one letter in which they are linear, at dimensions 1 and 2; None where that fails."""
    if any(p.op != "eq" for p in claim.given) or any(e.conditions or e.each for e in equations):
        return None
    letters = sorted({e.data[0].name for p in claim.given for side in p.parts for e in walk(side) if _is_matrix(e)})
    for name in letters:
        done = 0
        for nats in list(_settings(claim))[:4]:
            at = _explicit(claim, nats)
            residual = [x for p in claim.given for x in _value(p.parts[0], at) - _value(p.parts[1], at)]
            unknown = list(at.letters[name]) if isinstance(at.letters.get(name), sympy.MatrixBase) else []
            symbols = set().union(*(sympy.sympify(x).free_symbols for x in residual)) if residual else set()
            if not unknown or len(symbols) > ENTRIES or not all(u.is_Symbol for u in unknown):
                break
            try:
                system = sympy.linear_eq_to_matrix([sympy.expand(x) for x in residual], unknown)
                solutions = list(sympy.linsolve(system, unknown))
            except (NonlinearError, ValueError):
                break
            if not solutions:  # these sizes do not admit the hypotheses in general position
                continue
            values = dict(zip(unknown, solutions[0], strict=True))
            for e in equations:
                gap = (_value(e.left, at) - _value(e.right, at)).subs(values)
                wrong = [x for x in gap if sympy.cancel(sympy.together(x)) != 0]
                if wrong:
                    return Confirmation(False, f"at {_sizes_text(nats)}, solved for {name}, the sides differ")
            done += 1
        if done:
            return Confirmation(True, f"solved for {name}")
    return None


def _is_matrix(e: Expression) -> bool:
    return e.op == "letter" and not e.parts and e.data[1] is None


def _instance(claim: Claim, e: _Equation, seed: int) -> _Explicit | None:
    """An exact instance of everything given: a place where "the sides differ by less than nothing" fails, so any."""
    never: Prop = Lt(norm2(e.left - e.right), 0)
    if e.each is not None:
        never = Prop("each", (never,), (dims(e.each[0]),), e.each[1])
    given = [*claim.given, *e.conditions]
    try:
        found = find_counterexample(given, never, claim.where, limit=24, seed=seed)
    except (StatementError, KernelError):
        return None
    if found is None:
        return None
    at = _from_values(found, claim)
    if not all(_holds(p, at) for p in given):
        raise _CannotSay("SymPy does not see that an instance satisfies the hypotheses")
    return at


def _from_values(values: Mapping[str, Any], claim: Claim) -> _Explicit:
    """A witness as SymPy matrices, the families in `where` computed by SymPy."""
    at = _Explicit({}, symbolic=False)
    for name, value in values.items():
        if isinstance(value, int) or (isinstance(value, Mapping) and all(isinstance(v, int) for v in value.values())):
            at.nats[name] = value
        elif callable(value) or (isinstance(value, Mapping) and any(callable(v) for v in value.values())):
            at.maps[name] = value
        elif isinstance(value, Mapping):
            at.letters[name] = {i: _matrix(m) for i, m in value.items()}
        else:
            at.letters[name] = _matrix(value)
    for fam in claim.where:
        start, each = fam.defined
        table = at.letters[fam.decl.name] = {0: _value(start.parts[1], at)}
        for i in range(at.size(to_nat(each.bound))):
            step = _Explicit({**at.nats, each.variables[0].name: i}, at.letters, at.maps, False)
            table[i + 1] = _value(each.parts[0].parts[1], step)
    return at


def _matrix(rows: Any) -> sympy.Matrix:
    return sympy.Matrix(
        [[sympy.Rational(str(x)) for x in (row if isinstance(row, list | tuple) else [row])] for row in rows]
    )


def _holds(p: Prop, at: _Explicit) -> bool:
    """Whether a proposition holds at an instance, by SymPy alone."""
    if p.op == "each":
        values = range(at.size(to_nat(p.bound)))
        inner = [_Explicit({**at.nats, p.variables[0].name: i}, at.letters, at.maps, at.symbolic) for i in values]
        return all(_holds(p.parts[0], one) for one in inner)
    if p.op in ("eq", "ne"):
        return (not _difference(p.parts[0], p.parts[1], at)) == (p.op == "eq")
    if p.op in ("le", "lt"):
        gap = (_value(p.parts[1], at) - _value(p.parts[0], at))[0, 0]
        return bool(gap > 0) if p.op == "lt" else bool(gap >= 0)
    parts = [_holds(q, at) for q in p.parts]
    if p.op == "not":
        return not parts[0]
    if p.op == "implies":
        return parts[1] or not parts[0]
    return all(parts)


# ---------------------------------------------------------------- refuted claims
def _at_witness(claim: Claim) -> Confirmation:
    """A refutation: everything given holds at the witness, and the conclusion fails."""
    if claim.show is None or claim.witness is None:
        return Confirmation(None, "no witness")
    props = (*claim.given, claim.show)
    if not all(map(_evaluable, props)):
        return Confirmation(None, "the statement is quantified over matrices")
    try:
        at = _from_values(claim.witness, claim)
        for p in claim.given:
            if not _holds(p, at):
                return Confirmation(False, f"at the witness, {p} fails")
        if _holds(claim.show, at):
            return Confirmation(False, f"at the witness, {claim.show} holds")
    except _CannotSay as reason:
        return Confirmation(None, str(reason))
    return Confirmation(True, "the witness, evaluated")


def _sizes_text(nats: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in nats.items() if isinstance(v, int))
