"""A statement taken apart: each goal is a list of relations that hold together exactly where the statement fails.

What is given and the denial of the conclusion are brought to "one of these lists" (hypotheses joined by "or" and
denied conjunctions make several goals). What "there is" promises among the hypotheses, and what the conclusion says
"for all" of, become free letters. A hypothesis "for all x" and a conclusion "there is" cannot be decided by
evaluation: what implies it, or its denial, takes its place (`stronger`). A statement all of whose goals have one for
which there is no such thing is out of reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from ..kernel.terms import Decl, nat_names
from ..statement.elaborate import variable
from ..statement.language import Each, Expression, Family, Le, Not, Prop, to_nat, walk
from .stronger import Names, opposite, stronger

CASES = 32  # goals beyond these are left out
RELATIONS = ("eq", "ne", "le", "lt")


class Goal(NamedTuple):
    """given and denied: relations, or combinations of them that evaluation decides; a counterexample meets them all.

    given is what was supposed, denied what the failure of the conclusion adds. where: families that are computed.
    """

    given: tuple[Prop, ...]
    denied: tuple[Prop, ...]
    where: tuple[Family, ...]


def goals(given: tuple[Prop, ...], show: Prop, where: tuple[Family, ...] = ()) -> list[Goal]:
    """The goals of a statement; refuting one of them refutes it. None are left where nothing can be tried.

    >>> from formal.statement import Eq, Implies, dims, matrix
    >>> d = dims("d"); A, B = matrix("A", d, d), matrix("B", d, d)
    >>> goals((), Implies(Eq(A*B, 0), Eq(B*A, 0)))
    [Goal(given=(A*B = 0,), denied=(B*A != 0,), where=())]
    """
    for i, fam in enumerate(where):
        if not _is_recursion(fam, where[:i], where):  # then its equations are hypotheses like others
            return goals((*fam.defined, *given), show, (*where[:i], *where[i + 1 :]))
    names = Names(_names((*(q for fam in where for q in fam.defined), *given, show)))
    supposed = [*_product([_cases(p, True, names) for p in given])]
    found = []
    for denial in _cases(show, False, names):
        guards = [q for q in denial if q[1]]
        for case in supposed:
            goal = Goal(
                tuple(p for p, _ in (*case, *guards)), tuple(p for p, is_guard in denial if not is_guard), where
            )
            if _well_named(goal):
                found.append(goal)
    return found[:CASES]


# A case is a list of relations with a mark: of a conclusion "if p then q", p is supposed and q is denied.
_Case = tuple[tuple[Prop, bool], ...]


def _cases(p: Prop, holds: bool, names: Names) -> list[_Case]:
    """The lists of relations one of which holds where p does (or where p fails); none that evaluation cannot decide."""
    if p.op == "not":
        return _cases(p.parts[0], not holds, names)
    if p.op in RELATIONS:
        return [((p if holds else opposite(p), False),)]
    if p.op == "and":
        if holds:
            return _product([_cases(q, True, names) for q in p.parts])
        if all(map(_is_plain, p.parts)):
            return [((Not(p), False),)]
        return [case for q in p.parts for case in _cases(q, False, names)]
    if p.op == "implies":
        if holds:
            return [*_cases(p.parts[0], False, names), *_cases(p.parts[1], True, names)]
        supposed = [tuple((q, True) for q, _ in case) for case in _cases(p.parts[0], True, names)]
        return [(*a, *b) for a in supposed for b in _cases(p.parts[1], False, names)]
    if p.op == "each":
        return _bounded(p, holds, names)
    if (p.op == "exists") == holds:
        return _cases(p.parts[0], holds, names)
    return stronger(p, holds, names)


def _bounded(p: Prop, holds: bool, names: Names) -> list[_Case]:
    """For all indices below a bound: kept as it is where it is simple, otherwise denied at an index that is free."""
    if not is_decidable(p.parts[0]):
        return _bounded_stronger(p, names) if holds else _at_free_index(p, names)
    if holds or _is_plain(p.parts[0]):
        return [((p if holds else Not(p), False),)]
    return _at_free_index(p, names)


def _at_free_index(p: Prop, names: Names) -> list[_Case]:
    guard = (Le(p.variables[0] + 1, p.bound), True)  # as the kernel has it
    return [(guard, *case) for case in _cases(p.parts[0], False, names)]


def _bounded_stronger(p: Prop, names: Names) -> list[_Case]:
    """The same stronger relations at each index, with families of auxiliary letters."""
    if names.index is not None:
        return []
    cases = _cases(p.parts[0], True, names.at(p.variables[0]))
    return [tuple((Each(p.variables[0], p.bound, q), mark) for q, mark in case) for case in cases]


def _product(alternatives: list[list[_Case]]) -> list[_Case]:
    found: list[_Case] = [()]
    for cases in alternatives:
        found = [(*a, *b) for a, b in product(found, cases)][: 2 * CASES]
    return found


def _is_plain(p: Prop) -> bool:
    """Equations and inequalities under "and" and bounded "for all": denied as a whole, there is nothing to solve."""
    return p.op in ("eq", "le", "lt") or (p.op in ("and", "each") and all(map(_is_plain, p.parts)))


def is_decidable(p: Prop) -> bool:
    """Whether evaluation decides p: all its quantifiers are bounded."""
    return p.op not in ("forall", "exists") and all(is_decidable(q) for q in p.parts if isinstance(q, Prop))


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


def expressions(props: Iterable[Prop]) -> Iterator[Expression]:
    """All expressions in the propositions, and their parts."""
    for p in props:
        for part in p.parts:
            yield from expressions([part]) if isinstance(part, Prop) else walk(part)


def _names(props: Iterable[Prop]) -> set[str]:
    """All names, free and bound."""
    found: set[str] = set()
    for p in props:
        found |= {getattr(variable(v), "name", str(variable(v))) for v in p.variables}
        found |= {e.data[0].name for e in expressions([p]) if e.op == "letter"}
        found |= {n for e in expressions([p]) for n in nat_names(e.n_rows) | nat_names(e.n_cols)}
        found |= _names(q for q in p.parts if isinstance(q, Prop))
    return found


def _well_named(goal: Goal) -> bool:
    """Two letters with one name, or an index that is quantified and free, would need two values under one key."""
    props = (*(q for fam in goal.where for q in fam.defined), *goal.given, *goal.denied)
    decls: dict[str, Decl] = {}
    free: set[str] = set()
    for e in expressions(props):
        if e.op == "letter" and decls.setdefault(e.data[0].name, e.data[0]) != e.data[0]:
            return False
    for p in (*goal.given, *goal.denied):
        if p.op in RELATIONS:
            for e in expressions([p]):
                free |= nat_names(e.n_rows) | nat_names(e.n_cols)
                free |= nat_names(e.data[0]) if e.op == "nat" else frozenset()
                free |= nat_names(e.data[1]) if e.op == "letter" and e.data[1] is not None else frozenset()
    return not free & set(_indices(props))


def _indices(props: Iterable[Prop]) -> Iterator[str]:
    for p in props:
        if p.op == "each":
            yield str(variable(p.variables[0]))
        yield from _indices(q for q in p.parts if isinstance(q, Prop))
