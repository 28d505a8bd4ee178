"""Two implementations, one meaning: what the kernel makes and the writer writes, the checker reads as the same.

The checker shares no code with the kernel. Random terms are compared as normal forms, under the operations, under
substitution and as values; every rule of the kernel is used once, and the checker must replay it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formal import checker
from formal.certificate import _Writer as Writer
from formal.certificate import digest, to_text
from formal.checker import Limits, Replay, check_text
from formal.kernel import rules
from formal.kernel.ground import Surd, Witness, evaluate, evaluate_term, sign
from formal.kernel.props import (
    Prop,
    at_least,
    conjunction,
    equal,
    exists,
    exists_all,
    for_all,
    free_letters,
    greater,
    implication,
    negation,
    prop_names,
    prop_substitute,
    replace_variable,
    zero,
)
from formal.kernel.rules import Cofactor, Summand, Theorem
from formal.kernel.terms import (
    ONE,
    ZERO,
    Decl,
    Nat,
    Substitution,
    Term,
    add,
    identity,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    scale,
    substitute,
    subtract,
    trace,
    transpose,
)

from ..kernel.kernel_tools import (
    FAMILY,
    MAP,
    MAPS,
    PLAIN,
    SIZES,
    A,
    B,
    Expr,
    L,
    World,
    build,
    expressions,
    plain_letters,
    worlds,
)
from ..kernel.kernel_tools import value as naive

often = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
less = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


class Bridge:
    """A writer and a checker that reads what it wrote."""

    def __init__(self) -> None:
        self.writer, self.replay = Writer(), Replay(Limits())

    def _read(self, read: Callable[[Any], Any], data: Any) -> Any:
        self.replay.letters = {}
        self.replay.declare(self.writer.letters)
        return read(data)

    def term(self, t: Term) -> checker.Term:
        found: checker.Term = self._read(self.replay.read_term, self.writer.term(t))
        return found

    def prop(self, p: Prop) -> checker.Prop:
        found: checker.Prop = self._read(self.replay.read_open, self.writer.prop(p))
        return found

    def symbol(self, d: Decl) -> checker.Symbol:
        key = self.writer.key(d)
        found: checker.Symbol = self._read(self.replay.symbol, key)
        return found

    def expression(self, e: Expr) -> checker.Term:
        data = self.written(e)
        found: checker.Term = self._read(lambda x: checker.expression(self.replay, x), data)
        return found

    def written(self, e: Expr) -> Any:
        """The expression in the words of a statement, without the kernel's algebra."""
        op, rows, cols = e[:3]
        if op == "letter":
            index = None if e[4] is None else self.writer.nat(e[4])
            return ["letter", self.writer.key(e[3]), index, [self.written(a) for a in e[5]]]
        if op == "identity":
            return ["identity", self.writer.nat(rows)]
        if op == "zeros":
            return ["zero", self.writer.nat(rows), self.writer.nat(cols)]
        if op in ("number", "nat"):
            return [op, str(e[3]) if op == "number" else self.writer.nat(e[3])]
        if op in ("transpose", "trace", "rank"):
            return ["T" if op == "transpose" else op, self.written(e[3])]
        left, right = self.written(e[3]), self.written(e[4])
        if op == "add":
            return ["add", [left, ["mul", [["number", str(e[5])], right]]]]
        return ["mul", [left, right]]

    def evaluator(self, w: Witness) -> checker.Evaluator:
        return self.replay.witness(self.writer._witness(w))


shapes = st.tuples(st.sampled_from(SIZES), st.sampled_from(SIZES))
pairs = shapes.flatmap(lambda s: st.tuples(expressions(*s), expressions(*s)))
chains = st.tuples(*[st.sampled_from(SIZES)] * 3).flatmap(
    lambda s: st.tuples(expressions(s[0], s[1], 3), expressions(s[1], s[2], 3))
)


@often
@given(pairs)
def test_equal_terms_are_equal_on_both_sides(pair: tuple[Expr, Expr]) -> None:
    bridge, (a, b) = Bridge(), map(build, pair)
    x, y = bridge.term(a), bridge.term(b)
    assert (a == b) == (x == y)
    assert bridge.term(add(a, b)) == bridge.term(add(b, a)) == bridge.replay.add(y, x)
    assert bridge.term(subtract(a, b)) == bridge.replay.add(x, y, -1)
    assert bridge.term(transpose(a)) == bridge.replay.transpose(x)
    assert bridge.term(rank(a)) == bridge.replay.rank(x)
    assert bridge.term(trace(multiply(transpose(a), b))) == bridge.term(trace(multiply(transpose(b), a)))
    assert bridge.term(trace(multiply(transpose(a), a))) == bridge.replay.square(x)


@often
@given(shapes.flatmap(lambda s: expressions(*s)))
def test_the_checker_elaborates_expressions_as_the_kernel_does(e: Expr) -> None:
    """From the words of a statement to a normal form, without the kernel; and from the kernel's normal form."""
    bridge = Bridge()
    assert bridge.expression(e) == bridge.term(build(e))


@often
@given(chains, expressions(ONE, ONE, 3))
def test_products_are_products_on_both_sides(chain: tuple[Expr, Expr], s: Expr) -> None:
    bridge, (a, b) = Bridge(), map(build, chain)
    x, y, c = bridge.term(a), bridge.term(b), build(s)
    assert bridge.term(multiply(a, b)) == bridge.replay.mul(x, y)
    assert bridge.term(scale(c, a)) == bridge.replay.scale(bridge.term(c), x)


@often
@given(shapes.flatmap(lambda s: expressions(*s)), worlds(largest=2))
def test_values_agree(e: Expr, w: World) -> None:
    """The kernel's value, the checker's, and that of plain loops."""
    plain = naive(e, w)
    bridge, t = Bridge(), build(e)
    try:
        kernel = evaluate_term(t, w.witness())
    except rules.KernelError:  # a map that the normal form calls at a point that the loops never met
        return
    assert kernel == plain
    assert bridge.evaluator(w.witness()).value(bridge.term(t)) == [list(row) for row in kernel]


@st.composite
def props(draw: st.DrawFn, depth: int = 2) -> Prop:
    """Random propositions, with bounded quantifiers over l only."""
    kind = draw(st.sampled_from(["zero", "ge", "gt", *(["and", "not", "imp", "each"] if depth else [])]))
    if kind == "zero":
        return zero(build(draw(shapes.flatmap(lambda s: expressions(*s, 3)))))
    if kind in ("ge", "gt"):
        return Prop((kind, build(draw(expressions(ONE, ONE, 3)))))
    if kind == "not":
        return negation(draw(props(depth - 1)))
    if kind == "each":
        bound = draw(st.sampled_from([ZERO, ONE, nat(2), A, nat("m", ZERO)]))
        below = at_least(subtract(scalar(bound), scalar(L)), draw(st.sampled_from([number(1), number(Fraction(1, 2))])))
        return for_all("l", implication(below, draw(props(depth - 1))))
    p, q = draw(props(depth - 1)), draw(props(depth - 1))
    return conjunction(p, q) if kind == "and" else implication(p, q)


@often
@given(props(), props())
def test_propositions_agree(p: Prop, q: Prop) -> None:
    bridge = Bridge()
    x, y = bridge.prop(p), bridge.prop(q)
    assert (p == q) == (x == y)
    assert bridge.prop(negation(p)) == bridge.replay.negation(x)
    names = {n[1:] if n.startswith(".") else n for n in checker.free_names(x)}
    assert {n.lstrip("@") for n in prop_names(p)} <= names | {n.removesuffix("[]") for n in names}
    assert {bridge.symbol(d) for d in free_letters(p)} == checker.free_symbols(x)


@often
@given(props(), worlds(largest=2))
def test_truth_agrees(p: Prop, w: World) -> None:
    bridge, at = Bridge(), w.witness()
    try:
        truth: bool | None = evaluate(p, at)
    except rules.KernelError:
        truth = None
    try:
        found: bool | None = bridge.evaluator(at).holds(bridge.prop(p))
    except checker.Rejected:
        found = None
    assert None in (truth, found) or truth == found
    assert truth is None or found is not None


nat_images: st.SearchStrategy[Mapping[str, Nat]] = st.dictionaries(
    st.sampled_from(["a", "b", "l"]),
    st.sampled_from([ZERO, ONE, A, B, nat_sum(A, B), nat("m", L), nat("l")]),
    max_size=2,
)


@st.composite
def substitutions(draw: st.DrawFn) -> Substitution:
    """Images of dimensions, of the family m[.], and of letters, families and maps."""
    nats: dict[str, Nat] = dict(draw(nat_images))
    if draw(st.booleans()):
        nats["m[]"] = draw(st.sampled_from([A, nat("#"), nat("m", nat_sum(nat("#"), ONE)), nat("k", nat("#"))]))
    letters: dict[Decl, Term] = {}
    if draw(st.booleans()) and not {"a", "b"} & set(nats):
        d = draw(st.sampled_from(PLAIN))
        letters[d] = build(draw(expressions(d.rows, d.cols, 2)))
    if draw(st.booleans()) and "a" not in nats:
        hole = letter(FAMILY, nat("#"))
        letters[FAMILY] = draw(st.sampled_from([identity(A), multiply(hole, hole), scale(scalar(nat("#")), hole)]))
        x = letter(Decl("#0", A, ONE))
        letters[MAP] = draw(st.sampled_from([number(1), multiply(transpose(x), x), letter(MAP, None, (add(x, x),))]))
        letters[MAPS] = draw(st.sampled_from([letter(MAPS, ONE, (x,)), letter(MAP, None, (x,)), scalar(nat("#"))]))
    return Substitution(nats, letters)


@often
@given(props(1), substitutions())
def test_substitution_agrees(p: Prop, s: Substitution) -> None:
    bridge = Bridge()
    x = bridge.prop(p)
    images = {bridge.symbol(d): bridge.term(t) for d, t in s.letters.items()}
    nats = {k.removesuffix("[]"): bridge.replay.dim(bridge.writer.nat(n)) for k, n in s.nats.items()}
    try:
        wanted = prop_substitute(p, s)
    except rules.KernelError:
        with pytest.raises(checker.Rejected):
            bridge.replay.substitute(x, nats, images)
        return
    assert bridge.replay.substitute(x, nats, images) == bridge.prop(wanted)


@less
@given(st.data())
def test_terms_are_substituted_as_values_are(data: st.DataObject) -> None:
    """A letter replaced by an expression has that expression's value: what substitution is for."""
    r, c = data.draw(shapes)
    d = plain_letters(r, c)[0]
    t, image = (
        build(data.draw(expressions(A, B, 3, opaque=False))),
        build(data.draw(expressions(r, c, 2, opaque=False))),
    )
    w = data.draw(worlds(largest=2)).witness()
    bridge = Bridge()
    put = bridge.replay.put(bridge.term(t), {}, {bridge.symbol(d): bridge.term(image)})
    assert put == bridge.term(substitute(t, Substitution({}, {d: image})))
    inner = bridge.evaluator(Witness(w.nats, {**w.letters, d.name: evaluate_term(image, w)}))
    assert bridge.evaluator(w).value(put) == inner.value(bridge.term(t))


# ------------------------------------------------------------------ numbers with roots
levels = st.recursive(
    st.sampled_from([Fraction(n, d) for n in (-3, -1, 0, 1, 2) for d in (1, 2)]),
    lambda below: st.tuples(below, below),
    max_leaves=8,
)


def surd(x: Any, level: int, squares: tuple[Any, ...]) -> Any:
    """a + b root, nested; what lies deeper than the tower is cut."""
    if isinstance(x, tuple) and level:
        return Surd(level, surd(x[0], level - 1, squares), surd(x[1], level - 1, squares), squares[level - 1])
    while isinstance(x, tuple):
        x = x[0]
    return x


@often
@given(levels, levels)
def test_roots_agree(x: Any, y: Any) -> None:
    squares: list[Any] = [2, Fraction(9, 4)]
    squares.append(Surd(1, 3, 1, 2))
    a, b = (surd(v, 3, tuple(squares)) for v in (x, y))
    bridge = Bridge()
    wrap = {"X": ((a,),), "Y": ((b,),)}
    everything = Surd(3, Surd(2, Surd(1, 0, 1, squares[0]), 1, squares[1]), 1, squares[2])
    at = bridge.evaluator(Witness({}, {**wrap, "Z": ((everything,),)}))
    p, q = at.letters["X"][0][0], at.letters["Y"][0][0]
    assert checker.sign(p) == sign(a) and checker.sign(q) == sign(b)
    assert checker.sign(checker.plus(p, q)) == sign(a + b)
    assert checker.sign(checker.times(p, q)) == sign(a * b)
    assert checker.sign(checker.plus(checker.times(p, p), checker.times(-1, checker.times(q, q)))) == sign(
        a * a - b * b
    )


# ------------------------------------------------------------------ rules
K, M, N = map(nat, "kmn")
HOLE = nat("#")
I1, NONE, EYE = number(1), number(0), identity(N)
DS, DT, DX, DY, DV = Decl("S", N, N), Decl("T", N, N), Decl("X", M, N), Decl("Y", N, M), Decl("v", N, ONE)
DA, DB = Decl("a", ONE, ONE), Decl("b", ONE, ONE)
S, T, X, Y, V, SA, SB = map(letter, (DS, DT, DX, DY, DV, DA, DB))
DF, DG = Decl("f", ONE, ONE, False, ((N, ONE),)), Decl("g", N, ONE, True, ((nat("m", HOLE), ONE), (ONE, ONE)))
FAM, FAM2 = Decl("F", N, nat("m", HOLE), True), Decl("G", N, nat("m", HOLE), True)
M0, M1 = scalar(nat("m", ZERO)), scalar(nat("m", ONE))
FALSE = zero(I1)
THEOREMS: dict[str, Callable[[], Theorem]] = {}


def theorem(make: Callable[[], Theorem]) -> Callable[[], Theorem]:
    THEOREMS[make.__name__] = make
    return make


def at_f(t: Term) -> Term:
    return letter(DF, None, (t,))


@theorem
def ideal_() -> Theorem:
    st_i = rules.assume(equal(multiply(S, T), EYE))
    target = subtract(multiply(multiply(T, S), multiply(T, S)), multiply(T, S))
    return rules.ideal(target, [st_i], [Cofactor(0, T, S)])


@theorem
def ideal_flipped_with_trace() -> Theorem:
    st_i = rules.assume(equal(multiply(S, T), EYE))
    traced = subtract(trace(multiply(S, T)), scalar(N))
    return rules.ideal(scale(traced, X), [st_i, st_i], [Cofactor(1, EYE, EYE, X, True)])


@theorem
def ideal_through_dimension_1() -> Theorem:
    v0 = rules.assume(equal(multiply(transpose(V), V), I1))
    return rules.ideal(subtract(multiply(multiply(V, transpose(V)), V), V), [v0], [Cofactor(0, V, I1)])


@theorem
def order_() -> Theorem:
    known = [rules.assume(at_least(SA, NONE)), rules.assume(greater(SB, NONE)), rules.assume(equal(SA, SB))]
    goal = greater(add(add(multiply(SA, SB), SB), add(trace(multiply(transpose(X), X)), scalar(M))), subtract(SB, SA))
    summands = [Summand(1, (0, 1)), Summand(1, (1,)), Summand(1, (), (X,)), Summand(1, (), (), (scalar(M),))]
    return rules.order(goal, known, summands, [(2, I1)])


@theorem
def order_of_ranks() -> Theorem:
    return rules.order(
        at_least(scale(rank(X), scalar(nat("m", N))), NONE), [], [Summand(1, (), (), (rank(X), scalar(nat("m", N))))]
    )


@theorem
def null_() -> Theorem:
    return rules.null(rules.assume(at_least(NONE, trace(multiply(transpose(X), X)))), X)


@theorem
def integer_() -> Theorem:
    return rules.integer(rules.assume(greater(subtract(scalar(N), rank(X)), NONE)))


@theorem
def invert_and_eliminate() -> Theorem:
    some = rules.invert(rules.assume(negation(zero(SA))), "t")
    t = letter(Decl("t", ONE, ONE))
    sb, st_ = rules.assume(zero(multiply(SA, SB))), rules.assume(some.conclusion[2])
    th = rules.ideal(SB, [sb, st_], [Cofactor(0, t, I1), Cofactor(1, scale(number(-1), SB), I1)])
    return rules.eliminate(some, th, Decl("t", ONE, ONE))


@theorem
def rank_bound_() -> Theorem:
    return rules.rank_bound(X, Y)


@theorem
def rank_factor_() -> Theorem:
    return rules.rank_factor(multiply(X, S), ("r", "C", "F", "A", "B"))


@theorem
def rank_identity_() -> Theorem:
    return rules.rank_identity(rules.assume(equal(multiply(X, Y), identity(M))), X, Y)


@theorem
def blocks_() -> Theorem:
    return rules.blocks(nat_sum(M, ONE), ZERO, ("E", "F"))


@theorem
def induct_() -> Theorem:
    claim = at_least(scalar(L), NONE)
    base = rules.order(replace_variable(claim, "l", ZERO), [], [])
    here = rules.assume(claim)
    after = rules.order(replace_variable(claim, "l", nat_sum(L, ONE)), [here], [Summand(1, (0,)), Summand(1)])
    return rules.specialize(rules.induct(base, rules.discharge(after, claim), "l", claim), nat("m", K))


@theorem
def difference_() -> Theorem:
    return rules.difference(rules.assume(at_least(scalar(M), scalar(N))), M, N, "k")


@theorem
def transport_() -> Theorem:
    small = Decl("X", M, K)
    th = rules.rank_bound(letter(small), identity(K))
    return rules.transport(th, "n", K, [], at_least(scalar(K), rank(X)))


@theorem
def detach_() -> Theorem:
    p, q = zero(SA), zero(multiply(SA, SB))
    cut = rules.discharge(rules.ideal(q[1], [rules.assume(p)], [Cofactor(0, I1, SB)]), p)
    return rules.detach(cut, rules.assume(p))


@theorem
def conjoin_and_part() -> Theorem:
    both = rules.conjoin([rules.assume(zero(SA)), rules.assume(zero(SB)), rules.assume(at_least(SA, SB))])
    return rules.conjoin([rules.part(both, 2), both])


@theorem
def instantiate_() -> Theorem:
    th = rules.conjoin([rules.assume(zero(multiply(S, T))), rules.assume(at_least(scalar(N), rank(S)))])
    return rules.instantiate(th, {"n": nat_sum(M, ONE)}, {DS: identity(nat_sum(M, ONE))})


@theorem
def instantiate_families_and_maps() -> Theorem:
    f_l = letter(FAM, L)
    call = letter(DG, L, (multiply(transpose(f_l), V), SA))
    th = rules.assume(equal(call, scale(scalar(L), V)))
    holes = letter(Decl("#1", ONE, ONE)), letter(Decl("#0", nat("k", HOLE), ONE))
    norm = scale(multiply(transpose(holes[1]), holes[1]), scale(holes[0], V))
    families = {DG: norm, FAM: letter(Decl("H", N, nat("k", HOLE), True), HOLE)}
    return rules.instantiate(th, {"m[]": nat("k", HOLE)}, families)


@theorem
def generalize_and_specialize() -> Theorem:
    th = rules.generalize(rules.generalize(rules.ring(equal(multiply(S, EYE), S)), DS), "n")
    return rules.specialize(rules.specialize(th, nat_sum(M, K)), letter(Decl("U", nat_sum(M, K), nat_sum(M, K))))


@theorem
def generalize_a_family() -> Theorem:
    f_0 = letter(FAM, ZERO)
    square = at_least(trace(multiply(transpose(f_0), f_0)), NONE)
    th = rules.generalize(rules.order(square, [], [Summand(1, (), (f_0,))]), FAM)
    return rules.specialize(rules.generalize(th, "m[]"), nat_sum(HOLE, ONE))


@theorem
def introduce_() -> Theorem:
    some = exists(DT, equal(multiply(S, T), multiply(T, S)))
    return rules.introduce(rules.ring(equal(multiply(S, EYE), multiply(EYE, S))), some, EYE)


@theorem
def introduce_a_family_of_dimensions() -> Theorem:
    some = exists("m[]", equal(M1, add(M0, I1)))
    return rules.introduce(rules.ring(zero(NONE)), some, HOLE)


@theorem
def eliminate_a_dimension() -> Theorem:
    some = rules.difference(rules.assume(at_least(scalar(M), scalar(N))), M, N, "k")
    known = rules.assume(replace_variable(some.conclusion[2], "k", nat("q")))
    th = rules.order(
        at_least(scalar(M), NONE), [known], [Summand(1, (), (), (add(scalar(N), scalar(nat("q"))),))], [(0, I1)]
    )
    return rules.eliminate(some, th, "q")


@theorem
def eliminate_a_family_of_dimensions() -> Theorem:
    some = rules.ground(exists("m[]", greater(M1, M0)), Witness({"m": {0: 1, 1: 2}}, {}))
    q0, q1 = scalar(nat("q", ZERO)), scalar(nat("q", ONE))
    th = rules.order(greater(q1, NONE), [rules.assume(greater(q1, q0))], [Summand(1, (0,)), Summand(1, (), (), (q0,))])
    back = rules.introduce(th, exists("p[]", greater(scalar(nat("p", ONE)), NONE)), nat("q", HOLE))
    return rules.eliminate(some, back, "q[]")


@theorem
def eliminate_a_family() -> Theorem:
    square = Decl("P", ONE, ONE, True), Decl("Q", ONE, ONE, True)
    body = greater(letter(square[0], ONE), letter(square[0], ZERO))
    some = rules.ground(exists(square[0], body), Witness({}, {"P": {0: ((0,),), 1: ((1,),)}}))
    th = rules.assume(replace_variable(body, square[0], letter(square[1], HOLE)))
    return rules.eliminate(some, rules.introduce(th, some.conclusion, letter(square[1], HOLE)), square[1])


@theorem
def eliminate_a_map() -> Theorem:
    p, q = Decl("p", ONE, ONE, False, ((ONE, ONE),)), Decl("q", ONE, ONE, False, ((ONE, ONE),))
    body = greater(letter(p, None, (I1,)), letter(p, None, (NONE,)))
    some = rules.ground(
        exists(p, body), Witness({}, {"p": (((None, (((0,),),)), ((0,),)), ((None, (((1,),),)), ((1,),)))})
    )
    whole = letter(q, None, (letter(Decl("#0", ONE, ONE)),))
    th = rules.assume(replace_variable(body, p, whole))
    return rules.eliminate(some, rules.introduce(th, some.conclusion, whole), q)


@theorem
def cases_and_absurd() -> Theorem:
    p = zero(SA)
    stable = rules.assume(implication(negation(p), p))
    no = rules.detach(stable, rules.assume(negation(p)))
    return rules.cases(rules.assume(p), rules.absurd(no, rules.assume(negation(p)), p), p)


@theorem
def cases_of_an_order() -> Theorem:
    p = at_least(SA, NONE)
    less = rules.assume(negation(p))
    square = at_least(multiply(SA, SA), NONE)
    return rules.cases(
        rules.order(square, [rules.assume(p)], [Summand(1, (0, 0))]),
        rules.order(square, [less], [Summand(1, (0, 0))]),
        p,
    )


@theorem
def congruence_of_ranks() -> Theorem:
    return rules.congruence(rules.assume(equal(S, T)), S, T)


@theorem
def congruence_of_maps() -> Theorem:
    same = rules.assume(equal(V, multiply(S, V)))
    plain = rules.congruence(same, V, multiply(S, V), DF)
    indexed = rules.congruence(same, V, multiply(S, V), Decl("h", M, ONE, True, ((N, ONE),)), L)
    return rules.conjoin([plain, indexed])


@theorem
def ground_with_everything() -> Theorem:
    each = for_all("l", implication(at_least(scalar(K), scalar(nat_sum(L, ONE))), zero(letter(FAM, L))))
    root = Surd(1, 1, 1, 2)
    body = conjunction(each, greater(rank(SA), NONE), zero(subtract(at_f(V), SA)), negation(zero(V)))
    values = {
        "F": {0: ((),), 1: ((0, 0),)},
        "a": ((root,),),
        "v": ((3,),),
        "f": (((None, (((3,),),)), ((root,),)),),
    }
    goal = exists_all(("k", "m[]", "n", FAM, DA, DV, DF), body)
    return rules.ground(goal, Witness({"k": 2, "n": 1, "m": {0: 0, 1: 2}}, values))


@theorem
def axiom_() -> Theorem:
    square = for_all(DA, at_least(multiply(SA, SA), NONE))
    return rules.specialize(rules.axiom("squares", square), rank(X))


def certificate(th: Theorem) -> str:
    """A theorem as a certificate of its own: hypotheses given, conclusion shown."""
    writer = Writer()
    props = [*th.hyps, th.conclusion]
    letters = {d for p in props for d in free_letters(p)}
    nats = {n.removesuffix("[]") for p in props for n in prop_names(p) if not n.startswith("@")}
    statement = {
        "variables": [*({"nat": n} for n in sorted(nats)), *map(writer.var, sorted(letters, key=lambda d: d.name))],
        "given": [writer.prop(p) for p in th.hyps],
        "show": writer.prop(th.conclusion),
    }
    writer.theorem(th)
    body = {
        "format": "streamproof certificate 1",
        "id": "rule",
        "title": "",
        "kind": "proof",
        "axioms": sorted(th.axioms),
        "letters": writer.letters,
        "statement": statement,
        "steps": writer.steps,
    }
    return to_text({**body, "digest": digest(body)})


@pytest.mark.parametrize("name", sorted(THEOREMS))
def test_the_checker_replays_the_rule(name: str) -> None:
    report = check_text(certificate(THEOREMS[name]()))
    assert report.kind == "proof"


def test_every_rule_is_among_them() -> None:
    """The checker's rules are the kernel's (ring is an ideal without cofactors), and each was replayed above."""
    seen: set[str] = set()
    stack = [make() for make in THEOREMS.values()]
    while stack:
        step = stack.pop().step
        seen.add(step.rule)
        stack.extend(step.parents)
    assert seen == set(checker.RULES)
