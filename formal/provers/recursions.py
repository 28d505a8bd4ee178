"""Families that are defined by recursion: found among the facts, and used at the indices in question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import NamedTuple

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, bounded
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Letter,
    Nat,
    Term,
    flip,
    letter,
    nat,
    nat_sum,
    number,
    scale,
    split,
    subtract,
)
from .deadline import tick
from .errors import ProofFailure
from .logic import at_hand, says_nothing
from .proof import Proof, auto
from .shapes import letters_of, put, terms_of

INSTANCES = 24  # of all facts together, in one pass


class Recursion(NamedTuple):
    """A family with its value at 0, its own entry where no other is said, and the fact that says how it goes on."""

    decl: Decl
    start: Term
    fact: Theorem


def recursions(p: Proof) -> list[Recursion]:
    """The families F with, for all l < depth, F[l + 1] = .., where F[0] = .. is a fact too or F[l] stands there."""
    starts: dict[Decl, Term] = {}
    for f in p.facts:
        if f.conclusion.kind == "zero":
            starts.update((x.decl, value) for x, value in defined(f.conclusion[1]) if x.at == nat(0))
    found = []
    for f in p.facts:
        if (below := bounded(f.conclusion)) is not None and below[2].kind == "zero":
            after = nat_sum(nat(below[0]), ONE)
            for x, value in defined(below[2][1]):
                before = any(y.decl == x.decl for y in letters_of(value))
                if x.at == after and (x.decl in starts or before):
                    start = starts.get(x.decl, letter(x.decl, nat(0)))
                    found.append(Recursion(x.decl, start, f))
                    break
    return found


def longer_recursions(p: Proof) -> dict[Decl, int]:
    """The families F of which facts say, for all l < depth, what F[l + c] is by earlier entries, c at least 2."""
    found: dict[Decl, int] = {}
    for f in p.facts:
        if (below := bounded(f.conclusion)) is not None and below[2].kind == "zero":
            for x, value in defined(below[2][1]):
                shift = _shift(x.at, below[0]) if x.at is not None else None
                if shift is not None and shift > 1 and _is_latest(x, value):
                    found[x.decl] = shift
    return found


def _is_latest(x: Letter, value: Term) -> bool:
    """Whether no entry of the same family, in what x is said to be, is a later one."""
    own = dict(x.at or ())
    for y in letters_of(value):
        other = dict(y.at or ())
        later = y.decl == x.decl and other.pop((), 0) >= own.get((), 0)
        if later and other == {m: c for m, c in own.items() if m}:
            return False
    return True


def defined(term: Term) -> Iterator[tuple[Letter, Term]]:
    """The entries F[i] of families that the equation term = 0 says, with what they are: F[i] = value."""
    for key, c in term.words.items():
        atoms, word = split(key)
        own: Letter | None = None
        if not atoms and len(word) == 1 and not word[0].transposed:
            own = word[0]
        elif len(atoms) == 1 and not word and atoms[0].kind == "trace" and len(atoms[0].data) == 1:
            own = atoms[0].data[0] if atoms[0].data[0].rows == ONE else None  # a scalar
        if own is None or own.at is None or own.args:
            continue
        alone = letter(own.decl, own.at)
        value = scale(number(Fraction(-1) / c), subtract(term, scale(number(c), alone)))
        if all(x.decl != own.decl or x.at != own.at for x in letters_of(value)):
            yield own, value


def expansions(p: Proof, q: Prop, but: Nat) -> dict[Letter, Term]:
    """What the facts say that the entries of families in a proposition are, save those at the index `but`.

    What is said of an entry may have entries of earlier layers; they stay, save those at 0.
    """
    known = {r.decl for r in recursions(p)}.union(longer_recursions(p))
    said: dict[Letter, Term] = {}
    for f in p.facts:
        if f.conclusion.kind == "zero":
            for x, value in defined(f.conclusion[1]):
                if x.decl in known and _is_latest(x, value):
                    said.setdefault(x, value)
    found: dict[Letter, Term] = {}
    for x in [flip(x) if x.transposed else x for t in terms_of(q) for x in letters_of(t)]:
        if x in said and x.at != but:
            first = {y: said[y] for y in letters_of(said[x]) if y.at == nat(0) and y in said}
            found[x] = put(said[x], first)
            found.update(first)
    return found


def index_variables(q: Prop) -> list[str]:
    """The variables at which a proposition has entries of families: n of F[n] and F[n + 1]."""
    found: dict[str, None] = {}
    for t in terms_of(q):
        for x in letters_of(t):
            for mono, _ in x.at or ():
                found.update((name, None) for name, inner in mono if not inner)
    return list(found)


# ---------------------------------------------------------------- facts for all indices, at those at hand
def at_indices(p: Proof) -> None:
    """Facts for all indices (below a bound), at those where their families occur in the goal and in the facts."""
    made = 0
    while made < INSTANCES:
        before = made
        for fact in list(p.facts):
            if made < INSTANCES and _for_indices(fact.conclusion):
                made += _at_indices_of(p, fact)
        if made == before:
            return


def each_part(p: Proof) -> None:
    """Of "for all indices below a bound: q and r", each part joins the facts as a "for all" of its own."""
    for fact in list(p.facts):
        below = bounded(fact.conclusion)
        if below is not None and below[2].kind == "and" and ("parts", fact.conclusion) not in p.done:
            p.done.add(("parts", fact.conclusion))
            var, guard = fact.conclusion[1], fact.conclusion[2][1]
            both = rules.detach(rules.specialize(fact, nat(var)), rules.assume(guard))
            for i in range(len(below[2][1])):
                with suppress(KernelError):  # another fact may speak of an index of this name
                    p.add(rules.generalize(rules.discharge(rules.part(both, i), guard), var))


def _for_indices(q: Prop) -> bool:
    return bool(q.kind == "all" and isinstance(q[1], str) and not q[1].endswith("[]"))


def _at_indices_of(p: Proof, fact: Theorem) -> int:
    made = 0
    for value in _indices(p, fact.conclusion):
        key = ("at", fact.conclusion, value)
        if key in p.done:
            continue
        tick()
        p.done.add(key)
        try:
            th = rules.specialize(fact, value)
            while th.conclusion.kind == "imp":
                th = rules.detach(th, at_hand(p).get(th.conclusion[1]) or p.prove(th.conclusion[1], auto))
        except (ProofFailure, KernelError):
            continue
        if th.conclusion not in at_hand(p) and not says_nothing(th.conclusion):
            p.add(th)
            made += 1
    return made


def _indices(p: Proof, q: Prop) -> list[Nat]:
    """The values v at which the pattern F[l + c] of the fact is an entry F[v + c] that occurs."""
    patterns: set[tuple[str, int]] = set()
    for t in terms_of(q):
        for x in letters_of(t):
            if x.at is not None and (shift := _shift(x.at, q[1])) is not None:
                patterns.add((x.decl.name, shift))
    found: dict[Nat, None] = {}
    for r in (p.goal, *(f.conclusion for f in p.facts if f.conclusion.kind in ("zero", "ge", "gt", "not"))):
        for t in terms_of(r):
            for x in letters_of(t):
                for name, shift in patterns:
                    if x.at is not None and x.decl.name == name and (v := _less(x.at, shift)) is not None:
                        found.setdefault(v)
    return list(found)


def _shift(at: Nat, var: str) -> int | None:
    """c of an index var + c."""
    rest = dict(at)
    if rest.pop(((var, ()),), 0) != 1:
        return None
    c = rest.pop((), 0)
    return None if rest else c


def _less(at: Nat, shift: int) -> Nat | None:
    """The index minus a number, where that is a natural polynomial."""
    constant = dict(at).get((), 0)
    if constant < shift:
        return None
    total = nat(constant - shift)
    for mono, c in at:
        if mono:
            total = nat_sum(total, Nat(((mono, c),)))
    return total
