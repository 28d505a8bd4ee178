"""The rules: the only makers of theorems.

A theorem is a handle without contents; what it says is kept in a table that only this module's functions write, so
there is nothing to construct, replace, copy, unpickle or overwrite. A theorem "hyps |- conclusion" holds for all
values of its free dimensions, indices, letters, families and maps, over the real numbers.

Each rule checks everything that it is given and raises KernelError, its name first, when it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn
from weakref import ReferenceType, ref

from .errors import KernelError
from .ground import Witness, evaluate
from .props import (
    Prop,
    Variable,
    at_least,
    check_prop,
    check_variable,
    conjunction,
    equal,
    exists_all,
    for_all,
    free_letters,
    implication,
    negation,
    prop_names,
    prop_substitute,
    replace_variable,
    var_tag,
    variable_value,
    zero,
)
from .terms import (
    FAMILY,
    ONE,
    Decl,
    Key,
    Nat,
    Number,
    Substitution,
    Term,
    add,
    check_decl,
    check_name,
    check_nat,
    check_term,
    identity,
    letter,
    multiply,
    nat,
    nat_names,
    nat_sum,
    number,
    rank,
    scalar,
    scale,
    split,
    squared_norm,
    subtract,
    term_names,
    term_text,
    trace,
    transpose,
    zeros,
)


class Step(NamedTuple):
    """How a theorem was made: what the certificate writer replays."""

    rule: str
    parents: tuple[Theorem, ...]
    data: Mapping[str, Any]


class _Contents(NamedTuple):
    hyps: frozenset[Prop]
    conclusion: Prop
    axioms: frozenset[str]
    step: Step


class Theorem:
    """hyps |- conclusion. Only the rules of this module make one that says anything."""

    __slots__ = ("__weakref__",)

    def __init_subclass__(cls) -> NoReturn:
        raise KernelError("theorem: the class cannot be extended")

    @property
    def hyps(self) -> frozenset[Prop]:
        return _read(self).hyps

    @property
    def conclusion(self) -> Prop:
        return _read(self).conclusion

    @property
    def axioms(self) -> frozenset[str]:
        """The names of the axioms that it rests on."""
        return _read(self).axioms

    @property
    def step(self) -> Step:
        return _read(self).step

    def __repr__(self) -> str:
        return f"<Theorem {', '.join(sorted(map(str, self.hyps)))} |- {self.conclusion}>"


def _vault() -> tuple[Callable[..., Theorem], Callable[[Theorem], _Contents]]:
    table: dict[ReferenceType[Theorem], _Contents] = {}  # as WeakKeyDictionary has it, which takes thrice as long

    def forget(dead: ReferenceType[Theorem]) -> None:
        del table[dead]

    def make(rule: str, conclusion: Prop, parents: Sequence[Theorem] = (), **data: Any) -> Theorem:
        known = [read(p) for p in parents]  # raises for anything that is not a theorem of this table
        hyps = frozenset(data.pop("hyps")) if "hyps" in data else frozenset[Prop]().union(*(c.hyps for c in known))
        axioms = frozenset(data.pop("axioms", ())).union(*(c.axioms for c in known))
        theorem = Theorem()
        table[ref(theorem, forget)] = _Contents(hyps, conclusion, axioms, Step(rule, tuple(parents), data))
        return theorem

    def read(theorem: Theorem) -> _Contents:
        found = table.get(ref(theorem)) if type(theorem) is Theorem else None
        if found is None:
            raise KernelError("theorem: this object was not made by a rule of the kernel")
        return found

    return make, read


_make, _read = _vault()


def _need(ok: bool, rule: str, why: str, *shown: Any) -> None:
    """Refuse unless ok; the message is only put together when it is needed."""
    if not ok:
        raise KernelError(f"{rule}: {why.format(*(term_text(x) if isinstance(x, Term) else x for x in shown))}")


def _premise(rule: str, premises: Sequence[Theorem], i: int) -> Prop:
    _need(type(i) is int and 0 <= i < len(premises), rule, "there is no premise number {}", i)
    return premises[i].conclusion


def _fresh(rule: str, var: Variable, props: Sequence[Prop]) -> None:
    for p in props:
        _need(var_tag(var) not in prop_names(p), rule, "{} is not fresh, it occurs free in {}", var_tag(var), p)


# ---------------------------------------------------------------- 1, 2: rings and ideals
class Cofactor(NamedTuple):
    """left * h * right for the premise number `premise`, h = 0; with `outer`, tr(left * h * right) * outer.

    With `flipped` the transpose of h is used.
    """

    premise: int
    left: Term
    right: Term
    outer: Term | None = None
    flipped: bool = False

    def applied(self, h: Term) -> Term:
        """What it makes of h."""
        left, right = check_term(self.left), check_term(self.right)
        product = multiply(multiply(left, transpose(h) if self.flipped else h), right)
        return product if self.outer is None else scale(trace(product), check_term(self.outer))


def ring(p: Prop) -> Theorem:
    """|- p, when p is t = 0 and the normal form of t is zero."""
    _need(check_prop(p).kind == "zero", "ring", "{} is not an equation", p)
    return ideal(p[1], (), ())


def ideal(target: Term, premises: Sequence[Theorem], cofactors: Sequence[Cofactor]) -> Theorem:
    """target = 0, because target is the sum of the cofactors of premises that say h = 0; without any, the ring rule."""
    target, premises, cofactors = check_term(target), tuple(premises), tuple(cofactors)
    total = zeros(target.rows, target.cols)
    for c in cofactors:
        h = _premise("ideal", premises, c.premise)
        _need(h.kind == "zero", "ideal", "the premise {} is not an equation", h)
        total = add(total, c.applied(h[1]))
    rest = subtract(target, total)
    _need(not rest.words, "ideal", "{} is left of {}", rest, target)
    return _make("ideal", zero(target), premises, target=target, cofactors=cofactors)


# ---------------------------------------------------------------- 3: order
class Summand(NamedTuple):
    """coefficient * product of premises that say h >= 0 or h > 0 * product of tr(P'P) * product of naturals."""

    coefficient: Number
    premises: tuple[int, ...] = ()
    squares: tuple[Term, ...] = ()
    naturals: tuple[Term, ...] = ()


def order(
    goal: Prop,
    premises: Sequence[Theorem],
    summands: Sequence[Summand],
    equalities: Sequence[tuple[int, Term]] = (),
) -> Theorem:
    """goal (s >= 0 or s > 0), because s is a sum of non-negative products, plus multiples of scalars that are 0.

    A natural is a dimension, an index or the rank of a term. For s > 0 some summand must be positive: its
    coefficient is, and it has only factors h > 0.
    """
    goal, premises, summands, equalities = check_prop(goal), tuple(premises), tuple(summands), tuple(equalities)
    _need(goal.kind in ("ge", "gt"), "order", "{} is not an inequality", goal)
    total, positive = number(0), False
    for c in summands:
        _need(type(c.coefficient) in (int, Fraction) and c.coefficient >= 0, "order", "a coefficient is negative")
        product, strict = number(c.coefficient), c.coefficient > 0 and not c.squares and not c.naturals
        for i in c.premises:
            h = _premise("order", premises, i)
            _need(h.kind in ("ge", "gt"), "order", "the premise {} is not an inequality", h)
            product, strict = scale(product, h[1]), strict and h.kind == "gt"
        for p in c.squares:
            product = scale(product, squared_norm(check_term(p)))
        for n in c.naturals:
            _need(_is_natural(check_term(n)), "order", "{} is not a dimension, an index or a rank", n)
            product = scale(product, n)
        total, positive = add(total, product), positive or strict
    for i, multiple in equalities:
        h = _premise("order", premises, i)
        _need(h.kind == "zero", "order", "the premise {} is not an equation", h)
        total = add(total, scale(check_term(multiple), h[1]))
    rest = subtract(goal[1], total)
    _need(not rest.words, "order", "{} is left of {}", rest, goal)
    _need(positive or goal.kind == "ge", "order", "no summand is positive")
    return _make("order", goal, premises, goal=goal, summands=summands, equalities=equalities)


def _is_natural(n: Term) -> bool:
    """Whether a 1 x 1 term is a polynomial with natural coefficients in dimensions, indices and ranks."""
    return n.rows == ONE == n.cols and all(
        c >= 0 and c == int(c) and all(a.kind in ("nat", "rank") for a in split(key)[0]) for key, c in n.words.items()
    )


def is_integral(s: Term) -> bool:
    """Whether a 1 x 1 term is a polynomial with integer coefficients in dimensions, indices and ranks."""
    words: dict[Key, Number] = {k: c if c > 0 else -c for k, c in s.words.items()}
    return _is_natural(s._replace(words=words))


def null(th: Theorem, p: Term) -> Theorem:
    """P = 0 from tr(P'P) <= 0."""
    p = check_term(p)
    bound = at_least(number(0), squared_norm(p))
    _need(th.conclusion == bound, "null", "{} is not {}", th.conclusion, bound)
    return _make("null", zero(p), [th], term=p)


def integer(th: Theorem) -> Theorem:
    """s >= 1 from s > 0, where s has integer coefficients and dimensions, indices and ranks only."""
    s = th.conclusion[1]
    _need(th.conclusion.kind == "gt", "integer", "{} is not a strict inequality", th.conclusion)
    _need(is_integral(s), "integer", "{} is not an integer", s)
    return _make("integer", at_least(s, number(1)), [th])


def invert(th: Theorem, name: str) -> Theorem:
    """There is a t with s t = 1, from: not s = 0, s a scalar."""
    p = th.conclusion
    _need(p.kind == "not" and p[1].kind == "zero", "invert", "{} is not of the form: not s = 0", p)
    s, t = p[1][1], Decl(name, ONE, ONE)
    _need(s.rows == ONE == s.cols and t.tag not in term_names(s), "invert", "{} has no reciprocal {}", s, name)
    return _make("invert", exists_all((t,), equal(scale(s, letter(t)), number(1))), [th], name=name)


# ---------------------------------------------------------------- 4: rank
def rank_bound(x: Term, y: Term) -> Theorem:
    """rank(X Y) <= k, the dimension between X and Y."""
    x, y = check_term(x), check_term(y)
    product = multiply(x, y)
    return _make("rank_bound", at_least(scalar(x.cols), rank(product)), left=x, right=y)


def rank_factor(m: Term, names: tuple[str, str, str, str, str]) -> Theorem:
    """There are r, C, F, A, B with r = rank M, M = C F through r, A C = 1 and F B = 1."""
    m, r = check_term(m), nat(names[0])
    c, f, a, b = (
        Decl(name, rows, cols)
        for name, rows, cols in zip(names[1:], (m.rows, r, r, m.cols), (r, m.cols, m.rows, r), strict=True)
    )
    _need(len(set(names)) == 5 and not _tags(names) & term_names(m), "rank_factor", "{} are not fresh", names)
    body = conjunction(
        equal(scalar(r), rank(m)),
        equal(m, multiply(letter(c), letter(f))),
        equal(multiply(letter(a), letter(c)), identity(r)),
        equal(multiply(letter(f), letter(b)), identity(r)),
    )
    return _make("rank_factor", exists_all((names[0], c, f, a, b), body), term=m, names=names)


def rank_identity(th: Theorem, x: Term, y: Term) -> Theorem:
    """r <= s from X Y = I_r through s."""
    x, y = check_term(x), check_term(y)
    product = multiply(x, y)
    _need(th.conclusion == equal(product, identity(x.rows)), "rank_identity", "{} is not X Y = I", th.conclusion)
    return _make("rank_identity", at_least(scalar(x.cols), scalar(x.rows)), [th], left=x, right=y)


def _tags(names: Sequence[str]) -> set[str]:
    return {tag for n in names for tag in (n, f"@{n}")}


# ---------------------------------------------------------------- 5: direct sums
def blocks(p: Nat, q: Nat, names: tuple[str, str]) -> Theorem:
    """There are injections E of p and F of q into p + q with E'E = 1, F'F = 1, E'F = 0, E E' + F F' = 1."""
    size = nat_sum(check_nat(p), check_nat(q))
    decls = Decl(names[0], size, p), Decl(names[1], size, q)
    _need(names[0] != names[1], "blocks", "the two names are equal")
    e, f = map(letter, decls)
    body = conjunction(
        equal(multiply(transpose(e), e), identity(p)),
        equal(multiply(transpose(f), f), identity(q)),
        zero(multiply(transpose(e), f)),
        equal(add(multiply(e, transpose(e)), multiply(f, transpose(f))), identity(size)),
    )
    return _make("blocks", exists_all(decls, body), p=p, q=q, names=names)


# ---------------------------------------------------------------- 6: induction
def induct(base: Theorem, step: Theorem, var: str, claim: Prop) -> Theorem:
    """claim for all var, from claim at 0 and: claim implies claim at var + 1."""
    claim = check_prop(claim)
    _need(not var.endswith(FAMILY), "induct", "{} is not an index", var)
    _need(base.conclusion == replace_variable(claim, var, nat(0)), "induct", "the base {} is not at 0", base.conclusion)
    after = replace_variable(claim, var, nat_sum(nat(var), ONE))
    _need(step.conclusion == implication(claim, after), "induct", "the step {} does not fit {}", step.conclusion, claim)
    _fresh("induct", var, tuple(step.hyps))
    return _make("induct", for_all(var, claim), [base, step], var=var, claim=claim)


def difference(th: Theorem, a: Nat, b: Nat, name: str) -> Theorem:
    """There is a natural n with a = b + n, from a >= b."""
    goal = at_least(scalar(check_nat(a)), scalar(check_nat(b)))
    _need(th.conclusion == goal, "difference", "{} is not {}", th.conclusion, goal)
    _need(name not in nat_names(a) | nat_names(b), "difference", "{} is not fresh", name)
    body = equal(scalar(a), add(scalar(b), scalar(nat(name))))
    return _make("difference", exists_all((name,), body), [th], a=a, b=b, name=name)


def transport(th: Theorem, var: str, value: Nat, hyps: Sequence[Prop], conclusion: Prop) -> Theorem:
    """hyps, var = value |- conclusion, from the same with value put for var everywhere, types included."""
    images, hyps, conclusion = {var: check_nat(value)}, tuple(map(check_prop, hyps)), check_prop(conclusion)
    _need(var not in nat_names(value), "transport", "{} occurs in {}", var, value)
    at = [prop_substitute(p, Substitution(images)) for p in (*hyps, conclusion)]
    _need(th.hyps == frozenset(at[:-1]) and th.conclusion == at[-1], "transport", "{} does not fit", th)
    # Two letters that differ in type only would become one: the smaller statement says nothing of them apart.
    letters = frozenset[Decl]().union(*map(free_letters, (*hyps, conclusion)))
    _need(len({d.name for d in letters}) == len(letters), "transport", "one name has two types")
    data = {"hyps": {*hyps, equal(scalar(nat(var)), scalar(value))}, "assumed": hyps, "goal": conclusion}
    return _make("transport", conclusion, [th], **data, var=var, value=value)


# ---------------------------------------------------------------- 7: logic
def assume(p: Prop) -> Theorem:
    """p |- p."""
    p = check_prop(p)
    return _make("assume", p, hyps={p}, prop=p)


def discharge(th: Theorem, p: Prop) -> Theorem:
    """|- p implies q, from p |- q."""
    p = check_prop(p)
    hyps = th.hyps - {p}
    return _make("discharge", implication(p, th.conclusion), [th], hyps=hyps, prop=p)


def detach(rule: Theorem, th: Theorem) -> Theorem:
    """q, from p implies q and p (modus ponens; with discharge, the cut)."""
    p = rule.conclusion
    _need(p.kind == "imp" and p[1] == th.conclusion, "detach", "{} is not the condition of {}", th.conclusion, p)
    return _make("detach", p[2], [rule, th])


def conjoin(parts: Sequence[Theorem]) -> Theorem:
    """p and q and .., from each."""
    parts = tuple(parts)
    _need(bool(parts), "conjoin", "there is nothing to join")
    return _make("conjoin", conjunction(*(p.conclusion for p in parts)), parts)


def part(th: Theorem, i: int) -> Theorem:
    """The i-th part of a conjunction."""
    p = th.conclusion
    _need(p.kind == "and" and 0 <= i < len(p[1]), "part", "{} has no part {}", p, i)
    return _make("part", p[1][i], [th], i=i)


def instantiate(th: Theorem, nats: Mapping[str, Nat], letters: Mapping[Decl, Term]) -> Theorem:
    """The theorem with its free variables replaced, all at once and type by type."""
    images = {check_decl(d): check_term(t) for d, t in letters.items()}
    s = Substitution({k: check_nat(n) for k, n in nats.items()}, images)
    hyps = {check_prop(prop_substitute(h, s)) for h in th.hyps}
    conclusion = check_prop(prop_substitute(th.conclusion, s))
    return _make("instantiate", conclusion, [th], hyps=hyps, nats=s.nats, letters=s.letters)


def generalize(th: Theorem, var: Variable) -> Theorem:
    """For all var, from the statement with var free; no hypothesis may mention it."""
    _fresh("generalize", check_variable(var), tuple(th.hyps))
    return _make("generalize", for_all(var, th.conclusion), [th], var=var)


def specialize(th: Theorem, value: Nat | Term) -> Theorem:
    """The body of a "for all" at a value."""
    p = th.conclusion
    _need(p.kind == "all", "specialize", "{} is not a 'for all'", p)
    return _make("specialize", check_prop(_body(p, _checked(value))), [th], value=value)


def _body(p: Prop, value: Nat | Term) -> Prop:
    """What p says of its bound variable, said of the value; of the variable itself it stands there."""
    return p[2] if value == variable_value(p[1]) else replace_variable(p[2], p[1], value)


def introduce(th: Theorem, goal: Prop, value: Nat | Term) -> Theorem:
    """Exists var. body, from the body at a value."""
    goal = check_prop(goal)
    _need(goal.kind == "ex", "introduce", "{} is not an 'exists'", goal)
    at = _body(goal, _checked(value))
    _need(th.conclusion == at, "introduce", "{} is not {}", th.conclusion, at)
    return _make("introduce", goal, [th], goal=goal, value=value)


def eliminate(some: Theorem, th: Theorem, var: Variable) -> Theorem:
    """q, from: exists x. body, and body at a fresh var |- q."""
    p = some.conclusion
    _need(p.kind == "ex", "eliminate", "{} is not an 'exists'", p)
    _need(_same_sort(check_variable(var), p[1]), "eliminate", "{} has another type than {}", var, p[1])
    at = _body(p, variable_value(var))
    rest = th.hyps - {at}
    _fresh("eliminate", var, (*rest, th.conclusion, p))
    return _make("eliminate", th.conclusion, [some, th], hyps=some.hyps | rest, var=var)


def _same_sort(a: Variable, b: Variable) -> bool:
    """Whether two variables differ in their names only."""
    if isinstance(a, Decl) and isinstance(b, Decl):
        return a._replace(name=b.name) == b
    return isinstance(a, str) and isinstance(b, str) and a.endswith(FAMILY) == b.endswith(FAMILY)


def _checked(value: Nat | Term) -> Nat | Term:
    return check_nat(value) if isinstance(value, Nat) else check_term(value)


def cases(yes: Theorem, no: Theorem, p: Prop) -> Theorem:
    """q, from p |- q and not p |- q."""
    _need(yes.conclusion == no.conclusion, "cases", "{} and {} differ", yes.conclusion, no.conclusion)
    p = check_prop(p)
    hyps = (yes.hyps - {p}) | (no.hyps - {negation(p)})
    return _make("cases", yes.conclusion, [yes, no], hyps=hyps, prop=p)


def absurd(th: Theorem, no: Theorem, goal: Prop) -> Theorem:
    """Anything, from p and not p."""
    _need(no.conclusion == negation(th.conclusion), "absurd", "{} does not deny {}", no.conclusion, th.conclusion)
    goal = check_prop(goal)
    return _make("absurd", goal, [th, no], goal=goal)


def congruence(th: Theorem, left: Term, right: Term, decl: Decl | None = None, index: Nat | None = None) -> Theorem:
    """f(left) = f(right) from left = right, for an opaque map of one argument, or for the rank (no decl)."""
    left, right = check_term(left), check_term(right)
    _need(th.conclusion == equal(left, right), "congruence", "{} does not fit", th.conclusion)
    if decl is None:
        goal = equal(rank(left), rank(right))
    else:
        goal = equal(letter(decl, index, (left,)), letter(decl, index, (right,)))
    return _make("congruence", check_prop(goal), [th], left=left, right=right, map=decl and (decl, index))


# ---------------------------------------------------------------- 8: ground instances, and axioms
def ground(goal: Prop, witness: Witness) -> Theorem:
    """Exists x .. z. body, because evaluating the body at the witness gives true."""
    goal = body = check_prop(goal)
    _need(body.kind == "ex", "ground", "{} is not an 'exists'", goal)
    bound: set[str] = set()
    while body.kind == "ex":
        bound.add(var_tag(body[1]))
        body = body[2]
    _need(prop_names(body) <= bound, "ground", "{} are not bound", sorted(prop_names(body) - bound))
    _need(evaluate(body, witness), "ground", "the witness does not satisfy {}", body)
    return _make("ground", goal, goal=goal, witness=witness)


def axiom(name: str, p: Prop) -> Theorem:
    """A named assumption without free variables; every theorem that rests on it lists the name."""
    check_name(name)
    p = check_prop(p)
    _need(not prop_names(p), "axiom", "{} has free variables", p)
    return _make("axiom", p, axioms={name}, name=name, prop=p)
