"""Facts about all vectors: turned into equations of matrices, or used at the vectors at hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, equal, exists, implication, replace_variable, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Letter,
    Nat,
    Substitution,
    Term,
    add,
    flip,
    identity,
    letter,
    monomial,
    multiply,
    number,
    split,
    substitute,
    subtract,
    transpose,
    zeros,
)
from .deadline import tick
from .errors import ProofFailure
from .images import argument, factors_through, image_inclusion, quadratic_form
from .logic import at_hand, says_nothing
from .proof import Proof, auto
from .rank_solving import ANY_VECTOR, vanishes_everywhere
from .shapes import letters_of, linear_in, quadratic_in, subwords, terms_of
from .vanishing import vanish

INSTANCES = 12  # values of one variable
TOGETHER = 36  # instances of one fact


def as_matrices(p: Proof) -> None:
    """What facts for all vectors say of the matrices in them joins the facts: A x = B x for all x is A = B."""
    for fact in list(p.facts):
        if is_for_vectors(fact.conclusion) and ("matrices", fact.conclusion) not in p.done:
            p.done.add(("matrices", fact.conclusion))
            for th in _collapsed(p, fact):
                p.done.add(("collapsed", fact.conclusion))
                p.add(th)


def is_for_vectors(q: Prop) -> bool:
    """Whether it speaks of all values of a matrix or a vector."""
    return bool(q.kind == "all" and isinstance(q[1], Decl) and not q[1].indexed and not q[1].domain)


def _collapsed(p: Proof, fact: Theorem) -> Iterator[Theorem]:
    """The equations, or existences, that say what the fact says."""
    var = fact.conclusion[1]
    if var.cols != ONE or var.rows == ONE:
        return
    z = var._replace(name=p.fresh(var.name))
    body = rules.specialize(fact, letter(z))
    parts = [body]
    if is_for_vectors(body.conclusion):
        parts = list(_collapsed(p, body))
    for part in parts:
        q = part.conclusion
        for each in [rules.part(part, i) for i in range(len(q[1]))] if q.kind == "and" else [part]:
            try:
                yield from _of_body(p, z, each)
            except (ProofFailure, KernelError):
                continue


def _of_body(p: Proof, z: Decl, th: Theorem) -> Iterator[Theorem]:
    q = th.conclusion
    if q.kind == "zero":
        for turned in (False, True):
            t: Term = transpose(q[1]) if turned else q[1]
            if (m := linear_in(t, z)) is not None:
                p.facts.append(rules.generalize(_as_argument(p, th, z, zero(t)), argument(z.rows)))
                yield p.lemma(vanishes_everywhere(), M=m)
                return
        if (s := quadratic_in(q[1], z)) is not None:
            p.facts.append(rules.generalize(_as_argument(p, th, z, q), argument(z.rows)))
            yield p.lemma(quadratic_form(), S=s)
    elif q.kind == "ge":
        for gone in vanish(p, th, None):
            yield from _of_body(p, z, gone)
    elif q.kind == "imp":
        yield from _inclusion(p, z, th)
    elif q.kind == "ex" and isinstance(q[1], Decl) and q[1].cols == ONE and q[2].kind == "zero":
        yield _image(p, z, th)


def _as_argument(p: Proof, th: Theorem, z: Decl, goal: Prop) -> Theorem:
    """The theorem with the lemma's vector in place of z."""
    same = th if th.conclusion == goal else p.ideal(goal, [th])
    return rules.instantiate(same, {}, {z: letter(argument(z.rows))})


def _conditions(q: Prop, z: Decl, supposed: bool = False) -> list[Term] | None:
    """The matrices M_i of a condition M_1 z = 0 and M_2 z = 0 ..; None where it is another one."""
    found = []
    for part in q[1] if q.kind == "and" else (q,):
        if part.kind != "zero":
            return None
        m = linear_in(part[1], z)
        m = linear_in(transpose(part[1]), z) if m is None else m
        m = quadratic_in(part[1], z) if m is None and supposed else m  # S z = 0 says z'S z = 0
        if m is None:
            return None
        found.append(m)
    return found


def _inclusion(p: Proof, z: Decl, th: Theorem) -> Iterator[Theorem]:
    """From: M z = 0 implies N z = 0, for all z."""
    _, condition, conclusion = th.conclusion
    conditions = _conditions(condition, z, True)
    conclusions = _conditions(conclusion, z)
    if not conditions or not conclusions:
        return
    for n in conclusions:
        m = conditions[0]
        for other in conditions[1:]:  # both vanish where E M + F M' does
            one, two = p.blocks(m.rows, other.rows)
            m = add(multiply(one, m), multiply(two, other))
        arg = letter(argument(z.rows))
        at = rules.instantiate(th, {}, {z: arg})

        def script(q: Proof, at: Theorem = at, n: Term = n, arg: Term = arg) -> Theorem:
            q.add(rules.detach(at, q.prove(at.conclusion[1], auto)))
            return q.ideal(q.goal)

        wanted = implication(zero(multiply(m, arg)), zero(multiply(n, arg)))
        every = rules.generalize(p.suppose(wanted[1], script, wanted[2]), argument(z.rows))
        p.facts.append(every)
        yield p.lemma(factors_through(), M=m, N=n)


def _image(p: Proof, z: Decl, th: Theorem) -> Theorem:
    """From: for all z there is an x with A x = B z."""
    x: Decl = th.conclusion[1]
    t: Term = th.conclusion[2][1]
    none = {x: zeros(x.rows, x.cols)}
    rest = substitute(t, Substitution({}, none))
    a, b = linear_in(subtract(t, rest), x), linear_in(rest, z)
    if a is None or b is None:
        raise ProofFailure("the preimage does not occur linearly")
    b = subtract(zeros(b.rows, b.cols), b)
    arg = argument(z.rows)
    at = rules.instantiate(th, {}, {z: letter(arg)})
    some = Decl("Preimage", x.rows, ONE)
    body = equal(multiply(a, letter(some)), multiply(b, letter(arg)))
    goal = exists(some, body)
    shown = p.prove(goal, lambda q: _renamed_preimage(q, at, goal))
    p.facts.append(rules.generalize(shown, arg))
    return p.lemma(image_inclusion(), A=a, B=b)


def _renamed_preimage(q: Proof, at: Theorem, goal: Prop) -> Theorem:
    (x,) = q.open(at)
    body = q.prove(replace_variable(goal[2], goal[1], x), auto)
    return rules.introduce(body, goal, x)


# ---------------------------------------------------------------- at the vectors at hand
def at_vectors(p: Proof) -> None:
    """Facts for all vectors, or scalars, at those of the type that occur in the goal, and then in the facts."""
    for fact in list(p.facts):
        q = fact.conclusion
        if not is_for_vectors(q) or ("collapsed", q) in p.done:
            continue
        for th in islice(_instances(p, fact), TOGETHER):
            tick()
            while th.conclusion.kind == "imp" and (known := _condition(p, th.conclusion[1])) is not None:
                th = rules.detach(th, known)
            if th.conclusion.kind != "imp" and th.conclusion not in at_hand(p) and not says_nothing(th.conclusion):
                p.add(th)


def _condition(p: Proof, q: Prop) -> Theorem | None:
    try:
        return at_hand(p).get(q) or p.prove(q, auto)
    except (ProofFailure, KernelError):
        return None


def _instances(p: Proof, fact: Theorem) -> Iterator[Theorem]:
    var = fact.conclusion[1]
    for value in values_at_hand(p, var.rows, var.cols):
        key = ("at", fact.conclusion, value)
        if key in p.done:
            continue
        p.done.add(key)
        try:
            th = rules.specialize(fact, value)
        except KernelError:
            continue
        if is_for_vectors(th.conclusion):
            yield from _instances(p, th)
        else:
            yield th


def values_at_hand(p: Proof, rows: Nat, cols: Nat) -> list[Term]:
    """The terms of a type that occur in the goal and in the relations among the facts; 0, and the identity."""
    relations = [p.goal, *(f.conclusion for f in p.facts if f.conclusion.kind in ("zero", "ge", "gt", "not"))]
    found: dict[Term, None] = {}
    for q in relations:
        if len(found) >= INSTANCES:
            break
        for t in terms_of(q):
            both = (t,) if cols == ONE else (t, transpose(t))
            found.update((w, None) for u in both for w in subwords(u, rows, cols) if ANY_VECTOR not in _names(w))
    shortest = sorted(found, key=lambda w: sum(map(len, w.words)))[: INSTANCES - 2]
    own = [number(1)] if rows == ONE == cols else [identity(rows)] if rows == cols else []
    return [*shortest, zeros(rows, cols), *own]


def _names(t: Term) -> set[str]:
    return {x.name for key in t.words for y in key for x in y.decls}


# ---------------------------------------------------------------- at the vectors that a fact is about
def at_meetings(p: Proof) -> None:
    """Facts for all vectors, at those that stand in the goal where the fact has its vector: behind the same matrix, or
    as the argument of the same map."""
    for fact in list(p.facts):
        if is_for_vectors(fact.conclusion):
            for th in islice(_meetings(p, fact), INSTANCES):
                tick()
                if th.conclusion not in at_hand(p) and not says_nothing(th.conclusion):
                    p.add(th)


def _meetings(p: Proof, fact: Theorem) -> Iterator[Theorem]:
    var: Decl = fact.conclusion[1]
    z = letter(var)
    inside = [t for q in _relations(fact.conclusion) for t in terms_of(q)]
    before = {x for t in inside for x in _followed(t, var) if x.decl != var}
    maps = {(x.decl, x.at) for t in inside for x in letters_of(t) if x.args == (z,)}
    values: dict[Term, None] = {}
    for t in terms_of(p.goal):
        values.update((x.args[0], None) for x in letters_of(t) if x.args and (x.decl, x.at) in maps)
        for x in before:
            whole = set(subwords(t, x.rows, var.cols))
            own = monomial((), (x,), x.rows, x.cols)
            values.update((w, None) for w in subwords(t, var.rows, var.cols) if multiply(own, w) in whole)
    for value in values:
        th = rules.specialize(fact, value)
        if is_for_vectors(th.conclusion):
            yield from _meetings(p, th)
        else:
            yield th


def _relations(q: Prop) -> Iterator[Prop]:
    """The relations in what is said of all vectors."""
    while is_for_vectors(q):
        q = q[2]
    if q.kind in ("zero", "ge", "gt"):
        yield q


def _followed(t: Term, var: Decl) -> Iterator[Letter]:
    """The letters behind which the variable stands."""
    for key in t.words:
        atoms, word = split(key)
        rounds = [(*a.data, a.data[0]) for a in atoms if a.kind == "trace"]
        for w in (word, *rounds):
            for x, y in pairwise(w):
                if y.decl == var and not y.transposed:
                    yield x
                if x.decl == var and x.transposed:
                    yield flip(y)
