"""Write the evidence of a claim as a certificate (docs/certificates.md), for the separate checker and for strangers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from .claims import Result, citations
from .kernel.ground import Surd, Witness
from .kernel.props import Prop
from .kernel.rules import Cofactor, Step, Summand, Theorem
from .kernel.terms import (
    FAMILY,
    Atom,
    Decl,
    Letter,
    Nat,
    Term,
    add,
    identity,
    split,
    zeros,
)
from .statement.elaborate import variable
from .statement.errors import StatementError
from .statement.language import Expression, to_nat
from .statement.language import Prop as Statement

FORMAT = "streamproof certificate 1"
CHUNK = 50  # a longer sum of cofactors is cut into named intermediate equations of so many


def certificate(result: Result) -> dict[str, Any]:
    """The certificate of a checked claim, as JSON data. Raises StatementError where nothing was established."""
    claim, writer = result.claim, _Writer()
    body: dict[str, Any] = {"format": FORMAT, "id": claim.id, "title": claim.title, "axioms": list(result.axioms)}
    if result.theorem is not None:
        body["kind"] = "proof" if result.verdict == "proved" else "refutation"
        body["statement"] = {
            "variables": [writer.var(v) for v in claim.variables],
            "given": [writer.statement(p) for p in claim.conditions],
            "show": writer.statement(claim.conclusion),
        }
        writer.theorem(result.theorem)
        body["steps"] = writer.steps
        cites = {claim_id: writer.theorem(th) for claim_id, th in citations(result.theorem).items()}
        if cites:
            body["cites"] = cites
    elif claim.defines is not None and result.verdict == "definition":
        body["kind"], body["expression"] = "definition", writer.expression(claim.defines)
    elif result.clash is not None:
        parts = [writer.expression(p) for p in result.clash.parts]
        body["kind"] = "ill-typed"
        body["expression"] = (
            [result.clash.op, parts] if result.clash.op in ("add", "mul") else [result.clash.op, *parts]
        )
    else:
        raise StatementError(f"{claim.id}: there is no evidence to write: {result.error}")
    body["letters"] = writer.letters
    body["digest"] = digest(body)
    return body


def digest(body: Mapping[str, Any]) -> str:
    """The digest of a certificate's data."""
    rest = {k: v for k, v in body.items() if k != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()


def to_text(body: Mapping[str, Any]) -> str:
    """The file's text: sorted keys, one step a line."""
    head = {k: v for k, v in body.items() if k != "steps"}
    text = json.dumps(head, sort_keys=True, indent=1, ensure_ascii=True)
    if "steps" not in body:
        return text + "\n"
    steps = ",\n  ".join(json.dumps(s, sort_keys=True, ensure_ascii=True) for s in body["steps"])
    return text[:-2] + f',\n "steps": [\n  {steps}\n ]\n}}\n'


class _Writer:
    """Letters get keys and theorems numbers, in the order in which they are met."""

    def __init__(self) -> None:
        self.letters: dict[str, Any] = {}
        self.steps: list[dict[str, Any]] = []
        self._keys: dict[Decl, str] = {}
        self._numbers: dict[int, int] = {}
        self._alive: list[Theorem] = []
        self._terms: dict[Term, Any] = {}

    # ------------------------------------------------------------ data
    def nat(self, n: Nat) -> Any:
        return [[c, [self._variable(v) for v in mono]] for mono, c in n]

    def _variable(self, v: tuple[str, tuple[Nat, ...]]) -> Any:
        return [v[0], self.nat(v[1][0])] if v[1] else v[0]

    def key(self, decl: Decl) -> str:
        found = self._keys.get(decl)
        if found is None:
            same = sum(d.name == decl.name for d in self._keys)
            found = self._keys[decl] = decl.name + (f"~{same + 1}" if same else "")
            self.letters[found] = {
                "name": decl.name,
                "rows": self.nat(decl.rows),
                "cols": self.nat(decl.cols),
                "indexed": decl.indexed,
                "domain": [[self.nat(r), self.nat(c)] for r, c in decl.domain],
            }
        return found

    def var(self, v: str | Decl) -> Any:
        return {"nat": v.removesuffix(FAMILY)} if isinstance(v, str) else {"letter": self.key(v)}

    def factor(self, x: Letter) -> Any:
        key = self.key(x.decl)
        if x.at is None and not x.args:
            return key + ("'" if x.transposed else "")
        return [key, None if x.at is None else self.nat(x.at), [self.term(a) for a in x.args], x.transposed]

    def atom(self, a: Atom) -> Any:
        if a.kind == "nat":
            return ["nat", a.data[0], self.nat(a.data[1][0])] if a.data[1] else a.data[0]
        if a.kind == "rank":
            return ["rank", self.term(a.data)]
        return ["tr", [self.factor(x) for x in a.data]]

    def term(self, t: Term) -> Any:
        found = self._terms.get(t)
        if found is None:
            words = []
            for key, c in sorted(t.words.items(), key=lambda item: [x.sort for x in item[0]]):
                atoms, word = split(key)
                words.append([str(Fraction(c)), [self.atom(a) for a in atoms], [self.factor(x) for x in word]])
            found = self._terms[t] = {"rows": self.nat(t.rows), "cols": self.nat(t.cols), "sum": words}
        return found

    def prop(self, p: Prop) -> Any:
        if p.kind in ("zero", "ge", "gt"):
            return [p.kind, self.term(p[1])]
        if p.kind == "and":
            return ["and", [self.prop(q) for q in p[1]]]
        if p.kind in ("all", "ex"):
            return [p.kind, self.var(p[1]), self.prop(p[2])]
        return [p.kind, *(self.prop(q) for q in p[1:])]

    def value(self, v: Nat | Term) -> Any:
        return {"nat": self.nat(v)} if isinstance(v, Nat) else {"term": self.term(v)}

    def expression(self, e: Expression) -> Any:
        parts = [self.expression(p) for p in e.parts]
        if e.op == "letter":
            return ["letter", self.key(e.data[0]), None if e.data[1] is None else self.nat(e.data[1]), parts]
        if e.op == "identity":
            return ["identity", self.nat(e.n_rows)]
        if e.op == "zero":
            return ["zero", self.nat(e.n_rows), self.nat(e.n_cols)]
        if e.op in ("number", "nat"):
            return [e.op, str(e.data[0]) if e.op == "number" else self.nat(e.data[0])]
        return [e.op, parts] if e.op in ("add", "mul") else [e.op, parts[0]]

    def statement(self, p: Statement) -> Any:
        """A proposition as its author wrote it; the checker elaborates it on its own."""
        if p.op in ("eq", "ne", "le", "lt"):
            return [p.op, *map(self.expression, p.parts)]
        parts = [self.statement(q) for q in p.parts]
        if p.op == "and":
            return ["and", parts]
        if p.op == "each":
            return ["each", p.variables[0].name, self.nat(to_nat(p.bound)), *parts]
        if p.op in ("forall", "exists"):
            for v in reversed(p.variables):
                parts = [["all" if p.op == "forall" else "ex", self.var(variable(v)), *parts]]
            return parts[0]
        return ["imp" if p.op == "implies" else p.op, *parts]

    # ------------------------------------------------------------ steps
    def theorem(self, th: Theorem) -> int:
        """The number of the theorem's step; its parents are written first, without recursion."""
        stack = [th]
        while stack:
            top = stack[-1]
            missing = [p for p in top.step.parents if id(p) not in self._numbers]
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            if id(top) not in self._numbers:
                self._alive.append(top)  # an id is only good while its object lives
                self._numbers[id(top)] = self._write(top.step)
        return self._numbers[id(th)]

    def _write(self, step: Step) -> int:
        parents = [self._numbers[id(p)] for p in step.parents]
        if step.rule == "ideal" and len(step.data["cofactors"]) > CHUNK:
            return self._long_ideal(step, parents)
        return self._emit(step.rule, parents, {k: self._datum(step.rule, k, v) for k, v in step.data.items()})

    def _emit(self, rule: str, parents: list[int], data: dict[str, Any]) -> int:
        self.steps.append({"rule": rule, "from": parents, **data})
        return len(self.steps) - 1

    def _long_ideal(self, step: Step, parents: list[int]) -> int:
        """A sum of many cofactors as a sum of intermediate equations."""
        target, cofactors = step.data["target"], step.data["cofactors"]
        numbers: list[int] = []
        parts: list[Cofactor] = []
        for i in range(0, len(cofactors), CHUNK):
            chunk = cofactors[i : i + CHUNK]
            total = zeros(target.rows, target.cols)
            for c in chunk:
                total = add(total, c.applied(step.parents[c.premise].conclusion[1]))
            data = {"target": self.term(total), "cofactors": [self._cofactor(c) for c in chunk]}
            numbers.append(self._emit("ideal", parents, data))
            parts.append(Cofactor(len(parts), identity(target.rows), identity(target.cols)))
        data = {"target": self.term(target), "cofactors": [self._cofactor(c) for c in parts]}
        return self._emit("ideal", numbers, data)

    def _cofactor(self, c: Cofactor) -> Any:
        outer = None if c.outer is None else self.term(c.outer)
        return [c.premise, self.term(c.left), self.term(c.right), outer, c.flipped]

    def _summand(self, s: Summand) -> Any:
        squares, naturals = [self.term(t) for t in s.squares], [self.term(t) for t in s.naturals]
        return [str(Fraction(s.coefficient)), list(s.premises), squares, naturals]

    def _datum(self, rule: str, name: str, v: Any) -> Any:
        simple: dict[str, Callable[[Any], Any]] = {
            "cofactors": lambda cs: [self._cofactor(c) for c in cs],
            "summands": lambda ss: [self._summand(s) for s in ss],
            "equalities": lambda es: [[i, self.term(t)] for i, t in es],
            "nats": lambda ns: {k.removesuffix(FAMILY): self.nat(n) for k, n in sorted(ns.items())},
            "letters": lambda ls: [[self.key(d), self.term(t)] for d, t in ls.items()],
            "assumed": lambda ps: [self.prop(p) for p in sorted(ps, key=str)],
            "witness": self._witness,
            "names": list,
            "map": lambda m: None if m is None else [self.key(m[0]), None if m[1] is None else self.nat(m[1])],
        }
        if name in simple:
            return simple[name](v)
        if name == "var":
            return v if rule in ("induct", "transport") else self.var(v)
        if name == "value" and rule != "transport":
            return self.value(v)
        if isinstance(v, Term):
            return self.term(v)
        if isinstance(v, Nat):
            return self.nat(v)
        return self.prop(v) if isinstance(v, Prop) else v

    # ------------------------------------------------------------ witnesses
    def _witness(self, w: Witness) -> Any:
        roots: dict[int, Any] = {}

        def number(x: Any) -> Any:
            if isinstance(x, Surd):
                roots[x.level] = number(x.square)
                return [number(x.a), number(x.b), x.level]
            return str(Fraction(x))

        def rows(m: Any) -> Any:
            return [[number(x) for x in row] for row in m]

        def value(v: Any) -> Any:
            if isinstance(v, Mapping):
                return {"family": {str(i): rows(m) for i, m in sorted(v.items())}}
            if v and isinstance(v[0], tuple) and len(v[0]) == 2 and isinstance(v[0][0], tuple) and _is_point(v[0][0]):
                return {"map": [[i, [rows(a) for a in args], rows(m)] for (i, args), m in v]}
            return {"matrix": rows(v)}

        nats = {
            k: {"family": {str(i): n for i, n in sorted(v.items())}} if isinstance(v, Mapping) else v
            for k, v in sorted(w.nats.items())
        }
        letters = {k: value(v) for k, v in sorted(w.letters.items())}
        return {"nats": nats, "letters": letters, "roots": [roots[i] for i in sorted(roots)]}


def _is_point(x: tuple[Any, ...]) -> bool:
    return len(x) == 2 and (x[0] is None or isinstance(x[0], int)) and isinstance(x[1], tuple)
