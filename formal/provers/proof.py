"""A proof in progress: facts at hand, a goal, and the moves that a script can make.

Nothing here is trusted. Every move ends in a rule of the kernel, and what a script returns is a theorem of the kernel
or it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from ..kernel import rules
from ..kernel.props import (
    Prop,
    Variable,
    at_least,
    equal,
    exists,
    free_letters,
    greater,
    negation,
    prop_names,
    replace_variable,
    var_tag,
    variable_value,
    zero,
)
from ..kernel.rules import Theorem
from ..kernel.terms import (
    HOLE,
    ONE,
    Decl,
    Nat,
    Term,
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
    squared_norm,
    term_names,
    transpose,
)
from ..statement.elaborate import elaborate, elaborate_prop
from ..statement.language import Expression, Opaque, as_prop, dims, lift, scalars, to_nat
from .errors import ProofFailure
from .ideal import ideal
from .positivity import positivity

Script: TypeAlias = "Callable[[Proof], Theorem]"


class Factors(NamedTuple):
    """M = left * right through `size` = rank M, with left_inverse * left = I and right * right_inverse = I."""

    size: Nat
    left: Term
    right: Term
    left_inverse: Term
    right_inverse: Term


class _Names:
    """The names that occur anywhere in a proof, free or bound; they are collected when one is asked for."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._unread: list[Prop] = []

    def note(self, p: Prop) -> None:
        self._unread.append(p)

    def __call__(self) -> set[str]:
        while self._unread:
            self._names.update(name.lstrip("@") for name in all_names(self._unread.pop()))
        return self._names


class Proof:
    """Facts, a goal, and moves. A script is a function of a Proof that returns the theorem of its goal."""

    def __init__(self, goal: Prop, facts: Iterable[Theorem] = (), taken: _Names | None = None) -> None:
        self.goal = goal
        self.facts: list[Theorem] = []
        self.index: Any = None  # in an induction step, the index as a SymPy symbol
        self.opened: list[tuple[Theorem, list[Prop], list[Variable]]] = []
        self.values: list[Any] = []  # all that was named by opening an 'exists', the latest last
        self.done: set[Any] = set()  # what a search has used up, so that it is not used twice
        self._taken = taken or _Names()
        self._taken.note(goal)
        for fact in facts:
            self.add(fact)

    # ------------------------------------------------------------ facts
    def add(self, th: Theorem) -> Theorem:
        """Take a theorem among the facts; a conjunction in its parts, an 'exists' opened with fresh names."""
        p = th.conclusion
        if p.kind == "and":
            for i in range(len(p[1])):
                self.add(rules.part(th, i))
        elif p.kind == "ex":
            self.open(th)
        else:
            self._taken.note(p)
            self.facts.append(th)
            if p.kind == "gt" and rules.is_integral(p[1]):
                self.facts.append(rules.integer(th))
        return th

    def open(self, th: Theorem, *, keep: bool = False) -> list[Any]:
        """Name what an 'exists' promises; its body joins the facts. Returns the values in order.

        With `keep` the names are those of the 'exists' unless they occur free: the goal may bind them, which is cheap,
        and right for a step of an induction whose values do not mention what the goal binds further inside.
        """
        names, bodies, values = [], [], []
        p = th.conclusion
        free = self._free_names() if keep else self._taken()
        while p.kind == "ex":
            var = p[1]
            name = var if isinstance(var, str) else var.name
            name = name if name not in free else self.fresh(name)
            self._taken().add(name)
            if isinstance(var, str):
                fresh: Variable = name
                value: Any = nat(str(fresh))
                p = p[2] if fresh == var else replace_variable(p[2], var, value)
            else:
                decl = fresh = var._replace(name=name)
                value = decl if decl.indexed or decl.domain else letter(decl)
                p = p[2] if decl == var else replace_variable(p[2], var, variable_value(decl))
            names.append(fresh)
            bodies.append(p)
            values.append(value)
        self.opened.append((th, bodies, names))
        self.values += values
        self.add(rules.assume(p))
        return values

    def _free_names(self) -> set[str]:
        """What occurs free in the goal, the facts and what they rest on."""
        props = {self.goal}.union(*({f.conclusion, *f.hyps} for f in self.facts))
        return {name.lstrip("@") for q in props for name in prop_names(q)}

    def fresh(self, name: str) -> str:
        """A name like this one that is not in use."""
        candidate, i = name, 0
        while candidate in self._taken():
            i += 1
            candidate = f"{name.rstrip('0123456789')}{i}"
        self._taken().add(candidate)
        return candidate

    def close(self, th: Theorem) -> Theorem:
        """Discharge what was opened, the latest first; the result must be the goal."""
        if th.conclusion != self.goal:
            raise ProofFailure(f"the script proves {th.conclusion}, not the goal {self.goal}")
        for some, bodies, names in reversed(self.opened):
            for i in range(len(names) - 1, -1, -1):
                above = some if i == 0 else rules.assume(bodies[i - 1])
                if bodies[i] in th.hyps:
                    th = rules.eliminate(above, th, names[i])
        return th

    def unused(self, *names: str) -> tuple[str, ...]:
        """Names like these for a rule to bind, which open then finds free."""
        found = tuple(map(self.fresh, names))
        self._taken().difference_update(found)
        return found

    # ------------------------------------------------------------ reading statements
    def prop(self, p: Any) -> Prop:
        """The kernel proposition of a statement."""
        return p if isinstance(p, Prop) else elaborate_prop(as_prop(p))

    def term(self, e: Any) -> Term:
        """The kernel term of an expression."""
        return e if isinstance(e, Term) else elaborate(lift(e))

    # ------------------------------------------------------------ moves
    def prove(self, goal: Any, script: Script | None = None, extra: Iterable[Theorem] = ()) -> Theorem:
        """A theorem of another goal from the facts at hand and some more; not taken among the facts."""
        inner = Proof(self.prop(goal), (), self._taken)
        inner.index, inner.values = self.index, list(self.values)
        inner.facts, inner.done = list(self.facts), set(self.done)
        for th in extra:
            inner.add(th)
        th = inner.close((script or auto)(inner))
        return th

    def have(self, goal: Any, script: Script | None = None, using: Sequence[Any] | None = None) -> Theorem:
        """Prove it and take it among the facts; `using` names the only facts that the search may use."""
        if using is not None:
            return self.add(self.ideal(goal, [self.fact(p) for p in using]))
        return self.add(self.prove(goal, script))

    def fact(self, p: Any) -> Theorem:
        """The fact that says this, or the theorem itself."""
        if isinstance(p, Theorem):
            return p
        wanted = self.prop(p)
        for f in self.facts:
            if f.conclusion == wanted:
                return f
        raise ProofFailure(f"{p} is not among the facts")

    def about(self, *names: str) -> list[Theorem]:
        """The facts that mention no letters but these: a short list makes a quick search."""
        return [f for f in self.facts if {d.name for d in free_letters(f.conclusion)} <= set(names)]

    def call(self, name: str, value: Any) -> Term:
        """A new letter for a term; the equation joins the facts."""
        term = self.term(value)
        decl = Decl(self.unused(name)[0], term.rows, term.cols)
        goal = exists(decl, equal(letter(decl), term))
        named = rules.introduce(self.ideal(equal(term, term), ()), goal, term)
        return self.open(named)[0]  # type: ignore[no-any-return]

    def ideal(self, goal: Any = None, facts: Sequence[Theorem] | None = None, eliminate: Sequence[Any] = ()) -> Theorem:
        """An equation from the equations at hand; letters to `eliminate` are replaced by what facts say they are."""
        target = self.goal if goal is None else self.prop(goal)
        letters = {x for e in map(self.term, eliminate) for t in (e, transpose(e)) for key in t.words for x in key}
        return ideal(target, self.facts if facts is None else facts, eliminate=letters)

    def order(
        self,
        goal: Any = None,
        *,
        squares: Sequence[Any] = (),
        multipliers: Sequence[Any] = (),
        products: int = 1,
        rewrite: bool = False,
    ) -> Theorem:
        """An inequality from the facts at hand; with `rewrite`, after rewriting it by the equations."""
        return positivity(
            self.goal if goal is None else self.prop(goal),
            self.facts,
            squares=[self.term(s) for s in squares],
            multipliers=[self.term(s) for s in multipliers],
            products=products,
            modulo=self.facts if rewrite else (),
        )

    def suppose(self, p: Any, script: Script, goal: Any) -> Theorem:
        """p implies goal, by a script that may use p."""
        q = self.prop(p)
        return rules.discharge(self.prove(goal, script, [rules.assume(q)]), q)

    def each(self, script: Script, goal: Any = None) -> Theorem:
        """The goal "for each index below a bound", by a script that may use that the index is."""
        _, index, (_, guard, body) = self.goal if goal is None else self.prop(goal)
        return rules.generalize(self.suppose(guard, script, body), index)

    def cases(self, p: Any, yes: Script, no: Script, goal: Any = None) -> Theorem:
        """The goal, once from p and once from its denial."""
        q = self.prop(p)
        target = self.goal if goal is None else self.prop(goal)
        return rules.cases(
            self.prove(target, yes, [rules.assume(q)]), self.prove(target, no, [rules.assume(negation(q))]), q
        )

    def contradiction(self, th: Theorem, no: Theorem, goal: Any = None) -> Theorem:
        """Anything, from a fact and its denial."""
        return rules.absurd(th, no, self.goal if goal is None else self.prop(goal))

    def impossible(self, false: Theorem | None = None, **hints: Any) -> Theorem:
        """The goal, because the facts contradict each other by order, or from 0 > 0 itself."""
        return anything(self.goal, false or self.order(FALSE, **hints))

    def at(self, th: Theorem, *values: Any) -> Theorem:
        """A 'for all' at values; guards and conditions that are at hand or follow are discharged."""
        for value in values:
            p = th.conclusion
            if p.kind != "all":
                raise ProofFailure(f"{p} is not a 'for all'")
            th = rules.specialize(th, to_nat(value) if isinstance(p[1], str) else self.term(value))
            th = self.detach(th)
        return th

    def detach(self, th: Theorem) -> Theorem:
        """Discharge the conditions of an implication that follow from the facts."""
        while th.conclusion.kind == "imp":
            known = next((f for f in self.facts if f.conclusion == th.conclusion[1]), None)
            th = rules.detach(th, known or self.prove(th.conclusion[1]))
        return th

    def induct(self, var: str, claim: Prop, base: Script | None = None, step: Script | None = None) -> Theorem:
        """claim for all var; the step has the claim at var among its facts."""
        after = replace_variable(claim, var, nat_sum(nat(var), ONE))
        first = self.prove(replace_variable(claim, var, nat(0)), base)
        return rules.induct(first, self.suppose(claim, step or auto, after), var, claim)

    def congruent(self, phi: Opaque, left: Any, right: Any, using: Theorem | Sequence[Any] | None = None) -> Theorem:
        """phi(left) = phi(right), where left = right follows by ideal from `using` or all facts, or is the theorem
        `using`; it joins the facts."""
        a, b = self.term(left), self.term(right)
        index = None if phi.index is None else to_nat(phi.index)
        if isinstance(using, Theorem):
            same = using
        else:
            same = self.ideal(equal(a, b), None if using is None else [self.fact(p) for p in using])
        return self.add(rules.congruence(same, a, b, phi.decl, index))

    def multiply(self, fact: Any, left: Any = None, right: Any = None) -> Theorem:
        """left h right = 0, from the equation h = 0; it joins the facts."""
        th = self.fact(fact)
        h: Term = th.conclusion[1]
        a = identity(h.rows) if left is None else self.term(left)
        b = identity(h.cols) if right is None else self.term(right)
        target = multiply(multiply(a, h), b)
        return self.add(rules.ideal(target, [th], [rules.Cofactor(0, a, b)]))

    def flip(self, fact: Any) -> Theorem:
        """h' = 0, from the equation h = 0; it joins the facts."""
        th = self.fact(fact)
        target = transpose(th.conclusion[1])
        return self.add(
            rules.ideal(target, [th], [rules.Cofactor(0, identity(target.rows), identity(target.cols), None, True)])
        )

    def product(self, *facts: Any) -> Theorem:
        """The product of scalars that the facts say are positive, or at least 0, is so too; it joins the facts."""
        factors = [self.fact(f) for f in facts]
        value = number(1)
        for th in factors:
            value = multiply(value, th.conclusion[1])
        compare = greater if all(th.conclusion.kind == "gt" for th in factors) else at_least
        summand = rules.Summand(1, tuple(range(len(factors))))
        return self.add(rules.order(compare(value, number(0)), factors, [summand]))

    def combine(self, goal: Any, *parts: Sequence[Any]) -> Theorem:
        """An equation as the sum of left * h * right over parts (fact h = 0, left, right); nothing is searched.

        A side that is left out, or None, is the identity; the left side may be a scalar, and that of a scalar fact is
        what it is multiplied by.
        Where the equation is one of scalars and the product is not, its trace is meant.

        >>> from formal.claims import Book, check
        >>> from formal.statement import Eq, Identity, dims, matrix
        >>> d = dims("d"); A, B = matrix("A", d, d), matrix("B", d, d)
        >>> found = Book().claim("X-1", "", given=[Eq(A*B, Identity(d))], show=Eq(A*A*B*B, Identity(d)),
        ...     proof=lambda p: p.combine(p.goal, (p.facts[0], A, B), (p.facts[0],)))
        >>> check(found).verdict
        'proved'
        """
        wanted = self.prop(goal)
        if wanted.kind != "zero":
            raise ProofFailure(f"combine: {wanted} is not an equation")
        facts = [self.fact(fact) for fact, *_ in parts]
        cofactors = []
        for i, (_, *sides) in enumerate(parts):
            h: Term = facts[i].conclusion[1]
            left, right = (*sides, None, None)[:2]
            a = identity(h.rows) if left is None else self.term(left)
            b = identity(h.cols) if right is None else self.term(right)
            if a.cols != h.rows == ONE == h.cols:  # a matrix times a scalar
                cofactors.append(rules.Cofactor(i, number(1), b, a))
                continue
            if a.rows == ONE == a.cols != h.rows:  # a scalar times a matrix
                a = scale(a, identity(h.rows))
            traced = wanted[1].rows == ONE == wanted[1].cols and not a.rows == ONE == b.cols
            cofactors.append(rules.Cofactor(i, a, b, number(1) if traced else None))
        return rules.ideal(wanted[1], facts, cofactors)

    def weighted(self, goal: Any, *parts: Sequence[Any]) -> Theorem:
        """An inequality as the sum of parts (weight, factor, ..); nothing is searched.

        A factor is an inequality that is known, or a term that stands for its squared norm; then the weight is a
        number. Or the part is an equation, with any scalar for its weight.

        >>> from formal.claims import Book, check
        >>> from formal.statement import Eq, scalars
        >>> x, y, z = scalars("x y z")
        >>> found = Book().claim("X-1", "", given=[Eq(x, z + y*y), y >= 0], show=z*y <= x*y,
        ...     proof=lambda p: p.weighted(p.goal, (y, p.facts[0]), (1, p.facts[1], y)))
        >>> check(found).verdict
        'proved'
        """
        facts: list[Theorem] = []
        summands: list[rules.Summand] = []
        equations: list[tuple[int, Term]] = []
        for weight, *factors in parts:
            known = [f for f in factors if isinstance(f, Theorem)]
            places = tuple(range(len(facts), len(facts) + len(known)))
            facts += known
            if len(known) == 1 and known[0].conclusion.kind == "zero":
                equations.append((places[0], self.term(weight)))
            else:
                squares = tuple(self.term(f) for f in factors if not isinstance(f, Theorem))
                summands.append(rules.Summand(weight, places, squares))
        return rules.order(self.prop(goal), facts, summands, equations)

    def squeeze(self, least: Theorem, most: Theorem) -> Theorem:
        """s = 0, from s >= 0 and -s >= 0: their product is -s^2."""
        s: Term = least.conclusion[1]
        square = at_least(number(0), multiply(s, s))
        return rules.null(rules.order(square, [least, most], [rules.Summand(1, (0, 1))]), s)

    def reciprocal(self, s: Any) -> Term:
        """A scalar t with s t = 1, where s > 0, or s not 0, follows from the facts; the equation joins the facts."""
        value = self.term(s)
        known = [f for f in self.facts if f.conclusion == greater(value, number(0))]
        not_zero = positive_is_not_zero(known[0]) if known else self.prove(negation(zero(value)))
        return self.open(rules.invert(not_zero, *self.unused("t")))[0]  # type: ignore[no-any-return]

    def inverse(self, s: Any) -> tuple[Expression, Theorem]:
        """The same, with the equation: t to write expressions with, and s t = 1."""
        self.reciprocal(s)
        return scalars(var_tag(self.opened[-1][2][0]).lstrip("@")), self.facts[-1]

    def square_is_zero(self, a: Any, using: Sequence[Any] | None = None, **hints: Any) -> Theorem:
        """a = 0, where tr(a'a) <= 0 follows by order, or tr(a'a) = 0 by ideal from `using`; it joins the facts."""
        m = self.term(a)
        goal = at_least(number(0), squared_norm(m))
        if using is None:
            return self.add(rules.null(self.order(goal, **hints), m))
        square = self.ideal(equal(squared_norm(m), number(0)), [self.fact(p) for p in using])
        return self.add(rules.null(rules.order(goal, [square], (), [(0, number(-1))]), m))

    def refute(self, p: Any, script: Script) -> Theorem:
        """not p, by a script that shows 0 > 0 with p among the facts."""
        q = self.prop(p)
        no = anything(negation(q), self.prove(FALSE, script, [rules.assume(q)]))
        return rules.cases(no, rules.assume(negation(q)), q)

    def at_equal(self, name: str, value: Any, script: Script | None = None) -> Theorem:
        """The goal, where the index `name` equals `value` by the facts: it is proved with the value put in."""
        n = to_nat(value)
        goal = replace_variable(self.goal, name, n)
        inner = Proof(goal, (), self._taken)
        inner.facts = [f for f in self.facts if name not in prop_names(f.conclusion).union(*map(prop_names, f.hyps))]
        inner.index, inner.values = self.index, list(self.values)
        th = inner.close((script or auto)(inner))
        moved = rules.transport(th, name, n, tuple(th.hyps), self.goal)
        equation = equal(scalar(nat(name)), scalar(n))
        return rules.detach(rules.discharge(moved, equation), self.prove(equation, equality))

    # ------------------------------------------------------------ rank
    def factor(self, m: Any) -> Factors:
        """A full-rank factorisation; its equations join the facts."""
        names = self.unused("r", "C", "F", "A", "B")
        return Factors(*self.open(rules.rank_factor(self.term(m), names)))  # type: ignore[arg-type]

    def blocks(self, p: Any, q: Any) -> tuple[Term, Term]:
        """The two injections into a direct sum; their equations join the facts."""
        one, two = self.unused("E", "E")
        first, second = self.open(rules.blocks(to_nat(p), to_nat(q), (one, two)))
        return first, second

    def same_rank(self, a: Any, b: Any, using: Sequence[Any] | None = None) -> Theorem:
        """rank a = rank b, where a = b follows by ideal from `using` or all facts; it joins the facts."""
        left, right = self.term(a), self.term(b)
        same = self.ideal(equal(left, right), None if using is None else [self.fact(p) for p in using])
        return self.add(rules.congruence(same, left, right))

    def rank_at_most(self, m: Any, left: Any, right: Any) -> Theorem:
        """rank M <= k, from M = left right through k, the equation found by ideal."""
        target, x, y = self.term(m), self.term(left), self.term(right)
        product = multiply(x, y)
        same = rules.congruence(self.ideal(equal(target, product)), target, product)
        bound = rules.rank_bound(x, y)
        return positivity(at_least(scalar(x.cols), rank(target)), [bound, same])

    def lemma(self, th: Theorem, nats: dict[str, Any] | None = None, **letters: Any) -> Theorem:
        """A proved lemma with its dimensions and letters replaced by name; its conditions are discharged.

        The image of a family may be a function of the index; a family of dimensions m is named "m[]".
        """
        free = {d.name: d for p in (th.conclusion, *th.hyps) for d in free_letters(p)}
        images = {free[k]: self.term(v(dims(HOLE)) if callable(v) else v) for k, v in letters.items()}
        sizes: dict[str, Nat] = {k: to_nat(v) for k, v in (nats or {}).items()}
        for decl, image in images.items():
            for pattern, actual in ((decl.rows, image.rows), (decl.cols, image.cols)):
                (name,) = nat_names(pattern) if len(nat_names(pattern)) == 1 else ("",)
                if name.isidentifier() and pattern == nat(name):
                    sizes.setdefault(name, actual)
        if sizes or images:
            th = rules.instantiate(th, sizes, images)
        at_hand = {h: next((f for f in self.facts if f.conclusion == h), None) for h in th.hyps}
        for hyp in sorted((h for h, f in at_hand.items() if f is None or f.step.rule != "assume"), key=str):
            th = rules.detach(rules.discharge(th, hyp), at_hand[hyp] or self.prove(hyp))
        return self.detach(th)


def all_names(p: Prop) -> Iterable[str]:
    """Free and bound names."""
    if p.kind in ("zero", "ge", "gt"):
        yield from term_names(p[1])
        return
    for q in p[1:] if p.kind != "and" else p[1]:
        if isinstance(q, Prop):
            yield from all_names(q)
        elif isinstance(q, str):
            yield q
        elif isinstance(q, Decl):
            yield from q.names


FALSE = greater(number(0), number(0))


def anything(goal: Prop, wrong: Theorem) -> Theorem:
    """Any goal, from 0 > 0."""
    return rules.absurd(wrong, rules.order(negation(FALSE), (), ()), goal)


def positive_is_not_zero(th: Theorem) -> Theorem:
    """not s = 0, from s > 0: 0 = s > 0 would be wrong."""
    equation = zero(th.conclusion[1])
    goal = negation(equation)
    wrong = rules.order(FALSE, [th, rules.assume(equation)], [rules.Summand(1, (0,))], [(1, number(-1))])
    return rules.cases(anything(goal, wrong), rules.assume(goal), equation)


def either(goal: Prop, th: Theorem) -> Theorem:
    """p or q (that is: not (not p and not q)), from one of them."""
    denial = goal[1]
    place = denial[1].index(negation(th.conclusion))
    return rules.cases(rules.absurd(th, rules.part(rules.assume(denial), place), goal), rules.assume(goal), denial)


# ---------------------------------------------------------------- the default script
def auto(p: Proof) -> Theorem:
    """Take the goal apart, then close equations by ideal and inequalities by positivity."""
    goal = p.goal
    for fact in p.facts:
        if fact.conclusion == goal:
            return fact
    if goal.kind == "and":
        return rules.conjoin([p.prove(q) for q in goal[1]])
    if goal.kind == "imp":
        return p.suppose(goal[1], auto, goal[2])
    if goal.kind == "all":
        var = goal[1]
        return rules.generalize(p.prove(goal[2]), var)
    if goal.kind == "zero":
        return p.ideal()
    if goal.kind in ("ge", "gt"):
        try:
            return p.order()
        except ProofFailure:
            if not any(f.conclusion.kind == "zero" for f in p.facts):
                raise
            return p.order(rewrite=True)
    if goal.kind == "not" and goal[1].kind in ("zero", "and"):  # not equal; at least one of some
        return by_denial(p)
    raise ProofFailure(f"auto: no way to start on {goal}")


def by_denial(p: Proof) -> Theorem:
    """not q: from q, show 0 > 0, or the denial of a fact."""
    q = negation(p.goal)

    def refute(inner: Proof) -> Theorem:
        for fact in inner.facts:
            if fact.conclusion.kind == "not" and fact.conclusion[1].kind == "zero":
                try:
                    return rules.absurd(inner.prove(fact.conclusion[1], Proof.ideal), fact, p.goal)
                except ProofFailure:
                    continue
        return anything(p.goal, inner.order(FALSE))

    yes = p.prove(p.goal, refute, [rules.assume(q)])
    return rules.cases(yes, rules.assume(negation(q)), q)


def linear(p: Proof) -> Theorem:
    """A script: inequalities, and equations of ranks, by linear arithmetic from the facts."""
    if p.goal.kind == "and":
        return rules.conjoin([p.prove(q, linear) for q in p.goal[1]])
    if p.goal.kind == "zero":
        return equality(p)
    return p.order()


def equality(p: Proof) -> Theorem:
    """A script: an equation s = 0 of scalars, from s >= 0 and s <= 0."""
    target: Term = p.goal[1]
    return p.squeeze(p.order(at_least(target, number(0))), p.order(at_least(number(0), target)))
