"""Methods for kernels, images and what exists."""

from __future__ import annotations

from collections.abc import Iterator

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, at_least, greater, negation, replace_variable, zero
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Nat,
    Term,
    add,
    identity,
    letter,
    monomial,
    multiply,
    nat,
    nat_names,
    number,
    rank,
    scalar,
    scale,
    split,
    squared_norm,
    subtract,
    transpose,
    zeros,
)
from .ansatz import solutions
from .deadline import tick
from .errors import ProofFailure
from .images import absorbs_left, pseudo_inverse
from .method import Enrich, Method
from .portfolio import inside, settle
from .proof import FALSE, Proof, anything, auto
from .rank import full_column_rank, introduce_all, kernel_vector
from .rank_shapes import matrix_equation
from .rank_solving import absorbs, full_row_rank, through
from .shapes import letters_of, linear_in, symbols, terms_of
from .vectors import as_matrices, at_vectors

WITNESSES = (3, 6, 12)  # how many values are tried for what is to exist


# ---------------------------------------------------------------- what exists
def _exists(p: Proof) -> bool:
    return bool(p.goal.kind == "ex")


def _of_words(p: Proof, effort: int) -> Theorem:
    """Values from the letters at hand, and from the pseudo-inverses of what stands beside the unknowns."""
    failures = []
    for values in _values(p, p.goal, effort):
        tick()
        try:
            return introduce_all(p, p.goal, values, settle)
        except (ProofFailure, KernelError) as e:
            failures.append(str(e))
            if len(failures) >= WITNESSES[effort]:
                break
    raise ProofFailure(f"no value was found: {failures[-1] if failures else 'none solves the equations'}")


def _values(p: Proof, goal: Prop, effort: int) -> Iterator[list[Nat | Term]]:
    """Values of what a goal says to exist at which its equations hold."""
    if isinstance(goal[1], str):
        for n in _sizes(p):
            body = replace_variable(goal[2], goal[1], n)
            if body.kind == "ex":
                yield from ([n, *rest] for rest in _values(p, body, effort))
            else:
                yield [n]
        return
    unknowns: list[Decl] = []
    body = goal
    while body.kind == "ex" and isinstance(body[1], Decl):
        unknowns.append(body[1])
        body = body[2]
    if body.kind == "ex" or any(x.indexed or x.domain for x in unknowns):
        return
    equations = [q[1] for q in _conjuncts(body) if q.kind == "zero"]
    for m in _beside(equations, unknowns, effort) if effort else ():
        if ("pseudo-inverse", m) not in p.done:
            p.done.add(("pseudo-inverse", m))
            p.open(p.lemma(pseudo_inverse(), M=m))
    relations = [t for q in (body, *(f.conclusion for f in p.facts)) if q.kind != "all" for t in terms_of(q)]
    letters = [x for x in symbols(relations) if x.decl not in unknowns][:16]
    atoms = (x for t in relations for x in letters_of(t) if x.rows == ONE == x.cols and x.decl not in unknowns)
    scalars = [monomial((), (x,), ONE, ONE) for x in dict.fromkeys(atoms)][:4]
    facts = [f for f in p.facts if f.conclusion.kind == "zero"]
    for found in solutions(unknowns, equations, facts, letters, 3 + effort, scalars):
        yield [found[x] for x in unknowns]


def _conjuncts(q: Prop) -> tuple[Prop, ...]:
    return q[1] if q.kind == "and" else (q,)


def _sizes(p: Proof) -> list[Nat]:
    """Dimensions that occur, and ranks of what occurs by the name that a factorisation gives them; 0 and 1."""
    found: dict[Nat, None] = {}
    for t in terms_of(p.goal):
        found.update(dict.fromkeys(n for x in letters_of(t) for n in (x.rows, x.cols)))
    bound: set[str] = set()
    goal = p.goal
    while goal.kind == "ex":
        bound.add(goal[1] if isinstance(goal[1], str) else goal[1].tag)
        goal = goal[2]
    return [n for n in (*found, nat(0), nat(1)) if not nat_names(n) & bound]


def _beside(equations: list[Term], unknowns: list[Decl], effort: int) -> list[Term]:
    """The letters that stand before or behind an unknown in an equation; with more effort, also the whole that does,
    where that is the same in all its monomials."""
    whole: dict[Term, None] = {}
    for e in equations:
        for unknown in unknowns:
            for flipped in (False, True):
                sides = _sides(transpose(e) if flipped else e, unknown)
                whole.update(dict.fromkeys(m for m in sides if len(m.words) > 1 or any(m.words)))
    letters = [letter(x.decl, x.at, x.args) for x in symbols(list(whole)) if x.rows != ONE != x.cols]
    return [*letters[:2], *(m for m in whole if effort > 1 and len(_alphabet(m)) > 1)][:4]


def _alphabet(m: Term) -> list[tuple[object, ...]]:
    return [key for key in m.words for _ in split(key)[1]]


def _sides(e: Term, unknown: Decl) -> Iterator[Term]:
    before: Term | None = None
    after: Term | None = None
    for key, c in e.words.items():
        atoms, word = split(key)
        for i, x in enumerate(word):
            if x.decl == unknown and not x.transposed:
                left = monomial(atoms, word[:i], e.rows, x.rows, c)
                right = monomial((), word[i + 1 :], x.cols, e.cols)
                before = left if before is None else add(before, left)
                after = right if after is None or after == right else zeros(right.rows, right.cols)
    if before is not None and after is not None:
        yield from (m for m in (before, after) if m.words)


def _null_vector(p: Proof, effort: int) -> Theorem:
    """A vector that is not 0 in a kernel, where the rank is less than the number of columns."""
    x = p.goal[1]
    matrices: list[Term] = []
    for q in _conjuncts(p.goal[2]):
        if q.kind == "zero":
            m = linear_in(q[1], x)
            m = linear_in(transpose(q[1]), x) if m is None else m
            if m is None:
                raise ProofFailure(f"{q} is not linear in {x.name}")
            matrices.append(m)
    whole = matrices[0] if matrices else zeros(nat(0), x.rows)
    for other in matrices[1:]:
        one, two = p.blocks(whole.rows, other.rows)
        whole = add(multiply(one, whole), multiply(two, other))
    p.add(p.prove(at_least(scalar(x.rows), add(rank(whole), number(1))), lambda q: settle(q, effort + 1)))
    (u,) = p.open(p.lemma(kernel_vector(), M=whole))
    return introduce_all(p, p.goal, [u], settle)


def _wants_null_vector(p: Proof) -> bool:
    q = p.goal
    if q.kind != "ex" or not isinstance(q[1], Decl) or q[1].cols != ONE or q[2].kind == "ex":
        return False
    return negation(zero(letter(q[1]))) in _conjuncts(q[2]) if not q[1].indexed and not q[1].domain else False


def _through(p: Proof, effort: int) -> Theorem:
    """Factors X Y = M through a dimension that is at least the rank."""
    x, rest = p.goal[1:]
    if not isinstance(x, Decl) or rest.kind != "ex" or not isinstance(rest[1], Decl) or rest[2].kind != "zero":
        raise ProofFailure("this is no factorisation")
    y = rest[1]
    for sign in (1, -1):
        product = multiply(letter(x), letter(y)) if x.cols == y.rows else multiply(letter(y), letter(x))
        m = add(rest[2][1], product, sign)
        if not any(d in (x, y) for key in m.words for a in key for d in a.decls):
            m = m if sign == 1 else subtract(zeros(m.rows, m.cols), m)
            size = x.cols if x.cols == y.rows else y.cols
            p.add(p.prove(at_least(scalar(size), rank(m)), lambda q: settle(q, effort + 1)))
            one, two = p.open(p.lemma(through(), {"k": size}, M=m))
            return introduce_all(p, p.goal, [one, two] if x.cols == y.rows else [two, one], auto)
    raise ProofFailure("this is no factorisation")


def _denied(p: Proof, effort: int) -> Theorem:
    """Something exists, because that there is nothing leads to a contradiction."""
    if not effort or inside("nothing is impossible") > 1:
        raise ProofFailure("not looked for yet")
    wrong = p.prove(FALSE, settle, [rules.assume(negation(p.goal))])
    return rules.cases(rules.assume(p.goal), anything(p.goal, wrong), p.goal)


# ---------------------------------------------------------------- what is not 0 cancels
def _cancel(p: Proof, effort: int) -> Theorem:
    """N = 0, from s M = 0 for a scalar N = s, or N y' = 0 for a column N, where M or y is not 0."""
    target: Term = p.goal[1]
    back: tuple[Term | None, Term | None]
    for fact in _not_zero(p):
        m: Term = fact.conclusion[1][1]
        if target.rows == ONE == target.cols:
            longer, back = scale(target, m), (transpose(m), None)
        elif target.cols == ONE == m.cols:
            longer, back = multiply(target, transpose(m)), (None, m)
        elif target.rows == ONE == m.cols:
            longer, back = multiply(m, target), (transpose(m), None)
        else:
            continue
        try:
            product = p.prove(zero(longer), auto if effort == 0 else lambda q: settle(q, effort))
        except ProofFailure:
            continue
        t = p.reciprocal(squared_norm(m))
        inverse = p.facts[-1]
        return _through_norm(p, product, inverse, target, m, t, back)
    raise ProofFailure("nothing cancels")


def _through_norm(
    p: Proof, product: Theorem, inverse: Theorem, target: Term, m: Term, t: Term, back: tuple[Term | None, Term | None]
) -> Theorem:
    """target = 0, from target * m = 0 and t |m|^2 = 1."""
    h: Term = product.conclusion[1]
    left, right = back
    a = identity(h.rows) if left is None else left
    b = identity(h.cols) if right is None else right
    if target.rows == ONE == target.cols:
        cofactors = [Cofactor(0, a, identity(h.cols), t)]
    else:
        cofactors = [Cofactor(0, scale(t, a), b)]
    whole = scale(scale(t, squared_norm(m)), target)
    lost = rules.ideal(whole, [product], cofactors)
    return p.combine(p.goal, (lost,), (inverse, scale(number(-1), target)))


def _not_zero(p: Proof) -> list[Theorem]:
    return [f for f in p.facts if f.conclusion.kind == "not" and f.conclusion[1].kind == "zero"][:4]


def _cancels(p: Proof) -> bool:
    q = p.goal
    return bool(q.kind == "zero" and ONE in (q[1].rows, q[1].cols) and _not_zero(p))


METHODS: tuple[Method, ...] = (
    Method("what is not 0 cancels", _cancel, _cancels),
    Method("null vector", _null_vector, _wants_null_vector),
    Method("words as witnesses", _of_words, _exists),
    Method("factors through a dimension", _through, _exists),
    Method("nothing is impossible", _denied, _exists),
)


# ---------------------------------------------------------------- what follows from the facts
def _denials(p: Proof) -> None:
    """A scalar that is not 0 has a reciprocal; a vector or matrix that is not 0 has a positive squared norm."""
    for fact in list(p.facts):
        q = fact.conclusion
        if q.kind != "not" or q[1].kind != "zero" or ("denial", q) in p.done:
            continue
        p.done.add(("denial", q))
        m: Term = q[1][1]
        if m.rows == ONE == m.cols:
            p.open(rules.invert(fact, *p.unused("t")))
        else:
            positive = _positive_norm(fact)
            p.add(positive)
            if m.cols == ONE or m.rows == ONE:
                p.reciprocal(squared_norm(m))


def _positive_norm(fact: Theorem) -> Theorem:
    """tr(M'M) > 0, from: not M = 0."""
    m: Term = fact.conclusion[1][1]
    goal = greater(squared_norm(m), number(0))
    denial = rules.assume(negation(goal))
    same = rules.order(at_least(number(0), squared_norm(m)), [denial], [Summand(1, (0,))])
    return rules.cases(rules.assume(goal), rules.absurd(rules.null(same, m), fact, goal), goal)


def _equal_ranks(p: Proof) -> None:
    """From rank(M X) >= rank M, M = M X Y; from rank(X M) >= rank M, M = Y X M; from full rank, an inverse."""
    facts = [f for f in p.facts if f.conclusion.kind in ("zero", "ge")]
    for fact in facts:
        ranks = [(a, c) for key, c in fact.conclusion[1].words.items() for a in key if isinstance(a, Atom)]
        ranked = [(a.data, c) for a, c in ranks if a.kind == "rank"]
        if len(ranked) == 2 == len(fact.conclusion[1].words) and ranked[0][1] == -ranked[1][1]:
            for (t, c), (m, _) in (ranked, ranked[::-1]):
                if c > 0 or fact.conclusion.kind == "zero":
                    _absorbed(p, t, m)
        for m, _ in ranked:
            _full_rank(p, m)


def _absorbed(p: Proof, t: Term, m: Term) -> None:
    key = ("absorbed", t, m)
    if key in p.done or t == m:
        return
    p.done.add(key)
    equations = [f for f in p.facts if matrix_equation(f.conclusion)]
    letters = symbols([t, m, *(f.conclusion[1] for f in equations)])[:12]
    for right in (True, False):
        if (m.rows != t.rows) if right else (m.cols != t.cols):
            continue
        x = Decl("Absorbed", m.cols, t.cols) if right else Decl("Absorbed", t.rows, m.rows)
        product = multiply(m, letter(x)) if right else multiply(letter(x), m)
        for found in solutions([x], [subtract(t, product)], equations, letters, 3):
            value = found[x]
            whole = multiply(m, value) if right else multiply(value, m)
            if whole != t:
                p.same_rank(whole, t)
            p.add(p.prove(at_least(rank(whole), rank(m)), auto))
            p.add(p.lemma(absorbs() if right else absorbs_left(), X=m, Y=value))
            break


def _full_rank(p: Proof, m: Term) -> None:
    """A left inverse where the rank is the number of columns, a right inverse where it is that of rows."""
    if ("full rank", m) in p.done:
        return
    p.done.add(("full rank", m))
    for size, inverse in ((m.cols, full_column_rank()), (m.rows, full_row_rank())):
        try:
            p.facts.append(p.prove(at_least(rank(m), scalar(size)), auto))
        except ProofFailure:
            continue
        p.add(p.lemma(inverse, V=m))


CONSEQUENCES: tuple[Enrich, ...] = (as_matrices, at_vectors, _denials, _equal_ranks)
