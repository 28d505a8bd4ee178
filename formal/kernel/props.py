"""Propositions over terms: t = 0, s >= 0, s > 0, and, not, implies, for all, exists.

A proposition is a tuple that starts with its kind, so two kinds are never equal. Quantifiers bind a dimension or
index (a string) or a letter, family or map (a Decl).
"""

from __future__ import annotations

from typing import Any, TypeAlias

from .errors import KernelError
from .terms import (
    FAMILY,
    HOLE,
    ONE,
    Decl,
    Names,
    Nat,
    Substitution,
    Term,
    check_decl,
    check_name,
    check_term,
    has_hole,
    known_of,
    letter,
    nat,
    nat_names,
    number,
    remember,
    retype,
    scalar,
    seen,
    substitute,
    subtract,
    term_letters,
    term_names,
    term_text,
)

Variable: TypeAlias = str | Decl


class Prop(tuple[Any, ...]):
    """("zero" | "ge" | "gt", term), ("and", (props)), ("not", prop), ("imp", prop, prop), ("all" | "ex", var, prop)."""

    __slots__ = ()

    @property
    def kind(self) -> str:
        return self[0]  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return prop_text(self)


def zero(a: Term) -> Prop:
    """a = 0."""
    return Prop(("zero", a))


def equal(a: Term, b: Term) -> Prop:
    """a = b."""
    return zero(subtract(a, b))


def at_least(a: Term, b: Term) -> Prop:
    """a >= b, for 1 x 1 terms."""
    return Prop(("ge", subtract(a, b)))


def greater(a: Term, b: Term) -> Prop:
    """a > b, for 1 x 1 terms."""
    return Prop(("gt", subtract(a, b)))


def conjunction(*parts: Prop) -> Prop:
    """All of them; one part alone stands for itself."""
    return parts[0] if len(parts) == 1 else Prop(("and", parts))


def negation(p: Prop) -> Prop:
    """Not p; the reals are totally ordered, so not (s >= 0) is -s > 0."""
    if p.kind == "not":
        return p[1]  # type: ignore[no-any-return]
    if p.kind in ("ge", "gt"):
        return Prop(("gt" if p.kind == "ge" else "ge", subtract(number(0), p[1])))
    return Prop(("not", p))


def implication(p: Prop, q: Prop) -> Prop:
    """If p then q."""
    return Prop(("imp", p, q))


def for_all(var: Variable, body: Prop) -> Prop:
    """For every value of the variable."""
    return _bind("all", var, body)


def exists(var: Variable, body: Prop) -> Prop:
    """For some value of the variable."""
    return _bind("ex", var, body)


def exists_all(variables: tuple[Variable, ...], body: Prop) -> Prop:
    """Exists, for several variables; the first is the outermost."""
    return _bind_all([("ex", check_variable(var)) for var in variables], body)


def _bind(kind: str, var: Variable, body: Prop) -> Prop:
    return _bind_all([(kind, var)], body)


def _bind_all(binders: list[tuple[str, Variable]], body: Prop) -> Prop:
    """The body under all binders, the first is the outermost; its free letters are collected once."""
    letters = {decl: decl.names for decl in free_letters(body)}
    for kind, var in reversed(binders):
        if isinstance(var, str):
            for decl, names in letters.items():
                if var in names:
                    raise KernelError(f"{kind}: {decl.name} is free and its type depends on {var}; bind it first")
        else:
            letters.pop(var, None)
            if any(decl.name == var.name for decl in letters):
                raise KernelError(f"{kind}: {var.name} occurs with two types")
        body = Prop((kind, var, body))
    return body


def var_tag(var: Variable) -> str:
    """The name of a variable among free names."""
    return var if isinstance(var, str) else var.tag


_FREE: dict[int, Any] = {}
_FREE_NAMES: dict[int, Any] = {}


def free_letters(p: Prop) -> frozenset[Decl]:
    """The declarations that occur free in a proposition."""
    return known_of(_FREE, p, _free_letters)


def _free_letters(p: Prop) -> frozenset[Decl]:
    if p.kind in ("zero", "ge", "gt"):
        return term_letters(p[1])
    if p.kind in ("all", "ex"):
        return free_letters(p[2]) - {p[1]}
    return frozenset().union(*(free_letters(q) for q in _parts(p)))


def prop_names(p: Prop) -> Names:
    """The names that occur free in a proposition, those in types included."""
    return known_of(_FREE_NAMES, p, _prop_names)


def _prop_names(p: Prop) -> Names:
    if p.kind in ("zero", "ge", "gt"):
        return term_names(p[1])
    if p.kind in ("all", "ex"):
        types = frozenset() if isinstance(p[1], str) else p[1].names
        return (prop_names(p[2]) | types) - {var_tag(p[1])}
    return frozenset().union(*(prop_names(q) for q in _parts(p)))


def _parts(p: Prop) -> tuple[Prop, ...]:
    return p[1] if p.kind == "and" else p[1:]


def prop_substitute(p: Prop, s: Substitution) -> Prop:
    """The proposition with free variables replaced; raises KernelError instead of capturing a variable."""
    if p.kind in ("zero", "ge", "gt"):
        return Prop((p.kind, substitute(p[1], s)))
    if p.kind == "and":
        return Prop(("and", tuple(prop_substitute(q, s) for q in p[1])))
    if p.kind not in ("all", "ex"):
        return Prop((p.kind, *(prop_substitute(q, s) for q in p[1:])))
    binders, body = _unbind(p)
    free = [prop_names(body)]
    for _, var in reversed(binders):
        types = frozenset[str]() if isinstance(var, str) else var.names
        free.append((free[-1] | types) - {var_tag(var)})
    new: list[tuple[str, Variable]] = []
    for (kind, var), here in zip(binders, reversed(free[1:]), strict=True):
        if not s.touches(here):
            return _bind_all([*new, *binders[len(new) :]], body)
        tag = var_tag(var)
        s = Substitution(
            {k: v for k, v in s.nats.items() if k != tag}, {k: v for k, v in s.letters.items() if k.tag != tag}
        )
        images = [nat_names(v) for k, v in s.nats.items() if k in here]
        images += [term_names(v) for k, v in s.letters.items() if k.tag in here]
        if any(tag in names for names in images):
            raise KernelError(f"instantiate: the image of a variable mentions {tag}, which is bound in {prop_text(p)}")
        new.append((kind, var if isinstance(var, str) else retype(var, s.nats)))
    return _bind_all(new, prop_substitute(body, s))


def _unbind(p: Prop) -> tuple[list[tuple[str, Variable]], Prop]:
    """The binders at the front, the outermost first, and what they bind."""
    binders: list[tuple[str, Variable]] = []
    while type(p) is Prop and len(p) == 3 and p[0] in ("all", "ex"):
        binders.append((p[0], p[1]))
        p = p[2]
    return binders, p


def replace_variable(p: Prop, var: Variable, value: Nat | Term) -> Prop:
    """p with one free variable replaced; the value's sort must be the variable's."""
    if isinstance(var, str) and isinstance(value, Nat):
        return prop_substitute(p, Substitution({var: value}))
    if isinstance(var, Decl) and isinstance(value, Term):
        return prop_substitute(p, Substitution({}, {var: value}))
    raise KernelError(f"instantiate: {value} does not fit the variable {var}")


def check_prop(p: Prop) -> Prop:
    """An equal proposition that shares nothing changeable with this one, if it is well formed down to its terms;
    raises KernelError otherwise."""
    return p if seen(p) else remember(_copy(p))


def _copy(p: Prop) -> Prop:
    if type(p) is not Prop or not p:
        raise KernelError(f"prop: {p!r} is not a proposition")
    kind, parts = p[0], p[1:]
    if kind in ("zero", "ge", "gt") and len(parts) == 1:
        term = check_term(parts[0])
        if has_hole(term):
            raise KernelError(f"prop: {Prop((kind, term))} has a hole")
        if kind != "zero" and (term.rows, term.cols) != (ONE, ONE):
            raise KernelError(f"prop: only 1 x 1 terms are ordered, {term_text(term)} is {term.rows} x {term.cols}")
        return Prop((kind, term))
    if kind == "and" and len(parts) == 1 and type(parts[0]) is tuple:
        return Prop((kind, tuple(map(check_prop, parts[0]))))
    if (kind == "not" and len(parts) == 1) or (kind == "imp" and len(parts) == 2):
        return Prop((kind, *map(check_prop, parts)))
    if kind in ("all", "ex") and len(parts) == 2:
        binders, body = _unbind(p)
        whole = inner = _bind_all([(kind, check_variable(var)) for kind, var in binders], check_prop(body))
        while inner[0] in ("all", "ex"):
            inner = remember(inner)[2]
        return whole
    raise KernelError(f"prop: unknown form {kind!r}")


def check_variable(var: Variable) -> Variable:
    """The same variable, if it is one: a name, a name with [] for a family of dimensions, or a declaration."""
    if type(var) not in (str, Decl):
        raise KernelError(f"prop: {var!r} is not a variable")
    name = var.removesuffix(FAMILY) if isinstance(var, str) else check_decl(var).name
    check_name(name)
    if name.startswith(HOLE):
        raise KernelError(f"prop: the hole {name} cannot be bound")
    return var


def variable_value(var: Variable) -> Nat | Term:
    """A variable as a value; for a family or a map, its general value, with holes."""
    if isinstance(var, str):
        return nat(var.removesuffix(FAMILY), nat(HOLE)) if var.endswith(FAMILY) else nat(var)
    args = tuple(letter(Decl(f"{HOLE}{i}", r, c)) for i, (r, c) in enumerate(var.domain))
    return letter(var, nat(HOLE) if var.indexed else None, args)


def bounded(p: Prop) -> tuple[str, Term, Prop] | None:
    """(l, b, body) when p says: for every index l with l < b, body. This is how families are quantified."""
    plain = p.kind == "all" and isinstance(p[1], str) and not p[1].endswith(FAMILY)
    if plain and p[2].kind == "imp" and p[2][1].kind == "ge":
        # the guard is b - l - 1 >= 0
        guard = p[2][1][1]
        bound = subtract(guard, subtract(number(-1), scalar(nat(p[1]))))
        if p[1] not in term_names(bound):
            return p[1], bound, p[2][2]
    return None


def prop_text(p: Prop) -> str:
    """A short plain-text form for messages."""
    if p.kind in ("zero", "ge", "gt"):
        return term_text(p[1]) + {"zero": " = 0", "ge": " >= 0", "gt": " > 0"}[p.kind]
    if p.kind in ("all", "ex"):
        name = p[1] if isinstance(p[1], str) else f"{p[1].name}: {p[1].rows} x {p[1].cols}"
        return f"{'for all' if p.kind == 'all' else 'exists'} {name}. {prop_text(p[2])}"
    if p.kind == "not":
        return f"not ({prop_text(p[1])})"
    if p.kind == "imp":
        return f"({prop_text(p[1])}) => ({prop_text(p[2])})"
    return " and ".join(f"({prop_text(q)})" for q in p[1])
